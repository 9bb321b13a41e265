"""The normal engine against closed forms."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from impacteval.contract import load_contract
from impacteval.decide import Compared
from impacteval.errors import UsageError
from impacteval.simulation import scenario_of
from impacteval.simulation.engine import asked_of
from impacteval.simulation.normal import draw_normal, scatter_of
from impacteval.simulation.scenario_file import with_settings
from impacteval.simulation.scores import stratified_normal
from impacteval.values import Confidence, LowerBound, PointEstimate, PValue

BONDS = Path(__file__).parents[3] / "studies" / "bonds"
PHI = NormalDist().cdf
POINT = PointEstimate()
DRAWS = 40_000


def peterborough(**more):
    contract = load_contract(BONDS / "peterborough")
    settings_ = {
        "reconvictions.people": "936",
        "reconvictions.comparison": "9360",
        "reconvictions.baseline": "1.55",
        "reconvictions.variance_over_mean": "3",
        **more,
    }
    return scenario_of(contract, with_settings(None, settings_))


def jail(**more):
    contract = load_contract(BONDS / "denver")
    said = {"housed_nights.std_error": "0", **more}
    return scenario_of(contract, with_settings(None, said, held={"housed_nights": "1"}))


def drawn(scenario, effect, asked, seed=1, draws=DRAWS):
    return draw_normal(scenario, effect, asked, np.random.default_rng(seed), draws)


def test_peterborough_pays_noise_as_the_normal_approximation_says() -> None:
    # 936 served, 9,360 to compare with, 1.55 events each, variance three times the mean: at zero
    # effect 1.8% for one cohort, 3.6% for either, 1.3% for the two pooled.
    found = drawn(peterborough(), 0.0, asked_of(peterborough().contract))
    one, two, pooled = (
        found["reconvictions", group][POINT] for group in ("cohort_1", "cohort_2", "pooled")
    )
    assert np.mean(one >= 10) == pytest.approx(0.018, abs=0.0005)
    assert np.mean((one >= 10) | (two >= 10)) == pytest.approx(0.036, abs=0.001)
    assert np.mean(pooled >= 7.5) == pytest.approx(0.013, abs=0.001)


def test_a_pool_weighs_by_people_and_has_the_joint_error() -> None:
    scenario = peterborough(**{"reconvictions.cohort_2.people": "468"})
    pool = next(a for a in asked_of(scenario.contract) if a.group == "pooled")
    found = drawn(scenario, 5.0, asked_of(scenario.contract))
    one, two = (found["reconvictions", g][POINT] for g in ("cohort_1", "cohort_2"))
    np.testing.assert_allclose(
        found["reconvictions", "pooled"][POINT], (2 * one + two) / 3, atol=1e-6
    )
    scatter = scatter_of(scenario, 5.0, pool)
    parts = [scatter_of(scenario, 5.0, a).std_error for a in asked_of(scenario.contract)[:2]]
    assert scatter.std_error == pytest.approx(math.hypot(2 * parts[0], parts[1]) / 3)


def test_groups_that_move_together_widen_the_pool() -> None:
    apart, alike = peterborough(), peterborough(**{"correlation.groups": "1"})
    pool = next(a for a in asked_of(apart.contract) if a.group == "pooled")
    one = scatter_of(apart, 0.0, asked_of(apart.contract)[0]).std_error
    assert scatter_of(apart, 0.0, pool).std_error == pytest.approx(one / math.sqrt(2))
    assert scatter_of(alike, 0.0, pool).std_error == pytest.approx(one)
    found = drawn(alike, 0.0, asked_of(alike.contract))
    np.testing.assert_allclose(
        found["reconvictions", "cohort_1"][POINT],
        found["reconvictions", "cohort_2"][POINT],
        atol=1e-6,
    )


def test_the_correlation_that_is_asked_is_the_correlation_of_draws() -> None:
    scenario = peterborough(**{"correlation.groups": "0.4"})
    found = drawn(scenario, 0.0, asked_of(scenario.contract))
    both = np.corrcoef(*(found["reconvictions", g][POINT] for g in ("cohort_1", "cohort_2")))
    assert both[0, 1] == pytest.approx(0.4, abs=0.02)


def test_correlations_that_cannot_hold_together_are_refused() -> None:
    scenario = peterborough(**{"correlation.groups": "-1"})
    drawn(scenario, 0.0, asked_of(scenario.contract), draws=100)  # two groups can
    from dataclasses import replace

    three = replace(
        scenario,
        numbers={
            **scenario.numbers,
            ("reconvictions", "c"): scenario.numbers["reconvictions", "cohort_1"],
        },
    )
    with pytest.raises(UsageError, match="cannot hold together"):
        drawn(three, 0.0, asked_of(scenario.contract), draws=100)


QUESTIONS = (
    POINT,
    LowerBound(Decimal("0.9"), "one"),
    LowerBound(Decimal("0.9"), "two"),
    PValue("one"),
    PValue("two"),
    Confidence(Decimal(20)),
)


def asked(*questions):
    return (Compared("jail_days", "all", questions, ("jail-days",)),)


def test_a_lower_bound_passes_a_threshold_that_is_the_truth_with_chance_alpha() -> None:
    found = drawn(jail(**{"jail_days.std_error": "6"}), 20.0, asked(*QUESTIONS))
    answers = found["jail_days", "all"]
    assert np.mean(answers[QUESTIONS[1]] >= 20) == pytest.approx(0.1, abs=5e-4)
    assert np.mean(answers[QUESTIONS[2]] >= 20) == pytest.approx(0.05, abs=5e-4)
    assert np.mean(answers[POINT] >= 20) == pytest.approx(0.5, abs=5e-4)
    assert np.mean(answers[QUESTIONS[5]] >= 0.9) == pytest.approx(0.1, abs=5e-4)


def test_tests_reject_nothing_as_often_as_they_say() -> None:
    answers = drawn(jail(**{"jail_days.std_error": "6"}), 0.0, asked(*QUESTIONS))[
        "jail_days", "all"
    ]
    assert np.mean(answers[QUESTIONS[3]] <= 0.05) == pytest.approx(0.05, abs=5e-4)
    assert np.mean(answers[QUESTIONS[4]] <= 0.05) == pytest.approx(0.05, abs=5e-4)


def test_few_clusters_keep_the_level_because_the_error_is_estimated() -> None:
    few = jail(
        **{
            "jail_days.people": "120", "jail_days.comparison": "120", "jail_days.sd": "1",
            "jail_days.baseline": "2", "jail_days.clusters": "4", "jail_days.icc": "0.1",
        }
    )  # fmt: skip
    answers = drawn(few, 20.0, asked(*QUESTIONS))["jail_days", "all"]
    # 40,000 draws: 3 standard errors of a chance of 10% are 0.45 points.
    assert np.mean(answers[QUESTIONS[1]] >= 20) == pytest.approx(0.1, abs=0.0045)
    assert scatter_of(few, 20.0, asked(*QUESTIONS)[0]).df == 6
    bound = answers[POINT] - answers[QUESTIONS[1]]
    scale = bound / stats.t.ppf(0.9, 6)
    assert np.std(scale) > 0.1 * np.mean(scale)


def test_without_error_the_truth_is_seen() -> None:
    exact = drawn(jail(**{"jail_days.std_error": "0"}), 20.0, asked(*QUESTIONS), draws=200)
    answers = exact["jail_days", "all"]
    assert np.unique(answers[POINT]).tolist() == [20.0]
    assert np.unique(answers[QUESTIONS[1]]).tolist() == [20.0]
    assert np.unique(answers[QUESTIONS[3]]).tolist() == [0.0]
    assert np.unique(
        drawn(jail(**{"jail_days.std_error": "0"}), 0.0, asked(*QUESTIONS), draws=200)[
            "jail_days", "all"
        ][QUESTIONS[4]]
    ).tolist() == [1.0]


@settings(max_examples=25, deadline=None)
@given(st.floats(-30, 30), st.floats(0.1, 20), st.integers(0, 2**32))
def test_draws_are_those_of_the_closed_form(effect: float, error: float, seed: int) -> None:
    scenario = jail(**{"jail_days.std_error": f"{error:.9f}"})
    found = drawn(scenario, effect, asked(POINT), seed=seed, draws=5000)["jail_days", "all"][POINT]
    # One draw in each of 5000 slices: a chance is right to one slice.
    for threshold in (-5.0, 0.0, 12.0):
        wanted = 1 - PHI((threshold - effect) / float(f"{error:.9f}"))
        assert np.mean(found >= threshold) == pytest.approx(wanted, abs=1.01 / 5000)


def test_one_draw_in_each_slice() -> None:
    z = stratified_normal(np.random.default_rng(3), 1000, 3)
    slices = np.floor(stats.norm.cdf(z) * 1000).astype(int)
    for row in slices:
        assert sorted(row) == list(range(1000))
    assert abs(np.corrcoef(z)[0, 1]) < 0.15


@pytest.mark.parametrize("df", [200, 398, 10_000, 1e7])
def test_the_fast_tail_of_t_is_the_exact_one(df) -> None:
    from impacteval.simulation.normal import _above

    x = np.r_[np.linspace(-40, 40, 4001), np.inf, -np.inf, 0.0]
    np.testing.assert_allclose(_above(x, df), stats.t.sf(x, df), atol=1e-13)


def test_a_larger_sample_is_more_precise_by_its_root() -> None:
    from dataclasses import replace

    from impacteval.simulation.precision import std_error

    scenario = peterborough()
    assumed = scenario.numbers["reconvictions", "cohort_1"]
    larger = replace(assumed, times=4.0)
    assert std_error(larger, 5.0) == pytest.approx(std_error(assumed, 5.0) / 2)
