"""The estimates of several designs as one, with the error they have together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from impacteval.analysis.joint import degrees_of, joint_effect
from impacteval.contract.rule_sentences import DESIGN_NAMES, weights_text
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    NoUncertainty,
    Parts,
    Period,
)
from impacteval.inference import weighted_sum
from impacteval.plan import Analysis
from impacteval.values import Message, Scale, Text

NO_ERRORS = Text(
    en=(
        "How the errors of the combined estimates go together is not known: {part_name} gives no "
        "errors of single units."
    ),
    fr=(
        "On ignore comment les erreurs des estimations combinées vont ensemble : {part_name} ne "
        "donne pas les erreurs des unités prises une à une."
    ),
)
OTHER_LEVELS = Message(
    "combine.levels",
    Text(
        en=(
            "How the errors of the combined estimates go together is not known: one is computed by "
            "unit and another by cluster."
        ),
        fr=(
            "On ignore comment les erreurs des estimations combinées vont ensemble : l'une se "
            "calcule par unité, une autre par grappe."
        ),
    ),
)
OTHER_NAMES = Message(
    "combine.names",
    Text(
        en=(
            "How the errors of the combined estimates go together is not known: the analyses do not "
            "name their units in one way, so nobody can tell which units they share."
        ),
        fr=(
            "On ignore comment les erreurs des estimations combinées vont ensemble : les analyses ne "
            "nomment pas leurs unités de la même manière, et nul ne peut dire lesquelles leur sont "
            "communes."
        ),
    ),
)
_TARGET = Text(
    en="The people of each design, weighing as the contract says: {parts}.",
    fr="Les personnes de chaque méthode, avec les poids du contrat : {parts}.",
)
_METHOD = Text(
    en=(
        "Sum of the estimates times the contract's weights; its error is computed from the errors of "
        "every unit in all of them. Units in more than one analysis: {shared:int}."
    ),
    fr=(
        "Somme des estimations multipliées par les poids du contrat ; son erreur est calculée à partir "
        "de celles de chaque unité dans toutes les analyses. Unités présentes dans plusieurs "
        "analyses : {shared:int}."
    ),
)
_METHOD_POINT = Text(
    en="Sum of the estimates times the contract's weights; the error of the sum is not known.",
    fr="Somme des estimations multipliées par les poids du contrat ; l'erreur de la somme n'est pas connue.",
)


def unknown_error(
    estimates: Mapping[str, CounterfactualEstimate], analyses: Mapping[str, Analysis]
) -> Message | None:
    """Why the joint error of the estimates is not known; None when it is.

    Errors are joined over the units that the analyses share. That needs errors by unit, of one
    level, and units that bear the same name in every analysis: independence is never assumed.
    """
    for design, estimate in estimates.items():
        if estimate.influence is None or estimate.effect.std_error is None:
            values = {"part_name": DESIGN_NAMES[design]}
            return Message("combine.no-errors", NO_ERRORS, values)
    levels = {e.influence.level for e in estimates.values() if e.influence is not None}
    if len(levels) > 1:
        return OTHER_LEVELS
    planned = [analyses[design] for design in estimates]
    return None if _one_way(planned, levels == {"cluster"}) else OTHER_NAMES


def _one_way(planned: Sequence[Analysis], clustered: bool) -> bool:
    """Whether a name stands for the same unit, or the same cluster, in every analysis."""
    if clustered:
        columns = {a.columns.cluster or a.columns.assignment_cluster for a in planned}
        return len(columns) == 1
    named = {a.columns.unit is not None for a in planned}
    if named == {True}:
        return len({a.unit_kind for a in planned}) == 1
    # Without identifiers units are rows, which are the same units in the same table only.
    return named == {False} and len({a.data for a in planned}) == 1


def combine(
    estimates: Mapping[str, CounterfactualEstimate],
    weights: Mapping[str, Decimal],
    unknown: Message | None,
) -> CounterfactualEstimate:
    """The weighted sum of several designs' estimates.

    Parameters
    ----------
    estimates : mapping of design to estimate
        On one scale.
    weights : mapping of design to Decimal
        Of the contract; they add up to 1.
    unknown : Message or None
        Why the joint error is not known. Then the sum is a point without uncertainty.

    Notes
    -----
    The variance is that of the sum of every unit's weighted influence values over all designs, so
    a unit in two analyses counts with the covariance of its two errors. On scale ``relative`` the
    counterfactual shown is the one that the combined effect implies.
    """
    parts = [estimates[design] for design in weights]
    by = [float(weight) for weight in weights.values()]
    value = math.fsum(w * e.effect.value for w, e in zip(by, parts, strict=True))
    scale = parts[0].scale
    influence: Influence | None = None
    if unknown is not None:
        effect = Effect(value, NoUncertainty(value))
        method = Message("combine.method-point", _METHOD_POINT)
    else:
        influences = [e.influence for e in parts if e.influence is not None]
        joined = weighted_sum(
            [e.effect.value for e in parts], influences, by, [degrees_of(e) for e in parts]
        )
        effect = joint_effect(scale, joined.value, joined.std_error, joined.df, "")
        influence = joined.influence
        method = Message("combine.method", _METHOD, {"shared": joined.shared})
    observed = math.fsum(w * e.observed for w, e in zip(by, parts, strict=True))
    counterfactual = _counterfactual(scale, observed, effect.value, parts, by)
    low, high = math.nan, math.nan
    if effect.std_error is not None and scale is Scale.DIFFERENCE:
        band = effect.interval(0.95)
        low, high = observed - band.high, observed - band.low
    served = max(e.n_treated for e in parts)
    return CounterfactualEstimate(
        estimator="combine",
        outcome=parts[0].outcome,
        scale=scale,
        design=parts[0].design,
        target=Message("combine.target", _TARGET, {"parts": weights_text(dict(weights))}),
        effect=effect,
        observed=observed,
        counterfactual=counterfactual,
        periods=(Period("all", observed, counterfactual, low, high, served),),
        n_treated=served,
        n_comparison=max(e.n_comparison for e in parts),
        treated_clusters=min(e.treated_clusters for e in parts),
        influence=influence,
        parts=Parts(
            {
                "designs": {
                    "design": list(weights),
                    "weight": by,
                    "effect": [e.effect.value for e in parts],
                    "std_error": [e.effect.std_error for e in parts],
                }
            }
        ),
        notes=tuple(dict.fromkeys(note for e in parts for note in e.notes)),
        method=method,
        settings={"weights": {design: str(weight) for design, weight in weights.items()}},
    )


def _counterfactual(
    scale: Scale,
    observed: float,
    value: float,
    parts: Sequence[CounterfactualEstimate],
    by: Sequence[float],
) -> float:
    match scale:
        case Scale.RELATIVE:
            return observed / (1.0 + value)
        case Scale.DIFFERENCE:
            return observed - value
        case _:
            return math.fsum(w * e.counterfactual for w, e in zip(by, parts, strict=True))
