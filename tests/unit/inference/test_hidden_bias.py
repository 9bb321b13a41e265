"""Bounds under hidden bias against enumeration, published values and scipy."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from impacteval.inference.hidden_bias import (
    EXACT_PAIRS,
    MOST_GAMMA,
    Sets,
    Stratum,
    aligned_ranks,
    events_bound,
    sets_bound,
    signed_rank_bound,
    studentised_bound,
    tipping,
)


def law_of(served: int, trait, score, gamma):
    """Distribution of the sum of scores of the served in one set, for a hidden trait."""
    found: dict[float, float] = {}
    for who in combinations(range(len(score)), served):
        weight = gamma ** sum(trait[i] for i in who)
        total = round(sum(score[i] for i in who), 9)
        found[total] = found.get(total, 0.0) + weight
    whole = sum(found.values())
    return {value: weight / whole for value, weight in found.items()}


def tail(laws, seen):
    total = {0.0: 1.0}
    for law in laws:
        total_new: dict[float, float] = {}
        for (a, p), (b, q) in product(total.items(), law.items()):
            total_new[round(a + b, 9)] = total_new.get(round(a + b, 9), 0.0) + p * q
        total = total_new
    return sum(p for value, p in total.items() if value >= seen - 1e-9)


def test_published_bounds_of_pairs():
    # Rosenbaum (2002), section 4.3.2: 110 of 122 discordant pairs.
    pairs = [Stratum(2, 1, 1)] * 122
    for gamma, value in ((4.0, 0.00196334), (5.0, 0.02316856), (6.0, 0.09692877)):
        assert events_bound(pairs, 110, gamma) == pytest.approx(value, abs=5e-9)
        assert events_bound(pairs, 110, gamma) == pytest.approx(
            stats.binom.sf(109, 122, gamma / (1 + gamma)), rel=1e-10
        )


@pytest.mark.parametrize("gamma", [1.0, 2.5])
def test_no_hidden_trait_beats_the_bound_of_events(gamma):
    # Three sets: (people, events among them, served).
    sets = [((1, 0, 1), 1), ((1, 1, 0, 0), 2), ((0, 1), 1)]
    strata = [Stratum(len(y), sum(y), m) for y, m in sets]
    for seen in range(5):
        found = events_bound(strata, seen, gamma)
        worst = max(
            tail([law_of(m, u, y, gamma) for (y, m), u in zip(sets, traits, strict=True)], seen)
            for traits in product(*(product((0, 1), repeat=len(y)) for y, _ in sets))
        )
        assert found == pytest.approx(worst, rel=1e-12)


def test_many_strata_of_a_kind_are_a_power():
    strata = [Stratum(5, 2, 2)] * 7 + [Stratum(4, 2, 1)] * 6
    one = stats.hypergeom(5, 2, 2).pmf(np.arange(3))
    law = np.ones(1)
    for own in [one] * 7 + [np.array([0.5, 0.5])] * 6:
        law = np.convolve(law, own)
    assert events_bound(strata, 12, 1.0) == pytest.approx(law[12:].sum(), rel=1e-12)


def test_signed_ranks_by_enumeration():
    gaps = np.array([3.0, -1.0, 2.0, 2.0, 0.0, 5.0, -4.0])
    held = gaps[gaps != 0]
    rank = stats.rankdata(np.abs(held))
    seen = rank[held > 0].sum()
    for gamma in (1.0, 1.7):
        p = gamma / (1 + gamma)
        chance = sum(
            p ** sum(signs) * (1 - p) ** (len(held) - sum(signs))
            for signs in product((0, 1), repeat=len(held))
            if np.array(signs) @ rank >= seen - 1e-9
        )
        assert signed_rank_bound(gaps, gamma) == pytest.approx(chance, rel=1e-12)
    assert signed_rank_bound(np.zeros(3), 1.0) == 1.0


def test_signed_ranks_agree_with_scipy_and_with_the_normal_law_beyond():
    gaps = np.random.default_rng(1).normal(0.3, 1.0, EXACT_PAIRS)
    exact = stats.wilcoxon(gaps, alternative="greater", method="exact").pvalue
    assert signed_rank_bound(gaps, 1.0) == pytest.approx(exact, rel=1e-9)
    more = np.random.default_rng(2).normal(0.2, 1.0, EXACT_PAIRS + 30)
    law = stats.wilcoxon(more, alternative="greater", method="approx", correction=False).pvalue
    assert signed_rank_bound(more, 1.0) == pytest.approx(law, rel=1e-9)


def test_the_studentised_bound_without_bias_is_student():
    gaps = np.random.default_rng(1).normal(0.3, 1.0, 40)
    expected = stats.ttest_1samp(gaps, 0.0, alternative="greater").pvalue
    assert studentised_bound(gaps, 1.0) == pytest.approx(expected, rel=1e-10)
    lowered = gaps - 0.5 * np.abs(gaps)
    expected = stats.ttest_1samp(lowered, 0.0, alternative="greater").pvalue
    assert studentised_bound(gaps, 3.0) == pytest.approx(expected, rel=1e-10)
    assert studentised_bound(np.zeros(4), 1.0) == 1.0
    assert studentised_bound(np.ones(1), 1.0) == 1.0


@pytest.mark.parametrize("gamma", [1.0, 2.0, 6.0])
@pytest.mark.parametrize("lone_served", [True, False])
def test_the_sum_of_scores_takes_the_trait_with_the_largest_mean(gamma, lone_served):
    rng = np.random.default_rng(5)
    values = [rng.normal(size=n) for n in (2, 3, 5, 5)]
    start = np.append(0, np.cumsum([len(v) for v in values]))
    sets = Sets(np.concatenate(values), start, start[:-1], np.full(4, lone_served))
    mean = variance = 0.0
    for v in values:
        served = 1 if lone_served else len(v) - 1
        moments = []
        for trait in product((0, 1), repeat=len(v)):
            law = law_of(served, trait, v, gamma)
            m = sum(x * p for x, p in law.items())
            moments.append((m, sum(x * x * p for x, p in law.items()) - m * m))
        top = max(m for m, _ in moments)
        mean += top
        variance += max(s for m, s in moments if m > top - 1e-9)
    seen = sum(v[0] if lone_served else v[1:].sum() for v in values)
    expected = stats.norm.sf((seen - mean) / np.sqrt(variance))
    assert sets_bound(sets, gamma) == pytest.approx(expected, rel=1e-6)


def test_aligned_ranks():
    values = np.array([1.0, 3.0, 10.0, 13.0, 16.0])
    assert aligned_ranks(values, np.array([0, 2, 5])).tolist() == [2.0, 4.0, 1.0, 3.0, 5.0]


def test_tipping_points():
    pairs = [Stratum(2, 1, 1)] * 122
    gamma = tipping(lambda g: events_bound(pairs, 110, g), 0.05)
    assert stats.binom.sf(109, 122, gamma / (1 + gamma)) == pytest.approx(0.05, rel=1e-5)
    assert tipping(lambda g: 0.2, 0.05) == 0.0
    assert tipping(lambda g: 0.0, 0.05) == MOST_GAMMA
