"""Files that carry their own types: Parquet, Stata, SPSS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.errors import DataError, Problem
from impacteval.plan import TableSpec
from impacteval.sample.findings import counted, listed
from impacteval.sample.numbers import read_numbers
from impacteval.sample.roles import Kind
from impacteval.study.read import check_columns

if TYPE_CHECKING:
    import pandas as pd

_TITLES = {"parquet": "Parquet", "stata": "Stata", "spss": "SPSS"}
_ValueLabels = Mapping[str, Mapping[Any, str]]


@contextmanager
def _parsing(spec: TableSpec) -> Iterator[None]:
    """Whatever a parser raises on a damaged file is told as one sentence."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # parsers raise struct, unicode, index and their own errors
        title = _TITLES[str(spec.resolved_format)]
        raise DataError(
            Problem(
                f"the file cannot be read as {title} ({type(error).__name__}).",
                "Check that it is whole and that its format is declared right.",
                spec.shown,
                1,
                1,
            )
        ) from error


def read_typed(path: Path, spec: TableSpec, columns: Mapping[str, Kind]) -> pd.DataFrame:
    """Read the named columns; see `impacteval.study.read.read_table`."""
    labels: _ValueLabels = {}
    with _parsing(spec):
        match spec.resolved_format:
            case "parquet":
                available, frame = _parquet(path, columns)
            case "stata":
                available, frame, labels = _stata(path, columns)
            case _:
                available, frame, labels = _spss(path, columns)
    problems = check_columns(spec.shown, available, columns)
    if problems:
        raise DataError(problems)
    assert frame is not None
    return typed_columns(_apply_labels(frame, labels, spec, columns), spec.shown, columns, spec)


def _there(available: list[str], columns: Mapping[str, Kind]) -> bool:
    return all(available.count(name) == 1 for name in columns)


def _parquet(path: Path, columns: Mapping[str, Kind]) -> tuple[list[str], pd.DataFrame | None]:
    from pyarrow import parquet

    available = [str(name) for name in parquet.read_schema(path).names]
    if not _there(available, columns):
        return available, None
    # The index that pandas may have stored is content like any other column, never the row labels.
    table = parquet.read_table(path, columns=list(columns), use_pandas_metadata=False)
    frame: pd.DataFrame = table.replace_schema_metadata(None).to_pandas()
    return available, frame


def _stata(
    path: Path, columns: Mapping[str, Kind]
) -> tuple[list[str], pd.DataFrame | None, _ValueLabels]:
    import pandas as pd
    import pyreadstat

    _, meta = pyreadstat.read_dta(path, metadataonly=True)
    available = [str(name) for name in meta.column_names]
    if not _there(available, columns):
        return available, None, {}
    # pandas keeps single precision as it is stored, so that it can be read through its decimals.
    frame = pd.read_stata(path, columns=list(columns), convert_categoricals=False)
    return available, frame, meta.variable_value_labels


def _spss(
    path: Path, columns: Mapping[str, Kind]
) -> tuple[list[str], pd.DataFrame | None, _ValueLabels]:
    import pyreadstat

    _, meta = pyreadstat.read_sav(path, metadataonly=True)
    available = [str(name) for name in meta.column_names]
    if not _there(available, columns):
        return available, None, {}
    frame, meta = pyreadstat.read_sav(path, usecols=list(columns))
    return available, frame, meta.variable_value_labels


def _apply_labels(
    frame: pd.DataFrame, labels: _ValueLabels, spec: TableSpec, columns: Mapping[str, Kind]
) -> pd.DataFrame:
    """Value labels of text columns, as declared; numbers always keep their codes."""
    labelled = [n for n, kind in columns.items() if kind == "text" and labels.get(n)]
    if not labelled or spec.labels == "codes":
        return frame
    if spec.labels is None:
        raise DataError(
            Problem(
                f"columns {listed(labelled)} carry value labels.",
                "Declare labels: text to read the labels, or labels: codes to read the numbers.",
                spec.shown,
            )
        )
    problems = []
    read = frame.copy()
    for name in labelled:
        known = labels[name]
        codes = frame[name]
        lost = ~codes.isin(list(known)) & codes.notna()
        if lost.any():
            problems.append(
                Problem(
                    f"column {name!r} has codes without a label in {counted(int(lost.sum()), 'row')}"
                    f": {listed(sorted(codes[lost].unique().tolist()))}.",
                    "Label them, or declare labels: codes.",
                    spec.shown,
                )
            )
        if len(set(known.values())) < len(known):
            problems.append(
                Problem(
                    f"two codes of column {name!r} share one label.",
                    "Declare labels: codes.",
                    spec.shown,
                )
            )
        read[name] = codes.map(dict(known)).astype(object)
    if problems:
        raise DataError(problems)
    return read


def _without_words(column: pd.Series[Any], words: set[str]) -> pd.Series[Any]:
    """The column with missing-value words as missing values."""
    import pandas as pd

    dtype: Any = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):  # its order may be declared, and stays
        lost = [c for c in dtype.categories if isinstance(c, str) and c.strip() in words]
        return column.cat.remove_categories(lost)
    cells = column.tolist() if dtype.kind in "OSU" else []
    if not any(isinstance(cell, str) for cell in cells):
        return column
    plain = [None if isinstance(c, str) and c.strip() in words else c for c in cells]
    return pd.Series(plain, dtype=object, name=column.name)


def typed_columns(
    frame: pd.DataFrame,
    shown: str,
    columns: Mapping[str, Kind],
    spec: TableSpec | None = None,
) -> pd.DataFrame:
    """The named columns of a frame that has its own types; numbers must be numbers."""
    import pandas as pd

    problems = check_columns(shown, [str(name) for name in frame.columns], columns)
    if problems:
        raise DataError(problems)
    words = {"", *(spec.missing if spec else ())}
    out: dict[str, Any] = {}
    for name, kind in columns.items():
        column = frame[name].reset_index(drop=True)
        column = _without_words(column, words)
        if kind == "number":
            read = read_numbers(column)
            if read.text.any():
                first = int(np.flatnonzero(read.text)[0]) + 1
                problems.append(
                    Problem(
                        f"column {name!r} holds {read.example} where a number belongs "
                        f"({counted(int(read.text.sum()), 'row')}; the first is row {first}).",
                        "Store it as numbers.",
                        shown,
                    )
                )
        out[name] = column
    if problems:
        raise DataError(problems)
    if not len(frame):
        raise DataError(Problem("the table has no rows.", "Check the export.", shown))
    return pd.DataFrame(out, columns=list(columns))
