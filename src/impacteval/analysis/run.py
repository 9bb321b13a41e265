"""One planned analysis, group by group: sample, preparation, estimate, diagnostics, evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impacteval.errors import LockError
from impacteval.estimates import Diagnostic, DiagnosticStatus, Parts, Rerun
from impacteval.report.findings import DiagnosticFinding, Finding
from impacteval.sample import Preparation, Sample
from impacteval.study.locking import blind_step
from impacteval.study.rows import sample_of, select
from impacteval.study.seeds import step_seed
from impacteval.values import Message, Text

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.study.preparation import Prepared


from impacteval.analysis.checks import checks_of, decided_again
from impacteval.analysis.cohorts import cohorts_of
from impacteval.analysis.equity import equity_of
from impacteval.analysis.flow import arms_flow
from impacteval.analysis.losses import losses_of
from impacteval.analysis.pooled import pooled
from impacteval.analysis.subgroups import across_groups, subgroups_of
from impacteval.analysis.task import Task, alternative, estimate_with, evidence_for, method_of
from impacteval.analysis.trends import trends_check


def treated(sample: Sample) -> frozenset[object]:
    """Labels of the treated places: what was assigned, the units themselves without clusters."""
    rows = sample.matrix()
    if rows.treatment is None:
        return frozenset()
    places = rows.unit if rows.assignment_cluster is None else rows.assignment_cluster
    inside = (rows.treatment == 1.0) & rows.measured
    return frozenset(places.labels[np.unique(places.codes[inside])].tolist())


# --- diagnostics ------------------------------------------------------------------------------


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
    pools = tuple(pooled(task, name, members, groups, blocked) for name, members in task.pools)
    together = across_groups(task, groups)
    if together is not None:
        groups = (replace(groups[0], across=together), *groups[1:])
    return (*groups, *pools)


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
    plain = sample_of(analysis, rows)
    sample = _prepared_sample(task, plain, group, prepared)
    found = estimate_with(analysis.estimator, sample, task, group, "estimate")
    others = []
    for other in analysis.robustness:
        # What was frozen is the planned method's: another one prepares its own, from the same people.
        varied = (
            sample_of(analysis, rows, overrides=other.columns.changed)
            if other.columns.changed
            else plain
        )
        again = estimate_with(other.estimator, varied, task, group, f"robustness {other.name}")
        others.append((other, varied, again))
    reruns = tuple(Rerun(other.name, other.title.text(), again) for other, _, again in others)
    checks = checks_of(task, sample, rows, group, found, reruns)
    reason = blocked or _withheld(checks)
    alternatives = [
        alternative(other, again, task, group, reason, varied, treated(varied))
        for other, varied, again in others
    ]
    method = method_of(analysis.estimator, sample.blind)
    return Finding(
        outcome=analysis.outcome,
        group=group,
        entry=task.entry,
        analysis=analysis,
        method=method,
        estimate=None if isinstance(found, Message) else found,
        reason=reason or (found if isinstance(found, Message) else None),
        evidence=evidence_for(task, group, found, reason),
        seed=f"{step_seed(task.seed, task.seeded or analysis.outcome, group, 'estimate'):032x}",
        data_digest=data_digest,
        diagnostics=decided_again(task, group, checks, method, reason),
        alternatives=tuple(alternatives),
        flow=(
            *flow,
            *arms_flow(
                sample, None if isinstance(found, Message) else found, kind=analysis.unit_kind
            ),
        ),
        records=sample.records,
        treated=treated(sample),
        equity=equity_of(task, rows, group),
        losses=losses_of(task, sample, group, reason, treated(sample)),
        subgroups=subgroups_of(task, sample, group),
        cohorts=cohorts_of(sample),
        trends=trends_check(task, group, found, reason),
    )
