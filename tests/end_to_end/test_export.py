"""The command that writes a contract in the fields of a public register."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from impacteval.cli.run import run

BONDS = Path(__file__).parents[2] / "studies" / "bonds"


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Any:
    def type_(*arguments: object) -> tuple[Any, str, str]:
        with pytest.raises(SystemExit) as caught:
            run([str(a) for a in arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return caught.value.code, told.out, told.err

    return type_


def test_a_contract_alone(typed: Any, tmp_path: Path) -> None:
    code, out, err = typed("export", BONDS / "chicago", "--to", "indigo", "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    assert [Path(line).name for line in out.splitlines()] == [
        "indigo.json",
        "projects_outcome_metrics.csv",
        "projects_outcome_pricings.csv",
        "projects_sources.csv",
    ]
    project = json.loads((tmp_path / "out" / "indigo.json").read_text(encoding="utf-8"))
    prices = [p["price_per_unit"]["amount"]["value"] for p in project["outcome_pricings"]]
    # Chicago: 2,900 for a child who is ready, 750 for a reader, 9,100 for a year avoided.
    assert prices == [2900, 750, 9100]
    assert "results" not in project


def test_a_study_with_its_verdict(typed: Any, two_cohorts: Any, tmp_path: Path) -> None:
    two_cohorts.write()
    folder = two_cohorts.lock()
    assert typed("verify", folder, "--out", tmp_path / "report", "--lang", "en")[0] == 0
    code, out, _ = typed(
        "export", folder, "--out", tmp_path / "out", "--verdict", tmp_path / "report"
    )
    assert code == 0
    project = json.loads((tmp_path / "out" / "indigo.json").read_text(encoding="utf-8"))
    record = json.loads((tmp_path / "report" / "verdict.json").read_text(encoding="utf-8"))
    assert len(project["impacteval_verdicts"]) == len(record["page_one"]["clauses"])
    assert project["results"]
    assert project["outcome_payments"]
    assert project["notes"]["value"] == record["study"]["label"]["en"]
    assert "projects_impacteval_verdicts.csv" in out
    code, _, err = typed(
        "export", BONDS / "denver", "--out", tmp_path / "no", "--verdict", tmp_path / "report"
    )
    assert code == 2
    assert "Give the contract that the verdict was reached on." in " ".join(err.split())
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", BONDS / "denver"], "--out"),
        (["export", BONDS / "denver", "--to", "ocds", "--out", "x"], "ocds"),
        (["export", BONDS / "nowhere", "--out", "x"], "nowhere"),
        (
            ["export", BONDS / "denver", "--out", "x", "--verdict", BONDS],
            "The verdict cannot be read",
        ),
    ],
)
def test_what_cannot_be_exported_is_refused(
    arguments: list[Any], said: str, typed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = typed(*arguments)
    assert code == 2
    assert said in " ".join(err.split())
    assert not (tmp_path / "x").exists()


def test_a_file_in_the_way(typed: Any, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", encoding="utf-8")
    code, _, err = typed("export", BONDS / "denver", "--out", tmp_path / "x")
    assert code == 2
    assert "cannot be written" in " ".join(err.split())
