"""Measure the coverage of `augmented-synthetic-control` and write docs/reference/coverage/.

    python tools/calibrate_sc_augmented.py            # resumes: designs already measured are kept

Places that follow two common factors, each in its own way. The total is the difference times a
number that is known: its coverage is the difference's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.synthetic_control.augmented_chance import Chance, Variance, chance_of
from impacteval.estimators.synthetic_control.augmented_fit import Choices
from impacteval.estimators.synthetic_control.augmented_places import Places, gaps
from impacteval.estimators.synthetic_control.effect import relative_to
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import QUESTIONS, Calibrated, publish
from calibrate_designs import SEED, Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Enough to show the level; the defaults choose penalties by every period and draw more groups.
FOLDS, DRAWS = 3, 19
BASE, EFFECT, NOISE = 8.0, -0.8, 0.3


@dataclass(frozen=True)
class Panels:
    """Replications of a panel, the served places first.

    Attributes
    ----------
    y : array, shape (r, u, t)
        Outcomes with the effect.
    without : array, shape (r, u, t)
        Outcomes without it.
    start : array of int, shape (s,)
    """

    y: Floats
    without: Floats
    start: Ints

    def places(self, k: int) -> Places:
        """Replication `k` as the estimator reads it."""
        s, (u, t) = len(self.start), self.y[k].shape
        on = np.arange(t) >= self.start[:, None]
        return Places(
            self.y[k],
            np.zeros((u, t, 0)),
            np.arange(s),
            np.arange(s, u),
            self.start,
            on / on.sum(),
            Choices(folds=FOLDS),
        )


@dataclass(frozen=True)
class Law:
    """How places are.

    Attributes
    ----------
    places, served, periods, before : int
    starts : tuple of int
        Instead of `before`, a date for each served place.
    lasting : float
        Correlation of what is a place's own with the period before.
    apart : bool
        Whether the served places follow the factors more than any other place: outside the hull.
    """

    places: int
    served: int
    periods: int = 20
    before: int = 16
    starts: tuple[int, ...] = ()
    lasting: float = 0.0
    apart: bool = False

    def draw(self, rng: Generator, r: int) -> Panels:
        """`r` panels."""
        u, t = self.places, self.periods
        shocks = rng.standard_normal((r, t + 20, 2))
        noise = rng.standard_normal((r, u, t + 20))
        factors, own = np.zeros((r, 2)), np.zeros((r, u))
        common, paths = np.empty((r, t, 2)), np.empty((r, u, t))
        for k in range(t + 20):  # the first twenty are forgotten
            factors = 0.5 * factors + np.sqrt(0.75) * shocks[:, k]
            own = self.lasting * own + np.sqrt(1.0 - self.lasting**2) * noise[..., k]
            if k >= 20:
                common[:, k - 20], paths[..., k - 20] = factors, own
        loads = rng.uniform(-0.8, 0.8, (r, u, 2))
        level = rng.uniform(-1.0, 1.0, (r, u))
        if self.apart:
            loads[:, : self.served] = 1.2
        season = 0.3 * np.sin(np.arange(t)) + 0.02 * np.arange(t)
        without = BASE + level[..., None] + season + loads @ common.transpose(0, 2, 1)
        without = without + NOISE * paths
        start = np.array(self.starts or (self.before,) * self.served)
        y = without.copy()
        y[:, : self.served] += EFFECT * (np.arange(t) >= start[:, None])
        return Panels(y, without, start)


def _design(name: str, describe: str, law: Law) -> Design:
    # The machinery of the tables asks a design for replications, whatever these are made of.
    return Design(name, "super", describe, law.draw)  # type: ignore[arg-type]  # Panels, not Trials


LAWS = (
    _design("1 of 12", "one of 12 places, 16 periods before the service and 4 after", Law(12, 1)),
    _design("1 of 12, lasting", "one of 12, what is a place's own lasts (0.7)", Law(12, 1, lasting=0.7)),
    _design(
        "1 of 12, apart",
        "one of 12, which follows both factors more than any other place can",
        Law(12, 1, apart=True),
    ),
    _design(
        "4 of 16",
        "four of 16, two from one date on and two from another",
        Law(16, 4, starts=(14, 14, 16, 16)),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Sets:
    """The intervals of every replication; NaN where it was refused.

    Attributes
    ----------
    centre, error, truth : array, shape (r,)
        As in `calibrate.Measured`; without a standard error, the mean half-length of the 80%
        interval over its normal factor.
    ends : array, shape (r, len(QUESTIONS), 2)
    """

    centre: Floats
    error: Floats
    truth: Floats
    ends: Floats

    def bounds(self, side: str, level: float) -> tuple[Floats, Floats]:
        """Both ends of each interval, infinite where it has none."""
        low, high = self.ends[:, QUESTIONS.index((side, level))].T
        return low, high

    def holds(self, side: str, level: float) -> NDArray[np.bool_]:
        """Whether each interval holds the truth."""
        low, high = self.bounds(side, level)
        found: NDArray[np.bool_] = (low <= self.truth) & (self.truth <= high)
        return found

    @classmethod
    def joined(cls, parts: Sequence[Sets]) -> Sets:
        """Replications measured in several chunks, as one."""
        names = ("centre", "error", "truth", "ends")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


# Both scales are of one fit: the second asks for what the first has made.
_SHARED: dict[int, dict[Scale, Sets]] = {}


def measure(variance: Variance, trials: Panels, scale: Scale) -> Sets:
    """Estimates, truth and intervals of every replication."""
    if id(trials) not in _SHARED:
        _SHARED.clear()
        rng = np.random.default_rng(SEED)
        rows = [_row(trials, k, variance, rng) for k in range(len(trials.y))]
        _SHARED[id(trials)] = {
            on: Sets(*(np.array(part) for part in zip(*(row[on] for row in rows), strict=True)))
            for on in (Scale.DIFFERENCE, Scale.RELATIVE)
        }
    return _SHARED[id(trials)][scale]


Row = tuple[float, float, float, list[tuple[float, float]]]


def _row(trials: Panels, k: int, variance: Variance, rng: Generator) -> dict[Scale, Row]:
    places = trials.places(k)
    held = places.shares > 0.0
    without = float((places.shares * trials.without[k, : len(trials.start)])[held].sum())
    try:
        fits = places.fits()
        chance = chance_of(places, fits, variance, DRAWS, rng)
        effect = places.effect(gaps(fits))
    except NotIdentified:
        nothing = [(np.nan, np.nan)] * len(QUESTIONS)
        return dict.fromkeys((Scale.DIFFERENCE, Scale.RELATIVE), (np.nan, np.nan, np.nan, nothing))
    observed = without + EFFECT
    relative = relative_to(chance.distribution, observed)
    middle = observed / (observed - effect) - 1.0
    error = _error(chance)
    return {
        Scale.DIFFERENCE: (effect, error, EFFECT, _ends(chance.distribution)),
        Scale.RELATIVE: (
            middle,
            error * observed / (observed - effect) ** 2,
            EFFECT / without,
            _ends(relative),
        ),
    }


def _error(chance: Chance) -> float:
    if chance.std_error is not None:
        return chance.std_error
    found = chance.distribution.interval(0.8)
    return (found.high - found.low) / (2.0 * 1.2815515655446004)


def _ends(distribution: object) -> list[tuple[float, float]]:
    found = [distribution.interval(level, side) for side, level in QUESTIONS]  # type: ignore[attr-defined]  # a ConfidenceDistribution
    return [(one.low, one.high) for one in found]


NOTE = f"""Penalties are chosen by {FOLDS} held-out stretches of periods, and {DRAWS} groups or draws are
compared (the defaults, every period by itself and 200, take longer). A place's own variation has standard
deviation {NOISE:g}, that of the common factors is 1, loadings go from -0.8 to 0.8; the effect is {EFFECT:g} on a level
of {BASE:g}. A length that is infinite is that of a level out of reach."""


def _method(name: str, variance: Variance, designs: tuple[Design, ...]) -> Calibrated:
    return Calibrated(
        name,
        partial(measure, variance),  # type: ignore[arg-type]  # Panels, not Trials
        designs=lambda: designs,
        scales=(Scale.DIFFERENCE, Scale.RELATIVE),
        command="python tools/calibrate_sc_augmented.py",
        replications=2_000,
        note=NOTE,
    )


METHODS = [
    _method("augmented-synthetic-control", "placebo", LAWS),
    _method(
        "augmented-synthetic-control-jackknife-plus",
        "jackknife+",
        tuple(d for d in LAWS if d.name.startswith("1 ")),
    ),
    _method("augmented-synthetic-control-jackknife", "jackknife", LAWS[-1:]),
    _method("augmented-synthetic-control-bootstrap", "bootstrap", LAWS[-1:]),
]


def main(arguments: list[str] | None = None) -> int:
    """Measure every way of measuring chance."""
    return publish(METHODS, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
