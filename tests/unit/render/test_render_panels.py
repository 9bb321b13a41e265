"""Roll-outs as a reader sees them: time on the axis, gaps, long names, effects by time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from example_strained import strained

from impacteval.render.drawing import BLUE, FILL
from impacteval.render.panel_plots import event_drawing, path_over_time
from impacteval.render.pen import Pen
from impacteval.render.sections_panels import cohorts, effects_by_time, who_changes
from impacteval.render.times import named, places, runs
from impacteval.report.record import Both, EventRow, FindingFacts, PeriodRow
from impacteval.values import Language

EN, FR = Pen(Language.EN, "EUR"), Pen(Language.FR, "EUR")
FINDING = strained().findings[0]
MONTHS = [f"{year}-{month:02d}" for year in range(2018, 2021) for month in range(1, 13)]


def path(labels: list[str], **more: Any) -> FindingFacts:
    rows = tuple(
        PeriodRow(
            period=label, observed=str(10 + k), counterfactual=str(9 + k), low=str(8 + k),
            high=str(10 + k), level="0.95", n=5,
        )
        for k, label in enumerate(labels)
    )  # fmt: skip
    return FINDING.model_copy(update={"periods": rows, **more})


def texts(drawing: str) -> list[str]:
    ET.fromstring(drawing)
    found = re.findall(r"<text[^>]*>(.*?)</text>", drawing, flags=re.DOTALL)
    return [re.sub(r"<[^>]+>", "", text) for text in found]


def strokes(drawing: str, colour: str, dashed: bool) -> int:
    """How many separate lines of that colour there are."""
    lines = [
        style
        for d, style in re.findall(r'<path d="([^"]*)"[^>]*style="([^"]*)"', drawing)
        if "L" in d and f"stroke: {colour}" in style and "fill: none" in style
    ]
    return sum(("stroke-dasharray" in style) is dashed for style in lines)


# --- time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "at"),
    [
        (["2018", "2019", "2021"], [0, 1, 3]),
        (["2019-10", "2020-01", "2020-07"], [0, 1, 3]),
        (["2019-Q4", "2020-Q1", "2020-Q3"], [0, 1, 3]),
        (["2019T4", "2020T1"], [0, 1]),
        (["2019-S2", "2020-S1", "2021-S1"], [0, 1, 3]),
        (["2020-W52", "2020-W53", "2021-W01"], [0, 1, 2]),
        (["2020-01-06", "2020-01-13", "2020-01-27"], [0, 1, 3]),
        (["1", "2", "10"], [0, 1, 9]),
        # Only an order is known: of words, of times within one day, of one period.
        (["before", "during", "after"], [0, 1, 2]),
        (["2020-01-06T08:00:00", "2020-01-06T09:00:00"], [0, 1]),
        (["2020"], [0]),
    ],
)
def test_periods_stand_at_their_distance_in_time(labels: list[str], at: list[float]) -> None:
    assert places(labels) == pytest.approx(at)


def test_months_of_unequal_length_are_no_gap_and_a_lost_quarter_is() -> None:
    days = ["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30"]
    assert runs(places(days)) == [slice(0, 4)]
    quarters = ["2019-10", "2020-01", "2020-07", "2020-10"]
    assert runs(places(quarters)) == [slice(0, 2), slice(2, 4)]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "labels",
    [
        MONTHS,
        MONTHS[:3],
        [f"wave {k} of the survey of households in the north" for k in range(9)],
        ["2020-01-01", "2020-01-02", "2020-03-01", "2020-12-31"],
        [str(year) for year in range(1990, 2030)],
    ],
)
def test_names_under_an_axis_never_touch(labels: list[str], language: str) -> None:
    at, inches = places(labels), 4.4
    where, told = named(labels, at, language, inches)
    assert where[0] == at[0]
    assert set(where) <= set(at)
    widths = [max(map(len, text.split("\n"))) / 12.5 for text in told]
    scale = inches / (at[-1] - at[0])
    for (a, wide), (b, wide_b) in zip(
        zip(where, widths, strict=True), zip(where[1:], widths[1:], strict=True), strict=False
    ):
        assert (b - a) * scale >= (wide + wide_b) / 2
    assert all(text.count("\n") <= 1 for text in told)


def test_months_are_named_in_the_reader_s_language() -> None:
    assert "janv. 2018" in texts(path_over_time(path(MONTHS[:8]), FR))
    assert "Jan 2018" in texts(path_over_time(path(MONTHS[:8]), EN))


# --- the path -----------------------------------------------------------------------------------


def test_a_line_is_not_drawn_across_a_gap() -> None:
    whole = path_over_time(path(["2019-10", "2020-01", "2020-04", "2020-07"]), EN)
    cut = path_over_time(path(["2019-10", "2020-01", "2020-07", "2020-10"]), EN)
    assert strokes(whole, BLUE, dashed=False) == 1
    assert strokes(cut, BLUE, dashed=False) == 2


def test_a_period_alone_between_gaps_has_its_interval() -> None:
    alone = path(["2019-10", "2020-01", "2020-07", "2021-07", "2021-10"])
    assert strokes(path_over_time(alone, EN), FILL, dashed=False) == 1


def test_without_intervals_there_is_no_band() -> None:
    bare = path(MONTHS[:4])
    rows = tuple(row.model_copy(update={"low": None, "high": None}) for row in bare.periods)
    drawing = path_over_time(bare.model_copy(update={"periods": rows}), EN)
    assert FILL in path_over_time(bare, EN)
    assert FILL not in drawing


def test_a_long_unit_takes_more_lines_and_a_taller_drawing() -> None:
    long = Both(
        en="visits to a doctor, a nurse or a midwife, at home or not, for every hundred people over 65 "
        "who lived in the commune on the first of January",
        fr="consultations",
    )
    for draw in (path_over_time, event_drawing):
        short, taller = (
            draw(FINDING.model_copy(update=more), EN) for more in ({}, {"outcome_unit": long})
        )
        heights = [
            float(re.findall(r'viewBox="0 0 [\d.]+ ([\d.]+)"', d)[0]) for d in (short, taller)
        ]
        assert heights[1] > heights[0] + 10
        assert max(len(text) for text in texts(taller)) <= 95


def test_that_others_join_is_said_only_where_they_do() -> None:
    alike = path(MONTHS[:4])
    assert list(who_changes(alike, EN)) == []
    rows = tuple(row.model_copy(update={"n": 5 + k}) for k, row in enumerate(alike.periods))
    (told,) = who_changes(alike.model_copy(update={"periods": rows}), EN)
    assert "5 at first, 8 in the end" in told.text  # type: ignore[union-attr]


# --- effects by time ----------------------------------------------------------------------------


def test_effects_by_time_are_drawn_with_interval_band_and_beginning() -> None:
    drawing = event_drawing(FINDING, EN)
    said = texts(drawing)
    assert "the service begins" in said
    assert "periods since the service began" in said
    rows = FINDING.event_study
    whiskers = sum(row.low is not None for row in rows)
    assert strokes(drawing, BLUE, dashed=False) == whiskers
    assert drawing.count(FILL) == sum(row.band_low is not None for row in rows)
    without = [row.model_copy(update={"band_low": None, "band_high": None}) for row in rows]
    assert FILL not in event_drawing(FINDING.model_copy(update={"event_study": tuple(without)}), EN)


def test_effects_by_time_stand_under_the_drawing_and_in_words() -> None:
    drawing, note = effects_by_time(FINDING, EN)
    alt, data = drawing.alt, drawing.data  # type: ignore[union-attr]
    assert "Before it began: −0.4 to 1.1." in alt
    assert "Since it began: −17.7 to −9.3, −13.6 in the last period." in alt
    cells = [[cell.text for cell in row] for row in data.rows]
    assert [row[0] for row in cells] == ["−3", "−2", "−1", "0", "1", "3", "4"]
    assert cells[2] == ["−1", "0", "compared with", "–", "–"]
    assert cells[3][3:] == ["−13.2 to −5.4", "−14.9 to −3.7"]
    # An effect without an error is told as such, and is not the reference.
    assert cells[5] == ["3", "−17.7", "–", "–", "–"]
    assert "The grey point" in note.text  # type: ignore[union-attr]


def test_one_time_alone_is_not_drawn_again() -> None:
    bare = {"std_error": None, "low": None, "high": None, "band_low": None, "band_high": None}
    rows = (
        EventRow(event_time="-1", effect="0", reference=True, **bare),
        EventRow(event_time="0", effect="2", reference=False, **bare),
    )
    assert list(effects_by_time(FINDING.model_copy(update={"event_study": rows}), EN)) == []
    assert list(effects_by_time(FINDING.model_copy(update={"event_study": ()}), EN)) == []


# --- who began when -----------------------------------------------------------------------------


def test_the_table_of_cohorts_says_what_is_not_in_the_data() -> None:
    (table,) = cohorts(FINDING, EN)
    rows = [[cell.text for cell in row] for row in table.rows]  # type: ignore[union-attr]
    assert rows == [
        ["July 2010 or earlier", "3", "2", "36"],
        ["January 2011", "12", "8", "144"],
        ["only after the last period", "4", "4", "48"],
        ["never, in these data", "1,701", "1,205", "20,412"],
    ]
    plain = tuple(row.model_copy(update={"clusters": None}) for row in FINDING.cohorts)
    (table,) = cohorts(FINDING.model_copy(update={"cohorts": plain}), FR)
    assert len(table.columns) == 3  # type: ignore[union-attr]
    assert list(cohorts(FINDING.model_copy(update={"cohorts": ()}), EN)) == []
