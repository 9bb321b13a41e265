"""Every effect by starting date and period, with its influence and who it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.did.group_time.cell import Cell
from impacteval.estimators.did.group_time.fits import Method
from impacteval.estimators.did.group_time.plan import Comparison, Plan
from impacteval.estimators.did.group_time.pulls import Pulls
from impacteval.estimators.did.group_time.sizes import Sizes, empty_pulls
from impacteval.estimators.did.group_time.sources import Followed, Key, Sections
from impacteval.estimators.did.panel import Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """All comparisons, and the sizes and outcomes of the served that averages are made of.

    Attributes
    ----------
    plans : tuple of Plan
        By starting date.
    reported, universal : tuple of Cell
        As in the plans, in order.
    pulls : Pulls
        Influence of the units (or clusters) on effects, mean outcomes and sizes.
    size : array, shape (T, T)
        What the rows of a starting date in a period count for in averages.
    mean : array, shape (T, T)
        Their mean outcome.
    people : array, shape (T, T)
        What they count for in totals.
    rows : array of int, shape (T, T)
        How many there are.
    size_at, mean_at : array of int, shape (T, T)
        Quantity of each; -1 where there is none.
    """

    plans: tuple[Plan, ...]
    reported: tuple[Cell, ...]
    universal: tuple[Cell, ...]
    pulls: Pulls
    size: Floats
    mean: Floats
    people: Floats
    rows: Ints
    size_at: Ints
    mean_at: Ints


def compute_cells(
    panel: Panel,
    plans: Sequence[Plan],
    *,
    method: Method,
    weigh_by: Literal["served", "cohort"],
    as_cross_sections: bool,
) -> Cells:
    """Form every comparison of the plans.

    Parameters
    ----------
    panel : Panel
        The rows.
    plans : sequence of Plan
        One for each starting date, in order.
    method : {"dr", "ipw", "reg"}
        How covariates are allowed for.
    weigh_by : {"served", "cohort"}
        What a starting date counts for in averages: its rows of the period, or its units.
    as_cross_sections : bool
        Whether the rows of a unit are compared as if other units were seen in each period.

    Returns
    -------
    Cells
    """
    wanted = {c for plan in plans for c in (*plan.reported, *plan.universal)}
    source: Sections | Followed = Sections(panel) if as_cross_sections else Followed(panel)
    direct = {c: source.key(c) for c in wanted}
    # A comparison of neighbours is the difference of two with the fixed base, where all three
    # have the same units and weights.
    fixed = {(c.cohort, c.period): c for plan in plans for c in plan.universal}
    derived: dict[Comparison, tuple[Comparison | None, Comparison | None]] = {}
    for plan in plans:
        for c in plan.reported if source.shares else ():
            # None stands for the fixed base itself, which differs from itself by nothing.
            pair = fixed.get((c.cohort, c.period)), fixed.get((c.cohort, c.base))
            if c != pair[0] and all(p is None or direct[p] == direct[c] for p in pair):
                derived[c] = pair
    formed = sorted(wanted - set(derived), key=lambda c: (c.cohort, c.period, c.base))
    sizes = Sizes(panel, plans, weigh_by, first=len(formed))
    place = {c: k for k, c in enumerate(formed)}
    pulls = empty_pulls(panel, source, formed, sizes)
    sizes.write(source, pulls)
    found: dict[Comparison, Cell] = {}
    for together in _together(formed, direct):
        for cell in source.compare(together, method, pulls, [place[c] for c in together]):
            found[cell.comparison] = cell
    for c, (first, second) in derived.items():
        known = [None if p is None else found[p] for p in (first, second)]
        found[c] = _difference(c, known[0], known[1], pulls.quantities)
    return Cells(
        plans=tuple(plans),
        reported=tuple(found[c] for plan in plans for c in plan.reported),
        universal=tuple(found[c] for plan in plans for c in plan.universal),
        pulls=pulls,
        size=sizes.size,
        mean=sizes.mean,
        people=sizes.people,
        rows=sizes.counts,
        size_at=sizes.size_at,
        mean_at=sizes.mean_at,
    )


def _together(formed: Sequence[Comparison], keys: dict[Comparison, Key]) -> list[list[Comparison]]:
    """Comparisons that share their units, weights and covariates, so that one fit serves all."""
    groups: dict[tuple[int, Key], list[Comparison]] = {}
    for c in formed:
        groups.setdefault((c.cohort, keys[c]), []).append(c)
    return list(groups.values())


def _difference(c: Comparison, first: Cell | None, second: Cell | None, quantities: int) -> Cell:
    """The comparison of two periods from those of each with the fixed base."""
    known = first or second
    assert known is not None  # two periods are not both the base; for mypy
    return replace(
        known,
        comparison=c,
        effect=(first.effect if first else 0.0) - (second.effect if second else 0.0),
        weights=(first.weights if first else np.zeros(quantities))
        - (second.weights if second else np.zeros(quantities)),
    )
