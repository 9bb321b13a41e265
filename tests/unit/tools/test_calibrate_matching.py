"""The coverage of matching is that of what the estimator computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate  # noqa: E402  the tools are scripts, found by their folder
import calibrate_matching as tool  # noqa: E402
from calibrate_matching_designs import Law  # noqa: E402

from impacteval.estimators.matched.propensity import PropensityMatching  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

BUILT = {
    "propensity-matching": {},
    "propensity-matching-ten": {"ratio": 10},
    "propensity-matching-replace": {"replace": True, "caliper": None},
    "propensity-matching-given": {"replace": True, "caliper": None, "score": "index"},
}
CASES = [(m, d) for m in tool.METHODS.values() for d in m.designs()]


def sample_of(drawn) -> Sample:
    """A replication as a person would bring it."""
    frame = pd.DataFrame({"u": np.arange(drawn.y.shape[1]), "y": drawn.y[0]})
    frame["on"] = drawn.served[0].astype(int)
    names = ["x1", "x2", "index"][: drawn.x.shape[2]]
    for k, name in enumerate(names):
        frame[name] = drawn.x[0, :, k]
    roles = {}
    if drawn.place is not None:
        frame["place"] = drawn.place
        roles["cluster"] = "place"
    if drawn.time is not None:
        frame["time"] = drawn.time[0]
        roles["exposure"] = "time"
    return Sample.from_frame(
        frame, design="matched", outcome="y", unit="u", treatment="on", covariates=names, **roles
    )


@pytest.mark.parametrize(("method", "design"), CASES, ids=[f"{m.name}, {d.name}" for m, d in CASES])
def test_arrays_and_estimator_agree(method, design) -> None:
    drawn = design.draw(np.random.default_rng(10), 1)
    estimator = PropensityMatching(**BUILT[method.name])
    sample = sample_of(drawn)
    for scale in method.scales:
        found = method.measure(drawn, scale)
        effect = estimator.estimate(sample, scale=scale, rng=np.random.default_rng(0)).effect
        interval = effect.interval(0.9)
        low, high = (float(v[0]) for v in found.bounds("two", 0.9))
        if scale is Scale.RELATIVE:
            low, high = np.expm1(low), np.expm1(high)
        assert (low, high) == pytest.approx((interval.low, interval.high), rel=1e-7)


@pytest.mark.parametrize("law", [Law(200_000, level=-2.0), Law(200_000, level=-2.0, outcome="yes")])
def test_truths_are_those_of_many_people(law) -> None:
    drawn = law(np.random.default_rng(3), 1, matched=True)
    level, effect, variance = law.average()
    inside = drawn.served[0]
    without, added = drawn.without[0][inside], drawn.effect[0][inside]
    assert level == pytest.approx(without.mean(), rel=0.01)
    assert effect == pytest.approx(added.mean(), rel=0.01)
    assert variance == pytest.approx(drawn.variance[0][inside].mean() + without.var(), rel=0.02)


def test_events_have_the_spread_that_is_told() -> None:
    law = Law(400_000, level=-2.0, outcome="events")
    drawn = law(np.random.default_rng(4), 1, matched=True)
    out = ~drawn.served[0]
    rate, time = (drawn.y[0] / drawn.time[0])[out], drawn.time[0][out]
    found = np.average((rate - drawn.without[0][out]) ** 2, weights=time)
    assert found == pytest.approx(np.average(drawn.variance[0][out]), rel=0.02)


def test_the_table_is_written(tmp_path) -> None:
    method = tool.METHODS["propensity-matching-given"]
    table = list(calibrate.rows(method, method.designs()[1], 5))
    assert {row["scale"] for row in table} == {s.value for s in method.scales}
