"""From a model of untreated outcomes to the estimate: which averages, and the tables they stand in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.did import imputation_words as words
from impacteval.estimators.did import messages
from impacteval.estimators.did.averages import Averages, Errors, JointInfluence, influence
from impacteval.estimators.did.cohorts import Cohorts
from impacteval.estimators.did.effect import ROUNDING, Average, PathPoint
from impacteval.estimators.did.panel import Bools, Floats, Ints
from impacteval.estimators.did.pretrends import PreTrends
from impacteval.estimators.did.untreated import Untreated
from impacteval.estimators.randomised.messages import listed_names
from impacteval.inference import correlation_of, sup_t
from impacteval.values import Message

ErrorsOf = Callable[[Averages], Errors]


@dataclass(frozen=True, eq=False)
class Targets:
    """The averages of a roll-out: over all, by period, by event time, by cohort and period.

    Attributes
    ----------
    cohorts : Cohorts
        The rows.
    untreated, answered : array of bool, shape (n,)
        Rows from before the service; rows from its start (or anticipation) on that the method can
        tell the effect of.
    shares : array, shape (H, G, T)
        Weight of each row, per unit of its own, in each average, in that order; answered rows alone
        count.
    periods : array of int, shape (P,)
        Places of the periods with served rows.
    event_times : array of float, shape (E,)
        Times since the start; negative ones within the anticipation.
    cells : array of int, shape (C, 2)
        Cohort and period of each cell with rows.
    counts : array of int, shape (G, T)
        Imputable rows of each cell.
    """

    cohorts: Cohorts
    untreated: Bools
    answered: Bools
    shares: Floats
    periods: Ints
    event_times: Floats
    cells: Ints
    counts: Ints

    @property
    def places(self) -> tuple[slice, slice, slice]:
        """Where averages by period, by event time and by cell stand."""
        p, e, c = len(self.periods), len(self.event_times), len(self.cells)
        return slice(1, 1 + p), slice(1 + p, 1 + p + e), slice(1 + p + e, 1 + p + e + c)

    @property
    def kept(self) -> Ints:
        """The averages whose influence the result carries: over all, and by period."""
        return np.arange(1 + len(self.periods))


def targets_of(cohorts: Cohorts, untreated: Bools, answered: Bools) -> Targets:
    """The averages that a method can tell.

    Parameters
    ----------
    cohorts : Cohorts
        The rows.
    untreated, answered : array of bool, shape (n,)
        As in `Targets`.

    Raises
    ------
    NotIdentified
        When no served row is answered.
    """
    panel = cohorts.panel
    weights = cohorts.sums(np.where(answered, cohorts.weight, 0.0))
    counts = cohorts.counts(answered)
    after = np.arange(panel.n_periods) >= cohorts.starts[:, None]
    served = after & (counts > 0)
    if not served.any():
        raise NotIdentified(words.nothing_imputable())
    times = since_start(cohorts)
    masks = [served]
    periods = np.flatnonzero(served.any(axis=0))
    masks += [served & (np.arange(panel.n_periods) == t) for t in periods]
    event_times = np.unique(times[counts > 0])
    masks += [(counts > 0) & (times == e) for e in event_times]
    cells = np.argwhere(counts > 0)
    shares = np.zeros((len(masks) + len(cells), *cohorts.shape))
    for h, mask in enumerate(masks):
        shares[h][mask] = 1.0 / weights[mask].sum()
    own = np.arange(len(masks), len(shares))
    shares[own, cells[:, 0], cells[:, 1]] = 1.0 / weights[cells[:, 0], cells[:, 1]]
    return Targets(cohorts, untreated, answered, shares, periods, event_times, cells, counts)


def since_start(cohorts: Cohorts) -> Floats:
    """Time since the start by cohort and period, shape (G, T); NaN for those never served."""
    panel = cohorts.panel
    found = np.full(cohorts.shape, math.nan)
    served = cohorts.starts < panel.n_periods
    found[served] = panel.times - panel.times[cohorts.starts[served]][:, None]
    return found


@dataclass(frozen=True, eq=False)
class Found:
    """Averages with their influence.

    Attributes
    ----------
    targets : Targets
        Which averages.
    effects, observed : array, shape (H,)
        Average effects, and mean outcomes of the same rows.
    joint : JointInfluence
        Influence on them.
    """

    targets: Targets
    effects: Floats
    observed: Floats
    joint: JointInfluence

    @classmethod
    def of(cls, model: Untreated, errors_of: ErrorsOf) -> Found:
        """Average the imputed effects of a model."""
        targets = targets_of(model.cohorts, model.untreated, model.imputable)
        averages = Averages(model, targets.shares)
        joint = influence(averages, errors_of(averages), targets.kept)
        return cls(targets, averages.effects, averages.observed, joint)

    @property
    def std_errors(self) -> Floats:
        """Standard error of each average, shape (H,)."""
        found: Floats = np.sqrt(np.maximum(np.diagonal(self.joint.products), 0.0))
        return found

    @property
    def overall(self) -> Average:
        """The average over all imputable served rows."""
        return self._average(0)

    def path(self) -> list[PathPoint]:
        """Period by period."""
        counts = self.targets.counts
        starts = self.targets.cohorts.starts
        return [
            PathPoint(int(t), self._average(1 + k), int(counts[starts <= t, t].sum()))
            for k, t in enumerate(self.targets.periods)
        ]

    def _average(self, k: int) -> Average:
        return Average(
            float(self.effects[k]),
            float(self.observed[k]),
            self.joint.kept[k],
            self.joint.observed[k],
        )

    def group_time(self) -> dict[str, Any]:
        """Effects by cohort and period."""
        targets = self.targets
        cohorts = targets.cohorts
        panel = cohorts.panel
        at = targets.places[2]
        g, t = targets.cells.T
        labels: list[Any] = panel.periods.tolist()
        compared = np.bincount(panel.period[targets.untreated], minlength=panel.n_periods)
        return {
            "cohort": [labels[cohorts.starts[k]] for k in g],
            "period": [labels[k] for k in t],
            "effect": self.effects[at],
            "std_error": self.std_errors[at],
            "n_treated": targets.counts[g, t],
            "n_comparison": compared[t],
        }

    def event_study(self, before: PreTrends | None) -> dict[str, Any]:
        """Effects by time since the start, after differences in trends before it.

        Bands hold all effects together at 95%, and those before the service by themselves: the two
        come from different fits.
        """
        at = self.targets.places[1]
        times = self.targets.event_times
        counts = self.targets.counts
        since = since_start(self.targets.cohorts)
        n = np.array([int(counts[since == e].sum()) for e in times])
        parts = [_bands(times, self.effects[at], self.joint.products[at, at], n)]
        if before is not None:
            parts.insert(0, _bands(before.times, before.effects, before.covariance, before.counts))
        return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def _bands(times: Floats, effects: Floats, covariance: Floats, n: Ints) -> dict[str, Any]:
    """Rows of an event study, with intervals at 95%, one by one and all together."""
    from scipy.special import ndtri

    errors = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    reach, wide = -float(ndtri(0.025)), math.nan
    moved = errors > ROUNDING * errors.max(initial=0.0)
    if moved.any():
        wide = sup_t(correlation_of(covariance[np.ix_(moved, moved)]))
    return {
        "event_time": _whole(times),
        "effect": effects,
        "std_error": errors,
        "low": effects - reach * errors,
        "high": effects + reach * errors,
        "band_low": effects - wide * errors,
        "band_high": effects + wide * errors,
        "n": n,
    }


def _whole(times: Floats) -> Floats | Ints:
    """Times as whole numbers where they are."""
    whole = np.rint(times)
    return whole.astype(np.int64) if (whole == times).all() else times


def left_out(targets: Targets) -> tuple[tuple[Message, ...], Message | None]:
    """A note on served rows that are not answered, and whose effect it then is."""
    panel = targets.cohorts.panel
    served = panel.served
    lost = served & ~targets.answered
    if not lost.any():
        return (), None
    open_periods = np.zeros(panel.n_periods, dtype=bool)
    open_periods[panel.period[targets.untreated]] = True
    gone = [
        str(panel.periods[t])
        for t in np.flatnonzero(np.bincount(panel.period[served]))
        if not open_periods[t]
    ]
    units = np.flatnonzero(np.bincount(panel.unit[lost]))
    unseen = len(np.setdiff1d(units, panel.unit[targets.untreated]))
    if panel.kind == "repeated_cross_section":
        unseen = 0
    rows = int(served.sum())
    return (
        (words.not_imputable(int(lost.sum()), gone, unseen),),
        words.target_imputable(rows - int(lost.sum()), rows),
    )


def served_size(targets: Targets) -> float:
    """Size of the served rows that the estimate is about."""
    panel = targets.cohorts.panel
    return float(panel.size[panel.served & targets.answered].sum())


def lonely(cohorts: Cohorts) -> tuple[Message, ...]:
    """A note on cohorts with a single independent unit."""
    panel = cohorts.panel
    alone = (cohorts.independent() == 1) & (cohorts.starts < panel.n_periods)
    if not alone.any():
        return ()
    names = [str(panel.periods[s]) for s in cohorts.starts[alone]]
    return (messages.single_unit_cohorts(listed_names(names), len(names)),)


def tables(found: Found, before: PreTrends | None) -> Mapping[str, Mapping[str, Any]]:
    """The tables of the result."""
    made: dict[str, Mapping[str, Any]] = {
        "group_time": found.group_time(),
        "event_study": found.event_study(before),
    }
    if before is not None:
        made["pre_trend_test"] = {
            "statistic": [before.statistic],
            "df": [before.df],
            "p_value": [before.p_value],
        }
    return made
