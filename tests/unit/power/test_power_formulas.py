"""Power, detectable effects and sizes: published values, another programme's, and simulation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import proportion_effectsize

from impacteval.errors import UsageError
from impacteval.power import (
    PlannedTrial,
    Test,
    detectable,
    error_of,
    factor_needed,
    finds,
    needed,
)
from impacteval.simulation.assumed import Kind
from impacteval.values import Scale

NORMAL = PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0)


def test_two_groups_of_fifty_a_fifth_of_a_standard_deviation_apart():
    # Cohen (1988), and G*Power's non-central t.
    assert finds(NORMAL, 0.2, Test()).finds == pytest.approx(0.167675486, abs=5e-10)
    assert 50 * factor_needed(NORMAL, 0.2, Test(), 0.8) == pytest.approx(393.4057, abs=5e-5)
    found = needed(NORMAL, 0.2, Test(), 0.8)
    assert (found.served, found.compared) == (394, 394)


def test_the_smallest_effect_of_forty_clusters():
    # Bloom's multiple with 38 degrees of freedom: t(.975) + t(.8) standard errors.
    trial = PlannedTrial(Kind.NORMAL, 1000, 1000, sd=1.0, clusters=(20, 20), icc=0.1)
    assert detectable(trial, Test(), 0.8) == pytest.approx(0.3123676087, abs=5e-11)


@pytest.mark.parametrize("effect", [0.1, 0.35, -0.6])
@pytest.mark.parametrize(("served", "compared"), [(30, 30), (500, 500)])
def test_statsmodels_agrees_for_two_equal_groups(effect, served, compared):
    trial = replace(NORMAL, served=served, compared=compared)
    peer = TTestIndPower()
    two = peer.power(effect, served, 0.05, ratio=compared / served, alternative="two-sided")
    assert finds(trial, effect, Test()).finds == pytest.approx(two, abs=1e-8)
    one = peer.power(effect, served, 0.05, ratio=compared / served, alternative="larger")
    assert finds(trial, effect, Test(sides="one")).finds == pytest.approx(one, abs=1e-8)


def test_lower_is_better_turns_the_one_sided_test_round():
    falls = replace(NORMAL, better="lower")
    assert finds(falls, -0.4, Test(sides="one")).finds == pytest.approx(
        finds(NORMAL, 0.4, Test(sides="one")).finds
    )
    assert finds(falls, 0.4, Test(sides="one")).finds < 0.05
    assert detectable(falls, Test(-0.1, 0.95, "one"), 0.8) == pytest.approx(
        -detectable(NORMAL, Test(0.1, 0.95, "one"), 0.8)
    )


def test_yes_or_no_is_near_the_arcsine_of_statsmodels():
    # Another approximation of the same power: near, and not equal.
    trial = PlannedTrial(Kind.BINARY, 400, 400, baseline=0.3)
    peer = NormalIndPower().power(proportion_effectsize(0.4, 0.3), 400, 0.05)
    assert finds(trial, 0.1, Test()).finds == pytest.approx(peer, abs=0.01)


def test_a_threshold_at_the_truth_is_reached_half_the_time_and_found_at_the_level():
    for scale in Scale:
        trial = PlannedTrial(Kind.BINARY, 300, 500, baseline=0.4, scale=scale)
        effect = {"difference": 0.1, "relative": 0.2, "total": 20.0, "standardised": 0.3}[scale]
        found = finds(trial, effect, Test(effect, 0.9, "one"))
        assert found.passes == pytest.approx(0.5)
        assert found.finds == pytest.approx(0.1)
        assert math.isnan(found.exaggerates)


def test_a_threshold_takes_a_larger_trial_than_zero():
    zero = needed(NORMAL, 0.5, Test(0.0, 0.95, "one"), 0.8)
    third = needed(NORMAL, 0.5, Test(0.3, 0.95, "one"), 0.8)
    # What counts is the distance from the threshold: (0.5 / 0.2)^2 times as many.
    assert third.served / zero.served == pytest.approx(6.25, rel=0.03)
    assert needed(NORMAL, 0.5, Test(0.5, 0.95, "one"), 0.8) is None
    assert needed(NORMAL, 0.5, Test(0.6, 0.95, "one"), 0.8) is None


def test_losses_and_take_up_by_hand():
    lost = replace(NORMAL, lost=(0.2, 0.5))
    assert error_of(lost, 0.0).std_error == pytest.approx(math.sqrt(1 / 40 + 1 / 25))
    half = replace(NORMAL, take_up=(0.6, 0.1))
    found = finds(half, 1.0, Test())
    assert found.estimated == pytest.approx(0.5)
    # Reaching some and not others spreads outcomes: p (1 - p) of the squared effect.
    assert found.std_error == pytest.approx(math.sqrt(1.24 / 50 + 1.09 / 50))
    participants = finds(replace(half, participants=True), 1.0, Test())
    assert participants.estimated == 1.0
    assert participants.std_error == pytest.approx(math.sqrt(2 / 50) / 0.5)


def test_blocks_covariates_and_unequal_clusters_by_hand():
    blocked = PlannedTrial(Kind.NORMAL, 100, 100, sd=2.0, blocks=5, between=0.2, explained=0.3)
    assert error_of(blocked, 0.0).std_error == pytest.approx(math.sqrt(2 * 4.0 * 0.5 / 100))
    assert error_of(blocked, 0.0).df == pytest.approx(190)
    unequal = PlannedTrial(
        Kind.NORMAL, 1000, 1000, sd=1.0, clusters=(20, 20), icc=0.1, cluster_cv=0.4
    )
    # Eldridge, Ashby and Kerry (2006): 1 + ((cv^2 + 1) m - 1) icc = 6.7.
    assert error_of(unequal, 0.0).std_error == pytest.approx(math.sqrt(2 * 6.7 / 1000))


def test_exaggeration_is_what_drawn_estimates_say():
    found = finds(replace(NORMAL, served=5000, compared=5000), 0.02, Test())
    draws = np.random.default_rng(1).normal(0.02, found.std_error, 2_000_000)
    caught = draws[np.abs(draws) > 1.959964 * found.std_error]
    assert found.exaggerates == pytest.approx(np.abs(caught).mean() / 0.02, rel=0.003)
    assert found.wrong_side == pytest.approx((caught < 0).mean(), abs=0.001)


@given(
    effect=st.floats(0.02, 0.3),
    baseline=st.floats(0.1, 0.6),
    served=st.integers(20, 2000),
    sides=st.sampled_from(["one", "two"]),
)
def test_what_is_needed_finds_it_and_one_step_less_does_not(effect, baseline, served, sides):
    trial = PlannedTrial(Kind.BINARY, served, served, baseline=baseline)
    test = Test(0.0, 0.95, sides)
    factor = factor_needed(trial, effect, test, 0.8)
    found = trial.times(factor) if served * factor >= 2 else None
    if found is None or found.served < 5:
        return
    assert finds(found, effect, test).finds >= 0.8 - 1e-9
    less = replace(found, served=found.served - 1, compared=found.compared - 1)
    assert finds(less, effect, test).finds < 0.8


@given(
    power=st.floats(0.55, 0.95),
    scale=st.sampled_from([Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL]),
    better=st.sampled_from(["higher", "lower"]),
)
def test_the_smallest_effect_stands_blooms_multiple_from_the_threshold(power, scale, better):
    from scipy.stats import t

    trial = PlannedTrial(
        Kind.COUNT, 400, 600, baseline=1.5, variance_over_mean=2.0, scale=scale, better=better
    )
    found = detectable(trial, Test(0.0, 0.9, "one"), power)
    error = error_of(trial, found)
    multiple = t.ppf(0.9, error.df) + t.ppf(power, error.df)
    assert abs(error.value) / error.std_error == pytest.approx(multiple, rel=1e-9)
    assert math.copysign(1.0, found) == trial.sign


def test_no_effect_that_people_can_have_is_large_enough():
    assert detectable(PlannedTrial(Kind.BINARY, 4, 4, baseline=0.9), Test(), 0.8) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"sd": None}, "needs sd"),
        ({"sd": -1.0}, "not a positive number"),
        ({"served": 1}, "served must be 2 people or more"),
        ({"icc": 0.1}, "say how many there are"),
        ({"clusters": (1, 5)}, "2 in each arm at least"),
        ({"clusters": (60, 5)}, "60 clusters cannot hold 50 people"),
        ({"between": 0.2}, "say how many there are"),
        ({"blocks": 30}, "30 blocks need 2 people"),
        ({"explained": 1.0}, "from 0 to below 1"),
        ({"lost": (1.0, 0.0)}, "A share of 1 for lost"),
        ({"take_up": (0.3, 0.3)}, "bring more people into the programme"),
        ({"take_up": (1.3, 0.3)}, "A share of 1.3 for take_up"),
        ({"better": "more"}, "'higher' or 'lower'"),
        ({"scale": Scale.RELATIVE}, "a baseline above 0"),
        ({"variance_over_mean": 2.0}, "belongs to a count"),
        ({"kind": Kind.BINARY, "baseline": 0.5}, "sd belongs to a normal outcome"),
    ],
)
def test_what_cannot_be_is_refused(change, told):
    with pytest.raises(ValueError, match=told):
        replace(NORMAL, **change)


def test_an_impossible_question_is_refused():
    with pytest.raises(UsageError, match="impossible mean"):
        finds(PlannedTrial(Kind.BINARY, 50, 50, baseline=0.9), 0.2, Test())
    with pytest.raises(UsageError, match="'one' or 'two'"):
        Test(sides="three")
    with pytest.raises(UsageError, match="between 0 and 1"):
        Test(level=95)
    with pytest.raises(UsageError, match="Power lies between"):
        detectable(NORMAL, Test(), 1.0)
    relative = PlannedTrial(
        Kind.BINARY, 50, 50, baseline=0.4, scale=Scale.RELATIVE, participants=True
    )
    with pytest.raises(UsageError, match="has no formula here"):
        finds(relative, 0.1, Test())
