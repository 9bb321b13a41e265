"""From a decision and its findings to the record: every figure with its receipt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from impacteval.contract import Contract
from impacteval.contract.model import Outcome
from impacteval.contract.payment import Linear, Threshold
from impacteval.contract.money import decimals_of
from impacteval.contract.rules import LowerBoundRule, Rule
from impacteval.contract.sentences import explain_sentences
from impacteval.decide import ClauseResult, Decision, distance, money_text
from impacteval.estimates import CounterfactualEstimate, DiagnosticStatus
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
    rule_sentence,
    text_of,
)
from impacteval.values import Confidence, Message, Scale, Status, Text, significant, written


@dataclass(frozen=True, eq=False)
class Reading:
    """The decision under one evidence rule.

    Attributes
    ----------
    rule : Rule
        The evidence rule.
    binding : bool
        Whether it is the contract's own.
    decision : Decision
        What it decides.
    """

    rule: Rule
    binding: bool
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
    others : tuple of Reading
        The same under each rule, the contract's own first.
    alternatives : mapping of (outcome, group, name) to Decision
        The decision if that alternative analysis stood in place of the planned one.
    deviations : tuple of Message
        What changed since the lock.
    locked, prepared : bool
        Whether there is a lock, and a frozen outcome-blind step.
    settlement : str or None
        The settlement judged, by its name in the calendar.
    digests, versions : mapping
        For the annex.
    data : tuple of DataSource
        The tables that were read.
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
            facts.finding_facts(f, contract, plan, run.alternatives, run.decision)
            for f in run.findings.values()
        ),
        other_rules=tuple(_other_rules(run)),
        money_steps=tuple(_money_steps(run)),
        unknowns=tuple(Both.of(limit.text()) for limit in plan.limits),
        fairness=_said("fairness", plan.fairness.text() if plan.fairness else _NO_FAIRNESS),
        data=run.data,
        privacy=Both.of(plan.privacy.text()),
        access=(_said("access", plan.who_sees_outcomes.text()),),
        interests=tuple(
            Both.of(w.text()) for w in (*contract.interests, *plan.evaluator.interests)
        ),
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
_NO_REFUSALS = Text(en="The study does not say who refused.", fr="L'étude ne dit pas qui a refusé.")
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
            Both.of(evaluator.registration.text()) if evaluator and evaluator.registration else None
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
    # A price by the unit has no threshold to be met, only a start from which units count.
    by_the_unit = isinstance(leaf, Linear)
    how_far = None if by_the_unit else distance(contract, clause)
    near = None
    if how_far is not None and estimate is not None:
        near = Said.of(_nearness(wording, clause, how_far.margin, estimate, outcome))
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
        distance=near,
        smallest_change=(
            None if how_far is None or how_far.change is None else written(abs(how_far.change))
        ),
        chance_passes=_chance_passes(finding, clause) if isinstance(leaf, Threshold) else None,
        chance_nothing_or_harm=_no_effect(finding),
        observed=facts.plain(estimate.observed, estimate) if estimate else None,
        counterfactual=facts.plain(estimate.counterfactual, estimate) if estimate else None,
        outcome_unit=Both.of(unit),
    )


def _nearness(
    wording: Wording,
    clause: ClauseResult,
    margin: Decimal,
    estimate: CounterfactualEstimate,
    outcome: Outcome,
) -> Message:
    """How close the answer was, as a change of what happened to those served."""
    served = estimate.n_treated
    per_person = total = None
    gap = abs(float(margin))
    match estimate.scale:
        case Scale.DIFFERENCE:
            per_person = gap
        case Scale.RELATIVE:
            per_person = gap / 100.0 * estimate.counterfactual
        case Scale.TOTAL:
            total = gap
        case Scale.STANDARDISED:
            pass  # the unit of a standardised effect is not the outcome's own
    if per_person is not None:
        total = per_person * served
    unit = outcome.unit.text() if outcome.unit else outcome.measure.text()
    return distance_sentence(
        wording,
        met=clause.verdict is Status.MET,
        distance=margin,
        outcome_unit=unit,
        per_person=None if per_person is None else significant(per_person),
        total=None if total is None else significant(total),
        served=served,
    )


def _chance_passes(finding: Finding | None, clause: ClauseResult) -> str | None:
    if finding is None or clause.threshold is None or clause.operator is None:
        return None
    return facts.answered(finding, Confidence(clause.threshold, clause.operator))


def _no_effect(finding: Finding | None) -> str | None:
    return None if finding is None else facts.answered(finding, facts.NOTHING_OR_HARM)


# --- who was left out, what changed, what to beware of ------------------------------------------

_EVERYONE = Text(
    en="Nobody: all {n:int} people drawn by lot are counted, whether or not they took part.",
    fr="Personne : les {n:int} personnes tirées au sort sont toutes comptées, qu'elles aient participé ou non.",
)
_ALL_COUNTED = Text(
    en="Nobody: the outcome of all {n:int} people who count is known.",
    fr="Personne : le résultat des {n:int} personnes qui comptent est connu.",
)
_LOST = Text(
    en=(
        "{lost:int} of {n:int} people have no measured outcome ({treated:int} offered the programme, "
        "{comparison:int} not); the result rests on the others."
    ),
    fr=(
        "{lost:int} personnes sur {n:int} n'ont pas de résultat mesuré ({treated:int} à qui le programme a été "
        "proposé, {comparison:int} non) ; le résultat repose sur les autres."
    ),
)
_RULED_OUT = Text(
    en="{out:int} rows of the data do not count by the stated rules (section 3).",
    fr="{out:int} lignes des données ne comptent pas selon les règles énoncées (partie 3).",
)
_PARTICIPANTS = Text(
    en="The contract counts participants only, not everyone eligible.",
    fr="Le contrat ne compte que les participants, non toutes les personnes éligibles.",
)
_CANCELLED = Text(
    en="Group {group} was cancelled ({date:date}) and is not judged.",
    fr="Le groupe {group} a été annulé ({date:date}) et n'est pas jugé.",
)
_UNCHANGED = Message(
    "changes.none",
    Text(
        en="Nothing changed: contract, plan and data are those that were locked.",
        fr="Rien n'a changé : contrat, plan et données sont ceux qui ont été verrouillés.",
    ),
)
_NO_FALLBACK = Message(
    "warning.if-not-judged",
    Text(
        en="The contract does not say what happens if a clause can never be judged.",
        fr="Le contrat ne dit pas ce qui se passe si une clause ne peut jamais être jugée.",
    ),
)
_FEW = Text(
    en=(
        "The programme was assigned to only {places:int} places: the interval covers chance between "
        "people and not what else happened there."
    ),
    fr=(
        "Le programme n'a été attribué qu'à {places:int} lieux : l'intervalle couvre le hasard entre les "
        "personnes et non ce qui s'y est passé par ailleurs."
    ),
)
_NOT_FROZEN = Message(
    "warning.not-prepared",
    Text(
        en="The sample was not frozen before outcomes were joined.",
        fr="L'échantillon n'a pas été figé avant que les résultats y soient joints.",
    ),
)
_FAILED = Text(
    en="A planned check failed, which the contract does not let decide: {check}.",
    fr="Un contrôle prévu a échoué, sans que le contrat lui permette de décider : {check}.",
)


def _grade(finding: Finding) -> Grade:
    places = finding.estimate.treated_clusters if finding.estimate else FEW_TREATED
    return grade(finding.analysis.design, places)


def _own(run: Run) -> Iterator[Finding]:
    """Findings on data of their own: pools repeat their groups."""
    for finding in run.findings.values():
        if finding.flow:
            yield finding


def _left_out(run: Run) -> Iterator[Message]:
    contract = run.contract
    if not contract.who_counts.count_everyone:
        yield Message("left-out.participants", _PARTICIPANTS)
    said: list[Message] = []
    whole = True
    people = 0
    for finding in _own(run):
        steps = {step.step.key: step for step in finding.flow}
        assigned, measured = steps.get("flow.assigned"), steps["flow.measured"]
        read, counted = finding.flow[0].n, (assigned or measured).n
        if finding.analysis.eligible and read > counted and finding.group == "all":
            said.append(Message("left-out.rules", _RULED_OUT, {"out": read - counted}))
            whole = False
        if assigned is not None and assigned.n > measured.n:
            said.append(
                Message(
                    "left-out.lost",
                    _LOST,
                    {
                        "lost": assigned.n - measured.n,
                        "n": assigned.n,
                        "treated": (assigned.treated or 0) - (measured.treated or 0),
                        "comparison": (assigned.comparison or 0) - (measured.comparison or 0),
                    },
                )
            )
            whole = False
        people = max(people, counted)
    if whole and people:
        randomised = all(f.analysis.design == "rct" for f in _own(run))
        everyone = _EVERYONE if randomised and contract.who_counts.count_everyone else _ALL_COUNTED
        total = sum(f.flow[-1].n for f in _own(run) if f.outcome == next(_own(run)).outcome)
        yield Message("left-out.nobody", everyone, {"n": total})
    yield from dict.fromkeys(said)


def _changes(run: Run) -> Iterator[Message]:
    for name, group in run.contract.groups.items():
        if group.cancelled is not None:
            shown = facts.group_name(run.contract, name)
            yield Message(
                "changes.cancelled", _CANCELLED, {"group": shown, "date": group.cancelled}
            )
    yield from run.deviations
    if run.locked and not run.deviations:
        yield _UNCHANGED


def _warnings(run: Run) -> Iterator[Message]:
    if any(clause.if_not_judged is None for clause in run.contract.clauses):
        yield _NO_FALLBACK
    if run.locked and not run.prepared:
        yield _NOT_FROZEN
    places = [
        f.estimate.treated_clusters
        for f in run.findings.values()
        if f.estimate is not None and f.estimate.treated_clusters < FEW_TREATED
    ]
    if places:
        yield Message("warning.few-places", _FEW, {"places": min(places)})
    failed = {
        check.title: None
        for finding in run.findings.values()
        for check in finding.diagnostics
        if check.diagnostic.status is DiagnosticStatus.FAILED and not check.required
    }
    for title in failed:
        yield Message("warning.diagnostic", _FAILED, {"check": title})


# --- the other sections -----------------------------------------------------------------------

_ROLES: Mapping[str, Text] = {
    "payers": Text(en="Pays for outcomes", fr="Paie les résultats"),
    "investors": Text(en="Invests", fr="Investit"),
    "provider": Text(en="Runs the programme", fr="Met en œuvre le programme"),
    "manager": Text(en="Manages", fr="Pilote"),
    "evaluator": Text(en="Evaluates", fr="Évalue"),
    "paid_by": Text(en="Pays the evaluator", fr="Paie l'évaluateur"),
}


def _contract(run: Run) -> ContractFacts:
    contract = run.contract
    parties = [
        Party(role=Both.of(_ROLES[role]), name=Both.of(words.text()))
        for role in ("payers", "investors", "provider", "manager")
        for words in getattr(contract.parties, role)
    ]
    evaluator = contract.parties.evaluator
    if evaluator is not None:
        named = (("evaluator", evaluator.name), ("paid_by", evaluator.paid_by))
        parties += [
            Party(role=Both.of(_ROLES[role]), name=Both.of(words.text()))
            for role, words in named
            if words is not None
        ]
    return ContractFacts(
        id=contract.id,
        title=Both.of(contract.title.text()),
        in_plain_words=Both.of(contract.in_plain_words.text()),
        parties=tuple(parties),
        people=Both.of(contract.who_counts.people.text()),
        everyone_counted=contract.who_counts.count_everyone,
        sentences=tuple(Said.of(m) for m in explain_sentences(contract)),
        not_public=tuple(Both.of(words.text()) for words in contract.not_public),
        sources=tuple(Both.of(source.text.text()) for source in contract.sources.values()),
        file=run.plan.contract,
        digest=contract.digest,
    )


def _flow(run: Run) -> Iterator[FlowRow]:
    for finding in _own(run):
        for step in finding.flow:
            yield FlowRow(
                step=Said.of(step.step), n=step.n, treated=step.treated, comparison=step.comparison
            )


def _other_rules(run: Run) -> Iterator[OtherRule]:
    for reading in run.others:
        decision = reading.decision
        yield OtherRule(
            rule=Said.of(rule_sentence(reading.rule)),
            binding=reading.binding,
            verdicts=facts.verdicts_of(decision),
            values={facts.key(c.name, c.group): text_of(c.value) for c in decision.clauses},
            due_now=money_text(decision.due_now),
        )


def _money_steps(run: Run) -> Iterator[Said]:
    for clause in run.decision.clauses:
        for step in clause.steps:
            yield Said.of(step)
    for step in run.decision.steps:
        yield Said.of(step)


def _checklist(run: Run) -> Checklist:
    given = {number: words.text() for number, words in run.plan.checklist.items()}
    if run.contract.parties.evaluator and run.contract.parties.evaluator.registration:
        given.setdefault("2", run.contract.parties.evaluator.registration.text())
    rows = checklist(given, absent=_absent(run))
    return Checklist(
        standard=STANDARD,
        rows=tuple(
            ChecklistRow(number=n, item=Both.of(i), where=Both.of(w) if w else None)
            for n, i, w in rows
        ),
        given=sum(where is not None for _, _, where in rows),
    )


def _absent(run: Run) -> frozenset[str]:
    """Items whose section says, in this study, that there is nothing."""
    absent = set()
    if not any(f.analysis.robustness for f in run.findings.values()):
        absent |= {"21d", "28"}
    if not any(
        check.diagnostic.name == "balance" for f in run.findings.values() for check in f.diagnostics
    ):
        absent.add("25")
    if not run.locked:
        absent.add("3")
    return frozenset(absent)


def _annex(run: Run) -> Annex:
    return Annex(
        digests=dict(run.digests),
        versions=dict(run.versions),
        seed=run.plan.seed,
        command=_command(run),
        receipts=tuple(_receipts(run)),
    )


def _receipts(run: Run) -> Iterator[Receipt]:
    """One receipt for each figure that page 1 rests on."""
    for clause in run.decision.clauses:
        finding = facts.finding_of(run.findings, clause.outcome, clause.group)
        if finding is None:
            continue
        described = facts.finding_facts(
            finding, run.contract, run.plan, run.alternatives, run.decision
        )
        figures = {
            "value": text_of(clause.value),
            "estimate": described.estimate,
            "std_error": described.std_error,
            "observed": described.observed,
            "counterfactual": described.counterfactual,
            "amount": money_text(clause.amount),
        }
        for figure, value in figures.items():
            if value is not None:
                yield Receipt(
                    figure=figure,
                    value=value,
                    clause=facts.key(clause.name, clause.group),
                    plan_entry=finding.entry,
                    data_digest=finding.data_digest,
                    estimator=finding.method.name,
                    version=f"{finding.method.package} {finding.method.version}",
                    seed=finding.seed,
                )
