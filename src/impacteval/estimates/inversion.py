"""Sets of values that a test does not reject, from its p-value as a function of the null."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotAnswerable
from impacteval.estimates._shared import alpha_of, probability, rebuilt, side_of, tail_of
from impacteval.estimates.ratio import RatioTest
from impacteval.values import ConfidenceSet, Message, Side, Tail, Text

if TYPE_CHECKING:
    from numpy.random import Generator

Floats = NDArray[np.float64]

_UNBOUNDED = Message(
    "distribution.unbounded-set",
    Text(
        en="There are too few possible assignments for a bound at this level.",
        fr="Il y a trop peu d'affectations possibles pour une borne à ce niveau.",
    ),
)

_MATCHING_TAIL = {Side.TWO: Tail.TWO, Side.LOWER: Tail.GREATER, Side.UPPER: Tail.LESS}


@dataclass(frozen=True, slots=True, eq=False)
class StepFunction:
    """A p-value as a step function of the null.

    Attributes
    ----------
    knots : array, shape (m,)
        Strictly increasing places where the p-value jumps.
    at : array, shape (m,)
        p-value exactly at each knot; at least the larger of its two neighbours, so that the
        set of values not rejected is closed.
    between : array, shape (m + 1,)
        p-value left of the first knot, between knots, and right of the last.
    """

    unbounded: ClassVar[Message] = _UNBOUNDED

    knots: Floats
    at: Floats
    between: Floats

    __reduce__ = rebuilt

    def __post_init__(self) -> None:
        for name in ("knots", "at", "between"):
            array = np.array(getattr(self, name), dtype=np.float64).ravel()
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        m = self.knots.size
        if self.at.size != m or self.between.size != m + 1:
            raise ValueError("A step function needs one value a knot and one value a gap.")
        if m and not (np.isfinite(self.knots).all() and (self.knots[1:] > self.knots[:-1]).all()):
            raise ValueError("Knots must be finite and strictly increasing.")
        for values in (self.at, self.between):
            if values.size and not (values.min() >= 0.0 and values.max() <= 1.0):
                raise ValueError("A p-value lies between 0 and 1.")
        if (self.at < self.between[:-1]).any() or (self.at < self.between[1:]).any():
            raise ValueError("At a knot the p-value is at least that of both neighbours.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StepFunction):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, k), getattr(other, k)) for k in ("knots", "at", "between")
        )

    def __hash__(self) -> int:
        return hash((self.knots.tobytes(), self.at.tobytes(), self.between.tobytes()))

    def __call__(self, x: float) -> float:
        k = int(np.searchsorted(self.knots, x, side="left"))
        if k < self.knots.size and self.knots[k] == x:
            return float(self.at[k])
        return float(self.between[k])

    def above(self, alpha: float) -> tuple[tuple[float, float], ...]:
        """The closed pieces where the p-value exceeds `alpha`, in order."""
        gap = self.between > alpha
        # Closed at the knots: the value there is at least both neighbours.
        at = self.at > alpha
        starts = self.knots[at & ~gap[:-1]].tolist()
        stops = self.knots[at & ~gap[1:]].tolist()
        if gap[0]:
            starts.insert(0, -math.inf)
        if gap[-1]:
            stops.append(math.inf)
        return tuple(zip(starts, stops, strict=True))


_ONE_SIDED = Message(
    "distribution.no-side",
    Text(
        en="This test ranks how unusual the result is without a direction, so it has no one-sided answer.",
        fr="Ce test classe le caractère inhabituel du résultat sans direction : il n'a pas de réponse unilatérale.",
    ),
)
_NO_QUANTILE = Message(
    "distribution.no-quantile",
    Text(
        en="This test gives p-values and sets, not a full distribution: it has no quantiles or draws.",
        fr="Ce test donne des valeurs p et des ensembles, pas une distribution complète : ni quantiles ni tirages.",
    ),
)
_EMPTY = Message(
    "distribution.empty-set",
    Text(
        en="The test rejects every value at this level: the model behind it does not fit these data.",
        fr="Le test rejette toutes les valeurs à ce niveau : le modèle qui le fonde ne convient pas à ces données.",
    ),
)


@dataclass(frozen=True, slots=True)
class TestInversion:
    """The values a test does not reject, from its p-value as a function of the null.

    A test without direction has only ``two``; asking it for a side raises `NotAnswerable`.
    """

    __test__ = False  # not a pytest class

    two: StepFunction | RatioTest
    greater: StepFunction | RatioTest | None = None
    less: StepFunction | RatioTest | None = None
    label: str = "test inversion"

    def _function(self, tail: Tail) -> StepFunction | RatioTest:
        found = {Tail.TWO: self.two, Tail.GREATER: self.greater, Tail.LESS: self.less}[tail]
        if found is None:
            raise NotAnswerable(_ONE_SIDED)
        return found

    def interval(self, level: float, side: str = "two") -> ConfidenceSet:
        """Every null whose p-value exceeds ``1 - level``."""
        level, side = probability(level, "level"), side_of(side)
        function = self._function(_MATCHING_TAIL[side])
        pieces = function.above(alpha_of(level))
        found = ConfidenceSet(pieces, level=level, side=side, method=self.label)
        note = _EMPTY if found.empty else None if found.bounded else function.unbounded
        return ConfidenceSet(pieces, level=level, side=side, method=self.label, note=note)

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The p-value of that null."""
        return self._function(tail_of(side))(null)

    def quantile(self, q: float) -> float:
        """Not answerable: a p-value function has no unique quantiles."""
        raise NotAnswerable(_NO_QUANTILE)

    def draws(self, n: int, rng: Generator) -> Floats:
        """Not answerable: a p-value function cannot be drawn from."""
        raise NotAnswerable(_NO_QUANTILE)
