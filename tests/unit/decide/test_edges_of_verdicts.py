"""Rules of verdicts at their edges: how close it was, what is claimed, what a rule is told."""

from __future__ import annotations

from decimal import ROUND_DOWN, Context, Decimal, localcontext
from typing import Any

import pytest
from building import about, clause, make, outcome
from test_composed_terms import UP, card

from impacteval.contract.readings import Given
from impacteval.decide import compared, decide, distance, price
from impacteval.errors import UsageError
from impacteval.values import Confidence, Evidence, Message, PValue, Text

WHY = Message("test.why", Text(en="No data.", fr="Pas de données."))
COUNT_DOWN = outcome(better="lower", effect="verified_count", counterfactual={"design": "none"})
TEST = {"significant": {"level": "0.95", "sides": "two"}, "then": "point_estimate"}


# --- how close it was ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "operator", "value", "margin", "holds_at_it"),
    [
        # More is better: beyond the threshold the margin is above 0.
        (UP, "at_least", "12", "2", True),
        (UP, "at_least", "8", "-2", True),
        (UP, "more_than", "12", "2", False),
        # Fewer is better: below the threshold the margin is above 0.
        (COUNT_DOWN, "at_most", "8", "2", True),
        (COUNT_DOWN, "at_most", "12", "-2", True),
        (COUNT_DOWN, "less_than", "8", "2", False),
        # A reduction is better when it is larger, although fewer events are.
        (outcome(), "at_least", "12", "2", True),
    ],
)
def test_the_margin_is_above_nothing_when_the_result_is_better(
    of: Any, operator: str, value: str, margin: str, holds_at_it: bool
) -> None:
    contract = make({"threshold": clause(operator=operator)}, outcomes={"x": of})
    found = distance(contract, price(contract, {"x": Decimal(value)}).clauses[0])
    assert found is not None
    assert (found.margin, found.inclusive) == (Decimal(margin), holds_at_it)
    assert (found.boundary, found.change) == (10, 10 - Decimal(value))


@pytest.mark.parametrize(
    ("of", "operator", "holds_at_it"),
    [
        (UP, "at_least", True),
        (UP, "more_than", False),
        (COUNT_DOWN, "at_most", True),
        (COUNT_DOWN, "less_than", False),
    ],
)
def test_under_a_chance_it_is_told_whether_the_condition_holds_at_the_threshold(
    of: Any, operator: str, holds_at_it: bool
) -> None:
    contract = make(
        {"threshold": clause(operator=operator)},
        outcomes={"x": of},
        decide_on={"chance_at_least": 0.8},
    )
    asked = compared(contract)[0].questions
    row = decide(contract, [about("9", confidence={"10": "0.9"}, asked=asked)]).clauses[0]
    found = distance(contract, row)
    assert found is not None
    assert (found.boundary, found.inclusive) == (None, holds_at_it)


@pytest.mark.parametrize(
    ("threshold", "operator", "boundary", "holds_at_it"),
    [
        # Results are rounded to one decimal, half up. A threshold may have more.
        ("10.04", "at_least", "10.05", True),
        ("10.06", "at_least", "10.05", True),
        ("10.04", "more_than", "10.05", True),
        ("10.06", "more_than", "10.05", True),
        ("10", "more_than", "10.05", True),
        ("10.04", "at_most", "10.05", False),
        ("10.06", "at_most", "10.05", False),
        ("10.04", "less_than", "10.05", False),
        ("10", "less_than", "9.95", False),
    ],
)
def test_the_boundary_lies_where_rounding_puts_it(
    threshold: str, operator: str, boundary: str, holds_at_it: bool
) -> None:
    of = (UP if operator in ("at_least", "more_than") else COUNT_DOWN) | {
        "round_result": {"decimals": 1, "mode": "half_up"}
    }
    contract = make({"threshold": clause(threshold, operator=operator)}, outcomes={"x": of})
    found = distance(contract, price(contract, {"x": 3}).clauses[0])
    assert found is not None
    assert (found.boundary, found.inclusive) == (Decimal(boundary), holds_at_it)


def test_how_close_it_was_does_not_depend_on_the_callers_arithmetic() -> None:
    contract = make()
    row = price(contract, {"x": Decimal("12.3456789")}).clauses[0]
    with localcontext(Context(prec=2, rounding=ROUND_DOWN)):
        found = distance(contract, row)
    assert found is not None
    assert (found.margin, found.change) == (Decimal("2.3456789"), Decimal("-2.3456789"))


def test_a_number_used_in_place_of_a_judgement_has_its_distance_too() -> None:
    late = {"until": "2030", "then": "use", "use": {"value": 14}}
    contract = make({"threshold": clause(if_not_judged=late)}, decide_on=TEST)
    nothing = [Evidence("x", "all", (), WHY)]
    row = decide(contract, nothing, given=Given(settlement_date="2031")).clauses[0]
    assert (row.estimate, row.exact) == (None, 14)
    found = distance(contract, row)
    assert found is not None
    assert (found.margin, found.boundary, found.change) == (4, 10, -4)


# --- what is claimed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "total"),
    [
        ({"ann": ["m0"], "bo": ["m1"]}, 130),
        ({"ann": {"m0": 1, "m1": 0}}, 100),
        ({"ann": {"m0": 0, "m1": 0}}, 0),
        ({"ann": {"m0": 2}}, 100),  # a milestone counts once
        ({"ann": []}, 0),
        ({}, 0),
    ],
)
def test_claims_make_the_counts(claims: Any, total: int) -> None:
    assert price(card(), {}, claims=claims).total == total


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"ann": {"m0": -1}}, "The claims of ann give -1 times m0. Give a count."),
        ({"ann": {"m0": 1.5}}, "The claims of ann give 1.5 times m0. Give a count."),
        ({"ann": {"m0": True}}, "The claims of ann give True times m0. Give a count."),
        (
            {"ann": ["m9"]},
            "The claims of ann name 'm9', which no rate card prices. Priced: m0, m1.",
        ),
    ],
)
def test_what_is_said_of_a_claim_that_cannot_be_used(claims: Any, said: str) -> None:
    with pytest.raises(UsageError) as wrong:
        price(card(), {}, claims=claims)
    assert [f"{p.what} {p.fix}" for p in wrong.value.problems] == [said]


def test_a_typed_count_and_the_claims_must_agree() -> None:
    with pytest.raises(UsageError) as wrong:
        price(card(), {"m0": 3}, claims={"ann": ["m0"]})
    (problem,) = wrong.value.problems
    assert problem.what == "m0: 3 is given, and the claims come to 1."
    assert problem.fix == "Find the difference, and give one of the two."


# --- what a rule is told ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sure", "verdict"), [("0.7999", "not_met"), ("0.8", "met"), ("0.95", "met")]
)
def test_a_chance_is_asked_about_the_side_that_the_clause_compares(sure: str, verdict: str) -> None:
    contract = make(
        {"threshold": clause(operator="at_most")},
        outcomes={"x": COUNT_DOWN},
        decide_on={"chance_at_least": "0.8"},
    )
    asked = (Confidence(Decimal(10), "at_most"),)
    decision = decide(contract, [about("9", confidence={"10": sure}, asked=asked)])
    row = decision.clauses[0]
    assert row.verdict is not None
    assert row.verdict.value == verdict
    word = "confident" if verdict == "met" else "not-confident"
    assert [step.key for step in row.steps][:2] == ["decide.estimate", f"terms.at_most.{word}"]


@pytest.mark.parametrize(
    ("estimate", "p", "verdict", "value"),
    [
        ("12", "0.05", "met", "12"),
        ("12", "0.0501", "not_met", "0"),
        ("0", "0.01", "not_met", "0"),
        ("-12", "0.01", "not_met", "0"),
    ],
)
def test_a_test_is_passed_at_its_very_level_and_in_the_better_direction(
    estimate: str, p: str, verdict: str, value: str
) -> None:
    decision = decide(make(decide_on=TEST), [about(estimate, p=p, asked=(PValue("two"),))])
    row = decision.clauses[0]
    assert row.verdict is not None
    assert (row.verdict.value, row.value) == (verdict, Decimal(value))
