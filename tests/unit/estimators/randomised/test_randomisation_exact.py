"""The p-value of every null, and the sets made of them, against exact fractions."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "inference"))

import exact_lots

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised.randomisation_inference import (
    RandomisationInference,
)
from impacteval.sample import Sample
from impacteval.values import Scale

TAILS = ("two", "greater", "less")
SIDES = {"two": "two", "lower": "greater", "upper": "less"}
GRID = [Fraction(k, 2) for k in range(-12, 13)] + [Fraction(k, 3) for k in range(-7, 8)]
RATIOS = [Fraction(k, 4) - 1 for k in range(1, 13)]


def estimate(frame, scale="difference", studentised=True, **roles):
    sample = Sample.from_frame(frame, design="rct", outcome="y", treatment="d", **roles)
    return RandomisationInference(studentised=studentised).estimate(
        sample, scale=Scale(scale), rng=np.random.default_rng(1)
    )


def answered(run):
    """The effect, or None where no outcome varies; any other refusal is an error."""
    try:
        return run().effect
    except NotIdentified as error:
        if error.reason.key != "randomised.no-variation":
            raise
        return None


def check(effect, nulls, oracle):
    """p-values at each null and both sides of every set, to the last count."""
    for null in nulls:
        expected = dict(zip(TAILS, oracle(null), strict=True))
        for tail in TAILS:
            found = effect.p_value(float(null), tail)
            assert found == pytest.approx(float(expected[tail]), abs=1e-12), (null, tail)
        for side, tail in SIDES.items():
            for level in (0.5, 0.8, 0.9, 0.95):
                inside = float(null) in effect.interval(level, side)
                assert inside == (expected[tail] > Fraction(1) - Fraction(str(level)))


outcomes = st.integers(-4, 4)


@settings(max_examples=20, deadline=None)
@given(st.lists(outcomes, min_size=4, max_size=7), st.data(), st.booleans())
def test_complete_randomisation(y, data, studentised):
    n = len(y)
    least = 2 if studentised else 1
    treated = data.draw(st.integers(least, n - least))
    d = [1] * treated + [0] * (n - treated)
    effect = answered(lambda: estimate(pd.DataFrame({"y": y, "d": d}), studentised=studentised))
    if effect is None:
        return
    units, realised = [list(range(n))], frozenset(range(treated))

    def oracle(null):
        untreated = [Fraction(v) - null * a for v, a in zip(y, d, strict=True)]
        ones = [Fraction(1)] * n
        return exact_lots.p_values(
            untreated, ones, units, [Fraction(1)], realised, [treated], studentised
        )

    check(effect, GRID, oracle)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=5, max_size=6), st.booleans())
def test_a_relative_effect_is_a_constant_factor(y, studentised):
    n = len(y)
    d = [1, 0, 1, 0, 0, 1][:n]
    effect = answered(lambda: estimate(pd.DataFrame({"y": y, "d": d}), "relative", studentised))
    if effect is None:
        return
    realised = frozenset(k for k in range(n) if d[k])

    def oracle(null):
        untreated = [Fraction(v) / (1 + null * a) for v, a in zip(y, d, strict=True)]
        ones = [Fraction(1)] * n
        return exact_lots.p_values(
            untreated, ones, [list(range(n))], [Fraction(1)], realised, [sum(d)], studentised
        )

    check(effect, RATIOS, oracle)


@settings(max_examples=8, deadline=None)
@given(st.lists(outcomes, min_size=9, max_size=9), st.booleans())
def test_strata_are_weighted_by_size_whatever_share_is_assigned(y, studentised):
    stratum = ["a"] * 4 + ["b"] * 5
    d = [1, 1, 0, 0, 1, 1, 0, 0, 0]
    frame = pd.DataFrame({"y": y, "d": d, "s": stratum})
    effect = answered(lambda: estimate(frame, studentised=studentised, stratum="s"))
    if effect is None:
        return
    strata = [list(range(4)), list(range(4, 9))]
    shares = [Fraction(4, 9), Fraction(5, 9)]
    realised = frozenset(k for k in range(9) if d[k])

    def oracle(null):
        untreated = [Fraction(v) - null * a for v, a in zip(y, d, strict=True)]
        ones = [Fraction(1)] * 9
        return exact_lots.p_values(untreated, ones, strata, shares, realised, [2, 2], studentised)

    check(effect, GRID[::3], oracle)


@settings(max_examples=8, deadline=None)
@given(st.lists(outcomes, min_size=12, max_size=12), st.booleans())
def test_clusters_of_unequal_size_in_strata(y, studentised):
    cluster = [0, 0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 7]
    arm = [1, 0, 1, 0, 1, 1, 0, 0]
    frame = pd.DataFrame(
        {
            "y": y,
            "d": [arm[g] for g in cluster],
            "g": [f"c{g}" for g in cluster],
            "s": ["a" if g < 4 else "b" for g in cluster],
        }
    )
    effect = answered(
        lambda: estimate(frame, studentised=studentised, stratum="s", assignment_cluster="g")
    )
    if effect is None:
        return
    strata = [[0, 1, 2, 3], [4, 5, 6, 7]]
    size = [Fraction(cluster.count(g)) for g in range(8)]
    shares = [Fraction(7, 12), Fraction(5, 12)]
    realised = frozenset(g for g in range(8) if arm[g])

    def oracle(null):
        untreated = [
            sum(Fraction(y[k]) - null * arm[g] for k in range(12) if cluster[k] == g)
            for g in range(8)
        ]
        return exact_lots.p_values(untreated, size, strata, shares, realised, [2, 2], studentised)

    check(effect, GRID[::3], oracle)


@settings(max_examples=8, deadline=None)
@given(st.lists(outcomes, min_size=10, max_size=10), st.booleans())
def test_pairs_are_ordered_alike_with_and_without_their_standard_error(y, studentised):
    frame = pd.DataFrame({"y": y, "d": [1, 0] * 5, "p": np.repeat(list("abcde"), 2)})
    effect = answered(lambda: estimate(frame, studentised=studentised, pair="p"))
    if effect is None:
        return
    strata = [[2 * k, 2 * k + 1] for k in range(5)]

    def oracle(null):
        untreated = [Fraction(v) - null * (1 - k % 2) for k, v in enumerate(y)]
        ones, shares = [Fraction(1)] * 10, [Fraction(1, 5)] * 5
        realised = frozenset(range(0, 10, 2))
        return exact_lots.p_values(
            untreated, ones, strata, shares, realised, [1] * 5, False, pairs=studentised
        )

    check(effect, GRID[::3], oracle)
