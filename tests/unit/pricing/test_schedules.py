"""One clause as pieces of straight lines: where a piece begins, and means of known form."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm
from scipy.stats import t as student

from impacteval.contract import Contract, load_contract
from impacteval.contract.terms import compare
from impacteval.pricing import DrawnSpread, Piece, Schedule, StudentSpread, expected, schedule_of
from impacteval.pricing.floats import decimal_of, first_float, holds

BONDS = Path(__file__).parents[3] / "studies" / "bonds"
ZERO = Fraction(0)

numbers = st.floats(allow_nan=False, width=64)
written = st.decimals(-(10**6), 10**6, places=4)
OPERATORS = ("at_least", "more_than", "at_most", "less_than")


def contract_of(payment: dict[str, Any], **outcome: Any) -> Contract:
    thing = {
        "plain_name": {"en": "Thing", "fr": "Chose"},
        "measure": "things",
        "better": "higher",
        "effect": "difference",
        "counterfactual": {"design": "rct"},
    } | outcome
    return Contract.model_validate(
        {
            "format": "impacteval-contract/1",
            "id": "test",
            "title": "Test",
            "in_plain_words": {"en": "A test.", "fr": "Un essai."},
            "currency": "EUR",
            "parties": {"payers": "A payer"},
            "who_counts": {"people": "everyone", "count_everyone": "true"},
            "outcomes": {"x": thing},
            "decide_on": "point_estimate",
            "payment": payment,
        }
    )


def only(payment: dict[str, Any], **outcome: Any) -> Schedule:
    contract = contract_of(payment, **outcome)
    (leaf,) = contract.clauses
    return schedule_of(contract, leaf)


# --- floats and decimals -----------------------------------------------------------------------


@given(x=numbers, threshold=written | st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_a_float_compares_as_its_decimal_text_does(x, threshold):
    for operator in OPERATORS:
        said = bool(holds(operator, np.array([x]), threshold)[0])
        assert said == compare(operator, decimal_of(x), threshold)


@given(threshold=written, steps=st.integers(-3, 3))
def test_a_float_beside_a_threshold_compares_as_its_decimal_text_does(threshold, steps):
    x = float(threshold)
    for _ in range(abs(steps)):
        x = math.nextafter(x, math.copysign(math.inf, steps))
    for operator in OPERATORS:
        said = bool(holds(operator, np.array([x]), threshold)[0])
        assert said == compare(operator, decimal_of(x), threshold)


def test_a_threshold_with_more_digits_than_a_float_is_still_told_apart():
    long = Decimal("0.1000000000000000001")
    assert not holds("at_least", np.array([0.1]), long)[0]
    assert holds("at_least", np.array([math.nextafter(0.1, 1)]), long)[0]
    assert first_float(Fraction(-1, 3), owned=True) == -1 / 3  # the nearest float is above


# --- pieces ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "paid"),
    [("at_least", [0, 5, 5]), ("more_than", [0, 0, 5])],
)
def test_the_threshold_itself_is_paid_by_at_least_only(operator, paid):
    schedule = only({"threshold": {"name": "a", "when": {"x": {operator: "7.5"}}, "pay": 5}})
    x = [math.nextafter(7.5, 0), 7.5, math.nextafter(7.5, 9)]
    assert schedule.pay(x).tolist() == paid
    assert schedule.reached(x).tolist() == [0 if amount else -1 for amount in paid]


@pytest.mark.parametrize(
    ("operator", "paid"),
    [("at_most", [9, 9, 5, 5, 5, 0]), ("less_than", [9, 5, 5, 5, 0, 0])],
)
def test_fewer_is_better_runs_from_right_to_left(operator, paid):
    steps = [{operator: 20, "pay": 5}, {operator: 10, "pay": 9}]
    tiers = {"tiers": {"name": "a", "outcome": "x", "steps": steps}}
    schedule = only(tiers, better="lower", effect="verified_count")
    x = [9.9, 10, 10.1, 19.9, 20, 20.1]
    assert schedule.pay(x).tolist() == paid
    assert schedule.reached(x).tolist() == [{0: -1, 5: 0, 9: 1}[amount] for amount in paid]


def test_denver_pays_what_was_published():
    # NHP Foundation: 15.12 a night; 5,104,000 for 38 percent fewer days in jail.
    contract = load_contract(BONDS / "denver")
    housing, jail = (schedule_of(contract, leaf) for leaf in contract.clauses)
    assert housing.pay([-1, 0, 258_858 + 41_070, 10**6]) == pytest.approx(
        [0, 0, 4534911.36, 5290000]
    )
    assert jail.pay([19.99, 20, 29.5, 30, 38, 64, 65, np.inf]).tolist() == [
        0,
        3200000,
        4720000,
        4800000,
        5104000,
        6092000,
        6130000,
        6130000,
    ]


def test_many_steps_are_found_as_few_are():
    steps = [{"at_least": k, "pay": 10 * k} for k in range(1, 41)]
    schedule = only({"tiers": {"name": "a", "outcome": "x", "steps": steps}})
    x = np.linspace(-1, 50, 1021)
    assert schedule.pay(x).tolist() == [10 * min(max(math.floor(v), 0), 40) for v in x]


def test_an_amount_that_is_not_published_is_never_nothing():
    pay = {"threshold": {"name": "a", "when": {"x": {"at_least": 1}}, "pay": "not_published"}}
    schedule = only(pay)
    paid = schedule.pay([0.0, 2.0])
    assert not schedule.published
    assert paid[0] == 0
    assert math.isnan(paid[1])
    assert schedule.reached([0.0, 2.0]).tolist() == [-1, 0]
    assert expected(schedule, StudentSpread(0, 1)) is None


def test_a_number_that_is_no_number_is_refused():
    schedule = only({"linear": {"name": "a", "outcome": "x", "per_unit": 1}})
    for ask in (schedule.pay, schedule.reached):
        with pytest.raises(ValueError, match="NaN"):
            ask([1.0, np.nan])


def test_a_line_without_an_end_pays_without_an_end():
    schedule = only({"linear": {"name": "a", "outcome": "x", "per_unit": 2, "floor": "none"}})
    assert schedule.pay([-np.inf, -3, 4, np.inf]).tolist() == [-np.inf, -6, 8, np.inf]


# --- means -------------------------------------------------------------------------------------


@given(price=st.floats(1, 1e6), error=st.floats(0.01, 100))
def test_a_floor_at_zero_pays_0_399_standard_errors_when_nothing_works(price, error):
    # The mean of max(0, x) under N(0, s^2) is s / sqrt(2 pi) = 0.3989 s.
    schedule = only({"linear": {"name": "a", "outcome": "x", "per_unit": str(Decimal(price))[:12]}})
    slope = float(schedule.pieces[-1].slope)
    found = expected(schedule, StudentSpread(0.0, error))
    assert found == pytest.approx(slope * error / math.sqrt(2 * math.pi), rel=1e-12)
    assert found == pytest.approx(0.39894228 * slope * error, rel=1e-7)


@given(
    a=st.integers(-20, 20),
    price=st.integers(1, 1000),
    cap=st.integers(1, 20000),
    tau=st.floats(-30, 30),
    s=st.floats(0.05, 20),
)
def test_a_price_with_a_ceiling_is_a_call_spread(a, price, cap, tau, s):
    # With l = (a - tau)/s and u = (a + cap/price - tau)/s the mean is
    # price [(tau - a)(Phi(u) - Phi(l)) + s (phi(l) - phi(u))] + cap (1 - Phi(u)).
    line = {"name": "a", "outcome": "x", "per_unit": price, "above": a, "ceiling": cap}
    found = expected(only({"linear": line}), StudentSpread(tau, s))
    low, high = (a - tau) / s, (a + cap / price - tau) / s
    middle = (tau - a) * (norm.cdf(high) - norm.cdf(low)) + s * (norm.pdf(low) - norm.pdf(high))
    known = price * middle + cap * norm.sf(high)
    assert found == pytest.approx(known, rel=1e-9, abs=1e-9 * (cap + price * (abs(tau - a) + s)))


@given(t=st.floats(-5, 5), tau=st.floats(-5, 5), s=st.floats(0.1, 5))
def test_a_threshold_pays_its_amount_times_the_chance(t, tau, s):
    threshold = {"name": "a", "when": {"x": {"at_least": f"{t:.6f}"}}, "pay": 1000}
    found = expected(only({"threshold": threshold}), StudentSpread(tau, s))
    assert found == pytest.approx(1000 * norm.sf((round(t, 6) - tau) / s), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("df", [1.5, 3.0, 30.0, math.inf])
@pytest.mark.parametrize("z", [-3.0, -0.4, 0.0, 1.7])
def test_what_lies_above_a_point_is_the_integral_of_the_upper_tail(df, z):
    kind = norm if math.isinf(df) else student(df)
    found = StudentSpread(2.0, 3.0, df)
    above, _ = quad(kind.sf, z, np.inf, limit=200)
    assert found.between(2.0 + 3.0 * z, math.inf) == pytest.approx(3.0 * above, rel=1e-7)
    assert found.below(2.0 - 3.0 * z) == pytest.approx(3.0 * above, rel=1e-7)


def test_without_a_mean_an_open_line_has_no_end_and_a_capped_one_has():
    heavy = StudentSpread(0.0, 1.0, 2.0)
    capped = only({"linear": {"name": "a", "outcome": "x", "per_unit": 1, "ceiling": 2}})
    below, _ = quad(student(2.0).sf, 0.0, 2.0)
    assert expected(capped, heavy) == pytest.approx(below, rel=1e-9)
    assert StudentSpread(0.0, 1.0, 1.0).between(3.0, math.inf) == math.inf
    cauchy, _ = quad(student(1.0).sf, 0.0, 2.0)
    assert expected(capped, StudentSpread(0.0, 1.0, 1.0)) == pytest.approx(cauchy, rel=1e-9)


@given(values=st.lists(st.integers(-90, 90).map(float), min_size=1, max_size=30))
def test_over_draws_the_mean_is_the_mean_of_the_payments(values):
    contract = load_contract(BONDS / "denver")
    malus = {"name": "a", "outcome": "x", "dead_band": 2, "full_at": 11, "bonus": 70, "malus": 31}
    steps = [{"at_most": 20, "pay": 5}, {"at_most": -10, "pay": 9}]
    fewer = {"tiers": {"name": "a", "outcome": "x", "steps": steps}}
    for schedule in (
        schedule_of(contract, contract.clauses[1]),
        only({"bonus_malus": malus}),
        only({"linear": {"name": "a", "outcome": "x", "per_unit": 3, "floor": "none"}}),
        only(fewer, better="lower", effect="verified_count"),
    ):
        drawn = np.array(values)
        mean = float(np.mean(schedule.pay(drawn)))
        assert expected(schedule, DrawnSpread(drawn)) == pytest.approx(mean, rel=1e-9, abs=1e-7)


def test_one_unit_of_a_standard_normal():
    unit = Schedule((Piece(None, True, ZERO), Piece(ZERO, True, ZERO, Fraction(1))), ())
    assert expected(unit, StudentSpread(0.0, 1.0)) == pytest.approx(0.3989422804014327)
