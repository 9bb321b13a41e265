"""Compressed and dense views: exact sums in cells, unit by period blocks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import UsageError
from impacteval.sample.codes import Bools, Codes, Floats, Ints, frozen
from impacteval.sample.matrix import Matrix
from impacteval.sample.table import Structure, Table

_NUMERIC_KEYS = ("treatment", "assigned", "received")
_LABEL_KEYS = (
    "unit",
    "period",
    "cluster",
    "assignment_cluster",
    "stratum",
    "pair",
    "group",
    "subgroup",
    "assignment",
)
_BLOCK_KEYS = ("cluster", "assignment_cluster", "stratum", "pair", "group")


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Counts and sums of the measured rows in each cell, cells in the order of their keys.

    Attributes
    ----------
    keys : mapping of role to array, shape (c,)
        Labels of each cell (0/1 for arms; index of the period for ``cohort``).
    n : int64 array, shape (c,)
        Measured rows.
    w, wy, wy2 : float64 arrays, shape (c,)
        Sums of weight, weight times outcome, weight times squared outcome (weight 1 where there
        is none), each correctly rounded and therefore the same in any row order.
    we : float64 array or None
        Sum of weight times exposure, where there is exposure.
    """

    keys: Mapping[str, NDArray[Any]]
    n: Ints
    w: Floats
    wy: Floats
    wy2: Floats
    we: Floats | None

    def __len__(self) -> int:
        return len(self.n)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The outcomes of some units as a dense table.

    Attributes
    ----------
    key : str
        The role that made the blocks.
    label : int, float, str or None
        Label of the block; for cohorts the adoption period, None for never (or after the last).
    cohort : int or None
        Index of the first treated period for cohorts; -1 never.
    unit_labels : array, shape (u,)
    period_labels : array, shape (t,)
    y : float64 array, shape (u, t)
        NaN where there is no row or no measured outcome.
    present : bool array, shape (u, t)
        Where `y` is a measured outcome.
    rows : int64 array, shape (u, t)
        Row of the matrix that holds the cell, -1 where there is none: any other column of the
        matrix can be laid out the same way.
    """

    key: str
    label: int | float | str | None
    cohort: int | None
    unit_labels: NDArray[Any]
    period_labels: NDArray[Any]
    y: Floats
    present: Bools
    rows: Ints


def first_rows(table: Table) -> Ints:
    """The first row of each unit in canonical order, shape (n_units,)."""
    _, first = np.unique(table.unit.codes, return_index=True)
    return first.astype(np.int64)


def _key(matrix: Matrix, role: str) -> tuple[Ints, NDArray[Any]]:
    if role in _LABEL_KEYS:
        codes: Codes | None = getattr(matrix, role)
        if codes is not None:
            return codes.codes, codes.labels
    elif role == "cohort":
        cohort = cohorts(matrix)
        if cohort is not None:
            labels, place = np.unique(cohort, return_inverse=True)
            return place.astype(np.int64), labels
    elif role in _NUMERIC_KEYS:
        values: Floats | None = getattr(matrix, role)
        if values is not None:
            return values.astype(np.int64), np.array([0, 1])
    else:
        allowed = ", ".join((*_NUMERIC_KEYS, "cohort", *_LABEL_KEYS))
        raise UsageError(f"Cells cannot be made by {role!r}. Allowed: {allowed}.")
    raise UsageError(f"Cells by {role!r} need that role, and the sample does not have it.")


def cells_of(matrix: Matrix, by: tuple[str, ...]) -> Cells:
    """Sums in every combination of the roles `by` that occurs among the measured rows."""
    if not by or len(set(by)) < len(by):
        raise UsageError("Cells need at least one role to be made by, each named once.")
    keys = [_key(matrix, role) for role in by]
    rows = np.flatnonzero(matrix.measured)
    columns = np.column_stack([codes[rows] for codes, _ in keys])
    cells, place = np.unique(columns, axis=0, return_inverse=True)
    order = np.argsort(place.reshape(-1), kind="stable")
    ends = np.cumsum(np.bincount(place.reshape(-1), minlength=len(cells)))
    parts = np.split(rows[order], ends[:-1]) if len(cells) else []
    y = matrix.y
    w = np.ones(matrix.n) if matrix.weight is None else matrix.weight

    def sums(values: Floats) -> Floats:
        # fsum rounds once: the same number in any order of the rows, on any machine.
        return frozen(np.array([math.fsum(values[part].tolist()) for part in parts], dtype=float))

    return Cells(
        MappingProxyType(
            {
                role: frozen(labels[cells[:, k]])
                for k, (role, (_, labels)) in enumerate(zip(by, keys, strict=True))
            }
        ),
        frozen(np.array([len(part) for part in parts], dtype=np.int64)),
        sums(w),
        sums(w * y),
        sums(w * (y * y)),
        None if matrix.exposure is None else sums(w * matrix.exposure),
    )


def cohorts(matrix: Matrix) -> Ints | None:
    """Index of each row's first treated period, -1 never; None when it cannot be known.

    Without adoption dates it is read from a treatment that changes with time: nobody treated in
    the first period, and nobody whose treatment ends.
    """
    if matrix.cohort is not None or matrix.treatment is None or matrix.period is None:
        return matrix.cohort
    unit, time, on = matrix.unit.codes, matrix.period.codes, matrix.treatment == 1.0
    never = len(matrix.period.labels)
    start = np.full(len(matrix.unit.labels), never, dtype=np.int64)
    np.minimum.at(start, unit[on], time[on])
    if (on & (time == 0)).any() or (on != (time >= start[unit])).any():
        return None
    start[start == never] = -1
    return frozen(start[unit])


def blocks_of(matrix: Matrix, structure: Structure, by: str) -> tuple[Block, ...]:
    """Dense outcome tables of a panel: cohorts in order of adoption, never-treated first."""
    period = matrix.period
    if structure.kind != "panel" or period is None:
        raise UsageError("Blocks need a panel: units that are seen in several periods.")
    if by == "cohort":
        found = cohorts(matrix)
        if found is None:
            raise UsageError(
                "Blocks by cohort need the role adopted, or a treatment that starts after the "
                "first period and never ends."
            )
        block_of, labels = found, np.unique(found)
    elif by in _BLOCK_KEYS and getattr(matrix, by) is not None:
        block_of, labels = getattr(matrix, by).codes, np.arange(len(getattr(matrix, by).labels))
    else:
        raise UsageError(
            f"Blocks cannot be made by {by!r}. Allowed: cohort, {', '.join(_BLOCK_KEYS)}."
        )
    n_units, n_periods = len(matrix.unit.labels), len(period.labels)
    rows = np.full((n_units, n_periods), -1, dtype=np.int64)
    rows[matrix.unit.codes, period.codes] = np.arange(matrix.n)
    dense = np.append(matrix.y, np.nan)[rows]
    block_of_unit = np.empty(n_units, dtype=np.int64)
    block_of_unit[matrix.unit.codes] = block_of
    return tuple(
        _block(matrix, by, int(label), np.flatnonzero(block_of_unit == label), rows, dense)
        for label in labels
    )


def _block(matrix: Matrix, by: str, label: int, units: Ints, rows: Ints, dense: Floats) -> Block:
    assert matrix.period is not None
    periods = matrix.period.labels
    if by == "cohort":
        names: list[Any] = periods.tolist()
        name, cohort = (names[label] if 0 <= label < len(names) else None), label
    else:
        name, cohort = getattr(matrix, by).labels.tolist()[label], None
    return Block(
        by,
        name,
        cohort,
        frozen(matrix.unit.labels[units]),
        periods,
        frozen(dense[units]),
        frozen(~np.isnan(dense[units])),
        frozen(rows[units]),
    )
