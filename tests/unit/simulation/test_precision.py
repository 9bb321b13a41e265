"""Standard errors of contract effects against the textbook and against simulated people."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from impacteval.simulation import Assumed, Kind
from impacteval.simulation.precision import degrees_of_freedom, design_effect, std_error

NORMAL = Assumed(
    "y", "all", "difference", "higher", "rct", kind=Kind.NORMAL, people=400, comparison=100, sd=3.0
)


def test_difference_of_normal_means() -> None:
    assert std_error(NORMAL, 1.0) == pytest.approx(3.0 * math.sqrt(1 / 400 + 1 / 100))
    assert degrees_of_freedom(NORMAL) == 498


def test_difference_of_shares_uses_each_share() -> None:
    binary = replace(NORMAL, kind=Kind.BINARY, sd=None, baseline=0.3)
    wanted = math.sqrt(0.5 * 0.5 / 400 + 0.3 * 0.7 / 100)
    assert std_error(binary, 0.2) == pytest.approx(wanted)


def test_reduction_counts_in_percent_and_grows_with_the_mean_of_the_served() -> None:
    # 936 served, 9,360 to compare with, 1.55 events, variance three times the mean: the false
    # payment of 1.8% at a threshold of 10 percent means a standard error of 10 / 2.097 = 4.77.
    count = Assumed(
        "y", "all", "relative_reduction_percent", "lower", "matched_comparison",
        kind=Kind.COUNT, people=936, comparison=9360, baseline=1.55, variance_over_mean=3.0,
    )  # fmt: skip
    by_hand = 100 * math.sqrt(3.0 / 1.55 * (1 / 936 + 1 / 9360))
    assert std_error(count, 0.0) == pytest.approx(by_hand)
    ratio = 0.9
    worked = 100 * math.sqrt(3.0 / 1.55 * (ratio / 936 + ratio**2 / 9360))
    assert std_error(count, 10.0) == pytest.approx(worked)


def test_total_is_people_times_the_mean() -> None:
    total = replace(NORMAL, effect="total_units")
    assert std_error(total, 50.0) == pytest.approx(400 * std_error(NORMAL, 50.0 / 400))


def test_effect_in_standard_deviations_carries_their_own_error() -> None:
    sd = replace(NORMAL, effect="difference_in_sd")
    assert std_error(sd, 0.5) == pytest.approx(math.sqrt(1 / 400 + 1 / 100 + 0.25 / (2 * 99)))


def test_a_design_without_comparison_takes_its_baseline_as_known() -> None:
    fixed = replace(NORMAL, design="fixed_rate", comparison=None)
    assert std_error(fixed, 1.0) == pytest.approx(3.0 / 20)
    assert degrees_of_freedom(fixed) == 399


def test_clusters_of_the_same_size() -> None:
    clustered = replace(NORMAL, clusters=20, comparison_clusters=5, icc=0.05)
    assert std_error(clustered, 0.0) == pytest.approx(
        std_error(NORMAL, 0.0) * math.sqrt(design_effect(20, 0.05))
    )
    assert degrees_of_freedom(clustered) == 23


def test_unequal_clusters_cost_precision() -> None:
    equal = replace(NORMAL, clusters=20, comparison_clusters=5, icc=0.05)
    unequal = replace(equal, cluster_cv=0.5)
    assert std_error(unequal, 0.0) > std_error(equal, 0.0)


def test_clustering_against_simulated_people() -> None:
    # An independent, slow way: people with a common part for each cluster.
    rng = np.random.default_rng(20)
    draws, clusters, size, icc = 4000, 12, 15, 0.2
    common = rng.normal(0, math.sqrt(icc), (draws, 2, clusters, 1))
    own = rng.normal(0, math.sqrt(1 - icc), (draws, 2, clusters, size))
    means = (common + own).mean(axis=(2, 3))
    spread = float(np.std(means[:, 0] - means[:, 1], ddof=1))
    assumed = Assumed(
        "y", "all", "difference", "higher", "cluster_rct", kind=Kind.NORMAL, sd=1.0,
        people=180, comparison=180, clusters=12, comparison_clusters=12, icc=icc,
    )  # fmt: skip
    # 4000 draws of a standard deviation have a standard error of 1.1%.
    assert std_error(assumed, 0.0) == pytest.approx(spread, rel=0.04)


def test_a_given_error_stands() -> None:
    given = replace(NORMAL, std_error=4.6)
    assert std_error(given, 12.0) == 4.6
    assert degrees_of_freedom(given) == math.inf


def test_what_nobody_can_have_is_impossible() -> None:
    binary = replace(NORMAL, kind=Kind.BINARY, sd=None, baseline=0.9)
    assert binary.possible(0.1)
    assert not binary.possible(0.2)
    reduction = replace(NORMAL, effect="relative_reduction_percent", better="lower", baseline=1.0)
    assert reduction.possible(99.0)
    assert not reduction.possible(100.0)
