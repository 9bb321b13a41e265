"""The lock: contract, plan and data schema fixed before outcomes are used.

Deviations are computed by comparing the lock with what is run; nobody declares them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from impacteval.canonical import canonical, digest
from impacteval.errors import LockError, StudyError
from impacteval.files import FileModel, read_yaml
from impacteval.values import Message, Text

LOCK_FORMAT = "impacteval-lock/1"
LOCK_FILE = "lock.yaml"


class LockedFile(FileModel):
    """A file fixed by the digest of its canonical content."""

    file: str
    digest: str


class LockedTable(FileModel):
    """The columns of one table and their types, without a single value."""

    source: str
    columns: dict[str, str]


class Lock(FileModel):
    """A whole ``lock.yaml``."""

    format: Literal["impacteval-lock/1"] = "impacteval-lock/1"
    study: str
    date: str | None = None
    contract: LockedFile
    plan: LockedFile
    plan_content: str
    data: dict[str, LockedTable]
    software: dict[str, str]
    replaces: tuple[str, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Digests of the locks that stood here before, the oldest first: none is replaced unseen."""

    @property
    def digest(self) -> str:
        """Digest of everything locked."""
        return digest(self.model_dump(mode="json"))


def read_lock(path: Path) -> Lock | None:
    """The lock of a study, None when it was never locked.

    Raises
    ------
    LockError
        When the file is there but cannot be read as a lock.
    """
    if not path.exists():
        return None
    try:
        return read_yaml(path, Lock, kind="lock", error=StudyError)[0]
    except StudyError as error:
        raise LockError(f"The lock cannot be read, so nothing can be verified.\n{error}") from error


def write_lock(path: Path, lock: Lock) -> None:
    """Write the lock beside the study, the same bytes for the same content."""
    import yaml

    content = lock.model_dump(mode="json", exclude_none=True)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8", newline="\n")


def content_of(model: BaseModel) -> str:
    """The canonical text of a file model, from which later deviations are computed.

    How a number is spelled does not matter: 0.25 and 0.250 are one plan. Keys at their default
    do not count, so a key added to the language later leaves the digest of earlier plans alone.
    """
    return json.dumps(
        canonical(_unspelled(model.model_dump(exclude_defaults=True))),
        sort_keys=True,
        ensure_ascii=False,
    )


def _unspelled(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value.normalize() if value else Decimal(0)
    if isinstance(value, Mapping):
        return {key: _unspelled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_unspelled(item) for item in value]
    return value


_CHANGED = Text(
    en="The plan says {now} at `{place}`; the lock says {before}.",
    fr="Le plan indique {now} pour « {place} » ; le plan verrouillé indiquait {before}.",
)
_ADDED = Text(
    en="`{place}` was added to the plan after the lock ({now}).",
    fr="« {place} » a été ajouté au plan après le verrouillage ({now}).",
)
_REMOVED = Text(
    en="`{place}` was removed from the plan after the lock (it was {before}).",
    fr="« {place} » a été retiré du plan après le verrouillage (c'était {before}).",
)
_SCHEMA = Text(
    en="Column `{column}` of table `{table}`: {now} now, {before} at the lock.",
    fr="Colonne « {column} » de la table « {table} » : {now} à présent, {before} au verrouillage.",
)
_SOFTWARE = Text(
    en="Version of {package}: {now:text} now, {before:text} at the lock.",
    fr="Version de {package} : {now:text} à présent, {before:text} au verrouillage.",
)
_ABSENT = Text(en="absent", fr="absente")
_KINDS: Mapping[str, Text] = {
    "numbers": Text(en="numbers", fr="nombres"),
    "text": Text(en="text", fr="texte"),
    "dates": Text(en="dates", fr="dates"),
    "true or false": Text(en="true or false", fr="vrai ou faux"),
}


_REPLACED = Text(
    en="The study was locked anew: this lock replaces {digest:text}.",
    fr="L'étude a été verrouillée de nouveau : ce verrou remplace {digest:text}.",
)
REPLACED = "lock.replaced"
"""Key of the message that says so, with the digest of the lock that stood before."""


def anew(made: Lock, earlier: Lock | None) -> Lock:
    """A new lock that says what it replaces; the earlier one where nothing has changed."""
    if earlier is None:
        return made
    same = made.model_copy(update={"replaces": earlier.replaces})
    if same == earlier:
        return earlier
    return made.model_copy(update={"replaces": (*earlier.replaces, earlier.digest)})


def _kind(column: str | None) -> Text:
    """The type of a column in both languages; its storage, in brackets, is the same in both."""
    if column is None:
        return _ABSENT
    kind, bracket, storage = column.partition(" (")
    named = _KINDS.get(kind, Text(en=kind or "?", fr=kind or "?"))
    return Text(en=named.en + bracket + storage, fr=named.fr + bracket + storage)


def deviations(lock: Lock, now: Lock) -> tuple[Message, ...]:
    """What changed between the lock and the run, in a fixed order.

    Parameters
    ----------
    lock : Lock
        What was fixed.
    now : Lock
        The same facts computed from what is about to run.

    Raises
    ------
    LockError
        When the contract is not the one that was locked: money terms do not change quietly.
    """
    if lock.study != now.study:
        raise LockError(f"The lock is of study {lock.study!r}, the plan of {now.study!r}.")
    if lock.contract.digest != now.contract.digest:
        raise LockError(
            f"{now.contract.file} is not the contract that was locked "
            f"(locked {lock.contract.digest}, found {now.contract.digest}). "
            "Put the locked contract back, or agree the change and lock again."
        )
    found = [Message(REPLACED, _REPLACED, {"digest": before}) for before in lock.replaces]
    for place, before, after in _differences(_plan_of(lock), _plan_of(now)):
        if before is _NOTHING:
            values = {"place": place, "now": _short(after)}
            found.append(Message("lock.added", _ADDED, values))
        elif after is _NOTHING:
            values = {"place": place, "before": _short(before)}
            found.append(Message("lock.removed", _REMOVED, values))
        else:
            old_text, new_text = _short(before), _short(after)
            if old_text == new_text:
                old_text, new_text = _from_difference(before, after)
            values = {"place": place, "now": new_text, "before": old_text}
            found.append(Message("lock.changed", _CHANGED, values))
    for table in sorted(lock.data.keys() | now.data.keys()):
        old = lock.data[table].columns if table in lock.data else {}
        new = now.data[table].columns if table in now.data else {}
        for column in sorted(old.keys() | new.keys()):
            if old.get(column) != new.get(column):
                values_ = {
                    "table": table,
                    "column": column,
                    "now": _kind(new.get(column)),
                    "before": _kind(old.get(column)),
                }
                found.append(Message("lock.schema", _SCHEMA, values_))
    for package in sorted(lock.software.keys() | now.software.keys()):
        before_, after_ = lock.software.get(package), now.software.get(package)
        if before_ != after_:
            found.append(
                Message(
                    "lock.software",
                    _SOFTWARE,
                    {"package": package, "now": after_ or _ABSENT, "before": before_ or _ABSENT},
                )
            )
    return tuple(found)


def _plan_of(lock: Lock) -> Any:
    """The plan that a lock holds, once it is certain that it is the one whose digest it holds."""
    if digest(lock.plan_content) != lock.plan.digest:
        raise LockError(
            "The lock contradicts itself: the plan written in it does not have the digest written "
            f"beside it ({lock.plan.digest}). Put the original {LOCK_FILE} back."
        )
    try:
        return json.loads(lock.plan_content)
    except json.JSONDecodeError as error:
        raise LockError(f"The plan inside {LOCK_FILE} cannot be read: {error}.") from error


class _Nothing:
    """Marks an absent key, which differs from a key whose value is null."""


_NOTHING = _Nothing()


def _differences(before: Any, after: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted(before.keys() | after.keys()):
            inner = f"{place}.{key}" if place else str(key)
            yield from _differences(before.get(key, _NOTHING), after.get(key, _NOTHING), inner)
    elif isinstance(before, list) and isinstance(after, list):
        for k, (old, new) in enumerate(zip_longest(before, after, fillvalue=_NOTHING)):
            yield from _differences(old, new, f"{place}[{k + 1}]")
    elif type(before) is not type(after) or before != after:
        # In Python true equals 1, in a plan it does not.
        yield place, before, after


SHOWN = 80
"""The longest part of a plan that a deviation quotes."""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _from_difference(before: Any, after: Any) -> tuple[str, str]:
    """Two long texts that begin alike, quoted from a little before where they part."""
    old, new = _text(before), _text(after)
    if old == new:  # true and "true": only their kind differs
        return json.dumps(before, ensure_ascii=False), json.dumps(after, ensure_ascii=False)
    same = next((k for k, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    at = max((same or min(len(old), len(new))) - 20, 0)
    return f"...{_short(old[at:])}", f"...{_short(new[at:])}"
