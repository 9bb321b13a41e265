r"""From the coefficients of every assignment to p-values as functions of the null.

An assignment counts against a null `x` when its statistic is at least as large as the realised
one. Where statistics are differences, that is so between two straight lines' crossings; where they
are studentised, where a polynomial of the fourth degree is not negative. Both are unions of few
intervals whose ends are exact roots, so that no grid of nulls is ever searched.

Everything is measured from the estimate, at which the realised statistic is zero, in its standard
errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates.inversion import StepFunction
from impacteval.inference._arrays import Floats
from impacteval.values import Tail

# Statistics this close, relative to their size, are the same number computed in another order;
# they count as ties, in favour of the null.
TIE = 1e-9
# What is left of a difference of zero after rounding, in standard errors.
NOISE = 1e-12
# How far the ends of an interval are moved outwards for the same reason, in standard errors.
NUDGE = 2e-12
# An imaginary part this small is rounding at a double root.
REAL = 1e-6
# A difference below this many standard errors is zero.
ZERO = 1e-8

Bools = NDArray[np.bool_]
Accepts = Callable[[Floats, Tail], Bools]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Closed intervals of nulls, each from one assignment that counts there.

    Attributes
    ----------
    low, high : array, shape (p,)
        Ends, possibly infinite.
    """

    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """The realised statistic and those of the other assignments, as functions of the null.

    In units in which the realised difference is ``-sign x`` and its squared error 1 at the
    estimate.

    Attributes
    ----------
    sign : float
        1 or -1.
    own : tuple of (float, float), or None
        The realised squared error is ``1 - 2 x own[0] + x^2 own[1]``; None without errors.
    level, slope : array, shape (m,)
        The others' difference is ``level - x slope``.
    square : array, shape (3, m), or None
        Their squared error is ``square[0] - 2 x square[1] + x^2 square[2]``.
    """

    sign: float
    own: tuple[float, float] | None
    level: Floats
    slope: Floats
    square: Floats | None

    def pieces(self) -> dict[Tail, Pieces]:
        """Where each assignment counts, for each tail."""
        knots = self._lines() if self.square is None else self._roots()
        return _pieces(knots, self._accepts)

    def _lines(self) -> Floats:
        """Where a difference has the size of the realised one, shape (m, 3)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = [self.level / (self.slope - 1.0), self.level / (self.slope + 1.0)]
        zero = np.zeros_like(self.level)
        return np.stack([*found, zero], axis=1)

    def _roots(self) -> Floats:
        """Where a studentised difference has the size of the realised one, shape (m, 5).

        With ``x = level / w`` the polynomial in `w` has leading coefficient one.
        """
        assert self.square is not None
        assert self.own is not None
        b, (s1, s2) = self.slope, self.own
        a = np.where(np.abs(self.level) < ZERO, np.copysign(ZERO, self.level), self.level)
        q0, q1, q2 = self.square
        monic = np.zeros((a.size, 4, 4))
        monic[:, 0, 0] = 2.0 * b + 2.0 * a * s1
        monic[:, 0, 1] = -(b * b + 4.0 * a * b * s1 + a * a * s2 - q0)
        monic[:, 0, 2] = 2.0 * a * (b * b * s1 + a * b * s2 - q1)
        monic[:, 0, 3] = -(a * a) * (b * b * s2 - q2)
        monic[:, [1, 2, 3], [0, 1, 2]] = 1.0
        w = np.linalg.eigvals(monic)
        real = np.abs(w.imag) <= REAL * np.abs(w)
        with np.errstate(divide="ignore", invalid="ignore"):
            x = np.where(real, a[:, None] / w.real, np.inf)
        x = self._polished(np.where(np.isnan(x), np.inf, x))
        return np.concatenate([x, np.zeros((a.size, 1))], axis=1)

    def _polished(self, x: Floats) -> Floats:
        """One step of Newton's method, where it brings a root closer."""
        assert self.square is not None
        assert self.own is not None
        a, b = self.level[:, None], self.slope[:, None]
        s1, s2 = self.own
        q0, q1, q2 = (q[:, None] for q in self.square)

        def polynomial(x: Floats) -> tuple[Floats, Floats]:
            top, own = a - x * b, 1.0 - 2.0 * x * s1 + x * x * s2
            other = q0 - 2.0 * x * q1 + x * x * q2
            value = top * top * own - x * x * other
            steep = -2.0 * b * top * own + top * top * (2.0 * x * s2 - 2.0 * s1)
            steep -= 2.0 * x * other + x * x * (2.0 * x * q2 - 2.0 * q1)
            return value, steep

        with np.errstate(all="ignore"):
            value, steep = polynomial(x)
            moved = x - value / steep
            near = np.abs(moved - x) <= REAL * (1.0 + np.abs(x))
            better = near & (np.abs(polynomial(moved)[0]) < np.abs(value))
        return np.where(better, moved, x)

    def _accepts(self, x: Floats, tail: Tail) -> Bools:
        """Whether each assignment counts at each null, shape (m, j)."""
        other = self.level[:, None] - x * self.slope[:, None]
        mine = -self.sign * x
        if self.square is not None and self.own is not None:
            s1, s2 = self.own
            q0, q1, q2 = (q[:, None] for q in self.square)
            other = other * np.sqrt(np.maximum(1.0 - 2.0 * x * s1 + x * x * s2, 0.0))
            mine = mine * np.sqrt(np.maximum(q0 - 2.0 * x * q1 + x * x * q2, 0.0))
        if tail is Tail.LESS:
            other, mine = -other, -mine
        elif tail is Tail.TWO:
            other, mine = np.abs(other), np.abs(mine)
        slack = TIE * (np.abs(other) + np.abs(mine)) + NOISE
        found: Bools = other - mine >= -slack
        return found


def _pieces(knots: Floats, accepts: Accepts) -> dict[Tail, Pieces]:
    """The intervals between sorted knots in which each assignment counts."""
    knots = np.sort(np.where(np.isfinite(knots), knots, np.inf), axis=1)
    finite = np.isfinite(knots)
    last = np.where(finite, knots, -np.inf).max(axis=1)
    # Beyond the last finite knot nothing changes any more: any point there will do.
    beyond = last + 1.0 + np.abs(last)
    solid = np.where(finite, knots, beyond[:, None])
    first = solid[:, 0] - 1.0 - np.abs(solid[:, 0])
    ends = np.concatenate([first[:, None], solid, beyond[:, None]], axis=1)
    inside = 0.5 * (ends[:, :-1] + ends[:, 1:])
    inside[:, 0], inside[:, -1] = first, beyond
    inside[:, 1:-1] = np.where(finite[:, 1:], inside[:, 1:-1], beyond[:, None])
    found = {}
    for tail in Tail:
        gap = accepts(inside, tail)
        at = (accepts(solid, tail) | gap[:, :-1] | gap[:, 1:]) & finite
        starts = np.concatenate([gap[:, :1], at & ~gap[:, :-1]], axis=1)
        stops = np.concatenate([at & ~gap[:, 1:], gap[:, -1:]], axis=1)
        low = np.concatenate([np.full((len(knots), 1), -np.inf), knots], axis=1)
        high = np.concatenate([knots, np.full((len(knots), 1), np.inf)], axis=1)
        lows, highs = low[starts], high[stops]
        with np.errstate(invalid="ignore"):
            found[tail] = Pieces(
                lows - NUDGE * (1.0 + np.where(np.isfinite(lows), np.abs(lows), 0.0)),
                highs + NUDGE * (1.0 + np.where(np.isfinite(highs), np.abs(highs), 0.0)),
            )
    return found


def step_function(pieces: Pieces, *, always: int, total: int) -> StepFunction:
    """The share of assignments that count, at each null.

    Parameters
    ----------
    pieces : Pieces
        Where each assignment counts.
    always : int
        Assignments that count everywhere, besides.
    total : int
        Assignments, those included.

    Examples
    --------
    >>> one = Pieces(np.array([0.0]), np.array([2.0]))
    >>> p = step_function(one, always=1, total=2)
    >>> p(-1.0), p(1.0), p(2.0), p(3.0)
    (0.5, 1.0, 1.0, 0.5)
    """
    low, high = np.sort(pieces.low), np.sort(pieces.high)
    ends = np.concatenate([low, high])
    knots = np.unique(ends[np.isfinite(ends)])
    opened = np.searchsorted(low, knots, side="right")
    left = int(np.searchsorted(low, -np.inf, side="right"))
    at = opened - np.searchsorted(high, knots, side="left")
    after = opened - np.searchsorted(high, knots, side="right")
    between = np.concatenate([[left], after])
    # Divided, not multiplied by an inverse: 1/20 must be the 0.05 that a level of 0.95 means.
    return StepFunction(knots, (at + always) / total, (between + always) / total)
