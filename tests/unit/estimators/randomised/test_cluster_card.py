"""The card of `cluster-randomised` quotes what was measured, and every shortfall."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from impacteval.estimators.randomised.cluster_randomised import ClusterRandomised

TABLES = Path(__file__).parents[4] / "docs" / "reference" / "coverage"
LIMITS = ClusterRandomised.card.limits


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def told(name: str, design: str, scale: str, side: str) -> str:
    (row,) = [
        row
        for row in rows(name)
        if (row["design"], row["scale"], row["side"], row["level"]) == (design, scale, side, "0.95")
    ]
    return f"{100 * float(row['coverage']):.1f}"


def figures(start: str) -> list[str]:
    (limit,) = [limit for limit in LIMITS if limit.en.startswith(start)]
    english = re.findall(r"\d\d\.\d", limit.en)
    assert [f.replace(",", ".") for f in re.findall(r"\d\d,\d", limit.fr)] == english
    return english


def test_figures_of_cr1_cr2_and_cr3_are_those_measured():
    designs = ("6+6", "10+10", "16+4", "18 in 3 strata")
    names = ("cluster-randomised-cr1", "cluster-randomised")
    expected = [told(name, d, "difference", "two") for name in names for d in designs]
    assert figures("CR1, which") == expected
    safe = [told("cluster-randomised-cr3", d, "difference", "two") for d in designs[2:]]
    assert figures("CR3 errs") == safe


def test_figures_of_few_served_clusters_are_those_measured():
    few = "16+4, served vary twice as much"
    assert figures("Four clusters") == [
        told("cluster-randomised-wild", few, "difference", "two"),
        told("cluster-randomised-wild", few, "relative", "two"),
        told("cluster-randomised-cr1", few, "difference", "two"),
        told("cluster-randomised-adjusted", few, "relative", "lower"),
    ]


def test_figures_of_skewed_outcomes_are_those_measured():
    ten, thirty = "10+10, skewed", "30+30, skewed"
    expected = [
        told(name, design, "standardised", side)
        for name in ("cluster-randomised", "cluster-randomised-adjusted")
        for design, side in ((ten, "two"), (ten, "upper"), (thirty, "upper"))
    ]
    name = "cluster-randomised-equal"
    expected += [told(name, design, "standardised", "upper") for design in (ten, thirty)]
    assert figures("Effects in standard") == expected


def test_no_shortfall_is_kept_from_the_card():
    """Every design below its level at 95% is one that a limit speaks of; CR1 falls short widely."""
    spoken = {"16+4, served vary twice as much"}
    for name in ("cluster-randomised", "cluster-randomised-adjusted", "cluster-randomised-equal"):
        for row in rows(name):
            if row["verdict"] == "below" and row["level"] == "0.95":
                skewed = row["scale"] == "standardised" and "skewed" in row["design"]
                assert skewed or row["design"] in spoken, row
    for row in rows("cluster-randomised-wild"):
        assert row["verdict"] != "below" or row["design"] in spoken, row
    assert all(row["verdict"] != "below" for row in rows("cluster-randomised-cr3"))
    assert all(int(row["replications"]) >= 4000 for row in rows("cluster-randomised"))
