"""Everything that is asked of a planned trial, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from impacteval.errors import Problem, UsageError
from impacteval.inference.declared import Declared
from impacteval.power.answers import Found, Test, detectable, finds, needed
from impacteval.power.declare import Answer, planned
from impacteval.power.diagnose import DRAWS, Diagnosis, diagnose
from impacteval.power.looks import LookPlan, look_plan
from impacteval.power.paid import PaidBy
from impacteval.power.redesign import combinations_of
from impacteval.power.trial import PlannedTrial

SIZES = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.7, 8.0)
"""Multiples of the trial for which power is drawn."""
_POINTS = 25  # effects for which power is drawn


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a curve.

    Attributes
    ----------
    at : float
        People in the trial, or the true effect.
    finds : float
        How often the test rejects.
    """

    at: float
    finds: float


@dataclass(frozen=True, slots=True)
class Tried:
    """One design of a grid.

    Attributes
    ----------
    changed : mapping of str to value
        What it changes.
    trial : PlannedTrial
        The trial.
    found : Found or None
        What is found by the formula, where an effect was given.
    detectable : float or None
        The smallest effect that it finds often enough.
    diagnosis : Diagnosis or None
        What it does when it is simulated.
    """

    changed: Mapping[str, Any]
    trial: PlannedTrial
    found: Found | None
    detectable: float | None
    diagnosis: Diagnosis | None


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """What a planned trial can find.

    Attributes
    ----------
    trial : PlannedTrial
        The trial.
    test : Test
        The question.
    power : float
        How often an effect is to be found.
    effect : float or None
        The true effect that was given.
    found : Found or None
        What is found when it is true.
    detectable : float or None
        The smallest effect that is found often enough; None when there is none.
    needed : PlannedTrial or None
        The trial of the same shape that finds `effect` often enough; None when there is none,
        or when no effect was given.
    by_size, by_effect : tuple of Point
        Power over the number of people (of `effect`, else of `detectable`), and over effects.
    diagnosis : Diagnosis or None
        The whole design simulated, where that was asked for.
    tried : tuple of Tried
        The designs of the grid.
    looks : LookPlan or None
        Looks before the end, where there are any.
    """

    trial: PlannedTrial
    test: Test
    power: float
    effect: float | None
    found: Found | None
    detectable: float | None
    needed: PlannedTrial | None
    by_size: tuple[Point, ...]
    by_effect: tuple[Point, ...]
    diagnosis: Diagnosis | None = None
    tried: tuple[Tried, ...] = ()
    looks: LookPlan | None = None


@dataclass(frozen=True, slots=True)
class Simulate:
    """How designs are simulated.

    Attributes
    ----------
    estimator : str
        The estimator that answers.
    settings : mapping
        Its settings.
    draws, seed : int
        How often each design is run.
    contract : PaidBy or None
        For the average payment.
    """

    estimator: str = "difference-in-means"
    settings: tuple[tuple[str, Any], ...] = ()
    draws: int = DRAWS
    seed: int = 1
    contract: PaidBy | None = None


def power_plan(
    trial: PlannedTrial,
    test: Test,
    *,
    effect: float | None = None,
    power: float = 0.8,
    grid: Mapping[str, Sequence[Any]] | None = None,
    simulate: Simulate | None = None,
    looks: tuple[float, ...] = (),
    spending: Declared = "obrien_fleming",
) -> PowerPlan:
    """Ask a planned trial everything.

    Parameters
    ----------
    trial : PlannedTrial
        The trial.
    test : Test
        The question.
    effect : float, optional
        The true effect on those whom the programme reaches, on the trial's scale, raw.
    power : float
        How often it is to be found.
    grid : mapping of str to sequence, optional
        Designs to try beside: values by field of `PlannedTrial`, ``effect`` and ``estimator``.
    simulate : Simulate, optional
        Run the designs too, with the estimator that the study will use.
    looks : tuple of float, optional
        Share of the final information at each look, the last one 1.
    spending : {"obrien_fleming", "pocock", "always_valid"}
        How looks spend what may go wrong.

    Returns
    -------
    PowerPlan

    Raises
    ------
    UsageError
        With what cannot be.

    Examples
    --------
    >>> from impacteval.simulation.assumed import Kind
    >>> found = power_plan(PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0), Test(), effect=0.2)
    >>> round(found.found.finds, 4), found.needed.served, round(found.detectable, 4)
    (0.1677, 394, 0.566)
    """
    if simulate is not None and effect is None and "effect" not in (grid or {}):
        raise UsageError(
            Problem("A simulation needs a true effect, and none is given.", "Give the effect.")
        )
    smallest = detectable(trial, test, power)
    return PowerPlan(
        trial=trial,
        test=test,
        power=power,
        effect=effect,
        found=None if effect is None else finds(trial, effect, test),
        detectable=smallest,
        needed=None if effect is None else needed(trial, effect, test, power),
        by_size=_by_size(trial, test, smallest if effect is None else effect),
        by_effect=_by_effect(trial, test, smallest, effect),
        diagnosis=None if effect is None else _diagnosed(trial, effect, test, simulate),
        tried=tuple(_tried(trial, test, effect, power, grid or {}, simulate)),
        looks=look_plan(trial, test, spending, looks, effect=effect, power=power)
        if looks
        else None,
    )


def _by_size(trial: PlannedTrial, test: Test, effect: float | None) -> tuple[Point, ...]:
    if effect is None:
        return ()
    found = []
    for size in SIZES:
        try:
            larger = trial.times(size)
        except ValueError:
            continue  # too small a trial for its blocks or clusters: no such point
        people = larger.served + larger.compared
        found.append(Point(people, finds(larger, effect, test).finds))
    return tuple(found)


def _by_effect(
    trial: PlannedTrial, test: Test, smallest: float | None, effect: float | None
) -> tuple[Point, ...]:
    start = 0.0 if trial.possible(0.0) else test.threshold
    ends = [e for e in (smallest, effect) if e is not None]
    if not ends:
        return ()
    end = 1.4 * max(ends, key=lambda e: trial.sign * e)
    grid = (start + (end - start) * k / (_POINTS - 1) for k in range(_POINTS))
    return tuple(Point(e, finds(trial, e, test).finds) for e in grid if trial.possible(e))


def _diagnosed(
    trial: PlannedTrial, effect: float, test: Test, how: Simulate | None
) -> Diagnosis | None:
    if how is None:
        return None
    answer = Answer(how.estimator, dict(how.settings), trial.scale)
    return diagnose(
        planned(trial, effect, answer),
        draws=how.draws,
        seed=how.seed,
        test=test,
        better=trial.better,
        contract=how.contract,
    )


def _tried(
    trial: PlannedTrial,
    test: Test,
    effect: float | None,
    power: float,
    grid: Mapping[str, Sequence[Any]],
    how: Simulate | None,
) -> list[Tried]:
    found = []
    for changed, own in combinations_of(trial, grid):
        true = changed.get("effect", effect)
        wanted = None if true is None else float(true)
        chosen = how
        if how is not None and "estimator" in changed:
            chosen = replace(how, estimator=changed["estimator"], settings=())
        found.append(
            Tried(
                changed,
                own,
                None if wanted is None else finds(own, wanted, test),
                detectable(own, test, power),
                None if wanted is None else _diagnosed(own, wanted, test, chosen),
            )
        )
    return found
