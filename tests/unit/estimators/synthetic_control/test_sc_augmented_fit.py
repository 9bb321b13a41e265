"""The corrected mix against a second implementation, and what its penalty does at both ends."""

from __future__ import annotations

import numpy as np
import pytest
import slow_augmented as slow

from impacteval.estimators.synthetic_control.augmented_fit import (
    Alike,
    Choices,
    Trials,
    Unspread,
    augmented_fit,
    penalties,
)
from impacteval.inference.simplex import simplex_fit


def table(seed, periods=12, donors=9, covariates=2):
    rng = np.random.default_rng(seed)
    before = rng.normal(size=(periods, donors + 1)) + 2.0 * rng.normal(size=donors + 1) + 20.0
    return before, rng.normal(size=(covariates, donors + 1))


@pytest.mark.parametrize("fixed_effects", [False, True])
@pytest.mark.parametrize("folds", [None, 5])
@pytest.mark.parametrize("use", ["none", "stacked", "residualised"])
@pytest.mark.parametrize("rule", ["one-standard-error", "minimum"])
def test_weights_and_penalty_are_those_of_the_textbook(fixed_effects, folds, use, rule):
    for seed in range(3):
        before, x = table(seed)
        x = x[:0] if use == "none" else x
        use_ = "stacked" if use == "none" else use
        choices = Choices(folds=folds, rule=rule, covariates=use_, fixed_effects=fixed_effects)
        found = augmented_fit(before, x, choices)
        weights, penalty = slow.weights(
            before, x, use=use_, fixed_effects=fixed_effects, folds=folds, rule=rule
        )
        assert found.penalty == pytest.approx(penalty, rel=1e-9)
        # The smallest penalties leave seven digits to the explicit inverse.
        assert found.weights == pytest.approx(weights, rel=1e-7, abs=1e-9)
        assert found.weights.sum() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("shape", [(12, 9), (6, 15)])
@pytest.mark.parametrize("folds", [None, 3])
def test_errors_of_held_out_periods_are_those_of_refits(shape, folds):
    before, x = table(4, *shape)
    for use in ("stacked", "residualised"):
        found = augmented_fit(before, x, Choices(folds=folds, covariates=use))
        pool, target, *_ = slow.balanced(before, x, use, False)
        expected = slow.errors(pool, target, len(before), folds)
        assert found.trials is not None
        assert found.trials.penalties == pytest.approx(slow.tried(pool), rel=1e-9)
        # With the smallest penalties the explicit inverse of the second implementation has lost
        # nine of its sixteen digits.
        assert found.trials.errors == pytest.approx(expected, rel=1e-5)
        assert found.trials.errors[:, :11] == pytest.approx(expected[:, :11], rel=1e-9)


def test_a_large_penalty_leaves_the_mix_and_a_small_one_follows_every_period():
    before, _ = table(1, periods=6)
    none = np.zeros((0, before.shape[1]))
    mix = simplex_fit(before[:, 1:], before[:, 0])
    large = augmented_fit(before, none, Choices(penalty=1e12))
    assert large.weights == pytest.approx(mix.weights, abs=1e-9)
    assert mix.squares > 0.01
    small = augmented_fit(before, none, Choices(penalty=1e-9))
    assert before[:, 1:] @ small.weights == pytest.approx(before[:, 0], abs=1e-8)


def test_residualised_covariates_are_balanced_exactly():
    before, x = table(2)
    found = augmented_fit(before, x, Choices(covariates="residualised"))
    assert x[:, 1:] @ found.weights == pytest.approx(x[:, 0], abs=1e-10)
    stacked = augmented_fit(before, x, Choices())
    assert np.abs(x[:, 1:] @ stacked.weights - x[:, 0]).max() > 1e-3


def test_the_mix_can_begin_anywhere():
    before, x = table(3)
    plain = augmented_fit(before, x, Choices())
    start = np.zeros(before.shape[1] - 1)
    start[4] = 1.0
    assert augmented_fit(before, x, Choices(), start).weights == pytest.approx(
        plain.weights, abs=1e-12
    )


def test_one_standard_error_takes_the_largest_penalty_within_reach():
    tried = Trials(
        np.array([8.0, 4.0, 2.0, 1.0]),
        np.array([[9.0, 2.0, 1.0, 1.2], [9.0, 2.2, 2.0, 2.2], [9.0, 4.4, 3.0, 3.0]]),
    )
    # Means 9, 2.867, 2, 2.133; the standard error at the smallest is 1 / sqrt(3) = 0.577.
    assert tried.chosen("minimum") == 2
    assert tried.chosen("one-standard-error") == 2
    wider = Trials(tried.penalties, tried.errors - np.array([0.0, 0.3, 0.0, 0.0]))
    assert wider.chosen("one-standard-error") == 1


def test_penalties_go_from_the_largest_to_a_hundred_millionth():
    found = penalties(500.0)
    assert len(found) == 21
    assert found[[0, 10, 20]].tolist() == pytest.approx([500.0, 0.05, 5e-6])


def test_covariates_that_tell_nothing_apart_are_named():
    before, x = table(5)
    flat = np.vstack([x[0], np.full(x.shape[1], 3.0)])
    with pytest.raises(Unspread) as caught:
        augmented_fit(before, flat, Choices())
    assert caught.value.which == (1,)
    twice = np.vstack([x[0], 2.0 * x[0] + 1.0])
    with pytest.raises(Unspread):
        augmented_fit(before, twice, Choices(covariates="residualised"))
    augmented_fit(before, twice, Choices())


def test_donors_that_are_alike_cannot_correct():
    before = np.column_stack([np.arange(5.0), *[np.full(5, 2.0)] * 4])
    with pytest.raises(Alike):
        augmented_fit(before, np.zeros((0, 5)), Choices())
