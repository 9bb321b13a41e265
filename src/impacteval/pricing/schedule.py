"""What one clause pays as a function of the number it compares: pieces of straight lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal, assert_never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impacteval.contract.clauses import (
    BasketPart,
    BonusMalus,
    Limit,
    Linear,
    PartialFull,
    Piecewise,
    RateLine,
    ShareOfSaving,
    Threshold,
    Tiers,
)
from impacteval.contract.model import Contract
from impacteval.contract.money import Amount
from impacteval.contract.payment import Basket, EquityBonus, Gate, Leaf, Precondition, terms
from impacteval.contract.terms import limits
from impacteval.pricing.floats import Floats, first_float, holds

_ZERO = Fraction(0)
_FEW = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """One straight line of a schedule, up to where the next piece begins.

    Attributes
    ----------
    start : Fraction or None
        Where it begins; None for the first, which has no beginning.
    owns : bool
        Whether the beginning belongs to it, or to the piece before.
    level : Fraction or None
        What the line is at zero; None when the amount is not published.
    slope : Fraction
        What one more unit adds.
    """

    start: Fraction | None
    owns: bool
    level: Fraction | None
    slope: Fraction = _ZERO

    def at(self, x: Fraction) -> Fraction:
        """The line at `x`; only of a published piece."""
        assert self.level is not None
        return self.level + self.slope * x


@dataclass(frozen=True)
class Schedule:
    """What one clause pays for the number it compares, before money is rounded.

    Attributes
    ----------
    pieces : tuple of Piece
        From left to right.
    limits : tuple of Limit
        The comparisons of the clause, in the order of the file: they make the verdict.
    unit : str
        ``money``; ``share`` for a part of a basket, whose amount is made by the basket, and for a
        bonus that is a percentage of another term.
    """

    pieces: tuple[Piece, ...]
    limits: tuple[Limit, ...]
    unit: Literal["money", "share"] = "money"

    @property
    def published(self) -> bool:
        """Whether every amount is known; where one is not, there are verdicts only."""
        return all(piece.level is not None for piece in self.pieces)

    @cached_property
    def starts(self) -> Floats:
        """For each piece but the first, the smallest float that belongs to it or to a later one."""
        return np.array(
            [
                first_float(piece.start, owned=piece.owns)
                for piece in self.pieces
                if piece.start is not None
            ]
        )

    @cached_property
    def lines(self) -> tuple[Floats, Floats]:
        """Level and slope of each piece; the level is NaN where it is not published."""
        levels = [np.nan if p.level is None else float(p.level) for p in self.pieces]
        return np.array(levels), np.array([float(p.slope) for p in self.pieces])

    def piece(self, x: Floats) -> NDArray[np.int64]:
        """The index of the piece that each number belongs to."""
        if len(self.starts) > _FEW:
            return np.searchsorted(self.starts, x, side="right").astype(np.int64)
        found = np.zeros(x.shape, dtype=np.int64)
        for start in self.starts:
            found += x >= start
        return found

    def pay(self, x: ArrayLike) -> Floats:
        """What is paid for each number, in units of money (or shares), not rounded.

        Parameters
        ----------
        x : array of shape (draws,)
            Numbers in contract units, already rounded as the contract says; may be infinite.

        Returns
        -------
        array of shape (draws,)
            NaN where the amount is not published: never 0. Infinite where nothing bounds it.

        Raises
        ------
        ValueError
            When a number is NaN.
        """
        numbers = _numbers(x)
        which = self.piece(numbers)
        levels, slopes = self.lines
        if not slopes.any():
            return levels[which]
        slope = slopes[which]
        with np.errstate(invalid="ignore", over="ignore"):
            line = np.where(slope == 0.0, 0.0, slope * numbers)
        return levels[which] + line

    def reached(self, x: ArrayLike) -> NDArray[np.int64]:
        """The furthest comparison that holds for each number, -1 where none does."""
        numbers = _numbers(x)
        furthest = np.full(numbers.shape, -1, dtype=np.int64)
        for k, limit in enumerate(self.limits):
            furthest[holds(limit.operator, numbers, limit.threshold)] = k
        return furthest


def _numbers(x: ArrayLike) -> Floats:
    numbers = np.asarray(x, dtype=np.float64)
    if np.isnan(numbers).any():
        raise ValueError("A number to compare is NaN: say that it cannot be judged instead.")
    return numbers


def schedule_of(contract: Contract, leaf: Leaf, *, people: int | None = None) -> Schedule:
    """What one clause pays as a function of the number it compares.

    Ceilings over several clauses, gates before the clause and what other clauses do to it are not
    part of it. A part of a basket has the share that counts; a bonus that is a percentage of
    another term has that percentage as a share.

    Parameters
    ----------
    contract : Contract
        The contract.
    leaf : Leaf
        One of its clauses.
    people : int, optional
        The people of the group, for a saving that is counted by the people of each group.

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError
        When a saving is counted by people and their number is not given.

    Examples
    --------
    Denver pays for days in jail by the percentage point from 20 on, and a fixed amount from 65:

    >>> from impacteval.contract import load_contract
    >>> contract = load_contract("studies/bonds/denver")
    >>> jail = schedule_of(contract, contract.clauses[1])
    >>> jail.pay([19.9, 20.0, 38.0, 70.0]).tolist()
    [0.0, 3200000.0, 5104000.0, 6130000.0]
    >>> jail.reached([19.9, 20.0, 38.0, 70.0]).tolist()
    [-1, 0, 1, 2]
    """
    return Schedule(_pieces(contract, leaf, people), limits(leaf), _unit(leaf))


def _unit(leaf: Leaf) -> Literal["money", "share"]:
    shared = isinstance(leaf, BasketPart) or (
        isinstance(leaf, EquityBonus) and leaf.percent is not None
    )
    return "share" if shared else "money"


def _pieces(contract: Contract, leaf: Leaf, people: int | None) -> tuple[Piece, ...]:
    match leaf:
        case Threshold():
            return _steps([leaf.limit], [_line(leaf.pay)])
        case EquityBonus():
            if leaf.percent is not None:
                return _steps([leaf.limit], [(Fraction(leaf.percent) / 100, _ZERO)])
            assert leaf.pay is not None, "a bonus is an amount or a percentage"
            return _steps([leaf.limit], [_line(leaf.pay)])
        case Gate() | Precondition():
            return _steps([leaf.limit], [(_ZERO, _ZERO)])
        case Tiers() | PartialFull():
            return _steps(limits(leaf), [_line(step.pay) for step in leaf.steps])
        case Piecewise():
            lines = [_through(s.start, s.pay, s.per_unit) for s in leaf.steps]
            return _steps(limits(leaf), lines)
        case Linear():
            return _bounded_line(leaf)
        case RateLine():
            return _above_nothing(_exact(leaf.price))
        case ShareOfSaving():
            return _above_nothing(_saving(leaf, people))
        case BonusMalus():
            return _bonus_malus(leaf)
        case BasketPart():
            return _part(contract, leaf)
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(leaf)


_Line = tuple[Fraction | None, Fraction]


def _exact(amount: Amount) -> Fraction | None:
    return Fraction(amount) if isinstance(amount, Decimal) else None


def _line(pay: Amount) -> _Line:
    return _exact(pay), _ZERO


def _through(start: Decimal, pay: Decimal, per_unit: Decimal) -> _Line:
    """The line that is `pay` at `start`."""
    slope = Fraction(per_unit)
    return Fraction(pay) - slope * Fraction(start), slope


def _steps(found: tuple[Limit, ...] | list[Limit], lines: list[_Line]) -> tuple[Piece, ...]:
    """Nothing before the first comparison holds, then the line of the last one that does."""
    upward = found[0].operator in ("at_least", "more_than")
    before: _Line = (_ZERO, _ZERO)
    if upward:
        owns = found[0].operator == "at_least"
        rest = [
            Piece(Fraction(limit.threshold), owns, *line)
            for limit, line in zip(found, lines, strict=True)
        ]
        return (Piece(None, True, *before), *rest)
    # From the right: nothing, then each step to the left of its number, the last one without end.
    owns = found[0].operator == "less_than"
    outward = [before, *lines]
    pieces = [
        Piece(Fraction(limit.threshold), owns, *line)
        for limit, line in zip(found, outward, strict=False)
    ]
    return (Piece(None, True, *outward[-1]), *reversed(pieces))


def _bounded_line(leaf: Linear) -> tuple[Piece, ...]:
    above, slope = Fraction(leaf.above), Fraction(leaf.per_unit)
    line: _Line = (-slope * above, slope)
    pieces: list[Piece] = []
    if leaf.floor is None:
        pieces.append(Piece(None, True, *line))
    else:
        floor = Fraction(leaf.floor)
        pieces.append(Piece(None, True, floor))
        pieces.append(Piece(above + floor / slope, True, *line))
    if leaf.ceiling is not None:
        ceiling = Fraction(leaf.ceiling)
        pieces.append(Piece(above + ceiling / slope, True, ceiling))
    return tuple(pieces)


def _above_nothing(price: Fraction | None) -> tuple[Piece, ...]:
    """Nothing up to 0, then a price for each unit."""
    level, slope = (None, _ZERO) if price is None else (_ZERO, price)
    return Piece(None, True, _ZERO), Piece(_ZERO, False, level, slope)


def _saving(leaf: ShareOfSaving, people: int | None) -> Fraction | None:
    count = people if leaf.by_people else leaf.people or 1
    if count is None:
        raise ValueError(f"The clause `{leaf.name}` counts people, and their number is not given.")
    each, share = _exact(leaf.saving_per_unit), _exact(leaf.share)
    return None if each is None or share is None else share * each * count


def _bonus_malus(leaf: BonusMalus) -> tuple[Piece, ...]:
    target, band, full = Fraction(leaf.target), Fraction(leaf.dead_band), Fraction(leaf.full_at)
    bonus, malus = _exact(leaf.bonus), _exact(leaf.malus)
    near, far = target - band, target - full
    if malus is None:
        left = [Piece(None, True, None)]
    else:
        owed = malus / (full - band)
        left = [Piece(None, True, -malus), Piece(far, True, -owed * near, owed)]
    inside = Piece(near, True, _ZERO)
    near, far = target + band, target + full
    if bonus is None:
        right = [Piece(near, False, None)]
    else:
        earned = bonus / (full - band)
        right = [Piece(near, False, -earned * near, earned), Piece(far, True, bonus)]
    return (*left, inside, *right)


def _part(contract: Contract, leaf: BasketPart) -> tuple[Piece, ...]:
    """The share of a basket's part, within the bounds that hold for a part by itself."""
    basket = next(
        term.term
        for _, term in terms(contract.payment)
        if isinstance(term.term, Basket) and leaf in term.term.parts
    )
    zero, full = Fraction(leaf.zero_at), Fraction(leaf.full_at)
    slope = 1 / (full - zero)
    line: _Line = (-slope * zero, slope)
    pieces = [Piece(None, True, *line)]
    if not basket.parts_may_offset:
        pieces = [Piece(None, True, _ZERO), Piece(zero, True, *line)]
    if not basket.parts_may_exceed_one:
        pieces.append(Piece(full, True, Fraction(1)))
    return tuple(pieces)
