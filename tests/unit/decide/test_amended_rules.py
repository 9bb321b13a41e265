"""Both readings of an amended contract under rules that combine, average, audit or stop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from building import clause, groups, make, outcome

import impacteval as ie
from impacteval.contract.calendar import look_of
from impacteval.contract.readings import Given
from impacteval.decide import compared_both_ways
from impacteval.decide.amended import given_as_contracted
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.values import ExpectedPayment

COUNT = outcome(better="higher", effect="verified_count", counterfactual={"design": "none"})
UP = outcome(better="higher", effect="difference", unit="days")
LINE = {"linear": {"name": "main", "outcome": "x", "per_unit": 10}}
AUDITED = {"verified_count": {"audit_limit": "0.15"}}
FLAT = {"expected_payment": {"prior": "flat"}}
WEIGHTS = {"combine": {"rct": "0.8", "did": "0.2"}}
PARTS = {"x.rct": 12, "x.did": 5}


def change(**more: Any) -> dict[str, Any]:
    return {"date": "2020-03", "cause": "a pandemic", "decided_by": "both", "what": "it"} | more


def amended(rule: Any, to: dict[str, Any], payment: Any = None, x: Any = None, **more: Any) -> Any:
    return make(
        payment,
        decide_on=rule,
        outcomes={"x": outcome() if x is None else x},
        changes=[change(set=to)],
        **more,
    )


def totals(decision: Any) -> tuple[Any, Any]:
    return decision.total, decision.amended.as_contracted.total


# --- audits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "found", "expected"),
    [("0.25", "0.2", (1000, 800)), ("0.25", "0.1", (1000, 1000)), ("0.25", "0.3", (700, 700))],
)
def test_one_audit_serves_both_readings(limit, found, expected):
    contract = amended(
        AUDITED, {"decide_on": {"verified_count": {"audit_limit": limit}}}, LINE, COUNT
    )
    assert totals(ie.price(contract, {"x": 100}, audit={"x": found})) == expected


def test_an_audit_that_only_one_reading_needs():
    left = amended(AUDITED, {"decide_on": "point_estimate"}, LINE, COUNT)
    assert totals(ie.price(left, {"x": 100}, audit={"x": "0.2"})) == (1000, 800)
    assert totals(ie.price(left, {"x": 100})) == (1000, None)
    added = amended("point_estimate", {"decide_on": AUDITED}, LINE, COUNT)
    assert totals(ie.price(added, {"x": 100}, audit={"x": "0.2"})) == (800, 1000)
    assert totals(ie.price(added, {"x": 100})) == (None, 1000)


def test_what_neither_reading_needs_is_a_problem_once():
    contract = amended("point_estimate", {"payment.linear.per_unit": 20}, LINE, COUNT)
    with pytest.raises(UsageError, match="no clause reads an audit of it") as wrong:
        ie.price(contract, {"x": 100}, audit={"x": "0.2"})
    assert len(wrong.value.problems) == 1
    only_signed = amended(AUDITED, {"decide_on": "point_estimate"}, LINE, COUNT)
    with pytest.raises(UsageError, match="from 0 to 1") as wrong:
        ie.price(only_signed, {"x": 100}, audit={"x": "2"})
    assert len(wrong.value.problems) == 1


# --- averages ------------------------------------------------------------------------------------


def test_an_average_is_taken_over_the_terms_of_each_reading():
    # At the threshold half is paid, of 100 as signed and of 300 as amended.
    contract = amended(FLAT, {"payment.threshold.pay": 300}, {"threshold": clause(10, 100)}, UP)
    assert totals(ie.price(contract, {"x": 10}, std_error={"x": 3})) == (150, 50)


def test_an_error_that_only_one_reading_needs():
    contract = amended(FLAT, {"decide_on": "point_estimate"}, {"threshold": clause(10, 100)}, UP)
    assert totals(ie.price(contract, {"x": 10}, std_error={"x": 3})) == (100, 50)
    with pytest.raises(UsageError, match="as_contracted: x is paid on average"):
        ie.price(contract, {"x": 10})


def test_the_average_as_contracted_is_a_question_of_its_own():
    contract = amended(FLAT, {"payment.threshold.pay": 300}, {"threshold": clause(10, 100)}, UP)
    (number,) = compared_both_ways(contract)
    averages = [q for q in number.questions if isinstance(q, ExpectedPayment)]
    assert averages == [ExpectedPayment("main"), ExpectedPayment("main", as_contracted=True)]


# --- designs that are combined -------------------------------------------------------------------


def test_parts_are_combined_in_both_readings():
    # 0.8 x 12 + 0.2 x 5 = 10.6
    contract = amended(WEIGHTS, {"payment.threshold.pay": 300}, {"threshold": clause(10.6, 100)})
    assert totals(ie.price(contract, PARTS)) == (300, 100)


def test_a_number_of_other_weights_is_not_that_of_the_contract_as_signed():
    other = {"combine": {"rct": "0.5", "did": "0.5"}}
    contract = amended(WEIGHTS, {"decide_on": other}, {"threshold": clause(8.5, 100)})
    decision = ie.price(contract, PARTS)
    assert totals(decision) == (100, None)
    assert any("is not read there" in fill(m, "en") for m in decision.amended.differences)
    both = ie.price(contract, PARTS, as_contracted={"x.rct": 8, "x.did": 8})
    assert both.amended.as_contracted.clauses[0].value == Decimal(8)
    assert totals(both) == (100, 0)


def test_every_period_of_a_combined_counterfactual_is_combined():
    periods = [
        {"until": "2015", "design": "rct"},
        {"from": "2016", "design": "historical_baseline"},
    ]
    with pytest.raises(ValueError, match="historical_baseline"):
        make(decide_on=WEIGHTS, outcomes={"x": outcome(counterfactual=periods)})


# --- triggers and dates --------------------------------------------------------------------------


def few(limit: int, then: str = "pay_nothing", **more: Any) -> dict[str, Any]:
    return {"stop_when": {"few": {"people": {"less_than": limit}, "then": then}}} | more


@pytest.mark.parametrize(
    ("people", "expected"), [(500, (100, 100)), (399, (100, 0)), (299, (0, 0))]
)
def test_one_number_tells_a_trigger_whose_limit_moved(people, expected):
    contract = make(**few(400), changes=[change(set={"stop_when.few.people.less_than": 300})])
    assert totals(ie.price(contract, {"x": 10}, stops={"few": people})) == expected


def test_a_trigger_that_only_the_contract_as_signed_has():
    contract = make(**few(400), changes=[change(remove=["stop_when.few"])])
    assert totals(ie.price(contract, {"x": 10}, stops={"few": 399})) == (100, 0)
    assert totals(ie.price(contract, {"x": 10})) == (100, None)
    with pytest.raises(UsageError, match="Known: few"):
        ie.price(contract, {"x": 10}, stops={"fw": 399})


def test_a_trigger_that_looks_at_something_else_cannot_be_told_as_signed():
    contract = make(
        **few(400),
        changes=[
            change(
                set={
                    "stop_when.few": {"missing_share": {"more_than": "20%"}, "then": "pay_nothing"}
                }
            )
        ],
    )
    assert totals(ie.price(contract, {"x": 10}, stops={"few": 10})) == (100, None)


def test_the_date_of_a_settlement_says_which_amendments_are_in_force():
    contract = make(changes=[change(set={"payment.threshold.pay": 250})])
    assert ie.price(contract, {"x": 10}, settlement_date="2020-02-29").total == 100
    assert ie.price(contract, {"x": 10}, settlement_date="2020-03-01").total == 250
    # A date that is asked for goes before it.
    assert ie.price(contract, {"x": 10}, settlement_date="2020-02", as_of="2021").total == 250


@pytest.mark.parametrize(
    ("settled_on", "as_signed"), [("2021", "2020-04"), ("2020-12-31", "2020-12-31"), (None, None)]
)
def test_a_settlement_that_was_put_off_has_its_own_date_as_signed(settled_on, as_signed):
    contract = make(
        calendar={"settlements": {"end": {"date": "2020-04"}}},
        changes=[change(set={"calendar.settlements.end.date": "2021"})],
    )
    typed = Given(settlement_date=settled_on)
    there = given_as_contracted(contract.as_contracted, look_of(contract, "end"), None, typed)
    # A date that is typed by hand is that of both readings; that of the calendar is each one's own.
    assert there.settlement_date == as_signed


# --- grants --------------------------------------------------------------------------------------


def test_a_grant_does_not_stand_behind_gates_of_the_whole_payment():
    gate = {"name": "quality", "when": {"x": {"at_least": 5}}}
    payment = {"sum": [{"grant": {"name": "base", "pay": 60}}, clause()]}
    with pytest.raises(ValueError, match="stands behind the gate `quality`"):
        make(payment, gates=[gate])
    assert ie.price(make(payment), {"x": 1}).total == 60


def test_a_stop_trigger_holds_clauses_and_no_grant():
    payment = {"sum": [{"grant": {"name": "base", "pay": 60}}, clause()]}
    assert ie.price(make(payment, **few(400)), {"x": 12}, stops={"few": 1}).total == 60


def test_groups_of_an_audit_that_only_the_contract_as_signed_reads():
    contract = make(
        {"linear": {"name": "main", "outcome": "x", "per_unit": 10, "per": "group"}},
        decide_on=AUDITED,
        outcomes={"x": COUNT},
        **groups(2),
        changes=[change(set={"groups.b.cancelled": "2020-03"})],
    )
    decision = ie.price(
        contract,
        {"x.a": 100},
        audit={"x.a": "0.2", "x.b": "0.5"},
        as_contracted={"x.b": 100},
    )
    assert totals(decision) == (800, 1300)
