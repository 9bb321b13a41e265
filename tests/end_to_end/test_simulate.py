"""The command `simulate` as a person types it: what it says, what it writes, how it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from impacteval.cli.run import run
from impacteval.plan import load_plan

ROOT = Path(__file__).parents[2]
BONDS = ROOT / "studies" / "bonds"
PETERBOROUGH = (
    str(BONDS / "peterborough"),
    *("--set", "reconvictions.people=936"),
    *("--set", "reconvictions.comparison=9360"),
    *("--set", "reconvictions.baseline=1.55"),
    *("--set", "reconvictions.variance_over_mean=3"),
    *("--effects", "0,5"),
    *("--draws", "20000"),
)
DENVER = (
    str(BONDS / "denver"),
    *("--effect", "housed_nights=299928", "--set", "housed_nights.std_error=0"),
    *("--set", "jail_days.std_error=8.6", "--effects", "0,40", "--draws", "5000"),
)


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Any:
    def type_(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            run(["simulate", *(str(a) for a in arguments)])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return int(str(caught.value.code)), told.out, told.err

    return type_


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_first_sentence_is_what_noise_is_paid(typed) -> None:
    code, out, _ = typed(*PETERBOROUGH)
    assert code == 0
    assert re.match(
        r"If the programme does nothing, this contract pays something [34](\.\d)? times in 100; "
        r"how much is not published\.",
        one_line(out),
    )
    assert "met 1.8 times in 100 if the programme does nothing" in one_line(out)


def test_in_french(typed) -> None:
    code, out, _ = typed(*DENVER, "--lang", "fr")
    assert code == 0
    said = (
        one_line(out).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    )
    assert said.startswith(
        "Si le programme n’a aucun effet sur « Jours de prison », le reste étant fixé, ce contrat "
        "verse 4 57"
    )
    assert "en moyenne, et verse quelque chose 100 fois sur 100." in said
    assert "programme does" not in said


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("arguments", [PETERBOROUGH, DENVER])
def test_no_line_is_longer_than_the_terminal(typed, arguments, language) -> None:
    _, out, _ = typed(*arguments, "--lang", language)
    assert max(map(len, out.splitlines())) <= 80


def test_json_is_what_its_schema_says(typed) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    _, out, _ = typed(*DENVER, "--format", "json")
    found = json.loads(out)
    assert next(iter(found)) == "format"
    assert found["format"] == "impacteval-simulation/1"
    file = ROOT / "src" / "impacteval" / "simulation" / "schema.json"
    jsonschema.validate(found, json.loads(file.read_text(encoding="utf-8")))
    nothing = found["rules"][0]["payments"][0]
    assert nothing["effect"] == 0.0
    # 299,928 nights at USD 15.12 are paid whatever happens to days in jail.
    assert nothing["low"] == pytest.approx(15.12 * 299928)
    assert nothing["expected"] > nothing["low"]
    clauses = {c["name"]: c for c in nothing["clauses"]}
    assert clauses["jail"]["met"] == pytest.approx(0.01, abs=0.001)  # 1 - Phi(20 / 8.6)


def test_amounts_that_are_not_published_stay_so(typed) -> None:
    _, out, _ = typed(*PETERBOROUGH, "--format", "json")
    nothing = json.loads(out)["rules"][0]["payments"][0]
    assert nothing["expected"] == "not_published"
    assert nothing["low"] == nothing["high"] == "not_published"
    assert 0.03 < nothing["paid"] < 0.05


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_folder_holds_numbers_drawings_and_a_page_that_needs_nothing(
    typed, tmp_path, language
) -> None:
    code, out, _ = typed(*DENVER, "--out", tmp_path / "out", "--lang", language)
    assert code == 0
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"simulation.json", "simulation.en.html", "simulation.fr.html"} <= names
    assert {f"payments-1.{x}.svg" for x in ("en", "fr")} <= names
    page = (tmp_path / "out" / f"simulation.{language}.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "<script" not in page
    assert page.count("<svg") >= 3
    first = out.split(".")[0].split("\n")[0]
    assert first[:30] in page.replace("\n", " ")


def test_the_same_command_writes_the_same_bytes(typed, tmp_path) -> None:
    for name in ("one", "two"):
        typed(*DENVER, "--out", tmp_path / name)
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_both_engines_stand_side_by_side(typed) -> None:
    small = [word.replace("=9360", "=60").replace("=936", "=60") for word in PETERBOROUGH[:-1]]
    code, out, _ = typed(*small, "500", "--engine", "both", "--format", "json")
    assert code == 0
    found = json.loads(out)
    assert found["engine"] == "full"
    for gap in found["gaps"]:
        # 500 draws: three standard errors of a chance are at most 6.7 points.
        assert gap["paid_full"] == pytest.approx(gap["paid_normal"], abs=0.07)


def test_a_study_folder_and_a_pilot(typed, tmp_path) -> None:
    pilot = tmp_path / "pilot.csv"
    study = ROOT / "studies" / "nsw-job-training"
    columns = load_plan(study / "plan.yaml").analysis_of("earnings_1978")[1].columns
    names = [columns.outcome, *columns.covariates]
    rows = [",".join([str(4000 + 37 * k), *["1"] * len(columns.covariates)]) for k in range(100)]
    pilot.write_text("\n".join([",".join(names), *rows]) + "\n")
    sizes = ("--set", "earnings_1978.people=185", "--set", "earnings_1978.comparison=260")
    code, out, err = typed(study, *sizes, "--pilot", pilot, "--draws", "2000", "--format", "json")
    assert code == 0, err
    (number,) = json.loads(out)["precision"]
    spread = 37 * ((100**2 - 1) / 12) ** 0.5
    assert number["std_error"] == pytest.approx(spread * (1 / 185 + 1 / 260) ** 0.5, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((str(BONDS / "peterborough"),), "reconvictions.people is missing"),
        ((*PETERBOROUGH, "--set", "reconvictions.size=3"), "does not name an assumption"),
        ((*PETERBOROUGH, "--set", "reconvictions.people"), "is not NAME=VALUE"),
        ((*PETERBOROUGH, "--effects", "a lot"), "is not a number"),
        ((*PETERBOROUGH, "--effects", "150"), "impossible"),
        ((*PETERBOROUGH, "--draws", "3"), "3 draws were asked for"),
        ((*PETERBOROUGH, "--power", "2"), "The power is 2"),
        ((*PETERBOROUGH, "--scenario", "nowhere.yaml"), "does not exist"),
        (
            (*PETERBOROUGH, "--engine", "full", "--pilot", "nowhere.csv"),
            "which columns of the pilot",
        ),
        ((str(BONDS / "nowhere"),), "does not exist"),
    ],
)
def test_refused_without_a_traceback(typed, arguments, words) -> None:
    code, out, err = typed(*arguments)
    assert code == 2
    assert out == ""
    assert words in one_line(err)


def test_a_file_is_not_a_folder_for_the_page(typed, tmp_path) -> None:
    file = tmp_path / "out"
    file.write_text("mine")
    code, _, err = typed(*DENVER, "--out", file)
    assert code == 2
    assert "is a file" in one_line(err)
    assert file.read_text() == "mine"


def test_text_alone_loads_no_drawing_library() -> None:
    script = (
        "import sys; from impacteval.cli.run import run\n"
        f"try: run(['simulate', *{list(DENVER)!r}])\n"
        "except SystemExit: pass\n"
        "print('matplotlib' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "False"


def test_the_face_has_it_and_stays_light() -> None:
    script = (
        "import sys, impacteval as ie; assert 'simulate' in ie.__all__; "
        "assert not {'numpy', 'scipy', 'pandas'} & set(sys.modules); "
        "import impacteval.simulation; assert callable(ie.simulate)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


SEVERAL_RULES = """\
format: impacteval-contract/1
id: several
title: Several rules
in_plain_words: {en: "A test.", fr: "Un essai."}
currency: EUR
parties: {payers: A payer}
who_counts: {people: everyone, count_everyone: true}
outcomes:
  x:
    plain_name: {en: Jobs, fr: Emplois}
    measure: jobs per person
    better: higher
    effect: difference
    counterfactual: {design: rct}
decide_on: {lower_bound: {level: 0.9, sides: one}}
multiplicity: holm
stop_when:
  harm: {when: {x: {less_than: 0}}, decide_on: point_estimate, then: pay_nothing}
  few: {people: {less_than: 9}, then: withhold}
payment:
  sum:
    - {linear: {name: jobs, outcome: x, per_unit: 1000, ceiling: 9000}}
    - {threshold: {name: much, when: {x: {at_least: 3}}, pay: 500}}
"""


def test_holm_triggers_and_the_average_in_both_languages(typed, tmp_path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(SEVERAL_RULES, encoding="utf-8")
    asked = (path, "--set", "x.std_error=2", "--effects", "0,3", "--draws", "20000")
    code, out, _ = typed(*asked)
    assert code == 0
    # Holm reads two numbers at half of 10 percent each, and a bound above 0 means no harm.
    assert "jobs: met 5 times in 100 if the programme does nothing" in one_line(out)
    assert "average payment, flat prior" in out
    assert "This stop trigger is taken to stay quiet" in one_line(out)
    code, out, _ = typed(*asked, "--lang", "fr")
    assert code == 0
    assert "paiement moyen, loi a priori uniforme" in out
    assert "simulé ne le renseigne : few." in one_line(out).replace("\u00a0", " ")
