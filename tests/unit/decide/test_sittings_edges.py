"""At a date of the calendar: what may have been paid before, and what hangs on an amount."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from building import clause, groups, make, outcome  # noqa: E402  the folder of its tests
from test_settling import LAYERS  # noqa: E402
from test_sittings import CAPPED, CUMULATIVE, ledger, looked, two_years  # noqa: E402
from test_told import told  # noqa: E402

from impacteval.decide import Decision, price  # noqa: E402
from impacteval.values import Status  # noqa: E402

UP = outcome(better="higher", effect="difference")
SPLIT = [{"payer": "One", "share": 0.7}, {"payer": "Two", "share": 0.3}]
TWO = {"s1": {"date": "2014"}, "s2": {"date": "2016"}}


def early_and_final(excludes: list[str], **more: Any) -> Any:
    """100 for each group at 10, else 900 for the groups together at 5; both dates judge both."""
    return make(
        {
            "first_of": [
                clause(name="early", per="group"),
                clause(name="final", per="pooled", weights="people", threshold=5, pay=900),
            ]
        }
        | more.pop("payment", {}),
        outcomes={"x": UP},
        pool="mean_of_effects",
        pool_excludes=excludes,
        calendar={"settlements": TWO},
        **groups(2, a={"people": 10}, b={"people": 10}),
        **more,
    )


# What each clause says at s2 when nobody states what s1 paid: verdict and amount. What is met may
# have been paid before, so its amount is open; what is not met pays nothing in any case.
MET, NOT, UNSURE = (Status.MET, None), (Status.NOT_MET, 0), (Status.CANNOT_BE_JUDGED, None)


@pytest.mark.parametrize(
    ("excludes", "a", "b", "early_a", "early_b", "final"),
    [
        # Everybody stays in the pool: the verdict stands whoever was paid.
        ([], 9, 4, NOT, NOT, MET),
        ([], 9, -4, NOT, NOT, NOT),
        ([], 12, 4, MET, NOT, MET),
        ([], 12, -9, MET, NOT, NOT),
        # Groups already paid leave the pool: without them it is another number.
        (["paid"], 9, 4, NOT, NOT, UNSURE),
        (["paid"], 9, -4, NOT, NOT, UNSURE),
        (["paid"], 12, 4, MET, NOT, UNSURE),
    ],
)
def test_what_stands_while_nobody_states_who_was_paid(
    excludes: list[str], a: int, b: int, early_a: Any, early_b: Any, final: Any
) -> None:
    decision = price(early_and_final(excludes), {"x.a": a, "x.b": b}, settlement="s2")
    assert [(row.verdict, row.amount) for row in decision.clauses] == [early_a, early_b, final]
    open_ = any(amount is None for _, amount in (early_a, early_b, final))
    assert (decision.due_now, decision.total) == ((None, None) if open_ else (0, 0))


@pytest.mark.parametrize(
    ("value", "verdict", "amount", "due"),
    [(3, Status.MET, None, None), (1, Status.NOT_MET, 0, 0)],
)
def test_a_look_that_pays_may_have_paid_the_clause(
    value: int, verdict: Status, amount: Any, due: Any
) -> None:
    contract = looked(pays=True, alpha_share=0.2, end={"alpha_share": 0.8})
    decision = price(contract, {"x": value}, settlement="end")
    (row,) = decision.clauses
    assert (row.verdict, row.amount, decision.due_now) == (verdict, amount, due)


def test_a_settlement_beside_a_first_of_pays_what_is_not_in_it() -> None:
    """Only clauses that pay once may have been paid; another one is due anew at each date."""
    contract = make(
        {
            "sum": [
                {"first_of": [clause(name="once", per="group")]},
                clause(name="each", per="group", pay=7),
            ]
        },
        outcomes={"x": UP},
        calendar={"settlements": TWO},
        **groups(2),
    )
    decision = price(contract, {"x.a": 12, "x.b": 12}, settlement="s2")
    amounts = {(row.name, row.group): row.amount for row in decision.clauses}
    assert amounts == {
        ("once", "a"): None,
        ("once", "b"): None,
        ("each", "a"): 7,
        ("each", "b"): 7,
    }


@pytest.mark.parametrize(
    ("date", "quality", "amount", "total"),
    [
        # The year of follow-up and the wait end on 2013-12-30; before that nothing is settled, and
        # a clause behind a gate that is shut now meets the gate again then.
        ("2013-12-30", 60, 100, 100),
        ("2013-12-30", 40, 0, 0),
        ("2013-12-29", 60, None, None),
        ("2013-12-29", 40, None, None),
    ],
)
def test_a_shut_gate_settles_nothing_before_its_time(
    date: str, quality: int, amount: Any, total: Any
) -> None:
    contract = make(
        {
            "gate": {
                "name": "quality",
                "when": {"q": {"at_least": 50}},
                "opens": {"threshold": clause()},
            }
        },
        who_counts={"people": "everyone", "count_everyone": "true", "ends": "2012-06-30"},
        outcomes={"x": UP | {"window": {"follow": "12 months", "then_wait": "6 months"}}, "q": UP},
        calendar={"settlements": {"end": {"date": date}}},
    )
    decision = price(contract, {"x": 12, "q": quality})
    assert (decision.clause("main").amount, decision.total) == (amount, total)


# --- word for word --------------------------------------------------------------------------------


def _hanging(change: dict[str, Any]) -> Any:
    payment = change["payment"] | {"split": SPLIT}
    return two_years(**(change | {"payment": payment}), waterfall={"layers": LAYERS})


def _paid_in_silence() -> Decision:
    """A ledger has a payment at s1 and does not say for whom, under a ceiling and two payers."""
    contract = early_and_final(
        [], payment={"split": SPLIT, "cap": {"amount": 1000, "over": "contract"}}
    )
    silent = ledger({"date": "2015", "settlement": "s1", "amount": 100})
    return price(contract, {"x.a": 12, "x.b": 4}, settlement="s2", ledger=silent)


def _look() -> Decision:
    contract = make(
        clause(threshold=2) | {"split": SPLIT, "cap": 80},
        outcomes={"x": UP},
        waterfall={"layers": LAYERS},
        calendar={
            "settlements": {"end": {"date": "2026"}},
            "interim": {"look": {"date": "2025"}},
        },
    )
    return price(contract, {"x": 3}, settlement="look", already_paid=0)


SCENARIOS: dict[str, Callable[[], Decision]] = {
    "a_look": _look,
    "unknown_cumulative": lambda: price(_hanging(CUMULATIVE), {"x": 25}, settlement="y2"),
    "unknown_ceiling": lambda: price(_hanging(CAPPED), {"x": 25}, settlement="y2"),
    "unknown_and_nothing_due": lambda: price(_hanging(CUMULATIVE), {"x": 1}, settlement="y2"),
    "unknown_first_of": lambda: price(
        early_and_final([], payment={"split": SPLIT}), {"x.a": 12, "x.b": 4}, settlement="s2"
    ),
    "unknown_look": lambda: price(
        looked(pays=True, alpha_share=0.2, end={"alpha_share": 0.8}), {"x": 3}, settlement="end"
    ),
    "paid_in_silence": _paid_in_silence,
}


def everything(decision: Decision) -> str:
    """What is told, with what hangs on the amount."""
    hangs = {
        "split": [str(part.amount) for part in decision.split],
        "tranches": [str(tranche.repaid) for tranche in decision.tranches],
        "look": None if decision.look is None else decision.look.name,
    }
    return told(decision) + json.dumps(hangs) + "\n"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_date_tells_what_it_told(name: str) -> None:
    held = HERE / "told_sittings" / f"{name}.json"
    assert everything(SCENARIOS[name]()) == held.read_text(encoding="utf-8")


def test_every_file_has_its_scenario() -> None:
    assert {file.stem for file in (HERE / "told_sittings").glob("*.json")} == SCENARIOS.keys()


if __name__ == "__main__":
    (HERE / "told_sittings").mkdir(exist_ok=True)
    for name, make_decision in SCENARIOS.items():
        held = HERE / "told_sittings" / f"{name}.json"
        held.write_text(everything(make_decision()), encoding="utf-8")
