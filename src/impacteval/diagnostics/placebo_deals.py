"""The service dealt out anew: whose history each row gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.places import Places, by_subgroup, combinations, dealt_places
from impacteval.sample import dealt_anew, first_served, with_starts

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Deal:
    """How the service of a sample can be dealt out anew.

    Attributes
    ----------
    places : Places
        What it is dealt out to.
    order : array of int, shape (n,)
        Rows by place and period.
    begins, sizes : array of int, shape (m, periods)
        Where in `order` the rows of each place and period begin, and how many they are. Where the
        service goes to one subgroup, a period is one of a subgroup.
    period, within : array of int, shape (n,)
        Of each row its period (zero without periods), and its number among those of its place there.
    turns : array of int or None
        Where a single place was served: the others that may be, in its cell.
    plain : bool
        Whether nothing but who is treated moves, so that an array of arms says it all.
    starts : array of int, shape (m,), or None
        Place of each place's first served period, where places are not all there in each period: the
        date is then what is dealt out.
    """

    places: Places
    order: Ints
    begins: Ints
    sizes: Ints
    period: Ints
    within: Ints
    turns: Ints | None
    plain: bool
    starts: Ints | None = None

    def dealt(self, sample: Sample, k: int, rng: Generator) -> Sample:
        """The sample with the service of draw `k`."""
        if self.starts is None:
            return dealt_anew(sample, self.source(k, rng))
        start = self.starts[self._others(k, rng)[self.places.place]]
        return with_starts(sample, start, np.ones(len(start), dtype=bool))

    def source(self, k: int, rng: Generator) -> Ints:
        """The row whose service each row gets, shape (n,).

        Parameters
        ----------
        k : int
            Number of the draw: where turns are taken, whose it is.
        rng : Generator
            For everything else.
        """
        if self.plain:
            # Whose arm it is makes no difference: any served row stands for all of them.
            served, others = (
                int(self.order[self.begins[np.flatnonzero(side)[0], 0]])
                for side in (self.places.served, ~self.places.served)
            )
            return np.where(self.chosen(k, rng), served, others)[self.places.place]
        theirs = self._others(k, rng)[self.places.place]
        held = self.sizes[theirs, self.period]
        found: Ints = self.order[self.begins[theirs, self.period] + self.within % held]
        return found

    def chosen(self, k: int, rng: Generator) -> Bools:
        """Which places are served in draw `k`, where nothing else moves with it, shape (m,)."""
        if self.turns is None:
            return self.places.chosen(rng)
        found = np.zeros(self.places.m, dtype=bool)
        found[self.turns[k]] = True
        return found

    def _others(self, k: int, rng: Generator) -> Ints:
        """For each place the one whose service it gets, shape (m,)."""
        if self.turns is None:
            return self.places.shuffled(rng)
        other = np.arange(self.places.m)
        truly, chosen = int(np.flatnonzero(self.places.served)[0]), int(self.turns[k])
        other[truly], other[chosen] = chosen, truly
        return other


def deal_of(sample: Sample) -> Deal | None:
    """How the service can be dealt out anew; None where it cannot be otherwise."""
    matrix = sample.matrix()
    if matrix.treatment is None:
        return None
    places = dealt_places(matrix)
    n_periods = 1 if matrix.period is None else len(matrix.period.labels)
    period = np.zeros(matrix.n, dtype=np.int64) if matrix.period is None else matrix.period.codes
    if matrix.subgroup is not None and by_subgroup(matrix):
        # The service of a subgroup is taken over by the same subgroup.
        n_periods *= len(matrix.subgroup.labels)
        period = period * len(matrix.subgroup.labels) + matrix.subgroup.codes
    key = places.place * n_periods + period
    order = np.argsort(key, kind="stable")
    sizes = np.bincount(key, minlength=places.m * n_periods)
    if combinations(places) <= 1.5:
        return None
    starts = None
    if not sizes.all():
        # Nobody can take over a history that has gaps, but for the date on which it began.
        first = None if matrix.period is None else first_served(matrix)
        if first is None or matrix.dose is not None:
            return None
        starts = np.zeros(places.m, dtype=np.int64)
        starts[places.place] = first
    begins = np.cumsum(sizes) - sizes
    within = np.empty(matrix.n, dtype=np.int64)
    within[order] = np.arange(matrix.n) - begins[key[order]]
    turns = None
    if int(places.served.sum()) == 1:
        cell = places.cell[places.served][0]
        turns = np.flatnonzero((places.cell == cell) & ~places.served)
    moved = (matrix.assigned, matrix.received, matrix.dose, matrix.adopted)
    return Deal(
        places,
        order,
        begins.reshape(places.m, n_periods),
        sizes.reshape(places.m, n_periods),
        period,
        within,
        turns,
        matrix.period is None and all(column is None for column in moved),
        starts,
    )
