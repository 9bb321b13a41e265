"""Edges of both readings and of the calendar where one word of the code decides money or a verdict."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from building import clause, groups, make, outcome  # noqa: E402  the folder of its tests
from test_amended import change, grouped  # noqa: E402
from test_examples_edges import written  # noqa: E402
from test_later import DISPUTE, ESCROW, NEXT, ledger, paid  # noqa: E402
from test_priced_pool_of_sums import agreed  # noqa: E402
from test_settling import LAYERS, NET  # noqa: E402
from test_sittings_edges import SPLIT, TWO, early_and_final  # noqa: E402

from impacteval.decide import compared_both_ways, price, run_examples  # noqa: E402
from impacteval.decide.amended import comparable  # noqa: E402
from impacteval.decide.distance import distance  # noqa: E402
from impacteval.render.format import fill  # noqa: E402
from impacteval.values import PointEstimate  # noqa: E402

UP = outcome(better="higher", effect="difference")
LINE = {"linear": {"name": "main", "outcome": "x", "per_unit": 10}}
AVERAGE = {"expected_payment": {"prior": "flat"}}
YEARS = {"settlements": {"y1": {"date": "2026-06-30"}, "y2": {"date": "2027-06-30"}}}


# --- both readings: what is told ------------------------------------------------------------------


def test_amendments_are_plain_data_whatever_their_values_are() -> None:
    """An amount in a file is a decimal number, and what is removed a list: both go into JSON."""
    to = {"set": {"payment.linear.per_unit": Decimal("10.5")}, "remove": ["outcomes.y"]}
    contract = make(LINE, outcomes={"x": UP, "y": UP}, changes=[change("2020", **to)])
    told = price(contract, {"x": 1}).to_json()["changes"]
    assert json.loads(json.dumps(told)) == told
    assert told[0]["set"] == {"payment.linear.per_unit": "10.5"}
    assert told[0]["remove"] == ["outcomes.y"]


def test_a_clause_that_an_amendment_brings_names_its_groups() -> None:
    each, more = clause(per="group"), clause(name="more", per="group", pay=7)
    contract = make(
        {"sum": [each]},
        outcomes={"x": UP},
        changes=[change("2020", set={"payment.sum": [each, more]})],
        **groups(2),
    )
    decision = price(contract, {"x.a": 12, "x.b": 9})
    assert decision.amended is not None
    said = [fill(m, "en") for m in decision.amended.differences if m.key == "amended.clause-new"]
    assert [text.partition(":")[0] for text in said] == [
        "Clause “more”, a",
        "Clause “more”, b",
    ]


# --- both readings: what is asked -----------------------------------------------------------------


def test_an_outcome_that_is_pooled_otherwise_does_not_hide_the_next_one() -> None:
    """How a pool is made matters for relative effects; that of differences stays as it was."""
    of_x = clause(name="first", per="pooled", weights="people")
    of_y = clause(name="second", per="pooled", weights="people", of="y", decide_on=AVERAGE)
    contract = make(
        {"sum": [of_x, of_y]},
        outcomes={"x": outcome(), "y": UP},
        pool="ratio_of_sums",
        pool_excludes=[],
        changes=[change("2020", set={"pool": "mean_of_effects", "payment.sum.second.pay": 7})],
        **groups(2),
    )
    asked = {n.outcome: n.questions for n in compared_both_ways(contract)}
    assert asked["x"] == (PointEstimate(),)
    assert [getattr(q, "as_contracted", None) for q in asked["y"]] == [None, False, True]


def test_a_pool_that_only_the_contract_as_signed_has_is_asked_for_when_its_groups_are_read() -> (
    None
):
    """The groups are all still read, each by itself: their pool can be had too."""
    contract = grouped(remove=["payment.sum.all", "pool", "pool_excludes"])
    asked = {n.group: n for n in compared_both_ways(contract)}
    assert asked.keys() == {"a", "b", "pooled"}
    assert asked["pooled"].pool == ("a", "b")
    assert asked["pooled"].clauses == ()


def test_an_outcome_that_only_the_contract_as_signed_reads_is_asked_for_on_its_behalf() -> None:
    contract = make(
        {"sum": [clause(), clause(name="more", of="y")]},
        outcomes={"x": UP, "y": UP},
        changes=[change("2020", remove=["payment.sum.more"])],
    )
    asked = {n.outcome: n for n in compared_both_ways(contract)}
    assert asked.keys() == {"x", "y"}
    assert asked["x"].clauses != ()
    # No clause in force reads it: it is asked for so that the other reading can be judged.
    assert asked["y"].clauses == ()


def test_an_average_that_only_the_contract_as_signed_pays_is_asked_for_on_its_terms() -> None:
    each = clause(per="group", decide_on=AVERAGE)
    contract = make(
        {"sum": [each, clause(name="all", per="pooled", weights="people")]},
        outcomes={"x": UP},
        pool="mean_of_effects",
        pool_excludes=[],
        changes=[change("2020", remove=["payment.sum.main"])],
        **groups(2),
    )
    asked = {n.group: n for n in compared_both_ways(contract)}
    (average,) = [q for q in asked["a"].questions if q != PointEstimate()]
    assert getattr(average, "as_contracted", None) is True


def test_an_outcome_that_only_one_reading_has_is_no_number_of_the_other() -> None:
    one, two = make(LINE, outcomes={"x": UP}), make(LINE, outcomes={"x": UP, "y": UP})
    assert comparable(one, two, "x")
    assert not comparable(one, two, "y")
    assert not comparable(two, one, "y")


# --- both readings: what is paid ------------------------------------------------------------------


def test_what_others_paid_is_left_out_where_the_contract_as_signed_nets_nothing() -> None:
    contract = make(LINE, outcomes={"x": UP}, changes=[change("2020", set={"payment.net_of": NET})])
    decision = price(contract, {"x": 10}, other_money={"medicaid": 30})
    assert decision.amended is not None
    assert (decision.total, decision.amended.as_contracted.total) == (70, 100)


def test_what_was_paid_before_a_dispute_is_paid_in_both_readings() -> None:
    """30 of 100 was paid when the payer contested it; no reading provides for corrections."""
    contract = make(
        LINE,
        outcomes={"x": UP},
        calendar=YEARS,
        dispute=DISPUTE | {"escrow": ESCROW},
        changes=[change("2020", set={"payment.linear.per_unit": 8})],
    )
    raised = {"settlement": "y1", "raised": "2026-07-20", "state": "open", "by": "payer"}
    before = ledger(paid(30), dispute=[raised])
    decision = price(contract, {"x": 10}, settlement="y1", ledger=before)
    assert decision.amended is not None
    both = (decision, decision.amended.as_contracted)
    assert [(d.already_paid, d.due_now) for d in both] == [(30, 80), (30, 100)]


def _later_date() -> Any:
    """The contract as signed has one settlement; an amendment brings another, and corrections."""
    return make(
        LINE,
        outcomes={"x": UP},
        calendar={"settlements": {"y1": {"date": "2026-06-30"}}},
        changes=[
            change(
                "2020",
                set={"corrections": NEXT},
                add={"calendar.settlements.y2": {"date": "2027-06-30"}},
            )
        ],
    )


def test_a_date_that_an_amendment_brought_is_no_date_of_the_contract_as_signed() -> None:
    decision = price(_later_date(), {"x": 10}, settlement="y2", already_paid=0)
    assert decision.amended is not None
    there = decision.amended.as_contracted
    assert decision.look is not None
    assert (decision.look.name, there.look) == ("y2", None)
    assert (decision.due_now, there.due_now) == (100, 100)


def test_a_correction_at_a_date_that_an_amendment_brought_moves_nothing_as_signed() -> None:
    again = ledger(
        paid(5000, "y2", "2027-07-15"), corrects={"settlement": "y2", "found": "2027-10"}
    )
    decision = price(_later_date(), {"x": 10}, ledger=again)
    assert decision.correction is not None
    assert decision.amended is not None
    there = decision.amended.as_contracted
    assert (there.look, there.correction, there.due_now) == (None, None, 100)


# --- dates of the calendar ------------------------------------------------------------------------


def test_what_is_said_to_be_paid_before_the_first_date_is_taken_off() -> None:
    contract = make(LINE | {"cumulative": {"clawback": False}}, outcomes={"x": UP}, calendar=YEARS)
    decision = price(contract, {"x": 10}, settlement="y1", already_paid=40)
    assert (decision.already_paid, decision.due_now) == (40, 60)


@pytest.mark.parametrize("more", [{}, {"cumulative": {"clawback": False}}])
def test_what_was_paid_before_is_not_said_when_nobody_states_it(more: dict[str, Any]) -> None:
    contract = make(LINE | more, outcomes={"x": UP}, calendar=YEARS)
    assert price(contract, {"x": 10}, settlement="y2").already_paid is None
    assert price(contract, {"x": 10}, settlement="y1").already_paid == 0


def _once_beside_another(**more: Any) -> Any:
    """One clause is judged at the first date, and another pays once at either."""
    once = {"first_of": [clause(name="once")]}
    dates = {"s1": TWO["s1"], "s2": TWO["s2"] | {"clauses": ["once"]}}
    return make(
        {"sum": [clause(name="each", pay=7), once]} | more.pop("payment", {}),
        outcomes={"x": UP},
        calendar={"settlements": dates},
        **more,
    )


def test_the_amount_is_open_for_the_reason_of_the_clause_that_may_have_been_paid() -> None:
    decision = price(_once_beside_another(), {"x": 12}, settlement="s2")
    assert [row.reason and row.reason.key for row in decision.clauses] == [
        "sittings.judged-before",
        "sittings.depends",
    ]
    assert decision.due_now is None
    assert decision.steps[-1].key == "sittings.depends"


def test_nothing_is_shared_out_among_lenders_while_the_amount_is_open() -> None:
    contract = early_and_final([], waterfall={"layers": LAYERS})
    decision = price(contract, {"x.a": 12, "x.b": 4}, settlement="s2")
    assert (decision.due_now, decision.tranches) == (None, ())
    assert decision.steps[-1].key == "sittings.depends"


def test_a_correction_that_falls_due_leaves_an_open_amount_open() -> None:
    """A ledger does not say for whom it paid at s1, and a correction of s1 is due at s2."""
    contract = early_and_final([], payment={"split": SPLIT}, corrections=NEXT)
    silent = ledger(
        {"date": "2014-06", "settlement": "s1", "amount": 100},
        carried=[{"settlement": "s1", "due_at": "s2", "amount": -30}],
    )
    decision = price(contract, {"x.a": 12, "x.b": 4}, settlement="s2", ledger=silent)
    assert (decision.due_now, decision.total, decision.split) == (None, None, ())
    assert decision.to_json()["due_now"] is None


def test_a_correction_that_falls_due_is_paid_while_the_whole_payment_is_open() -> None:
    dates = {name: of | {"clauses": [name]} for name, of in YEARS["settlements"].items()}
    contract = make(
        {"sum": [clause(name="y1"), clause(name="y2", pay=200)], "split": SPLIT},
        outcomes={"x": UP, "y": UP},
        calendar={"settlements": dates | {"y3": {"date": "2028", "clauses": ["y1"]}}},
        corrections=NEXT,
    )
    carried = [{"settlement": "y1", "due_at": "y2", "amount": -30}]
    before = ledger(paid(100), carried=carried)
    decision = price(contract, {"x": 12}, settlement="y2", ledger=before)
    assert (decision.due_now, decision.total) == (170, None)
    assert [part.amount for part in decision.split] == [119, 51]


# --- single numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(("b", "pool"), [(4, ("b",)), (12, ())])
def test_a_pool_has_the_groups_that_were_not_paid(b: int, pool: tuple[str, ...]) -> None:
    """Once every group was paid by itself the last clause is never read: its pool is nobody."""
    decision = price(early_and_final(["paid"]), {"x.a": 12, "x.b": b}, settlement="s1")
    assert [row.pool for row in decision.clauses] == [(), (), pool]


@pytest.mark.parametrize(
    ("better", "operator", "margin"), [("higher", "at_least", 2), ("lower", "at_most", -2)]
)
def test_how_far_a_count_lies_beyond_its_threshold(better: str, operator: str, margin: int) -> None:
    count = outcome(better=better, effect="verified_count", counterfactual={"design": "none"})
    contract = make({"threshold": clause(operator=operator)}, outcomes={"x": count})
    found = distance(contract, price(contract, {"x": 12}).clause("main"))
    assert found is not None
    assert found.margin == margin


def test_what_a_trigger_compares_is_written_out() -> None:
    trigger = {"few": {"people": {"less_than": Decimal("2E+3")}, "then": "report"}}
    decision = price(make(stop_when=trigger), {"x": 10}, stops={"few": Decimal("1E+3")})
    (told,) = (stop.to_json() for stop in decision.stops)
    assert (told["value"], told["threshold"]) == ("1000", "2000")


def test_an_example_says_what_would_have_happened_anyway(tmp_path: Path) -> None:
    """Without it the ratio of sums is only known to lie between its groups, and 8 is in between."""
    example = (
        "given: {x: {a: 20, b: 5}}\npeople: {a: 100, b: 300}\n"
        "counterfactual: {x: {a: 50, b: 20}}\ntotal: 100"
    )
    (result,) = run_examples(written(tmp_path, example), agreed())
    assert result.differences == ()
