"""Dates as contracts write them: a year, a month or a day. Today's date is never read."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def first_and_last(written: str) -> tuple[date, date]:
    """The first and the last day that a date of the file may mean.

    Examples
    --------
    >>> [str(day) for day in first_and_last("2030-02")]
    ['2030-02-01', '2030-02-28']
    """
    parts = [int(part) for part in written.split("-")]
    year, month, day = (*parts, None, None)[:3]
    assert year is not None
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def after(when: str, until: str) -> bool | None:
    """Whether one date lies after another; None when they are too coarse to tell.

    Examples
    --------
    >>> after("2030-07-01", "2030-06"), after("2030-06-30", "2030-06"), after("2030", "2030-06")
    (True, False, None)
    """
    first, last = first_and_last(when)
    end = first_and_last(until)[1]
    if first > end:
        return True
    return False if last <= end else None
