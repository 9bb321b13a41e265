"""What an error found after a settlement does to money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from impacteval.contract import words_correcting as words
from impacteval.contract.calendar import Look, looks
from impacteval.contract.dates import Span, first_day, last_day, later, span_of, within
from impacteval.contract.money import ARITHMETIC, NOT_PUBLISHED, Amount
from impacteval.contract.paperwork import CURRENCY_ELSEWHERE, Source
from impacteval.files import Bool, FileModel, NonBlank, NotNegative, fail, refuse
from impacteval.files.kinds import Relative
from impacteval.values import Message

if TYPE_CHECKING:
    from impacteval.contract.model import Contract

NOTHING = Decimal(0)


def _computable(value: str) -> str:
    if span_of(value) is None:
        raise fail(
            f"{value[:40]!r} is not a length of time that can be computed.",
            "Write a whole number of days, weeks, months or years, such as 24 months.",
        )
    return value


Length = Annotated[NonBlank, AfterValidator(_computable)]


def span(length: str) -> Span:
    """The span of a `Length`, which is one by construction."""
    found = span_of(length)
    assert found is not None
    return found


class Corrections(FileModel):
    """What an error found after a settlement does to money."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    how: Literal["next_settlement", "repay", "none"] = Field(
        description="what a correction does: next_settlement, repay or none"
    )
    window: Length | None = None
    above: NotNegative = NOTHING
    upward: Bool | None = None
    pay_within: Length | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problems: list[Relative] = []
        if self.how != "none":
            if self.window is None:
                what = "A correction moves money, and nothing says how long after a settlement."
                problems.append(((), what, "Write `window:`, such as 24 months."))
            if self.upward is None:
                what = "A correction moves money, and nothing says whether also in favour of who was paid."
                problems.append(((), what, "Write `upward: true` or `upward: false`."))
        if self.pay_within is not None and self.how != "repay":
            what = f"`pay_within` says when a correction is paid, and `how: {self.how}` says otherwise."
            problems.append((("pay_within",), what, "Remove it, or write `how: repay`."))
        refuse(problems)
        return self


@dataclass(frozen=True, slots=True)
class Correction:
    """An earlier settlement, judged again on corrected data.

    Attributes
    ----------
    settlement : str
        The one that is corrected.
    found : str or None
        When the error was found.
    paid : Decimal or NOT_PUBLISHED
        What that settlement paid.
    comes_to : Decimal, NOT_PUBLISHED or None
        What it comes to on the corrected data; None when that cannot be judged.
    difference : Decimal, NOT_PUBLISHED or None
        The second less the first: above 0 when too little was paid.
    owed : Decimal, NOT_PUBLISHED or None
        What moves under the contract: above 0 by the payers, below 0 back to them; None when the
        contract does not say.
    due_now : Decimal or NOT_PUBLISHED
        The part of it that is owed on this settlement and not on a later one.
    due_at, due_on : str or None
        The later settlement at which it falls due, and the date.
    receipt : str or None
        Digest of the verdict that is corrected.
    reason : Message
        What follows, in one sentence.
    """

    settlement: str
    found: str | None
    paid: Amount
    comes_to: Amount | None
    difference: Amount | None
    owed: Amount | None
    due_now: Amount
    due_at: str | None
    due_on: str | None
    receipt: str | None
    reason: Message

    @property
    def owed_by(self) -> str | None:
        """``payers``, ``recipients``, or None while nothing is owed or nobody can tell by whom."""
        if not isinstance(self.owed, Decimal) or self.owed == 0:
            return None
        return "payers" if self.owed > 0 else "recipients"


def correction_of(
    contract: Contract,
    look: Look,
    *,
    found: str | None,
    paid: Amount,
    comes_to: Amount | None,
    receipt: str | None,
    following: Look | None = None,
) -> Correction:
    """What the contract makes of the difference between a payment and what it should have been.

    Parameters
    ----------
    contract : Contract
    look : Look
        The settlement that is corrected.
    found : str or None
        When the error was found; required by a contract with a window.
    paid, comes_to
        What was paid, and what the corrected data come to.
    receipt : str or None
        Digest of the verdict that is corrected.
    following : Look or None
        The first settlement after the error was found; None when none is left.
    """
    agreed = contract.corrections
    if isinstance(paid, Decimal):
        paid = contract.round_money(paid)

    def made(
        reason: Message,
        owed: Amount | None = NOTHING,
        *,
        now: bool = False,
        at: str | None = None,
        on: str | None = None,
    ) -> Correction:
        due = owed if now and owed is not None else NOTHING
        return Correction(
            look.name, found, paid, comes_to, difference, owed, due, at, on, receipt, reason
        )

    difference: Amount | None = None
    if comes_to is None:
        return made(words.cannot_be_judged(look), None)
    difference = NOT_PUBLISHED
    if isinstance(comes_to, Decimal) and isinstance(paid, Decimal):
        difference = contract.round_money(ARITHMETIC.subtract(comes_to, paid))
    if difference == NOTHING:
        return made(words.unchanged(look))
    if agreed is None:
        return made(words.nothing_agreed(look, difference), None)
    if agreed.how == "none":
        return made(words.stands(look, difference))
    assert agreed.window is not None
    assert found is not None, "a contract with a window asks for the date before"
    if not within(found, look.date, span(agreed.window)):
        until = later(last_day(look.date), span(agreed.window)).isoformat()
        return made(words.too_late(look, difference, found, until))
    if not isinstance(difference, Decimal):
        owed: Amount = NOT_PUBLISHED
    elif abs(difference) <= agreed.above:
        return made(words.too_small(look, difference, agreed.above))
    elif difference > 0 and not agreed.upward:
        return made(words.not_upward(look, difference))
    else:
        owed = difference
    if agreed.how == "repay":
        on = None
        if agreed.pay_within is not None:
            on = later(last_day(found), span(agreed.pay_within)).isoformat()
        return made(words.owed(look, owed, on), owed, now=True, on=on)
    if following is None:
        return made(words.no_next(look, owed), owed)
    said = words.owed_at(look, owed, following)
    return made(said, owed, at=following.name, on=following.date)


def following_settlement(contract: Contract, look: Look, found: str) -> Look | None:
    """The first settlement after the error was found.

    Parameters
    ----------
    contract : Contract
        As it stood when the error was found: an amendment may have moved the settlement since.
    look : Look
        The settlement that is corrected.
    found : str
        When the error was found.
    """
    return next(
        (
            other
            for other in looks(contract)
            if other.kind == "settlement"
            and other.name != look.name
            and last_day(other.date) >= first_day(found)
            and last_day(other.date) >= last_day(look.date)
        ),
        None,
    )
