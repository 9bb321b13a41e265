"""Both readings of an amended contract at their edges: the difference told, and what each may use."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from building import clause, groups, make, outcome  # noqa: E402  the folder of its tests
from test_amended import change, grouped, lowered  # noqa: E402
from test_later import DISPUTE, ESCROW, NEXT, ledger, paid  # noqa: E402
from test_settling import NET  # noqa: E402

from impacteval.contract.rules import ChanceRule  # noqa: E402
from impacteval.decide import (  # noqa: E402
    Decision,
    compared_both_ways,
    evidence_as_contracted,
    price,
)
from impacteval.render.format import fill  # noqa: E402
from impacteval.values import (  # noqa: E402
    Answer,
    Evidence,
    ExpectedPayment,
    LowerBound,
    PointEstimate,
)

UP = outcome(better="higher", effect="difference")
BOUND = {"lower_bound": {"level": "0.95", "sides": "one"}}
LINE = {"linear": {"name": "main", "outcome": "x", "per_unit": 10}}


def by_unit(**to: Any) -> Any:
    """10 for each unit, until an amendment."""
    return make(LINE, outcomes={"x": UP}, changes=[change("2020", **to)])


def _two(**to: Any) -> Any:
    payment = {"sum": [clause(), clause(name="more", of="y")]}
    return make(payment, outcomes={"x": UP, "y": UP}, changes=[change("2020", **to)])


# --- the difference, word for word in both languages ---------------------------------------------

SCENARIOS: dict[str, Callable[[], Decision]] = {
    "half_more": lambda: price(by_unit(set={"payment.linear.per_unit": "10.5"}), {"x": 1}),
    "half_less": lambda: price(by_unit(set={"payment.linear.per_unit": "9.5"}), {"x": 1}),
    "same": lambda: price(by_unit(set={"payment.linear.per_unit": 11}), {"x": 0}),
    "hidden": lambda: price(
        make(changes=[change("2020", set={"payment.pay": "not_published"})]), {"x": 10}
    ),
    "open": lambda: price(_two(set={"payment.sum.main.pay": 130}), {"x": 10}),
    "open_hidden": lambda: price(_two(set={"payment.sum.main.pay": "not_published"}), {"x": 10}),
    "one_depends": lambda: price(
        make(
            {"threshold": clause(), "cap": 120},
            calendar={"settlements": {"one": {"date": "2019"}, "two": {"date": "2021"}}},
            changes=[change("2020", remove=["payment.cap"])],
        ),
        {"x": 20},
        settlement="two",
    ),
    "clause_new": lambda: price(
        make(
            {"sum": [clause()]},
            outcomes={"x": UP, "y": UP},
            changes=[
                change("2020", set={"payment.sum": [clause(), clause(name="more", of="y", pay=7)]})
            ],
        ),
        {"x": 9, "y": 12},
    ),
    "clause_gone": lambda: price(
        _two(remove=["payment.sum.more", "outcomes.y"]), {"x": 10}, as_contracted={"y": 12}
    ),
    "redefined": lambda: price(by_unit(set={"outcomes.x.measure": "other things"}), {"x": 3}),
    "as_of": lambda: price(lowered(), {"x": 7}, as_of="2020-12"),
    "decided_by_nobody_known": lambda: price(
        make(
            changes=[
                {k: v for k, v in change("2020", set={"payment.pay": 70}).items() if k != "decided_by"}
                | {"decided_by": "not_published"}
            ]
        ),
        {"x": 10},
    ),
}  # fmt: skip


def told(decision: Decision) -> str:
    """What is said of both readings: keys, and sentences in both languages."""
    assert decision.amended is not None
    said = (decision.amended.reading, *decision.amended.differences)
    plain = {
        "changes": decision.to_json()["changes"],
        "said": [
            [m.key, *(fill(m, language, decision.currency) for language in ("en", "fr"))]
            for m in said
        ],
    }
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_readings_tell_what_they_told(name: str) -> None:
    held = HERE / "told_amended" / f"{name}.json"
    assert told(SCENARIOS[name]()) == held.read_text(encoding="utf-8")


def test_every_file_has_its_scenario() -> None:
    assert {file.stem for file in (HERE / "told_amended").glob("*.json")} == SCENARIOS.keys()


@pytest.mark.parametrize(
    ("per_unit", "value", "difference", "word"),
    [
        ("10.01", 1, "0.01", "more"),
        ("9.99", 1, "0.01", "less"),
        ("11", 1, "1", "more"),
        ("9", 1, "1", "less"),
        ("12", 1, "2", "more"),
    ],
)
def test_the_smallest_difference_is_told_the_right_way_round(
    per_unit: str, value: int, difference: str, word: str
) -> None:
    decision = price(by_unit(set={"payment.linear.per_unit": per_unit}), {"x": value})
    assert decision.amended is not None
    first = decision.amended.differences[0]
    assert first.key == f"amended.total-{word}"
    assert first.values["difference"] == f"{difference} EUR"


def test_the_plain_data_keep_payers_beside_both_readings() -> None:
    split = [{"payer": "The state", "share": "0.6"}, {"payer": "A fund", "share": "0.4"}]
    contract = make(
        {"threshold": clause(), "split": split},
        parties={"payers": ["The state", "A fund"]},
        changes=[change("2020", set={"payment.threshold.pay": 250})],
    )
    data = price(contract, {"x": 10}).to_json()
    assert [part["amount"] for part in data["split"]] == ["150.00", "100.00"]
    assert [part["amount"] for part in data["as_contracted"]["split"]] == ["60.00", "40.00"]


# --- what each reading takes off ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "amended", "signed"),
    [
        # Of 100, what Medicaid paid (30) is taken off by the reading that nets it, under the name
        # by which that reading nets it.
        ({"set": {"payment.linear.per_unit": 20}}, 170, 70),
        ({"remove": ["payment.net_of"]}, None, None),
        ({"set": {"payment.net_of.name": "others"}}, 70, None),
    ],
)
def test_what_others_paid_counts_where_it_is_netted(to: Any, amended: Any, signed: Any) -> None:
    contract = make(LINE | {"net_of": NET}, outcomes={"x": UP}, changes=[change("2020", **to)])
    if amended is None:
        decision = price(contract, {"x": 10})
        assert decision.total == 100
    else:
        name = "others" if signed is None else "medicaid"
        decision = price(contract, {"x": 10}, other_money={name: 30})
        assert decision.total == amended
    assert decision.amended is not None
    # The contract as signed nets what Medicaid paid, and under another name nobody said it.
    assert decision.amended.as_contracted.total == signed


def _dated(**to: Any) -> Any:
    return make(
        LINE,
        outcomes={"x": UP},
        calendar={"settlements": {"y1": {"date": "2026-06-30"}, "y2": {"date": "2027-06-30"}}},
        changes=[change("2020", **to)],
    )


def test_a_dispute_that_the_contract_as_signed_does_not_provide_for_holds_nothing_there() -> None:
    contract = _dated(set={"dispute": DISPUTE | {"escrow": ESCROW}})
    raised = {"settlement": "y1", "raised": "2026-07-20", "state": "open", "by": "payer"}
    decision = price(contract, {"x": 10}, settlement="y1", ledger=ledger(dispute=[raised]))
    assert decision.dispute is not None
    assert decision.dispute.payable_now == 0
    assert decision.amended is not None
    assert decision.amended.as_contracted.dispute is None
    assert decision.amended.as_contracted.due_now == 100


def test_a_dispute_that_both_readings_provide_for_is_held_in_both() -> None:
    contract = make(
        LINE,
        outcomes={"x": UP},
        calendar={"settlements": {"y1": {"date": "2026-06-30"}}},
        dispute=DISPUTE | {"escrow": ESCROW},
        changes=[change("2020", set={"payment.linear.per_unit": 8})],
    )
    raised = {"settlement": "y1", "raised": "2026-07-20", "state": "open", "by": "payer"}
    decision = price(contract, {"x": 10}, settlement="y1", ledger=ledger(dispute=[raised]))
    assert decision.amended is not None
    both = (decision.dispute, decision.amended.as_contracted.dispute)
    assert [held and (held.payable_now, held.held) for held in both] == [(0, 80), (0, 100)]


def test_a_correction_that_the_contract_as_signed_does_not_provide_for_moves_nothing_there() -> (
    None
):
    """As signed the settlement is judged, and what an amendment carries to it is not added."""
    contract = _dated(set={"corrections": NEXT})
    carried = [{"settlement": "y1", "due_at": "y2", "amount": -30}]
    before = ledger(paid(100), carried=carried)
    decision = price(contract, {"x": 10}, settlement="y2", ledger=before)
    assert decision.amended is not None
    assert (decision.due_now, decision.amended.as_contracted.due_now) == (70, 100)
    again = ledger(paid(5000), corrects={"settlement": "y1", "found": "2027-01-10"})
    decision = price(contract, {"x": 10}, ledger=again)
    assert decision.amended is not None
    assert decision.correction is not None
    assert decision.amended.as_contracted.correction is None


@pytest.mark.parametrize(
    ("to", "signed"),
    [
        # A trigger on the result itself: one number tells both readings while it means the same.
        ({"payment.threshold.pay": 250}, 0),
        ({"outcomes.x.measure": "other things"}, None),
    ],
)
def test_a_trigger_is_told_as_signed_while_it_watches_the_same_number(
    to: dict[str, Any], signed: Any
) -> None:
    contract = make(
        {"threshold": clause()},
        outcomes={"x": UP, "z": UP},
        stop_when={
            "harm": {
                "when": {"x": {"less_than": 0}},
                "decide_on": "point_estimate",
                "then": "pay_nothing",
            }
        },
        changes=[change("2020", set=to)],
    )
    decision = price(contract, {"x": 12}, stops={"harm": -1}, as_contracted=None)
    assert decision.total == 0
    assert decision.amended is not None
    assert decision.amended.as_contracted.total == signed


# --- the evidence that the contract as signed can use ---------------------------------------------


def point(outcome_name: str, group: str, *more: Answer) -> Evidence:
    return Evidence(outcome_name, group, (Answer(PointEstimate(), Decimal(7)), *more))


def usable(contract: Any, *items: Evidence) -> tuple[list[tuple[str, str]], list[str]]:
    """What is kept, under which name, and whom the rest is about."""
    signed = contract.as_contracted

    def known(name: str) -> tuple[str, ...]:
        of = [leaf for leaf in signed.clauses if leaf.outcome == name]
        return tuple(group for leaf in of for group in signed.compared_groups(leaf))

    kept, left = evidence_as_contracted(contract, items, known)
    return (
        [(item.outcome, item.group) for item in kept],
        [fill(message, "en") for message in left],
    )


UNREAD = "this result is not one that the contract as signed compares, and is not read there."


def pooled(**to: Any) -> Any:
    """Groups a, b and c, of which those already paid leave the pool."""
    early = clause(10, name="early", per="group")
    final = clause(5, name="final", per="pooled", weights="people")
    return make(
        {"first_of": [early, final]},
        **groups(3),
        pool="mean_of_effects",
        pool_excludes=["paid", "cancelled"],
        changes=[change("2020", **to)],
    )


@pytest.mark.parametrize(
    ("contract", "group", "kept"),
    [
        # The same outcome and the same groups: evidence keeps its name.
        (pooled(set={"payment.first_of.early.pay": 7}), "a", "a"),
        (pooled(set={"payment.first_of.early.pay": 7}), "pooled", "pooled"),
        (pooled(set={"payment.first_of.early.pay": 7}), "pooled:a+b", "pooled:a+b"),
        # Once c is cancelled the whole pool is a and b; as signed, that is a pool without c.
        (pooled(set={"groups.c.cancelled": "2020"}), "pooled", "pooled:a+b"),
        (pooled(set={"groups.c.cancelled": "2020"}), "pooled:a", "pooled:a"),
        # Once d joins, the whole pool has somebody in it whom the contract as signed never pools.
        (pooled(add={"groups.d": {}}), "pooled", None),
        (pooled(add={"groups.d": {}}), "pooled:a+b+c", "pooled"),
        (pooled(add={"groups.d": {}}), "pooled:a+d", None),
        # Another definition of the outcome: nothing is kept.
        (pooled(set={"outcomes.x.measure": "others"}), "pooled", None),
    ],
)
def test_evidence_about_a_pool_is_that_of_the_same_groups(
    contract: Any, group: str, kept: str | None
) -> None:
    found, left = usable(contract, point("x", group))
    assert found == ([] if kept is None else [("x", kept)])
    assert left == []


@pytest.mark.parametrize(
    ("contract", "group", "said"),
    [
        (pooled(add={"groups.d": {}}), "d", f"“Thing”, d: {UNREAD}"),
        (pooled(set={"outcomes.x.measure": "others"}), "a", f"“Thing”, a: {UNREAD}"),
        (by_unit(set={"outcomes.x.unit": "days"}), "all", f"“Thing”, everybody: {UNREAD}"),
    ],
)
def test_evidence_that_the_contract_as_signed_does_not_compare_is_named(
    contract: Any, group: str, said: str
) -> None:
    found, left = usable(contract, point("x", group))
    assert (found, left) == ([], [said])


def test_each_reading_has_its_own_average() -> None:
    """A clause pays another amount on average once its terms were amended."""
    contract = by_unit(set={"payment.linear.per_unit": 20})
    here, there = ExpectedPayment("main", None), ExpectedPayment("main", None, as_contracted=True)
    item = point("x", "all", Answer(here, Decimal(140)), Answer(there, Decimal(70)))
    (kept,), _ = evidence_as_contracted(contract, [item], lambda _: ("all",))
    assert kept.answers == (Answer(PointEstimate(), Decimal(7)), Answer(here, Decimal(70)))


# --- what is asked for both readings --------------------------------------------------------------


def test_a_number_that_only_the_contract_as_signed_compares_decides_no_clause_as_amended() -> None:
    contract = grouped(remove=["payment.sum.main"])
    asked = {n.group: n for n in compared_both_ways(contract)}
    assert asked["pooled"].clauses == ("all",)
    assert asked["a"].clauses == asked["b"].clauses == ()
    assert asked["a"].questions == (PointEstimate(),)


def test_an_outcome_that_is_not_comparable_does_not_hide_the_next_one() -> None:
    average = {"expected_payment": {"prior": "flat"}}
    contract = make(
        {"sum": [clause(name="first", of="x"), clause(name="second", of="y", decide_on=average)]},
        outcomes={"x": UP, "y": UP},
        changes=[change("2020", set={"outcomes.x.measure": "others", "payment.sum.second.pay": 7})],
    )
    (of_x, of_y) = compared_both_ways(contract)
    assert of_x.questions == (PointEstimate(),)
    assert [getattr(q, "as_contracted", None) for q in of_y.questions] == [None, False, True]


def test_the_usual_rules_and_another_signed_contract_are_asked_too() -> None:
    contract = by_unit(set={"payment.linear.per_unit": 20})
    chance = ChanceRule(chance_at_least=Decimal("0.8"))
    (alone,) = compared_both_ways(contract)
    (more,) = compared_both_ways(contract, chance)
    bound = LowerBound(Decimal("0.8"), "one")
    assert alone.questions == (PointEstimate(),)
    assert more.questions == (PointEstimate(), bound)
    # A look may read the contract as signed at another level than the whole contract does.
    (there,) = compared_both_ways(contract, signed=make(LINE, outcomes={"x": UP}, decide_on=BOUND))
    assert there.questions == (PointEstimate(), LowerBound(Decimal("0.95"), "one"))


def test_the_settlement_is_found_in_the_contract_as_amended_and_judged_as_it_stood_then() -> None:
    """Two settlements were agreed on, and a later amendment took the second away."""
    contract = make(
        LINE,
        outcomes={"x": UP},
        calendar={"settlements": {"y1": {"date": "2026"}, "y2": {"date": "2031"}}},
        changes=[change("2030", remove=["calendar.settlements.y2"])],
    )
    decision = price(contract, {"x": 10})
    assert decision.look is not None
    assert (decision.look.name, decision.total) == ("y1", 100)


if __name__ == "__main__":
    (HERE / "told_amended").mkdir(exist_ok=True)
    for name, make_decision in SCENARIOS.items():
        (HERE / "told_amended" / f"{name}.json").write_text(told(make_decision()), encoding="utf-8")
