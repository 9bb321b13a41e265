"""Correlation as stated: which correlation of normal scores gives that of outcomes.

People who are alike (in one cluster) and outcomes that go together (of one person) are drawn as
correlated standard normals and turned into outcomes by the quantile function, so that every
outcome keeps its distribution exactly. Turning shrinks the correlation; here it is undone. The
outcomes of two scores with correlation r have covariance ``sum_k a_k b_k r^k``, where a and b are
the coefficients of the two quantile functions on Hermite polynomials, which are known in closed
form for steps.

References
----------
Cario and Nelson (1997), Modeling and generating random vectors with arbitrary marginal
distributions and correlation matrix. Northwestern University.
Lancaster (1957), Some properties of the bivariate normal distribution considered in the form of a
contingency table. *Biometrika* 44. doi:10.1093/biomet/44.1-2.289
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from impacteval.simulation.assumed import Kind
from impacteval.simulation.populations import Population

Floats = NDArray[np.float64]

# Terms of the series; the correlation of the scores stays within LARGEST, where what is left out
# is below 1e-8 of the variance.
TERMS, LARGEST = 1500, 0.99


@lru_cache(maxsize=256)
def _coefficients(population: Population) -> Floats:
    """Coefficients of orders 1 to TERMS of the quantile function, shape (TERMS,)."""
    found = np.zeros(TERMS)
    if population.kind is Kind.NORMAL:
        found[0] = population.spread
        return found
    cuts = population.cuts()
    cuts = cuts[np.isfinite(cuts)]
    density = np.exp(-0.5 * cuts**2) / np.sqrt(2.0 * np.pi)
    # Normalised Hermite polynomials times the density stay of the order of one.
    before, now = np.zeros_like(cuts), density
    for k in range(1, TERMS + 1):
        found[k - 1] = now.sum() / np.sqrt(k)
        before, now = now, (cuts * now - np.sqrt(k - 1.0) * before) / np.sqrt(float(k))
    return found


def linear_share(population: Population) -> float:
    """Share of the variance of an outcome that its own normal score explains linearly."""
    return float(_coefficients(population)[0] ** 2) / population.variance


def outcome_correlation(a: Population, b: Population, scores: float) -> float:
    """Correlation of two outcomes whose normal scores have correlation `scores`.

    Examples
    --------
    Two even chances (Sheppard 1899: 2/pi times the arc sine):

    >>> even = Population(Kind.BINARY, 0.5)
    >>> round(outcome_correlation(even, even, 0.5), 6)
    0.333333
    """
    if a.variance == 0.0 or b.variance == 0.0:
        return 0.0
    powers = float(scores) ** np.arange(1, TERMS + 1)
    return float((_coefficients(a) * _coefficients(b)) @ powers) / (a.sd * b.sd)


def score_correlation(a: Population, b: Population, wanted: float) -> float:
    """Correlation of normal scores that gives two outcomes the correlation `wanted`.

    Parameters
    ----------
    a, b : Population
        The two outcomes; the same one for people of one cluster.
    wanted : float
        Correlation of the outcomes.

    Raises
    ------
    ValueError
        When outcomes with these distributions cannot go together that closely.

    Examples
    --------
    >>> even = Population(Kind.BINARY, 0.5)
    >>> round(score_correlation(even, even, 1 / 3), 6)
    0.5
    >>> score_correlation(even, Population(Kind.BINARY, 0.01), 0.5)
    Traceback (most recent call last):
    ...
    ValueError: Outcomes with these distributions cannot have a correlation of 0.5: at most 0.101.
    """
    if wanted == 0.0 or a.variance == 0.0 or b.variance == 0.0:
        return 0.0
    if a.kind == b.kind is Kind.NORMAL:
        return wanted
    from scipy.optimize import brentq

    end = LARGEST if wanted > 0.0 else -LARGEST
    most = outcome_correlation(a, b, end)
    if abs(most) < abs(wanted):
        limit = "at most" if wanted > 0.0 else "at least"
        raise ValueError(
            "Outcomes with these distributions cannot have a correlation of "
            f"{wanted:.6g}: {limit} {most:.3g}."
        )
    low, high = sorted((0.0, end))
    found = brentq(lambda r: outcome_correlation(a, b, r) - wanted, low, high, xtol=1e-14)
    return float(found)
