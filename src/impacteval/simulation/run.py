"""The run of a simulation: for each true effect draw, read, price, count."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from impacteval.contract.calendar_information import looks_of
from impacteval.contract.model import Contract
from impacteval.contract.readings import Given
from impacteval.contract.rules import Rule
from impacteval.decide import Compared, other_rules, rule_text
from impacteval.errors import Problem, UsageError
from impacteval.progress import step
from impacteval.simulation.advise import advise, draws_needed, known_mean, limit_of
from impacteval.simulation.averages import average_problems, averaging_rules
from impacteval.simulation.characteristics import (
    ADVICE_DRAWS,
    PRIOR_DRAWS,
    Gap,
    Held,
    Payment,
    Simulation,
    UnderRule,
)
from impacteval.simulation.engine import Engine, asked_of
from impacteval.simulation.engines import engine_problems, gap_of, with_pilots
from impacteval.simulation.full import FullEngine
from impacteval.simulation.growth import at_settlement
from impacteval.simulation.looks import (
    asked_at_looks,
    contracts_at,
    look_problems,
    pays_once,
)
from impacteval.simulation.normal import draw_normal, grow_normal
from impacteval.simulation.precise import precision_of
from impacteval.simulation.readings import reader
from impacteval.simulation.scenario import Scenario, marks_of, scenario_of
from impacteval.simulation.scenario_file import (
    ScenarioFile,
    load_scenario,
    with_settings,
)
from impacteval.simulation.settle import settle, settlement_problems
from impacteval.simulation.tally import Tally
from impacteval.simulation.triggers import quiet_triggers, with_triggers
from impacteval.simulation.workers import mapped
from impacteval.study.looks import every_spending_problem
from impacteval.study.seeds import step_rng

DRAWS, FULL_DRAWS = 100_000, 10_000
"""Draws for each effect and rule by the normal engine, and by full simulation."""
SEED = 1
POWER = 0.8
FEWEST_DRAWS = 100
MOST_DRAWS = 10_000_000
NORMAL = Engine(draw_normal, grow_normal)
BLOCK = 25_000
"""Draws made from one seed. Fixed, so that the same seed gives the same bytes everywhere."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulation with what it is about.

    Attributes
    ----------
    found : Simulation
        What was found.
    scenario : Scenario
        What was assumed.
    """

    found: Simulation
    scenario: Scenario = field(repr=False)

    @property
    def contract(self) -> Contract:
        """The contract."""
        return self.scenario.contract

    def to_json(self) -> dict[str, Any]:
        """Plain data for machines."""
        from impacteval.simulation.record import to_json

        return to_json(self.found)


def simulate(
    contract: Contract,
    scenario: ScenarioFile | Mapping[str, Any] | str | Path,
    *,
    effects: tuple[float, ...] | list[float] | None = None,
    held: Mapping[str, Any] | None = None,
    settlements: int | None = None,
    draws: int | None = None,
    seed: int = SEED,
    power: float = POWER,
    engine: str = "normal",
    data: FullEngine | None = None,
    false_payment: float | None = None,
    noise_payment: float | None = None,
    hoped: float | None = None,
) -> Simulated:
    """What a contract pays if the programme does nothing, and if it works.

    Parameters
    ----------
    contract : Contract
        The contract.
    scenario : mapping, path or ScenarioFile
        What is assumed: ``{"outcome.people": 936, "outcome.group.sd": 2, ...}``, or a file.
    effects : list of float, optional
        True effects to try, in contract units. By default from 0 to beyond the highest threshold;
        0 and every threshold are always among them.
    held : mapping, optional
        True effects that do not vary, by ``outcome`` or ``outcome.group``. One outcome varies.
    settlements : int, optional
        How many settlements are counted together: each with data of its own, or of a cumulative
        contract each with everybody so far (``so_far`` in the scenario, else equal steps).
    draws, seed : int
        How many draws for each effect, by default 100,000 (10,000 where data are drawn), and
        their seed.
    power : float
        How often an effect is to be found, for sample sizes.
    engine : {"normal", "full", "both"}
        ``normal`` takes estimates to scatter normally; ``full`` draws data and runs the
        estimator; ``both`` says how far the two are apart and uses the second.
    data : FullEngine, optional
        Estimators, covariates and pilot data for full simulation; the difference in means of
        drawn data by default.

    false_payment : float, optional
        Propose a threshold, and a sample, that hold the chance of paying when nothing works at
        this or less, the error of the simulation allowed for. Of a contract under
        ``expected_payment``, which pays a little in almost every case, the average payment when
        nothing works is held at this share of the average payment when it works as hoped.
    noise_payment : float, optional
        Propose them to hold the average payment when nothing works at this amount or less.
    hoped : float, optional
        The true effect that is hoped for, to say what a proposal costs; by default the largest
        one that is tried.

    Returns
    -------
    Simulated

    Raises
    ------
    UsageError
        With every assumption that is missing or cannot be used.

    Examples
    --------
    >>> import impacteval as ie
    >>> contract = ie.load_contract("studies/bonds/peterborough")
    >>> found = simulate(contract, {
    ...     "reconvictions.people": 936, "reconvictions.comparison": 9360,
    ...     "reconvictions.baseline": 1.55, "reconvictions.variance_over_mean": 3,
    ... }, effects=[0, 7.5], draws=20_000).found
    >>> [round(100 * clause.met, 1) for clause in found.nothing.clauses]
    [1.8, 1.8, 1.3]
    """
    if not isinstance(contract, Contract):
        what = f"simulate takes a contract, not {type(contract).__name__}."
        raise UsageError(Problem(what, "Load it first: load_contract(path)."))
    said = _said(scenario, effects, held, settlements)
    said = with_pilots(said, () if data is None else data.pilots)
    chosen = draws if draws is not None else DRAWS if engine == "normal" else FULL_DRAWS
    problems = list(_problems(chosen, seed, power, false_payment, hoped))
    problems += _limit_problems(false_payment, noise_payment)
    problems += engine_problems(engine, data)
    problems += average_problems(contract)
    problems += settlement_problems(contract, said.settlements)
    problems += [*look_problems(contract, said.settlements), *every_spending_problem(contract)]
    if problems:
        raise UsageError(problems)
    scenario_found = scenario_of(contract, said)
    simulated = run(scenario_found, draws=chosen, seed=seed, power=power, engine=engine, data=data)
    if false_payment is None and noise_payment is None:
        return simulated
    return _advised(simulated, false_payment, noise_payment, hoped)


def run(
    scenario: Scenario,
    *,
    draws: int,
    seed: int,
    power: float,
    engine: str = "normal",
    data: FullEngine | None = None,
) -> Simulated:
    """Simulate a complete scenario."""
    contract = scenario.contract
    others = (*other_rules(contract), *averaging_rules(contract))
    rules: tuple[Rule | None, ...] = (None, *others)
    asked = with_triggers(contract, asked_at_looks(contract, *others))
    # Where looks share the error, sizes are those that find the effect at the last one alone.
    at_last = asked_of(contracts_at(contract, 1)[-1], *others) if looks_of(contract) else asked
    chosen = NORMAL if engine == "normal" else _full(data or FullEngine())
    under = _payments(chosen, scenario, asked, rules, draws, seed)
    gaps: tuple[Gap, ...] = ()
    if engine == "both":
        near = _payments(NORMAL, scenario, asked, (None,), max(draws, DRAWS), seed)
        gaps = tuple(gap_of(one, other) for one, other in zip(near[0], under[0], strict=True))
    found = Simulation(
        contract=contract.id,
        digest=contract.digest,
        currency=contract.currency,
        engine="normal" if engine == "normal" else "full",
        varies=scenario.varies[0] if scenario.varies else None,
        held=tuple(Held(*key, a.held) for key, a in scenario.numbers.items() if a.held is not None),
        draws=draws,
        seed=seed,
        settlements=scenario.settlements,
        marks=marks_of(contract, scenario.varies[0]) if scenario.varies else (),
        rules=tuple(
            UnderRule(_rule_name(contract, rule), rule is None, tuple(payments))
            for rule, payments in zip(rules, under, strict=True)
        ),
        precision=precision_of(scenario, tuple(a for a in at_last if a.clauses), power),
        gaps=gaps,
        quiet=quiet_triggers(contract),
        nothing_at=scenario.nothing,
        so_far=scenario.so_far,
    )
    return Simulated(found, scenario)


def _full(data: FullEngine) -> Engine:
    return Engine(data, data.grow)


def _advised(
    simulated: Simulated,
    false_payment: float | None,
    noise_payment: float | None,
    hoped: float | None,
) -> Simulated:
    """The same with proposals; they come from the normal engine, whose draws never change."""
    scenario, found = simulated.scenario, simulated.found
    works = max(scenario.effects) if hoped is None else hoped
    impossible = [
        a.outcome for a in scenario.numbers.values() if a.held is None and not a.possible(works)
    ]
    if impossible:
        raise UsageError(
            Problem(
                f"The hoped effect of {works:g} is impossible: people would have an impossible mean.",
                "Give another one, or mend the baseline.",
            )
        )

    draws = _advice_draws(found, false_payment)

    def count(changed: Scenario, effect: float) -> Tally:
        asked = with_triggers(changed.contract, asked_at_looks(changed.contract))
        return tallies(NORMAL, changed, effect, asked, (None,), draws, found.seed)[0]

    paid = known_mean(count(scenario, works).payment(scenario, works).expected)
    share = 0.0 if false_payment is None else false_payment
    limit = limit_of(scenario.contract, share, noise_payment, paid)
    advice = advise(scenario, count, limit, works, given=hoped is not None, draws=draws)
    if limit.holds == "money" and noise_payment is None:
        advice = tuple(replace(each, limit_share=share) for each in advice)
    return replace(simulated, found=replace(found, advice=advice))


def _advice_draws(found: Simulation, false_payment: float | None) -> int:
    """How many draws proposals are found from; more where a limit is too small to be shown by fewer."""
    most = PRIOR_DRAWS if "expected_payment normal" in found.own.rule else ADVICE_DRAWS
    wanted = most if found.engine == "full" else min(found.draws, most)
    needed = 0 if false_payment is None else draws_needed(false_payment)
    if needed <= wanted:
        return wanted
    if needed <= found.draws:
        return needed
    raise UsageError(
        Problem(
            f"From {max(wanted, found.draws)} draws no chance can be shown to be at most "
            f"{false_payment:g}, even of what never happens.",
            f"Ask for {needed} draws or more.",
        )
    )


def _payments(
    engine: Engine,
    scenario: Scenario,
    asked: tuple[Compared, ...],
    rules: tuple[Rule | None, ...],
    draws: int,
    seed: int,
) -> list[list[Payment]]:
    """For each rule, the payment at each true effect; effects run on the workers there are."""
    found: list[list[Payment]] = [[] for _ in rules]
    calls = [(engine, scenario, e, asked, rules, draws, seed) for e in scenario.effects]
    step("simulate", 0, len(calls))
    for k, tallied in enumerate(mapped(tallies, calls)):
        step("simulate", k + 1, len(calls))
        for payments, tally in zip(found, tallied, strict=True):
            payments.append(tally.payment(scenario, scenario.effects[k]))
    return found


def tallies(
    engine: Engine,
    scenario: Scenario,
    effect: float,
    asked: tuple[Compared, ...],
    rules: tuple[Rule | None, ...],
    draws: int,
    seed: int,
) -> tuple[Tally, ...]:
    """Counts under each rule at one true effect, from the same draws.

    The draws of a block depend on the seed, the settlement and the block, and on nothing else: the
    same luck meets every true effect and every rule, so that differences between them are not luck.
    """
    contract = scenario.contract
    found = tuple(Tally(growing=bool(scenario.so_far)) for _ in rules)
    levels = contracts_at(contract, scenario.settlements)
    once = pays_once(contract, scenario.settlements)
    times = range(scenario.settlements)
    given = [
        Given(people=there.people, other_money=scenario.other_money)
        for there in (at_settlement(scenario, k) if scenario.so_far else scenario for k in times)
    ]
    for block in range(math.ceil(draws / BLOCK)):
        size = min(BLOCK, draws - block * BLOCK)
        rngs = [_rng(seed, settlement, block) for settlement in times]
        answers = engine.settlements(scenario, effect, asked, rngs, size)
        for rule, tally in zip(rules, found, strict=True):
            reads = [reader(there, each, rule) for there, each in zip(levels, answers, strict=True)]
            tally.add(settle(contract, reads, given, size, once))
            tally.add_ties(contract, reads)
    return found


def _rng(seed: int, settlement: int, block: int) -> np.random.Generator:
    return step_rng(seed, f"settlement {settlement}", f"block {block}", "simulate")


def _rule_name(contract: Contract, rule: Rule | None) -> str:
    if rule is not None:
        return rule_text(rule)
    return ", ".join(dict.fromkeys(rule_text(contract.rule(leaf)) for leaf in contract.clauses))


def _said(
    scenario: ScenarioFile | Mapping[str, Any] | str | Path,
    effects: tuple[float, ...] | list[float] | None,
    held: Mapping[str, Any] | None,
    settlements: int | None,
) -> ScenarioFile:
    base: ScenarioFile | None = None
    settings: Mapping[str, Any] = {}
    if isinstance(scenario, ScenarioFile):
        base = scenario
    elif isinstance(scenario, str | Path):
        base = load_scenario(scenario)
    elif isinstance(scenario, Mapping):
        settings = scenario
    else:
        what = f"A scenario is a mapping or a file, not {type(scenario).__name__}."
        raise UsageError(Problem(what, 'Write for example {"outcome.people": 936}.'))
    return with_settings(
        base,
        {str(k): _typed(v) for k, v in settings.items()},
        {str(k): _typed(v) for k, v in (held or {}).items()},
        None if effects is None else ",".join(_typed(e) for e in effects),
        settlements,
    )


def _typed(value: Any) -> str:
    """A value as a file would have it: a float has the 12 decimals that a number may have."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.12f}"
    return str(value)


def _limit_problems(false_payment: float | None, noise_payment: float | None) -> list[Problem]:
    if noise_payment is None:
        return []
    if false_payment is not None:
        return [
            Problem(
                "A chance and an average payment are to be held at once.",
                "Give --false-payment or --noise-payment, not both.",
            )
        ]
    if not 0.0 < noise_payment < math.inf:
        what = f"The limit for what noise is paid on average is {noise_payment:g}."
        return [Problem(what, "Give an amount above 0, in the contract's currency.")]
    return []


def _problems(
    draws: int, seed: int, power: float, false_payment: float | None, hoped: float | None
) -> list[Problem]:
    found = []
    if hoped is not None and not 0.0 < hoped < math.inf:
        found.append(
            Problem(
                f"The hoped effect is {hoped:g}.",
                "Give a true effect above 0, in contract units.",
            )
        )
    if false_payment is not None and not 0.0 < false_payment < 1.0:
        found.append(
            Problem(
                f"The limit for false payments is {false_payment:g}.", "Give a share such as 0.05."
            )
        )
    if not FEWEST_DRAWS <= draws <= MOST_DRAWS:
        found.append(
            Problem(
                f"{draws} draws were asked for.",
                f"Ask for {FEWEST_DRAWS} to {MOST_DRAWS}.",
            )
        )
    if seed < 0:
        found.append(Problem(f"The seed is {seed}.", "Give 0 or more."))
    if not 0.0 < power < 1.0:
        found.append(Problem(f"The power is {power:g}.", "Give a share such as 0.8."))
    return found
