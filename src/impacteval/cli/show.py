"""What a person sees in the terminal: 80 columns, errors on stderr, progress when it takes long."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from impacteval.errors import ImpactEvalError, InputError
from impacteval.progress import Listener, ProgressEvent, listen

WIDTH = 80


def say(text: str = "", *, indent: str = "") -> None:
    """Print a paragraph, wrapped; commands and paths are never broken, items of lists hang."""
    if not text:
        print()  # noqa: T201 - this is the terminal's own module
        return
    for line in text.splitlines():
        hanging = indent + "  " if line.startswith("- ") else indent
        print(_wrapped(line, indent, hanging))  # noqa: T201 - see above


def show_command(text: str, *, lead: str = "") -> None:
    """Print a command on one line, however long: it is there to be copied."""
    print(f"{lead}{text}")  # noqa: T201 - see above


def show_rows(rows: Iterable[tuple[str, str]], *, indent: str = "  ") -> None:
    """Print pairs as two columns; the second wraps under itself."""
    listed = list(rows)
    if not listed:
        return
    left = min(max(len(a) for a, _ in listed), 34)
    for name, text in listed:
        lead = f"{indent}{name.ljust(left)}  "
        rest = " " * len(indent + " " * left + "  ")
        longest = max(map(len, text.split()), default=0)
        if len(name) > left or len(rest) + longest > WIDTH:
            # A digest is longer than the second column: it stands under its name, whole.
            if name:
                say(name, indent=indent)
            lead = rest = rest if len(rest) + longest <= WIDTH else indent + "  "
        print(_wrapped(text, lead, rest))  # noqa: T201 - see above


def _wrapped(text: str, first: str, rest: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def show_json(value: Any) -> None:
    """Print JSON for machines: stable key order as given, letters kept."""
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201 - see above


def complain(error: ImpactEvalError | str) -> None:
    """Print an error on stderr: every problem, each with its place first."""
    if isinstance(error, InputError):
        for problem in error.problems:
            place = f"{problem.place}: " if problem.place else ""
            _err(f"error: {place}{problem.what}")
            if problem.fix:
                _err(problem.fix, indent="       ")
        if len(error.problems) > 1:
            _err(f"{len(error.problems)} problems. Nothing was written.")
        return
    for k, line in enumerate(str(error).splitlines()):
        _err(f"error: {line}" if k == 0 else line, indent="" if k == 0 else "       ")


def _err(text: str, indent: str = "") -> None:
    print(_wrapped(text, indent, "       "), file=sys.stderr)  # noqa: T201 - see above


@contextmanager
def progress(also: Listener | None = None) -> Iterator[None]:
    """Show what is being done: one line that changes on a terminal, nothing elsewhere.

    `also` hears every step as well, on a terminal or not.
    """
    if not sys.stderr.isatty():
        if also is None:
            yield
            return
        with listen(also):
            yield
        return
    from rich.console import Console

    console = Console(stderr=True, width=WIDTH)
    with console.status("starting") as status:

        def show(event: ProgressEvent) -> None:
            if also is not None:
                also(event)
            count = f" {event.done}/{event.total}" if event.total else ""
            status.update(f"{event.name}{count}")

        with listen(show):
            yield
