"""One change in a contract file: exactly its sentences change, and exactly its money."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from test_render_explain import numbers

import impacteval
from impacteval.contract import load_contract
from impacteval.render import explain

BONDS = Path(__file__).parents[3] / "studies" / "bonds"

CHANGES: dict[str, tuple[str, str, str, dict[str, Any], int, str, str, str, str]] = {
    # what: bond, before, after, results, sentences that change, one of them in each language,
    # the total before and after
    "a price": (
        "denver",
        "per_unit: 15.12",
        "per_unit: 15.13",
        {"housed_nights": 100, "jail_days": 0},
        1,
        "USD 15.13 is paid for each unit (nights)",
        "il est versé 15,13 USD par unité (nuits)",
        "1512",
        "1513",
    ),
    "a ceiling": (
        "denver",
        "ceiling: 5290000",
        "ceiling: 5290001",
        {"housed_nights": 400000, "jail_days": 0},
        1,
        "It never pays more than USD 5,290,001.",
        "Elle ne paie jamais plus de 5 290 001 USD.",
        "5290000",
        "5290001",
    ),
    "an operator": (
        "cameroon-cataract",
        "when: {good_outcome: {at_least: 50}}",
        "when: {good_outcome: {more_than: 50}}",
        {"operations": 10, "good_outcome": 50, "poorest": 0},
        1,
        "a verified rate of more than 50 percent is needed before other clauses pay",
        "il faut un taux vérifié de plus de 50 pour cent avant que d’autres clauses ne paient",
        "not_published",
        "0",
    ),
    "where units begin": (
        "denver",
        "per_unit: 160000, above: 0}",
        "per_unit: 160000, above: 1}",
        {"housed_nights": 0, "jail_days": 20},
        1,
        "for each percentage point above 1",
        "par point de pourcentage au-delà de 1",
        "3200000",
        "3040000",
    ),
    "a tier": (
        "newpin",
        "at_least: 60, pay: 7.5",
        "at_least: 61, pay: 7.5",
        {"restored": 60},
        1,
        "a verified rate of at least 61 percent of children pays AUD 7.50",
        "un taux vérifié d’au moins 61 pour cent des enfants donne droit à 7,50 AUD",
        "7.5",
        "3",
    ),
    "a dead band": (
        "caritas-bern",
        "dead_band: 5",
        "dead_band: 12",
        {"score": 12},
        1,
        "up to 12 above or below it",
        "jusqu’à 12 au-dessus ou au-dessous",
        "8100",  # 40,500 x (12 - 5) / (40 - 5)
        "0",
    ),
    "a penalty": (
        "caritas-bern",
        "malus: 40500",
        "malus: 30500",
        {"score": -40},
        1,
        "the penalty is CHF 30,500",
        "malus : 30 500 CHF",
        "-40500",
        "-30500",
    ),
    "a ceiling over all": (
        "cameroon-kangaroo",
        "amount: 2430000, over: contract",
        "amount: 2430000, over: settlement",
        {"outcomes_value": 3100000},
        1,
        "Never more than USD 2,430,000 is paid at each settlement.",
        "Il n’est jamais versé plus de 2 430 000 USD à chaque échéance.",
        "2430000",
        "2430000",
    ),
    "a price on a card": (
        "chicago",
        "price: 750",
        "price: 751",
        {"ready": 0, "readers": 3, "special_education": 0},
        1,
        "USD 751 is paid for each unit (children)",
        "il est versé 751 USD par unité (enfants)",
        "2250",
        "2253",
    ),
    "once or every time": (
        "chicago",
        "each_milestone: once",
        "each_milestone: every_time",
        {"ready": 2, "readers": 0, "special_education": 0},
        1,
        "a milestone is paid each time it is reached",
        "une étape est payée chaque fois qu’elle est atteinte",
        "5800",
        "5800",
    ),
    "a premium and its threshold": (
        "cravate-solidaire",
        "when: {active: {at_least: 3}}, pay: 15000",
        "when: {active: {more_than: 3}}, pay: 15000",
        {"people": 0, "volunteers": 0, "active": 3},
        1,
        "a rise of more than 3 points pays EUR 15,000",
        "une hausse de plus de 3 points donne droit à 15 000 €",
        "not_published",
        "0",
    ),
    "the order of operations": (
        "south-carolina",
        "order: [ceiling, netting]",
        "order: [netting, ceiling]",
        {"preterm": 0, "spacing": 0, "injuries": 0, "poor_areas": 0},
        1,
        "Operations follow this order: netting, ceiling.",
        "Les opérations suivent cet ordre : déduction, plafond.",
        "0",
        "0",
    ),
    "which number is compared": (
        "peterborough",
        "decide_on: point_estimate",
        "multiplicity: none\ndecide_on: {lower_bound: {level: 0.90, sides: one}}",
        {"reconvictions": {"cohort_1": 0, "cohort_2": 0, "pooled": 0}},
        5,  # the rule, that nothing corrects for several chances and what they come to; the
        # amendment, which dropped a group, says what they came to before and since
        "its lower confidence bound at 90% (one-sided)",
        "la borne basse de son intervalle de confiance à 90 % (unilatéral)",
        "0",
        "0",
    ),
    "a group that was paid leaves the pool": (
        "peterborough",
        "pool_excludes: [cancelled]",
        "pool_excludes: [cancelled, paid]",
        {"reconvictions": {"cohort_1": 0, "cohort_2": 0}},
        1,
        "A group that another clause has already paid is left out of them.",
        "Un groupe qu’une autre clause a déjà payé n’y est pas compté.",
        "0",
        "0",
    ),
}


def _plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize("what", CHANGES)
def test_one_change_changes_its_sentence_and_its_money(what: str, tmp_path: Path) -> None:
    bond, before, after, results, count, english, french, total, changed = CHANGES[what]
    text = (BONDS / bond / "contract.yaml").read_text(encoding="utf-8")
    assert text.count(before) == 1
    file = tmp_path / "contract.yaml"
    file.write_text(text.replace(before, after), encoding="utf-8")
    old, new = load_contract(BONDS / bond), load_contract(file)
    for language, sentence in (("en", english), ("fr", french)):
        was, now = (_plain(explain(one, language)).splitlines() for one in (old, new))
        assert len([line for line in now if line not in was]) == count
        assert any(sentence in line for line in now)
        assert not any(sentence in line for line in was)
    for contract, expected in ((old, total), (new, changed)):
        found = impacteval.price(contract, results).total
        if expected == "not_published":
            assert not isinstance(found, Decimal)
        else:
            assert found == Decimal(expected)


@pytest.mark.parametrize("bond", sorted(path.name for path in BONDS.iterdir()))
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_sentence_stands_three_times(bond: str, language: str) -> None:
    said = explain(load_contract(BONDS / bond), language).splitlines()
    design = (
        "- The contract compares its",
        "- Le contrat regarde sa",
        "- To know what",
        "- Pour savoir ce",
    )
    sentences = [line for line in said if line.startswith("- ") and not line.startswith(design)]
    for sentence in set(sentences):
        if "compté et vérifié" in sentence or "counted and verified" in sentence:
            continue  # said of each outcome that is counted
        assert sentences.count(sentence) < 3, sentence


@pytest.mark.parametrize("bond", sorted(path.name for path in BONDS.iterdir()))
def test_clauses_of_published_bonds_are_called_by_words(bond: str) -> None:
    contract = load_contract(BONDS / bond)
    french = _plain(explain(contract, "fr"))
    for clause in contract.clauses:
        assert clause.plain_name is not None, clause.name
        assert f"« {clause.plain_name.text().fr} »" in french
        # A name with a number in it would go on saying that number when the contract changes.
        named = {Decimal(n) for n in re.findall(r"[0-9]+", str(clause.plain_name.text()))}
        assert not named & set(numbers(contract.payment))


@pytest.mark.parametrize("bond", sorted(path.name for path in BONDS.iterdir()))
def test_every_payer_of_a_share_is_a_party(bond: str) -> None:
    contract = load_contract(BONDS / bond)
    parties = {str(payer.text()) for payer in contract.parties.payers}
    for part in contract.payment.split or ():
        assert str(part.payer.text()) in parties
