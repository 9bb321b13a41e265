"""Advice before signing: a threshold, or a sample, that holds the risk of paying for nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from impacteval.contract.model import Contract
from impacteval.contract.rules import ExpectedPaymentRule, SignificantRule, read_by
from impacteval.contract.units import OPERATORS
from impacteval.errors import Problem
from impacteval.pricing.advice import Stakes, advise_sample, advise_threshold
from impacteval.simulation.characteristics import Advice
from impacteval.simulation.engine import asked_of
from impacteval.simulation.normal import scatter_of
from impacteval.simulation.scenario import Scenario, marks_of
from impacteval.simulation.tally import Tally
from impacteval.values import Scale, significant

TallyAt = Callable[[Scenario, float], Tally]
"""Counts of a scenario at a true effect, under the contract's own rule and from the same draws."""


def advice_problems(contract: Contract) -> Iterator[Problem]:
    """Why no threshold and no sample can be proposed."""
    for leaf in contract.clauses:
        if isinstance(contract.rule(leaf), ExpectedPaymentRule):
            yield Problem(
                f"The clause {leaf.name} pays an average, which is a little in almost every case, so "
                "there is no chance of a false payment to hold.",
                "Leave the advice out, and read what is paid on average if nothing works.",
            )


_FAR = 12.0
"""Standard errors beyond which no threshold is asked."""
_MOST = 10_000_000
_FINER = 20.0
"""Steps of a proposed threshold in one standard error, at least."""


def advise(scenario: Scenario, count: TallyAt, limit: float, hoped: float) -> tuple[Advice, ...]:
    """A threshold and a sample that each hold the chance of paying when nothing works.

    Parameters
    ----------
    scenario : Scenario
        What is assumed, with its contract; one outcome varies.
    count : callable
        Counts at a true effect. It must use the same draws each time.
    limit : float
        The chance of a false payment to hold.
    hoped : float
        The true effect that is hoped for.

    Returns
    -------
    tuple of Advice
        Empty where nothing varies, or where the number is only counted. All thresholds of the
        outcome that varies move by the same amount; everything else stays as the contract has it.
    """
    if not scenario.varies:
        return ()
    outcome = scenario.varies[0]
    moving = [a for a in scenario.numbers.values() if a.outcome == outcome and a.held is None]
    marks = marks_of(scenario.contract, outcome)
    if not marks or any(a.counted_only for a in moving):
        return ()
    found = [_threshold(scenario, count, limit, hoped, outcome, marks)]
    sizes = [a.people for a in moving]
    known = [size for size in sizes if size is not None]
    if marks[0] > 0 and len(known) == len(sizes) and moving[0].scale is not Scale.TOTAL:
        found.append(_sample(scenario, count, limit, hoped, outcome, sum(known)))
    return tuple(found)


def _threshold(
    scenario: Scenario,
    count: TallyAt,
    limit: float,
    hoped: float,
    outcome: str,
    marks: tuple[float, ...],
) -> Advice:
    now = significant(marks[0])
    error = max(
        scatter_of(scenario, 0.0, each).std_error
        for each in asked_of(scenario.contract)
        if each.outcome == outcome
    )
    written = max(len(format(significant(m), "f").partition(".")[2]) for m in marks)
    finer = math.ceil(-math.log10(error / _FINER)) if error > 0 else 0
    decimals = min(max(written, finer, 0), 12)
    cache: dict[Decimal, Scenario] = {}

    def at(threshold: Decimal) -> Scenario:
        if threshold not in cache:
            cache[threshold] = _moved(scenario, outcome, threshold - now)
        return cache[threshold]

    found = advise_threshold(
        lambda t: _paid(count(at(t), 0.0)),
        lambda t: _stakes(at(t), count, hoped),
        limit,
        now=now,
        decimals=decimals,
        easiest=min(now, _mildest(scenario.contract, outcome, decimals)),
        furthest=now + significant(_FAR * error, digits=3) + 1,
    )
    return Advice(hoped, len(marks), found)


def _mildest(contract: Contract, outcome: str, decimals: int) -> Decimal:
    """The mildest threshold worth asking: 0, or one step above it where 0 means "not significant"."""
    tested = any(
        isinstance(read_by(contract.rule(leaf)), SignificantRule)
        for leaf in contract.clauses
        if leaf.outcome == outcome
    )
    return Decimal(1).scaleb(-decimals) if tested else Decimal(0)


def _sample(
    scenario: Scenario, count: TallyAt, limit: float, hoped: float, outcome: str, people: int
) -> Advice:
    def at(number: int) -> Scenario:
        return _sized(scenario, outcome, number / people)

    found = advise_sample(
        lambda n: _paid(count(at(n), 0.0)),
        lambda n: _stakes(at(n), count, hoped),
        limit,
        now=people,
        fewest=max(1, people // 50),
        most=max(_MOST, people),
    )
    return Advice(hoped, 0, found)


def _paid(tally: Tally) -> float:
    return tally.paid / tally.draws


def _stakes(scenario: Scenario, count: TallyAt, hoped: float) -> Stakes:
    nothing, works = count(scenario, 0.0), count(scenario, hoped)
    return Stakes(
        _paid(nothing),
        _paid(works),
        _mean(nothing.payment(scenario, 0.0).expected),
        _mean(works.payment(scenario, hoped).expected),
    )


def _mean(money: float | str | None) -> float | None:
    return money if isinstance(money, float) else None


def _sized(scenario: Scenario, outcome: str, times: float) -> Scenario:
    """The scenario with a sample that many times as large for one outcome."""
    numbers = {
        key: replace(a, times=times) if a.outcome == outcome else a
        for key, a in scenario.numbers.items()
    }
    return replace(scenario, numbers=numbers)


def _moved(scenario: Scenario, outcome: str, by: Decimal) -> Scenario:
    """The scenario with every threshold of one outcome moved by the same amount."""
    if by == 0:
        return scenario
    return replace(scenario, contract=moved(scenario.contract, outcome, by))


_PLACES = frozenset((*OPERATORS, "above", "target", "zero_at", "full_at"))


def moved(contract: Contract, outcome: str, by: Decimal) -> Contract:
    """The contract with every threshold of one outcome moved by the same amount.

    Parameters
    ----------
    contract : Contract
        The contract; it stays what it is.
    outcome : str
        Whose thresholds.
    by : Decimal
        How far, in contract units.

    Examples
    --------
    >>> from impacteval.contract import load_contract
    >>> contract = load_contract("studies/bonds/peterborough")
    >>> marks_of(moved(contract, "reconvictions", Decimal("0.5")), "reconvictions")
    (8.0, 10.5)
    """
    dumped = contract.model_dump()
    dumped["payment"] = _shifted(dumped["payment"], outcome, by, inside=False)
    return Contract.model_validate(dumped, context={"currency": contract.currency})


def _shifted(value: Any, outcome: str, by: Decimal, *, inside: bool) -> Any:
    if isinstance(value, list | tuple):
        return [_shifted(item, outcome, by, inside=inside) for item in value]
    if not isinstance(value, Mapping):
        return value
    own = inside or value.get("outcome") == outcome
    made: dict[str, Any] = {}
    for key, item in value.items():
        if own and key in _PLACES and isinstance(item, Decimal):
            # A full result of a bonus is a distance from its target and stays.
            distance = key == "full_at" and "target" in value
            made[key] = item if distance else item + by
        elif key == "when" and isinstance(item, Mapping):
            made[key] = {
                name: _shifted(condition, outcome, by, inside=name == outcome)
                for name, condition in item.items()
            }
        else:
            nested = own and key in ("steps", "partial", "full")
            made[key] = _shifted(item, outcome, by, inside=nested)
    return made
