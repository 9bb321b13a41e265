"""Columns of labels: units, periods, clusters, strata. Compared, ordered, never computed with."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.sample.codes import Bools, Codes, label_array

if TYPE_CHECKING:
    import pandas as pd

_ISO = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"\d{4}",
        r"\d{4}-\d{2}",
        r"\d{4}-\d{2}-\d{2}",
        r"\d{4}-?Q[1-4]",
        r"\d{4}-?[TS][1-4]",
        r"\d{4}-W\d{2}",
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?",
    )
)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """A column as labels.

    Attributes
    ----------
    codes : Codes
        -1 where the label is missing.
    kind : str
        ``number``, ``text``, ``declared`` (an ordered Categorical) or ``empty``.
    missing : bool array, shape (n,)
        Missing or blank.
    fault : str
        What makes the labels unusable; empty when they are usable.
    """

    codes: Codes
    kind: str
    missing: Bools
    fault: str = ""


def _plain(label: Any) -> int | float | str | None:
    """One label as a whole number, a float or text; None when it is neither."""
    if isinstance(label, str):
        return str(label)
    if isinstance(label, bool | np.bool_ | int | np.integer):
        return int(label) if abs(int(label)) < 2**63 else None
    if isinstance(label, np.float32 | np.float16):
        label = float(str(label))
    if isinstance(label, float | np.floating | Decimal):
        value = float(label)
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(label, dt.datetime):  # pandas.Timestamp is one
        midnight = label.tzinfo is None and label.time() == dt.time(0)
        return label.date().isoformat() if midnight else label.isoformat()
    return label.isoformat() if isinstance(label, dt.date) else None


def _fault(labels: list[Any], raw: list[Any]) -> str:
    kinds = {type(label) for label in labels}
    if None in labels:
        odd = next(r for label, r in zip(labels, raw, strict=True) if label is None)
        return f"holds a value of type {type(odd).__name__}, which cannot be a label"
    if str in kinds and len(kinds) > 1:
        return "mixes text and numbers"
    if any(isinstance(label, float) and not math.isfinite(label) for label in labels):
        return "holds an infinite value"
    seen: dict[str, str] = {}
    for label in labels:
        if isinstance(label, str):
            tidy = unicodedata.normalize("NFC", " ".join(label.split()))
            if seen.setdefault(tidy, label) != label:
                return (
                    "has labels that differ only by spaces or by the way accents are stored, "
                    "and would count as two"
                )
    return ""


def read_labels(column: pd.Series[Any]) -> LabelColumn:
    """Read a column as labels, each storage in its own way, never altering it.

    Whole numbers stay whole numbers whatever their storage, dates become ISO text, an ordered
    Categorical keeps its declared order, an empty text is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> read_labels(pd.Series(["b", "a", None])).codes.labels.tolist()
    ['a', 'b']
    """
    import pandas as pd

    dtype: Any = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iu":
        whole = _whole(column)
        if whole is not None:
            return whole
    if isinstance(dtype, pd.CategoricalDtype) and dtype.ordered:
        codes = column.cat.codes.to_numpy().astype(np.int64)
        raw = list(dtype.categories)
        labels = [_plain(label) for label in raw]
        declared = True
    elif isinstance(dtype, pd.PeriodDtype):
        codes, spans = pd.factorize(column, sort=True)
        raw = labels = [str(span) for span in spans]
        declared = True
    else:
        codes, uniques = pd.factorize(column, use_na_sentinel=True)
        raw = list(uniques)
        labels = [_plain(label) for label in raw]
        declared = False
    codes = np.asarray(codes, dtype=np.int64)
    blank = np.array([isinstance(v, str) and not v.strip() for v in labels] + [True], dtype=bool)
    missing = blank[codes]
    used = np.bincount(codes[~missing], minlength=len(labels)) > 0
    kept = np.flatnonzero(used).tolist()
    fault = _fault([labels[k] for k in kept], [raw[k] for k in kept])
    if fault:
        empty = Codes(np.full(len(codes), -1), label_array([]))
        return LabelColumn(empty, "text", missing, fault)
    if not declared:
        kept.sort(key=lambda k: labels[k])  # type: ignore[arg-type,return-value]  # one kind only
    return _assemble(codes, missing, labels, kept, declared)


def _whole(column: pd.Series[Any]) -> LabelColumn | None:
    """A column stored as whole numbers: no label needs to be looked at one by one."""
    import pandas as pd

    codes, uniques = pd.factorize(column.to_numpy())
    if not uniques.size or uniques.max() > np.iinfo(np.int64).max:
        return None
    order = np.argsort(uniques)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    table = uniques[order].astype(np.int64)
    return LabelColumn(Codes(place[codes], table), "number", np.zeros(len(codes), dtype=bool))


def _assemble(
    codes: np.ndarray[Any, Any], missing: Bools, labels: list[Any], kept: list[int], declared: bool
) -> LabelColumn:
    # Two raw labels may be one in the end (1 and 1.0 in an object column, two clock times).
    table = list(dict.fromkeys(labels[k] for k in kept))
    at = {label: k for k, label in enumerate(table)}
    place = np.full(len(labels) + 1, -1, dtype=np.int64)
    for k in kept:
        place[k] = at[labels[k]]
    if not table:
        kind = "empty"
    elif declared:
        kind = "declared"
    else:
        kind = "text" if isinstance(table[0], str) else "number"
    result = Codes(np.where(missing, -1, place[codes]), label_array(table), declared)
    return LabelColumn(result, kind, missing)


def iso_form(labels: list[str]) -> int:
    """Which one ISO form all of the labels have, or -1: forms do not sort among each other."""
    for k, form in enumerate(_ISO):
        if all(form.fullmatch(label) for label in labels):
            return k
    return -1


def as_periods(column: LabelColumn) -> tuple[LabelColumn, bool]:
    """Give text periods a trustworthy order, and say whether text was read as numbers.

    Text of whole numbers becomes numbers (or "10" would stand before "2"); ISO dates, months,
    quarters and weeks of one form sort as they are; any other text has no known order.
    """
    if column.kind != "text" or column.fault:
        return column, False
    labels: list[str] = column.codes.labels.tolist()
    if all(_WHOLE.fullmatch(label.strip()) for label in labels):
        numbers = [int(label) for label in labels]
        kept = sorted(range(len(labels)), key=lambda k: numbers[k])
        read = _assemble(
            np.where(column.missing, -1, column.codes.codes), column.missing, numbers, kept, False
        )
        return read, True
    if iso_form(labels) >= 0:
        return column, False
    fault = "holds text whose order in time is not known"
    return LabelColumn(column.codes, column.kind, column.missing, fault), False
