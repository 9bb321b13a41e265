"""The panel of checks: what each should find, what it found, and whether the decision would change."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Items, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.pen import Pen
from impacteval.render.sections_reruns import reruns_of
from impacteval.report.record import DiagnosticRow, FindingFacts, Record

DASH = "–"


def panel(record: Record, pen: Pen) -> Iterator[Block]:
    """Of each number its checks, one row a check, and the runs behind them."""
    checked = [finding for finding in record.findings if finding.diagnostics]
    yield Sub(pen.words("panel.heading"), "firm-checks")
    if not checked:
        yield Para(pen.words("panel.none"))
        return
    yield Para(pen.words("panel.intro"))
    for finding in checked:
        if len(checked) > 1:
            yield Sub(pen.finding_name(finding), slug("checks", finding.outcome, finding.group))
        yield from _of(finding, record, pen)


def _of(finding: FindingFacts, record: Record, pen: Pen) -> Iterator[Block]:
    words = pen.words
    again = [row.decided for row in finding.diagnostics if row.decided is not None]
    flips, answered = sum(d.flips for d in again), sum(d.answered for d in again)
    if answered:
        yield Para(
            words("reruns.flips_some", n=flips, of=answered)
            if flips
            else words("reruns.flips_none"),
            "warning" if flips else "lead",
        )
    yield panel_table(finding, pen)
    yield Para(words("panel.note"), "note")
    yield Items(
        tuple(
            words(
                "otherwise.explained",
                title=pen.both(row.title),
                explanation=pen.say(row.explanation),
            )
            for row in finding.diagnostics
        )
    )
    yield from reruns_of(finding, record, pen)


def panel_table(finding: FindingFacts, pen: Pen) -> Table:
    """One row a check."""
    words = pen.words
    return Table(
        words("panel.caption", name=pen.finding_name(finding)),
        (
            Column(words("otherwise.check")),
            Column(words("panel.expected"), "right"),
            Column(words("otherwise.check_value"), "right"),
            Column(words("otherwise.check_limit"), "right"),
            Column(words("panel.by_chance"), "right"),
            Column(words("otherwise.check_result")),
            Column(words("firm.flips")),
        ),
        tuple(
            (
                _lines(pen.both(row.title), "" if row.measured is None else pen.both(row.measured)),
                Cell(_number(row.expected, pen)),
                Cell(_number(row.statistic, pen)),
                Cell(_number(row.limit, pen)),
                Cell(
                    DASH if row.chance_sound_fails is None else pen.percent(row.chance_sound_fails)
                ),
                _result(row, pen),
                _flips(row, pen),
            )
            for row in finding.diagnostics
        ),
    )


def _number(value: str | None, pen: Pen) -> str:
    return DASH if value is None else pen.number(value)


def _lines(first: str, second: str) -> Cell:
    return Cell("", more=(Cell(first), Cell(second))) if second else Cell(first)


def _result(row: DiagnosticRow, pen: Pen) -> Cell:
    result = Cell(pen.words(f"status.{row.status}"), row.status)
    if not row.required:
        return result
    return Cell("", more=(result, Cell(pen.words("panel.withholds"))))


def _flips(row: DiagnosticRow, pen: Pen) -> Cell:
    """Yes or no with how many runs, or a dash where nothing is formed again."""
    decided = row.decided
    if decided is None or not decided.answered:
        return Cell(DASH)
    words = pen.words
    lines = [
        words("firm.flips_yes" if decided.flips else "firm.flips_no"),
        words("panel.runs", n=decided.flips, of=decided.answered),
    ]
    if decided.other_amounts > decided.flips:
        lines.append(words("panel.amounts", n=decided.other_amounts))
    return Cell("", more=tuple(Cell(line) for line in lines))
