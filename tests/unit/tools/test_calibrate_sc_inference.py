"""The coverage of chance over time is measured on what the estimator computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_sc_inference as calibrated  # noqa: E402  the tools are scripts, found by their folder
from calibrate import QUESTIONS, read  # noqa: E402

from impacteval.estimators.synthetic_control.classic import SyntheticControl  # noqa: E402
from impacteval.sample import Sample  # noqa: E402

METHODS = {method.name: method for method in calibrated.METHODS}
SETTINGS = {
    "synthetic-control-conformal": ({"inference": "conformal"}, 1),
    "synthetic-control-conformal-average": ({"inference": "conformal"}, 2),
    "synthetic-control-prediction": ({"inference": "prediction"}, 1),
    "synthetic-control-t-test": ({"inference": "t-test"}, calibrated.AFTER),
}


def sample_of(trials: calibrated.Places, after: int) -> Sample:
    """The first replication."""
    rows = trials.before + after
    y = trials.y[0, :, :rows].copy()
    y[0] += calibrated.EFFECT * (np.arange(rows) >= trials.before)
    on = np.zeros(y.shape, dtype=int)
    on[0, trials.before :] = 1
    frame = pd.DataFrame(
        {
            "place": np.repeat(np.arange(len(y)), rows),
            "period": np.tile(np.arange(rows), len(y)),
            "on": on.ravel(),
            "y": y.ravel(),
        }
    )
    return Sample.from_frame(
        frame,
        design="synthetic_control",
        outcome="y",
        unit="place",
        period="period",
        treatment="on",
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_arrays_and_estimator_agree(name):
    settings, after = SETTINGS[name]
    (design,) = [d for d in calibrated.DESIGNS if d.name == "lasting, inside, 20"]
    trials = design.draw(np.random.default_rng(3), 1)
    sample = sample_of(trials, after)
    for scale in METHODS[name].scales:
        found = METHODS[name].measure(trials, scale)
        target = trials.y[0, 0, : trials.before + after].copy()
        target[trials.before :] += calibrated.EFFECT
        rng = calibrated.draws_of(target)
        given = SyntheticControl(**settings).estimate(sample, scale=scale, rng=rng)
        assert found.centre[0] == pytest.approx(given.effect.value, rel=1e-9)
        for side, level in QUESTIONS:
            band = given.effect.interval(level, side)
            low, high = found.bounds(side, level)
            assert (low[0], high[0]) == pytest.approx((band.low, band.high), rel=1e-8)


def test_a_mean_that_is_not_positive_is_refused_on_the_relative_scale():
    design = calibrated.DESIGNS[0]
    trials = design.draw(np.random.default_rng(3), 2)
    sunk = calibrated.Places(trials.y - 100.0, trials.before)
    method = METHODS["synthetic-control-t-test"]
    found = method.measure(sunk, next(s for s in method.scales if s.value == "relative"))
    assert np.isnan(found.centre).all()


@pytest.mark.parametrize("name", SETTINGS)
def test_every_design_is_published(name):
    rows = read(ROOT / "docs" / "reference" / "coverage" / f"{name}.csv")
    assert {row["design"] for row in rows} == {d.name for d in METHODS[name].designs()}
    assert {row["replications"] for row in rows} == {str(METHODS[name].replications)}
    assert METHODS[name].replications >= 2_000


def test_conformal_sets_are_as_sure_as_they_say_where_they_are_exact():
    for name in ("synthetic-control-conformal", "synthetic-control-conformal-average"):
        rows = read(ROOT / "docs" / "reference" / "coverage" / f"{name}.csv")
        exact = [row for row in rows if row["design"].startswith("independent")]
        assert exact
        assert all(row["verdict"] != "below" for row in exact)
