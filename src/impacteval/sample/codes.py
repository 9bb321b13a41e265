"""Labels as whole numbers: the one form in which units, periods, clusters and strata travel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Forbid writing to an array that we own, and hand it back."""
    array.setflags(write=False)
    return array


def label_array(labels: Iterable[Any]) -> NDArray[Any]:
    """Labels as a read-only array: int64 or float64 for numbers, Python text otherwise."""
    if isinstance(labels, np.ndarray) and labels.dtype in (np.int64, np.float64):
        return frozen(np.array(labels))
    plain = list(labels)
    if all(isinstance(label, int) for label in plain):
        return frozen(np.array(plain, dtype=np.int64))
    if all(isinstance(label, int | float) for label in plain):
        return frozen(np.array(plain, dtype=np.float64))
    # Object, not a fixed width: text keeps its own length, and Python's order by code point.
    array = np.empty(len(plain), dtype=object)
    array[:] = plain
    return frozen(array)


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """One label a row, as a whole number into a table of labels.

    Attributes
    ----------
    codes : int64 array, shape (n,)
        ``labels[codes[i]]`` is the label of row i. -1 stands only in ``adopted``: never.
    labels : array, shape (m,)
        Each label once, in order: int64, float64 or Python text.
    declared_order : bool
        Whether the order of the labels was declared (an ordered Categorical) and is not their
        own. The order of pseudonyms is always declared, so that nothing depends on the key.

    Examples
    --------
    >>> Codes.of(["b", "a", "b"]).codes.tolist()
    [1, 0, 1]
    """

    codes: Ints
    labels: NDArray[Any]
    declared_order: bool = False

    def __post_init__(self) -> None:
        codes = np.array(self.codes, dtype=np.int64)
        object.__setattr__(self, "codes", frozen(codes))
        labels = np.asarray(self.labels)
        whole = labels.dtype in (np.int64, np.float64)
        object.__setattr__(self, "labels", label_array(labels if whole else labels.tolist()))
        if codes.size and not -1 <= codes.min() <= codes.max() < len(self.labels):
            raise ValueError("A code points outside its labels.")

    @classmethod
    def of(cls, values: Iterable[Any]) -> Codes:
        """Codes of plain values in their own order."""
        plain = values.tolist() if isinstance(values, np.ndarray) else list(values)
        labels = sorted(set(plain))
        place = {label: k for k, label in enumerate(labels)}
        return cls(np.array([place[v] for v in plain], dtype=np.int64), label_array(labels))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def values(self) -> NDArray[Any]:
        """The label of each row, shape (n,)."""
        return self.labels[self.codes]

    @property
    def counts(self) -> Ints:
        """How many rows carry each label, shape (m,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.labels)).astype(np.int64)

    def take(self, rows: Ints) -> Codes:
        """The same labels for some of the rows, in the order of `rows`."""
        return Codes(self.codes[rows], self.labels, self.declared_order)

    def used(self) -> Codes:
        """The same rows with only the labels that occur."""
        present = np.flatnonzero(self.counts)
        place = np.full(len(self.labels) + 1, -1, dtype=np.int64)
        place[present] = np.arange(len(present))
        return Codes(place[self.codes], self.labels[present], self.declared_order)
