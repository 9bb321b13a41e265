r"""Effects of a first change of treatment, period by period: pure functions on tables of units.

A unit that first changes at :math:`F` from its status quo :math:`d` is compared, from
:math:`F-1` to :math:`F-1+\ell`, with units that began with the same :math:`d` and have not changed by
then. Errors are given the treatments: about the mean of units with the same change, and with
:math:`n/(n-1)` in each group; a group of one is taken about the mean of the group and its comparison
together.

References
----------
de Chaisemartin and D'Haultfoeuille (2024), Difference-in-differences estimators of intertemporal
treatment effects. *Review of Economics and Statistics*. doi:10.1162/rest_a_01414
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import group_sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Switching:
    """Outcomes and treatments of units that may change treatment, as tables.

    Attributes
    ----------
    y, dose, weight : array, shape (U, T)
        Outcomes, treatments and weights; NaN where a unit was not measured.
    status_quo : array of int, shape (U,)
        Code of the treatment that each unit began with.
    first : array of int, shape (U,)
        Period of the first change; ``T`` for none.
    until : array of int, shape (U,)
        First period whose treatment was not seen, or lies on the other side of the status quo;
        ``T`` for none.
    cohort : array of int, shape (U,)
        Code of status quo, first change and treatment then; -1 for units that are not counted.
    group : array of int, shape (U,)
        Independent unit or cluster of each unit.
    size : array, shape (U, T)
        What each row counts for in totals.
    """

    y: Floats
    dose: Floats
    weight: Floats
    status_quo: Ints
    first: Ints
    until: Ints
    cohort: Ints
    group: Ints
    size: Floats

    @property
    def n_groups(self) -> int:
        """Number of independent units or clusters."""
        return int(self.group.max()) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """Units with the same first change, so many periods after it.

    Attributes
    ----------
    cohort, first, horizon : int
        Which units, their first change, and periods from the one before it (1 is the change's own);
        negative for what is found before it.
    sign : float
        1 where treatment rose, -1 where it fell.
    effect : float
        Observed less status quo.
    influence : array, shape (m,)
        By independent unit or cluster.
    weight : float
        Of the units that were measured in the period; what was found for those that were measured
        before as well stands for all of them.
    observed : float
        Weighted mean of their outcomes.
    observed_influence : array, shape (m,)
    dose, dose_size : float
        Weight and size of treatment beyond the status quo, turned by the sign.
    cumulative : float
        Weight of treatment beyond the status quo since the first change.
    with_dose : float
        Sum of weight, dose and outcome.
    with_dose_influence : array, shape (m,)
        On it.
    n, n_comparison : int
        Units, and those they are compared with.
    alone : bool
        Whether it is one independent unit.
    """

    cohort: int
    first: int
    horizon: int
    sign: float
    effect: float
    influence: Floats
    weight: float
    observed: float
    observed_influence: Floats
    dose: float
    dose_size: float
    cumulative: float
    with_dose: float
    with_dose_influence: Floats
    n: int
    n_comparison: int
    alone: bool

    @property
    def period(self) -> int:
        """Place of the period."""
        return self.first - 1 + self.horizon


def cells(
    data: Switching, *, never: bool, horizons: int | None, placebos: int | None
) -> list[Cell]:
    """Every group with the same first change in every period that can be compared.

    Parameters
    ----------
    data : Switching
        The tables.
    never : bool
        Whether to compare only with units that never change.
    horizons, placebos : int or None
        How many periods after and before; None for all.

    Returns
    -------
    list of Cell
        By group, then by period; what is found before the change has negative horizons.
    """
    n_periods = data.y.shape[1]
    found: list[Cell] = []
    for cohort in np.unique(data.cohort[data.cohort >= 0]).tolist():
        member = data.cohort == cohort
        first = int(data.first[member][0])
        after = n_periods - first if horizons is None else min(horizons, n_periods - first)
        before = first - 1 if placebos is None else min(placebos, first - 1)
        for horizon in range(1, after + 1):
            cell = _cell(data, cohort, first, horizon, never=never)
            if cell is not None:
                found.append(cell)
        # As in the paper, what is found l periods before is held against those who are
        # comparisons l periods after.
        for horizon in range(1, min(before, n_periods - first) + 1):
            cell = _cell(data, cohort, first, horizon, never=never, placebo=True)
            if cell is not None:
                found.append(cell)
    return found


def _cell(
    data: Switching, cohort: int, first: int, horizon: int, *, never: bool, placebo: bool = False
) -> Cell | None:
    at, base = first - 1 + horizon, first - 1
    now = base - horizon if placebo else at
    member = data.cohort == cohort
    level = data.status_quo[member][0]
    change = data.y[:, now] - data.y[:, base]
    seen = np.isfinite(change) & np.isfinite(data.y[:, at])
    switch = member & seen & (data.until > at)
    stays = data.first >= data.y.shape[1] if never else data.first > at
    control = (data.status_quo == level) & stays & seen
    if not (switch.any() and control.any()):
        return None
    # Those without the reference period are part of the target, and the others stand for them.
    whole = member & np.isfinite(data.y[:, at]) & (data.until > at)
    counted = np.where(whole, np.nan_to_num(data.weight[:, at]), 0.0)
    own = np.where(switch, counted, 0.0)
    other = np.where(control, np.nan_to_num(data.weight[:, at]), 0.0)
    change = np.nan_to_num(change)
    effect, apart, alone = _contrast(change, own, other, data.group)
    outcome = np.nan_to_num(data.y[:, at])
    sign = float(np.sign(data.dose[whole, first] - data.dose[whole, base])[0])
    beyond = sign * (data.dose - data.dose[:, [base]])
    dosed = counted * np.nan_to_num(beyond[:, at])
    sized = np.where(whole, np.nan_to_num(data.size[:, at] * beyond[:, at]), 0.0)
    since = np.nan_to_num(beyond[:, first : at + 1]).sum(axis=1)
    scale = _unbiased(whole, data.group)
    total = float(counted.sum())
    mean = float(counted @ outcome) / total
    dosed_mean = float(dosed @ outcome) / float(dosed.sum()) if dosed.any() else 0.0
    return Cell(
        cohort=cohort,
        first=first,
        horizon=-horizon if placebo else horizon,
        sign=sign,
        effect=effect,
        influence=group_sums(apart, data.group, data.n_groups),
        weight=total,
        observed=mean,
        observed_influence=group_sums(
            scale * counted / total * (outcome - mean), data.group, data.n_groups
        ),
        dose=float(dosed.sum()),
        dose_size=float(sized.sum()),
        cumulative=float(counted @ since),
        with_dose=float(dosed @ outcome),
        with_dose_influence=group_sums(
            scale * dosed * (outcome - dosed_mean), data.group, data.n_groups
        ),
        n=int(whole.sum()),
        n_comparison=int(control.sum()),
        alone=alone,
    )


def _contrast(
    change: Floats, own: Floats, other: Floats, group: Ints
) -> tuple[float, Floats, bool]:
    """Mean of one group less that of another, influence of each unit, and whether one is alone."""
    both = own + other
    together = float(both @ change) / float(both.sum())
    effect, apart, alone = 0.0, np.zeros(len(change)), False
    for sign, weight in ((1.0, own), (-1.0, other)):
        mean = float(weight @ change) / float(weight.sum())
        scale = _unbiased(weight > 0.0, group)
        about = mean
        if scale == 1.0:  # one unit or cluster: about the mean of both groups
            about, scale, alone = together, _unbiased(both > 0.0, group), True
        effect += sign * mean
        apart += sign * scale * weight / weight.sum() * (change - about)
    return effect, apart, alone


def _unbiased(inside: Bools, group: Ints) -> float:
    """Root of n / (n - 1) for so many independent units; 1 for one of them."""
    n = int(np.count_nonzero(np.bincount(group[inside])))
    return float(np.sqrt(n / (n - 1.0))) if n > 1 else 1.0
