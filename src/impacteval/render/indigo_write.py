"""The INDIGO export as files: one JSON project, and one table for each of its lists."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from impacteval.contract import Contract
from impacteval.errors import UsageError
from impacteval.render.indigo import indigo_project
from impacteval.render.indigo_fields import LISTS, at
from impacteval.render.write import place
from impacteval.report.record import Record

JSON_FILE = "indigo.json"

# Marks a number on its way into the text. No file that is read here holds this character.
_MARK = "\0"
_MARKED = re.compile(r'"\\u0000(-?[0-9]+(?:\.[0-9]+)?)"')


def indigo_json(project: Mapping[str, Any]) -> str:
    """The project as JSON: two spaces, every digit of a number, a line end.

    Examples
    --------
    >>> print(indigo_json({"amount": {"value": Decimal("15.12")}}), end="")
    {
      "amount": {
        "value": 15.12
      }
    }
    """
    text = json.dumps(_marked(project), indent=2, ensure_ascii=False)
    return _MARKED.sub(r"\1", text) + "\n"


def _marked(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{_MARK}{value:f}"
    if isinstance(value, Mapping):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return value


def indigo_tables(project: Mapping[str, Any]) -> dict[str, str]:
    """Each list of the project as CSV, by the file name that INDIGO's downloads use.

    The columns are the paths of the fields; an empty cell is a value that is not known.
    """
    tables = {}
    for name, fields in LISTS.items():
        if name not in project:
            continue
        text = io.StringIO()
        write = csv.writer(text, lineterminator="\n")
        write.writerow(fields)
        for item in project[name]:
            found = (at(item, path) for path in fields)
            write.writerow(f"{x:f}" if isinstance(x, Decimal) else x for x in found)
        tables[f"projects_{name}.csv"] = text.getvalue()
    return tables


def write_indigo(
    contract: Contract, out: str | Path, record: Record | None = None
) -> tuple[Path, ...]:
    """Write the export into a folder.

    Parameters
    ----------
    contract : Contract
    out : str or Path
        A folder, made when it does not exist. Files of an earlier export are replaced, and those
        that this one does not have are removed; no other file is touched.
    record : Record, optional
        With it results, payments and verdicts are written too.

    Returns
    -------
    tuple of Path
        ``indigo.json``, then the tables.

    Raises
    ------
    UsageError
        The record is of another contract, or `out` cannot be written.
    """
    project = indigo_project(contract, record)
    contents = {JSON_FILE: indigo_json(project).encode()}
    contents |= {name: text.encode() for name, text in indigo_tables(project).items()}
    every = {JSON_FILE, *(f"projects_{name}.csv" for name in LISTS)}
    try:
        return place(Path(out), contents, stale=every)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"the export cannot be written to {out}: {reason}.") from error
