"""Causes as a directed graph without cycles: what leads where, and which ways stay open.

A way between two things is closed by holding fixed something on it that passes the tie on, and by leaving
alone something that two arrows of it meet in, with all that follows from that (Pearl 1988: d-separation).
Exact, and small: graphs that a person draws.

References
----------
Pearl (1988), *Probabilistic Reasoning in Intelligent Systems*, section 3.3.
Shpitser, VanderWeele and Robins (2010), On the validity of covariate adjustment for estimating causal
effects. *UAI*. arXiv:1203.3515
van der Zander, Liskiewicz and Textor (2014), Constructing separators and adjustment sets in ancestral
graphs. *UAI*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import islice, pairwise

Edge = tuple[str, str]
Path = tuple[str, ...]

MOST_PATHS = 2_000
"""Ways that are followed; a graph with more open ways than these is told about these."""


@dataclass(frozen=True, slots=True)
class Causes:
    """What causes what.

    Attributes
    ----------
    edges : tuple of (cause, effect)

    Examples
    --------
    >>> causes = Causes((("need", "served"), ("need", "work"), ("served", "work")))
    >>> [*causes.back_doors("served", "work", frozenset())]
    [('served', 'need', 'work')]
    >>> [*causes.back_doors("served", "work", frozenset({"need"}))]
    []
    """

    edges: tuple[Edge, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """Everything named, in the order of first mention."""
        return tuple(dict.fromkeys(node for edge in self.edges for node in edge))

    def causes_of(self, node: str) -> tuple[str, ...]:
        """What points at it."""
        return tuple(a for a, b in self.edges if b == node)

    def effects_of(self, node: str) -> tuple[str, ...]:
        """What it points at."""
        return tuple(b for a, b in self.edges if a == node)

    def after(self, *nodes: str) -> frozenset[str]:
        """Those nodes and all that follows from them."""
        return _reached(nodes, self.effects_of)

    def before(self, *nodes: str) -> frozenset[str]:
        """Those nodes and all that leads to them."""
        return _reached(nodes, self.causes_of)

    def cycle(self) -> Path | None:
        """Something that comes to cause itself, as it goes round; None where nothing does."""
        for node in self.nodes:
            for effect in self.effects_of(node):
                back = self.way(effect, node)
                if back is not None:
                    return (node, *back)
        return None

    def way(self, start: str, end: str) -> Path | None:
        """The shortest way along arrows, the first in the order of the file; None without any."""
        came: dict[str, str | None] = {start: None}
        queue = [start]
        for node in queue:
            if node == end:
                found = [node]
                while (back := came[found[-1]]) is not None:
                    found.append(back)
                return tuple(reversed(found))
            for effect in self.effects_of(node):
                if effect not in came:
                    came[effect] = node
                    queue.append(effect)
        return None

    def back_doors(self, start: str, end: str, held: Set[str]) -> Iterator[Path]:
        """Ways into `start` that tie it to `end` and that are open when `held` are held fixed.

        Parameters
        ----------
        start, end : str
        held : set of str
            What is held fixed; neither `start` nor `end`.

        Yields
        ------
        tuple of str
            Nodes from `start` to `end`, none twice; the first arrow points at `start`. At most
            `MOST_PATHS`.
        """
        opened = self.before(*held) if held else frozenset()
        # No open way leaves what leads to its ends or to what is held fixed.
        kept = self.before(start, end, *held)
        own = Causes(tuple(edge for edge in self.edges if edge[1] in kept))
        for cause in self.causes_of(start):
            found = own._on((start, cause), False, end, held, opened)
            yield from islice(found, MOST_PATHS)

    def _on(
        self, path: Path, entered: bool, end: str, held: Set[str], opened: Set[str]
    ) -> Iterator[Path]:
        """Open ways that begin so; `entered` is whether the last arrow points at the last node."""
        node = path[-1]
        if node == end:
            yield path
            return
        # Two arrows meet here, or the tie is passed on.
        if entered and node in opened:
            for cause in self.causes_of(node):
                if cause not in path:
                    yield from self._on((*path, cause), False, end, held, opened)
        if node in held:
            return
        for effect in self.effects_of(node):
            if effect not in path:
                yield from self._on((*path, effect), True, end, held, opened)
        if not entered:
            for cause in self.causes_of(node):
                if cause not in path:
                    yield from self._on((*path, cause), False, end, held, opened)

    def meetings(self, path: Path) -> tuple[str, ...]:
        """Inner nodes of a way that two of its arrows meet in."""
        edges = set(self.edges)
        return tuple(
            node
            for before, node, after in zip(path, path[1:], path[2:], strict=False)
            if (before, node) in edges and (after, node) in edges
        )

    def separated(self, a: str, b: str, held: Set[str]) -> bool:
        """Whether holding those fixed leaves no tie between two nodes (d-separation).

        By the moral graph of what leads to any of them, which is another way to the answer than
        following single ways.

        Examples
        --------
        >>> meeting = Causes((("a", "c"), ("b", "c")))
        >>> meeting.separated("a", "b", set()), meeting.separated("a", "b", {"c"})
        (True, False)
        """
        kept = self.before(a, b, *held)
        ties: dict[str, set[str]] = {node: set() for node in kept}
        for node in kept:
            family = [*self.causes_of(node), node]
            for one in family:
                ties[one] |= set(family) - {one}
        return b not in _reached((a,), lambda node: ties[node] - set(held))

    def without_effects_of(self, node: str) -> Causes:
        """The graph without the arrows that leave a node."""
        return Causes(tuple(edge for edge in self.edges if edge[0] != node))

    def written(self, path: Path) -> str:
        """A way as a person would write it: ``served <- need -> work``."""
        edges = set(self.edges)
        parts = [path[0]]
        for before, node in pairwise(path):
            parts += ["->" if (before, node) in edges else "<-", node]
        return " ".join(parts)


def sufficient(
    causes: Causes, start: str, end: str, measured: Iterable[str]
) -> frozenset[str] | None:
    """A set of measured causes that closes every back door; None where none does.

    All measured things that lead to either end and do not follow from `start`: where any set of
    measured things will do, this one does (van der Zander, Liskiewicz and Textor 2014).
    """
    found = (causes.before(start, end) & set(measured)) - causes.after(start) - {end}
    return found if causes.without_effects_of(start).separated(start, end, found) else None


def _reached(nodes: Iterable[str], step: object) -> frozenset[str]:
    seen = dict.fromkeys(nodes)
    queue = list(seen)
    for node in queue:
        for other in step(node):  # type: ignore[operator]
            if other not in seen:
                seen[other] = None
                queue.append(other)
    return frozenset(seen)
