"""The benchmark compares before it times, and writes its table."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_refuters


def test_a_fast_run_writes_every_row(tmp_path, monkeypatch) -> None:
    def absent(*_: str) -> Path:
        raise OSError("no index is reachable")

    monkeypatch.setattr(bench_refuters, "interpreter", absent)
    assert bench_refuters.main(["--fast", "--out", str(tmp_path / "table.md")]) == 0
    table = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert table.count("| dowhy | not run here |") == 8
    assert table.count("the same, draw by draw") == 8


def test_draws_of_another_law_end_the_run() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.standard_normal((2, 200))
    assert "errors apart" in bench_refuters.agree("bootstrap", one, two)
    with pytest.raises(SystemExit, match="draws differ"):
        bench_refuters.agree("bootstrap", one, two + 1.0)
    with pytest.raises(SystemExit, match="spreads"):
        bench_refuters.agree("random-common-cause", one, 3.0 * two)


def test_draws_at_once_that_differ_are_not_timed(monkeypatch) -> None:
    own = bench_refuters.drawn
    monkeypatch.setattr(
        bench_refuters,
        "drawn",
        lambda check, sample, known, draws, seed=2: (
            own(check, sample, known, draws, seed) + 1e-3 * (known.effects is not None)
        ),
    )
    monkeypatch.setattr(bench_refuters, "peer", lambda *_: None)
    with pytest.raises(SystemExit, match="nothing is timed"):
        list(bench_refuters.rows(400, 20, 1))
