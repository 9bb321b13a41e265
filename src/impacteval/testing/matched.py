"""Known-truth comparisons with similar people: who is served depends on what is measured.

Those who are served more often fare worse without the programme, so that a plain difference misses
the effect by far. Covariates take few values: similar people can be found exactly, groups of them
can be formed, and every linear model is right. Effects differ between people, so that the effect on
the served, on everyone and on those who could have gone either way are three numbers, each known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.testing.samples import KnownSample, SampleMaker, register

Floats = NDArray[np.float64]

_BASE = 8.0
_ROLES: Mapping[str, Any] = {
    "design": "matched",
    "outcome": "y",
    "unit": "unit",
    "treatment": "treated",
    "covariates": ["need", "town"],
    "source": "known-truth sample",
}
# Every combination of the two covariates, and how common it is.
_NEED = np.repeat(np.arange(4.0), 2)
_TOWN = np.tile(np.arange(2.0), 4)
_SHARE = np.array([0.15, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.1])
_CHANCE = 1.0 / (1.0 + np.exp(2.0 - 0.45 * _NEED - 0.4 * _TOWN))
_LEVEL = _BASE - 0.8 * _NEED - 0.6 * _TOWN
# The effect is larger where need is, in line with both covariates.
_TIMES = 0.7 + 0.2 * _NEED + 0.1 * _TOWN
NOISE = (1.0, 0.8)
"""Standard deviation of outcomes around their mean without the programme, and with it."""

TARGETS: Mapping[str, Floats] = {
    "att": _CHANCE,
    "ate": np.ones(8),
    "overlap": _CHANCE * (1.0 - _CHANCE),
}
"""How much each combination counts, by whom the effect is about."""


def target_of(estimator: object) -> str:
    """Whom the effect of an estimator with those settings is about.

    An estimator says so by an attribute ``estimand``: ``att``, ``ate`` or ``overlap``; one without
    it is about those served.
    """
    return str(getattr(estimator, "estimand", "att"))


def truth_of(lift: float, target: str) -> dict[str, float]:
    """The effect by scale, among the people of a target."""
    held = _SHARE * TARGETS[target]
    held = held / held.sum()
    effect = float(held @ (lift * _BASE * _TIMES))
    level = float(held @ _LEVEL)
    spread = math.sqrt(NOISE[0] ** 2 + float(held @ (_LEVEL - level) ** 2))
    return {
        "difference": effect,
        "relative": effect / level,
        "standardised": effect / spread,
    }


def _labels(n: int) -> NDArray[Any]:
    return np.array([f"u{i:05d}" for i in range(1, n + 1)])


def _drawn(
    rng: np.random.Generator, lift: float, n: int, target: str
) -> tuple[NDArray[np.int64], dict[str, NDArray[Any]], dict[str, float]]:
    cell = rng.choice(8, size=n, p=_SHARE)
    served = (rng.random(n) < _CHANCE[cell]).astype(np.int64)
    spread = np.where(served == 1, NOISE[1], NOISE[0])
    y = _LEVEL[cell] + lift * _BASE * _TIMES[cell] * served + spread * rng.standard_normal(n)
    columns = {
        "unit": _labels(n),
        "treated": served,
        "need": _NEED[cell],
        "town": _TOWN[cell],
        "y": y,
    }
    truth = truth_of(lift, target)
    if target == "att":
        truth["total"] = truth["difference"] * int(served.sum())
    return cell, columns, truth


def plain(rng: np.random.Generator, lift: float, *, target: str = "att") -> KnownSample:
    """450 people, about 120 of them served."""
    _, columns, truth = _drawn(rng, lift, 450, target)
    served = int(columns["treated"].sum())
    return KnownSample(columns=columns, roles=_ROLES, truth=truth, treated_clusters=served)


def clusters(rng: np.random.Generator, lift: float, *, target: str = "att") -> KnownSample:
    """60 sites of 15, whose people share a shock: errors by person would be too small."""
    count, each = 60, 15
    _, columns, truth = _drawn(rng, lift, count * each, target)
    site = np.repeat(np.arange(count), each)
    columns["y"] = columns["y"] + 0.7 * rng.standard_normal(count)[site]
    columns["site"] = np.array([f"s{c:02d}" for c in range(count)])[site]
    served = int(columns["treated"].sum())
    truth = {k: v for k, v in truth.items() if k != "standardised"}
    roles = {**_ROLES, "cluster": "site"}
    return KnownSample(columns=columns, roles=roles, truth=truth, treated_clusters=served)


def weights(rng: np.random.Generator, lift: float, *, target: str = "att") -> KnownSample:
    """Sampling weights that go with level and effect: people in town were drawn a third as often."""
    n = 900
    held = _SHARE / np.where(_TOWN == 1.0, 3.0, 1.0)
    cell = rng.choice(8, size=n, p=held / held.sum())
    served = (rng.random(n) < _CHANCE[cell]).astype(np.int64)
    y = _LEVEL[cell] + lift * _BASE * _TIMES[cell] * served + rng.standard_normal(n)
    truth = {k: v for k, v in truth_of(lift, target).items() if k != "standardised"}
    return KnownSample(
        columns={
            "unit": _labels(n),
            "treated": served,
            "need": _NEED[cell],
            "town": _TOWN[cell],
            "w": np.where(_TOWN[cell] == 1.0, 3.0, 1.0),
            "y": y,
        },
        roles={**_ROLES, "weight": "w"},
        truth=truth,
        treated_clusters=int(served.sum()),
    )


def exposure(rng: np.random.Generator, lift: float, *, target: str = "att") -> KnownSample:
    """Events over time at risk, which goes with need: rates are sums over sums."""
    cell, columns, _ = _drawn(rng, lift, 900, target)
    time = 1.0 + 0.5 * _NEED[cell]
    columns["y"] = columns["y"] * time
    columns["time"] = time
    held = _SHARE * TARGETS[target] * (1.0 + 0.5 * _NEED)
    held = held / held.sum()
    effect, level = float(held @ (lift * _BASE * _TIMES)), float(held @ _LEVEL)
    served = int(columns["treated"].sum())
    return KnownSample(
        columns=columns,
        roles={**_ROLES, "exposure": "time"},
        truth={"difference": effect, "relative": effect / level},
        treated_clusters=served,
    )


def strata(rng: np.random.Generator, lift: float, *, target: str = "att") -> KnownSample:
    """The town as a stratum: comparisons within towns."""
    _, columns, truth = _drawn(rng, lift, 600, target)
    columns["place"] = np.where(columns["town"] == 1.0, "town", "country")
    roles = {**_ROLES, "covariates": ["need"], "stratum": "place"}
    served = int(columns["treated"].sum())
    return KnownSample(columns=columns, roles=roles, truth=truth, treated_clusters=served)


def _about(target: str) -> Callable[[object], bool]:
    def suits(estimator: object) -> bool:
        return target_of(estimator) == target

    return suits


_LAWS = (
    ("plain", plain, 250),
    ("clusters", clusters, 0),
    ("weights", weights, 0),
    ("exposure", exposure, 0),
    ("strata", strata, 0),
)
register(
    *(
        SampleMaker(
            name if target == "att" else f"{name}_{target}",
            "matched",
            partial(law, target=target),
            lift=-0.2,
            replications=replications,
            suits=_about(target),
        )
        for target in TARGETS
        for name, law, replications in _LAWS
    )
)
