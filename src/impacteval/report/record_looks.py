"""What the record says of looks at growing data."""

from __future__ import annotations

from typing import Literal

from impacteval.report.record_values import Both, Frozen, Range, Said


class LookRow(Frozen):
    """One number at one of several looks that spend one error."""

    clause: str
    group: str
    group_name: Both | None = None
    outcome: str
    plain_name: Both
    unit: Both
    look: str
    number: int
    """Which of the looks it is, from 1."""
    of: int
    spending: Literal["obrien_fleming", "pocock", "always_valid"]
    information: str
    """The share of the final information that the contract states, from which the level follows."""
    information_found: str | None = None
    """The share that is there, by the standard error planned for the last look."""
    std_error: str | None = None
    planned_std_error: str | None = None
    tolerance: str | None = None
    kept: bool | None = None
    """Whether the share that is there is within the tolerance; None where nothing is planned."""
    error: str
    """How often all looks together may go wrong, on the better side."""
    error_found: str | None = None
    """The same with the information that is there at this look and the stated one at the others."""
    ended: Literal["early", "last", "no"]
    """Whether the looks at this number ended here, before the last or at it."""
    estimate: str | None = None
    interval: Range | None = None
    adjusted_estimate: str | None = None
    """As often too high as too low, the looks allowed for."""
    adjusted_interval: Range | None = None
    said: tuple[Said, ...] = ()
