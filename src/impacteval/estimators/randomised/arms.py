"""Arm means with joint influence: the whole numerical content of the two estimators.

Pure functions on arrays with leading axes of replications, so that coverage is measured on the
functions that estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from impacteval.inference import (
    ArmMeans,
    CellClusters,
    CellFit,
    ClusterFit,
    Regression,
    Variance,
    cell_degrees,
    cell_influence,
    cell_scores,
    cluster_cells,
    cluster_regression,
    fit_cells,
    regress,
    regression_influence,
    welch_satterthwaite,
)
from impacteval.inference._arrays import group_sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CellArms:
    """Arm means from cell means, and the fit and contrasts behind them."""

    arms: ArmMeans
    fit: CellFit
    contrasts: Floats


@dataclass(frozen=True, slots=True)
class LinFit:
    """An interacted regression and the contrasts that give both adjusted arm means.

    Attributes
    ----------
    fit : Regression
        The fit of everyone.
    contrasts : array, shape (..., 2, p)
        Comparison first, programme second.
    """

    fit: Regression
    contrasts: Floats

    def arms(self, *, cluster: Ints | None = None, variance: Variance = "hc2") -> ArmMeans:
        """Both adjusted means with joint influence.

        Degrees of freedom are units minus coefficients; with clusters as in `mean_arms`.
        Without clusters no leverage may be one.
        """
        fit, contrasts = self.fit, self.contrasts
        means = (contrasts @ fit.coefficients[..., None])[..., 0]
        if cluster is None:
            psi = regression_influence(fit, contrasts, variance)
            return ArmMeans(means, psi, _constant(fit.n - fit.p))
        clusters = cluster_regression(fit, cluster, variance)
        degrees = _cluster_degrees(variance, clusters, contrasts)
        return ArmMeans(means, clusters.influence(contrasts), degrees)


def stratum_shares(size: Floats, stratum: Ints) -> Floats:
    """Share of each stratum in the target population, shape (..., s).

    Parameters
    ----------
    size : array, shape (..., n)
        How much of the population each row stands for.
    stratum : array of int, shape (n,)
        Stratum of each row, from 0.

    Examples
    --------
    >>> stratum_shares(np.ones(4), np.array([0, 0, 0, 1])).tolist()
    [0.75, 0.25]
    """
    sums = group_sums(size, stratum, int(stratum.max()) + 1)
    found: Floats = sums / sums.sum(axis=-1, keepdims=True)
    return found


def arm_contrasts(shares: Floats) -> Floats:
    """Contrasts that give both arm means from stratum-by-arm cells.

    Parameters
    ----------
    shares : array, shape (..., s)
        Share of each stratum in the target population.

    Returns
    -------
    array, shape (..., 2, 2 s)
        Comparison first, programme second; cells are numbered ``2 stratum + arm``.

    Examples
    --------
    >>> arm_contrasts(np.array([0.75, 0.25])).tolist()
    [[0.75, 0.0, 0.25, 0.0], [0.0, 0.75, 0.0, 0.25]]
    """
    found = np.zeros((*shares.shape[:-1], 2, 2 * shares.shape[-1]))
    found[..., 0, 0::2] = shares
    found[..., 1, 1::2] = shares
    return found


def mean_arms(
    y: Floats,
    treatment: Ints,
    *,
    stratum: Ints | None = None,
    size: Floats | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
    working: Floats | None = None,
    cluster: Ints | None = None,
    variance: Variance = "hc2",
) -> CellArms:
    """Both arm means, strata weighted by their size.

    Parameters
    ----------
    y : array, shape (..., n)
        Outcome; for rates, outcome per unit of exposure.
    treatment : array of int, shape (n,)
        0 or 1.
    stratum, cluster : array of int, shape (n,), optional
        From 0, every number used.
    size : array, shape (..., n), optional
        What a row counts for in the size of its stratum; default one.
    weight : array, shape (..., n), optional
        Weights of the means.
    copies : array, shape (n,), optional
        Identical units behind each row.
    working : array, shape (..., n), optional
        Working variance of the outcomes, for the degrees of freedom of unblocked means.
    variance : str
        ``hc2`` (with clusters CR2), or ``hc0``, ``hc1``, ``hc3``.

    Returns
    -------
    CellArms
        Degrees of freedom: Welch's without strata (``hc2``), ``n - 2 s`` otherwise; with
        clusters Satterthwaite's (``hc2``, ``hc3``) or clusters minus one.

    Examples
    --------
    >>> found = mean_arms(np.array([1.0, 3.0, 10.0, 16.0]), np.array([0, 0, 1, 1]))
    >>> found.arms.means.tolist()
    [2.0, 13.0]
    """
    strata = np.zeros_like(treatment) if stratum is None else stratum
    fit = fit_cells(y, 2 * strata + treatment, weight=weight, copies=copies)
    counted = np.ones(y.shape[-1]) if size is None else size
    contrasts = arm_contrasts(stratum_shares(counted, strata))
    means = (contrasts @ fit.means[..., None])[..., 0]
    if cluster is not None:
        clusters = cluster_cells(fit, cluster, variance)
        degrees = _cluster_degrees(variance, clusters, contrasts)
        return CellArms(ArmMeans(means, clusters.influence(contrasts), degrees), fit, contrasts)
    # Cells do not overlap: variances of the means need no influence, which is spelled out for
    # those who ask.
    squares = group_sums(cell_scores(fit, variance) ** 2, fit.cell, fit.counts.size)
    variances = (contrasts**2 @ squares[..., None])[..., 0]

    def influence() -> Floats:
        return cell_influence(fit, contrasts, variance)

    def welch(contrast: Floats) -> Floats:
        # Equal weights: n - 1 an arm, exactly; the general form agrees and takes longer.
        equal = weight is None and working is None
        own = fit.counts - 1.0 if equal else cell_degrees(fit, working)
        return welch_satterthwaite(contrast**2 * variances, own)

    degrees = welch
    if stratum is not None or variance != "hc2":
        degrees = _constant(float(fit.counts.sum()) - fit.counts.size)
    return CellArms(ArmMeans(means, cache(influence), degrees, variances), fit, contrasts)


def _constant(value: float) -> Callable[[Floats], Floats]:
    """Degrees of freedom that do not depend on the contrast."""

    def found(contrast: Floats) -> Floats:
        return np.full(contrast.shape[:-1], value)

    return found


def _cluster_degrees(
    variance: Variance, clusters: CellClusters | ClusterFit, contrasts: Floats
) -> Callable[[Floats], Floats]:
    """Satterthwaite's degrees of freedom, or clusters minus one where convention has it."""
    if variance in ("hc0", "hc1"):
        return _constant(clusters.n_clusters - 1.0)

    def found(contrast: Floats) -> Floats:
        return clusters.degrees((contrast[..., None, :] @ contrasts)[..., 0, :])

    return found


def lin_columns(
    x: Floats, treatment: Ints, *, stratum: Ints | None = None, size: Floats | None = None
) -> Floats:
    """Columns of the interacted regression: cells of stratum and arm, then covariates by arm.

    Covariates are centred at the mean of the whole target population, so that the cells'
    coefficients are predictions there.

    Parameters
    ----------
    x : array, shape (..., n, k)
        Covariates as they are.
    treatment, stratum : array of int, shape (n,)
        Arm and, when there is one, stratum of each row.
    size : array, shape (..., n), optional
        What each row counts for in the population; default one.

    Returns
    -------
    array, shape (..., n, 2 s + 2 k)

    Examples
    --------
    >>> lin_columns(np.array([[1.0], [3.0]]), np.array([0, 1])).tolist()
    [[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, 1.0]]
    """
    strata = np.zeros_like(treatment) if stratum is None else stratum
    cells, k = 2 * (int(strata.max()) + 1), x.shape[-1]
    counted = np.ones(x.shape[-2]) if size is None else size
    mean = (counted[..., None] * x).sum(axis=-2) / counted.sum(axis=-1)[..., None]
    # One column after the other in memory is how the factorisation reads a single fit.
    found = np.zeros((*x.shape[:-1], cells + 2 * k), order="F" if x.ndim == 2 else "C")
    found[..., np.arange(treatment.size), 2 * strata + treatment] = 1.0
    for j in range(k):
        centred = x[..., j] - mean[..., None, j]
        found[..., cells + j] = np.where(treatment == 0, centred, 0.0)
        found[..., cells + k + j] = np.where(treatment == 1, centred, 0.0)
    return found


def lin_fit(
    y: Floats,
    x: Floats,
    treatment: Ints,
    *,
    stratum: Ints | None = None,
    size: Floats | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> LinFit:
    """The interacted regression whose cells predict at the covariates of everyone (Lin 2013).

    Parameters
    ----------
    y : array, shape (..., n)
        Outcome; for rates, outcome per unit of exposure.
    x : array, shape (..., n, k)
        Covariates, not collinear within either arm.
    treatment, stratum, size, weight, copies
        As in `mean_arms`.

    Returns
    -------
    LinFit

    Examples
    --------
    >>> y, x = np.array([1.0, 3.0, 4.0, 10.0, 12.0, 15.0]), np.array([[0.0], [1], [2], [0], [1], [2]])
    >>> lin_fit(y, x, np.array([0, 0, 0, 1, 1, 1])).arms().means.round(6).tolist()
    [2.666667, 12.333333]
    """
    strata = np.zeros_like(treatment) if stratum is None else stratum
    columns = lin_columns(x, treatment, stratum=stratum, size=size)
    fit = regress(columns, y, weight=weight, copies=copies)
    counted = np.ones(y.shape[-1]) if size is None else size
    cells = arm_contrasts(stratum_shares(counted, strata))
    k = columns.shape[-1] - cells.shape[-1]
    contrasts = np.concatenate([cells, np.zeros((*cells.shape[:-1], k))], axis=-1)
    return LinFit(fit, contrasts)
