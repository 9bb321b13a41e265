"""Estimates without one starting date or one cluster, against estimates of the rest alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from roll_outs import panel, planned, sample_of

from impacteval.diagnostics import Planned, run_diagnostic
from impacteval.diagnostics.leave_out import _equal
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Scale


def run(name: str, sample: Sample, known: Any = None, limit: float | None = None, **settings: Any) -> Any:  # fmt: skip
    return run_diagnostic(
        name, sample, limit=limit, settings=settings, planned=known or planned(sample)
    )


def three_dates(seed: int = 1, early: float = 1.0) -> pd.DataFrame:
    starts = {None: 12, 1: 6, 2: 8, 4: 10}
    return panel(seed, starts, effect=lambda start, t: early if start == 1 else 1.0)


def alone(df: pd.DataFrame, scale: Scale = Scale.DIFFERENCE) -> Any:
    return planned(sample_of(df), scale).estimate.effect


def test_each_starting_date_is_left_out_in_turn() -> None:
    df = three_dates()
    found = run("leave-one-cohort", sample_of(df))
    table = found.parts["left_out"]
    assert table["cohort"].tolist() == [1, 2, 4]
    rest = [alone(df[df["start"] != c]) for c in (1, 2, 4)]
    assert table["effect"].tolist() == pytest.approx([e.value for e in rest])
    assert table["std_error"].tolist() == pytest.approx([e.std_error for e in rest])
    assert found.statistic == pytest.approx(max(abs(e.value - alone(df).value) for e in rest))
    assert [r.name for r in found.reruns] == ["1", "2", "4"]
    assert [r.result.effect.value for r in found.reruns] == pytest.approx([e.value for e in rest])
    assert found.reruns[0].title.fr == "Sans le démarrage de 1"


def test_a_date_with_another_effect_is_the_one_that_moves_it() -> None:
    found = run("leave-one-cohort", sample_of(three_dates(early=6.0)), limit=0.5)
    assert found.status.value == "failed"
    assert "; 1 moves it most" in fill(found.explanation, "en")
    assert "; 1 le déplace" in fill(found.explanation, "fr").replace(" ;", ";")


def test_sound_studies_move_as_often_as_is_said() -> None:
    fails, said = [], []
    for seed in range(60):
        found = run("leave-one-cohort", sample_of(three_dates(seed)), limit=0.12)
        fails.append(found.status.value == "failed")
        said.append(found.chance_sound_fails)
    p = np.mean(said)
    assert 0.1 < p < 0.9
    # 60 draws, within 2.6 Monte Carlo standard errors of the mean chance said.
    assert np.mean(fails) == pytest.approx(p, abs=2.6 * np.sqrt(p * (1 - p) / 60))


def test_crossing_zero_or_a_reference_value_is_said() -> None:
    df = three_dates(early=6.0)
    sample = sample_of(df)
    rest = alone(df[df["start"] != 1]).value
    between = (rest + alone(df).value) / 2
    for at, key in (((between,), "crosses"), ((rest / 2,), "stays"), ((), "stays")):
        found = run("leave-one-cohort", sample, planned(sample, at=at))
        assert found.explanation.key == f"leave-one-cohort.{key}"
    lower = sample_of(df.assign(y=df["y"] - 1.5 * (df["t"] >= df["start"].fillna(99))))
    assert run("leave-one-cohort", lower).explanation.key == "leave-one-cohort.crosses"
    assert "on the other side of zero" in fill(run("leave-one-cohort", lower).explanation, "en")


def test_totals_are_those_that_the_rest_would_make_for_all() -> None:
    df = three_dates()
    sample = sample_of(df)
    known = planned(sample, Scale.TOTAL, at=(1.0,))
    found = run("leave-one-cohort", sample, known)
    assert found.statistic == pytest.approx(run("leave-one-cohort", sample).statistic)
    served = int(sample.matrix().treatment.sum())
    for cohort, rerun in zip((1, 2, 4), found.reruns, strict=True):
        rest = alone(df[df["start"] != cohort])
        assert rerun.result.scale is Scale.TOTAL
        assert rerun.result.effect.value == pytest.approx(served * rest.value)
        assert rerun.result.effect.std_error == pytest.approx(served * rest.std_error)
        assert rerun.result.influence.std_error == pytest.approx(served * rest.std_error)
    # A total is held against a total: a bare reference value is not one of averages.
    assert found.explanation.key.endswith("stays")


def test_every_cluster_is_left_out_and_the_jackknife_stands_beside() -> None:
    df = three_dates()
    found = run("leave-one-cluster", sample_of(df))
    table = found.parts["left_out"]
    units = sorted(df["unit"].unique())
    assert table["cluster"].tolist() == units
    rest = [alone(df[df["unit"] != u]).value for u in units]
    assert table["effect"].tolist() == pytest.approx(rest)
    n = len(units)
    jackknife = np.sqrt((n - 1) / n * np.sum((np.array(rest) - np.mean(rest)) ** 2))
    row = found.parts["jackknife"].iloc[0]
    assert row["std_error"] == pytest.approx(jackknife)
    assert row["planned_std_error"] == pytest.approx(alone(df).std_error)
    assert jackknife == pytest.approx(alone(df).std_error, rel=0.2)
    # The influence ranks as leaving out does.
    assert np.corrcoef(table["move"], table["first_order"])[0, 1] > 0.98
    moves = table.set_index("cluster")["move"]
    assert {r.name for r in found.reruns} == {moves.idxmin(), moves.idxmax()}


def test_clusters_are_left_out_whole() -> None:
    df = three_dates().assign(place=lambda x: "p" + x["unit"].str[1:].astype(int).floordiv(2).astype(str))  # fmt: skip
    sample = sample_of(df, cluster="place")
    found = run("leave-one-cluster", sample, planned(sample))
    table = found.parts["left_out"].set_index("cluster")
    assert len(table) == 18
    assert table.loc["p3", "effect"] == pytest.approx(alone(df[df["place"] != "p3"]).value)
    assert table["first_order"].isna().all()  # this estimator knows its influence by unit only


def test_of_many_only_the_strongest_are_left_out_and_that_is_said() -> None:
    df = panel(3, {None: 50, 2: 30})
    lone = df["unit"] == "u060"
    df.loc[lone & (df["t"] >= 2), "y"] += 30.0
    sample = sample_of(df)
    found = run("leave-one-cluster", sample)
    table = found.parts["left_out"]
    assert len(table) == 10
    assert "jackknife" not in found.parts
    assert "the 10 of 80 independent" in fill(found.explanation, "en")
    assert "u060 moves it most" in fill(found.explanation, "en")
    assert found.statistic == pytest.approx(alone(df).value - alone(df[~lone]).value)
    influence = planned(sample).estimate.influence
    pulls = dict(zip(influence.labels, influence.values, strict=True))
    ranked = sorted(pulls, key=pulls.get)
    assert set(table["cluster"]) == {*ranked[:5], *ranked[-5:]}


def test_what_chance_gives_is_that_of_equal_contributions() -> None:
    draws = np.random.default_rng(1).normal(0.0, 2.0 / np.sqrt(30), (200_000, 30))
    largest = np.abs(draws).max(axis=1)
    expected, chance = _equal(2.0, 30, 1.0)
    assert expected == pytest.approx(largest.mean(), rel=2e-3)
    assert chance == pytest.approx((largest > 1.0).mean(), abs=4e-3)
    assert _equal(2.0, 30, None)[1] is None
    assert _equal(2.0, 30, 1e9)[1] == 0.0


def test_small_parts_are_not_told() -> None:
    sample = sample_of(three_dates())
    found = run("leave-one-cohort", sample, least=8)
    assert found.parts["left_out"]["cohort"].tolist() == [2, 4]
    assert run("leave-one-cohort", sample, least=11).status.value == "not_applicable"
    nobody = run("leave-one-cluster", sample, least=2)
    assert "fewer than 2 units" in fill(nobody.explanation, "en")
    with pytest.raises(UsageError, match="whole number of units"):
        run("leave-one-cluster", sample, least=0)


def test_a_check_that_has_nothing_to_leave_out_says_why() -> None:
    one = sample_of(panel(1, {None: 5, 2: 5}))
    assert "at one date for all" in fill(run("leave-one-cohort", one).explanation, "en")
    two = sample_of(panel(1, {None: 1, 2: 1}))
    assert "fewer than three" in fill(run("leave-one-cluster", two).explanation, "en")
    many = sample_of(panel(3, {None: 50, 2: 30}))
    known = planned(many)
    bare = Planned(_without_influence(known.estimate), known.again)
    assert "does not tell how far" in fill(run("leave-one-cluster", many, bare).explanation, "en")
    none = Planned(bare.estimate.target, known.again)
    for name in ("leave-one-cohort", "leave-one-cluster"):
        assert run(name, one, none).explanation == bare.estimate.target
    trial = Sample.from_frame(
        pd.DataFrame({"d": [0, 0, 1, 1], "y": [1.0, 2.0, 3.0, 5.0]}),
        design="rct",
        outcome="y",
        treatment="d",
    )
    assert run("leave-one-cohort", trial, known).status.value == "not_applicable"


def _without_influence(estimate: Any) -> Any:
    from dataclasses import replace

    return replace(estimate, influence=None)
