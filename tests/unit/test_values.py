"""Values: what must not be buildable, and the one rounding."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.errors import UsageError
from impacteval.values import (
    Answer,
    ConfidenceSet,
    Evidence,
    Interval,
    LowerBound,
    Message,
    PointEstimate,
    PValue,
    Scale,
    Text,
    significant,
    written,
)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.5, math.nan])
def test_a_level_lies_strictly_between_0_and_1(level: float) -> None:
    with pytest.raises(UsageError, match=r"level .* must lie strictly between 0 and 1"):
        Interval(0.0, 1.0, level=level, side="two", method="t")


@pytest.mark.parametrize(
    ("low", "high", "side"),
    [
        (1.0, 0.0, "two"),
        (math.nan, 1.0, "two"),
        (0.0, math.nan, "two"),
        (0.0, 1.0, "lower"),
        (0.0, 1.0, "upper"),
        (0.0, 1.0, "both"),
    ],
)
def test_an_interval_that_contradicts_itself_cannot_be_built(
    low: float, high: float, side: str
) -> None:
    with pytest.raises(ValueError):
        Interval(low, high, level=0.9, side=side, method="t")


def test_an_interval_keeps_its_level_and_contains_its_ends() -> None:
    interval = Interval(0.0, 1.0, level=0.9, side="two", method="t")
    assert 0.0 in interval
    assert 1.0 in interval
    assert 1.0000001 not in interval
    with pytest.raises(AttributeError):
        interval.level = 0.99  # type: ignore[misc]  # that it cannot be set is the test


def test_confidence_set_hull_pieces_and_emptiness() -> None:
    pieces = ConfidenceSet(((-math.inf, 0.0), (2.0, 3.0)), level=0.9, side="two", method="x")
    assert (pieces.low, pieces.high) == (-math.inf, 3.0)
    assert 1.0 not in pieces
    assert 2.5 in pieces
    assert not pieces.bounded
    empty = ConfidenceSet((), level=0.9, side="two", method="x")
    assert empty.empty
    assert not empty.bounded
    assert math.isnan(empty.low)


@pytest.mark.parametrize(
    "pieces", [((1.0, 0.0),), ((0.0, 1.0), (1.0, 2.0)), ((2.0, 3.0), (0.0, 1.0))]
)
def test_confidence_set_pieces_are_ordered_and_apart(
    pieces: tuple[tuple[float, float], ...],
) -> None:
    with pytest.raises(ValueError, match="ordered and apart"):
        ConfidenceSet(pieces, level=0.9, side="two", method="x")


def test_scale_names_what_is_allowed() -> None:
    assert Scale.parse("relative") is Scale.RELATIVE
    with pytest.raises(UsageError, match="difference, relative, total, standardised"):
        Scale.parse("percent")


def test_text_needs_both_languages_and_the_same_places() -> None:
    with pytest.raises(ValueError, match="both"):
        Text(en="Hello", fr=" ")
    with pytest.raises(ValueError, match="different values"):
        Text(en="{n:int} units", fr="{m:int} unités")


def test_message_needs_its_values_and_is_read_only() -> None:
    text = Text(en="{n:int} units", fr="{n:int} unités")
    with pytest.raises(ValueError, match="lacks a value"):
        Message("k", text)
    message = Message("k", text, {"n": 3})
    assert str(message) == "3 units"
    with pytest.raises(TypeError):
        message.values["n"] = 4  # type: ignore[index]  # that it cannot be set is the test


def test_an_answer_is_a_number_or_a_reason() -> None:
    reason = Message("r", Text(en="none", fr="rien"))
    with pytest.raises(ValueError, match="never both"):
        Answer(PointEstimate(), Decimal(1), reason)
    with pytest.raises(ValueError, match="never both"):
        Answer(PointEstimate(), None)
    with pytest.raises(ValueError, match="NaN"):
        Answer(PointEstimate(), Decimal("NaN"))


def test_evidence_answers_only_what_was_asked() -> None:
    asked = LowerBound(Decimal("0.90"), "one")
    evidence = Evidence("y", "all", (Answer(asked, Decimal(2)),))
    assert evidence.answer(LowerBound(Decimal("0.90"), "one")).value == 2
    with pytest.raises(KeyError):
        evidence.answer(LowerBound(Decimal("0.90"), "two"))


def test_questions_state_their_sides() -> None:
    with pytest.raises(ValueError, match="sides"):
        LowerBound(Decimal("0.9"), "both")
    with pytest.raises(ValueError, match="sides"):
        PValue("left")


@pytest.mark.parametrize(
    ("value", "reference", "expected"),
    [
        (1794.342404270271, None, "1794.342404"),
        (0.1 + 0.2, None, "0.3"),
        (8.387096774193548, 155.0, "8.3870968"),
        (-0.0, None, "0"),
        (1e-13, 1e3, "0"),
        (123456789012345.0, None, "123456789000000"),
        (2.5e-12, None, "0.0000000000025"),
        (math.inf, None, "Infinity"),
        (0.0, 0.0, "0"),
    ],
)
def test_significant_digits(value: float, reference: float | None, expected: str) -> None:
    assert written(significant(value, reference)) == expected


def test_rounding_ignores_the_callers_decimal_context() -> None:
    with localcontext() as context:
        context.prec = 3
        assert significant(1794.342404270271) == Decimal("1794.342404")


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-8, 8))
def test_the_last_bits_never_reach_a_rounded_number(value: float, ulps: int) -> None:
    # Numbers a few units in the last place apart round to the same decimal or to neighbours.
    other = value
    for _ in range(abs(ulps)):
        other = math.nextafter(other, math.copysign(math.inf, ulps))
    if not math.isfinite(other) or abs(value) < 1e-300:
        return  # subnormal numbers have no ten digits to keep
    a, b = significant(value), significant(other)
    size = max(abs(a), abs(b))
    assert abs(a - b) <= size * Decimal("1.1e-9")


@given(st.floats(min_value=-1e300, max_value=1e300, allow_nan=False))
def test_rounding_is_idempotent_and_never_has_an_exponent(value: float) -> None:
    rounded = significant(value)
    assert "E" not in written(rounded)
    assert significant(float(rounded)) == rounded


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        significant(math.nan)
    with pytest.raises(ValueError, match="finite"):
        significant(1.0, reference=math.inf)


def test_a_message_with_nothing_to_say_in_a_place_is_refused():
    text = Text(en="Pays {amount}.", fr="Paie {amount}.")
    with pytest.raises(ValueError, match=r"has nothing to say for \['amount'\]"):
        Message("test.hole", text, {"amount": None})
    assert str(Message("test.zero", text, {"amount": 0})) == "Pays 0."


@pytest.mark.parametrize(("n", "said"), [(1, "1 person."), (2, "2 people."), (0, "0 people.")])
def test_plain_english_agrees_in_number(n, said):
    text = Text(en="{n:int} {n:plural:person|people}.", fr="{n:int} {n:plural:personne|personnes}.")
    assert str(Message("test.people", text, {"n": n})) == said
