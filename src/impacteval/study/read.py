"""Read the tables that evaluators receive, as they are declared and not as they look.

Nothing is guessed: numbers must parse whole, identifiers stay text, and a file that does not fit
its declaration is refused with the declaration that would fit.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from impacteval.canonical import canonical_json
from impacteval.errors import DataError, Problem, StudyError
from impacteval.plan import TableSpec
from impacteval.sample.findings import did_you_mean, listed
from impacteval.sample.roles import Kind

if TYPE_CHECKING:
    import pandas as pd

# Packages whose tables can be pointed at. A closed list: a plan must not import just any module.
PACKAGES: Mapping[str, str] = {
    "causaldata": "impacteval[studies]",
    "synthdid-py": "impacteval[studies]",
}
# Packages that ship text files, by the names of their distributions: where a table lies, and how it
# is written. They are found through their metadata and never imported.
TEXT_FILES: Mapping[str, tuple[str, str]] = {"synthdid-py": ("synthdid/data/{name}.csv", ";")}


def read_table(
    spec: TableSpec, columns: Mapping[str, Kind], *, folder: Path | str = "."
) -> pd.DataFrame:
    """Read the named columns of a table, and no others.

    Parameters
    ----------
    spec : TableSpec
        Where it is and how it is written.
    columns : mapping of str to {"number", "text"}
        The columns and what each is read as, see `impacteval.sample.Roles.kinds`. A ``text``
        column keeps what stands in the cell (leading zeros survive in text files).
    folder : path
        The study folder, where a relative file is looked for.

    Returns
    -------
    DataFrame
        The columns in the order of `columns`, every row of the table.

    Raises
    ------
    DataError
        When the content does not fit the declaration; every problem, with its line.
    StudyError
        When the file or the package is not there.

    Examples
    --------
    >>> spec = TableSpec(package="causaldata", name="nsw_mixtape")
    >>> read_table(spec, {"treat": "number", "re78": "number"}).shape
    (445, 2)
    """
    if spec.package is not None and spec.name is not None:
        return _from_package(spec.package, spec.name, columns)
    assert spec.file is not None
    path = _existing(Path(folder) / spec.file, spec.file)
    match spec.resolved_format:
        case "csv":
            from impacteval.study.readers.csv_file import read_csv

            return read_csv(path, spec, columns)
        case "excel":
            from impacteval.study.readers.excel_file import read_excel

            return read_excel(path, spec, columns)
        case _:
            from impacteval.study.readers.typed_file import read_typed

            return read_typed(path, spec, columns)


def _existing(path: Path, shown: str) -> Path:
    if path.is_file():
        if path.stat().st_size == 0:
            raise DataError(Problem("the file is empty.", "Check how it was saved.", shown, 1, 1))
        return path
    if path.is_dir():
        raise StudyError(Problem(f"{shown!r} is a folder, not a file.", "Name the file in it."))
    there = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    hint = did_you_mean(path.name, there).split(" The columns")[0] if there else ""
    hint = hint if hint.startswith("Did you mean") else "Check the name, and the folder it is in."
    raise StudyError(Problem(f"there is no file {shown!r}.", hint))


def _from_package(package: str, name: str, columns: Mapping[str, Kind]) -> pd.DataFrame:
    from impacteval.study.readers.typed_file import typed_columns

    if package not in PACKAGES:
        raise StudyError(
            Problem(
                f"tables of package {package!r} cannot be read.", f"Known: {listed([*PACKAGES])}."
            )
        )
    if package in TEXT_FILES:
        return _from_text_file(package, name, columns)
    if importlib.util.find_spec(package) is None:
        raise _not_installed(package)
    home: ModuleType = importlib.import_module(package)
    tables = [module.name for module in pkgutil.iter_modules(home.__path__)]
    if name not in tables:
        hint = did_you_mean(name, tables).replace("The columns are", "Some of its tables are")
        raise StudyError(Problem(f"package {package!r} has no table {name!r}.", hint))
    frame: Any = importlib.import_module(f"{package}.{name}").load_pandas().data
    return typed_columns(frame, f"{package}.{name}", columns)


def _not_installed(package: str) -> StudyError:
    return StudyError(
        Problem(
            f"the package {package!r} is not installed.",
            f"Install it: pip install '{PACKAGES[package]}'.",
        )
    )


def _from_text_file(package: str, name: str, columns: Mapping[str, Kind]) -> pd.DataFrame:
    from importlib.metadata import PackageNotFoundError, distribution

    from impacteval.study.readers.csv_file import read_csv

    pattern, separator = TEXT_FILES[package]
    try:
        home = distribution(package)
    except PackageNotFoundError:
        raise _not_installed(package) from None
    before, after = pattern.split("{name}")
    shipped = [str(file) for file in home.files or ()]
    tables = sorted(
        file[len(before) : -len(after)]
        for file in shipped
        if file.startswith(before) and file.endswith(after) and "/" not in file[len(before) :]
    )
    if name not in tables:
        hint = did_you_mean(name, tables).replace("The columns are", "Its tables are")
        raise StudyError(Problem(f"package {package!r} has no table {name!r}.", hint))
    path = Path(str(home.locate_file(pattern.format(name=name))))
    # Messages name the package; the suffix and the separator are those of its files.
    spec = TableSpec(package=package, name=name, separator=separator)
    return read_csv(path, spec, columns)


def check_columns(
    shown: str, available: list[str], columns: Mapping[str, Kind], line: int = 0
) -> list[Problem]:
    """A problem for each column that is not there, or there more than once."""
    problems = []
    for name in columns:
        times = available.count(name)
        if times == 0:
            problems.append(
                Problem(f"there is no column {name!r}.", did_you_mean(name, available), shown, line)
            )
        elif times > 1:
            problems.append(
                Problem(
                    f"column {name!r} is there {times} times.",
                    "Give each column a name of its own.",
                    shown,
                    line,
                )
            )
    return problems


def table_digest(df: pd.DataFrame) -> str:
    """``sha256:`` digest of the content read: column names and values, rows in their order.

    The order of the columns, their storage width and the file's bytes do not matter.

    Examples
    --------
    >>> import pandas as pd
    >>> table_digest(pd.DataFrame({"a": [1], "b": ["x"]})) == table_digest(
    ...     pd.DataFrame({"b": ["x"], "a": [1.0]})
    ... )
    True
    """
    import pandas as pd

    from impacteval.sample.numbers import read_numbers

    hasher = hashlib.sha256()
    hasher.update(canonical_json({"format": "impacteval-table/1", "rows": len(df)}).encode())
    for name in sorted(df.columns, key=str):
        column = df[name]
        hasher.update(b"\n" + canonical_json(str(name)).encode() + b"\n")
        if pd.api.types.is_numeric_dtype(column.dtype):
            hasher.update(read_numbers(column).values.astype("<f8").tobytes())
            continue
        for value, lost in zip(column.tolist(), column.isna().tolist(), strict=True):
            hasher.update(canonical_json(None if lost else str(value)).encode() + b"\n")
    return "sha256:" + hasher.hexdigest()
