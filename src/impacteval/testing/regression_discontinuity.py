"""Known-truth samples of a design with a cutoff: curved, and steeper on one side than on the other.

The effect at the line is known; away from it the effect is another, so that a comparison of means,
or of everyone served, misses it by far.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.testing.samples import KnownSample, SampleMaker, register

Floats = NDArray[np.float64]

_BASE = 8.0
_LINE = 50.0
_ROLES: Mapping[str, Any] = {
    "design": "regression_discontinuity",
    "outcome": "y",
    "unit": "unit",
    "treatment": "treated",
    "running": "score",
    "cutoff": _LINE,
    "source": "known-truth sample",
}


def level(u: Floats, lift: float) -> Floats:
    """Mean outcome at a distance `u` from the line (in tens of points), with the service above it."""
    curve = _BASE + 0.9 * u + 0.25 * u**2
    served = lift * _BASE * (1.0 + 0.25 * u)
    return np.asarray(curve + np.where(u >= 0.0, served, 0.0))


def _drawn(rng: np.random.Generator, lift: float, n: int) -> tuple[dict[str, NDArray[Any]], Floats]:
    u = 3.6 * rng.beta(2.0, 2.5, n) - 1.6
    columns = {
        "unit": np.array([f"u{i:05d}" for i in range(1, n + 1)]),
        "treated": (u >= 0.0).astype(np.int64),
        "score": _LINE + 10.0 * u,
        "y": level(u, lift) + rng.standard_normal(n),
    }
    return columns, u


def _known(
    columns: dict[str, NDArray[Any]], lift: float, roles: Mapping[str, Any] = _ROLES
) -> KnownSample:
    return KnownSample(
        columns=columns,
        roles=roles,
        truth={"difference": lift * _BASE, "relative": lift},
        treated_clusters=int(columns["treated"].sum()),
    )


def plain(rng: np.random.Generator, lift: float) -> KnownSample:
    """500 people, a little more than half of them served."""
    columns, _ = _drawn(rng, lift, 500)
    return _known(columns, lift)


def clusters(rng: np.random.Generator, lift: float) -> KnownSample:
    """90 sites of eight people, on both sides of the line, who share a shock."""
    count, each = 90, 8
    columns, _ = _drawn(rng, lift, count * each)
    site = np.repeat(np.arange(count), each)
    columns["y"] = columns["y"] + 0.6 * rng.standard_normal(count)[site]
    columns["site"] = np.array([f"s{c:02d}" for c in range(count)])[site]
    return _known(columns, lift, {**_ROLES, "cluster": "site"})


def weights(rng: np.random.Generator, lift: float) -> KnownSample:
    """Sampling weights that go with level and effect: one kind was drawn a third as often."""
    n = 900
    columns, u = _drawn(rng, lift, n)
    # Both kinds are one half of everyone; the second has a quarter of the rows and three times the weight.
    rare = rng.random(n) < 0.25
    shift = np.where(rare, 1.0, -1.0)
    columns["y"] = columns["y"] + shift * (1.0 + 0.5 * lift * _BASE * (u >= 0.0))
    columns["w"] = np.where(rare, 3.0, 1.0)
    return _known(columns, lift, {**_ROLES, "weight": "w"})


def exposure(rng: np.random.Generator, lift: float) -> KnownSample:
    """Events over unequal time at risk; those with long exposure have the lower rate."""
    n = 900
    columns, u = _drawn(rng, lift, n)
    long = rng.random(n) < 0.5
    time = np.where(long, 3.0, 1.0)
    # Weighted by time the shifts cancel: 3 * -0.5 + 1 * 1.5.
    shift = np.where(long, -0.5, 1.5)
    columns["y"] = time * (columns["y"] + shift * (1.0 + 0.5 * lift * _BASE * (u >= 0.0)))
    columns["time"] = time
    return _known(columns, lift, {**_ROLES, "exposure": "time"})


register(
    SampleMaker("plain", "regression_discontinuity", plain, lift=-0.2, replications=250),
    SampleMaker("clusters", "regression_discontinuity", clusters, lift=-0.2, replications=150),
    SampleMaker("weights", "regression_discontinuity", weights, lift=-0.2),
    SampleMaker("exposure", "regression_discontinuity", exposure, lift=-0.2),
)
