"""Looks at growing data that spend one error: each judges at its own level, on everybody so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from impacteval.contract.calendar_information import looks_of, series_of
from impacteval.contract.clauses import (
    BonusMalus,
    Linear,
    PartialFull,
    Piecewise,
    ShareOfSaving,
    Threshold,
    Tiers,
)
from impacteval.contract.levels import at_look
from impacteval.contract.model import Contract
from impacteval.contract.payment import Gate, Leaf, Sum, terms
from impacteval.contract.rules import Rule
from impacteval.decide import Compared
from impacteval.errors import Problem
from impacteval.pricing.floats import Bools
from impacteval.pricing.readings import BarredDraws, DrawReader, DrawReading
from impacteval.pricing.rows import MET, RowDraws
from impacteval.simulation.engine import asked_of
from impacteval.values import Question

_SIDE_BY_SIDE = (
    Threshold,
    Tiers,
    Piecewise,
    Linear,
    PartialFull,
    BonusMalus,
    ShareOfSaving,
    Sum,
)
Met = Mapping[tuple[str, str], Bools]
"""For each clause and group, in which draws a look before met and paid it."""


def look_problems(contract: Contract, settlements: int) -> Iterator[Problem]:
    """Why the looks of a contract cannot be simulated.

    Parameters
    ----------
    contract : Contract
        The contract.
    settlements : int
        How many settlements the scenario says; 1 where it says nothing.
    """
    series = series_of(contract)
    if not series:
        return
    judged = {key for keys in series.values() for key in keys}
    clauses = [leaf for leaf in contract.clauses if not isinstance(leaf, Gate)]
    everything = {(leaf.name, g) for leaf in clauses for g in contract.compared_groups(leaf)}
    if len(series) > 1 or judged != everything:
        yield Problem(
            "This contract looks at growing data, and not every clause is judged at the same looks.",
            "Simulate a contract with one series of looks, such as its clauses on those data alone.",
        )
        return
    (at,) = series
    if settlements not in (1, len(at)):
        yield Problem(
            f"This contract declares {len(at)} looks that share its error, and {settlements} "
            "settlements are to be simulated.",
            "Leave the number of settlements out.",
        )
    if contract.payment.cumulative is None and not _plain(contract):
        yield Problem(
            "What a look paid is not paid again, and this payment has parts that are settled together "
            "or stand behind one another.",
            "Simulate it as a cumulative payment, or its clauses one by one.",
        )


def _plain(contract: Contract) -> bool:
    """Whether the payment is clauses side by side, so that each is paid once on its own."""
    if contract.gates or "paid" in (contract.pool_excludes or ()):
        return False
    return all(isinstance(term.term, _SIDE_BY_SIDE) for _, term in terms(contract.payment))


def contracts_at(contract: Contract, settlements: int) -> tuple[Contract, ...]:
    """The contract as it judges at each settlement: at the level of the look, where looks share one."""
    at = looks_of(contract)
    return tuple(at_look(contract, look) for look in at) if at else (contract,) * settlements


def pays_once(contract: Contract, settlements: int) -> tuple[bool, ...]:
    """For each settlement, whether what it pays is not paid again: that is so of looks in between."""
    at = looks_of(contract)
    if not at or contract.payment.cumulative is not None:
        return (False,) * settlements
    return tuple(look.kind == "interim" for look in at)


def asked_at_looks(contract: Contract, *others: Rule) -> tuple[Compared, ...]:
    """Every number the contract may compare, with what is asked of it at every level of its looks."""
    questions: dict[tuple[str, str], dict[Question, None]] = {}
    for there in contracts_at(contract, 1):
        for asked in asked_of(there, *others):
            key = asked.outcome, asked.group
            questions.setdefault(key, {}).update(dict.fromkeys(asked.questions))
    return tuple(
        replace(asked, questions=tuple(questions[asked.outcome, asked.group]))
        for asked in asked_of(contract, *others)
    )


def unpaid_before(read: DrawReader, met: Met) -> DrawReader:
    """The readings of a look, where what an earlier look paid is not paid again."""
    if not met:
        return read

    def told(leaf: Leaf, group: str, pool: tuple[str, ...]) -> DrawReading:
        reading = read(leaf, group, pool)
        barred = met.get((leaf.name, group))
        if barred is None or not barred.any():
            return reading
        if isinstance(reading, BarredDraws):
            return BarredDraws(reading.reading, reading.barred | barred, reading.unjudged & ~barred)
        return BarredDraws(reading, barred, np.zeros_like(barred))  # type: ignore[arg-type]

    return told


def met_by_now(met: Met, rows: Mapping[tuple[str, str], RowDraws]) -> Met:
    """What is met and paid by now, once a look has paid."""
    return {key: (row.verdict == MET) | met.get(key, False) for key, row in rows.items()}


def at_any_look(
    rows: Sequence[Mapping[tuple[str, str], RowDraws]],
) -> Mapping[tuple[str, str], RowDraws]:
    """What each clause says over all looks: met where one of them met it, else as at the last."""
    found = dict(rows[-1])
    for earlier in rows[-2::-1]:
        for key, row in earlier.items():
            there = row.verdict == MET
            found[key] = replace(
                found[key],
                verdict=np.where(there, row.verdict, found[key].verdict),
                tier=np.where(there, row.tier, found[key].tier),
            )
    return found
