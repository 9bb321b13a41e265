r"""Averages of imputed effects, and the influence of each unit or cluster on them.

An average over served rows is linear in all outcomes: a served row counts by its weight
:math:`\omega`, and an untreated one by minus what it adds to the imputed outcomes. Only what is put
in the place of errors in served rows differs between methods.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from impacteval.estimators.did.cohorts import Cohorts
from impacteval.estimators.did.panel import Bools, Floats, Ints
from impacteval.estimators.did.untreated import Untreated
from impacteval.inference.absorbed import Absorbed, Block


@dataclass(frozen=True, eq=False)
class Averages:
    """Averages of imputed effects over cells of cohort and period.

    Attributes
    ----------
    model : Untreated
        The model behind the imputed outcomes.
    shares : array, shape (H, G, T)
        Weight of each row, per unit of its own weight, in each average; zero in cells that an
        average leaves out. Only imputable rows count.
    """

    model: Untreated
    shares: Floats

    @property
    def effects(self) -> Floats:
        """Each average effect, shape (H,)."""
        return self._along(np.where(self.model.imputable, self.model.residuals, 0.0))

    @property
    def observed(self) -> Floats:
        """Mean outcome of the same rows with the same weights, shape (H,)."""
        model = self.model
        return self._along(np.where(model.imputable, model.weight * model.panel.y, 0.0))

    def _along(self, values: Floats) -> Floats:
        found: Floats = np.tensordot(self.shares, self.model.cohorts.sums(values), axes=2)
        return found


class Errors(Protocol):
    """What stands in the place of errors in the served rows of one cohort."""

    def effects(self, totals: Floats, weights: Floats, shares: Floats) -> Floats:
        """Influence on averages through the served rows, shape (m, H).

        Parameters
        ----------
        totals : array, shape (m, T)
            Weight times imputed effect of each unit or cluster in each period.
        weights : array, shape (m, T)
            Their weights; zero where there is no imputable row.
        shares : array, shape (H, T)
            As in `Averages`, of this cohort.
        """
        ...

    def observed(self, totals: Floats, weights: Floats, shares: Floats, kept: Ints) -> Floats:
        """The same for the mean outcomes of some averages, from weight times outcome."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class JointInfluence:
    """Influence on several averages.

    Attributes
    ----------
    kept : array, shape (k, m)
        Of each unit or cluster on the averages that were asked for.
    observed : array, shape (k, m)
        On the mean outcomes of these.
    products : array, shape (H, H)
        Covariance matrix of all averages.
    """

    kept: Floats
    observed: Floats
    products: Floats


Part = Callable[[int, Ints, Ints, int], tuple[Floats, Floats]]
"""Influence of the groups of a cohort on all averages, shape (m, H), and on some mean outcomes,
shape (m, k), from the cohort, its units, the group of each unit and the number of groups."""


def gather(cohorts: Cohorts, many: int, kept: Ints, part: Part) -> JointInfluence:
    """Put the influence of all cohorts together.

    Parameters
    ----------
    cohorts : Cohorts
        The rows.
    many : int
        Number of averages, H.
    kept : array of int, shape (k,)
        Averages whose influence is wanted by unit or cluster; of the others only the covariances.
    part : callable
        What one cohort adds.
    """
    panel = cohorts.panel
    clustered = panel.cluster is not None
    size = len(panel.groups)
    found = np.zeros((size, many if clustered else len(kept)))
    observed = np.zeros((size, len(kept)))
    products = np.zeros((many, many))
    for g, units in cohorts.members():
        which, own = cohorts.groups_of(units)
        block, outcomes = part(g, units, own, len(which))
        observed[which] += outcomes
        if clustered:  # a cluster may have units in several cohorts
            found[which] += block
        else:
            found[which] = block[:, kept]
            products += block.T @ block
    if clustered:
        products = found.T @ found
        found = found[:, kept]
    return JointInfluence(np.ascontiguousarray(found.T), np.ascontiguousarray(observed.T), products)


def influence(averages: Averages, errors: Errors, kept: Ints) -> JointInfluence:
    """Influence on averages of imputed effects.

    Parameters
    ----------
    averages : Averages
        H averages.
    errors : Errors
        What stands for errors in served rows.
    kept : array of int, shape (k,)
        Averages whose influence is wanted by unit or cluster; of the others only the covariances.
    """
    model = averages.model
    cohorts, panel = model.cohorts, model.panel
    weights = np.where(model.imputable, model.weight, 0.0)
    outcomes = weights * panel.y
    served = np.where(model.imputable, model.residuals, 0.0)
    steps = steps_of(averages, weights)
    scores = Scores(cohorts, model.blocks, model.untreated, model.residuals)
    term = level_term(averages, steps) if model.effects == "cohort" else None

    def part(g: int, units: Ints, own: Ints, size: int) -> tuple[Floats, Floats]:
        block = -scores.along(g, units, own, size, steps)
        if term is not None:
            block -= scores.sums(g, units, own, size)[:, None] * term[g]
        shares = averages.shares[:, g]
        if not shares.any():
            return block, np.zeros((size, len(kept)))
        held = cohorts.by_group(cohorts.table(weights, g, units), own, size)
        totals = cohorts.by_group(cohorts.table(served, g, units), own, size)
        block += errors.effects(totals, held, shares)
        totals = cohorts.by_group(cohorts.table(outcomes, g, units), own, size)
        return block, errors.observed(totals, held, shares, kept)

    return gather(cohorts, len(averages.shares), kept, part)


@dataclass(frozen=True, eq=False)
class Scores:
    """Residuals times columns, summed by unit or cluster, cohort by cohort.

    Attributes
    ----------
    cohorts : Cohorts
        The rows.
    blocks : tuple of Block
        Columns, whose codes are those of cohort and period.
    used : array of bool, shape (n,)
        Rows of the fit.
    residuals : array, shape (n,)
        Weight times residual.
    """

    cohorts: Cohorts
    blocks: tuple[Block, ...]
    used: Bools
    residuals: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "residuals", np.where(self.used, self.residuals, 0.0))

    def along(self, g: int, units: Ints, own: Ints, size: int, steps: Floats) -> Floats:
        """Sums over the rows of residual times columns times `steps`, shape (m, H).

        Parameters
        ----------
        g, units
            A cohort and its units.
        own, size
            The group of each unit, and how many groups.
        steps : array, shape (p, H)
            Coefficients of the columns.
        """
        cohorts = self.cohorts
        codes = self._codes(g)
        plain = np.zeros((cohorts.shape[1], steps.shape[1]))
        found = np.zeros((size, steps.shape[1]))
        at = 0
        for block, code in zip(self.blocks, codes, strict=True):
            for factor in block.factors:
                part = np.vstack([steps[at : at + block.size], np.zeros((1, steps.shape[1]))])
                if factor is None:
                    plain += part[code]
                else:
                    table = cohorts.table(self.residuals * factor, g, units)
                    found += cohorts.by_group(table, own, size) @ part[code]
                at += block.size
        table = cohorts.table(self.residuals, g, units)
        found += cohorts.by_group(table, own, size) @ plain
        return found

    def sums(self, g: int, units: Ints, own: Ints, size: int) -> Floats:
        """Sums of the residuals, shape (m,)."""
        table = self.cohorts.table(self.residuals, g, units)
        found: Floats = self.cohorts.by_group(table, own, size).sum(axis=1)
        return found

    def _codes(self, g: int) -> list[Ints]:
        """Codes of the blocks in each period of a cohort; none where there is no row."""
        cohorts = self.cohorts
        cells, periods = self._first_rows, cohorts.shape[1]
        rows = cells[g * periods : (g + 1) * periods]
        return [np.where(rows < 0, block.size, block.codes[rows]) for block in self.blocks]

    @cached_property
    def _first_rows(self) -> Ints:
        """One row of each cell, -1 where there is none."""
        shape = self.cohorts.shape
        found = np.full(shape[0] * shape[1], -1, dtype=np.int64)
        rows = np.flatnonzero(self.used)
        found[self.cohorts.cell[rows]] = rows
        return found


def steps_of(averages: Averages, weights: Floats) -> Floats:
    """How much each average moves with the right side of the normal equations, shape (p, H)."""
    model = averages.model
    cohorts, fit = model.cohorts, model.fit
    total = column_sums(cohorts, model.blocks, weights)
    for g, units in cohorts.members():
        if not averages.shares[:, g].any():
            continue
        total[g] -= cohorts.table(weights, g, units).T @ fit.column_means[model.level[units]]
    moved = np.tensordot(averages.shares, total, axes=2)
    found: Floats = fit.inverse @ moved.T
    return found


def column_sums(cohorts: Cohorts, blocks: Sequence[Block], weights: Floats) -> Floats:
    """Weighted sums of columns by cohort and period, shape (G, T, p)."""
    size = cohorts.shape[0] * cohorts.shape[1]
    columns = []
    for block in blocks:
        place = cohorts.cell * (block.size + 1) + block.codes
        for factor in block.factors:
            own = weights if factor is None else weights * factor
            table = np.bincount(place, weights=own, minlength=size * (block.size + 1))
            columns.append(table.reshape(size, block.size + 1)[:, : block.size])
    found: Floats = np.hstack(columns).astype(np.float64).reshape(*cohorts.shape, -1)
    return found


def level_term(averages: Averages, steps: Floats) -> Floats:
    """What a cohort's level adds to each untreated row of the cohort, shape (G, H)."""
    model = averages.model
    weights = model.cohorts.sums(np.where(model.imputable, model.weight, 0.0))
    served = np.einsum("hgt,gt->gh", averages.shares, weights)
    fit: Absorbed = model.fit
    held = np.where(fit.weights > 0.0, fit.weights, 1.0)
    found: Floats = served / held[:, None] - fit.column_means @ steps
    return found
