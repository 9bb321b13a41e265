"""Coverage of trials of clusters is measured on what the estimator computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_clusters  # noqa: E402  the tools are scripts, found by their folder
import calibrate_designs  # noqa: E402
from calibrate_cluster_designs import cluster_designs  # noqa: E402

from impacteval.estimators.randomised.cluster_randomised import ClusterRandomised  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

METHODS = {method.name: method for method in calibrate_clusters.METHODS}
SETTINGS = {
    "cluster-randomised": {},
    "cluster-randomised-adjusted": {},
    "cluster-randomised-equal": {"target": "cluster"},
    "cluster-randomised-cr1": {"variance": "cr1"},
    "cluster-randomised-cr3": {"variance": "cr3"},
    "cluster-randomised-wild": {"variance": "wild", "draws": 199},
}


def estimate(trials, k, scale, settings, adjusted):
    frame = pd.DataFrame(
        {"y": trials.y[k], "t": trials.treatment, "g": trials.cluster, "x": trials.x[k, :, 0]}
    )
    roles = {"covariates": ["x"]} if adjusted else {}
    if trials.stratum is not None:
        frame["s"] = trials.stratum
        roles["stratum"] = "s"
    sample = Sample.from_frame(
        frame, design="rct", outcome="y", treatment="t", cluster="g", **roles
    )
    rng = np.random.default_rng(0)
    return ClusterRandomised(**settings).estimate(sample, scale=scale, rng=rng)


def test_every_method_is_compared():
    assert set(SETTINGS) == set(METHODS)


@pytest.mark.parametrize("name", list(SETTINGS))
def test_arrays_and_estimator_agree(name):
    method = METHODS[name]
    for design in method.designs():
        trials = design.draw(np.random.default_rng(4), 2)
        for scale in method.scales:
            found = method.measure(trials, scale)
            adjusted = name.endswith("adjusted") or ("wild" in name and "covariate" in design.name)
            effect = estimate(trials, 1, scale, SETTINGS[name], adjusted).effect
            centre = float(
                np.expm1(found.centre[1]) if scale is Scale.RELATIVE else found.centre[1]
            )
            assert effect.value == pytest.approx(centre, rel=1e-9, abs=1e-12), design.name
            if name.endswith("wild"):
                # Drawn anew, so as near as draws are; where all patterns are gone through, the same.
                truth = float(
                    np.expm1(found.truth[1]) if scale is Scale.RELATIVE else found.truth[1]
                )
                every = len(np.unique(trials.cluster)) <= 12
                for k, side in enumerate(("two", "greater", "less")):
                    near = 1e-9 if every else 0.12
                    assert effect.p_value(truth, side) == pytest.approx(
                        found.p_values[1, k], abs=near
                    )
                continue
            interval = effect.interval(0.9)
            low, high = (float(end[1]) for end in found.bounds("two", 0.9))
            if scale is Scale.RELATIVE:
                low, high = float(np.expm1(low)), float(np.expm1(high))
            assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-8)


@pytest.mark.parametrize("design", cluster_designs(), ids=lambda d: d.name)
def test_truths_are_those_of_many_trials(design):
    """Means and spread of 600 trials, within five of their own errors."""
    trials = design.draw(np.random.default_rng(5), 600)
    adjusted = "covariate" in design.name
    arms = calibrate_clusters.arms(
        calibrate_designs.Trials(
            trials.y,
            trials.treatment,
            trials.x,
            0.0,
            0.0,
            0.0,
            stratum=trials.stratum,
            cluster=trials.cluster,
        ),
        adjusted=adjusted,
    ).means
    difference = arms[:, 1] - arms[:, 0]
    error = difference.std(ddof=1) / np.sqrt(600)
    assert abs(difference.mean() - trials.difference) < 5 * error
    ratio = arms[:, 1].mean() / arms[:, 0].mean() - 1
    assert ratio == pytest.approx(trials.relative, abs=6 * error / arms[:, 0].mean())
    spread = trials.y[:, trials.treatment == 0].std(axis=1, ddof=1)
    variance = float((spread**2).mean())
    implied = trials.difference / trials.standardised
    near = 5 * (spread**2).std() / np.sqrt(600) + 0.08 * variance  # clusters shared by the mean
    assert variance == pytest.approx(implied**2, abs=near)
