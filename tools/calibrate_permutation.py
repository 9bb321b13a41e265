"""Measure the coverage of randomisation inference and write docs/reference/coverage/.

    python tools/calibrate_permutation.py            # resumes: designs already measured are kept

Replications of one design share their assignments, as several outcomes of one trial do, so that a
few thousand tests are inverted in seconds. The total is the difference times a number that is known:
its coverage is the difference's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from impacteval.estimators.randomised.lot import Lot
from impacteval.estimators.randomised.permuted import permuted, scheme_of
from impacteval.values import ConfidenceSet, Scale

sys.path.insert(0, str(Path(__file__).parent))

import calibrate
from calibrate import QUESTIONS, Bools, Calibrated, by_arms, difference_arms, publish
from calibrate_designs import SEED, Design, Floats, Trials, designs

DRAWS = 499


def lots(trials: Trials) -> list[Lot]:
    """The replications as outcomes of one lot, or one lot each where weights differ."""
    n = trials.treatment.size
    if trials.weight is None and trials.exposure is None:
        return [lot_of(trials, trials.y, np.ones(n))]
    weight = np.ones(trials.y.shape) if trials.weight is None else trials.weight
    exposure = np.ones(trials.y.shape) if trials.exposure is None else trials.exposure
    rates = trials.y / exposure
    return [lot_of(trials, rates[k : k + 1], weight[k] * exposure[k]) for k in range(len(trials.y))]


def lot_of(trials: Trials, y: Floats, weight: Floats) -> Lot:
    """What `read_lot` reads from a sample of these rows."""
    n = trials.treatment.size
    row = np.arange(n) if trials.cluster is None else trials.cluster
    stratum = np.zeros(n, dtype=np.int64) if trials.stratum is None else trials.stratum
    first = np.flatnonzero(np.diff(row, prepend=-1))
    realised = trials.treatment[first].astype(np.uint8)
    sizes = np.bincount(stratum[first])
    shares = np.bincount(stratum, weights=weight)
    return Lot(
        outcomes=tuple(f"y{k}" for k in range(len(y))),
        y=y,
        treatment=trials.treatment,
        x=np.empty((n, 0)),
        covariates=(),
        weight=weight,
        size=weight,
        row=row,
        sizes=sizes,
        treated=np.bincount(stratum[first], weights=realised).astype(np.int64),
        shares=shares / shares.sum(),
        realised=realised,
        listed=None,
        labels=np.arange(first.size),
        level="unit" if trials.cluster is None else "cluster",
        paired=False,
        strata=tuple(str(k) for k in range(sizes.size)) if trials.stratum is not None else (),
        people=(int((trials.treatment == 0).sum()), int(trials.treatment.sum())),
        design="rct",
        period="all",
        weight_kind=None,
        rate=trials.exposure is not None,
        complete=True,
        notes=(),
    )


@dataclass(frozen=True)
class Inverted:
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

    def holds(self, side: str, level: float) -> Bools:
        """Whether each set's hull holds the truth."""
        low, high = self.bounds(side, level)
        found: Bools = (low <= self.truth) & (self.truth <= high)
        return found

    @classmethod
    def joined(cls, parts: Sequence[Inverted]) -> Inverted:
        """Replications measured in several chunks, as one."""
        names = ("centre", "error", "truth", "ends")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def hull(found: ConfidenceSet, scale: Scale) -> tuple[float, float]:
    """Both ends of a set; of a relative effect as logarithms of the ratio."""
    if scale is not Scale.RELATIVE:
        return found.low, found.high
    low = -np.inf if found.low <= -1.0 else float(np.log1p(found.low))
    return low, -np.inf if found.high <= -1.0 else float(np.log1p(found.high))


# The difference of the trials at hand, from which their total follows.
_SHARED: dict[int, Inverted] = {}


def measure(trials: Trials, scale: Scale) -> Inverted:
    """Estimates, truth and sets of every replication."""
    plain = by_arms(difference_arms)(trials, scale)
    if scale is Scale.TOTAL:
        known = _SHARED[id(trials)]
        served = calibrate.served_of(trials)
        ends = known.ends * served[:, None, None]
        return Inverted(plain.centre, plain.error, plain.truth, ends)
    rng = np.random.default_rng(SEED)
    ends = []
    for lot in lots(trials):
        scheme = scheme_of(lot, studentised=True, balance_on=(), balance_limit=None, every=False)
        found = permuted(lot, scale, draws=DRAWS, studentised=True, scheme=scheme, rng=rng)
        for k in range(len(lot.y)):
            effect = found.inversion(k, scale, 1.0, "")
            ends.append([hull(effect.interval(level, side), scale) for side, level in QUESTIONS])
    result = Inverted(plain.centre, plain.error, plain.truth, np.array(ends))
    if scale is Scale.DIFFERENCE:
        _SHARED.clear()
        _SHARED[id(trials)] = result
    return result


NOTE = f"""The studentised test. Each compares {DRAWS} drawn assignments (the level holds for any number of draws; the
default, 9,999, gives steadier limits). Covariates are not used. The sets are read by their hulls."""

# Of the trials of the other tables those that differ in what matters to a test of the assignment.
CHOSEN = (
    "normal, 10+10",
    "normal, 30+30",
    "normal, 100+100",
    "normal, 60+20, SD 1 and 3",
    "normal, 60+20, SD 3 and 1",
    "lognormal, 15+15",
    "lognormal, 50+50",
    "lognormal, 60+20",
    "binary .3 to .4, n = 60",
    "counts, 40% fewer, n = 50",
    "blocked, n = 64",
    "clusters, 10",
    "clusters, 20",
    "clusters, 20, 5 served",
    "rates, n = 40",
    "sampling weights, n = 60",
    "finite, effects vary, n = 40",
    "finite, lognormal, n = 100",
    "finite, blocked, n = 64",
)


def chosen() -> tuple[Design, ...]:
    """Those designs, in the order of the tables."""
    return tuple(design for design in designs() if design.name in CHOSEN)


METHODS = [
    Calibrated(
        "randomisation-inference",
        measure,
        designs=chosen,
        scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
        command="python tools/calibrate_permutation.py",
        replications=4_000,
        note=NOTE,
    )
]


def main(arguments: list[str] | None = None) -> int:
    """Measure the studentised test."""
    return publish(METHODS, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
