"""Breakdown values under differing trends against moderndid, side by side in one run.

    python benchmarks/bench_honest.py              # writes docs/reference/benchmarks/honest-did.md
    python benchmarks/bench_honest.py --python P   # with the Python of an environment that is there

The peer lives in an environment of its own under benchmarks/.peers, which is made when it is not
there; where that fails its rows say "not run here". Before anything is timed, an end of a conditional
set and a fixed length are compared to 1e-6: the peer's end by bisection on its own test, since its
grid cannot agree better than its step.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import scipy
from environments import interpreter

from impacteval.inference.honest import Restriction, Sensitivity

HERE = Path(__file__).parent
OUT = HERE.parent / "docs" / "reference" / "benchmarks" / "honest-did.md"
BEND, GRID, FLOOR = 0.02, 1000, 10


def event_study(periods: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects with as many periods before as after, their covariance, and equal weights."""
    rng = np.random.default_rng(1)
    k = 2 * periods
    root = rng.normal(size=(k, 60)) + rng.normal(size=60)
    effects = 0.05 * rng.normal(size=k) + np.repeat([0.0, 1.0], periods)
    return effects, 0.01 * root @ root.T / 60, np.full(periods, 1.0 / periods)


def seconds(run: Callable[[], object], times: int) -> float:
    """Best processor time of several runs: other work on the machine does not count."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def peer(python: Path, question: dict[str, Any]) -> dict[str, Any]:
    """What the peer answers."""
    run = subprocess.run(
        [python, HERE / "peers" / "honest_moderndid.py"],
        input=json.dumps(question), capture_output=True, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def compared(python: Path) -> tuple[float, str]:
    """Largest difference from the peer in standard errors, and the peer's version."""
    effects, covariance, weights = event_study()
    before = len(effects) // 2
    study = Sensitivity(effects, covariance, before, weights, Restriction(), method="conditional")
    end = study.at(1.0).low
    smooth = Sensitivity(effects, covariance, before, weights, Restriction("smoothness")).at(BEND)
    pieces = Restriction().pieces(before, len(weights)).of_later_periods()
    unit = float(np.sqrt(weights @ covariance[before:, before:] @ weights))
    found = peer(python, {
        "what": "values", "effects": effects.tolist(), "covariance": covariance.tolist(),
        "before": before, "weights": weights.tolist(), "bend": BEND,
        "pieces": [[rows.tolist(), pieces.limit.tolist()] for rows in pieces.base + pieces.slope],
        "low": end - unit, "high": end + unit,
    })  # fmt: skip
    half = (smooth.high - smooth.low) / 2
    worst = max(abs(found["end"] - end), abs(found["half"] - half)) / unit
    if worst > 1e-6:
        raise SystemExit(f"values differ by {worst:.1e} standard errors; nothing is timed.")
    return worst, found["version"]


def table(python: Path | None, fast: bool) -> list[str]:
    """The rows of the table."""
    effects, covariance, weights = event_study()
    before = len(effects) // 2

    def ours(kind: str) -> Callable[[], object]:
        def run() -> object:
            made = Sensitivity(effects, covariance, before, weights, Restriction(kind))
            return made.breakdown(0.0)

        return run

    def one_set() -> object:
        return Sensitivity(effects, covariance, before, weights, Restriction()).at(1.0)

    times = 1 if fast else 7
    agree, name = "", "moderndid"
    if python is not None:
        worst, number = compared(python)
        agree, name = f"{worst:.0e}", f"moderndid {number}"
    breakdown, whole = seconds(ours("relative_magnitudes"), times), seconds(one_set, times)
    rows = [
        f"| breakdown value, relative magnitudes | impacteval | {breakdown:.4f} | | {FLOOR}x | {agree} |",
        f"| one set, relative magnitudes | impacteval | {whole:.4f} | | | |",
        f"| breakdown value, smoothness | impacteval | {seconds(ours('smoothness'), times):.4f} | | | |",
    ]
    if python is None:
        return [*rows, f"| one set, relative magnitudes | {name} | not run here | | | |"]
    grid = 20 if fast else GRID
    found = peer(python, {
        "what": "time", "effects": effects.tolist(), "covariance": covariance.tolist(),
        "before": before, "weights": weights.tolist(), "grid": grid,
    })  # fmt: skip
    rows.append(
        f"| one set on a grid of {grid}, relative magnitudes | {name} | {found['seconds']:.2f} | "
        f"{found['seconds'] / breakdown:.0f}x our breakdown value | | |"
    )
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Compare, time, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path)
    parser.add_argument("--fast", action="store_true", help="small and once: for tests")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args(arguments)
    python = given.python
    if python is None:
        try:
            python = interpreter("honest", "moderndid[didhonest]==0.2.0")
        except (OSError, subprocess.CalledProcessError):
            python = None
    rows = table(python, given.fast)
    lines = [
        "# Differing trends: time beside peers",
        "",
        "Command: `python benchmarks/bench_honest.py`. Processor seconds, best of the runs, one thread,",
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}.",
        "Eight periods before the reference period and eight",
        "after it, the mean effect after it, 95%. Ours is the whole: rays, critical values and the root.",
        "The peer has no breakdown value for these sets: a reader bisects on sets, and one set alone is",
        "timed here. diff-diff answers relative magnitudes by the identified set plus and minus z standard",
        "errors, which is other and invalid work, and is not timed. The last column is the largest difference",
        "from the peer, in standard errors, of an end of the conditional set and of a fixed length.",
        "",
        "| work | way | seconds | times ours | floor | values agree to |",
        "|---|---|---:|---:|---:|---:|",
        *rows,
    ]
    given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
