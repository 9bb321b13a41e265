"""Rules of money at their edges, each as a table that a lawyer can read.

Each line was written because a change to the code went unnoticed without it
(docs/reference/mutation.md).
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Context, Decimal, localcontext

import pytest
from building import clause, groups, make
from test_composed_terms import COUNT, UP, basket, bern, card
from test_later import REPAY, ledger, paid
from test_later import contract as dated
from test_pricing_terms import cohorts
from test_settling import NET, lent, units
from test_told import SCENARIOS, told

from impacteval.contract.money import NOT_PUBLISHED, apportioned, capped
from impacteval.decide import price

# --- what one clause pays -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("per_unit", "value", "amount"),
    [
        # At least 10 pays 100, and so much for each unit beyond 10.
        (0, 15, 100),
        (1, 10, 100),
        (1, 15, 105),
        (2, 15, 110),
    ],
)
def test_a_piece_pays_for_each_unit_beyond_its_start(per_unit, value, amount):
    steps = [{"at_least": 10, "pay": 100, "per_unit": per_unit}]
    contract = make({"piecewise": {"name": "main", "outcome": "x", "steps": steps}})
    assert price(contract, {"x": value}).total == amount


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        # Nothing up to 0.5 either way, the whole bonus of 90 or malus of 60 from 2 on.
        ("0.5", 0),
        ("-0.5", 0),
        ("0.75", 15),
        ("1", 30),
        ("-1", -20),
        ("2", 90),
        ("-2", -60),
    ],
)
def test_a_small_result_beyond_the_dead_band_earns_the_bonus_and_not_the_malus(value, amount):
    contract = bern(dead_band="0.5", full_at=2, bonus=90, malus=60)
    assert price(contract, {"x": Decimal(value)}).total == amount


@pytest.mark.parametrize(
    ("value", "floored", "ceilinged"),
    [(4, True, False), (5, False, False), (20, False, False), (21, False, True)],
)
def test_a_floor_or_ceiling_is_told_only_where_it_changes_the_amount(value, floored, ceilinged):
    contract = units(term={"floor": 5, "ceiling": 20})
    told_of = {step.key for step in price(contract, {"x": value}).clauses[0].steps}
    assert ("terms.floor" in told_of, "terms.ceiling" in told_of) == (floored, ceilinged)


def test_an_amount_granted_without_a_judgement_is_rounded_like_any_other():
    rule = {"until": "2030", "then": "pay"}
    contract = make({"threshold": clause(pay="10.005", if_not_judged=rule)})
    assert price(contract, {}, settlement_date="2031").total == Decimal("10.01")


# --- under a ceiling, beside other payers, after earlier payments --------------------------------


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("-3", "-3"), ("0", "0"), ("0.01", None), ("0.5", None), ("1", None), ("7", None)],
)
def test_a_ceiling_that_is_not_published_hides_every_amount_above_nothing(amount, shown):
    expected = NOT_PUBLISHED if shown is None else Decimal(shown)
    assert capped(Decimal(amount), NOT_PUBLISHED) == expected


@pytest.mark.parametrize(
    ("value", "others", "due"),
    [
        ("1", "1", "0"),
        ("1", "0.25", "0.75"),
        ("0.5", "0.5", "0"),
        ("0.01", "30", "0"),
    ],
)
def test_a_small_amount_is_netted_like_a_large_one(value, others, due):
    contract = units(net_of=NET)
    decision = price(contract, {"x": Decimal(value)}, other_money={"medicaid": others})
    assert decision.total == Decimal(due)


@pytest.mark.parametrize(
    ("earlier", "value", "due"),
    [
        # What the ceiling leaves is not known; a debt needs no ceiling to be told.
        (30, -5, -5),
        (30, 0, 0),
        (30, 5, NOT_PUBLISHED),
        (0, -5, -5),
    ],
)
def test_a_debt_is_told_under_a_ceiling_that_is_not_published(earlier, value, due):
    contract = units(term={"floor": "none"}, cap={"amount": "not_published", "over": "contract"})
    assert price(contract, {"x": value}, already_paid=earlier).total == due


@pytest.mark.parametrize(
    ("ceiling", "earlier", "others", "due"),
    [
        # The amount is not published. It is nothing only where others surely paid as much.
        (70, 0, 70, 0),
        (70, 0, "69.99", NOT_PUBLISHED),
        (70, 30, 40, 0),  # 40 is left of the ceiling
        (70, 30, "39.99", NOT_PUBLISHED),
        ("not_published", 0, 1000, NOT_PUBLISHED),
    ],
)
def test_an_unpublished_amount_less_what_others_paid(ceiling, earlier, others, due):
    contract = make(
        {
            "threshold": clause(pay="not_published"),
            "cap": {"amount": ceiling, "over": "contract"},
            "net_of": NET,
        },
        order=["ceiling", "netting"],
    )
    decision = price(contract, {"x": 10}, already_paid=earlier, other_money={"medicaid": others})
    assert decision.total == due


@pytest.mark.parametrize(
    ("receipts", "good", "lost"),
    [
        # The guarantee makes good half of what the fund loses, however little that is.
        ("100", "0", "0"),
        ("99.50", "0.25", "0.25"),
        ("99", "0.5", "0.5"),
        ("98", "1", "1"),
    ],
)
def test_a_guarantee_covers_the_smallest_loss(receipts, good, lost):
    guarantee = {"by": "A foundation", "layer": "fund", "share": "0.5", "up_to": 6}
    fund = price(lent(guarantee=guarantee), {"x": Decimal(receipts)}, already_paid=0).tranches[0]
    assert (fund.guaranteed, fund.lost) == (Decimal(good), Decimal(lost))


# --- several results in one payment -------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "values", "amounts"),
    [
        # The target of 100 is shared by weight; a cent left over goes to the largest part,
        # wherever it stands.
        ((0.5, 0.25, 0.25), (3.333, 3.333, 3.333), ("16.67", "8.33", "8.33")),
        ((0.25, 0.5, 0.25), (3.333, 3.333, 3.333), ("8.33", "16.67", "8.33")),
        ((0.25, 0.25, 0.5), (3.333, 3.333, 3.333), ("8.33", "8.33", "16.67")),
        # Beyond the target as below it.
        ((0.5, 0.25, 0.25), (13.333, 13.333, 13.333), ("66.67", "33.33", "33.33")),
        # Parts that make up for one another exactly still add up to nothing.
        ((0.5, 0.25, 0.25), (3.333, -3.333, -3.333), ("16.66", "-8.33", "-8.33")),
    ],
)
def test_the_parts_of_a_basket_add_up_to_what_it_pays(weights, values, amounts):
    contract = basket(pay=100, weights=weights, exceed=True, offset=True)
    decision = price(contract, dict(zip(("m0", "m1", "m2"), values, strict=True)))
    assert [row.amount for row in decision.clauses] == [Decimal(x) for x in amounts]
    assert decision.total == sum(row.amount for row in decision.clauses)


def test_a_basket_below_nothing_pays_nothing_and_its_parts_say_by_how_much_it_fell_short():
    contract = basket(pay=100, weights=(0.5, 0.5), exceed=True, offset=True)
    decision = price(contract, {"m0": 2, "m1": -10})
    assert decision.total == 0
    assert [row.amount for row in decision.clauses] == [Decimal(10), Decimal(-50)]


def test_a_split_keeps_every_digit_however_many_there_are():
    with localcontext() as wide:
        wide.prec = 100
        total = Decimal("1" * 40 + ".11")
        parts = apportioned(total, [Decimal("0.4"), Decimal("0.6")], 2)
        assert sum(parts) == total
    with localcontext(Context(prec=6)):
        assert apportioned(total, [Decimal("0.4"), Decimal("0.6")], 2) == parts


def test_a_pooled_part_below_its_start_is_judged_only_where_it_cannot_offset():
    def contract(offset):
        part = {"name": "main", "outcome": "x", "per": "pooled", "weights": "people"}
        basket = {
            "pay": 100,
            "parts_may_exceed_one": False,
            "parts_may_offset": offset,
            "parts": [part | {"weight": 1, "full_at": 10}],
        }
        return make(
            {"basket": basket},
            outcomes={"x": UP},
            pool="mean_of_effects",
            pool_excludes=[],
            **groups(),
        )

    # Without sizes the mean lies between -5 and -3: nothing, unless a loss counts.
    assert price(contract(False), {"x": {"a": -5, "b": -3}}).total == 0
    assert price(contract(True), {"x": {"a": -5, "b": -3}}).total is None


def test_a_card_with_an_open_line_still_says_that_another_line_pays_nothing():
    decision = price(card(ceiling=110), {"m0": 0})
    assert [row.amount for row in decision.clauses] == [0, None]
    assert (decision.due_now, decision.total) == (0, None)


# --- gates, pools and clauses in order ----------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "a", "b", "amounts"),
    [
        # One gate for the groups together, and a clause for each group behind it.
        (50, 12, 8, (100, 0)),
        (49, 12, 8, (0, 0)),
        (50, 12, 12, (100, 100)),
    ],
)
def test_a_gate_for_all_the_groups_stands_before_each_of_them(mean, a, b, amounts):
    contract = make(
        {
            "gate": {
                "name": "quality",
                "when": {"q": {"at_least": 50}},
                "per": "pooled",
                "weights": "people",
                "opens": {"threshold": clause(per="group")},
            }
        },
        outcomes={"x": UP, "q": UP},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(),
    )
    decision = price(contract, {"q": {"pooled": mean}, "x": {"a": a, "b": b}})
    assert tuple(row.amount for row in decision.clauses if row.pays) == amounts
    assert decision.total == sum(amounts)


@pytest.mark.parametrize(
    ("excludes", "a", "b", "pool", "left_out"),
    [
        # Who is in the pool of the final clause, and who is said to be left out of it.
        ([], 9, 8, ("a", "b"), False),
        ([], 12, 8, ("a", "b"), False),
        (["paid"], 9, 8, ("a", "b"), False),
        (["paid"], 12, 8, ("b",), True),
    ],
)
def test_who_is_pooled_is_told(excludes, a, b, pool, left_out):
    decision = price(cohorts(excludes), {"x": {"a": a, "b": b}}, {"a": 1, "b": 1})
    final = decision.clause("final")
    assert final.pool == pool
    assert ("terms.left-out" in [step.key for step in final.steps]) is left_out
    # A clause for one group pools nobody.
    assert decision.clause("early", "a").pool == decision.clause("early", "b").pool == ()


def test_a_clause_for_each_group_pools_nobody():
    own = clause(10, name="own", per="group")
    whole = clause(7, name="whole", per="pooled", weights="people")
    contract = make({"sum": [own, whole]}, pool="mean_of_effects", pool_excludes=[], **groups())
    decision = price(contract, {"x": {"a": 12, "b": 12}})
    assert {(row.name, row.group): row.pool for row in decision.clauses} == {
        ("own", "a"): (),
        ("own", "b"): (),
        ("whole", "pooled"): ("a", "b"),
    }


# --- whatever the caller's arithmetic -------------------------------------------------------------


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_that_is_decided_depends_on_the_callers_arithmetic(name):
    expected = told(SCENARIOS[name]())
    with localcontext(Context(prec=2, rounding=ROUND_DOWN)):
        assert told(SCENARIOS[name]()) == expected


def test_shares_and_weighted_designs_do_not_depend_on_the_callers_arithmetic():
    designs = make(decide_on={"combine": {"rct": "0.75", "did": "0.25"}}, outcomes={"x": UP})
    audited = make(
        {"linear": {"name": "main", "outcome": "x", "per_unit": 10}},
        decide_on={"verified_count": {"audit_limit": "0.15"}},
        outcomes={"x": COUNT},
    )
    with localcontext(Context(prec=2, rounding=ROUND_DOWN)):
        combined = price(designs, {"x.rct": "12.3456", "x.did": "11.1111"})
        cut = price(audited, {"x": 12345}, audit={"x": "15.25%"})
    assert combined.clauses[0].value == Decimal("12.036975")
    assert cut.total == Decimal("104623.88")  # 12,345 x (1 - 0.1525) x 10, and half up


# --- what lenders are told once a settlement is judged again --------------------------------------


@pytest.mark.parametrize(
    ("value", "owed"),
    [(5, -3000), ("7.5", 0), (8, 0)],  # too much was paid; too little to move; nothing to correct
)
def test_a_correction_tells_lenders_nothing(value, owed):
    """Whether the difference moves is not theirs to know before it does."""
    layers = [{"name": "fund", "lender": "A fund", "rank": "senior", "amount": 8000}]
    of = dated(corrections=REPAY, waterfall={"layers": layers})
    corrects = {"settlement": "y1", "found": "2027-01-10"}
    found = price(of, {"x": value}, ledger=ledger(paid(8000), corrects=corrects))
    assert found.correction.owed == owed
    assert found.tranches == ()
    assert not [s for s in found.steps if s.key.startswith(("terms.repaid", "terms.waterfall"))]


def test_a_contract_has_one_digest_and_one_way_to_say_an_amount():
    contract = make({"threshold": clause(pay="123456.78")})
    changed = make(changes=[lowering("123456.78")])
    expected = contract.digest, changed.digest, price(changed, {"x": 12}).amended.differences
    with localcontext(Context(prec=2, rounding=ROUND_DOWN)):
        found = contract.digest, changed.digest, price(changed, {"x": 12}).amended.differences
    assert found == expected
    assert expected[2][0].values["amended"] == "123456.78 EUR"


def lowering(pay):
    return {
        "date": "2020",
        "cause": "war",
        "decided_by": "both",
        "what": "the amount",
        "set": {"payment.threshold.pay": pay},
    }
