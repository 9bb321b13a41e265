"""The path of weights: at any point the same as a fit there, and bent only where it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.inference.simplex import simplex_fit
from impacteval.inference.simplex_path import simplex_path


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 10),
    st.integers(1, 10),
    st.sampled_from(["plain", "whole", "twins", "inside", "binary"]),
    st.booleans(),
    st.sampled_from([0.0, 0.0, 0.1]),
    st.sampled_from([(-np.inf, np.inf), (-1.0, 2.0), (0.0, np.inf), (0.3, 0.3)]),
    st.integers(-6, 6),
)
def test_every_point_of_the_path_is_a_best_fit(
    seed: int,
    rows: int,
    donors: int,
    kind: str,
    intercept: bool,
    ridge: float,
    bounds: tuple[float, float],
    power: int,
) -> None:
    rng = np.random.default_rng(seed)
    pool, target, direction = (
        rng.normal(size=(rows, donors)),
        rng.normal(size=rows),
        np.eye(rows)[-1] if seed % 2 else rng.normal(size=rows),
    )
    if kind == "whole":
        pool, target = np.round(2.0 * pool), np.round(2.0 * target)
    elif kind == "twins":
        pool[:, 0] = pool[:, -1]
    elif kind == "inside":
        target = pool @ rng.dirichlet(np.ones(donors))
    elif kind == "binary":
        pool = (pool > 0.0).astype(float)
        target = pool[:, 0].copy()
    unit = 10.0**power
    low, high = bounds[0] * unit, bounds[1] * unit
    path = simplex_path(
        pool * unit,
        target * unit,
        direction,
        intercept=intercept,
        ridge=ridge * unit**2,
        low=low,
        high=high,
    )
    assert (np.diff(path.knots) > 0.0).all()
    assert low <= path.knots[0] <= path.knots[-1] <= high
    assert path.relative_gap.max() < 1e-9
    points = np.clip(np.append(unit * 3.0 * rng.normal(size=5), path.knots[:4]), low, high)
    for theta, weights in zip(points, path.weights_at(points), strict=True):
        goal = target * unit + theta * direction
        fit = simplex_fit(pool * unit, goal, intercept=intercept, ridge=ridge * unit**2)
        away = pool * unit - goal[:, None]
        if intercept:
            away = away - away.mean(axis=0)
        value = float(((away @ weights) ** 2).sum()) + ridge * unit**2 * float(weights @ weights)
        size = float((away**2).sum(axis=0).mean()) + unit**2
        assert weights.min() >= 0.0
        assert weights.sum() == pytest.approx(1.0, abs=1e-12)
        assert value / size == pytest.approx(fit.objective / size, abs=1e-10)
        if fit.unique and len(path.knots) > 1:
            np.testing.assert_allclose(pool @ weights, pool @ fit.weights, atol=1e-5)


def test_each_inner_knot_bends_and_nothing_between_does() -> None:
    rng = np.random.default_rng(1)
    pool, target = rng.normal(size=(12, 7)), rng.normal(size=12)
    path = simplex_path(pool, target, np.eye(12)[-1])
    slopes = np.diff(path.weights, axis=0) / np.diff(path.knots)[:, None]
    assert len(path.knots) > 4
    # Far away on each side the weights stay, so that the slope outside is zero.
    around = np.vstack([np.zeros(7), slopes, np.zeros(7)])
    assert (np.abs(np.diff(around, axis=0)).max(axis=1) > 1e-9).all()
    for left, right in zip(path.knots[:-1], path.knots[1:], strict=True):
        for share in (0.25, 0.5, 0.75):
            theta = left + share * (right - left)
            fit = simplex_fit(pool, target + theta * np.eye(12)[-1])
            np.testing.assert_allclose(path.weights_at(theta), fit.weights, atol=1e-11)


def test_far_out_the_weight_is_on_the_donors_that_go_farthest() -> None:
    rng = np.random.default_rng(2)
    pool, target, direction = rng.normal(size=(6, 5)), rng.normal(size=6), rng.normal(size=6)
    path = simplex_path(pool, target, direction)
    assert path.weights_at(1e9).tolist() == np.eye(5)[np.argmax(direction @ pool)].tolist()
    assert path.weights_at(-1e9).tolist() == np.eye(5)[np.argmin(direction @ pool)].tolist()


def test_a_direction_that_the_intercept_takes_up_moves_nothing() -> None:
    rng = np.random.default_rng(3)
    pool, target = rng.normal(size=(6, 5)), rng.normal(size=6)
    path = simplex_path(pool, target, np.ones(6), intercept=True)
    assert path.knots.tolist() == [0.0]
    fit = simplex_fit(pool, target, intercept=True)
    np.testing.assert_allclose(path.weights_at(np.array([-5.0, 5.0])), [fit.weights] * 2)


def test_outside_the_bounds_nothing_is_known() -> None:
    path = simplex_path(np.array([[0.0, 4.0]]), np.array([1.0]), np.array([1.0]), low=0.0, high=1.0)
    assert path.knots.tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match=r"known from 0\.0 to 1\.0"):
        path.weights_at(1.5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"direction": np.ones(2)}, "do not fit"),
        ({"direction": np.array([1.0, np.nan, 0.0])}, "finite"),
        ({"ridge": -1.0}, "ridge"),
        ({"low": 2.0, "high": 1.0}, "low"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(changes: dict[str, object], words: str) -> None:
    given = {
        "pool": np.arange(6.0).reshape(3, 2),
        "target": np.ones(3),
        "direction": np.ones(3),
        **changes,
    }
    with pytest.raises(ValueError, match=words):
        simplex_path(**given)  # type: ignore[arg-type]
