"""Known-truth panels in which the service begins, stops again, and still works afterwards.

Only an estimator for services that may stop is tried on these samples: others refuse them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from impacteval.testing.samples import KnownSample, SampleMaker, register

_BASE, _FIRST, _PERIODS = 5.0, 2001, 6
_OWN, _WAVE, _ROW = 1.0, 0.4, 0.6
_ROLES: Mapping[str, Any] = {
    "design": "did",
    "outcome": "y",
    "unit": "unit",
    "period": "year",
    "treatment": "treated",
    "source": "known-truth sample",
}
# Periods in which the service is there, and how many units have it so.
_PATHS: tuple[tuple[tuple[int, ...], int], ...] = (
    ((), 40),
    ((2, 3, 4, 5), 20),
    ((2, 3), 20),
    ((3, 5), 15),
    ((4, 5), 20),
)
_LEFT = 0.3  # share of the effect that the year before leaves behind


def switching(rng: np.random.Generator, lift: float) -> KnownSample:
    """115 units over six years; what was there the year before still has a part of its effect."""
    paths = [path for path, n in _PATHS for _ in range(n)]
    n, t = len(paths), np.arange(_PERIODS)
    on = np.array([[float(p in path) for p in t] for path in paths])
    before = np.column_stack([np.zeros(n), on[:, :-1]])
    effect = lift * _BASE * (on + _LEFT * before)
    order = np.array([path[0] if path else 0 for path in paths])
    level = _BASE + 0.2 * order[:, None] + 0.3 * np.sin(t) + 0.15 * t
    noise = _OWN * rng.standard_normal((n, 1)) + _ROW * rng.standard_normal((n, _PERIODS))
    noise = noise + np.cumsum(_WAVE * rng.standard_normal((n, _PERIODS)), axis=1)
    served = on == 1.0
    total, dose = float(effect.sum()), float(on.sum())
    # The mean of the served periods less an effect that has the consequences in it.
    without = float((level + effect)[served].mean()) - total / dose
    baseline = min(path[0] for path in paths if path) - 1
    spread = math.sqrt(_OWN**2 + _ROW**2 + (baseline + 1) * _WAVE**2)
    return KnownSample(
        columns={
            "unit": np.repeat([f"u{i:04d}" for i in range(1, n + 1)], _PERIODS),
            "year": np.tile(_FIRST + t, n),
            "treated": on.astype(np.int64).ravel(),
            "y": (level + effect + noise).ravel(),
        },
        roles=dict(_ROLES),
        truth={
            "difference": total / dose,
            "relative": total / dose / without,
            "total": total,
            "standardised": total / dose / spread,
        },
        treated_clusters=n - _PATHS[0][1],
    )


def _may_stop(estimator: object) -> bool:
    """Whether the estimator counts what a service leaves behind once it has stopped."""
    return getattr(estimator, "name", "") == "de-chaisemartin-dhaultfoeuille"


register(
    SampleMaker("switching", "did", switching, lift=-0.2, replications=150, suits=_may_stop),
)
