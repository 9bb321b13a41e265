"""The coverage of synthetic difference-in-differences is measured on what the estimator computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_sc_did as calibrated  # noqa: E402  the tools are scripts, found by their folder
from calibrate_designs import SEED  # noqa: E402

from impacteval.estimators.synthetic_control.synthetic_did import SyntheticDid  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

VARIANCES = {
    "synthetic-did": "placebo",
    "synthetic-did-jackknife": "jackknife",
    "synthetic-did-bootstrap": "bootstrap",
}
METHODS = {method.name: method for method in calibrated.METHODS}
LAWS = {design.name: design for design in calibrated.LAWS}


def sample_of(panels, k, *, relative) -> Sample:
    """Replication `k` with its effect, one row a place and period."""
    y, t = panels.y[k], panels.y.shape[2]
    start = np.append(panels.start, np.full(len(y) - len(panels.start), t))
    on = np.arange(t) >= start[:, None]
    y = np.where(on, calibrated.FACTOR * y, y) if relative else y + calibrated.EFFECT * on
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{i:02d}" for i in range(len(y))], t),
            "period": np.tile(np.arange(t), len(y)),
            "on": on.astype(int).ravel(),
            "y": y.ravel(),
        }
    )
    return Sample.from_frame(
        frame, design="synthetic_control", outcome="y", unit="place", period="period",
        treatment="on",
    )  # fmt: skip


def test_every_variance_is_measured():
    assert set(METHODS) == set(VARIANCES)
    for method in METHODS.values():
        assert method.replications >= 2_000
        assert method.designs()


@pytest.mark.parametrize("name", VARIANCES)
@pytest.mark.parametrize("law", ["5 of 20", "6 of 40, staggered"])
@pytest.mark.parametrize("scale", [Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL])
def test_what_is_measured_is_what_the_estimator_says(name, law, scale):
    panels = LAWS[law].draw(np.random.default_rng(4), 2)
    METHODS[name].measure(panels, Scale.DIFFERENCE)  # as tables ask: it answers for all scales
    measured = METHODS[name].measure(panels, scale)
    sample = sample_of(panels, 1, relative=scale is Scale.RELATIVE)
    found = SyntheticDid(variance=VARIANCES[name], draws=calibrated.DRAWS).estimate(
        sample, scale=scale, rng=np.random.default_rng([SEED, 1])
    )
    for side, level in (("two", 0.95), ("lower", 0.9)):
        low, high = measured.bounds(side, level)
        own = found.effect.interval(level, side)
        expected = (low[1], high[1])
        if scale is Scale.RELATIVE:
            expected = tuple(np.expm1(end) if np.isfinite(end) else end for end in expected)
        assert own.high == pytest.approx(expected[1], rel=1e-9)
        if np.isfinite(expected[0]):
            assert own.low == pytest.approx(expected[0], rel=1e-9)
