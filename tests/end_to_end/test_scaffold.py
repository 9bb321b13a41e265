"""`impacteval new`: a folder whose files work together as they are, and can be adapted."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from impacteval.cli.run import run
from impacteval.notebook import read_published

FILES = {"contract.yaml", "examples.yaml", "people.csv", "plan.yaml", "study.py"}
SCAFFOLD = Path(__file__).resolve().parents[2] / "src" / "impacteval" / "cli" / "scaffold"


def command(*words: object) -> int:
    """Run one command; its exit code."""
    with pytest.raises(SystemExit) as left:
        run([str(word) for word in words])
    code = left.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that went through its whole life, from the folder to the report."""
    root = tmp_path_factory.mktemp("new")
    study, out = root / "Emploi 2026", root / "out"
    assert command("new", study) == 0
    assert command("check", study) == 0
    assert command("lock", study, "--date", "2026-03-31") == 0
    assert command("prepare", study) == 0
    assert command("verify", study, "--out", out) == 0
    return root


def record_of(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "out" / "verdict.json").read_text(encoding="utf-8"))
    return read


def test_it_makes_these_files_named_after_the_folder(tmp_path: Path) -> None:
    assert command("new", tmp_path / "Emploi 2026") == 0
    made = {file.name: file.read_text("utf-8") for file in (tmp_path / "Emploi 2026").iterdir()}
    assert set(made) == FILES
    assert not any("STUDY-ID" in text for text in made.values())
    assert "\nid: emploi-2026\n" in made["contract.yaml"]
    assert "\nstudy: emploi-2026\n" in made["plan.yaml"]


def test_it_never_writes_over_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("years of work")
    assert command("new", mine) == 2
    assert "not an empty folder" in capsys.readouterr().err
    assert [file.name for file in mine.iterdir()] == ["notes.txt"]


def test_every_step_works_as_it_is(lived: Path) -> None:
    record = record_of(lived)
    assert record["locked"] is True
    assert record["deviations"] == []
    page = record["page_one"]
    assert [(c["name"], c["verdict"], c["value"]) for c in page["clauses"]] == [
        ("coaching", "met", "1.15")
    ]
    assert page["money"]["due_now"] == "100000.00"
    # Both checks pass, so that a beginner's first report warns of nothing that is not theirs.
    assert {d["name"]: d["status"] for d in record["findings"][0]["diagnostics"]} == {
        "attrition": "passed",
        "balance": "passed",
    }
    assert {file.name for file in (lived / "out").iterdir()} == {
        "verdict.json",
        *(f"report.{lang}.{kind}" for lang in ("en", "fr") for kind in ("html", "pdf", "md")),
    }


def test_it_shows_that_the_rule_decides_money(lived: Path) -> None:
    due = {rule["rule"]["key"]: rule["due_now"] for rule in record_of(lived)["other_rules"]}
    assert len(set(due.values())) > 1


def test_the_report_says_that_nobody_in_it_exists(lived: Path) -> None:
    study = record_of(lived)["study"]
    assert study["synthetic"] is True
    assert study["illustrative"] is True
    for lang, word in (("en", "synthetic data"), ("fr", "données synthétiques")):
        assert word in (lived / "out" / f"report.{lang}.html").read_text(encoding="utf-8")


@pytest.mark.study
def test_its_notebook_runs_and_publishes(lived: Path) -> None:
    study, out = lived / "Emploi 2026", lived / "notebook"
    assert command("run", study, "--out", out, "--set", "level=0.9") == 0
    figures = read_published(out / "published.json").figures
    record = record_of(lived)
    assert figures["level"] == 0.9
    assert figures["due_now"] == record["page_one"]["money"]["due_now"]
    assert figures["estimate_months"] == pytest.approx(1.15)
    ninety = record["findings"][0]["intervals"][0]
    assert (ninety["level"], ninety["side"]) == ("0.9", "two")
    assert figures["interval"] == pytest.approx([float(ninety["low"]), float(ninety["high"])])


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_its_contract_can_be_said_back_and_priced(
    lived: Path, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = lived / "Emploi 2026" / "contract.yaml"
    assert command("explain", contract, "--lang", lang) == 0
    said = re.sub(r"\s+", " ", capsys.readouterr().out)
    amount = "EUR 40,000" if lang == "en" else "40 000 €"
    assert amount in said
    given = ("--set", "months_worked=0.7", "--format", "json", "--lang", lang)
    assert command("price", contract, *given) == 0
    assert json.loads(capsys.readouterr().out)["due_now"] == "40000.00"


def test_a_slip_in_the_contract_is_found_by_its_examples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "slip"
    assert command("new", study) == 0
    file = study / "contract.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("at_least: 1,") == 1
    file.write_text(text.replace("at_least: 1,", "at_least: 1.5,"), encoding="utf-8")
    assert command("check", study) == 1
    assert "One month more pays in full" in capsys.readouterr().err


def test_every_commented_example_of_a_rule_can_be_used(tmp_path: Path) -> None:
    from impacteval.contract import load_contract

    text = (SCAFFOLD / "contract.yaml").read_text(encoding="utf-8").replace("STUDY-ID", "rules")
    rules = re.findall(r"^#   (decide_on: .+)$", text, re.MULTILINE)
    assert len(rules) == 3
    for rule in rules:
        file = tmp_path / "contract.yaml"
        file.write_text(text.replace("\ndecide_on: point_estimate\n", f"\n{rule}\n"))
        contract = load_contract(file)
        assert contract.rule(contract.clauses[0]).name == rule.split("{")[1].split(":")[0]


def test_whatever_a_command_says_fits_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    for words, code in (
        ("new mine", 0),
        ("check mine", 0),
        ("lock mine", 0),
        ("lock mine", 0),
        ("lock mine --date 2026-03-31", 2),
        ("prepare mine", 0),
        ("price mine --set months_worked=0.7 --lang fr", 0),
        ("price mine --set months_worked=abc --set x=1", 2),
        ("explain mine", 0),
        ("explain mine --lang fr", 0),
        ("estimators", 0),
    ):
        assert command(*words.split()) == code
        told = capsys.readouterr()
        lines += [*told.out.splitlines(), *told.err.splitlines()]
    assert len(lines) > 80
    assert [line for line in lines if len(line) > 80] == []
    # Digests stand whole, so that they can be copied.
    assert sum(bool(re.search(r"sha256:[0-9a-f]{64}$", line)) for line in lines) == 5


def people_csv(seed: int) -> str:
    """The recipe of people.csv: `random` alone is the same on every version of Python."""
    chance = random.Random(seed)
    offered = [1] * 120 + [0] * 120
    for last in range(239, 0, -1):
        other = int(chance.random() * (last + 1))
        offered[last], offered[other] = offered[other], offered[last]
    lines = ["person,offered,age,months_before,months"]
    for number, drawn in enumerate(offered, start=1):
        age = 18 + int(chance.random() * 37)
        before = int(8 * chance.random() * chance.random() + chance.random())
        luck = 6 * (chance.random() + chance.random() + chance.random() - 1.5)
        without = 2.0 + 0.5 * before + 0.02 * (age - 36) + luck
        months = min(12, max(0, int(without + 1.2 * drawn + 0.5)))
        lines.append(f"P{number:03d},{drawn},{age},{before},{months}")
    return "\n".join(lines) + "\n"


def test_its_people_are_made_by_the_recipe_and_nobody_else() -> None:
    assert (SCAFFOLD / "people.csv").read_text(encoding="utf-8") == people_csv(7)
