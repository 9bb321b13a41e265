"""Influence kept in parts, against one plain matrix."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.estimators.did.group_time.pulls import CHUNK, Pulls


def _filled(cluster: np.ndarray | None = None) -> tuple[Pulls, np.ndarray]:
    rng = np.random.default_rng(3)
    members = [np.array([0, 3, 4]), np.array([1, 2, 5, 6])]
    rows = [np.array([0, 2]), np.array([0, 1, 2])]
    pulls = Pulls(members, rows, 3, 7, cluster, 0 if cluster is None else 3)
    dense = np.zeros((3, 7))
    for part, (own, which) in enumerate(zip(members, rows, strict=True)):
        values = rng.normal(size=(len(which), len(own)))
        pulls.add(part, which, values)
        dense[np.ix_(which, own)] += values
    inside = np.array([True, False, True])
    more = rng.normal(size=(1, 2))
    pulls.add(0, np.array([2]), more, inside)
    dense[2, [0, 4]] += more[0]
    return pulls, dense


CLUSTER = np.array([0, 0, 1, 1, 2, 2, 0])


@pytest.mark.parametrize("clustered", [False, True])
def test_sums_are_those_of_the_whole_matrix(clustered) -> None:
    pulls, dense = _filled(CLUSTER if clustered else None)
    if clustered:
        dense = dense @ np.eye(3)[CLUSTER]
    weights = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.5]])
    assert pulls.gram() == pytest.approx(dense @ dense.T, rel=1e-13)
    assert pulls.along(weights) == pytest.approx(weights @ dense, rel=1e-13)


@pytest.mark.parametrize("law", ["rademacher", "mammen"])
@pytest.mark.parametrize("clustered", [False, True])
def test_draws_have_the_covariance_of_the_influence(law, clustered) -> None:
    pulls, dense = _filled(CLUSTER if clustered else None)
    if clustered:
        dense = dense @ np.eye(3)[CLUSTER]
    weights = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]])
    drawn = pulls.drawn(weights, 40_000, law, np.random.default_rng(4))
    own = weights @ dense
    scale = np.linalg.norm(own, axis=1)
    # A mean of 40,000 has standard error 0.005, a variance at most about 0.012 here.
    assert drawn.mean(axis=0) / scale == pytest.approx(np.zeros(3), abs=0.025)
    covariance = drawn.T @ drawn / len(drawn) / np.outer(scale, scale)
    assert covariance == pytest.approx(own @ own.T / np.outer(scale, scale), abs=0.05)


def test_rademacher_draws_are_signed_sums() -> None:
    pulls = Pulls([np.array([0])], [np.array([0])], 1, 1)
    pulls.add(0, np.array([0]), np.array([[2.0]]))
    drawn = pulls.drawn(np.array([[1.0]]), 1000, "rademacher", np.random.default_rng(1))
    assert set(drawn.ravel().tolist()) == {-2.0, 2.0}


def test_mammen_draws_take_his_two_points() -> None:
    pulls = Pulls([np.array([0])], [np.array([0])], 1, 1)
    pulls.add(0, np.array([0]), np.array([[1.0]]))
    drawn = pulls.drawn(np.array([[1.0]]), 4000, "mammen", np.random.default_rng(1)).ravel()
    low, high = (1 - 5**0.5) / 2, (1 + 5**0.5) / 2
    assert sorted(set(drawn.round(12).tolist())) == pytest.approx([low, high])
    # The third moment is one, which the coin's sign does not have.
    assert (drawn**3).mean() == pytest.approx(1.0, abs=0.15)


def test_multipliers_belong_to_units_and_not_to_parts() -> None:
    n = CHUNK + 50  # more than one chunk
    rng = np.random.default_rng(6)
    values = rng.normal(size=n)
    whole = Pulls([np.arange(n)], [np.array([0])], 1, n)
    whole.add(0, np.array([0]), values[None])
    order = rng.permutation(n)
    split = [np.sort(order[:1000]), np.sort(order[1000:])]
    parts = Pulls(split, [np.array([0])] * 2, 1, n)
    for k, members in enumerate(split):
        parts.add(k, np.array([0]), values[members][None])
    one = np.array([[1.0]])
    first = whole.drawn(one, 200, "rademacher", np.random.default_rng(2))
    second = parts.drawn(one, 200, "rademacher", np.random.default_rng(2))
    assert first == pytest.approx(second, abs=1e-9)
