"""Which engine: estimates taken to be normal, data drawn in full, or both held side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from impacteval.contract.model import Contract
from impacteval.errors import Problem, UsageError
from impacteval.plan import Analysis, Plan
from impacteval.registry import settings_problems
from impacteval.simulation.characteristics import Gap, Payment
from impacteval.simulation.full import FullEngine
from impacteval.simulation.pilot import Pilot
from impacteval.simulation.registered import Method
from impacteval.simulation.scenario_file import ScenarioFile, with_settings

ENGINES = ("normal", "full", "both")

_FROM_PILOT = ("kind", "baseline", "sd", "variance_over_mean", "icc")


def engine_problems(engine: str, data: FullEngine | None) -> Iterator[Problem]:
    """Why that engine cannot run."""
    if engine not in ENGINES:
        yield Problem(f"There is no engine {engine!r}.", f"Allowed: {', '.join(ENGINES)}.")
    elif engine == "normal" and data is not None:
        yield Problem(
            "An estimator, a covariate, a plan or pilot data matter only where data are drawn.",
            "Write --engine full or --engine both, or leave them out.",
        )


def gap_of(normal: Payment, full: Payment) -> Gap:
    """How far the two engines are apart at one true effect."""
    return Gap(
        effect=full.effect,
        paid_normal=normal.paid,
        paid_full=full.paid,
        expected_normal=normal.expected,
        expected_full=full.expected,
    )


def with_pilots(said: ScenarioFile, pilots: Sequence[Pilot]) -> ScenarioFile:
    """The scenario with what the pilots say of their outcomes.

    Raises
    ------
    UsageError
        When the scenario says it too: one of the two would be ignored.
    """
    problems: list[Problem] = []
    settings: dict[str, str] = {}
    for pilot in pilots:
        for name in pilot.outcomes:
            general = said.outcomes.get(name)
            given = [] if general is None else [general, *general.groups.values()]
            problems += [
                Problem(
                    f"{name}.{key} is given, and the pilot says it too.",
                    "Take it away, or leave the pilot out.",
                )
                for key in _FROM_PILOT
                if any(getattr(each, key) is not None for each in given)
            ]
            settings |= {f"{name}.{key}": value for key, value in pilot.settings(name).items()}
    if problems:
        raise UsageError(problems)
    return with_settings(said, settings) if settings else said


def full_engine(
    contract: Contract,
    *,
    plan: Plan | None = None,
    pilot: Path | str | None = None,
    estimators: Mapping[str, str] | None = None,
    explained: Mapping[str, str] | None = None,
) -> FullEngine:
    """Full simulation as a plan, a pilot and typed settings describe it.

    Parameters
    ----------
    contract : Contract
        Whose outcomes are simulated.
    plan : Plan, optional
        Its analyses name the estimator of each outcome, and the columns of a pilot.
    pilot : path, optional
        Data of people without the programme, in the columns that the plan names.
    estimators : mapping of outcome to str, optional
        Estimators by name, in place of the plan's.
    explained : mapping of outcome to str, optional
        Share of the variance that a covariate known beforehand explains.

    Raises
    ------
    UsageError, DataError, StudyError
        With everything that cannot be used.
    """
    problems: list[Problem] = []
    named = {**(estimators or {}), **(explained or {})}
    problems += [
        Problem(
            f"{o!r} is not an outcome of this contract.", f"Known: {', '.join(contract.outcomes)}."
        )
        for o in named
        if o not in contract.outcomes
    ]
    analyses = {} if plan is None else {a.outcome: a for a in plan.analyses.values()}
    analyses = {o: a for o, a in analyses.items() if o in contract.outcomes}
    methods = {o: Method(a.estimator.name, a.estimator.settings) for o, a in analyses.items()}
    methods |= {o: Method(name) for o, name in (estimators or {}).items()}
    for method in {m.name: m for m in methods.values()}.values():
        try:
            problems += [p for _, p in settings_problems(method.name, method.settings)]
            method.design()
        except UsageError as error:
            problems += error.problems
    known = {}
    for outcome, share in (explained or {}).items():
        known[outcome] = _share(outcome, share, problems)
    if pilot is not None and not analyses:
        problems.append(
            Problem(
                "Nothing says which columns of the pilot are the contract's outcomes.",
                "Give the plan too: --plan plan.yaml.",
            )
        )
    if problems:
        raise UsageError(problems)
    pilots: tuple[Pilot, ...] = ()
    if pilot is not None and plan is not None:
        pilots = _pilots(plan, analyses, Path(pilot))
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


def _pilots(plan: Plan, analyses: Mapping[str, Analysis], file: Path) -> tuple[Pilot, ...]:
    """One pilot for outcomes that are analysed with the same covariates and clusters."""
    from impacteval.plan import TableSpec
    from impacteval.study.read import read_table

    together: dict[tuple[tuple[str, ...], str | None], dict[str, str]] = {}
    for outcome, analysis in analyses.items():
        columns = analysis.columns
        key = (tuple(columns.covariates), columns.assignment_cluster or columns.cluster)
        together.setdefault(key, {})[outcome] = str(columns.outcome)
    found = []
    for (covariates, cluster), outcomes in together.items():
        declared = plan.data[analyses[next(iter(outcomes))].data]
        spec = (
            declared.model_copy(update={"file": file.name, "format": None})
            if declared.file is not None
            else TableSpec(file=file.name)
        )
        kinds = dict.fromkeys([*outcomes.values(), *covariates], "number")
        if cluster is not None:
            kinds[cluster] = "text"
        frame = read_table(spec, kinds, folder=file.parent)  # type: ignore[arg-type]  # words of Kind
        found.append(
            Pilot.from_frame(frame, outcomes=outcomes, covariates=covariates, cluster=cluster)
        )
    return tuple(found)
