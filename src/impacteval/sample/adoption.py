"""Adoption dates: when each unit was first treated, and which units never were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.sample import records
from impacteval.sample.codes import Bools, Codes, Ints
from impacteval.sample.findings import Findings, counted
from impacteval.sample.labels import LabelColumn, as_periods, iso_form, read_labels
from impacteval.sample.roles import Roles

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Adoption:
    """Adoption of each row's unit.

    Attributes
    ----------
    adopted : Codes
        Labels of the adoption dates; -1 for never.
    cohort : int64 array, shape (n,)
        Index of the first period at or after adoption; -1 never, n_periods after the last.
    """

    adopted: Codes
    cohort: Ints


def _says_never(value: Any, never: Any) -> bool:
    if str(value) == str(never):
        return True
    try:
        return float(value) == float(never)
    except (TypeError, ValueError):
        return False


def read_adoption(
    column: pd.Series[Any],
    roles: Roles,
    periods: LabelColumn,
    unit: Codes | None,
    found: Findings,
) -> Adoption | None:
    """Read adoption dates in the same terms as the periods."""
    import pandas as pd

    name, never = roles.adopted or "", roles.never
    blank_is_never = never is None or (isinstance(never, str) and never == "blank")
    values = _cells(column)
    stated = np.zeros(len(values), dtype=bool)
    if not blank_is_never:
        place, distinct = pd.factorize(values)
        matches = [_says_never(v, never) for v in distinct]
        stated = np.array([*matches, False], dtype=bool)[place]
        values = values.mask(stated, None)
    if periods.kind == "declared":
        read = _declared(values, periods)
    else:
        read, _ = as_periods(read_labels(values.infer_objects()))
    blank = read.missing & ~stated
    if read.fault:
        found.add(
            f"column {name!r} (adopted) {read.fault}.",
            "Write adoption dates like the periods; state never=... for a value that means never.",
        )
        return None
    if blank.any() and not blank_is_never:
        found.add(
            f"column {name!r} (adopted) has {counted(int(blank.sum()), 'missing value')} while "
            f"never is stated as {never!r}: {found.where(blank)}.",
            "A lost date must not turn into a control unit; complete it, or state never='blank'.",
        )
        return None
    if not _comparable(read, periods):
        found.add(
            f"column {name!r} (adopted) and column {roles.period!r} (period) "
            "do not write time in the same way, so they cannot be compared.",
            "Use numbers in both, or ISO dates of one form in both.",
        )
        return None
    cohort = _cohort(read.codes, periods.codes.labels)
    _record(read.codes, cohort, periods.codes.labels, name, unit, found)
    return Adoption(read.codes, cohort)


def _cells(column: pd.Series[Any]) -> pd.Series[Any]:
    """The column with None where nothing stands; one of numbers as it is, which costs nothing.

    Whole numbers beyond what a float can hold stay objects: a mask would turn them into floats.
    """
    dtype: Any = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        values = column.to_numpy()
        if dtype.kind == "f" or not values.size or np.abs(values.astype(np.float64)).max() < 2**53:
            return column
    return column.astype(object).where(column.notna().to_numpy(dtype=bool), None)


def _comparable(adopted: LabelColumn, periods: LabelColumn) -> bool:
    if adopted.kind == "empty":
        return True
    if adopted.kind != periods.kind:
        return False
    mine, theirs = adopted.codes.labels.tolist(), periods.codes.labels.tolist()
    return adopted.kind != "text" or iso_form(mine + theirs) >= 0


def _declared(values: pd.Series[Any], periods: LabelColumn) -> LabelColumn:
    """Dates among periods whose order was declared: they must be one of those periods."""
    place = {str(label): k for k, label in enumerate(periods.codes.labels.tolist())}
    missing = values.isna().to_numpy(dtype=bool)
    codes = np.array([place.get(str(v), -2) for v in values], dtype=np.int64)
    lost = (codes == -2) & ~missing
    codes[codes == -2] = -1
    fault = "holds values that are none of the periods" if lost.any() else ""
    return LabelColumn(Codes(codes, periods.codes.labels, True), "declared", missing, fault)


def _cohort(adopted: Codes, periods: np.ndarray[Any, Any]) -> Ints:
    if adopted.declared_order:
        return adopted.codes
    place = np.searchsorted(periods, adopted.labels, side="left")
    return np.append(place, -1)[adopted.codes].astype(np.int64)


def _record(
    adopted: Codes,
    cohort: Ints,
    periods: np.ndarray[Any, Any],
    name: str,
    unit: Codes | None,
    found: Findings,
) -> None:
    units = np.arange(len(cohort)) if unit is None else unit.codes

    def count(rows: Bools) -> int:
        return len(np.unique(units[rows]))

    found.record(records.never_treated(count(cohort < 0), name))
    if not len(adopted.labels):
        return
    if adopted.declared_order:
        return
    never, dates = adopted.codes < 0, adopted.labels
    before, after = dates < periods[0], dates > periods[-1]
    between = ~np.isin(dates.astype(str), periods.astype(str)) & ~before & ~after
    counts = [count(mask[adopted.codes] & ~never) for mask in (before, between, after)]
    if any(counts):
        found.record(records.outside_window(*counts))
