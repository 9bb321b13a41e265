"""What the settlements of a contract come to together, over draws.

Each settlement is priced once the earlier ones are paid, as the payment in decimals is: a ceiling over
the contract is what they left of it, and a payment that counts every result so far takes them off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from impacteval.contract.model import Contract
from impacteval.contract.money import Amount, add
from impacteval.contract.netted import counts_all_so_far
from impacteval.contract.payment import terms
from impacteval.contract.readings import Given
from impacteval.errors import Problem, UsageError
from impacteval.pricing.floats import Bools
from impacteval.pricing.kernel import PricedDraws, price_draws
from impacteval.pricing.moneys import MoneyDraws, summed
from impacteval.pricing.readings import DrawReader
from impacteval.pricing.rows import MET, RowDraws
from impacteval.pricing.settling import TrancheDraws
from impacteval.simulation.looks import Met, at_any_look, met_by_now, unpaid_before

NOTHING = Decimal(0)
MOST_SETTLEMENTS = 100
"""Draws of all settlements are held at once, so their number bounds the memory that is used."""


@dataclass(frozen=True, slots=True, eq=False)
class SettledDraws:
    """All settlements of a contract in each draw.

    Attributes
    ----------
    rows : tuple of Mapping[(clause, group), RowDraws]
        What each clause says at each settlement; at the last, where looks pay a clause once, what
        it says over all of them.
    total : MoneyDraws
        What all settlements pay together, repayments taken off.
    paid : array of bool, shape (draws,)
        Where any settlement pays anything; where payments can be taken back, where something is
        left paid after the last one.
    split, tranches
        Who pays that, and who gets back what of the capital.
    each : tuple of MoneyDraws
        What each settlement pays; below 0 where it takes back. Nowhere open.
    alone : MoneyDraws or None
        What the last settlement would have paid alone, where it judges everybody and what earlier
        ones paid too much stays paid.
    """

    rows: tuple[Mapping[tuple[str, str], RowDraws], ...]
    total: MoneyDraws
    paid: Bools
    split: tuple[MoneyDraws, ...]
    tranches: tuple[TrancheDraws, ...]
    each: tuple[MoneyDraws, ...]
    alone: MoneyDraws | None = None


def settlement_problems(contract: Contract, settlements: int) -> Iterator[Problem]:
    """Why several settlements of this contract cannot be counted together."""
    if settlements == 1:
        return
    if settlements > MOST_SETTLEMENTS:
        yield Problem(
            f"{settlements} settlements are too many.", f"Count at most {MOST_SETTLEMENTS}."
        )
    inner = [t for _, t in terms(contract.payment) if t is not contract.payment]
    cumulative = contract.payment.cumulative is not None
    if not cumulative and any(t.cap is not None and t.cap.over == "contract" for t in inner):
        yield Problem(
            "A ceiling over the contract stands inside another term: what is left of it after one "
            "settlement cannot be told from what was paid.",
            "Simulate one settlement.",
        )


def settle(
    contract: Contract,
    reads: Sequence[DrawReader],
    given: Given | Sequence[Given],
    draws: int,
    once: Sequence[bool] = (),
) -> SettledDraws:
    """Price every settlement, one after the other, and add them up.

    Parameters
    ----------
    contract : Contract
        The contract.
    reads : sequence of callable
        What tells the clauses their numbers at each settlement: of a payment that counts every
        result so far, the numbers so far.
    given : Given or sequence of Given
        People, and what others pay at each settlement, the same at all of them or one for each.
        What was paid before is worked out here: nothing before the first.
    draws : int
        How many draws.
    once : sequence of bool, optional
        For each settlement, whether a clause that it pays is not paid again at a later one.

    Raises
    ------
    UsageError
        When several settlements of this contract cannot be counted together.
    """
    problems = list(settlement_problems(contract, len(reads)))
    if problems:
        raise UsageError(problems)
    brought = [given] * len(reads) if isinstance(given, Given) else list(given)
    cumulative = contract.payment.cumulative
    earlier: MoneyDraws | None = None
    found: list[PricedDraws] = []
    met: Met = {}
    for k, (read, own) in enumerate(zip(reads, brought, strict=True)):
        at = replace(own, already_paid=NOTHING, other_money=_others(contract, own, k + 1))
        unpaid = unpaid_before(read, met)
        priced = price_draws(contract, unpaid, at, draws=draws, earlier=earlier)
        found.append(priced)
        if any(once[k : k + 1]):
            met = met_by_now(met, priced.rows)
        due = priced.due
        earlier = due if earlier is None else summed((earlier, due), draws, due.decimals)
    last = found[-1]
    total = last.total if cumulative is not None else _all(found, [p.total for p in found])
    if cumulative is not None and len(found) > 1:
        # What an earlier date left open is settled by the last, which judges everything again.
        total = summed((*(p.due for p in found[:-1]), total), draws, total.decimals)
    paid = np.logical_or.reduce([_paid(p.due, p) for p in found])
    alone = None
    if cumulative is not None and not cumulative.clawback and len(found) > 1:
        at = replace(brought[-1], already_paid=NOTHING)
        at = replace(at, other_money=_others(contract, at, len(found)))
        alone = price_draws(contract, reads[-1], at, draws=draws).total
    if cumulative is not None and cumulative.clawback:
        paid = _paid(_all(found, [p.due for p in found]), last)
    rows = [p.rows for p in found]
    if any(once):
        rows[-1] = at_any_look(rows)
    return SettledDraws(
        rows=tuple(rows),
        total=total,
        paid=np.asarray(paid),
        split=tuple(_all(found, part) for part in zip(*(p.split for p in found), strict=True)),
        tranches=last.tranches,
        each=tuple(p.due for p in found),
        alone=alone,
    )


def _all(found: Sequence[PricedDraws], parts: Sequence[MoneyDraws]) -> MoneyDraws:
    return summed(parts, len(found[0].due.units), parts[0].decimals)


def _others(contract: Contract, given: Given, settlement: int) -> Mapping[str, Amount]:
    """What others paid that is taken off: all so far where it is taken off all results so far."""
    if settlement == 1 or not counts_all_so_far(contract):
        return given.other_money
    return {name: add([each] * settlement) for name, each in given.other_money.items()}


def _paid(due: MoneyDraws, priced: PricedDraws) -> Bools:
    """Where something is paid: an amount above 0, or one that is not published on a clause met."""
    found: Bools = due.units > 0
    if due.hidden is None:
        return found
    met = np.zeros(len(due.units), dtype=bool)
    for row in priced.rows.values():
        met |= (row.verdict == MET) & row.money.not_nothing
    return found | (due.hidden & met)
