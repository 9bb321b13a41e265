"""Canonical-link models on blocks of indicators, without a design matrix.

The same Newton steps as `impacteval.inference.glm`, with sums by code in place of products of
columns; combinations that the data do not determine are known from the null directions.

References
----------
McCullagh and Nelder (1989), *Generalized Linear Models*, chapter 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Floats
from impacteval.inference.absorbed import (
    Block,
    columns_times,
    products,
    pseudo_inverse,
    right_side,
)
from impacteval.inference.glm import BEYOND, DONE, HALVINGS, STEPS, Family, predicted

_LEAST = 1e-280
_BOUND = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class BlockedFit:
    """A fitted model.

    Attributes
    ----------
    coefficients : array, shape (p,)
        Of the columns, block by block.
    inverse : array, shape (p, p)
        Pseudo-inverse of the information.
    null : array, shape (p, d)
        Directions that the data do not determine, largest entry one.
    mean : array, shape (n,)
        Fitted means.
    converged : bool
        Whether a finite maximum was reached; it is not where data are separated.
    """

    coefficients: Floats
    inverse: Floats
    null: Floats
    mean: Floats
    converged: bool


def fit_blocked(
    y: Floats, weight: Floats | None, blocks: Sequence[Block], family: Family
) -> BlockedFit:
    """The canonical-link model of `y` on the columns of `blocks`.

    Parameters
    ----------
    y : array, shape (n,)
        Not negative (``poisson``), or from 0 to 1 (``binomial``).
    weight : array, shape (n,), or None
        Positive weights.
    blocks : sequence of Block
        The columns.
    family : {"poisson", "binomial"}
        With log and logit link.

    Returns
    -------
    BlockedFit

    Examples
    --------
    >>> fit = fit_blocked(
    ...     np.array([1.0, 3.0, 8.0]), None, [Block(np.array([0, 0, 1]), 2)], "poisson"
    ... )
    >>> np.exp(fit.coefficients).round(9).tolist()
    [2.0, 8.0]
    """
    w = np.ones(len(y)) if weight is None else weight
    if family == "binomial":
        middle = 0.5 * (y + 0.5)
        eta = np.log(middle / (1.0 - middle))
    else:
        eta = np.log(0.5 * (y + max(float(w @ y / w.sum()), _LEAST)))
    mean, slope = predicted(family, eta)
    slope = np.maximum(slope, _LEAST)
    inverse, null = _bread(blocks, w * slope)
    beta = inverse @ right_side(blocks, w * (slope * eta + y - mean))
    eta = columns_times(blocks, beta)
    likelihood = _likelihood(family, y, eta, w)
    converged, last = False, False
    for _ in range(STEPS):
        mean, slope = predicted(family, eta)
        inverse, null = _bread(blocks, w * np.maximum(slope, _LEAST))
        score = right_side(blocks, w * (y - mean))
        step = inverse @ score
        if last:
            break
        # The step from which a fit is close enough is still taken: it squares the distance.
        last = float(step @ score) <= DONE * (1.0 + abs(likelihood))
        along, size = columns_times(blocks, step), 1.0
        for _ in range(HALVINGS):
            tried = eta + size * along
            found = _likelihood(family, y, tried, w)
            if found >= likelihood - 1e-12 * (1.0 + abs(likelihood)):
                break
            size *= 0.5
        beta, eta, likelihood = beta + size * step, tried, found
        if not np.abs(eta).max() <= BEYOND:
            break
        converged = last
    # Where no maximum is finite, steps grow small all the same, as some mean goes to its bound.
    converged = converged and float(slope.min()) > _BOUND * float(slope.max())
    return BlockedFit(beta, inverse, null, mean, converged)


def _bread(blocks: Sequence[Block], weight: Floats) -> tuple[Floats, Floats]:
    information = products(blocks, weight)
    return pseudo_inverse(information, np.diagonal(information))


def _likelihood(family: Family, y: Floats, eta: Floats, w: Floats) -> float:
    if family == "binomial":
        return float(w @ (y * eta - np.logaddexp(0.0, eta)))
    return float(w @ (y * eta - np.exp(np.minimum(eta, 700.0))))
