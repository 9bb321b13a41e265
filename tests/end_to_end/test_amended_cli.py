"""Amended contracts as a person meets them at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli import typed  # noqa: F401 - a fixture

PETERBOROUGH = Path(__file__).parents[2] / "studies" / "bonds" / "peterborough"
PUBLISHED = ("--set", "reconvictions.cohort_1=8.4", "--set", "reconvictions.cohort_2=9.7")
GRANT = """
format: impacteval-contract/1
id: jobs
title: Jobs
in_plain_words: {en: The city pays for jobs., fr: La ville paie des emplois.}
currency: EUR
parties: {payers: The city}
who_counts: {people: everyone, count_everyone: true}
outcomes:
  jobs:
    plain_name: {en: Jobs, fr: Emplois}
    measure: jobs
    better: higher
    effect: verified_count
    counterfactual: {design: none}
decide_on: point_estimate
payment:
  linear: {name: each, outcome: jobs, per_unit: 4000}
  cap: {amount: 500000, over: contract}
changes:
  - date: 2020-04
    cause: {en: a pandemic closed the workplaces, fr: une pandémie a fermé les lieux de travail}
    decided_by: {en: the city and the provider, fr: la ville et l'opérateur}
    what: {en: the price of results becomes a grant, fr: le prix des résultats devient une subvention}
    set:
      payment: {grant: {name: relief, pay: 300000}}
"""


def plain(text: str) -> str:
    return " ".join(text.split()).replace("\xa0", " ").replace("\u202f", " ")


def test_price_both_ways_in_plain_data(typed: Any) -> None:  # noqa: F811 - the fixture
    found = json.loads(typed("price", PETERBOROUGH, "--format", "json", *PUBLISHED).out)
    assert found["total"] == "not_published"
    assert {(c["name"], c["group"]) for c in found["clauses"]} == {
        ("early", "cohort_1"), ("early", "cohort_2"), ("final", "pooled"),
    }  # fmt: skip
    signed = found["as_contracted"]
    assert set(signed) == {"currency", "due_now", "total", "clauses"}
    assert (signed["due_now"], signed["total"]) == ("0", None) or signed["due_now"] == "0.00"
    assert ("early", "cohort_3") in {(c["name"], c["group"]) for c in signed["clauses"]}
    (change,) = found["changes"]
    assert change["set"]["groups.cohort_3.cancelled"] == "2014-04"
    assert (change["date"], change["in_force"], change["source"]) == ("2014-04", True, "webster")
    assert change["decided_by"] == "not_published"
    assert found["as_of"] is None


def test_price_on_a_date(typed: Any) -> None:  # noqa: F811 - the fixture
    told = typed(
        "price", PETERBOROUGH, "--format", "json", *PUBLISHED,
        "--set", "reconvictions.cohort_3=12", "--set", "as_of=2014-03-31",
    )  # fmt: skip
    found = json.loads(told.out)
    rows = {(c["name"], c["group"]): c["verdict"] for c in found["clauses"]}
    assert rows["early", "cohort_3"] == "met"
    assert [c["in_force"] for c in found["changes"]] == [False]
    assert found["as_of"] == "2014-03-31"
    wrong = typed("price", PETERBOROUGH, *PUBLISHED, "--set", "as_of=spring")
    assert wrong.code == 2
    assert "'spring' is not a date. Write 2014, 2014-04 or 2014-04-30." in wrong.plain_err


def test_price_tells_the_difference(typed: Any) -> None:  # noqa: F811 - the fixture
    english = typed(
        "price", PETERBOROUGH, *PUBLISHED, "--set", "as_contracted.reconvictions.cohort_3=0",
        *(w for c in (1, 2, 3) for w in ("--set", f"people.cohort_{c}=1000")),
    )  # fmt: skip
    assert english.code == 0
    assert max(map(len, english.out.splitlines())) <= 80
    said = plain(english.out)
    assert "No date was given: every amendment of the contract is in force here (1)." in said
    assert "Amendment (April 2014): the third cohort is cancelled." in said
    assert "met, not published as amended; not met, GBP 0 as contracted." in said
    french = plain(typed("price", PETERBOROUGH, *PUBLISHED, "--lang", "fr").out)
    assert "Ce que changent les avenants" in french
    assert "Avenant (avril 2014) : la troisième cohorte est annulée." in french


def test_explain_tells_each_amendment(typed: Any) -> None:  # noqa: F811 - the fixture
    now = plain(typed("explain", PETERBOROUGH).out)
    assert "This is the contract with all its amendments." in now
    assert "Since: Third cohort was cancelled (April 2014)." in now
    then = typed("explain", PETERBOROUGH, "--as-of", "2013")
    assert then.code == 0
    assert "as it stood on this date: 2013." in plain(then.out)
    assert "cancelled" not in then.out
    assert "First cohort, Second cohort and Third cohort" in plain(then.out)
    french = plain(typed("explain", PETERBOROUGH, "--as-of", "2014-04", "--lang", "fr").out)
    assert "tel qu’il était à cette date : avril 2014." in french
    assert "Depuis : Troisième cohorte : annulation (avril 2014)." in french
    assert typed("explain", PETERBOROUGH, "--as-of", "x").code == 2


def test_a_grant_needs_no_result(tmp_path: Path, typed: Any) -> None:  # noqa: F811 - the fixture
    (tmp_path / "contract.yaml").write_text(GRANT, encoding="utf-8")
    told = typed("price", tmp_path, "--format", "json", "--set", "as_contracted.jobs=100")
    found = json.loads(told.out)
    assert (found["due_now"], found["total"], found["clauses"]) == ("300000.00", "300000.00", [])
    assert found["as_contracted"]["total"] == "400000.00"
    said = plain(typed("price", tmp_path, "--set", "as_contracted.jobs=100").out)
    assert "the amendments make it EUR 100,000 less" in said
    assert "The grant “relief” is paid whatever the results: EUR 300,000." in said
    assert typed("price", tmp_path).code == 0
    explained = plain(typed("explain", tmp_path, "--lang", "fr").out)
    assert "Subvention « relief » : 300 000 €, versés quels que soient les résultats." in explained
    assert "Avant : Clause « each »" in explained


def test_an_amendment_after_the_lock_leaves_with_3(
    two_cohorts: Any,
    tmp_path: Path,
    typed: Any,  # noqa: F811 - the fixture
) -> None:
    def amended(contract: dict[str, Any]) -> None:
        contract["changes"] = [
            {
                "date": "2015", "cause": "prices rose", "decided_by": "not_published",
                "what": "the ceiling falls", "set": {"payment.cap.amount": 3000000},
            }
        ]  # fmt: skip

    study = two_cohorts.write()
    assert typed("lock", study).code == 0
    two_cohorts.write(contract_change=amended)
    refused = typed("verify", study, "--out", tmp_path / "out")
    assert refused.code == 3
    assert not (tmp_path / "out" / "verdict.json").exists()
    assert typed("lock", study, "--again").code == 0
    verified = typed("verify", study, "--out", tmp_path / "out", "--lang", "en")
    assert verified.code == 0
    record = json.loads((tmp_path / "out" / "verdict.json").read_text())
    assert record["page_one"]["money"]["total"] == "3000000.00"
    assert record["as_contracted"]["total"] == "3500000.00"
    assert "Amendment (2015): the ceiling falls." in verified.plain_out


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_file_that_cannot_be_amended_so(tmp_path: Path, typed: Any, lang: str) -> None:  # noqa: F811 - the fixture
    file = tmp_path / "contract.yaml"
    file.write_text(GRANT.replace("pay: 300000", "pay: -1"), encoding="utf-8")
    told = typed("explain", tmp_path, "--lang", lang)
    assert told.code == 2
    line = GRANT.splitlines().index("      payment: {grant: {name: relief, pay: 300000}}") + 1
    assert f"contract.yaml:{line}:7: As amended on 2020-04: `payment.grant.pay`" in told.plain_err
