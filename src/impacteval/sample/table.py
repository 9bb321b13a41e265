"""Everything about a sample but its outcomes, as read-only arrays in canonical row order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from impacteval.sample import records
from impacteval.sample.codes import Codes, Floats, Ints, frozen
from impacteval.sample.designs import DesignRule
from impacteval.sample.roles import Roles
from impacteval.values import Message


@dataclass(frozen=True, slots=True)
class Structure:
    """The shape of the data.

    Attributes
    ----------
    kind : str
        ``cross_section``, ``panel`` or ``repeated_cross_section``.
    balanced : bool
        Whether every unit has a row in every period.
    n_rows, n_units, n_periods : int
        Counts; a cross-section has one period.

    Examples
    --------
    >>> print(Structure("panel", True, 6, 3, 2))
    Balanced panel: 3 units, 2 periods, 6 rows.
    """

    kind: str
    balanced: bool
    n_rows: int
    n_units: int
    n_periods: int

    @property
    def message(self) -> Message:
        """The structure as a sentence in both languages."""
        if self.kind == "cross_section":
            return records.cross_section(self.n_rows)
        if self.kind == "panel":
            return records.panel(self.n_rows, self.n_units, self.n_periods, self.balanced)
        return records.repeated(self.n_rows, self.n_periods)

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The columns of a sample without its outcomes.

    Attributes
    ----------
    roles : Roles
        Without the outcome names.
    unit : Codes
        Row numbers 1..n when there is no unit role.
    labels : mapping of role to Codes
        The other label roles and ``period``; ``adopted`` holds -1 for never.
    numbers : mapping of role to float64 array
        Numeric roles.
    covariates : float64 array, shape (n, k)
    cohort : int64 array or None
        First period index at or after adoption; -1 never, n_periods after the last.
    source_row : int64 array
        Row of the caller's frame, from 1.
    """

    roles: Roles
    unit: Codes
    labels: Mapping[str, Codes]
    numbers: Mapping[str, Floats]
    covariates: Floats
    cohort: Ints | None
    source_row: Ints
    structure: Structure = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", MappingProxyType(dict(self.labels)))
        object.__setattr__(self, "numbers", MappingProxyType(dict(self.numbers)))
        for array in (*self.numbers.values(), self.covariates, self.source_row):
            frozen(array)
        if self.cohort is not None:
            frozen(self.cohort)
        object.__setattr__(self, "structure", _structure(self.unit, self.period))

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def period(self) -> Codes | None:
        """Periods of the rows, if there is a period role."""
        return self.labels.get("period")

    def take(self, rows: Ints) -> Table:
        """Some of the rows, in that order."""
        return Table(
            self.roles,
            self.unit.take(rows),
            {role: codes.take(rows) for role, codes in self.labels.items()},
            {role: values[rows] for role, values in self.numbers.items()},
            self.covariates[rows],
            None if self.cohort is None else self.cohort[rows],
            self.source_row[rows],
        )

    def part(self, rows: Ints) -> Table:
        """Some of the rows, with only the labels that occur in them; periods keep their place."""
        taken = self.take(rows)
        kept = ("period", "adopted")
        labels = {r: c if r in kept else c.used() for r, c in taken.labels.items()}
        return replace(taken, unit=taken.unit.used(), labels=labels)

    def treatment(self, rule: DesignRule) -> Floats | None:
        """Treated rows of this design, 0/1: the column, the adoption dates, or any offer."""
        if "treatment" in self.numbers:
            return self.numbers["treatment"]
        if self.cohort is not None and self.period is not None:
            on = (self.cohort >= 0) & (self.period.codes >= self.cohort)
            return frozen(on.astype(np.float64))
        if rule.offer and "assigned" in self.numbers:
            return frozen((self.numbers["assigned"] > 0.0).astype(np.float64))
        return None


def _structure(unit: Codes, period: Codes | None) -> Structure:
    n, n_units = len(unit), len(unit.labels)
    n_periods = 1 if period is None else len(period.labels)
    if n_periods == 1:
        return Structure("cross_section", True, n, n_units, 1)
    if n == n_units:
        return Structure("repeated_cross_section", False, n, n_units, n_periods)
    # Pairs of unit and period are each there once (checked), so counting them is enough.
    return Structure("panel", n == n_units * n_periods, n, n_units, n_periods)
