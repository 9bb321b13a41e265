"""Synthetic difference-in-differences against diff-diff and azcausal, side by side in one run.

    python benchmarks/bench_sc_did.py              # writes docs/reference/benchmarks/sc-did.md
    python benchmarks/bench_sc_did.py --python P   # with the Python of an environment that is there

The peers live in an environment of their own under benchmarks/.peers, which is made when it is not
there; where that fails their rows say "not run here". Peers stop before the optimum, so that their
digits are no measure of ours: before anything is timed, every placebo and resample is compared to
1e-6 with a loop that solves one problem at a time, and the peers' effects to what they can be, their
stopping rule granted.
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
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import pandas as pd
import scipy
from environments import interpreter

from impacteval.estimators.synthetic_control.panel import read_panel
from impacteval.estimators.synthetic_control.synthetic_did import SyntheticDid
from impacteval.estimators.synthetic_control.synthetic_did_chance import placebos, resamples
from impacteval.estimators.synthetic_control.synthetic_did_fit import Draws, Rollout, fit
from impacteval.inference.simplex import simplex_fit
from impacteval.sample import Sample
from impacteval.values import Scale

HERE = Path(__file__).parent
OUT = HERE.parent / "docs" / "reference" / "benchmarks" / "sc-did.md"
DRAWS = 200
# By how much a peer's effect may differ for stopping early, in standard errors.
STOPPED = 0.1


def tobacco() -> pd.DataFrame:
    """Cigarette sales of 39 states, 1970 to 2000 (Abadie, Diamond and Hainmueller 2010)."""
    path = distribution("synthdid-py").locate_file("synthdid/data/california_prop99.csv")
    return pd.read_csv(str(path), sep=";").rename(
        columns={"State": "unit", "Year": "period", "PacksPerCapita": "y"}
    )


def made() -> pd.DataFrame:
    """180 places over 20 periods, of which 20 are served from the fifteenth on."""
    rng = np.random.default_rng(0)
    factors = 0.3 * rng.standard_normal((20, 2)).cumsum(axis=0)
    y = rng.standard_normal((180, 1)) + rng.standard_normal((180, 2)) @ factors.T
    y += 0.5 * rng.standard_normal((180, 20))
    frame = pd.DataFrame(
        {
            "unit": np.repeat([f"u{k:03d}" for k in range(180)], 20),
            "period": np.tile(np.arange(20), 180),
            "y": y.ravel(),
        }
    )
    frame["treated"] = ((frame["unit"] >= "u160") & (frame["period"] >= 14)).astype(int)
    return frame


def sample_of(frame: pd.DataFrame) -> Sample:
    """The frame with its roles."""
    return Sample.from_frame(
        frame, design="synthetic_control", outcome="y", unit="unit", period="period",
        treatment="treated",
    )  # fmt: skip


def rollout_of(frame: pd.DataFrame) -> Rollout:
    """The same as arrays."""
    panel = read_panel(sample_of(frame), Scale.DIFFERENCE)
    return Rollout(
        panel.y, panel.x, panel.donors, panel.served, panel.start[panel.served],
        panel.weight[panel.served],
    )  # fmt: skip


def compared(rollout: Rollout, draws: Draws) -> float:
    """Largest difference of the effects from a loop, as a share of their spread."""
    inside = np.ones(rollout.n_periods, dtype=bool)
    ours = fit(rollout, draws)[1].over(inside)
    start = int(rollout.start[0])
    theirs = []
    for who, times, counts in zip(draws.who, draws.times, draws.donors, strict=True):
        pool = rollout.y[np.repeat(rollout.donors, counts.astype(int))]
        served = rollout.y[np.repeat(who, times.astype(int))].mean(axis=0)
        noise = np.diff(pool[:, :start], axis=1).std(ddof=1)
        size = times.sum() * (rollout.n_periods - start)
        units = simplex_fit(
            pool[:, :start].T, served[:start], intercept=True,
            ridge=start * np.sqrt(size) * noise**2,
        ).weights  # fmt: skip
        periods = simplex_fit(
            pool[:, :start], pool[:, start:].mean(axis=1), intercept=True,
            ridge=len(pool) * (1e-6 * noise) ** 2,
        ).weights  # fmt: skip
        gap = served - units @ pool
        theirs.append(gap[start:].mean() - periods @ gap[:start])
    worst = float(np.abs(ours - np.array(theirs)).max() / np.std(theirs))
    if worst > 1e-6:
        raise SystemExit(f"effects differ by {worst:.1e} of their spread; nothing is timed.")
    return worst


def seconds(run: Callable[[], object], times: int) -> float:
    """Best processor time of several runs: other work on the machine does not count."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def peer(python: Path | None, name: str, frame: pd.DataFrame, **asked: Any) -> dict[str, Any]:
    """What a peer answers; empty where it is not there."""
    if python is None:
        return {}
    question = {"peer": name, "frame": frame.to_dict("list"), **asked}
    run = subprocess.run(
        [python, HERE / "peers" / "synthetic_did.py"],
        input=json.dumps(question), capture_output=True, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def against(
    python: Path | None,
    name: str,
    frame: pd.DataFrame,
    ours: tuple[float, float, float],
    floor: int,
    *,
    share: int = 1,
    **asked: Any,
) -> str:
    """A row of the table: a peer's time for the same draws, and how far its effect is from ours.

    Where the peer is slow it is asked for one draw in `share`, and its time multiplied.
    """
    taken, effect, error = ours
    draws = DRAWS // share
    found = peer(python, name, frame, draws=draws, **asked)
    work = f"{asked['variance']}, {DRAWS} draws"
    if not found:
        return f"| {work} | {name} | not run here | | {floor}x | |"
    apart = abs(found["effect"] - effect)
    if apart > STOPPED * error:
        raise SystemExit(f"{name}'s effect differs by {apart:.1e}; nothing is timed.")
    scaled = found["seconds"] * share
    told = f", {draws} draws scaled" if share > 1 else ""
    return (
        f"| {work} | {name} {found['version']}{told} | {scaled:.3f} | {scaled / taken:.1f}x ours "
        f"| {floor}x | {apart:.1e} |"
    )


def main(arguments: list[str] | None = None) -> int:
    """Compare, time, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path)
    parser.add_argument("--fast", action="store_true", help="once, without peers: for tests")
    parser.add_argument("--out", type=Path, default=OUT, help="where the table goes")
    options = parser.parse_args(arguments)
    python, times = options.python, 1 if options.fast else 15
    if python is None and not options.fast:
        try:
            python = interpreter("sc-did", "diff-diff==3.13.0", "azcausal==0.2.5")
        except (OSError, subprocess.CalledProcessError):
            python = None
    lines = []
    for title, frame, variance in (
        ("39 states over 31 years, one served", tobacco(), "placebo"),
        ("180 places over 20 periods, 20 served", made(), "bootstrap"),
    ):
        frame["treated"] = frame["treated"].astype(int)
        lines += _one(python, title, frame, variance, times)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join([*HEAD, *lines]) + "\n", encoding="utf-8")
    return 0


def _one(
    python: Path | None, title: str, frame: pd.DataFrame, variance: str, times: int
) -> list[str]:
    """The rows of one panel."""
    rollout, rng = rollout_of(frame), np.random.default_rng(1)
    method = SyntheticDid(variance=variance, draws=DRAWS)  # type: ignore[arg-type]  # one of three

    def whole() -> Any:
        return method.estimate(
            sample_of(frame), scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
        )

    if variance == "placebo":
        every = placebos(rollout, DRAWS, rng).draws
        chosen = rng.integers(len(every), size=DRAWS)
        draws = Draws(every.who[chosen], every.times[chosen], every.donors[chosen])
        worst = compared(rollout, every)
        note = f"all {len(every)} placebos instead of {DRAWS} drawn"
    else:
        draws = resamples(rollout, DRAWS, rng).draws
        worst = compared(rollout, draws.part(0, 40))
        note = "with certificate and tables"
    found = whole()
    taken = seconds(whole, times)
    bare = seconds(lambda: fit(rollout, draws), times)
    ours = (taken, found.effect.value, found.effect.std_error)
    work = f"{variance}, {DRAWS} draws"
    rows = [
        "", f"## {title}", "",
        "| work | program | seconds | | floor | apart |", "|---|---|---:|---:|---:|---:|",
        f"| {work} | impacteval, from the frame, {note} | {taken:.4f} | | | {worst:.0e} |",
        f"| {work} | impacteval, {DRAWS} drawn from arrays | {bare:.4f} | | | |",
    ]  # fmt: skip
    few = 1 if times == 1 else 3
    floor = 10 if variance == "placebo" else 20
    rows.append(against(python, "diff-diff", frame, ours, floor, variance=variance, times=few))
    if variance == "placebo":
        rows.append(
            against(python, "azcausal", frame, ours, 100, share=10, variance=variance, times=1)
        )
    return rows


HEAD = [
    "# Synthetic difference-in-differences: time beside peers",
    "",
    "Command: `python benchmarks/bench_sc_did.py`. Processor seconds, best of the runs, one thread,",
    f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}.",
    "",
    "Effect and standard error with weights found anew in every draw. `apart`: for ours the largest",
    "difference of the draws' effects from a loop that solves one problem at a time, as a share of their",
    "spread; for a peer the difference of its effect from ours, which is that of its stopping early.",
]


if __name__ == "__main__":
    raise SystemExit(main())
