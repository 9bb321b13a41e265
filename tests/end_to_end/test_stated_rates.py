"""A stated rate and an earlier period, from the contract to the verdict, on synthetic data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from counted_study import run

from impacteval.errors import StudyError


def people(served=60, earlier=0):
    """30 of 60 served found work; of the earlier period's people a quarter did."""
    df = pd.DataFrame(
        {
            "child": [f"P{k:03d}" for k in range(served + earlier)],
            "enrolled": [k % 2 for k in range(served)] + [int(k % 4 == 0) for k in range(earlier)],
            "served": [1] * served + [0] * earlier,
        }
    )
    return df if earlier else df.drop(columns="served")


def agreed_on(design, **more):
    def change(agreed):
        agreed["outcomes"]["enrolled"] |= {
            "effect": "difference",
            "counterfactual": {"design": design, **more},
            "unit": {"en": "share", "fr": "part"},
        }
        agreed["decide_on"] = "point_estimate"
        agreed.pop("audit")
        agreed["payment"] = {
            "threshold": {"name": "most", "when": {"enrolled": {"at_least": "0.2"}}, "pay": 20000}
        }

    return change


def planned_with(estimator, columns=None, **settings):
    def change(planned):
        entry = planned["analyses"]["enrolled"]
        entry["scale"] = "difference"
        entry["estimator"] = {"name": estimator, "settings": settings}
        entry["columns"] = {"outcome": "enrolled", "unit": "child", **(columns or {})}
        entry.pop("diagnostics")

    return change


def test_a_stated_rate(tmp_path):
    report = run(
        tmp_path,
        people(),
        contract_change=agreed_on("fixed_rate", rate="25%"),
        plan_change=planned_with("fixed-rate", rate=0.25),
    )
    (row,) = report.record.page_one.clauses
    assert (row.verdict, row.value, row.against) == ("met", "0.25", "figure")
    assert (row.observed, row.counterfactual) == ("0.5", "0.25")
    assert report.record.page_one.evidence.kind.key == "grade.kind.count-figure"
    assert report.record.page_one.evidence.grade == 1


@pytest.mark.parametrize("settings", [{}, {"rate": 0.3}])
def test_the_plan_compares_with_the_rate_that_the_contract_fixes(tmp_path, settings):
    with pytest.raises(StudyError, match="fixes the rate 25%"):
        run(
            tmp_path,
            people(),
            contract_change=agreed_on("fixed_rate", rate="25%"),
            plan_change=planned_with("fixed-rate", **settings),
        )


def test_an_earlier_period_with_its_data_is_graded_above_a_figure(tmp_path):
    report = run(
        tmp_path / "data",
        people(earlier=40),
        contract_change=agreed_on("historical_baseline"),
        plan_change=planned_with("historical-baseline", {"treatment": "served"}),
    )
    (row,) = report.record.page_one.clauses
    assert (row.value, row.against, report.record.page_one.evidence.grade) == ("0.25", "data", 2)
    figure = run(
        tmp_path / "figure",
        people(),
        contract_change=agreed_on("historical_baseline"),
        plan_change=planned_with("historical-baseline", baseline=0.25),
    )
    (other,) = figure.record.page_one.clauses
    assert (other.value, other.against, figure.record.page_one.evidence.grade) == (
        "0.25", "figure", 1,
    )  # fmt: skip
    # The figure has no error, so its interval is the shorter one: it knows less and says more.
    widths = [np.diff([float(r.interval.low), float(r.interval.high)]) for r in (row, other)]
    assert widths[1] < widths[0]
