"""Dates as contracts write them, whole or by month or year, and spans of time added to them.

No clock is read here or anywhere else: every date stands in a file.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_SPAN = re.compile(r"([0-9]{1,4})\s+(day|week|month|year)s?")


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in whole days and whole months.

    Attributes
    ----------
    days, months : int
        One of them is 0; a year is 12 months, a week 7 days.
    """

    days: int = 0
    months: int = 0


def span_of(text: str) -> Span | None:
    """The span that a text says, None when it is not written so that it can be computed.

    Examples
    --------
    >>> span_of("12 months"), span_of("2 weeks")
    (Span(days=0, months=12), Span(days=14, months=0))
    >>> span_of("until the courts are done") is None
    True
    """
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None:
        return None
    number = int(match[1])
    match match[2]:
        case "day":
            return Span(days=number)
        case "week":
            return Span(days=7 * number)
        case "month":
            return Span(months=number)
        case _:
            return Span(months=12 * number)


def first_day(written: str) -> date:
    """The first day that a date may mean.

    Examples
    --------
    >>> first_day("2014"), first_day("2014-04"), first_day("2014-04-30")
    (datetime.date(2014, 1, 1), datetime.date(2014, 4, 1), datetime.date(2014, 4, 30))
    """
    parts = [int(part) for part in written.split("-")]
    return date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def last_day(written: str) -> date:
    """The last day that a date may mean.

    Examples
    --------
    >>> last_day("2014"), last_day("2016-02"), last_day("2014-04-30")
    (datetime.date(2014, 12, 31), datetime.date(2016, 2, 29), datetime.date(2014, 4, 30))
    """
    parts = [int(part) for part in written.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return date(year, month, parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1])


def later(day: date, *spans: Span) -> date:
    """A day that much later; a day that the month does not have becomes its last one.

    Months are added first and all together, so that the order of the spans does not matter.
    Beyond the last year that a date can hold, the last day there is.

    Examples
    --------
    >>> later(date(2012, 6, 30), Span(months=12), Span(months=6))
    datetime.date(2013, 12, 30)
    >>> later(date(2023, 8, 31), Span(months=6), Span(days=1))
    datetime.date(2024, 3, 1)
    """
    months = day.year * 12 + day.month - 1 + sum(span.months for span in spans)
    year, month = divmod(months, 12)
    if year > date.max.year:
        return date.max
    moved = date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    days = sum(span.days for span in spans)
    return moved + timedelta(days=min(days, (date.max - moved).days))


def within(written: str, start: str, window: Span) -> bool:
    """Whether a date lies at most so long after a start; both count as the last day they may mean.

    Examples
    --------
    >>> within("2026-03-01", "2025-12-31", Span(days=60))
    True
    >>> within("2026-03-02", "2025-12-31", Span(days=60))
    False
    """
    return last_day(written) <= later(last_day(start), window)


def after(when: str, until: str) -> bool | None:
    """Whether one date lies after another; None when they are too coarse to tell.

    Examples
    --------
    >>> after("2030-07-01", "2030-06"), after("2030-06-30", "2030-06"), after("2030", "2030-06")
    (True, False, None)
    """
    end = last_day(until)
    if first_day(when) > end:
        return True
    return False if last_day(when) <= end else None
