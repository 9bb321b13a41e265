"""Doubly robust means: influence against the derivative of the whole computation, and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from impacteval.inference.aipw import Chance, Outcome, mean_of_target, odds, plain_mean
from impacteval.inference.left_out import without_each


def drawn(n=120, seed=4):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n), rng.random(n)])
    served = (rng.random(n) < 1 / (1 + np.exp(0.5 - x[:, 1]))).astype(np.int64)
    y = np.exp(0.3 * x[:, 1]) + x[:, 2] + served + rng.normal(size=n) * 0.5
    weight = rng.uniform(0.5, 2.0, n)
    return x, served, y, weight


def outcomes(family, y):
    return {
        "gaussian": y,
        "binomial": (y > np.median(y)) * 1.0,
        "poisson": np.round(np.maximum(y, 0) * 2),
    }[family]


def whole(x, y, family, weight):
    """Coefficients of everyone, from far away, by a general optimiser."""

    def loss(b):
        eta = x @ b
        each = {
            "gaussian": lambda: 0.5 * (y - eta) ** 2,
            "binomial": lambda: np.logaddexp(0, eta) - y * eta,
            "poisson": lambda: np.exp(eta) - y * eta,
        }[family]()
        return weight @ each

    start = minimize(loss, np.zeros(x.shape[1])).x
    fold = np.zeros(len(y), dtype=np.int64)
    return without_each(x, y, family, weight=weight, fold=fold, folds=1, start=start)


def mean(x, served, y, weight, group, estimand, family, fold, folds):
    """The mean with everything fitted, and all that it was made of."""
    start = whole(x, served * 1.0, "binomial", weight).coefficients[0]
    chance = 1 / (1 + np.exp(-x @ start))
    information = (x * (weight * chance * (1 - chance))[:, None]).T @ x
    score = without_each(
        x, served * 1.0, "binomial", weight=weight, fold=fold, folds=folds, start=start
    )
    held = weight * (served == group)
    first = whole(x, y, family, held).coefficients[0]
    eta = x @ first
    curve = {
        "gaussian": eta,
        "binomial": 1 / (1 + np.exp(-eta)),
        "poisson": np.exp(np.minimum(eta, 50)),
    }
    model = without_each(x, y, family, weight=held, fold=fold, folds=folds, start=first)
    outcome = Outcome(
        x, family, model, curve[family], np.where(held > 0, y - curve[family], 0.0), held
    )
    return mean_of_target(
        y,
        weight,
        weight * served if estimand == "att" else weight,
        group,
        estimand,
        Chance(x, served, score.coefficients, chance, information, weight),
        outcome,
        fold,
    )


@pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson"])
@pytest.mark.parametrize(("estimand", "group"), [("att", 0), ("ate", 0), ("ate", 1)])
def test_influence_is_the_derivative_in_the_weight_of_a_row(family, estimand, group):
    x, served, y, weight = drawn()
    y, fold = outcomes(family, y), np.zeros(len(x), dtype=np.int64)
    found = mean(x, served, y, weight, group, estimand, family, fold, 1)
    for row in (0, 3, 17, 40, 77):
        step = 1e-4 * weight[row]
        ends = []
        for sign in (1, -1):
            moved = weight.copy()
            moved[row] += sign * step
            ends.append(mean(x, served, y, moved, group, estimand, family, fold, 1).value)
        slope = (ends[0] - ends[1]) / (2 * step) * weight[row]
        assert found.target[row] + found.sampled[row] == pytest.approx(slope, rel=2e-4, abs=1e-8)


@pytest.mark.parametrize(("estimand", "group"), [("att", 0), ("ate", 1)])
@pytest.mark.parametrize("folds", [1, 4])
def test_the_mean_of_straight_lines_is_a_weighted_sum_of_outcomes(estimand, group, folds):
    x, served, y, weight = drawn()
    fold = np.arange(len(x)) % folds
    found = mean(x, served, y, weight, group, estimand, "gaussian", fold, folds)
    assert found.loads @ y == pytest.approx(found.value, rel=1e-10)
    assert found.loads.sum() == pytest.approx(1.0, rel=1e-10)
    assert (found.loads[served != group] == 0).all()
    assert found.weight.sum() == pytest.approx(1.0, rel=1e-12)
    if (
        folds == 1
    ):  # lines fitted on everyone make the group alike to the target, covariate by covariate
        about = weight * served if estimand == "att" else weight
        assert found.loads @ x == pytest.approx(about @ x / about.sum(), rel=1e-10)


def test_folds_barely_move_the_error():
    x, served, y, weight = drawn(4000)
    fold = np.random.default_rng(1).integers(0, 5, 4000)
    a = mean(x, served, y, weight, 0, "att", "gaussian", fold, 5)
    b = mean(x, served, y, weight, 0, "att", "gaussian", 0 * fold, 1)
    size = [float(np.sqrt(((m.target + m.sampled) ** 2).sum())) for m in (a, b)]
    assert size[0] == pytest.approx(size[1], rel=0.02)


def test_the_error_of_the_score_counts_where_the_outcome_model_is_wrong():
    # Outcomes bend and the line does not: weights carry the answer, so their error carries over.
    x, served, y, weight = drawn(2000)
    y = y + 3.0 * x[:, 1] ** 2
    fold = np.zeros(2000, dtype=np.int64)
    found = mean(x, served, y, weight, 0, "att", "gaussian", fold, 1)
    line = np.linalg.lstsq(
        x[served == 0] * np.sqrt(weight[served == 0, None]),
        y[served == 0] * np.sqrt(weight[served == 0]),
        rcond=None,
    )[0]
    residual = np.where(served == 0, y - x @ line, 0.0)
    naive = found.target + found.weight * (residual - found.weight @ residual)
    size = float(np.sqrt(((found.target + found.sampled) ** 2).sum()))
    assert abs(size / float(np.sqrt((naive**2).sum())) - 1.0) > 0.05


def test_what_a_member_counts_for():
    e = np.array([0.2, 0.5])
    assert odds(e, 1, "att")[0].tolist() == [1.0, 1.0]
    assert odds(e, 0, "att")[0] == pytest.approx([0.25, 1.0])
    assert odds(e, 1, "ate")[0] == pytest.approx([5.0, 2.0])
    assert odds(e, 0, "ate")[0] == pytest.approx([1.25, 2.0])
    for group, estimand in ((0, "att"), (1, "ate"), (0, "ate"), (1, "att")):
        eta, step = np.log(e / (1 - e)), 1e-6
        ends = [odds(1 / (1 + np.exp(-(eta + s))), group, estimand)[0] for s in (step, -step)]
        slope = (ends[0] - ends[1]) / (2 * step)
        assert odds(e, group, estimand)[1] == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_a_plain_mean():
    found = plain_mean(np.array([1.0, 3.0, 9.0]), np.array([1.0, 1.0, 0.0]))
    assert found.value == 2.0
    assert found.target.tolist() == [-0.5, 0.5, 0.0]
    assert not found.sampled.any()
    assert replace(found, value=1.0).value == 1.0
