"""Trials in which whole clusters count: the fit, its cluster-robust errors, the clusters themselves.

Pure functions on arrays. A fit has one level for each stratum and arm, and covariates with the
same slope everywhere; both arm means are predictions at the covariates of everyone assigned.
Without strata that is the regression of the outcome on the programme and the covariates. With
strata, each stratum's difference has the weight of its size, whatever share of it was served: a
regression with one level a stratum would weigh them by size times share served times share not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.randomised.arms import _arm_contrasts, mean_arms, stratum_shares
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.estimators.randomised.trial import Trial
from impacteval.inference import (
    ArmMeans,
    CellClusters,
    CellFit,
    ClusterFit,
    Regression,
    Variance,
    cluster_cells,
    cluster_regression,
    regress,
)
from impacteval.inference._arrays import group_sums
from impacteval.inference.weighted_clusters import (
    WeightedClusterFit,
    weighted_cluster_regression,
)

# Share of a contrast that one cluster may determine alone.
ALONE = 1e-6
# Relative difference under which weights times working variances are the same.
SAME = 1e-12

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ClusterModel:
    """A fit, the contrasts that give both arm means, and the cluster of each of its rows.

    Attributes
    ----------
    fit : CellFit or Regression
        Cell means, or a regression on cells and covariates.
    contrasts : array, shape (..., 2, p)
        Comparison first, programme second.
    cluster : array of int, shape (n,)
        From 0.
    centre : array, shape (..., k)
        Mean of each covariate among everyone assigned.
    sums : ClusterFit or None
        What a regression adds up over clusters, once for all corrections.
    ratio : array, shape (n,), or None
        Weight times working variance of each row; None where that is the same for all.
    """

    fit: CellFit | Regression
    contrasts: Floats
    cluster: Ints
    centre: Floats
    sums: ClusterFit | None = None
    ratio: Floats | None = None

    @property
    def coefficients(self) -> Floats:
        """Level of each stratum and arm, then slopes, shape (..., p)."""
        return self.fit.means if isinstance(self.fit, CellFit) else self.fit.coefficients

    def robust(self, variance: Variance) -> CellClusters | ClusterFit | WeightedClusterFit:
        """What clusters contribute to the error: CR2 for ``hc2``, and so on."""
        if isinstance(self.fit, CellFit):
            return cluster_cells(self.fit, self.cluster, variance)
        if self.ratio is not None and variance in ("hc2", "hc3"):
            return weighted_cluster_regression(self.fit, self.cluster, self.ratio, variance)
        assert self.sums is not None  # `cluster_model` adds them up; for mypy
        return self.sums.corrected(variance)

    def arms(self, variance: Variance) -> ArmMeans:
        """Both arm means; degrees of freedom Satterthwaite's, for CR0 and CR1 clusters minus one."""
        found = self.robust(variance)
        means = (self.contrasts @ self.coefficients[..., None])[..., 0]

        def degrees(contrast: Floats) -> Floats:
            if variance in ("hc0", "hc1"):
                return np.full(contrast.shape[:-1], found.n_clusters - 1.0)
            return found.degrees((contrast[..., None, :] @ self.contrasts)[..., 0, :])

        return ArmMeans(means, found.influence(self.contrasts), degrees)

    def terms(self) -> Floats:
        """Contrasts of one trial that read as a regression: intercept, programme, each slope.

        The intercept is the comparison mean where every covariate is zero.
        """
        k = self.centre.shape[-1]
        slopes = np.zeros((k, self.contrasts.shape[-1]))
        slopes[:, self.contrasts.shape[-1] - k :] = np.eye(k)
        comparison, programme = self.contrasts
        return np.vstack([comparison - self.centre @ slopes, programme - comparison, slopes])


def cluster_model(
    y: Floats,
    treatment: Ints,
    cluster: Ints,
    *,
    x: Floats | None = None,
    stratum: Ints | None = None,
    size: Floats | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
    working: Floats | None = None,
    factorised: bool = False,
) -> ClusterModel:
    """Fit the levels of strata and arms, and common slopes.

    Parameters
    ----------
    y : array, shape (..., n)
        Outcome; for rates, outcome per unit of exposure.
    treatment, cluster, stratum : array of int, shape (n,)
        Arm, cluster and, when there is one, stratum of each row, from 0.
    x : array, shape (..., n, k), optional
        Covariates that are not collinear beside the levels.
    size : array, shape (..., n), optional
        What a row counts for in the population; default one.
    weight : array, shape (..., n), optional
        Weights of the fit.
    copies : array, shape (n,), optional
        Identical units behind each row.
    working : array, shape (n,), optional
        Working variance of the outcomes of one trial, up to a factor; default one over the
        weight, which is right for weights that are sizes or precisions.
    factorised : bool
        Whether a fit without covariates is a regression too, which the wild bootstrap reads.

    Returns
    -------
    ClusterModel

    Examples
    --------
    >>> y, arm = np.array([1.0, 3.0, 10.0, 16.0]), np.array([0, 0, 1, 1])
    >>> cluster_model(y, arm, np.arange(4)).arms("hc2").means.tolist()
    [2.0, 13.0]
    """
    k = 0 if x is None else x.shape[-1]
    ratio = None if weight is None or working is None else weight * working
    if ratio is not None and np.ptp(ratio) <= SAME * ratio.max():
        ratio = None
    if k == 0 and ratio is None and not factorised:
        found = mean_arms(y, treatment, stratum=stratum, size=size, weight=weight, copies=copies)
        return ClusterModel(found.fit, found.contrasts, cluster, np.zeros((*y.shape[:-1], 0)))
    strata = np.zeros_like(treatment) if stratum is None else stratum
    counted = np.ones(y.shape[-1]) if size is None else size
    cells = _arm_contrasts(stratum_shares(counted, strata))
    p = cells.shape[-1]
    covariates = np.zeros((*y.shape, 0)) if x is None else x
    centre = (counted[..., None] * covariates).sum(axis=-2) / counted.sum(axis=-1)[..., None]
    columns = np.zeros((*y.shape, p + k), order="F" if y.ndim == 1 else "C")
    columns[..., np.arange(treatment.size), 2 * strata + treatment] = 1.0
    columns[..., p:] = covariates - centre[..., None, :]
    contrasts = np.concatenate([cells, np.zeros((*cells.shape[:-1], k))], axis=-1)
    fit = regress(columns, y, weight=weight, copies=copies)
    sums = cluster_regression(fit, cluster, "hc0")
    return ClusterModel(fit, contrasts, cluster, centre, sums, ratio)


def equal_clusters(trial: Trial) -> Trial:
    """The trial in which every cluster counts as one, whatever its size."""
    assert trial.cluster is not None
    groups = len(trial.cluster.labels)
    copies = np.ones(len(trial.y)) if trial.copies is None else trial.copies
    weight = np.ones(len(trial.y)) if trial.weight is None else trial.weight

    def share(values: Floats) -> Floats:
        totals = group_sums(values, trial.cluster.codes, groups)  # type: ignore[union-attr]  # asserted above
        found: Floats = values / totals[trial.cluster.codes]  # type: ignore[union-attr]
        return found

    equal = share(weight * copies) / copies
    # As if means of clusters had one variance.
    return replace(trial, weight=equal, size=share(trial.size), working=1.0 / equal)


def cluster_means(trial: Trial) -> Trial:
    """The trial whose rows are clusters: means of outcome and covariates, weights added up.

    Every cluster lies in one arm and one stratum.
    """
    assert trial.cluster is not None
    codes, groups = trial.cluster.codes, len(trial.cluster.labels)
    copies = np.ones(len(trial.y)) if trial.copies is None else trial.copies
    weight = copies if trial.weight is None else trial.weight * copies
    total = group_sums(weight, codes, groups)
    first = np.zeros(groups, dtype=np.int64)
    first[codes] = np.arange(len(codes))
    means = [group_sums(weight * column, codes, groups) / total for column in trial.x.T]
    stratum = trial.stratum
    return replace(
        trial,
        y=group_sums(weight * trial.y, codes, groups) / total,
        x=np.column_stack(means) if means else np.zeros((groups, 0)),
        treatment=trial.treatment[first],
        weight=total,
        copies=None,
        size=group_sums(trial.size, codes, groups),
        working=1.0 / total,
        exposure=None,
        stratum=None if stratum is None else Grouping(stratum.codes[first], stratum.labels),
        cluster=Grouping(np.arange(groups), trial.cluster.labels),
        unit=trial.cluster.labels,
    )


def assigned_whole(trial: Trial) -> bool:
    """Whether each cluster lies in one arm of one stratum."""
    assert trial.cluster is not None
    stratum = 0 if trial.stratum is None else trial.stratum.codes
    cell = 2 * stratum + trial.treatment
    pairs = np.unique(trial.cluster.codes * (int(cell.max()) + 1) + cell)
    return len(pairs) == len(trial.cluster.labels)


def clusters_of(trial: Trial, arm: int) -> int:
    """Clusters with someone in that arm."""
    assert trial.cluster is not None
    return len(np.unique(trial.cluster.codes[trial.treatment == arm]))


@dataclass(frozen=True, slots=True)
class Intraclass:
    """How alike outcomes are within clusters, and what that costs.

    Attributes
    ----------
    mean_size, size_cv : float
        Mean and coefficient of variation (ddof 1) of the number of units in a cluster.
    within, between : float
        Mean squares within and between clusters, differences of arms and strata taken out.
    icc : float
        Intra-cluster correlation, ANOVA estimator; may be negative, NaN when every cluster is
        of one unit.
    design_effect : float
        Variance of a mean beside that of as many independent units (Eldridge, Ashby and Kerry
        2006), ``1 + ((1 + cv^2) mean - 1) icc``.
    """

    mean_size: float
    size_cv: float
    within: float
    between: float
    icc: float
    design_effect: float


def intraclass(y: Floats, cell: Ints, cluster: Ints, copies: Floats | None = None) -> Intraclass:
    """Intra-cluster correlation by analysis of variance, unweighted (Donner and Klar 2000, ch. 1).

    Parameters
    ----------
    y : array, shape (n,)
        Outcome.
    cell : array of int, shape (n,)
        Stratum and arm, whose differences are no part of the correlation.
    cluster : array of int, shape (n,)
        From 0. A cluster with several cells counts once in each.
    copies : array, shape (n,), optional
        Identical units behind each row.

    Examples
    --------
    >>> y = np.array([1.0, 1.0, 3.0, 3.0])
    >>> intraclass(y, np.zeros(4, dtype=np.int64), np.array([0, 0, 1, 1])).icc
    1.0
    """
    f = np.ones(y.size) if copies is None else copies
    sizes = np.bincount(cluster, weights=f)
    cells, row_cell = np.unique(cell, return_inverse=True)
    pairs, place = np.unique(cluster * cells.size + row_cell, return_inverse=True)
    pair_cell = pairs % cells.size
    n = np.bincount(place, weights=f)
    total = np.bincount(pair_cell, weights=n)
    mean = np.bincount(place, weights=f * y) / n
    grand = np.bincount(pair_cell, weights=n * mean) / total
    df_between, df_within = pairs.size - cells.size, n.sum() - pairs.size
    between = float((n * (mean - grand[pair_cell]) ** 2).sum() / max(df_between, 1))
    within = float((f * (y - mean[place]) ** 2).sum() / df_within) if df_within > 0 else np.nan
    typical = (n.sum() - (n**2 / total[pair_cell]).sum()) / max(df_between, 1)
    spread = between + (typical - 1.0) * within
    icc = (between - within) / spread if spread > 0 else np.nan
    cv = float(sizes.std(ddof=1) / sizes.mean())
    effect = 1.0 + ((1.0 + cv**2) * sizes.mean() - 1.0) * icc
    return Intraclass(float(sizes.mean()), cv, within, between, float(icc), float(effect))


def coefficient_table(
    model: ClusterModel, variance: Variance, names: tuple[str, ...]
) -> dict[str, Any]:
    """Estimate, standard error and degrees of freedom of every term of one trial."""
    robust, terms = model.robust(variance), model.terms()
    errors = np.sqrt((robust.influence(terms) ** 2).sum(axis=-1))
    if variance == "hc1":
        degrees = np.full(len(terms), robust.n_clusters - 1.0)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            degrees = np.array([float(robust.degrees(term)) for term in terms])
    if not isinstance(robust, CellClusters):
        # A slope that one cluster determines by itself has no error that could be estimated.
        alone = np.array([float(robust.determined_by_one(term)) > ALONE for term in terms])
        errors, degrees = np.where(alone, np.nan, errors), np.where(alone, np.nan, degrees)
    return {
        "term": list(names),
        "estimate": terms @ model.coefficients,
        "std_error": errors,
        "df": degrees,
    }
