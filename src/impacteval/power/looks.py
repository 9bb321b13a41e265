"""Looks before the end of a planned trial: their levels, and what they cost and save."""

from __future__ import annotations

import math
from dataclasses import dataclass

from impacteval.errors import UsageError
from impacteval.inference.declared import Declared, declared_looks, rounded_down, shares_of
from impacteval.inference.sequential import Looks, drift_for, planned_looks
from impacteval.power.answers import Test
from impacteval.power.precision import error_of, line
from impacteval.power.trial import PlannedTrial


@dataclass(frozen=True, slots=True)
class Look:
    """One look.

    Attributes
    ----------
    information : float
        Share of the final information that is there.
    bound : float
        Standard errors by which the estimate must be better than the threshold to stop.
    level : float
        Confidence level of the interval (or bound) that is held against the threshold there: what
        a contract writes for this look.
    share : float
        Its share of what may go wrong on the better side.
    alpha_share : str
        The same rounded down, as a contract states it.
    if_threshold, if_effect : float
        Chance to stop there for the better side, when the truth is the threshold and when it is
        the effect; NaN without an effect.
    """

    information: float
    bound: float
    level: float
    share: float
    alpha_share: str
    if_threshold: float
    if_effect: float


@dataclass(frozen=True, slots=True)
class LookPlan:
    """The looks of a trial.

    Attributes
    ----------
    spending : str
        How the error is spent.
    looks : tuple of Look
        In order.
    larger : float
        By how much the final sample must be larger than without looks, for the same power.
    finds : float
        How often the effect is found at any look; NaN without an effect.
    ends_at : float
        Average share of the information at which the trial ends when the effect is true; NaN
        without one.
    """

    spending: Declared
    looks: tuple[Look, ...]
    larger: float
    finds: float
    ends_at: float


def look_plan(
    trial: PlannedTrial,
    test: Test,
    spending: Declared,
    information: tuple[float, ...],
    *,
    effect: float | None = None,
    power: float = 0.8,
) -> LookPlan:
    """The looks of a planned trial, by the normal law of growing data.

    Parameters
    ----------
    trial : PlannedTrial
        As it is at the last look.
    test : Test
        Its level is kept over all looks together.
    spending : {"obrien_fleming", "pocock", "always_valid"}
        How the error is spent.
    information : tuple of float
        Share of the final information at each look, increasing, the last one 1.
    effect : float, optional
        The true effect.
    power : float
        For which `larger` is told.

    Raises
    ------
    UsageError
        When the looks are no such shares.

    Examples
    --------
    >>> from impacteval.simulation.assumed import Kind
    >>> trial = PlannedTrial(Kind.NORMAL, 400, 400, sd=1.0)
    >>> plan = look_plan(trial, Test(0.0, 0.975, "one"), "obrien_fleming", (0.5, 1.0), effect=0.2)
    >>> [round(look.level, 6) for look in plan.looks]
    [0.998475, 0.9755]
    """
    from scipy.special import ndtri

    alpha = round(1.0 - test.level, 12)
    if alpha >= 0.5:
        raise UsageError(
            f"Looks share what may go wrong, and a level of {test.level:g} leaves most."
        )
    # A contract pays on one side, whatever the sides of its level (`declared_looks`).
    declared = declared_looks(spending, round(1.0 - test.tail, 12), information)
    looks = _both_sides(spending, alpha, declared) if test.sides == "two" else declared
    nothing = looks.stops(0.0)
    finds = ends = math.nan
    true: tuple[float, ...] = (math.nan,) * len(information)
    if effect is not None:
        error = error_of(trial, effect)
        away = trial.sign * (error.value - line(trial, test.threshold)) / error.std_error
        crossed = looks.stops(away)
        true, finds, ends = crossed.above, crossed.power, crossed.expected_information
    alone = float(ndtri(test.tail)) + float(ndtri(power))
    return LookPlan(
        spending,
        tuple(
            Look(
                share,
                bound,
                level,
                spent,
                format(rounded_down(spent), "f").rstrip("0"),
                at_null,
                at_effect,
            )
            for share, bound, level, spent, at_null, at_effect in zip(
                information,
                looks.bounds,
                looks.levels,
                shares_of(declared),
                nothing.above,
                true,
                strict=True,
            )
        ),
        (drift_for(looks, power) / alone) ** 2,
        finds,
        ends,
    )


def _both_sides(spending: Declared, alpha: float, declared: Looks) -> Looks:
    """The looks of a two-sided test, which the mirror image of each bound stops as well."""
    if spending == "always_valid":
        return Looks(declared.information, declared.bounds, two_sided=True, alpha=alpha)
    return planned_looks(spending, alpha, declared.information, two_sided=True)
