"""Everyone on both sides of the line, with their distance from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.discontinuity import words
from impacteval.estimators.randomised import messages as trials
from impacteval.estimators.randomised.blocks import Grouping, nested
from impacteval.estimators.randomised.effect import ROUNDING
from impacteval.estimators.randomised.trial import grouping, kept_rows, period_of, row_weights
from impacteval.inference.local_polynomial import Kernel, Side, kernel_weight
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import BlindMatrix, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DESIGN = "regression_discontinuity"
FEWEST = 10
"""People, or clusters, on either side inside the bandwidth without which there is no estimate."""
HEAPED = 0.2
"""Share of people who share their value with others from which it is told."""


@dataclass(frozen=True, slots=True, eq=False)
class AtLine:
    """The people about a line.

    Attributes
    ----------
    sides : (Side, Side)
        Not served, served; copies of a row one by one.
    rows : (array of int, array of int)
        Which row each person of a side is.
    x : array, shape (n,)
        Signed distance from the line of each row.
    y, copies, served : array, shape (n,)
    cluster : Grouping or None
    unit : array, shape (n,)
    line : float
    outcome : str
    period : str or int or float
    treated_clusters : int
    weight_kind : str or None
    rate : bool
    notes : tuple of Message
    """

    sides: tuple[Side, Side]
    rows: tuple[Ints, Ints]
    x: Floats
    y: Floats
    copies: Floats
    served: Bools
    cluster: Grouping | None
    unit: NDArray[Any]
    line: float
    outcome: str
    period: str | int | float
    treated_clusters: int
    weight_kind: str | None
    rate: bool
    notes: tuple[Message, ...]

    @property
    def labels(self) -> NDArray[Any]:
        """Under what names influence stands."""
        return self.unit if self.cluster is None else self.cluster.labels

    def check_varies(self) -> None:
        """Refuse outcomes that do not vary about a line on either side."""
        size = float(np.abs(self.y).max())
        if not float(np.ptp(self.y)) > ROUNDING * size:
            raise NotIdentified(trials.no_variation())

    def inside(self, side: int, bandwidth: float, kernel: Kernel) -> Bools:
        """Who of a side counts inside a bandwidth."""
        return np.asarray(kernel_weight(self.sides[side].x, bandwidth, kernel) > 0.0)

    def near(self, bandwidth: float, kernel: Kernel) -> tuple[int, int]:
        """People inside a bandwidth, those not served first."""
        found = [int(self.inside(k, bandwidth, kernel).sum()) for k in (0, 1)]
        return found[0], found[1]

    def clusters_near(self, bandwidth: float, kernel: Kernel) -> tuple[Ints, Ints]:
        """Clusters with people inside a bandwidth, those on the side not served first."""
        found = []
        for k, side in enumerate(self.sides):
            assert side.cluster is not None
            found.append(np.unique(side.cluster[self.inside(k, bandwidth, kernel)]))
        return found[0], found[1]

    def check_near(self, bandwidth: float, kernel: Kernel) -> None:
        """Refuse sides with too few people, or clusters, inside the bandwidth."""
        others, served = self.near(bandwidth, kernel)
        if self.cluster is not None:
            one, two = self.clusters_near(bandwidth, kernel)
            others, served = len(one), len(two)
        if min(others, served) < FEWEST:
            raise NotIdentified(
                words.too_few(served, others, FEWEST, clustered=self.cluster is not None)
            )

    def gathered(self, side: int, influence: Floats) -> Floats:
        """Influence of the people of a side under `labels`: by row or by cluster."""
        rows = self.rows[side]
        summed = np.bincount(rows, weights=influence, minlength=len(self.x))
        if self.cluster is None:
            # Squares add up over independent copies, which have one influence each.
            return np.asarray(summed / np.sqrt(self.copies))
        return np.bincount(
            self.cluster.codes, weights=summed, minlength=len(self.cluster.labels)
        ).astype(np.float64)


def read_at_line(sample: Sample, scale: Scale, side: str) -> AtLine:
    """The arrays of a design with a cutoff.

    Parameters
    ----------
    sample : Sample
        Design ``regression_discontinuity``, single-outcome.
    scale : Scale
        The scale asked for.
    side : str
        Where people are served, as the setting of the estimator.

    Raises
    ------
    NotIdentified
        As `RegressionDiscontinuity.estimate`.
    """
    if sample.design != DESIGN:
        raise NotIdentified(words.another_design(sample.design))
    if sample.structure.kind != "cross_section":
        raise NotIdentified(trials.several_periods(sample.structure.n_periods))
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(trials.relative_in_logs())
    matrix = sample.matrix()
    if matrix.stratum is not None or matrix.pair is not None:
        raise NotIdentified(words.strata())
    assert matrix.running is not None  # the design requires both; for mypy
    assert matrix.cutoff is not None
    cutoff = float(matrix.cutoff[0])
    if bool((matrix.cutoff != cutoff).any()):
        raise NotIdentified(words.several_lines(len(np.unique(matrix.cutoff))))
    ruled = _served(np.asarray(matrix.running) - cutoff, side)
    if matrix.treatment is not None and bool((ruled != (matrix.treatment == 1)).any()):
        raise NotIdentified(_fuzzy(matrix, ruled, cutoff))
    kept, notes = kept_rows(matrix, ruled.astype(np.float64))
    cluster, assigned = _clusters(matrix, kept)
    weights = row_weights(matrix, kept)
    y = np.array(matrix.y[kept])
    if matrix.exposure is not None:
        y = y / matrix.exposure[kept]
    x = np.asarray(matrix.running)[kept] - cutoff
    copies = np.ones(len(kept)) if weights.copies is None else np.asarray(weights.copies)
    own = np.ones(len(kept)) if weights.means is None else weights.means
    served = ruled[kept]
    if served.all() or not served.any():
        raise NotIdentified(words.too_few(0, 0, FEWEST, clustered=False))
    sides, rows = sides_of(x, y, own, copies, served, None if cluster is None else cluster.codes)
    heaped = max(1.0 - len(np.unique(s.x)) / max(len(s.x), 1) for s in sides)
    if heaped >= HEAPED:
        distinct = [len(np.unique(s.x)) for s in sides]
        notes += (words.heaped(distinct[1], distinct[0], heaped),)
    return AtLine(
        sides=sides,
        rows=rows,
        x=x,
        y=y,
        copies=copies,
        served=served,
        cluster=cluster,
        unit=matrix.unit.labels[matrix.unit.codes[kept]],
        line=cutoff,
        outcome=sample.outcomes[0],
        period=period_of(matrix.period),
        treated_clusters=(
            round(float(copies[served].sum()))
            if assigned is None
            else len(np.unique(assigned.codes[served]))
        ),
        weight_kind=matrix.weight_kind,
        rate=matrix.exposure is not None,
        notes=tuple(notes),
    )


def sides_of(
    x: Floats, y: Floats, own: Floats, copies: Floats, served: Bools, cluster: Ints | None
) -> tuple[tuple[Side, Side], tuple[Ints, Ints]]:
    """Both sides, those not served first, copies one by one, and which row each person is.

    By distance and outcome: neither names nor the order of the rows have a say in sums.
    """
    found = []
    for arm in (False, True):
        inside = np.flatnonzero(served == arm)
        order = inside[np.lexsort((own[inside], y[inside], x[inside]))]
        each = np.repeat(order, np.round(copies[order]).astype(np.int64))
        codes = None if cluster is None else cluster[each]
        found.append((Side(x[each], y[each], own[each], codes), each))
    (others, first), (own_side, second) = found
    return (others, own_side), (first, second)


def _served(x: Floats, side: str) -> Bools:
    """Who is served by the line alone."""
    match side:
        case "at_or_above":
            return np.asarray(x >= 0.0)
        case "above":
            return np.asarray(x > 0.0)
        case "at_or_below":
            return np.asarray(x <= 0.0)
        case _:
            return np.asarray(x < 0.0)


def _fuzzy(matrix: BlindMatrix, ruled: Bools, cutoff: float) -> Message:
    """How many the treatment column and the line disagree on, and whether all stand on it."""
    assert matrix.treatment is not None
    assert matrix.running is not None
    apart = ruled != (matrix.treatment == 1)
    if bool((matrix.running[apart] == cutoff).all()):
        return words.at_the_line(int(apart.sum()))
    crossed = ruled == (matrix.treatment != 1)
    if bool((crossed | (matrix.running == cutoff)).all()):
        return words.other_side()
    return words.fuzzy(int((apart & ruled).sum()), int((apart & ~ruled).sum()))


def _clusters(matrix: BlindMatrix, kept: Ints) -> tuple[Grouping | None, Grouping | None]:
    """Level of the errors, and what was assigned."""
    cluster, assigned = grouping(matrix.cluster, kept), grouping(matrix.assignment_cluster, kept)
    if cluster is None or assigned is None or nested(cluster.codes, assigned.codes):
        return (cluster if assigned is None else assigned), assigned
    if nested(assigned.codes, cluster.codes):
        return cluster, assigned
    raise NotIdentified(trials.two_ways())
