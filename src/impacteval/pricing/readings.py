"""What a clause is told about its number in each draw: the arrays of `impacteval.contract.readings`.

A float stands for its shortest decimal text (see `impacteval.pricing.floats`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from impacteval.contract.clauses import Limit
from impacteval.contract.model import Outcome, RoundResult
from impacteval.contract.payment import Leaf
from impacteval.contract.readings import Missing, Unjudged
from impacteval.pricing.floats import Bools, Floats, decimal_of
from impacteval.pricing.moneys import EXACT

Index = NDArray[np.intp]
_Array = TypeVar("_Array", Floats, Bools)

# Relative errors of a float against its text, of the power of ten and of the product are at most
# 2^-53 each; 2^-50 covers them and their products.
SURE = 2.0**-50


def read_draws(outcome: Outcome, exact: Floats) -> Floats:
    """The contract's numbers, rounded as the contract says before they are compared.

    Parameters
    ----------
    outcome : Outcome
        States the rounding.
    exact : array of shape (draws,)
        Numbers in contract units; may be infinite or NaN, and stay so.

    Returns
    -------
    array of shape (draws,)
        Each is the float of what ``outcome.read`` gives for the decimal text of the number.
    """
    rounding = outcome.round_result
    return exact if rounding is None else _rounded(exact, rounding)


def _rounded(exact: Floats, rounding: RoundResult) -> Floats:
    unit = 10.0**rounding.decimals
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = exact * unit
        whole = np.rint(scaled)
        # So close to a half that only the decimal text can say on which side, or so large that the
        # float has no room for the halves.
        unsure = ~(np.abs(scaled - whole) < 0.5 - np.abs(scaled) * SURE)
        result = whole / unit + 0.0
    # From there on every float is a whole number, and infinity stays what it is.
    large = ~(np.abs(exact) < EXACT)
    unsure &= ~large
    if unsure.any():
        close, where = np.unique(exact[unsure], return_inverse=True)
        result[unsure] = np.array([float(rounding(decimal_of(x))) for x in close])[where]
    result[large] = exact[large]
    return result


@dataclass(frozen=True, slots=True, eq=False)
class KnownDraws:
    """The number of each draw, already rounded as the contract says.

    Attributes
    ----------
    value : array of shape (draws,)
        What is compared. May be infinite; NaN only in draws that cannot be judged.
    exact : array of shape (draws,) or None
        The same before the contract's rounding.
    closed : array of shape (draws,) or None
        Where a significance gate is closed: then no condition holds. None: nowhere.
    unjudged : array of shape (draws,) or None
        Where something is known and cannot be judged. None: nowhere.
    """

    value: Floats
    exact: Floats | None = None
    closed: Bools | None = None
    unjudged: Bools | None = None

    def __post_init__(self) -> None:
        _agree(self.value, self.exact, self.closed, self.unjudged)
        _judged("KnownDraws.value", self.value, self.unjudged)

    @classmethod
    def read(
        cls,
        outcome: Outcome,
        exact: Floats,
        closed: Bools | None = None,
        unjudged: Bools | None = None,
    ) -> Self:
        """The reading of exact numbers, rounded here as the contract says."""
        return cls(read_draws(outcome, exact), exact, closed, unjudged)

    def at(self, draws: Index) -> KnownDraws:
        """Some of the draws."""
        return KnownDraws(
            self.value[draws],
            _at(self.exact, draws),
            _at(self.closed, draws),
            _at(self.unjudged, draws),
        )


@dataclass(frozen=True, slots=True, eq=False)
class BetweenDraws:
    """For each draw some number between two known ones, both included."""

    low: Floats
    high: Floats

    def __post_init__(self) -> None:
        _agree(self.low, self.high)
        _judged("BetweenDraws.low", self.low, None)
        _judged("BetweenDraws.high", self.high, None)

    def at(self, draws: Index) -> BetweenDraws:
        """Some of the draws."""
        return BetweenDraws(self.low[draws], self.high[draws])


@dataclass(frozen=True, slots=True, eq=False)
class ChancesDraws:
    """For each comparison of the clause, in which draws the confidence that it holds suffices.

    Attributes
    ----------
    value : array of shape (draws,)
        The estimate, to show.
    holds : Mapping[Limit, array of shape (draws,)]
        For each comparison.
    unjudged : array of shape (draws,) or None
        Where something is known and cannot be judged.
    """

    value: Floats
    holds: Mapping[Limit, Bools] = field(repr=False)
    unjudged: Bools | None = None

    def __post_init__(self) -> None:
        _agree(self.value, self.unjudged, *self.holds.values())

    def at(self, draws: Index) -> ChancesDraws:
        """Some of the draws."""
        holds = {limit: array[draws] for limit, array in self.holds.items()}
        return ChancesDraws(self.value[draws], holds, _at(self.unjudged, draws))


@dataclass(frozen=True, slots=True, eq=False)
class AverageDraws:
    """What the clause pays on average over what the true effect may be, in each draw.

    Attributes
    ----------
    value : array of shape (draws,)
        The estimate, rounded as the contract says: the verdict reads it.
    amount : array of shape (draws,)
        The average payment in the contract's currency, not yet rounded to money. NaN where it is
        not published.
    unjudged : array of shape (draws,) or None
        Where something is known and cannot be judged.
    """

    value: Floats
    amount: Floats
    unjudged: Bools | None = None

    def __post_init__(self) -> None:
        _agree(self.value, self.amount, self.unjudged)
        _judged("AverageDraws.value", self.value, self.unjudged)

    def at(self, draws: Index) -> AverageDraws:
        """Some of the draws."""
        return AverageDraws(self.value[draws], self.amount[draws], _at(self.unjudged, draws))


@dataclass(frozen=True, slots=True, eq=False)
class BarredDraws:
    """A reading that the contract holds back in some draws, whatever the number.

    Attributes
    ----------
    reading : KnownDraws, BetweenDraws, ChancesDraws or AverageDraws
        What the clause is told elsewhere.
    barred : array of shape (draws,)
        Where the condition does not hold and nothing is paid: an earlier clause is not met, or a
        stop trigger fired.
    unjudged : array of shape (draws,)
        Where it cannot be judged, because something it stands behind cannot; nowhere barred.
    """

    reading: KnownDraws | BetweenDraws | ChancesDraws | AverageDraws
    barred: Bools
    unjudged: Bools

    def __post_init__(self) -> None:
        first = self.reading.low if isinstance(self.reading, BetweenDraws) else self.reading.value
        _agree(first, self.barred, self.unjudged)

    @property
    def value(self) -> Floats:
        """The number elsewhere."""
        return self.reading.low if isinstance(self.reading, BetweenDraws) else self.reading.value

    def at(self, draws: Index) -> BarredDraws:
        """Some of the draws."""
        return BarredDraws(self.reading.at(draws), self.barred[draws], self.unjudged[draws])


DrawReading = (
    KnownDraws | BetweenDraws | ChancesDraws | AverageDraws | BarredDraws | Missing | Unjudged
)
"""In every draw the same kind; `Missing` and `Unjudged` hold for all of them."""

DrawReader = Callable[[Leaf, str, tuple[str, ...]], DrawReading]
"""Tells a clause its numbers: the clause, the group (or "pooled"), the groups that are pooled."""


def _at(array: _Array | None, draws: Index) -> _Array | None:
    return None if array is None else array[draws]


def _agree(first: Floats, *others: NDArray[np.generic] | None) -> None:
    for other in others:
        if other is not None and other.shape != first.shape:
            raise ValueError(
                f"Readings of {first.shape} and {other.shape} draws do not go together."
            )


def _judged(name: str, value: Floats, unjudged: Bools | None) -> None:
    bad = np.isnan(value)
    if unjudged is not None:
        bad &= ~unjudged
    if bad.any():
        raise ValueError(
            f"{name} is NaN in {int(bad.sum())} draws that are not marked as impossible to judge."
        )
