"""The sentences that tell how evidence became the number that is compared, in both languages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from impacteval.contract.money import ARITHMETIC
from impacteval.contract.rule_sentences import DESIGN_NAMES
from impacteval.contract.rule_settings import NormalPrior
from impacteval.contract.words import in_percent
from impacteval.files import plain
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


# --- several designs, averages and audits -------------------------------------------------------


def part_is(design: str, value: Decimal, weight: Decimal) -> Message:
    """One design's estimate and its weight."""
    name = DESIGN_NAMES[design]
    return _say(
        f"part.{design}",
        f"{name.en[0].upper()}{name.en[1:]}: {{value:exact}}, weight {{weight:exact}}, makes "
        "{share:exact}.",
        f"{name.fr[0].upper()}{name.fr[1:]} : {{value:exact}}, poids {{weight:exact}}, soit "
        "{share:exact}.",
        value=value,
        weight=weight,
        share=Decimal(plain(ARITHMETIC.multiply(value, weight))),
    )


def combined_is(value: Decimal) -> Message:
    """The sum of the weighted parts."""
    return _say(
        "combined",
        "Together they make {value:exact}.",
        "Ensemble, cela fait {value:exact}.",
        value=value,
    )


def averages(prior: NormalPrior | None) -> Message:
    """Over what the payment is averaged."""
    if prior is None:
        return _say(
            "average-flat",
            "Nothing is held likely beforehand: the average weighs each true effect by the "
            "confidence that the study gives it.",
            "Rien n’est tenu pour probable à l’avance : la moyenne pondère chaque effet réel par la "
            "confiance que l’étude lui accorde.",
        )
    return _say(
        "average-normal",
        "Beforehand the contract holds a true effect around {mean:exact} likely, with a standard "
        "deviation of {sd:exact}; the average weighs each true effect by this and by the study.",
        "À l’avance, le contrat tient pour probable un effet réel autour de {mean:exact}, avec un "
        "écart type de {sd:exact} ; la moyenne pondère chaque effet réel par cela et par l’étude.",
        mean=prior.mean,
        sd=prior.sd,
    )


def counted(value: Decimal) -> Message:
    """What was counted."""
    return _say(
        "counted",
        "The count is {value:exact}.",
        "Le décompte est de {value:exact}.",
        value=value,
    )


def audit_kept(found: Decimal, limit: Decimal) -> Message:
    """The audit found no more wrong than it may."""
    return _say(
        "audit-kept",
        "The audit found {found:exact}% wrong, not more than the {limit:exact}% agreed: the count "
        "stands.",
        "L’audit a trouvé {found:exact} % d’erreurs, pas plus que les {limit:exact} % convenus : le "
        "décompte est maintenu.",
        found=in_percent(found),
        limit=in_percent(limit),
    )


def audit_cut(count: Decimal, found: Decimal, limit: Decimal, value: Decimal) -> Message:
    """The audit found more wrong than it may, and the count is scaled down."""
    return _say(
        "audit-cut",
        "The audit found {found:exact}% wrong, more than the {limit:exact}% agreed: {count:exact} "
        "less {found:exact}% is {value:exact}.",
        "L’audit a trouvé {found:exact} % d’erreurs, plus que les {limit:exact} % convenus : "
        "{count:exact} moins {found:exact} % font {value:exact}.",
        found=in_percent(found),
        limit=in_percent(limit),
        count=count,
        value=value,
    )


def no_audit() -> Message:
    """Nobody says what the audit found."""
    return _say(
        "no-audit",
        "What the audit found is not known, so the count cannot be judged.",
        "On ne sait pas ce que l’audit a trouvé : le décompte ne peut pas être jugé.",
    )
