"""Influence of each unit on many quantities at once, kept where it is not zero.

A starting date's own effects concern its units and its comparison units only. So units are kept
in parts, each with the rows of the quantities that it has a say in; with clusters, everything is
summed to clusters at once. Whatever is asked of averages of the quantities comes from these rows:
covariances, influence of each unit, and draws of multipliers as matrix products.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Law = Literal["rademacher", "mammen"]

# Units whose multipliers are drawn at a time.
CHUNK = 2048


class Pulls:
    """Influence on `quantities` of units in disjoint parts, or of clusters.

    Parameters
    ----------
    members : sequence of array of int
        Units of each part.
    rows : sequence of array of int
        Quantities in which each part has a say.
    quantities : int
        Number of quantities.
    units : int
        Number of units.
    cluster : array of int, shape (units,), optional
        Place of each unit's cluster (or of the unit itself where rows of one unit stand apart).
    clusters : int
        Number of clusters.

    Examples
    --------
    >>> pulls = Pulls([np.array([0, 1]), np.array([2])], [np.array([0]), np.array([0, 1])], 2, 3)
    >>> pulls.add(0, np.array([0]), np.array([[0.5, -0.5]]))
    >>> pulls.add(1, np.array([0, 1]), np.array([[1.0], [2.0]]))
    >>> pulls.gram().tolist()
    [[1.5, 2.0], [2.0, 4.0]]
    >>> pulls.along(np.array([[1.0, 1.0]])).tolist()
    [[0.5, -0.5, 3.0]]
    """

    def __init__(
        self,
        members: Sequence[Ints],
        rows: Sequence[Ints],
        quantities: int,
        units: int,
        cluster: Ints | None = None,
        clusters: int = 0,
    ) -> None:
        self.quantities = quantities
        self.groups = units if cluster is None else clusters
        self._members = [np.asarray(m) for m in members]
        self._cluster = cluster
        if cluster is None:
            self._rows = [np.asarray(r) for r in rows]
            self._values = [np.zeros((len(r), len(m))) for r, m in zip(rows, members, strict=True)]
            self._where = self._members
        else:
            self._rows = [np.arange(quantities)]
            self._values = [np.zeros((quantities, clusters))]
            self._where = [np.arange(clusters)]

    def add(
        self,
        part: int,
        quantities: Ints,
        values: Floats,
        inside: NDArray[np.bool_] | None = None,
    ) -> None:
        """Write the influence of the units of a part on some quantities.

        Parameters
        ----------
        part : int
            Which part.
        quantities : array of int, shape (k,)
            Which quantities.
        values : array, shape (k, n)
            Influence of its units, or of those `inside`.
        inside : array of bool, shape (units of the part,), optional
            Which of its units these are; the others have no say.
        """
        if self._cluster is not None:
            members = self._members[part] if inside is None else self._members[part][inside]
            codes = self._cluster[members]
            for quantity, row in zip(quantities, values, strict=True):
                summed = np.bincount(codes, weights=row, minlength=self.groups)
                self._values[0][quantity] += summed
            return
        at = np.searchsorted(self._rows[part], quantities)
        if inside is None:
            self._values[part][at] += values
        else:
            self._values[part][np.ix_(at, np.flatnonzero(inside))] += values

    def gram(self) -> Floats:
        """Covariances of all quantities, shape (quantities, quantities)."""
        found = np.zeros((self.quantities, self.quantities))
        for rows, values in zip(self._rows, self._values, strict=True):
            found[np.ix_(rows, rows)] += values @ values.T
        return found

    def along(self, weights: Floats) -> Floats:
        """Influence on weighted sums of the quantities.

        Parameters
        ----------
        weights : array, shape (a, quantities)

        Returns
        -------
        array, shape (a, groups)
        """
        found = np.zeros((len(weights), self.groups))
        for rows, values, where in zip(self._rows, self._values, self._where, strict=True):
            found[:, where] = weights[:, rows] @ values
        return found

    def drawn(self, weights: Floats, draws: int, law: Law, rng: np.random.Generator) -> Floats:
        """Weighted sums of the quantities under random multipliers of the units.

        Parameters
        ----------
        weights : array, shape (a, quantities)
        draws : int
            Number of draws.
        law : {"rademacher", "mammen"}
            Multipliers of mean zero and variance one: a coin's sign, or Mammen's (1993) two points.
        rng : numpy.random.Generator
            Where they come from: units in the order of their labels, whatever the parts.

        Returns
        -------
        array, shape (draws, a)
            Deviations from the estimates.
        """
        used = np.flatnonzero(np.any(weights != 0.0, axis=0))
        place = np.full(self.quantities, -1)
        place[used] = np.arange(len(used))
        kept = [place[rows] >= 0 for rows in self._rows]
        into = [place[rows[k]] for rows, k in zip(self._rows, kept, strict=True)]
        part = np.empty(self.groups, dtype=np.int64)
        at = np.empty(self.groups, dtype=np.int64)
        for k, where in enumerate(self._where):
            part[where] = k
            at[where] = np.arange(len(where))
        low, high, chance = _two_points(law)
        found = np.zeros((len(used), draws))
        for start in range(0, self.groups, CHUNK):
            own = slice(start, min(start + CHUNK, self.groups))
            picked = _picked(rng, own.stop - own.start, draws, chance)
            order = np.argsort(part[own], kind="stable")
            ends = np.searchsorted(part[own][order], np.arange(len(self._rows) + 1))
            for k, values in enumerate(self._values):
                mine = order[ends[k] : ends[k + 1]]
                if not len(mine) or not kept[k].any():
                    continue
                block = values[np.ix_(kept[k], at[own][mine])]
                chosen = np.unpackbits(picked[mine], axis=1, count=draws).astype(np.float64)
                # Two points: the low one everywhere, and the step up where it was picked.
                drawn = (high - low) * (block @ chosen) + low * block.sum(axis=1)[:, None]
                found[into[k]] += drawn
        return np.asarray((weights[:, used] @ found).T)


def _two_points(law: Law) -> tuple[float, float, float]:
    """The lower point, the higher one, and the chance of the higher one."""
    if law == "rademacher":
        return -1.0, 1.0, 0.5
    root = float(np.sqrt(5.0))
    return (1.0 - root) / 2.0, (1.0 + root) / 2.0, (root - 1.0) / (2.0 * root)


def _picked(rng: np.random.Generator, units: int, draws: int, chance: float) -> NDArray[np.uint8]:
    """Which point each unit has in each draw: bits, eight draws a byte, one row a unit."""
    if chance == 0.5:
        size = (draws + 7) // 8
        return np.frombuffer(rng.bytes(units * size), dtype=np.uint8).reshape(units, size)
    return np.packbits(rng.random((units, draws), dtype=np.float32) < chance, axis=1)
