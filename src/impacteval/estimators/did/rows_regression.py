"""The regression of textbooks: served group, periods, their interaction, covariates besides.

Rows are compared as they are: who is missing in a period changes the composition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel
from impacteval.inference import (
    ClusterFit,
    Regression,
    Variance,
    bell_mccaffrey_degrees,
    cluster_regression,
    collinear_columns,
    regress,
    regression_classical,
)
from impacteval.inference.regression import regression_influence


@dataclass(frozen=True, slots=True, eq=False)
class RowsFit:
    """A regression whose last columns are the effects.

    Attributes
    ----------
    fit : Regression
        Least squares of all rows.
    clusters : ClusterFit or None
        Errors by cluster; None where rows are independent.
    effects : int
        How many of the last coefficients are effects.
    """

    fit: Regression
    clusters: ClusterFit | None
    effects: int

    @property
    def contrasts(self) -> Floats:
        """What picks the effects, shape (e, p)."""
        return np.eye(self.fit.p)[-self.effects :]

    @property
    def effect(self) -> Floats:
        """The effects, shape (e,)."""
        found: Floats = self.fit.coefficients[-self.effects :]
        return found

    def influence(self) -> Floats:
        """Influence of each unit or cluster, shape (e, m): HC2, or CR2."""
        if self.clusters is None:
            return regression_influence(self.fit, self.contrasts)
        return self.clusters.influence(self.contrasts)

    def degrees(self) -> float:
        """Degrees of freedom of the last effect."""
        contrast = self.contrasts[-1]
        if self.clusters is None:
            return float(bell_mccaffrey_degrees(self.fit, contrast))
        return float(self.clusters.degrees(contrast))

    def conventions(self) -> Iterator[tuple[str, float, float]]:
        """What programmes print for the last effect: name, standard error, degrees of freedom."""
        contrast = self.contrasts[-1:]
        residual = self.fit.n - self.fit.p
        yield "ols_classical", float(np.sqrt(regression_classical(self.fit, contrast)[0])), residual
        named: tuple[tuple[Variance, str], ...] = (("hc1", "1"), ("hc2", "2"), ("hc3", "3"))
        for variance, number in named:
            psi = regression_influence(self.fit, contrast, variance)
            yield f"ols_hc{number}", float(np.linalg.norm(psi)), residual
        if self.clusters is not None:
            groups = self.clusters.n_clusters - 1.0
            for variance, number in named:
                psi = self.clusters.corrected(variance).influence(contrast)
                yield f"ols_cr{number}", float(np.linalg.norm(psi)), groups


def fit_rows(panel: Panel, served: Bools, effects: Floats, *, covariates: bool) -> RowsFit:
    """Regression on an intercept, the served group, periods, covariates, and the effects.

    Parameters
    ----------
    panel : Panel
        The rows.
    served : array of bool, shape (n,)
        Rows of units that are served at some time.
    effects : array, shape (n, e)
        Columns whose coefficients are the effects.
    covariates : bool
        Whether those of the panel are among the columns.
    """
    columns = [base(panel, served)]
    if covariates:
        columns.append(centred(panel))
    fit = regress(np.column_stack([*columns, effects]), panel.y, weight=panel.weight)
    clusters = cluster_regression(fit, groups_of_rows(panel)) if clustered(panel) else None
    return RowsFit(fit, clusters, effects.shape[1])


def base(panel: Panel, served: Bools) -> Floats:
    """Intercept, served group, and periods but the first, shape (n, T + 1)."""
    periods = panel.period[:, None] == np.arange(1, panel.n_periods)
    return np.column_stack([np.ones(len(panel.y)), served, periods]).astype(np.float64)


def centred(panel: Panel) -> Floats:
    """Covariates of size one, which keeps digits and changes no effect."""
    x = panel.x - panel.x.mean(axis=0)
    spread = x.std(axis=0)
    found: Floats = x / np.where(spread > 0.0, spread, 1.0)
    return found


def clustered(panel: Panel) -> bool:
    """Whether rows belong together: in panels, or where there are clusters."""
    return panel.kind == "panel" or panel.cluster is not None


def groups_of_rows(panel: Panel) -> Ints:
    """Unit or cluster of each row."""
    return panel.unit if panel.cluster is None else panel.cluster.codes[panel.unit]


def superfluous(panel: Panel, served: Bools, after: Bools) -> tuple[str, ...]:
    """Covariates that the group, the periods, and earlier covariates already give."""
    known = np.column_stack([base(panel, served)[:, 1:], served & after])
    found = collinear_columns(np.column_stack([known, centred(panel)]), panel.weight)
    first = known.shape[1]
    return tuple(panel.covariates[k - first] for k in found if k >= first)
