"""The benchmark of synthetic difference-in-differences compares before it times."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_sc_did as bench


def test_without_peers_their_rows_say_so(tmp_path):
    out = tmp_path / "page.md"
    assert bench.main(["--fast", "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert page.count("not run here") == 3
    assert "all 38 placebos instead of 200 drawn" in page


def test_nothing_is_timed_where_effects_differ(monkeypatch):
    rollout = bench.rollout_of(bench.tobacco())
    draws = bench.placebos(rollout, 2, np.random.default_rng(0)).draws.part(0, 2)
    real = bench.fit

    def moved(*arguments):
        weights, effects = real(*arguments)
        effects.effect[:] += 1e-3
        return weights, effects

    monkeypatch.setattr(bench, "fit", moved)
    with pytest.raises(SystemExit, match="nothing is timed"):
        bench.compared(rollout, draws)


def test_a_peer_that_is_far_off_stops_the_run(monkeypatch):
    monkeypatch.setattr(bench, "peer", lambda *_, **__: {"effect": 3.0})
    with pytest.raises(SystemExit, match="differs"):
        bench.against(None, "diff-diff", bench.tobacco(), (1.0, 0.0, 1.0), 10, variance="placebo")
