"""The standard error that the estimate of a planned trial will have.

References
----------
Bloom (1995), Minimum detectable effects. *Evaluation Review* 19(5).
Eldridge, Ashby and Kerry (2006), Sample size for cluster randomized trials: effect of coefficient
of variation of cluster size and analysis method. *International Journal of Epidemiology* 35(5).
Schochet (2008), Statistical power for random assignment evaluations of education programs.
*Journal of Educational and Behavioral Statistics* 33(1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from impacteval.errors import Problem, UsageError
from impacteval.power.trial import PlannedTrial
from impacteval.simulation.assumed import Kind
from impacteval.values import Scale

COMPARISON, PROGRAMME = 0, 1


@dataclass(frozen=True, slots=True)
class Error:
    """How an estimate will scatter, on the line where it is compared.

    Attributes
    ----------
    value : float
        The number that is estimated, on that line: the logarithm of the ratio on scale relative,
        else the number itself.
    std_error : float
        Its standard error there.
    df : float
        Degrees of freedom of that standard error.
    """

    value: float
    std_error: float
    df: float


def line(trial: PlannedTrial, number: float) -> float:
    """Where a number of the trial's scale lies on the line on which it is compared.

    A relative effect is compared through its logarithm, as our estimators do.
    """
    if trial.scale is not Scale.RELATIVE:
        return number
    return math.log1p(number) if number > -1.0 else -math.inf


def error_of(trial: PlannedTrial, effect: float, factor: float = 1.0) -> Error:
    """The error of the estimate when that is the effect on those whom the programme reaches.

    Parameters
    ----------
    trial : PlannedTrial
        The trial.
    effect : float
        On the trial's scale, raw.
    factor : float
        Variances and degrees of freedom of a trial with that many times the people (or clusters).

    Returns
    -------
    Error

    Raises
    ------
    UsageError
        For a relative effect on participants.

    Notes
    -----
    Variances of the two arms' means add up. In an arm with n people measured, of whom a share p
    is reached by a programme that shifts them by s, the variance of the mean is
    ``(own + icc m (1 + cv^2)) v / n + p (1 - p) s^2 / n`` with v the variance between people,
    m the mean size of a cluster and own what is left of the variance after clusters, blocks and
    covariates. Degrees of freedom are those of Welch and Satterthwaite for the two arms' own.

    Examples
    --------
    Two groups of 50 with a standard deviation of 1:

    >>> from impacteval.simulation.assumed import Kind
    >>> found = error_of(PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0), 0.2)
    >>> found.std_error == math.sqrt(2 / 50), round(found.df, 9)
    (True, 98.0)

    Forty clusters of 50 with an intra-cluster correlation of 0.1:

    >>> trial = PlannedTrial(Kind.NORMAL, 1000, 1000, sd=1.0, clusters=(20, 20), icc=0.1)
    >>> round(error_of(trial, 0.0).std_error, 10), round(error_of(trial, 0.0).df, 9)
    (0.1086278049, 38.0)
    """
    if trial.participants and trial.scale is Scale.RELATIVE:
        raise UsageError(
            Problem(
                "The error of a relative effect on participants has no formula here.",
                "Plan it on the scale difference, or simulate the trial.",
            )
        )
    means = trial.means(effect)
    arms = [_variance(trial, effect, means[0], 0), _variance(trial, effect, means[1], 1)]
    places = trial.clusters or tuple(
        n * (1.0 - lost) for n, lost in zip((trial.served, trial.compared), trial.lost, strict=True)
    )
    each = [v / factor for v in arms]
    freedom = [max(k * factor - trial.blocks, 1e-9) for k in places]
    value = line(trial, trial.estimated(effect))
    match trial.scale:
        case Scale.RELATIVE:
            weights = [1.0 / means[0] ** 2, 1.0 / means[1] ** 2]
        case Scale.TOTAL:
            weights = [float(trial.served) ** 2] * 2
        case Scale.STANDARDISED:
            weights = [1.0 / trial.population.variance] * 2
        case Scale.DIFFERENCE:
            weights = [1.0, 1.0]
    if trial.participants:
        weights = [_of_participants(trial)] * 2
    parts = [w * v for w, v in zip(weights, each, strict=True)]
    total = sum(parts)
    squares = sum(p**2 / f for p, f in zip(parts, freedom, strict=True))
    df = total**2 / squares if squares > 0.0 else math.inf
    if trial.scale is Scale.STANDARDISED:
        # The comparison group's own standard deviation is estimated too.
        size = trial.estimated(effect)
        total += size**2 / (2.0 * max(_free_for_spread(trial) * factor - 1.0, 1.0))
    return Error(value, math.sqrt(total), df)


def _free_for_spread(trial: PlannedTrial) -> float:
    """How many independent people the comparison group's standard deviation is worth.

    Squares of two people of one cluster correlate at the square of their own correlation.
    """
    people = trial.compared * (1.0 - trial.lost[1])
    if trial.clusters is None:
        return people
    size = people / trial.clusters[1]
    return people / (1.0 + (size * (1.0 + trial.cluster_cv**2) - 1.0) * trial.icc**2)


def _of_participants(trial: PlannedTrial) -> float:
    """Weight of the two variances for the effect on those whom the assignment made take part."""
    unit = {
        Scale.DIFFERENCE: 1.0,
        Scale.TOTAL: float(trial.served),
        Scale.STANDARDISED: 1.0 / trial.population.sd,
    }[trial.scale]
    return (unit / trial.reached) ** 2


def _variance(trial: PlannedTrial, effect: float, mean: float, place: int) -> float:
    """Variance of the mean of an arm; `place` 0 for the programme, 1 for comparison."""
    people = (trial.served, trial.compared)[place]
    measured = people * (1.0 - trial.lost[place])
    own = 1.0 - trial.icc - trial.between - trial.explained
    if trial.clusters is None:
        shared = 0.0
    else:
        size = measured / trial.clusters[place]
        shared = trial.icc * size * (1.0 + trial.cluster_cv**2)
    between_people, mixed = _spread(trial, effect, mean, place)
    return (max(own, 0.0) + shared) * between_people / measured + mixed / measured


def _spread(trial: PlannedTrial, effect: float, mean: float, place: int) -> tuple[float, float]:
    """Variance between people of an arm, and what reaching only some of them adds to it."""
    share = trial.take_up[place]
    if trial.kind is Kind.BINARY:
        if not trial.participants:
            return mean * (1.0 - mean), 0.0
        low = trial.baseline
        high = low + trial.shift(effect)
        return share * high * (1.0 - high) + (1.0 - share) * low * (1.0 - low), 0.0
    mixed = 0.0 if trial.participants else share * (1.0 - share) * trial.shift(effect) ** 2
    if trial.kind is Kind.COUNT:
        assert trial.variance_over_mean is not None
        return trial.variance_over_mean * mean, mixed
    assert trial.sd is not None
    return trial.sd**2, mixed
