r"""Fixed effects with an effect for every starting date in every period but the one before it.

Effects are those of cohort :math:`g` in period :math:`t` against period :math:`g - 1`, with units
that are never served as reference. In a balanced panel with constant weights and no covariates they
are differences of cohort means, and so everything is a weighted sum of the outcomes of each unit with
weights that its cohort shares: one matrix product a cohort. Otherwise the levels of units are
eliminated and the small system that is left is solved (`impacteval.inference.absorbed`); influence
is again one product a cohort, of residuals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from impacteval.estimators.did.cohorts import Cohorts
from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel
from impacteval.estimators.did.small_sample import Correction, correction
from impacteval.inference import welch_satterthwaite
from impacteval.inference.absorbed import Block, absorb


class Model(Protocol):
    """Effects of cells, and how the outcomes of each cohort move them."""

    effect: Floats
    known: Bools

    def tables(self, g: int, units: Ints) -> list[Floats]:
        """Tables of a cohort, each of shape (u, T), that weights are multiplied with."""
        ...

    def weights(self, averages: Floats) -> list[Floats]:
        """For averages of cell effects, shape (k, G, T): weights of each table, shape (k, G, T)."""
        ...


# --- balanced panels ------------------------------------------------------------------------------


class Means:
    """Differences of cohort means.

    Attributes
    ----------
    effect : array, shape (G, T)
        Effects; zero in reference periods and for those never served.
    known : array of bool, shape (G, T)
        Cells that have an effect.
    """

    def __init__(self, cohorts: Cohorts, weight: Floats) -> None:
        self._cohorts, self._weight = cohorts, weight
        self._y = cohorts.panel.dense(cohorts.panel.y)
        groups, periods = cohorts.shape
        self._size = np.zeros(groups)
        self._means = np.empty((groups, periods))
        self._deviations: list[Floats] = []
        for g, units in cohorts.members():
            own = weight[units]
            self._size[g] = own.sum()
            block = self._y[units]
            self._means[g] = own @ block / self._size[g]
            # Deviations once; averages of any kind are products with them.
            np.subtract(block, self._means[g], out=block)
            if not (own == 1.0).all():
                block *= own[:, None]
            self._deviations.append(block)
        self.effect = np.zeros((groups, periods))
        self.known = np.zeros((groups, periods), dtype=bool)
        for g, start in enumerate(cohorts.starts[:-1]):
            change = self._means - self._means[:, [start - 1]]
            self.effect[g] = change[g] - change[-1]
            self.known[g] = np.arange(periods) != start - 1

    def tables(self, g: int, units: Ints) -> list[Floats]:
        """Weighted outcomes less the mean of the cohort."""
        return [self._deviations[g]]

    def weights(self, averages: Floats) -> list[Floats]:
        """What a unit's outcomes count for in averages of the effects."""
        found = averages.copy()
        for g, start in enumerate(self._cohorts.starts[:-1]):
            found[:, g, start - 1] -= averages[:, g].sum(axis=1)
        found[:, -1] = -found[:, :-1].sum(axis=1)
        found /= self._size[:, None]
        return [found]


# --- everything else ------------------------------------------------------------------------------


class Rows:
    """A regression of rows with levels of units, solved without a design matrix.

    Attributes
    ----------
    effect, known : array, shape (G, T)
        As in `Means`; cells that the rows do not determine are not known.
    """

    def __init__(self, cohorts: Cohorts, fixed: Floats, moving: Floats) -> None:
        panel = cohorts.panel
        groups, periods = cohorts.shape
        self._cohorts, self._fixed, self._moving = cohorts, fixed, moving
        weight = np.ones(len(panel.y)) if panel.weight is None else panel.weight
        reference = np.zeros((groups, periods), dtype=bool)
        reference[np.arange(groups - 1), cohorts.starts[:-1] - 1] = True
        reference[-1] = True
        present = cohorts.sums(weight) > 0.0
        wanted = present & ~reference
        self._place = np.full((groups, periods), int(wanted.sum()), dtype=np.int64)
        self._place[wanted] = np.arange(int(wanted.sum()))
        cells = int(wanted.sum())
        blocks = [
            Block(panel.period, periods, fixed[panel.unit] if fixed.shape[1] else None),
            Block(self._place.ravel()[cohorts.cell], cells),
        ]
        if moving.shape[1]:
            blocks.append(Block(np.zeros(len(panel.y), dtype=np.int64), 1, moving, level=False))
        fit = absorb(panel.y, panel.weight, panel.unit, len(panel.labels), blocks)
        self._first = blocks[0].width
        self._inverse = fit.inverse
        self._scores = weight * fit.residuals
        own = np.eye(len(fit.coefficients))[self._first : self._first + cells]
        determined = fit.determined(own)
        self.effect = np.zeros((groups, periods))
        self.effect[wanted] = fit.coefficients[self._first : self._first + cells]
        self.known = np.zeros((groups, periods), dtype=bool)
        self.known[wanted] = determined

    def tables(self, g: int, units: Ints) -> list[Floats]:
        """Weighted residuals; the same times fixed covariates, and times moving ones."""
        own = self._cohorts.table(self._scores, g, units)
        found = [own]
        found += [own * self._fixed[units, [j]][:, None] for j in range(self._fixed.shape[1])]
        found += [
            self._cohorts.table(self._scores * self._moving[:, j], g, units)
            for j in range(self._moving.shape[1])
        ]
        return found

    def weights(self, averages: Floats) -> list[Floats]:
        """What residuals count for in averages of the effects."""
        groups, periods = self._cohorts.shape
        many = len(averages)
        cells = int(self._place[-1, -1])
        inside = self._place < cells
        along = averages[:, inside] @ self._inverse[self._first : self._first + cells]
        levels = along[:, :periods]
        own = np.zeros((many, groups, periods))
        own[:, inside] = along[:, self._first : self._first + cells]
        found = [own + levels[:, None, :]]
        for j in range(self._fixed.shape[1]):
            slope = along[:, (j + 1) * periods : (j + 2) * periods]
            found.append(np.broadcast_to(slope[:, None, :], own.shape))
        for j in range(self._moving.shape[1]):
            slope = along[:, [self._first + cells + j]]
            found.append(np.broadcast_to(slope[:, None, :], own.shape))
        return found


# --- averages ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Averaged:
    """Averages of cell effects with their influence.

    Attributes
    ----------
    effect : array, shape (k,)
        The averages.
    influence : array, shape (k, m)
        Influence of each unit or cluster, with small-sample factors.
    fixed : array, shape (k,)
        Standard errors if the shares of the cohorts were known.
    parts : array, shape (k, G)
        Sum of squared influence by cohort.
    """

    effect: Floats
    influence: Floats
    fixed: Floats
    parts: Floats


@dataclass(frozen=True, eq=False)
class Saturated:
    """A fitted model, and averages of what it found.

    Attributes
    ----------
    cohorts : Cohorts
        Those never served come last.
    model : Means or Rows
        Effects.
    weight : array, shape (n,)
        What rows count for.
    correction : Correction
        Small-sample factors by cohort.
    estimated_shares : bool
        Whether the shares of cohorts count as drawn.
    """

    cohorts: Cohorts
    model: Model
    weight: Floats
    correction: Correction
    estimated_shares: bool

    @cached_property
    def size(self) -> Floats:
        """Weight of each cell, shape (G, T)."""
        panel = self.cohorts.panel
        if panel.balanced and panel.weight is None:
            units = np.bincount(self.cohorts.of_unit, minlength=len(self.cohorts.starts))
            return np.repeat(units[:, None].astype(np.float64), panel.n_periods, axis=1)
        return self.cohorts.sums(self.weight)

    def with_factor(self, factor: float = 1.0) -> Saturated:
        """The same fit, one factor in the place of the small-sample factors of its influence."""
        same = replace(self.correction, factor=np.full_like(self.correction.factor, factor))
        return replace(self, correction=same)

    def averages(self, picked: Bools) -> Averaged:
        """Average effects over picked cells, shape (k, G, T), and their influence."""
        size = self.size * picked
        total = size.sum(axis=(1, 2))[:, None, None]
        shares = size / total
        effect = np.tensordot(shares, self.model.effect, axes=2)
        pull = picked * (self.model.effect - effect[:, None, None]) / total
        many, m = len(picked), len(self.cohorts.panel.groups)
        influence, fixed = np.zeros((many, m)), np.zeros((many, m))
        parts = np.zeros((many, len(self.cohorts.starts)))
        clustered = self.cohorts.panel.cluster is not None
        squares = np.zeros(many)
        for g, which, block in self._blocks(self.model.weights(shares)):
            squares += np.einsum("kg,kg->k", block, block)
            if clustered:
                fixed[:, which] += block
            whole = block
            if self.estimated_shares and pull[:, g].any():
                whole = block + self._drawn(g, pull[:, g], which)
            parts[:, g] = np.einsum("kg,kg->k", whole, whole)
            if clustered:
                influence[:, which] += whole
            else:
                influence[:, which] = whole
        error = np.linalg.norm(fixed, axis=1) if clustered else np.sqrt(squares)
        return Averaged(effect, influence, error, parts)

    def errors(self) -> Floats:
        """Standard error of each cell's own effect, shape (G, T); NaN where there is none."""
        places = np.argwhere(self.model.known)
        alone = np.zeros((len(places), *self.cohorts.shape))
        alone[np.arange(len(places)), places[:, 0], places[:, 1]] = 1.0
        found = np.full(self.cohorts.shape, np.nan)
        weights = self.model.weights(alone)
        if self.cohorts.panel.cluster is not None:
            sums = np.zeros((len(places), len(self.cohorts.panel.groups)))
            for _, which, block in self._blocks(weights):
                sums[:, which] += block
            found[tuple(places.T)] = np.linalg.norm(sums, axis=1)
            return found
        squares = np.zeros(len(places))
        for g, units in self.cohorts.members():
            # Sums of products of a cohort's columns: its units need not be visited cell by cell.
            table = np.hstack(self._tables(g, units))
            gram = table.T @ table
            own = np.hstack([w[:, g] for w in weights])
            squares += np.einsum("ki,ij,kj->k", own, gram, own)
        found[tuple(places.T)] = np.sqrt(squares)
        return found

    def df(self, found: Averaged) -> float:
        """Degrees of freedom of the first average."""
        panel = self.cohorts.panel
        if panel.cluster is not None:
            pairs = np.unique(np.stack([self.cohorts.of_unit, panel.cluster.codes]), axis=1)
            if pairs.shape[1] > len(panel.groups):
                return len(panel.groups) - 1.0  # clusters with several starting dates
        moves = found.parts[0] > 0.0
        if not moves.any():
            return 1.0
        return float(welch_satterthwaite(found.parts[0][moves], self.correction.degrees[moves]))

    def _tables(self, g: int, units: Ints) -> list[Floats]:
        """Tables of units, or of clusters within the cohort, times their small-sample factor."""
        which, own = self.cohorts.groups_of(units)
        factor = self.correction.factor[g, which]
        tables = self.model.tables(g, units)
        tables = [self.cohorts.by_group(table, own, len(which)) for table in tables]
        if (factor == factor[0]).all():
            # One factor for all is cheaper on the few weights than on the many outcomes.
            return tables if factor[0] == 1.0 else [table * factor[0] for table in tables]
        return [table * factor[:, None] for table in tables]

    def _blocks(self, weights: list[Floats]) -> Iterator[tuple[int, Ints, Floats]]:
        """Influence of each cohort's units or clusters on averages, shape (k, u)."""
        for g, units in self.cohorts.members():
            which, own = self.cohorts.groups_of(units)
            factor = self.correction.factor[g, which]
            tables = self.model.tables(g, units)
            tables = [self.cohorts.by_group(table, own, len(which)) for table in tables]
            same = bool((factor == factor[0]).all())
            times = float(factor[0]) if same else 1.0
            block = (times * weights[0][:, g]) @ tables[0].T
            for weight, table in zip(weights[1:], tables[1:], strict=True):
                block += (times * weight[:, g]) @ table.T
            if not same:
                block *= factor
            yield g, which, block

    def _drawn(self, g: int, pull: Floats, which: Ints) -> Floats:
        """What the number of a cohort's units adds, shape (k, u) or broadcast to it."""
        panel = self.cohorts.panel
        factor = self.correction.factor[g, which]
        if panel.balanced and panel.weight is None and panel.cluster is None:
            found: Floats = pull.sum(axis=1, keepdims=True) * factor[0]
            return found
        units = np.flatnonzero(self.cohorts.of_unit == g)
        _, own = self.cohorts.groups_of(units)
        table = self.cohorts.by_group(self.cohorts.table(self.weight, g, units), own, len(which))
        added: Floats = pull @ table.T * factor
        return added


def fit_saturated(
    panel: Panel, fixed: Floats, moving: Floats, *, estimated_shares: bool
) -> Saturated:
    """Fit the model.

    Parameters
    ----------
    panel : Panel
        Units that are followed, some of them never served.
    fixed : array, shape (U, a)
        Covariates that do not change; they have a slope in each period.
    moving : array, shape (n, b)
        Covariates that change; one slope each.
    estimated_shares : bool
        Whether the shares of cohorts count as drawn.

    Returns
    -------
    Saturated
    """
    cohorts = Cohorts.of(panel)
    weight = np.ones(len(panel.y)) if panel.weight is None else panel.weight
    plain = panel.balanced and not fixed.shape[1] and not moving.shape[1]
    each = None
    if plain:
        table = panel.dense(weight)
        each = table[:, 0] if (table == table[:, :1]).all() else None
    model: Model
    model = Means(cohorts, each) if each is not None else Rows(cohorts, fixed, moving)
    held: Floats = np.asarray(panel.by_unit(weight))
    arm = np.arange(len(cohorts.starts))
    spent = np.zeros(len(arm))
    spent[-1] = fixed.shape[1]
    return Saturated(
        cohorts,
        model,
        weight,
        correction(panel, cohorts.of_unit, held, arm=arm, spent=spent),
        estimated_shares,
    )
