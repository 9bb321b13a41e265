"""Who is counted: stated rules and groups, each step with its count."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from impacteval.errors import DataError
from impacteval.plan import Analysis
from impacteval.study.rows import select


def analysis(**more: Any) -> Analysis:
    return Analysis.model_validate(
        {
            "outcome": "y",
            "data": "people",
            "design": "rct",
            "estimand": "everyone_eligible",
            "scale": "difference",
            "estimator": {"name": "difference-in-means"},
            "columns": {"outcome": "y", "treatment": "d"},
            "unit_kind": "person",
            **more,
        }
    )


BY_SITE = {"column": "site", "values": {"north": "N", "south": "S"}}


def rule(column: str, *values: str) -> dict[str, Any]:
    return {"column": column, "equals": list(values), "because": "agreed"}


def counts(flow: Any) -> list[tuple[str, int]]:
    return [(step.step.key, step.n) for step in flow]


FRAME = pd.DataFrame(
    {
        "d": [0, 1, 0, 1, 0, 1],
        "site": ["N", "N", "S", "S", "X", "S"],
        "adult": ["yes", "yes", "yes", "no", "yes", "yes"],
        "code": [1.0, 2.0, 1.0, 1.0, 3.0, 1.0],
    }
)


def test_each_rule_and_group_is_counted() -> None:
    planned = analysis(eligible=[rule("adult", "yes")], groups=BY_SITE)
    rows, flow = select("a", planned, FRAME, "south")
    assert counts(flow) == [
        ("flow.read", 6),
        ("flow.eligible", 5),
        ("flow.no-group", 1),
        ("flow.group", 2),
    ]
    # Rows of people without identifiers keep their number in the file.
    assert rows["row number"].tolist() == [3, 6]


def test_rows_of_a_cancelled_group_are_counted_as_such() -> None:
    _, flow = select("a", analysis(groups=BY_SITE), FRAME, "north", ("north",))
    assert counts(flow)[1:] == [("flow.no-group", 1), ("flow.cancelled", 3), ("flow.group", 2)]


def test_numbers_are_compared_as_numbers() -> None:
    rows, _ = select("a", analysis(eligible=[rule("code", "1", "2.0")]), FRAME, "all")
    assert len(rows) == 5


def test_true_and_false_are_words() -> None:
    frame = FRAME.assign(adult=FRAME["adult"] == "yes")
    rows, _ = select("a", analysis(eligible=[rule("adult", "true")]), frame, "all")
    assert len(rows) == 5


def test_text_against_numbers_is_refused() -> None:
    with pytest.raises(
        DataError, match="'code' holds numbers, and the plan compares it with 'yes'"
    ):
        select("a", analysis(eligible=[rule("code", "yes")]), FRAME, "all")


@pytest.mark.parametrize(
    ("more", "column"),
    [({"eligible": [rule("adult", "yes")]}, "adult"), ({"groups": BY_SITE}, "site")],
)
def test_a_missing_value_is_neither_in_nor_out(more: dict[str, Any], column: str) -> None:
    frame = FRAME.copy()
    frame.loc[3, column] = None
    with pytest.raises(DataError, match=rf"column '{column}'.* missing in 1 rows \(first: row 4\)"):
        select("a", analysis(**more), frame, "north" if "groups" in more else "all")


def test_no_row_left_is_refused() -> None:
    with pytest.raises(DataError, match="no row of the data is counted"):
        select("a", analysis(eligible=[rule("adult", "maybe")]), FRAME, "all")


def test_one_number_written_twice_is_not_two_groups() -> None:
    groups = {"column": "code", "values": {"north": "1", "south": "1.0"}}
    with pytest.raises(DataError, match="4 rows belong to two groups"):
        select("a", analysis(groups=groups), FRAME, "north")


def test_the_frame_is_left_alone() -> None:
    before = FRAME.copy()
    select("a", analysis(groups=BY_SITE), FRAME, "north")
    pd.testing.assert_frame_equal(FRAME, before)
