"""This run beside another one, in the report and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Items, Para, Sub, Table
from impacteval.render.pen import Pen
from impacteval.report.record_compared import Compared, ComparedRow

MISSING = "–"


def compared(found: Compared | None, pen: Pen) -> Iterator[Block]:
    """The part of the report that holds its run against another; nothing where none was named."""
    if found is None:
        return
    words = pen.words
    yield Sub(words("compared.heading"), "firm-compared")
    yield Para(pen.say(found.headline), "lead" if found.agree else "warning")
    yield Para(pen.say(found.standing))
    yield compared_table(found, pen)
    further = further_line(found, pen)
    if further:
        yield Para(further, "note")
    yield Para(words("compared.circumstances" if found.circumstances else "compared.same"))
    if found.circumstances:
        yield Items(tuple(pen.say(said) for said in found.circumstances))
    yield Para(words("compared.digest", digest=found.digest), "note")


def compared_table(found: Compared, pen: Pen) -> Table:
    """What the payment rests on, as each run has it."""
    words = pen.words
    rows = [row for row in found.rows if row.result]
    return Table(
        words("compared.caption"),
        (
            Column(words("compared.what")),
            Column(words("compared.here"), "right"),
            Column(words("compared.there"), "right"),
            Column(words("compared.apart"), "right"),
        ),
        tuple(_row(row, pen) for row in rows),
        tuple(k for k, row in enumerate(rows) if not row.agrees),
    )


def differing_lines(found: Compared, pen: Pen) -> Iterator[str]:
    """One line for each verdict, amount or number that the payment rests on and that differs."""
    for row in found.rows:
        if row.result and not row.agrees:
            here, there = _values(row, pen)
            yield pen.words("compared.line", what=pen.say(row.what), here=here, there=there)


def further_line(found: Compared, pen: Pen) -> str:
    """How many numbers differ that are not in the table; empty where none does."""
    further = sum(not row.result for row in found.rows)
    return pen.words("compared.further", n=further) if further else ""


def _row(row: ComparedRow, pen: Pen) -> tuple[Cell, ...]:
    here, there = _values(row, pen)
    if row.agrees:
        gap = pen.words("compared.agrees")
    else:
        gap = pen.words("compared.differs") if row.apart is None else pen.number(row.apart)
    return Cell(pen.say(row.what)), Cell(here), Cell(there), Cell(gap)


def _values(row: ComparedRow, pen: Pen) -> tuple[str, str]:
    if row.kind == "number" and row.here is not None and row.there is not None:
        return fmt.apart(row.here, row.there, pen.language)
    here, there = (MISSING if v is None else _value(v, row, pen) for v in (row.here, row.there))
    return here, there


def _value(value: str, row: ComparedRow, pen: Pen) -> str:
    if row.kind == "verdict":
        return pen.words(f"verdict.{value}")
    if row.kind == "status":
        return pen.words(f"compared.status_{value}")
    return pen.money(value) if row.kind == "amount" else pen.number(value)
