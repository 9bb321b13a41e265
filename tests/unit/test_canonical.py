"""One canonical text and one digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from impacteval.canonical import canonical, canonical_json, digest
from impacteval.values import Scale


@dataclass(frozen=True)
class _Pair:
    left: float
    right: str


def test_the_order_of_a_mapping_does_not_matter() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_the_fifteenth_digit_does_not_matter_and_the_tenth_does() -> None:
    assert digest(1.234567890123456) == digest(1.234567890123457)
    assert digest(1.234567890) != digest(1.234567891)


def test_noise_around_zero_in_an_array_does_not_matter() -> None:
    assert digest(np.array([1.0, 1e-17])) == digest(np.array([1.0, -3e-18]))
    assert digest(np.array([1.0, 1e-17])) != digest(np.array([1.0, 1e-9]))


def test_kinds_are_told_apart() -> None:
    assert digest("1") != digest(1)
    assert digest(None) != digest("None")
    assert digest(True) != digest(1)


def test_plain_data() -> None:
    value = {
        "when": date(2026, 1, 2),
        "scale": Scale.RELATIVE,
        "money": Decimal("2.50"),
        "pair": _Pair(0.5, "é"),
        "set": {2, 1},
        "nothing": None,
        "nan": float("nan"),
        "array": np.array([[1, 2]]),
    }
    assert canonical_json(value) == (
        '{"array":[[1,2]],"money":"2.50","nan":"nan","nothing":null,'
        '"pair":{"kind":"_Pair","left":"0.5","right":"é"},"scale":"relative","set":[1,2],'
        '"when":"2026-01-02"}'
    )


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no canonical form"):
        canonical(object())
