"""Trial estimators against statsmodels and linearmodels, side by side in one run.

    python benchmarks/bench_randomised.py            # writes docs/reference/benchmarks/randomised.md

Effects and standard errors are compared to 1e-6 before anything is timed. linearmodels has no
HC2, so its rows are HC1 on both sides.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import statsmodels.api as sm
from linearmodels.iv import IV2SLS

from impacteval.estimators.randomised.arms import lin_columns, lin_fit, mean_arms
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.lin import Lin
from impacteval.inference import ArmMeans, on_scale
from impacteval.sample import Sample
from impacteval.values import Scale

OUT = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks" / "randomised.md"
Result = tuple[object, object]


@dataclass(frozen=True)
class Case:
    """One piece of work and the ways to do it; the first is ours."""

    name: str
    ways: dict[str, Callable[[], Result]]


def difference(arms: ArmMeans) -> Result:
    """Effect and standard error."""
    found = on_scale(arms, Scale.DIFFERENCE)
    return found.value, found.std_error


def cases(n: int) -> list[Case]:
    """The work, on one simulated trial of `n` people with eight covariates."""
    rng = np.random.default_rng(1)
    t = (np.arange(n) % 2).astype(np.int64)
    x = rng.normal(size=(n, 8))
    y = 10 + t + x.sum(axis=1) + rng.normal(size=n) * (1 + t)
    cluster = np.arange(n) % (n // 100)
    frame = pd.DataFrame({"y": y, "t": t, **{f"x{k}": x[:, k] for k in range(8)}})
    plain = Sample.from_frame(frame, design="rct", outcome="y", treatment="t")
    adjusted = Sample.from_frame(
        frame, design="rct", outcome="y", treatment="t", covariates=[f"x{k}" for k in range(8)]
    )
    two = sm.add_constant(t.astype(float))
    # The same regression with an intercept, so that the effect is one coefficient.
    many = lin_columns(x, t)
    many[:, 0] = 1.0

    def estimator(kind: DifferenceInMeans | Lin, sample: Sample) -> Result:
        effect = kind.estimate(sample, scale=Scale.DIFFERENCE, rng=rng).effect
        return effect.value, effect.std_error

    def statsmodels(columns: np.ndarray, **options: object) -> Result:
        fit = sm.OLS(y, columns).fit(**options)
        return fit.params[1], fit.bse[1]

    def linearmodels(columns: np.ndarray, **options: object) -> Result:
        fit = IV2SLS(y, columns, None, None).fit(debiased=True, **options)
        return fit.params.iloc[1], fit.std_errors.iloc[1]

    groups = {"groups": cluster}
    return [
        Case(
            f"difference in means, HC2, n = {n:,}",
            {
                "impacteval, arrays": lambda: difference(mean_arms(y, t).arms),
                "impacteval, whole estimate": lambda: estimator(DifferenceInMeans(), plain),
                "statsmodels OLS": lambda: statsmodels(two, cov_type="HC2"),
            },
        ),
        Case(
            f"difference in means, HC1, n = {n:,}",
            {
                "impacteval, arrays": lambda: difference(mean_arms(y, t, variance="hc1").arms),
                "statsmodels OLS": lambda: statsmodels(two, cov_type="HC1"),
                "linearmodels": lambda: linearmodels(two, cov_type="robust"),
            },
        ),
        Case(
            f"Lin, 8 covariates, HC2, n = {n:,}",
            {
                "impacteval, arrays": lambda: difference(lin_fit(y, x, t).arms()),
                "impacteval, whole estimate": lambda: estimator(Lin(), adjusted),
                "statsmodels OLS": lambda: statsmodels(many, cov_type="HC2"),
            },
        ),
        Case(
            f"Lin, 8 covariates, {n // 100:,} clusters, CR1, n = {n:,}",
            {
                "impacteval, arrays": lambda: difference(
                    lin_fit(y, x, t).arms(cluster=cluster, variance="hc1")
                ),
                "statsmodels OLS": lambda: statsmodels(many, cov_type="cluster", cov_kwds=groups),
                "linearmodels": lambda: linearmodels(many, cov_type="clustered", clusters=cluster),
            },
        ),
    ]


def many_trials(trials: int) -> Case:
    """Simulated trials of 100 people: one call against a loop."""
    rng = np.random.default_rng(2)
    t = np.repeat([0, 1], 50).astype(np.int64)
    y = rng.normal(size=(trials, 100)) + t
    columns = sm.add_constant(t.astype(float))

    def loop() -> Result:
        fits = [sm.OLS(row, columns).fit(cov_type="HC2") for row in y]
        return np.array([f.params[1] for f in fits]), np.array([f.bse[1] for f in fits])

    return Case(
        f"{trials:,} trials of 100, HC2",
        {
            "impacteval, arrays": lambda: difference(mean_arms(y, t).arms),
            "statsmodels OLS, loop": loop,
        },
    )


def compared(case: Case) -> float:
    """Largest relative difference of effects and errors from ours; an error above 1e-6."""
    results = {name: way() for name, way in case.ways.items()}
    ours = next(iter(results.values()))
    worst = 0.0
    for theirs in results.values():
        for a, b in zip(ours, theirs, strict=True):
            worst = max(worst, float(np.max(np.abs(np.asarray(a) / np.asarray(b) - 1.0))))
    if worst > 1e-6:
        raise SystemExit(f"{case.name}: values differ by {worst:.2e}; nothing is timed.")
    return worst


def seconds(way: Callable[[], Result], budget: float) -> float:
    """Best time of several runs."""
    best, spent = float("inf"), 0.0
    while spent < budget:
        start = time.perf_counter()
        way()
        taken = time.perf_counter() - start
        best, spent = min(best, taken), spent + taken
    return best


def main(arguments: list[str] | None = None) -> int:
    """Compare, time, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="small sizes, short runs")
    parser.add_argument("--out", type=Path, default=OUT, help="where the table goes")
    options = parser.parse_args(arguments)
    budget = 0.05 if options.fast else 1.0
    work = cases(1000) if options.fast else [*cases(10_000), *cases(100_000)]
    work.append(many_trials(100 if options.fast else 2_000))
    packages = ", ".join(f"{p} {version(p)}" for p in ("numpy", "statsmodels", "linearmodels"))
    lines = [
        "# Trial estimators: time beside peers",
        "",
        "Command: `python benchmarks/bench_randomised.py`. Best of the runs in a second, one thread,",
        f"Python {platform.python_version()}, {packages}.",
        "Effects and standard errors were compared to 1e-6 before timing. `arrays` does the same work as",
        "the peer; `whole estimate` also checks the sample and computes the distribution, the influence",
        "values, the tables and the other conventions.",
        "",
        "| work | way | milliseconds | times ours | values agree to |",
        "|---|---|---:|---:|---:|",
    ]
    for case in work:
        worst = compared(case)
        times = {name: seconds(way, budget) for name, way in case.ways.items()}
        ours = next(iter(times.values()))
        for name, taken in times.items():
            line = (
                f"| {case.name} | {name} | {1e3 * taken:.2f} | {taken / ours:.1f} | {worst:.0e} |"
            )
            print(line, file=sys.stderr)
            lines.append(line)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
