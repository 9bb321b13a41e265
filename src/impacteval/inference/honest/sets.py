r"""Sets of effects that hold under a restriction, their ends, and where a statement breaks down.

An effect belongs to the set when the test does not reject it in at least one polyhedron. The ends
are found by bisection to ten digits, not on a grid; the breakdown value is a root in the size of
the violation. There is no shortcut here that widens an estimated identified set by some standard
errors: it does not cover what it promises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import Floats
from impacteval.inference.honest.conditional import Test
from impacteval.inference.honest.moments import Values

_LOOKS = 48
"""Effects looked at in each polyhedron between what surely is outside and what surely is inside."""
_CUTS = 16
_FAR = 40.0
"""A value so many standard deviations below zero plays no part."""
_DIGITS = 1e-11


@dataclass(frozen=True, slots=True)
class RobustSet:
    """Effects that cannot be ruled out when violations go up to `m`.

    Attributes
    ----------
    m : float
        How far the difference in trends may go, in the unit of its restriction.
    low, high : float
        Ends of the smallest interval that holds the set. The set is empty, and the restriction
        itself refuted, when `low` exceeds `high`.
    """

    m: float
    low: float
    high: float

    @property
    def empty(self) -> bool:
        """Whether no effect at all is consistent with the restriction."""
        return self.low > self.high

    def holds(self, effect: float) -> bool:
        """Whether an effect lies between the ends."""
        return self.low <= effect <= self.high


def ends(test: Test, unit: float) -> tuple[float, float]:
    """Smallest and largest effect that a test does not reject.

    Parameters
    ----------
    test : Test
    unit : float
        Standard error of the estimate: what a small step is.

    Returns
    -------
    low, high : float
        Infinite where the test is one-sided; low above high when every effect is rejected.
    """
    outer_low, outer_high = _outer(test, unit)
    some = outer_low <= outer_high
    if not some.any():
        return np.inf, -np.inf
    inner_low, inner_high = _between(test.values, np.zeros(len(some)))
    # Where some value is positive at every effect: look up to where only such values are left.
    far_low, far_high = _between(_sloped(test.values), np.full(len(some), -_FAR))
    nowhere = inner_low > inner_high
    inner_low = np.where(nowhere, np.where(np.isfinite(outer_high), outer_high, far_low), inner_low)
    inner_high = np.where(
        nowhere, np.where(np.isfinite(outer_low), outer_low, far_high), inner_high
    )
    low = _first(test, outer_low, inner_low, some, none=np.inf)
    high = _first(test, outer_high, inner_high, some, none=-np.inf)
    return float(low.min()), float(high.max())


def _between(values: Values, most: Floats) -> tuple[Floats, Floats]:
    """Effects at which no value exceeds `most`, by polyhedron, shapes (p,) twice."""
    with np.errstate(divide="ignore", invalid="ignore"):
        edge = (values.centre - most[:, None]) / values.slope
    low = np.where(values.slope > 0.0, edge, -np.inf).max(axis=1)
    high = np.where(values.slope < 0.0, edge, np.inf).min(axis=1)
    barred = ((values.slope == 0.0) & (values.centre > most[:, None])).any(axis=1)
    return np.where(barred, np.inf, low), np.where(barred, -np.inf, high)


def _outer(test: Test, unit: float) -> tuple[Floats, Floats]:
    """Effects beyond which every one is rejected, by polyhedron, shapes (p,) twice."""
    if np.isfinite(test.critical).all():
        return _between(test.values, test.critical)
    # Without a first stage: go out until twice in a row everything is rejected.
    level = np.where(test.values.slope == 0.0, test.values.centre, 0.0)
    start = 4.0 + 2.0 * np.maximum(level.max(axis=1), 0.0)
    for _ in range(60):
        low, high = _between(test.values, start)
        probe = np.stack([low, low - unit, high, high + unit], axis=1)
        there = np.isfinite(probe)
        taken = test.accepts(np.where(there, probe, 0.0)) & there
        if not taken.any():
            break
        start = np.where(taken.any(axis=1), 2.0 * start, start)
    return low, high


def _sloped(values: Values) -> Values:
    """The values that fall or rise with the effect; the others are set to what never binds."""
    return Values(np.where(values.slope == 0.0, -np.inf, values.centre), values.slope, values.loads)


def _first(
    test: Test, outer: Floats, inner: Floats, some: NDArray[np.bool_], *, none: float
) -> Floats:
    """First accepted effect on the way from `outer` to `inner`, by polyhedron, shape (p,).

    `none` where none is accepted, the outer end itself where it is infinite.
    """
    free = some & ~np.isfinite(outer)
    start = np.where(np.isfinite(outer) & np.isfinite(inner) & some, outer, 0.0)
    stop = np.where(np.isfinite(outer) & np.isfinite(inner) & some, inner, 0.0)
    cuts = _LOOKS
    found = np.zeros(len(outer), dtype=np.bool_)
    scale = np.maximum(np.abs(start), np.abs(stop)).max() + np.abs(stop - start).max()
    for _ in range(12):
        share = np.linspace(0.0, 1.0, cuts + 1)
        theta = start[:, None] + (stop - start)[:, None] * share
        theta[:, -1] = stop
        taken = test.accepts(theta)
        first = taken.argmax(axis=1)
        found = taken.any(axis=1)
        rows = np.arange(len(outer))
        stop = theta[rows, first]
        start = np.where(found, theta[rows, np.maximum(first - 1, 0)], stop)
        cuts = _CUTS
        if (np.abs(stop - start) <= _DIGITS * scale).all():
            break
    return np.where(free, outer, np.where(found & some, stop, none))
