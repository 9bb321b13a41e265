"""From answers to what a clause is told in each draw: the twin of `impacteval.decide.evidence`.

The evidence rule is applied once to each number compared, at the level that the contract's
multiplicity gives it, exactly as it is for one result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import assert_never

import numpy as np

from impacteval.contract.clauses import BasketPart, BonusMalus, Linear
from impacteval.contract.gatekeeping import before
from impacteval.contract.model import POOLED, Contract, Outcome
from impacteval.contract.payment import BY_STEP, Leaf
from impacteval.contract.readings import Given
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
from impacteval.decide.questions import average_of
from impacteval.pricing.floats import Bools
from impacteval.pricing.readings import (
    AverageDraws,
    BarredDraws,
    ChancesDraws,
    DrawReader,
    DrawReading,
    KnownDraws,
    read_draws,
)
from impacteval.pricing.rows import MET, NOT_MET, Codes, Kit, row_draws
from impacteval.simulation.engine import Answers, Floats
from impacteval.simulation.levels import Levelled, holm_draws
from impacteval.simulation.triggers import held_draws
from impacteval.values import Confidence, LowerBound, PointEstimate, PValue, Question

_Ask = Callable[[Question], Floats]


class AnswerReader:
    """Tells clauses their numbers in draws: the twin of `impacteval.decide.reader.Reader`.

    What a stop trigger or an earlier clause holds back comes before the number, and the number is
    read at the level that the contract's multiplicity gives it in each draw.
    """

    def __init__(self, contract: Contract, answers: Answers, rule: Rule | None = None) -> None:
        self._contract, self._answers, self._rule = contract, answers, rule
        draws = len(next(iter(next(iter(answers.values())).values())))
        people = dict.fromkeys(contract.groups, 1)  # for verdicts, whatever their number
        self._kit = Kit(contract, self, Given(people=people), draws, contract.money_decimals)
        self._told: dict[tuple[str, str, tuple[str, ...]], DrawReading] = {}
        self._verdicts: dict[tuple[str, str], Codes] = {}
        self._levels: Mapping[tuple[str, str], Levelled] = (
            holm_draws(contract, self._rule_of, self._base, self._kit)
            if contract.multiplicity == "holm"
            else {}
        )

    def __call__(self, leaf: Leaf, group: str, pool: tuple[str, ...]) -> DrawReading:
        """What the clause is told about a group, or about a pool of groups."""
        key = leaf.name, group, pool
        if key not in self._told:
            self._told[key] = self._read(leaf, group, pool)
        return self._told[key]

    def _read(self, leaf: Leaf, group: str, pool: tuple[str, ...]) -> DrawReading:
        level = self._levels.get((leaf.name, group))
        told = self._at(leaf, group, pool, self._rule_of(leaf)) if level is None else level.reading
        barred = np.zeros(self._kit.draws, dtype=bool)
        unjudged = barred
        stopped = held_draws(self._contract, self._answers, leaf)
        if stopped is not None:
            barred, unjudged = stopped
        unmet, unsure = self._behind(leaf, group)
        barred = barred | (unmet & ~unjudged)
        unjudged = unjudged | (unsure & ~barred)
        if level is not None:
            unjudged = unjudged | (level.waits & ~barred)
        if not (barred.any() or unjudged.any()):
            return told
        return BarredDraws(told, barred, unjudged)

    def _behind(self, leaf: Leaf, group: str) -> tuple[Bools, Bools]:
        """Where a clause that is tested first is not met, and where one cannot be judged."""
        unmet = np.zeros(self._kit.draws, dtype=bool)
        unsure = np.zeros(self._kit.draws, dtype=bool)
        for one, groups in before(self._contract, leaf, group):
            for each in groups:
                verdict = self._verdict(one, each)
                unmet = unmet | (verdict == NOT_MET)
                unsure = unsure | ((verdict != NOT_MET) & (verdict != MET))
        return unmet, unsure & ~unmet

    def _verdict(self, leaf: Leaf, group: str) -> Codes:
        key = leaf.name, group
        if key not in self._verdicts:
            reading = self(leaf, group, self._pool(group))
            self._verdicts[key] = row_draws(
                leaf, group, reading, self._kit, self._kit.draws
            ).verdict
        return self._verdicts[key]

    def _pool(self, group: str) -> tuple[str, ...]:
        return self._contract.pool_groups() if group == POOLED else ()

    def _rule_of(self, leaf: Leaf) -> Rule:
        return effective_rule(self._contract, leaf, self._rule)

    def _base(self, leaf: Leaf, group: str, rule: Rule) -> KnownDraws | ChancesDraws:
        told = self._at(leaf, group, self._pool(group), rule)
        assert not isinstance(told, AverageDraws), "an average has no level"
        return told

    def _at(
        self, leaf: Leaf, group: str, pool: tuple[str, ...], rule: Rule
    ) -> KnownDraws | ChancesDraws | AverageDraws:
        label = pool_label(self._contract, pool) if group == POOLED else group
        found = self._answers.get((leaf.outcome, label))
        if found is None and len(pool) == 1:
            found = self._answers[leaf.outcome, pool[0]]  # a pool of one group is that group
        assert found is not None, "every number that a clause compares is asked for"
        return _ruled(leaf, self._contract.outcomes[leaf.outcome], rule, _asker(found))


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
    return AnswerReader(contract, answers, rule)


def _asker(found: Mapping[Question, Floats]) -> _Ask:
    return lambda question: found[question]


def _ruled(
    leaf: Leaf, outcome: Outcome, rule: Rule, ask: _Ask
) -> KnownDraws | ChancesDraws | AverageDraws:
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
            return _averaged(outcome, ask(PointEstimate()), ask(average_of(leaf, rule)))
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(rule)


def _known(outcome: Outcome, exact: Floats) -> KnownDraws:
    unjudged = np.isnan(exact)
    return KnownDraws.read(outcome, exact, None, unjudged if unjudged.any() else None)


def _averaged(outcome: Outcome, estimate: Floats, amount: Floats) -> AverageDraws:
    """The average payment; the verdict reads the estimate. Without a mean nothing can be judged."""
    unjudged = np.isnan(estimate) | ~np.isfinite(amount)
    value = read_draws(outcome, np.where(unjudged, 0.0, estimate))
    if not unjudged.any():
        return AverageDraws(value, amount)
    return AverageDraws(value, np.where(unjudged, 0.0, amount), unjudged)


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
