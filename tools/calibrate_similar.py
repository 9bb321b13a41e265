"""Comparisons with similar people of known truth, many at a time.

Three covariates, two normal and one yes or no, decide by a logit who is served and by a line (or a
curve) what happens without the programme and how much it does. The truth of each target is an
integral over the covariates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from calibrate_designs import Design, Floats, Ints, Trials
from numpy.random import Generator

TARGETS = ("att", "ate", "overlap")
COMMON = 0.4  # how common the third characteristic is


@dataclass(frozen=True)
class Similar(Trials):
    """Replications of one comparison; `treatment` is of shape (r, n).

    Attributes
    ----------
    truths : mapping of target to (difference, relative, standardised)
    """

    truths: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


Curve = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Law:
    """How people are drawn.

    Attributes
    ----------
    n : int
        People.
    strength : float
        How much the covariates decide who is served.
    level, effect : callable
        Mean without the programme, and what it adds, of the index ``(x1 + x2 + x3)``.
    noise : str
        ``normal`` (unequal in both groups), ``binary`` (means are chances), ``skewed`` (lognormal
        around its mean).
    clusters : int
        Clusters of equal size that share a shock; 0 without.
    whole : bool
        Whether clusters are served as a whole, by what their people have in common.
    weighted, rates : bool
        Sampling weights that go with the third covariate; time at risk that does.
    """

    n: int
    strength: float = 0.5
    level: Curve = lambda s: 8.0 + 0.8 * s
    effect: Curve = lambda s: 1.0 + 0.3 * s
    noise: str = "normal"
    clusters: int = 0
    whole: bool = False
    weighted: bool = False
    rates: bool = False

    def chance(self, x: Floats) -> Floats:
        """Of being served, given covariates on the last axis."""
        eta = -0.6 + self.strength * (x[..., 0] + 0.5 * x[..., 1] + x[..., 2])
        return np.asarray(1.0 / (1.0 + np.exp(-eta)))

    def time(self, x: Floats) -> Floats:
        """Time at risk."""
        return np.asarray(1.0 + x[..., 2] if self.rates else np.ones(x.shape[:-1]))

    def means(self, x: Floats) -> tuple[Floats, Floats]:
        """Mean outcome (per time) without the programme and with it."""
        index = x[..., 0] + x[..., 1] + x[..., 2]
        level = self.level(index)
        return level, level + self.effect(index)

    def spread(self, mean: Floats, served: Floats) -> Floats:
        """Standard deviation of outcomes around their mean."""
        match self.noise:
            case "binary":
                return np.asarray(np.sqrt(mean * (1.0 - mean)))
            case "skewed":
                return np.asarray(mean * np.sqrt(np.expm1(0.25)))
            case _:
                return np.where(served, 1.2, 0.8)

    def truths(self) -> dict[str, tuple[float, float, float]]:
        """By Gauss-Hermite quadrature over both normal covariates."""
        node, weight = np.polynomial.hermite_e.hermegauss(60)
        a, b, c = np.meshgrid(node, node, [0.0, 1.0], indexing="ij")
        share = (
            weight[:, None, None] * weight[None, :, None] * np.array([1.0 - COMMON, COMMON])
        ) / weight.sum() ** 2
        x = np.stack([a, b, c], axis=-1)
        e, (m0, m1) = self.chance(x), self.means(x)
        shock = 0.5**2 if self.clusters else 0.0
        found = {}
        for target in TARGETS:
            held = share * {"att": e, "ate": 1.0, "overlap": e * (1.0 - e)}[target] * self.time(x)
            held = held / held.sum()
            low, effect = float((held * m0).sum()), float((held * (m1 - m0)).sum())
            inner = self.spread(m0, np.zeros_like(m0)) ** 2
            sd = np.sqrt(float((held * (inner + (m0 - low) ** 2)).sum()) + shock)
            found[target] = (effect, effect / low, effect / float(sd))
        return found

    def draw(self, rng: Generator, r: int) -> Similar:
        """Replications."""
        n, weight = self.n, None
        common = COMMON
        if self.weighted:  # those with the third characteristic are drawn a third as often
            common = (COMMON / 3.0) / (COMMON / 3.0 + 1.0 - COMMON)
        cluster: Ints | None = None
        each = n // self.clusters if self.clusters else 1
        if self.clusters:
            cluster = np.repeat(np.arange(self.clusters), each).astype(np.int64)
        x = rng.standard_normal((r, n, 2))
        third = (rng.random((r, n)) < common).astype(np.float64)
        if self.whole:
            shared = rng.standard_normal((r, self.clusters)).repeat(each, axis=1)
            x[..., 0] = shared
            third = (rng.random((r, self.clusters)) < common).astype(float).repeat(each, axis=1)
            x[..., 1] = rng.standard_normal((r, self.clusters)).repeat(each, axis=1)
        x = np.concatenate([x, third[..., None]], axis=-1)
        u = rng.random((r, n))
        if self.whole:
            u = rng.random((r, self.clusters)).repeat(each, axis=1)
        served = u < self.chance(x)
        m0, m1 = self.means(x)
        mean = np.where(served, m1, m0)
        match self.noise:
            case "binary":
                y = (rng.random((r, n)) < mean).astype(np.float64)
            case "skewed":
                y = mean * np.exp(0.5 * rng.standard_normal((r, n)) - 0.125)
            case _:
                y = mean + self.spread(mean, served) * rng.standard_normal((r, n))
        if self.clusters:
            y = y + 0.5 * rng.standard_normal((r, self.clusters)).repeat(each, axis=1)
        if self.weighted:
            weight = 1.0 + 2.0 * third
        time = self.time(x)
        truths = self.truths()
        return Similar(
            y * time,
            served.astype(np.int64),
            x,
            *truths["att"],
            weight=weight,
            exposure=time if self.rates else None,
            cluster=cluster,
            truths=truths,
        )


def _steps(s: Floats) -> Floats:
    return np.asarray(0.15 + 0.35 / (1.0 + np.exp(-s)))


LAWS = (
    ("plain, n = 40", Law(40), "40 people, about 17 served; straight lines"),
    ("plain, n = 100", Law(100), "the same with 100"),
    ("plain, n = 400", Law(400), "the same with 400"),
    ("strong selection, n = 300", Law(300, 1.2), "scores from practically 0 to practically 1"),
    ("strong selection, n = 1,000", Law(1000, 1.2), "the same with 1,000 people"),
    (
        "yes or no, n = 300",
        Law(300, 0.5, _steps, lambda s: 0.1 + 0.1 / (1.0 + np.exp(-s)), "binary"),
        "chances of 15% to 50% that follow a curve; more by 10 to 20 points",
    ),
    (
        "skewed, n = 300",
        Law(
            300,
            0.5,
            lambda s: np.exp(1.0 + 0.3 * s),
            lambda s: 0.3 * np.exp(1.0 + 0.3 * s),
            "skewed",
        ),
        "earnings that follow an exponential curve; 30% more",
    ),
    ("rates, n = 300", Law(300, rates=True), "events over time at risk, which differs"),
    ("sampling weights, n = 400", Law(400, weighted=True), "weights of 1 and 3"),
    ("clusters, 20", Law(300, clusters=20), "20 sites of 15 with a common shock"),
    ("clusters, 60", Law(900, clusters=60), "60 sites of 15"),
    (
        "places served whole, 40",
        Law(400, 0.3, clusters=40, whole=True),
        "40 places of 10, served as a whole by what their people have in common",
    ),
    (
        "places served whole, 120",
        Law(1200, 0.3, clusters=120, whole=True),
        "120 places of 10",
    ),
)


def designs() -> list[Design]:
    """The comparisons coverage is measured on."""
    return [Design(name, "super", told, law.draw) for name, law, told in LAWS]
