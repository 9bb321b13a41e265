"""The coverage of few served places is measured on what the estimator computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_few_treated as calibrated  # noqa: E402  the tools are scripts, found by their folder
from calibrate import QUESTIONS  # noqa: E402
from calibrate_designs import SEED  # noqa: E402

from impacteval.estimators.did.few_treated import FewTreated  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

WAYS = {
    "few-treated": {},
    "few-treated-conley-taber": {"inference": "conley-taber"},
    "few-treated-randomisation": {"inference": "randomisation"},
    "few-treated-studentised": {"inference": "randomisation", "studentised": True},
    "few-treated-wild": {"inference": "wild"},
}
METHODS = {method.name: method for method in calibrated.METHODS}


def sample_of(trials, *, relative: bool) -> Sample:
    """The first replication: one row a place and period, whose weight is its people."""
    rollout = trials.rollout(0, relative=relative)
    g, t = rollout.y.shape
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{k:02d}" for k in range(g)], t),
            "period": np.tile(np.arange(t), g),
            "start": np.repeat(np.where(rollout.start < t, rollout.start, np.nan), t),
            "people": np.repeat(trials.people, t),
            "y": rollout.y.ravel(),
        }
    )
    return Sample.from_frame(
        frame, design="did", outcome="y", unit="place", period="period", adopted="start",
        weight="people", weight_kind="precision",
    )  # fmt: skip


def test_every_way_of_measuring_chance_is_measured():
    assert set(METHODS) == set(WAYS)
    for method in METHODS.values():
        assert {d.name for d in method.designs()} <= {d.name for d in calibrated.LAWS}
        assert method.designs()


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("law", ["2 of 20, alike", "5 of 50, staggered"])
def test_arrays_and_estimator_agree(name, law):
    (design,) = [d for d in calibrated.LAWS if d.name == law]
    if name == "few-treated-wild" and "staggered" in law:
        pytest.skip("the wild bootstrap refuses a place that starts alone")
    trials = design.draw(np.random.default_rng(3), 1)
    estimator = FewTreated(draws=calibrated.DRAWS, **WAYS[name])
    for scale in METHODS[name].scales:
        found = METHODS[name].measure(trials, scale)
        sample = sample_of(trials, relative=scale is Scale.RELATIVE)
        # Weights of kind precision do not say how many were served: totals are of place-periods.
        if scale is Scale.TOTAL:
            continue
        given = estimator.estimate(sample, scale=scale, rng=np.random.default_rng(SEED)).effect
        assert found.centre[0] == pytest.approx(given.value, rel=1e-9)
        assert found.error[0] == pytest.approx(given.std_error, rel=1e-9)
        for side, level in QUESTIONS:
            band = given.interval(level, side)
            low, high = found.bounds(side, level)
            assert (low[0], high[0]) == pytest.approx((band.low, band.high), rel=1e-9)


def test_a_relative_set_holds_the_truth_where_that_of_differences_does():
    """What lets the relative scale of the other tests go unmeasured."""
    design = calibrated.LAWS[1]
    trials = design.draw(np.random.default_rng(4), 40)
    plain, relative = (
        METHODS["few-treated"].measure(trials, scale)
        for scale in (Scale.DIFFERENCE, Scale.RELATIVE)
    )
    for side, level in QUESTIONS:
        assert plain.holds(side, level).tolist() == relative.holds(side, level).tolist()
        assert 0 < plain.holds(side, level).sum() < 41
