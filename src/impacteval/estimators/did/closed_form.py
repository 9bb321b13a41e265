"""Imputation in balanced panels, in one matrix product a cohort.

Without covariates and weights the units of a cohort have the same pattern of untreated periods.
Then the model of untreated outcomes is that of the cohorts' means, and every average, and every
difference before the service, has the same coefficients for all units of a cohort. The levels of
units drop out, as coefficients sum to zero over time. Nothing is made for each row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from impacteval.estimators.did.averages import Averages, JointInfluence, level_term, steps_of
from impacteval.estimators.did.cohorts import Cohorts
from impacteval.estimators.did.imputed import Found, since_start, targets_of
from impacteval.estimators.did.panel import Bools, Floats, Panel
from impacteval.estimators.did.pretrends import PreFit, PreTrends, fit_pre_trends
from impacteval.estimators.did.untreated import Untreated, fit_untreated


def closed(panel: Panel, effects: str) -> bool:
    """Whether a panel is balanced and plain enough."""
    plain = panel.weight is None and not panel.covariates and panel.cluster is None
    return panel.balanced and plain and effects == "unit" and panel.kind != "repeated_cross_section"


@dataclass(frozen=True, eq=False)
class Closed:
    """What the functions for any panel give, for a balanced one.

    Attributes
    ----------
    model : Untreated
        The model, of the cohorts' means.
    found : Found
        Averages with their influence.
    before : PreTrends or None
        Differences before the service.
    """

    model: Untreated
    found: Found
    before: PreTrends | None


def estimate_closed(
    panel: Panel, *, anticipation: int, pre_periods: int | None, by_cell: bool
) -> Closed:
    """Averages of imputed effects, and differences before the service.

    Parameters
    ----------
    panel : Panel
        One for which `closed` holds.
    anticipation, pre_periods
        As in the estimators.
    by_cell : bool
        Whether what differs from the mean of cohort and period is error, or what differs from the
        average itself.

    Raises
    ------
    NotIdentified
        As the functions for any panel do.
    """
    cohorts = Cohorts.of(panel)
    sizes = np.bincount(cohorts.of_unit).astype(np.float64)
    outcomes = panel.dense(panel.y)
    means = np.stack([outcomes[units].mean(axis=0) for _, units in cohorts.members()])
    model = fit_untreated(
        _of_cohorts(panel, cohorts, means, sizes), effects="unit", anticipation=anticipation
    )
    small = targets_of(model.cohorts, model.untreated, model.imputable)
    averages = Averages(model, small.shares)
    effects, observed = averages.effects, averages.observed
    steps = steps_of(averages, np.where(model.imputable, model.weight, 0.0))
    before_start = model.untreated.reshape(cohorts.shape)
    # Coefficients of the outcomes of a unit, cohort by cohort, and what they sum to on average.
    untreated = -(np.broadcast_to(steps, (cohorts.shape[0], *steps.shape)))
    untreated = untreated - level_term(averages, steps)[:, None, :]
    pull = np.where(before_start[..., None], untreated, np.moveaxis(small.shares, 0, 2))
    beta = model.fit.coefficients[: panel.n_periods]
    gap = np.where(before_start, 0.0, means - model.without.reshape(cohorts.shape))
    centre = np.einsum("gth,t->gh", pull, beta)
    if by_cell:
        centre += np.einsum("hgt,gt->gh", small.shares, gap)
    else:
        centre += np.einsum("hgt->gh", small.shares) * effects
    shown = np.moveaxis(small.shares[small.kept], 0, 2)
    fit = fit_pre_trends(model, since_start(model.cohorts), pre_periods)
    early, early_centre = _before(model, fit, before_start)

    wide, kept = pull.shape[2], len(small.kept)
    products = np.zeros((wide, wide))
    squares = np.zeros((early.shape[2], early.shape[2]))
    pulls, seen = np.empty((kept, len(panel.labels))), np.zeros((kept, len(panel.labels)))
    for g, units in cohorts.members():
        table = outcomes[units]
        block = table @ pull[g] - centre[g]
        products += block.T @ block
        pulls[:, units] = block[:, :kept].T
        if small.shares[:, g].any():
            seen[:, units] = ((table - means[g]) @ shown[g]).T
        if early.shape[2]:
            block = table @ early[g] - early_centre[g]
            squares += block.T @ block
    answered = model.imputable.reshape(cohorts.shape)
    targets = replace(
        small,
        cohorts=cohorts,
        untreated=before_start[cohorts.of_unit].ravel(),
        answered=answered[cohorts.of_unit].ravel(),
        counts=small.counts * sizes.astype(np.int64)[:, None],
    )
    found = Found(targets, effects, observed, JointInfluence(pulls, seen, products))
    if fit is None:
        return Closed(model, found, None)
    counts = np.rint(
        [(sizes[:, None] * before_start)[since_start(cohorts) == t].sum() for t in fit.times]
    ).astype(np.int64)
    return Closed(model, found, PreTrends(fit.times, fit.effects, squares, counts))


def _of_cohorts(panel: Panel, cohorts: Cohorts, means: Floats, sizes: Floats) -> Panel:
    """A panel in which each cohort is one unit that weighs as many as it has."""
    count, periods = cohorts.shape
    weight = np.repeat(sizes, periods)
    return replace(
        panel,
        y=means.ravel(),
        unit=np.repeat(np.arange(count), periods),
        period=np.tile(np.arange(periods), count),
        start=cohorts.starts,
        never=cohorts.starts == periods,
        x=np.zeros((count * periods, 0)),
        weight=weight,
        size=weight,
        labels=np.arange(count),
    )


def _before(model: Untreated, fit: PreFit | None, before_start: Bools) -> tuple[Floats, Floats]:
    """Coefficients of differences before the service, shape (G, T, k), and their centres."""
    shape = model.cohorts.shape
    if fit is None:
        return np.zeros((*shape, 0)), np.zeros((shape[0], 0))
    rows = fit.columns().reshape(*shape, -1)
    away = rows - fit.fit.column_means[:, None, :]
    pull = np.where(before_start[..., None], away @ fit.steps, 0.0)
    return pull, np.einsum("gtk,gt->gk", pull, rows @ fit.fit.coefficients)
