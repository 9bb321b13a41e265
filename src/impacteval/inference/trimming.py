"""Trimming both arms of a comparison to those who are measured in either arm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import Floats, Ints

Bools = NDArray[np.bool_]

# A row of which less than this share is kept is not kept: rounding of the kept share.
_KEPT = 1e-9


class Unbounded(ValueError):
    """The data leave an end without a limit: nobody need have been measured in either arm."""


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """One end of a pair of bounds: both means and how each row pulls them.

    Attributes
    ----------
    treated, comparison : float
        Mean with the programme and mean without it, at this end.
    treated_influence, comparison_influence : array, shape (n,)
        Influence of each row on either mean.
    """

    treated: float
    comparison: float
    treated_influence: Floats
    comparison_influence: Floats

    @property
    def difference(self) -> float:
        """The effect at this end."""
        return self.treated - self.comparison


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What was trimmed in one cell.

    Attributes
    ----------
    rows : int
        Rows in the cell.
    treated_rate, comparison_rate : float
        Share of each arm whose outcome was measured.
    kept_treated, kept_comparison : float
        Share of the measured rows of each arm that is kept.
    weight : float
        Weight of the cell in the bounds; the weights add up to 1.
    """

    rows: int
    treated_rate: float
    comparison_rate: float
    kept_treated: float
    kept_comparison: float
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Both ends, and what was done in each cell."""

    low: End
    high: End
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Arms:
    """The rows of a two-arm comparison, measured or not.

    Attributes
    ----------
    y : array, shape (n,)
        Outcome; anything where it was not measured.
    measured, treated : array of bool, shape (n,)
        Whether the outcome was measured, and the arm.
    weight : array, shape (n,)
        What each row stands for.
    factor : array, shape (n,)
        Multiplies the weight so that each stratum weighs the same in both arms; 1 without strata.
    """

    y: Floats
    measured: Bools
    treated: Bools
    weight: Floats
    factor: Floats

    @classmethod
    def of(
        cls,
        y: Floats,
        measured: Bools,
        treated: Bools,
        *,
        weight: Floats | None = None,
        stratum: Ints | None = None,
    ) -> Arms:
        """The arms of rows, each stratum weighing its size in both.

        Raises
        ------
        ValueError
            When a stratum lacks an arm.

        Examples
        --------
        >>> d = np.array([1, 1, 1, 0], dtype=bool)
        >>> Arms.of(np.zeros(4), d, d).factor.round(3).tolist()
        [1.333, 1.333, 1.333, 4.0]
        """
        mass = np.ones(len(y)) if weight is None else weight
        codes = np.zeros(len(y), dtype=np.int64) if stratum is None else stratum
        count = int(codes.max()) + 1
        both = np.bincount(codes, weights=mass, minlength=count)
        own = np.bincount(2 * codes + treated, weights=mass, minlength=2 * count)
        if not np.all(own.reshape(-1, 2)[both > 0] > 0):
            raise ValueError("Each stratum needs both arms.")
        factor = both[codes] / own[2 * codes + treated]
        return cls(y, measured, treated, mass, factor)


@dataclass(frozen=True, slots=True, eq=False)
class _Trimmed:
    """Mean of the kept part, the outcome where it was cut, and what the kept rows add."""

    mean: float
    cut: float
    own: Floats


def _trim(y: Floats, v: Floats, keep: float, top: bool) -> _Trimmed:
    """The `keep` share of the rows with the highest outcomes (`top`) or the lowest.

    `own` is the influence of each row on the mean at a fixed `keep`, summing to 0.
    """
    z = -y if top else y
    order = np.argsort(z, kind="stable")
    held = v[order]
    before = np.cumsum(held) - held
    kept = np.clip(keep * held.sum() - before, 0.0, held)
    kept[kept < _KEPT * held] = 0.0
    inside = np.flatnonzero(kept)
    cut = float(z[order[inside[-1]]])
    total = float(kept.sum())
    mean = float(kept @ z[order]) / total
    # Up to the cut a row adds its own distance to it; rows at the cut add nothing, however split.
    below = np.zeros_like(z)
    below[order] = np.where(kept > 0.0, z[order] - cut, 0.0)
    share = v / v.sum()
    own = share * (below - float(share @ below)) / keep
    sign = -1.0 if top else 1.0
    return _Trimmed(sign * mean, sign * cut, sign * own)


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Both arms of a cell: rows, measured rates and the influence of rows on them."""

    rows: tuple[Ints, Ints]
    rate: tuple[float, float]
    slope: tuple[Floats, Floats]


def trimmed(arms: Arms, cell: Ints | None, way: Literal["one", "any"]) -> Bounds:
    n = len(arms.y)
    codes = np.zeros(n, dtype=np.int64) if cell is None else cell
    v = arms.weight * arms.factor
    low, high, cells, sizes, size_slopes = [], [], [], [], []
    for code in range(int(codes.max()) + 1):
        inside = codes == code
        if not inside.any():
            continue
        sides = _sides(arms, inside, v)
        rate, slope = sides.rate, sides.slope
        if way == "one":
            both, both_slope = (rate[0], slope[0]) if rate[0] <= rate[1] else (rate[1], slope[1])
        else:
            both, both_slope = rate[0] + rate[1] - 1.0, slope[0] + slope[1]
        mass = float(arms.weight[inside].sum())
        if both <= _KEPT:
            # Nobody here is surely measured in either arm: the cell says nothing and weighs nothing.
            cells.append((inside, rate, (0.0, 0.0)))
            continue
        keep = (min(1.0, both / rate[0]), min(1.0, both / rate[1]))
        ends = [_end(arms, v, sides, both, both_slope, keep, best) for best in (False, True)]
        low.append(ends[0])
        high.append(ends[1])
        cells.append((inside, rate, keep))
        sizes.append(mass * both)
        size_slopes.append(np.where(inside, arms.weight * both, 0.0) + mass * both_slope)
    if not sizes:
        raise Unbounded("Nobody need have been measured in either arm.")
    whole = math.fsum(sizes)
    shares = iter(np.array(sizes) / whole)
    told = tuple(
        Cell(int(inside.sum()), *rate, *keep, weight=float(next(shares)) if any(keep) else 0.0)
        for inside, rate, keep in cells
    )
    return Bounds(
        _average(low, sizes, size_slopes, whole), _average(high, sizes, size_slopes, whole), told
    )


def _sides(arms: Arms, inside: Bools, v: Floats) -> _Sides:
    rows, rates, slopes = [], [], []
    for side in (arms.treated, ~arms.treated):
        own = np.flatnonzero(inside & side)
        mass = float(v[own].sum())
        if not mass > 0.0:
            raise ValueError("Each cell needs both arms.")
        rate = float(v[own][arms.measured[own]].sum()) / mass
        slope = np.zeros(len(v))
        slope[own] = v[own] * (arms.measured[own] - rate) / mass
        rows.append(own[arms.measured[own]])
        rates.append(rate)
        slopes.append(slope)
    return _Sides((rows[0], rows[1]), (rates[0], rates[1]), (slopes[0], slopes[1]))


def _end(
    arms: Arms,
    v: Floats,
    sides: _Sides,
    both: float,
    both_slope: Floats,
    keep: tuple[float, float],
    best: bool,
) -> End:
    means, influences = [], []
    for k in (0, 1):
        rows = sides.rows[k]
        found = _trim(arms.y[rows], v[rows], keep[k], top=best == (k == 0))
        psi = np.zeros(len(v))
        psi[rows] = found.own
        # The kept share moves with both rates of measurement; an arm that keeps all is at rest.
        if both_slope is not sides.slope[k]:
            relative = both_slope / both - sides.slope[k] / sides.rate[k]
            psi += (found.cut - found.mean) * relative
        means.append(found.mean)
        influences.append(psi)
    return End(means[0], means[1], influences[0], influences[1])


def _average(ends: list[End], sizes: list[float], size_slopes: list[Floats], whole: float) -> End:
    """The cells together, each by its size, which is itself an estimate."""
    if len(ends) == 1:
        return ends[0]
    means = [
        math.fsum(s * getattr(e, name) for s, e in zip(sizes, ends, strict=True)) / whole
        for name in ("treated", "comparison")
    ]
    influences = []
    for name, mean in zip(("treated", "comparison"), means, strict=True):
        psi = sum(
            (
                s * getattr(e, f"{name}_influence") + (getattr(e, name) - mean) * slope
                for s, e, slope in zip(sizes, ends, size_slopes, strict=True)
            ),
            np.zeros_like(size_slopes[0]),
        )
        influences.append(psi / whole)
    return End(means[0], means[1], influences[0], influences[1])


__all__ = ["Arms", "Bounds", "Cell", "End", "Unbounded", "trimmed"]
