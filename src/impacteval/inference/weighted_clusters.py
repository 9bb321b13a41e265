r"""Cluster-robust errors of a weighted fit whose weights are not one over the variance.

Sampling weights say whom a row stands for, not how much its outcome varies. With a working model
in which every outcome has one variance, the corrections of CR2 are those of Pustejovsky and
Tipton (2018), as clubSandwich and estimatr compute them by default; where weights *are* one over
the working variance, `cluster_regression` is the same and shorter.

In the orthonormal basis of the fit write ``Z = Q / root(a)`` and ``K = Q root(a)`` with ``a`` the
weight times the working variance. The residual maker is ``I - Z K'``, and the matrix that CR2
inverts, ``I - Z_g K_g' - K_g Z_g' + Z_g (K'K) Z_g'``, is the identity but for 2 p directions. So
its root needs sums of products over the cluster only, never a matrix of the cluster's size.

References
----------
Pustejovsky and Tipton (2018), Small-sample methods for cluster-robust variance estimation.
*Journal of Business & Economic Statistics* 36(4). doi:10.1080/07350015.2016.1247004
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.regression import DETERMINED, Regression

# Share of a cluster's largest sum of squares under which a direction of it is rounding.
THIN = 1e-12


@dataclass(frozen=True, slots=True)
class WeightedClusterFit:
    """CR2 or CR3 of one weighted fit under a working model of its own.

    Attributes
    ----------
    fit : Regression
        The fit.
    scores : array, shape (g, p)
        Corrected score of each cluster.
    fitted, kept : array, shape (g, p, p)
        ``Z_g' A_g' K_g`` and ``K_g' A_g' K_g``: how the correction loads on the fit.
    own : array, shape (g, p, p)
        Working variance of the corrected scores.
    middle : array, shape (p, p)
        ``K'K``.
    alone : array, shape (g, p, p)
        Directions of the fit that a cluster determines by itself.
    """

    fit: Regression
    scores: Floats
    fitted: Floats
    kept: Floats
    own: Floats
    middle: Floats
    alone: Floats

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.scores.shape[0])

    def influence(self, contrasts: Floats) -> Floats:
        """Influence of each cluster on contrasts of shape (m, p): shape (m, g)."""
        found: Floats = self.fit.loads(contrasts) @ self.scores.T
        return found

    def degrees(self, contrast: Floats) -> Floats:
        """Satterthwaite degrees of freedom of one contrast of shape (p,)."""
        (load,) = self.fit.loads(contrast[None])
        own = (self.own @ load) @ load
        x, k = self.fitted @ load, self.kept @ load
        # Covariance of the terms g and h: x_g' T x_h - x_g' k_h - k_g' x_h, off the diagonal.
        p = load.size
        form = np.block([[self.middle, -np.eye(p)], [-np.eye(p), np.zeros((p, p))]])
        v = np.hstack([x, k])
        through = form @ (v.T @ v)
        apart = ((v @ form) * v).sum(axis=1)
        square = (own**2 - apart**2).sum() + np.trace(through @ through)
        return np.asarray(own.sum() ** 2 / square)

    def determined_by_one(self, contrast: Floats) -> Floats:
        """Largest share of one contrast that a single cluster determines alone."""
        (load,) = self.fit.loads(contrast[None])
        part = np.sqrt(np.maximum((self.alone @ load) @ load, 0.0))
        return np.asarray(part.max() / np.linalg.norm(load))


def weighted_cluster_regression(
    fit: Regression, cluster: Ints, ratio: Floats, variance: Literal["hc2", "hc3"] = "hc2"
) -> WeightedClusterFit:
    """Cluster-robust errors of a weighted fit under a working model of its own.

    Parameters
    ----------
    fit : Regression
        One fit.
    cluster : array of int, shape (n,)
        Cluster of each row, from 0; every cluster occurs.
    ratio : array, shape (n,)
        Weight times working variance of each row, up to a factor; the weights themselves when
        all outcomes have one variance.
    variance : {"hc2", "hc3"}
        CR2 or CR3.

    Returns
    -------
    WeightedClusterFit

    Examples
    --------
    Where weights are one over the variance it is `cluster_regression`:

    >>> from impacteval.inference import cluster_regression, regress
    >>> x = np.column_stack([np.ones(6), np.arange(6.0) % 3])
    >>> fit = regress(x, np.array([1.0, 4, 2, 2, 6, 3]), weight=np.array([1.0, 2, 1, 3, 1, 2]))
    >>> groups, slope = np.array([0, 0, 1, 1, 2, 2]), np.array([[0.0, 1.0]])
    >>> a = weighted_cluster_regression(fit, groups, np.ones(6)).influence(slope)
    >>> b = cluster_regression(fit, groups).influence(slope)
    >>> bool(np.allclose(a, b))
    True
    """
    groups, p = int(cluster.max()) + 1, fit.p
    # Any factor of the weights cancels; near one it keeps both halves of the sums alike in size.
    root = np.sqrt(ratio / np.exp(np.log(ratio).mean()))[:, None]
    both = np.hstack([fit.q / root, fit.q * root])
    residual = fit.whitened / root[:, 0]
    order = np.argsort(cluster, kind="stable")
    starts = np.searchsorted(cluster[order], np.arange(groups + 1))
    both, residual = both[order], residual[order]
    gram, sums = np.empty((groups, 2 * p, 2 * p)), np.empty((groups, 2 * p))
    for g in range(groups):
        rows = slice(starts[g], starts[g + 1])
        gram[g] = both[rows].T @ both[rows]
        sums[g] = both[rows].T @ residual[rows]
    middle = gram[:, p:, p:].sum(axis=0)
    if variance == "hc3":
        return _third(fit, gram, sums, middle)
    return _second(fit, gram, sums, middle)


def _second(fit: Regression, gram: Floats, sums: Floats, middle: Floats) -> WeightedClusterFit:
    """CR2: the root of the inverse, in the directions in which it is not the identity."""
    p, identity = fit.p, np.eye(fit.p)
    form = np.block([[middle, -identity], [-identity, np.zeros((p, p))]])
    length, turn = np.linalg.eigh(gram)
    used = length > THIN * length[:, -1:]
    size = np.sqrt(np.where(used, length, 0.0))
    # Rows of `basis` take sums over the cluster to coordinates in its orthonormal directions.
    basis = (
        np.swapaxes(turn, 1, 2) * np.where(used, 1.0 / np.where(used, size, 1.0), 0.0)[..., None]
    )
    inner = size[..., None] * (np.swapaxes(turn, 1, 2) @ form @ turn) * size[:, None, :]
    value, vector = np.linalg.eigh(inner)
    left = 1.0 + value
    lost = left <= DETERMINED
    change = np.where(lost, 0.0, np.where(lost, 1.0, left) ** -0.5) - 1.0
    basis = np.swapaxes(vector, 1, 2) @ basis
    along = basis @ gram  # coordinates of Z and K, shape (g, 2 p, 2 p)
    weighted = along * change[..., None]
    turned = np.swapaxes(along, 1, 2) @ weighted
    corrected = gram + turned
    scores = (sums + (np.swapaxes(weighted, 1, 2) @ (basis @ sums[..., None]))[..., 0])[:, p:]
    gone = along[..., p:] * lost[..., None]
    alone = np.swapaxes(gone, 1, 2) @ gone
    return WeightedClusterFit(
        fit=fit,
        scores=scores,
        fitted=corrected[:, :p, p:],
        kept=corrected[:, p:, p:],
        own=gram[:, p:, p:] - alone,
        middle=middle,
        alone=alone,
    )


def _third(fit: Regression, gram: Floats, sums: Floats, middle: Floats) -> WeightedClusterFit:
    """CR3: the inverse of the cluster's own block of the residual maker."""
    p = fit.p
    shared, weights = gram[:, :p, p:], gram[:, p:, p:]
    value, vector = np.linalg.eigh(np.eye(p) - (shared + np.swapaxes(shared, 1, 2)) / 2.0)
    lost = value <= DETERMINED
    power = np.where(lost, 0.0, 1.0 / np.where(lost, 1.0, value))
    turned = np.swapaxes(vector, 1, 2)
    root = (vector * power[:, None, :]) @ turned
    crossed = weights @ shared
    plain = weights - crossed - np.swapaxes(crossed, 1, 2) + shared @ middle @ shared
    return WeightedClusterFit(
        fit=fit,
        scores=(root @ sums[:, p:, None])[..., 0],
        fitted=shared @ root,
        kept=weights @ root,
        own=root @ plain @ root,
        middle=middle,
        alone=(vector * lost[:, None, :]) @ turned,
    )
