"""The frozen outcome-blind step: samples without outcomes, and what was made from them.

Eligibility, matching and weights are made on data that hold no outcome, written down with their
digest, and only then are outcomes joined. A second evaluator who runs the same step must get
the same digest; if not, nothing is verified.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from impacteval.canonical import digest
from impacteval.errors import LockError
from impacteval.study.long_tables import take_tables, with_tables

PREPARED_FORMAT = "impacteval-preparation/1"
PREPARED_FILE = "prepared.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PreparedStep(_Frozen):
    """Pairs, weights or scores that an estimator made without outcomes."""

    kind: str
    made_by: str
    digest: str
    tables: dict[str, dict[str, list[Any]]]


class PreparedSample(_Frozen):
    """The outcome-blind sample of one analysis and group."""

    analysis: str
    group: str
    rows: int
    treated: int | None
    blind_digest: str
    step: PreparedStep | None = None


class Prepared(_Frozen):
    """A whole ``prepared.json``."""

    format: Literal["impacteval-preparation/1"] = "impacteval-preparation/1"
    study: str
    plan_digest: str
    samples: tuple[PreparedSample, ...]
    replaces: tuple[str, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Digests of what was frozen here before, the oldest first: none is replaced unseen."""

    @property
    def digest(self) -> str:
        """Digest of everything frozen; long tables enter by the digest of their step."""
        plain = self.model_dump(mode="json")
        for sample in plain["samples"]:
            if sample["step"] is not None:
                del sample["step"]["tables"]
        return digest(plain)

    def of(self, analysis: str, group: str) -> PreparedSample | None:
        """The frozen sample of that analysis and group, None when there is none."""
        for sample in self.samples:
            if (sample.analysis, sample.group) == (analysis, group):
                return sample
        return None


def read_prepared(path: Path) -> Prepared | None:
    """What was frozen, None when nothing was.

    Raises
    ------
    LockError
        When the file is there but cannot be read.
    """
    if not path.exists():
        return None
    try:
        plain = json.loads(path.read_bytes())
        return Prepared.model_validate(with_tables(plain, path.parent))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OSError) as error:
        raise LockError(
            f"{path} cannot be read as a frozen preparation. Put the original file back; or, while "
            "no outcome has been used, delete it and run `impacteval prepare` again."
        ) from error


def frozen_anew(made: Prepared, earlier: Prepared | None) -> Prepared:
    """A new preparation that says what it replaces; the earlier one where nothing has changed."""
    if earlier is None:
        return made
    if made.model_copy(update={"replaces": earlier.replaces}) == earlier:
        return earlier
    return made.model_copy(update={"replaces": (*earlier.replaces, earlier.digest)})


def check_prepared(prepared: Prepared, study: str, wanted: Iterable[tuple[str, str]]) -> None:
    """Refuse a preparation that is not of this study, or not of exactly its analyses and groups.

    Parameters
    ----------
    prepared : Prepared
        What was frozen.
    study : str
        Name of the study.
    wanted : iterable of (analysis, group)
        What is about to be estimated.

    Raises
    ------
    LockError
        With the first thing that does not fit.
    """
    if prepared.study != study:
        raise LockError(
            f"{PREPARED_FILE} is of study {prepared.study!r}, the plan of {study!r}. "
            "Put this study's own file back."
        )
    frozen = [(sample.analysis, sample.group) for sample in prepared.samples]
    needed = list(wanted)
    for name, group in dict.fromkeys([*needed, *frozen]):
        if frozen.count((name, group)) == 0:
            raise LockError(
                f"Nothing was frozen for analysis {name!r}, group {group!r}: run "
                "`impacteval prepare` again before outcomes are used."
            )
        if frozen.count((name, group)) > 1:
            raise LockError(
                f"{PREPARED_FILE} holds analysis {name!r}, group {group!r} twice. "
                "Put the original file back."
            )
        if (name, group) not in needed:
            raise LockError(
                f"{PREPARED_FILE} holds analysis {name!r}, group {group!r}, which the plan does "
                "not have: run `impacteval prepare` again before outcomes are used."
            )


def write_prepared(path: Path, prepared: Prepared) -> None:
    """Write what was frozen, the same bytes for the same content.

    Long tables, such as the pairs of thousands of people, go to a file of their own beside it.
    """
    plain = prepared.model_dump(mode="json")
    take_tables(plain, path.parent)
    text = json.dumps(plain, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
