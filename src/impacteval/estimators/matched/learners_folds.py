"""Who is learned from and who is predicted: partitions of people that depend on no name.

Rows are put in an order that their contents alone decide, and the lot is drawn on that order. So a
partition is the same whatever rows are called and however they came, and, given the seed, as likely
as any other whatever the data: what a model is tried on never chose what it was fitted on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.matched import learners_words as words
from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.randomised import messages as trials
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference._arrays import compact

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FEWEST_PEOPLE = 30
"""People in either group without whom nothing is learned: models of half a dozen foretell nobody."""


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """People as learners take them: in an order without names, outcomes in a unit of their own.

    Attributes
    ----------
    comparison : Comparison
        Those measured, in the order of the sample.
    rank : array of int, shape (n,)
        Place of each row in the order that contents decide; rows that are the same share it.
    centre, unit : float
        ``outcome = centre + unit * z``; the unit has the sign that makes the served have the
        higher mean, so that turning the sign of outcomes turns that of every answer.
    z : array, shape (n,)
        Outcomes so measured, in the order of the sample.
    columns : array, shape (n, p)
        Strata and covariates, centred and scaled, in the order of the sample.
    mass : array, shape (n,)
        What a row counts for: its weight in means, times its copies.
    """

    comparison: Comparison
    rank: Ints
    centre: float
    unit: float
    z: Floats
    columns: Floats
    mass: Floats

    @property
    def order(self) -> Ints:
        """Rows in the order that contents decide, shape (n,)."""
        return np.argsort(self.rank, kind="stable")


def only_measured(comparison: Comparison) -> Comparison:
    """The comparison without the rows whose outcome is missing."""
    if comparison.complete:
        return comparison
    kept = np.flatnonzero(comparison.measured)
    people = comparison.people
    own = {
        name: getattr(people, name)[kept]
        for name in ("treatment", "x", "counts", "own", "copies", "size", "unit", "keys", "rows")
    }
    exposure = None if people.exposure is None else people.exposure[kept]
    inside: People = replace(
        people,
        **own,
        exposure=exposure,
        stratum=_kept(people.stratum, kept),
        cluster=_kept(people.cluster, kept),
    )
    return replace(
        comparison, people=inside, y=comparison.y[kept], measured=comparison.measured[kept]
    )


def ready(comparison: Comparison, columns: Floats) -> Ready:
    """The comparison as learners take it.

    Parameters
    ----------
    comparison : Comparison
        Complete, see `only_measured`.
    columns : array, shape (n, p)
        Strata and covariates, without a level.

    Raises
    ------
    NotIdentified
        When the outcome does not vary, or a group has fewer people than can be learned from.
    """
    people, y = comparison.people, comparison.y
    served, others = (int(people.copies[g].sum()) for g in (people.served, ~people.served))
    if min(served, others) < FEWEST_PEOPLE:
        raise NotIdentified(words.too_few(served, others, FEWEST_PEOPLE))
    mass = people.own * people.copies
    share = mass / mass.sum()
    centre = float(share @ y)
    spread = float(np.sqrt(share @ (y - centre) ** 2))
    if not spread > 1e-10 * float(np.abs(y).max(initial=0.0)):
        raise NotIdentified(trials.no_variation())
    means = [float(mass[g] @ y[g] / mass[g].sum()) for g in (people.served, ~people.served)]
    unit = spread if means[0] >= means[1] else -spread
    # Digits beyond these depend on the unit of measurement and on the processor; trees would
    # split on them.
    z = np.round((y - centre) / unit, 11)
    columns = np.round(columns, 11)
    keys = (people.copies, people.own, z, *columns.T[::-1], people.treatment)
    return Ready(comparison, _ranks(keys), centre, unit, z, columns, mass)


def _ranks(keys: tuple[Floats | Ints, ...]) -> Ints:
    """Place of each row by the last key, then the one before, and so on; the same share one."""
    order = np.lexsort(keys)
    steps = np.zeros(len(order), dtype=bool)
    for key in keys:
        steps[1:] |= key[order][1:] != key[order][:-1]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.cumsum(steps)
    return rank


def drawn_folds(people: People, rank: Ints, folds: int, rng: np.random.Generator) -> Ints:
    """The part that each row is predicted in, shape (n,), in the order of the sample.

    Parameters
    ----------
    people : People
    rank : array of int, shape (n,)
        Place of each row in the order that contents decide.
    folds : int
        Parts. Those served and the others are dealt out separately; clusters stay together, dealt
        out by whether all, some or none of their people were served.
    rng : numpy.random.Generator

    Raises
    ------
    NotIdentified
        When without some part one of the groups is too small for a model.
    """
    if people.cluster is None:
        kind, member = people.treatment, np.arange(people.n)
        ranked = np.argsort(rank, kind="stable")
    else:
        kind, member = _kinds(people), people.cluster.codes
        ranked = _ranked_clusters(people.cluster, rank)
    part = np.empty(len(ranked), dtype=np.int64)
    begun = 0
    for each in np.unique(kind):
        own = ranked[kind[ranked] == each]
        part[rng.permutation(own)] = (begun + np.arange(len(own))) % folds
        begun += len(own)
    found = part[member]
    _check_parts(people, found, folds)
    return found


def _kinds(people: People) -> Ints:
    """Of each cluster: none of its people served (0), some (1) or all (2)."""
    assert people.cluster is not None
    codes, count = people.cluster.codes, len(people.cluster.labels)
    served = np.bincount(codes, weights=people.treatment, minlength=count)
    size = np.bincount(codes, minlength=count)
    return np.where(served == 0, 0, np.where(served == size, 2, 1)).astype(np.int64)


def _ranked_clusters(cluster: Grouping, rank: Ints) -> Ints:
    """Clusters in an order that the contents of their rows decide."""
    by_cluster = np.lexsort((rank, cluster.codes))
    ends = np.cumsum(np.bincount(cluster.codes))[:-1]
    keys = [tuple(own.tolist()) for own in np.split(rank[by_cluster], ends)]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def _check_parts(people: People, part: Ints, folds: int) -> None:
    needed = people.x.shape[1] + 2
    for each in range(folds):
        rest = people.served[part != each]
        fewest = min(int(rest.sum()), int((~rest).sum()))
        if fewest < needed or not (part == each).any():
            raise NotIdentified(words.thin_parts(folds, fewest, needed))


def _kept(grouping: Grouping | None, kept: Ints) -> Grouping | None:
    if grouping is None:
        return None
    labels, codes = compact(grouping.codes[kept])
    return Grouping(codes, grouping.labels[labels])
