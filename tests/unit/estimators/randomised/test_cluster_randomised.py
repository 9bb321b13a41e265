"""`cluster-randomised` by hand, by slower ways, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import TestInversion
from impacteval.estimators.randomised.cluster_randomised import ClusterRandomised
from impacteval.estimators.randomised.clusters import intraclass
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.sample import Sample
from impacteval.values import Scale

ROLES = {"design": "rct", "outcome": "y", "treatment": "t", "cluster": "g"}


def frame(sizes=(5, 9, 4, 12, 7, 6, 15, 8), seed=1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(len(sizes)), sizes)
    t, x = g % 2, rng.normal(size=len(g))
    y = 8 + t + x + rng.normal(size=len(sizes))[g] + rng.normal(size=len(g))
    return pd.DataFrame(
        {
            "y": y,
            "t": t,
            "g": [f"v{k:02d}" for k in g],
            "x": x,
            "z": g // 2 * 1.0,
            "w": rng.uniform(1, 3, len(g)),
            "s": np.where(g < len(sizes) // 2, "north", "south"),
        }
    )


def run(df, scale="difference", settings=None, rng=0, **roles):
    sample = Sample.from_frame(df, **{**ROLES, **roles})
    return ClusterRandomised(**(settings or {})).estimate(
        sample, scale=Scale(scale), rng=np.random.default_rng(rng)
    )


def refused(df, scale="difference", settings=None, **roles) -> str:
    with pytest.raises(NotIdentified) as caught:
        run(df, scale, settings, **roles)
    assert caught.value.reason.text.fr != caught.value.reason.text.en
    return caught.value.reason.key


# --- values -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", list(Scale))
@pytest.mark.parametrize("variance", ["cr2", "cr1", "cr3"])
@pytest.mark.parametrize("roles", [{}, {"stratum": "s"}], ids=["plain", "strata"])
def test_without_covariates_it_is_the_difference_in_means_clustered(scale, variance, roles):
    sample = Sample.from_frame(frame(), **ROLES, **roles)
    rng = np.random.default_rng(0)
    ours = ClusterRandomised(variance=variance).estimate(sample, scale=scale, rng=rng)
    name = variance.replace("cr", "hc")
    other = DifferenceInMeans(variance=name).estimate(sample, scale=scale, rng=rng)
    assert ours.effect == other.effect
    assert ours.influence.values == pytest.approx(other.influence.values, rel=1e-10)


def test_strata_with_unequal_shares_are_averaged_by_size():
    """A regression with one level a stratum weighs them by size times share times its rest."""
    df = frame(sizes=(10,) * 16, seed=3)
    k = df.g.str[1:].astype(int)
    df["s"] = np.where(k < 8, "north", "south")
    df["t"] = ((k % 8 >= 6) | ((k >= 8) & (k % 8 >= 4))).astype(int)  # 2 of 8, then 4 of 8
    df["y"] = df.y + 10 * (df.s == "south") + 5 * df.t * (df.s == "south")
    df = df[(df.s == "north") | (df.index % 10 < 5)]  # the south is half as large
    found = run(df, stratum="s")
    means = df.groupby(["s", "t"]).y.mean()
    north, south = (means[s][1] - means[s][0] for s in ("north", "south"))
    assert found.effect.value == pytest.approx((2 * north + south) / 3, rel=1e-12)
    dummies = np.column_stack([df.t, df.s == "north", df.s == "south"]).astype(float)
    one_level = np.linalg.lstsq(dummies, df.y.to_numpy(), rcond=None)[0][0]
    assert abs(one_level - found.effect.value) > 0.1


def test_an_adjusted_effect_on_every_scale_by_least_squares():
    df = frame()
    x = np.column_stack([np.ones(len(df)), df.t, df.x, df.z])
    b = np.linalg.lstsq(x, df.y.to_numpy(), rcond=None)[0]
    at = np.array([df.x.mean(), df.z.mean()]) @ b[2:]
    m0, m1 = b[0] + at, b[0] + b[1] + at
    expected = {
        "difference": m1 - m0,
        "relative": m1 / m0 - 1,
        "total": (m1 - m0) * df.t.sum(),
        "standardised": (m1 - m0) / df.y[df.t == 0].std(),
    }
    for scale, value in expected.items():
        found = run(df, scale, covariates=["x", "z"])
        assert found.effect.value == pytest.approx(value, rel=1e-10)
        assert (found.observed, found.counterfactual) == pytest.approx((m1, m0), rel=1e-10)
    table = found.parts["coefficients"]
    assert table.term.tolist() == ["intercept", "t", "x", "z"]
    assert table.estimate.to_numpy() == pytest.approx(b, rel=1e-9)


def test_means_of_clusters_by_size_are_the_individuals_and_as_one_a_mean_of_means():
    df = frame()
    plain, means = run(df), run(df, settings={"analysis": "cluster_means"})
    assert means.effect == plain.effect  # the working model of both is the same
    m = df.groupby("g")[["y", "t"]].mean()
    arms = [m.y[m.t == arm] for arm in (0, 1)]
    error = math.sqrt(sum(a.var() / len(a) for a in arms))
    for analysis in ("individual", "cluster_means"):
        found = run(df, settings={"analysis": analysis, "target": "cluster"})
        assert found.effect.value == pytest.approx(arms[1].mean() - arms[0].mean(), rel=1e-12)
        assert found.effect.std_error == pytest.approx(error, rel=1e-10)
        assert found.effect.distribution.df == pytest.approx(6.0)  # equal arms of four
        assert found.target.key == "target.every-cluster"
        assert found.n_treated == df.t.sum()


def test_means_of_clusters_adjust_for_means_of_covariates():
    df = frame()
    m = df.groupby("g").agg(y=("y", "mean"), t=("t", "mean"), x=("x", "mean"), n=("y", "size"))
    root = np.sqrt(m.n.to_numpy())
    x = np.column_stack([np.ones(8), m.t, m.x]) * root[:, None]
    b = np.linalg.lstsq(x, m.y.to_numpy() * root, rcond=None)[0]
    found = run(df, covariates="x", settings={"analysis": "cluster_means"})
    assert found.effect.value == pytest.approx(b[1], rel=1e-10)


def test_treated_places_are_clusters_when_each_lies_in_one_arm():
    df = frame()
    assert run(df).treated_clusters == 4
    assert run(df, assignment_cluster="g").treated_clusters == 4
    df["t"] = np.arange(len(df)) % 2
    found = run(df)
    assert found.treated_clusters == df.t.sum()
    assert "cluster.both-arms" in {note.key for note in found.notes}


def test_few_clusters_in_an_arm_are_told():
    keys = {note.key for note in run(frame()).notes}
    assert "cluster.few-in-an-arm" in keys
    many = frame(sizes=(5, 9, 4, 12, 7, 6) * 2)
    assert "cluster.few-in-an-arm" not in {note.key for note in run(many).notes}


def test_intraclass_correlation_by_the_textbook():
    """Donner and Klar (2000), by loops: mean squares of an analysis of variance within arms."""
    df = frame()
    found = intraclass(df.y.to_numpy(), df.t.to_numpy(), df.g.str[1:].astype(int).to_numpy())
    between = within = lost = 0.0
    for _, arm in df.groupby("t"):
        sizes = [len(c) for _, c in arm.groupby("g")]
        lost += sum(n * n for n in sizes) / len(arm)
        for _, c in arm.groupby("g"):
            between += len(c) * (c.y.mean() - arm.y.mean()) ** 2
            within += ((c.y - c.y.mean()) ** 2).sum()
    between, within = between / (8 - 2), within / (len(df) - 8)
    n0 = (len(df) - lost) / (8 - 2)
    icc = (between - within) / (between + (n0 - 1) * within)
    assert found.icc == pytest.approx(icc, rel=1e-12)
    sizes = df.groupby("g").size()
    cv = sizes.std() / sizes.mean()
    effect = 1 + ((1 + cv**2) * sizes.mean() - 1) * icc
    assert found.design_effect == pytest.approx(effect, rel=1e-12)
    (row,) = run(df).parts["intraclass"].to_dict("records")
    assert (row["icc"], row["size_cv"]) == pytest.approx((icc, cv))
    assert (row["clusters"], row["with_programme"], row["assigned_whole"]) == (8, 4, True)


def test_equal_clusters_of_one_unit_have_no_correlation_to_tell():
    df = frame(sizes=(1,) * 12)
    found = run(df)
    assert math.isnan(found.parts["intraclass"].icc[0])
    assert found.effect.std_error > 0


def test_frequency_weights_are_rows_written_again():
    df = frame()
    df["f"] = 1 + np.arange(len(df)) % 3
    longer = df.loc[df.index.repeat(df.f)]
    for settings in ({}, {"target": "cluster"}, {"analysis": "cluster_means"}):
        a = run(df, settings=settings, weight="f", weight_kind="frequency", covariates="x")
        b = run(longer, settings=settings, covariates="x")
        assert a.effect.value == pytest.approx(b.effect.value, rel=1e-10)
        assert a.effect.std_error == pytest.approx(b.effect.std_error, rel=1e-9)
        assert a.parts["intraclass"].icc[0] == pytest.approx(b.parts["intraclass"].icc[0])


# --- the wild bootstrap -----------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["difference", "relative", "total"])
@pytest.mark.parametrize("settings", [{}, {"analysis": "cluster_means"}, {"target": "cluster"}])
def test_wild_sets_hold_the_nulls_whose_p_value_exceeds_one_minus_the_level(scale, settings):
    if scale == "total" and settings.get("target"):
        return
    found = run(frame(), scale, {"variance": "wild", **settings}, covariates="x")
    effect = found.effect
    assert isinstance(effect.distribution, TestInversion)
    assert effect.std_error == pytest.approx(found.influence.std_error, rel=1e-9)
    for side, tail in (("two", "two"), ("lower", "greater"), ("upper", "less")):
        for level in (0.5, 0.8, 0.9, 0.95, 0.99):
            inside = effect.interval(level, side)
            for null in effect.value + effect.std_error * np.linspace(-9, 9, 61):
                held = any(low <= null <= high for low, high in inside.pieces)
                assert held == (effect.p_value(null, tail) > round(1 - level, 12))
    assert effect.p_value(effect.value) == 1.0


def test_wild_of_a_total_is_the_difference_times_those_served():
    df = frame()
    settings = {"variance": "wild"}
    one, total = run(df, settings=settings), run(df, "total", settings)
    served = float(df.t.sum())
    for null in (-1.0, 0.0, 0.5, 2.0):
        assert total.effect.p_value(null * served + 1e-7) == one.effect.p_value(
            null + 1e-7 / served
        )


def test_wild_relative_effects_end_where_nothing_is_left():
    df = frame()
    df["y"] = np.abs(df.y - 7.5) ** 3 + 0.01
    effect = run(df, "relative", {"variance": "wild"}).effect
    assert effect.interval(0.999).low >= -1.0
    assert [effect.p_value(-1.5, tail) for tail in ("two", "greater", "less")] == [0.0, 0.0, 1.0]


def test_beyond_the_patterns_of_eight_clusters_a_wild_interval_has_no_end():
    effect = run(frame(), settings={"variance": "wild"}).effect
    # 256 patterns, two of which are always as extreme as what was observed.
    assert math.isfinite(effect.interval(0.9).high)
    beyond = effect.interval(0.995)
    assert (beyond.low, beyond.high) == (-math.inf, math.inf)
    assert beyond.note is not None


def test_four_clusters_are_too_few_for_a_wild_interval_at_95():
    found = run(frame(sizes=(5, 9, 4, 12)), settings={"variance": "wild"})
    assert len(found.parts["wild_bootstrap"]) == 1
    assert found.effect.p_value(1e9) == 2 / 16
    assert not found.effect.interval(0.95).bounded
    (period,) = found.periods
    assert math.isnan(period.low)
    assert math.isnan(period.high)


def test_wild_depends_on_the_seed_only_where_it_draws_and_never_on_the_order_of_rows():
    df, settings = frame(sizes=(4, 7, 5, 9) * 4), {"variance": "wild", "draws": 199}
    first = run(df, settings=settings)
    shuffled = run(df.sample(frac=1.0, random_state=3), settings=settings)
    assert shuffled.effect.interval(0.9).low == pytest.approx(first.effect.interval(0.9).low)
    assert run(df, settings=settings, rng=1).effect != first.effect
    few = frame()
    assert run(few, settings=settings).effect == run(few, settings=settings, rng=1).effect


def test_wild_tells_how_it_was_done():
    found = run(frame(), settings={"variance": "wild"})
    (row,) = found.parts["wild_bootstrap"].to_dict("records")
    assert (row["draws"], row["every_pattern"]) == (256, True)
    assert row["p_value"] == found.effect.p_value(0.0)
    assert row["statistic"] == pytest.approx(found.effect.value / row["std_error"])
    assert not found.parts["conventions"].used.any()
    (period,) = found.periods
    band = found.effect.interval(0.95)
    assert (period.low, period.high) == pytest.approx(
        (period.observed - band.high, period.observed - band.low)
    )


# --- refusals ---------------------------------------------------------------------------------


def test_what_it_cannot_answer():
    df = frame()
    assert refused(df, cluster=None) == "cluster.none"
    assert refused(df, "total", {"target": "cluster"}) == "cluster.no-total"
    assert refused(df, "standardised", {"variance": "wild"}) == "cluster.wild-standardised"
    df["twice"] = 2 * df.t + 1
    assert refused(df, covariates=["x", "twice"]) == "cluster.collinear"
    mixed = df.assign(t=np.arange(len(df)) % 2)
    assert refused(mixed, settings={"analysis": "cluster_means"}) == "cluster.not-whole"


def test_covariates_that_leave_clusters_alone():
    df = frame()
    for k in range(6):
        df[f"c{k}"] = (df.g == f"v{k:02d}").astype(float)
    columns = [f"c{k}" for k in range(6)]
    means = {"analysis": "cluster_means"}
    assert refused(df, covariates=columns, settings=means) == "cluster.too-many-coefficients"
    # One cluster is left to say what the programme does without the covariates.
    assert refused(df, covariates=["c1", "c3", "c5"]) == "randomised.one-cluster-decides"
    assert refused(df, covariates=["c1"], weight="w") == "randomised.one-cluster-decides"


def test_a_slope_within_one_cluster_has_no_error_and_leaves_the_effect_alone():
    df = frame()
    df["only"] = np.where(df.g == "v03", np.arange(len(df)) % 2 - 0.5, 0.0)
    found = run(df, covariates=["only"])
    (row,) = found.parts["coefficients"].query("term == 'only'").to_dict("records")
    assert math.isnan(row["std_error"])
    assert math.isnan(row["df"])
    assert found.effect.value == pytest.approx(run(df).effect.value, rel=1e-10)


def test_settings_that_mean_nothing():
    with pytest.raises(UsageError, match="draws 10 is too few"):
        ClusterRandomised(draws=10)


def test_the_frame_is_left_alone():
    df = frame()
    before = pd.util.hash_pandas_object(df).sum()
    run(df, settings={"variance": "wild"}, covariates="x", weight="w", stratum="s")
    assert pd.util.hash_pandas_object(df).sum() == before
