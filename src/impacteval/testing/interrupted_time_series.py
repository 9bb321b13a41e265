"""Known-truth series: a line with errors that hang together, served from one period on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.testing.samples import KnownSample, SampleMaker, register

Floats = NDArray[np.float64]

_BASE, _SLOPE, _NOISE, _RHO = 20.0, 0.05, 0.6, 0.3
_ROLES: Mapping[str, Any] = {
    "design": "interrupted_time_series",
    "outcome": "y",
    "unit": "unit",
    "period": "month",
    "treatment": "treated",
    "source": "known-truth sample",
}


def _errors(rng: np.random.Generator, periods: int, rho: float = _RHO) -> Floats:
    """Errors of which each keeps a part of the one before."""
    found = rng.standard_normal(periods)
    found[1:] *= np.sqrt(1.0 - rho**2)
    for t in range(1, periods):
        found[t] += rho * found[t - 1]
    return _NOISE * found


def _series(
    rng: np.random.Generator,
    lift: float,
    *,
    served: int = 1,
    controls: int = 0,
    before: int = 30,
    after: int = 10,
    sizes: bool = False,
) -> KnownSample:
    """Series of that law; with controls all share a wander that no line follows."""
    units, periods = served + controls, before + after
    t = np.arange(periods)
    shared = 3.0 * np.sin(t / 4.0 + rng.uniform(0.0, 6.0)) if controls else np.zeros(periods)
    without = np.array(
        [
            _BASE + rng.uniform(-2.0, 2.0) + _SLOPE * t + shared + _errors(rng, periods)
            for _ in range(units)
        ]
    )
    on = (np.arange(units) < served)[:, None] & (t >= before)
    weight = np.linspace(1.0, 3.0, units) if sizes else np.ones(units)
    size = np.broadcast_to(weight[:, None], on.shape)
    effect = np.where(on, lift * _BASE * size, 0.0) if sizes else np.where(on, lift * _BASE, 0.0)
    total = float((size * effect).sum())
    truth = {
        "difference": total / float(size[on].sum()),
        # What the served would have had is known here, and is no average over other draws.
        "relative": total / float((size * without)[on].sum()),
        "total": total,
    }
    names = np.array([f"u{i:03d}" for i in range(1, units + 1)])
    columns: dict[str, NDArray[Any]] = {
        "unit": np.repeat(names, periods),
        "month": np.tile(t, units),
        "treated": on.astype(np.int64).ravel(),
        "y": (without + effect).ravel(),
    }
    roles = dict(_ROLES)
    if sizes:
        columns["w"] = size.ravel().copy()
        roles |= {"weight": "w"}
    return KnownSample(columns=columns, roles=roles, truth=truth, treated_clusters=served)


def plain(rng: np.random.Generator, lift: float) -> KnownSample:
    """One series, served in the last ten of forty months."""
    return _series(rng, lift)


def controlled(rng: np.random.Generator, lift: float) -> KnownSample:
    """The same beside two series never served that share its wander."""
    return _series(rng, lift, controls=2)


def weights(rng: np.random.Generator, lift: float) -> KnownSample:
    """Three served series that differ in weight, and the effect goes with it."""
    return _series(rng, 0.5 * lift, served=3, sizes=True)


register(
    SampleMaker("plain", "interrupted_time_series", plain, replications=120),
    SampleMaker("controlled", "interrupted_time_series", controlled, replications=40),
    SampleMaker("weights", "interrupted_time_series", weights),
)
