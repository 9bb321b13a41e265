"""Nearest people on a score, each of whom may be chosen again and again.

References
----------
Abadie and Imbens (2006), Large sample properties of matching estimators for average treatment
effects. *Econometrica* 74(1). doi:10.1111/j.1468-0262.2006.00655.x
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints
from impacteval.inference.score_patterns import Patterns


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Which patterns of comparators were chosen for which patterns of the served.

    Attributes
    ----------
    own : array of int, shape (U,)
        Patterns of the served that have comparators.
    matched : array, shape (U,)
        How many people of each were matched.
    start : array of int, shape (U + 1,)
        Where each begins among the patterns chosen.
    other : array of int, shape (E,)
        Patterns of comparators.
    taken : array, shape (E,)
        How many people of each were chosen.
    """

    own: Ints
    matched: Floats
    start: Ints
    other: Ints
    taken: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Seekers:
    """Where a search begins: a score in a stratum, between which patterns it stands."""

    score: Floats
    reach: Floats
    first: Ints
    last: Ints
    place: Ints

    @classmethod
    def of(cls, own: Patterns, other: Patterns) -> Seekers:
        """The patterns of one group among those of the other, shape (P,) each.

        ``place`` is the first pattern at or above, ``first`` and ``last`` the bounds of the stratum.
        """
        place = np.empty(own.count, dtype=np.int64)
        for t in range(len(own.bounds) - 1):
            a, b = own.bounds[t], own.bounds[t + 1]
            if b > a:
                low, high = other.bounds[t], other.bounds[t + 1]
                place[a:b] = low + np.searchsorted(other.score[low:high], own.score[a:b])
        inside = own.stratum
        return cls(own.score, own.reach, other.bounds[inside], other.bounds[inside + 1], place)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What a step outwards takes: for whom, which patterns, and how far they are."""

    who: Ints
    pattern: Ints
    distance: Floats


def steps(
    seekers: Seekers,
    other: Patterns,
    enough: Callable[[Ints, Floats], Bools],
    caliper: float | None,
    tolerance: float,
    *,
    over: int = 0,
) -> Iterator[Step]:
    """Go outwards from each score, one pattern at a time, or two that are equally near.

    Parameters
    ----------
    seekers : Seekers
    other : Patterns
    enough : callable
        Given who took and how many people each took in this step, who has enough.
    caliper : float or None
        How far apart ``reach`` may be.
    tolerance : float
        Distances that differ by less are equal.
    over : int
        How many patterns below ``place`` are passed over.
    """
    live = np.arange(len(seekers.score))
    left, right = seekers.place - 1 - over, seekers.place.copy()
    beyond = np.inf if caliper is None else caliper + tolerance
    while live.size:
        down, up = left[live], right[live]
        lower = _distance(seekers, other, live, down, beyond)
        upper = _distance(seekers, other, live, up, beyond)
        nearest = np.minimum(lower, upper)
        go = np.isfinite(nearest)
        live, lower, upper, nearest = live[go], lower[go], upper[go], nearest[go]
        down, up = down[go], up[go]
        a, b = lower <= nearest + tolerance, upper <= nearest + tolerance
        left[live[a]] -= 1
        right[live[b]] += 1
        yield Step(
            np.concatenate([live[a], live[b]]),
            np.concatenate([down[a], up[b]]),
            np.concatenate([lower[a], upper[b]]),
        )
        took = np.where(a, other.people[np.where(a, down, 0)], 0.0)
        took = took + np.where(b, other.people[np.where(b, up, 0)], 0.0)
        live = live[~enough(live, took)]


def _distance(seekers: Seekers, other: Patterns, live: Ints, at: Ints, beyond: float) -> Floats:
    inside = (at >= seekers.first[live]) & (at < seekers.last[live])
    here = np.where(inside, at, 0)
    if not other.count:
        return np.full(len(live), np.inf)
    inside &= np.abs(other.reach[here] - seekers.reach[live]) <= beyond
    return np.where(inside, np.abs(other.score[here] - seekers.score[live]), np.inf)


def nearest(
    own: Patterns,
    other: Patterns,
    *,
    ratio: int,
    caliper: float | None,
    ties: bool,
    tolerance: float,
) -> Choice:
    """The `ratio` nearest people of `other` for each pattern of `own`, with replacement.

    Parameters
    ----------
    own, other : Patterns
        The served and the comparators, of the same strata.
    ratio : int
        How many for each. Fewer where the caliper (or the stratum) leaves fewer.
    caliper : float or None
        How far apart ``reach`` may be.
    ties : bool
        Whether everyone at the distance of the last is taken. Without, those who are equally near
        share the places that are left, so that `ratio` people count, whatever their order.
    tolerance : float
        Distances that differ by less are equal.

    Returns
    -------
    Choice

    Examples
    --------
    >>> from impacteval.inference.score_patterns import patterns_of
    >>> score = np.array([0.5, 0.4, 0.6, 0.9])
    >>> served = np.array([True, False, False, False])
    >>> own, other = (
    ...     patterns_of(group, score, score, np.ones(4), None, 1, 1e-12) for group in (served, ~served)
    ... )
    >>> for ties in (True, False):
    ...     found = nearest(own, other, ratio=1, caliper=None, ties=ties, tolerance=1e-12)
    ...     print(found.other.tolist(), found.taken.tolist())
    [0, 1] [1.0, 1.0]
    [0, 1] [0.5, 0.5]
    """
    seekers = Seekers.of(own, other)
    had = np.zeros(own.count)
    share: list[Floats] = []

    def enough(live: Ints, took: Floats) -> Bools:
        before = had[live]
        had[live] += took
        if not ties:
            left = np.ones(own.count)
            left[live] = np.minimum(1.0, (ratio - before) / took)
            share.append(left)
        return had[live] >= ratio

    found = list(steps(seekers, other, enough, caliper, tolerance))
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return Choice(empty, np.zeros(0), np.zeros(1, dtype=np.int64), empty, np.zeros(0))
    who = np.concatenate([step.who for step in found])
    pattern = np.concatenate([step.pattern for step in found])
    taken = other.people[pattern]
    if not ties:
        part = np.concatenate([s[step.who] for s, step in zip(share, found, strict=True)])
        taken = taken * part
    order = np.lexsort((pattern, who))
    who, pattern, taken = who[order], pattern[order], taken[order]
    rows = np.flatnonzero(np.bincount(who, minlength=own.count))
    start = np.append(np.searchsorted(who, rows), len(who)).astype(np.int64)
    return Choice(rows, own.people[rows], start, pattern, taken)


def residuals_around(
    group: Patterns,
    counts: Floats,
    copies: Floats,
    rows: Ints,
    values: Floats,
    *,
    neighbours: int,
    tolerance: float,
) -> Floats:
    r"""Residuals around the nearest people of the same group, which estimate the variance.

    Parameters
    ----------
    group : Patterns
        The group.
    counts : array, shape (n,)
        What each row counts for.
    copies : array, shape (n,)
        Identical people behind each row; they are neighbours of each other.
    rows : array of int, shape (m,)
        Whose residuals: rows of the group.
    values : array, shape (n,)
        The variable.
    neighbours : int
        How many, at least; ties at the last distance are all taken.
    tolerance : float

    Returns
    -------
    array, shape (n,)
        ``(value - mean of neighbours) / sqrt(1 + sum of squares of their weights)``, which for J
        neighbours is sqrt(J / (J + 1)) times the distance; zero elsewhere, NaN for who has nobody.
    """
    place = np.full(len(values), -1, dtype=np.int64)
    place[group.rows] = group.of
    own = np.unique(place[rows])
    # Of each pattern in question: sums over its people, then outwards over others.
    one = counts / copies
    total, weight = group.sums(counts * values), group.sums(counts)
    square = group.sums(copies * one**2)
    sum_v, sum_w, sum_s = total[own].copy(), weight[own].copy(), square[own].copy()
    back = np.full(group.count, -1, dtype=np.int64)
    back[own] = np.arange(len(own))
    t = group.stratum[own]
    have = group.people[own] - 1.0
    # Who has enough in their own pattern takes nobody else.
    wanting = np.flatnonzero(have < neighbours)
    seekers = Seekers(
        group.score[own[wanting]],
        group.reach[own[wanting]],
        group.bounds[t[wanting]],
        group.bounds[t[wanting] + 1],
        own[wanting] + 1,
    )
    for step in _around(seekers, group, have[wanting], neighbours, tolerance):
        at = wanting[step.who]
        np.add.at(sum_v, at, total[step.pattern])
        np.add.at(sum_w, at, weight[step.pattern])
        np.add.at(sum_s, at, square[step.pattern])
    k = back[place[rows]]
    out = np.zeros(len(values))
    w = sum_w[k] - one[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (sum_v[k] - one[rows] * values[rows]) / w
        spread = (sum_s[k] - one[rows] ** 2) / w**2
        found = (values[rows] - mean) / np.sqrt(1.0 + spread)
    lonely = w <= 1e-9 * one[rows]
    out[rows] = np.where(lonely, np.nan, found)
    return out


def _around(
    seekers: Seekers, group: Patterns, have: Floats, neighbours: int, tolerance: float
) -> Iterator[Step]:
    held = have.copy()

    def enough(live: Ints, took: Floats) -> Bools:
        held[live] += took
        return held[live] >= neighbours

    # Their own pattern stands just below their place.
    return steps(seekers, group, enough, None, tolerance, over=1)
