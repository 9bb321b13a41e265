"""The finding of an outcome that the contract combines from several designs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.analysis.combine import combine, unknown_error
from impacteval.analysis.evidence import evidence_of
from impacteval.analysis.losses import between
from impacteval.analysis.run import analyse
from impacteval.analysis.task import Task, few_places
from impacteval.contract.rule_sentences import DESIGN_NAMES
from impacteval.contract.rules import CombineRule
from impacteval.decide.typed import combined
from impacteval.estimates import CounterfactualEstimate
from impacteval.report.findings import (
    Alternative,
    DiagnosticFinding,
    Finding,
    FlowStep,
    Loss,
    LossEnd,
    Part,
    people_of,
)
from impacteval.values import Answer, Evidence, Message, PartEstimate, PointEstimate, Text

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.study.preparation import Prepared

_NO_PART = Text(
    en="The combined result needs every design, and {part_name} has no estimate: ",
    fr="Le résultat combiné exige toutes les méthodes, et {part_name} n'a pas d'estimation : ",
)


@dataclass(frozen=True)
class Source:
    """The data of one design's analysis: its columns, and the digest of the table."""

    task: Task
    frame: pd.DataFrame
    digest: str


def analyse_combined(
    rule: CombineRule,
    own: str,
    sources: Mapping[str, Source],
    *,
    prepared: Prepared | None = None,
    blocked: Message | None = None,
) -> tuple[Finding, ...]:
    """Run the planned analysis of each design, and combine them group by group.

    Parameters
    ----------
    rule : CombineRule
        The weights.
    own : str
        The design of the outcome's counterfactual: its people weigh the groups of a pool.
    sources : mapping of design to Source
        One for each design of the rule. The questions of their tasks are those of the whole.
    prepared : Prepared, optional
        The frozen blind step.
    blocked : Message, optional
        Why nothing may be judged, such as a missing lock.
    """
    found: dict[str, dict[str, Finding]] = {}
    people: dict[str, int] = {}
    for design in (own, *(d for d in rule.combine if d != own)):
        source = sources[design]
        alone = {group: (PointEstimate(),) for group in source.task.questions}
        task = replace(
            source.task,
            questions=alone,
            people={**people, **source.task.people},
            seeded=f"{source.task.analysis.outcome} by {design}",
        )
        findings = analyse(
            task, source.frame, data_digest=source.digest, prepared=prepared, blocked=blocked
        )
        found[design] = {finding.group: finding for finding in findings}
        if design == own:
            counted = {f.group: people_of(f) for f in findings}
            people = {group: n for group, n in counted.items() if n is not None}
    tasks = {design: source.task for design, source in sources.items()}
    return tuple(
        _finding(rule, own, tasks, {d: found[d][group] for d in rule.combine}, group, blocked)
        for group in found[own]
    )


def _finding(
    rule: CombineRule,
    own: str,
    tasks: Mapping[str, Task],
    parts: Mapping[str, Finding],
    group: str,
    blocked: Message | None,
) -> Finding:
    main = parts[own]
    reason = blocked or _withheld(parts)
    whole, evidence = _whole(rule, own, tasks, _results(parts), group, reason)
    others = tuple(design for design in parts if design != own)
    return replace(
        main,
        estimate=None if isinstance(whole, Message) else whole,
        reason=reason or (whole if isinstance(whole, Message) else None),
        evidence=evidence,
        entry=" + ".join(finding.entry for finding in parts.values()),
        diagnostics=tuple(
            _check(rule, own, tasks, parts, group, reason, design, check)
            for design in parts
            for check in parts[design].diagnostics
        ),
        alternatives=tuple(
            _alternative(rule, own, tasks, parts, group, reason, design, other)
            for design in parts
            for other in parts[design].alternatives
        ),
        flow=(*main.flow, *(_step(d, step) for d in others for step in parts[d].flow)),
        records=tuple(dict.fromkeys(said for f in parts.values() for said in f.records)),
        treated=frozenset().union(*(finding.treated for finding in parts.values())),
        losses=tuple(
            _loss(rule, own, tasks, parts, group, reason, design, loss)
            for design in parts
            for loss in parts[design].losses
        ),
        parts=tuple(Part(d, rule.combine[d], finding) for d, finding in parts.items()),
    )


_Results = Mapping[str, CounterfactualEstimate | Message]


def _results(parts: Mapping[str, Finding]) -> dict[str, CounterfactualEstimate | Message]:
    return {d: _result(f.estimate, f.reason) for d, f in parts.items()}


def _result(
    estimate: CounterfactualEstimate | None, reason: Message | None
) -> CounterfactualEstimate | Message:
    if estimate is not None:
        return estimate
    assert reason is not None
    return reason


def _whole(
    rule: CombineRule,
    own: str,
    tasks: Mapping[str, Task],
    results: _Results,
    group: str,
    blocked: Message | None,
) -> tuple[CounterfactualEstimate | Message, Evidence]:
    """The combined estimate and what the decision is told, from each design's result."""
    task = tasks[own]
    outcome = task.analysis.outcome
    estimates: dict[str, CounterfactualEstimate] = {}
    for design, result in results.items():
        if isinstance(result, Message):
            text = Text(en=_NO_PART.en + result.text.en, fr=_NO_PART.fr + result.text.fr)
            values = {**result.values, "part_name": DESIGN_NAMES[design]}
            none = Message("combine.no-estimate", text, values)
            return none, Evidence(outcome, group, (), blocked or none)
        estimates[design] = result
    unknown = unknown_error(estimates, {d: t.analysis for d, t in tasks.items()})
    whole = combine(estimates, rule.combine, unknown)
    few = [few_places(_of_part(tasks[d], own, d), e) for d, e in estimates.items()]
    asked = [q for q in task.questions.get(group, ()) if not isinstance(q, PartEstimate)]
    told = evidence_of(
        whole,
        asked,
        outcome=outcome,
        group=group,
        effect=task.effect,
        better=task.better,
        reason=blocked,
        uncertainty=unknown or next((said for said in few if said is not None), None),
        average=task.average,
    )
    numbers = {d: _number(task, estimate) for d, estimate in estimates.items()}
    # A pencil must find the sum: it is made of the parts as they are printed.
    exact = Answer(PointEstimate(), combined(rule, numbers))
    answers = tuple(exact if a.question == exact.question else a for a in told.answers)
    shown = tuple(Answer(PartEstimate(design), number) for design, number in numbers.items())
    return whole, replace(told, answers=(*answers, *shown))


def _of_part(task: Task, own: str, design: str) -> Task:
    """A method that the contract names is that of the outcome's own design."""
    return replace(task, method_named=task.method_named and design == own)


def _number(task: Task, estimate: CounterfactualEstimate) -> Decimal:
    """The estimate of one design in contract units, rounded as every number is."""
    told = evidence_of(
        estimate,
        (PointEstimate(),),
        outcome=task.analysis.outcome,
        group="",
        effect=task.effect,
        better=task.better,
    )
    value = told.answer(PointEstimate()).value
    assert value is not None, "a point estimate is a number"
    return value


def _withheld(parts: Mapping[str, Finding]) -> Message | None:
    """Why the verdict is withheld: the reason of one of the designs, which is named."""
    for design, finding in parts.items():
        why = finding.reason
        if why is not None and finding.estimate is not None:
            text = Text(en="{part_name}: " + why.text.en, fr="{part_name} : " + why.text.fr)
            return Message(why.key, text, {**why.values, "part_name": DESIGN_NAMES[design]})
    return None


def _alternative(
    rule: CombineRule,
    own: str,
    tasks: Mapping[str, Task],
    parts: Mapping[str, Finding],
    group: str,
    blocked: Message | None,
    design: str,
    other: Alternative,
) -> Alternative:
    """The whole with another analysis of one design in the place of the planned one."""
    results = _results(parts) | {design: _result(other.estimate, other.reason)}
    whole, evidence = _whole(rule, own, tasks, results, group, blocked)
    return replace(
        other,
        name=f"{design}-{other.name}",
        title=_named(design, other.title),
        estimate=None if isinstance(whole, Message) else whole,
        reason=whole if isinstance(whole, Message) else None,
        evidence=evidence,
    )


def _loss(
    rule: CombineRule,
    own: str,
    tasks: Mapping[str, Task],
    parts: Mapping[str, Finding],
    group: str,
    blocked: Message | None,
    design: str,
    loss: Loss,
) -> Loss:
    """The whole with either end of one design in the place of its planned analysis."""

    def end(given: LossEnd) -> LossEnd:
        results = _results(parts) | {design: _result(given.estimate, given.reason)}
        whole, evidence = _whole(rule, own, tasks, results, group, blocked)
        return replace(
            given,
            name=f"{design} {given.name}",
            estimate=None if isinstance(whole, Message) else whole,
            reason=whole if isinstance(whole, Message) else None,
            evidence=evidence,
        )

    worse, better = end(loss.worse), end(loss.better)
    return replace(
        loss,
        title=_named(design, loss.title),
        worse=worse,
        better=better,
        interval=between(worse, better),
    )


def _named(design: str, text: Text) -> Text:
    name = DESIGN_NAMES[design]
    return Text(en=f"{text.en} ({name.en})", fr=f"{text.fr} ({name.fr})")


def _check(
    rule: CombineRule,
    own: str,
    tasks: Mapping[str, Task],
    parts: Mapping[str, Finding],
    group: str,
    blocked: Message | None,
    design: str,
    check: DiagnosticFinding,
) -> DiagnosticFinding:
    """A check of one design, under its name; what it runs again stands in the place of that design."""
    return replace(
        check,
        title=_named(design, check.title),
        reruns=tuple(
            _alternative(rule, own, tasks, parts, group, blocked, design, run)
            for run in check.reruns
        ),
    )


def _step(design: str, step: FlowStep) -> FlowStep:
    """A step of another design's flow, under a key of its own."""
    said = step.step
    message = Message(f"{said.key}.{design}", _named(design, said.text), said.values)
    return replace(step, step=message)
