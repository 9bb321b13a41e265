"""Did what is paid improve while something that is watched and not paid got worse?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.diagnostics.chance import covariance_of
from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.errors import NotAnswerable
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts
from impacteval.inference.simultaneous import chance_of_smaller, correlation_of
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

EFFORT_SHIFTING = "effort-shifting"


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """An outcome that nobody is paid for, measured by the same design.

    Attributes
    ----------
    name : str
    title : Text
        What people call it.
    better : str
        ``higher`` or ``lower``.
    estimate : CounterfactualEstimate or Message
        Its effect, or why there is none.
    """

    name: str
    title: Text
    better: str
    estimate: CounterfactualEstimate | Message


_NOTHING = Message(
    "effort-shifting.nothing",
    Text(
        en="No outcome that is watched and not paid was estimated by the same design.",
        fr="Aucun indicateur suivi et non payé n'a été estimé selon le même plan d'étude.",
    ),
)
_NO_SIDE = Message(
    "effort-shifting.no-side",
    Text(
        en="The test behind the paid effect has no direction, so whether it improved cannot be asked.",
        fr="Le test de l'effet payé n'a pas de sens de variation : on ne peut demander s'il s'est amélioré.",
    ),
)
_FOUND = Text(
    en="Of {n:int} {n:plural:outcome|outcomes} watched and not paid, “{name}” speaks most for effort moved "
    "away. If none had worsened, chance alone would give as much in {p:percent} of samples, all of them "
    "allowed for; if the paid outcome had not improved, {paid:percent}. So the confidence that one "
    "improved while another worsened is ",
    fr="Parmi {n:int} {n:plural:indicateur suivi et non payé|indicateurs suivis et non payés}, c'est "
    "« {name} » qui évoque le plus un report d'efforts. Si aucun ne s'était dégradé, le seul hasard en "
    "donnerait autant dans {p:percent} des échantillons, tous pris en compte ; si l'indicateur payé ne "
    "s'était pas amélioré, {paid:percent}. La confiance que l'un s'est amélioré pendant qu'un autre se "
    "dégradait est donc de ",
)
_SO_MUCH = Text(en="{confidence:percent}.", fr="{confidence:percent}.")
# A confidence is never whole, and must not be rounded to it.
_ALL_BUT = Text(en="more than {confidence:percent}.", fr="plus de {confidence:percent}.")
_WHOLE = 0.999


def effort_shifting(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    watched: tuple[Watched, ...] = (),
) -> Diagnostic:
    """Whether the paid outcome improved while one that is watched and not paid got worse.

    Two things must hold at once: the paid effect is on the good side of zero, and at least one watched
    effect on the bad side. The p-value of the first is that of the planned estimate; of the second, the
    smallest one-sided p-value among the watched, with all of them allowed for by how their estimates go
    together (their influence values; Bonferroni where that is not known). The statistic is 1 minus the
    larger of the two: a confidence, to be held against 0.95, say. Where the service improves the paid
    outcome and moves nothing else it exceeds the limit with a chance of 1 minus the limit, and less
    often when the paid outcome did not improve.

    A watched outcome may worsen for other reasons than effort that was moved; and effort that was moved
    to where nobody watches goes unseen.

    Parameters
    ----------
    sample : Sample
        Not read.
    limit : float, optional
        The largest confidence that passes, such as 0.95.
    rng : Generator, optional
        Not used: nothing is drawn.
    planned : Planned
        The paid estimate, and which outcomes are good.
    watched : tuple of Watched
        Outcomes that nobody is paid for.

    Returns
    -------
    Diagnostic
        Parts: ``watched`` (``outcome, effect, p_value, adjusted_p_value``, of having worsened, each
        adjusted for all) and ``together`` (``paid_p_value, watched_p_value, joint``: whether the watched
        estimates' correlation was known).

    Raises
    ------
    UsageError
        When `planned` is missing.

    Examples
    --------
    See ``tests/unit/diagnostics/test_effort_shifting.py``.

    References
    ----------
    Holmstrom and Milgrom (1991), Multitask principal-agent analyses. *Journal of Law, Economics, and
    Organization* 7. doi:10.1093/jleo/7.special_issue.24. Berger (1982), Multiparameter hypothesis testing
    and acceptance sampling. *Technometrics* 24(4), on claims that need several rejections.
    """
    limit, known = checked_limit(EFFORT_SHIFTING, limit), needed(EFFORT_SHIFTING, planned)
    if isinstance(known.estimate, Message):
        return not_applicable(EFFORT_SHIFTING, limit, known.estimate)
    told = [
        (w, worse)
        for w in watched
        if (worse := _tail(w.estimate, w.better, good=False)) is not None
    ]
    if not told:
        return not_applicable(EFFORT_SHIFTING, limit, _NOTHING)
    paid = _tail(known.estimate, known.better, good=True)
    if paid is None:
        return not_applicable(EFFORT_SHIFTING, limit, _NO_SIDE)
    estimates = [w.estimate for w, _ in told if not isinstance(w.estimate, Message)]
    covariance = covariance_of([e.influence for e in estimates])
    if covariance is not None:
        # Of how much each worsened: where lower is better that is the estimate turned about.
        turn = np.array([1.0 if w.better == "lower" else -1.0 for w, _ in told])
        covariance = covariance * np.outer(turn, turn)
    joint = covariance is not None and bool((covariance.diagonal() > 0.0).all())
    correlation = correlation_of(covariance) if joint and covariance is not None else None

    def allowed(p: float) -> float:
        if correlation is None:
            return min(1.0, p * len(told))
        return chance_of_smaller(p, correlation, "one")

    first, p = min(told, key=lambda one: (one[1], one[0].name))
    together = allowed(p)
    statistic = 1.0 - max(paid, together)
    values: dict[str, Any] = {
        "n": len(told),
        "name": first.title,
        "p": together,
        "paid": paid,
        "confidence": min(statistic, _WHOLE),
    }
    end = _ALL_BUT if statistic > _WHOLE else _SO_MUCH
    text = Text(en=_FOUND.en + end.en, fr=_FOUND.fr + end.fr)
    return Diagnostic(
        EFFORT_SHIFTING,
        status_of(statistic, limit),
        statistic,
        limit,
        Message("effort-shifting.found", text, values),
        0.5 if joint else None,
        None if limit is None else max(0.0, 1.0 - limit),
        Parts(
            {
                "watched": {
                    "outcome": [w.name for w, _ in told],
                    "effect": [e.effect.value for e in estimates],
                    "p_value": [worse for _, worse in told],
                    "adjusted_p_value": [allowed(worse) for _, worse in told],
                },
                "together": {
                    "paid_p_value": [paid],
                    "watched_p_value": [together],
                    "joint": [joint],
                },
            }
        ),
    )


def _tail(estimate: CounterfactualEstimate | Message, better: str, *, good: bool) -> float | None:
    """p-value of not having moved to the good side (or the bad one); None where there is no such test."""
    if isinstance(estimate, Message) or better not in ("higher", "lower"):
        return None
    up = (better == "higher") is good
    try:
        return float(estimate.effect.p_value(0.0, side="greater" if up else "less"))
    except NotAnswerable:
        return None


EFFORT = DiagnosticEntry(
    EFFORT_SHIFTING,
    Text(en="Effort moved to what is paid", fr="Efforts reportés sur ce qui est payé"),
    Text(
        en="Did what is paid improve while something watched and not paid got worse?",
        fr="Ce qui est payé s'est-il amélioré pendant que quelque chose de suivi et non payé se dégradait ?",
    ),
    Text(
        en="Confidence that the paid outcome improved while a watched one worsened",
        fr="Confiance que l'indicateur payé s'est amélioré pendant qu'un indicateur suivi se dégradait",
    ),
    effort_shifting,
    planned=True,
    watched=True,
)
