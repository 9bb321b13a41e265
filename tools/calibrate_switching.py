"""Panels whose service begins and may stop, many at a time, for measuring coverage.

Treatments are fixed, outcomes are drawn: the errors of `de-chaisemartin-dhaultfoeuille` are those
given the treatments. What was there the year before still has a part of its effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from calibrate import Measured
from calibrate_designs import Design, Floats, Ints

from impacteval.errors import NotIdentified
from impacteval.estimators.did.de_chaisemartin import per_dose
from impacteval.estimators.did.effect import arm_means, baseline_spread
from impacteval.estimators.did.panel import Panel
from impacteval.estimators.did.switching_effect import Switching, cells
from impacteval.estimators.did.switching_read import paths_of, tables_of
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference import on_scale
from impacteval.values import Scale

BASE, EFFECT, LEFT = 6.0, -1.0, 0.3
OWN, WAVE, ROW, SHARED = 1.0, 0.4, 0.6, 0.5
PERIODS = 6
# Who has the service when, and how many of 19 units have it so.
PATHS = (("000000", 7), ("001111", 3), ("001100", 3), ("000101", 3), ("000011", 3))
STOPPING = (("111111", 7), ("110000", 4), ("111010", 4), ("111100", 4))


@dataclass(frozen=True)
class Panels:
    """Replications of one panel.

    Attributes
    ----------
    y : array, shape (r, U * T)
        Outcomes, rows by unit and period.
    on : array, shape (U, T)
        Treatments.
    place : array of int, shape (U,), or None
        Cluster of each unit.
    switchers : str
        Which changes count.
    truth : dict
        On ``difference``, ``relative`` (not as logarithm), ``total`` and ``standardised``.
    """

    y: Floats
    on: Floats
    place: Ints | None
    switchers: str
    truth: dict[str, float]

    def tables(self, k: int) -> tuple[Panel, Switching]:
        """Replication `k` as the estimator reads it."""
        units, periods = self.on.shape
        path = paths_of(self.on)
        counted = path.sign == (1 if self.switchers == "on" else -1)
        start = np.where(counted, path.first, periods)
        cluster = None if self.place is None else Grouping(self.place, np.unique(self.place))
        ones = np.ones(units * periods)
        panel = Panel(
            y=self.y[k], unit=np.repeat(np.arange(units), periods),
            period=np.tile(np.arange(periods), units), start=start, never=start == periods,
            x=np.empty((units * periods, 0)), covariates=(), weight=None, size=ones,
            weight_kind=None, cluster=cluster, labels=np.arange(units),
            periods=np.arange(periods), times=np.arange(float(periods)), kind="panel",
            balanced=True, exposure=False, treated_clusters=1, outcome="y", design="did", notes=(),
        )  # fmt: skip
        return panel, tables_of(panel, path, counted)


@dataclass(frozen=True)
class SwitchingLaw:
    """How panels are drawn.

    Attributes
    ----------
    times : int
        Times 19 units (or places).
    members : int
        Units in a place; 1 where units are on their own.
    outcome : str
        ``normal`` or ``skewed``.
    stopping : bool
        Whether services that are there stop, instead of beginning.
    """

    times: int
    members: int = 1
    outcome: str = "normal"
    stopping: bool = False

    def __call__(self, rng: np.random.Generator, r: int) -> Panels:
        """Draw `r` of them."""
        chosen = STOPPING if self.stopping else PATHS
        paths = [p for p, n in chosen for _ in range(n * self.times * self.members)]
        on = np.array([[float(d) for d in path] for path in paths])
        units, t = len(paths), np.arange(PERIODS)
        place = np.arange(units) // self.members if self.members > 1 else None
        # What was there before the first period was there for ever.
        before = np.column_stack([on[:, 0] * self.stopping, on[:, :-1]])
        lift = EFFECT * (on + LEFT * before)
        mean = BASE + 0.2 * np.arange(units)[:, None] % 3 + 0.3 * np.sin(t) + 0.15 * t
        shape = (r, units, PERIODS)
        noise = OWN * rng.standard_normal((r, units, 1)) + ROW * rng.standard_normal(shape)
        noise += np.cumsum(WAVE * rng.standard_normal(shape), axis=2)
        if self.outcome == "skewed":
            noise += np.exp(0.8 * rng.standard_normal(shape)) - np.exp(0.32)
        if place is not None:
            noise += SHARED * rng.standard_normal((r, units // self.members, PERIODS))[:, place]
        y = (mean + lift + noise).reshape(r, units * PERIODS)
        truth = self._truth(on, mean, lift)
        return Panels(y, on, place, "off" if self.stopping else "on", truth)

    def _truth(self, on: Floats, mean: Floats, lift: Floats) -> dict[str, float]:
        status = np.broadcast_to(on[:, :1], on.shape)
        kept = EFFECT * (1.0 + LEFT) * status  # with the treatment of the start for ever
        since = np.cumsum(on != status, axis=1) > 0
        sign = -1.0 if self.stopping else 1.0
        total = sign * float((lift - kept)[since].sum())
        beyond = sign * (on - status) * since
        dose = float(beyond.sum())
        # Means over the periods of more (or less) service, as observed; the other side by effect.
        observed = float((beyond * (mean + lift)).sum()) / dose
        without = observed if self.stopping else observed - total / dose
        first = 1
        variance = OWN**2 + ROW**2 + (first + 1) * WAVE**2
        if self.outcome == "skewed":
            variance += (np.exp(0.64) - 1.0) * np.exp(0.64)
        if self.members > 1:
            variance += SHARED**2
        # Levels differ by unit: that is part of the spread between units.
        never = (on == status).all(axis=1)
        variance += float(np.var((mean + lift)[never][:, first]))
        return {
            "difference": total / dose,
            "relative": total / dose / without,
            "total": total,
            "standardised": total / dose / float(np.sqrt(variance)),
        }


def measure() -> Any:
    """How to measure: every replication through what the estimator computes with."""
    last: list[Any] = []

    def one(trials: Panels, k: int) -> Any:
        panel, data = trials.tables(k)
        after = [c for c in cells(data, never=False, horizons=None, placebos=0) if c.horizon > 0]
        if not after:
            return None
        try:
            spread = baseline_spread(panel, None if trials.switchers == "off" else panel.never)
        except NotIdentified:
            return None
        return arm_means(per_dose(after), np.inf), sum(c.dose_size for c in after), spread

    def measured(trials: Panels, scale: Scale) -> Measured:
        if not last or last[0] is not trials:
            last[:] = [trials, [one(trials, k) for k in range(len(trials.y))]]
        centre, error, truth = (np.full(len(trials.y), np.nan) for _ in range(3))
        for k, fit in enumerate(last[1]):
            if fit is None or (scale is Scale.RELATIVE and not (fit[0].means > 0).all()):
                continue
            arms, served, spread = fit
            found = on_scale(arms, scale, served=served, spread=spread)
            log = found.log_ratio is not None
            centre[k] = found.log_ratio if log else found.value
            error[k] = found.log_std_error if log else found.std_error
            truth[k] = trials.truth[scale.value]
        if scale is Scale.RELATIVE:
            truth = np.log1p(truth)
        return Measured(centre, error, np.full(len(centre), np.inf), truth)

    return measured


def designs() -> tuple[Design, ...]:
    """Panels with services that begin and stop, in the order of the tables."""
    begins = "six years, four ways to have the service, three in eight never"
    found = [
        *[(f"{19 * k} units", begins, SwitchingLaw(k)) for k in (1, 2, 6, 20)],
        ("114 units, skewed", f"{begins}, lognormal shocks", SwitchingLaw(6, outcome="skewed")),
        ("76 units, stopping", "services that are there stop", SwitchingLaw(4, stopping=True)),
        *[(f"clusters, {19 * k} places of 8", f"{begins}, shocks to places",
           SwitchingLaw(k, members=8)) for k in (1, 3)],
    ]  # fmt: skip
    return tuple(Design(name, "super", told, law) for name, told, law in found)
