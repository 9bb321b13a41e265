"""Results just over the line, and effort moved to what is paid, from the files to what a reader sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from eligible_people import contract, plan
from jsonschema import Draft202012Validator

import impacteval as ie
from impacteval.cli.run import run
from impacteval.render.document import document
from impacteval.render.html import html
from impacteval.render.markdown import markdown
from impacteval.report.record import record_json, record_schema


def pupils(*, gamed: bool, n: int = 1600) -> pd.DataFrame:
    """Passing at 60 is paid; drawing is watched. Gamed: short scores are lifted, drawing is dropped."""
    rng = np.random.default_rng(11)
    served = rng.permutation(np.repeat([0, 1], n // 2))
    score = np.round(rng.normal(50 + 6 * served, 15))
    drawing = rng.normal(30, 8, n)
    if gamed:
        score = np.where((served == 1) & (score >= 56) & (score < 60), 60, score)
        drawing = drawing - 3 * served
    return pd.DataFrame(
        {
            "pupil": [f"P{k:04d}" for k in range(n)],
            "served": served,
            "passed": (score >= 60).astype(int),
            "score": score,
            "drawing": drawing.round(2),
        }
    )


def words(name: str) -> dict[str, str]:
    return {"en": name, "fr": f"{name} (fr)"}


def study(folder: Path, df: pd.DataFrame, **more: Any) -> Path:
    agreed, planned = contract(participants=False), plan(estimator="difference-in-means")
    work = agreed["outcomes"]["work"]
    agreed["outcomes"]["work"] = work | {
        "plain_name": words("Pupils who pass"),
        "effect": "difference",
    }
    agreed["outcomes"]["drawing"] = work | {
        "plain_name": words("Drawing"),
        "unit": words("points"),
    }
    agreed["watch"] = {"outcomes": ["drawing"], "multiplicity": "holm"}
    agreed |= more
    analysis = planned["analyses"]["jobs"]
    analysis |= {
        "estimand": "everyone_eligible",
        "columns": {"outcome": "passed", "unit": "pupil", "treatment": "served"},
        "diagnostics": [
            {"name": "bunching", "limit": 0.02, "settings": {"at": 60, "column": "score"}},
            {"name": "effort-shifting", "limit": 0.95},
        ],
    }
    planned["analyses"]["watched"] = {
        key: value for key, value in analysis.items() if key != "diagnostics"
    } | {
        "outcome": "drawing",
        "columns": {"outcome": "drawing", "unit": "pupil", "treatment": "served"},
    }
    del planned["funnel"], planned["data"]["everyone"]
    folder.mkdir(parents=True, exist_ok=True)
    df.to_csv(folder / "people.csv", index=False)
    for name, content in (("contract", agreed), ("plan", planned)):
        plain = yaml.safe_load(json.dumps(content))  # no aliases
        (folder / f"{name}.yaml").write_text(
            yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), "utf-8"
        )
    return folder


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record_json(ie.verify(ie.load_study(folder)).record))
    return found


def checks(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    paid = next(f for f in told["findings"] if f["outcome"] == "work")
    return {row["name"]: row for row in paid["diagnostics"]}


@pytest.fixture(scope="module")
def gamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study(tmp_path_factory.mktemp("gamed"), pupils(gamed=True))


def test_gaming_that_was_planted_fails_both_checks_and_is_told(gamed: Path) -> None:
    whole = ie.verify(ie.load_study(gamed)).record
    told = json.loads(record_json(whole))
    Draft202012Validator(record_schema()).validate(told)
    assert {name: row["status"] for name, row in checks(told).items()} == {
        "bunching": "failed",
        "effort-shifting": "failed",
    }
    (row,) = told["besides"]["shifting"]
    assert (row["outcome"], row["status"]) == ("work", "failed")
    assert row["said"]["values"]["name"]["en"] == "Drawing"
    for language, heading, paid in (
        ("en", "Was effort moved to what is paid?", "Pupils who pass: Of 1 outcome"),
        ("fr", "Les efforts se sont-ils reportés sur ce qui est payé ?", "Pupils who pass (fr)"),
    ):
        built = document(whole, language)
        fairness = markdown(built).split("## 9.")[1].split("## 10.")[0]
        assert heading in fairness.replace("\u202f", " ").replace("\u00a0", " ")
        assert paid in fairness
        assert "{" not in fairness
        assert "{above" not in html(built)


def test_without_gaming_both_pass(tmp_path: Path) -> None:
    told = record(study(tmp_path, pupils(gamed=False)))
    assert {row["status"] for row in checks(told).values()} == {"passed"}
    assert not [w for w in told["page_one"]["warnings"] if w["key"] == "warning.diagnostic"]


def test_a_contract_may_withhold_on_them(tmp_path: Path) -> None:
    required = [{"diagnostic": "effort-shifting", "outcome": "work", "limit": 0.9}]
    told = record(study(tmp_path, pupils(gamed=True), required=required))
    paid = next(f for f in told["findings"] if f["outcome"] == "work")
    assert paid["reason"] is not None


def test_the_score_behind_the_outcome_is_hidden_from_the_blind_step(gamed: Path) -> None:
    loaded = ie.load_study(gamed)
    assert "score" in loaded.columns_of("people")
    assert "score" not in loaded.columns_of("people", outcomes=False)


def test_watching_nothing_is_refused_where_the_check_is_planned(tmp_path: Path, capsys) -> None:
    folder = study(tmp_path, pupils(gamed=False))
    text = (folder / "contract.yaml").read_text("utf-8")
    content = yaml.safe_load(text)
    del content["watch"]
    (folder / "contract.yaml").write_text(
        yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8"
    )
    with pytest.raises(SystemExit) as left:
        run(["check", str(folder)])
    assert left.value.code == 2
    assert "watches none" in " ".join(capsys.readouterr().err.split())
