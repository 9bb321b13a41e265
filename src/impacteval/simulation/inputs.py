"""What a simulation starts from: a contract alone or a study folder, and people of a pilot."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from impacteval.contract import Contract, load_contract
from impacteval.errors import DataError, Problem
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


def read_pilot(file: Path, contract: Contract, plan: Plan | None) -> Pilot:
    """People as they are without the programme, from a CSV file with one row a person.

    The column of an outcome is the one the plan names, or that of the outcome's own name.
    Outcomes without a column are left to the scenario.

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
    return Pilot.from_frame(pd.read_csv(file, usecols=[*there.values()]), outcomes=there)


def _columns(contract: Contract, plan: Plan | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for outcome, _ in numbers_of(contract):
        planned = None if plan is None else plan.analysis_of(outcome)
        found[outcome] = outcome if planned is None else planned[1].columns.outcome
    return found


def with_pilot(said: ScenarioFile, pilot: Pilot | None) -> ScenarioFile:
    """The scenario with what the pilot says about its outcomes.

    Raises
    ------
    DataError
        When the scenario says it too: two answers to one question.
    """
    if pilot is None:
        return said
    problems = [
        Problem(
            f"Both the pilot and the scenario say the {key} of {outcome}.",
            "Keep one of them: leave the setting out, or the pilot's column.",
        )
        for outcome in pilot.outcomes
        for key in pilot.settings(outcome)
        if outcome in said.outcomes and getattr(said.outcomes[outcome], key) is not None
    ]
    if problems:
        raise DataError(problems)
    settings = {
        f"{outcome}.{key}": value
        for outcome in pilot.outcomes
        for key, value in pilot.settings(outcome).items()
    }
    return with_settings(said, settings)


def full_engine(plan: Plan | None, pilot: Pilot | None) -> FullEngine:
    """The engine that draws data and runs the estimators of the plan."""
    methods: Mapping[str, Method] = {}
    if plan is not None:
        methods = {
            analysis.outcome: Method(analysis.estimator.name, analysis.estimator.settings)
            for analysis in plan.analyses.values()
        }
    return FullEngine(methods=methods, pilot=pilot)
