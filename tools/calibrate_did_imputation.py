"""Measure the coverage of the methods that impute untreated outcomes, and write the tables.

    python tools/calibrate_did_imputation.py            # resumes: designs already measured are kept
    python tools/calibrate_did_imputation.py --only imputation

Roll-outs are drawn as arrays and go through the functions that the estimators call, one after the
other: a fit of some hundred units takes milliseconds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.estimators.did.averages import Averages, Errors, influence
from impacteval.estimators.did.effect import baseline_spread
from impacteval.estimators.did.imputation import CellMeans
from impacteval.estimators.did.imputed import targets_of
from impacteval.estimators.did.panel import Panel
from impacteval.estimators.did.saturated import Model, fit_curved, fit_linear
from impacteval.estimators.did.two_stage import AverageOfAll
from impacteval.estimators.did.untreated import Effects, fit_untreated
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference import ArmMeans, Spread, on_scale
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measure, Measured, publish
from calibrate_designs import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COMMAND = "python tools/calibrate_did_imputation.py"
REPLICATIONS = 4_000
BASE, ROW_SD = 10.0, 0.6
NOTE = (
    "Units (or clusters) are drawn anew within cohorts of fixed size, as are the rows that are missing "
    "and the weights; the truth is that of the population the cohorts are drawn from. Errors are a level "
    "of the unit, a random walk and noise of the row."
)


@dataclass(frozen=True)
class RollOuts:
    """Replications of one roll-out.

    Attributes
    ----------
    y : array, shape (r, n)
        Outcomes on the full grid of units and periods.
    panels : list of Panel
        Each replication, less the rows it lost.
    difference, relative, standardised : array, shape (r,)
        The truth.
    """

    y: Floats
    panels: list[Panel]
    difference: Floats
    relative: Floats
    standardised: Floats


def panel_of(
    y: Floats,
    start: Ints,
    *,
    kept: NDArray[np.bool_] | None = None,
    weight: Floats | None = None,
    cluster: Ints | None = None,
    repeated: bool = False,
) -> Panel:
    """A panel of outcomes, shape (U, T); `weight` is one number a unit."""
    units, periods = y.shape
    unit = np.repeat(np.arange(units), periods)
    period = np.tile(np.arange(periods), units)
    rows = np.arange(y.size) if kept is None else np.flatnonzero(kept.ravel())
    # A unit that lost all its rows is not in the data.
    used, place = np.unique(unit[rows], return_inverse=True)
    own = start[used]
    if repeated:
        used, place, own = np.arange(len(rows)), np.arange(len(rows)), start[unit[rows]]
    w = None if weight is None else weight[unit[rows]]
    codes = None
    if cluster is not None:
        labels, inside = np.unique(cluster[used], return_inverse=True)
        codes = Grouping(inside, labels)
    return Panel(
        y=y.ravel()[rows],
        unit=place,
        period=period[rows],
        start=own,
        never=own == periods,
        x=np.zeros((len(rows), 0)),
        covariates=(),
        weight=w,
        size=np.ones(len(rows)) if w is None else w,
        weight_kind=None if w is None else "sampling",
        cluster=codes,
        labels=used,
        periods=np.arange(periods),
        times=np.arange(periods, dtype=np.float64),
        kind="repeated_cross_section" if repeated else "panel",
        balanced=len(rows) == len(used) * periods,
        exposure=False,
        treated_clusters=int((own < periods).sum()),
        outcome="y",
        design="did",
        notes=(),
    )


@dataclass(frozen=True)
class Law:
    """How roll-outs are drawn.

    Attributes
    ----------
    cohorts : tuple of (int or None, int)
        Starting period, and number of units; None is never.
    n_periods : int
        Number of periods.
    growing : float
        How much the effect grows from period to period, from 1 in the first.
    varied : float
        Standard deviation of the effect between units.
    walk : float
        Standard deviation of the step of the walk of each unit.
    skewed : bool
        Whether what units have of their own is lognormal instead of normal.
    clusters_of : int
        Units a cluster, whose walk they share.
    lost : float
        Share of rows that are missing.
    weighted : bool
        Whether units have weights that go with their effect and their level.
    repeated : bool
        Whether each row is another unit.
    """

    cohorts: tuple[tuple[int | None, int], ...]
    n_periods: int = 5
    growing: float = 0.0
    varied: float = 0.0
    walk: float = 0.4
    skewed: bool = False
    clusters_of: int = 1
    lost: float = 0.0
    weighted: bool = False
    repeated: bool = False

    def __call__(self, rng: Generator, replications: int) -> RollOuts:
        """Replications of the roll-out."""
        start = np.array(
            [self.n_periods if s is None else s for s, n in self.cohorts for _ in range(n)]
        )
        drawn = [self._one(rng, start) for _ in range(replications)]
        ys, panels, truths = zip(*drawn, strict=True)
        difference, relative, standardised = np.array(truths).T
        return RollOuts(
            np.stack([y.ravel() for y in ys]), list(panels), difference, relative, standardised
        )

    def _own(self, rng: Generator, shape: tuple[int, ...]) -> Floats:
        found: Floats = rng.standard_normal(shape)
        if self.skewed:
            # Mean zero, variance one.
            found = (np.exp(0.8 * found) - np.exp(0.32)) / np.sqrt(np.exp(1.28) - np.exp(0.64))
        return found

    def _one(self, rng: Generator, start: Ints) -> tuple[Floats, Panel, tuple[float, float, float]]:
        n, periods = len(start), self.n_periods
        t = np.arange(periods)
        order = np.unique(start, return_inverse=True)[1]
        place = np.arange(n) // self.clusters_of
        walk = self.walk * rng.standard_normal((place.max() + 1, periods))
        walk = np.cumsum(walk, axis=1)[place]
        own = self._own(rng, (n, periods if self.repeated else 1))
        noise = ROW_SD * self._own(rng, (n, periods))
        level = BASE + 0.5 * order
        season = 0.4 * t + 0.5 * np.sin(t)
        heavy = rng.random(n) < 0.5 if self.weighted else np.zeros(n, dtype=bool)
        weight = np.where(heavy, 3.0, 1.0)
        more = 1.0 + self.varied * self._own(rng, (n,)) + 0.8 * (heavy - 0.5) * self.weighted
        since = t - start[:, None]
        on = since >= 0
        lift = np.where(on, more[:, None] + self.growing * since, 0.0)
        without = (level + 1.0 * heavy)[:, None] + season + own + walk * (not self.repeated) + noise
        y = without + lift
        kept = rng.random(y.shape) >= self.lost
        panel = panel_of(
            y,
            start,
            kept=kept if self.lost else None,
            weight=weight if self.weighted else None,
            cluster=place if self.clusters_of > 1 else None,
            repeated=self.repeated,
        )
        # Those with weight three count for three quarters of what is weighted.
        share = 0.75 if self.weighted else 0.0
        mean = 1.0 + 0.8 * (share - 0.5) * self.weighted + self.growing * since
        answered = on & kept
        if not (start == periods).any():
            answered &= t < start.max()
        counts = answered.astype(float)
        difference = float((counts * mean).sum() / counts.sum())
        expected = (level + share)[:, None] + season
        counterfactual = float((counts * expected).sum() / counts.sum())
        first = int(start.min()) - 1
        variance = 1.0 + ROW_SD**2 + (first + 1) * self.walk**2 * (not self.repeated)
        variance += 0.1875 * self.weighted
        return y, panel, (difference, difference / counterfactual, difference / variance**0.5)


ErrorsOf = Callable[[Averages], Errors]
ERRORS: dict[str, ErrorsOf] = {
    "imputation": lambda _: CellMeans(),
    "imputation-leave-out": lambda _: CellMeans(leave_out=True),
    "two-stage": AverageOfAll.of,
}
# What was measured of a chunk, by the first outcomes in it: the methods share draws and fits.
_READ: dict[bytes, dict[tuple[str, Scale], Measured]] = {}


def read(rollouts: RollOuts) -> dict[tuple[str, Scale], Measured]:
    """The estimates of every replication by each method, by the functions of the estimators."""
    key = rollouts.y[0].tobytes()
    if key not in _READ:
        _READ[key] = _read(rollouts)
    return _READ[key]


@dataclass(frozen=True)
class _Gathered:
    """Both means of every replication, their influence, and what the scales need besides."""

    means: Floats
    pulls: Floats
    served: Floats
    spread: Floats
    own: Floats

    @classmethod
    def empty(cls, rollouts: RollOuts) -> _Gathered:
        groups = max(len(panel.groups) for panel in rollouts.panels)
        size = len(rollouts.panels)
        pulls, own = np.zeros((size, 2, groups)), np.zeros((size, groups))
        return cls(np.full((size, 2), np.nan), pulls, np.ones(size), np.ones(size), own)

    def put(
        self,
        k: int,
        panel: Panel,
        answered: NDArray[np.bool_],
        means: tuple[float, float],
        pulls: tuple[Floats, Floats],
    ) -> None:
        """Effect and observed mean of one replication, with their influence."""
        m = len(panel.groups)
        self.means[k] = means[1] - means[0], means[1]
        self.pulls[k, 0, :m], self.pulls[k, 1, :m] = pulls[1] - pulls[0], pulls[1]
        self.served[k] = float(panel.size[panel.served & answered].sum())
        found = baseline_spread(panel)
        self.spread[k], self.own[k, :m] = float(found.value), found.influence

    def measured(self, rollouts: RollOuts) -> dict[Scale, Measured]:
        """Effect and standard error of every replication on each scale, with the truth."""
        normal = np.full(len(self.means), np.inf)
        arms = ArmMeans(
            self.means, self.pulls, lambda contrast: np.full(contrast.shape[:-1], np.inf)
        )
        truths = {
            Scale.DIFFERENCE: rollouts.difference,
            Scale.RELATIVE: np.log1p(rollouts.relative),
            Scale.TOTAL: rollouts.difference * self.served,
            Scale.STANDARDISED: rollouts.standardised,
        }
        result = {}
        for scale, truth in truths.items():
            found = on_scale(arms, scale, served=self.served, spread=Spread(self.spread, self.own))
            ratio, error = found.log_ratio, found.log_std_error
            result[scale] = Measured(
                found.value if ratio is None else ratio,
                found.std_error if error is None else error,
                normal,
                truth,
            )
        return result


def _read(rollouts: RollOuts) -> dict[tuple[str, Scale], Measured]:
    gathered = {name: _Gathered.empty(rollouts) for name in ERRORS}
    for k, panel in enumerate(rollouts.panels):
        model = fit_untreated(panel, effects="unit", anticipation=0)
        targets = targets_of(model.cohorts, model.untreated, model.imputable)
        averages = Averages(model, targets.shares[:1])
        means = float(averages.effects[0]), float(averages.observed[0])
        for name, errors_of in ERRORS.items():
            joint = influence(averages, errors_of(averages), np.array([0]))
            pulls = joint.kept[0], joint.observed[0]
            gathered[name].put(k, panel, targets.answered, means, pulls)
    return {
        (name, scale): found
        for name, held in gathered.items()
        for scale, found in held.measured(rollouts).items()
    }


def saturated(model: Model) -> Measure:
    """How to measure the saturated regression."""
    last: list[Any] = []  # the scales of one chunk share its fits

    def measure(rollouts: RollOuts, scale: Scale) -> Measured:
        if not last or last[0] is not rollouts:
            last[:] = [rollouts, _saturated(rollouts, model)]
        found: Measured = last[1][scale]
        return found

    return measure  # type: ignore[return-value]


def _saturated(rollouts: RollOuts, model: Model) -> dict[Scale, Measured]:
    gathered = _Gathered.empty(rollouts)
    for k, panel in enumerate(rollouts.panels):
        effects: Effects = "cohort" if panel.kind == "repeated_cross_section" else "unit"
        fit = (
            fit_linear(panel, effects=effects, anticipation=0)
            if model == "linear"
            else fit_curved(panel, model=model, anticipation=0)
        )
        average, targets = fit.found.overall, fit.found.targets
        gathered.put(
            k,
            panel,
            targets.answered,
            (average.effect, average.observed),
            (average.effect_influence, average.observed_influence),
        )
    return gathered.measured(rollouts)


def measured(name: str) -> Measure:
    """How to measure a method."""

    def measure(rollouts: RollOuts, scale: Scale) -> Measured:
        return read(rollouts)[name, scale]

    return measure  # type: ignore[return-value]


def many(n: int) -> tuple[tuple[int | None, int], ...]:
    """Never, and from the third and the fourth period: 40, 30 and 30 percent of n."""
    return (None, 4 * n // 10), (2, 3 * n // 10), (3, 3 * n // 10)


def designs() -> tuple[Design, ...]:
    """Every roll-out, in the order of the tables."""
    told = "over five periods, two starting dates, the effect is 1"
    laws = [
        ("20 units", f"20 units {told}", Law(many(20))),
        ("50 units", f"50 units {told}", Law(many(50))),
        ("200 units", f"200 units {told}", Law(many(200))),
        (
            "growing, 100 units",
            "effects that grow by half from period to period",
            Law(many(100), growing=0.5),
        ),
        (
            "varied, 100 units",
            "effects that differ from unit to unit with standard deviation 1",
            Law(many(100), varied=1.0),
        ),
        (
            "no walk, 100 units",
            "errors of rows of a unit share its level only",
            Law(many(100), walk=0.0),
        ),
        (
            "all served in the end, 90 units",
            "three starting dates and nobody never served",
            Law(((1, 30), (3, 30), (4, 30))),
        ),
        (
            "one start, 10 + 10 units",
            "ten units of twenty served from the fourth period",
            Law(((None, 10), (3, 10))),
        ),
        (
            "one start, 4 of 40 units",
            "four units of forty served from the fourth period",
            Law(((None, 36), (3, 4))),
        ),
        ("skewed, 50 units", "lognormal levels and noise", Law(many(50), skewed=True)),
        ("skewed, 200 units", "lognormal levels and noise", Law(many(200), skewed=True)),
        (
            "20 clusters of 5",
            "walks that the units of a cluster share",
            Law(many(100), clusters_of=5),
        ),
        (
            "60 clusters of 5",
            "walks that the units of a cluster share",
            Law(many(300), clusters_of=5),
        ),
        (
            "weights, 100 units",
            "weights of 3 and 1, which go with level and effect",
            Law(many(100), weighted=True),
        ),
        ("one row in five lost, 100 units", "rows missing by chance", Law(many(100), lost=0.2)),
        ("cross-sections, 100 a period", "another hundred in each period", Law(many(100), repeated=True)),
    ]  # fmt: skip
    return tuple(Design(name, "super", describe, law) for name, describe, law in laws)  # type: ignore[arg-type]


LINEAR = (
    "20 units",
    "50 units",
    "200 units",
    "one start, 4 of 40 units",
    "20 clusters of 5",
    "one row in five lost, 100 units",
    "cross-sections, 100 a period",
)


def linear_designs() -> tuple[Design, ...]:
    """Those on which the saturated regression is measured."""
    return tuple(design for design in designs() if design.name in LINEAR)


@dataclass(frozen=True)
class CountLaw:
    """Counts of units that differ in level, 40% fewer with the service.

    Attributes
    ----------
    units : int
        As in `many`.
    mean : float
        Count of the first cohort in the first period.
    """

    units: int
    mean: float

    def __call__(self, rng: Generator, replications: int) -> RollOuts:
        """Replications of the roll-out."""
        periods = 5
        cohorts = many(self.units)
        start = np.array([periods if s is None else s for s, n in cohorts for _ in range(n)])
        order = np.unique(start, return_inverse=True)[1]
        t = np.arange(periods)
        expected = self.mean * np.exp(0.2 * order[:, None] + 0.1 * t)
        on = t >= start[:, None]
        level = rng.gamma(1.0 / 0.3, 0.3, (replications, len(start), 1))
        y = rng.poisson(level * expected * np.where(on, 0.6, 1.0)).astype(np.float64)
        counterfactual = float(expected[on].mean())
        baseline = float(expected[start == periods, int(start.min()) - 1].mean())
        spread = (baseline + 0.3 * baseline**2) ** 0.5
        ones = np.ones(replications)
        return RollOuts(
            y.reshape(replications, -1),
            [panel_of(each, start) for each in y],
            -0.4 * counterfactual * ones,
            -0.4 * ones,
            -0.4 * counterfactual / spread * ones,
        )


def count_designs() -> tuple[Design, ...]:
    """Counts, in the order of the tables."""
    laws = [(20, 5.0), (50, 5.0), (200, 5.0), (200, 0.5)]
    return tuple(
        Design(
            f"counts about {mean:g}, {units} units",
            "super",
            "counts of units whose levels are gamma with variance .3, 40% fewer in served rows",
            CountLaw(units, mean),  # type: ignore[arg-type]
        )
        for units, mean in laws
    )


METHODS = (
    Calibrated(
        "imputation",
        measured("imputation"),
        designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note=NOTE,
    ),
    Calibrated(
        "imputation-leave-out",
        measured("imputation-leave-out"),
        designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note=NOTE + " Here the standard error is the leave-out one.",
    ),
    Calibrated(
        "two-stage",
        measured("two-stage"),
        designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note=NOTE,
    ),
    Calibrated(
        "extended-twfe",
        saturated("linear"),
        linear_designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note=NOTE,
    ),
    Calibrated(
        "extended-twfe-poisson",
        saturated("poisson"),
        count_designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note="Here with model: poisson. Units are drawn anew within cohorts of fixed size.",
    ),
)


if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
