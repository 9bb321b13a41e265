"""Totals of outcomes that are rates: means times the exposure of those served."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import impacteval as ie
from impacteval.report.exposure import exposure_of
from impacteval.sample import Sample

Plain = dict[str, Any]


def hundreds(plan: Plain) -> None:
    plan["analyses"]["events"]["columns"]["exposure"] = "hundred"


@pytest.fixture(scope="module")
def report(two_cohorts_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The synthetic study with outcomes per 100 people: each person is a hundredth of exposure."""
    study = two_cohorts_in(tmp_path_factory.mktemp("rates") / "two-cohorts")
    return study.run(plan_change=hundreds, data_change=lambda df: df.assign(hundred=0.01))


def test_how_close_is_told_in_events_as_without_exposure(
    report: Any, two_cohorts_report: Any
) -> None:
    for mine, theirs in zip(
        report.record.page_one.clauses, two_cohorts_report.record.page_one.clauses, strict=True
    ):
        assert float(mine.counterfactual) == pytest.approx(100 * float(theirs.counterfactual))
        assert "total" in mine.distance.values
        for name, value in theirs.distance.values.items():
            told = mine.distance.values[name]
            if name in ("total", "distance"):
                assert float(told) == pytest.approx(float(value), rel=1e-6)
            else:
                assert told == value


def test_a_pool_adds_up_over_its_groups(report: Any) -> None:
    def of_group(group: str) -> Any:
        return report.findings["reconvictions", group].estimate

    one, two = of_group("cohort_1"), of_group("cohort_2")
    pool = report.findings["reconvictions", "pooled"].estimate
    assert exposure_of(one, of_group) == pytest.approx(2.0)
    assert exposure_of(pool, of_group) == pytest.approx(4.0)
    assert exposure_of(pool, {"cohort_1": one}.get) is None
    assert exposure_of(two, of_group) == pytest.approx(2.0)


def test_none_where_no_table_tells_it() -> None:
    rng = np.random.default_rng(3)
    df = pd.DataFrame({"y": rng.normal(size=40), "d": np.arange(40) % 2})
    sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d")
    plain = ie.estimator("difference-in-means").estimate(sample, scale="difference", rng=rng)
    assert exposure_of(plain, lambda _: None) is None
