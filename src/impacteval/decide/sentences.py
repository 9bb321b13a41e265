"""The sentences that tell how evidence became the number that is compared, in both languages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from impacteval.contract.words import in_percent
from impacteval.values import Message, Text

_SIDES = {"one": ("one-sided", "unilatéral"), "two": ("two-sided", "bilatéral")}


def _say(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"decide.{key}", Text(en=en, fr=fr), values)


def estimate_is(value: Decimal) -> Message:
    """The point estimate."""
    return _say(
        "estimate",
        "The estimate, in the contract’s units, is {value:exact}.",
        "L’estimation, dans l’unité du contrat, est de {value:exact}.",
        value=value,
    )


def given(value: Decimal) -> Message:
    """A number typed in."""
    return _say(
        "given",
        "The result given is {value:exact}.",
        "Le résultat indiqué est de {value:exact}.",
        value=value,
    )


def bound_is(value: Decimal, level: Decimal, sides: str) -> Message:
    """The bound that is compared."""
    en, fr = _SIDES[sides]
    if not value.is_finite():
        return _say(
            f"no-bound.{sides}",
            f"The data give no {en} bound at {{level:exact}}%.",
            f"Les données ne donnent pas de borne au niveau {fr} de {{level:exact}} %.",
            level=in_percent(level),
        )
    return _say(
        f"bound.{sides}",
        f"The bound at {{level:exact}}% ({en}) is {{value:exact}}, and it is what is compared.",
        f"La borne à {{level:exact}} % (niveau {fr}) est de {{value:exact}}, et c’est elle qui est "
        "comparée.",
        value=value,
        level=in_percent(level),
    )


def p_value_is(p: Decimal, alpha: Decimal, sides: str) -> Message:
    """The test against zero."""
    en, fr = {"one": ("one-sided", "unilatérale"), "two": ("two-sided", "bilatérale")}[sides]
    return _say(
        f"p-value.{sides}",
        f"The {en} p-value against no effect is {{p:exact}}; the contract asks for at most "
        "{alpha:exact}.",
        f"La valeur p {fr} contre l’absence d’effet est de {{p:exact}} ; le contrat demande au "
        "plus {alpha:exact}.",
        p=p,
        alpha=alpha,
    )


def harmful() -> Message:
    """The effect goes the wrong way."""
    return _say(
        "harmful",
        "The effect does not lie in the better direction, so the test does not open the way to "
        "payment.",
        "L’effet ne va pas dans le bon sens : le test n’ouvre pas la voie au paiement.",
    )


def rounds_to(exact: Decimal, value: Decimal) -> Message:
    """The contract's rounding before comparison."""
    return _say(
        "rounded",
        "{exact:exact} is rounded to {value:exact} before it is compared, as the contract says.",
        "{exact:exact} est arrondi à {value:exact} avant comparaison, comme le prévoit le contrat.",
        exact=exact,
        value=value,
    )


def pooled_is(value: Decimal, groups: int) -> Message:
    """The mean over groups."""
    return _say(
        "pooled",
        "The mean over {groups:int} groups, weighted by people, is {value:exact}.",
        "La moyenne sur {groups:int} groupes, pondérée par les effectifs, est de {value:exact}.",
        value=value,
        groups=groups,
    )


def no_result(outcome: str, group: str) -> Message:
    """Nothing is known yet."""
    return _say(
        "no-result",
        "There is no result yet for {outcome:text}, {group:text}.",
        "Il n’y a pas encore de résultat pour {outcome:text}, {group:text}.",
        outcome=outcome,
        group=group,
    )
