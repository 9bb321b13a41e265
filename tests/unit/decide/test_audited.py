"""A count under audit: it stands within the limit, beyond it what was found wrong is taken off."""

from __future__ import annotations

from decimal import Decimal

import pytest
from building import clause, groups, make, outcome
from hypothesis import given
from hypothesis import strategies as st

from impacteval.contract.rules import error_of, level_of
from impacteval.contract.saying import rule_sentence
from impacteval.contract.sentences import explain_sentences
from impacteval.decide import compared, decide, other_rules, price, rule_text
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.values import (
    Answer,
    AuditDiscrepancy,
    ClaimedCount,
    Evidence,
    Message,
    PointEstimate,
    Text,
)

COUNT = outcome(better="higher", effect="verified_count", counterfactual={"design": "none"})
BY_UNIT = {"linear": {"name": "main", "outcome": "x", "per_unit": 10}}
WHY = Message("test.why", Text(en="Nobody looked.", fr="Personne n'a regardé."))


def contract(payment=BY_UNIT, limit="0.15", count=COUNT, **changes):
    rule = {"verified_count": {} if limit is None else {"audit_limit": limit}}
    return make(payment, decide_on=rule, outcomes={"x": count}, **changes)


@pytest.mark.parametrize(
    ("found", "value", "amount"),
    [
        ("0", "1000", "10000.00"),
        ("0.12", "1000", "10000.00"),
        ("0.15", "1000", "10000.00"),  # at the limit the count stands: only more than it counts
        ("15%", "1000", "10000.00"),
        ("0.150000000001", "849.999999999", "8500.00"),
        ("0.2", "800", "8000.00"),
        ("20%", "800", "8000.00"),
        ("1", "0", "0.00"),
    ],
)
def test_typed(found, value, amount):
    # The verification of the Educate Girls bond agreed 15% (IDinsight, final evaluation report).
    row = price(contract(), {"x": 1000}, audit={"x": found}).clauses[0]
    assert (row.value, row.amount) == (Decimal(value), Decimal(amount))


def test_the_steps_tell_both_numbers():
    row = price(contract(), {"x": 1000}, audit={"x": "0.2"}).clauses[0]
    assert [step.key for step in row.steps[:2]] == ["decide.given", "decide.audit-cut"]
    assert fill(row.steps[1], "en", "EUR") == (
        "The audit found 20% wrong, more than the 15% agreed: 1,000 less 20% is 800."
    )
    row = price(contract(), {"x": 1000}, audit={"x": "0.15"}).clauses[0]
    assert row.steps[1].key == "decide.audit-kept"


def test_a_count_that_was_cut_is_rounded_only_as_the_contract_says():
    assert price(contract(), {"x": 101}, audit={"x": "0.2"}).clauses[0].value == Decimal("80.8")
    whole = contract(count=COUNT | {"round_result": {"decimals": 0, "mode": "half_up"}})
    row = price(whole, {"x": 101}, audit={"x": "0.2"}).clauses[0]
    assert (row.value, row.exact) == (Decimal(81), Decimal("80.8"))
    assert "decide.rounded" in [step.key for step in row.steps]


def test_without_an_audit_nothing_is_judged_and_nothing_is_zero():
    decision = price(contract(), {"x": 1000})
    row = decision.clauses[0]
    assert (row.verdict.value, row.amount, row.value) == ("cannot_be_judged", None, None)
    assert row.reason.key == "decide.no-audit"
    assert decision.total is None
    known = Answer(PointEstimate(), Decimal(1000))
    unknown = Evidence("x", "all", (known, Answer(AuditDiscrepancy(), None, WHY)))
    assert decide(contract(), [unknown]).clauses[0].reason == WHY


def test_decided_from_evidence():
    found = Evidence(
        "x",
        "all",
        (Answer(PointEstimate(), Decimal(1000)), Answer(AuditDiscrepancy(), Decimal("0.16"))),
    )
    row = decide(contract(), [found]).clauses[0]
    assert (row.value, row.estimate, row.steps[0].key) == (840, 1000, "decide.counted")


def test_no_count_is_still_open():
    assert price(contract(), {}).clauses[0].verdict is None


def test_by_group():
    two = contract({"linear": BY_UNIT["linear"] | {"per": "group"}}, **groups(2))
    rows = price(two, {"x": {"a": 100, "b": 100}}, audit={"x": {"a": "0.2", "b": 0}}).clauses
    assert [row.value for row in rows] == [80, 100]
    rows = price(two, {"x": {"a": 100, "b": 100}}, audit={"x.a": "0.2"}).clauses
    assert [row.verdict.value for row in rows] == ["met", "cannot_be_judged"]


def test_a_pool_of_audited_counts_needs_its_own_audit():
    pooled = contract(
        {"threshold": clause(per="pooled", weights="people")},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(2),
    )
    typed = {"x": {"a": 100, "b": 100}}
    assert price(pooled, typed, audit={"x.a": 0, "x.b": 0}).clauses[0].verdict is None
    assert price(pooled, {"x.pooled": 100}, audit={"x.pooled": 0}).clauses[0].value == 100


@pytest.mark.parametrize(
    ("audit", "said"),
    [
        ({"y": "0.1"}, "audit: 'y' is given, and no clause reads an audit of it. Known: x."),
        ({"x": "1.2"}, "The share for audit, x, all is 1.2."),
        ({"x": "-0.1"}, "The share for audit, x, all is -0.1."),
        ({"x": "12"}, "The share for audit, x, all is 12."),
        ({"x": "some"}, "The number for audit, x, all is 'some'."),
        ({"x.g": "0.1"}, "audit: 'g' is not a group that a clause compares for x."),
        ({"x": "0.1", "x.all": "0.1"}, "audit: x, all is given twice."),
        (3, "audit must be a mapping, not int."),
    ],
)
def test_audits_that_cannot_be_used(audit, said):
    with pytest.raises(UsageError) as caught:
        price(contract(), {"x": 10}, audit=audit)
    assert any(str(problem).startswith(said) for problem in caught.value.problems)


def test_an_audit_that_nothing_reads_is_refused():
    with pytest.raises(UsageError, match="no clause reads an audit of it"):
        price(make(), {"x": 10}, audit={"x": 0})


# --- the contract -------------------------------------------------------------------------------


def test_the_limit_may_stand_with_the_audit():
    agreed = {"how": "A sample is counted again.", "limit": "15%"}
    elsewhere = make(BY_UNIT, decide_on="verified_count", outcomes={"x": COUNT}, audit=agreed)
    both = contract(audit=agreed)
    for one in (elsewhere, both):
        assert rule_text(one.rule(one.clauses[0])) == "verified_count 0.15"
        assert price(one, {"x": 1000}, audit={"x": "0.2"}).clauses[0].value == 800
    assert type(elsewhere).model_validate(elsewhere.model_dump()) == elsewhere


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limit": None}, "Nothing says how much an audit may find wrong"),
        ({"audit": {"how": "So.", "limit": "0.1"}}, "The audit of the contract has the limit 0.1, and"),
        ({"count": outcome()}, "reads a verified count, and the effect of `x` is relative_reduction"),
        ({"count": COUNT | {"better": "lower"}, "payment": {"threshold": clause(operator="at_most")}},
         "would pay more when an audit finds records wrong"),
        ({"limit": "1"}, "limits nothing"),
        ({"limit": "-1%"}, "is not a share of the count"),
    ],
)  # fmt: skip
def test_contracts_that_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        contract(**changes)


def test_a_limit_that_no_clause_reads_is_refused():
    with pytest.raises(ValueError, match="The audit has a limit, and no clause reads it"):
        make(audit={"how": "So.", "limit": "15%"})


def test_it_has_no_level_and_asks_what_the_audit_found():
    rule = contract().rule(contract().clauses[0])
    assert (level_of(rule), error_of(rule)) == (None, None)
    (number,) = compared(contract())
    assert number.questions == (PointEstimate(), AuditDiscrepancy(), ClaimedCount())
    assert [other.name for other in other_rules(contract())] == [
        "point_estimate",
        "lower_bound",
        "chance_at_least",
    ]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_limit_is_said(lang):
    assert "15" in fill(rule_sentence(contract().decide_on), lang)
    agreed = {"how": "A sample is counted again.", "limit": "15%"}
    elsewhere = make(BY_UNIT, decide_on="verified_count", outcomes={"x": COUNT}, audit=agreed)
    said = [fill(message, lang) for message in explain_sentences(elsewhere)]
    assert sum("15" in sentence for sentence in said) == 1


@given(st.decimals(0, 1, places=6), st.integers(0, 10**6), st.integers(0, 99))
def test_an_audit_never_raises_a_count_and_is_strict(found, count, percent):
    limit = Decimal(percent) / 100
    row = price(contract(limit=str(limit)), {"x": count}, audit={"x": found}).clauses[0]
    assert row.value == (count * (1 - found) if found > limit else count)
    assert row.value <= count


def test_an_estimate_that_has_the_audit_in_it_is_not_cut_twice():
    # 1,000 claimed, 20% found wrong: the estimate is 800 already, and the claims are what is cut.
    answers = (
        Answer(PointEstimate(), Decimal(800)),
        Answer(AuditDiscrepancy(), Decimal("0.2")),
        Answer(ClaimedCount(), Decimal(1000)),
    )
    row = decide(contract(), [Evidence("x", "all", answers)]).clauses[0]
    assert (row.value, row.estimate) == (800, 800)
    kept = (answers[0], Answer(AuditDiscrepancy(), Decimal("0.15")), answers[2])
    assert decide(contract(), [Evidence("x", "all", kept)]).clauses[0].value == 1000
