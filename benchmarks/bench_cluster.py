"""Trials of clusters against pyfixest, and against estimatr and clubSandwich in R.

    python benchmarks/bench_cluster.py             # writes docs/reference/benchmarks/cluster.md

Values are compared to 1e-6 before anything is timed. pyfixest lives in an environment of its own,
made on the first run under benchmarks/.peers; R is used when Rscript and both packages are there,
and its rows read "not run here" when not. Each peer is timed inside its own process.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import pandas as pd
from environments import interpreter

from impacteval.estimators.randomised.cluster_randomised import ClusterRandomised
from impacteval.estimators.randomised.cluster_wild import null_family
from impacteval.estimators.randomised.clusters import cluster_model, coefficient_table
from impacteval.inference.wild import Multipliers, multipliers, wild_inversion, wild_test
from impacteval.sample import Sample
from impacteval.values import Scale

HERE = Path(__file__).parent
OUT = HERE.parent / "docs" / "reference" / "benchmarks" / "cluster.md"
AGREE = 1e-6


@dataclass(frozen=True)
class Data:
    """One simulated trial of clusters, two covariates."""

    y: np.ndarray
    arm: np.ndarray
    x: np.ndarray
    cluster: np.ndarray

    def frame(self) -> pd.DataFrame:
        """As a person would bring it."""
        columns = {f"x{k + 1}": self.x[:, k] for k in range(self.x.shape[1])}
        return pd.DataFrame({"y": self.y, "t": self.arm, **columns, "g": self.cluster})


def simulated(clusters: int, each: int) -> Data:
    """Half of the clusters served, sizes from half to one and a half times `each`."""
    rng = np.random.default_rng(1)
    sizes = np.tile([each // 2, each, each + each // 2, each], clusters // 4 + 1)[:clusters]
    cluster = np.repeat(np.arange(clusters), sizes)
    arm = (cluster // 2) % 2
    x = np.column_stack([rng.normal(size=cluster.size), rng.normal(size=clusters)[cluster]])
    y = 10 + 0.2 * arm + x.sum(axis=1) + rng.normal(size=clusters)[cluster]
    return Data(y + 2 * rng.normal(size=cluster.size), arm.astype(np.int64), x, cluster)


def seconds(way: Callable[[], object], budget: float) -> float:
    """Least processor time of several runs."""
    best, spent = float("inf"), 0.0
    while spent < budget:
        start = time.process_time()
        way()
        taken = time.process_time() - start
        best, spent = min(best, taken), spent + taken
    return best


def agree(what: str, ours: float, theirs: float) -> float:
    """Relative difference of two values; an error above 1e-6."""
    off = abs(ours / theirs - 1.0)
    if off > AGREE:
        raise SystemExit(f"{what}: {ours!r} and {theirs!r} differ by {off:.2e}; nothing is timed.")
    return off


def peers() -> Path:
    """The interpreter of pyfixest's environment."""
    return interpreter("pyfixest", "pyfixest", "wildboottest")


def wild(clusters: int, draws: int, budget: float) -> list[str]:
    """Rows of the wild cluster bootstrap."""
    data = simulated(clusters, 100)
    columns = np.column_stack([np.ones(len(data.y)), data.arm, data.x])
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "data.npz", Path(folder) / "out.npz"
        np.savez(source, columns=columns, y=data.y, cluster=data.cluster, draws=draws)
        script = HERE / "peers" / "wild_pyfixest.py"
        subprocess.run([peers(), script, source, out, str(budget)], check=True)
        found = np.load(out)
        told, signs = json.loads(str(found["told"])), found["signs"]

    def family():
        model = cluster_model(data.y, data.arm, data.cluster, x=data.x, factorised=True)
        return null_family(model.robust("hc0"), model, Scale.DIFFERENCE)

    given = Multipliers(
        (signs.T > 0).astype(np.uint8), np.array([-1.0, 1.0]), every=True
    )  # as the peer counts: draws beyond, over draws
    test = wild_test(family(), 0.0, given)
    # The peer draws the data themselves first, and counts what is beyond, ties left out.
    ties = int((np.abs(signs.sum(axis=0)) == signs.shape[0]).sum())
    ours = test.two - ties / signs.shape[1]
    worst = agree("statistic", test.statistic, told["statistic"])
    worst = max(worst, agree("p-value", ours, told["p_value"]))
    rng = np.random.default_rng(1)
    drawn = multipliers(clusters, draws, rng)

    def tested() -> object:
        return wild_test(family(), 0.0, multipliers(clusters, draws, rng))

    def inverted() -> object:
        return wild_inversion(family(), multipliers(clusters, draws, rng))

    assert len(drawn) == draws
    times = {
        "impacteval, p-value": seconds(tested, budget),
        "impacteval, every p-value and interval": seconds(inverted, budget),
        "pyfixest, p-value": told["seconds"],
        f"pyfixest, {draws:,} draws more": (told["seconds_20"] - told["seconds"]) / 19.0,
    }
    work = f"wild cluster bootstrap, {clusters} clusters, {draws:,} draws, n = {len(data.y):,}"
    return rows(work, times, worst)


def satterthwaite(clusters: int, each: int, budget: float) -> list[str]:
    """Rows of CR2 with Satterthwaite's degrees of freedom."""
    data = simulated(clusters, each)
    names = ("intercept", "t", "x1", "x2")

    def arrays() -> dict:
        model = cluster_model(data.y, data.arm, data.cluster, x=data.x)
        return coefficient_table(model, "hc2", names)

    sample = Sample.from_frame(
        data.frame(),
        design="rct",
        outcome="y",
        treatment="t",
        cluster="g",
        covariates=["x1", "x2"],
    )

    def whole() -> object:
        return ClusterRandomised().estimate(
            sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
        )

    theirs = in_r(data, budget)
    table, worst = arrays(), 0.0
    for row in theirs:
        for name in ("estimate", "std_error", "df"):
            off = agree(f"{row['program']}, {name}", float(table[name][1]), float(row[name]))
            worst = max(worst, off)
    times: dict[str, float | None] = {
        "impacteval, every coefficient": seconds(arrays, budget),
        "impacteval, whole estimate": seconds(whole, budget),
    }
    for program in ("estimatr", "clubSandwich"):
        found = [row for row in theirs if row["program"] == program]
        told = f"{program} {found[0]['version']} on R {found[0]['r']}" if found else program
        times[told] = float(found[0]["seconds"]) if found else None
    work = f"CR2 and Satterthwaite, {clusters:,} clusters, 4 coefficients, n = {len(data.y):,}"
    return rows(work, times, worst if theirs else None)


def in_r(data: Data, budget: float) -> list[dict[str, str]]:
    """What R says and how long it takes; nothing when R or a package is not there."""
    rscript = shutil.which("Rscript")
    needs = "library(clubSandwich); library(estimatr)"
    if rscript is None:
        return []
    if subprocess.run([rscript, "-e", needs], capture_output=True, check=False).returncode:
        return []
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "data.csv", Path(folder) / "out.csv"
        data.frame().to_csv(source, index=False, float_format="%.17g")
        script = HERE / "peers" / "cluster.R"
        subprocess.run([rscript, script, source, out, str(budget)], check=True)
        with out.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def rows(work: str, times: dict[str, float | None], worst: float | None) -> list[str]:
    """Lines of the table; a peer without a time was not run."""
    ours = next(iter(times.values()))
    assert ours is not None
    found = []
    for way, taken in times.items():
        if taken is None:
            found.append(f"| {work} | {way} | not run here | | |")
            continue
        agreed = "" if worst is None else f"{worst:.0e}"
        found.append(f"| {work} | {way} | {1e3 * taken:.2f} | {taken / ours:.1f} | {agreed} |")
    print("\n".join(found), file=sys.stderr)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Compare, time, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="small sizes, short runs")
    parser.add_argument("--out", type=Path, default=OUT, help="where the table goes")
    options = parser.parse_args(arguments)
    budget = 0.2 if options.fast else 3.0
    found = wild(50, 999 if options.fast else 9999, budget)
    found += satterthwaite(100 if options.fast else 1000, 100, budget)
    python = peers()
    asked = (
        "import importlib.metadata as m; print(m.version('pyfixest'), m.version('wildboottest'))"
    )
    versions = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)
    pyfixest, wildboottest = versions.stdout.split()
    lines = [
        "# Trials of clusters: time beside peers",
        "",
        "Command: `python benchmarks/bench_cluster.py`. Least processor time of the runs in three seconds, one thread,",
        f"Python {platform.python_version()}, numpy {version('numpy')}, pyfixest {pyfixest} with",
        f"wildboottest {wildboottest}. Each peer was timed inside its own process.",
        "Statistics, p-values (on the peer's own draws), estimates, errors and degrees of freedom were",
        "compared to 1e-6 before timing. Our times begin with the rows: the fit, the sums over clusters and",
        "the draws are in them; pyfixest's begin after its fit, R's with the data frame.",
        "",
        "pyfixest compiles its loop in every call, which is most of its time. The row below it is what",
        "9,999 draws more take it (a nineteenth of the difference between 199,980 and 9,999): without",
        "compilation and without sums over clusters, which ours holds.",
        "",
        "| work | way | milliseconds | times ours | values agree to |",
        "|---|---|---:|---:|---:|",
        *found,
    ]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
