"""Nearest people on a score, each of whom is chosen once: greedy, from the highest score down.

Who is hardest to match (the likeliest to be served, whom few comparators resemble) chooses first.
With several comparators each, everyone chooses one, then everyone chooses a second one, and so on.

References
----------
Rosenbaum and Rubin (1985), Constructing a control group using multivariate matched sampling methods
that incorporate the propensity score. *The American Statistician* 39(1). doi:10.2307/2683903
Austin (2014), A comparison of 12 algorithms for matching on the propensity score. *Statistics in
Medicine* 33(6). doi:10.1002/sim.6004
"""

from __future__ import annotations

import math

import numpy as np

from impacteval.inference.score_nearest import Choice, Seekers
from impacteval.inference.score_patterns import Patterns


def greedy(
    own: Patterns,
    other: Patterns,
    *,
    ratio: int,
    caliper: float | None,
    tolerance: float,
) -> Choice:
    """Up to `ratio` people of `other` for each person of `own`, nobody chosen twice.

    Parameters
    ----------
    own, other : Patterns
        The served and the comparators, of the same strata.
    ratio : int
        How many for each at most.
    caliper : float or None
        How far apart ``reach`` may be.
    tolerance : float
        Distances that differ by less are equal; of two equally near, the higher score is taken.

    Returns
    -------
    Choice
        People of one pattern choose together, and stand for each other: where two of three were
        matched, ``matched`` is 2 and none of the three is told from the others.

    Notes
    -----
    A pattern that is used up points to its neighbours, and pointers are shortened as they are
    followed: time is nearly linear in the number of those served, and of memory only what was used
    up takes more than the arrays themselves.

    Examples
    --------
    0.6 chooses before 0.5, and takes 0.55:

    >>> from impacteval.inference.score_patterns import patterns_of
    >>> score = np.array([0.5, 0.6, 0.55, 0.3])
    >>> served = np.array([True, True, False, False])
    >>> own, other = (
    ...     patterns_of(group, score, score, np.ones(4), None, 1, 1e-12) for group in (served, ~served)
    ... )
    >>> found = greedy(own, other, ratio=1, caliper=None, tolerance=1e-12)
    >>> found.own.tolist(), found.other.tolist()
    ([0, 1], [0, 1])
    """
    seekers = Seekers.of(own, other)
    order = np.argsort(-own.score, kind="stable").tolist()
    score, reach = own.score.data, own.reach.data
    first, last = seekers.first.tolist(), seekers.last.tolist()
    above = seekers.place.tolist()
    below = (seekers.place - 1).tolist()
    wanted = own.people.tolist()
    there, there_reach = other.score.data, other.reach.data
    room = other.people.copy().data
    beyond = math.inf if caliper is None else caliper + tolerance
    up: dict[int, int] = {}
    down: dict[int, int] = {}
    matched = [0.0] * own.count
    who: list[int] = []
    pattern: list[int] = []
    taken: list[float] = []
    for turn in range(ratio):
        still: list[int] = []
        for p in order:
            s, r, low, high = score[p], reach[p], first[p], last[p]
            want = wanted[p]
            got = 0.0
            while got < want:
                a, b = _free(down, below[p]), _free(up, above[p])
                below[p], above[p] = a, b
                lower = s - there[a] if a >= low and r - there_reach[a] <= beyond else math.inf
                upper = there[b] - s if b < high and there_reach[b] - r <= beyond else math.inf
                if upper <= lower + tolerance:
                    if upper == math.inf:
                        break
                    c = b
                elif lower == math.inf:
                    break
                else:
                    c = a
                part = min(want - got, room[c])
                got += part
                room[c] -= part
                who.append(p)
                pattern.append(c)
                taken.append(part)
                if room[c] <= 0.0:
                    up[c], down[c] = c + 1, c - 1
            if turn == 0:
                matched[p] = got
            if got == want:  # who found too few has used up all within reach
                still.append(p)
        order = still
        if not order:
            break
    return _merged(own, other, matched, who, pattern, taken)


def _free(pointers: dict[int, int], at: int) -> int:
    """The first pattern from `at` on, along the pointers, that has room; pointers are shortened."""
    end = pointers.get(at)
    if end is None:
        return at
    passed = [at]
    while True:
        further = pointers.get(end)
        if further is None:
            break
        passed.append(end)
        end = further
    for each in passed:
        pointers[each] = end
    return end


def _merged(
    own: Patterns,
    other: Patterns,
    matched: list[float],
    who: list[int],
    pattern: list[int],
    taken: list[float],
) -> Choice:
    """One entry a pair of patterns, in the order of both."""
    w, o = np.array(who, dtype=np.int64), np.array(pattern, dtype=np.int64)
    t = np.array(taken, dtype=np.float64)
    order = np.lexsort((o, w))
    w, o, t = w[order], o[order], t[order]
    new = np.ones(len(w), dtype=bool)
    new[1:] = (w[1:] != w[:-1]) | (o[1:] != o[:-1])
    firsts = np.flatnonzero(new)
    if not len(firsts):
        empty = np.zeros(0, dtype=np.int64)
        return Choice(empty, np.zeros(0), np.zeros(1, dtype=np.int64), empty, np.zeros(0))
    w, o, t = w[firsts], o[firsts], np.add.reduceat(t, firsts)
    rows = np.flatnonzero(np.bincount(w, minlength=own.count))
    start = np.append(np.searchsorted(w, rows), len(w)).astype(np.int64)
    return Choice(rows, np.array(matched)[rows], start, o, t)
