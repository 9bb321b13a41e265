"""What the comparisons of changes share: least squares, propensity scores, and what keeps either
from being fitted.

Columns lie along the first axis and units along the last, so that long rows are what is summed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.inference import collinear_columns, fit_glm, separated

Floats = NDArray[np.float64]
Method = Literal["dr", "ipw", "reg"]

# A linear predictor beyond this is looked at exactly: it may be on its way to infinity.
FAR = 12.0


class NotEstimable(Exception):
    """A comparison that cannot be made from these units.

    Attributes
    ----------
    reason : str
        ``collinear``, ``few`` or ``overlap``.
    columns : tuple of int
        The covariates it is about, where it is about some.
    """

    def __init__(self, reason: str, columns: tuple[int, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.columns = columns


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A propensity score fitted by maximum likelihood.

    Attributes
    ----------
    odds : array, shape (n0,)
        Odds of being served, of the comparison units.
    chance_served, chance_other : array, shape (n1,) and (n0,)
        Chance of being served.
    bread : array, shape (p, p)
        Inverse of the information.
    largest : float
        Largest chance of being served among the comparison units.
    """

    odds: Floats
    chance_served: Floats
    chance_other: Floats
    bread: Floats
    largest: float


def scaled(x1: Floats, x0: Floats) -> tuple[Floats, Floats]:
    """Covariates with an intercept before them, in columns of size about one.

    Parameters
    ----------
    x1, x0 : array, shape (n1, k) and (n0, k)
        Covariates of the served and of the comparison units.

    Returns
    -------
    served, other : array, shape (1 + k, n1) and (1 + k, n0)
        The same changes of place and size in both: fits with an intercept do not see them.
    """
    middle = x0.mean(axis=0)
    size = np.maximum(np.abs(x0 - middle).max(axis=0), np.abs(x1 - middle).max(axis=0))
    size[size == 0.0] = 1.0

    def columns(x: Floats) -> Floats:
        found = np.empty((1 + x.shape[1], len(x)))
        found[0] = 1.0
        found[1:] = ((x - middle) / size).T
        return found

    return columns(x1), columns(x0)


def check_columns(x: Floats, weight: Floats) -> None:
    """Refuse columns that are combinations of each other, and fewer units than columns.

    Parameters
    ----------
    x : array, shape (1 + k, n)
        Columns, the intercept first.
    weight : array, shape (n,)
        Positive weights.
    """
    if x.shape[1] <= x.shape[0]:
        raise NotEstimable("few")
    found = collinear_columns(x[1:].T, weight)
    if found:
        raise NotEstimable("collinear", found)


def least_squares(x: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Coefficients of each row of `y` on the columns, and the inverse of their cross products.

    Parameters
    ----------
    x : array, shape (p, n)
    y : array, shape (k, n)
    weight : array, shape (n,)

    Returns
    -------
    coefficients : array, shape (k, p)
    inverse : array, shape (p, p)
    """
    weighted = x * weight
    inverse = np.asarray(np.linalg.inv(weighted @ x.T), dtype=np.float64)
    coefficients: Floats = (y @ weighted.T) @ inverse
    return coefficients, inverse


def propensity(x1: Floats, x0: Floats, w1: Floats, w0: Floats) -> Score:
    """Logit of being served on the columns, by maximum likelihood.

    Parameters
    ----------
    x1, x0 : array, shape (p, n1) and (p, n0)
        Columns of the served and of the comparison units, the intercept first.
    w1, w0 : array, shape (n1,) and (n0,)
        Positive weights.

    Raises
    ------
    NotEstimable
        When some combination of the columns tells the served from the others without error, so
        that the likelihood has no maximum.
    """
    x = np.concatenate([x1, x0], axis=1)
    w = np.concatenate([w1, w0])
    check_columns(x, w)
    served = np.zeros(x.shape[1])
    served[: x1.shape[1]] = 1.0
    fit = fit_glm(x.T, served, "binomial", weight=w / w.mean())
    beta = fit.regression.coefficients
    eta1, eta0 = beta @ x1, beta @ x0
    far = max(float(np.abs(eta1).max()), float(np.abs(eta0).max()))
    if not fit.converged or (far > FAR and separated(x.T, served, "binomial")):
        raise NotEstimable("overlap")
    chance1, chance0 = 1.0 / (1.0 + np.exp(-eta1)), 1.0 / (1.0 + np.exp(-eta0))
    slope = np.concatenate([w1 * chance1 * (1.0 - chance1), w0 * chance0 * (1.0 - chance0)])
    bread = np.linalg.inv((x * slope) @ x.T)
    return Score(np.exp(eta0), chance1, chance0, bread, float(chance0.max()))


def effective(weight: Floats) -> float:
    """How many units of equal weight these weights are worth (Kish)."""
    return float(weight.sum() ** 2 / (weight**2).sum())
