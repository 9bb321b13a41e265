"""Whether a plan answers the contract: every clause has its analysis, on the same terms."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from impacteval.contract import POOLED, Contract
from impacteval.contract.calendar import looks
from impacteval.contract.rules import CombineRule
from impacteval.errors import Problem
from impacteval.files import Locate
from impacteval.plan import FUNNEL_DIAGNOSTICS, Analysis, Plan
from impacteval.report.checklist import standard_of, unknown_items
from impacteval.report.grade import ceiling_of
from impacteval.study.comparison import counterfactual_problems, method_problems
from impacteval.values import Design


def fit(
    plan: Plan, contract: Contract, locate: Locate, settlement: str | None = None
) -> list[Problem]:
    """Every place where plan and contract do not fit.

    Parameters
    ----------
    plan : Plan
        The analysis plan.
    contract : Contract
        The contract it serves.
    locate : Locate
        Finds the line of a key of the plan.
    settlement : str, optional
        The settlement that is judged; by default the plan's, or the only one of the contract.
    """
    problems = [
        locate.problem(
            ("analyses",),
            f"Clause `{clause.name}` of the contract pays on `{clause.outcome}`, "
            "and no analysis of it is planned.",
            f"Add an analysis with `outcome: {clause.outcome}`.",
        )
        for clause in contract.clauses
        if plan.analysis_of(clause.outcome) is None
    ]
    problems += _besides(plan, contract, locate)
    problems += _designs(plan, contract, locate)
    for name, analysis in plan.analyses.items():
        problems += _one(name, analysis, contract, locate, settlement or plan.settlement)
    if plan.settlement is not None:
        known = tuple(look.name for look in looks(contract))
        if plan.settlement not in known:
            problems.append(
                locate.problem(
                    ("settlement",),
                    f"The contract's calendar has no settlement `{plan.settlement}`.",
                    f"Its settlements: {', '.join(known) or 'none'}.",
                )
            )
    problems += _funnel(plan, contract, locate)
    problems += _shifting(plan, contract, locate)
    problems += _grade(plan, locate)
    standard = standard_of(analysis.design for analysis in plan.analyses.values())
    problems += [
        locate.problem(
            ("checklist", number),
            f"{standard.name} has no item {number}.",
            f"Use its item numbers, such as {standard.examples}.",
        )
        for number in unknown_items(plan.checklist, standard)
    ]
    return problems


def _besides(plan: Plan, contract: Contract, locate: Locate) -> list[Problem]:
    """What the contract watches, stops for and reports without paying needs its analysis too."""
    paid = {clause.outcome for clause in contract.clauses}
    needed = dict.fromkeys(contract.watched, "watches")
    for trigger in contract.stop_when.values():
        if trigger.kind != "reach" and trigger.of is not None:
            needed.setdefault(trigger.of, "has a stop trigger on")
    problems = [
        locate.problem(
            ("analyses",),
            f"The contract {why} `{outcome}`, and no analysis of it is planned.",
            f"Add an analysis with `outcome: {outcome}`.",
        )
        for outcome, why in needed.items()
        if outcome not in paid and plan.analysis_of(outcome) is None
    ]
    planned = {name for analysis in plan.analyses.values() for name in analysis.equity}
    problems += [
        locate.problem(
            ("analyses",),
            f"The contract asks how far `{name}` is reached, and no analysis says who they are.",
            f"Add `equity: {{{name}: {{column: ..., equals: ...}}}}` to an analysis.",
        )
        for name in contract.equity
        if name not in planned
    ]
    for name, group in contract.equity.items():
        planned_there = [] if group.floor is None else plan.analyses_of(group.floor.outcome)
        if group.floor is not None and not any(name in a.equity for _, a in planned_there):
            problems.append(
                locate.problem(
                    ("analyses", *(entry for entry, _ in planned_there[:1])),
                    f"The contract has a floor for `{name}` on `{group.floor.outcome}`, and no "
                    "analysis of it says who they are.",
                    f"Add `equity: {{{name}: {{column: ..., equals: ...}}}}` to its analysis.",
                )
            )
    problems += [
        locate.problem(
            ("analyses", entry, "equity", name),
            f"`{name}` is not named under `equity` in the contract.",
            f"Named there: {', '.join(contract.equity) or 'none'}.",
        )
        for entry, analysis in plan.analyses.items()
        for name in analysis.equity
        if name not in contract.equity
    ]
    return problems


def _funnel(plan: Plan, contract: Contract, locate: Locate) -> Iterator[Problem]:
    """The table of everyone eligible is there where the contract needs it, group by group."""
    asked = [k for k, r in enumerate(contract.required) if r.diagnostic in FUNNEL_DIAGNOSTICS]
    if plan.funnel is None:
        for k in asked:
            yield locate.problem(
                (),
                f"The contract requires `{contract.required[k].diagnostic}`, and the plan does not say "
                "who was eligible.",
                "Add `funnel: {data: ..., columns: {accepted: ...}, profile: [...]}`.",
            )
        return
    for name in plan.funnel.equity:
        if name not in contract.equity:
            yield locate.problem(
                ("funnel", "equity", name),
                f"`{name}` is not named under `equity` in the contract.",
                f"Named there: {', '.join(contract.equity) or 'none'}.",
            )
    groups = plan.funnel.groups
    if groups is None:
        grouped = [name for name, a in plan.analyses.items() if a.groups is not None]
        for k in asked if grouped else ():
            yield locate.problem(
                ("funnel",),
                f"The contract requires `{contract.required[k].diagnostic}` of each group, and the "
                "funnel does not say who of those eligible belongs to which.",
                "Add `groups: {column: ..., values: {group: value}}`.",
            )
        return
    unknown = [g for g in groups.values if g not in contract.groups]
    if unknown:
        yield locate.problem(
            ("funnel", "groups"),
            f"The contract has no group {', '.join(unknown)}.",
            f"Its groups: {', '.join(contract.groups) or 'none'}.",
        )
    read = dict.fromkeys(
        g for a in plan.analyses.values() if a.groups for g in needed_groups(a, contract)
    )
    missing = [g for g in read if g not in groups.values]
    if missing:
        yield locate.problem(
            ("funnel", "groups"),
            f"Groups of the contract of which nobody is said to be eligible: {', '.join(missing)}.",
            "Name each under `values: {group: value}`.",
        )


def _shifting(plan: Plan, contract: Contract, locate: Locate) -> Iterator[Problem]:
    """Effort that was moved shows in what is watched and not paid."""
    if contract.watched:
        return
    for name, analysis in plan.analyses.items():
        for k, spec in enumerate(analysis.diagnostics):
            if spec.name == "effort-shifting":
                yield locate.problem(
                    ("analyses", name, "diagnostics", k, "name"),
                    "`effort-shifting` looks at outcomes that are watched and not paid, and the contract "
                    "watches none.",
                    "Name some under `watch` in the contract, or remove the check.",
                )


def _designs(plan: Plan, contract: Contract, locate: Locate) -> Iterator[Problem]:
    """A combined outcome has one analysis for each design that is combined; any other has one."""
    for outcome in contract.outcomes:
        planned = plan.analyses_of(outcome)
        weights = weights_of(contract, outcome)
        if weights is None:
            for name, _ in planned[1:]:
                yield locate.problem(
                    ("analyses", name, "outcome"),
                    f"Outcome `{outcome}` has several analyses, `{planned[0][0]}` and `{name}` among "
                    "them, and the contract combines no designs for it: which one decides?",
                    "Plan one, and put others under its `robustness`.",
                )
            continue
        if not planned:
            continue  # said already
        have = {analysis.design for _, analysis in planned}
        for design in weights:
            if design not in have:
                yield locate.problem(
                    ("analyses",),
                    f"The contract combines {', '.join(weights)} for `{outcome}`, and no analysis by "
                    f"{design} is planned.",
                    f"Add an analysis with `outcome: {outcome}` and `design: {design}`.",
                )


def combination_of(contract: Contract, outcome: str) -> CombineRule | None:
    """The rule that combines designs for an outcome; None where one design decides."""
    for clause in contract.clauses:
        rule = contract.rule(clause)
        if clause.outcome == outcome and isinstance(rule, CombineRule):
            return rule
    return None


def weights_of(contract: Contract, outcome: str) -> dict[str, Decimal] | None:
    """Designs and weights of an outcome that the contract combines; None for any other."""
    rule = combination_of(contract, outcome)
    return None if rule is None else dict(rule.combine)


def _grade(plan: Plan, locate: Locate) -> list[Problem]:
    """A grade that the evaluator states may only lower what the designs allow."""
    own = plan.evaluator.grade
    known = [a.design for a in plan.analyses.values() if a.design in tuple(Design)]
    highest = max((ceiling_of(design) for design in known), default=5)
    if own is None or 1 <= own.at_most <= highest:
        return []
    return [
        locate.problem(
            ("evaluator", "grade", "at_most"),
            f"The evaluator's grade is {own.at_most}, and the design allows 1 to {highest}.",
            "An evaluator may lower the grade of the evidence, never raise it.",
        )
    ]


def _one(
    name: str, analysis: Analysis, contract: Contract, locate: Locate, settlement: str | None
) -> Iterator[Problem]:
    place = ("analyses", name)
    if analysis.outcome not in contract.outcomes:
        yield locate.problem(
            (*place, "outcome"),
            f"The contract has no outcome `{analysis.outcome}`.",
            f"Its outcomes: {', '.join(contract.outcomes)}.",
        )
        return
    outcome = contract.outcomes[analysis.outcome]
    scale = outcome.scale
    if analysis.scale != scale:
        yield locate.problem(
            (*place, "scale"),
            f"The contract judges `{analysis.outcome}` as {outcome.effect}, which is estimated on "
            f"scale {scale}; the plan says {analysis.scale}.",
            f"Write scale: {scale}. Percent and points are different effects.",
        )
    weights = weights_of(contract, analysis.outcome)
    if weights is None:
        yield from counterfactual_problems(name, analysis, contract, locate, settlement)
    else:
        if analysis.design not in weights:
            yield locate.problem(
                (*place, "design"),
                f"The contract combines {', '.join(weights)} for `{analysis.outcome}`; the plan says "
                f"{analysis.design}.",
                "Use one of these designs; others go under `robustness`.",
            )
        yield from method_problems(name, analysis, contract, locate, settlement)
        if analysis.subgroups is not None:
            yield locate.problem(
                (*place, "subgroups"),
                f"The contract combines {', '.join(weights)} for `{analysis.outcome}`: effects by "
                "subgroup would be those of one design alone.",
                "Remove `subgroups`.",
            )
    if analysis.estimand != outcome.estimand:
        yield locate.problem(
            (*place, "estimand"),
            f"The contract pays on {outcome.estimand} for `{analysis.outcome}`; the plan "
            f"estimates {analysis.estimand}.",
            f"Write estimand: {outcome.estimand}.",
        )
    yield from _groups(name, analysis, contract, locate)


def _groups(name: str, analysis: Analysis, contract: Contract, locate: Locate) -> Iterator[Problem]:
    per_group = any(
        clause.per is not None for clause in contract.clauses if clause.outcome == analysis.outcome
    )
    given = tuple(analysis.groups.values) if analysis.groups else ()
    place = ("analyses", name, "groups")
    if not per_group:
        if given:
            yield locate.problem(
                place,
                f"The contract judges `{analysis.outcome}` for everyone together, not by group.",
                "Remove `groups`.",
            )
        return
    missing = [g for g in needed_groups(analysis, contract) if g not in given]
    unknown = [g for g in given if g not in contract.groups]
    if missing:
        yield locate.problem(
            place if analysis.groups else ("analyses", name),
            f"Groups of the contract without data: {', '.join(missing)}.",
            "Name each under `groups: {column: ..., values: {group: value}}`.",
        )
    if unknown:
        yield locate.problem(
            place,
            f"The contract has no group {', '.join(unknown)}.",
            f"Its groups: {', '.join(contract.groups)}.",
        )


def in_contract_order(plan: Plan, contract: Contract) -> list[tuple[str, Analysis]]:
    """The analyses in the order of the contract's outcomes: the plan's own order says nothing."""
    order = {outcome: k for k, outcome in enumerate(contract.outcomes)}
    return sorted(plan.analyses.items(), key=lambda item: (order[item[1].outcome], item[1].design))


def needed_groups(analysis: Analysis, contract: Contract) -> tuple[str, ...]:
    """The groups that clauses on this outcome read, alone or in a pool, in the contract's order."""
    read: set[str] = set()
    for clause in contract.clauses:
        if clause.outcome == analysis.outcome:
            groups = contract.compared_groups(clause)
            read.update(contract.pool_groups() if groups == (POOLED,) else groups)
    return tuple(g for g in contract.groups if g in read)


def groups_of(analysis: Analysis, contract: Contract) -> tuple[str, ...]:
    """The groups that are estimated: those that a clause reads."""
    return ("all",) if analysis.groups is None else needed_groups(analysis, contract)
