"""Density at a cutoff: planted moves are found, sound scores pass, and what it cannot judge it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.diagnostics import DIAGNOSTICS, run_diagnostic
from impacteval.diagnostics.density import density_jump
from impacteval.estimates import DiagnosticStatus
from impacteval.sample import Sample


def sample(score, **roles):
    data = pd.DataFrame({"score": score, "y": np.arange(len(score), dtype=float)})
    for name, column in list(roles.items()):
        if not isinstance(column, str):
            data[name] = column
            roles[name] = name
    return Sample.from_frame(
        data, design="regression_discontinuity", outcome="y", running="score", cutoff=50.0, **roles
    )


def scores(seed, n=1000, moved=0.0):
    rng = np.random.default_rng(seed)
    score = 50.0 + 10.0 * rng.normal(0.2, 1.0, n)
    near = (score < 50.0) & (score > 48.0) & (rng.random(n) < moved)
    return np.where(near, 100.0 - score, score)


def test_moves_over_the_line_are_found():
    found = run_diagnostic("density-at-cutoff", sample(scores(4, moved=0.7)), limit=0.99)
    assert found.status is DiagnosticStatus.FAILED
    assert found.explanation.values["times"] > 1.5
    table = found.parts["jump"]
    # Against the test itself, on distances from the line.
    own = density_jump(np.sort(scores(4, moved=0.7) - 50.0))
    assert table["log_jump"][0] == pytest.approx(own.jump, rel=1e-9)
    assert found.statistic == pytest.approx(1.0 - table["p_value"][0])


def test_sound_scores_pass_as_often_as_said():
    failed = [
        run_diagnostic("density-at-cutoff", sample(scores(seed)), limit=0.9).status
        is DiagnosticStatus.FAILED
        for seed in range(100)
    ]
    # One in ten, give or take three standard errors.
    assert 1 <= sum(failed) <= 19


@pytest.mark.parametrize(
    ("score", "roles", "key"),
    [
        (scores(1, n=60), {}, "density.few"),
        (scores(1).round(), {}, "density.heaped"),
        (scores(1), {"cluster": [f"c{i % 20}" for i in range(1000)]}, "density.clustered"),
    ],
)
def test_what_it_cannot_judge(score, roles, key):
    found = run_diagnostic("density-at-cutoff", sample(score, **roles), limit=0.99)
    assert found.status is DiagnosticStatus.NOT_APPLICABLE
    assert found.explanation.key == key


def test_other_designs_have_no_cutoff():
    data = pd.DataFrame({"t": [0, 1] * 60, "y": np.arange(120.0)})
    trial = Sample.from_frame(data, design="rct", outcome="y", treatment="t")
    assert run_diagnostic("density-at-cutoff", trial).explanation.key == "density.no-cutoff"
    assert "density-at-cutoff" in DIAGNOSTICS
