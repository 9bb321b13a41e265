"""Amounts of money over draws: whole numbers of the smallest unit, and what is not known.

As with a single amount, one that is not published or still open is never 0, and stays what it is
through every operation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.contract.money import Amount
from impacteval.pricing.floats import Bools, Floats

Ints = NDArray[Any]
"""Integers: int64 while every one is below 2^53, Python's own beyond."""

EXACT = 2**53


def fitted(units: Ints) -> Ints:
    """The same integers, as Python's own when one of them is 2^53 or more."""
    if units.dtype != object and units.size and max(-int(units.min()), int(units.max())) >= EXACT:
        return units.astype(object)
    return units


def times(units: Ints, by: int) -> Ints:
    """Integers times an integer, without overflow."""
    if by == 1:
        return units
    largest = max(-int(units.min()), int(units.max())) if units.size else 0
    if units.dtype != object and largest * abs(by) >= EXACT:
        units = units.astype(object)
    return units * by if units.dtype == object or abs(by) < EXACT else units.astype(object) * by


def whole(fraction: Fraction, mode: str) -> int:
    """A fraction rounded to an integer; ``half_up`` takes a half away from zero.

    Examples
    --------
    >>> whole(Fraction(-5, 2), "half_up"), whole(Fraction(-5, 2), "half_even")
    (-3, -2)
    """
    if mode == "half_even":
        return round(fraction)
    size = math.floor(abs(fraction) + Fraction(1, 2))
    return -size if fraction < 0 else size


def shared(units: Ints, share: Fraction, mode: str) -> Ints:
    """A share of integers that are not negative, rounded to integers."""
    over, under = share.numerator, share.denominator
    twice = times(units, 2 * over)
    if twice.dtype != object and 2 * under >= EXACT:
        twice = twice.astype(object)
    if mode == "half_up":
        return fitted((twice + under) // (2 * under))
    down, left = twice // (2 * under), twice % (2 * under)
    up = (left > under) | ((left == under) & (down % 2 == 1))
    return fitted(down + up)


def either(*masks: Bools | None) -> Bools | None:
    """Where any of the masks holds; None: nowhere."""
    found: Bools | None = None
    for mask in masks:
        if mask is not None:
            found = mask if found is None else found | mask
    return found


def seen(mask: Bools | None) -> Bools | None:
    """The mask, or None when it holds nowhere."""
    return mask if mask is not None and mask.any() else None


@dataclass(frozen=True, slots=True, eq=False)
class MoneyDraws:
    """One amount in each draw.

    Attributes
    ----------
    units : array of int, shape (draws,)
        The amount in units of ``10 ** -decimals``; 0 where it is not known.
    decimals : int
        How many decimals the units have.
    hidden : array of bool or None
        Where the amount is not published. None: nowhere.
    open : array of bool or None
        Where there is no amount yet. None: nowhere.
    """

    units: Ints
    decimals: int
    hidden: Bools | None = None
    open: Bools | None = None

    @property
    def value(self) -> Floats:
        """The amounts in the contract's currency; NaN where they are not known.

        Each is the float nearest to the decimal amount.
        """
        if self.units.dtype == object or self.decimals > 22:
            unit = 10**self.decimals
            found = np.array([_float(int(n), unit) for n in self.units], dtype=np.float64)
        else:
            found = self.units / 10.0**self.decimals
        unknown = either(self.hidden, self.open)
        if unknown is not None:
            found[unknown] = np.nan
        return found

    @property
    def known(self) -> Bools:
        """Where the amount is known."""
        unknown = either(self.hidden, self.open)
        return np.ones(len(self.units), dtype=bool) if unknown is None else ~unknown

    @property
    def not_nothing(self) -> Bools:
        """Where the amount is something else than 0, published or not."""
        found: Bools = self.units != 0
        return found if self.hidden is None else found | self.hidden

    def where(self, mask: Bools, units: Ints | int) -> MoneyDraws:
        """Other amounts, which are known, in some draws."""
        return MoneyDraws(
            np.where(mask, units, self.units),
            self.decimals,
            None if self.hidden is None else seen(self.hidden & ~mask),
            None if self.open is None else seen(self.open & ~mask),
        )

    def hide(self, mask: Bools | None) -> MoneyDraws:
        """Not published in some draws, unless it is open there."""
        if mask is not None and self.open is not None:
            mask = mask & ~self.open
        mask = seen(mask)
        if mask is None:
            return self
        return replace(self, units=np.where(mask, 0, self.units), hidden=either(self.hidden, mask))

    def reopen(self, mask: Bools | None) -> MoneyDraws:
        """Open in some draws, whatever it was."""
        mask = seen(mask)
        if mask is None:
            return self
        hidden = None if self.hidden is None else seen(self.hidden & ~mask)
        units = np.where(mask, 0, self.units)
        return MoneyDraws(units, self.decimals, hidden, either(self.open, mask))

    def closed(self) -> MoneyDraws:
        """The same, with nothing where it is open: what is due now."""
        return self if self.open is None else replace(self, open=None)


def _float(units: int, unit: int) -> float:
    """The nearest float; infinite beyond the range of floats."""
    try:
        return units / unit
    except OverflowError:
        return math.inf if units > 0 else -math.inf


def nothing(draws: int, decimals: int) -> MoneyDraws:
    """0 in every draw."""
    return MoneyDraws(np.zeros(draws, dtype=np.int64), decimals)


def units_of(amount: Decimal, decimals: int) -> int:
    """A decimal as a whole number of units; it has no more decimals than that."""
    found = Fraction(amount) * Fraction(10) ** decimals
    assert found.denominator == 1, "the unit is chosen to hold every amount of the contract"
    return int(found)


def fits(units: Ints, constant: int) -> Ints:
    """The same integers, ready to be combined with a constant that may be large."""
    return units.astype(object) if abs(constant) >= EXACT and units.dtype != object else units


def summed(parts: Iterable[MoneyDraws], draws: int, decimals: int) -> MoneyDraws:
    """The sum: open where a part is, not published where a part is not and none is open."""
    units: Ints | None = None
    hidden: Bools | None = None
    open_: Bools | None = None
    for part in parts:
        units = part.units if units is None else fitted(units + part.units)
        hidden, open_ = either(hidden, part.hidden), either(open_, part.open)
    if units is None:
        return nothing(draws, decimals)
    total = MoneyDraws(units, decimals)
    return total.hide(hidden).reopen(open_)


def capped(money: MoneyDraws, cap: Amount, decimals: int) -> MoneyDraws:
    """The smaller of the two, as far as it is known; open amounts stay open.

    A ceiling that is not published leaves what is not above nothing and hides everything else.
    """
    if not isinstance(cap, Decimal):
        return money.hide(money.not_nothing & ~(money.units < 0))
    most = units_of(cap, decimals)
    unknown = either(money.hidden, money.open)
    units = np.minimum(fits(money.units, most), most)
    return replace(money, units=units if unknown is None else np.where(unknown, 0, units))
