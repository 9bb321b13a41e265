"""`extended-twfe` against published numbers and against statsmodels on the whole design matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from published_data import mpdta
from slow_imputation import rollout

from impacteval.errors import NotIdentified
from impacteval.estimators.did.extended_twfe import ExtendedTwfe
from impacteval.estimators.did.imputation import Imputation
from impacteval.sample import Sample
from impacteval.values import Scale


def run(estimator, sample, scale=Scale.DIFFERENCE):
    return estimator.estimate(sample, scale=scale, rng=np.random.default_rng(1))


def sample_of(df, **roles):
    given = {"outcome": "y", "unit": "unit", "period": "period", "adopted": "start", **roles}
    return Sample.from_frame(df, design="did", **given)


def counties(outcome="lemp", **roles):
    df = mpdta()
    df["first_treat"] = df["first_treat"].where(df["first_treat"] > 0)
    df["emp"] = np.exp(df["lemp"])
    return Sample.from_frame(
        df,
        design="did",
        outcome=outcome,
        unit="county",
        period="year",
        adopted="first_treat",
        **roles,
    )


# --- published values -------------------------------------------------------------------------


def test_the_county_minimum_wage_example():
    # mpdta with R 'etwfe'; without covariates, and with lpop and levels of cohorts.
    found = run(ExtendedTwfe(), counties())
    assert found.effect.value == pytest.approx(-0.0477099183, abs=5e-11)
    assert found.effect.std_error == pytest.approx(0.0132649578, abs=6e-11)
    found = run(ExtendedTwfe(effects="cohort"), counties(covariates=["lpop"]))
    assert found.effect.value == pytest.approx(-0.050627, abs=6e-7)
    assert found.effect.std_error == pytest.approx(0.012497, abs=6e-7)


def test_without_covariates_it_is_imputation_where_nothing_is_missing():
    df = rollout(np.random.default_rng(2))
    mine, other = run(ExtendedTwfe(), sample_of(df)), run(Imputation(), sample_of(df))
    assert mine.effect.value == pytest.approx(other.effect.value, rel=1e-10)
    # 192 rows, 32 units; 6 periods and 4 + 3 + 1 cells are counted.
    factor = (32 / 31 * 191 / (192 - 14)) ** 0.5
    assert mine.effect.std_error == pytest.approx(other.effect.std_error * factor, rel=1e-9)
    assert mine.parts["group_time"]["effect"].tolist() == pytest.approx(
        other.parts["group_time"]["effect"].tolist(), rel=1e-9
    )


# --- the whole design matrix --------------------------------------------------------------------


def design_of(df, *, level, covariates, weight):
    """Every column spelled out, cells of the served last; and which rows are served."""
    w = df[weight] if weight else pd.Series(1.0, index=df.index)
    cohort = df["start"].fillna(0)
    served = df["period"] >= df["start"]
    parts = [
        pd.get_dummies(df[level].astype(str)),
        pd.get_dummies(df["period"]).iloc[:, 1:].add_prefix("t"),
    ]
    for x in covariates:
        by_period = pd.get_dummies(df["period"]).iloc[:, 1:].mul(df[x], axis=0)
        parts.append(by_period.add_prefix(f"{x}t"))
        if level != "unit" or x == "z":
            parts.append(pd.get_dummies(cohort).mul(df[x], axis=0).add_prefix(f"{x}g"))
    before = sum(part.shape[1] for part in parts)
    cells = df["start"].astype(str) + df["period"].astype(str)
    on = pd.get_dummies(cells.where(served))
    parts.append(on)
    for x in covariates:
        mean = (df[x] * w).groupby(cohort).sum() / w.groupby(cohort).sum()
        parts.append(on.mul(df[x] - cohort.map(mean), axis=0).add_prefix(x))
    columns = pd.concat(parts, axis=1).to_numpy(float)
    return columns, before, served.to_numpy(), w.to_numpy()


CASES = {
    "plain": {},
    "clusters": {"cluster": "place"},
    "weights": {"weight": "w"},
    "fixed covariate": {"covariates": ("slope",)},
    "both covariates": {"covariates": ("slope", "z"), "weight": "w"},
    "levels of cohorts": {"level": "cohort"},
    "levels of cohorts, both": {"level": "cohort", "covariates": ("slope", "z"), "weight": "w"},
}


@pytest.mark.parametrize("lost", [0.0, 0.15], ids=["balanced", "unbalanced"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_least_squares_on_the_whole_design_matrix(case, lost):
    import statsmodels.api as sm

    df = rollout(np.random.default_rng(12), lost=lost)
    df["cohort"] = df["start"].fillna(0).astype(int).astype(str)
    level, weight = case.get("level", "unit"), case.get("weight")
    cluster, covariates = case.get("cluster", "unit"), case.get("covariates", ())
    columns, before, served, w = design_of(df, level=level, covariates=covariates, weight=weight)
    groups = df[cluster].astype("category").cat.codes.to_numpy()
    fit = sm.WLS(df["y"], columns, weights=w).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    share = np.where(served, w, 0.0) / w[served].sum()
    gradient = share @ np.where(np.arange(columns.shape[1]) >= before, columns, 0.0)
    effect = float(gradient @ fit.params)
    rank = np.linalg.matrix_rank(columns)
    nested = df["unit"].nunique() - 1 if level == "unit" else 0
    g, n = len(np.unique(groups)), len(df)
    factor = g / (g - 1) * (n - 1) / (n - (rank - nested))
    error = float(np.sqrt(gradient @ fit.cov_params() @ gradient * factor))

    roles: dict = {"covariates": list(covariates)} if covariates else {}
    if cluster == "place":
        roles["cluster"] = "place"
    if weight:
        roles |= {"weight": "w", "weight_kind": "sampling"}
    found = run(ExtendedTwfe(effects=level), sample_of(df, **roles))
    assert found.effect.value == pytest.approx(effect, rel=1e-8)
    assert found.effect.std_error == pytest.approx(error, rel=1e-8)
    assert found.observed == pytest.approx(float(share @ df["y"]), rel=1e-10)


CURVED = {
    "counts": ("poisson", (), None),
    "counts, weights and a covariate": ("poisson", ("slope",), "w"),
    "counts, a covariate that changes": ("poisson", ("z",), None),
    "shares": ("logit", (), None),
    "shares and a covariate": ("logit", ("slope",), None),
}


@pytest.mark.parametrize("lost", [0.0, 0.15], ids=["balanced", "unbalanced"])
@pytest.mark.parametrize(("model", "covariates", "weight"), CURVED.values(), ids=CURVED)
def test_likelihoods_on_the_whole_design_matrix(model, covariates, weight, lost):
    import statsmodels.api as sm

    rng = np.random.default_rng(13)
    df = rollout(rng, lost=lost)
    df["cohort"] = df["start"].fillna(0).astype(int).astype(str)
    if model == "poisson":
        df["y"] = rng.poisson(np.exp(0.5 + 0.2 * df["y"])).astype(float)
        family = sm.families.Poisson()
    else:
        df["y"] = (1.0 / (1.0 + np.exp(3.5 - df["y"] + rng.normal(size=len(df))))).round(3)
        family = sm.families.Binomial()
    columns, before, served, w = design_of(df, level="cohort", covariates=covariates, weight=weight)
    groups = df["unit"].astype("category").cat.codes.to_numpy()
    # Newton's method by hand: statsmodels has no clustered errors under probability weights.
    beta = np.zeros(columns.shape[1])
    for _ in range(60):
        eta = columns @ beta
        mean = family.link.inverse(eta)
        slope = family.link.inverse_deriv(eta)
        information = columns.T @ (columns * (w * slope)[:, None])
        beta = beta + np.linalg.pinv(information, rcond=1e-12) @ (
            columns.T @ (w * (df["y"] - mean))
        )
    if weight is None:
        plain = sm.GLM(df["y"], columns, family=family).fit()
        np.testing.assert_allclose(plain.fittedvalues, mean, rtol=1e-6)
    score = columns * (w * (df["y"].to_numpy() - mean))[:, None]
    summed = pd.DataFrame(score).groupby(groups).sum().to_numpy()
    bread = np.linalg.pinv(information, rcond=1e-12)
    without = np.where(np.arange(columns.shape[1]) >= before, 0.0, columns)
    share = np.where(served, w, 0.0) / w[served].sum()
    eta0 = without @ beta
    effect = float(share @ (mean - family.link.inverse(eta0)))
    gradient = share @ (
        columns * slope[:, None] - without * family.link.inverse_deriv(eta0)[:, None]
    )
    g, n, rank = len(summed), len(df), np.linalg.matrix_rank(columns)
    factor = g / (g - 1) * (n - 1) / (n - rank)
    error = float(np.sqrt(((summed @ bread @ gradient) ** 2).sum() * factor))

    roles: dict = {"covariates": list(covariates)} if covariates else {}
    if weight:
        roles |= {"weight": "w", "weight_kind": "sampling"}
    found = run(ExtendedTwfe(model=model), sample_of(df, **roles))
    assert found.effect.value == pytest.approx(effect, rel=1e-7)
    assert found.effect.std_error == pytest.approx(error, rel=1e-6)
    relative = run(ExtendedTwfe(model=model), sample_of(df, **roles), Scale.RELATIVE)
    assert relative.effect.value == pytest.approx(
        found.observed / (found.observed - effect) - 1, rel=1e-7
    )


def test_one_start_and_two_periods_give_the_ratio_of_ratios():
    rows = [
        (f"{group}{k}", t, 2 if group == "b" else np.nan, value + k)
        for group, values in {"a": (10.0, 20.0), "b": (4.0, 6.0)}.items()
        for t, value in zip((1, 2), values, strict=True)
        for k in (-1, 0, 1)
    ]
    df = pd.DataFrame(rows, columns=["unit", "period", "start", "y"])
    found = run(ExtendedTwfe(model="poisson"), sample_of(df), Scale.RELATIVE)
    assert found.effect.value == pytest.approx((6 / 4) / (20 / 10) - 1, rel=1e-10)


# --- tables and refusals ------------------------------------------------------------------------


def test_tables_are_averages_of_the_cells():
    df = rollout(np.random.default_rng(5), lost=0.1)
    found = run(ExtendedTwfe(), sample_of(df))
    cells = found.parts["group_time"]
    events = found.parts["event_study"].set_index("event_time").loc[0:]
    times = cells["period"] - cells["cohort"]
    for time, row in events.iterrows():
        own = cells[times == time]
        mean = np.average(own["effect"], weights=own["n_treated"])
        assert row["effect"] == pytest.approx(mean, rel=1e-9)
        assert row["band_high"] > row["high"]
    overall = np.average(cells["effect"], weights=cells["n_treated"])
    assert found.effect.value == pytest.approx(overall, rel=1e-9)


@pytest.mark.parametrize("lost", [0.0, 0.1])
def test_before_the_service_only_untreated_rows_speak(lost):
    df = rollout(np.random.default_rng(5), lost=lost)
    mine, other = (run(e, sample_of(df)).parts for e in (ExtendedTwfe(), Imputation()))
    pd.testing.assert_frame_equal(mine["pre_trend_test"], other["pre_trend_test"], rtol=1e-8)
    events = [parts["event_study"] for parts in (mine, other)]
    before = [e[e["event_time"] < 0].reset_index(drop=True) for e in events]
    pd.testing.assert_frame_equal(*before, rtol=1e-8)
    assert len(before[0]) == 4
    curved = run(ExtendedTwfe(model="poisson"), sample_of(df.assign(y=df["y"].abs())))
    assert "pre_trend_test" not in curved.parts


def refused(estimator, sample):
    with pytest.raises(NotIdentified) as caught:
        run(estimator, sample)
    return caught.value.reason.key


def test_refusals():
    df = rollout(np.random.default_rng(6))
    negative = df.assign(y=df["y"] - 50)
    assert refused(ExtendedTwfe(model="poisson"), sample_of(negative)) == (
        "extended-twfe.wrong-outcome-poisson"
    )
    assert refused(ExtendedTwfe(model="logit"), sample_of(df.assign(y=df["y"].abs()))) == (
        "extended-twfe.wrong-outcome-logit"
    )
    zero = df.assign(y=np.where(df["start"] == 4, (df["period"] >= 4) * 1.0, df["y"].abs()))
    assert refused(ExtendedTwfe(model="poisson"), sample_of(zero)) == "extended-twfe.no-maximum"
    yes = df.assign(y=np.where(df["period"] == 1, 0.0, df["y"] > 4))
    assert refused(ExtendedTwfe(model="logit"), sample_of(yes)) == "extended-twfe.no-maximum"
    served = df.assign(y=np.where(df["period"] >= df["start"], 0.0, df["y"].abs() + 1))
    assert refused(ExtendedTwfe(model="poisson"), sample_of(served, covariates=["slope"])) == (
        "extended-twfe.no-maximum-served"
    )
    assert refused(ExtendedTwfe(effects="cluster"), sample_of(df)) == "did.no-clusters"
    with pytest.raises(ValueError, match="cohorts"):
        ExtendedTwfe(model="poisson", effects="unit")
    twice = df.assign(x=1.0 - 2.0 * df["slope"])
    assert refused(ExtendedTwfe(), sample_of(twice, covariates=["slope", "x"])) == "did.collinear"
    with pytest.raises(ValueError, match="anticipation"):
        ExtendedTwfe(anticipation=-1)
    with pytest.raises(ValueError, match="pre_periods"):
        ExtendedTwfe(pre_periods=0)


def test_served_cells_of_nothing_but_zeros_are_answered():
    # The effect in a served cell needs no coefficient that goes off to minus infinity.
    df = rollout(np.random.default_rng(6))
    df["y"] = np.where(df["period"] >= df["start"], 0.0, df["y"].abs() + 1)
    found = run(ExtendedTwfe(model="poisson"), sample_of(df))
    assert found.observed == 0.0
    assert found.effect.value < 0.0


def test_periods_in_which_all_are_served_are_left_out():
    df = rollout(np.random.default_rng(4), never=0)
    for model in ("linear", "poisson"):
        found = run(ExtendedTwfe(model=model), sample_of(df.assign(y=df["y"].abs())))
        assert found.target.key == "target.imputable-unit-periods"
        assert [p.period for p in found.periods] == [3, 4, 5]
