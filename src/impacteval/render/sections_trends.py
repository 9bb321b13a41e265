"""How firm each verdict is when the two groups would not have moved alike."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Drawing, Items, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.pen import Pen
from impacteval.render.plots import forest_drawing
from impacteval.render.sections_study import clauses_of
from impacteval.render.verdict_cells import interval_cell, verdict_cell
from impacteval.report.record import FindingFacts, Record


def trends(record: Record, pen: Pen) -> Iterator[Block]:
    """Each number that was held against differing trends: a sentence, a drawing and its table."""
    tested = [finding for finding in record.findings if finding.trends is not None]
    if not tested:
        return
    words = pen.words
    yield Sub(words("trends.heading"), "firm-trends")
    yield Para(words("trends.intro"))
    for finding in tested:
        yield from _of(finding, record, pen, several=len(tested) > 1)
    yield Para(words("trends.note"), "note")


def _of(finding: FindingFacts, record: Record, pen: Pen, *, several: bool) -> Iterator[Block]:
    assert finding.trends is not None
    words, name = pen.words, pen.finding_name(finding)
    if several:
        yield Sub(name, slug("trends", finding.outcome, finding.group))
    if finding.trends.breakdowns:
        yield Items(tuple(pen.say(row.said) for row in finding.trends.breakdowns))
    table = Table(
        words("trends.caption", name=name, unit=pen.both(finding.contract_unit)),
        (
            Column(words("trends.size")),
            Column(words("trends.interval"), "right"),
            Column(words("trends.verdict")),
            Column(words("firm.flips")),
        ),
        tuple(
            (
                Cell(pen.both(row.title)),
                interval_cell(row.interval, pen),
                verdict_cell(dict(row.verdicts), record, pen),
                Cell(
                    words("firm.flips_yes" if row.flips else "firm.flips_no")
                    if row.verdicts
                    else "–"
                ),
            )
            for row in finding.trends.sets
        ),
    )
    if finding.estimate is not None:
        estimate = finding.estimate
        yield Drawing(
            svg=forest_drawing(
                finding,
                pen,
                clauses_of(finding, record.page_one.clauses),
                [(pen.both(row.title), estimate, row.interval, "") for row in finding.trends.sets],
                "trends",
            ),
            alt=words("trends.alt", name=name),
            caption=words("trends.drawing", name=name),
            data=None,
        )
    yield table
