"""The drawing of what causes what: causes first, nothing on top of another, words for those who listen."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import numpy as np
import pytest
from example_causes import ARROWS, NODES, facts, with_causes

from impacteval.render.blocks import Drawing, Items, Para, Sub, Table
from impacteval.render.causes_drawing import causes_drawing
from impacteval.render.causes_layout import PASSING, layout
from impacteval.render.document import document
from impacteval.render.pen import Pen
from impacteval.render.sections_causes import caused
from impacteval.values import Language

FINDING = with_causes().findings[0]


def random_graph(seed: int) -> tuple[list[str], list[tuple[str, str]]]:
    rng = np.random.default_rng(seed)
    names = [f"n{k}" for k in range(int(rng.integers(3, 12)))]
    pairs = [pair for pair in combinations(names, 2) if rng.random() < 0.35]
    used = [n for n in names if any(n in pair for pair in pairs)]
    return [str(n) for n in rng.permutation(used)], pairs


@pytest.mark.parametrize("seed", range(12))
def test_causes_stand_before_what_they_act_on_and_nothing_covers_another(seed):
    nodes, edges = random_graph(seed)
    found = layout(nodes, edges)
    assert found == layout(nodes, edges)
    for (a, b), way in found.ways.items():
        assert found.places[a][0] < found.places[b][0]
        assert (way[0], way[-1]) == (found.places[a], found.places[b])
        # One place in each layer between, so that no arrow runs through a box.
        assert [point[0] for point in way] == list(range(int(way[0][0]), int(way[-1][0]) + 1))
    passing = [point for way in found.ways.values() for point in way[1:-1]]
    for p, q in combinations([*found.places.values(), *passing], 2):
        if p[0] == q[0]:
            assert abs(p[1] - q[1]) >= PASSING - 1e-9
    for p in found.places.values():
        for q in passing:
            if p[0] == q[0]:
                assert abs(p[1] - q[1]) >= (1 + PASSING) / 2 - 1e-9
    assert found.layers == 1 + max(int(k) for k, _ in found.places.values())


def test_arrows_that_need_not_cross_do_not():
    nodes = ["a", "b", "x", "y"]
    found = layout(nodes, [("a", "y"), ("b", "x")])
    (a, b), (x, y) = ([found.places[n][1] for n in pair] for pair in (("a", "b"), ("x", "y")))
    assert (a < b) == (y < x)


def test_what_has_no_cause_stands_beside_what_it_acts_on():
    found = layout(["a", "b", "c", "late"], [("a", "b"), ("b", "c"), ("late", "c")])
    assert found.places["late"][0] == 1.0


@pytest.mark.parametrize("language", ["en", "fr"])
def test_drawings_are_the_same_each_time_and_fit_a_narrow_screen(language):
    pen = Pen(Language(language), "EUR")
    wide, again, narrow = (causes_drawing(FINDING, pen, narrow=n) for n in (False, False, True))
    assert wide == again
    for drawing in (wide, narrow):
        ET.fromstring(drawing)
        shown = re.sub(r"<[^>]+>", " ", drawing)
        for words in ("drive", "Âge") if language == "fr" else ("drive", "Age"):
            assert words in shown or (words == "drive" and "motivation" in shown)
    ids = [set(re.findall(r'id="([^"]+)"', drawing)) for drawing in (wide, narrow)]
    assert ids[0].isdisjoint(ids[1])


def test_a_long_chain_goes_down_the_page_where_it_would_leave_no_room_for_words():
    chain = tuple((a[0], b[0]) for a, b in pairwise(NODES))
    found = FINDING.model_copy(update={"causes": facts(chain)})
    drawn = causes_drawing(found, Pen(Language.EN, "EUR"))
    width, height = (float(v) for v in re.search(r'viewBox="0 0 (\S+) (\S+)"', drawn).groups())
    assert height > 0.7 * width
    usual = causes_drawing(FINDING, Pen(Language.EN, "EUR"))
    width, height = (float(v) for v in re.search(r'viewBox="0 0 (\S+) (\S+)"', usual).groups())
    assert height < 0.7 * width


def test_every_arrow_is_a_row_for_those_who_do_not_see_the_drawing():
    pen = Pen(Language.FR, "EUR")
    blocks = list(caused(FINDING, {}, pen))
    (drawing,) = (b for b in blocks if isinstance(b, Drawing))
    assert drawing.printed
    assert isinstance(drawing.data, Table)
    rows = [[cell.text for cell in row] for row in drawing.data.rows]
    assert len(rows) == len(ARROWS)
    assert rows[4][:3] == ["motivation", "mesuré par personne", "être servi"]
    assert "6 éléments et 8 flèches" in drawing.alt
    assert any(isinstance(b, Items) for b in blocks)
    (warned,) = (b for b in blocks if isinstance(b, Para) and b.tone == "warning")
    told = warned.text.replace("\N{NO-BREAK SPACE}", " ")
    assert told == "Elle reste ouverte : être servi ← motivation → Jours."


def test_the_same_graph_is_drawn_once():
    pen, drawn = Pen(Language.EN, "EUR"), {}
    first = list(caused(FINDING, drawn, pen))
    again = FINDING.model_copy(update={"group": "other"})
    (said,) = caused(again, drawn, pen)
    assert said.text.startswith("What causes what is drawn under")
    assert len(first) > 2
    other = FINDING.model_copy(update={"causes": facts(ARROWS[:-1])})
    assert len(list(caused(other, drawn, pen))) > 2
    assert list(caused(FINDING.model_copy(update={"causes": None}), drawn, pen)) == []


def test_it_stands_in_the_part_on_what_would_have_happened_otherwise():
    made = document(with_causes(), Language.EN)
    heads = {
        section.anchor: [b.heading for b in section.blocks if isinstance(b, Sub)]
        for section in made.sections
    }
    assert "What causes what" in heads["section-otherwise"]
    assert sum("What causes what" in found for found in heads.values()) == 1
