"""What the contract's payment comes to: clauses composed, bounded and told step by step.

A clause is told a reading of its number and answers with a row; sums, first-of, baskets, rate
cards, gates and ceilings compose rows. Every step is recorded in words. Nothing here knows where
a number came from, and nothing is decided by a number that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from impacteval.contract import words
from impacteval.contract import words_composed as composed
from impacteval.contract.clause_amounts import (
    ALONE,
    NOTHING,
    Around,
    compare,
    limits,
    row_of,
    undecided,
)
from impacteval.contract.clauses import ShareOfSaving, Threshold
from impacteval.contract.grants import Grant
from impacteval.contract.grants import paid as grant_paid
from impacteval.contract.model import POOLED, Contract
from impacteval.contract.money import ARITHMETIC, NOT_PUBLISHED, Amount, add
from impacteval.contract.payment import (
    Basket,
    EquityBonus,
    FirstOf,
    Gate,
    Leaf,
    RateCard,
    Sum,
    Term,
)
from impacteval.contract.readings import NOTHING_GIVEN, Given, Reading, Row, Settled
from impacteval.contract.settling import bounded, with_waterfall
from impacteval.contract.several import basket, rate_card, repeated
from impacteval.values import Status

__all__ = ["NOTHING", "Read", "compare", "limits", "price", "row_of"]

Read = Callable[[Leaf, str, tuple[str, ...]], Reading]
"""Tells a clause its number: the clause, the group (or "pooled"), the groups that are pooled."""


@dataclass(frozen=True, slots=True)
class _At:
    """Where in a contract a term stands: what it can read, and the gates it stands behind."""

    contract: Contract
    read: Read
    given: Given
    gates: tuple[Mapping[str, Row], ...] = ()

    def reading(self, leaf: Leaf, group: str) -> Reading:
        pool = self.contract.pool_groups() if group == POOLED else ()
        return self.read(leaf, group, pool)


def price(contract: Contract, read: Read, given: Given = NOTHING_GIVEN) -> Settled:
    """What the contract's payment comes to.

    Parameters
    ----------
    contract : Contract
        The contract.
    read : callable
        Gives the reading for (clause, group, groups in the pool).
    given : Given, optional
        What the settlement brings besides results: people, claims.

    Returns
    -------
    Settled
    """
    at = _At(contract, read, given)
    standing: list[Row] = []
    for gate in contract.gates:
        rows = _rows(gate, at)
        standing += rows
        at = replace(at, gates=(*at.gates, {row.group: row for row in rows}))
    settled = _price(contract.payment, at)
    settled = replace(settled, rows=(*standing, *settled.rows))
    return with_waterfall(contract, settled, given)


def _price(term: Term | Threshold, at: _At) -> Settled:
    if isinstance(term, Threshold):
        return _leaf(term, at)
    match term.term:
        case FirstOf(clauses):
            settled = _first_of(clauses, at)
        case Sum(parts):
            settled = _sum(tuple(_price(part, at) for part in parts))
        case RateCard() as card:
            settled = _rate_card(card, at)
        case Basket() as parts_of:
            settled = _basket(parts_of, at, _ceiling_alone(term, at.given))
        case Gate() as gate:
            settled = _gate(gate, at)
        case EquityBonus() as bonus:
            settled = _equity_bonus(bonus, at)
        case Grant() as grant:
            amount = _rounded(grant.pay, at.contract)
            settled = Settled((), amount, amount, (grant_paid(grant, amount),))
        case leaf:
            settled = _leaf(leaf, at)
    return bounded(term, settled, at.contract, at.given)


def _rounded(amount: Amount, contract: Contract) -> Amount:
    return contract.round_money(amount) if isinstance(amount, Decimal) else amount


# --- gates -------------------------------------------------------------------------------------


def _gate(gate: Gate, at: _At) -> Settled:
    """The condition has rows of its own that pay nothing; what stands behind it passes through."""
    rows = _rows(gate, at)
    behind = replace(at, gates=(*at.gates, {row.group: row for row in rows}))
    inner = _price(gate.opens, behind)
    return replace(inner, rows=(*rows, *inner.rows))


def _through(row: Row, at: _At) -> Row:
    """A row once the gates before it have been passed.

    A shut gate gives nothing whatever the result, known or not; what is judged at another date
    meets the gate again there and stays open. While a gate is open to judgement, so is what it
    would hold back.
    """
    for gate in at.gates:
        held = gate[row.group] if row.group in gate else next(iter(gate.values()))
        if row.amount == NOTHING or held.verdict is Status.MET:
            continue
        if row.amount is None and (row.later or held.verdict is not Status.NOT_MET):
            continue
        if held.verdict is Status.NOT_MET:
            shut = composed.gate_shut(held.name)
            row = replace(row, amount=NOTHING, reason=shut, steps=(*row.steps, shut))
        else:
            waits = composed.gate_waits(held.name)
            row = replace(row, amount=None, reason=waits, steps=(*row.steps, waits))
    return row


# --- several results in one payment ------------------------------------------------------------


def _ceiling_alone(term: Term, given: Given) -> Amount | None:
    """The ceiling over a term, where nothing but it stands between the term and what is due."""
    if term.cap is None or term.net_of is not None or term.cumulative is not None:
        return None
    used = term.cap.over == "contract" and given.already_paid not in (None, NOTHING)
    return None if used else term.cap.amount


def _basket(term: Basket, at: _At, cap: Amount | None) -> Settled:
    around = Around(
        least=None if term.parts_may_offset else NOTHING,
        most=None if term.parts_may_exceed_one else Decimal(1),
    )
    rows = tuple(row for part in term.parts for row in _rows(part, at, around))
    return _held(basket(term, rows, at.contract, cap), at)


def _rate_card(term: RateCard, at: _At) -> Settled:
    rows = tuple(row for line in term.lines for row in _rows(line, at))
    if term.person_ceiling is None:
        settled = _collect(tuple(_through(row, at) for row in rows))
    else:
        settled = _held(rate_card(term, rows, at.contract, at.given.claims), at)
    again = repeated(term, at.given.claims or {})
    if not again:
        return settled
    return replace(settled, steps=(composed.repeated_claims(again), *settled.steps))


def _held(settled: Settled, at: _At) -> Settled:
    """A payment that is one amount for several rows, once the gates before it have been passed."""
    rows = tuple(_through(row, at) for row in settled.rows)
    if any(row.amount is None for row in rows):
        return Settled(rows, NOTHING, None, settled.steps)
    if rows != settled.rows:
        # One gate stands before all of them: nothing passes.
        return Settled(rows, NOTHING, NOTHING, settled.steps)
    return settled


def _equity_bonus(bonus: EquityBonus, at: _At) -> Settled:
    """The bonus beside the term it belongs to; a percentage is taken of what that term pays."""
    base = None if bonus.of is None else _price(bonus.of, at)
    rows = _rows(bonus, at)
    if bonus.percent is not None:
        assert base is not None, "a percentage is taken of a term"
        rows = tuple(_share_of(row, bonus.percent, base.total, at.contract) for row in rows)
    own = _collect(tuple(_through(row, at) for row in rows))
    return own if base is None else _sum((base, own))


def _share_of(row: Row, percent: Decimal, base: Amount | None, contract: Contract) -> Row:
    if row.verdict is not Status.MET:
        return row
    if base is None:
        reason = composed.base_open()
        return replace(row, amount=None, reason=reason, steps=(*row.steps, reason))
    if not isinstance(base, Decimal):
        return replace(row, amount=NOT_PUBLISHED, steps=(*row.steps, words.pays(NOT_PUBLISHED)))
    exact = ARITHMETIC.multiply(max(base, NOTHING), percent).scaleb(-2, ARITHMETIC)
    amount = contract.round_money(exact)
    return replace(
        row, amount=amount, steps=(*row.steps, composed.percent_of(percent, base, amount))
    )


# --- composing ---------------------------------------------------------------------------------


def _collect(rows: tuple[Row, ...]) -> Settled:
    judged = [row.amount for row in rows if row.amount is not None]
    due = add(judged)
    steps = (words.summed(due, len(judged)),) if len(judged) > 1 else ()
    return Settled(rows, due, due if len(judged) == len(rows) else None, steps)


def _rows(leaf: Leaf, at: _At, around: Around = ALONE) -> tuple[Row, ...]:
    """One row for each group, before any gate."""
    return tuple(
        row_of(leaf, group, at.reading(leaf, group), at.contract, around)
        for group in at.contract.compared_groups(leaf)
    )


def _leaf(leaf: Leaf, at: _At) -> Settled:
    if isinstance(leaf, ShareOfSaving):
        return _collect(tuple(_through(row, at) for row in _saving_rows(leaf, at)))
    return _collect(tuple(_through(row, at) for row in _rows(leaf, at)))


def _saving_rows(leaf: ShareOfSaving, at: _At) -> Iterator[Row]:
    for group in at.contract.compared_groups(leaf):
        people = at.given.people.get(group) if leaf.by_people else leaf.people or 1
        if people is None:
            yield undecided(leaf, group, composed.people_unknown(), Status.CANNOT_BE_JUDGED)
        else:
            around = Around(people=Decimal(people))
            yield row_of(leaf, group, at.reading(leaf, group), at.contract, around)


def _sum(parts: tuple[Settled, ...]) -> Settled:
    rows = tuple(row for part in parts for row in part.rows)
    inner = tuple(step for part in parts for step in part.steps)
    due = add(part.due_now for part in parts)
    totals = [part.total for part in parts if part.total is not None]
    total = add(totals) if len(totals) == len(parts) else None
    judged = sum(row.amount is not None for row in rows if row.pays)
    judged += sum(not part.rows for part in parts)  # grants are paid and judge nothing
    steps = (*inner, words.summed(due, judged)) if judged > 1 else inner
    return Settled(rows, due, total, steps)


def _first_of(clauses: tuple[Threshold, ...], at: _At) -> Settled:
    """Clauses in order; a group is paid by the first one that it meets.

    A pooled clause stands for every group of its pool that no earlier clause has paid; when none
    is left it is not reached. Groups already paid leave the pool when the contract says so. While
    an earlier clause is not settled for a group, no later clause can be said to pay for it.
    """
    contract = at.contract
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
                row = undecided(clause, group, words.pool_open())
            else:
                row = row_of(clause, group, at.read(clause, group, pool), contract)
                if row.verdict is Status.MET and unsettled.issuperset(left):
                    row = replace(row, amount=None, reason=words.earlier_open())
                gone = tuple(g for g in everyone if g in paid)
                if without_paid and gone:
                    row = replace(row, steps=(words.left_out(gone), *row.steps))
            row = _through(row, at)
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
