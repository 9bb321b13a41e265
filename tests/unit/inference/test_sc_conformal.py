"""Conformal p-values against the definition: refit under each hypothesis, reorder, count."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from impacteval.estimates import StepFunction
from impacteval.inference.conformal import (
    collapsed,
    conformal_sets,
    constant_effect,
    joint_test,
)
from impacteval.inference.simplex import simplex_fit

Floats = NDArray[np.float64]

# Ties in favour of the null, as a share of the size of the problem.
TIE = 1e-9


def residuals(pool: Floats, target: Floats, effects: Floats, *, intercept: bool) -> Floats:
    """Residuals of the fit to everything, the effects taken out of the last periods."""
    moved = target.copy()
    moved[len(target) - len(effects) :] -= effects
    fit = simplex_fit(pool, moved, intercept=intercept)
    found: Floats = moved - fit.intercept - pool @ fit.weights
    return found


def _problem(seed: int) -> tuple[Floats, Floats, bool]:
    rng = np.random.default_rng(seed)
    periods, donors = int(rng.integers(2, 11)), int(rng.integers(2, 14))
    size = rng.choice([0.3, 1.0, 3.0])
    pool = rng.standard_normal((periods, donors))
    return pool, size * rng.standard_normal(periods), bool(seed % 2)


@pytest.mark.parametrize("seed", range(25))
def test_p_values_are_those_of_the_definition(seed: int) -> None:
    """All orders of the residuals where they are few, and all shifts, give what we give."""
    pool, target, intercept = _problem(seed)
    sets = conformal_sets(pool, target, intercept=intercept)
    rng = np.random.default_rng(seed)
    for effect in rng.uniform(-6.0, 6.0, 12).tolist():
        u = residuals(pool, target, np.array([effect]), intercept=intercept)
        shifts = [np.roll(u, k)[-1] for k in range(len(u))]
        expected = np.mean([abs(other) >= abs(u[-1]) - TIE for other in shifts])
        assert sets.two(effect) == pytest.approx(expected, abs=1e-12)
        if len(u) <= 5:
            every = [abs(order[-1]) >= abs(u[-1]) - TIE for order in permutations(u)]
            assert sets.two(effect) == pytest.approx(np.mean(every), abs=1e-12)


# In the last four the signed p-value itself falls and rises again.
@pytest.mark.parametrize("seed", [*range(6), 48, 165, 284, 321])
def test_one_sided_p_values_are_the_largest_over_the_hypothesis(seed: int) -> None:
    """The p-value of "at most x" is the largest signed p-value at or below x."""
    pool, target, intercept = _problem(seed)
    sets = conformal_sets(pool, target, intercept=intercept)

    def signed(effect: float, sign: float) -> float:
        u = sign * residuals(pool, target, np.array([effect]), intercept=intercept)
        return float(np.mean(u >= u[-1] - TIE))

    grid = np.linspace(-8.0, 8.0, 161) + 1e-3
    for function, sign, order in ((sets.greater, 1.0, 1), (sets.less, -1.0, -1)):
        at_grid = np.array([signed(x, sign) for x in grid.tolist()])[::order]
        largest = np.maximum.accumulate(at_grid)[::order]
        found = np.array([function(x) for x in grid.tolist()])
        # A grid may miss a short stretch on which the p-value is higher, never the other way.
        assert (found >= largest - 1e-12).all()
        assert np.mean(np.abs(found - largest) < 1e-12) > 0.95


def _ends(function: StepFunction, alpha: float) -> list[float]:
    return [x for piece in function.above(alpha) for x in piece if np.isfinite(x)]


@pytest.mark.parametrize("seed", [22, 25, 26])
def test_ends_of_sets_are_where_the_test_changes_its_mind(seed: int) -> None:
    pool, target, _ = _problem(seed)
    sets = conformal_sets(pool, target)
    alpha = 2.0 / len(target)
    ends = _ends(sets.two, alpha)
    assert len(ends) >= 2
    for end in ends:
        kept = []
        for x in (end - 1e-7, end + 1e-7):
            u = residuals(pool, target, np.array([x]), intercept=False)
            kept.append(float(np.mean(np.abs(u) >= abs(u[-1]))) > alpha)
        assert kept[0] != kept[1]
        assert sets.two(end) > alpha


@pytest.mark.parametrize("intercept", [False, True])
def test_no_row_is_rejected_more_often_than_its_share(intercept: bool) -> None:
    """What makes the test exact: with rows in any order, at most k of m have a p-value of k/m."""
    rng = np.random.default_rng(7)
    pool, target = rng.standard_normal((9, 5)), rng.standard_normal(9)
    p: dict[str, list[float]] = {"two": [], "greater": [], "less": []}
    for last in range(9):
        order = np.roll(np.arange(9), last)
        sets = conformal_sets(pool[order], target[order], intercept=intercept)
        p["two"].append(sets.two(0.0))
        p["greater"].append(sets.greater(0.0))
        p["less"].append(sets.less(0.0))
    for values in p.values():
        for k in range(1, 10):
            assert np.count_nonzero(np.array(values) <= k / 9 + 1e-12) <= k
    assert min(p["two"]) == pytest.approx(1 / 9)


def test_a_target_met_exactly_is_never_rejected() -> None:
    rng = np.random.default_rng(3)
    pool = rng.standard_normal((5, 30))
    sets = conformal_sets(pool, pool @ rng.dirichlet(np.ones(30)))
    assert sets.two(0.0) == sets.greater(0.0) == sets.less(0.0) == 1.0


def test_far_effects_are_rejected_and_one_sided_sets_are_rays() -> None:
    pool, target, _ = _problem(2)
    sets = conformal_sets(pool, target)
    m = len(target)
    assert sets.two(1e6) == sets.two(-1e6) == 1.0 / m
    ((low, high),) = sets.greater.above(1.0 / m)
    assert np.isfinite(low)
    assert high == np.inf
    ((low, high),) = sets.less.above(1.0 / m)
    assert low == -np.inf
    assert np.isfinite(high)


def test_moving_the_outcome_moves_the_set() -> None:
    pool, target, _ = _problem(4)
    moved = target.copy()
    moved[-1] += 2.5
    for here, there in zip(
        conformal_sets(pool, target).two.above(0.2),
        conformal_sets(pool, moved).two.above(0.2),
        strict=True,
    ):
        assert there == pytest.approx((here[0] + 2.5, here[1] + 2.5), abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_constant_effect_is_the_joint_test_at_every_effect(seed: int) -> None:
    pool, target, intercept = _problem(seed)
    rng = np.random.default_rng(seed)
    before = int(rng.integers(1, len(target)))
    function = constant_effect(pool, target, before, intercept=intercept)
    for effect in rng.uniform(-6.0, 6.0, 10).tolist():
        u = np.abs(
            residuals(pool, target, np.full(len(target) - before, effect), intercept=intercept)
        )
        sums = [np.roll(u, k)[before:].sum() for k in range(len(u))]
        expected = np.mean(np.array(sums) >= sums[0] - TIE)
        assert function(effect) == pytest.approx(expected, abs=1e-12)
        joint = joint_test(pool, target, before, effect, intercept=intercept)
        assert joint.p_value == pytest.approx(expected, abs=1e-12)


def test_joint_test_over_all_orders() -> None:
    pool, target, _ = _problem(8)
    pool, target = pool[:6], target[:6]
    effects = np.array([0.4, -0.1])
    found = joint_test(pool, target, len(target) - 2, effects, permutations="iid")
    u = np.abs(residuals(pool, target, effects, intercept=False))
    every = [sum(order[-2:]) >= u[-2:].sum() - TIE for order in permutations(u)]
    assert found.p_value == pytest.approx(np.mean(every), abs=1e-12)
    assert not found.drawn


def test_joint_test_draws_where_orders_are_too_many() -> None:
    rng = np.random.default_rng(0)
    pool, target = rng.standard_normal((40, 5)), rng.standard_normal(40)
    target[30:] += 30.0
    found = joint_test(pool, target, 30, permutations="iid", rng=rng)
    assert (found.drawn, found.orders) == (True, 10_000)
    assert found.p_value == pytest.approx(1e-4)
    with pytest.raises(ValueError, match="rng"):
        joint_test(pool, target, 30, permutations="iid")


def test_blocks_have_the_proportions_of_the_counted_periods() -> None:
    values = np.arange(14.0).reshape(7, 2)
    found = collapsed(values, 5, np.array([0.25, 0.75]))
    np.testing.assert_allclose(found, [0.25 * values[k] + 0.75 * values[k + 1] for k in (1, 3, 5)])


def test_a_row_from_before_is_needed() -> None:
    with pytest.raises(ValueError, match="row from before"):
        conformal_sets(np.ones((1, 2)), np.ones(1))


@pytest.mark.parametrize(("size", "level"), [(1.0, 0.0), (1.0 / 3.0, 7.7), (1e6, 0.1)])
def test_no_effect_in_a_place_met_exactly_is_a_tie_whatever_the_unit(size, level):
    """The served place is a mean of two donors throughout: all residuals are zero, and p is one."""
    pool = np.random.default_rng(3).integers(-3, 4, size=(9, 5)) * size + level
    sets = conformal_sets(pool, pool[:, :2].mean(axis=1))
    assert [sets.two(0.0), sets.greater(0.0), sets.less(0.0)] == [1.0, 1.0, 1.0]
