"""From a decision and its findings to the record: every figure with its receipt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from impacteval.contract import POOLED, Contract, units
from impacteval.contract.model import Linear, Threshold
from impacteval.contract.money import decimals_of
from impacteval.contract.rules import LowerBoundRule, Rule
from impacteval.contract.sentences import explain_sentences, rule_sentence
from impacteval.decide import ClauseResult, Decision, money_text
from impacteval.plan import Plan
from impacteval.report import findings_facts as facts
from impacteval.report.checklist import STANDARD, checklist
from impacteval.report.findings import Finding, Findings
from impacteval.report.grade import FEW_TREATED, Grade, grade
from impacteval.report.record import (
    Annex,
    Both,
    Checklist,
    ChecklistRow,
    ClauseRow,
    ContractFacts,
    DataSource,
    Deviation,
    EvidenceGrade,
    FlowRow,
    MoneyBox,
    OtherRule,
    PageOne,
    Party,
    Receipt,
    Record,
    Said,
    StudyFacts,
)
from impacteval.report.sentences import (
    CONFIDENCE_NOTE,
    Wording,
    clause_sentence,
    contract_unit,
    distance_sentence,
    headline,
    rounding_sentence,
    text_of,
)
from impacteval.values import Confidence, Message, Status, Text, significant, written


@dataclass(frozen=True, eq=False)
class Reading:
    """The decision under another rule, or on another analysis.

    Attributes
    ----------
    rule : Rule or None
        The rule, for a reading under another rule.
    decision : Decision
        What would be decided.
    """

    rule: Rule
    decision: Decision


@dataclass(frozen=True, eq=False)
class Run:
    """Everything a report is built from.

    Attributes
    ----------
    contract, plan
        What was agreed, what was planned.
    findings : Findings
        What was found.
    decision : Decision
        The binding decision.
    binding_rule : Rule
        The contract's rule, for the table under other rules.
    others : tuple of Reading
        The same under other rules.
    flips : mapping of alternative name to mapping of (outcome, group) to Decision
        The decision if that alternative analysis stood in place of the planned one.
    deviations : tuple of Message
        What changed since the lock.
    locked : bool
        Whether there is a lock.
    """

    contract: Contract
    plan: Plan
    findings: Findings
    decision: Decision
    others: tuple[Reading, ...]
    alternatives: Mapping[tuple[str, str, str], Decision]
    deviations: tuple[Message, ...]
    locked: bool
    prepared: bool
    settlement: str | None
    digests: Mapping[str, str]
    versions: Mapping[str, str]
    data: tuple[DataSource, ...]


def record_of(run: Run) -> Record:
    """The whole record of a run.

    Parameters
    ----------
    run : Run
        Everything it is built from.
    """
    contract, plan = run.contract, run.plan
    grades = {f.outcome: _grade(f) for f in run.findings.values()}
    return Record(
        study=_study(run),
        page_one=_page_one(run, grades),
        contract=_contract(run),
        counted=tuple(_flow(run)),
        refused=_said("refused", plan.refusals.text() if plan.refusals else _NO_REFUSALS),
        findings=tuple(
            facts.finding_facts(f, contract, plan, run.alternatives) for f in run.findings.values()
        ),
        other_rules=tuple(_other_rules(run)),
        money_steps=tuple(_money_steps(run)),
        unknowns=tuple(Both.of(limit.text()) for limit in plan.limits),
        fairness=_said("fairness", plan.fairness.text() if plan.fairness else _NO_FAIRNESS),
        data=run.data,
        privacy=Both.of(plan.privacy.text()),
        access=(_said("access", plan.who_sees_outcomes.text()),),
        interests=tuple(Both.of(w.text()) for w in (*contract.interests, *plan.evaluator.interests)),
        independence=Both.of(plan.evaluator.independence.text()),
        deviations=tuple(Deviation(what=Said.of(m)) for m in run.deviations),
        locked=run.locked,
        checklist=_checklist(run),
        annex=_annex(run),
    )


# --- page 1 -----------------------------------------------------------------------------------

_ILLUSTRATIVE = Text(
    en="Illustration: real data, a contract that nobody signed. No payment follows from it.",
    fr="Illustration : données réelles, contrat que personne n'a signé. Aucun paiement n'en découle.",
)
_SYNTHETIC = Text(
    en="Synthetic data: the people in this report do not exist. No payment follows from it.",
    fr="Données synthétiques : les personnes de ce rapport n'existent pas. Aucun paiement n'en découle.",
)
_BOTH = Text(
    en="Illustration: synthetic data and a contract that nobody signed. No payment follows from it.",
    fr="Illustration : données synthétiques et contrat que personne n'a signé. Aucun paiement n'en découle.",
)
_NO_REFUSALS = Text(
    en="The study does not say who refused.", fr="L'étude ne dit pas qui a refusé."
)
_NO_FAIRNESS = Text(
    en="The study did not look at differences between groups of people or at side effects.",
    fr="L'étude n'a examiné ni les différences entre groupes de personnes ni les effets secondaires.",
)
_NO_EVALUATOR = Text(en="not stated in the contract", fr="non précisé dans le contrat")
_NO_CONTEST = Text(
    en="The contract does not say how a result is contested.",
    fr="Le contrat ne dit pas comment contester un résultat.",
)
_CONTEST = Text(
    en="{how} Time to contest: {window}. Decided by: {who}.",
    fr="{how} Délai de contestation : {window}. Décision : {who}.",
)


def _said(key: str, text: Text) -> Said:
    return Said.of(Message(f"study.{key}", text))


def _study(run: Run) -> StudyFacts:
    contract, plan = run.contract, run.plan
    label = (
        _BOTH
        if contract.illustrative and plan.synthetic
        else _SYNTHETIC
        if plan.synthetic
        else _ILLUSTRATIVE
        if contract.illustrative
        else None
    )
    evaluator = contract.parties.evaluator
    settlement = run.settlement
    date = (
        contract.calendar.settlements[settlement].date
        if settlement is not None and contract.calendar is not None
        else None
    )
    return StudyFacts(
        id=plan.study,
        title=Both.of(plan.title.text()),
        illustrative=contract.illustrative,
        synthetic=plan.synthetic,
        label=Both.of(label) if label else None,
        evaluator=Both.of(evaluator.name.text() if evaluator else _NO_EVALUATOR),
        paid_by=Both.of(
            evaluator.paid_by.text() if evaluator and evaluator.paid_by else _NO_EVALUATOR
        ),
        registration=(
            Both.of(evaluator.registration.text())
            if evaluator and evaluator.registration
            else None
        ),
        settlement=settlement,
        settlement_date=date,
    )


def _answer(decision: Decision) -> str:
    verdicts = [c.verdict for c in decision.clauses if c.verdict is not None]
    if verdicts and all(v is Status.NOT_FOR_PAYMENT for v in verdicts):
        return "not_for_payment"
    met = [v is Status.MET for v in verdicts]
    open_ = len(verdicts) < len(decision.clauses) or Status.CANNOT_BE_JUDGED in verdicts
    if not any(met):
        return "cannot_be_judged" if open_ else "do_not_pay"
    return "pay" if all(met) and not open_ else "pay_in_part"


def _page_one(run: Run, grades: Mapping[str, Grade]) -> PageOne:
    contract, decision = run.contract, run.decision
    answer = _answer(decision)
    due = money_text(decision.due_now)
    weakest = min(grades.values(), key=lambda g: g.grade)
    money = contract.money
    cap, left = money_text(decision.cap), None
    if isinstance(decision.cap, Decimal) and isinstance(decision.due_now, Decimal):
        left = money_text(decision.cap - decision.due_now)
    elif cap == "not_published":
        left = cap
    return PageOne(
        answer=answer,
        headline=Said.of(headline(answer, due, decision.currency)),
        money=MoneyBox(
            currency=decision.currency,
            due_now=due,
            total=money_text(decision.total),
            already_paid=None,
            ceiling=cap,
            ceiling_left=left,
            rounding=Said.of(
                rounding_sentence(
                    contract.currency,
                    money.decimals if money else decimals_of(contract.currency),
                    money.mode if money else "half_up",
                )
            ),
        ),
        clauses=tuple(_clause(run, c) for c in decision.clauses),
        evidence=EvidenceGrade(
            kind=Said.of(weakest.kind), grade=weakest.grade, why=Said.of(weakest.why)
        ),
        left_out=tuple(Said.of(m) for m in _left_out(run)),
        changes=tuple(Said.of(m) for m in _changes(run)),
        warnings=tuple(Said.of(m) for m in _warnings(run)),
        confidence_note=Said.of(CONFIDENCE_NOTE),
        rerun=_command(run),
        contest=_contest(contract),
    )


def _command(run: Run) -> str:
    chosen = f" --settlement {run.settlement}" if run.settlement else ""
    return f"impacteval verify studies/{run.plan.study} --out out/{run.plan.study}{chosen}"


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
            .format(how=how, window=dispute.window[language], who=dispute.who_decides[language])
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
    finding = facts.finding_of(run.findings, clause.outcome, clause.group)
    estimate = finding.estimate if finding else None
    verdict = clause.verdict or Status.CANNOT_BE_JUDGED
    rule = contract.rule(leaf)
    gap = None
    if clause.value is not None and clause.threshold is not None and clause.value.is_finite():
        gap = clause.value - clause.threshold
    # A price by the unit has no threshold to say "met" of, only a start.
    priced = isinstance(leaf, Linear)
    distance = None
    if gap is not None and not priced and estimate is not None:
        distance = Said.of(_distance(wording, clause, gap, estimate, outcome.unit))
    unit = outcome.unit.text() if outcome.unit else outcome.measure.text()
    return ClauseRow(
        name=clause.name,
        group=clause.group,
        outcome=clause.outcome,
        plain_name=Both.of(outcome.plain_name.text()),
        unit=Both.of(wording.unit),
        verdict=verdict.value,
        sentence=Said.of(
            clause_sentence(
                wording,
                plain_name=outcome.plain_name.text(),
                group=facts.group_name(contract, clause.group),
                verdict=verdict.value,
                value=clause.value,
                compared_bound=isinstance(rule, LowerBoundRule),
                operator=clause.operator,
                threshold=clause.threshold,
                amount=money_text(clause.amount),
                currency=contract.currency,
                reason=clause.reason,
            )
        ),
        reason=Said.of(clause.reason) if clause.reason else None,
        rule=Said.of(rule_sentence(rule)),
        value=text_of(clause.value),
        operator=clause.operator,
        threshold=text_of(clause.threshold),
        amount=money_text(clause.amount),
        steps=tuple(Said.of(step) for step in clause.steps),
        estimate=text_of(clause.estimate),
        interval=facts.contract_range(finding, contract, 0.95, "two") if finding else None,
        distance=distance,
        smallest_change=None if gap is None else written(abs(gap)),
        chance_passes=_chance_passes(finding, clause) if isinstance(leaf, Threshold) else None,
        chance_nothing_or_harm=_no_effect(finding),
        observed=facts.plain(estimate.observed, estimate) if estimate else None,
        counterfactual=facts.plain(estimate.counterfactual, estimate) if estimate else None,
        outcome_unit=Both.of(unit),
    )


def _distance(wording, clause, gap, estimate, unit):  # type: ignore[no-untyped-def]
    raise AssertionError


def _chance_passes(finding: Finding | None, clause: ClauseResult) -> str | None:
    if finding is None or clause.threshold is None or clause.operator is None:
        return None
    return facts.answered(finding, Confidence(clause.threshold, clause.operator))


def _no_effect(finding: Finding | None) -> str | None:
    return None if finding is None else facts.answered(finding, facts.NOTHING_OR_HARM)
