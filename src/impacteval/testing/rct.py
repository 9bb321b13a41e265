"""Known-truth randomised trials: plain, small, stratified, clustered, with covariates or roles.

Noise is symmetric and the effect of a plain trial is the same for everyone, so that a mean, a
trimmed mean and an adjusted mean all aim at the same number. The arms differ in size and
spread, so that a pooled variance does not pass for the right one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.testing.samples import KnownSample, SampleMaker, register

Floats = NDArray[np.float64]

_BASE = 5.0
_ROLES: Mapping[str, Any] = {
    "design": "rct",
    "outcome": "y",
    "unit": "unit",
    "treatment": "treated",
    "source": "known-truth sample",
}


def _labels(n: int) -> NDArray[Any]:
    return np.array([f"u{i:04d}" for i in range(1, n + 1)])


def _assigned(rng: np.random.Generator, n: int, treated: int) -> NDArray[np.int64]:
    z = np.zeros(n, dtype=np.int64)
    z[rng.permutation(n)[:treated]] = 1
    return z


def _plain(
    rng: np.random.Generator,
    lift: float,
    *,
    sizes: tuple[int, int],
    spreads: tuple[float, float],
) -> KnownSample:
    """Served first in `sizes` and `spreads`."""
    n, effect = sum(sizes), lift * _BASE
    z = _assigned(rng, n, sizes[0])
    noise = rng.standard_normal(n) * np.where(z == 1, *spreads)
    return KnownSample(
        columns={"unit": _labels(n), "treated": z, "y": _BASE + effect * z + noise},
        roles=_ROLES,
        truth={
            "difference": effect,
            "relative": lift,
            "total": effect * sizes[0],
            "standardised": effect / spreads[1],
        },
        treated_clusters=sizes[0],
    )


def plain(rng: np.random.Generator, lift: float) -> KnownSample:
    """80 people, 55 served; the fewer others spread twice as wide.

    So most of the error is the comparison's: a pooled variance, a comparison mean taken as known
    or one standard deviation for all shows.
    """
    return _plain(rng, lift, sizes=(55, 25), spreads=(0.75, 1.5))


def small(rng: np.random.Generator, lift: float) -> KnownSample:
    """Eight people: a normal approximation in place of Student's t shows here."""
    known = _plain(rng, lift, sizes=(4, 4), spreads=(1.0, 1.0))
    truth = {scale: value for scale, value in known.truth.items() if scale != "standardised"}
    return replace(known, truth=truth)


def _adjustable(
    rng: np.random.Generator, lift: float, *, treated: int, comparison: int, slopes: list[float]
) -> KnownSample:
    n, effect, noise = treated + comparison, lift * _BASE, 0.7
    z, x = _assigned(rng, n, treated), rng.standard_normal((n, len(slopes)))
    y = _BASE + effect * z + x @ np.array(slopes) + noise * rng.standard_normal(n)
    names = [f"x{k}" for k in range(1, len(slopes) + 1)]
    return KnownSample(
        columns={"unit": _labels(n), "treated": z, **dict(zip(names, x.T, strict=True)), "y": y},
        roles={**_ROLES, "covariates": names},
        truth={
            "difference": effect,
            "relative": lift,
            "total": effect * treated,
            "standardised": effect / math.sqrt(sum(b * b for b in slopes) + noise**2),
        },
        treated_clusters=treated,
    )


def covariates(rng: np.random.Generator, lift: float) -> KnownSample:
    """100 people, two covariates that explain half of the outcome."""
    return _adjustable(rng, lift, treated=40, comparison=60, slopes=[0.6, -0.4])


def baseline(rng: np.random.Generator, lift: float) -> KnownSample:
    """400 people and one measurement from before, for methods that need many units a covariate."""
    return _adjustable(rng, lift, treated=160, comparison=240, slopes=[0.6])


def small_covariates(rng: np.random.Generator, lift: float) -> KnownSample:
    """16 people and one covariate: the adjustment spends degrees of freedom."""
    known = _adjustable(rng, lift, treated=8, comparison=8, slopes=[0.7])
    truth = {scale: value for scale, value in known.truth.items() if scale != "standardised"}
    return replace(known, truth=truth)


def strata(rng: np.random.Generator, lift: float) -> KnownSample:
    """Three strata whose chance of service, level and effect differ.

    Ignoring the strata mixes level and chance; weighting them by precision gives the middle
    one too much. The size-weighted effect is also the mean effect among the served.
    """
    size, effect = 40, lift * (_BASE + 2.0)
    effects = np.array([0.5, 2.0, 0.5]) * effect
    level = np.array([_BASE, _BASE + 2.0, _BASE + 4.0])
    stratum = np.repeat(np.arange(3), size)
    z = np.concatenate([_assigned(rng, size, served) for served in (10, 20, 30)])
    y = level[stratum] + effects[stratum] * z + rng.standard_normal(3 * size)
    return KnownSample(
        columns={
            "unit": _labels(3 * size),
            "treated": z,
            "stratum": np.array(["a", "b", "c"])[stratum],
            "y": y,
        },
        roles={**_ROLES, "stratum": "stratum"},
        truth={"difference": effect, "relative": lift, "total": effect * 60},
        treated_clusters=60,
    )


def clusters(rng: np.random.Generator, lift: float) -> KnownSample:
    """24 classes of six, assigned whole: errors by person would be far too small."""
    count, each, effect = 24, 6, lift * _BASE
    served = _assigned(rng, count, count // 2)
    cluster = np.repeat(np.arange(count), each)
    noise = 0.8 * rng.standard_normal(count)[cluster] + rng.standard_normal(count * each)
    z = served[cluster]
    return KnownSample(
        columns={
            "unit": _labels(count * each),
            "treated": z,
            "class": np.array([f"c{c:02d}" for c in range(count)])[cluster],
            "y": 2 * _BASE + 2 * effect * z + noise,
        },
        roles={**_ROLES, "cluster": "class", "assignment_cluster": "class"},
        truth={
            "difference": 2 * effect,
            "relative": lift,
            "total": 2 * effect * (count // 2) * each,
        },
        treated_clusters=count // 2,
    )


def weights(rng: np.random.Generator, lift: float) -> KnownSample:
    """Sampling weights that go with level and effect: ignoring them misses both."""
    n, treated = 600, 300
    heavy = np.arange(n) % 2
    z = np.zeros(n, dtype=np.int64)
    for part in (0, 1):
        z[heavy == part] = _assigned(rng, n // 2, treated // 2)
    level, effect = np.array([_BASE, 2 * _BASE]), lift * _BASE * np.array([2.0, 0.5])
    y = level[heavy] + effect[heavy] * z + rng.standard_normal(n)
    mean_level, mean_effect = float(level @ [1.0, 4.0]) / 5.0, float(effect @ [1.0, 4.0]) / 5.0
    return KnownSample(
        columns={"unit": _labels(n), "treated": z, "w": np.where(heavy == 1, 4.0, 1.0), "y": y},
        roles={**_ROLES, "weight": "w"},
        truth={"difference": mean_effect, "relative": mean_effect / mean_level},
        treated_clusters=treated,
    )


def exposure(rng: np.random.Generator, lift: float) -> KnownSample:
    """Events over unequal time at risk; long exposure has the lower rate and the larger effect."""
    n, treated = 600, 300
    long = np.arange(n) % 2
    z = np.zeros(n, dtype=np.int64)
    for part in (0, 1):
        z[long == part] = _assigned(rng, n // 2, treated // 2)
    time = np.where(long == 1, 6.0, 2.0)
    rate, effect = np.array([4.0, 2.0]), lift * np.array([1.0, 2.0])
    y = time * (rate[long] + effect[long] * z) + rng.standard_normal(n)
    mean_rate, mean_effect = float(rate @ [2.0, 6.0]) / 8.0, float(effect @ [2.0, 6.0]) / 8.0
    return KnownSample(
        columns={"unit": _labels(n), "treated": z, "time": time, "y": y},
        roles={**_ROLES, "exposure": "time"},
        truth={"difference": mean_effect, "relative": mean_effect / mean_rate},
        treated_clusters=treated,
    )


def _has_target(estimator: object) -> bool:
    """One that says whose effect it estimates, such as that on the served."""
    return hasattr(estimator, "estimand")


def _for_trials(estimator: object) -> bool:
    """One without: the strata of a trial have fixed sizes and shares, and no target has those."""
    return not _has_target(estimator)


def _of_eight(estimator: object) -> bool:
    """Eight people often cannot be weighted to the averages of eight others."""
    return getattr(estimator, "name", "") != "entropy-balancing"


register(
    SampleMaker("plain", "rct", plain, replications=800),
    SampleMaker("small", "rct", small, lift=-0.2, replications=500, small=True),
    SampleMaker("covariates", "rct", covariates, replications=800, suits=_for_trials),
    # Estimators with a target are measured on comparisons without a lot; of trials, fewer will do.
    SampleMaker("covariates_of_a_target", "rct", covariates, replications=200, suits=_has_target),
    SampleMaker(
        "small_covariates",
        "rct",
        small_covariates,
        lift=-0.2,
        replications=300,
        small=True,
        suits=_of_eight,
    ),
    SampleMaker("baseline", "rct", baseline, lift=-0.1, replications=300),
    SampleMaker("strata", "rct", strata, lift=-0.2, replications=300, suits=_for_trials),
    SampleMaker("clusters", "rct", clusters, replications=300),
    SampleMaker("weights", "rct", weights),
    SampleMaker("exposure", "rct", exposure),
)
