"""What a clause that still cannot be judged becomes at the date that the contract sets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from building import about, clause, groups, make, outcome

from impacteval.contract.dates import after
from impacteval.contract.readings import Given
from impacteval.decide import decide, price
from impacteval.decide.examples import run_examples
from impacteval.errors import UsageError
from impacteval.values import Evidence, Message, Text

WHY = Message("test.why", Text(en="No data.", fr="Pas de données."))
NOTHING = Evidence("x", "all", (), WHY)


def contract(then: str, **more: Any) -> Any:
    rule = {"until": "2030-06", "then": then} | more
    return make({"threshold": clause(if_not_judged=rule)})


@pytest.mark.parametrize(
    ("when", "until", "passed"),
    [
        ("2030-07-01", "2030-06", True),
        ("2030-06-30", "2030-06", False),
        ("2031", "2030-12-31", True),
        ("2030-12-31", "2030", False),
        ("2030", "2030-06", None),
        ("2030-06", "2030-06-15", None),
        ("2028-02", "2028-02-29", False),
        ("2028-03", "2028-02-29", True),
        ("2030-06-16", "2030-06-15", True),
    ],
)
def test_whether_a_date_has_passed(when: str, until: str, passed: bool | None) -> None:
    assert after(when, until) is passed


def row(then: str, date: str | None, evidence: Any = NOTHING, **more: Any) -> Any:
    found = [] if evidence is None else [evidence]
    return decide(contract(then, **more), found, given=Given(settlement_date=date)).clauses[0]


@pytest.mark.parametrize("evidence", [NOTHING, None])
@pytest.mark.parametrize(
    ("then", "more", "verdict", "amount"),
    [
        ("not_met", {}, "not_met", 0),
        ("pay", {}, "met", 100),
        ("use", {"use": {"value": 12}}, "met", 100),
        ("use", {"use": {"value": 9.5}}, "not_met", 0),
        ("use", {"use": "the rate of last year"}, None, None),
    ],
)
def test_each_way_out(
    evidence: Any, then: str, more: Any, verdict: str | None, amount: Any
) -> None:
    late = row(then, "2030-07", evidence, **more)
    if verdict is None:
        unjudged = None if evidence is None else "cannot_be_judged"
        assert (late.verdict, late.amount) == (unjudged, None)
        assert late.reason.key == "contract.not-judged-words"
        assert late.reason.values["use"].en == "the rate of last year"
    else:
        assert (late.verdict.value, late.amount) == (verdict, Decimal(amount))
    for date in (None, "2030-06-30", "2030"):
        early = row(then, date, evidence, **more)
        assert (early.verdict, early.amount) == (
            None if evidence is None else "cannot_be_judged",
            None,
        )
        keys = [step.key for step in early.steps][1:]
        assert (
            keys
            == {
                None: [],
                "2030-06-30": ["contract.not-judged-awaited"],
                "2030": ["contract.not-judged-coarse"],
            }[date]
        )


def test_what_was_known_is_still_said() -> None:
    late = row("pay", "2031")
    assert [s.key for s in late.steps] == ["test.why", "contract.not-judged-pays", "terms.pays"]
    used = row("use", "2031", use={"value": 12})
    assert [s.key for s in used.steps][:2] == ["test.why", "contract.not-judged-uses"]
    assert used.value == 12
    assert used.estimate is None  # what was agreed is not what was found


def test_a_clause_that_was_judged_is_left_alone() -> None:
    for estimate, verdict in ((11, "met"), (9, "not_met")):
        for then in ("pay", "not_met"):
            assert row(then, "2031", about(estimate)).verdict.value == verdict


def test_the_number_used_is_rounded_as_results_are() -> None:
    rule = {"until": "2030", "then": "use", "use": {"value": "9.95"}}
    rounding = {"round_result": {"decimals": 1, "mode": "half_up"}}
    agreed = make({"threshold": clause(if_not_judged=rule)}, outcomes={"x": outcome(**rounding)})
    found = decide(agreed, [NOTHING], given=Given(settlement_date="2031")).clauses[0]
    assert (found.value, found.exact, found.verdict.value) == (
        Decimal("10.0"),
        Decimal("9.95"),
        "met",
    )


def test_a_pool_between_two_numbers_is_not_judged_either() -> None:
    rule = {"until": "2030", "then": "not_met"}
    agreed = make(
        {"threshold": clause(per="pooled", weights="people", if_not_judged=rule)},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(2),
    )
    given = {"x": {"a": 5, "b": 15}}
    assert price(agreed, given).clauses[0].verdict.value == "cannot_be_judged"
    assert price(agreed, given, settlement_date="2031").clauses[0].verdict.value == "not_met"


def test_a_clause_behind_an_unjudged_gate_is_no_business_of_its_own_rule() -> None:
    agreed = make(
        {
            "gate": {
                "name": "quality",
                "when": {"q": {"at_least": 1}},
                "opens": {"threshold": clause(if_not_judged={"until": "2030", "then": "not_met"})},
            }
        },
        outcomes={"x": outcome(), "q": outcome()},
    )
    found = price(agreed, {"x": 11}, settlement_date="2031").clause("main")
    assert (found.verdict.value, found.amount) == ("met", None)


def test_a_gate_can_be_granted_and_an_unpublished_amount_stays_unpublished() -> None:
    late = {"until": "2030", "then": "pay"}
    agreed = make(
        {
            "gate": {
                "name": "quality",
                "when": {"q": {"at_least": 1}},
                "if_not_judged": late,
                "opens": {"threshold": clause(pay="not_published", if_not_judged=late)},
            }
        },
        outcomes={"x": outcome(), "q": outcome()},
    )
    found = price(agreed, {}, settlement_date="2031")
    assert [c.verdict.value for c in found.clauses] == ["met", "met"]
    assert found.to_json()["due_now"] == "not_published"
    assert found.to_json()["total"] == "not_published"


@pytest.mark.parametrize("date", ["31-12-2030", "soon", "2030-13"])
def test_a_date_that_is_none(date: str) -> None:
    with pytest.raises(UsageError, match="is not a date"):
        price(contract("pay"), {}, settlement_date=date)


def test_examples_name_the_date(tmp_path: Any) -> None:
    file = tmp_path / "examples.yaml"
    file.write_text(
        "format: impacteval-examples/1\n"
        "examples:\n"
        "  - name: late\n"
        "    settlement_date: 2030-07\n"
        "    expect: [{clause: main, verdict: met, amount: 100}]\n"
        "  - name: in time\n"
        "    settlement_date: 2030-06\n"
        "    expect: [{clause: main, verdict: open, amount: open}]\n",
        encoding="utf-8",
    )
    assert all(result.passed for result in run_examples(file, contract("pay")))
