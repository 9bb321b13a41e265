"""Ask a confidence distribution what the contract asks, in contract units, rounded once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from decimal import Decimal

from impacteval.contract import units
from impacteval.decide.sentences import no_audit
from impacteval.errors import NotAnswerable
from impacteval.estimates import CounterfactualEstimate
from impacteval.values import (
    Answer,
    AuditDiscrepancy,
    ClaimedCount,
    Confidence,
    ConfidenceSet,
    CounterfactualMean,
    Evidence,
    ExpectedPayment,
    LowerBound,
    Message,
    PartEstimate,
    PointEstimate,
    PValue,
    Question,
    Text,
    significant,
)

_EMPTY = Message(
    "evidence.empty-set",
    Text(
        en="The test rejects every value at this level, so there is no bound to compare.",
        fr="Le test rejette toutes les valeurs à ce niveau : il n'y a pas de borne à comparer.",
    ),
)


Average = Callable[[ExpectedPayment, CounterfactualEstimate], Answer]
"""What a clause pays on average over the confidence distribution of an estimate."""


def reference_of(estimate: CounterfactualEstimate, effect: str) -> float:
    """The magnitude whose ten digits count, in contract units."""
    return units.magnitude(
        effect, estimate.effect.value, estimate.observed, estimate.counterfactual
    )


def ask(
    estimate: CounterfactualEstimate,
    question: Question,
    *,
    effect: str,
    better: str,
    average: Average | None = None,
) -> Answer:
    """One answer of the estimate's confidence distribution.

    Parameters
    ----------
    estimate : CounterfactualEstimate
        On the scale that the contract's effect asks for.
    question : Question
        What the contract asks.
    effect, better : str
        The contract's effect and direction.
    average : callable, optional
        Answers what a clause pays on average, for the clauses that do.
    """
    reference = reference_of(estimate, effect)
    found = estimate.effect
    try:
        match question:
            case PointEstimate():
                return Answer(
                    question, units.to_decimal(effect, better, found.value, reference=reference)
                )
            case LowerBound():
                bound = units.raw_bound(effect, better, question)
                interval = found.interval(bound.level, bound.side)
                if isinstance(interval, ConfidenceSet) and interval.empty:
                    return Answer(question, None, _EMPTY)
                end = getattr(interval, bound.end)
                return Answer(question, units.to_decimal(effect, better, end, reference=reference))
            case PValue():
                test = units.raw_test(effect, better, question)
                return Answer(question, _chance(found.p_value(test.null, test.tail)))
            case Confidence():
                test = units.raw_confidence(effect, better, question)
                return Answer(question, _chance(1.0 - found.p_value(test.null, test.tail)))
            case ExpectedPayment():
                assert average is not None, "asked where the contract is known"
                return average(question, estimate)
            case AuditDiscrepancy():
                return _discrepancy(question, estimate)
            case ClaimedCount():
                claimed = found.value if estimate.audit is None else estimate.audit.claimed
                return Answer(
                    question, units.to_decimal(effect, better, claimed, reference=reference)
                )
            case CounterfactualMean():
                mean = estimate.counterfactual
                return Answer(question, significant(mean, max(abs(mean), abs(estimate.observed))))
            case PartEstimate():
                raise ValueError("An estimate of one design is asked of that design alone.")
    except NotAnswerable as none:
        return Answer(question, None, none.reason)


def _discrepancy(question: Question, estimate: CounterfactualEstimate) -> Answer:
    """What the audit found wrong; without an audit this is not known, and never taken as nothing."""
    if estimate.audit is None:
        return Answer(question, None, no_audit())
    return Answer(question, significant(estimate.audit.discrepancy, 1.0))


def _chance(value: float) -> Decimal:
    if math.isnan(value):
        raise ValueError("A p-value cannot be NaN.")
    return significant(min(max(value, 0.0), 1.0), 1.0)


def evidence_of(
    estimate: CounterfactualEstimate,
    questions: Iterable[Question],
    *,
    outcome: str,
    group: str,
    effect: str,
    better: str,
    reason: Message | None = None,
    uncertainty: Message | None = None,
    average: Average | None = None,
) -> Evidence:
    """Everything the decision may know about one number.

    Parameters
    ----------
    estimate : CounterfactualEstimate
        The estimate.
    questions : iterable of Question
        What the contract, and the table under other rules, ask.
    reason : Message, optional
        Why nothing may be judged on this number.
    uncertainty : Message, optional
        Why only the point estimate, and what was counted and audited, may be used; then every
        other question is answered with it.
    average : callable, optional
        Answers what a clause pays on average, for the clauses that do.
    """
    answers = tuple(
        Answer(question, None, uncertainty)
        if uncertainty is not None
        and not isinstance(question, PointEstimate | AuditDiscrepancy | ClaimedCount)
        else ask(estimate, question, effect=effect, better=better, average=average)
        for question in dict.fromkeys(questions)
    )
    return Evidence(outcome, group, answers, reason)
