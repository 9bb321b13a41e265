"""Effects that are money: their unit, their direction, their scale, and how they are said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from impacteval.contract import Contract
from impacteval.decide import price
from impacteval.render import explain
from impacteval.values import Scale

EACH = {"en": "USD per household", "fr": "USD par ménage"}
TOTAL = {"en": "USD in total", "fr": "USD au total"}


def made(
    effect: str = "present_value",
    better: str = "higher",
    money_is: str = "per_unit",
    unit: Any = EACH,
    payment: Any = None,
) -> Contract:
    outcome = {
        "plain_name": {"en": "Consumption", "fr": "Consommation"},
        "measure": {"en": "what a household consumes", "fr": "ce qu’un ménage consomme"},
        "unit": unit,
        "better": better,
        "effect": effect,
        "money_is": money_is,
        "counterfactual": {"design": "cluster_rct"},
    }
    return Contract.model_validate(
        {
            "format": "impacteval-contract/1",
            "id": "money",
            "title": "Money",
            "in_plain_words": {"en": "Money.", "fr": "De l’argent."},
            "currency": "USD",
            "parties": {"payers": [{"en": "A payer", "fr": "Un payeur"}]},
            "who_counts": {
                "people": {"en": "households", "fr": "les ménages"},
                "count_everyone": True,
            },
            "outcomes": {"gain": outcome},
            "decide_on": "point_estimate",
            "payment": payment
            or {"threshold": {"name": "main", "when": {"gain": {"at_least": 40.5}}, "pay": 1000}},
        }
    )


@pytest.mark.parametrize(
    ("money_is", "scale"), [("per_unit", Scale.DIFFERENCE), ("in_total", Scale.TOTAL)]
)
def test_the_scale_follows_what_the_money_stands_for(money_is, scale):
    assert made(money_is=money_is).outcomes["gain"].scale is scale


@pytest.mark.parametrize(
    ("effect", "better"),
    [("present_value", "higher"), ("present_value", "lower"), ("cost_saving", "lower")],
)
def test_the_contract_number_is_positive_when_better(effect, better):
    contract = made(effect, better)
    assert price(contract, {"gain": "40.5"}).total == 1000
    assert price(contract, {"gain": "40.49"}).total == 0
    assert price(contract, {"gain": "-40.5"}).total == 0


def test_a_threshold_that_pays_for_a_loss_is_refused():
    clause = {"name": "main", "when": {"gain": {"at_most": 40}}, "pay": 1}
    with pytest.raises(ValidationError, match="would pay for a worse result"):
        made(payment={"threshold": clause})


@pytest.mark.parametrize(
    "unit",
    [
        {"en": "dollars per household", "fr": "USD par ménage"},
        {"en": "USD per household", "fr": "dollars par ménage"},
        {"en": "AUSD per household", "fr": "AUSD par ménage"},
        "EUR",
    ],
)
def test_the_unit_names_the_currency_in_every_language(unit):
    with pytest.raises(ValidationError, match="does not name that currency"):
        made(unit=unit)


def test_both_effects_are_said_in_both_languages():
    value = made()
    assert (
        "The contract compares an amount of money, in USD per household: the present value of its "
        "rise against what would have happened without the programme, as the evaluator computes it."
    ) in explain(value, "en")
    assert "la valeur actuelle de sa hausse" in explain(value, "fr")
    assert "une valeur actuelle d’au moins 40,5 USD par ménage" in explain(value, "fr")
    saving = made("cost_saving", "lower", "in_total", TOTAL)
    assert "a saving of at least 40.5 USD in total pays" in explain(saving, "en")
    assert "une économie d’au moins 40,5 USD au total" in explain(saving, "fr")
    assert "ce qui est économisé par rapport à ce qui aurait été dépensé" in explain(saving, "fr")


def test_a_price_by_the_unit_is_a_price_for_each_unit_of_money():
    linear = {"linear": {"name": "main", "outcome": "gain", "per_unit": 0.25}}
    contract = made("cost_saving", "lower", "in_total", TOTAL, payment=linear)
    assert price(contract, {"gain": 1000}).total == Decimal(250)
    assert "for each 1 USD in total above 0" in explain(contract, "en")
    assert "par tranche de 1 USD au total" in explain(contract, "fr").replace("\u00a0", " ")


def test_digests_of_contracts_without_money_effects_do_not_know_the_key():
    plain = made().model_dump()
    plain["outcomes"]["gain"] |= {"effect": "difference", "money_is": None}
    without = {k: v for k, v in plain["outcomes"]["gain"].items() if k != "money_is"}
    other = plain | {"outcomes": {"gain": without}}
    assert Contract.model_validate(plain).digest == Contract.model_validate(other).digest
    assert made().digest != made(money_is="in_total").digest
