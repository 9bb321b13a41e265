"""The coverage of corrected mixes is measured on what the estimator computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_sc_augmented as calibrated  # noqa: E402  the tools are scripts, found by their folder
from calibrate import QUESTIONS  # noqa: E402
from calibrate_designs import SEED  # noqa: E402

from impacteval.estimators.synthetic_control.augmented import AugmentedSyntheticControl  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

WAYS = {
    "augmented-synthetic-control": "placebo",
    "augmented-synthetic-control-jackknife-plus": "jackknife+",
    "augmented-synthetic-control-jackknife": "jackknife",
    "augmented-synthetic-control-bootstrap": "bootstrap",
}
METHODS = {method.name: method for method in calibrated.METHODS}


def sample_of(trials) -> Sample:
    """The first replication."""
    y = trials.y[0]
    places, periods = y.shape
    start = np.full(places, periods)
    start[: len(trials.start)] = trials.start
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{k:02d}" for k in range(places)], periods),
            "period": np.tile(np.arange(periods), places),
            "on": (np.arange(periods) >= start[:, None]).astype(int).ravel(),
            "y": y.ravel(),
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
    method = METHODS[name]
    design = method.designs()[-1]
    trials = design.draw(np.random.default_rng(3), 1)
    own = AugmentedSyntheticControl(
        variance=WAYS[name], folds=calibrated.FOLDS, draws=calibrated.DRAWS
    )
    for scale in method.scales:
        found = method.measure(trials, scale)
        given = own.estimate(sample_of(trials), scale=scale, rng=np.random.default_rng(SEED)).effect
        assert found.centre[0] == pytest.approx(given.value, rel=1e-9)
        if given.std_error is not None:
            assert found.error[0] == pytest.approx(given.std_error, rel=1e-9)
        for side, level in QUESTIONS:
            band = given.interval(level, side)
            low, high = found.bounds(side, level)
            assert (low[0], high[0]) == pytest.approx((band.low, band.high), rel=1e-9)


def test_the_effect_is_that_of_the_served_and_the_truth_is_known():
    design = calibrated.LAWS[-1]
    trials = design.draw(np.random.default_rng(4), 2)
    moved = trials.y - trials.without
    on = np.arange(moved.shape[2]) >= trials.start[:, None]
    assert moved[:, : len(trials.start)][:, on] == pytest.approx(calibrated.EFFECT)
    assert np.abs(moved[:, len(trials.start) :]).max() == 0.0
    relative = METHODS["augmented-synthetic-control"].measure(trials, Scale.RELATIVE)
    share = trials.places(0).shares
    mean = (share * trials.without[0, : len(trials.start)]).sum()
    assert relative.truth[0] == pytest.approx(calibrated.EFFECT / mean)
