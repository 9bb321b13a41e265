"""One reader of YAML files that people write: every mistake at once, each with its place.

The text is composed event by event into plain text, lists and mappings, never into objects, with
a mark for every key and value; pydantic then types the text and its error paths are turned back
into ``file:line:column``. Aliases, anchors, tags, duplicate keys, deep nesting and long files are
refused, so that no file can construct an object, expand without end or let a later key win.
"""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from impacteval.errors import ContractError, InputError, Problem
from impacteval.files.kinds import FileModel

MAX_BYTES = 256 * 1024
MAX_DEPTH = 30
MAX_NODES = 20_000
MAX_PROBLEMS = 50

Path_ = Sequence[str | int]
M = TypeVar("M", bound=BaseModel)
Mark = tuple[int, int]


class _Stop(Exception):
    """The file cannot be read any further."""


@dataclass(slots=True)
class _Node:
    """A value with its place; the key's place when it stands under one."""

    value: Any
    mark: Mark
    children: dict[str | int, _Node] = field(default_factory=dict)
    key_mark: Mark | None = None
    pending: tuple[str, Mark] | None = None


@dataclass(frozen=True, slots=True)
class Locate:
    """Turns a path inside the file into its place: ``locate.problem(("outcomes", "x"), what, fix)``."""

    file: str
    _root: _Node

    def known(self, path: Path_) -> tuple[str | int, ...]:
        """The part of the path that exists in the file (validation adds names of its own)."""
        return tuple(key for key, _ in self._walk(path))

    def _walk(self, path: Path_) -> Iterator[tuple[str | int, _Node]]:
        node = self._root
        for key in path:
            child = node.children.get(key)
            if child is not None:
                yield key, child
                node = child

    def __call__(self, path: Path_) -> Mark:
        """Line and column, counted from 1: of the value, or of the key of a block."""
        node = self._root
        for _, child in self._walk(path):
            node = child
        return node.key_mark if node.key_mark and node.children else node.mark

    def key(self, path: Path_) -> Mark:
        """Line and column of the key itself."""
        node = self._root
        for _, child in self._walk(path):
            node = child
        return node.key_mark or node.mark

    def problem(self, path: Path_, what: str, fix: str = "") -> Problem:
        """A problem at that place."""
        line, column = self(path)
        return Problem(what, fix, file=self.file, line=line, column=column)


def read_yaml(
    path: str | Path,
    model: type[M],
    *,
    kind: str = "contract",
    version: int = 1,
    error: type[InputError] = ContractError,
    context: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> tuple[M, Locate]:
    """Read a file that people write.

    Parameters
    ----------
    path : path
        The file. Its first line says ``format: impacteval-<kind>/<version>``.
    model : type
        The pydantic model of the file. It has a ``format`` field.
    kind, version : str, int
        What the file must say it is.
    error : type of InputError
        What to raise; it lists every problem found.
    context : callable, optional
        Makes pydantic's validation context from the file's plain content.

    Returns
    -------
    value, locate
        The model, and a `Locate` for checks that come later.

    Raises
    ------
    InputError
        Of type `error`: unreadable, not YAML, or not what the model asks for.
    """
    file = str(path)
    text = _text(file, error)
    problems: list[Problem] = []
    root = _compose(text, file, problems)
    if root is None or not isinstance(root.value, dict):
        if not problems:
            problems.append(_whole(file, *_ROOT))
        raise error(problems)
    locate = Locate(file, root)
    problems += _format_problems(root, locate, f"impacteval-{kind}/{version}")
    data = root.value
    try:
        value = model.model_validate(data, context=context(data) if context else None)
    except ValidationError as caught:
        problems += _translated(caught, model, locate, kind)
        value = None
    if problems or value is None:
        raise error(_tidy(problems, file))
    return value, locate


_ROOT = (
    "The file is not a list of keys and values.",
    "Begin with a line such as `format: impacteval-contract/1`.",
)


def _whole(file: str, what: str, fix: str = "") -> Problem:
    return Problem(what, fix, file=file, line=1, column=1)


def _tidy(problems: list[Problem], file: str) -> list[Problem]:
    """In the order of the file, without repeats, and not more than anybody would read."""
    unique = list(dict.fromkeys(sorted(problems, key=lambda p: (p.line, p.column))))
    if len(unique) > MAX_PROBLEMS:
        more = len(unique) - MAX_PROBLEMS
        unique = [
            *unique[:MAX_PROBLEMS],
            _whole(file, f"{more} more problems are not listed.", "Mend these first."),
        ]
    return unique


def _text(file: str, error: type[InputError]) -> str:
    path = Path(file)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise error(_whole(file, "The file does not exist.", "Check the path.")) from None
    except OSError as caught:
        reason = caught.strerror or "unknown reason"
        raise error(_whole(file, f"The file cannot be opened ({reason}).")) from None
    if len(raw) > MAX_BYTES:
        raise error(
            _whole(file, f"The file is larger than {MAX_BYTES // 1024} KiB.", "Shorten it.")
        )
    if b"\0" in raw:
        raise error(_whole(file, "The file is binary, not text.", "Give a UTF-8 text file."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise error(
            _whole(file, "The file is not UTF-8 text.", "Save it again with encoding UTF-8.")
        ) from None
    if not text.strip():
        raise error(_whole(file, "The file is empty."))
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if odd is not None:
        before = text[: odd.start()]
        raise error(
            Problem(
                f"The file has the control character U+{ord(odd.group()):04X}, which text does not have.",
                "Delete it.",
                file=file,
                line=before.count("\n") + 1,
                column=len(before) - (before.rfind("\n") + 1) + 1,
            )
        )
    return text


# --- composing ---------------------------------------------------------------------------------

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
    stack: list[_Node] = field(default_factory=list)
    root: _Node | None = None
    count: int = 0

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
            what = f"The file uses the alias `*{event.anchor}`."
            self.note(mark, what, "Write the value out: aliases are not read.")
            self.add(_Node(None, mark), f"*{event.anchor}")
        elif isinstance(event, yaml.ScalarEvent):
            self.bare(event, mark)
            null = event.style is None and event.value in _NULLS
            self.add(_Node(None if null else event.value, mark), event.value)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.bare(event, mark)
            node = _Node({} if isinstance(event, yaml.MappingStartEvent) else [], mark)
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
            what = f"The file uses the tag `{event.tag[:60]}`."
            fix = "Remove it: every value is read as plain text, never as an object."
            self.note(mark, what, fix)

    def add(self, node: _Node, key: str | None) -> None:
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


def _compose(text: str, file: str, problems: list[Problem]) -> _Node | None:
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
        composer.note((1, 1), f"The file is not valid YAML: {str(caught).splitlines()[0]}.", "")
        return None
    return composer.root


def _format_problems(root: _Node, locate: Locate, wanted: str) -> list[Problem]:
    said = root.value.get("format")
    if "format" not in root.value:
        return [
            _whole(
                locate.file, "The file does not say its format.", f"Begin with `format: {wanted}`."
            )
        ]
    if said != wanted:
        return [
            locate.problem(
                ("format",),
                f"The format {str(said)[:60]!r} is not read here.",
                f"Write `format: {wanted}`.",
            )
        ]
    if next(iter(root.value)) != "format":
        line, column = locate.key(("format",))
        return [
            Problem(
                "`format` must be the first key.", "Move it to the top.", locate.file, line, column
            )
        ]
    return []


# --- validation errors into sentences ------------------------------------------------------------


def _translated(
    caught: ValidationError, model: type[BaseModel], locate: Locate, kind: str
) -> list[Problem]:
    problems: list[Problem] = []
    for item in caught.errors(include_url=False):
        path, context = item["loc"], item.get("ctx", {})
        if path == ("format",):
            continue  # said already, and better
        if item["type"] == "located":
            for relative, what, fix in context["problems"]:
                problems.append(locate.problem((*path, *relative), what, fix))
            continue
        if item["type"] == "extra_forbidden":
            line, column = locate.key(path)
            what, fix = _unknown_key(model, path, locate, kind)
            problems.append(Problem(what, fix, locate.file, line, column))
            continue
        what, fix = _sentence(item, model, locate, kind)
        problems.append(locate.problem(path, what, fix))
    return problems


def _dotted(path: Path_) -> str:
    text = ""
    for key in path:
        text += f"[{key + 1}]" if isinstance(key, int) else (f".{key}" if text else key)
    return f"`{text}`" if text else "The file"


def _sentence(item: Any, model: type[BaseModel], locate: Locate, kind: str) -> tuple[str, str]:
    path, context, given = item["loc"], item.get("ctx", {}), item.get("input")
    name = _dotted(locate.known(path))
    if item["type"] == "missing":
        inside = f" in {name}" if locate.known(path) else ""
        return f"The key `{path[-1]}` is missing{inside}.", _what_for(model, path)
    if item["type"] == "value":
        return f"{name}: {context['what']}", context["fix"]
    if given is None and item["type"] != "literal_error":
        return f"{name} has no value.", _what_for(model, path) or "Write one, or remove the key."
    match item["type"]:
        case "literal_error":
            return _word(item, model, locate, kind)
        case "string_type":
            return f"{name} must be a text, not {_shape(given)}.", ""
        case "model_type" | "dict_type" | "model_attributes_type" | "mapping_type":
            allowed = _allowed(_models_at(model, path))
            return (
                f"{name} must be a block of keys and values, not {_shape(given)}.",
                f"Allowed keys: {', '.join(allowed)}." if allowed else "",
            )
        case "tuple_type" | "list_type":
            return f"{name} must be a list, not {_shape(given)}.", "Begin each entry with `- `."
        case "too_short":
            return f"{name} needs at least one entry.", ""
        case "too_long":
            return f"{name} has too many entries.", f"At most {context.get('max_length')}."
    return f"{name}: {item['msg']}.", ""


def _word(item: Any, model: type[BaseModel], locate: Locate, kind: str) -> tuple[str, str]:
    name, given = _dotted(locate.known(item["loc"])), item.get("input")
    allowed = re.findall(r"'([^']*)'", str(item.get("ctx", {}).get("expected", "")))
    for owner in _models_at(model, item["loc"][:-1]):
        if issubclass(owner, FileModel):
            later = owner.LATER_WORDS.get(str(item["loc"][-1]), frozenset())
            if isinstance(given, str) and given in later:
                return (
                    f"This version cannot execute `{given}` under {name}{_RELIES[kind == 'contract']}.",
                    (f"Allowed: {', '.join(allowed)}."),
                )
    if not isinstance(given, str):
        what = "no value" if given is None else _shape(given)
        return f"{name} has {what} where one word is expected.", f"Allowed: {', '.join(allowed)}."
    return (
        f"{name}: {given[:40]!r} is not allowed here.",
        f"{_near(given, allowed)}Allowed: {', '.join(allowed)}.",
    )


_RELIES = {True: ", so a contract that relies on it cannot be priced", False: ""}


def _unknown_key(model: type[BaseModel], path: Path_, locate: Locate, kind: str) -> tuple[str, str]:
    key = str(path[-1])
    owners = _models_at(model, path[:-1])
    allowed = _allowed(owners)
    for owner in owners:
        if issubclass(owner, FileModel):
            if key in owner.ELSEWHERE:
                return f"The key `{key}` does not belong here.", owner.ELSEWHERE[key]
            if key in owner.LATER:
                return f"This version cannot execute `{key}`{_RELIES[kind == 'contract']}.", (
                    f"Allowed keys here: {', '.join(allowed)}."
                )
    inside = locate.known(path[:-1])
    where = f" in {_dotted(inside)}" if inside else ""
    return (
        f"The key `{key[:40]}` is not known{where}.",
        f"{_near(key, allowed)}Allowed: {', '.join(allowed)}.",
    )


def _near(word: str, allowed: Sequence[str]) -> str:
    close = difflib.get_close_matches(word[:60], allowed, n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`? " if close else ""


def _shape(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a block of keys"
    if isinstance(value, list | tuple):
        return "a list"
    return "nothing" if value is None else f"{str(value)[:40]!r}"


def _names(model: type[BaseModel]) -> dict[str, Any]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _allowed(models: Sequence[type[BaseModel]]) -> list[str]:
    return list(dict.fromkeys(name for model in models for name in _names(model)))


def _what_for(model: type[BaseModel], path: Path_) -> str:
    """What a missing key is for, from the description of its field."""
    for owner in _models_at(model, path[:-1]):
        info = _names(owner).get(str(path[-1]))
        if info is not None and info.description:
            return f"It says {info.description}."
    return ""


def _models_at(model: type[BaseModel], path: Path_) -> list[type[BaseModel]]:
    """The models that may stand at that path; names that validation added are stepped over."""
    current: list[Any] = [model]
    for key in path:
        following: list[Any] = []
        for kind in current:
            following += list(_step(kind, key))
        if following:
            current = [leaf for kind in following for leaf in _leaves(kind)]
    return [kind for kind in current if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _step(kind: Any, key: str | int) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        info = _names(kind).get(str(key))
        if info is not None:
            yield info.annotation
        elif kind.__name__ == key:
            yield kind
    elif get_origin(kind) in (tuple, list) and isinstance(key, int):
        yield get_args(kind)[0]
    elif get_origin(kind) is dict and not isinstance(key, int):
        yield get_args(kind)[1]


def _leaves(kind: Any) -> Iterator[Any]:
    """Inside optional, annotated and union types."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _leaves(get_args(kind)[0])
    elif origin is Union or origin is types.UnionType:
        for part in get_args(kind):
            yield from _leaves(part)
    elif kind is not type(None):
        yield kind
