"""The coverage of the two-group, two-way and event-study estimators is that of what they compute."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate  # noqa: E402  the tools are scripts, found by their folder
import calibrate_did_twfe as tool  # noqa: E402

import impacteval as ie  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

BUILT = {
    "difference-in-differences": ("difference-in-differences", {}),
    "difference-in-differences-reg": ("difference-in-differences", {"method": "reg"}),
    "difference-in-differences-ipw": ("difference-in-differences", {"method": "ipw"}),
    "difference-in-differences-ols": ("difference-in-differences", {"method": "ols"}),
    "two-way-fixed-effects": ("two-way-fixed-effects", {}),
    "two-way-fixed-effects-cr2": ("two-way-fixed-effects", {"variance": "cr2"}),
    "sun-abraham": ("sun-abraham", {}),
    "sun-abraham-cr2": ("sun-abraham", {"variance": "cr2", "shares": "estimated"}),
}
CASES = [(m, d) for m in tool.METHODS for d in m.designs()]


def sample_of(panel) -> Sample:
    """A replication as a person would bring it."""
    start = panel.start[panel.unit].astype(float)
    frame = pd.DataFrame({
        "u": panel.unit, "t": panel.period, "y": panel.y,
        "start": np.where(start < panel.n_periods, start, np.nan),
    })  # fmt: skip
    roles = {}
    if panel.cluster is not None:
        frame["place"] = panel.cluster.codes[panel.unit]
        roles["cluster"] = "place"
    if panel.weight is not None:
        frame["w"] = panel.weight
        roles |= {"weight": "w", "weight_kind": "sampling"}
    if panel.covariates:
        frame["x"] = panel.x[:, 0]
        roles["covariates"] = ["x"]
    return Sample.from_frame(
        frame, design="did", outcome="y", unit="u", period="t", adopted="start", **roles
    )


@pytest.mark.parametrize(("method", "design"), CASES, ids=[f"{m.name}, {d.name}" for m, d in CASES])
def test_arrays_and_estimator_agree(method, design) -> None:
    trials = design.draw(np.random.default_rng(10), 1)
    name, settings = BUILT[method.name]
    estimator = ie.estimator(name, **settings)
    sample = sample_of(trials.panels[0])
    for scale in (Scale.RELATIVE, Scale.TOTAL, Scale.STANDARDISED):
        found = method.measure(trials, scale)
        given = estimator.estimate(sample, scale=scale, rng=np.random.default_rng(1)).effect
        low, high = found.bounds("two", 0.9)
        told = given.interval(0.9)
        ends = (
            (np.expm1(low[0]), np.expm1(high[0])) if scale is Scale.RELATIVE else (low[0], high[0])
        )
        assert (told.low, told.high) == (pytest.approx(ends[0]), pytest.approx(ends[1]))


def test_truth_with_a_covariate_is_that_of_many_units() -> None:
    law = tool.Leaning(((None, 40_000), (3, 40_000)), walk=0.0)
    drawn = law(np.random.default_rng(3), 1)
    found = tool.two_groups(drawn.panels[0])
    average, _, _ = found
    assert average.effect == pytest.approx(drawn.difference[0], abs=0.02)
    assert average.effect / (average.observed - average.effect) == pytest.approx(
        drawn.relative[0], abs=0.003
    )


def test_what_is_published_is_what_the_tool_measures() -> None:
    for method in tool.METHODS:
        rows = calibrate.read(calibrate.OUT / f"{method.name}.csv")
        assert {row["design"] for row in rows} == {d.name for d in method.designs()}
        assert {row["replications"] for row in rows} == {str(tool.REPLICATIONS)}
