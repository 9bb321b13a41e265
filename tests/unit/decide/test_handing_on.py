"""Holm's rule at its edges: when exactly a clause has established all that it can pay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from building import about, clause, groups, make, outcome
from test_several_chances import CHANCE, LOWER, TEST, verdicts

from impacteval.contract import Contract
from impacteval.contract.calendar import look_of
from impacteval.contract.readings import Given
from impacteval.contract.rules import LevelAndSides, LowerBoundRule, Rule
from impacteval.contract.sitting import sitting_of
from impacteval.decide import compared, decide
from impacteval.values import (
    Answer,
    Confidence,
    Evidence,
    LowerBound,
    PartEstimate,
    PointEstimate,
    PValue,
    Question,
)


def two(term: Any, rule: Any) -> Contract:
    """A term on a, and a threshold of 10 on b, under Holm's rule."""
    return make(
        {"sum": [term, clause(name="b", of="b")]},
        outcomes={"a": outcome(), "b": outcome()},
        decide_on=rule,
        multiplicity="holm",
    )


@pytest.mark.parametrize(
    ("sure_of_a", "verdict_of_b"),
    [
        # Half of 10% asks for 95% of both at first. Once a is established, 90% is enough for b.
        ("0.9499", "not_met"),
        ("0.95", "met"),
        ("0.96", "met"),
    ],
)
def test_as_sure_as_is_asked_is_sure_enough_to_hand_on(sure_of_a: str, verdict_of_b: str) -> None:
    contract = two(clause(name="a", of="a"), CHANCE)
    asked = (Confidence(Decimal(10), "at_least"),)
    told = [
        about("12", of="a", confidence={"10": sure_of_a}, asked=asked),
        about("12", of="b", confidence={"10": "0.92"}, asked=asked),
    ]
    assert verdicts(decide(contract, told))[1] == verdict_of_b


def _bounds(of: str, strict: str, plain: str) -> Evidence:
    """An estimate with its bounds at 95% and at 90%."""
    return Evidence(
        of,
        "all",
        (
            Answer(PointEstimate(), Decimal(20)),
            Answer(LowerBound(Decimal("0.95"), "one"), Decimal(strict)),
            Answer(LowerBound(Decimal("0.9"), "one"), Decimal(plain)),
        ),
    )


@pytest.mark.parametrize(
    ("bound_of_a", "verdict_of_b"),
    [
        # The whole bonus is reached at 30, which is 5 beyond the target of 25.
        ("29.99", "not_met"),
        ("30", "met"),
        ("30.01", "met"),
    ],
)
def test_a_bonus_hands_on_from_its_whole_amount(bound_of_a: str, verdict_of_b: str) -> None:
    terms = {"target": 25, "dead_band": 1, "full_at": 5, "bonus": 50, "malus": 50}
    contract = two({"bonus_malus": {"name": "a", "outcome": "a"} | terms}, LOWER)
    told = [_bounds("a", bound_of_a, "40"), _bounds("b", "9", "11")]
    assert verdicts(decide(contract, told))[1] == verdict_of_b


@pytest.mark.parametrize(
    ("estimate_of_a", "p_of_a", "wanted"),
    [
        # a is tested against zero at half of 10%, and compared with 10 only then. What hands the
        # share on is the test, whatever the comparison says.
        ("12", "0.04", ["met", "met"]),
        ("3", "0.04", ["not_met", "met"]),
        ("12", "0.06", ["not_met", "not_met"]),
        ("3", "0.06", ["not_met", "not_met"]),
    ],
)
def test_a_test_that_is_passed_hands_on_even_below_the_threshold(
    estimate_of_a: str, p_of_a: str, wanted: list[str]
) -> None:
    contract = two(clause(name="a", of="a"), TEST)
    told = [
        about(estimate_of_a, of="a", p=p_of_a, asked=(PValue("one"),)),
        about("12", of="b", p="0.08", asked=(PValue("one"),)),
    ]
    assert verdicts(decide(contract, told)) == wanted


# --- what is asked so that every rule can be told -------------------------------------------------


def questions(contract: Contract, *others: Rule) -> dict[str, tuple[Question, ...]]:
    return {number.outcome: number.questions for number in compared(contract, *others)}


def bound(level: str) -> LowerBound:
    return LowerBound(Decimal(level), "one")


def test_one_number_alone_is_asked_at_its_whole_level_and_no_other() -> None:
    contract = two(clause(name="a", of="a", decide_on="point_estimate"), LOWER)
    assert questions(contract) == {
        "a": (PointEstimate(),),
        "b": (PointEstimate(), bound("0.9")),
    }


def test_another_rule_is_asked_at_every_level_that_it_can_come_to() -> None:
    """In place of the contract's rules it has a level for each clause, also where they have none."""
    contract = two(clause(name="a", of="a", decide_on="point_estimate"), LOWER)
    other = LowerBoundRule(lower_bound=LevelAndSides(level=Decimal("0.8"), sides="one"))
    asked = questions(contract, other)
    assert asked == {
        "a": (PointEstimate(), bound("0.9"), bound("0.8")),
        "b": (PointEstimate(), bound("0.9"), bound("0.8")),
    }
    told = [
        Evidence(
            name,
            "all",
            (
                Answer(PointEstimate(), Decimal(20)),
                Answer(bound("0.9"), Decimal(strict)),
                Answer(bound("0.8"), Decimal(plain)),
            ),
        )
        for name, strict, plain in (("a", "11", "12"), ("b", "9", "10.5"))
    ]
    # Half of 20% first: a is established at 90% and hands its share on, so b is read at 80%.
    assert verdicts(decide(contract, told, rule=other)) == ["met", "met"]


@pytest.mark.parametrize("operator", ["at_least", "more_than", "at_most", "less_than"])
def test_a_chance_is_asked_on_the_side_that_is_compared(operator: str) -> None:
    better = "higher" if operator in ("at_least", "more_than") else "lower"
    count = outcome(better=better, effect="verified_count", counterfactual={"design": "none"})
    contract = make(
        {"threshold": clause(operator=operator)}, outcomes={"x": count}, decide_on=CHANCE
    )
    assert questions(contract)["x"] == (PointEstimate(), Confidence(Decimal(10), operator))


def test_designs_that_are_combined_are_asked_what_the_rule_for_their_sum_asks() -> None:
    combined = {"combine": {"rct": "0.8", "did": "0.2"}, "then": CHANCE}
    assert questions(make(decide_on=combined))["x"] == (
        PointEstimate(),
        Confidence(Decimal(10), "at_least"),
        PartEstimate("rct"),
        PartEstimate("did"),
    )


# --- groups together, dates and an order of tests -------------------------------------------------

POOL: dict[str, Any] = {"pool": "mean_of_effects", "pool_excludes": []}


def sure(of: str, confidence: str, group: str = "all", estimate: str = "12") -> Evidence:
    asked = (Confidence(Decimal(10), "at_least"),)
    return about(estimate, of=of, group=group, confidence={"10": confidence}, asked=asked)


@pytest.mark.parametrize(
    ("sure_of_all", "wanted"),
    [
        # a is read for the groups together; b for each. 10% is shared by three numbers at first.
        ("0.97", ["met", "met", "met"]),
        ("0.96", ["not_met", "met", "not_met"]),
        ("0.5", ["not_met", "met", "not_met"]),
    ],
)
def test_the_groups_together_are_one_number_of_the_family(
    sure_of_all: str, wanted: list[str]
) -> None:
    contract = make(
        {
            "sum": [
                clause(name="a", of="a", per="pooled", weights="people"),
                clause(name="b", of="b", per="group"),
            ]
        },
        outcomes={"a": outcome(), "b": outcome()},
        decide_on=CHANCE,
        multiplicity="holm",
        **POOL,
        **groups(),
    )
    told = [
        sure("a", sure_of_all, "pooled"),
        sure("b", "0.97", "a"),
        sure("b", "0.92", "b"),
    ]
    found = verdicts(decide(contract, told))
    if sure_of_all == "0.96":
        # Once one of three is established, two share 10%: 95% is enough for the pool.
        wanted = ["met", "met", "met"]
    assert found == wanted


@pytest.mark.parametrize(
    ("date", "wanted"),
    [
        # The year of follow-up and the wait end on 2013-12-30; before that nothing is established.
        ("2013-12-30", ["met", "met"]),
        ("2013-12-29", ["cannot_be_judged", "cannot_be_judged"]),
    ],
)
def test_nothing_is_established_before_its_time(date: str, wanted: list[str]) -> None:
    of = outcome(window={"follow": "12 months", "then_wait": "6 months"})
    contract = make(
        {
            "sum": [
                clause(name="a", of="a", per="pooled", weights="people"),
                clause(name="b", of="b", per="pooled", weights="people"),
            ]
        },
        outcomes={"a": of, "b": of},
        decide_on=CHANCE,
        multiplicity="holm",
        calendar={"settlements": {"end": {"date": date}}},
        **POOL,
        **groups(2, a={"ends": "2011"}, b={"ends": "2012-06-30"}),
    )
    look = look_of(contract, "end")
    assert look is not None
    at = sitting_of(contract, look, None, None)
    told = [sure("a", "0.96", "pooled"), sure("b", "0.96", "pooled")]
    assert verdicts(decide(contract, told, given=Given(at=at))) == wanted


@pytest.mark.parametrize(
    ("sure_of_all", "wanted"),
    [("0.95", ["met", "met"]), ("0.5", ["not_met", "not_met"])],
)
def test_a_clause_may_stand_behind_the_groups_together(sure_of_all: str, wanted: list[str]) -> None:
    contract = make(
        {
            "sum": [
                clause(name="all", of="a", per="pooled", weights="people"),
                clause(name="b", of="b", per="pooled", weights="people"),
            ]
        },
        outcomes={"a": outcome(), "b": outcome()},
        decide_on=CHANCE,
        multiplicity="gatekeeping",
        **POOL,
        **groups(),
    )
    told = [sure("a", sure_of_all, "pooled"), sure("b", "0.95", "pooled")]
    assert verdicts(decide(contract, told)) == wanted


def test_every_number_that_opens_the_way_or_bars_it_is_named_with_its_group() -> None:
    contract = make(
        {
            "sum": [
                clause(name="first", per="group"),
                clause(name="whole", per="pooled", weights="people"),
            ]
        },
        decide_on=CHANCE,
        multiplicity="gatekeeping",
        **POOL,
        **groups(),
    )
    both = [sure("x", "0.95", g) for g in ("a", "b", "pooled")]
    opened = decide(contract, both).clause("whole").steps[0]
    assert (opened.key, opened.values["names"]) == ("decide.behind-met", "first (a)|first (b)")
    one = [sure("x", "0.95", "a"), sure("x", "0.95", "pooled")]
    waits = decide(contract, one).clause("whole").reason
    assert waits is not None
    assert (waits.key, waits.values["name"]) == ("decide.behind-unjudged", "first (b)")


def test_the_estimate_behind_a_pool_is_that_of_its_own_groups() -> None:
    contract = make(
        {
            "first_of": [
                clause(name="early", per="group"),
                clause(5, name="final", per="pooled", weights="people"),
            ]
        },
        decide_on=LOWER,
        multiplicity="none",
        pool="mean_of_effects",
        pool_excludes=["paid"],
        **groups(3),
    )

    def bounded(group: str, estimate: str, low: str) -> Evidence:
        answers = (Answer(PointEstimate(), Decimal(estimate)), Answer(bound("0.9"), Decimal(low)))
        return Evidence("x", group, answers)

    told = [
        bounded("a", "14", "12"),
        bounded("b", "8", "6"),
        bounded("c", "4", "2"),
        bounded("pooled", "9", "7"),
        bounded("pooled:b+c", "6", "4"),
    ]
    final = decide(contract, told).clause("final")
    assert (final.pool, final.value, final.estimate) == (("b", "c"), 4, 6)
