"""Settlements typed in at their edges: every problem is told, and every number reaches its clause.

Each test was written because a change to the code went unnoticed without it
(docs/reference/mutation.md).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from building import about, clause, groups, make, outcome
from pydantic import ValidationError
from test_amended_rules import AUDITED, COUNT, FLAT, UP, amended, change, totals
from test_handing_on import sure
from test_priced_pool_of_sums import ANYWAY, PEOPLE, RESULTS, agreed
from test_settling import NET, units
from test_several_chances import CHANCE, verdicts

from impacteval.contract import Contract
from impacteval.contract.calendar import look_of
from impacteval.contract.readings import Given
from impacteval.contract.sitting import sitting_of
from impacteval.decide import decide, price
from impacteval.errors import UsageError


def problems(case: Callable[[], object]) -> list[str]:
    """What is wrong, problem by problem."""
    with pytest.raises(UsageError) as wrong:
        case()
    return [problem.what for problem in wrong.value.problems]


def fixes(case: Callable[[], object]) -> list[str]:
    """What to do about it, problem by problem."""
    with pytest.raises(UsageError) as wrong:
        case()
    return [problem.fix for problem in wrong.value.problems]


def tenfold(_contract: Any, _leaf: Any, value: Decimal, error: Decimal) -> Decimal:
    return (value + error) * 10


# --- one wrong number hides no other one ---------------------------------------------------------


TRIGGERS = {
    "few": {"people": {"less_than": 9}, "then": "report"},
    "gone": {"missing_share": {"more_than": "9%"}, "then": "report"},
    "young": {"reach": {"young": {"less_than": "40%"}}, "then": "report"},
}
WATCHED = make(
    stop_when=TRIGGERS, equity={"young": {"plain_name": {"en": "Young", "fr": "Jeunes"}}}
)


def test_every_number_of_a_stop_trigger_that_cannot_be_used_is_told() -> None:
    typed = {"fw": 1, "few": "some", "gone": 101, "young": -1}
    assert problems(lambda: price(WATCHED, {"x": 1}, stops=typed)) == [
        "stops: 'fw' is not a stop trigger of this contract.",
        "The number for stops, few is 'some'.",
        "stops: gone is 101.",
        "stops: young is -1.",
    ]


@pytest.mark.parametrize("name", ["gone", "young"])
def test_a_share_goes_up_to_one_hundred_percent(name: str) -> None:
    (stop,) = (s for s in price(WATCHED, {"x": 1}, stops={name: 100}).stops if s.name == name)
    assert stop.value == 100
    assert stop.state == ("fired" if name == "gone" else "quiet")
    case = lambda: price(WATCHED, {"x": 1}, stops={name: "100.1"})  # noqa: E731  called twice
    assert problems(case) == [f"stops: {name} is 100.1."]
    assert fixes(case) == ["Give a percentage, 0 to 100."]


def test_all_money_of_others_that_cannot_be_used_is_told() -> None:
    typed = {"region": 1, "medicaid": -1}
    assert problems(lambda: price(units(net_of=NET), {"x": 1}, other_money=typed)) == [
        "other_money: 'region' is not money that this contract takes off.",
        "other_money, medicaid is -1.",
    ]


def test_all_numbers_of_people_that_cannot_be_used_are_told() -> None:
    contract = make({"threshold": clause(per="group")}, **groups(2))
    assert problems(lambda: price(contract, {}, {"z": 1, "a": "some", "b": -1})) == [
        "people: 'z' is not a group of this contract.",
        "The number for people, a is 'some'.",
        "people: b has -1 people.",
    ]


def test_every_counterfactual_that_cannot_be_used_is_told() -> None:
    typed = {"x": {"c": 3, "a": 0}}
    assert problems(lambda: price(agreed(), RESULTS, PEOPLE, counterfactual=typed)) == [
        "counterfactual, x, c is given, and no pool is a ratio of sums over it.",
        "counterfactual, x, a is 0.",
    ]


def test_the_argument_that_is_no_mapping_is_named() -> None:
    assert problems(lambda: price(make(), {"x": 1}, counterfactual=[1])) == [
        "counterfactual must be a mapping, not list."
    ]


def test_every_error_that_is_missing_is_asked_for() -> None:
    contract = make({"threshold": clause(per="group")}, decide_on=FLAT, **groups(2))
    case = lambda: price(contract, {"x": {"a": 1, "b": 2}}, average=tenfold)  # noqa: E731  twice
    assert [what.partition(" ")[0] for what in problems(case)] == ["x.a", "x.b"]
    assert [fix.split()[-1] for fix in fixes(case)] == ["std_error.x.a.", "std_error.x.b."]


def test_names_with_points_are_told_as_they_were_typed() -> None:
    combined = make(decide_on={"combine": {"rct": "0.8", "did": "0.2"}})
    typed = {"x.rct": 1, "x.did": 2, "x.rct.more": 3}
    (wrong,) = problems(lambda: price(combined, typed))
    assert wrong.startswith("'rct.more' is not a design")
    audited = make(
        {"linear": {"name": "main", "outcome": "x", "per_unit": 10, "per": "group"}},
        decide_on=AUDITED,
        outcomes={"x": COUNT},
        **groups(2),
    )
    (wrong,) = problems(lambda: price(audited, {"x.a": 1}, audit={"x.a.b": "0.1"}))
    assert wrong.startswith("audit: 'a.b' is not a group")


def test_only_what_the_contract_as_signed_compares_is_sent_there() -> None:
    contract = make(
        {"threshold": clause(per="group")},
        **groups(2),
        changes=[change(set={"groups.b.cancelled": "2020-03"})],
    )
    there, nowhere = fixes(lambda: price(contract, {"x.b": 1, "x.z": 2}))
    assert there.endswith("give it as as_contracted.x.b.")
    assert "as_contracted" not in nowhere


# --- every number reaches its clause -------------------------------------------------------------


def test_one_group_may_be_given_as_a_whole_and_the_next_in_parts() -> None:
    contract = make(
        {"threshold": clause(per="group")},
        decide_on={"combine": {"rct": "0.8", "did": "0.2"}},
        **groups(2),
    )
    # 0.8 x 12 + 0.2 x 5 = 10.6
    decision = price(contract, {"x": {"a": 3, "b": {"rct": 12, "did": 5}}})
    assert [row.value for row in decision.clauses] == [3, Decimal("10.6")]
    assert decision.total == 100


def test_an_average_is_paid_beside_clauses_that_pay_none() -> None:
    payment = {
        "sum": [
            clause(name="plain", decide_on="point_estimate"),
            clause(name="average", decide_on=FLAT),
        ]
    }
    decision = price(make(payment), {"x": 12}, std_error={"x": "0.5"}, average=tenfold)
    # An error below 1 is an error like any other: (12 + 0.5) x 10.
    assert [row.amount for row in decision.clauses] == [100, 125]


def test_a_group_without_a_result_does_not_keep_the_next_one_from_its_average() -> None:
    contract = make({"threshold": clause(per="group")}, decide_on=FLAT, **groups(2))
    decision = price(contract, {"x.b": 1}, std_error={"x.b": 2}, average=tenfold)
    assert [row.amount for row in decision.clauses] == [None, 30]


# --- both readings of an amended contract --------------------------------------------------------


def test_an_audit_of_the_contract_as_signed_does_not_keep_the_next_from_being_read() -> None:
    contract = make(
        {"linear": {"name": "main", "outcome": "x", "per_unit": 10, "per": "group"}},
        decide_on=AUDITED,
        outcomes={"x": COUNT},
        **groups(2),
        changes=[change(set={"groups.a.cancelled": "2020-03"})],
    )
    decision = price(
        contract,
        {"x.b": 100},
        audit={"x.a": "0.5", "x.b": "0.2"},
        as_contracted={"x.a": 100},
    )
    # 80 of b are paid for; as signed 50 of a are too.
    assert totals(decision) == (800, 1300)


def test_an_error_that_only_the_amended_reading_needs() -> None:
    contract = amended("point_estimate", {"decide_on": FLAT}, {"threshold": clause()}, UP)
    decision = price(contract, {"x": 12}, std_error={"x": 3}, average=tenfold)
    assert totals(decision) == (150, 100)


def test_an_error_that_only_the_contract_as_signed_needs_is_checked_too() -> None:
    contract = amended(FLAT, {"decide_on": "point_estimate"}, {"threshold": clause()}, UP)
    case = lambda: price(contract, {"x": 12}, std_error={"x": 0}, average=tenfold)  # noqa: E731
    assert "std_error, x, all is 0." in problems(case)


SUMS_NO_MORE = agreed(changes=[change(set={"pool": "mean_of_effects"})])


def test_a_counterfactual_that_only_the_contract_as_signed_needs() -> None:
    decision = price(SUMS_NO_MORE, RESULTS, PEOPLE, counterfactual=ANYWAY)
    assert decision.clause("main").value == Decimal("8.75")  # (20 + 3 x 5) / 4
    signed = decision.amended.as_contracted.clause("main")
    assert signed.value == Decimal("11.81818182")  # 1 - 9700 / 11000


def test_a_counterfactual_that_only_the_contract_as_signed_needs_is_checked_too() -> None:
    typed = {"x": {"a": 0, "b": 20}}
    assert problems(lambda: price(SUMS_NO_MORE, RESULTS, PEOPLE, counterfactual=typed)) == [
        "counterfactual, x, a is 0."
    ]


# --- several chances to be paid ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends_of_b", "wanted"),
    [
        # Both are judged: once b is established at 95%, 90% is enough for a.
        ("2011", ["met", "met"]),
        # The follow-up of b ends after the date: it hands nothing on, and a waits for it.
        ("2012", ["cannot_be_judged", "cannot_be_judged"]),
    ],
)
def test_a_group_whose_follow_up_goes_on_hands_nothing_on(
    ends_of_b: str, wanted: list[str]
) -> None:
    contract = make(
        {"threshold": clause(of="a", per="group")},
        outcomes={"a": outcome(window={"follow": "12 months"})},
        decide_on=CHANCE,
        multiplicity="holm",
        calendar={"settlements": {"end": {"date": "2012-12-31"}}},
        **groups(2, a={"ends": "2011"}, b={"ends": ends_of_b}),
    )
    look = look_of(contract, "end")
    assert look is not None
    at = sitting_of(contract, look, None, None)
    told = [sure("a", "0.92", "a"), sure("a", "0.96", "b")]
    assert verdicts(decide(contract, told, given=Given(at=at))) == wanted


def test_a_group_that_others_stand_behind_is_not_said_to_be_pooled() -> None:
    contract = make(
        {"sum": [clause(name=name, of=name, per="group") for name in "ab"]},
        outcomes={name: outcome() for name in "ab"},
        decide_on=CHANCE,
        multiplicity="gatekeeping",
        **groups(2),
    )
    told = [sure(of, "0.95", group) for of in "ab" for group in "ab"]
    found = decide(contract, told)
    assert verdicts(found) == ["met"] * 4
    assert [row.pool for row in found.clauses] == [()] * 4


def shrinking(order: list[str], excludes: list[str]) -> Contract:
    """Groups paid by `early` leave the pool of `final`; `more` stands beside both."""
    first_of = [
        clause(name="early", of="y", per="group", decide_on="point_estimate"),
        clause(name="final", per="pooled", weights="people"),
    ]
    more = clause(name="more", of="z", per="pooled", weights="people")
    return make(
        {"sum": [{"first_of": first_of}, more]},
        outcomes={name: outcome() for name in "xyz"},
        decide_on=CHANCE,
        multiplicity="gatekeeping",
        gatekeeping=order,
        pool="mean_of_effects",
        pool_excludes=excludes,
        **groups(3),
    )


def test_nothing_is_tested_after_a_pool_that_groups_leave() -> None:
    """Clauses behind `final` would be judged by a pool that it does not read."""
    with pytest.raises(ValidationError, match="leave the pool of `final`"):
        shrinking(["final", "more"], ["paid"])
    told = [
        *(about(12 if group == "a" else 3, of="y", group=group) for group in "abc"),
        sure("x", "0.5", "pooled"),
        sure("x", "0.95", "pooled:b+c"),
        sure("z", "0.95", "pooled"),
    ]
    last = decide(shrinking(["more", "final"], ["paid"]), told)
    assert verdicts(last)[3:] == ["met", "met"]
    assert last.clause("final").pool == ("b", "c")
    whole = decide(shrinking(["final", "more"], []), told)
    assert verdicts(whole)[3:] == ["not_met", "not_met"]
    assert whole.clause("final").pool == ("a", "b", "c")
