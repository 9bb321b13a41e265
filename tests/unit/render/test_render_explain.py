"""A contract said back: every number of the file stands in the prose, in both languages."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from impacteval.contract import Contract, load_contract
from impacteval.contract.sentences import explain_sentences
from impacteval.render import explain
from impacteval.render import format as fmt

ROOT = Path(__file__).parents[3]
FILES = sorted(ROOT.glob("studies/**/contract.yaml"))


def numbers(value: Any) -> set[Decimal]:
    """Every number that the file states."""
    if isinstance(value, bool):
        return set()
    if isinstance(value, Decimal | int):
        return {Decimal(value)}
    if isinstance(value, BaseModel):
        return {n for name in type(value).model_fields for n in numbers(getattr(value, name))}
    if isinstance(value, dict) or hasattr(value, "items"):
        return {n for item in value.values() for n in numbers(item)}
    if isinstance(value, tuple | list):
        return {n for item in value for n in numbers(item)}
    return set()


FULL = """
format: impacteval-contract/1
id: full
title: {en: A contract with everything, fr: Un contrat avec tout}
in_plain_words: {en: Made to be said back., fr: Fait pour être redit.}
illustrative: true
currency: EUR
money: {decimals: 2, mode: half_even}
parties:
  payers: [{en: The payer, fr: Le payeur}]
  investors: [{en: The investor, fr: L'investisseur}]
  evaluator: {name: Evaluator, paid_by: {en: the payer, fr: le payeur}, registration: osf.io/x}
who_counts: {people: {en: everyone, fr: tout le monde}, count_everyone: false}
outcomes:
  work:
    plain_name: {en: In work, fr: En emploi}
    measure: {en: share in work, fr: part en emploi}
    unit: {en: points, fr: points}
    better: higher
    effect: difference
    estimand: participants
    round_result: {decimals: 1, mode: half_up}
    window: {follow: {en: 6 months, fr: 6 mois}, then_wait: {en: 3 months, fr: 3 mois}}
    counterfactual: {design: rct}
  crime:
    plain_name: {en: Crimes, fr: Délits}
    measure: {en: crimes, fr: délits}
    unit: {en: crimes, fr: délits}
    better: lower
    effect: relative_reduction_percent
    counterfactual: {design: matched_comparison}
groups:
  a: {plain_name: {en: Group A, fr: Groupe A}, people: 431}
  b: {plain_name: {en: Group B, fr: Groupe B}, people: 877}
pool: mean_of_effects
pool_excludes: [paid]
decide_on: {lower_bound: {level: 0.85, sides: one}}
multiplicity: bonferroni
payment:
  sum:
    - tiers:
        name: steps
        per: group
        outcome: work
        decide_on: point_estimate
        steps: [{more_than: 3.5, pay: 1111}, {more_than: 7.25, pay: 2222}]
        if_not_judged: {until: 2031-05-06, then: not_met}
    - first_of:
        - name: early
          per: group
          when: {crime: {at_least: 12.5}}
          pay: 3333.33
          if_not_judged: {until: 2032-07, then: pay}
        - name: late
          per: pooled
          weights: people
          when: {crime: {at_least: 6.25}}
          pay: not_published
          decide_on: {significant: {level: 0.92, sides: two}, then: point_estimate}
      cap: {amount: 4444, over: settlement}
    - linear:
        name: price
        per: group
        outcome: work
        per_unit: 0.125
        above: 1.5
        floor: 17
        ceiling: 5555
        decide_on: {chance_at_least: 0.77}
  cap: {amount: 9999, over: contract}
gates: [{name: before, per: pooled, weights: people, when: {work: {at_least: 0.375}}, decide_on: point_estimate}]
stop_when:
  few: {people: {less_than: 463}, then: pay_nothing, clauses: [steps]}
  harm: {when: {crime: {less_than: 0.875}}, decide_on: {chance_at_least: 0.83}, then: withhold}
  lost: {missing_share: {more_than: 23%}, then: report}
  young: {reach: {young: {less_than: 37%}}, then: report}
equity: {young: {plain_name: {en: the young, fr: les jeunes}, share: {at_least: 41%}}}
baseline: {crime: {value: 163.5, date: 2019, source: memo}}
also_report: [{en: complaints, fr: les plaintes}]
context: [{text: {en: rents rose, fr: les loyers ont monté}, source: memo}]
sources: {memo: {text: a memo}}
required: [{diagnostic: balance, limit: 0.21, outcome: work}]
calendar: {settlements: {end: {date: 2030-06-30, what: {en: the end, fr: la fin}}}}
dispute: {window: {en: 30 days, fr: 30 jours}, who_decides: {en: a judge, fr: un juge}}
evaluation_cost: {amount: 6789}
privacy: {keep_until: 2035-01-01}
interests: [{en: none declared here, fr: aucun ici}]
not_public: [{en: the amount of clause late, fr: le montant de la clause late}]
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file = tmp_path_factory.mktemp("contract") / "contract.yaml"
    file.write_text(FULL, encoding="utf-8")
    return load_contract(file)


def spelled(number: Decimal, language: str, currency: str) -> set[str]:
    return {
        fmt.exact(number, language),
        fmt.count(int(number), language) if number == int(number) else "",
        fmt.money(number, language, currency),
        fmt.percent(number, language) if 0 < number < 1 else "",
        *(_in_hundred(number, language) if 0 < number < 1 else ()),
    } - {""}


def _in_hundred(number: Decimal, language: str) -> tuple[str, str]:
    """A share with all its digits: in percent, or as a distance between two percentages."""
    exact = fmt.exact(100 * number, language)
    points = "percentage points" if language == "en" else "points de pourcentage"
    return exact + fmt.percent_sign(language), f"{exact} {points}"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("file", FILES, ids=lambda f: f.parent.name)
def test_every_number_of_a_contract_is_said(file: Path, language: str) -> None:
    contract = load_contract(file)
    said = explain(contract, language)
    missing = [
        n
        for n in numbers(contract)
        if not any(text in said for text in spelled(n, language, contract.currency))
    ]
    assert missing == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_number_of_a_contract_with_everything_is_said(full: Contract, language: str) -> None:
    said = explain(full, language)
    missing = [
        n
        for n in numbers(full)
        if not any(text in said for text in spelled(n, language, full.currency))
    ]
    assert missing == []
    for date in ("2031-05-06", "2032-07", "2030-06-30", "2035-01-01"):
        assert fmt.date(date, language) in said
    assert "{" not in said


def test_operators_are_said_exactly(full: Contract) -> None:
    french, english = explain(full, "fr"), explain(full, "en")
    assert "une hausse de plus de 3,5 points" in french
    assert "une baisse d’au moins 12,5\N{NARROW NO-BREAK SPACE}%" in french
    assert "a rise of more than 3.5 points" in english
    assert "a reduction of at least 12.5%" in english


def test_changing_a_number_changes_the_prose(full: Contract, tmp_path: Path) -> None:
    other = tmp_path / "contract.yaml"
    other.write_text(FULL.replace("at_least: 12.5", "at_least: 12.75"), encoding="utf-8")
    changed = explain(load_contract(other), "en")
    assert changed != explain(full, "en")
    assert "12.75%" in changed


def test_every_sentence_has_its_own_key_and_both_languages(full: Contract) -> None:
    for message in explain_sentences(full):
        assert message.key.startswith("contract.")
        for language in ("en", "fr"):
            assert fmt.fill(message, language, full.currency)


def test_an_unpublished_amount_is_said_to_be_one(full: Contract) -> None:
    assert "pays an amount that is not published" in explain(full, "en")
    assert "un montant qui n’est pas publié" in explain(full, "fr")
    assert "not_published" not in explain(full, "en")


def test_braces_that_people_wrote_stay_braces(tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    text = FULL.replace("en: share in work", 'en: "share {of} them"')
    file.write_text(text, encoding="utf-8")
    assert "share {of} them" in explain(load_contract(file), "en")
