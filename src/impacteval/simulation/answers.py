"""Answers to a contract's questions for many estimates at once.

The vectorised twin of `impacteval.analysis.evidence.ask`: the same bounds, tests and confidences
of the same confidence distribution, in contract units, rounded once to the same ten digits. A
number of the array is the float nearest to the Decimal that `ask` gives, so that it ties with a
threshold exactly when the Decimal does.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from impacteval.contract import units
from impacteval.simulation.estimates import Estimates
from impacteval.values import (
    AuditDiscrepancy,
    ClaimedCount,
    Confidence,
    CounterfactualMean,
    ExpectedPayment,
    LowerBound,
    PartEstimate,
    PointEstimate,
    PValue,
    Question,
    Scale,
    Side,
    Tail,
    significant,
)

Floats = NDArray[np.float64]

_DIGITS = 10


def rounded(values: Floats, references: Floats, digits: int = _DIGITS) -> Floats:
    """`impacteval.values.significant` of each value, as the float nearest to it.

    Parameters
    ----------
    values : array, shape (draws,)
        Numbers; infinite and NaN ones stay.
    references : array, shape (draws,)
        The magnitude whose digits count.
    digits : int
        How many.

    Examples
    --------
    >>> rounded(np.array([0.1 + 0.2, 1 / 3]), np.array([1.0, 100.0])).tolist()
    [0.3, 0.3333333]
    """
    values, references = np.broadcast_arrays(
        np.asarray(values, np.float64), np.asarray(references, np.float64)
    )
    legal = np.isfinite(values) & np.isfinite(references) & (references > 0.0)
    size = np.where(legal, references, 1.0)
    logs = np.log10(size)
    whole_power = np.rint(logs)
    exact = size == 10.0**whole_power
    exponent = np.where(exact, whole_power, np.floor(logs)) - digits + 1
    # Powers of ten are finite floats, exact where 22 digits suffice; whatever lies near a
    # boundary, or outside that range, takes the long way.
    shift = np.clip(exponent, -22, 22)
    power = 10.0 ** np.abs(shift)
    scaled = np.where(shift < 0, values * power, values / power)
    scaled = np.where(legal, scaled, 0.0)
    whole = np.rint(scaled)
    found = np.where(shift < 0, whole / power, whole * power) + 0.0
    doubtful = legal & (
        (~exact & (np.abs(logs - whole_power) < 1e-9))
        | (np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) < 10.0 ** (digits - 14))
        | (np.abs(whole) >= 2.0**49)
        | (shift != exponent)
    )
    for k in zip(*np.nonzero(doubtful), strict=True):
        found[k] = float(significant(float(values[k]), float(references[k]), digits=digits))
    return np.where(legal, found, values)


def references_of(found: Estimates, effect: str) -> Floats:
    """The magnitude whose ten digits count, in contract units, for each estimate."""
    size = units.effect_kind(effect).size
    raw = np.abs(found.value)
    match found.scale:
        case Scale.RELATIVE:
            return size * np.maximum(np.maximum(raw, np.abs(1.0 + found.value)), 1.0)
        case Scale.STANDARDISED:
            return np.maximum(raw, 1.0)
        case Scale.DIFFERENCE | Scale.TOTAL:
            means = np.maximum(np.abs(found.observed), np.abs(found.counterfactual))
            return np.maximum(raw, means)


def answers(found: Estimates, question: Question, *, effect: str, better: str) -> Floats:
    """The answer of each estimate's confidence distribution, NaN where there is no estimate.

    Parameters
    ----------
    found : Estimates
        On the scale that the contract's effect asks for; Student's t, of the log ratio on scale
        relative.
    question : Question
        What the contract asks.
    effect, better : str
        The contract's effect and direction.

    Returns
    -------
    array, shape (draws,)
        In contract units, better being larger as `impacteval.contract.units` has it.
    """
    references = references_of(found, effect)
    match question:
        case PointEstimate():
            return rounded(units.factor(effect, better) * found.value, references)
        case LowerBound():
            bound = units.raw_bound(effect, better, question)
            end = _bound(found, bound.level, bound.side, bound.end == "low")
            return rounded(units.factor(effect, better) * end, references)
        case PValue():
            test = units.raw_test(effect, better, question)
            return _chance(_p_value(found, test.null, test.tail))
        case Confidence():
            test = units.raw_confidence(effect, better, question)
            return _chance(1.0 - _p_value(found, test.null, test.tail))
        case (
            ExpectedPayment()
            | PartEstimate()
            | AuditDiscrepancy()
            | ClaimedCount()
            | CounterfactualMean()
        ):
            raise ValueError(f"{type(question).__name__} is not asked of an estimate alone.")


def _chance(values: Floats) -> Floats:
    clipped: Floats = np.clip(values, 0.0, 1.0)
    return rounded(clipped, np.ones_like(clipped))


def _bound(found: Estimates, level: float, side: Side, low: bool) -> Floats:
    from scipy.special import stdtrit

    alpha = round(1.0 - level, 12) / (2.0 if side is Side.TWO else 1.0)
    reach = stdtrit(found.df, alpha if low else 1.0 - alpha)
    if found.scale is not Scale.RELATIVE:
        return found.value + found.std_error * reach
    logs = found.log_ratio + found.log_std_error * reach
    ratio: Floats = np.expm1(np.minimum(logs, 700.0))
    return ratio


def _p_value(found: Estimates, null: float, tail: Tail) -> Floats:
    from scipy.special import stdtr

    greater: Floats
    less: Floats
    if found.scale is Scale.RELATIVE and null <= -1.0:
        greater, less = np.zeros_like(found.value), np.ones_like(found.value)
    else:
        if found.scale is Scale.RELATIVE:
            z = (found.log_ratio - math.log1p(null)) / found.log_std_error
        else:
            z = (found.value - null) / found.std_error
        greater, less = stdtr(found.df, -z), stdtr(found.df, z)
    masked = np.where(found.refused, np.nan, 0.0)
    match tail:
        case Tail.GREATER:
            return greater + masked
        case Tail.LESS:
            return less + masked
        case Tail.TWO:
            return np.minimum(1.0, 2.0 * np.minimum(greater, less)) + masked
