"""Measure the coverage of the interrupted time series, and write its tables.

    python tools/calibrate_its.py            # resumes: designs already measured are kept
    python tools/calibrate_its.py --fast --out DIR
    python tools/calibrate_its.py --only interrupted-time-series

Twelve served periods; errors are drawn anew. The functions are those of the estimator; a test holds
the two paths together.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.estimators.interrupted.line import Errors, columns, statistics
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measure, Measured, publish
from calibrate_designs import Design

Floats = NDArray[np.float64]

COMMAND = "python tools/calibrate_its.py"
REPLICATIONS = 5_000
AFTER = 12
SCALES = (Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL)
LEVEL, SLOPE, NOISE, EFFECT = 20.0, 0.05, 1.0, -4.0


@dataclass(frozen=True)
class Law:
    """How series are drawn.

    Attributes
    ----------
    before : int
        Periods before the service.
    rho : float
        What each error keeps of the one before it.
    controls : int
        Series never served; all share a random walk.
    season : int or None
        Periods in a round of seasons, which are fitted.
    shocks : {"normal", "skewed"}
        Of the errors.
    """

    before: int
    rho: float
    controls: int = 0
    season: int | None = None
    shocks: str = "normal"

    def __call__(self, rng: Generator, replications: int) -> Drawn:
        """Replications, each a served series less the mean of the controls."""
        n, units = self.before + AFTER, 1 + self.controls
        shape = (replications, units, n)
        if self.shocks == "skewed":
            own = rng.exponential(size=shape) - 1.0
            # The first period is drawn long after the errors began.
            early = rng.exponential(size=(*shape[:2], 60)) - 1.0
        else:
            own, early = rng.standard_normal(shape), rng.standard_normal((*shape[:2], 60))
        past = early @ self.rho ** np.arange(59, -1, -1)
        for t in range(n):
            own[..., t] += self.rho * past
            past = own[..., t]
        own *= NOISE * np.sqrt(1.0 - self.rho**2)
        t = np.arange(n)
        without = LEVEL + SLOPE * t + own
        if self.season:
            without = without + np.sin(2.0 * np.pi * t / self.season)
        if self.controls:
            without = without + np.cumsum(rng.standard_normal((replications, 1, n)), axis=2)
        served = without[:, 0]
        others = without[:, 1:].mean(axis=1) if self.controls else np.zeros_like(served)
        return Drawn(self, served - others, served[:, self.before :].mean(axis=1))


@dataclass(frozen=True)
class Drawn:
    """Replications of a law.

    Attributes
    ----------
    law : Law
    y : array, shape (r, n)
        The series, without the effect.
    without : array, shape (r,)
        Mean of the served in the served periods, had they not been.
    """

    law: Law
    y: Floats
    without: Floats


def by_line(errors: Errors) -> Measure:
    """How to measure the estimator with these errors."""
    last: list[Any] = []  # the scales of one chunk share its fit

    def measure(drawn: Any, scale: Scale) -> Measured:
        if not last or last[0] is not drawn:
            before = drawn.law.before
            x = columns(before + AFTER, before, drawn.law.season)
            weights = np.full((1, AFTER), 1.0 / AFTER)
            y = drawn.y[:, :before], drawn.y[:, before:] + EFFECT
            ahead = weights @ x[before:]
            last[:] = [drawn, statistics(y[0], x[:before], ahead, weights, y[1], errors)]
        found = last[1]
        value, spread, df = (a[:, 0] for a in (found.value, found.spread, found.df))
        truth = np.full(len(value), EFFECT)
        match scale:
            case Scale.RELATIVE:
                observed = drawn.without + EFFECT
                mean = observed - value
                truth = np.log(observed / drawn.without)
                with np.errstate(invalid="ignore", divide="ignore"):
                    legal = (observed > 0.0) & (mean > 0.0)
                    centre = np.where(legal, np.log(observed / mean), np.nan)
                return Measured(centre, np.where(legal, spread / mean, np.nan), df, truth)
            case Scale.TOTAL:
                return Measured(AFTER * value, AFTER * spread, df, AFTER * truth)
            case _:
                return Measured(value, spread, df, truth)

    return measure


def _designs() -> Sequence[Design]:
    told: list[tuple[str, str, Law]] = []
    for controls in (0, 2):
        beside = f", {controls} controls" if controls else ""
        for before in (12, 24, 48):
            for rho in (0.0, 0.3, 0.6):
                name = f"{before} + {AFTER}, rho {rho:g}{beside}"
                law = Law(before, rho, controls)
                shared = "; all series share a random walk" if controls else ""
                told.append((name, f"normal errors of autocorrelation {rho:g}{shared}", law))
    told += [
        ("48 + 12, rho 0.3, seasons", "twelve seasons, which are fitted",
         Law(48, 0.3, season=12)),
        ("24 + 12, rho 0.3, skewed", "exponential shocks", Law(24, 0.3, shocks="skewed")),
        ("24 + 12, rho 0.9", "normal errors of autocorrelation 0.9", Law(24, 0.9)),
    ]  # fmt: skip
    return tuple(Design(name, "super", describe, law) for name, describe, law in told)  # type: ignore[arg-type]


def _alone() -> Sequence[Design]:
    """Without controls, and lasting errors."""
    return tuple(d for d in _designs() if "controls" not in d.name and d.name.count(",") == 1)


NOTE = (
    "n is the number of periods. The truth is the effect in these very periods, so that errors of the "
    "periods to come count as chance."
)
METHODS = (
    Calibrated("interrupted-time-series", by_line("ar1"), _designs, SCALES, COMMAND,
               REPLICATIONS, NOTE),
    Calibrated("interrupted-time-series-newey-west", by_line("newey-west"), _alone, SCALES, COMMAND,
               REPLICATIONS, NOTE),
    Calibrated("interrupted-time-series-independent", by_line("independent"), _alone, SCALES, COMMAND,
               REPLICATIONS, NOTE),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
