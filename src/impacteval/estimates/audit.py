"""What the audit of a count found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """A count as it was claimed, and what share of it a re-check found wrong.

    Attributes
    ----------
    claimed : float
        The count, or the rate, before the audit, on the scale of the estimate.
    cases : int
        Claimed cases that the audit sample stands for.
    checked, wrong : int
        Cases that were checked again, and those among them that were found wrong.
    discrepancy : float
        Estimated share of the claimed cases that is wrong: of several strata each by its size.

    Examples
    --------
    >>> AuditFinding(claimed=837.0, cases=837, checked=60, wrong=9, discrepancy=0.15).wrong
    9
    """

    claimed: float
    cases: int
    checked: int
    wrong: int
    discrepancy: float

    def __post_init__(self) -> None:
        if not 0 <= self.wrong <= self.checked <= self.cases or self.checked < 1:
            raise ValueError("An audit checks some of the cases and finds some of those wrong.")
        if not 0.0 <= self.discrepancy <= 1.0:
            raise ValueError("The share found wrong lies between 0 and 1.")

    def __canonical__(self) -> dict[str, Any]:
        return {
            "claimed": self.claimed,
            "cases": self.cases,
            "checked": self.checked,
            "wrong": self.wrong,
            "discrepancy": self.discrepancy,
        }
