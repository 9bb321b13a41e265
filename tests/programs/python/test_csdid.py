"""Roll-outs with covariates, weights, cross-sections, gaps and anticipation, against csdid 0.4.3.

The values were printed by csdid_values.py, which says on what data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from published_data import mpdta

from impacteval.estimators.did.callaway_santanna import CallawaySantAnna
from impacteval.sample import Sample
from impacteval.values import Scale

PRINTED = pd.read_csv(Path(__file__).with_suffix("").parent / "csdid_values.csv")
# Propensity scores of both are iterated, csdid's until the deviance changes by 1e-8.
SAME = 1e-9
SETTINGS: dict[str, dict[str, Any]] = {
    "covariates": {},
    "two covariates, not yet": {"control": "not_yet"},
    "weights": {},
    "cross-sections": {"weigh_by": "cohort"},
    "unbalanced": {"unbalanced": "cross_sections", "weigh_by": "cohort"},
    "anticipation": {"control": "not_yet", "anticipation": 1},
}


def _sample(case: str) -> Sample:
    frame = mpdta().sort_values(["county", "year"]).reset_index(drop=True)
    frame["lpop2"] = frame.lpop**2
    frame["w"] = 1.0 + frame.county % 5 / 2.0
    if case == "unbalanced":
        frame = frame[(frame.county * 7 + frame.year * 13) % 11 != 0]
    if case == "cross-sections":
        frame = frame.assign(county=np.arange(1, len(frame) + 1))
    roles: dict[str, Any] = {"weight": "w", "weight_kind": "sampling"} if case == "weights" else {}
    covariates = ["lpop", "lpop2"] if case.startswith("two") else ["lpop"]
    return Sample.from_frame(
        frame, design="did", outcome="lemp", unit="county", period="year",
        adopted="first_treat", never=0, covariates=covariates, **roles,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
@pytest.mark.parametrize("case", SETTINGS)
def test_effects_averages_and_errors_are_those_of_csdid(case: str, method: str) -> None:
    found = CallawaySantAnna(method=method, **SETTINGS[case]).estimate(  # type: ignore[arg-type]
        _sample(case), scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )
    expected = PRINTED[(PRINTED.case == case) & (PRINTED.method == method)]
    table = found.parts["group_time"]
    ours = {(str(r.cohort), float(r.period)): (r.effect, r.std_error) for r in table.itertuples()}
    averages = found.parts["aggregations"]
    kinds = {r.aggregation: (r.effect, r.std_error) for r in averages.itertuples()}
    compared = 0
    for row in expected.itertuples():
        own = kinds.get(row.cohort) or ours[row.cohort, row.period]
        assert own == pytest.approx((row.effect, row.std_error), abs=SAME), row
        compared += 1
    assert compared == len(table) + len(kinds)
