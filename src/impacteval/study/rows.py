"""From the rows of a table to the sample that the plan describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.errors import DataError, Problem
from impacteval.plan import Analysis
from impacteval.report.findings import FlowStep
from impacteval.sample import BlindSample, Sample
from impacteval.sample.findings import ROW_INDEX
from impacteval.values import Message, Text

if TYPE_CHECKING:
    import pandas as pd

ROW = "row number"
"""Column added when people have no identifier, so that rows keep one name across groups."""

_READ = Message(
    "flow.read",
    Text(en="Rows in the data", fr="Lignes dans les données"),
)
_ELIGIBLE = Text(
    en="Counted by the rule on `{column}`: {because}",
    fr="Retenues par la règle sur « {column} » : {because}",
)
_GROUP = Text(en="In group {group}", fr="Dans le groupe {group}")
_NO_GROUP = Message(
    "flow.no-group",
    Text(
        en="In none of the groups that the plan names",
        fr="Dans aucun des groupes que nomme le plan",
    ),
)
_CANCELLED = Message(
    "flow.cancelled",
    Text(
        en="In a group that the contract cancelled",
        fr="Dans un groupe que le contrat a annulé",
    ),
)


def matches(entry: str, column: pd.Series, values: tuple[str, ...], what: str) -> pd.Series:
    """Which rows hold one of the values; numbers are compared as numbers, text as text."""
    return holding(f"Analysis {entry!r}", column, values, what)


def holding(whose: str, column: pd.Series, values: tuple[str, ...], what: str) -> pd.Series:
    """The same for any part of the plan, which messages name as `whose`."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column):
        column = column.map({True: "true", False: "false"})

    missing = column.isna()
    if missing.any():
        raise DataError(
            Problem(
                f"{whose}: column {column.name!r}, which decides {what}, is missing in "
                f"{int(missing.sum())} rows (first: row {int(missing.to_numpy().argmax()) + 1}).",
                "Complete the column: a row with no value can be neither counted nor left out.",
            )
        )
    if pd.api.types.is_numeric_dtype(column):
        try:
            wanted = [float(v) for v in values]
        except ValueError:
            raise DataError(
                Problem(
                    f"{whose}: column {column.name!r} holds numbers, and the plan "
                    f"compares it with {', '.join(map(repr, values))}.",
                    "Write numbers in the plan.",
                )
            ) from None
        return column.astype("float64").isin(wanted)
    return column.astype(str).isin(list(values))


def select(
    entry: str,
    analysis: Analysis,
    frame: pd.DataFrame,
    group: str,
    live: tuple[str, ...] | None = None,
) -> tuple[pd.DataFrame, tuple[FlowStep, ...]]:
    """The rows of one group after the stated rules of who is counted, with the count of each.

    Parameters
    ----------
    entry : str
        Name of the analysis in the plan.
    analysis : Analysis
        The planned analysis.
    frame : DataFrame
        The columns that the plan names.
    group : str
        A group of the contract, or ``"all"``.
    live : tuple of str, optional
        The groups that are judged; rows of the plan's other groups are counted as cancelled.

    Raises
    ------
    DataError
        When no row is counted, or a column that decides who is counted has missing values.
    """
    import pandas as pd

    flow = [FlowStep(_READ, len(frame))]
    # Rows keep the number they have in the file, so that a fault is named where it can be found.
    rows = frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name=ROW_INDEX))
    if analysis.columns.unit is None:
        rows = rows.assign(**{ROW: range(1, len(rows) + 1)})
    for rule in analysis.eligible:
        rows = rows[matches(entry, rows[rule.column], rule.equals, "who is counted")]
        values = {"column": rule.column, "because": rule.because.text()}
        flow.append(FlowStep(Message("flow.eligible", _ELIGIBLE, values), len(rows)))
    if analysis.groups is not None and group != "all":
        column, named = rows[analysis.groups.column], analysis.groups.values
        held = {
            name: matches(entry, column, (value,), "the group") for name, value in named.items()
        }
        times = np.sum([mask.to_numpy() for mask in held.values()], axis=0)
        if (times > 1).any():
            raise DataError(
                Problem(
                    f"Analysis {entry!r}: {int((times > 1).sum())} rows belong to two groups, "
                    f"because column {column.name!r} holds numbers and two values are one number.",
                    "Give each group a value of its own under `groups`.",
                )
            )
        if (times == 0).any():
            flow.append(FlowStep(_NO_GROUP, int((times == 0).sum())))
        cancelled = [name for name in named if live is not None and name not in live]
        if cancelled:
            gone = sum(int(held[name].sum()) for name in cancelled)
            flow.append(FlowStep(_CANCELLED, gone))
        rows = rows[held[group]]
        flow.append(FlowStep(Message("flow.group", _GROUP, {"group": group}), len(rows)))
    if rows.empty:
        raise DataError(
            Problem(
                f"Analysis {entry!r}, group {group!r}: no row of the data is counted.",
                "Check `eligible` and `groups` in plan.yaml against the values in the data.",
            )
        )
    return rows, tuple(flow)


def sample_of(
    analysis: Analysis,
    rows: pd.DataFrame,
    *,
    overrides: Mapping[str, Any] | None = None,
    outcomes: tuple[str, ...] = (),
) -> Sample:
    """The sample that the plan describes.

    Parameters
    ----------
    analysis : Analysis
        The planned analysis.
    rows : DataFrame
        What `select` gave.
    overrides : mapping, optional
        Roles that a robustness analysis changes.
    outcomes : tuple of str
        Outcome columns in the place of the planned one.

    Raises
    ------
    DataError
        Every problem of the data at once.
    """
    roles = _roles(analysis, rows, overrides)
    if outcomes:
        roles["outcome"] = outcomes
    return Sample.from_frame(
        rows,
        design=analysis.design,
        missing_outcome=analysis.missing_outcome,
        missing_covariates=analysis.missing_covariates,
        log_outcome=analysis.log_outcome,
        **roles,
    )


def blind_sample_of(
    analysis: Analysis, rows: pd.DataFrame, *, overrides: Mapping[str, Any] | None = None
) -> BlindSample:
    """The sample that the plan describes, from rows that hold no outcome.

    Parameters
    ----------
    analysis : Analysis
        The planned analysis.
    rows : DataFrame
        What `select` gave.
    overrides : mapping, optional
        Roles that a robustness analysis changes.
    outcomes : tuple of str
        Outcome columns in the place of the planned one.

    Raises
    ------
    DataError
        Every problem of the data at once.
    """
    roles = _roles(analysis, rows, overrides)
    roles.pop("outcome")
    roles.pop("audited", None)
    return BlindSample.from_frame(
        rows,
        design=analysis.design,
        missing_covariates=analysis.missing_covariates,
        **roles,
    )


def _roles(
    analysis: Analysis, rows: pd.DataFrame, overrides: Mapping[str, Any] | None
) -> dict[str, Any]:
    roles = {**analysis.columns.model_dump(exclude_none=True), **(overrides or {})}
    if "unit" not in roles and ROW in rows.columns:
        roles["unit"] = ROW
    return roles
