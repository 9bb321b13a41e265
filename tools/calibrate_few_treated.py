"""Measure the coverage of `few-treated` and write docs/reference/coverage/.

    python tools/calibrate_few_treated.py            # resumes: designs already measured are kept

Roll-outs of few places among many, with shocks that last (first-order autoregression) and places of
unequal size. The total is the difference times a number that is known: its coverage is the
difference's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.estimators.did.few_answer import Answer, Settings, chance_of
from impacteval.inference.few_groups.rollout import Rollout
from impacteval.values import ConfidenceSet, Interval, Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import QUESTIONS, Calibrated, publish
from calibrate_designs import SEED, Design

Floats = NDArray[np.float64]

DRAWS, EFFECT, FACTOR = 499, 1.0, 1.25
PERIODS, LEVEL = 10, 8.0
# Spread of lasting shocks of a place, and of one person.
PLACE, PERSON = 0.4, 3.0


@dataclass(frozen=True)
class Rollouts:
    """Replications of one roll-out without any effect.

    Attributes
    ----------
    y : array, shape (r, g, t)
        Mean outcome of each place and period had nobody been served.
    start : array of int, shape (g,)
    people : array, shape (g,)
    """

    y: Floats
    start: NDArray[np.int64]
    people: Floats

    def rollout(self, k: int, *, relative: bool) -> Rollout:
        """Replication `k` with a constant effect: added, or a share of every outcome."""
        on = np.arange(PERIODS) >= self.start[:, None]
        y = self.y[k]
        y = np.where(on, FACTOR * y, y) if relative else y + EFFECT * on
        people = np.repeat(self.people[:, None], PERIODS, axis=1)
        return Rollout(y, self.start, people, 1.0 / people)


@dataclass(frozen=True)
class Law:
    """How places are.

    Attributes
    ----------
    places, served : int
    which : str
        Which are served: those of ``middle`` size, the ``smallest``, the ``largest``.
    unequal : bool
        Whether sizes differ (log-normal quantiles, the largest thirty times the smallest or more).
    lasting : float
        Correlation of a place's shock with the one of the period before.
    staggered : bool
        Whether each served place has a date of its own.
    wider : float
        Times by which those served vary more than the others.
    skewed : bool
        Whether lasting shocks are skewed: most years a little down, some a lot up.
    """

    places: int
    served: int
    which: str = "middle"
    unequal: bool = True
    lasting: float = 0.5
    staggered: bool = False
    wider: float = 1.0
    skewed: bool = False

    def draw(self, rng: Generator, r: int) -> Rollouts:
        """`r` roll-outs."""
        from scipy.special import ndtri

        g, s = self.places, self.served
        middle = ndtri((np.arange(g) + 0.5) / g)
        people = np.round(100.0 * np.exp(middle)) if self.unequal else np.full(g, 100.0)
        first = {"smallest": 0, "largest": g - s, "middle": (g - s) // 2}[self.which]
        start = np.full(g, PERIODS, dtype=np.int64)
        start[first : first + s] = 3 + np.arange(s) if self.staggered else 5
        draws = rng.standard_normal((r, g, PERIODS + 20))
        shock = np.exp(draws) - np.exp(0.5) if self.skewed else draws
        if self.skewed:
            shock /= np.sqrt(np.exp(2.0) - np.exp(1.0))
        path = np.zeros((r, g))
        paths = np.empty((r, g, PERIODS))
        for t in range(PERIODS + 20):  # the first twenty are forgotten
            path = self.lasting * path + np.sqrt(1.0 - self.lasting**2) * shock[..., t]
            if t >= 20:
                paths[..., t - 20] = path
        noise = rng.standard_normal((r, g, PERIODS)) / np.sqrt(people)[:, None]
        width = np.where(start < PERIODS, self.wider, 1.0)[:, None]
        level = LEVEL + 0.1 * np.arange(g)[:, None] + 0.1 * np.arange(PERIODS)
        return Rollouts(level + width * (PLACE * paths + PERSON * noise), start, people)


def _design(name: str, describe: str, law: Law) -> Design:
    # The machinery of the tables asks a design for replications, whatever these are made of.
    return Design(name, "super", describe, law.draw)  # type: ignore[arg-type]  # Rollouts, not Trials


LAWS = (
    *(
        _design(
            f"{served} of {places}",
            f"{served} of {places} places served from the sixth of ten periods on, unequal sizes, those of middle size",
            Law(places, served),
        )
        for places in (20, 50)
        for served in (1, 2, 5)
    ),
    _design("2 of 20, alike", "2 of 20 places of equal size", Law(20, 2, unequal=False)),
    _design("5 of 50, staggered", "5 of 50, each from another period on", Law(50, 5, staggered=True)),
    _design("1 of 50, lasting", "1 of 50, shocks that last (0.9)", Law(50, 1, lasting=0.9)),
    _design("5 of 50, skewed", "5 of 50, skewed shocks", Law(50, 5, skewed=True)),
    _design("1 of 20, smallest", "the smallest of 20", Law(20, 1, "smallest")),
    _design("1 of 50, smallest", "the smallest of 50", Law(50, 1, "smallest")),
    _design("1 of 50, largest", "the largest of 50", Law(50, 1, "largest")),
    _design("5 of 50, smallest", "the five smallest of 50", Law(50, 5, "smallest")),
    _design("5 of 50, largest", "the five largest of 50", Law(50, 5, "largest")),
    _design(
        "2 of 50, wider",
        "2 of 50, and those served vary twice as much for other reasons than size",
        Law(50, 2, wider=2.0),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Sets:
    """The sets of every replication by their hulls; NaN where it was refused.

    Attributes
    ----------
    centre, error, truth : array, shape (r,)
        As in `calibrate.Measured`.
    ends : array, shape (r, len(QUESTIONS), 2)
    """

    centre: Floats
    error: Floats
    truth: Floats
    ends: Floats

    def bounds(self, side: str, level: float) -> tuple[Floats, Floats]:
        """Both ends of each set, infinite where it has none."""
        low, high = self.ends[:, QUESTIONS.index((side, level))].T
        return low, high

    def holds(self, side: str, level: float) -> NDArray[np.bool_]:
        """Whether each set holds the truth."""
        low, high = self.bounds(side, level)
        found: NDArray[np.bool_] = (low <= self.truth) & (self.truth <= high)
        return found

    @classmethod
    def joined(cls, parts: Sequence[Sets]) -> Sets:
        """Replications measured in several chunks, as one."""
        names = ("centre", "error", "truth", "ends")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def hull(found: Interval | ConfidenceSet) -> tuple[float, float]:
    """Both ends of a set."""
    return found.low, found.high


# The difference of the roll-outs at hand, which is their total but for a factor.
_SHARED: dict[int, Sets] = {}


def measure(settings: Settings, trials: Rollouts, scale: Scale) -> Sets:
    """Estimates, truth and sets of every replication."""
    served = float((trials.people * (PERIODS - trials.start)).sum())
    if scale is Scale.TOTAL:
        known = _SHARED[id(trials)]
        return Sets(
            known.centre * served, known.error * served, known.truth * served, known.ends * served
        )
    relative = scale is Scale.RELATIVE
    rows: list[tuple[float, float]] = []
    ends = []
    # Which places stand in for those served is drawn once for all replications of a chunk.
    chance = chance_of(trials.rollout(0, relative=relative), settings, np.random.default_rng(SEED))
    for k in range(len(trials.y)):
        rollout = trials.rollout(k, relative=relative)
        found = replace(chance, rollout=rollout).answer(scale)
        error = rollout.std_error(by_size=settings.inference == "ferman-pinto")
        rows.append(_centre(found, error, relative=relative))
        ends.append([hull(found.distribution.interval(level, side)) for side, level in QUESTIONS])
    truth = np.full(len(rows), FACTOR - 1.0 if relative else EFFECT)
    centre, errors = np.array(rows).T
    result = Sets(centre, errors, truth, np.array(ends))
    if scale is Scale.DIFFERENCE:
        _SHARED.clear()
        _SHARED[id(trials)] = result
    return result


def _centre(found: Answer, error: float, *, relative: bool) -> tuple[float, float]:
    if not relative:
        return found.difference, error
    without = found.observed - found.difference
    return found.observed / without - 1.0, error * found.observed / without**2


NOTE = f"""Each set compares {DRAWS} drawn placements, or all where they are no more (the level holds for any number
of draws; the default, 9,999, gives steadier limits). Sets are read by their hulls; a length that is
infinite is that of a level out of reach. Places and periods count by their people. Ten periods; a place's
shock has standard deviation {PLACE} and lasts (0.5 from one period to the next unless said), one person's
{PERSON:g}; sizes are the quantiles of a log-normal law about 100 people."""

SETTINGS = Settings("ferman-pinto", studentised=False, signs="rademacher", draws=DRAWS)
ALL = (Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL)
# A set of relative effects holds the truth where that of differences does: undone, both leave the
# same outcomes. It is measured for the default, which shows it.
BARE = (Scale.DIFFERENCE, Scale.TOTAL)


# Two tests that are the one above where places are alike, on what tells them apart.
PLAIN = (
    "1 of 20",
    "5 of 20",
    "1 of 50",
    "5 of 50",
    "2 of 20, alike",
    "5 of 50, staggered",
    "1 of 50, smallest",
    "1 of 50, largest",
    "2 of 50, wider",
)


def plain() -> tuple[Design, ...]:
    """The designs of tests without regard to size."""
    return tuple(d for d in LAWS if d.name in PLAIN)


def several() -> tuple[Design, ...]:
    """Those of them in which more than one place is served."""
    return tuple(d for d in plain() if not d.name.startswith("1 "))


def together() -> tuple[Design, ...]:
    """Those of these in which no served place starts alone, which the wild bootstrap refuses."""
    return tuple(d for d in several() if "staggered" not in d.name)


def _method(
    name: str,
    settings: Settings,
    designs: Callable[[], Sequence[Design]] = lambda: LAWS,
    scales: tuple[Scale, ...] = ALL,
    replications: int = 4_000,
) -> Calibrated:
    return Calibrated(
        name,
        partial(measure, settings),  # type: ignore[arg-type]  # Rollouts, not Trials
        designs=designs,
        scales=scales,
        command="python tools/calibrate_few_treated.py",
        replications=replications,
        note=NOTE,
    )


METHODS = [
    _method("few-treated", SETTINGS),
    _method("few-treated-conley-taber", replace(SETTINGS, inference="conley-taber"), plain, BARE),
    _method("few-treated-randomisation", replace(SETTINGS, inference="randomisation"), plain, BARE),
    _method(
        "few-treated-studentised",
        replace(SETTINGS, inference="randomisation", studentised=True),
        several,
        BARE,
    ),
    # With the draws of the default one fit takes more than a tenth of a second.
    _method("few-treated-wild", replace(SETTINGS, inference="wild"), together, BARE, 1_000),
]


def main(arguments: list[str] | None = None) -> int:
    """Measure every way of measuring chance."""
    return publish(METHODS, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
