"""Measure the coverage of synthetic control's tests over time and write docs/reference/coverage/.

    python tools/calibrate_sc_inference.py   # resumes: designs already measured are kept

One served place among twenty others that follow two common factors. The effect is that on the
served place in the served periods, and what it would have had is known.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.estimates import ConfidenceDistribution, EmpiricalDraws, StudentT, TestInversion
from impacteval.estimators.synthetic_control.effect import relative_to, times
from impacteval.inference.conformal import collapsed, conformal_sets
from impacteval.inference.sc_prediction import predict
from impacteval.inference.sc_ttest import cross_fit
from impacteval.inference.simplex import simplex_fit
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import QUESTIONS, Calibrated, publish
from calibrate_designs import SEED, Design
from calibrate_few_treated import Sets, hull

Floats = NDArray[np.float64]

DONORS, LEVEL, NOISE, EFFECT = 20, 20.0, 0.5, 1.0
# Periods drawn, of which a method takes the first after the service.
AFTER = 10
FORGOTTEN = 50


@dataclass(frozen=True)
class Places:
    """Replications of a panel of places without any effect.

    Attributes
    ----------
    y : array, shape (r, 1 + DONORS, before + AFTER)
        The served place first.
    before : int
    """

    y: Floats
    before: int


@dataclass(frozen=True)
class Law:
    """How places are.

    Attributes
    ----------
    before : int
        Periods from before.
    lasting : float
        Correlation of factors and of each place's shocks with those of the period before; 1 for
        factors that drift without end, and shocks of 0.5.
    inside : bool
        Whether the served place follows the factors as some mix of the others does.
    """

    before: int
    lasting: float
    inside: bool

    def draw(self, rng: Generator, r: int) -> Places:
        """`r` panels."""
        n = self.before + AFTER
        drift = self.lasting == 1.0
        shocks = 0.5 if drift else self.lasting
        factors = _lasting(rng, (r, 2), n, self.lasting)
        noise = NOISE * _lasting(rng, (r, 1 + DONORS), n, shocks)
        loads = rng.uniform(-1.0, 1.0, (r, 1 + DONORS, 2))
        if self.inside:
            mix = rng.dirichlet(np.ones(3), r)
            loads[:, 0] = np.einsum("rk,rkf->rf", mix, loads[:, 1:4])
        else:
            loads[:, 0] = 1.5
        return Places(LEVEL + loads @ factors + noise, self.before)


def _lasting(rng: Generator, shape: tuple[int, int], n: int, lasting: float) -> Floats:
    """Autoregressive paths of variance one, or a random walk with steps of 0.3; (..., n)."""
    if lasting == 1.0:
        walk: Floats = np.cumsum(0.3 * rng.standard_normal((*shape, n)), axis=-1)
        return walk
    draws = rng.standard_normal((*shape, n + FORGOTTEN))
    paths = np.empty_like(draws)
    paths[..., 0] = draws[..., 0]
    for t in range(1, n + FORGOTTEN):
        paths[..., t] = lasting * paths[..., t - 1] + np.sqrt(1.0 - lasting**2) * draws[..., t]
    return paths[..., FORGOTTEN:]


def _designs() -> tuple[Design, ...]:
    kinds = {
        "independent": (0.0, "factors and shocks that are new in each period"),
        "lasting": (0.5, "factors and shocks that last (0.5 from one period to the next)"),
        "drifting": (1.0, "factors that drift without end, shocks that last (0.5)"),
    }
    where = {"inside": True, "outside": False}
    told = {
        "inside": "some mix of the others follows the factors as the served place does",
        "outside": "the served place follows the factors more strongly than any other",
    }
    return tuple(
        Design(
            f"{kind}, {side}, {before}",
            "super",
            f"{before} periods from before, {describe}; {told[side]}",
            # The tables ask a design for replications, whatever these are made of.
            Law(before, lasting, where[side]).draw,  # type: ignore[arg-type]  # Places, not Trials
        )
        for kind, (lasting, describe) in kinds.items()
        for side in where
        for before in (20, 50)
    )


DESIGNS = _designs()


@dataclass(frozen=True)
class One:
    """One estimate as the method gives it, and what is true."""

    effect: float
    error: float
    distribution: ConfidenceDistribution
    observed: float


def conformal(pool: Floats, target: Floats, before: int) -> One:
    """What ``inference="conformal"`` gives."""
    after = len(target) - before
    share = np.full(after, 1.0 / after)
    sets = conformal_sets(collapsed(pool, before, share), collapsed(target, before, share))
    weights = simplex_fit(pool[:before], target[:before]).weights
    effect = float(share @ (target - pool @ weights)[before:])
    found = TestInversion(sets.two, sets.greater, sets.less)
    return One(effect, np.nan, found, float(target[before:].mean()))


def t_test(pool: Floats, target: Floats, before: int) -> One:
    """What ``inference="t-test"`` gives."""
    found = cross_fit(pool, target, before)
    distribution = StudentT(found.effect, found.std_error, found.df)
    return One(found.effect, found.std_error, distribution, float(target[before:].mean()))


def draws_of(target: Floats) -> Generator:
    """Draws of their own for each panel, whatever the order in which these come."""
    return np.random.default_rng([SEED, zlib.crc32(target.tobytes())])


def prediction(pool: Floats, target: Floats, before: int) -> One:
    """What ``inference="prediction"`` gives."""
    after = len(target) - before
    weights = simplex_fit(pool[:before], target[:before]).weights
    ahead = pool[before:].mean(axis=0)[None]
    found = predict(pool[:before], target[:before], weights, ahead, rng=draws_of(target))
    observed = float(target[before:].mean())
    effect = float(np.full(after, 1.0 / after) @ (target - pool @ weights)[before:])
    return One(effect, np.nan, EmpiricalDraws(observed - found.quantiles(0)), observed)


@dataclass(frozen=True)
class Measure:
    """How a method is measured on the first `after` served periods."""

    method: Callable[[Floats, Floats, int], One]
    after: int
    # The scales of the panels at hand share their estimates.
    last: list[tuple[Places, list[One]]] = field(default_factory=list)

    def __call__(self, trials: Places, scale: Scale) -> Sets:
        """Estimates, truth and sets of every replication."""
        if not self.last or self.last[0][0] is not trials:
            before, rows = trials.before, trials.before + self.after
            self.last[:] = [
                (
                    trials,
                    [
                        self.method(
                            np.ascontiguousarray(y[1:, :rows].T), _served(y, before, rows), before
                        )
                        for y in trials.y
                    ],
                )
            ]
        return _sets(self.last[0][1], self.after, scale)


def _sets(estimates: list[One], after: int, scale: Scale) -> Sets:
    rows, ends = [], []
    for found in estimates:
        mean = found.observed - found.effect
        match scale:
            case Scale.RELATIVE:
                if not (found.observed > 0.0 and mean > 0.0):  # refused
                    rows.append((np.nan, np.nan, EFFECT))
                    ends.append([(np.nan, np.nan)] * len(QUESTIONS))
                    continue
                distribution = relative_to(found.distribution, found.observed)
                centre, error = found.observed / mean - 1.0, found.error * found.observed / mean**2
                truth = found.observed / (found.observed - EFFECT) - 1.0
            case Scale.TOTAL:
                distribution = times(found.distribution, float(after))
                centre, error, truth = found.effect * after, found.error * after, EFFECT * after
            case _:
                distribution = found.distribution
                centre, error, truth = found.effect, found.error, EFFECT
        rows.append((centre, error, truth))
        ends.append([hull(distribution.interval(level, side)) for side, level in QUESTIONS])
    centres, errors, truths = np.array(rows).T
    return Sets(centres, errors, truths, np.array(ends))


def _served(y: Floats, before: int, rows: int) -> Floats:
    """Outcomes of the served place, with the effect."""
    found: Floats = y[0, :rows] + EFFECT * (np.arange(rows) >= before)
    return found


NOTE = f"""{DONORS} other places; outcomes about {LEVEL:g}, factors of variance one with loadings between -1 and 1
(1.5 outside), shocks of standard deviation {NOISE:g}. The served place's own outcome without the service
is known in each replication, and the truth is its effect. Sets are read by their hulls; a length that is
infinite is that of a level out of reach.

"""
EXACT = """
With factors and shocks that are new in each period the test is exact, wherever the served place lies:
at least nominal, but for chance in the replications, and conservative by no more than one step of its
p-values. Outcomes that drift away from every mix are what it cannot see."""


# Predictions cost more than sets: the designs that tell what they do.
PREDICTED = (
    "independent, inside, 20",
    "independent, inside, 50",
    "lasting, inside, 20",
    "lasting, outside, 20",
    "drifting, inside, 20",
    "drifting, outside, 20",
)


def predicted() -> tuple[Design, ...]:
    """The designs of predictions, in their order."""
    return tuple(d for d in DESIGNS if d.name in PREDICTED)


def _method(
    name: str,
    method: Callable[[Floats, Floats, int], One],
    after: int,
    told: str,
    replications: int = 4_000,
    designs: Callable[[], Sequence[Design]] = lambda: DESIGNS,
) -> Calibrated:
    return Calibrated(
        name,
        Measure(method, after),  # type: ignore[arg-type]  # Places, not Trials
        designs=designs,
        scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
        command="python tools/calibrate_sc_inference.py",
        replications=replications,
        note=NOTE + told,
    )


METHODS: Sequence[Calibrated] = (
    _method("synthetic-control-conformal", conformal, 1, "One served period." + EXACT),
    _method(
        "synthetic-control-conformal-average",
        conformal,
        2,
        "The average of two served periods, against blocks of two." + EXACT,
        2_000,
    ),
    _method(
        "synthetic-control-prediction",
        prediction,
        1,
        "One served period, sub-Gaussian shocks, 399 draws of the weights.",
        2_000,
        predicted,
    ),
    _method(
        "synthetic-control-t-test",
        t_test,
        AFTER,
        f"The average of {AFTER} served periods, three folds.",
    ),
)


def main(arguments: list[str] | None = None) -> int:
    """Measure every way of measuring chance over time."""
    return publish(METHODS, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
