"""Everything that a decision tells, from the numbers to the money, word for word.

Other tests hold amounts and verdicts; this one holds the sentences and the keys beside them.
``python tests/unit/decide/test_told.py`` writes the files anew: read what changed before handing it
in.
"""

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
from test_amended import lowered  # noqa: E402
from test_later import DISPUTE, ESCROW, NEXT, REPAY, contract, ledger, paid  # noqa: E402
from test_settling import NET, lent, units  # noqa: E402

from impacteval.decide import Decision, price  # noqa: E402

UP = outcome(better="higher", effect="difference")
COUNT = outcome(better="higher", effect="verified_count", counterfactual={"design": "none"})


def _card(ceiling: Any) -> Any:
    lines = [
        {"name": "jobs", "outcome": "x", "price": 100},
        {"name": "courses", "outcome": "y", "price": 30},
    ]
    card = {"each_milestone": "once", "person_ceiling": ceiling, "lines": lines}
    return make({"rate_card": card}, outcomes={"x": COUNT, "y": COUNT})


def _basket(**more: Any) -> Any:
    parts = [
        {"name": "one", "outcome": "x", "weight": 0.75, "full_at": 9},
        {"name": "two", "outcome": "y", "weight": 0.25, "full_at": 3},
    ]
    both = {"parts_may_exceed_one": False, "parts_may_offset": False}
    basket = {"pay": 1000, "parts": parts} | both | more
    return make({"basket": basket}, outcomes={"x": UP, "y": UP})


def _first_of(**more: Any) -> Any:
    payment = {
        "first_of": [
            clause(10, name="early", per="group"),
            clause(7, name="final", per="pooled", weights="people", pay=300),
        ],
        "cap": 350,
    }
    pool = {"pool": "mean_of_effects", "pool_excludes": ["paid"]}
    sizes = {"a": {"people": 30}, "b": {"people": 70}}
    return make(payment, **groups(2, **sizes), **pool, **more)


def _again(agreed: Any, amount: Any, value: Any, found: str = "2027-01-10") -> Decision:
    corrects = {"settlement": "y1", "found": found}
    of = contract(corrections=agreed)
    return price(of, {"x": value}, ledger=ledger(paid(amount), corrects=corrects))


def _contested(state: str, raised: str = "2026-07-20", **more: Any) -> Decision:
    of = contract(dispute=DISPUTE | {"escrow": ESCROW | more.pop("escrow", {})})
    said = {"settlement": "y1", "raised": raised, "state": state, "by": "payer"} | more
    return price(of, {"x": 5}, settlement="y1", ledger=ledger(dispute=[said]))


def _saving(**more: Any) -> Any:
    term = {"name": "main", "outcome": "x", "saving_per_unit": 200, "share": 0.4} | more
    return make({"share_of_saving": term}, outcomes={"x": UP})


def _bonus() -> Any:
    term = {"name": "main", "outcome": "x", "dead_band": 5, "full_at": 40, "bonus": 70, "malus": 35}
    return make({"bonus_malus": term}, outcomes={"x": UP})


SCENARIOS: dict[str, Callable[[], Decision]] = {
    "card": lambda: price(_card("none"), {"x": 7, "y": 11}),
    "card_ceiling_out_of_reach": lambda: price(_card(130), {"x": 7, "y": 11}),
    "card_ceiling_binds": lambda: price(
        _card(110), {}, claims={"ann": ["x", "y"], "bo": ["y"], "cy": []}
    ),
    "card_ceiling_without_claims": lambda: price(_card(110), {"x": 7, "y": 11}),
    "card_waits": lambda: price(_card(110), {"x": 7}),
    "basket": lambda: price(_basket(), {"x": 6, "y": 6}),
    "basket_open": lambda: price(_basket(), {"x": 6}),
    "basket_hidden": lambda: price(_basket(pay="not_published"), {"x": 6, "y": 1}),
    "first_of_one_paid": lambda: price(_first_of(), {"x": {"a": 12, "b": 8}}),
    "first_of_all_paid": lambda: price(_first_of(), {"x": {"a": 12, "b": 11}}),
    "first_of_open": lambda: price(_first_of(), {"x": {"a": 12}}),
    "bonus": lambda: price(_bonus(), {"x": 22.5}),
    "malus": lambda: price(_bonus(), {"x": -22.5}),
    "dead_band": lambda: price(_bonus(), {"x": -5}),
    "saving": lambda: price(_saving(), {"x": 3}),
    "saving_lost": lambda: price(_saving(), {"x": -3}),
    "netting": lambda: price(units(net_of=NET), {"x": 100}, other_money={"medicaid": 30}),
    "netting_all": lambda: price(units(net_of=NET), {"x": 100}, other_money={"medicaid": 100}),
    "netting_hidden": lambda: price(
        units(net_of=NET), {"x": 100}, other_money={"medicaid": "not_published"}
    ),
    "cumulative": lambda: price(units(cumulative={"clawback": False}), {"x": 100}, already_paid=60),
    "clawback": lambda: price(units(cumulative={"clawback": True}), {"x": 60}, already_paid=100),
    "cap_left": lambda: price(
        units(cap={"amount": 70, "over": "contract"}), {"x": 90}, already_paid=30
    ),
    "cap": lambda: price(units(cap=70), {"x": 90}),
    "waterfall_loss": lambda: price(
        lent(guarantee={"by": "A giver", "layer": "state", "share": 0.75, "up_to": 30}),
        {"x": 30},
        already_paid=0,
    ),
    "waterfall_gain": lambda: price(lent(), {"x": 105}, already_paid=0),
    "corrected_up": lambda: _again(REPAY, 5000, 8),
    "corrected_down": lambda: _again(REPAY, 8000, 5),
    "corrected_little": lambda: _again(REPAY, 5000, "5.9"),
    "corrected_late": lambda: _again(REPAY, 5000, 8, found="2029-01-10"),
    "corrected_not_upward": lambda: _again(REPAY | {"upward": False}, 5000, 8),
    "corrected_next": lambda: _again(NEXT, 5000, 8),
    "corrected_no_next": lambda: _again(NEXT, 5000, 8, found="2027-12-10"),
    "contested": lambda: _contested("open"),
    "contested_in_part": lambda: _contested("open", amount=2000),
    "contested_upheld": lambda: _contested("upheld"),
    "contested_dismissed": lambda: _contested("dismissed"),
    "contested_late": lambda: _contested("open", raised="2026-12-20"),
    "amended": lambda: price(lowered(), {"x": 7}),
    "amended_not_yet": lambda: price(lowered(), {"x": 7}, as_of="2020-02"),
    "amended_in_part": lambda: price(lowered(), {"x": 4}, as_of="2020-12"),
}


def told(decision: Decision) -> str:
    """A decision as a person with a pencil would check it."""
    reasons = {
        f"{row.name}/{row.group}": None if row.reason is None else str(row.reason)
        for row in decision.clauses
    }
    plain = decision.to_json() | {
        "cap_left": str(decision.cap_left),
        "already_paid": str(decision.already_paid),
        "reasons": reasons,
        "steps": [f"{step.key}: {step}" for step in decision.steps],
    }
    return json.dumps(plain, indent=1, ensure_ascii=False, default=str) + "\n"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_decision_tells_what_it_told(name):
    assert told(SCENARIOS[name]()) == (HERE / "told" / f"{name}.json").read_text(encoding="utf-8")


def test_every_file_has_its_scenario():
    assert {file.stem for file in (HERE / "told").glob("*.json")} == SCENARIOS.keys()


if __name__ == "__main__":
    (HERE / "told").mkdir(exist_ok=True)
    for name, make_decision in SCENARIOS.items():
        (HERE / "told" / f"{name}.json").write_text(told(make_decision()), encoding="utf-8")
