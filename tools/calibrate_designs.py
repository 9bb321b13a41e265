"""Trials with known truth, many at a time, for measuring coverage.

Each design draws `replications` trials as arrays whose leading axis is the replication. In a
``super`` population units are drawn anew each time and the truth is the population's; in a
``finite`` population the potential outcomes stay as they are, only the assignment is drawn, and
the truth is theirs. Rows are ordered so that the arm of each row is fixed: drawing the
assignment is then permuting the units.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEED = 20260101


@dataclass(frozen=True)
class Trials:
    """Replications of one trial.

    Attributes
    ----------
    y : array, shape (r, n)
        Outcomes (counts where there is exposure).
    treatment : array of int, shape (n,)
        Arm of each row.
    x : array, shape (r, n, k)
        Covariates.
    difference, relative, standardised : float
        The truth on these scales; the total is the difference times the served size.
    weight, exposure : array, shape (r, n), or None
        Sampling weights; exposure.
    stratum, cluster, pair : array of int, shape (n,), or None
        Blocks; assigned clusters; matched pairs.
    """

    y: Floats
    treatment: Ints
    x: Floats
    difference: float
    relative: float
    standardised: float
    weight: Floats | None = None
    exposure: Floats | None = None
    stratum: Ints | None = None
    cluster: Ints | None = None
    pair: Ints | None = None


@dataclass(frozen=True)
class Design:
    """A named way to draw trials."""

    name: str
    population: str
    describe: str
    draw: Callable[[Generator, int], Trials]

    def seeds(self, chunks: int) -> list[np.random.SeedSequence]:
        """One seed a chunk, from the design's name: a new design moves no other's draws."""
        return np.random.SeedSequence([SEED, zlib.crc32(self.name.encode())]).spawn(chunks)


def _arms(n0: int, n1: int) -> Ints:
    return np.repeat([0, 1], [n0, n1]).astype(np.int64)


def _truth(m0: float, m1: float, sd0: float) -> dict[str, float]:
    return {
        "difference": m1 - m0,
        "relative": m1 / m0 - 1.0,
        "standardised": (m1 - m0) / sd0,
    }


# --- super populations ------------------------------------------------------------------------


def normal(n0: int, n1: int, sd0: float, sd1: float) -> Callable[[Generator, int], Trials]:
    """Normal outcomes, half of whose variance two covariates explain; means 10 and 11."""

    def draw(rng: Generator, r: int) -> Trials:
        arm = _arms(n0, n1)
        x = rng.standard_normal((r, arm.size, 2))
        noise = rng.standard_normal((r, arm.size))
        common = 0.5 * (x[..., 0] + x[..., 1]) + np.sqrt(0.5) * noise
        y = 10.0 + arm + np.where(arm == 1, sd1, sd0) * common
        return Trials(y, arm, x, **_truth(10.0, 11.0, sd0))

    return draw


def lognormal(n0: int, n1: int) -> Callable[[Generator, int], Trials]:
    """Skewed outcomes such as earnings, 30% more in the programme; one covariate."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, n = _arms(n0, n1), n0 + n1
        x = rng.standard_normal((r, n, 1))
        y = np.exp(0.6 * x[..., 0] + 0.8 * rng.standard_normal((r, n))) * np.where(arm, 1.3, 1.0)
        m0 = float(np.exp(0.5))
        return Trials(y, arm, x, **_truth(m0, 1.3 * m0, m0 * float(np.sqrt(np.e - 1.0))))

    return draw


def binary(n: int, p0: float, p1: float) -> Callable[[Generator, int], Trials]:
    """Yes or no; a covariate that goes with how prone each person is."""

    def draw(rng: Generator, r: int) -> Trials:
        arm = _arms(n - n // 2, n // 2)
        prone = rng.standard_normal((r, n))
        y = (prone < np.where(arm, ndtri(p1), ndtri(p0))).astype(np.float64)
        x = (0.6 * prone + 0.8 * rng.standard_normal((r, n)))[..., None]
        return Trials(y, arm, x, **_truth(p0, p1, float(np.sqrt(p0 * (1.0 - p0)))))

    return draw


def counts(n: int) -> Callable[[Generator, int], Trials]:
    """Overdispersed counts (mean 2.5, variance three times Poisson's), 40% fewer served."""

    def draw(rng: Generator, r: int) -> Trials:
        arm = _arms(n - n // 2, n // 2)
        frailty = rng.gamma(1.25, 1.0 / 1.25, (r, n))
        y = rng.poisson(frailty * np.where(arm, 1.5, 2.5)).astype(np.float64)
        x = (np.log(frailty + 0.1) + rng.standard_normal((r, n)))[..., None]
        return Trials(y, arm, x, **_truth(2.5, 1.5, float(np.sqrt(2.5 + 2.5**2 / 1.25))))

    return draw


_SIZES = ((14, 10), (8, 8), (8, 4), (4, 8))  # comparison and programme, stratum by stratum


def _blocks(times: int) -> tuple[Ints, Ints]:
    arm = np.concatenate([_arms(a * times, b * times) for a, b in _SIZES])
    stratum = np.repeat(np.arange(4), [(a + b) * times for a, b in _SIZES])
    return arm, stratum.astype(np.int64)


def blocked(times: int) -> Callable[[Generator, int], Trials]:
    """Four strata of different levels, effects, variances and shares assigned."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, stratum = _blocks(times)
        level = np.array([8.0, 10.0, 12.0, 14.0])
        effect = np.array([0.5, 1.0, 1.5, 2.0])
        sd = np.array([1.0, 1.5, 2.0, 2.5])
        x = rng.standard_normal((r, arm.size, 1))
        noise = 0.6 * x[..., 0] + 0.8 * rng.standard_normal((r, arm.size))
        y = level[stratum] + effect[stratum] * arm + sd[stratum] * noise
        share = np.bincount(stratum) / arm.size
        # The comparison group's spread is that of its own mix of strata, as the scale defines.
        inside = np.bincount(stratum[arm == 0]) / (arm == 0).sum()
        mean0 = inside @ level
        variance = inside @ (sd**2 + (level - mean0) ** 2)
        m0 = float(share @ level)
        truth = _truth(m0, m0 + float(share @ effect), float(np.sqrt(variance)))
        return Trials(y, arm, x, stratum=stratum, **truth)

    return draw


def _cluster_rows(clusters: int, every: int) -> tuple[Ints, Ints]:
    """Every second (or `every`-th) cluster in the programme, sizes 4, 8, 12, 16, 35 in turn."""
    sizes = np.tile([4, 8, 12, 16, 35], clusters // 5)
    arm = (np.arange(clusters) % every == every - 1).astype(np.int64)
    return np.repeat(arm, sizes).astype(np.int64), np.repeat(np.arange(clusters), sizes)


def clustered(clusters: int, every: int = 2) -> Callable[[Generator, int], Trials]:
    """Whole clusters of very unequal size, outcomes alike within them; mean 10, effect 1."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, cluster = _cluster_rows(clusters, every)
        cluster = cluster.astype(np.int64)
        x = rng.standard_normal((r, arm.size, 1))
        shared = rng.standard_normal((r, clusters))[:, cluster]
        own = rng.standard_normal((r, arm.size))
        noise = np.sqrt(0.1) * shared + np.sqrt(0.9) * (0.6 * x[..., 0] + 0.8 * own)
        y = 10.0 + arm + 3.0 * noise
        return Trials(y, arm, x, cluster=cluster, **_truth(10.0, 11.0, 3.0))

    return draw


def rates(n: int) -> Callable[[Generator, int], Trials]:
    """Events over unequal time at risk, people unlike each other; rate 1.0 against 0.8."""

    def draw(rng: Generator, r: int) -> Trials:
        arm = _arms(n - n // 2, n // 2)
        exposure = rng.uniform(0.25, 2.0, (r, n))
        frailty = rng.gamma(2.0, 0.5, (r, n))
        y = rng.poisson(exposure * frailty * np.where(arm, 0.8, 1.0)).astype(np.float64)
        x = (np.log(frailty + 0.1) + rng.standard_normal((r, n)))[..., None]
        # Weighted by exposure, the variance of a rate y/e is E[e Var(y/e | e)] / E[e].
        variance = 1.0 / 1.125 + 0.5
        return Trials(y, arm, x, exposure=exposure, **_truth(1.0, 0.8, float(np.sqrt(variance))))

    return draw


def weighted(n: int) -> Callable[[Generator, int], Trials]:
    """Sampling weights that vary five-fold and go with the outcome; population mean 10."""

    def draw(rng: Generator, r: int) -> Trials:
        arm = _arms(n - n // 2, n // 2)
        x = rng.standard_normal((r, n, 1))
        tilt = 0.4 * x[..., 0] + 0.2 * rng.standard_normal((r, n))
        noise = 0.6 * x[..., 0] + 0.8 * rng.standard_normal((r, n))
        # Under the weights exp(tilt) the covariate is normal with mean 0.4.
        y = 10.0 - 0.72 + arm + 3.0 * noise
        return Trials(y, arm, x, weight=np.exp(tilt), **_truth(10.0, 11.0, 3.0))

    return draw


# --- finite populations -----------------------------------------------------------------------


def _shuffled(rng: Generator, r: int, n: int) -> Ints:
    return np.argsort(rng.random((r, n)), axis=1)


def finite(
    n0: int, n1: int, potential: Callable[[Generator, int], tuple[Floats, Floats, Floats]]
) -> Callable[[Generator, int], Trials]:
    """Fixed potential outcomes, complete randomisation."""

    def draw(rng: Generator, r: int) -> Trials:
        arm = _arms(n0, n1)
        y0, y1, x = potential(np.random.default_rng(SEED), arm.size)
        order = _shuffled(rng, r, arm.size)
        y = np.where(arm == 1, y1[order], y0[order])
        truth = _truth(float(y0.mean()), float(y1.mean()), float(y0.std(ddof=1)))
        return Trials(y, arm, x[order][..., None], **truth)

    return draw


def finite_blocked(times: int) -> Callable[[Generator, int], Trials]:
    """Fixed potential outcomes, randomised within four strata of different shares."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, stratum = _blocks(times)
        n = arm.size
        y0, y1, x = heterogeneous(np.random.default_rng(SEED), n)
        y0, y1 = y0 + 2.0 * stratum, y1 + 2.5 * stratum
        order = np.argsort(stratum + rng.random((r, n)), axis=1)
        y = np.where(arm == 1, y1[order], y0[order])
        inside = np.bincount(stratum[arm == 0]) / (arm == 0).sum()
        means = np.array([y0[stratum == s].mean() for s in range(4)])
        squares = np.array([((y0[stratum == s] - inside @ means) ** 2).mean() for s in range(4)])
        sd = float(np.sqrt(inside @ squares))
        truth = _truth(float(y0.mean()), float(y1.mean()), sd)
        return Trials(y, arm, x[order][..., None], stratum=stratum, **truth)

    return draw


def heterogeneous(rng: Generator, n: int) -> tuple[Floats, Floats, Floats]:
    """Normal, with effects that differ from person to person and with the covariate."""
    x = rng.standard_normal(n)
    y0 = 10.0 + 2.0 * (0.7 * x + np.sqrt(0.51) * rng.standard_normal(n))
    return y0, y0 + 1.0 + x + rng.standard_normal(n), x


def skewed(rng: Generator, n: int) -> tuple[Floats, Floats, Floats]:
    """Lognormal, with a multiplicative effect."""
    x = rng.standard_normal(n)
    y0 = np.exp(0.6 * x + 0.8 * rng.standard_normal(n))
    return y0, 1.3 * y0, x


def yes_or_no(rng: Generator, n: int) -> tuple[Floats, Floats, Floats]:
    """Binary, one person in ten moved from no to yes."""
    latent, x = rng.random(n), rng.standard_normal(n)
    y0, y1 = (latent < 0.3).astype(np.float64), (latent < 0.4).astype(np.float64)
    return y0, y1, x + y0


_SIZED = "sizes 4 to 35, intra-cluster correlation .1"


def designs() -> tuple[Design, ...]:
    """Every design, in the order of the tables."""
    both = "super", "finite"
    found = [
        *[
            Design(f"normal, {n}+{n}", both[0], "normal, equal arms", normal(n, n, 2.0, 2.0))
            for n in (10, 30, 100)
        ],
        Design(
            "normal, 60+20, SD 1 and 3",
            both[0],
            "the small arm varies more",
            normal(60, 20, 1.0, 3.0),
        ),
        Design(
            "normal, 60+20, SD 3 and 1",
            both[0],
            "the large arm varies more",
            normal(60, 20, 3.0, 1.0),
        ),
        *[
            Design(f"lognormal, {n}+{m}", both[0], "skewed, such as earnings", lognormal(n, m))
            for n, m in ((15, 15), (50, 50), (200, 200), (60, 20))
        ],
        *[
            Design(f"binary .3 to .4, n = {n}", both[0], "yes or no", binary(n, 0.3, 0.4))
            for n in (60, 200)
        ],
        Design("binary .10 to .06, n = 400", both[0], "rare, yes or no", binary(400, 0.1, 0.06)),
        *[
            Design(f"counts, 40% fewer, n = {n}", both[0], "overdispersed counts", counts(n))
            for n in (50, 200)
        ],
        *[
            Design(f"blocked, n = {64 * k}", both[0], "four strata, unequal shares", blocked(k))
            for k in (1, 3)
        ],
        *[
            Design(f"clusters, {g}", both[0], f"{_SIZED}, half served", clustered(g))
            for g in (10, 20, 40)
        ],
        Design("clusters, 20, 5 served", both[0], f"{_SIZED}, a quarter served", clustered(20, 4)),
        *[
            Design(f"rates, n = {n}", both[0], "events over unequal exposure", rates(n))
            for n in (40, 200)
        ],
        *[
            Design(
                f"sampling weights, n = {n}",
                both[0],
                "weights that go with the outcome",
                weighted(n),
            )
            for n in (60, 200)
        ],
        *[
            Design(
                f"finite, effects vary, n = {2 * n}",
                both[1],
                "normal, fixed",
                finite(n, n, heterogeneous),
            )
            for n in (20, 100)
        ],
        Design("finite, lognormal, n = 100", both[1], "skewed, fixed", finite(50, 50, skewed)),
        Design("finite, binary, n = 100", both[1], "yes or no, fixed", finite(60, 40, yes_or_no)),
        Design("finite, blocked, n = 64", both[1], "four strata, fixed", finite_blocked(1)),
    ]
    return tuple(found)
