"""What an amended contract pays, as amended and as contracted, and the difference."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from building import clause, groups, make, outcome

from impacteval.contract import load_contract
from impacteval.contract.ledger import Ledger
from impacteval.contract.money import NOT_PUBLISHED
from impacteval.contract.sentences import explain_sentences
from impacteval.decide import compared_both_ways, price, run_examples
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.values import Status

PETERBOROUGH = Path(__file__).parents[3] / "studies" / "bonds" / "peterborough"


def change(date: str, **more: Any) -> dict[str, Any]:
    return {"date": date, "cause": "a pandemic", "decided_by": "both", "what": "a change"} | more


def said(decision: Any, language: str = "en") -> list[str]:
    return [
        fill(m, language, decision.currency).replace("\xa0", " ")
        for m in decision.amended.differences
    ]


def lowered() -> Any:
    return make(
        None,
        changes=[
            change("2020-03", set={"payment.when.x.at_least": 5}),
            change("2021-03", set={"payment.pay": 250}),
        ],
    )


@pytest.mark.parametrize(
    ("as_of", "value", "amended", "contracted", "told"),
    [
        (None, 10, 250, 100, "the amendments make it EUR 150 more"),
        (None, 7, 250, 0, "the amendments make it EUR 250 more"),
        (None, 4.9, 0, 0, "is the same as amended and as contracted: EUR 0"),
        ("2020-12", 7, 100, 0, "the amendments make it EUR 100 more"),
        ("2020-12", 10, 100, 100, "is the same as amended and as contracted: EUR 100"),
        ("2020-02-29", 7, 0, 0, "is the same"),
        ("2019", 10, 100, 100, "is the same"),
    ],
)
def test_both_readings(as_of, value, amended, contracted, told):
    decision = price(lowered(), {"x": value}, as_of=as_of)
    assert decision.total == amended
    assert decision.amended.as_contracted.total == contracted
    assert told in said(decision)[0]


def test_what_is_in_force_is_said():
    decision = price(lowered(), {"x": 7}, as_of="2020-12")
    assert [in_force for _, in_force in decision.amended.changes] == [True, False]
    assert fill(decision.amended.reading, "en") == (
        "The contract is read as it stood on this date: December 2020. Amendments in force: 1 of 2."
    )
    decision = price(lowered(), {"x": 7})
    assert "No date was given: every amendment" in fill(decision.amended.reading, "en")


def test_the_plain_data_are_those_of_the_decision_with_both_readings_beside():
    data = price(lowered(), {"x": 7}).to_json()
    assert list(data) == [
        "currency", "due_now", "total", "clauses",
        "as_of", "as_contracted", "changes", "differences",
    ]  # fmt: skip
    assert (data["total"], data["as_contracted"]["total"]) == ("250.00", "0.00")
    assert [c["set"] for c in data["changes"]] == [
        {"payment.when.x.at_least": 5},
        {"payment.pay": 250},
    ]
    assert data["differences"][0].startswith("The whole payment: 250 EUR as amended")
    never = price(make(), {"x": 7})
    assert never.amended is None
    assert list(never.to_json()) == ["currency", "due_now", "total", "clauses"]


def test_a_smaller_payment_in_both_languages():
    decision = price(make(None, changes=[change("2020", set={"payment.pay": 40})]), {"x": 12})
    assert "the amendments make it EUR 60 less" in said(decision)[0]
    assert "soit 60 € de moins" in said(decision, "fr")[0]
    assert said(decision)[1] == (
        "Clause “main”, everybody: met, EUR 40 as amended; met, EUR 100 as contracted."
    )


def paused() -> Any:
    """A settlement is put off, then the amount changes."""
    return make(
        None,
        calendar={"settlements": {"end": {"date": "2020-06"}}},
        changes=[
            change("2020-04", set={"calendar.settlements.end.date": "2021-06-30"}),
            change("2021-02", set={"payment.pay": 80}),
            change("2022", set={"payment.pay": 60}),
        ],
    )


@pytest.mark.parametrize("settlement", [None, "end"])
def test_a_settlement_is_priced_by_the_contract_of_its_date(settlement):
    decision = price(paused(), {"x": 10}, settlement=settlement)
    assert decision.total == 80
    assert decision.amended.as_of == "2021-06-30"
    assert [in_force for _, in_force in decision.amended.changes] == [True, True, False]
    assert decision.amended.as_contracted.total == 100
    assert decision.amended.as_contracted.look.date == "2020-06"


@pytest.mark.parametrize(
    ("as_of", "total", "said_date"),
    [
        ("2023", 60, "2023"),
        (" 2020-05 ", 100, "2020-05"),
        (dt.date(2021, 2, 1), 80, "2021-02-01"),
        (dt.datetime(2021, 1, 31, 23, tzinfo=dt.UTC), 100, "2021-01-31"),
    ],
)
def test_a_date_that_is_given_goes_before_that_of_the_settlement(as_of, total, said_date):
    decision = price(paused(), {"x": 10}, as_of=as_of)
    assert decision.total == total
    assert decision.amended.as_of == said_date


# --- Peterborough --------------------------------------------------------------------------------


def test_peterborough_with_the_third_cohort_and_without():
    contract = load_contract(PETERBOROUGH)
    published = {"reconvictions": {"cohort_1": 8.4, "cohort_2": 9.7}}
    decision = price(contract, published)
    assert decision.clause("final").verdict is Status.MET
    assert decision.total is NOT_PUBLISHED
    signed = decision.amended.as_contracted
    assert signed.total is None
    assert signed.due_now == 0
    assert signed.clause("early", "cohort_3").verdict is None
    assert any("Third cohort: only as contracted" in line for line in said(decision))
    before = price(contract, {"reconvictions": {"cohort_3": 12}}, as_of="2013")
    assert before.clause("early", "cohort_3").verdict is Status.MET


def test_a_result_of_a_cancelled_group_is_refused_and_has_its_place():
    contract = load_contract(PETERBOROUGH)
    with pytest.raises(UsageError, match=r"give it as as_contracted.reconvictions.cohort_3") as err:
        price(contract, {"reconvictions.cohort_3": 12})
    assert "cohort_3 was cancelled (2014-04)" in str(err.value)
    there = price(contract, {}, as_contracted={"reconvictions.cohort_3": 12})
    assert there.clause("early", "cohort_1").verdict is None
    assert there.amended.as_contracted.clause("early", "cohort_3").verdict is Status.MET


def test_the_examples_hold_both_readings():
    assert all(result.passed for result in run_examples(PETERBOROUGH / "examples.yaml"))


def test_an_example_says_what_does_not_come_out(tmp_path):
    lines = (PETERBOROUGH / "examples.yaml").read_text("utf-8")
    wrong = lines.replace("      due_now: 0\n      total: open\n", "      total: 5\n")
    (tmp_path / "examples.yaml").write_text(wrong.replace("as_of: 2014-03-31", "as_of: 2014-04"))
    results = run_examples(tmp_path / "examples.yaml", load_contract(PETERBOROUGH))
    told = [line for result in results for line in result.differences]
    assert "as contracted, total: expected 5, the contract says open." in told
    assert any("cohort_3 was cancelled" in line for line in told)
    never = (
        "format: impacteval-examples/1\n"
        "examples: [{name: x, given: {x: 1}, as_contracted: {total: 0}}]\n"
    )
    (tmp_path / "examples.yaml").write_text(never)
    (result,) = run_examples(tmp_path / "examples.yaml", make())
    assert result.differences == ("as contracted: the contract was never amended.",)


# --- what the contract as signed can use ---------------------------------------------------------


def test_a_result_that_an_amendment_redefined_is_not_read_by_the_contract_as_signed():
    contract = make(
        None,
        changes=[
            change(
                "2020", set={"outcomes.x.effect": "difference", "outcomes.x.unit": "convictions"}
            )
        ],
    )
    decision = price(contract, {"x": 12})
    assert decision.total == 100
    assert decision.amended.as_contracted.total is None
    assert any("is not read there" in line for line in said(decision))
    both = price(contract, {"x": 12}, as_contracted={"x": 3})
    assert both.amended.as_contracted.total == 0


def test_a_pooled_result_is_that_of_its_own_pool():
    pooled = clause(5, per="pooled", weights="people")
    contract = make(
        {"threshold": pooled},
        **groups(3),
        pool="mean_of_effects",
        pool_excludes=["cancelled"],
        changes=[change("2020", set={"groups.c.cancelled": "2020"})],
    )
    decision = price(contract, {"x": {"pooled": 8}})
    assert decision.total == 100
    assert decision.amended.as_contracted.total is None
    same = price(contract, {"x": {"pooled": 8}}, as_of="2019")
    assert same.amended.as_contracted.total == 100


@pytest.mark.parametrize(
    ("contract", "given", "match"),
    [
        (make(), {"x": 1}, "the contract was never amended"),
        (lowered(), {"y": 1}, "as_contracted: 'y' is not an outcome"),
        (lowered(), {"x": 1}, "x, all is given among the other results too"),
        (lowered(), [1], "as_contracted must be a mapping"),
    ],
)
def test_results_that_have_no_place_as_contracted(contract, given, match):
    with pytest.raises(UsageError, match=match):
        price(contract, {"x": 7}, as_contracted=given)


def test_a_date_that_is_none():
    with pytest.raises(UsageError, match="'soon' is not a date"):
        price(lowered(), {"x": 7}, as_of="soon")


# --- a grant -------------------------------------------------------------------------------------


def switched(pay: Any = 70, **more: Any) -> Any:
    return make(
        None,
        changes=[
            change("2020-04", set={"payment": {"grant": {"name": "relief", "pay": pay}, **more}})
        ],
    )


def test_a_grant_is_paid_whatever_the_results():
    decision = price(switched(), {})
    assert (decision.due_now, decision.total, decision.clauses) == (70, 70, ())
    assert [fill(s, "en", "EUR").replace("\xa0", " ") for s in decision.steps] == [
        "The grant “relief” is paid whatever the results: EUR 70."
    ]
    assert decision.amended.as_contracted.total is None


@pytest.mark.parametrize(("value", "told"), [(12, "EUR 30 less"), (3, "EUR 70 more")])
def test_what_a_grant_changes_depends_on_the_results_as_contracted(value, told):
    with pytest.raises(UsageError, match=r"give it as as_contracted\.x\."):
        price(switched(), {"x": value})
    decision = price(switched(), {}, as_contracted={"x": value})
    assert told in said(decision)[0]


def test_a_grant_that_is_not_published_is_never_nothing():
    decision = price(switched("not_published"), {}, as_contracted={"x": 1})
    assert decision.total is NOT_PUBLISHED
    assert decision.due_now is NOT_PUBLISHED
    assert "cannot be told, because an amount is not published" in said(decision)[0]


def test_a_grant_beside_a_clause_is_added_under_the_ceiling():
    payment = {
        "sum": [{"grant": {"name": "base", "pay": "60.005"}}, clause()],
        "cap": {"amount": 120, "over": "contract"},
    }
    decision = price(make(payment), {"x": 10})
    assert decision.total == 120
    assert any("60.01" in str(step) for step in decision.steps)
    open_ = price(make(payment), {})
    assert (open_.due_now, open_.total) == (Decimal("60.01"), None)
    assert price(make(payment), {"x": 9}).total == Decimal("60.01")


def test_a_grant_takes_what_was_paid_before_off():
    contract = make({"grant": {"name": "base", "pay": 60}, "cumulative": {"clawback": True}})
    assert price(contract, {}, already_paid=45).total == 15
    assert price(contract, {}).total is None


def test_a_percentage_of_a_grant():
    bonus = {
        "equity_bonus": {
            "name": "poorest",
            "when": {"x": {"at_least": 5}},
            "percent": 10,
            "of": {"grant": {"name": "base", "pay": 60}},
        }
    }
    assert price(make(bonus), {"x": 5}).total == 66
    assert price(make(bonus), {"x": 4}).total == 60


def test_an_amendment_may_bring_a_new_outcome():
    contract = make(
        None,
        changes=[
            change(
                "2020",
                add={"outcomes.y": outcome()},
                set={"payment": {"sum": [clause(), clause(name="more", of="y")]}},
            )
        ],
    )
    decision = price(contract, {"x": 10, "y": 10})
    assert decision.total == 200
    assert decision.amended.as_contracted.total == 100
    assert any("“more”, everybody: only as amended" in line for line in said(decision))
    assert any("is not read there" in line for line in said(decision))


# --- what both readings ask and use --------------------------------------------------------------


def grouped(**new: Any) -> Any:
    each = clause(10, per="group")
    pool = clause(5, per="pooled", weights="people", name="all", decide_on={"chance_at_least": 0.8})
    return make(
        {"sum": [each, pool]},
        **groups(2),
        pool="mean_of_effects",
        pool_excludes=[],
        multiplicity="none",
        changes=[change("2020", **new)],
    )


def asked_of(contract: Any) -> dict[str, list[str]]:
    return {
        "+".join(n.pool) or n.group: [type(q).__name__ for q in n.questions]
        for n in compared_both_ways(contract)
    }


def test_what_only_the_contract_as_signed_asks_is_asked_too():
    only_pooled = grouped(remove=["payment.sum.main"])
    assert asked_of(only_pooled) == {
        "a+b": ["PointEstimate", "Confidence"],
        "a": ["PointEstimate"],
        "b": ["PointEstimate"],
    }
    by_estimate = grouped(
        set={"payment.sum.all.decide_on": "point_estimate"}, remove=["multiplicity"]
    )
    assert asked_of(by_estimate)["a+b"] == ["PointEstimate", "Confidence"]


def test_what_nobody_measures_any_more_is_not_asked():
    cancelled = grouped(set={"groups.b.cancelled": "2020", "pool_excludes": ["cancelled"]})
    assert asked_of(cancelled) == {"a": ["PointEstimate", "Confidence"]}
    redefined = grouped(set={"outcomes.x.measure": "other things"}, remove=["payment.sum.main"])
    assert asked_of(redefined) == {"a+b": ["PointEstimate", "Confidence"]}


def test_an_outcome_that_an_amendment_takes_out():
    contract = make(
        {"sum": [clause(), clause(name="more", of="y")]},
        outcomes={"x": outcome(), "y": outcome()},
        changes=[change("2020", remove=["payment.sum.more", "outcomes.y"])],
    )
    decision = price(contract, {"x": 10}, as_contracted={"y": 3})
    assert decision.total == 100
    assert decision.amended.as_contracted.total == 100
    assert any("“more”, everybody: only as contracted" in line for line in said(decision))
    assert [n.outcome for n in compared_both_ways(contract)] == ["x"]


def test_the_ledger_counts_for_both_readings():
    payment = {"linear": {"name": "main", "outcome": "x", "per_unit": 10},
               "cumulative": {"clawback": True}}  # fmt: skip
    contract = make(
        payment,
        calendar={"settlements": {"one": {"date": "2019"}, "two": {"date": "2021"}}},
        changes=[
            change(
                "2020",
                set={
                    "payment.linear.per_unit": 8,
                    "dispute": {"window": "30 days", "who_decides": "a court"},
                    "corrections": {"how": "next_settlement", "window": "2 years", "upward": True},
                },
            )
        ],
    )  # fmt: skip
    ledger = Ledger.model_validate(
        {
            "format": "impacteval-ledger/1",
            "contract": "test",
            "payments": [{"date": "2019-12", "settlement": "one", "amount": 50}],
        }
    )
    decision = price(contract, {"x": 20}, settlement="two", ledger=ledger)
    assert decision.due_now == 110
    assert decision.amended.as_contracted.due_now == 150


def test_amounts_that_depend_on_payments_nobody_states_are_open_in_both_readings():
    contract = make(
        {"threshold": clause(), "cap": 150},
        calendar={"settlements": {"one": {"date": "2019"}, "two": {"date": "2021"}}},
        changes=[change("2020", set={"payment.cap": 120})],
    )
    decision = price(contract, {"x": 20}, settlement="two")
    assert decision.total is None
    assert said(decision)[0] == "The whole payment: open as amended, open as contracted."


def test_a_grant_is_said_in_one_sentence():
    sentences = [
        fill(m, "fr", "EUR").replace("\xa0", " ").replace("\u202f", " ")
        for m in explain_sentences(make({"grant": {"name": "base", "pay": "1200.50"}}))
    ]
    assert "Subvention « base » : 1 200,50 €, versés quels que soient les résultats." in sentences
    hidden = explain_sentences(make({"grant": {"name": "base", "pay": "not_published"}}))
    assert any("an amount that is not published is paid whatever" in str(m) for m in hidden)
