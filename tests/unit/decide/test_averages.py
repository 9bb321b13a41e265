"""Average payments: verdict and amount are two things, and what is not known stays so."""

from __future__ import annotations

from decimal import Decimal

import pytest
from building import clause, groups, make

from impacteval.contract.money import NOT_PUBLISHED
from impacteval.contract.rules import error_of, level_of
from impacteval.contract.sentences import explain_sentences
from impacteval.decide import compared, decide, other_rules, price, rule_text
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.values import Answer, Evidence, ExpectedPayment, Message, PointEstimate, Text

FLAT = {"expected_payment": {"prior": "flat"}}
NORMAL = {"expected_payment": {"prior": {"normal": {"mean": "0", "sd": "4"}}}}
WHY = Message("test.why", Text(en="No average.", fr="Pas de moyenne."))


def contract(payment=None, rule=FLAT, **changes):
    return make(payment, decide_on=rule, **changes)


def evidence(estimate, *means, of="x", group="all"):
    return Evidence(of, group, (Answer(PointEstimate(), Decimal(estimate)), *means))


def mean(amount, clause="main", prior=None):
    found = None if amount is None else Decimal(amount)
    return Answer(ExpectedPayment(clause, prior), found, WHY if amount is None else None)


def test_the_question_names_clause_and_prior():
    (number,) = compared(contract())
    assert number.questions == (PointEstimate(), ExpectedPayment("main"))
    (number,) = compared(contract(rule=NORMAL))
    assert number.questions[1] == ExpectedPayment("main", (Decimal(0), Decimal(4)))


@pytest.mark.parametrize(
    ("estimate", "verdict"), [("9.9999999999", "not_met"), ("10", "met"), ("12", "met")]
)
def test_the_verdict_reads_the_estimate_and_the_amount_is_the_average(estimate, verdict):
    row = decide(contract(), [evidence(estimate, mean("61.2349"))]).clauses[0]
    assert (row.verdict.value, row.amount, row.value) == (
        verdict,
        Decimal("61.23"),
        Decimal(estimate),
    )
    assert [step.key for step in row.steps] == [
        "decide.estimate",
        "decide.average-flat",
        f"terms.at_least.{'holds' if verdict == 'met' else 'fails'}",
        "terms.average",
        "terms.money-rounded",
    ]
    assert row.steps[-1].values["amount"] == Decimal("61.23")


def test_what_was_held_likely_beforehand_is_told():
    answer = mean("61.23", prior=(Decimal(0), Decimal(4)))
    row = decide(contract(rule=NORMAL), [evidence("12", answer)]).clauses[0]
    said = next(step for step in row.steps if step.key == "decide.average-normal")
    assert dict(said.values) == {"mean": Decimal(0), "sd": Decimal(4)}


def test_it_is_rounded_to_money_once():
    # Rounded to a tenth of a cent first, 0.1249 would become 0.125 and then 0.13.
    assert decide(contract(), [evidence(1, mean("0.1249"))]).due_now == Decimal("0.12")


def test_the_average_of_a_penalty_may_be_owed():
    malus = {
        "bonus_malus": {
            "name": "main", "outcome": "x", "dead_band": 5, "full_at": 40, "bonus": 100, "malus": 100,
        }
    }  # fmt: skip
    row = decide(contract(malus), [evidence(-3, mean("-1.5"))]).clauses[0]
    assert (row.verdict.value, row.amount) == ("not_met", Decimal("-1.50"))


def test_ceilings_and_sums_are_applied_to_the_averages():
    both = contract({"sum": [clause(), clause(20, name="more")], "cap": 90})
    decision = decide(both, [evidence(12, mean("60"), mean("50", "more"))])
    assert [row.amount for row in decision.clauses] == [60, 50]
    assert decision.total == 90


def test_an_amount_that_is_not_published_stays_so_met_or_not():
    hidden = contract({"threshold": clause(pay="not_published")})
    (number,) = compared(hidden)
    assert number.questions == (PointEstimate(),)
    for estimate in (9, 12):
        row = decide(hidden, [evidence(estimate)]).clauses[0]
        assert row.amount is NOT_PUBLISHED
    assert price(hidden, {"x": 9}).total is NOT_PUBLISHED


@pytest.mark.parametrize(
    "hidden",
    [
        {"tiers": {"name": "main", "outcome": "x", "steps": [
            {"at_least": 1, "pay": 5}, {"at_least": 2, "pay": "not_published"}]}},
        {"partial_full": {"name": "main", "outcome": "x",
            "partial": {"at_least": 1, "pay": "not_published"}, "full": {"at_least": 2, "pay": 5}}},
        {"bonus_malus": {"name": "main", "outcome": "x", "dead_band": 1, "full_at": 2, "bonus": 1,
            "malus": "not_published"}},
        {"share_of_saving": {"name": "main", "outcome": "x", "saving_per_unit": "not_published",
            "share": "0.5"}},
    ],
)  # fmt: skip
def test_one_amount_that_is_not_published_hides_the_average(hidden):
    row = decide(contract(hidden), [evidence(1)]).clauses[0]
    assert row.amount is NOT_PUBLISHED
    assert row.steps[-1].key == "terms.average-not-published"


def test_a_price_by_the_unit_is_always_public():
    linear = {"linear": {"name": "main", "outcome": "x", "per_unit": 3}}
    assert decide(contract(linear), [evidence(1, mean("3"))]).total == 3


def test_without_an_average_nothing_is_judged():
    row = decide(contract(), [evidence(12, mean(None))]).clauses[0]
    assert (row.verdict.value, row.amount, row.reason) == ("cannot_be_judged", None, WHY)


def test_it_has_no_level():
    rule = contract().decide_on
    assert (level_of(rule), error_of(rule)) == (None, None)
    two = contract({"sum": [clause(), clause(20, name="more")]})
    assert two.multiplicity is None
    with pytest.raises(ValueError, match="no clause has a rule with a level"):
        contract(multiplicity="bonferroni")
    assert len(other_rules(contract())) == 4


def test_the_rule_on_one_line():
    assert rule_text(contract().decide_on) == "expected_payment flat"
    assert rule_text(contract(rule=NORMAL).decide_on) == "expected_payment normal 0 4"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_prior_is_said(lang):
    flat = " ".join(fill(m, lang) for m in explain_sentences(contract()))
    assert ("flat prior" if lang == "en" else "a priori uniforme") in flat
    normal = " ".join(fill(m, lang) for m in explain_sentences(contract(rule=NORMAL)))
    assert ("standard deviation of 4" if lang == "en" else "écart type de 4") in normal


def test_a_condition_before_an_average_holds_it_back():
    gate = {
        "gate": {
            "name": "open",
            "when": {"x": {"at_least": 5}},
            "decide_on": "point_estimate",
            "opens": {"threshold": clause()},
        }
    }
    assert decide(contract(gate), [evidence(4, mean("30"))]).total == 0
    assert decide(contract(gate), [evidence(6, mean("30"))]).total == 30


# --- typed results ------------------------------------------------------------------------------


def tenfold(_contract, leaf, value, error):
    return (value + error) * 10 + len(leaf.name)


def test_typed_with_an_error():
    row = price(contract(), {"x": 12}, std_error={"x": "2"}, average=tenfold).clauses[0]
    assert row.amount == Decimal("144.00")
    both = contract({"sum": [clause(), clause(20, name="other")]})
    rows = price(both, {"x": 12}, std_error={"x": 2}, average=tenfold).clauses
    assert [row.amount for row in rows] == [144, 145]


def test_typed_by_group():
    found = contract({"threshold": clause(per="group")}, **groups(2))
    rows = price(found, {"x.a": 1}, std_error={"x": {"a": 2}}, average=tenfold).clauses
    assert [row.amount for row in rows] == [Decimal(34), None]


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ({}, "x is paid on average over what the true effect may be, and one number does not"),
        ({"x": 0}, "std_error, x, all is 0."),
        ({"x": -1}, "std_error, x, all is -1."),
        ({"y": 1}, "std_error: 'y' is given, and no clause pays an average over it. Known: x."),
        ({"x": "wide"}, "The number for std_error, x, all is 'wide'."),
    ],
)
def test_errors_that_cannot_be_used(errors, said):
    with pytest.raises(UsageError) as caught:
        price(contract(), {"x": 12}, std_error=errors, average=tenfold)
    assert any(str(problem).startswith(said) for problem in caught.value.problems)


def test_by_group_the_missing_error_is_named():
    found = contract({"threshold": clause(per="group")}, **groups(2))
    with pytest.raises(UsageError, match=r"std_error\.x\.a"):
        price(found, {"x.a": 1}, average=tenfold)
