"""Completed tables against a plain loop of small steps, and against what the dual says."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference import completion
from impacteval.inference.completion import (
    complete,
    largest_penalty,
    prove,
    without_levels,
)


def table(seed, units=8, periods=11):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(units, 2)) @ rng.normal(size=(2, periods))
    y += rng.normal(size=(units, 1)) + rng.normal(size=periods) + 0.3 * rng.normal(size=y.shape)
    hidden = np.zeros(y.shape, dtype=bool)
    hidden[0, 8:] = hidden[1, 9:] = True
    hidden[4, 2] = hidden[6, 5] = True
    return y, hidden


def by_small_steps(y, hidden, penalty, steps=20_000):
    """Proximal gradient: levels by regression on dummies, patterns by shrinking, half a step each."""
    units, periods = y.shape
    row, column = np.nonzero(~hidden)
    x = np.zeros((len(row), units + periods))
    x[np.arange(len(row)), row] = x[np.arange(len(row)), units + column] = 1.0
    onto = np.linalg.pinv(x)
    common, level = np.zeros(y.shape), np.zeros(units + periods)
    for _ in range(steps):
        level = onto @ (y - common)[~hidden]
        left = np.where(hidden, 0.0, y - common - level[:units, None] - level[units:])
        u, s, v = np.linalg.svd(common + left, full_matrices=False)
        new = (u * np.maximum(s - penalty, 0.0)) @ v
        if np.abs(new - common).max() < 1e-13:
            break
        common = new
    return common + level[:units, None] + level[units:]


@pytest.mark.parametrize("penalty", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("turned", [False, True])
def test_a_table_is_completed_as_by_small_steps(penalty, turned):
    y, hidden = table(1)
    if turned:
        y, hidden = y.T, hidden.T
    found = complete(y[None], hidden[None], penalty)
    np.testing.assert_allclose(found.fit[0], by_small_steps(y, hidden, penalty), atol=1e-7)
    assert (found.filled[0][~hidden] == y[~hidden]).all()


@pytest.mark.parametrize("penalty", [0.05, 0.5, 2.0, 50.0])
def test_the_dual_proves_the_solution_and_exposes_any_other(penalty):
    y, hidden = table(2)
    found = complete(y[None], hidden[None], penalty)
    proof = prove(y, ~hidden, found, penalty)
    assert proof.relative_gap < 1e-9
    left = np.where(hidden, 0.0, y - found.fit[0])
    sizes = np.linalg.svd(found.common[0], compute_uv=False)
    assert proof.objective == pytest.approx(0.5 * (left**2).sum() + penalty * sizes.sum(), rel=1e-9)
    other = completion.Completed(found.filled, found.fit, found.common + 0.01 * np.eye(8, 11))
    worse = prove(y, ~hidden, other, penalty)
    assert worse.objective > proof.objective
    # The bound lies below the least, and so the gap covers the whole distance.
    assert worse.gap >= (worse.objective - proof.objective) * (1.0 - 1e-9)


def test_a_table_without_holes_is_known_at_once():
    y, _ = table(3)
    found = complete(y[None], np.zeros((1, 8, 11), dtype=bool), 1.5)
    centred = y - y.mean(0) - y.mean(1)[:, None] + y.mean()
    u, s, v = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(found.common[0], (u * np.maximum(s - 1.5, 0.0)) @ v, atol=1e-10)


def test_from_the_largest_penalty_on_levels_alone_are_left():
    y, hidden = table(4)
    top = largest_penalty(y, ~hidden)
    at = complete(y[None], hidden[None], top * (1.0 + 1e-9))
    below = complete(y[None], hidden[None], top * 0.99)
    assert np.abs(at.common).max() < 1e-8
    assert np.abs(below.common).max() > 1e-4
    row, column = np.nonzero(~hidden)
    x = np.zeros((len(row), 19))
    x[np.arange(len(row)), row] = x[np.arange(len(row)), 8 + column] = 1.0
    fit = np.linalg.lstsq(x, y[~hidden], rcond=None)[0]
    np.testing.assert_allclose(at.fit[0], fit[:8, None] + fit[8:], atol=1e-8)
    left = np.where(hidden, 0.0, y - fit[:8, None] - fit[8:])
    np.testing.assert_allclose(without_levels(y, ~hidden), left, atol=1e-10)


def test_tables_are_completed_side_by_side_as_one_by_one_and_from_anywhere():
    made = [table(seed) for seed in (5, 6, 7)]
    y = np.array([m[0] for m in made])
    hidden = np.array([m[1] for m in made])
    hidden[1] = False
    hidden[1, 3, 6:] = True
    together = complete(y, hidden, 0.4)
    start = np.random.default_rng(8).normal(size=y.shape, scale=20.0)
    again = complete(y, hidden, 0.4, start)
    np.testing.assert_allclose(again.fit, together.fit, atol=1e-8)
    for k in range(3):
        alone = complete(y[k : k + 1], hidden[k : k + 1], 0.4)
        np.testing.assert_allclose(together.fit[k], alone.fit[0], atol=1e-8)


def test_hidden_outcomes_are_not_read():
    y, hidden = table(9)
    found = complete(y[None], hidden[None], 0.4)
    other = complete(np.where(hidden, np.nan, y)[None], hidden[None], 0.4)
    np.testing.assert_array_equal(found.fit, other.fit)


def test_mixing_that_leads_astray_is_taken_back(monkeypatch):
    """With mixes of steps that are pure noise, plain steps still lead to the solution."""
    y, hidden = table(10)
    expected = complete(y[None], hidden[None], 1.0).fit
    rng = np.random.default_rng(11)
    monkeypatch.setattr(
        completion,
        "_mixed",
        lambda past, held: past[-1][0] + 5.0 * rng.normal(size=past[-1][0].shape),
    )
    found = complete(y[None], hidden[None], 1.0)
    np.testing.assert_allclose(found.fit, expected, atol=1e-8)


def test_what_cannot_be_solved_is_told(monkeypatch):
    y, hidden = table(12)
    with pytest.raises(ValueError, match="positive"):
        complete(y[None], hidden[None], 0.0)
    with pytest.raises(ValueError, match="finite"):
        complete(np.where(hidden, y, np.nan)[None], hidden[None], 1.0)
    monkeypatch.setattr(completion, "STEPS", 2)
    with pytest.raises(RuntimeError, match="settle"):
        complete(y[None], hidden[None], 0.1)


def test_a_level_that_all_cells_share_changes_nothing():
    """A billion people beside differences of one: the level is part of the fit, not of its error."""
    y, hidden = table(13)
    expected = complete(y[None], hidden[None], 0.1)
    found = complete(1e8 + y[None], hidden[None], 0.1)
    np.testing.assert_allclose(found.fit - 1e8, expected.fit, atol=1e-6)
    np.testing.assert_allclose(found.filled[0][~hidden], 1e8 + y[~hidden], atol=1e-7)
    np.testing.assert_allclose(found.common, expected.common, atol=1e-6)
    again = complete(1e8 + y[None], hidden[None], 0.1, found.fit)
    np.testing.assert_allclose(again.fit, found.fit, rtol=0.0, atol=1e-6)
