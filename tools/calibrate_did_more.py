"""Measure the coverage of triple differences, of services that stop, and of doses.

    python tools/calibrate_did_more.py            # resumes: designs already measured are kept
    python tools/calibrate_did_more.py --fast --out DIR
    python tools/calibrate_did_more.py --only triple-difference

Each replication goes through what the estimator computes with, from the arrays of its rows on; tests
hold the two paths together.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import calibrate
import calibrate_doses
import calibrate_switching
from calibrate_designs import Design, Floats, Ints

from impacteval.errors import NotIdentified
from impacteval.estimators.did.cell_averages import average
from impacteval.estimators.did.effect import arm_means, baseline_spread, served_size
from impacteval.estimators.did.panel import Panel
from impacteval.estimators.did.triple_cells import How, triple_cells
from impacteval.estimators.did.triple_read import Triple
from impacteval.estimators.did.triple_regression import regression_cells
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference import ArmMeans, Spread, on_scale
from impacteval.values import Scale

COMMAND = "python tools/calibrate_did_more.py"
REPLICATIONS = 4_000
ROOT_ERROR, WAVE, ROW = 1.0, 0.3, 0.5
EFFECT, BASE = -1.0, 6.0


@dataclass(frozen=True)
class Rollouts:
    """Replications of one roll-out in places to the eligible; rows by unit and period.

    Attributes
    ----------
    y : array, shape (r, n)
        Outcomes.
    x : array, shape (r, n, k)
        Covariates.
    enabled : array of int, shape (r, U)
        Start of each unit's place; the number of periods for never.
    eligible : array of bool, shape (r, U)
        Whom the service is for.
    place : array of int, shape (U,)
        Place of each unit.
    n_periods : int
        Number of periods.
    clustered, repeated : bool
        Errors by place; other units in each period.
    truth : dict
        On ``difference``, ``relative`` (not as logarithm) and ``standardised``.
    """

    y: Floats
    x: Floats
    enabled: Ints
    eligible: np.ndarray
    place: Ints
    n_periods: int
    clustered: bool
    repeated: bool
    truth: dict[str, float]

    def triple(self, k: int) -> Triple:
        """Replication `k` as the estimator reads it."""
        t, units = self.n_periods, self.enabled.shape[1]
        unit, period = np.repeat(np.arange(units), t), np.tile(np.arange(t), units)
        enabled, eligible, place = self.enabled[k], self.eligible[k], self.place
        if self.repeated:
            enabled, eligible, place = (np.repeat(a, t) for a in (enabled, eligible, place))
            unit = np.arange(units * t)
        start = np.where(eligible, enabled, t)
        labels = np.arange(len(start))
        panel = Panel(
            y=self.y[k], unit=unit, period=period, start=start, never=start == t, x=self.x[k],
            covariates=tuple(f"x{j}" for j in range(self.x.shape[2])), weight=None,
            size=np.ones(len(unit)), weight_kind=None,
            cluster=Grouping(place, np.unique(place)) if self.clustered else None,
            labels=labels, periods=np.arange(t), times=np.arange(float(t)),
            kind="repeated_cross_section" if self.repeated else "panel",
            balanced=not self.repeated, exposure=False, treated_clusters=1, outcome="y",
            design="did", notes=(),
        )  # fmt: skip
        return Triple(panel, eligible, enabled, "True")


@dataclass(frozen=True)
class Law:
    """How roll-outs are drawn: every place draws its start, every unit whether it is eligible.

    Attributes
    ----------
    places, members : int
        Places, and units in each; 1 member where units are on their own.
    starts : tuple of (int, float)
        First served period and its chance; the number of periods for never.
    n_periods : int
        Periods.
    slope : float
        Trend by a covariate, twice as steep in places that begin.
    growth : float
        Share by which the effect grows with each period.
    common : float
        Spread of what the eligible, and the others, of a place share in a period.
    outcome : str
        ``normal``, ``skewed`` or ``binary``.
    clustered, repeated : bool
        As in `Rollouts`.
    """

    places: int
    members: int = 1
    starts: tuple[tuple[int, float], ...] = ((1, 0.5), (2, 0.5))
    n_periods: int = 2
    slope: float = 0.0
    growth: float = 0.0
    common: float = 0.0
    outcome: str = "normal"
    clustered: bool = False
    repeated: bool = False

    def __call__(self, rng: np.random.Generator, r: int) -> Rollouts:
        """Draw `r` of them."""
        t, units = np.arange(self.n_periods), self.places * self.members
        place = np.repeat(np.arange(self.places), self.members)
        dates, chances = (np.array(v) for v in zip(*self.starts, strict=True))
        enabled = rng.choice(dates, p=chances, size=(r, self.places))[:, place]
        eligible = rng.random((r, units)) < 0.5
        begins = (enabled < self.n_periods).astype(float)
        x = rng.standard_normal((r, units)) + 0.3 * eligible + 0.2 * begins
        shape = (r, units, self.n_periods)
        noise = self._noise(rng, shape)
        if self.common:
            own = self.common * rng.standard_normal((r, self.places, 2, self.n_periods))
            noise = noise + own[np.arange(r)[:, None], place, eligible.astype(int)]
        level = BASE + 0.5 * begins + 0.7 * eligible
        trend = (0.2 * begins - 0.15 * eligible)[..., None] * t + 0.3 * np.sin(t)
        without = level[..., None] + trend + noise
        if self.slope:
            without = without + (self.slope * (1.0 + begins) * x)[..., None] * t
        since = t - enabled[..., None]
        on = (since >= 0) & eligible[..., None]
        y = without + np.where(on, EFFECT * (1.0 + self.growth * np.maximum(since, 0)), 0.0)
        if self.outcome == "binary":
            # Chances are linear, so that the gap between groups keeps its trend.
            chance = 0.5 + 0.08 * (y - noise - BASE)
            y = (rng.random(shape) < np.clip(chance, 0.0, 1.0)).astype(float)
        covariates = x[..., None].repeat(self.n_periods, axis=2) if self.slope else None
        flat = (r, units * self.n_periods)
        return Rollouts(
            y.reshape(flat),
            np.empty((*flat, 0)) if covariates is None else covariates.reshape(*flat, 1),
            enabled,
            eligible,
            place,
            self.n_periods,
            self.clustered,
            self.repeated,
            self._truth(),
        )

    def _noise(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        own = (*shape[:2], shape[2] if self.repeated else 1)
        noise = ROOT_ERROR * rng.standard_normal(own) + ROW * rng.standard_normal(shape)
        if not self.repeated:
            noise = noise + np.cumsum(WAVE * rng.standard_normal(shape), axis=2)
        if self.outcome == "skewed":  # the row's own part is a lognormal with mean 0
            spread = 0.8
            own_part = np.exp(spread * rng.standard_normal(shape)) - np.exp(spread**2 / 2.0)
            noise = noise + own_part
        return noise

    def _truth(self) -> dict[str, float]:
        """The effect on the served, their mean without it, and the spread of the comparison."""
        sizes = effects = means = 0.0
        for start, chance in self.starts:
            for t in range(start, self.n_periods):
                effect = EFFECT * (1.0 + self.growth * (t - start))
                mean = BASE + 1.2 + 0.05 * t + 0.3 * np.sin(t) + 2.0 * self.slope * 0.5 * t
                sizes += chance
                effects += chance * effect
                means += chance * mean
        effect, mean = effects / sizes, means / sizes
        first = min(start for start, _ in self.starts)
        waves = 0.0 if self.repeated else first * WAVE**2
        variance = ROOT_ERROR**2 + ROW**2 + waves + self.common**2
        variance += (self.slope * (first - 1)) ** 2
        if self.outcome == "skewed":
            variance += (np.exp(0.64) - 1.0) * np.exp(0.64)
        truth = {"difference": effect, "relative": effect / mean}
        spread = float(np.sqrt(variance))
        if self.outcome == "binary":
            mean = 0.5 + 0.08 * (mean - BASE)
            truth = {"difference": 0.08 * effect, "relative": 0.08 * effect / mean}
            t = first - 1
            chance = 0.5 + 0.08 * (0.7 - 0.15 * t + 0.3 * np.sin(t))
            spread = float(np.sqrt(chance * (1.0 - chance)))
        return {**truth, "standardised": truth["difference"] / spread}


def arms_of(triple: Triple, how: How | None) -> tuple[ArmMeans, float, Spread]:
    """Means of the served with and without, what they count for, and the spread."""
    if how is None:
        cells, _ = regression_cells(triple, 0)
        df = len(triple.panel.groups) - 1.0
    else:
        cells, df = triple_cells(triple, how).cells, np.inf
    panel = triple.panel
    inside = (cells.row >= 0) & cells.after[cells.row]
    arms = arm_means(average(cells, cells.after, panel), df)
    spread = baseline_spread(panel, triple.eligible)
    assert how is None or float(inside.sum()) <= served_size(panel)
    return arms, float(panel.size[inside].sum()), spread


def by_roll_out(how: How | None) -> Callable[[Any, Scale], calibrate.Measured]:
    """How to measure with those settings; None for the regression form."""
    last: list[Any] = []  # the scales of one chunk share its fits

    def measure(trials: Rollouts, scale: Scale) -> calibrate.Measured:
        if not last or last[0] is not trials:
            fits: list[Any] = []
            for k in range(len(trials.y)):
                try:
                    fits.append(arms_of(trials.triple(k), how))
                except NotIdentified:
                    fits.append(None)
            last[:] = [trials, fits]
        centre, error, df, truth = (np.full(len(trials.y), np.nan) for _ in range(4))
        df[:] = 1.0
        for k, fit in enumerate(last[1]):
            if fit is None:
                continue
            arms, served, spread = fit
            if scale is Scale.RELATIVE and not (arms.means > 0).all():
                continue
            found = on_scale(arms, scale, served=served, spread=spread)
            log = found.log_ratio is not None
            centre[k] = found.log_ratio if log else found.value
            error[k] = found.log_std_error if log else found.std_error
            df[k] = found.df
            truth[k] = truth_of(trials, scale, served)
        return calibrate.Measured(centre, error, df, truth)

    return measure


def truth_of(trials: Rollouts, scale: Scale, served: float) -> float:
    """The true effect; the relative one as log ratio."""
    match scale:
        case Scale.RELATIVE:
            return float(np.log1p(trials.truth["relative"]))
        case Scale.TOTAL:
            return served * trials.truth["difference"]
        case Scale.STANDARDISED:
            return trials.truth["standardised"]
        case _:
            return trials.truth["difference"]


STAGGERED = ((2, 0.3), (3, 0.3), (4, 0.4))


def designs() -> tuple[Design, ...]:
    """Roll-outs in places to the eligible, in the order of the tables."""
    found = [
        *[(f"two years, {n} units", "units on their own, four groups alike", Law(n)) for n in (60, 120, 400)],
        ("two years, 120 units, few begin", "one unit in five lives where it begins",
         Law(120, starts=((1, 0.2), (2, 0.8)))),
        *[(f"two years, covariate, {n} units", "trends go with a covariate, steeper where it begins",
           Law(n, slope=0.4)) for n in (200, 600)],
        ("skewed, 200 units", "lognormal shocks", Law(200, outcome="skewed")),
        ("yes or no, 400 units", "chances about one half", Law(400, outcome="binary")),
        ("staggered, 300 units", "four years, two starting dates, effects that grow",
         Law(300, starts=STAGGERED, n_periods=4, growth=0.5)),
        *[(f"clusters, {g} places of 20", "shocks to the eligible of a place, half the places begin",
           Law(g, members=20, common=0.35, clustered=True)) for g in (20, 50)],
        ("other people each year, 400 a year", "repeated cross-sections",
         Law(400, repeated=True)),
    ]  # fmt: skip
    return tuple(Design(name, "super", told, law) for name, told, law in found)


def staggered_designs() -> tuple[Design, ...]:
    """Where comparisons with several dates are averaged."""
    found = [
        (f"staggered, {n} units", "four years, two starting dates, effects that grow",
         Law(n, starts=STAGGERED, n_periods=4, growth=0.5)) for n in (150, 400)
    ]  # fmt: skip
    clustered = Law(
        40, members=10, starts=STAGGERED, n_periods=4, growth=0.5, common=0.35, clustered=True
    )
    found.append(("staggered, 40 places of 10", "shocks to the eligible of a place", clustered))
    return tuple(Design(name, "super", told, law) for name, told, law in found)


def one_start() -> tuple[Design, ...]:
    """Designs that one regression is right for: one starting date, no covariate."""
    return tuple(d for d in designs() if "staggered" not in d.name and "covariate" not in d.name)


_DR = How("dr", "never", 0, "optimal")

METHODS = {
    method.name: method
    for method in (
        calibrate.Calibrated(
            "triple-difference", by_roll_out(_DR), designs, command=COMMAND,
            replications=REPLICATIONS,
        ),
        calibrate.Calibrated(
            "triple-difference-not-yet", by_roll_out(replace(_DR, control="not_yet")),
            staggered_designs, command=COMMAND, replications=REPLICATIONS,
            note="With `control: not_yet` and `combine: optimal`.",
        ),
        calibrate.Calibrated(
            "triple-difference-ols", by_roll_out(None), one_start, command=COMMAND,
            replications=REPLICATIONS, note="With `method: ols`.",
        ),
        calibrate.Calibrated(
            "de-chaisemartin-dhaultfoeuille", calibrate_switching.measure(),
            calibrate_switching.designs, command=COMMAND, replications=REPLICATIONS,
            note="Treatments are fixed. With `switchers: off` where services stop.",
        ),
        calibrate.Calibrated(
            "dose-response", calibrate_doses.measure(3, 0), calibrate_doses.designs,
            command=COMMAND, replications=REPLICATIONS,
            note="The average effect on the served, which does not depend on the curve.",
        ),
        calibrate.Calibrated(
            "dose-response-slope", calibrate_doses.measure(2, 0, slope=True),
            calibrate_doses.designs, scales=(Scale.DIFFERENCE,), command=COMMAND,
            replications=REPLICATIONS,
            note="The average slope (table `slope`), with `degree: 2`, which holds the true curve.",
        ),
    )
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Measure every method of the table."""
    return calibrate.publish(METHODS.values(), arguments)


if __name__ == "__main__":
    raise SystemExit(main())
