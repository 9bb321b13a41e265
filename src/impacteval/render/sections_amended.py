"""What was amended since the contract was signed, and what that changes in words and in money."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Items, Para, Sub, Table
from impacteval.render.page_one import total_name
from impacteval.render.pen import Pen
from impacteval.report.record import AsContractedRow, Record


def amendments(record: Record, pen: Pen) -> Iterator[Block]:
    """Each amendment in force, with what the contract said before and says since."""
    if not record.contract.amendments:
        return
    yield Sub(pen.words("amended.heading"), "contract-amended")
    for amended in record.contract.amendments:
        for said in amended.said:
            yield Para(pen.say(said))
        lines = [
            pen.words(f"amended.{key}", said=pen.say(sentence))
            for key, sentences in (("before", amended.before), ("since", amended.since))
            for sentence in sentences
        ]
        if lines:
            yield Items(tuple(lines))


def both_readings(record: Record, pen: Pen) -> Iterator[Block]:
    """The money as amended and as contracted, and the difference; nothing without amendments."""
    signed, words = record.as_contracted, pen.words
    if signed is None:
        return
    yield Sub(words("amended.both"), "money-amended")
    yield Para(pen.say(signed.reading))
    box = record.page_one.money
    yield Table(
        words("amended.caption"),
        (
            Column(words("amended.reading")),
            Column(words("money.due_now"), "right"),
            Column(words(total_name(record)), "right"),
        ),
        (
            (Cell(words("amended.now")), Cell(pen.money(box.due_now)), Cell(pen.money(box.total))),
            (
                Cell(words("amended.signed")),
                Cell(pen.money(signed.due_now)),
                Cell(pen.money(signed.total)),
            ),
        ),
        (0,),
    )
    rows = tuple(_read_otherwise(record, signed.clauses, pen))
    if rows:
        yield Table(
            words("amended.clauses"),
            (
                Column(words("firm.clause")),
                Column(words("amended.reading")),
                Column(words("amended.compares")),
                Column(words("amended.number"), "right"),
                Column(words("rules.verdict")),
                Column(words("amended.amount"), "right"),
            ),
            rows,
        )
    yield Items(tuple(pen.say(said) for said in signed.differences))


def _read_otherwise(
    record: Record, signed: tuple[AsContractedRow, ...], pen: Pen
) -> Iterator[tuple[Cell, ...]]:
    """Two rows for each clause that the readings do not judge alike, in the same way."""
    then = {(row.name, row.group): row for row in signed}
    for row in record.page_one.clauses:
        was = then.get((row.name, row.group))
        same = was is not None and (was.verdict, was.amount, was.value) == (
            row.verdict,
            row.amount,
            row.value,
        )
        if was is None or was.plain_name is None or same:
            continue
        title = pen.both(row.title) if row.title else row.name
        if row.group_name is not None:
            title = f"{title}, {pen.both(row.group_name)}"
        for reading, told in (("amended.now", row), ("amended.signed", was)):
            assert told.plain_name is not None
            yield (
                Cell(title),
                Cell(pen.words(reading)),
                Cell(pen.both(told.plain_name)),
                Cell("–" if told.value is None else pen.number(told.value)),
                _verdict(told.verdict, pen),
                Cell(pen.money(told.amount)),
            )


def _verdict(verdict: str | None, pen: Pen) -> Cell:
    if verdict is None:
        return Cell("–")
    return Cell(pen.words(f"verdict.{verdict}"), mark=verdict)
