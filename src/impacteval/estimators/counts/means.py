"""Means with joint influence: the numerical content of comparisons with a figure or a period.

Pure functions on arrays with leading axes of replications, so that coverage is measured on the
functions that estimate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impacteval.inference import ArmMeans, cell_influence, cluster_cells, fit_cells
from impacteval.inference.scales import PROGRAMME

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def against_figure(y: Floats, figure: float, cluster: Ints | None = None) -> ArmMeans:
    """The mean of those served beside a figure without error.

    Parameters
    ----------
    y : array, shape (..., n)
        Outcomes of those served.
    figure : float
        What they are compared with.
    cluster : array of int, shape (n,), optional
        From 0, every number used.

    Returns
    -------
    ArmMeans
        The figure first, with no influence; degrees of freedom n - 1, or Satterthwaite's with
        clusters (CR2).

    Examples
    --------
    >>> found = against_figure(np.array([1.0, 2.0, 3.0]), 1.5)
    >>> found.means.tolist(), round(float(np.sum(found.influence[1] ** 2)), 6)
    ([1.5, 2.0], 0.333333)
    """
    n = y.shape[-1]
    fit = fit_cells(y, np.zeros(n, dtype=np.int64))
    one = np.ones((*y.shape[:-1], 1, 1))
    means = np.stack([np.full(y.shape[:-1], float(figure)), fit.means[..., 0]], axis=-1)
    if cluster is None:
        psi = cell_influence(fit, one)
        influence = np.concatenate([np.zeros_like(psi), psi], axis=-2)
        return ArmMeans(means, influence, lambda c: np.full(c.shape[:-1], n - 1.0))
    clusters = cluster_cells(fit, cluster)
    psi = clusters.influence(one)
    influence = np.concatenate([np.zeros_like(psi), psi], axis=-2)
    return ArmMeans(means, influence, lambda c: clusters.degrees(c[..., PROGRAMME : PROGRAMME + 1]))


def between_periods(y: Floats, served: Ints, cluster: Ints | None = None) -> ArmMeans:
    """The means of an earlier period's people and of those served, each with its own spread.

    Parameters
    ----------
    y : array, shape (..., n)
        Outcomes.
    served : array of int, shape (n,)
        1 for those served, 0 for the earlier period.
    cluster : array of int, shape (n,), optional
        From 0, every number used.

    Returns
    -------
    ArmMeans
        Degrees of freedom: Welch's, or Satterthwaite's with clusters (CR2).
    """
    from impacteval.inference import welch_satterthwaite

    fit = fit_cells(y, served)
    both = np.broadcast_to(np.eye(2), (*y.shape[:-1], 2, 2))
    if cluster is not None:
        clusters = cluster_cells(fit, cluster)
        return ArmMeans(fit.means, clusters.influence(both), clusters.degrees)
    psi = cell_influence(fit, both)
    variances = (psi**2).sum(axis=-1)
    own = fit.counts - 1.0
    return ArmMeans(fit.means, psi, lambda c: welch_satterthwaite(c**2 * variances, own))
