"""Every effect by starting date and period, with its influence and who it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.did.group_time.changes import from_changes
from impacteval.estimators.did.group_time.fits import Method, NotEstimable
from impacteval.estimators.did.group_time.levels import Rows, from_levels
from impacteval.estimators.did.group_time.plan import Comparison, Plan
from impacteval.estimators.did.group_time.pulls import Pulls
from impacteval.estimators.did.panel import Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Key = tuple[tuple[int, ...], int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What one comparison found.

    Attributes
    ----------
    comparison : Comparison
        What is compared.
    effect : float
        The effect on the served; nan where it could not be formed.
    weights : array, shape (quantities,)
        The effect's influence as a weighted sum of the quantities of `Cells.pulls`.
    served : int
        Units of the starting date that it rests on; in cross-sections, in the period itself.
    others : tuple of int
        Comparison units by starting date, in the order of `comparison.pool`.
    worth : float
        How many comparison units of equal weight their weights are worth.
    largest : float
        Largest propensity score of a comparison unit; nan where none was fitted.
    reason : str
        Why it could not be formed; empty where it was.
    columns : tuple of int
        Covariates that this is about.
    """

    comparison: Comparison
    effect: float
    weights: Floats
    served: int
    others: tuple[int, ...]
    worth: float = np.nan
    largest: float = np.nan
    reason: str = ""
    columns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """All comparisons, and the sizes and outcomes of the served that averages are made of.

    Attributes
    ----------
    plans : tuple of Plan
        By starting date.
    reported, universal : tuple of Cell
        As in the plans, in order.
    pulls : Pulls
        Influence of the units (or clusters) on effects, mean outcomes and sizes.
    size : array, shape (T, T)
        What the rows of a starting date in a period count for in averages.
    mean : array, shape (T, T)
        Their mean outcome.
    people : array, shape (T, T)
        What they count for in totals.
    rows : array of int, shape (T, T)
        How many there are.
    size_at, mean_at : array of int, shape (T, T)
        Quantity of each; -1 where there is none.
    """

    plans: tuple[Plan, ...]
    reported: tuple[Cell, ...]
    universal: tuple[Cell, ...]
    pulls: Pulls
    size: Floats
    mean: Floats
    people: Floats
    rows: Ints
    size_at: Ints
    mean_at: Ints


def compute_cells(
    panel: Panel,
    plans: Sequence[Plan],
    *,
    method: Method,
    weigh_by: Literal["served", "cohort"],
    as_cross_sections: bool,
) -> Cells:
    """Form every comparison of the plans.

    Parameters
    ----------
    panel : Panel
        The rows.
    plans : sequence of Plan
        One for each starting date, in order.
    method : {"dr", "ipw", "reg"}
        How covariates are allowed for.
    weigh_by : {"served", "cohort"}
        What a starting date counts for in averages: its rows of the period, or its units.
    as_cross_sections : bool
        Whether the rows of a unit are compared as if other units were seen in each period.

    Returns
    -------
    Cells
    """
    wanted = {c for plan in plans for c in (*plan.reported, *plan.universal)}
    source = _Sections(panel) if as_cross_sections else _Followed(panel)
    direct = {c: source.key(c) for c in wanted}
    # A comparison of neighbours is the difference of two with the fixed base, where all three
    # have the same units and weights.
    fixed = {(c.cohort, c.period): c for plan in plans for c in plan.universal}
    derived: dict[Comparison, tuple[Comparison | None, Comparison | None]] = {}
    for plan in plans:
        for c in plan.reported if source.shares else ():
            # None stands for the fixed base itself, which differs from itself by nothing.
            pair = fixed.get((c.cohort, c.period)), fixed.get((c.cohort, c.base))
            if c != pair[0] and all(p is None or direct[p] == direct[c] for p in pair):
                derived[c] = pair
    formed = sorted(wanted - set(derived), key=lambda c: (c.cohort, c.period, c.base))
    sizes = _Sizes(panel, plans, weigh_by, first=len(formed))
    place = {c: k for k, c in enumerate(formed)}
    pulls = source.pulls(formed, sizes)
    sizes.write(source, pulls)
    found: dict[Comparison, Cell] = {}
    for together in _together(formed, direct):
        for cell in source.compare(together, method, pulls, [place[c] for c in together]):
            found[cell.comparison] = cell
    for c, (first, second) in derived.items():
        found[c] = _difference(
            c, *(None if p is None else found[p] for p in (first, second)), pulls.quantities
        )
    return Cells(
        plans=tuple(plans),
        reported=tuple(found[c] for plan in plans for c in plan.reported),
        universal=tuple(found[c] for plan in plans for c in plan.universal),
        pulls=pulls,
        size=sizes.size,
        mean=sizes.mean,
        people=sizes.people,
        rows=sizes.counts,
        size_at=sizes.size_at,
        mean_at=sizes.mean_at,
    )


def _together(formed: Sequence[Comparison], keys: dict[Comparison, Key]) -> list[list[Comparison]]:
    """Comparisons that share their units, weights and covariates, so that one fit serves all."""
    groups: dict[tuple[int, Key], list[Comparison]] = {}
    for c in formed:
        groups.setdefault((c.cohort, keys[c]), []).append(c)
    return list(groups.values())


def _difference(c: Comparison, first: Cell | None, second: Cell | None, quantities: int) -> Cell:
    """The comparison of two periods from those of each with the fixed base."""
    known = first or second
    assert known is not None  # two periods are not both the base; for mypy
    return replace(
        known,
        comparison=c,
        effect=(first.effect if first else 0.0) - (second.effect if second else 0.0),
        weights=(first.weights if first else np.zeros(quantities))
        - (second.weights if second else np.zeros(quantities)),
    )


def _constant(values: Floats) -> bool:
    """Whether a table of units and periods, shape (U, T, ...), is the same in all periods."""
    return all(np.array_equal(values[:, 0], values[:, t]) for t in range(1, values.shape[1]))


class _Followed:
    """Units that are followed: a comparison is of changes, of the units measured in both periods."""

    shares = True

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.starts = [int(s) for s in np.unique(panel.start)]
        self.members = [np.flatnonzero(panel.start == s) for s in self.starts]
        self._part = {s: k for k, s in enumerate(self.starts)}
        shape = (len(panel.labels), panel.n_periods)
        self._y = panel.dense(panel.y)
        whole = panel.balanced
        self._weight = None if panel.weight is None else panel.dense(panel.weight)
        self._x = None
        if panel.covariates and whole:
            self._x = panel.x.reshape(*shape, -1)
        elif panel.covariates:
            self._x = np.full((*shape, len(panel.covariates)), np.nan)
            self._x[panel.unit, panel.period] = panel.x
        self._weights_stay = whole and (self._weight is None or _constant(self._weight))
        self._x_stays = whole and (self._x is None or _constant(self._x))
        self._turned: dict[int, Floats] = {}

    def key(self, c: Comparison) -> Key:
        """Comparisons of one starting date with the same key are formed from one fit."""
        return (
            c.pool,
            -1 if self._weights_stay else c.period,
            -1 if self._x_stays else c.base,
        )

    def parts_of(self, c: Comparison) -> tuple[int, ...]:
        """Parts of the units that a comparison concerns, the served first."""
        return (self._part[c.cohort], *(self._part[s] for s in c.pool))

    def pulls(self, formed: Sequence[Comparison], sizes: _Sizes) -> Pulls:
        """An empty influence on all quantities."""
        return _pulls(self.panel, self, formed, sizes)

    def outcomes(self, part: int) -> Floats:
        """Outcomes of the units of a part, one row a period, shape (T, n)."""
        if part not in self._turned:
            self._turned[part] = np.ascontiguousarray(self._y[self.members[part]].T)
        return self._turned[part]

    def weights(self, part: int, period: int) -> Floats:
        """Their weights in a period, shape (n,)."""
        if self._weight is None:
            return np.ones(len(self.members[part]))
        found: Floats = self._weight[self.members[part], period]
        return found

    def compare(
        self, together: list[Comparison], method: Method, pulls: Pulls, at: list[int]
    ) -> list[Cell]:
        """Form comparisons that share a key."""
        first = together[0]
        parts = self.parts_of(first)
        period, base = first.period, first.base
        inside = [self._both(k, period, base) for k in parts]
        counts = [
            len(self.members[k]) if i is None else int(i.sum())
            for k, i in zip(parts, inside, strict=True)
        ]
        periods = [c.period for c in together]
        bases = [c.base for c in together]

        def changes(k: int, kept: Bools | None) -> Floats:
            y = self.outcomes(k)
            y = y if kept is None else y[:, kept]
            return np.asarray(y[periods] - y[bases])

        def one(k: int, kept: Bools | None, values: Floats) -> Floats:
            return values if kept is None else values[kept]

        def covariates(k: int, kept: Bools | None) -> Floats | None:
            if self._x is None:
                return None
            members = self.members[k]
            return one(k, kept, self._x[members, base])

        def stacked(values: list[Floats], axis: int) -> Floats:
            return values[0] if len(values) == 1 else np.concatenate(values, axis=axis)

        reason = _missing(counts[0], counts[1:], first.pool)
        if reason:
            return [_refused(c, pulls, counts, reason) for c in together]
        others = list(zip(parts[1:], inside[1:], strict=True))
        x1 = covariates(parts[0], inside[0])
        try:
            found = from_changes(
                changes(parts[0], inside[0]),
                stacked([changes(k, i) for k, i in others], 1),
                one(parts[0], inside[0], self.weights(parts[0], period)),
                stacked([one(k, i, self.weights(k, period)) for k, i in others], 0),
                x1=x1,
                x0=None
                if x1 is None
                else stacked(
                    [v for v in (covariates(k, i) for k, i in others) if v is not None], 0
                ),
                method=method,
            )
        except NotEstimable as refusal:
            return [_refused(c, pulls, counts, refusal.reason, refusal.columns) for c in together]
        rows = np.array(at)
        pulls.add(parts[0], rows, found.served, inside[0])
        ends = np.cumsum([0, *counts[1:]])
        for (k, kept), a, b in zip(others, ends[:-1], ends[1:], strict=True):
            pulls.add(k, rows, found.other[:, a:b], kept)
        return [
            Cell(
                c,
                float(effect),
                _unit(pulls.quantities, q),
                counts[0],
                tuple(counts[1:]),
                found.worth,
                found.largest,
            )
            for c, effect, q in zip(together, found.effects, at, strict=True)
        ]

    def _both(self, part: int, period: int, base: int) -> Bools | None:
        """Which units of a part were measured in both periods; None for all."""
        if self.panel.balanced:
            return None
        y = self.outcomes(part)
        found: Bools = ~(np.isnan(y[period]) | np.isnan(y[base]))
        return found


class _Sections:
    """Rows of each period as if other units were seen in it; a unit's rows share its influence."""

    shares = False

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.starts = [int(s) for s in np.unique(panel.start)]
        code = np.searchsorted(self.starts, panel.start)[panel.unit] * panel.n_periods
        code = code + panel.period
        order = np.argsort(code, kind="stable")
        ends = np.searchsorted(code[order], np.arange(len(self.starts) * panel.n_periods + 1))
        self.members = [order[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True)]
        self._of = {s: k for k, s in enumerate(self.starts)}

    def key(self, c: Comparison) -> Key:
        """Each comparison is formed by itself."""
        return (c.pool, c.period, c.base)

    def part(self, start: int, period: int) -> int:
        """The part of the rows of a starting date in a period."""
        return self._of[start] * self.panel.n_periods + period

    def parts_of(self, c: Comparison) -> tuple[int, ...]:
        """Parts of the rows that a comparison concerns."""
        return tuple(self.part(s, t) for s in (c.cohort, *c.pool) for t in (c.period, c.base))

    def pulls(self, formed: Sequence[Comparison], sizes: _Sizes) -> Pulls:
        """An empty influence on all quantities."""
        return _pulls(self.panel, self, formed, sizes)

    def _rows(self, parts: Sequence[int]) -> Rows:
        at = np.concatenate([self.members[k] for k in parts])
        panel = self.panel
        weight = np.ones(len(at)) if panel.weight is None else panel.weight[at]
        return Rows(panel.y[at], weight, panel.x[at])

    def compare(
        self, together: list[Comparison], method: Method, pulls: Pulls, at: list[int]
    ) -> list[Cell]:
        """Form one comparison."""
        (c,), (q,) = together, at
        served = [(self.part(c.cohort, t),) for t in (c.period, c.base)]
        other = [tuple(self.part(s, t) for s in c.pool) for t in (c.period, c.base)]
        counts = [len(self.members[k]) for k in (*served[0], *other[0])]
        fewest = [
            min(len(self.members[a]), len(self.members[b]))
            for a, b in zip((*served[0], *other[0]), (*served[1], *other[1]), strict=True)
        ]
        reason = _missing(fewest[0], fewest[1:], c.pool)
        if reason:
            return [_refused(c, pulls, counts, reason)]
        groups = (*served, *other)
        try:
            found = from_levels(*(self._rows(parts) for parts in groups), method=method)
        except NotEstimable as refusal:
            return [_refused(c, pulls, counts, refusal.reason, refusal.columns)]
        for parts, values in zip(groups, found.influence, strict=True):
            ends = np.cumsum([0, *(len(self.members[k]) for k in parts)])
            for k, a, b in zip(parts, ends[:-1], ends[1:], strict=True):
                pulls.add(k, np.array([q]), values[None, a:b])
        return [
            Cell(
                c,
                found.effect,
                _unit(pulls.quantities, q),
                counts[0],
                tuple(counts[1:]),
                found.worth,
                found.largest,
            )
        ]


class _Sizes:
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
            panel.balanced and (panel.weight is None or _constant(panel.dense(weight)))
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

    def write(self, source: _Followed | _Sections, pulls: Pulls) -> None:
        """Write the influence on sizes and mean outcomes."""
        for g in self.cohorts:
            if isinstance(source, _Followed):
                self._followed(source, pulls, g)
            else:
                self._sections(source, pulls, g)

    def _followed(self, source: _Followed, pulls: Pulls, g: int) -> None:
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

    def _sections(self, source: _Sections, pulls: Pulls, g: int) -> None:
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


def _pulls(
    panel: Panel,
    source: _Followed | _Sections,
    formed: Sequence[Comparison],
    sizes: _Sizes,
) -> Pulls:
    concerned: list[set[int]] = [set() for _ in source.members]
    for q, c in enumerate(formed):
        for k in source.parts_of(c):
            concerned[k].add(q)
    for g in sizes.cohorts:
        own = (
            [source.starts.index(g)]
            if isinstance(source, _Followed)
            else [source.part(g, t) for t in range(panel.n_periods)]
        )
        for k in own:
            concerned[k] |= sizes.of(g)
    rows = [np.array(sorted(c), dtype=np.int64) for c in concerned]
    cluster = None if panel.cluster is None else panel.cluster.codes
    members = source.members
    atoms = len(panel.labels)
    if isinstance(source, _Sections) and (cluster is not None or len(panel.y) != atoms):
        cluster = panel.unit if cluster is None else cluster[panel.unit]
        atoms = len(panel.y)
    elif isinstance(source, _Sections):
        # Each row is a unit of its own; influence stands under the unit's label.
        members = [panel.unit[m] for m in members]
    return Pulls(members, rows, sizes.quantities, atoms, cluster, len(panel.groups))


def _missing(served: int, others: Sequence[int], pool: tuple[int, ...]) -> str:
    if not pool:
        return "nobody"
    if not served:
        return "unmeasured"
    return "" if sum(others) else "nobody"


def _refused(
    c: Comparison,
    pulls: Pulls,
    counts: Sequence[int],
    reason: str,
    columns: tuple[int, ...] = (),
) -> Cell:
    return Cell(
        c,
        np.nan,
        np.zeros(pulls.quantities),
        counts[0],
        tuple(counts[1:]),
        reason=reason,
        columns=columns,
    )


def _unit(size: int, at: int) -> Floats:
    found = np.zeros(size)
    found[at] = 1.0
    return found
