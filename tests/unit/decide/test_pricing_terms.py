"""What each payment term pays, at, below and above every edge."""

from __future__ import annotations

from decimal import Decimal, getcontext, localcontext

import pytest
from building import clause, groups, make, outcome
from hypothesis import given
from hypothesis import strategies as st

from impacteval.contract.money import NOT_PUBLISHED
from impacteval.contract.readings import Known
from impacteval.contract.terms import compare, row_of
from impacteval.decide import price
from impacteval.errors import UsageError

COUNT = outcome(better="higher", effect="verified_count", counterfactual={"design": "none"})
DIFFERENCE = outcome(better="higher", effect="difference")

STEPS = [{"at_least": 10, "pay": 100}, {"at_least": 20, "pay": 250}, {"at_least": 30, "pay": 400}]
TIERS = {"tiers": {"name": "main", "outcome": "x", "steps": STEPS}}
KINKED = {
    "piecewise": {
        "name": "main",
        "outcome": "x",
        "steps": [
            {"at_least": 20, "per_unit": 160000, "above": 0},
            {"at_least": 30, "pay": 4800000, "per_unit": 38000},
            {"at_least": 65, "pay": 6130000},
        ],
    }
}


def linear(**more):
    return {"linear": {"name": "main", "outcome": "x", "per_unit": 15.12} | more}


def one(contract, value):
    """Verdict and amount of the only clause."""
    row = price(contract, {"x": value}).clauses[0]
    return row.verdict.value, row.amount


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        ("at_least", False, True, True),
        ("more_than", False, False, True),
        ("at_most", True, True, False),
        ("less_than", True, False, False),
    ],
)
def test_operators_at_a_threshold_exactly_equal_to_the_result(operator, below, at, above):
    seven = Decimal("7.5")
    found = [compare(operator, Decimal(x), seven) for x in ("7.4999999999", "7.50", "7.5000000001")]
    assert found == [below, at, above]


def test_an_unknown_operator_is_refused():
    with pytest.raises(ValueError, match="about"):
        compare("about", Decimal(1), Decimal(1))


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("at_least", 9.999999999, ("not_met", 0)),
        ("at_least", 10, ("met", 100)),
        ("at_least", 10.000000001, ("met", 100)),
        ("more_than", 10, ("not_met", 0)),
        ("more_than", 10.000000001, ("met", 100)),
    ],
)
def test_threshold(operator, value, expected):
    assert one(make({"threshold": clause(operator=operator)}), value) == expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("at_most", 10, ("met", 100)),
        ("at_most", 10.000000001, ("not_met", 0)),
        ("less_than", 10, ("not_met", 0)),
        ("less_than", 9.999999999, ("met", 100)),
    ],
)
def test_threshold_on_a_count_of_which_fewer_is_better(operator, value, expected):
    fewer = COUNT | {"better": "lower"}
    contract = make({"threshold": clause(operator=operator)}, outcomes={"x": fewer})
    assert one(contract, value) == expected


@pytest.mark.parametrize(
    ("value", "expected", "threshold"),
    [
        (-5, ("not_met", 0), 10),
        (9.99, ("not_met", 0), 10),
        (10, ("met", 100), 10),
        (19.99, ("met", 100), 10),
        (20, ("met", 250), 20),
        (29.99, ("met", 250), 20),
        (30, ("met", 400), 30),
        (1000, ("met", 400), 30),
    ],
)
def test_tiers_pay_the_furthest_one_reached(value, expected, threshold):
    row = price(make(TIERS), {"x": value}).clauses[0]
    assert (row.verdict.value, row.amount) == expected
    assert row.threshold == threshold


@pytest.mark.parametrize(
    ("value", "amount"), [(31, 0), (30, 100), (20, 250), (10.5, 250), (10, 400), (0, 400)]
)
def test_tiers_of_a_count_of_which_fewer_is_better_go_down(value, amount):
    steps = [
        {"at_most": 30, "pay": 100},
        {"at_most": 20, "pay": 250},
        {"at_most": 10, "pay": 400},
    ]
    tiers = {"tiers": {"name": "main", "outcome": "x", "steps": steps}}
    assert (
        price(make(tiers, outcomes={"x": COUNT | {"better": "lower"}}), {"x": value}).total
        == amount
    )


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("19.999999", "0"),
        ("20", "3200000"),
        ("29.99", "4798400"),
        ("30", "4800000"),
        ("38", "5104000"),
        ("64.99", "6129620"),
        ("65", "6130000"),
        ("100", "6130000"),
    ],
)
def test_pieces_of_straight_lines(value, amount):
    # The jail-days schedule of the Denver contract, each edge from both sides.
    assert one(make(KINKED), value)[1] == Decimal(amount)


@pytest.mark.parametrize(
    ("settings", "value", "amount"),
    [
        ({}, 0, "0"),
        ({}, -3, "0"),
        ({}, 1, "15.12"),
        ({"above": 100}, 100, "0"),
        ({"above": 100}, 101, "15.12"),
        ({"ceiling": 20}, 1, "15.12"),
        ({"ceiling": 20}, 2, "20"),
        ({"ceiling": "none"}, 1000, "15120"),
        ({"floor": 5}, 0, "5"),
        ({"floor": 5}, -10, "5"),
        ({"floor": -20}, -1, "-15.12"),
        ({"floor": -20}, -2, "-20"),
        ({"floor": "none"}, -1000, "-15120"),
    ],
)
def test_linear_between_floor_and_ceiling(settings, value, amount):
    contract = make(linear(**settings), outcomes={"x": DIFFERENCE})
    assert price(contract, {"x": value}).total == Decimal(amount)


def test_a_linear_clause_is_met_only_above_its_start():
    contract = make(linear(above=100), outcomes={"x": COUNT})
    assert one(contract, 100)[0] == "not_met"
    assert one(contract, 100.01)[0] == "met"


def test_denver_to_the_cent():
    # Urban Institute, July 2021: 258,858 + 41,070 nights and 5,104,000 for jail days; the sum
    # 15.12 x 299,928 + 5,104,000 = 9,638,911.36 is arithmetic on published facts.
    contract = make(
        {
            "sum": [
                linear(ceiling=5290000) | {},
                {"piecewise": KINKED["piecewise"] | {"name": "jail", "outcome": "y"}},
            ]
        },
        outcomes={"x": COUNT, "y": outcome()},
    )
    assert price(contract, {"x": 258858 + 41070, "y": 38}).total == Decimal("9638911.36")


def test_money_is_rounded_once_as_the_contract_says():
    def total(**money):
        contract = make(linear(per_unit=0.125), outcomes={"x": COUNT}, **money)
        return str(price(contract, {"x": 1}).total)

    assert total() == "0.13"
    assert total(money={"decimals": 2, "mode": "half_even"}) == "0.12"
    assert total(money={"decimals": 0, "mode": "half_up"}) == "0"
    assert total(currency="XAF") == "0"
    assert total(currency="TND") == "0.125"


def test_rounding_of_money_is_told():
    contract = make(linear(per_unit=0.125), outcomes={"x": COUNT})
    steps = [step.key for step in price(contract, {"x": 1}).clauses[0].steps]
    assert steps[-2:] == ["terms.by-the-unit", "terms.money-rounded"]


@pytest.mark.parametrize(
    ("cap", "value", "expected"),
    [
        (60, 10, "60.00"),
        (100, 10, "100.00"),
        (150, 10, "100.00"),
        (60, 9, "0.00"),
        ("not_published", 9, "0.00"),
        ("not_published", 10, "not_published"),
    ],
)
def test_cap(cap, value, expected):
    found = price(make({"threshold": clause(), "cap": cap}), {"x": value}).to_json()
    assert found["total"] == found["due_now"] == expected


def test_a_known_ceiling_does_not_make_an_unpublished_amount_known():
    contract = make({"threshold": clause(pay="not_published"), "cap": 60})
    assert price(contract, {"x": 10}).total is NOT_PUBLISHED
    assert price(contract, {"x": 9}).total == 0


def test_a_ceiling_may_say_over_what():
    contract = make({"threshold": clause(), "cap": {"amount": 60, "over": "settlement"}})
    assert price(contract, {"x": 10}).total == 60


def test_not_met_pays_nothing_even_when_its_amount_is_not_published():
    contract = make({"threshold": clause(pay="not_published")})
    assert one(contract, 9) == ("not_met", 0)
    assert one(contract, 10) == ("met", NOT_PUBLISHED)


TWO = {"x": outcome(), "y": outcome()}


def two(first=100, second=50, **more):
    return make(
        {"sum": [clause(pay=first), clause(pay=second, name="other", of="y")]} | more, outcomes=TWO
    )


def test_not_published_and_nothing_is_not_published():
    decision = price(two(first="not_published"), {"x": 10, "y": 0})
    assert [row.amount for row in decision.clauses] == [NOT_PUBLISHED, 0]
    assert decision.due_now is NOT_PUBLISHED
    assert decision.total is NOT_PUBLISHED


def test_an_open_clause_leaves_the_total_open_and_the_rest_due():
    decision = price(two(), {"x": 10})
    assert [row.verdict for row in decision.clauses][1] is None
    assert decision.clauses[1].amount is None
    assert decision.due_now == 100
    assert decision.total is None
    assert decision.to_json()["clauses"][1]["amount"] is None


def test_a_sum_under_a_ceiling_with_an_open_part():
    decision = price(two(cap=60), {"x": 10})
    assert (decision.due_now, decision.total, decision.cap) == (60, None, 60)


def test_sums_within_sums_and_ceilings_within_sums():
    payment = {
        "sum": [
            {"threshold": clause(name="a"), "cap": 30},
            {"sum": [clause(name="b"), clause(name="c", of="y", pay=7)], "cap": 50},
        ]
    }
    decision = price(make(payment, outcomes=TWO), {"x": 10, "y": 10})
    assert [row.amount for row in decision.clauses] == [100, 100, 7]
    assert decision.total == 30 + 50


def first_of(*clauses, **changes):
    return make({"first_of": list(clauses)}, **changes)


def test_first_of_without_groups_pays_the_first_that_is_met_and_no_other():
    contract = first_of(
        clause(20, 500, name="high"), clause(10, 200, name="low"), clause(5, 50, name="lowest")
    )
    assert price(contract, {"x": 25}).total == 500
    assert price(contract, {"x": 20}).total == 500
    assert price(contract, {"x": 10}).total == 200
    assert price(contract, {"x": 4}).total == 0
    verdicts = [row.verdict.value for row in price(contract, {"x": 12}).clauses]
    assert verdicts == ["not_met", "met", "not_for_payment"]


def test_a_clause_is_not_paid_while_an_earlier_one_is_open():
    contract = first_of(clause(pay=500, name="high", of="y"), clause(), outcomes=TWO)
    decision = price(contract, {"x": 12})
    assert decision.clauses[1].verdict.value == "met"
    assert decision.clauses[1].amount is None
    assert decision.clauses[1].reason.key == "terms.earlier-open"
    assert (decision.due_now, decision.total) == (0, None)


def test_a_clause_that_is_not_met_pays_nothing_even_while_an_earlier_one_is_open():
    contract = first_of(clause(pay=500, name="high", of="y"), clause(), outcomes=TWO)
    assert price(contract, {"x": 9}).clauses[1].amount == 0


EARLY = clause(10, 100, name="early", per="group")
FINAL = clause(7.5, 300, name="final", per="pooled", weights="people")


def cohorts(excludes=("cancelled",), n=2, **more):
    sizes = more.pop("sizes", {})
    return make(
        {"first_of": [EARLY, FINAL]},
        pool="mean_of_effects",
        pool_excludes=list(excludes),
        **groups(n, **sizes),
        **more,
    )


def verdicts(decision):
    return {(row.name, row.group): row.verdict and row.verdict.value for row in decision.clauses}


def test_a_pooled_clause_may_be_met_when_no_group_is():
    decision = price(cohorts(), {"x": {"a": 8.4, "b": 9.7}})
    assert verdicts(decision) == {
        ("early", "a"): "not_met",
        ("early", "b"): "not_met",
        ("final", "pooled"): "met",
    }
    assert decision.total == 300


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (7.5, 9.0, "met"),
        (7.5, 7.5, "met"),
        (7.4, 7.4999, "not_met"),
        (7.4, 7.5, "cannot_be_judged"),
        (0, 9.99, "cannot_be_judged"),
    ],
)
def test_without_sizes_a_pooled_verdict_must_be_the_same_for_every_weight(a, b, expected):
    row = price(cohorts(), {"x": {"a": a, "b": b}}).clause("final")
    assert row.verdict.value == expected
    assert (row.amount is None) == (expected == "cannot_be_judged")


@pytest.mark.parametrize(
    ("people", "value", "verdict"),
    [
        # (3 * 6 + 1 * 9) / 4 = 6.75, (1 * 6 + 1 * 9) / 2 = 7.5
        ({"a": 3, "b": 1}, "6.75", "not_met"),
        ({"a": 1, "b": 1}, "7.5", "met"),
        ({"a": 1, "b": 2}, "8", "met"),
        ({"a": 0, "b": 2}, "9", "met"),
    ],
)
def test_groups_weigh_by_their_people(people, value, verdict):
    row = price(cohorts(), {"x": {"a": 6, "b": 9}}, people).clause("final")
    assert (row.value, row.verdict.value) == (Decimal(value), verdict)


def test_sizes_in_the_contract_are_used_and_typed_ones_go_over_them():
    contract = cohorts(sizes={"a": {"people": 3}, "b": {"people": 1}})
    assert price(contract, {"x": {"a": 6, "b": 9}}).clause("final").value == Decimal("6.75")
    assert price(contract, {"x": {"a": 6, "b": 9}}, {"a": 1}).clause("final").value == Decimal(
        "7.5"
    )


def test_groups_with_the_same_result_need_no_sizes():
    assert price(cohorts(), {"x": {"a": 8, "b": 8.0}}).clause("final").value == 8


def test_a_closed_gate_holds_every_condition_shut_whatever_the_number():
    contract = make()
    for closed, verdict in ((False, "met"), (True, "not_met")):
        reading = Known(Decimal(50), Decimal(50), closed)
        assert row_of(contract.clauses[0], "all", reading, contract).verdict.value == verdict


def test_one_size_alone_is_not_enough():
    row = price(cohorts(), {"x": {"a": 6, "b": 9}}, {"a": 10}).clause("final")
    assert row.verdict.value == "cannot_be_judged"


def test_people_who_add_up_to_nobody_are_refused():
    with pytest.raises(UsageError, match="add up to 0"):
        price(cohorts(), {"x": {"a": 6, "b": 9}}, {"a": 0, "b": 0})


def test_a_group_paid_early_stays_in_the_pool_unless_the_contract_leaves_it_out():
    values = {"x": {"a": 12, "b": 4}}
    people = {"a": 1, "b": 1}
    stays = price(cohorts([]), values, people)
    leaves = price(cohorts(["paid"]), values, people)
    assert (stays.clause("final").value, stays.total) == (8, 400)
    assert (leaves.clause("final").value, leaves.total) == (4, 100)
    assert "terms.left-out" in [step.key for step in leaves.clause("final").steps]


@pytest.mark.parametrize("excludes", [[], ["paid"]])
def test_the_pooled_clause_is_not_reached_once_every_group_is_paid(excludes):
    decision = price(cohorts(excludes), {"x": {"a": 12, "b": 10}})
    assert decision.clause("final").verdict.value == "not_for_payment"
    assert decision.clause("final").amount == 0
    assert decision.total == 200


def test_who_is_pooled_is_open_while_an_early_clause_is():
    decision = price(cohorts(["paid"]), {"x": {"a": 12}})
    assert decision.clause("final").reason.key == "terms.pool-open"
    assert decision.clause("final").verdict is None
    assert (decision.due_now, decision.total) == (100, None)


def test_a_pooled_number_that_is_known_by_itself():
    decision = price(cohorts(), {"x": {"a": 9, "b": 2, "pooled": 7.5}})
    assert decision.clause("final").verdict.value == "met"
    assert decision.total == 300


def test_the_final_clause_waits_when_every_early_one_is_open():
    decision = price(cohorts(), {"x": {"pooled": 8}})
    assert decision.clause("final").verdict.value == "met"
    assert decision.clause("final").amount is None


def test_the_final_clause_pays_when_one_group_is_surely_not_paid_early():
    decision = price(cohorts(), {"x": {"a": 2, "pooled": 8}})
    assert decision.clause("final").amount == 300
    assert (decision.due_now, decision.total) == (300, None)


CANCELLED = {"c": {"cancelled": "2014-04"}}


def test_a_cancelled_group_is_not_compared_and_leaves_the_pool_when_the_contract_says_so():
    contract = cohorts(n=3, sizes=CANCELLED)
    decision = price(contract, {"x": {"a": 8, "b": 8}})
    assert ("early", "c") not in verdicts(decision)
    assert decision.clause("final").verdict.value == "met"
    with pytest.raises(UsageError, match=r"c was cancelled \(2014-04\)"):
        price(contract, {"x": {"c": 8}})


def test_a_cancelled_group_that_stays_in_the_pool_keeps_it_open():
    contract = cohorts([], n=3, sizes=CANCELLED)
    decision = price(contract, {"x": {"a": 8, "b": 8}})
    assert decision.clause("final").verdict is None
    assert decision.total is None


@pytest.mark.parametrize(
    ("payment", "a", "b", "expected"),
    [
        (TIERS["tiers"], 12, 18, 100),
        (TIERS["tiers"], 12, 22, None),
        (TIERS["tiers"], 1, 9, 0),
        (KINKED["piecewise"], 70, 80, 6130000),
        (KINKED["piecewise"], 31, 32, None),
        (KINKED["piecewise"], 31, 31, 4838000),
    ],
)
def test_pooled_terms_without_sizes(payment, a, b, expected):
    kind = "tiers" if payment is TIERS["tiers"] else "piecewise"
    contract = make(
        {kind: payment | {"per": "pooled", "weights": "people"}},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(),
    )
    assert price(contract, {"x": {"a": a, "b": b}}).total == expected


def test_a_term_per_group_pays_each_group():
    tiers = {"tiers": TIERS["tiers"] | {"per": "group"}}
    assert price(make(tiers, **groups()), {"x": {"a": 12, "b": 35}}).total == 500


def test_the_callers_decimal_context_never_reaches_a_payment():
    contract = cohorts(sizes={"a": {"people": 3}, "b": {"people": 7}})
    expected = price(contract, {"x": {"a": 6.123456, "b": 9.654321}})
    with localcontext():
        getcontext().prec = 3
        found = price(contract, {"x": {"a": 6.123456, "b": 9.654321}})
    assert found == expected
    assert found.clause("final").value == Decimal("8.5950615")


@given(
    low=st.decimals(-50, 100, places=6),
    step=st.decimals(0, 50, places=6),
)
def test_a_better_result_never_pays_less(low, step):
    for payment in (TIERS, KINKED, linear(ceiling=900), {"threshold": clause()}):
        contract = make(payment)
        worse, better = (price(contract, {"x": value}).total for value in (low, low + step))
        assert worse <= better


@given(a=st.decimals(0, 20, places=3), b=st.decimals(0, 20, places=3), n=st.integers(1, 999))
def test_a_verdict_for_every_weight_holds_for_each(a, b, n):
    contract = cohorts()
    unknown = price(contract, {"x": {"a": a, "b": b}}).clause("final")
    known = price(contract, {"x": {"a": a, "b": b}}, {"a": n, "b": 1000 - n}).clause("final")
    if unknown.verdict.value != "cannot_be_judged":
        assert known.verdict == unknown.verdict
        assert known.amount == unknown.amount
