"""The sentences that tell how a number became money, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from impacteval.contract.money import Amount
from impacteval.values import Message, Text

_OPERATORS = {
    "at_least": ("at least", "au moins"),
    "more_than": ("more than", "plus de"),
    "at_most": ("at most", "au plus"),
    "less_than": ("less than", "moins de"),
}


def _say(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"terms.{key}", Text(en=en, fr=fr), values)


def compares(value: Decimal, operator: str, threshold: Decimal, holds: bool) -> Message:
    """Whether the condition holds."""
    en, fr = _OPERATORS[operator]
    return _say(
        f"{operator}.{'holds' if holds else 'fails'}",
        f"{{value:number}} is {'' if holds else 'not '}{en} {{threshold:number}}.",
        f"{{value:number}} {'est' if holds else 'n’est pas'} {fr} {{threshold:number}}."
        if operator in ("at_least", "at_most")
        else f"{{value:number}} {'est' if holds else 'n’est pas'} "
        f"{'au-dessus' if operator == 'more_than' else 'en dessous'} de {{threshold:number}}.",
        value=value,
        threshold=threshold,
    )


def confident(confidence: Decimal, operator: str, threshold: Decimal, asked: Decimal) -> Message:
    """Whether the confidence suffices."""
    en, fr = _OPERATORS[operator]
    enough = confidence >= asked
    return _say(
        f"{operator}.{'confident' if enough else 'not-confident'}",
        f"Confidence that the effect is {en} {{threshold:number}}: {{confidence:percent}}; "
        f"the contract asks for {{asked:percent}}, so the condition "
        f"{'holds' if enough else 'does not hold'}.",
        f"Confiance que l’effet soit de {fr} {{threshold:number}} : {{confidence:percent}} ; "
        f"le contrat demande {{asked:percent}}, donc la condition "
        f"{'est' if enough else 'n’est pas'} remplie.",
        confidence=confidence,
        threshold=threshold,
        asked=asked,
    )


def gate_closed() -> Message:
    """The test against zero was not passed."""
    return _say(
        "gate-closed",
        "The result does not differ significantly from zero in the better direction, so no "
        "condition holds.",
        "Le résultat ne diffère pas significativement de zéro dans le bon sens : aucune condition "
        "n’est remplie.",
    )


def no_bound(holds: bool) -> Message:
    """The number compared is infinite."""
    return _say(
        f"no-bound.{'holds' if holds else 'fails'}",
        "The data give no bound in this direction at this level, so the condition "
        f"{'holds' if holds else 'does not hold'}.",
        "Les données ne donnent aucune borne dans ce sens à ce niveau : la condition "
        f"{'est' if holds else 'n’est pas'} remplie.",
    )


def whatever_weights(low: Decimal, high: Decimal) -> Message:
    """A pooled number is known only between two."""
    return _say(
        "whatever-weights",
        "The groups’ sizes are not given; whatever they are, the pooled result lies between "
        "{low:number} and {high:number}.",
        "Les effectifs des groupes ne sont pas donnés ; quels qu’ils soient, le résultat groupé "
        "se situe entre {low:number} et {high:number}.",
        low=low,
        high=high,
    )


def weights_matter(low: Decimal, high: Decimal) -> Message:
    """A pooled number is needed and not known."""
    return _say(
        "weights-matter",
        "The groups’ sizes are not given, and the answer depends on them: the pooled result lies "
        "between {low:number} and {high:number}.",
        "Les effectifs des groupes ne sont pas donnés, et la réponse en dépend : le résultat "
        "groupé se situe entre {low:number} et {high:number}.",
        low=low,
        high=high,
    )


def unbounded() -> Message:
    """The number is infinite and the term has no end in that direction."""
    return _say(
        "unbounded",
        "The bound to be paid by the unit is infinite: the data cannot bound the effect at this "
        "level.",
        "La borne à payer à l’unité est infinie : les données ne bornent pas l’effet à ce niveau.",
    )


def pays(amount: Amount) -> Message:
    """The amount of a clause."""
    if isinstance(amount, Decimal):
        return _say("pays", "Amount: {amount:money}.", "Montant : {amount:money}.", amount=amount)
    return _say(
        "pays-not-published",
        "The clause pays an amount that is not published.",
        "La clause paie un montant qui n’est pas publié.",
    )


def by_the_unit(
    pay: Decimal, per_unit: Decimal, value: Decimal, start: Decimal, amount: Decimal
) -> Message:
    """Fixed part plus price times units."""
    return _say(
        "by-the-unit",
        "{pay:money} + {per_unit:money} × ({value:number} − {start:number}) = {amount:money}.",
        "{pay:money} + {per_unit:money} × ({value:number} − {start:number}) = {amount:money}.",
        pay=pay,
        per_unit=per_unit,
        value=value,
        start=start,
        amount=amount,
    )


def floored(floor: Decimal) -> Message:
    """The floor binds."""
    return _say(
        "floor",
        "The amount is not below the floor of {floor:money}.",
        "Le montant ne descend pas sous le plancher de {floor:money}.",
        floor=floor,
    )


def ceilinged(ceiling: Decimal) -> Message:
    """The ceiling of a clause binds."""
    return _say(
        "ceiling",
        "The amount stops at the ceiling of {ceiling:money}.",
        "Le montant s’arrête au plafond de {ceiling:money}.",
        ceiling=ceiling,
    )


def rounded_to(amount: Decimal) -> Message:
    """The contract's rounding of money changed the amount."""
    return _say(
        "money-rounded",
        "Rounded as the contract says: {amount:money}.",
        "Arrondi comme le prévoit le contrat : {amount:money}.",
        amount=amount,
    )


def already_paid(groups: Iterable[str]) -> Message:
    """An earlier clause has paid."""
    names = ", ".join(groups)
    return _say(
        "already-paid",
        "An earlier clause has paid for {groups:text}, so this one is not reached and pays nothing.",
        "Une clause précédente a payé pour {groups:text} : celle-ci n’est pas atteinte et ne paie "
        "rien.",
        groups=names,
    )


def earlier_open() -> Message:
    """An earlier clause is not settled."""
    return _say(
        "earlier-open",
        "An earlier clause is not settled yet, and it decides whether this one pays.",
        "Une clause précédente n’est pas encore tranchée, et elle décide si celle-ci paie.",
    )


def pool_open() -> Message:
    """An earlier clause decides who is pooled."""
    return _say(
        "pool-open",
        "An earlier clause is not settled yet, and it decides which groups are pooled here.",
        "Une clause précédente n’est pas encore tranchée, et elle décide quels groupes sont réunis "
        "ici.",
    )


def left_out(groups: Iterable[str]) -> Message:
    """Groups left out of the pool."""
    return _say(
        "left-out",
        "Left out of the pool: {groups:text}.",
        "Hors du groupement : {groups:text}.",
        groups=", ".join(groups),
    )


def summed(total: Amount, count: int) -> Message:
    """The sum over clauses."""
    if isinstance(total, Decimal):
        return _say(
            "sum",
            "Sum of {count:int} judged amounts: {total:money}.",
            "Somme de {count:int} montants jugés : {total:money}.",
            count=count,
            total=total,
        )
    return _say(
        "sum-not-published",
        "One of the {count:int} judged amounts is not published, so their sum is not either.",
        "L’un des {count:int} montants jugés n’est pas publié : leur somme ne l’est donc pas non plus.",
        count=count,
    )


def cap_applied(cap: Amount, after: Amount) -> Message:
    """The ceiling over a payment."""
    if not isinstance(cap, Decimal):
        return _say(
            "cap-not-published",
            "The ceiling over the payment is not published.",
            "Le plafond du paiement n’est pas publié.",
        )
    if not isinstance(after, Decimal):
        return _say(
            "cap",
            "The ceiling over the payment is {cap:money}.",
            "Le plafond du paiement est de {cap:money}.",
            cap=cap,
        )
    return _say(
        "cap-after",
        "Under the ceiling of {cap:money} this comes to {after:money}.",
        "Sous le plafond de {cap:money}, cela fait {after:money}.",
        cap=cap,
        after=after,
    )
