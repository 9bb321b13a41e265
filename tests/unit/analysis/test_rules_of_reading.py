"""How rules read one estimate: what must be the same, and what may never happen."""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.analysis.evidence import evidence_of
from impacteval.contract.rules import ChanceRule, LevelAndSides, LowerBoundRule, SignificantRule
from impacteval.decide import compared, decide
from impacteval.estimates import CounterfactualEstimate, Effect, LogRatioT, Period, StudentT
from impacteval.values import Message, Text

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, make, outcome

WHY = Message("test.why", Text(en="because", fr="parce que"))
UP = outcome(better="higher", effect="difference")


def estimate(effect: Effect, scale: str) -> CounterfactualEstimate:
    observed = 10.0
    counterfactual = (
        observed / (1 + effect.value) if scale == "relative" else observed - effect.value
    )
    return CounterfactualEstimate(
        estimator="made", outcome="x", scale=scale, design="rct", target=WHY, effect=effect,
        observed=observed, counterfactual=counterfactual,
        periods=(Period("all", observed, counterfactual, math.nan, math.nan, 10),),
        n_treated=10, n_comparison=10, treated_clusters=10,
    )  # fmt: skip


def judged(contract, rule, found):
    described = contract.outcomes["x"]
    (number,) = compared(contract, rule)
    told = evidence_of(
        found, number.questions, outcome="x", group="all",
        effect=described.effect, better=described.better,
    )  # fmt: skip
    return decide(contract, [told], rule=rule).clauses[0]


@given(
    st.floats(-20, 20), st.floats(0.2, 10), st.floats(1.5, 400), st.integers(1, 99),
    st.integers(-15, 15), st.sampled_from(["at_least", "more_than"]),
)  # fmt: skip
def test_a_chance_without_a_prior_is_the_one_sided_lower_bound(
    value, error, df, percent, threshold, operator
):
    found = estimate(Effect(value, StudentT(value, error, df), error), "difference")
    contract = make({"threshold": clause(threshold, operator=operator)}, outcomes={"x": UP})
    level = Decimal(percent) / 100
    chance = judged(contract, ChanceRule(chance_at_least=level), found)
    bound = judged(
        contract, LowerBoundRule(lower_bound=LevelAndSides(level=level, sides="one")), found
    )
    if abs(float(bound.value) - threshold) < 1e-8:
        return  # the ten digits that are kept decide
    assert chance.verdict is bound.verdict


@given(st.floats(-0.5, 0.5), st.floats(0.02, 0.4), st.integers(51, 99))
def test_and_so_it_is_for_a_reduction(log_ratio, error, percent):
    ratio = LogRatioT(log_ratio, error, 40.0)
    found = estimate(Effect(ratio.centre, ratio, error), "relative")
    contract, level = make(), Decimal(percent) / 100
    chance = judged(contract, ChanceRule(chance_at_least=level), found)
    bound = judged(
        contract, LowerBoundRule(lower_bound=LevelAndSides(level=level, sides="one")), found
    )
    assert abs(float(bound.value) - 10) < 1e-7 or chance.verdict is bound.verdict


@pytest.mark.parametrize("sides", ["one", "two"])
@given(value=st.floats(-30, -0.5), error=st.floats(0.01, 5))
def test_harm_never_opens_the_gate_and_is_never_turned_into_nothing(sides, value, error):
    found = estimate(Effect(value, StudentT(value, error, 50.0), error), "difference")
    rule = SignificantRule(
        significant=LevelAndSides(level="0.95", sides=sides), then="point_estimate"
    )
    row = judged(make({"threshold": clause(2)}, outcomes={"x": UP}), rule, found)
    assert (row.verdict.value, row.value, row.amount) == ("not_met", Decimal(0), Decimal(0))
    malus = {
        "bonus_malus": {
            "name": "main", "outcome": "x", "dead_band": "0.1", "full_at": 40, "bonus": 100,
            "malus": 10**6,
        }
    }  # fmt: skip
    row = judged(make(malus, outcomes={"x": UP}), rule, found)
    assert row.amount < 0
