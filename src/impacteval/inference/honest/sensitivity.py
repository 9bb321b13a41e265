r"""Sensitivity of an effect to violations of parallel trends: sets, and where a statement breaks.

References
----------
Rambachan and Roth (2023), A more credible approach to parallel trends. *Review of Economic
Studies* 90(5). doi:10.1093/restud/rdad018
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from impacteval.inference._arrays import Floats
from impacteval.inference.honest.conditional import Method as ConditionalMethod
from impacteval.inference.honest.conditional import Test
from impacteval.inference.honest.fixed_length import Frontier
from impacteval.inference.honest.moments import Moments, Side
from impacteval.inference.honest.restrictions import Restriction
from impacteval.inference.honest.sets import RobustSet, ends

Method = Literal["c-lf", "conditional", "flci"]

_LARGEST = 2.0**40
"""A violation so many times the unit is beyond every limit: the statement never breaks down."""
_LOOKS = 12
"""Sizes looked at below the first at which a statement breaks, in case it broke earlier."""


@dataclass(frozen=True)
class Sensitivity:
    r"""An effect of an event study under one restriction on the difference in trends.

    Parameters
    ----------
    effects : array, shape (k,)
        Effects by event time, in order, without the reference period.
    covariance : array, shape (k, k)
        Of the effects, taken as normal.
    before : int
        Number of effects before the reference period.
    weights : array, shape (k - before,)
        The effect asked about is the sum of these times the later effects.
    restriction : Restriction
    level : float
        Of the sets; in a one-sided set, of its one side.
    side : {"two", "lower", "upper"}
        "lower" gives sets [L, inf), "upper" (-inf, U].
    method : {"c-lf", "conditional", "flci"}, optional
        - `c-lf`: the conditional test with a least favourable first stage, the default.
        - `conditional`: the conditional test alone.
        - `flci`: an interval of fixed length, the default, and only possible, for smoothness
          without sign or direction.
    past : bool
        Whether restrictions on the past alone take part in conditional tests.

    Examples
    --------
    Two years before and two after; the mean effect is 1 with a standard error of about 0.2.

    >>> study = Sensitivity(
    ...     np.array([0.1, -0.1, 1.0, 1.0]), np.eye(4) * 0.05, 2, np.array([0.5, 0.5]),
    ...     Restriction("relative_magnitudes"),
    ... )
    >>> found = study.at(0.0)
    >>> round(found.low, 2), round(found.high, 2)
    (0.69, 1.31)
    >>> study.at(1.0).low < 0.0
    True
    >>> round(study.breakdown(0.0), 2)
    0.87
    """

    effects: Floats
    covariance: Floats
    before: int
    weights: Floats
    restriction: Restriction
    level: float = 0.95
    side: Side = "two"
    method: Method | None = None
    past: bool = False

    def __post_init__(self) -> None:
        for name in ("effects", "covariance", "weights"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        k, after = len(self.effects), len(self.effects) - self.before
        if self.covariance.shape != (k, k) or self.weights.shape != (after,):
            raise ValueError(
                f"{k} effects, {self.before} of them before the reference period, need a covariance "
                f"matrix of shape {(k, k)} and {after} weights."
            )
        if not (np.isfinite(self.effects).all() and np.isfinite(self.covariance).all()):
            raise ValueError("Effects and their covariance matrix are finite.")
        if not (np.isfinite(self.weights).all() and (self.weights != 0.0).any()):
            raise ValueError("Weights are finite and not all zero.")
        if not 0.5 < self.level < 1.0:
            raise ValueError(f"A level lies between 0.5 and 1, not at {self.level}.")
        straight = self.restriction == Restriction("smoothness")
        if self.method is None:
            object.__setattr__(self, "method", "flci" if straight else "c-lf")
        elif self.method == "flci" and not straight:
            raise ValueError("Intervals of fixed length are for smoothness alone.")
        if self._smallest_variance() <= 0.0:
            raise ValueError(
                "A move of the effects has no variance: there is nothing to test with."
            )

    def at(self, m: float) -> RobustSet:
        """Return the set of effects that cannot be ruled out when violations go up to `m`.

        Parameters
        ----------
        m : float
            Times the largest move before (relative magnitudes), or the outcome's unit a period
            squared (smoothness).

        Returns
        -------
        RobustSet
        """
        if not (m >= 0.0 and math.isfinite(m)):
            raise ValueError(f"A violation is a finite number from 0 on, not {m}.")
        if self.method == "flci":
            combination, half = self._frontier.shortest(m, 1.0 - self.level, self.side)
            centre = float(combination @ self.effects)
            low = -math.inf if self.side == "upper" else centre - half
            high = math.inf if self.side == "lower" else centre + half
            return RobustSet(m, low, high)
        return RobustSet(m, *ends(self._test(m), self._moments.unit))

    def breakdown(self, at: float) -> float | None:
        """Find the largest violation up to which `at` stays outside the set.

        Parameters
        ----------
        at : float
            An effect, such as what a payment asks for.

        Returns
        -------
        float or None
            None when `at` is inside already without any violation; infinite when it stays
            outside whatever the violation. Below the number, `at` is outside at every size.
        """
        first = self.at(0.0)
        if first.holds(at) or first.empty:
            return None
        above = at < first.low

        def outside(m: float) -> bool:
            found = self.at(m)
            return not found.empty and (at < found.low if above else at > found.high)

        gap = self._gap(at, above=above)
        reach = 1.0 if self.restriction.kind != "smoothness" else self._unit
        good = 0.0
        while gap(reach) > 0.0:
            good, reach = reach, 2.0 * reach
            if reach > _LARGEST * max(self._unit, 1.0):
                return math.inf
        # Sets need not grow at every step: the first size at which `at` comes in counts.
        looks = np.linspace(0.0, reach, _LOOKS + 1)[1:-1]
        inside = [m for m in looks if gap(float(m)) <= 0.0]
        if inside:
            reach = float(min(inside))
            good = max([0.0, *(float(m) for m in looks if m < reach)])
        found = _root(gap, good, reach)
        # The set is wider than what is accepted at its edge when it has holes.
        if outside(found * (1.0 - 1e-7)):
            return found
        return _bisect(outside, 0.0, found)

    def _gap(self, at: float, *, above: bool) -> Callable[[float], float]:
        """A function of the size that is positive while `at` is outside."""
        if self.method == "flci":

            def distance(m: float) -> float:
                found = self.at(m)
                return found.low - at if above else at - found.high

            return distance

        def rejected(m: float) -> float:
            test = self._test(m)
            theta = np.full((len(test.critical), 1), at)
            return test.size - float(test.p_values(theta).max())

        return rejected

    def _test(self, m: float) -> Test:
        method: ConditionalMethod = "conditional" if self.method == "conditional" else "c-lf"
        return Test.of(self._moments, m, 1.0 - self.level, method)

    @cached_property
    def _moments(self) -> Moments:
        return Moments.of(
            self.restriction,
            self.effects,
            self.covariance,
            self.before,
            self.weights,
            side=self.side,
            past=self.past,
        )

    @cached_property
    def _frontier(self) -> Frontier:
        self.restriction.pieces(self.before, len(self.weights))  # enough periods, or an error
        return Frontier.of(self.covariance, self.before, self.weights)

    @cached_property
    def _unit(self) -> float:
        later = self.covariance[self.before :, self.before :]
        return float(np.sqrt(self.weights @ later @ self.weights))

    def _smallest_variance(self) -> float:
        """Variance of what varies least among the rows that a test uses."""
        pieces = self.restriction.pieces(self.before, len(self.weights)).of_later_periods()
        rows = pieces.base[0]
        variances = np.einsum("nk,kl,nl->n", rows, self.covariance, rows)
        return float(variances.min() - 1e-14 * np.abs(self.covariance).max())


def _root(gap: Callable[[float], float], good: float, bad: float) -> float:
    """Where the gap closes, between a size at which it is open and one at which it is not."""
    from scipy.optimize import brentq

    if gap(good) <= 0.0:
        return good
    return float(brentq(gap, good, bad, xtol=1e-12 * bad, rtol=1e-12))


def _bisect(outside: Callable[[float], bool], good: float, bad: float) -> float:
    """Largest size up to which a statement holds, when only yes or no can be asked."""
    for _ in range(40):
        middle = 0.5 * (good + bad)
        good, bad = (middle, bad) if outside(middle) else (good, middle)
    return good
