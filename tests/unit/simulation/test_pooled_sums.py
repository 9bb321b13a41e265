"""Groups pooled as a ratio of sums in simulations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from assumed_studies import contract, full, normal, scenario

from impacteval.contract.model import Contract
from impacteval.errors import UsageError
from impacteval.simulation import full as engine_module
from impacteval.simulation.scenario import Scenario
from impacteval.values import PointEstimate

POINT = PointEstimate()
GROUPS = {"a": {"people": 60}, "b": {"people": 120}}
SIZES = {"y.a.people": 60, "y.b.people": 120, "y.a.comparison": 200, "y.b.comparison": 240}
COUNTS = SIZES | {
    "kind": "count",
    "variance_over_mean": 2,
    "y.a.baseline": 2,
    "y.b.baseline": 8,
}


def agreed(pool: str = "ratio_of_sums") -> Contract:
    return contract("relative_reduction_percent", groups=GROUPS, pool=pool)


def told(more: dict[str, Any], pool: str = "ratio_of_sums", effects: str = "0") -> Scenario:
    return scenario(agreed(pool), COUNTS | more, effects=effects)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"correlation.groups": 0.2, "y.a.baseline": 5, "y.b.baseline": 5},
        {"clusters": 12, "comparison_clusters": 16, "icc": 0.05},
    ],
    ids=["apart", "shared", "clusters"],
)
def test_the_fast_formulas_are_the_registered_estimator(
    more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assumed = told(more)
    fast = full(assumed, 10.0, draws=12)
    monkeypatch.setattr(engine_module._Part, "_fast", lambda self: None)
    slow = full(assumed, 10.0, draws=12)
    for key, answers in fast.items():
        for question, values in answers.items():
            assert values == pytest.approx(slow[key][question], rel=1e-8, abs=1e-8)
    if not more:
        mean = full(told(more, "mean_of_effects"), 10.0, draws=12)["y", "pooled"][POINT]
        assert not np.allclose(fast["y", "pooled"][POINT], mean, rtol=1e-3)


def test_the_pool_is_what_happened_over_what_would_have() -> None:
    """Groups with effects of their own: 60 x 2 and 120 x 8 events, of which 40% and 10% fewer."""
    assumed = told({"y.a.effect": 40, "y.b.effect": 10})
    truth = assumed.truth("y", "pooled", 0.0, ("a", "b"))
    assert truth == pytest.approx(100 * (60 * 2 * 0.4 + 120 * 8 * 0.1) / (60 * 2 + 120 * 8))
    assert assumed.weights("y", ("a", "b")) == pytest.approx((120 / 1080, 960 / 1080))
    drawn = full(assumed, draws=4000)["y", "pooled"][POINT]
    assert drawn.mean() == pytest.approx(truth, abs=4 * drawn.std() / np.sqrt(4000) + 0.2)


def test_both_engines_scatter_alike() -> None:
    """Where every group has one true effect the normal engine's error is the delta method's."""
    assumed = told({})
    wide = full(assumed, 10.0, draws=6000)["y", "pooled"][POINT]
    flat = normal(assumed, 10.0, draws=6000)["y", "pooled"][POINT]
    assert wide.mean() == pytest.approx(flat.mean(), abs=0.4)
    # A standard deviation of 6000 draws has a relative error of 0.9%; four of them, twice.
    assert wide.std() == pytest.approx(flat.std(), rel=0.06)


def test_a_weight_needs_what_would_have_happened() -> None:
    given = {"std_error": 4}
    with pytest.raises(UsageError, match="baseline"):
        scenario(agreed(), given)
    scenario(agreed("mean_of_effects"), given)
    scenario(agreed(), given | {"y.a.baseline": 2, "y.b.baseline": 3})
