"""Matching on a score, against searches person by person that are slow and plain to see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.inference.matched_sets import MatchedSets, Pools
from impacteval.inference.score_matching import (
    Scored,
    around_on_score,
    certify,
    common_support,
    match_on_score,
)

TOLERANCE = 1e-12


def people_of(served, score, *, stratum=None, copies=None, counts=None, reach=None):
    n = len(score)
    copies = np.ones(n) if copies is None else np.asarray(copies, dtype=float)
    return Scored(
        served=np.asarray(served, dtype=bool),
        score=np.asarray(score, dtype=float),
        reach=np.asarray(score if reach is None else reach, dtype=float),
        counts=copies if counts is None else counts,
        copies=copies,
        stratum=None if stratum is None else np.asarray(stratum),
    )


def dense(sets: MatchedSets, n: int):
    """Weight of each row in the set of each served row."""
    long = sets.written_out()
    w = np.zeros((n, n))
    for s in range(long.count):
        for e in range(long.start[s], long.start[s + 1]):
            w[long.served[s], long.others[e]] += long.weight[e]
    return w


def with_replacement(people, ratio, caliper, ties):
    """Every distance, sorted."""
    n = len(people.score)
    w = np.zeros((n, n))
    stratum = np.zeros(n) if people.stratum is None else people.stratum
    for i in np.flatnonzero(people.served):
        near = [
            (abs(people.score[j] - people.score[i]), j)
            for j in np.flatnonzero(~people.served)
            if stratum[j] == stratum[i]
            and (caliper is None or abs(people.reach[j] - people.reach[i]) <= caliper + TOLERANCE)
        ]
        persons = sorted(d for d, j in near for _ in range(int(people.copies[j])))
        if not persons:
            continue
        last = persons[min(ratio, len(persons)) - 1]
        closer = {j: people.copies[j] for d, j in near if d < last - TOLERANCE}
        tied = {j: people.copies[j] for d, j in near if abs(d - last) <= TOLERANCE}
        if not ties:
            room = min(ratio, len(persons)) - sum(closer.values())
            part = room / sum(tied.values())
            tied = {j: c * part for j, c in tied.items()}
        taken = {**closer, **tied}
        for j, amount in taken.items():
            w[i, j] = amount / sum(taken.values())
    return w


def without_replacement(people, ratio, caliper):
    """Each takes the nearest left, from the highest score down, round by round; no ties."""
    n = len(people.score)
    stratum = np.zeros(n) if people.stratum is None else people.stratum
    free = set(np.flatnonzero(~people.served).tolist())
    order = sorted(np.flatnonzero(people.served), key=lambda i: -people.score[i])
    chosen: dict[int, list[int]] = {}
    for turn in range(ratio):
        for i in order:
            if turn and len(chosen.get(i, [])) < turn:
                continue
            near = [
                j
                for j in free
                if stratum[j] == stratum[i]
                and (caliper is None or abs(people.reach[j] - people.reach[i]) <= caliper)
            ]
            if near:
                best = min(near, key=lambda j: abs(people.score[j] - people.score[i]))
                free.discard(best)
                chosen.setdefault(int(i), []).append(best)
    w = np.zeros((n, n))
    for i, rows in chosen.items():
        for j in rows:
            w[i, j] = 1.0 / len(rows)
    return w


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("ratio", [1, 3])
@pytest.mark.parametrize("caliper", [None, 0.15])
@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("coarse", [True, False])
def test_with_replacement(seed, ratio, caliper, ties, coarse):
    rng = np.random.default_rng(seed)
    n = 60
    # Coarse scores tie within patterns and between neighbours on both sides.
    score = rng.integers(0, 12, n) / 10.0 if coarse else rng.random(n)
    # Last digits as sums in another order leave them.
    score = score + rng.integers(-2, 3, n) * 2.0**-54
    people = people_of(
        rng.random(n) < 0.4, score, stratum=rng.integers(0, 2, n), copies=rng.integers(1, 4, n)
    )
    found = match_on_score(people, ratio=ratio, replace=True, caliper=caliper, ties=ties)
    expected = with_replacement(people, ratio, caliper, ties)
    assert dense(found.sets, n) == pytest.approx(expected, abs=1e-12)
    matched = expected.sum(axis=1) > 0.0
    assert found.part.tolist() == matched.astype(float).tolist()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ratio", [1, 4])
@pytest.mark.parametrize("caliper", [None, 0.05])
def test_without_replacement(seed, ratio, caliper):
    rng = np.random.default_rng(seed)
    n = 90
    people = people_of(rng.random(n) < 0.3, rng.random(n), stratum=rng.integers(0, 2, n))
    found = match_on_score(people, ratio=ratio, replace=False, caliper=caliper, ties=True)
    expected = without_replacement(people, ratio, caliper)
    assert dense(found.sets, n) == pytest.approx(expected, abs=1e-12)
    assert found.most_uses == 1.0


def test_the_caliper_may_be_of_another_measure_than_distance():
    # Near in chance, but far in logit: the neighbour further off in chance is taken.
    chance = np.array([0.001, 0.02, 0.0001])
    logit = np.log(chance / (1.0 - chance))
    people = people_of([True, False, False], chance, reach=logit)
    near = match_on_score(people, ratio=1, replace=True, caliper=None, ties=True)
    assert near.sets.others.tolist() == [2]
    people = people_of([True, False, False], [0.5, 0.501, 0.51], reach=[0.0, 0.9, 1.0])
    far = match_on_score(people, ratio=2, replace=True, caliper=0.95, ties=True)
    assert far.sets.others.tolist() == [1]


def test_people_alike_share_what_is_matched_of_them():
    # Three alike are served, two comparators are near: two of three are matched, nobody knows who.
    people = people_of([True, True, True, False, False], [0.5, 0.5, 0.5, 0.5, 0.51])
    found = match_on_score(people, ratio=1, replace=False, caliper=0.1, ties=True)
    assert found.part == pytest.approx([2 / 3, 2 / 3, 2 / 3, 0.0, 0.0])
    assert found.sets.usage(found.part) == pytest.approx([0.0, 0.0, 0.0, 1.0, 1.0])


def test_of_two_equally_near_the_higher_is_taken_once_and_both_again():
    people = people_of([True, False, False], [0.5, 0.4, 0.6])
    once = match_on_score(people, ratio=1, replace=False, caliper=None, ties=True)
    assert once.sets.others.tolist() == [2]
    both = match_on_score(people, ratio=1, replace=True, caliper=None, ties=True)
    assert dense(both.sets, 3)[0].tolist() == [0.0, 0.5, 0.5]


def test_sampling_weights_count_within_a_set():
    people = people_of(
        [True, False, False], [0.5, 0.5, 0.5], copies=[1, 1, 1], counts=np.array([1.0, 1.0, 3.0])
    )
    found = match_on_score(people, ratio=1, replace=True, caliper=None, ties=True)
    assert dense(found.sets, 3)[0].tolist() == [0.0, 0.25, 0.75]


def test_sampling_weights_count_between_those_equally_near():
    people = people_of(
        [True, False, False], [0.5, 0.4, 0.6], copies=[1, 1, 1], counts=np.array([1.0, 1.0, 3.0])
    )
    for ties in (True, False):
        found = match_on_score(people, ratio=1, replace=True, caliper=None, ties=ties)
        assert dense(found.sets, 3)[0] == pytest.approx([0.0, 0.25, 0.75])


def test_nobody_is_an_answer():
    for replace in (True, False):
        people = people_of([True, False], [0.1, 0.9])
        found = match_on_score(people, ratio=2, replace=replace, caliper=0.1, ties=True)
        assert found.sets.count == 0
        assert found.part.tolist() == [0.0, 0.0]
        assert certify(people, found.sets)["largest_distance"] == 0.0
        alone = people_of([True, True], [0.1, 0.9])
        assert (
            match_on_score(alone, ratio=1, replace=replace, caliper=None, ties=True).sets.count == 0
        )


def test_common_support_is_by_stratum():
    people = people_of(
        [True, True, False, False, True, False], [1, 3, 2, 4, 0, 0], stratum=[0, 0, 0, 0, 1, 1]
    )
    assert common_support(people).tolist() == [False, True, True, False, True, True]


def test_chains_of_close_scores_end_after_the_tolerance():
    # Steps below the tolerance must not add up to one pattern from end to end.
    score = 0.5 + np.arange(400) * 0.4e-12
    served = np.zeros(400, dtype=bool)
    served[0] = True
    found = match_on_score(people_of(served, score), ratio=1, replace=True, caliper=None, ties=True)
    assert 1 <= len(found.sets.written_out().others) <= 12


def test_residuals_are_around_the_nearest_others():
    rng = np.random.default_rng(4)
    n = 40
    score = np.concatenate([rng.random(20), rng.integers(0, 5, 20) / 4.0])
    copies = rng.integers(1, 3, n).astype(float)
    people = people_of(rng.random(n) < 0.3, score, stratum=rng.integers(0, 2, n), copies=copies)
    found = match_on_score(people, ratio=2, replace=True, caliper=None, ties=True)
    values = rng.standard_normal(n)
    residual = around_on_score(people, found.sets, people.counts, 2)(values)
    used = found.sets.usage(np.ones(n)) > 0.0
    for j in np.flatnonzero(used):
        others = [
            (abs(score[k] - score[j]), values[k])
            for k in np.flatnonzero(~people.served)
            if people.stratum[k] == people.stratum[j]
            for _ in range(int(copies[k]) - (k == j))
        ]
        last = sorted(d for d, _ in others)[min(2, len(others)) - 1]
        near = [v for d, v in others if d <= last + TOLERANCE]
        expected = (values[j] - np.mean(near)) / np.sqrt(1.0 + 1.0 / len(near))
        assert residual[j] == pytest.approx(expected, abs=1e-12)
    assert not residual[~used].any()


def test_who_is_alone_in_a_stratum_is_held_against_others():
    people = people_of([True, True, False, False, False], [0, 0, 0, 1, 2], stratum=[0, 1, 0, 1, 1])
    found = match_on_score(people, ratio=1, replace=True, caliper=None, ties=True)
    values = np.array([0.0, 0.0, 5.0, 2.0, 4.0])
    residual = around_on_score(people, found.sets, people.counts, 2)(values)
    assert residual[2] == pytest.approx((5.0 - 3.0) * np.sqrt(2 / 3))


def test_the_proof_sees_what_is_wrong():
    people = people_of([True, False, False], [0.0, 0.3, 0.9], stratum=[0, 0, 1])
    sets = MatchedSets(np.array([0]), np.array([0, 2]), np.array([1, 2]), np.array([0.5, 0.6]))
    proof = certify(people, sets)
    assert proof["largest_distance"] == pytest.approx(0.9)
    assert proof["across_strata"] == 1.0
    assert proof["weights_off_one"] == pytest.approx(0.1)
    pooled = MatchedSets(
        np.array([0]),
        np.array([0, 1]),
        np.array([0]),
        np.ones(1),
        Pools(np.array([-1, 0, 0]), np.array([0, 0.5, 0.5])),
    )
    assert certify(people, pooled)["largest_distance"] == pytest.approx(0.9)
    assert certify(people, pooled)["most_in_a_set"] == 2.0


SCORES = st.lists(
    st.tuples(st.booleans(), st.integers(0, 20), st.integers(0, 1)), min_size=2, max_size=40
)


@settings(max_examples=120, deadline=None)
@given(
    drawn=SCORES,
    ratio=st.integers(1, 4),
    replace=st.booleans(),
    caliper=st.sampled_from([None, 0.05, 0.2]),
    seed=st.integers(0, 99),
)
def test_what_holds_of_every_match(drawn, ratio, replace, caliper, seed):
    served, score, stratum = (np.array(v) for v in zip(*drawn, strict=True))
    score = score / 20.0
    n = len(score)
    people = people_of(served, score, stratum=stratum)
    found = match_on_score(people, ratio=ratio, replace=replace, caliper=caliper, ties=True)
    w = dense(found.sets, n)
    proof = certify(people, found.sets)
    assert proof["across_strata"] == 0.0
    assert proof["weights_off_one"] < 1e-12
    if caliper is not None:
        assert proof["largest_reach"] <= caliper + TOLERANCE
    # People alike are treated alike.
    for key in set(zip(served.tolist(), score.tolist(), stratum.tolist(), strict=True)):
        alike = [i for i in range(n) if (served[i], score[i], stratum[i]) == key]
        assert np.ptp(found.part[alike]) == 0.0
        assert np.ptp(w[:, alike], axis=1).max() < 1e-12
    if not replace:
        assert found.most_uses <= 1.0 + 1e-12
        assert found.part.sum() == pytest.approx(round(found.part.sum()), abs=1e-9)
        # One each at least, so that a mean weighs a comparator no more than one of the served.
        if ratio == 1:
            assert found.sets.usage(found.part).max(initial=0.0) <= 1.0 + 1e-12
    # Neither the order of rows nor the unit of the score matters.
    order = np.random.default_rng(seed).permutation(n)
    again = match_on_score(
        people_of(served[order], 4.0 * score[order] - 1.0, stratum=stratum[order]),
        ratio=ratio,
        replace=replace,
        caliper=None if caliper is None else 4.0 * caliper,
        ties=True,
    )
    assert again.part == pytest.approx(found.part[order], abs=1e-12)
    assert dense(again.sets, n) == pytest.approx(w[np.ix_(order, order)], abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(drawn=SCORES, ratio=st.integers(1, 3))
def test_a_wider_caliper_matches_no_fewer(drawn, ratio):
    served, score, stratum = (np.array(v) for v in zip(*drawn, strict=True))
    people = people_of(served, score / 20.0, stratum=stratum)
    matched = [
        match_on_score(people, ratio=ratio, replace=True, caliper=c, ties=True).part.sum()
        for c in (0.01, 0.1, 0.4, None)
    ]
    assert matched == sorted(matched)
