r"""Conditional tests of Andrews, Roth and Pakes on a finite set of values.

The statistic is the largest value, :math:`\hat\eta`. Given which ray attains it and all that is
independent of its value, it is a normal cut off at the points where another ray would take over;
the test compares it with that. The hybrid first rejects what exceeds the least favourable critical
value of size :math:`\kappa = \alpha/10`, and spends the rest of the level on what does not.

References
----------
Andrews, Roth and Pakes (2023), Inference for linear conditional moment inequalities. *Review of
Economic Studies* 90(6). doi:10.1093/restud/rdad004
Rambachan and Roth (2023), A more credible approach to parallel trends. *Review of Economic
Studies* 90(5), section 3. doi:10.1093/restud/rdad018
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from impacteval.inference._arrays import Floats
from impacteval.inference.honest.least_favourable import critical_values
from impacteval.inference.honest.moments import Moments, Values

Method = Literal["c-lf", "conditional"]

_SHARE = 0.1
"""Share of the level that the first stage of the hybrid spends (Rambachan and Roth, section 3.3)."""
_NUMBERS = 2_000_000
"""Numbers of an array that are held at once: effects are looked at in so many parts."""
_SAME = 1e-10
"""Rays nearer to each other than this are one."""


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """A test of the effect at one size of violation, ready to be asked.

    Attributes
    ----------
    values : Values
    size : float
        Level of the conditional stage.
    critical : float64 array, shape (p,)
        Beyond it the first stage rejects; infinite without a first stage.
    """

    values: Values
    size: float
    critical: Floats

    @classmethod
    def of(cls, moments: Moments, m: float, alpha: float, method: Method) -> Test:
        """Make the test of level `alpha` when violations go up to `m`."""
        values = moments.at(m)
        if method == "conditional":
            return cls(values, alpha, np.full(len(values.centre), np.inf))
        first = _SHARE * alpha
        critical = critical_values(values.loads, first)
        return cls(values, (alpha - first) / (1.0 - first), critical)

    def accepts(self, theta: Floats) -> NDArray[np.bool_]:
        """Whether each effect can be true, by polyhedron.

        Parameters
        ----------
        theta : array, shape (p, n)

        Returns
        -------
        bool array, shape (p, n)
        """
        found: NDArray[np.bool_] = self.p_values(theta) >= self.size
        return found

    def p_values(self, theta: Floats) -> Floats:
        """Conditional p-values; 0 where the first stage rejects, 1 where no value is positive.

        Parameters
        ----------
        theta : array, shape (p, n)

        Returns
        -------
        float64 array, shape (p, n)
        """
        values = self.values
        at_once = max(1, _NUMBERS // values.centre.size)
        if theta.shape[1] > at_once:
            parts = range(0, theta.shape[1], at_once)
            return np.hstack([self.p_values(theta[:, k : k + at_once]) for k in parts])
        v = values.centre[:, None] - values.slope[:, None] * theta[:, :, None]
        best = v.argmax(axis=2)
        top = np.take_along_axis(v, best[:, :, None], axis=2)[:, :, 0]
        own = np.take_along_axis(values.loads, best[:, :, None], axis=1)
        variance = np.einsum("pnk,pnk->pn", own, own)
        # A value that cannot vary: nothing to compare it with but zero.
        fixed = variance <= _SAME**2
        variance = np.where(fixed, 1.0, variance)
        rho = np.matmul(own, np.swapaxes(values.loads, 1, 2)) / variance[:, :, None]
        gap = 1.0 - rho
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = (v - rho * top[:, :, None]) / gap
        low = np.where(gap > _SAME, turn, -np.inf).max(axis=2)
        high = np.where(gap < -_SAME, turn, np.inf).min(axis=2)
        high = np.minimum(high, self.critical[:, None])
        deviation = np.sqrt(variance)
        found = _tail(top / deviation, low / deviation, high / deviation)
        found = np.where(fixed, 0.0, found)
        found = np.where(top > self.critical[:, None], 0.0, found)
        return np.where(top > 0.0, found, 1.0)


def _tail(z: Floats, low: Floats, high: Floats) -> Floats:
    """Chance that a normal cut off to [low, high] exceeds z, exact far out in the tail."""
    beyond = log_ndtr(-high)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = _log_difference(log_ndtr(-np.minimum(z, high)), beyond)
        whole = _log_difference(log_ndtr(-np.minimum(low, z)), beyond)
        found: Floats = np.exp(part - whole)
    return np.where(np.isnan(found), 0.0, np.clip(found, 0.0, 1.0))


def _log_difference(larger: Floats, smaller: Floats) -> Floats:
    """log(exp(larger) - exp(smaller)); minus infinity where there is no difference."""
    found: Floats = larger + np.log1p(-np.exp(np.minimum(smaller - larger, 0.0)))
    return found
