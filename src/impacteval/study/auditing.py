"""Draw the cases that are checked again: the same ones for everybody who has the list.

Each case is given a number that depends on the seed and on its own label only (SHA-256), and the
cases with the smallest numbers are drawn. The order of the rows has no say, a longer sample holds
the shorter one, and whoever has the list can check any case by hand.

References
----------
Ohlsson (1995), Coordination of samples using permanent random numbers. *Business Survey Methods*,
chapter 9.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from impacteval.errors import Problem, StudyError, UsageError
from impacteval.sample.findings import counted, listed

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.plan import Analysis
    from impacteval.sample.roles import Kind
    from impacteval.study.folder import Study

FOUND = "found"
"""The column that the auditor fills in."""


@dataclass(frozen=True, slots=True)
class CaseList:
    """The cases an audit is drawn from.

    Attributes
    ----------
    labels : tuple of str
        One label a case, each once.
    strata : tuple of str
        The stratum of each; empty where the audit is drawn from all together.
    unit, stratum : str
        Names of the columns; `stratum` is empty without one.
    left_out : int
        Rows that claim nothing, and cannot be drawn.
    """

    labels: tuple[str, ...]
    strata: tuple[str, ...]
    unit: str
    stratum: str
    left_out: int


@dataclass(frozen=True, slots=True)
class AuditSample:
    """The cases that were drawn, in the order in which they were.

    Attributes
    ----------
    cases : CaseList
        What they were drawn from.
    rows : tuple of int
        Positions in the list.
    seed : int
        The seed.
    digest : str
        ``sha256:`` digest of the labels of the list in alphabetical order: the same list for
        whoever draws again.
    """

    cases: CaseList
    rows: tuple[int, ...]
    seed: int
    digest: str

    def by_stratum(self) -> dict[str, tuple[int, int]]:
        """Cases drawn and cases there are, by stratum, in alphabetical order."""
        names = self.cases.strata or ("",) * len(self.cases.labels)
        drawn = [names[row] for row in self.rows]
        return {name: (drawn.count(name), names.count(name)) for name in sorted(set(names))}

    def csv(self) -> str:
        """The cases with an empty column for what is found, as text of a CSV file."""
        cases, out = self.cases, io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([cases.unit, *([cases.stratum] if cases.stratum else []), FOUND])
        for row in self.rows:
            own = [cases.strata[row]] if cases.stratum else []
            writer.writerow([cases.labels[row], *own, ""])
        return out.getvalue()


def number_of(seed: int, label: str) -> str:
    """The number of a case, as text that sorts: it depends on seed and label alone.

    Examples
    --------
    >>> number_of(7, "C0001")[:8]
    '6c43af82'
    """
    return hashlib.sha256(f"{seed}:{label}".encode()).hexdigest()


def draw(cases: CaseList, *, n: int, seed: int) -> AuditSample:
    """Draw `n` cases without replacement.

    Parameters
    ----------
    cases : CaseList
        What to draw from.
    n : int
        How many. With strata each gets its share of them, by largest remainders, and one at
        least: a stratum of which nothing was checked would leave the whole audit unread.
    seed : int
        The seed.

    Raises
    ------
    UsageError
        When there are fewer cases than that, or more strata.

    Examples
    --------
    >>> cases = CaseList(("a", "b", "c", "d"), (), "case", "", 0)
    >>> again = CaseList(("d", "c", "b", "a"), (), "case", "", 0)
    >>> first, second = draw(cases, n=2, seed=7), draw(again, n=2, seed=7)
    >>> [cases.labels[k] for k in first.rows] == [again.labels[k] for k in second.rows]
    True
    """
    total = len(cases.labels)
    if not 1 <= n <= total:
        raise UsageError(
            Problem(
                f"{n} cases cannot be drawn from {total}.",
                f"Ask for 1 to {total}."
                if not cases.left_out
                else f"Ask for 1 to {total}: the {cases.left_out} rows that claim nothing cannot "
                "be drawn.",
            )
        )
    order = sorted(range(total), key=lambda k: (number_of(seed, cases.labels[k]), cases.labels[k]))
    if cases.strata:
        quota = allocate({s: cases.strata.count(s) for s in sorted(set(cases.strata))}, n)
        order = _within(order, cases.strata, quota)
    text = "\n".join(sorted(cases.labels))
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return AuditSample(cases, tuple(order[:n]), seed, digest)


def _within(order: list[int], strata: Sequence[str], quota: Mapping[str, int]) -> list[int]:
    """The first of each stratum, up to its share."""
    left = dict(quota)
    kept = []
    for row in order:
        if left[strata[row]]:
            left[strata[row]] -= 1
            kept.append(row)
    return kept


def allocate(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """How many of `n` each stratum gets: its share, one at least, never more than it has.

    Examples
    --------
    >>> allocate({"east": 90, "north": 9, "west": 1}, 10)
    {'east': 8, 'north': 1, 'west': 1}
    """
    if n < len(sizes):
        raise UsageError(
            Problem(
                f"{n} cases cannot be drawn from {len(sizes)} strata: each needs one at least.",
                f"Ask for {len(sizes)} or more, or draw without strata.",
            )
        )
    total = sum(sizes.values())
    # Whole numbers only, so that no rounding decides a tie.
    quota = {name: max(1, n * size // total) for name, size in sizes.items()}
    remainder = {name: (n * size) % total for name, size in sizes.items()}
    while sum(quota.values()) > n:
        most = max((q for q in quota.values()), default=0)
        name = min(
            (s for s in quota if quota[s] == most and most > 1), key=lambda s: (remainder[s], s)
        )
        quota[name] -= 1
    while sum(quota.values()) < n:
        name = min((s for s in sizes if quota[s] < sizes[s]), key=lambda s: (-remainder[s], s))
        quota[name] += 1
        remainder[name] = -1
    return quota


# --- the list -----------------------------------------------------------------------------------


def cases_of(
    frame: pd.DataFrame, *, unit: str, claimed: str | None, stratum: str | None
) -> CaseList:
    """The cases of a table that claim something.

    Parameters
    ----------
    frame : DataFrame
        One row a case.
    unit, stratum : str
        Columns of labels.
    claimed : str, optional
        Column of what is claimed; rows of 0, and rows without a value, claim nothing.

    Raises
    ------
    UsageError
        For labels that are missing or stand twice; every problem at once.
    """
    rows, left_out = frame, 0
    if claimed is not None:
        claims = frame[claimed].astype("float64")
        rows = frame[claims.notna() & (claims != 0.0)]
        left_out = len(frame) - len(rows)
    problems = [
        Problem(f"Column {column!r} is empty in {counted(bare, 'row')}.", "Every case needs one.")
        for column in (unit, stratum)
        if column is not None and (bare := int(_blank(rows[column]).sum()))
    ]
    labels = rows[unit].astype(str)
    again = labels[labels.duplicated() & ~_blank(rows[unit])]
    if len(again):
        twice = listed(list(dict.fromkeys(again))[:5])
        problems.append(
            Problem(
                f"Column {unit!r} has {counted(again.nunique(), 'label')} more than once: {twice}.",
                "Keep one row a case: a case that stands twice would be drawn twice as often.",
            )
        )
    if not len(rows) and not problems:
        problems.append(Problem("No row claims anything, so there is nothing to draw from."))
    if problems:
        raise UsageError(problems)
    return CaseList(
        tuple(labels),
        () if stratum is None else tuple(rows[stratum].astype(str)),
        unit,
        stratum or "",
        left_out,
    )


def _blank(column: pd.Series) -> pd.Series:
    return column.isna() | (column.astype(str).str.strip() == "")


def cases_of_file(
    path: Path, *, unit: str | None, claimed: str | None, stratum: str | None, separator: str
) -> CaseList:
    """The cases of a table in a file; its first column holds the labels unless `unit` says more."""
    from impacteval.plan import TableSpec
    from impacteval.study.read import read_table

    if unit is None:
        unit = _first_column(path, separator)
    wanted: dict[str, Kind] = {unit: "text"}
    if stratum is not None:
        wanted[stratum] = "text"
    if claimed is not None:
        wanted[claimed] = "number"
    spec = TableSpec(file=path.name, format="csv", separator=separator)
    frame = read_table(spec, wanted, folder=path.parent)
    return cases_of(frame, unit=unit, claimed=claimed, stratum=stratum)


def _first_column(path: Path, separator: str) -> str:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = next(csv.reader(file, delimiter=separator), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise StudyError(
            Problem(f"{path} cannot be read as a CSV file.", "Save it as CSV in UTF-8.")
        ) from error
    if not head or not head[0].strip():
        raise StudyError(
            Problem(f"{path} has no first column to take labels from.", "Name one: --unit COLUMN.")
        )
    return head[0]


def cases_of_study(study: Study, *, analysis: str | None, stratum: str | None) -> CaseList:
    """The claimed cases of a study's verified list, under the labels of its own file."""
    from impacteval.study.read import read_table
    from impacteval.study.rows import select

    name, planned = _counted(study, analysis)
    columns = planned.columns
    if columns.unit is None:
        raise StudyError(
            Problem(
                f"Analysis {name!r} names no column of labels, so no case can be found again.",
                "Name one under `columns: {unit: ...}` in plan.yaml.",
            )
        )
    by = stratum or columns.stratum
    # What the audit will find is not there yet.
    wanted = {c: k for c, k in study.columns_of(planned.data).items() if c != columns.audited}
    if by is not None:
        wanted.setdefault(by, "text")
    frame = read_table(study.plan.data[planned.data], wanted, folder=study.root)
    rows, _ = select(name, planned, frame, "all")
    return cases_of(rows, unit=columns.unit, claimed=columns.outcome, stratum=by)


def _counted(study: Study, analysis: str | None) -> tuple[str, Analysis]:
    counted = {n: a for n, a in study.plan.analyses.items() if a.design == "count"}
    if analysis is not None and analysis not in counted:
        raise UsageError(
            Problem(
                f"The plan has no analysis {analysis!r} of design count.",
                f"Those it has: {', '.join(counted) or 'none'}.",
            )
        )
    if analysis is None and len(counted) != 1:
        raise UsageError(
            Problem(
                f"The plan has {len(counted)} analyses of design count.",
                f"Name one: --analysis {' or '.join(counted)}."
                if counted
                else "An audit is drawn from a verified list; give the list as a CSV file.",
            )
        )
    name = analysis or next(iter(counted))
    return name, counted[name]
