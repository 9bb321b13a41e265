"""What one planned analysis found: the estimate, its checks, and the evidence for the decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from impacteval.diagnostics.subgroups import FloorTest, Subgroups
from impacteval.estimates import CounterfactualEstimate, Diagnostic
from impacteval.plan import Analysis
from impacteval.plugin import MethodCard
from impacteval.values import Evidence, Interval, Message, Text


@dataclass(frozen=True, eq=False)
class Method:
    """An estimator as it was used: who provides it, in which version, with which settings.

    `concerns` are its own reasons against its use on these data, and `justification` is what the
    plan says to them; None where the plan says nothing.
    """

    name: str
    package: str
    version: str
    card: MethodCard
    settings: Mapping[str, Any]
    concerns: tuple[Message, ...] = ()
    justification: Text | None = None

    def together(self, others: Iterable[Method]) -> Method:
        """The same method with the concerns that it has on any of several samples, each once."""
        every = dict.fromkeys(said for method in (self, *others) for said in method.concerns)
        return replace(self, concerns=tuple(every))


@dataclass(frozen=True, eq=False)
class FlowStep:
    """One step of who was counted."""

    step: Message
    n: int
    treated: int | None = None
    comparison: int | None = None


@dataclass(frozen=True, eq=False)
class Cohort:
    """Those who began the service in one period.

    Attributes
    ----------
    start : str, int, float or None
        The first period in which they were served; None where it is not one of the data.
    when : str
        ``before``: served in the first period already; ``within``; ``after`` the last; ``never``.
    units, rows : int
        How many they are, and how many rows of the data.
    clusters : int or None
        Places to which the service was assigned, where they are not the units.
    """

    start: str | int | float | None
    when: str
    units: int
    rows: int
    clusters: int | None = None


@dataclass(frozen=True, eq=False)
class Alternative:
    """Another planned analysis of the same number: it informs, it never decides.

    `drawn` ones are counted and not listed under their check: random draws, and analyses that have a
    table of their own.
    """

    name: str
    title: Text
    method: Method
    estimate: CounterfactualEstimate | None
    reason: Message | None
    evidence: Evidence
    treated: frozenset[object] = frozenset()
    drawn: bool = False


@dataclass(frozen=True, eq=False)
class DiagnosticFinding:
    """One assumption check and whether the contract lets it withhold the verdict.

    Attributes
    ----------
    title : Text
        Its name for people.
    diagnostic : Diagnostic
        What it found.
    required : bool
        Whether the contract requires it.
    reruns : tuple of Alternative
        The planned estimate on other data or settings, where the check runs it again, as the decision
        would be told it.
    measured : Text or None
        What its statistic is, with its unit.
    """

    title: Text
    diagnostic: Diagnostic
    required: bool
    reruns: tuple[Alternative, ...] = ()
    measured: Text | None = None


@dataclass(frozen=True, eq=False)
class LossEnd:
    """One end of what the loss of people leaves possible, as the decision would be told it."""

    name: str
    estimate: CounterfactualEstimate | None
    reason: Message | None
    evidence: Evidence
    treated: frozenset[object] = frozenset()


@dataclass(frozen=True, eq=False)
class Loss:
    """What one assumption about those lost leaves possible.

    Attributes
    ----------
    kind : str
        The assumption, as `impacteval.diagnostics.losses` names it.
    title : Text
        The same for people.
    worse, better : LossEnd
        Both ends; worse and better as the contract reads the number.
    lost : int
        Outcomes that are missing.
    interval : Interval or None
        Covers the effect between both ends, raw; None where an end has no error.
    notes : tuple of Message
        What was trimmed, and what speaks against the assumption.
    """

    kind: str
    title: Text
    worse: LossEnd
    better: LossEnd
    lost: int
    interval: Interval | None = None
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, eq=False)
class TrendSet:
    """Effects that trends of one size of difference leave possible, and what would be decided there.

    Attributes
    ----------
    name : str
        Of this number among those that may stand in the place of the planned one.
    title : Text
        The size, for people.
    restriction : str
        ``relative_magnitudes`` or ``smoothness``.
    m : float
        The size, in units of its restriction.
    interval : Interval
        Raw, 95%, both sides.
    evidence : Evidence
        What the decision would be told at the worse end.
    """

    name: str
    title: Text
    restriction: str
    m: float
    interval: Interval
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class TrendCheck:
    """How firm a number is when trends were not parallel.

    Attributes
    ----------
    sets : tuple of TrendSet
        In the order in which they are shown.
    breakdowns : tuple of Breakdown
        One for each number asked for.
    """

    sets: tuple[TrendSet, ...]
    breakdowns: tuple[Breakdown, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """How far trends may differ before a number that is asked for comes into the set.

    Attributes
    ----------
    at : Decimal
        The number, in contract units.
    worst_moves : float or None
        How many times the worst move before the start brings it into the set; None when it is
        inside without any, infinite when nothing does.
    bend : float or None
        The same for changes of slope, in the outcome's unit.
    level : Decimal
        Of the sets: that of the bound which the contract compares, where it compares one.
    sides : {"one", "two"}
        How the level is read.
    """

    at: Decimal
    worst_moves: float | None
    bend: float | None
    level: Decimal
    sides: str


@dataclass(frozen=True, eq=False)
class EquityFinding:
    """How far a part of the people was reached, and the effect among them.

    Attributes
    ----------
    name : str
        The part of the people, as the contract names it.
    served, of : int
        How many of those served belong to it, of how many.
    others, of_others : int
        The same among those who were not served.
    estimate : CounterfactualEstimate or None
        The same analysis on them alone. It informs; it never decides.
    reason : Message or None
        Why there is none.
    floor : FloorTest or None
        Whether the effect is at least what the contract asks for among them, with all parts that
        have a floor allowed for.
    """

    name: str
    served: int
    of: int
    others: int
    of_others: int
    estimate: CounterfactualEstimate | None
    reason: Message | None
    floor: FloorTest | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """One design of a number that combines several: its weight in the contract, and its finding."""

    design: str
    weight: Decimal
    finding: Finding


@dataclass(frozen=True, eq=False)
class Finding:
    """The result of one outcome and group.

    Attributes
    ----------
    outcome, group : str
        Names in the contract; ``"all"`` without groups, ``"pooled"`` for the pool.
    entry : str
        Name of the analysis in the plan.
    analysis : Analysis
        The planned analysis itself.
    method : Method
        The estimator as used.
    estimate : CounterfactualEstimate or None
        The estimate; None when the data could not answer.
    reason : Message or None
        Why there is no estimate, or why nothing may be judged on it.
    evidence : Evidence
        What the decision was given.
    treated : frozenset
        Labels of the treated places, so that a pool counts each of them once.
    equity : tuple of EquityFinding
        Reach and effect in the parts of the people that the plan names.
    subgroups : Subgroups or None
        Effects in the subgroups that the plan names.
    across : Subgroups or None
        On the first of the contract's groups: all of them against each other.
    parts : tuple of Part
        The findings that were combined; empty for a number of one design.
    losses : tuple of Loss
        What the loss of people leaves possible, where outcomes may be missing.
    trends : TrendCheck or None
        What trends that differ leave possible, where the plan or the contract asks for it.
    cohorts : tuple of Cohort
        Who began when, where there are several periods.
    """

    outcome: str
    group: str
    entry: str
    analysis: Analysis
    method: Method
    estimate: CounterfactualEstimate | None
    reason: Message | None
    evidence: Evidence
    seed: str
    data_digest: str
    diagnostics: tuple[DiagnosticFinding, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    flow: tuple[FlowStep, ...] = ()
    records: tuple[Message, ...] = ()
    treated: frozenset[object] = frozenset()
    equity: tuple[EquityFinding, ...] = ()
    subgroups: Subgroups | None = None
    across: Subgroups | None = None
    parts: tuple[Part, ...] = ()
    losses: tuple[Loss, ...] = ()
    trends: TrendCheck | None = None
    cohorts: tuple[Cohort, ...] = ()

    @property
    def instead(self) -> tuple[Alternative | LossEnd | TrendSet, ...]:
        """Every number that may stand in the place of the planned one, to decide again."""
        ends = (end for loss in self.losses for end in (loss.worse, loss.better))
        reruns = (run for check in self.diagnostics for run in check.reruns)
        trends = () if self.trends is None else self.trends.sets
        return (*self.alternatives, *ends, *reruns, *trends)

    @property
    def against(self) -> str:
        """What the effect is held against: ``data``, a ``figure`` or ``nothing``.

        Without an estimate the design says it: nothing vouches that a count is compared.
        """
        if self.estimate is not None:
            return self.estimate.against
        return "nothing" if self.analysis.design == "count" else "data"


def people_of(finding: Finding) -> int | None:
    """People of a group for pooling: everyone assigned to the programme, measured or not."""
    for step in finding.flow:
        if step.step.key == "flow.assigned" and step.treated is not None:
            return step.treated
    return finding.estimate.n_treated if finding.estimate is not None else None


class Findings(Mapping[Any, Finding]):
    """Findings by outcome, or by outcome and group.

    ``findings["earnings"]`` is the finding of group ``"all"`` (or the only one, or the pooled
    one); ``findings["earnings", "cohort_1"]`` that of one group.
    """

    def __init__(self, found: tuple[Finding, ...]) -> None:
        self._found = {(f.outcome, f.group): f for f in found}
        if len(self._found) != len(found):
            raise ValueError("Two findings have one outcome and group.")

    def __getitem__(self, key: str | tuple[str, str]) -> Finding:
        if isinstance(key, tuple):
            return self._found[key]
        for group in ("all", "pooled"):
            if (key, group) in self._found:
                return self._found[key, group]
        only = [f for (outcome, _), f in self._found.items() if outcome == key]
        if len(only) == 1:
            return only[0]
        if not only:
            raise KeyError(key)
        groups = ", ".join(f.group for f in only)
        raise KeyError(f"{key!r} has several groups ({groups}): ask for one of them")

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
