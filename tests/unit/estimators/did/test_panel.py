"""Roll-outs as arrays: who starts when, who is left out and counted, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified
from impacteval.estimators.did.panel import Panel, read_panel
from impacteval.sample import Sample
from impacteval.values import Scale


def _frame(starts: dict[str, float], years: range = range(2001, 2005)) -> pd.DataFrame:
    rows = [
        {"unit": u, "year": t, "start": s, "y": 10.0 * k + t - 2001, "on": float(t >= s)}
        for k, (u, s) in enumerate(starts.items())
        for t in years
    ]
    return pd.DataFrame(rows)


def _read(frame: pd.DataFrame, *, keep_always: bool = False, **roles: Any) -> Panel:
    given: dict[str, Any] = {
        "design": "did",
        "outcome": "y",
        "unit": "unit",
        "period": "year",
        "adopted": "start",
    }
    given = {k: v for k, v in {**given, **roles}.items() if v is not None}
    return read_panel(Sample.from_frame(frame, **given), Scale.DIFFERENCE, keep_always=keep_always)


STARTS = {"a": np.nan, "b": 2003.0, "c": 2004.0, "d": np.nan}


def test_starts_are_places_among_the_periods_and_never_is_their_number() -> None:
    panel = _read(_frame(STARTS))
    assert panel.labels.tolist() == ["a", "b", "c", "d"]
    assert panel.start.tolist() == [4, 2, 3, 4]
    assert panel.never.tolist() == [True, False, False, True]
    assert panel.served.reshape(4, 4).sum(axis=1).tolist() == [0, 2, 1, 0]
    assert panel.event_time(2, 0) == -2.0
    assert panel.balanced
    assert panel.treated_clusters == 2
    assert panel.notes == ()


def test_a_treatment_column_says_the_same_as_adoption_dates() -> None:
    dates, column = (
        _read(_frame(STARTS)),
        _read(_frame(STARTS), adopted=None, treatment="on"),
    )
    assert dates.start.tolist() == column.start.tolist()
    assert dates.never.tolist() == column.never.tolist()


def test_a_date_between_two_periods_begins_with_the_next() -> None:
    frame = _frame({**STARTS, "b": 2002.5})
    assert _read(frame).start.tolist() == [4, 2, 3, 4]


def test_units_served_from_the_first_period_on_are_left_out_and_counted() -> None:
    frame = _frame({**STARTS, "e": 2001.0, "f": 1999.0})
    panel = _read(frame)
    assert panel.labels.tolist() == ["a", "b", "c", "d"]
    (note,) = panel.notes
    assert (note.key, note.values["units"]) == ("did.always-served", 2)
    kept = _read(frame, keep_always=True)
    assert kept.labels.tolist() == ["a", "b", "c", "d", "e", "f"]
    assert kept.start.tolist()[-2:] == [0, 0]


def test_units_served_after_the_last_period_count_as_never_served_and_are_told() -> None:
    panel = _read(_frame({**STARTS, "d": 2009.0}))
    assert panel.never.tolist() == [True, False, False, True]
    (note,) = panel.notes
    assert (note.key, note.values["units"]) == ("did.served-later", 1)


def test_dense_is_the_outcome_by_unit_and_period_with_gaps_where_there_is_no_row() -> None:
    frame = _frame(STARTS)
    whole = _read(frame)
    np.testing.assert_array_equal(
        whole.dense(whole.y), frame["y"].to_numpy(dtype=float).reshape(4, 4)
    )
    holed = _read(frame.drop(index=[1, 6]))
    assert not holed.balanced
    table = holed.dense(holed.y)
    assert np.argwhere(np.isnan(table)).tolist() == [[0, 1], [1, 2]]
    assert np.nansum(table) == frame["y"].drop(index=[1, 6]).sum()


def test_rows_that_were_not_measured_are_counted_by_whether_they_were_served() -> None:
    frame = _frame(STARTS)
    frame.loc[[0, 6, 7], "y"] = np.nan
    panel = _read(frame, missing_outcome="attrited")
    (note,) = panel.notes
    assert (note.values["served"], note.values["other"]) == (2, 1)
    assert len(panel.y) == 13


def test_errors_are_at_the_coarser_of_correlation_and_assignment() -> None:
    frame = _frame({**STARTS, "e": 2003.0, "f": np.nan})
    town = {"a": "n", "d": "n", "f": "o", "b": "s", "e": "s", "c": "t"}
    region = {"n": "west", "o": "west", "s": "east", "t": "east"}
    frame["town"] = frame["unit"].map(town)
    frame["region"] = frame["town"].map(region)
    by_town = _read(frame, assignment_cluster="town")
    assert by_town.groups.tolist() == ["n", "o", "s", "t"]
    assert by_town.treated_clusters == 2
    by_region = _read(frame, assignment_cluster="town", cluster="region")
    assert by_region.groups.tolist() == ["east", "west"]
    assert by_region.treated_clusters == 2
    # A level of errors below that of assignment is not taken: the errors would be too small.
    below = _read(frame, assignment_cluster="town", cluster="unit")
    assert below.groups.tolist() == ["n", "o", "s", "t"]
    summed = by_town.by_group(np.arange(6.0))
    assert dict(zip(by_town.groups, summed, strict=True)) == {
        "n": 0.0 + 3.0,
        "o": 5.0,
        "s": 1.0 + 4.0,
        "t": 2.0,
    }


def test_repeated_cross_sections_know_their_start_from_dates_or_from_places() -> None:
    frame = _frame({**STARTS, "e": 2003.0}).drop(columns="unit")
    frame["place"] = np.repeat(list("abcde"), 4)
    dates = _read(frame, unit=None)
    assert dates.kind == "repeated_cross_section"
    assert len(dates.labels) == 20
    assert dates.treated_clusters == 2 + 1 + 2
    places = _read(frame, unit=None, adopted=None, treatment="on", assignment_cluster="place")
    assert places.start.tolist() == dates.start.tolist()
    assert places.treated_clusters == 3
    with pytest.raises(NotIdentified) as refused:
        _read(frame, unit=None, adopted=None, treatment="on")
    assert refused.value.reason.key == "did.start-unknown"


def _off_again(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[(frame["unit"] == "b") & (frame["year"] == 2004), "on"] = 0.0
    return frame


@pytest.mark.parametrize(
    ("frame", "roles", "key"),
    [
        (_off_again(_frame(STARTS)), {"adopted": None, "treatment": "on"}, "did.treatment-ends"),
        (_frame({"a": 2003.0, "b": 2003.0}), {}, "did.nobody-to-compare"),
        (_frame({"a": 2001.0, "b": np.nan}), {}, "did.nobody-served"),
        (_frame(STARTS).assign(w=2), {"weight": "w", "weight_kind": "frequency"}, "did.frequency"),
    ],
    ids=["ends", "nobody to compare", "nobody served", "frequency"],
)
def test_what_cannot_answer_is_refused_with_its_reason(
    frame: pd.DataFrame, roles: dict[str, Any], key: str
) -> None:
    with pytest.raises(NotIdentified) as refused:
        _read(frame, **roles)
    assert refused.value.reason.key.startswith(key)


def test_another_design_and_ratios_of_logarithms_are_refused() -> None:
    sample = Sample.from_frame(
        _frame(STARTS),
        design="did",
        outcome="y",
        unit="unit",
        period="year",
        adopted="start",
        log_outcome=True,
    )
    with pytest.raises(NotIdentified) as refused:
        read_panel(sample, Scale.RELATIVE)
    assert refused.value.reason.key == "randomised.relative-in-logs"
    assert read_panel(sample, Scale.TOTAL).n_periods == 4
    with pytest.raises(NotIdentified) as refused:
        read_panel(sample.as_design("synthetic_control"), Scale.DIFFERENCE)
    assert refused.value.reason.key == "did.not-a-roll-out"


def test_exposure_turns_events_into_rates_that_count_by_exposure() -> None:
    frame = _frame(STARTS)
    frame["time"] = 1.0 + np.arange(len(frame)) % 3
    frame["w"] = 2.0
    panel = _read(frame, exposure="time", weight="w")
    np.testing.assert_allclose(panel.y, (frame["y"] / frame["time"]).to_numpy(dtype=float))
    assert panel.weight is not None
    np.testing.assert_allclose(panel.weight, 2.0 * frame["time"])
    np.testing.assert_allclose(panel.size, 2.0 * frame["time"])


def test_the_order_of_rows_does_not_matter() -> None:
    frame = _frame(STARTS)
    mixed = frame.sample(frac=1.0, random_state=np.random.RandomState(3))
    np.testing.assert_array_equal(_read(frame).y, _read(mixed).y)
