"""The result type: impossible states cannot be built, and nobody can alter a result."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from impacteval.errors import UsageError
from impacteval.estimates import (
    CounterfactualEstimate,
    Diagnostic,
    DiagnosticStatus,
    Effect,
    EmpiricalDraws,
    ExactCount,
    Influence,
    LogRatioT,
    NoUncertainty,
    Parts,
    Period,
    StudentT,
)
from impacteval.values import Message, Text

SENTENCE = Message("k", Text(en="everyone", fr="tout le monde"))


def build(**changes: Any) -> CounterfactualEstimate:
    given = {
        "estimator": "difference-in-means",
        "outcome": "y",
        "scale": "difference",
        "design": "rct",
        "target": SENTENCE,
        "effect": Effect(2.0, StudentT(2.0, 1.0), 1.0),
        "observed": 5.0,
        "counterfactual": 3.0,
        "periods": (Period("all", 5.0, 3.0, 1.0, 5.0, 10),),
        "n_treated": 10,
        "n_comparison": 12,
        "treated_clusters": 10,
        "parts": Parts({"arms": {"arm": ["a", "b"], "n": np.array([10, 12])}}),
    }
    return CounterfactualEstimate(**{**given, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"observed": 6.0},
        {"scale": "relative"},
        {"scale": "relative", "observed": -5.0, "counterfactual": -3.0},
        {"observed": math.nan},
        {"periods": ()},
        {"n_treated": -1},
        {"treated_clusters": -1},
        {"influence": Influence(np.array([1, 2]), np.array([3.0, 4.0]))},
        {
            "effect": Effect(2.0, NoUncertainty(2.0)),
            "influence": Influence(np.array([1]), np.array([1.0])),
        },
    ],
)
def test_impossible_estimates_cannot_be_built(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        build(**changes)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Effect(math.nan, StudentT(0.0, 1.0)),
        lambda: Effect(1.0, StudentT(0.0, 1.0)),
        lambda: Effect(0.5, LogRatioT(0.0, 1.0)),
        lambda: Effect(0.5, ExactCount(1, 4)),
        lambda: Effect(1.0, NoUncertainty(2.0)),
        lambda: Effect(2.0, NoUncertainty(2.0), 1.0),
        lambda: Effect(0.0, StudentT(0.0, 1.0), 0.0),
        lambda: Effect(0.0, StudentT(0.0, 1.0), math.inf),
        lambda: Period("all", 1.0, 1.0, 2.0, 0.0, 1),
        lambda: Period("all", 1.0, 1.0, math.nan, 0.0, 1),
        lambda: Period("all", math.inf, 1.0, 0.0, 1.0, 1),
        lambda: Period("all", 1.0, 1.0, 0.0, 1.0, 0),
        lambda: Influence(np.array([1, 1]), np.array([1.0, 2.0])),
        lambda: Influence(np.array([1]), np.array([1.0, 2.0])),
        lambda: Influence(np.array([1]), np.array([math.nan])),
        lambda: Influence(np.array([1]), np.array([1.0]), level="row"),
        lambda: Parts({"a": {"x": [1, 2], "y": [1]}}),
        lambda: Diagnostic("d", DiagnosticStatus.PASSED, None, None, SENTENCE),
        lambda: Diagnostic("d", DiagnosticStatus.NOT_APPLICABLE, 1.0, None, SENTENCE),
    ],
)
def test_impossible_values_cannot_be_built(make: Any) -> None:
    with pytest.raises(ValueError):
        make()


def test_resampled_sets_may_leave_the_estimate_outside() -> None:
    assert Effect(9.0, EmpiricalDraws(np.arange(5.0))).value == 9.0


def test_chances_are_one_minus_the_matching_p_value() -> None:
    effect = Effect(2.0, StudentT(2.0, 1.0, 12.0), 1.0)
    assert effect.chance_at_least(0.7) == 1.0 - effect.p_value(0.7, "greater")
    assert effect.chance_at_most(0.7) == 1.0 - effect.p_value(0.7, "less")
    assert effect.chance_at_least(-5) > 0.99
    assert effect.chance_at_most(-5) < 0.01


def test_frames_are_built_fresh() -> None:
    estimate = build()
    frame = estimate.to_frame()
    assert list(frame.columns) == ["period", "observed", "counterfactual", "low", "high", "n"]
    frame.loc[0, "observed"] = 99.0
    assert estimate.to_frame().loc[0, "observed"] == 5.0
    arms = estimate.parts["arms"]
    arms["n"] = 0
    assert estimate.parts["arms"]["n"].tolist() == [10, 12]


def test_equality_and_hash_are_those_of_the_canonical_digest() -> None:
    nudged = build(
        effect=Effect(2.0 + 1e-14, StudentT(2.0 + 1e-14, 1.0), 1.0), observed=5.0 + 1e-14
    )
    assert build() == nudged
    assert hash(build()) == hash(nudged)
    assert build() != build(effect=Effect(2.001, StudentT(2.001, 1.0), 1.0), observed=5.001)
    assert build() != build(n_treated=11)


def test_influence_reproduces_the_standard_error_and_gives_covariances() -> None:
    a = Influence(np.array(["x", "y", "z"]), np.array([0.6, 0.0, 0.8]))
    b = Influence(np.array(["y", "z", "w"]), np.array([1.0, 0.5, 2.0]))
    assert a.std_error == pytest.approx(1.0)
    assert a.covariance(b) == pytest.approx(0.4)
    assert a.covariance(b) == b.covariance(a)
    clustered = Influence(np.array([1]), np.array([1.0]), level="cluster")
    with pytest.raises(ValueError, match="cannot be combined"):
        a.covariance(clustered)


def test_results_cannot_be_altered() -> None:
    estimate = build(influence=Influence(np.array([1, 2]), np.array([0.6, 0.8])))
    with pytest.raises(AttributeError):
        estimate.observed = 1.0  # type: ignore[misc]  # that it cannot be set is the test
    assert estimate.influence is not None
    with pytest.raises(ValueError, match="read-only"):
        estimate.influence.values[0] = 2.0
    with pytest.raises(TypeError):
        estimate.settings["a"] = 1  # type: ignore[index]  # that it cannot be set is the test


def test_effects_are_equal_to_ten_digits():
    # The order of rows moves the fifteenth digit; nobody reads it.
    one = Effect(2.0, StudentT(2.0, 1.0, 7.0), 1.0)
    same = Effect(2.0 + 4e-16, StudentT(2.0 + 4e-16, 1.0, 7.0), 1.0)
    assert one == same
    assert hash(one) == hash(same)
    assert one != Effect(2.000001, StudentT(2.000001, 1.0, 7.0), 1.0)
    assert one != Effect(2.0, LogRatioT(math.log(3.0), 0.1, 7.0))
    assert one != 2.0


def test_a_question_that_makes_no_sense_is_refused():
    effect = Effect(2.0, StudentT(2.0, 1.0), 1.0)
    for ask in (effect.p_value, effect.chance_at_least, effect.chance_at_most):
        with pytest.raises(UsageError, match="not nan"):
            ask(math.nan)
    with pytest.raises(UsageError, match="Allowed: two, greater, less"):
        effect.p_value(0.0, "lower")
    with pytest.raises(UsageError, match="Allowed: two, lower, upper"):
        effect.interval(0.9, "greater")
