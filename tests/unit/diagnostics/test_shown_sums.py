"""Counts that stand side by side tell no small group: against brute force over all tables."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from impacteval.diagnostics.shown_sums import shown_sums


def in_row_space(rows: list[list[int]], wanted: list[int]) -> bool:
    """Whether `wanted` is a combination of rows: elimination in fractions."""
    basis: list[list[Fraction]] = []

    def reduced(row: list[Fraction]) -> list[Fraction]:
        for known in basis:
            lead = next(k for k, v in enumerate(known) if v)
            if row[lead]:
                factor = row[lead] / known[lead]
                row = [a - factor * b for a, b in zip(row, known, strict=True)]
        return row

    for row in rows:
        left = reduced([Fraction(v) for v in row])
        if any(left):
            basis.append(left)
    return not any(reduced([Fraction(v) for v in wanted]))


def told(cells: list[int], rows: list[list[int]]) -> list[list[int]]:
    m = len(cells)
    small = []
    for mask in range(1, 2**m):
        wanted = [(mask >> k) & 1 for k in range(m)]
        size = sum(n for n, inside in zip(cells, wanted, strict=True) if inside)
        if 0 < size < 10 and in_row_space(rows, wanted):
            small.append(wanted)
    return small


def rows_of(m: int, sums: list[tuple[int, ...]]) -> list[list[int]]:
    return [[int(k in places) for k in range(m)] for places in sums]


@pytest.mark.parametrize("seed", range(25))
def test_nothing_small_is_told_and_no_more_is_hidden_than_must_be(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 6))
    cells = [int(v) for v in rng.choice([0, 3, 8, 12, 40, 300], m)]
    sums = [
        tuple(sorted(rng.choice(m, size=int(rng.integers(1, m + 1)), replace=False).tolist()))
        for _ in range(5)
    ]
    known = sums[:1]
    shown = shown_sums(cells, sums[1:], known=known)
    before = rows_of(m, known)
    already = told(cells, before)
    kept = list(known)
    for places, shows in zip(sums[1:], shown, strict=True):
        more = [w for w in told(cells, rows_of(m, [*kept, places])) if w not in already]
        assert shows == (not more)
        if shows:
            kept.append(places)


def test_three_refusals_hide_one_of_two_counts() -> None:
    assert shown_sums([3, 497], [(0, 1), (1,)]) == (True, False)
    assert shown_sums([0, 497], [(0, 1), (1,)]) == (True, True)
    assert shown_sums([12, 497], [(0, 1), (1,)]) == (True, True)


def test_what_is_known_from_elsewhere_cannot_be_hidden_and_counts() -> None:
    # 497 taken on stand in another table: then it is the number eligible that goes.
    assert shown_sums([3, 497], [(0, 1), (1,)], known=[(1,)]) == (False, True)
    assert shown_sums([3, 497], [(0, 1), (1,)], known=[(1,), (0,)]) == (True, True)
