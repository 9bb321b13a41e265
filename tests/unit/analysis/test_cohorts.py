"""Who began when, and how many rows and units there are: facts of the data, whatever the method."""

from __future__ import annotations

import pandas as pd
import pytest

from impacteval.analysis.cohorts import cohorts_of
from impacteval.analysis.flow import arms_flow
from impacteval.sample import Sample

# Unit, adoption: served from the first period on, from the second, twice from the third, only after
# the last, never.
STARTS = {"a": 2001, "b": 2002, "c": 2003, "d": 2003, "e": 2009, "f": None}
PLACES = {"a": "x", "b": "y", "c": "y", "d": "z", "e": "z", "f": "w"}


def panel(**more: str) -> Sample:
    rows = [
        {
            "unit": unit,
            "year": year,
            "start": start,
            "served": float(start is not None and year >= start),
            "place": PLACES[unit],
            "y": float(year - 2000) + 0.5 * ord(unit),
        }
        for unit, start in STARTS.items()
        for year in (2001, 2002, 2003, 2004)
    ]
    roles = {"unit": "unit", "period": "year", "adopted": "start", **more}
    return Sample.from_frame(
        pd.DataFrame(rows), design="did", outcome="y", never="blank" if roles["adopted"] else None,
        **{role: column for role, column in roles.items() if column},
    )  # fmt: skip


def told(sample: Sample) -> list[tuple[object, ...]]:
    return [(c.start, c.when, c.units, c.clusters, c.rows) for c in cohorts_of(sample)]


def test_cohorts_by_dates_of_adoption() -> None:
    assert told(panel()) == [
        (2001, "before", 1, None, 4),
        (2002, "within", 1, None, 4),
        (2003, "within", 2, None, 8),
        (None, "after", 1, None, 4),
        (None, "never", 1, None, 4),
    ]


def test_cohorts_by_who_was_seen_being_served() -> None:
    # A column of treatment knows nothing of those served after the data end.
    assert told(panel(adopted="", treatment="served")) == [
        (2001, "before", 1, None, 4),
        (2002, "within", 1, None, 4),
        (2003, "within", 2, None, 8),
        (None, "never", 2, None, 8),
    ]


def test_places_are_counted_where_the_service_was_assigned_to_them() -> None:
    found = cohorts_of(panel(assignment_cluster="unit"))
    assert [c.clusters for c in found] == [1, 1, 2, 1, 1]


def test_a_cross_section_has_no_cohorts() -> None:
    frame = pd.DataFrame({"unit": [1, 2, 3, 4], "d": [0, 1, 0, 1], "y": [1.0, 2.0, 3.0, 5.0]})
    sample = Sample.from_frame(frame, design="rct", outcome="y", unit="unit", treatment="d")
    assert cohorts_of(sample) == ()


@pytest.mark.parametrize("place", ["", "place"])
def test_units_seen_once_have_cohorts_by_their_place(place: str) -> None:
    rows = [
        {"year": year, "place": name, "served": float(name == "y" and year > 2001), "y": k + year}
        for year in (2001, 2002)
        for name in ("x", "y")
        for k in range(3)
    ]
    roles = {"assignment_cluster": place} if place else {}
    sample = Sample.from_frame(
        pd.DataFrame(rows), design="did", outcome="y", period="year", treatment="served", **roles
    )
    expected = [(2002, "within", 1, 1, 6), (None, "never", 1, 1, 6)] if place else []
    assert told(sample) == expected


def test_the_flow_counts_units_by_whether_they_were_ever_served_and_rows_by_when() -> None:
    steps = arms_flow(panel(), None, kind="place")
    assert [(s.step.key, s.n, s.treated, s.comparison) for s in steps] == [
        ("flow.units", 6, 4, 2),
        # 4 + 3 + 2 + 2 rows of those served by then.
        ("flow.assigned", 24, 11, 13),
        ("flow.measured", 24, 11, 13),
    ]
    assert steps[0].step.values["units"].fr == "Lieux"


def test_the_flow_counts_places_that_were_assigned() -> None:
    steps = arms_flow(panel(assignment_cluster="unit"), None)
    assert (steps[0].step.key, steps[0].n, steps[0].treated) == ("flow.clusters", 6, 4)
