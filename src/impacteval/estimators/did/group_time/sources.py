"""Where comparisons come from: units that are followed, or rows of each period by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.did.group_time.cell import Cell, missing, refused, unit_row
from impacteval.estimators.did.group_time.changes import from_changes
from impacteval.estimators.did.group_time.fits import Method, NotEstimable
from impacteval.estimators.did.group_time.levels import Rows, from_levels
from impacteval.estimators.did.group_time.plan import Comparison
from impacteval.estimators.did.group_time.pulls import Pulls
from impacteval.estimators.did.panel import Panel

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Key = tuple[tuple[int, ...], int, int]


def constant(values: Floats) -> bool:
    """Whether a table of units and periods, shape (U, T, ...), is the same in all periods."""
    return all(np.array_equal(values[:, 0], values[:, t]) for t in range(1, values.shape[1]))


class Followed:
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
        self._weights_stay = whole and (self._weight is None or constant(self._weight))
        self._x_stays = whole and (self._x is None or constant(self._x))
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

        reason = missing(counts[0], counts[1:], first.pool)
        if reason:
            return [refused(c, pulls.quantities, counts, reason) for c in together]
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
            return [
                refused(c, pulls.quantities, counts, refusal.reason, refusal.columns)
                for c in together
            ]
        rows = np.array(at)
        pulls.add(parts[0], rows, found.served, inside[0])
        ends = np.cumsum([0, *counts[1:]])
        for (k, kept), a, b in zip(others, ends[:-1], ends[1:], strict=True):
            pulls.add(k, rows, found.other[:, a:b], kept)
        return [
            Cell(
                c,
                float(effect),
                unit_row(pulls.quantities, q),
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


class Sections:
    """Rows of each period as if other units were seen in it; a unit's rows share its influence."""

    shares = False

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.starts = [int(s) for s in np.unique(panel.start)]
        code = np.searchsorted(self.starts, panel.start)[panel.unit] * panel.n_periods
        code = code + panel.period
        order = np.argsort(code, kind="stable")
        ends = np.searchsorted(code[order], np.arange(len(self.starts) * panel.n_periods + 1))
        self.members = [order[a:b] for a, b in pairwise(ends)]
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
        reason = missing(fewest[0], fewest[1:], c.pool)
        if reason:
            return [refused(c, pulls.quantities, counts, reason)]
        groups = (*served, *other)
        try:
            found = from_levels(*(self._rows(parts) for parts in groups), method=method)
        except NotEstimable as refusal:
            return [refused(c, pulls.quantities, counts, refusal.reason, refusal.columns)]
        for parts, values in zip(groups, found.influence, strict=True):
            ends = np.cumsum([0, *(len(self.members[k]) for k in parts)])
            for k, a, b in zip(parts, ends[:-1], ends[1:], strict=True):
                pulls.add(k, np.array([q]), values[None, a:b])
        return [
            Cell(
                c,
                found.effect,
                unit_row(pulls.quantities, q),
                counts[0],
                tuple(counts[1:]),
                found.worth,
                found.largest,
            )
        ]
