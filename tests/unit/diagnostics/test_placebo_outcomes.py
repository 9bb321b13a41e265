"""Effects on outcomes that the service cannot move, against the same estimator run on each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from roll_outs import panel, planned, sample_of
from scipy import stats

from impacteval.diagnostics import Planned, run_diagnostic
from impacteval.diagnostics.placebo_outcomes import comparison_sd
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Message


def with_others(seed: int = 1, lift: float = 0.0) -> pd.DataFrame:
    df = panel(seed, {None: 15, 2: 8, 4: 8})
    rng = np.random.default_rng(seed + 100)
    on = df["t"] >= df["start"].fillna(99)
    df["rain"] = rng.normal(50.0, 5.0, len(df)) + lift * on
    df["births"] = rng.poisson(20.0, len(df)).astype(float)
    return df


def run(df: pd.DataFrame, outcomes: Any = ("rain", "births"), limit: float | None = None) -> Any:
    known = planned(sample_of(df))
    sample = sample_of(df, outcome=["rain", "births"])
    return run_diagnostic(
        "placebo-outcomes", sample, limit=limit, settings={"outcomes": outcomes}, planned=known
    )


def spread(df: pd.DataFrame, outcome: str) -> float:
    return float(df.loc[df["start"].isna() & (df["t"] == 1), outcome].std())


def test_each_outcome_is_estimated_as_the_planned_one() -> None:
    df = with_others()
    found = run(df, limit=0.3)
    table = found.parts["outcomes"].set_index("outcome")
    for outcome in ("rain", "births"):
        alone = planned(sample_of(df, outcome=outcome)).estimate.effect
        assert table.loc[outcome, "effect"] == pytest.approx(alone.value)
        assert table.loc[outcome, "std_error"] == pytest.approx(alone.std_error)
        assert table.loc[outcome, "spread"] == pytest.approx(spread(df, outcome))
    assert found.statistic == pytest.approx(table["std_effect"].abs().max())


def test_a_difference_that_is_not_the_service_is_found() -> None:
    found = run(with_others(lift=20.0), limit=0.5)
    assert found.status.value == "failed"
    assert found.statistic == pytest.approx(4.0, abs=1.2)
    assert "standard deviations (rain)" in fill(found.explanation, "en")
    assert "écart-type (rain)" in fill(found.explanation, "fr")
    assert run(with_others(), limit=1.0).status.value == "passed"


def test_one_outcome_alone_has_the_chance_of_a_normal() -> None:
    df = with_others()
    found = run(df, "rain", limit=0.3)
    error = found.parts["outcomes"]["std_error"].iloc[0] / spread(df, "rain")
    assert found.chance_sound_fails == pytest.approx(2 * stats.norm.sf(0.3 / error))
    assert found.expected == pytest.approx(error * np.sqrt(2 / np.pi))


def test_outcomes_that_are_the_same_twice_count_once() -> None:
    df = with_others().assign(births=lambda x: 2 * x["rain"])
    one, two = run(df, "rain", limit=0.3), run(df, limit=0.3)
    assert two.statistic == pytest.approx(one.statistic)
    # 20,000 draws stand behind the second: 2.6 Monte Carlo standard errors are 0.0092 at most.
    assert two.chance_sound_fails == pytest.approx(one.chance_sound_fails, abs=0.0092)
    values = two.explanation.values
    assert values["p"] == pytest.approx(one.explanation.values["p"], rel=1e-3)


def test_the_spread_is_that_of_those_compared_with_before_anybody_was_served() -> None:
    df = with_others()
    assert comparison_sd(sample_of(df)) == pytest.approx(spread(df, "y"))
    everybody = df[df["start"].notna()]
    before = everybody.loc[everybody["t"] == 1, "y"].std()
    assert comparison_sd(sample_of(everybody)) == pytest.approx(before)
    cross = pd.DataFrame({"d": [0, 0, 0, 1], "y": [1.0, 2.0, 4.0, 9.0], "e": [1.0, 2.0, 4.0, 1.0]})
    trial = Sample.from_frame(cross, design="rct", outcome="y", treatment="d")
    assert comparison_sd(trial) == pytest.approx(np.std([1, 2, 4], ddof=1))
    rates = Sample.from_frame(cross, design="rct", outcome="y", treatment="d", exposure="e")
    assert comparison_sd(rates) is None  # one event a unit of exposure in all three


def test_what_cannot_be_asked_is_said() -> None:
    df = with_others().assign(births=1.0)
    found = run(df)
    reasons = found.parts.columns("outcomes")["reason"]
    assert reasons == (None, "placebo-outcomes.no-spread")
    assert run(df, "births").status.value == "not_applicable"
    assert "names no outcome" in fill(run(df, ()).explanation, "en")
    with pytest.raises(UsageError, match="does not carry the outcome 'snow'"):
        run(df, "snow")
    known = planned(sample_of(df))
    assert not isinstance(known.estimate, Message)
    none = Planned(known.estimate.target, known.again)
    sample = sample_of(df, outcome=["rain", "births"])
    settings = {"outcomes": ["rain"]}
    said = run_diagnostic("placebo-outcomes", sample, settings=settings, planned=none).explanation
    assert said == known.estimate.target
