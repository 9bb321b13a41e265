"""Write a report: everything is built in memory first, then all files appear, or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Protocol

from impacteval.errors import UsageError
from impacteval.render.document import document
from impacteval.report.record import Record, record_json
from impacteval.values import Language

FORMATS = ("html", "pdf", "md", "json")
_EVERY_NAME: Set[str] = {"verdict.json"} | {
    f"report.{language}.{kind}" for language in Language for kind in FORMATS if kind != "json"
}


class HasRecord(Protocol):
    """What `impacteval.verify` returns."""

    @property
    def record(self) -> Record: ...


def write(
    report: Record | HasRecord,
    out: str | Path,
    *,
    languages: Sequence[str] = ("en", "fr"),
    formats: Sequence[str] = FORMATS,
) -> tuple[Path, ...]:
    """Write the record and its reports into a folder.

    Parameters
    ----------
    report : Record or Report
    out : str or Path
        A folder, made when it does not exist. The files of an earlier report are replaced, and
        those that this one does not have are removed.
    languages : sequence of str
        Among ``"en"`` and ``"fr"``.
    formats : sequence of str
        Among ``"html"``, ``"pdf"``, ``"md"`` and ``"json"``.

    Returns
    -------
    tuple of Path
        ``verdict.json``, then ``report.<language>.<format>``.

    Raises
    ------
    UsageError
        A language or a format is not known, none is asked for, or `out` is not a folder that can
        be written.
    """
    folder = Path(out)
    _check(languages, formats)
    record = report if isinstance(report, Record) else report.record
    contents = build(record, languages=languages, formats=formats)
    try:
        return place(folder, contents, stale=_EVERY_NAME)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"the report cannot be written to {folder}: {reason}.") from error


def _check(languages: Sequence[str], formats: Sequence[str]) -> None:
    problems = []
    for given, allowed, what in (
        (languages, tuple(Language), "language"),
        (formats, FORMATS, "format"),
    ):
        if isinstance(given, str) or not given:
            problems.append(f"{what}s must be a list with at least one of {', '.join(allowed)}.")
            continue
        problems += [
            f"{what} {name!r} is not known. Allowed: {', '.join(allowed)}."
            for name in given
            if name not in allowed
        ]
    if problems:
        raise UsageError(problems)


def build(
    record: Record,
    *,
    languages: Sequence[str] = ("en", "fr"),
    formats: Sequence[str] = FORMATS,
) -> dict[str, bytes]:
    """Every file of a report by its name, in memory."""
    contents: dict[str, bytes] = {}
    if "json" in formats:
        contents["verdict.json"] = record_json(record).encode()
    for language in languages:
        if not set(formats) - {"json"}:
            break
        page = document(record, language)
        if "html" in formats:
            from impacteval.render.html import html

            contents[f"report.{language}.html"] = html(page).encode()
        if "pdf" in formats:
            from impacteval.render.pdf import pdf

            contents[f"report.{language}.pdf"] = pdf(page)
        if "md" in formats:
            from impacteval.render.markdown import markdown

            contents[f"report.{language}.md"] = markdown(page).encode()
    return contents


def place(folder: Path, contents: dict[str, bytes], *, stale: Set[str]) -> tuple[Path, ...]:
    """Write beside the folder's files under passing names, then rename them all.

    Parameters
    ----------
    folder : Path
    contents : dict of str to bytes
        The files by name.
    stale : set of str
        Names that an earlier run may have left; those that are not written now are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    blocked = [folder / name for name in contents if (folder / name).is_dir()]
    if blocked:
        raise UsageError(f"{path} is a folder; a file must go there." for path in blocked)
    waiting: list[tuple[Path, Path]] = []
    try:
        for name, content in contents.items():
            handle, passing = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
            waiting.append((Path(passing), folder / name))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(passing).chmod(0o644)
        for passing_path, final in waiting:
            passing_path.replace(final)
        # A report of an earlier run beside this record would be another run's answer.
        for name in stale - contents.keys():
            (folder / name).unlink(missing_ok=True)
    except BaseException:
        for passing_path, _ in waiting:
            passing_path.unlink(missing_ok=True)
        raise
    return tuple(final for _, final in waiting)
