"""Measure the coverage of `regression-discontinuity` and write docs/reference/coverage/.

    python tools/calibrate_rd.py

Takes `--force`, `--fast`, `--only` and `--out` like `tools/calibrate.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.discontinuity.people import AtLine, sides_of
from impacteval.estimators.discontinuity.result import arms_of
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference import on_scale
from impacteval.inference.local_polynomial import TooFew, limit_at_line, mse_bandwidths
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measured, publish
from calibrate_designs import Design, Floats

COMMAND, REPLICATIONS = "python tools/calibrate_rd.py", 2_000
Curve = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Law:
    """Where people stand, what their mean is on each side, and how they vary about it.

    Attributes
    ----------
    n : int
    below, above : callable
        Mean outcome by distance from the line.
    place : callable (rng, n)
        Distances from the line.
    noise : str
        ``normal``, ``skewed`` or ``yes or no``.
    sd : float
    sites : int
        Clusters on both sides, whose people share a shock; 0 for none.
    weighted : bool
        Whether one kind was drawn a third as often as the other.
    """

    n: int
    below: Curve
    above: Curve
    place: Callable[[np.random.Generator, int], Floats]
    noise: str = "normal"
    sd: float = 1.0
    sites: int = 0
    weighted: bool = False

    def __call__(self, rng: np.random.Generator, r: int) -> Drawn:
        """So many replications."""
        return Drawn(self, [self.one(rng) for _ in range(r)])

    def one(self, rng: np.random.Generator) -> AtLine:
        """One sample as the estimator reads it."""
        n = self.n
        x = self.place(rng, n)
        served = x >= 0.0
        mean = np.where(served, self.above(x), self.below(x))
        own, site = np.ones(n), None
        if self.weighted:
            rare = rng.random(n) < 0.25
            own = np.where(rare, 3.0, 1.0)
            mean = mean + np.where(rare, 1.0, -1.0) * np.where(served, 0.5, 1.0)
        if self.sites:
            site = rng.permutation(np.arange(n) % self.sites)
            mean = mean + 0.5 * self.sd * rng.standard_normal(self.sites)[site]
        match self.noise:
            case "yes or no":
                y = (rng.random(n) < mean).astype(np.float64)
            case "skewed":
                y = mean * np.exp(rng.standard_normal(n) - 0.5)
            case _:
                y = mean + self.sd * rng.standard_normal(n)
        ones = np.ones(n)
        sides, rows = sides_of(x, y, own, ones, served, site)
        return AtLine(
            sides=sides,
            rows=rows,
            x=x,
            y=y,
            copies=ones,
            served=served,
            cluster=None if site is None else Grouping(site, np.arange(self.sites)),
            unit=np.arange(n),
            line=0.0,
            outcome="y",
            period="all",
            treated_clusters=int(served.sum()),
            weight_kind=None,
            rate=False,
            notes=(),
        )

    @property
    def limits(self) -> tuple[float, float]:
        """Means at the line: not served, served."""
        zero = np.zeros(1)
        return float(self.below(zero)[0]), float(self.above(zero)[0])


@dataclass(frozen=True)
class Drawn:
    """Replications of a law."""

    law: Law
    lines: list[AtLine]

    @property
    def y(self) -> Floats:
        """Outcomes, shape (r, n)."""
        return np.array([line.y for line in self.lines])


_REFUSED = (np.nan, np.nan, 1.0)


def _measured(line: AtLine) -> dict[Scale, tuple[float, float, float]]:
    """Centre, error and degrees of freedom on each scale, as the estimator has them."""
    refused = dict.fromkeys((Scale.DIFFERENCE, Scale.RELATIVE), _REFUSED)
    try:
        bandwidths = mse_bandwidths(line.sides)
        line.check_near(bandwidths.main, "triangular")
        others, served = (limit_at_line(side, bandwidths) for side in line.sides)
    except (TooFew, NotIdentified):
        return refused
    clusters = None
    if line.cluster is not None:
        near = line.clusters_near(bandwidths.main, "triangular")
        clusters = len(np.unique(np.concatenate(near)))
    arms = arms_of(line, (others, served), clusters)
    told = refused
    for scale in told:
        if scale is Scale.RELATIVE and not (arms.means > 0.0).all():
            continue
        found = on_scale(arms, scale)
        centre = found.value if found.log_ratio is None else found.log_ratio
        error = found.std_error if found.log_std_error is None else found.log_std_error
        told[scale] = (float(centre), float(error), float(found.df))
    return told


_LAST: list[Any] = []  # the scales of one chunk share its fits


def measure(drawn: Any, scale: Scale) -> Measured:
    """Every replication."""
    if not _LAST or _LAST[0] is not drawn:
        _LAST[:] = [drawn, [_measured(line) for line in drawn.lines]]
    below, above = drawn.law.limits
    truth = above - below if scale is Scale.DIFFERENCE else float(np.log(above / below))
    centre, error, df = np.array([found[scale] for found in _LAST[1]]).T
    return Measured(centre, error, df, np.full(len(centre), truth))


def _curve(*coefficients: float) -> Curve:
    def at(x: Floats) -> Floats:
        return np.polynomial.polynomial.polyval(x, np.array(coefficients))

    return at


def _usual(rng: np.random.Generator, n: int) -> Floats:
    """As in the simulations of Calonico, Cattaneo and Titiunik (2014)."""
    return np.asarray(2.0 * rng.beta(2.0, 4.0, n) - 1.0)


def _even(rng: np.random.Generator, n: int) -> Floats:
    return np.asarray(2.0 * rng.beta(2.0, 2.5, n) - 0.9)


def _heaped(rng: np.random.Generator, n: int) -> Floats:
    return np.asarray(np.floor(20.0 * _even(rng, n)) / 20.0)


# Models 1 and 2 of Calonico, Cattaneo and Titiunik (2014), after Lee (2008) and Ludwig and Miller (2007).
LEE = (
    _curve(0.48, 1.27, 7.18, 20.21, 21.54, 7.33),
    _curve(0.52, 0.84, -3.00, 7.99, -9.01, 3.56),
)
LUDWIG_MILLER = (
    _curve(3.71, 2.30, 3.28, 1.45, 0.23, 0.03),
    _curve(0.26, 18.49, -54.81, 74.30, -45.02, 9.83),
)
GENTLE = (_curve(8.0, 1.5, 0.8), _curve(6.4, 0.9, 0.8))
CHANCES = (_curve(0.5, 0.25, 0.05), _curve(0.4, 0.15, 0.05))


def designs() -> Sequence[Design]:
    """What it is measured on."""
    told: tuple[tuple[str, str, Law], ...] = (
        ("gentle, 500", "gently curved, about half served", Law(500, *GENTLE, _even)),
        ("gentle, 2,000", "the same with 2,000 people", Law(2_000, *GENTLE, _even)),
        ("gentle, 150", "the same with 150 people", Law(150, *GENTLE, _even)),
        ("elections, 500", "model 1 of Calonico, Cattaneo and Titiunik (2014), after Lee (2008)",
         Law(500, *LEE, _usual, sd=0.1295)),
        ("head start, 500", "model 2 there, after Ludwig and Miller (2007): steep and strongly curved",
         Law(500, *LUDWIG_MILLER, _usual, sd=0.1295)),
        ("yes or no, 1,000", "outcomes yes or no", Law(1_000, *CHANCES, _even, noise="yes or no")),
        ("skewed, 500", "lognormal outcomes with a standard deviation of 1.3 means",
         Law(500, *GENTLE, _even, noise="skewed")),
        ("heaped, 800", "the running variable takes 40 values", Law(800, *GENTLE, _heaped)),
        ("sampling weights, 900", "one kind of people was drawn a third as often",
         Law(900, *GENTLE, _even, weighted=True)),
        ("60 sites of 15", "sites on both sides of the line share a shock",
         Law(900, *GENTLE, _even, sites=60)),
        ("25 sites of 30", "the same with 25 sites", Law(750, *GENTLE, _even, sites=25)),
    )  # fmt: skip
    return tuple(Design(name, "super", describe, law) for name, describe, law in told)  # type: ignore[arg-type]


METHODS = (
    Calibrated(
        "regression-discontinuity",
        measure,
        designs,
        scales=(Scale.DIFFERENCE, Scale.RELATIVE),
        command=COMMAND,
        replications=REPLICATIONS,
        note="With its defaults. The truth is the jump between both mean curves at the line.",
    ),
)

if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
