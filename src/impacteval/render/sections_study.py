"""Sections 2 to 4: the contract, who was counted, the comparison."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from impacteval.render import format as fmt
from impacteval.render.blocks import (
    Block,
    Cell,
    Column,
    Drawing,
    Facts,
    Items,
    Para,
    Sub,
    Table,
)
from impacteval.render.concerns import concerns
from impacteval.render.labels import slug
from impacteval.render.pen import Pen
from impacteval.render.plots import love_drawing, path_drawing
from impacteval.render.sections_alike import compared
from impacteval.render.sections_amended import amendments
from impacteval.render.sections_causes import caused
from impacteval.render.sections_funnel import funnels
from impacteval.render.sections_lost import who_was_lost
from impacteval.render.sections_mix import holds_path, mixed
from impacteval.render.sections_panels import cohorts, who_changes
from impacteval.report.record import ClauseRow, FindingFacts, MethodFacts, Record
from impacteval.report.record_causes import CausesFacts

WHOLE = "all"
"""Label of the one period of a study that measures everyone once."""


def contract(record: Record, pen: Pen) -> Iterator[Block]:
    """The contract said back, its parties, what it keeps unpublished, its sources."""
    words, facts = pen.words, record.contract
    yield Para(pen.both(facts.in_plain_words), "lead")
    counted = "contract.everyone" if facts.everyone_counted else "contract.participants"
    yield Para(words(counted, people=pen.both(facts.people)))
    yield Sub(words("contract.said_back"), "contract-said")
    if facts.sentences:
        yield Items(tuple(pen.say(sentence) for sentence in facts.sentences))
    else:
        yield Para(words("contract.says_nothing"))
    yield Sub(words("contract.parties"), "contract-parties")
    if facts.parties:
        yield Facts(tuple((pen.both(p.role), pen.both(p.name)) for p in facts.parties))
    else:
        yield Para(words("contract.no_parties"))
    yield from amendments(record, pen)
    yield Sub(words("contract.amendments"), "contract-changes")
    if record.page_one.changes:
        yield Items(tuple(pen.say(said) for said in record.page_one.changes))
    else:
        yield Para(words("note.changes_none"))
    yield Sub(words("contract.not_public"), "contract-not-public")
    if facts.not_public:
        yield Items(tuple(pen.both(text) for text in facts.not_public))
    else:
        yield Para(words("contract.all_public"))
    yield Sub(words("contract.sources"), "contract-sources")
    if facts.sources:
        yield Items(tuple(pen.both(source) for source in facts.sources))
    else:
        yield Para(words("contract.no_sources"))
    yield Facts(
        (
            (words("contract.id"), f"{pen.both(facts.title)} ({facts.id})"),
            (words("contract.file"), facts.file),
            (words("contract.digest"), facts.digest),
        ),
    )


def counted(record: Record, pen: Pen) -> Iterator[Block]:
    """From everyone concerned to everyone measured, and who is missing."""
    words = pen.words
    if record.counted:
        empty = "–"

        def arm(n: int | None) -> Cell:
            return Cell(empty if n is None else fmt.count(n, pen.language))

        for about, rows in groupby(record.counted, key=lambda row: row.about):
            yield Table(
                words("counted.caption")
                if about is None
                else words("counted.caption_of", name=pen.both(about)),
                (
                    Column(words("counted.step")),
                    Column(words("counted.n"), "right"),
                    Column(words("counted.treated"), "right"),
                    Column(words("counted.comparison"), "right"),
                ),
                tuple(
                    (Cell(pen.say(row.step)), arm(row.n), arm(row.treated), arm(row.comparison))
                    for row in rows
                ),
            )
    else:
        yield Para(words("counted.none"))
    yield Sub(words("counted.refused"), "counted-refused")
    yield Para(pen.say(record.refused))
    yield from funnels(record, pen)
    yield from who_was_lost(record, pen)
    yield Sub(words("counted.left_out"), "counted-left-out")
    if record.page_one.left_out:
        yield Items(tuple(pen.say(said) for said in record.page_one.left_out))
    else:
        yield Para(words("note.left_out_none"))


def otherwise(record: Record, pen: Pen) -> Iterator[Block]:
    """Design, comparators, method, assumption checks and the counterfactual drawing."""
    words = pen.words
    if not record.findings:
        yield Para(words("results.none"))
    described: set[str] = set()
    graphs: dict[str, CausesFacts] = {}
    for finding in record.findings:
        anchor = slug("otherwise", finding.outcome, finding.group)
        yield Sub(pen.finding_name(finding), anchor)
        yield Para(f"{pen.say(finding.design_text)} {pen.say(finding.comparators)}")
        yield from caused(finding, graphs, pen)
        yield from cohorts(finding, pen)
        if not holds_path(finding):
            yield from _counterfactual(finding, record.page_one.clauses, pen)
            yield from who_changes(finding, pen)
        yield from mixed(finding, pen)
        yield from compared(finding, pen)
        for part in finding.parts:
            named = words(
                "otherwise.part", design=pen.both(part.design), weight=pen.percent(part.weight)
            )
            yield Para(named, "lead")
            yield Para(f"{pen.say(part.design_text)} {pen.say(part.comparators)}")
            yield from _method_once(part.method, described, pen)
            yield from concerns(part.method, pen)
        if not finding.parts:
            yield from _method_once(finding.method, described, pen)
            yield from concerns(finding.method, pen)
        yield from _checks(finding, pen)
        # Where people were chosen to be alike, how alike they began stands beside how alike they ended.
        if finding.alike is None:
            yield from _baseline(finding, pen)


def _counterfactual(
    finding: FindingFacts, clauses: tuple[ClauseRow, ...], pen: Pen
) -> Iterator[Block]:
    if finding.observed is None or finding.counterfactual is None:
        return
    words = pen.words
    unit = pen.both(finding.outcome_unit)
    rows = tuple(
        (
            Cell(words("plot.path.whole") if row.period == WHOLE else pen.period(row.period)),
            Cell(pen.number(row.observed)),
            Cell(pen.number(row.counterfactual)),
            Cell(pen.optional(row.low, "results.unbounded")),
            Cell(pen.optional(row.high, "results.unbounded")),
            Cell(pen.percent(row.level)),
            Cell(fmt.count(row.n, pen.language)),
        )
        for row in finding.periods
    )
    name = pen.finding_name(finding)
    heads = ("plot.path.low", "plot.path.high", "plot.path.level", "plot.path.n")
    data = Table(
        words("results.periods", name=name, unit=unit),
        (
            Column(words("plot.path.period")),
            Column(words("results.observed"), "right"),
            Column(words("results.counterfactual"), "right"),
            *(Column(words(head), "right") for head in heads),
        ),
        rows,
    )
    yield Drawing(
        svg=path_drawing(finding, pen, levels_asked(finding, clauses, pen)),
        alt=_path_alt(finding, pen),
        caption=words("plot.path.caption", name=name),
        data=data if rows else None,
        printed=True,
    )


def _path_alt(finding: FindingFacts, pen: Pen) -> str:
    """The drawing in words: both averages, and over several periods where the lines begin and end."""
    assert finding.observed is not None
    assert finding.counterfactual is not None
    said = {
        "name": pen.finding_name(finding),
        "observed": pen.number(finding.observed),
        "counterfactual": pen.number(finding.counterfactual),
        "unit": pen.both(finding.outcome_unit),
    }
    if len(finding.periods) < 2:
        return pen.words("plot.path.alt", **said)
    first, last = finding.periods[0], finding.periods[-1]
    return pen.words(
        "plot.path.alt_periods",
        **said,
        begin=pen.period(first.period),
        end=pen.period(last.period),
        first_observed=pen.number(first.observed),
        last_observed=pen.number(last.observed),
        first_without=pen.number(first.counterfactual),
        last_without=pen.number(last.counterfactual),
    )


def levels_asked(
    finding: FindingFacts, clauses: tuple[ClauseRow, ...], pen: Pen
) -> tuple[tuple[float, str], ...]:
    """Thresholds as levels of the outcome, where contract units are plain differences or percents.

    The unit is recognised by arithmetic: the estimate must be the difference of the two averages,
    or that difference in percent of the second. Otherwise no level is drawn.
    """
    if finding.observed is None or finding.counterfactual is None or finding.estimate is None:
        return ()
    observed, without = float(finding.observed), float(finding.counterfactual)
    estimate = float(finding.estimate)
    gap = abs(observed - without)
    sign = 1.0 if finding.better == "higher" else -1.0
    tolerance = 1e-6 * max(abs(observed), abs(without), 1.0)
    found = []
    for clause in clauses_of(finding, clauses):
        if clause.threshold is None:
            continue
        threshold = float(clause.threshold)
        if finding.scale == "difference" and abs(abs(estimate) - gap) <= tolerance:
            level = without + sign * threshold
        elif (
            finding.scale == "relative"
            and without
            and abs(abs(estimate) - 100 * gap / abs(without)) <= 1e-4
        ):
            level = without * (1 + sign * threshold / 100)
        else:
            continue
        found.append((level, pen.words("plot.path.asks")))
    return tuple(dict.fromkeys(found))


def clauses_of(finding: FindingFacts, clauses: tuple[ClauseRow, ...]) -> tuple[ClauseRow, ...]:
    """The clauses that compare this very number."""
    return tuple(c for c in clauses if (c.outcome, c.group) == (finding.outcome, finding.group))


def _method_once(method: MethodFacts, described: set[str], pen: Pen) -> Iterator[Block]:
    """The card of a method, or that it was described already."""
    if method.name in described:
        yield Para(pen.words("otherwise.same_method", method=pen.both(method.title)))
    else:
        described.add(method.name)
        yield from _method(method, pen)


def _method(method: MethodFacts, pen: Pen) -> Iterator[Block]:
    words = pen.words
    yield Para(words("otherwise.method", method=pen.both(method.title)), "lead")
    yield Para(pen.both(method.description))
    if method.assumptions:
        yield Para(words("otherwise.assumptions"))
        yield Items(tuple(pen.both(text) for text in method.assumptions))
    settings = ", ".join(f"{name} = {_setting(v)}" for name, v in sorted(method.settings.items()))
    rows = [
        (words("annex.estimator"), f"{method.name} ({method.package} {method.version})"),
        (words("otherwise.settings"), settings or words("otherwise.no_settings")),
    ]
    if method.references:
        rows.append((words("otherwise.references"), " · ".join(method.references)))
    yield Facts(tuple(rows))


def _setting(value: Any) -> str:
    """A setting as it is written in a plan."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _checks(finding: FindingFacts, pen: Pen) -> Iterator[Block]:
    """Where the comparison is described: how many checks were made, and those that failed."""
    words = pen.words
    if not finding.diagnostics:
        yield Para(words("otherwise.no_checks"))
        return
    status = [row.status for row in finding.diagnostics]
    yield Para(
        words(
            "panel.summary",
            n=len(status),
            passed=status.count("passed"),
            failed=status.count("failed"),
            none=status.count("not_applicable"),
            heading=words("panel.heading"),
        )
    )
    for row in finding.diagnostics:
        if row.status == "failed":
            said = words(
                "otherwise.explained",
                title=pen.both(row.title),
                explanation=pen.say(row.explanation),
            )
            yield Para(said, "warning")


def _baseline(finding: FindingFacts, pen: Pen) -> Iterator[Block]:
    words = pen.words
    if not finding.baseline:
        # The groups of a pool show theirs.
        if finding.group.startswith("pooled"):
            return
        yield Para(words("otherwise.no_baseline"))
        return
    table = Table(
        words("otherwise.baseline_caption", name=pen.finding_name(finding)),
        (
            Column(words("otherwise.covariate")),
            Column(words("counted.treated"), "right"),
            Column(words("counted.comparison"), "right"),
            Column(words("otherwise.std_difference"), "right"),
            Column(words("otherwise.variance_ratio"), "right"),
        ),
        tuple(
            (
                Cell(row.covariate if row.plain_name is None else pen.both(row.plain_name)),
                Cell(pen.number(row.treated)),
                Cell(pen.number(row.comparison)),
                Cell(pen.fixed(row.standardised_difference, 3)),
                Cell(pen.fixed(row.variance_ratio, 2)),
            )
            for row in finding.baseline
        ),
    )
    yield table
    yield Para(words("otherwise.baseline_note"), "note")
    measured = [row for row in finding.baseline if row.standardised_difference is not None]
    if len(measured) > 1:
        largest = max(measured, key=lambda row: abs(float(row.standardised_difference or 0)))
        label = largest.covariate if largest.plain_name is None else pen.both(largest.plain_name)
        yield Drawing(
            svg=love_drawing(finding, pen),
            alt=words(
                "plot.love.alt",
                largest=pen.number(largest.standardised_difference or "0"),
                covariate=label,
            ),
            caption=words("plot.love.caption", name=pen.finding_name(finding)),
            data=Table(
                words("plot.love.data", name=pen.finding_name(finding)),
                (
                    Column(words("otherwise.covariate")),
                    Column(words("otherwise.std_difference"), "right"),
                ),
                tuple(
                    (
                        Cell(row.covariate if row.plain_name is None else pen.both(row.plain_name)),
                        Cell(pen.fixed(row.standardised_difference, 3)),
                    )
                    for row in sorted(
                        measured,
                        key=lambda row: (
                            -abs(float(row.standardised_difference or 0)),
                            row.covariate,
                        ),
                    )
                ),
            ),
        )
