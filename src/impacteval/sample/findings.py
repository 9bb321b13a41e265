"""Problems gathered while data are read, so that all of them are told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.errors import DataError, Problem
from impacteval.sample import records
from impacteval.sample.codes import Bools, Codes, Ints
from impacteval.values import Message

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 5


def listed(items: Sequence[Any], most: int = SHOWN) -> str:
    """The first few items, and how many more there are.

    Examples
    --------
    >>> listed([3, 5, 8], most=2)
    '3, 5 and 1 more'
    """
    shown = ", ".join(str(item) for item in items[:most])
    rest = len(items) - most
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def counted(n: int, one: str, many: str = "") -> str:
    """A count with its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion and the names there are, for a name that is not among them."""
    names = [str(k) for k in known]
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if not close:
        folded = {k.casefold().strip(): k for k in names}
        close = [folded[key]] if (key := str(name).casefold().strip()) in folded else []
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}The columns are: {listed(names, 12)}." if names else "There are no columns."


ROW_INDEX = "row"
"""Name of an index that holds the row of the file, from 1, of a frame that lost some of its rows."""


def row_numbers(df: pd.DataFrame) -> Ints:
    """The row that people know each row by: its place, or what an index named ``row`` says.

    Examples
    --------
    >>> import pandas as pd
    >>> df = pd.DataFrame({"y": [1, 2, 3]}, index=pd.Index([1, 2, 3], name="row"))
    >>> row_numbers(df[df["y"] > 1]).tolist()
    [2, 3]
    """
    if df.index.name == ROW_INDEX and df.index.dtype.kind in "iu" and df.index.is_unique:
        return df.index.to_numpy(dtype=np.int64, copy=True)
    return np.arange(1, len(df) + 1)


@dataclass(slots=True)
class Findings:
    """What reading found: problems to raise together, and records of what was converted.

    Attributes
    ----------
    source : str
        The name of the data, shown before each problem.
    unit : Codes or None
        Unit labels of the rows as they were given, once they are known.
    rows : int64 array or None
        Row of the caller's frame (from 1) of each row, when rows are no longer as given.
    single : list of str
        Columns that were stored in single precision.
    """

    source: str = ""
    unit: Codes | None = None
    rows: Ints | None = None
    single: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    records: list[Message] = field(default_factory=list)

    def add(self, what: str, fix: str = "") -> None:
        """Note one problem."""
        self.problems.append(Problem(what, fix, file=self.source))

    def record(self, message: Message) -> None:
        """Note something a reader should know, which is not wrong."""
        self.records.append(message)

    def take_records(self) -> tuple[Message, ...]:
        """The records so far, which are then forgotten: those of outcomes follow apart."""
        taken = [records.float32(", ".join(self.single))] if self.single else []
        taken += self.records
        self.single, self.records = [], []
        return tuple(taken)

    def where(self, rows: Bools) -> str:
        """The first units of a row mask; rows, from 1, where units have no label or a pseudonym.

        The order of pseudonyms is always declared, which is how they are known here.
        """
        places = np.flatnonzero(rows)
        if self.unit is None or self.unit.declared_order:
            given = places + 1 if self.rows is None else np.sort(self.rows[places])
            return f"row{'s' if len(given) != 1 else ''} {listed(given.tolist())}"
        labels = list(dict.fromkeys(self.unit.values[places].tolist()))
        return f"unit{'s' if len(labels) != 1 else ''} {listed(labels)}"

    def first_row(self, rows: Bools) -> str:
        """The first row of a mask, in words."""
        place = int(np.flatnonzero(rows)[0])
        return f"row {place + 1 if self.rows is None else int(self.rows[place])}"

    def raise_problems(self) -> None:
        """Raise `DataError` with everything found, if anything was."""
        if self.problems:
            raise DataError(self.problems)
