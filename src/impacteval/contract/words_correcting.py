"""The sentences about an error found after a settlement, and what it does to money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from impacteval.contract.calendar import Look
from impacteval.contract.money import Amount
from impacteval.values import Message, Text


def put(key: str, look: Look, en: str, fr: str, **values: Any) -> Message:
    return Message(f"correcting.{key}", Text(en=en, fr=fr), {"name": look.name, **values})


def cannot_be_judged(look: Look) -> Message:
    """The corrected data give no answer."""
    return put(
        "unjudged",
        look,
        "On the corrected data “{name}” cannot be judged, so nothing moves yet.",
        "Sur les données corrigées, « {name} » ne peut pas être jugé : aucun montant ne bouge encore.",
    )


def unchanged(look: Look) -> Message:
    """The corrected data come to the same amount."""
    return put(
        "unchanged",
        look,
        "On the corrected data “{name}” comes to what was paid: nothing moves.",
        "Sur les données corrigées, « {name} » donne ce qui a été payé : aucun montant ne bouge.",
    )


def _how_much(difference: Amount) -> tuple[str, str, dict[str, Any]]:
    if not isinstance(difference, Decimal):
        return (
            "How much was paid too much or too little is not published",
            "L’écart avec ce qui a été payé n’est pas publié",
            {},
        )
    more = difference > 0
    return (
        f"At “{{name}}” {{size:money}} too {'little' if more else 'much'} was paid",
        f"À « {{name}} », {{size:money}} de {'moins' if more else 'plus'} que dû ont été payés",
        {"size": abs(difference)},
    )


def _then(key: str, look: Look, difference: Amount, en: str, fr: str, **values: Any) -> Message:
    first_en, first_fr, size = _how_much(difference)
    return put(key, look, f"{first_en}{en}", f"{first_fr}{fr}", **size, **values)


def nothing_agreed(look: Look, difference: Amount) -> Message:
    """The contract is silent."""
    return _then(
        "nothing-agreed",
        look,
        difference,
        ". The contract does not say what an error found later does to money, so nothing moves here.",
        ". Le contrat ne dit pas ce qu’une erreur découverte plus tard fait aux montants : rien ne "
        "bouge ici.",
    )


def stands(look: Look, difference: Amount) -> Message:
    """The contract lets payments stand."""
    return _then(
        "stands",
        look,
        difference,
        ". Under the contract a payment made stands, whatever is found later.",
        ". Selon le contrat, un paiement fait reste acquis, quoi que l’on découvre ensuite.",
    )


def too_late(look: Look, difference: Amount, found: str, until: str) -> Message:
    """Outside the window."""
    return _then(
        "too-late",
        look,
        difference,
        ". The error was found too late ({found:date}; corrections are made until {until:date}), so "
        "nothing moves.",
        ". L’erreur a été découverte trop tard ({found:date} ; corrections possibles jusqu’au "
        "{until:date}) : rien ne bouge.",
        found=found,
        until=until,
    )


def too_small(look: Look, difference: Amount, above: Decimal) -> Message:
    """Not above what the contract neglects."""
    return _then(
        "too-small",
        look,
        difference,
        ". The contract corrects only what is more than {above:money}, so nothing moves.",
        ". Le contrat ne corrige que ce qui dépasse {above:money} : rien ne bouge.",
        above=above,
    )


def not_upward(look: Look, difference: Amount) -> Message:
    """Too little was paid, and the contract does not make that good."""
    return _then(
        "not-upward",
        look,
        difference,
        ". The contract does not make good what was paid too little, so nothing moves.",
        ". Le contrat ne compense pas ce qui a été payé en moins : rien ne bouge.",
    )


def _who(owed: Amount) -> tuple[str, str]:
    if isinstance(owed, Decimal) and owed < 0:
        return (
            "Whoever was paid owes it back to the payers",
            "Le bénéficiaire du paiement doit cette somme aux payeurs",
        )
    if isinstance(owed, Decimal):
        return (
            "The payers owe it to whoever was paid",
            "Les payeurs doivent cette somme au bénéficiaire du paiement",
        )
    return "The difference is owed", "L’écart est dû"


def owed(look: Look, amount: Amount, on: str | None) -> Message:
    """Owed on its own."""
    en, fr = _who(amount)
    if on is None:
        return _then("owed", look, amount, f". {en}.", f". {fr}.")
    return _then(
        "owed-by",
        look,
        amount,
        f". {en}, by {{on:date}}.",
        f". {fr}, au plus tard le {{on:date}}.",
        on=on,
    )


def owed_at(look: Look, amount: Amount, following: Look) -> Message:
    """Owed at the next settlement."""
    en, fr = _who(amount)
    return _then(
        "owed-at",
        look,
        amount,
        f". {en}, at the next settlement, “{{next}}” ({{on:date}}).",
        f". {fr}, à l’échéance suivante, « {{next}} » ({{on:date}}).",
        next=following.name,
        on=following.date,
    )


def no_next(look: Look, amount: Amount) -> Message:
    """Owed at a settlement that does not exist."""
    en, fr = _who(amount)
    return _then(
        "no-next",
        look,
        amount,
        f". {en}, at the next settlement, and the calendar has none left: the parties must agree on one.",
        f". {fr}, à l’échéance suivante, et le calendrier n’en a plus : les parties doivent en "
        "convenir.",
    )


def judged_again(look: Look, paid: Amount, comes_to: Amount | None) -> Message:
    """The earlier settlement is judged again."""
    if not (isinstance(paid, Decimal) and isinstance(comes_to, Decimal)):
        return put(
            "again",
            look,
            "“{name}” was settled before and is judged again on corrected data.",
            "« {name} » a déjà été réglé et est jugé de nouveau sur des données corrigées.",
        )
    return put(
        "again-amounts",
        look,
        "“{name}” was settled before with {paid:money} and is judged again on corrected data: it comes "
        "to {comes_to:money}.",
        "« {name} » a déjà été réglé pour {paid:money} et est jugé de nouveau sur des données "
        "corrigées : cela fait {comes_to:money}.",
        paid=paid,
        comes_to=comes_to,
    )


def receipt(look: Look, digest: str) -> Message:
    """The verdict that is corrected."""
    return put(
        "receipt",
        look,
        "The verdict corrected has the digest {digest:text}.",
        "Le verdict corrigé a pour empreinte {digest:text}.",
        digest=digest,
    )
