"""Known-truth panels in which the served received different doses, over two periods.

Without the role of the dose they are two groups before and after, which other methods answer as
well; with it they are tried on estimators that look at doses.
"""

from __future__ import annotations

import math

import numpy as np

from impacteval.testing.samples import KnownSample, SampleMaker, register

_BASE, _FIRST = 5.0, 2001
_OWN, _ROW = 1.0, 0.6


def dose(rng: np.random.Generator, lift: float) -> KnownSample:
    """150 units, 80 of which receive a dose between 1 and 4; its worth falls with the dose."""
    n, served = 150, np.arange(150) < 80
    amount = np.where(served, rng.uniform(1.0, 4.0, n), 0.0)
    level = _BASE + 0.5 * served
    # Mean of 2 d - d^2 / 8 over the law of doses is 2.5 * 2 - (1 + 4 + 16) / 3 / 8.
    worth = (2.0 * amount - amount**2 / 8.0) / (5.0 - 7.0 / 8.0)
    effect = lift * _BASE * worth
    own = _OWN * rng.standard_normal(n)
    noise = own[:, None] + _ROW * rng.standard_normal((n, 2))
    y = level[:, None] + np.array([0.0, 0.4]) + noise
    y[:, 1] += effect
    difference = lift * _BASE
    return KnownSample(
        columns={
            "unit": np.repeat([f"u{i:04d}" for i in range(1, n + 1)], 2),
            "year": np.tile([_FIRST, _FIRST + 1], n),
            "treated": np.column_stack([np.zeros(n), served]).astype(np.int64).ravel(),
            "amount": np.column_stack([np.zeros(n), amount]).ravel(),
            "y": y.ravel(),
        },
        roles={
            "design": "did",
            "outcome": "y",
            "unit": "unit",
            "period": "year",
            "treatment": "treated",
            "dose": "amount",
            "source": "known-truth sample",
        },
        truth={
            "difference": difference,
            "relative": difference / (_BASE + 0.9),
            "total": difference * 80,
            "standardised": difference / math.sqrt(_OWN**2 + _ROW**2),
        },
        treated_clusters=80,
    )


def _by_dose(estimator: object) -> bool:
    return getattr(estimator, "name", "") == "dose-response"


register(SampleMaker("dose", "did", dose, lift=-0.2, replications=100, suits=_by_dose))
