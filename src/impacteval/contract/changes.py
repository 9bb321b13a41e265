"""Dated amendments as data: which terms of a contract change, when, why, and to what.

A change names terms by their path in the contract and is applied to plain data, so that the
amended contract passes the same checks as one that was written that way from the start.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from impacteval.contract.dates import first_day
from impacteval.contract.paperwork import Source
from impacteval.files import FileModel, PartialDate, PlainWords, Words, fail, plain, refuse
from impacteval.files.kinds import Relative, read_number

Path = tuple[str | int, ...]
Kind = Literal["set", "add", "remove"]

FIXED = ("format", "id", "currency", "changes")
"""What no amendment touches: another one of these is another contract."""
_TABLES: tuple[Path, ...] = (
    ("outcomes",),
    ("groups",),
    ("sources",),
    ("calendar", "settlements"),
    ("calendar", "interim"),
    ("calendar", "milestones"),
)
_STEP = re.compile(r"[A-Za-z0-9_-]+")
_NUMERAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def _path(value: Any) -> str:
    steps = value.strip().split(".") if isinstance(value, str) else []
    if not steps or not all(_STEP.fullmatch(step) for step in steps):
        raise fail(
            f"{str(value)[:60]!r} is not a path into the contract.",
            "Write the keys that lead to the term with points between them, such as "
            "payment.first_of.final.pay; name a clause by its name, another entry by its number.",
        )
    if steps[0] in FIXED:
        raise fail(
            f"`{steps[0]}` cannot be amended: a contract with another one is another contract.",
            "Amend the terms, or write a new contract.",
        )
    return ".".join(steps)


def _given(value: Any) -> Any:
    if value is None:
        raise fail("There is no value.", "Write the new value, or name the path under `remove`.")
    return value


PathInto = Annotated[str, BeforeValidator(_path)]
Values = Annotated[
    dict[PathInto, Annotated[Any, BeforeValidator(_given)]],
    AfterValidator(MappingProxyType),
    PlainSerializer(dict),
]


class Change(FileModel):
    """One amendment: when it takes force, why, who decided, and which terms it changes."""

    date: PartialDate = Field(description="the day from which the contract reads as amended")
    cause: PlainWords = Field(description="why the contract was amended")
    decided_by: PlainWords = Field(description="who decided the amendment, or not_published")
    what: PlainWords = Field(description="what changes, in plain words")
    set: Values = Field(default_factory=dict, validate_default=True)
    add: Values = Field(default_factory=dict, validate_default=True)
    remove: tuple[PathInto, ...] = ()
    source: Source | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not (self.set or self.add or self.remove):
            refuse(
                [
                    (
                        (),
                        "The amendment does not say which terms it changes.",
                        "Write `set: {path: new value}`, `add: {path: entry}` or `remove: [path]`.",
                    )
                ]
            )
        return self

    @property
    def decider(self) -> Words | None:
        """Who decided, None when that is not published."""
        return None if self.decided_by.en == "not_published" else self.decided_by

    def paths(self) -> Iterator[tuple[Kind, str, Path]]:
        """Each path as written, with what is done to it and its place in the amendment."""
        for path in self.set:
            yield "set", path, ("set", path)
        for path in self.add:
            yield "add", path, ("add", path)
        for k, path in enumerate(self.remove):
            yield "remove", path, ("remove", k)


@dataclass(frozen=True, slots=True)
class Edit:
    """One term of the contract and what one amendment does to it.

    Attributes
    ----------
    place : tuple
        Where it stands in the file, for problems: ``("changes", 0, "set", "payment.pay")``.
    kind : str
        ``set``, ``add`` or ``remove``.
    path : tuple
        The path in the contract's plain data; an entry added to a list ends in its later place.
    value
        The new value.
    """

    place: Path
    kind: Kind
    path: Path
    value: Any = None


def by_date(changes: Iterable[Change]) -> Iterator[tuple[tuple[int, Change], ...]]:
    """Amendments that take force on one day, each with its place in the list."""
    listed = enumerate(changes)
    for _, together in groupby(listed, key=lambda item: first_day(item[1].date)):
        yield tuple(together)


def order_problems(changes: tuple[Change, ...]) -> Iterator[Relative]:
    """Amendments stand in the order in which they take force."""
    for k in range(1, len(changes)):
        if first_day(changes[k].date) < first_day(changes[k - 1].date):
            yield (
                ("changes", k, "date"),
                f"The amendment of {changes[k].date} stands after the one of {changes[k - 1].date}.",
                "Put the amendments in the order of their dates.",
            )


def edits_of(
    state: Mapping[str, Any], together: tuple[tuple[int, Change], ...]
) -> tuple[list[Edit], list[Relative]]:
    """What the amendments of one day do to a contract, and what is wrong with their paths.

    Parameters
    ----------
    state : mapping
        The contract before that day as plain data. Every path is read in it, so that amendments
        of one day do not depend on their order.
    together : tuple of (int, Change)
        The amendments, each with its place in the list.
    """
    edits: list[Edit] = []
    problems: list[Relative] = []
    appended: dict[Path, int] = {}
    for k, change in together:
        for kind, written, inside in change.paths():
            place: Path = ("changes", k, *inside)
            found = resolved(state, written)
            wrong = _wrong(state, kind, written, found)
            if wrong is not None:
                problems.append((place, *wrong))
                continue
            assert found.path is not None
            path = found.path
            if kind == "add" and not _in_table(path):
                listed = found.value if isinstance(found.value, list | tuple) else []
                at = appended.get(path, len(listed))
                appended[path] = at + 1
                path = (*path, at)
            value = None if kind == "remove" else getattr(change, kind)[written]
            clash = next((e for e in edits if _overlap(e.path, path)), None)
            if clash is not None:
                problems.append((place, *_clash(written, change.date)))
            else:
                edits.append(Edit(place, kind, path, value))
    return edits, problems


def applied(state: Mapping[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """The contract's plain data after these edits; what was given is left as it is."""
    after: dict[str, Any] = deepcopy(dict(state))
    listed = list(edits)
    for edit in listed:
        if edit.kind != "remove":
            _put(after, edit.path, deepcopy(edit.value))
    # The last entry of a list goes first, so that the places of the others stay what they are.
    gone = [edit.path for edit in listed if edit.kind == "remove"]
    for path in sorted(gone, key=lambda p: [(isinstance(s, int), s) for s in p], reverse=True):
        del _at(after, path[:-1])[path[-1]]
    return after


def nearest(edits: Iterable[Edit], path: Path) -> Path:
    """The place of the edit that a problem at that path is most likely about."""

    def shared(edit: Edit) -> int:
        same = 0
        for a, b in zip(edit.path, path, strict=False):
            if a != b:
                break
            same += 1
        return same

    return max(edits, key=shared).place


def without_nothing(value: Any) -> Any:
    """Plain data without the keys that hold nothing: what is not given does not exist."""
    if isinstance(value, Mapping):
        return {k: without_nothing(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [without_nothing(item) for item in value]
    return value


def spelled(value: Any) -> Any:
    """A new value as text in which the spelling of numbers does not matter: 10 and 10.0 are one."""
    if isinstance(value, Mapping):
        return {key: spelled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [spelled(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return plain(read_number(value)) + ("%" if type(value).__name__ == "Percent" else "")
    text = str(value)
    return plain(Decimal(text)) if _NUMERAL.fullmatch(text) else text


# --- paths ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """Where a written path leads.

    Attributes
    ----------
    path : tuple or None
        Its steps in the plain data; None when it leads nowhere.
    exists : bool
        Whether something stands there already. If not, its last step is a key that can be given.
    value
        What stands there.
    what, fix : str
        Why it leads nowhere.
    """

    path: Path | None
    exists: bool = False
    value: Any = None
    what: str = ""
    fix: str = ""


def resolved(state: Mapping[str, Any], written: str) -> Found:
    """Follow a written path through a contract's plain data.

    A clause, a layer or a check in a list is named by its name; any entry by its number from 1.

    Examples
    --------
    >>> terms = {"payment": {"sum": [{"linear": {"name": "jobs", "per_unit": 5}}]}}
    >>> resolved(terms, "payment.sum.jobs.per_unit").path
    ('payment', 'sum', 0, 'linear', 'per_unit')
    """
    node: Any = state
    path: list[str | int] = []
    steps = written.split(".")
    for k, step in enumerate(steps):
        last = k == len(steps) - 1
        here = ".".join(steps[:k])
        if isinstance(node, Mapping):
            # A payment of one threshold may be written without the word for it.
            bare = node.get("threshold")
            if step not in node and isinstance(bare, Mapping) and step in bare:
                path.append("threshold")
                node = bare
            path.append(step)
            if step not in node:
                if last:
                    return Found(tuple(path))
                return Found(None, what=_nowhere(step, here), fix=_near(step, node))
            node = node[step]
        elif isinstance(node, list | tuple):
            entry = _entry(node, step)
            if entry is None:
                named = [name for item in node for _, name in _names(item)]
                return Found(None, what=_nowhere(step, here), fix=_entries_known(step, node, named))
            path += entry
            node = _at(node, entry)
        else:
            return Found(
                None,
                what=f"`{here}` is a single value, and `{step}` would stand inside it.",
                fix="End the path there.",
            )
    return Found(tuple(path), exists=True, value=node)


def _entry(items: list[Any] | tuple[Any, ...], step: str) -> Path | None:
    if step.isdecimal() and step.isascii():
        return (int(step) - 1,) if 1 <= int(step) <= len(items) else None
    for k, item in enumerate(items):
        for inner, name in _names(item):
            if name == step:
                return (k, *inner)
    return None


def _names(item: Any) -> Iterator[tuple[Path, str]]:
    """The names that an entry of a list goes by: its own, or that of the clause it wraps."""
    if not isinstance(item, Mapping):
        return
    for key in ("name", "diagnostic"):
        if isinstance(item.get(key), str):
            yield (), item[key]
            return
    for key, inner in item.items():
        if isinstance(inner, Mapping) and isinstance(inner.get("name"), str):
            yield (key,), inner["name"]


def _nowhere(step: str, here: str) -> str:
    return f"There is no `{step}` under `{here}`." if here else f"The contract has no `{step}`."


def _near(step: str, known: Iterable[str]) -> str:
    listed = [str(key) for key in known]
    close = difflib.get_close_matches(step, listed, n=1)
    hint = f"Did you mean `{close[0]}`? " if close else ""
    return f"{hint}Known: {', '.join(listed)}." if listed else "It is empty."


def _entries_known(step: str, items: list[Any] | tuple[Any, ...], named: list[str]) -> str:
    if named:
        return _near(step, named)
    return f"Name an entry by its number, 1 to {len(items)}." if items else "The list is empty."


def _in_table(path: Path) -> bool:
    """Whether a path is an entry of a table, such as one group."""
    return path[:-1] in _TABLES


def _wrong(
    state: Mapping[str, Any], kind: Kind, written: str, found: Found
) -> tuple[str, str] | None:
    """Why a path cannot be set, added to or removed; None when it can."""
    if found.path is None:
        return found.what, found.fix
    if kind == "remove" and not found.exists:
        return f"`{written}` is not in the contract, so it cannot be removed.", "Check the path."
    if kind == "set" and not found.exists and _in_table(found.path):
        known = _at(state, found.path[:-1])
        step = str(found.path[-1])
        return (
            f"`{written}` is not in the contract.",
            f"{_near(step, known)} Write a new entry under `add`.",
        )
    if kind == "add" and found.exists and not isinstance(found.value, list | tuple):
        return f"`{written}` is in the contract already.", "Write its new value under `set`."
    return None


def _overlap(one: Path, other: Path) -> bool:
    """Whether one path is the other, or leads into it."""
    short = min(len(one), len(other))
    return one[:short] == other[:short]


def _clash(written: str, date: str) -> tuple[str, str]:
    return (
        f"`{written}` is amended twice on one day ({date}).",
        "Keep one of them: of two amendments on one day nobody can tell which holds.",
    )


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _put(data: Any, path: Path, value: Any) -> None:
    owner = data
    for k, step in enumerate(path[:-1]):
        if isinstance(owner, dict) and step not in owner:
            owner[step] = [] if isinstance(path[k + 1], int) else {}
        owner = owner[step]
    last = path[-1]
    if isinstance(owner, list) and isinstance(last, int) and last >= len(owner):
        owner.append(value)
    else:
        owner[last] = value
