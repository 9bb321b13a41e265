"""Which standard error stands where nothing was asked: the usual one, unless a side has few units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import impacteval as ie
from impacteval.estimators.did.panel import read_panel
from impacteval.estimators.did.small_sample import chosen_variance
from impacteval.sample import Sample
from impacteval.values import Scale


def roll_out(served: int, never: int, each: int = 1) -> Sample:
    """So many places of `each` units, four years, from the third on."""
    rng = np.random.default_rng(served + never)
    places = served + never
    frame = pd.DataFrame({
        "unit": np.repeat(np.arange(places * each), 4),
        "place": np.repeat(np.arange(places), 4 * each),
        "year": np.tile([1, 2, 3, 4], places * each),
    })  # fmt: skip
    frame["from"] = np.where(frame["place"] < served, 3.0, np.nan)
    frame["y"] = rng.normal(size=len(frame))
    return Sample.from_frame(
        frame, design="did", outcome="y", unit="unit", period="year", adopted="from",
        cluster="place",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("served", "never", "expected"),
    [(10, 10, "cr1"), (9, 30, "cr2"), (30, 9, "cr2"), (4, 36, "cr2"), (10, 200, "cr1")],
)
def test_auto_corrects_where_a_side_has_fewer_than_ten_places(
    served: int, never: int, expected: Any
) -> None:
    # Three units a place: it is places that count.
    panel = read_panel(roll_out(served, never, each=3), Scale.DIFFERENCE)
    assert chosen_variance(panel, "auto") == expected
    assert chosen_variance(panel, "cr1") == "cr1"
    assert chosen_variance(panel, "cr2") == "cr2"


@pytest.mark.parametrize("name", ["two-way-fixed-effects", "sun-abraham"])
def test_the_estimate_says_which_and_is_the_one_asked_for_by_name(name: str) -> None:
    rng = np.random.default_rng(1)

    def found(sample: Sample, **settings: Any) -> Any:
        return ie.estimator(name, **settings).estimate(sample, scale="difference", rng=rng)

    many, few = roll_out(12, 12), roll_out(4, 20)
    for sample, kind in ((many, "cr1"), (few, "cr2")):
        auto, named = found(sample), found(sample, variance=kind)
        assert auto.effect == named.effect
        assert kind.upper() in auto.effect.interval(0.95).method
    assert found(few).effect.std_error > found(few, variance="cr1").effect.std_error


def test_where_everybody_is_served_in_the_end_those_served_are_counted() -> None:
    frame = pd.DataFrame({"unit": np.repeat(np.arange(24), 4), "year": np.tile([1, 2, 3, 4], 24)})
    frame["from"] = np.where(frame["unit"] < 12, 2.0, 4.0)
    frame["y"] = np.random.default_rng(2).normal(size=len(frame))
    sample = Sample.from_frame(
        frame, design="did", outcome="y", unit="unit", period="year", adopted="from"
    )
    assert chosen_variance(read_panel(sample, Scale.DIFFERENCE), "auto") == "cr1"
