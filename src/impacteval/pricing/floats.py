"""Floating-point numbers compared with a contract's decimals, without ever being wrong by a bit.

A float stands for its shortest decimal text, as everywhere a number enters a contract: the float
``0.1`` is the number 0.1. Rounding to the nearest float keeps order, so a float beyond the float of
a threshold has a text beyond the threshold, and one comparison of exact numbers for each threshold
settles what happens at the threshold itself.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def decimal_of(x: float) -> Decimal:
    """The number that a float stands for: its shortest decimal text.

    Examples
    --------
    >>> decimal_of(0.1)
    Decimal('0.1')
    """
    return Decimal(repr(float(x)))


def first_float(knot: Fraction, *, owned: bool) -> float:
    """The smallest float whose number is at `knot` or beyond it; beyond it only, unless `owned`.

    Examples
    --------
    >>> first_float(Fraction(30), owned=True)
    30.0
    >>> first_float(Fraction(30), owned=False) > 30.0
    True

    A third has no float: the nearest one lies below it.

    >>> first_float(Fraction(1, 3), owned=True) > 1 / 3
    True
    """
    near = float(knot)
    stands_for = Fraction(decimal_of(near))
    there = stands_for >= knot if owned else stands_for > knot
    return near if there else math.nextafter(near, math.inf)


def holds(operator: str, x: Floats, threshold: Decimal) -> Bools:
    """Whether each comparison holds, as it does between decimals; `x` may be infinite.

    Parameters
    ----------
    operator : str
        ``at_least``, ``more_than``, ``at_most`` or ``less_than``.
    x : array of shape (draws,)
        The numbers compared, none of them NaN.
    threshold : Decimal
        What they are compared with.

    Examples
    --------
    >>> holds("more_than", np.array([7.5, 7.500001]), Decimal("7.5")).tolist()
    [False, True]
    """
    knot = Fraction(threshold)
    match operator:
        case "at_least":
            return x >= first_float(knot, owned=True)
        case "more_than":
            return x >= first_float(knot, owned=False)
        case "at_most":
            return x < first_float(knot, owned=False)
        case "less_than":
            return x < first_float(knot, owned=True)
    raise ValueError(f"operator {operator!r} is not known.")
