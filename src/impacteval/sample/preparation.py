"""What an estimator decided before it saw an outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from impacteval.canonical import digest
from impacteval.estimates import Parts


@dataclass(frozen=True, eq=False)
class Preparation:
    """Pairs, weights or scores, made without outcomes and frozen.

    Two preparations are equal when their canonical digests are.

    Attributes
    ----------
    kind : str
        What was prepared, such as ``"pairs"`` or ``"weights"``.
    tables : Parts
        The result as named tidy tables.
    made_by : str
        The estimator, or the step, that made it.

    Examples
    --------
    >>> weights = Preparation("weights", Parts({"weights": {"unit": [1, 2], "weight": [1.0, 0.5]}}))
    >>> weights.digest.startswith("sha256:")
    True
    """

    kind: str
    tables: Parts = field(default_factory=Parts)
    made_by: str = ""

    def __canonical__(self) -> dict[str, Any]:
        return {"kind": self.kind, "tables": self.tables.plain(), "made_by": self.made_by}

    @property
    def digest(self) -> str:
        """Canonical digest: floats to 10 significant digits."""
        return digest(self.__canonical__())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Preparation) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)
