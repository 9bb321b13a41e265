"""Weights frozen with other settings, or by another method, are of another comparison."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.registry import estimator
from impacteval.testing.matched import plain
from impacteval.values import Scale


def effect(made, sample):
    found = made.estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0))
    return found.effect


@pytest.mark.parametrize(
    ("frozen", "asked"),
    [
        (("inverse-probability", {}), ("inverse-probability", {"trim": 0.15, "estimand": "ate"})),
        (("inverse-probability", {}), ("inverse-probability", {"estimand": "ate"})),
        (("entropy-balancing", {}), ("entropy-balancing", {"moments": 2})),
        (("inverse-probability", {}), ("overlap-weighting", {})),
        (("propensity-matching", {}), ("entropy-balancing", {})),
    ],
    ids=str,
)
def test_what_was_frozen_otherwise_is_not_used(frozen, asked):
    sample = plain(np.random.default_rng(3), -0.2).sample()
    other = estimator(frozen[0], **frozen[1]).prepare(sample.blind, rng=np.random.default_rng(0))
    own = estimator(asked[0], **asked[1])
    assert effect(own, sample.prepared(other)) == effect(own, sample)


@pytest.mark.parametrize("name", ["inverse-probability", "entropy-balancing", "overlap-weighting"])
def test_what_was_frozen_so_is_used(name, monkeypatch):
    sample = plain(np.random.default_rng(3), -0.2).sample()
    own = estimator(name)
    made = own.prepare(sample.blind, rng=np.random.default_rng(0))
    expected = effect(own, sample)

    def refuse(*_arguments, **_keywords):
        raise AssertionError("prepared again")

    monkeypatch.setattr(type(own), "prepare", refuse)
    assert effect(own, sample.prepared(made)) == expected
