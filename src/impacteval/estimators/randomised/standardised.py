"""Arm means by standardisation: everyone predicted with the programme and without it.

Pure functions on arrays with leading axes of replications.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.randomised.arms import LinFit, lin_columns
from impacteval.estimators.randomised.pooled import pooled_columns, share_correct, target_mean
from impacteval.inference import ArmMeans, Family, GlmFit, Variance, fit_glm, predicted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Standardised:
    """Both standardised means, the model behind them, and their gradients.

    Attributes
    ----------
    means : array, shape (..., 2)
        Comparison first, programme second.
    lin : LinFit
        The model's last step as least squares, and the gradient of both means by coefficient.
    model : GlmFit
        The fitted model.
    columns : array, shape (..., n, p)
        Its columns.
    unit : array, shape (..., k)
        What each covariate was divided by.
    extreme : array, shape (...)
        Largest linear predictor in size, beside the link of the mean outcome.
    """

    means: Floats
    lin: LinFit
    model: GlmFit
    columns: Floats
    unit: Floats
    extreme: Floats

    def arms(self, *, cluster: Ints | None = None, variance: Variance = "hc2") -> ArmMeans:
        """Both means with joint influence by the delta method; see `LinFit.arms`."""
        linear = self.lin.arms(cluster=cluster, variance=variance)
        return ArmMeans(self.means, linear.influence, linear.degrees)


def standardised_fit(
    y: Floats,
    x: Floats,
    treatment: Ints,
    family: Family,
    *,
    pooled: bool = False,
    stratum: Ints | None = None,
    size: Floats | None = None,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> Standardised:
    """Everyone's outcome predicted in either arm, averaged over the target population.

    Parameters
    ----------
    y : array, shape (..., n)
        Outcome; for rates, outcome per unit of exposure.
    x : array, shape (..., n, k)
        Covariates.
    treatment : array of int, shape (n,)
        0 or 1.
    family : {"gaussian", "binomial", "poisson"}
        With identity, logit and log link.
    pooled : bool
        One model with an effect of the arm, instead of a model for each arm. Strata then count by
        their size, see `share_correct`.
    stratum, size, weight, copies
        As in `mean_arms`.

    Returns
    -------
    Standardised

    Examples
    --------
    >>> y, x = np.array([1.0, 3.0, 4.0, 10.0, 12.0, 15.0]), np.array([[0.0], [1], [2], [0], [1], [2]])
    >>> t = np.array([0, 0, 0, 1, 1, 1])
    >>> standardised_fit(y, x, t, "gaussian").means.round(6).tolist()
    [2.666667, 12.333333]
    """
    counted = np.ones(y.shape[-1]) if size is None else size
    centred = x - target_mean(x, counted)[..., None, :]
    unit = np.sqrt((centred**2).mean(axis=-2))
    scaled = centred / np.where(unit > 0.0, unit, 1.0)[..., None, :]
    build = pooled_columns if pooled else lin_columns
    if pooled and stratum is not None:
        weight = share_correct(treatment, stratum, size=counted, weight=weight, copies=copies)
    columns = build(scaled, treatment, stratum=stratum, size=counted)
    model = fit_glm(columns, y, family, weight=weight, copies=copies)
    beta = model.regression.coefficients
    share = counted / counted.sum(axis=-1, keepdims=True)
    means, gradients = [], []
    for arm in (0, 1):
        everyone = build(scaled, np.full_like(treatment, arm), stratum=stratum, size=counted)
        mean, slope = predicted(family, (everyone @ beta[..., None])[..., 0])
        means.append((share * mean).sum(axis=-1))
        gradients.append(((share * slope)[..., None] * everyone).sum(axis=-2))
    eta = (columns @ beta[..., None])[..., 0]
    middle = np.zeros(eta.shape[:-1])
    if family == "poisson":
        middle = np.log(np.maximum(y.mean(axis=-1), np.finfo(np.float64).tiny))
    return Standardised(
        means=np.stack(means, axis=-1),
        lin=LinFit(model.regression, np.stack(gradients, axis=-2)),
        model=model,
        columns=columns,
        unit=unit,
        extreme=np.asarray(np.abs(eta - middle[..., None]).max(axis=-1)),
    )
