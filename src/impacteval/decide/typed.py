"""What is typed in besides results: estimates by design, audits, standard errors, means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from impacteval.contract.model import ALL, POOLED, Contract
from impacteval.contract.money import ARITHMETIC
from impacteval.contract.payment import Leaf, hides_amount
from impacteval.contract.rules import (
    CombineRule,
    ExpectedPaymentRule,
    PointRule,
    Rule,
    VerifiedCountRule,
    in_place_of,
)
from impacteval.decide import sentences
from impacteval.decide.numbers import near, number_of
from impacteval.decide.questions import average_of
from impacteval.errors import Problem
from impacteval.values import (
    Answer,
    AuditDiscrepancy,
    CounterfactualMean,
    PartEstimate,
    PointEstimate,
    written,
)

Key = tuple[str, str]


def known_groups(contract: Contract, outcome: str) -> tuple[str, ...]:
    """The names under which a number for that outcome can be given."""
    names: dict[str, None] = {}
    for leaf in contract.clauses:
        if leaf.outcome == outcome:
            groups = contract.compared_groups(leaf)
            for group in (*contract.pool_groups(), POOLED) if groups == (POOLED,) else groups:
                names[group] = None
    return tuple(names)


def group_problem(contract: Contract, outcome: str, group: str) -> Problem | None:
    """Why nothing can be given under that name."""
    known = known_groups(contract, outcome)
    if group in known:
        return None
    what = f"{group!r} is not a group that a clause compares for {outcome}."
    if group in contract.groups and contract.groups[group].cancelled is not None:
        what = f"{group} was cancelled ({contract.groups[group].cancelled}): no clause compares it."
    return Problem(what, near(group, known) + elsewhere(contract, outcome, group))


def elsewhere(contract: Contract, outcome: str, group: str) -> str:
    """Where a result belongs that only the contract as signed compares."""
    signed = contract.as_contracted
    read = outcome in signed.outcomes and group in known_groups(signed, outcome)
    if not (contract.changes and read):
        return ""
    where = outcome if group == ALL else f"{outcome}.{group}"
    return f" The contract as signed compares it: give it as as_contracted.{where}."


def outcomes_under(contract: Contract, kind: type[Rule]) -> dict[str, Rule]:
    """The outcomes that a clause reads under a rule of that kind, with the rule."""
    found: dict[str, Rule] = {}
    for leaf in contract.clauses:
        rule = contract.rule(leaf)
        if isinstance(rule, kind):
            found.setdefault(leaf.outcome, rule)
    return found


# --- estimates by design ------------------------------------------------------------------------


@dataclass(frozen=True)
class Parts:
    """Estimates by design for one number, with what they make together.

    Attributes
    ----------
    rule : CombineRule
        The weights.
    values : mapping of str to Decimal
        The estimate of each design.
    """

    rule: CombineRule
    values: Mapping[str, Decimal] = field(hash=False)

    def answers(self) -> tuple[Answer, ...]:
        """Their sum with its weights, then each of them."""
        return (
            Answer(PointEstimate(), combined(self.rule, self.values)),
            *(Answer(PartEstimate(design), value) for design, value in self.values.items()),
        )


def combined(rule: CombineRule, values: Mapping[str, Decimal]) -> Decimal:
    """Sum of weight times estimate, every digit kept.

    Examples
    --------
    >>> rule = CombineRule(combine={"rct": "0.8", "did": "0.2"})
    >>> combined(rule, {"rct": Decimal("10"), "did": Decimal("5")})
    Decimal('9')
    """
    with localcontext(ARITHMETIC):
        whole = sum((w * values[design] for design, w in rule.combine.items()), Decimal(0))
        return Decimal(written(whole.normalize()))


def take_parts(
    contract: Contract, values: Mapping[str, Any], problems: list[Problem]
) -> tuple[dict[str, Any], dict[Key, Parts]]:
    """Split what was typed into plain results and estimates by design.

    Parameters
    ----------
    contract : Contract
        The contract.
    values : mapping
        ``{"outcome.rct": number}``, with groups ``{"outcome.group.rct": number}``, or nested.
    problems : list
        Every estimate that cannot be used is added here.
    """
    rules = outcomes_under(contract, CombineRule)
    plain: dict[str, Any] = {}
    typed: dict[Key, dict[str, Any]] = {}
    for key, given in values.items():
        outcome, *inner = str(key).split(".")
        rule = rules.get(outcome)
        if not isinstance(rule, CombineRule):
            plain[key] = given
            continue
        for path, number in _flattened(tuple(inner), given):
            group = path[0] if contract.groups and path else ALL
            designs = path[1:] if contract.groups else path
            if not designs or (not contract.groups and path == (ALL,)):
                name = ".".join((outcome, *path))
                if name in plain:
                    problems.append(Problem(f"{name} is given twice.", "Give it once."))
                plain[name] = number
                continue
            own = typed.setdefault((outcome, group), {})
            design = ".".join(designs)
            if design in own:
                problems.append(
                    Problem(f"{outcome}, {group}, {design} is given twice.", "Give it once.")
                )
            own[design] = number
    return plain, {
        where: parts
        for where, own in typed.items()
        if (parts := _parts(contract, where, rules[where[0]], own, plain, problems)) is not None
    }


def _flattened(path: tuple[str, ...], given: Any) -> Iterable[tuple[tuple[str, ...], Any]]:
    if not isinstance(given, Mapping):
        yield path, given
        return
    for key, inner in given.items():
        yield from _flattened((*path, *str(key).split(".")), inner)


def _parts(
    contract: Contract,
    where: Key,
    rule: Rule,
    typed: Mapping[str, Any],
    plain: Mapping[str, Any],
    problems: list[Problem],
) -> Parts | None:
    assert isinstance(rule, CombineRule)
    outcome, group = where
    said = outcome if group == ALL else f"{outcome}.{group}"
    before = len(problems)
    wrong = group_problem(contract, outcome, group)
    if wrong is not None:
        problems.append(wrong)
        return None
    problems += [
        Problem(f"{design!r} is not a design that the contract combines for {outcome}.",
                near(design, rule.combine))
        for design in typed
        if design not in rule.combine
    ]  # fmt: skip
    missing = [design for design in rule.combine if design not in typed]
    if missing:
        problems.append(
            Problem(
                f"{said}: the estimate of {', '.join(missing)} is missing.",
                f"Give every part, or the combined number as {said}.",
            )
        )
    if said in plain or f"{outcome}.{ALL}" in plain:
        problems.append(
            Problem(
                f"{said} is given as a whole and in parts.",
                "Give the combined number or its parts.",
            )
        )
    if not all(
        isinstance(own.then, PointRule)
        for leaf in contract.clauses
        if leaf.outcome == outcome and isinstance(own := contract.rule(leaf), CombineRule)
    ):
        problems.append(
            Problem(
                f"{said}: the contract does not compare the combined estimate itself, and the parts "
                "do not tell how sure it is.",
                f"Give the number that is compared, as {said}.",
            )
        )
    values = {
        design: number
        for design in rule.combine
        if design in typed
        and (number := number_of(f"{said}, {design}", typed[design], problems)) is not None
    }
    return Parts(rule, values) if len(problems) == before else None


# --- audits and standard errors -----------------------------------------------------------------


@dataclass(frozen=True)
class Besides:
    """What was typed beside results, as one contract reads it.

    Attributes
    ----------
    audits : mapping
        What the audit found wrong.
    errors : mapping
        Standard errors in contract units.
    anyway : mapping
        What would have happened in the groups of a pool.
    """

    audits: Mapping[Key, tuple[Answer, ...]] = field(default_factory=dict)
    errors: Mapping[Key, Decimal] = field(default_factory=dict)
    anyway: Mapping[Key, tuple[Answer, ...]] = field(default_factory=dict)


def read_besides(
    contract: Contract,
    signed: Contract | None,
    audit: Mapping[str, Any],
    std_error: Mapping[str, Any],
    counterfactual: Mapping[str, Any],
    problems: list[Problem],
) -> tuple[Besides, Besides]:
    """What was typed beside results, for the contract as it stands and as it was signed.

    Either reading may need an audit or a standard error that the other one does not: what one of
    them reads is accepted.

    Parameters
    ----------
    signed : Contract or None
        The contract as it was signed; None where it was never amended.
    """
    here = Besides(
        read_audits(contract, audit, problems, signed),
        read_errors(contract, std_error, problems, signed),
        read_counterfactuals(contract, counterfactual, problems, signed),
    )
    if signed is None:
        return here, Besides()
    wrong: list[Problem] = []
    there = Besides(
        read_audits(signed, audit, wrong, contract),
        read_errors(signed, std_error, wrong, contract),
        read_counterfactuals(signed, counterfactual, wrong, contract),
    )
    said = {problem.what for problem in problems}
    problems += [problem for problem in wrong if problem.what not in said]
    return here, there


def read_audits(
    contract: Contract,
    typed: Mapping[str, Any],
    problems: list[Problem],
    other: Contract | None = None,
) -> dict[Key, tuple[Answer, ...]]:
    """What the audit found wrong, by outcome and group; where nobody says, that this is unknown.

    What only the `other` contract reads is left to it.
    """
    found: dict[Key, tuple[Answer, ...]] = {
        (outcome, group): (Answer(AuditDiscrepancy(), None, sentences.no_audit()),)
        for outcome in outcomes_under(contract, VerifiedCountRule)
        for group in known_groups(contract, outcome)
    }
    for where, given in _by_group(contract, "audit", typed, VerifiedCountRule, problems, other):
        share = _share(f"audit, {', '.join(where)}", given, problems)
        if share is not None:
            found[where] = (Answer(AuditDiscrepancy(), share),)
    return found


def _share(name: str, given: Any, problems: list[Problem]) -> Decimal | None:
    text = str(given).strip()
    percent = text.endswith("%")
    number = number_of(name, text[:-1] if percent else given, problems)
    if number is None:
        return None
    share = number.scaleb(-2, ARITHMETIC) if percent else number
    if 0 <= share <= 1:
        return share
    problems.append(
        Problem(
            f"The share for {name} is {text}.", "Give a number from 0 to 1, such as 0.12 or 12%."
        )
    )
    return None


def read_errors(
    contract: Contract,
    typed: Mapping[str, Any],
    problems: list[Problem],
    other: Contract | None = None,
) -> dict[Key, Decimal]:
    """Standard errors by outcome and group, in contract units.

    What only the `other` contract reads is left to it.
    """
    found: dict[Key, Decimal] = {}
    for where, given in _by_group(
        contract, "std_error", typed, ExpectedPaymentRule, problems, other
    ):
        name = f"std_error, {', '.join(where)}"
        number = number_of(name, given, problems)
        if number is not None and number > 0:
            found[where] = number
        elif number is not None:
            problems.append(Problem(f"{name} is {number}.", "Give a number above 0."))
    return found


def read_counterfactuals(
    contract: Contract,
    typed: Mapping[str, Any],
    problems: list[Problem],
    other: Contract | None = None,
) -> dict[Key, tuple[Answer, ...]]:
    """What would have happened on average to each person, by outcome and group of a pool.

    What only the `other` contract reads is left to it.
    """
    found: dict[Key, tuple[Answer, ...]] = {}
    reads = _summed(contract)
    reads_there: set[Key] = set() if other is None else _summed(other)
    for where, given in _named(typed):
        name = f"counterfactual, {', '.join(where)}"
        if where not in reads:
            if where not in reads_there:
                known = ", ".join(".".join(key) for key in sorted(reads)) or "none"
                what = f"{name} is given, and no pool is a ratio of sums over it."
                problems.append(Problem(what, f"Known: {known}."))
            continue
        if where in found:
            problems.append(Problem(f"{name} is given twice.", "Give it once."))
        number = number_of(name, given, problems)
        if number is not None and number > 0:
            found[where] = (Answer(CounterfactualMean(), number),)
        elif number is not None:
            problems.append(Problem(f"{name} is {number}.", "Give a number above 0."))
    return found


def _summed(contract: Contract) -> set[Key]:
    """The groups that a ratio of sums is made of, by outcome."""
    return {
        (leaf.outcome, group)
        for leaf in contract.clauses
        if leaf.per == "pooled" and contract.pools_by(leaf.outcome) == "ratio_of_sums"
        for group in contract.pool_groups()
    }


def _named(typed: Mapping[str, Any]) -> Iterable[tuple[Key, Any]]:
    """Each value with its outcome and group."""
    for key, given in typed.items():
        outcome, *inner = str(key).split(".")
        for path, value in _flattened(tuple(inner), given):
            yield (outcome, ".".join(path) or ALL), value


Averages = Callable[[Contract, Leaf, Decimal, Decimal], Decimal]
"""What a clause pays on average under the contract's prior: contract, clause, result, its error."""


def averages(
    contract: Contract,
    numbers: Mapping[Key, Decimal],
    errors: Mapping[Key, Decimal],
    average: Averages | None,
    problems: list[Problem],
) -> dict[Key, tuple[Answer, ...]]:
    """What the clauses that pay an average pay for typed results, each read as normal."""
    found: dict[Key, tuple[Answer, ...]] = {}
    unsaid: dict[Key, None] = {}
    for leaf in contract.clauses:
        rule = contract.rule(leaf)
        if not isinstance(rule, ExpectedPaymentRule) or hides_amount(leaf):
            continue
        for group in contract.compared_groups(leaf):
            where = (leaf.outcome, group)
            if where not in numbers:
                continue
            if where not in errors or average is None:
                unsaid[where] = None
                continue
            mean = average(contract, leaf, numbers[where], errors[where])
            answer = Answer(average_of(leaf, rule), mean)
            found[where] = (*found.get(where, ()), answer)
    for outcome, group in unsaid:
        said = outcome if group == ALL else f"{outcome}.{group}"
        problems.append(
            Problem(
                f"{said} is paid on average over what the true effect may be, and one number does "
                "not tell how sure it is.",
                f"Give its standard error in contract units too: std_error.{said}.",
            )
        )
    return found


def rule_for_typed(contract: Contract, leaf: Leaf) -> Rule:
    """How a clause reads a number that was typed: as it stands, save where more belongs to it."""
    rule = contract.rule(leaf)
    match rule:
        case CombineRule():
            return in_place_of(rule, PointRule())
        case ExpectedPaymentRule() | VerifiedCountRule():
            return rule
        case _:
            return PointRule()


_READS = {
    "audit": "no clause reads an audit of it",
    "std_error": "no clause pays an average over it",
}


def _by_group(
    contract: Contract,
    kind: str,
    typed: Mapping[str, Any],
    rule: type[Rule],
    problems: list[Problem],
    other: Contract | None,
) -> Iterable[tuple[Key, Any]]:
    """Each value with its outcome and group; what nothing reads is a problem."""
    read = outcomes_under(contract, rule)
    read_there = {} if other is None else outcomes_under(other, rule)
    seen: set[Key] = set()
    for (outcome, group), value in _named(typed):
        if (
            other is not None
            and outcome in read_there
            and group in known_groups(other, outcome)
            and not (outcome in read and group in known_groups(contract, outcome))
        ):
            continue
        if outcome not in read:
            problems.append(
                Problem(
                    f"{kind}: {outcome!r} is given, and {_READS[kind]}.",
                    f"Known: {', '.join(read) or 'none'}.",
                )
            )
        elif wrong := group_problem(contract, outcome, group):
            problems.append(Problem(f"{kind}: {wrong.what}", wrong.fix))
        elif (outcome, group) in seen:
            problems.append(Problem(f"{kind}: {outcome}, {group} is given twice.", "Give it once."))
        else:
            seen.add((outcome, group))
            yield (outcome, group), value
