"""Whether the shares that a contract states spend its error as it declares.

The contract holds numbers that anyone can read and that the decision only divides by; the law of
growing data stands here, and is asked before the contract is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from impacteval.contract.calendar import Look, place_of
from impacteval.contract.calendar_information import series_of
from impacteval.contract.loader import load_contract_with_places
from impacteval.contract.model import Contract
from impacteval.contract.rules import error_of
from impacteval.decide.questions import levels_of
from impacteval.errors import ContractError, Problem, UsageError
from impacteval.files import Locate, plain

if TYPE_CHECKING:
    from impacteval.inference.declared import Declared

_NAMES = {
    "obrien_fleming": "O'Brien-Fleming",
    "pocock": "Pocock",
    "always_valid": "always valid",
}
_HALF = Decimal("0.5")


def errors_of(contract: Contract, clauses: list[tuple[str, str]]) -> tuple[Decimal, ...]:
    """Every error, on the better side, with which one of these clauses may come to be read.

    Several chances divide the error before looks do, and by Holm's rule in more than one way.
    """
    leaves = {leaf.name: leaf for leaf in contract.clauses}
    found = {
        error
        for name, _ in clauses
        for rule in levels_of(contract, leaves[name])
        if (error := error_of(rule)) is not None
    }
    return tuple(sorted(found))


def right_shares(contract: Contract) -> Mapping[str, float]:
    """The largest share that each look may state, by its name.

    Where clauses with several levels, or several series of looks, meet at one look, the share is the
    smallest of theirs: it holds for all of them.
    """
    calendar = contract.calendar
    if calendar is None or calendar.spending is None:
        return {}
    found: dict[str, float] = {}
    for at, clauses in series_of(contract).items():
        for error in errors_of(contract, clauses):
            shares = _shares(calendar.spending, float(error), _information(at))
            for look, share in zip(at, shares, strict=True):
                found[look.name] = min(found.get(look.name, 1.0), share)
    return found


@lru_cache(maxsize=64)
def _shares(spending: Declared, error: float, information: tuple[float, ...]) -> tuple[float, ...]:
    from impacteval.inference.declared import declared_looks, shares_of

    return shares_of(declared_looks(spending, error, information))


def _information(at: tuple[Look, ...]) -> tuple[float, ...]:
    assert all(look.information is not None for look in at)
    return tuple(float(look.information or 0) for look in at)


def spending_problems(contract: Contract, locate: Locate | None = None) -> Iterator[Problem]:
    """Each share that is not what the declared spending comes to, with the right number.

    A share is right when it is the exact one rounded down to the decimals it is stated with: then no
    more than the error of the rule is spent, and no less than those decimals allow.

    Parameters
    ----------
    contract : Contract
        A contract that could be loaded.
    locate : Locate, optional
        The places of its file.

    Yields
    ------
    Problem
        With file, line and column where `locate` is given.
    """
    from impacteval.inference.declared import rounded_down

    calendar = contract.calendar
    if calendar is None or calendar.spending is None:
        return
    for at, clauses in series_of(contract).items():
        for error in errors_of(contract, clauses):
            if error >= _HALF:
                what = (
                    f"Looks divide what may go wrong, and the rule of `{clauses[0][0]}` allows "
                    f"{plain(error)}: only less than half of all cases can be spent."
                )
                yield _problem(locate, place_of(at[0]), what, "Write a level above 0.5.")
                return
    right = right_shares(contract)
    looks = {look.name: look for at in series_of(contract) for look in at}
    for name, exact in right.items():
        look = looks[name]
        stated = look.share
        assert stated is not None
        exponent = stated.as_tuple().exponent
        assert isinstance(exponent, int)
        if stated == rounded_down(exact, max(0, -exponent)):
            continue
        numbers = ", ".join(f"{each} {plain(rounded_down(share))}" for each, share in right.items())
        yield _problem(
            locate,
            place_of(look, "alpha_share"),
            f"The share {plain(stated)} of `{name}` is not what {_NAMES[calendar.spending]} spends "
            f"there: {plain(rounded_down(exact))}.",
            f"Write these shares, or fewer of their decimals without rounding up: {numbers}.",
        )


def _problem(locate: Locate | None, place: tuple[str | int, ...], what: str, fix: str) -> Problem:
    return Problem(what, fix) if locate is None else locate.problem(place, what, fix)


def load_checked(path: str | Path) -> Contract:
    """Read a contract and hold the shares of its looks against what they must be.

    Raises
    ------
    ContractError
        With every problem found, each with file, line and column.
    """
    contract, locate = load_contract_with_places(path)
    problems = list(every_spending_problem(contract, locate))
    if problems:
        raise ContractError(problems)
    return contract


def every_spending_problem(contract: Contract, locate: Locate | None = None) -> Iterator[Problem]:
    """The problems of the terms as signed and of those in force, each once."""
    readings = dict.fromkeys((contract.as_contracted, contract))
    yield from dict.fromkeys(p for read in readings for p in spending_problems(read, locate))


def check_spending(contract: Contract) -> None:
    """Refuse a contract whose shares do not spend its error as it declares.

    Raises
    ------
    UsageError
        With every share that is wrong, and the right one.
    """
    problems = list(every_spending_problem(contract))
    if problems:
        raise UsageError(problems)
