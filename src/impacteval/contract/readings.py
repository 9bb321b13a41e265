"""What a clause can be told about the number it compares, and what it says back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.contract.calendar import Look
from impacteval.contract.clauses import Limit
from impacteval.contract.money import Amount
from impacteval.values import Message, Status, Text

if TYPE_CHECKING:
    from impacteval.contract.escrow import Disputed
    from impacteval.contract.ledger import Corrects


@dataclass(frozen=True, slots=True)
class Known:
    """The number itself, already rounded as the contract says. May be infinite, never NaN.

    Attributes
    ----------
    value : Decimal
        What is compared.
    exact : Decimal
        The same before the contract's rounding.
    closed : bool
        Whether a significance gate is closed: then no condition holds.
    steps : tuple of Message
        How the number came about.
    """

    value: Decimal
    exact: Decimal
    closed: bool = False
    steps: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Between:
    """Some number between two known ones, both included."""

    low: Decimal
    high: Decimal
    steps: tuple[Message, ...] = ()
    of_sums: bool = False
    """Whether groups weigh by more than their people: by what would have happened in them too."""


@dataclass(frozen=True, slots=True)
class Chances:
    """For each comparison of the clause, whether the confidence that it holds suffices.

    Attributes
    ----------
    value : Decimal
        The estimate, to show.
    confidence : Mapping[Limit, Decimal]
        Confidence in each comparison.
    asked : Decimal
        The confidence that the contract asks for.
    """

    value: Decimal
    confidence: Mapping[Limit, Decimal] = field(hash=False)
    asked: Decimal
    steps: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing is known yet: the clause is open. `later`: it is judged at another date."""

    reason: Message
    steps: tuple[Message, ...] = ()
    later: bool = False


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Something is known and cannot be judged, with its reason. `later`: not before another date."""

    reason: Message
    steps: tuple[Message, ...] = ()
    later: bool = False


@dataclass(frozen=True, slots=True)
class Barred:
    """Whatever the number, the condition does not hold: the contract says so, with its reason."""

    reason: Message
    steps: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Granted:
    """Whatever the number, the condition counts as met: the contract says so, with its reason."""

    reason: Message
    steps: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """Settled at an earlier date: the verdict stands, and nothing more is paid for it."""

    verdict: Status
    reason: Message


@dataclass(frozen=True, slots=True)
class Average:
    """What the clause pays on average over what the true effect may be.

    Attributes
    ----------
    value : Decimal
        The estimate, rounded as the contract says: the verdict reads it.
    exact : Decimal
        The same before the contract's rounding.
    amount : Decimal, NOT_PUBLISHED
        The average payment, not yet rounded to money.
    """

    value: Decimal
    exact: Decimal
    amount: Amount
    steps: tuple[Message, ...] = ()


Reading = Known | Between | Chances | Average | Missing | Unjudged | Before | Barred | Granted


@dataclass(frozen=True, slots=True)
class Row:
    """What one clause says about one group.

    Attributes
    ----------
    name, group, outcome : str
        The clause, whom it reads, what it reads.
    value : Decimal or None
        The number compared, rounded as the contract says.
    exact : Decimal or None
        The same before that rounding.
    operator, threshold
        The comparison that decided.
    verdict : Status or None
        None while the clause is open.
    amount : Decimal, NOT_PUBLISHED or None
        None while nothing can be said; never 0 for what is not known.
    reason : Message or None
        Why there is no verdict or no amount.
    steps : tuple of Message
        From the number to the money, in order.
    pays : bool
        False for a condition that other clauses stand behind and that pays nothing itself.
    later : bool
        Whether it is judged at another date, as is a gate before it.
    """

    name: str
    group: str
    outcome: str
    value: Decimal | None
    exact: Decimal | None
    operator: str
    threshold: Decimal
    verdict: Status | None
    amount: Amount | None
    reason: Message | None = None
    steps: tuple[Message, ...] = ()
    pays: bool = True
    later: bool = False

    def __post_init__(self) -> None:
        named = (self.name, self.group, self.outcome, self.operator)
        if not all(isinstance(word, str) for word in named):
            raise ValueError(f"A row must say whose it is and what it compared: {named}.")
        if not isinstance(self.threshold, Decimal):
            raise TypeError(f"The row of {self.name} compares with no number.")
        _told(self.steps)
        if self.amount is None and self.reason is None:
            raise ValueError(f"The row of {self.name} leaves its amount open without a reason.")


@dataclass(frozen=True, slots=True)
class Sitting:
    """One date of the calendar as it is judged, with what is known of those before it.

    Attributes
    ----------
    look : Look
        The settlement, look or milestone.
    before : tuple of Look
        The settlements and paying looks that may come before it.
    settled : Mapping[tuple[str, str], Before]
        What was settled before, by clause and group, and is not settled again.
    unknown : bool
        Whether earlier payments are possible and nobody states them.
    unrecorded : Mapping[str, tuple[str, ...]]
        Clauses that an earlier payment may have been for, as far as the ledger says, with the
        names of those settlements.
    carried : tuple of (settlement, amount)
        Corrections of earlier settlements that fall due here.
    paid : Decimal, NOT_PUBLISHED or None
        What was paid at earlier settlements, corrections that fall due here left aside.
    paid_here : Decimal or NOT_PUBLISHED
        What was paid for this very settlement.
    corrects : Corrects or None
        The error for which this settlement is judged again.
    receipt : str or None
        Digest of the verdict that is corrected.
    dispute : Disputed or None
        The dispute about this settlement, as it stands.
    following : Look or None
        The first settlement after that error was found, where one is left.
    """

    look: Look
    before: tuple[Look, ...] = ()
    settled: Mapping[tuple[str, str], Before] = field(default_factory=dict)
    unknown: bool = False
    unrecorded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    carried: tuple[tuple[str, Amount], ...] = ()
    paid: Amount | None = None
    paid_here: Amount = Decimal(0)
    corrects: Corrects | None = None
    receipt: str | None = None
    dispute: Disputed | None = None
    following: Look | None = None


@dataclass(frozen=True, slots=True)
class StopNumber:
    """What a stop trigger compares, or the reason why nobody can tell.

    Attributes
    ----------
    value : Decimal or None
        The number in the units of the file.
    confidence : Decimal or None
        In its place, the confidence that the condition holds.
    reason : Message or None
        Given when there is neither.
    where : Text or None
        Which group or outcome, where the trigger reads several.
    """

    value: Decimal | None = None
    confidence: Decimal | None = None
    reason: Message | None = None
    where: Text | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What a settlement brings besides results.

    Attributes
    ----------
    people : Mapping[str, int]
        People per group, where known.
    claims : Mapping[str, Mapping[str, int]] or None
        For each person, how often each milestone was reached.
    already_paid : Decimal, NOT_PUBLISHED or None
        What was paid at earlier settlements, repayments taken off; None when nobody says.
    other_money : Mapping[str, Amount]
        What others paid for the same results, by the name the contract gives that money.
    at : Sitting or None
        The settlement or look that is judged; None judges every clause, whatever the calendar says.
    settlement_date : str or None
        The date at which this is settled, as the contract writes dates; None when nobody says, and
        then no date has passed.
    stops : Mapping[str, tuple of StopNumber]
        The numbers that each stop trigger compares.
    """

    people: Mapping[str, int] = field(default_factory=dict, hash=False)
    claims: Mapping[str, Mapping[str, int]] | None = field(default=None, hash=False)
    already_paid: Amount | None = None
    other_money: Mapping[str, Amount] = field(default_factory=dict, hash=False)
    at: Sitting | None = field(default=None, hash=False)
    settlement_date: str | None = None
    stops: Mapping[str, tuple[StopNumber, ...]] = field(default_factory=dict, hash=False)


NOTHING_GIVEN = Given()


@dataclass(frozen=True, slots=True)
class Tranche:
    """What one layer of the capital gets back and loses.

    Attributes
    ----------
    name : str
        The layer.
    amount : Decimal
        What was lent.
    repaid, gain, loss, guaranteed, lost : Decimal, NOT_PUBLISHED or None
        Capital that comes back, what comes on top, capital that does not come back, what a
        guarantee makes good of that, and what is lost in the end. None while the payment is open.
    """

    name: str
    amount: Decimal
    repaid: Amount | None
    gain: Amount | None
    loss: Amount | None
    guaranteed: Amount | None
    lost: Amount | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What a payment term comes to.

    Attributes
    ----------
    rows : tuple of Row
        One for each clause and group.
    due_now : Decimal or NOT_PUBLISHED
        Over the clauses that are judged.
    total : Decimal, NOT_PUBLISHED or None
        None while one clause is not.
    steps : tuple of Message
        Sums and ceilings, in order.
    split : tuple of Amount or None
        What each payer pays of what is due, in the order of the file.
    tranches : tuple of Tranche
        Who gets back what of the capital.
    """

    rows: tuple[Row, ...]
    due_now: Amount
    total: Amount | None
    steps: tuple[Message, ...] = ()
    split: tuple[Amount, ...] = ()
    tranches: tuple[Tranche, ...] = ()

    def __post_init__(self) -> None:
        if self.due_now is None:
            raise ValueError("What is due now is an amount, 0 while nothing is judged.")
        _told(self.steps)


def _told(steps: tuple[Message, ...]) -> None:
    """A step that says nothing would be a gap between the result and the money."""
    if not all(isinstance(step, Message) for step in steps):
        raise ValueError("Every step from the result to the money is a sentence.")
