"""What was amended since the contract was signed, and what that changes in words and in money."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Items, Para, Sub, Table
from impacteval.render.page_one import total_name
from impacteval.render.pen import Pen
from impacteval.report.record import Record


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
    yield Items(tuple(pen.say(said) for said in signed.differences))
