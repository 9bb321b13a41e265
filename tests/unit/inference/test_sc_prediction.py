"""Prediction intervals: small problems against a general solver, and what intervals must keep."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from impacteval.inference.sc_prediction import Prediction, predict, quantile_line
from impacteval.inference.simplex import simplex_fit
from impacteval.inference.weight_bounds import farthest


def by_a_general_solver(gram, weights, low, tilt, aim):
    """The best of several runs of sequential quadratic programming that keep the constraints."""
    best = 0.0
    rng = np.random.default_rng(0)

    def excess(x):
        move = x - weights
        return float(move @ gram @ move - 2.0 * tilt @ move)

    for start in (weights, rng.dirichlet(np.ones(len(weights)))):
        x = minimize(
            lambda x: -aim @ (x - weights),
            start,
            jac=lambda x: -aim,
            method="SLSQP",
            bounds=[(bound, None) for bound in low],
            constraints=[
                {"type": "eq", "fun": lambda x: x.sum() - 1.0, "jac": np.ones_like},
                {
                    "type": "ineq",
                    "fun": lambda x: -excess(x),
                    "jac": lambda x: -2.0 * (gram @ (x - weights) - tilt),
                },
            ],
            options={"ftol": 1e-14, "maxiter": 500},
        ).x
        kept = excess(x) < 1e-9 and abs(x.sum() - 1.0) < 1e-9 and (x >= low - 1e-9).all()
        best = max(best, float(aim @ (x - weights))) if kept else best
    return best


@pytest.mark.parametrize(("periods", "donors"), [(30, 5), (12, 8), (6, 10), (3, 2)])
def test_farthest_moves_are_those_of_a_general_solver(periods, donors):
    """Also with fewer periods than donors, where the quadratic is flat in some directions."""
    rng = np.random.default_rng(periods)
    table = rng.standard_normal((periods, donors))
    weights = rng.dirichlet(np.ones(donors))
    weights[: donors // 4] = 0.0
    weights /= weights.sum()
    low = np.where(weights < 0.1, weights, 0.0)
    gram = table.T @ table / periods
    tilts = 0.5 * (table.T @ rng.standard_normal((periods, 3)) / periods).T
    aims = rng.standard_normal((3, donors))
    found = farthest(gram, weights, low, tilts, aims)
    for s, tilt in enumerate(tilts):
        for p, aim in enumerate(aims):
            expected = by_a_general_solver(gram, weights, low, tilt, aim)
            assert found[s, p] == pytest.approx(expected, abs=1e-7)


def test_without_any_tilt_nothing_moves():
    gram = np.diag([1.0, 2.0, 3.0])
    weights = np.array([0.2, 0.3, 0.5])
    found = farthest(gram, weights, np.zeros(3), np.zeros((1, 3)), np.eye(3))
    assert np.abs(found).max() < 1e-9


def test_bounds_hold_where_the_quadratic_does_not():
    """A tilt so large that only the corner stops the move."""
    weights = np.array([0.5, 0.5])
    found = farthest(
        np.eye(2), weights, np.zeros(2), np.array([[0.0, 50.0]]), np.array([[0.0, 1.0]])
    )
    assert found.tolist() == [[pytest.approx(0.5)]]


def example(**settings) -> Prediction:
    rng = np.random.default_rng(3)
    pool = rng.standard_normal((25, 6))
    target = pool @ [0.5, 0.3, 0.2, 0.0, 0.0, 0.0] + 0.3 * rng.standard_normal(25)
    weights = simplex_fit(pool, target).weights
    ahead = rng.standard_normal((2, 6))
    return predict(pool, target, weights, ahead, rng=np.random.default_rng(1), **settings)


@pytest.mark.parametrize("shocks", ["sub-gaussian", "location-scale"])
def test_bands_nest_and_quantiles_are_their_ends(shocks):
    found = example(shocks=shocks, draws=399)
    errors = np.array([0.005, 0.025, 0.1, 0.4])
    low, high = found.band(errors)
    assert (np.diff(low, axis=0) > 0.0).all()
    assert (np.diff(high, axis=0) < 0.0).all()
    quantiles = found.quantiles(1)
    assert len(quantiles) == 199
    assert (np.diff(quantiles) >= 0.0).all()
    assert quantiles[[0, 4, 19, 79]] == pytest.approx(low[:, 1])
    assert quantiles[[-1, -5, -20, -80]] == pytest.approx(high[:, 1])


def test_an_odd_number_of_steps_has_a_middle():
    assert len(example(draws=81).quantiles(0)) == 40


def test_quantile_line_leaves_its_share_below():
    rng = np.random.default_rng(2)
    design = np.column_stack([rng.standard_normal((40, 2)), np.ones(40)])
    outcome = design @ [1.0, -2.0, 0.5] + rng.standard_normal(40)
    line = quantile_line(design, outcome, 0.25)
    left = outcome - design @ line
    assert np.sum(np.abs(left) < 1e-9) == 3
    assert np.sum(left < -1e-9) <= 10 <= np.sum(left < 1e-9)

    def loss(beta):
        away = outcome - design @ beta
        return float(np.sum(away * (0.25 - (away < 0.0))))

    for _ in range(200):
        assert loss(line) <= loss(line + 0.3 * rng.standard_normal(3)) + 1e-12


def test_a_constant_alone_is_the_middle_of_the_best():
    outcome = np.array([4.0, 1.0, 3.0, 2.0])
    assert quantile_line(np.ones((4, 1)), outcome, 0.25).tolist() == [1.5]


def test_few_periods_are_told_by_a_constant_alone():
    rng = np.random.default_rng(4)
    pool = rng.standard_normal((12, 3))
    target = pool @ [0.5, 0.5, 0.0] + 0.2 * rng.standard_normal(12)
    weights = simplex_fit(pool, target).weights
    found = predict(pool, target, weights, pool[:2], draws=39, rng=rng)
    assert found.shock[0] == found.shock[1] == pytest.approx((target - pool @ weights).mean())


def test_a_level_that_all_outcomes_share_moves_the_prediction_alone():
    """Squares of outcomes near 1e8 would leave no digit of differences near one."""
    rng = np.random.default_rng(6)
    pool = rng.standard_normal((25, 5))
    target = pool @ [0.4, 0.3, 0.3, 0.0, 0.0] + 0.3 * rng.standard_normal(25)
    ahead = rng.standard_normal((3, 5))
    weights = simplex_fit(pool, target).weights
    errors = np.array([0.05, 0.2])
    expected = predict(pool, target, weights, ahead, rng=np.random.default_rng(1))
    found = predict(pool + 1e8, target + 1e8, weights, ahead + 1e8, rng=np.random.default_rng(1))
    np.testing.assert_allclose(found.mean - 1e8, expected.mean, atol=1e-6)
    for ours, theirs in zip(found.band(errors), expected.band(errors), strict=True):
        np.testing.assert_allclose(ours - 1e8, theirs, atol=1e-5)


def test_a_spread_from_a_few_large_shocks_is_capped_by_the_quartiles():
    """Eight residuals of 0.1 and four of 10: the quartiles are at 0.1, the mean log far above."""
    pattern = np.array([0.1, -0.1, 10.0, -0.1, 0.1, -10.0, 0.1, -0.1, -10.0, 0.1, 10.0, -0.1])
    pool = np.column_stack([np.arange(12.0), np.ones(12)])
    found = predict(
        pool,
        pool[:, 0] + pattern,
        np.array([1.0, 0.0]),
        pool[:1],
        draws=39,
        rng=np.random.default_rng(1),
    )
    assert found.shock[0] == pytest.approx(0.0, abs=1e-12)
    assert found.spread[0] == pytest.approx(0.2 / 1.34)
