"""The formulas for many studies are the registered estimator's, and so are the answers."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from assumed_studies import EFFECTS
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from impacteval.analysis.evidence import ask
from impacteval.contract.units import scale_of
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    LogRatioT,
    Period,
    StudentT,
)
from impacteval.simulation.answers import answers, references_of, rounded
from impacteval.simulation.assumed import Assumed, Kind
from impacteval.simulation.data import Measure, study
from impacteval.simulation.drawn import Drawn
from impacteval.simulation.estimates import Estimates, from_moments, from_rows
from impacteval.simulation.layout import Layout
from impacteval.simulation.populations import Population
from impacteval.simulation.registered import Method, differences, run
from impacteval.values import (
    Confidence,
    LowerBound,
    Message,
    PointEstimate,
    PValue,
    Scale,
    Text,
    significant,
)

POPULATIONS = {
    "normal": (Population(Kind.NORMAL, 10.0, 4.0), Population(Kind.NORMAL, 11.0, 4.0)),
    "binary": (Population(Kind.BINARY, 0.3), Population(Kind.BINARY, 0.4)),
    "count": (Population(Kind.COUNT, 1.55, 3.0), Population(Kind.COUNT, 1.2, 3.0)),
}
LAYOUTS = {
    "people": Layout(served=7, compared=11),
    "blocks": Layout(served=9, compared=15, blocks=3),
    "clusters": Layout(served=21, compared=33, clusters=(5, 6), cv=0.5),
    "clusters in blocks": Layout(served=24, compared=33, clusters=(6, 8), blocks=2),
}
DRAWS = 12


def _drawn(kind: str, layout: Layout, *, tallied: bool) -> Drawn:
    before, after = POPULATIONS[kind]
    icc = 0.2 if layout.clusters else 0.0
    law = study(layout, [Measure(before, after, icc=icc)])
    rng = np.random.default_rng(7)
    if tallied:
        sides = ((0, layout.compared), (1, layout.served))
        low, high = (law.tallies(rng, DRAWS, arm, people) for arm, people in sides)
        return Drawn(0, layout, tallies=(low, high))
    return Drawn(0, layout, law.people(rng, DRAWS).y[0])


def _effect_of(scale: Scale) -> str:
    return next(e for e in EFFECTS if scale_of(e) is scale)


@pytest.mark.parametrize("scale", list(Scale))
@pytest.mark.parametrize("variance", ["hc1", "hc2", "hc3"])
@pytest.mark.parametrize("where", LAYOUTS)
@pytest.mark.parametrize("kind", POPULATIONS)
def test_the_formulas_are_the_registered_estimators(
    kind: str, where: str, variance: str, scale: Scale
) -> None:
    layout = LAYOUTS[where]
    tallied = where == "people" and kind != "normal"
    drawn = _drawn(kind, layout, tallied=tallied)
    if where == "people":
        low, high = drawn.moments(fourth=scale is Scale.STANDARDISED)
        fast = from_moments(low, high, scale, variance)  # type: ignore[arg-type]  # a word of theirs
    else:
        assert drawn.rows is not None
        fast = from_rows(drawn.rows, layout, scale, variance)  # type: ignore[arg-type]  # same
    method = Method(settings={"variance": variance})
    effect = _effect_of(scale)
    assumed = Assumed("y", "all", effect, EFFECTS[effect], "rct")
    built = method.build()
    for k in range(DRAWS):
        found = run(method, built, drawn.study(k), assumed, np.random.default_rng(0), "rct")
        assert differences(k, fast, found) == {}


def test_both_formulas_agree_on_the_same_people() -> None:
    layout = LAYOUTS["people"]
    drawn = _drawn("count", layout, tallied=False)
    assert drawn.rows is not None
    for scale in Scale:
        one = from_moments(*drawn.moments(fourth=True), scale)
        other = from_rows(drawn.rows, layout, scale)
        for name in ("value", "std_error", "df", "observed", "counterfactual"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-11)


def test_studies_that_the_estimator_refuses_are_refused() -> None:
    # Nobody has an event; one arm has none; nobody compared differs from another.
    rows = np.array([[0.0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 2], [1, 1, 1, 0, 2, 4]])
    layout = Layout(served=3, compared=3)
    drawn = Drawn(0, layout, rows)
    refused = {
        Scale.DIFFERENCE: [True, False, False],
        Scale.TOTAL: [True, False, False],
        Scale.RELATIVE: [True, True, False],
        Scale.STANDARDISED: [True, True, True],
    }
    for scale, expected in refused.items():
        fast = from_moments(*drawn.moments(fourth=True), scale)
        assert fast.refused.tolist() == expected
        assert np.isnan(fast.value).tolist() == expected
        assert from_rows(rows, layout, scale).refused.tolist() == expected
        effect = _effect_of(scale)
        assumed = Assumed("y", "all", effect, EFFECTS[effect], "rct")
        for k in range(3):
            found = run(
                Method(), Method().build(), drawn.study(k), assumed, np.random.default_rng(0), "rct"
            )
            assert isinstance(found, Message) == expected[k]


# --- rounding ----------------------------------------------------------------------------------


@given(
    values=st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=8),
    reference=st.floats(1e-9, 1e12),
)
@settings(deadline=None, max_examples=400)
def test_rounding_is_the_one_rounding_of_evidence(values: list[float], reference: float) -> None:
    found = rounded(np.array(values), np.full(len(values), reference))
    assert found.tolist() == [float(significant(v, reference)) for v in values]


@given(
    digits=st.integers(-(10**11), 10**11),
    places=st.integers(0, 12),
    reference=st.sampled_from([1.0, 10.0, 99.99999999999999, 100.0, 999.9999999999999, 0.1]),
)
@settings(deadline=None, max_examples=400)
def test_halves_and_powers_of_ten_round_the_same(
    digits: int, places: int, reference: float
) -> None:
    value = float(Decimal(digits).scaleb(-places))
    assert rounded(np.array([value]), np.array([reference]))[0] == float(
        significant(value, reference)
    )


def test_what_is_not_a_number_or_has_no_end_stays() -> None:
    found = rounded(np.array([math.nan, math.inf, -math.inf]), np.ones(3))
    assert np.isnan(found[0])
    assert found[1:].tolist() == [math.inf, -math.inf]


# --- answers -----------------------------------------------------------------------------------

QUESTIONS = (
    PointEstimate(),
    LowerBound(Decimal("0.9"), "one"),
    LowerBound(Decimal("0.95"), "two"),
    PValue("one"),
    PValue("two"),
    *(Confidence(Decimal("4.5"), o) for o in ("at_least", "more_than", "at_most", "less_than")),
    Confidence(Decimal(150), "at_least"),
)


@given(
    effect=st.sampled_from(list(EFFECTS)),
    value=st.floats(-0.9, 5.0),
    error=st.floats(1e-3, 3.0),
    df=st.floats(1.5, 400.0),
    mean=st.floats(0.1, 900.0),
)
@settings(deadline=None, max_examples=200)
def test_answers_are_those_of_the_confidence_distribution(
    effect: str, value: float, error: float, df: float, mean: float
) -> None:
    assume(abs(value) > 1e-6)
    scale, better = scale_of(effect), EFFECTS[effect]
    distribution: StudentT | LogRatioT
    observed, counterfactual = mean + value, mean
    if scale is Scale.RELATIVE:
        observed = mean * (1.0 + value)
        value = observed / mean - 1.0
        distribution = LogRatioT(math.log1p(value), error / (1.0 + value), df)
    else:
        value = observed - counterfactual
        distribution = StudentT(value, error, df)
    estimate = CounterfactualEstimate(
        estimator="e",
        outcome="y",
        scale=scale,
        design="rct",
        target=Message("t", Text(en="a", fr="b")),
        effect=Effect(distribution.centre, distribution, error),
        observed=observed,
        counterfactual=counterfactual,
        periods=(Period("all", observed, counterfactual, math.nan, math.nan, 5),),
        n_treated=5,
        n_comparison=5,
        treated_clusters=5,
    )
    arrays = (np.array([x]) for x in (value, error, df, observed, counterfactual))
    many = Estimates(scale, *arrays, np.array([False]))
    reference = float(references_of(many, effect)[0])
    for question in QUESTIONS:
        found = float(answers(many, question, effect=effect, better=better)[0])
        expected = ask(estimate, question, effect=effect, better=better).value
        assert expected is not None
        probability = isinstance(question, PValue | Confidence)
        size = 1.0 if probability else max(reference, abs(float(expected)))
        # The same ten digits, but for numbers that fall on the edge between two.
        assert found == float(expected) or abs(found - float(expected)) <= 1.01e-9 * size


def test_an_estimate_on_a_threshold_ties_with_it() -> None:
    # 33 of 110 against 22 of 110: 0.1 as a difference, which floating point does not hold.
    many = Estimates(
        Scale.DIFFERENCE,
        *(np.array([x]) for x in (33 / 110 - 22 / 110, 0.05, 200.0, 0.3, 0.2)),
        np.array([False]),
    )
    assert many.value[0] != 0.1
    assert answers(many, PointEstimate(), effect="difference", better="higher")[0] == 0.1
