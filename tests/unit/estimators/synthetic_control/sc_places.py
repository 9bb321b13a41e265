"""Panels of places for the tests of common factors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from impacteval.sample import Sample

EFFECT = 2.0


def places(seed, *, units=25, periods=20, starts=(15,), beyond=0.0, noise=0.2, base=20.0):
    """Outcomes, shape (units, periods), and each unit's start; the served come first."""
    rng = np.random.default_rng(seed)
    loads = rng.uniform(-1.0, 1.0, (units, 2))
    loads[: len(starts)] += beyond
    y = base + rng.uniform(-1, 1, (units, 1)) + loads @ rng.normal(size=(2, periods))
    y += 0.1 * np.arange(periods) + noise * rng.normal(size=y.shape)
    start = np.full(units, periods)
    start[: len(starts)] = starts
    return y + EFFECT * (np.arange(periods) >= start[:, None]), start


def frame_of(y, start, **columns):
    """One row a place and period; the first year is 2001."""
    units, periods = y.shape
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{k:02d}" for k in range(units)], periods),
            "year": np.tile(2001 + np.arange(periods), units),
            "on": (np.arange(periods) >= start[:, None]).astype(int).ravel(),
            "y": y.ravel(),
        }
    )
    return frame.assign(**{name: np.asarray(values).ravel() for name, values in columns.items()})


def sample_of(frame, **roles):
    """That table as estimators see it."""
    return Sample.from_frame(
        frame,
        design="synthetic_control",
        outcome="y",
        unit="place",
        period="year",
        treatment="on",
        **roles,
    )
