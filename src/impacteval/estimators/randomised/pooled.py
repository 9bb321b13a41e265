"""Adjustments with one slope for both arms: analysis of covariance, and CUPED.

Pure functions on arrays with leading axes of replications.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.randomised.arms import CellArms, LinFit, mean_arms, stratum_shares
from impacteval.inference import Variance, fit_cells, regress
from impacteval.inference._arrays import group_sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def target_mean(x: Floats, size: Floats | None) -> Floats:
    """Mean of each column in the target population: shape (..., n, k) to (..., k)."""
    counted = np.ones(x.shape[-2]) if size is None else size
    found: Floats = (counted[..., None] * x).sum(axis=-2) / counted.sum(axis=-1)[..., None]
    return found


def share_correct(
    treatment: Ints,
    stratum: Ints,
    *,
    size: Floats,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> Floats:
    """Weights under which one regression with stratum dummies counts strata by their size.

    In each stratum both arms get weights in proportion to the size of the stratum, so that the arm
    is no longer correlated with the strata. Where the share assigned is the same in all strata
    nothing changes: the weights are then one (or what they were, up to a factor).

    Parameters
    ----------
    treatment, stratum : array of int, shape (n,)
        Arm and stratum of each row; both arms in each stratum.
    size : array, shape (..., n)
        What a row counts for in the population.
    weight : array, shape (..., n), optional
        Weights of the means.
    copies : array, shape (n,), optional
        Identical units behind each row.

    Returns
    -------
    array, shape (..., n)

    Examples
    --------
    >>> t, s = np.array([0, 1, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1])
    >>> share_correct(t, s, size=np.ones(6)).round(3).tolist()
    [0.667, 1.333, 1.333, 0.889, 0.889, 0.889]
    """
    strata = int(stratum.max()) + 1
    own = np.ones(treatment.size) if weight is None else weight
    held = own if copies is None else own * copies
    cell = 2 * stratum + treatment
    cells = group_sums(held, cell, 2 * strata)
    arms = np.stack([cells[..., 0::2].sum(axis=-1), cells[..., 1::2].sum(axis=-1)], axis=-1)
    share = stratum_shares(size, stratum)
    factor = share[..., stratum] * arms[..., treatment] / cells[..., cell]
    found: Floats = own * factor
    return found


def pooled_columns(
    x: Floats, treatment: Ints, *, stratum: Ints | None = None, size: Floats | None = None
) -> Floats:
    """Columns of the pooled regression: strata, arm, covariates centred at everyone's mean.

    Parameters
    ----------
    x : array, shape (..., n, k)
        Covariates.
    treatment, stratum : array of int, shape (n,)
        Arm and, when there is one, stratum of each row.
    size : array, shape (..., n), optional
        What each row counts for in the population; default one.

    Returns
    -------
    array, shape (..., n, s + 1 + k)

    Examples
    --------
    >>> pooled_columns(np.array([[1.0], [3.0]]), np.array([0, 1])).tolist()
    [[1.0, 0.0, -1.0], [1.0, 1.0, 1.0]]
    """
    strata = np.zeros_like(treatment) if stratum is None else stratum
    count = int(strata.max()) + 1
    found = np.zeros((*x.shape[:-1], count + 1 + x.shape[-1]))
    found[..., np.arange(treatment.size), strata] = 1.0
    found[..., count] = treatment
    found[..., count + 1 :] = x - target_mean(x, size)[..., None, :]
    return found


def ancova_fit(
    y: Floats,
    x: Floats,
    treatment: Ints,
    *,
    stratum: Ints | None = None,
    size: Floats | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> LinFit:
    """One regression on arm, covariates and strata; both means at everyone's covariates.

    Parameters
    ----------
    y, treatment, stratum, size, weight, copies
        As in `mean_arms`; strata count by their size, see `share_correct`.
    x : array, shape (..., n, k)
        Covariates, not collinear with strata and arm.

    Returns
    -------
    LinFit

    Examples
    --------
    >>> y, x = np.array([1.0, 2, 3, 11, 12, 13]), np.array([[0.0], [1], [2], [0], [1], [2]])
    >>> ancova_fit(y, x, np.array([0, 0, 0, 1, 1, 1])).arms().means.round(6).tolist()
    [2.0, 12.0]
    """
    if stratum is not None:
        counted = np.ones(y.shape[-1]) if size is None else size
        weight = share_correct(treatment, stratum, size=counted, weight=weight, copies=copies)
    return _pooled_fit(y, x, treatment, stratum, size, weight, copies)


def precision_weighted(
    y: Floats,
    x: Floats,
    treatment: Ints,
    stratum: Ints,
    *,
    size: Floats | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> LinFit:
    """The usual regression with stratum dummies, which counts strata by how evenly they are split.

    Its effect is of another target; it is kept for the record. Parameters as in `ancova_fit`.
    """
    return _pooled_fit(y, x, treatment, stratum, size, weight, copies)


def _pooled_fit(
    y: Floats,
    x: Floats,
    treatment: Ints,
    stratum: Ints | None,
    size: Floats | None,
    weight: Floats | None,
    copies: Floats | None,
) -> LinFit:
    counted = np.ones(y.shape[-1]) if size is None else size
    columns = pooled_columns(x, treatment, stratum=stratum, size=counted)
    fit = regress(columns, y, weight=weight, copies=copies)
    strata = np.zeros_like(treatment) if stratum is None else stratum
    share = stratum_shares(counted, strata)
    contrasts = np.zeros((*share.shape[:-1], 2, columns.shape[-1]))
    contrasts[..., :, : share.shape[-1]] = share[..., None, :]
    contrasts[..., 1, share.shape[-1]] = 1.0
    return LinFit(fit, contrasts)


def cuped_theta(
    y: Floats,
    x: Floats,
    *,
    stratum: Ints | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> Floats:
    """Slopes of the outcome on covariates in both arms together (Deng et al. 2013).

    Parameters
    ----------
    y : array, shape (..., n)
        Outcome.
    x : array, shape (..., n, k)
        Covariates measured before the programme, not collinear.
    stratum : array of int, shape (n,), optional
        Then covariances are those within strata.
    weight, copies
        As in `mean_arms`.

    Returns
    -------
    array, shape (..., k)
        With one covariate ``cov(y, x) / var(x)``.

    Examples
    --------
    >>> y, x = np.array([1.0, 2.0, 3.0, 10.0]), np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> cuped_theta(y, x).round(12).tolist()
    [2.8]
    """
    strata = np.zeros(y.shape[-1], dtype=np.int64) if stratum is None else stratum
    own = np.broadcast_to(np.ones(1) if weight is None else weight, y.shape)
    held = own if copies is None else own * copies
    dy = fit_cells(y, strata, weight=weight, copies=copies).residuals
    columns = np.moveaxis(x, -1, 0)
    dx = np.stack(
        [fit_cells(c, strata, weight=weight, copies=copies).residuals for c in columns], axis=-1
    )
    size = np.sqrt((held[..., None] * dx**2).sum(axis=-2, keepdims=True))
    scaled = dx / size  # covariates of any unit are solved for alike
    across = np.swapaxes(scaled * held[..., None], -1, -2)
    slopes = np.linalg.solve(across @ scaled, across @ dy[..., None])[..., 0]
    found: Floats = slopes / size[..., 0, :]
    return found


def cuped_share(
    x: Floats,
    *,
    stratum: Ints | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
    cluster: Ints | None = None,
) -> float:
    """Share of the effect that theta takes with it, on average over assignments.

    Theta is estimated with the effect still in the outcomes, so that the adjustment takes out the
    part of the effect that chance imbalance of the covariates can stand for: ``k/n`` with k
    covariates and n units, more when clusters are assigned whole.

    Parameters
    ----------
    x : array, shape (n, k)
        Covariates, not collinear.
    stratum, cluster : array of int, shape (n,), optional
        Within which was drawn, and what was drawn whole.
    weight, copies
        As in `mean_arms`.

    Returns
    -------
    float

    Examples
    --------
    >>> round(cuped_share(np.random.default_rng(1).normal(size=(50, 2))), 12)
    0.04
    """
    n = x.shape[0]
    strata = np.zeros(n, dtype=np.int64) if stratum is None else stratum
    own = np.ones(n) if weight is None else weight
    f = np.ones(n) if copies is None else copies
    held = own * f
    dx = np.stack(
        [fit_cells(c, strata, weight=weight, copies=copies).residuals for c in x.T], axis=-1
    )
    size = np.sqrt((held[:, None] * dx**2).sum(axis=0))
    q, _ = np.linalg.qr(np.sqrt(held)[:, None] * dx / size)
    pull = np.sqrt(held)[:, None] * q
    if cluster is None:
        # Copies of a row are drawn one by one: f squares of one copy each.
        squares = (pull**2).sum(axis=-1) / f
    else:
        summed = group_sums(np.ascontiguousarray(pull.T), cluster, int(cluster.max()) + 1)
        squares = (summed**2).sum(axis=0)
    return float(squares.sum() / held.sum())


def cuped_arms(
    y: Floats,
    x: Floats,
    treatment: Ints,
    *,
    stratum: Ints | None = None,
    size: Floats | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
    working: Floats | None = None,
    cluster: Ints | None = None,
    variance: Variance = "hc2",
) -> tuple[CellArms, Floats]:
    """Arm means of ``y - theta (x - mean)``, and theta.

    Parameters
    ----------
    y, treatment, stratum, size, weight, copies, working, cluster, variance
        As in `mean_arms`.
    x : array, shape (..., n, k)
        Covariates measured before the programme.

    Returns
    -------
    CellArms
        Theta is taken as known, as the paper does.
    array, shape (..., k)
        Theta.
    """
    theta = cuped_theta(y, x, stratum=stratum, weight=weight, copies=copies)
    foretold = ((x - target_mean(x, size)[..., None, :]) @ theta[..., None])[..., 0]
    found = mean_arms(
        y - foretold,
        treatment,
        stratum=stratum,
        size=size,
        weight=weight,
        copies=copies,
        working=working,
        cluster=cluster,
        variance=variance,
    )
    return found, theta
