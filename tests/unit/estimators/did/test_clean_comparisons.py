"""`stacked` and `local-projections` against published programmes, and against regressions on the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from published_data import mpdta

import impacteval as ie
from impacteval.errors import NotIdentified, UsageError
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.testing import did, estimator_checks
from impacteval.values import Scale

LP, STACKED = "local-projections", "stacked"


def run(name: str, sample: Sample, scale: Scale = Scale.DIFFERENCE, **settings: Any) -> Any:
    return ie.estimator(name, **settings).estimate(
        sample, scale=scale, rng=np.random.default_rng(1)
    )


def sample_of(df: pd.DataFrame, **roles: Any) -> Sample:
    given = {"outcome": "y", "unit": "unit", "period": "t", "adopted": "start", **roles}
    return Sample.from_frame(df, design="did", **given)


@pytest.fixture(scope="module")
def counties() -> Sample:
    df = mpdta()
    df["first_treat"] = df["first_treat"].where(df["first_treat"] > 0)
    return sample_of(df, outcome="lemp", unit="county", period="year", adopted="first_treat")


def rollout(seed: int = 1, lost: float = 0.0, weighted: bool = False) -> pd.DataFrame:
    """Growing effects, a covariate that goes with the trend, and clusters of three."""
    rng = np.random.default_rng(seed)
    rows = []
    for u in range(60):
        start = (np.nan, 3.0, 4.0, 6.0)[(u // 3) % 4]
        level, x, place = rng.normal(10.0, 1.0), rng.normal(), u // 3
        w = 1.0 + 2.0 * (u % 2) * weighted
        for t in range(8):
            lift = 0.0 if not t >= start else 1.0 + 0.3 * (t - start)
            y = level + 0.2 * t + 0.1 * t * x + lift + rng.normal(0.0, 0.5)
            rows.append((f"u{u:02d}", f"p{place:02d}", t, start, x, w, y))
    df = pd.DataFrame(rows, columns=["unit", "place", "t", "start", "x", "w", "y"])
    return df[rng.random(len(df)) >= lost]


# --- published programmes -----------------------------------------------------------------------

# pyfixest 0.60, lpdid on the data that it ships (lpdidtestdata1.dta: 2,000 units, 50 periods),
# event study with pre_window=5 and post_window=10: times -5 to -2 and 0 to 10.
EFFECTS = [
    -0.042566, 0.640334, 1.079831, 1.458650, 3.640153, 7.112480, 9.749811, 14.683315, 19.878523,
    28.500379, 34.714405, 42.875076, 53.212087, 62.634182, 72.635834,
]  # fmt: skip
ERRORS = [
    0.948354, 0.958884, 0.896727, 0.826447, 0.794894, 0.909343, 0.957389, 0.969953, 1.013118,
    1.014339, 1.021342, 1.034415, 1.094259, 1.108112, 1.193887,
]  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> Sample:
    pyfixest = pytest.importorskip("pyfixest")
    path = Path(pyfixest.__file__).parent / "did" / "data" / "lpdidtestdata1.dta"
    df = pd.read_stata(path).astype(float)
    df["start"] = df["event_date"].where(df["event_date"] <= df["time"].max())
    return sample_of(df, outcome="Y", period="time")


def test_local_projections_are_those_of_pyfixest(shipped: Sample) -> None:
    found = run(LP, shipped, weighting="variance", before=4, after=10)
    table = found.parts["event_study"].set_index("event_time").drop(index=-1)
    assert table["effect"].tolist() == pytest.approx(EFFECTS, abs=6e-7)
    assert table["std_error"].tolist() == pytest.approx(ERRORS, abs=6e-7)


def test_pooled_local_projections_are_those_of_pyfixest(shipped: Sample) -> None:
    found = run(LP, shipped, weighting="variance", pooled=True, after=10)
    assert found.effect.value == pytest.approx(31.794381, abs=6e-7)
    assert found.effect.std_error == pytest.approx(0.755972, abs=6e-7)


def test_equal_weights_give_the_cells_of_not_yet_treated_controls(counties: Sample) -> None:
    """Dube and others (2025), section 3: reweighted local projections are those cells."""
    mine = run(LP, counties)
    theirs = run("callaway-santanna", counties, control="not_yet", base="universal")
    keys = ["cohort", "period"]
    a = mine.parts["group_time"].set_index(keys)["effect"]
    b = theirs.parts["group_time"].set_index(keys)["effect"]
    # Before the service that method compares with units not served then, this one with those not
    # served at the start.
    after = [key for key in a.index if key[1] >= key[0]]
    assert len(after) == 7
    assert a[after].tolist() == pytest.approx(b[after].tolist(), abs=1e-12)
    assert mine.effect.value == pytest.approx(theirs.effect.value, abs=1e-12)
    assert mine.effect.std_error == pytest.approx(theirs.effect.std_error, rel=0.03)


def test_never_served_controls_give_the_published_cells(counties: Sample) -> None:
    # R 'did' 2.5.0, never-treated, no covariates: -.0399512752 (.0120340128).
    found = run(LP, counties, control="never")
    assert found.effect.value == pytest.approx(-0.0399512752, abs=5e-11)
    assert found.effect.std_error == pytest.approx(0.0120340128, rel=0.03)
    cells = found.parts["group_time"].set_index(["cohort", "period"])["effect"]
    assert cells[2004, 2006] == pytest.approx(-0.1372587389, abs=5e-11)


def test_covariates_are_fitted_to_the_comparison_units(counties: Sample) -> None:
    df = rollout()
    sample = sample_of(df, covariates=["x"])
    mine = run(LP, sample, control="never").parts["group_time"].set_index(["cohort", "period"])
    theirs = run("callaway-santanna", sample, control="never", method="reg", base="universal")
    cells = theirs.parts["group_time"].set_index(["cohort", "period"])
    after = [key for key in mine.index if key[1] >= key[0]]
    assert mine.loc[after, "effect"].tolist() == pytest.approx(cells.loc[after, "effect"].tolist())
    factor = np.sqrt(15 / 14)  # of 15 units on either side: means of few vary by less
    errors = cells.loc[after, "std_error"].to_numpy()
    assert mine.loc[after, "std_error"].tolist() == pytest.approx((errors * factor).tolist(), rel=1e-3)  # fmt: skip


# --- regressions on the rows --------------------------------------------------------------------


def stack(df: pd.DataFrame, before: int, after: int) -> pd.DataFrame:
    """Every starting date with its window, and units not served by its end."""
    parts = []
    for start in (3.0, 4.0, 6.0):
        low, high = start - 1 - before, start + after
        if low < 0 or high > 7:
            continue
        clean = df["start"].isna() | (df["start"] > high)
        part = df[(clean | (df["start"] == start)) & df["t"].between(low, high)].copy()
        whole = part.groupby("unit")["t"].transform("size") == high - low + 1
        part = part[whole]
        part["stack"], part["e"] = start, part["t"] - start
        part["served"] = (part["start"] == start).astype(float)
        parts.append(part)
    return pd.concat(parts)


def weighted_event_study(rows: pd.DataFrame, weight: pd.Series) -> pd.Series:
    """Service by event time, event times and service, weighted: Wing and others' regression."""
    times = sorted(set(rows["e"]) - {-1.0})
    x = pd.DataFrame({"one": 1.0, "served": rows["served"]})
    for e in times:
        x[f"t{e}"] = (rows["e"] == e).astype(float)
        x[f"d{e}"] = x[f"t{e}"] * rows["served"]
    fit = sm.WLS(rows["y"], x, weights=weight).fit()
    return pd.Series({e: fit.params[f"d{e}"] for e in times})


@pytest.mark.parametrize("lost", [0.0, 0.05])
def test_corrective_weights_are_those_of_the_weighted_regression(lost: float) -> None:
    df = rollout(lost=lost)
    rows = stack(df, before=1, after=1)
    counts = rows[rows["e"] == 0].groupby(["stack", "served"])["unit"].nunique().unstack()
    share = counts.div(counts.sum())
    corrective = (share[1.0] / share[0.0])[rows["stack"]].to_numpy()
    weight = pd.Series(np.where(rows["served"] == 1.0, 1.0, corrective), index=rows.index)
    expected = weighted_event_study(rows.reset_index(drop=True), weight.reset_index(drop=True))
    found = run(STACKED, sample_of(df), before=1, after=1)
    table = found.parts["event_study"].set_index("event_time")["effect"].drop(index=-1)
    assert table.tolist() == pytest.approx(expected.tolist())
    assert found.effect.value == pytest.approx(expected[[0.0, 1.0]].mean())


# pyfixest calls pandas in a way that pandas will drop.
@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_variance_weights_are_those_of_the_stacked_regression() -> None:
    df = rollout()
    rows = stack(df, before=1, after=1)
    pf = pytest.importorskip("pyfixest")
    rows["unit_stack"] = rows["unit"] + rows["stack"].astype(str)
    rows["time_stack"] = rows["t"].astype(str) + rows["stack"].astype(str)
    for e, name in ((-2, "m2"), (0, "p0"), (1, "p1")):
        rows[name] = rows["served"] * (rows["e"] == e)
    fit = pf.feols("y ~ m2 + p0 + p1 | unit_stack + time_stack", rows, vcov={"CRV1": "unit"}).tidy()
    found = run(STACKED, sample_of(df), weighting="variance", before=1, after=1)
    table = found.parts["event_study"].set_index("event_time").drop(index=-1)
    assert table["effect"].tolist() == pytest.approx(fit["Estimate"].tolist())
    # Both are CR1; that regression counts all rows of the stack, this one those of each time.
    assert table["std_error"].tolist() == pytest.approx(fit["Std. Error"].tolist(), rel=0.02)


def test_the_average_that_regressions_of_changes_give_has_their_error() -> None:
    """One time since the start: a weighted regression of changes on service and stacks, HC by unit."""
    df = rollout()
    rows = stack(df, before=0, after=0)
    wide = rows.pivot_table(index=["stack", "unit"], columns="e", values="y")
    change = (wide[0.0] - wide[-1.0]).rename("change").reset_index()
    change["served"] = change["unit"].map(df.drop_duplicates("unit").set_index("unit")["start"])
    change["served"] = (change["served"] == change["stack"]).astype(float)
    x = pd.concat([change[["served"]], pd.get_dummies(change["stack"], dtype=float)], axis=1)
    fit = sm.OLS(change["change"], x).fit(
        cov_type="cluster", cov_kwds={"groups": change["unit"].astype("category").cat.codes}
    )
    found = run(STACKED, sample_of(df), weighting="variance", before=0, after=0)
    assert found.effect.value == pytest.approx(fit.params["served"])
    assert found.effect.std_error == pytest.approx(fit.bse["served"], rel=1e-9)


def test_influence_of_means_is_that_of_leaving_units_out() -> None:
    df = rollout(weighted=True)
    sample = sample_of(df, weight="w", cluster="place")
    found = run(LP, sample)
    influence = dict(zip(found.influence.labels, found.influence.values, strict=True))
    moved = {}
    for place in ("p00", "p04", "p08"):  # never served: starting dates stay as large as they are
        rest = run(LP, sample_of(df[df["place"] != place], weight="w", cluster="place"))
        moved[place] = found.effect.value - rest.effect.value
    for place, move in moved.items():
        assert influence[place] == pytest.approx(move, rel=0.35, abs=0.01)


def test_a_mean_base_takes_all_periods_before() -> None:
    df = rollout()
    found = run(LP, sample_of(df), base="mean", control="never")
    wide = df.pivot_table(index="unit", columns="t", values="y")
    start = df.drop_duplicates("unit").set_index("unit")["start"]
    change = wide[5] - wide[[0, 1, 2, 3]].mean(axis=1)
    expected = change[start == 4.0].mean() - change[start.isna()].mean()
    cells = found.parts["group_time"].set_index(["cohort", "period"])["effect"]
    assert cells[4.0, 5] == pytest.approx(expected)
    assert found.event_study is None


def test_pooling_averages_before_it_compares() -> None:
    df = rollout()
    found = run(LP, sample_of(df), pooled=True, after=1)
    wide = df.pivot_table(index="unit", columns="t", values="y")
    start = df.drop_duplicates("unit").set_index("unit")["start"].fillna(99)
    effects, sizes = [], []
    for s in (3, 4, 6):
        change = wide[[s, s + 1]].mean(axis=1) - wide[s - 1]
        effects.append(change[start == s].mean() - change[start > s + 1].mean())
        sizes.append((start == s).sum())
    assert found.effect.value == pytest.approx(np.average(effects, weights=sizes))
    total = run(LP, sample_of(df), Scale.TOTAL, pooled=True, after=1)
    assert total.effect.value == pytest.approx(found.effect.value * 2 * sum(sizes))
    assert "90 of 165" in fill(found.target, "en")


def test_anticipation_moves_the_base_back() -> None:
    df = rollout()
    early = df.assign(y=df["y"] + 1.0 * (df["t"] == df["start"] - 1))
    plain, allowed = (run(n, sample_of(early), anticipation=1) for n in (LP, STACKED))
    assert plain.effect.value == pytest.approx(run(LP, sample_of(df)).effect.value, abs=0.35)
    assert allowed.event_study.reference == -2
    assert plain.event_study.reference == -2
    assert plain.event_study.served[plain.event_study.event_times == -1] == 0.0


def test_windows_are_trimmed_and_that_is_said() -> None:
    df = rollout()
    found = run(STACKED, sample_of(df), before=1, after=2)
    assert any("(6.0)" in fill(n, "en") or "(6)" in fill(n, "en") for n in found.notes)
    assert "90 of 165" in fill(found.target, "en")
    # By default everyone who is served counts, in windows as long as each starting date can have.
    usual = run(STACKED, sample_of(df))
    assert usual.parts["event_study"]["event_time"].tolist() == list(range(-6, 5))
    assert "12" not in fill(usual.target, "en")
    assert usual.effect.value == pytest.approx(run(LP, sample_of(df), control="never").effect.value)
    same = run(LP, sample_of(df), same_units=True)
    assert same.parts["event_study"]["event_time"].tolist() == [-3, -2, -1, 0, 1]
    stacks = run(STACKED, sample_of(df), before=2, after=1)
    assert same.effect.value == pytest.approx(stacks.effect.value)
    everybody = df[df["start"].notna()]
    beside = run(STACKED, sample_of(everybody))
    assert set(beside.parts["group_time"]["cohort"]) == {3, 4}
    with pytest.raises(NotIdentified, match="window"):
        run(STACKED, sample_of(everybody), after=4)


def test_refusals_name_the_reason() -> None:
    df = rollout()
    seen_once = df.assign(unit=[f"r{k:04d}" for k in range(len(df))])
    for name in (LP, STACKED):
        with pytest.raises(NotIdentified, match="follows the same units"):
            run(name, sample_of(seen_once))
        with pytest.raises(NotIdentified, match="anticipation"):
            run(name, sample_of(df), anticipation=6)
        with pytest.raises(UsageError, match="0 or more"):
            ie.estimator(name, after=-1)
    flat = run(LP, sample_of(df.assign(z=(df["start"] == 6.0).astype(float)), covariates=["z"]))
    assert "In some comparisons z does not vary" in fill(flat.notes[-1], "en")
    assert set(flat.parts["group_time"]["cohort"]) == {3, 4}
    with pytest.raises(NotIdentified, match="In every comparison z"):
        run(LP, sample_of(df.assign(z=(df["start"] == 3.0).astype(float)), covariates=["z"]))


SAMPLES = ("staggered", "growing", "clusters", "weights", "unbalanced")


@pytest.mark.parametrize("name", [LP, STACKED])
@pytest.mark.parametrize("maker", SAMPLES)
def test_known_effects_are_recovered(name: str, maker: str) -> None:
    estimates, truths = [], []
    for seed in range(60):
        known = getattr(did, maker)(np.random.default_rng(seed), 0.2)
        found = run(name, Sample.from_frame(known.frame(), **known.roles))
        estimates.append(found.effect.value)
        truths.append(known.truth["difference"])
    error = np.std(estimates) / np.sqrt(60)
    assert np.mean(estimates) == pytest.approx(np.mean(truths), abs=3.5 * error + 0.01)


@pytest.mark.parametrize(
    "check",
    [
        check
        for built in (ie.estimator(LP), ie.estimator(LP, pooled=True), ie.estimator(STACKED))
        for check in estimator_checks(built)
    ],
    ids=str,
)
def test_estimator_contract(check: Any) -> None:
    check()
