"""What the loss of people could do to each verdict."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Items, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.pen import Pen
from impacteval.render.sections_study import clauses_of
from impacteval.render.verdict_cells import interval_cell, verdict_cell
from impacteval.report.record import FindingFacts, LossRow, Record


def losses(record: Record, pen: Pen) -> Iterator[Block]:
    """Each number that lost people: how far that could move it, and what would be decided then."""
    lost = [finding for finding in record.findings if finding.losses]
    if not lost:
        return
    words = pen.words
    yield Sub(words("losses.heading"), "firm-losses")
    yield Para(words("losses.intro"))
    for finding in lost:
        yield from _of(finding, record, pen)
    yield Para(words("losses.note"), "note")


def _of(finding: FindingFacts, record: Record, pen: Pen) -> Iterator[Block]:
    words, name = pen.words, pen.finding_name(finding)
    if sum(bool(other.losses) for other in record.findings) > 1:
        yield Sub(name, slug("losses", finding.outcome, finding.group))
    clauses = clauses_of(finding, record.page_one.clauses)
    yield Items(tuple(pen.say(row.said) for row in finding.losses))

    def end(value: str | None) -> Cell:
        return Cell("–" if value is None else pen.near(value, clauses))

    def changes(row: LossRow) -> Cell:
        if row.low is None or not (row.verdicts_low or row.verdicts_high):
            return Cell("–")
        return Cell(words("firm.flips_yes" if row.flips else "firm.flips_no"))

    yield Table(
        words("losses.caption", name=name, unit=pen.both(finding.contract_unit)),
        (
            Column(words("losses.assumption")),
            Column(words("losses.low"), "right"),
            Column(words("losses.high"), "right"),
            Column(words("losses.interval"), "right"),
            Column(words("losses.verdict_low")),
            Column(words("losses.verdict_high")),
            Column(words("firm.flips")),
        ),
        tuple(
            (
                Cell(pen.both(row.title)),
                end(row.low),
                end(row.high),
                interval_cell(row.interval, pen),
                verdict_cell(dict(row.verdicts_low), record, pen),
                verdict_cell(dict(row.verdicts_high), record, pen),
                changes(row),
            )
            for row in finding.losses
        ),
    )
    notes = tuple(
        words("losses.noted", title=pen.both(row.title), note=pen.say(note))
        for row in finding.losses
        for note in row.notes
    )
    if notes:
        yield Items(notes)
