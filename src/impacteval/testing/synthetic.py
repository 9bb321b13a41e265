"""Known-truth panels of places: common factors, one or several served, at one date or several.

What places have in common is larger than what they do not, and each follows the common factors in
its own way, so that neither a plain mean of the others nor a change over time finds the effect by
itself. The places are drawn alike and chance says which are served: that is what placebo tests
assume.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.testing.samples import KnownSample, SampleMaker, register

Floats = NDArray[np.float64]

_BASE = 8.0
_FIRST = 1981
_NOISE = 0.3
_ROLES: Mapping[str, Any] = {
    "design": "synthetic_control",
    "outcome": "y",
    "unit": "unit",
    "period": "year",
    "treatment": "treated",
    "source": "known-truth sample",
}


def _factors(rng: np.random.Generator, n_periods: int) -> Floats:
    """Two stationary factors, each period half of the last one, shape (T, 2)."""
    found = np.empty((n_periods, 2))
    found[0] = rng.standard_normal(2)
    for t in range(1, n_periods):
        found[t] = 0.5 * found[t - 1] + np.sqrt(0.75) * rng.standard_normal(2)
    return found


def _places(
    rng: np.random.Generator,
    lift: float,
    *,
    donors: int,
    starts: tuple[int, ...],
    n_periods: int,
    sizes: bool = False,
    slope: float = 0.0,
) -> KnownSample:
    """Places of that law, one served from each of `starts` on.

    With `sizes` served places differ in weight, and the effect goes with it. With a `slope`, levels
    go with a covariate that does not change over time.
    """
    n, t = donors + len(starts), np.arange(n_periods)
    factors = _factors(rng, n_periods)
    season = 0.3 * np.sin(t) + 0.02 * t
    level = rng.uniform(-1.0, 1.0, n)
    x = rng.standard_normal(n)
    loads = rng.uniform(-0.8, 0.8, (n, 2))
    noise = _NOISE * rng.standard_normal((n, n_periods))
    without = _BASE + (level + slope * x)[:, None] + season + loads @ factors.T + noise
    start = np.full(n, n_periods)
    which = rng.permutation(n)[: len(starts)]
    start[which] = starts
    weight = np.ones(n)
    if sizes:
        weight = rng.permutation(np.linspace(1.0, 3.0, n))
    own = lift * _BASE * (weight if sizes else 1.0)
    on = t >= start[:, None]
    effect = np.where(on, np.broadcast_to(own, (n,))[:, None], 0.0)
    size = np.broadcast_to(weight[:, None], on.shape)
    total = float((size * effect).sum())
    truth = {
        "difference": total / float(size[on].sum()),
        # What the served would have had is known here, and is no average over other draws.
        "relative": total / float((size * without)[on].sum()),
        "total": total,
    }
    units = np.array([f"u{i:03d}" for i in range(1, n + 1)])
    columns: dict[str, NDArray[Any]] = {
        "unit": np.repeat(units, n_periods),
        "year": np.tile(_FIRST + t, n),
        "treated": on.astype(np.int64).ravel(),
        "y": (without + effect).ravel(),
    }
    roles = dict(_ROLES)
    if sizes:
        columns["w"] = size.ravel().copy()
        roles |= {"weight": "w"}
    if slope:
        columns["x"] = np.repeat(x, n_periods)
        roles |= {"covariates": ["x"]}
    return KnownSample(columns=columns, roles=roles, truth=truth, treated_clusters=len(starts))


def plain(rng: np.random.Generator, lift: float) -> KnownSample:
    """One place of twenty, served in the last six of thirty years."""
    return _places(rng, lift, donors=19, starts=(24,), n_periods=30)


def several(rng: np.random.Generator, lift: float) -> KnownSample:
    """Five places of thirty, served from the same year on."""
    return _places(rng, lift, donors=25, starts=(22,) * 5, n_periods=30)


def staggered(rng: np.random.Generator, lift: float) -> KnownSample:
    """Five places of thirty, served from three dates on."""
    return _places(rng, lift, donors=25, starts=(20, 20, 23, 23, 26), n_periods=30)


def weights(rng: np.random.Generator, lift: float) -> KnownSample:
    """Places that differ in size, and the effect goes with it: a plain mean over them misses it."""
    return _places(rng, 0.5 * lift, donors=25, starts=(22,) * 5, n_periods=30, sizes=True)


def covariates(rng: np.random.Generator, lift: float) -> KnownSample:
    """Levels that go with a covariate."""
    return _places(rng, lift, donors=25, starts=(24,), n_periods=30, slope=0.5)


register(
    SampleMaker("plain", "synthetic_control", plain, replications=80),
    SampleMaker("several", "synthetic_control", several, replications=40),
    SampleMaker("staggered", "synthetic_control", staggered),
    SampleMaker("weights", "synthetic_control", weights),
    SampleMaker("covariates", "synthetic_control", covariates),
)
