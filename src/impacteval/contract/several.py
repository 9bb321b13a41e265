"""Several results that make one payment: a weighted basket, and a rate card with a ceiling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Context, Decimal
from fractions import Fraction

from impacteval.contract import words_composed as composed
from impacteval.contract.model import Contract
from impacteval.contract.money import ARITHMETIC, NOT_PUBLISHED, Amount, add
from impacteval.contract.payment import Basket, RateCard
from impacteval.contract.readings import Row, Settled
from impacteval.values import Message, Status

NOTHING = Decimal(0)
_SHOWN = Context(prec=10)


def _decimal(number: Fraction, context: Context = ARITHMETIC) -> Decimal:
    """A fraction as a decimal. Exact whenever its digits end, so a half cent stays a half cent."""
    return context.divide(Decimal(number.numerator), Decimal(number.denominator))


# --- basket ------------------------------------------------------------------------------------


def basket(
    term: Basket, rows: tuple[Row, ...], contract: Contract, cap: Amount | None = None
) -> Settled:
    """What a basket comes to.

    Parameters
    ----------
    term : Basket
        The basket.
    rows : tuple of Row
        One for each part; the amount of a row is the share reached, within the bounds that hold
        for a part by itself.
    contract : Contract
        Rounds the money.
    cap : Decimal or NOT_PUBLISHED, optional
        The ceiling over this basket. Nothing is cut here; where the payment is not published, the
        steps tell from what payment on the ceiling would cut it.

    Returns
    -------
    Settled
        The same rows, with what each part adds. A basket with an open part is open.
    """
    if any(row.amount is None for row in rows):
        waits = composed.basket_waits()
        held = tuple(
            row
            if row.amount is None
            else replace(row, amount=None, reason=waits, steps=(*row.steps, waits))
            for row in rows
        )
        return Settled(held, NOTHING, None)
    weights = [Fraction(part.weight) for part in term.parts]
    shares = [_share(term, k, row) for k, row in enumerate(rows)]
    steps: tuple[Message, ...] = ()
    if not term.parts_may_offset and min(shares) < 1 < max(shares):
        shares = [min(share, Fraction(1)) for share in shares]
        steps = (composed.no_making_up(),)
    index = sum((w * s for w, s in zip(weights, shares, strict=True)), Fraction(0))
    parts = [w * s for w, s in zip(weights, shares, strict=True)]
    total = _times(term.pay, max(index, Fraction(0)), contract)
    amounts = _added(term.pay, parts, total, contract)
    paid = tuple(
        replace(row, amount=amount, steps=(*row.steps, composed.adds_to_basket(amount)))
        for row, amount in zip(rows, amounts, strict=True)
    )
    shown = _decimal(index, _SHOWN)
    steps = (*steps, composed.basket_index(shown, term.pay, total))
    if total is NOT_PUBLISHED and isinstance(cap, Decimal) and index > 0:
        steps = (*steps, composed.ceiling_binds_from(shown, cap, _least(cap, index, contract)))
    return Settled(paid, total, total, steps)


def _least(cap: Decimal, index: Fraction, contract: Contract) -> Decimal:
    """The least payment at an index of 1, in whole minor units, that reaches the ceiling."""
    unit = Decimal(1).scaleb(-contract.money_decimals)
    units = -(-Fraction(cap) // (index * Fraction(unit)))
    return ARITHMETIC.multiply(Decimal(int(units)), unit)


def _share(term: Basket, k: int, row: Row) -> Fraction:
    """The exact share of a part; a row known only between two numbers is at a bound of its share."""
    assert isinstance(row.amount, Decimal)
    if row.value is None or not row.value.is_finite():
        return Fraction(row.amount)
    share = term.parts[k].share(row.value)
    least = share if term.parts_may_offset else max(share, Fraction(0))
    return least if term.parts_may_exceed_one else min(least, Fraction(1))


def _times(pay: Amount, share: Fraction, contract: Contract) -> Amount:
    if share == 0:
        return NOTHING
    if not isinstance(pay, Decimal):
        return NOT_PUBLISHED
    return contract.round_money(_decimal(Fraction(pay) * share))


def _added(pay: Amount, parts: list[Fraction], total: Amount, contract: Contract) -> list[Amount]:
    """What each part adds, rounded; the largest takes the cents that rounding leaves over.

    Below nothing the basket pays nothing, and the parts say by how much it fell short.
    """
    amounts = [_times(pay, part, contract) for part in parts]
    if isinstance(pay, Decimal) and isinstance(total, Decimal) and sum(parts) >= 0:
        largest = max(range(len(parts)), key=lambda k: parts[k])
        others = add(amount for k, amount in enumerate(amounts) if k != largest)
        assert isinstance(others, Decimal)
        amounts[largest] = ARITHMETIC.subtract(total, others)
    return amounts


# --- rate card ---------------------------------------------------------------------------------


def rate_card(
    term: RateCard,
    rows: tuple[Row, ...],
    contract: Contract,
    claims: Mapping[str, Mapping[str, int]] | None,
) -> Settled:
    """What a rate card with a ceiling for each person comes to.

    Parameters
    ----------
    term : RateCard
        The card; it has a ceiling.
    rows : tuple of Row
        One for each line.
    contract : Contract
        Rounds the money.
    claims : mapping or None
        For each person, how often each milestone was reached. Counts alone do not say who reached
        what, so without them a ceiling that could bind leaves the card without a judgement; one
        that nobody can reach with these counts does not.

    Returns
    -------
    Settled
    """
    if any(row.amount is None for row in rows):
        # What the judged lines add could still meet somebody's ceiling.
        waits = composed.card_waits()
        held = tuple(
            row
            if row.amount is None or row.amount == NOTHING
            else replace(row, amount=None, reason=waits, steps=(*row.steps, waits))
            for row in rows
        )
        return Settled(held, NOTHING, None)
    whole = add(row.amount for row in rows if row.amount is not None)
    if whole == NOTHING:
        return Settled(rows, NOTHING, NOTHING)
    ceiling, prices = term.person_ceiling, [line.price for line in term.lines]
    most = add(prices)
    if not isinstance(ceiling, Decimal) or not isinstance(most, Decimal):
        steps = (composed.person_ceiling_not_published(),)
        return Settled(rows, NOT_PUBLISHED, NOT_PUBLISHED, steps)
    if term.each_milestone == "once" and most <= ceiling:
        steps = (composed.ceiling_out_of_reach(ceiling, most),)
        return Settled(rows, whole, whole, steps)
    if claims is None and (reach := _reach(term, rows)) <= ceiling:
        assert isinstance(whole, Decimal)
        return Settled(rows, whole, whole, (composed.counts_below_ceiling(ceiling, reach),))
    if claims is None:
        reason = composed.claims_needed(ceiling)
        held = tuple(
            replace(
                row,
                verdict=Status.CANNOT_BE_JUDGED,
                amount=None,
                reason=reason,
                steps=(*row.steps, reason),
            )
            for row in rows
        )
        return Settled(held, NOTHING, None)
    paid, at_ceiling = _by_person(term, claims, ceiling)
    total = contract.round_money(paid)
    assert isinstance(whole, Decimal)
    steps = (
        composed.person_ceilings(at_ceiling, ceiling, ARITHMETIC.subtract(whole, total), total),
    )
    return Settled(rows, total, total, steps)


def _reach(term: RateCard, rows: tuple[Row, ...]) -> Decimal:
    """The most that one person can have brought, whoever reached what.

    Paid once, a line brings its price at most, and no more than all its claims together; paid
    every time, everything could be one person's.
    """
    prices = {line.name: line.price for line in term.lines}
    most = NOTHING
    for row in rows:
        price = prices[row.name]
        assert isinstance(row.amount, Decimal)
        assert isinstance(price, Decimal)
        own = min(row.amount, price) if term.each_milestone == "once" else row.amount
        most = ARITHMETIC.add(most, own)
    return most


def counted(term: RateCard, claimed: Mapping[str, int], outcome: str) -> int:
    """How many milestones of one person are paid."""
    times = claimed.get(outcome, 0)
    return min(times, 1) if term.each_milestone == "once" else times


def repeated(term: RateCard, claims: Mapping[str, Mapping[str, int]]) -> int:
    """How many claims are not counted because the milestone was paid already."""
    return sum(
        claimed.get(line.outcome, 0) - counted(term, claimed, line.outcome)
        for claimed in claims.values()
        for line in term.lines
    )


def _by_person(
    term: RateCard, claims: Mapping[str, Mapping[str, int]], ceiling: Decimal
) -> tuple[Decimal, int]:
    paid, at_ceiling = NOTHING, 0
    for claimed in claims.values():
        own = NOTHING
        for line in term.lines:
            assert isinstance(line.price, Decimal)
            times = Decimal(counted(term, claimed, line.outcome))
            own = ARITHMETIC.add(own, ARITHMETIC.multiply(line.price, times))
        at_ceiling += own > ceiling
        paid = ARITHMETIC.add(paid, min(own, ceiling))
    return paid, at_ceiling
