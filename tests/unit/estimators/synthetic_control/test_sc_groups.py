"""Places in groups: where chance falls on places, groups of them are refused; over time they do not count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.values import Scale

PLACES, YEARS, BEGINS = 12, 12, 8


def towns():
    """Two towns of one district are served together, among twelve towns of six districts."""
    rng = np.random.default_rng(4)
    common = rng.normal(size=(YEARS, 2)).cumsum(axis=0)
    y = common @ rng.normal(size=(2, PLACES)) + rng.normal(size=(YEARS, PLACES))
    frame = pd.DataFrame(
        {
            "town": np.repeat([f"t{k:02d}" for k in range(PLACES)], YEARS),
            "district": np.repeat(np.arange(PLACES) // 2, YEARS),
            "year": np.tile(np.arange(YEARS), PLACES),
            "y": y.T.ravel(),
        }
    )
    frame["on"] = ((frame["district"] == 0) & (frame["year"] >= BEGINS)).astype(int)
    return frame


def estimate(name, settings, **roles):
    sample = Sample.from_frame(
        towns(),
        design="synthetic_control",
        outcome="y",
        unit="town",
        period="year",
        treatment="on",
        **roles,
    )
    rng = np.random.default_rng(0)
    return estimator(name, **settings).estimate(sample, scale=Scale.DIFFERENCE, rng=rng)


@pytest.mark.parametrize("role", ["cluster", "assignment_cluster"])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("synthetic-control", {}),
        ("synthetic-control", {"statistic": "signed-ratio"}),
        ("augmented-synthetic-control", {}),
        ("augmented-synthetic-control", {"variance": "jackknife"}),
        ("synthetic-did", {}),
        ("matrix-completion", {}),
        ("interactive-fixed-effects", {}),
    ],
)
def test_placebos_of_places_that_lie_in_groups_are_refused(name, settings, role):
    """66 pairs of towns would stand for six districts, and p-values below 1/6 for what has none."""
    with pytest.raises(NotIdentified, match=rf"{role} puts the 12 places into 6 groups"):
        estimate(name, settings, **{role: "district"})


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("synthetic-control", {"inference": "conformal"}),
        ("synthetic-control", {"inference": "t-test"}),
        ("augmented-synthetic-control", {"variance": "jackknife+"}),
    ],
)
def test_chance_over_time_does_not_ask_for_groups(name, settings):
    grouped = estimate(name, settings, assignment_cluster="district")
    alone = estimate(name, settings)
    assert grouped.effect.value == alone.effect.value
    assert grouped.effect.p_value() == alone.effect.p_value()
    assert (grouped.treated_clusters, alone.treated_clusters) == (1, 2)


def test_each_place_as_its_own_group_is_no_group():
    assert estimate("synthetic-control", {}, cluster="town").effect.p_value() == pytest.approx(
        estimate("synthetic-control", {}).effect.p_value()
    )
