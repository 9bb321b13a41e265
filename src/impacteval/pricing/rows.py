"""What one clause says in each draw: the arrays of `impacteval.contract.clause_amounts`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from impacteval.contract.clauses import Piecewise
from impacteval.contract.model import Contract
from impacteval.contract.payment import BY_STEP, Leaf, hides_amount
from impacteval.contract.readings import Given, Missing, Unjudged
from impacteval.pricing.floats import Bools, Floats, decimal_of
from impacteval.pricing.moneys import EXACT, Ints, MoneyDraws, either, nothing, seen, times, whole
from impacteval.pricing.readings import (
    SURE,
    AverageDraws,
    BarredDraws,
    BetweenDraws,
    ChancesDraws,
    DrawReader,
    DrawReading,
    Index,
    KnownDraws,
)
from impacteval.pricing.schedule import Piece, Schedule, schedule_of

Codes = NDArray[np.int16]

OPEN, NOT_MET, MET, CANNOT_BE_JUDGED, NOT_FOR_PAYMENT = -1, 0, 1, 2, 3
"""Verdicts as numbers. `OPEN` is no verdict yet."""

STEPPED = (*BY_STEP, Piecewise)
"""Clauses whose pieces begin where their comparisons begin to hold."""

# Blocks that stay in a processor's cache while a dozen operations pass over them.
BLOCK = 16384


@dataclass(frozen=True, slots=True, eq=False)
class Kit:
    """What is the same for every clause and every draw.

    Attributes
    ----------
    decimals : int
        Decimals of the units that amounts are counted in: enough for everything the contract and
        the settlement name, so that nothing is ever rounded but where the contract says so.
    earlier : MoneyDraws or None
        What was paid before in each draw; None: nothing.
    """

    contract: Contract
    read: DrawReader
    given: Given
    draws: int
    decimals: int
    earlier: MoneyDraws | None = None

    @property
    def mode(self) -> str:
        """What happens to a half cent."""
        money = self.contract.money
        return "half_up" if money is None else money.mode

    def money(self, cents: Ints) -> MoneyDraws:
        """Amounts rounded to the contract's decimals."""
        return MoneyDraws(
            times(cents, 10 ** (self.decimals - self.contract.money_decimals)), self.decimals
        )

    def reading(self, leaf: Leaf, group: str, pool: tuple[str, ...]) -> DrawReading:
        """What the clause is told, checked against the number of draws."""
        found = self.read(leaf, group, pool)
        match found:
            case KnownDraws() | AverageDraws() | ChancesDraws() | BetweenDraws() | BarredDraws():
                value = found.low if isinstance(found, BetweenDraws) else found.value
                if value.shape != (self.draws,):
                    raise ValueError(
                        f"The reading of {leaf.name}, {group}, has shape {value.shape} "
                        f"and there are {self.draws} draws."
                    )
            case Missing() | Unjudged():
                pass
            case _:  # pragma: no cover - the union is closed and mypy proves it
                assert_never(found)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class RowDraws:
    """One clause about one group, in each draw.

    Attributes
    ----------
    name, group : str
        The clause and whom it reads.
    verdict : array of int16
        `OPEN`, `NOT_MET`, `MET`, `CANNOT_BE_JUDGED` or `NOT_FOR_PAYMENT`.
    tier : array of int16
        The furthest step that is reached, -1 where none is.
    money : MoneyDraws
        What it pays.
    """

    name: str
    group: str
    verdict: Codes
    tier: Codes
    money: MoneyDraws


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Verdict and step of each draw, before any money."""

    verdict: Codes
    tier: Codes


def row_draws(leaf: Leaf, group: str, reading: DrawReading, kit: Kit, draws: int) -> RowDraws:
    """What one clause says about one reading; `draws` may be fewer than all."""
    if isinstance(reading, BarredDraws):
        return held_row(row_draws(leaf, group, reading.reading, kit, draws), reading)
    people = kit.given.people.get(group)
    if getattr(leaf, "by_people", False) and people is None:
        return undecided(leaf, group, draws, kit.decimals, CANNOT_BE_JUDGED)
    match reading:
        case Missing():
            return undecided(leaf, group, draws, kit.decimals, OPEN)
        case Unjudged():
            return undecided(leaf, group, draws, kit.decimals, CANNOT_BE_JUDGED)
        case KnownDraws() | BetweenDraws() | ChancesDraws() | AverageDraws():
            pass
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(reading)
    schedule = schedule_of(kit.contract, leaf, people=people)
    match reading:
        case KnownDraws():
            return _known(leaf, group, schedule, reading, kit)
        case ChancesDraws():
            assert isinstance(leaf, BY_STEP), "a price by the number reads a bound"
            tier = np.full(draws, -1, dtype=np.int16)
            for k, limit in enumerate(schedule.limits):
                tier[reading.holds[limit]] = k
            cents, _, hidden = _by_piece(schedule, piece_of(schedule, tier), kit)
            row = _row(leaf, group, tier, kit.money(cents).hide(hidden))
            return _without(row, reading.unjudged)
        case AverageDraws():
            return _on_average(leaf, group, schedule, reading, kit)
        case BetweenDraws(low, high):
            lower = _known(leaf, group, schedule, KnownDraws(low), kit)
            upper = _known(leaf, group, schedule, KnownDraws(high), kit)
            return _without(lower, differ(leaf, schedule, lower, upper, low, high))
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(reading)


def held_row(row: RowDraws, reading: BarredDraws) -> RowDraws:
    """The row where nothing holds it, not met or not judged elsewhere."""
    row = _without(row, reading.unjudged)
    barred = seen(reading.barred)
    if barred is None:
        return row
    return replace(
        row,
        verdict=np.where(barred, np.int16(NOT_MET), row.verdict),
        tier=np.where(barred, np.int16(-1), row.tier),
        money=row.money.where(barred, 0),
    )


def undecided(leaf: Leaf, group: str, draws: int, decimals: int, verdict: int) -> RowDraws:
    """Nothing can be said in any draw."""
    open_ = np.ones(draws, dtype=bool)
    money = nothing(draws, decimals).reopen(open_)
    return RowDraws(
        leaf.name,
        group,
        np.full(draws, verdict, dtype=np.int16),
        np.full(draws, -1, dtype=np.int16),
        money,
    )


def differ(
    leaf: Leaf, schedule: Schedule, lower: RowDraws, upper: RowDraws, low: Floats, high: Floats
) -> Bools:
    """Where the two ends of what is known do not say the same, amounts before rounding included."""
    apart = (lower.tier != upper.tier) | (lower.verdict != upper.verdict)
    a, b = schedule.piece(low), schedule.piece(high)
    flat = np.array([piece.slope == 0 for piece in schedule.pieces])
    levels: list[Fraction | None] = [piece.level for piece in schedule.pieces]
    # Lines that are not flat are strictly rising: two numbers on them pay the same when they are one.
    same_level = np.array([[x == y for y in levels] for x in levels])
    same = np.where(flat[a] & flat[b], same_level[a, b], low == high)
    # A flat piece and a rising one can meet only where the one ends and the other begins.
    paid, more = schedule.pay(low), schedule.pay(high)
    size = max((abs(float(piece.level)) for piece in schedule.pieces if piece.level), default=0.0)
    with np.errstate(invalid="ignore"):
        edge = (flat[a] != flat[b]) & (np.abs(paid - more) <= 1e-9 * (size + np.abs(paid)))
    for k in np.flatnonzero(edge):
        same[k] = _exactly(schedule, int(a[k]), float(low[k])) == _exactly(
            schedule, int(b[k]), float(high[k])
        )
    found: Bools = apart | ~same
    return found


def _exactly(schedule: Schedule, piece: int, x: float) -> Fraction | None:
    line = schedule.pieces[piece]
    if line.level is None or line.slope == 0:
        return line.level
    return line.at(Fraction(decimal_of(x))) if np.isfinite(x) else None


def judged(leaf: Leaf, schedule: Schedule, reading: KnownDraws, piece: Codes) -> Codes:
    """The furthest step that is reached, -1 where none is."""
    if isinstance(leaf, STEPPED):
        upward = schedule.limits[0].operator in ("at_least", "more_than")
        tier = (piece - 1 if upward else len(schedule.limits) - 1 - piece).astype(np.int16)
    else:
        tier = schedule.reached(reading.value).astype(np.int16)
    if reading.closed is not None:
        tier[reading.closed] = -1
    return tier


def piece_of(schedule: Schedule, tier: Codes) -> Codes:
    """Of a clause in steps, the piece that belongs to a step."""
    upward = schedule.limits[0].operator in ("at_least", "more_than")
    return (tier + 1 if upward else len(schedule.limits) - 1 - tier).astype(np.int16)


def calm(reading: KnownDraws) -> KnownDraws:
    """The reading with a number, any number, in the draws that cannot be judged."""
    if reading.unjudged is None:
        return reading
    return replace(reading, value=np.where(reading.unjudged, 0.0, reading.value))


def _known(leaf: Leaf, group: str, schedule: Schedule, reading: KnownDraws, kit: Kit) -> RowDraws:
    reading = calm(reading)
    piece = schedule.piece(reading.value).astype(np.int16)
    tier = judged(leaf, schedule, reading, piece)
    if isinstance(leaf, STEPPED) and reading.closed is not None:
        piece = piece_of(schedule, tier)
    cents, unbounded, hidden = _by_piece(schedule, piece, kit, reading.value)
    row = _row(leaf, group, tier, kit.money(cents).hide(hidden))
    return _without(row, either(reading.unjudged, unbounded))


_AS_IT_IS = Schedule((Piece(None, True, Fraction(0), Fraction(1)),), ())


def _on_average(
    leaf: Leaf, group: str, schedule: Schedule, reading: AverageDraws, kit: Kit
) -> RowDraws:
    """The average amount. The verdict says what the estimate reaches, and decides no amount."""
    value = reading.value
    if reading.unjudged is not None:
        value = np.where(reading.unjudged, 0.0, value)
    tier = schedule.reached(value).astype(np.int16)
    hidden = np.isnan(reading.amount)
    unknown = hidden if reading.unjudged is None else hidden & ~reading.unjudged
    if unknown.any() and not hides_amount(leaf):
        raise ValueError(f"The average of {leaf.name!r} is NaN, and its amounts are published.")
    amount = np.where(hidden, 0.0, reading.amount)
    cents, unbounded = _cents(
        _AS_IT_IS,
        np.zeros(len(amount), dtype=np.int16),
        amount,
        10**kit.contract.money_decimals,
        kit.mode,
    )
    row = _row(leaf, group, tier, kit.money(cents).hide(hidden))
    return _without(row, either(reading.unjudged, unbounded))


def _row(leaf: Leaf, group: str, tier: Codes, money: MoneyDraws) -> RowDraws:
    return RowDraws(leaf.name, group, (tier >= 0).astype(np.int16), tier, money)


def _without(row: RowDraws, unjudged: Bools | None) -> RowDraws:
    """The row with the draws taken out that cannot be judged."""
    unjudged = seen(unjudged)
    if unjudged is None:
        return row
    return replace(
        row,
        verdict=np.where(unjudged, np.int16(CANNOT_BE_JUDGED), row.verdict),
        tier=np.where(unjudged, np.int16(-1), row.tier),
        money=row.money.reopen(unjudged),
    )


# --- money -------------------------------------------------------------------------------------


def _by_piece(
    schedule: Schedule, piece: Codes, kit: Kit, x: Floats | None = None
) -> tuple[Ints, Bools | None, Bools | None]:
    """Amounts in whole cents, where they are infinite, and where they are not published."""
    if schedule.unit == "share":
        # A percentage of another term, or a share of a basket, is money once the whole is known.
        rises = np.array([p.slope != 0 for p in schedule.pieces])
        endless = None if x is None else seen(~np.isfinite(x) & rises[piece])
        return np.zeros(len(piece), dtype=np.int64), endless, None
    hidden = None
    if not schedule.published:
        hidden = np.array([p.level is None for p in schedule.pieces])[piece]
    unit = 10**kit.contract.money_decimals
    if x is None or not any(p.slope for p in schedule.pieces):
        table = [0 if p.level is None else whole(p.level * unit, kit.mode) for p in schedule.pieces]
        large = max(map(abs, table)) >= EXACT
        return np.array(table, dtype=object if large else np.int64)[piece], None, hidden
    return *_cents(schedule, piece, x, unit, kit.mode), hidden


@np.errstate(over="ignore", invalid="ignore")
def _cents(
    schedule: Schedule, piece: Codes, x: Floats, unit: int, mode: str
) -> tuple[Ints, Bools | None]:
    """Straight lines in whole cents, each as exact arithmetic on the decimal text would round it.

    A line is computed in floating point with a bound on its error. Where the bound leaves open on
    which side of a half cent it lies, and only there, it is computed again in fractions.
    """
    slopes = np.array([float(p.slope * unit) for p in schedule.pieces])
    levels = np.array([float(_cents_level(p.level, p.slope, unit, mode)) for p in schedule.pieces])
    rises = slopes != 0.0
    cents = np.empty(len(x), dtype=np.int64)
    unsure = np.zeros(len(x), dtype=bool)
    unbounded = np.zeros(len(x), dtype=bool)
    for start in range(0, len(x), BLOCK):
        part = slice(start, start + BLOCK)
        here = piece[part]
        finite = np.isfinite(x[part])
        if finite.all():
            line = slopes[here] * x[part]
        else:
            unbounded[part] = ~finite & rises[here]
            line = slopes[here] * np.where(finite, x[part], 0.0)
        level = levels[here]
        amount = line + level
        near = np.rint(amount)
        error = (np.abs(line) + np.abs(level)) * SURE
        # Written so that a line beyond the range of floats, which is NaN here, is in doubt.
        doubt = ~(np.abs(amount - near) + error < 0.5) & ~unbounded[part]
        if doubt.any():
            near[doubt] = 0.0
            unsure[part] = doubt
        cents[part] = near
    found: Ints = cents
    if unsure.any():
        found = _exact_cents(schedule, piece, x, unit, mode, np.flatnonzero(unsure), cents)
    return found, seen(unbounded)


def _cents_level(level: Fraction | None, slope: Fraction, unit: int, mode: str) -> Fraction | int:
    """The level of a line in cents; of a flat one the amount itself, already rounded."""
    if level is None:
        return 0
    return level * unit if slope else whole(level * unit, mode)


def _exact_cents(
    schedule: Schedule, piece: Codes, x: Floats, unit: int, mode: str, draws: Index, cents: Ints
) -> Ints:
    """The cents of some draws in fractions, each different number once."""
    numbers, first, where = np.unique(x[draws], return_index=True, return_inverse=True)
    found: list[int] = []
    for number, k in zip(numbers, draws[first], strict=True):
        line = schedule.pieces[int(piece[k])]
        assert line.level is not None, "what is not published is not computed"
        text = Fraction(decimal_of(number)) if line.slope else Fraction(0)
        found.append(whole(line.at(text) * unit, mode))
    large = max(map(abs, found)) >= EXACT
    if large:
        cents = cents.astype(object)
    cents[draws] = np.array(found, dtype=object if large else np.int64)[where]
    return cents
