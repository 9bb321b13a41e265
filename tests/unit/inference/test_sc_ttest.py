"""The debiased t-test against a slow version that leaves out blocks one by one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import nnls

from impacteval.inference.sc_ttest import cross_fit

Floats = NDArray[np.float64]


def simplex_by_nnls(pool: Floats, target: Floats) -> Floats:
    """Weights of sum one: a heavy row of ones in non-negative least squares."""
    heavy = 1e5 * max(float(np.abs(pool).max()), 1.0)
    found, _ = nnls(
        np.vstack([pool, np.full(pool.shape[1], heavy)]), np.append(target, heavy), maxiter=10_000
    )
    weights: Floats = found / found.sum()
    return weights


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("intercept", [False, True])
def test_against_blocks_left_out_one_by_one(seed: int, intercept: bool) -> None:
    rng = np.random.default_rng(seed)
    before, after, folds = int(rng.integers(9, 20)), int(rng.integers(1, 8)), 3
    pool = rng.standard_normal((before + after, 4))
    target = pool @ rng.dirichlet(np.ones(4)) + 0.3 * rng.standard_normal(before + after)
    found = cross_fit(pool, target, before, folds=folds, intercept=intercept)
    length = min(before // folds, after)
    effects = []
    for k in range(folds):
        block = np.arange(before - (folds - k) * length, before - (folds - k - 1) * length)
        kept = np.setdiff1d(np.arange(before), block)
        inside, goal = pool[kept], target[kept]
        if intercept:
            inside, goal = inside - inside.mean(axis=0), goal - goal.mean()
        gap = target - pool @ simplex_by_nnls(inside, goal)
        effects.append(gap[before:].mean() - gap[block].mean())
    assert found.effects == pytest.approx(effects, abs=1e-7)
    assert found.effect == pytest.approx(np.mean(effects), abs=1e-7)
    error = np.sqrt(1 + folds * length / after) * np.std(effects, ddof=1) / np.sqrt(folds)
    assert found.std_error == pytest.approx(error, abs=1e-7)
    assert found.df == 2


def test_weights_of_the_periods_after() -> None:
    """A period that counts for nothing could as well not be there, but for the length of blocks."""
    rng = np.random.default_rng(1)
    pool, target = rng.standard_normal((15, 4)), rng.standard_normal(15)
    share = np.array([0.5, 0.5, 0.0])
    found = cross_fit(pool, target, 12, share=share)
    assert found.length == 3
    gap = [
        float(share @ (target - pool @ simplex_by_nnls(pool[kept], target[kept]))[12:])
        - float((target - pool @ simplex_by_nnls(pool[kept], target[kept]))[block].mean())
        for block in (np.arange(3, 6), np.arange(6, 9), np.arange(9, 12))
        for kept in (np.setdiff1d(np.arange(12), block),)
    ]
    assert found.effects == pytest.approx(gap, abs=1e-7)
    error = np.sqrt((1 + 3 * 3 * 0.5) / 3) * np.std(gap, ddof=1)
    assert found.std_error == pytest.approx(error, abs=1e-7)


def test_blocks_that_agree_have_no_error() -> None:
    pool = np.column_stack([np.arange(8.0), np.arange(8.0) ** 2])
    target = pool[:, 0] + np.array([0, 0, 0, 0, 0, 0, 5.0, 5.0])
    found = cross_fit(pool, target, 6, folds=2)
    assert (found.effect, found.std_error) == (5.0, 0.0)


@pytest.mark.parametrize(("before", "folds"), [(2, 3), (5, 1), (8, 3)])
def test_too_few_periods(before: int, folds: int) -> None:
    pool = np.ones((8, 2))
    with pytest.raises(ValueError, match="Two folds"):
        cross_fit(pool, np.ones(8), before, folds=folds)
