"""The words that every sentence about a contract is built from."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from impacteval.contract.money import ARITHMETIC, Amount, NotPublished
from impacteval.contract.rule_sentences import audit_sentence, average_sentence, combine_sentence
from impacteval.contract.rules import (
    ChanceRule,
    CombineRule,
    ExpectedPaymentRule,
    LowerBoundRule,
    PointRule,
    Rule,
    SignificantRule,
    VerifiedCountRule,
)
from impacteval.contract.units import effect_kind
from impacteval.values import Message, Text, written

if TYPE_CHECKING:
    from impacteval.contract.grants import Grant
    from impacteval.contract.model import Contract, Outcome
    from impacteval.contract.payment import Leaf

_SIDES = {
    "one": Text(en="one-sided", fr="unilatéral"),
    "two": Text(en="two-sided", fr="bilatéral"),
}


def say(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"contract.{key}", Text(en=en, fr=fr), values)


def plain(number: Decimal) -> str:
    return written(number.normalize(ARITHMETIC))


def money(contract: Contract, amount: Amount) -> str:
    if isinstance(amount, NotPublished):
        return "not_published"
    return f"{plain(amount)} {contract.currency}"


def amount_words(amount: Amount, place: str) -> tuple[str, str]:
    """A place for an amount, or the words that it is not published."""
    if isinstance(amount, NotPublished):
        return "an amount that is not published", "un montant qui n'est pas publié"
    said = f"{{{place}:money}}"
    return said, said


def names(contract: Contract, groups: tuple[str, ...]) -> Text:
    named = [contract.groups[g].plain_name for g in groups]
    pairs = [
        (g, g) if n is None else (n.text().en, n.text().fr)
        for g, n in zip(groups, named, strict=True)
    ]
    return Text(en=_list([en for en, _ in pairs], "and"), fr=_list([fr for _, fr in pairs], "et"))


def _list(items: list[str], last: str) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def called(clause: Leaf | Grant) -> Text:
    """What a clause is called: its plain name, or its name where it has none."""
    named = clause.plain_name
    return Text(en=clause.name, fr=clause.name) if named is None else named.text()


def named_clauses(contract: Contract) -> dict[str, Text]:
    """What every clause of a contract is called, by its name."""
    return {clause.name: called(clause) for clause in contract.clauses}


def quoted(clauses: Iterable[Leaf | Grant]) -> Text:
    """``“one”, “two” and “three”``: clauses once each, in both languages."""
    once = {clause.name: called(clause) for clause in clauses}.values()
    return Text(
        en=_list([f"“{name.en}”" for name in once], "and"),
        fr=_list([f"« {name.fr} »" for name in once], "et"),
    )


def unit_of(outcome: Outcome) -> Text:
    if outcome.effect == "difference_in_sd":
        return Text(en="standard deviations", fr="écarts types")
    if outcome.unit is None:
        return Text(en="units", fr="unités")
    return outcome.unit.text()


def is_percent(outcome: Outcome) -> bool:
    return outcome.effect in ("relative_reduction_percent", "relative_increase_percent")


def price_unit(outcome: Outcome) -> tuple[str, str, dict[str, Any]]:
    """``for each unit (nights)`` in both languages, and its values."""
    if is_percent(outcome):
        return "for each percentage point", "par point de pourcentage", {}
    if outcome.money_is is not None:
        return "for each 1 {unit}", "par tranche de 1 {unit}", {"unit": unit_of(outcome)}
    return "for each unit ({unit})", "par unité ({unit})", {"unit": unit_of(outcome)}


COUNT_RULE = say(
    "rule-count",
    "What is compared is the number itself that was counted.",
    "C'est le nombre compté lui-même qui est comparé.",
)
"""Of the rule that reads the number itself, where that number is a count and no estimate."""


def only_counted(outcomes: Iterable[Outcome]) -> bool:
    """Whether nothing is estimated: there is then no chance to leave a margin for."""
    return not any(effect_kind(outcome.effect).counterfactual for outcome in outcomes)


def rule_sentence(rule: Rule) -> Message:
    """Which number the contract compares, in one sentence."""
    match rule:
        case PointRule():
            return say(
                "rule-point",
                "What is compared is the estimate itself, without a margin for chance.",
                "C'est l'estimation elle-même qui est comparée, sans marge pour le hasard.",
            )
        case LowerBoundRule():
            return say(
                "rule-lower-bound",
                "What is compared is not the estimate but its lower confidence bound at {level:percent} ({sides}).",
                "Ce n'est pas l'estimation qui est comparée, mais la borne basse de son intervalle de confiance à {level:percent} ({sides}).",
                level=rule.lower_bound.level,
                sides=_SIDES[rule.lower_bound.sides],
            )
        case SignificantRule():
            return say(
                "rule-significant",
                "The estimate is compared if it differs significantly from zero in the better direction, at {level:percent} ({sides}); otherwise no condition holds.",
                "L'estimation est comparée si elle se distingue nettement de zéro dans le bon sens, à {level:percent} ({sides}) ; sinon aucune condition n'est remplie.",
                level=rule.significant.level,
                sides=_SIDES[rule.significant.sides],
            )
        case ChanceRule():
            return say(
                "rule-chance",
                "A condition holds if the confidence that the true effect meets it is at least {level:percent}.",
                "Une condition est remplie si la confiance que l'effet réel la satisfait est d'au moins {level:percent}.",
                level=rule.chance_at_least,
            )
        case CombineRule():
            return combine_sentence(dict(rule.combine), rule_sentence(rule.then))
        case ExpectedPaymentRule():
            return average_sentence(rule.expected_payment)
        case VerifiedCountRule():
            return audit_sentence(rule)
