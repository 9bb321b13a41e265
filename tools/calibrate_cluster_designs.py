"""Trials of clusters with known truth, many at a time, for measuring coverage.

Clusters are drawn anew each time (``super``), sizes and arms stay. See `calibrate_designs`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from calibrate_designs import Design, Ints, Trials, _truth
from numpy.random import Generator

SIX = (4, 8, 12, 16, 20, 35)
TEN = (4, 6, 8, 10, 12, 14, 16, 20, 30, 60)


def _rows(sizes: tuple[int, ...], served: int) -> tuple[Ints, Ints]:
    """Arm and cluster of each row; the last `served` clusters are in the programme."""
    clusters = np.arange(len(sizes))
    arm = (clusters >= len(sizes) - served).astype(np.int64)
    return np.repeat(arm, sizes), np.repeat(clusters, sizes).astype(np.int64)


def normal(
    sizes: tuple[int, ...], served: int, icc: float, *, ratio: float = 1.0
) -> Callable[[Generator, int], Trials]:
    """Normal outcomes, SD 3, means 10 and 11; clusters served vary `ratio` times as much.

    A covariate of individuals explains a third of the variance within clusters.
    """

    def draw(rng: Generator, r: int) -> Trials:
        arm, cluster = _rows(sizes, served)
        shared = rng.standard_normal((r, len(sizes)))[:, cluster] * np.where(arm == 1, ratio, 1.0)
        x = rng.standard_normal((r, arm.size, 1))
        own = np.sqrt(1 / 3) * x[..., 0] + np.sqrt(2 / 3) * rng.standard_normal((r, arm.size))
        y = 10.0 + arm + 3.0 * (np.sqrt(icc) * shared + np.sqrt(1.0 - icc) * own)
        return Trials(y, arm, x, cluster=cluster, **_truth(10.0, 11.0, 3.0))

    return draw


def rare_covariate(
    sizes: tuple[int, ...], served: int, marked: tuple[int, ...]
) -> Callable[[Generator, int], Trials]:
    """As `normal`, and two points more in a few marked clusters, told by the covariate."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, cluster = _rows(sizes, served)
        mark = np.isin(cluster, marked).astype(np.float64)
        shared = rng.standard_normal((r, len(sizes)))[:, cluster]
        own = rng.standard_normal((r, arm.size))
        noise = 3.0 * (np.sqrt(0.1) * shared + np.sqrt(0.9) * own)
        # Both means are those at the mean covariate, which is the same for both.
        level = 10.0 + 2.0 * (mark - mark.mean())
        x = np.broadcast_to(mark[:, None], (r, arm.size, 1))
        inside = mark[arm == 0]
        sd = float(np.sqrt(9.0 + 4.0 * inside.var()))
        return Trials(level + arm + noise, arm, x, cluster=cluster, **_truth(10.0, 11.0, sd))

    return draw


def lognormal(sizes: tuple[int, ...], served: int) -> Callable[[Generator, int], Trials]:
    """Skewed within and between clusters, 30% more in the programme."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, cluster = _rows(sizes, served)
        shared = rng.standard_normal((r, len(sizes)))[:, cluster]
        x = rng.standard_normal((r, arm.size, 1))
        own = 0.6 * x[..., 0] + 0.8 * rng.standard_normal((r, arm.size))
        y = np.exp(np.sqrt(0.1) * shared + np.sqrt(0.9) * own) * np.where(arm, 1.3, 1.0)
        m0 = float(np.exp(0.5))
        return Trials(
            y,
            arm,
            x,
            cluster=cluster,
            **_truth(m0, 1.3 * m0, m0 * float(np.sqrt(np.e - 1.0))),
        )

    return draw


def binary(sizes: tuple[int, ...], served: int) -> Callable[[Generator, int], Trials]:
    """Yes or no, .3 against .4, chances that differ between clusters (beta, correlation .1)."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, cluster = _rows(sizes, served)
        served_clusters = np.arange(len(sizes)) >= len(sizes) - served
        p = np.where(served_clusters, 0.4, 0.3)
        chance = rng.beta(9.0 * p, 9.0 * (1.0 - p), (r, len(sizes)))[:, cluster]
        y = (rng.random((r, arm.size)) < chance).astype(np.float64)
        x = rng.standard_normal((r, arm.size, 1))
        return Trials(y, arm, x, cluster=cluster, **_truth(0.3, 0.4, float(np.sqrt(0.21))))

    return draw


def blocked(times: int) -> Callable[[Generator, int], Trials]:
    """Three strata of clusters with unequal shares served, levels and effects."""

    def draw(rng: Generator, r: int) -> Trials:
        shape = [(2, 4), (3, 3), (4, 2)]  # comparison and programme
        sizes = (10, 14, 8, 20, 12, 16)
        arms, clusters, strata = [], [], []
        for _ in range(times):
            for s, (others, _served) in enumerate(shape):
                for k in range(6):
                    arms += [int(k >= others)] * sizes[k]
                    clusters += [len(set(clusters))] * sizes[k]
                    strata += [s] * sizes[k]
        arm, cluster = np.array(arms), np.array(clusters)
        stratum = np.array(strata)
        level, effect = np.array([8.0, 10.0, 12.0]), np.array([0.0, 1.0, 3.0])
        shared = rng.standard_normal((r, int(cluster.max()) + 1))[:, cluster]
        x = rng.standard_normal((r, arm.size, 1))
        own = np.sqrt(1 / 3) * x[..., 0] + np.sqrt(2 / 3) * rng.standard_normal((r, arm.size))
        noise = 2.0 * (np.sqrt(0.1) * shared + np.sqrt(0.9) * own)
        y = level[stratum] + effect[stratum] * arm + noise
        share = np.bincount(stratum) / arm.size
        inside = np.bincount(stratum[arm == 0]) / (arm == 0).sum()
        spread = inside @ (level - inside @ level) ** 2
        m0 = float(share @ level)
        truth = _truth(m0, m0 + float(share @ effect), float(np.sqrt(4.0 + spread)))
        return Trials(y, arm, x, stratum=stratum, cluster=cluster, **truth)

    return draw


def within(sizes: tuple[int, ...]) -> Callable[[Generator, int], Trials]:
    """Half of each cluster served, by individual; the effect differs from cluster to cluster."""

    def draw(rng: Generator, r: int) -> Trials:
        cluster = np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)
        arm = np.concatenate([np.arange(n) % 2 for n in sizes]).astype(np.int64)
        level = rng.standard_normal((r, len(sizes)))[:, cluster]
        effect = 1.0 + rng.standard_normal((r, len(sizes)))[:, cluster]
        x = rng.standard_normal((r, arm.size, 1))
        own = np.sqrt(1 / 3) * x[..., 0] + np.sqrt(2 / 3) * rng.standard_normal((r, arm.size))
        y = 10.0 + effect * arm + 3.0 * (np.sqrt(0.1) * level + np.sqrt(0.9) * own)
        return Trials(y, arm, x, cluster=cluster, **_truth(10.0, 11.0, 3.0))

    return draw


def cluster_designs() -> tuple[Design, ...]:
    """Every design, in the order of the tables."""
    unequal = "sizes 4 to 35 (with ten an arm, to 60)"

    def design(name: str, describe: str, draw: Callable[[Generator, int], Trials]) -> Design:
        return Design(name, "super", describe, draw)

    return (
        design("6+6, equal sizes", "15 each, correlation .1", normal((15,) * 12, 6, 0.1)),
        design("6+6", f"{unequal}, correlation .1", normal(SIX * 2, 6, 0.1)),
        design("6+6, correlation .4", unequal, normal(SIX * 2, 6, 0.4)),
        design("10+10", f"{unequal}, correlation .1", normal(TEN * 2, 10, 0.1)),
        design("10+10, correlation .4", unequal, normal(TEN * 2, 10, 0.4)),
        design("30+30", f"{unequal}, correlation .1", normal(TEN * 6, 30, 0.1)),
        design("16+4", f"{unequal}, correlation .1", normal(TEN + SIX + (8, 14, 20, 30), 4, 0.1)),
        design(
            "16+4, served vary twice as much",
            f"{unequal}, correlation .1 among the others",
            normal(TEN + SIX + (8, 14, 20, 30), 4, 0.1, ratio=2.0),
        ),
        design(
            "6+6, covariate on 2 clusters",
            "one cluster in each arm is two points higher; the covariate says which",
            rare_covariate(SIX * 2, 6, (2, 9)),
        ),
        design(
            "10+10, covariate on 3 clusters",
            "one cluster of comparison and two served are two points higher",
            rare_covariate(TEN * 2, 10, (4, 13, 17)),
        ),
        design("18 in 3 strata", "shares served 1/3, 1/2, 2/3; effects 0, 1, 3", blocked(1)),
        design("54 in 3 strata", "shares served 1/3, 1/2, 2/3; effects 0, 1, 3", blocked(3)),
        design(
            "15, both arms in each", "assigned by individual; effects vary", within(TEN + TEN[:5])
        ),
        design("10+10, yes or no", ".3 against .4, correlation .1", binary(TEN * 2, 10)),
        design("10+10, skewed", "lognormal, such as earnings", lognormal(TEN * 2, 10)),
        design("30+30, skewed", "lognormal, such as earnings", lognormal(TEN * 6, 30)),
    )
