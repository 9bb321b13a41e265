"""Numbers that people type: read as they are written, or refused with what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from impacteval.contract.money import NOT_PUBLISHED, Amount, rounded
from impacteval.errors import Problem

_LARGEST = Decimal("1e15")
# Decimal itself would read 1_0 as ten, and digits of any script.
_WRITTEN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def near(word: str, known: Iterable[str]) -> str:
    """The name that was perhaps meant, and those that are known."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1)
    return f"{f'Did you mean {close[0]}? ' if close else ''}Known: {', '.join(known)}."


def number_of(name: str, given: Any, problems: list[Problem]) -> Decimal | None:
    """A typed number as the decimal that was written; binary fractions go through their text."""
    if not isinstance(given, bool) and isinstance(given, int | float | str | Decimal):
        text = str(given).strip()
        try:
            number = Decimal(text if _WRITTEN.fullmatch(text) else "NaN")
        except InvalidOperation:  # an exponent beyond what a decimal holds
            number = Decimal("NaN")
        fits = number.is_finite() and -_LARGEST < number < _LARGEST
        if fits and number == rounded(number, 12, "half_even"):
            return number
    problems.append(
        Problem(
            f"The number for {name} is {str(given)[:40]!r}.",
            "Give a plain number, such as 8.4, below 1e15 and with at most 12 decimals.",
        )
    )
    return None


def money_of(name: str, given: Any, problems: list[Problem]) -> Amount | None:
    """A typed amount of 0 or more, or ``not_published``."""
    if given is NOT_PUBLISHED or given == NOT_PUBLISHED.value:
        return NOT_PUBLISHED
    number = number_of(name, given, problems)
    if number is not None and number < 0:
        problems.append(Problem(f"{name} is {number}.", "Give 0 or more."))
    return number
