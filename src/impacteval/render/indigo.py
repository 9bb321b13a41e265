"""A contract and its verdict in the words of the INDIGO data standard.

From a contract alone: outcome metrics and pricings. With a record also results and payments. What
INDIGO has no field for stands under names that begin with ``impacteval_``; see
`impacteval.render.indigo_fields`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from impacteval.contract import Contract
from impacteval.contract.amendments import contract_at
from impacteval.contract.checks import limits_of
from impacteval.contract.clauses import (
    BasketPart,
    BonusMalus,
    Linear,
    PartialFull,
    Piecewise,
    RateLine,
    ShareOfSaving,
    Threshold,
    Tiers,
)
from impacteval.contract.money import Amount, NotPublished
from impacteval.contract.payment import (
    BY_STEP,
    EquityBonus,
    Gate,
    Leaf,
    Precondition,
    leaves,
    terms,
)
from impacteval.contract.payment_sentences import clause_sentences, composition
from impacteval.contract.rules import CombineRule, PointRule
from impacteval.contract.saying import COUNT_RULE, is_percent, only_counted, rule_sentence, unit_of
from impacteval.contract.settlement_sentences import settlement_sentences
from impacteval.errors import Problem, UsageError
from impacteval.files import plain
from impacteval.render.format import fill
from impacteval.render.indigo_fields import METHODS, nested
from impacteval.render.indigo_found import payments, results, verdict
from impacteval.report.record import Record
from impacteval.values import Message

FORMAT = "impacteval-indigo/1"
STANDARD = "INDIGO-Initiative/indigo-data-standard, schema/project.json, commit a428338"

_WORDS = {
    "at_least": "at least",
    "more_than": "more than",
    "at_most": "at most",
    "less_than": "less than",
}


def indigo_project(contract: Contract, record: Record | None = None) -> dict[str, Any]:
    """One INDIGO project.

    Parameters
    ----------
    contract : Contract
    record : Record, optional
        What a verification of this contract found.

    Returns
    -------
    dict
        As INDIGO's ``project.json`` has it, in English; numbers are `Decimal`.

    Raises
    ------
    UsageError
        The record is of another contract.
    """
    if record is not None and record.contract.digest != contract.digest:
        raise UsageError(
            Problem(
                f"The verdict is of the contract {record.contract.id} with digest "
                f"{record.contract.digest}, and this contract has {contract.digest}.",
                "Give the contract that the verdict was reached on.",
            )
        )
    digest = contract.digest
    if record is not None:
        # What was found answers the contract as it stood on the date that was judged.
        contract = contract_at(contract, record.study.settlement)
    project = {
        **nested(_top(contract, record, digest)),
        "sources": [nested(fields) for fields in _sources(contract)],
        "outcome_metrics": [nested(_metric(contract, name)) for name in contract.outcomes],
        "outcome_pricings": [
            nested(_pricing(contract, clause))
            for clause in contract.clauses
            if not isinstance(clause, Gate | Precondition)
        ],
    }
    if record is not None:
        project |= {
            "results": [nested(fields) for fields in results(contract, record)],
            "outcome_payments": [nested(fields) for fields in payments(contract, record)],
            "impacteval_verdicts": [
                nested(verdict(row, record)) for row in record.page_one.clauses
            ],
        }
    return project


# --- the project as a whole -----------------------------------------------------------------------


def _top(contract: Contract, record: Record | None, digest: str) -> dict[str, Any]:
    cap = contract.payment.cap
    most = None if cap is None else _known(cap.amount)
    label = None if record is None or record.study.label is None else record.study.label.en
    if label is None and contract.illustrative:
        label = "The contract is an illustration."
    bounds = (
        *composition(contract, contract.payment, outermost=True),
        *settlement_sentences(contract),
    )
    finance = "overall_project_finance/maximum_potential_outcome_payment_v2"
    evidence = None if record is None else record.page_one.evidence
    return {
        "impacteval_format/value": FORMAT,
        "impacteval_standard/value": STANDARD,
        "name/value": contract.title.en,
        f"{finance}/currency/value": None if cap is None else contract.currency,
        f"{finance}/amount/value": most,
        "notes/value": label,
        "impacteval_contract/id/value": contract.id,
        "impacteval_contract/digest/value": digest,
        "impacteval_payment_terms/value": _said(contract, bounds),
        "impacteval_not_published/value": None
        if cap is None or most is not None
        else "maximum_potential_outcome_payment_v2",
        "impacteval_evidence_grade/value": None if evidence is None else Decimal(evidence.grade),
        "impacteval_evidence_grade/of/value": None if evidence is None else Decimal(evidence.of),
    }


def _sources(contract: Contract) -> Iterator[dict[str, Any]]:
    for name, source in contract.sources.items():
        yield {
            "id": name,
            "name/value": source.text.en,
            "url/value": source.url,
            "accessed_date/value": None if source.read is None else str(source.read),
        }


# --- what the contract measures and pays ----------------------------------------------------------


def _metric(contract: Contract, name: str) -> dict[str, Any]:
    outcome = contract.outcomes[name]
    design = outcome.counterfactual
    own = [leaf for leaf in contract.clauses if leaf.outcome == name]
    before = [
        (gate, behind)
        for _, term in terms(contract.payment)
        if isinstance(gate := term.term, Gate)
        for _, behind in leaves(gate.opens)
    ]
    needed = dict.fromkeys(gate.name for gate, behind in before if behind.outcome == name)
    if any(behind.outcome == name for _, behind in leaves(contract.payment)):
        needed |= dict.fromkeys(gate.name for gate in contract.gates)
    gates = [leaf for leaf in contract.clauses if leaf.name in needed and leaf.outcome != name]
    return {
        "id": name,
        "definition/value": f"{outcome.plain_name.en}: {outcome.measure.en}",
        "target_population/value": contract.who_counts.people.en,
        "outcome_metric_target/value": _targets(contract, own, outcome.target),
        "other_target_for_meeting_outcome_metric_target/value": _targets(contract, gates, None),
        "outcome_validation_method/value": METHODS[design.design],
        "data_source_for_outcome_validation/value": None
        if outcome.data is None
        else outcome.data.en,
        "source_ids": outcome.source,
        "notes": None if design.description is None else f"Comparison: {design.description.en}",
        "impacteval_kind/value": outcome.kind,
        "impacteval_better/value": outcome.better,
        "impacteval_effect/value": outcome.effect,
        "impacteval_money_is/value": outcome.money_is,
        "impacteval_unit/value": "%" if is_percent(outcome) else unit_of(outcome).en,
        "impacteval_estimand/value": outcome.estimand,
        "impacteval_design/value": design.design,
        "impacteval_combined_designs/value": _combined(contract, own),
    }


def _combined(contract: Contract, clauses: list[Leaf]) -> str | None:
    """The designs whose estimates are combined, with their weights."""
    for clause in clauses:
        rule = contract.rule(clause)
        if isinstance(rule, CombineRule):
            return "; ".join(f"{name}: {plain(weight)}" for name, weight in rule.combine.items())
    return None


def _targets(contract: Contract, clauses: list[Leaf], target: Decimal | None) -> str | None:
    """The conditions under which an outcome is paid, clause by clause."""
    said = [] if target is None else [f"target {plain(target)}"]
    for leaf in clauses:
        if not isinstance(leaf, (*BY_STEP, Piecewise)):
            continue
        outcome = contract.outcomes[leaf.outcome]
        unit = "%" if is_percent(outcome) else f" {unit_of(outcome).en}"
        asked = ", ".join(
            f"{_WORDS[limit.operator]} {plain(limit.threshold)}{unit}"
            for _, limit in limits_of(leaf)
        )
        per = {"group": ", each group", "pooled": ", groups together", None: ""}[leaf.per]
        said.append(f"{leaf.name}{per}: {asked}")
    return "; ".join(said) or None


def _pricing(contract: Contract, clause: Leaf) -> dict[str, Any]:
    unit, most = _prices(contract, clause)
    hidden = [
        field
        for field, amount in (
            ("price_per_unit", unit),
            ("maximum_price_if_all_targets_achieved", most),
        )
        if isinstance(amount, NotPublished)
    ]
    known = _known(most)
    sentences = [
        said for said in clause_sentences(contract, clause) if "not-judged" not in said.key
    ]
    return {
        "outcome_metric_id/value": clause.outcome,
        "currency/value": contract.currency,
        "price_per_unit/amount/value": _known(unit),
        # In INDIGO this one is a text, unlike other amounts.
        "maximum_price_if_all_targets_achieved/amount/value": None
        if known is None
        else plain(known),
        "price_description/value": _said(contract, sentences),
        "source_ids": clause.source,
        "notes": f"Not published: {', '.join(hidden)}." if hidden else None,
        "impacteval_clause/value": clause.name,
        "impacteval_evidence_rule/value": _said(contract, [_rule(contract, clause)]),
        "impacteval_not_published/value": ", ".join(hidden) or None,
    }


def _rule(contract: Contract, clause: Leaf) -> Message:
    """Which number the clause compares, in one sentence."""
    counted = only_counted([contract.outcomes[clause.outcome]])
    rule = contract.rule(clause)
    return COUNT_RULE if counted and isinstance(rule, PointRule) else rule_sentence(rule)


def _prices(contract: Contract, clause: Leaf) -> tuple[Amount | None, Amount | None]:
    """The price of one unit and the most the clause pays by itself, None where it has none."""
    match clause:
        case Threshold() | EquityBonus():
            return None, clause.pay
        case Tiers() | PartialFull():
            return None, clause.steps[-1].pay
        case Piecewise():
            last = clause.steps[-1]
            return None, None if last.per_unit else last.pay
        case Linear():
            return clause.per_unit, clause.ceiling
        case RateLine():
            return clause.price, None
        case BonusMalus():
            return None, clause.bonus
        case ShareOfSaving(share=Decimal() as share, saving_per_unit=Decimal() as saving):
            alone = clause.people is None and not clause.by_people
            return (contract.round_money(share * saving) if alone else None), None
        case ShareOfSaving():
            return NotPublished.NOT_PUBLISHED, None
        case BasketPart() | Gate() | Precondition():
            return None, None


def _known(amount: Amount | None) -> Decimal | None:
    """An amount that is a number; what is not published has no number in INDIGO, never 0."""
    return amount if isinstance(amount, Decimal) else None


def _said(contract: Contract, sentences: Any) -> str | None:
    return " ".join(fill(said, "en", contract.currency) for said in sentences) or None
