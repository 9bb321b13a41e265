"""Text files: separator, decimal mark, encoding and missing-value words as declared."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from impacteval.errors import DataError, Problem
from impacteval.plan import TableSpec
from impacteval.sample.findings import SHOWN, counted, listed
from impacteval.sample.numbers import EXACT, MISSING_WORDS, describe_text
from impacteval.sample.roles import Kind
from impacteval.study.read import check_columns

if TYPE_CHECKING:
    import pandas as pd

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = {",": "','", ";": "';'", "\t": '"\\t"', "|": "'|'"}
_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Rows:
    header: list[str]
    lines: list[int]  # line of the file on which each row begins
    cells: list[list[str]]


def read_csv(path: Path, spec: TableSpec, columns: Mapping[str, Kind]) -> pd.DataFrame:
    """Read the named columns of a text file; see `impacteval.study.read.read_table`."""
    import pandas as pd

    rows = _rows(_text(path.read_bytes(), spec), spec)
    problems = check_columns(spec.shown, rows.header, columns, line=1)
    if problems:
        raise DataError(_explain_separator(rows.header, spec, columns) or problems)
    problems += _ragged(rows, spec)
    if problems:
        raise DataError(problems)
    if not rows.cells:
        raise DataError(
            Problem("the file has a header and no rows.", "Check the export.", spec.shown, 1, 1)
        )
    missing = {"", *spec.missing}
    frame: dict[str, pd.Series] = {}
    for name, kind in columns.items():
        place = rows.header.index(name)
        raw = [row[place] for row in rows.cells]
        if kind == "text":
            cells = [None if cell.strip() in missing else cell for cell in raw]
            frame[name] = pd.Series(cells, dtype=object)
        else:
            values, faults = _numbers(raw, rows.lines, name, missing, spec)
            problems += faults
            frame[name] = pd.Series(values, dtype="float64")
    if problems:
        raise DataError(problems)
    return pd.DataFrame(frame, columns=list(columns))


def _text(data: bytes, spec: TableSpec) -> str:
    declared = spec.encoding
    try:
        codec = codecs.lookup(declared).name
    except LookupError:
        raise DataError(
            Problem(
                f"encoding {declared!r} is not known.",
                "Declare utf-8, utf-8-sig, utf-16, cp1252 or latin-1.",
                spec.shown,
            )
        ) from None
    for mark, fits in _BOMS:
        # Other codecs would read the mark as letters of the first column's name.
        if data.startswith(mark) and codec != fits:
            raise DataError(
                Problem(
                    "the file begins with a byte-order mark.",
                    f"Declare encoding: {fits}.",
                    spec.shown,
                    1,
                    1,
                )
            )
    if codec == "utf-16" and not data.startswith(tuple(mark for mark, _ in _BOMS[1:])):
        # Without its mark the machine would decide in which order the bytes are read.
        raise DataError(
            Problem(
                "the file does not begin with the byte-order mark of utf-16.",
                "Declare encoding: utf-16-le or utf-16-be, or the encoding it was saved in.",
                spec.shown,
                1,
                1,
            )
        )
    if b"\x00" in data and not codec.startswith(("utf-16", "utf-32")):
        raise DataError(
            Problem(
                "the file is not text (it holds zero bytes).",
                "Declare its format, or its encoding if it is utf-16.",
                spec.shown,
                1,
                1,
            )
        )
    try:
        return data.decode(declared)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        start = data.rfind(b"\n", 0, error.start) + 1
        raise DataError(
            Problem(
                f"byte 0x{data[error.start]:02X} cannot be read as {declared}.",
                "Declare the encoding the file was saved in, often encoding: cp1252.",
                spec.shown,
                line,
                error.start - start + 1,
            )
        ) from None
    except (LookupError, UnicodeError):  # codecs that are no encodings of text, such as hex
        raise DataError(
            Problem(f"the file cannot be read as {declared}.", "", spec.shown, 1, 1)
        ) from None


def _rows(text: str, spec: TableSpec) -> _Rows:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=spec.separator, strict=True)
    header: list[str] | None = None
    lines: list[int] = []
    cells: list[list[str]] = []
    begin = 1
    try:
        for row in reader:
            if header is None:
                header = row
            else:
                lines.append(begin)
                cells.append(row)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            Problem(
                f"the row cannot be read: {error}.",
                "Check the quotation marks from this line on.",
                spec.shown,
                begin,
                1,
            )
        ) from None
    while cells and not cells[-1]:  # empty lines at the end of the file hold nothing
        cells.pop()
        lines.pop()
    if not header:
        raise DataError(
            Problem("the first line holds no column names.", "Add them.", spec.shown, 1, 1)
        )
    return _Rows(header, lines, cells)


def _explain_separator(
    header: list[str], spec: TableSpec, columns: Mapping[str, Kind]
) -> list[Problem]:
    line = spec.separator.join(header)
    for separator, written in _SEPARATORS.items():
        if separator == spec.separator:
            continue
        split = next(csv.reader([line], delimiter=separator), [])
        if len(split) > 1 and sum(name in split for name in columns) > sum(
            name in header for name in columns
        ):
            comma = " (and decimal: ',' if the numbers are written so)" if separator == ";" else ""
            return [
                Problem(
                    f"the columns are not separated by {spec.separator!r} but by {separator!r}.",
                    f"Declare separator: {written}{comma}.",
                    spec.shown,
                    1,
                    1,
                )
            ]
    return []


def _ragged(rows: _Rows, spec: TableSpec) -> list[Problem]:
    width = len(rows.header)
    off = [k for k, row in enumerate(rows.cells) if len(row) != width]
    if not off:
        return []
    first = off[0]
    n = len(rows.cells[first])
    what = "is empty" if n == 0 else f"has {counted(n, 'cell')}"
    where = listed([rows.lines[k] for k in off])
    fix = "Remove empty lines; " if n == 0 else ""
    if n > width and spec.separator == ",":
        fix = "Put cells that hold a comma in quotation marks; "
    return [
        Problem(
            f"the row {what} where the header has {width} "
            f"({counted(len(off), 'such row')}: line{'s' if len(off) > 1 else ''} {where}).",
            f"{fix}each row needs as many cells as the header.",
            spec.shown,
            rows.lines[first],
            1,
        )
    ]


def _numbers(
    raw: list[str], lines: list[int], name: str, missing: set[str], spec: TableSpec
) -> tuple[list[float], list[Problem]]:
    whole = _COMMA if spec.decimal == "," else _POINT
    values: list[float] = []
    bad: list[int] = []
    large: list[int] = []
    for k, cell in enumerate(raw):
        bare = cell.strip()
        value = float("nan")
        if bare not in missing:
            if whole.fullmatch(bare):
                value = float(bare.replace(",", "."))
                if _beyond(bare.lstrip("+-0")):
                    large.append(k)
            else:
                bad.append(k)
        values.append(value)
    problems = []
    if bad:
        problems.append(
            Problem(
                f"column {name!r} holds {_looks(raw[bad[0]], spec)} where a number belongs "
                f"({counted(len(bad), 'cell')}: line{'s' if len(bad) > 1 else ''} "
                f"{listed([lines[k] for k in bad], SHOWN)}).",
                _number_fix(raw[bad[0]].strip(), spec),
                spec.shown,
                lines[bad[0]],
            )
        )
    if large:
        problems.append(
            Problem(
                f"column {name!r} holds whole numbers beyond 9,007,199,254,740,992, "
                "which cannot be computed with exactly.",
                "Use a larger unit of measure; identifiers are read as text.",
                spec.shown,
                lines[large[0]],
            )
        )
    return values, problems


def _beyond(digits: str) -> bool:
    # By length first: Python refuses to convert text of thousands of digits.
    return digits.isdigit() and (len(digits) > 16 or int(digits) > EXACT)


def _looks(cell: str, spec: TableSpec) -> str:
    if spec.decimal == "," and _POINT.fullmatch(cell.strip()):
        return "a number with a decimal point"
    return describe_text(cell)


def _number_fix(cell: str, spec: TableSpec) -> str:
    if spec.decimal == "," and _POINT.fullmatch(cell):
        return "Declare decimal: '.' if all numbers are written so."
    if "thousands or decimals" in describe_text(cell):
        return (
            "Declare decimal: ',' if it separates decimals; "
            "write numbers without separators if it separates thousands."
        )
    if spec.decimal == "." and _COMMA.fullmatch(cell):
        return "Declare decimal: ','."
    if cell.casefold() in MISSING_WORDS:
        return f"Declare missing: [{cell!r}]."
    if cell.endswith("%"):
        return "Write percentages as plain numbers."
    return (
        "Correct the cells, or declare the word if it stands for a missing value: missing: [...]."
    )
