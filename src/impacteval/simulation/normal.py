"""The normal engine: estimates scatter normally around the truth with the error sizes give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impacteval.contract.model import Contract
from impacteval.contract.units import larger_is_better
from impacteval.decide import Compared
from impacteval.errors import Problem, UsageError
from impacteval.inference.degrees import welch_satterthwaite
from impacteval.pricing import StudentDraws
from impacteval.simulation.assumed import Assumed
from impacteval.simulation.averages import averages
from impacteval.simulation.engine import Answers, Floats
from impacteval.simulation.precision import degrees_of_freedom, std_error
from impacteval.simulation.scenario import Scenario
from impacteval.values import (
    Confidence,
    ExpectedPayment,
    LowerBound,
    PointEstimate,
    PValue,
    Question,
    Scale,
)

_MANY = 200.0


@dataclass(frozen=True, slots=True)
class Scatter:
    """How one number scatters.

    Attributes
    ----------
    truth, std_error : float
        In contract units.
    df : float
        Degrees of freedom of the standard error that an evaluator will estimate.
    """

    truth: float
    std_error: float
    df: float


def scatter_of(scenario: Scenario, effect: float, asked: Compared) -> Scatter:
    """How the number that is asked for scatters when the grid stands at `effect`.

    The error of a pool is the joint one of its groups, never a mean of theirs.
    """
    members = asked.pool or (asked.group,)
    parts = [scenario.numbers[asked.outcome, g] for g in members]
    errors = np.array([std_error(a, a.truth(effect)) for a in parts])
    weights = np.array(scenario.weights(asked.outcome, members) if asked.pool else (1.0,))
    truth = float(weights @ [a.truth(effect) for a in parts])
    joint = _joint_error(weights, errors, scenario.between_groups)
    df = _joint_df(weights * errors, [degrees_of_freedom(a) for a in parts], scenario)
    return Scatter(truth, float(joint), df)


def draw_normal(
    scenario: Scenario,
    effect: float,
    asked: tuple[Compared, ...],
    rng: np.random.Generator,
    draws: int,
) -> Answers:
    """Answers to everything that is asked, when estimates are normal.

    Parameters
    ----------
    scenario : Scenario
        What is assumed.
    effect : float
        The true effect of the outcome that varies, in contract units.
    asked : tuple of Compared
        Each number with its questions.
    rng : numpy.random.Generator
        The source of chance.
    draws : int
        How many times.

    Returns
    -------
    mapping of (outcome, group) to mapping of Question to array of shape (draws,)

    Notes
    -----
    Each estimate is normal around the truth with the standard error of `precision.std_error`.
    Bounds, p-values and confidences are Student's, with a standard error that is itself estimated:
    its square scatters as chi-squared over its degrees of freedom. Draws of each estimate are
    stratified: one in each of `draws` equally likely slices (McKay, Beckman and Conover 1979,
    *Technometrics* 21(2)), so that what depends on one number is all but exact.
    """
    keys = tuple(scenario.numbers)
    estimates, errors = _drawn(scenario, effect, keys, rng, draws, with_errors=_tested(asked))
    found: dict[tuple[str, str], Mapping[Question, Floats]] = {}
    for each in asked:
        members = each.pool or (each.group,)
        weights = scenario.weights(each.outcome, members) if each.pool else (1.0,)
        value = sum(w * estimates[each.outcome, g] for w, g in zip(weights, members, strict=True))
        assert not isinstance(value, int)
        parts = np.stack([errors[each.outcome, g] for g in members])
        error = _joint_error(np.array(weights), parts, scenario.between_groups)
        own = scenario.numbers[each.outcome, members[0]]
        df = scatter_of(scenario, effect, each).df
        found[each.outcome, each.group] = _answers(
            scenario.contract, each, own, _ten_digits(own, value), error, df
        )
    return found


def _tested(asked: tuple[Compared, ...]) -> bool:
    return any(not isinstance(q, PointEstimate) for each in asked for q in each.questions)


def _drawn(
    scenario: Scenario,
    effect: float,
    keys: tuple[tuple[str, str], ...],
    rng: np.random.Generator,
    draws: int,
    *,
    with_errors: bool,
) -> tuple[dict[tuple[str, str], Floats], dict[tuple[str, str], Floats]]:
    """Estimates and their estimated standard errors, by (outcome, group)."""
    scores = stratified_normal(rng, draws, len(keys))
    if len(keys) > 1 and (scenario.between_groups or scenario.between_outcomes):
        scores = mixing(scenario, keys) @ scores
    estimates: dict[tuple[str, str], Floats] = {}
    errors: dict[tuple[str, str], Floats] = {}
    for key, z in zip(keys, scores, strict=True):
        assumed = scenario.numbers[key]
        truth = assumed.truth(effect)
        error = std_error(assumed, truth)
        estimates[key] = truth + error * z
        df = degrees_of_freedom(assumed)
        if with_errors and math.isfinite(df):
            errors[key] = error * np.sqrt(rng.chisquare(df, draws) / df)
        else:
            errors[key] = np.full(draws, error)
    return estimates, errors


def stratified_normal(rng: np.random.Generator, draws: int, numbers: int) -> Floats:
    """Independent standard normal scores, each row one in each of `draws` slices.

    Returns
    -------
    array of shape (numbers, draws)

    Examples
    --------
    >>> z = stratified_normal(np.random.default_rng(1), 1000, 2)
    >>> z.shape, round(float(np.mean(z[0] > 1.6448536)), 2)
    ((2, 1000), 0.05)
    """
    from scipy.special import ndtri

    slices = np.stack([rng.permutation(draws) for _ in range(numbers)])
    return np.asarray(ndtri((slices + rng.random((numbers, draws))) / draws))


def mixing(scenario: Scenario, keys: tuple[tuple[str, str], ...]) -> Floats:
    """A square root of the correlation matrix of the estimates, shape (numbers, numbers).

    Raises
    ------
    UsageError
        When the correlations that were given cannot hold together.
    """
    between = np.array(
        [
            [
                (1.0 if o == p else scenario.between_outcomes)
                * (1.0 if g == h else scenario.between_groups)
                for (p, h) in keys
            ]
            for (o, g) in keys
        ]
    )
    values, vectors = np.linalg.eigh(between)
    if values.min() < -1e-9:
        raise UsageError(
            Problem(
                "These correlations cannot hold together: not all numbers can move against each "
                "other.",
                "Bring correlation.groups and correlation.outcomes nearer to 0.",
            )
        )
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T)


def _joint_error(weights: Floats, errors: Floats, correlation: float) -> Floats:
    """Standard error of a weighted sum; `errors` has shape (groups,) or (groups, draws)."""
    parts = (weights * errors.T).T
    total = (1.0 - correlation) * np.sum(parts**2, axis=0)
    return np.asarray(np.sqrt(np.maximum(total + correlation * np.sum(parts, axis=0) ** 2, 0.0)))


def _joint_df(parts: Floats, degrees: list[float], scenario: Scenario) -> float:
    used = parts > 0.0
    if len(parts) == 1 or not used.any():
        return degrees[0]
    df = np.array(degrees)
    if scenario.between_groups:
        return float(df[used].min())
    if np.isinf(df[used]).all():
        return math.inf
    return float(welch_satterthwaite(parts[used] ** 2, df[used]))


def _ten_digits(assumed: Assumed, value: Floats) -> Floats:
    """Estimates rounded as evidence is: sums of parts do not fall a bit short of a threshold."""
    size = 100.0 if assumed.scale is Scale.RELATIVE else float(np.max(np.abs(value), initial=0.0))
    if size == 0.0:
        return value
    return np.round(value, 9 - math.floor(math.log10(size)))


def _answers(
    contract: Contract, asked: Compared, own: Assumed, value: Floats, error: Floats, df: float
) -> dict[Question, Floats]:
    good = 1.0 if larger_is_better(own.effect, own.better) else -1.0
    spread = StudentDraws(value, error, df)
    return {
        q: averages(contract, q, spread, value)
        if isinstance(q, ExpectedPayment)
        else _answer(q, value, error, df, good)
        for q in asked.questions
    }


def _answer(question: Question, value: Floats, error: Floats, df: float, good: float) -> Floats:
    match question:
        case PointEstimate():
            return value
        case LowerBound(level=level, sides=sides):
            up_to = float(level) if sides == "one" else 0.5 * (1.0 + float(level))
            return value - good * _quantile(up_to, df) * error
        case PValue(sides="two"):
            return np.minimum(2.0 * _above(np.abs(_ratio(value, 0.0, error)), df), 1.0)
        case PValue():
            return _above(good * _ratio(value, 0.0, error), df)
        case Confidence(at=at, operator=operator):
            upward = operator in ("at_least", "more_than")
            away = _ratio(value, float(at), error)
            return 1.0 - _above(away if upward else -away, df)
        case _:
            raise ValueError(f"{type(question).__name__} is not asked of one estimate.")


def _ratio(value: Floats, null: float, error: Floats) -> Floats:
    """Standard errors away from `null`; infinitely many where there is no error."""
    away = value - null
    with np.errstate(divide="ignore", invalid="ignore"):
        found = away / error
    return np.where(np.isnan(found), 0.0, found)


def _quantile(level: float, df: float) -> float:
    from scipy.special import ndtri, stdtrit

    return float(ndtri(level) if math.isinf(df) else stdtrit(df, level))


def _above(x: Floats, df: float) -> Floats:
    """P(T > x).

    From 200 degrees of freedom on by Hill's normal score of t (1970, Algorithm 395, *Communications
    of the ACM* 13(10)), which is within 1e-10 of the exact value there and many times as fast.
    """
    from scipy.special import ndtr, stdtr

    if math.isinf(df):
        return np.asarray(ndtr(-x))
    if df < _MANY:
        return np.asarray(stdtr(df, -x))
    a = df - 0.5
    b = 48.0 * a * a
    with np.errstate(over="ignore"):
        # Beyond 40 standard errors nothing is left to tell apart.
        square = np.minimum(a * np.log1p(x * x / df), 1600.0)
    z = np.sqrt(square)
    tail = ((4.0 * square + 33.0) * square + 240.0) * square + 855.0
    score = z + (square + 3.0) * z / b - tail * z / (10.0 * b * (b + 0.8 * square**2 + 100.0))
    return np.asarray(ndtr(-np.copysign(score, x)))
