"""Stop triggers in draws: what is simulated can fire them, and the others are said to stay quiet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from impacteval.analysis.stops import stop_question
from impacteval.contract.model import Contract
from impacteval.contract.payment import Leaf
from impacteval.contract.rules import ChanceRule
from impacteval.contract.stopping import Trigger
from impacteval.decide import Compared
from impacteval.decide.stops import clauses_held
from impacteval.pricing.floats import Bools, holds
from impacteval.pricing.readings import read_draws
from impacteval.simulation.completing import numbers_of
from impacteval.simulation.engine import Answers


def simulated_triggers(contract: Contract) -> dict[str, Trigger]:
    """The triggers that move money and watch the result of an outcome that a clause compares."""
    outcomes = {outcome for outcome, _ in numbers_of(contract)}
    return {
        name: trigger
        for name, trigger in contract.stop_when.items()
        if trigger.moves_money and trigger.kind == "when" and trigger.of in outcomes
    }


def quiet_triggers(contract: Contract) -> tuple[str, ...]:
    """The triggers that move money and that nothing tells here: they are taken to stay quiet."""
    told = simulated_triggers(contract)
    return tuple(n for n, t in contract.stop_when.items() if t.moves_money and n not in told)


def with_triggers(contract: Contract, asked: tuple[Compared, ...]) -> tuple[Compared, ...]:
    """What is asked, with what triggers ask: of each group of their outcome, and not of the pool."""
    found = {(each.outcome, each.group): each for each in asked}
    for trigger in simulated_triggers(contract).values():
        question = stop_question(trigger)
        for outcome, group in numbers_of(contract):
            if outcome != trigger.of:
                continue
            own = found.get((outcome, group), Compared(outcome, group, (), ()))
            if question not in own.questions:
                found[outcome, group] = replace(own, questions=(*own.questions, question))
    return tuple(found.values())


def held_draws(contract: Contract, answers: Answers, leaf: Leaf) -> tuple[Bools, Bools] | None:
    """In which draws triggers pay nothing for a clause, and in which they withhold a judgement.

    Returns
    -------
    (barred, unjudged) : arrays of bool, shape (draws,), or None
        None when no trigger holds the clause. What is paid nothing for comes first.
    """
    barred: Bools | None = None
    unjudged: Bools | None = None
    for trigger in simulated_triggers(contract).values():
        if leaf.name not in clauses_held(contract, trigger):
            continue
        fired, unknown = _state(contract, answers, trigger)
        nowhere = np.zeros_like(fired)
        barred = nowhere if barred is None else barred
        unjudged = nowhere.copy() if unjudged is None else unjudged
        if trigger.then == "pay_nothing":
            barred = barred | fired
            unjudged = unjudged | unknown
        else:
            unjudged = unjudged | fired | unknown
    if barred is None or unjudged is None:
        return None
    return barred, unjudged & ~barred


def _state(contract: Contract, answers: Answers, trigger: Trigger) -> tuple[Bools, Bools]:
    """Where a trigger fires, and where nobody can tell: it fires as soon as one group makes it."""
    parts = [_group(contract, answers, trigger, g) for g in _groups(contract, trigger)]
    fired = np.logical_or.reduce([fires for fires, _ in parts])
    unknown = np.logical_or.reduce([without for _, without in parts])
    return np.asarray(fired), np.asarray(unknown & ~fired)


def _groups(contract: Contract, trigger: Trigger) -> Iterator[str]:
    return (group for outcome, group in numbers_of(contract) if outcome == trigger.of)


def _group(
    contract: Contract, answers: Answers, trigger: Trigger, group: str
) -> tuple[Bools, Bools]:
    assert trigger.of is not None
    numbers = answers[trigger.of, group][stop_question(trigger)]
    unknown = np.isnan(numbers)
    known = np.where(unknown, 0.0, numbers)
    if isinstance(trigger.decide_on, ChanceRule):
        fires = np.round(known, 10) >= float(trigger.decide_on.chance_at_least)
    else:
        value = read_draws(contract.outcomes[trigger.of], known)
        fires = holds(trigger.limit.operator, value, trigger.limit.threshold)
    return fires & ~unknown, unknown
