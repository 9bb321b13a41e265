"""YAML text into plain text, lists and mappings with their places, and into nothing else.

The text is read event by event. Aliases, anchors, tags, duplicate keys, deep nesting and long
files are refused, so that no file can construct an object, expand without end or let a later key
win.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from impacteval.errors import Problem
from impacteval.files.places import Mark, Node

MAX_DEPTH = 30
MAX_NODES = 20_000


class _Stop(Exception):
    """The file cannot be read any further."""


_HINTS = (
    ("\\t", "Indent with spaces, never with tabs."),
    ("mapping values are not allowed", "Put text that contains a colon in quotes."),
    ("expected <block end>", "Check the indentation of this line against the lines above."),
    ("could not find expected ':'", "A key needs a colon and a space after it."),
    ("cannot start any token", "Put text that begins with a special character in quotes."),
)
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


@dataclass(slots=True)
class _Composer:
    """Builds nodes from events, noting every problem; `_Stop` ends what cannot be read further."""

    file: str
    problems: list[Problem]
    stack: list[Node] = field(default_factory=list)
    root: Node | None = None
    count: int = 0
    trusted: bool = True
    named: set[str] = field(default_factory=set)

    def note(self, mark: Mark, what: str, fix: str) -> None:
        self.problems.append(Problem(what, fix, file=self.file, line=mark[0], column=mark[1]))

    def stop(self, mark: Mark, what: str, fix: str) -> NoReturn:
        self.note(mark, what, fix)
        raise _Stop

    def event(self, event: yaml.Event) -> None:
        start = event.start_mark
        mark = (start.line + 1, start.column + 1) if start is not None else (1, 1)
        if isinstance(event, yaml.NodeEvent):
            self.count += 1
            if self.count > MAX_NODES:
                self.stop(mark, f"The file has more than {MAX_NODES} values.", "Shorten it.")
        if isinstance(event, yaml.AliasEvent):
            self.trusted = False
            if f"*{event.anchor}" not in self.named:
                self.named.add(f"*{event.anchor}")
                what = f"The file uses the alias `*{event.anchor}`."
                self.note(mark, what, "Write the value out: aliases are not read.")
            self.add(Node(None, mark), f"*{event.anchor}")
        elif isinstance(event, yaml.ScalarEvent):
            self.bare(event, mark)
            null = event.style is None and event.value in _NULLS
            self.add(Node(None if null else event.value, mark), event.value)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.bare(event, mark)
            node = Node({} if isinstance(event, yaml.MappingStartEvent) else [], mark)
            self.add(node, None)
            self.stack.append(node)
            if len(self.stack) > MAX_DEPTH:
                self.stop(mark, f"The file nests deeper than {MAX_DEPTH} levels.", "Flatten it.")
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self.stop(mark, "The file holds a second document after `---`.", "Keep one.")

    def bare(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, mark: Mark) -> None:
        """Only plain text, lists and mappings: no anchors, no tags."""
        if event.anchor is not None:
            what = f"The file uses the anchor `&{event.anchor}`."
            self.note(mark, what, "Remove it: anchors and aliases are not read.")
        if event.tag is not None:
            self.trusted = False
            what = f"The file uses the tag `{event.tag[:60]}`."
            fix = "Remove it: every value is read as plain text, never as an object."
            self.note(mark, what, fix)

    def add(self, node: Node, key: str | None) -> None:
        """Hang a node under its parent; `key` is its text when it is a scalar."""
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.children[len(top.value)] = node
            top.value.append(node.value)
            return
        if top.pending is None:
            if key is None:
                self.stop(node.mark, "A key must be one word, not a list or a block.", "Name it.")
            top.pending = (key, node.mark)
            return
        (name, mark), top.pending = top.pending, None
        node.key_mark = mark
        if name in top.children:
            first = top.children[name].key_mark or mark
            what = (
                f"The key `{name[:40]}` stands twice in the same block (first on line {first[0]})."
            )
            self.note(mark, what, "Keep one of them.")
            return
        top.children[name] = node
        top.value[name] = node.value


def compose(text: str, file: str, problems: list[Problem]) -> Node | None:
    composer = _Composer(file, problems)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            composer.event(event)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as caught:
        at = caught.problem_mark or caught.context_mark
        what = (caught.problem or caught.context or "it cannot be parsed").strip()
        hint = next((fix for sign, fix in _HINTS if sign in what), "")
        place = (at.line + 1, at.column + 1) if at is not None else (1, 1)
        composer.note(place, f"The file is not valid YAML: {what}.", hint)
        return None
    except (yaml.YAMLError, ValueError, OverflowError) as caught:
        # PyYAML lets a bare ValueError through for some impossible escapes.
        what = (
            "an escape in quotes is not a character"
            if isinstance(caught, ValueError | OverflowError)
            else str(caught)
        )
        composer.note((1, 1), f"The file is not valid YAML: {what}.", "")
        return None
    # What stands behind an alias or a tag is not known, so complaints about it would mislead.
    return composer.root if composer.trusted else None
