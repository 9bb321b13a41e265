"""Columns of numbers: every kind of numeric storage becomes float64, or a problem."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.sample.codes import Bools, Floats

if TYPE_CHECKING:
    import pandas as pd

EXACT = 2**53  # the largest whole number up to which float64 holds every whole number
MISSING_WORDS = frozenset(
    {"", "-", ".", "..", "?", "na", "n/a", "nan", "null", "none", "nd", "n.d.", "#n/a", "missing"}
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_GROUPED = re.compile(r"[+-]?\d{1,3}([ \u00a0\u202f,.']\d{3})+([.,]\d+)?")


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column as numbers.

    Attributes
    ----------
    values : float64 array, shape (n,)
        NaN where missing or where there was text.
    text : bool array, shape (n,)
        Where something other than a number stands.
    example : str
        What the first such cell looks like, in words; the cell itself is not shown, since it
        may identify a person.
    single : bool
        Whether the column was stored in single precision.
    too_large : bool
        Whether it holds whole numbers that float64 cannot hold exactly.
    """

    values: Floats
    text: Bools
    example: str = ""
    single: bool = False
    too_large: bool = False


def describe_text(cell: object) -> str:
    """What a cell that is no number looks like, without repeating what may identify somebody.

    Examples
    --------
    >>> describe_text("12,5")
    'a number with a decimal comma'
    >>> describe_text("n/a")
    "the word 'n/a' for a missing value"
    """
    if not isinstance(cell, str):
        return f"a value of type {type(cell).__name__}"
    bare = cell.strip()
    if bare.casefold() in MISSING_WORDS:
        return f"the word {bare!r} for a missing value" if bare else "an empty text"
    if _NUMBER.fullmatch(bare):
        return "a number stored as text"
    if _AMBIGUOUS.fullmatch(bare):
        return "a number whose comma may separate thousands or decimals"
    if _DECIMAL_COMMA.fullmatch(bare):
        return "a number with a decimal comma"
    if _GROUPED.fullmatch(bare):
        return "a number with separators between thousands"
    if bare.endswith("%"):
        return "a percentage sign"
    return "text"


def _through_decimal(values: np.ndarray[Any, Any]) -> Floats:
    """Single precision through its shortest decimal text: 0.1 stays 0.1, not 0.100000001."""
    flat, place = np.unique(values, return_inverse=True)
    exact = np.array([float(str(v)) for v in flat], dtype=np.float64)
    result: Floats = exact[place.reshape(values.shape)] if len(flat) else values.astype(np.float64)
    return result


def read_numbers(column: pd.Series[Any]) -> NumberColumn:
    """Read a column as float64 without ever altering it.

    Parameters
    ----------
    column : pandas.Series
        Any storage: bool, integers of any width, floats, nullable and Arrow types, Decimal,
        objects, a Categorical of numbers.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> column = read_numbers(pd.Series([0.1, 3.0], dtype=np.float32))
    >>> column.values.tolist(), column.single
    ([0.1, 3.0], True)
    """
    import pandas as pd

    n = len(column)
    dtype: Any = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        inner = read_numbers(pd.Series(dtype.categories))
        codes = column.cat.codes.to_numpy().astype(np.int64)
        values = np.append(inner.values, np.nan)[codes]
        text = np.append(inner.text, False)[codes]
        return NumberColumn(values, text, inner.example, inner.single, inner.too_large)
    if isinstance(dtype, np.dtype) and dtype.kind in "buif":
        return _from_array(column.to_numpy())
    if pd.api.types.is_extension_array_dtype(dtype) and getattr(dtype, "kind", "O") in "buif":
        missing = column.isna().to_numpy(dtype=bool)
        kind: Any = dtype.numpy_dtype
        plain = column.to_numpy(dtype=kind, na_value=kind.type(0))
        read = _from_array(plain)
        return NumberColumn(
            np.where(missing, np.nan, read.values),
            read.text,
            single=read.single,
            too_large=read.too_large,
        )
    return _from_objects(list(column.array), n)


def _from_array(array: np.ndarray[Any, Any]) -> NumberColumn:
    nothing = np.zeros(len(array), dtype=bool)
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        return NumberColumn(_through_decimal(array) + 0.0, nothing, single=True)
    values = array.astype(np.float64)
    # Compared as whole numbers: as floats, the first one that is too large has already been rounded.
    large = bool(
        array.dtype.kind in "iu" and len(array) and max(int(array.max()), -int(array.min())) > EXACT
    )
    return NumberColumn(values + 0.0, nothing, too_large=large)  # + 0.0: there is no minus zero


def _from_objects(cells: list[Any], n: int) -> NumberColumn:
    import pandas as pd

    values = np.full(n, np.nan)
    text = np.zeros(n, dtype=bool)
    example, single, large = "", False, False
    for k, cell in enumerate(cells):
        if isinstance(cell, np.float32 | np.float16):
            values[k], single = float(str(cell)), True
        elif isinstance(cell, bool | np.bool_ | int | float | np.integer | np.floating | Decimal):
            try:
                values[k] = float(cell)
            except (OverflowError, ValueError):  # an int beyond float64; a signalling NaN
                large = True
            if isinstance(cell, int | np.integer):
                large = large or abs(int(cell)) > EXACT
        elif cell is None or cell is pd.NA or cell is pd.NaT:
            continue
        else:
            text[k] = True
            example = example or describe_text(cell)
    return NumberColumn(values + 0.0, text, example, single, large)
