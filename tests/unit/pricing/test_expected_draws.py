"""Average payments of many estimates at once are those of one estimate, and of brute force."""

from __future__ import annotations

import math
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from impacteval.contract import load_contract
from impacteval.pricing import (
    LogRatioDraws,
    StudentDraws,
    StudentSpread,
    expected,
    expected_draws,
    schedule_of,
)
from impacteval.pricing.confidence import LogRatioSpread, Scaled
from impacteval.pricing.prior import posterior

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, make

BONDS = Path(__file__).parents[3] / "studies" / "bonds"


def only(payment):
    contract = make(payment)
    return schedule_of(contract, contract.clauses[0])


TIERS = {
    "tiers": {
        "name": "t",
        "outcome": "x",
        "steps": [{"at_least": 2, "pay": 500}, {"at_least": 7, "pay": 2000}],
    }
}
LINEAR = {"linear": {"name": "l", "outcome": "x", "per_unit": 100}}
SCHEDULES = {
    "threshold": only({"threshold": clause(10)}),
    "tiers": only(TIERS),
    "price": only(LINEAR),
    "price without a floor": only(
        {"linear": {**LINEAR["linear"], "floor": "none", "ceiling": 900}}
    ),
    "between": only({"linear": {**LINEAR["linear"], "above": 3, "ceiling": 900}}),
    "bonus and penalty": only(
        {
            "bonus_malus": {
                "name": "b",
                "outcome": "x",
                "target": 4,
                "dead_band": 2,
                "full_at": 6,
                "bonus": 700,
                "malus": 300,
            }
        }
    ),
    "jail": schedule_of(
        load_contract(BONDS / "denver"), load_contract(BONDS / "denver").clauses[1]
    ),
}
SCHEDULE = st.sampled_from(sorted(SCHEDULES))
CENTRES = st.lists(st.floats(-30, 60), min_size=1, max_size=6)
SCALES = st.floats(0.05, 20.0)
PRIORS = st.none() | st.tuples(st.floats(-5, 15), st.floats(0.5, 20.0))


def size(schedule) -> float:
    bends = [abs(float(p.at(p.start))) for p in schedule.pieces if p.start is not None]
    steep = max(abs(float(p.slope)) for p in schedule.pieces)
    return max(*bends, steep, 1.0)


def one(spread, prior):
    return spread if prior is None else posterior(spread, *prior)


@given(SCHEDULE, CENTRES, SCALES, st.sampled_from([math.inf, 900.0, 40.0, 5.5, 2.0, 1.4]), PRIORS)
@settings(max_examples=150, deadline=None)
def test_each_draw_is_the_mean_of_one_estimate(name, centres, scale, df, prior) -> None:
    schedule, centre = SCHEDULES[name], np.array(centres)
    found = expected_draws(schedule, StudentDraws(centre, np.full_like(centre, scale), df), prior)
    for value, x in zip(found, centres, strict=True):
        wanted = expected(schedule, one(StudentSpread(x, scale, df), prior))
        assert value == pytest.approx(wanted, rel=1e-9, abs=1e-9 * size(schedule))


@given(
    SCHEDULE,
    st.lists(st.floats(-0.4, 0.4), min_size=1, max_size=4),
    st.floats(0.01, 0.3),
    st.sampled_from([math.inf, 900.0, 40.0, 8.0]),
    st.sampled_from([100.0, -100.0]),
    PRIORS,
)
@settings(max_examples=60, deadline=None)
def test_each_ratio_is_the_mean_of_one_ratio(name, logs, scale, df, factor, prior) -> None:
    schedule, log_ratio = SCHEDULES[name], np.array(logs)
    spread = LogRatioDraws(log_ratio, np.full_like(log_ratio, scale), df, factor)
    found = expected_draws(schedule, spread, prior)
    for value, x in zip(found, logs, strict=True):
        wanted = expected(schedule, one(Scaled(LogRatioSpread(x, scale, df), factor), prior))
        if not math.isfinite(wanted):
            assert not math.isfinite(value)
        else:
            assert value == pytest.approx(wanted, rel=1e-9, abs=1e-9 * size(schedule))


@pytest.mark.parametrize("df", [3.0, 12.0, math.inf])
@pytest.mark.parametrize("name", ["between", "tiers", "bonus and penalty", "jail"])
def test_brute_force(name, df) -> None:
    schedule = SCHEDULES[name]
    law = stats.norm(4.0, 5.0) if math.isinf(df) else stats.t(df, 4.0, 5.0)
    knots = [float(p.start) for p in schedule.pieces if p.start is not None]
    ends = [-math.inf, *knots, math.inf]
    wanted = sum(
        integrate.quad(lambda x: float(schedule.pay([x])[0]) * law.pdf(x), a, b, epsabs=1e-11)[0]
        for a, b in pairwise(ends)
    )
    found = expected_draws(schedule, StudentDraws(np.array([4.0]), np.array([5.0]), df))
    assert found[0] == pytest.approx(wanted, rel=1e-8, abs=1e-6)


def test_a_ratio_with_heavy_tails_is_what_brute_force_on_its_logarithm_finds() -> None:
    # A reduction of 100 (1 - exp(L)), L a t with 3 degrees of freedom around -0.1.
    schedule, law = SCHEDULES["between"], stats.t(3.0, -0.1, 0.2)

    def paid(u: float) -> float:
        return float(schedule.pay([-100.0 * math.expm1(u)])[0]) * law.pdf(u)

    cuts = [-math.inf, -8.0, -2.0, -1.0, -0.5, math.log(1 - 0.12), -0.1, math.log(1 - 0.03)]
    wanted = sum(
        integrate.quad(paid, a, b, epsabs=1e-12, epsrel=1e-12)[0] for a, b in pairwise(cuts)
    )
    spread = LogRatioDraws(np.array([-0.1]), np.array([0.2]), 3.0, -100.0)
    assert expected_draws(schedule, spread)[0] == pytest.approx(wanted, rel=1e-9)


def test_what_has_no_mean_is_not_finite_and_what_is_known_is_paid_as_it_is() -> None:
    price = SCHEDULES["price"]
    alone = np.array([3.0, math.nan])
    cauchy = expected_draws(price, StudentDraws(alone, np.ones(2), 1.0))
    assert math.isinf(cauchy[0])
    assert math.isnan(cauchy[1])
    bounded = expected_draws(SCHEDULES["between"], StudentDraws(alone, np.ones(2), 1.0))
    assert bounded[0] == pytest.approx(
        expected(SCHEDULES["between"], StudentSpread(3.0, 1.0, 1.0)), rel=1e-9
    )
    exact = expected_draws(price, StudentDraws(alone, np.zeros(2)))
    assert exact[0] == 300.0
    # A rise in percent has no end and the exponential of a t no mean; a fall ends at 100 percent.
    ratio = (np.array([0.1]), np.array([0.1]), 20.0)
    assert math.isinf(expected_draws(price, LogRatioDraws(*ratio, 100.0))[0])
    assert math.isfinite(expected_draws(price, LogRatioDraws(*ratio, -100.0))[0])
    certain = LogRatioDraws(np.array([math.log(1.2)]), np.zeros(1), 20.0, 100.0)
    assert expected_draws(price, certain)[0] == pytest.approx(2000.0)


def test_an_amount_that_is_not_published_hides_the_average() -> None:
    hidden = only({"threshold": clause(pay="not_published")})
    for df in (math.inf, 0.9):
        assert np.isnan(expected_draws(hidden, StudentDraws(np.zeros(2), np.ones(2), df))).all()
