"""What every way of measuring chance gives to the estimators of this family."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.effect import Answer
from impacteval.values import Message

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """What a way of measuring chance gives.

    Attributes
    ----------
    answer : Answer
        The effect with its distribution.
    sentences : tuple of Message
        How chance was measured.
    notes : tuple of Message
    tables : dict
    band : tuple of arrays or None
        As in `build`.
    donors : array or None
        Root mean square miss of the donors' own mixes, where they were made.
    """

    answer: Answer
    sentences: tuple[Message, ...]
    notes: tuple[Message, ...] = ()
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    band: tuple[Floats, Floats] | None = None
    donors: Floats | None = None
