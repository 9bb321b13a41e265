"""The benchmark of matching compares and proves before it tells."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_matching as bench


def test_greedy_pairs_are_those_of_a_plain_search():
    people = bench.simulated(60, 400)
    score = people.fit()
    width = bench.People.width(people.served, score)
    sets = bench.once(score, people.served, width, 1).sets
    free, plain = set(np.flatnonzero(~people.served).tolist()), set()
    for i in sorted(np.flatnonzero(people.served), key=lambda i: -score[i]):
        nearest = min(free, key=lambda j: abs(score[j] - score[i]))
        if abs(score[nearest] - score[i]) <= width:
            free.discard(nearest)
            plain.add((int(i), nearest))
    assert set(zip(sets.served.tolist(), sets.others.tolist(), strict=True)) == plain
    assert bench.memory(lambda: bench.once(score, people.served, width, 10)) > 0.0
