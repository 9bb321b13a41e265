"""The table of both engines, and the known answers in it."""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[3] / "tools"
sys.path.insert(0, str(TOOLS))

import calibrate_simulation  # noqa: E402  the tools are scripts, found by their folder


def _committed() -> list[dict[str, str]]:
    with (calibrate_simulation.OUT / "simulation.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_committed_table_is_of_the_cases_there_are() -> None:
    table = _committed()
    assert {row["draws"] for row in table} == {str(calibrate_simulation.DRAWS)}
    assert {row["seed"] for row in table} == {str(calibrate_simulation.SEED)}
    named = {
        (case.name, f"{truth:g}") for case in calibrate_simulation.cases() for truth in case.truths
    }
    found = {(row["study"], row["true_effect"]) for row in table}
    assert named == {key for key in found if key[0] != "a bond like Peterborough"}
    page = (calibrate_simulation.OUT / "simulation.md").read_text(encoding="utf-8")
    assert page == calibrate_simulation.page(table, calibrate_simulation.DRAWS)


def test_the_committed_table_holds_the_known_answers() -> None:
    """A bond like Peterborough: by simulation 1.6, 3.1, 1.1, 3.5; normal 1.8, 3.6, 1.3 (percent)."""
    rows = {
        row["question"]: row
        for row in _committed()
        if row["study"] == "a bond like Peterborough" and row["true_effect"] == "0"
    }
    known = {
        "one cohort, at least 10%": (0.016, 0.018),
        "either cohort, at least 10%": (0.031, 0.036),
        "pooled, at least 7.5%": (0.011, 0.013),
        "any trigger": (0.035, None),
    }
    for question, (full, normal) in known.items():
        error = math.sqrt(full * (1 - full) / calibrate_simulation.DRAWS)
        # Printed to a tenth of a percent, from simulations of their own.
        assert float(rows[question]["full"]) == pytest.approx(full, abs=0.0005 + 4 * error)
        if normal is not None:
            assert float(rows[question]["normal"]) == pytest.approx(normal, abs=0.0006)


def test_the_point_rule_agrees_where_the_normal_model_is_exact() -> None:
    checked = 0
    for row in _committed():
        if row["study"].startswith("normal") and row["question"].startswith("estimate reaches"):
            assert abs(float(row["full"]) - float(row["normal"])) <= 4.5 * float(row["mc_error"]), (
                row
            )
            checked += 1
    assert checked == 24


def test_the_tool_measures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = calibrate_simulation.cases()[2]
    monkeypatch.setattr(calibrate_simulation, "cases", lambda: (first,))
    monkeypatch.setattr(calibrate_simulation, "peterborough", lambda draws: iter(()))
    assert calibrate_simulation.main(["--fast", "--out", str(tmp_path)]) == 0
    with (tmp_path / "simulation.csv").open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    committed = {
        (row["true_effect"], row["question"]): row
        for row in _committed()
        if row["study"] == first.name
    }
    assert len(found) == len(committed)
    for row in found:
        other = committed[row["true_effect"], row["question"]]
        error = max(float(row["mc_error"]), math.sqrt(1.0 / calibrate_simulation.FAST) / 40)
        assert float(row["full"]) == pytest.approx(float(other["full"]), abs=4.5 * error)
