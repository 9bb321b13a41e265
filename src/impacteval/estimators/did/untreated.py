"""What the served would have had: effects of units and periods, fitted where nobody is served yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.did import imputation_words as words
from impacteval.estimators.did.cohorts import Cohorts
from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel
from impacteval.inference.absorbed import Absorbed, Block, absorb, columns_times

Effects = Literal["unit", "cluster", "cohort"]
"""Whose level is fitted: each unit's, each cluster's, or each cohort's."""


@dataclass(frozen=True)
class Untreated:
    """The model without the service, and what it says for every row.

    Attributes
    ----------
    cohorts : Cohorts
        The rows by starting date.
    effects : str
        Whose level is fitted.
    level : array of int, shape (U,)
        Which level each unit has.
    blocks : tuple of Block
        Periods, and covariates, for all rows.
    untreated : array of bool, shape (n,)
        Rows from before the service and its anticipation: what the model is fitted on.
    fit : Absorbed
        The fit.
    """

    cohorts: Cohorts
    effects: Effects
    level: Ints
    blocks: tuple[Block, ...]
    untreated: Bools
    fit: Absorbed

    @property
    def panel(self) -> Panel:
        """The rows."""
        return self.cohorts.panel

    @property
    def weight(self) -> Floats:
        """What each row counts for, shape (n,)."""
        return self.cohorts.weight

    @cached_property
    def without(self) -> Floats:
        """Outcome without the service, by the model, shape (n,)."""
        found = columns_times(self.blocks, self.fit.coefficients)
        found += self.fit.levels[self.level[self.panel.unit]]
        return found

    @cached_property
    def imputable(self) -> Bools:
        """Rows that come after the start of the service (or its anticipation) and whose outcome
        without it is determined: their unit was seen before, and their period with others."""
        fit = self.fit
        rows = np.flatnonzero(~self.untreated)
        level = self.level[self.panel.unit[rows]]
        held = fit.weights[level] > 0.0
        if fit.null.shape[1]:
            taken = [block.take(rows) for block in self.blocks]
            along = np.stack([columns_times(taken, d) for d in fit.null.T], axis=-1)
            away = np.abs(along - (fit.column_means @ fit.null)[level])
            held &= (away <= 1e-7 * _size(taken)).all(axis=-1)
        found = np.zeros(len(self.untreated), dtype=bool)
        found[rows[held]] = True
        return found

    @cached_property
    def residuals(self) -> Floats:
        """Weight times outcome less what it would be without the service, shape (n,).

        Zero in rows that are neither untreated nor imputable.
        """
        used = self.untreated | self.imputable
        return np.where(used, self.weight * (self.panel.y - self.without), 0.0)


def _size(blocks: Sequence[Block]) -> float:
    """Largest entry of the columns, at least one."""
    slopes = [float(np.abs(b.slopes).max(initial=0.0)) for b in blocks if b.slopes is not None]
    return max([1.0, *slopes])


def fit_untreated(panel: Panel, *, effects: Effects, anticipation: int) -> Untreated:
    """Fit levels, periods and covariates on the rows from before the service.

    Covariates that change over time have one coefficient; those that do not have one for each
    period, as what is fixed can only matter by going with the trend.

    Parameters
    ----------
    panel : Panel
        The rows.
    effects : {"unit", "cluster", "cohort"}
        Whose level is fitted; in repeated cross-sections, where each row is a unit, ``unit`` is
        read as ``cohort``.
    anticipation : int
        Periods before the start in which the service may already show.

    Raises
    ------
    NotIdentified
        When there is no untreated row, no cluster where clusters' levels are asked for, or a
        covariate says nothing that levels, periods and other covariates do not.
    """
    if panel.kind == "repeated_cross_section" and effects == "unit":
        effects = "cohort"
    cohorts = Cohorts.of(panel)
    untreated = (
        panel.period < panel.start[panel.unit] - np.where(panel.never, 0, anticipation)[panel.unit]
    )
    rows = np.flatnonzero(untreated)
    if not rows.size:
        raise NotIdentified(words.nothing_untreated(anticipation))
    level = levels_of(cohorts, effects)
    blocks = model_blocks(panel, rows)
    own = [block.take(rows) for block in blocks]
    fit = absorb(
        panel.y[rows],
        None if panel.weight is None else panel.weight[rows],
        level[panel.unit[rows]],
        int(level.max()) + 1,
        own,
    )
    _check_covariates(panel, blocks, fit, rows)
    return Untreated(cohorts, effects, level, blocks, untreated, fit)


def levels_of(cohorts: Cohorts, effects: Effects) -> Ints:
    """Which level each unit has, shape (U,)."""
    panel = cohorts.panel
    match effects:
        case "unit":
            return np.arange(len(panel.labels))
        case "cohort":
            return cohorts.of_unit
        case "cluster":
            if panel.cluster is None:
                raise NotIdentified(words.no_clusters())
            return panel.cluster.codes


def fixed_covariates(panel: Panel) -> Bools:
    """Which covariates do not change within any unit, shape (k,)."""
    same = panel.unit[1:] == panel.unit[:-1]
    found: Bools = ~((panel.x[1:] != panel.x[:-1]) & same[:, None]).any(axis=0)
    return found


def model_blocks(panel: Panel, rows: Ints) -> tuple[Block, ...]:
    """Periods, with the fixed covariates in each, and the covariates that change over time."""
    x = centred(panel, rows)
    fixed = fixed_covariates(panel)
    times = Block(panel.period, panel.n_periods, x[:, fixed] if fixed.any() else None)
    if fixed.all():
        return (times,)
    return times, Block(np.zeros(len(panel.y), dtype=np.int64), 1, x[:, ~fixed], level=False)


def centred(panel: Panel, rows: Ints) -> Floats:
    """Covariates less their mean over some rows, in their standard deviations there, shape (n, k).

    Neither has any say in a fit with levels; both keep rounding small.

    Raises
    ------
    NotIdentified
        When a covariate does not vary there.
    """
    inside = panel.x[rows]
    spread = inside.std(axis=0)
    flat = spread <= 1e-12 * np.abs(inside).max(axis=0, initial=0.0)
    if flat.any():
        raise NotIdentified(words.collinear(_named(panel, flat)))
    found: Floats = (panel.x - inside.mean(axis=0)) / spread
    return found


def _named(panel: Panel, which: Bools) -> list[str]:
    return [name for name, out in zip(panel.covariates, which, strict=True) if out]


def _check_covariates(panel: Panel, blocks: tuple[Block, ...], fit: Absorbed, rows: Ints) -> None:
    """No covariate may be wholly undetermined beside levels, periods and the others."""
    if not panel.covariates:
        return
    fixed = fixed_covariates(panel)
    seen = np.unique(panel.period[rows])
    width, periods = len(fit.coefficients), panel.n_periods
    lost = np.zeros(len(fixed), dtype=bool)
    for place, j in enumerate(np.flatnonzero(fixed)):
        # Only differences between periods are determined where each unit has its own level.
        contrasts = np.zeros((max(len(seen) - 1, 0), width))
        first = (1 + place) * periods
        contrasts[np.arange(len(contrasts)), first + seen[1:]] = 1.0
        contrasts[:, first + seen[0]] = -1.0
        lost[j] = not fit.determined(contrasts).any()
    for place, j in enumerate(np.flatnonzero(~fixed)):
        column = np.zeros((1, width))
        column[0, blocks[0].width + place] = 1.0
        lost[j] = not fit.determined(column).all()
    if lost.any():
        raise NotIdentified(words.collinear(_named(panel, lost)))
