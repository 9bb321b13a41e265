"""Everyone eligible, and how far each of them came: read whole, or refused with what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.sample.codes import Bools, Floats, Ints
from impacteval.sample.findings import Findings, counted, did_you_mean, row_numbers
from impacteval.sample.labels import read_labels
from impacteval.sample.numbers import read_numbers

if TYPE_CHECKING:
    import pandas as pd

NOT_REFERRED, REFUSED, ACCEPTED = 0, 1, 2
"""How far somebody came: never referred; referred and not taken on; taken on."""


@dataclass(frozen=True, slots=True, eq=False)
class Funnel:
    """Everyone eligible, one row each.

    Attributes
    ----------
    fate : int64 array, shape (n,)
        0 never referred, 1 referred and not taken on, 2 taken on.
    referral : bool
        Whether referrals are recorded; without them, everyone counts as referred.
    measured : bool array, shape (n,), or None
        Whether the outcome is known; None where that is not recorded.
    reason : tuple of (str or None), length n
        Why somebody did not go on; None where no reason is given.
    has_reasons : bool
        Whether reasons are recorded at all.
    x : float64 array, shape (n, k)
        The profile. What is missing holds the average of those of whom it is known, and a column of
        its own says who they are.
    names : tuple of str, length k
        The columns of `x`; one that says what is missing is named as its column, and marked in
        `absent`.
    absent : bool array, shape (k,)
        Which columns of `x` say that another is missing.
    known : bool array, shape (n, k)
        Where `x` is what the table holds.
    unit : object array, shape (n,), or None
        Labels, pseudonyms where they are people.
    people : bool
        Whether small groups could be recognised.
    """

    fate: Ints
    referral: bool
    measured: Bools | None
    reason: tuple[str | None, ...]
    has_reasons: bool
    x: Floats
    names: tuple[str, ...]
    absent: Bools
    known: Bools
    unit: Any = None
    people: bool = True

    @property
    def n(self) -> int:
        """How many are eligible."""
        return len(self.fate)

    def of(self, *fates: int) -> Bools:
        """Those who came exactly so far, shape (n,)."""
        return np.asarray(np.isin(self.fate, fates))

    @classmethod
    def from_frame(
        cls,
        df: pd.DataFrame,
        *,
        accepted: str,
        profile: str | Sequence[str],
        unit: str | None = None,
        referred: str | None = None,
        reason: str | None = None,
        measured: str | None = None,
        missing_profile: str = "refuse",
        people: bool = True,
        source: str = "",
    ) -> Funnel:
        """Read the table of everyone eligible.

        Parameters
        ----------
        df : DataFrame
            One row each; never altered.
        accepted, referred, measured : str
            Columns of 1 and 0. `accepted` may be blank for those who were not referred.
        profile : str or sequence of str
            Columns of numbers known of everyone beforehand.
        unit, reason : str, optional
            Who they are; why they did not go on.
        missing_profile : {"refuse", "kept"}
            What becomes of blanks in the profile.
        people : bool
            Whether groups of fewer than ten could be recognised.
        source : str
            The name of the table in messages.

        Raises
        ------
        DataError
            Every problem at once: a step that is neither 0 nor 1, somebody taken on who was never
            referred, the same unit twice, a reason for somebody who went all the way.

        Examples
        --------
        >>> import pandas as pd
        >>> df = pd.DataFrame(
        ...     {"sent": [1, 1, 1, 0], "taken": [1, 1, 0, None], "age": [20, 30, 60, 40]}
        ... )
        >>> found = Funnel.from_frame(df, referred="sent", accepted="taken", profile="age")
        >>> found.fate.tolist()
        [2, 2, 1, 0]
        """
        names = (profile,) if isinstance(profile, str) else tuple(profile)
        findings = Findings(source=source, rows=row_numbers(df))
        wanted = [c for c in (unit, referred, accepted, reason, measured, *names) if c is not None]
        for column in dict.fromkeys(wanted):
            if column not in df.columns:
                findings.add(
                    f"there is no column {column!r}.", did_you_mean(column, map(str, df.columns))
                )
        findings.raise_problems()
        n = len(df)
        if n == 0:
            findings.add("nobody is eligible.", "Check the table, and the rules under `eligible`.")
            findings.raise_problems()
        labels = None if unit is None else _units(df, unit, findings)
        sent = np.ones(n) if referred is None else _step(df, referred, findings)
        asked = sent == 1.0
        taken = _step(df, accepted, findings, asked=None if referred is None else asked)
        early = (taken == 1.0) & (sent == 0.0)
        if early.any():
            findings.add(
                f"{counted(int(early.sum()), 'row')} say that somebody was taken on ({accepted!r}) who "
                f"was never referred ({referred!r}): {findings.where(early)}.",
                "Correct the table: whoever was taken on was referred.",
            )
        seen = None if measured is None else _step(df, measured, findings) == 1.0
        told = (None,) * n if reason is None else _reasons(df, reason)
        whole = (taken == 1.0) & (True if seen is None else seen)
        stray = whole & np.array([t is not None for t in told], dtype=bool)
        if stray.any():
            findings.add(
                f"{counted(int(stray.sum()), 'row')} give a reason ({reason!r}) for somebody who was "
                f"taken on{'' if seen is None else ' and measured'}: {findings.where(stray)}.",
                "A reason says why somebody did not go on; leave the others blank.",
            )
        x, absent, known, columns = _profile(df, names, missing_profile, findings)
        findings.raise_problems()
        fate = np.where(taken == 1.0, ACCEPTED, np.where(asked, REFUSED, NOT_REFERRED))
        return cls(
            fate=fate.astype(np.int64),
            referral=referred is not None,
            measured=seen,
            reason=told,
            has_reasons=reason is not None,
            x=x,
            names=columns,
            absent=absent,
            known=known,
            unit=labels,
            people=people,
        )


def _units(df: pd.DataFrame, column: str, findings: Findings) -> Any:
    read = read_labels(df[column])
    if read.fault:
        findings.add(f"column {column!r} {read.fault}.", "Write identifiers in one way.")
        return None
    if read.missing.any():
        findings.add(
            f"column {column!r} is blank in {counted(int(read.missing.sum()), 'row')} "
            f"(first: {findings.first_row(read.missing)}).",
            "Everyone eligible has an identifier; complete the column.",
        )
        return None
    times = np.bincount(read.codes.codes)
    twice = times[read.codes.codes] > 1
    if twice.any():
        findings.add(
            f"column {column!r} names {counted(int((times > 1).sum()), 'unit')} more than once: "
            f"{findings.where(twice)}.",
            "One row for each person eligible: nobody may be counted twice.",
        )
    return read.codes.labels[read.codes.codes]


def _step(
    df: pd.DataFrame, column: str, findings: Findings, *, asked: Bools | None = None
) -> Floats:
    """A column of 1 and 0. Where somebody was not asked, a blank is a step not taken."""
    read = read_numbers(df[column])
    values = np.array(read.values)
    wrong = read.text | (~np.isnan(values) & (values != 0.0) & (values != 1.0))
    if wrong.any():
        findings.add(
            f"column {column!r} holds something other than 1 and 0 in "
            f"{counted(int(wrong.sum()), 'row')} ({findings.where(wrong)}).",
            "Write 1 where the step was taken and 0 where it was not.",
        )
    blank = np.isnan(values) & ~wrong
    if asked is not None:
        values[blank & ~asked] = 0.0
        blank &= asked
    if blank.any():
        whom = "" if asked is None else " of those who were referred"
        findings.add(
            f"column {column!r} is blank in {counted(int(blank.sum()), 'row')}{whom} "
            f"({findings.where(blank)}).",
            "Write 1 or 0: somebody of whom it is not known can be neither counted nor left out.",
        )
    return values


def _reasons(df: pd.DataFrame, column: str) -> tuple[str | None, ...]:
    lost = df[column].isna().tolist()
    said = [
        None if gone else str(v).strip() for v, gone in zip(df[column].tolist(), lost, strict=True)
    ]
    return tuple(text or None for text in said)


def _profile(
    df: pd.DataFrame, names: tuple[str, ...], missing: str, findings: Findings
) -> tuple[Floats, Bools, Bools, tuple[str, ...]]:
    values, known, columns, absent = [], [], [], []
    for column in names:
        read = read_numbers(df[column])
        own = np.array(read.values)
        if read.text.any():
            findings.add(
                f"column {column!r} of the profile holds {read.example} in "
                f"{counted(int(read.text.sum()), 'row')} ({findings.where(read.text)}).",
                "A profile is made of numbers; write a category as a column of 1 and 0.",
            )
            continue
        infinite = np.isinf(own)
        if infinite.any():
            findings.add(
                f"column {column!r} of the profile is not finite ({findings.where(infinite)}).",
                "Correct the table.",
            )
            continue
        blank = np.isnan(own)
        if blank.all():
            findings.add(
                f"column {column!r} of the profile is blank.", "Leave it out of the profile."
            )
            continue
        if blank.any() and missing != "kept":
            findings.add(
                f"column {column!r} of the profile is blank in {counted(int(blank.sum()), 'row')} "
                f"({findings.where(blank)}).",
                "Complete it, leave it out, or write `missing_profile: kept`: then it is compared "
                "where it is known, and so is whether it is known.",
            )
        own[blank] = own[~blank].mean() if (~blank).any() else 0.0
        values.append(own)
        known.append(~blank)
        columns.append(column)
        absent.append(False)
        if blank.any():
            values.append(blank.astype(np.float64))
            known.append(np.ones(len(own), dtype=bool))
            columns.append(column)
            absent.append(True)
    if not values:
        empty = np.zeros((len(df), 0))
        return empty, np.zeros(0, dtype=bool), empty.astype(bool), ()
    return (
        np.column_stack(values),
        np.array(absent, dtype=bool),
        np.column_stack(known),
        tuple(columns),
    )


__all__ = ["ACCEPTED", "NOT_REFERRED", "REFUSED", "Funnel"]
