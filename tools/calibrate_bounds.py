"""Measure how often bounds on the loss of people, and intervals between them, hold what they promise.

    python tools/calibrate_bounds.py            write docs/reference/coverage/attrition-bounds.*
    python tools/calibrate_bounds.py --reps 400 fewer replications, printed only

Trials of known populations lose people one way. Each trial goes through `loss_bounds`, and three things
are counted: whether the two-sided 95% interval of either end holds the end of the whole population,
and whether the interval of Imbens and Manski holds the effect itself.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from impacteval.diagnostics.losses import LossBounds, loss_bounds
from impacteval.sample import Sample

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference" / "coverage"
REPS, LEVEL, EFFECT = 4_000, 0.95, 0.5
WHOLE = 400_000


@dataclass(frozen=True)
class Population:
    """How people are, how many are drawn, and how they are lost.

    Attributes
    ----------
    n : int
        People of a trial.
    cut : (float, float)
        Those below so much (in trait plus noise) are lost, with the programme and without it.
    size : int
        People of a cluster, drawn together; 1 where people are drawn.
    strata : int
        Strata with different shares served: a third, a half, two thirds.
    within : bool
        Whether bounds are tightened within a yes-or-no characteristic.
    scale : str
        Scale of the effect.
    skewed : bool
        Whether outcomes are log-normal.
    """

    name: str
    n: int
    cut: tuple[float, float]
    size: int = 1
    strata: int = 1
    within: bool = False
    scale: str = "difference"
    skewed: bool = False

    def draw(self, rng: np.random.Generator, n: int) -> pd.DataFrame:
        """A trial of `n` people."""
        clusters = n // self.size
        stratum = np.arange(clusters) % self.strata
        share = (np.arange(self.strata) + 2.0) / (self.strata + 3.0) if self.strata > 1 else [0.5]
        served = np.zeros(clusters)
        for code in range(self.strata):
            inside = np.flatnonzero(stratum == code)
            chosen = rng.permutation(inside)[: round(share[code] * len(inside))]
            served[chosen] = 1.0
        d, block = np.repeat(served, self.size), np.repeat(stratum, self.size)
        shared = np.repeat(rng.normal(0.0, 0.4, clusters), self.size) if self.size > 1 else 0.0
        kind = rng.integers(0, 2, n)
        trait = rng.normal(size=n) + shared + 0.5 * block + 1.0 * kind
        seen = trait + rng.normal(size=n) > np.where(d == 1.0, *self.cut)
        base = np.exp(0.5 * trait) if self.skewed else 8.0 + trait
        gain = base * (1.0 + EFFECT * d) if self.scale == "relative" else base + EFFECT * d
        return pd.DataFrame(
            {
                "d": d,
                "y": np.where(seen, gain, np.nan),
                "kind": kind,
                "block": block,
                "place": np.repeat(np.arange(clusters), self.size),
            }
        )

    def bounds(self, df: pd.DataFrame) -> LossBounds:
        """The bounds that a plan would ask for."""
        roles: dict[str, Any] = {"covariates": ["kind"]} if self.within else {}
        if self.strata > 1:
            roles["stratum"] = "block"
        if self.size > 1:
            roles["assignment_cluster"] = "place"
        sample = Sample.from_frame(
            df, design="rct", outcome="y", treatment="d", missing_outcome="attrited", **roles
        )
        found = loss_bounds(sample, scale=self.scale, within=["kind"] if self.within else ())
        return found[1 if self.within else 0]


POPULATIONS = (
    Population("people", 100, (-1.2, -0.6)),
    Population("people", 400, (-1.2, -0.6)),
    Population("heavy loss", 400, (-0.6, 0.6)),
    Population("comparison lost less", 400, (-0.6, -1.2)),
    Population("skewed outcomes", 400, (-1.2, -0.6), skewed=True),
    Population("relative effect", 400, (-1.2, -0.6), scale="relative"),
    Population("within like people", 400, (-1.2, -0.6), within=True),
    Population("strata, unequal shares", 420, (-1.2, -0.6), strata=3),
    Population("clusters of 10", 200, (-1.2, -0.6), size=10),
    Population("equal loss", 400, (-0.9, -0.9)),
)


def measure(population: Population, reps: int, seed: int) -> dict[str, Any]:
    """How often each interval holds, in percent."""
    rng = np.random.default_rng([20090611, seed])
    whole = population.bounds(population.draw(rng, WHOLE - WHOLE % (6 * population.size)))
    assert whole.low is not None
    assert whole.high is not None
    truth = (whole.low.effect.value, whole.high.effect.value)
    hits, none = np.zeros(3), 0
    for _ in range(reps):
        found = population.bounds(population.draw(rng, population.n))
        if found.low is None or found.high is None or found.interval is None:
            none += 1
            continue
        for k, (end, true) in enumerate(zip((found.low, found.high), truth, strict=True)):
            interval = end.effect.interval(LEVEL)
            hits[k] += interval.low <= true <= interval.high
        hits[2] += found.interval.low <= EFFECT <= found.interval.high
    shown = 100.0 * hits / max(reps - none, 1)
    return {
        "population": population.name,
        "n": population.n,
        "low": f"{truth[0]:.3f}",
        "high": f"{truth[1]:.3f}",
        "lower_end": f"{shown[0]:.2f}",
        "upper_end": f"{shown[1]:.2f}",
        "effect": f"{shown[2]:.2f}",
        "no_bounds": none,
        "replications": reps,
    }


def page(rows: list[dict[str, Any]], reps: int) -> Iterator[str]:
    """The page of the table, line by line."""
    slack = 1.5 + 260.0 * math.sqrt(LEVEL * (1.0 - LEVEL) / reps)
    yield "# Coverage of bounds on the loss of people\n"
    yield (
        f"Command: `python tools/calibrate_bounds.py`; {reps:,} trials a line, each through "
        "`loss_bounds`. People with\nlow outcomes are lost, more of them in one arm; the true effect is "
        f"{EFFECT} for everybody. Each line names the bounds\nof the whole population, how often (in "
        "percent) the two-sided 95% interval of either end holds them, and how\noften the 95% interval of "
        "Imbens and Manski holds the effect. The intervals of the ends aim at 95 and may miss\nit by "
        f"{slack:.1f} points; the last one promises at least 95, and exceeds it when the effect lies inside "
        "the bounds.\n"
    )
    yield "| trials | people | bounds | lower end | upper end | effect |"
    yield "|---|---:|---:|---:|---:|---:|"
    for row in rows:
        yield (
            f"| {row['population']} | {row['n']} | {row['low']} to {row['high']} | "
            f"{row['lower_end']} | {row['upper_end']} | {row['effect']} |"
        )
    out = [
        f"{row['population']} ({row['n']}): {', '.join(short)}"
        for row in rows
        if (short := [k for k in ("lower_end", "upper_end") if float(row[k]) < 95.0 - slack])
    ]
    yield ""
    if out:
        yield f"Below what was promised: {'; '.join(out)}."
    else:
        yield "No interval falls below what was promised."
    yield (
        "\nWhere both arms lose equally many, both ends are the same and chance decides which arm is "
        "trimmed:\nestimated ends then lie apart by chance, and the interval for the effect is the wider "
        "for it."
    )


def main() -> None:
    """Measure every population."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reps", type=int, default=REPS)
    reps = parser.parse_args().reps
    rows = []
    for seed, population in enumerate(POPULATIONS):
        rows.append(measure(population, reps, seed))
        print(rows[-1], flush=True)
    if reps < REPS:
        return
    with (FOLDER / "attrition-bounds.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = "\n".join(page(rows, reps)) + "\n"
    (FOLDER / "attrition-bounds.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
