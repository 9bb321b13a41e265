"""One reader of YAML files that people write: every mistake at once, each with its place.

Every scalar arrives as text with a mark; pydantic types the text, and its error paths are turned
back into ``file:line:column``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from impacteval.errors import ContractError, InputError, Problem
from impacteval.files.compose import compose
from impacteval.files.explain import translated
from impacteval.files.places import Locate, Node

MAX_BYTES = 256 * 1024
MAX_PROBLEMS = 50

M = TypeVar("M", bound=BaseModel)


def read_yaml(
    path: str | Path,
    model: type[M],
    *,
    kind: str = "contract",
    version: int = 1,
    error: type[InputError] = ContractError,
    context: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> tuple[M, Locate]:
    """Read a file that people write.

    Parameters
    ----------
    path : path
        The file. Its first line says ``format: impacteval-<kind>/<version>``.
    model : type
        The pydantic model of the file. It has a ``format`` field.
    kind, version : str, int
        What the file must say it is.
    error : type of InputError
        What to raise; it lists every problem found.
    context : callable, optional
        Makes pydantic's validation context from the file's plain content.

    Returns
    -------
    value, locate
        The model, and a `Locate` for checks that come later.

    Raises
    ------
    InputError
        Of type `error`: unreadable, not YAML, or not what the model asks for.
    """
    file = str(path)
    text = _text(file, error)
    problems: list[Problem] = []
    root = compose(text, file, problems)
    if root is None or not isinstance(root.value, dict):
        if not problems:
            problems.append(_whole(file, *_ROOT))
        raise error(_tidy(problems, file))
    locate = Locate(file, root)
    problems += _format_problems(root, locate, f"impacteval-{kind}/{version}")
    data = root.value
    try:
        value = model.model_validate(data, context=context(data) if context else None)
    except ValidationError as caught:
        problems += translated(caught, model, locate, kind)
        value = None
    if problems or value is None:
        raise error(_tidy(problems, file))
    return value, locate


_ROOT = (
    "The file is not a list of keys and values.",
    "Begin with a line such as `format: impacteval-contract/1`.",
)


def _whole(file: str, what: str, fix: str = "") -> Problem:
    return Problem(what, fix, file=file, line=1, column=1)


def _tidy(problems: list[Problem], file: str) -> list[Problem]:
    """In the order of the file, without repeats, and not more than anybody would read."""
    unique = list(dict.fromkeys(sorted(problems, key=lambda p: (p.line, p.column))))
    if len(unique) > MAX_PROBLEMS:
        more = len(unique) - MAX_PROBLEMS
        unique = [
            *unique[:MAX_PROBLEMS],
            _whole(file, f"{more} more problems are not listed.", "Mend these first."),
        ]
    return unique


def _text(file: str, error: type[InputError]) -> str:
    path = Path(file)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise error(_whole(file, "The file does not exist.", "Check the path.")) from None
    except OSError as caught:
        reason = caught.strerror or "unknown reason"
        raise error(_whole(file, f"The file cannot be opened ({reason}).")) from None
    if len(raw) > MAX_BYTES:
        raise error(
            _whole(file, f"The file is larger than {MAX_BYTES // 1024} KiB.", "Shorten it.")
        )
    if b"\0" in raw:
        raise error(_whole(file, "The file is binary, not text.", "Give a UTF-8 text file."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise error(
            _whole(file, "The file is not UTF-8 text.", "Save it again with encoding UTF-8.")
        ) from None
    if not text.strip():
        raise error(_whole(file, "The file is empty."))
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if odd is not None:
        before = text[: odd.start()]
        raise error(
            Problem(
                f"The file has the control character U+{ord(odd.group()):04X}, which text does not have.",
                "Delete it.",
                file=file,
                line=before.count("\n") + 1,
                column=len(before) - (before.rfind("\n") + 1) + 1,
            )
        )
    return text


def _format_problems(root: Node, locate: Locate, wanted: str) -> list[Problem]:
    said = root.value.get("format")
    if "format" not in root.value:
        return [
            _whole(
                locate.file, "The file does not say its format.", f"Begin with `format: {wanted}`."
            )
        ]
    if said != wanted:
        return [
            locate.problem(
                ("format",),
                f"The format {str(said)[:60]!r} is not read here.",
                f"Write `format: {wanted}`.",
            )
        ]
    if next(iter(root.value)) != "format":
        line, column = locate.key(("format",))
        return [
            Problem(
                "`format` must be the first key.", "Move it to the top.", locate.file, line, column
            )
        ]
    return []
