"""The one way in which a statistic is held against its limit."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.errors import UsageError
from impacteval.estimates import Diagnostic, DiagnosticStatus
from impacteval.values import Design, Message, Text, significant

if TYPE_CHECKING:
    from impacteval.sample import BlindSample, Sample


def checked_limit(name: str, limit: float | None) -> float | None:
    """The limit, or a `UsageError` when it is no number that a statistic could reach."""
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int | float | Decimal):
        raise UsageError(f"The limit of diagnostic {name!r} must be a number, not {limit!r}.")
    if not math.isfinite(limit) or limit < 0:
        raise UsageError(f"The limit of diagnostic {name!r} must be 0 or more, not {limit!r}.")
    return float(limit)


def status_of(statistic: float, limit: float | None) -> DiagnosticStatus:
    """Passed up to and including the limit; compared as decimals, rounded once.

    Examples
    --------
    >>> status_of(0.1 + 0.2, 0.3).value
    'passed'
    """
    if limit is None or significant(statistic) <= Decimal(repr(limit)):
        return DiagnosticStatus.PASSED
    return DiagnosticStatus.FAILED


def not_applicable(name: str, limit: float | None, reason: Message) -> Diagnostic:
    """A diagnostic that has nothing to measure here, and why."""
    return Diagnostic(name, DiagnosticStatus.NOT_APPLICABLE, None, limit, reason)


SEEN_ONCE = Message(
    "diagnostics.seen-once",
    Text(
        en="Each unit is seen in one period only, so that those served and the others are not followed "
        "here; compositional-change looks at who is measured when.",
        fr="Chaque unité n'est vue qu'à une période : les unités servies et les autres ne sont pas "
        "suivies ici ; compositional-change examine qui est mesuré et quand.",
    ),
)


def seen_once(sample: Sample | BlindSample) -> bool:
    """Whether the rows of a roll-out are other units in each period."""
    kind: str = sample.structure.kind
    return sample.design == Design.DID and kind == "repeated_cross_section"
