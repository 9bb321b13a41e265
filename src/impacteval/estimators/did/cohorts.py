"""A roll-out cut by starting date: tables of units and periods, one a cohort, and what is summed there.

Averages over served unit-periods give the same weight, times that of the row, to every row of a
cohort in a period. So their influence is one matrix product a cohort.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel
from impacteval.inference._arrays import compact, group_sums


@dataclass(frozen=True)
class Cohorts:
    """The units of a panel by starting date.

    Attributes
    ----------
    panel : Panel
        The rows.
    starts : array of int, shape (G,)
        Places of the starting periods, in order; T, never, comes last where there is any.
    of_unit : array of int, shape (U,)
        Cohort of each unit.
    """

    panel: Panel
    starts: Ints
    of_unit: Ints

    @classmethod
    def of(cls, panel: Panel) -> Cohorts:
        """Cut a panel by starting date."""
        starts, of_unit = compact(panel.start)
        return cls(panel, np.asarray(starts, dtype=np.int64), of_unit)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of cohorts and of periods."""
        return len(self.starts), self.panel.n_periods

    @cached_property
    def weight(self) -> Floats:
        """What each row counts for, shape (n,)."""
        panel = self.panel
        return np.ones(len(panel.y)) if panel.weight is None else panel.weight

    @cached_property
    def of_row(self) -> Ints:
        """Cohort of each row, shape (n,)."""
        found: Ints = self.of_unit[self.panel.unit]
        return found

    @cached_property
    def cell(self) -> Ints:
        """Cohort and period of each row as one number, shape (n,)."""
        found: Ints = self.of_row * self.panel.n_periods + self.panel.period
        return found

    def sums(self, values: Floats) -> Floats:
        """Sums of rows by cohort and period, shape (G, T)."""
        size = self.shape[0] * self.shape[1]
        found = np.bincount(self.cell, weights=values, minlength=size)
        return found.astype(np.float64).reshape(self.shape)

    def counts(self, rows: Bools) -> Ints:
        """How many of some rows there are by cohort and period, shape (G, T)."""
        size = self.shape[0] * self.shape[1]
        return np.bincount(self.cell[rows], minlength=size).reshape(self.shape)

    def members(self) -> Iterator[tuple[int, Ints]]:
        """Each cohort and its units."""
        for g in range(len(self.starts)):
            yield g, np.flatnonzero(self.of_unit == g)

    def table(self, values: Floats, g: int, units: Ints) -> Floats:
        """Values of rows of a cohort by unit and period, shape (u, T), zero where there is no row."""
        panel = self.panel
        if panel.balanced:
            found: Floats = panel.dense(values)[units]
            return found
        rows = np.flatnonzero(self.of_row == g)
        place = np.searchsorted(units, panel.unit[rows])
        table = np.zeros((len(units), panel.n_periods))
        table[place, panel.period[rows]] = values[rows]
        return table

    def groups_of(self, units: Ints) -> tuple[Ints, Ints]:
        """What units count as in errors (themselves, or their clusters): which, and each one's."""
        if self.panel.cluster is None:
            return units, np.arange(len(units))
        return compact(self.panel.cluster.codes[units])

    def by_group(self, table: Floats, own: Ints, size: int) -> Floats:
        """A table of units, shape (u, k), summed to `size` clusters; as it is without clusters."""
        if self.panel.cluster is None:
            return table
        return group_sums(np.ascontiguousarray(table.T), own, size).T

    def independent(self) -> Ints:
        """How many units, or clusters, each cohort has, shape (G,)."""
        if self.panel.cluster is None:
            return np.bincount(self.of_unit, minlength=len(self.starts))
        pairs = np.unique(np.stack([self.of_unit, self.panel.cluster.codes]), axis=1)
        return np.bincount(pairs[0], minlength=len(self.starts))
