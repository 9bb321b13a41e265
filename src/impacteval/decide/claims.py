"""Claims: for each person, which milestones were reached. Counts are made from them, never beside."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from impacteval.contract.model import Contract
from impacteval.contract.payment import RateCard, terms
from impacteval.contract.several import counted
from impacteval.errors import Problem

Claims = Mapping[str, Mapping[str, int]]


def read_claims(
    contract: Contract, claims: Mapping[str, Any], problems: list[Problem]
) -> tuple[Claims, dict[str, Decimal]]:
    """The claims, checked, and the number of milestones that are paid for.

    Parameters
    ----------
    contract : Contract
        The contract; its rate cards say which milestones are priced and whether one counts once.
    claims : mapping
        For each person, the milestones reached: a list of their names, or how often each was.
    problems : list
        Every claim that cannot be used is added here.

    Returns
    -------
    claims, counts
        How often each person reached each milestone, and the count of each milestone.
    """
    cards = [term.term for _, term in terms(contract.payment) if isinstance(term.term, RateCard)]
    card_of = {line.outcome: card for card in cards for line in card.lines}
    if contract.groups:
        problems.append(
            Problem(
                "Claims are given, and the contract judges its results by group.",
                "Give the counts of each group.",
            )
        )
        return {}, {}
    read: dict[str, dict[str, int]] = {}
    for person, reached in claims.items():
        own = read.setdefault(str(person), {})
        pairs = reached.items() if isinstance(reached, Mapping) else ((one, 1) for one in reached)
        for outcome, times in pairs:
            if outcome not in card_of:
                problems.append(
                    Problem(
                        f"The claims of {person} name {outcome!r}, which no rate card prices.",
                        f"Priced: {', '.join(card_of) or 'nothing'}.",
                    )
                )
            elif not _whole(times):
                problems.append(
                    Problem(
                        f"The claims of {person} give {times!r} times {outcome}.", "Give a count."
                    )
                )
            else:
                own[outcome] = own.get(outcome, 0) + int(times)
    counts = {
        outcome: Decimal(sum(counted(card, own, outcome) for own in read.values()))
        for outcome, card in card_of.items()
    }
    return read, counts


def _whole(times: Any) -> bool:
    return isinstance(times, int) and not isinstance(times, bool) and times >= 0


def reconciled(
    given: dict[tuple[str, str], Decimal],
    counts: Mapping[str, Decimal],
    group: str,
    problems: list[Problem],
) -> None:
    """Put the counts among the results; a count that was typed besides must be the same."""
    for outcome, count in counts.items():
        typed = given.get((outcome, group))
        if typed is not None and typed != count:
            problems.append(
                Problem(
                    f"{outcome}: {typed} is given, and the claims come to {count}.",
                    "Find the difference, and give one of the two.",
                )
            )
        given[outcome, group] = count
