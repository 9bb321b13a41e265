"""The evidence on page 1: the weakest that money hangs on, and each kind where there are several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impacteval.report.grade import FEW_TREATED, Grade, grade
from impacteval.report.record import Both, EvidenceGrade, OutcomeEvidence, Said

if TYPE_CHECKING:
    from impacteval.report.findings import Finding
    from impacteval.report.run import Run


def evidence_of(run: Run) -> tuple[EvidenceGrade, tuple[OutcomeEvidence, ...]]:
    """The weakest evidence of what is paid, and the evidence of each outcome where they differ.

    A payment is as sure as its weakest part, so that part gives the grade of the whole. A reader
    who saw only this would take a trial beside a count for a count.

    Parameters
    ----------
    run : Run
        A run of the study.

    Returns
    -------
    EvidenceGrade
        The weakest.
    tuple of OutcomeEvidence
        In the order of the contract's outcomes; empty where all evidence is of one kind and grade.
    """
    # A grant pays on no outcome: then the evidence is that of whatever was measured.
    paid = {clause.outcome for clause in run.contract.clauses} or set(run.contract.outcomes)
    own: dict[str, Grade] = {}
    for finding in run.findings.values():
        if finding.outcome not in paid:
            continue
        for alone in [part.finding for part in finding.parts] or [finding]:
            found = _grade(run, alone)
            # Of several groups, or of designs that are combined, again the weakest.
            if finding.outcome not in own or found.grade < own[finding.outcome].grade:
                own[finding.outcome] = found
    weakest = min(own.values(), key=lambda found: found.grade)
    return _told(weakest), _apart(run, own)


def _apart(run: Run, own: dict[str, Grade]) -> tuple[OutcomeEvidence, ...]:
    if len({(found.kind.key, found.grade) for found in own.values()}) == 1:
        return ()
    return tuple(
        OutcomeEvidence(
            outcome=name,
            plain_name=Both.of(outcome.plain_name.text()),
            **dict(_told(own[name])),
        )
        for name, outcome in run.contract.outcomes.items()
        if name in own
    )


def _told(found: Grade) -> EvidenceGrade:
    return EvidenceGrade(kind=Said.of(found.kind), grade=found.grade, why=Said.of(found.why))


def _grade(run: Run, finding: Finding) -> Grade:
    places = finding.estimate.treated_clusters if finding.estimate else FEW_TREATED
    own, design = run.plan.evaluator.grade, finding.analysis.design
    against = finding.against
    if own is None:
        return grade(design, places, against=against)
    because = own.because.text()
    return grade(design, places, lowered=own.at_most, because=because, against=against)
