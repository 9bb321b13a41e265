"""Page 1: what a payer reads first, and often only."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from impacteval.contract import Contract
from impacteval.contract.clauses import Linear, RateLine, ShareOfSaving
from impacteval.contract.later_sentences import said_length
from impacteval.contract.model import Outcome
from impacteval.contract.money import decimals_of
from impacteval.contract.payment import BY_STEP, Leaf
from impacteval.contract.rules import (
    ChanceRule,
    LowerBoundRule,
    Rule,
    SignificantRule,
    read_by,
)
from impacteval.contract.saying import rule_sentence
from impacteval.contract.units import effect_kind
from impacteval.decide import ClauseResult, Decision, distance, effective_rule, money_text
from impacteval.estimates import CounterfactualEstimate
from impacteval.plan import Columns
from impacteval.report import findings_facts as facts
from impacteval.report import notices
from impacteval.report.exposure import exposure_of
from impacteval.report.findings import Finding
from impacteval.report.findings_rows import plain
from impacteval.report.graded import evidence_of
from impacteval.report.interval_notes import finest, remarks
from impacteval.report.record import (
    Both,
    ClauseRow,
    MoneyBox,
    PageOne,
    Said,
)
from impacteval.report.run import Run
from impacteval.report.sentences import (
    CONFIDENCE_NOTE,
    GATE_CLOSED,
    Wording,
    clause_sentence,
    confidence_sentence,
    contract_unit,
    distance_sentence,
    headline,
    rounding_sentence,
    text_of,
)
from impacteval.report.settling import settling_headline
from impacteval.values import Confidence, Message, Scale, Status, Text, significant, written

_NO_CONTEST = Text(
    en="The contract does not say how a result is contested.",
    fr="Le contrat ne dit pas comment contester un résultat.",
)
_CONTEST = Text(
    en="{how} Time to contest: {window}. Decided by: {who}.",
    fr="{how} Délai de contestation : {window}. Décision : {who}.",
)


def _answer(decision: Decision) -> str:
    """The answer in one word. Clauses that others already paid for say nothing of their own."""
    clauses = [c for c in decision.clauses if c.pays and c.verdict is not Status.NOT_FOR_PAYMENT]
    if decision.look is not None and not decision.look.pays:
        return "not_for_payment"
    if decision.due_now is None:
        return "cannot_be_judged"
    if decision.correction is not None:
        found = decision.correction
        if found.comes_to is None:
            return "cannot_be_judged"
        nothing = not isinstance(found.due_now, Decimal) or found.due_now <= 0
        return "do_not_pay" if nothing else "pay"
    if _nothing_payable(decision):
        return "do_not_pay"
    if not clauses:
        # A grant is owed without any clause; what else is due here, nobody judged.
        return "not_for_payment" if decision.due_now == 0 else "pay"
    open_ = any(c.amount is None for c in clauses)
    earned = [
        c
        for c in clauses
        if c.amount is not None and (c.verdict is Status.MET or _averaged(c)) and not _held_back(c)
    ]
    due = decision.due_now
    if any(_averaged(c) for c in earned):
        # An average is never all that a clause offers, and it may be a penalty or nothing.
        nothing = isinstance(due, Decimal) and due <= 0
        return ("cannot_be_judged" if open_ else "do_not_pay") if nothing else "pay_in_part"
    # A floor can be owed without any condition being met.
    if not earned and not (isinstance(due, Decimal) and due > 0):
        return "cannot_be_judged" if open_ else "do_not_pay"
    whole = len(earned) == len(clauses) and not _returned(decision)
    return "pay" if whole else "pay_in_part"


def _nothing_payable(decision: Decision) -> bool:
    """Whether a dispute leaves nothing to pay now of what is due."""
    found = decision.dispute
    if found is None or not isinstance(found.payable_now, Decimal) or found.payable_now > 0:
        return False
    return found.held != 0 or _returned(decision)


def _returned(decision: Decision) -> bool:
    """Whether a dispute that is decided leaves a part of what was due with the payers."""
    return decision.dispute is not None and decision.dispute.returned not in (None, Decimal(0))


def _averaged(clause: ClauseResult) -> bool:
    """Whether the clause pays an average, met or not."""
    return clause.rule.startswith("expected_payment")


def _held_back(clause: ClauseResult) -> bool:
    """Whether a condition before the clause keeps a result that is met from being paid."""
    return clause.amount == 0 and clause.reason is not None


def page_one(run: Run) -> PageOne:
    """Page 1 of a run."""
    contract, decision = run.contract, run.decision
    answer = _answer(decision)
    due = money_text(decision.due_now)
    weakest, apart = evidence_of(run)
    money = contract.money
    return PageOne(
        answer=answer,
        headline=Said.of(
            settling_headline(decision) or headline(answer, _payable(decision), decision.currency)
        ),
        money=MoneyBox(
            currency=decision.currency,
            due_now=due,
            total=money_text(decision.total),
            already_paid=_already_paid(run),
            ceiling=money_text(decision.cap),
            ceiling_left=money_text(decision.cap_left),
            rounding=Said.of(
                rounding_sentence(
                    contract.currency,
                    money.decimals if money else decimals_of(contract.currency),
                    money.mode if money else "half_up",
                )
            ),
        ),
        clauses=tuple(_clause(run, c) for c in decision.clauses),
        evidence=weakest,
        evidence_by_outcome=apart,
        left_out=tuple(Said.of(m) for m in notices.left_out(run)),
        changes=tuple(Said.of(m) for m in notices.changes(run)),
        warnings=tuple(Said.of(m) for m in notices.warnings(run)),
        confidence_note=Said.of(CONFIDENCE_NOTE),
        rerun=run.command,
        contest=_contest(contract),
    )


def _payable(decision: Decision) -> str | None:
    """What is to be paid now; all that is due, unless a part of it is held or was paid already."""
    found = decision.dispute
    return money_text(decision.due_now if found is None else found.payable_now)


def _already_paid(run: Run) -> str | None:
    """What the ledger says; without one, nothing where no earlier settlement may have paid."""
    stated = money_text(run.decision.already_paid)
    if run.ledger is None and run.decision.already_paid in (None, 0):
        return None if notices.earlier_settlements(run) else "0"
    return stated


def _contest(contract: Contract) -> Both:
    dispute = contract.dispute
    if dispute is None:
        return Both.of(_NO_CONTEST)
    told = {}
    for language in ("en", "fr"):
        how = dispute.how[language] if dispute.how else ""
        if how and not how.endswith("."):
            how += "."
        told[language] = (
            _CONTEST[language]
            .format(
                how=how,
                window=said_length(dispute.window)[language].format(),
                who=dispute.who_decides[language],
            )
            .strip()
        )
    return Both(en=told["en"], fr=told["fr"])


def wording_of(contract: Contract, outcome: str) -> Wording:
    """How the numbers of an outcome are said."""
    described = contract.outcomes[outcome]
    unit = described.unit.text() if described.unit else None
    return Wording(described.effect, described.better, contract_unit(described.effect, unit))


def _clause(run: Run, clause: ClauseResult) -> ClauseRow:
    contract = run.contract
    outcome = contract.outcomes[clause.outcome]
    wording = wording_of(contract, clause.outcome)
    leaf = next(leaf for leaf in contract.clauses if leaf.name == clause.name)
    finding = facts.finding_of(run.findings, contract, clause)
    estimate = finding.estimate if finding else None
    verdict = clause.verdict or Status.CANNOT_BE_JUDGED
    # With several chances the level that decides is stricter than the one written.
    stated = clause.applied or effective_rule(contract, leaf)
    rule = read_by(stated)
    # A price by the unit has no threshold to be met, only a start from which units count.
    by_the_unit = isinstance(leaf, Linear | RateLine | ShareOfSaving)
    # An average moves with every change of the result: no smallest one turns the answer.
    how_far = None if by_the_unit or _averaged(clause) else distance(contract, clause)
    near = None
    if how_far and how_far.change is not None and finding and estimate:
        near = Said.of(
            _nearness(
                wording,
                clause,
                how_far.change,
                how_far.inclusive,
                estimate,
                outcome,
                _reads_bound(leaf, rule),
                finding.analysis.columns,
                exposure=exposure_of(estimate, partial(_estimate, run, clause.outcome)),
                places=finding.analysis.design in ("synthetic_control", "interrupted_time_series"),
            )
        )
    unit = facts.natural_unit(outcome)
    named = facts.group_name(contract, clause.group)
    compared = finding is not None and finding.against != "nothing"
    return ClauseRow(
        name=clause.name,
        group=clause.group,
        group_name=None if named is None else Both.of(named),
        outcome=clause.outcome,
        title=Both.of(leaf.plain_name.text()) if leaf.plain_name else None,
        plain_name=Both.of(outcome.plain_name.text()),
        unit=Both.of(wording.unit),
        verdict=verdict.value,
        sentence=Said.of(
            clause_sentence(
                wording,
                plain_name=outcome.plain_name.text(),
                group=facts.group_name(contract, clause.group),
                verdict=verdict.value,
                value=_shown(clause, rule),
                compared_bound=_reads_bound(leaf, rule),
                unproved=_unproved(clause, rule, finding),
                operator=clause.operator,
                threshold=clause.threshold,
                per_unit=_price_of_unit(leaf),
                pays=clause.pays,
                on_average=_averaged(clause),
                amount=money_text(clause.amount),
                currency=contract.currency,
                reason=clause.reason,
            )
        ),
        reason=Said.of(clause.reason) if clause.reason else None,
        rule=Said.of(rule_sentence(stated)),
        value=text_of(clause.value),
        operator=clause.operator,
        threshold=text_of(clause.threshold),
        amount=money_text(clause.amount),
        steps=tuple(Said.of(step) for step in clause.steps),
        estimate=text_of(clause.estimate),
        interval=facts.contract_range(finding, contract, 0.95, "two") if finding else None,
        distance=near,
        smallest_change=(
            None if how_far is None or how_far.change is None else written(abs(how_far.change))
        ),
        # In steps, what may be passed is the step that decided.
        chance_passes=None if by_the_unit else _chance_passes(finding, clause),
        chance_nothing_or_harm=_no_effect(finding),
        observed=plain(estimate.observed, estimate) if estimate and compared else None,
        counterfactual=(
            plain(estimate.counterfactual, estimate) if estimate and compared else None
        ),
        against=finding.against if finding else "data",
        claimed=facts.claimed(finding, contract) if finding else None,
        outcome_unit=Both.of(unit),
        remarks=remarks(finding, clause, contract),
        finest=finest(estimate),
    )


def _price_of_unit(leaf: Leaf) -> Decimal | None:
    """What one more unit brings, for a clause that pays by the unit at a price that is public."""
    match leaf:
        case Linear():
            return leaf.per_unit
        case RateLine() if isinstance(leaf.price, Decimal):
            return leaf.price
        case ShareOfSaving(share=Decimal() as share, saving_per_unit=Decimal() as saving):
            alone = leaf.people is None and not leaf.by_people
            return share * saving if alone else None
        case _:
            return None


def _reads_bound(leaf: Leaf, rule: Rule) -> bool:
    """Whether the number compared is a confidence bound and not the estimate itself."""
    if isinstance(rule, ChanceRule):
        return not isinstance(leaf, BY_STEP)
    return isinstance(rule, LowerBoundRule)


def _shown(clause: ClauseResult, rule: Rule) -> Decimal | None:
    """The number the sentence tells: a closed gate compares 0, which is not what was found."""
    if isinstance(rule, SignificantRule) and clause.exact != clause.estimate:
        return clause.estimate
    return clause.value


def _unproved(clause: ClauseResult, rule: Rule, finding: Finding | None) -> Message | None:
    """What a rule about certainty adds to the estimate; None when the number alone decides."""
    if isinstance(rule, SignificantRule) and clause.exact != clause.estimate:
        return GATE_CLOSED
    if isinstance(rule, ChanceRule) and finding is not None:
        confidence = _chance_passes(finding, clause)
        if confidence is not None and clause.value == clause.estimate:
            return confidence_sentence(Decimal(confidence), rule.chance_at_least)
    return None


def _estimate(run: Run, outcome: str, group: str) -> CounterfactualEstimate | None:
    """The estimate of one group of an outcome."""
    for found in run.findings.values():
        if (found.outcome, found.group) == (outcome, group):
            return found.estimate
    return None


def _nearness(
    wording: Wording,
    clause: ClauseResult,
    change: Decimal,
    inclusive: bool,
    estimate: CounterfactualEstimate,
    outcome: Outcome,
    bound: bool,
    columns: Columns,
    *,
    exposure: float | None,
    places: bool,
) -> Message:
    """How close the answer was: what was compared, and the change that would turn the answer."""
    assert clause.value is not None, "a distance was measured from a number"
    served = estimate.n_treated
    per_person: float | None = None
    gap = abs(float(change))
    match estimate.scale:
        case Scale.DIFFERENCE:
            per_person = gap / effect_kind(outcome.effect).size
        case Scale.RELATIVE if not bound:
            # The bound of a ratio does not move one for one with the mean of those served.
            per_person = gap / 100.0 * estimate.counterfactual
        case _:
            pass  # a total, or a unit that is not the outcome's own
    # Weights mean that those in the data are not simply counted; a mean per unit of exposure adds
    # up over the exposure of those served, where that is known.
    size = float(served) if columns.exposure is None else exposure
    counted = columns.weight is None and size is not None
    # Places over several periods are not people whose outcomes add up to a total.
    counted = counted and not places
    total = per_person * (size or 0.0) if per_person is not None and counted else None
    return distance_sentence(
        wording,
        # At a look in between nothing is for payment, and the number is where it is.
        met=clause.would_be is Status.MET,
        inclusive=inclusive,
        distance=clause.value - clause.threshold,
        total=None if total is None else significant(total),
        total_unit=outcome.unit_in_total.text() if outcome.unit_in_total else None,
        served=served,
    )


def _chance_passes(finding: Finding | None, clause: ClauseResult) -> str | None:
    if finding is None or clause.threshold is None or clause.operator is None:
        return None
    return facts.answered(finding, Confidence(clause.threshold, clause.operator))


def _no_effect(finding: Finding | None) -> str | None:
    # A number that is compared with nothing is no effect, and can be neither nothing nor harm.
    if finding is None or finding.against == "nothing":
        return None
    return facts.nothing_or_harm(finding)
