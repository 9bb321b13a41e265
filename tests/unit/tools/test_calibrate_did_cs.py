"""The coverage of roll-outs compared start by start is measured on what the estimator computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_did_cs as calibrated  # noqa: E402  the tools are scripts, found by their folder
from calibrate_did_imputation import Law, many  # noqa: E402

from impacteval.estimators.did.callaway_santanna import CallawaySantAnna  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

SETTINGS = {
    "callaway-santanna": {},
    "callaway-santanna-covariates": {},
    "callaway-santanna-ipw": {"method": "ipw"},
    "callaway-santanna-dynamic": {"aggregation": "dynamic"},
}
METHODS = {method.name: method for method in calibrated.METHODS}
LAWS = {
    "plain": Law(many(30)),
    "clusters": Law(many(60), clusters_of=5),
    "lost": Law(many(50), lost=0.2),
    "weights": Law(many(40), weighted=True),
    "cross-sections": Law(many(40), repeated=True),
    "all served": Law(((1, 10), (3, 10), (4, 10))),
    "covariate": calibrated.Adjusted(many(80)),
}


def _sample(panel) -> Sample:
    """A panel as a person would bring it."""
    start = panel.start[panel.unit].astype(float)
    start[start == panel.n_periods] = np.nan
    columns = {"unit": panel.labels[panel.unit], "t": panel.period, "start": start, "y": panel.y}
    roles = {}
    if panel.weight is not None:
        columns["w"] = panel.weight
        roles |= {"weight": "w", "weight_kind": "sampling"}
    if panel.cluster is not None:
        columns["place"] = panel.cluster.labels[panel.cluster.codes[panel.unit]]
        roles["cluster"] = "place"
    if panel.covariates:
        columns["x"] = panel.x[:, 0]
        roles["covariates"] = ["x"]
    return Sample.from_frame(
        pd.DataFrame(columns), design="did", outcome="y", unit="unit", period="t",
        adopted="start", never="blank", **roles,
    )  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("law", LAWS)
def test_arrays_and_estimator_agree(name, law) -> None:
    rollouts = LAWS[law](np.random.default_rng(3), 2)
    control = "not_yet" if law == "all served" else "never"
    for k, panel in enumerate(rollouts.panels):
        estimator = CallawaySantAnna(control=control, **SETTINGS[name])
        for scale in METHODS[name].scales:
            found = METHODS[name].measure(rollouts, scale)
            given = estimator.estimate(
                _sample(panel), scale=scale, rng=np.random.default_rng(1)
            ).effect
            band = given.interval(0.95)
            low, high = found.bounds("two", 0.95)
            if scale is Scale.RELATIVE:
                low, high = np.expm1(low), np.expm1(high)
            assert (low[k], high[k]) == pytest.approx((band.low, band.high), rel=1e-9)


def test_the_truth_of_adjusted_roll_outs_is_that_of_their_law() -> None:
    """By many units at once: the counterfactual of the served, and the spread of the others."""
    law = calibrated.Adjusted(((None, 40_000), (2, 40_000)), curved=True)
    rollouts = law(np.random.default_rng(5), 1)
    (panel,) = rollouts.panels
    y, on = panel.dense(panel.y), panel.start == 2
    observed = y[on][:, 2:].mean()
    difference = float(rollouts.difference[0])
    relative = difference / (observed - difference)
    assert rollouts.relative[0] == pytest.approx(relative, rel=0.02)
    spread = y[~on][:, 1].std()
    assert rollouts.standardised[0] == pytest.approx(difference / spread, rel=0.02)


def test_a_table_is_written_for_every_method() -> None:
    assert set(METHODS) == set(SETTINGS)
    for method in METHODS.values():
        assert len({d.name for d in method.designs()}) == len(method.designs())
