"""Several groups as one number, with their joint uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    LogRatioT,
    NoUncertainty,
    Parts,
    Period,
    StudentT,
)
from impacteval.inference import weighted_sum
from impacteval.values import Message, Scale, Text

_TARGET = Text(
    en="Everyone counted in the {groups:int} groups, each weighing by its people.",
    fr="Toutes les personnes comptées dans les {groups:int} groupes, chacun pesant selon ses effectifs.",
)
_METHOD = Text(
    en=(
        "Mean of the groups' effects, weighted by people; its error is computed from the errors "
        "of every person, so people shared between groups count once."
    ),
    fr=(
        "Moyenne des effets des groupes, pondérée par les effectifs ; son erreur est calculée à "
        "partir de celles de chaque personne, si bien que les personnes communes ne comptent qu'une fois."
    ),
)
_NO_JOINT = Text(
    en=(
        "The groups cannot be pooled with an honest error: {group} gives no person-by-person "
        "uncertainty."
    ),
    fr=(
        "Les groupes ne peuvent être réunis avec une erreur honnête : {group} ne donne pas "
        "d'incertitude personne par personne."
    ),
)
_NO_GROUP = Text(
    en="The pooled number needs every group, and {group} has no estimate: ",
    fr="Le nombre groupé exige tous les groupes, et {group} n'a pas d'estimation : ",
)


def pool(
    parts: Mapping[str, CounterfactualEstimate | Message], people: Mapping[str, int]
) -> CounterfactualEstimate | Message:
    """The mean of the groups' effects weighted by people, or why there is none.

    Parameters
    ----------
    parts : mapping of group to estimate or reason
        The groups of the pool, in order.
    people : mapping of group to int
        People of each group.

    Notes
    -----
    On scale ``relative`` the pooled effect is the mean of the groups' relative effects, as
    contracts write it, and not the ratio of pooled means; the counterfactual shown is the one
    this effect implies. On scale ``total`` the groups add up.
    """
    found: dict[str, CounterfactualEstimate] = {}
    for group, part in parts.items():
        if isinstance(part, Message):
            lead = _NO_GROUP
            return Message(
                "pool.no-estimate",
                Text(en=lead.en + part.text.en, fr=lead.fr + part.text.fr),
                {"group": group, **part.values},
            )
        found[group] = part
    estimates = list(found.values())
    total = sum(people[g] for g in found)
    adds = estimates[0].scale is Scale.TOTAL
    weights = [1.0 if adds else people[g] / total for g in found]
    shares = [people[g] / total for g in found]
    observed = math.fsum(w * e.observed for w, e in zip(shares, estimates, strict=True))
    value = math.fsum(w * e.effect.value for w, e in zip(weights, estimates, strict=True))
    uncertain = [not isinstance(e.effect.distribution, NoUncertainty) for e in estimates]
    if not any(uncertain):
        effect = Effect(value, NoUncertainty(value))
        influence = None
    else:
        for group, estimate in found.items():
            if estimate.influence is None:
                return Message("pool.no-influence", _NO_JOINT, {"group": group})
        joint = weighted_sum(
            [e.effect.value for e in estimates],
            [e.influence for e in estimates if e.influence is not None],
            weights,
            [_degrees(e) for e in estimates],
        )
        value, influence = joint.value, joint.influence
        if estimates[0].scale is Scale.RELATIVE:
            ratio = LogRatioT(
                math.log1p(value), joint.std_error / (1.0 + value), joint.df, "pooled"
            )
            value = ratio.centre
            effect = Effect(value, ratio, joint.std_error)
        else:
            effect = Effect(
                value, StudentT(value, joint.std_error, joint.df, "pooled"), joint.std_error
            )
    counterfactual = _counterfactual(estimates, shares, observed, value)
    half = effect.interval(0.95) if influence is not None else None
    low, high = (math.nan, math.nan)
    if half is not None and estimates[0].scale is Scale.DIFFERENCE:
        low, high = observed - half.high, observed - half.low
    served = sum(e.n_treated for e in estimates)
    return CounterfactualEstimate(
        estimator=estimates[0].estimator,
        outcome=estimates[0].outcome,
        scale=estimates[0].scale,
        design=estimates[0].design,
        target=Message("pool.target", _TARGET, {"groups": len(found)}),
        effect=effect,
        observed=observed,
        counterfactual=counterfactual,
        periods=(Period("all", observed, counterfactual, low, high, served),),
        n_treated=served,
        n_comparison=sum(e.n_comparison for e in estimates),
        treated_clusters=sum(e.treated_clusters for e in estimates),
        influence=influence,
        parts=Parts(
            {
                "groups": {
                    "group": list(found),
                    "people": [people[g] for g in found],
                    "weight": weights,
                    "effect": [e.effect.value for e in estimates],
                    "std_error": [e.effect.std_error for e in estimates],
                }
            }
        ),
        notes=tuple(dict.fromkeys(note for e in estimates for note in e.notes)),
        method=Message("pool.method", _METHOD),
        settings=estimates[0].settings,
    )


def _degrees(estimate: CounterfactualEstimate) -> float:
    match estimate.effect.distribution:
        case StudentT(df=df) | LogRatioT(df=df):
            return df
        case _:
            return math.inf


def _counterfactual(
    estimates: Sequence[CounterfactualEstimate],
    shares: Sequence[float],
    observed: float,
    value: float,
) -> float:
    match estimates[0].scale:
        case Scale.RELATIVE:
            return observed / (1.0 + value)
        case Scale.DIFFERENCE:
            return observed - value
        case _:
            return math.fsum(w * e.counterfactual for w, e in zip(shares, estimates, strict=True))
