"""Means of cells (arm, or stratum by arm) and their errors, in closed form.

A difference in means, its blocked version, its weighted version and rates per unit of exposure
are all contrasts of weighted cell means. Cells do not overlap, so the leverage of a unit is its
share of the cell's weight, the matrix that CR2 inverts is diagonal, and nothing has to be
factorised.

Every function takes leading axes of replications, so that ten thousand trials are one call.

References
----------
Neyman (1923), On the application of probability theory to agricultural experiments. Translated
in *Statistical Science* 5(4), 1990. doi:10.1214/ss/1177012031
Samii and Aronow (2012), On equivalencies between design-based and regression-based variance
estimators for randomized experiments. *Statistics & Probability Letters* 82(2).
doi:10.1016/j.spl.2011.10.024
Pustejovsky and Tipton (2018), Small-sample methods for cluster-robust variance estimation and
hypothesis testing in fixed effects models. *Journal of Business & Economic Statistics* 36(4).
doi:10.1080/07350015.2016.1247004
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impacteval.inference._arrays import FEW, Floats, Ints, compact, group_sums, runs
from impacteval.inference.degrees import quadratic_form_degrees

Variance = Literal["hc0", "hc1", "hc2", "hc3"]


@dataclass(frozen=True, slots=True)
class CellFit:
    """Weighted means of cells.

    Attributes
    ----------
    means : array, shape (..., c)
        Weighted mean of each cell.
    totals : array, shape (..., c)
        Sum of weights of each cell, copies counted.
    residuals : array, shape (..., n)
        Outcome minus its cell's mean.
    weight : array, shape (..., n)
        Weight of one copy of each row.
    copies : array, shape (n,)
        How many identical units each row stands for (frequency weights); else ones.
    cell : array of int, shape (n,)
        Cell of each row.
    counts : array, shape (c,)
        Units in each cell, copies counted.
    """

    means: Floats
    totals: Floats
    residuals: Floats
    weight: Floats
    copies: Floats
    cell: Ints
    counts: Floats

    @property
    def leverages(self) -> Floats:
        """Leverage of one copy of each row: its share of its cell's weight, shape (..., n)."""
        # Computed once where weights are the same in all replications.
        weight, totals = shared(self.weight), shared(self.totals)
        return np.broadcast_to(weight / totals[..., self.cell], self.residuals.shape)


def fit_cells(
    y: Floats,
    cell: Ints,
    *,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> CellFit:
    """Weighted mean of each cell.

    Parameters
    ----------
    y : array, shape (..., n)
        Outcome; for rates, outcome per unit of exposure.
    cell : array of int, shape (n,)
        Cell of each row, from 0; every cell occurs.
    weight : array, shape (..., n), optional
        Positive weights; for rates, weight times exposure.
    copies : array, shape (n,), optional
        Identical units behind each row.

    Returns
    -------
    CellFit

    Examples
    --------
    >>> fit = fit_cells(np.array([1.0, 3.0, 10.0]), np.array([0, 0, 1]))
    >>> fit.means.tolist()
    [2.0, 10.0]
    """
    size = int(cell.max()) + 1
    ones = np.ones(y.shape[-1])
    w = np.broadcast_to(ones if weight is None else weight, y.shape)
    f = ones if copies is None else copies
    counted = weight is not None or copies is not None
    held = shared(w) * f
    totals = np.broadcast_to(group_sums(held, cell, size), (*y.shape[:-1], size))
    means = group_sums(held * y if counted else y, cell, size) / totals
    residuals = _less(y, means, cell)
    # A second pass takes out the rounding of the first; it matters for large means.
    rest = group_sums(held * residuals if counted else residuals, cell, size)
    means = means + rest / totals
    return CellFit(
        means=means,
        totals=totals,
        residuals=_less(y, means, cell),
        weight=w,
        copies=f,
        cell=cell,
        counts=group_sums(f, cell, size),
    )


def shared(values: Floats) -> Floats:
    """The one row that all replications share, shape (n,), or `values` where they differ.

    Examples
    --------
    >>> shared(np.broadcast_to(np.arange(2.0), (5, 2))).tolist()
    [0.0, 1.0]
    """
    same = not any(values.strides[:-1]) and 0 not in values.shape
    return values[(0,) * (values.ndim - 1)] if same else values


def _less(y: Floats, means: Floats, cell: Ints) -> Floats:
    """Outcomes less the mean of their cell, shape (..., n)."""
    bounds = runs(cell, means.shape[-1])
    if y.ndim == 1 or bounds is None or len(bounds) > FEW:
        return y - means[..., cell]
    found = np.empty(y.shape)
    for k, (a, b) in enumerate(bounds):
        np.subtract(y[..., a:b], means[..., k, None], out=found[..., a:b])
    return found


def adjustment(leverages: Floats, variance: Variance, n: float, p: int) -> Floats:
    """Factor on each residual, shape of `leverages`: HC0 to HC3 of MacKinnon and White (1985)."""
    match variance:
        case "hc0":
            return np.ones_like(leverages)
        case "hc1":
            return np.full_like(leverages, np.sqrt(n / (n - p)))
        case "hc2":
            found: Floats = 1.0 / np.sqrt(1.0 - leverages)
            return found
        case "hc3":
            return 1.0 / (1.0 - leverages)


def cell_influence(fit: CellFit, contrasts: Floats, variance: Variance = "hc2") -> Floats:
    """Influence of each row on contrasts of cell means; sums of squares are the variances.

    Parameters
    ----------
    fit : CellFit
        Every cell needs two units at least under ``hc2`` and ``hc3``.
    contrasts : array, shape (..., m, c)
        Weights on the cell means.
    variance : str
        ``hc2`` without weights is Neyman's: ``s1^2/n1 + s0^2/n0``, cell by cell.

    Returns
    -------
    array, shape (..., m, n)

    Examples
    --------
    Neyman's variance by hand: 2/2 + 18/2.

    >>> fit = fit_cells(np.array([1.0, 3.0, 10.0, 16.0]), np.array([0, 0, 1, 1]))
    >>> psi = cell_influence(fit, np.array([[-1.0, 1.0]]))
    >>> round(float((psi**2).sum()), 12)
    10.0
    """
    each = cell_scores(fit, variance)
    found: Floats = contrasts[..., fit.cell] * each[..., None, :]
    return found


def cell_scores(fit: CellFit, variance: Variance = "hc2") -> Floats:
    """Influence of each row on the mean of its own cell, shape (..., n).

    Parameters
    ----------
    fit : CellFit
    variance : str
        As in `cell_influence`.

    Examples
    --------
    >>> fit = fit_cells(np.array([1.0, 3.0, 10.0, 16.0]), np.array([0, 0, 1, 1]))
    >>> group_sums(cell_scores(fit) ** 2, fit.cell, 2).round(12).tolist()
    [1.0, 9.0]
    """
    leverages = shared(fit.leverages)
    factor = adjustment(leverages, variance, float(fit.counts.sum()), fit.counts.size)
    found: Floats = (np.sqrt(fit.copies) * leverages * factor) * fit.residuals
    return found


def cell_classical(fit: CellFit, contrasts: Floats) -> Floats:
    """Variance of each contrast if all units had one variance, shape (..., m)."""
    n, p = float(fit.counts.sum()), fit.counts.size
    s2 = (fit.copies * fit.weight * fit.residuals**2).sum(axis=-1) / (n - p)
    found: Floats = s2[..., None] * (contrasts**2 / fit.totals[..., None, :]).sum(axis=-1)
    return found


def cell_degrees(fit: CellFit, working: Floats | None = None) -> Floats:
    """Satterthwaite degrees of freedom of each cell's own HC2 variance.

    Parameters
    ----------
    fit : CellFit
        Two units a cell at least.
    working : array, shape (..., n), optional
        Variance of each outcome in the working model, up to a factor. Default: all equal. For
        rates it is one over the exposure, for precision weights one over the weight.

    Returns
    -------
    array, shape (..., c)
        ``n - 1`` in a cell whose weights are equal; less where few weights carry the mean.

    Examples
    --------
    >>> fit = fit_cells(np.arange(5.0), np.array([0, 0, 0, 1, 1]))
    >>> cell_degrees(fit).round(12).tolist()
    [2.0, 1.0]
    """
    size, f, p = fit.counts.size, fit.copies, fit.leverages
    omega = np.broadcast_to(np.ones(1) if working is None else working, p.shape)
    u = p * omega
    q = group_sums(f * p * u, fit.cell, size)
    d = f * p**2 / (1.0 - p)  # weight of each squared residual, copies counted
    each = p**2 / (1.0 - p)
    own = omega - 2.0 * u + q[..., fit.cell]
    off = q[..., fit.cell] - 2.0 * u
    d0, d1, d2 = (group_sums(d * u**k, fit.cell, size) for k in range(3))
    first = group_sums(d * own, fit.cell, size)
    second = group_sums(d * each * (own**2 - off**2), fit.cell, size)
    second = second + q**2 * d0**2 + 2.0 * d0 * d2 - 4.0 * q * d0 * d1 + 2.0 * d1**2
    found: Floats = first**2 / second
    return found


@dataclass(frozen=True, slots=True)
class CellClusters:
    """Cell means whose errors are correlated inside clusters.

    Attributes
    ----------
    scores : array, shape (..., e)
        Adjusted residual total of each (cluster, cell) pair over the cell's weight.
    share : array, shape (..., e)
        Share of the cell's weight that the pair holds.
    factor : array, shape (..., e)
        What the small-sample correction multiplied each total with.
    cluster, cell : array of int, shape (e,)
        Cluster and cell of each pair.
    totals : array, shape (..., c)
        Sum of weights of each cell.
    n_clusters : int
        Number of clusters.
    """

    scores: Floats
    share: Floats
    factor: Floats
    cluster: Ints
    cell: Ints
    totals: Floats
    n_clusters: int

    def influence(self, contrasts: Floats) -> Floats:
        """Influence of each cluster on contrasts of shape (..., m, c): shape (..., m, g)."""
        each = contrasts[..., self.cell] * self.scores[..., None, :]
        return group_sums(each, self.cluster, self.n_clusters)

    def degrees(self, contrast: Floats) -> Floats:
        """Satterthwaite degrees of freedom of one contrast of shape (..., c): shape (...).

        The working model gives every unit one variance (over its weight) and no correlation,
        as Pustejovsky and Tipton (2018) propose.
        """
        load = (contrast / np.sqrt(self.totals))[..., self.cell]
        diagonal = group_sums(load**2 * self.factor**2 * self.share, self.cluster, self.n_clusters)
        u = load * self.factor * self.share
        shape = np.broadcast_shapes(u.shape[:-1], diagonal.shape[:-1])
        shared = np.zeros((*shape, self.n_clusters, self.totals.shape[-1]))
        shared[..., self.cluster, self.cell] = u
        return quadratic_form_degrees(diagonal, shared)


def cluster_cells(fit: CellFit, cluster: Ints, variance: Variance = "hc2") -> CellClusters:
    """Residual totals of clusters with their small-sample correction.

    ``hc2`` gives CR2, ``hc1`` the CR1 of Stata, ``hc0`` CR0, ``hc3`` CR3.

    Parameters
    ----------
    fit : CellFit
        The cell means.
    cluster : array of int, shape (n,)
        Cluster of each row, from 0; every cluster occurs. Under CR2 and CR3 no cell may lie
        in one cluster alone.
    variance : str
        Which correction.

    Returns
    -------
    CellClusters

    Examples
    --------
    Clusters of one unit give HC2:

    >>> y, cell = np.array([1.0, 3.0, 10.0, 16.0]), np.array([0, 0, 1, 1])
    >>> found = cluster_cells(fit_cells(y, cell), np.arange(4))
    >>> round(float((found.influence(np.array([[-1.0, 1.0]])) ** 2).sum()), 12)
    10.0
    """
    size, groups = fit.counts.size, int(cluster.max()) + 1
    pairs, place = compact(cluster * size + fit.cell)
    pair_cluster, pair_cell = pairs // size, pairs % size
    share = group_sums(fit.copies * fit.leverages, place, pairs.size)
    total = group_sums(fit.copies * fit.leverages * fit.residuals, place, pairs.size)
    factor: Floats
    match variance:
        case "hc0":
            factor = np.ones_like(share)
        case "hc1":
            factor = np.full_like(share, stata_factor(float(fit.counts.sum()), size, groups))
        case "hc2":
            factor = 1.0 / np.sqrt(1.0 - share)
        case "hc3":
            factor = 1.0 / (1.0 - share)
    return CellClusters(
        scores=total * factor,
        share=share,
        factor=factor,
        cluster=pair_cluster,
        cell=pair_cell,
        totals=fit.totals,
        n_clusters=groups,
    )


def stata_factor(n: float, p: int, clusters: int) -> float:
    """Square root of Stata's ``G/(G - 1) * (n - 1)/(n - p)``."""
    return float(np.sqrt(clusters / (clusters - 1.0) * (n - 1.0) / (n - p)))
