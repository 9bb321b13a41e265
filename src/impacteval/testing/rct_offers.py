"""Known-truth trials of an offer that not everyone follows: the truth is the compliers' effect.

People who take part anyway start higher, and people who never do start lower, so that comparing
those who took part with those who did not is wrong, and so is the effect of the offer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.testing.samples import KnownSample, SampleMaker, register

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALWAYS, NEVER, COMPLIER = range(3)

_BASE = 5.0
_LEVELS = np.array([_BASE + 1.0, _BASE - 1.0, _BASE])
_ROLES: Mapping[str, Any] = {
    "design": "rct",
    "outcome": "y",
    "unit": "unit",
    "assigned": "offered",
    "received": "took",
    "source": "known-truth sample",
}


def _offered(rng: np.random.Generator, n: int, offers: int) -> Ints:
    z = np.zeros(n, dtype=np.int64)
    z[rng.permutation(n)[:offers]] = 1
    return z


def _types(rng: np.random.Generator, n: int, always: float, never: float) -> Ints:
    return rng.choice(3, size=n, p=[always, never, 1.0 - always - never]).astype(np.int64)


def _took(kind: Ints, offered: Ints) -> Ints:
    return np.where(kind == COMPLIER, offered, (kind == ALWAYS).astype(np.int64))


def _columns(**columns: NDArray[Any]) -> dict[str, NDArray[Any]]:
    n = len(columns["y"])
    return {"unit": np.array([f"u{i:04d}" for i in range(1, n + 1)]), **columns}


def _plain(
    rng: np.random.Generator, lift: float, *, sizes: tuple[int, int], always: float, never: float
) -> KnownSample:
    """Offered first in `sizes`; noise of standard deviation 1."""
    n, effect = sum(sizes), lift * _BASE
    z, kind = _offered(rng, n, sizes[0]), _types(rng, n, always, never)
    took = _took(kind, z)
    y = _LEVELS[kind] + effect * took + rng.standard_normal(n)
    share = 1.0 - always - never
    shares = np.array([always, never, share])
    without = _LEVELS + effect * np.array([1.0, 0.0, 0.0])
    mean = float(shares @ without)
    return KnownSample(
        columns=_columns(offered=z, took=took, y=y),
        roles=_ROLES,
        truth={
            "difference": effect,
            "relative": lift,
            "total": effect * share * sizes[0],
            "standardised": effect / math.sqrt(1.0 + float(shares @ (without - mean) ** 2)),
        },
        treated_clusters=sizes[0],
    )


def two_sided(rng: np.random.Generator, lift: float) -> KnownSample:
    """160 people, 90 offered; three in twenty take part anyway, one in four never."""
    return _plain(rng, lift, sizes=(90, 70), always=0.15, never=0.25)


def small(rng: np.random.Generator, lift: float) -> KnownSample:
    """30 people, half of them offered; one in six never takes part, nobody without an offer."""
    known = _plain(rng, lift, sizes=(15, 15), always=0.0, never=1.0 / 6.0)
    truth = {scale: value for scale, value in known.truth.items() if scale != "standardised"}
    return KnownSample(known.columns, known.roles, truth, known.treated_clusters)


def covariates(rng: np.random.Generator, lift: float) -> KnownSample:
    """120 people, one-sided; a covariate that goes with the outcome and with take-up."""
    n, offers, effect = 120, 60, lift * _BASE
    z, x = _offered(rng, n, offers), rng.standard_normal(n)
    willing = x + rng.standard_normal(n) > -0.75
    kind = np.where(willing, COMPLIER, NEVER)
    # Of two normals with correlation 1/sqrt(2): the mean of x where their sum exceeds -0.75.
    cut = -0.75 / math.sqrt(2.0)
    share = 0.5 * math.erfc(cut / math.sqrt(2.0))
    density = math.exp(-0.5 * cut * cut) / math.sqrt(2.0 * math.pi)
    start = _BASE + 0.5 * density / share / math.sqrt(2.0)
    took = _took(kind, z)
    y = _BASE + 0.5 * x + effect * took + 0.8 * rng.standard_normal(n)
    return KnownSample(
        columns=_columns(offered=z, took=took, x=x, y=y),
        roles={**_ROLES, "covariates": ["x"]},
        truth={
            "difference": effect,
            "relative": effect / start,
            "total": effect * share * offers,
            "standardised": effect / math.sqrt(0.25 + 0.64),
        },
        treated_clusters=offers,
    )


def strata(rng: np.random.Generator, lift: float) -> KnownSample:
    """Three strata whose chance of an offer, take-up, level and effect differ.

    Ignoring the strata mixes level and chance; two-stage least squares with a dummy a stratum
    weighs them by the variance of the offer.
    """
    size, effect = 80, lift * (_BASE + 2.0)
    stratum, level = np.repeat(np.arange(3), size), _BASE + np.array([0.0, 2.0, 4.0])
    share, effects = np.array([0.9, 0.7, 0.5]), effect * np.array([0.5, 1.0, 2.0])
    offers = (20, 40, 60)
    z = np.concatenate([_offered(rng, size, k) for k in offers])
    kind = np.concatenate([_types(rng, size, 0.0, 1.0 - s) for s in share])
    took = _took(kind, z)
    y = level[stratum] + effects[stratum] * took + rng.standard_normal(3 * size)
    found = float(share @ effects / share.sum())
    return KnownSample(
        columns=_columns(offered=z, took=took, stratum=np.array(["a", "b", "c"])[stratum], y=y),
        roles={**_ROLES, "stratum": "stratum"},
        truth={"difference": found, "relative": found / float(share @ level / share.sum())},
        treated_clusters=sum(offers),
    )


def clusters(rng: np.random.Generator, lift: float) -> KnownSample:
    """30 classes of eight, offered whole; outcomes go together within a class."""
    count, each, effect = 30, 8, lift * _BASE
    offered, cluster = _offered(rng, count, count // 2), np.repeat(np.arange(count), each)
    z = offered[cluster]
    kind = _types(rng, count * each, 0.1, 0.2)
    took = _took(kind, z)
    noise = 0.8 * rng.standard_normal(count)[cluster] + rng.standard_normal(count * each)
    y = _BASE + _LEVELS[kind] + 2 * effect * took + noise
    return KnownSample(
        columns=_columns(
            offered=z,
            took=took,
            school=np.array([f"c{c:02d}" for c in range(count)])[cluster],
            y=y,
        ),
        roles={**_ROLES, "cluster": "school", "assignment_cluster": "school"},
        truth={
            "difference": 2 * effect,
            "relative": lift,
            "total": 2 * effect * 0.7 * (count // 2) * each,
        },
        treated_clusters=count // 2,
    )


def weights(rng: np.random.Generator, lift: float) -> KnownSample:
    """Sampling weights that go with level, take-up and effect: ignoring them misses all three."""
    n, offers = 600, 300
    heavy = np.arange(n) % 2
    z = np.zeros(n, dtype=np.int64)
    for part in (0, 1):
        z[heavy == part] = _offered(rng, n // 2, offers // 2)
    share = np.array([0.4, 0.8])
    kind = np.where(rng.random(n) < share[heavy], COMPLIER, NEVER)
    took = _took(kind, z)
    level, effect = np.array([_BASE, 2 * _BASE]), lift * _BASE * np.array([2.0, 0.5])
    y = level[heavy] + effect[heavy] * took + rng.standard_normal(n)
    mass = share * np.array([1.0, 4.0])
    found = float(mass @ effect / mass.sum())
    return KnownSample(
        columns=_columns(offered=z, took=took, w=np.where(heavy == 1, 4.0, 1.0), y=y),
        roles={**_ROLES, "weight": "w"},
        truth={"difference": found, "relative": found / float(mass @ level / mass.sum())},
        treated_clusters=offers,
    )


_WHOSE = ("participants",)

register(
    SampleMaker("two_sided", "rct", two_sided, replications=300, estimands=_WHOSE),
    SampleMaker(
        "small_offer", "rct", small, lift=-0.2, replications=300, small=True, estimands=_WHOSE
    ),
    SampleMaker("offer_covariates", "rct", covariates, replications=200, estimands=_WHOSE),
    SampleMaker("offer_strata", "rct", strata, lift=-0.2, replications=200, estimands=_WHOSE),
    SampleMaker("offer_clusters", "rct", clusters, replications=150, estimands=_WHOSE),
    SampleMaker("offer_weights", "rct", weights, estimands=_WHOSE),
)
