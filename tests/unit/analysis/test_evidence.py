"""Questions of a contract, asked of a confidence distribution of a raw effect."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from impacteval.analysis.evidence import ask, evidence_of
from impacteval.errors import NotAnswerable
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    LogRatioT,
    NoUncertainty,
    Period,
    StudentT,
)
from impacteval.values import (
    Confidence,
    LowerBound,
    Message,
    PointEstimate,
    PValue,
    Scale,
    Text,
)

WHY = Message("test.why", Text(en="because", fr="parce que"))
SCALES = {
    "difference": Scale.DIFFERENCE,
    "difference_in_sd": Scale.STANDARDISED,
    "total_units": Scale.TOTAL,
    "relative_reduction_percent": Scale.RELATIVE,
    "relative_increase_percent": Scale.RELATIVE,
}


def estimate(effect: Effect, scale: Scale, observed: float = 10.0) -> CounterfactualEstimate:
    counterfactual = (
        observed / (1.0 + effect.value) if scale is Scale.RELATIVE else observed - effect.value
    )
    if scale in (Scale.TOTAL, Scale.STANDARDISED):
        counterfactual = observed - 1.0
    return CounterfactualEstimate(
        estimator="made",
        outcome="y",
        scale=scale,
        design="rct",
        target=WHY,
        effect=effect,
        observed=observed,
        counterfactual=counterfactual,
        periods=(Period("all", observed, counterfactual, math.nan, math.nan, 10),),
        n_treated=10,
        n_comparison=10,
        treated_clusters=10,
    )


def normal(value: float, error: float, scale: Scale) -> CounterfactualEstimate:
    if scale is Scale.RELATIVE:
        distribution = LogRatioT(math.log1p(value), error, math.inf)
        return estimate(Effect(distribution.centre, distribution, error), scale)
    return estimate(Effect(value, StudentT(value, error, math.inf), error), scale)


def number(found: CounterfactualEstimate, question: object, effect: str, better: str) -> float:
    answer = ask(found, question, effect=effect, better=better)  # type: ignore[arg-type]
    assert answer.value is not None
    return float(answer.value)


def raw_interval(value: float, error: float, scale: Scale, z: float) -> tuple[float, float]:
    """Low and high of value +- z errors, written out without the distributions under test."""
    if scale is Scale.RELATIVE:
        centre = math.log1p(value)
        return math.expm1(centre - z * error), math.expm1(centre + z * error)
    return value - z * error, value + z * error


@pytest.mark.parametrize("sides", ["one", "two"])
@pytest.mark.parametrize(
    ("effect", "better", "factor"),
    [
        ("difference", "higher", 1),
        ("difference", "lower", -1),
        ("difference_in_sd", "higher", 1),
        ("difference_in_sd", "lower", -1),
        ("total_units", "higher", 1),
        ("total_units", "lower", -1),
        ("relative_increase_percent", "higher", 100),
        ("relative_reduction_percent", "lower", -100),
    ],
)
@pytest.mark.parametrize("value", [-0.2, 0.3])
def test_every_question_in_every_direction(
    effect: str, better: str, factor: int, value: float, sides: str
) -> None:
    error, scale = 0.1, SCALES[effect]
    found = normal(value, error, scale)
    assert number(found, PointEstimate(), effect, better) == pytest.approx(factor * value)

    level = 0.9
    z = norm.ppf(level if sides == "one" else (1 + level) / 2)
    low, high = raw_interval(value, error, scale, z)
    # The lower bound of what is better when larger: of a reduction it is the raw upper end.
    worse = factor * (low if factor > 0 else high)
    bound = LowerBound(Decimal("0.9"), sides)
    assert number(found, bound, effect, better) == pytest.approx(worse, abs=1e-7)

    centre = math.log1p(value) if scale is Scale.RELATIVE else value
    upward = norm.sf(centre / error)  # p-value of "no increase": small when the raw effect is up
    one_sided = norm.cdf(-centre / error) if factor > 0 else norm.cdf(centre / error)
    expected = one_sided if sides == "one" else 2 * min(upward, 1 - upward)
    assert number(found, PValue(sides), effect, better) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("effect", "better", "at", "operator", "null", "up"),
    [
        ("difference", "higher", "0.25", "at_least", 0.25, True),
        ("difference", "higher", "0.25", "at_most", 0.25, False),
        ("difference", "lower", "0.25", "at_least", -0.25, False),
        ("difference", "lower", "0.25", "more_than", -0.25, False),
        ("difference", "lower", "0.25", "less_than", -0.25, True),
        ("relative_reduction_percent", "lower", "10", "at_least", -0.10, False),
        ("relative_increase_percent", "higher", "10", "at_least", 0.10, True),
    ],
)
def test_confidence_reads_the_right_side(
    effect: str, better: str, at: str, operator: str, null: float, up: bool
) -> None:
    value, error, scale = -0.15, 0.08, SCALES[effect]
    found = normal(value, error, scale)
    if scale is Scale.RELATIVE:
        z = (math.log1p(null) - math.log1p(value)) / error
    else:
        z = (null - value) / error
    expected = norm.sf(z) if up else norm.cdf(z)
    asked = Confidence(Decimal(at), operator)
    assert number(found, asked, effect, better) == pytest.approx(expected, abs=1e-9)


@given(
    value=st.floats(-50, 50),
    error=st.floats(0.01, 20),
    level=st.sampled_from(["0.8", "0.9", "0.95"]),
    better=st.sampled_from(["higher", "lower"]),
)
def test_confidence_at_the_lower_bound_is_its_level(
    value: float, error: float, level: str, better: str
) -> None:
    found = normal(value, error, Scale.DIFFERENCE)
    bound = ask(found, LowerBound(Decimal(level), "one"), effect="difference", better=better).value
    assert bound is not None
    back = number(found, Confidence(bound, "at_least"), "difference", better)
    assert back == pytest.approx(float(level), abs=1e-6)


def test_numbers_are_rounded_once_to_the_digits_of_the_largest_mean() -> None:
    found = normal(1 / 3, 0.1, Scale.DIFFERENCE)  # the observed mean is 10: eight decimals stay
    answer = ask(found, PointEstimate(), effect="difference", better="higher")
    assert answer.value == Decimal("0.33333333")


def test_a_point_without_uncertainty_says_why_it_answers_nothing_else() -> None:
    found = estimate(Effect(1.0, NoUncertainty(1.0)), Scale.DIFFERENCE)
    questions = (PointEstimate(), LowerBound(Decimal("0.9"), "one"), PValue("two"))
    told = evidence_of(
        found, questions, outcome="y", group="all", effect="difference", better="higher"
    )
    assert told.answer(PointEstimate()).value == 1
    for question in questions[1:]:
        assert told.answer(question).value is None
        assert told.answer(question).reason is not None
    with pytest.raises(NotAnswerable):
        found.effect.interval(0.9)


def test_withheld_uncertainty_leaves_the_point_estimate() -> None:
    found = normal(1.0, 0.1, Scale.DIFFERENCE)
    questions = (PointEstimate(), Confidence(Decimal(0), "at_most"))
    told = evidence_of(
        found,
        questions,
        outcome="y",
        group="all",
        effect="difference",
        better="higher",
        uncertainty=WHY,
    )
    assert told.answer(questions[0]).value == 1
    assert told.answer(questions[1]).reason == WHY
    assert told.reason is None
