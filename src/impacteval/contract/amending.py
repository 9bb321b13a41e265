"""Amendments put into force: each day's contract is checked like one written that way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

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
    terms: dict[str, Any] = without_nothing(signed.model_dump())
    for together in by_date(changes):
        edits, problems = edits_of(terms, together)
        refuse(problems)
        terms = applied(terms, edits)
        refuse(_unsound(signed, terms, edits, together[0][1].date, context))
    return terms


def _unsound(
    signed: Contract, terms: dict[str, Any], edits: Iterable[Edit], date: str, context: Any
) -> list[Relative]:
    """What is wrong with the contract as amended, said at the amendment it comes from."""
    try:
        type(signed).model_validate(terms, context=context)
    except ValidationError as caught:
        told = sentences(caught, type(signed), places_of(terms), "contract")
        return [
            (nearest(edits, tuple(path)), f"As amended on {date}: {what}", fix)
            for path, what, fix, _ in told
        ]
    return []
