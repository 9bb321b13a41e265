"""What a contract pays for results that are typed in, once they have been adjudicated."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date as day
from decimal import Decimal, InvalidOperation
from typing import Any

from impacteval.contract.amendments import contract_as_of, date_asked
from impacteval.contract.ledger import Ledger
from impacteval.contract.model import ALL, POOLED, Contract
from impacteval.contract.money import NOT_PUBLISHED, Amount, rounded
from impacteval.contract.readings import Given
from impacteval.contract.rules import PointRule
from impacteval.decide.amended import both_ways, given_as_contracted, unread_of, usable
from impacteval.decide.claims import read_claims, reconciled
from impacteval.decide.decision import ADJUDICATED, Decision, decide_by
from impacteval.decide.sittings import chosen_look, given_at
from impacteval.errors import Problem, UsageError
from impacteval.values import Answer, Evidence, Message, PointEstimate


def price(
    contract: Contract,
    values: Mapping[str, Any],
    people: Mapping[str, int] | None = None,
    *,
    claims: Mapping[str, Any] | None = None,
    already_paid: Any = None,
    other_money: Mapping[str, Any] | None = None,
    as_of: day | str | None = None,
    as_contracted: Mapping[str, Any] | None = None,
    settlement: str | None = None,
    ledger: Ledger | None = None,
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
    settlement : str, optional
        The settlement, look or milestone of the calendar that is judged; the only settlement by
        default. Clauses that belong to another one stay open.
    ledger : Ledger, optional
        What was paid before, in place of `already_paid` and `other_money`.
    as_of : datetime.date or str, optional
        The date on which the contract is read: amendments after it are left out. By default the date
        of the settlement that is judged; without one every amendment is in force. No clock is read.
    as_contracted : mapping, optional
        Results, like `values`, that only the contract as it was signed compares, such as those of a
        group that an amendment cancelled.

    Returns
    -------
    Decision
        By the contract as amended; where it has amendments, `amended` holds the decision by the
        contract as it was signed, and the difference in words and in money.

    Raises
    ------
    UsageError
        With every outcome, group and number that cannot be used.
    """
    if not isinstance(contract, Contract):
        what = f"price takes a contract, not {type(contract).__name__}."
        raise UsageError(Problem(what, "Load it first: load_contract(path)."))
    for name, mapping in (("values", values), ("people", people or {})):
        if not isinstance(mapping, Mapping):
            what = f"{name} must be a mapping, not {type(mapping).__name__}."
            raise UsageError(Problem(what, 'Write for example {"outcome": 8.4}.'))
    whole = contract
    look = chosen_look(whole, settlement, ledger) if whole.changes else None
    date = look.date if as_of is None and look is not None else as_of
    if date is not None:
        contract = contract_as_of(contract, date)
    problems: list[Problem] = []
    numbers = _numbers(contract, values, problems)
    before = _only_as_contracted(whole, as_contracted, problems)
    signed = whole.as_contracted
    there, unread = _as_contracted(contract, signed, numbers)
    problems += [
        Problem(
            f"as_contracted: {outcome}, {group} is given among the other results too.",
            "Give it once: both readings of the contract use it.",
        )
        for outcome, group in before
        if (outcome, group) in there
    ]
    claimed = None
    if claims is not None:
        claimed, counts = read_claims(contract, claims, problems)
        reconciled(numbers, counts, ALL, problems)
    sizes = _people(contract, people or {}, problems)
    earlier = None if already_paid is None else _money("already_paid", already_paid, problems)
    others = _others(contract, other_money or {}, problems)
    if problems:
        raise UsageError(problems)
    look = chosen_look(contract, settlement if look is None else look.name, ledger)
    typed = Given(claims=claimed, already_paid=earlier, other_money=others)
    decision = _decided(contract, numbers, sizes, given_at(contract, look, ledger, typed))
    if not whole.changes:
        return decision
    beside = _decided(
        signed,
        there | before,
        {group: n for group, n in sizes.items() if group in signed.groups},
        given_as_contracted(signed, look, ledger, typed),
    )
    asked = date_asked(date).isoformat() if isinstance(date, day) else date and date.strip()
    return both_ways(whole, contract, decision, beside, as_of=asked, unread=unread)


def _decided(
    contract: Contract, numbers: Numbers, sizes: Mapping[str, int], given: Given
) -> Decision:
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
        given=given,
    )


def _numbers(contract: Contract, values: Mapping[str, Any], problems: list[Problem]) -> Numbers:
    numbers: Numbers = {}
    for (outcome, group), typed in _flat(contract, values, problems).items():
        number = _number(f"{outcome}, {group}", typed, problems)
        if number is not None:
            numbers[outcome, group] = number
    return numbers


# --- the contract as it was signed ---------------------------------------------------------------


def _only_as_contracted(
    whole: Contract, given: Mapping[str, Any] | None, problems: list[Problem]
) -> Numbers:
    if not given:
        return {}
    if not isinstance(given, Mapping):
        what = f"as_contracted must be a mapping, not {type(given).__name__}."
        raise UsageError(Problem(what, 'Write for example {"outcome": 8.4}.'))
    if not whole.changes:
        problems.append(
            Problem(
                "as_contracted is given, and the contract was never amended.",
                "Give every result among the others.",
            )
        )
        return {}
    wrong: list[Problem] = []
    numbers = _numbers(whole.as_contracted, given, wrong)
    problems += [Problem(f"as_contracted: {problem.what}", problem.fix) for problem in wrong]
    return numbers


def _as_contracted(
    contract: Contract, signed: Contract, numbers: Numbers
) -> tuple[Numbers, tuple[Message, ...]]:
    """The results that the contract as signed compares too, and what is said of the others."""
    compared = {leaf.outcome for leaf in signed.clauses}
    used = {
        (outcome, group): number
        for (outcome, group), number in numbers.items()
        if outcome in compared
        and usable(contract, signed, outcome, group, known_groups(signed, outcome))
    }
    return used, tuple(unread_of(contract, (key for key in numbers if key not in used)))


Numbers = dict[tuple[str, str], Decimal]
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
            problems.append(
                Problem(what, _near(group, known) + _elsewhere(contract, outcome, group))
            )
        elif (outcome, group) in flat:
            problems.append(Problem(f"{outcome}, {group} is given twice.", "Give it once."))
        else:
            flat[outcome, group] = given

    compared = list(dict.fromkeys(leaf.outcome for leaf in contract.clauses))
    for key, given in values.items():
        outcome, dot, group = str(key).partition(".")
        if outcome not in compared:
            kind = "compared by any clause" if outcome in contract.outcomes else "an outcome"
            fix = _near(outcome, compared) + _elsewhere(contract, outcome, group or ALL)
            problems.append(Problem(f"{outcome!r} is not {kind} of this contract.", fix))
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


def _elsewhere(contract: Contract, outcome: str, group: str) -> str:
    """Where a result belongs that only the contract as signed compares."""
    signed = contract.as_contracted
    read = outcome in signed.outcomes and group in known_groups(signed, outcome)
    if not (contract.changes and read):
        return ""
    where = outcome if group == ALL else f"{outcome}.{group}"
    return f" The contract as signed compares it: give it as as_contracted.{where}."


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
