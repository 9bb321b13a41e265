"""The sentences that tell how a number became money, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from impacteval.contract.money import ARITHMETIC, Amount
from impacteval.files import plain
from impacteval.values import Message, Text

_EN = {
    "at_least": "at least",
    "more_than": "more than",
    "at_most": "at most",
    "less_than": "less than",
}
_FR = {
    "at_least": "supérieur ou égal à",
    "more_than": "supérieur à",
    "at_most": "inférieur ou égal à",
    "less_than": "inférieur à",
}


_BARE_FR = {
    "at_least": "au moins",
    "more_than": "plus de",
    "at_most": "au plus",
    "less_than": "moins de",
}


def comparison(operator: str) -> Text:
    """``more than`` in both languages."""
    return Text(en=_EN[operator], fr=_BARE_FR[operator])


def told(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"terms.{key}", Text(en=en, fr=fr), values)


def in_percent(fraction: Decimal) -> Decimal:
    """A fraction times a hundred, every digit kept: a chance just short must not look enough.

    Examples
    --------
    >>> in_percent(Decimal("0.7999999999")), in_percent(Decimal("0.90"))
    (Decimal('79.99999999'), Decimal('90'))
    """
    return Decimal(plain(ARITHMETIC.multiply(fraction, Decimal(100))))


def compares(value: Decimal, operator: str, threshold: Decimal, holds: bool) -> Message:
    """Whether the condition holds."""
    return told(
        f"{operator}.{'holds' if holds else 'fails'}",
        f"{{value:exact}} is {'' if holds else 'not '}{_EN[operator]} {{threshold:exact}}.",
        f"{{value:exact}} {'est' if holds else 'n’est pas'} {_FR[operator]} {{threshold:exact}}.",
        value=value,
        threshold=threshold,
    )


def confident(confidence: Decimal, operator: str, threshold: Decimal, asked: Decimal) -> Message:
    """Whether the confidence suffices."""
    enough = confidence >= asked
    return told(
        f"{operator}.{'confident' if enough else 'not-confident'}",
        f"Confidence that the effect is {_EN[operator]} {{threshold:exact}}: {{confidence:exact}}%; "
        f"the contract asks for {{asked:exact}}%, so the condition "
        f"{'holds' if enough else 'does not hold'}.",
        f"Confiance que l’effet soit {_FR[operator]} {{threshold:exact}} : {{confidence:exact}} % ; "
        f"le contrat demande {{asked:exact}} %, donc la condition "
        f"{'est' if enough else 'n’est pas'} remplie.",
        confidence=in_percent(confidence),
        threshold=threshold,
        asked=in_percent(asked),
    )


def gate_closed() -> Message:
    """The test against zero was not passed."""
    return told(
        "gate-closed",
        "The result does not differ significantly from zero in the better direction, so no "
        "condition holds.",
        "Le résultat ne diffère pas significativement de zéro dans le bon sens : aucune condition "
        "n’est remplie.",
    )


def no_bound(holds: bool) -> Message:
    """The number compared is infinite."""
    return told(
        f"no-bound.{'holds' if holds else 'fails'}",
        "The data give no bound in this direction at this level, so the condition "
        f"{'holds' if holds else 'does not hold'}.",
        "Les données ne donnent aucune borne dans ce sens à ce niveau : la condition "
        f"{'est' if holds else 'n’est pas'} remplie.",
    )


def whatever_weights(low: Decimal, high: Decimal, of_sums: bool) -> Message:
    """A pooled number is known only between two."""
    if of_sums:
        return told(
            "whatever-sums",
            "The groups’ sizes and what would have happened in each are not all given; whatever "
            "they are, the pooled result lies between {low:exact} and {high:exact}.",
            "Les effectifs des groupes et ce qui se serait passé dans chacun ne sont pas tous "
            "donnés ; quels qu’ils soient, le résultat groupé se situe entre {low:exact} et "
            "{high:exact}.",
            low=low,
            high=high,
        )
    return told(
        "whatever-weights",
        "The groups’ sizes are not given; whatever they are, the pooled result lies between "
        "{low:exact} and {high:exact}.",
        "Les effectifs des groupes ne sont pas donnés ; quels qu’ils soient, le résultat groupé "
        "se situe entre {low:exact} et {high:exact}.",
        low=low,
        high=high,
    )


def weights_matter(low: Decimal, high: Decimal, of_sums: bool) -> Message:
    """A pooled number is needed and not known."""
    if of_sums:
        return told(
            "sums-matter",
            "The groups’ sizes and what would have happened in each are not all given, and the "
            "answer depends on them: the pooled result lies between {low:exact} and {high:exact}.",
            "Les effectifs des groupes et ce qui se serait passé dans chacun ne sont pas tous "
            "donnés, et la réponse en dépend : le résultat groupé se situe entre {low:exact} et "
            "{high:exact}.",
            low=low,
            high=high,
        )
    return told(
        "weights-matter",
        "The groups’ sizes are not given, and the answer depends on them: the pooled result lies "
        "between {low:exact} and {high:exact}.",
        "Les effectifs des groupes ne sont pas donnés, et la réponse en dépend : le résultat "
        "groupé se situe entre {low:exact} et {high:exact}.",
        low=low,
        high=high,
    )


def unbounded() -> Message:
    """The number is infinite and the term has no end in that direction."""
    return told(
        "unbounded",
        "The bound to be paid by the unit is infinite: the data cannot bound the effect at this "
        "level.",
        "La borne à payer à l’unité est infinie : les données ne bornent pas l’effet à ce niveau.",
    )


def pays(amount: Amount) -> Message:
    """The amount of a clause."""
    if isinstance(amount, Decimal):
        return told("pays", "Amount: {amount:money}.", "Montant : {amount:money}.", amount=amount)
    return told(
        "pays-not-published",
        "The clause pays an amount that is not published.",
        "La clause paie un montant qui n’est pas publié.",
    )


def by_the_unit(
    pay: Decimal, per_unit: Decimal, value: Decimal, start: Decimal, amount: Decimal
) -> Message:
    """Fixed part plus price times units; parts that are nothing are left out."""
    fixed = "{pay:money} + " if pay else ""
    units = "({value:exact} − {start:exact})" if start else "{value:exact}"
    sentence = f"{fixed}{{per_unit:money}} × {units} = {{amount:money}}."
    return told(
        f"by-the-unit{'.fixed' if pay else ''}{'.start' if start else ''}",
        sentence,
        sentence,
        pay=pay,
        per_unit=per_unit,
        value=value,
        start=start,
        amount=amount,
    )


def floored(floor: Decimal) -> Message:
    """The floor binds."""
    return told(
        "floor",
        "The amount is not below the floor of {floor:money}.",
        "Le montant ne descend pas sous le plancher de {floor:money}.",
        floor=floor,
    )


def ceilinged(ceiling: Decimal) -> Message:
    """The ceiling of a clause binds."""
    return told(
        "ceiling",
        "The amount stops at the ceiling of {ceiling:money}.",
        "Le montant s’arrête au plafond de {ceiling:money}.",
        ceiling=ceiling,
    )


def rounded_to(amount: Decimal) -> Message:
    """The contract's rounding of money changed the amount."""
    return told(
        "money-rounded",
        "Rounded as the contract says: {amount:money}.",
        "Arrondi comme le prévoit le contrat : {amount:money}.",
        amount=amount,
    )


def already_paid(groups: Iterable[str]) -> Message:
    """An earlier clause has paid."""
    names = ", ".join(groups)
    return told(
        "already-paid",
        "An earlier clause has paid for {groups:text}, so this one is not reached and pays nothing.",
        "Une clause précédente a payé pour {groups:text} : celle-ci n’est pas atteinte et ne paie "
        "rien.",
        groups=names,
    )


def earlier_open() -> Message:
    """An earlier clause is not settled."""
    return told(
        "earlier-open",
        "An earlier clause is not settled yet, and it decides whether this one pays.",
        "Une clause précédente n’est pas encore tranchée, et elle décide si celle-ci paie.",
    )


def pool_open() -> Message:
    """An earlier clause decides who is pooled."""
    return told(
        "pool-open",
        "An earlier clause is not settled yet, and it decides which groups are pooled here.",
        "Une clause précédente n’est pas encore tranchée, et elle décide quels groupes sont réunis "
        "ici.",
    )


def left_out(groups: Iterable[str]) -> Message:
    """Groups left out of the pool."""
    return told(
        "left-out",
        "Left out of the pool: {groups:text}.",
        "Hors du groupement : {groups:text}.",
        groups=", ".join(groups),
    )


def summed(total: Amount, count: int) -> Message:
    """The sum over clauses."""
    if isinstance(total, Decimal):
        return told(
            "sum",
            "Sum of {count:int} judged amounts: {total:money}.",
            "Somme de {count:int} montants jugés : {total:money}.",
            count=count,
            total=total,
        )
    return told(
        "sum-not-published",
        "One of the {count:int} judged amounts is not published, so their sum is not either.",
        "L’un des {count:int} montants jugés n’est pas publié : leur somme ne l’est donc pas non plus.",
        count=count,
    )
