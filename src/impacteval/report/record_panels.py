"""The part of a record about roll-outs: who began when, and effects by time since the beginning."""

from __future__ import annotations

from typing import Literal

from impacteval.report.record_values import Frozen


class CohortRow(Frozen):
    """Those who began the service in one period."""

    start: str | None
    """The first period in which they were served; null where it is not one of the data."""
    when: Literal["before", "within", "after", "never"]
    """Served from the first period on, from a later one, only after the last, or never."""
    units: int
    clusters: int | None
    """Places to which the service was assigned, where they are not the units."""
    rows: int


class EventRow(Frozen):
    """The effect at one time since the service began, in the outcome's own units."""

    event_time: str
    """Periods since the service began; 0 is the first with it."""
    effect: str
    std_error: str | None
    low: str | None
    high: str | None
    """95% interval of this effect alone."""
    band_low: str | None
    band_high: str | None
    """95% band that holds for all times together."""
    reference: bool
    """Whether this is the time that the others are measured against: no effect by construction."""
