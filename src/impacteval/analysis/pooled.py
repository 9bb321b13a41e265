"""The finding of a pool, from the findings of its groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from impacteval.analysis.losses import together
from impacteval.analysis.pool import pool
from impacteval.analysis.task import Task, evidence_for
from impacteval.estimates import CounterfactualEstimate
from impacteval.report.findings import Finding, LossEnd, people_of
from impacteval.values import Message, Text


def _of_group(finding: Finding) -> Message:
    """Why the verdict on a pool is withheld: the reason of one of its groups, which is named."""
    why = finding.reason
    assert why is not None
    text = Text(en="{pool_group:text}: " + why.text.en, fr="{pool_group:text} : " + why.text.fr)
    return Message(why.key, text, {**why.values, "pool_group": finding.group})


def pooled(
    task: Task,
    name: str,
    members: tuple[str, ...],
    groups: tuple[Finding, ...],
    blocked: Message | None,
) -> Finding:
    """The finding of a pool, from those of its groups."""
    parts = [next(f for f in groups if f.group == g) for g in members]
    sizes = {f.group: task.people.get(f.group, people_of(f) or 1) for f in parts}
    found = pool(
        {f.group: _result(f.estimate, f.reason) for f in parts},
        sizes,
        repeated=_repeated([f.treated for f in parts]),
        how=task.how,
    )
    held = [f for f in parts if f.reason is not None and f.estimate is not None]
    reason = blocked or (_of_group(held[0]) if held else None)
    alternatives = []
    for k, other in enumerate(parts[0].alternatives):
        others = {f.group: f.alternatives[k] for f in parts}
        again = pool(
            {g: _result(a.estimate, a.reason) for g, a in others.items()},
            sizes,
            repeated=_repeated([a.treated for a in others.values()]),
            how=task.how,
        )
        alternatives.append(
            replace(
                other,
                estimate=None if isinstance(again, Message) else again,
                reason=again if isinstance(again, Message) else None,
                evidence=evidence_for(task, name, again, reason),
                treated=frozenset(),
                method=other.method.together(a.method for a in others.values()),
            )
        )

    def end(ends: Sequence[LossEnd]) -> LossEnd:
        """That end of every group, pooled as the groups themselves are."""
        again = pool(
            {f.group: _result(e.estimate, e.reason) for f, e in zip(parts, ends, strict=True)},
            sizes,
            repeated=_repeated([e.treated for e in ends]),
            how=task.how,
        )
        return LossEnd(
            name=ends[0].name,
            estimate=None if isinstance(again, Message) else again,
            reason=again if isinstance(again, Message) else None,
            evidence=evidence_for(task, name, again, reason),
        )

    return replace(
        parts[0],
        group=name,
        method=parts[0].method.together(f.method for f in parts),
        estimate=None if isinstance(found, Message) else found,
        reason=reason or (found if isinstance(found, Message) else None),
        evidence=evidence_for(task, name, found, reason),
        seed="",
        diagnostics=(),
        alternatives=tuple(alternatives),
        flow=(),
        records=(),
        equity=(),
        losses=tuple(together([f.losses for f in parts], end)),
        # Event studies of groups are not one event study of the pool.
        trends=None,
        subgroups=None,
        cohorts=(),
    )


def _repeated(places: list[frozenset[object]]) -> int:
    """How often a treated place stands in more than one group: a pool counts it once."""
    return sum(map(len, places)) - len(frozenset().union(*places))


def _result(
    estimate: CounterfactualEstimate | None, reason: Message | None
) -> CounterfactualEstimate | Message:
    if estimate is not None:
        return estimate
    assert reason is not None
    return reason
