"""The whole run, in the order in which it happens."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from importlib.metadata import version
from itertools import combinations
from typing import TYPE_CHECKING

from impacteval.analysis import Task, analyse
from impacteval.analysis.averages import average_answer
from impacteval.analysis.combined import Source, analyse_combined
from impacteval.analysis.funnel import funnel_findings
from impacteval.analysis.stops import stop_numbers, stop_questions, stops_as_contracted
from impacteval.contract import POOLED, Contract
from impacteval.contract.calendar import Look, look_of
from impacteval.contract.ledger import LEDGER_FILE
from impacteval.contract.levels import at_look
from impacteval.contract.readings import Given
from impacteval.contract.rules import Rule
from impacteval.contract.terms import limits
from impacteval.decide import (
    Compared,
    Decision,
    both_ways,
    compared,
    compared_both_ways,
    decide,
    evidence_as_contracted,
    known_groups,
    other_rules,
    pool_label,
)
from impacteval.decide.amended import comparable, given_as_contracted
from impacteval.decide.sittings import chosen_look, given_at
from impacteval.diagnostics import Watched
from impacteval.errors import StudyError
from impacteval.plan import Analysis
from impacteval.progress import step
from impacteval.report.build import record_of
from impacteval.report.findings import Finding, Findings, people_of
from impacteval.report.findings_facts import NOTHING_OR_HARM, SOME_GOOD
from impacteval.report.funnel import FunnelFinding
from impacteval.report.record import Both, DataSource
from impacteval.report.run import Reading, Run
from impacteval.report.value import Report
from impacteval.study import Study
from impacteval.study.amended import on_settlement
from impacteval.study.check import plan_problems
from impacteval.study.comparison import method_named, own_design
from impacteval.study.fit import combination_of, groups_of, in_contract_order
from impacteval.study.funnel import funnels_of
from impacteval.study.lock import Lock, deviations
from impacteval.study.locking import lock_now
from impacteval.study.people import without_identifiers
from impacteval.study.preparation import check_prepared
from impacteval.study.read import table_digest
from impacteval.values import (
    Confidence,
    Evidence,
    LowerBound,
    Message,
    PointEstimate,
    Question,
    Text,
)

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.study.preparation import Prepared

_UNLOCKED = Message(
    "evidence.not-locked",
    Text(
        en=(
            "The study was not locked beforehand: nobody can tell whether plan and contract were "
            "fixed before the outcomes were seen. This is a draft."
        ),
        fr=(
            "L'étude n'a pas été verrouillée au préalable : nul ne peut dire si le plan et le contrat "
            "étaient fixés avant que les résultats soient connus. Ceci est une ébauche."
        ),
    ),
)


def verify(study: Study, *, settlement: str | None = None) -> Report:
    """Run a study from its data to its verdict.

    Parameters
    ----------
    study : Study
        What `load_study` gives.
    settlement : str, optional
        The settlement to judge, by its name in the contract's calendar; the plan's, or the only
        one, by default.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        For data that cannot be used; every problem at once.
    LockError
        When the contract, or the data without outcomes, are not those that were fixed.
    PluginError
        When an estimator breaks its contract.

    Examples
    --------
    >>> import impacteval as ie
    >>> report = ie.verify(ie.load_study("studies/nsw-job-training"))  # doctest: +SKIP
    """
    locked_as = study
    look = _look(study, settlement)
    study = on_settlement(study, None if look is None else look.name)
    plan = study.plan
    look = None if look is None else look_of(study.contract, look.name)
    # At one of several looks the contract judges at the level that the look may use up.
    contract = at_look(study.contract, look)
    settled_at = None if look is None else look.name
    signed = _signed(study.contract, look)
    if wrong := plan_problems(study):
        raise StudyError(wrong)
    blocked = None if study.lock is not None else _UNLOCKED
    frames: dict[str, pd.DataFrame] = {}
    for table in sorted(plan.data):
        step(f"reading {table}")
        frames[table] = study.read(table)
    step("checking the lock")
    current = lock_now(locked_as, frames=frames)
    changed = _changed(study, current)
    digests = {table: table_digest(frame) for table, frame in frames.items()}
    eligible = {} if plan.funnel is None else funnels_of(study, frames[plan.funnel.data])

    asked = compared_both_ways(contract, *other_rules(contract), signed=signed)
    by_outcome: dict[str, tuple[Finding, ...]] = {}
    planned = list(dict.fromkeys(a.outcome for _, a in in_contract_order(plan, contract)))
    # What is watched comes first: a check of what is paid may hold it against that.
    for outcome in sorted(planned, key=lambda name: name not in contract.watched):
        sources = {
            analysis.design: Source(
                _task(
                    study,
                    entry,
                    asked,
                    settled_at,
                    _bounds(contract, outcome),
                    eligible,
                    by_outcome,
                ),
                without_identifiers(study, analysis, frames[analysis.data]),
                digests[analysis.data],
            )
            for entry, analysis in plan.analyses_of(outcome)
        }
        step(f"estimating {', '.join(source.task.entry for source in sources.values())}")
        own = own_design(contract, outcome, settled_at)
        by_outcome[outcome] = _analysed(contract, outcome, own, sources, study.prepared, blocked)
    found = [finding for outcome in planned for finding in by_outcome[outcome]]

    step("deciding")
    evidence = _evidence(contract, asked, found)
    people = _people(contract, found)
    # A study that was not locked is a draft: no date turns a draft into a payment.
    settled_on = look.date if look is not None and look.pays and study.lock is not None else None
    brought = Given(settlement_date=settled_on, stops=stop_numbers(contract, found, blocked))
    given = given_at(
        study.contract,
        look,
        study.ledger,
        brought,
        str(study.root / LEDGER_FILE),
        locked_as.contract,
    )
    decision = decide(contract, evidence, people=people, given=given)
    if locked_as.contract.changes:
        there = replace(brought, stops=stops_as_contracted(contract, signed, found, blocked))
        decision = _both_ways(locked_as, study, decision, evidence, people, look, there)
    run = Run(
        contract=contract,
        plan=plan,
        findings=Findings(tuple(found)),
        decision=decision,
        others=_under_each_rule(contract, evidence, people, decision, given),
        alternatives=_on_each_alternative(contract, asked, found, people, given, blocked),
        deviations=changed,
        locked=study.lock is not None,
        locked_on=study.lock.date if study.lock is not None else None,
        prepared=study.prepared is not None,
        settlement=settled_at,
        agreed=study.contract,
        at=given.at,
        ledger=study.ledger,
        funnels=funnel_findings(study, eligible, frames),
        digests={
            "contract": locked_as.contract_digest,
            "plan": study.plan_digest,
            **({"lock": study.lock.digest} if study.lock else {}),
            **({"preparation": study.prepared.digest} if study.prepared else {}),
            **({"ledger": study.ledger.digest} if study.ledger else {}),
            **{f"data {name}": value for name, value in digests.items()},
        },
        versions={**current.software, **_environment()},
        data=tuple(
            _source(study, table, len(frame), tuple(frame.columns), digests[table])
            for table, frame in frames.items()
        ),
    )
    step("writing the record")
    return Report(decision=decision, findings=run.findings, record=record_of(run))


def _analysed(
    contract: Contract,
    outcome: str,
    own: str,
    sources: Mapping[str, Source],
    prepared: Prepared | None,
    blocked: Message | None,
) -> tuple[Finding, ...]:
    """The findings of one outcome: by its one analysis, or combined from one for each design."""
    rule = combination_of(contract, outcome)
    if rule is not None:
        return analyse_combined(rule, own, sources, prepared=prepared, blocked=blocked)
    (source,) = sources.values()
    return analyse(
        source.task,
        source.frame,
        data_digest=source.digest,
        prepared=prepared,
        blocked=blocked,
    )


_OTHER_PLAN = Message(
    "prepared.other-plan",
    Text(
        en="The sample without outcomes was frozen under another version of the plan.",
        fr="L'échantillon sans résultats a été figé avec une autre version du plan.",
    ),
)

_FROZEN_ANEW = Text(
    en="The sample without outcomes was frozen anew: this one replaces {digest:text}.",
    fr="L'échantillon sans résultats a été figé de nouveau : celui-ci remplace {digest:text}.",
)


def _changed(study: Study, current: Lock) -> tuple[Message, ...]:
    """What changed since the lock and since the blind step; refuses what may not change."""
    changed = () if study.lock is None else deviations(study.lock, current)
    if study.prepared is None:
        return changed
    check_prepared(
        study.prepared,
        study.id,
        [
            (entry, group)
            for entry, analysis in study.plan.analyses.items()
            for group in groups_of(analysis, study.contract)
        ],
    )
    if study.prepared.plan_digest != study.plan_digest:
        changed = (*changed, _OTHER_PLAN)
    return (
        *changed,
        *(
            Message("prepared.replaced", _FROZEN_ANEW, {"digest": before})
            for before in study.prepared.replaces
        ),
    )


def _signed(contract: Contract, look: Look | None) -> Contract:
    """The contract as it was signed, at the same look."""
    signed = contract.as_contracted
    return at_look(signed, None if look is None else look_of(signed, look.name))


def _both_ways(
    whole: Study,
    study: Study,
    decision: Decision,
    evidence: tuple[Evidence, ...],
    people: Mapping[str, int],
    look: Look | None,
    brought: Given,
) -> Decision:
    """The decision beside that of the contract as it was signed, on the same evidence."""
    contract, signed = study.contract, _signed(study.contract, look)
    usable, unread = evidence_as_contracted(
        contract, evidence, lambda outcome: known_groups(signed, outcome)
    )
    sizes = {group: n for group, n in people.items() if group in signed.groups}
    given = given_as_contracted(signed, look, study.ledger, brought)
    there = decide(signed, usable, people=sizes, given=given)
    as_of = None if look is None else look.date
    return both_ways(whole.contract, contract, decision, there, as_of=as_of, unread=unread)


def _look(study: Study, named: str | None) -> Look | None:
    """The date that is judged: the one named, the one being corrected, the plan's, the only one."""
    corrects = study.ledger.corrects if study.ledger else None
    default = study.plan.settlement if corrects is None else None
    return chosen_look(study.contract, named or default, study.ledger)


def _bounds(contract: Contract, outcome: str) -> dict[str, LowerBound]:
    """The bound that the contract itself compares, by group: the first where clauses differ."""
    found: dict[str, LowerBound] = {}
    for number in compared(contract):
        bounds = (q for q in number.questions if isinstance(q, LowerBound))
        first = next(bounds, None)
        if number.outcome == outcome and first is not None:
            found[number.group] = first
    return found


def _task(
    study: Study,
    entry: str,
    asked: tuple[Compared, ...],
    settlement: str | None,
    bounds: dict[str, LowerBound],
    eligible: Mapping[str, FunnelFinding],
    before: Mapping[str, tuple[Finding, ...]],
) -> Task:
    contract, analysis = study.contract, study.plan.analyses[entry]
    outcome = contract.outcomes[analysis.outcome]
    groups = groups_of(analysis, contract)
    extra = _always_asked(contract, analysis.outcome)
    questions: dict[str, tuple[Question, ...]] = dict.fromkeys(groups, extra)
    pools: list[tuple[str, tuple[str, ...]]] = []
    for number in asked:
        if number.outcome != analysis.outcome:
            continue
        if number.group == POOLED:
            for members in _possible_pools(contract, number.pool):
                name = pool_label(contract, members)
                pools.append((name, members))
                questions[name] = (*number.questions, *extra)
        else:
            questions[number.group] = (*number.questions, *extra)
    return Task(
        entry=entry,
        analysis=analysis,
        effect=outcome.effect,
        better=outcome.better,
        groups=groups,
        questions=questions,
        elsewhere=_elsewhere(contract, analysis.outcome, groups),
        bounds=bounds,
        required=_required(contract, analysis.outcome),
        method_named=method_named(contract, analysis.outcome, settlement),
        seed=study.plan.seed,
        pools=tuple(pools),
        how=contract.pool or "mean_of_effects",
        people={
            g: described.people
            for g, described in contract.groups.items()
            if described.people is not None
        },
        average=partial(average_answer, contract),
        floors={
            name: group.floor.at_least
            for name, group in contract.equity.items()
            if group.floor is not None and group.floor.outcome == analysis.outcome
        },
        funnels={group: counted.funnel for group, counted in eligible.items()},
        watched=tuple(_watched(contract, analysis, before)),
    )


def _watched(
    contract: Contract, analysis: Analysis, before: Mapping[str, tuple[Finding, ...]]
) -> Iterator[Watched]:
    """Outcomes that are watched and not paid, by the same design."""
    if analysis.outcome in contract.watched:
        return
    for name in contract.watched:
        for finding in before.get(name, ()):
            if finding.analysis.design != analysis.design or finding.group.startswith(POOLED):
                continue
            outcome = contract.outcomes[name]
            found = finding.estimate or finding.reason
            assert found is not None, "a finding without an estimate says why"
            yield Watched(name, outcome.plain_name.text(), outcome.better, found)


def _required(contract: Contract, outcome: str) -> dict[str, Decimal | None]:
    """The checks that may withhold the verdict; of two limits for one check, the stricter."""
    found: dict[str, Decimal | None] = {}
    for required in contract.required:
        if required.outcome in (None, outcome):
            before = found.get(required.diagnostic)
            limit = required.limit if before is None else min(before, required.limit)
            found[required.diagnostic] = limit
    return found


def _always_asked(contract: Contract, outcome: str) -> tuple[Question, ...]:
    """What page 1 says of every number, whatever the contract's rule."""
    reached = [
        Confidence(limit.threshold, limit.operator)
        for clause in contract.clauses
        if clause.outcome == outcome
        for limit in limits(clause)
    ]
    stops = stop_questions(contract, outcome)
    signed = contract.as_contracted
    if comparable(contract, signed, outcome):
        stops = (*stops, *stop_questions(signed, outcome))
    return (PointEstimate(), NOTHING_OR_HARM, SOME_GOOD, *reached, *stops)


def _elsewhere(
    contract: Contract, outcome: str, groups: Iterable[str]
) -> dict[str, frozenset[Question]]:
    """Of each group, thresholds that are asked of other numbers; none where it has none of its own."""
    reached: dict[str, set[Question]] = {}
    for clause in contract.clauses:
        if clause.outcome == outcome:
            found = {Confidence(x.threshold, x.operator) for x in limits(clause)}
            for group in contract.compared_groups(clause):
                reached.setdefault(group, set()).update(found)
    every = frozenset(question for asked in reached.values() for question in asked)
    return {g: every - reached[g] for g in groups if reached.get(g)}


def _possible_pools(contract: Contract, pool: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The pools a clause may come to compare: the whole one, and what is left of it once some
    groups have been paid."""
    if "paid" not in (contract.pool_excludes or ()):
        return (pool,)
    return tuple(
        members for size in range(len(pool), 1, -1) for members in combinations(pool, size)
    ) or (pool,)


def _evidence(
    contract: Contract, asked: tuple[Compared, ...], found: Iterable[Finding]
) -> tuple[Evidence, ...]:
    """The evidence on paid outcomes: unpaid ones are reported and never reach the decision."""
    paid = {number.outcome for number in asked}
    return tuple(f.evidence for f in found if f.outcome in paid)


def _people(contract: Contract, found: Iterable[Finding]) -> Mapping[str, int]:
    """People a group, where the contract does not say: those assigned in the data."""
    counted = {f.group: people_of(f) for f in found if f.group in contract.groups}
    return {
        group: people
        for group, people in counted.items()
        if people is not None and contract.groups[group].people is None
    }


def _under_each_rule(
    contract: Contract,
    evidence: tuple[Evidence, ...],
    people: Mapping[str, int],
    decision: Decision,
    given: Given,
) -> tuple[Reading, ...]:
    own: dict[Rule, None] = dict.fromkeys(contract.rule(clause) for clause in contract.clauses)
    binding = tuple(Reading(rule, True, decision) for rule in own)
    return (
        *binding,
        *(
            Reading(rule, False, decide(contract, evidence, people=people, rule=rule, given=given))
            for rule in other_rules(contract)
        ),
    )


def _on_each_alternative(
    contract: Contract,
    asked: tuple[Compared, ...],
    found: list[Finding],
    people: Mapping[str, int],
    given: Given,
    blocked: Message | None,
) -> dict[tuple[str, str, str], Decision]:
    """Decide again with each alternative in place of the planned analysis of its outcome."""
    decisions: dict[tuple[str, str, str], Decision] = {}
    for outcome in dict.fromkeys(f.outcome for f in found):
        if outcome not in {number.outcome for number in asked}:
            continue
        names = dict.fromkeys(a.name for f in found if f.outcome == outcome for a in f.instead)
        for name in names:
            swapped = [_swapped(f, name) if f.outcome == outcome else f for f in found]
            again = decide(
                contract,
                _evidence(contract, asked, swapped),
                people=people,
                given=replace(given, stops=stop_numbers(contract, swapped, blocked)),
            )
            for finding in found:
                if finding.outcome == outcome:
                    decisions[outcome, finding.group, name] = again
    return decisions


def _swapped(finding: Finding, name: str) -> Finding:
    for alternative in finding.instead:
        if alternative.name == name:
            return replace(finding, evidence=alternative.evidence)
    return finding


def _source(
    study: Study, table: str, rows: int, columns: tuple[str, ...], digest: str
) -> DataSource:
    spec = study.plan.data[table]
    return DataSource(
        name=table,
        source=spec.shown,
        rows=rows,
        columns=columns,
        digest=digest,
        licence=Both.of(spec.licence.text()) if spec.licence else None,
        note=Both.of(spec.note.text()) if spec.note else None,
    )


def _environment() -> dict[str, str]:
    """Versions that numbers can depend on."""
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in ("numpy", "pandas", "scipy")},
    }
