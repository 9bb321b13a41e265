"""One model fitted many times, each time without one fold: shared sums, one fold taken out.

References
----------
Chernozhukov, Chetverikov, Demirer, Duflo, Hansen, Newey and Robins (2018), Double/debiased machine
learning for treatment and structural parameters. *Econometrics Journal* 21(1).
doi:10.1111/ectj.12097
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.glm import Family, fit_glm, predicted

# A step this small beside the coefficients: the next one would be its square.
_SMALL = 1e-9
_STEPS = 25
# Coefficients of scaled columns that go this far are on their way out of the range of numbers.
_FAR = 1e3
# Smallest eigenvalue of the curvature, columns scaled to one, under which columns cannot be told
# apart: products of columns have lost all their digits.
_ALIKE = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """A model without each fold.

    Attributes
    ----------
    coefficients : array, shape (folds, p)
    curvature : array, shape (folds, p, p)
        ``sum weight slope x x'`` over the rows that were not left out.
    determined : array of bool, shape (folds,)
        Whether the rows that are left tell all columns apart.
    converged : array of bool, shape (folds,)
        Whether a maximum was reached; of separated data it may be one far out, where the likelihood is
        flat.
    """

    coefficients: Floats
    curvature: Floats
    determined: NDArray[np.bool_]
    converged: NDArray[np.bool_]


def without_each(
    x: Floats,
    y: Floats,
    family: Family,
    *,
    weight: Floats,
    fold: Ints,
    folds: int,
    start: Floats,
) -> LeftOut:
    """The model of `y` on `x` without each of several folds; with a single fold, without nothing.

    Parameters
    ----------
    x : array, shape (n, p)
        Columns of comparable size, the intercept among them.
    y : array, shape (n,)
    family : {"gaussian", "binomial", "poisson"}
    weight : array, shape (n,)
        Weights, not negative; rows without any count for nothing.
    fold : array of int, shape (n,)
        From 0.
    folds : int
    start : array, shape (p,)
        Coefficients of all rows, from which the others are not far.

    Returns
    -------
    LeftOut

    Examples
    --------
    The mean without each half:

    >>> found = without_each(
    ...     np.ones((4, 1)), np.array([1.0, 2.0, 3.0, 6.0]), "gaussian",
    ...     weight=np.ones(4), fold=np.array([0, 1, 0, 1]), folds=2, start=np.array([3.0]),
    ... )
    >>> found.coefficients.ravel().tolist()
    [4.0, 2.0]
    """
    if family == "gaussian":
        return _by_subtraction(x, y, weight, fold, folds)
    kept = np.tile(weight, (folds, 1))
    if folds > 1:
        kept[fold, np.arange(len(y))] = 0.0
    beta, curvature, converged = _quickly(x, y, family, kept, start)
    for k in np.flatnonzero(~converged):
        beta[k], curvature[k], converged[k] = _slowly(x, y, family, kept[k])
    determined = _told_apart(curvature)
    return LeftOut(beta, curvature, determined, converged)


def _by_subtraction(x: Floats, y: Floats, weight: Floats, fold: Ints, folds: int) -> LeftOut:
    p = x.shape[1]
    gram, moment = np.empty((folds, p, p)), np.empty((folds, p))
    for k in range(folds):
        inside = fold == k
        turned = (x[inside] * weight[inside, None]).T
        gram[k], moment[k] = turned @ x[inside], turned @ y[inside]
    if folds > 1:
        gram, moment = gram.sum(axis=0) - gram, moment.sum(axis=0) - moment
    determined = _told_apart(gram)
    safe = np.where(determined[:, None, None], gram, np.eye(p))
    beta = np.linalg.solve(safe, moment[..., None])[..., 0]
    return LeftOut(beta, gram, determined, np.ones(folds, dtype=bool))


def _told_apart(curvature: Floats) -> NDArray[np.bool_]:
    size = np.sqrt(np.einsum("kii->ki", curvature))
    whole = (size > 0.0).all(axis=-1) & np.isfinite(size).all(axis=-1)
    scale = np.where(whole[:, None], size, 1.0)
    scaled = curvature / (scale[:, :, None] * scale[:, None, :])
    safe = np.where(whole[:, None, None], scaled, np.eye(size.shape[-1]))
    found: NDArray[np.bool_] = whole & (np.linalg.eigvalsh(safe)[:, 0] > _ALIKE)
    return found


def _quickly(
    x: Floats, y: Floats, family: Family, weight: Floats, start: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Newton's plain steps for every row of `weight`, enough where the start is near."""
    folds, p = len(weight), x.shape[1]
    beta, small = np.tile(start, (folds, 1)), np.zeros(folds, dtype=bool)
    lost = np.zeros(folds, dtype=bool)
    curvature = np.empty((folds, p, p))
    for _ in range(_STEPS):
        mean, slope = predicted(family, beta @ x.T)
        held = weight * slope
        for k in range(folds):
            curvature[k] = (x * held[k, :, None]).T @ x
        done = small.copy()
        if (done | lost).all():
            break
        try:
            step = np.linalg.solve(curvature, ((weight * (y - mean)) @ x)[..., None])[..., 0]
        except np.linalg.LinAlgError:
            return beta, curvature, np.zeros(folds, dtype=bool)
        away = np.abs(step).max(axis=1)
        lost |= ~(away < _FAR)
        beta = beta + np.where(lost[:, None], 0.0, step)
        small = ~lost & (away <= _SMALL * (1.0 + np.abs(beta).max(axis=1)))
    return beta, curvature, done & ~lost


def _slowly(x: Floats, y: Floats, family: Family, weight: Floats) -> tuple[Floats, Floats, bool]:
    """With halved steps, for what Newton's plain steps did not find."""
    counted = weight > 0.0
    try:
        fit = fit_glm(x[counted], y[counted], family, weight=weight[counted])
    except np.linalg.LinAlgError:
        return np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1])), False
    beta = fit.regression.coefficients
    _, slope = predicted(family, x @ beta)
    return beta, (x * (weight * slope)[:, None]).T @ x, bool(fit.converged)
