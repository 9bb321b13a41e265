"""The short ways to the coefficients against the general one, and against each assignment alone."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference import permutation
from impacteval.inference.assignments import FixedMargins
from impacteval.inference.permutation import Assigned, coefficients

LOTS = {
    "one stratum, even": ([12], [6]),
    "one stratum, uneven": ([11], [3]),
    "strata, even": ([8, 4, 6], [4, 2, 3]),
    "strata, uneven": ([9, 5, 7], [2, 2, 4]),
    "wider than a window": ([700, 600], [350, 200]),
}


@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("studentised", [False, True])
def test_units_that_weigh_the_same_give_what_any_units_do(lot, apart, studentised, monkeypatch):
    sizes, treated = (np.array(part) for part in LOTS[lot])
    rng = np.random.default_rng(4)
    g = int(sizes.sum())
    slope = rng.normal(size=(3, g)) if apart else np.tile(rng.normal(size=g), (3, 1))
    units = Assigned(sizes, sizes / g, np.full(g, 2.5), 3.0 + rng.normal(size=(3, g)), slope)
    blocks = list(FixedMargins(sizes, treated).drawn(23, rng))
    monkeypatch.setattr(permutation, "WIDE", 5 * len(sizes) * 4)
    found = coefficients(units, blocks, studentised=studentised, counts=treated)
    general = coefficients(units, blocks, studentised=studentised)
    assert found.level == pytest.approx(general.level, rel=1e-10, abs=1e-12)
    assert found.slope == pytest.approx(general.slope, rel=1e-10, abs=1e-12)
    if studentised:
        assert found.square == pytest.approx(general.square, rel=1e-10, abs=1e-12)
        assert found.square.shape == (3, 3, 23)


def test_squares_are_neymans_of_each_assignment():
    sizes, treated = np.array([8, 6]), np.array([4, 2])
    rng = np.random.default_rng(5)
    u, v = rng.normal(size=(1, 14)), rng.normal(size=(1, 14))
    units = Assigned(sizes, np.array([0.3, 0.7]), np.ones(14), u, v)
    block = next(FixedMargins(sizes, treated).drawn(7, rng))
    found = coefficients(units, [block], studentised=True, counts=treated)
    for x in (0.0, 0.8):
        held = (u - x * v)[0]
        squares = found.squares(np.array([x]))[0]
        for z, square in zip(block, squares, strict=True):
            expected = sum(
                share**2 * np.var(arm, ddof=1) / arm.size
                for share, own in ((0.3, slice(0, 8)), (0.7, slice(8, 14)))
                for arm in (held[own][z[own] == 1], held[own][z[own] == 0])
            )
            assert square == pytest.approx(expected, rel=1e-10)
