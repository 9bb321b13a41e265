"""The calendar of a contract: its settlements, its looks in between, and what each one judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from impacteval.contract.dates import first_day, last_day, later, span_of
from impacteval.contract.payment import Gate, Leaf, leaves

if TYPE_CHECKING:
    from datetime import date

    from impacteval.contract.model import Contract

Kind = Literal["settlement", "interim", "milestone"]
_KEYS = {"settlement": "settlements", "interim": "interim", "milestone": "milestones"}


@dataclass(frozen=True, slots=True)
class Look:
    """One date of the calendar at which results are read.

    Attributes
    ----------
    name : str
        Its name in the file.
    kind : str
        ``settlement``, ``interim`` (a look declared in advance) or ``milestone`` (a report).
    date : str
        Its date, whole or by month or year.
    clauses, groups : tuple of str
        What it judges; all of them when empty.
    pays : bool
        Whether verdicts reached at it are for payment.
    share : Decimal or None
        Its share of what may go wrong, where several looks divide it.
    information : Decimal or None
        The share of the final information that is there, where looks at growing data spend the
        error as the calendar declares.
    """

    name: str
    kind: Kind
    date: str
    clauses: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    pays: bool = True
    share: Decimal | None = None
    information: Decimal | None = None


def looks(contract: Contract) -> tuple[Look, ...]:
    """Every date of the calendar, the earliest first; of one date, in the order of the file."""
    found = contract.calendar
    if found is None:
        return ()
    listed = [
        *(
            Look(
                name, "settlement", s.date, s.clauses, s.groups, True, s.alpha_share, s.information
            )
            for name, s in found.settlements.items()
        ),
        *(
            Look(name, "interim", s.date, s.clauses, s.groups, s.pays, s.alpha_share, s.information)
            for name, s in found.interim.items()
        ),
        *(Look(name, "milestone", s.date, pays=False) for name, s in found.milestones.items()),
    ]
    return tuple(sorted(listed, key=lambda look: (last_day(look.date), first_day(look.date))))


def place_of(look: Look, *inner: str | int) -> tuple[str | int, ...]:
    """Where a look, or a part of it, stands in the file."""
    return ("calendar", _KEYS[look.kind], look.name, *inner)


def look_of(contract: Contract, name: str) -> Look | None:
    """The settlement, look or milestone of that name; None when the calendar has none."""
    return next((look for look in looks(contract) if look.name == name), None)


def date_of(contract: Contract, settlement: str | None) -> str | None:
    """The date of a settlement, an interim look or a milestone, as the contract writes it.

    Parameters
    ----------
    contract : Contract
    settlement : str or None
        Its name in the calendar.

    Returns
    -------
    str or None
        Year first, whole or partial (``2014``, ``2014-04``, ``2014-04-30``); None where no
        settlement is named or the calendar does not know it.
    """
    found = None if settlement is None else look_of(contract, settlement)
    return None if found is None else found.date


def may_precede(look: Look, other: Look) -> bool:
    """Whether a payment at one look may come before the other: a date by year may be any of its days."""
    return look.name != other.name and first_day(look.date) <= last_day(other.date)


def earlier_payments(contract: Contract, look: Look) -> tuple[Look, ...]:
    """The settlements and paying looks that may come before this one."""
    return tuple(x for x in looks(contract) if x.pays and may_precede(x, look))


def judged(contract: Contract, look: Look) -> frozenset[str]:
    """The clauses that belong to a look; a gate belongs to every look that judges what it opens."""
    if not look.clauses:
        return frozenset(leaf.name for leaf in contract.clauses)
    # What stands before the whole payment is judged whenever a part of it is.
    named = {*look.clauses, *(gate.name for gate in contract.gates)}
    for _, leaf in leaves(contract.payment):
        if isinstance(leaf, Gate) and any(
            inner.name in look.clauses for _, inner in leaves(leaf.opens)
        ):
            named.add(leaf.name)
    return frozenset(named)


def judged_at(contract: Contract, clause: str, *, paying: bool = True) -> tuple[Look, ...]:
    """The looks that judge a clause, the earliest first."""
    return tuple(
        look
        for look in looks(contract)
        if (look.pays or not paying) and clause in judged(contract, look)
    )


def looks_at(contract: Contract, clause: str, group: str) -> tuple[Look, ...]:
    """The settlements and paying looks that judge a clause for a group, the earliest first."""
    return tuple(
        look
        for look in looks(contract)
        if look.pays
        and clause in judged(contract, look)
        and (not look.groups or group in look.groups or group not in contract.groups)
    )


def window_ends(contract: Contract, leaf: Leaf, group: str) -> date | None:
    """When the results of a group are complete: where its people end, plus the outcome's window.

    None where the contract gives no date to count from, or writes the window in words that
    cannot be computed: nothing is assumed.
    """
    known = contract.groups.get(group)
    anchor = contract.who_counts.ends if known is None else known.ends
    window = contract.outcomes[leaf.outcome].window
    if anchor is None or window is None:
        return None
    parts = [window.follow, *([window.then_wait] if window.then_wait is not None else [])]
    spans = [span_of(part.en) for part in parts]
    if any(span is None for span in spans):
        return None
    return later(last_day(anchor), *(span for span in spans if span is not None))


def too_early(
    contract: Contract, look: Look, leaf: Leaf, groups: tuple[str, ...]
) -> Iterator[tuple[str, date]]:
    """The groups whose window is still open at a look, each with the day it ends."""
    for group in groups:
        ends = window_ends(contract, leaf, group)
        if ends is not None and ends > last_day(look.date):
            yield group, ends
