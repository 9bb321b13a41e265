"""Everyone compared, as arrays: first without outcomes, then with them.

Nothing is dropped without a note that counts it. What decides who is compared with whom sees
`People` alone, which cannot hold an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.matched import messages
from impacteval.estimators.randomised import messages as trials
from impacteval.estimators.randomised.blocks import Grouping, nested
from impacteval.estimators.randomised.trial import grouping, period_of, row_weights
from impacteval.inference._arrays import compact, group_sums
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import BlindMatrix, BlindSample, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DESIGNS = ("matched", "rct")
FEWEST = 2
"""Units, or clusters, in either group without which nothing tells how much outcomes vary."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The units of one period, one a row, in canonical order and without outcomes.

    Attributes
    ----------
    treatment : array of int, shape (n,)
        1 for those served.
    x : array, shape (n, k)
        Covariates as they are, named `covariates`.
    counts : array, shape (n,)
        How many people a row stands for: its sampling weight, times its frequency weight. Scores,
        matches and balance are about people counted so.
    own : array, shape (n,)
        Weight of a row in means of outcomes: sampling or precision weight, times exposure.
    copies : array, shape (n,)
        Frequency weights; ones without any.
    size : array, shape (n,)
        What a row adds to a total: people, or their exposure.
    exposure : array, shape (n,), or None
        Time or people at risk.
    stratum : Grouping or None
        Within these, comparisons are exact.
    cluster : Grouping or None
        Level at which errors are correlated; None where it is the row.
    unit : array, shape (n,)
        Label of each unit.
    keys : array, shape (n,)
        What a frozen preparation calls each row: its label, or, where labels are pseudonyms, its
        place (from 1) in the order of the identifiers behind them, which depends on no key.
    rows : array of int, shape (n,)
        Row of the sample's matrix.
    treated_clusters : int
        Served units at the level that was assigned.
    weight_kind : str or None
        ``sampling``, ``frequency`` or ``precision``.
    design : str
    notes : tuple of Message
    """

    treatment: Ints
    x: Floats
    covariates: tuple[str, ...]
    counts: Floats
    own: Floats
    copies: Floats
    size: Floats
    exposure: Floats | None
    stratum: Grouping | None
    cluster: Grouping | None
    unit: NDArray[Any]
    keys: NDArray[Any]
    rows: Ints
    treated_clusters: int
    weight_kind: str | None
    design: str
    notes: tuple[Message, ...] = ()

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.treatment)

    @property
    def served(self) -> Bools:
        """Which rows were served, shape (n,)."""
        return np.asarray(self.treatment == 1)

    @property
    def labels(self) -> NDArray[Any]:
        """Under what names influence values stand: clusters, or units."""
        return self.unit if self.cluster is None else self.cluster.labels

    def taken(self, rows: Bools) -> People:
        """Some of them; strata and clusters numbered without gaps."""

        def part(groups: Grouping | None) -> Grouping | None:
            if groups is None:
                return None
            used, places = compact(groups.codes[rows])
            return Grouping(places, groups.labels[used])

        held = ("treatment", "x", "counts", "own", "copies", "size", "unit", "keys", "rows")
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in held},
            exposure=None if self.exposure is None else self.exposure[rows],
            stratum=part(self.stratum),
            cluster=part(self.cluster),
        )

    def gathered(self, influence: Floats) -> Floats:
        """Influence of rows summed by the level of the errors.

        Parameters
        ----------
        influence : array, shape (..., n)
            Of the rows. A row that stands for several copies has the root of their number times
            the influence of one of them, so that squares add up over copies.

        Returns
        -------
        array, shape (..., m)
            One value a label of `labels`.
        """
        if self.cluster is None:
            return influence
        # Copies of a row add up inside a cluster; between independent copies their squares do.
        whole = np.sqrt(self.copies) * influence
        return group_sums(whole, self.cluster.codes, len(self.cluster.labels))


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The same people with their outcomes.

    Attributes
    ----------
    people : People
    y : array, shape (n,)
        Outcome, per unit of exposure where there is exposure; zero where it was not measured.
    measured : array of bool, shape (n,)
    outcome : str
    period : str or int or float
        Label of the only period; ``all`` where the data name none.
    notes : tuple of Message
        What a reader must know about the rows.
    """

    people: People
    y: Floats
    measured: Bools
    outcome: str
    period: str | int | float
    notes: tuple[Message, ...]

    @property
    def complete(self) -> bool:
        """Whether every outcome was measured."""
        return bool(self.measured.all())


def read_people(sample: BlindSample | Sample) -> People:
    """The arrays of a comparison, without outcomes.

    Parameters
    ----------
    sample : BlindSample or Sample
        Design ``matched`` or ``rct``, one period; of a sample nothing but its blind side is read.

    Raises
    ------
    NotIdentified
        When the sample is of another design or holds several periods, when errors are correlated
        in two ways at once, or when a group has fewer than two units (or clusters).
    """
    if sample.design not in DESIGNS:
        raise NotIdentified(messages.another_design(sample.design))
    if sample.structure.kind != "cross_section":
        raise NotIdentified(trials.several_periods(sample.structure.n_periods))
    matrix: BlindMatrix = getattr(sample, "blind", sample).matrix()
    if matrix.pair is not None:
        raise NotIdentified(trials.pairs())
    treated = np.asarray(matrix.treatment)
    notes: list[Message] = []
    weightless = np.zeros(matrix.n, dtype=bool) if matrix.weight is None else matrix.weight == 0
    if weightless.any():
        notes.append(trials.weightless(int(weightless.sum())))
    kept = np.flatnonzero(~weightless)
    treatment = treated[kept].astype(np.int64)
    weights = row_weights(matrix, kept)
    ones = np.ones(len(kept))
    copies = ones if weights.copies is None else np.asarray(weights.copies, dtype=np.float64)
    sampling = matrix.weight is not None and matrix.weight_kind == "sampling"
    given = np.asarray(matrix.weight)[kept] if sampling else ones
    stratum = grouping(matrix.stratum, kept)
    if _chances_unread(matrix, kept, stratum):
        notes.append(messages.stated_chances())
    cluster, places, told = _clusters(matrix, kept, treatment)
    people = People(
        treatment=treatment,
        x=np.array(matrix.X[kept]),
        covariates=tuple(matrix.covariate_names),
        counts=given * copies,
        own=ones if weights.means is None else weights.means,
        copies=copies,
        size=weights.size,
        exposure=None if matrix.exposure is None else np.array(matrix.exposure[kept]),
        stratum=stratum,
        cluster=cluster,
        unit=matrix.unit.labels[matrix.unit.codes[kept]],
        keys=(
            kept + 1 if matrix.unit.declared_order else matrix.unit.labels[matrix.unit.codes[kept]]
        ),
        rows=kept.astype(np.int64),
        treated_clusters=places,
        weight_kind=matrix.weight_kind,
        design=sample.design,
        notes=(*notes, *told),
    )
    _check_sizes(people)
    return people


def read_comparison(sample: Sample, scale: Scale, people: People | None = None) -> Comparison:
    """The same with outcomes.

    Parameters
    ----------
    sample : Sample
        Single-outcome.
    scale : Scale
        The scale asked for.
    people : People, optional
        Where they were read already.

    Raises
    ------
    NotIdentified
        As `read_people`; when `scale` is ``relative`` and the outcome is in logs; when fewer than
        two units (or clusters) of a group were measured.
    """
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(trials.relative_in_logs())
    people = read_people(sample) if people is None else people
    matrix = sample.matrix()
    measured = np.asarray(matrix.measured[people.rows])
    notes = list(people.notes)
    if not measured.all():
        notes.append(
            trials.not_measured(
                programme=int((~measured & people.served).sum()),
                comparison=int((~measured & ~people.served).sum()),
            )
        )
    y = np.where(measured, matrix.y[people.rows], 0.0)
    if people.exposure is not None:
        y = y / people.exposure
    _check_sizes(people, measured)
    return Comparison(
        people=people,
        y=y,
        measured=measured,
        outcome=sample.outcomes[0],
        period=period_of(matrix.period),
        notes=tuple(notes),
    )


def _clusters(
    matrix: BlindMatrix, kept: Ints, treatment: Ints
) -> tuple[Grouping | None, int, tuple[Message, ...]]:
    """Level of the errors, served places at the level of assignment, and what to say of it."""
    cluster, assigned = grouping(matrix.cluster, kept), grouping(matrix.assignment_cluster, kept)
    served = treatment == 1
    if assigned is None:
        return cluster, round(float(_copies(matrix, kept)[served].sum())), ()
    places = len(np.unique(assigned.codes[served]))
    others = len(np.unique(assigned.codes[~served]))
    if min(places, others) < FEWEST:
        # One place that was served cannot tell how much places vary: errors are between people, and
        # how few places there are is told where the result is.
        return cluster, places, (messages.few_places(places, others),)
    if cluster is None or nested(cluster.codes, assigned.codes):
        return assigned, places, ()
    if nested(assigned.codes, cluster.codes):
        return cluster, places, ()
    raise NotIdentified(trials.two_ways())


def _chances_unread(matrix: BlindMatrix, kept: Ints, stratum: Grouping | None) -> bool:
    """Whether probabilities of being assigned were stated that neither strata nor a covariate hold."""
    if matrix.assignment_probability is None:
        return False
    chance = np.asarray(matrix.assignment_probability)[kept]
    if any(np.array_equal(chance, column) for column in matrix.X[kept].T):
        return False
    codes = np.zeros(len(kept), dtype=np.int64) if stratum is None else stratum.codes
    low, high = np.full((2, int(codes.max(initial=0)) + 1), [[np.inf], [-np.inf]])
    np.minimum.at(low, codes, chance)
    np.maximum.at(high, codes, chance)
    return bool((high - low > 1e-9).any())


def _copies(matrix: BlindMatrix, kept: Ints) -> Floats:
    frequency = matrix.weight is not None and matrix.weight_kind == "frequency"
    return np.asarray(matrix.weight)[kept] if frequency else np.ones(len(kept))


def _check_sizes(people: People, inside: Bools | None = None) -> None:
    """Two units at least in each group, or two clusters."""
    kept = np.ones(people.n, dtype=bool) if inside is None else inside

    def held(group: Bools) -> int:
        if people.cluster is None:
            return int(people.copies[group & kept].sum())
        return len(np.unique(people.cluster.codes[group & kept]))

    programme, comparison = held(people.served), held(~people.served)
    if min(programme, comparison) < FEWEST:
        clustered = people.cluster is not None
        raise NotIdentified(trials.arm_too_small(programme, comparison, clustered))
