"""Who was lost: slopes against statsmodels, the joint test against every draw."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from impacteval.diagnostics import attrition
from impacteval.diagnostics.randomised import Assignment
from impacteval.diagnostics.who_was_lost import who_was_lost
from impacteval.render.format import fill
from impacteval.sample import Sample


def _people(seed: int, n: int = 240, clusters: int = 0) -> tuple[pd.DataFrame, Assignment]:
    rng = np.random.default_rng(seed)
    block = np.arange(n) % 3
    cluster = np.arange(n) // 6 if clusters else np.arange(n)
    arm = (cluster % 2 == 0) if clusters else rng.permutation(np.arange(n) % 2 == 0)
    block = (cluster // 2) % 3 if clusters else block
    age, priors = rng.normal(40, 9, n), rng.poisson(3, n).astype(float)
    lost = rng.random(n) < 0.1 + 0.004 * (age - 30) * arm
    df = pd.DataFrame(
        {"arm": arm, "block": block, "cluster": cluster, "age": age, "priors": priors, "lost": lost}
    )
    assignment = Assignment(
        arm, block.astype(np.int64), ("a", "b", "c"), cluster.astype(np.int64), np.ones(n)
    )
    return df, assignment


@pytest.mark.parametrize("clusters", [0, 1])
def test_interactions_are_those_of_two_regressions(clusters: int) -> None:
    df, people = _people(1, clusters=clusters)
    x = df[["age", "priors"]].to_numpy()
    found = who_was_lost(df["lost"].to_numpy(), x, ("age", "priors"), people)
    assert found is not None
    for k, name in enumerate(("age", "priors")):
        fits = []
        for side in (True, False):
            part = df[df["arm"] == side]
            design = pd.get_dummies(part["block"]).astype(float).assign(x=part[name])
            kwargs = (
                {"cov_type": "cluster", "cov_kwds": {"groups": part["cluster"]}}
                if clusters
                else {"cov_type": "HC1"}
            )
            fits.append(sm.OLS(part["lost"].astype(float), design).fit(**kwargs))
        value = fits[0].params["x"] - fits[1].params["x"]
        error = np.hypot(fits[0].bse["x"], fits[1].bse["x"])
        assert found.table["interaction"][k] == pytest.approx(value, rel=1e-9)
        assert found.table["std_error"][k] == pytest.approx(error, rel=1e-9)


def test_averages_of_those_lost_and_measured() -> None:
    df, people = _people(2)
    found = who_was_lost(df["lost"].to_numpy(), df[["age"]].to_numpy(), ("age",), people)
    assert found is not None
    means = df.groupby(["lost", "arm"])["age"].mean()
    assert found.table["lost_treated"] == pytest.approx([means[True, True]])
    assert found.table["lost_comparison"] == pytest.approx([means[True, False]])
    assert found.table["measured_treated"] == pytest.approx([means[False, True]])


def test_the_joint_statistic_has_the_mean_of_its_law_over_every_draw() -> None:
    # Over all 70 draws of 4 of 8 the statistic d' V+ d has mean equal to its rank, exactly.
    rng = np.random.default_rng(3)
    lost, x = np.array([1, 1, 1, 0, 1, 0, 0, 1], dtype=bool), rng.normal(size=(8, 2))
    stats, ranks = [], []
    for chosen in itertools.combinations(range(8), 4):
        arm = np.zeros(8, dtype=bool)
        arm[list(chosen)] = True
        people = Assignment(arm, np.zeros(8, dtype=np.int64), ("all",), np.arange(8), np.ones(8))
        found = who_was_lost(lost, x, ("a", "b"), people)
        assert found is not None
        stats.append(found.statistic)
        ranks.append(found.df)
    assert set(ranks) == {2}
    assert np.mean(stats) == pytest.approx(2.0, abs=1e-9)


def test_a_covariate_that_does_not_vary_has_no_slope() -> None:
    df, people = _people(4)
    constant = np.full((len(df), 1), 7.0)
    found = who_was_lost(df["lost"].to_numpy(), constant, ("one",), people)
    assert found is not None
    assert found.table["interaction"] == [None]
    assert found.table["p_value"] == [None]
    assert (found.df, found.p_value) == (0, 1.0)


def test_the_check_says_who_was_lost() -> None:
    df, _ = _people(5)
    df["d"], df["y"] = df["arm"].astype(int), np.where(df["lost"], np.nan, 1.0 + df["age"])
    sample = Sample.from_frame(
        df,
        design="rct",
        outcome="y",
        treatment="d",
        stratum="block",
        covariates=["age", "priors"],
        missing_outcome="attrited",
    )
    found = attrition(sample)
    assert list(found.parts.columns("who")["covariate"]) == ["age", "priors"]
    (p,) = found.parts.columns("who_together")["p_value"]
    assert found.explanation.values["p"] == p
    assert "Taken together, the 2 covariates of those lost" in fill(found.explanation, "en")
    assert "les covariables des personnes perdues diffèrent" in fill(found.explanation, "fr")
