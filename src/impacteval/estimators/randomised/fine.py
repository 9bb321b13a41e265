"""Arm means over matched pairs and over strata with a single unit or cluster in an arm.

Inside such a block there is nothing to tell how much an arm varies; what tells is how much blocks
differ from each other. Both variances below are, over every assignment that could have been drawn,
at least the true one on average, by as much as the effect differs between blocks.

Pure functions on arrays with leading axes of replications.

References
----------
Imai (2008), Variance identification and efficiency analysis in randomized experiments under the
matched-pair design. *Statistics in Medicine* 27(24). doi:10.1002/sim.3337
Imai, King and Nall (2009), The essential role of pair matching in cluster-randomized experiments.
*Statistical Science* 24(1). doi:10.1214/08-STS274
Pashley and Miratrix (2021), Insights on variance estimation for blocked and matched pairs
designs. *Journal of Educational and Behavioral Statistics* 46(3). doi:10.3102/1076998620946272
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.randomised.arms import stratum_shares
from impacteval.inference import (
    ArmMeans,
    CellFit,
    cell_influence,
    cluster_cells,
    fit_cells,
    welch_satterthwaite,
)
from impacteval.inference._arrays import compact, group_sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# A block with exactly half of the thin blocks' weight is the limit of the formula.
_HALF = 1e-12


def thin_strata(
    treatment: Ints, stratum: Ints, *, copies: Floats | None = None, cluster: Ints | None = None
) -> Bools:
    """Strata in which an arm holds fewer than two units (or clusters), shape (s,).

    Parameters
    ----------
    treatment, stratum : array of int, shape (n,)
        Arm and stratum of each row.
    copies : array, shape (n,), optional
        Identical units behind each row.
    cluster : array of int, shape (n,), optional
        Cluster of each row; then clusters are counted.

    Examples
    --------
    >>> thin_strata(np.array([0, 1, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1, 1])).tolist()
    [True, False]
    """
    held = held_in_cells(treatment, stratum, copies=copies, cluster=cluster)
    found: Bools = np.asarray((held < 2).any(axis=1))
    return found


def held_in_cells(
    treatment: Ints, stratum: Ints, *, copies: Floats | None = None, cluster: Ints | None = None
) -> Floats:
    """Units (or clusters) of each stratum in each arm, shape (s, 2)."""
    cell, size = 2 * stratum + treatment, 2 * (int(stratum.max()) + 1)
    if cluster is None:
        held = np.bincount(cell, weights=copies, minlength=size)
    else:
        held = np.bincount(np.unique(cluster * size + cell) % size, minlength=size)
    return held.astype(np.float64).reshape(-1, 2)


def thin_weights(share: Floats) -> Floats:
    """Weight of each thin stratum's squared deviation in their variance, shape (..., k).

    Parameters
    ----------
    share : array, shape (..., k)
        Shares of two thin strata or more, none above one half; they sum to one.

    Returns
    -------
    array, shape (..., k)
        With strata of one size ``1/(k (k - 1))``; NaN where a share exceeds one half.

    Examples
    --------
    >>> (12 * thin_weights(np.full(4, 0.25))).round(9).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    left = np.maximum(1.0 - 2.0 * share, _HALF)
    each = share**2 / left
    found: Floats = each / (1.0 + each.sum(axis=-1, keepdims=True))
    legal = (share <= 0.5 + 1e-9).all(axis=-1, keepdims=True)
    return np.where(legal, found, np.nan)


@dataclass(frozen=True, slots=True)
class _Between:
    """What blocks say about the error by differing from each other.

    Attributes
    ----------
    each : array, shape (..., 2, k)
        Influence of each block on both arm means.
    squared : array, shape (..., k)
        Weight of each block's squared deviation.
    share : array, shape (..., k)
        Shares of the blocks among themselves.
    working : array, shape (..., 2, k)
        Working variance of each block's two means.
    """

    each: Floats
    squared: Floats
    share: Floats
    working: Floats

    def degrees(self, contrast: Floats) -> Floats:
        """Satterthwaite's degrees of freedom; the number of blocks minus one when all are alike.

        The covariance matrix of the squared terms is a diagonal and a matrix of rank two, so that
        the traces need no matrix of blocks by blocks.
        """
        omega = (contrast[..., None] ** 2 * self.working).sum(axis=-2)
        root = np.sqrt(self.squared)
        diagonal = self.squared * omega
        u = np.stack([root, root * self.share * omega], axis=-1)
        q = (self.share**2 * omega).sum(axis=-1)
        core = np.zeros((*q.shape, 2, 2))
        core[..., 0, 0] = q
        core[..., 0, 1] = core[..., 1, 0] = -1.0
        turned = np.swapaxes(u, -1, -2)
        inner = core @ (turned @ u)
        crossed = core @ (turned @ (diagonal[..., None] * u))
        first = diagonal.sum(axis=-1) + np.trace(inner, axis1=-2, axis2=-1)
        second = (diagonal**2).sum(axis=-1) + 2.0 * np.trace(crossed, axis1=-2, axis2=-1)
        second = second + np.trace(inner @ inner, axis1=-2, axis2=-1)
        found: Floats = np.asarray(first**2 / second)
        return found


def pair_arms(
    y: Floats,
    treatment: Ints,
    pair: Ints,
    *,
    size: Floats | None = None,
    weight: Floats | None = None,
    cluster: Ints | None = None,
) -> ArmMeans:
    """Both arm means of matched pairs, pairs weighted by their size.

    The variance is that of Imai (2008), with clusters of unequal size the one of Imai, King and
    Nall (2009): with shares ``p`` and ``m`` pairs, ``m/(m - 1)`` times the sum of
    ``(p d - effect/m)^2``. Student's t has as many degrees of freedom as pairs minus one.

    Parameters
    ----------
    y : array, shape (..., n)
        Outcome; for rates, outcome per unit of exposure.
    treatment, pair : array of int, shape (n,)
        Arm and pair of each row; two pairs at least, both arms in each.
    size : array, shape (..., n), optional
        What a row counts for in the size of its pair; default one.
    weight : array, shape (..., n), optional
        Weights of the means.
    cluster : array of int, shape (n,), optional
        Clusters, each within one pair.

    Returns
    -------
    ArmMeans
        Influence by row or by cluster: those of a pair share its influence.

    Examples
    --------
    Differences 1, 2 and 6: mean 3, standard error sqrt(7 / 3).

    >>> y, t = np.array([0.0, 1, 0, 2, 0, 6]), np.array([0, 1, 0, 1, 0, 1])
    >>> arms = pair_arms(y, t, np.array([0, 0, 1, 1, 2, 2]))
    >>> psi = arms.influence[1] - arms.influence[0]
    >>> arms.means.tolist(), round(float((psi**2).sum()), 12)
    ([0.0, 3.0], 2.333333333333)
    """
    fit = fit_cells(y, 2 * pair + treatment, weight=weight)
    share = stratum_shares(np.ones(y.shape[-1]) if size is None else size, pair)
    m = share.shape[-1]
    means, share = _by_arm(fit.means), np.broadcast_to(share, (*y.shape[:-1], m))
    found = (share[..., None, :] * means).sum(axis=-1)
    each = np.sqrt(m / (m - 1.0)) * (share[..., None, :] * means - found[..., None] / m)
    psi = _shared(each, pair, cluster)
    return ArmMeans(found, psi, lambda contrast: np.full(contrast.shape[:-1], m - 1.0))


def fine_arms(
    y: Floats,
    treatment: Ints,
    stratum: Ints,
    *,
    size: Floats | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
    working: Floats | None = None,
    cluster: Ints | None = None,
) -> ArmMeans:
    """Both arm means when some strata have a single unit (or cluster) in an arm.

    Strata with two in each arm bring Neyman's variance (with clusters CR2). Those that are thin
    bring, together, how their effects differ from their mean (Pashley and Miratrix 2021).

    Parameters
    ----------
    y, treatment, size, weight, copies, working
        As in `mean_arms`.
    stratum : array of int, shape (n,)
        From 0; both arms in each, two thin strata at least, none with more than half of the size
        of the thin ones.
    cluster : array of int, shape (n,), optional
        Clusters; those of thin strata lie within one stratum.

    Returns
    -------
    ArmMeans
        Degrees of freedom: Welch-Satterthwaite's of both parts.

    Examples
    --------
    Strata of one against one are pairs:

    >>> y, t = np.array([0.0, 1, 0, 2, 0, 6]), np.array([0, 1, 0, 1, 0, 1])
    >>> arms = fine_arms(y, t, np.array([0, 0, 1, 1, 2, 2]))
    >>> psi = arms.influence[1] - arms.influence[0]
    >>> round(float((psi**2).sum()), 12), float(arms.degrees(np.array([-1.0, 1.0])).round(9))
    (2.333333333333, 2.0)
    """
    thin = thin_strata(treatment, stratum, copies=copies, cluster=cluster)
    fit = fit_cells(y, 2 * stratum + treatment, weight=weight, copies=copies)
    counted = np.ones(y.shape[-1]) if size is None else size
    share = np.broadcast_to(stratum_shares(counted, stratum), (*y.shape[:-1], thin.size))
    means = _by_arm(fit.means)
    between = _between(fit, means, share, thin, working)
    found = (share[..., None, :] * means).sum(axis=-1)
    rows = thin[stratum]
    each = np.zeros((*y.shape[:-1], 2, thin.size))
    each[..., thin] = between.each
    psi = _shared(each, stratum, cluster)
    if not rows.all():
        inside = np.flatnonzero(~rows)
        thick = _thick(y, treatment, stratum, share[..., ~thin], weight, copies, cluster, inside)
        labels = inside if cluster is None else np.unique(cluster[inside])
        psi[..., labels] += thick.influence

    def degrees(contrast: Floats) -> Floats:
        variance = ((contrast[..., None, :] @ between.each) ** 2).sum(axis=(-2, -1))
        parts = [(variance, between.degrees(contrast))]
        if not rows.all():
            other = ((contrast[..., None, :] @ thick.influence) ** 2).sum(axis=(-2, -1))
            parts.append((other, thick.degrees(contrast)))
        values, each_df = (
            np.stack(np.broadcast_arrays(*part), axis=-1) for part in zip(*parts, strict=True)
        )
        return welch_satterthwaite(values, each_df)

    return ArmMeans(found, psi, degrees)


def _by_arm(means: Floats) -> Floats:
    """Cell means, shape (..., 2 s), by arm and stratum: shape (..., 2, s)."""
    found: Floats = np.swapaxes(means.reshape(*means.shape[:-1], -1, 2), -1, -2)
    return found


def _shared(each: Floats, block: Ints, cluster: Ints | None) -> Floats:
    """The influence of blocks, shape (..., 2, k), shared by their rows or clusters."""
    if cluster is None:
        place = block
    else:
        _, first = np.unique(cluster, return_index=True)
        place = block[first]
    members = np.bincount(place, minlength=each.shape[-1])
    # A block of thick strata whose clusters lie elsewhere has no member here and no influence.
    spread: Floats = each / np.sqrt(np.maximum(members, 1))
    found: Floats = spread[..., place]
    return found


def shared_within(
    values: Floats, block: Ints, shared: Bools, *, cluster: Ints | None = None
) -> Floats:
    """Influence summed within blocks and shared by their members, for joint error with the means.

    Parameters
    ----------
    values : array, shape (..., m)
        Influence of each row, or of each cluster.
    block : array of int, shape (n,)
        Pair or stratum of each row.
    shared : array of bool, shape (k,)
        Blocks whose influence on the means is shared; the members of others keep their own.
    cluster : array of int, shape (n,), optional
        Cluster of each row.

    Returns
    -------
    array, shape (..., m)

    Examples
    --------
    >>> v = np.array([3.0, 1.0, 5.0, 7.0])
    >>> shared_within(v, np.array([0, 0, 1, 1]), np.array([True, False])).round(6).tolist()
    [2.828427, 2.828427, 5.0, 7.0]
    """
    place = block if cluster is None else block[np.unique(cluster, return_index=True)[1]]
    used, compacted = compact(place)
    members = np.bincount(compacted)
    sums = group_sums(values, compacted, used.size) / np.sqrt(members)
    found: Floats = np.where(shared[place], sums[..., compacted], values)
    return found


def _between(
    fit: CellFit, means: Floats, share: Floats, thin: Bools, working: Floats | None
) -> _Between:
    total = share[..., thin].sum(axis=-1, keepdims=True)
    own = share[..., thin] / total
    squared = thin_weights(own)
    inside = means[..., thin]
    centre = (own[..., None, :] * inside).sum(axis=-1, keepdims=True)
    each = (total * np.sqrt(squared))[..., None, :] * (inside - centre)
    variance = fit.copies * fit.leverages**2 * (1.0 if working is None else working)
    cells = group_sums(variance, fit.cell, fit.counts.size)
    return _Between(each, squared, own, _by_arm(cells)[..., thin])


def _thick(
    y: Floats,
    treatment: Ints,
    stratum: Ints,
    share: Floats,
    weight: Floats | None,
    copies: Floats | None,
    cluster: Ints | None,
    inside: Ints,
) -> ArmMeans:
    """What strata with two in each arm add to both means; `share` of everyone."""
    _, place = compact(stratum[inside])
    fit = fit_cells(
        y[..., inside],
        2 * place + treatment[inside],
        weight=None if weight is None else np.broadcast_to(weight, y.shape)[..., inside],
        copies=None if copies is None else copies[inside],
    )
    contrasts = np.zeros((*share.shape[:-1], 2, 2 * share.shape[-1]))
    contrasts[..., 0, 0::2] = share
    contrasts[..., 1, 1::2] = share
    means = (contrasts @ fit.means[..., None])[..., 0]
    if cluster is None:
        residual = float(fit.counts.sum()) - fit.counts.size
        psi = cell_influence(fit, contrasts)
        return ArmMeans(means, psi, lambda c: np.full(c.shape[:-1], residual))
    clusters = cluster_cells(fit, compact(cluster[inside])[1])
    return ArmMeans(
        means,
        clusters.influence(contrasts),
        lambda c: clusters.degrees((c[..., None, :] @ contrasts)[..., 0, :]),
    )
