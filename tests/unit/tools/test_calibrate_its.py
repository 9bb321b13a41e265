"""The coverage of the interrupted time series is measured on what the estimator computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_its  # noqa: E402  the tools are scripts, found by their folder

from impacteval.registry import estimator  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

CASES = [(m, d) for m in calibrate_its.METHODS for d in m.designs()]
ERRORS = {
    "interrupted-time-series": "ar1",
    "interrupted-time-series-newey-west": "newey-west",
    "interrupted-time-series-independent": "independent",
}


def sample_of(drawn) -> Sample:
    """A replication as a person would bring it, its control series one that is their mean."""
    law, n = drawn.law, drawn.y.shape[1]
    on = np.arange(n) >= law.before
    # Any level of the served will do whose mean is the one that was drawn.
    served = np.full(n, 20.0)
    served[on] = drawn.without[0]
    difference = drawn.y[0]
    frame = pd.DataFrame({"place": "a", "month": np.arange(n), "on": on.astype(int)})
    if not law.controls:
        return _read(frame.assign(y=difference + on * calibrate_its.EFFECT))
    other = frame.assign(place="b", on=0, y=served - difference)
    return _read(pd.concat([frame.assign(y=served + on * calibrate_its.EFFECT), other]))


def _read(frame) -> Sample:
    return Sample.from_frame(
        frame, design="interrupted_time_series", outcome="y", unit="place", period="month",
        treatment="on",
    )  # fmt: skip


@pytest.mark.parametrize(("method", "design"), CASES, ids=[f"{m.name}, {d.name}" for m, d in CASES])
def test_arrays_and_estimator_agree(method, design) -> None:
    """A replication of every design, on every scale, through the front door."""
    drawn = design.draw(np.random.default_rng(10), 1)
    sample = sample_of(drawn)
    settings = {"errors": ERRORS[method.name], "season": drawn.law.season}
    for scale in method.scales:
        fast = method.measure(drawn, scale)
        effect = (
            estimator("interrupted-time-series", **settings)
            .estimate(sample, scale=scale, rng=np.random.default_rng(0))
            .effect
        )
        low, high = fast.bounds("two", 0.9)
        ends = effect.interval(0.9)
        slow = np.array([ends.low, ends.high])
        if scale is Scale.RELATIVE:
            slow = np.log1p(slow)
        np.testing.assert_allclose([low[0], high[0]], slow, rtol=1e-6)


def test_the_truth_and_the_errors_are_those_of_the_law() -> None:
    law = calibrate_its.Law(24, 0.6)
    drawn = law(np.random.default_rng(1), 4_000)
    e = drawn.y - calibrate_its.LEVEL - calibrate_its.SLOPE * np.arange(36)
    assert e.std() == pytest.approx(calibrate_its.NOISE, abs=0.02)
    assert (e[:, 0] * e[:, 1]).mean() == pytest.approx(0.6, abs=0.03)
    measure = calibrate_its.by_line("independent")
    assert (measure(drawn, Scale.TOTAL).truth == 12 * calibrate_its.EFFECT).all()
    relative = measure(drawn, Scale.RELATIVE)
    expected = np.log1p(calibrate_its.EFFECT / drawn.without)
    np.testing.assert_allclose(relative.truth, expected)
