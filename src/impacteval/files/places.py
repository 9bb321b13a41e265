"""Places in a file: where every key and value stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from impacteval.errors import Problem

KeyPath = Sequence[str | int]
Mark = tuple[int, int]


@dataclass(slots=True)
class Node:
    """A value with its place; the key's place when it stands under one."""

    value: Any
    mark: Mark
    children: dict[str | int, Node] = field(default_factory=dict)
    key_mark: Mark | None = None
    pending: tuple[str, Mark] | None = None


@dataclass(frozen=True, slots=True)
class Locate:
    """Turns a path inside the file into its place: ``locate.problem(("outcomes", "x"), what, fix)``."""

    file: str
    _root: Node

    def known(self, path: KeyPath) -> tuple[str | int, ...]:
        """The part of the path that exists in the file (validation adds names of its own)."""
        return tuple(key for key, _ in self._walk(path))

    def _walk(self, path: KeyPath) -> Iterator[tuple[str | int, Node]]:
        node = self._root
        for key in path:
            child = node.children.get(key)
            if child is not None:
                yield key, child
                node = child

    def __call__(self, path: KeyPath) -> Mark:
        """Line and column, counted from 1: of the value, or of the key of a block."""
        node = self._root
        for _, child in self._walk(path):
            node = child
        return node.key_mark if node.key_mark and node.children else node.mark

    def key(self, path: KeyPath) -> Mark:
        """Line and column of the key itself."""
        node = self._root
        for _, child in self._walk(path):
            node = child
        return node.key_mark or node.mark

    def problem(self, path: KeyPath, what: str, fix: str = "") -> Problem:
        """A problem at that place."""
        line, column = self(path)
        return Problem(what, fix, file=self.file, line=line, column=column)


def places_of(value: Any) -> Locate:
    """The paths of plain data that stand in no file, so that errors about them can be told."""
    return Locate("", _node(value))


def _node(value: Any) -> Node:
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    return Node(value, (1, 1), {key: _node(item) for key, item in items})
