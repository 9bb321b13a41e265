"""Effects before the service: pretended dates and anticipation, against sums done by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from roll_outs import panel, planned, sample_of
from scipy import stats

from impacteval.diagnostics import Planned, run_diagnostic
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Scale


def run(name: str, sample: Sample, known: Any = None, limit: float | None = None, **settings: Any) -> Any:  # fmt: skip
    return run_diagnostic(
        name, sample, limit=limit, settings=settings, planned=known or planned(sample)
    )


def one_date(lead: float = 0.0, seed: int = 1) -> pd.DataFrame:
    return panel(seed, {None: 30, 3: 20}, periods=5, lead=lead)


def by_hand(df: pd.DataFrame, start: int, k: int) -> float:
    """Change of the served less change of the others, on periods before `start` alone."""
    before = df[df["t"] < start]
    ever, early = before["start"].notna(), before["t"] < start - k
    mean = before.groupby([ever, early])["y"].mean()
    return (mean[True, False] - mean[True, True]) - (mean[False, False] - mean[False, True])


def test_pretended_dates_use_nothing_from_after_the_service_began() -> None:
    df = one_date()
    found = run("placebo-dates", sample_of(df))
    table = found.parts["dates"]
    assert table["earlier"].tolist() == [1, 2]
    assert table["effect"].tolist() == pytest.approx([by_hand(df, 3, 1), by_hand(df, 3, 2)])
    moved = df.assign(y=df["y"] + 100.0 * (df["t"] >= 3))
    assert run("placebo-dates", sample_of(moved)).statistic == found.statistic
    assert found.statistic == pytest.approx(table["effect"].abs().max())


def test_several_starting_dates_are_each_cut_at_their_own() -> None:
    df = panel(2, {None: 12, 2: 8, 4: 8})
    found = run("placebo-dates", sample_of(df), earlier=1).parts["dates"]
    # The same by hand: least squares with dummies on what was measured before each start.
    cut = df[(df["t"] < df["start"].fillna(4))].copy()
    cut["early"] = cut["t"] == cut["start"] - 1
    clean = cut[~cut["early"]]
    d = pd.get_dummies(cut[["unit", "t"]].astype(str), dtype=float)
    beta = np.linalg.lstsq(d.loc[clean.index], clean["y"], rcond=None)[0]
    left = (cut["y"] - d @ beta)[cut["early"]]
    assert found["effect"].iloc[0] == pytest.approx(left.mean())
    assert found["n_treated"].iloc[0] == 16


def test_units_without_a_period_before_the_pretended_date_are_left_out() -> None:
    df = panel(3, {None: 12, 2: 8, 4: 8})
    table = run("placebo-dates", sample_of(df), earlier=[1, 2, 3]).parts["dates"]
    assert table["n_treated"].tolist() == [16, 8, 8]
    with_early = pd.concat([df, panel(4, {1: 5}).assign(unit=lambda x: "e" + x["unit"])])
    again = run("placebo-dates", sample_of(with_early), earlier=[1, 2, 3]).parts["dates"]
    assert again["effect"].tolist() == pytest.approx(table["effect"].tolist())


def test_what_chance_gives_is_that_of_the_influence() -> None:
    found = run("placebo-dates", sample_of(one_date()), limit=0.2, earlier=1)
    error = found.parts["dates"]["std_error"].iloc[0]
    assert found.expected == pytest.approx(error * np.sqrt(2 / np.pi))
    assert found.chance_sound_fails == pytest.approx(2 * stats.norm.sf(0.2 / error))
    both = run("placebo-dates", sample_of(one_date()), limit=0.2)
    assert found.chance_sound_fails < both.chance_sound_fails < 2 * found.chance_sound_fails + 0.1


def test_sound_studies_fail_as_often_as_is_said() -> None:
    fails, said = [], []
    for seed in range(60):
        df = panel(seed, {None: 12, 3: 12}, periods=4)
        found = run("placebo-dates", sample_of(df), limit=0.35)
        fails.append(found.status.value == "failed")
        said.append(found.chance_sound_fails)
    # 60 draws: within 2.6 Monte Carlo standard errors of the mean chance said.
    p = np.mean(said)
    assert np.mean(fails) == pytest.approx(p, abs=2.6 * np.sqrt(p * (1 - p) / 60))


def test_anticipation_is_found_and_allowed_for() -> None:
    df = one_date(lead=2.0)
    found = run("anticipation", sample_of(df), limit=0.5)
    assert found.status.value == "failed"
    assert found.statistic == pytest.approx(abs(by_hand(df, 3, 1)))
    table = found.parts["anticipation"]
    assert table["periods"].tolist() == [0, 1, 2]
    by_settings = [planned(sample_of(df), anticipation=k).estimate.effect.value for k in (0, 1, 2)]
    assert table["effect"].tolist() == pytest.approx(by_settings)
    # Allowed for, the effect is found whole again; not allowed for, part of it is taken away.
    assert table["effect"].iloc[1] == pytest.approx(1.0, abs=0.3)
    assert table["effect"].iloc[0] == pytest.approx(1.0 - 2.0 / 3.0, abs=0.3)
    assert [r.name for r in found.reruns] == ["1", "2"]
    assert "already seems to be 2" in fill(found.explanation, "en")
    assert "la dernière période" in fill(found.explanation, "fr")


def test_anticipation_is_counted_in_the_unit_of_the_periods() -> None:
    df = one_date(lead=2.0)
    sample = sample_of(df)
    even = sample_of(df.assign(t=2000 + 2 * df["t"], start=2000 + 2 * df["start"]))
    asked: list[Any] = []
    known = planned(sample)

    def again(other: Sample, step: str, **more: Any) -> Any:
        asked.append(more.get("settings"))
        return known.again(other, step, **more)

    run("anticipation", even, Planned(known.estimate, again, (), {"anticipation": 0.0}))
    assert asked[1:] == [{"anticipation": 2.0}, {"anticipation": 4.0}]
    asked.clear()
    run("anticipation", even, Planned(known.estimate, again, (), {"anticipation": 1}))
    assert asked[1:] == [{"anticipation": 2}, {"anticipation": 3}]


def test_methods_without_the_setting_start_from_before_the_rows() -> None:
    df = one_date(lead=2.0)
    known = planned(sample_of(df))
    bare = Planned(known.estimate, known.again)
    table = run("anticipation", sample_of(df), bare).parts["anticipation"]
    own = run("anticipation", sample_of(df), known).parts["anticipation"]
    assert table["effect"].tolist() == pytest.approx(own["effect"].tolist())


def test_totals_are_compared_as_averages() -> None:
    sample = sample_of(one_date())
    total = run("placebo-dates", sample, planned(sample, Scale.TOTAL))
    assert total.statistic == pytest.approx(run("placebo-dates", sample).statistic)
    relative = run("placebo-dates", sample, planned(sample, Scale.RELATIVE))
    assert relative.statistic == pytest.approx(total.statistic / 10.0, rel=0.2)


def test_a_check_that_has_nothing_to_look_at_says_why() -> None:
    short = sample_of(panel(1, {None: 5, 1: 5}, periods=3))
    found = run("placebo-dates", short)
    assert found.status.value == "not_applicable"
    assert "enough periods before" in fill(found.explanation, "en")
    assert run("anticipation", short).reruns != ()
    trial = Sample.from_frame(
        pd.DataFrame({"d": [0, 0, 1, 1], "y": [1.0, 2.0, 3.0, 5.0]}),
        design="rct",
        outcome="y",
        treatment="d",
    )
    some = planned(short)
    assert "have no periods" in fill(run("placebo-dates", trial, some).explanation, "en")
    assert run("anticipation", trial, some).status.value == "not_applicable"
    none = Planned(found.explanation, some.again)
    assert run("placebo-dates", short, none).explanation == found.explanation
    assert run("anticipation", short, none).explanation == found.explanation


@pytest.mark.parametrize("bad", [0, [1, 0], 1.5, True, []])
def test_settings_are_whole_numbers_of_periods(bad: Any) -> None:
    sample = sample_of(one_date())
    with pytest.raises(UsageError, match="whole numbers of periods"):
        run("placebo-dates", sample, earlier=bad)
    if bad != [1, 0]:
        with pytest.raises(UsageError, match="whole numbers of periods"):
            run("anticipation", sample, periods=bad)
    with pytest.raises(UsageError, match="needs the planned estimate"):
        run_diagnostic("placebo-dates", sample)


def test_a_treatment_column_says_as_much_as_dates() -> None:
    df = one_date()
    on = df.assign(d=(df["t"] >= df["start"]).astype(int))
    by_column = sample_of(on, adopted=None, treatment="d")
    by_dates = sample_of(df)
    known = planned(by_dates)
    assert run("placebo-dates", by_column, known).statistic == pytest.approx(
        run("placebo-dates", by_dates, known).statistic
    )
