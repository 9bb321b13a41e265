"""What each payment term pays: arithmetic on Decimal, one function over the closed union.

A clause is told a reading of its number and answers with a row; sums, first-of and ceilings
compose rows. Every step is recorded in words. Nothing here knows where a number came from, and
nothing is decided by a number that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import assert_never

from impacteval.contract import words
from impacteval.contract.model import POOLED, Contract
from impacteval.contract.money import ARITHMETIC, Amount, add, capped
from impacteval.contract.payment import (
    FirstOf,
    Leaf,
    Limit,
    Linear,
    Piecewise,
    Sum,
    Term,
    Threshold,
    Tiers,
)
from impacteval.contract.readings import (
    Between,
    Chances,
    Known,
    Missing,
    Reading,
    Row,
    Settled,
    Unjudged,
)
from impacteval.values import Message, Status

Read = Callable[[Leaf, str, tuple[str, ...]], Reading]
"""Tells a clause its number: the clause, the group (or "pooled"), the groups that are pooled."""

NOTHING = Decimal(0)


def compare(operator: str, value: Decimal, threshold: Decimal) -> bool:
    """Whether the comparison holds; `value` may be infinite.

    Examples
    --------
    >>> compare("at_least", Decimal("7.5"), Decimal("7.5"))
    True
    >>> compare("more_than", Decimal("7.5"), Decimal("7.5"))
    False
    """
    match operator:
        case "at_least":
            return value >= threshold
        case "more_than":
            return value > threshold
        case "at_most":
            return value <= threshold
        case "less_than":
            return value < threshold
    raise ValueError(f"operator {operator!r} is not known.")


def limits(leaf: Leaf) -> tuple[Limit, ...]:
    """Every comparison a clause makes, in the order of the file."""
    match leaf:
        case Threshold():
            return (leaf.limit,)
        case Tiers() | Piecewise():
            return tuple(step.limit for step in leaf.steps)
        case Linear():
            return (Limit("more_than", leaf.above),)
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(leaf)


def price(contract: Contract, read: Read) -> Settled:
    """What the contract's payment comes to.

    Parameters
    ----------
    contract : Contract
        The contract.
    read : callable
        Gives the reading for (clause, group, groups in the pool).

    Returns
    -------
    Settled
    """
    return _price(contract.payment, contract, read)


def _price(term: Term | Threshold, contract: Contract, read: Read) -> Settled:
    if isinstance(term, Threshold):
        return _leaf(term, contract, read)
    match term.term:
        case FirstOf(clauses):
            settled = _first_of(clauses, contract, read)
        case Sum(parts):
            settled = _sum(tuple(_price(part, contract, read) for part in parts))
        case leaf:
            settled = _leaf(leaf, contract, read)
    if term.cap is None:
        return settled
    cap = term.cap.amount
    due = capped(settled.due_now, cap)
    total = None if settled.total is None else capped(settled.total, cap)
    return Settled(settled.rows, due, total, (*settled.steps, words.cap_applied(cap, due)))


# --- composing ---------------------------------------------------------------------------------


def _collect(rows: tuple[Row, ...]) -> Settled:
    judged = [row.amount for row in rows if row.amount is not None]
    due = add(judged)
    steps = (words.summed(due, len(judged)),) if len(judged) > 1 else ()
    return Settled(rows, due, due if len(judged) == len(rows) else None, steps)


def _leaf(leaf: Leaf, contract: Contract, read: Read) -> Settled:
    rows = []
    for group in contract.compared_groups(leaf):
        pool = contract.pool_groups() if group == POOLED else ()
        rows.append(row_of(leaf, group, read(leaf, group, pool), contract))
    return _collect(tuple(rows))


def _sum(parts: tuple[Settled, ...]) -> Settled:
    rows = tuple(row for part in parts for row in part.rows)
    inner = tuple(step for part in parts for step in part.steps)
    due = add(part.due_now for part in parts)
    totals = [part.total for part in parts if part.total is not None]
    total = add(totals) if len(totals) == len(parts) else None
    judged = sum(row.amount is not None for row in rows)
    steps = (*inner, words.summed(due, judged)) if judged > 1 else inner
    return Settled(rows, due, total, steps)


def _first_of(clauses: tuple[Threshold, ...], contract: Contract, read: Read) -> Settled:
    """Clauses in order; a group is paid by the first one that it meets.

    A pooled clause stands for every group of its pool that no earlier clause has paid; when none
    is left it is not reached. Groups already paid leave the pool when the contract says so. While
    an earlier clause is not settled for a group, no later clause can be said to pay for it.
    """
    rows: list[Row] = []
    paid: set[str] = set()
    unsettled: set[str] = set()
    for clause in clauses:
        for group in contract.compared_groups(clause):
            everyone = contract.pool_groups() if group == POOLED else (group,)
            left = tuple(g for g in everyone if g not in paid)
            without_paid = group == POOLED and "paid" in (contract.pool_excludes or ())
            pool = (left if without_paid else everyone) if group == POOLED else ()
            if not left:
                row = _not_reached(clause, group, everyone)
            elif without_paid and unsettled.intersection(pool):
                row = _undecided(clause, group, words.pool_open())
            else:
                row = row_of(clause, group, read(clause, group, pool), contract)
                if row.verdict is Status.MET and unsettled.issuperset(left):
                    row = replace(row, amount=None, reason=words.earlier_open())
                gone = tuple(g for g in everyone if g in paid)
                if without_paid and gone:
                    row = replace(row, steps=(words.left_out(gone), *row.steps))
            rows.append(row)
            if row.amount is None:
                unsettled.update(left)
            elif row.verdict is Status.MET:
                paid.update(left)
    return _collect(tuple(rows))


def _not_reached(clause: Threshold, group: str, everyone: tuple[str, ...]) -> Row:
    limit = clause.limit
    reason = words.already_paid(everyone)
    return Row(
        name=clause.name,
        group=group,
        outcome=clause.outcome,
        value=None,
        exact=None,
        operator=limit.operator,
        threshold=limit.threshold,
        verdict=Status.NOT_FOR_PAYMENT,
        amount=NOTHING,
        reason=reason,
        steps=(reason,),
    )


def _undecided(leaf: Leaf, group: str, reason: Message, verdict: Status | None = None) -> Row:
    limit = limits(leaf)[0]
    return Row(
        name=leaf.name,
        group=group,
        outcome=leaf.outcome,
        value=None,
        exact=None,
        operator=limit.operator,
        threshold=limit.threshold,
        verdict=verdict,
        amount=None,
        reason=reason,
        steps=(reason,),
    )


# --- one clause --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Priced:
    """What a clause pays for one number: the furthest step reached (-1: none) and the amount."""

    reached: int
    amount: Amount
    steps: tuple[Message, ...]


def row_of(leaf: Leaf, group: str, reading: Reading, contract: Contract) -> Row:
    """What one clause says about one reading."""
    value: Decimal | None
    exact: Decimal | None
    match reading:
        case Missing(reason):
            return _undecided(leaf, group, reason)
        case Unjudged(reason):
            return _undecided(leaf, group, reason, Status.CANNOT_BE_JUDGED)
        case Known(number, before):
            value, exact = number, before
            priced = _priced(leaf, number, reading.closed)
        case Chances(estimate, confidence, asked):
            value = exact = estimate
            priced = _by_confidence(leaf, confidence, asked)
        case Between(low, high):
            lower, upper = _priced(leaf, low, closed=False), _priced(leaf, high, closed=False)
            if lower.reached != upper.reached or lower.amount != upper.amount:
                return _undecided(
                    leaf, group, words.weights_matter(low, high), Status.CANNOT_BE_JUDGED
                )
            value = exact = None
            priced = replace(lower, steps=(words.whatever_weights(low, high), *lower.steps))
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(reading)
    amount = priced.amount
    if isinstance(amount, Decimal) and not amount.is_finite():
        return _undecided(leaf, group, words.unbounded(), Status.CANNOT_BE_JUDGED)
    steps = (*reading.steps, *priced.steps)
    if isinstance(amount, Decimal):
        whole = contract.round_money(amount)
        if whole != amount:
            steps = (*steps, words.rounded_to(whole))
        amount = whole
    limit = limits(leaf)[max(priced.reached, 0)]
    return Row(
        name=leaf.name,
        group=group,
        outcome=leaf.outcome,
        value=value,
        exact=exact,
        operator=limit.operator,
        threshold=limit.threshold,
        verdict=Status.MET if priced.reached >= 0 else Status.NOT_MET,
        amount=amount,
        steps=steps,
    )


def _priced(leaf: Leaf, value: Decimal, closed: bool) -> _Priced:
    """The amount for a number. A closed gate holds every condition shut, whatever the number."""
    found = limits(leaf)
    holding = [
        k
        for k, limit in enumerate(found)
        if not closed and compare(limit.operator, value, limit.threshold)
    ]
    reached = holding[-1] if holding else -1
    shown = found[max(reached, 0)]
    if closed:
        said = words.gate_closed()
    elif not value.is_finite():
        said = words.no_bound(reached >= 0)
    else:
        said = words.compares(value, shown.operator, shown.threshold, reached >= 0)
    amount, steps = _amount(leaf, reached, value)
    return _Priced(reached, amount, (said, *steps))


def _by_confidence(leaf: Leaf, confidence: Mapping[Limit, Decimal], asked: Decimal) -> _Priced:
    """The amount when each comparison asks how sure one is of it."""
    assert isinstance(leaf, Threshold | Tiers), "a price by the unit reads a bound"
    found = limits(leaf)
    sure = [k for k, limit in enumerate(found) if confidence[limit] >= asked]
    reached = sure[-1] if sure else -1
    shown = found[max(reached, 0)]
    said = words.confident(confidence[shown], shown.operator, shown.threshold, asked)
    amount, steps = _amount(leaf, reached, NOTHING)
    return _Priced(reached, amount, (said, *steps))


def _amount(leaf: Leaf, reached: int, value: Decimal) -> tuple[Amount, tuple[Message, ...]]:
    """The amount of a clause whose furthest step reached is known."""
    match leaf:
        case Threshold():
            amount: Amount = leaf.pay if reached >= 0 else NOTHING
            return amount, (words.pays(amount),)
        case Tiers():
            amount = leaf.steps[reached].pay if reached >= 0 else NOTHING
            return amount, (words.pays(amount),)
        case Piecewise():
            if reached < 0:
                return NOTHING, (words.pays(NOTHING),)
            step = leaf.steps[reached]
            if step.per_unit == 0:
                return step.pay, (words.pays(step.pay),)
            return _by_the_unit(step.pay, step.per_unit, value, step.start)
        case Linear():
            return _linear(leaf, value)
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(leaf)


def _by_the_unit(
    pay: Decimal, per_unit: Decimal, value: Decimal, start: Decimal
) -> tuple[Decimal, tuple[Message, ...]]:
    units = ARITHMETIC.subtract(value, start)
    amount = ARITHMETIC.add(pay, ARITHMETIC.multiply(per_unit, units))
    if not amount.is_finite():
        return amount, ()
    return amount, (words.by_the_unit(pay, per_unit, value, start, amount),)


def _linear(leaf: Linear, value: Decimal) -> tuple[Decimal, tuple[Message, ...]]:
    amount, steps = _by_the_unit(NOTHING, leaf.per_unit, value, leaf.above)
    if leaf.floor is not None and amount < leaf.floor:
        return leaf.floor, (*steps, words.floored(leaf.floor))
    if leaf.ceiling is not None and amount > leaf.ceiling:
        return leaf.ceiling, (*steps, words.ceilinged(leaf.ceiling))
    return amount, steps
