"""The benchmark of weights proves before it times, and judges peers by their weights."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_sc_solver as bench


def test_only_a_peer_with_the_right_weights_is_the_one_to_beat(tmp_path, monkeypatch):
    def peers(columns, python):
        every = np.arange(columns.shape[1])
        right = bench.simplex_fits(columns, every, every[:, None] != every).weights
        return {
            "right": {"version": "1", "seconds": 50.0, "weights": right.tolist()},
            "wrong": {"version": "1", "seconds": 1.0, "weights": (right + 1e-3).tolist()},
            "broken": {"error": "ValueError('no')"},
        }

    monkeypatch.setattr(bench, "peers", peers)
    out = tmp_path / "page.md"
    assert bench.main(["--fast", "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert "| the fastest peer that is correct | 50,000.0 |" in page
    assert "failed: ValueError('no')" in page
    assert "The floor of the wide problem is" in page


def test_nothing_is_timed_where_a_fit_is_not_proved(monkeypatch):
    real = bench.simplex_fit

    def even(pool, target):
        return replace(real(pool, target), weights=np.full(pool.shape[1], 1.0 / pool.shape[1]))

    monkeypatch.setattr(bench, "simplex_fit", even)
    with pytest.raises(SystemExit, match="nothing is timed"):
        bench.wide(fast=True)
    with pytest.raises(SystemExit, match="nothing is timed"):
        bench.placebos(None)
