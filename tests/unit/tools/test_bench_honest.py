"""The benchmark compares before it times, and writes its table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_honest


def test_a_fast_run_without_the_peer_says_so(tmp_path, monkeypatch) -> None:
    def absent(*_: str) -> Path:
        raise OSError("no index is reachable")

    monkeypatch.setattr(bench_honest, "interpreter", absent)
    assert bench_honest.main(["--fast", "--out", str(tmp_path / "table.md")]) == 0
    table = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "| moderndid | not run here |" in table
    assert table.count("| impacteval |") == 3


def test_values_that_differ_are_not_timed(monkeypatch) -> None:
    monkeypatch.setattr(bench_honest, "peer", lambda *_: {"end": 0.0, "half": 0.1, "version": "0"})
    with pytest.raises(SystemExit, match="nothing is timed"):
        bench_honest.compared(Path("python"))
