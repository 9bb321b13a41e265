"""Effects on units without the service, ring by ring, against estimates of each ring alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from roll_outs import panel, planned, sample_of

from impacteval.diagnostics import Planned, run_diagnostic
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.values import Message, Scale


def near(seed: int = 1, reach: float = 0.0) -> pd.DataFrame:
    """30 units never served, a third each at exposure 0, 1 and 2; `reach` is the effect at 2."""
    df = panel(seed, {None: 30, 2: 10, 4: 10}, periods=7)
    number = df["unit"].str[1:].astype(int)
    df["near"] = np.where(df["start"].isna(), number % 3, 0).astype(float)
    df["y"] += reach * ((df["near"] == 2) & (df["t"] >= 2))
    return df


def run(df: pd.DataFrame, limit: float | None = None, known: Any = None, **settings: Any) -> Any:
    sample = sample_of(df, spillover="near")
    return run_diagnostic(
        "spillover-rings",
        sample,
        limit=limit,
        settings=settings,
        planned=known or planned(sample_of(df)),
    )


def alone(df: pd.DataFrame, inside: Any, start: int = 2) -> float:
    """The planned estimator when that ring is said to be served, beside the rest of `df`."""
    pretended = df.assign(start=np.where(inside, float(start), np.nan))
    return float(planned(sample_of(pretended)).estimate.effect.value)


def test_each_ring_is_held_against_the_furthest() -> None:
    df = near(reach=1.5)
    found = run(df, limit=0.5)
    others = df[df["start"].isna()]
    table = found.parts["rings"]
    assert table["ring"].tolist() == ["1", "2"]
    for k, ring in enumerate((1.0, 2.0)):
        part = others[others["near"].isin([0.0, ring])]
        assert table["effect"].iloc[k] == pytest.approx(alone(part, part["near"] == ring))
    assert found.statistic == pytest.approx(table["effect"].abs().max())
    assert found.statistic == pytest.approx(1.5, abs=0.4)
    assert found.status.value == "failed"
    assert found.parts["members"]["units"].tolist() == [10, 10, 10]
    assert found.parts["members"]["compared_with"].tolist() == [True, False, False]
    assert "(2), beside the 10 that stand furthest" in fill(found.explanation, "en")
    assert "2 anneaux autour de lui" in fill(found.explanation, "fr")


def test_what_the_served_do_says_nothing() -> None:
    df = near()
    moved = df.assign(y=df["y"] + 50.0 * df["start"].notna())
    assert run(moved).statistic == pytest.approx(run(df).statistic)


def test_distances_turn_the_rings_round() -> None:
    df = near(reach=1.5)
    by_exposure = run(df).parts["rings"]
    far = df.assign(near=10.0 - df["near"])
    by_distance = run(far, measure="distance").parts["rings"]
    assert by_distance["ring"].tolist() == ["9", "8"]
    assert by_distance["effect"].tolist() == pytest.approx(by_exposure["effect"].tolist())


def test_rings_may_be_cut_as_planned_or_in_thirds() -> None:
    df = near(reach=1.5)
    joined = run(df, rings=[1]).parts["rings"]
    others = df[df["start"].isna()]
    assert joined["ring"].tolist() == ["1-2"]
    assert joined["effect"].iloc[0] == pytest.approx(alone(others, others["near"] >= 1))
    number = df["unit"].str[1:].astype(int)
    many = df.assign(near=df["near"] + number / 1000.0)
    thirds = run(many)
    assert thirds.parts["members"]["units"].tolist() == [10, 10, 10]
    assert thirds.parts["rings"]["effect"].tolist() == pytest.approx(
        run(df).parts["rings"]["effect"].tolist()
    )


def test_a_ring_is_reached_when_its_exposure_begins() -> None:
    df = near()
    df["near"] = df["near"].where(df["t"] >= 4, 0.0)
    df["y"] += 2.0 * ((df["near"] == 2) & (df["t"] >= 4))
    others = df[df["start"].isna()]
    ring = others.groupby("unit")["near"].transform("max")
    found = run(df).parts["rings"]
    part = others[ring.isin([0.0, 2.0])]
    expected = alone(part, ring[ring.isin([0.0, 2.0])] == 2.0, start=4)
    assert found["effect"].iloc[1] == pytest.approx(expected)


def test_units_served_later_count_until_then() -> None:
    df = near()
    df = df[df["start"].notna()]
    number = df["unit"].str[1:].astype(int)
    df["near"] = np.where(df["start"] == 4, number % 2, 0).astype(float)
    found = run(df, known=planned(sample_of(near())))
    before = df[df["t"] < df["start"]]
    expected = alone(before[before["t"] < 4], before[before["t"] < 4]["near"] == 1.0)
    assert found.parts["rings"]["effect"].iloc[0] == pytest.approx(expected)


def test_totals_are_compared_as_averages() -> None:
    df = near()
    total = run(df, known=planned(sample_of(df), Scale.TOTAL))
    assert total.statistic == pytest.approx(run(df).statistic)


def test_a_check_that_has_no_rings_says_why() -> None:
    df = near()
    known = planned(sample_of(df))
    bare = run_diagnostic("spillover-rings", sample_of(df), planned=known)
    assert "Nobody stated how near" in fill(bare.explanation, "en")
    assert "equally near" in fill(run(df.assign(near=1.0)).explanation, "en")
    assert not isinstance(known.estimate, Message)
    none = Planned(known.estimate.target, known.again)
    assert run(df, known=none).explanation == known.estimate.target
    for wrong in ([2, 1], ["a"], "12", [True]):
        with pytest.raises(UsageError, match="at which a new ring begins"):
            run(df, rings=wrong)
    with pytest.raises(UsageError, match="exposure"):
        run(df, measure="closeness")
