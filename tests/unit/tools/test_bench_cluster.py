"""The benchmark of trials of clusters compares before it times, and says what was not run."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_cluster as bench


def test_values_that_differ_stop_the_run():
    assert bench.agree("p", 1.0, 1.0 + 1e-9) < 1e-8
    with pytest.raises(SystemExit, match="nothing is timed"):
        bench.agree("p", 1.0, 1.0 + 1e-5)


def test_a_peer_without_a_time_was_not_run():
    lines = bench.rows("work", {"ours": 0.01, "R": None, "other": 0.05}, 1e-12)
    assert lines[0].split("|")[3:5] == [" 10.00 ", " 1.0 "]
    assert "not run here" in lines[1]
    assert lines[2].split("|")[4] == " 5.0 "


def test_the_data_are_a_trial_of_unequal_clusters():
    data = bench.simulated(12, 10)
    sizes = np.bincount(data.cluster)
    assert len(sizes) == 12
    assert set(sizes) == {5, 10, 15}
    for g in range(12):
        assert len(set(data.arm[data.cluster == g])) == 1
    assert list(data.frame()) == ["y", "t", "x1", "x2", "g"]


def test_without_r_its_rows_are_empty(monkeypatch):
    monkeypatch.setattr(bench.shutil, "which", lambda name: None)
    assert bench.in_r(bench.simulated(4, 4), 0.1) == []
