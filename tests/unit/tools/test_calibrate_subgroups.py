"""What misleads is measured on what `subgroups` computes, and said as measured."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_subgroups  # noqa: E402  the tools are scripts, found by their folder

from impacteval import estimator  # noqa: E402
from impacteval.diagnostics.subgroups import subgroups  # noqa: E402
from impacteval.report.subgroups_words import ratios  # noqa: E402
from impacteval.sample import Sample  # noqa: E402

TABLES = ROOT / "docs" / "reference" / "coverage"


@pytest.mark.parametrize("trial", calibrate_subgroups.TRIALS, ids=lambda trial: trial.name)
@pytest.mark.parametrize("scale", calibrate_subgroups.SCALES)
def test_the_measured_answers_are_those_of_the_analysis(trial, scale) -> None:
    groups = trial.draw(np.random.default_rng(3), 4)
    clusters = groups[0].cluster is not None
    said = list(calibrate_subgroups._answers(trial, scale, np.random.default_rng(3), 4))
    for r, answers in enumerate(said):
        frame = pd.concat(
            pd.DataFrame({"y": g.y[r], "d": g.treatment, "c": g.labels, "group": f"g{k}"})
            for k, g in enumerate(groups)
        )
        roles = {"assignment_cluster": "c"} if clusters else {}
        sample = Sample.from_frame(
            frame, design="rct", outcome="y", treatment="d", subgroup="group", **roles
        )
        method = estimator("difference-in-means")

        def by(part, scale, label, method=method):
            return method.estimate(part, scale=scale, rng=np.random.default_rng(0))

        for question in ("max_t", "holm", "bonferroni"):
            found = subgroups(sample, by, scale=scale, multiplicity=question)
            nothing = [g for k, g in enumerate(found.groups) if k != trial.works_in]
            assert answers[question] == (min(g.adjusted for g in nothing) <= 0.05)
            assert answers["alone"] == (min(g.p_value for g in nothing) <= 0.05)
            assert answers["interaction"] == (found.equal.p_value <= 0.05)


def test_the_report_says_what_was_measured() -> None:
    with (TABLES / "subgroups.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    above = [float(row["rate"]) for row in table if row["verdict"] == "above"]
    assert {row["scale"] for row in table if row["verdict"] == "above"} == {"relative"}
    assert {row["design"][:6] for row in table if row["verdict"] == "above"} == {"skewed"}
    said = ratios().values
    assert float(said["low"]) == pytest.approx(100 * min(above), abs=0.051)
    assert float(said["high"]) == pytest.approx(100 * max(above), abs=0.051)
    assert min(int(row["replications"]) for row in table) >= 4_000


def test_the_page_is_made_of_the_table() -> None:
    with (TABLES / "subgroups.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert calibrate_subgroups.page(table) == (TABLES / "subgroups.md").read_text(encoding="utf-8")
