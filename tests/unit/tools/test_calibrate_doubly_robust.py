"""The coverage of doubly robust comparisons is measured on what the estimator computes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_doubly_robust as tool  # noqa: E402  the tools are scripts, found by their folder

from impacteval.estimators.matched.doubly_robust import DoublyRobust  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

DESIGNS = {design.name: design for design in tool.designs()}


def sample_of(comparison) -> Sample:
    """A replication as a person would bring it."""
    people = comparison.people
    exposure = np.ones(people.n) if people.exposure is None else people.exposure
    frame = pd.DataFrame({"y": comparison.y * exposure, "t": people.treatment})
    roles = {}
    for role, values in (
        ("weight", people.counts if people.weight_kind else None),
        ("exposure", people.exposure),
        ("cluster", None if people.cluster is None else people.cluster.codes),
    ):
        if values is not None:
            frame[role] = values
            roles[role] = role
    if people.weight_kind:
        roles["weight_kind"] = people.weight_kind
    for k, name in enumerate(people.covariates):
        frame[name] = people.x[:, k]
    return Sample.from_frame(
        frame,
        design="matched",
        outcome="y",
        treatment="t",
        covariates=list(people.covariates),
        **roles,
    )


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("estimand", ["att", "ate"])
def test_arrays_and_estimator_agree(name, estimand):
    """A replication of every design, on every scale, through the front door."""
    drawn = DESIGNS[name].draw(np.random.default_rng(11), 1)
    (comparison,) = drawn.comparisons
    method = DoublyRobust(estimand=estimand)
    fast = tool.measured(method, drawn.law, comparison, np.random.default_rng(3))
    if np.isnan(fast[Scale.DIFFERENCE][0]):
        assert name == "both right, 50"
        return
    for scale, (centre, error, df, _) in fast.items():
        if scale is Scale.TOTAL and estimand == "ate":
            continue
        found = method.estimate(sample_of(comparison), scale=scale, rng=np.random.default_rng(3))
        law = found.effect.distribution
        own = getattr(law, "log_ratio", None) if scale is Scale.RELATIVE else law.centre
        assert centre == pytest.approx(own, rel=1e-9)
        assert error == pytest.approx(law.scale, rel=1e-9)
        assert df == pytest.approx(law.df, rel=1e-6)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_truth_is_the_truth(name):
    """Level, effect and spread of the law against many people drawn by it."""
    law = DESIGNS[name].draw(np.random.default_rng(1), 0).law
    rng = np.random.default_rng(2)
    effect, level, spread = law.truth("att")
    rows = [replace(law, n=60_000, sites=law.sites * 100).one(rng) for _ in range(2)]
    y1 = y0 = total = square = 0.0
    for comparison in rows:
        people = comparison.people
        own = people.served
        kind = (2 * people.x[:, 0] + people.x[:, 1]).astype(int)
        w, y = people.own[own], comparison.y[own]
        without = y - law.effect[kind[own]]
        y1, y0, total = y1 + w @ y, y0 + w @ without, total + w.sum()
        unserved = replace(law, n=60_000, sites=law.sites * 100, effect=0.0 * law.effect)
        bare = unserved.one(rng)
        kept = bare.people.served
        v = bare.people.own[kept]
        square += float(np.average((bare.y[kept] - level) ** 2, weights=v)) / len(rows)
    assert y0 / total == pytest.approx(level, rel=0.03)
    assert (y1 - y0) / total == pytest.approx(effect, rel=0.05)
    noise = 0.12 if law.noise == "skewed" else 0.06
    if (
        law.noise == "normal"
    ):  # the served vary less around their mean, and nothing is known of them else
        square += 1.0 - 0.64
    assert np.sqrt(square) == pytest.approx(spread, rel=noise)
