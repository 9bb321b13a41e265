"""The planned look at parts of the people: floors and directions in the contract's units."""

from __future__ import annotations

from decimal import Decimal

from impacteval.analysis.task import Task, estimate_with
from impacteval.contract import units
from impacteval.diagnostics.subgroups import Subgroups, compared, subgroups
from impacteval.estimates import CounterfactualEstimate
from impacteval.report.findings import Finding
from impacteval.sample import Sample
from impacteval.values import Confidence, Message, Scale, Tail


def subgroups_of(task: Task, sample: Sample, group: str) -> Subgroups | None:
    """The effect in each subgroup of one group's people; None where the plan asks for none."""
    rule = task.analysis.subgroups
    if rule is None or task.analysis.columns.subgroup is None:
        return None
    spec = task.analysis.estimator

    def estimate(part: Sample, scale: Scale, label: str) -> CounterfactualEstimate | Message:
        return estimate_with(spec, part, task, group, f"subgroup {label}", scale=scale)

    at, tail = _floor(task, rule.floor)
    return subgroups(
        sample,
        estimate,
        scale=task.analysis.scale,
        at=at,
        tail=tail,
        multiplicity=rule.multiplicity,
        level=float(rule.level),
        least=rule.least,
    )


def across_groups(task: Task, findings: tuple[Finding, ...]) -> Subgroups | None:
    """The contract's groups against each other; None where the plan asks for no such look."""
    rule = task.analysis.subgroups
    if rule is None or len(findings) < 2:
        return None
    at, tail = _floor(task, rule.floor)
    found = {f.group: _result(f) for f in findings}
    totals = task.analysis.scale is Scale.TOTAL
    return compared(
        found,
        {f.group: _sizes(f) for f in findings},
        at=None if at is None else dict.fromkeys(found, at),
        tail=tail,
        multiplicity=rule.multiplicity,
        level=float(rule.level),
        for_each={} if totals else None,
    )


def _result(finding: Finding) -> CounterfactualEstimate | Message:
    if finding.estimate is not None:
        return finding.estimate
    assert finding.reason is not None, "a finding without an estimate says why"
    return finding.reason


def _sizes(finding: Finding) -> tuple[int, ...]:
    """People measured and analysed, by arm."""
    step = finding.flow[-1]
    if step.treated is None or step.comparison is None:
        return (step.n,)
    return step.treated, step.comparison


def _floor(task: Task, floor: Decimal | None) -> tuple[float | None, Tail]:
    """The floor on the estimator's scale, and the side on which the effect should lie."""
    if floor is None:
        return None, Tail.GREATER
    test = floor_test(task.effect, task.better, floor)
    return test.null, test.tail


def floor_test(effect: str, better: str, floor: Decimal) -> units.RawTest:
    """The raw test whose small p-value says that the contract's number is at least the floor."""
    return units.raw_confidence(effect, better, Confidence(floor, "at_least"))
