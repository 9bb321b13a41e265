r"""Changes of the served less those of the others: by period, pooled, and against one period.

Everyone served begins in the same period. In a balanced panel whose weights are constant a unit's
change is its outcomes less those of the reference period, and all periods share one propensity and
one factorisation. Where units are missing in some periods, or weights change, each pair of a
period after and one before is a comparison of its own among those seen in both, and pairs are
averaged with the weights that the served give them; so nobody's gap is filled by others. Repeated
cross-sections are averaged over the same pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel
from impacteval.inference.drdid import (
    CannotFit,
    Method,
    panel_effect,
    repeated_effect,
    weighted_means,
)


class NobodyLeft(ValueError):
    """A pair of periods in which the served have nobody to be compared with."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(f"nobody in {before} and {after}")
        self.before, self.after = before, after


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Effects on the served with the influence of each unit on them.

    Attributes
    ----------
    effect : array, shape (1 + P,)
        Average over the periods after, then each of them, against all periods before.
    influence : array, shape (1 + P, U)
        Squares sum to the variance, without small-sample factors.
    against : array, shape (T - 1,)
        Each period but the reference, against the reference (the last before the service).
    against_influence : array, shape (T - 1, U)
        The same for these; NaN effects where a period has nobody to compare.
    observed : array, shape (1 + P,)
        Mean outcome of the served, pooled and by period.
    observed_influence : array, shape (1 + P, U)
        The same for these.
    weight : array, shape (U,)
        What each unit counts for; zero for those without a change.
    size : float
        Size of the served unit-periods that the effect is about.
    counts : array of int, shape (2, T)
        Comparison and served units with a change that rests on each period.
    propensity : array, shape (U,), or None
        Largest chance of being served that each unit was given; NaN where none.
    """

    effect: Floats
    influence: Floats
    against: Floats
    against_influence: Floats
    observed: Floats
    observed_influence: Floats
    weight: Floats
    size: float
    counts: Ints
    propensity: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A roll-out with one starting date, as the functions below read it.

    Attributes
    ----------
    panel : Panel
        The rows.
    start : int
        Place of the first served period.
    treated : array of bool, shape (U,)
        Units that are served.
    x : array, shape (U, k)
        Covariates of each unit.
    method : str
        ``dr``, ``ipw`` or ``reg``.
    """

    panel: Panel
    start: int
    treated: Bools
    x: Floats
    method: Method

    @property
    def weight(self) -> Floats:
        """What rows count for, shape (n,)."""
        panel = self.panel
        return np.ones(len(panel.y)) if panel.weight is None else panel.weight

    @property
    def constant(self) -> bool:
        """Whether every unit has every period, always with the same weight."""
        if not self.panel.balanced or self.panel.kind != "panel":
            return False
        if self.panel.weight is None:
            return True
        table = self.panel.dense(self.panel.weight)
        return bool((table == table[:, :1]).all())


def changes(setting: Setting) -> Changes:
    """The effects of a roll-out with one starting date.

    Parameters
    ----------
    setting : Setting

    Returns
    -------
    Changes

    Raises
    ------
    CannotFit
        When covariates cannot be used.
    NobodyLeft
        When no comparison unit was seen in two periods that the served need.
    """
    if setting.constant:
        return _whole(setting)
    return _paired(setting)


def _whole(setting: Setting) -> Changes:
    """One comparison with a column for each period but the reference."""
    panel, start = setting.panel, setting.start
    y = panel.dense(panel.y)
    weight = np.ones(len(y)) if panel.weight is None else panel.dense(panel.weight)[:, 0]
    periods = np.delete(np.arange(panel.n_periods), start - 1)
    found = panel_effect(
        y[:, periods] - y[:, [start - 1]],
        setting.treated,
        setting.x,
        method=setting.method,
        weight=weight,
    )
    after = periods >= start
    level = np.where(after, 0.0, 1.0 / start)  # mean change of the periods before
    each = np.eye(len(periods))[after] - level
    averages = np.vstack([each.mean(axis=0), each])
    on = y[:, start:]
    means, own = weighted_means(on, weight * setting.treated)
    counts = np.empty((2, panel.n_periods), dtype=np.int64)
    counts[1], counts[0] = setting.treated.sum(), (~setting.treated).sum()
    rows = panel.served & setting.treated[panel.unit]
    return Changes(
        effect=averages @ found.effect,
        influence=averages @ found.influence.T,
        against=found.effect,
        against_influence=np.ascontiguousarray(found.influence.T),
        observed=np.append(means.mean(), means),
        observed_influence=np.vstack([own.mean(axis=1), own.T]),
        weight=weight,
        size=float(panel.size[rows].sum()),
        counts=counts,
        propensity=found.propensity,
    )


# --- pairs of periods -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """One comparison: units, what they count for, effect, influence."""

    units: Ints
    weight: Floats
    effect: float
    influence: Floats
    propensity: Floats | None


class _Pairs:
    """Comparisons of two periods, each made when it is asked for."""

    def __init__(self, setting: Setting) -> None:
        panel = setting.panel
        self.setting, self.panel = setting, panel
        self.repeated = panel.kind == "repeated_cross_section"
        self.units = len(panel.labels)
        self.start = setting.start
        if self.repeated:
            self.rows = [np.flatnonzero(panel.period == t) for t in range(panel.n_periods)]
            return
        shape = (self.units, panel.n_periods)
        self.weight = np.zeros(shape)
        self.weight[panel.unit, panel.period] = setting.weight
        self.y = np.zeros(shape)
        self.y[panel.unit, panel.period] = panel.y
        self.before = self.weight[:, : self.start].sum(axis=1)
        self.after = self.weight[:, self.start :].sum(axis=1)

    def pair(self, before: int, after: int, *, share: bool) -> _Pair | None:
        """Both periods compared; None where none of the served has both.

        With `share` units count by what the pair is of their whole change; else by their weight
        in the later period.
        """
        setting = self.setting
        if self.repeated:
            units = np.concatenate([self.rows[before], self.rows[after]])
            later = np.arange(len(units)) >= len(self.rows[before])
            weight = setting.weight[units]
            treated = setting.treated[units]
            if not (treated & later).any() or not (treated & ~later).any():
                return None
            if not (~treated & later).any() or not (~treated & ~later).any():
                raise NobodyLeft(before, after)
            found = repeated_effect(
                self.panel.y[units],
                treated,
                later,
                setting.x[units],
                method=setting.method,
                weight=weight,
            )
        else:
            both = self.weight[:, after] * self.weight[:, before]
            units = np.flatnonzero(both > 0.0)
            weight = self.weight[units, after]
            if share:
                weight = both[units] / self.before[units]
            treated = setting.treated[units]
            if not treated.any():
                return None
            if treated.all():
                raise NobodyLeft(before, after)
            found = panel_effect(
                self.y[units, after] - self.y[units, before],
                treated,
                setting.x[units],
                method=setting.method,
                weight=weight,
            )
        return _Pair(units, weight, float(found.effect[0]), found.influence[:, 0], found.propensity)

    def shares(self, pair: _Pair, before: int, after: int) -> tuple[float, tuple[Floats, ...]]:
        """What the served give a pair, and each unit's part in it, one array a factor."""
        own = np.zeros(self.units)
        own[pair.units] = pair.weight * self.setting.treated[pair.units]
        if not self.repeated:
            return float(own.sum()), (own,)
        early, late = (np.zeros(self.units) for _ in range(2))
        early[self.rows[before]] = own[self.rows[before]]
        late[self.rows[after]] = own[self.rows[after]]
        return float(early.sum() * late.sum()), (early * late.sum(), late * early.sum())


def _paired(setting: Setting) -> Changes:
    panel, start = setting.panel, setting.start
    pairs = _Pairs(setting)
    afters = range(start, panel.n_periods)
    units = len(panel.labels)
    sums = np.zeros(len(afters))
    totals = np.zeros(len(afters))
    linear = np.zeros((len(afters), units))  # derivative of sums
    parts = np.zeros((len(afters), units))  # derivative of totals
    counts = np.zeros((2, panel.n_periods), dtype=np.int64)
    seen = np.zeros((panel.n_periods, units), dtype=bool)
    chance: Floats | None = None
    for k, after in enumerate(afters):
        for before in range(start):
            pair = pairs.pair(before, after, share=True)
            if pair is None:
                continue
            share, own = pairs.shares(pair, before, after)
            sums[k] += share * pair.effect
            totals[k] += share
            for part in own:
                linear[k] += part * pair.effect
                parts[k] += part
            linear[k, pair.units] += share * pair.influence
            seen[before, pair.units] = seen[after, pair.units] = True
            chance = _largest(chance, pair, units)
    whole = np.concatenate([[sums.sum()], sums])
    scale = np.concatenate([[totals.sum()], totals])
    pull = np.vstack([linear.sum(axis=0), linear])
    held = np.vstack([parts.sum(axis=0), parts])
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = whole / scale
        influence = (pull - effect[:, None] * held) / scale[:, None]
    if pairs.repeated:
        for t in range(panel.n_periods):
            seen[t] &= panel.period == t  # a row is a unit
    counts[1] = (seen & setting.treated).sum(axis=1)
    counts[0] = (seen & ~setting.treated).sum(axis=1)
    used: Bools = np.asarray(seen.any(axis=0))
    rows: Bools = used[panel.unit] & (panel.period >= start)
    observed, observed_influence = _observed(setting, rows & setting.treated[panel.unit])
    weight = panel.by_unit(
        np.where(rows | (pairs.repeated & used[panel.unit]), setting.weight, 0.0)
    )
    against, against_influence = _against(pairs, start, panel.n_periods)
    return Changes(
        effect=effect,
        influence=influence,
        against=against,
        against_influence=against_influence,
        observed=observed,
        observed_influence=observed_influence,
        weight=weight,
        size=float(panel.size[rows & setting.treated[panel.unit]].sum()),
        counts=counts,
        propensity=chance,
    )


def _observed(setting: Setting, rows: Bools) -> tuple[Floats, Floats]:
    """Means of the served over rows, pooled and by period after, with influence."""
    panel = setting.panel
    masks = [rows, *(rows & (panel.period == t) for t in range(setting.start, panel.n_periods))]
    found, influence = np.full(len(masks), np.nan), np.zeros((len(masks), len(panel.labels)))
    for k, mask in enumerate(masks):
        if mask.any():
            mean, own = weighted_means(panel.y, setting.weight * mask)
            found[k], influence[k] = mean[0], panel.by_unit(own[:, 0])
    return found, influence


def _against(pairs: _Pairs, start: int, n_periods: int) -> tuple[Floats, Floats]:
    """Each period against the last before the service."""
    effects = np.full(n_periods - 1, np.nan)
    influence = np.zeros((n_periods - 1, pairs.units))
    for k, t in enumerate(p for p in range(n_periods) if p != start - 1):
        turn = 1.0 if t >= start else -1.0
        first, second = (start - 1, t) if t >= start else (t, start - 1)
        try:
            pair = pairs.pair(first, second, share=False)
        except (NobodyLeft, CannotFit):
            continue  # the average does not rest on this pair alone; the table leaves it out
        if pair is not None:
            effects[k] = turn * pair.effect
            influence[k, pair.units] = turn * pair.influence
    return effects, influence


def _largest(chance: Floats | None, pair: _Pair, units: int) -> Floats | None:
    if pair.propensity is None:
        return chance
    found = np.full(units, np.nan) if chance is None else chance
    found[pair.units] = np.fmax(found[pair.units], pair.propensity)
    return found
