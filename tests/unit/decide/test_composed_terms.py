"""Baskets, rate cards, gates, bonuses and shares of savings, each edge from both sides."""

from __future__ import annotations

from decimal import Decimal

import pytest
from building import about, clause, groups, make, outcome
from hypothesis import given
from hypothesis import strategies as st

from impacteval.contract.clause_amounts import Around, row_of
from impacteval.contract.money import NOT_PUBLISHED
from impacteval.contract.readings import Between, Known
from impacteval.decide import compared, decide, price
from impacteval.errors import UsageError
from impacteval.values import Confidence, Evidence, LowerBound, Message, Status, Text

COUNT = outcome(better="higher", effect="verified_count", counterfactual={"design": "none"})
RATE = outcome(better="higher", effect="verified_rate", counterfactual={"design": "none"})
UP = outcome(better="higher", effect="difference")


def keys(steps):
    return [step.key.removeprefix("terms.") for step in steps]


# --- partial and full ---------------------------------------------------------------------------

SPACED = {
    "partial_full": {
        "name": "main",
        "outcome": "x",
        "partial": {"at_least": 13.5, "pay": 100},
        "full": {"at_least": 15, "pay": 250},
    }
}


@pytest.mark.parametrize(
    ("value", "verdict", "amount", "threshold"),
    [
        ("13.4999999999", "not_met", 0, "13.5"),
        ("13.5", "met", 100, "13.5"),
        ("14.9999999999", "met", 100, "13.5"),
        ("15", "met", 250, "15"),
        ("99", "met", 250, "15"),
    ],
)
def test_partial_and_full(value, verdict, amount, threshold):
    # The preterm-birth thresholds of the South Carolina contract: from 13.5, fully at 15.
    row = price(make(SPACED), {"x": Decimal(value)}).clauses[0]
    assert (row.verdict.value, row.amount, row.threshold) == (verdict, amount, Decimal(threshold))


# --- rate card ----------------------------------------------------------------------------------


def card(once=True, ceiling="none", prices=(100, 30), cap=None, **changes):
    lines = [{"name": f"line_{k}", "outcome": f"m{k}", "price": p} for k, p in enumerate(prices)]
    payment = {
        "rate_card": {
            "each_milestone": "once" if once else "every_time",
            "person_ceiling": ceiling,
            "lines": lines,
        }
    }
    if cap is not None:
        payment["cap"] = cap
    return make(payment, outcomes={f"m{k}": COUNT for k in range(len(prices))}, **changes)


def test_a_rate_card_adds_price_times_count():
    decision = price(card(), {"m0": 7, "m1": 11})
    assert [row.amount for row in decision.clauses] == [700, 330]
    assert decision.total == 1030


def test_nothing_counted_pays_nothing_even_at_a_price_that_is_not_published():
    contract = card(prices=("not_published", 30))
    assert price(contract, {"m0": 0, "m1": 1}).total == 30
    assert price(contract, {"m0": 1, "m1": 1}).total is NOT_PUBLISHED
    assert price(contract, {"m0": -1, "m1": 0}).total == 0


def test_a_milestone_counts_once_for_a_person_when_the_card_says_so():
    claims = {"ann": ["m0", "m0", "m1"], "bo": {"m0": 3}}
    once = price(card(), {}, claims=claims)
    assert [row.value for row in once.clauses] == [2, 1]
    assert once.total == 230
    assert keys(once.steps)[0] == "repeated-claims"
    assert once.steps[0].values["count"] == 3
    every = price(card(once=False), {}, claims=claims)
    assert [row.value for row in every.clauses] == [5, 1]
    assert every.total == 530
    assert "repeated-claims" not in keys(every.steps)


def test_the_ceiling_for_each_person_holds_back_what_is_beyond_it():
    claims = {"ann": ["m0", "m1"], "bo": ["m1"], "cy": []}
    decision = price(card(ceiling=110), {}, claims=claims)
    assert [row.amount for row in decision.clauses] == [100, 60]
    assert decision.total == 110 + 30
    (said,) = decision.steps
    assert (said.values["people"], said.values["lost"]) == (1, 20)


def test_the_ceiling_for_each_person_at_its_very_amount():
    decision = price(card(ceiling=130, once=False), {}, claims={"ann": ["m0", "m1"]})
    assert decision.total == 130
    assert decision.steps[0].values["people"] == 0


def test_a_ceiling_that_nobody_can_reach_needs_no_claims():
    decision = price(card(ceiling=130), {"m0": 2, "m1": 5})
    assert decision.total == 350
    assert keys(decision.steps) == ["ceiling-out-of-reach"]


def test_a_ceiling_that_could_bind_is_not_judged_from_counts_alone():
    decision = price(card(ceiling=129.99), {"m0": 2, "m1": 5})
    assert [row.verdict.value for row in decision.clauses] == ["cannot_be_judged"] * 2
    assert [row.amount for row in decision.clauses] == [None, None]
    assert (decision.due_now, decision.total) == (0, None)
    assert price(card(ceiling=129.99), {"m0": 0, "m1": 0}).total == 0
    # Each time a milestone is reached it is paid again: no ceiling is out of reach.
    assert price(card(ceiling=130, once=False), {"m0": 2, "m1": 5}).total is None


@pytest.mark.parametrize(
    ("ceiling", "once", "counts", "total"),
    [
        # Nobody reached the second milestone: 100 is the most that one person brings.
        (100, True, {"m0": 7, "m1": 0}, 700),
        ("99.99", True, {"m0": 7, "m1": 0}, None),
        # Paid each time, all of it could be one person's: 2 x 100 + 30.
        (230, False, {"m0": 2, "m1": 1}, 230),
        ("229.99", False, {"m0": 2, "m1": 1}, None),
        # Less than one of a milestone, after an audit: no more than that is one person's.
        (80, True, {"m0": "0.5", "m1": 3}, 140),
        ("79.99", True, {"m0": "0.5", "m1": 3}, None),
    ],
)
def test_counts_that_leave_the_ceiling_out_of_reach_need_no_claims(ceiling, once, counts, total):
    decision = price(card(ceiling=ceiling, once=once), counts)
    assert decision.total == total
    assert keys(decision.steps) == ([] if total is None else ["counts-below-ceiling"])


def test_with_claims_the_same_is_paid_as_without_where_nobody_can_reach_the_ceiling():
    claims = {"ann": ["m0"], "bo": ["m0"], "cy": ["m0"]}
    with_claims = price(card(ceiling=100), {}, claims=claims)
    without = price(card(ceiling=100), {"m0": 3, "m1": 0})
    assert with_claims.total == without.total == 300


def test_a_card_with_a_ceiling_waits_for_every_line():
    decision = price(card(ceiling=110), {"m0": 2})
    assert [row.amount for row in decision.clauses] == [None, None]
    assert decision.total is None
    assert price(card(ceiling=110), {"m0": 0}).clauses[0].amount == 0


@pytest.mark.parametrize(
    ("ceiling", "prices"), [("not_published", (1, 2)), (5, (1, "not_published"))]
)
def test_a_card_with_something_unpublished_under_a_ceiling(ceiling, prices):
    contract = card(ceiling=ceiling, prices=prices)
    assert price(contract, {"m0": 2, "m1": 5}).total is NOT_PUBLISHED
    assert price(contract, {"m0": 0, "m1": 0}).total == 0


def test_a_count_that_was_typed_must_be_the_one_of_the_claims():
    with pytest.raises(UsageError, match="m0: 3 is given, and the claims come to 1"):
        price(card(), {"m0": 3, "m1": 0}, claims={"ann": ["m0"]})
    assert price(card(), {"m0": 1, "m1": 0}, claims={"ann": ["m0"]}).total == 100


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"ann": ["m7"]}, "name 'm7', which no rate card prices"),
        ({"ann": {"m0": -1}}, "give -1 times m0"),
        ({"ann": {"m0": True}}, "give True times m0"),
        ({"ann": {"m0": 1.5}}, "give 1.5 times m0"),
    ],
)
def test_claims_that_cannot_be_used(claims, said):
    with pytest.raises(UsageError, match=said):
        price(card(), {}, claims=claims)


def test_claims_beside_groups_or_without_a_card_are_refused():
    with pytest.raises(UsageError, match="judges its results by group"):
        price(make({"threshold": clause(per="group")}, **groups()), {}, claims={"ann": []})
    with pytest.raises(UsageError, match="Priced: nothing"):
        price(make(), {"x": 1}, claims={"ann": ["x"]})


# --- basket -------------------------------------------------------------------------------------


def basket(pay=1000, exceed=True, offset=True, weights=(0.8, 0.2), **more):
    parts = [
        {"name": f"part_{k}", "outcome": f"m{k}", "weight": w, "full_at": 10, **more}
        for k, w in enumerate(weights)
    ]
    payment = {
        "basket": {
            "pay": pay,
            "parts_may_exceed_one": exceed,
            "parts_may_offset": offset,
            "parts": parts,
        }
    }
    return make(payment, outcomes={f"m{k}": UP for k in range(len(weights))})


@pytest.mark.parametrize(
    ("exceed", "offset", "a", "b", "total"),
    [
        (True, True, 10, 10, 1000),
        (True, True, 5, 0, 400),
        (True, True, 20, 5, 1700),  # 0.8 x 2 + 0.2 x 0.5
        (True, True, 5, -10, 200),  # the second part takes away from the first
        (True, True, -10, 10, 0),  # never below nothing
        (False, True, 20, 5, 900),
        (False, True, 20, -5, 700),
        (True, False, 20, 5, 900),  # one part falls short: none counts for more than 1
        (True, False, 20, 10, 1800),
        (True, False, 5, -10, 400),
        (False, False, 20, 20, 1000),
        (False, False, 5, -10, 400),
    ],
)
def test_basket(exceed, offset, a, b, total):
    decision = price(basket(exceed=exceed, offset=offset), {"m0": a, "m1": b})
    assert decision.total == decision.due_now == total
    if total:
        assert sum(row.amount for row in decision.clauses) == total


def test_the_parts_of_a_basket_are_met_at_their_full_result():
    decision = price(basket(), {"m0": 10, "m1": 9.99})
    assert [row.verdict.value for row in decision.clauses] == ["met", "not_met"]
    assert decision.clauses[1].amount == Decimal("199.80")


def test_a_basket_begins_where_its_parts_say():
    contract = basket(zero_at=6)
    assert price(contract, {"m0": 8, "m1": 6}).total == 400


def test_a_basket_with_an_open_part_is_open():
    decision = price(basket(), {"m0": 10})
    assert [row.amount for row in decision.clauses] == [None, None]
    assert decision.clauses[0].verdict.value == "met"
    assert decision.clauses[0].reason.key == "terms.basket-waits"
    assert decision.clauses[1].reason.key == "decide.no-result"
    assert (decision.due_now, decision.total) == (0, None)


def test_a_basket_whose_payment_is_not_published():
    decision = price(basket("not_published"), {"m0": 5, "m1": 0})
    assert [row.amount for row in decision.clauses] == [NOT_PUBLISHED, 0]
    assert decision.total is NOT_PUBLISHED
    assert price(basket("not_published"), {"m0": 0, "m1": 0}).total == 0
    assert decision.steps[-1].values["index"] == 40


def test_what_rounding_leaves_over_goes_to_the_largest_part():
    contract = basket(pay=100, weights=(0.25, 0.25, 0.5))
    decision = price(contract, {"m0": 3.333, "m1": 3.333, "m2": 3.333})
    assert decision.total == Decimal("33.33")
    assert [row.amount for row in decision.clauses] == [
        Decimal(x) for x in ("8.33", "8.33", "16.67")
    ]


def test_a_half_cent_of_a_basket_stays_one():
    # 0.045 x 1/3 is 0.015 exactly, and rounds up; 1/3 cut short would round down.
    parts = [{"name": "main", "outcome": "x", "weight": 1, "full_at": 3}]
    payment = {
        "basket": {
            "pay": 0.045,
            "parts_may_exceed_one": True,
            "parts_may_offset": False,
            "parts": parts,
        }
    }
    assert price(make(payment, outcomes={"x": UP}), {"x": 1}).total == Decimal("0.02")


def test_a_pooled_part_without_sizes_needs_a_share_that_is_the_same_for_every_weight():
    parts = [
        {
            "name": "main",
            "outcome": "x",
            "per": "pooled",
            "weights": "people",
            "weight": 1,
            "full_at": 10,
        }
    ]

    def contract(exceed):
        return make(
            {
                "basket": {
                    "pay": 100,
                    "parts_may_exceed_one": exceed,
                    "parts_may_offset": False,
                    "parts": parts,
                }
            },
            outcomes={"x": UP},
            pool="mean_of_effects",
            pool_excludes=[],
            **groups(),
        )

    assert price(contract(False), {"x": {"a": 12, "b": 30}}).total == 100
    assert price(contract(False), {"x": {"a": -3, "b": 0}}).total == 0
    assert price(contract(False), {"x": {"a": 4, "b": 5}}).total is None
    assert price(contract(True), {"x": {"a": 12, "b": 30}}).total is None


@pytest.mark.parametrize(
    ("bounds", "value", "amount"),
    [
        ((None, None), "-Infinity", None),
        ((Decimal(0), None), "-Infinity", Decimal(0)),
        ((None, Decimal(1)), "Infinity", Decimal(1)),
        ((Decimal(0), None), "Infinity", None),
    ],
)
def test_an_infinite_bound_counts_where_the_share_has_an_end(bounds, value, amount):
    contract = basket()
    reading = Known(Decimal(value), Decimal(value))
    row = row_of(contract.clauses[0], "all", reading, contract, Around(*bounds))
    assert row.amount == amount


def test_a_basket_reads_an_infinite_bound_at_the_end_of_the_share():
    parts = basket(exceed=False, offset=False)
    contract = make(
        parts.payment.model_dump(exclude_defaults=True),
        outcomes={"m0": UP, "m1": UP},
        decide_on={"lower_bound": {"level": "0.9", "sides": "one"}},
        multiplicity="none",
    )
    asked = (LowerBound(Decimal("0.9"), "one"),)
    evidence = [
        about(3, of="m0", bound="-Infinity", asked=asked),
        about(30, of="m1", bound="20", asked=asked),
    ]
    assert decide(contract, evidence).total == 200


# --- gate ---------------------------------------------------------------------------------------


def gated(opens, **more):
    per = {"per": more.pop("per")} if "per" in more else {}
    gate = {"name": "quality", "when": {"q": {"at_least": 50}}, "opens": opens} | per
    return make({"gate": gate}, outcomes={"x": UP, "y": UP, "q": RATE}, **more)


@pytest.mark.parametrize(
    ("q", "x", "verdicts", "amount", "total"),
    [
        (50, 10, ("met", "met"), 100, 100),
        (49.99, 10, ("not_met", "met"), 0, 0),
        (50, 9, ("met", "not_met"), 0, 0),
        (None, 10, (None, "met"), None, None),
        (None, 9, (None, "not_met"), 0, 0),
        (49, None, ("not_met", None), 0, 0),
        (50, None, ("met", None), None, None),
        (None, None, (None, None), None, None),
    ],
)
def test_gate(q, x, verdicts, amount, total):
    given = {k: v for k, v in (("q", q), ("x", x)) if v is not None}
    decision = price(gated({"threshold": clause()}), given)
    assert tuple(r.verdict and r.verdict.value for r in decision.clauses) == verdicts
    assert decision.clauses[1].amount == amount
    assert decision.total == total
    assert [row.pays for row in decision.clauses] == [False, True]


def test_a_shut_gate_also_shuts_what_is_not_published():
    contract = gated({"threshold": clause(pay="not_published")})
    assert price(contract, {"q": 1, "x": 10}).total == 0
    assert price(contract, {"q": 60, "x": 10}).total is NOT_PUBLISHED


def test_gates_stand_behind_one_another():
    inner = {
        "gate": {"name": "reach", "when": {"y": {"at_least": 3}}, "opens": {"threshold": clause()}}
    }
    contract = gated(inner)
    for q, y, total in ((50, 3, 100), (50, 2, 0), (49, 3, 0), (49, 2, 0)):
        assert price(contract, {"q": q, "y": y, "x": 10}).total == total


def test_a_shut_gate_gives_nothing_whatever_cannot_be_judged():
    """Known to be missing, or known and not to be judged: nothing can be due either way."""
    why = Message("x", Text(en="Too few.", fr="Trop peu."))
    contract = gated({"threshold": clause()})
    unjudged = Evidence("x", "all", (), why)
    for q, amount in ((49, 0), (50, None)):
        decision = decide(contract, [about(q, of="q"), unjudged])
        main = decision.clause("main")
        assert (main.verdict, main.amount) == (Status.CANNOT_BE_JUDGED, amount)
        assert decision.total == amount
        assert decision.due_now == 0
    shut = decide(contract, [about(49, of="q")]).clause("main")
    assert shut.reason.key == "terms.gate-shut"
    assert [step.key for step in shut.steps][-1] == "terms.gate-shut"


def test_one_shut_gate_of_two_is_enough():
    inner = {
        "gate": {"name": "reach", "when": {"y": {"at_least": 3}}, "opens": {"threshold": clause()}}
    }
    contract = gated(inner)
    for q, y, total in ((49, None, 0), (None, 2, 0), (50, None, None), (None, 3, None)):
        given = {k: v for k, v in (("q", q), ("y", y)) if v is not None}
        assert price(contract, given | {"x": 10}).total == total
        assert price(contract, given).total == total


def test_a_basket_and_a_card_behind_a_shut_gate_need_no_results():
    parts = basket().payment.model_dump(exclude_defaults=True)
    lines = card(ceiling=110).payment.model_dump(exclude_defaults=True)
    for opens in (parts, lines):
        gate = {"name": "quality", "when": {"q": {"at_least": 50}}, "opens": opens}
        contract = make({"gate": gate}, outcomes={"x": UP, "q": RATE, "m0": COUNT, "m1": COUNT})
        assert price(contract, {"q": 49}).total == 0
        assert price(contract, {"q": 50}).total is None
        assert price(contract, {}).total is None


def test_a_clause_of_another_settlement_meets_its_gate_again_there():
    gate = {
        "name": "quality",
        "when": {"q": {"at_least": 50}},
        "opens": {"sum": [clause(name="one"), clause(name="two")]},
    }
    calendar = {
        "settlements": {
            "y1": {"date": "2026-06-30", "clauses": ["quality", "one"]},
            "y2": {"date": "2027-06-30", "clauses": ["quality", "two"]},
        }
    }
    contract = make({"gate": gate}, outcomes={"x": UP, "q": RATE}, calendar=calendar)
    found = price(contract, {"q": 49}, settlement="y1")
    assert [found.clause(name).amount for name in ("one", "two")] == [0, None]
    assert found.clause("two").reason.key == "sittings.elsewhere"
    assert (found.due_now, found.total) == (0, None)


def test_an_infinite_bound_at_a_price_of_nothing_pays_nothing():
    for payment in (
        {"rate_card": {"each_milestone": "once", "person_ceiling": "none", "lines": [
            {"name": "main", "outcome": "x", "price": 0}]}},
        {"share_of_saving": {"name": "main", "outcome": "x", "saving_per_unit": 0, "share": 1}},
    ):  # fmt: skip
        contract = make(payment, outcomes={"x": COUNT})
        decision = decide(contract, [about(Decimal("Infinity"))])
        assert decision.total == 0
        assert decide(contract, [about(Decimal("-Infinity"))]).total == 0


def test_a_number_as_far_as_floats_go_is_paid_to_the_cent():
    line = {"name": "main", "outcome": "x", "per_unit": "0.01", "floor": "none"}
    contract = make({"sum": [{"linear": line}, clause("1", pay="0.01", name="more")]},
                    outcomes={"x": UP})  # fmt: skip
    decision = decide(contract, [about(Decimal("1.5E+300"))])
    assert format(decision.total, "f") == "15" + "0" * 297 + ".01"


def test_a_gate_by_group_shuts_its_own_group_only():
    contract = gated({"threshold": clause(per="group")}, per="group", **groups())
    decision = price(contract, {"q": {"a": 60, "b": 10}, "x": {"a": 10, "b": 10}})
    assert {(r.name, r.group): r.amount for r in decision.clauses if r.pays} == {
        ("main", "a"): 100,
        ("main", "b"): 0,
    }
    assert decision.total == 100
    assert decision.clause("main", "b").reason.key == "terms.gate-shut"


def test_a_gate_before_a_basket_a_card_and_first_of():
    parts = basket().payment.model_dump(exclude_defaults=True)
    lines = card(ceiling=110).payment.model_dump(exclude_defaults=True)
    for opens, values, total in (
        (parts, {"m0": 5, "m1": 0}, 400),
        (lines, {"m0": 0, "m1": 2}, 60),
        ({"first_of": [clause(20, 500, name="high"), clause(of="x")]}, {"x": 12}, 100),
    ):
        gate = {"name": "quality", "when": {"q": {"at_least": 50}}, "opens": opens}
        contract = make({"gate": gate}, outcomes={"x": UP, "q": RATE, "m0": COUNT, "m1": COUNT})
        claims = {"claims": {"ann": ["m1"], "bo": ["m1"]}} if opens is lines else {}
        given = {} if opens is lines else values
        assert price(contract, given | {"q": 50}, **claims).total == total
        assert price(contract, given | {"q": 49}, **claims).total == 0
        assert price(contract, given, **claims).total is None


# --- equity bonus -------------------------------------------------------------------------------


def equity(**more):
    bonus = {"name": "poorest", "when": {"q": {"at_least": 40}}} | more
    return make({"equity_bonus": bonus}, outcomes={"x": UP, "q": RATE})


def test_an_equity_bonus_of_an_amount():
    assert price(equity(pay=50), {"q": 40}).total == 50
    assert price(equity(pay=50), {"q": 39.9}).total == 0
    assert price(equity(pay="not_published"), {"q": 40}).total is NOT_PUBLISHED
    beside = equity(pay=50, of={"threshold": clause()})
    assert price(beside, {"q": 40, "x": 10}).total == 150
    assert price(beside, {"q": 40, "x": 9}).total == 50
    assert price(beside, {"q": 40}).due_now == 50


@pytest.mark.parametrize(
    ("q", "x", "bonus", "total"),
    [
        (40, 10, Decimal("12.50"), Decimal("112.50")),
        (39, 10, 0, 100),
        (40, 9, 0, 0),
        (40, None, None, None),
        (39, None, 0, None),
        (None, 10, None, None),
    ],
)
def test_an_equity_bonus_in_percent_of_another_term(q, x, bonus, total):
    contract = equity(percent=12.5, of={"threshold": clause()})
    given = {k: v for k, v in (("q", q), ("x", x)) if v is not None}
    decision = price(contract, given)
    assert (decision.clause("poorest").amount, decision.total) == (bonus, total)


def test_a_percentage_of_what_is_not_published_or_negative():
    unknown = equity(percent=10, of={"threshold": clause(pay="not_published")})
    assert price(unknown, {"q": 40, "x": 10}).clause("poorest").amount is NOT_PUBLISHED
    owed = equity(
        percent=10, of={"linear": {"name": "main", "outcome": "x", "per_unit": 5, "floor": "none"}}
    )
    assert price(owed, {"q": 40, "x": -4}).total == -20


# --- bonus and malus ----------------------------------------------------------------------------


def bern(**more):
    # Caritas Bern: nothing within 5 percent, up to CHF 40,500 at 40 percent, either way.
    term = {"name": "main", "outcome": "x", "dead_band": 5, "full_at": 40} | more
    return make(
        {"bonus_malus": {"bonus": 40500, "malus": 40500} | term},
        outcomes={"x": UP},
        currency="CHF",
    )


@pytest.mark.parametrize(
    ("value", "verdict", "amount"),
    [
        ("0", "not_met", "0"),
        ("5", "not_met", "0"),
        ("-5", "not_met", "0"),
        ("5.0001", "met", "0.12"),  # 40,500 x 0.0001 / 35
        ("-5.0001", "not_met", "-0.12"),
        ("22.5", "met", "20250"),
        ("-22.5", "not_met", "-20250"),
        ("40", "met", "40500"),
        ("90", "met", "40500"),
        ("-40", "not_met", "-40500"),
        ("-90", "not_met", "-40500"),
    ],
)
def test_bonus_and_malus_around_a_dead_band(value, verdict, amount):
    decision = price(bern(), {"x": Decimal(value)})
    row = decision.clauses[0]
    assert (row.verdict.value, row.amount) == (verdict, Decimal(amount))
    assert decision.total == Decimal(amount)


def test_bonus_and_malus_around_a_target():
    contract = bern(target=100, dead_band=0, full_at=50, malus=20000)
    for value, amount in ((100, 0), (125, 20250), (75, -10000), (50, -20000)):
        assert price(contract, {"x": value}).total == amount


def test_bonus_or_malus_that_is_not_published():
    contract = bern(bonus="not_published", malus="not_published")
    assert price(contract, {"x": 5}).total == 0
    assert price(contract, {"x": 6}).total is NOT_PUBLISHED
    assert price(contract, {"x": -6}).total is NOT_PUBLISHED


def test_a_half_cent_of_a_bonus_stays_one():
    contract = bern(bonus=0.045, malus=0.045, dead_band=0, full_at=3)
    assert price(contract, {"x": 1}).total == Decimal("0.02")
    assert price(contract, {"x": -1}).total == Decimal("-0.02")


def test_an_infinite_bound_below_owes_the_whole_penalty():
    contract = bern()
    reading = Known(Decimal("-Infinity"), Decimal("-Infinity"))
    assert row_of(contract.clauses[0], "all", reading, contract).amount == -40500


def test_a_test_that_is_not_passed_does_not_wipe_out_a_penalty():
    contract = make(
        bern().payment.model_dump(exclude_defaults=True),
        outcomes={"x": UP},
        decide_on={"significant": {"level": "0.95", "sides": "two"}, "then": "point_estimate"},
    )
    from impacteval.values import PValue

    asked = (PValue("two"),)
    assert decide(contract, [about(-40, p="0.9", asked=asked)]).total == -40500
    assert decide(contract, [about(40, p="0.9", asked=asked)]).total == 0
    assert decide(contract, [about(40, p="0.01", asked=asked)]).total == 40500


# --- share of saving ----------------------------------------------------------------------------


def saving(outcomes=UP, more_contract=None, **more):
    term = {"name": "main", "outcome": "x", "saving_per_unit": 2607, "share": 0.95} | more
    return make({"share_of_saving": term}, outcomes={"x": outcomes}, **(more_contract or {}))


@pytest.mark.parametrize(
    ("settings", "value", "amount"),
    [
        ({}, 0, "0"),
        ({}, -5, "0"),
        ({}, 1, "2476.65"),
        ({}, 109, "269954.85"),
        ({"people": 110}, 0.5, "136215.75"),
        ({"share": 1}, 2, "5214"),
    ],
)
def test_share_of_saving(settings, value, amount):
    assert price(saving(**settings), {"x": value}).total == Decimal(amount)


def test_a_saving_that_is_not_published():
    assert price(saving(saving_per_unit="not_published"), {"x": 1}).total is NOT_PUBLISHED
    assert price(saving(saving_per_unit="not_published"), {"x": 0}).total == 0


def test_a_share_of_a_saving_that_is_not_published():
    contract = saving(share="not_published")
    assert price(contract, {"x": "0.01"}).total is NOT_PUBLISHED
    assert price(contract, {"x": 0}).total == 0
    assert price(contract, {"x": -3}).total == 0


def test_a_saving_by_the_people_of_each_group():
    sizes = {"a": {"people": 10}}
    contract = saving(per="group", by_people=True, more_contract=groups(2, **sizes))
    decision = price(contract, {"x": {"a": 2, "b": 2}})
    assert decision.clause("main", "a").amount == Decimal(49533)
    assert decision.clause("main", "b").verdict.value == "cannot_be_judged"
    assert decision.total is None
    assert price(contract, {"x": {"a": 2, "b": 2}}, {"b": 1}).total == Decimal("54486.30")


def test_an_infinite_saving_cannot_be_judged():
    contract = saving()
    reading = Known(Decimal("Infinity"), Decimal("Infinity"))
    row = row_of(contract.clauses[0], "all", reading, contract, Around(people=Decimal(1)))
    assert row.amount is None


# --- evidence rules -----------------------------------------------------------------------------


def test_a_chance_rule_asks_for_confidence_where_there_are_steps_and_for_a_bound_elsewhere():
    rule = {"chance_at_least": "0.8"}
    stepped = (SPACED, {"gate": {"name": "g", "when": {"x": {"at_least": 3}}, "opens": SPACED}})
    for payment in stepped:
        contract = make(payment, decide_on=rule, multiplicity="none")
        kinds = {type(q) for number in compared(contract) for q in number.questions}
        assert Confidence in kinds
        assert LowerBound not in kinds
    for contract in (bern(), saving(), basket(), card()):
        asked = [
            question
            for number in compared(
                make(
                    contract.payment.model_dump(exclude_defaults=True),
                    outcomes={k: v.model_dump() for k, v in contract.outcomes.items()},
                    decide_on=rule,
                    multiplicity="none",
                )
            )
            for question in number.questions
        ]
        assert LowerBound(Decimal("0.8"), "one") in asked
        assert not [q for q in asked if isinstance(q, Confidence)]


def test_confidence_decides_partial_full_gate_and_equity():
    rule = {"chance_at_least": "0.8"}
    contract = make(SPACED, decide_on=rule)
    asked = (Confidence(Decimal("13.5"), "at_least"), Confidence(Decimal(15), "at_least"))
    sure = {"13.5": "0.9", "15": "0.7"}
    assert decide(contract, [about(16, confidence=sure, asked=asked)]).total == 100


def test_between_two_numbers_that_pay_the_same():
    contract = bern()
    row = row_of(contract.clauses[0], "all", Between(Decimal(-3), Decimal(4)), contract)
    assert row.amount == 0
    apart = row_of(contract.clauses[0], "all", Between(Decimal(-9), Decimal(4)), contract)
    assert apart.amount is None


# --- properties ---------------------------------------------------------------------------------

number = st.decimals(-60, 60, places=3)


@given(low=number, step=st.decimals(0, 40, places=3))
def test_a_better_result_never_pays_less(low, step):
    contracts = [make(SPACED, outcomes={"x": UP}), bern(), saving()]
    for contract in contracts:
        worse, better = (price(contract, {"x": v}).total for v in (low, low + step))
        assert worse <= better


@given(
    a=number,
    b=number,
    step=st.decimals(0, 40, places=3),
    exceed=st.booleans(),
    offset=st.booleans(),
)
def test_a_basket_never_pays_less_for_a_better_part(a, b, step, exceed, offset):
    contract = basket(exceed=exceed, offset=offset)
    worse = price(contract, {"m0": a, "m1": b}).total
    assert worse <= price(contract, {"m0": a + step, "m1": b}).total
    assert worse <= price(contract, {"m0": a, "m1": b + step}).total
    assert worse >= 0
    if not exceed:
        assert worse <= 1000


people = st.dictionaries(
    st.sampled_from(["ann", "bo", "cy", "di"]),
    st.lists(st.sampled_from(["m0", "m1"]), max_size=5),
    max_size=4,
)


@given(claims=people, ceiling=st.integers(1, 300), once=st.booleans())
def test_no_person_brings_more_than_the_ceiling(claims, ceiling, once):
    free = price(card(once=once), {}, claims=claims).total
    bound = price(card(once=once, ceiling=ceiling), {}, claims=claims).total
    assert bound <= free
    assert bound <= ceiling * len(claims)
    by_hand = 0
    for reached in claims.values():
        counted = set(reached) if once else reached
        by_hand += min(ceiling, sum({"m0": 100, "m1": 30}[m] for m in counted))
    assert bound == by_hand
