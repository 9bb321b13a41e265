"""Several groups as one ratio: what happened in all of them against what would have happened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from impacteval.analysis.joint import Joint, degrees_of
from impacteval.estimates import CounterfactualEstimate, Effect, Influence, LogRatioT, NoUncertainty
from impacteval.inference import GroupMeans, ratio_of_sums
from impacteval.values import Message, Text

POINT = "pool.sums-point"
"""Key of the note on a ratio of sums whose error is not known."""

_METHOD = Text(
    en=(
        "What happened in all groups together against what would have happened, each group "
        "weighing by its people: one ratio of the two sums. Its error is computed from the errors "
        "of every person on both sums, so people shared between groups count once."
    ),
    fr=(
        "Ce qui s'est passé dans tous les groupes ensemble rapporté à ce qui se serait passé, chaque "
        "groupe pesant selon ses effectifs : un seul rapport des deux sommes. Son erreur est calculée "
        "à partir de celles de chaque personne sur les deux sommes, si bien que les personnes communes "
        "ne comptent qu'une fois."
    ),
)
_METHOD_POINT = Text(
    en=(
        "What happened in all groups together against what would have happened, each group "
        "weighing by its people: one ratio of the two sums, without an error."
    ),
    fr=(
        "Ce qui s'est passé dans tous les groupes ensemble rapporté à ce qui se serait passé, chaque "
        "groupe pesant selon ses effectifs : un seul rapport des deux sommes, sans erreur."
    ),
)
_UNKNOWN = Text(
    en=(
        "A ratio of sums needs the error of what would have happened, and the estimate of "
        "{pool_group:text} does not carry it: only the point estimate of the pooled result is known."
    ),
    fr=(
        "Un rapport de sommes exige l'erreur sur ce qui se serait passé, et l'estimation de "
        "{pool_group:text} ne la donne pas : du résultat groupé, seule l'estimation ponctuelle est connue."
    ),
)
_MIXED = Text(
    en=(
        "A ratio of sums needs errors of one kind, and some groups have them by person and others by "
        "cluster: only the point estimate of the pooled result is known."
    ),
    fr=(
        "Un rapport de sommes exige des erreurs d'une seule sorte, or certains groupes les ont par "
        "personne et d'autres par grappe : du résultat groupé, seule l'estimation ponctuelle est connue."
    ),
)


def sums(groups: Mapping[str, CounterfactualEstimate], shares: Sequence[float]) -> Joint:
    """Sum of observed over sum of counterfactual less one, each group weighing by its share.

    Parameters
    ----------
    groups : mapping of group to estimate
        On scale ``relative``.
    shares : sequence of float
        Shares of people, in the order of the groups.

    Returns
    -------
    Joint
        Without an error, and with a note that says why, where a group does not carry the error of
        its means.
    """
    estimates = list(groups.values())
    missing = _unknown(groups)
    if missing is not None:
        observed, counterfactual = (
            math.fsum(w * getattr(e, name) for w, e in zip(shares, estimates, strict=True))
            for name in ("observed", "counterfactual")
        )
        value = observed / counterfactual - 1.0
        return Joint(
            Effect(value, NoUncertainty(value)), Message(POINT, _METHOD_POINT), notes=(missing,)
        )
    found = ratio_of_sums(
        [
            GroupMeans(e.observed, e.counterfactual, e.influence, degrees_of(e))
            for e in estimates
            if e.influence is not None
        ],
        shares,
    )
    ratio = LogRatioT(found.value, found.std_error, found.df, "pooled")
    times = 1.0 + ratio.centre
    own = found.influence
    return Joint(
        Effect(ratio.centre, ratio, times * found.std_error),
        Message("pool.sums", _METHOD),
        Influence(own.labels, times * own.values, own.level),
    )


def _unknown(groups: Mapping[str, CounterfactualEstimate]) -> Message | None:
    """Why the joint error is not known."""
    for name, estimate in groups.items():
        if estimate.influence is None or estimate.influence.means is None:
            return Message(POINT, _UNKNOWN, {"pool_group": name})
    levels = {e.influence.level for e in groups.values() if e.influence is not None}
    return Message(POINT, _MIXED) if len(levels) > 1 else None


def error_unknown(estimate: CounterfactualEstimate) -> Message | None:
    """Why a pooled estimate answers nothing but its point, where it is a ratio without an error."""
    return next((note for note in estimate.notes if note.key == POINT), None)
