"""Measure the coverage of estimators of common factors and write docs/reference/coverage/.

    python tools/calibrate_sc_factors.py            # resumes: designs already measured are kept

Panels of places with two factors in common, of which one place or several are served. Sets of
relative effects and totals are made from those of differences, as the estimators make them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import ConfidenceDistribution
from impacteval.estimators.synthetic_control.effect import average, relative_to, served_size, times
from impacteval.estimators.synthetic_control.interactive_effects import InteractiveFixedEffects
from impacteval.estimators.synthetic_control.latent_chance import Found, Questions, questions
from impacteval.estimators.synthetic_control.matrix_completion import MatrixCompletion
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import QUESTIONS, Calibrated, publish
from calibrate_designs import SEED, Design
from calibrate_few_treated import Sets, hull

Floats = NDArray[np.float64]

BASE, NOISE, EFFECT, DRAWS = 8.0, 0.3, 1.0, 39
# Near the one that is chosen on these panels.
PENALTY = 0.15


@dataclass(frozen=True)
class Panels:
    """Replications of one panel, with the effect in it.

    Attributes
    ----------
    y : array, shape (r, u, t)
        The places served come first.
    start : array of int, shape (u,)
    """

    y: Floats
    start: NDArray[np.int64]

    def panel(self, k: int) -> Panel:
        """Replication `k`."""
        _, units, periods = self.y.shape
        shape = (units, periods)
        return Panel(
            y=self.y[k],
            start=self.start,
            x=np.zeros((*shape, 0)),
            covariates=(),
            weight=np.ones(shape),
            size=np.ones(shape),
            weight_kind=None,
            labels=np.array([f"u{i:03d}" for i in range(units)]),
            periods=np.arange(periods),
            times=np.arange(periods, dtype=np.float64),
            inside=np.ones(periods, dtype=bool),
            exposure=False,
            assignment=np.arange(units),
            outcome="y",
            design="synthetic_control",
            notes=(),
        )


@dataclass(frozen=True)
class Law:
    """How places are.

    Attributes
    ----------
    places : int
        All of them.
    starts : tuple of int
        First served period of each that is served.
    periods : int
    beyond : float
        Added to the loadings of the served: above 1.6 no mix of others reaches them.
    lasting : float
        Correlation of a place's own shock with the one of the period before.
    unequal : bool
        Whether places vary unequally, the widest four times as much as the narrowest.
    wider : float
        Times by which those served vary more than the others.
    drifting : bool
        Whether the factors are random walks.
    """

    places: int
    starts: tuple[int, ...] = (24,)
    periods: int = 30
    beyond: float = 0.0
    lasting: float = 0.0
    unequal: bool = False
    wider: float = 1.0
    drifting: bool = False

    def draw(self, rng: Generator, r: int) -> Panels:
        """`r` panels."""
        u, t, served = self.places, self.periods, len(self.starts)
        keep = 1.0 if self.drifting else 0.5
        step = 0.5 if self.drifting else np.sqrt(0.75)
        factors = _lasting(rng.standard_normal((r, 2, t)), keep, float(step))
        own = _lasting(rng.standard_normal((r, u, t)), self.lasting, np.sqrt(1 - self.lasting**2))
        width = np.full((r, u, 1), NOISE)
        if self.unequal:
            width = NOISE * np.exp(rng.uniform(-np.log(2.0), np.log(2.0), (r, u, 1)))
        width[:, :served] *= self.wider
        loads = rng.uniform(-0.8, 0.8, (r, u, 2))
        loads[:, :served] += self.beyond
        level = rng.uniform(-1.0, 1.0, (r, u, 1))
        season = 0.3 * np.sin(np.arange(t)) + 0.02 * np.arange(t)
        start = np.full(u, t)
        start[:served] = self.starts
        on = np.arange(t) >= start[:, None]
        return Panels(BASE + level + season + loads @ factors + width * own + EFFECT * on, start)


def _lasting(shocks: Floats, keep: float, step: float) -> Floats:
    found = shocks.copy()
    for t in range(1, shocks.shape[-1]):
        found[..., t] = keep * found[..., t - 1] + step * shocks[..., t]
    return found


class Runs(Protocol):
    """What an estimator of this family answers for a panel that was read."""

    @property
    def found(self) -> Found:
        """The answer and what chance may have done."""


class Estimator(Protocol):
    """An estimator of common factors."""

    def run(self, panel: Panel, asked: Questions, rng: Generator) -> Runs:
        """The fit of a panel."""


# The scales of one chunk share its fits.
_SHARED: dict[tuple[int, int], list[tuple[Panel, Found | None]]] = {}


def _fits(estimator: Estimator, panels: Panels) -> list[tuple[Panel, Found | None]]:
    key = id(estimator), id(panels)
    if key not in _SHARED:
        rng = np.random.default_rng(SEED)
        found: list[tuple[Panel, Found | None]] = []
        for k in range(len(panels.y)):
            panel = panels.panel(k)
            try:
                found.append(
                    (panel, estimator.run(panel, questions(panel, periods=False), rng).found)
                )
            except NotIdentified:
                found.append((panel, None))
        _SHARED.clear()
        _SHARED[key] = found
    return _SHARED[key]


def measure(estimator: Estimator, panels: Panels, scale: Scale) -> Sets:
    """Estimates, truth and sets of every replication."""
    rows, ends = [], []
    for panel, found in _fits(estimator, panels):
        if found is None:
            rows.append((np.nan, np.nan, np.nan))
            ends.append([(np.nan, np.nan)] * len(QUESTIONS))
            continue
        answer = found.answer
        observed, size = average(panel, panel.y[panel.served]), served_size(panel)
        error = float("nan") if answer.std_error is None else answer.std_error
        distribution: ConfidenceDistribution = answer.distribution
        row = (answer.effect, error, EFFECT)
        if scale is Scale.TOTAL:
            distribution, row = (
                times(distribution, size),
                (row[0] * size, row[1] * size, row[2] * size),
            )
        elif scale is Scale.RELATIVE:
            without = observed - row[0]
            if not min(observed, without, observed - EFFECT) > 0.0:
                rows.append((np.nan, np.nan, np.nan))
                ends.append([(np.nan, np.nan)] * len(QUESTIONS))
                continue
            distribution = relative_to(distribution, observed)
            row = (
                observed / without - 1.0,
                error * observed / without**2,
                observed / (observed - EFFECT) - 1.0,
            )
        rows.append(row)
        ends.append([hull(distribution.interval(level, side)) for side, level in QUESTIONS])
    centre, errors, truth = np.array(rows).T
    return Sets(centre, errors, truth, np.array(ends))


def _design(name: str, describe: str, law: Law) -> Design:
    # The machinery of the tables asks a design for replications, whatever these are made of.
    return Design(name, "super", describe, law.draw)  # type: ignore[arg-type]  # Panels, not Trials


ONE = (
    _design("1 of 20", "one of 20 places served in the last six of thirty periods", Law(20)),
    _design("1 of 40", "one of 40 places", Law(40)),
    _design("1 of 20, short", "one of 20, eight periods before and four since", Law(20, (8,), 12)),
    _design("1 of 40, beyond", "one of 40, whose loadings (2 more) no mix of others reaches", Law(40, beyond=2.0)),
    _design("1 of 40, far beyond", "one of 40, whose loadings are 5 more than the others'", Law(40, beyond=5.0)),
    _design("1 of 40, lasting", "one of 40, shocks that last (0.5)", Law(40, lasting=0.5)),
    _design("1 of 40, drifting", "one of 40, factors that are random walks", Law(40, drifting=True)),
    _design("1 of 40, unequal", "one of 40 places that vary unequally, up to four times as much", Law(40, unequal=True)),
    _design("1 of 40, wider", "one of 40, which varies twice as much as the others", Law(40, wider=2.0)),
)  # fmt: skip
MANY = (
    _design("5 of 25, 16 periods", "five of 25 served in the last four of sixteen periods", Law(25, (12,) * 5, 16)),
    _design("5 of 25, staggered", "five of 25, from three periods on", Law(25, (10, 10, 12, 12, 13), 16)),
    _design("5 of 25, beyond", "five of 25, whose loadings (2 more) no mix of others reaches", Law(25, (12,) * 5, 16, beyond=2.0)),
    _design("5 of 25, wider", "five of 25, which vary twice as much as the others", Law(25, (12,) * 5, 16, wider=2.0)),
)  # fmt: skip
# Completing a table takes longer: sixteen periods, twelve of them before.
SHORT = (
    _design("1 of 20, 16 periods", "one of 20 places served in the last four of sixteen periods", Law(20, (12,), 16)),
    _design("1 of 20, 16, beyond", "the same, whose loadings (2 more) no mix of others reaches", Law(20, (12,), 16, beyond=2.0)),
    _design("1 of 20, 16, wider", "the same, and the one served varies twice as much as the others", Law(20, (12,), 16, wider=2.0)),
)  # fmt: skip


NOTE = f"""Places, and not rows, are drawn: `n` counts them. Sets are read by their hulls; where placements are too
many, {DRAWS} are drawn (more give steadier limits). With `-given`
and `-jackknife` tables are completed with a penalty of {PENALTY}, near the one that is chosen here. Two factors, each period half of the last one
unless said; loadings are uniform between -0.8 and 0.8, a place's own shock has standard deviation {NOISE}. A length
that is infinite is that of a level out of reach."""

SCALES = (Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL)


def _method(
    name: str,
    estimator: Estimator,
    designs: Callable[[], tuple[Design, ...]],
    replications: int = 2_000,
) -> Calibrated:
    return Calibrated(
        name,
        partial(measure, estimator),  # type: ignore[arg-type]  # Panels, not Trials
        designs=designs,
        scales=SCALES,
        command="python tools/calibrate_sc_factors.py",
        replications=replications,
        note=NOTE,
    )


def placebo_designs() -> tuple[Design, ...]:
    """Those that tell placebos over common noise from placebos over misses before."""
    names = ("1 of 20", "1 of 20, short", "1 of 40, wider", "5 of 25, 16 periods")
    return tuple(d for d in ONE + MANY if d.name in names)


METHODS = [
    _method("interactive-fixed-effects", InteractiveFixedEffects(draws=DRAWS), lambda: ONE + MANY),
    _method(
        "interactive-fixed-effects-placebo",
        InteractiveFixedEffects(draws=DRAWS, inference="placebo"),
        placebo_designs,
    ),
    _method(
        "interactive-fixed-effects-jackknife",
        InteractiveFixedEffects(inference="jackknife"),
        lambda: MANY,
    ),
    # Choosing the penalty takes a tenth of a second: one design, the others at a penalty given.
    _method("matrix-completion", MatrixCompletion(draws=DRAWS), lambda: SHORT[:1], 2_000),
    _method(
        "matrix-completion-given",
        MatrixCompletion(draws=DRAWS, penalty=PENALTY),
        lambda: SHORT + MANY[:1],
        2_000,
    ),
    _method(
        "matrix-completion-jackknife",
        MatrixCompletion(penalty=PENALTY, inference="jackknife"),
        lambda: MANY[:1],
        2_000,
    ),
]


def main(arguments: list[str] | None = None) -> int:
    """Measure every way of measuring chance."""
    return publish(METHODS, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
