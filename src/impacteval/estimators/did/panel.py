"""A roll-out over time as arrays: what the estimators take from a sample, and what they refuse.

Nothing is dropped without a note that counts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.did import messages
from impacteval.estimators.randomised.blocks import Grouping, nested
from impacteval.estimators.randomised.messages import relative_in_logs, two_ways, weightless
from impacteval.estimators.randomised.trial import row_weights
from impacteval.inference._arrays import compact, group_sums
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import Codes, Matrix, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """The measured rows of a roll-out, by unit and period; in repeated cross-sections each row is
    a unit of its own.

    Attributes
    ----------
    y : array, shape (n,)
        Outcome; per unit of exposure where there is exposure.
    unit, period : array of int, shape (n,)
        Place of each row among the units and the periods. Rows stand by unit and period.
    start : array of int, shape (U,)
        Place of each unit's first served period; ``T`` when it is not served by the last period.
    never : array of bool, shape (U,)
        Units that are never served, or only after the last period.
    x : array, shape (n, k)
        Covariates.
    covariates : tuple of str
        Their names.
    weight : array, shape (n,), or None
        What a row counts for in means: weights times exposure.
    size : array, shape (n,)
        What a served row counts for in totals: people, or their exposure.
    weight_kind : str or None
        ``sampling`` or ``precision``.
    cluster : Grouping or None
        Clusters of the units, ``codes`` of shape (U,): the level at which errors are correlated.
        None where units are independent of each other.
    labels : array, shape (U,)
        Label of each unit.
    periods : array, shape (T,)
        Label of each period.
    times : array of float, shape (T,)
        The periods as numbers: their labels where these are numbers, else 0, 1, 2, ...
    kind : str
        ``panel`` or ``repeated_cross_section``.
    balanced : bool
        Whether every unit was measured in every period.
    exposure : bool
        Whether the outcome is a rate.
    treated_clusters : int
        Served units at the level at which the service was assigned.
    outcome, design : str
        Names for the result.
    notes : tuple of Message
        What a reader must know about the rows.
    """

    y: Floats
    unit: Ints
    period: Ints
    start: Ints
    never: Bools
    x: Floats
    covariates: tuple[str, ...]
    weight: Floats | None
    size: Floats
    weight_kind: str | None
    cluster: Grouping | None
    labels: NDArray[Any]
    periods: NDArray[Any]
    times: Floats
    kind: str
    balanced: bool
    exposure: bool
    treated_clusters: int
    outcome: str
    design: str
    notes: tuple[Message, ...]

    @property
    def n_periods(self) -> int:
        """Number of periods, T."""
        return len(self.periods)

    @property
    def served(self) -> Bools:
        """Which rows are served, shape (n,)."""
        found: Bools = self.period >= self.start[self.unit]
        return found

    @property
    def groups(self) -> NDArray[Any]:
        """Labels of the influence values, shape (m,): clusters, or units."""
        return self.labels if self.cluster is None else self.cluster.labels

    @property
    def level(self) -> str:
        """``cluster`` or ``unit``: what `groups` are."""
        return "unit" if self.cluster is None else "cluster"

    def event_time(self, start: int, period: int) -> float:
        """Time from the first served period to a period, in the unit of `times`."""
        return float(self.times[period] - self.times[start])

    def by_group(self, influence: Floats) -> Floats:
        """Influence of units, shape (..., U), summed to what `groups` are, shape (..., m)."""
        if self.cluster is None:
            return influence
        return group_sums(influence, self.cluster.codes, len(self.cluster.labels))

    def by_unit(self, values: Floats) -> Floats:
        """Values of rows, shape (..., n), summed by unit, shape (..., U)."""
        return group_sums(values, self.unit, len(self.labels))

    def dense(self, values: Floats) -> Floats:
        """Values of rows as a table of units and periods, shape (U, T), NaN where there is no row.

        A balanced panel is only seen in another shape; nothing is copied.
        """
        shape = (len(self.labels), self.n_periods)
        if self.balanced:
            return values.reshape(shape)
        table = np.full(shape, np.nan)
        table[self.unit, self.period] = values
        return table


def read_panel(sample: Sample, scale: Scale, *, keep_always: bool = False) -> Panel:
    """The arrays of a roll-out.

    Parameters
    ----------
    sample : Sample
        Design ``did``, with adoption dates or a treatment that starts and does not end.
    scale : Scale
        The scale asked for.
    keep_always : bool
        Whether units that are served from the first period on stay among the rows. They have no
        period from before, so that methods which measure change leave them out, counted.

    Raises
    ------
    NotIdentified
        When the design is another, treatment ends or its start cannot be known, `scale` is
        ``relative`` and the outcome is in logs, errors are correlated in two ways at once, weights
        are frequencies, or nobody is served or nobody is left to compare with.
    """
    if sample.design != "did":
        raise NotIdentified(messages.not_a_roll_out(sample.design))
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(relative_in_logs())
    matrix = sample.matrix()
    assert matrix.period is not None  # the design requires it; for mypy
    if matrix.weight is not None and matrix.weight_kind == "frequency":
        raise NotIdentified(messages.frequency_weights())
    n_periods = len(matrix.period.labels)
    starts, never = _starts(matrix, n_periods)
    kept, notes = _kept(matrix, starts, never, keep_always)
    used, unit = compact(matrix.unit.codes[kept])
    period = np.asarray(matrix.period.codes[kept])
    weights = row_weights(matrix, kept)
    start = starts[used]
    cluster, assignment = levels_of_units(matrix, kept, unit, len(used))
    _check_arms(start, n_periods)
    y = np.array(matrix.y[kept])
    if matrix.exposure is not None:
        y = y / matrix.exposure[kept]
    # Where every row is a unit of its own, those of a later served place were not served before.
    inside = np.flatnonzero(np.bincount(unit[period >= start[unit]]))
    places = inside if assignment is None else np.unique(assignment.codes[inside])
    labels = matrix.unit.labels[used]
    return Panel(
        y=y,
        unit=unit,
        period=period,
        start=start,
        never=start == n_periods,
        x=np.array(matrix.X[kept]),
        covariates=tuple(matrix.covariate_names),
        weight=weights.means,
        size=weights.size,
        weight_kind=matrix.weight_kind,
        cluster=cluster,
        labels=labels,
        periods=matrix.period.labels,
        times=times_of(matrix.period),
        kind=sample.structure.kind,
        balanced=len(kept) == len(used) * n_periods,
        exposure=matrix.exposure is not None,
        treated_clusters=len(places),
        outcome=sample.outcomes[0],
        design=sample.design,
        notes=notes,
    )


def times_of(period: Codes) -> Floats:
    """The periods as numbers: their labels where these are numbers, else 0, 1, 2, ..."""
    if period.labels.dtype.kind in "iuf":
        return period.labels.astype(np.float64)
    return np.arange(len(period.labels), dtype=np.float64)


def _starts(matrix: Matrix, n_periods: int) -> tuple[Ints, Bools]:
    """First served period of each unit, ``T`` for none, and who was said to be never served."""
    assert matrix.period is not None
    units = len(matrix.unit.labels)
    starts = np.full(units, n_periods, dtype=np.int64)
    never = np.ones(units, dtype=bool)
    if matrix.cohort is not None:
        cohort = np.empty(units, dtype=np.int64)
        cohort[matrix.unit.codes] = matrix.cohort
        never = cohort < 0
        starts = np.where(never, n_periods, cohort)
        return starts, never
    assert matrix.treatment is not None  # the design requires it or adoption dates; for mypy
    on, time = matrix.treatment == 1.0, matrix.period.codes
    holder = matrix.unit
    if len(matrix.unit.labels) == matrix.n:  # each row is a unit: only its place tells who it is
        if matrix.assignment_cluster is None:
            raise NotIdentified(messages.start_unknown())
        holder = matrix.assignment_cluster
    first = np.full(len(holder.labels), n_periods, dtype=np.int64)
    np.minimum.at(first, holder.codes[on], time[on])
    if (on != (time >= first[holder.codes])).any():
        ends = len(np.unique(holder.codes[~on & (time >= first[holder.codes])]))
        raise NotIdentified(messages.treatment_ends(ends))
    starts[matrix.unit.codes] = first[holder.codes]
    return starts, starts == n_periods


def _kept(
    matrix: Matrix, starts: Ints, never: Bools, keep_always: bool
) -> tuple[Ints, tuple[Message, ...]]:
    """Rows that count, and notes on those that do not."""
    assert matrix.period is not None
    notes: list[Message] = []
    lost = ~matrix.measured
    on = matrix.period.codes >= starts[matrix.unit.codes]
    if lost.any():
        notes.append(messages.not_measured(int((lost & on).sum()), int((lost & ~on).sum())))
    weightless_rows = np.zeros_like(lost) if matrix.weight is None else matrix.weight == 0
    if (weightless_rows & ~lost).any():
        notes.append(weightless(int((weightless_rows & ~lost).sum())))
    later = int(((starts == len(matrix.period.labels)) & ~never).sum())
    if later:
        notes.append(messages.served_later(later))
    always = starts == 0
    gone = np.zeros_like(lost)
    if always.any() and not keep_always:
        notes.append(messages.always_served(int(always.sum())))
        gone = always[matrix.unit.codes]
    return np.flatnonzero(~lost & ~weightless_rows & ~gone), tuple(notes)


def levels_of_units(
    matrix: Matrix, kept: Ints, unit: Ints, units: int
) -> tuple[Grouping | None, Grouping | None]:
    """Clusters of the units for the errors, and the level of assignment."""

    def of_units(codes: Codes | None) -> Grouping | None:
        if codes is None:
            return None
        own = np.empty(units, dtype=np.int64)
        own[unit] = codes.codes[kept]
        used, places = compact(own)
        return Grouping(places, codes.labels[used])

    cluster, assignment = of_units(matrix.cluster), of_units(matrix.assignment_cluster)
    if cluster is None or assignment is None:
        return (assignment if cluster is None else cluster), assignment
    if nested(assignment.codes, cluster.codes):
        return cluster, assignment
    if nested(cluster.codes, assignment.codes):
        return assignment, assignment
    raise NotIdentified(two_ways())


def _check_arms(start: Ints, n_periods: int) -> None:
    if not (start < n_periods).any():
        raise NotIdentified(messages.nobody_served())
    if start.min() == start.max():
        raise NotIdentified(messages.nobody_to_compare())
