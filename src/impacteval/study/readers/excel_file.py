"""Workbooks: one sheet, one header row, values and not unfinished formulas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impacteval.errors import DataError, Problem
from impacteval.plan import TableSpec
from impacteval.sample.findings import counted, did_you_mean, listed
from impacteval.sample.numbers import describe_text
from impacteval.sample.roles import Kind
from impacteval.study.read import check_columns

if TYPE_CHECKING:
    import pandas as pd

_SEARCHED = 30  # rows in which a misplaced header is looked for


def read_excel(path: Path, spec: TableSpec, columns: Mapping[str, Kind]) -> pd.DataFrame:
    """Read the named columns of a sheet; see `impacteval.study.read.read_table`."""
    import pandas as pd

    sheet, formulas = _open(path, spec)
    rows = list(sheet.iter_rows())
    while rows and all(cell.value is None for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise DataError(Problem(f"sheet {sheet.title!r} is empty.", "", spec.shown))
    header = [None if cell.value is None else str(cell.value) for cell in rows[0]]
    problems = _header_problems(sheet, rows, header, spec, columns)
    if problems:
        raise DataError(problems)
    if len(rows) == 1:
        raise DataError(
            Problem("the sheet has a header and no rows.", "Check the export.", spec.shown, 1, 1)
        )
    words = {"", *spec.missing}
    out: dict[str, Any] = {}
    for name, kind in columns.items():
        place = header.index(name)
        cells = [row[place] for row in rows[1:]]
        values, faults = _column(cells, formulas, name, kind, words, spec)
        problems += faults
        out[name] = pd.Series(values, dtype="float64" if kind == "number" else object)
    if problems:
        raise DataError(problems)
    return pd.DataFrame(out, columns=list(columns))


def _open(path: Path, spec: TableSpec) -> tuple[Any, Any]:
    """The sheet with its stored values, and the same sheet with its formulas."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, data_only=True)
        raw = openpyxl.load_workbook(path, data_only=False)
    except Exception as error:  # the parser raises zip, XML, key and value errors on damaged files
        raise DataError(
            Problem(
                f"the file cannot be read as an Excel workbook ({type(error).__name__}).",
                "Check that it is whole, without a password, and saved as .xlsx.",
                spec.shown,
                1,
                1,
            )
        ) from error
    names = [sheet.title for sheet in book.worksheets]
    name = spec.sheet
    if name is None:
        if len(names) != 1:
            raise DataError(
                Problem(
                    f"the workbook has {len(names)} sheets: {listed(names, 12)}.",
                    f"Declare sheet: one of them, such as sheet: {names[0]!r}."
                    if names
                    else "Add a sheet of data.",
                    spec.shown,
                )
            )
        name = names[0]
    if name not in names:
        hint = did_you_mean(name, names).replace("The columns are", "The sheets are")
        raise DataError(Problem(f"there is no sheet {name!r}.", hint, spec.shown))
    return book[name], raw[name]


def _header_problems(
    sheet: Any,
    rows: list[Any],
    header: list[str | None],
    spec: TableSpec,
    columns: Mapping[str, Kind],
) -> list[Problem]:
    merged = [str(area) for area in sheet.merged_cells.ranges]
    if merged:
        return [
            Problem(
                f"sheet {sheet.title!r} has merged cells: {listed(merged)}.",
                "A merged cell holds one value for several; unmerge and fill each cell.",
                spec.shown,
                1,
                1,
            )
        ]
    for k, row in enumerate(rows[1:_SEARCHED], start=2):
        there = {str(cell.value) for cell in row if cell.value is not None}
        if set(columns) <= there and not set(columns) <= set(header):
            return [
                Problem(
                    f"the column names stand in row {k} and not in row 1.",
                    "Delete the rows above them.",
                    spec.shown,
                    k,
                    1,
                )
            ]
    nameless = [
        rows[0][k].coordinate
        for k, name in enumerate(header)
        if name is None and any(row[k].value is not None for row in rows[1:])
    ]
    problems = []
    if nameless:
        problems.append(
            Problem(
                f"the header has no name in {listed(nameless)} above data.",
                "Name every column in one header row.",
                spec.shown,
                1,
                1,
            )
        )
    named = [name for name in header if name is not None]
    return problems + check_columns(spec.shown, named, columns, line=1)


def _column(
    cells: list[Any],
    formulas: Any,
    name: str,
    kind: Kind,
    words: set[str],
    spec: TableSpec,
) -> tuple[list[Any], list[Problem]]:
    values: list[Any] = []
    text, errors, unfinished = [], [], []
    for cell in cells:
        value = cell.value
        if value is None and formulas[cell.coordinate].data_type == "f":
            unfinished.append(cell)
        if isinstance(value, str) and value.strip() in words:
            value = None
        if cell.data_type == "e":
            errors.append(cell)
            value = None
        elif kind == "number" and value is not None and not isinstance(value, bool | int | float):
            text.append(cell)
            value = None
        values.append(value)
    problems = [
        Problem(what, fix, spec.shown, found[0].row)
        for found, what, fix in (
            (
                text,
                (
                    f"column {name!r} holds {_looks(text[0].value) if text else ''} where a number "
                    f"belongs ({_places(text)})."
                ),
                "Store it as a number, or declare the word for a missing value: missing: [...].",
            ),
            (
                errors,
                f"column {name!r} holds spreadsheet errors ({_places(errors)}).",
                "Correct the formulas.",
            ),
            (
                unfinished,
                f"column {name!r} holds formulas without a stored value ({_places(unfinished)}).",
                "Open the file in a spreadsheet program and save it, or store plain values.",
            ),
        )
        if found
    ]
    return values, problems


def _looks(value: object) -> str:
    return "a date" if isinstance(value, dt.date | dt.time) else describe_text(value)


def _places(cells: list[Any]) -> str:
    return f"{counted(len(cells), 'cell')}: {listed([cell.coordinate for cell in cells])}"
