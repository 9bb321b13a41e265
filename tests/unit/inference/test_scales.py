"""Effects on each scale: values by hand, errors by perturbing the data."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.estimators.randomised.arms import mean_arms
from impacteval.inference import ArmMeans, comparison_spread, on_scale
from impacteval.values import Scale

ARMS = ArmMeans(
    np.array([4.0, 3.0]), np.array([[0.3, 0.0, 0.1], [0.0, 0.2, 0.1]]), lambda c: np.asarray(9.0)
)


def test_difference_uses_both_arms_jointly() -> None:
    found = on_scale(ARMS, Scale.DIFFERENCE)
    assert float(found.value) == -1.0
    assert float(found.std_error) ** 2 == pytest.approx(0.3**2 + 0.2**2)  # the shared part cancels


def test_relative_is_the_log_ratio() -> None:
    found = on_scale(ARMS, Scale.RELATIVE)
    assert float(found.value) == pytest.approx(-0.25)
    parts = np.array([-0.3 / 4, 0.2 / 3, 0.1 / 3 - 0.1 / 4])
    assert float(found.log_std_error) == pytest.approx(np.linalg.norm(parts))
    assert float(found.std_error) == pytest.approx(0.75 * np.linalg.norm(parts))
    assert found.influence == pytest.approx(0.75 * parts)


def test_degrees_are_asked_of_the_contrast_that_is_estimated() -> None:
    asked = []
    arms = ArmMeans(ARMS.means, ARMS.influence, lambda c: asked.append(c) or np.asarray(5.0))
    on_scale(arms, Scale.RELATIVE)
    on_scale(arms, Scale.TOTAL, served=10)
    assert asked[0] == pytest.approx([-1 / 4, 1 / 3])
    assert asked[1] == pytest.approx([-1.0, 1.0])


def test_total_multiplies() -> None:
    one, many = on_scale(ARMS, Scale.DIFFERENCE), on_scale(ARMS, Scale.TOTAL, served=12.5)
    assert float(many.value) == -12.5
    assert float(many.std_error) == pytest.approx(12.5 * float(one.std_error))


def test_standardised_needs_a_spread() -> None:
    with pytest.raises(ValueError, match="spread"):
        on_scale(ARMS, Scale.STANDARDISED)


def test_spread_is_the_plain_standard_deviation() -> None:
    rng = np.random.default_rng(0)
    y, inside = rng.normal(size=20), np.arange(20) % 2 == 0
    found = comparison_spread(y, inside)
    assert float(found.value) == pytest.approx(y[inside].std(ddof=1))
    assert found.influence[~inside] == pytest.approx(0.0)
    w = np.full(20, 3.0)
    assert float(comparison_spread(y, inside, weight=w).value) == pytest.approx(float(found.value))


def test_spread_copies_are_repeated_rows() -> None:
    rng = np.random.default_rng(1)
    y, f, inside = rng.normal(size=12), rng.integers(1, 4, 12), np.arange(12) < 7
    short = comparison_spread(y, inside, copies=f.astype(float))
    long = comparison_spread(np.repeat(y, f), np.repeat(inside, f))
    assert float(short.value) == pytest.approx(float(long.value))
    assert (short.influence**2).sum() == pytest.approx((long.influence**2).sum())


@pytest.mark.parametrize("weighted", [True, False])
def test_spread_influence_is_its_derivative(weighted: bool) -> None:
    """The influence of a row is how the spread moves when the row gets a little more weight."""
    rng = np.random.default_rng(2)
    n = 15
    y, inside = rng.gamma(2.0, size=n), np.ones(n, dtype=bool)
    w = rng.uniform(0.5, 2.0, n) if weighted else np.ones(n)
    found = comparison_spread(y, inside, weight=w)
    small = 1e-6
    for k in range(n):
        moved = w.copy()
        moved[k] *= 1 + small
        slope = (
            float(comparison_spread(y, inside, weight=moved).value) - float(found.value)
        ) / small
        assert found.influence[k] == pytest.approx(slope * np.sqrt(n / (n - 1)), abs=1e-5)


def test_a_group_without_variation_has_no_spread_and_no_influence() -> None:
    found = comparison_spread(np.array([2.0, 2.0, 5.0]), np.array([True, True, False]))
    assert float(found.value) == 0.0
    assert found.influence.tolist() == [0.0, 0.0, 0.0]


def test_standard_errors_need_no_influence_where_arms_share_no_unit() -> None:
    """Spelled out or not, on every scale and for replications as for one trial."""
    rng = np.random.default_rng(6)
    arm, stratum = np.arange(30) % 2, np.arange(30) // 15
    y = 4.0 + rng.normal(size=(2, 3, 30))
    for how in ({}, {"stratum": stratum}, {"weight": rng.uniform(1, 2, 30)}):
        arms = mean_arms(y, arm, **how).arms
        plain = ArmMeans(arms.means, arms.influence, arms.degrees)
        assert arms.variances is not None
        for scale in (Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL):
            found, spelled = (on_scale(a, scale, served=-7.0) for a in (arms, plain))
            assert found.std_error == pytest.approx(spelled.std_error, rel=1e-12)
            assert found.influence == pytest.approx(spelled.influence, rel=1e-12, abs=1e-15)
            squares = (found.influence**2).sum(axis=-1)
            assert found.std_error**2 == pytest.approx(squares, rel=1e-12)
