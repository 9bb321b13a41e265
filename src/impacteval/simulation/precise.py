"""How precisely each number of a contract will be measured, and how many people it takes."""

from __future__ import annotations

import math
from dataclasses import replace

from impacteval.contract.model import POOLED
from impacteval.decide import Compared
from impacteval.simulation.characteristics import Needed, Precision
from impacteval.simulation.normal import scatter_of
from impacteval.simulation.sample_size import detectable, power_of, times_the_people
from impacteval.simulation.scenario import Scenario, marks_of
from impacteval.values import Scale

LEVEL = 0.95
SIZES = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.7, 8.0)
"""Multiples of the sample for which power is drawn."""


def precision_of(
    scenario: Scenario, asked: tuple[Compared, ...], power: float
) -> tuple[Precision, ...]:
    """Standard error, detectable effect and sample needed of every number that has an error.

    Numbers that are only counted are left out: nothing is told apart from nothing there.

    Parameters
    ----------
    scenario : Scenario
        What is assumed.
    asked : tuple of Compared
        The numbers; pools without groups that have been paid are left out.
    power : float
        How often an effect is to be found, such as 0.8.
    """
    found = []
    for each in asked:
        members = each.pool or (each.group,)
        first = scenario.numbers[each.outcome, members[0]]
        if first.counted_only or each.group.startswith(f"{POOLED}:"):
            continue
        nothing = scatter_of(_as_if(scenario, each, 0.0), 0.0, each)
        if nothing.std_error == 0.0:
            continue
        found.append(
            Precision(
                each.outcome,
                each.group,
                nothing.std_error,
                None if math.isinf(nothing.df) else nothing.df,
                detectable(nothing.std_error, nothing.df, level=LEVEL, power=power),
                LEVEL,
                power,
                tuple(
                    _needed(scenario, each, mark, power)
                    for mark in marks_of(scenario.contract, each.outcome)
                    if mark > 0.0
                    and all(scenario.numbers[each.outcome, g].possible(mark) for g in members)
                ),
            )
        )
    return tuple(found)


def _as_if(scenario: Scenario, asked: Compared, effect: float) -> Scenario:
    """The scenario with that true effect on one outcome, whether it varies or is held."""
    numbers = {
        key: replace(a, held=effect) if a.outcome == asked.outcome else a
        for key, a in scenario.numbers.items()
    }
    return replace(scenario, numbers=numbers)


def _needed(scenario: Scenario, asked: Compared, effect: float, power: float) -> Needed:
    true = _as_if(scenario, asked, effect)
    now = scatter_of(true, effect, asked)
    found = power_of(effect, now.std_error, now.df, level=LEVEL)
    members = asked.pool or (asked.group,)
    parts = [scenario.numbers[asked.outcome, g] for g in members]
    if parts[0].scale is Scale.TOTAL:
        return Needed(effect, found, None, None, None)  # more people make another total

    def larger(times: float) -> tuple[float, float]:
        # Variances fall with the sample, and degrees of freedom grow by what the sizes add; groups
        # lose one for each mean, which is what stands between sizes and degrees of freedom.
        means = 2 * len(parts)
        df = math.inf if math.isinf(now.df) else max(times * (now.df + means) - means, 1.0)
        return now.std_error / math.sqrt(times), df

    times = times_the_people(effect, larger, level=LEVEL, power=power)
    people = [a.people for a in parts]
    comparison = [a.comparison for a in parts]
    curve = tuple((k, power_of(effect, *larger(k), level=LEVEL)) for k in SIZES)
    return Needed(effect, found, times, _enough(times, people), _enough(times, comparison), curve)


def _enough(times: float | None, sizes: list[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    if times is None or len(known) < len(sizes):
        return None
    # The root is a float: a hair over a whole number is that number.
    return math.ceil(times * sum(known) - 1e-6)
