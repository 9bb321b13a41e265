"""Outcomes brought to a prepared sample, with every unmatched row counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.errors import UsageError
from impacteval.sample import checks, records
from impacteval.sample.blind import BlindSample
from impacteval.sample.codes import Bools, Codes, Floats, Ints
from impacteval.sample.core import POLICIES, Sample
from impacteval.sample.designs import design_rule
from impacteval.sample.findings import Findings, counted, did_you_mean
from impacteval.sample.frame import read_outcomes, require_frame
from impacteval.sample.labels import LabelColumn, as_periods, read_labels

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Joined:
    """A sample with its outcomes, and what matched nobody.

    Attributes
    ----------
    sample : Sample
        Every row of the blind sample, with its outcomes.
    unmatched_blind : int
        Rows of the blind sample without an outcome row (kept, as attrition).
    unmatched_outcomes : int
        Outcome rows that belong to no row of the blind sample (left out).
    """

    sample: Sample
    unmatched_blind: int
    unmatched_outcomes: int


def join_outcomes(
    blind: BlindSample,
    outcomes: pd.DataFrame,
    *,
    outcome: tuple[str, ...],
    unit: str | None,
    period: str | None,
    missing_outcome: str,
    log_outcome: bool,
    source: str,
) -> Joined:
    """Match by unit (and period); see `BlindSample.join`."""
    require_frame(outcomes)
    if missing_outcome not in POLICIES:
        raise UsageError(
            f"missing_outcome {missing_outcome!r} is not known. Allowed: {', '.join(POLICIES)}."
        )
    if not outcome:
        raise UsageError("Name at least one outcome column.")
    if blind.roles.unit is None:
        raise UsageError(
            "Outcomes can only be joined to labelled units: name the unit role in the blind sample."
        )
    found = Findings(source)
    place = _places(blind, outcomes, outcome, unit, period, found)
    read_place = np.full(len(outcomes), -1, dtype=np.int64) if place is None else place
    values = read_outcomes(outcomes, outcome, "attrited", found)
    found.records.clear()
    if place is not None:
        _check_repeats(place, found)
    here = read_place >= 0
    if not len(outcomes):
        found.add("there are no outcome rows.", "Check the file and the filters applied to it.")
    elif place is not None and not here.any():
        found.add(
            "no outcome row belongs to a unit of the prepared sample.",
            "Check that both files write the labels of units (and periods) in the same way.",
        )
    has_row = np.zeros(len(blind), dtype=bool)
    has_row[read_place[here]] = True
    laid: dict[str, Floats] = {}
    rule = design_rule(blind.design)
    for name, y in values.items():
        full = np.full(len(blind), np.nan)
        full[read_place[here]] = y[here]
        laid[name] = full
        if place is not None and here.any():
            _check_missing(blind, name, full, has_row, missing_outcome, found)
            checks.check_measured(blind.table, rule, name, full, found)
    found.raise_problems()
    unmatched_blind, unmatched_outcomes = int((~has_row).sum()), int((~here).sum())
    told = list(found.take_records())
    if unmatched_blind or unmatched_outcomes:
        told.append(records.unmatched(unmatched_blind, unmatched_outcomes))
    sample = Sample(
        blind.design,
        blind.table,
        laid,
        missing_outcome,
        log_outcome,
        blind.blind_records,
        tuple(told),
        blind.source,
    )
    return Joined(sample, unmatched_blind, unmatched_outcomes)


def _places(
    blind: BlindSample,
    outcomes: pd.DataFrame,
    outcome: tuple[str, ...],
    unit: str | None,
    period: str | None,
    found: Findings,
) -> Ints | None:
    """The row of the blind sample that each outcome row belongs to, -1 for none."""
    table = blind.table
    keys = {"unit": (unit or table.roles.unit or "", table.unit)}
    if table.period is not None and len(table.period.labels) > 1:
        keys["period"] = (period or table.roles.period or "", table.period)
    columns = list(outcomes.columns)
    known = len(found.problems)
    for role, name in [(r, n) for r, (n, _) in keys.items()] + [("outcome", n) for n in outcome]:
        if columns.count(name) == 0:
            found.add(f"there is no column {name!r} (for {role}).", did_you_mean(name, columns))
        elif columns.count(name) > 1:
            found.add(f"column {name!r} (for {role}) is there {columns.count(name)} times.")
    if len(found.problems) > known:
        return None
    read: dict[str, Ints] = {}
    for role, (name, codes) in keys.items():
        column = read_labels(outcomes[name])
        if role == "period" and not codes.declared_order:
            column, _ = as_periods(column)
        matched = _match(column, codes, role, name, found)
        if matched is not None:
            read[role] = matched
        if role == "unit" and not column.fault and not column.missing.any():
            found.unit = column.codes
    if len(read) < len(keys):
        return None
    if "period" not in keys:
        return _row_of(table.unit.codes, len(table.unit.labels))[read["unit"]]
    assert table.period is not None
    width = len(table.period.labels)
    lookup = _row_of(table.unit.codes * width + table.period.codes, len(table.unit.labels) * width)
    either = (read["unit"] < 0) | (read["period"] < 0)
    return lookup[np.where(either, -1, read["unit"] * width + read["period"])]


def _row_of(key: Ints, size: int) -> Ints:
    lookup = np.full(size + 1, -1, dtype=np.int64)  # the last place answers key -1: no row
    lookup[key] = np.arange(len(key))
    return lookup


def _match(column: LabelColumn, codes: Codes, role: str, name: str, found: Findings) -> Ints | None:
    if column.fault:
        found.add(f"column {name!r} ({role}) {column.fault}.")
        return None
    if column.missing.any():
        found.add(
            f"column {name!r} ({role}) has {counted(int(column.missing.sum()), 'missing value')}: "
            f"{found.where(column.missing)}.",
            f"Every outcome row needs its {role}.",
        )
        return None
    mine, theirs = codes.labels, column.codes.labels
    if len(theirs) and (mine.dtype == object) != (theirs.dtype == object):
        words = {True: "text", False: "numbers"}
        found.add(
            f"column {name!r} ({role}) holds {words[theirs.dtype == object]} in the outcomes and "
            f"{words[mine.dtype == object]} in the prepared sample.",
            "Write the labels in the same way in both.",
        )
        return None
    place: dict[Any, int] = {label: k for k, label in enumerate(mine.tolist())}
    table = np.array([place.get(label, -1) for label in theirs.tolist()] + [-1], dtype=np.int64)
    matched: Ints = table[column.codes.codes]
    return matched


def _check_repeats(place: Ints, found: Findings) -> None:
    rows, first, count = np.unique(place, return_inverse=True, return_counts=True)
    again = (count[first] > 1) & (place >= 0)
    if again.any():
        found.add(
            f"{counted(int((count[rows >= 0] > 1).sum()), 'row')} of the prepared sample would "
            f"get more than one outcome row: {found.where(again)}.",
            "Keep one outcome row for each.",
        )


def _check_missing(
    blind: BlindSample, name: str, y: Floats, has_row: Bools, policy: str, found: Findings
) -> None:
    missing = np.isnan(y)
    if not missing.any():
        return
    if policy == "attrited":
        found.record(records.attrition(name, int(missing.sum()), len(y)))
        return
    table, absent = blind.table, int((~has_row).sum())
    where = Findings(unit=table.unit, rows=table.source_row).where(missing)
    found.add(
        f"column {name!r} (outcome) has no value for {counted(int(missing.sum()), 'row')} of the "
        f"prepared sample ({absent:,} without an outcome row): "
        f"{where}.",
        "Complete them, or declare missing_outcome='attrited' to keep, count and mark them.",
    )
