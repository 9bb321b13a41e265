"""A whole study of a roll-out whose checks run the planned estimate again."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from roll_outs import panel
from two_cohorts_study import contract, plan, write_yaml

import impacteval as ie
from impacteval.errors import InputError
from impacteval.plan import load_plan
from impacteval.render.format import fill
from impacteval.study.check import check_study
from impacteval.study.lock import LOCK_FILE, write_lock
from impacteval.study.locking import lock_now


@pytest.fixture
def obvious(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "plugins" / "obvious-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: obvious\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[impacteval.estimators]\nobvious = roll_outs:Obvious\n")
    monkeypatch.syspath_prepend(info.parent)
    importlib.invalidate_caches()


pytestmark = pytest.mark.usefixtures("obvious")

DIAGNOSTICS: list[dict[str, Any]] = [
    {"name": "placebo-dates", "limit": 0.8},
    {"name": "anticipation", "limit": 0.8},
    {"name": "leave-one-cohort", "limit": 0.3},
    {"name": "leave-one-cluster"},
    {"name": "placebo-outcomes", "limit": 1.0, "settings": {"outcomes": ["rain"]}},
]


def communes() -> pd.DataFrame:
    """The first of two starting dates has the larger effect."""
    df = panel(5, {None: 20, 3: 10, 4: 10}, effect=lambda start, t: 3.0 if start == 3 else 0.5)
    df["rain"] = np.random.default_rng(6).normal(50.0, 5.0, len(df))
    return df.assign(t=2001 + df["t"], start=(2001 + df["start"]).astype("Int64"))


def write(folder: Path, threshold: float = 1.0, **analysis: Any) -> Path:
    agreed, planned = contract(), plan()
    work = agreed["outcomes"]["work"]
    work["counterfactual"] = {"design": "difference_in_differences"}
    agreed["outcomes"] = {"work": work}
    for key in ("groups", "pool", "pool_excludes"):
        del agreed[key]
    when = {"work": {"at_least": threshold}}
    agreed["payment"] = {"name": "days", "when": when, "pay": 1000}
    planned["data"] = {"communes": {"file": "communes.csv"}}
    planned["analyses"] = {
        "work": {
            "outcome": "work",
            "data": "communes",
            "design": "did",
            "estimand": "everyone_eligible",
            "scale": "difference",
            "estimator": {"name": "obvious"},
            "columns": {
                "outcome": "y",
                "unit": "unit",
                "period": "t",
                "adopted": "start",
                "never": "blank",
            },
            "unit_kind": "place",
            "diagnostics": DIAGNOSTICS,
        }
        | analysis
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_yaml(folder / "contract.yaml", agreed)
    write_yaml(folder / "plan.yaml", planned)
    communes().to_csv(folder / "communes.csv", index=False)
    return folder


def verify(folder: Path) -> Any:
    write_lock(folder / LOCK_FILE, lock_now(ie.load_study(folder)))
    return ie.verify(ie.load_study(folder))


def test_what_is_run_again_is_decided_again(tmp_path: Path) -> None:
    report = verify(write(tmp_path / "s"))
    finding = report.findings["work"]
    assert finding.estimate.effect.value > 1.0
    assert report.decision.clause("days").verdict.value == "met"
    rows = {row.name: row for f in report.record.findings for row in f.diagnostics}
    cohorts = {run.name: run for run in rows["leave-one-cohort"].reruns}
    df = communes()
    without = cohorts["leave-one-cohort 2004"]
    assert without.verdicts == {"days": "not_met"}
    assert without.flips
    assert not cohorts["leave-one-cohort 2005"].flips
    (change,) = [
        f.diagnostic.reruns[0].result.effect.value
        for f in finding.diagnostics
        if f.diagnostic.name == "leave-one-cohort"
    ]
    assert float(without.estimate) == pytest.approx(change)
    assert change < 1.0 < df["y"].max()
    assert len(rows["anticipation"].reruns) == 2
    assert len(rows["leave-one-cluster"].reruns) == 2
    warned = [fill_said(said) for said in report.record.page_one.warnings]
    assert any("hinges on part of the data" in text and "One starting date less" in text for text in warned)  # fmt: skip


def fill_said(said: Any) -> str:
    return fill(said.message(), "en") if hasattr(said, "message") else str(said)


def test_outcomes_that_cannot_move_are_read_after_the_lock_only(tmp_path: Path) -> None:
    folder = write(tmp_path / "s")
    study = ie.load_study(folder)
    assert "rain" in study.read("communes").columns
    assert "rain" not in study.read("communes", outcomes=False).columns
    assert check_study(study)
    rows = {row.name: row for f in verify(folder).record.findings for row in f.diagnostics}
    assert rows["placebo-outcomes"].status == "passed"
    frame = communes().assign(
        rain=lambda x: x["rain"] + 100.0 * (x["t"] >= x["start"].fillna(9999))
    )
    frame.to_csv(folder / "communes.csv", index=False)
    rows = {row.name: row for f in verify(folder).record.findings for row in f.diagnostics}
    assert rows["placebo-outcomes"].status == "failed"


def test_a_failed_check_that_the_contract_requires_withholds(tmp_path: Path) -> None:
    folder = write(tmp_path / "s")
    agreed = (folder / "contract.yaml").read_text()
    (folder / "contract.yaml").write_text(
        agreed + "required:\n- {diagnostic: leave-one-cohort, limit: 0.3}\n"
    )
    report = verify(folder)
    assert report.decision.clause("days").verdict.value == "cannot_be_judged"


def test_people_are_never_left_out_one_by_one(tmp_path: Path) -> None:
    rows = {
        row.name: row
        for f in verify(write(tmp_path / "s", unit_kind="person")).record.findings
        for row in f.diagnostics
    }
    assert rows["leave-one-cluster"].status == "not_applicable"
    assert not rows["leave-one-cluster"].reruns
    assert rows["leave-one-cohort"].reruns  # ten people in each


def test_the_report_shows_it_in_both_languages(tmp_path: Path) -> None:
    report = verify(write(tmp_path / "s"))
    ie.write(report, tmp_path / "out", languages=["en", "fr"])
    english = (tmp_path / "out" / "report.en.html").read_text()
    french = (tmp_path / "out" / "report.fr.html").read_text()
    assert "Checks, and whether the decision would change" in english
    assert "Without those who began in 2004" in english
    assert "Les contrôles, et si la décision changerait" in french
    assert "Sans le démarrage de 2004" in french
    record = json.loads((tmp_path / "out" / "verdict.json").read_text())
    (finding,) = record["findings"]
    named = [row["name"] for row in finding["diagnostics"] if "reruns" in row]
    assert named == ["anticipation", "leave-one-cohort", "leave-one-cluster"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "names no outcome"),
        ({"outcomes": []}, "names no outcome"),
        ({"outcomes": ["rain", "rain"]}, "names an outcome twice"),
        ({"outcomes": ["y"]}, "is the outcome that the service should move"),
        ({"outcomes": ["unit"]}, "is the outcome of analysis"),
    ],
)
def test_plans_name_outcomes_that_cannot_move(tmp_path: Path, settings: Any, said: str) -> None:
    wrong = [{"name": "placebo-outcomes", "settings": settings}]
    folder = write(tmp_path / "s", diagnostics=wrong)
    with pytest.raises(InputError, match=said):
        load_plan(folder / "plan.yaml")
