"""The planned diagnostics of one group, with what they need to know of the planned estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from impacteval.analysis.task import Task, estimate_with, evidence_for
from impacteval.contract import units
from impacteval.diagnostics import DIAGNOSTICS, run_diagnostic
from impacteval.diagnostics.planned import Planned
from impacteval.errors import DataError, Problem, UsageError
from impacteval.plan import PEOPLE
from impacteval.plugin import Redrawn
from impacteval.progress import span
from impacteval.registry import estimator
from impacteval.report.findings import Alternative, DiagnosticFinding, Method
from impacteval.study.rows import sample_of
from impacteval.study.seeds import step_rng
from impacteval.values import LEAST_SHOWN, Confidence, Message, Scale

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.estimates import CounterfactualEstimate, Rerun
    from impacteval.sample import Sample


def checks_of(
    task: Task,
    sample: Sample,
    rows: pd.DataFrame,
    group: str,
    found: CounterfactualEstimate | Message,
    others: tuple[Rerun, ...] = (),
) -> tuple[DiagnosticFinding, ...]:
    """Every diagnostic that the contract requires or the plan names, on one group.

    `others` are the other planned analyses of the same number.

    Raises
    ------
    DataError
        When these data contradict a setting.
    """
    planned = {d.name: d.limit for d in task.analysis.diagnostics}
    settings = {d.name: d.settings for d in task.analysis.diagnostics}
    names = list(dict.fromkeys([*task.required, *planned]))
    known = replace(planned_of(task, group, found), others=others)
    checks = []
    for name in names:
        # A limit in the contract binds; the plan may add checks, never soften one.
        limit = task.required[name] if name in task.required else planned[name]
        try:
            with span(f"checking {name}", task.analysis.outcome, group, name):
                result = run_diagnostic(
                    name,
                    _sample_for(task, name, sample, rows),
                    limit=None if limit is None else float(limit),
                    rng=step_rng(
                        task.seed, task.seeded or task.analysis.outcome, group, f"diagnostic {name}"
                    ),
                    settings=_settings(task, name, settings.get(name, {})),
                    planned=known,
                    funnel=task.funnels.get(group),
                    watched=task.watched,
                )
        except UsageError as error:  # a setting that these data contradict
            raise DataError(
                [
                    Problem(f"Analysis {task.entry!r}, group {group!r}: {p.what}", p.fix)
                    for p in error.problems
                ]
            ) from None
        entry = DIAGNOSTICS[name]
        checks.append(
            DiagnosticFinding(entry.title, result, name in task.required, measured=entry.statistic)
        )
    return tuple(checks)


def _sample_for(task: Task, name: str, sample: Sample, rows: pd.DataFrame) -> Sample:
    """The planned sample, or the same with the outcomes that a check reads besides."""
    outcomes = tuple(c for d in task.analysis.diagnostics if d.name == name for c in d.outcomes)
    if not outcomes:
        return sample
    other = sample_of(task.analysis, rows, outcomes=outcomes)
    return other if sample.preparation is None else other.prepared(sample.preparation)


def _settings(task: Task, name: str, stated: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings as planned; of people, small parts are never left out and so told."""
    if "least" not in DIAGNOSTICS[name].settings or task.analysis.unit_kind not in PEOPLE:
        return stated
    least = stated.get("least", LEAST_SHOWN)
    return {**stated, "least": max(least, LEAST_SHOWN) if isinstance(least, int) else least}


def decided_again(
    task: Task,
    group: str,
    checks: tuple[DiagnosticFinding, ...],
    method: Method,
    blocked: Message | None,
) -> tuple[DiagnosticFinding, ...]:
    """The checks with what each run of the planned estimator would tell the decision."""
    method = replace(method, concerns=(), justification=None)  # told with the planned estimate

    def told(check: DiagnosticFinding, run: Rerun) -> Alternative:
        found = run.found()
        return Alternative(
            name=f"{check.diagnostic.name} {run.name}",
            title=run.title,
            method=method,
            estimate=None if isinstance(found, Message) else found,
            reason=found if isinstance(found, Message) else None,
            evidence=evidence_for(task, group, found, blocked),
            drawn=run.drawn,
        )

    return tuple(
        replace(check, reruns=tuple(told(check, run) for run in check.diagnostic.reruns))
        for check in checks
    )


def planned_of(task: Task, group: str, found: CounterfactualEstimate | Message) -> Planned:
    """The planned estimate of one group as diagnostics get it: money left behind."""
    spec = task.analysis.estimator

    def again(
        sample: Sample,
        step: str,
        *,
        scale: Scale | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> CounterfactualEstimate | Message:
        return estimate_with(
            spec, sample, task, group, f"diagnostic {step}", scale=scale, settings=settings
        )

    built: Any = estimator(spec.name, **spec.settings)
    settings = {field.name: getattr(built, field.name) for field in fields(built)}
    effects = built.redrawn if isinstance(built, Redrawn) else None
    return Planned(
        found, again, reference_values(task, group), settings, task.better, effects=effects
    )


def reference_values(task: Task, group: str) -> tuple[float, ...]:
    """What the contract asks whether the effect reaches, raw: bare numbers, in order."""
    others = task.elsewhere.get(group, frozenset())
    asked = [question for question in task.questions.get(group, ()) if question not in others]
    return tuple(
        sorted(
            {
                units.raw_confidence(task.effect, task.better, question).null
                for question in asked
                if isinstance(question, Confidence)
            }
        )
    )
