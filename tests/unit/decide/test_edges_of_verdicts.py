"""Rules of verdicts at their edges: how close it was, what is claimed, what a rule is told."""

from __future__ import annotations

from decimal import ROUND_DOWN, Context, Decimal, localcontext
from typing import Any

import pytest
from building import about, clause, groups, make, outcome
from test_composed_terms import UP, card
from test_settling import LAYERS

from impacteval.contract.readings import Given
from impacteval.decide import compared, decide, distance, price
from impacteval.errors import UsageError
from impacteval.values import (
    Answer,
    Confidence,
    Evidence,
    ExpectedPayment,
    Message,
    PointEstimate,
    PValue,
    Status,
    Text,
)

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


@pytest.mark.parametrize(
    ("estimate", "p", "verdict", "harmful"),
    [
        # A small effect in the better direction passes; none, and a harmful one, never do.
        ("0.5", "0.01", "met", False),
        ("1", "0.01", "met", False),
        ("0", "0.01", "not_met", True),
        ("-0.5", "0.01", "not_met", True),
    ],
)
def test_a_small_effect_passes_the_test_and_none_does_not(
    estimate: str, p: str, verdict: str, harmful: bool
) -> None:
    contract = make({"threshold": clause("0.25")}, decide_on=TEST)
    row = decide(contract, [about(estimate, p=p, asked=(PValue("two"),))]).clauses[0]
    assert row.verdict is not None
    assert row.verdict.value == verdict
    assert ("decide.harmful" in [step.key for step in row.steps]) is harmful


@pytest.mark.parametrize(
    ("floor", "value", "total"),
    [
        # A result of -3 that is not significant: the harm is read where the term pays less for it.
        (0, 0, 0),
        ("0.5", 0, "0.5"),
        (-5, -3, -3),
        ("none", -3, -3),
    ],
)
def test_behind_a_closed_test_harm_is_read_where_it_costs_money(
    floor: Any, value: int, total: Any
) -> None:
    term = {"linear": {"name": "main", "outcome": "x", "per_unit": 1, "floor": floor}}
    contract = make(term, outcomes={"x": UP}, decide_on=TEST)
    decision = decide(contract, [about("-3", p="0.5", asked=(PValue("two"),))])
    assert (decision.clauses[0].value, decision.total) == (value, Decimal(total))


@pytest.mark.parametrize(
    ("values", "people", "mean"),
    [
        # Ten digits, or as many as the results have.
        (("8", "10"), (1, 2), "9.333333333"),
        (("8.0000000001", "10"), (1, 2), "9.3333333334"),
        (("8", "10"), (1, 1), "9"),
    ],
)
def test_a_weighted_mean_keeps_ten_digits_or_those_of_its_results(
    values: tuple[str, str], people: tuple[int, int], mean: str
) -> None:
    contract = make(
        {"threshold": clause(per="pooled", weights="people")},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(),
    )
    told = {"x": dict(zip("ab", map(Decimal, values), strict=True))}
    row = price(contract, told, dict(zip("ab", people, strict=True))).clauses[0]
    assert str(row.value) == mean


def test_an_average_keeps_the_estimate_before_rounding() -> None:
    of = UP | {"round_result": {"decimals": 0, "mode": "half_up"}}
    contract = make(decide_on={"expected_payment": {"prior": "flat"}}, outcomes={"x": of})
    average = ExpectedPayment("main", None)
    item = Evidence(
        "x",
        "all",
        (Answer(PointEstimate(), Decimal("9.5")), Answer(average, Decimal("33.333"))),
    )
    row = decide(contract, [item]).clauses[0]
    assert (row.value, row.exact, row.amount) == (10, Decimal("9.5"), Decimal("33.33"))


def test_designs_are_named_in_either_way() -> None:
    both = make(
        {"threshold": clause(per="group")},
        decide_on={"combine": {"rct": "0.8", "did": "0.2"}},
        **groups(),
    )
    dotted = price(both, {"x.a.rct": 10, "x.a.did": 5})
    inside = price(both, {"x": {"a.rct": 10, "a.did": 5}})
    nested = price(both, {"x": {"a": {"rct": 10, "did": 5}}})
    assert dotted == inside == nested
    assert dotted.clause("main", "a").value == 9


# --- drafts ----------------------------------------------------------------------------------------


def test_a_draft_says_why_and_pays_nobody() -> None:
    split = [{"payer": "One", "share": 0.7}, {"payer": "Two", "share": 0.3}]
    contract = make(
        {"threshold": clause(), "split": split, "cap": 80}, waterfall={"layers": LAYERS}
    )
    asked = compared(contract)[0].questions
    draft = decide(
        contract,
        [about("12", asked=asked)],
        not_for_payment=WHY,
        given=Given(already_paid=Decimal(0)),
    )
    (row,) = draft.clauses
    assert (row.would_be, row.verdict, row.amount) == (
        Status.MET,
        Status.NOT_FOR_PAYMENT,
        None,
    )
    assert row.steps[-1] == row.reason == WHY
    assert len(row.steps) > 1
    assert (draft.due_now, draft.total, draft.cap_left) == (0, None, None)
    assert (draft.split, draft.tranches, draft.steps) == ((), (), (WHY,))
