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


def sums_give(value: Decimal, groups: int) -> Message:
    """The ratio of sums over groups."""
    return _say(
        "pooled-sums",
        "Everything that happened in {groups:int} groups against everything that would have "
        "happened gives {value:exact}.",
        "Tout ce qui s’est passé dans {groups:int} groupes rapporté à tout ce qui s’y serait passé "
        "donne {value:exact}.",
        value=value,
        groups=groups,
    )


def added_up(value: Decimal, groups: int) -> Message:
    """The total over groups."""
    return _say(
        "pooled-total",
        "The results of {groups:int} groups add up to {value:exact}.",
        "Les résultats de {groups:int} groupes s’additionnent à {value:exact}.",
        value=value,
        groups=groups,
    )


def no_result(outcome: Text, groups: Text | None) -> Message:
    """Nothing is known yet, about everybody or about some groups."""
    if groups is None:
        return _say(
            "no-result",
            "There is no result yet for “{outcome}”.",
            "Il n’y a pas encore de résultat pour « {outcome} ».",
            outcome=outcome,
        )
    return _say(
        "no-result-of",
        "There is no result yet for “{outcome}” ({groups}).",
        "Il n’y a pas encore de résultat pour « {outcome} » ({groups}).",
        outcome=outcome,
        groups=groups,
    )


def holm_level(parts: int, size: int, family: str, level: Decimal) -> Message:
    """At which level one number of the family is read."""
    return _say(
        "holm-level",
        "Several results could pay by chance ({family:list}). By Holm’s rule what may go wrong is "
        "shared among those not established yet, here {parts:int} of {size:int}: this one is read "
        "at {level:exact}%.",
        "Plusieurs résultats pourraient payer par hasard ({family:list}). Selon la règle de Holm, "
        "le risque d’erreur se partage entre ceux qui ne sont pas encore établis, ici {parts:int} "
        "sur {size:int} : celui-ci se lit à {level:exact} %.",
        family=family,
        parts=parts,
        size=size,
        level=in_percent(level),
    )


def holm_waits(names: str) -> Message:
    """The level depends on a number that is not judged."""
    return _say(
        "holm-waits",
        "By Holm’s rule the level for this result depends on others that are not judged yet: "
        "{names:list}. Its answer could still change.",
        "Selon la règle de Holm, le niveau de ce résultat dépend d’autres qui ne sont pas encore "
        "jugés : {names:list}. La réponse peut encore changer.",
        names=names,
    )


def holm_order(passed: str, left: str) -> Message:
    """In which order the numbers were established, and which were not."""
    if not passed:
        return _say(
            "holm-order.none",
            "Holm’s rule: no result was established.",
            "Règle de Holm : aucun résultat n’est établi.",
        )
    if not left:
        return _say(
            "holm-order.all",
            "Holm’s rule: all results were established, in this order, each with its share of the "
            "error: {passed:list}.",
            "Règle de Holm : tous les résultats sont établis, dans cet ordre, chacun avec sa part "
            "du risque d’erreur : {passed:list}.",
            passed=passed,
        )
    return _say(
        "holm-order",
        "Holm’s rule: established in this order, each with its share of the error: {passed:list}; "
        "not fully established: {left:list}.",
        "Règle de Holm : établis dans cet ordre, chacun avec sa part du risque d’erreur : "
        "{passed:list} ; non entièrement établis : {left:list}.",
        passed=passed,
        left=left,
    )


def behind_unmet(name: str) -> Message:
    """An earlier clause of the order is not met."""
    return _say(
        "behind-unmet",
        "The contract tests this clause only once {name:text} is met, and it is not: this one is "
        "not met either.",
        "Le contrat n’examine cette clause qu’une fois {name:text} remplie, et elle ne l’est pas : "
        "celle-ci ne l’est donc pas non plus.",
        name=name,
    )


def behind_unjudged(name: str) -> Message:
    """An earlier clause of the order is not judged."""
    return _say(
        "behind-unjudged",
        "The contract tests this clause only once {name:text} is met, and that is not judged yet.",
        "Le contrat n’examine cette clause qu’une fois {name:text} remplie, ce qui n’est pas encore "
        "jugé.",
        name=name,
    )


def behind_met(names: str) -> Message:
    """Everything before it in the order is met."""
    return _say(
        "behind-met",
        "What the contract tests before this clause is met, so it is tested at its full level: "
        "{names:list}.",
        "Ce que le contrat examine avant cette clause est rempli, elle est donc examinée à son "
        "niveau entier : {names:list}.",
        names=names,
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
