"""Sentences about what the result is compared with, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from impacteval.contract.counterfactuals import Counterfactual
from impacteval.contract.saying import plain, say
from impacteval.files import Percent
from impacteval.values import Message, Text

_DESIGNS = {
    "rct": Text(
        en="lots are drawn to decide who is offered the programme",
        fr="un tirage au sort décide à qui le programme est proposé",
    ),
    "cluster_rct": Text(
        en="lots are drawn among whole places or groups",
        fr="le tirage au sort se fait entre des lieux ou des groupes entiers",
    ),
    "difference_in_differences": Text(
        en="the change over time is compared with the change elsewhere",
        fr="l'évolution est comparée à celle observée ailleurs",
    ),
    "synthetic_control": Text(
        en="the place is compared with a weighted mix of similar places",
        fr="le lieu est comparé à un mélange pondéré de lieux semblables",
    ),
    "matched_comparison": Text(
        en="each person is compared with similar people who were not served",
        fr="chaque personne est comparée à des personnes semblables qui n'ont pas été accompagnées",
    ),
    "regression_discontinuity": Text(
        en="people just on one side of a cutoff are compared with people just on the other",
        fr="des personnes situées juste d'un côté d'un seuil sont comparées à celles situées juste de l'autre",
    ),
    "historical_baseline": Text(
        en="the result is compared with the past",
        fr="le résultat est comparé au passé",
    ),
    "fixed_rate": Text(
        en="the contract fixes a rate in advance instead of measuring it",
        fr="le contrat fixe un taux à l'avance au lieu de le mesurer",
    ),
    "none": Text(
        en="nothing tells what would have happened otherwise",
        fr="rien ne dit ce qui se serait passé sinon",
    ),
}


def counterfactual_sentences(
    periods: tuple[Counterfactual, ...], clause: Text | None = None, *, counted: bool = False
) -> Iterator[Message]:
    """What would have happened otherwise, period by period where it changes by date.

    Parameters
    ----------
    periods : tuple of Counterfactual
        In the order of their dates.
    clause : Text, optional
        What the clause is called that they belong to, where it has its own.
    counted : bool
        Whether it was said already that the result is counted and nothing is estimated.
    """
    for period in periods:
        if not counted:
            yield _design(period, clause)
        if period.rate is not None:
            percent = isinstance(period.rate, Percent)
            yield say(
                "design-rate",
                "The rate that is fixed: {rate:exact}%."
                if percent
                else "The rate that is fixed: {rate:exact}.",
                "Le taux fixé : {rate:exact} %." if percent else "Le taux fixé : {rate:exact}.",
                rate=plain(period.rate),
            )
        if period.description is not None:
            text = period.description.text()
            alone = period.design == "none"
            yield say(
                "design-none-description" if alone else "design-description",
                "In place of a comparison: {text}." if alone else "The comparison: {text}.",
                "En guise de comparaison : {text}." if alone else "La comparaison : {text}.",
                text=Text(en=text.en.rstrip(". "), fr=text.fr.rstrip(". ")),
            )


def _design(period: Counterfactual, clause: Text | None) -> Message:
    """Where the comparison comes from; what it is about stands before it."""
    en: list[str] = []
    fr: list[str] = []
    values: dict[str, Any] = {"design": _DESIGNS[period.design]}
    if clause is not None:
        en.append("for clause “{clause}”")
        fr.append("pour la clause « {clause} »")
        values["clause"] = clause
    if period.begins is not None:
        en.append("from this date on ({begins:date})")
        fr.append("à partir de cette date ({begins:date})")
        values["begins"] = period.begins
    if period.until is not None:
        en.append("up to and including this date ({until:date})")
        fr.append("jusqu'à cette date incluse ({until:date})")
        values["until"] = period.until
    if period.design == "none":
        en.append("here {design}")
        fr.append("ici, {design}")
    else:
        en.append("to know what would have happened otherwise, {design}")
        fr.append("pour savoir ce qui se serait passé sinon, {design}")
    key = "design-none" if period.design == "none" else "design"
    return say(key, f"{_upper(', '.join(en))}.", f"{_upper(', '.join(fr))}.", **values)


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
