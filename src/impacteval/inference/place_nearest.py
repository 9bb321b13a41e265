"""The nearest people in several measurements, with replacement and without, and the proof of it.

References
----------
Abadie and Imbens (2006), Large sample properties of matching estimators for average treatment
effects. *Econometrica* 74(1). doi:10.1111/j.1468-0262.2006.00655.x
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.place_patterns import TIED, Spots
from impacteval.inference.score_nearest import Choice

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

BLOCK = 4_000_000
"""Distances looked at in one block of the proof."""
LEAF = 128
"""People of one box of the proof."""
FIRST = 8
"""Patterns asked for at first where each comparator serves once."""


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """Pairs of patterns, those of one pattern of seekers together.

    Attributes
    ----------
    who : array of int, shape (E,)
    other : array of int, shape (E,)
    distance : array, shape (E,)
    """

    who: Ints
    other: Ints
    distance: Floats


def nearest_patterns(own: Spots, other: Spots, need: float, caliper: float | None) -> Near:
    """Every pattern of `other` that is no farther than the nearest `need` people are.

    Parameters
    ----------
    own, other : Spots
        Of the same strata.
    need : float
        People wanted for each pattern of `own`. Where a stratum has fewer, all of them.
    caliper : float, optional
        Nobody is farther than this.

    Notes
    -----
    Equally near patterns are all there, up to `TIED`: which of them is named first cannot matter.
    """
    found: list[Near] = []
    for t in range(len(own.patterns.bounds) - 1):
        a, b = own.patterns.bounds[t : t + 2]
        c, d = other.patterns.bounds[t : t + 2]
        if a < b and c < d:
            people = other.patterns.people[c:d]
            near = _in_stratum(own.place[a:b], other.place[c:d], people, need, caliper)
            found.append(Near(near.who + a, near.other + c, near.distance))
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Near(none, none, np.zeros(0))
    who, named, far = (
        np.concatenate([getattr(near, name) for near in found])
        for name in ("who", "other", "distance")
    )
    order = np.lexsort((named, who))
    return Near(who[order], named[order], far[order])


def _in_stratum(
    points: Floats, there: Floats, people: Floats, need: float, caliper: float | None
) -> Near:
    from scipy.spatial import cKDTree

    tree = cKDTree(there)
    # A pattern has a person at least, so that as many patterns as people are enough; one more shows
    # whether the last of them is tied.
    k = min(int(np.ceil(need)) + 1, len(there))
    far, at = (np.asarray(v) for v in tree.query(points, k=list(range(1, k + 1))))
    enough = np.cumsum(people[at], axis=1) >= need - TIED
    reached = enough.any(axis=1)
    last = np.where(reached, far[np.arange(len(far)), enough.argmax(axis=1)], np.inf)
    limit = last + TIED if caliper is None else np.minimum(last, caliper) + TIED
    known = (far[:, -1] > limit) | (k == len(there))
    inside = (far <= limit[:, None]) & known[:, None]
    rows, columns = np.nonzero(inside)
    who, other, distance = [rows], [at[rows, columns]], [far[rows, columns]]
    # Where ties go on beyond what was asked for, everyone within the distance.
    for row in np.flatnonzero(~known):
        members = np.array(sorted(tree.query_ball_point(points[row], limit[row])), dtype=np.int64)
        who.append(np.full(len(members), row))
        other.append(members)
        distance.append(np.sqrt(((there[members] - points[row]) ** 2).sum(axis=1)))
    return Near(
        np.concatenate(who).astype(np.int64),
        np.concatenate(other).astype(np.int64),
        np.concatenate(distance).astype(np.float64),
    )


def with_replacement(own: Spots, other: Spots, *, ratio: int, caliper: float | None) -> Choice:
    """The `ratio` nearest people of each pattern, and all who are as near as the last.

    Examples
    --------
    >>> from impacteval.inference.place_patterns import Placed
    >>> people = Placed(
    ...     served=np.array([True, False, False, False]),
    ...     place=np.array([[0.0, 0.0], [1.0, 0.0], [0.0, -1.0], [3.0, 3.0]]),
    ...     counts=np.ones(4),
    ...     copies=np.ones(4),
    ... )
    >>> found = with_replacement(
    ...     people.spots(people.served), people.spots(~people.served), ratio=1, caliper=None
    ... )
    >>> found.other.tolist()
    [0, 1]
    """
    near = nearest_patterns(own, other, float(ratio), caliper)
    return _choice(
        own, near.who, near.other, other.patterns.people[near.other], own.patterns.people
    )


def closest_first(own: Spots, other: Spots, *, ratio: int, caliper: float | None) -> Choice:
    """Up to `ratio` people each, nobody chosen twice: the closest pair first, then the next closest.

    With a `ratio` above one everyone chooses one before anyone chooses a second. People of one
    pattern choose together and stand for each other. Pairs that are equally close come in the order
    of the served's values, then of the comparators'.

    Examples
    --------
    >>> from impacteval.inference.place_patterns import Placed
    >>> people = Placed(
    ...     served=np.array([True, True, False, False]),
    ...     place=np.array([[0.0], [1.0], [0.9], [3.0]]),
    ...     counts=np.ones(4),
    ...     copies=np.ones(4),
    ... )
    >>> found = closest_first(
    ...     people.spots(people.served), people.spots(~people.served), ratio=1, caliper=None
    ... )
    >>> found.own.tolist(), found.other.tolist()
    ([0, 1], [1, 0])
    """
    wanted = own.patterns.people.copy()
    room = other.patterns.people.copy()
    matched = np.zeros(own.patterns.count)
    lines = _lines(own, other, caliper)
    head: dict[int, tuple[float, int]] = {}
    who: list[int] = []
    named: list[int] = []
    taken: list[float] = []
    for turn in range(ratio):
        got = np.zeros(own.patterns.count)
        heap: list[tuple[float, int, int]] = []
        for p in np.flatnonzero(wanted > 0.0).tolist():
            _advance(p, lines, head, heap, room)
        while heap:
            _, p, q = heapq.heappop(heap)
            part = min(wanted[p] - got[p], room[q])
            if part > 0.0:
                got[p] += part
                room[q] -= part
                who.append(p)
                named.append(q)
                taken.append(float(part))
            if got[p] < wanted[p]:
                _advance(p, lines, head, heap, room)
        if turn == 0:
            matched = got.copy()
        # In later turns those who found somebody in the turn before.
        wanted = got
    w, o = np.array(who, dtype=np.int64), np.array(named, dtype=np.int64)
    return _choice(own, w, o, np.array(taken, dtype=np.float64), matched)


def _advance(
    p: int,
    lines: list[Iterator[tuple[float, int]]],
    head: dict[int, tuple[float, int]],
    heap: list[tuple[float, int, int]],
    room: Floats,
) -> None:
    """Put the next comparator of `p` who is still free on the heap."""
    while True:
        step = head.pop(p, None) or next(lines[p], None)
        if step is None:
            return
        if room[step[1]] > 0.0:
            head[p] = step
            heapq.heappush(heap, (step[0], p, step[1]))
            return


def _lines(own: Spots, other: Spots, caliper: float | None) -> list[Iterator[tuple[float, int]]]:
    """For each pattern of the served, comparators' patterns from the nearest outwards."""
    from scipy.spatial import cKDTree

    lines: list[Iterator[tuple[float, int]]] = []
    for t in range(len(own.patterns.bounds) - 1):
        a, b = own.patterns.bounds[t : t + 2]
        c, d = (int(v) for v in other.patterns.bounds[t : t + 2])
        tree = cKDTree(other.place[c:d]) if d > c else None
        lines += [
            iter(()) if tree is None else _outwards(tree, own.place[p], c, d - c, caliper)
            for p in range(a, b)
        ]
    return lines


def _outwards(
    tree: cKDTree, point: Floats, shift: int, size: int, caliper: float | None
) -> Iterator[tuple[float, int]]:
    beyond = np.inf if caliper is None else caliper + TIED
    done, k = 0, min(FIRST, size)
    while True:
        far, at = (np.asarray(v) for v in tree.query(point, k=list(range(1, k + 1))))
        # Equal distances to nine digits are one distance: their order is that of the values.
        round_far = np.round(far, 9)
        # The last distance may go on beyond what was asked for; it waits for the next look.
        whole = k if k == size else int(np.searchsorted(round_far, round_far[-1]))
        order = np.lexsort((at[:whole], round_far[:whole]))
        for i in order[done:]:
            if far[i] > beyond:
                return
            yield float(round_far[i]), shift + int(at[i])
        if k == size:
            return
        done, k = whole, min(4 * k, size)


def _choice(own: Spots, who: Ints, other: Ints, taken: Floats, matched: Floats) -> Choice:
    """Pairs of patterns as a choice: one entry a pair, in order."""
    order = np.lexsort((other, who))
    who, other, taken = who[order], other[order], taken[order]
    new = np.ones(len(who), dtype=bool)
    new[1:] = (who[1:] != who[:-1]) | (other[1:] != other[:-1])
    first = np.flatnonzero(new)
    if not first.size:
        none = np.zeros(0, dtype=np.int64)
        return Choice(none, np.zeros(0), np.zeros(1, dtype=np.int64), none, np.zeros(0))
    total = np.add.reduceat(taken, first)
    who, other = who[first], other[first]
    rows = np.flatnonzero(np.bincount(who, minlength=own.patterns.count))
    start = np.append(np.searchsorted(who, rows), len(who)).astype(np.int64)
    return Choice(rows, matched[rows], start, other, total)


def people_nearer(own: Spots, other: Spots, radius: Floats, people: Floats) -> Floats:
    """How many people are strictly nearer than a radius: counted anew, without the tree that found them.

    Comparators are put into boxes. Nobody in a box is nearer than its nearest corner or side is;
    everyone in the boxes that come nearer than the radius is measured.

    Parameters
    ----------
    own, other : Spots
    radius : array, shape (P,)
        Of each pattern of `own`; distances within `TIED` of it are not nearer.
    people : array, shape (Q,)
        What each pattern of `other` counts for.

    Returns
    -------
    array, shape (P,)
    """
    found = np.zeros(own.patterns.count)
    for t in range(len(own.patterns.bounds) - 1):
        a, b = (int(v) for v in own.patterns.bounds[t : t + 2])
        c, d = (int(v) for v in other.patterns.bounds[t : t + 2])
        free = c + np.flatnonzero(people[c:d] > 0.0)
        if a == b or not free.size:
            continue
        endless = np.isinf(radius[a:b])
        found[a:b][endless] = people[free].sum()
        boxes = _boxed(other.place, free)
        rows = a + np.flatnonzero(~endless)
        step = max(1, BLOCK // (len(boxes) * other.place.shape[1]))
        low, high = (
            np.array([edge(other.place[box], axis=0) for box in boxes]) for edge in (np.min, np.max)
        )
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            here = own.place[part][:, None, :]
            gap = np.maximum(np.maximum(low - here, here - high), 0.0)
            who, which = np.nonzero((gap**2).sum(axis=2) < radius[part][:, None] ** 2)
            # Box by box, so that memory is that of one box against all who come near it.
            for k in np.unique(which):
                near, box = part[who[which == k]], boxes[k]
                far = np.sqrt(((own.place[near][:, None, :] - other.place[box]) ** 2).sum(axis=2))
                found[near] += (far < radius[near][:, None] - TIED) @ people[box]
    return found


def _boxed(place: Floats, rows: Ints) -> list[Ints]:
    """Rows in boxes of `LEAF` at most: halved again and again along the axis on which they reach farthest."""
    boxes: list[Ints] = []
    left = [rows]
    while left:
        own = left.pop()
        reach = place[own].max(axis=0) - place[own].min(axis=0)
        if len(own) <= LEAF:
            boxes.append(own)
            continue
        order = np.argpartition(place[own, int(reach.argmax())], len(own) // 2)
        left += [own[order[: len(own) // 2]], own[order[len(own) // 2 :]]]
    return boxes
