"""Groups pooled with their joint error."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import impacteval as ie
from impacteval.analysis.pool import pool
from impacteval.estimates import CounterfactualEstimate, Effect, NoUncertainty
from impacteval.report.findings import FlowStep, people_of
from impacteval.values import Message, Text


def trial(
    rng: np.random.Generator, names: list[str], scale: str = "difference", up: float = 0.0
) -> CounterfactualEstimate:
    df = pd.DataFrame(
        {"id": names, "d": np.arange(len(names)) % 2, "y": rng.poisson(3.0, len(names)) + 1.0}
    )
    df["y"] += up * df["d"]
    sample = ie.Sample.from_frame(df, design="rct", outcome="y", treatment="d", unit="id")
    return ie.estimator("difference-in-means").estimate(
        sample, scale=scale, rng=np.random.default_rng(0)
    )


def names(prefix: str, n: int) -> list[str]:
    return [f"{prefix}{k:03d}" for k in range(n)]


def pooled(*args: Any, **settings: Any) -> CounterfactualEstimate:
    found = pool(*args, **settings)
    assert isinstance(found, CounterfactualEstimate)
    return found


def test_disjoint_groups_add_their_variances() -> None:
    rng = np.random.default_rng(1)
    a, b = trial(rng, names("a", 60)), trial(rng, names("b", 80), up=1.0)
    found = pooled({"a": a, "b": b}, {"a": 1, "b": 3})
    assert found.effect.value == pytest.approx(0.25 * a.effect.value + 0.75 * b.effect.value)
    s = math.hypot(0.25 * a.effect.std_error, 0.75 * b.effect.std_error)
    assert found.effect.std_error == pytest.approx(s, rel=1e-12)
    assert found.observed - found.counterfactual == pytest.approx(found.effect.value)
    assert found.n_treated == a.n_treated + b.n_treated


def test_the_same_people_twice_are_one_group() -> None:
    a = trial(np.random.default_rng(2), names("a", 60))
    found = pooled({"a": a, "again": a}, {"a": 1, "again": 1}, repeated=30)
    assert found.effect.std_error == pytest.approx(a.effect.std_error, rel=1e-12)
    assert found.treated_clusters == a.treated_clusters


def test_shared_people_give_their_covariance() -> None:
    """Against the variance of the mean written out person by person."""
    rng = np.random.default_rng(3)
    both = names("s", 20)
    a, b = trial(rng, both + names("a", 40)), trial(rng, both + names("b", 60))
    found = pooled({"a": a, "b": b}, {"a": 1, "b": 1})
    assert a.influence is not None
    assert b.influence is not None
    total: dict[str, float] = {}
    for part in (a.influence, b.influence):
        for label, value in zip(part.labels, part.values, strict=True):
            total[label] = total.get(label, 0.0) + value / 2
    assert found.effect.std_error == pytest.approx(
        math.sqrt(sum(v * v for v in total.values())), rel=1e-12
    )
    separate = math.hypot(a.effect.std_error / 2, b.effect.std_error / 2)
    assert found.effect.std_error != pytest.approx(separate, rel=1e-4)


def test_relative_effects_are_averaged_and_not_the_ratio_of_means() -> None:
    rng = np.random.default_rng(4)
    a = trial(rng, names("a", 60), "relative")
    b = trial(rng, names("b", 80), "relative", up=2.0)
    found = pooled({"a": a, "b": b}, {"a": 1, "b": 1})
    mean = (a.effect.value + b.effect.value) / 2
    assert found.effect.value == pytest.approx(mean)
    assert found.counterfactual == pytest.approx(found.observed / (1 + mean))
    interval = found.effect.interval(0.95)
    assert interval.low > -1
    assert interval.low < mean < interval.high
    # The counterfactuals at both ends: what happened is one plus the effect times each.
    (period,) = found.periods
    assert period.low * (1 + interval.high) == pytest.approx(found.observed)
    assert period.high * (1 + interval.low) == pytest.approx(found.observed)
    assert period.low < found.counterfactual < period.high


def test_totals_add_up_whatever_the_weights() -> None:
    rng = np.random.default_rng(5)
    a, b = trial(rng, names("a", 60), "total"), trial(rng, names("b", 80), "total")
    found = pooled({"a": a, "b": b}, {"a": 1, "b": 9})
    assert found.effect.value == pytest.approx(a.effect.value + b.effect.value)


def test_without_influence_the_largest_error_is_used_and_said() -> None:
    rng = np.random.default_rng(6)
    a, b = trial(rng, names("a", 60)), trial(rng, names("b", 80))
    blind = replace(b, influence=None)
    found = pooled({"a": a, "b": blind}, {"a": 1, "b": 1})
    assert found.effect.std_error == pytest.approx((a.effect.std_error + b.effect.std_error) / 2)
    assert "pool.correlation-unknown" in [note.key for note in found.notes]


def test_a_group_without_error_leaves_a_point() -> None:
    rng = np.random.default_rng(7)
    a = trial(rng, names("a", 60))
    b = trial(rng, names("b", 60), up=1.0)
    value = b.effect.value
    bare = replace(b, effect=Effect(value, NoUncertainty(value)), influence=None)
    found = pooled({"a": a, "b": bare}, {"a": 1, "b": 1})
    assert found.effect.value == pytest.approx((a.effect.value + value) / 2)
    assert isinstance(found.effect.distribution, NoUncertainty)


def test_a_group_without_estimate_is_named() -> None:
    a = trial(np.random.default_rng(8), names("a", 60))
    # The reason has a value of its own called like the pool's: neither may overwrite the other.
    why = Message("x", Text(en="{group} is small.", fr="{group} est petit."), {"group": "arm 1"})
    found = pool({"a": a, "b": why}, {"a": 1, "b": 1})
    assert isinstance(found, Message)
    assert str(found).endswith("b has no estimate: arm 1 is small.")


def test_nobody_to_weigh_by() -> None:
    a = trial(np.random.default_rng(9), names("a", 60))
    found = pool({"a": a, "b": a}, {"a": 0, "b": 0})
    assert isinstance(found, Message)
    assert found.key == "pool.nobody"


def test_people_of_a_group_are_those_assigned_not_those_measured() -> None:
    # Weighing by the measured would let attrition move the pooled number.
    step = FlowStep(Message("flow.assigned", Text(en="a", fr="a")), 10, treated=6, comparison=4)
    finding = SimpleNamespace(flow=(step,), estimate=SimpleNamespace(n_treated=3))
    assert people_of(finding) == 6
    assert people_of(SimpleNamespace(flow=(), estimate=SimpleNamespace(n_treated=3))) == 3
    assert people_of(SimpleNamespace(flow=(), estimate=None)) is None
