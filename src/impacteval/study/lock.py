"""The lock: contract, plan and data schema fixed before outcomes are used.

Deviations are computed by comparing the lock with what is run; nobody declares them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

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
    en="Column `{column}` of table `{table}` is {now}; at the lock it was {before}.",
    fr="La colonne « {column} » de la table « {table} » est {now} ; au verrouillage elle était {before}.",
)
_SOFTWARE = Text(
    en="{package} is version {now}; the lock was made with {before}.",
    fr="{package} est en version {now} ; le verrouillage a été fait avec la version {before}.",
)
_ABSENT = Text(en="absent", fr="absent")


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
    found: list[Message] = []
    for place, before, after in _differences(
        json.loads(lock.plan_content), json.loads(now.plan_content)
    ):
        if before is _NOTHING:
            found.append(Message("lock.added", _ADDED, {"place": place, "now": _short(after)}))
        elif after is _NOTHING:
            found.append(
                Message("lock.removed", _REMOVED, {"place": place, "before": _short(before)})
            )
        else:
            values = {"place": place, "now": _short(after), "before": _short(before)}
            found.append(Message("lock.changed", _CHANGED, values))
    for table in sorted(lock.data.keys() | now.data.keys()):
        old = lock.data[table].columns if table in lock.data else {}
        new = now.data[table].columns if table in now.data else {}
        for column in sorted(old.keys() | new.keys()):
            if old.get(column) != new.get(column):
                values_ = {
                    "table": table,
                    "column": column,
                    "now": new.get(column, _ABSENT),
                    "before": old.get(column, _ABSENT),
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


class _Nothing:
    """Marks an absent key, which differs from a key whose value is null."""


_NOTHING = _Nothing()


def _differences(before: Any, after: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted(before.keys() | after.keys()):
            inner = f"{place}.{key}" if place else str(key)
            yield from _differences(before.get(key, _NOTHING), after.get(key, _NOTHING), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for k, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, f"{place}[{k + 1}]")
    elif before != after or isinstance(before, _Nothing):
        yield place, before, after


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
