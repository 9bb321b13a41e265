"""Files broken at random are refused with a place, or load and say what they mean."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import fuzz

from impacteval.errors import ContractError, Problem


def test_broken_files_are_refused_or_load():
    found = fuzz.fuzz(400, 20261122)
    assert found.failures == []
    assert found.slowest < fuzz.SECONDS
    assert found.grown < fuzz.MEGABYTES
    assert found.tried.keys() == fuzz.READERS.keys()
    assert 0 < found.loaded["contract"] < found.tried["contract"]


def test_a_reader_that_breaks_is_found(monkeypatch):
    def breaks(path: Path) -> None:
        raise KeyError(path)

    monkeypatch.setattr(fuzz, "READERS", dict.fromkeys(fuzz.READERS, breaks))
    found = fuzz.fuzz(50, 1, stop_at=3)
    assert len(found.failures) == 3
    assert "KeyError" in found.failures[0][2]


def test_an_error_without_a_place_is_found(monkeypatch):
    def vague(path: Path) -> None:
        raise ContractError(Problem("Something is wrong.", file=str(path)))

    monkeypatch.setattr(fuzz, "READERS", dict.fromkeys(fuzz.READERS, vague))
    assert "without a place" in fuzz.fuzz(50, 1, stop_at=1).failures[0][2]


def test_a_slow_reader_is_found(monkeypatch):
    monkeypatch.setattr(fuzz, "SECONDS", -1.0)
    assert fuzz.fuzz(50, 1, stop_at=1).failures[0][2].endswith("seconds.")


def test_the_same_seed_breaks_the_same_files():
    first, second = fuzz.fuzz(40, 5), fuzz.fuzz(40, 5)
    assert (first.tried, first.loaded) == (second.tried, second.loaded)
