"""Estimates of several designs as one: joint errors in closed form, and when there are none."""

from __future__ import annotations

import math
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.analysis.combine import combine, unknown_error
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    NoUncertainty,
    Period,
    StudentT,
)
from impacteval.values import Message, Text

WHY = Message("test.why", Text(en="because", fr="parce que"))
WEIGHTS = {"rct": Decimal("0.8"), "did": Decimal("0.2")}


def estimate(value, influence=None, scale="difference", labels=None, level="unit", df=20.0):
    observed = 10.0
    names = labels or [f"u{k}" for k in range(len(influence or ()))]
    own = None if influence is None else Influence(np.array(names), np.array(influence), level)
    if own is None:
        effect = Effect(value, NoUncertainty(value))
    elif scale == "relative":
        effect = Effect(
            value, LogRatioT(math.log1p(value), own.std_error / (1 + value), df), own.std_error
        )
        value = effect.distribution.centre
        effect = Effect(value, effect.distribution, own.std_error)
    else:
        effect = Effect(value, StudentT(value, own.std_error, df), own.std_error)
    counterfactual = observed / (1 + value) if scale == "relative" else observed - value
    return CounterfactualEstimate(
        estimator="made", outcome="y", scale=scale, design="rct", target=WHY, effect=effect,
        observed=observed, counterfactual=counterfactual,
        periods=(Period("all", observed, counterfactual, math.nan, math.nan, 10),),
        n_treated=10, n_comparison=12, treated_clusters=8, influence=own,
    )  # fmt: skip


def planned(unit: Any = "id", kind: str = "person", data: str = "t", cluster: Any = None) -> Any:
    columns = SimpleNamespace(unit=unit, cluster=cluster, assignment_cluster=None)
    return SimpleNamespace(columns=columns, unit_kind=kind, data=data)


def test_the_same_people_in_both():
    rct = estimate(3.0, [3.0, 4.0], labels=["a", "b"])
    did = estimate(1.0, [5.0, -5.0], labels=["b", "c"])
    found = combine({"rct": rct, "did": did}, WEIGHTS, None)
    assert found.effect.value == pytest.approx(2.6)
    # a: 0.8 * 3, b: 0.8 * 4 + 0.2 * 5, c: -0.2 * 5
    assert found.effect.std_error == pytest.approx(math.sqrt(2.4**2 + 4.2**2 + 1.0))
    assert found.method.values["shared"] == 1
    assert (found.observed, found.counterfactual) == (10.0, pytest.approx(7.4))
    assert list(found.parts.columns("designs")["weight"]) == [0.8, 0.2]


@pytest.mark.parametrize("scale", ["difference", "relative", "total", "standardised"])
def test_the_same_estimate_twice_is_that_estimate(scale):
    one = estimate(0.5, [0.1, -0.2, 0.05], scale=scale)
    found = combine({"rct": one, "did": one}, WEIGHTS, None)
    assert found.effect.value == pytest.approx(0.5)
    # Fully dependent: the error is the same, where independence would claim a smaller one.
    assert found.effect.std_error == pytest.approx(one.effect.std_error)
    assert found.counterfactual == pytest.approx(one.counterfactual)


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=2, max_size=8),
    st.integers(1, 99),
)
def test_the_error_is_never_beyond_full_dependence(errors, percent):
    a, b = ([pair[k] for pair in errors] for k in (0, 1))
    if math.hypot(*a) < 1e-6 or math.hypot(*b) < 1e-6:
        return
    labels = [f"u{k}" for k in range(len(errors))]
    weights = {"rct": Decimal(percent) / 100, "did": 1 - Decimal(percent) / 100}
    parts = {"rct": estimate(1.0, a, labels=labels), "did": estimate(2.0, b, labels=labels)}
    w = [float(x) for x in weights.values()]
    joint = math.sqrt(sum((w[0] * x + w[1] * y) ** 2 for x, y in errors))
    if joint < 1e-9:
        return  # errors that cancel leave nothing to divide by
    found = combine(parts, weights, None).effect.std_error
    assert found == pytest.approx(joint)
    assert found <= w[0] * math.hypot(*a) + w[1] * math.hypot(*b) + 1e-9


def test_an_unknown_error_leaves_a_point():
    found = combine({"rct": estimate(3.0, [1.0, 2.0]), "did": estimate(1.0)}, WEIGHTS, WHY)
    assert (found.effect.value, found.effect.std_error, found.influence) == (
        pytest.approx(2.6),
        None,
        None,
    )
    assert isinstance(found.effect.distribution, NoUncertainty)


@pytest.mark.parametrize(
    ("parts", "analyses", "key"),
    [
        (("unit", "unit"), (planned(), planned(data="u")), None),
        (("unit", "unit"), (planned(None), planned(None)), None),
        (("unit", None), (planned(), planned()), "combine.no-errors"),
        (("unit", "cluster"), (planned(), planned()), "combine.levels"),
        (("unit", "unit"), (planned(), planned(kind="household")), "combine.names"),
        (("unit", "unit"), (planned(), planned(None)), "combine.names"),
        (("unit", "unit"), (planned(None), planned(None, data="u")), "combine.names"),
        (("cluster", "cluster"), (planned(cluster="town"), planned(cluster="town")), None),
        (
            ("cluster", "cluster"),
            (planned(cluster="town"), planned(cluster="school")),
            "combine.names",
        ),
    ],
)
def test_when_the_joint_error_is_known(parts, analyses, key):
    estimates = {
        design: estimate(1.0) if level is None else estimate(1.0, [1.0, 2.0], level=level)
        for design, level in zip(WEIGHTS, parts, strict=True)
    }
    found = unknown_error(estimates, dict(zip(WEIGHTS, analyses, strict=True)))
    assert (None if found is None else found.key) == key
