"""From the price of results to what is paid, over draws: `impacteval.contract.settling` in arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from impacteval.contract.money import NOT_PUBLISHED, Amount
from impacteval.contract.payment import Term
from impacteval.contract.settlement import NetOf, PayerShare, Waterfall
from impacteval.pricing.floats import Bools
from impacteval.pricing.moneys import (
    Ints,
    MoneyDraws,
    capped,
    either,
    fits,
    fitted,
    nothing,
    seen,
    shared,
    summed,
    times,
    units_of,
)
from impacteval.pricing.rows import Kit


@dataclass(frozen=True, slots=True, eq=False)
class _Most:
    """A bound that an amount was put under: its units, and in which draws there is one."""

    units: Ints
    known: Bools


@dataclass(frozen=True, slots=True, eq=False)
class _Flow:
    """An amount on its way: where it is at most how much, and whether earlier payments are off it.

    What it can be at most matters only where the amount is not published.
    """

    amount: MoneyDraws
    most: _Most | None = None
    taken: bool = False

    def to(self, amount: MoneyDraws, most: _Most | None = None) -> _Flow:
        return replace(self, amount=amount, most=most)


def bounded_draws(
    term: Term, due: MoneyDraws, total: MoneyDraws, kit: Kit
) -> tuple[MoneyDraws, MoneyDraws]:
    """What is due and the total under what bounds them, in the order that the contract states."""
    open_ = total.open
    # Where a clause is open what is due stands for it, and nothing is taken back.
    flow = _Flow(due if open_ is not None else total)
    for word in kit.contract.bounds:
        match word:
            case "ceiling" if term.cap is not None:
                flow = _ceiling(flow, term, kit)
            case "netting" if term.net_of is not None:
                flow = _netting(flow, term.net_of, kit)
            case "clawback" if term.cumulative is not None:
                flow = _clawback(flow, term.cumulative.clawback, open_, kit)
            case _:
                pass
    return flow.amount.closed(), flow.amount.reopen(open_)


def _ceiling(flow: _Flow, term: Term, kit: Kit) -> _Flow:
    """The smaller of amount and ceiling; over a contract, of what earlier payments left of it."""
    cap, earlier = term.cap, kit.earlier
    assert cap is not None
    payment = kit.contract.payment
    everywhere = np.ones(kit.draws, dtype=bool)
    whole = payment.cumulative is not None and not flow.taken
    # Where nobody says what was paid before, the whole ceiling is taken to be left.
    used = None if earlier is None else either(earlier.hidden, seen(earlier.units != 0))
    if cap.over == "settlement" or whole or earlier is None or used is None:
        amount = capped(flow.amount, cap.amount, kit.decimals)
        if not isinstance(cap.amount, Decimal):
            return flow.to(amount)
        units = np.full(kit.draws, units_of(cap.amount, kit.decimals))
        return flow.to(amount, _Most(units, everywhere))
    if term is not payment:
        # How much of the ceiling earlier payments used up is not known for a term inside another.
        inside = _ceiling(flow, term, replace(kit, earlier=None))
        return replace(inside, amount=inside.amount.reopen(used & flow.amount.not_nothing))
    if not isinstance(cap.amount, Decimal):
        return flow.to(capped(flow.amount, NOT_PUBLISHED, kit.decimals))
    most = units_of(cap.amount, kit.decimals)
    left = np.maximum(most - fits(earlier.units, most), 0)
    unknown = either(flow.amount.hidden, flow.amount.open)
    units = np.minimum(flow.amount.units, left)
    amount = replace(
        flow.amount, units=fitted(units if unknown is None else np.where(unknown, 0, units))
    )
    if earlier.hidden is None:
        return flow.to(amount, _Most(left, everywhere))
    above = flow.amount.not_nothing & ~(flow.amount.units < 0)
    return flow.to(amount.hide(earlier.hidden & above), _Most(left, ~earlier.hidden))


def _netting(flow: _Flow, net: NetOf, kit: Kit) -> _Flow:
    """What others paid is taken off; nothing is ever due to them."""
    other = kit.given.other_money.get(net.name)
    owed = flow.amount.units > 0
    if flow.amount.hidden is not None:
        owed = owed | flow.amount.hidden
    if other is None:
        return flow.to(flow.amount.reopen(owed))
    if not isinstance(other, Decimal):
        return flow.to(flow.amount.hide(owed))
    off = units_of(other, kit.decimals)
    units = flow.amount.units
    left = fitted(np.where(units > 0, np.maximum(fits(units, off) - off, 0), units))
    amount = replace(flow.amount, units=left)
    hidden = amount.hidden
    if hidden is not None and flow.most is not None:
        covered = flow.most.known & np.asarray(flow.most.units <= off, dtype=bool)
        amount = amount.where(hidden & covered, 0)
    return flow.to(amount)


def _clawback(flow: _Flow, clawback: bool, open_: Bools | None, kit: Kit) -> _Flow:
    """What was paid before is taken off; what was paid too much comes back only if agreed."""
    flow = replace(flow, taken=True)
    amount, earlier = flow.amount, kit.earlier
    back = np.full(kit.draws, clawback) if open_ is None else clawback & ~open_
    off = np.int64(0) if earlier is None else earlier.units
    unknown = either(amount.hidden, amount.open)
    units = np.where(back, np.maximum(amount.units - off, -off), np.maximum(amount.units - off, 0))
    if unknown is not None:
        units = np.where(unknown, 0, units)
    # Without a way back nothing stays nothing, whatever was paid; above it the rest is never below.
    found = replace(amount, units=fitted(units))
    if earlier is None:
        return flow.to(found)
    return flow.to(
        found.hide(_within(earlier.hidden, back | amount.not_nothing)).reopen(earlier.open)
    )


def _within(mask: Bools | None, where: Bools) -> Bools | None:
    return None if mask is None else mask & where


# --- payers ------------------------------------------------------------------------------------


def split_draws(due: MoneyDraws, split: tuple[PayerShare, ...], kit: Kit) -> tuple[MoneyDraws, ...]:
    """What each payer pays in each draw; the parts add up to the whole to the last unit of money.

    Parameters
    ----------
    due : MoneyDraws
        What is due; nowhere open.
    """
    shares = [Fraction(part.share) for part in split if isinstance(part.share, Decimal)]
    if len(shares) < len(split):
        hidden = nothing(kit.draws, kit.decimals).hide(due.not_nothing)
        return tuple(hidden for _ in split)
    cents = _rounded(due.units, kit)
    size = abs(cents)
    whole = sum(shares, Fraction(0))
    under = math.lcm(*((share / whole).denominator for share in shares))
    over = [int(share / whole * under) for share in shares]
    if under >= 2**53:
        size = size.astype(object)
    exact = [times(size, part) for part in over]
    parts = [part // under for part in exact]
    rests = [part - cut * under for part, cut in zip(exact, parts, strict=True)]
    left = size - sum(parts)
    paid: list[MoneyDraws] = []
    for k, part in enumerate(parts):
        # Units left over go to the parts that were cut most, the first when two were cut alike.
        before = sum(
            ((rest >= rests[k]) if j < k else (rest > rests[k])).astype(np.int64)
            for j, rest in enumerate(rests)
            if j != k
        )
        own = part + (before < left)
        money = kit.money(np.where(cents < 0, -own, own))
        paid.append(money.hide(due.hidden))
    return tuple(paid)


def _rounded(units: Ints, kit: Kit) -> Ints:
    """Amounts in whole cents, rounded as the contract says."""
    finer = 10 ** (kit.decimals - kit.contract.money_decimals)
    if finer == 1:
        return units
    size = shared(abs(units), Fraction(1, finer), kit.mode)
    return np.where(units < 0, -size, size)


# --- lenders -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class TrancheDraws:
    """What one layer of the capital gets back and loses in each draw.

    Attributes
    ----------
    name : str
        The layer.
    repaid, gain, loss, guaranteed, lost : MoneyDraws
        As in `impacteval.contract.readings.Tranche`.
    """

    name: str
    repaid: MoneyDraws
    gain: MoneyDraws
    loss: MoneyDraws
    guaranteed: MoneyDraws
    lost: MoneyDraws


def tranches_draws(waterfall: Waterfall, total: MoneyDraws, kit: Kit) -> tuple[TrancheDraws, ...]:
    """Who gets back what: losses in the order of the layers, repayments and gains in reverse."""
    receipts = _received(total, kit)
    unknown = replace(receipts, units=np.zeros_like(receipts.units))
    units = receipts.units
    amounts = {layer.name: units_of(layer.amount, kit.decimals) for layer in waterfall.layers}
    capital = sum(amounts.values())
    units = fits(units, capital)
    loss_left, surplus = np.maximum(capital - units, 0), np.maximum(units - capital, 0)
    losses: dict[str, Ints] = {}
    for layer in waterfall.layers:
        losses[layer.name] = np.minimum(loss_left, amounts[layer.name])
        loss_left = loss_left - losses[layer.name]
    gains = _gains(waterfall, MoneyDraws(fitted(surplus), kit.decimals), kit)
    found: list[TrancheDraws] = []
    for layer in waterfall.layers:
        loss = MoneyDraws(fitted(losses[layer.name]), kit.decimals)
        good = _guaranteed(waterfall, layer.name, loss, kit)
        lost = replace(loss, units=fitted(loss.units - good.units)).hide(good.hidden)
        repaid = replace(loss, units=fitted(amounts[layer.name] - loss.units))
        every = (repaid, gains[layer.name], loss, good, lost)
        found.append(TrancheDraws(layer.name, *(_like(money, unknown) for money in every)))
    return tuple(found)


def _received(total: MoneyDraws, kit: Kit) -> MoneyDraws:
    """Everything received so far."""
    if kit.earlier is None:
        return total
    return summed((kit.earlier, total), kit.draws, kit.decimals)


def _like(money: MoneyDraws, unknown: MoneyDraws) -> MoneyDraws:
    """Not published where receipts are not, open where they are."""
    return money.hide(unknown.hidden).reopen(unknown.open)


def _gains(waterfall: Waterfall, surplus: MoneyDraws, kit: Kit) -> Mapping[str, MoneyDraws]:
    """What each layer takes of a surplus, the last to lose first."""
    gains: dict[str, MoneyDraws] = {}
    for layer in reversed(waterfall.layers):
        most: Amount | None = layer.gain_up_to
        if most is None:
            gains[layer.name] = surplus
            surplus = replace(surplus, units=np.zeros_like(surplus.units))
        elif isinstance(most, Decimal):
            gains[layer.name] = capped(surplus, most, kit.decimals)
            surplus = replace(surplus, units=fitted(surplus.units - gains[layer.name].units))
        else:
            surplus = surplus.hide(surplus.not_nothing)
            gains[layer.name] = surplus
    return gains


def _guaranteed(waterfall: Waterfall, layer: str, loss: MoneyDraws, kit: Kit) -> MoneyDraws:
    """What a guarantee makes good of a loss."""
    guarantee = waterfall.guarantee
    if guarantee is None or guarantee.layer != layer:
        return nothing(kit.draws, kit.decimals)
    share = Fraction(guarantee.share)
    # The unit has room for the decimals of the share: nothing is rounded here.
    made = replace(loss, units=fitted(times(loss.units, share.numerator) // share.denominator))
    return capped(made, guarantee.up_to, kit.decimals)
