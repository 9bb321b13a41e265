"""What a contract pays for results that are typed in, once they have been adjudicated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date as day
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from impacteval.contract.amendments import contract_as_of, date_asked
from impacteval.contract.ledger import Ledger
from impacteval.contract.model import ALL, Contract
from impacteval.contract.money import Amount
from impacteval.contract.readings import Given, StopNumber
from impacteval.decide.amended import (
    asks_the_same,
    both_ways,
    given_as_contracted,
    unread_of,
    usable,
)
from impacteval.decide.claims import read_claims, reconciled
from impacteval.decide.decision import ADJUDICATED, Decision, decide_by
from impacteval.decide.numbers import money_of as _money
from impacteval.decide.numbers import near as _near
from impacteval.decide.numbers import number_of as _number
from impacteval.decide.sittings import chosen_look, given_at
from impacteval.decide.typed import (
    Averages,
    Besides,
    Key,
    Parts,
    averages,
    elsewhere,
    group_problem,
    known_groups,
    read_besides,
    rule_for_typed,
    take_parts,
)
from impacteval.errors import Problem, UsageError
from impacteval.files import PartialDate
from impacteval.values import Answer, Evidence, Message, PointEstimate


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
    audit: Mapping[str, Any] | None = None,
    std_error: Mapping[str, Any] | None = None,
    counterfactual: Mapping[str, Any] | None = None,
    average: Averages | None = None,
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
    settlement_date : str, optional
        The date at which this is settled, such as ``"2031-06-30"``. It says whether the date has
        passed until which a clause waits to be judged; today's date is never read.
    stops : mapping, optional
        The number that each stop trigger compares, in the units of the file: percent for shares. A
        clause that a trigger without a number holds is open.
    audit : mapping, optional
        The share of a count that the audit found wrong, such as ``{"outcome": 0.12}``, for
        clauses that read an audit.
    std_error : mapping, optional
        Standard errors in contract units, for clauses that pay an average: the result is then
        read as normal with that error.
    counterfactual : mapping, optional
        What would have happened on average to each person of a group, in the outcome's own units,
        such as ``{"outcome": {"group": 155}}``. With their people, it says what the groups of a
        ratio of sums weigh; without it that result is only known to lie between theirs.
    average : callable, optional
        Computes what a clause pays on average over a normal distribution.
    settlement : str, optional
        The settlement, look or milestone of the calendar that is judged; the only settlement by
        default. Clauses that belong to another one stay open.
    ledger : Ledger, optional
        What was paid before, in place of `already_paid` and `other_money`.
    as_of : datetime.date or str, optional
        The date on which the contract is read: amendments after it are left out. By default the date
        of the settlement that is judged, else `settlement_date`; without one every amendment is in
        force. No clock is read.
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
    for name, mapping in (
        ("values", values),
        ("people", people or {}),
        ("audit", audit or {}),
        ("std_error", std_error or {}),
        ("counterfactual", counterfactual or {}),
    ):
        if not isinstance(mapping, Mapping):
            what = f"{name} must be a mapping, not {type(mapping).__name__}."
            raise UsageError(Problem(what, 'Write for example {"outcome": 8.4}.'))
    problems: list[Problem] = []
    settled_on = None if settlement_date is None else _date(settlement_date, problems)
    whole = contract
    look = chosen_look(whole, settlement, ledger) if whole.changes else None
    date = as_of
    if date is None and whole.changes:
        date = settled_on if look is None else look.date
    if date is not None:
        contract = contract_as_of(contract, date)
    typed = _results(contract, values, problems)
    before = _only_as_contracted(whole, as_contracted, problems)
    claimed = None
    if claims is not None:
        claimed, counts = read_claims(contract, claims, problems)
        reconciled(typed.numbers, counts, ALL, problems)
    signed = whole.as_contracted
    there, unread = _usable_as_contracted(contract, signed, typed)
    problems += [
        Problem(
            f"as_contracted: {outcome}, {group} is given among the other results too.",
            "Give it once: both readings of the contract use it.",
        )
        for outcome, group in before.keys
        if (outcome, group) in there.keys
    ]
    sizes = _people(contract, people or {}, problems)
    earlier = None if already_paid is None else _money("already_paid", already_paid, problems)
    others = _others(contract, other_money or {}, problems)
    stopped = _stops(contract, stops or {}, problems)
    here, besides_there = read_besides(
        contract,
        signed if whole.changes else None,
        audit or {},
        std_error or {},
        counterfactual or {},
        problems,
    )
    evidence = _evidence(contract, typed, here, average, problems)
    wrong: list[Problem] = []
    evidence_there = _evidence(signed, there.and_(before), besides_there, average, wrong)
    problems += _said_there(wrong) if whole.changes else []
    if problems:
        raise UsageError(problems)
    look = chosen_look(contract, settlement if look is None else look.name, ledger)
    if settled_on is None and look is not None and look.pays:
        settled_on = look.date
    given = Given(
        claims=claimed,
        already_paid=earlier,
        other_money=others,
        settlement_date=settled_on,
        stops={name: said for name, said in stopped.items() if name in contract.stop_when},
    )
    decision = _decided(
        contract, evidence, sizes, given_at(contract, look, ledger, given, whole=whole)
    )
    if not whole.changes:
        return decision
    stopped_there = {
        name: said for name, said in stopped.items() if asks_the_same(contract, signed, name)
    }
    beside = _decided(
        signed,
        evidence_there,
        {group: n for group, n in sizes.items() if group in signed.groups},
        given_as_contracted(signed, look, ledger, replace(given, stops=stopped_there)),
    )
    asked = date_asked(date).isoformat() if isinstance(date, day) else date and date.strip()
    return both_ways(whole, contract, decision, beside, as_of=asked, unread=unread)


def _decided(
    contract: Contract, evidence: list[Evidence], sizes: Mapping[str, int], given: Given
) -> Decision:
    return decide_by(
        contract,
        evidence,
        sizes,
        lambda leaf: rule_for_typed(contract, leaf),
        lambda _: ADJUDICATED,
        typed=True,
        given=given,
    )


@dataclass(frozen=True)
class _Results:
    """Results that were typed, whole or by design, under outcome and group."""

    numbers: dict[Key, Decimal]
    parts: dict[Key, Parts]

    @property
    def keys(self) -> tuple[Key, ...]:
        return (*self.numbers, *self.parts)

    def only(self, kept: Collection[Key]) -> _Results:
        """Those under some keys."""
        return _Results(
            {where: number for where, number in self.numbers.items() if where in kept},
            {where: parts for where, parts in self.parts.items() if where in kept},
        )

    def and_(self, more: _Results) -> _Results:
        """Those of both; `more` where both have one."""
        return _Results(self.numbers | more.numbers, self.parts | more.parts)


def _results(contract: Contract, values: Mapping[str, Any], problems: list[Problem]) -> _Results:
    numbers: dict[Key, Decimal] = {}
    plain, parts = take_parts(contract, values, problems)
    for (outcome, group), by_hand in _flat(contract, plain, problems).items():
        number = _number(f"{outcome}, {group}", by_hand, problems)
        if number is not None:
            numbers[outcome, group] = number
    return _Results(numbers, parts)


def _evidence(
    contract: Contract,
    results: _Results,
    besides: Besides,
    average: Averages | None,
    problems: list[Problem],
) -> list[Evidence]:
    """What the results say to a contract: themselves, what audits found, what they pay on average."""
    answers: dict[Key, tuple[Answer, ...]] = {
        where: (Answer(PointEstimate(), number),) for where, number in results.numbers.items()
    }
    answers |= {where: part.answers() for where, part in results.parts.items()}
    means = averages(contract, results.numbers, besides.errors, average, problems)
    return [
        Evidence(
            *where,
            (
                *known,
                *besides.audits.get(where, ()),
                *means.get(where, ()),
                *besides.anyway.get(where, ()),
            ),
        )
        for where, known in answers.items()
    ]


# --- the contract as it was signed ---------------------------------------------------------------


def _only_as_contracted(
    whole: Contract, given: Mapping[str, Any] | None, problems: list[Problem]
) -> _Results:
    if not given:
        return _Results({}, {})
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
        return _Results({}, {})
    wrong: list[Problem] = []
    results = _results(whole.as_contracted, given, wrong)
    problems += _said_there(wrong)
    return results


def _said_there(wrong: Iterable[Problem]) -> list[Problem]:
    return [Problem(f"as_contracted: {problem.what}", problem.fix) for problem in wrong]


def _usable_as_contracted(
    contract: Contract, signed: Contract, results: _Results
) -> tuple[_Results, tuple[Message, ...]]:
    """The results that the contract as signed compares too, and what is said of the others."""
    compared = {leaf.outcome for leaf in signed.clauses}
    used = {
        (outcome, group)
        for outcome, group in results.keys
        if outcome in compared
        and usable(contract, signed, outcome, group, known_groups(signed, outcome))
    }
    left = tuple(unread_of(contract, (key for key in results.keys if key not in used)))
    return results.only(used), left


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
            fix = _near(outcome, compared) + elsewhere(contract, outcome, group or ALL)
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
    """What stop triggers are told, those included that only the contract as signed has."""
    triggers = {**contract.as_contracted.stop_when, **contract.stop_when}
    found: dict[str, tuple[StopNumber, ...]] = {}
    for name, typed in given.items():
        if name not in triggers:
            what = f"stops: {name!r} is not a stop trigger of this contract."
            known = _near(name, triggers) if triggers else "It has none."
            problems.append(Problem(what, known))
            continue
        number = _number(f"stops, {name}", typed, problems)
        if number is None:
            continue
        trigger = triggers[name]
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
