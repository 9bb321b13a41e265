"""What estimators that match predictors say to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.synthetic_control.messages import some
from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def unmeasured(label: str, names: Sequence[str]) -> Message:
    """Places without any measured cell of a predictor."""
    return Message(
        "sc.predictor-unmeasured",
        Text(
            en="Predictor {label:text} was not measured in {count:int} {count:plural:place|places} ({names:text}) in any of its periods, and nothing is filled in. State other periods, leave the predictor out, or leave out those places and say so.",
            fr="Le prédicteur {label:text} n'a été mesuré dans {count:int} {count:plural:lieu|lieux} ({names:text}) à aucune de ses périodes, et rien n'est inventé. Indiquez d'autres périodes, retirez ce prédicteur, ou écartez ces lieux en le disant.",
        ),
        {"label": label, "count": len(names), "names": some(names)},
    )


def same_everywhere(label: str) -> Message:
    """A predictor that does not vary between places."""
    return Message(
        "sc.predictor-constant",
        Text(
            en="Predictor {label:text} is the same in every place, so it cannot say which places resemble the served one. Leave it out.",
            fr="Le prédicteur {label:text} est le même dans tous les lieux : il ne peut dire lesquels ressemblent au lieu servi. Retirez-le.",
        ),
        {"label": label},
    )


def none_left(period: str) -> Message:
    """No predictor has a period in the part of the data that is looked at."""
    return Message(
        "sc.predictors-none-left",
        Text(
            en="No predictor is measured in the periods that may be used, up to {period:text}.",
            fr="Aucun prédicteur n'est mesuré aux périodes utilisables, jusqu'à {period:text}.",
        ),
        {"period": period},
    )


# --- how it was done --------------------------------------------------------------------------


def mixed(donors: int, served: int) -> Message:
    """How the counterfactual was formed."""
    each = (
        ("the served place", "du lieu servi")
        if served == 1
        else ("each served place", "de chaque lieu servi")
    )
    return Message(
        "method.sc-mixed-predictors",
        Text(
            en=f"What {each[0]} would have had is a weighted mean of the {{donors:int}} places never served, with weights that are not negative, sum to one and match what was known of it before the service as closely as possible; each mix is proved to be the closest for the weights of its predictors.",
            fr=f"Ce qu'aurait été l'indicateur {each[1]} est une moyenne pondérée des {{donors:int}} lieux jamais servis, aux poids non négatifs de somme un, qui reproduit d'aussi près que possible ce qu'on en savait avant le service ; chaque combinaison est prouvée la plus proche pour les poids de ses prédicteurs.",
        ),
        {"donors": donors},
    )


def matched(labels: Sequence[str]) -> Message:
    """What the mix matches."""
    return Message(
        "method.sc-predictors",
        Text(
            en="The mix matches the served place in {count:int} {count:plural:predictor|predictors} from before the service, averages held against their spread between places: {labels:text}.",
            fr="La combinaison reproduit le lieu servi sur {count:int} {count:plural:prédicteur|prédicteurs} d'avant le service, des moyennes rapportées à leur dispersion entre lieux : {labels:text}.",
        ),
        {"count": len(labels), "labels": ", ".join(labels)},
    )


def nested(starts: int) -> Message:
    """Weights of predictors by the fit of the outcome."""
    return Message(
        "method.sc-nested",
        Text(
            en="How much each predictor counts was chosen so that the mix follows the outcome as closely as possible in all periods before the service; {starts:int} {starts:plural:search|searches} from different beginnings looked for the best choice, for each placebo alike. Other choices may lead to almost the same mix. Where several mixes match the predictors equally well, the one that follows the outcome best was taken.",
            fr="Le poids de chaque prédicteur a été choisi pour que la combinaison suive l'indicateur d'aussi près que possible à toutes les périodes d'avant le service ; {starts:int} {starts:plural:recherche partie d'un point|recherches parties de points différents} ont cherché le meilleur choix, de même pour chaque placebo. D'autres choix peuvent mener presque à la même combinaison. Lorsque plusieurs combinaisons reproduisent aussi bien les prédicteurs, celle qui suit le mieux l'indicateur a été retenue.",
        ),
        {"starts": starts},
    )


def cross_validated(period: str) -> Message:
    """Weights of predictors by cross-validation."""
    return Message(
        "method.sc-cross-validated",
        Text(
            en="How much each predictor counts was chosen so that a mix made from predictors before {period:text} follows the outcome from then until the service; the mix itself was made with predictors from {period:text} on.",
            fr="Le poids de chaque prédicteur a été choisi pour qu'une combinaison fondée sur les prédicteurs d'avant {period:text} suive l'indicateur de là jusqu'au service ; la combinaison retenue se fonde sur les prédicteurs à partir de {period:text}.",
        ),
        {"period": period},
    )


def given() -> Message:
    """Weights of predictors as stated."""
    return Message(
        "method.sc-given",
        Text(
            en="How much each predictor counts is stated in the plan.",
            fr="Le poids de chaque prédicteur est fixé dans le plan d'analyse.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def gaps(label: str, cells: int, units: int) -> Message:
    """Averages over fewer periods than stated."""
    return Message(
        "sc.predictor-gaps",
        Text(
            en="Predictor {label:text} is an average over the periods in which it was measured: {cells:int} {cells:plural:cell is|cells are} missing, in {units:int} {units:plural:place|places}.",
            fr="Le prédicteur {label:text} est une moyenne sur les périodes où il a été mesuré : {cells:int} {cells:plural:case manque|cases manquent}, dans {units:int} {units:plural:lieu|lieux}.",
        ),
        {"label": label, "cells": cells, "units": units},
    )


def all_matched(names: Sequence[str]) -> Message:
    """Predictors that mixes match exactly."""
    return Message(
        "sc.predictors-matched",
        Text(
            en="Some mixes match every predictor of {names:text} exactly, so that weights of predictors decide nothing; of these mixes the one that follows the outcome best was taken.",
            fr="Certaines combinaisons reproduisent exactement tous les prédicteurs de {names:text} : leurs poids ne décident alors de rien ; parmi ces combinaisons, celle qui suit le mieux l'indicateur a été retenue.",
        ),
        {"names": some(names)},
    )


def not_earlier() -> Message:
    """No placebo in time, for want of predictors."""
    return Message(
        "sc.predictors-not-earlier",
        Text(
            en="A service pretended to begin earlier could not be tried: too few predictors were measured before then.",
            fr="Un début simulé plus tôt n'a pas pu être essayé : trop peu de prédicteurs étaient mesurés auparavant.",
        ),
    )
