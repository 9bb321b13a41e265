"""Common factors against slow and obvious ways to find them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from impacteval.inference.interactive import Stack, candidates, leading
from impacteval.inference.interactive_slopes import both_ways, slopes


def panel(seed, donors=9, served=2, periods=14, noise=0.4):
    """A panel with two factors; both served units follow them three times as strongly."""
    rng = np.random.default_rng(seed)
    units = donors + served
    loads = rng.normal(size=(units, 2))
    loads[donors:] *= 3.0
    y = (
        loads @ rng.normal(size=(2, periods))
        + rng.normal(size=(units, 1))
        + rng.normal(size=periods)
    )
    y += noise * rng.normal(size=y.shape)
    start = np.array([9, 11])[:served]
    return y[:donors], y[donors:], np.arange(periods) < start[:, None]


def stack_of(pool, target, before):
    return Stack(pool[None], target[None], before)


def by_alternation(pool, rank, steps=4000):
    """Levels, periods and factors by regressions in turn (alternating least squares)."""
    donors, periods = pool.shape
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(periods, rank))
    level, time = np.zeros(donors), np.zeros(periods)
    for _ in range(steps):
        left = pool - level[:, None] - time
        load = np.linalg.lstsq(factor, left.T, rcond=None)[0].T
        factor = np.linalg.lstsq(load, left, rcond=None)[0].T
        left = pool - load @ factor.T
        level = left.mean(axis=1) - time.mean()
        time = (left - level[:, None]).mean(axis=0)
    return level, time, load, factor


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_curves_are_those_of_regressions_in_turn(rank):
    pool, target, before = panel(3)
    found = candidates(stack_of(pool, target, before), 3).at(np.array([rank]))
    level, _, load, factor = (
        by_alternation(pool, rank)
        if rank
        else (pool.mean(1), pool.mean(0) - pool.mean(), np.zeros((9, 0)), np.zeros((14, 0)))
    )
    period = (pool - level[:, None] - load @ factor.T).mean(axis=0)
    for n in range(2):
        x = np.column_stack([np.ones(14), factor])
        own = np.linalg.lstsq(x[before[n]], (target[n] - period)[before[n]], rcond=None)[0]
        # Regressions in turn come near the solution slowly: six digits.
        np.testing.assert_allclose(found.curve[0, n], period + x @ own, atol=2e-6)


def test_misses_are_those_of_leaving_out_each_period():
    pool, target, before = panel(4)
    solved = candidates(stack_of(pool, target, before), 3)
    centred = both_ways(pool[None])
    vectors, _ = leading(centred, 3)
    for rank in range(4):
        missed = []
        for n in range(2):
            x = np.column_stack([np.ones(14), vectors[0, :, :rank]])
            y = target[n] - pool.mean(axis=0)
            for t in np.flatnonzero(before[n]):
                others = before[n] & (np.arange(14) != t)
                fit = np.linalg.lstsq(x[others], y[others], rcond=None)[0]
                missed.append((y[t] - x[t] @ fit) ** 2)
        assert solved.errors[0, rank] == pytest.approx(np.mean(missed), rel=1e-9)
    assert solved.chosen()[0] == int(np.argmin(solved.errors[0]))


def test_a_curve_is_a_constant_and_a_weighted_mean_of_the_pool():
    pool, target, before = panel(5)
    found = candidates(stack_of(pool, target, before), 2).at(np.array([2]))
    weights = found.weights()[0]
    mixed = weights @ (pool - pool.mean(axis=1, keepdims=True))
    apart = found.curve[0] - mixed
    np.testing.assert_allclose(apart, np.repeat(apart[:, :1], 14, axis=1), atol=1e-10)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-12)


def test_the_spread_is_the_length_of_the_contrast_over_units_and_periods():
    pool, target, before = panel(6)
    share = np.where(~before, 1.0, 0.0)
    share /= share.sum()
    found = candidates(stack_of(pool, target, before), 2).at(np.array([2]))
    vectors = found.vectors[0]
    contrast = np.zeros((11, 14))  # the pool, then those served
    for n in range(2):
        x = np.column_stack([np.ones(14), vectors])
        told = x[before[n]] @ np.linalg.inv(x[before[n]].T @ x[before[n]]) @ (x.T @ share[n])
        times = share[n].copy()
        times[before[n]] -= told
        contrast[9 + n] += times
        contrast[:9] -= np.outer(found.weights()[0, n], times)
    assert found.spread(share[None])[0, 0] == pytest.approx(np.linalg.norm(contrast), rel=1e-10)


def test_the_spread_is_that_of_small_noise():
    """To first order: noise so small that the factors are all but known."""
    pool, target, before = panel(7, noise=0.0)
    share = np.where(~before, 1.0, 0.0)
    share /= share.sum()
    rng = np.random.default_rng(8)
    noise = 1e-4 * rng.normal(size=(4000, 11, 14))
    stack = Stack(pool + noise[:, :9], target + noise[:, 9:], before)
    found = candidates(stack, 2).at(np.full(4000, 2))
    missed = ((stack.target - found.curve) * share).sum(axis=(1, 2))
    # 4,000 draws know a standard deviation to 1.1%.
    assert missed.std() / 1e-4 == pytest.approx(found.spread(share[None])[:, 0].mean(), rel=0.04)


def test_own_spread_reads_noise_from_the_mean_miss_of_units_that_start_together():
    pool, target, _ = panel(9)
    before = np.arange(14) < np.array([[9], [9]])
    share = np.where(~before, 1.0, 0.0)
    share /= share.sum()
    found = candidates(stack_of(pool, target, before), 2).at(np.array([2]))
    x = np.column_stack([np.ones(14), found.vectors[0]])
    b = before[0]
    both = share.sum(axis=0)
    told = x[b] @ np.linalg.inv(x[b].T @ x[b]) @ (x.T @ both)
    missed = (target - found.curve[0])[:, b].mean(axis=0)
    noise = np.sqrt((missed**2).sum() / (9 - 1 - 2))
    expected = noise * np.sqrt((both**2).sum() + (told**2).sum())
    assert found.own_spread(share[None])[0, 0] == pytest.approx(expected, rel=1e-10)


def test_units_beyond_the_others_are_found_exactly_without_noise():
    pool, target, before = panel(10, noise=0.0)
    solved = candidates(stack_of(pool, target, before), 4)
    found = solved.at(solved.chosen())
    assert solved.chosen()[0] == 2
    np.testing.assert_allclose(found.curve[0], target, atol=1e-8)
    assert np.isinf(solved.errors[0, 3:]).all()  # there are no more factors


@pytest.mark.parametrize("periods", [8, 20])
def test_panels_are_solved_side_by_side_as_one_by_one(periods):
    rng = np.random.default_rng(11)
    pool, target = rng.normal(size=(5, 9, periods)), rng.normal(size=(5, 2, periods))
    before = np.arange(periods) < np.array([[6], [5]])
    rank = np.array([0, 1, 2, 1, 3])
    together = candidates(Stack(pool, target, before), 3)
    at = together.at(rank)
    for k in range(5):
        alone = candidates(Stack(pool[k : k + 1], target[k : k + 1], before), 3)
        np.testing.assert_allclose(together.errors[k], alone.errors[0], rtol=1e-8)
        np.testing.assert_allclose(at.curve[k], alone.at(rank[k : k + 1]).curve[0], atol=1e-9)


def test_factors_are_those_of_the_singular_value_decomposition():
    centred = both_ways(np.random.default_rng(12).normal(size=(2, 7, 11)))
    vectors, squares = leading(centred, 3)
    for k in range(2):
        _, s, v = np.linalg.svd(centred[k])
        np.testing.assert_allclose(np.sqrt(squares[k]), s[:3], rtol=1e-10)
        np.testing.assert_allclose(np.abs(vectors[k].T), np.abs(v[:3]), atol=1e-9)
        assert (np.take_along_axis(vectors[k], np.abs(vectors[k]).argmax(0)[None], 0) > 0).all()


def test_a_factor_that_stands_still_before_the_service_is_out_of_reach():
    rng = np.random.default_rng(13)
    late = np.append(np.zeros(8), rng.normal(size=4))
    pool = np.outer(rng.normal(size=9), late)
    before = np.arange(12)[None] < 8
    solved = candidates(stack_of(pool, np.zeros((1, 12)), before), 1)
    # Taken from its mean it is constant before: the level says the same.
    assert np.isinf(solved.errors[0, 1])


# --- covariates -------------------------------------------------------------------------------


def with_slopes(seed):
    pool, target, before = panel(seed)
    rng = np.random.default_rng(seed + 100)
    # Covariates that go with the factors, so that leaving these out would bias the slopes.
    load = rng.normal(size=(11, 1))
    x = np.stack(
        [load * pool.mean(axis=0) + rng.normal(size=(11, 14)), rng.normal(size=(11, 14))], 2
    )
    slope = np.array([1.5, -0.7])
    return pool + x[:9] @ slope, target + x[9:] @ slope, before, x[:9], x[9:]


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_slopes_are_those_of_a_search_by_the_sum_of_squares(rank):
    pool, _, _, x, _ = with_slopes(20)
    found, slack = slopes(pool[None], x[None], rank)
    y, columns = both_ways(pool[None])[0], both_ways(x[None])[0]

    def left(slope):
        s = np.linalg.svd(y - columns @ slope, compute_uv=False)
        return (s[rank:] ** 2).sum()

    best = minimize(
        left, found[0] + 0.3, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14}
    )
    np.testing.assert_allclose(found[0], best.x, atol=1e-6)
    assert left(found[0]) <= best.fun * (1.0 + 1e-12)
    assert slack <= 1e-10


def test_curves_with_covariates_are_those_of_outcomes_less_what_covariates_say():
    pool, target, before, x, target_x = with_slopes(21)
    stack = Stack(pool[None], target[None], before, x[None], target_x[None])
    solved = candidates(stack, 2)
    found = solved.at(solved.chosen())
    slope = found.slopes[0]
    bare = Stack((pool - x @ slope)[None], (target - target_x @ slope)[None], before)
    plain = candidates(bare, 2).at(found.rank)
    np.testing.assert_allclose(found.curve[0], plain.curve[0] + target_x @ slope, atol=1e-9)
    np.testing.assert_allclose(found.weights(), plain.weights(), atol=1e-9)
    np.testing.assert_allclose(
        found.own_spread(plain.curve * ~before), plain.own_spread(plain.curve * ~before)
    )


def test_a_covariate_that_levels_say_already_is_refused():
    y = np.random.default_rng(22).normal(size=(1, 6, 8))
    x = np.repeat(np.arange(6.0)[None, :, None, None], 8, axis=2)
    with pytest.raises(ValueError, match="vary"):
        slopes(y, x, 1)


def test_a_rank_beyond_the_data_and_numbers_that_are_none_are_refused():
    pool, target, before = panel(23)
    with pytest.raises(ValueError, match="rank 8 needs 10"):
        candidates(stack_of(pool, target, before), 8)
    pool[0, 0] = np.nan
    with pytest.raises(ValueError, match="finite"):
        candidates(stack_of(pool, target, before), 1)


@pytest.mark.parametrize("size", [1.0, 1e6, 1.0 / 3.0])
def test_a_rank_between_factors_of_one_size_is_no_rank(size):
    """Singular values 3.13, 3.06, 2, 2, 1.11: which of both twos comes third is up to rounding."""
    rolled = [np.roll([0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 0.0, -1.0, 0.0, 1.0], k) for k in range(7)]
    pool, target = size * np.array(rolled[1:]), size * np.array(rolled[:1])
    values = np.linalg.svd(both_ways(pool[None])[0], compute_uv=False)
    assert values[2] == pytest.approx(values[3], rel=1e-12)
    before = np.arange(10) < np.array([[7]])
    for most in (3, 4):
        errors = candidates(stack_of(pool, target, before), most).errors[0]
        assert errors[3] == np.inf
        assert np.isfinite(errors[:3]).all()
