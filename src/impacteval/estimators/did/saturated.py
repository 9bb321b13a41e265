r"""Effects of each cohort in each served period, in one regression with everything else.

References
----------
Wooldridge (2021), Two-way fixed effects, the two-way Mundlak regression, and difference-in-
differences estimators. doi:10.2139/ssrn.3906345
Wooldridge (2023), Simple approaches to nonlinear difference-in-differences with panel data.
*The Econometrics Journal* 26(3). doi:10.1093/ectj/utad016
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.did import extended_twfe_words as words
from impacteval.estimators.did.averages import Scores, column_sums, gather
from impacteval.estimators.did.cohorts import Cohorts
from impacteval.estimators.did.imputation import CellMeans
from impacteval.estimators.did.imputed import Found, Targets, targets_of
from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel
from impacteval.estimators.did.untreated import Effects, centred, fixed_covariates, levels_of
from impacteval.inference.absorbed import Block, absorb, columns_times
from impacteval.inference.blocked_glm import fit_blocked
from impacteval.inference.glm import predicted

Model = Literal["linear", "poisson", "logit"]


@dataclass(frozen=True, eq=False)
class Saturated:
    """Averages of the effects of a saturated regression.

    Attributes
    ----------
    found : Found
        Averages with their influence, small-sample factor included.
    coefficients : int
        Coefficients that the factor counts: all but levels that lie within a unit or cluster.
    """

    found: Found
    coefficients: int


def after_start(panel: Panel, anticipation: int) -> Bools:
    """Rows from the start of the service, or its anticipation, on, shape (n,)."""
    early = np.where(panel.never, 0, anticipation)
    found: Bools = panel.period >= (panel.start - early)[panel.unit]
    return found


def cohort_centred(cohorts: Cohorts, x: Floats) -> Floats:
    """Covariates less the mean of their cohort, shape (n, k)."""
    sums = cohorts.sums(cohorts.weight).sum(axis=1)
    means = np.stack(
        [cohorts.sums(cohorts.weight * column).sum(axis=1) / sums for column in x.T], axis=-1
    )
    found: Floats = x - means[cohorts.of_row]
    return found


def fit_linear(panel: Panel, *, effects: Effects, anticipation: int) -> Saturated:
    """Least squares of all rows on levels, periods and an effect for each cohort and period.

    Covariates have a slope in each period (and cohort, where that is not a level of the unit), and
    one in each served cohort and period, about the mean of the cohort.

    Raises
    ------
    NotIdentified
        When no effect is determined.
    """
    cohorts = Cohorts.of(panel)
    served = after_start(panel, anticipation)
    level = levels_of(cohorts, effects)
    blocks = _linear_blocks(cohorts, served, effects)
    fit = absorb(panel.y, panel.weight, level[panel.unit], int(level.max()) + 1, blocks)
    # The effect in a row: that of its cell, and slopes times its covariates.
    means = column_sums(cohorts, blocks[-1:], np.where(served, cohorts.weight, 0.0))
    width = len(fit.coefficients)
    before = width - means.shape[2]
    rows = cohorts.sums(np.where(served, cohorts.weight, 0.0))
    each = np.zeros((*cohorts.shape, width))
    each[..., before:] = means / np.where(rows > 0.0, rows, 1.0)[..., None]
    told = fit.determined(each) & (rows > 0.0)
    answered = served & told[cohorts.of_row, panel.period]
    targets = targets_of(cohorts, ~served, answered)
    wanted = np.tensordot(targets.shares * np.where(told, rows, 0.0), each, axes=2)
    rank = width - fit.null.shape[1]
    levels = 1 if effects != "cohort" else int((fit.weights > 0.0).sum())
    factor = small_sample(panel, rank + levels)
    steps = factor * (fit.inverse @ wanted.T)
    everything = np.ones(len(panel.y), dtype=bool)
    scores = Scores(cohorts, blocks, everything, cohorts.weight * fit.residuals)
    held = _Held(targets, factor)

    def part(g: int, units: Ints, own: Ints, size: int) -> tuple[Floats, Floats]:
        block = scores.along(g, units, own, size, steps)
        if effects == "cohort":
            sums = scores.sums(g, units, own, size)
            block -= sums[:, None] * (fit.column_means[g] @ steps)
        return block, held.observed(g, units, own, size)

    joint = gather(cohorts, len(wanted), targets.kept, part)
    found = Found(targets, wanted @ fit.coefficients, held.means(panel.y), joint)
    return Saturated(found, rank + levels)


def _linear_blocks(cohorts: Cohorts, served: Bools, effects: Effects) -> tuple[Block, ...]:
    panel = cohorts.panel
    cells, place = np.unique(cohorts.cell[served], return_inverse=True)
    codes = np.full(len(panel.y), len(cells), dtype=np.int64)
    codes[served] = place
    if not panel.covariates:
        return Block(panel.period, panel.n_periods), Block(codes, len(cells))
    x = centred(panel, np.arange(len(panel.y)))
    own = x if effects != "unit" else x[:, ~fixed_covariates(panel)]
    blocks = [Block(panel.period, panel.n_periods, x)]
    if own.shape[1]:
        blocks.append(Block(cohorts.of_row, len(cohorts.starts), own, level=False))
    return (*blocks, Block(codes, len(cells), cohort_centred(cohorts, x)))


def small_sample(panel: Panel, coefficients: int) -> float:
    """Root of G/(G - 1) x (n - 1)/(n - k), what fixest and Stata multiply clustered errors by.

    Raises
    ------
    NotIdentified
        When there are not more rows than coefficients, or a single cluster.
    """
    groups, rows = len(panel.groups), len(panel.y)
    if groups < 2 or rows <= coefficients:
        raise NotIdentified(words.too_few_rows(rows, coefficients))
    return math.sqrt(groups / (groups - 1.0) * (rows - 1.0) / (rows - coefficients))


@dataclass(frozen=True, eq=False)
class _Held:
    """Mean outcomes of the answered rows, and their influence."""

    targets: Targets
    factor: float

    def means(self, values: Floats) -> Floats:
        """Weighted means of the rows of each average, shape (H,)."""
        targets = self.targets
        cohorts = targets.cohorts
        sums = cohorts.sums(np.where(targets.answered, cohorts.weight * values, 0.0))
        found: Floats = np.tensordot(targets.shares, sums, axes=2)
        return found

    def observed(self, g: int, units: Ints, own: Ints, size: int) -> Floats:
        """Influence on the mean outcomes of the averages that are kept, shape (m, k)."""
        targets = self.targets
        cohorts, kept = targets.cohorts, targets.kept
        shares = targets.shares[:, g]
        if not shares[kept].any():
            return np.zeros((size, len(kept)))
        weights = np.where(targets.answered, cohorts.weight, 0.0)
        held = cohorts.by_group(cohorts.table(weights, g, units), own, size)
        totals = cohorts.table(weights * cohorts.panel.y, g, units)
        totals = cohorts.by_group(totals, own, size)
        return self.factor * CellMeans().observed(totals, held, shares, kept)


def fit_curved(panel: Panel, *, model: Model, anticipation: int) -> Saturated:
    """Poisson or logit quasi-likelihood with a level for each cohort, on the link's own scale.

    With an effect (and slopes) for each served cohort and period, and canonical links, the served
    rows say nothing about the rest of the model: it is fitted to untreated rows, and what it
    predicts for the served is their outcome without the service.

    Raises
    ------
    NotIdentified
        When the outcome is not one the model is for, no finite maximum exists, or nothing is
        determined.
    """
    family: Literal["poisson", "binomial"] = "poisson" if model == "poisson" else "binomial"
    _check_outcome(panel, model)
    cohorts = Cohorts.of(panel)
    served = after_start(panel, anticipation)
    rows = np.flatnonzero(~served)
    x = centred(panel, rows) if panel.covariates and rows.size else None
    blocks = (
        Block(cohorts.of_row, len(cohorts.starts), x),
        Block(panel.period, panel.n_periods, x),
    )
    if not rows.size:
        raise NotIdentified(words.no_maximum())
    own = None if panel.weight is None else panel.weight[rows]
    fit = fit_blocked(panel.y[rows], own, [block.take(rows) for block in blocks], family)
    if not fit.converged:
        raise NotIdentified(words.no_maximum())
    answered = served & _told(blocks, served, fit.null)
    targets = targets_of(cohorts, ~served, answered)
    without, slope = predicted(family, columns_times(blocks, fit.coefficients))
    fitted, extra = _served_fit(cohorts, answered, x, family)
    factor = small_sample(panel, len(fit.coefficients) - fit.null.shape[1] + extra)
    weight = cohorts.weight
    moved = column_sums(cohorts, blocks, np.where(answered, weight * slope, 0.0))
    steps = fit.inverse @ np.tensordot(targets.shares, moved, axes=2).T
    residuals = np.zeros(len(panel.y))
    residuals[rows] = weight[rows] * (panel.y[rows] - fit.mean)
    scores = Scores(cohorts, blocks, ~served, residuals)
    beyond = np.where(answered, weight * (panel.y - fitted), 0.0)
    held = _Held(targets, factor)

    def part(g: int, units: Ints, own: Ints, size: int) -> tuple[Floats, Floats]:
        block = -scores.along(g, units, own, size, steps)
        shares = targets.shares[:, g]
        if shares.any():
            table = cohorts.by_group(cohorts.table(beyond, g, units), own, size)
            block += table @ shares.T
        return factor * block, held.observed(g, units, own, size)

    joint = gather(cohorts, len(targets.shares), targets.kept, part)
    observed = held.means(panel.y)
    found = Found(targets, observed - held.means(without), observed, joint)
    return Saturated(found, len(fit.coefficients) - fit.null.shape[1] + extra)


def _check_outcome(panel: Panel, model: Model) -> None:
    low, high = float(panel.y.min()), float(panel.y.max())
    if low < 0.0 or (model == "logit" and high > 1.0):
        raise NotIdentified(words.wrong_outcome(model, low, high))


def _told(blocks: tuple[Block, ...], served: Bools, null: Floats) -> Bools:
    """Served rows whose columns are orthogonal to what untreated rows leave open, shape (n,)."""
    rows = np.flatnonzero(served)
    found = np.ones(len(served), dtype=bool)
    taken = [block.take(rows) for block in blocks]
    largest = max([1.0, *(float(np.abs(b.slopes).max()) for b in taken if b.slopes is not None)])
    for direction in null.T:
        found[rows] &= np.abs(columns_times(taken, direction)) <= 1e-7 * largest
    return found


def _served_fit(
    cohorts: Cohorts, answered: Bools, x: Floats | None, family: Literal["poisson", "binomial"]
) -> tuple[Floats, int]:
    """Fitted means of the answered rows in their own cells, shape (n,), and how many coefficients."""
    panel, weight = cohorts.panel, cohorts.weight
    if x is None:
        held = cohorts.sums(np.where(answered, weight, 0.0))
        sums = cohorts.sums(np.where(answered, weight * panel.y, 0.0))
        means = sums / np.where(held > 0.0, held, 1.0)
        return means[cohorts.of_row, panel.period], int((held > 0.0).sum())
    rows = np.flatnonzero(answered)
    cells, codes = np.unique(cohorts.cell[rows], return_inverse=True)
    slopes = cohort_centred(cohorts, x)[rows]
    own = None if panel.weight is None else panel.weight[rows]
    fit = fit_blocked(panel.y[rows], own, [Block(codes, len(cells), slopes)], family)
    if not fit.converged:
        raise NotIdentified(words.no_maximum_served())
    found = np.zeros(len(panel.y))
    found[rows] = fit.mean
    return found, len(fit.coefficients) - fit.null.shape[1]
