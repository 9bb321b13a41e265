"""Coverage of the estimators without a comparison group; writes docs/reference/coverage/.

    python tools/calibrate_counts.py            # resumes: designs already measured are kept
    python tools/calibrate_counts.py --force    # everything anew
    python tools/calibrate_counts.py --fast --out DIR

Audited counts are not sampled: every outcome of the audit is counted out for every number of wrong
cases there can be. The others are measured as the trial estimators are.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import Generator
from scipy.stats import hypergeom

from impacteval.estimates import Drawn, ExactCount, HypergeometricCount
from impacteval.estimators.counts.means import against_figure, between_periods
from impacteval.inference import ArmMeans, Spread
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import FAST, OUT, REPLICATIONS, Calibrated, by_arms, page, run
from calibrate_designs import Design, Trials, designs

EXACT_FIELDS = [
    "cases",
    "checked",
    "side",
    "level",
    "least_coverage",
    "at_wrong",
    "mean_coverage",
    "mean_length",
    "binomial_length",
]
LISTS = (
    (10, 3),
    (10, 6),
    (20, 5),
    (20, 10),
    (40, 10),
    (40, 25),
    (100, 20),
    (100, 60),
    (400, 40),
    (800, 60),
    (800, 100),
)

# --- audits, by counting out ------------------------------------------------------------------


def counted_out(cases: int, checked: int, side: str, level: float) -> dict[str, object]:
    """Coverage for every truth there is: the least of them, and where it is."""
    found = [
        HypergeometricCount((Drawn(right, checked, cases),)).interval(level, side)
        for right in range(checked + 1)
    ]
    low = np.array([i.low for i in found])
    high = np.array([i.high for i in found])
    true = np.arange(cases + 1)[:, None]
    chance = hypergeom.pmf(np.arange(checked + 1)[None, :], cases, true, checked)
    coverage = (chance * ((low <= true) & (true <= high))).sum(axis=1)
    own = {"mean_length": "", "binomial_length": ""}
    if side == "two":
        endless = [ExactCount(right, checked).interval(level) for right in range(checked + 1)]
        lengths = cases * np.array([i.high - i.low for i in endless])
        own = {
            "mean_length": f"{(chance * (high - low)).sum(axis=1).mean():.2f}",
            "binomial_length": f"{(chance * lengths).sum(axis=1).mean():.2f}",
        }
    return {
        "cases": cases,
        "checked": checked,
        "side": side,
        "level": f"{level:.2f}",
        "least_coverage": f"{coverage.min():.5f}",
        "at_wrong": cases - int(coverage.argmin()),
        "mean_coverage": f"{coverage.mean():.5f}",
        **own,
    }


def exact_rows() -> Iterator[dict[str, object]]:
    """One row a list, side and level."""
    for cases, checked in LISTS:
        for side, level in (("two", 0.95), ("two", 0.90), ("lower", 0.95), ("upper", 0.95)):
            yield counted_out(cases, checked, side, level)


def exact_page(table: list[dict[str, object]]) -> str:
    """The Markdown page of audited counts and rates."""
    by = {(r["cases"], r["checked"], r["side"], r["level"]): r for r in table}
    lines = [
        "# Coverage of `verified-count` and `verified-rate`",
        "",
        "Command: `python tools/calibrate_counts.py`. Nothing is sampled: for every number of wrong cases that a",
        "list can hold, every outcome of the audit is counted out with its exact chance. The smallest coverage",
        "over all of them stands here, in percent; it may not be below what the interval promises. Beside it the",
        "average length, in cases, over all truths, and that of the exact binomial interval, which takes the list",
        "for endless; every number stands in `verified-count.csv`.",
        "",
        "| cases | checked | two-sided 95% | two-sided 90% | lower 95% | upper 95% | length | binomial |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for cases, checked in LISTS:
        cells = [
            f"{100 * float(str(by[cases, checked, side, level]['least_coverage'])):.2f}"
            for side, level in (
                ("two", "0.95"),
                ("two", "0.90"),
                ("lower", "0.95"),
                ("upper", "0.95"),
            )
        ]
        two = by[cases, checked, "two", "0.95"]
        lengths = [str(two["mean_length"]), str(two["binomial_length"])]
        lines.append(f"| {cases} | {checked} | {' | '.join([*cells, *lengths])} |")
    lines += [
        "",
        "Several strata are put together by Bonferroni's rule; coverage over two strata is counted out in",
        "`tests/unit/estimates/test_finite.py`.",
    ]
    return "\n".join(lines) + "\n"


def write_exact(out: Path) -> list[dict[str, object]]:
    """Count out every list and write table and page."""
    table = list(exact_rows())
    out.mkdir(parents=True, exist_ok=True)
    with (out / "verified-count.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, EXACT_FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    (out / "verified-count.md").write_text(exact_page(table), encoding="utf-8")
    return table


# --- against a figure, and against an earlier period ------------------------------------------


def figure_arms(trials: Trials) -> ArmMeans:
    """Those served beside their true mean without the programme, stated in advance."""
    return against_figure(trials.y, trials.difference / trials.relative, trials.cluster)


def no_spread(trials: Trials) -> Spread:
    """A figure has no spread."""
    return Spread(np.full(trials.y.shape[:-1], np.nan), np.zeros_like(trials.y))


def period_arms(trials: Trials) -> ArmMeans:
    """Those served beside the people of the earlier period."""
    return between_periods(trials.y, trials.treatment, trials.cluster)


def served_only(design: Design) -> Design:
    """The people served of a trial, whose comparison is its true mean, stated in advance."""

    def draw(rng: Generator, r: int) -> Trials:
        found = design.draw(rng, r)
        own = found.treatment == 1
        cluster = found.cluster
        if cluster is not None:
            cluster = np.unique(cluster[own], return_inverse=True)[1].astype(np.int64)
        return replace(
            found,
            y=found.y[:, own],
            x=found.x[:, own],
            treatment=found.treatment[own],
            cluster=cluster,
        )

    return Design(design.name, design.population, design.describe, draw)


def usable() -> tuple[Design, ...]:
    """Designs of a population, without the roles that these estimators refuse."""
    refused = ("blocked", "rates", "sampling", "finite")
    return tuple(d for d in designs() if not d.name.startswith(refused))


COMMAND = "python tools/calibrate_counts.py"
METHODS = {
    method.name: method
    for method in (
        Calibrated(
            "fixed-rate",
            by_arms(figure_arms, no_spread),
            lambda: tuple(served_only(design) for design in usable()),
            scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
            command=COMMAND,
        ),
        Calibrated("historical-baseline", by_arms(period_arms), lambda: usable(), command=COMMAND),  # noqa: PLW0108 - looked up when called
    )
}


def main(arguments: list[str] | None = None) -> int:
    """Count out the audits, measure the others and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help=f"{FAST} replications only")
    parser.add_argument("--force", action="store_true", help="measure everything anew")
    parser.add_argument("--out", type=Path, default=OUT, help="where the tables go")
    options = parser.parse_args(arguments)
    replications = FAST if options.fast else REPLICATIONS
    write_exact(options.out)
    for name, method in METHODS.items():
        table = run(method, options.out, replications, options.force)
        (options.out / f"{name}.md").write_text(page(method, table, replications), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
