"""The result of an assumption check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from impacteval.estimates.estimate import CounterfactualEstimate
from impacteval.estimates.parts import Parts
from impacteval.values import Message, Text


class DiagnosticStatus(StrEnum):
    """What a diagnostic says."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, eq=False)
class Rerun:
    """The planned estimate on other data or settings, for whoever decides to decide again.

    Attributes
    ----------
    name : str
        Names this run within its diagnostic.
    title : Text
        What is changed, for people.
    result : CounterfactualEstimate or Message, or callable
        The estimate on the planned scale, or why there is none; or what forms it when it is asked
        for, where the check itself needed the number alone.
    drawn : bool
        Whether it is counted and not listed under the check: one of many random draws, or an analysis
        that has a table of its own.
    """

    name: str
    title: Text
    result: CounterfactualEstimate | Message | Callable[[], CounterfactualEstimate | Message]
    drawn: bool = False

    def found(self) -> CounterfactualEstimate | Message:
        """The estimate, or why there is none."""
        return self.result() if callable(self.result) else self.result


@dataclass(frozen=True, slots=True, eq=False)
class Diagnostic:
    """One assumption check.

    Attributes
    ----------
    name : str
        Name, as in the plan.
    status : DiagnosticStatus
        Passed, failed, or not applicable.
    statistic : float or None
        What was measured; None when not applicable.
    limit : float or None
        The largest statistic that passes (the contract's or the plan's), None without one.
    expected : float or None
        What a sound design gives on average.
    chance_sound_fails : float or None
        Chance that a sound study fails this limit by bad luck.
    explanation : Message
        One plain sentence.
    parts : Parts
        Tidy frames behind the statistic.
    reruns : tuple of Rerun
        The planned estimate on other data or settings, where the check runs it again.
    """

    name: str
    status: DiagnosticStatus
    statistic: float | None
    limit: float | None
    explanation: Message
    expected: float | None = None
    chance_sound_fails: float | None = None
    parts: Parts = field(default_factory=Parts)
    reruns: tuple[Rerun, ...] = ()

    def __post_init__(self) -> None:
        if (self.statistic is None) != (self.status is DiagnosticStatus.NOT_APPLICABLE):
            raise ValueError("A diagnostic has a statistic exactly when it applies.")
