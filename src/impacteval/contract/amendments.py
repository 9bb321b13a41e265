"""The contract as it reads on a date."""

from __future__ import annotations

import re
from datetime import date as day
from datetime import datetime

from impacteval.contract.calendar import date_of
from impacteval.contract.changes import Change
from impacteval.contract.dates import first_day, last_day
from impacteval.contract.model import Contract
from impacteval.errors import Problem, UsageError

_ISO = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


def contract_as_of(contract: Contract, date: day | str) -> Contract:
    """The contract as amended on a date: the amendments after it are left out.

    Parameters
    ----------
    contract : Contract
        The contract, with its amendments under `changes`.
    date : datetime.date or str
        The date, whole or by month or year (``2014``, ``2014-04``, ``2014-04-30``). A date by month
        or year is read as its last day; an amendment dated by month or year is in force from its first
        day. So the contract as of 2014-04 has an amendment of 2014-04.

    Returns
    -------
    Contract
        With the terms in force on that date. Its `changes` are those that made it so, its
        `as_contracted` is the contract as signed, and its digest is its own: that of a file with these
        amendments and no others. The same contract when no amendment is left out.

    Raises
    ------
    UsageError
        When the date is none.

    Examples
    --------
    >>> import impacteval as ie
    >>> contract = ie.load_contract("studies/bonds/peterborough")  # doctest: +SKIP
    >>> ie.contract_as_of(contract, "2012").live_groups()  # doctest: +SKIP
    ('cohort_1', 'cohort_2', 'cohort_3')
    """
    if not isinstance(contract, Contract):
        what = f"contract_as_of takes a contract, not {type(contract).__name__}."
        raise UsageError(Problem(what, "Load it first: load_contract(path)."))
    until = date_asked(date)
    kept = tuple(change for change in contract.changes if takes_force(change) <= until)
    if len(kept) == len(contract.changes):
        return contract
    signed = contract.as_contracted
    if not kept:
        return signed
    return Contract.model_validate(
        {**signed.model_dump(), "changes": kept}, context={"currency": contract.currency}
    )


def every_version(contract: Contract) -> tuple[Contract, ...]:
    """The contract as it stands, and as it stood before each of its amendments."""
    days = sorted({takes_force(change) for change in contract.changes})[:-1]
    earlier = [contract_as_of(contract, day) for day in days]
    return (contract, *([contract.as_contracted] if contract.changes else []), *earlier)


def contract_at(contract: Contract, settlement: str | None) -> Contract:
    """The contract as amended on the date of a settlement; with every amendment where none is named.

    Parameters
    ----------
    contract : Contract
        The contract, whose amendments may have moved the settlement.
    settlement : str or None
        Its name in the calendar.
    """
    date = date_of(contract, settlement)
    return contract if date is None else contract_as_of(contract, date)


def takes_force(change: Change) -> day:
    """The first day on which the contract reads as amended."""
    return first_day(change.date)


def date_asked(date: day | str) -> day:
    """The day that is asked about; the last one of a month or a year.

    Examples
    --------
    >>> date_asked("2014-04")
    datetime.date(2014, 4, 30)
    """
    if isinstance(date, datetime):
        return date.date()
    if isinstance(date, day):
        return date
    text = date.strip() if isinstance(date, str) else ""
    if _ISO.fullmatch(text):
        try:
            return last_day(text)
        except ValueError:
            pass  # said below, like a date written in another way
    raise UsageError(
        Problem(f"{str(date)[:40]!r} is not a date.", "Write 2014, 2014-04 or 2014-04-30.")
    )
