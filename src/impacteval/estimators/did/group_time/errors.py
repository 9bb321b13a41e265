"""Standard errors of many averages at once, and bands that hold all of them together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from impacteval.estimators.did.group_time.pulls import Law, Pulls
from impacteval.inference import correlation_of, sup_t

Floats = NDArray[np.float64]
Inference = Literal["analytic", "multiplier"]

LEVEL = 0.95
# A variance this small beside that of the others is rounding.
NOTHING = 1e-24


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Errors of the averages of one table.

    Attributes
    ----------
    std_error : array, shape (a,)
        Standard errors; nan where an average has none.
    band : float
        Half-width of the 95% band of all of them, in standard errors; nan where none is asked for.
    """

    std_error: Floats
    band: float


def errors_of(
    tables: dict[str, Floats],
    gram: Floats,
    pulls: Pulls,
    *,
    inference: Inference,
    draws: int,
    law: Law,
    rng: np.random.Generator,
    banded: Collection[str],
) -> dict[str, Errors]:
    """Errors of every table of averages.

    Parameters
    ----------
    tables : dict of array, shape (a, quantities)
        How the quantities enter the influence of each average; a row of zeros has no error.
    gram : array, shape (quantities, quantities)
        Covariances of the quantities.
    pulls : Pulls
        Influence of each unit, for the draws.
    inference : {"analytic", "multiplier"}
        Errors from the influence and bands from the joint normal distribution, or both from
        draws of multipliers, as the R package did has them: the standard error is the
        interquartile range over that of a normal, the band's width a quantile of the largest
        deviation.
    draws, law, rng
        Of the multipliers.
    banded : collection of str
        Tables that show a band.
    """
    if inference == "analytic":
        return {
            name: _analytic(weights, gram, banded=name in banded)
            for name, weights in tables.items()
        }
    stacked = np.concatenate(list(tables.values()))
    drawn = pulls.drawn(stacked, draws, law, rng)
    found, start = {}, 0
    for name, weights in tables.items():
        found[name] = _drawn(drawn[:, start : start + len(weights)])
        start += len(weights)
    return found


def _analytic(weights: Floats, gram: Floats, *, banded: bool) -> Errors:
    covariance = weights @ gram @ weights.T
    variance = np.diagonal(covariance)
    there = variance > NOTHING * max(float(variance.max(initial=0.0)), 1e-280)
    error = np.where(there, np.sqrt(np.where(there, variance, 0.0)), np.nan)
    at = np.flatnonzero(there)
    if not len(at) or not banded:
        return Errors(error, np.nan)
    return Errors(error, sup_t(correlation_of(covariance[np.ix_(at, at)]), LEVEL))


def _drawn(drawn: Floats) -> Errors:
    # Order statistics as R's type 1: one of the draws, none in between.
    low, high = np.quantile(drawn, [0.25, 0.75], axis=0, method="inverted_cdf")
    spread = (high - low) / (2.0 * float(ndtri(0.75)))
    there = spread > 1e-12 * max(float(spread.max(initial=0.0)), 1e-140)
    error = np.where(there, spread, np.nan)
    if not there.any():
        return Errors(error, np.nan)
    largest = (np.abs(drawn[:, there]) / spread[there]).max(axis=1)
    band = float(np.quantile(largest, LEVEL, method="inverted_cdf"))
    return Errors(error, max(band, float(ndtri((1.0 + LEVEL) / 2.0))))
