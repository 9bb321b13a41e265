"""What a contract pays for results that are typed in, once they have been adjudicated."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from impacteval.contract.model import ALL, Contract
from impacteval.contract.money import Amount
from impacteval.contract.readings import Given
from impacteval.decide.claims import read_claims, reconciled
from impacteval.decide.decision import ADJUDICATED, Decision, decide_by
from impacteval.decide.numbers import money_of as _money
from impacteval.decide.numbers import near as _near
from impacteval.decide.numbers import number_of as _number
from impacteval.decide.typed import (
    Averages,
    averages,
    group_problem,
    known_groups,
    read_audits,
    read_errors,
    rule_for_typed,
    take_parts,
)
from impacteval.errors import Problem, UsageError
from impacteval.values import Answer, Evidence, PointEstimate


def price(
    contract: Contract,
    values: Mapping[str, Any],
    people: Mapping[str, int] | None = None,
    *,
    claims: Mapping[str, Any] | None = None,
    already_paid: Any = None,
    other_money: Mapping[str, Any] | None = None,
    audit: Mapping[str, Any] | None = None,
    std_error: Mapping[str, Any] | None = None,
    average: Averages | None = None,
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
        number where it is known by itself. Where the contract combines designs, the parts may be
        given instead: ``{"outcome.rct": number, "outcome.did": number}``.
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
    audit : mapping, optional
        The share of a count that the audit found wrong, such as ``{"outcome": 0.12}``, for
        clauses that read an audit.
    std_error : mapping, optional
        Standard errors in contract units, for clauses that pay an average: the result is then
        read as normal with that error.
    average : callable, optional
        Computes what a clause pays on average over a normal distribution.

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
    for name, given in (
        ("values", values),
        ("people", people or {}),
        ("audit", audit or {}),
        ("std_error", std_error or {}),
    ):
        if not isinstance(given, Mapping):
            what = f"{name} must be a mapping, not {type(given).__name__}."
            raise UsageError(Problem(what, 'Write for example {"outcome": 8.4}.'))
    problems: list[Problem] = []
    numbers: dict[tuple[str, str], Decimal] = {}
    plain, parts = take_parts(contract, values, problems)
    for (outcome, group), typed in _flat(contract, plain, problems).items():
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
    audits = read_audits(contract, audit or {}, problems)
    errors = read_errors(contract, std_error or {}, problems)
    answers: dict[tuple[str, str], tuple[Answer, ...]] = {
        where: (Answer(PointEstimate(), number),) for where, number in numbers.items()
    }
    answers |= {where: part.answers() for where, part in parts.items()}
    means = averages(contract, numbers, errors, average, problems)
    if problems:
        raise UsageError(problems)
    evidence = [
        Evidence(*where, (*known, *audits.get(where, ()), *means.get(where, ())))
        for where, known in answers.items()
    ]
    return decide_by(
        contract,
        evidence,
        sizes,
        lambda leaf: rule_for_typed(contract, leaf),
        lambda _: ADJUDICATED,
        typed=True,
        given=Given(claims=claimed, already_paid=earlier, other_money=others),
    )


def _flat(
    contract: Contract, values: Mapping[str, Any], problems: list[Problem]
) -> dict[tuple[str, str], Any]:
    flat: dict[tuple[str, str], Any] = {}

    def add(outcome: str, group: str, given: Any) -> None:
        wrong = group_problem(contract, outcome, group)
        if wrong is not None:
            problems.append(wrong)
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
