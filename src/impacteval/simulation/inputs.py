"""What a simulation starts from: a contract alone or a study folder, and people of a pilot."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from impacteval.contract import Contract, load_contract
from impacteval.errors import DataError, Problem, UsageError
from impacteval.simulation.completing import numbers_of
from impacteval.simulation.full import FullEngine
from impacteval.simulation.pilot import Pilot
from impacteval.simulation.registered import Method
from impacteval.simulation.scenario_file import ScenarioFile, with_settings

if TYPE_CHECKING:
    from impacteval.plan import Plan


def contract_and_plan(path: Path) -> tuple[Contract, Plan | None]:
    """The contract of a file or a folder, and the plan where the folder is a study.

    Raises
    ------
    InputError
        With every problem of both.
    """
    from impacteval.study.folder import PLAN_FILE, load_study

    if path.is_dir() and (path / PLAN_FILE).exists():
        study = load_study(path)
        return study.contract, study.plan
    return load_contract(path), None


def read_pilots(file: Path, contract: Contract, plan: Plan | None) -> tuple[Pilot, ...]:
    """People as they are without the programme, from a CSV file with one row a person.

    The column of an outcome is the one the plan names, or that of the outcome's own name.
    Outcomes without a column are left to the scenario. Covariates and clusters that the plan
    names are read too, all or none of an analysis.

    Returns
    -------
    tuple of Pilot
        One for the outcomes that are analysed with the same covariates and clusters.

    Raises
    ------
    DataError
        When the file cannot be read, has no outcome of the contract, or a value is missing.
    """
    import pandas as pd

    columns = _columns(contract, plan)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            head = next(csv.reader(stream), [])
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        what = f"{file}: the pilot cannot be read ({reason})."
        raise DataError(Problem(what, "Give a CSV file with one row a person.")) from None
    there = {outcome: column for outcome, column in columns.items() if column in head}
    if not there:
        raise DataError(
            Problem(
                f"{file}: no column is an outcome of the contract.",
                f"Name one of its columns {' or '.join(dict.fromkeys(columns.values()))}.",
            )
        )
    together: dict[tuple[tuple[str, ...], str | None], dict[str, str]] = {}
    problems: list[Problem] = []
    for outcome, column in there.items():
        together.setdefault(_beside(outcome, plan, head, file, problems), {})[outcome] = column
    if problems:
        raise DataError(problems)
    found = []
    for (covariates, cluster), outcomes in together.items():
        wanted = [*outcomes.values(), *covariates, *([cluster] if cluster else [])]
        read = pd.read_csv(
            file, usecols=wanted, dtype={cluster: str} if cluster else None, encoding="utf-8-sig"
        )
        found.append(
            Pilot.from_frame(read, outcomes=outcomes, covariates=covariates, cluster=cluster)
        )
    return tuple(found)


def _columns(contract: Contract, plan: Plan | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for outcome, _ in numbers_of(contract):
        planned = None if plan is None else plan.analysis_of(outcome)
        found[outcome] = outcome if planned is None else planned[1].columns.outcome
    return found


def _beside(
    outcome: str, plan: Plan | None, head: list[str], file: Path, problems: list[Problem]
) -> tuple[tuple[str, ...], str | None]:
    """Covariates and cluster of the planned analysis that the pilot has."""
    planned = None if plan is None else plan.analysis_of(outcome)
    if planned is None:
        return (), None
    columns = planned[1].columns
    covariates = tuple(columns.covariates)
    absent = [c for c in covariates if c not in head]
    if absent and len(absent) < len(covariates):
        problems.append(
            Problem(
                f"{file}: of the covariates of {outcome}, {', '.join(absent)} are not there.",
                "Give all that the plan names, or none.",
            )
        )
    cluster = columns.assignment_cluster or columns.cluster
    return (() if absent else covariates), (cluster if cluster in head else None)


def with_pilots(said: ScenarioFile, pilots: Sequence[Pilot]) -> ScenarioFile:
    """The scenario with what pilots say about their outcomes.

    Raises
    ------
    DataError
        When the scenario says it too: two answers to one question.
    """
    problems: list[Problem] = []
    settings: dict[str, str] = {}
    for pilot in pilots:
        for outcome in pilot.outcomes:
            general = said.outcomes.get(outcome)
            given = [] if general is None else [general, *general.groups.values()]
            told = pilot.settings(outcome)
            problems += [
                Problem(
                    f"Both the pilot and the scenario say the {key} of {outcome}.",
                    "Keep one of them: leave the setting out, or the pilot's column.",
                )
                for key in told
                if any(getattr(each, key) is not None for each in given)
            ]
            settings |= {f"{outcome}.{key}": value for key, value in told.items()}
    if problems:
        raise DataError(problems)
    return with_settings(said, settings) if settings else said


def full_engine(
    contract: Contract,
    plan: Plan | None = None,
    pilots: tuple[Pilot, ...] = (),
    estimators: Mapping[str, str] | None = None,
    explained: Mapping[str, str] | None = None,
) -> FullEngine:
    """The engine that draws data and runs estimators: those named, else the plan's.

    Parameters
    ----------
    contract : Contract
        Whose outcomes are simulated.
    plan : Plan, optional
        Its analyses name the estimators.
    pilots : tuple of Pilot, optional
        People to draw from.
    estimators : mapping of outcome to str, optional
        Estimators by name, in place of the plan's.
    explained : mapping of outcome to str, optional
        Share of the variance that a covariate known beforehand explains.

    Raises
    ------
    UsageError
        With everything that cannot be used.
    """
    estimators, explained = estimators or {}, explained or {}
    methods: dict[str, Method] = {}
    if plan is not None:
        methods = {
            analysis.outcome: Method(analysis.estimator.name, analysis.estimator.settings)
            for analysis in plan.analyses.values()
        }
    methods |= {outcome: Method(name) for outcome, name in estimators.items()}
    problems = [
        Problem(
            f"{outcome!r} is not an outcome of this contract.",
            f"Known: {', '.join(contract.outcomes)}.",
        )
        for outcome in dict.fromkeys([*estimators, *explained])
        if outcome not in contract.outcomes
    ]
    known = {}
    for outcome, share in explained.items():
        known[outcome] = _share(outcome, share, problems)
    for method in {m.name: m for m in methods.values()}.values():
        try:
            method.design()
        except UsageError as error:
            problems += error.problems
    if problems:
        raise UsageError(problems)
    return FullEngine(methods, known, pilots)


def _share(outcome: str, share: str, problems: list[Problem]) -> float:
    try:
        found = float(share)
    except ValueError:
        found = -1.0
    if not 0.0 <= found < 1.0:
        problems.append(
            Problem(
                f"{outcome}: {share!r} is not a share of the variance.",
                "Write a number from 0 to below 1, such as 0.3.",
            )
        )
    return found
