"""How firm a number is when trends were not parallel, as the record writes it."""

from __future__ import annotations

from impacteval.report.record_values import Both, Frozen, Range, Said, Verdict


class TrendRow(Frozen):
    """One size of difference in trends."""

    restriction: str
    """``relative_magnitudes`` (of the worst move before the start) or ``smoothness``."""
    m: str
    title: Both
    interval: Range
    """Effects that cannot be ruled out, in contract units."""
    verdicts: dict[str, Verdict]
    """Clause name to the verdict it would have at the worse end."""
    flips: bool
    """Whether a verdict would be another one there."""


class BreakdownRow(Frozen):
    """How far trends may differ before a threshold comes into the set."""

    threshold: str
    """In contract units."""
    worst_moves: str | None
    """In units of the worst move before the start; none when inside already, or never reached."""
    bend: str | None
    """Change of slope a period, in the outcome's unit; none when inside already, or never reached."""
    level: str
    """Of the sets: that of the bound which the contract compares, where it compares one."""
    sides: str
    """``one`` or ``two``: how the level is read."""
    said: Said


class TrendFacts(Frozen):
    """The whole of it."""

    sets: tuple[TrendRow, ...]
    breakdowns: tuple[BreakdownRow, ...]
