"""The rows of a trial that lost people, and what their errors follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import losses_words as words
from impacteval.diagnostics.randomised import Assignment, assignment_of
from impacteval.errors import NotIdentified
from impacteval.inference.bounds import Arms
from impacteval.values import Design, Scale

if TYPE_CHECKING:
    from impacteval.sample import Sample
    from impacteval.sample.matrix import Matrix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows that are compared, and what their errors follow."""

    arms: Arms
    rows: Ints
    group: Ints
    cluster: Ints | None
    labels: NDArray[Any]
    copies: Floats | None
    df: float
    served: float
    treated_clusters: int


def read_rows(sample: Sample, scale: Scale) -> Rows:
    """The rows of a trial whose bounds are asked on a scale.

    Raises
    ------
    NotIdentified
        When these data, or that scale, have no bounds; the reason says why.
    """
    if sample.design != Design.RCT:
        raise NotIdentified(words.not_a_trial())
    if sample.structure.kind != "cross_section":
        raise NotIdentified(words.several_periods())
    matrix = sample.matrix()
    if matrix.exposure is not None:
        raise NotIdentified(words.rates())
    if matrix.weight_kind == "precision":
        raise NotIdentified(words.precision())
    if scale is Scale.STANDARDISED:
        raise NotIdentified(words.no_spread())
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(words.logs())
    read = assignment_of(sample)
    assert read is not None  # a trial has arms
    every = read[0]
    rows = _compared(every, matrix)
    arm, block = every.arm[rows], np.unique(every.block[rows], return_inverse=True)[1]
    kind = matrix.weight_kind if matrix.weight is not None else None
    weight = np.ones(len(rows)) if matrix.weight is None else matrix.weight[rows]
    block = np.asarray(block, dtype=np.int64)
    cluster, labels, group, df = _apart(matrix, rows, arm, block)
    copies = weight if kind == "frequency" and cluster is None else None
    if copies is not None:
        df += float(copies.sum()) - len(rows)
    seen = arm & matrix.measured[rows]
    places = matrix.unit if matrix.assignment_cluster is None else matrix.assignment_cluster
    return Rows(
        Arms.of(
            matrix.y[rows],
            np.asarray(matrix.measured[rows]),
            arm,
            weight=weight,
            stratum=block,
        ),
        rows,
        group,
        cluster,
        labels,
        copies,
        df,
        float(weight[seen].sum()),
        len(np.unique(places.codes[rows][seen])),
    )


def _compared(every: Assignment, matrix: Matrix) -> Ints:
    """Rows with weight in blocks that have both arms."""
    mass = every.mass > 0.0
    count = len(every.block_labels)
    served = np.bincount(every.block[mass], weights=every.arm[mass], minlength=count)
    whole = np.bincount(every.block[mass], minlength=count)
    both = (served > 0) & (served < whole)
    rows = np.flatnonzero(mass & both[every.block])
    seen = matrix.measured[rows]
    if not (seen & every.arm[rows]).any() or not (seen & ~every.arm[rows]).any():
        raise NotIdentified(words.no_arm())
    return rows.astype(np.int64)


def _clusters(matrix: Matrix, rows: Ints) -> tuple[Ints, NDArray[Any]] | None:
    """The coarser of correlation and assignment, numbered from 0, with labels; None without both."""
    found: tuple[Ints, NDArray[Any]] | None = None
    for role in (matrix.cluster, matrix.assignment_cluster):
        if role is None:
            continue
        used, place = np.unique(role.codes[rows], return_inverse=True)
        codes = place.astype(np.int64)
        if found is None or _nested(found[0], codes):
            found = codes, role.labels[used]
        elif not _nested(codes, found[0]):
            raise NotIdentified(words.two_ways())
    return found


def _nested(inner: Ints, outer: Ints) -> bool:
    pairs = np.unique(inner * (int(outer.max()) + 1) + outer)
    return len(pairs) == int(inner.max()) + 1


def _apart(
    matrix: Matrix, rows: Ints, arm: NDArray[np.bool_], block: Ints
) -> tuple[Ints | None, NDArray[Any], Ints, float]:
    """Clusters (None without), labels of what errors follow, what was drawn apart, and df.

    Drawn apart are the arms of each stratum, or the strata where clusters have both arms. Where an
    arm of a stratum is a single unit or cluster, as in matched pairs, the strata themselves are the
    pieces: how far they lie apart bounds the error from above.
    """
    clusters = _clusters(matrix, rows)
    piece = np.arange(len(rows), dtype=np.int64) if clusters is None else clusters[0]
    finest = 2 * block + arm
    if _nested(piece, finest):
        group = finest
        held = np.bincount(finest[np.unique(piece, return_index=True)[1]])
        if np.any(held[np.unique(finest)] < 2):
            names = np.array([f"stratum {code}" for code in np.unique(block)])
            clusters, piece, group = (block, names), block, np.zeros_like(block)
    else:
        group = block if _nested(piece, block) else np.zeros_like(block)
    first = group[np.unique(piece, return_index=True)[1]]
    if np.any(np.bincount(first)[np.unique(first)] < 2):
        raise NotIdentified(words.too_few(clusters is not None))
    df = float(len(first) - len(np.unique(first)))
    if clusters is None:
        return None, matrix.unit.labels[matrix.unit.codes[rows]], group, df
    return clusters[0], clusters[1], group, df
