"""Measure the coverage of `callaway-santanna` and write the tables.

    python tools/calibrate_did_cs.py            # resumes: designs already measured are kept
    python tools/calibrate_did_cs.py --only callaway-santanna-dynamic

Roll-outs are drawn as arrays and go through the functions that the estimator calls, one after the
other. Bands are not formed.
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

from impacteval.estimators.did.effect import baseline_spread
from impacteval.estimators.did.group_time.averages import Averaged, alike, by_event_time, by_size
from impacteval.estimators.did.group_time.averages import served as served_cells
from impacteval.estimators.did.group_time.cells import Cells, compute_cells
from impacteval.estimators.did.group_time.fits import Method
from impacteval.estimators.did.group_time.found import served_size
from impacteval.estimators.did.group_time.plan import plan_cohort
from impacteval.estimators.did.panel import Panel
from impacteval.inference import ArmMeans, Spread, on_scale
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measured, publish
from calibrate_designs import Design
from calibrate_did_imputation import NOTE, Law, RollOuts, many
from calibrate_did_imputation import designs as plain_designs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COMMAND = "python tools/calibrate_did_cs.py"
REPLICATIONS = 4_000
SLOPE, SHIFT = 0.3, 0.6


@dataclass(frozen=True)
class Adjusted(Law):
    """Roll-outs where trends go with a covariate, and so do starting dates.

    The covariate is normal with another mean among those ever served, so that the propensity score
    is a logit. With `curved`, trends go with its square too: the regression is wrong.
    """

    curved: bool = False

    def _one(self, rng: Generator, start: Ints) -> tuple[Floats, Panel, tuple[float, float, float]]:
        y, panel, (difference, relative, standardised) = super()._one(rng, start)
        units, periods = y.shape
        t = np.arange(periods)
        ever = panel.start < periods
        x = rng.standard_normal(units) + SHIFT * ever
        driven = x + 0.5 * (x**2 - 1.0) * self.curved
        y = y + SLOPE * driven[:, None] * t
        panel = replace(
            panel,
            y=y.ravel(),
            x=np.repeat(x, periods)[:, None],
            covariates=("x",),
        )
        on = panel.served.reshape(y.shape)
        mean = SHIFT + 0.5 * SHIFT**2 * self.curved
        counterfactual = difference / relative + float((SLOPE * mean * t * on).sum() / on.sum())
        base = int(start.min()) - 1
        before = (difference / standardised) ** 2
        # The variance of x is one, that of its square two; both are uncorrelated.
        after = before + (SLOPE * base) ** 2 * (1.0 + 0.25 * 2.0 * self.curved)
        return y, panel, (difference, difference / counterfactual, difference / after**0.5)


def compare(panel: Panel, method: Method = "dr") -> Cells:
    """All comparisons: never served units, or those not served yet where all are in the end."""
    starts = [int(s) for s in np.unique(panel.start)]
    plans = [
        plan_cohort(
            s, starts, panel.times, control="never" if panel.never.any() else "not_yet",
            base="varying", anticipation=0.0,
        )
        for s in starts
        if s < panel.n_periods
    ]  # fmt: skip
    return compute_cells(
        panel,
        plans,
        method=method,
        weigh_by="served",
        as_cross_sections=panel.kind == "repeated_cross_section",
    )


def simple(panel: Panel, cells: Cells) -> Averaged:
    """Over served unit-periods."""
    return by_size(np.nan, served_cells(cells), cells)


def dynamic(panel: Panel, cells: Cells) -> Averaged:
    """Over times since the start."""
    rows = by_event_time(cells.reported, cells, panel.event_time, earliest=0.0)
    return alike(np.nan, rows)


Average = Callable[[Panel, Cells], Averaged]
# What was measured of a chunk, by its first outcomes: scales share draws and fits.
_READ: dict[tuple[bytes, str, str], dict[Scale, Measured]] = {}


def measure(rollouts: RollOuts, scale: Scale, *, average: Average, method: Method) -> Measured:
    """The estimates of every replication, by the functions of the estimator."""
    key = rollouts.y[0].tobytes(), average.__name__, method
    if key not in _READ:
        _READ.clear()
        _READ[key] = _read(rollouts, average, method)
    return _READ[key][scale]


def _read(rollouts: RollOuts, average: Average, method: Method) -> dict[Scale, Measured]:
    groups = max(len(panel.groups) for panel in rollouts.panels)
    size = len(rollouts.panels)
    means, pulls = np.full((size, 2), np.nan), np.zeros((size, 2, groups))
    served, spread, own = np.ones(size), np.ones(size), np.zeros((size, groups))
    for k, panel in enumerate(rollouts.panels):
        cells = compare(panel, method)
        # Refused where an effect cannot be formed, so that the truth stays that of all of them.
        formed = [c for c in cells.reported if c.comparison.period >= c.comparison.cohort]
        if panel.never.any() and any(c.reason for c in formed):
            continue
        row = average(panel, cells)
        influence = cells.pulls.along(np.stack([row.weights, row.observed_weights]))
        m = len(panel.groups)
        means[k] = row.observed - row.effect, row.observed
        pulls[k, 0, :m] = influence[1] - influence[0]
        pulls[k, 1, :m] = influence[1]
        served[k] = served_size(cells)
        found = baseline_spread(panel)
        spread[k], own[k, :m] = found.value, found.influence
    truths = {
        Scale.DIFFERENCE: rollouts.difference,
        Scale.RELATIVE: np.log1p(rollouts.relative),
        Scale.TOTAL: rollouts.difference * served,
        Scale.STANDARDISED: rollouts.standardised,
    }
    arms = ArmMeans(means, pulls, lambda contrast: np.full(contrast.shape[:-1], np.inf))
    result = {}
    for scale, truth in truths.items():
        found_on = on_scale(arms, scale, served=served, spread=Spread(spread, own))
        ratio, error = found_on.log_ratio, found_on.log_std_error
        result[scale] = Measured(
            found_on.value if ratio is None else ratio,
            found_on.std_error if error is None else error,
            np.full(size, np.inf),
            truth,
        )
    return result


def adjusted_designs() -> tuple[Design, ...]:
    """Roll-outs with a covariate."""
    told = f"trends go with a covariate whose mean is {SHIFT} higher among the served"
    laws = [
        ("covariate, 100 units", told, Adjusted(many(100))),
        ("covariate, 300 units", told, Adjusted(many(300))),
        (
            "curved, 300 units",
            told + ", and with its square, which the regression does not know",
            Adjusted(many(300), curved=True),
        ),
    ]
    return tuple(Design(name, "super", describe, law) for name, describe, law in laws)  # type: ignore[arg-type]


def chosen(designs: Sequence[Design], *names: str) -> tuple[Design, ...]:
    """Some of the designs, by name."""
    found = {design.name: design for design in designs}
    return tuple(found[name] for name in names)


# The effect is the same at all times in these, so that every average has one truth.
CONSTANT = ("20 units", "50 units", "200 units", "60 clusters of 5")


METHODS = (
    Calibrated(
        "callaway-santanna",
        partial(measure, average=simple, method="dr"),  # type: ignore[arg-type]
        plain_designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note=NOTE + " Never served units are compared with; where there are none, those not served yet.",
    ),
    Calibrated(
        "callaway-santanna-covariates",
        partial(measure, average=simple, method="dr"),  # type: ignore[arg-type]
        adjusted_designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note=NOTE + " Doubly robust.",
    ),
    Calibrated(
        "callaway-santanna-ipw",
        partial(measure, average=simple, method="ipw"),  # type: ignore[arg-type]
        lambda: chosen(adjusted_designs(), "covariate, 100 units", "covariate, 300 units"),
        command=COMMAND,
        replications=REPLICATIONS,
        note=NOTE + " Weighting by the propensity score alone.",
    ),
    Calibrated(
        "callaway-santanna-dynamic",
        partial(measure, average=dynamic, method="dr"),  # type: ignore[arg-type]
        lambda: chosen(plain_designs(), *CONSTANT),
        scales=(Scale.DIFFERENCE,),
        command=COMMAND,
        replications=REPLICATIONS,
        note=NOTE + " Averaged over times since the start.",
    ),
)  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
