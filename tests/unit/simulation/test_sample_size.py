"""Power and sample size against published figures."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.simulation.sample_size import detectable, power_of, times_the_people


def test_power_of_two_groups_of_fifty() -> None:
    # Cohen (1988): d = .2, 50 an arm, two-sided 5%.
    assert power_of(0.2, math.sqrt(2 / 50), 98, level=0.95) == pytest.approx(0.167675486, abs=5e-10)


def test_sample_for_eighty_percent() -> None:
    # The same effect: 393.4057 an arm.
    def arms(n: float) -> tuple[float, float]:
        return math.sqrt(2 / n), 2 * n - 2

    found = times_the_people(0.2, arms, level=0.95, power=0.8)
    assert found == pytest.approx(393.4057, abs=5e-5)


def test_detectable_effect_of_forty_clusters() -> None:
    # Bloom's multiple with 38 degrees of freedom: 40 clusters of 50, intra-cluster correlation .1.
    error = math.sqrt(2 / 1000 * (1 + 49 * 0.1))
    assert detectable(error, 38, level=0.95, power=0.8) == pytest.approx(0.3123676087, abs=5e-11)


@given(st.floats(0.05, 5.0), st.floats(0.5, 0.99), st.floats(0.6, 0.95))
def test_the_sample_found_has_the_power_asked(effect: float, level: float, power: float) -> None:
    def precision(times: float) -> tuple[float, float]:
        return 1.0 / math.sqrt(times), math.inf

    times = times_the_people(effect, precision, level=level, power=power)
    assert times is not None
    error, df = precision(times)
    reached = power_of(effect, error, df, level=level)
    assert reached == pytest.approx(power, abs=1e-9)


def test_no_sample_finds_nothing() -> None:
    assert times_the_people(0.0, lambda _: (1.0, math.inf), level=0.95, power=0.8) is None


def test_an_effect_that_no_sample_shows_is_said() -> None:
    assert times_the_people(1.0, lambda _: (10.0, math.inf), level=0.95, power=0.8) is None


def test_power_at_no_effect_is_the_level() -> None:
    assert power_of(0.0, 1.0, 12, level=0.9) == pytest.approx(0.1)
