"""Who was lost: averages of those lost and of those measured, by arm."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Para, Sub, Table
from impacteval.render.pen import Pen
from impacteval.report.record import Record


def who_was_lost(record: Record, pen: Pen) -> Iterator[Block]:
    """One table for each number that lost people and has characteristics known before."""
    found = [finding for finding in record.findings if finding.lost]
    if not found:
        return
    words = pen.words
    yield Sub(words("lost.heading"), "counted-lost")

    def cell(value: str | None) -> Cell:
        return Cell("–" if value is None else pen.number(value))

    for finding in found:
        yield Table(
            words("lost.caption", name=pen.finding_name(finding)),
            (
                Column(words("otherwise.covariate")),
                Column(words("lost.lost_treated"), "right"),
                Column(words("lost.lost_comparison"), "right"),
                Column(words("lost.measured_treated"), "right"),
                Column(words("lost.measured_comparison"), "right"),
                Column(words("lost.p_value"), "right"),
            ),
            tuple(
                (
                    Cell(row.covariate if row.plain_name is None else pen.both(row.plain_name)),
                    cell(row.lost_treated),
                    cell(row.lost_comparison),
                    cell(row.measured_treated),
                    cell(row.measured_comparison),
                    cell(row.p_value),
                )
                for row in finding.lost
            ),
        )
    yield Para(words("lost.note"), "note")
