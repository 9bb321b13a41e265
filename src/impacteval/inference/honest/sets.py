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

_LOOKS = 64
"""Effects looked at in each polyhedron between what surely is outside and what surely is inside,
and between two turns at least `_LEAST`."""
_LEAST = 16
_CUTS = 16
_FLAT = 1e-12
"""Slopes nearer to each other than this share of the steepest are one."""
_LARGE = 12.0
"""A value so many standard deviations above zero is rejected, unless another is about to rule."""
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
    turns = _turns(test.values)
    outer_low, outer_high = _outer(test, turns, unit)
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
    low = _first(test, turns, outer_low, inner_low, some, none=np.inf)
    high = _first(test, turns, outer_high, inner_high, some, none=-np.inf)
    return float(low.min()), float(high.max())


def _between(values: Values, most: Floats) -> tuple[Floats, Floats]:
    """Effects at which no value exceeds `most`, by polyhedron, shapes (p,) twice."""
    with np.errstate(divide="ignore", invalid="ignore"):
        edge = (values.centre - most[:, None]) / values.slope
    low = np.where(values.slope > 0.0, edge, -np.inf).max(axis=1)
    high = np.where(values.slope < 0.0, edge, np.inf).min(axis=1)
    barred = ((values.slope == 0.0) & (values.centre > most[:, None])).any(axis=1)
    return np.where(barred, np.inf, low), np.where(barred, -np.inf, high)


def _turns(values: Values) -> Floats:
    """Effects at which another value becomes the largest, by polyhedron, shape (p, t).

    There two values compete, the conditional test has next to no power, and a small piece of the
    set may lie far from the rest. Where fewer turns are left, the last one stands again.
    """
    slope, centre = values.slope, values.centre
    rows = np.arange(len(centre))
    # Far to the left the steepest falling value is the largest; of equal slopes the higher one.
    steepest = slope.max(axis=1, keepdims=True)
    best = np.where(slope == steepest, centre, -np.inf).argmax(axis=1)
    found: list[Floats] = []
    for _ in range(slope.shape[1]):
        fall = slope[rows, best][:, None] - slope
        with np.errstate(divide="ignore", invalid="ignore"):
            cross = (centre[rows, best][:, None] - centre) / fall
        cross = np.where(fall > _FLAT * np.abs(steepest), cross, np.inf)
        at = cross.min(axis=1)
        ahead = np.isfinite(at)
        if not ahead.any():
            break
        # Of those that take over at one effect, the flattest goes on.
        ties = cross <= at[:, None] + _FLAT * np.abs(at)[:, None]
        following = np.where(ties, -slope, -np.inf).argmax(axis=1)
        best = np.where(ahead, following, best)
        last = found[-1] if found else np.zeros(len(rows))
        found.append(np.where(ahead, at, last))
    return np.stack(found, axis=1) if found else np.zeros((len(rows), 1))


def _outer(test: Test, turns: Floats, unit: float) -> tuple[Floats, Floats]:
    """Effects beyond which every one is rejected, by polyhedron, shapes (p,) twice."""
    if np.isfinite(test.critical).all():
        return _between(test.values, test.critical)
    # Without a first stage: beyond the last turn one value rules. Once it is large it rejects; right
    # behind a turn it need not, nor need it be accepted there.
    large = _between(_sloped(test.values), np.full(len(turns), _LARGE))
    found = []
    ends_of = (
        (-1.0, np.minimum(turns.min(axis=1), large[0])),
        (1.0, np.maximum(turns.max(axis=1), large[1])),
    )
    for sign, last in ends_of:
        turn = np.where(np.isfinite(last), last, 0.0)
        step = np.full(len(turn), unit)
        falling = (sign * test.values.slope < 0.0).any(axis=1)
        for _ in range(60):
            taken = test.accepts((turn + sign * step)[:, None])[:, 0]
            if not (taken & falling).any():
                break
            step = np.where(taken, 2.0 * step, step)
        found.append(np.where(falling, turn + sign * step, sign * np.inf))
    return found[0], found[1]


def _first(
    test: Test, turns: Floats, outer: Floats, inner: Floats, some: NDArray[np.bool_], *, none: float
) -> Floats:
    """First accepted effect on the way from `outer` to `inner`, by polyhedron, shape (p,).

    `none` where none is accepted, the outer end itself where it is infinite.
    """
    free = some & ~np.isfinite(outer)
    there = np.isfinite(outer) & np.isfinite(inner) & some
    start, stop = np.where(there, outer, 0.0), np.where(there, inner, 0.0)
    scale = np.maximum(np.abs(start), np.abs(stop)).max() + np.abs(stop - start).max()
    low, high = np.minimum(start, stop)[:, None], np.maximum(start, stop)[:, None]
    away = np.where(start <= stop, 1.0, -1.0)[:, None]
    knots = np.column_stack([start, np.clip(turns, low, high), stop])
    knots = away * np.sort(away * knots, axis=1)
    # As many looks between two turns, however near they are, and more of them near a turn: right
    # there the test rejects everything or nothing.
    looks = max(_LOOKS // knots.shape[1], _LEAST)
    share = 0.5 - 0.5 * np.cos(np.pi * np.arange(looks) / looks)
    steps = knots[:, :-1, None] + np.diff(knots, axis=1)[:, :, None] * share
    theta = np.column_stack([steps.reshape(len(knots), -1), stop])
    rows = np.arange(len(outer))
    found = there
    for _ in range(14):
        taken = test.accepts(theta)
        first = taken.argmax(axis=1)
        found = np.asarray(taken.any(axis=1))
        stop = theta[rows, first]
        start = np.where(found, theta[rows, np.maximum(first - 1, 0)], stop)
        if (np.abs(stop - start) <= _DIGITS * scale).all():
            break
        theta = _evenly(start, stop, _CUTS)
    return np.where(free, outer, np.where(found & there, stop, none))


def _evenly(start: Floats, stop: Floats, cuts: int) -> Floats:
    """Effects in equal steps from `start` to `stop`, both exactly, shape (p, cuts + 1)."""
    found: Floats = start[:, None] + (stop - start)[:, None] * np.linspace(0.0, 1.0, cuts + 1)
    found[:, -1] = stop
    return found


def _sloped(values: Values) -> Values:
    """The values that fall or rise with the effect; the others are set to what never binds."""
    return Values(np.where(values.slope == 0.0, -np.inf, values.centre), values.slope, values.loads)
