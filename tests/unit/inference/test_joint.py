"""Joint uncertainty of estimates that share units."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.estimates import Influence
from impacteval.inference import cell_influence, covariance_matrix, fit_cells, weighted_sum

CONTRAST = np.array([[-1.0, 1.0]])


def parts(seed: int = 0):
    """Two outcomes of one trial."""
    rng = np.random.default_rng(seed)
    arm = np.arange(40) % 2
    y = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.7], [0.7, 2.0]], size=40)
    fits = [fit_cells(y[:, k], arm) for k in range(2)]
    values = [float(CONTRAST[0] @ fit.means) for fit in fits]
    influences = [Influence(np.arange(40), cell_influence(fit, CONTRAST)[0]) for fit in fits]
    return arm, y, values, influences


def test_a_weighted_sum_is_the_estimate_of_the_weighted_outcome() -> None:
    arm, y, values, influences = parts()
    found = weighted_sum(values, influences, [0.25, 0.75], [38.0, 38.0])
    fit = fit_cells(0.25 * y[:, 0] + 0.75 * y[:, 1], arm)
    assert found.value == pytest.approx(float(CONTRAST[0] @ fit.means))
    assert found.std_error == pytest.approx(float(np.linalg.norm(cell_influence(fit, CONTRAST))))
    assert found.shared == 40


def test_covariance_matches_the_sum() -> None:
    _, _, values, influences = parts()
    weights = np.array([0.4, -1.5])
    matrix = covariance_matrix(influences)
    found = weighted_sum(values, influences, list(weights), [38.0, 38.0])
    assert found.std_error == pytest.approx(float(np.sqrt(weights @ matrix @ weights)))


def test_shared_units_give_the_smaller_degrees_of_freedom() -> None:
    _, _, values, influences = parts()
    assert weighted_sum(values, influences, [0.5, 0.5], [12.0, 38.0]).df == 12.0


def test_apart_units_give_welch_satterthwaite() -> None:
    _, _, values, influences = parts()
    other = Influence(np.arange(100, 140), influences[1].values)
    found = weighted_sum(values, [influences[0], other], [0.5, 0.5], [12.0, 38.0])
    a, b = influences[0].std_error ** 2, influences[1].std_error ** 2
    assert found.df == pytest.approx((a + b) ** 2 / (a**2 / 12 + b**2 / 38))
    assert found.shared == 0


def test_a_part_without_weight_decides_nothing() -> None:
    _, _, values, influences = parts()
    found = weighted_sum(values, influences, [1.0, 0.0], [12.0, 2.0])
    assert found.df == 12.0
    assert found.std_error == pytest.approx(influences[0].std_error)


def test_refuses_what_cannot_be_summed() -> None:
    _, _, values, influences = parts()
    with pytest.raises(ValueError, match="one length"):
        weighted_sum(values, influences, [1.0], [12.0, 2.0])
    clustered = Influence(np.arange(3), np.ones(3), "cluster")
    with pytest.raises(ValueError, match="cluster"):
        weighted_sum(values, [influences[0], clustered], [0.5, 0.5], [12.0, 2.0])
