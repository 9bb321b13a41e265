"""Weighted least squares with robust errors, from one QR factorisation.

Every function takes leading axes of replications.

References
----------
MacKinnon and White (1985), Some heteroskedasticity-consistent covariance matrix estimators with
improved finite sample properties. *Journal of Econometrics* 29(3).
doi:10.1016/0304-4076(85)90158-7
Bell and McCaffrey (2002), Bias reduction in standard errors for linear regression with
multi-stage samples. *Survey Methodology* 28(2).
Pustejovsky and Tipton (2018), Small-sample methods for cluster-robust variance estimation.
*Journal of Business & Economic Statistics* 36(4). doi:10.1080/07350015.2016.1247004
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.cells import Variance, adjustment, stata_factor
from impacteval.inference.degrees import quadratic_form_degrees

# Sine of the angle between a column and those before it under which it counts as their
# combination. Exact combinations give 1e-16 to 1e-13; rounded copies of one another 1e-6.
COLLINEAR = 1e-10
# Eigenvalue of I - H_g under which a cluster counts as determining a direction of the fit by
# itself: closer to zero, the correction multiplies rounding as much as residuals.
DETERMINED = 1e-5
# Rows a cluster from which products of matrices are faster than sums of rows.
_LARGE = 64


@dataclass(frozen=True, slots=True)
class Regression:
    """A weighted least-squares fit.

    Attributes
    ----------
    coefficients : array, shape (..., p)
        Least-squares coefficients.
    residuals : array, shape (..., n)
        Outcome minus fit, not weighted.
    whitened : array, shape (..., n)
        Residuals times the square root of weight and copies.
    leverages : array, shape (..., n)
        Leverage of one copy of each row.
    q : array, shape (..., n, p)
        Orthonormal basis of the weighted columns.
    r : array, shape (..., p, p)
        Upper triangle that belongs to it.
    n : float
        Units, copies counted.
    copies : array, shape (n,)
        Identical units behind each row.
    """

    coefficients: Floats
    residuals: Floats
    whitened: Floats
    leverages: Floats
    q: Floats
    r: Floats
    n: float
    copies: Floats

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return int(self.r.shape[-1])

    def loads(self, contrasts: Floats) -> Floats:
        """Contrasts of coefficients, shape (..., m, p), in the orthonormal basis: same shape."""
        upper = np.swapaxes(self.r, -1, -2)
        solved = np.linalg.solve(upper, np.swapaxes(contrasts, -1, -2))
        found: Floats = np.swapaxes(solved, -1, -2)
        return found


def regress(
    x: Floats,
    y: Floats,
    *,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> Regression:
    """Least squares of `y` on the columns of `x`, which must not be collinear.

    Parameters
    ----------
    x : array, shape (..., n, p)
        Columns; the intercept is one of them.
    y : array, shape (..., n)
        Outcome. With more leading axes than `x` several outcomes share one factorisation.
    weight : array, shape (..., n), optional
        Positive weights.
    copies : array, shape (n,), optional
        Identical units behind each row (frequency weights).

    Returns
    -------
    Regression

    Examples
    --------
    >>> x = np.column_stack([np.ones(3), np.arange(3.0)])
    >>> regress(x, np.array([1.0, 3.0, 5.0])).coefficients.round(12).tolist()
    [1.0, 2.0]
    """
    f = np.ones(y.shape[-1]) if copies is None else copies
    root = np.sqrt(f if weight is None else f * weight)
    root = np.broadcast_to(root, np.broadcast_shapes(root.shape, x.shape[:-1]))
    q, r = orthonormal(x * root[..., None])
    target = root * y
    beta = np.asarray(np.linalg.solve(r, np.swapaxes(q, -1, -2) @ target[..., None]), dtype=float)
    residuals = y - (x @ beta)[..., 0]
    # One step of refinement: residuals that lie exactly off the columns.
    beta = beta + np.linalg.solve(r, np.swapaxes(q, -1, -2) @ (root * residuals)[..., None])
    residuals = y - (x @ beta)[..., 0]
    return Regression(
        coefficients=beta[..., 0],
        residuals=residuals,
        whitened=root * residuals,
        leverages=np.einsum("...ij,...ij->...i", q, q) / f,
        q=q,
        r=r,
        n=float(f.sum()),
        copies=f,
    )


def orthonormal(x: Floats) -> tuple[Floats, Floats]:
    """Orthonormal basis and triangle; SciPy keeps the columns as they lie, which is faster."""
    if x.ndim > 2:
        q, r = np.linalg.qr(x)
    else:
        from scipy.linalg import qr

        q, r = qr(x, mode="economic", check_finite=False)
    return np.asarray(q, dtype=np.float64), np.asarray(r, dtype=np.float64)


def regression_influence(fit: Regression, contrasts: Floats, variance: Variance = "hc2") -> Floats:
    """Influence of each row on contrasts of coefficients; sums of squares are the variances.

    Parameters
    ----------
    fit : Regression
        No leverage may be one under ``hc2`` and ``hc3``.
    contrasts : array, shape (..., m, p)
        Weights on the coefficients.
    variance : str
        ``hc0`` to ``hc3``.

    Returns
    -------
    array, shape (..., m, n)

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]])
    >>> fit = regress(x, np.array([1.0, 3.0, 10.0, 16.0]))
    >>> psi = regression_influence(fit, np.array([[0.0, 1.0]]))
    >>> round(float((psi**2).sum()), 12)
    10.0
    """
    factor = adjustment(fit.leverages, variance, fit.n, fit.p)
    along = fit.loads(contrasts) @ np.swapaxes(fit.q, -1, -2)
    # Both factors carry the root of the copies; a row of f copies has root f of one's influence.
    found: Floats = along * (fit.whitened / np.sqrt(fit.copies) * factor)[..., None, :]
    return found


def regression_classical(fit: Regression, contrasts: Floats) -> Floats:
    """Variance of each contrast if all units had one variance, shape (..., m)."""
    s2 = (fit.whitened**2).sum(axis=-1) / (fit.n - fit.p)
    found: Floats = s2[..., None] * (fit.loads(contrasts) ** 2).sum(axis=-1)
    return found


def bell_mccaffrey_degrees(fit: Regression, contrast: Floats) -> Floats:
    """Degrees of freedom of the HC2 variance of one contrast, shape (..., p) to (...).

    The working model gives every unit one variance (over its weight).

    Examples
    --------
    >>> x = np.column_stack([np.ones(6), np.repeat([0.0, 1.0], 3)])
    >>> fit = regress(x, np.arange(6.0))
    >>> round(float(bell_mccaffrey_degrees(fit, np.array([0.0, 1.0]))), 10)
    4.0
    """
    along = (fit.loads(contrast[..., None, :]) @ np.swapaxes(fit.q, -1, -2))[..., 0, :]
    each = along / np.sqrt(fit.copies * (1.0 - fit.leverages))  # of one copy
    shared = fit.q / np.sqrt(fit.copies)[:, None] * each[..., None]
    return quadratic_form_degrees(each**2, shared, fit.copies)


@dataclass(frozen=True, slots=True)
class ClusterFit:
    """A regression whose errors are correlated inside clusters.

    Attributes
    ----------
    scores : array, shape (..., g, p)
        Sum of basis times whitened residual in each cluster.
    gram : array, shape (..., g, p, p)
        Sum of basis times basis in each cluster.
    root : array, shape (..., g, p, p)
        What corrects the scores: ``(I - gram)^(-1/2)`` for CR2.
    alone : array, shape (..., g, p, p)
        Projection on the directions that a cluster determines by itself; all zero when none.
    fit : Regression
        The fit.
    """

    scores: Floats
    gram: Floats
    root: Floats
    alone: Floats
    fit: Regression

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.scores.shape[-2])

    def corrected(self, variance: Variance) -> ClusterFit:
        """The same sums over clusters with another small-sample correction."""
        root, alone = _correction(self.gram, variance, self.fit.n)
        return replace(self, root=root, alone=alone)

    def influence(self, contrasts: Floats) -> Floats:
        """Influence of each cluster on contrasts of shape (..., m, p): shape (..., m, g)."""
        load = self.fit.loads(contrasts)
        corrected = (self.root @ self.scores[..., None])[..., 0]
        found: Floats = load @ np.swapaxes(corrected, -1, -2)
        return found

    def degrees(self, contrast: Floats) -> Floats:
        """Satterthwaite degrees of freedom of one contrast of shape (..., p): shape (...)."""
        load = self.fit.loads(contrast[..., None, :])[..., 0, :]
        b = (self.root @ load[..., None, :, None])[..., 0]
        u = (self.gram @ b[..., None])[..., 0]
        return quadratic_form_degrees((b * u).sum(axis=-1), u)

    def determined_by_one(self, contrast: Floats) -> Floats:
        """Largest share of one contrast that a single cluster determines alone, shape (...)."""
        load = self.fit.loads(contrast[..., None, :])[..., 0, :]
        part = (self.alone @ load[..., None, :, None])[..., 0]
        size = np.linalg.norm(load, axis=-1)
        found: Floats = np.asarray(np.linalg.norm(part, axis=-1).max(axis=-1) / size)
        return found


def cluster_regression(fit: Regression, cluster: Ints, variance: Variance = "hc2") -> ClusterFit:
    """Cluster-robust errors of a fit: ``hc2`` is CR2, ``hc1`` Stata's CR1, then CR0 and CR3.

    The correction works on p-by-p matrices a cluster, never on cluster-size matrices, because
    ``Q_g' (I - Q_g Q_g')^(-1/2) = (I - Q_g' Q_g)^(-1/2) Q_g'``.

    Parameters
    ----------
    fit : Regression
        The fit.
    cluster : array of int, shape (n,)
        Cluster of each row, from 0; every cluster occurs.
    variance : str
        Which correction.

    Returns
    -------
    ClusterFit
    """
    groups, p = int(cluster.max()) + 1, fit.p
    order = np.argsort(cluster, kind="stable")
    starts = np.searchsorted(cluster[order], np.arange(groups + 1))
    lead = fit.q.shape[:-2]
    # Several outcomes may share one factorisation: their scores have axes that the basis lacks.
    scores = np.empty((*fit.whitened.shape[:-1], groups, p))
    gram = np.empty((*lead, groups, p, p))
    # Sorted once, every cluster is a slice.
    q, e = np.ascontiguousarray(fit.q[..., order, :]), fit.whitened[..., order, None]
    if groups * _LARGE > order.size:  # many small clusters: all of them at once, row by row
        scores[...] = np.add.reduceat(q * e, starts[:-1], axis=-2)
        for k in range(p):
            sums = np.add.reduceat(q[..., k, None] * q[..., k:], starts[:-1], axis=-2)
            gram[..., k, k:] = gram[..., k:, k] = sums
    else:
        for g in range(groups):
            rows = slice(starts[g], starts[g + 1])
            basis = np.swapaxes(q[..., rows, :], -1, -2)
            scores[..., g, :] = (basis @ e[..., rows, :])[..., 0]
            gram[..., g, :, :] = basis @ np.swapaxes(basis, -1, -2)
    root, alone = _correction(gram, variance, fit.n)
    return ClusterFit(scores=scores, gram=gram, root=root, alone=alone, fit=fit)


def _correction(gram: Floats, variance: Variance, n: float) -> tuple[Floats, Floats]:
    """What corrects the scores of each cluster, and the directions that it determines alone."""
    groups, p = gram.shape[-3], gram.shape[-1]
    identity, alone = np.eye(p), np.zeros((1, p, p))
    if variance in ("hc0", "hc1"):
        factor = 1.0 if variance == "hc0" else stata_factor(n, p, groups)
        return np.broadcast_to(factor * identity, gram.shape), alone
    value, vector = np.linalg.eigh(identity - gram)
    lost = value <= DETERMINED
    safe = np.where(lost, 1.0, value)
    power = np.where(lost, 0.0, safe**-0.5 if variance == "hc2" else 1.0 / safe)
    turned = np.swapaxes(vector, -1, -2)
    if lost.any():
        alone = (vector * lost[..., None, :]) @ turned
    return (vector * power[..., None, :]) @ turned, alone


def collinear_columns(x: Floats, weight: Floats | None = None) -> tuple[int, ...]:
    """Columns that are constant or a combination of the columns before them.

    Parameters
    ----------
    x : array, shape (n, k)
        Columns without the intercept, which is understood.
    weight : array, shape (n,), optional
        Positive weights.

    Returns
    -------
    tuple of int
        Places of the columns that add nothing, in order; empty when all do.

    Examples
    --------
    >>> a = np.array([1.0, 2.0, 4.0, 8.0])
    >>> collinear_columns(np.column_stack([a, np.full(4, 3.0), a**2, 1.0 - 2.0 * a]))
    (1, 3)
    """
    w = np.ones(x.shape[0]) if weight is None else weight
    centred = x - (w @ x) / w.sum()
    size = np.abs(x).max(axis=0, initial=0.0)
    root = np.sqrt(w)[:, None]
    kept: list[Floats] = []
    found: list[int] = []
    for k in range(x.shape[1]):
        column = (centred * root)[:, k]
        length = float(np.linalg.norm(column))
        if length <= COLLINEAR * size[k] * np.sqrt(w.sum()):
            found.append(k)
            continue
        column = column / length
        for _ in range(2):  # twice is enough (Kahan): the second pass takes out the rounding
            for basis in kept:
                column = column - basis * (basis @ column)
        left = float(np.linalg.norm(column))
        if left <= COLLINEAR:
            found.append(k)
        else:
            kept.append(column / left)
    return tuple(found)
