"""Comparisons with a figure and with an earlier period, against statsmodels and scipy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import impacteval as ie
from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.counts.stated import FixedRate, HistoricalBaseline

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(7)
    n = 90
    cluster = np.repeat(np.arange(15), 6)
    return pd.DataFrame(
        {
            "id": [f"p{k:03d}" for k in range(n)],
            "y": 5.0 + rng.gamma(2.0, 1.0, n) + rng.standard_normal(15)[cluster],
            "served": (cluster % 3 == 0).astype(int),
            "site": [f"s{c:02d}" for c in cluster],
        }
    )


def sample(df, **roles):
    return ie.Sample.from_frame(df, design="count", outcome="y", unit="id", **roles)


def test_a_fixed_rate_is_the_one_sample_t_test(people):
    found = FixedRate(rate=6.0).estimate(sample(people), scale="difference", rng=RNG).effect
    test = stats.ttest_1samp(people["y"], 6.0)
    assert found.value == pytest.approx(people["y"].mean() - 6.0)
    assert found.p_value(0.0) == pytest.approx(test.pvalue, rel=1e-10)
    interval = test.confidence_interval(0.9)
    ends = found.interval(0.9)
    assert (ends.low, ends.high) == pytest.approx((interval.low - 6.0, interval.high - 6.0))


def test_on_the_other_scales_the_figure_stays_a_number(people):
    y = people["y"].to_numpy()
    error = y.std(ddof=1) / np.sqrt(len(y))
    relative = FixedRate(rate=6.0).estimate(sample(people), scale="relative", rng=RNG)
    assert relative.effect.value == pytest.approx(y.mean() / 6.0 - 1.0)
    assert relative.effect.std_error == pytest.approx(error / 6.0)
    total = FixedRate(rate=6.0).estimate(sample(people), scale="total", rng=RNG)
    assert total.effect.value == pytest.approx(len(y) * (y.mean() - 6.0))
    assert total.effect.std_error == pytest.approx(len(y) * error)
    assert (total.against, total.n_comparison) == ("figure", 0)


def test_clustered_it_is_the_cr2_regression_on_a_constant(people):
    found = FixedRate(rate=6.0).estimate(
        sample(people, cluster="site"), scale="difference", rng=RNG
    )
    # Equal clusters: the CR2 error of a mean is that of the cluster means, df = clusters - 1.
    means = people.groupby("site")["y"].mean()
    test = stats.ttest_1samp(means, 6.0)
    assert found.effect.std_error == pytest.approx(means.std(ddof=1) / np.sqrt(len(means)))
    assert found.effect.p_value(0.0) == pytest.approx(test.pvalue, rel=1e-9)
    assert found.treated_clusters == 15


def test_unequal_clusters_against_statsmodels_without_the_correction():
    import statsmodels.api as sm

    from impacteval.inference import cluster_cells, fit_cells

    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(6), [2, 3, 5, 8, 13, 4])
    y = rng.standard_normal(len(cluster)) + rng.standard_normal(6)[cluster]
    fit = sm.OLS(y, np.ones(len(y))).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    own = cluster_cells(fit_cells(y, np.zeros(len(y), dtype=np.int64)), cluster, "hc0")
    assert np.sqrt((own.influence(np.ones((1, 1))) ** 2).sum()) == pytest.approx(fit.bse[0])


def test_an_earlier_period_with_its_data_is_welch(people):
    found = HistoricalBaseline().estimate(
        sample(people, treatment="served"), scale="difference", rng=RNG
    )
    served, before = (people.loc[people["served"] == k, "y"] for k in (1, 0))
    test = stats.ttest_ind(served, before, equal_var=False)
    assert found.effect.p_value(0.0) == pytest.approx(test.pvalue, rel=1e-10)
    assert (found.against, found.n_comparison) == ("data", len(before))
    (row,) = found.periods
    assert row.low < row.counterfactual < row.high


@pytest.mark.parametrize("scale", ["difference", "relative", "total", "standardised"])
@pytest.mark.parametrize("clustered", [False, True])
def test_with_its_data_it_has_the_numbers_of_a_trial_and_a_lower_grade(people, scale, clustered):
    from impacteval.report.grade import grade

    roles = {"treatment": "served", **({"cluster": "site"} if clustered else {})}
    found = HistoricalBaseline().estimate(sample(people, **roles), scale=scale, rng=RNG)
    trial = ie.Sample.from_frame(people, design="rct", outcome="y", unit="id", **roles)
    other = ie.estimator("difference-in-means").estimate(trial, scale=scale, rng=RNG)
    assert found.effect.value == pytest.approx(other.effect.value, rel=1e-12)
    assert found.effect.std_error == pytest.approx(other.effect.std_error, rel=1e-10)
    for level in (0.9, 0.95):
        mine, theirs = found.effect.interval(level), other.effect.interval(level)
        assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), rel=1e-9)
    assert grade("count", 15, against=found.against).grade < grade("rct", 15).grade


def test_a_figure_alone_has_no_error_of_its_own(people):
    figure = HistoricalBaseline(baseline=6.0).estimate(sample(people), scale="difference", rng=RNG)
    stated = FixedRate(rate=6.0).estimate(sample(people), scale="difference", rng=RNG)
    assert figure.effect == stated.effect
    assert np.isnan(figure.periods[0].low)
    said = figure.method
    assert said is not None
    assert "chance among those served only" in said.text.en
    assert "que le hasard parmi les personnes accompagnées" in said.text.fr


def bare(**changes):
    df = pd.DataFrame({"id": ["a", "b", "c"], "y": [1.0, 2.0, 4.0]})
    return sample(df.assign(**changes), **{k: k for k in changes})


REFUSED = {
    "counts.too-few": lambda: FixedRate(rate=1.0).estimate(
        sample(pd.DataFrame({"id": ["a"], "y": [1.0]})), scale="difference", rng=RNG
    ),
    "counts.too-few-clusters": lambda: FixedRate(rate=1.0).estimate(
        bare(cluster=["s", "s", "s"]), scale="difference", rng=RNG
    ),
    "counts.no-variation": lambda: FixedRate(rate=1.0).estimate(
        sample(pd.DataFrame({"id": ["a", "b"], "y": [2.0, 2.0]})), scale="total", rng=RNG
    ),
    "counts.relative-not-positive": lambda: FixedRate(rate=0.0).estimate(
        bare(), scale="relative", rng=RNG
    ),
    "counts.no-spread": lambda: HistoricalBaseline(baseline=1.0).estimate(
        bare(), scale="standardised", rng=RNG
    ),
    "counts.constant-baseline": lambda: HistoricalBaseline().estimate(
        sample(
            pd.DataFrame({"id": list("abcd"), "y": [1.0, 1.0, 2.0, 3.0], "t": [0, 0, 1, 1]}),
            treatment="t",
        ),
        scale="standardised",
        rng=RNG,
    ),
    "counts.role-unknown": lambda: FixedRate(rate=1.0).estimate(
        bare(exposure=[1.0, 1.0, 2.0]), scale="difference", rng=RNG
    ),
}


@pytest.mark.parametrize("key", REFUSED)
def test_valid_data_that_cannot_answer_say_why(key):
    with pytest.raises(NotIdentified) as caught:
        REFUSED[key]()
    assert caught.value.reason.key == key


def test_what_is_compared_with_must_be_stated_once():
    with pytest.raises(UsageError, match="none is"):
        FixedRate().estimate(bare(), scale="difference", rng=RNG)
    with pytest.raises(UsageError, match="needs the earlier period"):
        HistoricalBaseline().estimate(bare(), scale="difference", rng=RNG)
    two = bare(treatment=[0, 1, 1])
    with pytest.raises(NotIdentified):
        HistoricalBaseline().estimate(two, scale="difference", rng=RNG)
    four = sample(
        pd.DataFrame({"id": list("abcd"), "y": [1.0, 3.0, 2.0, 3.0], "t": [0, 0, 1, 1]}),
        treatment="t",
    )
    with pytest.raises(UsageError, match="twice"):
        HistoricalBaseline(baseline=1.0).estimate(four, scale="difference", rng=RNG)
    with pytest.raises(UsageError, match="finite"):
        FixedRate(rate=float("inf"))
