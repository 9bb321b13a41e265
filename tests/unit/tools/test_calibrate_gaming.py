"""The table of false alarms is what its programme makes of its rows."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_gaming as tool  # noqa: E402  the tools are scripts, found by their folder

FOLDER = ROOT / "docs" / "reference" / "coverage"


def rows() -> list[dict[str, str]]:
    with (FOLDER / "gaming.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_says_what_the_rows_say() -> None:
    assert (FOLDER / "gaming.md").read_text(encoding="utf-8") == tool.page(rows())


def test_every_line_is_measured_and_the_limit_is_told() -> None:
    found = rows()
    assert [(r["data"], int(r["people"])) for r in found[: len(tool.BUNCHING)]] == [
        (name, n) for name, _, n in tool.BUNCHING
    ]
    assert {int(r["samples"]) for r in found} == {tool.REPS}
    page = tool.page(found)
    for row in found:
        over = float(row["false_alarms"]) > 7.9
        assert (f"{row['data']}, {row['people']} people" in page) == over


def test_a_sample_is_the_check_itself() -> None:
    rng = np.random.default_rng(1)
    v = tool.continuous(rng, 400)
    p, jump = tool.bunching_p(v, rng)
    assert 0.0 < p <= 1.0
    assert 0.0 < jump <= 1.0
    near = (v >= 55.0) & (v < tool.LINE)
    assert tool.bunching_p(np.where(near, tool.LINE, v), rng)[0] < 0.01
    assert tool.share(np.array([0.01, 0.2, np.nan])) == "50.0"
    assert tool.share(np.array([np.nan])) == ""


@pytest.mark.parametrize("planted", [False, True])
def test_people_are_lost_as_said(planted: bool) -> None:
    sample = tool.lost(np.random.default_rng(2), 500, planted=planted)
    assert 0.7 < sample.matrix().measured.mean() < 0.95
