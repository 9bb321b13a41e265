"""What the settlements of a contract come to together, over draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from impacteval.contract.model import Contract
from impacteval.contract.payment import terms
from impacteval.contract.readings import Given
from impacteval.errors import Problem, UsageError
from impacteval.pricing.floats import Bools
from impacteval.pricing.kernel import PricedDraws, price_draws
from impacteval.pricing.moneys import MoneyDraws, summed, times, units_of
from impacteval.pricing.readings import DrawReader
from impacteval.pricing.rows import MET, Kit, RowDraws
from impacteval.pricing.settling import TrancheDraws, split_draws, tranches_draws

NOTHING = Decimal(0)
MOST_SETTLEMENTS = 100
"""Draws of all settlements are held at once, so their number bounds the memory that is used."""


@dataclass(frozen=True, slots=True, eq=False)
class SettledDraws:
    """All settlements of a contract in each draw.

    Attributes
    ----------
    rows : tuple of Mapping[(clause, group), RowDraws]
        What each clause says at each settlement.
    total : MoneyDraws
        What all settlements pay together.
    paid : array of bool, shape (draws,)
        Where any settlement pays anything.
    split, tranches
        Who pays that, and who gets back what of the capital.
    """

    rows: tuple[Mapping[tuple[str, str], RowDraws], ...]
    total: MoneyDraws
    paid: Bools
    split: tuple[MoneyDraws, ...]
    tranches: tuple[TrancheDraws, ...]


def settlement_problems(contract: Contract, settlements: int) -> Iterator[Problem]:
    """Why several settlements of this contract cannot be counted together."""
    if settlements == 1:
        return
    if settlements > MOST_SETTLEMENTS:
        yield Problem(
            f"{settlements} settlements are too many.", f"Count at most {MOST_SETTLEMENTS}."
        )
    if contract.payment.cumulative is not None:
        yield Problem(
            "This contract pays cumulatively, so that each settlement judges again the people of "
            "those before it: settlements share their data, and a scenario has new data at each.",
            "Simulate the last settlement alone, with everybody in it (--settlements 1): what is "
            "paid in all is what the results come to there, or more where too much was paid before "
            "and nothing is taken back.",
        )
    inner = [t for _, t in terms(contract.payment) if t is not contract.payment]
    if any(t.cap is not None and t.cap.over == "contract" for t in inner):
        yield Problem(
            "A ceiling over the contract stands inside another term: what is left of it after one "
            "settlement cannot be told from what was paid.",
            "Simulate one settlement.",
        )


def settle(
    contract: Contract, reads: Sequence[DrawReader], given: Given, draws: int
) -> SettledDraws:
    """Price every settlement and add them up, ceilings over the contract kept.

    Parameters
    ----------
    contract : Contract
        The contract.
    reads : sequence of callable
        What tells the clauses their numbers at each settlement.
    given : Given
        People, and what others pay at each settlement; nothing was paid before the first.
    draws : int
        How many draws.

    Raises
    ------
    UsageError
        When several settlements of this contract cannot be counted together.
    """
    problems = list(settlement_problems(contract, len(reads)))
    if problems:
        raise UsageError(problems)
    first = price_draws(contract, reads[0], replace(given, already_paid=NOTHING), draws=draws)
    if len(reads) == 1:
        return SettledDraws(
            (first.rows,), first.total, _paid(first.due, first), first.split, first.tranches
        )
    return _several(contract, reads, given, draws, first)


def _several(
    contract: Contract, reads: Sequence[DrawReader], given: Given, draws: int, first: PricedDraws
) -> SettledDraws:
    payment = contract.payment
    # Without what bounds the whole: that depends on what was paid before, which differs by draw.
    bare = contract.model_copy(
        update={
            "payment": payment.model_copy(update={"cap": None, "net_of": None, "split": None}),
            "waterfall": None,
        }
    )
    decimals = first.total.decimals
    rows, totals, paid = [first.rows], [first.total], _paid(first.due, first)
    for read in reads[1:]:
        priced = price_draws(bare, read, given, draws=draws)
        due = _bounded(priced.total, totals, contract, given, decimals)
        rows.append(priced.rows)
        totals.append(due)
        paid |= _paid(due.closed(), priced)
    total = summed(totals, draws, decimals)
    kit = Kit(contract, reads[0], replace(given, already_paid=NOTHING), draws, decimals)
    return SettledDraws(
        tuple(rows),
        total,
        paid,
        () if payment.split is None else split_draws(total.closed(), payment.split, kit),
        () if contract.waterfall is None else tranches_draws(contract.waterfall, total, kit),
    )


def _bounded(
    money: MoneyDraws,
    earlier: Sequence[MoneyDraws],
    contract: Contract,
    given: Given,
    decimals: int,
) -> MoneyDraws:
    """One settlement under ceiling and netting, once earlier ones are paid."""
    money = replace(
        money, units=times(money.units, 10 ** (decimals - money.decimals)), decimals=decimals
    )
    payment = contract.payment
    for word in contract.bounds:
        if word == "ceiling" and payment.cap is not None:
            cap = payment.cap.amount
            if not isinstance(cap, Decimal):
                money = money.hide(money.not_nothing & ~(money.units < 0))
                continue
            most = units_of(cap, decimals)
            used = 0 if payment.cap.over == "settlement" else sum(e.units for e in earlier)
            money = replace(money, units=np.minimum(money.units, np.maximum(most - used, 0)))
        elif word == "netting" and payment.net_of is not None:
            other = given.other_money[payment.net_of.name]
            above = money.units > 0
            if not isinstance(other, Decimal):
                money = money.hide(above)
                continue
            left = np.maximum(money.units - units_of(other, decimals), 0)
            money = replace(money, units=np.where(above, left, money.units))
    return money


def _paid(due: MoneyDraws, priced: PricedDraws) -> Bools:
    """Where something is paid: an amount above 0, or one that is not published on a clause met."""
    found: Bools = due.units > 0
    if due.hidden is None:
        return found
    met = np.zeros(len(due.units), dtype=bool)
    for row in priced.rows.values():
        met |= (row.verdict == MET) & row.money.not_nothing
    return found | (due.hidden & met)
