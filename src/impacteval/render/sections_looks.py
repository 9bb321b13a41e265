"""How firm a result is that was looked at while its data grew."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Items, Sub, Table
from impacteval.render.pen import Pen
from impacteval.report.record import Range, Record
from impacteval.report.record_looks import LookRow


def looks(record: Record, pen: Pen) -> Iterator[Block]:
    """Information stated and found, and estimates that allow for the looks beside the plain ones."""
    if not record.looks:
        return
    words = pen.words
    yield Sub(words("looks.title"), "firm-looks")
    yield Items(tuple(pen.say(said) for row in record.looks for said in row.said))
    shown = [row for row in record.looks if row.adjusted_estimate is not None]
    if not shown:
        return
    yield Table(
        words("looks.caption"),
        (
            Column(words("firm.clause")),
            Column(words("looks.how")),
            Column(words("firm.estimate"), "right"),
            Column(words("firm.interval"), "right"),
        ),
        tuple(row for found in shown for row in _rows(found, pen)),
    )


def _rows(row: LookRow, pen: Pen) -> Iterator[tuple[Cell, ...]]:
    whose = "" if row.group_name is None else f", {pen.both(row.group_name)}"
    name = Cell(pen.both(row.plain_name) + whose)
    yield (name, Cell(pen.words("looks.plain")), *_figures(row.estimate, row.interval, row, pen))
    adjusted = _figures(row.adjusted_estimate, row.adjusted_interval, row, pen)
    yield (name, Cell(pen.words("looks.adjusted")), *adjusted)


def _figures(
    value: str | None, interval: Range | None, row: LookRow, pen: Pen
) -> tuple[Cell, Cell]:
    none = pen.words("firm.not_computed")
    return (
        Cell(none if value is None else pen.number(value, row.unit)),
        Cell(none if interval is None else pen.interval(interval, row.unit)),
    )
