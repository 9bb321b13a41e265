"""What is dealt out, drawn or left out as a whole: units, or the clusters and pairs they stand in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.values import Design

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import BlindMatrix, Codes, Sample

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_MANY = 50
FEWEST = 5
"""Cells of fewer places are not drawn from one by one: strata that small are put together."""


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a sample, and which of them may stand for each other.

    Attributes
    ----------
    place : array of int, shape (n,)
        Of each row.
    cell : array of int, shape (m,)
        Of each place; places are drawn, or exchanged, within cells only.
    served : array of bool, shape (m,)
        Whether any row of the place is served in any period.
    """

    place: Ints
    cell: Ints
    served: Bools

    @property
    def m(self) -> int:
        """How many places there are."""
        return len(self.cell)

    @cached_property
    def rows(self) -> bool:
        """Whether every row is a place, in their order."""
        return bool(np.array_equal(self.place, np.arange(self.m)))

    @cached_property
    def members(self) -> tuple[Ints, ...]:
        """The places of each cell."""
        order = np.argsort(self.cell, kind="stable")
        return tuple(np.split(order, np.cumsum(np.bincount(self.cell))[:-1]))

    def shuffled(self, rng: Generator) -> Ints:
        """For each place another one of its cell, each of them once, shape (m,)."""
        found = np.empty(self.m, dtype=np.int64)
        if len(self.members) > _MANY:
            # Pairs, mostly: one sort by cell and chance costs less than a draw for each.
            found[np.concatenate(self.members)] = np.lexsort((rng.random(self.m), self.cell))
            return found
        for inside in self.members:
            found[inside] = rng.permutation(inside)
        return found

    def share(self, fraction: float, rng: Generator) -> Bools:
        """A random part of each cell, shape (m,): `fraction` of it, rounded, at least one."""
        kept = np.ones(self.m, dtype=bool)
        for inside in self.members:
            gone = len(inside) - self.kept(fraction, len(inside))
            kept[inside[rng.choice(len(inside), gone, replace=False, shuffle=False)]] = False
        return kept

    @staticmethod
    def kept(fraction: float, size: int) -> int:
        """How many of a cell of that size are in a part."""
        return max(1, round(fraction * size))

    def chosen(self, rng: Generator) -> Bools:
        """As many places of each cell as were served, at random, shape (m,)."""
        if len(self.members) > _MANY:
            found = np.empty(self.m, dtype=bool)
            found[:] = self.served[self.shuffled(rng)]
            return found
        found = np.zeros(self.m, dtype=bool)
        for inside, held in zip(self.members, self._held, strict=True):
            found[inside[rng.choice(len(inside), held, replace=False, shuffle=False)]] = True
        return found

    @cached_property
    def _held(self) -> tuple[int, ...]:
        """How many places of each cell were served."""
        return tuple(int(self.served[inside].sum()) for inside in self.members)

    def times(self, rng: Generator) -> Ints:
        """How often each place is drawn, shape (m,), as many of each cell as it has."""
        found = np.empty(self.m, dtype=np.int64)
        for inside in self.members:
            size = len(inside)
            found[inside] = np.bincount(rng.integers(0, size, size), minlength=size)
        return found


def dealt_places(matrix: BlindMatrix) -> Places:
    """What the service was dealt out to, exchangeable within pairs and strata.

    Where it goes to one subgroup of whole groups, as in triple differences, groups are what it was
    dealt out to.
    """
    codes = matrix.unit if matrix.assignment_cluster is None else matrix.assignment_cluster
    if matrix.assignment_cluster is None and matrix.group is not None and by_subgroup(matrix):
        codes = matrix.group
    place, count = codes.codes, len(codes.labels)
    blocks = [c for c in (matrix.stratum, matrix.pair) if c is not None]
    return Places(place, _cells(place, count, *blocks), _served(matrix, place, count))


def by_subgroup(matrix: BlindMatrix) -> bool:
    """Whether everyone of one group, subgroup and period is served, or nobody is."""
    if matrix.group is None or matrix.subgroup is None or matrix.treatment is None:
        return False
    cell = _joined(matrix.group.codes, matrix.subgroup.codes)
    if matrix.period is not None:
        cell = _joined(cell, matrix.period.codes)
    served = np.bincount(cell, weights=matrix.treatment)
    return bool(((served == 0.0) | (served == np.bincount(cell))).all())


def drawn_places(sample: Sample) -> Places:
    """What is independent of each other, and within which groups it is drawn.

    Trials keep the sizes of their arms in each stratum, roll-outs and mixes of places those of the
    served and the others; of comparisons with similar people everyone is drawn alike, since who was
    served was itself a matter of chance there. A pair, or a stratum with very few places in an arm,
    is drawn as a whole.
    """
    matrix = sample.matrix()
    known = [c for c in (matrix.assignment_cluster, matrix.cluster) if c is not None]
    codes = min(known, key=lambda c: len(c.labels)) if known else matrix.unit
    if matrix.pair is not None:
        codes = matrix.pair
    place, count = codes.codes, len(codes.labels)
    served = _served(matrix, place, count)
    arms = np.zeros(count, dtype=np.int64)
    if sample.design != Design.MATCHED and matrix.pair is None:
        arms = served.astype(np.int64)
    if matrix.stratum is not None and matrix.pair is None:
        finer = _joined(arms, _cells(place, count, matrix.stratum))
        if int(np.bincount(finer).min()) >= FEWEST:
            arms = finer
    return Places(place, arms, served)


def combinations(places: Places) -> float:
    """In how many ways the service could have been dealt out, at most infinity."""
    total = 0.0
    for cell in np.unique(places.cell):
        inside = places.cell == cell
        m, k = int(inside.sum()), int((inside & places.served).sum())
        total += math.lgamma(m + 1) - math.lgamma(k + 1) - math.lgamma(m - k + 1)
    return math.exp(total) if total < 700.0 else math.inf


def _served(matrix: BlindMatrix, place: Ints, count: int) -> Bools:
    served = np.zeros(count, dtype=bool)
    if matrix.treatment is not None:
        served[place[matrix.treatment > 0.0]] = True
    return served


def _cells(place: Ints, count: int, *blocks: Codes) -> Ints:
    """A number for each combination of blocks, from 0, by place; the place's first row decides."""
    found = np.zeros(count, dtype=np.int64)
    for block in blocks:
        own = np.zeros(count, dtype=np.int64)
        own[place[::-1]] = block.codes[::-1]
        found = _joined(found, own)
    return found


def _joined(a: Ints, b: Ints) -> Ints:
    joined: Ints = np.unique(a * (int(b.max()) + 1) + b, return_inverse=True)[1]
    return joined.reshape(-1)
