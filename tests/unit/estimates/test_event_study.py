"""Effects by event time as a value: shapes, order, what can be read and what cannot be altered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impacteval.estimates import EventStudy


def _study(**changed: Any) -> EventStudy:
    given: dict[str, Any] = {
        "event_times": np.array([-3, -2, 0, 1]),
        "effects": np.array([0.1, -0.2, 1.0, 2.0]),
        "influence": np.arange(12.0).reshape(4, 3),
        "labels": np.array(["a", "b", "c"]),
        "reference": -1,
        "served": np.array([0.0, 0.0, 4.0, 2.0]),
    }
    return EventStudy(**{**given, **changed})


def test_covariance_is_the_sum_of_products_over_labels() -> None:
    study = _study()
    by_hand = [
        [sum(a * b for a, b in zip(r, s, strict=True)) for s in study.influence.tolist()]
        for r in study.influence.tolist()
    ]
    np.testing.assert_array_equal(study.covariance, by_hand)


def test_before_and_after_stand_on_either_side_of_the_reference() -> None:
    study = _study(event_times=np.array([-3, -1, 0, 1]), reference=-2)
    assert study.before.tolist() == [True, False, False, False]
    assert study.after.tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    "changed",
    [
        {"event_times": np.array([-2, -3, 0, 1])},
        {"event_times": np.array([-3, -1, 0, 1])},
        {"event_times": np.array([-3, 0, 0, 1])},
        {"effects": np.array([0.1, np.nan, 1.0, 2.0])},
        {"influence": np.zeros((4, 2))},
        {"served": np.zeros(3)},
    ],
    ids=["unordered", "reference inside", "twice", "gap", "labels", "served"],
)
def test_what_contradicts_itself_cannot_be_built(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"event study|Event times"):
        _study(**changed)


def test_arrays_cannot_be_altered() -> None:
    study = _study()
    for array in (study.effects, study.influence, study.served, study.event_times):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5.0
