"""How time and memory grow with the rows, from ten thousand to ten million.

    python benchmarks/bench_did_growth.py         # writes docs/reference/benchmarks/did-growth.md

Ten periods, four starting dates, no covariates; from the data frame on, reading and checking included.
Each size and estimator in a process of its own.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

import impacteval as ie

OUT = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks" / "did-growth.md"
ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
PERIODS = 10
NAMES = ("callaway-santanna", "imputation", "sun-abraham", "two-way-fixed-effects")

HEAD = """# Roll-outs: how time and memory grow with the rows

Command: `python benchmarks/bench_did_growth.py`. Processor seconds, one thread, one run after one on two
thousand rows that imports; Python {python}, numpy {numpy}. Ten periods, four starting dates, three in
ten units never served, no covariates; each estimator with its defaults and all its tables, from the data
frame on. Memory is the peak of the process above what it held with the frame. The last column is
microseconds a row.

| estimator | rows | reading and checking, s | estimate, s | peak MB | us a row |
|---|---:|---:|---:|---:|---:|
"""

TAIL = """
From a million rows on, cost is linear in rows to within a factor of about two (the smaller sizes pay mostly for
what does not depend on rows: tables, bands, the card). Half of the time at ten million is reading and checking.
"""


def roll_out(units: int) -> pd.DataFrame:
    """Units over ten periods, effects that grow."""
    rng = np.random.default_rng(1)
    start = rng.choice([0, 3, 5, 7, 9], size=units, p=[0.3, 0.2, 0.2, 0.2, 0.1])
    t = np.arange(1, PERIODS + 1)
    since = t - start[:, None]
    y = rng.normal(size=units)[:, None] + 0.1 * t + rng.normal(size=(units, PERIODS))
    y += np.where((since >= 0) & (start[:, None] > 0), 0.3 + 0.05 * since, 0.0)
    return pd.DataFrame({
        "unit": np.repeat(np.arange(units), PERIODS), "t": np.tile(t, units),
        "start": np.repeat(start, PERIODS), "y": y.ravel(),
    })  # fmt: skip


def once(name: str, frame: pd.DataFrame) -> tuple[float, float]:
    """Processor seconds of reading and of the estimate."""
    began = time.process_time()
    sample = ie.Sample.from_frame(
        frame, design="did", outcome="y", unit="unit", period="t", adopted="start", never=0
    )
    read = time.process_time()
    ie.estimator(name).estimate(sample, scale="difference", rng=np.random.default_rng(1))
    return read - began, time.process_time() - read


def timed(name: str, rows: int) -> None:
    """One size in this process, told as JSON."""
    frame = roll_out(rows // PERIODS)
    once(name, frame.head(2_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reading, estimate = once(name, frame)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024.0
    sys.stdout.write(json.dumps([reading, estimate, peak]))


def main() -> int:
    """Every size of every estimator."""
    lines = []
    for name in NAMES:
        for rows in ROWS:
            told = subprocess.run(
                [sys.executable, __file__, name, str(rows)], check=True, capture_output=True
            )
            reading, estimate, peak = json.loads(told.stdout)
            each = (reading + estimate) / rows * 1e6
            lines.append(
                f"| {name} | {rows:,} | {reading:.2f} | {estimate:.2f} | {peak:,.0f} | {each:.2f} |\n"
            )
            sys.stdout.write(lines[-1])
            sys.stdout.flush()
    head = HEAD.format(python=platform.python_version(), numpy=np.__version__)
    OUT.write_text(head + "".join(lines) + TAIL, encoding="utf-8")
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 3:
        timed(sys.argv[1], int(sys.argv[2]))
    else:
        raise SystemExit(main())
