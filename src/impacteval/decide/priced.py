"""What a contract pays for results that are typed in, once they have been adjudicated."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import TypeAdapter, ValidationError

from impacteval.contract.model import ALL, POOLED, Contract
from impacteval.contract.money import NOT_PUBLISHED, Amount, rounded
from impacteval.contract.readings import Given, StopNumber
from impacteval.contract.rules import PointRule
from impacteval.decide.claims import read_claims, reconciled
from impacteval.decide.decision import ADJUDICATED, Decision, decide_by
from impacteval.errors import Problem, UsageError
from impacteval.files import PartialDate
from impacteval.values import Answer, Evidence, PointEstimate


def price(
    contract: Contract,
    values: Mapping[str, Any],
    people: Mapping[str, int] | None = None,
    *,
    claims: Mapping[str, Any] | None = None,
    already_paid: Any = None,
    other_money: Mapping[str, Any] | None = None,
    settlement_date: str | None = None,
    stops: Mapping[str, Any] | None = None,
) -> Decision:
    """What the contract pays for these results.

    The numbers are the ones that the contract compares, in contract units, whatever its evidence
    rule: nothing is estimated here. A clause whose number is not given stays open.

    Parameters
    ----------
    contract : Contract
        The contract.
    values : mapping
        ``{"outcome": number}`` for a contract without groups, ``{"outcome": {"group": number}}``
        with groups; ``{"outcome.group": number}`` says the same. ``pooled`` names the pooled
        number where it is known by itself.
    people : mapping, optional
        People per group, over what the contract says.
    claims : mapping, optional
        For each person, the milestones of a rate card that were reached: a list of outcomes, or
        how often each was. The counts are made from them.
    already_paid : number or "not_published", optional
        What was paid at earlier settlements, 0 if nothing was. A contract that pays cumulatively
        is open without it.
    other_money : mapping, optional
        What others paid for the same results, by the name that the contract nets it under.
    settlement_date : str, optional
        The date at which this is settled, such as ``"2031-06-30"``. It says whether the date has
        passed until which a clause waits to be judged; today's date is never read.
    stops : mapping, optional
        The number that each stop trigger compares, in the units of the file: percent for shares. A
        clause that a trigger without a number holds is open.

    Returns
    -------
    Decision

    Raises
    ------
    UsageError
        With every outcome, group and number that cannot be used.
    """
    if not isinstance(contract, Contract):
        what = f"price takes a contract, not {type(contract).__name__}."
        raise UsageError(Problem(what, "Load it first: load_contract(path)."))
    for name, given in (("values", values), ("people", people or {})):
        if not isinstance(given, Mapping):
            what = f"{name} must be a mapping, not {type(given).__name__}."
            raise UsageError(Problem(what, 'Write for example {"outcome": 8.4}.'))
    problems: list[Problem] = []
    numbers: dict[tuple[str, str], Decimal] = {}
    for (outcome, group), typed in _flat(contract, values, problems).items():
        number = _number(f"{outcome}, {group}", typed, problems)
        if number is not None:
            numbers[outcome, group] = number
    claimed = None
    if claims is not None:
        claimed, counts = read_claims(contract, claims, problems)
        reconciled(numbers, counts, ALL, problems)
    sizes = _people(contract, people or {}, problems)
    earlier = None if already_paid is None else _money("already_paid", already_paid, problems)
    others = _others(contract, other_money or {}, problems)
    date = None if settlement_date is None else _date(settlement_date, problems)
    stopped = _stops(contract, stops or {}, problems)
    if problems:
        raise UsageError(problems)
    evidence = [
        Evidence(outcome, group, (Answer(PointEstimate(), number),))
        for (outcome, group), number in numbers.items()
    ]
    return decide_by(
        contract,
        evidence,
        sizes,
        lambda _: PointRule(),
        lambda _: ADJUDICATED,
        typed=True,
        given=Given(
            claims=claimed,
            already_paid=earlier,
            other_money=others,
            settlement_date=date,
            stops=stopped,
        ),
    )


_LARGEST = Decimal("1e15")
# Decimal itself would read 1_0 as ten, and digits of any script.
_WRITTEN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def _near(word: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1)
    return f"{f'Did you mean {close[0]}? ' if close else ''}Known: {', '.join(known)}."


def _flat(
    contract: Contract, values: Mapping[str, Any], problems: list[Problem]
) -> dict[tuple[str, str], Any]:
    flat: dict[tuple[str, str], Any] = {}

    def add(outcome: str, group: str, given: Any) -> None:
        known = known_groups(contract, outcome)
        if group not in known:
            what = f"{group!r} is not a group that a clause compares for {outcome}."
            if group in contract.groups and contract.groups[group].cancelled is not None:
                what = f"{group} was cancelled ({contract.groups[group].cancelled}): no clause compares it."
            problems.append(Problem(what, _near(group, known)))
        elif (outcome, group) in flat:
            problems.append(Problem(f"{outcome}, {group} is given twice.", "Give it once."))
        else:
            flat[outcome, group] = given

    compared = list(dict.fromkeys(leaf.outcome for leaf in contract.clauses))
    for key, given in values.items():
        outcome, dot, group = str(key).partition(".")
        if outcome not in compared:
            kind = "compared by any clause" if outcome in contract.outcomes else "an outcome"
            problems.append(
                Problem(f"{outcome!r} is not {kind} of this contract.", _near(outcome, compared))
            )
        elif dot:
            add(outcome, group, given)
        elif isinstance(given, Mapping):
            for inner, number in given.items():
                add(outcome, str(inner), number)
        elif contract.groups:
            problems.append(
                Problem(
                    f"{outcome} is judged by group, and one number is given.",
                    f"Give one for each of: {', '.join(known_groups(contract, outcome))}.",
                )
            )
        else:
            add(outcome, ALL, given)
    return flat


def known_groups(contract: Contract, outcome: str) -> tuple[str, ...]:
    """The names under which a number for that outcome can be given."""
    names: dict[str, None] = {}
    for leaf in contract.clauses:
        if leaf.outcome == outcome:
            groups = contract.compared_groups(leaf)
            for group in (*contract.pool_groups(), POOLED) if groups == (POOLED,) else groups:
                names[group] = None
    return tuple(names)


def _number(name: str, given: Any, problems: list[Problem]) -> Decimal | None:
    """A typed number as the decimal that was written; binary fractions go through their text."""
    if not isinstance(given, bool) and isinstance(given, int | float | str | Decimal):
        text = str(given).strip()
        try:
            number = Decimal(text if _WRITTEN.fullmatch(text) else "NaN")
        except InvalidOperation:  # an exponent beyond what a decimal holds
            number = Decimal("NaN")
        fits = number.is_finite() and -_LARGEST < number < _LARGEST
        if fits and number == rounded(number, 12, "half_even"):
            return number
    problems.append(
        Problem(
            f"The number for {name} is {str(given)[:40]!r}.",
            "Give a plain number, such as 8.4, below 1e15 and with at most 12 decimals.",
        )
    )
    return None


def _money(name: str, given: Any, problems: list[Problem]) -> Amount | None:
    if given is NOT_PUBLISHED or given == NOT_PUBLISHED.value:
        return NOT_PUBLISHED
    number = _number(name, given, problems)
    if number is not None and number < 0:
        problems.append(Problem(f"{name} is {number}.", "Give 0 or more."))
    return number


def _date(given: Any, problems: list[Problem]) -> str | None:
    try:
        return TypeAdapter(PartialDate).validate_python(given)
    except ValidationError:
        what = f"settlement_date: {str(given)[:40]!r} is not a date."
        problems.append(Problem(what, "Write 2014, 2014-04 or 2014-04-30 (year first)."))
        return None


def _stops(
    contract: Contract, given: Mapping[str, Any], problems: list[Problem]
) -> dict[str, tuple[StopNumber, ...]]:
    found: dict[str, tuple[StopNumber, ...]] = {}
    for name, typed in given.items():
        if name not in contract.stop_when:
            what = f"stops: {name!r} is not a stop trigger of this contract."
            known = _near(name, contract.stop_when) if contract.stop_when else "It has none."
            problems.append(Problem(what, known))
            continue
        number = _number(f"stops, {name}", typed, problems)
        if number is None:
            continue
        trigger = contract.stop_when[name]
        share = trigger.kind in ("missing_share", "reach")
        if trigger.kind != "when" and (number < 0 or (share and number > 100)):
            fix = "Give a percentage, 0 to 100." if share else "Give a count."
            problems.append(Problem(f"stops: {name} is {number}.", fix))
            continue
        found[name] = (StopNumber(value=number),)
    return found


def _others(
    contract: Contract, given: Mapping[str, Any], problems: list[Problem]
) -> dict[str, Amount]:
    net = contract.payment.net_of
    known = () if net is None else (net.name,)
    found: dict[str, Amount] = {}
    for name, amount in given.items():
        if name not in known:
            what = f"other_money: {name!r} is not money that this contract takes off."
            problems.append(Problem(what, f"Known: {', '.join(known) or 'none'}."))
            continue
        read = _money(f"other_money, {name}", amount, problems)
        if read is not None:
            found[name] = read
    return found


def _people(
    contract: Contract, people: Mapping[str, Any], problems: list[Problem]
) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for group, given in people.items():
        if group not in contract.groups:
            what = f"people: {group!r} is not a group of this contract."
            problems.append(Problem(what, _near(str(group), contract.groups)))
            continue
        number = _number(f"people, {group}", given, problems)
        if number is None:
            continue
        if number < 0 or number != int(number):
            problems.append(Problem(f"people: {group} has {number} people.", "Give a count."))
        else:
            sizes[group] = int(number)
    return sizes
