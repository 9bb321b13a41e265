"""Are the effects different? Against statsmodels and scipy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.multivariate import test_mvmean as mvmean_test
from statsmodels.stats.oneway import anova_oneway

from impacteval.inference import equal_effects


def trial(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(["a", "b", "c", "d"], [60, 30, 24, 16])
    d = np.arange(group.size) % 2
    return pd.DataFrame({"group": group, "d": d, "y": rng.gamma(2.0, size=group.size) + 0.3 * d})


def by_group(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effect, variance and Welch's degrees of freedom of each group, written out."""
    rows = []
    for _, part in frame.groupby("group"):
        served, others = (part.y[part.d == arm] for arm in (1, 0))
        v1, v0 = served.var(ddof=1) / len(served), others.var(ddof=1) / len(others)
        df = (v1 + v0) ** 2 / (v1**2 / (len(served) - 1) + v0**2 / (len(others) - 1))
        rows.append((served.mean() - others.mean(), v1 + v0, df))
    value, variance, df = np.array(rows).T
    return value, variance, df


def test_walds_statistic_is_that_of_a_regression_with_interactions() -> None:
    frame = trial()
    fit = smf.ols("y ~ d * C(group)", frame).fit(cov_type="HC2")
    terms = ", ".join(f"{name} = 0" for name in fit.params.index if name.startswith("d:"))
    value, variance, df = by_group(frame)
    found = equal_effects(value, np.diag(variance), df)
    wald = fit.wald_test(terms, use_f=False, scalar=True)
    assert found.wald == pytest.approx(float(wald.statistic), rel=1e-9)
    assert found.df_between == 3
    # With every error taken as known, it is the chi-squared test.
    known = equal_effects(value, np.diag(variance), np.full(4, math.inf))
    assert (known.df_within, known.p_value) == (math.inf, pytest.approx(float(wald.pvalue)))


def test_without_shared_people_it_is_welchs_test() -> None:
    """On means, whose degrees of freedom are those of Welch's paper."""
    frame = trial(1)
    parts = [part.y.to_numpy() for _, part in frame.groupby("group")]
    found = equal_effects(
        np.array([y.mean() for y in parts]),
        np.diag([y.var(ddof=1) / len(y) for y in parts]),
        np.array([len(y) - 1.0 for y in parts]),
    )
    peer = anova_oneway(parts, use_var="unequal", welch_correction=True)
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-10)
    assert found.df_within == pytest.approx(peer.df_denom, rel=1e-10)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9)


def test_two_groups_are_satterthwaites_t_test() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=9), rng.normal(0.5, 3.0, size=14)
    found = equal_effects(
        np.array([a.mean(), b.mean()]),
        np.diag([a.var(ddof=1) / 9, b.var(ddof=1) / 14]),
        np.array([8.0, 13.0]),
    )
    peer = stats.ttest_ind(a, b, equal_var=False)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-10)
    assert found.df_within == pytest.approx(peer.df, rel=1e-10)


def test_with_shared_places_it_is_hotellings_test() -> None:
    """The same twelve places measured in three groups: the differences within places."""
    y = np.random.default_rng(3).normal(size=(12, 3)) + np.arange(12)[:, None] / 4
    found = equal_effects(y.mean(axis=0), np.cov(y.T) / 12, np.full(3, 11.0))
    peer = mvmean_test(y[:, 1:] - y[:, :1], np.zeros(2))
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9)
    assert (found.df_between, found.df_within) == (2, 10.0)


def test_with_shared_places_the_fewest_degrees_of_freedom_count() -> None:
    covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
    found = equal_effects(np.array([1.0, 2.0]), covariance, np.array([30.0, 7.0]))
    assert found.df_within == 7.0
    assert found.p_value == pytest.approx(stats.f.sf(1.0 / 2.0, 1, 7))


@pytest.mark.parametrize(
    ("covariance", "degrees"),
    [
        (np.ones((2, 2)), [9.0, 9.0]),  # the same people: their difference has no error
        (np.eye(3) + 0.5, [1.0, 1.0, 1.0]),  # three groups, one degree of freedom
        (np.ones((3, 3)) + np.diag([0.0, 0.0, 1.0]), [9.0, 9.0, 9.0]),
    ],
)
def test_it_says_when_it_cannot_tell(covariance, degrees) -> None:
    values = np.arange(float(len(degrees)))
    assert equal_effects(values, covariance, np.array(degrees)) is None


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_does_not_matter(factor) -> None:
    value, variance, df = by_group(trial(4))
    one = equal_effects(value, np.diag(variance), df)
    other = equal_effects(factor * value, factor**2 * np.diag(variance), df)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-9)
