"""The other planned analyses against the planned one, and two older checks on people seen once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from again import checked, planned_by

from impacteval.diagnostics import run_diagnostic
from impacteval.errors import UsageError
from impacteval.estimates import Rerun
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Message, Text


def people(seed: int = 1, n: int = 200, confounded: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    d = (rng.random(n) < 1.0 / (1.0 + np.exp(-confounded * x))).astype(float)
    before = 2.0 * x + rng.standard_normal(n)
    y = 2.0 * x + d + rng.standard_normal(n)
    return pd.DataFrame({"who": np.arange(n), "d": d, "x": x, "y": y, "before": before})


def cross(df: pd.DataFrame, **roles: Any) -> Sample:
    given = {"unit": "who", "treatment": "d", "covariates": ["x"], "outcome": "y", **roles}
    return Sample.from_frame(df, design="rct", **given)


def with_others(sample: Sample, *names: str) -> Any:
    known = planned_by("lin", sample)
    others = tuple(
        Rerun(name, Text(en=f"By {name}", fr=f"Par {name}"), planned_by(name, sample).estimate)
        for name in names
    )
    return replace(known, others=others)


def test_the_analyses_are_sorted_and_the_furthest_is_named() -> None:
    sample = cross(people(confounded=0.8))
    known = with_others(sample, "difference-in-means", "ancova")
    found = checked("specification-curve", sample, known, limit=0.5)
    values = {
        name: planned_by(name, sample).estimate.effect.value
        for name in ("difference-in-means", "ancova", "lin")
    }
    away = {name: v - values["lin"] for name, v in values.items()}
    assert found.statistic == pytest.approx(abs(away["difference-in-means"]))
    assert found.status.value == "failed"
    table = found.parts["curve"]
    assert table["effect"].is_monotonic_increasing
    assert set(table["analysis"]) == {"planned", "difference-in-means", "ancova"}
    assert "furthest away is: By difference-in-means" in fill(found.explanation, "en")
    assert "la plus éloignée est : Par difference-in-means" in fill(
        found.explanation, "fr"
    ).replace("\xa0", " ")
    assert [run.drawn for run in found.reruns] == [True, True]


def test_sound_analyses_differ_as_often_as_is_said() -> None:
    fails, said = [], []
    for seed in range(60):
        sample = cross(people(seed))
        known = with_others(sample, "difference-in-means", "ancova")
        found = checked("specification-curve", sample, known, seed, limit=0.25)
        fails.append(found.status.value == "failed")
        said.append(found.chance_sound_fails)
    p = np.mean(said)
    assert 0.1 < p < 0.9
    # 60 studies, within 2.6 Monte Carlo standard errors of the mean chance said.
    assert np.mean(fails) == pytest.approx(p, abs=2.6 * np.sqrt(p * (1 - p) / 60))


def test_analyses_without_an_answer_are_told_and_left_out() -> None:
    sample = cross(people())
    reason = Message("x", Text(en="No answer.", fr="Sans réponse."))
    none = Rerun("none", Text(en="None", fr="Aucune"), reason)
    known = with_others(sample, "ancova")
    found = checked("specification-curve", sample, replace(known, others=(*known.others, none)))
    assert found.parts["curve"]["reason"].tolist()[-1] == "x"
    assert "By 1 other planned analysis" in fill(found.explanation, "en")
    alone = checked("specification-curve", sample, replace(known, others=(none,)))
    assert alone.explanation == reason
    nobody = checked("specification-curve", sample, replace(known, others=()))
    assert "names no other analysis" in fill(nobody.explanation, "en")
    lost = checked("specification-curve", sample, replace(known, estimate=reason))
    assert lost.explanation == reason
    with pytest.raises(UsageError, match="needs the planned estimate"):
        run_diagnostic("specification-curve", sample)


def test_an_outcome_from_before_is_a_negative_control_of_people_seen_once() -> None:
    """Whoever starts from other levels is found where nothing is adjusted for, and not where it is."""
    df = people(3, n=600, confounded=1.0)
    plain, both = cross(df), cross(df, outcome=["y", "before"])
    for name, status in (("difference-in-means", "failed"), ("lin", "passed")):
        known = planned_by(name, plain)
        found = run_diagnostic(
            "placebo-outcomes",
            both,
            limit=0.3,
            settings={"outcomes": ["before"]},
            planned=known,
        )
        alone = planned_by(name, cross(df, outcome="before")).estimate.effect.value
        spread = df.loc[df["d"] == 0, "before"].std()
        assert found.statistic == pytest.approx(abs(alone) / spread)
        assert found.status.value == status


def test_one_cluster_less_works_for_people_seen_once() -> None:
    df = people(5).assign(c=np.repeat(np.arange(20), 10))
    sample = cross(df, cluster="c")
    known = planned_by("lin", sample)
    found = checked("leave-one-cluster", sample, known)
    table = found.parts["left_out"].set_index("cluster")
    assert len(table) == 20
    for cluster in (0, 13):
        rest = cross(df[df["c"] != cluster], cluster="c")
        alone = planned_by("lin", rest).estimate.effect.value
        assert table.loc[cluster, "effect"] == pytest.approx(alone)
    people_one_by_one = checked("leave-one-cluster", cross(df), planned_by("lin", cross(df)))
    assert len(people_one_by_one.parts["left_out"]) == 10
