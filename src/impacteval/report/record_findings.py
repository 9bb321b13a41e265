"""The part of a record that says what was found, by which method, on whom."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from impacteval.report.record_alike import Alike
from impacteval.report.record_causes import CausesFacts
from impacteval.report.record_mix import Mix
from impacteval.report.record_panels import CohortRow, EventRow
from impacteval.report.record_subgroups import SubgroupFacts
from impacteval.report.record_trends import TrendFacts
from impacteval.report.record_values import Both, Frozen, Money, Range, Said, Verdict


class FlowRow(Frozen):
    """One step of who was counted."""

    step: Said
    n: int
    treated: int | None = None
    comparison: int | None = None
    about: Both | None = Field(default=None, exclude_if=lambda said: said is None)
    """The outcomes that it is a step of, where not all share their steps."""


class ArmRow(Frozen):
    """Baseline of one covariate by arm."""

    covariate: str
    plain_name: Both | None
    treated: str
    comparison: str
    standardised_difference: str | None
    variance_ratio: str | None


class RobustnessRow(Frozen):
    """Another planned analysis of the same number, or the same one on other data."""

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
    concerns: tuple[Said, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Why the method itself asks for a reason before it is used on these data."""
    justification: Both | None = Field(default=None, exclude_if=lambda said: said is None)
    """The reason that the plan states."""


class DecidedAgain(Frozen):
    """What would be decided on the runs of one check."""

    runs: int
    """How often the check formed the planned number again, or another analysis of it."""
    answered: int
    """How many of them have an answer."""
    flips: int
    """How many would change a verdict."""
    other_amounts: int = Field(default=0, exclude_if=lambda n: not n)
    """On how many another amount would be due, whether or not a verdict changes."""
    drawn: int = Field(default=0, exclude_if=lambda drawn: not drawn)
    """How many of them are not listed under the check: random draws, and analyses listed elsewhere."""


class DiagnosticRow(Frozen):
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
    reruns: tuple[RobustnessRow, ...] = Field(default=(), exclude_if=lambda reruns: not reruns)
    """The planned estimate on other data or settings, where the check runs it again."""
    measured: Both | None = Field(default=None, exclude_if=lambda measured: measured is None)
    """What its statistic is, with its unit."""
    decided: DecidedAgain | None = Field(default=None, exclude_if=lambda decided: decided is None)
    """How many of its runs would change a verdict, where it runs the planned estimate again."""


class PeriodRow(Frozen):
    """One treated period of the counterfactual path."""

    period: str
    observed: str
    counterfactual: str
    low: str | None
    high: str | None
    level: str
    n: int


class MethodFacts(Frozen):
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
    concerns: tuple[Said, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Why the method itself asks for a reason before it is used on these data."""
    justification: Both | None = Field(default=None, exclude_if=lambda said: said is None)
    """The reason that the plan states."""


class LostRow(Frozen):
    """Those lost and those measured by one covariate. Averages of fewer than ten are null."""

    covariate: str
    plain_name: Both | None
    lost_treated: str | None
    lost_comparison: str | None
    measured_treated: str | None
    measured_comparison: str | None
    p_value: str | None
    """Of the arms losing people alike along this covariate."""


class LossRow(Frozen):
    """What one assumption about those lost leaves possible."""

    kind: str
    """``one_way``, ``one_way_within``, ``either_way`` or ``worst_case``."""
    title: Both
    low: str | None
    high: str | None
    """Both ends in contract units, the lower one first."""
    interval: Range | None
    """Covers the effect between both ends, in contract units."""
    verdicts_low: dict[str, Verdict]
    """Clause name to the verdict it would have at the lower end."""
    verdicts_high: dict[str, Verdict]
    flips: bool
    """Whether a verdict would be another one at either end."""
    reason: Said | None
    """Why there are no bounds."""
    said: Said
    """The whole in one sentence."""
    notes: tuple[Said, ...]


class PartRow(Frozen):
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


class FindingFacts(Frozen):
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
    paid_as_contracted: bool = Field(default=False, exclude_if=lambda paid: not paid)
    """Not paid as amended, while the contract as it was signed paid on it."""
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
    lost: tuple[LostRow, ...] = Field(default=(), exclude_if=lambda lost: not lost)
    """Who was lost, where the check of attrition has covariates and somebody was lost."""
    losses: tuple[LossRow, ...] = Field(default=(), exclude_if=lambda losses: not losses)
    """What the loss of people could do, where some were lost."""
    trends: TrendFacts | None = Field(default=None, exclude_if=lambda trends: trends is None)
    """How firm the number is when trends were not parallel, where that was asked for."""
    parts: tuple[PartRow, ...] = Field(default=(), exclude_if=lambda parts: not parts)
    """What is combined, where the contract combines several designs."""
    cohorts: tuple[CohortRow, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Who began when, where there are several periods."""
    event_study: tuple[EventRow, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Effects by time since the service began, where the method gives them."""
    subgroups: tuple[SubgroupFacts, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Effects by group, where the plan asks for them."""
    mix: Mix | None = Field(default=None, exclude_if=lambda found: found is None)
    """What a mix of places is made of, how well it fits, and placebos."""
    alike: Alike | None = Field(default=None, exclude_if=lambda found: found is None)
    """Who is compared with whom, where people were chosen or weighted to be alike."""
    causes: CausesFacts | None = Field(default=None, exclude_if=lambda found: found is None)
    """What causes what, where the plan draws it."""
    interval_notes: tuple[Said, ...] = Field(default=(), exclude_if=lambda said: not said)
    """Where an interval is empty, has no end, is several stretches, or lacks the estimate."""
