"""Twelve conformal intervals on California's tobacco programme against diff-diff, in one run.

    python benchmarks/bench_sc_conformal.py              # writes docs/reference/benchmarks/sc-conformal.md
    python benchmarks/bench_sc_conformal.py --python P   # with the Python of an environment that is there

The peer lives in an environment of its own under benchmarks/.peers, which is made when it is not
there; where that fails its row says "not run here". The peer searches a grid of 100 effects, so that
its ends are good to a step of that grid only. Before anything is timed it is therefore asked about
both sides of each of our ends, a millionth of the outcomes' spread away: it must keep the effect on
one side and reject that on the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import pandas as pd
import scipy
from environments import interpreter

from impacteval.estimates import TestInversion
from impacteval.inference.conformal import conformal_sets

HERE = Path(__file__).parent
OUT = HERE.parent / "docs" / "reference" / "benchmarks" / "sc-conformal.md"
BEFORE, LEVEL, FLOOR, GRID = 19, 0.9, 5, 100


def tobacco() -> pd.DataFrame:
    """Cigarette sales of 39 states, 1970 to 2000 (Abadie, Diamond and Hainmueller 2010)."""
    path = distribution("synthdid-py").locate_file("synthdid/data/california_prop99.csv")
    return pd.read_csv(str(path), sep=";").rename(
        columns={"State": "unit", "Year": "period", "PacksPerCapita": "y"}
    )


def intervals(pool: np.ndarray, target: np.ndarray, periods: int) -> list[tuple[float, float]]:
    """The interval of each period after, by its hull."""
    found = []
    for k in range(periods):
        rows = np.append(np.arange(BEFORE), BEFORE + k)
        kept = TestInversion(conformal_sets(pool[rows], target[rows]).two).interval(LEVEL)
        found.append((kept.low, kept.high))
    return found


def peer(python: Path, question: dict[str, Any]) -> dict[str, Any]:
    """What the peer answers."""
    run = subprocess.run(
        [python, HERE / "peers" / "conformal_diff_diff.py"],
        input=json.dumps(question), capture_output=True, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def compared(ours: list[tuple[float, float]], kept: list[list[list[bool]]]) -> int:
    """How many ends the peer changes its mind at; stops where it does not.

    `kept` has, for each end in order, what it keeps just below and just above, in every period.
    """
    for k, end in enumerate(end for pair in ours for end in pair):
        below, above = kept[k][k // 2]
        if (below, above) != ((False, True) if k % 2 == 0 else (True, False)):
            raise SystemExit(f"the peer does not end at {end}; nothing is timed.")
    return 2 * len(ours)


def main(arguments: list[str] | None = None) -> int:
    """Compare, time, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path)
    parser.add_argument("--fast", action="store_true", help="once: for tests")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args(arguments)
    python = given.python
    if python is None:
        try:
            python = interpreter("sc-conformal", "diff-diff==3.13.0")
        except (OSError, subprocess.CalledProcessError):
            python = None
    frame = tobacco()
    table = frame.pivot(index="period", columns="unit", values="y")
    after = table.index[BEFORE:].tolist()
    target = table["California"].to_numpy(dtype=np.float64)
    pool = table.drop(columns="California").to_numpy(dtype=np.float64)
    ours = intervals(pool, target, len(after))
    times, best = 1 if given.fast else 15, float("inf")
    for _ in range(times):
        start = time.process_time()
        intervals(pool, target, len(after))
        best = min(best, time.process_time() - start)
    rows = ["| peer | not run here | | | |"]
    told = ""
    if python is not None:
        near = 1e-6 * float(np.ptp(table.to_numpy()))
        frame["treated"] = ((frame["unit"] == "California") & (frame["period"] >= after[0])).astype(
            int
        )
        found = peer(python, {
            "frame": frame[["unit", "period", "y", "treated"]].to_dict("list"),
            "after": after, "alpha": round(1.0 - LEVEL, 12), "times": 1 if given.fast else 7,
            "about": [[end - near, end + near] for pair in ours for end in pair],
        })  # fmt: skip
        ends = compared(ours, found["kept"])
        apart = float(np.abs(np.array(ours) - np.array(found["intervals"])).max())
        rows = [
            (
                f"| diff-diff {found['version']}, a grid of {GRID} | {found['seconds']:.3f} | "
                f"{found['seconds'] / best:.1f}x ours | {FLOOR}x | {ends} of {ends} ends |"
            )
        ]
        told = (
            f"The peer's own ends, read off its grid, differ from ours by up to {apart:.2f} packs a head: "
            "the step of that grid."
        )
    lines = [
        "# Conformal intervals: time beside a peer",
        "",
        "Command: `python benchmarks/bench_sc_conformal.py`. Processor seconds, best of the runs, one thread,",
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}.",
        "",
        "Cigarette sales of 39 states from 1970 to 2000, California served from 1989 on, outcomes only: the",
        "90% set of the effect in each of twelve years, weights fitted anew under every effect. Ours has",
        "exact ends. Before anything is timed the peer is asked about both sides of each end, a millionth",
        "of the outcomes' range away, and must keep one and reject the other.",
        "",
        "| what | seconds | beside ours | target | agreement |",
        "|---|---:|---:|---:|---|",
        f"| impacteval, exact ends | {best:.4f} | | | |",
        *rows,
    ]
    if told:
        lines += ["", told]
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
