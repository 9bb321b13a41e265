"""Which matched pairs and which thin strata can tell how uncertain an effect is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised import fine_words
from impacteval.estimators.randomised.fine import held_in_cells
from impacteval.inference._arrays import compact, group_sums
from impacteval.values import Message

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Share of its arm's weight above which a unit or cluster stands alone there: the others could
# be left out without moving the mean, and the variance formulas lose their digits.
MOST = 0.9999


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Strata or clusters of the rows: codes without gaps, shape (n,), and the label of each."""

    codes: Ints
    labels: NDArray[Any]


def nested(inner: Ints, outer: Ints) -> bool:
    """Whether each inner group lies in one outer group.

    Examples
    --------
    >>> nested(np.array([0, 0, 1]), np.array([5, 5, 5])), nested(np.array([0, 0]), np.array([1, 2]))
    (True, False)
    """
    _, places = compact(inner)
    _, around = compact(outer)
    together = np.unique(places * (int(around.max()) + 1) + around)
    return len(together) == int(places.max()) + 1


def whole_pairs(pair: Ints, treatment: Floats, kept: Ints) -> tuple[Ints, tuple[Message, ...]]:
    """Rows of pairs that still have both arms, and a note on pairs that lost one.

    A pair that never had both arms is kept, and refused later with its name.

    Parameters
    ----------
    pair : array of int, shape (n,)
        Pair of every row of the sample.
    treatment : array, shape (n,)
        Arm of every row.
    kept : array of int
        Rows that were measured and have weight.
    """
    size = int(pair.max()) + 1
    cell = 2 * pair + treatment.astype(np.int64)

    def both(rows: Ints) -> Bools:
        held = np.bincount(cell[rows], minlength=2 * size).reshape(-1, 2)
        found: Bools = np.asarray((held > 0).all(axis=1))
        return found

    broken = both(np.arange(pair.size)) & ~both(kept)
    whole = kept[~broken[pair[kept]]]
    if not broken.any():
        return whole, ()
    return whole, (fine_words.broken_pairs(int(broken.sum()), len(kept) - len(whole)),)


def check_pairs(
    treatment: Ints,
    pair: Grouping,
    stratum: Grouping | None,
    size: Floats,
    copies: Floats,
    cluster: Ints | None,
) -> None:
    """Two pairs at least, of one unit (or cluster) in each arm, none with all the weight.

    Raises
    ------
    NotIdentified
        With the pairs that are not, or the clusters or strata that cut across them.
    """
    if pair.codes.size == 0 or len(pair.labels) < 2:
        raise NotIdentified(fine_words.one_pair())
    if cluster is not None and not nested(cluster, pair.codes):
        raise NotIdentified(fine_words.blocks_cut_clusters(paired=True))
    if stratum is not None and not nested(pair.codes, stratum.codes):
        raise NotIdentified(fine_words.pairs_cut_strata())
    held = held_in_cells(treatment, pair.codes, copies=copies, cluster=cluster)
    odd = np.flatnonzero((held != 1).any(axis=1))
    if odd.size:
        names = [str(pair.labels[k]) for k in odd]
        raise NotIdentified(fine_words.not_pairs(names, len(pair.labels), cluster is not None))
    share = group_sums(size, pair.codes, len(pair.labels)) / size.sum()
    if float(share.max()) > MOST:
        raise NotIdentified(fine_words.one_pair_has_all(str(pair.labels[int(share.argmax())])))


def check_thin(
    held: Floats, thin: Bools, stratum: Grouping, size: Floats, cluster: Ints | None
) -> None:
    """Thin strata that can be compared with each other.

    Parameters
    ----------
    held : array, shape (s, 2)
        Units or clusters of each stratum in each arm.
    thin : array of bool, shape (s,)
        Strata with fewer than two in an arm.
    stratum : Grouping
        Stratum of each row.
    size : array, shape (n,)
        What each row counts for.
    cluster : array of int, shape (n,), or None
        Cluster of each row.

    Raises
    ------
    NotIdentified
        When an arm is empty, when clusters reach beyond a thin stratum, or when one of them
        outweighs all others.
    """
    empty = np.flatnonzero((held == 0).any(axis=1))
    if empty.size:
        names = [str(stratum.labels[k]) for k in empty]
        raise NotIdentified(fine_words.empty_arm(names, len(stratum.labels)))
    if cluster is not None:
        touched = np.isin(cluster, cluster[thin[stratum.codes]])
        if not nested(cluster[touched], stratum.codes[touched]):
            raise NotIdentified(fine_words.blocks_cut_clusters(paired=False))
    own = group_sums(size, stratum.codes, len(stratum.labels)) * thin
    share = own / own.sum()
    if float(share.max()) > 0.5 + 1e-9:
        name = str(stratum.labels[int(share.argmax())])
        raise NotIdentified(fine_words.one_thin_stratum(name, cluster is not None))
