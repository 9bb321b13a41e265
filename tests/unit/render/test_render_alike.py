"""A comparison with similar people as a reader sees it: who, how alike, and who is left out."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from example_alike import alike_of, compared, estimated

from impacteval.render.alike_plots import likeness_drawing, ordered, overlap_drawing, within
from impacteval.render.blocks import Block, Drawing, Items, Para, Table
from impacteval.render.document import document
from impacteval.render.html import html
from impacteval.render.pen import Pen
from impacteval.render.sections_alike import compared as section
from impacteval.report.alike import alike_facts
from impacteval.testing.matched import plain
from impacteval.values import Language

EN, FR = Pen(Language.EN, "EUR"), Pen(Language.FR, "EUR")
FINDING = compared().findings[0]


def blocks(pen: Pen, **options: object) -> list[Block]:
    return list(section(compared(**options).findings[0], pen))  # type: ignore[arg-type]


def words(found: list[Block]) -> str:
    told = [b.text for b in found if isinstance(b, Para)]
    told += [text for b in found if isinstance(b, Items) for text in b.items]
    return " ".join(told)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("draw", [likeness_drawing, overlap_drawing])
def test_drawings_are_the_same_each_time_and_fit_a_narrow_screen(draw, language):
    pen = Pen(Language(language), "EUR")
    wide, again, narrow = (draw(FINDING, pen, narrow=n) for n in (False, False, True))
    assert wide == again
    for drawing in (wide, narrow):
        ET.fromstring(drawing)
    ids = [set(re.findall(r'id="([^"]+)"', drawing)) for drawing in (wide, narrow)]
    assert ids[0].isdisjoint(ids[1])


def test_balance_is_that_of_the_data_and_of_the_weights():
    known = plain(np.random.default_rng(1), -0.2).columns
    need, served = known["need"], known["treated"] == 1
    row = next(r for r in alike_of().balance if r.covariate == "need")
    assert float(row.served) == pytest.approx(need[served].mean(), rel=1e-9)
    assert float(row.comparison_before) == pytest.approx(need[~served].mean(), rel=1e-9)
    spread = need[served].std(ddof=1)
    apart = (need[served].mean() - need[~served].mean()) / spread
    assert float(row.difference_before) == pytest.approx(apart, rel=1e-9)
    # Whoever is compared with nobody is in the data and not in the comparison.
    kept = np.flatnonzero(served)[13:]
    assert float(row.served_after) == pytest.approx(need[kept].mean(), rel=1e-9)


def test_groups_say_who_is_used_and_what_it_is_worth():
    own, others = alike_of().groups
    assert (own.served, own.n - own.used) == (True, 13)
    weight = estimated().parts["weights"]
    held = weight.loc[~weight["served"], "weight"].to_numpy()
    assert others.used == len(held)
    assert float(others.effective) == pytest.approx(1.0 / (held**2).sum(), rel=1e-9)


def test_those_left_out_are_described_unless_they_are_too_few():
    told, few, places = alike_of(), alike_of(left_out=9), alike_of(left_out=9, people=False)
    assert [row.covariate for row in told.left_out_profile] == ["need", "town"]
    assert not few.left_out_profile
    assert few.left_out_hidden
    assert places.left_out_profile
    assert not alike_of(left_out=0).cautions
    assert not [b for b in blocks(EN, left_out=0) if isinstance(b, Table) and "nobody" in b.caption]
    assert "too few" in words(blocks(EN, left_out=9))
    assert "trop peu nombreux" in words(blocks(FR, left_out=9))


def test_a_group_that_still_differs_is_warned_of():
    estimate = estimated(left_out=0)
    table = {k: list(v) for k, v in estimate.parts.columns("balance").items()}
    tables = {name: estimate.parts.columns(name) for name in estimate.parts}
    from dataclasses import replace

    from impacteval.estimates import Parts

    for size, key in ((0.2, "alike.unlike"), (0.4, "alike.far")):
        table["difference_after"] = [size, 0.01]
        changed = replace(estimate, parts=Parts({**tables, "balance": table}))
        found = alike_facts(changed, {}, people=True)
        assert [said.key for said in found.cautions] == [key]


def test_other_estimates_have_no_such_section():
    from dataclasses import replace

    from impacteval.estimates import Parts

    estimate = estimated()
    assert alike_facts(None, {}, people=True) is None
    assert alike_facts(replace(estimate, parts=Parts()), {}, people=True) is None


def test_empty_ends_of_the_overlap_are_not_drawn():
    rows = within(alike_of().overlap)
    assert float(rows[0].served) + float(rows[0].comparison) > 0
    assert float(rows[-1].served) + float(rows[-1].comparison) > 0
    assert sum(float(row.served) for row in alike_of().overlap) == pytest.approx(1.0)


@pytest.mark.parametrize("pen", [EN, FR], ids=["en", "fr"])
def test_the_whole_page_holds_every_number_and_nobody(pen):
    record = compared()
    page = html(document(record, pen.language))
    for row in ordered(record.findings[0].alike.balance):
        assert pen.fixed(row.difference_before, 3) in page
        assert pen.fixed(row.difference_after, 3) in page
    assert "u00001" not in page
    drawings = [b for b in blocks(pen) if isinstance(b, Drawing)]
    assert len(drawings) == 2
    assert all(d.alt and d.data.rows for d in drawings)
