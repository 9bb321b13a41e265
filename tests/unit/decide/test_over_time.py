"""Where two capabilities meet over time: settlements, gates, amendments, stops and disputes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from building import clause, make, outcome

from impacteval.contract.ledger import Ledger, ledger_problems
from impacteval.contract.readings import Given, StopNumber
from impacteval.decide import decide, price
from impacteval.decide.sittings import chosen_look, given_at
from impacteval.errors import UsageError
from impacteval.values import Answer, Evidence, LowerBound, Message, PointEstimate, Status, Text

UP = outcome(better="higher", effect="difference")
LINE = {"name": "line", "outcome": "x", "per_unit": 10, "above": 0, "floor": 0}
TWO = {"settlements": {"y1": {"date": "2026-12-31"}, "y2": {"date": "2027-12-31"}}}
ESCROW = {
    "window": "60 days",
    "who_decides": "a court",
    "escrow": {
        "share": "33.333%",
        "holder": "a notary",
        "released": {"upheld": "payers", "dismissed": "recipients"},
    },
}


def ledger(*payments: Any, **more: Any) -> Ledger:
    return Ledger.model_validate(
        {"format": "impacteval-ledger/1", "contract": "test", "payments": list(payments)} | more
    )


def paid(amount: int, settlement: str = "y1", **more: Any) -> dict[str, Any]:
    return {"date": "2027-01-10", "settlement": settlement, "amount": amount} | more


def change(date: str, **what: Any) -> dict[str, Any]:
    return {"date": date, "cause": "c", "decided_by": "not_published", "what": "w"} | what


# --- a gate before the whole payment, at settlements that list their clauses ---------------------


@pytest.fixture
def before_everything() -> Any:
    return make(
        {"sum": [clause(name="one"), clause(name="two", pay=200, of="y")]},
        gates=[{"name": "quality", "when": {"z": {"at_least": 5}}}],
        outcomes={"x": UP, "y": UP, "z": UP},
        calendar={
            "settlements": {
                "y1": {"date": "2026-12-31", "clauses": ["one"]},
                "y2": {"date": "2027-12-31", "clauses": ["two"]},
            }
        },
    )


def test_a_gate_before_the_whole_payment_is_judged_at_every_settlement(
    before_everything: Any,
) -> None:
    first = price(before_everything, {"x": 10, "z": 5}, settlement="y1")
    assert first.clause("quality").verdict is Status.MET
    assert first.due_now == 100
    later = ledger(
        paid(100, clauses=[{"clause": "quality", "verdict": "met"}, settled("one", "met")])
    )
    again = price(before_everything, {"y": 10, "z": 4}, settlement="y2", ledger=later)
    assert again.clause("quality").verdict is Status.NOT_MET
    assert (again.due_now, again.total) == (0, 0)


def settled(name: str, verdict: str, **more: Any) -> dict[str, Any]:
    return {"clause": name, "verdict": verdict} | more


# --- corrections and amendments -------------------------------------------------------------------


def test_a_correction_lands_at_the_settlement_as_it_stood_when_the_error_was_found() -> None:
    contract = make(
        {"linear": LINE},
        outcomes={"x": UP},
        calendar=TWO,
        corrections={"how": "next_settlement", "window": "24 months", "upward": "true"},
        changes=[change("2027-03-01", set={"calendar.settlements.y2.date": "2028-06-30"})],
    )
    found = price(
        contract,
        {"x": 8},
        ledger=ledger(paid(100), corrects={"settlement": "y1", "found": "2028-03-01"}),
    )
    told = found.correction
    assert told is not None
    assert (told.owed, told.due_at, told.due_on) == (-20, "y2", "2028-06-30")
    # As signed the last settlement was over by then.
    assert found.amended is not None
    signed = found.amended.as_contracted.correction
    assert signed is not None
    assert (signed.owed, signed.due_at) == (-20, None)


def test_a_ledger_names_what_was_settled_before_an_amendment_by_the_names_of_that_time() -> None:
    contract = make(
        {"sum": [clause(name="one"), clause(name="two", pay=200)]},
        outcomes={"x": UP},
        calendar=TWO,
        changes=[
            change("2027-03-01", set={"payment": {"grant": {"name": "relief", "pay": 300}}}),
            change("2027-04-01", set={"payment.grant.pay": 250}),
        ],
    )
    before = ledger(paid(100, clauses=[settled("one", "met"), settled("two", "not_met")]))
    assert ledger_problems(before, contract) == []
    found = price(contract, {}, settlement="y2", ledger=before)
    assert (found.due_now, found.total, found.already_paid) == (250, 250, 100)
    unknown = ledger(paid(100, clauses=[settled("three", "met")]))
    assert ["`three`" in what for _, what, _ in ledger_problems(unknown, contract)] == [True]


# --- money of others, at several settlements -------------------------------------------------------


def netted(**more: Any) -> Any:
    payment = {"linear": LINE, "net_of": {"name": "region", "what": "w"}} | more
    return make(
        payment,
        outcomes={"x": UP},
        calendar=TWO,
        corrections={"how": "repay", "window": "24 months", "upward": "true"},
    )


def region(amount: int, settlement: str | None, date: str = "2026-12-01") -> dict[str, Any]:
    said = {"name": "region", "date": date, "amount": amount}
    return said if settlement is None else said | {"settlement": settlement}


def test_what_others_paid_is_taken_off_once() -> None:
    others = [region(30, "y1"), region(5, "y2", "2027-12-01")]
    first = price(netted(), {"x": 10}, settlement="y1", ledger=ledger(other_money=others))
    assert first.due_now == 70
    second = price(
        netted(), {"x": 10}, settlement="y2", ledger=ledger(paid(70), other_money=others)
    )
    assert second.due_now == 95
    # The second year's money has nothing to do with the first.
    again = ledger(
        paid(70), other_money=others, corrects={"settlement": "y1", "found": "2027-12-15"}
    )
    assert price(netted(), {"x": 10}, ledger=again).due_now == 0
    # Nothing said is not nothing paid.
    silent = ledger(paid(70), other_money=others[:1])
    assert price(netted(), {"x": 10}, settlement="y2", ledger=silent).total is None


def test_a_payment_for_all_results_so_far_takes_off_all_that_others_paid_so_far() -> None:
    contract = netted(cumulative={"clawback": "false"})
    others = [region(30, "y1"), region(5, "y2", "2027-12-01")]
    found = price(contract, {"x": 25}, settlement="y2", ledger=ledger(paid(70), other_money=others))
    assert found.due_now == 250 - 35 - 70


def test_money_of_others_says_at_which_settlement_it_is_taken_off() -> None:
    with pytest.raises(UsageError, match="does not say at which: region"):
        price(netted(), {"x": 10}, settlement="y1", ledger=ledger(other_money=[region(30, None)]))
    # With one settlement there is nothing to say.
    alone = make(
        {"linear": LINE, "net_of": {"name": "region", "what": "w"}},
        outcomes={"x": UP},
        calendar={"settlements": {"y1": {"date": "2026-12-31"}}},
    )
    assert price(alone, {"x": 10}, ledger=ledger(other_money=[region(30, None)])).due_now == 70
    unknown = ledger(other_money=[region(30, "y3")])
    assert ["`y3`" in what for _, what, _ in ledger_problems(unknown, netted())] == [True]


# --- dates -------------------------------------------------------------------------------------------


def test_the_only_settlement_of_a_calendar_has_its_date_named_or_not() -> None:
    waits = clause(if_not_judged={"until": "2026-06", "then": "pay"})
    contract = make({"threshold": waits}, calendar={"settlements": {"end": {"date": "2026-07-01"}}})
    assert price(contract, {}).due_now == price(contract, {}, settlement="end").due_now == 100
    on_time = make({"threshold": waits}, calendar={"settlements": {"end": {"date": "2026-06-30"}}})
    assert price(on_time, {}).total is None


# --- Holm's rule and stop triggers ---------------------------------------------------------------------


def bounds(name: str, at_half: str, at_all: str) -> Evidence:
    answers = [Answer(PointEstimate(), Decimal(5))]
    for level, value in (("0.95", at_half), ("0.90", at_all)):
        answers.append(Answer(LowerBound(Decimal(level), "one"), Decimal(value)))
    return Evidence(name, "all", tuple(answers))


@pytest.mark.parametrize(
    ("then", "missing", "second"),
    [
        ("withhold", 20, (Status.MET, 200)),
        ("withhold", 21, (Status.CANNOT_BE_JUDGED, None)),
        ("withhold", None, (None, None)),
        ("pay_nothing", 21, (Status.NOT_MET, 0)),
    ],
)
def test_what_a_stop_trigger_holds_hands_no_share_on(then: str, missing: Any, second: Any) -> None:
    contract = make(
        {"sum": [clause(0, name="one"), clause(0, name="two", pay=200, of="y")]},
        outcomes={"x": UP, "y": UP},
        decide_on={"lower_bound": {"level": 0.90, "sides": "one"}},
        multiplicity="holm",
        stop_when={
            "gaps": {"missing_share": {"more_than": "20%"}, "then": then, "clauses": ["one"]}
        },
    )
    # The first is established at half the error; the second only with all of it.
    evidence = [bounds("x", "1", "2"), bounds("y", "-1", "1")]
    told = {} if missing is None else {"gaps": (StopNumber(value=Decimal(missing)),)}
    found = decide(contract, evidence, given=Given(stops=told)).clause("two")
    assert (found.verdict, found.amount) == second


# --- disputes and drafts -----------------------------------------------------------------------------------


def contested() -> Any:
    payment = {
        "threshold": clause(pay=100),
        "cap": {"amount": 150, "over": "contract"},
        "split": [{"payer": "A", "share": 0.3}, {"payer": "B", "share": 0.7}],
    }
    return make(
        payment,
        outcomes={"x": UP},
        calendar={"settlements": {"y1": {"date": "2026-12-31"}}},
        corrections={"how": "repay", "window": "24 months", "upward": "true"},
        dispute=ESCROW,
        waterfall={
            "layers": [{"name": "fund", "lender": "F", "rank": "first_loss", "amount": 150}]
        },
    )


def about(state: str) -> dict[str, Any]:
    return {"settlement": "y1", "raised": "2027-02-01", "state": state, "by": "payer"}


@pytest.mark.parametrize(
    ("state", "shares", "left"),
    [
        ("open", ("20.00", "46.67"), "50.00"),
        ("upheld", ("20.00", "46.67"), "83.33"),
        ("dismissed", ("30.00", "70.00"), "50.00"),
    ],
)
def test_what_stays_with_the_payers_uses_up_nothing_of_the_ceiling(
    state: str, shares: tuple[str, ...], left: str
) -> None:
    found = price(contested(), {"x": 10}, ledger=ledger(dispute=[about(state)]))
    assert tuple(str(part.amount) for part in found.split) == shares
    assert str(found.cap_left) == left
    keys = [step.key for step in found.steps]
    # What lenders get back is not said of money that is held or goes back.
    assert any(key.startswith("terms.repaid") for key in keys) is (state == "dismissed")
    assert ("escrow.payable" in keys) is (state != "dismissed")


def test_what_was_paid_and_is_to_be_given_back_is_said_as_such() -> None:
    found = price(contested(), {"x": 10}, ledger=ledger(paid(100), dispute=[about("upheld")]))
    said = [str(step) for step in found.steps]
    assert "To be given back now: 33.33." in said
    assert "Of this, A gets 10.00 back." in said


@pytest.mark.parametrize(
    "brought",
    [
        ledger(dispute=[about("open")]),
        ledger(paid(40), corrects={"settlement": "y1", "found": "2027-06-01"}),
    ],
)
def test_a_draft_moves_no_money_in_any_way(brought: Ledger) -> None:
    contract = contested()
    given = given_at(contract, chosen_look(contract, None, brought), brought, Given())
    evidence = [Evidence("x", "all", (Answer(PointEstimate(), Decimal(12)),))]
    why = Message("draft", Text(en="A draft.", fr="Une ébauche."))
    found = decide(contract, evidence, given=given, not_for_payment=why)
    assert (found.due_now, found.total, found.cap_left) == (0, None, None)
    assert found.dispute is None
    assert found.correction is None


# --- a correction that turns a verdict ---------------------------------------------------------------------


def test_the_verdict_of_a_correction_stands_at_the_settlements_that_follow() -> None:
    contract = make(
        {"threshold": clause()},
        outcomes={"x": UP},
        decide_on={"lower_bound": {"level": 0.90, "sides": "one"}},
        calendar={
            "settlements": {"end": {"date": "2027-12-31", "alpha_share": 0.8}},
            "interim": {"half": {"date": "2026-12-31", "pays": "true", "alpha_share": 0.2}},
        },
        corrections={"how": "next_settlement", "window": "24 months", "upward": "true"},
    )
    look = paid(100, "half", clauses=[settled("main", "met")])
    # The look paid, and the clause pays once.
    assert price(contract, {"x": 12}, settlement="end", ledger=ledger(look)).due_now == 0
    owed = [{"settlement": "half", "due_at": "end", "amount": -100}]
    turned = paid(0, "half", date="2027-06-01", clauses=[settled("main", "not_met")])
    for value, due in ((12, 0), (9, -100)):
        found = price(
            contract, {"x": value}, settlement="end", ledger=ledger(look, turned, carried=owed)
        )
        assert (found.due_now, found.total) == (due, due)
