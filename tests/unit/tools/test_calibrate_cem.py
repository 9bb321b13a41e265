"""The coverage of matching on covariates is measured on what the estimators compute."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_cem  # noqa: E402  the tools are scripts, found by their folder

from impacteval.registry import estimator  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

# The largest design is the same code, and takes seconds.
CASES = [(m, d) for m in calibrate_cem.METHODS for d in m.designs() if not d.name.endswith("1,650")]
SETTINGS: dict[str, tuple[str, dict[str, object]]] = {
    "mahalanobis-matching-once": ("mahalanobis-matching", {"replace": False}),
    "mahalanobis-matching-uncorrected": ("mahalanobis-matching", {"bias_adjusted": False}),
}


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
    for k, name in enumerate(people.covariates):
        frame[name] = people.x[:, k]
    return Sample.from_frame(
        frame, design="matched", outcome="y", treatment="t", covariates=list(people.covariates), **roles
    )  # fmt: skip


@pytest.mark.parametrize(("method", "design"), CASES, ids=[f"{m.name}, {d.name}" for m, d in CASES])
def test_arrays_and_estimator_agree(method, design) -> None:
    """A replication of every design, on every scale, through the front door."""
    drawn = design.draw(np.random.default_rng(10), 1)
    comparison, _ = drawn.comparisons[0]
    sample = sample_of(comparison)
    for scale in method.scales:
        fast = method.measure(drawn, scale)
        name, settings = SETTINGS.get(method.name, (method.name, {}))
        found = estimator(name, **settings).estimate(
            sample, scale=scale, rng=np.random.default_rng(0)
        )
        law = found.effect.distribution
        centre = getattr(law, "log_ratio", law.centre) if scale is Scale.RELATIVE else law.centre
        assert fast.centre[0] == pytest.approx(centre, rel=1e-9)
        assert fast.error[0] == pytest.approx(law.scale, rel=1e-9)
        assert fast.df[0] == pytest.approx(law.df, rel=1e-6)


@pytest.mark.parametrize("design", calibrate_cem.METHODS[0].designs(), ids=lambda d: d.name)
def test_the_truth_is_the_truth(design) -> None:
    """Level, effect and spread of the law against many people drawn by it."""
    law = design.draw(np.random.default_rng(1), 0).law
    everyone = np.ones(len(law.kinds.level), dtype=bool)
    effect, level = law.truth(everyone)
    rows = [law._one(np.random.default_rng(seed)) for seed in range(300)]
    y1, y0, w, square = 0.0, 0.0, 0.0, 0.0
    for comparison, kind in rows:
        people = comparison.people
        own = people.served
        base = comparison.y[own] - law.kinds.effect[kind[own]]
        if law.exposure is None and law.noise == "normal":
            square += float(people.own[own] @ (base - level) ** 2)
        y1 += float(people.own[own] @ comparison.y[own])
        y0 += float(people.own[own] @ (comparison.y[own] - law.kinds.effect[kind[own]]))
        w += float(people.own[own].sum())
    assert y0 / w == pytest.approx(level, rel=0.03)
    assert (y1 - y0) / w == pytest.approx(effect, rel=0.03)
    if square:
        assert np.sqrt(square / w) == pytest.approx(law.spread(everyone), rel=0.03)
