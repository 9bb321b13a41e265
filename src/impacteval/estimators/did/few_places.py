"""From the rows of a roll-out to places followed over time: the level at which it was assigned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.did import few_words as words
from impacteval.estimators.did.panel import Panel
from impacteval.inference._arrays import group_sums
from impacteval.inference.few_groups.rollout import Rollout

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Places never served that there must be: one alone has nothing to be compared with.
FEWEST = 2


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places by period.

    Attributes
    ----------
    rollout : Rollout
        Their outcomes.
    labels : array, shape (g,)
        Their names.
    people : array of int, shape (g, t)
        Rows behind each cell.
    """

    rollout: Rollout
    labels: NDArray[Any]
    people: Ints

    def named(self, which: Ints) -> list[str]:
        """Names of some places."""
        return [str(label) for label in self.labels[which].tolist()]


def read_places(panel: Panel, *, equal: bool) -> Places:
    """Means of each place in each period.

    Parameters
    ----------
    panel : Panel
        The rows. Places are its clusters, which are the level of assignment or contain it, or its
        units where it has none.
    equal : bool
        Whether every place and period counts as one, or by its people.

    Raises
    ------
    NotIdentified
        When covariates are named, a place starts at several dates or is not seen in a period, or
        fewer than two places are never served.
    """
    if panel.covariates:
        raise NotIdentified(words.covariates(panel.covariates))
    if panel.kind != "panel" and panel.cluster is None:
        raise NotIdentified(words.seen_once())
    place = np.arange(len(panel.labels)) if panel.cluster is None else panel.cluster.codes
    labels, t = panel.groups, panel.n_periods
    start = _starts(panel, place, labels)
    cell = place[panel.unit] * t + panel.period
    cells = len(labels) * t
    people = np.bincount(cell, minlength=cells).reshape(-1, t)
    empty = people == 0
    if empty.any():
        gone = np.flatnonzero(empty.any(axis=1))
        raise NotIdentified(
            words.missing_cells([str(v) for v in labels[gone].tolist()], int(empty.sum()))
        )
    never = int((start == t).sum())
    if never < FEWEST:
        raise NotIdentified(words.too_few_compared(never))
    weight = np.ones(len(panel.y)) if panel.weight is None else panel.weight
    mass = group_sums(weight, cell, cells)
    y = group_sums(weight * panel.y, cell, cells) / mass
    if panel.exposure or panel.weight_kind == "precision":
        inverse = 1.0 / mass
    else:
        # Weights that only say whom a row stands for make fewer people of many (Kish).
        inverse = group_sums(weight**2, cell, cells) / mass**2
    mean, counts, inverse = (
        a.reshape(-1, t) for a in (y, np.ones(cells) if equal else mass, inverse)
    )
    rollout = Rollout(mean, start, counts, inverse)
    return Places(rollout, labels, people)


def _starts(panel: Panel, place: Ints, labels: NDArray[Any]) -> Ints:
    """First served period of each place, which must be that of all its units."""
    first = np.full(len(labels), panel.n_periods, dtype=np.int64)
    last = np.zeros(len(labels), dtype=np.int64)
    np.minimum.at(first, place, panel.start)
    np.maximum.at(last, place, panel.start)
    mixed = np.flatnonzero(first != last)
    if mixed.size:
        raise NotIdentified(words.several_starts([str(v) for v in labels[mixed].tolist()]))
    return first


def sizes_told(places: Places) -> bool:
    """Whether places differ in how many people stand behind them."""
    inverse = places.rollout.inverse
    return inverse is not None and float(np.ptp(inverse)) > 1e-9 * float(inverse.max())


def sizes_beyond(places: Places) -> Ints:
    """Served places that are smaller or larger than every place compared."""
    rollout = places.rollout
    assert rollout.inverse is not None  # read_places gives it; for mypy
    size = rollout.inverse.mean(axis=1)
    low, high = size[rollout.never].min(), size[rollout.never].max()
    served = rollout.real
    outside = (size[served] < low * (1.0 - 1e-9)) | (size[served] > high * (1.0 + 1e-9))
    found: Ints = served[outside]
    return found
