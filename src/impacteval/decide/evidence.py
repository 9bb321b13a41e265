"""From evidence to the reading of a clause: the rule is applied once to each number compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, localcontext
from typing import assert_never

from impacteval.contract.clauses import (
    BasketPart,
    BonusMalus,
    Linear,
)
from impacteval.contract.model import POOLED, Contract, Outcome
from impacteval.contract.money import ARITHMETIC, NOT_PUBLISHED
from impacteval.contract.payment import BY_STEP, Leaf, hides_amount
from impacteval.contract.readings import (
    Average,
    Between,
    Chances,
    Known,
    Missing,
    Reading,
    Unjudged,
)
from impacteval.contract.rules import (
    ChanceRule,
    CombineRule,
    ExpectedPaymentRule,
    LowerBoundRule,
    PointRule,
    Rule,
    SignificantRule,
    VerifiedCountRule,
    read_by,
)
from impacteval.contract.saying import names
from impacteval.contract.terms import limits
from impacteval.decide import sentences
from impacteval.decide.questions import average_of, pool_label
from impacteval.errors import UsageError
from impacteval.values import (
    AuditDiscrepancy,
    ClaimedCount,
    Confidence,
    CounterfactualMean,
    Evidence,
    LowerBound,
    Message,
    PartEstimate,
    PointEstimate,
    PValue,
    Question,
)

Found = Mapping[tuple[str, str], Evidence]


def reading_of(
    contract: Contract,
    leaf: Leaf,
    group: str,
    pool: tuple[str, ...],
    rule: Rule,
    found: Found,
    people: Mapping[str, int],
    typed: bool = False,
) -> Reading:
    """What a clause is told about its number.

    Parameters
    ----------
    contract, leaf
        The contract and the clause.
    group : str
        Whom the clause reads.
    pool : tuple of str
        The groups pooled when `group` is ``"pooled"``.
    rule : Rule
        The evidence rule at its effective level.
    found : mapping
        Evidence by (outcome, group).
    people : mapping
        People per group, where known.
    typed : bool
        Whether the numbers were given by hand and not estimated.
    """
    outcome = contract.outcomes[leaf.outcome]
    label = pool_label(contract, pool) if group == POOLED else group
    evidence = found.get((leaf.outcome, label))
    if evidence is None and len(pool) == 1:
        evidence = found.get((leaf.outcome, pool[0]))  # a pool of one group is that group
    if evidence is None and group == POOLED and isinstance(read_by(rule), PointRule):
        return _pooled(contract, leaf.outcome, pool, found, people)
    if evidence is None:
        return Missing(_no_result(contract, leaf.outcome, pool or (group,)))
    if evidence.reason is not None:
        return Unjudged(evidence.reason)
    try:
        return _ruled(leaf, outcome, rule, _Asked(evidence), typed)
    except _NoAnswer as none:
        return Unjudged(none.reason)


class _NoAnswer(Exception):
    """A signal inside this module: the evidence says why it has no number."""

    def __init__(self, reason: Message) -> None:
        self.reason = reason
        super().__init__(str(reason))


class _Asked:
    """Answers of one piece of evidence; a question without a number raises its reason."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def has(self, question: Question) -> bool:
        return any(answer.question == question for answer in self._evidence.answers)

    def __call__(self, question: Question) -> Decimal:
        answer = self._evidence.answer(question)
        if answer.value is None:
            assert answer.reason is not None
            raise _NoAnswer(answer.reason)
        return answer.value


def estimate_of(evidence: Evidence | None) -> Decimal | None:
    """The point estimate, where there is one."""
    if evidence is None:
        return None
    points = [a.value for a in evidence.answers if isinstance(a.question, PointEstimate)]
    return points[0] if points else None


def _ruled(leaf: Leaf, outcome: Outcome, rule: Rule, ask: _Asked, typed: bool) -> Reading:
    estimate = ask(PointEstimate())
    first: tuple[Message, ...] = (
        sentences.given(estimate) if typed else sentences.estimate_is(estimate),
    )
    if isinstance(rule, CombineRule):
        first = _combined(rule, estimate, ask) or first
        rule = rule.then
    match rule:
        case PointRule():
            return _known(outcome, estimate, first)
        case LowerBoundRule():
            bound = rule.lower_bound
            return _bound(outcome, ask, LowerBound(bound.level, bound.sides), first)
        case SignificantRule():
            return _gated(leaf, outcome, rule, ask, first)
        case ChanceRule():
            asked = rule.chance_at_least
            if not isinstance(leaf, BY_STEP):
                return _bound(outcome, ask, LowerBound(asked, "one"), first)
            confidence = {
                limit: ask(Confidence(Decimal(limit.threshold), limit.operator))
                for limit in limits(leaf)
            }
            return Chances(estimate, confidence, asked, first)
        case ExpectedPaymentRule():
            return _averaged(leaf, outcome, rule, ask, first)
        case VerifiedCountRule():
            # A count that is typed in is what was claimed; an estimate has the audit in it already.
            claimed = ask(ClaimedCount()) if ask.has(ClaimedCount()) else estimate
            return _audited(outcome, rule.limit, claimed, ask(AuditDiscrepancy()), typed)
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(rule)


def _known(
    outcome: Outcome, exact: Decimal, steps: tuple[Message, ...], closed: bool = False
) -> Known:
    value = outcome.read(exact)
    if value != exact:
        steps = (*steps, sentences.rounds_to(exact, value))
    return Known(value, exact, closed, steps)


def _bound(
    outcome: Outcome, ask: _Asked, question: LowerBound, first: tuple[Message, ...]
) -> Known:
    value = ask(question)
    said = sentences.bound_is(value, question.level, question.sides)
    return _known(outcome, value, (*first, said))


def _combined(rule: CombineRule, estimate: Decimal, ask: _Asked) -> tuple[Message, ...]:
    """Each design's estimate with its weight, and their sum; nothing where only the sum is known."""
    if not any(ask.has(PartEstimate(design)) for design in rule.combine):
        return ()
    parts = tuple(
        sentences.part_is(design, ask(PartEstimate(design)), weight)
        for design, weight in rule.combine.items()
    )
    return (*parts, sentences.combined_is(estimate))


def _averaged(
    leaf: Leaf,
    outcome: Outcome,
    rule: ExpectedPaymentRule,
    ask: _Asked,
    first: tuple[Message, ...],
) -> Average:
    """What the clause pays on average; the verdict reads the estimate."""
    known = _known(outcome, ask(PointEstimate()), first)
    prior = rule.expected_payment.normal
    said = (*known.steps, sentences.averages(prior))
    amount = NOT_PUBLISHED if hides_amount(leaf) else ask(average_of(leaf, rule))
    return Average(known.value, known.exact, amount, said)


def _audited(
    outcome: Outcome, limit: Decimal, count: Decimal, found: Decimal, typed: bool
) -> Known:
    """The count as it stands when the audit keeps to its limit, else less what it found wrong."""
    first = sentences.given(count) if typed else sentences.counted(count)
    if found <= limit:
        return _known(outcome, count, (first, sentences.audit_kept(found, limit)))
    exact = ARITHMETIC.multiply(count, ARITHMETIC.subtract(Decimal(1), found))
    return _known(outcome, exact, (first, sentences.audit_cut(count, found, limit, exact)))


def _gated(
    leaf: Leaf, outcome: Outcome, rule: SignificantRule, ask: _Asked, first: tuple[Message, ...]
) -> Known:
    """The estimate when the test against zero is passed in the better direction, else 0.

    Where the term pays less for harm, a closed gate must not wipe the harm out: then the smaller
    of 0 and the estimate is read.
    """
    test = rule.significant
    estimate, p = ask(PointEstimate()), ask(PValue(test.sides))
    alpha = 1 - test.level
    steps = (*first, sentences.p_value_is(p, alpha, test.sides))
    if estimate <= 0:
        steps = (*steps, sentences.harmful())
    elif p <= alpha:
        return _known(outcome, estimate, steps)
    reads_harm = isinstance(leaf, BasketPart | BonusMalus) or (
        isinstance(leaf, Linear) and (leaf.floor is None or leaf.floor < 0)
    )
    return _known(
        outcome, min(Decimal(0), estimate) if reads_harm else Decimal(0), steps, closed=True
    )


def _no_result(contract: Contract, outcome: str, groups: tuple[str, ...]) -> Message:
    """Which number is missing, by the names that people read."""
    known = tuple(group for group in groups if group in contract.groups)
    return sentences.no_result(
        contract.outcomes[outcome].plain_name.text(), names(contract, known) if known else None
    )


def _pooled(
    contract: Contract,
    name: str,
    pool: tuple[str, ...],
    found: Found,
    people: Mapping[str, int],
) -> Reading:
    """The mean of the groups' point estimates, or what it lies between when sizes are unknown."""
    outcome, how = contract.outcomes[name], contract.pools_by(name)
    numbers: list[Decimal] = []
    weights: list[Decimal | None] = []
    for group in pool:
        evidence = found.get((name, group))
        if evidence is None:
            return Missing(_no_result(contract, name, (group,)))
        if evidence.reason is not None:
            return Unjudged(evidence.reason)
        try:
            numbers.append(_Asked(evidence)(PointEstimate()))
            weights.append(_weight(how, people.get(group), _Asked(evidence)))
        except _NoAnswer as none:
            return Unjudged(none.reason)
    if how == "total":
        with localcontext(ARITHMETIC):
            exact = sum(numbers, Decimal(0))
        return _known(outcome, exact, (sentences.added_up(exact, len(pool)),))
    said = sentences.sums_give if how == "ratio_of_sums" else sentences.pooled_is
    if len(set(numbers)) == 1:
        return _known(outcome, numbers[0], (said(numbers[0], len(pool)),))
    known = [weight for weight in weights if weight is not None]
    if len(known) < len(pool):
        low, high = outcome.read(min(numbers)), outcome.read(max(numbers))
        return Between(low, high, of_sums=how == "ratio_of_sums")
    exact = weighted_mean(numbers, known)
    return _known(outcome, exact, (said(exact, len(pool)),))


def _weight(how: str, people: int | None, ask: _Asked) -> Decimal | None:
    """What a group weighs in a pool; None where that is not known.

    Relative effects weighted by people times what would have happened to each make the ratio of
    the sums: people x counterfactual x (observed / counterfactual - 1) is people x (observed -
    counterfactual).
    """
    if people is None or how != "ratio_of_sums":
        return None if people is None else Decimal(people)
    if not ask.has(CounterfactualMean()):
        return None
    return ARITHMETIC.multiply(Decimal(people), ask(CounterfactualMean()))


def weighted_mean(numbers: Sequence[Decimal], weights: Sequence[Decimal]) -> Decimal:
    """Sum of weight times number over sum of weights, to 10 significant digits or more.

    As many digits are kept as the numbers themselves have when that is more than 10.

    Examples
    --------
    >>> weighted_mean([Decimal("8"), Decimal("10")], [Decimal(1), Decimal(2)])
    Decimal('9.333333333')
    """
    with localcontext(ARITHMETIC):
        total = sum(weights, Decimal(0))
        weighted = sum((n * w for n, w in zip(numbers, weights, strict=True)), Decimal(0))
    if total == 0:
        raise UsageError("People add up to 0: groups cannot be pooled by people.")
    digits = max(10, *(len(number.as_tuple().digits) for number in numbers))
    return Context(prec=digits).divide(weighted, total)
