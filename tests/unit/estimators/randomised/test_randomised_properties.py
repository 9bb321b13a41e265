"""What must follow when the data are changed in a known way."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.lin import Lin
from impacteval.sample import Sample
from impacteval.values import Scale

ESTIMATORS = st.sampled_from([DifferenceInMeans(), Lin(), Lin(variance="hc3")])
ROLES = st.sampled_from(
    [{}, {"stratum": "s"}, {"cluster": "g"}, {"weight": "w"}, {"stratum": "s", "cluster": "g"}]
)
SEEDS = st.integers(0, 10_000)
FAST = settings(deadline=None, max_examples=25)


def frame(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 48
    return pd.DataFrame(
        {
            "u": [f"unit {k:02d}" for k in range(n)],
            "y": rng.gamma(3.0, size=n) + 1,
            "t": np.arange(n) % 2,
            "x": rng.normal(size=n),
            "s": np.arange(n) // 24,
            "g": np.arange(n) // 4,
            "w": rng.uniform(0.5, 2.0, n),
        }
    )


def estimate(estimator, df, scale="difference", **roles):
    sample = Sample.from_frame(
        df, design="rct", outcome="y", treatment="t", unit="u", covariates=["x"], **roles
    )
    return estimator.estimate(sample, scale=Scale(scale), rng=np.random.default_rng(0))


def same(a, b) -> bool:
    return math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-10)


@given(estimator=ESTIMATORS, roles=ROLES, seed=SEEDS, shift=st.floats(-1e4, 1e4))
@FAST
def test_shift_moves_both_means_and_no_difference(estimator, roles, seed, shift) -> None:
    df = frame(seed)
    a, b = estimate(estimator, df, **roles), estimate(estimator, df.assign(y=df.y + shift), **roles)
    assert math.isclose(a.effect.value, b.effect.value, rel_tol=1e-6, abs_tol=1e-8)
    assert math.isclose(a.effect.std_error, b.effect.std_error, rel_tol=1e-6)
    assert math.isclose(b.counterfactual - a.counterfactual, shift, rel_tol=1e-9, abs_tol=1e-8)


@given(estimator=ESTIMATORS, roles=ROLES, seed=SEEDS, factor=st.floats(1e-3, 1e3))
@FAST
def test_scale_multiplies_differences_and_leaves_ratios(estimator, roles, seed, factor) -> None:
    df = frame(seed)
    other = df.assign(y=df.y * factor)
    a, b = estimate(estimator, df, **roles), estimate(estimator, other, **roles)
    assert same(a.effect.value * factor, b.effect.value)
    assert same(a.effect.std_error * factor, b.effect.std_error)
    for scale in ("relative", "standardised"):
        a, b = estimate(estimator, df, scale, **roles), estimate(estimator, other, scale, **roles)
        assert same(a.effect.value, b.effect.value)
        assert same(a.effect.std_error, b.effect.std_error)


@given(estimator=ESTIMATORS, roles=ROLES, seed=SEEDS, scale=st.sampled_from(list(Scale)))
@FAST
def test_row_order_changes_nothing(estimator, roles, seed, scale) -> None:
    df = frame(seed)
    shuffled = df.sample(frac=1, random_state=seed)
    assert estimate(estimator, df, scale, **roles) == estimate(estimator, shuffled, scale, **roles)


@given(estimator=ESTIMATORS, roles=ROLES, seed=SEEDS)
@FAST
def test_swapping_the_arms_turns_the_sign(estimator, roles, seed) -> None:
    df = frame(seed)
    a, b = estimate(estimator, df, **roles), estimate(estimator, df.assign(t=1 - df.t), **roles)
    assert same(a.effect.value, -b.effect.value)
    assert same(a.effect.std_error, b.effect.std_error)
    assert same(a.effect.distribution.df, b.effect.distribution.df)
    assert same(a.observed, b.counterfactual)
    ratio, inverse = (
        estimate(estimator, d, "relative", **roles) for d in (df, df.assign(t=1 - df.t))
    )
    assert same(ratio.effect.distribution.log_ratio, -inverse.effect.distribution.log_ratio)
    assert same(ratio.effect.distribution.scale, inverse.effect.distribution.scale)


@given(roles=ROLES, seed=SEEDS, a=st.floats(0.1, 10), b=st.floats(-100, 100))
@FAST
def test_units_of_a_covariate_change_nothing(roles, seed, a, b) -> None:
    df = frame(seed)
    one, other = estimate(Lin(), df, **roles), estimate(Lin(), df.assign(x=a * df.x + b), **roles)
    assert same(one.effect.value, other.effect.value)
    assert same(one.effect.std_error, other.effect.std_error)


@given(seed=SEEDS, effect=st.floats(-50, 50))
@FAST
def test_a_constant_effect_is_added_exactly(seed, effect) -> None:
    df = frame(seed)
    for estimator in (DifferenceInMeans(), Lin()):
        before = estimate(estimator, df)
        after = estimate(estimator, df.assign(y=df.y + effect * df.t))
        assert math.isclose(after.effect.value, before.effect.value + effect, abs_tol=1e-8)
        assert same(after.effect.std_error, before.effect.std_error)


@given(seed=SEEDS)
@FAST
def test_lin_with_a_useless_intercept_shift_equals_post_stratification(seed) -> None:
    """Indicators of strata as covariates and strata as strata are the same estimate."""
    df = frame(seed).assign(d=lambda f: (f.s == 1) * 1.0)
    sample = Sample.from_frame(df, design="rct", outcome="y", treatment="t", covariates=["d"])
    rng = np.random.default_rng(0)
    adjusted = Lin().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    blocked = estimate(DifferenceInMeans(), df, stratum="s")
    assert same(adjusted.effect.value, blocked.effect.value)
    assert same(adjusted.effect.std_error, blocked.effect.std_error)
    assert same(adjusted.effect.distribution.df, blocked.effect.distribution.df)


@given(seed=SEEDS)
@FAST
def test_equal_weights_and_equal_exposure_are_no_weights(seed) -> None:
    df = frame(seed).assign(one=2.5)
    for estimator in (DifferenceInMeans(), Lin()):
        plain = estimate(estimator, df)
        for kind in ("sampling", "precision"):
            found = estimate(estimator, df.assign(w=2.5), weight="w", weight_kind=kind)
            assert same(found.effect.value, plain.effect.value)
            assert same(found.effect.std_error, plain.effect.std_error)
            assert same(found.effect.distribution.df, plain.effect.distribution.df)
        rate = estimate(estimator, df.assign(y=df.y * 2.5), exposure="one")
        assert same(rate.effect.value, plain.effect.value)
        assert same(rate.effect.std_error, plain.effect.std_error)


@given(estimator=ESTIMATORS, seed=SEEDS, scale=st.sampled_from(list(Scale)))
@FAST
def test_clusters_of_one_change_no_standard_error(estimator, seed, scale) -> None:
    df = frame(seed)
    plain, alone = estimate(estimator, df, scale), estimate(estimator, df, scale, cluster="u")
    assert same(plain.effect.value, alone.effect.value)
    assert same(plain.effect.std_error, alone.effect.std_error)


@pytest.mark.parametrize("estimator", [DifferenceInMeans(), Lin()], ids=lambda e: e.name)
def test_the_generator_is_not_used(estimator) -> None:
    sample = Sample.from_frame(
        frame(1), design="rct", outcome="y", treatment="t", unit="u", covariates=["x"]
    )
    rng = np.random.default_rng(5)
    state = rng.bit_generator.state
    estimator.estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    assert rng.bit_generator.state == state
