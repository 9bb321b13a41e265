"""From a decision and its findings to the record: every figure with its receipt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from impacteval.contract import Contract
from impacteval.contract.calendar import date_of
from impacteval.contract.rules import Rule
from impacteval.contract.saying import rule_sentence
from impacteval.contract.sentences import explain_sentences
from impacteval.decide import Decision, effective_rule, money_text
from impacteval.plan import Plan
from impacteval.report import findings_facts as facts
from impacteval.report.amended import amendments, as_contracted
from impacteval.report.besides import besides
from impacteval.report.checked import checked
from impacteval.report.counted import flow_rows
from impacteval.report.funnel_facts import funnels_facts
from impacteval.report.interval_notes import NO_SIDE
from impacteval.report.looks import adjusted_sentences, looks_found
from impacteval.report.page_one import page_one
from impacteval.report.record import (
    Annex,
    Both,
    ContractFacts,
    Deviation,
    FindingFacts,
    OtherRule,
    Party,
    Receipt,
    Record,
    Said,
    StudyFacts,
)
from impacteval.report.run import Reading, Run
from impacteval.report.sentences import (
    text_of,
)
from impacteval.report.settling import settling_of
from impacteval.report.subgroups import subgroup_facts
from impacteval.report.verdicts import key, verdicts_of
from impacteval.values import Message, Text


def record_of(run: Run) -> Record:
    """The whole record of a run.

    Parameters
    ----------
    run : Run
        Everything it is built from.
    """
    contract, plan = run.contract, run.plan
    found = looks_found(run)
    page = page_one(run)
    told = tuple(adjusted_sentences(found))
    return Record(
        study=_study(run),
        page_one=page.model_copy(update={"warnings": (*page.warnings, *told)}) if told else page,
        contract=_contract(run),
        counted=tuple(flow_rows(run)),
        refused=_said("refused", _refusals(plan)),
        funnels=funnels_facts(run),
        findings=tuple(
            facts.finding_facts(
                f, contract, plan, run.alternatives, run.decision, subgroup_facts(f, contract)
            )
            for f in run.findings.values()
        ),
        other_rules=tuple(_other_rules(run)),
        money_steps=tuple(_money_steps(run)),
        as_contracted=as_contracted(run),
        unknowns=tuple(Both.of(limit.text()) for limit in plan.limits),
        fairness=_said("fairness", plan.fairness.text() if plan.fairness else _fairness(contract)),
        data=run.data,
        privacy=Both.of(plan.privacy.text()),
        access=(_said("access", plan.who_sees_outcomes.text()),),
        interests=tuple(
            Both.of(w.text()) for w in (*contract.interests, *plan.evaluator.interests)
        ),
        independence=Both.of(plan.evaluator.independence.text()),
        deviations=tuple(Deviation(what=Said.of(m)) for m in run.deviations),
        locked=run.locked,
        locked_on=run.locked_on,
        checklist=checked(run),
        annex=_annex(run),
        settling=settling_of(run),
        besides=besides(run),
        looks=found,
    )


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
_COUNTED_REFUSALS = Text(
    en="The study counts those who were not taken on, from the table of everyone eligible.",
    fr="L'étude compte les personnes non prises en charge, à partir de la table des personnes "
    "éligibles.",
)
_NO_FAIRNESS = Text(
    en="The study did not look at differences between groups of people or at side effects.",
    fr="L'étude n'a examiné ni les différences entre groupes de personnes ni les effets secondaires.",
)
_ASKED_ALONE = Text(
    en="Besides what the contract asks to be told, below, the study looked at no differences between "
    "groups of people and at no side effects.",
    fr="Hormis ce que le contrat demande de dire, ci-dessous, l'étude n'a examiné ni les différences "
    "entre groupes de personnes ni les effets secondaires.",
)
_NO_EVALUATOR = Text(en="not stated in the contract", fr="non précisé dans le contrat")


def _refusals(plan: Plan) -> Text:
    """What the plan says of refusals, or where they are counted, or that nobody knows."""
    if plan.refusals is not None:
        return plan.refusals.text()
    return _NO_REFUSALS if plan.funnel is None else _COUNTED_REFUSALS


def _fairness(contract: Contract) -> Text:
    """What is said where the plan says nothing about groups of people and side effects."""
    return _ASKED_ALONE if contract.equity or contract.watched else _NO_FAIRNESS


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
        settlement_date=date_of(contract, settlement),
    )


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
    contract = run.agreed
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
        amendments=amendments(contract),
        not_public=tuple(Both.of(words.text()) for words in contract.not_public),
        sources=tuple(Both.of(source.text.text()) for source in contract.sources.values()),
        file=run.plan.contract,
        digest=run.digests["contract"],
    )


def _other_rules(run: Run) -> Iterator[OtherRule]:
    for reading in run.others:
        decision = reading.decision
        yield OtherRule(
            rule=Said.of(rule_sentence(_at_level(run.contract, reading))),
            binding=reading.binding,
            verdicts=verdicts_of(decision),
            values={key(c.name, c.group): text_of(c.value) for c in decision.clauses},
            due_now=money_text(decision.due_now),
            reason=_unanswered(decision),
        )


def _unanswered(decision: Decision) -> Said | None:
    """Why a rule has no number, where the test behind the result cannot answer what it asks."""
    for clause in decision.clauses:
        if clause.value is None and clause.reason and clause.reason.key == NO_SIDE:
            return Said.of(clause.reason)
    return None


def _at_level(contract: Contract, reading: Reading) -> Rule:
    """The rule at the level that decided, once several chances have divided it."""
    leaves = [
        leaf
        for leaf in contract.clauses
        if not reading.binding or contract.rule(leaf) == reading.rule
    ]
    return effective_rule(contract, leaves[0], None if reading.binding else reading.rule)


def _money_steps(run: Run) -> Iterator[Said]:
    for clause in run.decision.clauses:
        for step in clause.steps:
            yield Said.of(step)
    for step in run.decision.steps:
        yield Said.of(step)


def _annex(run: Run) -> Annex:
    return Annex(
        digests=dict(run.digests),
        versions=dict(run.versions),
        seed=run.plan.seed,
        command=run.command,
        receipts=tuple(_receipts(run)),
    )


def _part_receipts(clause: str, described: FindingFacts) -> Iterator[Receipt]:
    """The figures of each design that was combined, before the figures of the whole."""
    for part in described.parts:
        for figure, value in (("estimate", part.estimate), ("std_error", part.std_error)):
            if value is not None:
                yield Receipt(
                    figure=f"{figure} of {part.plan_entry}",
                    value=value,
                    clause=clause,
                    plan_entry=part.plan_entry,
                    data_digest=part.data_digest,
                    estimator=part.method.name,
                    version=f"{part.method.package} {part.method.version}",
                    seed=part.seed,
                )


def _receipts(run: Run) -> Iterator[Receipt]:
    """One receipt for each figure that page 1 rests on."""
    for clause in run.decision.clauses:
        finding = facts.finding_of(run.findings, run.contract, clause)
        if finding is None:
            continue
        described = facts.finding_facts(
            finding, run.contract, run.plan, run.alternatives, run.decision
        )
        yield from _part_receipts(key(clause.name, clause.group), described)
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
                    clause=key(clause.name, clause.group),
                    plan_entry=finding.entry,
                    data_digest=finding.data_digest,
                    estimator="combine" if finding.parts else finding.method.name,
                    version=f"{finding.method.package} {finding.method.version}",
                    seed=finding.seed,
                )
