"""Measure the coverage of `difference-in-differences`, `two-way-fixed-effects` and `sun-abraham`.

    python tools/calibrate_did_twfe.py            # resumes: designs already measured are kept
    python tools/calibrate_did_twfe.py --only sun-abraham

Roll-outs are drawn as arrays and go through the functions that the estimators call.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from impacteval.errors import NotIdentified
from impacteval.estimators.did.effect import Average, arm_means, baseline_spread, served_size
from impacteval.estimators.did.interacted import fit_saturated
from impacteval.estimators.did.panel import Panel
from impacteval.estimators.did.small_sample import Variance
from impacteval.estimators.did.sun_abraham import (
    columns_of,
    served_average,
    since_start,
    until_last,
    usual_factor,
)
from impacteval.estimators.did.two_groups import fit_two_groups
from impacteval.estimators.did.two_way import fit_two_way
from impacteval.inference import on_scale
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measured, publish
from calibrate_designs import Design
from calibrate_did_imputation import Law, RollOuts, many

COMMAND = "python tools/calibrate_did_twfe.py"
REPLICATIONS = 4_000
SLOPE, LEAN = 0.3, 0.5
NOTE = (
    "Units (or clusters) are drawn anew within cohorts of fixed size, as are the rows that are missing "
    "and the weights; the truth is that of the population the cohorts are drawn from. Errors are a level "
    "of the unit, a random walk and noise of the row."
)

# Effect and mean of the served, degrees of freedom, size of the served.
Answer = tuple[Average, float, float]


@dataclass(frozen=True)
class Leaning(Law):
    """Trends go with a covariate, of which the served have more."""

    def __call__(self, rng: Generator, replications: int) -> RollOuts:
        """Replications of the roll-out."""
        drawn = super().__call__(rng, replications)
        panels = []
        for panel in drawn.panels:
            served = panel.start < panel.n_periods
            x = rng.standard_normal(len(panel.labels)) + LEAN * served
            own = x[panel.unit]
            y = panel.y + SLOPE * own * panel.period
            panels.append(replace(panel, y=y, x=own[:, None], covariates=("x",)))
        start = next(s for s, _ in self.cohorts if s is not None)
        later = SLOPE * LEAN * np.arange(start, self.n_periods).mean()
        without = drawn.difference / drawn.relative + later
        sd = drawn.difference / drawn.standardised
        sd = np.sqrt(sd**2 + (SLOPE * (start - 1)) ** 2)
        return replace(
            drawn,
            y=np.stack([panel.y[: drawn.y.shape[1]] for panel in panels]),
            panels=panels,
            relative=drawn.difference / without,
            standardised=drawn.difference / sd,
        )


def two_groups(panel: Panel, method: str = "dr") -> Answer:
    """What `difference-in-differences` computes."""
    how: Any = method
    _, found = fit_two_groups(panel, how)
    return found.averages[0], found.df, found.size


def two_way(panel: Panel, variance: Variance = "cr1") -> Answer:
    """What `two-way-fixed-effects` computes."""
    found = fit_two_way(panel, variance)
    return found.average, found.df, served_size(panel)


def event_study(panel: Panel, variance: Variance = "cr1", *, drawn: bool = False) -> Answer:
    """What `sun-abraham` computes, shares of the starting dates `drawn` or known."""
    panel, _ = until_last(panel)
    none = np.zeros((len(panel.labels), 0)), np.zeros((len(panel.y), 0))
    fitted = fit_saturated(panel, *none, estimated_shares=drawn)
    if variance == "cr1":
        fitted = fitted.with_factor(usual_factor(panel, columns_of(panel, fitted, *none)))
    _, on = since_start(fitted)
    after = on & fitted.model.known & (fitted.size > 0.0)
    found = fitted.averages(after[None])
    rows = after.ravel()[fitted.cohorts.cell]
    average = served_average(fitted, rows, found)
    df = fitted.df(found) if variance == "cr2" else len(panel.groups) - 1.0
    return average, df, float(panel.size[rows].sum())


class Measuring:
    """The estimates of every replication; the scales of a chunk share their fits."""

    def __init__(self, answer: Callable[[Panel], Answer]) -> None:
        self._answer = answer
        self._last: tuple[Any, dict[Scale, Measured]] | None = None

    def __call__(self, rollouts: RollOuts, scale: Scale) -> Measured:
        """On one scale."""
        if self._last is None or self._last[0] is not rollouts:
            self._last = (rollouts, self._read(rollouts))
        return self._last[1][scale]

    def _read(self, rollouts: RollOuts) -> dict[Scale, Measured]:
        rows: dict[Scale, list[tuple[float, float, float, float]]] = {s: [] for s in Scale}
        for k, panel in enumerate(rollouts.panels):
            try:
                average, df, served = self._answer(panel)
                spread = baseline_spread(panel)
            except NotIdentified:
                for scale in Scale:
                    rows[scale].append((np.nan, np.nan, 1.0, np.nan))
                continue
            truth = {
                Scale.DIFFERENCE: rollouts.difference[k],
                Scale.RELATIVE: np.log1p(rollouts.relative[k]),
                Scale.TOTAL: rollouts.difference[k] * served,
                Scale.STANDARDISED: rollouts.standardised[k],
            }
            for scale in Scale:
                found = on_scale(arm_means(average, df), scale, served=served, spread=spread)
                centre = found.value if found.log_ratio is None else found.log_ratio
                error = found.std_error if found.log_std_error is None else found.log_std_error
                rows[scale].append((float(centre), float(error), df, float(truth[scale])))
        return {scale: Measured(*np.array(values).T) for scale, values in rows.items()}


def one_start(n0: int, n1: int, start: int = 3, **law: Any) -> Law:
    """Some never served, others from one period on."""
    return Law(((None, n0), (start, n1)), **law)


def named(laws: list[tuple[str, str, Law]]) -> tuple[Design, ...]:
    """As designs; all are super-populations."""
    found: list[Any] = [Design(name, "super", describe, law) for name, describe, law in laws]  # type: ignore[arg-type]
    return tuple(found)


def plain_designs() -> tuple[Design, ...]:
    """One starting date, no covariates."""
    return named([
        ("10 + 10 units", "ten units of twenty served, five periods, three before", one_start(10, 10)),
        ("25 + 25 units, one year each", "one period before and one after", one_start(25, 25, 1, n_periods=2)),
        ("100 + 100 units", "a hundred served of two hundred", one_start(100, 100)),
        ("36 + 4 units", "four units of forty served", one_start(36, 4)),
        ("skewed, 25 + 25 units", "lognormal levels and noise", one_start(25, 25, skewed=True)),
        ("varied, 50 + 50 units", "effects that differ with standard deviation 1", one_start(50, 50, varied=1.0)),
        ("20 clusters of 5, one start", "ten clusters served", one_start(50, 50, clusters_of=5)),
        ("60 clusters of 5, one start", "thirty clusters served", one_start(150, 150, clusters_of=5)),
        ("weights, 50 + 50 units", "weights of 3 and 1, which go with level and effect", one_start(50, 50, weighted=True)),
        ("one row in five lost, 50 + 50 units", "rows missing by chance", one_start(50, 50, lost=0.2)),
        ("cross-sections, 25 + 25 a period", "another fifty in each of two periods", one_start(25, 25, 1, n_periods=2, repeated=True)),
        ("cross-sections, 50 + 50 a period", "another hundred in each of five periods", one_start(50, 50, repeated=True)),
    ])  # fmt: skip


def rows_designs() -> tuple[Design, ...]:
    """What tells the regression of rows from the other methods."""
    wanted = ("10 + 10", "36 + 4", "20 clusters", "one row in five", "cross-sections, 50")
    return tuple(d for d in plain_designs() if d.name.startswith(wanted))


def leaning_designs() -> tuple[Design, ...]:
    """One starting date; trends go with a covariate."""
    told = (
        "trends that go with a covariate, of which the served have half a standard deviation more"
    )
    return named([
        ("covariate, 20 + 20 units", told, Leaning(((None, 20), (3, 20)))),
        ("covariate, 50 + 50 units", told, Leaning(((None, 50), (3, 50)))),
        ("covariate, 200 + 200 units", told, Leaning(((None, 200), (3, 200)))),
        ("covariate, cross-sections, 50 + 50 a period", told, Leaning(((None, 50), (1, 50)), n_periods=2, repeated=True)),
    ])  # fmt: skip


def staggered_designs() -> tuple[Design, ...]:
    """Two starting dates, one effect for all."""
    told = "over five periods, two starting dates, the effect is 1"
    return named([
        ("20 units", f"20 units {told}", Law(many(20))),
        ("50 units", f"50 units {told}", Law(many(50))),
        ("200 units", f"200 units {told}", Law(many(200))),
        ("36 + 4 units", "one start, four units of forty served", one_start(36, 4)),
        ("skewed, 50 units", "lognormal levels and noise", Law(many(50), skewed=True)),
        ("20 clusters of 5", "walks that the units of a cluster share", Law(many(100), clusters_of=5)),
        ("60 clusters of 5", "walks that the units of a cluster share", Law(many(300), clusters_of=5)),
        ("one row in five lost, 100 units", "rows missing by chance", Law(many(100), lost=0.2)),
    ])  # fmt: skip


def two_way_designs() -> tuple[Design, ...]:
    """Also other people in each period."""
    return (
        *staggered_designs(),
        *named([("cross-sections, 100 a period", "another hundred in each period", Law(many(100), repeated=True))]),
    )  # fmt: skip


def event_designs() -> tuple[Design, ...]:
    """Also effects that grow or differ, and nobody who stays without the service."""
    return (
        *staggered_designs(),
        *named([
            ("growing, 100 units", "effects that grow by half from period to period", Law(many(100), growing=0.5)),
            ("varied, 100 units", "effects that differ with standard deviation 1", Law(many(100), varied=1.0)),
            ("weights, 100 units", "weights of 3 and 1, which go with level and effect", Law(many(100), weighted=True)),
            ("all served in the end, 90 units", "three starting dates and nobody never served", Law(((1, 30), (3, 30), (4, 30)))),
        ]),
    )  # fmt: skip


def calibrated(
    name: str,
    answer: Callable[[Panel], Answer],
    designs: Callable[[], tuple[Design, ...]],
    note: str,
) -> Calibrated:
    """One table."""
    how: Any = Measuring(answer)
    return Calibrated(
        name,
        how,
        designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note=f"{NOTE} {note}".strip(),
    )


METHODS = (
    calibrated("difference-in-differences", two_groups, lambda: (*plain_designs(), *leaning_designs()),
               "Method `dr`; without covariates all methods but `ols` with gaps are one."),
    calibrated("difference-in-differences-reg", partial(two_groups, method="reg"), leaning_designs, "Method `reg`."),
    calibrated("difference-in-differences-ipw", partial(two_groups, method="ipw"), leaning_designs, "Method `ipw`."),
    calibrated("difference-in-differences-ols", partial(two_groups, method="ols"), rows_designs,
               "Method `ols`; its errors in balanced panels are those of the others but for degrees of freedom."),
    calibrated("two-way-fixed-effects", two_way, two_way_designs, "Variance `cr1`; the effect is the same for all."),
    calibrated("two-way-fixed-effects-cr2", partial(two_way, variance="cr2"), two_way_designs,
               "Variance `cr2`; the effect is the same for all."),
    calibrated("sun-abraham", event_study, event_designs, "Variance `cr1`; shares of starting dates count as known."),
    calibrated("sun-abraham-cr2", partial(event_study, variance="cr2", drawn=True), event_designs,
               "Variance `cr2`; shares of starting dates count as drawn."),
)  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
