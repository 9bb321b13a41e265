"""Trials of an offer that not everyone follows, with known truth, many at a time.

Each person takes part anyway, never, or as offered, drawn anew in each replication; the truth is
the effect on those who do as offered. People who take part anyway start higher and people who
never do start lower, so that take-up goes with the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from calibrate_designs import Design, Floats, Ints, Trials
from numpy.random import Generator

ALWAYS, NEVER, COMPLIER = range(3)


@dataclass(frozen=True)
class Offers(Trials):
    """Replications of one trial of an offer; `treatment` is the offer.

    Attributes
    ----------
    received : array, shape (r, n)
        What was taken up, 0/1.
    share : float
        Compliers among those offered, by which the total is the difference times.
    adjusts : bool
        Whether the covariates are used.
    """

    received: Floats | None = None
    share: float = 1.0
    adjusts: bool = False


Draw = Callable[[Generator, int], Offers]


def _offer(n0: int, n1: int) -> Ints:
    return np.repeat([0, 1], [n0, n1]).astype(np.int64)


def _kinds(rng: Generator, r: int, n: int, always: float, never: float) -> Ints:
    u = rng.random((r, n))
    return np.where(u < always, ALWAYS, np.where(u < always + never, NEVER, COMPLIER))


def _took(kind: Ints, offer: Ints) -> Floats:
    return np.where(kind == COMPLIER, offer, kind == ALWAYS).astype(np.float64)


def normal(
    n0: int, n1: int, always: float, never: float, *, apart: float = 1.0, sd1: float = 1.0
) -> Draw:
    """Normal outcomes, mean 5 for compliers, who gain 1; the others start `apart` from there."""

    def draw(rng: Generator, r: int) -> Offers:
        offer = _offer(n0, n1)
        kind = _kinds(rng, r, offer.size, always, never)
        took = _took(kind, offer)
        level = 5.0 + apart * np.array([1.0, -1.0, 0.0])
        noise = rng.standard_normal((r, offer.size)) * np.where(offer == 1, sd1, 1.0)
        y = level[kind] + took + noise
        share = 1.0 - always - never
        shares, without = np.array([always, never, share]), level + np.array([1.0, 0.0, 0.0])
        mean = shares @ without
        sd = float(np.sqrt(1.0 + shares @ (without - mean) ** 2))
        return Offers(
            y, offer, np.empty((r, offer.size, 0)), 1.0, 0.2, 1.0 / sd, received=took, share=share
        )

    return draw


def lognormal(n0: int, n1: int, never: float) -> Draw:
    """Skewed outcomes such as earnings, 30% more with the programme; one-sided."""

    def draw(rng: Generator, r: int) -> Offers:
        offer = _offer(n0, n1)
        kind = _kinds(rng, r, offer.size, 0.0, never)
        took = _took(kind, offer)
        level = np.where(kind == NEVER, 0.8, 1.0)
        y = level * np.exp(rng.standard_normal((r, offer.size))) * (1.0 + 0.3 * took)
        m0 = float(np.exp(0.5))
        mean = m0 * (1.0 - 0.2 * never)
        square = float(np.exp(2.0)) * (1.0 - never + 0.64 * never)
        sd = float(np.sqrt(square - mean**2))
        none = np.empty((r, offer.size, 0))
        return Offers(
            y, offer, none, 0.3 * m0, 0.3, 0.3 * m0 / sd, received=took, share=1.0 - never
        )

    return draw


def binary(n: int, always: float, never: float) -> Draw:
    """Yes or no: compliers .3 without the programme and .5 with it."""

    def draw(rng: Generator, r: int) -> Offers:
        offer = _offer(n - n // 2, n // 2)
        kind = _kinds(rng, r, offer.size, always, never)
        took = _took(kind, offer)
        chance = np.array([0.4, 0.2, 0.3])[kind] + 0.2 * took
        y = (rng.random(kind.shape) < chance).astype(np.float64)
        share = 1.0 - always - never
        p = float(np.array([always, never, share]) @ np.array([0.6, 0.2, 0.3]))
        none = np.empty((r, offer.size, 0))
        sd = float(np.sqrt(p * (1.0 - p)))
        return Offers(y, offer, none, 0.2, 2.0 / 3.0, 0.2 / sd, received=took, share=share)

    return draw


def blocked(times: int) -> Draw:
    """Three strata of different chances of an offer, take-up, levels and effects; one-sided."""

    def draw(rng: Generator, r: int) -> Offers:
        sizes = [(15 * times, 5 * times), (10 * times, 10 * times), (5 * times, 15 * times)]
        offer = np.concatenate([_offer(a, b) for a, b in sizes])
        stratum = np.repeat(np.arange(3), 20 * times).astype(np.int64)
        share = np.array([0.9, 0.7, 0.6])
        kind = np.where(rng.random((r, offer.size)) < share[stratum], COMPLIER, NEVER)
        took = _took(kind, offer)
        level, effect = np.array([5.0, 7.0, 9.0]), np.array([0.5, 1.0, 2.0])
        noise = rng.standard_normal((r, offer.size))
        y = level[stratum] + effect[stratum] * took + noise
        difference = float(share @ effect / share.sum())
        inside = np.bincount(stratum[offer == 0]) / (offer == 0).sum()
        sd = float(np.sqrt(1.0 + inside @ (level - inside @ level) ** 2))
        return Offers(
            y,
            offer,
            np.empty((r, offer.size, 0)),
            difference,
            difference / float(share @ level / share.sum()),
            difference / sd,
            stratum=stratum,
            received=took,
            share=float(share.mean()),
        )

    return draw


def clustered(clusters: int) -> Draw:
    """Whole clusters of 4 to 20 offered, outcomes alike within them; two-sided."""

    def draw(rng: Generator, r: int) -> Offers:
        sizes = np.tile([4, 8, 12, 16, 20], clusters // 5)
        offer = np.repeat(np.arange(clusters) % 2, sizes).astype(np.int64)
        cluster = np.repeat(np.arange(clusters), sizes).astype(np.int64)
        kind = _kinds(rng, r, offer.size, 0.1, 0.2)
        took = _took(kind, offer)
        shared = rng.standard_normal((r, clusters))[:, cluster]
        own = rng.standard_normal((r, offer.size))
        level = np.array([6.0, 4.0, 5.0])
        y = level[kind] + took + np.sqrt(0.1) * shared + np.sqrt(0.9) * own
        shares, without = np.array([0.1, 0.2, 0.7]), np.array([7.0, 4.0, 5.0])
        sd = float(np.sqrt(1.0 + shares @ (without - shares @ without) ** 2))
        none = np.empty((r, offer.size, 0))
        return Offers(y, offer, none, 1.0, 0.2, 1.0 / sd, cluster=cluster, received=took, share=0.7)

    return draw


def adjusted(n: int) -> Draw:
    """A covariate that goes with outcome and take-up; one-sided."""

    def draw(rng: Generator, r: int) -> Offers:
        offer = _offer(n - n // 2, n // 2)
        x = rng.standard_normal((r, n))
        willing = x + rng.standard_normal((r, n)) > -0.75
        took = _took(np.where(willing, COMPLIER, NEVER), offer)
        y = 5.0 + x + took + rng.standard_normal((r, n))
        cut = -0.75 / np.sqrt(2.0)
        from scipy.special import ndtr

        share = float(ndtr(-cut))
        start = 5.0 + float(np.exp(-0.5 * cut**2) / np.sqrt(2 * np.pi)) / share / np.sqrt(2.0)
        return Offers(
            y,
            offer,
            x[..., None],
            1.0,
            float(1.0 / start),
            float(1.0 / np.sqrt(2.0)),
            received=took,
            share=share,
            adjusts=True,
        )

    return draw


def weighted(n: int) -> Draw:
    """Sampling weights that vary and go with the outcome; one-sided, take-up 70%."""

    def draw(rng: Generator, r: int) -> Offers:
        offer = _offer(n - n // 2, n // 2)
        kind = _kinds(rng, r, n, 0.0, 0.3)
        took = _took(kind, offer)
        x = rng.standard_normal((r, n))
        # Under the weights exp(x / 2.5) the normal x has mean 0.4.
        y = 5.0 - 0.24 + np.array([0.0, -1.0, 0.0])[kind] + took
        y = y + 0.6 * x + 0.8 * rng.standard_normal((r, n))
        sd = float(np.sqrt(1.0 + 0.21))
        none = np.empty((r, n, 0))
        return Offers(
            y, offer, none, 1.0, 0.2, 1.0 / sd, weight=np.exp(0.4 * x), received=took, share=0.7
        )

    return draw


def designs() -> tuple[Design, ...]:
    """Every design, strong first stages before weak ones."""
    both = "people who take part anyway and people who never do"
    some = "some never take part, nobody without an offer"
    where = "super"
    return (
        *[
            Design(f"two-sided, 60% compliers, {n}+{n}", where, both, normal(n, n, 0.15, 0.25))
            for n in (30, 100, 400)
        ],
        Design("one-sided, 80% compliers, 20+20", where, some, normal(20, 20, 0.0, 0.2)),
        Design("one-sided, 50% compliers, 50+50", where, some, normal(50, 50, 0.0, 0.5)),
        Design("one-sided, 50% compliers, 200+200", where, some, normal(200, 200, 0.0, 0.5)),
        Design(
            "one-sided, 70%, 60+20, SD 1 and 3",
            where,
            "the small arm varies more",
            normal(60, 20, 0.0, 0.3, sd1=3.0),
        ),
        *[
            Design(
                f"lognormal, one-sided, 60%, {n}+{n}",
                where,
                "skewed, such as earnings",
                lognormal(n, n, 0.4),
            )
            for n in (50, 200)
        ],
        *[
            Design(f"binary, two-sided, 70%, n = {n}", where, "yes or no", binary(n, 0.1, 0.2))
            for n in (100, 400)
        ],
        *[
            Design(
                f"blocked, one-sided, n = {60 * k}",
                where,
                "three strata, chances of an offer 1/4 to 3/4",
                blocked(k),
            )
            for k in (1, 4)
        ],
        *[
            Design(f"clusters, {g}", where, "sizes 4 to 20, half offered", clustered(g))
            for g in (20, 40)
        ],
        Design("covariate, one-sided, n = 100", where, "adjusted for a covariate", adjusted(100)),
        Design(
            "sampling weights, n = 200", where, "weights that go with the outcome", weighted(200)
        ),
        *[
            Design(
                f"weak, {round(100 * (0.9 - never))}% compliers, 100+100",
                where,
                f"{both}, far apart; F about {strength}",
                normal(100, 100, 0.1, never, apart=3.0),
            )
            for never, strength in ((0.65, "21"), (0.75, "9"), (0.85, "2"), (0.89, "1"))
        ],
    )
