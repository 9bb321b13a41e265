"""Several results that make one payment, over draws: the arrays of `impacteval.contract.several`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

import numpy as np

from impacteval.contract.clause_amounts import NOTHING, Around, row_of
from impacteval.contract.clauses import BasketPart
from impacteval.contract.money import add
from impacteval.contract.payment import Basket, RateCard
from impacteval.contract.readings import Known, Missing, Unjudged
from impacteval.contract.several import basket, rate_card
from impacteval.pricing.floats import Bools, Floats, decimal_of
from impacteval.pricing.moneys import (
    EXACT,
    Ints,
    MoneyDraws,
    either,
    fits,
    fitted,
    nothing,
    seen,
    summed,
    times,
    units_of,
)
from impacteval.pricing.readings import (
    SURE,
    AverageDraws,
    BarredDraws,
    BetweenDraws,
    ChancesDraws,
    DrawReading,
    Index,
    KnownDraws,
)
from impacteval.pricing.rows import (
    CANNOT_BE_JUDGED,
    Kit,
    RowDraws,
    calm,
    held_row,
    row_draws,
)
from impacteval.pricing.schedule import Schedule, schedule_of

_TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class SettledDraws:
    """What a term comes to in each draw.

    Attributes
    ----------
    rows : tuple of RowDraws
        One for each clause and group.
    due : MoneyDraws
        Over what is judged; nowhere open.
    total : MoneyDraws
        Open while a clause is.
    """

    rows: tuple[RowDraws, ...]
    due: MoneyDraws
    total: MoneyDraws


# --- basket ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Shares:
    """The share of one part in each draw, with a bound on its error; 0 where it is a bound itself."""

    row: RowDraws
    number: Floats
    share: Floats
    error: Floats


def basket_draws(
    term: Basket, groups: tuple[str, ...], readings: tuple[DrawReading, ...], kit: Kit
) -> SettledDraws:
    """What a basket comes to in each draw; with an open part it is open.

    The index is computed in floating point with a bound on its error. Draws in which the bound
    leaves a cent, a sign or the largest part open are settled by the decimal basket itself.
    """
    parts = [
        _shares(leaf, group, reading, kit)
        for leaf, group, reading in zip(term.parts, groups, readings, strict=True)
    ]
    open_ = either(*(part.row.money.open for part in parts))
    weights = [Fraction(part.weight) for part in term.parts]
    shares = np.stack([part.share for part in parts])
    errors = np.stack([part.error for part in parts])
    if not term.parts_may_offset:
        short = (shares.min(axis=0) < 1.0) & (shares.max(axis=0) > 1.0)
        above = short & (shares > 1.0)
        shares, errors = np.where(above, 1.0, shares), np.where(above, 0.0, errors)
    by = np.array([float(weight) for weight in weights])[:, None]
    counted = by * shares
    sizes = np.abs(counted)
    certain = errors == 0.0
    bounds = np.where(certain, 0.0, by * errors + SURE * sizes)
    index, slack = counted.sum(axis=0), bounds.sum(axis=0) + SURE * sizes.sum(axis=0)
    some = (sizes > 0.0).any(axis=0)
    unsure = some & (np.abs(index) <= slack)
    unsure |= (~certain & (sizes <= bounds)).any(axis=0)
    largest = counted.argmax(axis=0)
    unsure |= _tied(counted, bounds, certain, largest, weights)
    positive = index > 0.0
    if isinstance(term.pay, Decimal):
        unit = Fraction(term.pay) * 10**kit.contract.money_decimals
        total, doubt = _cents(unit, np.where(positive, index, 0.0), slack)
        unsure |= doubt
        each: list[Ints] = []
        for part, bound in zip(counted, bounds, strict=True):
            cents, doubt = _cents(unit, part, bound)
            each.append(cents)
            unsure |= doubt
        left = total - sum(each)
        amounts = [
            kit.money(cents + np.where(positive & (largest == k), left, 0))
            for k, cents in enumerate(each)
        ]
        whole = kit.money(total)
    else:
        amounts = [nothing(kit.draws, kit.decimals).hide(part != 0.0) for part in counted]
        whole = nothing(kit.draws, kit.decimals).hide(positive)
    if open_ is not None:
        unsure &= ~open_
    if unsure.any():
        amounts, whole = _by_decimals(term, parts, kit, np.flatnonzero(unsure), amounts, whole)
    rows = tuple(
        replace(part.row, money=amount.reopen(open_))
        for part, amount in zip(parts, amounts, strict=True)
    )
    whole = whole.reopen(open_)
    return SettledDraws(rows, whole.closed(), whole)


def _cents(unit: Fraction, share: Floats, bound: Floats) -> tuple[Ints, Bools]:
    """A share of an amount in cents, and where its rounding is not certain."""
    amount = float(unit) * share
    near = np.rint(amount)
    error = float(unit) * bound + SURE * np.abs(amount)
    doubt = ~(np.abs(amount - near) + error < 0.5)
    return np.where(doubt, 0.0, near).astype(np.int64), doubt


def _tied(
    counted: Floats, bounds: Floats, certain: Bools, largest: Index, weights: list[Fraction]
) -> Bools:
    """Where it is not certain which part is the largest."""
    draws = np.arange(counted.shape[1])
    most, slack, sure = (array[largest, draws] for array in (counted, bounds, certain))
    found = np.zeros(counted.shape[1], dtype=bool)
    for k, weight in enumerate(weights):
        other = largest != k
        gap = most - counted[k]
        both = sure & certain[k]
        close = other & ~both & (gap <= bounds[k] + slack)
        # Two different weights may be one float; two equal ones are equal, and the first counts.
        same = np.array([other_weight == weight for other_weight in weights])[largest]
        found |= close | (other & both & (gap == 0.0) & ~same & (most != 0.0))
    return found


def _shares(leaf: BasketPart, group: str, reading: DrawReading, kit: Kit) -> _Shares:
    if isinstance(reading, BarredDraws):
        inner = _shares(leaf, group, reading.reading, kit)
        barred = reading.barred
        return _Shares(
            held_row(inner.row, reading),
            np.where(barred, float(leaf.zero_at), inner.number),  # where a part has no share
            np.where(barred, 0.0, inner.share),
            np.where(barred, 0.0, inner.error),
        )
    row = row_draws(leaf, group, reading, kit, kit.draws)
    schedule = schedule_of(kit.contract, leaf)
    match reading:
        case KnownDraws():
            number = calm(reading).value
        case BetweenDraws(low):
            # Where the two ends say different things the part cannot be judged; elsewhere the
            # share is that of either.
            number = low
        case Missing() | Unjudged():
            number = np.zeros(kit.draws)
        case ChancesDraws() | AverageDraws():
            raise AssertionError("a price by the number reads a bound")
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(reading)
    share, error = _line(schedule, number)
    unbounded = seen(~np.isfinite(share))
    if unbounded is not None:
        share = np.where(unbounded, 0.0, share)
        error = np.where(unbounded, 0.0, error)
    return _Shares(row, number, share, error)


def _line(schedule: Schedule, x: Floats) -> tuple[Floats, Floats]:
    share = schedule.pay(x)
    levels, slopes = schedule.lines
    piece = schedule.piece(x)
    with np.errstate(invalid="ignore"):
        size = np.abs(levels[piece]) + np.abs(slopes[piece] * x)
    flat = slopes[piece] == 0.0
    starts = (levels[piece] == 0.0) & (x == 0.0)
    # A product too small for a float is not nothing: only a bound of 0 says that it is.
    return share, np.where(flat | starts, 0.0, SURE * size + _TINY)


def _by_decimals(
    term: Basket,
    parts: list[_Shares],
    kit: Kit,
    draws: Index,
    amounts: list[MoneyDraws],
    whole: MoneyDraws,
) -> tuple[list[MoneyDraws], MoneyDraws]:
    """The basket of some draws, each different set of results once, by the decimal basket."""
    around = Around(
        least=None if term.parts_may_offset else NOTHING,
        most=None if term.parts_may_exceed_one else Decimal(1),
    )
    numbers = np.stack([part.number[draws] for part in parts], axis=1)
    different, where = np.unique(numbers, axis=0, return_inverse=True)
    found: list[list[int]] = []
    for results in different:
        rows = []
        for leaf, part, x in zip(term.parts, parts, results, strict=True):
            number = decimal_of(x)
            rows.append(row_of(leaf, part.row.group, Known(number, number), kit.contract, around))
        settled = basket(term, tuple(rows), kit.contract)
        every = (*(row.amount for row in settled.rows), settled.total)
        found.append(
            [units_of(a, kit.decimals) if isinstance(a, Decimal) else -1 for a in every]
            + [not isinstance(a, Decimal) for a in every]
        )
    large = max(abs(unit) for row in found for unit in row) >= EXACT
    table = np.array(found, dtype=object if large else np.int64)[where.ravel()]
    some = np.zeros(kit.draws, dtype=bool)
    some[draws] = True
    count = len(parts) + 1
    settled_money: list[MoneyDraws] = []
    for k, money in enumerate([*amounts, whole]):
        units = np.zeros(kit.draws, dtype=table.dtype)
        units[draws] = np.where(table[:, count + k].astype(bool), 0, table[:, k])
        hidden = np.zeros(kit.draws, dtype=bool)
        hidden[draws] = table[:, count + k].astype(bool)
        settled_money.append(money.where(some, units).hide(hidden))
    return settled_money[:-1], settled_money[-1]


# --- rate card ---------------------------------------------------------------------------------


def rate_card_draws(term: RateCard, rows: tuple[RowDraws, ...], kit: Kit) -> SettledDraws:
    """What a rate card with a ceiling for each person comes to in each draw."""
    open_ = either(*(row.money.open for row in rows))
    if open_ is not None:
        # What the judged lines add could still meet somebody's ceiling.
        rows = tuple(
            replace(row, money=row.money.reopen(row.money.not_nothing & open_)) for row in rows
        )
    whole = summed((row.money for row in rows), kit.draws, kit.decimals)
    some = whole.not_nothing
    ceiling, most = term.person_ceiling, add(line.price for line in term.lines)
    if not isinstance(ceiling, Decimal) or not isinstance(most, Decimal):
        whole = whole.hide(some)
    elif term.each_milestone == "every_time" or most > ceiling:
        if kit.given.claims is None:
            waits = some & ~_out_of_reach(term, rows, ceiling, kit)
            rows = tuple(_waiting(row, waits) for row in rows)
            whole = whole.reopen(waits)
        else:
            whole = whole.where(some, _by_person(term, kit))
    return SettledDraws(rows, whole.closed(), whole)


def _out_of_reach(term: RateCard, rows: tuple[RowDraws, ...], ceiling: Decimal, kit: Kit) -> Bools:
    """Where one person cannot have brought more than the ceiling, whoever reached what."""
    once = term.each_milestone == "once"
    unit = Fraction(10) ** kit.decimals
    prices: dict[str, Fraction] = {}
    for line in term.lines:
        assert isinstance(line.price, Decimal), "a hidden price is read before"
        prices[line.name] = Fraction(line.price) * unit
    # A price may be finer than the money: then everything is counted in its fractions.
    finer = math.lcm(*(price.denominator for price in prices.values())) if once else 1
    most: Ints = np.zeros(kit.draws, dtype=np.int64)
    for row in rows:
        own = times(row.money.units, finer)
        if once:
            price = int(prices[row.name] * finer)
            own = np.minimum(fits(own, price), price)
        most = fitted(most + own)
    limit = units_of(ceiling, kit.decimals) * finer
    return np.asarray(fits(most, limit) <= limit, dtype=bool)


def _waiting(row: RowDraws, mask: Bools) -> RowDraws:
    """Who reached what is not known, and a ceiling for each person could bind."""
    verdict = np.where(mask, np.int16(CANNOT_BE_JUDGED), row.verdict)
    return replace(row, verdict=verdict, money=row.money.reopen(mask))


def _by_person(term: RateCard, kit: Kit) -> int:
    """What the claims come to with every ceiling: it does not depend on the draw."""
    one = Known(Decimal(1), Decimal(1))
    rows = tuple(row_of(line, line.name, one, kit.contract) for line in term.lines)
    settled = rate_card(term, rows, kit.contract, kit.given.claims)
    assert isinstance(settled.total, Decimal), "prices and ceiling are published"
    return units_of(settled.total, kit.decimals)
