"""Measure the coverage of matching on covariates, and write its tables.

    python tools/calibrate_cem.py            # resumes: designs already measured are kept
    python tools/calibrate_cem.py --fast --out DIR
    python tools/calibrate_cem.py --only mahalanobis-matching

Numbers of served and of comparators stay as they are; characteristics, weights and outcomes are drawn
anew. The functions are those of the estimators; tests hold the two paths together.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.matched.coarsened_exact import two_means
from impacteval.estimators.matched.coarsening import (
    cell_weights,
    cells_of,
    coarsen,
    held_together,
)
from impacteval.estimators.matched.mahalanobis import MahalanobisMatching
from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference import ArmMeans, Spread, comparison_spread, on_scale
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measure, Measured, publish
from calibrate_designs import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COMMAND = "python tools/calibrate_cem.py"
REPLICATIONS, NEAREST = 5_000, 4_000


@dataclass(frozen=True)
class Kinds:
    """Kinds of people.

    Attributes
    ----------
    values : array, shape (m, k)
        Covariates of each kind.
    among_served, among_others : array, shape (m,)
        How common each kind is.
    level, effect : array, shape (m,)
        Mean outcome of each kind without the programme, and the effect.
    """

    values: Floats
    among_served: Floats
    among_others: Floats
    level: Floats
    effect: Floats


@dataclass(frozen=True)
class Law:
    """How people are drawn, and their outcomes.

    Attributes
    ----------
    served, others : int
    kinds : Kinds
    noise : {"normal", "yes or no", "skewed"}
    weight : array, shape (m,), optional
        Sampling weight of each kind; how common they are is then said of the sample.
    exposure : array, shape (m,), optional
        Time at risk of each kind; outcomes are events.
    sites : int
        Clusters of equal size in which both are mixed, sharing a shock of standard deviation 0.7.
    smooth : bool
        Covariates are spread over one unit, more of the served where they are high; the level follows
        them, along a curve in the first.
    """

    served: int
    others: int
    kinds: Kinds
    noise: str = "normal"
    weight: Floats | None = None
    exposure: Floats | None = None
    sites: int = 0
    smooth: bool = False

    def __call__(self, rng: Generator, replications: int) -> Drawn:
        """Replications, each a comparison."""
        return Drawn(self, [self._one(rng) for _ in range(replications)])

    def _one(self, rng: Generator) -> tuple[Comparison, Ints]:
        n, many = self.served + self.others, len(self.kinds.level)
        treatment = np.repeat([1, 0], [self.served, self.others])
        kind: Ints = np.concatenate(
            [
                rng.choice(many, self.served, p=self.kinds.among_served),
                rng.choice(many, self.others, p=self.kinds.among_others),
            ]
        )
        x = self.kinds.values[kind].copy()
        mean = self.kinds.level[kind] + treatment * self.kinds.effect[kind]
        if self.smooth:
            shift = rng.uniform(-0.5, 0.5, x.shape)
            # Those served are found more often where covariates are high, inside each kind too.
            higher = np.maximum(shift, rng.uniform(-0.5, 0.5, x.shape))
            shift = np.where(treatment[:, None] == 1, higher, shift)
            mean = mean + _rise(x, shift)
            x += shift
        site = None
        if self.sites:
            site = rng.permutation(np.arange(n) % self.sites)
            mean = mean + 0.7 * rng.standard_normal(self.sites)[site]
        match self.noise:
            case "yes or no":
                y = (rng.random(n) < mean).astype(np.float64)
            case "skewed":
                y = mean * np.exp(rng.standard_normal(n) - 0.5)
            case _:
                y = mean + rng.standard_normal(n)
        exposure = None
        if self.exposure is not None:
            exposure = self.exposure[kind] * rng.uniform(0.5, 1.5, n)
            y = rng.poisson(mean * exposure) / exposure
        ones = np.ones(n)
        counts = ones if self.weight is None else self.weight[kind]
        own = counts if exposure is None else counts * exposure
        people = People(
            treatment=treatment.astype(np.int64),
            x=x,
            covariates=tuple(f"x{k}" for k in range(x.shape[1])),
            counts=counts,
            own=own,
            copies=ones,
            size=own,
            exposure=exposure,
            stratum=None,
            cluster=None if site is None else Grouping(site, np.arange(self.sites)),
            unit=np.arange(n),
            keys=np.arange(n),
            rows=np.arange(n),
            treated_clusters=self.served,
            weight_kind=None if self.weight is None else "sampling",
            design="matched",
        )
        return Comparison(people, y, np.ones(n, dtype=bool), "y", "all", ()), kind

    def truth(self, kinds: NDArray[np.bool_]) -> tuple[float, float]:
        """Effect and level among the served of these kinds."""
        held = self.kinds.among_served * kinds
        for more in (self.weight, self.exposure):
            held = held if more is None else held * more
        held = held / held.sum()
        level = float(held @ (self.kinds.level + self._risen()[0]))
        return float(held @ self.kinds.effect), level

    def _risen(self) -> tuple[Floats, Floats]:
        """What covariates inside a kind add to the mean of those served, and to their variance."""
        if not self.smooth:
            return np.zeros(len(self.kinds.level)), np.zeros(len(self.kinds.level))
        # Quantiles of the larger of two draws from (-1/2, 1/2), for each covariate by itself.
        grid = np.sqrt((np.arange(1_000) + 0.5) / 1_000) - 0.5
        flat = np.zeros(len(grid))
        mean, variance = np.zeros((2, len(self.kinds.level)))
        for kind, values in enumerate(self.kinds.values):
            for k in range(len(values)):
                shift = np.column_stack([grid if j == k else flat for j in range(len(values))])
                rise = _rise(np.tile(values, (len(grid), 1)), shift)
                mean[kind] += rise.mean()
                variance[kind] += rise.var()
        return mean, variance

    def spread(self, kinds: NDArray[np.bool_]) -> float:
        """Standard deviation without the programme among people like the served of these kinds."""
        held = self.kinds.among_served * kinds
        held = held if self.weight is None else held * self.weight
        held = held / held.sum()
        risen, within = self._risen()
        level = self.kinds.level + risen
        mean = float(held @ level)
        between = float(held @ (level - mean) ** 2)
        if self.exposure is not None:
            # Of rates weighted by exposure: events vary as their mean does.
            timed = held * self.exposure
            rate = float(timed @ self.kinds.level) / float(timed.sum())
            square = held @ self.kinds.level + timed @ (self.kinds.level - rate) ** 2
            return float(np.sqrt(square / timed.sum()))
        match self.noise:
            case "yes or no":
                return float(np.sqrt(mean * (1.0 - mean)))
            case "skewed":
                return float(np.sqrt(float(held @ self.kinds.level**2) * np.e - mean**2))
            case _:
                more = (0.7**2 if self.sites else 0.0) + float(held @ within)
                return float(np.sqrt(between + 1.0 + more))


def _rise(x: Floats, shift: Floats) -> Floats:
    """How far the level rises from a kind's place to a place beside it."""
    found: Floats = (
        -0.8 * shift[:, 0] - 0.6 * shift[:, 1] - 0.1 * ((x[:, 0] + shift[:, 0]) ** 2 - x[:, 0] ** 2)
    )
    return found


@dataclass(frozen=True)
class Drawn:
    """Replications of a law."""

    law: Law
    comparisons: list[tuple[Comparison, Ints]]

    @property
    def y(self) -> Floats:
        """Outcomes, shape (r, n)."""
        return np.array([comparison.y for comparison, _ in self.comparisons])


Matched = tuple[ArmMeans, Floats, NDArray[np.bool_]]
"""Both means, what each row counts for, and which rows are in."""


def coarsened(comparison: Comparison) -> Matched | None:
    """As `coarsened-exact` with its defaults; None where it refuses."""
    people = comparison.people
    cell = held_together(people, cells_of(people, coarsen(people, {}, "sturges")))
    inside = cell >= 0
    if min((people.served & inside).sum(), (~people.served & inside).sum()) < 2:
        return None
    _, arms = two_means(comparison, cell)
    return arms, cell_weights(people, cell), inside


def by_distance(**settings: Any) -> Callable[[Comparison], Matched | None]:
    """As `mahalanobis-matching` with these settings; None where it refuses."""
    estimator = MahalanobisMatching(**settings)

    def matched(comparison: Comparison) -> Matched | None:
        people = comparison.people
        try:
            placed = estimator._placed(people)
            frozen, _ = estimator._match(people, placed)
            arms = estimator._arms(comparison, frozen.sets, frozen, placed)
        except NotIdentified:
            return None
        return arms, frozen.weight(people), ~people.served | (frozen.part > 0.0)

    return matched


def spread_of(comparison: Comparison, weight: Floats) -> Spread:
    """Standard deviation of the comparison group as weighted."""
    people = comparison.people
    inside = ~people.served & (weight > 0.0)
    exposure = 1.0 if people.exposure is None else people.exposure
    own = np.where(inside, weight * exposure, 0.0)
    found = comparison_spread(comparison.y, inside.astype(np.float64), weight=own)
    return Spread(found.value, people.gathered(found.influence))


def by_matching(match: Callable[[Comparison], Matched | None]) -> Measure:
    """How to measure a method that matches people and compares two means."""
    last: list[Any] = []  # the scales of one chunk share its fits

    def measure(drawn: Any, scale: Scale) -> Measured:
        if not last or last[0] is not drawn:
            last[:] = [drawn, [_measured(drawn.law, one, match) for one in drawn.comparisons]]
        return Measured(*np.array([found[scale] for found in last[1]]).T)

    return measure


def _measured(
    law: Law,
    one: tuple[Comparison, Ints],
    match: Callable[[Comparison], Matched | None],
) -> dict[Scale, tuple[float, float, float, float]]:
    """Centre, error, degrees of freedom and truth on each scale."""
    comparison, kind = one
    matched = match(comparison)
    if matched is None:
        return dict.fromkeys(Scale, (np.nan, np.nan, 1.0, 0.0))
    arms, weight, inside = matched
    people = comparison.people
    own = people.served & inside
    kinds = np.isin(np.arange(len(law.kinds.level)), kind[own])
    effect, level = law.truth(kinds)
    served = float(people.size[own].sum())
    truths = {
        Scale.DIFFERENCE: effect,
        Scale.RELATIVE: float(np.log1p(effect / level)),
        Scale.TOTAL: effect * served,
        Scale.STANDARDISED: effect / law.spread(kinds),
    }
    told: dict[Scale, tuple[float, float, float, float]] = {}
    for scale, truth in truths.items():
        if scale is Scale.RELATIVE and not (arms.means > 0.0).all():
            told[scale] = (np.nan, np.nan, 1.0, truth)
            continue
        spread = spread_of(comparison, weight) if scale is Scale.STANDARDISED else None
        found = on_scale(arms, scale, served=served, spread=spread)
        centre = found.value if found.log_ratio is None else found.log_ratio
        error = found.std_error if found.log_std_error is None else found.log_std_error
        told[scale] = (float(centre), float(error), float(found.df), truth)
    return told


# Eight kinds of people by need (0 to 3) and town; those served are the needier ones.
_NEED, _TOWN = np.repeat(np.arange(4.0), 2), np.tile(np.arange(2.0), 4)
_CHANCE = 1.0 / (1.0 + np.exp(2.0 - 0.45 * _NEED - 0.4 * _TOWN))
_SHARE = np.array([0.15, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.1])
EIGHT = Kinds(
    values=np.column_stack([_NEED, _TOWN]),
    among_served=_SHARE * _CHANCE / (_SHARE @ _CHANCE),
    among_others=_SHARE * (1.0 - _CHANCE) / (_SHARE @ (1.0 - _CHANCE)),
    level=8.0 - 0.8 * _NEED - 0.6 * _TOWN,
    effect=-1.6 * (0.7 + 0.2 * _NEED + 0.1 * _TOWN),
)
# Twenty-four kinds, many of them rare: comparators are often alone, served often without anyone.
_MANY = np.arange(24.0)
_RARE = 0.9**_MANY / (0.9**_MANY).sum()
MANY = Kinds(
    values=np.column_stack([np.floor(_MANY / 4.0), _MANY % 4.0]),
    among_served=_RARE[::-1],
    among_others=_RARE,
    level=6.0 - 0.15 * _MANY,
    effect=np.full(24, -1.0),
)
CHANCES = replace(EIGHT, level=0.6 - 0.08 * _NEED, effect=-0.1 - 0.03 * _TOWN)


def _designs() -> Sequence[Design]:
    told: tuple[tuple[str, str, Law], ...] = (
        ("eight kinds, 120 + 330", "of eight kinds, normal outcomes, effects that differ between kinds",
         Law(120, 330, EIGHT)),
        ("eight kinds, 30 + 90", "the same with 30 served and 90 others", Law(30, 90, EIGHT)),
        ("eight kinds, 15 + 30", "the same with 15 served and 30 others", Law(15, 30, EIGHT)),
        ("24 kinds, 60 + 180", "24 kinds, many of them rare: comparators who are alone in a cell",
         Law(60, 180, MANY)),
        ("24 kinds, 200 + 200", "the same with 200 served and 200 others", Law(200, 200, MANY)),
        ("finer covariates, 120 + 330", "finely measured: level and chance of being served go with them inside bands too",
         Law(120, 330, EIGHT, smooth=True)),
        ("finer covariates, 600 + 1,650", "the same with 600 served and 1,650 others",
         Law(600, 1_650, EIGHT, smooth=True)),
        ("yes or no, 100 + 300", "outcomes yes or no, between 36% and 60% without the programme",
         Law(100, 300, CHANCES, noise="yes or no")),
        ("skewed, 120 + 330", "lognormal outcomes with a standard deviation of 1.3 means",
         Law(120, 330, EIGHT, noise="skewed")),
        ("rates, 100 + 300", "events over a time at risk that goes with need",
         Law(100, 300, EIGHT, exposure=1.0 + 0.5 * _NEED)),
        ("sampling weights, 120 + 330", "people in town were drawn a third as often",
         Law(120, 330, EIGHT, weight=np.where(_TOWN == 1.0, 3.0, 1.0))),
        ("40 sites, 160 + 320", "forty sites of twelve in which both are mixed, sharing a shock",
         Law(160, 320, EIGHT, sites=40)),
        ("12 sites, 96 + 192", "twelve sites of 24", Law(96, 192, EIGHT, sites=12)),
    )  # fmt: skip
    return tuple(Design(name, "super", describe, law) for name, describe, law in told)  # type: ignore[arg-type]


def _near() -> Sequence[Design]:
    """Without rare kinds, of whom many are matched with other kinds; the largest takes too long."""
    return tuple(
        d for d in _designs() if not d.name.startswith(("24 kinds", "finer covariates, 600"))
    )


def _few() -> Sequence[Design]:
    names = ("eight kinds, 120 + 330", "finer covariates, 120 + 330", "40 sites, 160 + 320")
    return tuple(design for design in _designs() if design.name in names)


NOTE = (
    "The truth is that of people like the served who could be matched: of the kinds that were in, in "
    "each replication."
)
METHODS = (
    Calibrated("coarsened-exact", by_matching(coarsened), _designs, command=COMMAND,
               replications=REPLICATIONS, note=NOTE),
    Calibrated("mahalanobis-matching", by_matching(by_distance()), _near, command=COMMAND,
               replications=NEAREST, note=NOTE),
    Calibrated("mahalanobis-matching-once", by_matching(by_distance(replace=False)), _few,
               command=COMMAND, replications=NEAREST, note=NOTE),
    Calibrated("mahalanobis-matching-uncorrected", by_matching(by_distance(bias_adjusted=False)), _few,
               command=COMMAND, replications=NEAREST, note=NOTE),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
