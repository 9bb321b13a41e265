"""The benchmark of conformal intervals compares before it tells, and says what was not run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_sc_conformal as bench

KEEPS = [[[False, True]], [[True, False]]]


def test_a_peer_that_ends_elsewhere_stops_it():
    assert bench.compared([(0.0, 1.0)], KEEPS) == 2
    with pytest.raises(SystemExit, match=r"does not end at 1\.0"):
        bench.compared([(0.0, 1.0)], [KEEPS[0], [[True, True]]])


def test_without_the_peer_its_row_says_so(tmp_path, monkeypatch):
    def nothing(*_):
        raise subprocess.CalledProcessError(1, "uv")

    monkeypatch.setattr(bench, "interpreter", nothing)
    page = tmp_path / "page.md"
    assert bench.main(["--fast", "--out", str(page)]) == 0
    assert "| peer | not run here |" in page.read_text(encoding="utf-8")
