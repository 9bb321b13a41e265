"""Units and direction: every effect, both directions, every question, against the definition."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.contract.units import (
    DESIGNS,
    EFFECTS,
    OPERATORS,
    design_of,
    factor,
    larger_is_better,
    magnitude,
    raw_bound,
    raw_confidence,
    raw_test,
    right_way,
    scale_of,
    to_contract,
    to_decimal,
    to_raw,
)
from impacteval.errors import UsageError
from impacteval.estimates import StudentT
from impacteval.values import Confidence, Design, LowerBound, PValue, Scale, Side, Tail

# effect, better, scale, contract units in one raw unit, a larger number is better
TABLE = [
    ("relative_reduction_percent", "lower", "relative", -100, True),
    ("relative_increase_percent", "higher", "relative", 100, True),
    ("difference", "higher", "difference", 1, True),
    ("difference", "lower", "difference", -1, True),
    ("difference_in_sd", "higher", "standardised", 1, True),
    ("difference_in_sd", "lower", "standardised", -1, True),
    ("total_units", "higher", "total", 1, True),
    ("total_units", "lower", "total", -1, True),
    ("verified_count", "higher", "total", 1, True),
    ("verified_count", "lower", "total", 1, False),
    ("verified_rate", "higher", "difference", 1, True),
    ("verified_rate", "lower", "difference", 1, False),
    ("verified_percent", "higher", "difference", 100, True),
    ("verified_percent", "lower", "difference", 100, False),
    ("present_value", "higher", "difference", 1, True),
    ("present_value", "lower", "difference", -1, True),
    ("cost_saving", "higher", "difference", 1, True),
    ("cost_saving", "lower", "difference", -1, True),
]
KINDS = [row[:2] for row in TABLE]


def test_the_table_knows_every_effect():
    assert {row[0] for row in TABLE} == set(EFFECTS)


@pytest.mark.parametrize(("effect", "better", "scale", "size", "larger"), TABLE)
def test_scale_factor_and_direction(effect, better, scale, size, larger):
    assert scale_of(effect) is Scale(scale)
    assert factor(effect, better) == size
    assert larger_is_better(effect, better) is larger
    for operator in OPERATORS:
        assert right_way(effect, better, operator) is (
            (operator in ("at_least", "more_than")) == larger
        )


@pytest.mark.parametrize("effect", sorted(EFFECTS))
def test_only_money_can_be_in_total_besides_what_is_a_total_anyway(effect):
    money = effect in ("present_value", "cost_saving")
    assert EFFECTS[effect].money is money
    assert scale_of(effect, "in_total") is (Scale.TOTAL if money else EFFECTS[effect].scale)
    assert scale_of(effect, "per_unit") is EFFECTS[effect].scale


@pytest.mark.parametrize(
    ("effect", "better"),
    [("relative_reduction_percent", "higher"), ("relative_increase_percent", "lower")],
)
def test_a_percentage_that_contradicts_its_direction_is_refused(effect, better):
    with pytest.raises(UsageError, match="only with better"):
        factor(effect, better)


@pytest.mark.parametrize("effect", ["reduction", "", "saving"])
def test_an_unknown_effect_lists_what_is_known(effect):
    with pytest.raises(UsageError, match="verified_rate"):
        scale_of(effect)


@pytest.mark.parametrize(("effect", "better"), KINDS)
@given(raw=st.floats(-1e6, 1e6))
def test_there_and_back(effect, better, raw):
    there = to_contract(effect, better, raw)
    assert math.isclose(to_raw(effect, better, there), raw, rel_tol=1e-12)
    assert str(there) != "-0.0"


def test_peterborough_142_against_155():
    # 142 and 155 events per 100 people are the published figures: 8.387 percent fewer.
    raw = 142 / 155 - 1
    found = to_decimal("relative_reduction_percent", "lower", raw, reference=100)
    assert found == Decimal("8.3870968")
    assert to_decimal("difference", "lower", 142.0 - 155.0) == 13


def test_infinite_bounds_stay_infinite_and_turn_with_the_sign():
    assert to_decimal("difference", "lower", math.inf) == Decimal("-Infinity")
    assert to_decimal("difference", "higher", -math.inf, reference=5.0) == Decimal("-Infinity")


@pytest.mark.parametrize(("effect", "better"), KINDS)
@pytest.mark.parametrize("sides", ["one", "two"])
@pytest.mark.parametrize("level", ["0.5", "0.8", "0.95"])
def test_the_lower_bound_is_the_raw_end_where_things_are_worse(effect, better, sides, level):
    distribution = StudentT(0.3, 0.2, 12)
    asked = raw_bound(effect, better, LowerBound(Decimal(level), sides))
    interval = distribution.interval(asked.level, asked.side)
    bound = to_contract(effect, better, getattr(interval, asked.end))
    estimate = to_contract(effect, better, distribution.centre)
    worse = bound <= estimate if larger_is_better(effect, better) else bound >= estimate
    assert worse
    assert math.isfinite(bound)
    assert (asked.side is Side.TWO) == (sides == "two")
    # The other end of a one-sided interval is infinite: only the right one is a bound.
    other = interval.low if asked.end == "high" else interval.high
    assert math.isinf(other) == (sides == "one")


def test_a_two_sided_level_is_stricter_than_the_same_one_sided_level():
    distribution = StudentT(-0.1, 0.05)
    bounds = []
    for sides in ("one", "two"):
        asked = raw_bound("relative_reduction_percent", "lower", LowerBound(Decimal("0.9"), sides))
        end = getattr(distribution.interval(asked.level, asked.side), asked.end)
        bounds.append(to_contract("relative_reduction_percent", "lower", end))
    # 10 - 5 z: z is 1.281552 one-sided and 1.644854 two-sided at 0.9.
    assert bounds == pytest.approx([10 - 5 * 1.2815515655, 10 - 5 * 1.6448536270])


@pytest.mark.parametrize(("effect", "better"), KINDS)
def test_the_test_of_no_effect_looks_for_the_better_direction(effect, better):
    good = StudentT(to_raw(effect, better, 1.0), abs(to_raw(effect, better, 0.4)))
    asked = raw_test(effect, better, PValue("one"))
    assert asked.null == 0.0
    p = good.p_value(asked.null, asked.tail)
    assert (p < 0.5) is larger_is_better(effect, better)
    assert raw_test(effect, better, PValue("two")).tail is Tail.TWO


@pytest.mark.parametrize(("effect", "better"), KINDS)
@pytest.mark.parametrize("operator", OPERATORS)
def test_confidence_is_that_of_the_contracts_own_comparison(effect, better, operator):
    distribution = StudentT(to_raw(effect, better, 12.0), abs(to_raw(effect, better, 4.0)))
    asked = raw_confidence(effect, better, Confidence(Decimal(10), operator))
    confidence = 1 - distribution.p_value(asked.null, asked.tail)
    # In contract units the effect is 12 with standard error 4: half a standard error above 10.
    upward = operator in ("at_least", "more_than")
    assert confidence == pytest.approx(0.6914624613 if upward else 1 - 0.6914624613)


@given(at=st.floats(-20, 40), level=st.sampled_from(["0.6", "0.8", "0.95"]))
def test_a_chance_equals_the_one_sided_bound_at_that_level(at, level):
    effect, better = "relative_reduction_percent", "lower"
    distribution = StudentT(-0.12, 0.05, 30)
    bound = raw_bound(effect, better, LowerBound(Decimal(level), "one"))
    lower = to_contract(
        effect, better, getattr(distribution.interval(bound.level, bound.side), bound.end)
    )
    asked = raw_confidence(effect, better, Confidence(Decimal(repr(at))))
    confidence = 1 - distribution.p_value(asked.null, asked.tail)
    if abs(lower - at) > 1e-6:
        assert (confidence >= float(level)) == (lower >= at)


def test_the_digits_that_count_come_from_the_largest_number():
    assert magnitude("relative_reduction_percent", -0.25, 75.0, 100.0) == 100.0
    assert magnitude("relative_increase_percent", 0.5, 150.0, 100.0) == 150.0
    assert magnitude("difference", -3.0, 97.0, 100.0) == 100.0
    assert magnitude("total_units", 500.0, -900.0, 400.0) == 900.0
    assert magnitude("difference_in_sd", 0.2, 55.0, 50.0) == 1.0
    assert magnitude("difference_in_sd", -2.5, 55.0, 50.0) == 2.5


def test_designs():
    assert {word: design_of(word) for word in DESIGNS} == {
        "rct": Design.RCT,
        "cluster_rct": Design.RCT,
        "difference_in_differences": Design.DID,
        "synthetic_control": Design.SYNTHETIC_CONTROL,
        "matched_comparison": Design.MATCHED,
        "regression_discontinuity": Design.REGRESSION_DISCONTINUITY,
        "fixed_rate": Design.COUNT,
        "historical_baseline": Design.COUNT,
        "none": Design.COUNT,
    }
    with pytest.raises(UsageError, match="cluster_rct"):
        design_of("randomised")
