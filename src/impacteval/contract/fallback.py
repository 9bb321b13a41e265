"""What a clause does when it still cannot be judged at the date that the contract sets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from impacteval.contract.clauses import IfNotJudged, Threshold, UsedInstead
from impacteval.contract.dates import after
from impacteval.contract.model import Contract
from impacteval.contract.payment import EquityBonus, Gate, Leaf, Precondition
from impacteval.contract.readings import (
    Barred,
    Granted,
    Known,
    Missing,
    Reading,
    Row,
    Unjudged,
)
from impacteval.contract.saying import say
from impacteval.files import Words
from impacteval.files.kinds import Relative
from impacteval.values import Message

ONE_AMOUNT = (Threshold, Gate, Precondition, EquityBonus)
"""Clauses that can be paid without a number: they have one amount."""


def fallback_problems(contract: Contract) -> Iterator[Relative]:
    """Why what should happen without a judgement cannot be carried out."""
    for path, leaf in contract.places():
        rule = leaf.if_not_judged
        if rule is not None and rule.then == "pay" and not isinstance(leaf, ONE_AMOUNT):
            yield (
                (*path, "if_not_judged", "then"),
                (
                    f"The clause `{leaf.name}` is to be paid without a judgement, and its amount "
                    "depends on the number."
                ),
                "Write `then: use` with `use: {value: number}`, or `then: not_met`.",
            )


def fallback(
    contract: Contract, leaf: Leaf, row: Row, settlement_date: str | None
) -> Reading | None:
    """What a clause that cannot be judged is told in place of a number.

    Parameters
    ----------
    contract, leaf
        The contract and the clause.
    row : Row
        What the clause says without a number.
    settlement_date : str or None
        The date of this settlement; None when nobody says, and then no date has passed.

    Returns
    -------
    Reading or None
        None when there is nothing to add to what the clause says already.
    """
    rule, why = leaf.if_not_judged, row.reason
    if rule is None or settlement_date is None or why is None:
        return None
    passed = after(settlement_date, rule.until)
    dates = {"until": str(rule.until), "settled": settlement_date}
    if passed is not True:
        return _open(row, why, _awaited(dates) if passed is False else _too_coarse(dates))
    match rule:
        case IfNotJudged(then="not_met"):
            return Barred(_not_met(dates), (why,))
        case IfNotJudged(then="pay"):
            return Granted(_paid(dates), (why,))
        case IfNotJudged(use=UsedInstead(value=number)):
            value = contract.outcomes[leaf.outcome].read(number)
            return Known(value, number, steps=(why, _uses(dates, number)))
    assert isinstance(rule.use, Words), "checked when the file is read"
    return _open(row, _in_words(dates, rule.use), why)


def _open(row: Row, reason: Message, besides: Message) -> Reading:
    if row.verdict is None:
        return Missing(reason, (besides,))
    return Unjudged(reason, (besides,))


def _uses(dates: dict[str, str], number: Decimal) -> Message:
    return say(
        "not-judged-uses",
        "It still cannot be judged when it is settled, on {settled:date}: the contract waits until {until:date}, and {value:exact} is then used instead.",
        "Elle ne peut toujours pas être jugée au règlement (date : {settled:date}) : le contrat attend jusqu'à l'échéance ({until:date}), puis emploie {value:exact} à la place.",
        **dates,
        value=number,
    )


def _in_words(dates: dict[str, str], use: Words) -> Message:
    return say(
        "not-judged-words",
        "It still cannot be judged when it is settled, on {settled:date}: the contract waits until {until:date}, and what it then uses instead is no number, so the clause stays open: {use}.",
        "Elle ne peut toujours pas être jugée au règlement (date : {settled:date}) : le contrat attend jusqu'à l'échéance ({until:date}) ; ce qu'il emploie alors à la place n'est pas un nombre, et la clause reste ouverte : {use}.",
        **dates,
        use=use.text(),
    )


def _awaited(dates: dict[str, str]) -> Message:
    return say(
        "not-judged-awaited",
        "A judgement is awaited until {until:date}; this is settled on {settled:date}.",
        "Un jugement est attendu jusqu'à l'échéance ({until:date}) ; date du règlement : {settled:date}.",
        **dates,
    )


def _too_coarse(dates: dict[str, str]) -> Message:
    return say(
        "not-judged-coarse",
        "Whether {until:date} has passed cannot be told from the date of this settlement, {settled:date}.",
        "La date du règlement ({settled:date}) ne permet pas de dire si l'échéance ({until:date}) est passée.",
        **dates,
    )


def _not_met(dates: dict[str, str]) -> Message:
    return say(
        "not-judged-counts",
        "It still cannot be judged when it is settled, on {settled:date}: the contract waits until {until:date}, and the clause then counts as not met.",
        "Elle ne peut toujours pas être jugée au règlement (date : {settled:date}) : le contrat attend jusqu'à l'échéance ({until:date}), puis la clause compte comme non remplie.",
        **dates,
    )


def _paid(dates: dict[str, str]) -> Message:
    return say(
        "not-judged-pays",
        "It still cannot be judged when it is settled, on {settled:date}: the contract waits until {until:date}, and the clause is then paid.",
        "Elle ne peut toujours pas être jugée au règlement (date : {settled:date}) : le contrat attend jusqu'à l'échéance ({until:date}), puis la clause est payée.",
        **dates,
    )
