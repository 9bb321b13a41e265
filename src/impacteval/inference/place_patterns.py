"""People by where they stand in several measurements at once: who is alike, and how far apart.

Distances are between places: measurements after a change of axes in which each direction varies as
much as any other (Mahalanobis), of the values themselves or of their ranks. People with the same values
are one pattern. Whatever is chosen is chosen among patterns, which stand in the order of their values:
neither names nor rows can matter.

References
----------
Mahalanobis (1936), On the generalised distance in statistics. *Proceedings of the National Institute of
Sciences of India* 2(1).
Rosenbaum (2010), *Design of observational studies*, section 8.3. doi:10.1007/978-1-4419-1213-8: ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints, lexical_order
from impacteval.inference.score_patterns import Patterns

Metric = Literal["mahalanobis", "rank"]

TIED = 1e-9
"""Distances that differ by less are equal."""


def alike(columns: list[Floats]) -> tuple[Ints, Ints]:
    """Which rows have the same values.

    Parameters
    ----------
    columns : list of array, each of shape (n,)
        One at least.

    Returns
    -------
    first : array of int, shape (P,)
        One row of each pattern, in the order of the values.
    of : array of int, shape (n,)
        Pattern of each row.

    Examples
    --------
    >>> first, of = alike([np.array([2.0, 1.0, 2.0])])
    >>> first.tolist(), of.tolist()
    ([1, 0], [1, 0, 1])
    """
    order = lexical_order(columns)
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[order][1:] != column[order][:-1]
    of = np.empty(len(order), dtype=np.int64)
    of[order] = np.cumsum(new) - 1
    return order[new], of


def places(x: Floats, counts: Floats, copies: Floats, metric: Metric) -> Floats:
    """Where people stand, so that the Mahalanobis distance is the straight one.

    Parameters
    ----------
    x : array, shape (n, k)
        Measurements, none a combination of the others.
    counts : array, shape (n,)
        How many people a row stands for.
    copies : array, shape (n,)
        How many of these are in the data.
    metric : {"mahalanobis", "rank"}
        By the covariance of the values; or of their ranks, each then taken as if it had no ties, so
        that a rare trait does not outweigh all else and no outlier stretches an axis.

    Returns
    -------
    array, shape (n, k)
        The same to the last bit for people with the same values, whatever the order of rows.

    Examples
    --------
    >>> x = np.array([[1.0], [2.0], [4.0], [9.0]])
    >>> places(x, np.ones(4), np.ones(4), "rank").ravel().round(3).tolist()
    [-1.162, -0.387, 0.387, 1.162]
    """
    columns = [x[:, k] for k in range(x.shape[1])]
    first, of = alike(columns)
    held = np.zeros(len(first))
    np.add.at(held, of, counts)
    # Of each copy: what a variance with n - 1 makes of weights.
    square = np.zeros(len(first))
    np.add.at(square, of, counts**2 / copies)
    values = np.array(x[first])
    if metric == "rank":
        values = np.column_stack([_midranks(values[:, k], held) for k in range(x.shape[1])])
    share = held / held.sum()
    free = 1.0 - float(square.sum()) / float(held.sum()) ** 2
    away = values - share @ values
    covariance = (away * share[:, None]).T @ away / free
    if metric == "rank":
        n = float(held.sum())
        untied = np.sqrt(n * (n + 1.0) / 12.0 / np.diag(covariance))
        covariance = covariance * np.outer(untied, untied)
    root = np.linalg.cholesky(covariance)
    found: Floats = np.linalg.solve(root, away.T).T[of]
    return np.ascontiguousarray(found)


def _midranks(values: Floats, held: Floats) -> Floats:
    """Ranks, those who tie in the middle; a value of several people takes as many ranks."""
    first, of = alike([values])
    total = np.bincount(of, weights=held, minlength=len(first))
    below = np.cumsum(total) - total
    return np.asarray((below + (total + 1.0) / 2.0)[of], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Patterns of one group, with the place of each.

    Attributes
    ----------
    patterns : Patterns
        Rows by pattern, in the order of stratum and values; ``score`` counts them.
    place : array, shape (P, k)
    """

    patterns: Patterns
    place: Floats

    def some(self, which: Ints) -> Spots:
        """A part of them, in order; rows are those of the part."""
        own = self.patterns
        sizes = np.diff(own.start)[which]
        start = np.append(0, np.cumsum(sizes)).astype(np.int64)
        at = np.repeat(own.start[which] - start[:-1], sizes) + np.arange(int(start[-1]))
        bounds = np.searchsorted(which, own.bounds).astype(np.int64)
        part = Patterns(
            own.rows[at], start, own.score[which], own.reach[which], own.people[which], bounds
        )
        return Spots(part, self.place[which])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Placed:
    """People as matching by distance sees them.

    Attributes
    ----------
    served : array of bool, shape (n,)
    place : array, shape (n, k)
        From `places`.
    counts : array, shape (n,)
        How many people a row stands for.
    copies : array, shape (n,)
        How many of those are in the data.
    stratum : array of int, shape (n,), or None
        From 0; comparisons stay within.
    """

    served: Bools
    place: Floats
    counts: Floats
    copies: Floats
    stratum: Ints | None = None

    def spots(self, inside: Bools, *, across: bool = False) -> Spots:
        """The patterns of a group; `across` all strata, where that is asked for."""
        rows = np.flatnonzero(inside)
        apart = None if across else self.stratum
        codes = np.zeros(len(self.counts)) if apart is None else apart.astype(np.float64)
        strata = 1 if apart is None else int(apart.max()) + 1
        columns = [codes[rows], *(self.place[rows, k] for k in range(self.place.shape[1]))]
        first, of = alike(columns)
        order = np.argsort(of, kind="stable")
        start = np.searchsorted(of[order], np.arange(len(first) + 1)).astype(np.int64)
        people = np.bincount(of, weights=self.copies[rows], minlength=len(first))
        number = np.arange(len(first), dtype=np.float64)
        bounds = np.searchsorted(codes[rows][first], np.arange(strata + 1)).astype(np.int64)
        patterns = Patterns(rows[order], start, number, number, people.astype(np.float64), bounds)
        return Spots(patterns, np.ascontiguousarray(self.place[rows][first]))
