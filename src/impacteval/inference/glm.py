"""Generalised linear models with canonical links, many at a time, as weighted least squares.

A canonical link makes the fit unbiased for what it averages: with a level for each arm, predictions
sum to the outcomes of the arm, whatever the true curve is. That is why they can be standardised in
a trial without believing the model.

References
----------
McCullagh and Nelder (1989), *Generalized Linear Models*, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import Floats
from impacteval.inference.regression import Regression, orthonormal

Family = Literal["gaussian", "binomial", "poisson"]
FAMILIES: tuple[Family, ...] = ("gaussian", "binomial", "poisson")

# Newton's decrement, relative to the likelihood, from which the next step is the last.
DONE = 1e-12
FEW, STEPS, HALVINGS = 10, 60, 20
# A linear predictor beyond this leaves the range of numbers; a fit that gets there has none.
BEYOND = 500.0
# Weights of least squares are kept above this, so that a fit that runs away stays computable.
_LEAST = 1e-280


@dataclass(frozen=True, slots=True)
class GlmFit:
    """A fitted model.

    Attributes
    ----------
    regression : Regression
        The last step as weighted least squares: coefficients, residuals ``y - mean``, leverages
        and basis of the model's own weights. Robust errors of contrasts follow from it as they
        do from a linear regression.
    converged : array of bool, shape (...)
        Whether a finite maximum was reached; it is not when data are separated.
    """

    regression: Regression
    converged: NDArray[np.bool_]


def predicted(family: Family, eta: Floats) -> tuple[Floats, Floats]:
    """Mean and slope of the mean at a linear predictor.

    Examples
    --------
    >>> [float(v) for v in predicted("binomial", np.array(0.0))]
    [0.5, 0.25]
    """
    match family:
        case "gaussian":
            return eta, np.ones_like(eta)
        case "binomial":
            small = np.exp(-np.abs(eta))
            mean = np.where(eta >= 0.0, 1.0, small) / (1.0 + small)
            return mean, small / (1.0 + small) ** 2
        case "poisson":
            mean = np.exp(np.minimum(eta, 700.0))
            return mean, mean


def _likelihood(family: Family, y: Floats, eta: Floats, weight: Floats) -> Floats:
    """Log-likelihood up to what does not depend on the coefficients, shape (...)."""
    each: Floats
    match family:
        case "gaussian":
            each = y * eta - 0.5 * eta**2
        case "binomial":
            each = np.asarray(y * eta - np.logaddexp(0.0, eta))
        case "poisson":
            each = y * eta - np.exp(np.minimum(eta, 700.0))
    found: Floats = (weight * each).sum(axis=-1)
    return found


def _begun(family: Family, y: Floats, weight: Floats) -> Floats:
    """Linear predictors to begin with: outcomes drawn halfway to what a link can hold."""
    match family:
        case "gaussian":
            return y
        case "binomial":
            middle = 0.5 * (y + 0.5)
            return np.asarray(np.log(middle / (1.0 - middle)))
        case "poisson":
            mean = (weight * y).sum(axis=-1, keepdims=True) / weight.sum(axis=-1, keepdims=True)
            return np.asarray(np.log(0.5 * (y + np.maximum(mean, _LEAST))))


def _solved(x: Floats, held: Floats, target: Floats) -> Floats:
    """Weighted least squares by the normal equations, shape (..., p)."""
    turned = np.swapaxes(x * held[..., None], -1, -2)
    found = np.asarray(np.linalg.solve(turned @ x, turned @ target[..., None]), dtype=np.float64)
    return found[..., 0]


def fit_glm(
    x: Floats,
    y: Floats,
    family: Family,
    *,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> GlmFit:
    """The canonical-link model of `y` on the columns of `x` by Newton's method.

    Parameters
    ----------
    x : array, shape (..., n, p)
        Columns, not collinear, of comparable size; the intercept is one of them.
    y : array, shape (..., n)
        Outcome: any number, a share from 0 to 1 (``binomial``), or not negative (``poisson``).
    family : {"gaussian", "binomial", "poisson"}
        With identity, logit and log link.
    weight : array, shape (..., n), optional
        Positive weights; for rates, weight times exposure.
    copies : array, shape (n,), optional
        Identical units behind each row.

    Returns
    -------
    GlmFit

    Examples
    --------
    Two of four, then three of four: the log odds ratio is log 3.

    >>> x = np.column_stack([np.ones(8), np.repeat([0.0, 1.0], 4)])
    >>> fit = fit_glm(x, np.array([0.0, 0, 1, 1, 0, 1, 1, 1]), "binomial")
    >>> round(float(fit.regression.coefficients[1] - np.log(3.0)), 12)
    0.0
    """
    f = np.ones(y.shape[-1]) if copies is None else copies
    held = np.broadcast_to(f if weight is None else f * weight, y.shape)
    if family == "gaussian":
        beta, converged = _solved(x, held, y), np.ones(y.shape[:-1], dtype=bool)
    else:
        beta, converged = _each_maximised(x, y, family, held)
    eta = (x @ beta[..., None])[..., 0]
    mean, slope = predicted(family, eta)
    slope = np.maximum(slope, _LEAST)
    root = np.sqrt(held * slope)
    q, r = orthonormal(x * root[..., None])
    # The last step, in the orthonormal basis: residuals lie exactly off the columns.
    score = np.swapaxes(q, -1, -2) @ (np.sqrt(held / slope) * (y - mean))[..., None]
    beta = beta + np.where(converged[..., None], np.linalg.solve(r, score)[..., 0], 0.0)
    mean, _ = predicted(family, (x @ beta[..., None])[..., 0])
    return GlmFit(
        Regression(
            coefficients=beta,
            residuals=y - mean,
            whitened=np.sqrt(held / slope) * (y - mean),
            leverages=np.einsum("...ij,...ij->...i", q, q) / f,
            q=q,
            r=r,
            n=float(f.sum()),
            copies=f,
        ),
        converged,
    )


def _each_maximised(
    x: Floats, y: Floats, family: Family, held: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """`_maximised`, where fits that need many steps do not hold up the others."""
    beta, done = _maximised(x, y, family, held, FEW)
    if y.ndim == 1 or done.all():
        return _maximised(x, y, family, held, STEPS) if not done.all() else (beta, done)
    slow = ~done
    columns = np.broadcast_to(x, (*y.shape, x.shape[-1]))
    beta[slow], done[slow] = _maximised(columns[slow], y[slow], family, held[slow], STEPS)
    return beta, done


def _maximised(
    x: Floats, y: Floats, family: Family, held: Floats, steps: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """Coefficients by Newton's method with halved steps, and whether each fit converged."""
    start = _begun(family, y, held)
    mean, slope = predicted(family, start)
    slope = np.maximum(slope, _LEAST)
    beta = _solved(x, held * slope, start + (y - mean) / slope)
    eta = (x @ beta[..., None])[..., 0]
    likelihood = _likelihood(family, y, eta, held)
    done = np.zeros(y.shape[:-1], dtype=bool)
    lost = np.zeros_like(done)
    for _ in range(steps):
        mean, slope = predicted(family, eta)
        slope = np.maximum(slope, _LEAST)
        turned = np.swapaxes(x * (held * slope)[..., None], -1, -2)
        score = (np.swapaxes(x, -1, -2) @ (held * (y - mean))[..., None])[..., 0]
        safe = np.where(lost[..., None, None], np.eye(x.shape[-1]), turned @ x)
        step = np.linalg.solve(safe, score[..., None])[..., 0]
        # The step from which a fit is close enough is still taken: it squares the distance, and
        # the weights that errors are computed with belong to the answer itself.
        still = ~(done | lost)
        if not still.any():
            break
        done |= still & ((step * score).sum(axis=-1) <= DONE * (1.0 + np.abs(likelihood)))
        step = np.where(still[..., None], step, 0.0)
        along = (x @ step[..., None])[..., 0]
        size = np.ones(done.shape)
        for _ in range(HALVINGS):
            tried = eta + size[..., None] * along
            better = _likelihood(family, y, tried, held)
            worse = ~(better >= likelihood - 1e-12 * (1.0 + np.abs(likelihood)))
            if not worse.any():
                break
            size = np.where(worse, 0.5 * size, size)
        beta = beta + size[..., None] * step
        eta = (x @ beta[..., None])[..., 0]
        likelihood = _likelihood(family, y, eta, held)
        lost |= ~done & ~(np.abs(eta).max(axis=-1) <= _reach(family, y))
    return beta, done


def _reach(family: Family, y: Floats) -> Floats:
    """How far a linear predictor may go before the fit counts as lost, shape (...)."""
    if family == "binomial":
        return np.full(y.shape[:-1], BEYOND)
    return np.asarray(BEYOND + np.abs(np.log(np.maximum(np.abs(y).max(axis=-1), _LEAST))))
