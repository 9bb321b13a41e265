r"""Prediction intervals of what a mix of donors stands for: weights that might be others, and shocks.

Two things part the mix from what would have happened. Its weights were chosen on noisy periods: the
noise is drawn anew many times, and for each draw the weighted mean goes as far as weights that still
fit may take it. And each new period has a shock of its own, whose size is told from the residuals.
The chance of error is shared between both.

References
----------
Cattaneo, Feng and Titiunik (2021), Prediction intervals for synthetic control methods. *Journal of
the American Statistical Association* 116(536). doi:10.1080/01621459.2021.1979561
Cattaneo, Feng, Palomba and Titiunik (2025), scpi: uncertainty quantification for synthetic control
methods. *Journal of Statistical Software* 113(1): the defaults.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.inference.weight_bounds import farthest

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Shocks = Literal["sub-gaussian", "location-scale"]

# A weight below this has no part in the mix.
ZERO = 1e-6
# Weights below a threshold may fall no further; it is never above this, nor usefully below that.
HIGHEST, LOWEST, STEADY = 0.2, 0.001, 0.05
# Periods that a regression needs besides one for each of its columns.
SPARE = 10
# Between the quartiles of a normal law lie so many standard deviations.
QUARTILES = 1.34


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What would have happened, as far as can be told.

    Attributes
    ----------
    mean : array, shape (p,)
        The mix, for each period or mean of periods that is predicted.
    low, high : array, shape (s, p)
        The least and the most that other weights would add to it, in each draw.
    shock : array, shape (p,)
        Mean of the new shock.
    spread : array, shape (p,)
        Its standard deviation.
    standard : array, shape (T0,)
        Residuals over their standard deviations.
    threshold : float
        Weights below it may fall no further.
    active : array of bool, shape (J,)
        Weights above it.
    kind : str
        How shocks are told.
    """

    mean: Floats
    low: Floats
    high: Floats
    shock: Floats
    spread: Floats
    standard: Floats
    threshold: float
    active: Bools
    kind: Shocks

    def weights_band(self, errors: Floats) -> tuple[Floats, Floats]:
        """What other weights add: less with each chance of error at most, and more; (n, p)."""
        return np.quantile(self.low, errors, axis=0), np.quantile(self.high, 1.0 - errors, axis=0)

    def shocks_band(self, errors: Floats) -> tuple[Floats, Floats]:
        """What the new shock adds, below and above, each of shape (n, p)."""
        if self.kind == "sub-gaussian":
            reach = np.sqrt(-2.0 * np.log(errors))[:, None] * self.spread
            return self.shock - reach, self.shock + reach
        ends = np.quantile(self.standard, np.concatenate([errors, 1.0 - errors]))
        low, high = self.shock + ends.reshape(2, -1, 1) * self.spread
        return low, high

    def band(self, errors: Floats) -> tuple[Floats, Floats]:
        """Ends that are missed, on one side, with each chance of error at most; (n, p).

        Half of it goes to the weights, half to the shock.

        Parameters
        ----------
        errors : array, shape (n,)
        """
        low, high = self.weights_band(errors / 2.0)
        under, over = self.shocks_band(errors / 2.0)
        return self.mean + low + under, self.mean + high + over

    def quantiles(self, column: int) -> Floats:
        """Quantiles of one prediction at ``1/n, ..., (n - 1)/n``, rising.

        Below the middle they are lower ends, above it upper ends. There are half as many steps `n`
        as draws of the weights and one: finer than these tell is never asked.
        """
        steps = (len(self.low) + 1) // 2
        errors = np.arange(1, steps // 2 + 1) / steps
        low, high = self.band(errors)
        upper = high[::-1, column]
        if steps % 2 == 0:
            upper = upper[1:]
        return np.concatenate([low[:, column], upper])


def predict(
    pool: Floats,
    target: Floats,
    weights: Floats,
    ahead: Floats,
    *,
    draws: int = 399,
    shocks: Shocks = "sub-gaussian",
    rng: np.random.Generator,
) -> Prediction:
    """Predict the served place without the service, for rows of the donors' outcomes.

    Parameters
    ----------
    pool : array, shape (T0, J)
        Outcomes of the donors before the service.
    target : array, shape (T0,)
        Outcome of the served place.
    weights : array, shape (J,)
        Of the best mix, with sum one.
    ahead : array, shape (p, J)
        Outcomes of the donors in each period to predict, or their means over periods.
    draws : int
        Draws of the noise that chose the weights.
    shocks : str
        How a new shock is told from the residuals.
    rng : numpy.random.Generator

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> pool = rng.normal(size=(30, 4))
    >>> target = pool @ [0.5, 0.5, 0.0, 0.0] + 0.1 * rng.normal(size=30)
    >>> found = predict(pool, target, np.array([0.5, 0.5, 0.0, 0.0]), np.ones((1, 4)), rng=rng)
    >>> low, high = found.band(np.array([0.05]))
    >>> bool(low[0, 0] < 1.0 < high[0, 0])
    True
    """
    periods = len(target)
    # A level that all share adds nothing but rounding, which squares of the outcomes would multiply.
    level = float(pool.mean())
    pool, target, ahead = pool - level, target - level, ahead - level
    residuals = target - pool @ weights
    threshold = _threshold(pool, residuals, weights)
    active = weights > threshold
    if not active.any():
        active = weights >= weights.max()
    design = np.column_stack([pool[:, active], np.ones(periods)])
    coming = np.column_stack([ahead[:, active], np.ones(len(ahead))])
    if periods - SPARE <= design.shape[1]:
        design, coming = np.ones((periods, 1)), np.ones((len(ahead), 1))
    # The noise that chose the weights: its spread, by residuals about their own regression.
    noise = residuals - design @ _line(design, residuals)
    used = max(int((weights >= ZERO).sum()) - 1, 0)
    used = min(used, periods - 1)
    noise = noise * math.sqrt(periods / (periods - used))
    # A normal vector with covariance Z' diag(noise^2) Z / T^2, from one number for each period.
    tilt = (rng.standard_normal((draws, periods)) * noise) @ pool / periods
    low = np.where(weights < threshold, weights, 0.0)
    most = farthest(pool.T @ pool / periods, weights, low, tilt, np.vstack([ahead, -ahead]))
    p = len(ahead)
    shock, spread, standard = _moments(design, coming, residuals)
    return Prediction(
        mean=level + ahead @ weights,
        low=-most[:, :p],
        high=most[:, p:],
        shock=shock,
        spread=spread,
        standard=standard,
        threshold=threshold,
        active=active,
        kind=shocks,
    )


def _threshold(pool: Floats, residuals: Floats, weights: Floats) -> float:
    """Below which weights may be zero in truth."""
    periods, donors = pool.shape
    size = float(residuals.std())
    spreads = pool.std(axis=0, ddof=1)
    least, most = float(spreads.min()), float(spreads.max())
    held = int((weights >= ZERO).sum())
    rate = math.sqrt(math.log(donors) * held * math.log(periods)) / math.sqrt(periods)
    if not least > 0.0:
        return HIGHEST
    found = min(size / least * rate, HIGHEST)
    if found < LOWEST:
        found = max(found, min(size * most / least**2 * rate, HIGHEST))
        if found < STEADY:
            found = HIGHEST
    return found


def _line(design: Floats, outcome: Floats) -> Floats:
    """Least squares."""
    return np.asarray(np.linalg.lstsq(design, outcome, rcond=None)[0], dtype=np.float64)


def _moments(design: Floats, ahead: Floats, residuals: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and standard deviation of new shocks, and the residuals over theirs."""
    mean = _line(design, residuals)
    left = residuals - design @ mean
    # Logs of squares, so that no variance is negative; a residual of zero has no log.
    tiny = (1e-9 * max(float(np.abs(residuals).max()), 1e-300)) ** 2
    log = _line(design, np.log(np.maximum(left**2, tiny)))
    variance, own = np.exp(np.minimum(ahead @ log, 700.0)), np.exp(design @ log)
    quartiles = [ahead @ quantile_line(design, left, q) for q in (0.25, 0.75)]
    between = np.abs(quartiles[1] - quartiles[0]) / QUARTILES
    spread = np.asarray(np.minimum(np.sqrt(variance), between), dtype=np.float64)
    return ahead @ mean, spread, left / np.sqrt(own)


def quantile_line(design: Floats, outcome: Floats, q: float) -> Floats:
    """Coefficients of the regression that leaves the share `q` of outcomes below, exactly.

    A linear programme, whose best line is one alone but for ties between periods.

    Parameters
    ----------
    design : array, shape (T, k)
        A column of ones where it has one column.
    outcome : array, shape (T,)
    q : float

    Examples
    --------
    >>> quantile_line(np.ones((5, 1)), np.array([1.0, 2.0, 3.0, 4.0, 9.0]), 0.5).tolist()
    [3.0]
    """
    from scipy.optimize import linprog

    periods, k = design.shape
    if k == 1:
        # A constant alone: the middle of the best ones where there are several.
        return np.array([np.quantile(outcome, q, method="averaged_inverted_cdf")])
    cost = np.concatenate([np.zeros(k), np.full(periods, q), np.full(periods, 1.0 - q)])
    system = np.hstack([design, np.eye(periods), -np.eye(periods)])
    bounds = [(None, None)] * k + [(0.0, None)] * (2 * periods)
    solved = linprog(cost, A_eq=system, b_eq=outcome, bounds=bounds, method="highs")
    if not solved.success or solved.x is None:
        raise ArithmeticError("The quantile regression has no solution.")
    found: Floats = solved.x[:k]
    return found
