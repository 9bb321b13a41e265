"""What `synthetic-did` found, as the tables of the estimate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.certificate import Certificate
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.estimators.synthetic_control.synthetic_did_certificate import certify_dates
from impacteval.estimators.synthetic_control.synthetic_did_chance import Resampled
from impacteval.estimators.synthetic_control.synthetic_did_fit import (
    Effects,
    Rollout,
    Weights,
    adjustment,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Effects this close are the same but for rounding.
TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Found:
    """The fit and what stands in its stead.

    Attributes
    ----------
    panel : Panel
    rollout : Rollout
    weights : Weights
        Of the roll-out as it was, K = 1.
    effects : Effects
        Of the roll-out as it was.
    chance : Resampled
    others : Effects
        Of the roll-outs of `chance`.
    """

    panel: Panel
    rollout: Rollout
    weights: Weights
    effects: Effects
    chance: Resampled
    others: Effects

    @property
    def effect(self) -> float:
        """The average effect on the served unit-periods."""
        return float(self.effects.over(self.panel.inside)[0])

    @cached_property
    def averages(self) -> Floats:
        """The average effect of each roll-out of `chance`, shape (K,)."""
        return self.others.over(self.panel.inside)

    @cached_property
    def cohort(self) -> NDArray[np.int64]:
        """Place of each served unit's date among the dates, shape (N,)."""
        return np.searchsorted(self.rollout.starts, self.rollout.start)

    @cached_property
    def gaps(self) -> Floats:
        """Observed minus counterfactual of each served unit, shape (N, T)."""
        y = adjustment(self.rollout)
        units = self.weights.units[0][self.cohort]
        apart = y[self.rollout.served] - units @ y[self.rollout.donors]
        level = (self.weights.periods[0][self.cohort] * apart).sum(axis=1)
        found: Floats = apart - level[:, None]
        return found

    @property
    def counterfactual(self) -> Floats:
        """What each served unit would have had, shape (N, T)."""
        found: Floats = self.panel.y[self.rollout.served] - self.gaps
        return found

    def band(self, level: float) -> tuple[Floats, Floats] | None:
        """Ends of the mean counterfactual where all served places are served and counted.

        Before that the mean of the path is over places of which some are not served yet, and their
        part has no error that these draws would show.
        """
        whole = self.panel.counted.all(axis=0)
        if not whole.any():
            return None
        error = self.chance.errors(self.others.by_period())
        weight = self.panel.weight[self.rollout.served]
        total = weight.sum(axis=0)
        held = whole & (total > 0.0)
        without = np.full(len(held), np.nan)
        without[held] = (weight * self.counterfactual).sum(axis=0)[held] / total[held]
        wide = _wide(level) * error
        return without - wide, without + wide

    @cached_property
    def certificate(self) -> Certificate:
        """The proof of both fits, with its warnings."""
        others = None
        if self.chance.variance == "placebo" and len(self.rollout.served) == 1:
            others = self.others.effect[:, 0, : int(self.rollout.start[0])]
        return certify_dates(self.panel, self.rollout, self.weights, self.effects, others)


def _wide(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2.0))


def tables(found: Found, variance: str, level: float) -> dict[str, dict[str, Any]]:
    """The tables of the estimate.

    Parameters
    ----------
    found : Found
    variance : str
    level : float
        Of the intervals of the event study.
    """
    made = {
        "weights": _weights(found),
        "time_weights": _time_weights(found),
        "units": _units(found),
        "cohorts": _cohorts(found),
        "event_study": _event_study(found, level),
    }
    if variance == "placebo":
        made["placebo_test"] = _test(found)
        if len(found.rollout.served) == 1:
            made["placebos"] = _placebos(found)
            made["placebo_paths"] = _paths(found)
    return made


def _dates(found: Found) -> NDArray[Any]:
    dates: NDArray[Any] = found.panel.periods[found.rollout.starts]
    return dates


def _weights(found: Found) -> dict[str, Any]:
    donors = found.panel.labels[found.rollout.donors]
    dates = _dates(found)
    table = {"unit": np.tile(donors, len(dates)), "weight": found.weights.units[0].ravel()}
    if len(dates) > 1:
        table["cohort"] = np.repeat(dates, len(donors))
    return table


def _time_weights(found: Found) -> dict[str, Any]:
    starts, dates = found.rollout.starts, _dates(found)
    before = np.arange(found.rollout.n_periods) < starts[:, None]
    cohort, period = np.nonzero(before)
    table = {
        "period": found.panel.periods[period],
        "weight": found.weights.periods[0][before],
    }
    if len(dates) > 1:
        table["cohort"] = dates[cohort]
    return table


def _units(found: Found) -> dict[str, Any]:
    """Each served place: since when, what it counts for, and its own effect."""
    panel = found.panel
    mass = np.where(panel.counted, panel.weight[found.rollout.served], 0.0)
    own = mass.sum(axis=1)
    effect = np.divide(
        (mass * found.gaps).sum(axis=1), own, out=np.full(len(own), np.nan), where=own > 0.0
    )
    return {
        "unit": panel.labels[found.rollout.served],
        "start": panel.periods[found.rollout.start],
        "periods": panel.counted.sum(axis=1),
        "share": own / own.sum(),
        "effect": effect,
    }


def _cohorts(found: Found) -> dict[str, Any]:
    """Each date of adoption: who begins, what it counts for, and its effect."""
    inside = found.panel.inside
    mass = np.where(inside, found.effects.mass[0], 0.0)
    own = mass.sum(axis=1)
    effect = np.divide(
        (mass * found.effects.effect[0]).sum(axis=1),
        own,
        out=np.full(len(own), np.nan),
        where=own > 0.0,
    )
    units = np.bincount(found.cohort, minlength=len(own))
    return {
        "cohort": _dates(found),
        "units": units,
        "before": found.rollout.starts,
        "after": found.rollout.n_periods - found.rollout.starts,
        "share": own / own.sum(),
        "effect": effect,
        "noise": found.weights.noise[0],
    }


def _event_study(found: Found, level: float) -> dict[str, Any]:
    starts = found.rollout.starts
    times, effect = found.effects.by_event_time(starts)
    others_times, others = found.others.by_event_time(starts)
    error = np.full(len(times), np.nan)
    place = np.searchsorted(times, others_times)
    error[place] = found.chance.errors(others)
    wide = _wide(level) * error
    return {
        "event_time": times,
        "effect": effect[0],
        "std_error": error,
        "low": effect[0] - wide,
        "high": effect[0] + wide,
    }


def _test(found: Found) -> dict[str, Any]:
    """The permutation test: how many placements give an effect as large, the real one counted."""
    own = abs(found.effect)
    compared = len(found.averages) + 1
    as_large = int((np.abs(found.averages) >= own * (1.0 - TIE)).sum()) + 1
    return {
        "test": ["placement" if found.chance.every else "placement, sampled"],
        "statistic": [own],
        "p_value": [as_large / compared],
        "side": ["two"],
        "compared": [compared],
        "attainable": [1.0 / compared],
    }


def _placebos(found: Found) -> dict[str, Any]:
    """Each place as if it had been served, the served place among them."""
    start = int(found.rollout.start[0])
    paths = np.concatenate([found.effects.effect[:, 0], found.others.effect[:, 0]])
    effect = np.append(found.effect, found.averages)
    before = paths[:, :start].std(axis=1)  # about the level of the fit, as in the certificate
    after = np.sqrt((paths[:, start:] ** 2).mean(axis=1))
    size = np.abs(effect)
    rank = 1 + (size[None, :] > size[:, None] * (1.0 + TIE)).sum(axis=1)
    return {
        "unit": found.panel.labels[_order(found)],
        "served": np.arange(len(paths)) == 0,
        "effect": effect,
        "pre_rmspe": before,
        "post_rmspe": after,
        "ratio": np.divide(after, before, out=np.full(len(before), np.inf), where=before > 0.0),
        "rank": rank,
        "kept": np.ones(len(paths), dtype=bool),
    }


def _paths(found: Found) -> dict[str, Any]:
    paths = np.concatenate([found.effects.effect[:, 0], found.others.effect[:, 0]])
    return {
        "unit": np.repeat(found.panel.labels[_order(found)], paths.shape[1]),
        "period": np.tile(found.panel.periods, len(paths)),
        "gap": paths.ravel(),
    }


def _order(found: Found) -> NDArray[np.int64]:
    return np.append(found.rollout.served, found.chance.draws.who[:, 0])
