"""The record: everything a report says, as plain data with a published schema.

``verdict.json`` is this record. The renderers read nothing else, so the HTML, the PDF, the
Markdown and the JSON of one run cannot differ in a number. Numbers stand as text with at most
10 significant digits, in contract units where the name says so, and are formatted for the
reader only when rendered. Texts stand in both languages with the values that go into them.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

from impacteval.values import Message, Text

FORMAT: Literal["impacteval-verdict/1"] = "impacteval-verdict/1"

Verdict = Literal["met", "not_met", "cannot_be_judged", "not_for_payment"]
Money = str
"""An amount as text, ``"not_published"``; an open amount is null."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Both(_Frozen):
    """A text in both languages."""

    en: str
    fr: str

    @classmethod
    def of(cls, text: Text) -> Both:
        """From a `Text` without places; doubled braces become the braces they stand for."""
        if text.places("en"):
            raise ValueError(f"The text {text.en!r} has places and must be said as a message.")
        return cls(en=text.en.format(), fr=text.fr.format())


class Said(_Frozen):
    """A message: its key, its sentence in both languages with places, the values that fill them.

    Values are text or whole numbers; a value that is itself a text in both languages stands as
    ``{"en": ..., "fr": ...}``.
    """

    key: str
    en: str
    fr: str
    values: dict[str, str | int | Both] = {}

    @classmethod
    def of(cls, message: Message) -> Said:
        """From a `Message`; floats and decimals become text with 10 significant digits."""
        from impacteval.values import significant, written

        def plain(value: Any) -> str | int | Both:
            if isinstance(value, Text):
                return Both.of(value)
            if isinstance(value, bool):
                return str(value).lower()
            if isinstance(value, float):
                return written(significant(value))
            if isinstance(value, int):
                return value
            return str(value)

        return cls(
            key=message.key,
            en=message.text.en,
            fr=message.text.fr,
            values={k: plain(v) for k, v in message.values.items()},
        )


class Range(_Frozen):
    """An interval with its own level, side and method. Infinite ends are null."""

    low: str | None
    high: str | None
    level: str
    side: Literal["two", "lower", "upper"]
    method: str


class StudyFacts(_Frozen):
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


class ClauseRow(_Frozen):
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


class MoneyBox(_Frozen):
    """The money on page 1."""

    currency: str
    due_now: Money | None
    total: Money | None
    already_paid: Money | None
    """None when an earlier settlement may have paid: no ledger is read."""
    ceiling: Money | None
    ceiling_left: Money | None
    rounding: Said


class EvidenceGrade(_Frozen):
    """What kind of evidence, with its grade on the Maryland scale."""

    kind: Said
    grade: int
    of: int = 5
    why: Said


class PageOne(_Frozen):
    """What a payer reads first, and often only."""

    answer: Literal["pay", "pay_in_part", "do_not_pay", "cannot_be_judged", "not_for_payment"]
    headline: Said
    money: MoneyBox
    clauses: tuple[ClauseRow, ...]
    evidence: EvidenceGrade
    left_out: tuple[Said, ...]
    changes: tuple[Said, ...]
    """Amendments of the contract and deviations from the lock."""
    warnings: tuple[Said, ...]
    confidence_note: Said
    rerun: str
    contest: Both


class Party(_Frozen):
    """A party to the contract and its part in it."""

    role: Both
    name: Both


class AmendmentFacts(_Frozen):
    """The amendments of one day, and what they do to the sentences of the contract."""

    said: tuple[Said, ...]
    """Each amendment: when, what, why, who decided."""
    before: tuple[Said, ...]
    """What the contract said until then and says no more."""
    since: tuple[Said, ...]


class AsContractedRow(_Frozen):
    """One clause and group by the contract as it was signed."""

    name: str
    group: str
    verdict: Verdict | None
    amount: Money | None


class AsContracted(_Frozen):
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


class ContractFacts(_Frozen):
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


class FlowRow(_Frozen):
    """One step of who was counted."""

    step: Said
    n: int
    treated: int | None = None
    comparison: int | None = None


class ArmRow(_Frozen):
    """Baseline of one covariate by arm."""

    covariate: str
    plain_name: Both | None
    treated: str
    comparison: str
    standardised_difference: str | None
    variance_ratio: str | None


class DiagnosticRow(_Frozen):
    """One assumption check."""

    name: str
    title: Both
    status: Literal["passed", "failed", "not_applicable"]
    statistic: str | None
    limit: str | None
    expected: str | None
    chance_sound_fails: str | None
    required: bool
    """Whether the contract lets it withhold the verdict."""
    explanation: Said


class PeriodRow(_Frozen):
    """One treated period of the counterfactual path."""

    period: str
    observed: str
    counterfactual: str
    low: str | None
    high: str | None
    level: str
    n: int


class MethodFacts(_Frozen):
    """The card of the method, in both languages."""

    name: str
    package: str
    version: str
    title: Both
    description: Both
    assumptions: tuple[Both, ...]
    limits: tuple[Both, ...]
    references: tuple[str, ...]
    settings: dict[str, Any]


class RobustnessRow(_Frozen):
    """Another planned analysis of the same number."""

    name: str
    title: Both
    estimate: str | None
    interval: Range | None
    verdicts: dict[str, Verdict]
    """Clause name to the verdict this analysis would give."""
    due_now: Money | None = None
    """What would be due if this analysis decided; None while open or without an estimate."""
    flips: bool
    reason: Said | None


class PartRow(_Frozen):
    """One design of a result that combines several, by itself."""

    design: Both
    weight: str
    """Its weight in the contract, from 0 to 1."""
    plan_entry: str
    method: MethodFacts
    design_text: Said
    comparators: Said
    estimate: str | None
    """In contract units."""
    std_error: str | None
    """In contract units (absolute value)."""
    interval: Range | None
    """Two-sided 95%, in contract units."""
    n_treated: int
    n_comparison: int
    data_digest: str
    seed: str


class FindingFacts(_Frozen):
    """The result for one outcome and group, and where it comes from."""

    outcome: str
    group: str
    group_name: Both | None = None
    """The group in words; None where there are no groups."""
    plain_name: Both
    measure: Both
    outcome_unit: Both
    contract_unit: Both
    better: Literal["higher", "lower"]
    paid: bool
    status: Literal["estimated", "cannot_be_judged"]
    reason: Said | None
    target: Said | None
    method_text: Said | None
    method: MethodFacts
    scale: str
    against: Literal["data", "figure", "nothing"] = "data"
    """What the effect is held against: data, a stated figure, or nothing."""
    observed: str | None
    counterfactual: str | None
    estimate: str | None
    """In contract units."""
    raw_effect: str | None
    std_error: str | None
    """In contract units (absolute value)."""
    intervals: tuple[Range, ...]
    """In contract units: two-sided 90 and 95%, one-sided lower 95%."""
    p_value: str | None
    """Two-sided, of no effect."""
    n_treated: int
    n_comparison: int
    treated_clusters: int
    periods: tuple[PeriodRow, ...]
    notes: tuple[Said, ...]
    baseline: tuple[ArmRow, ...]
    diagnostics: tuple[DiagnosticRow, ...]
    robustness: tuple[RobustnessRow, ...]
    design_text: Said
    comparators: Said
    curve: tuple[tuple[str, str], ...]
    """Points (effect in contract units, confidence density) of the confidence distribution."""
    parts: tuple[PartRow, ...] = Field(default=(), exclude_if=lambda parts: not parts)
    """What is combined, where the contract combines several designs."""


class OtherRule(_Frozen):
    """What the contract would pay under another evidence rule (information only)."""

    rule: Said
    binding: bool
    verdicts: dict[str, Verdict]
    """``clause name/group`` to verdict."""
    values: dict[str, str | None]
    due_now: Money | None
    reason: Said | None = None


class Deviation(_Frozen):
    """What changed between the lock and the run, computed and never declared by hand."""

    what: Said


class ChecklistRow(_Frozen):
    """One item of the reporting standard and where it is answered."""

    number: str
    item: Both
    where: Both | None
    """None: not given."""


class Checklist(_Frozen):
    """The reporting standard that fits the design."""

    standard: str
    rows: tuple[ChecklistRow, ...]
    given: int


class DataSource(_Frozen):
    """One table that was read."""

    name: str
    source: str
    rows: int
    columns: tuple[str, ...]
    digest: str
    licence: Both | None = None
    note: Both | None = None


class Receipt(_Frozen):
    """Where one figure comes from."""

    figure: str
    value: str
    clause: str
    plan_entry: str
    data_digest: str
    estimator: str
    version: str
    seed: str


class Annex(_Frozen):
    """Hashes, versions, seeds and how to re-run."""

    digests: dict[str, str]
    versions: dict[str, str]
    seed: int
    command: str
    receipts: tuple[Receipt, ...]


class SettlementRow(_Frozen):
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


class Escrow(_Frozen):
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


class Corrected(_Frozen):
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


class Settling(_Frozen):
    """Where this settlement stands among the others."""

    rows: tuple[SettlementRow, ...]
    would_be: dict[str, Verdict] = {}
    """At a look that is not for payment: ``clause/group`` to the verdict it would have."""
    escrow: Escrow | None = None
    correction: Corrected | None = None


class StopRow(_Frozen):
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


class WatchRow(_Frozen):
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


class EquityRow(_Frozen):
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
    said: tuple[Said, ...]


class BaselineRow(_Frozen):
    """What was measured before the programme, in the outcome's own units."""

    outcome: str
    value: str
    date: str
    what: Both
    source: Both


class ContextRow(_Frozen):
    """Evidence from elsewhere, which weighs nothing in the payment."""

    text: Both
    source: Both


class Besides(_Frozen):
    """What the contract asks to be told besides what is paid."""

    stops: tuple[StopRow, ...] = ()
    watched: tuple[WatchRow, ...] = ()
    equity: tuple[EquityRow, ...] = ()
    baselines: tuple[BaselineRow, ...] = ()
    also_report: tuple[Both, ...] = ()
    context: tuple[ContextRow, ...] = ()


class Record(_Frozen):
    """A whole verification report as data."""

    format: Literal["impacteval-verdict/1"] = FORMAT
    study: StudyFacts
    page_one: PageOne
    contract: ContractFacts
    counted: tuple[FlowRow, ...]
    refused: Said
    """Who the refused are, or that the study does not know."""
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


def record_json(record: Record) -> str:
    """The record as ``verdict.json``: sorted keys, two spaces, a line end."""
    plain = record.model_dump(mode="json")
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def record_schema() -> dict[str, Any]:
    """The JSON Schema of ``verdict.json``."""
    schema = Record.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
