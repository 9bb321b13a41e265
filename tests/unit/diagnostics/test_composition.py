"""Changes of who is measured: against regressions of statsmodels, and against draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from roll_outs import panel, sample_of

from impacteval.diagnostics import compositional_change
from impacteval.render.format import fill
from impacteval.sample import Sample


def people(seed: int = 1, more: float = 1.0, older: float = 0.0, places: int = 0) -> pd.DataFrame:
    """Other people in each period; with the service `more` times as many, `older` by so much."""
    rng = np.random.default_rng(seed)
    rows = []
    for start, n in ((None, 60), (2, 30), (3, 40)):
        for t in range(5):
            on = start is not None and t >= start
            count = rng.poisson(n * (1.0 + 0.1 * t) * (more if on else 1.0))
            ages = rng.normal(40.0 + t + older * on, 10.0, count)
            rows.extend((start, t, age) for age in ages.tolist())
    df = pd.DataFrame(rows, columns=["start", "t", "age"]).astype({"start": "float64"})
    df["y"] = rng.normal(size=len(df))
    df["unit"] = [f"r{k:05d}" for k in range(len(df))]
    if places:
        each = df["start"].fillna(9).astype(int).astype(str)
        df["place"] = each + "-" + pd.Series(rng.integers(0, places, len(df))).astype(str)
    return df


def seen(df: pd.DataFrame, **roles: Any) -> Sample:
    return sample_of(df, **({"covariates": ["age"]} | roles))


def test_means_are_held_against_levels_fitted_to_what_was_not_served() -> None:
    df = people()
    found = compositional_change(seen(df))
    on = df["t"] >= df["start"].fillna(99)
    fit = smf.ols("age ~ C(start) + C(t)", df.assign(start=df["start"].fillna(99))[~on]).fit()
    left = df["age"] - fit.predict(df.assign(start=df["start"].fillna(99)))
    spread = df.loc[df["start"].isna() & (df["t"] == 1), "age"].std()
    table = found.parts["changes"].set_index("what")
    assert table.loc["age", "change"] == pytest.approx(left[on].mean() / spread)


def test_with_one_date_the_error_is_that_of_a_regression() -> None:
    """One starting date and two periods: the coefficient on its own, robust to unequal spread."""
    df = people()
    df = df[(df["start"] != 3) & df["t"].isin([1, 2])]
    found = compositional_change(seen(df)).parts["changes"].set_index("what")
    on = (df["t"] >= df["start"].fillna(99)).astype(float)
    fit = smf.ols("age ~ C(start) + C(t) + on", df.assign(start=df["start"].fillna(99), on=on)).fit(
        cov_type="HC0"
    )
    spread = df.loc[df["start"].isna() & (df["t"] == 1), "age"].std()
    n = len(df)
    assert found.loc["age", "change"] == pytest.approx(fit.params["on"] / spread)
    error = fit.bse["on"] / spread * np.sqrt(n / (n - 1))
    assert found.loc["age", "std_error"] == pytest.approx(error)
    counts = df.groupby([df["start"].notna(), "t"]).size()
    log = np.log(counts[True, 2] * counts[False, 1] / (counts[True, 1] * counts[False, 2]))
    assert found.loc["rows", "change"] == pytest.approx(np.expm1(log))
    # The logarithm of an odds ratio: one over each count (Woolf 1955).
    woolf = np.sqrt((1.0 / counts).sum() * n / (n - 1))
    assert found.loc["rows", "std_error"] == pytest.approx(woolf)


def test_more_rows_and_other_people_are_found() -> None:
    found = compositional_change(seen(people(more=1.6)), limit=0.25)
    assert found.status.value == "failed"
    assert found.statistic == pytest.approx(0.6, abs=0.3)
    older = compositional_change(seen(people(older=8.0)), limit=0.4)
    assert older.status.value == "failed"
    assert older.explanation.values["covariate"] == "age"
    assert "standard deviations" in fill(older.explanation, "en")
    assert "écart-type" in fill(older.explanation, "fr")
    alone = compositional_change(seen(people(), covariates=[]))
    assert alone.explanation.key == "composition.rows"
    assert "number of rows measured" in fill(alone.explanation, "en")


def test_sound_studies_fail_as_often_as_is_said() -> None:
    found = [compositional_change(seen(people(seed)), limit=0.2) for seed in range(1000, 1200)]
    p = np.mean([one.chance_sound_fails for one in found])
    assert 0.1 < p < 0.9
    fails = np.mean([one.status.value == "failed" for one in found])
    # 200 draws: within 2.6 Monte Carlo standard errors of the mean chance said.
    assert fails == pytest.approx(p, abs=2.6 * np.sqrt(p * (1 - p) / 200))


def test_people_of_one_place_are_not_independent() -> None:
    together, apart = [], []
    for seed in range(150):
        df = people(seed, places=20)
        rng = np.random.default_rng(seed)
        shock = pd.Series(rng.normal(0.0, 8.0, len(df))).groupby([df["place"], df["t"]]).transform("first")  # fmt: skip
        df["age"] += shock
        for errors, roles in ((together, {"cluster": "place"}), (apart, {})):
            row = compositional_change(seen(df, **roles)).parts["changes"].iloc[1]
            errors.append(row["change"] / row["std_error"])
    # 150 draws know a standard deviation to within 6%; 60 places add about as much.
    assert np.std(together) == pytest.approx(1.0, abs=0.2)
    assert np.std(apart) > 1.25


def test_a_panel_with_gaps_counts_units_that_go() -> None:
    df = panel(2, {None: 40, 3: 40})
    rng = np.random.default_rng(3)
    gone = (df["t"] >= df["start"].fillna(99)) & (rng.random(len(df)) < 0.4)
    found = compositional_change(sample_of(df[~gone]), limit=0.2)
    assert found.status.value == "failed"
    left = df[~gone & (df["t"] >= 3)].groupby("t").size() - 40  # everybody is seen but the served
    mean = np.average(np.log(left / 40.0), weights=left)
    assert found.parts["changes"]["change"].iloc[0] == pytest.approx(np.expm1(mean))
    marked = sample_of(df.assign(y=df["y"].mask(gone)), missing_outcome="attrited")
    assert compositional_change(marked).statistic == pytest.approx(found.statistic)
    assert compositional_change(sample_of(df[~gone]).blind).statistic == found.statistic
    counts = found.parts["rows"].set_index(["cohort", "period"])["n"]
    assert counts[3.0, 0] == 40
    assert counts.sum() == (~gone).sum()


def test_units_served_from_the_beginning_say_nothing() -> None:
    df = people()
    early = people(7, more=5.0)
    early = early[early["start"] == 2].assign(start=0.0, unit=lambda x: "e" + x["unit"])
    both = pd.concat([df, early], ignore_index=True)
    assert compositional_change(seen(both)).statistic == pytest.approx(
        compositional_change(seen(df)).statistic
    )


def test_a_check_that_has_nothing_to_compare_says_why() -> None:
    same = compositional_change(sample_of(panel(1, {None: 5, 2: 5})))
    assert "same units are measured" in fill(same.explanation, "en")
    everybody = people()[lambda x: x["start"] == 2]
    alone = compositional_change(seen(everybody))
    assert "set beside others" in fill(alone.explanation, "en")
    trial = Sample.from_frame(
        pd.DataFrame({"d": [0, 0, 1, 1], "y": [1.0, 2.0, 3.0, 5.0]}),
        design="rct",
        outcome="y",
        treatment="d",
    )
    assert compositional_change(trial).status.value == "not_applicable"
