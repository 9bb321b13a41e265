"""Holm's rule at its edges: when exactly a clause has established all that it can pay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from building import about, clause, make, outcome
from test_several_chances import CHANCE, LOWER, TEST, verdicts

from impacteval.contract import Contract
from impacteval.decide import decide
from impacteval.values import Answer, Confidence, Evidence, LowerBound, PointEstimate, PValue


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
