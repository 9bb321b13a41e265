"""Every payment term said back: the numbers of the file, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_render_explain import numbers, spelled

from impacteval.contract import load_contract
from impacteval.render import explain

HEAD = """
format: impacteval-contract/1
id: terms
title: {en: Every term, fr: Chaque terme}
in_plain_words: {en: Made to be said back., fr: Fait pour être redit.}
currency: EUR
parties: {payers: [{en: The payer, fr: Le payeur}]}
who_counts: {people: {en: everyone, fr: tout le monde}, count_everyone: false}
outcomes:
  work:
    plain_name: {en: In work, fr: En emploi}
    measure: {en: share in work, fr: part en emploi}
    unit: {en: points, fr: points}
    better: higher
    effect: difference
    counterfactual: {design: rct}
  crime:
    plain_name: {en: Crimes, fr: Délits}
    measure: {en: crimes, fr: délits}
    better: lower
    effect: relative_reduction_percent
    counterfactual: {design: matched_comparison}
  jobs:
    plain_name: {en: Jobs, fr: Emplois}
    measure: {en: jobs found, fr: emplois trouvés}
    unit: {en: jobs, fr: emplois}
    better: higher
    effect: verified_count
    counterfactual: {design: none}
decide_on: point_estimate
payment:
"""

PAYMENTS = {
    "partial_full": (
        """
  partial_full:
    {name: main, outcome: work, partial: {at_least: 13.5, pay: 1111}, full: {at_least: 15.25, pay: 2222}}
""",
        "une hausse d’au moins 13,5 points donne droit à",
    ),
    "card_once": (
        """
  rate_card:
    each_milestone: once
    person_ceiling: 777
    lines: [{name: found, outcome: jobs, price: 123.45}]
""",
        "chaque étape n’est payée qu’une fois par personne",
    ),
    "card": (
        """
  rate_card:
    each_milestone: every_time
    person_ceiling: none
    lines: [{name: found, outcome: jobs, price: not_published}]
""",
        "une étape est payée chaque fois qu’elle est atteinte",
    ),
    "basket": (
        """
  basket:
    pay: 3333
    parts_may_exceed_one: true
    parts_may_offset: false
    parts:
      - {name: first, outcome: work, weight: 0.75, zero_at: 1.5, full_at: 9.5}
      - {name: second, outcome: crime, weight: 0.25, full_at: 12.5}
""",
        "Aucune partie n’en compense une autre",
    ),
    "basket_strict": (
        """
  basket:
    pay: not_published
    parts_may_exceed_one: false
    parts_may_offset: true
    parts: [{name: first, outcome: work, weight: 1, full_at: 9.5}]
""",
        "Aucune partie ne compte pour plus de 100",
    ),
    "gate": (
        """
  gate:
    name: quality
    when: {work: {at_least: 4.5}}
    opens: {sum: [{name: a, when: {crime: {at_least: 7.5}}, pay: 555}], cap: 444}
""",
        "n’est pas remplie, rien n’est payé pour",
    ),
    "equity": (
        """
  equity_bonus:
    name: reach
    when: {crime: {at_least: 41}}
    pay: 888
""",
        "Bonus d’équité «",
    ),
    "equity_percent": (
        """
  equity_bonus:
    name: reach
    when: {work: {at_least: 41}}
    percent: 12.5
    of: {threshold: {name: a, when: {crime: {at_least: 7.5}}, pay: 555}}
""",
        "% à ce qui est payé pour",
    ),
    "bonus_malus": (
        """
  bonus_malus: {name: main, outcome: crime, target: 3, dead_band: 5.5, full_at: 40, bonus: 40500, malus: 30500}
""",
        "rien n’est payé et rien n’est dû",
    ),
    "bonus_malus_hidden": (
        """
  bonus_malus: {name: main, outcome: work, dead_band: 5.5, full_at: 40, bonus: not_published, malus: not_published}
""",
        "un montant qui n’est pas publié",
    ),
    "settled": (
        """
  linear: {name: main, outcome: work, per_unit: 77}
  cap: 9999
  net_of: {name: other, what: {en: what the city paid, fr: ce que la ville a payé}}
  cumulative: {clawback: true}
  split: [{payer: {en: The region, fr: La région}, share: 0.4}, {payer: The town, share: 0.6}]
waterfall:
  layers:
    - {name: fund, lender: {en: A fund, fr: Un fonds}, rank: first_loss, amount: 2001, gain_up_to: none}
    - {name: bank, lender: {en: A bank, fr: Une banque}, rank: mezzanine, amount: 3003, gain_up_to: 303}
    - {name: state, lender: {en: A state bank, fr: Une banque publique}, rank: senior, amount: 5005}
  guarantee: {by: {en: A foundation, fr: Une fondation}, layer: fund, share: 0.75, up_to: 1234}
order: [ceiling, netting, clawback, split]
""",
        "Les opérations suivent cet ordre",
    ),
    "settled_hidden": (
        """
  linear: {name: main, outcome: work, per_unit: 77}
  cumulative: {clawback: false}
  split: [{payer: {en: The region, fr: La région}, share: not_published}]
waterfall:
  layers:
    - {name: fund, lender: {en: A fund, fr: Un fonds}, rank: first_loss, amount: 2001, gain_up_to: not_published}
  guarantee: {by: {en: A foundation, fr: Une fondation}, layer: fund, up_to: not_published}
""",
        "rien n’est payé et rien n’est remboursé",
    ),
    "saving": (
        """
  share_of_saving: {name: main, outcome: work, saving_per_unit: 2607, share: 0.95, people: 110}
""",
        "une perte ne se partage pas",
    ),
    "saving_hidden": (
        """
  share_of_saving: {name: main, outcome: crime, saving_per_unit: not_published, share: 0.5}
""",
        "qui n’est pas publiée",
    ),
    "saving_hidden_share": (
        """
  share_of_saving: {name: main, outcome: jobs, saving_per_unit: 2607, share: not_published}
""",
        "il est versé une part, non publiée, de l’économie réalisée",
    ),
}


@pytest.mark.parametrize("name", PAYMENTS)
def test_every_number_of_every_term_is_said(name: str, tmp_path: Path) -> None:
    payment, french = PAYMENTS[name]
    file = tmp_path / "contract.yaml"
    file.write_text(HEAD + payment, encoding="utf-8")
    contract = load_contract(file)
    for language in ("en", "fr"):
        said = explain(contract, language)
        stated = numbers(contract.payment) | numbers(contract.waterfall)
        if name.startswith(("saving", "basket", "settled")):
            stated = {n for n in stated if not 0 <= n <= 1}
        missing = [
            n for n in stated if n and not any(t in said for t in spelled(n, language, "EUR"))
        ]
        assert missing == []
        assert "{" not in said
        assert "not_published" not in said
    assert french in explain(contract, "fr")


def test_weights_and_shares_are_said_in_percent(tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    file.write_text(HEAD + PAYMENTS["basket"][0], encoding="utf-8")
    assert "“In work” weighs 75%; it counts for 0% at 1.5 and for 100% at 9.5 points" in explain(
        load_contract(file), "en"
    )
    file.write_text(HEAD + PAYMENTS["saving"][0], encoding="utf-8")
    assert "95% of what is saved for each unit (points) is paid" in explain(
        load_contract(file), "en"
    )


def test_what_bounds_a_payment_is_said_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    file.write_text(HEAD + PAYMENTS["settled"][0], encoding="utf-8")
    said = explain(load_contract(file), "en")
    assert "Operations follow this order: ceiling, netting, clawback, split." in said
    assert "Of each payment, The region pays 40%." in said
    assert "A foundation makes good 75% of what A fund loses, up to EUR" in said
    turned = PAYMENTS["settled"][0].replace("ceiling, netting,", "netting, ceiling,")
    file.write_text(HEAD + turned, encoding="utf-8")
    assert "Operations follow this order: netting, ceiling, clawback, split." in explain(
        load_contract(file), "en"
    )


def test_people_of_each_group_are_said(tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    payment = PAYMENTS["saving"][0].replace("people: 110", "by_people: true, per: group")
    file.write_text(
        HEAD.replace("decide_on", "groups: {a: {}, b: {}}\ndecide_on") + payment, encoding="utf-8"
    )
    assert "for each person of the group" in explain(load_contract(file), "en")


def test_a_settlement_names_the_clauses_it_judges_as_people_do(tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    payment = """
  sum:
    - {name: more-work, plain_name: {en: More work, fr: Plus de travail}, when: {work: {at_least: 4.5}}, pay: 555}
    - {name: less-crime, plain_name: {en: Less crime, fr: Moins de crimes}, when: {crime: {at_least: 7.5}}, pay: 444}
    - {name: bonus, when: {crime: {at_least: 8.5}}, pay: 333}
"""
    calendar = "calendar: {settlements: {end: {date: 2030-06-30, clauses: [bonus, more-work]}}}\n"
    file.write_text(HEAD + payment + calendar, encoding="utf-8")
    contract = load_contract(file)
    english, french = (plain_of(explain(contract, language)) for language in ("en", "fr"))
    assert "“end” judges “bonus” and “More work” and no other clause." in english
    assert "« end » juge « bonus » et « Plus de travail » et aucune autre clause." in french
    assert "No settlement judges the clause “Less crime”, so it never pays." in english
    assert "Aucune échéance ne juge la clause « Moins de crimes »" in french
    for said in (english, french):
        assert "more-work" not in said
        assert "less-crime" not in said


def plain_of(said: str) -> str:
    """With plain spaces, so that typography is not what is compared."""
    return " ".join(said.split())
