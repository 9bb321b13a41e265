"""Figures that leave a notebook: one typed file with a schema, never scraped from its cells."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from impacteval.errors import Problem, StudyError, UsageError
from impacteval.values import significant

FILE_NAME = "published.json"
# Where the runner wants the file; a notebook opened by hand writes it beside itself.
PLACE_VARIABLE = "IMPACTEVAL_PUBLISH_TO"


class Published(BaseModel):
    """The file ``published.json``.

    Attributes
    ----------
    format : str
        ``impacteval-published/1``.
    figures : dict
        Name to number, text, truth value, or a list or mapping of these.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    format: Literal["impacteval-published/1"]
    figures: dict[str, JsonValue] = Field(min_length=1)


def publish(**figures: object) -> Path:
    """Hand figures out of the notebook: write them to ``published.json``.

    Called once, at the end of the notebook. Floats are written to 10 significant digits, money
    (Decimal) and dates as text.

    Parameters
    ----------
    **figures
        Numbers, texts, truth values, dates, None, and lists or mappings of these.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    UsageError
        No figure, a figure of another type, one that is not finite, or a second call in one run;
        every fault is listed.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.environ["IMPACTEVAL_PUBLISH_TO"] = folder
    ...     file = publish(difference=1794.3424042702, verdict="met")
    ...     print(file.read_text())
    ...     _ = os.environ.pop("IMPACTEVAL_PUBLISH_TO")
    {
      "format": "impacteval-published/1",
      "figures": {
        "difference": 1794.342404,
        "verdict": "met"
      }
    }
    <BLANKLINE>
    """
    problems: list[Problem] = []
    plain = {name: _plain(value, name, problems) for name, value in figures.items()}
    if not figures:
        problems.append(Problem("Nothing is published.", "Give at least one figure by name."))
    place = os.environ.get(PLACE_VARIABLE)
    file = Path(place or ".") / FILE_NAME
    if place and file.exists():
        problems.append(
            Problem("The notebook publishes twice.", "Call publish once, with every figure.")
        )
    if problems:
        raise UsageError(problems)
    published = Published(format="impacteval-published/1", figures=plain)
    file.write_text(published.model_dump_json(indent=2) + "\n", encoding="utf-8", newline="\n")
    return file


def _plain(value: object, name: str, problems: list[Problem]) -> Any:
    """The value as the file holds it; what cannot be held is added to the problems."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()  # a numpy scalar
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal() if value.is_finite():
            return format(value, "f")
        case float() if math.isfinite(value):
            return float(significant(value))
        case float() | Decimal():
            problems.append(Problem(f"The figure {name!r} is not finite: {value}."))
            return None
        case date():
            return value.isoformat()
        case list() | tuple():
            return [_plain(item, f"{name}[{k}]", problems) for k, item in enumerate(value)]
        case Mapping() if all(isinstance(key, str) for key in value):
            return {key: _plain(item, f"{name}.{key}", problems) for key, item in value.items()}
        case _:
            problems.append(
                Problem(
                    f"The figure {name!r} is of type {type(value).__name__}.",
                    "Allowed: numbers, texts, truth values, dates, and lists or mappings of these.",
                )
            )
            return None


def read_published(file: Path | str) -> Published:
    """Read ``published.json`` back.

    Raises
    ------
    StudyError
        The file is missing or does not fit its schema.
    """
    file = Path(file)
    try:
        return Published.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise StudyError(Problem("The notebook published nothing.", file=file.as_posix())) from None
    except ValidationError as error:
        raise StudyError(
            [
                Problem(
                    f"{'.'.join(str(part) for part in fault['loc']) or 'the file'}: {fault['msg']}.",
                    file=file.as_posix(),
                )
                for fault in error.errors()
            ]
        ) from None
