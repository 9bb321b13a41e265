"""Two-way fixed effects as a regression of rows: gaps, weights that change, covariates, clusters.

In panels every column is taken as it differs from its unit's mean, so that units need no columns;
errors by unit, or by clusters of whole units, are then those of the regression with all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.did import two_way_words as words
from impacteval.estimators.did.panel import Bools, Floats, Panel
from impacteval.estimators.did.rows_regression import centred, clustered, groups_of_rows
from impacteval.estimators.did.two_groups_words import collinear
from impacteval.estimators.randomised.adjustment import ALONE
from impacteval.inference import (
    ClusterFit,
    Regression,
    bell_mccaffrey_degrees,
    cluster_regression,
    collinear_columns,
    regress,
)
from impacteval.inference._arrays import compact
from impacteval.inference.regression import regression_influence


@dataclass(frozen=True, slots=True, eq=False)
class RowsTwoWay:
    """The regression of rows.

    Attributes
    ----------
    fit : Regression
        Least squares; the treatment is the last column.
    clusters : ClusterFit or None
        Errors by unit or cluster; None where rows are independent.
    residual_treatment : array, shape (n,)
        Treatment less what the other columns tell of it.
    by_period : tuple of str
        Covariates that do not change within units; they have a slope in each period.
    """

    fit: Regression
    clusters: ClusterFit | None
    residual_treatment: Floats
    by_period: tuple[str, ...]

    @property
    def contrast(self) -> Floats:
        """What picks the treatment, shape (p,)."""
        found: Floats = np.eye(self.fit.p)[-1]
        return found

    @property
    def effect(self) -> float:
        """Coefficient of the treatment."""
        return float(self.fit.coefficients[-1])

    def influence(self) -> Floats:
        """Influence of each unit or cluster: CR2, or HC2 of rows."""
        if self.clusters is None:
            rows: Floats = regression_influence(self.fit, self.contrast[None])[0]
            return rows
        if float(self.clusters.determined_by_one(self.contrast)) > ALONE:
            raise NotIdentified(words.one_decides())
        found: Floats = self.clusters.influence(self.contrast[None])[0]
        return found

    def plain(self) -> Floats:
        """The same without small-sample factors."""
        if self.clusters is None:
            rows: Floats = regression_influence(self.fit, self.contrast[None], "hc0")[0]
            return rows
        found: Floats = self.clusters.corrected("hc0").influence(self.contrast[None])[0]
        return found

    def degrees(self) -> float:
        """Satterthwaite degrees of freedom."""
        if self.clusters is None:
            return float(bell_mccaffrey_degrees(self.fit, self.contrast))
        return float(self.clusters.degrees(self.contrast))


def fit_rows(panel: Panel) -> RowsTwoWay:
    """Least squares of a panel or of repeated cross-sections.

    Parameters
    ----------
    panel : Panel
        The rows.

    Raises
    ------
    NotIdentified
        When levels leave nothing of the treatment, or a covariate can be computed from others.
    """
    weight = np.ones(len(panel.y)) if panel.weight is None else panel.weight
    follows = panel.kind == "panel"
    periods = (panel.period[:, None] == np.arange(1, panel.n_periods)).astype(np.float64)
    fixed = _constant(panel) if follows else np.zeros(len(panel.covariates), dtype=bool)
    x, names = _slopes(centred(panel), panel.covariates, fixed, periods)
    treatment = panel.served.astype(np.float64)[:, None]
    y = panel.y
    if follows:
        periods, x, treatment = (within(panel, v, weight) for v in (periods, x, treatment))
        y = within(panel, y[:, None], weight)[:, 0]
        base = periods
    else:
        _, cohort = compact(panel.start[panel.unit])
        cohorts = (cohort[:, None] == np.arange(1, int(cohort.max()) + 1)).astype(np.float64)
        base = np.column_stack([cohorts, periods])
    columns = np.column_stack([base, x, treatment])
    lost = collinear_columns(columns, weight)
    if columns.shape[1] - 1 in lost:
        raise NotIdentified(words.nothing_left())
    first = base.shape[1]
    extra = tuple(dict.fromkeys(names[k - first] for k in lost if k >= first))
    if extra:
        raise NotIdentified(collinear(extra, words.LEVELS))
    # Periods that other columns give already (parts of the panel that share no period).
    columns = np.delete(columns, lost, axis=1)
    if not follows:
        columns = np.column_stack([np.ones(len(y)), columns])
    fit = regress(columns, y, weight=panel.weight)
    clusters = cluster_regression(fit, groups_of_rows(panel)) if clustered(panel) else None
    own = fit.q[:, -1] * fit.r[-1, -1] / np.sqrt(weight)
    by_period = tuple(n for n, k in zip(panel.covariates, fixed, strict=True) if k)
    return RowsTwoWay(fit, clusters, own, by_period)


def _slopes(
    x: Floats, names: tuple[str, ...], fixed: Bools, periods: Floats
) -> tuple[Floats, list[str]]:
    """Columns of covariates: one each, or one a period where units' levels hold it already."""
    columns: list[Floats] = [np.zeros((len(x), 0))]
    of: list[str] = []
    for k, name in enumerate(names):
        own = x[:, [k]] * periods if fixed[k] else x[:, [k]]
        columns.append(own)
        of += [name] * own.shape[1]
    return np.column_stack(columns), of


def within(panel: Panel, values: Floats, weight: Floats) -> Floats:
    """Columns of rows less the weighted mean of their unit, shape (n, k)."""
    total = panel.by_unit(weight)
    means = panel.by_unit(np.ascontiguousarray((weight[:, None] * values).T)) / total
    found: Floats = values - means.T[panel.unit]
    return found


def _constant(panel: Panel) -> Bools:
    """Covariates that are the same in all rows of each unit, shape (k,)."""
    first = np.searchsorted(panel.unit, np.arange(len(panel.labels)))
    found: Bools = (panel.x == panel.x[first][panel.unit]).all(axis=0)
    return found
