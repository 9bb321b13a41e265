"""The record: everything a report says, as plain data with a published schema.

``verdict.json`` is this record. The renderers read nothing else, so the HTML, the PDF, the
Markdown and the JSON of one run cannot differ in a number. Numbers stand as text with at most
10 significant digits, in contract units where the name says so, and are formatted for the
reader only when rendered. Texts stand in both languages with the values that go into them.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from impacteval.report.record_compared import Compared, ComparedRow
from impacteval.report.record_findings import (
    ArmRow,
    DecidedAgain,
    DiagnosticRow,
    FindingFacts,
    FlowRow,
    LossRow,
    LostRow,
    MethodFacts,
    PartRow,
    PeriodRow,
    RobustnessRow,
)
from impacteval.report.record_funnel import FunnelFacts
from impacteval.report.record_looks import LookRow
from impacteval.report.record_panels import CohortRow, EventRow
from impacteval.report.record_subgroups import EquityFloorRow
from impacteval.report.record_values import Both, Frozen, Money, Range, Said, Verdict

FORMAT: Literal["impacteval-verdict/1"] = "impacteval-verdict/1"


class StudyFacts(Frozen):
    """Which study this is, and what it may not be mistaken for."""

    id: str
    title: Both
    illustrative: bool
    synthetic: bool
    label: Both | None
    """Stands on every page when the contract is illustrative or the data are synthetic."""
    evaluator: Both
    paid_by: Both
    registration: Both | None
    settlement: str | None
    settlement_date: str | None


class ClauseRow(Frozen):
    """One clause of the contract, judged."""

    name: str
    group: str
    outcome: str
    title: Both | None = None
    """The clause in words, where the contract names it in words."""
    group_name: Both | None = None
    """The group in words; None where there are no groups."""
    plain_name: Both
    unit: Both
    verdict: Verdict
    sentence: Said
    """The verdict in one sentence for the payer."""
    reason: Said | None
    rule: Said
    """The evidence rule that decides, in words."""
    value: str | None
    """The number that was compared, in contract units."""
    operator: Literal["at_least", "more_than", "at_most", "less_than"] | None
    threshold: str | None
    amount: Money | None
    steps: tuple[Said, ...]
    estimate: str | None
    interval: Range | None
    """Of the effect, two-sided 95%, in contract units."""
    distance: Said | None
    """How close, in natural units."""
    smallest_change: str | None
    """Smallest change of the compared number that flips the verdict, in contract units."""
    chance_passes: str | None
    chance_nothing_or_harm: str | None
    observed: str | None
    counterfactual: str | None
    """Means with and without the programme, in the outcome's own units."""
    outcome_unit: Both | None
    against: Literal["data", "figure", "nothing"] = "data"
    """What the effect is held against: data, a stated figure, or nothing."""
    claimed: str | None = None
    """What was claimed before an audit, in contract units; None without an audit."""
    remarks: tuple[Said, ...] = Field(default=(), exclude_if=lambda said: not said)
    """Where the interval is no plain one, and which questions its test cannot answer."""
    finest: str | None = Field(default=None, exclude_if=lambda found: found is None)
    """The smallest p-value that the test behind both chances can give, where it is a coarse one."""


class MoneyBox(Frozen):
    """The money on page 1."""

    currency: str
    due_now: Money | None
    total: Money | None
    already_paid: Money | None
    """None when an earlier settlement may have paid: no ledger is read."""
    ceiling: Money | None
    ceiling_left: Money | None
    rounding: Said


class EvidenceGrade(Frozen):
    """What kind of evidence, with its grade on the Maryland scale."""

    kind: Said
    grade: int
    of: int = 5
    why: Said


class OutcomeEvidence(EvidenceGrade):
    """The evidence of one outcome, where a contract rests on several kinds."""

    outcome: str
    plain_name: Both


class PageOne(Frozen):
    """What a payer reads first, and often only."""

    answer: Literal["pay", "pay_in_part", "do_not_pay", "cannot_be_judged", "not_for_payment"]
    headline: Said
    money: MoneyBox
    clauses: tuple[ClauseRow, ...]
    evidence: EvidenceGrade
    """The weakest that the payment rests on."""
    evidence_by_outcome: tuple[OutcomeEvidence, ...] = ()
    """Each outcome's own, where they differ in kind or grade."""
    left_out: tuple[Said, ...]
    changes: tuple[Said, ...]
    """Amendments of the contract and deviations from the lock."""
    warnings: tuple[Said, ...]
    confidence_note: Said
    rerun: str
    contest: Both


class Party(Frozen):
    """A party to the contract and its part in it."""

    role: Both
    name: Both


class AmendmentFacts(Frozen):
    """The amendments of one day, and what they do to the sentences of the contract."""

    said: tuple[Said, ...]
    """Each amendment: when, what, why, who decided."""
    before: tuple[Said, ...]
    """What the contract said until then and says no more."""
    since: tuple[Said, ...]


class AsContractedRow(Frozen):
    """One clause and group by the contract as it was signed."""

    name: str
    group: str
    verdict: Verdict | None
    amount: Money | None
    plain_name: Both | None = None
    """What the clause was on, in words."""
    unit: Both | None = None
    value: str | None = None
    """The number that it compared, in contract units."""
    threshold: str | None = None


class AsContracted(Frozen):
    """The same results by the contract as it was signed, and the difference."""

    reading: Said
    """Which amendments are in force in this report, and why those."""
    digest: str
    """Of the contract as it was signed."""
    due_now: Money | None
    total: Money | None
    clauses: tuple[AsContractedRow, ...]
    differences: tuple[Said, ...]
    """In words and in money."""


class ContractFacts(Frozen):
    """The contract in plain words."""

    id: str
    title: Both
    in_plain_words: Both
    parties: tuple[Party, ...]
    people: Both
    everyone_counted: bool
    sentences: tuple[Said, ...]
    """The contract said back, clause by clause."""
    amendments: tuple[AmendmentFacts, ...] = Field(default=(), exclude_if=lambda found: not found)
    """The amendments in force, in the order of their dates."""
    not_public: tuple[Both, ...]
    sources: tuple[Both, ...]
    file: str
    digest: str
    """Of the file, with all its amendments."""


class OtherRule(Frozen):
    """What the contract would pay under another evidence rule (information only)."""

    rule: Said
    binding: bool
    verdicts: dict[str, Verdict]
    """``clause name/group`` to verdict."""
    values: dict[str, str | None]
    due_now: Money | None
    reason: Said | None = None


class Deviation(Frozen):
    """What changed between the lock and the run, computed and never declared by hand."""

    what: Said


class ChecklistRow(Frozen):
    """One item of the reporting standard and where it is answered."""

    number: str
    item: Both
    where: Both | None
    """None: not given."""


class Checklist(Frozen):
    """The reporting standard that fits the design."""

    standard: str
    rows: tuple[ChecklistRow, ...]
    given: int
    note: Said | None = Field(default=None, exclude_if=lambda said: said is None)
    """Which results would have another standard, where a study mixes designs."""


class DataSource(Frozen):
    """One table that was read."""

    name: str
    source: str
    rows: int
    columns: tuple[str, ...]
    digest: str
    licence: Both | None = None
    note: Both | None = None


class Receipt(Frozen):
    """Where one figure comes from."""

    figure: str
    value: str
    clause: str
    plan_entry: str
    data_digest: str
    estimator: str
    version: str
    seed: str


class Annex(Frozen):
    """Hashes, versions, seeds and how to re-run."""

    digests: dict[str, str]
    versions: dict[str, str]
    seed: int
    command: str
    receipts: tuple[Receipt, ...]


class SettlementRow(Frozen):
    """One date of the calendar, and what was paid at it."""

    name: str
    date: str
    kind: Literal["settlement", "interim", "milestone"]
    here: bool
    """Whether it is the one that is judged here."""
    paid: Money | None
    """What the ledger says was paid; None when it says nothing."""
    verdict_digest: str | None = None
    """Digest of its verdict, where the ledger has it."""


class Escrow(Frozen):
    """What is held of the amount due while the result is contested."""

    state: Literal["open", "upheld", "dismissed", "refused"]
    raised: str
    until: str | None
    """Until when the result could be contested; None where that cannot be computed."""
    by: Literal["payer", "recipient"]
    payable_now: Money | None
    held: Money | None
    returned: Money | None
    paid: Money | None
    """These four add up to the amount due."""
    reason: Said


class Corrected(Frozen):
    """An earlier settlement judged again on corrected data."""

    settlement: str
    found: str | None
    paid: Money | None
    comes_to: Money | None
    difference: Money | None
    owed: Money | None
    """What moves under the contract: above 0 by the payers, below 0 back to them."""
    owed_by: Literal["payers", "recipients"] | None
    due_at: str | None
    due_on: str | None
    verdict_digest: str | None
    reason: Said


class Settling(Frozen):
    """Where this settlement stands among the others."""

    rows: tuple[SettlementRow, ...]
    would_be: dict[str, Verdict] = {}  # noqa: RUF012 - pydantic copies the default of a field
    """At a look that is not for payment: ``clause/group`` to the verdict it would have."""
    escrow: Escrow | None = None
    correction: Corrected | None = None


class StopRow(Frozen):
    """One stop trigger: quiet, fired or not to be told, and the number it compared."""

    name: str
    state: Literal["quiet", "fired", "cannot_be_told"]
    value: str | None
    operator: str
    threshold: str
    then: str
    clauses: tuple[str, ...]
    """The clauses that it holds when it fires."""
    said: Said


class WatchRow(Frozen):
    """One outcome that is watched and never paid."""

    outcome: str
    group: str
    estimate: str | None
    """In contract units."""
    unit: Both
    p_value: str | None
    adjusted_p_value: str | None
    """Corrected for looking at several, as the contract says."""
    looked_at: int
    said: Said


class EquityReachRow(Frozen):
    """A part of the people among those eligible, and among those taken on."""

    group: str
    eligible: int | None
    """How many of those eligible belong to it; null where small groups could be told."""
    of_eligible: int | None
    accepted: int | None
    of_accepted: int | None
    p_value: str | None
    """Chance that a lot among those eligible would take on a share as far from theirs."""
    said: Said


class EquityRow(Frozen):
    """How far a part of the people was reached. Numbers below ten people are null."""

    name: str
    plain_name: Both
    served: int | None
    of: int
    others: int | None
    of_others: int
    share: str | None
    """In percent of those served."""
    paid_through: str | None
    floors: tuple[EquityFloorRow, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Tests of the least effect that the contract asks for, where it does."""
    reach: tuple[EquityReachRow, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Among everyone eligible, where the plan names the table of them."""
    said: tuple[Said, ...]


class ShiftRow(Frozen):
    """Whether a paid outcome improved while one that is watched got worse."""

    outcome: str
    group: str
    status: Literal["passed", "failed", "not_applicable"]
    said: Said


class BaselineRow(Frozen):
    """What was measured before the programme, in the outcome's own units."""

    outcome: str
    value: str
    date: str
    what: Both
    source: Both


class ContextRow(Frozen):
    """Evidence from elsewhere, which weighs nothing in the payment."""

    text: Both
    source: Both


class Besides(Frozen):
    """What the contract asks to be told besides what is paid."""

    stops: tuple[StopRow, ...] = ()
    watched: tuple[WatchRow, ...] = ()
    shifting: tuple[ShiftRow, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Where the check of effort moved to what is paid was made."""
    equity: tuple[EquityRow, ...] = ()
    baselines: tuple[BaselineRow, ...] = ()
    also_report: tuple[Both, ...] = ()
    context: tuple[ContextRow, ...] = ()


class Record(Frozen):
    """A whole verification report as data."""

    format: Literal["impacteval-verdict/1"] = FORMAT
    study: StudyFacts
    page_one: PageOne
    contract: ContractFacts
    counted: tuple[FlowRow, ...]
    refused: Said
    """Who the refused are, or that the study does not know."""
    funnels: tuple[FunnelFacts, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Everyone eligible and how far they came; left out where the plan names no table of them."""
    findings: tuple[FindingFacts, ...]
    other_rules: tuple[OtherRule, ...]
    money_steps: tuple[Said, ...]
    as_contracted: AsContracted | None = Field(default=None, exclude_if=lambda found: found is None)
    """By the contract before its amendments; None where it has none."""
    unknowns: tuple[Both, ...]
    """What is not known and what the limits are, from the plan and the method cards."""
    fairness: Said
    data: tuple[DataSource, ...]
    privacy: Both
    access: tuple[Said, ...]
    interests: tuple[Both, ...]
    independence: Both
    deviations: tuple[Deviation, ...]
    locked: bool
    locked_on: str | None = None
    """The date that the lock bears, where it bears one."""
    checklist: Checklist
    annex: Annex
    settling: Settling | None = Field(default=None, exclude_if=lambda found: found is None)
    """Left out where the contract has no calendar."""
    besides: Besides | None = Field(default=None, exclude_if=lambda found: found is None)
    """Left out where the contract asks for nothing besides."""
    looks: tuple[LookRow, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Left out where no looks at growing data spend one error."""
    compared: Compared | None = Field(default=None, exclude_if=lambda found: found is None)
    """Left out where the run was not held against another."""


def record_json(record: Record) -> str:
    """The record as ``verdict.json``: sorted keys, two spaces, a line end."""
    plain = record.model_dump(mode="json")
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def record_schema() -> dict[str, Any]:
    """The JSON Schema of ``verdict.json``."""
    schema = Record.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


__all__ = [
    "FORMAT",
    "AmendmentFacts",
    "Annex",
    "ArmRow",
    "AsContracted",
    "AsContractedRow",
    "BaselineRow",
    "Besides",
    "Both",
    "Checklist",
    "ChecklistRow",
    "ClauseRow",
    "CohortRow",
    "Compared",
    "ComparedRow",
    "ContextRow",
    "ContractFacts",
    "Corrected",
    "DataSource",
    "DecidedAgain",
    "Deviation",
    "DiagnosticRow",
    "EquityReachRow",
    "EquityRow",
    "Escrow",
    "EventRow",
    "EvidenceGrade",
    "FindingFacts",
    "FlowRow",
    "FunnelFacts",
    "LookRow",
    "LossRow",
    "LostRow",
    "MethodFacts",
    "Money",
    "MoneyBox",
    "OtherRule",
    "OutcomeEvidence",
    "PageOne",
    "PartRow",
    "Party",
    "PeriodRow",
    "Range",
    "Receipt",
    "Record",
    "RobustnessRow",
    "Said",
    "SettlementRow",
    "Settling",
    "ShiftRow",
    "StopRow",
    "StudyFacts",
    "Verdict",
    "WatchRow",
    "record_json",
    "record_schema",
]
