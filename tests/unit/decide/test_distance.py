"""How close it was."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

from building import about, clause, groups, make, outcome
from hypothesis import given
from hypothesis import strategies as st

from impacteval.contract.model import RoundResult
from impacteval.contract.terms import compare
from impacteval.decide import compared, decide, distance, price
from impacteval.decide.distance import boundary

SMALL = Decimal("1e-6")


def measured(contract, value):
    return distance(contract, price(contract, {"x": value}).clauses[0])


def test_without_rounding_the_threshold_is_the_boundary():
    found = measured(make(), "8.5")
    assert (found.margin, found.boundary, found.change) == (Decimal("-1.5"), 10, Decimal("1.5"))
    assert found.inclusive
    assert measured(make(), 12).margin == 2
    assert not measured(make({"threshold": clause(operator="more_than")}), 12).inclusive


def test_where_fewer_is_better_short_is_still_negative():
    count = outcome(better="lower", effect="verified_count")
    contract = make({"threshold": clause(operator="at_most")}, outcomes={"x": count})
    assert measured(contract, 12).margin == -2
    assert measured(contract, 12).change == -2


def test_of_several_steps_the_one_that_decided_is_measured():
    steps = [{"at_least": 10, "pay": 1}, {"at_least": 20, "pay": 5}]
    contract = make({"tiers": {"name": "main", "outcome": "x", "steps": steps}})
    assert measured(contract, 8).margin == -2
    assert measured(contract, 25).margin == 5


@given(
    threshold=st.decimals(-5, 20, places=2),
    decimals=st.integers(0, 2),
    mode=st.sampled_from(["half_up", "half_even"]),
    operator=st.sampled_from(["at_least", "more_than", "at_most", "less_than"]),
)
def test_the_verdict_flips_exactly_at_the_boundary(threshold, decimals, mode, operator):
    rounds = RoundResult(decimals=decimals, mode=mode)
    edge, inclusive = boundary(SimpleNamespace(round_result=rounds), operator, threshold)
    toward = SMALL if operator in ("at_least", "more_than") else -SMALL
    assert compare(operator, rounds(edge + toward), threshold)
    assert not compare(operator, rounds(edge - toward), threshold)
    assert compare(operator, rounds(edge), threshold) is inclusive


def test_rounding_moves_the_boundary():
    rounded = outcome(round_result={"decimals": 1, "mode": "half_up"})
    found = measured(make(outcomes={"x": rounded}), "9.9")
    assert (found.boundary, found.change, found.inclusive) == (
        Decimal("9.95"),
        Decimal("0.05"),
        True,
    )


def judged(contract, estimate, **answers):
    evidence = about(estimate, asked=compared(contract)[0].questions, **answers)
    return distance(contract, decide(contract, [evidence]).clauses[0])


def test_under_a_bound_the_bound_is_measured():
    contract = make(decide_on={"lower_bound": {"level": 0.9, "sides": "one"}})
    assert judged(contract, 14, bound=9).margin == -1
    assert judged(contract, 14, bound="-Infinity") is None


def test_behind_a_closed_gate_no_change_of_the_number_alone_flips():
    rule = {"significant": {"level": 0.95, "sides": "two"}, "then": "point_estimate"}
    closed = judged(make(decide_on=rule), 14, p="0.2")
    assert (closed.margin, closed.boundary, closed.change) == (4, None, None)
    assert judged(make(decide_on=rule), 14, p="0.01").change == -4


def test_under_a_chance_only_the_margin_of_the_estimate_is_known():
    found = judged(make(decide_on={"chance_at_least": 0.8}), 14, confidence={"10": "0.9"})
    assert (found.margin, found.boundary) == (4, None)


def test_an_open_clause_and_an_unknown_pool_have_no_distance():
    contract = make(
        {"threshold": clause(per="pooled", weights="people")},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(),
    )
    assert distance(contract, price(contract, {}).clauses[0]) is None
    assert distance(contract, price(contract, {"x": {"a": 1, "b": 2}}).clauses[0]) is None
