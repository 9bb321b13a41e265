"""Numbers and names of a simulation as people read them, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from impacteval.contract.model import ALL, POOLED, Contract
from impacteval.contract.saying import named_clauses, names, unit_of
from impacteval.values import Message, Text, significant


def say(key: str, en: str, fr: str, **values: Any) -> Message:
    """A sentence of a simulation, with its values in place."""
    return Message(f"simulation.{key}", Text(en=en, fr=fr), values)


def in_hundred(chance: float) -> Decimal:
    """A chance as times in 100: one decimal, or two digits of what is left below 1 and above 99.

    So neither 0 nor 100 is said of what sometimes happens, or sometimes does not.

    Examples
    --------
    >>> [str(in_hundred(x)) for x in (0.018012, 0.5, 0.000231, 0.0, 1.0, 0.99977)]
    ['1.8', '50', '0.023', '0', '100', '99.977']
    """
    times = 100.0 * chance
    if 99.95 <= times < 100.0:
        return 100 - significant(100.0 - times, digits=2)
    if times == 0.0 or times >= 1.0:
        return significant(round(times, 1))
    return significant(times, digits=2)


def mean_of_money(amount: float, decimals: int) -> Decimal:
    """A mean of money as people read it: whole units from 100 on, else the currency's decimals.

    Examples
    --------
    >>> mean_of_money(12345.678, 2), mean_of_money(3.14159, 2)
    (Decimal('12346'), Decimal('3.14'))
    """
    return significant(round(amount, 0 if abs(amount) >= 100.0 else decimals) + 0.0)


def groups_text(contract: Contract, groups: Iterable[str]) -> Text:
    """Groups by their plain names; the pool of groups in words."""
    named = [
        _TOGETHER if g == POOLED else names(contract, (g,)) if g in contract.groups else Text(g, g)
        for g in groups
    ]
    return Text(en=", ".join(t.en for t in named), fr=", ".join(t.fr for t in named))


_TOGETHER = Text(en="groups together", fr="groupes réunis")


def clause_text(contract: Contract, name: str, groups: Iterable[str]) -> Text:
    """A clause by its plain name, with whom it reads, where it does not read everybody."""
    listed = list(groups)
    clause = named_clauses(contract)[name]
    if listed == [ALL]:
        return clause
    whom = groups_text(contract, listed)
    return Text(en=f"{clause.en}, {whom.en}", fr=f"{clause.fr}, {whom.fr}")


def number_text(contract: Contract, name: str, groups: tuple[str, ...]) -> Text:
    """An outcome with whom it is measured on, where that is not everybody."""
    outcome = contract.outcomes[name].plain_name.text()
    if groups == (ALL,):
        return outcome
    whom = groups_text(contract, groups)
    return Text(en=f"{outcome.en} ({whom.en})", fr=f"{outcome.fr} ({whom.fr})")


def quoted(text: Text) -> Text:
    """A name in quotation marks."""
    return Text(en=f'"{text.en}"', fr=f"« {text.fr} »")


def effect_unit(contract: Contract, name: str) -> Text:
    """The unit of an outcome's effect: percent where the effect is one and nothing else is said."""
    outcome = contract.outcomes[name]
    if contract.is_percent(name) and outcome.unit is None:
        return Text(en="percent", fr="pour cent")
    return unit_of(outcome)


def rule_words(rule: str) -> Text:
    """An evidence rule as few words for the head of a row.

    Examples
    --------
    >>> rule_words("lower_bound 0.90 one").en
    'lower bound, 90% one-sided'
    """
    words = rule.split()
    if "," in rule or not words:
        return Text(en="as each clause says", fr="ce que dit chaque clause")
    level = (
        ""
        if len(words) < 2 or words[0] == "expected_payment"
        else str(significant(100.0 * float(words[1])))
    )
    sides_en = {"one": "one-sided", "two": "two-sided"}.get(words[-1], "")
    sides_fr = {"one": "unilatéral", "two": "bilatéral"}.get(words[-1], "")
    match words[0]:
        case "point_estimate":
            return Text(en="the estimate itself", fr="l'estimation elle-même")
        case "lower_bound":
            return Text(
                en=f"lower bound, {level}% {sides_en}", fr=f"borne basse, {level} % {sides_fr}"
            )
        case "significant":
            return Text(
                en=f"estimate if significant, {level}% {sides_en}",
                fr=f"estimation si significative, {level} % {sides_fr}",
            )
        case "chance_at_least":
            return Text(en=f"confidence of {level}%", fr=f"confiance de {level} %")
        case "expected_payment" if words[1:] == ["flat"]:
            return Text(
                en="average payment, flat prior", fr="paiement moyen, loi a priori uniforme"
            )
        case "expected_payment":
            return Text(
                en="average payment, normal prior", fr="paiement moyen, loi a priori normale"
            )
        case _:
            return Text(en=rule, fr=rule)
