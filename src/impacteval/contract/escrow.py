"""A result that is contested: what is held back meanwhile, and where it goes in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from impacteval.contract import words_escrow as words
from impacteval.contract.calendar import Look
from impacteval.contract.dates import first_day, last_day, later, span_of, within
from impacteval.contract.money import ARITHMETIC, NOT_PUBLISHED, Amount, MoneyAmount
from impacteval.contract.paperwork import CURRENCY_ELSEWHERE, Portion, Source
from impacteval.files import FileModel, PartialDate, Percent, PlainWords, Slug, refuse
from impacteval.files.kinds import read_number
from impacteval.values import Message

if TYPE_CHECKING:
    from impacteval.contract.model import Contract

NOTHING = Decimal(0)
End = Literal["payers", "recipients"]


def _percent(value: Any) -> Any:
    """A share may be written 100% or 1."""
    if isinstance(value, str) and value.strip().endswith("%"):
        number = read_number(value)
        assert isinstance(number, Percent)
        return ARITHMETIC.divide(Decimal(number), Decimal(100))
    return value


class Released(FileModel):
    """Where what was held goes once the dispute is decided."""

    upheld: End = Field(
        description="who receives it when the dispute is upheld: payers or recipients"
    )
    dismissed: End = Field(
        description="who receives it when the dispute is dismissed: payers or recipients"
    )


class Escrow(FileModel):
    """What is held back of a disputed payment, by whom, and where it goes in the end."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    share: Annotated[
        Portion | None, BeforeValidator(_percent, json_schema_input_type=Portion | str | None)
    ] = None
    amount: MoneyAmount | None = None
    holder: PlainWords = Field(description="who holds the money meanwhile")
    released: Released = Field(description="where it goes, {upheld: payers, dismissed: recipients}")
    source: Source | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.share is None) == (self.amount is None):
            refuse(
                [
                    (
                        (),
                        "What is held is a share of the disputed part or an amount, and one of them.",
                        "Write `share: 100%` or `amount:`.",
                    )
                ]
            )
        return self


class Dispute(FileModel):
    """How to contest a result."""

    window: PlainWords = Field(description="how long a result can be contested")
    who_decides: PlainWords = Field(description="who decides")
    how: PlainWords | None = None
    escrow: Escrow | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _computable(self) -> Self:
        if self.escrow is not None and span_of(self.window.en) is None:
            refuse(
                [
                    (
                        ("window",),
                        (
                            "Money is held while a result is contested, and until when it can be "
                            f"contested cannot be computed from {self.window.en[:40]!r}."
                        ),
                        "Write a whole number of days, weeks, months or years, such as 60 days.",
                    )
                ]
            )
        return self


class Disputed(FileModel):
    """A dispute about one settlement, as it stands."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    settlement: Slug = Field(description="the settlement that is contested")
    raised: PartialDate = Field(description="when the dispute was raised")
    state: Literal["open", "upheld", "dismissed"] = Field(
        description="where it stands: open, upheld or dismissed"
    )
    by: Literal["payer", "recipient"] = Field(description="who contests: payer or recipient")
    amount: MoneyAmount | None = None
    what: PlainWords | None = None


@dataclass(frozen=True, slots=True)
class Contested:
    """What a dispute does to a payment.

    Attributes
    ----------
    state : str
        ``open``, ``upheld``, ``dismissed``, or ``refused`` when it was raised too late.
    raised, until : str
        When it was raised, and until when it could be.
    by : str
        ``payer`` or ``recipient``.
    payable_now, held, returned, paid : Decimal, NOT_PUBLISHED or None
        What of the amount due is to be paid now, what is held, what stays with the payers, and
        what was paid already.
    reason : Message
        What follows, in one sentence.
    steps : tuple of Message
        The same, and what was paid already.
    """

    state: Literal["open", "upheld", "dismissed", "refused"]
    raised: str
    until: str | None
    by: str
    payable_now: Amount | None
    held: Amount | None
    returned: Amount | None
    paid: Amount | None
    reason: Message
    steps: tuple[Message, ...]


def contested(
    contract: Contract, look: Look, dispute: Disputed, due: Amount | None, paid: Amount = NOTHING
) -> Contested:
    """What a dispute does to what is due at a settlement.

    Parameters
    ----------
    contract : Contract
    look : Look
        The settlement; the window to contest it begins on its date.
    dispute : Disputed
        The dispute, as it stands.
    due : Decimal, NOT_PUBLISHED or None
        What the settlement pays; None when that cannot be said.
    paid : Decimal or NOT_PUBLISHED
        What was paid of it already.

    Returns
    -------
    Contested
        ``payable_now``, ``held``, ``returned`` and ``paid`` add up to `due`.
    """
    agreed = contract.dispute

    def made(
        state: Literal["open", "upheld", "dismissed", "refused"],
        reason: Message,
        held: Amount | None = NOTHING,
        returned: Amount | None = NOTHING,
    ) -> Contested:
        now = _less(_less(_less(due, held), returned), paid)
        steps = (reason, *((words.paid_here(look.name, paid),) if paid != NOTHING else ()))
        return Contested(
            state=state,
            raised=dispute.raised,
            until=until,
            by=dispute.by,
            payable_now=_in_decimals(contract, now),
            held=_in_decimals(contract, held),
            returned=_in_decimals(contract, returned),
            paid=_in_decimals(contract, paid),
            reason=reason,
            steps=steps,
        )

    until: str | None = None
    if agreed is None:
        return made("refused", words.no_dispute())
    window = span_of(agreed.window.en)
    if window is not None:
        until = later(last_day(look.date), window).isoformat()
        if not within(dispute.raised, look.date, window):
            return made("refused", words.too_late(dispute.raised, until))
        if last_day(dispute.raised) < first_day(look.date):
            return made("refused", words.too_soon(dispute.raised, look.date))
    if agreed.escrow is None:
        return made(dispute.state, words.no_escrow(dispute))
    if dispute.by == "recipient":
        # Who was to be paid contests what is missing: what is due is not in dispute.
        return made(dispute.state, words.by_recipient(dispute))
    held = _held(contract, agreed.escrow, dispute, due)
    if dispute.state == "open":
        return made("open", words.held(held, agreed.escrow.holder.text()), held)
    released = agreed.escrow.released
    to = released.upheld if dispute.state == "upheld" else released.dismissed
    said = words.released(dispute.state, held, to)
    return made(dispute.state, said, NOTHING, held if to == "payers" else NOTHING)


def _in_decimals(contract: Contract, amount: Amount | None) -> Amount | None:
    return contract.round_money(amount) if isinstance(amount, Decimal) else amount


def _held(
    contract: Contract, escrow: Escrow, dispute: Disputed, due: Amount | None
) -> Amount | None:
    """What is held: a share of the disputed part, or the amount, never more than is due."""
    if due is None:
        return None
    if isinstance(due, Decimal) and due <= 0:
        return NOTHING
    part: Amount = due if dispute.amount is None else dispute.amount
    wanted: Amount = NOT_PUBLISHED
    if escrow.share is not None and isinstance(part, Decimal):
        wanted = contract.round_money(ARITHMETIC.multiply(part, escrow.share))
    elif isinstance(escrow.amount, Decimal) and isinstance(part, Decimal):
        wanted = min(escrow.amount, part)
    elif escrow.share == 1 and dispute.amount is None:
        return due
    if not isinstance(due, Decimal) or not isinstance(wanted, Decimal):
        return NOT_PUBLISHED
    return min(wanted, due)


def _less(amount: Amount | None, other: Amount | None) -> Amount | None:
    if amount is None or other is None:
        return None
    if other == NOTHING:
        return amount
    if isinstance(amount, Decimal) and isinstance(other, Decimal):
        return ARITHMETIC.subtract(amount, other)
    return NOT_PUBLISHED
