"""Who was counted: the steps of each outcome, said once where several share them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from impacteval.report import findings_facts as facts
from impacteval.report.findings import Finding
from impacteval.report.record import Both, FlowRow, Said
from impacteval.report.run import Run
from impacteval.values import Text


def flow_rows(run: Run) -> Iterator[FlowRow]:
    """The steps from everyone concerned to everyone measured.

    Outcomes whose steps are the same, number by number, share them; where there are several kinds,
    each row says which outcomes it is about.

    Parameters
    ----------
    run : Run
        Everything that the report is built from.
    """
    by_outcome: dict[str, list[FlowRow]] = {}
    for finding in run.own:
        by_outcome.setdefault(finding.outcome, []).extend(_steps(run, finding))
    shared: list[tuple[list[FlowRow], list[str]]] = []
    for outcome, rows in by_outcome.items():
        alike = next((outcomes for known, outcomes in shared if known == rows), None)
        if alike is None:
            shared.append((rows, [outcome]))
        else:
            alike.append(outcome)
    for rows, outcomes in shared:
        about = _names(run, outcomes) if len(shared) > 1 else None
        for row in rows:
            yield row.model_copy(update={"about": about})


def _steps(run: Run, finding: Finding) -> Iterator[FlowRow]:
    for step in finding.flow:
        told = step.step
        if told.key == "flow.group":
            name = facts.group_name(run.contract, finding.group)
            told = replace(told, values=told.values if name is None else {"group": name})
        yield FlowRow(
            step=Said.of(told), n=step.n, treated=step.treated, comparison=step.comparison
        )


def _names(run: Run, outcomes: list[str]) -> Both:
    named = [run.contract.outcomes[outcome].plain_name.text() for outcome in outcomes]
    return Both.of(Text(en="; ".join(n.en for n in named), fr=" ; ".join(n.fr for n in named)))
