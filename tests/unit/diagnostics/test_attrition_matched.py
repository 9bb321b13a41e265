"""Loss of people where nobody drew who was served: against statsmodels, planted and not planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from impacteval.diagnostics import attrition
from impacteval.sample import Sample

X = ["school", "age"]


def people(n: int = 1500, *, planted: str = "", seed: int = 1) -> pd.DataFrame:
    """Those with more schooling are served more often, and people of all groups are lost by age.

    ``profile``: the served with little schooling are lost too. ``rate``: the served are lost more often,
    whoever they are.
    """
    rng = np.random.default_rng(seed)
    school, age = rng.normal(11, 2, n), rng.normal(40, 10, n)
    served = (rng.random(n) < 1 / (1 + np.exp(-(school - 11) / 2))).astype(int)
    chance = 0.15 + 0.006 * (age - 40)
    if planted == "profile":
        chance = chance - 0.06 * (school - 12) * served
    if planted == "rate":
        chance = chance + 0.1 * served
    lost = rng.random(n) < np.clip(chance, 0.0, 1.0)
    y = np.where(lost, np.nan, rng.normal(size=n))
    return pd.DataFrame(
        {"served": served, "school": school, "age": age, "y": y, "office": rng.integers(0, 40, n)}
    )


def found_of(df: pd.DataFrame, **roles):
    sample = Sample.from_frame(
        df,
        design="matched",
        outcome="y",
        treatment="served",
        covariates=X,
        missing_outcome="attrited",
        **roles,
    )
    return attrition(sample, limit=0.05)


def interactions(df: pd.DataFrame, **cov):
    z = (df[X] - df[X].mean()) / df[X].std(ddof=0)
    design = pd.concat([df["served"], z, z.mul(df["served"], axis=0).add_suffix("_served")], axis=1)
    return sm.OLS(df["y"].isna().astype(float), sm.add_constant(design)).fit(**cov)


@pytest.mark.parametrize("clustered", [False, True])
def test_against_statsmodels(clustered: bool) -> None:
    df = people(planted="profile")
    cov = (
        {"cov_type": "cluster", "cov_kwds": {"groups": df["office"]}, "use_t": True}
        if clustered
        else {"cov_type": "HC1", "use_t": True}
    )
    found = found_of(df, **({"cluster": "office"} if clustered else {}))
    fit = interactions(df, **cov)
    test = fit.f_test(np.eye(6)[4:])
    together = found.parts["who_together"].iloc[0]
    assert together["df"] == 2
    assert together["statistic"] / 2 == pytest.approx(float(test.fvalue), rel=1e-8)
    assert together["p_value"] == pytest.approx(float(test.pvalue), rel=1e-6)
    lost = df["y"].isna().astype(float)
    plain = sm.OLS(lost, sm.add_constant(df[["served", *X]])).fit(**cov)
    adjusted = found.parts["adjusted"].iloc[0]
    assert adjusted["difference"] == pytest.approx(plain.params["served"], rel=1e-9)
    assert adjusted["std_error"] == pytest.approx(plain.bse["served"], rel=1e-9)
    bare = sm.OLS(lost, sm.add_constant(df[["served"]])).fit(**cov)
    expected = 2 * stats.norm.sf(abs(bare.tvalues["served"]))
    assert found.parts["test"]["p_value"][0] == pytest.approx(expected, rel=1e-8)
    assert found.statistic == pytest.approx(abs(bare.params["served"]), rel=1e-9)


def test_planted_losses_are_found_and_others_are_not() -> None:
    by_profile = found_of(people(planted="profile"))
    assert by_profile.parts["who_together"]["p_value"][0] < 1e-6
    by_rate = found_of(people(planted="rate"))
    assert by_rate.parts["adjusted"]["p_value"][0] < 1e-4
    assert by_rate.parts["who_together"]["p_value"][0] > 0.01
    assert by_rate.status.value == "failed"
    sound = found_of(people())
    assert sound.parts["who_together"]["p_value"][0] > 0.05
    assert sound.parts["adjusted"]["p_value"][0] > 0.05


def test_the_sentence_says_what_a_lot_would_not() -> None:
    found = found_of(people(planted="rate"))
    assert found.explanation.key == "attrition.lost-profile"
    assert found.expected is None
    assert found.chance_sound_fails is None
    assert found.parts["test"]["method"][0] == "normal"


def test_false_alarms_as_often_as_said() -> None:
    # Those who are served differ and people are lost by age alone: nothing to find.
    p = np.array(
        [
            (
                found.parts["who_together"]["p_value"][0],
                found.parts["adjusted"]["p_value"][0],
            )
            for found in (found_of(people(400, seed=s)) for s in range(200))
        ]
    )
    for column in p.T:
        assert abs((column < 0.1).mean() - 0.1) < 3.2 * np.sqrt(0.09 / 200)


def test_nobody_lost_and_no_covariates() -> None:
    whole = people().assign(y=1.0)
    assert found_of(whole).explanation.key == "attrition.nobody"
    df = people(planted="rate")
    sample = Sample.from_frame(
        df,
        design="matched",
        outcome="y",
        treatment="served",
        covariates=["age"],
        missing_outcome="attrited",
    )
    assert attrition(sample).explanation.values["count"] == 1
    flat = df.assign(age=40.0, school=11.0)
    found = found_of(flat)
    assert found.explanation.key == "attrition.lost"
