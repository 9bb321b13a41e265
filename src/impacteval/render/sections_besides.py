"""What is told besides what is paid: stop triggers, watched outcomes, equity, baselines."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Items, Para, Sub
from impacteval.render.pen import Pen
from impacteval.report.record import FindingFacts, Record


def stops(record: Record, pen: Pen) -> Iterator[Block]:
    """Each stop trigger: quiet, fired or not to be told."""
    if record.besides is None or not record.besides.stops:
        return
    yield Sub(pen.words("besides.stops"), "money-stops")
    yield Items(tuple(pen.say(row.said) for row in record.besides.stops))


def unpaid(record: Record, pen: Pen) -> Iterator[Block]:
    """Who was reached, what was watched, and what is told without weight."""
    words, told = pen.words, record.besides
    if told is None:
        return
    if told.equity:
        yield Sub(words("besides.equity"), "fairness-equity")
        yield Items(tuple(pen.say(said) for row in told.equity for said in row.said))
    if told.watched:
        yield Sub(words("besides.watched"), "fairness-watched")
        yield Para(words("besides.watched_note"), "note")
        yield Items(tuple(pen.say(row.said) for row in told.watched))
    if told.shifting:
        yield Sub(words("besides.shifting"), "fairness-shifting")
        yield Items(tuple(pen.say(row.said) for row in told.shifting))
    if told.also_report:
        yield Sub(words("besides.also_report"), "fairness-also")
        yield Items(tuple(pen.both(text) for text in told.also_report))
    if told.context:
        yield Sub(words("besides.context"), "fairness-context")
        yield Items(
            tuple(
                words("besides.sourced", text=pen.both(row.text), source=pen.both(row.source))
                for row in told.context
            )
        )


def baseline_rows(record: Record, finding: FindingFacts, pen: Pen) -> Iterator[tuple[str, str]]:
    """What was measured before the programme, to stand beside result and counterfactual."""
    for row in () if record.besides is None else record.besides.baselines:
        if row.outcome == finding.outcome:
            yield (
                pen.words("besides.baseline", date=fmt.date(row.date, pen.language)),
                pen.words(
                    "besides.baseline_value",
                    value=pen.number(row.value),
                    what=pen.both(row.what),
                    source=pen.both(row.source),
                ),
            )
