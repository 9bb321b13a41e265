"""Panels of places that evaluators really send: refused once, with the place and the cure, or handled openly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import impacteval as ie
from impacteval.errors import InputError, NotIdentified

ROLES = {"outcome": "y", "unit": "place", "period": "year", "treatment": "on"}


def panel() -> pd.DataFrame:
    """Ten places over twelve years, one served from the ninth on."""
    rng = np.random.default_rng(7)
    common = rng.normal(size=(2, 12)).cumsum(axis=1)
    y = 20.0 + rng.uniform(0, 1, (10, 2)) @ common + rng.normal(0, 0.3, (10, 12))
    return pd.DataFrame(
        {
            "place": np.repeat([f"town {k}" for k in range(10)], 12),
            "year": np.tile(np.arange(2001, 2013), 10),
            "on": ((np.arange(120) // 12 == 0) & (np.arange(120) % 12 >= 8)).astype(int),
            "y": y.ravel(),
        }
    )


def estimate(df: pd.DataFrame, scale: str = "difference", roles: dict | None = None, **settings):
    sample = ie.Sample.from_frame(df, design="synthetic_control", **{**ROLES, **(roles or {})})
    rng = np.random.default_rng(1)
    return ie.estimator("synthetic-control", **settings).estimate(sample, scale=scale, rng=rng)


def changed(**columns: Callable[[pd.DataFrame], object]) -> pd.DataFrame:
    return panel().assign(**columns)


def at(df: pd.DataFrame, place: str, year: int) -> pd.Series:
    return (df["place"] == place) & (df["year"] == year)


REFUSED = {
    "a row is missing": (
        panel()[lambda d: ~at(d, "town 4", 2003)],
        "sc.missing-cells",
        "town 4 2003",
    ),
    "a place is gone after the service began": (
        panel()[lambda d: ~((d["place"] == "town 5") & (d["year"] > 2009))],
        "sc.missing-cells",
        "town 5 2010",
    ),
    "the service ends again": (
        changed(on=lambda d: d["on"] * (d["year"] < 2012)),
        "sc.treatment-ends",
        "ends again",
    ),
    "one year from before": (
        panel()[lambda d: d["year"] >= 2008],
        "sc.few-before",
        "town 0",
    ),
    "one donor": (
        panel()[lambda d: d["place"].isin(["town 0", "town 1"])],
        "sc.few-donors",
        "1 place is never served",
    ),
    "nothing varies": (changed(y=3.0), "sc.constant", "same in every place"),
    "every place is served from the start": (
        changed(on=lambda d: (d["place"] < "town 3").astype(int)),
        "sc.nobody-served",
        "before the service",
    ),
    "donors a thousand billion times larger": (
        changed(y=lambda d: d["y"] * np.where(d["place"].isin(["town 7", "town 8"]), 1e12, 1.0)),
        "sc.sizes",
        "a million times",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_answer_is_refused_with_its_reason(name):
    df, key, fragment = REFUSED[name]
    with pytest.raises(NotIdentified) as refusal:
        estimate(df)
    assert refusal.value.reason.key == key
    assert fragment in str(refusal.value)
    assert refusal.value.reason.text.fr != refusal.value.reason.text.en


def test_a_number_that_is_missing_or_infinite_or_twice_there_never_becomes_a_sample():
    for bad in (np.nan, np.inf):
        df = panel()
        df.loc[at(df, "town 4", 2003), "y"] = bad
        with pytest.raises(InputError, match="y"):
            estimate(df)
    twice = pd.concat([panel(), panel().iloc[[30]]])
    with pytest.raises(InputError, match="town 2"):
        estimate(twice)


def test_an_outcome_marked_as_not_measured_is_refused_as_a_hole():
    df = panel()
    df.loc[at(df, "town 4", 2003), "y"] = np.nan
    with pytest.raises(NotIdentified) as refusal:
        estimate(df, roles={"missing_outcome": "attrited"})
    assert refusal.value.reason.key == "sc.missing-cells"


@pytest.mark.parametrize(
    ("settings", "fragment"),
    [
        ({"window": (2010, 2031)}, "2031"),
        ({"window": (2012, 2010)}, "ends"),
        ({"window": (2001, 2004)}, "window"),
        ({"penalty": "many"}, "penalty"),
        ({"statistic": "largest"}, "statistic"),
        ({"inference": "guess"}, "inference"),
        ({"donors": 3}, "donors"),
    ],
)
def test_settings_that_say_nothing_are_mistakes_of_usage(settings, fragment):
    with pytest.raises(InputError, match=fragment):
        estimate(panel(), **settings)


def test_scales_that_do_not_exist_are_refused():
    with pytest.raises(InputError, match="standard deviations"):
        estimate(panel(), "standardised")
    with pytest.raises(NotIdentified):
        estimate(changed(y=lambda d: d["y"] - 50.0), "relative")


def test_a_place_served_later_is_never_mixed():
    df = changed(
        on=lambda d: d["on"] | ((d["place"] == "town 1") & (d["year"] >= 2011)).astype(int)
    )
    found = estimate(df)
    assert "town 1" not in set(found.parts["weights"]["unit"])
    assert found.n_comparison == 8


def test_places_served_only_after_the_data_end_are_told():
    roles = {"treatment": None, "adopted": "first"}
    first = lambda d: d["place"].map({"town 0": 2009.0, "town 1": 2040.0})  # noqa: E731  one expression
    found = estimate(changed(first=first).drop(columns="on"), roles=roles)
    assert "sc.served-later" in {note.key for note in found.notes}
    assert "town 1" in set(found.parts["weights"]["unit"])
