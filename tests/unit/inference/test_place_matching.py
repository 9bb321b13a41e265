"""Nearest people in several measurements against brute force, whatever the order of rows."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference import on_scale, place_nearest
from impacteval.inference.matched_sets import MatchedSets
from impacteval.inference.place_arms import (
    around_places,
    levels,
    place_arms,
    place_arms_by_row,
)
from impacteval.inference.place_nearest import (
    closest_first,
    nearest_patterns,
    people_nearer,
    with_replacement,
)
from impacteval.inference.place_patterns import Placed, places
from impacteval.inference.score_matching import sets_of_patterns
from impacteval.values import Scale


def drawn(seed=1, n=70, discrete=False, strata=False, copies=False):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) @ np.array([[1.0, 0.5, 0], [0, 1, 0.3], [0, 0, 2]])
    if discrete:
        x = np.round(x)
    served = rng.random(n) < 0.35
    held = rng.integers(1, 4, n).astype(float) if copies else np.ones(n)
    people = Placed(
        served=served,
        place=places(x, held, held, "mahalanobis"),
        counts=held,
        copies=held,
        stratum=rng.integers(0, 3, n) if strata else None,
    )
    return x, people


def distances(people: Placed) -> np.ndarray:
    gap = people.place[:, None, :] - people.place[None, :, :]
    far = np.sqrt((gap**2).sum(axis=2))
    if people.stratum is not None:
        far[people.stratum[:, None] != people.stratum[None, :]] = np.inf
    return far


def sets_of(people: Placed, choose, **settings) -> MatchedSets:
    own, other = people.spots(people.served), people.spots(~people.served)
    chosen = choose(own, other, **settings)
    return sets_of_patterns(people, own.patterns, other.patterns, chosen).written_out()


def as_dict(sets: MatchedSets) -> dict[int, dict[int, float]]:
    return {
        int(row): {
            int(j): float(w)
            for j, w in zip(sets.others[a:b], sets.weight[a:b], strict=True)
        }
        for row, a, b in zip(sets.served, sets.start[:-1], sets.start[1:], strict=True)
    }  # fmt: skip


def test_the_distance_is_that_of_mahalanobis():
    x, people = drawn()
    inverse = np.linalg.inv(np.cov(x.T))
    expected = np.sqrt((x[3] - x[9]) @ inverse @ (x[3] - x[9]))
    assert np.linalg.norm(people.place[3] - people.place[9]) == pytest.approx(expected, rel=1e-10)


def test_ranks_are_weighed_as_if_untied():
    # Rosenbaum (2010): ranks, their covariance scaled to the variance of untied ranks.
    rng = np.random.default_rng(4)
    x = np.column_stack([rng.integers(0, 2, 40), rng.normal(size=40) ** 3])
    rank = np.column_stack(
        [[(column < v).sum() + ((column == v).sum() + 1) / 2 for v in column] for column in x.T]
    )
    covariance = np.cov(rank.T)
    scale = np.sqrt(np.var(np.arange(1, 41), ddof=1) / np.diag(covariance))
    inverse = np.linalg.inv(covariance * np.outer(scale, scale))
    gap = rank[5] - rank[17]
    place = places(x, np.ones(40), np.ones(40), "rank")
    assert np.linalg.norm(place[5] - place[17]) == pytest.approx(np.sqrt(gap @ inverse @ gap))


def test_places_do_not_depend_on_the_order_of_rows():
    x, people = drawn(discrete=True, copies=True)
    order = np.random.default_rng(9).permutation(len(x))
    for metric in ("mahalanobis", "rank"):
        straight = places(x, people.counts, people.copies, metric)
        turned = places(x[order], people.counts[order], people.copies[order], metric)
        assert np.array_equal(straight[order], turned)


@pytest.mark.parametrize("case", [{}, {"discrete": True}, {"strata": True}, {"copies": True}])
@pytest.mark.parametrize("caliper", [None, 0.6])
@pytest.mark.parametrize("ratio", [1, 4])
def test_with_replacement_against_brute_force(case, caliper, ratio):
    _, people = drawn(**case)
    far = distances(people)
    others = np.flatnonzero(~people.served)
    expected = {}
    for i in np.flatnonzero(people.served):
        d = far[i, others]
        order = np.argsort(d, kind="stable")
        total = np.cumsum(people.copies[others][order])
        enough = np.flatnonzero(total >= ratio)
        limit = d[order][enough[0]] if len(enough) else np.inf
        taken = others[(d <= min(limit, caliper or np.inf) + 1e-9) & np.isfinite(d)]
        if len(taken):
            w = people.counts[taken] / people.counts[taken].sum()
            expected[int(i)] = {int(j): pytest.approx(v) for j, v in zip(taken, w, strict=True)}
    assert as_dict(sets_of(people, with_replacement, ratio=ratio, caliper=caliper)) == expected


@pytest.mark.parametrize("caliper", [None, 0.9])
@pytest.mark.parametrize("strata", [False, True])
@pytest.mark.parametrize("ratio", [1, 3])
def test_closest_first_against_brute_force(caliper, strata, ratio):
    _, people = drawn(seed=5, n=40, strata=strata)
    far = distances(people)
    far[far > (caliper or np.inf)] = np.inf
    free = set(np.flatnonzero(~people.served).tolist())
    wanting = np.flatnonzero(people.served).tolist()
    expected: dict[int, set[int]] = {i: set() for i in wanting}
    for _ in range(ratio):
        done = []
        left = list(wanting)
        while left and free:
            d, i, j = min((far[i, j], i, j) for i in left for j in free)
            if not np.isfinite(d):
                break
            expected[i].add(j)
            free.discard(j)
            left.remove(i)
            done.append(i)
        wanting = done
    found = as_dict(sets_of(people, closest_first, ratio=ratio, caliper=caliper))
    assert {i: set(s) for i, s in found.items()} == {i: s for i, s in expected.items() if s}
    used = [j for s in found.values() for j in s]
    assert len(used) == len(set(used))


def test_people_alike_stand_for_each_other_where_each_serves_once():
    place = np.array([[0.0], [0.0], [0.0], [0.1], [0.1], [5.0]])
    served = np.array([1, 1, 1, 0, 0, 0], dtype=bool)
    people = Placed(served=served, place=place, counts=np.ones(6), copies=np.ones(6))
    own, other = people.spots(served), people.spots(~served)
    chosen = closest_first(own, other, ratio=1, caliper=1.0)
    assert chosen.matched.tolist() == [2.0]  # two of the three alike, and none told from the others
    assert chosen.taken.tolist() == [2.0]


def test_many_ties_are_all_found():
    place = np.vstack(
        [[0.0, 0.0], *[[np.cos(a), np.sin(a)] for a in np.arange(12) / 12 * 2 * np.pi]]
    )
    people = Placed(
        served=np.arange(13) == 0, place=place, counts=np.ones(13), copies=np.ones(13)
    )  # fmt: skip
    assert len(as_dict(sets_of(people, with_replacement, ratio=1, caliper=None))[0]) == 12
    once = closest_first(
        people.spots(people.served), people.spots(~people.served), ratio=1, caliper=None
    )
    # Of equals the first in the order of values, whatever the rows are called.
    assert people.spots(~people.served).place[once.other[0]] == pytest.approx([-1.0, 0.0])


@pytest.mark.parametrize("leaf", [4, 128])
@pytest.mark.parametrize("strata", [False, True])
def test_the_proof_counts_people_nearer(strata, leaf, monkeypatch):
    monkeypatch.setattr(place_nearest, "LEAF", leaf)
    _, people = drawn(seed=8, n=120, strata=strata)
    own, other = people.spots(people.served), people.spots(~people.served)
    radius = np.random.default_rng(2).uniform(0.2, 2.0, own.patterns.count)
    radius[0] = np.inf
    far = distances(people)
    found = people_nearer(own, other, radius, other.patterns.people)
    for p, row in enumerate(own.patterns.rows):
        d = far[row, ~people.served]
        assert found[p] == ((d < radius[p]) & np.isfinite(d)).sum()


def test_near_patterns_hold_as_many_people_as_asked_for():
    _, people = drawn(seed=3, n=60, copies=True)
    other = people.spots(~people.served)
    near = nearest_patterns(people.spots(people.served), other, 5.0, None)
    held = np.bincount(near.who, weights=other.patterns.people[near.other])
    assert (held >= 5.0).all()


def test_residuals_are_around_the_nearest_others():
    _, people = drawn(seed=6, n=50)
    sets = sets_of(people, with_replacement, ratio=2, caliper=None)
    y = np.random.default_rng(0).normal(size=50)
    found = around_places(people, sets, np.ones(50), 2)(y)
    far = distances(people)
    for j in np.flatnonzero(sets.usage(np.ones(50)) > 0):
        others = np.flatnonzero(~people.served & (np.arange(50) != j))
        two = others[np.argsort(far[j, others])[:2]]
        assert found[j] == pytest.approx(np.sqrt(2 / 3) * (y[j] - y[two].mean()))


def test_the_line_is_weighted_least_squares():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 2)) * [1.0, 50.0], rng.normal(size=30)
    own = np.where(np.arange(30) < 10, 0.1, 0.0)
    other = np.where(np.arange(30) < 10, 0.0, rng.random(30))
    other /= other.sum()
    found = levels(y, x, own, other)
    design = np.column_stack([np.ones(30), x])
    root = np.sqrt(other)[:, None]
    beta = np.linalg.lstsq(design * root, y * root[:, 0], rcond=None)[0]
    assert found.slopes == pytest.approx(beta[1:])
    assert found.shift == pytest.approx((own - other) @ x @ beta[1:])
    # The corrected mean is a weighted sum of outcomes, with the covariates of the served.
    weights = other * (1.0 + found.pull)
    assert weights @ y == pytest.approx(other @ y + found.shift)
    assert weights @ x == pytest.approx(own @ x)
    assert weights.sum() == pytest.approx(1.0)


def test_a_covariate_that_does_not_vary_among_comparators_has_no_slope():
    x = np.array([[5.0, 1.0], [2.0, 1.0], [2.0, 2.0], [2.0, 4.0]])
    found = levels(
        np.array([0.0, 1, 2, 4]), x, np.array([1.0, 0, 0, 0]), np.array([0, 1, 1, 1]) / 3
    )
    assert found.slopes.tolist() == pytest.approx([0.0, 1.0])
    assert found.rank == 2


def slow_error(y, x, people, sets, size):
    """Corrected sets one by one, and what repeated comparators add."""
    n = len(y)
    a = size[sets.served] / size[sets.served].sum()
    pairs = as_dict(sets)
    use, square = np.zeros(n), np.zeros(n)
    for share, (_, members) in zip(a, pairs.items(), strict=True):
        for j, w in members.items():
            use[j] += share * w
            square[j] += (share * w) ** 2
    design = np.column_stack([np.ones(n), x])
    root = np.sqrt(use)[:, None]
    beta = np.linalg.lstsq(design * root, y * root[:, 0], rcond=None)[0]
    line = design @ beta
    gaps = np.array(
        [y[i] - sum(w * (y[j] + line[i] - line[j]) for j, w in members.items())
         for i, members in pairs.items()]
    )  # fmt: skip
    effect = a @ gaps
    around = around_places(people, sets, np.ones(n), 2)(y)
    variance = (a**2 / (1 - a) * (gaps - effect) ** 2).sum() + ((use**2 - square) * around**2).sum()
    return effect, np.sqrt(variance)


def test_corrected_sets_against_the_slow_way():
    x, people = drawn(seed=12, n=90)
    sets = sets_of(people, with_replacement, ratio=2, caliper=None)
    rng = np.random.default_rng(1)
    y, size = x @ [1.0, -1.0, 0.3] + rng.normal(size=90), rng.uniform(0.5, 2.0, 90)
    arms = place_arms(y, sets, size, x=x, around=around_places(people, sets, np.ones(90), 2))
    effect, error = slow_error(y, x, people, sets, size)
    found = on_scale(arms, Scale.DIFFERENCE)
    assert float(found.value) == pytest.approx(effect, rel=1e-10)
    assert float(found.std_error) == pytest.approx(error, rel=1e-10)
    assert arms.means[1] == pytest.approx(
        size[people.served] @ y[people.served] / size[people.served].sum()
    )


def test_by_row_has_the_same_means_and_nearly_the_same_error():
    x, people = drawn(seed=12, n=400)
    sets = sets_of(people, with_replacement, ratio=2, caliper=None)
    rng = np.random.default_rng(1)
    y, size = 9.0 + x @ [1.0, -1.0, 0.3] + rng.normal(size=400), np.ones(400)
    around = around_places(people, sets, np.ones(400), 2)
    for corrected in (True, False):
        by_set = place_arms(y, sets, size, x=x if corrected else None, around=around)
        by_row = place_arms_by_row(y, sets, size, x, corrected=corrected, gather=lambda v: v)
        assert by_row.means == pytest.approx(by_set.means)
        a, b = (on_scale(v, Scale.DIFFERENCE) for v in (by_set, by_row))
        assert float(b.std_error) == pytest.approx(float(a.std_error), rel=0.15)


def test_clusters_are_summed_and_counted_less_one():
    x, people = drawn(seed=12, n=90)
    sets = sets_of(people, with_replacement, ratio=1, caliper=None)
    y = x @ [1.0, -1.0, 0.3] + np.random.default_rng(2).normal(size=90)
    code = np.arange(90) % 5

    def gather(psi):
        return np.stack([psi[..., code == g].sum(axis=-1) for g in range(5)], axis=-1)

    plain = place_arms_by_row(y, sets, np.ones(90), x, corrected=True, gather=lambda v: v)
    by = place_arms_by_row(y, sets, np.ones(90), x, corrected=True, gather=gather)
    # People are of two kinds there (served or not), clusters here of one: five of them, four free.
    kinds = np.where(people.served, people.served.sum(), (sets.usage(np.ones(90)) > 0).sum())
    bare = plain.influence / np.sqrt(kinds / (kinds - 1.0))
    assert by.influence == pytest.approx(gather(bare) * np.sqrt(5 / 4))
    assert float(by.degrees(np.array([-1.0, 1.0]))) == pytest.approx(4.0)
