"""Estimates can be copied and sent to another process, and the copy cannot be altered either."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from impacteval.registry import estimator
from impacteval.testing import known_samples
from impacteval.testing.bench import arrays
from impacteval.values import Scale

COPIES: tuple[Callable[[Any], Any], ...] = (
    lambda value: pickle.loads(pickle.dumps(value)),
    copy.deepcopy,
)


@pytest.mark.parametrize(
    ("name", "design"),
    [
        ("difference-in-means", "rct"),  # influence of both means
        ("randomisation-inference", "rct"),  # a p-value in steps
        ("difference-in-differences", "did"),  # effects by time since the start
        ("synthetic-control", "synthetic_control"),  # a certificate
        ("verified-count", "count"),  # an audit
    ],
)
@pytest.mark.parametrize("copied", COPIES, ids=["pickle", "deepcopy"])
def test_a_copy_is_equal_and_as_read_only(
    name: str, design: str, copied: Callable[[Any], Any]
) -> None:
    sample = known_samples(design)[0](3).sample()
    own = estimator(name).estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
    other = copied(own)
    assert other is not own
    assert other == own
    assert other.effect.p_value(0.5) == own.effect.p_value(0.5)
    assert (other.notes, other.method, other.settings) == (own.notes, own.method, own.settings)
    assert other.certificate == own.certificate
    held = arrays(other.effect.distribution) | arrays(other.influence) | arrays(other.event_study)
    assert not any(array.flags.writeable for array in held.values())
    with pytest.raises(TypeError):
        other.settings["x"] = 1
