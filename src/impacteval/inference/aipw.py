r"""Two means, each right when either of two models is: chance of being served, and outcome.

With weights :math:`\omega` that make the group measured resemble the target by its chance of being
served, and :math:`m(x)` the outcome that a model predicts, the mean of the target is

.. math:: \sum \tau m(x) / \sum \tau + \sum \omega (y - m(x)) / \sum \omega.

If the model is right the second term is zero on average whatever the weights; if the weights are
right it takes away the first term's error whatever the model. Weights sum to one (Hajek). The models
of a person in fold `k` are fitted without fold `k`.

Influence values are those of the whole computation: the error of both models' coefficients is
counted, so that they hold when one model is wrong, not only when both are right. They are linear in
residuals of the outcome model, which are divided by :math:`\sqrt{1 - h}` (HC2).

References
----------
Robins, Rotnitzky and Zhao (1994), Estimation of regression coefficients when some regressors are
not always observed. *Journal of the American Statistical Association* 89(427).
doi:10.1080/01621459.1994.10476818
Chernozhukov, Chetverikov, Demirer, Duflo, Hansen, Newey and Robins (2018), Double/debiased machine
learning for treatment and structural parameters. *Econometrics Journal* 21(1).
doi:10.1111/ectj.12097
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.glm import Family, predicted
from impacteval.inference.left_out import LeftOut

Estimand = Literal["att", "ate"]


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """The chance of being served, from a logit fitted without each fold.

    Attributes
    ----------
    x : array, shape (n, p)
        Its columns.
    served : array of int, shape (n,)
    without : array, shape (folds, p)
        Coefficients of the logit without each fold.
    whole : array, shape (n,)
        Chance by the logit of everyone.
    information : array, shape (p, p)
        Of the logit of everyone.
    counts : array, shape (n,)
        What each row counted for in the fit.
    """

    x: Floats
    served: Ints
    without: Floats
    whole: Floats
    information: Floats
    counts: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A model of the outcome in one group, fitted without each fold.

    Attributes
    ----------
    x : array, shape (n, q)
        Its columns, for everyone.
    family : {"gaussian", "binomial", "poisson"}
    fitted : LeftOut
    whole : array, shape (n,)
        Prediction for everyone by the model of the whole group.
    residual : array, shape (n,)
        Outcome minus that, over the root of one minus leverage; zero for others.
    counts : array, shape (n,)
        What each row counted for in the fit; zero for others.
    """

    x: Floats
    family: Family
    fitted: LeftOut
    whole: Floats
    residual: Floats
    counts: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Mean:
    """The mean of a target, had it been treated as one group was.

    Attributes
    ----------
    value : float
    target : array, shape (n,)
        Influence of who belongs to the target, and of what is predicted for them.
    sampled : array, shape (n,)
        Influence of the group's outcomes and of the two models.
    weight : array, shape (n,)
        Weights of the group, summing to one.
    loads : array, shape (n,)
        What each outcome of the group is multiplied by in the mean; exact for the family gaussian.
    """

    value: float
    target: Floats
    sampled: Floats
    weight: Floats
    loads: Floats


def chances(chance: Chance, fold: Ints) -> Floats:
    """The chance of each row by the logit that was fitted without its fold, shape (n,)."""
    found, _ = predicted("binomial", _own(chance.x, chance.without, fold))
    return found


def odds(e: Floats, group: int, estimand: Estimand) -> tuple[Floats, Floats]:
    """What a member of a group counts for by its chance, and the slope of that in the logit.

    Examples
    --------
    >>> [v.tolist() for v in odds(np.array([0.75]), 0, "att")]
    [[3.0], [3.0]]
    """
    if estimand == "att":
        if group == 1:
            return np.ones_like(e), np.zeros_like(e)
        return e / (1.0 - e), e / (1.0 - e)
    if group == 1:
        return 1.0 / e, -(1.0 - e) / e
    return 1.0 / (1.0 - e), e / (1.0 - e)


def mean_of_target(
    y: Floats,
    base: Floats,
    target: Floats,
    group: int,
    estimand: Estimand,
    chance: Chance,
    outcome: Outcome,
    fold: Ints,
) -> Mean:
    """One of the two means, with the influence of every row.

    Parameters
    ----------
    y : array, shape (n,)
    base : array, shape (n,)
        What each row counts for in means of outcomes; zero for those left out.
    target : array, shape (n,)
        The same of those whom the mean is about.
    group : {0, 1}
    estimand : {"att", "ate"}
    chance : Chance
    outcome : Outcome
        Of that group.
    fold : array of int, shape (n,)

    Returns
    -------
    Mean
        Influence of whole rows: a row of several copies has the sum of theirs.
    """
    total = float(target.sum())
    e = chances(chance, fold)
    times, _ = odds(e, group, estimand)
    held = base * (chance.served == group)
    omega = held * times
    size = float(omega.sum())
    eta = _own(outcome.x, outcome.fitted.coefficients, fold)
    m, slope = predicted(outcome.family, eta)
    apart = np.where(held > 0.0, y - m, 0.0)
    middle, rest = float(target @ m) / total, float(omega @ apart) / size
    folds = len(outcome.fitted.coefficients)

    # How the mean moves with the outcome model of each fold, and what each row does to that: of a
    # straight line, what each outcome is multiplied by.
    along = _by_fold(outcome.x, (target / total - omega / size) * slope, fold, folds)
    pull: Floats = np.asarray(
        np.linalg.solve(outcome.fitted.curvature, along[..., None])[..., 0], dtype=np.float64
    )
    model = outcome.counts * _of_others(outcome.x, pull, fold)
    own = float(omega @ outcome.residual) / size
    sampled = omega / size * (outcome.residual - own) + model * outcome.residual

    # The same for the chance. Taken at the models of everyone: with those of the folds this slope,
    # near zero where the outcome model is right, would be mostly noise, which its square counts.
    times, slope_times = odds(chance.whole, group, estimand)
    if slope_times.any():
        inside = held * times
        errors = np.where(held > 0.0, y - outcome.whole, 0.0)
        errors = errors - float(inside @ errors) / float(inside.sum())
        along = (held * slope_times * errors / float(inside.sum())) @ chance.x
        away = chance.counts * (chance.served - chance.whole)
        sampled = sampled + away * (chance.x @ np.linalg.solve(chance.information, along))
    centred = outcome.whole - float(target @ outcome.whole) / total
    return Mean(
        value=middle + rest,
        target=target / total * centred,
        sampled=sampled,
        weight=omega / size,
        loads=omega / size + model,
    )


def plain_mean(y: Floats, target: Floats) -> Mean:
    """The mean of a target that was observed: nothing is modelled."""
    share = target / float(target.sum())
    value = float(share @ y)
    return Mean(value, share * (y - value), np.zeros_like(y), share, share)


def _own(x: Floats, coefficients: Floats, fold: Ints) -> Floats:
    """Linear predictor of each row by the coefficients of its fold, shape (n,)."""
    if len(coefficients) == 1:
        return np.asarray(x @ coefficients[0])
    return np.asarray((x @ coefficients.T)[np.arange(len(fold)), fold])


def _by_fold(x: Floats, weight: Floats, fold: Ints, folds: int) -> Floats:
    """Weighted sums of rows by fold, shape (folds, p)."""
    spread = np.zeros((len(fold), folds))
    spread[np.arange(len(fold)), fold] = weight
    return np.asarray(spread.T @ x)


def _of_others(x: Floats, pull: Floats, fold: Ints) -> Floats:
    """The sum over all folds but the row's own of ``x' pull``; of the only fold, that one."""
    if len(pull) == 1:
        return np.asarray(x @ pull[0])
    every = x @ pull.T
    return np.asarray(every.sum(axis=1) - every[np.arange(len(fold)), fold])
