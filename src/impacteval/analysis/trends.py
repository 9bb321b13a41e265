"""What trends that were not parallel leave possible, as the decision would be told it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.analysis.evidence import reference_of
from impacteval.analysis.task import Task, few_places
from impacteval.contract import units
from impacteval.report.findings import Breakdown, TrendCheck, TrendSet
from impacteval.values import (
    Answer,
    Confidence,
    Evidence,
    Interval,
    LowerBound,
    Message,
    PointEstimate,
    Question,
    Side,
    Text,
)

if TYPE_CHECKING:
    from impacteval.diagnostics.parallel_trends import Trends
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.inference.honest.restrictions import Kind

_OTHER_RULE = Message(
    "trends.other-rule",
    Text(
        en="A set of effects answers a rule on a number or on a bound, not this one.",
        fr="Un ensemble d'effets répond à une règle sur un nombre ou sur une borne, pas à celle-ci.",
    ),
)


def asked_for(task: Task, group: str) -> tuple[tuple[Decimal, float], ...]:
    """Each number that a clause asks of a group, in contract units and raw.

    Every clause with a threshold is also asked with what confidence it is reached.
    """
    found = {
        question.at: units.to_raw(task.effect, task.better, float(question.at))
        for question in task.questions.get(group, ())
        if isinstance(question, Confidence) and question.at != 0
    }
    return tuple(found.items())


def trends_check(
    task: Task, group: str, found: CounterfactualEstimate | Message, blocked: Message | None
) -> TrendCheck | None:
    """Sets under differing trends with what would be decided at their worse ends.

    Only where the plan or the contract asks for `honest-did` and it applies.

    Parameters
    ----------
    task : Task
    group : str
    found : CounterfactualEstimate or Message
        The planned estimate, or the reason why there is none.
    blocked : Message or None
        Why nothing may be judged.
    """
    from impacteval.diagnostics.parallel_trends import HONEST, LEVEL, SIZES, trends_of
    from impacteval.diagnostics.parallel_trends_words import TITLES

    named = {*task.required, *(d.name for d in task.analysis.diagnostics)}
    if HONEST not in named:
        return None
    trends = trends_of(found)
    if isinstance(found, Message) or isinstance(trends, Message):
        return None
    sets = []
    for kind, m in SIZES:
        own = trends.robust(kind, m)
        method = "FLCI" if kind == "smoothness" else "C-LF"
        sets.append(
            TrendSet(
                name=f"trends {kind} {m:g}",
                title=TITLES[kind, m],
                restriction=kind,
                m=m,
                interval=Interval(own.low, own.high, level=LEVEL, side=Side.TWO, method=method),
                evidence=_evidence(task, group, found, trends, kind, m, blocked),
            )
        )
    return TrendCheck(
        sets=tuple(sets),
        breakdowns=tuple(
            _breakdown(task, group, trends, at, raw) for at, raw in asked_for(task, group)
        ),
    )


_USUAL = LowerBound(Decimal("0.95"), "two")


def _breakdown(task: Task, group: str, trends: Trends, at: Decimal, raw: float) -> Breakdown:
    """What brings a number that is asked for into the set, at the level and side of the contract.

    A bound that does not reach the number even with parallel trends is not moved over it by trends
    that differ: then the usual interval says how far the number is from both sides.
    """
    bound = task.bounds.get(group, _USUAL)
    own = units.raw_bound(task.effect, task.better, bound)
    times = trends.breakdown("relative_magnitudes", raw, level=own.level, side=own.side.value)
    if times is None:
        bound = _USUAL
        own = units.raw_bound(task.effect, task.better, bound)
        times = trends.breakdown("relative_magnitudes", raw, level=own.level, side=own.side.value)
    bend = trends.breakdown("smoothness", raw, level=own.level, side=own.side.value)
    return Breakdown(at, times, bend, bound.level, bound.sides)


def _evidence(
    task: Task,
    group: str,
    estimate: CounterfactualEstimate,
    trends: Trends,
    kind: Kind,
    m: float,
    blocked: Message | None,
) -> Evidence:
    """What the worse end of a set answers: as the estimate, or as the bound that is asked for."""
    reference = reference_of(estimate, task.effect)
    uncertain = few_places(task, estimate)

    def answer(question: Question) -> Answer:
        if isinstance(question, PointEstimate):
            bound = _USUAL
        elif isinstance(question, LowerBound):
            if uncertain is not None:
                return Answer(question, None, uncertain)
            bound = question
        else:
            return Answer(question, None, _OTHER_RULE)
        raw = units.raw_bound(task.effect, task.better, bound)
        found = trends.robust(kind, m, level=raw.level, side=raw.side.value)
        end = found.low if raw.end == "low" else found.high
        value = units.to_decimal(task.effect, task.better, end, reference=reference)
        return Answer(question, value)

    answers = tuple(answer(q) for q in dict.fromkeys(task.questions.get(group, ())))
    return Evidence(task.analysis.outcome, group, answers, blocked)
