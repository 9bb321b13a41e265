"""Measure how often the checks of gaming raise false alarms, and write docs/reference/coverage/gaming.

    python tools/calibrate_gaming.py

Each line draws samples in which nothing is done, and samples in which something is, and counts how often
the p-value of the check is at most 5 percent. Bunching: results that nobody moved, and results of which
half of those up to three short were moved to the line. Loss where nobody drew: people are lost by a
covariate alike in both groups, and otherwise in one of them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.diagnostics import run_diagnostic
from impacteval.sample import Sample

Floats = NDArray[np.float64]

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference" / "coverage"
REPS, SEED, LEVEL = 400, 20161130, 0.05
LINE = 60.0


def whole(rng: Generator, n: int) -> Floats:
    """Whole scores about 50."""
    return np.round(rng.normal(50.0, 15.0, n))


def rounded(rng: Generator, n: int) -> Floats:
    """The same, a third of them rounded to fives."""
    v = whole(rng, n)
    return np.where(rng.random(n) < 0.35, np.round(v / 5.0) * 5.0, v)


def continuous(rng: Generator, n: int) -> Floats:
    """The same before rounding."""
    return rng.normal(50.0, 15.0, n)


def skewed(rng: Generator, n: int) -> Floats:
    """Whole numbers with a long tail; the line stands in it."""
    return np.round(rng.gamma(3.0, 14.0, n))


def two_humps(rng: Generator, n: int) -> Floats:
    """Two kinds of people, the line between them: a shape that a cubic follows badly."""
    low, high = rng.normal(45.0, 7.0, n), rng.normal(72.0, 7.0, n)
    return np.asarray(np.round(np.where(rng.random(n) < 0.5, low, high)), dtype=np.float64)


BUNCHING: tuple[tuple[str, Callable[[Generator, int], Floats], int], ...] = (
    ("whole scores", whole, 400),
    ("whole scores", whole, 2000),
    ("a third rounded to fives", rounded, 2000),
    ("continuous", continuous, 400),
    ("continuous", continuous, 2000),
    ("skewed", skewed, 2000),
    ("two humps, the line between them", two_humps, 2000),
)


def bunching_p(values: Floats, rng: Generator) -> tuple[float, float]:
    """p-values of the check, and of McCrary's test where there is one."""
    df = pd.DataFrame({"y": np.concatenate([values, values[:2]]), "d": 1})
    df.loc[len(values) :, "d"] = 0
    sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d")
    found = run_diagnostic("bunching", sample, settings={"at": LINE}, rng=rng)
    if found.statistic is None:
        return math.nan, math.nan
    jump = found.parts.columns("jump")["p_value"][0] if "jump" in found.parts else math.nan
    return float(found.parts.columns("test")["p_value"][0]), float(jump)


def bunching_row(name: str, law: Callable[[Generator, int], Floats], n: int) -> dict[str, Any]:
    """One line: false alarms, and alarms where half of those just short were moved."""
    rng = np.random.default_rng([SEED, n, len(name)])
    sound, moved = [], []
    for k in range(REPS):
        v = law(rng, n)
        sound.append(bunching_p(v, rng))
        if k < REPS // 4:
            near = (v >= LINE - 3.0) & (v < LINE) & (rng.random(n) < 0.5)
            moved.append(bunching_p(np.where(near, LINE + (v % 1.0), v), rng))
    alarms, found = np.array(sound), np.array(moved)
    return {
        "check": "bunching",
        "data": name,
        "people": n,
        "samples": REPS,
        "false_alarms": share(alarms[:, 0]),
        "alarms_when_gamed": share(found[:, 0]),
        "false_alarms_mccrary": share(alarms[:, 1]),
    }


def lost(rng: Generator, n: int, *, planted: bool) -> Sample:
    """Those with more schooling are served more often, and people are lost by age."""
    school, age = rng.normal(11.0, 2.0, n), rng.normal(40.0, 10.0, n)
    served = rng.random(n) < 1.0 / (1.0 + np.exp(-(school - 11.0) / 2.0))
    chance = 0.15 + 0.006 * (age - 40.0) - (0.05 * (school - 12.0) * served if planted else 0.0)
    y = np.where(rng.random(n) < chance, np.nan, 0.0)
    y[:4] = 0.0
    df = pd.DataFrame({"d": served.astype(int), "school": school, "age": age, "y": y})
    return Sample.from_frame(
        df,
        design="matched",
        outcome="y",
        treatment="d",
        covariates=["school", "age"],
        missing_outcome="attrited",
    )


def attrition_rows(n: int) -> list[dict[str, Any]]:
    """Two lines: people of one profile lost alike, and covariates going with loss alike."""
    rng = np.random.default_rng([SEED, n])
    told: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for planted in (False, True):
        for _ in range(REPS if not planted else REPS // 4):
            found = run_diagnostic("attrition", lost(rng, n, planted=planted))
            told[planted].append(
                (
                    float(found.parts.columns("adjusted")["p_value"][0]),
                    float(found.parts.columns("who_together")["p_value"][0]),
                )
            )
    sound, gamed = np.array(told[False]), np.array(told[True])
    names = ("loss among people of one profile", "covariates and loss, in both groups")
    return [
        {
            "check": "attrition",
            "data": name,
            "people": n,
            "samples": REPS,
            "false_alarms": share(sound[:, k]),
            "alarms_when_gamed": share(gamed[:, k]),
            "false_alarms_mccrary": "",
        }
        for k, name in enumerate(names)
    ]


def share(p: Floats) -> str:
    """How many of the p-values are at most 5 percent, in percent; empty where there are none."""
    known = p[np.isfinite(p)]
    return f"{100.0 * float((known <= LEVEL).mean()):.1f}" if len(known) else ""


def page(rows: list[dict[str, Any]]) -> str:
    """The table as a page."""
    half = 100.0 * 2.6 * math.sqrt(LEVEL * (1.0 - LEVEL) / REPS)
    lines = [
        "# False alarms of the checks of gaming",
        "",
        (
            f"Command: `python tools/calibrate_gaming.py`; {REPS:,} samples a line in which nothing is done, and "
            f"{REPS // 4}"
        ),
        "in which something is. Shares of p-values of at most 5 percent, in percent: chance alone should give 5,",
        f"and counting so many samples may miss it by {half:.1f} points.",
        "",
        "| check | data | people | false alarms | alarms when gamed | false alarms, McCrary |",
        "|---|---|---:|---:|---:|---:|",
    ]
    keys = ("check", "data", "people", "false_alarms", "alarms_when_gamed", "false_alarms_mccrary")
    lines += ["| " + " | ".join(str(row[key]) or "–" for key in keys) + " |" for row in rows]
    over = [row for row in rows if float(row["false_alarms"] or 0.0) > 5.0 + half]
    lines.append("")
    if over:
        said = "; ".join(f"{r['check']}, {r['data']}, {r['people']} people" for r in over)
        lines += [
            f"More false alarms than promised: {said}.",
            "A shape that a cubic follows badly about the line looks like bunching: look at the comparison",
            "people, and choose another `degree` or a shorter `reach` before outcomes are seen.",
        ]
    else:
        lines.append("No check raises more false alarms than promised.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure every line and write both files."""
    rows = [bunching_row(*design) for design in BUNCHING]
    rows += [row for n in (300, 1500) for row in attrition_rows(n)]
    with (FOLDER / "gaming.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (FOLDER / "gaming.md").write_text(page(rows), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
