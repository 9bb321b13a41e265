"""Read a record that an earlier run has written."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from impacteval.errors import Problem, UsageError
from impacteval.report.record import FORMAT, Record

MOST_BYTES = 64 * 2**20
"""No record of ours comes near; a larger file is something else."""


def load_record(path: str | Path) -> Record:
    """Read a ``verdict.json``.

    Parameters
    ----------
    path : path
        The file, or the folder of a report that holds it.

    Returns
    -------
    Record

    Raises
    ------
    UsageError
        There is no such file, or it is not a record of this format.
    """
    file = Path(path)
    if file.is_dir():
        file /= "verdict.json"
    name = str(file)
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UsageError(Problem("The file is too large to be a verdict.", file=name))
        found = json.loads(file.read_bytes())
    except OSError as error:
        what = f"The verdict cannot be read: {error.strerror or error}."
        fix = "Name a verdict.json that `impacteval verify` has written."
        raise UsageError(Problem(what, fix, file=name)) from error
    except (ValueError, RecursionError) as error:
        what = "The file is not the JSON of a verdict."
        fix = "Name a verdict.json as `impacteval verify` has written it."
        raise UsageError(Problem(what, fix, file=name, line=1, column=1)) from error
    said = found.get("format") if isinstance(found, dict) else None
    if said != FORMAT:
        what = f"The file has the format {said!r}, and a verdict has {FORMAT!r}."
        raise UsageError(Problem(what, "Name a verdict.json.", file=name))
    try:
        return Record.model_validate(found)
    except ValidationError as error:
        raise UsageError(
            Problem(
                f"`{'.'.join(map(str, item['loc']))}`: {item['msg']}.",
                "The file was changed after it was written; verify again.",
                file=name,
            )
            for item in error.errors(include_url=False, include_input=False)
        ) from error
