"""A mix of places for its readers: what it is made of, how well it followed, and placebos."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Drawing, Facts, Items, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.mix_bars import time_label, time_weights_drawing, weights_drawing
from impacteval.render.mix_cells import DASH, both_widths, number, scientific, span
from impacteval.render.mix_paths import history_drawing
from impacteval.render.pen import Pen
from impacteval.render.sections_mix_placebos import placebos
from impacteval.report.record import FindingFacts
from impacteval.report.record_mix import HistoryRow, Mix, MixUnit


def holds_path(finding: FindingFacts) -> bool:
    """Whether the whole history shows what the treated periods alone would."""
    mix = finding.mix
    if mix is None:
        return False
    told = {row.period: (row.observed, row.counterfactual) for row in mix.history}
    return all(
        told.get(row.period) == (row.observed, row.counterfactual) for row in finding.periods
    )


def mixed(finding: FindingFacts, pen: Pen) -> Iterator[Block]:
    """The whole of it: history, places and weights, fit, gap and placebos, several served places."""
    mix = finding.mix
    if mix is None:
        return
    yield history(finding, mix, pen)
    yield from _window(finding, mix, pen)
    yield from _made(finding, mix, pen)
    yield from _fit(finding, mix, pen)
    yield from placebos(finding, mix, pen)
    if mix.units:
        yield _units(finding, mix, pen)
    if mix.units_further:
        yield Para(pen.words("mix.units_further", n=mix.units_further), "note")


# --- history ----------------------------------------------------------------------------------


def history(finding: FindingFacts, mix: Mix, pen: Pen) -> Drawing:
    """The served place and its mix, period by period, from the first one on."""
    words, name, unit = pen.words, pen.finding_name(finding), pen.both(finding.outcome_unit)
    known = [r for r in mix.history if r.observed is not None and r.counterfactual is not None]
    first, last = known[0], known[-1]
    start = next((row for row in mix.history if float(row.served) > 0), last)
    counted = {row.period: row for row in finding.periods} if holds_path(finding) else {}
    levels = {row.level for row in finding.periods}
    level = pen.percent(min(levels)) if len(levels) == 1 else ""
    banded = any(row.low is not None for row in mix.history)
    sizes = len({row.n for row in counted.values()}) > 0
    several = finding.treated_clusters > 1 or bool(mix.units)
    caption = "mix.history_caption_several" if several else "mix.history_caption"
    if mix.weights is None:
        caption = "mix.history_caption_plain"

    def cells(row: HistoryRow) -> tuple[Cell, ...]:
        n = counted[row.period].n if row.period in counted else None
        return (
            Cell(pen.period(row.period)),
            Cell(_service(row, pen)),
            number(row.observed, pen),
            number(row.counterfactual, pen),
            number(row.gap, pen),
            *((span(row.low, row.high, pen),) if banded else ()),
            *((Cell(DASH if n is None else fmt.count(n, pen.language)),) if sizes else ()),
        )

    return Drawing(
        **both_widths(history_drawing, finding, pen),
        alt=words(
            "mix.history_alt",
            name=name,
            begin=pen.period(first.period),
            end=pen.period(last.period),
            start=pen.period(start.period),
            observed=pen.number(finding.observed or "0"),
            counterfactual=pen.number(finding.counterfactual or "0"),
            last_observed=pen.number(last.observed or "0"),
            last_without=pen.number(last.counterfactual or "0"),
            unit=unit,
        ),
        caption=words(caption, name=name),
        data=Table(
            words("mix.history_data", name=name, unit=unit),
            (
                Column(words("plot.path.period")),
                Column(words("mix.service")),
                Column(words("results.observed"), "right"),
                Column(words("results.counterfactual"), "right"),
                Column(words("mix.gap"), "right"),
                *((Column(words("mix.band", level=level), "right"),) if banded else ()),
                *((Column(words("plot.path.n"), "right"),) if sizes else ()),
            ),
            tuple(cells(row) for row in mix.history),
        ),
        printed=True,
    )


def _window(finding: FindingFacts, mix: Mix, pen: Pen) -> Iterator[Block]:
    """That the effect is about some of the served periods alone, and where the band is missing."""
    counted = [row.period for row in finding.periods]
    since = [row.period for row in mix.history if float(row.served) > 0]
    if counted and set(counted) < set(since):
        first, last = pen.period(counted[0]), pen.period(counted[-1])
        yield Para(pen.words("mix.window", first=first, last=last), "note")
    bands = {row.low is not None for row in mix.history if float(row.served) == 1.0}
    if len(bands) > 1:
        yield Para(pen.words("mix.band_missing"), "note")


def _service(row: HistoryRow, pen: Pen) -> str:
    share = float(row.served)
    if share in (0.0, 1.0):
        return pen.words("mix.service_since" if share else "mix.service_before")
    return pen.percent(row.served)


# --- what it is made of -----------------------------------------------------------------------


def _made(finding: FindingFacts, mix: Mix, pen: Pen) -> Iterator[Block]:
    words, name = pen.words, pen.finding_name(finding)
    if mix.weights is not None:
        found = mix.weights
        yield Sub(words("mix.made"), slug("mix-made", finding.outcome, finding.group))
        yield Para(pen.say(found.said))
        if found.places:
            several = "mix.weights_caption_several" if found.several else "mix.weights_caption"
            caption = words(several, name=name)
            rows = [(Cell(row.place), Cell(pen.percent(row.weight))) for row in found.places]
            if found.further:
                told = words("mix.weights_further", n=found.further)
                rows.append((Cell(told), Cell(pen.percent(found.further_weight))))
            if found.without:
                rows.append((Cell(words("mix.weights_without", n=found.without)), Cell(DASH)))
            yield Drawing(
                **both_widths(weights_drawing, finding, pen),
                alt=words(
                    "mix.weights_alt",
                    name=name,
                    n=len(found.places),
                    place=found.places[0].place,
                    weight=pen.percent(found.places[0].weight),
                ),
                caption=caption,
                data=Table(
                    caption,
                    (Column(words("mix.place")), Column(words("mix.weight"), "right")),
                    tuple(rows),
                ),
                printed=True,
            )
    if mix.time_weights:
        caption = words("mix.time_weights_caption", name=name)
        heaviest = max(mix.time_weights, key=lambda row: float(row.weight))
        yield Drawing(
            **both_widths(time_weights_drawing, finding, pen),
            alt=words(
                "mix.time_weights_alt",
                name=name,
                n=len(mix.time_weights),
                period=time_label(heaviest, pen),
                weight=pen.percent(heaviest.weight),
            ),
            caption=caption,
            data=Table(
                caption,
                (Column(words("plot.path.period")), Column(words("mix.weight"), "right")),
                tuple(
                    (Cell(time_label(row, pen)), Cell(pen.percent(row.weight)))
                    for row in mix.time_weights
                ),
            ),
            printed=True,
        )
        note = words("mix.time_weights_note")
        if mix.time_further:
            note = words("mix.time_weights_further", n=mix.time_further)
        yield Para(note, "note")


def _fit(finding: FindingFacts, mix: Mix, pen: Pen) -> Iterator[Block]:
    fit, words = mix.fit, pen.words
    if fit is None:
        return
    yield Sub(words("mix.fit"), slug("mix-fit", finding.outcome, finding.group))
    if fit.said:
        yield Items(tuple(pen.say(said) for said in fit.said))
    for said in fit.cautions:
        yield Para(pen.say(said), "warning")
    rows = [
        (words(key), write(value))
        for key, value, write in (
            ("mix.proof_pre", fit.pre_rmspe, pen.number),
            ("mix.proof_others", fit.others_median, pen.number),
            ("mix.proof_gap", fit.gap, lambda x: scientific(x, pen)),
            ("mix.proof_relative", fit.relative_gap, lambda x: scientific(x, pen)),
            ("mix.proof_sum", fit.sum_of_weights, pen.number),
            ("mix.proof_smallest", fit.smallest_weight, pen.percent),
            ("mix.proof_largest", fit.largest_weight, pen.percent),
        )
        if value is not None
    ]
    if rows:
        yield Facts(tuple(rows))


# --- several served places ----------------------------------------------------------------------


def _units(finding: FindingFacts, mix: Mix, pen: Pen) -> Table:
    words, rows = pen.words, mix.units

    def has(column: str) -> bool:
        return any(getattr(row, column) is not None for row in rows)

    shown = {column: has(column) for column in ("start", "low", "p_value", "pre_rmspe")}
    mixes = any(row.mixed for row in rows)

    def cells(row: MixUnit) -> Iterator[Cell]:
        yield Cell(row.place)
        if shown["start"]:
            yield Cell(DASH if row.start is None else pen.period(row.start))
        yield number(row.effect, pen)
        if shown["low"]:
            yield span(row.low, row.high, pen)
        if shown["p_value"]:
            yield Cell(DASH if row.p_value is None else pen.p_value(row.p_value))
        if shown["pre_rmspe"]:
            yield number(row.pre_rmspe, pen)
        if mixes:
            yield Cell(_mix_of(row, pen))

    return Table(
        words(
            "mix.units_caption",
            name=pen.finding_name(finding),
            unit=pen.both(finding.outcome_unit),
        ),
        (
            Column(words("mix.place")),
            *((Column(words("mix.units_start")),) if shown["start"] else ()),
            Column(words("mix.effect"), "right"),
            *((Column(words("mix.units_interval"), "right"),) if shown["low"] else ()),
            *((Column(words("mix.units_p"), "right"),) if shown["p_value"] else ()),
            *((Column(words("mix.pre_rmspe"), "right"),) if shown["pre_rmspe"] else ()),
            *((Column(words("mix.units_mix")),) if mixes else ()),
        ),
        tuple(tuple(cells(row)) for row in rows),
    )


def _mix_of(row: MixUnit, pen: Pen) -> str:
    parts = ", ".join(
        pen.words("mix.units_part", place=part.place, weight=pen.percent(part.weight))
        for part in row.weights
    )
    more = row.mixed - len(row.weights)
    return pen.words("mix.units_more", parts=parts, n=more) if more > 0 else parts or DASH
