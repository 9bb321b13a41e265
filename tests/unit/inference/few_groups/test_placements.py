"""Placements against brute force: every way once, and draws that are distinct and even."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from impacteval.inference.few_groups import count_placements, placements


def brute(groups: int, kinds: list[int]) -> set[tuple[frozenset[int], ...]]:
    """Sets of groups by kind, over all ordered choices."""
    found = set()
    for chosen in permutations(range(groups), len(kinds)):
        by_kind = {k: set() for k in kinds}
        for group, kind in zip(chosen, kinds, strict=True):
            by_kind[kind].add(group)
        found.add(tuple(frozenset(by_kind[k]) for k in sorted(by_kind)))
    return found


@pytest.mark.parametrize("kinds", [[0], [0, 0], [0, 1], [0, 0, 1], [1, 0, 1], [0, 1, 2]])
def test_all_placements_stand_there_once(kinds):
    codes = np.array(kinds)
    found = placements(6, codes, 9_999, np.random.default_rng(0))
    told = [
        tuple(frozenset(row[codes == k].tolist()) for k in sorted(set(kinds)))
        for row in found.groups
    ]
    assert found.every
    assert len(found) == count_placements(6, codes) == len(brute(6, kinds))
    assert set(told) == brute(6, kinds)


def test_draws_are_enumerated_only_where_all_fit_with_the_real_one():
    rng = np.random.default_rng(0)
    assert placements(20, np.zeros(1, dtype=np.int64), 19, rng).every
    assert not placements(21, np.zeros(1, dtype=np.int64), 19, rng).every


def test_drawn_groups_are_distinct_and_every_ordered_pair_as_likely_as_another():
    draws = 60_000
    found = placements(300, np.arange(3), draws, np.random.default_rng(3))
    assert not found.every
    assert all(len(set(row)) == 3 for row in found.groups[:2_000].tolist())
    small = placements(5, np.arange(2), draws, np.random.default_rng(4))
    assert small.every  # 20 ways
    few = placements(5, np.arange(4), 119 - 20, np.random.default_rng(5))
    assert not few.every
    many = np.concatenate(
        [placements(5, np.arange(4), 99, np.random.default_rng(k)).groups for k in range(600)]
    )
    _, counts = np.unique(many, axis=0, return_counts=True)
    assert len(counts) == 120
    expected = len(many) / 120
    # Chi-square on 119 degrees of freedom: 99.99% lies below 184.
    assert float(((counts - expected) ** 2 / expected).sum()) < 184.0


def test_the_source_is_untouched_where_all_are_looked_at():
    rng = np.random.default_rng(8)
    placements(6, np.zeros(2, dtype=np.int64), 99, rng)
    assert rng.random() == np.random.default_rng(8).random()
