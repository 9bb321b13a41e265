"""A mix of places as a reader sees it: drawings in grey, their tables, their words."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from example_mix import estimated, mix_of, mixed, with_tables

from impacteval.render.blocks import Block, Drawing, Para, Table
from impacteval.render.document import document
from impacteval.render.drawing import BLUE, INK, LINE, SOFT
from impacteval.render.mix_bars import ranks_drawing, time_weights_drawing, weights_drawing
from impacteval.render.mix_cells import scientific
from impacteval.render.mix_names import test_name as name_of_test
from impacteval.render.mix_paths import (
    gap_drawing,
    history_drawing,
    in_time_drawing,
    leave_one_out_drawing,
)
from impacteval.render.pen import Pen
from impacteval.render.sections_mix import holds_path
from impacteval.render.sections_mix import mixed as section
from impacteval.render.sections_mix_firm import firm_mixes
from impacteval.report.record import FindingFacts, PeriodRow, Range
from impacteval.values import Language

EN, FR = Pen(Language.EN, "EUR"), Pen(Language.FR, "EUR")
RECORD = mixed()
FINDING = RECORD.findings[0]
MIX = mix_of(estimated())
DRAWINGS = {
    "history": history_drawing,
    "gap": gap_drawing,
    "weights": weights_drawing,
    "ranks": ranks_drawing,
    "left-out": leave_one_out_drawing,
    "in-time": in_time_drawing,
}


def with_mix(**tables: Any) -> FindingFacts:
    return FINDING.model_copy(update={"mix": mix_of(with_tables(estimated(), **tables))})


def texts(drawing: str) -> list[str]:
    ET.fromstring(drawing)
    found = re.findall(r"<text[^>]*>(.*?)</text>", drawing, flags=re.DOTALL)
    return [re.sub(r"<[^>]+>", "", text) for text in found]


def lines(drawing: str, colour: str) -> list[str]:
    """The styles of the lines of that colour that are longer than a mark."""
    found = re.findall(r'<path d="([^"]*)"[^>]*style="([^"]*)"', drawing)
    return [s for d, s in found if d.count("L") > 3 and f"stroke: {colour}" in s and "none" in s]


def grey(colour: str) -> float:
    r, g, b = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return 0.299 * r + 0.587 * g + 0.114 * b


# --- drawings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_every_drawing_is_the_same_each_time_and_its_ids_are_its_own(
    name: str, language: str
) -> None:
    pen = Pen(Language(language), "EUR")
    wide, again, narrow = (
        DRAWINGS[name](FINDING, pen, narrow=narrow) for narrow in (False, False, True)
    )
    assert wide == again
    ids = [set(re.findall(r'\bid="([^"]+)"', drawing)) for drawing in (wide, narrow)]
    assert all(ids)
    assert not ids[0] & ids[1]
    widths = [float(re.findall(r'viewBox="0 0 ([\d.]+)', d)[0]) for d in (wide, narrow)]
    assert widths[0] > 1.5 * widths[1]


def test_the_served_place_is_told_from_the_others_without_colour() -> None:
    drawing = gap_drawing(FINDING, EN)
    dark, light = lines(drawing, BLUE), lines(drawing, LINE)
    assert len(dark) == 1
    assert len(light) == 12
    assert grey(LINE) - grey(BLUE) > 0.4
    width = [float(re.findall(r"stroke-width: ([\d.]+)", s)[0]) for s in (dark[0], light[0])]
    assert width[0] > 2 * width[1]
    said = texts(drawing)
    assert {"Grandval", "other places, had they been the one served", "the service begins"} <= set(
        said
    )


def test_lines_of_different_meaning_have_different_strokes() -> None:
    drawing = leave_one_out_drawing(FINDING, EN)
    assert all("dasharray" in style for style in lines(drawing, INK))
    assert not any("dasharray" in style for style in lines(drawing, BLUE))
    drawn = in_time_drawing(FINDING, EN)
    dashes = [re.findall(r"dasharray: ([^;]+)", s) for s in lines(drawn, INK) + lines(drawn, SOFT)]
    dashes = [found[0] for found in dashes if found]
    assert len(set(dashes)) == len(dashes) >= 2


def test_the_history_has_the_start_before_its_first_served_year() -> None:
    drawing = history_drawing(FINDING, EN)
    assert "the service begins" in texts(drawing)
    assert "le service commence" in texts(history_drawing(FINDING, FR))
    assert "without it (estimate)" in texts(drawing)
    assert "sans lui" in texts(history_drawing(FINDING, FR, narrow=True))


def test_the_rows_stand_in_order_with_the_served_place_marked() -> None:
    drawing = ranks_drawing(FINDING, EN)
    assert FINDING.mix is not None
    assert FINDING.mix.placebos is not None
    places = [row.place for row in FINDING.mix.placebos.rows if row.kept or row.served]
    said = [text for text in texts(drawing) if text in places]
    assert said == places
    assert "Esterel" not in texts(drawing)
    marked = re.findall(r"<text[^>]*font-weight: 700[^>]*>|<text[^>]*bold[^>]*>", drawing)
    assert len(marked) == 1


def test_a_ratio_without_end_leaves_the_drawing() -> None:
    ratio = np.array([4.0, math.inf, 2.0])
    table = {
        "unit": ["S", "A", "B"], "served": [True, False, False], "effect": [1.0, 2.0, 3.0],
        "pre_rmspe": [1.0, 0.0, 1.0], "post_rmspe": [4.0, 3.0, 2.0], "ratio": ratio,
        "rank": [2, 1, 3], "kept": [True] * 3,
    }  # fmt: skip
    finding = with_mix(placebos=table, placebo_test=None)
    assert [t for t in texts(ranks_drawing(finding, EN)) if t in "SAB"] == ["A", "S", "B"]
    (data,) = [
        b for b in section(finding, EN) if isinstance(b, Drawing) and "in order" in b.caption
    ]
    assert data.data is not None
    assert [cell.text for cell in data.data.rows[0]][:3] == ["A", "1", "∞"]
    assert "The largest is A with ∞" in data.alt


def test_effects_are_drawn_where_the_test_ranks_effects() -> None:
    test = {
        "test": ["placement"], "statistic": [5.0], "p_value": [2 / 3], "side": ["two"],
        "compared": [3], "attainable": [1 / 3],
    }  # fmt: skip
    table = {
        "unit": ["S", "A", "B"], "served": [True, False, False], "effect": [-2.0, 3.0, 1.0],
        "pre_rmspe": [1.0] * 3, "post_rmspe": [4.0, 3.0, 2.0], "ratio": [4.0, 3.0, 2.0],
        "rank": [2, 1, 3], "kept": [True] * 3,
    }  # fmt: skip
    finding = with_mix(placebos=table, placebo_test=test)
    drawing = ranks_drawing(finding, EN)
    assert [t for t in texts(drawing) if t in "SAB"] == ["A", "S", "B"]
    assert "effect, points of income" in texts(drawing)
    alts = [b.alt for b in section(finding, EN) if isinstance(b, Drawing)]
    assert any("S, the one served, is number 2 with −2" in alt for alt in alts)


def test_time_weights_say_for_whom_where_several_began() -> None:
    times = {"period": [2013, 2015], "weight": [0.7, 1.0], "cohort": [2016, 2018]}
    finding = with_mix(time_weights=times)
    assert "2013, began 2016" in texts(time_weights_drawing(finding, EN))
    assert "2015, début 2018" in texts(time_weights_drawing(finding, FR))
    times = {"period": [2013, 2014, 2015], "weight": [0.7, 0.0, 0.3]}
    finding = with_mix(time_weights=times)
    assert "2014" not in texts(time_weights_drawing(finding, EN))
    assert {"70%", "30%"} <= set(texts(time_weights_drawing(finding, EN)))


def test_forty_rows_stay_apart() -> None:
    names = [f"Town number {k:02d}" for k in range(40)]
    finding = with_mix(weights={"unit": names, "weight": [1 / 40] * 40})
    drawing = weights_drawing(finding, EN)
    heights = re.findall(r"translate\(([\d.]+) ([\d.]+)\)[^>]*>Town", drawing) or re.findall(
        r'<text[^>]* y="([\d.]+)"[^>]*>Town', drawing
    )
    ys = sorted(float(h[1] if isinstance(h, tuple) else h) for h in heights)
    assert len(ys) == 40
    assert min(b - a for a, b in pairwise(ys)) > 11


# --- blocks ---------------------------------------------------------------------------------------


def blocks(language: str = "en", finding: FindingFacts = FINDING) -> list[Block]:
    return list(section(finding, Pen(Language(language), "EUR")))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_drawing_has_words_and_a_table_and_a_form_for_narrow_screens(language: str) -> None:
    pen = Pen(Language(language), "EUR")
    found = [*blocks(language), *firm_mixes(RECORD, pen)]
    drawn = [block for block in found if isinstance(block, Drawing)]
    assert len(drawn) == 6
    for drawing in drawn:
        assert len(drawing.alt) > 20
        assert drawing.narrow
        assert drawing.data is not None
        assert drawing.data.rows
        assert all(len(row) == len(drawing.data.columns) for row in drawing.data.rows)


def test_paths_stand_as_a_table_under_their_drawing() -> None:
    (gap,) = [b for b in blocks() if isinstance(b, Drawing) and "every other place" in b.caption]
    assert gap.data is not None
    assert len(gap.data.columns) == 17
    assert gap.data.rows[gap.data.strong[0]][0].text == "Grandval"
    own = [row.gap for row in MIX.history]
    shown = [cell.text for cell in gap.data.rows[gap.data.strong[0]][1:]]
    assert shown == [EN.number(value or "") for value in own]
    assert not gap.printed


def test_the_placebo_test_has_its_own_name_and_direction() -> None:
    (table,) = [b for b in blocks() if isinstance(b, Table) and "test of no effect" in b.caption]
    heads = [column.head for column in table.columns]
    assert "p-value of this test" in heads
    rows = [[cell.text for cell in row] for row in table.rows]
    assert rows[0][1] == "either way"
    assert rows[1][1] == "an increase"
    assert rows[0][3] == EN.p_value(str(round(1 / 13, 10)))
    notes = [b.text for b in blocks() if isinstance(b, Para) and b.tone == "note"]
    assert any("half of its p-value is no one-sided p-value" in text for text in notes)
    assert not any("one-sided" in column.head for column in table.columns)


def test_the_gap_of_several_served_places_is_called_a_mean() -> None:
    mix = mix_of(with_tables(estimated(several=True), placebos=None, placebo_paths=None))
    found = blocks(finding=FINDING.model_copy(update={"mix": mix}))
    captions = [b.caption for b in found if isinstance(b, Drawing)]
    assert any("the served places and their mixes, on average" in text for text in captions[-1:])


def test_a_test_over_time_is_told_without_places() -> None:
    test = {
        "test": ["no effect in any period, moving-block"], "statistic": ["the mean miss"],
        "p_value": [0.0625], "side": ["two"], "compared": [16], "attainable": [0.0625],
    }  # fmt: skip
    found = blocks(finding=with_mix(placebos=None, placebo_paths=None, placebo_test=test))
    (table,) = [b for b in found if isinstance(b, Table)]
    assert [cell.text for cell in table.rows[0]] == [
        "no effect in any period: the periods shifted in blocks",
        "either way", "–", "0.0625", "16", "0.0625",
    ]  # fmt: skip
    headings = [b.heading for b in found if b.kind == "sub"]  # type: ignore[union-attr]
    assert headings[-1] == "A test of no effect"
    assert not any("Had we pretended" in b.text for b in found if isinstance(b, Para))


def test_only_what_there_is_is_shown() -> None:
    bare = with_mix(
        weights=None, placebos=None, placebo_paths=None, placebo_test=None, leave_one_out=None,
        leave_one_out_paths=None, in_time=None,
    )  # fmt: skip
    drawn = [b.caption for b in blocks(finding=bare) if isinstance(b, Drawing)]
    assert len(drawn) == 2
    # Without weights nobody knows of a mix: a line carried on is drawn in the same way.
    assert all("mix" not in caption for caption in drawn)
    assert "gap between what was observed and what would have been" in drawn[1]
    record = RECORD.model_copy(update={"findings": (bare,)})
    assert list(firm_mixes(record, EN)) == []
    none = FINDING.model_copy(update={"mix": None})
    assert blocks(finding=none) == []


def test_the_history_stands_in_the_place_of_the_periods_only_where_it_holds_them() -> None:
    last = MIX.history[-1]
    assert last.observed is not None
    assert last.counterfactual is not None
    row = PeriodRow(
        period=last.period, observed=last.observed, counterfactual=last.counterfactual, low=None,
        high=None, level="0.95", n=1,
    )  # fmt: skip
    assert holds_path(FINDING.model_copy(update={"periods": (row,)}))
    other = row.model_copy(update={"observed": "1"})
    assert not holds_path(FINDING.model_copy(update={"periods": (other,)}))
    assert not holds_path(FINDING.model_copy(update={"mix": None}))


def test_a_window_and_a_band_with_holes_are_said() -> None:
    rows = tuple(
        PeriodRow(
            period=row.period, observed=row.observed or "", counterfactual=row.counterfactual or "",
            low=None, high=None, level="0.95", n=1,
        )
        for row in MIX.history[-3:-1]
    )  # fmt: skip
    holes = tuple(
        row.model_copy(update={"low": None, "high": None}) if row.period == "2018" else row
        for row in MIX.history
    )
    mix = MIX.model_copy(update={"history": holes})
    found = blocks(finding=FINDING.model_copy(update={"periods": rows, "mix": mix}))
    said = [b.text for b in found if isinstance(b, Para)]
    assert any("The effect is about 2019 to 2020 alone" in text for text in said)
    assert any("Where the band is missing" in text for text in said)
    plain = " ".join(b.text for b in blocks() if isinstance(b, Para))
    assert "alone; the other periods" not in plain
    assert "Where the band is missing" not in plain


def test_cut_lists_say_how_many_are_cut() -> None:
    n = 60
    names = ["S", *(f"P{k:02d}" for k in range(n - 1))]
    ratio = np.linspace(9.0, 1.0, n)
    tables = {
        "placebos": {
            "unit": names, "served": [k == 0 for k in range(n)], "effect": ratio,
            "pre_rmspe": [1.0] * n, "post_rmspe": ratio, "ratio": ratio, "rank": list(range(1, n + 1)),
            "kept": [True] * n,
        },
        "placebo_paths": {
            "unit": np.repeat(names, 16), "period": list(range(2006, 2022)) * n,
            "gap": np.repeat(ratio, 16),
        },
        "placebo_test": None,
        "weights": {"unit": names, "weight": np.full(n, 1 / n)},
    }  # fmt: skip
    found = blocks(finding=with_mix(**tables))
    said = " ".join(b.text for b in found if isinstance(b, Para))
    assert "20 further places are not listed; the counts and the p-value are of all of them" in said
    assert "of 60 places are drawn, taken evenly through the order below" in said
    (weights,) = [b for b in found if isinstance(b, Drawing) and "counts for" in b.caption]
    assert weights.data is not None
    assert [c.text for c in weights.data.rows[-1]] == ["20 further places, not listed", "33.3%"]


def test_a_whole_report_in_both_languages_holds_the_parts() -> None:
    for language, heading in (("en", "Of which places the mix is made"), ("fr", "De quels lieux")):
        made = document(RECORD, language)
        headings = [
            b.heading
            for s in made.sections
            for b in s.blocks
            if b.kind == "sub"  # type: ignore[union-attr]
        ]
        assert any(text.startswith(heading) for text in headings)


# --- names and numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0.00000000000032", "3.2 × 10⁻¹³"), ("0", "0"), ("0.02", "0.02"), ("0.000012", "1.2 × 10⁻⁵")],
)
def test_tiny_numbers_keep_their_power_of_ten(value: str, shown: str) -> None:
    assert scientific(value, EN) == shown


def test_tests_that_are_not_known_keep_their_own_name() -> None:
    assert name_of_test("rmspe-ratio", FR).startswith("écart typique")
    assert name_of_test("some other test", FR) == "some other test"


@pytest.mark.parametrize(
    ("written", "en", "fr"),
    [
        (
            "placebo test, 39 placements",
            "placebo test, 39 placements",
            "test placebo, 39 affectations",
        ),
        ("rank among 25 placebos", "rank among 25 placebos", "rang parmi 25 placebos"),
        (
            "conformal test, 31 blocks of 12",
            "conformal test, 31 blocks of 12 periods",
            "test conforme, 31 blocs de 12 périodes",
        ),
        (
            "debiased t-test, 3 folds, Student t, 2 df",
            "debiased t-test, 3 folds, Student t, 2 degrees of freedom",
            "test t débiaisé, 3 plis, loi de Student, 2 degrés de liberté",
        ),
    ],
)
def test_how_a_set_came_about_is_said_in_the_reader_s_language(
    written: str, en: str, fr: str
) -> None:
    assert EN.method(written) == en
    assert FR.method(written) == fr


@pytest.mark.parametrize(
    ("low", "high", "side", "said"),
    [
        ("1", "2", "two", "95% interval: 1 to 2 euros"),
        ("1", None, "two", "95% interval: 1 euros or more, without an upper end"),
        (None, "2", "two", "95% interval: 2 euros or less, without a lower end"),
        (None, None, "two", "95% interval: every size is possible, without an end either way"),
        ("1", None, "lower", "95% bound: at least 1 euros"),
        (None, None, "lower", "95% bound: none at this level"),
    ],
)
def test_an_interval_without_an_end_is_said_in_words(
    low: str | None, high: str | None, side: Any, said: str
) -> None:
    from impacteval.report.record import Both

    found = Range(low=low, high=high, level="0.95", side=side, method="normal")
    assert EN.interval(found, Both(en="euros", fr="euros")) == said
    assert "sans limite" not in FR.interval(found)
    assert "no limit" not in EN.span(found)
