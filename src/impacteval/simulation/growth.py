"""Settlements that judge everybody so far: whose data there are at each, and who is new.

A payment that is cumulative counts, at each settlement, every result since the beginning. What is
assumed in a scenario is about everybody, as the last settlement sees them; an earlier one sees a
stated share of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from impacteval.contract.calendar_information import looks_of
from impacteval.contract.model import Contract
from impacteval.errors import Problem
from impacteval.simulation.assumed import Assumed

if TYPE_CHECKING:
    from impacteval.simulation.scenario import Scenario

_SIZES = ("people", "comparison", "clusters", "comparison_clusters")


def counted(whole: int, share: float) -> int:
    """How many of a number there are when a share of them is there.

    Examples
    --------
    >>> [counted(10, share) for share in (1 / 3, 2 / 3, 1.0)]
    [3, 7, 10]
    """
    return round(whole * share)


def even_shares(settlements: int) -> tuple[float, ...]:
    """As many new people at each settlement.

    Examples
    --------
    >>> even_shares(4)
    (0.25, 0.5, 0.75, 1.0)
    """
    return tuple(k / settlements for k in range(1, settlements + 1))


def shares_of(contract: Contract, settlements: int, said: tuple[float, ...]) -> tuple[float, ...]:
    """The share of everybody whose data each settlement judges; none where each has data of its own.

    Looks that share the error judge what the contract says is there.
    """
    declared = tuple(float(look.information or 0) for look in looks_of(contract))
    if declared:
        return said or declared
    if settlements == 1 or contract.payment.cumulative is None:
        return ()
    return said or even_shares(settlements)


def share_problems(
    contract: Contract, settlements: int, said: tuple[float, ...]
) -> Iterator[Problem]:
    """Why settlements cannot grow as it is said."""
    if not said:
        return
    fix = "Write for example so_far: [0.25, 0.6, 1], or leave it out for equal steps."
    if contract.payment.cumulative is None and not looks_of(contract):
        yield Problem(
            "so_far says how data grow from one settlement to the next, and this contract is not "
            "cumulative: each settlement has data of its own.",
            "Leave it out.",
        )
    elif len(said) != settlements:
        yield Problem(
            f"so_far has {len(said)} shares and there are {settlements} settlements.", fix
        )
    elif any(b <= a for a, b in zip((0.0, *said), said, strict=False)) or said[-1] != 1.0:
        listed = ", ".join(f"{share:g}" for share in said)
        yield Problem(f"The shares of so_far do not rise from above 0 to 1: {listed}.", fix)


def growth_problems(assumed: Assumed, shares: tuple[float, ...]) -> Iterator[Problem]:
    """Settlements that bring nobody new to one number, where its sizes are known."""
    if assumed.std_error is not None:
        return
    where = assumed.outcome if assumed.group == "all" else f"{assumed.outcome}.{assumed.group}"
    for key in _SIZES:
        whole = getattr(assumed, key)
        if whole is None or (key == "comparison" and not assumed.compares_people):
            continue
        sizes = [counted(whole, share) for share in shares]
        if any(b <= a for a, b in zip((0, *sizes), sizes, strict=False)):
            named = ", ".join(map(str, sizes))
            yield Problem(
                f"{where}.{key}: a settlement brings nobody new ({named} so far).",
                "Give more of them, fewer settlements, or other shares under so_far.",
            )
            return
    first = so_far(assumed, shares[0])
    sides = [first.clusters or first.people]
    if assumed.compares_people:
        sides.append(first.comparison_clusters or first.comparison)
    if any(side is not None and side < 2 for side in sides):
        yield Problem(
            f"{where}: the first settlement judges {first.people} people served, and from so few "
            "people or clusters nobody can tell how far an estimate may be from the truth.",
            "Give more of them, fewer settlements, or other shares under so_far.",
        )


def so_far(assumed: Assumed, share: float) -> Assumed:
    """The number as a settlement sees it that judges a share of everybody.

    Where a standard error is assumed, it is that of everybody, and a smaller sample has a larger
    one. A total of everybody is in part there, and so is its error.

    Examples
    --------
    >>> whole = Assumed("y", "all", "difference", "higher", "rct", std_error=3.0)
    >>> from impacteval.simulation.precision import std_error
    >>> std_error(so_far(whole, 0.25), 0.0)
    6.0
    """
    return _part(assumed, share, {key: _counted(assumed, key, share) for key in _SIZES})


def new(assumed: Assumed, before: float, share: float) -> Assumed:
    """The people whose data are new at a settlement that judges `share`, after one of `before`."""
    sizes = {
        key: None
        if (now := _counted(assumed, key, share)) is None
        else now - (_counted(assumed, key, before) or 0)
        for key in _SIZES
    }
    return _part(assumed, share - before, sizes)


def _counted(assumed: Assumed, key: str, share: float) -> int | None:
    whole = getattr(assumed, key)
    return None if whole is None else counted(whole, share)


def _part(assumed: Assumed, share: float, sizes: dict[str, int | None]) -> Assumed:
    people = sizes["people"]
    if assumed.people is not None and people is not None and assumed.std_error is None:
        share = people / assumed.people
    return replace(assumed, **sizes, part=share * assumed.part)  # type: ignore[arg-type]


def at_settlement(scenario: Scenario, settlement: int) -> Scenario:
    """The scenario as one settlement sees it, counted from 0: everybody so far."""
    share = scenario.so_far[settlement]
    if share == 1.0:
        return scenario
    numbers = {key: so_far(a, share) for key, a in scenario.numbers.items()}
    return replace(scenario, numbers=numbers, there=share)


def new_at(scenario: Scenario, settlement: int) -> Scenario:
    """The scenario of those who are new at one settlement, counted from 0."""
    before = scenario.so_far[settlement - 1] if settlement else 0.0
    share = scenario.so_far[settlement]
    numbers = {key: new(a, before, share) for key, a in scenario.numbers.items()}
    return replace(scenario, numbers=numbers, there=share - before)
