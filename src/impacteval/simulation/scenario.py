"""The scenario as a value: everything that an engine needs to know, complete and checked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from impacteval.contract.calendar_information import looks_of
from impacteval.contract.clauses import BasketPart, BonusMalus, Linear
from impacteval.contract.model import Contract
from impacteval.contract.money import Amount
from impacteval.contract.payment import Leaf
from impacteval.contract.terms import limits
from impacteval.errors import Problem, UsageError
from impacteval.simulation.assumed import Assumed
from impacteval.simulation.completing import (
    assumed_of,
    contradictions,
    missing_problems,
    naming_problems,
    numbers_of,
    other_money,
)
from impacteval.simulation.growth import counted, growth_problems, share_problems, shares_of
from impacteval.simulation.precision import std_error
from impacteval.simulation.scenario_file import ScenarioFile
from impacteval.values import Scale

MOST_EFFECTS = 200
_STEPS = 12


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is assumed before a contract is signed.

    Attributes
    ----------
    contract : Contract
        The contract it belongs to.
    numbers : Mapping[(str, str), Assumed]
        What is assumed, by outcome and group (``"all"`` without groups). Pools are not here:
        they follow from their groups.
    varies : tuple of str
        The outcomes whose true effect is that of the grid: one, or none.
    effects : tuple of float
        The true effects to try, in contract units, smallest first; 0 and every threshold of the
        outcome that varies among them.
    between_groups, between_outcomes : float
        Correlation of the estimates of two groups, and of two outcomes.
    settlements : int
        How many settlements, each with data of its own.
    other_money : Mapping[str, Amount]
        What others pay at each settlement.
    so_far : tuple of float
        Of a contract that is cumulative or looks at growing data, the share of everybody whose
        data each settlement judges, 1 at the last; empty where each has data of its own.
    there : float
        The share of everybody who is in this scenario (`growth.at_settlement`).
    """

    contract: Contract = field(repr=False)
    numbers: Mapping[tuple[str, str], Assumed] = field(hash=False)
    varies: tuple[str, ...]
    effects: tuple[float, ...]
    between_groups: float = 0.0
    between_outcomes: float = 0.0
    settlements: int = 1
    other_money: Mapping[str, Amount] = field(default_factory=dict, hash=False)
    so_far: tuple[float, ...] = ()
    there: float = 1.0

    @property
    def nothing(self) -> float | None:
        """Where on the grid the programme changes nothing.

        An effect is then 0. What is only counted is then what would have happened anyway, that is
        the baseline; None while nothing says it, or says it differently for several groups.
        """
        moving = [a for a in self.numbers.values() if a.outcome in self.varies and a.held is None]
        if not any(a.counted_only for a in moving):
            return 0.0
        anyway = {counted_anyway(a) for a in moving}
        return anyway.pop() if len(anyway) == 1 else None

    @property
    def people(self) -> dict[str, int]:
        """People served in each group of the contract, where known."""
        found: dict[str, int] = {}
        for group in self.contract.groups:
            said = self.contract.groups[group].people
            sizes = [
                a.people
                for (_, g), a in self.numbers.items()
                if g == group and a.people is not None
            ]
            if said is not None:
                found[group] = said if self.there == 1.0 else counted(said, self.there)
            elif sizes:
                found[group] = sizes[0]
        return found

    def weights(self, outcome: str, pool: tuple[str, ...]) -> tuple[float, ...]:
        """Weights of the groups in a pool: shares of people, or 1 each for a total, which adds up.

        In a ratio of sums a group weighs by what would have happened in it: its people times their
        baseline.
        """
        how = self.contract.pools_by(outcome)
        if how == "total":
            return (1.0,) * len(pool)
        size: dict[str, float] = {g: float(self.people[g]) for g in pool}
        if how == "ratio_of_sums":
            for group in pool:
                size[group] *= self.numbers[outcome, group].baseline or math.nan
        whole = sum(size.values())
        return tuple(size[g] / whole for g in pool)

    def truth(self, outcome: str, group: str, effect: float, pool: tuple[str, ...] = ()) -> float:
        """The true effect on one number when the grid stands at `effect`.

        `pool` names the groups of a pool; a pool's effect is the weighted one of its groups.
        """
        if not pool:
            return self.numbers[outcome, group].truth(effect)
        weights = self.weights(outcome, pool)
        effects = [self.numbers[outcome, g].truth(effect) for g in pool]
        return sum(w * e for w, e in zip(weights, effects, strict=True))


def scenario_of(contract: Contract, said: ScenarioFile) -> Scenario:
    """A complete scenario for that contract.

    Parameters
    ----------
    contract : Contract
        The contract.
    said : ScenarioFile
        What is assumed.

    Returns
    -------
    Scenario

    Raises
    ------
    UsageError
        With every number that is missing or cannot be used, and how to give it.
    """
    problems: list[Problem] = list(naming_problems(contract, said))
    numbers: dict[tuple[str, str], Assumed] = {}
    for outcome, group in numbers_of(contract):
        assumed = assumed_of(contract, said, outcome, group)
        numbers[outcome, group] = assumed
        problems += contradictions(assumed)
    problems += missing_problems(contract, numbers)
    varies = tuple(dict.fromkeys(a.outcome for a in numbers.values() if a.held is None))
    if len(varies) > 1:
        problems.append(
            Problem(
                f"The true effect can vary for one outcome, and nothing says that of {' and '.join(varies)}.",
                f"Hold all but one of them: {' '.join(f'--effect {name}=NUMBER' for name in varies)}.",
            )
        )
    others = other_money(contract, said, problems)
    stated = tuple(float(share) for share in said.so_far)
    settlements = len(looks_of(contract)) or said.settlements
    growing = list(share_problems(contract, settlements, stated))
    shares = () if growing else shares_of(contract, settlements, stated)
    problems += growing
    problems += [p for a in numbers.values() if shares for p in growth_problems(a, shares)]
    if problems:
        raise UsageError(list(dict.fromkeys(problems)))
    effects = _effects(contract, said, numbers, varies)
    return Scenario(
        contract=contract,
        numbers=numbers,
        varies=varies,
        effects=effects,
        between_groups=float(said.correlation.groups),
        between_outcomes=float(said.correlation.outcomes),
        settlements=settlements,
        other_money=others,
        so_far=shares,
    )


def marks_of(contract: Contract, outcome: str) -> tuple[float, ...]:
    """The numbers at which what the contract pays for that outcome changes, smallest first.

    Examples
    --------
    >>> from impacteval.contract import load_contract
    >>> marks_of(load_contract("studies/bonds/peterborough"), "reconvictions")
    (7.5, 10.0)
    """
    found = {float(m) for leaf in contract.clauses if leaf.outcome == outcome for m in _marks(leaf)}
    return tuple(sorted(found))


def _marks(leaf: Leaf) -> Iterator[Decimal]:
    match leaf:
        case Linear():
            yield leaf.above
            for bound in (leaf.floor, leaf.ceiling):
                if bound:
                    yield leaf.above + bound / leaf.per_unit
        case BasketPart():
            yield from (leaf.zero_at, leaf.full_at)
        case BonusMalus():
            for step in (leaf.dead_band, leaf.full_at):
                yield from (leaf.target - step, leaf.target + step)
        case _:
            for limit in limits(leaf):
                yield limit.threshold


def counted_anyway(assumed: Assumed) -> float | None:
    """What would be counted without the programme, in contract units; None where nothing says it.

    Examples
    --------
    >>> from impacteval.simulation.assumed import Assumed
    >>> counted_anyway(
    ...     Assumed("jobs", "all", "verified_count", "higher", "none", people=200, baseline=0.3)
    ... )
    60.0
    """
    if assumed.baseline is None:
        return None
    if assumed.scale is not Scale.TOTAL:
        return assumed.baseline
    return None if assumed.people is None else round(assumed.baseline * assumed.people, 9)


# --- the grid ----------------------------------------------------------------------------------


def _effects(
    contract: Contract,
    said: ScenarioFile,
    numbers: Mapping[tuple[str, str], Assumed],
    varies: tuple[str, ...],
) -> tuple[float, ...]:
    """The grid: what was asked for, with 0 and every threshold in it."""
    if not varies:
        return (0.0,)
    moving = [a for a in numbers.values() if a.outcome == varies[0] and a.held is None]
    marks = marks_of(contract, varies[0])
    given = [float(e) for e in said.effects]
    if not given:
        top = max([abs(m) for m in marks], default=0.0) * 1.5
        if top == 0.0:
            top = 4.0 * max(_size(a) for a in moving)
        step = _round_step(top / _STEPS)
        given = [round(step * k, 12) for k in range(math.ceil(top / step - 1e-9) + 1)]
        given = [e for e in given if all(a.possible(e) for a in moving)]
    anyway = {counted_anyway(a) for a in moving if a.counted_only} - {None}
    wanted = sorted({0.0, *marks, *given, *(e for e in anyway if e is not None)})
    problems = [
        Problem(
            f"A true effect of {e:g} is impossible: people would have an impossible mean.",
            "Take it away, or mend the baseline.",
        )
        for e in wanted
        if e in given and not all(a.possible(e) for a in moving)
    ]
    if len(wanted) > MOST_EFFECTS:
        problems.append(
            Problem(f"{len(wanted)} true effects are too many.", f"Try at most {MOST_EFFECTS}.")
        )
    if problems:
        raise UsageError(problems)
    return tuple(e for e in wanted if all(a.possible(e) for a in moving))


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `least`.

    Examples
    --------
    >>> _round_step(1.25), _round_step(0.31), _round_step(8125.0)
    (2.0, 0.5, 10000.0)
    """
    power = 10.0 ** math.floor(math.log10(least))
    return next(k * power for k in (1.0, 2.0, 2.5, 5.0, 10.0) if k * power >= least * (1 - 1e-12))


def _size(assumed: Assumed) -> float:
    """The standard error where nothing works, or 1 where there is none."""
    return std_error(assumed, 0.0) or 1.0
