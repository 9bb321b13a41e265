"""What the contract's payment comes to in each of many draws: the arrays of `contract.terms`.

Term by term the same closed union, in the same order, on the same readings. Amounts are whole
numbers of the smallest unit of money, so sums, ceilings and shares are exact; the one step in
floating point, from a number to an amount, is checked against its own error and done again in
exact arithmetic where that leaves a cent open. So every draw comes to the cent that
`impacteval.contract.terms.price` comes to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from impacteval.contract.clauses import Threshold
from impacteval.contract.grants import Grant
from impacteval.contract.model import POOLED, Contract
from impacteval.contract.money import Amount
from impacteval.contract.payment import (
    Basket,
    EquityBonus,
    FirstOf,
    Gate,
    Leaf,
    RateCard,
    Sum,
    Term,
    terms,
)
from impacteval.contract.readings import NOTHING_GIVEN, Given
from impacteval.pricing.first_of import next_clause
from impacteval.pricing.floats import Bools
from impacteval.pricing.moneys import (
    EXACT,
    MoneyDraws,
    fitted,
    nothing,
    seen,
    shared,
    summed,
    times,
    units_of,
)
from impacteval.pricing.readings import (
    DrawReader,
    DrawReading,
)
from impacteval.pricing.rows import (
    MET,
    NOT_MET,
    Codes,
    Kit,
    RowDraws,
    row_draws,
)
from impacteval.pricing.settling import (
    TrancheDraws,
    bounded_draws,
    split_draws,
    tranches_draws,
)
from impacteval.pricing.several import SettledDraws, basket_draws, rate_card_draws

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class PricedDraws:
    """What a contract pays in each draw.

    Attributes
    ----------
    rows : Mapping[(clause, group), RowDraws]
        Verdict, step and amount of each clause and group, in the order of the decision.
    due : MoneyDraws
        What is due now, over the clauses that are judged: never open.
    total : MoneyDraws
        The whole payment; open in draws where a clause is.
    split : tuple of MoneyDraws
        What each payer pays of what is due, in the order of the file.
    tranches : tuple of TrancheDraws
        Who gets back what of the capital.
    """

    rows: Mapping[Key, RowDraws]
    due: MoneyDraws
    total: MoneyDraws
    split: tuple[MoneyDraws, ...] = ()
    tranches: tuple[TrancheDraws, ...] = ()

    @property
    def met(self) -> dict[Key, Bools]:
        """For each clause and group, in which draws it is met."""
        return {key: row.verdict == MET for key, row in self.rows.items()}

    @property
    def tier(self) -> dict[Key, Codes]:
        """For each clause and group, the furthest step that is reached; -1 where none is."""
        return {key: row.tier for key, row in self.rows.items()}

    @property
    def amount(self) -> dict[Key, MoneyDraws]:
        """For each clause and group, what it pays."""
        return {key: row.money for key, row in self.rows.items()}


def price_draws(
    contract: Contract,
    read: DrawReader,
    given: Given = NOTHING_GIVEN,
    *,
    draws: int,
    earlier: MoneyDraws | None = None,
) -> PricedDraws:
    """What the contract's payment comes to in each draw.

    Parameters
    ----------
    contract : Contract
        The contract.
    read : callable
        Gives the reading for (clause, group, groups in the pool), for all draws: the contract's
        levels, order and stop triggers are applied there (`BarredDraws`). Where groups that are
        paid leave the pool, it is asked for each pool that occurs.
    given : Given, optional
        What the settlement brings besides results; the same in every draw.
    draws : int
        How many draws there are, at least one.
    earlier : MoneyDraws, optional
        What earlier settlements paid in each draw, in place of ``given.already_paid``.

    Returns
    -------
    PricedDraws

    Raises
    ------
    ValueError
        When a reading has another number of draws, or a NaN that is not marked.

    Examples
    --------
    Denver, for results that were simulated:

    >>> from impacteval.contract import load_contract
    >>> from impacteval.pricing import KnownDraws
    >>> contract = load_contract("studies/bonds/denver")
    >>> found = {"housed_nights": np.full(3, 299928.0), "jail_days": np.array([19.9, 38.0, 80.0])}
    >>> priced = price_draws(contract, lambda leaf, *_: KnownDraws(found[leaf.outcome]), draws=3)
    >>> priced.due.value.tolist()
    [4534911.36, 9638911.36, 10664911.36]
    >>> priced.tier["jail", "all"].tolist()
    [-1, 1, 2]
    """
    if draws < 1:
        raise ValueError("There must be at least one draw.")
    decimals = max(_decimals(contract, given), 0 if earlier is None else earlier.decimals)
    paid = _constant(given.already_paid, draws, decimals)
    if earlier is not None:
        paid = replace(
            earlier,
            units=times(earlier.units, 10 ** (decimals - earlier.decimals)),
            decimals=decimals,
        )
    kit = Kit(contract, read, given, draws, decimals, paid)
    at = _At(kit)
    standing: tuple[RowDraws, ...] = ()
    for gate in contract.gates:
        rows = at.rows(gate)
        standing = (*standing, *rows)
        at = replace(at, gates=(*at.gates, {row.group: row.verdict for row in rows}))
    settled = _price(contract.payment, at)
    settled = replace(settled, rows=(*standing, *settled.rows))
    split = contract.payment.split
    return PricedDraws(
        {(row.name, row.group): row for row in settled.rows},
        settled.due,
        settled.total,
        () if split is None else split_draws(settled.due, split, kit),
        ()
        if contract.waterfall is None
        else tranches_draws(contract.waterfall, settled.total, kit),
    )


def _constant(paid: Amount | None, draws: int, decimals: int) -> MoneyDraws | None:
    """What was paid before, the same in every draw; None: nothing."""
    everywhere = np.ones(draws, dtype=bool)
    if paid is None:
        return nothing(draws, decimals).reopen(everywhere)
    if not isinstance(paid, Decimal):
        return nothing(draws, decimals).hide(everywhere)
    if paid == 0:
        return None
    units = units_of(paid, decimals)
    return MoneyDraws(
        fitted(np.full(draws, units, dtype=object if abs(units) >= EXACT else np.int64)), decimals
    )


def _decimals(contract: Contract, given: Given) -> int:
    """Decimals of a unit in which everything that meets an amount is a whole number."""
    named: list[object] = [term.cap.amount for _, term in terms(contract.payment) if term.cap]
    named += [given.already_paid, *given.other_money.values()]
    finer = 0
    if contract.waterfall is not None:
        for layer in contract.waterfall.layers:
            named += [layer.amount, layer.gain_up_to]
        guarantee = contract.waterfall.guarantee
        if guarantee is not None:
            named.append(guarantee.up_to)
            finer = _places(guarantee.share)
    places = (_places(amount) for amount in named if isinstance(amount, Decimal))
    return max(contract.money_decimals, *places, 0) + finer


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@dataclass(frozen=True, slots=True, eq=False)
class _At:
    """Where in a contract a term stands: what it can read, and the gates it stands behind."""

    kit: Kit
    gates: tuple[Mapping[str, Codes], ...] = ()

    def rows(self, leaf: Leaf) -> tuple[RowDraws, ...]:
        """One row for each group, before any gate."""
        return tuple(
            row_draws(leaf, group, self._reading(leaf, group), self.kit, self.kit.draws)
            for group in self.kit.contract.compared_groups(leaf)
        )

    def basket(self, term: Basket) -> SettledDraws:
        """A basket before any gate; each part has one number."""
        groups = [self.kit.contract.compared_groups(part)[0] for part in term.parts]
        readings = [self._reading(p, g) for p, g in zip(term.parts, groups, strict=True)]
        return basket_draws(term, tuple(groups), tuple(readings), self.kit)

    def _reading(self, leaf: Leaf, group: str) -> DrawReading:
        pool = self.kit.contract.pool_groups() if group == POOLED else ()
        return self.kit.reading(leaf, group, pool)


def _price(term: Term | Threshold, at: _At) -> SettledDraws:
    if isinstance(term, Threshold):
        return _leaf(term, at)
    match term.term:
        case FirstOf(clauses):
            settled = _first_of(clauses, at)
        case Sum(parts):
            settled = _sum(tuple(_price(part, at) for part in parts), at)
        case RateCard() as card:
            settled = _rate_card(card, at)
        case Basket() as parts_of:
            settled = _held(at.basket(parts_of), at)
        case Gate() as gate:
            settled = _gate(gate, at)
        case EquityBonus() as bonus:
            settled = _equity_bonus(bonus, at)
        case Grant() as grant:
            settled = _grant(grant, at.kit)
        case leaf:
            settled = _leaf(leaf, at)
    due, total = bounded_draws(term, settled.due, settled.total, at.kit)
    return SettledDraws(settled.rows, due, total)


# --- gates -------------------------------------------------------------------------------------


def _gate(gate: Gate, at: _At) -> SettledDraws:
    """The condition has rows of its own that pay nothing; what stands behind it passes through."""
    rows = at.rows(gate)
    held = {row.group: row.verdict for row in rows}
    inner = _price(gate.opens, replace(at, gates=(*at.gates, held)))
    return replace(inner, rows=(*rows, *inner.rows))


def _through(row: RowDraws, at: _At) -> tuple[RowDraws, Bools | None]:
    """A row once the gates before it have been passed, and where one of them was shut."""
    money, stopped = row.money, None
    for gate in at.gates:
        held = gate[row.group] if row.group in gate else next(iter(gate.values()))
        holds = money.not_nothing if money.open is None else money.not_nothing | money.open
        waits = holds & (held != MET)
        if not waits.any():
            continue
        shut = waits & (held == NOT_MET)
        stopped = shut if stopped is None else stopped | shut
        money = money.where(shut, 0).reopen(waits & ~shut)
    return (row if money is row.money else replace(row, money=money)), seen(stopped)


def _held(settled: SettledDraws, at: _At) -> SettledDraws:
    """A payment that is one amount for several rows, once the gates before it have been passed."""
    rows: list[RowDraws] = []
    total = settled.total
    for row in settled.rows:
        passed, stopped = _through(row, at)
        rows.append(passed)
        if stopped is not None:
            # One gate stands before all of them: nothing passes.
            total = total.where(stopped, 0)
    for row in rows:
        total = total.reopen(row.money.open)
    return SettledDraws(tuple(rows), total.closed(), total)


# --- several results in one payment ------------------------------------------------------------


def _rate_card(term: RateCard, at: _At) -> SettledDraws:
    rows = tuple(row for line in term.lines for row in at.rows(line))
    if term.person_ceiling is None:
        return _collect(tuple(_through(row, at)[0] for row in rows), at)
    return _held(rate_card_draws(term, rows, at.kit), at)


def _equity_bonus(bonus: EquityBonus, at: _At) -> SettledDraws:
    """The bonus beside the term it belongs to; a percentage is taken of what that term pays."""
    base = None if bonus.of is None else _price(bonus.of, at)
    rows = at.rows(bonus)
    if bonus.percent is not None:
        assert base is not None, "a percentage is taken of a term"
        rows = tuple(_share_of(row, bonus.percent, base.total, at.kit) for row in rows)
    own = _collect(tuple(_through(row, at)[0] for row in rows), at)
    return own if base is None else _sum((base, own), at)


def _share_of(row: RowDraws, percent: Decimal, base: MoneyDraws, kit: Kit) -> RowDraws:
    finer = 10 ** (kit.decimals - kit.contract.money_decimals)
    cents = shared(np.maximum(base.units, 0), Fraction(percent) / (100 * finer), kit.mode)
    met = row.verdict == MET
    money = row.money.where(met, kit.money(cents).units)
    if base.hidden is not None:
        money = money.hide(met & base.hidden)
    if base.open is not None:
        money = money.reopen(met & base.open)
    return replace(row, money=money)


# --- grants ------------------------------------------------------------------------------------


def _grant(grant: Grant, kit: Kit) -> SettledDraws:
    """The same amount in every draw: no clause is read, so there is no row."""
    paid = nothing(kit.draws, kit.decimals)
    everywhere = np.ones(kit.draws, dtype=bool)
    if isinstance(grant.pay, Decimal):
        amount = kit.contract.round_money(grant.pay)
        paid = paid.where(everywhere, units_of(amount, kit.decimals))
    else:
        paid = paid.hide(everywhere)
    return SettledDraws((), paid, paid)


# --- composing ---------------------------------------------------------------------------------


def _collect(rows: tuple[RowDraws, ...], at: _At) -> SettledDraws:
    moneys = [row.money for row in rows]
    total = summed(moneys, at.kit.draws, at.kit.decimals)
    if total.open is None:
        return SettledDraws(rows, total, total)
    due = summed((money.closed() for money in moneys), at.kit.draws, at.kit.decimals)
    return SettledDraws(rows, due, total)


def _leaf(leaf: Leaf, at: _At) -> SettledDraws:
    return _collect(tuple(_through(row, at)[0] for row in at.rows(leaf)), at)


def _sum(parts: tuple[SettledDraws, ...], at: _At) -> SettledDraws:
    rows = tuple(row for part in parts for row in part.rows)
    kit = at.kit
    total = summed((part.total for part in parts), kit.draws, kit.decimals)
    if all(part.due is part.total for part in parts):
        return SettledDraws(rows, total, total)
    due = summed((part.due for part in parts), kit.draws, kit.decimals)
    return SettledDraws(rows, due, total)


def _first_of(clauses: tuple[Threshold, ...], at: _At) -> SettledDraws:
    """Clauses in order; a group is paid by the first one that it meets.

    Which groups are paid and which are not settled differs from draw to draw, and with it the pool
    of a clause that leaves paid groups out: draws with the same pool are judged together.
    """
    contract, kit = at.kit.contract, at.kit
    names = tuple(dict.fromkeys((*contract.groups, *contract.compared_groups(clauses[0]))))
    paid = {name: np.zeros(kit.draws, dtype=bool) for name in names}
    unsettled = {name: np.zeros(kit.draws, dtype=bool) for name in names}
    rows: list[RowDraws] = []
    for clause in clauses:
        for group in contract.compared_groups(clause):
            everyone = contract.pool_groups() if group == POOLED else (group,)
            row = next_clause(clause, group, everyone, paid, unsettled, kit)
            row, _ = _through(row, at)
            rows.append(row)
            open_, met = row.money.open, row.verdict == MET
            for name in everyone:
                left = ~paid[name]
                if open_ is not None:
                    unsettled[name] |= left & open_
                    paid[name] |= left & met & ~open_
                else:
                    paid[name] |= left & met
    return _collect(tuple(rows), at)
