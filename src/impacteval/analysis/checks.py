"""The planned diagnostics of one group, with what they need to know of the planned estimate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from impacteval.analysis.task import Task, estimate_with
from impacteval.contract import units
from impacteval.diagnostics import DIAGNOSTICS, run_diagnostic
from impacteval.diagnostics.planned import Planned
from impacteval.errors import DataError, Problem, UsageError
from impacteval.report.findings import DiagnosticFinding
from impacteval.study.seeds import step_rng
from impacteval.values import Confidence, Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.sample import Sample


def checks_of(
    task: Task, sample: Sample, group: str, found: CounterfactualEstimate | Message
) -> tuple[DiagnosticFinding, ...]:
    """Every diagnostic that the contract requires or the plan names, on one group.

    Raises
    ------
    DataError
        When these data contradict a setting.
    """
    planned = {d.name: d.limit for d in task.analysis.diagnostics}
    settings = {d.name: d.settings for d in task.analysis.diagnostics}
    names = list(dict.fromkeys([*task.required, *planned]))
    known = planned_of(task, group, found)
    checks = []
    for name in names:
        # A limit in the contract binds; the plan may add checks, never soften one.
        limit = task.required[name] if name in task.required else planned[name]
        try:
            result = run_diagnostic(
                name,
                sample,
                limit=None if limit is None else float(limit),
                rng=step_rng(
                    task.seed, task.seeded or task.analysis.outcome, group, f"diagnostic {name}"
                ),
                settings=settings.get(name),
                planned=known,
            )
        except UsageError as error:  # a setting that these data contradict
            raise DataError(
                [
                    Problem(f"Analysis {task.entry!r}, group {group!r}: {p.what}", p.fix)
                    for p in error.problems
                ]
            ) from None
        checks.append(DiagnosticFinding(DIAGNOSTICS[name].title, result, name in task.required))
    return tuple(checks)


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

    return Planned(found, again, reference_values(task, group))


def reference_values(task: Task, group: str) -> tuple[float, ...]:
    """What the contract asks whether the effect reaches, raw: bare numbers, in order."""
    asked = task.questions.get(group, ())
    return tuple(
        sorted(
            {
                units.raw_confidence(task.effect, task.better, question).null
                for question in asked
                if isinstance(question, Confidence)
            }
        )
    )
