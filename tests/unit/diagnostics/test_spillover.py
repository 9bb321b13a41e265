"""Spill-over among comparison units: slopes against statsmodels and scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from impacteval.diagnostics import spillover
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.sample import Sample


def people(seed: int = 1, n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    village = np.arange(n) // 5
    near = rng.integers(0, 4, n // 5)[village] / 4.0
    block = village % 2
    y = rng.normal(size=n) + 2.0 * near + block
    return pd.DataFrame(
        {"d": (village // 2) % 2, "village": village, "near": near, "block": block, "y": y}
    )


def sample_of(df: pd.DataFrame, **roles: Any) -> Sample:
    given = {"design": "rct", "outcome": "y", "treatment": "d", "spillover": "near"}
    return Sample.from_frame(df, **(given | roles))


@pytest.mark.parametrize("clustered", [False, True])
def test_slope_and_error_are_those_of_statsmodels(clustered: bool) -> None:
    df = people()
    roles = {"stratum": "block", **({"assignment_cluster": "village"} if clustered else {})}
    found = spillover(sample_of(df, **roles), limit=0.2)
    others = df[df["d"] == 0]
    model = smf.ols("y ~ near + C(block)", others)
    fit = (
        model.fit(cov_type="cluster", cov_kwds={"groups": others["village"]})
        if clustered
        else model.fit(cov_type="HC1")
    )
    test = found.parts.columns("test")
    assert test["slope"][0] == pytest.approx(fit.params["near"], rel=1e-10)
    assert test["std_error"][0] == pytest.approx(fit.bse["near"], rel=1e-10)
    assert test["p_value"][0] == pytest.approx(fit.pvalues["near"], rel=1e-8)
    assert found.statistic == pytest.approx(abs(fit.params["near"]) / others["y"].std(), rel=1e-10)
    assert found.status.value == "failed"
    assert "standard deviations higher" in fill(found.explanation, "en")
    assert "plus élevé de" in fill(found.explanation, "fr")


def test_an_exposure_of_0_or_1_is_a_difference_of_means() -> None:
    df = people().assign(near=lambda t: (t["near"] > 0).astype(float))
    found = spillover(sample_of(df))
    others = df[df["d"] == 0].groupby("near")["y"]
    assert found.parts.columns("test")["slope"][0] == pytest.approx(
        others.mean()[1.0] - others.mean()[0.0], rel=1e-10
    )
    assert found.parts.columns("levels")["mean"] == pytest.approx(tuple(others.mean()))


def test_those_served_do_not_count() -> None:
    df = people()
    other = df.assign(y=df["y"].where(df["d"] == 0, 99.0))
    assert spillover(sample_of(df)).statistic == spillover(sample_of(other)).statistic


def test_a_sound_trial_fails_as_often_as_is_said() -> None:
    rng = np.random.default_rng(5)
    fails, told = [], []
    for _ in range(400):
        df = pd.DataFrame(
            {"d": np.arange(120) % 2, "near": rng.random(120), "y": rng.normal(size=120)}
        )
        found = spillover(sample_of(df), limit=0.5)
        fails.append(found.status.value == "failed")
        told.append(found.chance_sound_fails)
    # 2.6 Monte Carlo standard errors of 400 trials, and 1.5 points for the normal approximation.
    mean = float(np.mean(told))
    assert abs(np.mean(fails) - mean) < 0.015 + 2.6 * np.sqrt(mean * (1 - mean) / 400)


@pytest.mark.parametrize(
    ("change", "roles", "said"),
    [
        ({}, {"spillover": None}, "Nobody stated how near"),
        ({"near": 1.0}, {}, "equally near"),
        ({"y": 3.0}, {}, "do not vary"),
    ],
)
def test_what_cannot_be_told_says_why(change: Any, roles: Any, said: str) -> None:
    found = spillover(sample_of(people().assign(**change), **roles), limit=0.2)
    assert found.status.value == "not_applicable"
    assert said in fill(found.explanation, "en")


def test_a_blind_sample_is_refused() -> None:
    with pytest.raises(UsageError, match="blind"):
        spillover(sample_of(people()).blind)  # type: ignore[arg-type]
