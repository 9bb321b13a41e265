"""The benchmark of panels compares before it tells, and says what missed its floor."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_did_twfe as bench


def test_values_that_differ_stop_the_run():
    assert bench.agree("effect", 1.0, 1.0 + 1e-9) < 1e-8
    for other in (1.0 + 1e-5, float("nan")):
        with pytest.raises(SystemExit, match="nothing is told"):
            bench.agree("effect", 1.0, other)


def test_values_of_peers_are_held_to_ours():
    data = bench.rollout(60, 10)
    panel = bench.panel_of(data["y"], data["start"])
    found = bench.OURS["two-way"](panel)
    table = found.tables["conventions"]
    errors = dict(zip(table["convention"], table["std_error"], strict=True))
    told = {"effect": found.average.effect, "std_error": errors["fixest_reghdfe"]}
    assert bench.compared("two-way", "pyfixest", found, told) == 0.0
    with pytest.raises(SystemExit, match="linearmodels, error"):
        bench.compared("two-way", "linearmodels", found, told)
    study = bench.OURS["event"](panel)
    given = {
        "times": study.study.event_times.tolist(),
        "effects": study.study.effects.tolist(),
        "effect": study.average.effect + 1e-3,
    }
    with pytest.raises(SystemExit, match="average"):
        bench.compared("event", "diff-diff", study, given)


def test_a_profile_names_functions():
    assert "tottime" in bench.profile(lambda: sorted([2, 1]))
