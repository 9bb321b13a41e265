"""Reading the tables of a mix: rows, labels, numbers as text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from impacteval.estimates import CounterfactualEstimate
from impacteval.report.panels import label
from impacteval.report.record_mix import PlacePath
from impacteval.values import significant, written

Table = Mapping[str, tuple[Any, ...]]
PATHS = ("placebo_paths", "leave_one_out_paths", "in_time")
"""Tables that hold a value for each period and place."""


def table_of(estimate: CounterfactualEstimate | None, name: str) -> Table | None:
    """The columns of a table; None where it is not there or has no rows."""
    if estimate is None or name not in estimate.parts:
        return None
    columns = estimate.parts.columns(name)
    return columns if columns and len(next(iter(columns.values()))) else None


def rows_of(table: Table) -> Iterator[dict[str, Any]]:
    """Each row as a mapping of column to value."""
    for values in zip(*table.values(), strict=True):
        yield dict(zip(table, values, strict=True))


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes numbers as the record does: ten digits of the size of the outcome.

    Attributes
    ----------
    size : float
        The larger of both means, in the outcome's own units.
    """

    size: float

    def number(self, value: Any) -> str | None:
        """A number in the outcome's own units; None where there is none."""
        return None if _missing(value) else written(significant(float(value), self.size or None))

    def share(self, value: Any) -> str | None:
        """A share, a weight or a p-value."""
        return None if _missing(value) else written(significant(float(value), 1.0))

    def own(self, value: Any) -> str | None:
        """A number in no unit, such as a ratio, to ten digits of its own."""
        return None if _missing(value) else written(significant(float(value)))

    def weight(self, value: float) -> str:
        """A weight that is there."""
        return written(significant(value, 1.0))

    def small(self, value: Any) -> str | None:
        """A number that may be tiny, to three digits of its own."""
        return None if _missing(value) else written(significant(float(value), digits=3))


def _missing(value: Any) -> bool:
    return not known(value)


def known(value: Any) -> bool:
    """Whether a value is a number that can be told."""
    return value is not None and math.isfinite(float(value))


def path_periods(estimate: CounterfactualEstimate, path: Table) -> tuple[str, ...]:
    """The periods of the history, where any table holds a path over them."""
    if all(table_of(estimate, name) is None for name in PATHS):
        return ()
    return tuple(label(period) for period in path["period"])


def paths_of(
    table: Table, periods: tuple[str, ...], who: str, value: str, write: Writer
) -> dict[str, PlacePath]:
    """The path of each place of a table over those periods; null where it says nothing.

    Parameters
    ----------
    table : Table
        One row a place and period.
    periods : tuple of str
        In order.
    who, value : str
        The columns of the place and of its value.
    write : Writer
    """
    found: dict[str, dict[str, str | None]] = {}
    for row in rows_of(table):
        found.setdefault(label(row[who]), {})[label(row["period"])] = write.number(row[value])
    return {
        place: PlacePath(place=place, values=tuple(values.get(period) for period in periods))
        for place, values in found.items()
    }


__all__ = ["Table", "Writer", "known", "label", "path_periods", "paths_of", "rows_of", "table_of"]
