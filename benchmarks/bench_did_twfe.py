"""Two-way fixed effects and the event study by starting date against pyfixest, linearmodels, diff-diff.

    python benchmarks/bench_did_twfe.py            # writes docs/reference/benchmarks/did-twfe.md
    python benchmarks/bench_did_twfe.py --peers /path/to/python

Values are compared to 1e-6 before anything is told. Peers live in an environment of their own, made
on the first run under benchmarks/.peers, or are those of the interpreter that is named; each is timed
inside its own process. Ours is timed from the arrays of the rows on (what a sample holds once it is
read), and once more from the sample, with every table of the estimate.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import os
import platform
import pstats
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

import numpy as np
import pandas as pd
from calibrate_did_imputation import panel_of
from environments import interpreter

import impacteval as ie
from impacteval.estimators.did.sun_abraham import fit_event_study
from impacteval.estimators.did.two_way import fit_two_way
from impacteval.sample import Sample

HERE = Path(__file__).parent
OUT = HERE.parent / "docs" / "reference" / "benchmarks" / "did-twfe.md"
AGREE = 1e-6
FLOORS = {
    ("two-way", "pyfixest"): 10.0,
    ("two-way", "linearmodels"): 25.0,
    ("event", "fastest"): 20.0,
}


def rollout(units: int, periods: int) -> dict[str, np.ndarray]:
    """Three starting dates, four in ten never served."""
    rng = np.random.default_rng(1)
    start = rng.choice([3, 5, 7, periods], size=units, p=[0.2, 0.2, 0.2, 0.4])
    y = rng.normal(size=(units, 1)) + 0.2 * np.arange(periods)
    y = y + (np.arange(periods) >= start[:, None]) + rng.normal(size=(units, periods))
    return {"y": y, "start": start}


def seconds(way: Callable[[], object], budget: float) -> float:
    """Least processor time of several runs."""
    best, spent = float("inf"), 0.0
    while spent < budget:
        begun = time.process_time()
        way()
        taken = time.process_time() - begun
        best, spent = min(best, taken), spent + taken
    return best


def peak(way: Callable[[], object]) -> float:
    """Most memory that ours holds at one time above what the data take, in MB."""
    tracemalloc.start()
    way()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 2**20


OURS: dict[str, Callable[[Any], Any]] = {
    "two-way": fit_two_way,
    "event": lambda panel: fit_event_study(panel, estimated_shares=True),
}
NAMES = {"two-way": "two-way-fixed-effects", "event": "sun-abraham"}
PEERS = {"two-way": ("pyfixest", "linearmodels"), "event": ("pyfixest", "diff-diff")}


def agree(what: str, ours: float, theirs: float) -> float:
    """Difference relative to the larger of both and of one; an error above 1e-6."""
    off = abs(ours - theirs) / max(abs(theirs), 1e-3)
    if not off <= AGREE:
        raise SystemExit(f"{what}: {ours!r} and {theirs!r} differ by {off:.2e}; nothing is told.")
    return off


def compared(work: str, peer: str, found: Any, told: dict[str, Any]) -> float:
    """Largest difference of the values that both have."""
    table = {
        row: float(error)
        for row, error in zip(
            found.tables["conventions"]["convention"],
            found.tables["conventions"]["std_error"],
            strict=True,
        )
    }
    worst = 0.0
    if work == "two-way":
        convention = {"pyfixest": "fixest_reghdfe", "linearmodels": "linearmodels"}[peer]
        worst = agree(f"{peer}, effect", found.average.effect, told["effect"])
        return max(worst, agree(f"{peer}, error", table[convention], told["std_error"]))
    study = found.study
    for e, effect in zip(study.event_times, study.effects, strict=True):
        place = told["times"].index(float(e))
        worst = max(worst, agree(f"{peer}, time {e}", effect, told["effects"][place]))
    if "effect" in told:
        worst = max(worst, agree(f"{peer}, average", found.average.effect, told["effect"]))
    return worst


def run(
    work: str, units: int, periods: int, python: Path, budget: float
) -> tuple[list[str], list[str]]:
    """Rows of the table, and what missed its floor."""
    data = rollout(units, periods)
    panel = panel_of(data["y"], data["start"])
    ours = OURS[work]
    found = ours(panel)
    frame = pd.DataFrame({
        "unit": panel.unit, "t": panel.period, "y": panel.y,
        "start": np.where(panel.start < periods, panel.start, np.nan)[panel.unit],
    })  # fmt: skip
    begun = time.process_time()
    sample = Sample.from_frame(
        frame, design="did", outcome="y", unit="unit", period="t", adopted="start"
    )
    reading = time.process_time() - begun
    estimator = ie.estimator(NAMES[work])
    rng = np.random.default_rng(1)

    def whole() -> object:
        return estimator.estimate(sample, scale="difference", rng=rng)

    taken = seconds(lambda: ours(panel), budget)
    told = f"{NAMES[work]}, {units:,} x {periods}"
    lines = [
        f"| {told} | impacteval, from arrays | {1e3 * taken:,.0f} | 1 | {peak(lambda: ours(panel)):,.0f} | |",
        f"| {told} | impacteval, from the sample | {1e3 * seconds(whole, budget):,.0f} | | | |",
        f"| {told} | impacteval, reading the table into a sample (once) | {1e3 * reading:,.0f} | | | |",
    ]
    ratios = {}
    for peer in PEERS[work]:
        with tempfile.TemporaryDirectory() as folder:
            source, out = Path(folder) / "data.npz", Path(folder) / "out.json"
            np.savez(source, **data)
            script = HERE / "peers" / "two_way.py"
            subprocess.run([python, script, work, peer, source, out, str(budget)], check=True)
            answer = json.loads(out.read_text())
        worst = compared(work, peer, found, answer)
        ratios[peer] = answer["seconds"] / taken
        lines.append(
            f"| {told} | {peer} {answer['version']} | {1e3 * answer['seconds']:,.0f} | "
            f"{ratios[peer]:.1f} | {answer['memory']:,.0f} | {worst:.0e} |"
        )
    print("\n".join(lines), file=sys.stderr)
    ratios["fastest"] = min(ratios.values())
    missed = [
        f"- {told}, against {peer}: {ratios[peer]:.1f} times as fast, and {floor:.0f} were asked for."
        for (of, peer), floor in FLOORS.items()
        if of == work and ratios[peer] < floor
    ]
    if missed:
        missed += ["", "```text", profile(lambda: ours(panel)), "```"]
    return lines, missed


def profile(way: Callable[[], object]) -> str:
    """Where the time goes."""
    profiler = cProfile.Profile()
    profiler.enable()
    way()
    profiler.disable()
    text = io.StringIO()
    pstats.Stats(profiler, stream=text).strip_dirs().sort_stats("tottime").print_stats(8)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines() if line.strip())


def main(arguments: list[str] | None = None) -> int:
    """Compare, time, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="small sizes, short runs")
    parser.add_argument("--peers", type=Path, help="a Python that has the peers")
    parser.add_argument("--out", type=Path, default=OUT, help="where the table goes")
    options = parser.parse_args(arguments)
    python = options.peers or interpreter("did-twfe", "pyfixest", "linearmodels", "diff-diff")
    budget = 0.2 if options.fast else 2.0
    sizes = ((2_000, 10), (2_000, 10)) if options.fast else ((100_000, 10), (200_000, 10))
    lines: list[str] = []
    missed: list[str] = []
    for work, (units, periods) in zip(("two-way", "event"), sizes, strict=True):
        own, short = run(work, units, periods, python, budget)
        lines += own
        missed += short
    text = [
        "# Two-way fixed effects and the event study by starting date",
        "",
        "Command: `python benchmarks/bench_did_twfe.py`. Milliseconds of processor time, one thread, least of",
        "several runs; imports and compilation are not counted. Memory is the peak above what the data take, in MB:",
        "of ours what is allocated, of peers what their process grows by.",
        "Errors are clustered by unit; `sun-abraham` includes influence, all tables and exact simultaneous bands.",
        f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}.",
        "",
        "| work | way | ms | times ours | memory | largest difference |",
        "|---|---|---:|---:|---:|---:|",
        *lines,
    ]  # fmt: skip
    if missed:
        text += ["", "Floors that were missed:", "", *missed]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(text) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
