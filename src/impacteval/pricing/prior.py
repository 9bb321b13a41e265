"""A normal prior and a study put together: what the true effect may be, given both.

The confidence density of the study stands for its likelihood. It is proportional to the prior times
that density (Bayes' rule); with a normal study this is normal again, in closed form. Otherwise means
are integrals by the rule of Gauss and Legendre on pieces much narrower than either density, exact
to about twelve digits. Draws are weighted one by one.

References
----------
Gelman et al. (2013), *Bayesian Data Analysis*, 3rd edition, section 2.5.
Schweder and Hjort (2016), *Confidence, Likelihood, Probability*, chapter 10. Cambridge.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from impacteval.pricing.confidence import LogRatioSpread, Scaled
from impacteval.pricing.floats import Floats
from impacteval.pricing.spreads import DrawnSpread, Spread, StudentSpread

_REACH = 12.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
# Half a standard error apart near the centre, then ever wider: tails are smooth.
_STEPS = np.concatenate([np.arange(0.0, 10.5, 0.5), 10.0 * 1.5 ** np.arange(1, 40)])


def posterior(study: Spread, mean: float, sd: float) -> Spread:
    """What the true effect may be after the study, from a normal prior.

    Parameters
    ----------
    study : Spread
        The confidence distribution in contract units: Student's t, a log ratio, or draws.
    mean, sd : float
        Of the prior, in contract units.

    Returns
    -------
    Spread

    Examples
    --------
    A study of 10 with standard error 3 and a prior of 0 with standard deviation 4 meet at 6.4:

    >>> found = posterior(StudentSpread(10.0, 3.0), 0.0, 4.0)
    >>> round(found.centre, 10), round(found.scale, 10)
    (6.4, 2.4)
    """
    match study:
        case StudentSpread(centre, scale, df) if math.isinf(df):
            share = sd**2 / (sd**2 + scale**2)
            return StudentSpread(share * centre + (1.0 - share) * mean, math.sqrt(share) * scale)
        case StudentSpread(centre, scale, df):
            edges = np.concatenate([centre - scale * _STEPS, centre + scale * _STEPS])
            return _joined(lambda x: _log_t((x - centre) / scale, df), edges, mean, sd)
        case Scaled(LogRatioSpread(log_ratio, scale, df), factor):
            logs = np.concatenate([log_ratio - scale * _STEPS, log_ratio + scale * _STEPS])
            edges = factor * np.expm1(logs[np.abs(logs) < 500.0])
            return _joined(
                lambda x: _log_ratio_density(x / factor, log_ratio, scale, df), edges, mean, sd
            )
        case DrawnSpread(values):
            logs = -0.5 * ((values - mean) / sd) ** 2
            weights = np.exp(logs - logs.max())
            return WeightedDraws(values, weights / weights.sum())
        case _:
            raise TypeError(f"A prior is not combined with {type(study).__name__}.")


def _log_t(z: Floats, df: float) -> Floats:
    """The logarithm of the density of a standard t, up to a constant."""
    return -0.5 * z * z if math.isinf(df) else -0.5 * (df + 1.0) * np.log1p(z * z / df)


def _log_ratio_density(effect: Floats, log_ratio: float, scale: float, df: float) -> Floats:
    """The same for exp(L) - 1; nothing lies at -1 or below."""
    inside = effect > -1.0
    logs = np.log1p(np.where(inside, effect, 0.0))
    return np.where(inside, _log_t((logs - log_ratio) / scale, df) - logs, -math.inf)


def _joined(log_study: Callable[[Floats], Floats], edges: Floats, mean: float, sd: float) -> Spread:
    low, high = mean - _REACH * sd, mean + _REACH * sd
    own = np.linspace(low, high, 97)
    inside = edges[(edges > low) & (edges < high)]

    def log_density(x: Floats) -> Floats:
        return log_study(x) - 0.5 * ((x - mean) / sd) ** 2

    cuts = np.unique(np.concatenate([own, inside]))
    top = float(np.max(log_density(0.5 * (cuts[1:] + cuts[:-1]))))
    if not math.isfinite(top):
        raise ValueError("The prior lies where the study says that no effect can be.")
    return JoinedSpread(lambda x: np.exp(log_density(x) - top), cuts)


@dataclass(frozen=True, slots=True, eq=False)
class JoinedSpread:
    """A density known up to a constant, on pieces on which it is smooth.

    Attributes
    ----------
    density : callable
        Of an array of numbers.
    cuts : array of shape (pieces + 1,)
        Where the pieces begin and end; nothing lies outside.
    """

    density: Callable[[Floats], Floats]
    cuts: Floats

    def chance(self, x: float, *, inclusive: bool) -> float:
        """The chance of a number beyond `x`; a single number has none."""
        return self._mean(np.ones_like, x, math.inf)

    def between(self, low: float, high: float) -> float:
        """The mean of min(max(0, number - low), high - low)."""
        inside = self._mean(lambda x: x - low, low, high)
        if math.isinf(high):
            return inside
        return inside + (high - low) * self._mean(np.ones_like, high, math.inf)

    def below(self, x: float) -> float:
        """The mean of max(0, x - number)."""
        return self._mean(lambda y: x - y, -math.inf, x)

    def _mean(self, of: Callable[[Floats], Floats], low: float, high: float) -> float:
        return self._integral(of, low, high) / self._integral(np.ones_like, -math.inf, math.inf)

    def _integral(self, of: Callable[[Floats], Floats], low: float, high: float) -> float:
        low, high = max(low, float(self.cuts[0])), min(high, float(self.cuts[-1]))
        if high <= low:
            return 0.0
        between = self.cuts[(self.cuts > low) & (self.cuts < high)]
        ends = np.concatenate([[low], between, [high]])
        half, middle = 0.5 * np.diff(ends), 0.5 * (ends[1:] + ends[:-1])
        x = middle[:, None] + half[:, None] * _NODES
        return math.fsum((half * ((of(x) * self.density(x)) @ _WEIGHTS)).tolist())


@dataclass(frozen=True, slots=True, eq=False)
class WeightedDraws:
    """Numbers that were drawn, with weights that add up to 1.

    Attributes
    ----------
    values, weights : array of shape (draws,)
        Values in contract units.
    """

    values: Floats
    weights: Floats

    def chance(self, x: float, *, inclusive: bool) -> float:
        """The weight of the numbers at `x` or beyond it; beyond it only, unless `inclusive`."""
        beyond = self.values >= x if inclusive else self.values > x
        return float(self.weights @ beyond)

    def between(self, low: float, high: float) -> float:
        """The mean of min(max(0, number - low), high - low)."""
        return float(self.weights @ np.clip(self.values - low, 0.0, high - low))

    def below(self, x: float) -> float:
        """The mean of max(0, x - number)."""
        return float(self.weights @ np.maximum(0.0, x - self.values))
