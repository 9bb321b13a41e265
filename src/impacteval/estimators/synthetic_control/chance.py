"""What is asked of a way of measuring chance, and what it answers.

A way of measuring chance is a function from a `Question` to an `Inference`, with its own settings as
keywords; the estimator chooses among them by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.effect import Answer, average
from impacteval.estimators.synthetic_control.fits import Fitter, ServedFits
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.values import Message

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """The served places with their mixes, and how to make others.

    Attributes
    ----------
    panel : Panel
    fitter : Fitter
        What the mixes were made with.
    fits : ServedFits
        The mixes of the served places.
    level : float
        Level of the band around what would have happened.
    rng : numpy.random.Generator
    """

    panel: Panel
    fitter: Fitter
    fits: ServedFits
    level: float
    rng: np.random.Generator

    @property
    def effect(self) -> float:
        """The average effect: observed minus mixed."""
        panel = self.panel
        return average(panel, panel.y[panel.served] - self.fits.counterfactual)


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
        What a reader must know besides.
    tables : dict
        Tables of the result, under the names that plots read.
    band : tuple of arrays, each of shape (T,), or None
        Ends of the counterfactual mean of the served in each period, NaN where there is none.
    donors : array, shape (J,), or None
        Root mean square miss of each donor's own mix before the service, where these were made.
    """

    answer: Answer
    sentences: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    band: tuple[Floats, Floats] | None = None
    donors: Floats | None = None
