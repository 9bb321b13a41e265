"""`imputation` and `two-stage` against published numbers and against dense matrices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from published_data import df_het, mpdta
from slow_imputation import rollout, slow_imputation

from impacteval.errors import NotIdentified
from impacteval.estimators.did.imputation import Imputation
from impacteval.estimators.did.two_stage import TwoStage
from impacteval.sample import Sample
from impacteval.values import Scale


def run(estimator, sample, scale=Scale.DIFFERENCE):
    return estimator.estimate(sample, scale=scale, rng=np.random.default_rng(1))


def sample_of(df, **roles):
    given = {"outcome": "y", "unit": "unit", "period": "period", "adopted": "start", **roles}
    return Sample.from_frame(df, design="did", **given)


@pytest.fixture(scope="module")
def minimum_wage():
    df = mpdta()
    df["first_treat"] = df["first_treat"].where(df["first_treat"] > 0)
    return df


@pytest.fixture(scope="module")
def counties(minimum_wage):
    return Sample.from_frame(
        minimum_wage,
        design="did",
        outcome="lemp",
        unit="county",
        period="year",
        adopted="first_treat",
    )


# --- published values -------------------------------------------------------------------------


def test_the_county_minimum_wage_example(counties):
    # mpdta with did_imputation (R 'didimputation', Stata 'did_imputation') and R 'did2s'.
    found = run(Imputation(), counties)
    assert found.effect.value == pytest.approx(-0.0477099183, abs=5e-11)
    assert found.effect.std_error == pytest.approx(0.0132224886, abs=6e-11)
    found = run(TwoStage(), counties)
    assert found.effect.value == pytest.approx(-0.0477099183, abs=5e-11)
    assert found.effect.std_error == pytest.approx(0.0134784088, abs=6e-11)


def test_two_stages_with_levels_of_states_and_of_units():
    # The vignette of R 'did2s' on its simulated panel.
    df = df_het()
    df["g"] = df["g"].where(df["g"] > 0)
    sample = Sample.from_frame(
        df,
        design="did",
        outcome="dep_var",
        unit="unit",
        period="year",
        adopted="g",
        cluster="state",
    )
    found = run(TwoStage(effects="cluster"), sample)
    assert found.effect.value == pytest.approx(2.152215, abs=6e-7)
    assert found.effect.std_error == pytest.approx(0.047607, abs=6e-7)
    found = run(TwoStage(), sample)
    assert found.effect.value == pytest.approx(2.230482, abs=6e-7)
    assert found.effect.std_error == pytest.approx(0.024709, abs=6e-7)


# --- dense matrices ---------------------------------------------------------------------------

CASES = {
    "plain": {},
    "clusters": {"cluster": "place"},
    "weights": {"weight": "w"},
    "weights and clusters": {"weight": "w", "cluster": "place"},
    "fixed covariate": {"fixed": ("slope",)},
    "changing covariate": {"changing": ("z",)},
    "both, weighted": {"fixed": ("slope",), "changing": ("z",), "weight": "w"},
    "levels of cohorts": {"level": "cohort"},
    "levels of clusters": {"level": "cluster", "cluster": "place", "weight": "w"},
    "levels of cohorts, clusters": {"level": "cohort", "cluster": "place", "fixed": ("slope",)},
    "anticipation": {"anticipation": 1},
}


@pytest.mark.parametrize("lost", [0.0, 0.25], ids=["balanced", "unbalanced"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dense_matrices_give_the_same(case, lost):
    rng = np.random.default_rng(11)
    df = rollout(rng, lost=lost)
    roles: dict = {}
    if "cluster" in case:
        roles["cluster"] = "place"
    if "weight" in case:
        roles |= {"weight": "w", "weight_kind": "sampling"}
    names = [*case.get("fixed", ()), *case.get("changing", ())]
    if names:
        roles["covariates"] = names
    level = case.get("level", "unit")
    df["cohort"] = df["start"].fillna(0).astype(int).astype(str)
    named = {"cluster": "place"}.get(level, level)
    slow = slow_imputation(df, **{**case, "level": named})
    sample = sample_of(df, **roles)
    settings = {"effects": level, "anticipation": case.get("anticipation", 0)}
    found = run(Imputation(**settings), sample)
    assert found.effect.value == pytest.approx(slow.effect, rel=1e-9)
    assert found.observed == pytest.approx(slow.observed, rel=1e-9)
    assert found.effect.std_error == pytest.approx(slow.conservative, rel=1e-9)
    found = run(TwoStage(**settings), sample)
    assert found.effect.value == pytest.approx(slow.effect, rel=1e-9)
    assert found.effect.std_error == pytest.approx(slow.two_stage, rel=1e-9)
    if not lost:
        found = run(Imputation(leave_out=True, **settings), sample)
        assert found.effect.std_error == pytest.approx(slow.leave_out, rel=1e-9)


@pytest.mark.parametrize("lost", [0.0, 0.2])
def test_every_table_is_an_average_of_its_own(lost):
    df = rollout(np.random.default_rng(5), lost=lost)
    found = run(Imputation(), sample_of(df))
    for row in found.parts["group_time"].to_dict("records"):
        slow = slow_imputation(
            df, only=lambda d, r=row: (d["start"] == r["cohort"]) & (d["period"] == r["period"])
        )
        assert row["effect"] == pytest.approx(slow.effect, rel=1e-9)
        assert row["std_error"] == pytest.approx(slow.conservative, rel=1e-9)
        assert row["n_treated"] == slow.rows
        free = (df["period"] == row["period"]) & ~(df["period"] >= df["start"])
        assert row["n_comparison"] == free.sum()
    events = found.parts["event_study"]
    for row in events[events["event_time"] >= 0].to_dict("records"):
        slow = slow_imputation(
            df, only=lambda d, r=row: d["period"] - d["start"] == r["event_time"]
        )
        assert row["effect"] == pytest.approx(slow.effect, rel=1e-9)
        assert row["std_error"] == pytest.approx(slow.conservative, rel=1e-9)
        assert row["high"] - row["effect"] == pytest.approx(1.959964 * row["std_error"], rel=1e-6)
        assert row["band_high"] > row["high"]
        assert row["n"] == slow.rows
    for point in found.periods:
        slow = slow_imputation(df, only=lambda d, p=point: d["period"] == p.period)
        assert point.observed - point.counterfactual == pytest.approx(slow.effect, rel=1e-9)
        assert point.high - point.counterfactual == pytest.approx(
            1.959964 * slow.conservative, rel=1e-6
        )
        assert point.n == slow.rows


# --- before the service -------------------------------------------------------------------------


@pytest.mark.parametrize("roles", [{}, {"cluster": "place"}], ids=["units", "clusters"])
def test_differences_before_the_service_are_those_of_least_squares(roles):
    import statsmodels.api as sm

    df = rollout(np.random.default_rng(3))
    found = run(Imputation(pre_periods=2), sample_of(df, **roles))
    free = df[~(df["period"] >= df["start"])].reset_index(drop=True)
    since = free["period"] - free["start"]
    x = pd.concat(
        [
            pd.get_dummies(free["unit"]),
            pd.get_dummies(free["period"]).iloc[:, 1:],
            (since == -2).rename("m2"),
            (since == -1).rename("m1"),
        ],
        axis=1,
    ).astype(float)
    groups = free[roles.get("cluster", "unit")].astype("category").cat.codes
    fit = sm.OLS(free["y"], x).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    events = found.parts["event_study"]
    before = events[events["event_time"] < 0]
    assert before["event_time"].tolist() == [-2, -1]
    assert before["effect"].tolist() == pytest.approx(fit.params[["m2", "m1"]].tolist(), rel=1e-8)
    assert before["std_error"].tolist() == pytest.approx(fit.bse[["m2", "m1"]].tolist(), rel=1e-8)
    test = found.parts["pre_trend_test"].iloc[0]
    wald = fit.wald_test(np.eye(x.shape[1])[-2:], use_f=False, scalar=True)
    assert test["statistic"] == pytest.approx(float(wald.statistic), rel=1e-8)
    assert test["df"] == 2
    assert test["p_value"] == pytest.approx(float(wald.pvalue), rel=1e-7)


def test_where_all_are_served_in_the_end_fewer_differences_are_told_apart(counties):
    df = rollout(np.random.default_rng(3), never=0)
    found = run(Imputation(), sample_of(df))
    events = found.parts["event_study"]
    # With a level for each unit a common slope of event time is one of calendar time: one
    # further time is given up.
    assert events["event_time"].min() == -3
    found = run(Imputation(), counties)
    assert found.parts["event_study"]["event_time"].tolist() == [-3, -2, -1, 0, 1, 2, 3]


# --- what cannot be answered ------------------------------------------------------------------


def test_what_cannot_be_imputed_is_counted_and_the_target_says_so():
    df = rollout(np.random.default_rng(4), never=0)
    # In the last period everyone is served; one unit was not seen before the service.
    df = df[~((df["unit"] == "u00") & (df["period"] < 3))]
    found = run(Imputation(), sample_of(df), Scale.TOTAL)
    slow = slow_imputation(df)
    assert slow.rows == 8 * 3 + 8 * 2 - 3  # those who start last are not measured at all
    assert found.target.key == "target.imputable-unit-periods"
    assert (found.target.values["rows"], found.target.values["served"]) == (slow.rows, 64)
    (note,) = [n for n in found.notes if n.key == "did.not-imputable"]
    assert note.values["periods"] == "6"
    assert note.values["units"] == 1
    assert found.effect.value == pytest.approx(slow.effect * slow.rows, rel=1e-9)
    assert [p.period for p in found.periods] == [3, 4, 5]


def test_periods_that_no_unserved_unit_links_are_not_bridged():
    # Half the units are seen in 1 and 2 alone, half in 3 and 4 alone: levels of the one half say
    # nothing about the other, and each half is answered from its own periods.
    df = rollout(np.random.default_rng(8))
    odd = df["unit"].str[-1].astype(int) % 2 == 1
    df = df[(odd & (df["period"] <= 3)) | (~odd & (df["period"] >= 4))]
    slow = slow_imputation(df)
    found = run(Imputation(), sample_of(df))
    assert found.effect.value == pytest.approx(slow.effect, rel=1e-9)
    assert found.effect.std_error == pytest.approx(slow.conservative, rel=1e-9)
    assert found.target.values["rows"] == slow.rows


def refused(estimator, sample):
    with pytest.raises(NotIdentified) as caught:
        run(estimator, sample)
    return caught.value.reason.key


def test_refusals():
    df = rollout(np.random.default_rng(6))
    assert refused(Imputation(effects="cluster"), sample_of(df)) == "did.no-clusters"
    same = df.assign(x=df["period"] * 2.0)
    assert refused(Imputation(), sample_of(same, covariates=["x"])) == "did.collinear"
    flat = df.assign(x=3.0)
    assert refused(TwoStage(), sample_of(flat, covariates=["x"])) == "did.collinear"
    twice = df.assign(x=1.0 - 2.0 * df["slope"])
    assert refused(Imputation(), sample_of(twice, covariates=["slope", "x"])) == "did.collinear"
    alone = df[(df["start"] != 3) | (df["unit"] == "u08")]
    assert refused(Imputation(leave_out=True), sample_of(alone)) == "did.single-leave-out"
    notes = [n.key for n in run(Imputation(), sample_of(alone)).notes]
    assert "did.single-unit-cohorts" in notes
    everyone = df[df["start"].notna()]
    assert refused(Imputation(anticipation=5), sample_of(everyone)) == "did.nothing-untreated"
    late = df[df["start"].isna() | (df["period"] >= 3)]
    late = late[late["start"].isna() | (late["start"] == 4)]
    late = late[late["start"].isna() | (late["period"] >= 4)]
    never = refused(Imputation(), sample_of(late))
    assert never in ("did.nobody-served", "did.nothing-imputable")
    with pytest.raises(ValueError, match="anticipation"):
        Imputation(anticipation=-1)
    with pytest.raises(ValueError, match="pre_periods"):
        TwoStage(pre_periods=0)


def test_cross_sections_take_levels_of_cohorts_and_say_so():
    df = rollout(np.random.default_rng(7))
    df["cohort"] = df["start"].fillna(0).astype(int).astype(str)
    df["unit"] = [f"r{i:03d}" for i in range(len(df))]
    slow = slow_imputation(df, level="cohort")
    found = run(Imputation(), sample_of(df))
    assert found.effect.value == pytest.approx(slow.effect, rel=1e-9)
    assert found.effect.std_error == pytest.approx(slow.conservative, rel=1e-9)
    assert "A level of each cohort" in str(found.method)
    assert found.event_study is None


# --- two ways to the same ---------------------------------------------------------------------


@pytest.mark.parametrize("never", [8, 0], ids=["some never", "all in the end"])
@pytest.mark.parametrize("anticipation", [0, 1])
@pytest.mark.parametrize("estimator", [Imputation, TwoStage])
def test_the_closed_form_of_balanced_panels_is_what_any_panel_gets(
    estimator, anticipation, never, monkeypatch
):
    from impacteval.estimators.did import imputation, two_stage

    sample = sample_of(rollout(np.random.default_rng(9), never=never))
    made = estimator(anticipation=anticipation)
    for scale in Scale:
        short = run(made, sample, scale)
        with monkeypatch.context() as patch:
            for module in (imputation, two_stage):
                patch.setattr(module, "closed", lambda panel, effects: False)
            long = run(made, sample, scale)
        np.testing.assert_allclose(
            short.influence.values, long.influence.values, rtol=0, atol=1e-12
        )
        np.testing.assert_allclose(
            short.influence.means.observed, long.influence.means.observed, rtol=0, atol=1e-12
        )
        assert short.effect.value == pytest.approx(long.effect.value, rel=1e-11)
        assert [n.key for n in short.notes] == [n.key for n in long.notes]
        assert short.target == long.target
        for name in ("group_time", "event_study", "pre_trend_test", "cohorts"):
            pd.testing.assert_frame_equal(
                short.parts[name], long.parts[name], rtol=1e-8, atol=1e-12
            )
        for one, other in zip(short.periods, long.periods, strict=True):
            assert one.n == other.n
            assert one.low == pytest.approx(other.low, rel=1e-10)
