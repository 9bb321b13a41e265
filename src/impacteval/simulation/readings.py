"""From answers to what a clause is told in each draw: the twin of `impacteval.decide.evidence`.

The evidence rule is applied once to each number compared, at the level that the contract's
multiplicity gives it, exactly as it is for one result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import assert_never

import numpy as np

from impacteval.contract.clauses import BasketPart, BonusMalus, Linear
from impacteval.contract.model import POOLED, Contract, Outcome
from impacteval.contract.payment import BY_STEP, Leaf
from impacteval.contract.rules import (
    ChanceRule,
    ExpectedPaymentRule,
    LowerBoundRule,
    PointRule,
    Rule,
    SignificantRule,
    VerifiedCountRule,
    read_by,
)
from impacteval.contract.terms import limits
from impacteval.decide import effective_rule, pool_label
from impacteval.errors import Problem
from impacteval.pricing.readings import ChancesDraws, DrawReader, DrawReading, KnownDraws
from impacteval.simulation.engine import Answers, Floats
from impacteval.values import Confidence, LowerBound, PointEstimate, PValue, Question

_Ask = Callable[[Question], Floats]


def reader(contract: Contract, answers: Answers, rule: Rule | None = None) -> DrawReader:
    """What tells each clause its numbers.

    Parameters
    ----------
    contract : Contract
        The contract.
    answers : Answers
        What an engine drew; NaN in draws where there is no estimate.
    rule : Rule, optional
        In place of the contract's own.

    Returns
    -------
    callable
        Takes the clause, the group and the groups that are pooled.
    """

    def read(leaf: Leaf, group: str, pool: tuple[str, ...]) -> DrawReading:
        label = pool_label(contract, pool) if group == POOLED else group
        found = answers.get((leaf.outcome, label))
        if found is None and len(pool) == 1:
            found = answers[leaf.outcome, pool[0]]  # a pool of one group is that group
        assert found is not None, "every number that a clause compares is asked for"
        outcome = contract.outcomes[leaf.outcome]
        return _ruled(leaf, outcome, effective_rule(contract, leaf, rule), _asker(found))

    return read


def _asker(found: Mapping[Question, Floats]) -> _Ask:
    return lambda question: found[question]


def _ruled(leaf: Leaf, outcome: Outcome, rule: Rule, ask: _Ask) -> DrawReading:
    # What is assumed about a combined number is about the combination.
    rule = read_by(rule)
    match rule:
        case PointRule():
            return _known(outcome, ask(PointEstimate()))
        case LowerBoundRule():
            bound = rule.lower_bound
            return _known(outcome, ask(LowerBound(bound.level, bound.sides)))
        case SignificantRule():
            return _gated(leaf, outcome, rule, ask)
        case ChanceRule():
            asked = rule.chance_at_least
            if not isinstance(leaf, BY_STEP):
                return _known(outcome, ask(LowerBound(asked, "one")))
            estimate = ask(PointEstimate())
            told = {
                limit: ask(Confidence(Decimal(limit.threshold), limit.operator))
                for limit in limits(leaf)
            }
            unjudged = np.isnan(estimate) | np.any([np.isnan(c) for c in told.values()], axis=0)
            with np.errstate(invalid="ignore"):
                holds = {limit: _chance(c) >= float(asked) for limit, c in told.items()}
            return ChancesDraws(estimate, holds, unjudged if unjudged.any() else None)
        case VerifiedCountRule():
            # The audit is taken to keep to its limit: then the count stands.
            return _known(outcome, ask(PointEstimate()))
        case ExpectedPaymentRule():
            raise ValueError("Averages are refused before anything is drawn.")
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(rule)


def rule_problems(contract: Contract) -> Iterator[Problem]:
    """Why the rule of a clause cannot be simulated."""
    for leaf in contract.clauses:
        if isinstance(contract.rule(leaf), ExpectedPaymentRule):
            yield Problem(
                f"The clause {leaf.name} pays an average over the confidence distribution, which "
                "has no simulation.",
                "Simulate the contract with decide_on: point_estimate in its place.",
            )


def _known(outcome: Outcome, exact: Floats) -> KnownDraws:
    unjudged = np.isnan(exact)
    return KnownDraws.read(outcome, exact, None, unjudged if unjudged.any() else None)


def _chance(values: Floats) -> Floats:
    """Ten decimals count, as in evidence: a confidence of 0.8 reaches 0.8."""
    return np.round(values, 10)


def _gated(leaf: Leaf, outcome: Outcome, rule: SignificantRule, ask: _Ask) -> KnownDraws:
    """The estimate where the test is passed in the better direction, else 0, or harm where read."""
    test = rule.significant
    estimate, p = ask(PointEstimate()), ask(PValue(test.sides))
    unjudged = np.isnan(estimate) | np.isnan(p)
    with np.errstate(invalid="ignore"):
        passed = (estimate > 0.0) & (_chance(p) <= float(1 - test.level))
    reads_harm = isinstance(leaf, BasketPart | BonusMalus) or (
        isinstance(leaf, Linear) and (leaf.floor is None or leaf.floor < 0)
    )
    shut = np.minimum(estimate, 0.0) if reads_harm else np.zeros_like(estimate)
    exact = np.where(passed, estimate, shut)
    return KnownDraws.read(outcome, exact, ~passed, unjudged if unjudged.any() else None)
