"""Weights of zero: what is said of them is what is done."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.values import Scale

NAMES = [
    "synthetic-control",
    "augmented-synthetic-control",
    "synthetic-did",
    "matrix-completion",
    "interactive-fixed-effects",
]


def estimate(name, weight):
    rng = np.random.default_rng(2)
    common = rng.normal(size=(12, 2)).cumsum(axis=0)
    y = common @ rng.normal(size=(2, 9)) + rng.normal(size=(12, 9))
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{k}" for k in range(9)], 12),
            "year": np.tile(np.arange(12), 9),
            "y": y.T.ravel(),
        }
    )
    frame["on"] = ((frame["place"] == "p0") & (frame["year"] >= 8)).astype(int)
    frame["w"] = weight(frame)
    sample = Sample.from_frame(
        frame,
        design="synthetic_control",
        outcome="y",
        unit="place",
        period="year",
        treatment="on",
        weight="w",
    )
    rng = np.random.default_rng(0)
    return estimator(name).estimate(sample, scale=Scale.DIFFERENCE, rng=rng)


def told(found, key):
    return [str(note) for note in found.notes if note.key == key]


@pytest.mark.parametrize("name", NAMES)
def test_places_never_served_are_compared_whatever_they_weigh(name):
    every = estimate(name, lambda frame: np.ones(len(frame)))
    found = estimate(name, lambda frame: np.where(frame["place"].isin(["p5", "p7"]), 0.0, 1.0))
    assert found.effect.value == every.effect.value
    assert found.n_comparison == every.n_comparison == 8
    (said,) = told(found, "sc.weightless-donors")
    assert said.startswith("2 places never served have a weight of zero and are compared")
    assert not told(found, "sc.weightless-rows")
    assert not [note for note in found.notes if note.key == "randomised.weight-zero"]


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_served_places_without_weight_leave_the_effect(name):
    found = estimate(
        name, lambda frame: np.where((frame["place"] == "p0") & (frame["year"] == 9), 0.0, 1.0)
    )
    assert [period.period for period in found.periods] == [8, 10, 11]
    assert told(found, "sc.weightless-rows") == [
        "1 row of served places has a weight of zero and does not count in the effect."
    ]
    assert not told(found, "sc.weightless-donors")
