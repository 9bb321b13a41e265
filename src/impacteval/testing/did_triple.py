"""Known-truth roll-outs in places, to the eligible among their people.

Places that begin have a trend of their own, and so have the eligible: comparing the eligible of the
served places with any one other group misses the effect, and so does anything that does not know
who is eligible. Only estimators of triple differences are tried on these samples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.testing.samples import KnownSample, SampleMaker, register

Floats = NDArray[np.float64]

_BASE, _FIRST = 5.0, 2001
_OWN, _WAVE, _ROW, _SHARED = 1.0, 0.3, 0.5, 0.35
_ROLES: Mapping[str, Any] = {
    "design": "did",
    "outcome": "y",
    "unit": "unit",
    "period": "year",
    "treatment": "treated",
    "adopted": "start",
    "group": "place",
    "subgroup": "eligible",
    "source": "known-truth sample",
}


@dataclass(frozen=True)
class _Law:
    """How a sample is drawn.

    Attributes
    ----------
    places : tuple of (start or None, number of places)
        Starts as places of the periods.
    members : tuple of (int, int)
        Eligible units of a place, and others; every second place has the numbers exchanged, so that
        the share of the eligible goes with the place.
    n_periods : int
    growth : float
        Share by which the effect grows with each period of service.
    slope : float
        Trend by the covariate, steeper in places that begin; its mean differs by group. Taken at the
        covariates of other people than the served, the trend of their places is another one.
    clustered : bool
        Whether what the eligible of a place have in common moves from period to period.
    repeated : bool
        Whether each row is another unit.
    heavy : float
        Weight of every second unit, which has half the effect more.
    lost : float
        Share of rows that are missing.
    """

    places: tuple[tuple[int | None, int], ...]
    members: tuple[int, int] = (6, 5)
    n_periods: int = 2
    growth: float = 0.0
    slope: float = 0.0
    clustered: bool = False
    repeated: bool = False
    heavy: float = 1.0
    lost: float = 0.0


def _drawn(law: _Law, rng: np.random.Generator, lift: float) -> KnownSample:
    starts = [law.n_periods if s is None else s for s, k in law.places for _ in range(k)]
    sizes = [law.members if p % 2 == 0 else law.members[::-1] for p in range(len(starts))]
    place = np.repeat(np.arange(len(starts)), [sum(m) for m in sizes])
    eligible = np.concatenate([np.repeat([True, False], m) for m in sizes])
    n, t = len(place), np.arange(law.n_periods)
    begins = np.array(starts)[place]
    order = np.searchsorted(np.unique(begins), begins)  # later starts, other levels and trends
    served = eligible & (begins < law.n_periods)
    heavy = (np.arange(n) % 2 == 1) & (law.heavy != 1.0)
    mean_x = (0.4 * eligible - 0.3 * order + 0.3 * (eligible & (order == 0))) * (law.slope != 0.0)
    x = mean_x + rng.standard_normal(n)
    trend = 0.3 * np.sin(t) + np.outer(0.25 * order - 0.15 * eligible, t)
    level = _BASE + 0.5 * order + 0.7 * eligible + 1.5 * heavy
    slope = law.slope * (1.0 + (begins < law.n_periods))
    without = level[:, None] + trend + np.outer(slope * x, t)
    noise = _OWN * rng.standard_normal((n, law.n_periods if law.repeated else 1))
    noise = noise + _ROW * rng.standard_normal((n, law.n_periods))
    if not law.repeated:
        noise = noise + np.cumsum(_WAVE * rng.standard_normal((n, law.n_periods)), axis=1)
    if law.clustered:
        common = _SHARED * rng.standard_normal((len(starts), 2, law.n_periods))
        noise = noise + common[place, eligible.astype(int)]
    on = served[:, None] & (t >= begins[:, None])
    since = np.maximum(t - begins[:, None], 0)
    effect = lift * _BASE * (1.0 + law.growth * since) * np.where(heavy, 1.5, 1.0)[:, None]
    kept = rng.random((n, law.n_periods)) >= law.lost
    rows = on & kept
    weight = np.broadcast_to(np.where(heavy, law.heavy, 1.0)[:, None], on.shape)
    expected = level[:, None] + trend + np.outer(slope * mean_x, t)
    total = float((weight * effect)[rows].sum())
    truth = {
        "difference": total / float(weight[rows].sum()),
        "relative": total / float((weight * expected)[rows].sum()),
        "total": total,
    }
    if law.slope == 0.0 and law.heavy == 1.0 and not law.clustered:
        baseline = min(starts) - 1
        waves = 0.0 if law.repeated else (baseline + 1) * _WAVE**2
        truth["standardised"] = truth["difference"] / math.sqrt(_OWN**2 + waves + _ROW**2)
    names = np.array([f"u{i:05d}" for i in range(1, n * law.n_periods + 1)])
    periods = law.n_periods
    columns: dict[str, NDArray[Any]] = {
        "unit": names if law.repeated else np.repeat(names[:n], periods),
        "year": np.tile(_FIRST + t, n),
        "start": np.repeat(np.where(served, _FIRST + begins, np.nan), periods),
        "treated": on.astype(np.int64).ravel(),
        "eligible": np.repeat(np.where(eligible, "yes", "no"), periods),
        "place": np.repeat(np.array([f"p{c:03d}" for c in place]), periods),
        "y": (without + on * effect + noise).ravel(),
    }
    roles = dict(_ROLES)
    if law.clustered:
        roles |= {"cluster": "place"}
    if law.slope:
        columns["x"] = np.repeat(x, periods)
        roles |= {"covariates": ["x"]}
    if law.heavy != 1.0:
        columns["w"] = weight.ravel().copy()
        roles |= {"weight": "w"}
    inside = kept.ravel()
    clusters = len(np.unique(place[rows.any(axis=1)]))
    return KnownSample(
        columns={name: values[inside] for name, values in columns.items()},
        roles=roles,
        truth=truth,
        treated_clusters=clusters,
    )


_STAGGERED = ((None, 12), (2, 8), (3, 8))


def triple(rng: np.random.Generator, lift: float) -> KnownSample:
    """20 places, 8 of which begin in the second of two years."""
    return _drawn(_Law(((None, 12), (1, 8)), members=(7, 6)), rng, lift)


def triple_staggered(rng: np.random.Generator, lift: float) -> KnownSample:
    """28 places over four years, two starting dates, effects that grow."""
    return _drawn(_Law(_STAGGERED, n_periods=4, growth=0.5), rng, lift)


def triple_covariates(rng: np.random.Generator, lift: float) -> KnownSample:
    """Trends that go with a covariate, which goes with place and eligibility."""
    law = _Law(((None, 24), (1, 16)), members=(10, 8), slope=0.5)
    return _drawn(law, rng, lift)


def triple_clusters(rng: np.random.Generator, lift: float) -> KnownSample:
    """What the eligible of a place have in common moves: errors by unit are too small."""
    return _drawn(_Law(((None, 36), (1, 36)), members=(6, 4), clustered=True), rng, lift)


def triple_weights(rng: np.random.Generator, lift: float) -> KnownSample:
    """Weights that go with level and effect."""
    return _drawn(_Law(((None, 14), (2, 14)), n_periods=4, heavy=3.0), rng, lift)


def triple_unbalanced(rng: np.random.Generator, lift: float) -> KnownSample:
    """One row in eight is missing, by chance."""
    return _drawn(_Law(_STAGGERED, n_periods=4, lost=0.125), rng, lift)


def triple_repeated(rng: np.random.Generator, lift: float) -> KnownSample:
    """Other people in each year."""
    return _drawn(_Law(_STAGGERED, members=(9, 8), n_periods=4, repeated=True), rng, lift)


def _three_ways(estimator: object) -> bool:
    """Whether the estimator knows what the eligible are: for others trends are not parallel."""
    return getattr(estimator, "name", "") == "triple-difference"


def _adjusts(estimator: object) -> bool:
    """Whether covariates are taken at those of the served."""
    return _three_ways(estimator) and getattr(estimator, "method", "") != "ols"


register(
    SampleMaker("triple", "did", triple, lift=-0.2, replications=200, suits=_three_ways),
    SampleMaker("triple-staggered", "did", triple_staggered, lift=-0.2, replications=100, suits=_three_ways),
    SampleMaker("triple-covariates", "did", triple_covariates, lift=-0.2, replications=80, suits=_adjusts),
    SampleMaker("triple-clusters", "did", triple_clusters, lift=-0.2, replications=100, suits=_three_ways),
    SampleMaker("triple-weights", "did", triple_weights, lift=-0.2, suits=_three_ways),
    SampleMaker("triple-unbalanced", "did", triple_unbalanced, lift=-0.2, suits=_three_ways),
    SampleMaker("triple-repeated", "did", triple_repeated, lift=-0.2, suits=_three_ways),
)  # fmt: skip
