"""Which groups stand in for those that were served: all ways there are, or some drawn at random."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from impacteval.inference._arrays import Ints

if TYPE_CHECKING:
    from numpy.random import Generator


# Cards of shuffles that are held at a time: 32 MB.
HELD = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Placements:
    """Groups put in the places of those that were served.

    Attributes
    ----------
    groups : array of int, shape (m, s)
        Which group stands in each of the s places; no group stands in two.
    every : bool
        Whether these are all ways there are, each once: the real one is among them.
    """

    groups: Ints
    every: bool

    def __len__(self) -> int:
        return int(self.groups.shape[0])


def count_placements(groups: int, kinds: Ints) -> int:
    """In how many ways groups can stand in the places.

    Parameters
    ----------
    groups : int
        Groups there are.
    kinds : array of int, shape (s,)
        Kind of each place; those of one kind can be exchanged without changing anything.

    Examples
    --------
    Two places among five groups, with one date and with two:

    >>> count_placements(5, np.array([0, 0])), count_placements(5, np.array([0, 1]))
    (10, 20)
    """
    alike = np.unique(kinds, return_counts=True)[1]
    return math.perm(groups, kinds.size) // math.prod(math.factorial(n) for n in alike.tolist())


def placements(groups: int, kinds: Ints, draws: int, rng: Generator) -> Placements:
    """All placements where they number no more than the draws and the real one, else draws.

    Parameters
    ----------
    groups : int
        Groups there are, more than there are places.
    kinds : array of int, shape (s,)
        Kind of each place, see `count_placements`.
    draws : int
        Placements drawn where there are more.
    rng : Generator
        Source of the draws; untouched when all placements are gone through.

    Returns
    -------
    Placements

    Examples
    --------
    >>> found = placements(4, np.array([0, 0]), 99, np.random.default_rng(1))
    >>> found.every, found.groups.tolist()
    (True, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
    """
    if count_placements(groups, kinds) <= draws + 1:
        return Placements(_every(groups, kinds), every=True)
    step = max(1, HELD // groups)  # of the groups alone, so that draws are the same everywhere
    return Placements(
        np.concatenate(
            [
                _drawn(groups, kinds.size, min(step, draws - first), rng)
                for first in range(0, draws, step)
            ]
        ),
        every=False,
    )


def _drawn(groups: int, places: int, draws: int, rng: Generator) -> Ints:
    """The first cards of a shuffle: each is changed with one that stands there or further on."""
    rows = np.arange(draws)
    deck = np.tile(np.arange(groups), (draws, 1))
    for k in range(places):
        other = rng.integers(k, groups, size=draws)
        deck[rows, k], deck[rows, other] = deck[rows, other], deck[rows, k].copy()
    return deck[:, :places].copy()


def _every(groups: int, kinds: Ints) -> Ints:
    """All placements, each once, in the order of their groups."""
    chosen = np.empty((1, kinds.size), dtype=np.int64)
    left = np.arange(groups)[None]
    for kind in np.unique(kinds).tolist():
        places = np.flatnonzero(kinds == kind)
        sets = np.array(list(combinations(range(left.shape[1]), places.size)), dtype=np.int64)
        others = np.array(
            [np.setdiff1d(np.arange(left.shape[1]), row) for row in sets], dtype=np.int64
        )
        fold = len(sets)
        chosen = np.repeat(chosen, fold, axis=0)
        chosen[:, places] = left[:, sets].reshape(-1, places.size)
        left = left[:, others].reshape(len(chosen), -1)
    return chosen
