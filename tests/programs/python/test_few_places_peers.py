"""Few served places against statspai 1.40.2 and wildboottest 0.3.2, asked by few_places.py."""

from __future__ import annotations

import csv
from pathlib import Path

import few_places
import numpy as np
import pytest

from impacteval.estimators.did.few_answer import Settings, chance_of
from impacteval.inference.few_groups import placebo_lines
from impacteval.inference.few_groups.rollout import Rollout
from impacteval.values import Scale

with (Path(__file__).parent / "few_places.csv").open() as file:
    SAID = [(r["what"], float(r["null"]), int(r["place"]), float(r["value"])) for r in csv.DictReader(file)]  # fmt: skip

PLACES = 12


def rollout(places: int) -> Rollout:
    start = np.where(np.arange(PLACES) < places, 3, 6)
    return Rollout(few_places.outcomes(), start, np.ones((PLACES, 6)))


def test_placebos_are_those_of_another_programme():
    one = rollout(1)
    u, v = one.nulls(relative=False)
    _, loads = one.places()
    lines = placebo_lines(u, v, loads, one.shares, np.arange(PLACES)[:, None])
    said = [row for row in SAID if row[0] == "placebo"]
    assert len(said) == len(few_places.NULLS) * (PLACES - 1)
    for _, null, place, value in said:
        # They leave out that the place is missing among the others: N - 1 of N is left.
        ours = (lines.level - null * lines.slope)[place] * (PLACES - 1) / PLACES
        assert ours == pytest.approx(value, abs=1e-10), (null, place)


def test_estimates_are_those_of_two_way_fixed_effects():
    for what, places in (("estimate-one", 1), ("estimate-three", 3)):
        settings = Settings("conley-taber", False, "rademacher", 99)
        chance = chance_of(rollout(places), settings, np.random.default_rng(0))
        found = chance.answer(Scale.DIFFERENCE).difference
        assert [found] * len(few_places.NULLS) == pytest.approx(
            [value for name, _, _, value in SAID if name == what], abs=1e-10
        )


def test_the_wild_bootstrap_is_that_of_the_panel_with_all_its_dummies():
    settings = Settings("wild", False, "rademacher", 9_999)
    chance = chance_of(rollout(3), settings, np.random.default_rng(0))
    found = chance.answer(Scale.DIFFERENCE)
    assert found.exact
    said = [(null, value) for what, null, _, value in SAID if what == "wild"]
    assert len(said) == len(few_places.NULLS)
    for null, value in said:
        # What was observed and its mirror image tie with themselves, which they leave to rounding.
        gap = found.distribution.p_value(null) - value
        assert gap == pytest.approx(0.0, abs=1e-12) or gap == pytest.approx(2 / 2**PLACES)
