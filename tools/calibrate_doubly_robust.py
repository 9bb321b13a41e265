"""Measure the coverage of `doubly-robust` and write its tables.

    python tools/calibrate_doubly_robust.py            # resumes: designs already measured are kept
    python tools/calibrate_doubly_robust.py --fast --out DIR

Who is served, covariates and outcomes are drawn anew in every replication. The functions are those of
the estimator; tests hold the two paths together.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.matched.doubly_robust import DoublyRobust
from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference import Spread, comparison_spread, on_scale
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measure, Measured, publish
from calibrate_designs import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COMMAND = "python tools/calibrate_doubly_robust.py"
REPLICATIONS = 4_000

# Twelve kinds of people: need from 0 to 5, in town or not. A third covariate is normal, and tells of
# outcomes alone.
NEED, TOWN = np.repeat(np.arange(6.0), 2), np.tile(np.arange(2.0), 6)
SHARE = np.repeat([0.15, 0.2, 0.2, 0.2, 0.15, 0.1], 2) / 2.0


def logistic(eta: Floats) -> Floats:
    """The chance at a linear predictor."""
    return np.asarray(1.0 / (1.0 + np.exp(-eta)))


@dataclass(frozen=True)
class Law:
    """How people are drawn, who is served, and outcomes.

    Attributes
    ----------
    n : int
    chance : array, shape (12,)
        Of being served, by kind.
    level, effect : array, shape (12,)
        Mean outcome without the programme, and the effect.
    noise : {"normal", "yes or no", "skewed", "counts"}
    weight : array, shape (12,), optional
        Sampling weight of each kind, drawn as much less often.
    exposed : bool
        Outcomes are events over a time at risk that goes with need.
    sites : int
        Clusters of equal size that share a shock of standard deviation 0.7.
    whole : bool
        Need is that of the site, and sites are served whole.
    """

    n: int
    chance: Floats
    level: Floats
    effect: Floats
    noise: str = "normal"
    weight: Floats | None = None
    exposed: bool = False
    sites: int = 0
    whole: bool = False

    def __call__(self, rng: Generator, replications: int) -> Drawn:
        """Replications, each a comparison."""
        return Drawn(self, [self.one(rng) for _ in range(replications)], rng)

    def one(self, rng: Generator) -> Comparison:
        """One replication."""
        n, share = self.n, SHARE
        if self.weight is not None:
            share = share / self.weight
            share = share / share.sum()
        site = None
        if self.whole:
            of_site = rng.choice(12, self.sites, p=share)
            served_site = rng.random(self.sites) < self.chance[of_site]
            site = np.arange(n) % self.sites
            kind, served = of_site[site], served_site[site].astype(np.int64)
        else:
            kind = rng.choice(12, n, p=share)
            served = (rng.random(n) < self.chance[kind]).astype(np.int64)
            site = rng.permutation(np.arange(n) % self.sites) if self.sites else None
        own = rng.standard_normal(n)
        mean = self.level[kind] + served * self.effect[kind]
        if site is not None:
            mean = mean + 0.7 * rng.standard_normal(self.sites)[site]
        exposure = (1.0 + 0.5 * NEED[kind]) if self.exposed else None
        match self.noise:
            case "yes or no":
                y = (rng.random(n) < mean).astype(np.float64)
            case "skewed":
                y = mean * np.exp(rng.standard_normal(n) - 0.5)
            case "counts":
                time = np.ones(n) if exposure is None else exposure
                y = rng.poisson(mean * time) / time
            case _:
                y = mean + 0.5 * own + np.where(served == 1, 0.8, 1.0) * rng.standard_normal(n)
        ones = np.ones(n)
        counts = ones if self.weight is None else self.weight[kind]
        size = counts if exposure is None else counts * exposure
        people = People(
            treatment=served,
            x=np.column_stack([NEED[kind], TOWN[kind], own]),
            covariates=("need", "town", "own"),
            counts=counts,
            own=size,
            copies=ones,
            size=size,
            exposure=exposure,
            stratum=None,
            cluster=None if site is None else Grouping(site, np.arange(self.sites)),
            unit=np.arange(n),
            keys=np.arange(n),
            rows=np.arange(n),
            treated_clusters=int(served.sum()),
            weight_kind=None if self.weight is None else "sampling",
            design="matched",
        )
        return Comparison(people, y, np.ones(n, dtype=bool), "y", "all", ())

    def truth(self, estimand: str) -> tuple[float, float, float]:
        """Effect, level and standard deviation without the programme, among the target."""
        held = SHARE * (self.chance if estimand == "att" else 1.0)
        people = held / held.sum()
        timed = held * (1.0 + 0.5 * NEED if self.exposed else 1.0)
        timed = timed / timed.sum()
        level = float(timed @ self.level)
        between = float(timed @ (self.level - level) ** 2)
        match self.noise:
            case "yes or no":
                within = float(people @ (self.level * (1.0 - self.level)))
            case "skewed":
                within = float(people @ self.level**2) * (np.e - 1.0)
            case "counts":
                time = 1.0 + 0.5 * NEED if self.exposed else np.ones(12)
                within = float(timed @ (self.level / time))
            case _:
                within = 1.25 + (0.49 if self.sites else 0.0)
        return float(timed @ self.effect), level, float(np.sqrt(between + within))


@dataclass(frozen=True)
class Drawn:
    """Replications of a law."""

    law: Law
    comparisons: list[Comparison]
    rng: Generator

    @property
    def y(self) -> Floats:
        """Outcomes, shape (r, n)."""
        return np.array([comparison.y for comparison in self.comparisons])


def spread_of(comparison: Comparison, weight: Floats) -> Spread:
    """Standard deviation of the comparison group as weighted."""
    people = comparison.people
    inside = ~people.served & (weight > 0.0)
    exposure = 1.0 if people.exposure is None else people.exposure
    own = np.where(inside, weight * exposure, 0.0)
    found = comparison_spread(comparison.y, inside.astype(np.float64), weight=own)
    return Spread(found.value, people.gathered(found.influence))


def by(estimator: DoublyRobust) -> Measure:
    """How to measure the estimator with its settings."""
    last: list[Any] = []  # the scales of one chunk share its fits

    def measure(drawn: Any, scale: Scale) -> Measured:
        if not last or last[0] is not drawn:
            rows = [measured(estimator, drawn.law, one, drawn.rng) for one in drawn.comparisons]
            last[:] = [drawn, rows]
        return Measured(*np.array([found[scale] for found in last[1]]).T)

    return measure


def measured(
    estimator: DoublyRobust, law: Law, comparison: Comparison, rng: Generator
) -> dict[Scale, tuple[float, float, float, float]]:
    """Centre, error, degrees of freedom and truth on each scale."""
    people = comparison.people
    effect, level, spread = law.truth(estimator.estimand)
    size = float(people.size[people.served].sum())
    truths = {
        Scale.DIFFERENCE: effect,
        Scale.RELATIVE: float(np.log1p(effect / level)),
        Scale.TOTAL: effect * size,
        Scale.STANDARDISED: effect / spread,
    }
    try:
        fit = estimator.fitted(comparison, rng)
    except NotIdentified:
        return dict.fromkeys(Scale, (np.nan, np.nan, 1.0, 0.0))
    told: dict[Scale, tuple[float, float, float, float]] = {}
    for scale, truth in truths.items():
        if scale is Scale.RELATIVE and not (fit.arms.means > 0.0).all():
            told[scale] = (np.nan, np.nan, 1.0, truth)
            continue
        about = spread_of(comparison, fit.weight) if scale is Scale.STANDARDISED else None
        found = on_scale(fit.arms, scale, served=size, spread=about)
        centre = found.value if found.log_ratio is None else found.log_ratio
        error = found.std_error if found.log_std_error is None else found.log_std_error
        told[scale] = (float(centre), float(error), float(found.df), truth)
    return told


RIGHT = Law(
    450,
    chance=logistic(-1.8 + 0.4 * NEED + 0.4 * TOWN),
    level=8.0 - 0.8 * NEED - 0.6 * TOWN,
    effect=-1.6 * (0.7 + 0.1 * NEED + 0.1 * TOWN),
)
BENT = 8.0 - 0.8 * NEED + 0.5 * (NEED - 2.5) ** 2
TURNED = logistic(0.6 - 0.45 * (NEED - 2.0) ** 2 + 0.4 * TOWN)
EVEN = replace(RIGHT, chance=np.full(12, 0.5))
YES = replace(RIGHT, level=0.65 - 0.06 * NEED, effect=-0.1 - 0.03 * TOWN, noise="yes or no")
RATES = replace(
    RIGHT,
    level=np.exp(0.5 - 0.15 * NEED),
    effect=-0.2 * np.exp(0.5 - 0.15 * NEED),
    noise="counts",
)


def designs() -> Sequence[Design]:
    """Both models right, either wrong, and what makes errors hard to tell."""
    told = (
        ("both right, 450", "both models right, effects that differ between people", RIGHT),
        ("both right, 2,000", "the same with 2,000 people", replace(RIGHT, n=2_000)),
        ("both right, 100", "the same with 100 people", replace(RIGHT, n=100)),
        ("both right, 50", "the same with 50 people", replace(RIGHT, n=50)),
        ("outcome model wrong, 800", "the level is a curve in need, fitted by a line",
         replace(RIGHT, n=800, level=BENT)),
        ("score wrong, 800", "those in the middle of need are served, fitted by a logit without a bend",
         replace(RIGHT, n=800, chance=TURNED)),
        ("weak overlap, 800", "chances of being served from 2% to 95%",
         replace(RIGHT, n=800, chance=logistic(-4.0 + 1.2 * NEED + 0.8 * TOWN))),
        ("an even lot, 60", "60 people, everyone with the same chance", replace(EVEN, n=60)),
        ("yes or no, 400", "outcomes yes or no, a little off the logit", replace(YES, n=400)),
        ("rates, 400", "events over a time at risk that goes with need, log link",
         replace(RATES, n=400, exposed=True)),
        ("skewed, 400", "lognormal outcomes with a standard deviation of 1.3 means",
         replace(RIGHT, n=400, noise="skewed")),
        ("sampling weights, 900", "people in town were drawn a third as often",
         replace(RIGHT, n=900, weight=np.where(TOWN == 1.0, 3.0, 1.0))),
        ("60 sites of 15", "served and others in each site, which shares a shock",
         replace(RIGHT, n=900, sites=60)),
        ("20 sites of 20", "the same with 20 sites of 20", replace(RIGHT, n=400, sites=20)),
        ("60 whole sites of 10", "sites served whole, need that of the site",
         replace(RIGHT, n=600, sites=60, whole=True, chance=logistic(-1.0 + 0.3 * NEED))),
    )  # fmt: skip
    return tuple(Design(name, "super", describe, law) for name, describe, law in told)  # type: ignore[arg-type]


def few() -> Sequence[Design]:
    """Those in which models fitted on everyone may do otherwise."""
    kept = ("both right, 450", "both right, 100", "both right, 50", "outcome model wrong, 800")
    return tuple(d for d in designs() if d.name in (*kept, "score wrong, 800", "20 sites of 20"))


NOTE = "`error_ratio` in the table is the root mean squared standard error over the standard deviation."
METHODS = (
    Calibrated("doubly-robust", by(DoublyRobust()), designs, command=COMMAND,
               replications=REPLICATIONS, note=f"Defaults: the served, five folds. {NOTE}"),
    Calibrated("doubly-robust-ate", by(DoublyRobust(estimand="ate")), designs,
               scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.STANDARDISED), command=COMMAND,
               replications=REPLICATIONS, note=f"Everyone, five folds. {NOTE}"),
    Calibrated("doubly-robust-whole", by(DoublyRobust(folds=1)), few, command=COMMAND,
               replications=REPLICATIONS, note=f"The served, models fitted on everyone. {NOTE}"),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
