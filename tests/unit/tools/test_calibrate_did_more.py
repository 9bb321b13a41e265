"""The coverage of roll-outs is measured on what the estimators compute."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate  # noqa: E402  the tools are scripts, found by their folder
import calibrate_did_more  # noqa: E402

from impacteval.estimators.did.de_chaisemartin import (  # noqa: E402
    DeChaisemartinDHaultfoeuille,
)
from impacteval.estimators.did.dose_response import DoseResponse  # noqa: E402
from impacteval.estimators.did.triple_difference import TripleDifference  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

ESTIMATORS = {
    "triple-difference": TripleDifference(),
    "triple-difference-not-yet": TripleDifference(control="not_yet"),
    "triple-difference-ols": TripleDifference(method="ols"),
}
CASES = [(n, d) for n in ESTIMATORS for d in calibrate_did_more.METHODS[n].designs()]


def sample_of(trials, k: int) -> Sample:
    """Replication `k` as a person would bring it."""
    triple = trials.triple(k)
    panel = triple.panel
    start = panel.start[panel.unit].astype(float)
    frame = pd.DataFrame({
        "u": panel.unit, "t": panel.period, "y": panel.y,
        "start": np.where(start < panel.n_periods, start, np.nan),
        "who": triple.eligible[panel.unit], "place": triple.enabled[panel.unit],
    })  # fmt: skip
    roles = {"group": "place"}
    if panel.cluster is not None:
        frame["cluster"] = panel.cluster.codes[panel.unit]
        roles["cluster"] = "cluster"
    for j, name in enumerate(panel.covariates):
        frame[name] = panel.x[:, j]
    return Sample.from_frame(
        frame, design="did", outcome="y", unit="u", period="t", adopted="start", subgroup="who",
        covariates=list(panel.covariates), **roles,
    )  # fmt: skip


SWITCHING = calibrate_did_more.METHODS["de-chaisemartin-dhaultfoeuille"]


@pytest.mark.parametrize("design", SWITCHING.designs(), ids=lambda design: design.name)
def test_arrays_and_estimator_agree_where_services_stop(design) -> None:
    """As below."""
    trials = design.draw(np.random.default_rng(10), 2)
    panel, data = trials.tables(1)
    frame = pd.DataFrame({
        "u": panel.unit, "t": panel.period, "y": panel.y, "on": data.dose.ravel().astype(int),
    })  # fmt: skip
    roles = {}
    if panel.cluster is not None:
        frame["cluster"] = panel.cluster.codes[panel.unit]
        roles["cluster"] = "cluster"
    sample = Sample.from_frame(
        frame, design="did", outcome="y", unit="u", period="t", treatment="on", **roles
    )
    own = DeChaisemartinDHaultfoeuille(switchers=trials.switchers)
    for scale in Scale:
        found = SWITCHING.measure(trials, scale)
        given = own.estimate(sample, scale=scale, rng=np.random.default_rng(1)).effect
        low, _ = found.bounds("lower", 0.95)
        expected = np.expm1(low[1]) if scale is Scale.RELATIVE else low[1]
        assert given.interval(0.95, "lower").low == pytest.approx(expected, rel=1e-9)


DOSES = calibrate_did_more.METHODS["dose-response"]


@pytest.mark.parametrize("design", DOSES.designs(), ids=lambda design: design.name)
def test_arrays_and_estimator_agree_by_dose(design) -> None:
    """As below, and the average slope."""
    trials = design.draw(np.random.default_rng(10), 2)
    panel = trials.panel(1)
    frame = pd.DataFrame({"u": panel.unit, "t": panel.period, "y": panel.y})
    frame["on"] = panel.served.astype(int)
    frame["dose"] = trials.dose[1][panel.unit] * panel.served
    roles = {}
    if panel.cluster is not None:
        frame["cluster"] = panel.cluster.codes[panel.unit]
        roles["cluster"] = "cluster"
    sample = Sample.from_frame(
        frame, design="did", outcome="y", unit="u", period="t", treatment="on", dose="dose", **roles
    )
    for scale in Scale:
        found = DOSES.measure(trials, scale)
        given = DoseResponse().estimate(sample, scale=scale, rng=np.random.default_rng(1)).effect
        low, _ = found.bounds("lower", 0.95)
        expected = np.expm1(low[1]) if scale is Scale.RELATIVE else low[1]
        assert given.interval(0.95, "lower").low == pytest.approx(expected, rel=1e-9)
    slope = calibrate_did_more.METHODS["dose-response-slope"].measure(trials, Scale.DIFFERENCE)
    own = DoseResponse(degree=2)
    table = own.estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)).parts[
        "slope"
    ]
    assert table["effect"][0] == pytest.approx(slope.centre[1], rel=1e-9)
    assert table["std_error"][0] == pytest.approx(slope.error[1], rel=1e-9)


@pytest.mark.parametrize(("name", "design"), CASES, ids=[f"{n}, {d.name}" for n, d in CASES])
def test_arrays_and_estimator_agree(name, design) -> None:
    """A replication of every design, on every scale, through the front door."""
    trials = design.draw(np.random.default_rng(10), 2)
    sample = sample_of(trials, 1)
    for scale in Scale:
        found = calibrate_did_more.METHODS[name].measure(trials, scale)
        given = ESTIMATORS[name].estimate(sample, scale=scale, rng=np.random.default_rng(1)).effect
        for side, level in (("two", 0.9), ("lower", 0.95)):
            low, _ = found.bounds(side, level)
            expected = np.expm1(low[1]) if scale is Scale.RELATIVE else low[1]
            assert given.interval(level, side).low == pytest.approx(expected, rel=1e-9)


def test_truths_are_those_of_large_samples() -> None:
    """The law's own figures, against means of many draws."""
    for design in calibrate_did_more.designs():
        law = design.draw
        trials = law(np.random.default_rng(3), 60)
        served = [trials.triple(k) for k in range(60)]
        observed = np.mean([t.panel.y[t.panel.served].mean() for t in served])
        truth = trials.truth
        expected = truth["difference"] / truth["relative"] + truth["difference"]
        spread = np.std([t.panel.y[t.panel.served].mean() for t in served], ddof=1)
        assert observed == pytest.approx(expected, abs=4.5 * spread / np.sqrt(60)), design.name


def test_the_page_is_written(tmp_path) -> None:
    method = calibrate_did_more.METHODS["triple-difference-ols"]
    one = calibrate.Calibrated(
        method.name, method.measure, lambda: method.designs()[:1], command=method.command
    )
    table = calibrate.run(one, tmp_path, 40)
    assert "triple-difference-ols" in calibrate.page(one, table, 40)
