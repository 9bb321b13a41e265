"""From two arm means with joint influence to an effect on any scale.

References
----------
The log ratio and its interval are those of
Katz, Baptista, Azen and Pike (1978), Obtaining confidence intervals for the risk ratio in cohort
studies. *Biometrics* 34(3). doi:10.2307/2530610
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from impacteval.inference._arrays import Floats
from impacteval.values import Scale

COMPARISON, PROGRAMME = 0, 1
DIFFERENCE = np.array([-1.0, 1.0])


@dataclass(frozen=True, slots=True)
class ArmMeans:
    """The two (adjusted) arm means of one target population.

    Attributes
    ----------
    means : array, shape (..., 2)
        Comparison first, programme second.
    spelled : array, shape (..., 2, m), or callable
        Influence of each unit or cluster on both, or what computes it when it is asked for.
    degrees : callable
        Degrees of freedom of a contrast of the two means, shape (..., 2) to (...).
    variances : array, shape (..., 2), or None
        Variances of two means that share no unit, where they are known without the influence.
    """

    means: Floats
    spelled: Floats | Callable[[], Floats]
    degrees: Callable[[Floats], Floats]
    variances: Floats | None = None

    @property
    def influence(self) -> Floats:
        """Influence of each unit or cluster on both means, shape (..., 2, m).

        Products sum to the covariance matrix.
        """
        return self.spelled() if callable(self.spelled) else self.spelled


@dataclass(frozen=True, slots=True)
class Spread:
    """A standard deviation of the comparison group and its influence values.

    Attributes
    ----------
    value : array, shape (...)
        Standard deviation, ddof 1.
    influence : array, shape (..., m)
        Influence of each unit or cluster on it.
    """

    value: Floats
    influence: Floats


@dataclass(frozen=True, slots=True)
class ScaledEffect:
    """An effect on one scale.

    Attributes
    ----------
    value : array, shape (...)
        The effect.
    std_error : array, shape (...)
        Its standard error.
    spelled : array, shape (..., m), or callable
        Influence values, or what computes them when they are asked for.
    df : array, shape (...)
        Degrees of freedom.
    log_ratio, log_std_error : array, shape (...), or None
        On scale relative, the log ratio that is Student's t, and its standard error.
    """

    value: Floats
    std_error: Floats
    spelled: Floats | Callable[[], Floats]
    df: Floats
    log_ratio: Floats | None = None
    log_std_error: Floats | None = None

    @property
    def influence(self) -> Floats:
        """Influence values, shape (..., m); squares sum to the squared standard error."""
        return self.spelled() if callable(self.spelled) else self.spelled


def _size(influence: Floats) -> Floats:
    found: Floats = np.sqrt((influence**2).sum(axis=-1))
    return found


def on_scale(
    arms: ArmMeans,
    scale: Scale,
    *,
    served: Floats | float = 1.0,
    spread: Spread | None = None,
) -> ScaledEffect:
    """The effect of the programme on a scale, with its joint sampling error.

    Parameters
    ----------
    arms : ArmMeans
        Both means; on scale relative both positive.
    scale : Scale
        ``difference`` m1 - m0; ``relative`` m1/m0 - 1 through its logarithm; ``total``
        difference times `served`; ``standardised`` difference over `spread`.
    served : float or array, shape (...)
        Weight (or exposure) of the served group.
    spread : Spread, optional
        Comparison group's standard deviation, required on scale standardised.

    Returns
    -------
    ScaledEffect

    Examples
    --------
    >>> arms = ArmMeans(np.array([2.0, 3.0]), np.eye(2) / 10, lambda c: np.asarray(8.0))
    >>> found = on_scale(arms, Scale.RELATIVE)
    >>> round(float(found.value), 12), round(float(found.log_std_error), 6)
    (0.5, 0.060093)
    """
    m0, m1 = arms.means[..., COMPARISON], arms.means[..., PROGRAMME]
    difference = np.asarray(m1 - m0)
    if scale is Scale.RELATIVE:
        ratio, log_ratio = m1 / m0, np.log(m1 / m0)
        contrast = np.stack([-1.0 / m0, 1.0 / m1], axis=-1)
        log_error, psi = _along(arms, contrast)
        return ScaledEffect(
            value=np.asarray(np.expm1(log_ratio)),
            std_error=np.asarray(ratio * log_error),
            spelled=cache(lambda: ratio[..., None] * psi()),
            df=arms.degrees(contrast),
            log_ratio=np.asarray(log_ratio),
            log_std_error=log_error,
        )
    df = arms.degrees(DIFFERENCE)
    error, psi = _along(arms, DIFFERENCE)
    if scale is Scale.DIFFERENCE:
        return ScaledEffect(difference, error, psi, df)
    if scale is Scale.TOTAL:
        factor = np.broadcast_to(np.asarray(served, dtype=np.float64), difference.shape)
        found = cache(lambda: psi() * factor[..., None])
        return ScaledEffect(difference * factor, error * np.abs(factor), found, df)
    if spread is None:
        raise ValueError("A standardised effect needs the comparison group's spread.")
    factor = 1.0 / spread.value
    own = psi() - (difference / spread.value)[..., None] * spread.influence
    own = own * np.asarray(factor)[..., None]
    return ScaledEffect(np.asarray(difference * factor), _size(own), own, df)


def _along(arms: ArmMeans, contrast: Floats) -> tuple[Floats, Callable[[], Floats]]:
    """Standard error of a contrast of the means, and what spells out its influence."""

    def psi() -> Floats:
        influence = arms.influence
        psi0, psi1 = influence[..., COMPARISON, :], influence[..., PROGRAMME, :]
        found: Floats = (
            contrast[..., PROGRAMME, None] * psi1 + contrast[..., COMPARISON, None] * psi0
        )
        return found

    spelled = cache(psi)
    if arms.variances is None:
        return _size(spelled()), spelled
    return np.asarray(np.sqrt((contrast**2 * arms.variances).sum(axis=-1))), spelled


def comparison_spread(
    y: Floats,
    comparison: Floats,
    *,
    weight: Floats | None = None,
    copies: Floats | None = None,
) -> Spread:
    """Standard deviation of the comparison group, ddof 1, with the influence of each row.

    Parameters
    ----------
    y : array, shape (..., n)
        Outcome; for rates, outcome per unit of exposure.
    comparison : array of bool, shape (n,)
        Rows of the comparison group, two at least.
    weight : array, shape (..., n), optional
        Weights; the variance is ``sum w (y - mean)^2 / sum w * n/(n - 1)``.
    copies : array, shape (n,), optional
        Identical units behind each row.

    Returns
    -------
    Spread
        Influence of shape (..., n), zero in the other group.

    Examples
    --------
    >>> y = np.array([1.0, 3.0, 50.0])
    >>> round(float(comparison_spread(y, np.array([True, True, False])).value ** 2), 12)
    2.0
    """
    inside = np.asarray(comparison, dtype=np.float64)
    f = inside if copies is None else inside * copies
    w = np.broadcast_to(np.ones(1) if weight is None else weight, y.shape)
    n = f.sum()
    total = (f * w).sum(axis=-1)
    mean = (f * w * y).sum(axis=-1) / total
    square = (y - mean[..., None]) ** 2 * (n / (n - 1.0))
    variance = (f * w * square).sum(axis=-1) / total
    value = np.sqrt(variance)
    # Where nothing varies nothing pulls; the division is by anything but zero.
    slope = 2.0 * total * np.where(value > 0.0, value, 1.0)
    pull = w * (square - variance[..., None]) / slope[..., None]
    psi = np.sqrt(f) * pull * np.sqrt(n / (n - 1.0))
    return Spread(np.asarray(value), psi)
