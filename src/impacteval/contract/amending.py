"""Amendments put into force: each day's contract is checked like one written that way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from impacteval.contract.calendar import looks
from impacteval.contract.changes import (
    Change,
    Edit,
    applied,
    by_date,
    edits_of,
    nearest,
    order_problems,
    without_nothing,
)
from impacteval.contract.dates import first_day, last_day
from impacteval.files import refuse
from impacteval.files.explain import sentences
from impacteval.files.kinds import Relative
from impacteval.files.places import places_of

if TYPE_CHECKING:
    from impacteval.contract.model import Contract


def terms_in_force(signed: Contract, changes: tuple[Change, ...], context: Any) -> dict[str, Any]:
    """The terms of a contract after its amendments, as plain data.

    Parameters
    ----------
    signed : Contract
        The contract as signed.
    changes : tuple of Change
        Its amendments.
    context
        The context in which the contract is read.

    Raises
    ------
    PydanticCustomError
        Every problem of the first day whose amendments cannot be put into force, each with the
        place of its amendment.
    """
    refuse(order_problems(changes))
    return [terms for _, terms, _ in _days(signed, changes, context)][-1]


@dataclass(frozen=True, slots=True)
class Day:
    """The amendments that took force on one day, between the contracts before and after them."""

    changes: tuple[Change, ...]
    before: Contract
    after: Contract


def history(contract: Contract) -> tuple[Day, ...]:
    """The days on which a contract was amended, in order.

    The contracts before and after hold the terms of their day and no amendments of their own.
    """
    signed = contract.as_contracted
    found: list[Day] = []
    before = signed
    for together, _, after in _days(signed, contract.changes, {"currency": signed.currency}):
        found.append(Day(tuple(change for _, change in together), before, after))
        before = after
    return tuple(found)


def _days(
    signed: Contract, changes: tuple[Change, ...], context: Any
) -> Iterator[tuple[tuple[tuple[int, Change], ...], dict[str, Any], Contract]]:
    terms: dict[str, Any] = without_nothing(signed.model_dump())
    before = signed
    for together in by_date(changes):
        edits, problems = edits_of(terms, together)
        refuse(problems)
        terms = applied(terms, edits)
        after = _sound(signed, terms, edits, together[0][1].date, context)
        refuse(_moved_back(before, after, edits, together[0][1].date))
        yield together, terms, after
        before = after


def _moved_back(
    before: Contract, after: Contract, edits: Iterable[Edit], date: str
) -> list[Relative]:
    """What an amendment puts in the calendar lies ahead of it: its own date says how it is read."""
    then = {look.name: look.date for look in looks(before)}
    return [
        (
            nearest(edits, ("calendar", _TABLE[look.kind], look.name, "date")),
            (f"The amendment of {date} puts `{look.name}` on {look.date}, before it takes force."),
            "Put it on a later date.",
        )
        for look in looks(after)
        if look.date != then.get(look.name) and last_day(look.date) < first_day(date)
    ]


_TABLE = {"settlement": "settlements", "interim": "interim", "milestone": "milestones"}


def _sound(
    signed: Contract, terms: dict[str, Any], edits: Iterable[Edit], date: str, context: Any
) -> Contract:
    """The contract as amended; what is wrong with it is said at the amendment it comes from."""
    try:
        return type(signed).model_validate(terms, context=context)
    except ValidationError as caught:
        told = list(sentences(caught, type(signed), places_of(terms), "contract"))
    problems: list[Relative] = [
        (nearest(edits, tuple(path)), f"As amended on {date}: {what}", fix)
        for path, what, fix, _ in told
    ]
    refuse(problems)
    raise AssertionError("a contract that is refused says why")  # pragma: no cover
