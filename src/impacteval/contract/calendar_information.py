"""Looks at growing data: how much of the information is there, and how they spend the error."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from impacteval.contract.calendar import Look, looks, looks_at, place_of
from impacteval.contract.dates import first_day, last_day
from impacteval.contract.payment import Gate
from impacteval.files import plain
from impacteval.files.kinds import Relative

if TYPE_CHECKING:
    from impacteval.contract.model import Contract


def spends(contract: Contract, at: tuple[Look, ...]) -> bool:
    """Whether these looks at one number spend its error as the calendar declares."""
    declared = contract.calendar is not None and contract.calendar.spending is not None
    return declared and len(at) > 1 and any(look.information is not None for look in at)


def series_of(contract: Contract) -> dict[tuple[Look, ...], list[tuple[str, str]]]:
    """The looks that spend one error together, each series with the clauses and groups it judges.

    Parameters
    ----------
    contract : Contract

    Returns
    -------
    dict of tuple of Look to list of (clause, group)
        Looks in order of date; empty where the calendar declares no spending.
    """
    found: dict[tuple[Look, ...], list[tuple[str, str]]] = {}
    for leaf in contract.clauses:
        if isinstance(leaf, Gate):
            continue
        for group in contract.compared_groups(leaf):
            at = looks_at(contract, leaf.name, group)
            if spends(contract, at):
                found.setdefault(at, []).append((leaf.name, group))
    return found


def looks_of(contract: Contract) -> tuple[Look, ...]:
    """The one series of looks of a contract; none where it declares none, or several."""
    series = tuple(series_of(contract))
    return series[0] if len(series) == 1 else ()


def information_problems(contract: Contract) -> Iterator[Relative]:
    """What cannot be read in how looks share growing data."""
    calendar = contract.calendar
    assert calendar is not None
    series = series_of(contract)
    informed = [look for look in looks(contract) if look.information is not None]
    if calendar.spending is None:
        for look in informed:
            yield (
                place_of(look, "information"),
                (
                    f"`{look.name}` says how much of the information is there, and the calendar does not "
                    "say how looks spend the error."
                ),
                "Write `spending: obrien_fleming`, `pocock` or `always_valid` in the calendar.",
            )
        if calendar.planned is not None:
            yield (
                ("calendar", "planned"),
                "`planned` belongs to looks that spend the error, and the calendar declares none.",
                "Write `spending` in the calendar, or remove `planned`.",
            )
        return
    used = {look.name for at in series for look in at}
    for look in informed:
        if look.name not in used:
            yield (
                place_of(look, "information"),
                (
                    f"`{look.name}` shares no clause with another date that pays, so it spends the error "
                    "alone."
                ),
                "Remove `information`, or write `pays: true` for the look that it shares data with.",
            )
    if not informed:
        yield (
            ("calendar", "spending"),
            (
                "The calendar says how looks spend the error, and no look says how much of the "
                "information is there."
            ),
            "Write `information: 0.5` at each date that pays for the same clause, and 1 at the last.",
        )
        return
    for at in series:
        yield from _growing(at)
    yield from _planned(contract)


def _growing(at: tuple[Look, ...]) -> Iterator[Relative]:
    names = ", ".join(look.name for look in at)
    silent = [look for look in at if look.information is None]
    if silent:
        yield (
            place_of(silent[0]),
            (
                f"Looks at growing data can pay for the same clause ({names}), and not each one says how "
                "much of the information is there."
            ),
            "Write `information` for each of them, 1 at the last.",
        )
        return
    for one, other in pairwise(at):
        assert one.information is not None
        assert other.information is not None
        if last_day(one.date) >= first_day(other.date):
            yield (
                place_of(other, "date"),
                (
                    f"`{one.name}` and `{other.name}` may come in either order, and looks at growing data "
                    "have one."
                ),
                "Write dates that do not overlap, with month or day.",
            )
            return
        if other.information <= one.information:
            yield (
                place_of(other, "information"),
                (
                    f"The information at `{other.name}` is {plain(other.information)}, and "
                    f"{plain(one.information)} was there before, at `{one.name}`."
                ),
                "Write shares that grow, such as 0.5 and then 1.",
            )
    last = at[-1]
    if last.information != 1:
        assert last.information is not None
        yield (
            place_of(last, "information"),
            (
                f"`{last.name}` is the last look at these data ({names}), and its information is "
                f"{plain(last.information)}."
            ),
            "Write `information: 1`: the others are shares of what is there at the last.",
        )


def _planned(contract: Contract) -> Iterator[Relative]:
    assert contract.calendar is not None
    if contract.calendar.planned is None:
        return
    for name in contract.calendar.planned.std_error:
        place = ("calendar", "planned", "std_error", name)
        if name not in contract.outcomes:
            yield (
                place,
                f"`{name}` is not an outcome of this contract.",
                f"Known: {', '.join(contract.outcomes)}.",
            )
            continue
        compared = {
            group
            for leaf in contract.clauses
            if leaf.outcome == name
            for group in contract.compared_groups(leaf)
        }
        if len(compared) > 1:
            yield (
                place,
                (
                    f"The contract compares `{name}` for {', '.join(sorted(compared))}, and one standard "
                    "error is planned."
                ),
                "Remove it: the report then says how large each one is.",
            )
