"""What a contract asks of each number it compares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from impacteval.contract.checks import chances_of, significance_problems
from impacteval.contract.model import POOLED, Contract
from impacteval.contract.payment import BY_STEP, Leaf, hides_amount
from impacteval.contract.rules import (
    ChanceRule,
    CombineRule,
    ExpectedPaymentRule,
    LevelAndSides,
    LowerBoundRule,
    PointRule,
    Rule,
    SignificantRule,
    VerifiedCountRule,
    divided,
    in_place_of,
    level_of,
    read_by,
)
from impacteval.contract.terms import limits
from impacteval.values import (
    AuditDiscrepancy,
    ClaimedCount,
    Confidence,
    ExpectedPayment,
    LowerBound,
    PartEstimate,
    PointEstimate,
    PValue,
    Question,
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One number that at least one clause compares.

    Attributes
    ----------
    outcome : str
        The outcome.
    group : str
        A group, ``"all"`` for a contract without groups, ``"pooled"`` for the pool.
    questions : tuple of Question
        What has to be answered about it, the point estimate first.
    clauses : tuple of str
        The clauses that compare it.
    pool : tuple of str
        The groups pooled; empty unless `group` is ``"pooled"``.
    """

    outcome: str
    group: str
    questions: tuple[Question, ...]
    clauses: tuple[str, ...]
    pool: tuple[str, ...] = ()


def pool_label(contract: Contract, pool: tuple[str, ...]) -> str:
    """The name under which evidence about a pool is looked up.

    The whole pool is ``"pooled"``. A pool without groups that have been paid is another number
    and has another name, so that evidence about one is never read as evidence about the other.
    """
    if pool == contract.pool_groups():
        return POOLED
    return f"{POOLED}:{'+'.join(pool)}"


def effective_rule(contract: Contract, leaf: Leaf, rule: Rule | None = None) -> Rule:
    """The rule of a clause (or `rule` in its place), at the level the contract's multiplicity gives."""
    own = contract.rule(leaf)
    chosen = own if rule is None else in_place_of(own, rule)
    if contract.multiplicity != "bonferroni":
        return chosen
    if rule is None:
        return divided(chosen, chances_of(contract))
    everything = sum(len(contract.compared_groups(clause)) for clause in contract.clauses)
    return divided(chosen, everything)


def levels_of(contract: Contract, leaf: Leaf, rule: Rule | None = None) -> tuple[Rule, ...]:
    """Every level at which a clause may come to be read: by Holm's rule that depends on the others."""
    chosen = effective_rule(contract, leaf, rule)
    if contract.multiplicity != "holm":
        return (chosen,)
    family = sum(
        len(contract.compared_groups(clause))
        for clause in contract.clauses
        if level_of(effective_rule(contract, clause, rule)) is not None
    )
    return tuple(divided(chosen, parts) for parts in range(max(family, 1), 0, -1))


def questions_of(leaf: Leaf, rule: Rule) -> tuple[Question, ...]:
    """What a clause under that rule has to be told."""
    match rule:
        case PointRule():
            return (PointEstimate(),)
        case LowerBoundRule():
            bound = rule.lower_bound
            return PointEstimate(), LowerBound(bound.level, bound.sides)
        case SignificantRule():
            return PointEstimate(), PValue(rule.significant.sides)
        case ChanceRule():
            if isinstance(leaf, BY_STEP):
                asked = (Confidence(Decimal(x.threshold), x.operator) for x in limits(leaf))
                return PointEstimate(), *asked
            # A price by the unit needs a number: the one the effect exceeds with that confidence.
            return PointEstimate(), LowerBound(rule.chance_at_least, "one")
        case CombineRule():
            parts = (PartEstimate(design) for design in rule.combine)
            return (*questions_of(leaf, rule.then), *parts)
        case ExpectedPaymentRule():
            return (PointEstimate(), *(() if hides_amount(leaf) else (average_of(leaf, rule),)))
        case VerifiedCountRule():
            return PointEstimate(), AuditDiscrepancy(), ClaimedCount()
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(rule)


def average_of(leaf: Leaf, rule: ExpectedPaymentRule) -> ExpectedPayment:
    """The question what a clause pays on average under the prior of the rule."""
    prior = rule.expected_payment.normal
    return ExpectedPayment(leaf.name, None if prior is None else (prior.mean, prior.sd))


def compared(contract: Contract, *others: Rule) -> tuple[Compared, ...]:
    """Every number that the contract compares, with all that has to be answered about it.

    Parameters
    ----------
    contract : Contract
        The contract.
    *others : Rule
        Further rules whose questions are to be answered too, for the table of verdicts under
        other rules.

    Returns
    -------
    tuple of Compared
        In the order of the file. The groups of a pool stand beside it only when a clause compares
        them too.
    """
    found: dict[tuple[str, str], tuple[dict[Question, None], dict[str, None]]] = {}
    for leaf in contract.clauses:
        for group in contract.compared_groups(leaf):
            questions, clauses = found.setdefault((leaf.outcome, group), ({}, {}))
            for rule in (None, *others):
                for level in levels_of(contract, leaf, rule):
                    questions.update(dict.fromkeys(questions_of(leaf, level)))
            clauses[leaf.name] = None
    return tuple(
        Compared(
            outcome,
            group,
            tuple(questions),
            tuple(clauses),
            contract.pool_groups() if group == POOLED else (),
        )
        for (outcome, group), (questions, clauses) in found.items()
    )


USUAL: tuple[Rule, ...] = (
    PointRule(),
    LowerBoundRule(lower_bound=LevelAndSides(level=Decimal("0.90"), sides="one")),
    SignificantRule(
        significant=LevelAndSides(level=Decimal("0.95"), sides="two"), then="point_estimate"
    ),
    ChanceRule(chance_at_least=Decimal("0.8")),
)
"""Rules met in published contracts, for the table of verdicts under other rules."""


def other_rules(contract: Contract) -> tuple[Rule, ...]:
    """The usual rules that are not the contract's own and that make sense for all its clauses."""
    own = {read_by(contract.rule(leaf)) for leaf in contract.clauses}
    if not own:
        return ()  # nothing is compared, so no rule would change anything
    return tuple(rule for rule in USUAL if rule not in own and not rule_problems(contract, (rule,)))


def rule_problems(contract: Contract, rules: Iterable[Rule]) -> list[str]:
    """Why one of these rules cannot be read against this contract."""
    return [
        f"{what} {fix}"
        for rule in rules
        if isinstance(read_by(rule), SignificantRule)
        for leaf in contract.clauses
        for what, fix in significance_problems(contract, leaf)
    ]


def rule_text(rule: Rule) -> str:
    """A rule in the contract's own words, on one line.

    Examples
    --------
    >>> [rule_text(rule) for rule in USUAL][:2]
    ['point_estimate', 'lower_bound 0.90 one']
    """
    match rule:
        case PointRule():
            return rule.name
        case LowerBoundRule():
            return f"{rule.name} {rule.lower_bound.level} {rule.lower_bound.sides}"
        case SignificantRule():
            return f"{rule.name} {rule.significant.level} {rule.significant.sides}"
        case ChanceRule():
            return f"{rule.name} {rule.chance_at_least}"
        case CombineRule():
            parts = " ".join(f"{design} {weight}" for design, weight in rule.combine.items())
            return f"{rule.name} {parts} then {rule_text(rule.then)}"
        case ExpectedPaymentRule():
            prior = rule.expected_payment.normal
            said = "flat" if prior is None else f"normal {prior.mean} {prior.sd}"
            return f"{rule.name} {said}"
        case VerifiedCountRule():
            return f"{rule.name} {rule.limit}"
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(rule)
