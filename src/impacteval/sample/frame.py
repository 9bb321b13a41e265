"""From a frame to a checked table: columns are read one by one, every fault is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.errors import UsageError
from impacteval.sample import checks, records
from impacteval.sample.adoption import read_adoption
from impacteval.sample.codes import Bools, Codes, Floats, Ints
from impacteval.sample.designs import DesignRule
from impacteval.sample.findings import Findings, counted, did_you_mean, row_numbers
from impacteval.sample.labels import LabelColumn, as_periods, read_labels
from impacteval.sample.numbers import NumberColumn, read_numbers
from impacteval.sample.roles import (
    AMOUNT_ROLES,
    BINARY_ROLES,
    COVARIATE_MAY_SHARE,
    LABEL_ROLES,
    MAY_SHARE,
    NUMBER_ROLES,
    WEIGHT_KINDS,
    Roles,
)
from impacteval.sample.table import Table

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 1e100
# What a missing cell of a covariate is: a fault, or a gap that is kept, counted and marked.
COVARIATE_POLICIES = ("refuse", "kept")

_FIXES = {
    "treatment": "Code treated rows 1 and untreated rows 0.",
    "assigned": "Code what was offered as 1 and 0, or as an amount with 0 for nothing.",
    "received": "Code what was taken up as 1 and 0, or as an amount with 0 for nothing.",
}


def require_frame(df: object) -> None:
    """Refuse anything that is not a pandas DataFrame."""
    import pandas as pd

    if not isinstance(df, pd.DataFrame):
        raise UsageError(f"from_frame takes a pandas DataFrame, not {type(df).__name__}.")


def read_table(
    df: pd.DataFrame,
    roles: Roles,
    design: str,
    rule: DesignRule,
    found: Findings,
    missing_covariates: str = "refuse",
) -> Table | None:
    """Read and check every role but the outcomes; rows stay in the caller's order.

    With ``missing_covariates="kept"`` cells of covariates may be empty; they are NaN, and counted.
    Returns None when there is nothing to build on; the problems are in `found` either way.
    """
    found.rows = row_numbers(df)
    checks.check_roles(roles, design, rule, found)
    usable = _usable_columns(df, roles, found)
    if not len(df):
        found.add("there are no rows.", "Check the file and the filters applied to it.")
        return None
    if roles.weight_kind not in WEIGHT_KINDS:
        found.add(
            f"weight_kind {roles.weight_kind!r} is not known.",
            f"Allowed: {', '.join(WEIGHT_KINDS)}.",
        )
    unit = _unit(df, roles, usable, found)
    labels: dict[str, Codes] = {}
    for role in LABEL_ROLES[1:]:
        if (column := getattr(roles, role)) in usable:
            codes = _labels(read_labels(df[column]), role, column, found)
            if codes is not None:
                labels[role] = codes
    cohort = _time(df, roles, usable, unit, labels, found)
    numbers: dict[str, Floats] = {}
    for role in NUMBER_ROLES:
        column = getattr(roles, role)
        if role == "cutoff" and isinstance(column, int | float):
            numbers[role] = np.full(len(df), float(column))
        elif column in usable:
            values = _numbers(df[column], role, found)
            if values is not None:
                numbers[role] = values
    if missing_covariates not in COVARIATE_POLICIES:
        raise UsageError(
            f"missing_covariates {missing_covariates!r} is not known. "
            f"Allowed: {', '.join(COVARIATE_POLICIES)}."
        )
    kept = missing_covariates == "kept"
    covariates = _covariates(df, roles, usable, found, kept=kept, gaps=rule.gaps)
    table = Table(
        roles,
        Codes(np.arange(len(df)), np.arange(1, len(df) + 1)) if unit is None else unit,
        labels,
        numbers,
        covariates,
        cohort,
        found.rows.copy(),
    )
    checks.check_table(table, design, rule, found)
    _weights(table, found)
    return table


def _usable_columns(df: pd.DataFrame, roles: Roles, found: Findings) -> frozenset[str]:
    by_column: dict[str, list[str]] = {}
    for role, column in roles.used:
        by_column.setdefault(column, []).append(role)
    usable = set()
    for column, played in by_column.items():
        known = [name for name in df.columns if isinstance(name, str)]
        how_often = known.count(column)
        if how_often == 0:
            found.add(
                f"there is no column {column!r} (for {', '.join(played)}).",
                did_you_mean(column, df.columns),
            )
        elif how_often > 1:
            found.add(
                f"column {column!r} (for {', '.join(played)}) is there {how_often} times.",
                "Give each column a name of its own.",
            )
        else:
            usable.add(column)
        if not _may_share(played):
            found.add(
                f"column {column!r} plays two parts: {' and '.join(played)}.",
                "Give each role its own column.",
            )
    return frozenset(usable)


def _may_share(played: list[str]) -> bool:
    if len(played) == 1:
        return True
    if len(set(played)) < len(played):
        return False
    rest = set(played) - {"covariates"}
    return rest <= (COVARIATE_MAY_SHARE if "covariates" in played else MAY_SHARE)


def _unit(df: pd.DataFrame, roles: Roles, usable: frozenset[str], found: Findings) -> Codes | None:
    if roles.unit not in usable:
        return None
    codes = _labels(read_labels(df[roles.unit]), "unit", roles.unit or "", found)
    found.unit = codes
    return codes


def _labels(column: LabelColumn, role: str, name: str, found: Findings) -> Codes | None:
    if column.fault:
        found.add(
            f"column {name!r} ({role}) {column.fault}.",
            _LABEL_FIXES.get(column.fault.split(" ")[0], "Write each label in one way only."),
        )
        return None
    if column.missing.any():
        found.add(
            f"column {name!r} ({role}) has {counted(int(column.missing.sum()), 'missing value')}: "
            f"{found.where(column.missing)}.",
            f"Every row needs its {role}.",
        )
        return None
    return column.codes


_LABEL_FIXES = {
    "mixes": "Store every label as text, or every label as a number.",
}


def _time(
    df: pd.DataFrame,
    roles: Roles,
    usable: frozenset[str],
    unit: Codes | None,
    labels: dict[str, Codes],
    found: Findings,
) -> Ints | None:
    if roles.period not in usable or roles.period is None:
        return None
    column, converted = as_periods(read_labels(df[roles.period]))
    if column.fault.endswith("not known"):
        found.add(
            f"column {roles.period!r} (period) {column.fault}.",
            "Use numbers, ISO dates (2014, 2014-03, 2014-03-31, 2014-Q1) "
            "or an ordered Categorical.",
        )
        return None
    period = _labels(column, "period", roles.period, found)
    if period is None:
        return None
    labels["period"] = period
    if converted:
        found.record(records.text_periods(roles.period))
    if roles.adopted not in usable or roles.adopted is None:
        return None
    adoption = read_adoption(df[roles.adopted], roles, column, unit, found)
    if adoption is None:
        return None
    labels["adopted"] = adoption.adopted
    return adoption.cohort


def clean_numbers(
    read: NumberColumn, name: str, role: str, found: Findings
) -> tuple[Floats, Bools] | None:
    """Refuse text, infinities and whole numbers too large; give values and the missing mask."""
    known = len(found.problems)
    if read.text.any():
        n = int(read.text.sum())
        found.add(
            f"column {name!r} ({role}) holds {read.example} where a number belongs "
            f"({counted(n, 'row')}; the first is {found.first_row(read.text)}).",
            "Make indicator columns (0/1) of categories, and numbers of numbers stored as text."
            if role == "covariates"
            else "Make it a number, or missing where nothing is known.",
        )
    infinite = np.isinf(read.values)
    if infinite.any():
        found.add(
            f"column {name!r} ({role}) has {counted(int(infinite.sum()), 'infinite value')}: "
            f"{found.where(infinite)}.",
            "Look for a division by zero or a logarithm of zero upstream.",
        )
    # Their squares would be infinite, and with them every standard error.
    beyond = np.isfinite(read.values) & (np.abs(read.values) > LARGEST)
    if beyond.any():
        found.add(
            f"column {name!r} ({role}) has {counted(int(beyond.sum()), 'number')} beyond 1e100: "
            f"{found.where(beyond)}.",
            "Look for a mistake upstream, or use a larger unit of measure.",
        )
    if read.too_large:
        found.add(
            f"column {name!r} ({role}) holds whole numbers beyond 9,007,199,254,740,992, "
            "which cannot be computed with exactly.",
            "Use a larger unit of measure.",
        )
    if read.single:
        found.single.append(name)
    if len(found.problems) > known:
        return None
    return read.values, np.isnan(read.values) & ~read.text


def _numbers(
    column: pd.Series[Any], role: str, found: Findings, *, kept: bool = False, hint: str = ""
) -> Floats | None:
    name = str(column.name)
    clean = clean_numbers(read_numbers(column), name, role, found)
    if clean is None:
        return None
    values, missing = clean
    known = len(found.problems)
    if missing.any() and kept:
        values = np.where(missing, np.nan, values)
        found.record(records.covariate_gaps(name, int(missing.sum()), len(values)))
    elif missing.any():
        found.add(
            f"column {name!r} ({role}) has {counted(int(missing.sum()), 'missing value')}: "
            f"{found.where(missing)}.",
            f"Every row needs its {role}.{hint}",
        )
    _range(values, missing, name, role, found)
    return values if len(found.problems) == known else None


def _range(values: Floats, missing: Bools, name: str, role: str, found: Findings) -> None:
    bad = np.zeros(len(values), dtype=bool)
    what, fix = "", ""
    if role in BINARY_ROLES:
        bad = (values != 0) & (values != 1)
        what, fix = "values other than 0 and 1", _FIXES[role]
    elif role in AMOUNT_ROLES:
        bad = values < 0
        what, fix = "negative values", _FIXES[role]
    elif role == "exposure":
        bad = ~(values > 0)
        what, fix = "zero or negative values", "Leave out rows that were never at risk."
    elif role == "weight":
        bad = values < 0
        what, fix = "negative values", "A weight is zero or more."
    elif role == "assignment_probability":
        bad = ~((values > 0) & (values < 1))
        what, fix = "values not strictly between 0 and 1", "Leave out rows that could not differ."
    bad &= ~missing
    if bad.any():
        found.add(
            f"column {name!r} ({role}) has {what} in {counted(int(bad.sum()), 'row')}: "
            f"{found.where(bad)}.",
            fix,
        )


def _covariates(
    df: pd.DataFrame,
    roles: Roles,
    usable: frozenset[str],
    found: Findings,
    *,
    kept: bool,
    gaps: bool,
) -> Floats:
    hint = " Or declare missing_covariates='kept': they stay empty and are counted." if gaps else ""
    read = [
        _numbers(df[name], "covariates", found, kept=kept, hint=hint)
        for name in roles.covariates
        if name in usable
    ]
    columns = [values for values in read if values is not None]
    return np.column_stack(columns) if columns else np.empty((len(df), 0))


def _weights(table: Table, found: Findings) -> None:
    roles, weight = table.roles, table.numbers.get("weight")
    if weight is not None:
        whole = weight == np.floor(weight)
        if roles.weight_kind == "frequency" and not whole.all():
            found.add(
                f"column {roles.weight!r} (weight) holds frequencies that are not whole numbers in "
                f"{counted(int((~whole).sum()), 'row')}: {found.where(~whole)}.",
                "State weight_kind='sampling' or 'precision' if they are not counts.",
            )
        if not (weight > 0).any():
            found.add(f"column {roles.weight!r} (weight) is zero in every row.")
        if not found.problems and roles.weight is not None:
            found.record(records.weights(roles.weight, roles.weight_kind))
            if (weight == 0).any():
                found.record(records.zero_weights(int((weight == 0).sum())))


def read_outcomes(
    df: pd.DataFrame, outcomes: tuple[str, ...], policy: str, found: Findings
) -> dict[str, Floats]:
    """Outcome columns as float64, NaN where not measured; faults go to `found`."""
    values: dict[str, Floats] = {}
    for name in outcomes:
        if list(df.columns).count(name) != 1:
            continue  # told already, with the other columns
        clean = clean_numbers(read_numbers(df[name]), name, "outcome", found)
        if clean is None:
            continue
        y, missing = clean
        if missing.any() and policy == "refuse":
            found.add(
                f"column {name!r} (outcome) has {counted(int(missing.sum()), 'missing value')}: "
                f"{found.where(missing)}.",
                "Complete them, or declare missing_outcome='attrited' to keep, count and mark them.",
            )
            continue
        if missing.any():
            found.record(records.attrition(name, int(missing.sum()), len(y)))
        values[name] = y
    return values


def canonical_order(table: Table) -> Ints:
    """Rows sorted by unit and period where units are labelled, else as they came."""
    if table.roles.unit is None:
        return np.arange(len(table))
    period = table.period
    key = table.unit.codes
    if period is not None:
        key = key * len(period.labels) + period.codes
    if (key[1:] >= key[:-1]).all():
        return np.arange(len(table))
    return np.argsort(key, kind="stable").astype(np.int64)
