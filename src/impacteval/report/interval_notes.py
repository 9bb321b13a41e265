"""What must be said of an interval that is no plain one, and of questions without an answer.

A set of values that a test does not reject may be empty, may have no end, may be several stretches,
and need not hold the estimate. Each of these is said, on page 1 as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from impacteval.contract import Contract, units
from impacteval.decide import ClauseResult
from impacteval.errors import NotAnswerable
from impacteval.estimates import CounterfactualEstimate, StepFunction, TestInversion
from impacteval.report.findings import Finding
from impacteval.report.losses import unit_after
from impacteval.report.record_values import Said
from impacteval.values import (
    Confidence,
    ConfidenceSet,
    Message,
    Text,
    significant,
    written,
)

LEVELS = (0.95, 0.90)
"""The two-sided levels that a report prints; the wider set first."""

_EMPTY = Text(
    en="At {level:percent} no size of effect is left.",
    fr="À {level:percent}, il ne reste aucune taille d'effet.",
)
_NO_END = {
    "both": Text(
        en="At {level:percent} no size of effect is excluded, in either direction.",
        fr="À {level:percent}, aucune taille d'effet n'est exclue, dans aucun sens.",
    ),
    "low": Text(
        en="At {level:percent} the interval has no lower end.",
        fr="À {level:percent}, l'intervalle n'a pas de borne inférieure.",
    ),
    "high": Text(
        en="At {level:percent} the interval has no upper end.",
        fr="À {level:percent}, l'intervalle n'a pas de borne supérieure.",
    ),
}
_OUTSIDE = Text(
    en=(
        "The estimate itself is not among the values that its test leaves at {level:percent}: the "
        "number and its interval say different things, and neither should be read alone."
    ),
    fr=(
        "L'estimation elle-même n'est pas parmi les valeurs que son test laisse à {level:percent} : le "
        "chiffre et son intervalle disent deux choses différentes, et aucun ne se lit seul."
    ),
)
NO_SIDE = "distribution.no-side"
"""Reason of a test without direction against a question that has one."""
_TOLD = (NO_SIDE, "evidence.few-places")
"""Reasons against an answer that page 1 gives with a mix of places."""
_UNANSWERED = Text(
    en="Confidence that the true effect passes, or that it is nothing or harm: not answerable.",
    fr="Confiance que l'effet réel passe, ou qu'il soit nul ou négatif : sans réponse possible.",
)


def interval_notes(
    estimate: CounterfactualEstimate | None,
    contract: Contract,
    outcome: str,
    levels: tuple[float, ...] = LEVELS,
) -> tuple[Said, ...]:
    """What must be said of the two-sided intervals of an estimate; nothing of a plain one.

    Parameters
    ----------
    estimate : CounterfactualEstimate or None
        The estimate.
    contract : Contract
        For its units.
    outcome : str
        Name of the outcome.
    levels : tuple of float
        Of the intervals, the widest first.
    """
    if estimate is None:
        return ()
    told: dict[str, Message] = {}
    for level in levels:
        try:
            found = estimate.effect.interval(level)
        except NotAnswerable:
            continue
        if isinstance(found, ConfidenceSet):
            for kind, message in _of_set(found, estimate, contract, outcome):
                told.setdefault(kind, message)
    return tuple(Said.of(message) for message in told.values())


def _of_set(
    found: ConfidenceSet, estimate: CounterfactualEstimate, contract: Contract, outcome: str
) -> Iterator[tuple[str, Message]]:
    """Each peculiarity by its kind: what holds of the wider set is not said of the narrower again."""
    values: dict[str, Any] = {"level": found.level}
    if found.empty:
        yield "empty", _because(Message("interval.empty", _EMPTY, values), found.note)
        return
    described = contract.outcomes[outcome]
    turned = units.factor(described.effect, described.better) < 0
    below, above = math.isinf(found.low), math.isinf(found.high)
    if below or above:
        open_ = "both" if below and above else "low" if below is not turned else "high"
        said = Message(f"interval.open-{open_}", _NO_END[open_], values)
        yield f"open-{open_}", _because(said, found.note)
    if len(found.pieces) > 1:
        yield f"pieces-{found.level}", _pieces(found, estimate, contract, outcome)
    if estimate.effect.value not in found:
        yield "outside", Message("interval.outside", _OUTSIDE, values)


def _because(said: Message, why: Message | None) -> Message:
    """A sentence and the reason behind it."""
    if why is None:
        return said
    text = Text(en=f"{said.text.en} {why.text.en}", fr=f"{said.text.fr} {why.text.fr}")
    return Message(said.key, text, {**why.values, **said.values})


def _pieces(
    found: ConfidenceSet, estimate: CounterfactualEstimate, contract: Contract, outcome: str
) -> Message:
    """The stretches, one by one, in contract units."""
    described = contract.outcomes[outcome]
    reference = units.magnitude(
        described.effect, estimate.effect.value, estimate.observed, estimate.counterfactual
    )

    def ends(piece: tuple[float, float]) -> list[Any]:
        return sorted(
            units.to_decimal(described.effect, described.better, end, reference=reference)
            for end in piece
        )

    values: dict[str, Any] = {
        "level": found.level,
        "n": len(found.pieces),
        "unit": unit_after(contract, outcome),
    }
    en, fr = [], []
    for k, (low, high) in enumerate(sorted(map(ends, found.pieces))):
        values |= {f"low_{k}": low, f"high_{k}": high}
        said_en = f"{{low_{k}:number}} to {{high_{k}:number}}"
        said_fr = f"de {{low_{k}:number}} à {{high_{k}:number}}"
        if not low.is_finite():
            said_en, said_fr = f"{{high_{k}:number}} or less", f"{{high_{k}:number}} ou moins"
        elif not high.is_finite():
            said_en, said_fr = f"{{low_{k}:number}} or more", f"{{low_{k}:number}} ou plus"
        en.append(said_en)
        fr.append(said_fr)
    text = Text(
        en=f"At {{level:percent}} the effects that cannot be ruled out are {{n:int}} separate "
        f"stretches: {'; '.join(en)}{{unit}}. What lies between them is ruled out.",
        fr=f"À {{level:percent}}, les effets qu'on ne peut exclure forment {{n:int}} plages séparées : "
        f"{' ; '.join(fr)}{{unit}}. Ce qui se trouve entre elles est exclu.",
    )
    return Message("interval.pieces", text, values)


COARSE = 0.001
"""A test whose smallest p-value is above this tells less than one decimal of a percent shows."""


def finest(estimate: CounterfactualEstimate | None) -> str | None:
    """The smallest p-value that a test by ranks can give; None where it is finer than what is shown.

    Chances from such a test are no finer either: that no placebo is as large says "less than one in
    fourteen", and not "never".
    """
    if estimate is None or not isinstance(estimate.effect.distribution, TestInversion):
        return None
    sided = (estimate.effect.distribution.greater, estimate.effect.distribution.less)
    found = [
        float(values[values > 0.0].min())
        for function in sided
        if isinstance(function, StepFunction)
        for values in (function.at, function.between)
        if (values > 0.0).any()
    ]
    smallest = min(found, default=0.0)
    return written(significant(smallest, 1.0)) if smallest > COARSE else None


def remarks(finding: Finding | None, clause: ClauseResult, contract: Contract) -> tuple[Said, ...]:
    """What page 1 must say under a clause: of its interval, and of what its test cannot answer.

    Parameters
    ----------
    finding : Finding or None
        Whose number the clause compared.
    clause : ClauseResult
        The clause.
    contract : Contract
        For its units.
    """
    if finding is None:
        return ()
    # Page 1 shows the wider interval alone.
    found = list(interval_notes(finding.estimate, contract, finding.outcome, LEVELS[:1]))
    mixed = finding.analysis.design == "synthetic_control"
    if mixed and clause.threshold is not None and clause.operator is not None:
        question = Confidence(clause.threshold, clause.operator)
        try:
            reason = finding.evidence.answer(question).reason
        except KeyError:
            reason = None
        if reason is not None and reason.key in _TOLD:
            said = _because(Message("clause.unanswered", _UNANSWERED), reason)
            found.append(Said.of(said))
    return tuple(found)
