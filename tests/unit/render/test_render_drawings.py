"""The drawings: the same bytes, nothing to load, labels that never overlap, honest areas."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest
from example_record import job_training
from example_strained import strained
from hypothesis import given
from hypothesis import strategies as st

from impacteval.render.drawing import FAMILY, with_family
from impacteval.render.labels import slug, spread
from impacteval.render.pen import Pen
from impacteval.render.plots import (
    _past,
    effect_drawing,
    love_drawing,
    path_drawing,
    scale_drawing,
)
from impacteval.render.sections_study import levels_asked
from impacteval.values import Language

PEN = Pen(Language.FR, "USD")


def drawings() -> list[str]:
    record, other = job_training(), strained()
    finding = record.findings[0]
    return [
        scale_drawing(record.page_one.clauses[0], PEN),
        effect_drawing(finding, PEN, record.page_one.clauses),
        path_drawing(finding, PEN),
        path_drawing(other.findings[0], PEN),
        love_drawing(finding, PEN),
    ]


def test_drawings_are_the_same_bytes_whatever_the_reader_has_set() -> None:
    first = drawings()
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        assert drawings() == first


def test_drawings_are_plain_svg_that_loads_nothing() -> None:
    for drawing in drawings():
        ET.fromstring(drawing)
        assert "<metadata" not in drawing
        assert "<style" not in drawing
        assert re.findall(r"(?:href|src)=\"(?!#)", drawing) == []
        assert set(re.findall(r"https?://[^\"' ]+", drawing)) <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }


def test_text_stays_text_in_the_printer_s_typeface() -> None:
    drawing = drawings()[0]
    assert "au moins 1\N{NARROW NO-BREAK SPACE}000" in drawing
    assert FAMILY not in with_family(drawing, "serif")
    assert "DejaVu" not in drawing


labels = st.lists(
    st.tuples(st.floats(0, 100), st.text("abcdefgh ", min_size=1, max_size=14), st.just(9.0)),
    min_size=1,
    max_size=3,
).map(sorted)


@given(labels)
def test_labels_in_a_row_neither_overlap_nor_leave_the_row(
    row: list[tuple[float, str, float]],
) -> None:
    inches = 6.9
    centres = spread(row, 0.0, 100.0, inches)
    halves = [len(text) * 0.0086 * size * 100 / inches / 2 for _, text, size in row]
    assert centres[0] - halves[0] >= -1e-9
    assert centres[-1] + halves[-1] <= 100 + 1e-9
    pairs = zip(itertools.pairwise(centres), itertools.pairwise(halves), strict=True)
    for (a, b), (left, right) in pairs:
        assert a + left <= b - right + 1e-9


def test_a_label_with_room_stands_where_it_belongs() -> None:
    assert spread([(20.0, "a", 9.0), (70.0, "b", 9.0)], 0.0, 100.0, 6.9) == [20.0, 70.0]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [("at_least", ([1.5, 2.0], [1.5, 2.0])), ("at_most", ([0.0, 1.0, 1.5], [0.0, 1.0, 1.5]))],
)
def test_the_dark_area_begins_exactly_at_the_threshold(
    operator: str, expected: tuple[list[float], list[float]]
) -> None:
    assert _past([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], 1.5, operator) == expected


def test_the_threshold_is_drawn_as_a_level_of_the_outcome() -> None:
    record, other = job_training(), strained()
    assert levels_asked(record.findings[0], record.page_one.clauses, PEN)[0][0] == pytest.approx(
        4554.801149 + 1000
    )
    # 10% fewer than 155 convictions per 100.
    assert levels_asked(other.findings[0], other.page_one.clauses, PEN)[0][0] == pytest.approx(
        139.5
    )


def test_a_threshold_in_another_unit_is_not_drawn_as_a_level() -> None:
    record = job_training()
    finding = record.findings[0].model_copy(update={"scale": "standardised", "estimate": "0.27"})
    assert levels_asked(finding, record.page_one.clauses, PEN) == ()


def test_names_become_ids_of_plain_letters() -> None:
    assert slug("path", "Été 2014", "cohort_1") == "path--t--2014-cohort-1"
