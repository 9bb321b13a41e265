"""Weights of predictors: against scans, other solvers and finite differences."""

import numpy as np
import pytest
from scipy.optimize import minimize

from impacteval.inference import nested_weights
from impacteval.inference.nested_pieces import Piece, finish
from impacteval.inference.nested_weights import (
    LEAST,
    Distances,
    Outer,
    mix,
    nested,
    starting_points,
)


def drawn(seed, k, donors, periods, away=1.0):
    """Donors whose predictors explain their outcomes, and a unit at the edge of them."""
    rng = np.random.default_rng(seed)
    predictors = rng.normal(size=(k, donors))
    slopes = rng.normal(size=(periods, k))
    outcomes = slopes @ predictors + 0.3 * rng.normal(size=(periods, donors))
    unit = away * rng.normal(size=k)
    own = slopes @ unit + 0.3 * rng.normal(size=periods)
    return Distances(predictors - unit[:, None], outcomes - own[:, None])


def by_another_solver(distances, v, points=6):
    """The inner optimum by sequential quadratic programming from several points."""
    rows = np.sqrt(v / v.sum())[:, None] * distances.predictors
    rng = np.random.default_rng(0)
    best = np.inf
    for _ in range(points):
        found = minimize(
            lambda w: float(((rows @ w) ** 2).sum()),
            rng.dirichlet(np.ones(distances.donors)),
            jac=lambda w: 2.0 * rows.T @ (rows @ w),
            method="SLSQP",
            bounds=[(0.0, 1.0)] * distances.donors,
            constraints=[{"type": "eq", "fun": lambda w: w.sum() - 1.0}],
            options={"maxiter": 500, "ftol": 1e-15},
        )
        best = min(best, found.fun)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_mix_is_the_inner_optimum_with_its_proof(seed):
    distances = drawn(seed, 4, 9, 12, away=3.0)
    v = np.random.default_rng(seed).dirichlet(np.ones(4))
    found = mix(distances, v)
    mine = float(v @ (distances.predictors @ found.weights) ** 2)
    assert mine <= by_another_solver(distances, v) + 1e-9
    assert found.gap >= 0.0
    assert found.relative_gap < 1e-12
    assert found.weights.min() >= 0.0
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert mix(distances, 7.0 * v).weights == pytest.approx(found.weights, abs=1e-10)


def test_gap_bounds_what_other_weights_could_gain():
    # By hand: with all weight on the first donor, whose distance is 2, the second at 1 is better.
    # The slope of (2 a + 1 b)^2 is 8 and 4 there, so that the gap is 8 - 4 = 4 and the gain 3.
    slope, size = nested_weights._slopes(
        np.array([[2.0, 1.0]]), np.array([1.0]), np.array([1.0, 0.0])
    )
    assert (2.0 * slope).tolist() == [8.0, 4.0]
    assert size == 4.0


@pytest.mark.parametrize("seed", range(5))
def test_among_equal_matches_the_one_that_follows_the_outcome(seed):
    # Two predictors and fourteen donors around the unit: many mixes match both exactly.
    distances = drawn(seed, 2, 14, 16, away=0.05)
    found = mix(distances, np.array([0.3, 0.7]))
    assert found.several
    assert np.abs(distances.predictors @ found.weights).max() < 1e-10
    rng = np.random.default_rng(seed)
    best = np.inf
    for _ in range(8):
        other = minimize(
            distances.squares,
            rng.dirichlet(np.ones(14)),
            jac=lambda w: 2.0 * distances.outcomes.T @ (distances.outcomes @ w) / 16,
            method="SLSQP",
            bounds=[(0.0, 1.0)] * 14,
            constraints=[
                {"type": "eq", "fun": lambda w: w.sum() - 1.0},
                {"type": "eq", "fun": lambda w: distances.predictors @ w},
            ],
            options={"maxiter": 1000, "ftol": 1e-15},
        )
        if other.success:
            best = min(best, other.fun)
    assert found.squares == pytest.approx(best, rel=1e-6)


def test_twin_donors_share_by_the_outcome():
    # Donors 0 and 1 have the same predictors, and only their mean follows the outcome.
    distances = Distances(
        np.array([[1.0, 1.0, 3.0], [2.0, 2.0, 5.0]]), np.array([[-1.0, 1.0, 4.0]])
    )
    found = mix(distances, np.array([0.5, 0.5]))
    assert found.several
    assert found.weights == pytest.approx([0.5, 0.5, 0.0], abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_slope_of_the_miss_is_that_of_finite_differences(seed):
    distances = drawn(seed, 5, 12, 15, away=2.5)
    u = np.random.default_rng(seed).uniform(-5.0, 0.0, 5)
    u -= u.max()
    _, slope = Outer(distances)(u)
    step = 1e-6 * np.eye(5)
    differences = [
        (Outer(distances)(u + one)[0] - Outer(distances)(u - one)[0]) / 2e-6 for one in step
    ]
    assert slope == pytest.approx(differences, abs=1e-6 * max(1.0, float(np.abs(slope).max())))
    # The miss does not depend on the common size of the weights.
    assert slope.sum() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_slopes_of_the_conditions_are_those_of_finite_differences(seed):
    distances = drawn(seed, 5, 12, 15, away=2.5)
    u = np.random.default_rng(seed).uniform(-5.0, 0.0, 5)
    outer = Outer(distances)
    value, slope = outer(u - u.max())
    piece = Piece(distances, outer.support)
    miss, gradient, conditions, gradients = piece.at(u)
    assert miss == pytest.approx(value, rel=1e-9)
    assert gradient == pytest.approx(slope, abs=1e-9 * max(1.0, float(np.abs(slope).max())))
    assert conditions.min() >= -1e-12
    step = 1e-6 * np.eye(5)
    differences = [(piece.at(u + one)[2] - piece.at(u - one)[2]) / 2e-6 for one in step]
    assert gradients == pytest.approx(np.array(differences).T, abs=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_two_predictors_against_a_scan(seed):
    distances = drawn(seed, 2, 10, 12, away=3.0)
    scan = np.linspace(np.log(LEAST), 0.0, 201)
    both = [np.array([0.0, one]) for one in scan] + [np.array([one, 0.0]) for one in scan]
    outer = Outer(distances)
    least = min(outer(u)[0] for u in both)
    found = nested(distances)
    assert found.mix.squares <= least * (1.0 + 1e-9)
    assert found.mix.squares >= found.floor * (1.0 - 1e-12)


@pytest.mark.parametrize("seed", range(2))
def test_three_predictors_against_a_scan(seed):
    distances = drawn(seed, 3, 12, 14, away=3.0)
    axis = np.linspace(np.log(LEAST), 0.0, 13)
    least, outer = np.inf, Outer(distances)
    for a in axis:
        for b in axis:
            for u in ([0.0, a, b], [a, 0.0, b], [a, b, 0.0]):
                least = min(least, outer(np.array(u))[0])
    assert nested(distances).mix.squares <= least * (1.0 + 1e-9)


def test_the_best_search_is_what_is_given():
    found = nested(drawn(3, 4, 10, 12, away=3.0), starts=3)
    assert found.v.sum() == pytest.approx(1.0)
    assert found.v.min() >= LEAST * found.v.max() * (1.0 - 1e-9)
    assert found.mix.squares <= found.ended.min() * (1.0 + 1e-12)
    assert (found.ended <= found.began * (1.0 + 1e-12)).all()
    assert len(found.kinds) == len(found.began) == len(found.ended)
    again = nested(drawn(3, 4, 10, 12, away=3.0), starts=3)
    assert again.v.tolist() == found.v.tolist()


def test_exact_matches_leave_nothing_to_weigh():
    found = nested(drawn(0, 2, 14, 16, away=0.05))
    assert found.matched
    assert found.v.tolist() == [0.5, 0.5]
    assert found.kinds == ("equal",)


def test_one_predictor_needs_no_weights():
    found = nested(drawn(1, 1, 6, 8, away=4.0))
    assert found.v.tolist() == [1.0]
    assert not found.matched


def test_finishing_never_worsens():
    distances = drawn(2, 4, 10, 12, away=3.0)
    kinds, points = starting_points(distances, 20)
    assert kinds[:2] == ["equal", "regression"]
    assert points.max(axis=1).tolist() == [0.0] * len(points)
    assert points.min() >= np.log(LEAST)
    for point in points[:6]:
        least, end = finish(distances, point)
        assert least <= Outer(distances)(point)[0]
        assert Outer(distances)(end)[0] == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize(
    ("predictors", "outcomes", "told"),
    [
        (np.zeros(3), np.zeros((2, 3)), "tables"),
        (np.zeros((2, 3)), np.zeros((2, 4)), "same donors"),
        (np.zeros((2, 0)), np.zeros((2, 0)), "at least one"),
        (np.full((1, 2), np.nan), np.zeros((2, 2)), "finite"),
    ],
)
def test_faulty_distances_are_refused(predictors, outcomes, told):
    with pytest.raises(ValueError, match=told):
        Distances(predictors, outcomes)
