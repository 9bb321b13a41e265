"""Several groups as one number, with their joint uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from impacteval.analysis.joint import Joint, degrees_of, joint_effect
from impacteval.analysis.sums import sums
from impacteval.contract.model import Pooling
from impacteval.estimates import (
    Against,
    AuditFinding,
    CounterfactualEstimate,
    Effect,
    NoUncertainty,
    Parts,
    Period,
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
_METHOD_BOUND = Text(
    en=(
        "Mean of the groups' effects, weighted by people. How the groups' errors go together is "
        "unknown, so the largest error they can have together is used."
    ),
    fr=(
        "Moyenne des effets des groupes, pondérée par les effectifs. On ignore comment les erreurs "
        "des groupes vont ensemble : la plus grande erreur commune possible est retenue."
    ),
)
_METHOD_POINT = Text(
    en="Mean of the groups' effects, weighted by people; at least one group has no error.",
    fr="Moyenne des effets des groupes, pondérée par les effectifs ; un groupe au moins n'a pas d'erreur.",
)
_UNKNOWN = Message(
    "pool.correlation-unknown",
    Text(
        en="Correlation of the groups unknown: the error of the pooled result is an upper bound.",
        fr="Corrélation des groupes inconnue : l'erreur du résultat groupé est un majorant.",
    ),
)
_NOBODY = Message(
    "pool.nobody",
    Text(
        en="The groups have no people, so they cannot be weighed by people.",
        fr="Les groupes ne comptent personne : on ne peut les pondérer par leurs effectifs.",
    ),
)
_NO_GROUP = Text(
    en="The pooled result needs every group, and {pool_group:text} has no estimate: ",
    fr="Le résultat groupé exige tous les groupes, et {pool_group:text} n'a pas d'estimation : ",
)


def pool(
    parts: Mapping[str, CounterfactualEstimate | Message],
    people: Mapping[str, int],
    *,
    repeated: int = 0,
    how: Pooling = "mean_of_effects",
) -> CounterfactualEstimate | Message:
    """The groups as one number, each weighing by its people, or why there is none.

    Parameters
    ----------
    parts : mapping of group to estimate or reason
        The groups of the pool, in order.
    people : mapping of group to int
        People of each group.
    repeated : int
        How often a treated place stands in more than one group.
    how : str
        ``"mean_of_effects"``, the mean of the groups' effects, or ``"ratio_of_sums"``, what
        happened in all groups against what would have happened. On scales ``difference`` and
        ``total`` both are the same number.

    Notes
    -----
    The error is that of the sum over every person (or cluster) when each part gives its influence
    values; otherwise the sum of the parts' errors, the largest there can be. When a part has no
    error at all, the pooled estimate has none.

    On scale ``relative`` the pooled effect is the mean of the groups' relative effects, as
    contracts write it, and not the ratio of pooled means; the counterfactual shown is the one
    this effect implies. A ratio of sums is of the means themselves (`sums`). On scale ``total`` the
    groups add up.
    """
    found: dict[str, CounterfactualEstimate] = {}
    for group, part in parts.items():
        if isinstance(part, Message):
            lead = _NO_GROUP
            return Message(
                "pool.no-estimate",
                Text(en=lead.en + part.text.en, fr=lead.fr + part.text.fr),
                {**part.values, "pool_group": group},
            )
        found[group] = part
    estimates = list(found.values())
    total = sum(people[g] for g in found)
    if total <= 0:
        return _NOBODY
    shares = [people[g] / total for g in found]
    adds = estimates[0].scale is Scale.TOTAL
    weights = [1.0] * len(shares) if adds else shares
    observed = math.fsum(w * e.observed for w, e in zip(shares, estimates, strict=True))
    ratio = how == "ratio_of_sums" and estimates[0].scale is Scale.RELATIVE
    joint = sums(found, shares) if ratio else _joint(estimates, weights)
    effect = joint.effect
    counterfactual = (
        _mean(estimates, shares)
        if ratio
        else _counterfactual(estimates, shares, observed, effect.value)
    )
    low, high = _band(effect, estimates[0].scale, observed)
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
        treated_clusters=max(
            sum(e.treated_clusters for e in estimates) - repeated,
            *(e.treated_clusters for e in estimates),
        ),
        influence=joint.influence,
        parts=Parts(
            {
                "groups": {
                    "group": list(found),
                    "people": [people[g] for g in found],
                    "weight": weights,
                    "effect": [e.effect.value for e in estimates],
                    "std_error": [e.effect.std_error for e in estimates],
                    **(_means_of(estimates) if ratio else {}),
                }
            }
        ),
        notes=(*dict.fromkeys(note for e in estimates for note in e.notes), *joint.notes),
        method=joint.method,
        settings=estimates[0].settings,
        audit=_audit(estimates) if adds else None,
        against=_against(estimates),
    )


def _band(effect: Effect, scale: Scale, observed: float) -> tuple[float, float]:
    """The counterfactuals that go with the ends of the effect's interval; NaN where none do."""
    if effect.std_error is None:
        return math.nan, math.nan
    band = effect.interval(0.95)
    if scale is Scale.DIFFERENCE:
        return observed - band.high, observed - band.low
    # What happened is one plus the effect times what would have happened.
    if scale is Scale.RELATIVE and band.low > -1.0 and math.isfinite(band.high):
        return observed / (1.0 + band.high), observed / (1.0 + band.low)
    return math.nan, math.nan


def _against(estimates: Sequence[CounterfactualEstimate]) -> Against:
    """What every part is held against, and the data where parts differ."""
    kinds = {e.against for e in estimates}
    return estimates[0].against if len(kinds) == 1 else "data"


def _audit(estimates: Sequence[CounterfactualEstimate]) -> AuditFinding | None:
    """The audits of counts that add up, each by what was claimed; none where one is missing."""
    audits = [e.audit for e in estimates if e.audit is not None]
    claimed = math.fsum(a.claimed for a in audits)
    if len(audits) < len(estimates) or not claimed > 0:
        return None
    return AuditFinding(
        claimed=claimed,
        cases=sum(a.cases for a in audits),
        checked=sum(a.checked for a in audits),
        wrong=sum(a.wrong for a in audits),
        discrepancy=math.fsum(a.claimed * a.discrepancy for a in audits) / claimed,
    )


def _joint(estimates: Sequence[CounterfactualEstimate], weights: Sequence[float]) -> Joint:
    values = [e.effect.value for e in estimates]
    value = math.fsum(w * v for w, v in zip(weights, values, strict=True))
    degrees = [degrees_of(e) for e in estimates]
    errors = [e.effect.std_error for e in estimates if e.effect.std_error is not None]
    if len(errors) < len(estimates):
        return Joint(Effect(value, NoUncertainty(value)), Message("pool.point", _METHOD_POINT))
    influences = [e.influence for e in estimates if e.influence is not None]
    if len(influences) == len(estimates) and len({i.level for i in influences}) == 1:
        found = weighted_sum(values, influences, weights, degrees)
        return Joint(
            joint_effect(estimates[0].scale, found.value, found.std_error, found.df, "pooled"),
            Message("pool.method", _METHOD),
            found.influence,
        )
    largest = math.fsum(abs(w) * s for w, s in zip(weights, errors, strict=True))
    label = "pooled, correlation unknown: upper bound"
    return Joint(
        joint_effect(estimates[0].scale, value, largest, min(degrees), label),
        Message("pool.method-bound", _METHOD_BOUND),
        notes=(_UNKNOWN,),
    )


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
            return _mean(estimates, shares)


def _mean(estimates: Sequence[CounterfactualEstimate], shares: Sequence[float]) -> float:
    """What would have happened on average over everyone in the groups."""
    return math.fsum(w * e.counterfactual for w, e in zip(shares, estimates, strict=True))


def _means_of(estimates: Sequence[CounterfactualEstimate]) -> dict[str, list[float]]:
    return {
        "observed": [e.observed for e in estimates],
        "counterfactual": [e.counterfactual for e in estimates],
    }
