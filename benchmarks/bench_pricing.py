"""A million simulated settlements against the payment in decimals, one settlement at a time.

    python benchmarks/bench_pricing.py            # writes docs/reference/benchmarks/pricing.md

Amounts are compared before anything is timed: the arrays come to the same cent as the decimals, draw
by draw, on a part of the draws, or nothing is timed.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from impacteval.contract import Contract, load_contract
from impacteval.contract.payment import Leaf
from impacteval.contract.readings import Known
from impacteval.contract.terms import price
from impacteval.pricing import KnownDraws, PricedDraws, price_draws
from impacteval.pricing.floats import decimal_of
from impacteval.values import significant

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "reference" / "benchmarks" / "pricing.md"
Floats = np.ndarray


@dataclass(frozen=True)
class Case:
    """A contract and its results in each draw."""

    name: str
    contract: Contract
    results: dict[str, Floats]

    def arrays(self) -> PricedDraws:
        """Every draw at once."""
        draws = len(next(iter(self.results.values())))
        return price_draws(self.contract, self._read, draws=draws)

    def _read(self, leaf: Leaf, group: str, pool: tuple[str, ...]) -> KnownDraws:
        outcome = self.contract.outcomes[leaf.outcome]
        return KnownDraws.read(outcome, self.results[leaf.outcome])

    def decimals(self, draws: int) -> list[Decimal]:
        """The first draws, one at a time."""
        found = []
        for k in range(draws):

            def read(leaf: Leaf, group: str, pool: tuple[str, ...], k: int = k) -> Known:
                number = decimal_of(self.results[leaf.outcome][k])
                return Known(self.contract.outcomes[leaf.outcome].read(number), number)

            due = price(self.contract, read).due_now
            assert isinstance(due, Decimal)
            found.append(due)
        return found


def cases(draws: int) -> list[Case]:
    """The Denver contract, its jail-days clause with a ceiling, and a rounded result."""
    rng = np.random.default_rng(1)
    nights = rng.poisson(299_928, draws).astype(np.float64)
    # A reduction of 27 percent with a standard error of 9 points, to ten digits as an estimate has.
    days = np.array([float(significant(x)) for x in rng.normal(27.0, 9.0, min(draws, 50_000))])
    days = np.concatenate([days, rng.normal(27.0, 9.0, max(0, draws - 50_000))])
    denver = load_contract(ROOT / "studies" / "bonds" / "denver")
    whole = denver.model_dump()
    jail = whole["payment"]["sum"][1] | {"cap": {"amount": 5_500_000}}
    outcomes = {"jail_days": whole["outcomes"]["jail_days"]}
    capped = Contract.model_validate(whole | {"payment": jail, "outcomes": outcomes})
    coarse = outcomes["jail_days"] | {"round_result": {"decimals": 1, "mode": "half_up"}}
    by_tenths = Contract.model_validate(
        whole | {"payment": jail, "outcomes": {"jail_days": coarse}}
    )
    return [
        Case("Denver's jail days: three pieces and a ceiling", capped, {"jail_days": days}),
        Case("the same, results rounded to 0.1", by_tenths, {"jail_days": days}),
        Case("the whole Denver contract", denver, {"housed_nights": nights, "jail_days": days}),
    ]


def compared(case: Case, draws: int) -> int:
    """How many draws were compared; an error where one does not come to the same cent."""
    priced = case.arrays()
    exact = case.decimals(draws)
    for k, amount in enumerate(exact):
        if int(priced.due.units[k]) != amount.scaleb(priced.due.decimals):
            raise SystemExit(
                f"{case.name}, draw {k}: {priced.due.value[k]} and {amount}; nothing is timed."
            )
    return len(exact)


def seconds(way: Callable[[], object], runs: int) -> float:
    """Best time of several runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        way()
        times.append(time.perf_counter() - start)
    return min(times)


def main(arguments: list[str] | None = None) -> int:
    """Compare, time, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="few draws")
    parser.add_argument("--out", type=Path, default=OUT, help="where the table goes")
    options = parser.parse_args(arguments)
    draws, part = (2_000, 200) if options.fast else (1_000_000, 20_000)
    lines = [
        "# Payments over draws: time beside the payment in decimals",
        "",
        f"Command: `python benchmarks/bench_pricing.py`. {draws:,} simulated settlements, best of five",
        f"runs, one thread, Python {platform.python_version()}, numpy {version('numpy')}.",
        f"The first {part:,} settlements were priced in decimals and compared to the cent before timing;",
        "the decimals' time for all of them is the time of these, multiplied.",
        "",
        "| contract | arrays, seconds | decimals, seconds | times as fast |",
        "|---|---:|---:|---:|",
    ]
    for case in cases(draws):
        compared(case, part)
        fast = seconds(case.arrays, 5)
        slow = seconds(lambda case=case: case.decimals(part), 1) * draws / part
        line = f"| {case.name} | {fast:.3f} | {slow:.0f} | {slow / fast:,.0f} |"
        print(line, file=sys.stderr)
        lines.append(line)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
