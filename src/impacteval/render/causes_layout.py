"""Where the things of a graph stand in its drawing: in layers, causes before what they act on.

A small layout of the kind of Sugiyama, Tagawa and Toda (1981): layers by the longest way, long arrows
through places of their own, and rows ordered by the middle of their neighbours. No lot is drawn and ties
go by the order of the plan, so that a graph is always drawn the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

Edge = tuple[str, str]
Place = tuple[float, float]

SWEEPS = 6
PASSING = 0.4
"""Room of an arrow that passes a layer by, as a share of that of a thing."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of things and the way of each arrow; layers from 0 on, rows about 0.

    Attributes
    ----------
    places : dict of node to (layer, row)
    ways : dict of edge to tuple of (layer, row)
        From the cause to the effect, through the layers between them.
    layers : int
    rows : float
        Width of the fullest layer, in things; an arrow that passes by takes less room than one.
    """

    places: dict[str, Place]
    ways: dict[Edge, tuple[Place, ...]]
    layers: int
    rows: float


def layout(nodes: Sequence[str], edges: Sequence[Edge]) -> Layout:
    """Lay a graph without cycles out.

    Parameters
    ----------
    nodes : sequence of str
    edges : sequence of (cause, effect)

    Examples
    --------
    >>> found = layout(["need", "served", "work"], [("need", "served"), ("need", "work"), ("served", "work")])
    >>> [found.places[n][0] for n in ("need", "served", "work")]
    [0.0, 1.0, 2.0]
    >>> len(found.ways["need", "work"])
    3
    """
    layer = _layers(nodes, edges)
    count = max(layer.values()) + 1
    rows: list[list[str]] = [[n for n in nodes if layer[n] == k] for k in range(count)]
    links: list[Edge] = []
    stops: dict[Edge, list[str]] = {}
    for number, (a, b) in enumerate(edges):
        chain = [a]
        for k in range(layer[a] + 1, layer[b]):
            stop = f"\0{number}.{k}"
            rows[k].append(stop)
            chain.append(stop)
        chain.append(b)
        stops[a, b] = chain
        links += list(itertools.pairwise(chain))
    order = _ordered(rows, links)
    where: dict[str, Place] = {}
    fullest = 0.0
    for k, row in enumerate(order):
        room = [PASSING if name.startswith("\0") else 1.0 for name in row]
        fullest, begun = max(fullest, sum(room)), -sum(room) / 2
        for name, own in zip(row, room, strict=True):
            where[name] = (float(k), begun + own / 2)
            begun += own
    ways = {edge: tuple(where[name] for name in chain) for edge, chain in stops.items()}
    return Layout({n: where[n] for n in nodes}, ways, count, fullest)


def _layers(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The longest way to each node; what has no cause stands just before its first effect."""
    layer = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for a, b in edges:
            layer[b] = max(layer[b], layer[a] + 1)
    effects = {b for _, b in edges}
    for node in nodes:
        after = [layer[b] for a, b in edges if a == node]
        if node not in effects and after:
            layer[node] = min(after) - 1
    least = min(layer.values())
    return {node: k - least for node, k in layer.items()}


def _ordered(rows: list[list[str]], links: list[Edge]) -> list[list[str]]:
    """Rows with few crossings: the best of some sweeps forth and back."""
    order = [list(row) for row in rows]
    best, fewest = order, _crossings(order, links)
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        order = [list(row) for row in order]
        for k in range(1, len(order)) if forth else range(len(order) - 2, -1, -1):
            beside = order[k - 1] if forth else order[k + 1]
            place = {name: p - (len(beside) - 1) / 2 for p, name in enumerate(beside)}
            own = {name: p - (len(order[k]) - 1) / 2 for p, name in enumerate(order[k])}
            middle = {}
            for name in order[k]:
                near = [
                    place[a if forth else b]
                    for a, b in links
                    if (b if forth else a) == name and (a if forth else b) in place
                ]
                middle[name] = sum(near) / len(near) if near else own[name]
            # A stable sort: the order of the plan decides between what stands alike.
            order[k] = sorted(order[k], key=middle.__getitem__)
        found = _crossings(order, links)
        if found < fewest:
            best, fewest = order, found
    return best


def _crossings(order: list[list[str]], links: list[Edge]) -> int:
    where = {name: (k, place) for k, row in enumerate(order) for place, name in enumerate(row)}
    found = 0
    for i, (a, b) in enumerate(links):
        for c, d in links[i + 1 :]:
            if where[a][0] == where[c][0]:
                found += (where[a][1] - where[c][1]) * (where[b][1] - where[d][1]) < 0
    return found
