"""Series for the tests of the interrupted time series."""

from __future__ import annotations

import numpy as np
import pandas as pd

from impacteval.registry import estimator
from impacteval.sample import Sample


def frame_of(y, before, *, units=("a",), served=1, periods=None, **columns) -> pd.DataFrame:
    """One row a unit and period; `y` has shape (units, periods)."""
    y = np.atleast_2d(y)
    n = y.shape[1]
    t = np.arange(n)
    labels = t if periods is None else np.asarray(periods, dtype=object)
    on = (np.arange(len(y)) < served)[:, None] & (t >= before)
    return pd.DataFrame(
        {
            "place": np.repeat(np.asarray(units, dtype=object), n),
            "period": np.tile(labels, len(y)),
            "on": on.astype(int).ravel(),
            "y": y.ravel(),
            **columns,
        }
    )


def sample_of(frame, **roles) -> Sample:
    return Sample.from_frame(
        frame, design="interrupted_time_series", outcome="y", unit="place", period="period",
        treatment="on", **roles,
    )  # fmt: skip


def found(frame, scale="difference", roles=None, **settings):
    return estimator("interrupted-time-series", **settings).estimate(
        sample_of(frame, **(roles or {})), scale=scale, rng=np.random.default_rng(0)
    )


def drawn(seed=1, n=36, before=24, rho=0.5, lift=-3.0, units=1):
    """A line with errors that keep a part, and an effect on the first unit."""
    rng = np.random.default_rng(seed)
    e = rng.standard_normal((units, n))
    for t in range(1, n):
        e[:, t] += rho * e[:, t - 1]
    y = 20.0 + 0.1 * np.arange(n) + e
    y[0, before:] += lift
    return y
