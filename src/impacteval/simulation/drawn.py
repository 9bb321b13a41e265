"""Data of one number in many studies: as rows, or as how often each value occurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from impacteval.simulation.estimates import Moments, moments_of, moments_of_tallies
from impacteval.simulation.layout import COMPARISON, PROGRAMME, Layout, joined
from impacteval.simulation.registered import StudyData

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Data of one outcome of one group in many studies.

    Attributes
    ----------
    group : int
        Which group, for labels: people of two groups are not the same people.
    layout : Layout
        Who is in it.
    rows : array, shape (draws, n), or None
        Outcomes in the order of the layout.
    tallies : (array, array) or None
        In place of rows, how often 0, 1, 2 ... occur in comparison and programme, each of shape
        (draws, values); people of both groups' comparison left out.
    shared : int
        How many people of the comparison group stand in other groups' comparison too: the first
        rows.
    common : array, shape (draws, values), or None
        Tallies of these people.
    covariates : mapping of str to array, shape (draws, n)
        What was known beforehand.
    """

    group: int
    layout: Layout
    rows: Floats | None = None
    tallies: tuple[Ints, Ints] | None = None
    shared: int = 0
    common: Ints | None = None
    covariates: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many studies."""
        if self.rows is not None:
            return len(self.rows)
        assert self.tallies is not None
        return len(self.tallies[0])

    def study(self, k: int) -> StudyData:
        """The data of study `k`, one row a person."""
        layout = self.layout
        return StudyData(
            y=self._outcomes(k),
            treatment=layout.treatment,
            unit=_units(self.group, layout.n, self.shared),
            cluster=None if layout.cluster is None else _places(self.group, layout, "cluster"),
            block=None if layout.block is None else _places(self.group, layout, "block"),
            covariates={name: values[k] for name, values in self.covariates.items()},
        )

    def _outcomes(self, k: int) -> Floats:
        if self.rows is not None:
            row: Floats = self.rows[k]
            return row
        assert self.tallies is not None
        parts = [self.tallies[COMPARISON], self.tallies[PROGRAMME]]
        if self.common is not None:
            parts = [self.common, *parts]
        each = [np.repeat(np.arange(p.shape[-1], dtype=np.float64), p[k]) for p in parts]
        return np.concatenate(each)

    def moments(self, *, fourth: bool) -> tuple[Moments, Moments]:
        """What the difference in means needs of comparison and programme."""
        if self.rows is not None:
            n = self.layout.compared
            sides = (self.rows[:, :n], self.rows[:, n:])
            low, high = (moments_of(y, fourth=fourth) for y in sides)
            return low, high
        assert self.tallies is not None
        comparison, programme = self.tallies
        if self.common is not None:
            comparison = comparison + self.common
        low, high = (moments_of_tallies(t, fourth=fourth) for t in (comparison, programme))
        return low, high

    def shared_moments(self) -> Moments:
        """Mean and spread of the people of the comparison group who are in others' too."""
        if self.rows is not None:
            return moments_of(self.rows[:, : self.shared], fourth=False)
        assert self.common is not None
        return moments_of_tallies(self.common, fourth=False)


def joined_data(parts: Sequence[Drawn]) -> Drawn:
    """The data of the same studies at several times together, without blocks.

    People of the comparison group who stand in other groups' comparison too come first, those of
    every time; then the others of comparison, then those served, each time after the one before.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    layout = joined([part.layout for part in parts])
    shared = sum(part.shared for part in parts)
    if first.tallies is not None:
        each = [part.tallies for part in parts if part.tallies is not None]
        common = [part.common for part in parts if part.common is not None]
        return Drawn(
            first.group,
            layout,
            tallies=(sum(low for low, _ in each), sum(high for _, high in each)),  # type: ignore[arg-type]
            shared=shared,
            common=sum(common) if common else None,  # type: ignore[arg-type]
        )

    def together(rows: Sequence[Floats]) -> Floats:
        sides: tuple[list[Floats], list[Floats], list[Floats]] = ([], [], [])
        for part, y in zip(parts, rows, strict=True):
            n = part.layout.compared
            sides[0].append(y[:, : part.shared])
            sides[1].append(y[:, part.shared : n])
            sides[2].append(y[:, n:])
        return np.concatenate([y for side in sides for y in side], axis=1)

    return Drawn(
        first.group,
        layout,
        together([part.rows for part in parts if part.rows is not None]),
        shared=shared,
        covariates={
            name: together([part.covariates[name] for part in parts]) for name in first.covariates
        },
    )


# Labels are whole numbers: a group's people, clusters and blocks are counted from a number that no
# other group reaches; people compared with every group are counted from 0.
_APART = 10**9


@lru_cache(maxsize=64)
def _units(group: int, n: int, shared: int) -> Ints:
    labels = np.arange(n, dtype=np.int64) + (group + 1) * _APART
    labels[:shared] = np.arange(shared)
    return labels


@lru_cache(maxsize=64)
def _places(group: int, layout: Layout, what: str) -> Ints:
    codes = layout.cluster if what == "cluster" else layout.block
    assert codes is not None
    found: Ints = codes + (group + 1) * _APART
    return found
