"""Synthetic difference-in-differences against synthdid-py 0.1.0, asked by synthdid_values.py."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import synthdid_values

from impacteval.estimators.synthetic_control.synthetic_did_chance import stand_ins
from impacteval.estimators.synthetic_control.synthetic_did_fit import Draws, Rollout, fit

with (Path(__file__).parent / "synthdid_values.csv").open() as file:
    SAID = {(row["roll_out"], row["what"]): float(row["value"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", synthdid_values.STARTS)
def test_effect_and_jackknife_are_those_of_another_programme(name):
    y = synthdid_values.outcomes()
    start = np.array(synthdid_values.STARTS[name])
    units, n = np.arange(len(y)), len(start)
    rollout = Rollout(
        y, np.zeros((*y.shape, 0)), units[:-n], units[-n:], start, np.ones((n, y.shape[1]))
    )
    every = np.ones(y.shape[1], dtype=bool)
    weights, effects = fit(rollout, Draws.real(rollout))
    # It stops when a round gains less than 1e-18; weights are then good to some 1e-8.
    assert effects.over(every)[0] == pytest.approx(SAID[name, "effect"], abs=2e-7)
    chance, others = stand_ins(rollout, weights, "jackknife", 0, np.random.default_rng(0))
    error = chance.errors(others.over(every))
    assert error == pytest.approx(SAID[name, "jackknife"], abs=2e-7)
