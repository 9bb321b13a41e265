"""Known-truth roll-outs: staggered, growing effects, covariates, clusters, gaps, cross-sections.

Trends are parallel (given the covariates, where there are any), levels differ by starting date,
and what units have in common over time is large beside what they do not, so that errors which
treat the rows of a unit as independent are far off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.testing.samples import KnownSample, SampleMaker, register

Floats = NDArray[np.float64]

_BASE = 5.0
_FIRST = 2001
_ROLES: Mapping[str, Any] = {
    "design": "did",
    "outcome": "y",
    "unit": "unit",
    "period": "year",
    "treatment": "treated",
    "adopted": "start",
    "source": "known-truth sample",
}
_UNIT_SPREAD, _ROW_SPREAD, _WAVE = 1.0, 0.6, 0.4

# Starting period and number of units; None is never.
_STAGGERED = ((None, 40), (2, 30), (3, 30))


def _rollout(
    rng: np.random.Generator,
    *,
    cohorts: tuple[tuple[int | None, int], ...],
    n_periods: int,
    effect: Callable[[int, int], float],
    clusters_of: int = 1,
    slope: float = 0.0,
    repeated: bool = False,
    heavy: float = 1.0,
    lost: float = 0.0,
) -> KnownSample:
    """A roll-out of that law.

    `effect` takes start and period. `clusters_of` units share a place that starts as a whole.
    With a `slope`, trends go with a covariate that goes with the start. In `repeated` each row is
    another unit. Every second unit weighs `heavy`, has a higher level and half the effect more.
    A share `lost` of the rows is missing.
    """
    starts: list[int | None] = [s for s, n in cohorts for _ in range(n)]
    n = len(starts)
    start = np.array([n_periods if s is None else s for s in starts])
    order = {s: k for k, s in enumerate(sorted(set(start.tolist())))}
    level = _BASE + 0.8 * np.array([order[s] for s in start.tolist()])
    place = np.arange(n) // clusters_of
    t = np.arange(n_periods)
    season = 0.5 * np.sin(t) + 0.2 * t
    heavy_unit = (np.arange(n) % 2 == 1) & (heavy != 1.0)
    x = rng.standard_normal(n) + np.where(start < n_periods, 0.5, 0.0) * (slope != 0.0)
    own = _UNIT_SPREAD * rng.standard_normal((n, n_periods if repeated else 1))
    shared = 0.5 * rng.standard_normal((place.max() + 1, n_periods))[place] * (clusters_of > 1)
    # The wave is common to a unit's neighbouring periods: errors by row are too small.
    wave = np.cumsum(_WAVE * rng.standard_normal((n, n_periods)), axis=1) * (not repeated)
    noise = own + shared + wave + _ROW_SPREAD * rng.standard_normal((n, n_periods))
    without = (level + 2.0 * heavy_unit)[:, None] + season + slope * x[:, None] * t
    on = t >= start[:, None]
    lift = np.array([[effect(int(s), int(p)) if p >= s else 0.0 for p in t] for s in start])
    lift = lift * np.where(heavy_unit, 1.5, 1.0)[:, None]
    weight = np.broadcast_to(np.where(heavy_unit, heavy, 1.0)[:, None], on.shape)
    kept = rng.random((n, n_periods)) >= lost
    rows = on & kept
    expected = (level + 2.0 * heavy_unit)[:, None] + season + 0.5 * slope * t
    total = float((weight * lift)[rows].sum())
    truth = {
        "difference": total / float(weight[rows].sum()),
        "relative": total / float((weight * expected)[rows].sum()),
        "total": total,
    }
    if clusters_of == 1 and heavy == 1.0:
        baseline = 0 if n_periods == 2 else int(start.min()) - 1
        waves = 0.0 if repeated else (baseline + 1) * _WAVE**2
        variance = _UNIT_SPREAD**2 + waves + _ROW_SPREAD**2 + (slope * baseline) ** 2
        truth["standardised"] = truth["difference"] / math.sqrt(variance)
    units = np.array([f"u{i:04d}" for i in range(1, n + 1)])
    columns: dict[str, NDArray[Any]] = {
        "unit": np.repeat(units, n_periods),
        "year": np.tile(_FIRST + t, n),
        "start": np.repeat(np.where(start < n_periods, _FIRST + start, np.nan), n_periods),
        "treated": on.astype(np.int64).ravel(),
        "y": (without + lift + noise).ravel(),
    }
    roles = dict(_ROLES)
    if clusters_of > 1:
        columns["place"] = np.repeat(np.array([f"p{c:03d}" for c in place]), n_periods)
        roles |= {"cluster": "place", "assignment_cluster": "place"}
    if slope:
        columns["x"] = np.repeat(x, n_periods)
        roles |= {"covariates": ["x"]}
    if heavy != 1.0:
        columns["w"] = weight.ravel().copy()
        roles |= {"weight": "w"}
    if repeated:
        columns["unit"] = np.array([f"r{i:05d}" for i in range(1, n * n_periods + 1)])
    columns = {name: values[kept.ravel()] for name, values in columns.items()}
    served = place[rows.any(axis=1)]
    clusters = int(rows.sum()) if repeated else len(np.unique(served))
    return KnownSample(columns=columns, roles=roles, truth=truth, treated_clusters=clusters)


def plain(rng: np.random.Generator, lift: float) -> KnownSample:
    """100 units, one year before and one after."""
    cohorts = ((None, 60), (1, 40))
    return _rollout(rng, cohorts=cohorts, n_periods=2, effect=lambda s, p: lift * _BASE)


def staggered(rng: np.random.Generator, lift: float) -> KnownSample:
    """100 units over four years, two starting dates, one effect for all."""
    return _rollout(rng, cohorts=_STAGGERED, n_periods=4, effect=lambda s, p: lift * _BASE)


def growing(rng: np.random.Generator, lift: float) -> KnownSample:
    """Effects that grow with time, and more for those who start early."""
    return _rollout(
        rng,
        cohorts=((None, 30), (1, 30), (2, 25), (4, 25)),
        n_periods=6,
        effect=lambda s, p: lift * _BASE * (0.25 + 0.35 * (p - s)) * (1.5 if s == 1 else 1.0),
    )


def covariates(rng: np.random.Generator, lift: float) -> KnownSample:
    """Trends that go with a covariate, and so do starting dates: without it they diverge."""
    return _rollout(
        rng,
        cohorts=((None, 120), (2, 90), (3, 90)),
        n_periods=4,
        effect=lambda s, p: lift * _BASE,
        slope=0.3,
    )


def clusters(rng: np.random.Generator, lift: float) -> KnownSample:
    """60 places of five units that start as a whole: errors by unit would be too small."""
    return _rollout(
        rng,
        cohorts=((None, 130), (2, 85), (3, 85)),
        n_periods=4,
        effect=lambda s, p: lift * _BASE,
        clusters_of=5,
    )


def weights(rng: np.random.Generator, lift: float) -> KnownSample:
    """Sampling weights that go with level and effect: ignoring them misses both."""
    return _rollout(
        rng,
        cohorts=((None, 200), (2, 200)),
        n_periods=4,
        effect=lambda s, p: lift * _BASE,
        heavy=3.0,
    )


def unbalanced(rng: np.random.Generator, lift: float) -> KnownSample:
    """One row in eight is missing, by chance."""
    return _rollout(
        rng, cohorts=_STAGGERED, n_periods=4, effect=lambda s, p: lift * _BASE, lost=0.125
    )


def repeated(rng: np.random.Generator, lift: float) -> KnownSample:
    """Other people in each year: nobody is followed."""
    return _rollout(
        rng,
        cohorts=((None, 160), (2, 120), (3, 120)),
        n_periods=4,
        effect=lambda s, p: lift * _BASE,
        repeated=True,
    )


def _served_average(estimator: object) -> bool:
    """Whether the estimator's target is the average over all served unit-periods."""
    simple = getattr(estimator, "aggregation", "simple") == "simple"
    return simple and getattr(estimator, "name", "") not in _CONSTANT_EFFECT


def _every_served_row(estimator: object) -> bool:
    """Whether gaps leave the target as it is: not where units are followed through a whole window."""
    whole = getattr(estimator, "name", "") == "stacked" or getattr(estimator, "pooled", False)
    return _served_average(estimator) and not whole


# Methods that are right for an effect that is the same for all and at all times.
_CONSTANT_EFFECT = ("two-way-fixed-effects",)

register(
    SampleMaker("plain", "did", plain, replications=300),
    SampleMaker("staggered", "did", staggered, replications=120),
    SampleMaker("growing", "did", growing, suits=_served_average),
    SampleMaker("covariates", "did", covariates, lift=-0.2, replications=60),
    SampleMaker("clusters", "did", clusters, replications=120),
    SampleMaker("weights", "did", weights, suits=_served_average),
    SampleMaker("unbalanced", "did", unbalanced, suits=_every_served_row),
    SampleMaker("repeated", "did", repeated),
)
