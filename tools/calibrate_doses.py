"""Two periods in which the served received different doses, many at a time, for measuring coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from calibrate import Measured
from calibrate_designs import Design, Floats, Ints

from impacteval.estimators.did.dose_effect import dose_fit, spline_basis
from impacteval.estimators.did.dose_response import average_of, changes_of
from impacteval.estimators.did.effect import arm_means, baseline_spread
from impacteval.estimators.did.panel import Panel
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference import on_scale
from impacteval.values import Scale

BASE, OWN, ROW, SHARED = 6.0, 1.0, 0.6, 0.4
# Worth of a dose d is 0.8 d - d^2 / 20, for doses uniform between 1 and 4.
EFFECT = 0.8 * 2.5 - 7.0 / 20.0
SLOPE = 0.8 - 2.5 / 10.0


@dataclass(frozen=True)
class Doses:
    """Replications: outcomes (r, 2 U) by unit and period, doses (r, U), and who shares a place."""

    y: Floats
    dose: Floats
    place: Ints | None
    truth: dict[str, float]

    def panel(self, k: int) -> Panel:
        """Replication `k` as the estimator reads it."""
        units = self.dose.shape[1]
        start = np.where(self.dose[k] > 0.0, 1, 2)
        cluster = None if self.place is None else Grouping(self.place, np.unique(self.place))
        return Panel(
            y=self.y[k], unit=np.repeat(np.arange(units), 2), period=np.tile([0, 1], units),
            start=start, never=start == 2, x=np.empty((2 * units, 0)), covariates=(), weight=None,
            size=np.ones(2 * units), weight_kind=None, cluster=cluster, labels=np.arange(units),
            periods=np.arange(2), times=np.arange(2.0), kind="panel", balanced=True,
            exposure=False, treated_clusters=1, outcome="y", design="did", notes=(),
        )  # fmt: skip


@dataclass(frozen=True)
class DoseLaw:
    """Units, the share of them (or of their places) served, and what outcomes look like."""

    units: int
    served: float = 0.5
    members: int = 1
    skewed: bool = False

    def __call__(self, rng: np.random.Generator, r: int) -> Doses:
        """Draw `r` of them."""
        places = self.units // self.members
        place = np.arange(self.units) // self.members
        on = (np.arange(places) < round(self.served * places))[place]
        dose = np.where(on, rng.uniform(1.0, 4.0, (r, self.units)), 0.0)
        worth = 0.8 * dose - dose**2 / 20.0
        noise = OWN * rng.standard_normal((r, self.units, 1))
        noise = noise + ROW * rng.standard_normal((r, self.units, 2))
        if self.skewed:
            noise = noise + np.exp(0.8 * rng.standard_normal(noise.shape)) - np.exp(0.32)
        if self.members > 1:
            noise = noise + SHARED * rng.standard_normal((r, places, 2))[:, place]
        y = BASE + 0.4 * on[:, None] + np.array([0.0, 0.3]) + noise
        y[..., 1] += worth
        variance = OWN**2 + ROW**2 + (self.members > 1) * SHARED**2
        variance += self.skewed * (np.exp(0.64) - 1.0) * np.exp(0.64)
        truth = {
            "difference": EFFECT,
            "relative": EFFECT / (BASE + 0.7),
            "standardised": EFFECT / float(np.sqrt(variance)),
            "slope": SLOPE,
        }
        shared = place if self.members > 1 else None
        return Doses(y.reshape(r, -1), dose, shared, truth)


def measure(degree: int, knots: int, *, slope: bool = False) -> Any:
    """How to measure the average effect, or the average slope, with that spline."""

    def measured(trials: Doses, scale: Scale) -> Measured:
        r = len(trials.y)
        centre, error, truth = (np.full(r, np.nan) for _ in range(3))
        for k in range(r):
            panel = trials.panel(k)
            own, dose = changes_of(panel), trials.dose[k]
            basis = spline_basis(dose[own.served], degree, knots)
            fit = dose_fit(own.change, dose, own.served, own.weight, basis)
            if slope:
                centre[k], truth[k] = fit.slope, trials.truth["slope"]
                error[k] = np.linalg.norm(panel.by_group(fit.slope_influence))
                continue
            served = float(own.served.sum())
            found = on_scale(
                arm_means(average_of(panel, own, fit), np.inf), scale, served=served,
                spread=baseline_spread(panel),
            )  # fmt: skip
            log = found.log_ratio is not None
            centre[k] = found.log_ratio if log else found.value
            error[k] = found.log_std_error if log else found.std_error
            total = scale is Scale.TOTAL
            truth[k] = served * trials.truth["difference"] if total else trials.truth[scale.value]
            if log:
                truth[k] = np.log1p(truth[k])
        return Measured(centre, error, np.full(r, np.inf), truth)

    return measured


def designs() -> tuple[Design, ...]:
    """Two periods with doses, in the order of the tables."""
    told = "half served, doses uniform from 1 to 4, worth less and less"
    found = [
        *[(f"{n} units", told, DoseLaw(n)) for n in (40, 100, 400)],
        ("100 units, one in five served", told, DoseLaw(100, served=0.2)),
        ("200 units, skewed", f"{told}, lognormal shocks", DoseLaw(200, skewed=True)),
        *[(f"clusters, {g} places of 10", f"{told}, shocks to places",
           DoseLaw(10 * g, members=10)) for g in (20, 60)],
    ]  # fmt: skip
    return tuple(Design(name, "super", how, law) for name, how, law in found)
