"""Effects from changes and from levels, against slow second ways to compute them.

The influence of a unit is the slope of the estimate in the logarithm of the unit's weight. That
holds of every estimator that solves weighted moment conditions, and does not know the formulas: a
difference quotient is the oracle, propensity scores, regressions and all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm

from impacteval.estimators.did.group_time.changes import from_changes
from impacteval.estimators.did.group_time.fits import NotEstimable
from impacteval.estimators.did.group_time.levels import Rows, from_levels

Floats = np.ndarray
STEP = 1e-5
# Error of a central difference quotient of that step, and rounding over the step.
CLOSE = 1e-8
METHODS = ("dr", "ipw", "reg")


def _units(n1: int = 30, n0: int = 45) -> tuple[Floats, ...]:
    rng = np.random.default_rng(5)
    x1, x0 = rng.normal(size=(n1, 2)) + 0.4, rng.normal(size=(n0, 2))
    x0[:, 1] *= 30.0  # columns of unlike size
    x1[:, 1] *= 30.0
    d1 = rng.normal(size=(2, n1)) + x1[:, 0] + 0.1 * x1[:, 1]
    d0 = rng.normal(size=(2, n0)) + x0[:, 0] ** 2
    return d1, d0, rng.uniform(0.5, 2.0, n1), rng.uniform(0.5, 2.0, n0), x1, x0


def _slopes(effect: Callable[[Floats], Floats], weight: Floats) -> Floats:
    found = []
    for i in range(len(weight)):
        up, down = weight.copy(), weight.copy()
        up[i] *= 1.0 + STEP
        down[i] *= 1.0 - STEP
        found.append((np.asarray(effect(up)) - np.asarray(effect(down))) / (2.0 * STEP))
    return np.stack(found, axis=-1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("adjusted", [True, False])
def test_influence_of_changes_is_the_slope_in_the_weights(method, adjusted) -> None:
    d1, d0, w1, w0, x1, x0 = _units()
    given = {"x1": x1, "x0": x0} if adjusted else {}
    found = from_changes(d1, d0, w1, w0, method=method, **given)
    served = _slopes(lambda w: from_changes(d1, d0, w, w0, method=method, **given).effects, w1)
    other = _slopes(lambda w: from_changes(d1, d0, w1, w, method=method, **given).effects, w0)
    assert found.served == pytest.approx(served, abs=CLOSE)
    assert found.other == pytest.approx(other, abs=CLOSE)


def _slow(d1: Floats, d0: Floats, w1: Floats, w0: Floats, x1: Floats, x0: Floats, method: str):
    """The definitions, by statsmodels and sums."""
    one = sm.add_constant(np.concatenate([x1, x0]), has_constant="add")
    served = np.r_[np.ones(len(w1)), np.zeros(len(w0))]
    weight = np.r_[w1, w0]
    score = sm.GLM(served, one, family=sm.families.Binomial(), freq_weights=weight)
    chance = score.fit(tol=1e-14, maxiter=100).predict()[len(w1) :]
    line = sm.WLS(d0, one[len(w1) :], weights=w0).fit()
    left1, left0 = d1 - line.predict(one[: len(w1)]), d0 - line.predict(one[len(w1) :])
    odds = w0 * chance / (1.0 - chance)
    if method == "reg":
        return np.average(left1, weights=w1)
    y1, y0 = (d1, d0) if method == "ipw" else (left1, left0)
    return np.average(y1, weights=w1) - np.average(y0, weights=odds)


@pytest.mark.parametrize("method", METHODS)
def test_effects_from_changes_are_their_definitions(method) -> None:
    d1, d0, w1, w0, x1, x0 = _units()
    found = from_changes(d1, d0, w1, w0, x1=x1, x0=x0, method=method)
    for k in range(2):
        slow = _slow(d1[k], d0[k], w1, w0, x1, x0, method)
        assert found.effects[k] == pytest.approx(slow, rel=1e-9)


def test_without_covariates_it_is_the_difference_of_mean_changes() -> None:
    d1, d0, w1, w0, *_ = _units()
    found = from_changes(d1, d0, w1, w0)
    slow = np.average(d1, axis=1, weights=w1) - np.average(d0, axis=1, weights=w0)
    assert found.effects == pytest.approx(slow, rel=1e-13)
    assert found.worth == pytest.approx(w0.sum() ** 2 / (w0**2).sum())
    assert np.isnan(found.largest)


def test_doubly_robust_survives_either_model_being_wrong() -> None:
    """A large sample where the change is curved in x and the score is a logit, and the reverse."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60_000, 1))
    for curved_change in (True, False):
        eta = x[:, 0] if curved_change else np.where(np.abs(x[:, 0] - 0.7) < 0.7, 1.5, -1.5)
        on = rng.random(len(x)) < 1.0 / (1.0 + np.exp(-eta))
        change = np.exp(x[:, 0]) if curved_change else 2.0 * x[:, 0]
        d = (change + 3.0 * on + rng.normal(size=len(x)))[None]
        one = np.ones(len(x))

        def effect(method: str, d=d, on=on, one=one) -> float:
            found = from_changes(
                d[:, on], d[:, ~on], one[on], one[~on], x1=x[on], x0=x[~on], method=method
            )
            return float(found.effects[0])

        assert effect("dr") == pytest.approx(3.0, abs=0.1)
        wrong = effect("reg") if curved_change else effect("ipw")
        assert abs(wrong - 3.0) > 0.15


def _four(sizes: tuple[int, ...] = (24, 20, 40, 36)) -> list[Rows]:
    rng = np.random.default_rng(8)
    found = []
    for n, shift in zip(sizes, (0.5, 0.3, 0.0, -0.1), strict=True):
        x = rng.normal(size=(n, 2)) + shift
        y = rng.normal(size=n) + x[:, 0] * (1.0 + shift) + shift * x[:, 1] ** 2
        found.append(Rows(y, rng.uniform(0.5, 2.0, n), x))
    return found


def _with_weight(rows: Rows, weight: Floats) -> Rows:
    return Rows(rows.y, weight, rows.x)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("adjusted", [True, False])
def test_influence_of_levels_is_the_slope_in_the_weights(method, adjusted) -> None:
    groups = _four()
    if not adjusted:
        groups = [Rows(g.y, g.weight, g.x[:, :0]) for g in groups]
    found = from_levels(*groups, method=method)
    for k, own in enumerate(groups):

        def effect(w: Floats, k: int = k, own: Rows = own) -> float:
            changed = [*groups[:k], _with_weight(own, w), *groups[k + 1 :]]
            return from_levels(*changed, method=method).effect

        assert found.influence[k] == pytest.approx(_slopes(effect, own.weight), abs=CLOSE)


def _slow_levels(groups: list[Rows], method: str) -> float:
    """Sant'Anna and Zhao (2020), equations 2.2, 2.4 (made to sum to one) and 3.4, term by term."""
    a1, b1, a0, b0 = groups

    def line(rows: Rows):
        fit = sm.WLS(rows.y, sm.add_constant(rows.x), weights=rows.weight).fit()
        return lambda x: fit.predict(sm.add_constant(x, has_constant="add"))

    mean = np.average
    x1 = np.concatenate([a1.x, b1.x])
    w1 = np.concatenate([a1.weight, b1.weight])
    after, before = line(a0), line(b0)
    if method == "reg":
        change = mean(a1.y, weights=a1.weight) - mean(b1.y, weights=b1.weight)
        return change - mean(after(x1) - before(x1), weights=w1)
    x = sm.add_constant(np.concatenate([g.x for g in groups]))
    w = np.concatenate([g.weight for g in groups])
    on = np.r_[np.ones(len(w1)), np.zeros(len(w) - len(w1))]
    fit = sm.GLM(on, x, family=sm.families.Binomial(), freq_weights=w).fit(tol=1e-14, maxiter=100)
    chance = fit.predict()[len(w1) :]
    odds = w[len(w1) :] * chance / (1.0 - chance)
    odds_a, odds_b = odds[: len(a0.y)], odds[len(a0.y) :]
    cut = (lambda g, f: g.y - f(g.x)) if method == "dr" else (lambda g, f: g.y)
    found = mean(cut(a1, after), weights=a1.weight) - mean(cut(b1, before), weights=b1.weight)
    found -= mean(cut(a0, after), weights=odds_a) - mean(cut(b0, before), weights=odds_b)
    if method == "dr":
        own_after, own_before = line(a1), line(b1)
        gap_after = lambda x: own_after(x) - after(x)  # noqa: E731  # as in the paper's formula
        gap_before = lambda x: own_before(x) - before(x)  # noqa: E731
        found += mean(gap_after(x1), weights=w1) - mean(gap_after(a1.x), weights=a1.weight)
        found -= mean(gap_before(x1), weights=w1) - mean(gap_before(b1.x), weights=b1.weight)
    return float(found)


@pytest.mark.parametrize("method", METHODS)
def test_effects_from_levels_are_their_definitions(method) -> None:
    groups = _four()
    found = from_levels(*groups, method=method)
    assert found.effect == pytest.approx(_slow_levels(groups, method), rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_balanced_panel_read_as_levels_has_the_same_effect_for_reg_and_ipw(method) -> None:
    d1, d0, _, _, x1, x0 = _units()
    base1, base0 = np.arange(30.0), np.sqrt(np.arange(45.0))
    one = np.ones(30), np.ones(45)
    groups = [
        Rows(base1 + d1[0], one[0], x1),
        Rows(base1, one[0], x1),
        Rows(base0 + d0[0], one[1], x0),
        Rows(base0, one[1], x0),
    ]
    changes = from_changes(d1[:1], d0[:1], *one, x1=x1, x0=x0, method=method)
    assert from_levels(*groups, method=method).effect == pytest.approx(
        float(changes.effects[0]), rel=1e-9
    )


def _refusal(x1: Floats, x0: Floats, method: str) -> NotEstimable:
    with pytest.raises(NotEstimable) as refused:
        from_changes(
            np.zeros((1, len(x1))), np.arange(float(len(x0)))[None],
            np.ones(len(x1)), np.ones(len(x0)), x1=x1, x0=x0, method=method,
        )  # fmt: skip
    return refused.value


@pytest.mark.parametrize("method", METHODS)
def test_what_cannot_be_fitted_is_named(method) -> None:
    rng = np.random.default_rng(1)
    x1, x0 = rng.normal(size=(20, 3)), rng.normal(size=(20, 3))
    x1[:, 2], x0[:, 2] = x1[:, 0] - 2.0 * x1[:, 1], x0[:, 0] - 2.0 * x0[:, 1]
    found = _refusal(x1, x0, method)
    assert (found.reason, found.columns) == ("collinear", (2,))
    few = _refusal(x1[:1, :2], x0[:2, :2], method)
    assert few.reason == "few"


@pytest.mark.parametrize("method", ["dr", "ipw"])
@pytest.mark.parametrize("gap", [0.01, 3.0])
def test_separation_is_told_even_where_numbers_would_come_out(method, gap) -> None:
    x1, x0 = np.arange(10.0)[:, None], -gap - np.arange(10.0)[:, None]
    assert _refusal(x1, x0, method).reason == "overlap"
    # One unit on the other side is enough to have a finite score.
    x0[0, 0] = 5.5
    x1[0, 0] = -4.5
    found = from_changes(
        np.zeros((1, 10)), np.arange(10.0)[None], np.ones(10), np.ones(10),
        x1=x1, x0=x0, method=method,
    )  # fmt: skip
    assert np.isfinite(found.effects).all()
    assert 0.0 < found.largest < 1.0
