"""The part of a record that says what was found in parts of the people."""

from __future__ import annotations

from typing import Literal

from impacteval.report.record_values import Both, Frozen, Range, Said


class FloorFacts(Frozen):
    """Is the effect of a group at least the floor? By one-sided tests, all groups allowed for."""

    verdict: Literal["reached", "missed", "open"]
    p_value: str
    """Of the hypothesis that the group does not reach the floor."""
    adjusted_p_value: str
    adjusted_p_value_missed: str
    """Of the hypothesis that it does."""


class SubgroupRow(Frozen):
    """One group that is shown. Numbers are in contract units, positive when better."""

    group: str
    plain_name: Both
    served: int
    others: int | None
    """None where nobody is compared."""
    estimate: str | None
    interval: Range | None
    """At the level at which the intervals of all groups hold together."""
    p_value: str | None
    adjusted_p_value: str | None
    floor: FloorFacts | None
    reason: Said | None
    """Why there is no estimate."""


class EqualFacts(Frozen):
    """The test that the effects of all groups are one and the same."""

    wald: str
    statistic: str
    df_between: int
    df_within: str | None
    """None where it is infinite."""
    p_value: str


class SubgroupFacts(Frozen):
    """Effects by group. They inform; nothing is paid or withheld for them."""

    by: Literal["subgroup", "group"]
    """By a column of the plan, or by the groups of the contract."""
    multiplicity: Literal["max_t", "holm", "bonferroni"]
    level: str
    """Chance that all intervals hold together."""
    hidden: int
    """Groups that are not shown: too small, or needed to keep a small one hidden."""
    floor: str | None
    rows: tuple[SubgroupRow, ...]
    equal: EqualFacts | None
    said: tuple[Said, ...]
    """What the groups say together, in sentences; the test of equal effects first."""


class EquityFloorRow(FloorFacts):
    """Whether the effect in a part of the people is at least what the contract asks for."""

    outcome: str
    group: str
    floor: str
    level: str
