"""What chance alone does to a difference between arms, given how the arms were drawn.

For every column x the difference of the arms' means, block by block and weighted by size, has
under randomisation mean 0 and a covariance that is known from the data without any model: in a
block with C randomised clusters of which C1 were served, it is ``C / (C1 C0)`` times the
covariance (divisor C - 1) of the clusters' residual totals. With one block and clusters of one
this is the textbook ``S^2 (1/n1 + 1/n0)``.

References
----------
Hansen and Bowers (2008), Covariate balance in simple, stratified and clustered comparative
studies. *Statistical Science* 23(2), doi:10.1214/08-STS254.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.sample import first_served

if TYPE_CHECKING:
    from impacteval.sample import BlindMatrix, BlindSample, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who was in which arm, and what was drawn together.

    Attributes
    ----------
    arm : array of bool, shape (n,)
        Served (assigned to the programme), or not.
    block : int64 array, shape (n,)
        Stratum (and pair) within which chance decided; 0 for all where there is none.
    block_labels : tuple of str
        A name for each block.
    cluster : int64 array, shape (n,)
        What was assigned as one; each row for itself in a trial of people.
    mass : float64 array, shape (n,)
        Weight of each row; 1 where there is none.
    """

    arm: NDArray[np.bool_]
    block: Ints
    block_labels: tuple[str, ...]
    cluster: Ints
    mass: Floats

    @property
    def simple(self) -> bool:
        """Whether rows were drawn one by one from one pool, all with the same weight."""
        alone = len(np.unique(self.cluster)) == len(self.cluster)
        return alone and len(self.block_labels) == 1 and bool(np.all(self.mass == self.mass[0]))


@dataclass(frozen=True, slots=True)
class Differences:
    """Differences between arms and what chance makes of them.

    Attributes
    ----------
    values : array, shape (k,)
        Served minus others, blocks weighted by size.
    covariance : array, shape (k, k)
        Covariance under randomisation.
    used : tuple of bool
        For each block whether it has both arms; a block that has one cannot compare anything.
    """

    values: Floats
    covariance: Floats
    used: tuple[bool, ...]


def unit_rows(matrix: BlindMatrix) -> Ints:
    """The first row of each unit of a panel; every row where there are no periods."""
    if matrix.period is None:
        return np.arange(matrix.n, dtype=np.int64)
    return np.unique(matrix.unit.codes, return_index=True)[1].astype(np.int64)


def assignment_of(sample: Sample | BlindSample) -> tuple[Assignment, BlindMatrix] | None:
    """How the rows were assigned; None where the design has no arms.

    A unit that is ever served belongs to the served arm. What was randomised is the
    `assignment_cluster`; without that role, the `cluster` when no cluster has both arms.
    """
    matrix = getattr(sample, "blind", sample).matrix()
    if matrix.treatment is None:
        return None
    served = np.zeros(len(matrix.unit.labels))
    np.maximum.at(served, matrix.unit.codes, matrix.treatment)
    arm = served[matrix.unit.codes] == 1.0
    block, labels = _blocks(matrix)
    mass = np.ones(matrix.n) if matrix.weight is None else np.array(matrix.weight)
    return Assignment(arm, block, labels, _clusters(matrix, arm), mass), matrix


def baseline_of(sample: Sample | BlindSample) -> tuple[Assignment, BlindMatrix, Ints] | None:
    """Who will be served and who will not, before anybody is: of a roll-out, its baseline period.

    Units that are served from the first period on have no time before and are left out.

    Returns
    -------
    (Assignment, BlindMatrix, rows) or None
        The assignment of all rows and the rows of the last period before anybody was served. None
        where it cannot be known when each unit was first served, or nobody was seen before.
    """
    read = assignment_of(sample)
    if read is None or (start := first_served(read[1])) is None or read[1].period is None:
        return None
    every, matrix = read
    when = matrix.period
    assert when is not None
    n_periods, period = len(when.labels), when.codes
    first = int(start[start > 0].min(initial=n_periods))
    rows = np.flatnonzero((period == first - 1) & (start > 0))
    arm = start < n_periods
    return replace(every, arm=arm, cluster=_clusters(matrix, arm)), matrix, rows


def _blocks(matrix: BlindMatrix) -> tuple[Ints, tuple[str, ...]]:
    roles = [codes for codes in (matrix.stratum, matrix.pair) if codes is not None]
    if not roles:
        return np.zeros(matrix.n, dtype=np.int64), ("all",)
    found, place = np.unique(
        np.stack([codes.codes for codes in roles]), axis=1, return_inverse=True
    )
    names = tuple(
        " / ".join(str(codes.labels[code]) for codes, code in zip(roles, column, strict=True))
        for column in found.T
    )
    return place.ravel().astype(np.int64), names


def _clusters(matrix: BlindMatrix, arm: NDArray[np.bool_]) -> Ints:
    if matrix.assignment_cluster is not None:
        return matrix.assignment_cluster.codes
    if matrix.cluster is not None:
        codes = matrix.cluster.codes
        served = np.bincount(codes, weights=arm)
        if np.all((served == 0) | (served == np.bincount(codes))):
            return codes
    return matrix.unit.codes


def taken(assignment: Assignment, rows: Ints) -> Assignment:
    """The assignment of some of the rows."""
    return Assignment(
        assignment.arm[rows],
        assignment.block[rows],
        assignment.block_labels,
        assignment.cluster[rows],
        assignment.mass[rows],
    )


def differences(x: Floats, assignment: Assignment) -> Differences | None:
    """Differences of the columns of `x`, shape (n, k); None where no block has both arms."""
    found: list[tuple[float, Floats, Floats]] = []
    used = []
    for block in range(len(assignment.block_labels)):
        part = taken(assignment, np.flatnonzero(assignment.block == block))
        both = bool(part.arm.any() and not part.arm.all())
        used.append(both)
        if both:
            inside = x[assignment.block == block]
            found.append((float(part.mass.sum()), *_in_block(inside, part)))
    if not found:
        return None
    whole = math.fsum(mass for mass, _, _ in found)
    values = sum((mass / whole * value for mass, value, _ in found), np.zeros(x.shape[1]))
    covariance = sum(
        ((mass / whole) ** 2 * cov for mass, _, cov in found), np.zeros((x.shape[1],) * 2)
    )
    return Differences(np.asarray(values), np.asarray(covariance), tuple(used))


def _in_block(x: Floats, part: Assignment) -> tuple[Floats, Floats]:
    mass = part.mass[:, None]
    arms = [(mass * x)[side].sum(axis=0) / part.mass[side].sum() for side in (part.arm, ~part.arm)]
    centre = (mass * x).sum(axis=0) / part.mass.sum()
    labels, code = np.unique(part.cluster, return_inverse=True)
    count = len(labels)
    totals = np.zeros((count, x.shape[1]))
    np.add.at(totals, code, mass * (x - centre))
    totals /= part.mass.sum() / count
    served = len(np.unique(part.cluster[part.arm]))
    spread = totals - totals.mean(axis=0)
    covariance = spread.T @ spread / (count - 1) * count / (served * (count - served))
    return arms[0] - arms[1], covariance


def omnibus(found: Differences) -> tuple[float, int, float]:
    """Test that all differences are chance: statistic, degrees of freedom, p-value.

    The statistic is ``d' V+ d``, chi-squared with the rank of V; without blocks, clusters and
    weights it is n - 1 times the R-squared of assignment on the covariates.
    """
    from scipy.special import chdtrc

    root = np.sqrt(np.diag(found.covariance))
    moves = root > 0.0
    if not moves.any():
        return 0.0, 0, 1.0
    scaled = found.values[moves] / root[moves]
    correlation = found.covariance[np.ix_(moves, moves)] / np.outer(root[moves], root[moves])
    values, vectors = np.linalg.eigh(correlation)
    kept = values > 1e-9 * values[-1]
    turned = vectors[:, kept].T @ scaled
    statistic, rank = float(np.sum(turned**2 / values[kept])), int(kept.sum())
    return statistic, rank, float(chdtrc(rank, statistic))


def normal_tail(x: float) -> float:
    """Chance that a standard normal lies further than `x` from 0."""
    return math.erfc(abs(x) / math.sqrt(2.0))
