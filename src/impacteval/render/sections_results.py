"""Section 5: the results by outcome and group."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Drawing, Facts, Items, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.pen import Pen
from impacteval.render.plots import effect_drawing
from impacteval.render.sections_besides import baseline_rows
from impacteval.render.sections_panels import effects_by_time
from impacteval.render.sections_study import clauses_of
from impacteval.render.sections_subgroups import by_group
from impacteval.report.record import ClauseRow, FindingFacts, Record


def results(record: Record, pen: Pen) -> Iterator[Block]:
    """Each outcome and group: the averages, the difference, its intervals, drawn."""
    words = pen.words
    if not record.findings:
        yield Para(words("results.none"))
    for finding in record.findings:
        yield Sub(pen.finding_name(finding), slug("results", finding.outcome, finding.group))
        if finding.status == "cannot_be_judged":
            reason = finding.reason
            yield Para(
                words("results.cannot_plain")
                if reason is None
                else words("results.cannot", reason=pen.say(reason)),
                "warning",
            )
        if not finding.paid:
            amended = finding.paid_as_contracted
            yield Para(words("results.unpaid_amended" if amended else "results.unpaid"), "note")
        own = clauses_of(finding, record.page_one.clauses)
        before = tuple(baseline_rows(record, finding, pen))
        yield Facts((*before, *_result_rows(finding, own, pen)))
        for said in finding.interval_notes:
            yield Para(pen.say(said), "warning")
        if finding.parts:
            yield _parts(finding, pen)
        # What a mix of places warns of stands with the mix.
        fit = None if finding.mix is None else finding.mix.fit
        told = () if fit is None else fit.cautions
        notes = [note for note in finding.notes if note not in told]
        if notes:
            yield Items(tuple(pen.say(note) for note in notes))
        if finding.estimate is not None:
            yield from _effect(finding, own, pen)
            yield from effects_by_time(finding, pen)
        yield from by_group(finding, pen)


def _parts(finding: FindingFacts, pen: Pen) -> Table:
    """The designs that the contract combines, each with its weight and its own estimate."""
    words = pen.words
    none = words("parts.none")
    return Table(
        words("parts.caption", name=pen.finding_name(finding)),
        (
            Column(words("parts.design")),
            Column(words("parts.weight"), "right"),
            Column(words("parts.estimate"), "right"),
            Column(words("parts.std_error"), "right"),
            Column(words("parts.interval")),
            Column(words("parts.n"), "right"),
            Column(words("parts.n_comparison"), "right"),
        ),
        tuple(
            (
                Cell(pen.both(part.design)),
                Cell(pen.percent(part.weight)),
                Cell(none if part.estimate is None else pen.number(part.estimate)),
                Cell(none if part.std_error is None else pen.number(part.std_error)),
                Cell(none if part.interval is None else pen.span(part.interval)),
                Cell(fmt.count(part.n_treated, pen.language)),
                Cell(fmt.count(part.n_comparison, pen.language)),
            )
            for part in finding.parts
        ),
    )


def _result_rows(
    finding: FindingFacts, clauses: tuple[ClauseRow, ...], pen: Pen
) -> Iterator[tuple[str, str]]:
    words = pen.words
    yield words("results.measure"), pen.both(finding.measure)
    yield words("results.better"), words(f"results.better_{finding.better}")
    if finding.target is not None:
        yield words("results.counted"), pen.say(finding.target)
    if finding.observed is not None:
        yield words("results.observed"), pen.number(finding.observed, finding.outcome_unit)
    if finding.counterfactual is not None:
        yield (
            words("results.counterfactual"),
            pen.number(finding.counterfactual, finding.outcome_unit),
        )
    if finding.estimate is not None:
        written = pen.near(finding.estimate, clauses)
        counted = finding.against == "nothing"
        yield (
            words("results.counts" if counted else "results.estimate"),
            pen.with_unit(written, finding.contract_unit),
        )
    for found in finding.intervals:
        key = {
            "two": "results.interval",
            "lower": "results.interval_lower",
            "upper": "results.interval_upper",
        }[found.side]
        yield words(key, level=pen.percent(found.level)), pen.span(found)
    if finding.std_error is not None:
        yield words("results.std_error"), pen.number(finding.std_error)
    if finding.raw_effect is not None and finding.against != "nothing":
        scale = words(f"scale.{finding.scale}")
        yield words("results.raw", scale=scale), pen.number(finding.raw_effect)
    if finding.p_value is not None:
        yield words("results.p_value"), pen.p_value(finding.p_value)
    yield words("results.n"), fmt.count(finding.n_treated, pen.language)
    yield words("results.n_comparison"), fmt.count(finding.n_comparison, pen.language)
    yield words("results.clusters"), fmt.count(finding.treated_clusters, pen.language)
    if finding.method_text is not None:
        yield words("results.method"), pen.say(finding.method_text)


def _effect(finding: FindingFacts, clauses: tuple[ClauseRow, ...], pen: Pen) -> Iterator[Block]:
    words = pen.words
    assert finding.estimate is not None
    two = [found for found in finding.intervals if found.side == "two"]
    name = pen.finding_name(finding)
    interval = "; ".join(pen.interval(found) for found in two)
    asked = " ".join(
        words("plot.effect.alt_threshold", asked=pen.asked(c)) for c in clauses if c.threshold
    )
    unit = pen.both(finding.contract_unit)
    counted = finding.against == "nothing"
    caption = "plot.effect.caption_count" if counted else "plot.effect.caption"
    alt = words(
        "plot.effect.alt",
        name=name,
        estimate=pen.near(finding.estimate, clauses),
        interval=interval,
        thresholds=asked,
        unit=unit,
    )
    data = Table(
        words("plot.effect.data", name=name, unit=unit),
        (Column(words("plot.effect.effect")), Column(words("plot.effect.density"), "right")),
        tuple((Cell(pen.number(x)), Cell(pen.number(d))) for x, d in finding.curve),
    )
    yield Drawing(
        svg=effect_drawing(finding, pen, clauses),
        alt=alt.replace("  ", " "),
        caption=words(caption, name=name),
        data=data if finding.curve else None,
    )
    levels = sorted({found.level for found in two}, key=float)
    if len(levels) > 1:
        inner, outer = pen.percent(levels[0]), pen.percent(levels[-1])
        key = "plot.effect.note" if finding.curve else "plot.effect.note_bars"
        yield Para(words(key, inner=inner, outer=outer), "note")
    elif levels:
        yield Para(words("plot.effect.note_one", outer=pen.percent(levels[0])), "note")
