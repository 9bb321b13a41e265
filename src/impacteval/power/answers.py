"""What a planned trial can find: power, the smallest effect that it finds, and its size.

A trial is planned against a number that matters: nothing at all, or the threshold of a contract.
"Finds" always means that a test against that number rejects in favour of the better side, except
for the textbook's two-sided test, which rejects on either side.

References
----------
Bloom (1995), Minimum detectable effects: a simple way to report the statistical power of
experimental designs. *Evaluation Review* 19(5).
Cohen (1988), *Statistical Power Analysis for the Behavioral Sciences*, 2nd edition, chapter 2.
Gelman and Carlin (2014), Beyond power calculations: assessing type S (sign) and type M (magnitude)
errors. *Perspectives on Psychological Science* 9(6). doi:10.1177/1745691614551642
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from impacteval.errors import Problem, UsageError
from impacteval.power.precision import Error, error_of, line
from impacteval.power.trial import PlannedTrial
from impacteval.simulation.assumed import Kind
from impacteval.simulation.sample_size import LARGEST, below, quantile
from impacteval.values import Scale

_SAME = 1e-9  # standard errors
_FURTHEST = 60  # doublings of an effect before a search gives up


@dataclass(frozen=True, slots=True)
class Test:
    """The question that is put to the estimate.

    Attributes
    ----------
    threshold : float
        The number it is held against, on the trial's scale, raw: 0 for "any effect at all".
    level : float
        Confidence level, such as 0.95.
    sides : {"two", "one"}
        Two: the interval at that level leaves out the threshold, on either side. One: the
        one-sided bound at that level lies beyond the threshold, on the better side.
    """

    threshold: float = 0.0
    level: float = 0.95
    sides: str = "two"

    __test__ = False  # not a test case, whatever its name says to a collector

    def __post_init__(self) -> None:
        if self.sides not in ("one", "two"):
            raise UsageError(f"sides is 'one' or 'two', not {self.sides!r}.")
        if not 0.0 < self.level < 1.0:
            raise UsageError(f"A level lies between 0 and 1, and {self.level:g} does not.")
        if not math.isfinite(self.threshold):
            raise UsageError("A threshold must be a finite number.")

    @property
    def tail(self) -> float:
        """The quantile that the test holds the estimate against."""
        return 0.5 * (1.0 + self.level) if self.sides == "two" else self.level


@dataclass(frozen=True, slots=True)
class Found:
    """What is found when one effect is true.

    Attributes
    ----------
    effect : float
        On those whom the programme reaches, on the trial's scale, raw.
    estimated : float
        The true value of the number that is estimated; smaller where not all are reached.
    std_error, df : float
        Of the estimate; on scale relative, of the logarithm of the ratio.
    finds : float
        How often the test rejects.
    passes : float
        How often the estimate itself reaches the threshold, whatever its error.
    wrong_side : float
        Among rejections, how many are on the side where the truth is not (type S); NaN when the
        truth is the threshold itself.
    exaggerates : float
        Average distance from the threshold of estimates for which the test rejects, over the true
        distance (type M); NaN when the truth is the threshold itself.
    """

    effect: float
    estimated: float
    std_error: float
    df: float
    finds: float
    passes: float
    wrong_side: float
    exaggerates: float


def finds(trial: PlannedTrial, effect: float, test: Test) -> Found:
    """What the test says when that effect is true.

    Parameters
    ----------
    trial : PlannedTrial
        The trial.
    effect : float
        On the trial's scale, on those whom the programme reaches, raw.
    test : Test
        The question.

    Raises
    ------
    UsageError
        When people cannot have such an effect.

    Examples
    --------
    Two groups of 50 that lie 0.2 standard deviations apart (Cohen 1988):

    >>> from impacteval.simulation.assumed import Kind
    >>> trial = PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0)
    >>> round(finds(trial, 0.2, Test()).finds, 9)
    0.167675486

    An effect that is exactly the threshold reaches it half the time, and is told from it rarely:

    >>> found = finds(trial, 0.2, Test(0.2, 0.9, "one"))
    >>> round(found.passes, 9), round(found.finds, 9)
    (0.5, 0.1)
    """
    _check(trial, effect)
    error = error_of(trial, effect)
    away = _away(trial, error, test)
    limit = quantile(test.tail, error.df)
    better = below(-limit, error.df, -away)
    worse = below(-limit, error.df, away) if test.sides == "two" else 0.0
    passes = below(0.0, math.inf, -away)
    wrong = exaggerates = math.nan
    if away != 0.0 and better + worse > 0.0:
        wrong = (worse if away > 0.0 else better) / (better + worse)
        exaggerates = _exaggerates(away, limit, test.sides)
    return Found(
        effect,
        trial.estimated(effect),
        error.std_error,
        error.df,
        better + worse,
        passes,
        wrong,
        exaggerates,
    )


def _check(trial: PlannedTrial, effect: float) -> None:
    if not trial.possible(effect):
        raise UsageError(
            Problem(
                f"An effect of {effect:g} is impossible: people would have an impossible mean.",
                "Give another one, or mend the baseline.",
            )
        )


def _away(trial: PlannedTrial, error: Error, test: Test) -> float:
    """By how many standard errors the truth is better than the threshold."""
    found = trial.sign * (error.value - line(trial, test.threshold)) / error.std_error
    # A threshold that is the truth is so although the two are computed in different ways.
    return 0.0 if abs(found) < _SAME else found


def _exaggerates(away: float, limit: float, sides: str) -> float:
    """Mean of |Z| over |away| where Z ~ N(away, 1) lies beyond the limit: the type M error."""
    from scipy.special import ndtr

    def mass(at: float) -> tuple[float, float]:
        chance = float(ndtr(at - limit))
        density = math.exp(-0.5 * (limit - at) ** 2) / math.sqrt(2.0 * math.pi)
        return chance, at * chance + density  # P(Z > limit), E[Z; Z > limit]

    up, mean_up = mass(away)
    down, mean_down = mass(-away) if sides == "two" else (0.0, 0.0)
    return (mean_up + mean_down) / (up + down) / abs(away)


def detectable(trial: PlannedTrial, test: Test, power: float) -> float | None:
    """The smallest effect beyond the threshold that is found that often.

    Parameters
    ----------
    trial : PlannedTrial
        The trial.
    test : Test
        The question.
    power : float
        How often it is to be found, such as 0.8.

    Returns
    -------
    float or None
        On the trial's scale, on those whom the programme reaches, raw. Bloom's: the effect whose
        distance from the threshold is ``t(level) + t(power)`` standard errors. None when no
        effect that people can have is far enough.

    Examples
    --------
    Forty clusters of 50 with an intra-cluster correlation of 0.1, in standard deviations:

    >>> from impacteval.simulation.assumed import Kind
    >>> trial = PlannedTrial(Kind.NORMAL, 1000, 1000, sd=1.0, clusters=(20, 20), icc=0.1)
    >>> round(detectable(trial, Test(), 0.8), 10)
    0.3123676087
    """
    _check_power(power)
    from scipy.optimize import brentq

    def short(effect: float) -> float:
        error = error_of(trial, effect)
        needed = quantile(test.tail, error.df) + quantile(power, error.df)
        return needed - _away(trial, error, test)

    start = _at_threshold(trial, test)
    if start is None:
        return None
    if short(start) <= 0.0:
        return start  # so little is asked for that the threshold itself is "found" that often
    reach = _possible_end(trial, start)
    far = error_of(trial, start).std_error / trial.reached
    far *= trial.baseline if trial.scale is Scale.RELATIVE and trial.baseline > 1.0 else 1.0
    end = start
    for k in range(_FURTHEST):
        end = start + trial.sign * far * 2.0 ** (k - 2)
        if reach is not None and trial.sign * (end - reach) >= 0.0:
            end = reach
        if short(end) <= 0.0:
            return float(brentq(short, start, end, xtol=1e-13 * max(1.0, abs(end))))
        if end == reach:
            return None
    return None


def _at_threshold(trial: PlannedTrial, test: Test) -> float | None:
    """The effect on those reached at which the number that is estimated is the threshold."""
    if test.threshold == 0.0:
        return 0.0
    if trial.participants or (trial.take_up[0] == 1.0 and trial.take_up[1] == 0.0):
        found = test.threshold
    elif trial.scale is Scale.RELATIVE:
        # (1 + p1 r) / (1 + p0 r) = 1 + threshold
        ratio = 1.0 + test.threshold
        bottom = trial.take_up[0] - ratio * trial.take_up[1]
        if bottom <= 0.0:
            return None
        found = test.threshold / bottom
    else:
        found = test.threshold / trial.reached
    return found if trial.possible(found) else None


def _possible_end(trial: PlannedTrial, start: float) -> float | None:
    """The last effect on the better side that people can have; None when there is no last one."""
    if trial.kind is Kind.NORMAL and trial.scale is not Scale.RELATIVE:
        return None
    step = abs(start) or 1.0
    low, high = start, start
    for _ in range(_FURTHEST):
        high = start + trial.sign * step
        if not trial.possible(high):
            break
        low, step = high, 2.0 * step
    else:
        return None
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if trial.possible(middle) else (low, middle)
    return low


def needed(trial: PlannedTrial, effect: float, test: Test, power: float) -> PlannedTrial | None:
    """The trial of the same shape that is just large enough to find that effect that often.

    Parameters
    ----------
    trial : PlannedTrial
        Its people (or its clusters, their sizes kept) are multiplied.
    effect : float
        The true effect on those whom the programme reaches, raw.
    test : Test
        The question.
    power : float
        How often it is to be found.

    Returns
    -------
    PlannedTrial or None
        None when no trial is large enough: the truth is not beyond the threshold.

    Examples
    --------
    >>> from impacteval.simulation.assumed import Kind
    >>> trial = PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0)
    >>> needed(trial, 0.2, Test(), 0.8).served
    394
    >>> round(50 * factor_needed(trial, 0.2, Test(), 0.8), 4)
    393.4057
    """
    factor = factor_needed(trial, effect, test, power)
    return None if factor is None else trial.times(factor)


def factor_needed(trial: PlannedTrial, effect: float, test: Test, power: float) -> float | None:
    """By how much the trial must be multiplied for `needed`, before people are made whole."""
    _check_power(power)
    _check(trial, effect)
    from scipy.optimize import brentq

    if _away(trial, error_of(trial, effect), test) == 0.0:
        return None

    def short(log_factor: float) -> float:
        error = error_of(trial, effect, math.exp(log_factor))
        df, away = max(error.df, 1.0), _away(trial, error, test)
        limit = quantile(test.tail, df)
        chance = below(-limit, df, -away)
        if test.sides == "two":
            chance += below(-limit, df, away)
        return chance - power

    low, high = -math.log(LARGEST), math.log(LARGEST)
    if short(high) < 0.0:
        return None
    if short(low) >= 0.0:
        return math.exp(low)
    return math.exp(float(brentq(short, low, high, xtol=1e-12)))


def _check_power(power: float) -> None:
    if not 0.0 < power < 1.0:
        raise UsageError(f"Power lies between 0 and 1, and {power:g} does not.")
