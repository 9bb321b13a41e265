"""Who is left out together when models are fitted on others than those they are used for.

Folds are dealt by lot. Names and the order of rows have no say: people are put into the order of
what was known of them before outcomes, places in that order are dealt out, and whoever has the same
covariates, group and weights as others takes a place among them by outcome. The lot is drawn before
outcomes are seen and fixes how many of each kind are in each fold, so that every model of the chance
of being served, and every weight, is the same whoever takes which place. Given the outcomes, all
ways to share people out are as likely as before: the lot is independent of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.estimators.matched.people import Comparison, People

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Of = TypeVar("Of", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """People in an order that depends on no name.

    Attributes
    ----------
    order : array of int, shape (n,)
        The row of `People` in each place.
    item : array of int, shape (n,)
        What is dealt as one, for each place: the row itself, or its cluster; from 0, in order.
    cell : array of int, shape (items,)
        Group and stratum of each item: every cell is dealt evenly.
    """

    order: Ints
    item: Ints
    cell: Ints

    def back(self, values: NDArray[Of]) -> NDArray[Of]:
        """Values of places, shape (..., n), in the order of `People`."""
        found = np.empty_like(values)
        found[..., self.order] = values
        return found


def places(
    people: People, comparison: Comparison | None = None, *, kind: Ints | None = None
) -> Places:
    """The order of everyone, by what was known before outcomes, then by outcome.

    Parameters
    ----------
    people : People
    comparison : Comparison, optional
        With it, those who are alike in all else stand in the order of their outcomes, from the side
        where outcomes have no long tail, so that neither the unit nor the sign of a measurement
        matters; those without an outcome come last.
    kind : array of int, shape (n,), optional
        What `kinds` found before.

    Returns
    -------
    Places

    Examples
    --------
    See ``tests/unit/estimators/matched/test_doubly_robust_folds.py``.
    """
    kind = kinds(people) if kind is None else kind
    late = np.zeros(people.n) if comparison is None else _outcome_order(comparison)
    if people.cluster is None:
        order = np.lexsort((late, kind)).astype(np.int64)
        strata = 0 if people.stratum is None else people.stratum.codes
        return Places(order, np.arange(people.n), (2 * strata + people.treatment)[order])
    return _by_cluster(people, people.cluster.codes, kind, late)


def deal(cell: Ints, folds: int, rng: Generator) -> Ints:
    """A fold for each item, shape (items,): a lot that gives every fold its share of every cell.

    Examples
    --------
    >>> fold = deal(np.repeat([0, 1], [6, 3]), 3, np.random.default_rng(1))
    >>> [np.bincount(fold[:6]).tolist(), np.bincount(fold[6:]).tolist()]
    [[2, 2, 2], [1, 1, 1]]
    """
    lot = rng.permutation(len(cell))
    lot = lot[np.argsort(cell[lot], kind="stable")]
    found = np.empty(len(cell), dtype=np.int64)
    found[lot] = np.arange(len(cell)) % folds
    return found


def kinds(people: People) -> Ints:
    """The same number for people of whom the same is known, in an order of its own, shape (n,)."""
    known = [people.treatment.astype(np.float64), *people.x.T]
    if people.stratum is not None:
        known.append(people.stratum.codes.astype(np.float64))
    known += [people.counts, people.own, people.copies, people.size]
    telling = [column for column in known if column.min() < column.max()]
    # One number for each row sorts faster than all columns; only where two rows that differ have the
    # same one are columns sorted one after the other.
    key = np.zeros(people.n)
    for k, column in enumerate(telling):
        low, high = column.min(), column.max()
        key += (column - low) / (high - low) * np.sqrt(k + 2.0)
    order = np.argsort(key, kind="stable")
    fresh = _fresh(telling, order)
    if (fresh & (np.diff(key[order]) == 0.0)).any():
        order = np.lexsort(telling[::-1])
        fresh = _fresh(telling, order)
    found = np.empty(people.n, dtype=np.int64)
    found[order] = np.concatenate([[0], np.cumsum(fresh)])
    return found


def _fresh(columns: list[Floats], order: NDArray[np.intp]) -> Bools:
    """Where a row differs from the one before, in that order, shape (n - 1,)."""
    found = np.zeros(len(order) - 1, dtype=bool)
    for column in columns:
        stands = column[order]
        found |= stands[1:] != stands[:-1]
    return found


def _outcome_order(comparison: Comparison) -> Floats:
    y, measured = comparison.y, comparison.measured
    away = np.sort(y[measured])
    away = away - away.mean()
    # Turned so that the long tail comes last: an outcome measured with the opposite sign has its
    # people in the same order.
    turned = -y if float((away**3).sum()) < 0.0 else y
    return np.where(measured, turned, np.inf)


def _by_cluster(people: People, cluster: Ints, kind: Ints, late: Floats) -> Places:
    rows = np.lexsort((late, kind, cluster)).astype(np.int64)
    ends = np.searchsorted(cluster[rows], np.arange(int(cluster.max()) + 2))
    members = [rows[a:b] for a, b in pairwise(ends)]
    inside = sorted(members, key=lambda own: (tuple(kind[own]), tuple(late[own])))
    strata = np.zeros(people.n, dtype=np.int64)
    if people.stratum is not None:
        strata = people.stratum.codes
    # Clusters wholly served, wholly compared, and mixed ones; within a stratum, or across several.
    described = [
        (
            int(people.treatment[own].min()),
            int(people.treatment[own].max()),
            int(strata[own].min()),
            int(strata[own].max()),
        )
        for own in inside
    ]
    cells = {value: k for k, value in enumerate(sorted(set(described)))}
    return Places(
        order=np.concatenate(inside),
        item=np.repeat(np.arange(len(inside)), [len(own) for own in inside]),
        cell=np.array([cells[value] for value in described]),
    )
