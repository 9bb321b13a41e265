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

# A step this small beside the coefficients is the last.
_SMALL = 1e-11
_STEPS = 40
# A step above this share of the one before asks for a curvature of its own.
_SHRUNK = 0.1
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
    curved: bool = True,
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
    curved : bool
        Whether the curvature is needed at the coefficients themselves; otherwise it is that at the
        start.

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
    beta, curvature, converged = _quickly(x, y, family, weight, fold, folds, start, curved)
    for k in np.flatnonzero(~converged):
        kept = weight if folds == 1 else np.where(fold == k, 0.0, weight)
        beta[k], curvature[k], converged[k] = _slowly(x, y, family, kept)
    determined = told_apart(curvature)
    return LeftOut(beta, curvature, determined, converged)


def _by_subtraction(x: Floats, y: Floats, weight: Floats, fold: Ints, folds: int) -> LeftOut:
    p = x.shape[1]
    gram = _of_others(x, weight, fold, folds)
    spread = np.zeros((len(y), folds))
    spread[np.arange(len(y)), fold] = weight * y
    moment = spread.T @ x
    if folds > 1:
        moment = moment.sum(axis=0) - moment
    determined = told_apart(gram)
    safe = np.where(determined[:, None, None], gram, np.eye(p))
    beta: Floats = np.asarray(np.linalg.solve(safe, moment[..., None])[..., 0], dtype=np.float64)
    return LeftOut(beta, gram, determined, np.ones(folds, dtype=bool))


def told_apart(curvature: Floats, least: float = _ALIKE) -> NDArray[np.bool_]:
    """Whether columns can be told apart, by their products of shape (..., p, p), shape (...).

    Examples
    --------
    >>> told_apart(np.array([[[1.0, 0.0], [0.0, 4.0]], [[1.0, 2.0], [2.0, 4.0]]])).tolist()
    [True, False]
    """
    size = np.sqrt(np.maximum(np.einsum("kii->ki", curvature), 0.0))
    whole = (size > 0.0).all(axis=-1) & np.isfinite(size).all(axis=-1)
    scale = np.where(whole[:, None], size, 1.0)
    scaled = curvature / (scale[:, :, None] * scale[:, None, :])
    safe = np.where(whole[:, None, None], scaled, np.eye(size.shape[-1]))
    found: NDArray[np.bool_] = whole & (np.linalg.eigvalsh(safe)[:, 0] > least)
    return found


def _quickly(
    x: Floats,
    y: Floats,
    family: Family,
    weight: Floats,
    fold: Ints,
    folds: int,
    start: Floats,
    curved: bool,
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Newton's steps from a start that is near: the first curvature serves while steps shrink fast."""
    kept = np.tile(weight, (folds, 1))
    if folds > 1:
        kept[fold, np.arange(len(y))] = 0.0
    beta = np.tile(start, (folds, 1))
    _, slope = predicted(family, x @ start)
    curvature = _of_others(x, weight * slope, fold, folds)
    before, small, lost = (
        np.full(folds, np.inf),
        np.zeros(folds, dtype=bool),
        np.zeros(folds, dtype=bool),
    )
    try:
        for step_number in range(_STEPS):
            mean, slope = predicted(family, beta @ x.T)
            gradient = (kept * (y - mean)) @ x
            step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
            away = np.abs(step).max(axis=1)
            lost |= ~(away < _FAR)
            beta = beta + np.where(lost[:, None], 0.0, step)
            small = ~lost & (away <= _SMALL * (1.0 + np.abs(beta).max(axis=1)))
            if (small | lost).all():
                break
            slow = step_number > 0 and bool((~small & (away > _SHRUNK * before)).any())
            if slow:
                _, slope = predicted(family, beta @ x.T)
                curvature = np.stack([(x * held[:, None]).T @ x for held in kept * slope])
            before = np.full(folds, np.inf) if slow else away
    except np.linalg.LinAlgError:
        small = np.zeros(folds, dtype=bool)
    if not curved:
        return beta, curvature, small
    _, slope = predicted(family, beta @ x.T)
    return beta, np.stack([(x * held[:, None]).T @ x for held in kept * slope]), small


def _of_others(x: Floats, weight: Floats, fold: Ints, folds: int) -> Floats:
    """Weighted products of columns without each fold, shape (folds, p, p)."""
    if folds == 1:
        return np.asarray((x * weight[:, None]).T @ x)[None]
    own = [fold == k for k in range(folds)]
    each = np.stack([(x[rows] * weight[rows, None]).T @ x[rows] for rows in own])
    return np.asarray(each.sum(axis=0) - each)


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
