"""What a contract watches, reports and tells besides what it pays for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from impacteval.contract.clauses import Condition
from impacteval.contract.paperwork import Source
from impacteval.contract.rules import Level
from impacteval.files import (
    FileModel,
    Number,
    PartialDate,
    PlainWords,
    Slug,
    Words,
)


class Watch(FileModel):
    """Outcomes that are estimated with the same design and never paid."""

    outcomes: tuple[Slug, ...] = Field(description="the outcomes watched", min_length=1)
    multiplicity: Literal["none", "bonferroni", "holm"] = Field(
        description="how looking at several is corrected for: none, bonferroni or holm"
    )


def short_watch(value: Any) -> Any:
    """A list of outcomes alone is looked at without correction, and the report says so."""
    if isinstance(value, list | tuple):
        return {"outcomes": value, "multiplicity": "none"}
    return value


class Floor(FileModel):
    """The least effect that a part of the people should have; tested and reported, never paid."""

    outcome: Slug = Field(description="the outcome whose effect is tested")
    at_least: Number = Field(description="the least effect, in the outcome's contract units")
    level: Level = Field(description="the confidence of the one-sided test, such as 0.95")


class EquityGroup(FileModel):
    """A part of the people whose reach is reported, and paid for where a clause says so."""

    plain_name: Words = Field(description="who they are, {en: ..., fr: ...}")
    share: Condition | None = None
    floor: Floor | None = None
    paid_through: Slug | None = None
    source: Source | None = None


class ContextEntry(FileModel):
    """Evidence that is told with its source and weighs nothing in the payment."""

    text: PlainWords = Field(description="what is known")
    source: Source = Field(description="where it was read, an entry under `sources`")


class Baseline(FileModel):
    """What was measured before the programme, in the outcome's own units."""

    value: Number = Field(description="the value before the programme")
    date: PartialDate = Field(description="when it was measured")
    source: Source = Field(description="where it was read, an entry under `sources`")
    what: PlainWords | None = None
