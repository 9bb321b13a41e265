"""Warnings that come with the proof of a mix, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.synthetic_control.messages import some
from impacteval.values import Message, Text


def many(names: Sequence[str], *, exact: bool) -> Message:
    """Other weights fit as well."""
    why = (
        (
            " Before the service every one of them is met exactly, as happens when there are more donors than periods: an exact fit proves nothing then.",
            " Avant le service, chacun est reproduit exactement, comme il arrive avec plus de donneurs que de périodes : un ajustement exact ne prouve alors rien.",
        )
        if exact
        else ("", "")
    )
    return Message(
        "sc.many-solutions",
        Text(
            en=f"Other weights of the donors fit as well before the service ({{names:text}}), and could give another effect: the weights shown are one choice among many.{why[0]} A penalty makes them unique.",
            fr=f"D'autres poids des donneurs s'ajustent aussi bien avant le service ({{names:text}}), et pourraient donner un autre effet : les poids montrés sont un choix parmi d'autres.{why[1]} Une pénalité les rend uniques.",
        ),
        {"names": some(names)},
    )


def outside(names: Sequence[str]) -> Message:
    """No mix follows the served place."""
    return Message(
        "sc.outside-hull",
        Text(
            en="No mix of donors follows {names:text} well before the service: the miss is large beside those of the donors' own mixes or beside the place's own variation, or the place lies beyond all donors. What is measured after the service may be that miss.",
            fr="Aucune combinaison de donneurs ne suit bien {names:text} avant le service : l'écart est grand au regard de ceux des combinaisons des donneurs eux-mêmes ou de la variation propre du lieu, ou le lieu se situe au-delà de tous les donneurs. Ce que l'on mesure après le service peut n'être que cet écart.",
        ),
        {"names": some(names)},
    )


def dominated(names: Sequence[str], donors: Sequence[str]) -> Message:
    """One donor has almost all weight."""
    return Message(
        "sc.one-donor",
        Text(
            en="The mix for {names:text} is almost one donor alone ({donors:text}): whatever else happened there counts as what would have happened here.",
            fr="La combinaison pour {names:text} se réduit presque à un seul donneur ({donors:text}) : tout ce qui s'y est produit d'autre compte comme ce qui se serait produit ici.",
        ),
        {"names": some(names), "donors": some(donors)},
    )


def twins(pairs: Sequence[tuple[str, str]]) -> Message:
    """Units that are the same in every period."""
    return Message(
        "sc.duplicates",
        Text(
            en="{count:int} {count:plural:pair|pairs} of places {count:plural:has|have} the same outcome in every period ({pairs:text}): check that no place was entered twice.",
            fr="{count:int} {count:plural:paire de lieux a|paires de lieux ont} le même indicateur à toutes les périodes ({pairs:text}) : vérifiez qu'aucun lieu n'a été saisi deux fois.",
        ),
        {"count": len(pairs), "pairs": some([f"{a} = {b}" for a, b in pairs])},
    )
