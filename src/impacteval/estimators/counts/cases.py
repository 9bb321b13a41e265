"""Cases as arrays: what was claimed, what a re-check found, and what cannot be counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import Drawn
from impacteval.estimators.counts import words
from impacteval.inference.audits import Audit, audit_of
from impacteval.values import Message

if TYPE_CHECKING:
    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Roles that would change the number, and that nothing here takes into account.
COUNTS_IGNORE = (
    "treatment",
    "assigned",
    "received",
    "pair",
    "weight",
    "exposure",
    "assignment_probability",
)


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """The measured cases of a list.

    Attributes
    ----------
    y : array, shape (n,)
        What was claimed for each.
    audit : Audit or None
        The re-check of a sample of them.
    notes : tuple of Message
        What was left out.
    """

    y: Floats
    audit: Audit | None
    notes: tuple[Message, ...]


def refuse_roles(matrix: Matrix, ignored: tuple[str, ...]) -> None:
    """Refuse a role that would have to be ignored."""
    for role in ignored:
        if getattr(matrix, role) is not None:
            raise NotIdentified(words.role_unknown(role))


def one_row_each(sample: Sample) -> None:
    """Refuse data of several periods."""
    if sample.structure.kind != "cross_section":
        raise NotIdentified(words.several_periods(sample.structure.n_periods))


def read_cases(sample: Sample, *, audit: Mapping[str, int] | None, yes_or_no: bool) -> Cases:
    """The cases of a list and their audit.

    Parameters
    ----------
    sample : Sample
        Design ``count``, one row a case.
    audit : mapping, optional
        An audit of which only the numbers are known: ``checked`` and ``wrong``.
    yes_or_no : bool
        Whether every case must be 0 or 1.

    Raises
    ------
    NotIdentified
        When these cases cannot be counted, or their audit not read.
    UsageError
        When an audit stands both in the plan and in the data.
    """
    one_row_each(sample)
    matrix = sample.matrix()
    refuse_roles(matrix, COUNTS_IGNORE)
    kept = matrix.measured
    if not kept.any():
        raise NotIdentified(words.nothing_measured())
    y = np.array(matrix.y[kept])
    lost = int((~kept).sum())
    notes = (words.not_measured(lost),) if lost else ()
    whole = (y >= 0) & (y == np.floor(y))
    if not whole.all():
        raise NotIdentified(words.not_whole(int((~whole).sum()), _first(y, ~whole)))
    if yes_or_no:
        _yes_or_no(y, audited=False)
    if matrix.audited is None:
        return Cases(y, _told(y, audit), notes)
    if audit is not None:
        raise UsageError(
            "The audit stands twice: in the setting `audit` and in the column of the re-check. "
            "Remove the setting."
        )
    if matrix.cluster is not None or matrix.assignment_cluster is not None:
        raise NotIdentified(words.audit_of_clusters())
    _yes_or_no(y, audited=True)
    codes = np.zeros(len(y), dtype=np.int64)
    names: tuple[str, ...] = ("",)
    if matrix.stratum is not None:
        codes = matrix.stratum.codes[kept]
        names = tuple(str(label) for label in matrix.stratum.labels.tolist())
    return Cases(y, _drawn(y, matrix.audited[kept], codes, names), notes)


def _told(y: Floats, audit: Mapping[str, int] | None) -> Audit | None:
    """An audit of which only the numbers are known."""
    if audit is None:
        return None
    _yes_or_no(y, audited=True)
    cases, checked, wrong = int(y.sum()), audit["checked"], audit["wrong"]
    if checked > cases:
        raise NotIdentified(words.more_checked_than_claimed(checked, cases))
    return Audit((Drawn(checked - wrong, checked, cases),), ("",))


def _drawn(y: Floats, found: Floats, codes: NDArray[np.int64], names: tuple[str, ...]) -> Audit:
    _yes_or_no(found[~np.isnan(found)], audited=True)
    audit = audit_of(y, found, codes, names)
    if not audit.checked:
        raise NotIdentified(words.nothing_checked(()))
    if audit.unchecked:
        raise NotIdentified(words.nothing_checked(audit.unchecked))
    return audit


def _yes_or_no(values: Floats, *, audited: bool) -> None:
    other = (values != 0.0) & (values != 1.0)
    if other.any():
        told = words.not_yes_or_no(int(other.sum()), _first(values, other), audited)
        raise NotIdentified(told)


def _first(values: Floats, which: Bools) -> str:
    return f"{values[which][0]:.10g}"
