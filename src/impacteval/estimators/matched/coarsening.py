"""Covariates cut into few values, and the cells that people with the same values form.

References
----------
Iacus, King and Porro (2012), Causal inference without balance checking: coarsened exact matching.
*Political Analysis* 20(1). doi:10.1093/pan/mpr013
Sturges (1926), The choice of a class interval. *Journal of the American Statistical Association* 21(153).
doi:10.1080/01621459.1926.10502161
Scott (1979), On optimal and data-based histograms. *Biometrika* 66(3). doi:10.1093/biomet/66.3.605
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.matched import coarsened_words as words
from impacteval.estimators.matched.people import People
from impacteval.inference._arrays import compact

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Cut = Literal["exact"] | int | tuple[float, ...]
Bins = Literal["sturges", "scott"] | int
MOST_BINS = 10_000


@dataclass(frozen=True, slots=True)
class Coarsened:
    """How one covariate is cut.

    Attributes
    ----------
    covariate : str
    cutpoints : tuple of float, or None
        In order; a value at a cutpoint belongs above it. None where values are compared exactly.
    rule : str
        ``stated``, ``bins`` (a number of them was stated), ``sturges``, ``scott``, or ``exact``.
    """

    covariate: str
    cutpoints: tuple[float, ...] | None
    rule: str

    def codes(self, x: Floats) -> Ints:
        """Which value each row has after cutting, from 0 without gaps, shape (n,)."""
        if self.cutpoints is None:
            return compact(x)[1]
        return compact(np.searchsorted(np.array(self.cutpoints), x, side="right"))[1]


def check_cuts(cutpoints: Mapping[str, Cut], bins: Bins) -> None:
    """Refuse settings that cannot cut.

    Raises
    ------
    UsageError
        When a number of bins is not between 1 and 10,000, or cutpoints do not rise.
    """
    stated = [("bins", bins), *((f"cutpoints of {name!r}", cut) for name, cut in cutpoints.items())]
    for name, cut in stated:
        if isinstance(cut, int) and not 1 <= cut <= MOST_BINS:
            raise UsageError(f"{name}: a number of bins is from 1 to {MOST_BINS}, not {cut}.")
        if isinstance(cut, tuple):
            rising = all(a < b for a, b in pairwise(cut))
            if not cut or not rising or not all(math.isfinite(value) for value in cut):
                told = ", ".join(f"{value:g}" for value in cut) or "none"
                raise UsageError(f"{name} must be finite numbers that rise, not {told}.")


def coarsen(people: People, cutpoints: Mapping[str, Cut], bins: Bins) -> tuple[Coarsened, ...]:
    """How each covariate of these people is cut.

    A covariate that is not named under `cutpoints` gets bins of equal width over its range, as many as
    `bins` says; one with no more different values than that (yes or no, a few whole numbers) is
    compared exactly, as cutting would merge what need not be merged.

    Parameters
    ----------
    people : People
    cutpoints : mapping of covariate to cutpoints, number of bins or "exact"
    bins : {"sturges", "scott"} or int
        For the others: a number, ``ceil(log2 n) + 1`` (Sturges), or bins of 3.49 standard deviations
        times ``n^(-1/3)`` (Scott), n being the people observed: copies of a row count, sampling weights
        do not.

    Raises
    ------
    NotIdentified
        When `cutpoints` names what is no covariate.
    """
    unknown = [name for name in cutpoints if name not in people.covariates]
    if unknown:
        raise NotIdentified(words.no_such_covariates(unknown, people.covariates))
    found = []
    # As many as were observed: sampling weights say who they stand for, in a unit of their own.
    counts = people.counts * (people.copies.sum() / people.counts.sum())
    for k, name in enumerate(people.covariates):
        x, cut = people.x[:, k], cutpoints.get(name)
        if isinstance(cut, tuple):
            found.append(Coarsened(name, tuple(float(v) for v in cut), "stated"))
        elif cut == "exact":
            found.append(Coarsened(name, None, "exact"))
        elif isinstance(cut, int):
            found.append(Coarsened(name, equal_bins(x, cut), "bins"))
        else:
            found.append(_by_rule(name, x, counts, bins))
    return tuple(found)


def _by_rule(name: str, x: Floats, counts: Floats, bins: Bins) -> Coarsened:
    number = bins if isinstance(bins, int) else bins_by(x, counts, bins)
    if len(np.unique(x)) <= number:
        return Coarsened(name, None, "exact")
    return Coarsened(name, equal_bins(x, number), "bins" if isinstance(bins, int) else bins)


def bins_by(x: Floats, counts: Floats, rule: Literal["sturges", "scott"]) -> int:
    """How many bins a rule gives; one where nothing varies.

    Examples
    --------
    >>> bins_by(np.arange(100.0), np.ones(100), "sturges")
    8
    """
    n = float(counts.sum())
    if rule == "sturges":
        return math.ceil(math.log2(max(n, 1.0)) - 1e-12) + 1
    share = counts / n
    variance = float(share @ (x - share @ x) ** 2) / max(1.0 - 1.0 / n, 1e-300) if n > 1 else 0.0
    if not variance > 0.0:
        return 1
    width = 3.49 * math.sqrt(variance) / math.cbrt(n)
    return min(MOST_BINS, max(1, math.ceil(float(x.max() - x.min()) / width)))


def equal_bins(x: Floats, number: int) -> tuple[float, ...]:
    """The inner cutpoints of bins of equal width over the range of `x`.

    Examples
    --------
    >>> equal_bins(np.array([0.0, 10.0]), 4)
    (2.5, 5.0, 7.5)
    """
    low, high = float(x.min()), float(x.max())
    inner = np.linspace(low, high, number + 1)[1:-1]
    return tuple(dict.fromkeys(float(v) for v in inner))


def cells_of(people: People, cuts: Sequence[Coarsened]) -> Ints:
    """The cell of each row: those alike in every coarsened covariate and in the stratum.

    Returns
    -------
    array of int, shape (n,)
        From 0 without gaps, in the order of the values, whatever rows or units are called.

    Raises
    ------
    NotIdentified
        Without covariates or strata.
    """
    columns = [cut.codes(people.x[:, k]) for k, cut in enumerate(cuts)]
    if people.stratum is not None:
        columns.insert(0, people.stratum.codes)
    if not columns:
        raise NotIdentified(words.nothing_to_match_on())
    cell = np.zeros(people.n, dtype=np.int64)
    for column in columns:
        # Compacted at each step, so that no product of sizes can overflow.
        cell = compact(cell * (int(column.max()) + 1) + column)[1]
    return cell


def held_together(people: People, cell: Ints) -> Ints:
    """The same cells, numbered without gaps, where both served and others are; -1 elsewhere."""
    size = int(cell.max()) + 1 if cell.size else 0
    inside = cell >= 0
    both = (np.bincount(cell[inside & people.served], minlength=size) > 0) & (
        np.bincount(cell[inside & ~people.served], minlength=size) > 0
    )
    number = np.cumsum(both) - 1
    at = np.where(inside, cell, 0)
    found: Ints = np.where(inside & both[at], number[at], -1).astype(np.int64)
    return found


def cell_weights(people: People, cell: Ints) -> Floats:
    """What each row counts for: the served as they are, comparators as their cell does among the served.

    Parameters
    ----------
    people : People
    cell : array of int, shape (n,)
        From `held_together`.

    Returns
    -------
    array, shape (n,)
        `People.counts` included; zero outside.
    """
    size = int(cell.max()) + 1
    inside = cell >= 0
    own, other = inside & people.served, inside & ~people.served
    served = np.bincount(cell[own], weights=people.counts[own], minlength=size)
    others = np.bincount(cell[other], weights=people.counts[other], minlength=size)
    times = (served / others)[np.where(inside, cell, 0)]
    found: Floats = np.where(own, people.counts, np.where(other, people.counts * times, 0.0))
    return found


def imbalance_table(people: People, after: Floats) -> dict[str, list[Any]]:
    """The distance L1 between served and others, before and after: one row a covariate, and all at once.

    Half the sum of the differences between two histograms: 0 where they agree, 1 where they share no
    bin. Bins are those of Scott's rule, the same before and after and not those that people were
    matched in, within which the distance is zero whatever was done; covariates with fewer values than
    bins are compared exactly. Strata count as a covariate of all at once.

    Parameters
    ----------
    people : People
    after : array, shape (n,)
        What each row counts for; zero for those left out.

    Returns
    -------
    mapping
        ``covariate, before, after``; the first row, ``(together)``, is about all covariates at once.

    References
    ----------
    Iacus, King and Porro (2011), Multivariate matching methods that are monotonic imbalance bounding.
    *Journal of the American Statistical Association* 106(493). doi:10.1198/jasa.2011.tm09599
    """
    cuts = coarsen(people, {}, "scott")
    cells = [("(together)", cells_of(people, cuts))]
    cells += [(cut.covariate, cut.codes(people.x[:, k])) for k, cut in enumerate(cuts)]
    rows: dict[str, list[Any]] = {"covariate": [], "before": [], "after": []}
    for name, codes in cells:
        rows["covariate"].append(name)
        rows["before"].append(_distance(codes, people.served, people.counts))
        rows["after"].append(_distance(codes, people.served, after))
    return rows


def _distance(codes: Ints, served: NDArray[np.bool_], weight: Floats) -> float:
    size = int(codes.max()) + 1
    own = np.bincount(codes[served], weights=weight[served], minlength=size)
    other = np.bincount(codes[~served], weights=weight[~served], minlength=size)
    return float(np.abs(own / own.sum() - other / other.sum()).sum() / 2.0)


def coarsening_table(cuts: Sequence[Coarsened]) -> dict[str, list[Any]]:
    """``covariate, rule, values, cutpoints``: how each covariate was cut, cutpoints as text."""
    return {
        "covariate": [cut.covariate for cut in cuts],
        "rule": [cut.rule for cut in cuts],
        "cutpoints": [
            "" if cut.cutpoints is None else ", ".join(f"{value:.10g}" for value in cut.cutpoints)
            for cut in cuts
        ],
    }
