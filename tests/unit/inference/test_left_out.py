"""A model without each fold, against fits of what is left, from statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impacteval.inference.left_out import without_each

FAMILIES = {
    "gaussian": sm.families.Gaussian(),
    "binomial": sm.families.Binomial(),
    "poisson": sm.families.Poisson(),
}


def drawn(family, n=200):
    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(n), rng.normal(size=n), rng.random(n) > 0.5])
    mean = 0.3 + 0.5 * x[:, 1] - 0.4 * x[:, 2]
    y = {
        "gaussian": mean + rng.normal(size=n),
        "binomial": (rng.random(n) < 1 / (1 + np.exp(-mean))) * 1.0,
        "poisson": rng.poisson(np.exp(mean)) * 1.0,
    }[family]
    weight = np.where(rng.random(n) < 0.2, 0.0, rng.uniform(0.5, 2.0, n))
    return x, y, weight, rng.integers(0, 3, n)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("start", [0.0, 40.0])
def test_each_fit_is_that_of_the_others(family, start):
    # From 40 Newton's plain steps get lost: halved ones find the way.
    x, y, weight, fold = drawn(family)
    found = without_each(x, y, family, weight=weight, fold=fold, folds=3, start=np.full(3, start))
    assert found.determined.all()
    assert found.converged.all()
    for k in range(3):
        rows = (fold != k) & (weight > 0)
        fit = sm.GLM(y[rows], x[rows], FAMILIES[family], freq_weights=weight[rows]).fit(tol=1e-14)
        assert found.coefficients[k] == pytest.approx(fit.params, abs=1e-8)
        slope = 1.0 if family == "gaussian" else FAMILIES[family].variance(fit.mu)
        by_hand = (x[rows] * (weight[rows] * slope)[:, None]).T @ x[rows]
        assert found.curvature[k] == pytest.approx(by_hand, rel=1e-6)


def test_one_fold_leaves_nobody_out():
    x, y, weight, fold = drawn("binomial")
    found = without_each(x, y, "binomial", weight=weight, fold=0 * fold, folds=1, start=np.zeros(3))
    rows = weight > 0
    fit = sm.GLM(y[rows], x[rows], FAMILIES["binomial"], freq_weights=weight[rows]).fit(tol=1e-14)
    assert found.coefficients[0] == pytest.approx(fit.params, abs=1e-8)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_column_that_lives_in_one_fold_is_told(family):
    x, y, weight, fold = drawn(family)
    x[:, 2] = (fold == 1) * 1.0
    found = without_each(x, y, family, weight=weight, fold=fold, folds=3, start=np.zeros(3))
    assert found.determined.tolist() == [True, False, True]


def test_outcomes_foretold_once_a_fold_is_out_are_told():
    x, y, weight, fold = drawn("binomial")
    weight = np.ones(len(y))
    # The only ones with both outcomes where the column is one are in fold 2.
    y[(x[:, 2] == 1) & (fold != 2)] = 1.0
    y[np.flatnonzero((x[:, 2] == 1) & (fold == 2))[:2]] = 0.0
    found = without_each(x, y, "binomial", weight=weight, fold=fold, folds=3, start=np.zeros(3))
    # The likelihood is flat out there: what tells is how far the fit went.
    far = np.abs(found.coefficients @ x.T).max(axis=1) > 15.0
    assert (far | ~found.converged).tolist() == [False, False, True]
