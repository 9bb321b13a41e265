"""Averages of the effects by starting date and period, with the error of what they are weighed by.

Every average is a value and the weights with which the quantities of `Cells.pulls` enter its
influence: effects by what they count for, and sizes by how far an effect lies from the average.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.did.group_time.cell import Cell
from impacteval.estimators.did.group_time.cells import Cells

Floats = NDArray[np.float64]
Aggregation = Literal["simple", "group", "calendar", "dynamic"]


@dataclass(frozen=True, slots=True, eq=False)
class Averaged:
    """An average of effects, and of the outcomes of the same unit-periods.

    Attributes
    ----------
    key : float
        What it is for: a starting period, a period, a time since the start; nan for the whole.
    effect, observed : float
        Average effect, and mean outcome of the served with the same weights; nan where some of
        it lies before the service.
    weights, observed_weights : array, shape (quantities,)
        How the quantities enter their influence.
    size : float
        What the unit-periods count for together.
    cells : tuple of Cell
        The effects that it averages.
    """

    key: float
    effect: float
    observed: float
    weights: Floats
    observed_weights: Floats
    size: float
    cells: tuple[Cell, ...]


def by_size(key: float, chosen: Sequence[Cell], cells: Cells) -> Averaged:
    """Average of some effects, each counted by the size of its starting date in its period.

    Parameters
    ----------
    key : float
        What it is for.
    chosen : sequence of Cell
        Effects that could be formed, one at least.
    cells : Cells
        Where they come from.
    """
    places = [(c.comparison.cohort, c.comparison.period) for c in chosen]
    sizes = np.array([cells.size[p] for p in places])
    total = sizes.sum()
    share = sizes / total
    effects = np.array([c.effect for c in chosen])
    served = all(t >= g for g, t in places)
    means = np.array([cells.mean[p] if served else np.nan for p in places])
    effect, observed = float(share @ effects), float(share @ means)
    weights = share @ np.stack([c.weights for c in chosen])
    observed_weights = np.zeros_like(weights)
    for p, s, each, mean in zip(places, share, effects, means, strict=True):
        weights[cells.size_at[p]] += (each - effect) / total
        if served:
            observed_weights[cells.mean_at[p]] += s
            observed_weights[cells.size_at[p]] += (mean - observed) / total
    return Averaged(key, effect, observed, weights, observed_weights, float(total), tuple(chosen))


def alike(key: float, parts: Sequence[Averaged]) -> Averaged:
    """Average of averages, each counted once."""
    n = len(parts)
    return Averaged(
        key,
        sum(p.effect for p in parts) / n,
        sum(p.observed for p in parts) / n,
        np.sum([p.weights for p in parts], axis=0) / n,
        np.sum([p.observed_weights for p in parts], axis=0) / n,
        sum(p.size for p in parts),
        tuple(c for p in parts for c in p.cells),
    )


def by_cohort(cells: Cells) -> list[Averaged]:
    """For each starting date, the average over its served periods, each counted once."""
    found = []
    for plan in cells.plans:
        own = [c for c in served(cells) if c.comparison.cohort == plan.cohort]
        if own:
            found.append(alike(float(plan.cohort), [by_size(np.nan, [c], cells) for c in own]))
    return found


def over_cohorts(parts: Sequence[Averaged], cells: Cells) -> Averaged:
    """Average over starting dates, each counted by its size: its mean size where that changes."""
    sizes = np.array([p.size / len(p.cells) for p in parts])
    total = sizes.sum()
    effect = sum(s * p.effect for s, p in zip(sizes, parts, strict=True)) / total
    observed = sum(s * p.observed for s, p in zip(sizes, parts, strict=True)) / total
    weights = np.zeros_like(parts[0].weights)
    observed_weights = np.zeros_like(weights)
    for size, part in zip(sizes, parts, strict=True):
        weights += size / total * part.weights
        observed_weights += size / total * part.observed_weights
        for c in part.cells:
            at = cells.size_at[c.comparison.cohort, c.comparison.period]
            each = len(part.cells) * total
            weights[at] += (part.effect - effect) / each
            observed_weights[at] += (part.observed - observed) / each
    chosen = tuple(c for p in parts for c in p.cells)
    return Averaged(
        np.nan, float(effect), float(observed), weights, observed_weights, float(total), chosen
    )


def by_period(cells: Cells) -> list[Averaged]:
    """For each period, the average over those served in it."""
    return _grouped(served(cells), lambda c: float(c.comparison.period), cells)


def by_event_time(
    chosen: Sequence[Cell],
    cells: Cells,
    event_time: Callable[[int, int], float],
    *,
    balance: float | None = None,
    earliest: float | None = None,
    latest: float | None = None,
) -> list[Averaged]:
    """For each time since the start, the average over the starting dates seen then.

    Parameters
    ----------
    chosen : sequence of Cell
        Reported or universal effects.
    cells : Cells
        Where they come from.
    event_time : callable
        Time from a starting period to a period.
    balance : float, optional
        Keep starting dates that are seen for so long after they begin, and times up to then, so
        that later times are about the same starting dates as earlier ones.
    earliest, latest : float, optional
        First and last time to keep.
    """
    formed = [c for c in chosen if not c.reason]
    n_periods = len(cells.size)
    low = -np.inf if earliest is None else earliest
    high = np.inf if latest is None else latest
    if balance is not None:
        last, first = n_periods - 1, 0
        formed = [c for c in formed if event_time(c.comparison.cohort, last) >= balance]
        high = min(high, balance)
        low = max(low, balance - event_time(first, last))

    def time(c: Cell) -> float:
        return event_time(c.comparison.cohort, c.comparison.period)

    return _grouped([c for c in formed if low <= time(c) <= high], time, cells)


def served(cells: Cells) -> list[Cell]:
    """The effects on the served that could be formed, by starting date and period."""
    return [
        c for c in cells.reported if c.comparison.period >= c.comparison.cohort and not c.reason
    ]


def _grouped(chosen: Sequence[Cell], key: Callable[[Cell], float], cells: Cells) -> list[Averaged]:
    groups: dict[float, list[Cell]] = {}
    for c in chosen:
        groups.setdefault(key(c), []).append(c)
    return [by_size(k, groups[k], cells) for k in sorted(groups)]
