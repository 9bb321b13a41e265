"""A trial as arrays: what the estimators take from a sample, and what they refuse.

Nothing is dropped without a note that counts it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised import fine_words, messages
from impacteval.estimators.randomised.blocks import (
    MOST,
    Grouping,
    check_pairs,
    check_thin,
    nested,
    whole_pairs,
)
from impacteval.estimators.randomised.encouragement_words import offers_of_several_sizes
from impacteval.estimators.randomised.fine import held_in_cells
from impacteval.inference._arrays import compact
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import BlindMatrix, Codes, Matrix, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """The measured rows of a trial, one a unit.

    Attributes
    ----------
    y : array, shape (n,)
        Outcome; per unit of exposure where there is exposure.
    treatment : array of int, shape (n,)
        1 for those assigned to the programme.
    x : array, shape (n, k)
        Covariates, named `covariates`.
    weight : array, shape (n,), or None
        Weights of the means: sampling or precision weights, times exposure.
    copies : array, shape (n,), or None
        Frequency weights.
    size : array, shape (n,)
        How much of the target population a row stands for.
    working : array, shape (n,), or None
        Working variance of the outcomes, up to a factor.
    weight_kind : str or None
        ``sampling``, ``frequency`` or ``precision``.
    exposure : array, shape (n,), or None
        Time or people at risk.
    stratum, cluster : Grouping or None
        Blocks of the randomisation; level at which errors are correlated.
    unit : array, shape (n,)
        Label of each unit.
    treated_clusters : int
        Treated units at the level that was assigned.
    outcome, design, period : str, str, str or int or float
        Names for the result.
    complete : bool
        Whether every outcome was measured.
    notes : tuple of Message
        What a reader must know about the rows.
    offer, received : array, shape (n,), or None
        What was offered and what was taken up, where the sample says: 0/1, or amounts.
    pair : Grouping or None
        Matched pairs, all of them complete.
    """

    y: Floats
    treatment: Ints
    x: Floats
    covariates: tuple[str, ...]
    weight: Floats | None
    copies: Floats | None
    size: Floats
    working: Floats | None
    weight_kind: str | None
    exposure: Floats | None
    stratum: Grouping | None
    cluster: Grouping | None
    unit: NDArray[Any]
    treated_clusters: int
    outcome: str
    design: str
    period: str | int | float
    complete: bool
    notes: tuple[Message, ...]
    offer: Floats | None = None
    received: Floats | None = None
    pair: Grouping | None = None

    def count(self, arm: int) -> int:
        """Units in an arm, copies counted."""
        inside = self.treatment == arm
        return round(float(inside.sum() if self.copies is None else self.copies[inside].sum()))

    @property
    def served(self) -> float:
        """Size of the group that was served: people, or their exposure."""
        return float(self.size[self.treatment == 1].sum())


def read_trial(sample: Sample, scale: Scale, *, fine: bool = False, amounts: bool = False) -> Trial:
    """The arrays of a trial.

    Parameters
    ----------
    sample : Sample
        Design ``rct``.
    scale : Scale
        The scale asked for.
    fine : bool
        Whether the method has a standard error for matched pairs and for strata with a single
        unit or cluster in an arm; otherwise these are refused.
    amounts : bool
        Whether the method can use an offer of several sizes; one that compares two arms cannot.

    Raises
    ------
    NotIdentified
        When the sample holds several periods, unequal assignment probabilities, or pairs and
        strata that the method cannot treat, when errors are correlated in two ways at once, when
        an arm is too small, when `scale` is ``relative`` and the outcome is in logs, or when the
        offer has several sizes and the method compares two arms.
    """
    if sample.design != "rct":
        raise NotIdentified(messages.not_a_trial(sample.design))
    if sample.structure.kind != "cross_section":
        raise NotIdentified(messages.several_periods(sample.structure.n_periods))
    matrix = sample.matrix()
    assert matrix.treatment is not None  # the design requires arms; for mypy
    if matrix.pair is not None and not fine:
        raise NotIdentified(messages.pairs())
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(messages.relative_in_logs())
    if not amounts and matrix.assigned is not None and not is_binary(matrix.assigned):
        raise NotIdentified(offers_of_several_sizes())
    kept, notes = kept_rows(matrix, np.asarray(matrix.treatment))
    if matrix.pair is not None:
        kept, more = whole_pairs(matrix.pair.codes, np.asarray(matrix.treatment), kept)
        notes += more
    treatment = np.asarray(matrix.treatment)[kept].astype(np.int64)
    stratum = grouping(matrix.stratum, kept)
    check_probability(matrix.assignment_probability, stratum, kept)
    assignment = grouping(matrix.assignment_cluster, kept)
    cluster = _coarser(grouping(matrix.cluster, kept), assignment)
    weights = row_weights(matrix, kept)
    exposure = None if matrix.exposure is None else matrix.exposure[kept]
    y = np.array(matrix.y[kept])
    if exposure is not None:
        y = y / exposure
    trial = Trial(
        y=y,
        treatment=treatment,
        x=np.array(matrix.X[kept]),
        covariates=tuple(matrix.covariate_names),
        weight=weights.means,
        copies=weights.copies,
        size=weights.size,
        working=weights.working,
        weight_kind=matrix.weight_kind,
        exposure=exposure,
        stratum=stratum,
        cluster=cluster,
        unit=matrix.unit.labels[matrix.unit.codes[kept]],
        treated_clusters=0,
        outcome=sample.outcomes[0],
        design=sample.design,
        period=period_of(matrix.period),
        complete=bool(matrix.measured.all()),
        notes=notes,
        offer=None if matrix.assigned is None else np.array(matrix.assigned[kept]),
        received=None if matrix.received is None else np.array(matrix.received[kept]),
        pair=grouping(matrix.pair, kept),
    )
    notes += _check_sizes(trial, fine)
    if exposure is not None:
        notes += _dispersion(matrix.y[kept], treatment, exposure, weights)
    inside = treatment == 1
    clusters = trial.count(1) if assignment is None else len(np.unique(assignment.codes[inside]))
    return replace(trial, treated_clusters=clusters, notes=notes)


def is_binary(values: Floats) -> bool:
    """Whether all are 0 or 1."""
    return bool(np.isin(values, (0.0, 1.0)).all())


def kept_rows(matrix: Matrix, treatment: Floats) -> tuple[Ints, tuple[Message, ...]]:
    """Rows that count, and notes on those that do not."""
    notes: list[Message] = []
    lost = ~matrix.measured
    if lost.any():
        notes.append(
            messages.not_measured(
                programme=int((lost & (treatment == 1)).sum()),
                comparison=int((lost & (treatment == 0)).sum()),
            )
        )
    weightless = np.zeros_like(lost) if matrix.weight is None else matrix.weight == 0
    if (weightless & ~lost).any():
        notes.append(messages.weightless(int((weightless & ~lost).sum())))
    if matrix.received is not None:
        notes.append(messages.offer())
    return np.flatnonzero(~lost & ~weightless), tuple(notes)


def grouping(codes: Codes | None, kept: Ints) -> Grouping | None:
    """The groups of the rows kept, those that are left numbered without gaps."""
    if codes is None:
        return None
    used, places = compact(codes.codes[kept])
    return Grouping(places, codes.labels[used])


def period_of(codes: Codes | None) -> str | int | float:
    """The label of the only period; ``all`` where the data name none."""
    if codes is None:
        return "all"
    label = codes.labels[codes.codes[0]]
    found: str | int | float = label.item() if hasattr(label, "item") else label
    return found


def _coarser(cluster: Grouping | None, assignment: Grouping | None) -> Grouping | None:
    """The level for the errors: the coarser of correlation and assignment."""
    if cluster is None or assignment is None:
        return assignment if cluster is None else cluster
    if nested(assignment.codes, cluster.codes):
        return cluster
    if nested(cluster.codes, assignment.codes):
        return assignment
    raise NotIdentified(messages.two_ways())


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """What rows count for; means, copies, size and working as `weight` and so on of `Trial`."""

    means: Floats | None
    copies: Floats | None
    size: Floats
    working: Floats | None


def row_weights(matrix: BlindMatrix, kept: Ints) -> RowWeights:
    """The weights of the rows kept, by their kind, exposure included."""
    ones = np.ones(len(kept))
    given = None if matrix.weight is None else matrix.weight[kept]
    exposure = ones if matrix.exposure is None else matrix.exposure[kept]
    kind = matrix.weight_kind if given is not None else None
    own = ones if given is None or kind == "frequency" else given
    people = ones if given is None or kind == "precision" else given
    precision = given if given is not None and kind == "precision" else ones
    plain = matrix.exposure is None
    return RowWeights(
        means=None if plain and own is ones else own * exposure,
        copies=given if kind == "frequency" else None,
        size=people * exposure,
        working=None if plain and precision is ones else 1.0 / (precision * exposure),
    )


def _dispersion(
    events: Floats, treatment: Ints, exposure: Floats, weights: RowWeights
) -> tuple[Message, ...]:
    """Variance of the counts over that of a Poisson count, pooled over the arms."""
    people = weights.size / exposure
    total = 0.0
    for arm in (0, 1):
        inside = treatment == arm
        rate = (people * events)[inside].sum() / (people * exposure)[inside].sum()
        if not rate > 0:
            return ()
        expected = rate * exposure[inside]
        total += float((people[inside] * (events[inside] - expected) ** 2 / expected).sum())
    n = float(len(events) if weights.copies is None else weights.copies.sum())
    return (messages.dispersion(total / float(people.sum()) * n / (n - 2.0)),)


def check_probability(probability: Floats | None, stratum: Grouping | None, kept: Ints) -> None:
    """Refuse assignment probabilities that differ within a stratum.

    Raises
    ------
    NotIdentified
        When they do.
    """
    if probability is None:
        return
    p = probability[kept]
    codes = np.zeros(len(kept), dtype=np.int64) if stratum is None else stratum.codes
    for code in range(int(codes.max()) + 1):
        if np.ptp(p[codes == code]) > 1e-9:
            raise NotIdentified(messages.unequal_probabilities(stratum is not None))


def _check_sizes(trial: Trial, fine: bool) -> tuple[Message, ...]:
    """Two units, or two clusters, in each arm of each stratum; or blocks that do without."""
    copies = np.ones(len(trial.y)) if trial.copies is None else trial.copies
    cluster = None if trial.cluster is None else trial.cluster.codes
    if trial.pair is not None:
        check_pairs(trial.treatment, trial.pair, trial.stratum, trial.size, copies, cluster)
        return ()
    strata = np.zeros_like(trial.treatment) if trial.stratum is None else trial.stratum.codes
    held = held_in_cells(trial.treatment, strata, copies=copies, cluster=cluster)
    thin: Bools = np.asarray((held < 2).any(axis=1))
    told: tuple[Message, ...] = ()
    if thin.any():
        clustered = trial.cluster is not None
        if trial.stratum is None:
            programme, comparison = int(held[0, 1]), int(held[0, 0])
            raise NotIdentified(messages.arm_too_small(programme, comparison, clustered))
        labels = trial.stratum.labels
        if not fine:
            names = [str(label) for label in labels[thin]]
            raise NotIdentified(messages.strata_too_small(names, len(labels), clustered))
        check_thin(held, thin, trial.stratum, trial.size, cluster)
        told = (fine_words.thin(int(thin.sum()), len(labels), clustered),)
    _check_shares(trial, 2 * strata + trial.treatment, held.size, ~thin[strata])
    return told


def _check_shares(trial: Trial, cell: Ints, size: int, thick: Bools) -> None:
    """No unit or cluster that has practically all the weight of its arm (of its stratum)."""
    copies = np.ones(len(trial.y)) if trial.copies is None else trial.copies
    weight = copies if trial.weight is None else trial.weight * copies
    names: NDArray[Any]
    if not thick.any():
        return
    if trial.cluster is not None:
        pairs, row = compact(trial.cluster.codes[thick] * size + cell[thick])
        held: Floats = np.bincount(row, weights=weight[thick]).astype(np.float64)
        place, names = pairs % size, trial.cluster.labels[pairs // size]
    elif trial.weight is not None:
        held, place, names = (weight / copies)[thick], cell[thick], trial.unit[thick]
    else:
        return
    share = held / np.bincount(cell, weights=weight, minlength=size)[place]
    if float(share.max()) > MOST:
        raise NotIdentified(messages.all_the_weight(str(names[int(share.argmax())])))
