"""The command line on contracts that combine designs, pay averages or read an audit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from did_plugin import did_plugin, write_combined  # noqa: F401 - the fixture is found by its name

from impacteval.cli.run import run

CONTRACT = """\
format: impacteval-contract/1
id: rules
title: A contract for tests
in_plain_words: {en: We pay for results., fr: Nous payons des résultats.}
currency: EUR
parties: {payers: A public payer}
who_counts: {people: everyone, count_everyone: true}
outcomes:
  days:
    plain_name: {en: Days in work, fr: Jours travaillés}
    measure: days a year per person
    unit: {en: days, fr: jours}
    better: higher
    effect: difference
    counterfactual: {design: rct}
  visits:
    plain_name: {en: Home visits, fr: Visites à domicile}
    measure: verified visits
    unit: {en: visits, fr: visites}
    kind: output
    better: higher
    effect: verified_count
    counterfactual: {design: none}
payment:
  sum:
    - name: work
      when: {days: {at_least: 10}}
      pay: 1000
      decide_on: RULE
    - linear: {name: visits, outcome: visits, per_unit: 2, decide_on: verified_count}
audit: {how: A tenth of the visits is called back., limit: 15%}
"""
COMBINE = "{combine: {rct: 0.8, difference_in_differences: 0.2}}"
AVERAGE = "{expected_payment: {prior: {normal: {mean: 0, sd: 4}}}}"


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Any:
    def type_(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            run([str(word) for word in words])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return caught.value.code, told.out, told.err

    return type_


@pytest.fixture
def contract(tmp_path: Path) -> Any:
    def write(rule: str) -> Path:
        path = tmp_path / "contract.yaml"
        path.write_text(CONTRACT.replace("RULE", rule), encoding="utf-8")
        return path

    return write


def unwrapped(text: str) -> str:
    """Lines joined; spaces that may not break stay what they are."""
    return re.sub(r"[ \n]+", " ", text)


def priced(typed: Any, path: Path, *given: str) -> Any:
    options = [word for item in given for word in ("--set", item)]
    code, out, err = typed("price", path, "--format", "json", *options)
    assert code == 0, err
    return json.loads(out)


def test_parts_of_a_combination(typed: Any, contract: Any) -> None:
    found = priced(
        typed, contract(COMBINE), "days.rct=11", "days.did=6", "visits=100", "audit.visits=0.2"
    )
    work, visits = found["clauses"]
    assert (work["value"], work["verdict"], work["amount"]) == (10, "met", "1000.00")
    assert work["steps"][:3] == [
        "Randomised trial: 11, weight 0.8, makes 8.8.",
        "Difference-in-differences: 6, weight 0.2, makes 1.2.",
        "Together they make 10.",
    ]
    assert (visits["value"], visits["amount"]) == (80, "160.00")
    assert found["total"] == "1160.00"


def test_the_combined_number_itself(typed: Any, contract: Any) -> None:
    found = priced(typed, contract(COMBINE), "days=9.9", "visits=100", "audit.visits=15%")
    assert [c["amount"] for c in found["clauses"]] == ["0.00", "200.00"]


def test_an_average_with_its_error(typed: Any, contract: Any) -> None:
    # 10 with standard error 3 and a prior of 0 with deviation 4 make 6.4 with 2.4:
    # 1000 (1 - Phi(1.5)) = 66.807...
    found = priced(typed, contract(AVERAGE), "days=10", "std_error.days=3")
    work, visits = found["clauses"]
    assert (work["verdict"], work["amount"]) == ("met", "66.81")
    assert (visits["verdict"], found["total"]) == (None, None)


def test_what_is_missing_is_said(typed: Any, contract: Any) -> None:
    code, _, err = typed("price", contract(AVERAGE), "--set", "days=10")
    assert code == 2
    assert "std_error.days" in err
    code, _, err = typed("price", contract(COMBINE), "--set", "days.rct=11")
    assert code == 2
    assert "the estimate of did is missing" in err
    found = priced(typed, contract(COMBINE), "days=11", "visits=100")
    assert [c["verdict"] for c in found["clauses"]] == ["met", "cannot_be_judged"]
    assert [c["amount"] for c in found["clauses"]] == ["1000.00", None]


@pytest.mark.parametrize(
    ("rule", "lang", "said"),
    [
        (COMBINE, "en", ["randomised trial 80% and difference-in-differences 20%", "joint errors"]),
        (COMBINE, "fr", ["essai randomisé 80\u202f% et double différence 20\u202f%", "erreurs conjointes"]),
        (AVERAGE, "en", ["around 0 is held likely, with a standard deviation of 4", "clause by clause"]),
        (AVERAGE, "fr", ["un écart type de 4", "clause par clause"]),
    ],
)  # fmt: skip
def test_explained(rule: str, lang: str, said: list[str], typed: Any, contract: Any) -> None:
    code, out, _ = typed("explain", contract(rule), "--lang", lang)
    assert code == 0
    for words in said:
        assert words in unwrapped(out)
    assert "15" in out


def test_changing_a_weight_changes_the_prose(typed: Any, contract: Any) -> None:
    other = COMBINE.replace("0.8", "0.7").replace("0.2", "0.3")
    _, out, _ = typed("explain", contract(other), "--lang", "en")
    assert "randomised trial 70% and difference-in-differences 30%" in unwrapped(out)


def test_examples_beside_the_contract(typed: Any, contract: Any, tmp_path: Path) -> None:
    contract(AVERAGE)
    examples = tmp_path / "examples.yaml"
    examples.write_text(
        """\
format: impacteval-examples/1
examples:
  - name: {en: An average and a count, fr: Une moyenne et un décompte}
    given: {days: 10, visits: 100}
    std_error: {days: 3}
    audit: {visits: 20%}
    expect:
      - {clause: work, verdict: met, amount: 66.81}
      - {clause: visits, amount: 160}
    total: 226.81
""",
        encoding="utf-8",
    )
    code, out, err = typed("check", tmp_path)
    assert code == 0, err
    assert "all 1 examples hold" in out
    contract(COMBINE)
    examples.write_text(
        """\
format: impacteval-examples/1
examples:
  - name: {en: In parts, fr: Par parties}
    given: {days: {rct: 11, did: 6}, visits: 100}
    audit: {visits: 0.15}
    total: 1200
""",
        encoding="utf-8",
    )
    code, _, err = typed("check", tmp_path)
    assert code == 0, err


@pytest.mark.usefixtures("did_plugin")
def test_a_combined_study(typed: Any, two_cohorts: Any, tmp_path: Path) -> None:
    folder = write_combined(two_cohorts, None, {"chance_at_least": 0.6})
    for command in ("check", "lock", "prepare"):
        code, _, err = typed(command, folder)
        assert code == 0, err
    code, _, err = typed("verify", folder, "--out", tmp_path / "out")
    assert code == 0, err
    record = json.loads((tmp_path / "out" / "verdict.json").read_text(encoding="utf-8"))
    found = next(f for f in record["findings"] if f.get("parts"))
    assert [part["weight"] for part in found["parts"]] == ["0.8", "0.2"]
    english = (tmp_path / "out" / "report.en.html").read_text(encoding="utf-8")
    french = (tmp_path / "out" / "report.fr.html").read_text(encoding="utf-8")
    for text, words in (
        (
            english,
            ("what is combined, each design by itself", "Together they make", "A made-up limit."),
        ),
        (
            french,
            (
                "ce qui est combiné, chaque méthode à part",
                "Ensemble, cela fait",
                "Une limite inventée.",
            ),
        ),
    ):
        for said in words:
            assert said in text


def test_a_study_paid_on_average(typed: Any, two_cohorts: Any, tmp_path: Path) -> None:
    def change(agreed: dict[str, Any]) -> None:
        agreed["decide_on"] = {"expected_payment": {"prior": "flat"}}
        agreed["payment"] = {"sum": agreed["payment"]["first_of"], "cap": agreed["payment"]["cap"]}
        del agreed["multiplicity"]

    folder = two_cohorts.write(contract_change=change)
    assert typed("lock", folder)[0] == 0
    code, out, err = typed("verify", folder, "--out", tmp_path / "out")
    assert code == 0, err
    record = json.loads((tmp_path / "out" / "verdict.json").read_text(encoding="utf-8"))
    page = record["page_one"]
    assert page["answer"] == "pay_in_part"
    early = page["clauses"][0]
    # A threshold pays its amount times the confidence that the effect reaches it.
    assert float(early["amount"]) == pytest.approx(1e6 * float(early["chance_passes"]), abs=0.02)
    assert early["verdict"] == "not_met"
    assert early["distance"] is None
    assert "on average over what the true effect may be" in unwrapped(out)
