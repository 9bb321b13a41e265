"""Partial dates and spans, by hand and against the standard library."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.contract.dates import Span, first_day, last_day, later, span_of, within

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("12 months", Span(months=12)),
        ("1 month", Span(months=1)),
        (" 60 Days ", Span(days=60)),
        ("6 weeks", Span(days=42)),
        ("2 years", Span(months=24)),
        ("0 days", Span()),
        ("twelve months", None),
        ("12 months after release", None),
        ("about 6 months", None),
        ("1.5 years", None),
        ("-3 days", None),
        ("", None),
    ],
)
def test_a_span_is_computed_only_when_it_is_written_so(text, span):
    assert span_of(text) == span


@given(DAYS)
def test_a_whole_date_is_one_day(day):
    assert first_day(day.isoformat()) == last_day(day.isoformat()) == day


@given(DAYS)
def test_a_month_and_a_year_hold_their_days(day):
    month = f"{day:%Y-%m}"
    assert first_day(month) <= day <= last_day(month)
    assert (last_day(month) + timedelta(days=1)).day == 1
    assert first_day(str(day.year)) == date(day.year, 1, 1)
    assert last_day(str(day.year)) == date(day.year, 12, 31)


@given(DAYS, st.integers(0, 600))
def test_months_keep_the_day_or_the_last_one_of_the_month(day, months):
    moved = later(day, Span(months=months))
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    length = calendar.monthrange(moved.year, moved.month)[1]
    assert moved.day == min(day.day, length)


@given(DAYS, st.integers(0, 400), st.integers(0, 60))
def test_the_order_of_spans_does_not_matter(day, days, months):
    one, other = Span(days=days), Span(months=months)
    assert later(day, one, other) == later(day, other, one)
    assert later(day, one) == day + timedelta(days=days)


def test_beyond_the_calendar_there_is_a_last_day():
    assert later(date(9000, 1, 1), Span(months=99999)) == date.max
    assert later(date(9999, 12, 30), Span(days=9999)) == date.max


@pytest.mark.parametrize(
    ("written", "start", "window", "inside"),
    [
        ("2026-03-01", "2025-12-31", Span(days=60), True),
        ("2026-03-02", "2025-12-31", Span(days=60), False),
        ("2026-03", "2025-12-31", Span(days=60), False),
        ("2026-02", "2025-12", Span(days=60), True),
        ("2027", "2025", Span(months=24), True),
    ],
)
def test_a_window_counts_from_the_last_day_a_date_may_mean(written, start, window, inside):
    assert within(written, start, window) is inside
