"""Measure the coverage of the trial estimators and write docs/reference/coverage/.

    python tools/calibrate.py            # resumes: designs already measured are kept
    python tools/calibrate.py --force    # everything anew
    python tools/calibrate.py --fast --out DIR
    python tools/calibrate.py --only lin # one method

Calls the array functions that the estimators call; tests hold the two paths together. A method is
one entry of `METHODS`; other scripts build `Calibrated` values of their own for `publish`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from impacteval.estimators.randomised.arms import lin_fit, mean_arms
from impacteval.inference import ArmMeans, Spread, comparison_spread, on_scale
from impacteval.inference._arrays import group_sums
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate_designs import SEED, Design, Floats, Trials, designs

Bools = NDArray[np.bool_]

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


def plain_roles(trials: Trials) -> tuple[Floats, dict[str, Any]]:
    """Outcome (a rate where there is exposure), and roles as the array functions name them."""
    shape = trials.y.shape
    exposure = np.ones(shape) if trials.exposure is None else trials.exposure
    people = np.ones(shape) if trials.weight is None else trials.weight
    plain = trials.exposure is None and trials.weight is None
    return trials.y / exposure, {
        "stratum": trials.stratum,
        "size": people * exposure,
        "weight": None if plain else people * exposure,
    }


def difference_arms(trials: Trials) -> ArmMeans:
    """Arm means of `difference-in-means`."""
    y, roles = plain_roles(trials)
    working = None if trials.exposure is None else 1.0 / trials.exposure
    return mean_arms(y, trials.treatment, working=working, cluster=trials.cluster, **roles).arms


def lin_arms(trials: Trials) -> ArmMeans:
    """Arm means of `lin`."""
    y, roles = plain_roles(trials)
    return lin_fit(y, trials.x, trials.treatment, **roles).arms(cluster=trials.cluster)


def spread_of(trials: Trials) -> Spread:
    """Standard deviation of the comparison group, by unit or by cluster."""
    y, roles = plain_roles(trials)
    spread = comparison_spread(y, trials.treatment == 0, weight=roles["weight"])
    if trials.cluster is None:
        return spread
    groups = int(trials.cluster.max()) + 1
    return Spread(spread.value, group_sums(spread.influence, trials.cluster, groups))


def served_of(trials: Trials) -> Floats:
    """Size of the served group: people, weights, or their exposure; shape (r,)."""
    _, roles = plain_roles(trials)
    found: Floats = (roles["size"] * trials.treatment).sum(axis=-1)
    return found


@dataclass(frozen=True)
class Measured:
    """Estimates of every replication on one scale; NaN where it was refused.

    Intervals are Student's t about `centre`. A method whose intervals are of another kind gives
    an object with the same attributes and its own `bounds`, `holds` and `joined`.
    """

    centre: Floats
    error: Floats
    df: Floats
    truth: Floats

    def bounds(self, side: str, level: float) -> tuple[Floats, Floats]:
        """Both ends of each interval, infinite where it has none."""
        tail = (1.0 - level) / (2.0 if side == "two" else 1.0)
        reach = stdtrit(self.df, 1.0 - tail) * self.error
        low = self.centre - reach if side != "upper" else np.full(reach.shape, -np.inf)
        high = self.centre + reach if side != "lower" else np.full(reach.shape, np.inf)
        return low, high

    def holds(self, side: str, level: float) -> Bools:
        """Whether each interval holds the truth."""
        low, high = self.bounds(side, level)
        found: Bools = (low <= self.truth) & (self.truth <= high)
        return found

    @classmethod
    def joined(cls, parts: Sequence[Measured]) -> Measured:
        """Replications measured in several chunks, as one."""
        names = ("centre", "error", "df", "truth")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


Measure = Callable[[Trials, Scale], Measured]


def truth_of(trials: Trials, scale: Scale) -> Floats:
    """The true effect in every replication; the relative effect as log ratio."""
    served = served_of(trials)
    match scale:
        case Scale.DIFFERENCE:
            return np.full(served.shape, trials.difference)
        case Scale.RELATIVE:
            return np.full(served.shape, np.log1p(trials.relative))
        case Scale.TOTAL:
            return served * trials.difference
        case Scale.STANDARDISED:
            return np.full(served.shape, trials.standardised)


def by_arms(
    arms_of: Callable[[Trials], ArmMeans], spread_of: Callable[[Trials], Spread] = spread_of
) -> Measure:
    """How to measure a method that is two arm means with joint influence."""

    last: list[Any] = []  # the scales of one chunk share its fit

    def measure(trials: Trials, scale: Scale) -> Measured:
        with np.errstate(divide="ignore", invalid="ignore"):
            if not last or last[0] is not trials:
                last[:] = [trials, arms_of(trials), spread_of(trials)]
            _, arms, spread = last
            found = on_scale(arms, scale, served=served_of(trials), spread=spread)
        centre = found.value if found.log_ratio is None else found.log_ratio
        error = found.std_error if found.log_std_error is None else found.log_std_error
        legal = (error > 1e-12) & np.isfinite(centre) & np.isfinite(error)
        if scale is Scale.RELATIVE:
            legal &= (arms.means > 0).all(axis=-1)
        return Measured(
            np.where(legal, centre, np.nan),
            np.where(legal, error, np.nan),
            np.where(legal, found.df, 1.0),
            truth_of(trials, scale),
        )

    return measure


@dataclass(frozen=True)
class Calibrated:
    """A method whose coverage is measured: a table and a page of its own.

    Attributes
    ----------
    name : str
        Of the tables; for an estimator, its own.
    measure : callable (Trials, Scale) -> Measured
        Every replication at once; must be what the estimator computes.
    designs : callable () -> sequence of Design
        The trials it is measured on.
    scales : tuple of Scale
        The scales it is measured on.
    command : str
        How to measure it again.
    replications : int
        A design; 4,000 at least, or 1,000 where one fit takes more than a tenth of a second.
    note : str
        What the page says besides.
    """

    name: str
    measure: Measure
    designs: Callable[[], Sequence[Design]] = designs
    scales: tuple[Scale, ...] = tuple(Scale)
    command: str = "python tools/calibrate.py"
    replications: int = REPLICATIONS
    note: str = ""


METHODS = {
    method.name: method
    for method in (
        Calibrated("difference-in-means", by_arms(difference_arms)),
        Calibrated("lin", by_arms(lin_arms)),
    )
}


def covers(found: Measured, side: str, level: float) -> Floats:
    """Whether each interval holds the truth; NaN where refused."""
    return np.where(np.isnan(found.centre), np.nan, found.holds(side, level))


def rows(method: Calibrated, design: Design, replications: int) -> Iterator[dict[str, object]]:
    """One row a scale and question."""
    parts: dict[Scale, list[Measured]] = {scale: [] for scale in method.scales}
    n = 0
    for seed in design.seeds(replications // min(CHUNK, replications)):
        trials = design.draw(np.random.default_rng(seed), min(CHUNK, replications))
        n = trials.y.shape[1]
        for scale in method.scales:
            parts[scale].append(method.measure(trials, scale))
    for scale, chunks in parts.items():
        found = type(chunks[0]).joined(chunks)
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
            low, high = found.bounds(side, level)
            length = float((high - low)[legal].mean()) if side == "two" else np.nan
            yield {
                "estimator": method.name,
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
                "mean_length": f"{length:.4g}" if side == "two" else "",
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
    method: Calibrated, out: Path, replications: int, force: bool = False
) -> list[dict[str, object]]:
    """Measure one method on every design, keeping what was measured before."""
    path = out / f"{method.name}.csv"
    before = [] if force else read(path)
    table: list[dict[str, object]] = []
    for design in method.designs():
        kept = [
            row
            for row in before
            if row["design"] == design.name
            and row["replications"] == str(replications)
            and row["seed"] == str(SEED)
        ]
        print(f"{method.name}: {design.name}{' (kept)' if kept else ''}", flush=True)
        table += kept or [
            {k: str(v) for k, v in row.items()} for row in rows(method, design, replications)
        ]
        write(path, table)
    return table


def page(method: Calibrated, table: list[dict[str, object]], replications: int) -> str:
    """The Markdown page of one method."""
    by = {(r["design"], r["scale"], r["side"], r["level"]): r for r in table}
    mark = {"within": "", "below": " ▼", "above": " ▲"}
    shown = method.designs()

    def cell(design: str, scale: Scale, side: str, level: str) -> str:
        row = by[design, scale.value, side, level]
        return f"{100 * float(str(row['coverage'])):.1f}{mark[str(row['verdict'])]}"

    error = 100.0 * float(np.sqrt(0.09 / replications))
    lines = [
        f"# Coverage of `{method.name}`",
        "",
        f"Command: `{method.command}`. {replications:,} replications a design, seed {SEED} and the",
        "design's name. How often the interval holds the truth, in percent; every number with side and level",
        f"stands in `{method.name}.csv`. Monte Carlo standard error at most {error:.2f} points.",
        "",
        "Criterion: nominal within 1.5 points plus 2.6 Monte Carlo standard errors. ▼ below it, ▲ above it.",
        "The truth is that of a population from which units are drawn (`super`) or of these very units, with",
        "only the assignment drawn (`finite`; the standard error is then conservative where effects vary).",
    ]
    if method.note:
        lines += ["", method.note]
    for title, side, level in (
        ("Two-sided, 95%", "two", "0.95"),
        ("Two-sided, 90%", "two", "0.90"),
        ("Lower bound, one-sided 95%", "lower", "0.95"),
        ("Upper bound, one-sided 95%", "upper", "0.95"),
    ):
        heads = " | ".join(scale.value for scale in method.scales)
        lines += ["", f"## {title}", "", f"| design | population | n | {heads} |"]
        lines += ["|---|---|---:|" + "---:|" * len(method.scales)]
        for design in shown:
            cells = " | ".join(cell(design.name, scale, side, level) for scale in method.scales)
            size = by[design.name, method.scales[0].value, side, level]["n"]
            lines.append(f"| {design.name} | {design.population} | {size} | {cells} |")
    lines += ["", "Designs:", ""]
    lines += [f"- **{d.name}**: {d.describe}." for d in shown]
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


def publish(methods: Iterable[Calibrated], arguments: list[str] | None = None) -> int:
    """Measure the methods as the command line asks, and write their tables and pages."""
    parser = argparse.ArgumentParser(description="Measure coverage and write the tables.")
    parser.add_argument("--fast", action="store_true", help=f"{FAST} replications only")
    parser.add_argument("--force", action="store_true", help="measure everything anew")
    parser.add_argument("--only", action="append", help="a method by name; may be repeated")
    parser.add_argument("--out", type=Path, default=OUT, help="where the tables go")
    options = parser.parse_args(arguments)
    known = {method.name: method for method in methods}
    unknown = sorted(set(options.only or ()) - set(known))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. Known: {', '.join(known)}.")
    for method in known.values():
        if options.only and method.name not in options.only:
            continue
        replications = FAST if options.fast else method.replications
        table = run(method, options.out, replications, options.force)
        text = page(method, table, replications)
        (options.out / f"{method.name}.md").write_text(text, encoding="utf-8")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Measure every method of the table."""
    return publish(METHODS.values(), arguments)


if __name__ == "__main__":
    raise SystemExit(main())
