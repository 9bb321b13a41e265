"""What one clause pays for one number: arithmetic on Decimal over the closed union of clauses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import assert_never

from impacteval.contract import words
from impacteval.contract import words_averaged as averaged
from impacteval.contract import words_composed as composed
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
from impacteval.contract.money import ARITHMETIC, NOT_PUBLISHED, Amount
from impacteval.contract.payment import (
    BY_STEP,
    EquityBonus,
    Gate,
    Leaf,
    Precondition,
    hides_amount,
)
from impacteval.contract.readings import (
    Average,
    Barred,
    Before,
    Between,
    Chances,
    Granted,
    Known,
    Missing,
    Reading,
    Row,
    Unjudged,
)
from impacteval.values import Message, Status

NOTHING = Decimal(0)


def compare(operator: str, value: Decimal, threshold: Decimal) -> bool:
    """Whether the comparison holds; `value` may be infinite.

    Examples
    --------
    >>> compare("at_least", Decimal("7.5"), Decimal("7.5"))
    True
    >>> compare("more_than", Decimal("7.5"), Decimal("7.5"))
    False
    """
    match operator:
        case "at_least":
            return value >= threshold
        case "more_than":
            return value > threshold
        case "at_most":
            return value <= threshold
        case "less_than":
            return value < threshold
    raise ValueError(f"operator {operator!r} is not known.")


def limits(leaf: Leaf) -> tuple[Limit, ...]:
    """Every comparison a clause makes, in the order of the file."""
    match leaf:
        case Threshold() | Gate() | Precondition() | EquityBonus():
            return (leaf.limit,)
        case Tiers() | Piecewise() | PartialFull():
            return tuple(step.limit for step in leaf.steps)
        case Linear():
            return (Limit("more_than", leaf.above),)
        case RateLine() | ShareOfSaving():
            return (Limit("more_than", NOTHING),)
        case BasketPart():
            return (Limit("at_least", leaf.full_at),)
        case BonusMalus():
            return (Limit("more_than", ARITHMETIC.add(leaf.target, leaf.dead_band)),)
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(leaf)


def undecided(leaf: Leaf, group: str, reason: Message, verdict: Status | None = None) -> Row:
    limit = limits(leaf)[0]
    return Row(
        name=leaf.name,
        group=group,
        outcome=leaf.outcome,
        value=None,
        exact=None,
        operator=limit.operator,
        threshold=limit.threshold,
        verdict=verdict,
        amount=None,
        reason=reason,
        steps=(reason,),
        pays=not isinstance(leaf, Gate | Precondition),
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What a clause has to know besides its number.

    Attributes
    ----------
    least, most : Decimal or None
        Bounds on the share of a basket's part.
    people : Decimal or None
        By how many people a saving for one person is multiplied; None when that is not known.
    """

    least: Decimal | None = None
    most: Decimal | None = None
    people: Decimal | None = None


ALONE = Around(people=Decimal(1))
"""A clause that needs nothing besides its number."""


@dataclass(frozen=True, slots=True)
class _Priced:
    """What a clause pays for one number: the furthest step reached (-1: none) and the amount.

    Of a basket's part the amount is its share and no money yet.
    """

    reached: int
    amount: Amount
    steps: tuple[Message, ...]


def row_of(
    leaf: Leaf, group: str, reading: Reading, contract: Contract, around: Around = ALONE
) -> Row:
    """What one clause says about one reading."""
    value: Decimal | None
    exact: Decimal | None
    match reading:
        case Before(verdict, reason):
            return replace(undecided(leaf, group, reason, verdict), amount=NOTHING)
        case Missing(reason, after_it, later):
            row = undecided(leaf, group, reason)
            return replace(row, steps=(*row.steps, *after_it), later=later)
        case Unjudged(reason, after_it, later):
            row = undecided(leaf, group, reason, Status.CANNOT_BE_JUDGED)
            return replace(row, steps=(*row.steps, *after_it), later=later)
        case Barred(reason, before_it):
            row = undecided(leaf, group, reason, Status.NOT_MET)
            return replace(row, amount=contract.round_money(NOTHING), steps=(*before_it, reason))
        case Granted(reason, before_it):
            amount, said = _amount(leaf, 0, NOTHING, ALONE)
            row = undecided(leaf, group, reason, Status.MET)
            return replace(
                row,
                amount=contract.round_money(amount) if isinstance(amount, Decimal) else amount,
                steps=(*before_it, reason, *said),
            )
        case Known(number, before):
            value, exact = number, before
            priced = _priced(leaf, number, reading.closed, around)
        case Chances(estimate, confidence, asked):
            value = exact = estimate
            priced = _by_confidence(leaf, confidence, asked)
        case Average(number, before, mean):
            value, exact = number, before
            priced = _on_average(leaf, number, mean)
        case Between(low, high, of_sums=of_sums):
            lower = _priced(leaf, low, closed=False, around=around)
            upper = _priced(leaf, high, closed=False, around=around)
            if lower.reached != upper.reached or lower.amount != upper.amount:
                return undecided(
                    leaf, group, words.weights_matter(low, high, of_sums), Status.CANNOT_BE_JUDGED
                )
            value = exact = None
            priced = replace(
                lower, steps=(words.whatever_weights(low, high, of_sums), *lower.steps)
            )
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(reading)
    amount = priced.amount
    if isinstance(amount, Decimal) and not amount.is_finite():
        return undecided(leaf, group, words.unbounded(), Status.CANNOT_BE_JUDGED)
    steps = (*reading.steps, *priced.steps)
    if isinstance(amount, Decimal) and not isinstance(leaf, BasketPart):
        whole = contract.round_money(amount)
        if whole != amount:
            steps = (*steps, words.rounded_to(whole))
        amount = whole
    limit = limits(leaf)[max(priced.reached, 0)]
    return Row(
        name=leaf.name,
        group=group,
        outcome=leaf.outcome,
        value=value,
        exact=exact,
        operator=limit.operator,
        threshold=limit.threshold,
        verdict=Status.MET if priced.reached >= 0 else Status.NOT_MET,
        amount=amount,
        steps=steps,
        pays=not isinstance(leaf, Gate | Precondition),
    )


def _priced(leaf: Leaf, value: Decimal, closed: bool, around: Around) -> _Priced:
    """The amount for a number. A closed gate holds every condition shut, whatever the number."""
    found = limits(leaf)
    holding = [
        k
        for k, limit in enumerate(found)
        if not closed and compare(limit.operator, value, limit.threshold)
    ]
    reached = holding[-1] if holding else -1
    shown = found[max(reached, 0)]
    if closed:
        said = words.gate_closed()
    elif not value.is_finite():
        said = words.no_bound(reached >= 0)
    else:
        said = words.compares(value, shown.operator, shown.threshold, reached >= 0)
    amount, steps = _amount(leaf, reached, value, around)
    return _Priced(reached, amount, (said, *steps))


def _by_confidence(leaf: Leaf, confidence: Mapping[Limit, Decimal], asked: Decimal) -> _Priced:
    """The amount when each comparison asks how sure one is of it."""
    assert isinstance(leaf, BY_STEP), "a price by the number reads a bound"
    found = limits(leaf)
    sure = [k for k, limit in enumerate(found) if confidence[limit] >= asked]
    reached = sure[-1] if sure else -1
    shown = found[max(reached, 0)]
    said = words.confident(confidence[shown], shown.operator, shown.threshold, asked)
    amount, steps = _amount(leaf, reached, NOTHING, ALONE)
    return _Priced(reached, amount, (said, *steps))


def _on_average(leaf: Leaf, value: Decimal, mean: Amount) -> _Priced:
    """The average amount. The verdict says what the estimate reaches, and decides no amount."""
    if not isinstance(mean, Decimal) and not hides_amount(leaf):
        raise ValueError(f"The average of {leaf.name!r} is hidden, and its amounts are published.")
    found = limits(leaf)
    holding = [k for k, x in enumerate(found) if compare(x.operator, value, x.threshold)]
    reached = holding[-1] if holding else -1
    shown = found[max(reached, 0)]
    said = words.compares(value, shown.operator, shown.threshold, reached >= 0)
    return _Priced(reached, mean, (said, averaged.pays_on_average(mean)))


def _amount(
    leaf: Leaf, reached: int, value: Decimal, around: Around
) -> tuple[Amount, tuple[Message, ...]]:
    """The amount of a clause whose furthest step reached is known."""
    match leaf:
        case Threshold():
            return _fixed(leaf.pay if reached >= 0 else NOTHING)
        case Tiers() | PartialFull():
            return _fixed(leaf.steps[reached].pay if reached >= 0 else NOTHING)
        case Piecewise():
            if reached < 0:
                return _fixed(NOTHING)
            step = leaf.steps[reached]
            if step.per_unit == 0:
                return _fixed(step.pay)
            return _by_the_unit(step.pay, step.per_unit, value, step.start)
        case Linear():
            return _linear(leaf, value)
        case RateLine():
            return _line(leaf, value)
        case BonusMalus():
            return _bonus_malus(leaf, value)
        case ShareOfSaving():
            return _saving(leaf, value, around)
        case BasketPart():
            return _part(leaf, value, around)
        case EquityBonus():
            # A percentage is taken of another term, where that term is known.
            return _fixed(leaf.pay) if reached >= 0 and leaf.pay is not None else (NOTHING, ())
        case Gate() | Precondition():
            return NOTHING, ()
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(leaf)


def _fixed(amount: Amount) -> tuple[Amount, tuple[Message, ...]]:
    return amount, (words.pays(amount),)


def _by_the_unit(
    pay: Decimal, per_unit: Decimal, value: Decimal, start: Decimal
) -> tuple[Decimal, tuple[Message, ...]]:
    units = ARITHMETIC.subtract(value, start)
    if per_unit == 0 and not units.is_finite():
        return pay, (words.pays(pay),)  # nothing for a unit is nothing for any number of them
    amount = ARITHMETIC.add(pay, ARITHMETIC.multiply(per_unit, units))
    if not amount.is_finite():
        return amount, ()
    return amount, (words.by_the_unit(pay, per_unit, value, start, amount),)


def _linear(leaf: Linear, value: Decimal) -> tuple[Decimal, tuple[Message, ...]]:
    amount, steps = _by_the_unit(NOTHING, leaf.per_unit, value, leaf.above)
    if leaf.floor is not None and amount < leaf.floor:
        return leaf.floor, (*steps, words.floored(leaf.floor))
    if leaf.ceiling is not None and amount > leaf.ceiling:
        return leaf.ceiling, (*steps, words.ceilinged(leaf.ceiling))
    return amount, steps


def _line(leaf: RateLine, value: Decimal) -> tuple[Amount, tuple[Message, ...]]:
    """A count that is not above 0 pays nothing, whatever the price."""
    if value <= 0:
        return _fixed(NOTHING)
    if not isinstance(leaf.price, Decimal):
        return _fixed(NOT_PUBLISHED)
    return _by_the_unit(NOTHING, leaf.price, value, NOTHING)


def _saving(
    leaf: ShareOfSaving, value: Decimal, around: Around
) -> tuple[Amount, tuple[Message, ...]]:
    """Share times saving times units times people; a loss is not shared."""
    if value <= 0:
        return NOTHING, (composed.no_saving(),)
    if not (isinstance(leaf.saving_per_unit, Decimal) and isinstance(leaf.share, Decimal)):
        return _fixed(NOT_PUBLISHED)
    assert around.people is not None, "a saving by people is not priced without them"
    if not value.is_finite() and 0 in (leaf.saving_per_unit, leaf.share, around.people):
        return NOTHING, (words.pays(NOTHING),)
    saved = ARITHMETIC.multiply(ARITHMETIC.multiply(leaf.saving_per_unit, value), around.people)
    amount = ARITHMETIC.multiply(leaf.share, saved)
    if not amount.is_finite():
        return amount, ()
    said = composed.share_of_saving(leaf.saving_per_unit, value, around.people, leaf.share, amount)
    return amount, (said,)


def _bonus_malus(leaf: BonusMalus, value: Decimal) -> tuple[Amount, tuple[Message, ...]]:
    """Nothing inside the dead band; beyond it a straight line up to the whole amount."""
    away = ARITHMETIC.subtract(value, leaf.target)
    distance = abs(away)
    if distance <= leaf.dead_band:
        return NOTHING, (composed.in_dead_band(away, leaf.dead_band),)
    most = leaf.bonus if away > 0 else leaf.malus
    if not isinstance(most, Decimal):
        return NOT_PUBLISHED, (composed.beyond_not_published(away > 0),)
    if distance >= leaf.full_at:
        amount = most
    else:
        # Multiplied before it is divided: a half cent must stay one to be rounded as agreed.
        over = ARITHMETIC.multiply(most, ARITHMETIC.subtract(distance, leaf.dead_band))
        amount = ARITHMETIC.divide(over, ARITHMETIC.subtract(leaf.full_at, leaf.dead_band))
    signed = amount if away > 0 else ARITHMETIC.minus(amount)
    return signed, (composed.beyond_dead_band(away, leaf.dead_band, leaf.full_at, most),)


def _part(leaf: BasketPart, value: Decimal, around: Around) -> tuple[Amount, tuple[Message, ...]]:
    """The share of a basket's part within its bounds. No money yet: the basket makes it."""
    if value.is_finite():
        exact = leaf.share(value)
        share = ARITHMETIC.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    else:
        share = value
    least = share if around.least is None else max(share, around.least)
    bounded = least if around.most is None else min(least, around.most)
    if not bounded.is_finite():
        return bounded, ()
    return bounded, (composed.part_share(bounded, leaf.weight),)
