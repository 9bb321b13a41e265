"""What `impacteval compare` does, and `impacteval verify --against`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from impacteval.cli.show import say, show_json
from impacteval.errors import CheckFailed, Problem, UsageError
from impacteval.values import Language

if TYPE_CHECKING:
    from impacteval.report.record import Record
    from impacteval.report.record_compared import Compared


def tolerance_of(typed: str | None) -> Decimal:
    """The tolerance that was typed, or the last digit that a record writes."""
    from impacteval.report.compared import TOLERANCE

    if typed is None:
        return TOLERANCE
    try:
        found = Decimal(typed)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        what = f"{typed!r} is no tolerance."
        raise UsageError(Problem(what, "Write a share from 0, such as 0.001 for a thousandth."))
    return found


def compare(
    here: Path, there: Path, tolerance: str | None, *, as_json: bool, language: Language
) -> None:
    """Hold two runs against each other; exit code 1 where they do not agree."""
    from impacteval.report.compared import compare as compare_records
    from impacteval.report.reading import load_record

    share = tolerance_of(tolerance)
    mine, theirs = load_record(here), load_record(there)
    found = compare_records(mine, theirs, share)
    if as_json:
        show_json(found.model_dump(mode="json"))
    else:
        show_compared(found, mine, language)
    fail_apart(found)


def show_compared(found: Compared, record: Record, language: Language) -> None:
    """Print what agrees, what does not and what could explain it."""
    from impacteval.render.pen import Pen
    from impacteval.render.sections_compared import differing_lines, further_line

    pen = Pen(language, record.page_one.money.currency)
    say(pen.say(found.headline))
    say(pen.say(found.standing))
    for line in (*differing_lines(found, pen), further_line(found, pen)):
        if line:
            say(f"- {line}")
    say()
    say(pen.words("compared.circumstances" if found.circumstances else "compared.same"))
    for said in found.circumstances:
        say(f"- {pen.say(said)}")


def fail_apart(found: Compared) -> None:
    """End with exit code 1 where two runs do not agree."""
    if not found.agree:
        raise CheckFailed("The two runs do not agree.")
