"""People of whom some are served, for measuring the coverage of matched comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from calibrate_designs import Floats, Ints

from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.values import Scale

# Chance of being served: logit(level + 0.6 x1 + 0.6 x2). Mean without the programme and its share
# by which it moves: outcomes go with x1 mostly, so that neighbours on the score are not alike in it.
CHANCE = np.array([0.6, 0.6])
BASE, SLOPES, BEND = 10.0, np.array([1.2, 0.3]), 0.3
SHARE, MORE = -0.12, -0.02
SHOCK = 0.5
TIME = (0.5, 1.0)
# Counts: a mean of rate x time, with a gamma factor of this shape.
SHAPE = 4.0


@dataclass(frozen=True)
class Compared:
    """Replications of one comparison; rows are people.

    Attributes
    ----------
    y : array, shape (r, n)
        Outcomes; events where there is time at risk.
    served : array of bool, shape (r, n)
    x : array, shape (r, n, k)
        Covariates; the last is the true linear score where it is known.
    without, effect, variance : array, shape (r, n)
        Expected outcome (a rate) without the programme, what it adds, and the variance around the
        expectation without it.
    time : array, shape (r, n), or None
    place : array of int, shape (n,), or None
    known : bool
    average : tuple of float or None
        Mean of `without`, `effect` and total variance among the served of the population; None
        where the truth is that of the people matched.
    """

    y: Floats
    served: np.ndarray
    x: Floats
    without: Floats
    effect: Floats
    variance: Floats
    time: Floats | None
    place: Ints | None
    known: bool
    average: tuple[float, float, float] | None

    def comparison(self, k: int) -> Comparison:
        """Replication `k` as the estimator reads it."""
        n = self.y.shape[1]
        one, names = np.ones(n), np.arange(n)
        time = None if self.time is None else self.time[k]
        people = People(
            treatment=self.served[k].astype(np.int64), x=self.x[k],
            covariates=("x1", "x2", "index")[: self.x.shape[2]], counts=one,
            own=one if time is None else time, copies=one, size=one if time is None else time,
            exposure=time, stratum=None,
            cluster=None if self.place is None else Grouping(self.place, np.unique(self.place)),
            unit=names, keys=names, rows=names, treated_clusters=int(self.served[k].sum()),
            weight_kind=None, design="matched",
        )  # fmt: skip
        y = self.y[k] if time is None else self.y[k] / time
        return Comparison(people, y, np.ones(n, dtype=bool), "y", "all", ())

    def truth(self, k: int, weight: Floats, scale: Scale) -> float:
        """The effect on those whom `weight` (of the served) counts; the relative one as log ratio."""
        if self.average is not None:
            level, effect, variance = self.average
        else:
            w = weight if self.time is None else weight * self.time[k]
            w = w / w.sum()
            level, effect = float(w @ self.without[k]), float(w @ self.effect[k])
            variance = float(w @ (self.variance[k] + (self.without[k] - level) ** 2))
        match scale:
            case Scale.RELATIVE:
                return float(np.log1p(effect / level))
            case Scale.STANDARDISED:
                return effect / float(np.sqrt(variance))
            case _:
                return effect


@dataclass(frozen=True)
class Law:
    """How people are drawn.

    Attributes
    ----------
    n : int
    level : float
        Of the logit of being served.
    outcome : {"normal", "yes", "events"}
    places : int
        Places whose people share a shock (and, in part, a covariate); 0 where people are on their own.
    whole : bool
        Whether places are served as a whole, with nothing but a mean of theirs to decide it.
    known : bool
        Whether the true linear score stands among the covariates.
    """

    n: int
    level: float
    outcome: str = "normal"
    places: int = 0
    whole: bool = False
    known: bool = False

    def __call__(self, rng: np.random.Generator, r: int, *, matched: bool) -> Compared:
        """Draw `r` comparisons."""
        x = rng.standard_normal((r, self.n, 2))
        place, shock = None, np.zeros((r, self.n))
        chance = self.level + x @ CHANCE
        if self.places:
            place = np.repeat(np.arange(self.places), self.n // self.places)
            own = rng.standard_normal((r, self.places, 2))
            x[..., 0] = np.sqrt(0.8) * x[..., 0] + np.sqrt(0.2) * own[:, place, 0]
            shock = SHOCK * own[:, place, 1]
            chance = self.level + x @ CHANCE
        if self.whole:
            # Served by what a place is, which its people's covariate tells in part.
            odds = self.level + 1.5 * own[..., 0]
            drawn = rng.random((r, self.places)) < 1.0 / (1.0 + np.exp(-odds))
            served = drawn[:, place]
        else:
            served = rng.random((r, self.n)) < 1.0 / (1.0 + np.exp(-chance))
        without, effect = self.expected(x[..., 0], x[..., 1])
        variance, time = self.spread(x[..., 0], without), None
        mean = without + np.where(served, effect, 0.0)
        if self.outcome == "yes":
            y = (rng.random(mean.shape) < mean).astype(float)
        elif self.outcome == "events":
            time = rng.uniform(*TIME, size=mean.shape)
            y = rng.poisson(time * mean * rng.gamma(SHAPE, 1.0 / SHAPE, mean.shape)).astype(float)
        else:
            y = mean + shock + np.sqrt(variance) * rng.standard_normal(mean.shape)
            variance = variance + (SHOCK**2 if self.places else 0.0)
        if self.known:
            x = np.concatenate([x, chance[..., None]], axis=2)
        return Compared(
            y, served, x, without, effect, variance, time, place, self.known,
            None if matched else self.average(),
        )  # fmt: skip

    def expected(self, x1: Floats, x2: Floats) -> tuple[Floats, Floats]:
        """Mean without the programme, and what it adds: more where x1 is."""
        index = SLOPES[0] * x1 + SLOPES[1] * x2 + BEND * (x1**2 - 1.0)
        share = SHARE + MORE * np.tanh(x1)
        if self.outcome == "yes":
            without = 0.15 + 0.6 / (1.0 + np.exp(-0.6 * index))
        elif self.outcome == "events":
            without = 1.5 * np.exp(0.3 * np.tanh(0.6 * index))
        else:
            without = BASE + index
        return without, share * without

    def spread(self, x1: Floats, without: Floats) -> Floats:
        """Variance of the outcome around its mean without the programme."""
        if self.outcome == "yes":
            return without * (1.0 - without)
        if self.outcome == "events":
            # Of events over time at risk, weighted by that time: (rate + rate^2/shape x time)/time.
            time = (TIME[0] ** 2 + TIME[0] * TIME[1] + TIME[1] ** 2) / 3.0
            mean = 0.5 * (TIME[0] + TIME[1])
            return without / mean + without**2 / SHAPE * (time / mean) / (time / mean)
        return (1.0 + 0.5 * (x1 > 0.0)) ** 2

    @cache  # noqa: B019 - laws are few and live as long as the tables
    def average(self) -> tuple[float, float, float]:
        """Of the served in the population: mean without, effect, variance; by quadrature."""
        node, weight = np.polynomial.hermite_e.hermegauss(120)
        x1, x2 = (a.ravel() for a in np.meshgrid(node, node, indexing="ij"))
        w = np.outer(weight, weight).ravel() / (
            1.0 + np.exp(-(self.level + CHANCE[0] * x1 + CHANCE[1] * x2))
        )
        w = w / w.sum()
        without, effect = self.expected(x1, x2)
        level = float(w @ without)
        variance = self.spread(x1, without) + (without - level) ** 2
        if self.places:
            variance = variance + SHOCK**2
        return level, float(w @ effect), float(w @ variance)
