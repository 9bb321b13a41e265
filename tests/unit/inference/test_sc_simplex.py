"""Weights on the simplex: against every support tried by hand, and at the edges where solvers fail."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from impacteval.inference.simplex import SimplexFit, simplex_fit, simplex_fits

Floats = NDArray[np.float64]


def every_support(
    pool: Floats, target: Floats, *, intercept: bool, ridge: float, linear: Floats
) -> float:
    """The smallest objective: each set of donors by the equations of its face, the feasible kept."""
    away = pool - target[:, None]
    if intercept:
        away = away - away.mean(axis=0)
    best = np.inf
    for size in range(1, pool.shape[1] + 1):
        for chosen in combinations(range(pool.shape[1]), size):
            held = list(chosen)
            gram = away[:, held].T @ away[:, held] + ridge * np.eye(size)
            system = np.ones((size + 1, size + 1))
            system[:size, :size] = 2.0 * gram
            system[size, size] = 0.0
            right = np.append(-linear[held], 1.0)
            weights = np.linalg.lstsq(system, right, rcond=1e-13)[0][:size]
            if abs(weights.sum() - 1.0) < 1e-9 and weights.min() > -1e-9:
                best = min(best, float(weights @ gram @ weights + linear[held] @ weights))
    return best


@st.composite
def problems(draw: st.DrawFn) -> dict[str, object]:
    """Small problems of every awkward kind."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, donors = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    kind = draw(st.sampled_from(["plain", "whole", "twins", "inside", "binary", "constant"]))
    pool, target = rng.normal(size=(rows, donors)), rng.normal(size=rows)
    if kind == "whole":
        pool = rng.integers(-2, 3, size=pool.shape).astype(float)
        target = rng.integers(-2, 3, size=rows).astype(float)
    elif kind == "twins":
        pool[:, rng.integers(donors)] = pool[:, rng.integers(donors)]
    elif kind == "inside":
        target = pool @ rng.dirichlet(np.ones(donors))
    elif kind == "binary":
        pool = rng.integers(0, 2, size=pool.shape).astype(float)
        target = pool[:, rng.integers(donors)].copy()
    elif kind == "constant":
        pool = np.repeat(rng.normal(size=(1, donors)), rows, axis=0)
    cost = draw(st.sampled_from(["none", "none", "drawn", "whole"]))
    linear = {"none": np.zeros(donors), "drawn": 0.5 * rng.normal(size=donors)}.get(
        cost, 0.5 * rng.integers(0, 2, size=donors)
    )
    return {
        "pool": pool,
        "target": target,
        "intercept": draw(st.booleans()),
        "ridge": draw(st.sampled_from([0.0, 0.0, 0.1, 1e-3])),
        "linear": linear,
        "order": rng.permutation(donors),
    }


def fitted(problem: dict[str, object], unit: float = 1.0, level: float = 0.0) -> SimplexFit:
    """The fit with outcomes in another unit and around another level."""
    return simplex_fit(
        (problem["pool"] + level) * unit,  # type: ignore[operator]
        (problem["target"] + level) * unit,  # type: ignore[operator]
        intercept=bool(problem["intercept"]),
        ridge=problem["ridge"] * unit**2,  # type: ignore[operator]
        linear=problem["linear"] * unit**2,  # type: ignore[operator]
    )


@settings(max_examples=150, deadline=None)
@given(problems(), st.integers(-9, 9))
def test_the_best_of_every_support_in_any_unit(problem: dict[str, object], power: int) -> None:
    unit = 10.0**power
    fit = fitted(problem, unit)
    order = problem.pop("order")
    best = every_support(**problem)  # type: ignore[arg-type]
    assert fit.weights.min() >= 0.0
    assert fit.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert fit.objective / unit**2 == pytest.approx(best, abs=1e-9)
    assert fit.gap / unit**2 < 1e-9
    assert fit.relative_gap < 1e-9
    # Also where many mixes are best, the one that is given does not depend on the order.
    moved = dict(problem, pool=problem["pool"][:, order], linear=problem["linear"][order])  # type: ignore[index]
    again = fitted(moved, unit)
    assert again.unique == fit.unique
    np.testing.assert_allclose(again.weights, fit.weights[order], atol=1e-8)  # type: ignore[index]


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(-20, 20))
def test_units_and_levels_do_not_move_the_weights(problem: dict[str, object], power: int) -> None:
    fit = fitted(problem)
    unit = 2.0**power  # exact in binary, so that nothing but the solver could differ
    np.testing.assert_array_equal(fitted(problem, unit).weights, fit.weights)
    # A level of 1,000 costs three digits of the outcomes themselves.
    moved = fitted(problem, level=1024.0)
    assert moved.objective == pytest.approx(fit.objective, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([0.0, 0.3]))
def test_weights_agree_with_slsqp(seed: int, intercept: bool, ridge: float) -> None:
    rng = np.random.default_rng(seed)
    pool, target = rng.normal(size=(12, 6)), rng.normal(size=12)
    away = pool - target[:, None]
    if intercept:
        away = away - away.mean(axis=0)
    gram = away.T @ away + ridge * np.eye(6)
    found = minimize(
        lambda w: w @ gram @ w,
        np.full(6, 1 / 6),
        jac=lambda w: 2.0 * gram @ w,
        bounds=[(0.0, 1.0)] * 6,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0, "jac": lambda w: np.ones(6)},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    assume(found.success)
    fit = simplex_fit(pool, target, intercept=intercept, ridge=ridge)
    # SLSQP's own stop leaves about the root of its tolerance in the weights.
    np.testing.assert_allclose(fit.weights, found.x, atol=1e-6)
    assert fit.unique


def test_a_donor_a_trillion_times_as_large_changes_nothing_for_the_rest() -> None:
    rng = np.random.default_rng(4)
    pool, target = rng.normal(size=(10, 5)), rng.normal(size=10)
    alone = simplex_fit(pool, target)
    far = 1e12 * np.abs(rng.normal(size=(10, 1)))
    # The far donor must not help: it points away from what is missed.
    miss = target - pool @ alone.weights
    far *= -np.sign(miss @ far)
    both = simplex_fit(np.hstack([pool, far]), target)
    np.testing.assert_allclose(both.weights[:5], alone.weights, atol=1e-10)
    assert both.weights[5] < 1e-12
    assert both.squares == pytest.approx(alone.squares, rel=1e-9)


def test_a_donor_equal_to_the_target_is_all_there_is() -> None:
    rng = np.random.default_rng(5)
    pool = rng.normal(size=(8, 4))
    fit = simplex_fit(pool, pool[:, 2].copy())
    assert fit.weights.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert (fit.squares, fit.gap, fit.relative_gap, fit.solutions) == (0.0, 0.0, 0.0, "one")


def test_twins_share_their_weight_and_are_said_to_be_many() -> None:
    rng = np.random.default_rng(6)
    pool, target = rng.normal(size=(8, 4)), rng.normal(size=8)
    alone = simplex_fit(pool, target)
    heavy = int(np.argmax(alone.weights))
    twins = simplex_fit(np.column_stack([pool, pool[:, heavy]]), target)
    assert alone.solutions == "one"
    assert twins.solutions == "many"
    assert twins.weights[heavy] == pytest.approx(alone.weights[heavy] / 2.0, abs=1e-10)
    assert twins.weights[4] == pytest.approx(alone.weights[heavy] / 2.0, abs=1e-10)
    # A twin of a donor without weight leaves one solution.
    idle = int(np.argmin(alone.weights))
    assert alone.weights[idle] == 0.0
    assert simplex_fit(np.column_stack([pool, pool[:, idle]]), target).solutions == "one"


def test_more_donors_than_periods_and_an_exact_fit_are_many_with_the_smallest_given() -> None:
    rng = np.random.default_rng(7)
    pool = rng.normal(size=(4, 12))
    target = pool @ rng.dirichlet(np.ones(12))
    fit = simplex_fit(pool, target)
    assert fit.solutions == "many"
    np.testing.assert_allclose(pool @ fit.weights, target, atol=1e-14)
    # The smallest is positive part of a mix of the rows and the constant: tested on its own words.
    held = fit.weights > 0.0
    rows = np.vstack([pool, np.ones(12)])
    mix = np.linalg.lstsq(rows[:, held].T, fit.weights[held], rcond=None)[0]
    np.testing.assert_allclose(np.maximum(rows.T @ mix, 0.0), fit.weights, atol=1e-12)


def test_many_are_seen_where_the_smallest_leaves_a_donor_out() -> None:
    # 0.9 and 0.1 of donors at 0 and 1 make 0.1, and so do 0.95 and 0.05 of those at 0 and 2; any
    # weight on the third is larger in squares.
    fit = simplex_fit(np.array([[0.0, 1.0, 2.0]]), np.array([0.1]))
    assert fit.weights == pytest.approx([0.9, 0.1, 0.0], abs=1e-12)
    assert fit.weights[2] == 0.0
    assert fit.solutions == "many"


def test_one_donor_one_period_and_constants() -> None:
    assert simplex_fit(np.array([[3.0]]), np.array([5.0])).weights.tolist() == [1.0]
    fit = simplex_fit(np.array([[0.0, 2.0]]), np.array([0.5]))
    assert fit.weights == pytest.approx([0.75, 0.25], abs=1e-15)
    level = simplex_fit(np.full((5, 3), [[1e9, 2.0, 0.1]]), np.full(5, 7.7), intercept=True)
    assert level.weights == pytest.approx([1 / 3, 1 / 3, 1 / 3], abs=1e-12)
    assert level.solutions == "many"
    assert level.squares == 0.0


def test_huge_and_tiny_outcomes() -> None:
    rng = np.random.default_rng(8)
    pool, target = rng.normal(size=(9, 5)), rng.normal(size=9)
    plain = simplex_fit(pool, target).weights
    for unit in (2.0**400, 2.0**-400):
        np.testing.assert_array_equal(simplex_fit(pool * unit, target * unit).weights, plain)


def test_a_start_does_not_move_the_answer() -> None:
    rng = np.random.default_rng(9)
    pool, target = rng.normal(size=(20, 8)), rng.normal(size=20)
    plain = simplex_fit(pool, target).weights
    for start in (np.full(8, 0.125), np.eye(8)[3], np.arange(8.0)):
        np.testing.assert_allclose(
            simplex_fit(pool, target, start=start).weights, plain, atol=1e-13
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pool": np.ones((2, 2))}, "do not fit"),
        ({"pool": np.array([[1.0, np.nan], [1.0, 2.0], [3.0, 4.0]])}, "finite"),
        ({"target": np.array([1.0, np.inf, 2.0])}, "finite"),
        ({"ridge": -1.0}, "ridge"),
        ({"linear": np.ones(3)}, "linear"),
        ({"start": np.zeros(2)}, "start"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, object], words: str) -> None:
    given = {"pool": np.arange(6.0).reshape(3, 2), "target": np.ones(3), **changes}
    with pytest.raises(ValueError, match=words):
        simplex_fit(**given)  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.sampled_from(["none", "ridge", "linear", "both"]),
    st.sampled_from([(6, 9), (30, 8), (4, 12)]),
)
def test_many_problems_are_each_the_same_as_alone(
    seed: int, intercept: bool, kind: str, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=shape)
    targets = rng.integers(0, shape[1], size=6)
    allowed = rng.random((6, shape[1])) < 0.7
    allowed[np.arange(6), targets] = False
    allowed[np.arange(6), (targets + 1) % shape[1]] = True
    ridge = rng.uniform(0.01, 1.0, size=6) if kind in {"ridge", "both"} else np.zeros(6)
    linear = rng.uniform(size=(6, shape[1])) if kind in {"linear", "both"} else None
    fits = simplex_fits(columns, targets, allowed, intercept=intercept, ridge=ridge, linear=linear)
    for k in range(6):
        held = allowed[k]
        alone = simplex_fit(
            columns[:, held],
            columns[:, targets[k]],
            intercept=intercept,
            ridge=float(ridge[k]),
            linear=None if linear is None else linear[k, held],
        )
        np.testing.assert_allclose(fits.weights[k, held], alone.weights, atol=1e-9)
        assert not fits.weights[k, ~held].any()
        assert fits.intercept[k] == pytest.approx(alone.intercept, abs=1e-9)
        assert fits.squares[k] == pytest.approx(alone.squares, abs=1e-9)
        assert fits.objective[k] == pytest.approx(alone.objective, abs=1e-9)
        assert fits.relative_gap[k] < 1e-10
        assert bool(fits.unique[k]) == alone.unique
