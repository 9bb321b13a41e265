"""The offer and what it moved: outcome and take-up fitted on the offer, complier means.

Two-stage least squares with one instrument is the ratio of two ordinary regressions on the offer,
that of the outcome and that of take-up. Their residuals combine into the residuals of the second
stage, and the columns of both stages span one space, so leverages, HC and CR corrections of the
ratio are exactly those of two-stage least squares. All fits share one factorisation.

Functions take leading axes of replications.

References
----------
Angrist, Imbens and Rubin (1996), Identification of causal effects using instrumental variables.
*Journal of the American Statistical Association* 91(434). doi:10.1080/01621459.1996.10476902
Abadie (2002), Bootstrap tests for distributional treatment effects in instrumental variable
models. *Journal of the American Statistical Association* 97(457). doi:10.1198/016214502753479419
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.randomised.arms import stratum_shares
from impacteval.inference import (
    ArmMeans,
    ClusterFit,
    Regression,
    Variance,
    cell_degrees,
    cluster_regression,
    fit_cells,
    regress,
    regression_influence,
    welch_satterthwaite,
)
from impacteval.inference._arrays import group_sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Degrees = Callable[[Floats], Floats]
"""Degrees of freedom of an estimate, from its influence values: (..., m) to (...)."""

OUTCOME, TAKE_UP, WITH, WITHOUT = range(4)


@dataclass(frozen=True, slots=True)
class OfferFit:
    """Several outcomes fitted on the offer.

    Attributes
    ----------
    fit : Regression
        The outcomes along the first axis: outcome, take-up and, where take-up is yes or no,
        outcome times take-up and outcome times its absence.
    slope : array, shape (..., p)
        The contrast that gives the effect of one unit of offer, strata weighted by size.
    level : array, shape (..., p)
        The contrast that gives the mean without an offer.
    """

    fit: Regression
    slope: Floats
    level: Floats


@dataclass(frozen=True, slots=True)
class Moved:
    """What one unit of offer moved, with joint influence.

    Attributes
    ----------
    values : array, shape (o, ...)
        Slope of each outcome, in the order of `OfferFit`.
    influence : array, shape (o, ..., m)
        Influence of each unit or cluster.
    levels : array, shape (o, ...)
        Means without an offer.
    level_influence : array, shape (o, ..., m)
        Their influence.
    degrees : callable
        Degrees of freedom of any combination of slopes.
    """

    values: Floats
    influence: Floats
    levels: Floats
    level_influence: Floats
    degrees: Degrees

    def offer_arms(self) -> ArmMeans:
        """Means of the outcome without and with one unit of offer."""
        level, slope = self.levels[OUTCOME], self.values[OUTCOME]
        psi0 = self.level_influence[OUTCOME]
        psi1 = psi0 + self.influence[OUTCOME]
        return _arms(level, level + slope, psi0, psi1, self.degrees)

    def complier_arms(self) -> ArmMeans:
        """Compliers' means without and with the programme (Abadie 2002); take-up is yes or no.

        Their difference is the complier effect.
        """
        take_up, psi = self.values[TAKE_UP], self.influence[TAKE_UP]
        with np.errstate(divide="ignore", invalid="ignore"):
            m1 = self.values[WITH] / take_up
            m0 = -self.values[WITHOUT] / take_up
            psi1 = (self.influence[WITH] - m1[..., None] * psi) / take_up[..., None]
            psi0 = -(self.influence[WITHOUT] + m0[..., None] * psi) / take_up[..., None]
        return _arms(m0, m1, psi0, psi1, self.degrees)

    def unit_arms(self, observed: Floats) -> ArmMeans:
        """The mean of the served, taken as it is, and that mean less the effect of one unit."""
        take_up = self.values[TAKE_UP]
        with np.errstate(divide="ignore", invalid="ignore"):
            effect = self.values[OUTCOME] / take_up
            psi = (self.influence[OUTCOME] - effect[..., None] * self.influence[TAKE_UP]) / take_up[
                ..., None
            ]
        return _arms(observed - effect, observed, -psi, np.zeros_like(psi), self.degrees)


def _arms(m0: Floats, m1: Floats, psi0: Floats, psi1: Floats, degrees: Degrees) -> ArmMeans:
    influence = np.stack([psi0, psi1], axis=-2)

    def of_contrast(contrast: Floats) -> Floats:
        return degrees((contrast[..., None, :] @ influence)[..., 0, :])

    return ArmMeans(np.stack([m0, m1], axis=-1), influence, of_contrast)


def outcomes_of(y: Floats, received: Floats, *, binary: bool) -> Floats:
    """The outcomes to fit, shape (4 or 2, ..., n).

    Examples
    --------
    >>> outcomes_of(np.array([3.0, 5.0]), np.array([1.0, 0.0]), binary=True).tolist()
    [[3.0, 5.0], [1.0, 0.0], [3.0, 0.0], [0.0, 5.0]]
    """
    if not binary:
        return np.stack([y, received])
    return np.stack([y, received, y * received, y * (1.0 - received)])


def offer_columns(
    offer: Floats, *, x: Floats | None = None, stratum: Ints | None = None, size: Floats
) -> Floats:
    """Columns: a level and a slope on the offer in each stratum, then covariates.

    Parameters
    ----------
    offer : array, shape (n,)
        What was offered.
    x : array, shape (..., n, k), optional
        Covariates, centred here at the mean of the whole target population.
    stratum : array of int, shape (n,), optional
        From 0, every number used.
    size : array, shape (..., n)
        What each row counts for in the population.

    Returns
    -------
    array, shape (..., n, 2 s + k)

    Examples
    --------
    >>> offer_columns(np.array([0.0, 2.0]), x=np.array([[1.0], [3.0]]), size=np.ones(2)).tolist()
    [[1.0, 0.0, -1.0], [1.0, 2.0, 1.0]]
    """
    strata = np.zeros(offer.shape, dtype=np.int64) if stratum is None else stratum
    s, rows = int(strata.max()) + 1, np.arange(offer.size)
    base = np.zeros((offer.size, 2 * s))
    base[rows, strata] = 1.0
    base[rows, s + strata] = offer
    if x is None or not x.shape[-1]:
        return base
    mean = (size[..., None] * x).sum(axis=-2) / size.sum(axis=-1)[..., None]
    centred = x - mean[..., None, :]
    return np.concatenate([np.broadcast_to(base, (*x.shape[:-1], 2 * s)), centred], axis=-1)


def fit_offer(
    outcomes: Floats,
    offer: Floats,
    *,
    x: Floats | None = None,
    stratum: Ints | None = None,
    size: Floats | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> OfferFit:
    """Every outcome fitted on the offer, on one factorisation.

    Parameters
    ----------
    outcomes : array, shape (o, ..., n)
        See `outcomes_of`.
    offer, x, stratum, size
        As in `offer_columns`.
    weight : array, shape (..., n), optional
        Weights of the means.
    copies : array, shape (n,), optional
        Identical units behind each row.

    Examples
    --------
    Half of those offered take it up, which raises the mean by two:

    >>> y, got = np.array([1.0, 3.0, 2.0, 6.0]), np.array([0.0, 0.0, 0.0, 1.0])
    >>> found = fit_offer(outcomes_of(y, got, binary=True), np.array([0.0, 0.0, 1.0, 1.0]))
    >>> (found.fit.coefficients @ found.slope).round(12).tolist()
    [2.0, 0.5, 3.0, -1.0]
    """
    counted = np.ones(offer.size) if size is None else size
    strata = np.zeros(offer.shape, dtype=np.int64) if stratum is None else stratum
    columns = offer_columns(offer, x=x, stratum=stratum, size=counted)
    shares = stratum_shares(counted, strata)
    s, p = shares.shape[-1], columns.shape[-1]
    level, slope = np.zeros((*shares.shape[:-1], p)), np.zeros((*shares.shape[:-1], p))
    level[..., :s], slope[..., s : 2 * s] = shares, shares
    return OfferFit(regress(columns, outcomes, weight=weight, copies=copies), slope, level)


def moved(
    found: OfferFit,
    *,
    treatment: Ints,
    welch: bool,
    cluster: Ints | None = None,
    variance: Variance = "hc2",
    weight: Floats | None = None,
    copies: Floats | None = None,
    working: Floats | None = None,
) -> tuple[Moved, ClusterFit | None]:
    """What the offer moved, with the error that goes with `variance`.

    Parameters
    ----------
    found : OfferFit
        The fits.
    treatment : array of int, shape (n,)
        Whether anything was offered; the arms of Welch's degrees of freedom.
    welch : bool
        Whether Welch's degrees of freedom hold: two arms, no strata, covariates or clusters, HC2.
    cluster : array of int, shape (n,), optional
        From 0, every number used.
    variance : str
        As in `mean_arms`.
    weight, copies, working
        As in `mean_arms`, for Welch's degrees of freedom.

    Returns
    -------
    Moved, ClusterFit or None
        The second with clusters.
    """
    contrasts = np.stack([found.slope, found.level], axis=-2)
    values = (contrasts @ found.fit.coefficients[..., None])[..., 0]
    clusters = None
    if cluster is None:
        psi = regression_influence(found.fit, contrasts, variance)
    else:
        clusters = cluster_regression(found.fit, cluster, variance)
        psi = clusters.influence(contrasts)
    if clusters is not None:
        constant = (
            np.asarray(clusters.n_clusters - 1.0)
            if variance in ("hc0", "hc1")
            else clusters.degrees(found.slope)
        )
    else:
        constant = np.asarray(found.fit.n - found.fit.p)

    def fixed(influence: Floats) -> Floats:
        return np.broadcast_to(constant, influence.shape[:-1])

    degrees: Degrees = fixed
    if welch:
        degrees = _welch(found.fit.residuals[OUTCOME], treatment, weight, copies, working)
    return (
        Moved(values[..., 0], psi[..., 0, :], values[..., 1], psi[..., 1, :], degrees),
        clusters,
    )


def _welch(
    y: Floats,
    treatment: Ints,
    weight: Floats | None,
    copies: Floats | None,
    working: Floats | None,
) -> Degrees:
    cells = fit_cells(y, treatment, weight=weight, copies=copies)
    equal = weight is None and working is None
    own = cells.counts - 1.0 if equal else cell_degrees(cells, working)

    def found(influence: Floats) -> Floats:
        variances = group_sums(influence**2, treatment, 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            return welch_satterthwaite(variances, own)

    return found
