"""Both estimators against a second, slow implementation, on every scale and with every role."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import slow_trials as slow

from impacteval.estimates import CounterfactualEstimate, LogRatioT, StudentT
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.lin import Lin
from impacteval.sample import Sample
from impacteval.values import Scale

BOTH = [DifferenceInMeans(), Lin()]


def frame(n: int = 60, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.normal(size=n)
    t = (np.arange(n) % 5 < 2).astype(int)
    return pd.DataFrame(
        {
            "y": 8 + t * (1 + 0.5 * x) + x + rng.normal(size=n) * (1 + t),
            "t": t,
            "x": x,
            "z": z,
            "s": np.array(["a", "b", "c"])[np.arange(n) * 3 // n],
            "w": rng.uniform(0.5, 3.0, n),
            "f": rng.integers(1, 4, n),
            "e": rng.uniform(0.5, 2.0, n),
            "g": np.arange(n) // 5,
        }
    )


def estimate(df, estimator=None, scale="difference", **roles) -> CounterfactualEstimate:
    roles = {"outcome": "y", "treatment": "t", "design": "rct", **roles}
    sample = Sample.from_frame(df, **roles)
    return (estimator or DifferenceInMeans()).estimate(
        sample, scale=Scale(scale), rng=np.random.default_rng(0)
    )


def test_difference_in_means() -> None:
    df = frame()
    found = estimate(df)
    value, error, degrees = slow.difference_in_means(df.y, df.t)
    assert found.effect.value == pytest.approx(value, rel=1e-12)
    assert found.effect.std_error == pytest.approx(error, rel=1e-12)
    assert found.effect.distribution.df == pytest.approx(degrees, rel=1e-10)


def test_blocked() -> None:
    df = frame()
    found = estimate(df, stratum="s")
    value, error, degrees = slow.blocked(list(df.y), list(df.t), list(df.s))
    assert found.effect.value == pytest.approx(value, rel=1e-12)
    assert found.effect.std_error == pytest.approx(error, rel=1e-12)
    assert found.effect.distribution.df == degrees
    strata = found.parts["strata"]
    assert strata.share @ strata.effect == pytest.approx(value, rel=1e-12)
    assert math.sqrt((strata.share**2) @ (strata.std_error**2)) == pytest.approx(error, rel=1e-12)


def test_strata_are_weighted_by_size_not_by_precision() -> None:
    df = pd.DataFrame(
        {
            "y": [0.0, 1, 5, 6, 0, 1, 0, 1, 10, 11],
            "t": [0, 0, 1, 1, 0, 0, 0, 0, 1, 1],
            "s": list("aaaa") + list("bbbbbb"),
        }
    )
    assert estimate(df, stratum="s").effect.value == pytest.approx(0.4 * 5 + 0.6 * 10)


def test_lin() -> None:
    df = frame()
    found = estimate(df, Lin(), covariates=["x", "z"])
    value, error, degrees = slow.lin(df.y, df.t, df[["x", "z"]])
    assert found.effect.value == pytest.approx(value, rel=1e-10)
    assert found.effect.std_error == pytest.approx(error, rel=1e-10)
    assert found.effect.distribution.df == degrees


@pytest.mark.parametrize("kind", ["sampling", "precision"])
def test_weights(kind: str) -> None:
    df = frame()
    found = estimate(df, weight="w", weight_kind=kind)
    value, error = slow.ratio_of_sums(df.y * df.w, df.t, df.w, np.ones(len(df)))
    assert found.effect.value == pytest.approx(value, rel=1e-12)
    assert found.effect.std_error == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize("weighted", [True, False])
def test_exposure(weighted: bool) -> None:
    df = frame()
    roles = {"weight": "w"} if weighted else {}
    found = estimate(df, exposure="e", **roles)
    weight = df.w if weighted else np.ones(len(df))
    value, error = slow.ratio_of_sums(df.y, df.t, df.e, weight)
    assert found.effect.value == pytest.approx(value, rel=1e-12)
    assert found.effect.std_error == pytest.approx(error, rel=1e-12)
    assert any(note.key == "randomised.dispersion" for note in found.notes)
    arms = found.parts["arms"].set_index("arm")
    assert arms.exposure["programme"] == pytest.approx(df.e[df.t == 1].sum())
    assert arms.events["comparison"] == pytest.approx(df.y[df.t == 0].sum())


def test_dispersion_ratio_by_hand() -> None:
    """Pearson's statistic over its degrees of freedom; about one for Poisson counts."""
    df = frame(400)
    df["y"] = np.random.default_rng(4).poisson(3.0 * df.e)
    note = next(n for n in estimate(df, exposure="e").notes if n.key == "randomised.dispersion")
    pearson = 0.0
    for arm in (0, 1):
        own = df[df.t == arm]
        expected = own.y.sum() / own.e.sum() * own.e
        pearson += ((own.y - expected) ** 2 / expected).sum()
    assert note.values["ratio"] == pytest.approx(pearson / 398)
    assert 0.8 < note.values["ratio"] < 1.25


def test_no_events_leave_no_dispersion_to_speak_of() -> None:
    df = frame()
    df.loc[df.t == 1, "y"] = 0.0
    assert estimate(df, exposure="e").notes == ()


@pytest.mark.parametrize("estimator", BOTH, ids=lambda e: e.name)
@pytest.mark.parametrize("scale", list(Scale))
@pytest.mark.parametrize("extra", [{}, {"stratum": "s"}, {"cluster": "g"}, {"exposure": "e"}])
def test_frequency_weights_are_repeated_rows(estimator, scale, extra) -> None:
    df = frame()
    long = df.loc[df.index.repeat(df.f)]
    short = estimate(
        df, estimator, scale, weight="f", weight_kind="frequency", covariates=["x"], **extra
    )
    other = estimate(long, estimator, scale, covariates=["x"], **extra)
    assert short.effect.value == pytest.approx(other.effect.value, rel=1e-9)
    assert short.effect.std_error == pytest.approx(other.effect.std_error, rel=1e-9)
    assert short.effect.distribution.df == pytest.approx(other.effect.distribution.df, rel=1e-8)
    assert (short.n_treated, short.n_comparison) == (other.n_treated, other.n_comparison)
    assert short.treated_clusters == other.treated_clusters
    for name in ("arms", "conventions"):
        pd.testing.assert_frame_equal(short.parts[name], other.parts[name], rtol=1e-8)


class TestScales:
    @pytest.mark.parametrize("estimator", BOTH, ids=lambda e: e.name)
    def test_relative(self, estimator) -> None:
        df = frame()
        found = estimate(df, estimator, "relative", covariates=["x"])
        assert found.effect.value == pytest.approx(found.observed / found.counterfactual - 1)
        assert isinstance(found.effect.distribution, LogRatioT)
        errors = found.parts["arms"].std_error / found.parts["arms"].adjusted_mean
        assert found.effect.distribution.scale == pytest.approx(np.linalg.norm(errors), rel=1e-10)

    @pytest.mark.parametrize("estimator", BOTH, ids=lambda e: e.name)
    def test_total_counts_the_served(self, estimator) -> None:
        df = frame()
        one = estimate(df, estimator, covariates=["x"])
        all_served = estimate(df, estimator, "total", covariates=["x"])
        assert all_served.effect.value == pytest.approx(24 * one.effect.value)
        assert all_served.effect.std_error == pytest.approx(24 * one.effect.std_error)

    def test_total_weighs_the_served(self) -> None:
        df = frame()
        served = df[df.t == 1]
        for roles, size in (
            ({"weight": "w"}, served.w.sum()),
            ({"weight": "w", "weight_kind": "precision"}, len(served)),
            ({"weight": "f", "weight_kind": "frequency"}, served.f.sum()),
            ({"exposure": "e"}, served.e.sum()),
            ({"exposure": "e", "weight": "w"}, (served.e * served.w).sum()),
        ):
            one, total = estimate(df, **roles), estimate(df, scale="total", **roles)
            assert total.effect.value == pytest.approx(size * one.effect.value, rel=1e-12)

    def test_total_with_exposure_is_events(self) -> None:
        """Events of the served minus their exposure times the comparison rate."""
        df = frame()
        served, others = df[df.t == 1], df[df.t == 0]
        expected = served.y.sum() - served.e.sum() * others.y.sum() / others.e.sum()
        assert estimate(df, scale="total", exposure="e").effect.value == pytest.approx(expected)

    @pytest.mark.parametrize("estimator", BOTH, ids=lambda e: e.name)
    def test_standardised_divides_by_the_comparison_group(self, estimator) -> None:
        df = frame()
        one = estimate(df, estimator, covariates=["x"])
        found = estimate(df, estimator, "standardised", covariates=["x"])
        sd = df.y[df.t == 0].std(ddof=1)
        assert found.effect.value == pytest.approx(one.effect.value / sd, rel=1e-12)

    def test_standardised_error_agrees_with_the_bootstrap(self) -> None:
        rng = np.random.default_rng(12)
        t = np.repeat([0, 1], 300)
        df = pd.DataFrame({"y": rng.gamma(4.0, size=600) + 3 * t, "t": t})
        found = estimate(df, scale="standardised")
        y0, y1 = df.y[t == 0].to_numpy(), df.y[t == 1].to_numpy()
        a = rng.choice(y0, (4000, 300))
        b = rng.choice(y1, (4000, 300))
        drawn = (b.mean(axis=1) - a.mean(axis=1)) / a.std(axis=1, ddof=1)
        assert found.effect.std_error == pytest.approx(drawn.std(), rel=0.05)
        # Leaving the spread's own error out would be far off here.
        naive = estimate(df).effect.std_error / y0.std(ddof=1)
        assert abs(naive / drawn.std() - 1) > 0.2

    def test_degrees_follow_the_contrast(self) -> None:
        """On relative each arm's variance counts over its squared mean."""
        df = frame()
        found = estimate(df, scale="relative")
        v = [slow.sample_variance(list(df.y[df.t == a])) / (df.t == a).sum() for a in (0, 1)]
        r = [v[a] / df.y[df.t == a].mean() ** 2 for a in (0, 1)]
        df0, df1 = (df.t == 0).sum() - 1, (df.t == 1).sum() - 1
        expected = (r[0] + r[1]) ** 2 / (r[0] ** 2 / df0 + r[1] ** 2 / df1)
        assert found.effect.distribution.df == pytest.approx(expected, rel=1e-10)


class TestResult:
    @pytest.mark.parametrize("estimator", BOTH, ids=lambda e: e.name)
    @pytest.mark.parametrize("scale", list(Scale))
    def test_period_mirrors_the_difference(self, estimator, scale) -> None:
        df = frame()
        plain = estimate(df, estimator, covariates=["x"]).effect.interval(0.95)
        found = estimate(df, estimator, scale, covariates=["x"])
        (period,) = found.periods
        assert (period.period, period.n, period.level) == ("all", 24, 0.95)
        assert period.observed - period.low == pytest.approx(plain.high)
        assert period.observed - period.high == pytest.approx(plain.low)

    def test_a_single_period_gives_its_label(self) -> None:
        df = frame().assign(year=2019, u=np.arange(60))
        assert estimate(df, unit="u", period="year").periods[0].period == 2019

    @pytest.mark.parametrize("estimator", BOTH, ids=lambda e: e.name)
    @pytest.mark.parametrize("scale", list(Scale))
    def test_influence_is_by_unit_or_cluster(self, estimator, scale) -> None:
        df = frame().assign(u=[f"p{k:02d}" for k in range(60)])
        found = estimate(df, estimator, scale, unit="u", covariates=["x"])
        assert (found.influence.level, len(found.influence.labels)) == ("unit", 60)
        assert found.influence.labels[7] == "p07"
        found = estimate(df, estimator, scale, unit="u", covariates=["x"], cluster="g")
        assert (found.influence.level, len(found.influence.labels)) == ("cluster", 12)
        assert found.influence.std_error == pytest.approx(found.effect.std_error, rel=1e-12)

    def test_influence_gives_the_covariance_of_two_outcomes(self) -> None:
        df = frame()
        df["v"] = df.y * 0.5 + df.z
        df["both"] = df.y + df.v
        a, b, both = (estimate(df, outcome=name) for name in ("y", "v", "both"))
        variance = a.effect.std_error**2 + b.effect.std_error**2
        variance += 2 * a.influence.covariance(b.influence)
        assert math.sqrt(variance) == pytest.approx(both.effect.std_error, rel=1e-10)

    def test_conventions_stand_beside_the_one_used(self) -> None:
        table = estimate(frame()).parts["conventions"].set_index("convention")
        assert list(table.index) == [
            "hc2_welch",
            "hc2_residual",
            "hc1_residual",
            "hc3_residual",
            "classical_residual",
        ]
        assert list(table.used) == [True, False, False, False, False]
        assert table.df["hc2_residual"] == 58
        found = estimate(frame())
        assert table.p_value["hc2_welch"] == pytest.approx(found.effect.p_value())

    @pytest.mark.parametrize("estimator", [DifferenceInMeans, Lin])
    def test_other_variances_are_used_when_asked(self, estimator) -> None:
        df = frame()
        table = estimate(df, estimator(), covariates=["x"]).parts["conventions"]
        table = table.set_index("convention")
        for variance in ("hc1", "hc3"):
            found = estimate(df, estimator(variance=variance), covariates=["x"])
            assert found.effect.std_error == pytest.approx(table.std_error[f"{variance}_residual"])
            assert found.effect.distribution.df == pytest.approx(table.df[f"{variance}_residual"])
            assert dict(found.settings) == {"variance": variance}
            used = found.parts["conventions"].set_index("convention").used
            assert list(used.index[used]) == [f"{variance}_residual"]

    @pytest.mark.parametrize("estimator", [DifferenceInMeans, Lin])
    def test_clusters_change_the_convention(self, estimator) -> None:
        df = frame()
        by_name = estimate(df, estimator(), covariates=["x"], cluster="g").parts["conventions"]
        assert list(by_name.convention) == [
            "cr2_satterthwaite",
            "cr1_clusters",
            "cr3_satterthwaite",
        ]
        found = estimate(df, estimator(variance="hc1"), covariates=["x"], cluster="g")
        assert found.effect.distribution.df == 11
        assert found.effect.std_error == pytest.approx(by_name.std_error[1], rel=1e-12)

    def test_the_method_says_what_was_done_in_both_languages(self) -> None:
        for roles in ({}, {"stratum": "s"}, {"cluster": "g"}, {"weight": "w"}, {"exposure": "e"}):
            for estimator in BOTH:
                for scale in Scale:
                    method = estimate(frame(), estimator, scale, covariates=["x"], **roles).method
                    assert method.text.en.count(".") >= 3
                    assert ("CR2" if "cluster" in roles else "HC2") in method.text.fr

    def test_treated_clusters_count_what_was_assigned(self) -> None:
        df = frame()
        assert estimate(df).treated_clusters == 24
        assert estimate(df, cluster="g").treated_clusters == 24  # people were assigned
        df["t"] = (df.g % 3 == 0).astype(int)
        assert estimate(df, assignment_cluster="g").treated_clusters == 4

    def test_the_same_result_again(self) -> None:
        assert estimate(frame()) == estimate(frame())
        assert estimate(frame()) != estimate(frame(seed=8))


class TestRows:
    def test_unmeasured_units_are_counted_and_left_out(self) -> None:
        df = frame()
        lost = df.copy()
        lost.loc[[0, 1, 2, 3], "y"] = np.nan
        found = estimate(lost, missing_outcome="attrited", covariates=["x"])
        kept = estimate(df.drop(index=[0, 1, 2, 3]), covariates=["x"])
        assert found.effect == kept.effect
        note = next(n for n in found.notes if n.key == "randomised.not-measured")
        assert dict(note.values) == {"programme": 2, "comparison": 2}
        assert "measured" in str(found.target)
        assert found.target.values["units"] == 56

    def test_a_cluster_that_was_lost_entirely_does_not_count(self) -> None:
        lost = frame()
        lost.loc[lost.g == 3, "y"] = np.nan
        found = estimate(lost, missing_outcome="attrited", cluster="g")
        assert 3 not in found.influence.labels
        assert len(found.influence.labels) == 11

    def test_weight_zero_does_not_count(self) -> None:
        df = frame()
        df.loc[[5, 6], "w"] = 0.0
        found = estimate(df, weight="w")
        other = estimate(df.drop(index=[5, 6]), weight="w")
        assert found.effect == other.effect
        assert found.target.values["units"] == 58
        assert any(n.key == "randomised.weight-zero" for n in found.notes)

    def test_the_offer_is_what_is_estimated(self) -> None:
        df = frame().assign(got=lambda d: d.t * (d.x > -1))
        found = estimate(df, treatment=None, assigned="t", received="got")
        assert found.effect == estimate(df).effect
        assert any(n.key == "randomised.offer" for n in found.notes)

    def test_the_coarser_of_two_cluster_levels(self) -> None:
        df = frame()
        df["t"] = (df.g % 3 == 0).astype(int)
        df["district"] = df.g // 3
        one = estimate(df, assignment_cluster="g", cluster="district")
        assert one.effect == estimate(df, cluster="district").effect
        df["room"] = np.arange(60) // 2
        df.loc[df.index % 5 == 4, "room"] = 100 + df.g
        other = estimate(df, assignment_cluster="g", cluster="room")
        assert other.effect == estimate(df, assignment_cluster="g").effect
        assert (one.treated_clusters, other.treated_clusters) == (4, 4)

    def test_few_clusters_are_said(self) -> None:
        df = frame().assign(t=lambda d: (d.g % 6 == 0).astype(int))
        found = estimate(df, assignment_cluster="g")
        assert found.effect.distribution.df < 4
        assert any(n.key == "randomised.few-clusters" for n in found.notes)

    def test_total_over_strata_of_unequal_shares_is_said(self) -> None:
        df = frame()
        assert not estimate(df, scale="total", stratum="s").notes
        df.loc[0, "t"] = 0
        keys = [n.key for n in estimate(df, scale="total", stratum="s").notes]
        assert keys == ["randomised.unequal-shares"]

    def test_distribution_is_students(self) -> None:
        assert isinstance(estimate(frame()).effect.distribution, StudentT)


@pytest.mark.parametrize("estimator", BOTH, ids=lambda e: e.name)
def test_one_arm_without_variation_still_has_an_error(estimator) -> None:
    """Nobody served was reconvicted: the uncertainty is the comparison group's."""
    df = frame()
    df.loc[df.t == 1, "y"] = 0.0
    found = estimate(df, estimator, covariates=["x"])
    if estimator.name == "difference-in-means":
        own = df.y[df.t == 0]
        assert found.effect.std_error == pytest.approx(own.std(ddof=1) / math.sqrt(len(own)))
        assert found.effect.distribution.df == pytest.approx(len(own) - 1)
    assert found.parts["arms"].sd[0] == 0.0
    assert found.effect.std_error > 0
