"""Where this settlement stands among the others: paid so far, held, put right."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Figure, Items, Para, Sub, Table
from impacteval.render.pen import Pen
from impacteval.report.record import Corrected, Escrow, Record, SettlementRow


def settling(record: Record, pen: Pen) -> Iterator[Block]:
    """The settlements so far, then what is held and what is put right; nothing without a calendar."""
    found, words = record.settling, pen.words
    if found is None:
        return
    yield Sub(words("settling.heading"), "money-settlements")
    yield Table(
        words("settling.caption"),
        (
            Column(words("settling.name")),
            Column(words("settling.date")),
            Column(words("settling.paid"), "right"),
        ),
        tuple(_row(row, pen) for row in found.rows),
        tuple(k for k, row in enumerate(found.rows) if row.here),
    )
    receipts = tuple(
        words("settling.receipt", name=row.name, digest=row.verdict_digest)
        for row in found.rows
        if row.verdict_digest is not None
    )
    if receipts:
        yield Items(receipts)
    if found.correction is not None:
        yield from _correction(found.correction, pen)
    if found.escrow is not None:
        yield from _escrow(found.escrow, pen)


def _row(row: SettlementRow, pen: Pen) -> tuple[Cell, ...]:
    words = pen.words
    here = f" ({words('settling.here')})" if row.here else ""
    paid = words("settling.nothing") if row.paid is None else pen.money(row.paid)
    return Cell(row.name + here), Cell(fmt.date(row.date, pen.language)), Cell(paid)


def _correction(found: Corrected, pen: Pen) -> Iterator[Block]:
    words = pen.words
    yield Sub(words("settling.correction"), "money-correction")
    yield Para(pen.say(found.reason), "lead")
    yield Para(
        words(
            "settling.correction_line",
            paid=pen.money(found.paid),
            comes_to=pen.money(found.comes_to),
            difference=pen.money(found.difference),
            owed=pen.money(found.owed),
        )
    )


def _escrow(found: Escrow, pen: Pen) -> Iterator[Block]:
    words = pen.words
    yield Sub(words("settling.escrow"), "money-escrow")
    yield Para(pen.say(found.reason), "lead")
    yield Para(
        words(
            "settling.escrow_line",
            now=pen.money(found.payable_now),
            held=pen.money(found.held),
            returned=pen.money(found.returned),
            paid=pen.money(found.paid),
        )
    )


def escrow_figures(record: Record, pen: Pen) -> tuple[Figure, ...]:
    """What page 1 adds to the money box while a result is contested."""
    found = None if record.settling is None else record.settling.escrow
    if found is None:
        return ()
    # Without it the parts of what is due would not add up to it.
    nothing = found.returned is None or (
        found.returned != "not_published" and Decimal(found.returned) == 0
    )
    back = () if nothing else (Figure(pen.words("money.returned"), pen.money(found.returned)),)
    return (
        Figure(pen.words("money.due_settlement"), pen.money(record.page_one.money.due_now)),
        Figure(pen.words("money.in_escrow"), pen.money(found.held)),
        *back,
    )
