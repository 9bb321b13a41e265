"""The coverage of common factors is measured on what the estimators compute."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_sc_factors as calibrated  # noqa: E402  the tools are scripts, found by their folder
from calibrate import QUESTIONS  # noqa: E402
from calibrate_designs import SEED  # noqa: E402

from impacteval.estimators.synthetic_control.interactive_effects import (  # noqa: E402
    InteractiveFixedEffects,
)
from impacteval.estimators.synthetic_control.matrix_completion import MatrixCompletion  # noqa: E402
from impacteval.sample import Sample  # noqa: E402

WAYS = {
    "interactive-fixed-effects": InteractiveFixedEffects(draws=calibrated.DRAWS),
    "interactive-fixed-effects-placebo": InteractiveFixedEffects(
        draws=calibrated.DRAWS, inference="placebo"
    ),
    "interactive-fixed-effects-jackknife": InteractiveFixedEffects(inference="jackknife"),
    "matrix-completion": MatrixCompletion(draws=calibrated.DRAWS),
    "matrix-completion-given": MatrixCompletion(draws=calibrated.DRAWS, penalty=calibrated.PENALTY),
    "matrix-completion-jackknife": MatrixCompletion(
        penalty=calibrated.PENALTY, inference="jackknife"
    ),
}
METHODS = {method.name: method for method in calibrated.METHODS}


def sample_of(panels) -> Sample:
    """The first replication."""
    _, units, periods = panels.y.shape
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"u{k:03d}" for k in range(units)], periods),
            "period": np.tile(np.arange(periods), units),
            "on": (np.arange(periods) >= panels.start[:, None]).astype(int).ravel(),
            "y": panels.y[0].ravel(),
        }
    )
    return Sample.from_frame(
        frame, design="synthetic_control", outcome="y", unit="place", period="period",
        treatment="on",
    )  # fmt: skip


def test_every_way_of_measuring_chance_is_measured():
    assert set(METHODS) == set(WAYS)


@pytest.mark.parametrize("name", WAYS)
def test_arrays_and_estimator_agree(name):
    designs = METHODS[name].designs()
    for design in (designs[0], designs[-1]):
        panels = design.draw(np.random.default_rng(3), 1)
        for scale in METHODS[name].scales:
            found = METHODS[name].measure(panels, scale)
            rng = np.random.default_rng(SEED)
            given = WAYS[name].estimate(sample_of(panels), scale=scale, rng=rng).effect
            assert found.centre[0] == pytest.approx(given.value, rel=1e-9)
            assert found.error[0] == pytest.approx(given.std_error, rel=1e-9)
            for side, level in QUESTIONS:
                band = given.interval(level, side)
                low, high = found.bounds(side, level)
                assert (low[0], high[0]) == pytest.approx((band.low, band.high), rel=1e-9)


def test_the_truth_is_that_of_the_draws():
    panels = calibrated.Law(30, (20, 22), beyond=2.0).draw(np.random.default_rng(4), 3)
    panel = panels.panel(1)
    assert panel.served.tolist() == [0, 1]
    assert len(panel.donors) == 28
    plain = calibrated.Law(30, (20, 22), beyond=2.0)
    without = plain.draw(np.random.default_rng(4), 3).y - calibrated.EFFECT * (
        np.arange(30) >= panels.start[:, None]
    )
    jump = panels.y - without
    assert jump[:, 0, 19:21].tolist() == [[0.0, 1.0]] * 3
