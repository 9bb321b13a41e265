"""The benchmark compares values before it times anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_randomised as bench


@pytest.mark.parametrize("case", [*bench.cases(1000), bench.many_trials(20)], ids=lambda c: c.name)
def test_values_agree(case) -> None:
    assert bench.compared(case) < 1e-9


def test_values_that_differ_are_not_timed() -> None:
    wrong = bench.Case("wrong", {"ours": lambda: (1.0, 2.0), "theirs": lambda: (1.0, 2.00001)})
    with pytest.raises(SystemExit, match="nothing is timed"):
        bench.compared(wrong)
