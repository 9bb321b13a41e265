"""Stop triggers by hand: when they fire, and what that does to money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from building import about, clause, groups, make, outcome
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.contract.readings import Given, StopNumber
from impacteval.decide import decide, price
from impacteval.decide.examples import run_examples
from impacteval.errors import UsageError
from impacteval.values import Message, Text

WHY = Message("test.why", Text(en="No data.", fr="Pas de données."))
YOUNG = {"equity": {"young": {"plain_name": {"en": "Young", "fr": "Jeunes"}}}}


def contract(then: str = "withhold", payment: Any = None, **trigger: Any) -> Any:
    watches = trigger or {"people": {"less_than": 400}}
    return make(payment, stop_when={"stop": {**watches, "then": then}}, **YOUNG)


@pytest.mark.parametrize(
    ("watches", "number", "fires"),
    [
        ({"people": {"less_than": 400}}, 399, True),
        ({"people": {"less_than": 400}}, 400, False),
        ({"people": {"at_most": 400}}, 400, True),
        ({"missing_share": {"more_than": "20%"}}, 20, False),
        ({"missing_share": {"more_than": "20%"}}, "20.01", True),
        ({"missing_share": {"at_least": "20%"}}, 20, True),
        ({"reach": {"young": {"less_than": "40%"}}}, "39.9", True),
        ({"reach": {"young": {"less_than": "40%"}}}, 40, False),
        ({"when": {"x": {"less_than": 0}}, "decide_on": "point_estimate"}, "-0.1", True),
        ({"when": {"x": {"less_than": 0}}, "decide_on": "point_estimate"}, 0, False),
        # What is typed has been adjudicated, whatever the rule: it is the number itself.
        ({"when": {"x": {"less_than": 0}}, "decide_on": {"chance_at_least": 0.9}}, -1, True),
    ],
)
def test_when_a_trigger_fires(watches: Any, number: Any, fires: bool) -> None:
    decision = price(contract(**watches), {"x": 11}, stops={"stop": number})
    assert decision.stops[0].state == ("fired" if fires else "quiet")
    assert decision.stops[0].value == Decimal(str(number))
    assert decision.clauses[0].verdict.value == ("cannot_be_judged" if fires else "met")


@pytest.mark.parametrize(
    ("then", "verdict", "amount", "total"),
    [
        ("withhold", "cannot_be_judged", None, None),
        ("pay_nothing", "not_met", 0, 0),
        ("report", "met", 100, 100),
    ],
)
def test_what_a_fired_trigger_does(then: str, verdict: str, amount: Any, total: Any) -> None:
    decision = price(contract(then), {"x": 11}, stops={"stop": 1})
    (row,) = decision.clauses
    assert (row.verdict.value, row.amount, decision.total) == (verdict, amount, total)
    assert decision.due_now == (total or 0)
    assert (row.reason is None) == (then == "report")


@pytest.mark.parametrize("then", ["withhold", "pay_nothing"])
def test_nothing_is_decided_by_a_trigger_that_nobody_told(then: str) -> None:
    decision = price(contract(then), {"x": 11})
    (row,) = decision.clauses
    assert (row.verdict, row.amount, decision.total) == (None, None, None)
    assert row.reason is not None
    assert "no number was given" in str(row.reason)
    assert decision.stops[0].state == "cannot_be_told"
    assert price(contract("report"), {"x": 11}).total == 100


def test_a_study_that_cannot_tell_leaves_its_reason() -> None:
    unknown = Given(stops={"stop": (StopNumber(reason=WHY),)})
    (row,) = decide(contract(), [about(11)], given=unknown).clauses
    assert row.verdict is not None
    assert row.verdict.value == "cannot_be_judged"
    assert "No data." in str(row.reason)


def test_one_number_that_fires_is_enough_and_one_unknown_is_not_quiet() -> None:
    def state(*numbers: StopNumber) -> str:
        told = Given(stops={"stop": numbers})
        return decide(contract(), [about(11)], given=told).stops[0].state

    few, many, unknown = (
        StopNumber(value=Decimal(1)),
        StopNumber(value=Decimal(999)),
        StopNumber(reason=WHY),
    )
    assert state(many, few, unknown) == "fired"
    assert state(many, unknown) == "cannot_be_told"
    assert state(many, many) == "quiet"


def test_the_group_that_fires_is_named() -> None:
    cohort = Text(en="First cohort", fr="Première cohorte")
    numbers = (
        StopNumber(value=Decimal(999)),
        StopNumber(value=Decimal(5), where=cohort),
    )
    (found,) = decide(contract(), [about(11)], given=Given(stops={"stop": numbers})).stops
    assert found.value == 5
    assert found.said.values["where"] == cohort


def test_a_confidence_is_compared_with_what_is_asked() -> None:
    watches = {"when": {"x": {"less_than": 0}}, "decide_on": {"chance_at_least": "0.9"}}
    for confidence, state in (("0.9", "fired"), ("0.899", "quiet")):
        told = Given(stops={"stop": (StopNumber(confidence=Decimal(confidence)),)})
        found = decide(contract(**watches), [about(11)], given=told).stops[0]
        assert (found.state, found.value, found.threshold) == (
            state,
            Decimal(confidence),
            Decimal("0.9"),
        )


def test_only_the_clauses_named_are_held() -> None:
    two = {"sum": [clause(name="one"), clause(name="two")]}
    held = make(
        two,
        stop_when={"stop": {"people": {"less_than": 9}, "then": "pay_nothing", "clauses": ["two"]}},
    )
    decision = price(held, {"x": 11}, stops={"stop": 1})
    assert [c.verdict.value for c in decision.clauses] == ["met", "not_met"]
    assert decision.due_now == 100


def test_paying_nothing_comes_before_withholding_and_both_before_not_knowing() -> None:
    triggers = {
        "unknown": {"people": {"less_than": 9}, "then": "withhold"},
        "held": {"people": {"less_than": 9}, "then": "withhold"},
        "nothing": {"people": {"less_than": 9}, "then": "pay_nothing"},
    }

    def verdict(**stops: int) -> str:
        return str(price(make(stop_when=triggers), {"x": 11}, stops=stops).clauses[0].verdict)

    assert verdict(held=1, nothing=1) == "not_met"
    assert verdict(held=1, nothing=99) == "cannot_be_judged"
    assert verdict(held=99, nothing=99) == "None"
    assert verdict(unknown=99, held=99, nothing=99) == "met"


def test_no_date_of_a_clause_lifts_what_a_trigger_holds() -> None:
    late = clause(if_not_judged={"until": "2030", "then": "pay"})
    agreed = contract("withhold", {"threshold": late})
    for stops in ({"stop": 1}, {}):
        row = price(agreed, {}, stops=stops, settlement_date="2031").clauses[0]
        assert row.amount is None
    assert price(agreed, {}, stops={"stop": 999}, settlement_date="2031").due_now == 100


def test_gates_are_judged_while_what_pays_is_held() -> None:
    agreed = make(
        {"gate": {"name": "g", "when": {"x": {"at_least": 5}}, "opens": {"threshold": clause()}}},
        stop_when={"stop": {"people": {"less_than": 9}, "then": "withhold"}},
    )
    decision = price(agreed, {"x": 11}, stops={"stop": 1})
    assert [c.verdict.value for c in decision.clauses] == ["met", "cannot_be_judged"]


def test_a_floor_is_not_paid_once_nothing_is() -> None:
    floor = {"linear": {"name": "l", "outcome": "x", "per_unit": 1, "floor": 50}}
    assert price(contract("pay_nothing", floor), {"x": 1}, stops={"stop": 1}).due_now == 0
    assert price(contract("pay_nothing", floor), {"x": 1}, stops={"stop": 999}).due_now == 50


@pytest.mark.parametrize(
    ("stops", "what"),
    [
        ({"harm": 1}, "is not a stop trigger of this contract"),
        ({"stop": "many"}, "The number for stops, stop"),
        ({"stop": -1}, "stops: stop is -1"),
    ],
)
def test_numbers_that_cannot_be_used(stops: Any, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        price(contract(), {"x": 11}, stops=stops)
    with pytest.raises(UsageError, match="It has none"):
        price(make(), {"x": 11}, stops={"stop": 1})
    with pytest.raises(UsageError, match="stops: stop is 101"):
        price(contract(missing_share={"more_than": "5%"}), {"x": 11}, stops={"stop": 101})


def test_plain_data_and_examples(tmp_path: Any) -> None:
    told = price(contract(), {"x": 11}, stops={"stop": 1}).to_json()
    assert told["stops"] == [
        {
            "name": "stop",
            "state": "fired",
            "value": "1",
            "operator": "less_than",
            "threshold": "400",
            "then": "withhold",
            "clauses": ["main"],
        }
    ]
    assert "stops" not in price(make(), {"x": 11}).to_json()
    file = tmp_path / "examples.yaml"
    file.write_text(
        "format: impacteval-examples/1\n"
        "examples:\n"
        "  - {name: few, given: {x: 11}, stops: {stop: 399}, expect: [{clause: main, verdict: cannot_be_judged}]}\n"
        "  - {name: enough, given: {x: 11}, stops: {stop: 400}, due_now: 100}\n",
        encoding="utf-8",
    )
    assert all(result.passed for result in run_examples(file, contract()))


@settings(deadline=None, max_examples=60)
@given(
    st.decimals(-50, 50, places=2),
    st.integers(0, 800),
    st.sampled_from(["withhold", "pay_nothing", "report"]),
)
def test_a_trigger_never_pays_more(value: Decimal, people: int, then: str) -> None:
    free = price(make(), {"x": value})
    held = price(contract(then), {"x": value}, stops={"stop": people})
    assert held.due_now <= free.due_now
    if people >= 400 or then == "report":
        assert [c.amount for c in held.clauses] == [c.amount for c in free.clauses]


# --- gates before all payment --------------------------------------------------------------------


def gated(*gates: Any, payment: Any = None, **more: Any) -> Any:
    return make(
        payment or {"threshold": clause()},
        outcomes={"x": outcome(), "q": outcome(), "r": outcome()},
        gates=list(gates),
        **more,
    )


Q = {"name": "quality", "when": {"q": {"at_least": 5}}}
R = {"name": "reach", "when": {"r": {"at_least": 5}}}


@pytest.mark.parametrize(
    ("given_", "due", "total"),
    [
        ({"q": 5, "r": 5, "x": 11}, 100, 100),
        ({"q": 4, "r": 5, "x": 11}, 0, 0),
        ({"q": 5, "r": 4, "x": 11}, 0, 0),
        ({"q": 5, "x": 11}, 0, None),
        ({"q": 4, "x": 11}, 0, 0),
        ({"q": 5, "r": 5, "x": 9}, 0, 0),
        ({"x": 9}, 0, 0),
    ],
)
def test_all_payment_stands_behind_every_gate(given_: Any, due: int, total: Any) -> None:
    decision = price(gated(Q, R), given_)
    assert (decision.due_now, decision.total) == (due, total)
    assert [(c.name, c.pays) for c in decision.clauses] == [
        ("quality", False),
        ("reach", False),
        ("main", True),
    ]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.none(), st.integers(0, 20)), min_size=3, max_size=3))
def test_gates_at_the_top_are_the_gates_of_the_payment(values: list[int | None]) -> None:
    told = {k: v for k, v in zip("qrx", values, strict=True) if v is not None}
    inner = {"gate": {**R, "opens": {"threshold": clause()}}}
    nested = gated(payment={"gate": {**Q, "opens": inner}})
    a, b = price(gated(Q, R), told), price(nested, told)
    assert (a.due_now, a.total) == (b.due_now, b.total)
    assert [(c.name, c.verdict, c.amount) for c in a.clauses] == [
        (c.name, c.verdict, c.amount) for c in b.clauses
    ]


def test_a_gate_by_group_opens_group_by_group() -> None:
    agreed = gated({**Q, "per": "group"}, payment={"threshold": clause(per="group")}, **groups(2))
    found = price(agreed, {"q": {"a": 5, "b": 4}, "x": {"a": 11, "b": 11}})
    assert [c.amount for c in found.clauses] == [0, 0, 100, 0]


def test_a_gate_that_is_never_judged_follows_its_own_rule() -> None:
    late = gated({**Q, "if_not_judged": {"until": "2030", "then": "pay"}})
    assert price(late, {"x": 11}).total is None
    assert price(late, {"x": 11}, settlement_date="2031").total == 100


# --- what is watched -----------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.decimals(-50, 50, places=1), st.decimals(-1000, 1000, places=1))
def test_evidence_on_a_watched_outcome_moves_no_money(paid: Decimal, watched: Decimal) -> None:
    agreed = make(
        outcomes={"x": outcome(), "w": outcome()},
        watch=["w"],
        stop_when={
            "harm": {
                "when": {"w": {"less_than": 0}},
                "decide_on": "point_estimate",
                "then": "report",
            }
        },
    )
    alone = decide(agreed, [about(paid)])
    told = Given(stops={"harm": (StopNumber(value=watched),)})
    besides = decide(agreed, [about(paid), about(watched, of="w")], given=told)
    assert besides.clauses == alone.clauses
    assert (besides.due_now, besides.total) == (alone.due_now, alone.total)
