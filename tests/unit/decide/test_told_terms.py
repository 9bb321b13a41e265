"""What is told on the way through each payment term: gates, fallbacks, bounds, parts and sums.

As in `test_told.py`, word for word. ``python tests/unit/decide/test_told_terms.py`` writes the files
anew: read what changed before handing it in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from building import about, clause, groups, make, outcome  # noqa: E402  the folder of its tests
from test_composed_terms import basket, bern, card, equity, gated  # noqa: E402
from test_later import DISPUTE, ESCROW, REPAY, ledger, paid  # noqa: E402
from test_later import contract as dated  # noqa: E402
from test_settling import LAYERS, NET, units  # noqa: E402
from test_told import told  # noqa: E402

from impacteval.contract import Contract  # noqa: E402
from impacteval.decide import Decision, compared, decide, price  # noqa: E402

UP = outcome(better="higher", effect="difference")
LOWER = {"lower_bound": {"level": "0.9", "sides": "one"}}


def _late(then: str) -> Decision:
    contract = make({"threshold": clause(if_not_judged={"until": "2030", "then": then})})
    return price(contract, {}, settlement_date="2031")


def _infinite(bound: str) -> Decision:
    """A threshold and a bound that has no end."""
    contract = make(outcomes={"x": UP}, decide_on=LOWER)
    asked = compared(contract)[0].questions[1:]
    return decide(contract, [about(15, bound=Decimal(bound), asked=asked)])


def _whatever_sizes() -> Decision:
    contract = make(
        {"threshold": clause(per="pooled", weights="people")},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(),
    )
    return price(contract, {"x": {"a": 12, "b": 14}})


def _grants() -> Contract:
    grant = {"name": "start", "pay": 500}
    return make({"sum": [{"grant": grant}, clause(pay=100), clause(50, pay=70, name="more")]})


def _behind(opens: object) -> Contract:
    gate = {"name": "quality", "when": {"q": {"at_least": 50}}, "opens": opens}
    return make({"gate": gate}, outcomes={"m0": UP, "m1": UP, "q": UP})


# Two payers, a ceiling over the contract, and lenders: all that hangs on what is due.
_HANGS = {
    "split": [{"payer": "One", "share": 0.7}, {"payer": "Two", "share": 0.3}],
    "cap": {"amount": 50000, "over": "contract"},
}


def _again(value: object) -> Decision:
    """Settlement y1 paid 8000 and is judged again."""
    of = dated(_HANGS, corrections=REPAY, waterfall={"layers": LAYERS})
    corrects = {"settlement": "y1", "found": "2027-01-10"}
    return price(of, {"x": value}, ledger=ledger(paid(8000), corrects=corrects))


def _contested(state: str, **more: object) -> Decision:
    agreed = DISPUTE | {"escrow": ESCROW}
    of = dated(_HANGS, dispute=agreed, waterfall={"layers": LAYERS})
    said = {"settlement": "y1", "raised": "2026-07-20", "state": state, "by": "payer"} | more
    return price(of, {"x": 5}, settlement="y1", ledger=ledger(dispute=[said]))


_PARTS = basket().payment.model_dump(exclude_defaults=True)
_PERCENT = {"percent": 12.5, "of": {"threshold": clause()}}

SCENARIOS: dict[str, Callable[[], Decision]] = {
    "late_not_met": lambda: _late("not_met"),
    "late_paid": lambda: _late("pay"),
    "no_lower_bound": lambda: _infinite("-Infinity"),
    "no_upper_bound": lambda: _infinite("Infinity"),
    "whatever_sizes": _whatever_sizes,
    "bonus_hidden": lambda: price(bern(bonus="not_published"), {"x": "5.5"}),
    "malus_hidden": lambda: price(bern(malus="not_published"), {"x": "-5.5"}),
    "cap_left_hidden": lambda: price(
        units(cap={"amount": "not_published", "over": "contract"}), {"x": 50}, already_paid=30
    ),
    "cumulative_nothing": lambda: price(
        units(cumulative={"clawback": False}), {"x": 0}, already_paid=60
    ),
    "clawback_hidden": lambda: price(
        units(cumulative={"clawback": True}), {"x": 60}, already_paid="not_published"
    ),
    "netted_then_ceiling": lambda: price(
        units(cap=70, net_of=NET, order=["netting", "ceiling"]),
        {"x": 150},
        other_money={"medicaid": 30},
    ),
    "basket_thirds": lambda: price(basket(), {"m0": "8.333", "m1": "1.111"}),
    "basket_no_making_up": lambda: price(basket(offset=False), {"m0": 20, "m1": 5}),
    "card_ceiling_hidden": lambda: price(card(ceiling="not_published"), {"m0": 7, "m1": 11}),
    "gate_open": lambda: price(gated({"threshold": clause()}), {"q": 50, "x": 10}),
    "gate_shut": lambda: price(gated({"threshold": clause()}), {"q": 49, "x": 10}),
    "gate_waits": lambda: price(gated({"threshold": clause()}), {"x": 10}),
    "basket_gate_shut": lambda: price(_behind(_PARTS), {"q": 49, "m0": 5, "m1": 5}),
    "basket_gate_waits": lambda: price(_behind(_PARTS), {"m0": 5, "m1": 5}),
    "percent": lambda: price(equity(**_PERCENT), {"q": 40, "x": 10}),
    "percent_open": lambda: price(equity(**_PERCENT), {"q": 40}),
    "percent_hidden": lambda: price(
        equity(percent=10, of={"threshold": clause(pay="not_published")}), {"q": 40, "x": 10}
    ),
    "corrected_all": lambda: _again(5),
    "corrected_nothing": lambda: _again(8),
    "contested_all": lambda: _contested("open"),
    "contested_part": lambda: _contested("open", amount=2000),
    "contested_upheld": lambda: _contested("upheld"),
    "sum_both": lambda: price(_grants(), {"x": 60}),
    "sum_one_judged": lambda: price(
        make({"sum": [clause(of="x"), clause(name="y", of="y")]}, outcomes={"x": UP, "y": UP}),
        {"x": 60},
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_term_tells_what_it_told(name: str) -> None:
    held = HERE / "told_terms" / f"{name}.json"
    assert told(SCENARIOS[name]()) == held.read_text(encoding="utf-8")


def test_every_file_has_its_scenario() -> None:
    assert {file.stem for file in (HERE / "told_terms").glob("*.json")} == SCENARIOS.keys()


if __name__ == "__main__":
    (HERE / "told_terms").mkdir(exist_ok=True)
    for name, make_decision in SCENARIOS.items():
        (HERE / "told_terms" / f"{name}.json").write_text(told(make_decision()), encoding="utf-8")
