"""Measure the coverage of the trial estimators and write docs/reference/coverage/.

    python tools/calibrate.py            # resumes: designs already measured are kept
    python tools/calibrate.py --force    # everything anew
    python tools/calibrate.py --fast --out DIR

Calls the array functions that the estimators call; tests hold the two paths together.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from impacteval.estimators.randomised.arms import lin_fit, mean_arms
from impacteval.inference import ArmMeans, Spread, comparison_spread, on_scale
from impacteval.inference._arrays import group_sums
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate_designs import SEED, Design, Floats, Trials, designs

REPLICATIONS, FAST, CHUNK = 10_000, 400, 500
OUT = Path(__file__).parents[1] / "docs" / "reference" / "coverage"
QUESTIONS = (
    ("two", 0.95),
    ("two", 0.90),
    ("lower", 0.95),
    ("upper", 0.95),
    ("lower", 0.90),
    ("upper", 0.90),
)
ALLOWED = 0.015
FIELDS = [
    "estimator",
    "design",
    "population",
    "n",
    "scale",
    "side",
    "level",
    "replications",
    "refused",
    "coverage",
    "mc_error",
    "verdict",
    "mean_length",
    "error_ratio",
    "seed",
]


Means = Callable[[str, Trials], tuple[ArmMeans, Spread, Floats]]
"""From the trials of an estimator to both means, the spread of the comparison, and who is served."""


def arms_of(estimator: str, trials: Trials) -> tuple[ArmMeans, Spread, Floats]:
    """Arm means, spread and served size of every replication."""
    y, shape = trials.y, trials.y.shape
    exposure = np.ones(shape) if trials.exposure is None else trials.exposure
    people = np.ones(shape) if trials.weight is None else trials.weight
    plain = trials.exposure is None and trials.weight is None
    weight = None if plain else people * exposure
    common = {
        "stratum": trials.stratum,
        "size": people * exposure,
        "weight": weight,
    }
    y = y / exposure
    if estimator == "lin":
        arms = lin_fit(y, trials.x, trials.treatment, **common).arms(cluster=trials.cluster)
    else:
        working = None if trials.exposure is None else 1.0 / exposure
        arms = mean_arms(
            y, trials.treatment, working=working, cluster=trials.cluster, **common
        ).arms
    spread = comparison_spread(y, trials.treatment == 0, weight=weight)
    if trials.cluster is not None:
        groups = int(trials.cluster.max()) + 1
        spread = Spread(spread.value, group_sums(spread.influence, trials.cluster, groups))
    served = (people * exposure * trials.treatment).sum(axis=-1)
    return arms, spread, served


@dataclass(frozen=True)
class Measured:
    """Estimates of every replication on one scale; NaN where it was refused."""

    centre: Floats
    error: Floats
    df: Floats
    truth: Floats


def measure(estimator: str, trials: Trials, scale: Scale, means: Means | None = None) -> Measured:
    """Estimates and truth of every replication, the relative effect as log ratio.

    `means` gives the arm means, those of the trial estimators by default.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        arms, spread, served = (means or arms_of)(estimator, trials)
        found = on_scale(arms, scale, served=served, spread=spread)
    truth: Floats
    match scale:
        case Scale.DIFFERENCE:
            truth = np.full(served.shape, trials.difference)
        case Scale.RELATIVE:
            truth = np.full(served.shape, np.log1p(trials.relative))
        case Scale.TOTAL:
            truth = served * trials.difference
        case Scale.STANDARDISED:
            truth = np.full(served.shape, trials.standardised)
    centre = found.value if found.log_ratio is None else found.log_ratio
    error = found.std_error if found.log_std_error is None else found.log_std_error
    legal = (error > 1e-12) & np.isfinite(centre) & np.isfinite(error)
    if scale is Scale.RELATIVE:
        legal &= (arms.means > 0).all(axis=-1)
    return Measured(
        np.where(legal, centre, np.nan),
        np.where(legal, error, np.nan),
        np.where(legal, found.df, 1.0),
        truth,
    )


def covers(found: Measured, side: str, level: float) -> Floats:
    """Whether each interval holds the truth; NaN where refused."""
    tail = (1.0 - level) / (2.0 if side == "two" else 1.0)
    reach = stdtrit(found.df, 1.0 - tail) * found.error
    low = found.centre - reach <= found.truth
    high = found.centre + reach >= found.truth
    held = {"two": low & high, "lower": low, "upper": high}[side]
    return np.where(np.isnan(found.centre), np.nan, held)


def rows(
    estimator: str,
    design: Design,
    replications: int,
    scales: tuple[Scale, ...] = tuple(Scale),
    means: Means | None = None,
) -> Iterator[dict[str, object]]:
    """One row a scale and question."""
    parts: dict[Scale, list[Measured]] = {scale: [] for scale in scales}
    n = 0
    for seed in design.seeds(replications // min(CHUNK, replications)):
        trials = design.draw(np.random.default_rng(seed), min(CHUNK, replications))
        n = trials.y.shape[1]
        for scale in scales:
            parts[scale].append(measure(estimator, trials, scale, means))
    for scale, chunks in parts.items():
        found = Measured(
            *(
                np.concatenate([getattr(c, f) for c in chunks])
                for f in ("centre", "error", "df", "truth")
            )
        )
        legal = ~np.isnan(found.centre)
        spread = (found.centre - found.truth)[legal].std(ddof=1)
        ratio = float(np.sqrt((found.error[legal] ** 2).mean()) / spread)
        for side, level in QUESTIONS:
            held = covers(found, side, level)[legal]
            coverage = float(held.mean())
            mc = float(np.sqrt(level * (1.0 - level) / held.size))
            off = coverage - level
            slack = ALLOWED + 2.6 * mc
            verdict = "within" if abs(off) <= slack else "below" if off < 0 else "above"
            reach = stdtrit(found.df[legal], (1.0 + level) / 2.0) * found.error[legal]
            yield {
                "estimator": estimator,
                "design": design.name,
                "population": design.population,
                "n": n,
                "scale": scale.value,
                "side": side,
                "level": f"{level:.2f}",
                "replications": replications,
                "refused": int((~legal).sum()),
                "coverage": f"{coverage:.4f}",
                "mc_error": f"{mc:.4f}",
                "verdict": verdict,
                "mean_length": f"{2.0 * reach.mean():.4g}" if side == "two" else "",
                "error_ratio": f"{ratio:.3f}",
                "seed": SEED,
            }


def read(path: Path) -> list[dict[str, str]]:
    """The rows measured before."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: Path, table: list[dict[str, object]]) -> None:
    """The rows as CSV with plain line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def run(
    estimator: str,
    out: Path,
    replications: int,
    force: bool,
    tried: tuple[Design, ...] | None = None,
    scales: tuple[Scale, ...] = tuple(Scale),
    means: Means | None = None,
) -> list[dict[str, object]]:
    """Measure one estimator on every design, keeping what was measured before."""
    path = out / f"{estimator}.csv"
    before = [] if force else read(path)
    table: list[dict[str, object]] = []
    for design in tried or designs():
        kept = [
            row
            for row in before
            if row["design"] == design.name
            and row["replications"] == str(replications)
            and row["seed"] == str(SEED)
        ]
        print(f"{estimator}: {design.name}{' (kept)' if kept else ''}", flush=True)
        table += kept or [
            {k: str(v) for k, v in row.items()}
            for row in rows(estimator, design, replications, scales, means)
        ]
        write(path, table)
    return table


def page(
    estimator: str,
    table: list[dict[str, object]],
    replications: int,
    tried: tuple[Design, ...] | None = None,
    scales: tuple[Scale, ...] = tuple(Scale),
    command: str = "python tools/calibrate.py",
) -> str:
    """The Markdown page of one estimator."""
    tried = tried or designs()
    by = {(r["design"], r["scale"], r["side"], r["level"]): r for r in table}
    mark = {"within": "", "below": " ▼", "above": " ▲"}

    def cell(design: str, scale: Scale, side: str, level: str) -> str:
        row = by[design, scale.value, side, level]
        return f"{100 * float(str(row['coverage'])):.1f}{mark[str(row['verdict'])]}"

    error = 100.0 * float(np.sqrt(0.09 / replications))
    lines = [
        f"# Coverage of `{estimator}`",
        "",
        f"Command: `{command}`. {replications:,} replications a design, seed {SEED} and the",
        "design's name. How often the interval holds the truth, in percent; every number with side and level",
        f"stands in `{estimator}.csv`. Monte Carlo standard error at most {error:.2f} points.",
        "",
        "Criterion: nominal within 1.5 points plus 2.6 Monte Carlo standard errors. ▼ below it, ▲ above it.",
        "The truth is that of a population from which units are drawn (`super`) or of these very units, with",
        "only the assignment drawn (`finite`; the standard error is then conservative where effects vary).",
    ]
    for title, side, level, note in (
        ("Two-sided, 95%", "two", "0.95", ""),
        ("Two-sided, 90%", "two", "0.90", ""),
        ("Lower bound, one-sided 95%", "lower", "0.95", ""),
        ("Upper bound, one-sided 95%", "upper", "0.95", ""),
    ):
        lines += [
            "",
            f"## {title}{note}",
            "",
            f"| design | population | n | {' | '.join(scales)} |",
        ]
        lines += [f"|---|---|---:|{'---:|' * len(scales)}"]
        for design in tried:
            cells = " | ".join(cell(design.name, scale, side, level) for scale in scales)
            size = by[design.name, "difference", side, level]["n"]
            lines.append(f"| {design.name} | {design.population} | {size} | {cells} |")
    lines += ["", "Designs:", ""]
    lines += [f"- **{d.name}**: {d.describe}." for d in tried]
    refused = [
        f"- {r['design']}, {r['scale']}: {r['refused']} of {r['replications']}"
        for r in table
        if r["side"] == "two" and r["level"] == "0.95" and int(str(r["refused"]))
    ]
    if refused:
        lines += [
            "",
            "Trials without an answer (a mean that is not positive, an arm without variation):",
            "",
            *refused,
        ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure both estimators and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help=f"{FAST} replications only")
    parser.add_argument("--force", action="store_true", help="measure everything anew")
    parser.add_argument("--out", type=Path, default=OUT, help="where the tables go")
    options = parser.parse_args(arguments)
    replications = FAST if options.fast else REPLICATIONS
    for estimator in ("difference-in-means", "lin"):
        table = run(estimator, options.out, replications, options.force)
        text = page(estimator, table, replications)
        (options.out / f"{estimator}.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
