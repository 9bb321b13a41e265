"""Everything that can be checked without outcomes, all problems at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from impacteval.contract.loader import load_contract_with_places
from impacteval.contract.rules import (
    ChanceRule,
    ExpectedPaymentRule,
    LowerBoundRule,
    PointRule,
    SignificantRule,
    VerifiedCountRule,
    read_by,
)
from impacteval.errors import CheckFailed, InputError, Problem, StudyError, UsageError
from impacteval.files import Locate
from impacteval.plan import Analysis, DiagnosticSpec, EstimatorSpec
from impacteval.plugin import MethodCard, answers_sides
from impacteval.registry import entry as registered
from impacteval.registry import estimator, settings_problems
from impacteval.study.concerns import unjustified
from impacteval.study.fit import groups_of
from impacteval.study.folder import Study
from impacteval.study.funnel import eligible_counted
from impacteval.study.people import without_identifiers
from impacteval.study.rows import blind_sample_of, select
from impacteval.study.subgroups import subgroups_seen
from impacteval.values import Design

EXAMPLES_FILE = "examples.yaml"


def check_study(study: Study, *, outcomes: bool = True) -> tuple[str, ...]:
    """Check a study that could be loaded.

    Parameters
    ----------
    study : Study
        What `load_study` gives: contract and plan can be read and fit each other.
    outcomes : bool
        Whether to look if the outcome columns are there and hold numbers.

    Returns
    -------
    tuple of str
        One sentence for each thing that is in order.

    Raises
    ------
    StudyError
        Every problem at once, examples that do not hold among them.
    CheckFailed
        When nothing is wrong but an example beside the contract that does not come out as written.
    """
    problems = plan_problems(study)
    done = [f"the contract {study.contract.id} and the plan {study.id} fit each other"]
    for name, analysis in study.plan.analyses.items():
        counted, wrong = _data(name, analysis, study, outcomes)
        problems += wrong
        done.append(f"analysis {name}: {counted}")
    if study.plan.funnel is not None:
        try:
            done.append(f"the funnel: {eligible_counted(study)}")
        except InputError as error:
            problems += error.problems
    examples = study.contract_file.parent / EXAMPLES_FILE
    failed: CheckFailed | None = None
    if examples.exists():
        try:
            done.append(examples_hold(examples))
        except CheckFailed as error:
            failed = error
        except InputError as error:
            problems += error.problems
    if problems and failed is not None:
        problems.append(Problem(str(failed)))
    if problems:
        raise StudyError(dict.fromkeys(problems))
    if failed is not None:
        raise failed
    return tuple(done)


def plan_problems(study: Study) -> list[Problem]:
    """Everything wrong with estimators, settings and diagnostics; no data are read.

    Parameters
    ----------
    study : Study
        What `load_study` gives.
    """
    problems: list[Problem] = []
    for name, analysis in study.plan.analyses.items():
        problems += _estimators(name, analysis, study, study.locate)
        problems += _diagnostics(name, analysis, study.locate)
    for k, required in enumerate(study.contract.required):
        found = [("diagnostic", p.what, p.fix) for p in _known_diagnostic(required.diagnostic)]
        if required.limit < 0:
            found.append(("limit", f"{required.limit} cannot be a limit.", "Write 0 or more."))
        if found:
            _, places = load_contract_with_places(study.contract_file)
            problems += [
                places.problem(("required", k, key), what, fix) for key, what, fix in found
            ]
    return list(dict.fromkeys(problems))


def examples_hold(path: Path) -> str:
    """Run the examples beside a contract; a sentence that says how many hold.

    Raises
    ------
    CheckFailed
        With each example that does not come out as written.
    """
    from impacteval.adjudicated import run_examples

    results = run_examples(path)
    wrong = [r for r in results if not r.passed]
    if wrong:
        listed = "\n".join(
            f"line {r.line}, {r.name}: {difference}" for r in wrong for difference in r.differences
        )
        raise CheckFailed(f"{path}: {len(wrong)} of {len(results)} examples do not hold.\n{listed}")
    return f"{path.name}: all {len(results)} examples hold"


def _estimators(name: str, analysis: Analysis, study: Study, locate: Locate) -> Iterator[Problem]:
    place = ("analyses", name, "estimator")
    yield from _estimator(analysis.estimator, analysis, place, locate)
    for k, other in enumerate(analysis.robustness):
        where = ("analyses", name, "robustness", k, "estimator")
        yield from _estimator(other.estimator, analysis, where, locate)
    try:
        card = registered(analysis.estimator.name).cls.card
        sided = answers_sides(estimator(analysis.estimator.name, **analysis.estimator.settings))
    except UsageError:
        return
    for clause in study.contract.clauses:
        if clause.outcome != analysis.outcome:
            continue
        rule = read_by(study.contract.rule(clause))
        if not isinstance(rule, PointRule | VerifiedCountRule) and not card.uncertainty:
            yield locate.problem(
                (*place, "name"),
                f"Clause `{clause.name}` decides by {rule.name}, and "
                f"`{analysis.estimator.name}` gives no uncertainty.",
                "Choose an estimator with uncertainty.",
            )
        elif _needs_direction(rule) and not sided:
            yield locate.problem(
                (*place, "name"),
                f"Clause `{clause.name}` decides by {rule.name}, which needs a direction, and the "
                f"test of `{analysis.estimator.name}`, with these settings, has none.",
                "Choose another inference, or agree another rule in the contract.",
            )


def _needs_direction(rule: object) -> bool:
    match rule:
        case LowerBoundRule():
            return True
        case SignificantRule():
            return rule.significant.sides == "one"
        case ChanceRule() | ExpectedPaymentRule():
            return True
        case _:
            return False


def _estimator(
    spec: EstimatorSpec,
    analysis: Analysis,
    place: tuple[str | int, ...],
    locate: Locate,
) -> Iterator[Problem]:
    try:
        card = registered(spec.name).cls.card
        wrong = settings_problems(spec.name, spec.settings)
    except UsageError as error:
        for problem in error.problems:
            yield locate.problem((*place, "name"), problem.what, problem.fix)
        return
    for setting, problem in wrong:
        where = (*place, "settings", setting) if setting else (*place, "settings")
        yield locate.problem(where, problem.what, problem.fix)
    if analysis.design not in card.designs:
        yield locate.problem(
            (*place, "name"),
            f"`{spec.name}` is not for design {analysis.design}.",
            f"It is for {', '.join(card.designs)}.",
        )
    if analysis.scale not in card.scales:
        yield locate.problem(
            (*place, "name"),
            f"`{spec.name}` does not offer scale {analysis.scale}.",
            f"It offers {', '.join(card.scales)}.",
        )
    yield from _whose(spec, card, analysis, place, locate)


def _whose(
    spec: EstimatorSpec,
    card: MethodCard,
    analysis: Analysis,
    place: tuple[str | int, ...],
    locate: Locate,
) -> Iterator[Problem]:
    """A method must estimate the effect on those whom the contract pays for."""
    if analysis.estimand not in card.estimands:
        yield locate.problem(
            (*place, "name"),
            f"`{spec.name}` estimates the effect on {' or '.join(card.estimands)}, and the contract "
            f"pays for the effect on {analysis.estimand}.",
            "Use a method that compares people as they were assigned, such as difference-in-means, "
            "or agree another estimand in the contract."
            if analysis.estimand == "everyone_eligible"
            else "Choose another method, or agree another estimand in the contract.",
        )
    elif (
        analysis.design == Design.RCT
        and analysis.columns.received is not None
        and analysis.estimand == "participants"
        and "everyone_eligible" in card.estimands
    ):
        yield locate.problem(
            (*place, "name"),
            f"`{spec.name}` estimates the effect of the offer on everyone, since not everyone did "
            f"as assigned (column {analysis.columns.received}), and the contract pays for the "
            "effect on participants.",
            "Use encouragement, or agree everyone_eligible in the contract.",
        )


def _diagnostics(name: str, analysis: Analysis, locate: Locate) -> Iterator[Problem]:
    for k, planned in enumerate(analysis.diagnostics):
        for problem in _known_diagnostic(planned.name):
            yield locate.problem(
                ("analyses", name, "diagnostics", k, "name"), problem.what, problem.fix
            )
        for problem in _diagnostic_settings(planned):
            yield locate.problem(
                ("analyses", name, "diagnostics", k, "settings"), problem.what, problem.fix
            )


def _diagnostic_settings(planned: DiagnosticSpec) -> list[Problem]:
    from impacteval.diagnostics import DIAGNOSTICS, unknown_settings

    return unknown_settings(planned.name, planned.settings) if planned.name in DIAGNOSTICS else []


def _known_diagnostic(name: str) -> list[Problem]:
    from impacteval.diagnostics import diagnostic_names

    known = diagnostic_names()
    if name in known:
        return []
    return [Problem(f"There is no diagnostic `{name}`.", f"Known: {', '.join(known)}.")]


def _data(name: str, analysis: Analysis, study: Study, outcomes: bool) -> tuple[str, list[Problem]]:
    """Build every blind sample: how many rows and groups there are, and what is wrong."""
    problems: list[Problem] = []
    try:
        if outcomes:
            study.read(analysis.data)  # there and numbers; nothing is computed from it here
        frame = without_identifiers(study, analysis, study.read(analysis.data, outcomes=False))
    except InputError as error:
        return "", list(error.problems)
    groups = groups_of(analysis, study.contract)
    counts = []
    for group in groups:
        try:
            rows, _ = select(name, analysis, frame, group, groups)
            blind = blind_sample_of(analysis, rows)
        except InputError as error:
            problems += error.problems
        else:
            within = "" if group == "all" else f" in {group}"
            counts.append(f"{blind.structure.n_rows} rows{within}")
            told, wrong = subgroups_seen(name, analysis, blind, study.locate)
            counts += told
            problems += [*wrong, *unjustified(name, analysis, rows, blind, study.locate)]
    return ", ".join(counts), problems
