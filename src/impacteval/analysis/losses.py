"""What the loss of people could do to each number, as the decision would be told it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from impacteval.analysis.task import Task, evidence_for
from impacteval.contract import units
from impacteval.errors import DataError, Problem, UsageError
from impacteval.report.findings import Loss, LossEnd
from impacteval.values import Design, Interval, Message, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from impacteval.estimates import CounterfactualEstimate
    from impacteval.sample import Sample

_PARTICIPANTS = Message(
    "losses.participants",
    Text(
        en="These bounds are of the effect of the offer, and the contract is about those who take part.",
        fr="Ces bornes portent sur l'effet de la proposition, et le contrat sur les participants.",
    ),
)


def losses_of(
    task: Task,
    sample: Sample,
    group: str,
    blocked: Message | None,
    treated: frozenset[object],
) -> tuple[Loss, ...]:
    """Bounds on one group where its outcomes may be missing: each end as evidence.

    Every group of an analysis has the same assumptions in the same order, so that pools follow.

    Raises
    ------
    DataError
        When the data contradict what the plan says of them: outcomes outside the declared range, or
        covariates with too many values for cells.
    """
    from impacteval.diagnostics.losses import loss_bounds
    from impacteval.diagnostics.losses_words import TITLES

    analysis = task.analysis
    if analysis.missing_outcome != "attrited" or analysis.design != Design.RCT:
        return ()
    spec = analysis.attrition
    declared = None if spec is None else spec.outcome_range
    try:
        found = loss_bounds(
            sample,
            scale=analysis.scale,
            outcome_range=None if declared is None else (float(declared.low), float(declared.high)),
            within=() if spec is None else spec.within,
        )
    except UsageError as error:
        raise DataError(
            [
                Problem(f"Analysis {task.entry!r}, group {group!r}: {p.what}", p.fix)
                for p in error.problems
            ]
        ) from None
    lost = int((~sample.matrix().measured).sum())
    offered = analysis.estimand != "participants"

    def end(
        kind: str, which: str, estimate: CounterfactualEstimate | None, reason: Message | None
    ) -> LossEnd:
        result = estimate if offered else None
        why = reason if offered else _PARTICIPANTS
        return _end(task, group, f"losses {kind} {which}", result, why, blocked, treated)

    turned = units.factor(task.effect, task.better) < 0
    losses = []
    for bounds in found:
        worse, better = (bounds.high, bounds.low) if turned else (bounds.low, bounds.high)
        losses.append(
            Loss(
                kind=bounds.kind,
                title=TITLES[bounds.kind],
                worse=end(bounds.kind, "worse", worse, bounds.reason),
                better=end(bounds.kind, "better", better, bounds.reason),
                lost=lost,
                interval=bounds.interval if offered else None,
                notes=bounds.notes if offered else (),
            )
        )
    return tuple(losses)


def _end(
    task: Task,
    group: str,
    name: str,
    estimate: CounterfactualEstimate | None,
    reason: Message | None,
    blocked: Message | None,
    treated: frozenset[object],
) -> LossEnd:
    result: CounterfactualEstimate | Message
    if estimate is not None:
        result = estimate.renamed(task.analysis.outcome)
    else:
        assert reason is not None, "bounds that are not there say why"
        result = reason
    return LossEnd(
        name=name,
        estimate=None if isinstance(result, Message) else result,
        reason=result if isinstance(result, Message) else None,
        evidence=evidence_for(task, group, result, blocked),
        treated=treated,
    )


def together(
    losses: Sequence[Sequence[Loss]],
    whole: Callable[[Sequence[LossEnd]], LossEnd],
) -> Iterator[Loss]:
    """The losses of several groups as those of one number.

    Parameters
    ----------
    losses : sequence of sequences
        Of each group, in the same order of assumptions.
    whole : callable
        From an end of every group to that end of the whole.
    """
    for several in zip(*losses, strict=True):
        worse = whole([loss.worse for loss in several])
        better = whole([loss.better for loss in several])
        yield replace(
            several[0],
            worse=worse,
            better=better,
            lost=sum(loss.lost for loss in several),
            interval=between(worse, better),
            notes=(),
        )


def between(worse: LossEnd, better: LossEnd) -> Interval | None:
    """The interval between two ends that were formed anew, whichever is the lower one."""
    from impacteval.diagnostics.losses import interval_between

    if worse.estimate is None or better.estimate is None:
        return None
    ends = sorted((worse.estimate.effect, better.estimate.effect), key=lambda end: end.value)
    return interval_between(*ends)
