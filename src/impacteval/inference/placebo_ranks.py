"""Ranks of placebo statistics as functions of the null: ratios of mean squares, without a grid.

Under a null every placebo's outcomes move by known multiples of it, so that a mean square of its
gaps is a parabola in the null and the places where two of them cross are roots of a quadratic.

References
----------
Abadie, Diamond and Hainmueller (2010), Synthetic control methods for comparative case studies.
*Journal of the American Statistical Association* 105(490). doi:10.1198/jasa.2009.ap08746
Firpo and Possebom (2018), Synthetic control method: inference, sensitivity analysis and confidence
sets. *Journal of Causal Inference* 6(2). doi:10.1515/jci-2016-0026
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates.inversion import StepFunction
from impacteval.inference.inverted import Pieces, Statistics, step_function
from impacteval.values import Tail

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Squared ratios this close, relative to their size, are the same number computed in another order;
# they count as ties, in favour of the null.
TIE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboGaps:
    """Gaps of the realised assignment and of placebos after and before the service.

    Attributes
    ----------
    own : tuple of (array of shape (e,), array of shape (e,), float)
        Gaps of the realised one when no effect is taken out; by how much they fall when an effect
        of one is; root mean square of its gaps from before, positive.
    level, slope : array, shape (k, e)
        The same of all assignments that are compared.
    before : array, shape (k,)
        The same; zero for one that is met exactly, whose ratio is infinite.
    share : array, shape (e,)
        What each gap counts for in the mean effect; sum one.
    """

    own: tuple[Floats, Floats, float]
    level: Floats
    slope: Floats
    before: Floats
    share: Floats

    @property
    def centre(self) -> float:
        """The null at which the mean gap of the realised assignment is zero."""
        level, slope, _ = self.own
        return float(self.share @ level) / float(self.share @ slope)

    @property
    def endless(self) -> int:
        """How many assignments have an infinite ratio."""
        return int((self.before == 0.0).sum())

    def ratio(self, *, always: int = 0) -> StepFunction:
        """p-value of the root mean square after the service over that from before.

        Parameters
        ----------
        always : int
            Assignments that count besides, everywhere: the realised one where it is not among
            those compared.

        Examples
        --------
        One placebo whose gap is 1 against a realised gap of 3, both with a miss of 1 before:

        >>> one = np.ones(1)
        >>> gaps = PlaceboGaps(
        ...     (3.0 * one, one, 1.0), np.array([[1.0]]), np.array([[0.0]]), one, one
        ... )
        >>> p = gaps.ratio(always=1)
        >>> p(0.0), p(2.5), p.knots.round(9).tolist()
        (0.5, 1.0, [2.0, 4.0])
        """
        centre = self.centre
        held = self.before > 0.0
        level, slope, before = self.own
        own = _parabola(level - centre * slope, slope, before, self.share)
        # In the unit in which the realised statistic is of the order of one.
        unit = float(np.sqrt((own[0] + 1.0) / own[2]))
        others = _parabola(
            self.level[held] - centre * self.slope[held],
            self.slope[held],
            self.before[held],
            self.share,
        )
        theirs = np.stack([other * unit**k for k, other in enumerate(others)])
        mine = np.stack([one * unit**k for k, one in enumerate(own)])[:, None]
        apart = (1.0 + TIE) * theirs - (1.0 - TIE) * mine
        # The realised one itself, where it is among them, counts at every null.
        same = (np.abs(theirs - mine) <= TIE * (np.abs(mine) + 1.0)).all(axis=0)
        apart[:, same] = 0.0
        found = not_negative(*apart)
        pieces = Pieces(centre + unit * found.low, centre + unit * found.high)
        total = len(self.before) + always
        return step_function(pieces, always=always + self.endless, total=total)

    def signed(self, *, always: int = 0) -> dict[Tail, StepFunction]:
        """p-values of the mean gap after the service over the root mean square from before."""
        centre = self.centre
        held = self.before > 0.0
        _, slope, before = self.own
        unit = before / float(self.share @ slope)
        away = (self.level[held] - centre * self.slope[held]) @ self.share / self.before[held]
        steep = self.slope[held] @ self.share / self.before[held] * unit
        total = len(self.before) + always
        found = Statistics(1.0, None, away, steep, None).pieces()
        return {
            tail: step_function(
                Pieces(centre + unit * pieces.low, centre + unit * pieces.high),
                always=always + self.endless,
                total=total,
            )
            for tail, pieces in found.items()
        }


def _parabola(level: Floats, slope: Floats, before: Floats | float, share: Floats) -> list[Floats]:
    """Coefficients a, b and c of ``sum share (level - x slope)^2 / before^2 = a - 2 b x + c x^2``."""
    square = np.asarray(before) ** 2
    return [(product @ share) / square for product in (level**2, level * slope, slope**2)]


def not_negative(a: Floats, b: Floats, c: Floats) -> Pieces:
    """Where ``a - 2 b x + c x^2`` is not negative.

    Parameters
    ----------
    a, b, c : array, shape (k,)

    Returns
    -------
    Pieces
        Up to two closed intervals for each, possibly without an end.

    Examples
    --------
    >>> found = not_negative(np.array([1.0, -4.0]), np.array([0.0, 0.0]), np.array([-1.0, 1.0]))
    >>> found.low.tolist(), found.high.tolist()
    ([-1.0, -inf, 2.0], [1.0, -2.0, inf])
    """
    inside = b * b - a * c
    with np.errstate(all="ignore"):
        far = b + np.copysign(np.sqrt(np.maximum(inside, 0.0)), b)
        roots = np.stack([far / c, a / far])
        # With b = 0 and a = 0 both are at zero.
        roots = np.where((far == 0.0) & (c != 0.0), 0.0, roots)
        first, last = roots.min(axis=0), roots.max(axis=0)
        line = a / (2.0 * b)
    cut = inside >= 0.0
    between = (c < 0.0) & cut
    # Both sides of a double root are one piece.
    outside = (c > 0.0) & cut & (first < last)
    every = ((c > 0.0) & ~outside) | ((c == 0.0) & (b == 0.0) & (a >= 0.0))
    below, above = (c == 0.0) & (b > 0.0), (c == 0.0) & (b < 0.0)

    def ends(n: NDArray[np.bool_], value: float) -> Floats:
        return np.full(int(n.sum()), value)

    low = [first[between], ends(every, -np.inf), ends(outside, -np.inf), last[outside]]
    high = [last[between], ends(every, np.inf), first[outside], ends(outside, np.inf)]
    low += [ends(below, -np.inf), line[above]]
    high += [line[below], ends(above, np.inf)]
    lows, highs = np.concatenate(low), np.concatenate(high)
    # A root too far away to be written down is no root.
    real = (lows < np.inf) & (highs > -np.inf)
    return Pieces(lows[real], highs[real])
