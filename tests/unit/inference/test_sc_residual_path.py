"""The path of residuals against a fit of its own at every effect that is asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from impacteval.inference import residual_path as module
from impacteval.inference.residual_path import residual_path
from impacteval.inference.simplex import simplex_fit

Floats = NDArray[np.float64]

# Two exact methods, in another order of operations.
ROUNDING = 1e-9


def refitted(
    pool: Floats, target: Floats, direction: Floats, effect: float, *, intercept: bool
) -> Floats:
    """The residuals of a fit at this effect alone."""
    moved = target - effect * direction
    fit = simplex_fit(pool, moved, intercept=intercept)
    found: Floats = moved - fit.intercept - pool @ fit.weights
    return found


def _agrees(
    rng: np.random.Generator, pool: Floats, target: Floats, direction: Floats, *, intercept: bool
) -> None:
    path = residual_path(pool, target, direction, intercept=intercept)
    assert (np.diff(path.knots) > 0.0).all()
    asked = np.concatenate(
        [rng.uniform(-3.0 * path.size, 3.0 * path.size, 12), path.knots[::3], [-50.0 * path.size]]
    )
    for effect, found in zip(asked.tolist(), path.at(asked), strict=True):
        expected = refitted(pool, target, direction, effect, intercept=intercept)
        assert np.abs(found - expected).max() <= ROUNDING * (path.size + abs(effect)), effect


@given(
    st.integers(2, 9),
    st.integers(1, 14),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_path_is_the_fit_at_every_effect(
    periods: int, donors: int, intercept: bool, inside: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    pool = rng.standard_normal((periods, donors))
    target = pool @ rng.dirichlet(np.ones(donors)) if inside else 2.0 * rng.standard_normal(periods)
    direction = (np.arange(periods) >= rng.integers(1, periods)).astype(np.float64)
    _agrees(rng, pool, target, direction, intercept=intercept)


def test_many_donors_met_exactly() -> None:
    """More donors than periods and a target inside their hull: weights are not unique."""
    rng = np.random.default_rng(5)
    pool = rng.standard_normal((8, 60))
    target = pool @ rng.dirichlet(np.ones(60))
    _agrees(rng, pool, target, np.eye(8)[-1], intercept=False)
    near = residual_path(pool, target, np.eye(8)[-1]).at(np.zeros(1))
    assert np.abs(near).max() < 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_donors_that_tie(seed: int) -> None:
    """Whole numbers and donors that occur twice: several enter and leave at one knot."""
    rng = np.random.default_rng(seed)
    pool = rng.integers(0, 3, (5, 12)).astype(np.float64)
    pool = np.column_stack([pool, pool[:, :4]])
    target = rng.integers(0, 3, 5).astype(np.float64)
    _agrees(rng, pool, target, np.eye(5)[-1], intercept=bool(seed % 2))


def test_solved_anew_where_exchanging_donors_finds_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(2)
    pool, target = rng.standard_normal((6, 9)), rng.standard_normal(6)
    plain = residual_path(pool, target, np.eye(6)[-1])
    monkeypatch.setattr(module, "EXCHANGES", 0)
    found = residual_path(pool, target, np.eye(6)[-1])
    asked = rng.uniform(-5.0, 5.0, 50)
    # Exact at its knots, of which some stand 1e-7 beside those of the path.
    np.testing.assert_allclose(found.at(asked), plain.at(asked), atol=1e-6)
    np.testing.assert_allclose(found.residuals, plain.at(found.knots), atol=1e-9)


def test_units_of_measurement_do_not_matter() -> None:
    rng = np.random.default_rng(1)
    pool, target = rng.standard_normal((6, 5)), rng.standard_normal(6)
    plain = residual_path(pool, target, np.eye(6)[-1])
    large = residual_path(1e9 * pool + 1e11, 1e9 * target + 1e11, np.eye(6)[-1])
    np.testing.assert_allclose(large.knots / 1e9, plain.knots, atol=1e-4)


@pytest.mark.parametrize(
    ("pool", "target"),
    [
        (np.ones((2, 2)), np.ones(3)),
        (np.array([[np.nan, 1.0], [1.0, 0.0]]), np.ones(2)),
        (np.ones((2, 0)), np.ones(2)),
    ],
)
def test_bad_shapes_and_numbers(pool: Floats, target: Floats) -> None:
    with pytest.raises(ValueError, match=r"fit|finite"):
        residual_path(pool, target, np.ones(len(target)))
