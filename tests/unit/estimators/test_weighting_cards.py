"""What the cards say was measured is what the tables hold."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from impacteval.estimators.matched.weighting_cards import (
    ENTROPY_BALANCING,
    INVERSE_PROBABILITY,
    OVERLAP_WEIGHTING,
)

TABLES = Path(__file__).parents[3] / "docs" / "reference" / "coverage"
STRONG, SKEWED = "strong", "skewed"


def rows(*names: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name in names:
        with (TABLES / f"{name}.csv").open(encoding="utf-8") as file:
            found += list(csv.DictReader(file))
    return found


def percent(value: float) -> str:
    return f"{100.0 * value:.1f}"


def span(table, scale: str, *, side: str = "two", designs=None, but=()) -> tuple[str, str]:
    """Lowest and highest coverage of the 95% interval, as cards print them."""
    held = [
        float(row["coverage"])
        for row in table
        if (row["scale"], row["side"], row["level"]) == (scale, side, "0.95")
        and (designs is None or row["design"].startswith(designs))
        and not row["design"].startswith(tuple(but))
    ]
    return percent(min(held)), percent(max(held))


def told(card) -> str:
    (text,) = [limit.en for limit in card.limits if limit.en.startswith("Measured")]
    (french,) = [limit.fr for limit in card.limits if limit.fr.startswith("Mesuré")]
    numbers = re.findall(r"\d+\.\d%", text)
    assert [n.replace(".", ",").replace("%", " %") for n in numbers] == re.findall(
        r"\d+,\d %", french.replace("\N{NO-BREAK SPACE}", " ")
    )
    return text


def both(ends: tuple[str, str]) -> str:
    return f"{ends[0]}% to {ends[1]}%"


def test_inverse_probability():
    text = told(INVERSE_PROBABILITY)
    table = rows("inverse-probability", "inverse-probability-ate")
    assert both(span(table, "difference", but=[STRONG])) in text
    assert both(span(table, "relative", but=[STRONG])) in text
    low = span(table, "relative", designs=STRONG)[0]
    assert f"{low}% to {span(table, 'difference', designs=STRONG)[1]}%" in text
    assert both(span(table, "standardised", designs=STRONG)) in text
    assert both(span(table, "standardised", designs=SKEWED)) in text
    lower = [
        span(table, scale, side="lower", designs=STRONG) for scale in ("difference", "relative")
    ]
    assert f"{min(a for a, _ in lower)}% to {max(b for _, b in lower)}%" in text
    everyone = rows("inverse-probability-ate")
    assert f"{span(everyone, 'relative', side='lower', designs='plain, n = 40')[0]}%" in text


def test_overlap_weighting():
    text, table = told(OVERLAP_WEIGHTING), rows("overlap-weighting")
    assert both(span(table, "difference")) in text
    assert both(span(table, "relative")) in text
    assert both(span(table, "standardised", but=[SKEWED])) in text
    assert f"covers {span(table, 'standardised', designs=SKEWED)[0]}%" in text


def test_entropy_balancing():
    text = told(ENTROPY_BALANCING)
    served, everyone = rows("entropy-balancing"), rows("entropy-balancing-ate")
    assert both(span(served + everyone, "difference")) in text
    assert both(span(served + everyone, "relative")) in text
    assert f"{both(span(served, 'standardised', designs=STRONG))} for the served" in text
    assert f"{both(span(everyone, 'standardised', designs=STRONG))} for everyone" in text
    assert both(span(served + everyone, "standardised", designs=SKEWED)) in text
    assert f"{span(everyone, 'standardised', side='lower', designs='clusters, 60')[0]}%" in text


@pytest.mark.parametrize("card", [INVERSE_PROBABILITY, OVERLAP_WEIGHTING, ENTROPY_BALANCING])
def test_what_falls_short_outside_the_named_kinds_is_named(card):
    names = {
        INVERSE_PROBABILITY: ("inverse-probability", "inverse-probability-ate"),
        OVERLAP_WEIGHTING: ("overlap-weighting",),
        ENTROPY_BALANCING: ("entropy-balancing", "entropy-balancing-ate"),
    }[card]
    text = told(card)
    for row in rows(*names):
        # Too few rather than too many; the kinds that the card names have a range of their own.
        named = row["design"].startswith((STRONG, SKEWED))
        if row["verdict"] == "below" and row["level"] == "0.95" and not named:
            assert f"{percent(float(row['coverage']))}%" in text, row
