"""A panel whose treatment may go on and off: what is read of a sample, and what is refused.

Nothing is dropped without a note that counts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.did import messages, switching_words
from impacteval.estimators.did.panel import Panel, levels_of_units, times_of
from impacteval.estimators.did.switching_effect import Switching
from impacteval.estimators.randomised.messages import relative_in_logs, weightless
from impacteval.estimators.randomised.trial import row_weights
from impacteval.inference._arrays import compact
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """A panel of units that change treatment.

    Attributes
    ----------
    panel : Panel
        The rows; ``start`` is the first change of the units that are counted, ``T`` for others.
    data : Switching
        The same as tables.
    binary : bool
        Whether the treatment is on or off.
    """

    panel: Panel
    data: Switching
    binary: bool


def read_changes(sample: Sample, scale: Scale, switchers: str) -> Changes:
    """The tables of a panel whose treatment may go on and off.

    Parameters
    ----------
    sample : Sample
        Design ``did``, units followed over time; treatment, adoption dates, or ``dose``.
    scale : Scale
        The scale asked for.
    switchers : {"on", "off", "both"}
        Which changes count.

    Raises
    ------
    NotIdentified
        When the design is another, units are not followed, there are covariates, nobody changes in
        the direction asked for, or the scale does not exist.
    """
    if sample.design != "did":
        raise NotIdentified(messages.not_a_roll_out(sample.design))
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(relative_in_logs())
    if sample.structure.kind != "panel":
        raise NotIdentified(messages.repeated_cross_sections())
    matrix = sample.matrix()
    assert matrix.period is not None  # the design requires it; for mypy
    if matrix.weight is not None and matrix.weight_kind == "frequency":
        raise NotIdentified(messages.frequency_weights())
    if matrix.covariate_names:
        raise NotIdentified(switching_words.covariates())
    given = matrix.treatment if matrix.dose is None else matrix.dose
    assert given is not None  # the design requires treatment or dates; for mypy
    binary = bool(np.isin(given, (0.0, 1.0)).all())
    if scale is Scale.RELATIVE and not binary:
        raise NotIdentified(switching_words.relative_dose())
    kept, notes = _kept(matrix)
    used, unit = compact(matrix.unit.codes[kept])
    path = paths_of(_doses(matrix, kept, unit, np.asarray(given[kept]), used))
    wanted = {"on": path.sign > 0, "off": path.sign < 0, "both": path.sign != 0}[switchers]
    counted = wanted & ~path.unknown
    if not counted.any():
        raise NotIdentified(switching_words.nobody_switches(switchers))
    useful = np.isin(path.status_quo, path.status_quo[counted]) & ~path.unknown
    notes += _told(path, useful, counted)
    return _assembled(
        sample, matrix, kept[useful[unit]], path.taken(useful), counted[useful], notes, binary
    )


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Treatments of units: table, code of the first, first change, sign, end, and what is unknown."""

    dose: Floats
    status_quo: Ints
    first: Ints
    until: Ints
    sign: Ints
    unknown: Bools
    crossed: Bools

    def taken(self, units: Bools) -> Path:
        """Some of the units."""
        return Path(*(getattr(self, name)[units] for name in self.__slots__))


def _doses(matrix: Matrix, kept: Ints, unit: Ints, given: Floats, used: Ints) -> Floats:
    """Treatment of each unit in each period, NaN where it is not known, shape (U, T)."""
    assert matrix.period is not None
    n_periods = len(matrix.period.labels)
    if matrix.cohort is not None and matrix.dose is None:
        # Dates tell the treatment also of periods in which a unit was not measured.
        cohort = np.empty(len(matrix.unit.labels), dtype=np.int64)
        cohort[matrix.unit.codes] = matrix.cohort
        own = np.where(cohort[used] < 0, n_periods, cohort[used])
        return (np.arange(n_periods) >= own[:, None]).astype(np.float64)
    dose = np.full((len(used), n_periods), np.nan)
    dose[unit, matrix.period.codes[kept]] = given
    return dose


def paths_of(dose: Floats) -> Path:
    """What became of each unit's treatment.

    Parameters
    ----------
    dose : array, shape (U, T)
        Treatments; NaN where they are not known.
    """
    units, n_periods = dose.shape
    seen = np.isfinite(dose)
    start = dose[np.arange(units), seen.argmax(axis=1)]
    apart = seen & (dose != start[:, None])
    first = np.where(apart.any(axis=1), apart.argmax(axis=1), n_periods)
    changes = first < n_periods
    at = np.minimum(first, n_periods - 1)
    before = dose[np.arange(units), np.maximum(first - 1, 0)]
    sign = np.where(changes, np.sign(dose[np.arange(units), at] - start), 0.0).astype(np.int64)
    later = np.arange(n_periods) >= first[:, None]
    beyond = sign[:, None] * (np.nan_to_num(dose) - start[:, None])
    crossing = later & seen & (beyond < 0.0)
    ends = crossing | (later & ~seen)
    until = np.where(ends.any(axis=1), ends.argmax(axis=1), n_periods)
    return Path(
        dose=dose,
        status_quo=np.unique(start, return_inverse=True)[1].astype(np.int64),
        first=first.astype(np.int64),
        until=until.astype(np.int64),
        sign=sign,
        unknown=changes & ~np.isfinite(before),
        crossed=crossing.any(axis=1),
    )


def _kept(matrix: Matrix) -> tuple[Ints, tuple[Message, ...]]:
    """Rows that count, and notes on those that do not."""
    notes: list[Message] = []
    lost = ~matrix.measured
    on = np.zeros_like(lost) if matrix.treatment is None else matrix.treatment == 1.0
    if lost.any():
        notes.append(messages.not_measured(int((lost & on).sum()), int((lost & ~on).sum())))
    nothing = np.zeros_like(lost) if matrix.weight is None else matrix.weight == 0
    if (nothing & ~lost).any():
        notes.append(weightless(int((nothing & ~lost).sum())))
    return np.flatnonzero(~lost & ~nothing), tuple(notes)


def _told(path: Path, useful: Bools, counted: Bools) -> tuple[Message, ...]:
    notes: list[Message] = []
    if path.unknown.any():
        notes.append(switching_words.unknown_switch(int(path.unknown.sum())))
    others = int((~useful & ~path.unknown).sum())
    if others:
        notes.append(switching_words.other_status_quo(others))
    if (path.crossed & counted).any():
        notes.append(switching_words.crossed(int((path.crossed & counted).sum())))
    return tuple(notes)


def _assembled(
    sample: Sample,
    matrix: Matrix,
    rows: Ints,
    path: Path,
    counted: Bools,
    notes: tuple[Message, ...],
    binary: bool,
) -> Changes:
    assert matrix.period is not None
    n_periods, units = len(matrix.period.labels), len(counted)
    used, unit = compact(matrix.unit.codes[rows])
    period = np.asarray(matrix.period.codes[rows])
    weights = row_weights(matrix, rows)
    y = np.array(matrix.y[rows])
    if matrix.exposure is not None:
        y = y / matrix.exposure[rows]
    cluster, assignment = levels_of_units(matrix, rows, unit, units)
    start = np.where(counted, path.first, n_periods)
    served = np.unique(unit[period >= start[unit]])
    panel = Panel(
        y=y,
        unit=unit,
        period=period,
        start=start,
        never=start == n_periods,
        x=np.empty((len(rows), 0)),
        covariates=(),
        weight=weights.means,
        size=weights.size,
        weight_kind=matrix.weight_kind,
        cluster=cluster,
        labels=matrix.unit.labels[used],
        periods=matrix.period.labels,
        times=times_of(matrix.period),
        kind="panel",
        balanced=len(rows) == units * n_periods,
        exposure=matrix.exposure is not None,
        treated_clusters=len(served if assignment is None else np.unique(assignment.codes[served])),
        outcome=sample.outcomes[0],
        design=sample.design,
        notes=notes,
    )
    return Changes(panel, tables_of(panel, path, counted), binary)


def tables_of(panel: Panel, path: Path, counted: Bools) -> Switching:
    """The rows of a panel as tables.

    Parameters
    ----------
    panel : Panel
        The rows.
    path : Path
        What became of each unit's treatment.
    counted : array of bool, shape (U,)
        Units whose change counts.
    """
    units, n_periods = path.dose.shape
    own = np.flatnonzero(counted)
    changed_at = path.dose[np.arange(units), np.minimum(path.first, n_periods - 1)]
    kinds = np.column_stack([path.status_quo, path.first, changed_at])
    cohort = np.full(units, -1, dtype=np.int64)
    cohort[own] = np.unique(kinds[own], axis=0, return_inverse=True)[1].ravel()
    weight = np.ones(len(panel.y)) if panel.weight is None else panel.weight
    return Switching(
        y=panel.dense(panel.y),
        dose=path.dose,
        weight=panel.dense(weight),
        status_quo=path.status_quo,
        first=path.first,
        until=path.until,
        cohort=cohort,
        group=np.arange(units) if panel.cluster is None else panel.cluster.codes,
        size=panel.dense(panel.size),
    )
