"""What a contract watches, stops for and tells, said back: every part, and nothing that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from impacteval.contract import Contract, load_contract
from impacteval.contract.sentences import explain_sentences
from impacteval.render.format import fill

FILE = """
format: impacteval-contract/1
id: all
title: All
in_plain_words: {en: Said back., fr: Redit.}
currency: EUR
parties: {payers: A payer}
who_counts: {people: everyone, count_everyone: true}
outcomes:
  pay: {plain_name: {en: Pay, fr: Salaire}, measure: euros, unit: euros, better: higher, effect: difference, counterfactual: {design: rct}}
  debt: {plain_name: {en: Debt, fr: Dette}, measure: euros, better: lower, effect: relative_reduction_percent, counterfactual: {design: rct}}
decide_on: {chance_at_least: 0.9}
multiplicity: %s
gates: [{name: first, when: {pay: {at_least: 3}}}]
payment:
  sum:
    - {name: one, when: {pay: {at_least: 7}}, pay: 5, if_not_judged: {until: 2031, then: use, use: {value: 8}}}
    - equity_bonus: {name: bonus, when: {pay: {at_least: 9}}, pay: 6}
watch: {outcomes: [debt], multiplicity: %s}
equity: {old: {plain_name: {en: the old, fr: les aînés}, paid_through: bonus, floor: {outcome: pay, at_least: 6.50, level: 0.9}}}
stop_when:
  debts: {when: {debt: {less_than: -4}}, decide_on: point_estimate, then: report}
  lost: {plain_name: {en: Lost, fr: Perdus}, missing_share: {at_least: 12%%}, outcome: pay, then: withhold}
"""


def contract(tmp_path: Path, multiplicity: str, watched: str) -> Contract:
    file = tmp_path / "contract.yaml"
    file.write_text(FILE % (multiplicity, watched), encoding="utf-8")
    return load_contract(file)


@pytest.mark.parametrize(
    ("multiplicity", "watched", "told"),
    [
        (
            "holm",
            "bonferroni",
            {
                "en": [
                    "step by step (Holm): a clause whose result is fully established hands its share on to the others: “first”, “one” and “bonus”.",
                    "Watched with the same design, and never paid: “Debt”, corrected for looking at several (Bonferroni).",
                ],
                "fr": ["pas à pas (Holm)", "jamais payés : « Dette », avec une correction"],
            },
        ),
        (
            "gatekeeping",
            "holm",
            {
                "en": [
                    "examined in this order, each at its full level and only if the ones before it are met: “first”, “one” and “bonus”.",
                    "corrected for looking at several (Holm).",
                ],
                "fr": [
                    "seulement si les précédentes sont remplies : « first », « one » et « bonus »."
                ],
            },
        ),
    ],
)
def test_what_is_said(
    tmp_path: Path, multiplicity: str, watched: str, told: dict[str, list[str]]
) -> None:
    both = {
        "en": [
            "Nothing at all is paid unless these conditions are met: “first”.",
            "Stop trigger “debts” watches the result on “Debt” and fires when that is less than -4%; then the report says so, and nothing changes for the money.",
            "Stop trigger “Lost” watches the share of missing results (“Pay”) and fires when that is at least 12%; then the clauses cannot be judged.",
            "The report says how many of those served are the old; clause “bonus” takes it into the payment.",
            "For the old, the report tests whether “Pay” comes to at least 6.5",
            "(one-sided test, confidence 90%); it is not paid for.",
            "this number is compared instead: 8.",
        ],
        "fr": [
            "Rien n’est payé si ces conditions ne sont pas remplies",
            "Le déclencheur d’arrêt « Perdus » surveille la part de résultats manquants (« Salaire »)",
            "s’enclenche à au moins 12 %",
            "Pour ce groupe (les aînés), le rapport teste si « Salaire » vaut au moins 6,5",
            "(test unilatéral, confiance de 90 %) ; ce n’est pas payé.",
            "relève de ce groupe : les aînés ; la clause « bonus » le prend en compte",
        ],
    }
    sentences = explain_sentences(contract(tmp_path, multiplicity, watched))
    for language in ("en", "fr"):
        said = " ".join(fill(s, language, "EUR") for s in sentences)
        said = said.replace("\u202f", " ").replace("\u00a0", " ").replace("−", "-")
        for words in (*both[language], *told[language]):
            assert words in said
    keys = [sentence.key for sentence in sentences]
    assert keys.count("contract.stop-unknown") == 1
    assert not any(key.startswith(("contract.baseline", "contract.context")) for key in keys)
