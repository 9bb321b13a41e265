"""The width of a simultaneous band, against integrals of one dimension and against draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from impacteval.inference import level_for_each, sup_t

# What the Sobol' points leave.
CLOSE, CLOSE_OF_MANY = 1e-3, 2e-3


def _equicorrelated(k: int, rho: float, level: float) -> float:
    """Given what is common, the others are independent: one integral, by Gauss and Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    weights = weights / weights.sum()

    def inside(c: float) -> float:
        up = ndtr((c - np.sqrt(rho) * nodes) / np.sqrt(1.0 - rho))
        low = ndtr((-c - np.sqrt(rho) * nodes) / np.sqrt(1.0 - rho))
        return float(weights @ (up - low) ** k)

    return float(brentq(lambda c: inside(c) - level, 1.0, 6.0, xtol=1e-12))


@pytest.mark.parametrize("k", [1, 2, 3, 4, 12])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_independent_estimates_have_sidaks_width(k, level) -> None:
    exact = -float(ndtri((1.0 - level ** (1.0 / k)) / 2.0))
    assert sup_t(np.eye(k), level) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("k", [2, 3, 4, 7, 15, 40])
@pytest.mark.parametrize("rho", [0.2, 0.5, 0.8])
def test_estimates_that_share_one_thing(k, rho) -> None:
    correlation = np.full((k, k), rho) + (1.0 - rho) * np.eye(k)
    close = CLOSE if k <= 15 else CLOSE_OF_MANY
    assert sup_t(correlation) == pytest.approx(_equicorrelated(k, rho, 0.95), abs=close)


def test_one_estimate_many_times_over_is_one_look() -> None:
    assert sup_t(np.ones((6, 6))) == pytest.approx(1.959963984540054, abs=1e-6)


def test_sets_that_share_nothing_multiply() -> None:
    block = np.full((3, 3), 0.6) + 0.4 * np.eye(3)
    whole = np.block([[block, np.zeros((3, 3))], [np.zeros((3, 3)), block]])
    inside = _equicorrelated(3, 0.6, np.sqrt(0.95))
    assert sup_t(whole) == pytest.approx(inside, abs=CLOSE)


def test_almost_singular_correlations_agree_with_draws_and_with_the_other_function() -> None:
    rng = np.random.default_rng(1)
    loads = rng.normal(size=(5, 3))
    covariance = loads @ loads.T + 1e-4 * np.eye(5)
    error = np.sqrt(np.diagonal(covariance))
    correlation = covariance / np.outer(error, error)
    drawn = rng.multivariate_normal(np.zeros(5), correlation, size=400_000)
    quantile = np.quantile(np.abs(drawn).max(axis=1), 0.95)
    # The quantile of so many draws has a standard error of 0.003.
    assert sup_t(correlation) == pytest.approx(quantile, abs=0.01)
    other = -ndtri((1.0 - level_for_each(0.95, correlation)) / 2.0)
    assert sup_t(correlation) == pytest.approx(other, abs=0.01)
