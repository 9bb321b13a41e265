"""The part of a record about what causes what, as the plan draws it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from impacteval.report.record_values import Both, Frozen, Said


class CauseNode(Frozen):
    """One thing in the graph."""

    name: str
    """Of its column, or of what nobody measured."""
    label: Both
    kind: Literal["service", "outcome", "held", "measured", "hidden"]
    """The service, the outcome, held fixed, measured and left alone, or measured by nobody."""


class CauseArrow(Frozen):
    """One cause and what it acts on, by name."""

    cause: str
    effect: str


class CausesFacts(Frozen):
    """What causes what, and what follows for the comparison."""

    nodes: tuple[CauseNode, ...]
    """In the order of the plan."""
    arrows: tuple[CauseArrow, ...]
    said: tuple[Said, ...]
    assumed: tuple[Said, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Ways that nothing measured can close."""
