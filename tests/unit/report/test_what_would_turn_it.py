"""The change of a total that turns an answer: whole ones, and enough of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from impacteval.report.sentences import Wording, distance_sentence
from impacteval.values import Text


@pytest.mark.parametrize(
    ("met", "inclusive", "total", "enough"),
    [
        # 330 on a list where at least 320 are asked: ten fewer are 320, which still counts.
        (True, True, "10", 11),
        # More than 320 are asked: ten fewer are 320, which does not count.
        (True, False, "10", 10),
        # 310 where at least 320 are asked: ten more do; where more than 320 are asked, eleven.
        (False, True, "10", 10),
        (False, False, "10", 11),
        # Between two whole numbers the edge has no say.
        (True, True, "4.3", 5),
        (False, True, "-4.3", 5),
    ],
)
def test_enough_and_no_more(met: bool, inclusive: bool, total: str, enough: int) -> None:
    unit = Text(en="cases", fr="dossiers")
    said = distance_sentence(
        Wording("verified_count", "higher", unit),
        met=met,
        inclusive=inclusive,
        distance=Decimal(total),
        total=Decimal(total),
        total_unit=unit,
        served=400,
    )
    assert said.values["total"] == enough
