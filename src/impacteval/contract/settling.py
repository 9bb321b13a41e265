"""From the price of results to what is paid: ceiling, netting, clawback, split, and who gets it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from impacteval.contract import words_settling as words
from impacteval.contract.model import Contract
from impacteval.contract.money import (
    ARITHMETIC,
    NOT_PUBLISHED,
    Amount,
    add,
    apportioned,
    capped,
)
from impacteval.contract.payment import Term
from impacteval.contract.readings import Given, Settled, Tranche
from impacteval.contract.settlement import Layer, NetOf, PayerShare, Waterfall
from impacteval.values import Message

NOTHING = Decimal(0)


def bounded(term: Term, settled: Settled, contract: Contract, given: Given) -> Settled:
    """The payment of a term under what bounds it, in the order that the contract states.

    Parameters
    ----------
    term : Term
        The term; only the outermost one of a contract nets, cumulates and splits.
    settled : Settled
        What it comes to before that.
    contract : Contract
        States the order, and rounds shares of payers.
    given : Given
        What was paid before, and what others paid.

    Returns
    -------
    Settled
        While a clause is open the total is open, and nothing is taken back.
    """
    open_ = settled.total is None
    flow = _Flow(settled.due_now)  # which is the total, once that is known
    for word in contract.bounds:
        match word:
            case "ceiling" if term.cap is not None:
                flow = _ceiling(flow, term, contract, given)
            case "netting" if term.net_of is not None:
                flow = _netting(flow, term.net_of, given)
            case "clawback" if term.cumulative is not None:
                back = term.cumulative.clawback and not open_
                flow = _clawback(flow, given.already_paid, back=back)
    due = NOTHING if flow.amount is None else flow.amount
    total = None if open_ else flow.amount
    split: tuple[Amount, ...] = ()
    steps = (*settled.steps, *flow.steps)
    if term.split is not None:
        split = shares_of(due, term.split, contract)
        steps = (*steps, *words.split(term.split, split))
    return replace(settled, due_now=due, total=total, steps=steps, split=split)


@dataclass(frozen=True, slots=True)
class _Flow:
    """An amount on its way, and whether earlier payments are off it.

    `most` is the ceiling over an amount that is not published, where that ceiling is known.
    """

    amount: Amount | None
    most: Decimal | None = None
    taken: bool = False
    steps: tuple[Message, ...] = ()

    def to(self, amount: Amount | None, step: Message, most: Decimal | None = None) -> _Flow:
        return replace(self, amount=amount, most=most, steps=(*self.steps, step))


def _ceiling(flow: _Flow, term: Term, contract: Contract, given: Given) -> _Flow:
    """The smaller of amount and ceiling; over a contract, of what earlier payments left of it."""
    cap, earlier = term.cap, given.already_paid
    assert cap is not None
    if flow.amount is None:
        return flow
    whole = contract.payment.cumulative is not None and not flow.taken
    if cap.over == "settlement" or whole or earlier is None or earlier == NOTHING:
        due = capped(flow.amount, cap.amount)
        most = cap.amount if isinstance(cap.amount, Decimal) else None
        return flow.to(due, words.cap_applied(cap.amount, due), most)
    if flow.amount == NOTHING:
        return flow
    if term is not contract.payment:
        return flow.to(None, words.inner_ceiling())
    if not isinstance(cap.amount, Decimal) or not isinstance(earlier, Decimal):
        due = capped(flow.amount, NOT_PUBLISHED)
        return flow.to(due, words.cap_applied(NOT_PUBLISHED, due))
    left = max(NOTHING, ARITHMETIC.subtract(cap.amount, earlier))
    due = capped(flow.amount, left)
    return flow.to(due, words.cap_left(cap.amount, earlier, left, due), left)


def _netting(flow: _Flow, net: NetOf, given: Given) -> _Flow:
    """What others paid is taken off; nothing is ever due to them."""
    if flow.amount is None or (isinstance(flow.amount, Decimal) and flow.amount <= 0):
        return flow
    other = given.other_money.get(net.name)
    if other is None:
        return flow.to(None, words.netting_open(net.what.text()))
    if not isinstance(other, Decimal):
        return flow.to(NOT_PUBLISHED, words.netting_not_published(net.what.text()))
    if isinstance(flow.amount, Decimal):
        left = max(NOTHING, ARITHMETIC.subtract(flow.amount, other))
        return flow.to(left, words.netted(net.what.text(), other, left))
    if flow.most is not None and other >= flow.most:
        return flow.to(NOTHING, words.netted(net.what.text(), other, NOTHING))
    return flow.to(NOT_PUBLISHED, words.netting_not_published(net.what.text()))


def _clawback(flow: _Flow, earlier: Amount | None, *, back: bool) -> _Flow:
    """What was paid before is taken off; what was paid too much comes back only if agreed."""
    flow = replace(flow, taken=True)
    if flow.amount is None:
        return flow
    if earlier is None:
        return flow.to(None, words.earlier_unknown())
    if not back and flow.amount == NOTHING:
        return flow.to(NOTHING, words.less_earlier(earlier, NOTHING))
    if not isinstance(flow.amount, Decimal) or not isinstance(earlier, Decimal):
        return flow.to(NOT_PUBLISHED, words.less_earlier(NOT_PUBLISHED, NOT_PUBLISHED))
    rest = ARITHMETIC.subtract(flow.amount, earlier)
    least = ARITHMETIC.minus(earlier) if back else NOTHING
    due = max(rest, least)
    return flow.to(due, words.less_earlier(earlier, due))


def shares_of(due: Amount, split: tuple[PayerShare, ...], contract: Contract) -> tuple[Amount, ...]:
    """What each payer pays; the parts add up to the whole to the last unit of money."""
    if due == NOTHING:
        return tuple(NOTHING for _ in split)
    shares = [part.share for part in split if isinstance(part.share, Decimal)]
    if not isinstance(due, Decimal) or len(shares) < len(split):
        return tuple(NOT_PUBLISHED for _ in split)
    return apportioned(contract.round_money(due), shares, contract.money_decimals)


def passed_on(waterfall: Waterfall, receipts: Amount | None) -> tuple[Tranche, ...]:
    """Who gets back what: losses in the order of the layers, repayments and gains in reverse.

    Parameters
    ----------
    waterfall : Waterfall
        The layers, the first to lose first.
    receipts : Decimal, NOT_PUBLISHED or None
        Everything received so far; None while it is open.
    """
    if not isinstance(receipts, Decimal):
        return tuple(
            Tranche(layer.name, layer.amount, *([receipts] * 5)) for layer in waterfall.layers
        )
    capital = sum((layer.amount for layer in waterfall.layers), NOTHING)
    loss_left = max(NOTHING, ARITHMETIC.subtract(capital, receipts))
    surplus: Amount = max(NOTHING, ARITHMETIC.subtract(receipts, capital))
    losses = {}
    for layer in waterfall.layers:
        losses[layer.name] = min(loss_left, layer.amount)
        loss_left = ARITHMETIC.subtract(loss_left, losses[layer.name])
    gains = {}
    for layer in reversed(waterfall.layers):
        gains[layer.name], surplus = _gain(layer.gain_up_to, surplus)
    return tuple(
        _tranche(waterfall, layer, losses[layer.name], gains[layer.name])
        for layer in waterfall.layers
    )


def _gain(most: Amount | None, surplus: Amount) -> tuple[Amount, Amount]:
    """What a layer takes of a surplus, and what is left of it."""
    if surplus == NOTHING:
        return NOTHING, NOTHING
    if not isinstance(surplus, Decimal) or (most is not None and not isinstance(most, Decimal)):
        return NOT_PUBLISHED, NOT_PUBLISHED
    taken = surplus if most is None else min(most, surplus)
    return taken, ARITHMETIC.subtract(surplus, taken)


def _tranche(waterfall: Waterfall, layer: Layer, loss: Decimal, gain: Amount) -> Tranche:
    guarantee = waterfall.guarantee
    good: Amount = NOTHING
    if guarantee is not None and guarantee.layer == layer.name and loss > 0:
        good = capped(ARITHMETIC.multiply(guarantee.share, loss), guarantee.up_to)
    lost = ARITHMETIC.subtract(loss, good) if isinstance(good, Decimal) else NOT_PUBLISHED
    repaid = ARITHMETIC.subtract(layer.amount, loss)
    return Tranche(layer.name, layer.amount, repaid, gain, loss, good, lost)


def with_waterfall(contract: Contract, settled: Settled, given: Given) -> Settled:
    """The payment with what it means for those who lent the money."""
    waterfall = contract.waterfall
    if waterfall is None:
        return settled
    receipts: Amount | None = None
    if settled.total is not None and given.already_paid is not None:
        receipts = add((given.already_paid, settled.total))
    tranches = passed_on(waterfall, receipts)
    steps = words.waterfall(waterfall, tranches, receipts)
    return replace(settled, steps=(*settled.steps, *steps), tranches=tranches)
