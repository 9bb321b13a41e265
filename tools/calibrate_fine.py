"""Trials with known truth: matched pairs, thin strata, and outcomes that a curve is fitted to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr

sys.path.insert(0, str(Path(__file__).parent))

from calibrate_designs import SEED, Design, Ints, Trials, binary, counts, finite, rates, yes_or_no

Draw = Callable[[Generator, int], Trials]


def _truth(m0: float, m1: float, sd0: float) -> dict[str, float]:
    return {"difference": m1 - m0, "relative": m1 / m0 - 1.0, "standardised": (m1 - m0) / sd0}


def _paired(pairs: int) -> tuple[Ints, Ints]:
    """Arm and pair of each row, the comparison unit first."""
    arm = np.tile([0, 1], pairs).astype(np.int64)
    return arm, np.repeat(np.arange(pairs), 2).astype(np.int64)


# --- pairs ------------------------------------------------------------------------------------


def normal_pairs(pairs: int) -> Draw:
    """Pairs alike in half of their variance; mean 10, effect 1 with a spread of 1 over pairs."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, pair = _paired(pairs)
        shared = rng.standard_normal((r, pairs))[:, pair]
        gain = 1.0 + rng.standard_normal((r, pairs))[:, pair]
        y = 10.0 + gain * arm + 2.0 * np.sqrt(0.5) * (shared + rng.standard_normal(shared.shape))
        return Trials(y, arm, y[..., None], pair=pair, **_truth(10.0, 11.0, 2.0))

    return draw


def skewed_pairs(pairs: int) -> Draw:
    """Skewed outcomes, 30% more in the programme."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, pair = _paired(pairs)
        shared = rng.standard_normal((r, pairs))[:, pair]
        log = 0.8 * shared + 0.6 * rng.standard_normal(shared.shape)
        y = np.exp(log) * np.where(arm, 1.3, 1.0)
        m0 = float(np.exp(0.5))
        truth = _truth(m0, 1.3 * m0, m0 * float(np.sqrt(np.e - 1.0)))
        return Trials(y, arm, y[..., None], pair=pair, **truth)

    return draw


def binary_pairs(pairs: int) -> Draw:
    """Yes or no, .3 against .4."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, pair = _paired(pairs)
        shared = rng.standard_normal((r, pairs))[:, pair]
        prone = ndtr(np.sqrt(0.5) * (shared + rng.standard_normal(shared.shape)))
        y = (prone < np.where(arm, 0.4, 0.3)).astype(np.float64)
        return Trials(y, arm, y[..., None], pair=pair, **_truth(0.3, 0.4, float(np.sqrt(0.21))))

    return draw


def cluster_pairs(pairs: int) -> Draw:
    """Pairs of clusters of 4 to 20 people, the two of a pair alike; mean 10, effect 1."""

    def draw(rng: Generator, r: int) -> Trials:
        sizes = np.tile([4, 8, 12, 20], pairs)[:pairs]
        arm = np.concatenate([np.repeat([0, 1], [m, m + 2]) for m in sizes]).astype(np.int64)
        pair = np.repeat(np.arange(pairs), 2 * sizes + 2).astype(np.int64)
        cluster = 2 * pair + arm
        between = 0.7 * rng.standard_normal((r, pairs))[:, pair]
        within = 0.5 * rng.standard_normal((r, 2 * pairs))[:, cluster]
        noise = rng.standard_normal((r, arm.size))
        y = 10.0 + arm + 2.0 * (between + within + np.sqrt(0.26) * noise)
        return Trials(y, arm, y[..., None], pair=pair, cluster=cluster, **_truth(10.0, 11.0, 2.0))

    return draw


def finite_pairs(pairs: int, spread: float) -> Draw:
    """Fixed potential outcomes; who of the two is served is drawn."""

    def draw(rng: Generator, r: int) -> Trials:
        fixed = np.random.default_rng(SEED)
        shared = fixed.standard_normal(pairs)
        y0 = 10.0 + np.sqrt(2.0) * (shared[:, None] + fixed.standard_normal((pairs, 2)))
        y1 = y0 + 1.0 + spread * fixed.standard_normal(pairs)[:, None]
        first = rng.integers(0, 2, (r, pairs))
        at = np.arange(pairs)
        y = np.empty((r, 2 * pairs))
        y[:, 0::2], y[:, 1::2] = y0[at, first], y1[at, 1 - first]
        arm, pair = _paired(pairs)
        truth = _truth(float(y0.mean()), float(y1.mean()), float(y0.std(ddof=1)))
        return Trials(y, arm, y[..., None], pair=pair, **truth)

    return draw


# --- thin strata ------------------------------------------------------------------------------


def _thin_blocks(strata: int, thick: int) -> tuple[Ints, Ints]:
    """Thin strata with one served among two to five, then `thick` strata of 8 with 3 served."""
    sizes = np.tile([2, 3, 4, 5], strata)[:strata]
    parts = [np.repeat([0, 1], [m - 1, 1]) for m in sizes]
    parts += [np.repeat([0, 1], [5, 3])] * thick
    stratum = np.repeat(np.arange(strata + thick), [len(p) for p in parts])
    return np.concatenate(parts).astype(np.int64), stratum.astype(np.int64)


def thin(strata: int, thick: int) -> Draw:
    """Strata of different levels; mean 10, effect 1; the levels drawn anew each time."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, stratum = _thin_blocks(strata, thick)
        level = 1.5 * rng.standard_normal((r, strata + thick))[:, stratum]
        y = 10.0 + arm + level + rng.standard_normal((r, arm.size))
        # The comparison group's spread is that of its own mix of strata.
        own = np.bincount(stratum[arm == 0]) / (arm == 0).sum()
        count = (arm == 0).sum()
        variance = 1.0 + 1.5**2 * (1.0 - float((own**2).sum())) * count / (count - 1.0)
        truth = _truth(10.0, 11.0, float(np.sqrt(variance)))
        return Trials(y, arm, y[..., None], stratum=stratum, **truth)

    return draw


def finite_thin(strata: int, thick: int, spread: float) -> Draw:
    """Fixed potential outcomes, drawn within thin strata."""

    def draw(rng: Generator, r: int) -> Trials:
        arm, stratum = _thin_blocks(strata, thick)
        fixed = np.random.default_rng(SEED)
        blocks = strata + thick
        y0 = 10.0 + 1.5 * fixed.standard_normal(blocks)[stratum] + fixed.standard_normal(arm.size)
        y1 = y0 + 1.0 + spread * fixed.standard_normal(blocks)[stratum]
        order = np.argsort(stratum + rng.random((r, arm.size)), axis=1)
        y = np.where(arm == 1, y1[order], y0[order])
        inside = np.bincount(stratum[arm == 0]) / (arm == 0).sum()
        size = np.bincount(stratum)
        means = np.bincount(stratum, weights=y0) / size
        squares = np.bincount(stratum, weights=y0**2) / size
        count = (arm == 0).sum()
        variance = (inside @ squares - (inside @ means) ** 2) * count / (count - 1.0)
        truth = _truth(float(y0.mean()), float(y1.mean()), float(np.sqrt(variance)))
        return Trials(y, arm, y[..., None], stratum=stratum, **truth)

    return draw


# --- outcomes with a curve --------------------------------------------------------------------

_SHARES = ((20, 20), (30, 10), (10, 30))


def binary_blocked(times: int) -> Draw:
    """Yes or no in three strata of different levels and shares assigned."""

    def draw(rng: Generator, r: int) -> Trials:
        arm = np.concatenate([np.repeat([0, 1], [a * times, b * times]) for a, b in _SHARES])
        stratum = np.repeat(np.arange(3), 40 * times).astype(np.int64)
        low, high = np.array([0.25, 0.4, 0.55]), np.array([0.4, 0.5, 0.75])
        prone = rng.standard_normal((r, arm.size))
        x = (0.6 * prone + 0.8 * rng.standard_normal(prone.shape))[..., None]
        y = (ndtr(prone) < np.where(arm, high[stratum], low[stratum])).astype(np.float64)
        inside = np.bincount(stratum[arm == 0]) / (arm == 0).sum()
        m = float(inside @ low)
        truth = _truth(float(low.mean()), float(high.mean()), float(np.sqrt(m * (1.0 - m))))
        return Trials(y, arm.astype(np.int64), x, stratum=stratum, **truth)

    return draw


def binary_clusters(clusters: int) -> Draw:
    """Yes or no in whole clusters of 6 to 20, .3 against .45."""

    def draw(rng: Generator, r: int) -> Trials:
        sizes = np.tile([6, 10, 14, 20], clusters // 4)
        # Every size stands in both arms, one after the other.
        served = (np.arange(clusters) // 4 + np.arange(clusters)) % 2
        cluster = np.repeat(np.arange(clusters), sizes).astype(np.int64)
        arm = served[cluster].astype(np.int64)
        shared = rng.standard_normal((r, clusters))[:, cluster]
        own = rng.standard_normal((r, arm.size))
        prone = np.sqrt(0.1) * shared + np.sqrt(0.9) * own
        x = (0.6 * own + 0.8 * rng.standard_normal(own.shape))[..., None]
        y = (ndtr(prone) < np.where(arm, 0.45, 0.3)).astype(np.float64)
        return Trials(y, arm, x, cluster=cluster, **_truth(0.3, 0.45, float(np.sqrt(0.21))))

    return draw


def fine_designs() -> tuple[Design, ...]:
    """Pairs and thin strata, in the order of the tables."""
    both = "super", "finite"
    return (
        *[
            Design(
                f"pairs, {m}", both[0], "normal, the effect differs between pairs", normal_pairs(m)
            )
            for m in (8, 20, 100)
        ],
        *[
            Design(f"pairs, lognormal, {m}", both[0], "skewed, such as earnings", skewed_pairs(m))
            for m in (30, 150)
        ],
        *[Design(f"pairs, binary, {m}", both[0], "yes or no", binary_pairs(m)) for m in (60, 200)],
        *[
            Design(
                f"pairs of clusters, {m}",
                both[0],
                "sizes 4 to 22, alike within pairs",
                cluster_pairs(m),
            )
            for m in (8, 20)
        ],
        *[
            Design(f"thin strata, {k}", both[0], "one served among two to five", thin(k, 0))
            for k in (12, 40)
        ],
        Design(
            "thin strata, 20, and 5 others",
            both[0],
            "thin strata beside strata of eight",
            thin(20, 5),
        ),
        Design(
            "finite pairs, one effect, 20",
            both[1],
            "fixed, the same effect in every pair",
            finite_pairs(20, 0.0),
        ),
        Design(
            "finite pairs, effects vary, 20",
            both[1],
            "fixed, the effect differs between pairs",
            finite_pairs(20, 1.0),
        ),
        Design(
            "finite thin strata, one effect, 20",
            both[1],
            "fixed, the same effect everywhere",
            finite_thin(20, 3, 0.0),
        ),
        Design(
            "finite thin strata, effects vary, 20",
            both[1],
            "fixed, the effect differs between strata",
            finite_thin(20, 3, 1.0),
        ),
    )


def curved_designs() -> tuple[Design, ...]:
    """Yes or no, counts and rates, in the order of the tables."""
    both = "super", "finite"
    return (
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
            Design(f"rates, n = {n}", both[0], "events over unequal exposure", rates(n))
            for n in (40, 200)
        ],
        *[
            Design(
                f"binary, blocked, n = {120 * k}",
                both[0],
                "three strata, unequal shares",
                binary_blocked(k),
            )
            for k in (1, 3)
        ],
        *[
            Design(
                f"binary, clusters, {g}", both[0], "sizes 6 to 20, correlated", binary_clusters(g)
            )
            for g in (16, 40)
        ],
        Design("finite, binary, n = 100", both[1], "yes or no, fixed", finite(60, 40, yes_or_no)),
    )
