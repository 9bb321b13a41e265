"""What is measured of mixes that match predictors is what the estimator gives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_sc as laws  # noqa: E402  the tools are scripts, found by their folder
import calibrate_sc_predictors as calibrated  # noqa: E402  the same

from impacteval.estimators.synthetic_control.classic import SyntheticControl  # noqa: E402
from impacteval.sample import Sample  # noqa: E402


def test_arrays_and_estimator_agree():
    panel = laws.ONE.panel(np.random.default_rng(3))
    (method,) = calibrated.METHODS
    effect, distribution = method.run(panel, np.random.default_rng(1))
    units, periods = panel.y.shape
    frame = pd.DataFrame(
        {
            "place": np.repeat(panel.labels, periods),
            "period": np.tile(panel.periods, units),
            "on": (np.arange(periods) >= panel.start[:, None]).astype(int).ravel(),
            "y": panel.y.ravel(),
        }
    )
    roles = {"outcome": "y", "unit": "place", "period": "period", "treatment": "on"}
    sample = Sample.from_frame(frame, design="synthetic_control", **roles)
    estimator = SyntheticControl(predictors=calibrated.FITTER.predictors, v=calibrated.FITTER.v)
    found = estimator.estimate(sample, scale="difference", rng=np.random.default_rng(1)).effect
    assert found.value == pytest.approx(effect, rel=1e-9)
    for null in (-1.0, 0.0, 0.7, 1.0, 1.2):
        assert found.p_value(null) == distribution.p_value(null)
