"""Populations, the copula, who is in a study, and the data drawn from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from impacteval.simulation.assumed import Kind
from impacteval.simulation.copula import linear_share, outcome_correlation, score_correlation
from impacteval.simulation.data import Measure, study
from impacteval.simulation.layout import Layout, cluster_sizes
from impacteval.simulation.populations import Population

NORMAL = Population(Kind.NORMAL, 10.0, 4.0)
BINARY = Population(Kind.BINARY, 0.3)
COUNT = Population(Kind.COUNT, 1.55, 3.0)
POISSON = Population(Kind.COUNT, 2.0, 1.0)
ALL = (NORMAL, BINARY, COUNT, POISSON)


# --- populations -------------------------------------------------------------------------------


@given(mean=st.floats(0.01, 60.0), ratio=st.floats(1.0, 12.0))
@settings(deadline=None, max_examples=60)
def test_counts_have_the_mean_and_variance_that_are_stated(mean: float, ratio: float) -> None:
    population = Population(Kind.COUNT, mean, ratio)
    chances = population.chances()
    value = np.arange(len(chances))
    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    assert chances @ value == pytest.approx(mean, rel=1e-9)
    assert chances @ (value - mean) ** 2 == pytest.approx(ratio * mean, rel=1e-8)


def test_counts_without_overdispersion_are_poisson_and_with_it_negative_binomial() -> None:
    assert POISSON.chances()[:5] == pytest.approx(stats.poisson.pmf(range(5), 2.0), abs=1e-12)
    # Size k and chance p of the negative binomial: mean k(1-p)/p, variance over mean 1/p.
    expected = stats.nbinom.pmf(range(5), 1.55 / 2.0, 1.0 / 3.0)
    assert COUNT.chances()[:5] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("population", ALL, ids=str)
def test_the_quantile_function_at_normal_scores_has_the_population_mean_and_variance(
    population: Population,
) -> None:
    scores = stats.norm.ppf((np.arange(400_000) + 0.5) / 400_000)
    found = population.of_normal(scores)
    assert found.mean() == pytest.approx(population.mean, rel=1e-4)
    assert found.var() == pytest.approx(population.variance, rel=1e-3)
    assert np.all(np.diff(found) >= 0.0)


@pytest.mark.parametrize(
    ("kind", "mean", "spread", "said"),
    [
        (Kind.BINARY, 1.05, 1.0, "probability of 1.05 lies outside 0 to 1"),
        (Kind.BINARY, -0.01, 1.0, "probability of -0.01"),
        (Kind.COUNT, -1.0, 1.0, "mean count of -1 is negative"),
        (Kind.COUNT, 1.0, 0.9, r"cannot be 0\.9 times its mean"),
        (Kind.NORMAL, 1.0, 0.0, "standard deviation of 0"),
        (Kind.NORMAL, math.nan, 1.0, "finite number"),
    ],
)
def test_a_population_that_cannot_be_is_said_so(
    kind: Kind, mean: float, spread: float, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Population(kind, mean, spread)


def test_nobody_and_everybody_are_populations() -> None:
    assert Population(Kind.BINARY, 0.0).of_normal(np.array([-9.0, 9.0])).tolist() == [0.0, 0.0]
    assert Population(Kind.BINARY, 1.0).of_normal(np.array([-9.0, 9.0])).tolist() == [1.0, 1.0]
    assert Population(Kind.COUNT, 0.0, 2.0).chances()[0] == 1.0


# --- the copula --------------------------------------------------------------------------------


@given(r=st.floats(-0.98, 0.98))
@settings(deadline=None, max_examples=40)
def test_two_even_chances_follow_the_arc_sine(r: float) -> None:
    # Sheppard (1899): P(both above the median) = 1/4 + asin(r)/(2 pi).
    even = Population(Kind.BINARY, 0.5)
    assert outcome_correlation(even, even, r) == pytest.approx(2 / math.pi * math.asin(r), abs=1e-6)


@pytest.mark.parametrize("a", ALL, ids=str)
@pytest.mark.parametrize("b", ALL, ids=str)
@pytest.mark.parametrize("wanted", [-0.2, 0.01, 0.3])
def test_scores_give_outcomes_the_correlation_that_is_wanted(
    a: Population, b: Population, wanted: float
) -> None:
    r = score_correlation(a, b, wanted)
    assert outcome_correlation(a, b, r) == pytest.approx(wanted, abs=1e-10)
    assert abs(r) >= abs(wanted) - 1e-12  # turning scores into outcomes never adds correlation


def test_a_normal_outcome_is_its_own_score() -> None:
    assert score_correlation(NORMAL, NORMAL, 0.37) == 0.37
    assert linear_share(NORMAL) == 1.0
    # An even chance: the square of the density at the median over a quarter, 2/pi.
    assert linear_share(Population(Kind.BINARY, 0.5)) == pytest.approx(2 / math.pi)


# --- layouts -----------------------------------------------------------------------------------


@given(clusters=st.integers(1, 40), more=st.integers(0, 400), cv=st.floats(0.0, 1.5))
@settings(deadline=None)
def test_clusters_hold_everybody_and_nobody_is_alone_without_a_cluster(
    clusters: int, more: int, cv: float
) -> None:
    sizes = cluster_sizes(clusters + more, clusters, cv)
    assert sizes.sum() == clusters + more
    assert sizes.min() >= 1
    assert len(sizes) == clusters


def test_cluster_sizes_vary_as_stated() -> None:
    for cv in (0.2, 0.5, 0.8):
        sizes = cluster_sizes(4000, 40, cv)
        assert sizes.std() / sizes.mean() == pytest.approx(cv, abs=0.02)


def test_every_block_has_a_part_of_both_arms() -> None:
    layout = Layout(served=10, compared=21, blocks=3)
    assert layout.block is not None
    counts = np.array(
        [[(layout.block[layout.treatment == a] == b).sum() for b in range(3)] for a in (0, 1)]
    )
    assert counts.tolist() == [[7, 7, 7], [4, 3, 3]]
    clustered = Layout(served=40, compared=60, clusters=(4, 6), blocks=2)
    assert clustered.block is not None
    assert clustered.cluster is not None
    inside = {(c, b) for c, b in zip(clustered.cluster, clustered.block, strict=True)}
    assert len(inside) == 10  # a cluster lies in one block


@pytest.mark.parametrize(
    ("settings_", "said"),
    [
        ({"served": 0, "compared": 5}, "People served must be 1 or more, not 0"),
        ({"served": 3, "compared": 5, "clusters": (4, 2)}, "4 clusters cannot hold 3 people"),
        ({"served": 3, "compared": 5, "blocks": 4}, "3 people served cannot be spread over 4"),
        ({"served": 3, "compared": 5, "blocks": 0}, "Blocks must be 1 or more"),
    ],
)
def test_a_layout_that_cannot_be_is_said_so(settings_: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Layout(**settings_)  # type: ignore[arg-type]  # wrong on purpose


# --- data --------------------------------------------------------------------------------------


def _after(before: Population) -> Population:
    return Population(before.kind, before.mean * 0.9, before.spread)


@pytest.mark.parametrize("before", ALL, ids=str)
def test_arms_have_exactly_their_populations(before: Population) -> None:
    law = study(Layout(served=40, compared=60), [Measure(before, _after(before))])
    y = law.people(np.random.default_rng(1), 4000).y[0]
    for rows, population in ((y[:, :60], before), (y[:, 60:], _after(before))):
        error = population.sd / math.sqrt(rows.size)
        assert abs(rows.mean() - population.mean) < 4 * error
        assert rows.var() == pytest.approx(population.variance, rel=0.03)


@pytest.mark.parametrize("before", ALL, ids=str)
def test_people_of_one_cluster_are_alike_as_stated(before: Population) -> None:
    icc = 0.1
    layout = Layout(served=10, compared=10, clusters=(2, 2))
    law = study(layout, [Measure(before, _after(before), icc=icc)])
    y = law.people(np.random.default_rng(2), 60_000).y[0]
    for arm, population in ((y[:, :10], before), (y[:, 10:], _after(before))):
        away = arm - population.mean
        within = (away[:, :5].sum(1) ** 2 - (away[:, :5] ** 2).sum(1)).mean() / 20
        apart = (away[:, :5, None] * away[:, None, 5:]).mean()
        # Monte Carlo error of a correlation from 60,000 pairs of clusters: about 0.005.
        assert within / population.variance == pytest.approx(icc, abs=0.012)
        assert apart / population.variance == pytest.approx(0.0, abs=0.012)


def test_outcomes_of_one_person_go_together_as_stated() -> None:
    matrix = np.array([[1.0, 0.4, -0.2], [0.4, 1.0, 0.1], [-0.2, 0.1, 1.0]])
    measures = [Measure(p, _after(p)) for p in (NORMAL, COUNT, BINARY)]
    law = study(Layout(served=5, compared=5), measures, matrix)
    y = law.people(np.random.default_rng(3), 60_000).y
    for rows in (slice(0, 5), slice(5, 10)):
        found = np.corrcoef(y[..., rows].reshape(3, -1))
        assert found == pytest.approx(matrix, abs=0.01)


def test_blocks_and_what_is_known_explain_what_is_stated() -> None:
    for before in (NORMAL, COUNT, BINARY):
        measure = Measure(before, _after(before), between=0.15, known=0.2)
        law = study(Layout(served=8, compared=32, blocks=4), [measure])
        data = law.people(np.random.default_rng(4), 30_000)
        assert data.x is not None
        assert law.layout.block is not None
        y, x, block = data.y[0][:, :32], data.x[:, :32], law.layout.block[:32]
        means = np.array([y[:, block == b].mean() for b in range(4)])
        assert means.var() / before.variance == pytest.approx(0.15, abs=0.01)
        explained = np.corrcoef(x.ravel(), y.ravel())[0, 1] ** 2
        assert explained == pytest.approx(0.2, abs=0.01)
        assert y.var() == pytest.approx(before.variance, rel=0.02)


@pytest.mark.parametrize("before", [BINARY, COUNT], ids=str)
def test_tallies_are_the_law_of_people(before: Population) -> None:
    law = study(Layout(served=4, compared=6), [Measure(before, _after(before))])
    assert law.tallied
    draws = 40_000
    rows = law.people(np.random.default_rng(5), draws).y[0][:, :6]
    tallies = law.tallies(np.random.default_rng(6), draws, 0, 6)
    assert (tallies.sum(axis=1) == 6).all()
    totals = tallies @ np.arange(tallies.shape[1])
    assert stats.ks_2samp(totals, rows.sum(axis=1)).pvalue > 1e-3
    zeros = tallies[:, 0]
    assert stats.ks_2samp(zeros, (rows == 0).sum(axis=1)).pvalue > 1e-3


@pytest.mark.parametrize(
    ("measure", "layout", "said"),
    [
        (Measure(BINARY, BINARY, known=0.9), Layout(5, 5), "can explain at most"),
        (Measure(NORMAL, NORMAL, between=0.7), Layout(5, 5, blocks=2), "can hold at most 0.637"),
        (Measure(NORMAL, NORMAL, known=0.8, icc=0.3), Layout(5, 5), "more than all of 'y'"),
        (Measure(NORMAL, NORMAL, icc=1.0), Layout(5, 5), "between 0 and 1"),
    ],
)
def test_shares_that_cannot_be_are_said_so(measure: Measure, layout: Layout, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        study(layout, [measure], names=["y"])


def test_correlations_that_contradict_each_other_are_said_so() -> None:
    matrix = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    with pytest.raises(ValueError, match="contradict each other"):
        study(Layout(5, 5), [Measure(NORMAL, NORMAL)] * 3, matrix)
