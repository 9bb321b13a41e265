"""The part of a record that says who of everyone eligible was counted, and who was not."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from impacteval.report.record_values import Both, Frozen, Said

FunnelStep = Literal["referred", "accepted", "measured"]


class FunnelRow(Frozen):
    """One step on the way. Counts that would tell a small group are null."""

    step: Said
    n: int | None
    """How many are left; null too where the step only takes some away."""
    left: int | None
    """How many did not take it."""
    share: str | None
    """Of those eligible, from 0 to 1."""
    hidden: bool
    """Whether a count is null because a small group could be told."""


class ReasonRow(Frozen):
    """A reason for which people did not go on."""

    step: FunnelStep
    reason: Both | None
    """None where none is given."""
    n: int
    together: int = Field(default=1, exclude_if=lambda n: n == 1)
    """How many reasons, too small to be told apart, are counted together here."""


class ProfileRow(Frozen):
    """One characteristic of those left out and of those who went on."""

    covariate: str
    plain_name: Both | None
    missing: bool = Field(default=False, exclude_if=lambda missing: not missing)
    """Whether it says of how many the characteristic is not known."""
    left: str | None
    """Average of those left out; null where it is known of fewer than ten."""
    on: str | None
    standardised_difference: str
    p_value: str
    by_reason: tuple[str | None, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Averages by reason, in the order of `reasons`."""


class ProfileFacts(Frozen):
    """Those left out at a step against those who went on."""

    step: FunnelStep
    from_referral: bool
    """Whether those never referred are counted as left out here."""
    rows: tuple[ProfileRow, ...]
    largest: str | None
    expected: str | None
    p_together: str | None
    reasons: tuple[Both | None, ...] = Field(default=(), exclude_if=lambda found: not found)
    """The reasons whose people are shown apart; None stands for no reason given."""
    said: Said
    """The whole in one sentence, or why there is nothing to show."""


class FunnelFacts(Frozen):
    """From everyone in the table to everyone measured, for one group."""

    group: str
    group_name: Both | None
    counts: Literal["everyone_eligible", "participants"]
    """Whom the contract counts."""
    steps: tuple[FunnelRow, ...]
    reasons: tuple[ReasonRow, ...]
    profiles: tuple[ProfileFacts, ...]
    said: tuple[Said, ...]
    """What does not add up, and what is hidden."""
