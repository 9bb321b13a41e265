"""The part of a record about comparisons with similar people: who is compared, and how alike."""

from __future__ import annotations

from pydantic import Field

from impacteval.report.record_values import Both, Frozen, Said


class AlikeGroup(Frozen):
    """One of the two groups: in the data, and in the comparison."""

    served: bool
    n: int
    used: int
    effective: str
    """How many people of equal weight would tell as much."""


class AlikeRow(Frozen):
    """One covariate in the two groups, as they are and as they are compared."""

    covariate: str
    plain_name: Both | None
    served: str | None
    comparison_before: str | None
    served_after: str | None
    comparison_after: str | None
    difference_before: str | None
    difference_after: str | None
    """In standard deviations."""
    ratio_after: str | None
    """Of the variances."""


class OverlapRow(Frozen):
    """How many of either group have a chance of being served within two values."""

    low: str
    high: str
    served: str
    comparison: str
    """Shares of the group."""


class LeftOutProfile(Frozen):
    """One covariate of those served who are compared with nobody, beside the others."""

    covariate: str
    plain_name: Both | None
    inside: str | None
    outside: str | None
    difference: str | None


class Alike(Frozen):
    """Who is compared with whom, and how alike they are."""

    groups: tuple[AlikeGroup, ...]
    balance: tuple[AlikeRow, ...]
    """In the order of the covariates."""
    overlap: tuple[OverlapRow, ...] = Field(default=(), exclude_if=lambda found: not found)
    left_out: int = Field(default=0, exclude_if=lambda found: not found)
    """Served people who are compared with nobody."""
    left_out_hidden: bool = Field(default=False, exclude_if=lambda found: not found)
    """Whether they are too few for their averages to be told."""
    left_out_profile: tuple[LeftOutProfile, ...] = Field(
        default=(), exclude_if=lambda found: not found
    )
    said: tuple[Said, ...]
    cautions: tuple[Said, ...] = Field(default=(), exclude_if=lambda found: not found)
    """What a reader must know before relying on the comparison."""
