"""The long tables of a frozen preparation, in a compressed file beside it.

Pairs and scores of thousands of people would make ``prepared.json`` megabytes of single numbers that
nobody reads. The file keeps what people compare, the digest among it; the tables stand beside it as
JSON, compressed, one column a list.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from pathlib import Path
from typing import Any

from impacteval.errors import LockError

TABLES_FORMAT = "impacteval-preparation-tables/1"
TABLES_FILE = "prepared.tables.json.gz"
LONGEST = 100
"""Rows of a table that still stands in the file that people read."""
MOST_BYTES = 2**29
"""Tables unpacked may not be larger: a small file that unpacks to more is no preparation."""

Plain = dict[str, Any]


def take_tables(plain: Plain, folder: Path) -> None:
    """Move long tables out of a preparation that is about to be written, to their own file.

    Parameters
    ----------
    plain : dict
        The whole preparation as plain data; each step keeps its short tables, and under
        ``long_tables`` how many rows those have that were moved.
    folder : path
        Where the file goes. One that is no longer needed is removed.
    """
    moved: dict[str, dict[str, Plain]] = {}
    for sample in plain["samples"]:
        step = sample["step"]
        if step is None:
            continue
        rows = {name: _rows(columns) for name, columns in step["tables"].items()}
        long = {name: n for name, n in rows.items() if n > LONGEST}
        if long:
            moved[_key(sample)] = {name: step["tables"].pop(name) for name in long}
            step["long_tables"] = long
    file = folder / TABLES_FILE
    if not moved:
        file.unlink(missing_ok=True)
        return
    content = {"format": TABLES_FORMAT, "study": plain["study"], "tables": moved}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # No time in the file: the same content gives the same bytes.
    file.write_bytes(gzip.compress(text.encode(), mtime=0))


def with_tables(plain: Any, folder: Path) -> Any:
    """Bring the long tables back into a preparation that was read.

    Raises
    ------
    LockError
        The file beside it is missing, is no such file, or does not hold the tables.
    """
    steps = [
        (sample, sample["step"])
        for sample in plain["samples"]
        if sample.get("step") is not None and "long_tables" in sample["step"]
    ]
    if not steps:
        return plain
    tables = _read(folder / TABLES_FILE)
    for sample, step in steps:
        for name, rows in step.pop("long_tables").items():
            columns = tables.get(_key(sample), {}).get(name)
            if columns is None or _rows(columns) != rows:
                raise LockError(
                    f"{TABLES_FILE} does not hold table {name!r} of {_key(sample)} with {rows} "
                    "rows. Put the original file back."
                )
            step["tables"][name] = columns
    return plain


def _read(file: Path) -> dict[str, dict[str, Plain]]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(file.read_bytes())) as packed:
            text = packed.read(MOST_BYTES + 1)
        found = json.loads(text) if len(text) <= MOST_BYTES else None
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        raise LockError(
            f"{file} cannot be read, and prepared.json says that tables stand in it. Put the "
            "original file back."
        ) from error
    if not isinstance(found, dict) or found.get("format") != TABLES_FORMAT:
        raise LockError(f"{file} has no tables of a preparation. Put the original file back.")
    tables: dict[str, dict[str, Plain]] = found["tables"]
    return tables


def _key(sample: Plain) -> str:
    return f"{sample['analysis']}, {sample['group']}"


def _rows(columns: Plain) -> int:
    return max((len(column) for column in columns.values()), default=0)
