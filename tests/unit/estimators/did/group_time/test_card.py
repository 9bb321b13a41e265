"""What the card says of coverage is what was measured."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from impacteval.estimators.did.group_time.card import CALLAWAY_SANTANNA

TABLES = Path(__file__).parents[5] / "docs/reference/coverage"
SAID = [
    ("one start, 4 of 40 units", "difference", "two"),
    ("one start, 4 of 40 units", "relative", "two"),
    ("one start, 4 of 40 units", "standardised", "two"),
    ("one start, 4 of 40 units", "difference", "lower"),
    ("one start, 4 of 40 units", "difference", "upper"),
    ("one start, 10 + 10 units", "difference", "two"),
    ("20 clusters of 5", "difference", "two"),
    ("skewed, 50 units", "standardised", "two"),
    ("skewed, 200 units", "standardised", "two"),
    ("skewed, 50 units", "standardised", "lower"),
    ("skewed, 200 units", "standardised", "lower"),
]


ELSEWHERE = {
    "callaway-santanna-dynamic": ("20 units", "difference", "two"),
    "callaway-santanna-covariates": ("curved, 300 units", "relative", "lower"),
}


def _measured(table: str = "callaway-santanna") -> dict[tuple[str, str, str], float]:
    with (TABLES / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return {
            (row["design"], row["scale"], row["side"]): 100.0 * float(row["coverage"])
            for row in csv.DictReader(file)
            if row["level"] == "0.95"
        }


WHERE = [*(("callaway-santanna", key) for key in SAID), *ELSEWHERE.items()]


@pytest.mark.parametrize(("table", "key"), WHERE)
def test_figures_of_the_card_are_those_of_the_tables(table: str, key: tuple[str, str, str]) -> None:
    said = f"{_measured(table)[key]:.1f}"
    english = " ".join(limit.en for limit in CALLAWAY_SANTANNA.limits)
    french = " ".join(limit.fr for limit in CALLAWAY_SANTANNA.limits)
    assert f"{said}%" in english
    assert f"{said.replace('.', ',')} %" in french


def test_from_fifty_units_on_differences_are_right() -> None:
    measured = _measured()
    right = [
        "50 units", "200 units", "growing, 100 units", "varied, 100 units", "no walk, 100 units",
        "skewed, 50 units", "skewed, 200 units",
    ]  # fmt: skip
    for design in right:
        assert 93.9 <= measured[design, "difference", "two"] <= 96.0
