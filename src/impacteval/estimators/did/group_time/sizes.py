"""What starting dates count for in averages, and the mean outcomes of the served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.did.group_time.plan import Comparison, Plan
from impacteval.estimators.did.group_time.pulls import Pulls
from impacteval.estimators.did.group_time.sources import Followed, Sections, constant
from impacteval.estimators.did.panel import Panel

Floats = NDArray[np.float64]


class Sizes:
    """What each starting date counts for in each period, and its mean outcome there."""

    def __init__(self, panel: Panel, plans: Sequence[Plan], weigh_by: str, *, first: int) -> None:
        self.panel = panel
        self.by_cohort = weigh_by == "cohort"
        n_periods = panel.n_periods
        weight = np.ones(len(panel.y)) if panel.weight is None else panel.weight
        code = panel.start[panel.unit] * n_periods + panel.period

        def summed(values: Floats | None) -> NDArray[Any]:
            found = np.bincount(code, weights=values, minlength=(n_periods + 1) * n_periods)
            return found.reshape(n_periods + 1, n_periods)[:-1]

        self.counts = summed(None)
        rows = self.counts.astype(np.float64) if panel.weight is None else summed(weight)
        self.people = summed(panel.size)
        sums = summed(panel.y if panel.weight is None else weight * panel.y)
        self.weight = weight
        self.rows = rows
        with np.errstate(invalid="ignore"):
            self.mean = sums / rows
        self.cohorts = [plan.cohort for plan in plans]
        self.size = rows
        # Where weights stay and nothing is missing, one size serves all periods of a start.
        self.single = self.by_cohort or (
            panel.balanced and (panel.weight is None or constant(panel.dense(weight)))
        )
        self.unit_size: Floats | None = None
        if self.single:
            each = panel.by_unit(weight)
            counted = np.bincount(panel.unit, minlength=len(panel.labels))
            self.unit_size = each / counted
            total = np.bincount(panel.start, weights=self.unit_size, minlength=n_periods + 1)
            self.size = np.broadcast_to(total[:-1, None], (n_periods, n_periods)).copy()
        self.size_at = np.full((n_periods, n_periods), -1)
        self.mean_at = np.full((n_periods, n_periods), -1)
        following = first
        for g in self.cohorts:
            periods = [t for t in range(n_periods) if rows[g, t] > 0.0]
            if self.single:
                self.size_at[g] = following
                following += 1
            else:
                self.size_at[g, periods] = following + np.arange(len(periods))
                following += len(periods)
            served = [t for t in periods if t >= g]
            self.mean_at[g, served] = following + np.arange(len(served))
            following += len(served)
        self.quantities = following

    def of(self, g: int) -> set[int]:
        """Quantities that belong to a starting date."""
        found = {*self.size_at[g].tolist(), *self.mean_at[g].tolist()}
        return found - {-1}

    def write(self, source: Followed | Sections, pulls: Pulls) -> None:
        """Write the influence on sizes and mean outcomes."""
        for g in self.cohorts:
            if isinstance(source, Followed):
                self._followed(source, pulls, g)
            else:
                self._sections(source, pulls, g)

    def _followed(self, source: Followed, pulls: Pulls, g: int) -> None:
        part = source.starts.index(g)
        y = source.outcomes(part)
        if self.unit_size is not None:
            own = self.unit_size[source.members[part]]
            pulls.add(part, self.size_at[g, :1], own[None])
        for t in range(self.panel.n_periods):
            if not self.rows[g, t] > 0.0:
                continue
            there = ~np.isnan(y[t])
            kept = None if there.all() else there
            weight = source.weights(part, t)
            weight = weight if kept is None else weight[kept]
            if self.unit_size is None:
                pulls.add(part, self.size_at[g, t : t + 1], weight[None], kept)
            if t >= g:
                mean = (y[t] if kept is None else y[t][kept]) - self.mean[g, t]
                pulls.add(
                    part, self.mean_at[g, t : t + 1], (weight * mean / self.rows[g, t])[None], kept
                )

    def _sections(self, source: Sections, pulls: Pulls, g: int) -> None:
        panel = self.panel
        counted = None
        if self.unit_size is not None:
            counted = np.bincount(panel.unit, minlength=len(panel.labels))
        for t in range(panel.n_periods):
            part = source.part(g, t)
            rows = source.members[part]
            if not len(rows):
                continue
            weight = self.weight[rows]
            if self.unit_size is not None and counted is not None:
                # Each row carries its share of the unit's size.
                own = self.unit_size[panel.unit[rows]] / counted[panel.unit[rows]]
                pulls.add(part, self.size_at[g, :1], own[None])
            else:
                pulls.add(part, self.size_at[g, t : t + 1], weight[None])
            if t >= g:
                off = weight * (panel.y[rows] - self.mean[g, t]) / self.rows[g, t]
                pulls.add(part, self.mean_at[g, t : t + 1], off[None])


def empty_pulls(
    panel: Panel,
    source: Followed | Sections,
    formed: Sequence[Comparison],
    sizes: Sizes,
) -> Pulls:
    concerned: list[set[int]] = [set() for _ in source.members]
    for q, c in enumerate(formed):
        for k in source.parts_of(c):
            concerned[k].add(q)
    for g in sizes.cohorts:
        own = (
            [source.starts.index(g)]
            if isinstance(source, Followed)
            else [source.part(g, t) for t in range(panel.n_periods)]
        )
        for k in own:
            concerned[k] |= sizes.of(g)
    rows = [np.array(sorted(c), dtype=np.int64) for c in concerned]
    cluster = None if panel.cluster is None else panel.cluster.codes
    members = source.members
    atoms = len(panel.labels)
    if isinstance(source, Sections) and (cluster is not None or len(panel.y) != atoms):
        cluster = panel.unit if cluster is None else cluster[panel.unit]
        atoms = len(panel.y)
    elif isinstance(source, Sections):
        # Each row is a unit of its own; influence stands under the unit's label.
        members = [panel.unit[m] for m in members]
    return Pulls(members, rows, sizes.quantities, atoms, cluster, len(panel.groups))
