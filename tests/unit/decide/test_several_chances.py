"""Holm and gatekeeping: against the textbook, by hand, and with numbers that are missing."""

from __future__ import annotations

from decimal import Decimal
from statistics import NormalDist
from typing import Any

import pytest
from building import about, clause, groups, make, outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from impacteval.contract import Contract
from impacteval.decide import compared, decide, price
from impacteval.values import (
    Answer,
    Confidence,
    Evidence,
    LowerBound,
    Message,
    PointEstimate,
    PValue,
    Status,
    Text,
)

WHY = Message("test.why", Text(en="No data.", fr="Pas de données."))
NAMES = "abcdef"
CHANCE = {"chance_at_least": "0.9"}
LOWER = {"lower_bound": {"level": "0.9", "sides": "one"}}
TEST = {"significant": {"level": "0.9", "sides": "one"}, "then": "point_estimate"}


def family(rule: Any, n: int, multiplicity: str = "holm", **more: Any) -> Contract:
    """One clause on each of n outcomes, at a threshold of 10."""
    return make(
        {"sum": [clause(name=k, of=k) for k in NAMES[:n]]},
        outcomes={k: outcome() for k in NAMES[:n]},
        decide_on=rule,
        multiplicity=multiplicity,
        **more,
    )


def normal(contract: Contract, name: str, estimate: float, error: float = 4.0) -> Evidence:
    """Answers to all that the contract asks, from a normal confidence distribution."""
    law = NormalDist(estimate, error)

    def answer(question: Any) -> Decimal:
        match question:
            case PointEstimate():
                return Decimal(repr(round(estimate, 9)))
            case LowerBound(level=level, sides=sides):
                tail = (1 - float(level)) / (2 if sides == "two" else 1)
                return Decimal(repr(round(law.inv_cdf(tail), 9)))
            case PValue(sides=sides):
                upper = law.cdf(0)
                p = upper if sides == "one" else 2 * min(upper, 1 - upper)
                return Decimal(repr(round(p, 12)))
            case Confidence(at=at):
                return Decimal(repr(round(1 - law.cdf(float(at)), 12)))
        raise AssertionError(question)

    asked = next(c for c in compared(contract) if c.outcome == name).questions
    return Evidence(name, "all", tuple(Answer(q, answer(q)) for q in asked))


def verdicts(decision: Any) -> list[Any]:
    return [c.verdict and c.verdict.value for c in decision.clauses]


# --- Holm ----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(1, 9999).map(lambda k: k / 10000), min_size=2, max_size=6),
    st.sampled_from([CHANCE, LOWER]),
)
def test_thresholds_are_met_as_the_textbook_says(p: list[float], rule: Any) -> None:
    """statsmodels 0.14, multipletests(method="holm"), is another implementation."""
    contract = family(rule, len(p))
    told = [
        normal(contract, name, 10 - 4 * NormalDist().inv_cdf(chance))
        for name, chance in zip(NAMES, p, strict=False)
    ]
    # A p-value that is exactly its own bound may fall either way in floating point.
    near = any(abs(chance - 0.1 / k) < 1e-7 for chance in p for k in range(1, len(p) + 1))
    if near:
        return
    rejected = multipletests(p, alpha=0.1, method="holm")[0]
    assert verdicts(decide(contract, told)) == ["met" if r else "not_met" for r in rejected]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 9999).map(lambda k: k / 10000), min_size=2, max_size=5))
def test_a_test_against_zero_is_the_hypothesis_of_significant(p: list[float]) -> None:
    contract = family(TEST, len(p))
    told = [
        normal(contract, name, 100 - 40 * NormalDist().inv_cdf(chance) - 100 + 1e-9, 40)
        for name, chance in zip(NAMES, p, strict=False)
    ]
    if any(abs(chance - 0.1 / k) < 1e-7 for chance in p for k in range(1, len(p) + 1)):
        return
    rejected = multipletests(p, alpha=0.1, method="holm")[0]
    estimates = [evidence.answers[0].value for evidence in told]
    wanted = [
        "met" if r and e >= 10 else "not_met" for r, e in zip(rejected, estimates, strict=True)
    ]
    assert verdicts(decide(contract, told)) == wanted


def test_each_clause_is_told_its_level_and_the_order_is_said() -> None:
    contract = family(CHANCE, 3)
    # Level 0.9: a third of 10% asks for 96.67%, a half for 95%, the whole for 90%.
    told = [
        about("12", of=name, confidence={"10": c}, asked=(Confidence(Decimal(10), "at_least"),))
        for name, c in zip(NAMES, ("0.94", "0.97", "0.93"), strict=False)
    ]
    decision = decide(contract, told)
    assert verdicts(decision) == ["not_met", "met", "not_met"]
    levels = {c.name: c.applied.chance_at_least for c in decision.clauses}
    assert levels == {
        "a": Decimal("0.95"),
        "b": Decimal("0.966666666667"),
        "c": Decimal("0.95"),
    }
    said = next(s for s in decision.clauses[0].steps if s.key == "decide.holm-level")
    assert said.values == {
        "family": "a|b|c",
        "parts": 2,
        "size": 3,
        "level": Decimal(95),
    }
    assert decision.steps[0].key == "decide.holm-order"
    assert dict(decision.steps[0].values) == {"passed": "b (1/3)", "left": "a|c"}
    # One more that is sure enough lets the others be read at their full level.
    surer = [
        told[0],
        told[1],
        about(
            "12", of="c", confidence={"10": "0.96"}, asked=(Confidence(Decimal(10), "at_least"),)
        ),
    ]
    assert verdicts(decide(contract, surer)) == ["met", "met", "met"]
    assert decide(contract, surer).steps[0].key == "decide.holm-order.all"
    nobody = [
        about("1", of=n, confidence={"10": "0.5"}, asked=(Confidence(Decimal(10), "at_least"),))
        for n in "abc"
    ]
    assert decide(contract, nobody).steps[0].key == "decide.holm-order.none"


def test_a_clause_in_steps_keeps_its_share_until_its_last_step_is_established() -> None:
    """Else a step of one clause would be paid for with the error of another."""
    tiers = {
        "tiers": {
            "name": "a",
            "outcome": "a",
            "steps": [{"at_least": 5, "pay": 10}, {"at_least": 20, "pay": 50}],
        }
    }
    contract = make(
        {"sum": [tiers, clause(name="b", of="b")]},
        outcomes={"a": outcome(), "b": outcome()},
        decide_on=LOWER,
        multiplicity="holm",
    )
    # a: its bound at 95% is 13.4: the first step only. b: bound at 90% 10.87, at 95% 9.4.
    told = [normal(contract, "a", 20, 4), normal(contract, "b", 16, 4)]
    decision = decide(contract, told)
    assert verdicts(decision) == ["met", "not_met"]
    assert decision.due_now == Decimal("10.00")
    # Once a stands beyond its last step, b is read at the whole level.
    told[0] = normal(contract, "a", 40, 4)
    assert verdicts(decide(contract, told)) == ["met", "met"]
    assert decide(contract, told).due_now == Decimal("150.00")


@pytest.mark.parametrize(
    ("term", "sure", "hands_on"),
    [
        ({"linear": {"per_unit": 1, "above": 5, "ceiling": 10}}, 40, True),
        ({"linear": {"per_unit": 1, "above": 5, "ceiling": 10}}, 20, False),
        ({"linear": {"per_unit": 1, "above": 5}}, 40, False),
        ({"piecewise": {"steps": [{"at_least": 5, "pay": 1}]}}, 40, True),
        ({"piecewise": {"steps": [{"at_least": 5, "pay": 1, "per_unit": 2}]}}, 40, False),
        ({"bonus_malus": {"dead_band": 1, "full_at": 9, "bonus": 5, "malus": 5}}, 40, True),
        ({"bonus_malus": {"dead_band": 1, "full_at": 30, "bonus": 5, "malus": 5}}, 30, False),
        ({"share_of_saving": {"saving_per_unit": 1, "share": 1}}, 40, False),
        (
            {
                "partial_full": {
                    "partial": {"at_least": 5, "pay": 1},
                    "full": {"at_least": 9, "pay": 2},
                }
            },
            40,
            True,
        ),
    ],
)
def test_who_hands_a_share_on(term: Any, sure: float, hands_on: bool) -> None:
    ((kind, inner),) = term.items()
    contract = make(
        {"sum": [{kind: {"name": "a", "outcome": "a"} | inner}, clause(name="b", of="b")]},
        outcomes={"a": outcome(), "b": outcome()},
        decide_on=LOWER,
        multiplicity="holm",
    )
    told = [normal(contract, "a", sure), normal(contract, "b", 16)]
    decision = decide(contract, told)
    assert decision.clause("b").verdict is (Status.MET if hands_on else Status.NOT_MET)


def test_a_clause_waits_only_when_its_answer_depends_on_one_that_is_not_judged() -> None:
    contract = family(CHANCE, 3)

    def told(sure: str) -> Evidence:
        asked = (Confidence(Decimal(10), "at_least"),)
        return about("12", of="a", confidence={"10": sure}, asked=asked)

    no_data = Evidence("b", "all", (), WHY)
    # 0.97 suffices whatever the others do, 0.5 never does; 0.93 would if both others pass.
    for sure, verdict in (("0.97", "met"), ("0.5", "not_met"), ("0.93", None)):
        decision = decide(contract, [told(sure), no_data])
        assert verdicts(decision) == [verdict, "cannot_be_judged", None]
        assert decision.clause("a").amount == {"met": 100, "not_met": 0, None: None}[verdict]
    waiting = decide(contract, [told("0.93"), no_data]).clause("a")
    assert waiting.reason is not None
    assert waiting.reason.key == "decide.holm-waits"
    assert waiting.reason.values["names"] == "b|c"
    # Nothing is open any more, only unjudged: then so is this one.
    both = [told("0.93"), no_data, Evidence("c", "all", (), WHY)]
    assert verdicts(decide(contract, both)) == ["cannot_be_judged"] * 3
    assert decide(contract, both).total is None


def test_a_number_in_place_of_a_judgement_is_never_established() -> None:
    settled = {"until": "2030", "then": "use", "use": {"value": 50}}
    contract = make(
        {"sum": [clause(name="a", of="a"), clause(name="b", of="b", if_not_judged=settled)]},
        outcomes={"a": outcome(), "b": outcome()},
        decide_on=CHANCE,
        multiplicity="holm",
    )
    asked = (Confidence(Decimal(10), "at_least"),)
    told = [
        about("12", of="a", confidence={"10": "0.93"}, asked=asked),
        Evidence("b", "all", (), WHY),
    ]
    from impacteval.contract.readings import Given

    assert verdicts(decide(contract, told)) == ["cannot_be_judged", "cannot_be_judged"]
    late = decide(contract, told, given=Given(settlement_date="2031"))
    # b is paid on 50 and keeps its half of the error: 0.93 is not 0.95.
    assert verdicts(late) == ["not_met", "met"]
    assert late.clause("b").estimate is None


def test_groups_are_chances_of_their_own() -> None:
    contract = make(
        {"threshold": clause(per="group")}, decide_on=CHANCE, multiplicity="holm", **groups(2)
    )
    asked = (Confidence(Decimal(10), "at_least"),)
    told = [
        about("12", group=g, confidence={"10": c}, asked=asked)
        for g, c in (("a", "0.955"), ("b", "0.91"))
    ]
    decision = decide(contract, told)
    assert verdicts(decision) == ["met", "met"]
    assert decision.steps[0].values["passed"] == "main (a) (1/2)|main (b) (1/1)"


def test_every_level_that_can_occur_is_asked_up_front() -> None:
    asked = compared(family(LOWER, 3))[0].questions
    levels = [q.level for q in asked if isinstance(q, LowerBound)]
    assert levels == [Decimal("0.966666666667"), Decimal("0.95"), Decimal("0.9")]
    # Other rules, for the table beside the binding one, too.
    from impacteval.contract.rules import ChanceRule

    more = compared(
        family("point_estimate", 2, multiplicity="none"), ChanceRule(chance_at_least="0.8")
    )
    assert [type(q).__name__ for q in more[0].questions] == ["PointEstimate", "Confidence"]


def test_adjudicated_numbers_have_no_level_to_share() -> None:
    decision = price(family(LOWER, 2), {"a": 11, "b": 9})
    assert verdicts(decision) == ["met", "not_met"]
    assert not any(s.key.startswith("decide.holm") for s in decision.steps)


# --- gatekeeping ---------------------------------------------------------------------------------


def sure(name: str, confidence: str) -> Evidence:
    asked = (Confidence(Decimal(10), "at_least"),)
    return about("12", of=name, confidence={"10": confidence}, asked=asked)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("0.91 0.92 0.93", ["met", "met", "met"]),
        ("0.91 0.89 0.99", ["met", "not_met", "not_met"]),
        ("0.89 0.99 0.99", ["not_met", "not_met", "not_met"]),
        ("0.91 none 0.99", ["met", "cannot_be_judged", "cannot_be_judged"]),
        ("0.91 open 0.99", ["met", None, None]),
        ("none 0.99 0.99", ["cannot_be_judged"] * 3),
        ("0.89 none 0.99", ["not_met", "not_met", "not_met"]),
    ],
)
def test_a_clause_is_tested_once_those_before_it_are_met(told: str, wanted: list[Any]) -> None:
    contract = family(CHANCE, 3, "gatekeeping")
    evidence = [
        Evidence(name, "all", (), WHY) if word == "none" else sure(name, word)
        for name, word in zip(NAMES, told.split(), strict=False)
        if word != "open"
    ]
    decision = decide(contract, evidence)
    assert verdicts(decision) == wanted
    assert decision.due_now == 100 * wanted.count("met")
    assert (decision.total is None) == any(w in (None, "cannot_be_judged") for w in wanted)


def test_the_order_may_differ_from_that_of_the_file() -> None:
    contract = family(CHANCE, 3, "gatekeeping", gatekeeping=["c", "a", "b"])
    decision = decide(contract, [sure("a", "0.8"), sure("b", "0.99"), sure("c", "0.95")])
    assert verdicts(decision) == ["not_met", "not_met", "met"]
    shut = decision.clause("b")
    assert shut.reason is not None
    assert (shut.reason.key, shut.reason.values["name"]) == ("decide.behind-unmet", "a")
    assert shut.amount == 0
    assert shut.value is None
    assert shut.estimate == 12
    # At the full level, and told what opened the way.
    first = decision.clause("a")
    assert first.applied == contract.decide_on
    assert first.steps[0].key == "decide.behind-met"


def test_a_clause_without_a_level_can_stand_in_the_order() -> None:
    contract = make(
        {"sum": [clause(name="a", of="a"), clause(name="b", of="b", decide_on="point_estimate")]},
        outcomes={"a": outcome(), "b": outcome()},
        decide_on=CHANCE,
        multiplicity="gatekeeping",
        gatekeeping=["b", "a"],
    )
    assert verdicts(decide(contract, [sure("a", "0.95"), about("9", of="b")])) == ["not_met"] * 2
    assert verdicts(decide(contract, [sure("a", "0.95"), about("11", of="b")])) == ["met"] * 2


def test_groups_follow_one_another_within_the_group_and_a_pool_needs_them_all() -> None:
    first = clause(name="first", per="group")
    second = clause(20, name="second", per="group")
    whole = clause(name="whole", per="pooled", weights="people")
    contract = make(
        {"sum": [first, second, whole]},
        decide_on=CHANCE,
        multiplicity="gatekeeping",
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(2),
    )
    asked = (Confidence(Decimal(10), "at_least"), Confidence(Decimal(20), "at_least"))

    def told(a: str, b: str) -> list[Evidence]:
        return [
            about("25", group=g, confidence={"10": c, "20": "0.95"}, asked=asked)
            for g, c in (("a", a), ("b", b), ("pooled", "0.99"))
        ]

    one = decide(contract, told("0.95", "0.5"))
    assert verdicts(one) == ["met", "not_met", "met", "not_met", "not_met"]
    assert verdicts(decide(contract, told("0.95", "0.95"))) == ["met"] * 5


def test_adjudicated_numbers_pass_the_same_gates() -> None:
    contract = family(CHANCE, 3, "gatekeeping")
    assert verdicts(price(contract, {"a": 11, "b": 9, "c": 12})) == ["met", "not_met", "not_met"]
    assert verdicts(price(contract, {"b": 11, "c": 12})) == [None, None, None]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 100), min_size=3, max_size=3))
def test_nothing_is_paid_beyond_a_clause_that_is_not_met(values: list[int]) -> None:
    contract = family(CHANCE, 3, "gatekeeping")
    told = [sure(n, str(Decimal(v) / 100)) for n, v in zip(NAMES, values, strict=False)]
    found = verdicts(decide(contract, told))
    until = next((k for k, v in enumerate(values) if v < 90), 3)
    assert found == ["met"] * until + ["not_met"] * (3 - until)
