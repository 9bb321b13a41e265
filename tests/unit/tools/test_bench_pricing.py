"""The benchmark of payments compares to the cent before it times anything."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import bench_pricing as bench


@pytest.mark.parametrize("case", bench.cases(60), ids=lambda case: case.name)
def test_every_draw_is_the_same_to_the_cent(case) -> None:
    assert bench.compared(case, 60) == 60


def test_amounts_that_differ_are_not_timed() -> None:
    class Wrong(bench.Case):
        def decimals(self, draws: int) -> list[Decimal]:
            return [amount + Decimal("0.01") for amount in super().decimals(draws)]

    case = bench.cases(5)[0]
    with pytest.raises(SystemExit, match="nothing is timed"):
        bench.compared(Wrong(case.name, case.contract, case.results), 5)


def test_the_table_says_what_was_timed(tmp_path: Path) -> None:
    out = tmp_path / "pricing.md"
    assert bench.main(["--fast", "--out", str(out)]) == 0
    assert out.read_text().count("Denver") == 2
    assert "2,000 simulated settlements" in out.read_text()
