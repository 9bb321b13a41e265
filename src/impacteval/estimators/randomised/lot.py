"""A trial as a lot: which units were assigned, within what, and what each of them holds.

Rows are put in an order that depends on what they hold and not on how they came, so that draws,
and with them results, are the same for any order of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.randomised import lot_words as words
from impacteval.estimators.randomised import messages
from impacteval.estimators.randomised.blocks import Grouping, nested, whole_pairs
from impacteval.estimators.randomised.trial import (
    _check_probability,
    _grouping,
    _kept,
    _period,
    _weights,
)
from impacteval.inference import collinear_columns
from impacteval.inference.assignments import Zeros
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """The measured rows of a trial and the units that were assigned.

    Attributes
    ----------
    outcomes : tuple of str
    y : array, shape (k, n)
        One row an outcome; per unit of exposure where there is exposure.
    treatment : array of int, shape (n,)
        1 for those assigned to the programme.
    x : array, shape (n, c)
        Covariates, named `covariates`.
    weight, size : array, shape (n,)
        Weight of each row in the means; how much of the population it stands for.
    row : array of int, shape (n,)
        The unit assigned that each row belongs to; these stand stratum after stratum.
    sizes, treated : array of int, shape (s,)
        Units assigned of each stratum, and how many of them to the programme.
    shares : array, shape (s,)
        Share of each stratum in the population.
    realised : array of uint8, shape (g,)
        The assignment that was drawn.
    listed : array of uint8, shape (m, g), or None
        Assignments that the data name as possible.
    labels, level
        Label of each unit assigned; ``unit`` or ``cluster``.
    paired : bool
        Whether each stratum is one unit of the programme and one of comparison.
    strata : tuple of str
        Label of each stratum; empty without strata.
    people : tuple of (int, int)
        Rows of comparison and programme.
    design, period, weight_kind, rate, complete
        As in `Trial`.
    notes : tuple of Message
    """

    outcomes: tuple[str, ...]
    y: Floats
    treatment: Ints
    x: Floats
    covariates: tuple[str, ...]
    weight: Floats
    size: Floats
    row: Ints
    sizes: Ints
    treated: Ints
    shares: Floats
    realised: Zeros
    listed: Zeros | None
    labels: NDArray[Any]
    level: str
    paired: bool
    strata: tuple[str, ...]
    people: tuple[int, int]
    design: str
    period: str | int | float
    weight_kind: str | None
    rate: bool
    complete: bool
    notes: tuple[Message, ...]

    @property
    def served(self) -> float:
        """Size of the group that was served: people, or their exposure."""
        return float(self.size[self.treatment == 1].sum())

    @property
    def stratum(self) -> Ints:
        """Stratum of each unit assigned, shape (g,)."""
        return np.repeat(np.arange(self.sizes.size), self.sizes).astype(np.int64)

    def sums(self, values: Floats) -> Floats:
        """Weighted sums in each unit assigned, shape (..., n) to (..., g)."""
        flat = (self.weight * values).reshape(-1, self.row.size)
        size = self.realised.size
        found: Floats = np.stack([np.bincount(self.row, weights=v, minlength=size) for v in flat])
        return found.reshape(*values.shape[:-1], size)

    @property
    def weights(self) -> Floats:
        """Weight of each unit assigned, shape (g,)."""
        return self.sums(np.ones(self.row.size))


def read_lot(sample: Sample, scale: Scale) -> Lot:
    """The lot of a trial with one outcome or several.

    Raises
    ------
    NotIdentified
        When the sample is not a trial of one period, when the assignment cannot be told (a
        cluster in several strata, a stratum with one arm), when several outcomes were not
        measured on the same units, or when `scale` does not exist for the outcome.
    """
    if sample.design != "rct":
        raise NotIdentified(messages.not_a_trial(sample.design))
    if sample.structure.kind != "cross_section":
        raise NotIdentified(messages.several_periods(sample.structure.n_periods))
    if scale is Scale.STANDARDISED:
        raise UsageError(str(words.standardised()))
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(messages.relative_in_logs())
    views = [sample[name].matrix() for name in sample.outcomes]
    matrix = views[0]
    if any(not np.array_equal(view.measured, matrix.measured) for view in views):
        raise NotIdentified(words.measured_apart())
    arm = np.asarray(matrix.treatment)
    kept, notes = _kept(matrix, arm)
    if matrix.pair is not None:
        kept, more = whole_pairs(matrix.pair.codes, arm, kept)
        notes += more
    raw = _weights(matrix, kept)
    assignment, level, told = _assigned(matrix, kept, arm[kept].astype(np.int64))
    copies = np.ones(len(kept)) if raw.copies is None else raw.copies
    if assignment is None:  # each copy of a unit was assigned for itself
        kept = np.repeat(kept, np.round(copies).astype(np.int64))
        raw, copies = _weights(matrix, kept), np.ones(len(kept))
    strata = _strata(matrix, kept)
    probability = _grouping(matrix.stratum, kept) if matrix.pair is None else strata
    _check_probability(matrix.assignment_probability, probability, kept)
    if assignment is not None and strata is not None and not nested(assignment.codes, strata.codes):
        raise NotIdentified(words.cluster_in_strata())
    exposure = None if matrix.exposure is None else matrix.exposure[kept]
    y = np.stack([np.array(view.y[kept]) for view in views])
    y = y if exposure is None else y / exposure
    rows = _Rows(
        y=y,
        treatment=arm[kept].astype(np.int64),
        x=np.array(matrix.X[kept]),
        weight=copies * (np.ones(len(kept)) if raw.means is None else raw.means),
        size=copies * raw.size,
        stratum=np.zeros(len(kept), dtype=np.int64) if strata is None else strata.codes,
        unit=None if assignment is None else assignment.codes,
    )
    order, row = rows.ordered()
    first = np.flatnonzero(np.diff(row, prepend=-1))
    block = rows.stratum[order][first]
    realised = rows.treatment[order][first].astype(np.uint8)
    sizes = np.bincount(block)
    treated = np.bincount(block, weights=realised, minlength=sizes.size).astype(np.int64)
    names = () if strata is None else tuple(str(label) for label in strata.labels)
    empty = np.flatnonzero((treated == 0) | (treated == sizes))
    if empty.size:
        raise NotIdentified(words.one_armed([names[k] for k in empty], sizes.size))
    population = np.bincount(rows.stratum, weights=rows.size)
    labels = matrix.unit.labels[matrix.unit.codes[kept]]
    if assignment is not None:
        labels = assignment.labels[assignment.codes]
    arms = rows.treatment
    return Lot(
        outcomes=sample.outcomes,
        y=y[:, order],
        treatment=arms[order],
        x=rows.x[order],
        covariates=tuple(matrix.covariate_names),
        weight=rows.weight[order],
        size=rows.size[order],
        row=row,
        sizes=sizes,
        treated=treated,
        shares=population / population.sum(),
        realised=realised,
        listed=_listed(matrix, kept[order], row, first),
        labels=labels[order][first],
        level=level,
        paired=bool(np.all(sizes == 2)),
        strata=names,
        people=(round(float(copies[arms == 0].sum())), round(float(copies[arms == 1].sum()))),
        design=sample.design,
        period=_period(matrix.period),
        weight_kind=matrix.weight_kind if matrix.weight is not None else None,
        rate=exposure is not None,
        complete=bool(matrix.measured.all()),
        notes=(*notes, *told),
    )


def _assigned(
    matrix: Matrix, kept: Ints, arm: Ints
) -> tuple[Grouping | None, str, tuple[Message, ...]]:
    """The level that was assigned: the one named, or clusters that are each in one arm."""
    named = _grouping(matrix.assignment_cluster, kept)
    if named is not None:
        return named, "cluster", ()
    correlated = _grouping(matrix.cluster, kept)
    if correlated is None:
        return None, "unit", ()
    pairs = np.unique(2 * correlated.codes + arm)
    if len(pairs) == len(correlated.labels):
        return correlated, "cluster", (words.clusters_taken(),)
    return None, "unit", (words.clusters_ignored(),)


def _strata(matrix: Matrix, kept: Ints) -> Grouping | None:
    """Strata, or pairs where there are any."""
    strata, pairs = _grouping(matrix.stratum, kept), _grouping(matrix.pair, kept)
    if pairs is None or strata is None:
        return strata if pairs is None else pairs
    if not nested(pairs.codes, strata.codes):
        raise NotIdentified(words.pair_in_strata())
    return pairs


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    y: Floats
    treatment: Ints
    x: Floats
    weight: Floats
    size: Floats
    stratum: Ints
    unit: Ints | None

    def ordered(self) -> tuple[Ints, Ints]:
        """The order of the rows by what they hold, and the unit assigned of each, in order."""
        keys = [*self.x.T[::-1], self.size, self.weight, *self.y[::-1], self.treatment]
        order = np.lexsort([*keys, self.stratum]).astype(np.int64)
        if self.unit is None:
            return order, np.arange(order.size)
        # Sums over rows in that order are the same to the last digit, whatever came first.
        unit = self.unit[order]
        count = int(unit.max()) + 1
        first = np.zeros(count, dtype=np.int64)
        first[unit[::-1]] = order[::-1]
        sums = [
            np.bincount(unit, weights=(self.weight * k)[order], minlength=count)
            for k in (*self.x.T[::-1], *self.y[::-1], np.ones(order.size))
        ]
        ranked = np.lexsort([np.arange(count), *sums, self.treatment[first], self.stratum[first]])
        rank = np.empty(count, dtype=np.int64)
        rank[ranked] = np.arange(count)
        within = np.argsort(rank[unit], kind="stable")
        return order[within], rank[unit][within]


def _listed(matrix: Matrix, rows: Ints, row: Ints, first: Ints) -> Zeros | None:
    """The assignments that the column of possible assignments spells out, shape (m, g)."""
    if matrix.assignment is None:
        return None
    codes, labels = matrix.assignment.codes[rows], matrix.assignment.labels
    if np.any(codes != codes[first][row]):
        raise NotIdentified(words.listed_apart())
    used = [str(labels[k]) for k in np.unique(codes)]
    if len({len(text) for text in used}) > 1 or not all(set(text) <= {"0", "1"} for text in used):
        raise NotIdentified(words.listed_shape())
    table = {
        int(k): np.frombuffer(str(labels[k]).encode(), dtype=np.uint8) for k in np.unique(codes)
    }
    found: Zeros = np.stack([table[int(k)] for k in codes[first]], axis=1) - np.uint8(ord("0"))
    return found


def residualised(lot: Lot, values: Floats) -> Floats:
    """Values less what strata and covariates say of them, without regard to the arm.

    Parameters
    ----------
    lot : Lot
    values : array, shape (..., n)

    Returns
    -------
    array, shape (..., n)
        Residuals of weighted least squares.

    Raises
    ------
    NotIdentified
        When a covariate adds nothing to strata and the others, or there are too many.
    """
    centred = within_strata(lot, values)
    if not lot.covariates:
        return centred
    x = within_strata(lot, lot.x.T).T
    _check_columns(lot, x)
    root = np.sqrt(lot.weight)
    size = np.sqrt((root[:, None] ** 2 * x**2).sum(axis=0))
    q, _ = np.linalg.qr(root[:, None] * x / size)
    flat = root * centred.reshape(-1, lot.row.size)
    fitted = (flat @ q) @ q.T
    found: Floats = (flat - fitted).reshape(values.shape) / root
    return found


def within_strata(lot: Lot, values: Floats) -> Floats:
    """Values less the weighted mean of their stratum, shape (..., n)."""
    stratum = lot.stratum[lot.row]
    flat = values.reshape(-1, stratum.size)
    total = np.bincount(stratum, weights=lot.weight)
    means = np.stack([np.bincount(stratum, weights=lot.weight * v) for v in flat]) / total[None]
    found: Floats = (flat - means[:, stratum]).reshape(values.shape)
    return found


def _check_columns(lot: Lot, x: Floats) -> None:
    scale = np.abs(lot.x).max(axis=0, initial=0.0)
    flat = [k for k in range(x.shape[1]) if np.abs(x[:, k]).max() <= 1e-9 * scale[k]]
    extra = flat or list(collinear_columns(x, lot.weight))
    if extra:
        raise NotIdentified(words.collinear([lot.covariates[k] for k in extra]))
    if lot.realised.size - lot.sizes.size - len(lot.covariates) < 2:
        raise NotIdentified(words.too_many_covariates(lot.realised.size, len(lot.covariates)))


def covariate_means(lot: Lot, names: Sequence[str]) -> Floats:
    """Mean of some covariates in each unit assigned, shape (g, k)."""
    missing = [name for name in names if name not in lot.covariates]
    if missing:
        raise NotIdentified(words.unknown_balance(missing))
    places = [lot.covariates.index(name) for name in names]
    found: Floats = (lot.sums(lot.x[:, places].T) / lot.weights).T
    return found
