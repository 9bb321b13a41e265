"""The confidence that an effect is nothing or harm, where a test of few placements leaves a gap."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from impacteval.report.findings import Finding
from impacteval.report.findings_facts import NOTHING_OR_HARM, SOME_GOOD, nothing_or_harm
from impacteval.values import Answer, Evidence


def told(harm: str | None, good: str | None) -> str | None:
    asked = ((NOTHING_OR_HARM, harm), (SOME_GOOD, good))
    answers = tuple(Answer(q, Decimal(value)) for q, value in asked if value is not None)
    finding: Any = SimpleNamespace(evidence=Evidence("burden", "all", answers))
    return nothing_or_harm(cast(Finding, finding))


@pytest.mark.parametrize(
    ("harm", "good", "expected"),
    [
        # 24 places, none of which shows as favourable a change: 1 in 24, and not nothing.
        ("0", "0.9583333333", "0.0416666667"),
        # Without gaps both are one number, whose digits stay.
        ("0.003946489153", "0.9960535108", "0.003946489153"),
        ("1", "0", "1"),
        ("0.2", None, "0.2"),
        (None, None, None),
    ],
)
def test_a_gap_counts_as_harm(harm: str | None, good: str | None, expected: str | None) -> None:
    assert told(harm, good) == expected
