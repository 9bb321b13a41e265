"""Measure the coverage of `synthetic-did` and write docs/reference/coverage/.

    python tools/calibrate_sc_did.py            # resumes: designs already measured are kept

Places follow two common factors, each in its own way, with levels and shocks of their own. The
total is the difference times a number that is known: its coverage is the difference's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.synthetic_did_chance import Variance, stand_ins
from impacteval.estimators.synthetic_control.synthetic_did_fit import Draws, Rollout, fit
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measured, publish
from calibrate_designs import SEED, Design

Floats = NDArray[np.float64]

DRAWS, EFFECT, FACTOR, LEVEL = 100, 1.0, 1.25, 8.0
# Standard deviation of a place's own shock in a period.
SHOCK = 0.5


@dataclass(frozen=True)
class Panels:
    """Replications of one roll-out without any effect; the served come first.

    Attributes
    ----------
    y : array, shape (r, U, T)
        Outcomes had nobody been served.
    start : array of int, shape (N,)
    """

    y: Floats
    start: NDArray[np.int64]

    def rollout(self, k: int) -> Rollout:
        """Replication `k`, still without an effect."""
        y, n = self.y[k], len(self.start)
        units = np.arange(len(y))
        weight = np.ones((n, y.shape[1]))
        return Rollout(y, np.zeros((*y.shape, 0)), units[n:], units[:n], self.start, weight)


@dataclass(frozen=True)
class Law:
    """How places are.

    Attributes
    ----------
    places, served : int
    before, after : int
        Periods.
    lasting : float
        Correlation of a place's shock with the one of the period before.
    apart : float
        How far the served places' loadings lie from the others', in the others' half-range.
    wider : float
        Times by which the shocks of those served vary more than those of the others.
    dates : int
        Dates of adoption, two periods from each other; the last is after `before` periods.
    """

    places: int
    served: int
    before: int = 20
    after: int = 10
    lasting: float = 0.0
    apart: float = 0.0
    wider: float = 1.0
    dates: int = 1

    def draw(self, rng: Generator, r: int) -> Panels:
        """`r` roll-outs."""
        n, t = self.places, self.before + self.after
        factors = _lasting(rng.standard_normal((r, 2, t + 20)), 0.5)
        loads = rng.uniform(-1.0, 1.0, (r, n, 2))
        loads[:, : self.served] += self.apart
        shock = SHOCK * _lasting(rng.standard_normal((r, n, t + 20)), self.lasting)
        shock[:, : self.served] *= self.wider
        level = LEVEL + rng.uniform(-1.0, 1.0, (r, n, 1)) + 0.02 * np.arange(t)
        date = np.arange(self.served) * self.dates // self.served
        start = self.before - 2 * (self.dates - 1 - date)
        return Panels(level + loads @ factors + shock, start)


def _lasting(draws: Floats, lasting: float) -> Floats:
    """Stationary first-order autoregressions of variance one; the first twenty are forgotten."""
    path = draws[..., 0]
    kept = []
    for t in range(1, draws.shape[-1]):
        path = lasting * path + np.sqrt(1.0 - lasting**2) * draws[..., t]
        kept.append(path)
    return np.stack(kept[19:], axis=-1)


def _design(name: str, describe: str, law: Law) -> Design:
    # The machinery of the tables asks a design for replications, whatever these are made of.
    return Design(name, "super", describe, law.draw)  # type: ignore[arg-type]  # Panels, not Trials


LAWS = (
    _design("1 of 20", "1 of 20 places, served in the last 10 of 30 periods", Law(20, 1)),
    _design("1 of 40", "1 of 40", Law(40, 1)),
    _design("1 of 40, short", "1 of 40, served in the last 4 of 12 periods", Law(40, 1, before=8, after=4)),
    _design("1 of 40, lasting", "1 of 40, shocks that last (0.8)", Law(40, 1, lasting=0.8)),
    _design("1 of 40, apart", "1 of 40, and the served place follows the factors as none but the furthest do", Law(40, 1, apart=1.0)),
    _design("5 of 20", "5 of 20", Law(20, 5)),
    _design("5 of 40", "5 of 40", Law(40, 5)),
    _design("5 of 40, lasting", "5 of 40, shocks that last (0.8)", Law(40, 5, lasting=0.8)),
    _design("5 of 40, wider", "5 of 40, and the shocks of those served vary twice as much", Law(40, 5, wider=2.0)),
    _design("20 of 60", "20 of 60", Law(60, 20)),
    _design("6 of 40, staggered", "6 of 40, two from each of three dates on", Law(40, 6, dates=3)),
    _design("20 of 60, staggered", "20 of 60, from four dates on", Law(60, 20, dates=4)),
)  # fmt: skip


def chosen(*names: str) -> Callable[[], tuple[Design, ...]]:
    """The designs of those names."""
    return lambda: tuple(d for d in LAWS if d.name in names)


# A variance that compares the served with each other needs several of them.
SEVERAL = ("5 of 20", "5 of 40", "5 of 40, wider", "20 of 60", "6 of 40, staggered")
MANY = "20 of 60, staggered"


# What was found on the panels at hand, by scale: one fit answers for all of them.
_SHARED: dict[int, dict[Scale, Measured]] = {}


def measure(variance: Variance, trials: Panels, scale: Scale) -> Measured:
    """Estimates, truth and standard errors of every replication; the difference is asked first."""
    if scale is Scale.DIFFERENCE:
        _SHARED.clear()
        rows = [answers(trials.rollout(k), k, variance) for k in range(len(trials.y))]
        plain, relative = np.array(rows).transpose(1, 2, 0)
        served = float((trials.y.shape[2] - trials.start).sum())
        df = np.full(len(rows), np.inf)
        truth = np.full(len(rows), EFFECT)
        _SHARED[id(trials)] = {
            Scale.DIFFERENCE: Measured(*plain, df, truth),
            Scale.RELATIVE: Measured(*relative, df, np.full(len(rows), np.log(FACTOR))),
            Scale.TOTAL: Measured(*(served * plain), df, served * truth),
        }
    return _SHARED[id(trials)][scale]


def answers(
    rollout: Rollout, k: int, variance: Variance
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Estimate and standard error where the effect is added to the served outcomes, and (as a log
    ratio) where it is a share of them.

    Outcomes of the served after the service began enter the answer as their mean alone, in the
    real roll-out and in every other; so that effects are added to what was found without any.
    """
    inside = np.ones(rollout.n_periods, dtype=bool)
    weights, effects = fit(rollout, Draws.real(rollout))
    chance, others = stand_ins(rollout, weights, variance, DRAWS, np.random.default_rng([SEED, k]))
    effect, averages = float(effects.over(inside)[0]), others.over(inside)
    plain = effect + EFFECT, float(chance.errors(averages))
    on = np.arange(rollout.n_periods) >= rollout.start[:, None]
    y, count = np.where(on, rollout.y[rollout.served], 0.0).sum(axis=1), on.sum(axis=1)
    without = float(y.sum() / count.sum())
    effect += (FACTOR - 1.0) * without
    if variance != "placebo":
        # The mean without the service of those that are left, or drawn, each time.
        times = chance.draws.times
        averages = averages + (FACTOR - 1.0) * (times @ y) / (times @ count)
    mean = FACTOR * without - effect
    return plain, (
        float(np.log(FACTOR * without / mean)),
        float(chance.errors(averages)) / mean,
    )


NOTE = f"""Placebos and resamples are {DRAWS} drawn by lot, or all placebos where they are no more (one place
served); with the default, 500, standard errors vary less. A place's own shock has standard deviation {SHOCK}; the two factors have 1 each, last (0.5 from one
period to the next), and loadings are uniform between -1 and 1."""

ALL = (Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL)


def _method(name: str, variance: Variance, designs: Callable[[], Sequence[Design]]) -> Calibrated:
    return Calibrated(
        name,
        partial(measure, variance),  # type: ignore[arg-type]  # Panels, not Trials
        designs=designs,
        scales=ALL,
        command="python tools/calibrate_sc_did.py",
        replications=2_000,
        note=NOTE,
    )


METHODS = [
    _method("synthetic-did", "placebo", chosen(*(d.name for d in LAWS if d.name != MANY))),
    _method("synthetic-did-jackknife", "jackknife", chosen(*SEVERAL, MANY)),
    _method("synthetic-did-bootstrap", "bootstrap", chosen(*SEVERAL)),
]


def main(arguments: list[str] | None = None) -> int:
    """Measure every variance."""
    return publish(METHODS, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
