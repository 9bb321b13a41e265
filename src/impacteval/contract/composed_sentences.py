"""Sentences about baskets, rate cards, gates, bonuses and shares of savings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from impacteval.contract.clauses import BasketPart, BonusMalus, RateLine, ShareOfSaving
from impacteval.contract.grants import Grant
from impacteval.contract.money import NotPublished
from impacteval.contract.payment import (
    Basket,
    EquityBonus,
    Gate,
    Precondition,
    RateCard,
    leaves,
    terms,
)
from impacteval.contract.saying import (
    amount_words,
    called,
    is_percent,
    money,
    plain,
    price_unit,
    quoted,
    say,
    unit_of,
)
from impacteval.contract.words import in_percent
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.clauses import Threshold
    from impacteval.contract.model import Contract, Outcome
    from impacteval.contract.payment import Leaf, Term

Said = tuple[str, str, dict[str, Any]]
"""A condition in both languages and its values."""


def _unit(outcome: Outcome) -> tuple[str, dict[str, Any]]:
    """The unit after a number, with its values."""
    if is_percent(outcome):
        return " %", {}
    return " {unit}", {"unit": unit_of(outcome)}


def paying(term: Term | Threshold) -> Iterator[Leaf | Grant]:
    """What a term can pay: its clauses and grants, and no condition that others stand behind."""
    for _, leaf in leaves(term):
        if not isinstance(leaf, Gate | Precondition):
            yield leaf
    for _, found in terms(term):
        if isinstance(found.term, Grant):
            yield found.term


def rate_line(contract: Contract, clause: RateLine, outcome: Outcome, name: Text) -> Message:
    """The price of one milestone."""
    each_en, each_fr, units = price_unit(outcome)
    en, fr = amount_words(clause.price, "price")
    hidden = isinstance(clause.price, NotPublished)
    priced_fr = f"{each_fr} {fr}" if hidden else f"{fr} {each_fr}"
    return say(
        "rate-line",
        f"Clause “{{clause}}”: for “{{name}}”, {en} is paid {each_en}.",
        f"Clause « {{clause}} » : pour « {{name}} », il est versé {priced_fr}.",
        clause=called(clause),
        name=name,
        price=money(contract, clause.price),
        **units,
    )


def rate_card(contract: Contract, card: RateCard) -> Iterator[Message]:
    """How the lines of a rate card add up."""
    lines = quoted(card.lines)
    yield (
        say(
            "rate-card-once",
            "Rate card: {clauses}. Its amounts are added; each milestone is paid once for a person.",
            "Barème : {clauses}. Ses montants s'additionnent ; chaque étape n'est payée qu'une fois par personne.",
            clauses=lines,
        )
        if card.each_milestone == "once"
        else say(
            "rate-card",
            "Rate card: {clauses}. Its amounts are added; a milestone is paid each time it is reached.",
            "Barème : {clauses}. Ses montants s'additionnent ; une étape est payée chaque fois qu'elle est atteinte.",
            clauses=lines,
        )
    )
    if card.person_ceiling is None:
        yield say(
            "no-person-ceiling",
            "There is no ceiling on what one person can bring.",
            "Ce qu'une personne peut rapporter n'est pas plafonné.",
        )
        return
    en, fr = amount_words(card.person_ceiling, "ceiling")
    yield say(
        "person-ceiling",
        f"For one person, never more than this is paid: {en}.",
        f"Pour une même personne, on ne paie jamais plus que ceci : {fr}.",
        ceiling=money(contract, card.person_ceiling),
    )


def basket_part(clause: BasketPart, outcome: Outcome, name: Text) -> Message:
    """One part of a basket."""
    unit, values = _unit(outcome)
    en_unit = "%" if unit == " %" else unit
    return say(
        "basket-part",
        f"Clause “{{clause}}”: in the basket, “{{name}}” weighs {{weight:in_percent}}; it counts for 0% at {{zero:exact}} and for 100% at {{full:exact}}{en_unit}, in a straight line.",
        f"Clause « {{clause}} » : dans le panier, « {{name}} » pèse {{weight:in_percent}} ; ce résultat compte pour 0 % à {{zero:exact}} et pour 100 % à {{full:exact}}{unit}, en ligne droite.",
        clause=called(clause),
        name=name,
        weight=in_percent(clause.weight),
        zero=plain(clause.zero_at),
        full=plain(clause.full_at),
        **values,
    )


def basket(contract: Contract, term: Basket) -> Iterator[Message]:
    """What the parts of a basket come to together."""
    en, fr = amount_words(term.pay, "pay")
    yield say(
        "basket",
        f"One basket is made of {{clauses}}: it pays {en} when it reaches 100%, and in proportion otherwise.",
        f"Un même panier réunit {{clauses}} : il paie {fr} quand il atteint 100 %, et en proportion sinon.",
        clauses=quoted(term.parts),
        pay=money(contract, term.pay),
    )
    yield (
        say(
            "basket-may-exceed",
            "A part that goes beyond its full result counts for more than 100%.",
            "Une partie qui dépasse son plein résultat compte pour plus de 100 %.",
        )
        if term.parts_may_exceed_one
        else say(
            "basket-may-not-exceed",
            "No part counts for more than 100%.",
            "Aucune partie ne compte pour plus de 100 %.",
        )
    )
    yield (
        say(
            "basket-may-offset",
            "A part that does well makes up for one that does badly, and one that goes backwards takes away from the others.",
            "Une partie réussie compense une partie manquée, et une partie qui recule retire aux autres.",
        )
        if term.parts_may_offset
        else say(
            "basket-may-not-offset",
            "No part makes up for another: while one falls short, none counts for more than 100%, and one that goes backwards takes nothing from the others.",
            "Aucune partie n'en compense une autre : tant qu'une partie est incomplète, aucune ne compte pour plus de 100 %, et une partie qui recule ne retire rien aux autres.",
        )
    )


def gate(clause: Gate | Precondition, name: Text, condition: Said) -> Message:
    """What a gate asks."""
    en, fr, values = condition
    return say(
        "gate",
        f"Condition “{{clause}}”: for “{{name}}”, {en} is needed before other clauses pay.",
        f"Condition « {{clause}} » : pour « {{name}} », il faut {fr} avant que d'autres clauses ne paient.",
        clause=called(clause),
        name=name,
        **values,
    )


def gate_opens(term: Gate) -> Message:
    """What stands behind a gate."""
    return say(
        "gate-opens",
        "Unless condition “{clause}” is met, nothing is paid for {clauses}.",
        "Si la condition « {clause} » n'est pas remplie, rien n'est payé pour {clauses}.",
        clause=called(term),
        clauses=quoted(paying(term.opens)),
    )


def equity_bonus(contract: Contract, clause: EquityBonus, name: Text, condition: Said) -> Message:
    """When a bonus for equity is due, and how much."""
    en, fr, values = condition
    if clause.pay is not None:
        bonus_en, bonus_fr = amount_words(clause.pay, "pay")
        return say(
            "equity-bonus",
            f"Equity bonus “{{clause}}”: for “{{name}}”, {en} adds {bonus_en}; anything else adds nothing.",
            f"Bonus d'équité « {{clause}} » : pour « {{name}} », {fr} ajoute {bonus_fr} ; sinon, rien n'est ajouté.",
            clause=called(clause),
            name=name,
            pay=money(contract, clause.pay),
            **values,
        )
    assert clause.percent is not None
    assert clause.of is not None
    return say(
        "equity-bonus-percent",
        f"Equity bonus “{{clause}}”: for “{{name}}”, {en} adds {{percent:exact}}% to what is paid for {{clauses}}.",
        f"Bonus d'équité « {{clause}} » : pour « {{name}} », {fr} ajoute {{percent:exact}} % à ce qui est payé pour {{clauses}}.",
        clause=called(clause),
        name=name,
        percent=plain(clause.percent),
        clauses=quoted(paying(clause.of)),
        **values,
    )


def bonus_malus(
    contract: Contract, clause: BonusMalus, outcome: Outcome, name: Text
) -> Iterator[Message]:
    """Bonus above the target, penalty below it, a dead band between."""
    unit, values = _unit(outcome)
    en_unit = "%" if unit == " %" else unit
    yield say(
        "dead-band",
        f"Clause “{{clause}}”: for “{{name}}”, the target is {{target:exact}}{en_unit}; up to {{band:exact}} above or below it, nothing is paid and nothing is owed.",
        f"Clause « {{clause}} » : pour « {{name}} », l'objectif est de {{target:exact}}{unit} ; jusqu'à {{band:exact}} au-dessus ou au-dessous, rien n'est payé et rien n'est dû.",
        clause=called(clause),
        name=name,
        target=plain(clause.target),
        band=plain(clause.dead_band),
        **values,
    )
    bonus_en, bonus_fr = amount_words(clause.bonus, "bonus")
    malus_en, malus_fr = amount_words(clause.malus, "malus")
    yield say(
        "bonus-malus",
        f"Beyond that, in a straight line: at {{full:exact}} or more above the target the bonus is {bonus_en}; at {{full:exact}} or more below it the penalty is {malus_en}.",
        f"Au-delà, en ligne droite : à {{full:exact}} ou plus au-dessus de l'objectif, bonus : {bonus_fr} ; à {{full:exact}} ou plus au-dessous, malus : {malus_fr}.",
        full=plain(clause.full_at),
        bonus=money(contract, clause.bonus),
        malus=money(contract, clause.malus),
    )


def share_of_saving(
    contract: Contract, clause: ShareOfSaving, outcome: Outcome, name: Text
) -> Iterator[Message]:
    """The share of what the payer saves."""
    each_en, each_fr, units = price_unit(outcome)
    hidden = isinstance(clause.saving_per_unit, NotPublished)
    saves_en = "not published" if hidden else "{saving:money}"
    saves_fr = "qui n'est pas publiée" if hidden else "qui est de {saving:money}"
    part_en, part_fr = "{share:in_percent} of", "{share:in_percent} de"
    if isinstance(clause.share, NotPublished):
        part_en, part_fr = "a share that is not published of", "une part, non publiée, de"
    else:
        units = {**units, "share": in_percent(clause.share)}
    yield say(
        "share-of-saving",
        f"Clause “{{clause}}”: for “{{name}}”, {part_en} what is saved {each_en} is paid; that saving is {saves_en}; a loss is not shared.",
        f"Clause « {{clause}} » : pour « {{name}} », il est versé {part_fr} l'économie réalisée {each_fr}, {saves_fr} ; une perte ne se partage pas.",
        clause=called(clause),
        name=name,
        saving=money(contract, clause.saving_per_unit),
        **units,
    )
    if clause.people is not None:
        yield say(
            "saving-people",
            "The saving counts for each of {n:int} {n:plural:person|people}.",
            "L'économie se compte pour {n:int} {n:plural:personne|personnes}.",
            n=clause.people,
        )
    elif clause.by_people:
        yield say(
            "saving-by-people",
            "The saving counts for each person of the group.",
            "L'économie se compte pour chaque personne du groupe.",
        )
