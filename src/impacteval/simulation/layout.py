"""Who is in a simulated study: arms, clusters, blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PROGRAMME, COMPARISON = 1, 0


@dataclass(frozen=True, slots=True)
class Layout:
    """Who is in a study: rows in the order comparison group, then programme.

    Attributes
    ----------
    served, compared : int
        People assigned to the programme and to comparison.
    clusters : (int, int) or None
        Clusters assigned to the programme and to comparison; None where people were assigned
        one by one.
    cv : float
        Coefficient of variation of the clusters' sizes, as nearly as whole people allow.
    blocks : int
        Blocks that the assignment was drawn within, each as large a part of both arms as it
        can be; 1 for none.
    sizes : (tuple of int, tuple of int) or None
        People in each cluster of comparison and programme, where they are not as `cv` has them.

    Examples
    --------
    >>> layout = Layout(served=4, compared=6, clusters=(2, 3))
    >>> layout.treatment.tolist(), layout.cluster.tolist()
    ([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    """

    served: int
    compared: int
    clusters: tuple[int, int] | None = None
    cv: float = 0.0
    blocks: int = 1
    sizes: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    def __post_init__(self) -> None:
        found = self.faults()
        if found:
            raise ValueError(" ".join(found))

    def faults(self) -> list[str]:
        """Why nobody can be laid out like this, one sentence each."""
        found = []
        if self.blocks < 1:
            found.append(f"Blocks must be 1 or more, not {self.blocks}.")
        for k, (people, who) in enumerate(((self.served, "served"), (self.compared, "compared"))):
            if people < 1:
                found.append(f"People {who} must be 1 or more, not {people}.")
                continue
            places = people if self.clusters is None else self.clusters[k]
            what = "people" if self.clusters is None else "clusters"
            if not 1 <= places <= people:
                found.append(f"{places} clusters cannot hold {people} people {who}.")
            elif places < self.blocks:
                found.append(f"{places} {what} {who} cannot be spread over {self.blocks} blocks.")
        return found

    @property
    def n(self) -> int:
        """Everyone."""
        return self.served + self.compared

    @property
    def places(self) -> int:
        """Treated places: clusters where there are clusters, else people."""
        return self.served if self.clusters is None else self.clusters[0]

    @property
    def largest_share(self) -> float:
        """The largest share of an arm that lives in one cluster."""
        if self.cluster is None:
            return 1.0 / min(self.served, self.compared)
        sizes = np.bincount(self.cluster)
        comparison = len(sizes) - self.places
        low, high = sizes[:comparison], sizes[comparison:]
        return float(max(low.max() / self.compared, high.max() / self.served))

    @property
    def treatment(self) -> Ints:
        """Arm of each row, shape (n,)."""
        return _treatment(self)

    @property
    def cluster(self) -> Ints | None:
        """Cluster of each row, shape (n,), comparison first; None without clusters."""
        return None if self.clusters is None else _cluster(self)

    @property
    def block(self) -> Ints | None:
        """Block of each row, shape (n,); None where there is one."""
        return None if self.blocks == 1 else _block(self)


@lru_cache(maxsize=64)
def _treatment(layout: Layout) -> Ints:
    found = np.repeat([COMPARISON, PROGRAMME], [layout.compared, layout.served])
    return _fixed(found.astype(np.int64))


@lru_cache(maxsize=64)
def _cluster(layout: Layout) -> Ints:
    assert layout.clusters is not None
    programme, comparison = layout.clusters
    sizes = layout.sizes or (
        cluster_sizes(layout.compared, comparison, layout.cv),
        cluster_sizes(layout.served, programme, layout.cv),
    )
    return _fixed(np.repeat(np.arange(comparison + programme), np.concatenate(sizes)))


@lru_cache(maxsize=64)
def _block(layout: Layout) -> Ints:
    if layout.clusters is None:
        arms = [_even(people, layout.blocks) for people in (layout.compared, layout.served)]
        return _fixed(np.concatenate(arms))
    programme, comparison = layout.clusters
    place = np.concatenate([_even(comparison, layout.blocks), _even(programme, layout.blocks)])
    return _fixed(place[_cluster(layout)])


def _fixed(found: Ints) -> Ints:
    found.setflags(write=False)
    return found


def _even(people: int, parts: int) -> Ints:
    """Which of `parts` nearly equal parts each of `people` is in, in turn, shape (people,)."""
    return np.arange(people, dtype=np.int64) % parts


def joined(layouts: Sequence[Layout]) -> Layout:
    """Everybody of several layouts without blocks: the clusters of the first, then of the second ...

    Examples
    --------
    >>> joined([Layout(2, 3, (1, 1)), Layout(2, 2, (1, 2))]).cluster.tolist()
    [0, 0, 0, 1, 2, 3, 3, 4, 4]
    """
    served, compared = sum(at.served for at in layouts), sum(at.compared for at in layouts)
    if any(at.blocks > 1 for at in layouts):
        raise ValueError("Layouts with blocks are not joined.")
    if layouts[0].clusters is None:
        return Layout(served, compared)
    sizes: tuple[list[int], list[int]] = ([], [])
    for at in layouts:
        assert at.cluster is not None
        counts = np.bincount(at.cluster).tolist()
        comparison = len(counts) - at.places
        sizes[0].extend(counts[:comparison])
        sizes[1].extend(counts[comparison:])
    places = (len(sizes[1]), len(sizes[0]))
    return Layout(served, compared, places, layouts[0].cv, sizes=(tuple(sizes[0]), tuple(sizes[1])))


def cluster_sizes(people: int, clusters: int, cv: float = 0.0) -> Ints:
    """Sizes of clusters that add up to `people` and vary as stated, shape (clusters,).

    Parameters
    ----------
    people, clusters : int
        How many; at least one person a cluster.
    cv : float
        Coefficient of variation: quantiles of a gamma distribution, stretched to have it, then
        made whole.

    Examples
    --------
    >>> cluster_sizes(10, 3).tolist(), cluster_sizes(100, 4, 0.5).tolist()
    ([4, 3, 3], [10, 19, 28, 43])
    """
    wanted = np.full(clusters, people / clusters)
    if cv > 1e-6 and clusters > 1:
        from scipy.special import gammaincinv

        quantiles = gammaincinv(1.0 / cv**2, (np.arange(clusters) + 0.5) / clusters)
        scores = (quantiles - quantiles.mean()) / quantiles.std()
        wanted = np.maximum(wanted * (1.0 + cv * scores), 1.0)
        wanted = 1.0 + (wanted - 1.0) * (people - clusters) / max(wanted.sum() - clusters, 1e-300)
    whole = np.floor(wanted + 1e-9).astype(np.int64)
    rest = people - int(whole.sum())
    # The largest remainders are rounded up, the first of equals first.
    order = np.argsort(-(wanted - whole), kind="stable")
    whole[order[:rest]] += 1
    return whole
