"""One planned analysis, group by group: sample, preparation, estimate, diagnostics, evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.analysis.evidence import evidence_of
from impacteval.analysis.pool import pool
from impacteval.errors import (
    ImpactEvalError,
    LockError,
    NotIdentified,
    PluginError,
)
from impacteval.estimates import CounterfactualEstimate, Diagnostic, DiagnosticStatus, Parts
from impacteval.plan import Analysis, EstimatorSpec, Robustness
from impacteval.registry import entry as registered
from impacteval.registry import estimator
from impacteval.report.findings import Alternative, DiagnosticFinding, Finding, FlowStep, Method
from impacteval.report.grade import FEW_TREATED
from impacteval.sample import Preparation, Sample
from impacteval.study.locking import blind_step
from impacteval.study.rows import sample_of, select
from impacteval.study.seeds import step_rng, step_seed
from impacteval.values import Evidence, Message, Question, Text

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.study.preparation import Prepared


@dataclass(frozen=True)
class Task:
    """All that the analysis of one outcome needs to know, and nothing about amounts.

    Attributes
    ----------
    entry : str
        Name of the analysis in the plan.
    analysis : Analysis
        The planned analysis.
    effect, better : str
        The contract's effect and direction, for the unit of the evidence.
    groups : tuple of str
        Groups that are estimated; ``("all",)`` without groups.
    questions : mapping of group to questions
        What the contract and the other rules ask of each number.
    required : mapping of diagnostic to limit
        Checks that the contract lets withhold the verdict.
    method_named : bool
        Whether the contract names the method, so that few treated places do not withhold.
    seed : int
        The plan's seed.
    pools : tuple of (name, groups)
        Pools that a clause may compare.
    people : mapping of group to int
        People that the contract states; those served in the data otherwise.
    """

    entry: str
    analysis: Analysis
    effect: str
    better: str
    groups: tuple[str, ...]
    questions: Mapping[str, tuple[Question, ...]]
    required: Mapping[str, Decimal | None]
    method_named: bool
    seed: int
    pools: tuple[tuple[str, tuple[str, ...]], ...] = ()
    people: Mapping[str, int] = field(default_factory=dict)


# --- from samples to estimates ----------------------------------------------------------------


def method_of(spec: EstimatorSpec) -> Method:
    """The estimator as the report names it."""
    found = registered(spec.name)
    return Method(spec.name, found.package, found.version, found.cls.card, spec.settings)


def estimate_with(
    spec: EstimatorSpec, sample: Sample, task: Task, group: str, step: str
) -> CounterfactualEstimate | Message:
    """The estimate, or the reason why these valid data have none.

    Raises
    ------
    PluginError
        When the estimator returns something else or fails in a way that is not its place.
    """
    found = registered(spec.name)
    rng = step_rng(task.seed, task.analysis.outcome, group, step)
    try:
        result = estimator(spec.name, **spec.settings).estimate(
            sample, scale=task.analysis.scale, rng=rng
        )
    except NotIdentified as none:
        return none.reason
    except ImpactEvalError:
        raise
    except (Exception, SystemExit) as error:  # an estimator may not end the run as if it were done
        raise PluginError(
            f"The estimator {spec.name!r} failed on outcome {task.analysis.outcome!r}, group "
            f"{group!r}: {type(error).__name__}: {error}.",
            package=found.package,
        ) from error
    if not isinstance(result, CounterfactualEstimate):
        raise PluginError(
            f"The estimator {spec.name!r} returned {type(result).__name__}, not an estimate.",
            package=found.package,
        )
    if result.estimator != spec.name:
        raise PluginError(
            f"The estimator {spec.name!r} signed its estimate as {result.estimator!r}.",
            package=found.package,
        )
    if result.scale != task.analysis.scale:
        raise PluginError(
            f"The estimator {spec.name!r} was asked for scale {task.analysis.scale} "
            f"and answered on {result.scale}.",
            package=found.package,
        )
    return result.renamed(task.analysis.outcome)


_FEW = Text(
    en=(
        "The programme was assigned to only {places:int} {places:plural:place|places}: the interval covers chance "
        "between people and not what else happened in these places, and the contract does not "
        "name the method."
    ),
    fr=(
        "Le programme n'a été attribué qu'à {places:int} {places:plural:lieu|lieux} : l'intervalle couvre le hasard "
        "entre les personnes et non ce qui s'est passé par ailleurs dans ces lieux, et le contrat "
        "ne nomme pas la méthode."
    ),
)


def _few_places(task: Task, estimate: CounterfactualEstimate) -> Message | None:
    if estimate.treated_clusters >= FEW_TREATED or task.method_named:
        return None
    return Message("evidence.few-places", _FEW, {"places": estimate.treated_clusters})


def evidence_for(
    task: Task, group: str, found: CounterfactualEstimate | Message, blocked: Message | None
) -> Evidence:
    """The evidence on one number, whatever became of its estimate."""
    if isinstance(found, Message):
        return Evidence(task.analysis.outcome, group, (), blocked or found)
    return evidence_of(
        found,
        task.questions.get(group, ()),
        outcome=task.analysis.outcome,
        group=group,
        effect=task.effect,
        better=task.better,
        reason=blocked,
        uncertainty=_few_places(task, found),
    )


# --- diagnostics ------------------------------------------------------------------------------


def _diagnose(task: Task, sample: Sample, group: str) -> tuple[DiagnosticFinding, ...]:
    from impacteval.diagnostics import DIAGNOSTICS, run_diagnostic

    planned = {d.name: d.limit for d in task.analysis.diagnostics}
    names = list(dict.fromkeys([*task.required, *planned]))
    found = []
    for name in names:
        # A limit in the contract binds; the plan may add checks, never soften one.
        limit = task.required[name] if name in task.required else planned[name]
        result = run_diagnostic(
            name,
            sample,
            limit=None if limit is None else float(limit),
            rng=step_rng(task.seed, task.analysis.outcome, group, f"diagnostic {name}"),
        )
        found.append(DiagnosticFinding(DIAGNOSTICS[name].title, result, name in task.required))
    return tuple(found)


_REQUIRED = Text(
    en="The contract requires this check, and it failed: ",
    fr="Le contrat exige ce contrôle, et il a échoué : ",
)
_REQUIRED_NONE = Text(
    en="The contract requires this check, and it could not be made: ",
    fr="Le contrat exige ce contrôle, et il n'a pas pu être fait : ",
)


def _withheld(checks: tuple[DiagnosticFinding, ...]) -> Message | None:
    """Why the contract withholds the verdict, None when every required check passed."""
    for check in checks:
        found: Diagnostic = check.diagnostic
        if not check.required or found.status is DiagnosticStatus.PASSED:
            continue
        failed = found.status is DiagnosticStatus.FAILED
        lead = _REQUIRED if failed else _REQUIRED_NONE
        said = found.explanation
        return Message(
            f"evidence.required.{found.name}",
            Text(en=lead.en + said.text.en, fr=lead.fr + said.text.fr),
            said.values,
        )
    return None


# --- one group --------------------------------------------------------------------------------


def _prepared_sample(task: Task, sample: Sample, group: str, prepared: Prepared | None) -> Sample:
    """The sample on the frozen blind step; refuses when the step is not the one frozen."""
    if prepared is None:
        return sample
    frozen = prepared.of(task.entry, group)
    if frozen is None:
        raise LockError(
            f"Nothing was frozen for analysis {task.entry!r}, group {group!r}: "
            "run `impacteval prepare` again before outcomes are used."
        )
    found = sample.blind.digest
    if frozen.blind_digest != found:
        raise LockError(
            f"Analysis {task.entry!r}, group {group!r}: the data without outcomes are not those "
            f"that were frozen (frozen {frozen.blind_digest}, found {found}; {frozen.rows} rows "
            f"frozen, {sample.structure.n_rows} found)."
        )
    # A second evaluator who runs the same step must get the same result; so must this run.
    again = blind_step(task.analysis, sample.blind, seed=task.seed, group=group)
    step = None
    if frozen.step is not None:
        step = Preparation(
            kind=frozen.step.kind, tables=Parts(frozen.step.tables), made_by=frozen.step.made_by
        )
        if step.digest != frozen.step.digest:
            raise LockError(
                f"Analysis {task.entry!r}, group {group!r}: the frozen preparation was altered."
            )
    if again != step:
        raise LockError(
            f"Analysis {task.entry!r}, group {group!r}: the outcome-blind step, run again, does not "
            f"give what was frozen (frozen {'nothing' if step is None else step.digest}, found "
            f"{'nothing' if again is None else again.digest})."
        )
    return sample if step is None else sample.prepared(step)


def analyse(
    task: Task,
    frame: pd.DataFrame,
    *,
    data_digest: str,
    prepared: Prepared | None = None,
    blocked: Message | None = None,
) -> tuple[Finding, ...]:
    """Run one planned analysis on every group, and on the pools that the contract compares.

    Parameters
    ----------
    task : Task
        What to do.
    frame : DataFrame
        The columns that the plan names.
    data_digest : str
        Digest of the table as read, for the receipts.
    prepared : Prepared, optional
        The frozen blind step.
    blocked : Message, optional
        Why nothing may be judged, such as a missing lock.

    Returns
    -------
    tuple of Finding
        One a group, in the order of `task.groups`, then one a pool.
    """
    groups = tuple(
        _analyse_group(task, frame, group, data_digest, prepared, blocked) for group in task.groups
    )
    pools = (_pooled(task, name, members, groups, blocked) for name, members in task.pools)
    return (*groups, *pools)


def _of_group(finding: Finding) -> Message:
    """Why the verdict on a pool is withheld: the reason of one of its groups, which is named."""
    why = finding.reason
    assert why is not None
    text = Text(en="{pool_group:text}: " + why.text.en, fr="{pool_group:text} : " + why.text.fr)
    return Message(why.key, text, {**why.values, "pool_group": finding.group})


def _pooled(
    task: Task,
    name: str,
    members: tuple[str, ...],
    groups: tuple[Finding, ...],
    blocked: Message | None,
) -> Finding:
    """The finding of a pool, from those of its groups."""
    parts = [next(f for f in groups if f.group == g) for g in members]
    sizes = {f.group: task.people.get(f.group, _served(f)) for f in parts}
    found = pool(
        {f.group: _result(f.estimate, f.reason) for f in parts},
        sizes,
        repeated=_repeated([f.treated for f in parts]),
    )
    held = [f for f in parts if f.reason is not None and f.estimate is not None]
    reason = blocked or (_of_group(held[0]) if held else None)
    alternatives = []
    for k, other in enumerate(task.analysis.robustness):
        others = {f.group: f.alternatives[k] for f in parts}
        again = pool(
            {g: _result(a.estimate, a.reason) for g, a in others.items()},
            sizes,
            repeated=_repeated([a.treated for a in others.values()]),
        )
        alternatives.append(_alternative(other, again, task, name, reason))
    return replace(
        parts[0],
        group=name,
        estimate=None if isinstance(found, Message) else found,
        reason=reason or (found if isinstance(found, Message) else None),
        evidence=evidence_for(task, name, found, reason),
        seed="",
        diagnostics=(),
        alternatives=tuple(alternatives),
        flow=(),
        records=(),
    )


def _treated(sample: Sample) -> frozenset[object]:
    """Labels of the treated places: what was assigned, the units themselves without clusters."""
    rows = sample.matrix()
    if rows.treatment is None:
        return frozenset()
    places = rows.unit if rows.assignment_cluster is None else rows.assignment_cluster
    inside = (rows.treatment == 1.0) & rows.measured
    return frozenset(places.labels[np.unique(places.codes[inside])].tolist())


def _repeated(places: list[frozenset[object]]) -> int:
    """How often a treated place stands in more than one group: a pool counts it once."""
    return sum(map(len, places)) - len(frozenset().union(*places))


def _served(finding: Finding) -> int:
    return finding.estimate.n_treated if finding.estimate is not None else 1


def _result(
    estimate: CounterfactualEstimate | None, reason: Message | None
) -> CounterfactualEstimate | Message:
    if estimate is not None:
        return estimate
    assert reason is not None
    return reason


def _alternative(
    other: Robustness,
    found: CounterfactualEstimate | Message,
    task: Task,
    group: str,
    blocked: Message | None,
    treated: frozenset[object] = frozenset(),
) -> Alternative:
    return Alternative(
        name=other.name,
        title=other.title.text(),
        method=method_of(other.estimator),
        estimate=None if isinstance(found, Message) else found,
        reason=found if isinstance(found, Message) else None,
        evidence=evidence_for(task, group, found, blocked),
        treated=treated,
    )


def _analyse_group(
    task: Task,
    frame: pd.DataFrame,
    group: str,
    data_digest: str,
    prepared: Prepared | None,
    blocked: Message | None,
) -> Finding:
    analysis = task.analysis
    rows, flow = select(task.entry, analysis, frame, group, task.groups)
    sample = _prepared_sample(task, sample_of(analysis, rows), group, prepared)
    found = estimate_with(analysis.estimator, sample, task, group, "estimate")
    checks = _diagnose(task, sample, group)
    reason = blocked or _withheld(checks)
    alternatives = []
    for other in analysis.robustness:
        varied = (
            sample_of(analysis, rows, overrides=other.columns.changed)
            if other.columns.changed
            else sample
        )
        again = estimate_with(other.estimator, varied, task, group, f"robustness {other.name}")
        alternatives.append(_alternative(other, again, task, group, reason, _treated(varied)))
    return Finding(
        outcome=analysis.outcome,
        group=group,
        entry=task.entry,
        analysis=analysis,
        method=method_of(analysis.estimator),
        estimate=None if isinstance(found, Message) else found,
        reason=reason or (found if isinstance(found, Message) else None),
        evidence=evidence_for(task, group, found, reason),
        seed=f"{step_seed(task.seed, analysis.outcome, group, 'estimate'):032x}",
        data_digest=data_digest,
        diagnostics=checks,
        alternatives=tuple(alternatives),
        flow=(*flow, *_arms(sample)),
        records=sample.records,
        treated=_treated(sample),
    )


_ASSIGNED = Message("flow.assigned", Text(en="Assigned, by arm", fr="Tirées au sort, par groupe"))
_MEASURED = Message(
    "flow.measured",
    Text(en="Outcome measured and analysed", fr="Résultat mesuré et analysé"),
)


def _arms(sample: Sample) -> tuple[FlowStep, ...]:
    """How many were assigned and measured in each arm."""
    rows = sample.matrix()
    if rows.treatment is None:
        return (FlowStep(_MEASURED, int(rows.measured.sum())),)
    served = rows.treatment == 1.0

    def step(message: Message, mask: Any) -> FlowStep:
        return FlowStep(
            message, int(mask.sum()), int((mask & served).sum()), int((mask & ~served).sum())
        )

    return (step(_ASSIGNED, rows.measured | True), step(_MEASURED, rows.measured))
