"""People by score: who is interchangeable, and in what order they stand.

Identical people get scores that differ in the last digit, by the order in which sums were formed.
Taken at face value such digits decide who is compared with whom. Here scores within a tolerance are
one pattern, patterns stand in the order of the score, and whatever is chosen is chosen among
patterns: neither names nor rows can matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints, lexical_order

TOLERANCE = 1e-12
"""Scores, and distances, that differ by less are the same (times the largest score above one)."""


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """People of one group in the order of stratum and score, alike together.

    Attributes
    ----------
    rows : array of int, shape (n,)
        Their rows, pattern by pattern.
    start : array of int, shape (P + 1,)
        Where each pattern begins among `rows`.
    score : array, shape (P,)
        What distances are taken of: the smallest of a pattern.
    reach : array, shape (P,)
        What calipers are held against; increases with `score`.
    people : array, shape (P,)
        How many there are, copies counted.
    bounds : array of int, shape (T + 1,)
        First pattern of each stratum, and the end.
    """

    rows: Ints
    start: Ints
    score: Floats
    reach: Floats
    people: Floats
    bounds: Ints

    @property
    def count(self) -> int:
        """Patterns."""
        return len(self.score)

    @property
    def stratum(self) -> Ints:
        """Stratum of each pattern, shape (P,)."""
        return np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))

    @property
    def of(self) -> Ints:
        """Pattern of each of `rows`."""
        return np.repeat(np.arange(self.count), np.diff(self.start))

    def sums(self, values: Floats) -> Floats:
        """Sum of `values`, one a row of the data, over each pattern, shape (P,)."""
        if not self.count:
            return np.zeros(0)
        return np.add.reduceat(values[self.rows], self.start[:-1]).astype(np.float64)


def tolerance_of(score: Floats) -> float:
    """How far apart equal scores may be."""
    return TOLERANCE * max(1.0, float(np.abs(score).max(initial=0.0)))


def patterns_of(
    inside: Bools,
    score: Floats,
    reach: Floats,
    copies: Floats,
    stratum: Ints | None,
    strata: int,
    tolerance: float,
) -> Patterns:
    """The patterns of the rows that are inside.

    Parameters
    ----------
    inside : array of bool, shape (n,)
        A group.
    score, reach : array, shape (n,)
        See `Patterns`; the same array, or two that increase together.
    copies : array, shape (n,)
        Identical people behind each row.
    stratum : array of int, shape (n,), or None
        From 0; patterns are of one stratum.
    strata : int
        How many there are.
    tolerance : float
        From `tolerance_of`.

    Examples
    --------
    >>> score = np.array([0.2, 0.1, 0.2 + 1e-16, 0.1])
    >>> found = patterns_of(
    ...     np.array([True, True, True, False]), score, score, np.ones(4), None, 1, 1e-12
    ... )
    >>> found.start.tolist(), found.people.tolist()
    ([0, 1, 3], [1.0, 2.0])
    """
    rows = np.flatnonzero(inside)
    codes = np.zeros(len(rows), dtype=np.int64) if stratum is None else stratum[rows]
    s = score[rows]
    order = lexical_order([codes, s]) if strata > 1 else np.argsort(s, kind="stable")
    rows, codes, s = rows[order], codes[order], s[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(s) > tolerance) | (codes[1:] != codes[:-1])
    _split(new, s, tolerance)
    first = np.flatnonzero(new)
    start = np.append(first, len(rows)).astype(np.int64)
    lowest = np.minimum.reduceat(reach[rows], first) if len(first) else np.zeros(0)
    people = np.add.reduceat(copies[rows], first) if len(first) else np.zeros(0)
    bounds = np.searchsorted(codes[first], np.arange(strata + 1))
    # Increasing together up to rounding: a caliper must not see more than the score does.
    return Patterns(rows.astype(np.int64), start, s[first], lowest, people, bounds.astype(np.int64))


def _split(new: Bools, s: Floats, tolerance: float) -> None:
    """Begin anew where a chain of close scores has become longer than the tolerance."""
    ends = np.append(np.flatnonzero(new), len(s))
    long = np.flatnonzero(s[ends[1:] - 1] - s[ends[:-1]] > tolerance)
    for k in long:
        first = ends[k]
        while True:
            beyond = int(np.searchsorted(s[: ends[k + 1]], s[first] + tolerance, side="right"))
            beyond = max(beyond, int(first) + 1)
            if beyond >= ends[k + 1]:
                break
            new[beyond] = True
            first = beyond
