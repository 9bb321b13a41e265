"""The one way in which a statistic is held against its limit."""

from __future__ import annotations

import math
from decimal import Decimal

from impacteval.errors import UsageError
from impacteval.estimates import Diagnostic, DiagnosticStatus
from impacteval.values import Message, significant


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
