"""What a contract must say so that combined, averaged and audited numbers are read in one way only."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.contract.clauses import BasketPart, RateLine, ShareOfSaving
from impacteval.contract.model import Contract
from impacteval.contract.payment import EquityBonus, FirstOf, Gate, Leaf, leaves, terms
from impacteval.contract.rules import (
    CombineRule,
    ExpectedPaymentRule,
    Rule,
    VerifiedCountRule,
)
from impacteval.contract.units import design_of, effect_kind
from impacteval.files import plain
from impacteval.files.kinds import Relative

Path = tuple[str | int, ...]


def rule_problems(contract: Contract) -> Iterator[Relative]:
    """Everything that keeps a combination, an average or an audit from being read."""
    combined: dict[str, Rule] = {}
    for inner, leaf in leaves(contract.payment):
        rule = leaf.decide_on or contract.decide_on
        if rule is None or leaf.outcome not in contract.outcomes:
            continue  # said already
        path: Path = ("payment", *inner)
        where: Path = (*path, "decide_on") if leaf.decide_on else ("decide_on",)
        match rule:
            case CombineRule():
                yield from _combination(contract, where, leaf, rule)
            case ExpectedPaymentRule():
                yield from _average(contract, path, where, leaf)
            case VerifiedCountRule():
                yield from _audit(contract, where, leaf, rule)
            case _:
                pass
        before = combined.setdefault(leaf.outcome, rule)
        if _weights(before) != _weights(rule):
            yield (
                (*path,),
                (
                    f"The clause `{leaf.name}` reads another number of `{leaf.outcome}` than a clause "
                    "before it: designs are combined in one way for each outcome, or not at all."
                ),
                "Write the same `combine` for all clauses on this outcome.",
            )
    yield from _orders(contract)
    yield from _unread(contract)


def _weights(rule: Rule) -> object:
    return dict(rule.combine) if isinstance(rule, CombineRule) else None


def _combination(
    contract: Contract, where: Path, leaf: Leaf, rule: CombineRule
) -> Iterator[Relative]:
    outcome = contract.outcomes[leaf.outcome]
    if not effect_kind(outcome.effect).counterfactual:
        yield (
            where,
            f"The clause `{leaf.name}` combines designs, and `{leaf.outcome}` is only counted.",
            "Combine estimates of an effect, or write `decide_on: point_estimate`.",
        )
        return
    periods = (*outcome.counterfactuals, *leaf.counterfactuals)
    own = {period.design: design_of(period.design).value for period in periods}
    for design, said in own.items():
        if said not in rule.combine:
            yield (
                where,
                (
                    f"The clause `{leaf.name}` combines {', '.join(rule.combine)}, and the "
                    f"counterfactual of `{leaf.outcome}` is {design}, which is design {said}."
                ),
                "Combine the outcome's own design with others.",
            )


_NOT_ALONE = {
    Gate: "a gate",
    EquityBonus: "an equity bonus",
    BasketPart: "a part of a basket",
    RateLine: "a line of a rate card",
}


def _average(contract: Contract, path: Path, where: Path, leaf: Leaf) -> Iterator[Relative]:
    outcome = contract.outcomes[leaf.outcome]
    if not effect_kind(outcome.effect).counterfactual:
        yield (
            where,
            (
                f"The clause `{leaf.name}` pays the average over what the true effect of "
                f"`{leaf.outcome}` may be, and what is only counted has no such distribution."
            ),
            "Write `decide_on: point_estimate` for this clause.",
        )
    kind = _NOT_ALONE.get(type(leaf))
    if isinstance(leaf, ShareOfSaving) and leaf.by_people:
        kind = "a saving by the people of each group"
    if kind is not None:
        yield (
            path,
            (
                f"The clause `{leaf.name}` is {kind}, and this version averages only payments that a "
                "clause makes by itself."
            ),
            "Give it another `decide_on`.",
        )


def averages_alone(contract: Contract) -> bool:
    """Whether every clause could pay an average: each makes its payment by itself, for an effect."""
    if any(isinstance(term.term, FirstOf) for _, term in terms(contract.payment)):
        return False
    return not any(True for leaf in contract.clauses for _ in _average(contract, (), (), leaf))


def _orders(contract: Contract) -> Iterator[Relative]:
    """What a later clause pays must not hang on whether an averaged one is met."""
    for inner, term in terms(contract.payment):
        if not isinstance(term.term, FirstOf):
            continue
        for k, clause in enumerate(term.term.clauses):
            if isinstance(clause.decide_on or contract.decide_on, ExpectedPaymentRule):
                yield (
                    ("payment", *inner, "first_of", k),
                    (
                        f"In `first_of` the first clause that is met pays, and `{clause.name}` under "
                        "`expected_payment` pays on average, met or not."
                    ),
                    "Give it another `decide_on`, or write `sum` instead of `first_of`.",
                )


def _audit(
    contract: Contract, where: Path, leaf: Leaf, rule: VerifiedCountRule
) -> Iterator[Relative]:
    outcome = contract.outcomes[leaf.outcome]
    own = rule.verified_count.audit_limit
    agreed = contract.audit.limit if contract.audit is not None else None
    if effect_kind(outcome.effect).counterfactual:
        yield (
            where,
            (
                f"The clause `{leaf.name}` reads a verified count, and the effect of "
                f"`{leaf.outcome}` is {outcome.effect}."
            ),
            "Use it for verified_count, verified_rate or verified_percent.",
        )
    elif outcome.better == "lower":
        yield (
            where,
            (
                f"The clause `{leaf.name}` would pay more when an audit finds records wrong: of "
                f"`{leaf.outcome}` fewer is better, and the count is scaled down."
            ),
            "Use `point_estimate` where fewer is better.",
        )
    if own is None and agreed is None:
        yield (
            where,
            f"Nothing says how much an audit may find wrong before the count of `{leaf.name}` is cut.",
            "Write `verified_count: {audit_limit: 0.15}`, or `limit` under `audit`.",
        )
    elif own is not None and agreed is not None and own != agreed:
        yield (
            where,
            (
                f"The audit of the contract has the limit {plain(agreed)}, and the rule of "
                f"`{leaf.name}` has {plain(own)}."
            ),
            "Say it once.",
        )


def _unread(contract: Contract) -> Iterator[Relative]:
    """A limit of the audit that no clause reads would look as if it were in force."""
    if contract.audit is None or contract.audit.limit is None:
        return
    rules = [leaf.decide_on or contract.decide_on for leaf in contract.clauses]
    if not any(isinstance(rule, VerifiedCountRule) for rule in rules):
        yield (
            ("audit", "limit"),
            "The audit has a limit, and no clause reads it.",
            "Write `decide_on: verified_count` for the clauses that pay for a count.",
        )
