"""Measure the coverage of stacked and local-projections difference-in-differences, and write the tables.

    python tools/calibrate_did_stacked.py            # resumes: designs already measured are kept
    python tools/calibrate_did_stacked.py --only stacked

The roll-outs are those of the methods that impute outcomes, less the ones in which nobody is followed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.estimators.did.clean_comparisons import CleanComparisons, Rules
from impacteval.estimators.did.effect import baseline_spread
from impacteval.inference import ArmMeans, Spread, on_scale
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

import calibrate_did_imputation as imputation
from calibrate import Calibrated, Measure, Measured, publish
from calibrate_designs import Design

Floats = NDArray[np.float64]

COMMAND = "python tools/calibrate_did_stacked.py"
RULES = {"stacked": Rules(window="own"), "local-projections": Rules()}
NOTE = (
    "Units (or clusters) are drawn anew within cohorts of fixed size, as are the rows that are missing "
    "and the weights. The truth is that of the served unit-periods that the method answers."
)
# Designs of the methods that impute, in which units are followed.
FOLLOWED = (
    "20 units", "50 units", "200 units", "growing, 100 units", "varied, 100 units",
    "one start, 10 + 10 units", "one start, 4 of 40 units", "skewed, 50 units", "20 clusters of 5",
    "weights, 100 units", "one row in five lost, 100 units",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """Replications, with the law that they are drawn by."""

    rollouts: imputation.RollOuts
    law: imputation.Law

    @property
    def y(self) -> Floats:
        """Outcomes, shape (r, n)."""
        return self.rollouts.y


@dataclass(frozen=True)
class Keeps:
    """A law whose draws tell where they come from."""

    law: imputation.Law

    def __call__(self, rng: Generator, replications: int) -> Drawn:
        """Replications of the roll-out."""
        return Drawn(self.law(rng, replications), self.law)


# What was measured of the last chunk, by the method and the first outcomes in it: all scales at once.
_READ: dict[tuple[str, bytes], dict[Scale, Measured]] = {}


def read(drawn: Drawn, name: str) -> dict[Scale, Measured]:
    """The estimates of every replication by a method, by the functions of the estimator."""
    key = name, drawn.y[0].tobytes()
    if key not in _READ:
        _READ.clear()
        _READ[key] = _read(drawn, RULES[name])
    return _READ[key]


def _read(drawn: Drawn, rules: Rules) -> dict[Scale, Measured]:
    rollouts = drawn.rollouts
    groups, size = max(len(p.groups) for p in rollouts.panels), len(rollouts.panels)
    means, pulls = np.full((size, 2), np.nan), np.zeros((size, 2, groups))
    served, spread, own = np.ones(size), np.ones(size), np.zeros((size, groups))
    df, truth = np.full(size, np.inf), np.zeros((size, 2))
    for k, panel in enumerate(rollouts.panels):
        found = CleanComparisons.of(panel, rules)
        one, m = found.overall, len(panel.groups)
        means[k] = one.observed - one.effect, one.observed
        pulls[k, 0, :m] = one.observed_influence - one.effect_influence
        pulls[k, 1, :m] = one.observed_influence
        served[k], df[k] = found.served_size, found.df
        flat = baseline_spread(panel)
        spread[k], own[k, :m] = flat.value, flat.influence
        truth[k] = truth_of(drawn.law, found)
    # Standard deviation of the comparison units, as the law has it.
    unit = rollouts.difference / rollouts.standardised
    arms = ArmMeans(means, pulls, lambda contrast: np.full(contrast.shape[:-1], np.inf))
    truths = {
        Scale.DIFFERENCE: truth[:, 0],
        Scale.RELATIVE: np.log1p(truth[:, 0] / truth[:, 1]),
        Scale.TOTAL: truth[:, 0] * served,
        Scale.STANDARDISED: truth[:, 0] / unit,
    }
    result = {}
    for scale, aim in truths.items():
        on = on_scale(arms, scale, served=served, spread=Spread(spread, own))
        ratio, error = on.log_ratio, on.log_std_error
        result[scale] = Measured(
            on.value if ratio is None else ratio,
            on.std_error if error is None else error,
            df,
            aim,
        )
    return result


def truth_of(law: imputation.Law, found: CleanComparisons) -> tuple[float, float]:
    """Effect and counterfactual mean of the unit-periods that are answered, in the population."""
    share = 0.75 if law.weighted else 0.0
    order = {s: k for k, s in enumerate(sorted({s for s, _ in law.cohorts if s is not None}))}
    n = np.array([c.n for c in found.behind], dtype=np.float64)
    effect = [
        1.0 + 0.8 * (share - 0.5) * law.weighted + law.growing * (c.period - c.start)
        for c in found.behind
    ]
    expected = [
        imputation.BASE + 0.5 * order[c.start] + share + 0.4 * c.period + 0.5 * np.sin(c.period)
        for c in found.behind
    ]
    return float(n @ effect / n.sum()), float(n @ expected / n.sum())


def measured(name: str) -> Measure:
    """How to measure a method."""

    def measure(drawn: Drawn, scale: Scale) -> Measured:
        return read(drawn, name)[scale]

    return measure  # type: ignore[return-value]


def designs() -> tuple[Design, ...]:
    """Every roll-out, in the order of the tables."""
    return tuple(
        Design(d.name, d.population, d.describe, Keeps(d.draw))  # type: ignore[arg-type]
        for d in imputation.designs()
        if d.name in FOLLOWED
    )


METHODS = tuple(
    Calibrated(name, measured(name), designs, command=COMMAND, replications=4_000, note=NOTE)
    for name in RULES
)


if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
