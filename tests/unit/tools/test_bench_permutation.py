"""The benchmark compares before it times, and writes its table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_permutation


def test_a_fast_run_writes_every_row(tmp_path, monkeypatch) -> None:
    def absent(*_: str) -> Path:
        raise OSError("no index is reachable")

    monkeypatch.setattr(bench_permutation, "interpreter", absent)
    assert bench_permutation.main(["--fast", "--out", str(tmp_path / "table.md")]) == 0
    table = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert table.count("| ritest-python | not run here |") == 4
    assert table.count("ten outcomes at once") == 2
    assert "statsmodels OLS, loop" in table


def test_statistics_that_differ_are_not_timed(monkeypatch) -> None:
    sample = bench_permutation.sample_of(bench_permutation.columns(200, None), ["y"])
    assert bench_permutation.compared(sample, True, 3) < 1e-9
    monkeypatch.setattr(bench_permutation, "residualised", lambda lot, y: 1.01 * y)
    with pytest.raises(SystemExit, match="nothing is timed"):
        bench_permutation.compared(sample, True, 3)
