"""The kernel over draws against the payment in decimals, to the cent, draw by draw."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from generated import WHY, Readings, contract_of, contracts, givens
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.contract import Contract, load_contract
from impacteval.contract.money import rounded
from impacteval.contract.readings import Between, Given, Known, Missing
from impacteval.contract.terms import limits, price
from impacteval.pricing import (
    CANNOT_BE_JUDGED,
    MET,
    NOT_FOR_PAYMENT,
    NOT_MET,
    OPEN,
    BetweenDraws,
    KnownDraws,
    MoneyDraws,
    PricedDraws,
    price_draws,
    read_draws,
)
from impacteval.pricing.floats import decimal_of
from impacteval.pricing.moneys import shared, whole
from impacteval.values import Status

BONDS = sorted((Path(__file__).parents[3] / "studies" / "bonds").glob("*/contract.yaml"))
CODES = {
    None: OPEN,
    Status.NOT_MET: NOT_MET,
    Status.MET: MET,
    Status.CANNOT_BE_JUDGED: CANNOT_BE_JUDGED,
    Status.NOT_FOR_PAYMENT: NOT_FOR_PAYMENT,
}


def same(money: MoneyDraws, values: np.ndarray, k: int, amount: Any, where: str) -> None:
    """One draw of an amount against one amount."""
    hidden = money.hidden is not None and bool(money.hidden[k])
    open_ = money.open is not None and bool(money.open[k])
    if amount is None:
        assert (open_, hidden) == (True, False), where
    elif not isinstance(amount, Decimal):
        assert (open_, hidden) == (False, True), where
    else:
        assert (open_, hidden) == (False, False), where
        assert values[k] == float(amount), where
        assert int(money.units[k]) == Fraction(amount) * 10**money.decimals, where
        return
    assert np.isnan(values[k]), where


def hold_equal(
    contract: Contract, brought: Given, seed: int, draws: int, known: bool = False
) -> None:
    hold(contract, brought, Readings(contract, brought, draws, seed, known), draws)


def hold(contract: Contract, brought: Given, readings: Any, draws: int) -> PricedDraws:
    priced = price_draws(contract, readings.arrays, brought, draws=draws)
    by_name = {leaf.name: leaf for leaf in contract.clauses}
    moneys = [row.money for row in priced.rows.values()]
    moneys += [priced.due, priced.total, *priced.split]
    moneys += [m for t in priced.tranches for m in (t.repaid, t.gain, t.loss, t.guaranteed, t.lost)]
    values = {id(money): money.value for money in moneys}
    for k in range(draws):
        settled = price(contract, readings.one(k), brought)
        assert [(row.name, row.group) for row in settled.rows] == list(priced.rows)
        for row in settled.rows:
            found = priced.rows[row.name, row.group]
            where = f"draw {k}, {row.name}, {row.group}: {row}"
            assert found.verdict[k] == CODES[row.verdict], where
            shown = limits(by_name[row.name])[max(int(found.tier[k]), 0)]
            assert (shown.operator, shown.threshold) == (row.operator, row.threshold), where
            assert (found.tier[k] >= 0) == (
                row.verdict is Status.MET
            ) or found.money.open is not None
            same(found.money, values[id(found.money)], k, row.amount, where)
        same(priced.due, values[id(priced.due)], k, settled.due_now, f"draw {k}, due")
        same(priced.total, values[id(priced.total)], k, settled.total, f"draw {k}, total")
        for part, amount in zip(priced.split, settled.split, strict=True):
            same(part, values[id(part)], k, amount, f"draw {k}, split")
        for layer, tranche in zip(priced.tranches, settled.tranches, strict=True):
            assert layer.name == tranche.name
            for what in ("repaid", "gain", "loss", "guaranteed", "lost"):
                money = getattr(layer, what)
                same(money, values[id(money)], k, getattr(tranche, what), f"{k}, {what}")
    return priced


@given(contract=contracts(), brought=givens(), seed=st.integers(0, 2**32))
@settings(max_examples=300)
def test_every_draw_of_every_contract_comes_to_the_same_cent(contract, brought, seed):
    hold_equal(contract, brought, seed, 18)


@given(contract=contracts(), brought=givens(), seed=st.integers(0, 2**32))
@settings(max_examples=200)
def test_every_draw_with_a_known_number_comes_to_the_same_cent(contract, brought, seed):
    hold_equal(contract, brought, seed, 18, known=True)


@pytest.mark.parametrize("path", BONDS, ids=lambda path: path.parent.name)
@given(brought=givens(), seed=st.integers(0, 2**32))
@settings(max_examples=12)
def test_every_draw_of_every_published_bond_comes_to_the_same_cent(path, brought, seed):
    hold_equal(load_contract(path), brought, seed, 20)


@st.composite
def granted(draw: Any) -> Contract:
    """Grants among other terms, under ceilings and bonuses, in any money."""
    pay = st.decimals(0, 10**7, places=3).map(str) | st.sampled_from(
        ["0.005", "0.015", "60.0049", "999999999999999.005", "not_published"]
    )
    grants = [
        {"grant": {"name": f"grant_{k}", "pay": draw(pay)}} for k in range(draw(st.integers(1, 3)))
    ]
    if draw(st.booleans()):
        grants[0] = {
            "equity_bonus": {
                "name": "bonus",
                "when": {"y": {"at_least": "5"}},
                "percent": draw(st.sampled_from(["10", "2.5", "33.333"])),
                "of": grants[0],
            }
        }
    line = {"linear": {"name": "line", "outcome": "x", "per_unit": "3.335", "floor": "none"}}
    payment: dict[str, Any] = {"sum": [*grants, *([line] if draw(st.booleans()) else [])]}
    if draw(st.booleans()):
        payment["cap"] = {"amount": draw(pay), "over": "contract"}
    if draw(st.booleans()):
        payment["cumulative"] = {"clawback": draw(st.booleans())}
    decimals = draw(st.sampled_from([0, 2, 3]))
    mode = draw(st.sampled_from(["half_up", "half_even"]))
    return pays(payment, money={"decimals": decimals, "mode": mode})


@given(contract=granted(), brought=givens(), seed=st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_a_grant_is_the_same_in_every_draw_and_in_decimals(contract, brought, seed):
    hold_equal(contract, brought, seed, 8)


def test_a_grant_alone_needs_no_clause():
    priced = price_draws(pays({"grant": {"name": "g", "pay": "60.005"}}), None, draws=3)
    assert priced.rows == {}
    assert priced.due.value.tolist() == priced.total.value.tolist() == [60.01] * 3
    hidden = price_draws(pays({"grant": {"name": "g", "pay": "not_published"}}), None, draws=2)
    assert not hidden.due.known.any()


# --- what generated contracts meet too seldom --------------------------------------------------


class Typed:
    """Readings of numbers by clause or outcome: an array is known, a pair is what lies between."""

    def __init__(self, **found: Any) -> None:
        self.found = found

    def _of(self, leaf: Any) -> Any:
        return self.found[leaf.name if leaf.name in self.found else leaf.outcome]

    def arrays(self, leaf: Any, group: str, pool: tuple[str, ...]) -> Any:
        found = self._of(leaf)
        if isinstance(found, Missing):
            return found
        if isinstance(found, tuple):
            return BetweenDraws(*map(np.array, found))
        return KnownDraws(np.array(found, dtype=float))

    def one(self, k: int) -> Any:
        def read(leaf: Any, group: str, pool: tuple[str, ...]) -> Any:
            found = self._of(leaf)
            if isinstance(found, Missing):
                return found
            if isinstance(found, tuple):
                return Between(*(decimal_of(end[k]) for end in found))
            return Known(decimal_of(found[k]), decimal_of(found[k]))

        return read


def pays(payment: dict[str, Any], **changes: Any) -> Contract:
    return contract_of(payment, changes)


GRID = [k / 10 for k in range(-40, 121, 3)]
MISSING = Missing(WHY)


@pytest.mark.parametrize("pay", ["1000.01", "333.33", "0.05", "not_published"])
@pytest.mark.parametrize("offset", [True, False])
@pytest.mark.parametrize("exceed", [True, False])
@pytest.mark.parametrize("weights", [("0.5", "0.5"), ("0.7", "0.3"), ("0.1", "0.9")])
def test_baskets_agree_at_ties_at_zero_and_at_half_cents(pay, offset, exceed, weights):
    parts = [
        {"name": name, "outcome": name, "weight": weight, "full_at": full}
        for name, weight, full in zip("xy", weights, ("8", "3"), strict=True)
    ]
    shape = {"pay": pay, "parts_may_exceed_one": exceed, "parts_may_offset": offset, "parts": parts}
    contract = pays({"basket": shape})
    # Shares that cancel, that tie, and that make half cents, beside a share too small for a float.
    x = [*GRID, *GRID, *(8 * k / 7 for k in range(-7, 14)), 5e-324, 8.0, 8.0, -8.0, 0.32]
    tie = float(weights[0]) / float(weights[1]) * 3 / 8
    y = [
        *(-tie * v for v in GRID),
        *(tie * v for v in GRID),
        *(3 * k / 7 for k in range(-7, 14)),
        0.0,
        3.0,
        -3.0,
        3.0,
        0.48,  # 0.04 and 0.16 of 0.025 each: no half cent in a part, and one in the whole
    ]
    hold(contract, Given(), Typed(x=x, y=y), len(x))


def test_a_share_too_small_for_a_float_is_not_nothing():
    part = {"name": "a", "outcome": "x", "weight": "1", "full_at": "8"}
    shape = {"pay": "not_published", "parts_may_exceed_one": False, "parts_may_offset": True}
    contract = pays({"basket": shape | {"parts": [part]}})
    priced = hold(contract, Given(), Typed(x=[0.0, 5e-324, -5e-324, 1.0]), 4)
    assert priced.due.known.tolist() == [True, False, True, False]


def test_a_part_between_two_numbers_is_judged_where_both_say_the_same():
    line = {"name": "a", "outcome": "x", "per_unit": "3", "above": "1", "ceiling": "6"}
    contract = pays({"linear": line})
    # On the floor up to its very end, on the ceiling from its very beginning, and not between.
    low, high = [-5.0, 0.5, 0.5, 3.0, 2.9, 2.0], [1.0, 1.0, 1.1, 9.0, 3.0, 2.0]
    priced = hold(contract, Given(), Typed(x=(low, high)), len(low))
    assert priced.amount["a", "all"].known.tolist() == [True, True, False, True, False, True]


def test_a_percentage_of_a_penalty_is_nothing():
    base = {"linear": {"name": "a", "outcome": "x", "per_unit": "3", "floor": "none"}}
    bonus = {"name": "b", "when": {"y": {"at_least": 0}}, "percent": "10", "of": base}
    contract = pays({"equity_bonus": bonus})
    priced = hold(contract, Given(), Typed(x=[-4.0, 4.0, 0.15], y=[1.0, 1.0, 1.0]), 3)
    assert priced.amount["b", "all"].value.tolist() == [0, 1.2, 0.05]


def test_other_money_takes_nothing_from_a_penalty():
    line = {"linear": {"name": "a", "outcome": "x", "per_unit": "3", "floor": "none"}}
    contract = pays(line | {"net_of": {"name": "other", "what": "other money"}})
    brought = Given(other_money={"other": Decimal("5.5")})
    priced = hold(contract, brought, Typed(x=[-4.0, 1.0, 4.0]), 3)
    assert priced.due.value.tolist() == [-12, 0, 6.5]


@pytest.mark.parametrize("other", ["99.99", "100", "100.01"])
def test_other_money_that_covers_the_ceiling_leaves_nothing_of_what_is_not_published(other):
    clause = {"name": "a", "when": {"x": {"at_least": 1}}, "pay": "not_published"}
    net = {"net_of": {"name": "other", "what": "other money"}, "cap": 100}
    contract = pays({"threshold": clause} | net, order=["ceiling", "netting"])
    brought = Given(other_money={"other": Decimal(other)})
    priced = hold(contract, brought, Typed(x=[0.0, 2.0]), 2)
    assert priced.due.known.tolist() == [True, other != "99.99"]


def test_a_line_without_claims_stays_at_nothing_while_another_is_open():
    lines = [{"name": n, "outcome": n, "price": "5"} for n in "xy"]
    card = {"each_milestone": "every_time", "person_ceiling": "3", "lines": lines}
    contract = pays({"rate_card": card})
    priced = hold(contract, Given(), Typed(x=[0.0, 2.0], y=MISSING), 2)
    assert priced.amount["x", "all"].known.tolist() == [True, False]
    once = hold(contract, Given(), Typed(x=[0.0, 2.0], y=[0.0, 0.0]), 2)
    assert once.rows["x", "all"].verdict.tolist() == [NOT_MET, CANNOT_BE_JUDGED]
    claims = {"p": {"x": 2}, "q": {"x": 1, "y": 1}}
    hold(contract, Given(claims=claims), Typed(x=[0.0, 3.0], y=[0.0, 1.0]), 2)


@pytest.mark.parametrize("times", ["once", "every_time"])
def test_a_ceiling_that_the_counts_leave_out_of_reach_waits_for_no_claims(times):
    lines = [{"name": n, "outcome": n, "price": p} for n, p in (("x", "5"), ("y", "3.333"))]
    contract = pays({"rate_card": {"each_milestone": times, "person_ceiling": "6", "lines": lines}})
    x, y = [0.0, 1.0, 2.0, 0.0, 0.5, 1.0], [1.0, 0.0, 0.0, 3.0, 1.0, 1.0]
    priced = hold(contract, Given(), Typed(x=x, y=y), 6)
    known = {"once": [True, True, True, True, True, False]}
    known["every_time"] = [True, True, False, False, True, False]
    assert priced.amount["x", "all"].known.tolist() == known[times]


def test_amounts_beyond_the_reach_of_a_float_are_exact():
    line = {"name": "a", "outcome": "x", "per_unit": "99999999999.37", "floor": "none"}
    bonus = {
        "name": "b",
        "when": {"x": {"at_least": 0}},
        "percent": "33.333",
        "of": {"linear": line},
    }
    split = [{"payer": "A", "share": "0.333"}, {"payer": "B", "share": "0.667"}]
    contract = pays({"equity_bonus": bonus, "split": split, "cap": "123456789012345"})
    x = [1e14, 123456789.123456789, -1e14, 3.0, 1234.5, 0.1]
    priced = hold(contract, Given(already_paid=Decimal(0)), Typed(x=x), len(x))
    assert priced.due.units.dtype == object


def test_results_beyond_the_range_of_floats_in_cents_are_exact():
    # A relative increase simulated with a heavy tail.
    line = {"name": "a", "outcome": "x", "per_unit": "150000"}
    open_end = price_draws(
        pays({"linear": line}), lambda *_: KnownDraws(np.array([1e300, 1e305, 2.0])), draws=3
    )
    assert open_end.due.units.tolist() == [15 * 10**306, 15 * 10**311, 30000000]
    assert open_end.due.value.tolist() == [1.5e305, np.inf, 300000]
    capped = pays({"linear": line | {"ceiling": "7000000"}})
    priced = price_draws(capped, lambda *_: KnownDraws(np.array([1e305, -1e305])), draws=2)
    assert priced.due.value.tolist() == [7000000, 0]


@given(
    x=st.lists(
        st.floats(-1e17, 1e17)
        | st.integers(-(10**5), 10**5).map(lambda n: n / 2000)
        | st.sampled_from([np.inf, -np.inf, 2.0**53, 1e300, -0.0, 0.5, 2.5, 4503599627370496.5]),
        min_size=1,
    ),
    decimals=st.integers(0, 4),
    mode=st.sampled_from(["half_up", "half_even"]),
)
def test_results_are_rounded_as_the_decimals_are(x, decimals, mode):
    rounding = {"decimals": decimals, "mode": mode}
    contract = pays({"linear": {"name": "a", "outcome": "x", "per_unit": 1}})
    data = contract.model_dump()
    data["outcomes"]["x"]["round_result"] = rounding
    outcome = Contract.model_validate(data).outcomes["x"]
    for number, found in zip(x, read_draws(outcome, np.array(x)).tolist(), strict=True):
        known = outcome.read(decimal_of(number))
        assert found == float(known)
        if abs(number) < 1e90:
            assert decimal_of(found) == known


def test_more_steps_than_a_byte_counts():
    steps = [{"at_least": k, "pay": k} for k in range(1, 200)]
    contract = pays({"tiers": {"name": "a", "outcome": "x", "steps": steps}})
    x = [0.5, 1.0, 128.0, 150.9, 199.0, 900.0]
    priced = hold(contract, Given(), Typed(x=x), len(x))
    assert priced.tier["a", "all"].tolist() == [-1, 0, 127, 149, 198, 198]


def test_paid_groups_leave_the_pool_and_the_reader_is_asked_for_each_pool():
    clauses = [
        {"name": "early", "per": "group", "when": {"x": {"at_least": 10}}, "pay": 100},
        {
            "name": "final",
            "per": "pooled",
            "weights": "people",
            "when": {"x": {"at_least": 5}},
            "pay": 40,
        },
    ]
    contract = pays(
        {"first_of": clauses},
        groups={"a": {}, "b": {}},
        pool="mean_of_effects",
        pool_excludes=["paid"],
    )
    alone = {"a": np.array([12.0, 12.0, 3.0, 9.0]), "b": np.array([12.0, 6.0, 12.0, 3.0])}
    pools = {
        ("a", "b"): np.full(4, 6.0),
        ("a",): alone["a"],
        ("b",): alone["b"],
    }
    asked = []

    def read(leaf, group, pool):
        asked.append((group, pool))
        return KnownDraws(pools[pool] if group == "pooled" else alone[group])

    priced = price_draws(contract, read, draws=4)
    # Both paid early: the pool is empty. Only a: b alone has 6. Only b: a alone has 3. None: 6.
    assert priced.rows["final", "pooled"].verdict.tolist() == [NOT_FOR_PAYMENT, MET, NOT_MET, MET]
    assert priced.due.value.tolist() == [200, 140, 100, 40]
    assert sorted(pool for group, pool in asked if group == "pooled") == [
        ("a",),
        ("a", "b"),
        ("b",),
    ]


def test_readings_that_do_not_fit_are_refused():
    contract = pays({"linear": {"name": "a", "outcome": "x", "per_unit": 1}})
    with pytest.raises(ValueError, match="there are 3 draws"):
        price_draws(contract, lambda *_: KnownDraws(np.zeros(2)), draws=3)
    with pytest.raises(ValueError, match="at least one draw"):
        price_draws(contract, lambda *_: KnownDraws(np.zeros(0)), draws=0)
    with pytest.raises(ValueError, match="NaN in 1 draws"):
        KnownDraws(np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="do not go together"):
        KnownDraws(np.zeros(2), closed=np.zeros(3, dtype=bool))
    told = KnownDraws(np.array([1.0, np.nan]), unjudged=np.array([False, True]))
    priced = price_draws(contract, lambda *_: told, draws=2)
    assert priced.rows["a", "all"].verdict.tolist() == [MET, CANNOT_BE_JUDGED]
    assert np.isnan(priced.total.value[1])
    assert priced.due.value.tolist() == [1, 0]


@given(
    units=st.lists(st.integers(0, 10**20) | st.integers(0, 5000), min_size=1, max_size=9),
    over=st.integers(1, 10**9) | st.integers(1, 20),
    under=st.integers(1, 10**9) | st.sampled_from([2, 8, 20, 100, 1000]),
    mode=st.sampled_from(["half_up", "half_even"]),
)
def test_a_share_of_whole_units_is_rounded_as_fractions_are(units, over, under, mode):
    large = max(units) >= 2**53
    found = shared(
        np.array(units, dtype=object if large else np.int64), Fraction(over, under), mode
    )
    assert found.tolist() == [whole(Fraction(n * over, under), mode) for n in units]
    assert all(
        whole(Fraction(n, 1000), mode) == int(rounded(Decimal(n).scaleb(-3), 0, mode))
        for n in units
    )


def test_what_is_open_is_never_hidden_too():
    open_, hidden = np.array([True, False, False]), np.array([True, True, False])
    for money in (
        MoneyDraws(np.array([5, 6, 7]), 2).reopen(open_).hide(hidden),
        MoneyDraws(np.array([5, 6, 7]), 2).hide(hidden).reopen(open_),
    ):
        assert money.open is not None
        assert money.hidden is not None
        assert money.open.tolist() == [True, False, False]
        assert money.hidden.tolist() == [False, True, False]
        assert money.units.tolist() == [0, 0, 7]
        assert money.closed().open is None
    again = MoneyDraws(np.array([5, 6, 7]), 2).hide(hidden).where(hidden, 9)
    assert again.hidden is None
    assert again.value.tolist() == [0.09, 0.09, 0.07]
