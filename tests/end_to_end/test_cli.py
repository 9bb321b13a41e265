"""Each command as a person types it: what it says, what it writes, and its exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from impacteval.cli.app import app
from impacteval.cli.run import run

ROOT = Path(__file__).parents[2]
BONDS = ROOT / "studies" / "bonds"
COMMANDS = (
    "new",
    "check",
    "lock",
    "prepare",
    "verify",
    "compare",
    "price",
    "explain",
    "simulate",
    "power",
    "export",
    "estimators",
    "run",
)


class Told:
    """What a command said and the code it left with."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        self.plain_out, self.plain_err = " ".join(out.split()), " ".join(err.split())


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Any:
    def type_(*arguments: object) -> Told:
        with pytest.raises(SystemExit) as caught:
            run([str(a) for a in arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        code = caught.value.code
        assert isinstance(code, int)
        return Told(code, told.out, told.err)

    return type_


# --- help ----------------------------------------------------------------------------------------


def test_the_commands_are_those_that_exist() -> None:
    found = {
        c.name or c.callback.__name__.rstrip("_") for c in app.registered_commands if c.callback
    }
    assert found == set(COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_terminal_and_names_only_what_exists(
    command: str, typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    told = typed(*([command] if command else []), "--help")
    assert told.code == 0
    text = re.sub(r"\x1b\[[0-9;]*m", "", told.out)
    assert max(len(line) for line in text.splitlines()) <= 80
    for absent in ("publish", "purge", "check-plugin"):
        assert absent not in text
    if not command:
        for name in COMMANDS:
            assert name in text


def test_version(typed: Any) -> None:
    from impacteval import __version__

    assert typed("--version").out == f"impacteval {__version__}\n"


@pytest.mark.parametrize("wrong", [["simulate"], ["verify"], ["check"], ["price", "x", "--formt"]])
def test_wrong_usage_is_2(wrong: list[str], typed: Any) -> None:
    assert typed(*wrong).code == 2


# --- the life of a study -------------------------------------------------------------------------


def test_a_study_from_check_to_report(two_cohorts: Any, tmp_path: Path, typed: Any) -> None:
    study, out = two_cohorts.write(), tmp_path / "out"

    checked = typed("check", study)
    assert checked.code == 0
    assert "analysis events: 400 rows in cohort_1, 400 rows in cohort_2" in checked.plain_out
    assert f"Next: impacteval lock {study}" in checked.out

    assert typed("lock", study, "--date", "2026-03-31").code == 0
    assert "date: '2026-03-31'" in (study / "lock.yaml").read_text()
    assert typed("prepare", study).code == 0
    frozen = (study / "prepared.json").read_bytes()
    assert "as it was" in typed("prepare", study).out
    assert (study / "prepared.json").read_bytes() == frozen

    verified = typed("verify", study, "--out", out, "--lang", "en")
    assert verified.code == 0
    assert "Synthetic data" in verified.plain_out or "synthetic data" in verified.plain_out
    assert "Pay GBP 3,500,000" in verified.plain_out.replace("\xa0", " ")
    record = json.loads((out / "verdict.json").read_text())
    assert record["page_one"]["money"]["due_now"] == "3500000.00"
    assert {p.name for p in out.iterdir()} == {
        "verdict.json",
        "report.en.html",
        "report.en.pdf",
        "report.en.md",
    }


def test_a_study_without_a_lock_is_a_draft(two_cohorts: Any, tmp_path: Path, typed: Any) -> None:
    draft = typed("verify", two_cohorts.write(), "--out", tmp_path, "--lang", "fr")
    assert draft.code == 0  # the report is written, whatever the verdict
    assert "Ne peut pas encore être jugé" in draft.plain_out
    assert "ébauche" in draft.plain_out
    assert (tmp_path / "verdict.json").exists()


def test_a_lock_is_not_replaced_silently(two_cohorts: Any, typed: Any) -> None:
    study = two_cohorts.write()
    assert typed("lock", study).code == 0
    before = (study / "lock.yaml").read_bytes()
    same = typed("lock", study)
    assert (same.code, "is as it was" in same.plain_out) == (0, True)
    assert (study / "lock.yaml").read_bytes() == before
    two_cohorts.write(plan_change=lambda plan: plan.update(seed=9))
    told = typed("lock", study)
    assert (told.code, "locked already" in told.plain_err) == (2, True)
    assert (study / "lock.yaml").read_bytes() == before
    assert typed("lock", study, "--again").code == 0
    assert (study / "lock.yaml").read_bytes() != before
    anew = typed("lock", study, "--again")
    assert (anew.code, "is as it was" in anew.plain_out) == (0, True)
    typed("prepare", study)
    verified = typed("verify", study, "--out", study / "out", "--lang", "en")
    assert "was locked anew: this lock replaces sha256:" in verified.plain_out


@pytest.mark.parametrize("date", ["31/03/2026", "2026-02-30", "2026", "soon"])
def test_a_date_is_a_date(two_cohorts: Any, typed: Any, date: str) -> None:
    study = two_cohorts.write()
    told = typed("lock", study, "--date", date)
    assert (told.code, "is not a date" in told.plain_err) == (2, True)
    assert not (study / "lock.yaml").exists()


def test_what_is_frozen_is_not_replaced_silently(two_cohorts: Any, typed: Any) -> None:
    study = two_cohorts.write()
    typed("lock", study)
    typed("prepare", study)
    before = (study / "prepared.json").read_bytes()
    two_cohorts.write(data_change=lambda df: df.assign(age=df["age"] + 1))
    told = typed("prepare", study)
    assert (told.code, "was frozen already" in told.plain_err) == (2, True)
    assert (study / "prepared.json").read_bytes() == before
    assert typed("prepare", study, "--again").code == 0
    assert (study / "prepared.json").read_bytes() != before


def test_prepare_reads_no_outcome(two_cohorts: Any, typed: Any) -> None:
    study = two_cohorts.write(data_change=lambda df: df.drop(columns=["events", "work_days"]))
    assert typed("prepare", study).code == 0
    told = typed("check", study)
    assert told.code == 2
    assert "no column 'events'" in told.plain_err
    assert "no column 'work_days'" in told.plain_err


@pytest.mark.parametrize("broken", ["contract", "lock", "prepared", "data"])
def test_not_as_locked_is_3_and_leaves_nothing(
    two_cohorts: Any, tmp_path: Path, typed: Any, broken: str
) -> None:
    study, out = two_cohorts.write(), tmp_path / "out"
    two_cohorts.lock()
    match broken:
        case "contract":
            text = (study / "contract.yaml").read_text().replace("at_least: 10", "at_least: 8")
            (study / "contract.yaml").write_text(text)
        case "lock":
            (study / "lock.yaml").write_text("format: impacteval-lock/1\n")
        case "prepared":
            (study / "prepared.json").write_text("{}")
        case "data":
            two_cohorts.write(data_change=lambda df: df.assign(age=df["age"] + 1))
    told = typed("verify", study, "--out", out)
    assert told.code == 3
    assert told.out == ""
    assert told.err.startswith("error:")
    assert not out.exists()


def test_an_internal_error_is_70_and_leaves_nothing(
    two_cohorts: Any, tmp_path: Path, typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("impacteval.verification.record_of", broken)
    told = typed("verify", two_cohorts.write(), "--out", tmp_path / "out")
    assert told.code == 70
    assert "Internal error: RuntimeError: boom. No report was written." in told.plain_err
    assert not (tmp_path / "out").exists()


def test_every_problem_at_once(two_cohorts: Any, typed: Any) -> None:
    """Estimators, settings, diagnostics of plan and contract, data and examples."""

    def plan(planned: dict[str, Any]) -> None:
        planned["analyses"]["events"]["estimator"]["settings"] = {"varience": "hc2"}
        planned["analyses"]["events"]["robustness"][0]["estimator"]["name"] = "linn"
        planned["analyses"]["work"]["diagnostics"] = [{"name": "balanse"}]

    def contract(agreed: dict[str, Any]) -> None:
        agreed["required"] = [{"diagnostic": "attritoin", "limit": 0.05}]

    study = two_cohorts.write(
        plan_change=plan,
        contract_change=contract,
        data_change=lambda df: df.assign(served=df["served"] * 2),
    )
    (study / "examples.yaml").write_text(
        "format: impacteval-examples/1\n"
        "examples:\n"
        "  - name: {en: Wrong, fr: Faux}\n"
        "    given: {reconvictions: {cohort_1: 9, cohort_2: 9}}\n"
        "    expect: [{clause: early, verdict: met}]\n"
    )
    told = typed("check", study)
    assert told.code == 2
    for said in (
        r"plan\.yaml:\d+:\d+: Setting 'varience'",
        r"plan\.yaml:\d+:\d+: There is no estimator named 'linn'",
        r"plan\.yaml:\d+:\d+: There is no diagnostic `balanse`",
        r"contract\.yaml:\d+:\d+: There is no diagnostic `attritoin`",
        r"column 'served' \(treatment\) has values other than 0 and 1",
        r"examples do not hold",
    ):
        assert re.search(said, told.plain_err), said


def test_a_failing_example_alone_is_1(two_cohorts: Any, typed: Any) -> None:
    study = two_cohorts.write()
    (study / "examples.yaml").write_text(
        "format: impacteval-examples/1\n"
        "examples:\n"
        "  - name: {en: Wrong, fr: Faux}\n"
        "    given: {reconvictions: {cohort_1: 9, cohort_2: 9}}\n"
        "    expect: [{clause: early, verdict: met}]\n"
    )
    assert typed("check", study).code == 1
    assert typed("lock", study).code == 1
    assert not (study / "lock.yaml").exists()


@pytest.mark.parametrize("command", ["check", "lock", "prepare", "verify"])
def test_no_study(command: str, tmp_path: Path, typed: Any) -> None:
    more = ["--out", tmp_path / "out"] if command == "verify" else []
    for folder in (tmp_path / "absent", tmp_path):
        assert typed(command, folder, *more).code == 2
    assert not (tmp_path / "out").exists()


def test_a_report_cannot_go_into_a_file(two_cohorts: Any, tmp_path: Path, typed: Any) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    assert typed("verify", two_cohorts.write(), "--out", file).code == 2
    assert typed("verify", two_cohorts.folder, "--out", file / "inside").code == 2
    assert file.read_text() == "kept"


# --- a contract alone ----------------------------------------------------------------------------

CLAUSE = {
    "name",
    "group",
    "outcome",
    "value",
    "operator",
    "threshold",
    "verdict",
    "amount",
    "steps",
}


def test_denver(typed: Any) -> None:
    told = typed(
        "price", BONDS / "denver" / "contract.yaml", "--format", "json",
        "--set", "housed_nights=299928", "--set", "jail_days=38",
    )  # fmt: skip
    found = json.loads(told.out)
    assert told.code == 0
    assert list(found) == ["currency", "due_now", "total", "clauses"]
    # The published total: the evaluator's final report on the Denver bond.
    assert (found["currency"], found["total"]) == ("USD", "9638911.36")
    assert found["due_now"] == "9638911.36"
    for row in found["clauses"]:
        assert set(row) == CLAUSE
        assert isinstance(row["amount"], str)
        assert isinstance(row["value"], int | float)
        assert row["steps"]
        assert all(isinstance(step, str) for step in row["steps"])


def test_peterborough(typed: Any) -> None:
    told = typed(
        "price", BONDS / "peterborough", "--format", "json",
        "--set", "reconvictions.cohort_1=8.4", "--set", "reconvictions.cohort_2=9.7",
        "--set", "people.cohort_1=936", "--set", "people.cohort_2=900",
    )  # fmt: skip
    found = json.loads(told.out)
    rows = {(c["name"], c["group"]): c for c in found["clauses"]}
    assert found["currency"] == "GBP"
    assert (found["due_now"], found["total"]) == ("not_published", "not_published")
    for cohort in ("cohort_1", "cohort_2"):
        assert rows["early", cohort]["verdict"] == "not_met"
        assert float(rows["early", cohort]["amount"]) == 0
    final = rows["final", "pooled"]
    assert (final["verdict"], final["amount"]) == ("met", "not_published")
    assert final["value"] == pytest.approx((936 * 8.4 + 900 * 9.7) / 1836, abs=1e-8)
    assert (final["operator"], final["threshold"]) == ("at_least", 7.5)


def test_one_cohort_alone_leaves_the_rest_open(typed: Any) -> None:
    told = typed(
        "price", BONDS / "peterborough", "--format", "json", "--set", "reconvictions.cohort_1=8.4"
    )
    found = json.loads(told.out)
    rows = {(c["name"], c["group"]): c for c in found["clauses"]}
    assert found["total"] is None
    assert rows["early", "cohort_2"]["verdict"] is None
    assert rows["early", "cohort_2"]["amount"] is None
    assert rows["final", "pooled"]["amount"] is None


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_price_in_words(typed: Any, lang: str) -> None:
    told = typed(
        "price", BONDS / "peterborough", "--set", "reconvictions.cohort_1=8.4", "--lang", lang
    )
    assert told.code == 0
    said = " ".join(told.plain_out.split())
    for sentence in (
        (
            "Early payment, First cohort: not met, GBP 0",
            "There is no result yet for “Times convicted again” (Second cohort).",
            "Final payment, groups together: open, open",
        )
        if lang == "en"
        else (
            "Paiement anticipé, Première cohorte : non remplie, 0 GBP",
            "Il n’y a pas encore de résultat pour « Nouvelles condamnations » (Deuxième cohorte).",
            "Paiement final, groupes ensemble : en suspens, en suspens",
        )
    ):
        assert sentence in said
    for name in ("cohort_", "reconvictions", "pooled"):
        assert name not in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["jail_days"], "is not NAME=VALUE"),
        (["jail_days=1", "jail_days=2"], "is given twice"),
        (["jial_days=1"], "Did you mean jail_days?"),
        (["jail_days=many"], "many"),
        (["jail_days=nan"], "nan"),
        (["people.cohort_9=3", "jail_days=1"], "cohort_9"),
    ],
)
def test_results_that_cannot_be_priced(typed: Any, given: list[str], said: str) -> None:
    options = [word for item in given for word in ("--set", item)]
    told = typed("price", BONDS / "denver", "--format", "json", *options)
    assert told.code == 2
    assert told.out == ""
    assert said in told.plain_err


@pytest.mark.parametrize(("bond", "word"), [("denver", "15.12"), ("peterborough", "7.5%")])
def test_explain_says_the_numbers_of_the_file(typed: Any, bond: str, word: str) -> None:
    english = typed("explain", BONDS / bond)
    french = typed("explain", BONDS / bond, "--lang", "fr")
    assert (english.code, french.code) == (0, 0)
    assert word in english.out
    assert english.out != french.out
    assert word.replace(".", ",").replace("%", " %") in french.out.replace("\xa0", " ").replace(
        "\u202f", " "
    )


def test_estimators(typed: Any) -> None:
    listed = json.loads(typed("estimators", "--format", "json").out)
    entries = {e["name"]: e for e in (listed if isinstance(listed, list) else listed["estimators"])}
    assert {"difference-in-means", "lin"} <= set(entries)
    for name in ("difference-in-means", "lin"):
        assert entries[name]["designs"] == ["rct"]
        assert "difference" in entries[name]["scales"]
    for lang in ("en", "fr"):
        assert "difference-in-means" in typed("estimators", "--lang", lang).out


def test_check_a_contract_alone(typed: Any) -> None:
    told = typed("check", BONDS / "denver" / "contract.yaml")
    assert told.code == 0
    assert "examples hold" in told.plain_out
    assert typed("check", BONDS / "peterborough").code == 0


# --- a new study, and the program itself ---------------------------------------------------------


def test_new_refuses_a_folder_that_holds_something(tmp_path: Path, typed: Any) -> None:
    (tmp_path / "kept").write_text("mine")
    told = typed("new", tmp_path)
    assert (told.code, "not an empty folder" in told.plain_err) == (2, True)
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_new_where_nothing_can_be_made(tmp_path: Path, typed: Any) -> None:
    (tmp_path / "file").write_text("mine")
    told = typed("new", tmp_path / "file" / "study")
    assert (told.code, "cannot be made" in told.plain_err) == (2, True)


def process(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, **more
    )


def test_the_face_loads_no_numerical_library() -> None:
    program = (
        "import sys, impacteval; heavy = ('numpy', 'pandas', 'scipy', 'statsmodels', 'matplotlib',"
        "'pydantic', 'yaml'); print([m for m in heavy if m in sys.modules])"
    )
    assert process("-c", program).stdout.strip() == "[]"


def test_as_a_module_with_a_closed_pipe() -> None:
    """`impacteval ... | head -1` is no error."""
    line = f"{sys.executable} -m impacteval explain {BONDS / 'denver'} | head -1"
    found = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert found.stderr == ""
    assert len(found.stdout.splitlines()) == 1
