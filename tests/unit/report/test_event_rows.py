"""Effects by time as the record writes them, from whatever table an estimator gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from panel_plugin import ManyPeriods, panel

from impacteval.estimates import CounterfactualEstimate, Parts
from impacteval.report.panels import event_rows, label
from impacteval.sample import Sample
from impacteval.values import Scale


@pytest.fixture(scope="module")
def estimate() -> CounterfactualEstimate:
    sample = Sample.from_frame(
        panel(), design="did", outcome="visits", unit="commune", period="quarter",
        adopted="start", never="blank",
    )  # fmt: skip
    return ManyPeriods().estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0))


def test_every_time_with_the_reference_in_its_place(estimate: CounterfactualEstimate) -> None:
    rows = list(event_rows(estimate))
    assert [row.event_time for row in rows] == [str(t) for t in range(-8, 8)]
    assert [row.event_time for row in rows if row.reference] == ["-1"]
    table = estimate.parts["event_study"].set_index("event_time")
    # Ten digits of the outcome's own size, which is some twenty.
    for row in rows:
        if not row.reference:
            own = table.loc[int(row.event_time)]
            assert float(row.effect) == pytest.approx(own["effect"], abs=1e-8)
            assert float(row.band_low or "nan") == pytest.approx(own["band_low"], abs=1e-8)
            assert float(row.high or "nan") == pytest.approx(own["high"], abs=1e-8)


def test_a_table_that_holds_its_reference_gets_no_second_one(
    estimate: CounterfactualEstimate,
) -> None:
    # As with a varying base: the period before the start has an estimate of its own.
    table = estimate.parts["event_study"]
    own = pd.DataFrame({"event_time": [-1], "effect": [0.4], "std_error": [0.2], "low": [0.0]})
    parts = Parts({"event_study": pd.concat([own, table], ignore_index=True)})
    rows = list(event_rows(replace(estimate, parts=parts)))
    assert [row.event_time for row in rows] == [str(t) for t in range(-8, 8)]
    assert not any(row.reference for row in rows)
    (one,) = [row for row in rows if row.event_time == "-1"]
    assert (one.effect, one.high, one.band_low) == ("0.4", None, None)


def test_a_row_of_nothing_is_the_reference_and_a_row_without_error_is_not(
    estimate: CounterfactualEstimate,
) -> None:
    table = pd.DataFrame(
        {"event_time": [-1.0, 0.0, 1.0], "effect": [0.0, 2.0, 3.0], "std_error": [np.nan, 0.0, 1.0]}
    )
    rows = list(event_rows(replace(estimate, parts=Parts({"event_study": table}))))
    assert [(row.event_time, row.reference) for row in rows] == [
        ("-1", True),
        ("0", False),
        ("1", False),
    ]


def test_an_estimate_without_the_table_has_no_rows(estimate: CounterfactualEstimate) -> None:
    assert list(event_rows(replace(estimate, parts=Parts()))) == []
    assert list(event_rows(None)) == []


def test_years_read_as_decimals_are_years() -> None:
    assert [label(x) for x in (2019.0, 2019, "2019-04", 2019.5)] == [
        "2019", "2019", "2019-04", "2019.5",
    ]  # fmt: skip
