"""Measure how often looks at several groups mislead, and write docs/reference/coverage/subgroups.

    python tools/calibrate_subgroups.py
    python tools/calibrate_subgroups.py --fast --out DIR

Trials in which no group has an effect other than the one said: how often any of the others is found,
how often some interval misses, and how often the test that the effects are the same says no. The array
functions are those that `subgroups` calls; tests hold the two paths together.
"""

from __future__ import annotations

import argparse
import csv
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator

from impacteval.estimators.randomised.arms import mean_arms
from impacteval.inference import (
    bonferroni,
    chance_of_smaller,
    correlation_of,
    equal_effects,
    holm,
    max_t,
    on_scale,
)
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import ALLOWED, OUT
from calibrate_designs import SEED, Floats, Ints
from scipy.special import stdtr

REPLICATIONS, FAST, CHUNK = 10_000, 200, 500
LEVEL = 0.05
SCALES = (Scale.DIFFERENCE, Scale.RELATIVE)
QUESTIONS = ("alone", "max_t", "holm", "bonferroni", "interaction")
FIELDS = ["design", "scale", "question", "replications", "rate", "mc_error", "verdict", "seed"]


@dataclass(frozen=True)
class Group:
    """Outcomes of one group in every replication, with the arm and the label of each row."""

    y: Floats
    treatment: Ints
    labels: Ints
    cluster: Ints | None = None


@dataclass(frozen=True)
class Trial:
    """A trial with groups: how it is drawn, and which group has an effect, if any."""

    name: str
    describe: str
    draw: Callable[[Generator, int], list[Group]]
    works_in: int | None = None
    replications: int = REPLICATIONS


def _arms(n: int) -> Ints:
    return (np.arange(n) % 2).astype(np.int64)


def apart(
    sizes: tuple[int, ...],
    outcome: Callable[[Generator, tuple[int, int]], Floats],
    lift: float = 0.0,
) -> Callable[[Generator, int], list[Group]]:
    """People of one group each, half of them served; the first group has an effect of `lift`."""

    def draw(rng: Generator, r: int) -> list[Group]:
        found, first = [], 0
        for k, n in enumerate(sizes):
            arm = _arms(n)
            y = outcome(rng, (r, n)) + (lift * arm if k == 0 else 0.0)
            found.append(Group(y, arm, first + np.arange(n)))
            first += n
        return found

    return draw


def within_clusters(clusters: int, each: int) -> Callable[[Generator, int], list[Group]]:
    """Whole clusters assigned; people of all four groups, `each` of every one, in each cluster."""

    def draw(rng: Generator, r: int) -> list[Group]:
        arm = np.repeat(_arms(clusters), each)
        code = np.repeat(np.arange(clusters), each)
        common = rng.standard_normal((r, clusters))
        return [
            Group(10.0 + common[:, code] + rng.standard_normal((r, arm.size)), arm, code, code)
            for _ in range(4)
        ]

    return draw


def normal(rng: Generator, shape: tuple[int, int]) -> Floats:
    """Normal outcomes with mean 10."""
    return 10.0 + rng.standard_normal(shape)


def lognormal(rng: Generator, shape: tuple[int, int]) -> Floats:
    """Skewed outcomes such as earnings."""
    return np.exp(rng.standard_normal(shape))


EQUAL, UNEQUAL, SMALL = (100,) * 4, (400, 120, 60, 24), (20,) * 4
TRIALS = (
    Trial("normal, 4 x 100", "four groups of 100 people", apart(EQUAL, normal)),
    Trial("normal, 400 to 24", "groups of 400, 120, 60 and 24 people", apart(UNEQUAL, normal)),
    Trial("normal, 4 x 20", "four groups of 20 people, 10 in an arm", apart(SMALL, normal)),
    Trial("skewed, 4 x 100", "the same, lognormal outcomes", apart(EQUAL, lognormal)),
    Trial(
        "skewed, 400 to 24",
        "groups of 400, 120, 60 and 24 people, lognormal outcomes",
        apart(UNEQUAL, lognormal),
    ),
    Trial(
        "one works, 400 to 24",
        "the largest group has an effect of 2 standard deviations; the others are counted",
        apart(UNEQUAL, normal, 2.0),
        works_in=0,
    ),
    Trial(
        "40 clusters",
        "40 whole clusters assigned, 3 people of each group in every one, intra-cluster correlation 0.5",
        within_clusters(40, 3),
        replications=4_000,
    ),
    Trial(
        "16 clusters",
        "the same with 16 clusters",
        within_clusters(16, 3),
        replications=4_000,
    ),
)


def measured(trial: Trial, scale: Scale, replications: int) -> dict[str, float]:
    """How often each question is answered wrongly."""
    chunk = min(CHUNK, replications)
    seeds = np.random.SeedSequence([SEED, zlib.crc32(trial.name.encode())]).spawn(
        replications // chunk
    )
    wrong = dict.fromkeys(QUESTIONS, 0)
    for seed in seeds:
        for found in _answers(trial, scale, np.random.default_rng(seed), chunk):
            for question, said in found.items():
                wrong[question] += said
    n = chunk * len(seeds)
    if trial.works_in is not None:
        del wrong["interaction"]
    return {question: count / n for question, count in wrong.items()}


def _answers(
    trial: Trial, scale: Scale, rng: Generator, replications: int
) -> Iterator[dict[str, bool]]:
    """For each replication, whether each question is answered wrongly."""
    groups = trial.draw(rng, replications)
    shared = groups[0].cluster is not None
    values, errors, degrees, pulls = [], [], [], []
    for group in groups:
        arms = mean_arms(group.y, group.treatment, cluster=group.cluster).arms
        found = on_scale(arms, scale)
        relative = scale is Scale.RELATIVE
        values.append(found.log_ratio if relative else found.value)
        errors.append(found.log_std_error if relative else found.std_error)
        degrees.append(found.df)
        pulls.append(
            found.influence / (1.0 + found.value[:, None]) if relative else found.influence
        )
    value, error, df = (np.stack(a, axis=-1) for a in (values, errors, degrees))
    p_values = 2.0 * stdtr(df, -np.abs(value / error))
    nothing = [k for k in range(len(groups)) if k != trial.works_in]
    for r in range(replications):
        p = p_values[r]
        covariance = np.diag(error[r] ** 2)
        if shared:
            pull = np.stack([a[r] for a in pulls])
            covariance = pull @ pull.T
        correlation = correlation_of(covariance)
        # Where nothing works anywhere, the first step of the step-down decides.
        smallest = (
            chance_of_smaller(float(p.min()), correlation)
            if trial.works_in is None
            else max_t(p, correlation)[nothing].min()
        )
        test = equal_effects(value[r], covariance, df[r])
        yield {
            "alone": bool(p[nothing].min() <= LEVEL),
            "max_t": bool(smallest <= LEVEL),
            "holm": bool(holm(p)[nothing].min() <= LEVEL),
            "bonferroni": bool(bonferroni(p)[nothing].min() <= LEVEL),
            "interaction": test is not None and test.p_value <= LEVEL,
        }


def rows(fast: bool) -> Iterator[dict[str, str]]:
    """One row a trial, scale and question."""
    for trial in TRIALS:
        replications = FAST if fast else trial.replications
        for scale in SCALES:
            print(f"subgroups: {trial.name}, {scale.value}", flush=True)
            for question, rate in measured(trial, scale, replications).items():
                mc = float(np.sqrt(LEVEL * (1.0 - LEVEL) / replications))
                above = question != "alone" and rate > LEVEL + ALLOWED + 2.6 * mc
                yield {
                    "design": trial.name,
                    "scale": scale.value,
                    "question": question,
                    "replications": str(replications),
                    "rate": f"{rate:.4f}",
                    "mc_error": f"{mc:.4f}",
                    "verdict": "above" if above else "within",
                    "seed": str(SEED),
                }


def page(table: list[dict[str, str]]) -> str:
    """The Markdown page."""
    by = {(r["design"], r["scale"], r["question"]): r for r in table}
    lines = [
        "# Looks at several groups",
        "",
        f"Command: `python tools/calibrate_subgroups.py`. Seed {SEED} and the name of the trial; the number",
        "of trials and every rate stand in `subgroups.csv`. Difference in means (HC2, with clusters CR2) in",
        "each of four groups, at 5%, in percent.",
        "",
        "- **alone**: how often the p-value of some group without an effect is at most 5%.",
        "- **max-t**, **Holm**, **Bonferroni**: the same for adjusted p-values. For max-t and Bonferroni it is",
        "  also how often some interval misses, where nothing works in any group.",
        "- **same effects**: how often the test finds a difference between effects that are the same.",
        "",
        "Criterion: 5 plus 1.5 points and 2.6 Monte Carlo standard errors at most. ▲ above it.",
    ]
    for scale in SCALES:
        lines += [
            "",
            f"## Scale {scale.value}",
            "",
            "| trial | trials | alone | max-t | Holm | Bonferroni | same effects |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        for trial in TRIALS:
            cells = []
            for question in QUESTIONS:
                row = by.get((trial.name, scale.value, question))
                mark = " ▲" if row is not None and row["verdict"] == "above" else ""
                cells.append("" if row is None else f"{100 * float(row['rate']):.1f}{mark}")
            count = int(by[trial.name, scale.value, "alone"]["replications"])
            lines.append(f"| {trial.name} | {count:,} | {' | '.join(cells)} |")
    lines += ["", "Trials:", "", *(f"- **{t.name}**: {t.describe}." for t in TRIALS)]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure every trial and write the table and the page."""
    parser = argparse.ArgumentParser(description="Measure looks at several groups.")
    parser.add_argument("--fast", action="store_true", help=f"{FAST} trials only")
    parser.add_argument("--out", type=Path, default=OUT, help="where the table goes")
    options = parser.parse_args(arguments)
    table = list(rows(options.fast))
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "subgroups.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    (options.out / "subgroups.md").write_text(page(table), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
