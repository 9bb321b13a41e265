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
# Steps of Newton's method: the starts are close, and each step doubles the digits.
NEWTON = 7
# A difference below this many standard errors is zero.
ZERO = 1e-8

Bools = NDArray[np.bool_]
Accepts = Callable[[Floats], dict[Tail, Bools]]


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
        quartic = np.stack(
            [
                -2.0 * b - 2.0 * a * s1,
                b * b + 4.0 * a * b * s1 + a * a * s2 - q0,
                -2.0 * a * (b * b * s1 + a * b * s2 - q1),
                a * a * (b * b * s2 - q2),
            ]
        )
        w = real_roots(quartic, b + a * s1, np.sqrt(q0))
        with np.errstate(divide="ignore", invalid="ignore"):
            x = a[:, None] / w
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

    def _accepts(self, x: Floats) -> dict[Tail, Bools]:
        """Whether each assignment counts at each null, shape (m, j), for each tail."""
        other = self.level[:, None] - x * self.slope[:, None]
        mine = -self.sign * x
        if self.square is not None and self.own is not None:
            s1, s2 = self.own
            q0, q1, q2 = (q[:, None] for q in self.square)
            if s1 or s2:
                other *= np.sqrt(np.maximum(1.0 - 2.0 * x * s1 + x * x * s2, 0.0))
            mine *= np.sqrt(np.maximum(q0 + x * (x * q2 - 2.0 * q1), 0.0))
        size, own = np.abs(other), np.abs(mine)
        slack = TIE * (size + own) + NOISE
        apart = other - mine
        return {
            Tail.TWO: size - own >= -slack,
            Tail.GREATER: apart >= -slack,
            Tail.LESS: apart <= slack,
        }


def real_roots(quartic: Floats, middle: Floats, reach: Floats) -> Floats:
    """The real roots of many polynomials ``w^4 + a w^3 + b w^2 + c w + d``.

    Almost always one root of either sign stands apart, near ``middle + reach`` and
    ``middle - reach``: Newton's method finds both, and what remains is a quadratic. Polynomials
    for which that fails by any digit go to the eigenvalues of their companion matrix.

    Parameters
    ----------
    quartic : array, shape (4, m)
        The coefficients a, b, c and d.
    middle, reach : array, shape (m,)
        Where to look first.

    Returns
    -------
    array, shape (m, 4)
        Real roots, and the real part of double ones; zero in place of a complex one.

    Examples
    --------
    >>> found = real_roots(np.array([[0.0], [-3.0], [0.0], [-4.0]]), np.zeros(1), np.ones(1))
    >>> np.sort(found).round(9).tolist()
    [[-2.0, 0.0, 0.0, 2.0]]
    """
    a, b, c, d = quartic
    w = np.stack([middle + reach, middle - reach])
    step = np.full_like(w, np.inf)
    with np.errstate(all="ignore"):
        for _ in range(NEWTON):
            value = (((w + a) * w + b) * w + c) * w + d
            steep = ((4.0 * w + 3.0 * a) * w + 2.0 * b) * w + c
            step = value / steep
            w = w - step
        upper, lower = w
        product, total = upper * lower, upper + lower
        # What remains is w^2 + e w + f, from the coefficients that small roots decide.
        f = d / product
        e = (c + total * f) / product
        inside = e * e - 4.0 * f
        size = 1.0 + np.abs(a) + np.abs(b) + w[0] ** 2 + w[1] ** 2
        sound = (
            (lower < 0.0)
            & (upper > 0.0)
            & np.all(np.abs(step) <= 1e-13 * np.abs(w), axis=0)
            & (np.abs(e - total - a) <= 1e-12 * size)
            & (np.abs(product - total * e + f - b) <= 1e-12 * size)
            # Clear of a double root, and of a root that meets one of the two found.
            & (np.abs(inside) > REAL * (e * e + 4.0 * np.abs(f)))
            & (e * e + np.abs(f) < 0.25 * np.minimum(upper, -lower) ** 2)
        )
        far = -0.5 * (e + np.copysign(np.sqrt(np.maximum(inside, 0.0)), e))
        found = np.stack([upper, lower, far, f / far], axis=1)
    found[:, 2:] = np.where((inside > 0.0)[:, None], found[:, 2:], 0.0)
    rest = np.flatnonzero(~sound)
    if rest.size:
        companion = np.zeros((rest.size, 4, 4))
        companion[:, 0, :] = -quartic[:, rest].T
        companion[:, [1, 2, 3], [0, 1, 2]] = 1.0
        roots = np.linalg.eigvals(companion)
        found[rest] = np.where(np.abs(roots.imag) <= REAL * np.abs(roots), roots.real, 0.0)
    return found


def _pieces(knots: Floats, accepts: Accepts) -> dict[Tail, Pieces]:
    """The intervals between sorted knots in which each assignment counts."""
    knots = np.sort(np.where(np.isfinite(knots), knots, np.inf), axis=1)
    knots = knots[:, : int(np.isfinite(knots).sum(axis=1).max())]
    finite = np.isfinite(knots)
    last = np.where(finite, knots, -np.inf).max(axis=1)
    # Beyond the last finite knot nothing changes any more: any point there will do.
    beyond = last + 1.0 + np.abs(last)
    solid = np.where(finite, knots, beyond[:, None])
    first = solid[:, 0] - 1.0 - np.abs(solid[:, 0])
    inside = np.empty((len(knots), knots.shape[1] + 1))
    inside[:, 0], inside[:, -1] = first, beyond
    middle = 0.5 * (solid[:, :-1] + solid[:, 1:])
    inside[:, 1:-1] = np.where(finite[:, 1:], middle, beyond[:, None])
    low = np.concatenate([np.full((len(knots), 1), -np.inf), knots], axis=1)
    high = np.concatenate([knots, np.full((len(knots), 1), np.inf)], axis=1)
    gaps, ats = accepts(inside), accepts(solid)
    found = {}
    for tail in Tail:
        gap = gaps[tail]
        at = (ats[tail] | gap[:, :-1] | gap[:, 1:]) & finite
        lows = low[np.concatenate([gap[:, :1], at & ~gap[:, :-1]], axis=1)]
        highs = high[np.concatenate([at & ~gap[:, 1:], gap[:, -1:]], axis=1)]
        with np.errstate(invalid="ignore"):
            wide = NUDGE * (1.0 + np.where(np.isfinite(lows), np.abs(lows), 0.0))
            high_wide = NUDGE * (1.0 + np.where(np.isfinite(highs), np.abs(highs), 0.0))
        found[tail] = Pieces(lows - wide, highs + high_wide)
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
