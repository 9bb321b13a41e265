"""Everything a report is built from, and how to run it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from impacteval.contract import Contract
from impacteval.contract.ledger import Ledger
from impacteval.contract.readings import Sitting
from impacteval.contract.rules import Rule
from impacteval.decide import Decision
from impacteval.plan import Plan
from impacteval.report.findings import Finding, Findings
from impacteval.report.funnel import FunnelFinding
from impacteval.report.record import DataSource
from impacteval.values import Message


@dataclass(frozen=True, eq=False)
class Reading:
    """The decision under one evidence rule.

    Attributes
    ----------
    rule : Rule
        The evidence rule.
    binding : bool
        Whether it is the contract's own.
    decision : Decision
        What it decides.
    """

    rule: Rule
    binding: bool
    decision: Decision


@dataclass(frozen=True, eq=False)
class Run:
    """Everything a report is built from.

    Attributes
    ----------
    contract, plan
        What was agreed, what was planned.
    findings : Findings
        What was found.
    decision : Decision
        The binding decision.
    others : tuple of Reading
        The same under each rule, the contract's own first.
    alternatives : mapping of (outcome, group, name) to Decision
        The decision if that alternative analysis stood in place of the planned one.
    deviations : tuple of Message
        What changed since the lock.
    locked_on : str or None
        The date that the lock bears.
    locked, prepared : bool
        Whether there is a lock, and a frozen outcome-blind step.
    settlement : str or None
        The settlement judged, by its name in the calendar.
    agreed : Contract
        The contract as agreed; `contract` is the same at the level of this settlement.
    at : Sitting or None
        The settlement judged, with what is known of those before it.
    ledger : Ledger or None
        What was paid before.
    digests, versions : mapping
        For the annex.
    data : tuple of DataSource
        The tables that were read.
    funnels : tuple of FunnelFinding
        Everyone eligible and how far they came, where the plan names the table.
    """

    contract: Contract
    plan: Plan
    findings: Findings
    decision: Decision
    others: tuple[Reading, ...]
    alternatives: Mapping[tuple[str, str, str], Decision]
    deviations: tuple[Message, ...]
    locked: bool
    locked_on: str | None
    prepared: bool
    settlement: str | None
    digests: Mapping[str, str]
    versions: Mapping[str, str]
    data: tuple[DataSource, ...]
    agreed: Contract
    at: Sitting | None = None
    ledger: Ledger | None = None
    funnels: tuple[FunnelFinding, ...] = ()

    @property
    def own(self) -> tuple[Finding, ...]:
        """Findings on data of their own: pools repeat their groups."""
        return tuple(finding for finding in self.findings.values() if finding.flow)

    @property
    def command(self) -> str:
        """How a stranger runs it again."""
        chosen = f" --settlement {self.settlement}" if self.settlement else ""
        return f"impacteval verify studies/{self.plan.study} --out out/{self.plan.study}{chosen}"
