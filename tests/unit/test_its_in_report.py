"""What reports say of a series that is held against its own past."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent / "render"))

import example_mix

from impacteval.registry import estimator
from impacteval.render.pen import Pen
from impacteval.render.sections_mix import history
from impacteval.report.grade import grade
from impacteval.report.mix_facts import mix_facts
from impacteval.sample import Sample
from impacteval.values import Text

UNIT = Text(en="admissions", fr="hospitalisations")


@pytest.fixture(scope="module")
def estimate():
    rng, t = np.random.default_rng(3), np.arange(36)
    frame = pd.DataFrame({"town": "a", "month": t, "on": (t >= 24).astype(int)})
    frame["y"] = 20 + 0.1 * t - 3 * frame["on"] + rng.normal(size=36)
    sample = Sample.from_frame(
        frame, design="interrupted_time_series", outcome="y", unit="town", period="month",
        treatment="on",
    )  # fmt: skip
    return estimator("interrupted-time-series").estimate(sample, scale="difference", rng=rng)


def test_the_history_is_told_and_no_mix(estimate) -> None:
    told = mix_facts(estimate, UNIT)
    assert told is not None
    assert [row.served for row in told.history] == ["0"] * 24 + ["1"] * 12
    assert [row.low is None for row in told.history] == [True] * 24 + [False] * 12
    assert told.weights is None
    assert told.fit is None
    assert told.placebos is None
    assert told.units == ()


def test_the_drawing_does_not_speak_of_a_mix(estimate) -> None:
    finding = example_mix.mixed().findings[0]
    own = finding.model_copy(update={"mix": mix_facts(estimate, UNIT), "treated_clusters": 1})
    for language, word in (("en", "its mix"), ("fr", "sa combinaison")):
        pen = Pen(language, "EUR")
        assert word in history(finding, finding.mix, pen).caption
        assert word not in history(own, own.mix, pen).caption


def test_the_grade_is_that_of_a_trend_and_drops_where_few_are_served() -> None:
    assert grade("interrupted_time_series", 6).grade == 2
    assert grade("interrupted_time_series", 1).grade == 1
    assert "trend" in grade("interrupted_time_series", 6).kind.text.en
