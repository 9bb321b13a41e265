"""A sample of claimed cases that was checked again, as numbers by stratum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates import Drawn, HypergeometricCount

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """What a re-check of some of the claimed cases found.

    Attributes
    ----------
    strata : tuple of Drawn
        Right, checked and claimed cases of each stratum that holds a claimed case.
    names : tuple of str
        The strata; one empty name where the audit was drawn from all together.
    unclaimed : int
        Cases that the audit found and nobody claimed.
    """

    strata: tuple[Drawn, ...]
    names: tuple[str, ...]
    unclaimed: int = 0

    @property
    def cases(self) -> int:
        """Claimed cases."""
        return sum(s.cases for s in self.strata)

    @property
    def checked(self) -> int:
        """Claimed cases that were checked again."""
        return sum(s.checked for s in self.strata)

    @property
    def wrong(self) -> int:
        """Those among them that were found wrong."""
        return sum(s.checked - s.right for s in self.strata)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The strata of which nothing is known."""
        return tuple(
            name for name, s in zip(self.names, self.strata, strict=True) if s.checked == 0
        )

    @property
    def discrepancy(self) -> float:
        """The share of the claimed cases that is wrong, each stratum by its size."""
        return sum(s.cases * (s.checked - s.right) / s.checked for s in self.strata) / self.cases

    def share_limits(self, level: float = 0.95) -> tuple[float, float]:
        """Exact two-sided limits of the share that is wrong."""
        right = HypergeometricCount(self.strata).interval(level)
        return 1.0 - right.high / self.cases, 1.0 - right.low / self.cases

    def most_wrong(self, level: float = 0.95) -> float:
        """The exact one-sided upper limit of the share that is wrong."""
        return 1.0 - HypergeometricCount(self.strata).interval(level, "lower").low / self.cases

    def table(self) -> dict[str, tuple[Any, ...]]:
        """One row a stratum and, where there are several, one for all: shares with exact limits."""
        rows = [
            Audit((s,), (name or "all",)) for name, s in zip(self.names, self.strata, strict=True)
        ]
        if len(rows) > 1:
            rows.append(self)
        limits = [row.share_limits() for row in rows]
        return {
            "stratum": tuple(row.names[0] if len(row.names) == 1 else "all" for row in rows),
            "claimed": tuple(row.cases for row in rows),
            "checked": tuple(row.checked for row in rows),
            "wrong": tuple(row.wrong for row in rows),
            "share": tuple(row.discrepancy for row in rows),
            "low": tuple(low for low, _ in limits),
            "high": tuple(high for _, high in limits),
        }


def audit_of(claimed: Floats, found: Floats, stratum: Ints, names: tuple[str, ...]) -> Audit:
    """The audit of a list.

    Parameters
    ----------
    claimed : array, shape (n,)
        1 for each case that was claimed, 0 for every other.
    found : array, shape (n,)
        1 or 0 as the re-check found; NaN where a case was not checked again.
    stratum : array of int, shape (n,)
        Stratum of each case, from 0.
    names : tuple of str
        The strata.

    Examples
    --------
    >>> nan = float("nan")
    >>> claimed, found = np.array([1.0, 1, 1, 1, 0]), np.array([1.0, 0, nan, nan, nan])
    >>> audit = audit_of(claimed, found, np.zeros(5, dtype=int), ("",))
    >>> audit.cases, audit.checked, audit.wrong, audit.discrepancy
    (4, 2, 1, 0.5)
    """
    size, own, checked = len(names), claimed == 1.0, ~np.isnan(found)
    cases = np.bincount(stratum[own], minlength=size)
    drawn = np.bincount(stratum[own & checked], minlength=size)
    right = np.bincount(stratum[own & (found == 1.0)], minlength=size)
    used = np.flatnonzero(cases > 0)
    return Audit(
        tuple(Drawn(int(right[k]), int(drawn[k]), int(cases[k])) for k in used),
        tuple(names[k] for k in used),
        int((~own & (found == 1.0)).sum()),
    )
