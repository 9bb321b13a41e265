"""A finding as the record writes it: in contract units, with its checks and its alternatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from impacteval.contract import ALL, POOLED, Contract, units
from impacteval.contract.model import Outcome
from impacteval.contract.rule_sentences import DESIGN_NAMES
from impacteval.contract.units import effect_kind
from impacteval.decide import ClauseResult, Decision, pool_label
from impacteval.errors import NotAnswerable
from impacteval.estimates import CounterfactualEstimate
from impacteval.plan import PEOPLE, Plan
from impacteval.plugin import MethodCard
from impacteval.report.alike import alike_facts
from impacteval.report.causes import causes_of
from impacteval.report.compared_with import compared_with
from impacteval.report.findings import Finding, Findings, Method, Part
from impacteval.report.findings_rows import (
    baseline_rows,
    curve_points,
    diagnostic_row,
    period_rows,
    plain,
)
from impacteval.report.interval_notes import interval_notes
from impacteval.report.losses import loss_rows, lost_rows
from impacteval.report.mix_facts import mix_facts
from impacteval.report.panels import cohort_rows, event_rows
from impacteval.report.record import (
    Both,
    FindingFacts,
    MethodFacts,
    PartRow,
    Range,
    Said,
)
from impacteval.report.record_subgroups import SubgroupFacts
from impacteval.report.robustness import decided_again, range_of, robustness_row, stated_reason
from impacteval.report.sentences import Wording, contract_unit, text_of
from impacteval.report.trends import trend_facts
from impacteval.values import (
    Confidence,
    Question,
    Scale,
    Text,
    significant,
    written,
)

NOTHING_OR_HARM = Confidence(Decimal(0), "at_most")
"""Asked of every number: with what confidence is the effect nothing, or harm?"""
SOME_GOOD = Confidence(Decimal(0), "more_than")
"""Asked of every number: with what confidence is the effect more than nothing?"""

# Both are the same number for distributions without gaps, but for the tenth digit.
_ROUNDING = Decimal("1e-8")
_POOLED = Text(en="all groups together", fr="tous groupes réunis")


# --- small readings ---------------------------------------------------------------------------


def group_name(contract: Contract, group: str) -> Text | None:
    """The group's name for people; None where there are no groups."""
    if group == ALL:
        return None
    if group.startswith(POOLED):
        return _POOLED
    known = contract.groups.get(group)
    if known is not None and known.plain_name is not None:
        return known.plain_name.text()
    plain_name = group.replace("_", " ")
    return Text(en=plain_name, fr=plain_name)


def finding_of(findings: Findings, contract: Contract, clause: ClauseResult) -> Finding | None:
    """The finding whose number a clause compared, None when there is none.

    A pool that groups already paid have left is another number than the whole pool; a pool of one
    group is that group.
    """
    group = clause.group
    if group == POOLED and clause.pool:
        group = pool_label(contract, clause.pool) if len(clause.pool) > 1 else clause.pool[0]
    return findings.get((clause.outcome, group))


def answered(finding: Finding, question: Question) -> str | None:
    """The answer to a question of the evidence as text; None when it has none."""
    try:
        return text_of(finding.evidence.answer(question).value)
    except KeyError:
        return None


def nothing_or_harm(finding: Finding) -> str | None:
    """With what confidence the effect is nothing or harm, as text; None when it has no answer.

    Tests of few placements leave a gap between the confidence in good and that in harm. The gap
    counts as harm here: none of twenty placements as favourable as the real one leaves one in
    twenty, not nothing.
    """
    harm, good = answered(finding, NOTHING_OR_HARM), answered(finding, SOME_GOOD)
    if harm is None or good is None:
        return harm
    rest = Decimal(1) - Decimal(good)
    return text_of(rest) if rest - Decimal(harm) > _ROUNDING else harm


def contract_range(finding: Finding, contract: Contract, level: float, side: str) -> Range | None:
    """An interval of the effect in contract units; None when there is none of that kind.

    Parameters
    ----------
    side : str
        In contract units: ``lower`` bounds the worse side of a number that is better when larger.
    """
    if finding.estimate is None:
        return None
    return range_of(finding.estimate, contract, finding.outcome, level, side)


def claimed(finding: Finding, contract: Contract) -> str | None:
    """What was claimed before an audit, in contract units; None without an audit."""
    estimate = finding.estimate
    if estimate is None or estimate.audit is None:
        return None
    described = contract.outcomes[finding.outcome]
    reference = units.magnitude(
        described.effect, estimate.effect.value, estimate.observed, estimate.counterfactual
    )
    value = estimate.audit.claimed
    return written(units.to_decimal(described.effect, described.better, value, reference=reference))


def natural_unit(outcome: Outcome) -> Text:
    """The unit of the outcome itself: the contract's unit where it is the same, else the measure.

    Of a total the contract's number adds up everybody served, and what was observed with and
    without the programme is an average: the unit says so.
    """
    own = ("difference", "total_units", "verified_count", "present_value", "cost_saving")
    if outcome.effect not in own or outcome.unit is None:
        return outcome.measure.text()
    unit = outcome.unit.text()
    if outcome.scale is Scale.TOTAL and effect_kind(outcome.effect).counterfactual:
        return Text(en=f"{unit.en} on average", fr=f"{unit.fr} en moyenne")
    return unit


# --- one finding ------------------------------------------------------------------------------


def finding_facts(
    finding: Finding,
    contract: Contract,
    plan: Plan,
    alternatives: Mapping[tuple[str, str, str], Decision],
    decision: Decision,
    subgroups: tuple[SubgroupFacts, ...] = (),
) -> FindingFacts:
    """Everything the report says about one finding.

    Parameters
    ----------
    finding : Finding
        The finding.
    contract, plan
        What was agreed and planned.
    alternatives : mapping of (outcome, group, name) to Decision
        What would be decided on each alternative analysis.
    decision : Decision
        The binding decision.
    subgroups : tuple of SubgroupFacts
        Effects by group.
    """
    outcome = contract.outcomes[finding.outcome]
    estimate = finding.estimate
    unit = outcome.unit.text() if outcome.unit else None
    wording = Wording(outcome.effect, outcome.better, contract_unit(outcome.effect, unit))
    paid, paid_once = (
        any(clause.outcome == finding.outcome for clause in read.clauses)
        for read in (contract, contract.as_contracted)
    )
    raw, value, error = _values(finding, contract)
    counts = {
        "served": estimate.n_treated if estimate else 0,
        "others": estimate.n_comparison if estimate else 0,
    }
    design_text, comparators = compared_with(finding)
    # What is compared with nothing has no two averages, no path and no test of no effect.
    compared = None if finding.against == "nothing" else estimate
    reason = finding.reason
    named = group_name(contract, finding.group)
    return FindingFacts(
        outcome=finding.outcome,
        group=finding.group,
        group_name=None if named is None else Both.of(named),
        plain_name=Both.of(outcome.plain_name.text()),
        measure=Both.of(outcome.measure.text()),
        outcome_unit=Both.of(natural_unit(outcome)),
        contract_unit=Both.of(wording.unit),
        better=outcome.better,
        paid=paid,
        paid_as_contracted=paid_once and not paid,
        status="estimated" if estimate is not None and reason is None else "cannot_be_judged",
        reason=Said.of(reason) if reason else None,
        target=Said.of(estimate.target) if estimate else None,
        method_text=Said.of(estimate.method) if estimate and estimate.method else None,
        method=method_facts(finding.method),
        scale=finding.analysis.scale.value,
        against=finding.against,
        observed=plain(compared.observed, compared) if compared else None,
        counterfactual=plain(compared.counterfactual, compared) if compared else None,
        estimate=value,
        raw_effect=raw,
        std_error=error,
        intervals=tuple(_intervals(finding, contract)),
        p_value=_p_value(compared),
        n_treated=counts["served"],
        n_comparison=counts["others"],
        treated_clusters=estimate.treated_clusters if estimate else 0,
        periods=tuple(period_rows(compared)),
        notes=tuple(Said.of(n) for n in (estimate.notes if estimate else ()))
        + tuple(Said.of(r) for r in finding.records),
        baseline=tuple(baseline_rows(finding, plan)),
        diagnostics=tuple(
            diagnostic_row(
                d,
                finding.analysis.covariate_names,
                tuple(
                    robustness_row(finding, run, contract, alternatives, decision)
                    for run in d.reruns
                    if not run.drawn
                ),
                decided_again(finding, d, alternatives, decision),
            )
            for d in finding.diagnostics
        ),
        robustness=tuple(
            robustness_row(finding, a, contract, alternatives, decision)
            for a in finding.alternatives
        ),
        design_text=design_text,
        comparators=comparators,
        curve=tuple(curve_points(finding, contract)),
        lost=tuple(lost_rows(finding)),
        losses=loss_rows(finding, contract, alternatives, decision),
        trends=trend_facts(finding, contract, alternatives, decision),
        parts=part_rows(finding, contract),
        cohorts=tuple(cohort_rows(finding)),
        event_study=tuple(event_rows(compared)),
        subgroups=subgroups,
        mix=mix_facts(compared, natural_unit(outcome)),
        alike=alike_facts(
            compared,
            finding.analysis.covariate_names,
            people=finding.analysis.unit_kind in PEOPLE,
        ),
        causes=causes_of(finding, contract),
        interval_notes=interval_notes(estimate, contract, finding.outcome),
    )


def part_rows(finding: Finding, contract: Contract) -> tuple[PartRow, ...]:
    """The designs of a combined result, each by itself."""
    return tuple(_part(part, contract) for part in finding.parts)


def _part(part: Part, contract: Contract) -> PartRow:
    own, estimate = part.finding, part.finding.estimate
    _, value, error = _values(own, contract)
    design_text, comparators = compared_with(own)
    return PartRow(
        design=Both.of(DESIGN_NAMES[part.design]),
        weight=written(part.weight.normalize()),
        plan_entry=own.entry,
        method=method_facts(own.method),
        design_text=design_text,
        comparators=comparators,
        estimate=value,
        std_error=error,
        interval=contract_range(own, contract, 0.95, "two"),
        n_treated=estimate.n_treated if estimate else 0,
        n_comparison=estimate.n_comparison if estimate else 0,
        data_digest=own.data_digest,
        seed=own.seed,
    )


def method_facts(method: Method) -> MethodFacts:
    """The card of a method as the record writes it."""
    card: MethodCard = method.card
    return MethodFacts(
        name=method.name,
        package=method.package,
        version=method.version,
        title=Both.of(card.title),
        description=Both.of(card.description),
        assumptions=tuple(Both.of(t) for t in card.assumptions),
        limits=tuple(Both.of(t) for t in card.limits),
        references=card.references,
        settings={k: _setting(v) for k, v in sorted(method.settings.items())},
        concerns=tuple(Said.of(said) for said in method.concerns),
        justification=stated_reason(method),
    )


def _setting(value: Any) -> Any:
    return written(significant(value)) if isinstance(value, float) else value


def _values(finding: Finding, contract: Contract) -> tuple[str | None, str | None, str | None]:
    """Raw effect, effect in contract units, standard error in contract units."""
    estimate, outcome = finding.estimate, contract.outcomes[finding.outcome]
    if estimate is None:
        return None, None, None
    effect, better = outcome.effect, outcome.better
    reference = units.magnitude(
        effect, estimate.effect.value, estimate.observed, estimate.counterfactual
    )
    size = abs(units.factor(effect, better))
    error = estimate.effect.std_error
    return (
        written(significant(estimate.effect.value, reference / size)),
        written(units.to_decimal(effect, better, estimate.effect.value, reference=reference)),
        None if error is None else written(significant(size * error, reference)),
    )


def _intervals(finding: Finding, contract: Contract) -> Iterator[Range]:
    for level, side in ((0.90, "two"), (0.95, "two"), (0.95, "lower")):
        found = contract_range(finding, contract, level, side)
        if found is not None:
            yield found


def _p_value(estimate: CounterfactualEstimate | None) -> str | None:
    if estimate is None:
        return None
    try:
        return written(significant(estimate.effect.p_value(), 1.0))
    except NotAnswerable:
        return None
