"""A panel of places as tables: what these estimators take from a sample, and what they refuse.

A missing cell never becomes a number, and no place is left out without a note that counts it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.randomised.messages import relative_in_logs
from impacteval.estimators.randomised.trial import row_weights
from impacteval.estimators.synthetic_control import messages
from impacteval.sample.roll_out import first_served
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# First and last period that an effect is about, by their labels.
Window = tuple[int | float | str, int | float | str]
# Fewer periods from before tell nothing about how well a mix follows a place.
FEWEST_BEFORE = 2
# A spread this small beside the outcomes is rounding, not variation.
ROUNDING = 1e-12
# Places so many times larger than the middle one leave too few digits for the rest.
SIZES = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Outcomes of every place in every period.

    Attributes
    ----------
    y : array, shape (U, T)
        Outcome; per unit of exposure where there is exposure. NaN only where it was asked for.
    start : array of int, shape (U,)
        Place of each unit's first served period; ``T`` when it is not served by the last period.
    x : array, shape (U, T, k)
        Covariates.
    covariates : tuple of str
        Their names.
    weight : array, shape (U, T)
        What a served unit-period counts for in means: weights times exposure, or 1.
    size : array, shape (U, T)
        What it counts for in totals: people, or their exposure.
    weight_kind : str or None
        ``sampling`` or ``precision``.
    labels : array, shape (U,)
        Label of each unit.
    periods : array, shape (T,)
        Label of each period.
    times : array of float, shape (T,)
        The periods as numbers: their labels where these are numbers, else 0, 1, 2, ...
    inside : array of bool, shape (T,)
        The periods that the effect is about, as far as units are served in them.
    exposure : bool
        Whether the outcome is a rate.
    assignment : array of int, shape (U,)
        The level at which the service was assigned, one code a unit.
    outcome, design : str
        Names for the result.
    notes : tuple of Message
        What a reader must know about the rows.
    """

    y: Floats
    start: Ints
    x: Floats
    covariates: tuple[str, ...]
    weight: Floats
    size: Floats
    weight_kind: str | None
    labels: NDArray[Any]
    periods: NDArray[Any]
    times: Floats
    inside: Bools
    exposure: bool
    assignment: Ints
    outcome: str
    design: str
    notes: tuple[Message, ...]

    @property
    def n_periods(self) -> int:
        """Number of periods, T."""
        return len(self.periods)

    @property
    def donors(self) -> Ints:
        """Places of the units that are never served, shape (J,), in order."""
        return np.flatnonzero(self.start == self.n_periods)

    @property
    def served(self) -> Ints:
        """Places of the units that are served, shape (N,), in order."""
        return np.flatnonzero(self.start < self.n_periods)

    @property
    def treated_clusters(self) -> int:
        """Served units at the level at which the service was assigned."""
        return len(np.unique(self.assignment[self.served]))

    @property
    def counted(self) -> Bools:
        """The served unit-periods that the effect is about, shape (N, T)."""
        found: Bools = (np.arange(self.n_periods) >= self.start[self.served, None]) & self.inside
        return found


def read_panel(
    sample: Sample,
    scale: Scale,
    *,
    window: Window | None = None,
    design: str = "synthetic_control",
    missing: bool = False,
    incomplete: bool = False,
    fewest_before: int = FEWEST_BEFORE,
    fewest_donors: int = 2,
    grouped: bool = False,
) -> Panel:
    """The tables of a panel of places.

    Parameters
    ----------
    sample : Sample
        Of design `design`, with adoption dates or a treatment that starts and does not end.
    scale : Scale
        The scale asked for.
    window : tuple, optional
        First and last period that the effect is about, both included; all served periods by
        default.
    design : str
        The design of the samples that are read.
    missing : bool
        Whether cells may be missing; they are NaN then, in `y`. Otherwise they are refused.
    incomplete : bool
        Whether covariates may be missing in some cells; they are NaN there. Otherwise such samples
        are refused, since what adjusts for covariates needs them in every cell.
    fewest_before : int
        Periods that a served unit must have from before.
    fewest_donors : int
        Units that must never be served.
    grouped : bool
        Whether units may lie in groups of the roles `cluster` and `assignment_cluster`, as where
        chance is told over time. Otherwise such samples are refused: chance would fall on each
        unit by itself, as if those of one group had nothing in common.

    Raises
    ------
    NotIdentified
        When the design is another, treatment ends or its start cannot be known, `scale` is
        ``relative`` and the outcome is in logs, weights are frequencies, cells of the outcome or of
        covariates are missing, units lie in groups, a served unit has too few periods from before, nothing varies, a
        unit is of quite another size than the others, or too few units are served or never served.
    UsageError
        When the window names no period of the data, ends before it begins, or holds no served
        period.
    """
    if sample.design != design:
        raise NotIdentified(messages.another_design(sample.design))
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(relative_in_logs())
    matrix = sample.matrix()
    assert matrix.period is not None  # the design requires it; for mypy
    if len(matrix.unit.labels) == matrix.n:
        raise NotIdentified(messages.seen_once())
    if matrix.weight is not None and matrix.weight_kind == "frequency":
        raise NotIdentified(messages.frequency_weights())
    starts = first_served(matrix)
    if starts is None:
        raise NotIdentified(messages.treatment_ends())
    if not grouped:
        _check_groups(matrix)
    n_periods = len(matrix.period.labels)
    start = np.full(len(matrix.unit.labels), n_periods, dtype=np.int64)
    start[matrix.unit.codes] = starts
    panel = _tables(sample, matrix, start)
    panel = replace(panel, inside=window_of(panel, window))
    panel = _without_always(panel)
    _check_cells(panel, missing)
    _check_covariates(panel, incomplete)
    _check_arms(panel, fewest_before, fewest_donors)
    if not panel.counted.any():
        raise UsageError(str(messages.empty_window()))
    return panel


def window_of(panel: Panel, window: Window | None) -> Bools:
    """Which periods a window holds, shape (T,).

    Raises
    ------
    UsageError
        When it names no period of the data, or ends before it begins.
    """
    inside = np.ones(panel.n_periods, dtype=bool)
    if window is None:
        return inside
    labels: list[Any] = panel.periods.tolist()
    places = []
    for end in window:
        # A file's 1989 may be the text "1989" where periods are text, and the other way round.
        found = [k for k, label in enumerate(labels) if label == end or str(label) == str(end)]
        if not found:
            raise UsageError(
                f"window names the period {end!r}, which is not in the data: these go from "
                f"{labels[0]!r} to {labels[-1]!r}."
            )
        places.append(found[0])
    if places[0] > places[1]:
        raise UsageError(f"window ends ({window[1]!r}) before it begins ({window[0]!r}).")
    inside[: places[0]] = False
    inside[places[1] + 1 :] = False
    return inside


def _tables(sample: Sample, matrix: Matrix, start: Ints) -> Panel:
    assert matrix.period is not None
    unit, period = matrix.unit.codes, matrix.period.codes
    shape = (len(matrix.unit.labels), len(matrix.period.labels))
    weights = row_weights(matrix, np.arange(matrix.n))

    def table(values: Floats, gap: float) -> Floats:
        found = np.full(shape, gap)
        found[unit, period] = values
        return found

    y = matrix.y
    if matrix.exposure is not None:
        y = y / matrix.exposure
    x = np.full((*shape, matrix.X.shape[1]), np.nan)
    x[unit, period] = matrix.X
    notes: list[Message] = []
    if matrix.weight is not None:
        notes.extend(_weightless(matrix, start))
    if matrix.cohort is not None:
        later = np.zeros(shape[0], dtype=bool)
        later[unit] = matrix.cohort == shape[1]
        if later.any():
            notes.append(messages.served_later(int(later.sum())))
    assignment = np.arange(shape[0])
    if matrix.assignment_cluster is not None:
        assignment[unit] = matrix.assignment_cluster.codes
    labels = matrix.period.labels
    numeric = labels.dtype.kind in "iuf"
    return Panel(
        y=table(y, np.nan),
        start=start,
        x=x,
        covariates=tuple(matrix.covariate_names),
        weight=table(np.ones(matrix.n) if weights.means is None else weights.means, 0.0),
        size=table(weights.size, 0.0),
        weight_kind=matrix.weight_kind,
        labels=matrix.unit.labels,
        periods=labels,
        times=labels.astype(np.float64) if numeric else np.arange(shape[1], dtype=np.float64),
        inside=np.ones(shape[1], dtype=bool),
        exposure=matrix.exposure is not None,
        assignment=assignment,
        outcome=sample.outcomes[0],
        design=sample.design,
        notes=tuple(notes),
    )


def _weightless(matrix: Matrix, start: Ints) -> list[Message]:
    """What is said of rows that weigh nothing: weights are those of served places alone."""
    assert matrix.period is not None
    nothing = matrix.weight == 0.0
    unit = matrix.unit.codes
    since = nothing & (matrix.period.codes >= start[unit]) & (start[unit] > 0)
    donors = np.unique(unit[nothing & (start[unit] == len(matrix.period.labels))])
    notes = []
    if since.any():
        notes.append(messages.weightless_rows(int(since.sum())))
    if donors.size:
        notes.append(messages.weightless_donors(len(donors)))
    return notes


def _without_always(panel: Panel) -> Panel:
    """Units served from the first period on have nothing from before, and are no comparison."""
    always = panel.start == 0
    if not always.any():
        return panel
    kept = ~always
    return replace(
        panel,
        y=panel.y[kept],
        start=panel.start[kept],
        x=panel.x[kept],
        weight=panel.weight[kept],
        size=panel.size[kept],
        labels=panel.labels[kept],
        assignment=panel.assignment[kept],
        notes=(*panel.notes, messages.always_served(int(always.sum()))),
    )


def _check_groups(matrix: Matrix) -> None:
    units = len(matrix.unit.labels)
    for role in ("cluster", "assignment_cluster"):
        codes = getattr(matrix, role)
        if codes is None:
            continue
        groups = len(np.unique(codes.codes))
        if groups < units:
            raise NotIdentified(messages.grouped(role, groups, units))


def _check_cells(panel: Panel, missing: bool) -> None:
    gone = np.isnan(panel.y)
    if gone.any() and not missing:
        raise NotIdentified(messages.missing_cells(_cells(panel, gone), int(gone.sum())))


def _check_covariates(panel: Panel, incomplete: bool) -> None:
    gone = np.isnan(panel.x) & ~np.isnan(panel.y)[:, :, None]
    if gone.any() and not incomplete:
        names = [name for k, name in enumerate(panel.covariates) if gone[:, :, k].any()]
        raise NotIdentified(messages.missing_covariates(names, int(gone.sum())))


def _cells(panel: Panel, which: Bools) -> list[str]:
    """The first few cells by name."""
    units, periods = np.nonzero(which)
    return [
        f"{panel.labels[u]} {panel.periods[t]}"
        for u, t in zip(units[:3].tolist(), periods[:3].tolist(), strict=True)
    ]


def _check_arms(panel: Panel, fewest_before: int, fewest_donors: int) -> None:
    if not len(panel.served):
        raise NotIdentified(messages.nobody_served())
    if len(panel.donors) < fewest_donors:
        raise NotIdentified(messages.few_donors(len(panel.donors), fewest_donors))
    short = panel.served[panel.start[panel.served] < fewest_before]
    if short.size:
        raise NotIdentified(
            messages.few_before(
                [str(label) for label in panel.labels[short].tolist()],
                int(panel.start[short].min()),
                fewest_before,
            )
        )
    low, high = float(np.nanmin(panel.y)), float(np.nanmax(panel.y))
    if not high - low > ROUNDING * max(abs(low), abs(high)):
        raise NotIdentified(messages.constant())
    # A place without any outcome has no size; it is told of where cells may be missing.
    size = np.where(np.isnan(panel.y), 0.0, np.abs(panel.y)).max(axis=1)
    far = size > SIZES * float(np.median(size))
    if far.any() and float(np.median(size)) > 0.0:
        raise NotIdentified(messages.sizes([str(label) for label in panel.labels[far].tolist()]))
