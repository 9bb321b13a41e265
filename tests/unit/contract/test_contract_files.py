"""What the contract file may say, how it is read, and that it cannot be changed afterwards."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from impacteval.contract import Contract, load_contract, load_contract_with_places, schema
from impacteval.contract.loader import schema_text
from impacteval.contract.money import CURRENCIES, NOT_PUBLISHED, add, capped, decimals_of, rounded
from impacteval.contract.rules import ChanceRule, LowerBoundRule, SignificantRule, divided, level_of

STUDIES = Path(__file__).parents[3] / "studies"
BONDS = sorted((STUDIES / "bonds").glob("*/contract.yaml"))

FULL = """format: impacteval-contract/1
id: full
title: {en: Everything, fr: Tout}
in_plain_words: {en: Says everything., fr: Dit tout.}
illustrative: true
currency: EUR
money: {decimals: 0, mode: half_even}
parties:
  payers: [First payer, {en: Second payer, fr: Deuxième payeur}]
  investors: An investor
  provider: A provider
  manager: A manager
  evaluator: {name: An evaluator, paid_by: the payers, registration: registry 12}
who_counts: {people: {en: everyone, fr: tout le monde}, count_everyone: true, source: memo}
outcomes:
  jobs:
    plain_name: {en: Jobs, fr: Emplois}
    measure: {en: people in work, fr: personnes en emploi}
    unit: {en: points, fr: points}
    kind: outcome
    better: higher
    target: 7
    window: {follow: 12 months, then_wait: 3 months}
    data: {en: the register, fr: le registre}
    effect: difference
    estimand: participants
    round_result: {decimals: 1, mode: half_up}
    counterfactual: {design: cluster_rct, description: drawn by lot}
groups:
  first: {plain_name: {en: First, fr: Premier}, people: 936}
  second: {cancelled: 2020-02-29, reason: ended, source: memo}
pool: mean_of_effects
pool_excludes: [cancelled, paid]
decide_on: {significant: {level: 0.95, sides: two}, then: point_estimate}
multiplicity: bonferroni
order: [evidence_rule, term, ceiling]
payment:
  sum:
    - first_of:
        - {name: early, per: group, when: {jobs: {at_least: 9}}, pay: 5, if_not_judged: {until: 2030-01, then: pay}}
        - {name: late, per: pooled, weights: people, when: {jobs: {more_than: 7}}, pay: not_published, decide_on: point_estimate}
      cap: {amount: 9, over: settlement, source: memo}
    - linear: {name: units, outcome: jobs, per: group, per_unit: 2, above: 1, floor: none, ceiling: none}
  cap: not_published
required: [{diagnostic: attrition, limit: 0.05, outcome: jobs}]
assumptions: [{text: {en: No spill-over., fr: Pas d’effet de débordement.}, diagnostic: balance}]
audit: {who: anyone, how: by drawing records}
calendar: {settlements: {end: {date: 2031-06, clauses: [early, late], what: the end}}}
privacy: {keep_until: 2035, how: pseudonyms}
dispute: {window: 30 days, who_decides: a court, how: in writing}
interests: [none declared]
evaluation_cost: {amount: 12000, paid_by: the payers}
not_public: [the amount of the late payment]
sources: {memo: {text: A memo, url: 'https://example.org', read: 2026-11}}
"""


@pytest.fixture
def full(tmp_path):
    path = tmp_path / "contract.yaml"
    path.write_text(FULL, "utf-8")
    return path


def test_every_key_is_read(full):
    contract = load_contract(full)
    assert contract.parties.payers[1]["fr"] == "Deuxième payeur"
    assert contract.parties.payers[0]["fr"] == "First payer"
    assert str(contract.parties.evaluator.name) == "An evaluator"
    assert contract.illustrative is True
    assert contract.groups["first"].people == 936
    assert contract.groups["second"].cancelled == "2020-02-29"
    assert contract.outcomes["jobs"].read(Decimal("1.25")) == Decimal("1.3")
    assert contract.payment.cap.amount is NOT_PUBLISHED
    assert [leaf.name for leaf in contract.clauses] == ["early", "late", "units"]
    assert contract.clauses[0].if_not_judged.then == "pay"
    assert contract.clauses[2].floor is None
    assert contract.rule(contract.clauses[1]).name == "point_estimate"
    assert contract.live_groups() == ("first",)
    assert contract.calendar.settlements["end"].clauses == ("early", "late")
    assert str(contract.round_money(Decimal("2.5"))) == "2"
    assert not contract.is_percent("jobs")
    assert contract.sources["memo"].url == "https://example.org"


@pytest.mark.parametrize("path", BONDS, ids=lambda path: path.parent.name)
def test_the_schema_accepts_what_the_loader_accepts(path, full):
    yaml = pytest.importorskip("yaml")
    for file in (path, full):
        content = yaml.safe_load(file.read_text("utf-8"))
        jsonschema.Draft202012Validator(schema()).validate(_dates_as_text(content))


def _dates_as_text(value):
    if isinstance(value, dict):
        return {key: _dates_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def test_the_schema_in_the_package_is_the_models():
    kept = resources.files("impacteval.contract").joinpath("schema.json").read_text("utf-8")
    assert kept == schema_text(), "write it again with impacteval.contract.loader.schema_text()"
    assert json.loads(kept)["$id"] == "impacteval-contract/1"


def test_the_schema_refuses_an_unknown_key():
    validator = jsonschema.Draft202012Validator(schema())
    assert any(
        "curency" in str(error.message) for error in validator.iter_errors({"curency": "EUR"})
    )


def test_a_contract_cannot_be_changed(full):
    contract = load_contract(full)
    with pytest.raises(ValidationError):
        contract.currency = "USD"
    with pytest.raises(TypeError):
        contract.outcomes["other"] = contract.outcomes["jobs"]
    with pytest.raises(TypeError):
        contract.clauses[0].when["other"] = None


def test_the_digest_is_of_the_content_and_not_of_the_spelling(full, tmp_path):
    contract = load_contract(full)
    other = tmp_path / "other.yaml"
    respelled = FULL.replace("per_unit: 2,", "per_unit: 2.00,").replace("\n", "  # note\n", 1)
    other.write_text(respelled.replace("\n", "\r\n"), "utf-8")
    same = load_contract(other)
    assert same.digest == contract.digest
    assert hash(same) == hash(contract)
    other.write_text(FULL.replace("at_least: 9", "at_least: 9.1"), "utf-8")
    assert load_contract(other).digest != contract.digest


def test_places_for_checks_that_come_later(full):
    _, places = load_contract_with_places(full)
    problem = places.problem(("outcomes", "jobs", "estimand"), "Is not planned.", "Plan it.")
    line = 1 + FULL[: FULL.index("participants")].count("\n")
    assert (problem.line, problem.column) == (line, 15)
    assert places(("outcomes", "jobs")) == (16, 3)
    assert places(()) == (1, 1)


def test_a_contract_that_contradicts_itself_cannot_be_built_from_python_either(full):
    data = load_contract(full).model_dump()
    assert Contract.model_validate(data).digest == load_contract(full).digest
    data["payment"]["sum"][1]["linear"]["outcome"] = "job"
    with pytest.raises(ValidationError, match="compares `job`, which is not an outcome"):
        Contract.model_validate(data)


def test_a_threshold_may_stand_alone_as_the_payment(full, tmp_path):
    path = tmp_path / "bare.yaml"
    start, end = FULL.index("payment:"), FULL.index("required:")
    bare = "payment: {name: early, per: group, when: {jobs: {at_least: 9}}, pay: 5, cap: 4}\n"
    text = FULL[:start] + bare + FULL[end:]
    for line in ("pool: mean_of_effects\n", "pool_excludes: [cancelled, paid]\n"):
        text = text.replace(line, "")
    path.write_text(text.replace("[early, late]", "[early]"), "utf-8")
    contract = load_contract(path)
    assert (contract.clauses[0].pay, contract.payment.cap.amount) == (5, 4)


def test_a_percentage_may_be_written_with_its_sign(tmp_path):
    bond = BONDS[-1].read_text("utf-8")
    path = tmp_path / "contract.yaml"
    path.write_text(bond.replace("at_least: 10.0", "at_least: 10%"), "utf-8")
    assert load_contract(path).digest == load_contract(BONDS[-1]).digest


def test_text_that_people_write_may_hold_braces(full):
    words = load_contract(full).title
    assert str(words.text().en) == "Everything"
    braces = type(words)(en="a {b}", fr="c {d}")
    assert (braces.text().en, braces.text().fr) == ("a {{b}}", "c {{d}}")


# --- money and rules ----------------------------------------------------------------------------


def test_decimals_of_currencies():
    found = {code: decimals_of(code) for code in ("EUR", "JPY", "XAF", "KWD")}
    assert found == {"EUR": 2, "JPY": 0, "XAF": 0, "KWD": 3}
    assert len(CURRENCIES) > 150
    assert all(len(code) == 3 for code in CURRENCIES)


@pytest.mark.parametrize(
    ("number", "decimals", "mode", "expected"),
    [
        ("2.5", 0, "half_up", "3"),
        ("2.5", 0, "half_even", "2"),
        ("3.5", 0, "half_even", "4"),
        ("-2.5", 0, "half_up", "-3"),
        ("9.949999999999", 1, "half_up", "9.9"),
        ("-0.04", 1, "half_even", "0.0"),
        ("Infinity", 1, "half_up", "Infinity"),
    ],
)
def test_rounding(number, decimals, mode, expected):
    assert str(rounded(Decimal(number), decimals, mode)) == expected


def test_amounts_that_are_not_published():
    assert add([]) == 0
    assert add([Decimal(0), NOT_PUBLISHED, Decimal(3)]) is NOT_PUBLISHED
    assert capped(NOT_PUBLISHED, NOT_PUBLISHED) is NOT_PUBLISHED
    assert capped(Decimal(-3), NOT_PUBLISHED) == -3
    assert str(NOT_PUBLISHED) == "not published"


def test_levels_are_divided_by_the_number_of_chances():
    bound = LowerBoundRule.model_validate({"lower_bound": {"level": "0.9", "sides": "two"}})
    test = SignificantRule.model_validate(
        {"significant": {"level": "0.95", "sides": "one"}, "then": "point_estimate"}
    )
    chance = ChanceRule.model_validate({"chance_at_least": "0.8"})
    assert [level_of(divided(rule, 2)) for rule in (bound, test, chance)] == [
        Decimal("0.95"),
        Decimal("0.975"),
        Decimal("0.9"),
    ]
    assert divided(bound, 1) is bound
    assert divided(bound, 2).lower_bound.sides == "two"
    assert divided(test, 2).significant.sides == "one"
