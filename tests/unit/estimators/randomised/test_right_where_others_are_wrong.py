"""Conventions that move money: which standard error, which distribution, which ratio, whose frame."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit
from scipy.stats import norm, t

from impacteval.estimators.randomised.arms import mean_arms
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.inference import on_scale
from impacteval.registry import entries, estimator
from impacteval.sample import Sample
from impacteval.testing.samples import known_samples
from impacteval.values import Scale


def estimate(df, scale="difference", **roles):
    sample = Sample.from_frame(df, design="rct", outcome="y", treatment="t", **roles)
    return DifferenceInMeans().estimate(sample, scale=Scale(scale), rng=np.random.default_rng(0))


def yes_or_no(a, n1, c, n0) -> pd.DataFrame:
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [a, n1 - a, c, n0 - c])
    return pd.DataFrame({"y": y, "t": np.repeat([1, 1, 0, 0], [a, n1 - a, c, n0 - c])})


def test_hc2_is_neymans_and_is_not_scaled() -> None:
    """s1^2/n1 + s0^2/n0 with unequal arms; a further n/(n - 2) would show at once."""
    df = pd.DataFrame({"y": [3.0, 7, 11, 2, 4, 9, 1, 6], "t": [1, 1, 1, 0, 0, 0, 0, 0]})
    served, others = df.y[df.t == 1], df.y[df.t == 0]
    neyman = math.sqrt(served.var(ddof=1) / 3 + others.var(ddof=1) / 5)
    found = estimate(df)
    assert found.effect.std_error == pytest.approx(neyman, rel=1e-14)
    assert abs(found.effect.std_error / (neyman * math.sqrt(8 / 6)) - 1) > 0.1


def test_intervals_are_students_with_welchs_degrees_not_normal() -> None:
    df = pd.DataFrame({"y": [3.0, 7, 11, 2, 4, 9, 1, 6], "t": [1, 1, 1, 0, 0, 0, 0, 0]})
    found, v1, v0 = estimate(df).effect, 16.0 / 3, df.y[df.t == 0].var(ddof=1) / 5
    degrees = (v1 + v0) ** 2 / (v1**2 / 2 + v0**2 / 4)
    reach = found.interval(0.95).high - found.value
    assert reach == pytest.approx(t.ppf(0.975, degrees) * found.std_error, rel=1e-12)
    assert reach > 1.2 * norm.ppf(0.975) * found.std_error
    one = found.interval(0.95, "lower")
    assert found.value - one.low == pytest.approx(t.ppf(0.95, degrees) * found.std_error, rel=1e-12)


class TestBinaryCountsAndRates:
    def test_risk_difference_by_hand(self) -> None:
        """p (1 - p) / (n - 1) in each arm: 30 of 80 against 45 of 90."""
        found = estimate(yes_or_no(30, 80, 45, 90))
        variance = 0.375 * 0.625 / 79 + 0.25 / 89
        assert found.effect.value == pytest.approx(0.375 - 0.5)
        assert found.effect.std_error == pytest.approx(math.sqrt(variance), rel=1e-12)

    def test_risk_ratio_is_that_of_katz(self) -> None:
        """Katz et al. (1978): (1 - p)/(n p) an arm, here with n - 1."""
        found = estimate(yes_or_no(30, 80, 45, 90), "relative").effect.distribution
        assert found.log_ratio == pytest.approx(math.log(0.75))
        variance = 0.625 / 0.375 / 79 + 0.5 / 0.5 / 89
        assert found.scale == pytest.approx(math.sqrt(variance), rel=1e-12)

    def test_rate_ratio_of_counts_over_exposure(self) -> None:
        """Sums over sums; the error is linearised at the person, not Poisson's."""
        rng = np.random.default_rng(2)
        e = rng.uniform(0.5, 2.0, 300)
        served = np.arange(300) % 2
        frailty = rng.gamma(0.8, 1.25, 300)
        y = rng.poisson(e * frailty * np.where(served, 1.2, 2.0)).astype(float)
        df = pd.DataFrame({"y": y, "t": served, "e": e})
        found = estimate(df, "relative", exposure="e").effect.distribution
        rate, variance, poisson = {}, 0.0, 0.0
        for arm in (0, 1):
            own = df[df.t == arm]
            rate[arm] = own.y.sum() / own.e.sum()
            share = own.e / own.e.sum()
            pull = (own.y - rate[arm] * own.e) / own.e.sum() / rate[arm]
            variance += (pull**2 / (1 - share)).sum()
            poisson += 1 / own.y.sum()
        assert found.log_ratio == pytest.approx(math.log(rate[1] / rate[0]), rel=1e-12)
        assert found.scale == pytest.approx(math.sqrt(variance), rel=1e-12)
        assert found.scale > 1.3 * math.sqrt(poisson)


def test_relative_effects_of_a_40_percent_reduction() -> None:
    """At nominal 90%: the log ratio covers 88 to 92; two usual shortcuts cover 96, and 77 to 81.

    Poisson counts of mean 10 and 6, 60 people an arm, 20,000 trials. One shortcut divides the
    interval of the difference by the comparison mean; the other takes the observed mean as fixed
    and divides by what the interval of the counterfactual leaves.
    """
    rng = np.random.default_rng(20260301)
    r, n = 20_000, 60
    y = np.concatenate([rng.poisson(10.0, (r, n)), rng.poisson(6.0, (r, n))], axis=1) * 1.0
    arms = mean_arms(y, np.repeat([0, 1], n)).arms
    m0, m1 = arms.means[:, 0], arms.means[:, 1]
    log = on_scale(arms, Scale.RELATIVE)
    reach = stdtrit(log.df, 0.95) * log.log_std_error
    ours = np.abs(log.log_ratio - math.log(0.6)) <= reach
    plain = on_scale(arms, Scale.DIFFERENCE)
    half = stdtrit(plain.df, 0.95) * plain.std_error
    low, high = m1 - m0 - half, m1 - m0 + half
    divided = (low / m0 <= -0.4) & (high / m0 >= -0.4)
    fixed = (m1 / (m1 - low) - 1 <= -0.4) & (m1 / (m1 - high) - 1 >= -0.4)
    assert 0.88 <= ours.mean() <= 0.92
    assert 0.95 <= divided.mean() <= 0.97
    assert 0.77 <= fixed.mean() <= 0.81


def fingerprint(frame: pd.DataFrame) -> str:
    """Values, types, order and names of a frame."""
    values = pd.util.hash_pandas_object(frame, index=True).to_numpy().tobytes()
    shape = repr([frame.dtypes.astype(str).to_dict(), list(frame.columns), list(frame.index)])
    return hashlib.sha256(values + shape.encode()).hexdigest()


CASES = [
    (found.name, design, maker)
    for found in entries()
    if found.package == "impacteval"
    for design in estimator(found.name).card.designs
    for maker in known_samples(design)
]


@pytest.mark.parametrize(
    ("name", "design", "maker"), CASES, ids=[f"{n}, {d}, {m.name}" for n, d, m in CASES]
)
def test_the_callers_frame_is_unchanged(name, design, maker) -> None:
    """Hash before, hash after, for every estimator of ours, every known sample and every scale."""
    from impacteval.errors import InputError, NotIdentified

    known = maker(3)
    frame = known.frame()
    before = fingerprint(frame)
    sample = Sample.from_frame(frame, **known.roles)
    own = estimator(name)
    for scale in own.card.scales:
        try:
            own.estimate(sample, scale=scale, rng=np.random.default_rng(0))
        except (NotIdentified, InputError):
            continue
        finally:
            assert fingerprint(frame) == before


def test_the_fingerprint_sees_a_change() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [1.0, 2.0]})
    before = fingerprint(frame)
    for change in (
        lambda f: f.assign(b=[1.0, 3.0]),
        lambda f: f.astype({"a": float}),
        lambda f: f[["b", "a"]],
        lambda f: f.iloc[::-1],
        lambda f: f.rename(columns={"a": "c"}),
    ):
        assert fingerprint(change(frame)) != before
    assert fingerprint(frame.copy()) == before
