"""Typed results that are paid on average: closed forms of published terms, and no cliffs."""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import impacteval as ie
from impacteval.adjudicated import run_examples
from impacteval.contract import load_contract

sys.path.insert(0, str(Path(__file__).parent / "decide"))
from building import clause, make, outcome

FLAT = {"expected_payment": {"prior": "flat"}}
UP = outcome(better="higher", effect="difference", unit="days")


def contract(payment, rule=FLAT):
    return make(payment, decide_on=rule, outcomes={"x": UP})


def paid(payment, value, error, rule=FLAT):
    return float(ie.price(contract(payment, rule), {"x": value}, std_error={"x": error}).due_now)


def test_a_floor_at_zero_pays_for_noise():
    # price x SE / sqrt(2 pi) when nothing works
    linear = {"linear": {"name": "main", "outcome": "x", "per_unit": 1000}}
    assert paid(linear, 0, 2) == pytest.approx(1000 * 2 / math.sqrt(2 * math.pi), abs=0.005)


@pytest.mark.parametrize(("tau", "s"), [(0, 2), (3, "0.5"), ("7.5", 4)])
def test_a_price_with_a_ceiling_is_a_call_spread(tau, s):
    a, price, cap = 1.0, 1000.0, 5000.0
    linear = {
        "linear": {"name": "main", "outcome": "x", "per_unit": 1000, "above": 1, "ceiling": 5000}
    }
    tau_, s_ = float(tau), float(s)
    lower, upper = (a - tau_) / s_, (a + cap / price - tau_) / s_
    spread = price * (
        (tau_ - a) * (norm.cdf(upper) - norm.cdf(lower)) + s_ * (norm.pdf(lower) - norm.pdf(upper))
    ) + cap * (1 - norm.cdf(upper))
    assert paid(linear, tau, s) == pytest.approx(spread, abs=0.006)


def test_at_the_threshold_half_is_paid():
    assert paid({"threshold": clause(10, 100)}, 10, 3) == 50.0
    assert paid({"threshold": clause(10, 100)}, 13, 3) == pytest.approx(
        100 * norm.cdf(1.0), abs=0.005
    )


def test_a_prior_draws_the_payment_towards_itself():
    rule = {"expected_payment": {"prior": {"normal": {"mean": 0, "sd": 4}}}}
    # 10 +- 3 and 0 +- 4 make 6.4 +- 2.4.
    assert paid({"threshold": clause(10, 100)}, 10, 3, rule) == pytest.approx(
        100 * norm.sf((10 - 6.4) / 2.4), abs=0.005
    )


def test_bonus_and_malus_cancel_without_noise():
    malus = {
        "bonus_malus": {
            "name": "main", "outcome": "x", "dead_band": 5, "full_at": 40, "bonus": 100, "malus": 100,
        }
    }  # fmt: skip
    assert ie.price(contract(malus), {"x": 0}, std_error={"x": 20}).due_now == Decimal("0.00")
    assert paid(malus, -10, 20) == -paid(malus, 10, 20) < 0


def test_a_clause_in_steps():
    tiers = {"tiers": {"name": "main", "outcome": "x", "steps": [
        {"more_than": 1, "pay": 10}, {"more_than": 2, "pay": 30}]}}  # fmt: skip
    expected = 10 * norm.sf(1.0) + 20 * norm.sf(2.0)
    assert paid(tiers, 0, 1) == pytest.approx(expected, abs=0.005)


def test_cents_of_large_amounts_are_kept():
    large = {"threshold": clause(10, 987654321.12)}
    assert ie.price(contract(large), {"x": 99}, std_error={"x": "0.001"}).due_now == Decimal(
        "987654321.12"
    )


@given(st.decimals(-20, 40, places=3), st.decimals("0.5", 10, places=3))
def test_there_are_no_cliffs(value, error):
    # A little more result never moves the payment by more than the density allows.
    step = Decimal("0.001")
    before, after = (paid({"threshold": clause(10, 1000)}, x, error) for x in (value, value + step))
    assert before <= after + 0.005
    assert after - before <= 1000 * 0.001 * 0.39895 / float(error) + 0.011


@given(st.floats(-15, 25), st.floats(0.5, 8))
def test_it_is_the_mean_of_what_would_be_paid_for_each_truth(value, error):
    value, error = round(value, 3), round(error, 3)
    linear = {"linear": {"name": "main", "outcome": "x", "per_unit": 7, "above": 2, "ceiling": 60}}
    z = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    truth = np.clip(7 * (value + error * z - 2), 0, 60)
    assert paid(linear, value, error) == pytest.approx(truth.mean(), abs=0.02)


def test_examples_state_the_error(tmp_path):
    path = tmp_path / "examples.yaml"
    path.write_text(
        "format: impacteval-examples/1\n"
        "examples:\n"
        "  - name: at the threshold half is paid\n"
        "    given: {x: 10}\n"
        "    std_error: {x: 3}\n"
        "    total: 50.00\n"
        "  - name: one number is not enough\n"
        "    given: {x: 10}\n"
        "    total: 100\n",
        encoding="utf-8",
    )
    first, second = run_examples(path, contract({"threshold": clause(10, 100)}))
    assert first.passed
    assert "std_error.x" in second.differences[0]


def test_everything_else_is_priced_as_before():
    denver = load_contract(Path(__file__).parents[2] / "studies" / "bonds" / "denver")
    assert ie.price(denver, {"housed_nights": 299928, "jail_days": 38}).total == Decimal(
        "9638911.36"
    )
