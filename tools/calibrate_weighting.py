"""Measure the coverage of weighted comparisons and write docs/reference/coverage/.

python tools/calibrate_weighting.py            # resumes: designs already measured are kept
python tools/calibrate_weighting.py --only overlap-weighting
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from impacteval.estimators.matched.entropy import balanced
from impacteval.estimators.matched.score import LOOK
from impacteval.estimators.matched.stack import Side, Stacked
from impacteval.estimators.matched.weights import Target, balancing_sides, score_sides
from impacteval.inference import fit_glm, on_scale, predicted, separated
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Bools, Calibrated, Measured, publish
from calibrate_designs import Floats, Trials
from calibrate_similar import Similar, designs

COMMAND = "python tools/calibrate_weighting.py"
WITHOUT_TOTAL = (Scale.DIFFERENCE, Scale.RELATIVE, Scale.STANDARDISED)

Sides = Callable[[Floats, Floats, Bools], tuple[Bools, tuple[Side, Side]]]


def columns_of(trials: Trials, counts: Floats) -> Floats:
    """Level and covariates, centred and scaled as the estimators do, shape (r, n, p)."""
    share = (counts / counts.sum(axis=-1, keepdims=True))[..., None]
    away = trials.x - (share * trials.x).sum(axis=-2, keepdims=True)
    unit = np.sqrt((share * away**2).sum(axis=-2, keepdims=True))
    return np.concatenate([np.ones((*counts.shape, 1)), away / unit], axis=-1)


def by_score(target: Target) -> Sides:
    """Where a logit has an answer, and the weights there."""

    def sides(x: Floats, counts: Floats, served: Bools) -> tuple[Bools, tuple[Side, Side]]:
        y = served.astype(np.float64)
        fit = fit_glm(x, y, "binomial", weight=counts)
        linear = (x @ fit.regression.coefficients[..., None])[..., 0]
        told = np.array(fit.converged)
        for k in np.flatnonzero(np.abs(linear).max(axis=-1) > LOOK):
            told[k] &= not separated(x[k], y[k], "binomial")
        chance, _ = predicted("binomial", linear[told])
        return told, score_sides(x[told], counts[told], served[told], chance, target)

    return sides


def by_balance(target: str) -> Sides:
    """Where weights that balance exist, and these."""

    def sides(x: Floats, counts: Floats, served: Bools) -> tuple[Bools, tuple[Side, Side]]:
        goal = np.where(served, counts, 0.0) if target == "att" else counts
        sums = (x * goal[..., None]).sum(axis=-2)
        weight, told = np.ones(counts.shape), np.ones(len(counts), dtype=bool)
        for arm in (~served,) if target == "att" else (~served, served):
            fit = balanced(x, np.where(arm, counts, 0.0), sums)
            told &= fit.converged
            weight = np.where(arm, fit.weight, weight)
        kept = (x[told], counts[told], served[told], weight[told])
        return told, balancing_sides(*kept, "att" if target == "att" else "ate")

    return sides


def measured(make: Sides, target: str) -> Callable[[Trials, Scale], Measured]:
    """How to measure two weighted means whose weights come from `make`."""
    last: list[object] = []  # the scales of one chunk share its fit

    def stacked_of(trials: Trials) -> tuple[Stacked, Bools, Floats]:
        shape = trials.y.shape
        counts = np.ones(shape) if trials.weight is None else trials.weight
        time = np.ones(shape) if trials.exposure is None else trials.exposure
        served = trials.treatment == 1
        told, sides = make(columns_of(trials, counts), counts, served)
        rate, own = (trials.y / time)[told], (counts * time)[told]
        stacked = Stacked(sides, rate, own, np.ones(shape[-1]), trials.cluster)
        return stacked, told, np.where(served, counts * time, 0.0).sum(axis=-1)

    def measure(trials: Trials, scale: Scale) -> Measured:
        assert isinstance(trials, Similar)
        if not last or last[0] is not trials:
            last[:] = [trials, *stacked_of(trials)]
        stacked, told, size = last[1], last[2], last[3]
        assert isinstance(stacked, Stacked)
        assert isinstance(told, np.ndarray)
        assert isinstance(size, np.ndarray)
        spread = stacked.spread if scale is Scale.STANDARDISED else None
        with np.errstate(divide="ignore", invalid="ignore"):
            found = on_scale(stacked.arms, scale, served=size[told], spread=spread)
        centre = found.value if found.log_ratio is None else found.log_ratio
        error = found.std_error if found.log_std_error is None else found.log_std_error
        legal = np.isfinite(centre) & np.isfinite(error) & (error > 1e-12)

        def everyone(part: Floats, other: float) -> Floats:
            whole = np.full(told.shape, other)
            whole[told] = np.where(legal, part, other)
            return whole

        difference, relative, standardised = trials.truths[target]
        truth = {
            Scale.DIFFERENCE: np.full(size.shape, difference),
            Scale.RELATIVE: np.full(size.shape, np.log1p(relative)),
            Scale.TOTAL: size * difference,
            Scale.STANDARDISED: np.full(size.shape, standardised),
        }[scale]
        return Measured(
            everyone(centre, np.nan), everyone(error, np.nan), everyone(found.df, 1.0), truth
        )

    return measure


def _method(name: str, make: Sides, target: str, note: str) -> Calibrated:
    return Calibrated(
        name,
        measured(make, target),
        designs=designs,
        scales=tuple(Scale) if target == "att" else WITHOUT_TOTAL,
        command=COMMAND,
        replications=4_000,
        note=note,
    )


METHODS = (
    _method(
        "inverse-probability",
        by_score("att"),
        "att",
        '`estimand="att"`, the default; the truth is that of those served.',
    ),
    _method(
        "inverse-probability-ate",
        by_score("ate"),
        "ate",
        '`estimand="ate"`; the truth is that of everyone.',
    ),
    _method(
        "overlap-weighting",
        by_score("overlap"),
        "overlap",
        "The truth is that of the overlap population.",
    ),
    _method(
        "entropy-balancing",
        by_balance("att"),
        "att",
        '`estimand="att"`, `moments=1`, the defaults; the truth is that of those served. The log odds of '
        "being served are straight lines in every design.",
    ),
    _method(
        "entropy-balancing-ate",
        by_balance("ate"),
        "ate",
        '`estimand="ate"`, `moments=1`; the truth is that of everyone. Where outcomes follow a curve '
        "(yes or no, skewed) averages alone do not make both groups alike.",
    ),
)


if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
