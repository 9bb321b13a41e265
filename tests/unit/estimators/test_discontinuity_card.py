"""What the card says was measured is what the table holds."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from impacteval.estimators.discontinuity.card import REGRESSION_DISCONTINUITY

TABLE = (
    Path(__file__).parents[3] / "docs" / "reference" / "coverage" / "regression-discontinuity.csv"
)
BENT, FEW = ("elections", "head start"), ("gentle, 150",)


def span(scale, side="two", *, only=(), but=()):
    with TABLE.open(encoding="utf-8") as file:
        held = [
            float(row["coverage"])
            for row in csv.DictReader(file)
            if (row["scale"], row["side"], row["level"]) == (scale, side, "0.95")
            and (not only or row["design"].startswith(only))
            and not row["design"].startswith(but)
        ]
    return [f"{100.0 * v:.1f}" for v in (min(held), max(held))]


def test_the_card_says_what_was_measured():
    (text,) = [
        limit for limit in REGRESSION_DISCONTINUITY.limits if limit.en.startswith("Measured")
    ]
    expected = [
        *span("difference", but=BENT + FEW),
        *span("relative", but=BENT + FEW),
        span("difference", only=FEW)[0],
        span("relative", only=FEW)[0],
        *span("difference", only=BENT),
        *span("relative", only=BENT),
        *span("difference", "lower", only=BENT),
        *span("relative", "lower", only=BENT),
    ]
    assert re.findall(r"\d+\.\d(?=%)", text.en) == expected
    assert [n.replace(",", ".") for n in re.findall(r"\d+,\d(?=\s%)", text.fr)] == expected
