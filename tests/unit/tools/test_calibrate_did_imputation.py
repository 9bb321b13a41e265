"""What is calibrated is what the estimators compute, and the truths are the laws'."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impacteval.estimates import LogRatioT
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parents[3] / "tools"))

import calibrate_did_imputation as tool

LAWS = {
    "plain": tool.Law(tool.many(20)),
    "clusters": tool.Law(tool.many(40), clusters_of=2),
    "weights": tool.Law(tool.many(20), weighted=True),
    "rows lost": tool.Law(tool.many(30), lost=0.2),
    "cross-sections": tool.Law(tool.many(20), repeated=True),
    "counts": tool.CountLaw(20, 5.0),
}
CASES = [
    ("imputation", {}, "imputation"),
    ("imputation", {"leave_out": True}, "imputation-leave-out"),
    ("two-stage", {}, "two-stage"),
    ("extended-twfe", {}, "linear"),
    ("extended-twfe", {"model": "poisson"}, "poisson"),
]


def sample_of(panel):
    never = panel.never[panel.unit]
    df = pd.DataFrame(
        {
            "unit": panel.labels[panel.unit].astype(int),
            "period": panel.period,
            "start": np.where(never, np.nan, panel.start[panel.unit]),
            "y": panel.y,
        }
    )
    roles = {}
    if panel.weight is not None:
        df["w"] = panel.weight
        roles |= {"weight": "w", "weight_kind": "sampling"}
    if panel.cluster is not None:
        df["c"] = panel.cluster.codes[panel.unit]
        roles["cluster"] = "c"
    return Sample.from_frame(
        df, design="did", outcome="y", unit="unit", period="period", adopted="start", **roles
    )


PAIRS = [
    (law, *case) for law in LAWS for case in CASES if (case[2] == "poisson") == (law == "counts")
]


@pytest.mark.parametrize(("law", "name", "settings", "measured"), PAIRS)
def test_the_tool_measures_the_estimator(law, name, settings, measured):
    rollouts = LAWS[law](np.random.default_rng(3), 2)
    measure = (
        tool.saturated(measured) if measured in ("linear", "poisson") else tool.measured(measured)
    )
    sample = sample_of(rollouts.panels[1])
    for scale in Scale:
        found = measure(rollouts, scale)
        effect = (
            estimator(name, **settings)
            .estimate(sample, scale=scale, rng=np.random.default_rng(1))
            .effect
        )
        law_of = effect.distribution
        centre = law_of.log_ratio if isinstance(law_of, LogRatioT) else law_of.centre
        assert found.centre[1] == pytest.approx(centre, rel=1e-9)
        assert found.error[1] == pytest.approx(law_of.scale, rel=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_the_truth_is_what_the_law_gives_on_average(law):
    rollouts = LAWS[law](np.random.default_rng(4), 600)
    poisson = law == "counts"
    measure = tool.saturated("poisson") if poisson else tool.measured("imputation")
    for scale in (Scale.DIFFERENCE, Scale.RELATIVE):
        found = measure(rollouts, scale)
        miss = found.centre - found.truth
        # A mean lies within four of its own errors; the log of a ratio a little off.
        assert abs(miss.mean()) < (4 / len(miss) ** 0.5 + 0.05) * miss.std()
