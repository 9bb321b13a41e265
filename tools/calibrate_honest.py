"""Measure how often robust sets hold the true effect when trends differ as far as they allow.

    python tools/calibrate_honest.py            write docs/reference/coverage/honest-did.*
    python tools/calibrate_honest.py --reps 400 fewer replications, printed only

Event studies are drawn around a known difference in trends that stands at the edge of the
restriction, where coverage is least: after the start every move, or bend, is the largest allowed
and all go one way. What is counted is whether the true effect is not rejected, and how long the
set is.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from impacteval.inference.honest import Restriction, Sensitivity
from impacteval.inference.honest.conditional import Test
from impacteval.inference.honest.moments import Moments

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference" / "coverage"
REPS, LENGTHS, LEVEL = 10_000, 100, 0.95


@dataclass(frozen=True)
class Population:
    """A true difference in trends and the errors it is seen with.

    Attributes
    ----------
    before, after : int
        Event times on both sides of the reference period.
    restriction : Restriction
    m : float
        Size of the violation, which the true one reaches.
    size : float
        Largest move (or bend) before the start, in standard errors of a move.
    method : str
    side : str
    """

    name: str
    before: int
    after: int
    restriction: Restriction
    m: float
    size: float
    method: str = "c-lf"
    side: str = "two"

    @property
    def trend(self) -> np.ndarray:
        """The difference in trends, shape (k,)."""
        steps_before = np.zeros(self.before)
        steps_after = np.full(self.after, self.m * self.size)
        if self.restriction.kind == "relative_magnitudes":
            steps_before[self.before // 2] = self.size
        else:  # bends: one before the reference period (relative), then all that are allowed
            bends = np.zeros(self.before + self.after - 1)
            bends[-self.after :] = self.m * self.size
            bends[0] = self.size if self.restriction.kind == "smoothness_relative" else bends[-1]
            moves = np.concatenate([[0.3], 0.3 + np.cumsum(bends)])
            steps_before, steps_after = moves[: self.before], moves[self.before :]
        early = -np.cumsum(steps_before[::-1])[::-1]
        return np.concatenate([early, np.cumsum(steps_after)])

    @property
    def covariance(self) -> np.ndarray:
        """Of means that are compared with one reference period: equal errors in common."""
        k = self.before + self.after
        return 0.5 * (np.eye(k) + np.ones((k, k)))

    def sensitivity(self, effects: np.ndarray) -> Sensitivity:
        """One event study, ready to be asked."""
        weights = np.full(self.after, 1.0 / self.after)
        return Sensitivity(
            effects, self.covariance, self.before, weights, self.restriction,
            level=LEVEL, side=self.side, method=self.method,
        )  # fmt: skip


RELATIVE = Restriction("relative_magnitudes")
BENDS = Restriction("smoothness_relative")
SMOOTH = Restriction("smoothness")
UP = Restriction("relative_magnitudes", sign="positive")
RISING = Restriction("smoothness", monotone="increasing")
POPULATIONS = (
    Population("parallel trends", 4, 3, RELATIVE, 1.0, 0.0),
    Population("moves like one error", 4, 3, RELATIVE, 1.0, 1.0),
    Population("moves like three errors", 4, 3, RELATIVE, 1.0, 3.0),
    Population("moves like ten errors", 4, 3, RELATIVE, 1.0, 10.0),
    Population("twice the worst move", 4, 3, RELATIVE, 2.0, 3.0),
    Population("eight and eight periods", 8, 8, RELATIVE, 1.0, 3.0),
    Population("one period before", 1, 1, RELATIVE, 1.0, 3.0),
    Population("conditional alone", 4, 3, RELATIVE, 1.0, 3.0, "conditional"),
    Population("one-sided", 4, 3, RELATIVE, 1.0, 10.0, side="lower"),
    Population("known sign", 4, 3, UP, 1.0, 3.0),
    Population("bends like three errors", 4, 3, BENDS, 1.0, 3.0),
    Population("bends like ten errors", 4, 3, BENDS, 1.0, 10.0),
    Population("smooth, fixed length", 4, 3, SMOOTH, 0.5, 1.0, "flci"),
    Population("smooth, fixed length, one-sided", 4, 3, SMOOTH, 0.5, 1.0, "flci", "lower"),
    Population("smooth, conditional", 4, 3, SMOOTH, 0.5, 1.0),
    Population("smooth and rising", 4, 3, RISING, 0.5, 1.0),
)


def kept(population: Population, draws: np.ndarray, effect: float) -> np.ndarray:
    """Whether the true effect belongs to the set of each draw, shape (n,)."""
    # The size of smoothness is in the outcome's unit, that of the others in moves seen before.
    size = population.m * (population.size if population.restriction.kind == "smoothness" else 1.0)
    if population.method == "flci":
        study = population.sensitivity(draws[0])
        combination, half = study._frontier.shortest(size, 1.0 - LEVEL, population.side)
        error = draws @ combination - effect
        return error <= half if population.side == "lower" else np.abs(error) <= half
    found = np.zeros(len(draws), dtype=bool)
    moments = population.sensitivity(draws[0])._moments
    first = Test.of(moments, size, 1.0 - LEVEL, population.method)
    pieces = population.restriction.pieces(population.before, population.after).of_later_periods()
    theta = np.full((len(pieces.base), 1), effect)
    for i, effects in enumerate(draws):
        base, slope = moments.base.copy(), moments.slope.copy()
        base[:, :, 0], slope[:, :, 0] = pieces.base @ effects, pieces.slope @ effects
        drawn: Moments = replace(moments, base=base, slope=slope)
        # Rays, errors and critical values do not depend on the draw.
        test = replace(first, values=drawn.at(size))
        found[i] = test.accepts(theta).any()
    return found


def measure(population: Population, reps: int, seed: int) -> dict[str, Any]:
    """Coverage and average length for one population."""
    rng = np.random.default_rng([20230, seed])
    trend, effect = population.trend, 1.0
    effects = trend + effect * np.r_[np.zeros(population.before), np.ones(population.after)]
    draws = rng.multivariate_normal(effects, population.covariance, size=reps, method="cholesky")
    held = kept(population, draws, effect)
    size = population.m * (population.size if population.restriction.kind == "smoothness" else 1.0)
    sets = [population.sensitivity(row).at(size) for row in draws[:LENGTHS]]
    # The interval holds at least what single effects pass.
    assert all(found.holds(effect) for found, own in zip(sets, held, strict=False) if own)
    length = np.mean([found.high - found.low for found in sets])
    return {
        "population": population.name,
        "before": population.before,
        "after": population.after,
        "restriction": population.restriction.kind,
        "m": size,
        "method": population.method,
        "side": population.side,
        "coverage": f"{100.0 * held.mean():.2f}",
        "length": f"{length:.2f}" if math.isfinite(length) else "",
        "replications": reps,
    }


def page(rows: list[dict[str, Any]], reps: int) -> Iterator[str]:
    """The page of the table, line by line."""
    slack = 260.0 * math.sqrt(LEVEL * (1.0 - LEVEL) / reps)
    yield "# Coverage of robust sets under violations of parallel trends\n"
    yield (
        f"Command: `python tools/calibrate_honest.py`; {reps:,} event studies a line, normal around a "
        "difference in trends at\nthe edge of what the restriction allows. Errors of the effects have "
        "variance 1 and correlation one half. Coverage is\nhow often, in percent, the true mean effect "
        f"after the start is not rejected at 95%: at least 95 is promised, and\n{slack:.1f} points are "
        f"chance. Length is the mean of {LENGTHS} sets, in standard errors of one effect.\n"
    )
    yield "| difference in trends | before, after | restriction | M | method | sides | coverage | length |"
    yield "|---|---:|---|---:|---|---|---:|---:|"
    for row in rows:
        yield (
            f"| {row['population']} | {row['before']}, {row['after']} | "
            f"{row['restriction'].replace('_', ' ')} | {row['m']:g} | {row['method']} | {row['side']} | "
            f"{row['coverage']} | {row['length'] or '–'} |"
        )
    low = [row["population"] for row in rows if float(row["coverage"]) < 95.0 - slack]
    yield ""
    yield f"Below what was promised: {', '.join(low)}." if low else "No line falls below 95."


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
    with (FOLDER / "honest-did.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (FOLDER / "honest-did.md").write_text("\n".join(page(rows, reps)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
