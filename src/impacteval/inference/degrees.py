"""Degrees of freedom: how far a variance estimate itself can be trusted.

References
----------
Satterthwaite (1946), An approximate distribution of estimates of variance components.
*Biometrics Bulletin* 2(6). doi:10.2307/3002019
Welch (1947), The generalization of Student's problem when several different population
variances are involved. *Biometrika* 34. doi:10.1093/biomet/34.1-2.28
Bell and McCaffrey (2002), Bias reduction in standard errors for linear regression with
multi-stage samples. *Survey Methodology* 28(2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Floats


def welch_satterthwaite(variances: Floats, degrees: Floats) -> Floats:
    """Degrees of freedom of a sum of independent variance estimates.

    Parameters
    ----------
    variances : array, shape (..., m)
        Variance contributed by each part, none negative, not all zero.
    degrees : array, shape (..., m) or broadcastable
        Degrees of freedom of each.

    Returns
    -------
    array, shape (...)
        ``(sum v)^2 / sum(v^2 / df)``.

    Examples
    --------
    Two arms of equal variance and size have the pooled degrees of freedom:

    >>> float(welch_satterthwaite(np.array([2.0, 2.0]), np.array([9.0, 9.0])))
    18.0
    """
    total = variances.sum(axis=-1)
    found: Floats = np.asarray(total**2 / (variances**2 / degrees).sum(axis=-1))
    return found


def degrees_of_parts(variances: Floats, degrees: Floats) -> Floats:
    """The same, where it may be that nothing varies: the smallest of the degrees then.

    Examples
    --------
    >>> float(degrees_of_parts(np.zeros(2), np.array([9.0, 4.0])))
    4.0
    """
    total = variances.sum(axis=-1, keepdims=True)
    some = total > 0.0
    # As shares, so that no square of a tiny variance is lost.
    share = variances / np.where(some, total, 1.0)
    below = np.where(some[..., 0], (share**2 / degrees).sum(axis=-1), 1.0 / float(degrees.min()))
    return np.asarray(1.0 / below)


@dataclass(frozen=True, slots=True)
class TwoMeans:
    """Variances of two means of one analysis, and how far each can be trusted.

    Attributes
    ----------
    variances : (array, array), each of shape (...)
        Of the first and of the second mean.
    covariance : array, shape (...)
        Between them.
    degrees : (array, array), each of shape (...)
        Degrees of freedom of either variance; anything where the variance is 0.
    """

    variances: tuple[Floats, Floats]
    covariance: Floats
    degrees: tuple[Floats, Floats]

    def variance(self, at: tuple[Floats, Floats]) -> Floats:
        """Variance of the contrast with those coefficients, shape (...)."""
        (first, second), (a, b) = self.variances, at
        found: Floats = np.asarray(a**2 * first + b**2 * second + 2.0 * a * b * self.covariance)
        return found

    def degrees_at(
        self, at: tuple[Floats, Floats], known: tuple[Floats, Floats], df: Floats
    ) -> Floats:
        r"""Degrees of freedom of one contrast of the means, from those of another one.

        Parameters
        ----------
        at, known : (array, array), each of shape (...)
            Coefficients of the contrast in question and of the known one, none of the known 0.
        df : array, shape (...)
            Degrees of freedom of the known contrast.

        Returns
        -------
        array, shape (...)

        Notes
        -----
        ``variance^2 / df`` is taken as :math:`a x^4 + e x^2 y^2 + g y^4` in the coefficients
        :math:`x, y`. The two means give a and g, the known contrast gives e. This is exact for
        Welch's degrees of freedom, where e is 0, and for degrees of freedom that are the same for
        every contrast of uncorrelated means. What comes out is held between the fewest of the
        three and the sum of the two means'.

        Examples
        --------
        Welch's for a ratio, from those of the difference (variances 4 and 1, 9 and 19 degrees):

        >>> means = TwoMeans((np.array(4.0), np.array(1.0)), np.array(0.0), (np.array(9.0), np.array(19.0)))
        >>> one, two = np.array(1.0), np.array(2.0)
        >>> difference = welch_satterthwaite(np.array([4.0, 1.0]), np.array([9.0, 19.0]))
        >>> round(float(means.degrees_at((one, -two), (one, -one), difference)), 6)
        24.428571
        >>> round(float(welch_satterthwaite(np.array([4.0, 4.0]), np.array([9.0, 19.0]))), 6)
        24.428571
        """
        varies = [v > 0.0 for v in self.variances]
        # A mean that does not vary adds nothing, and its degrees of freedom say nothing.
        trusted = [np.where(v, d, math.inf) for v, d in zip(varies, self.degrees, strict=True)]
        first, second = (v**2 / d for v, d in zip(self.variances, trusted, strict=True))
        (a, b), (x, y) = at, known
        cross = (self.variance(known) ** 2 / df - x**4 * first - y**4 * second) / (x * y) ** 2
        spread = a**4 * first + b**4 * second + np.maximum(cross, 0.0) * (a * b) ** 2
        fewest = np.minimum(np.minimum(*trusted), df)
        most = np.where(varies[0], trusted[0], 0.0) + np.where(varies[1], trusted[1], 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.nan_to_num(self.variance(at) ** 2 / spread, nan=math.inf, posinf=math.inf)
        return np.asarray(np.clip(found, fewest, np.maximum(most, fewest)))


def quadratic_form_degrees(
    diagonal: Floats, shared: Floats, copies: Floats | float = 1.0
) -> Floats:
    r"""Satterthwaite degrees of freedom of :math:`\sum_g (p_g' y)^2` under a working model.

    The covariance matrix of the terms is :math:`P = diag(a) - U U'`. Only its trace and the
    trace of its square are needed, so it is never formed.

    Parameters
    ----------
    diagonal : array, shape (..., g)
        ``a``, one value a unit or cluster.
    shared : array, shape (..., g, p)
        ``U``, what the fit of p coefficients shares between them.
    copies : array, shape (g,), optional
        How many identical terms each row stands for.

    Returns
    -------
    array, shape (...)
        ``trace(P)^2 / trace(P P)``.

    Examples
    --------
    A mean of five: the variance estimate has four degrees of freedom.

    >>> a, u = np.full(5, 1.0), np.full((5, 1), np.sqrt(1 / 5))
    >>> round(float(quadratic_form_degrees(a, u)), 12)
    4.0
    """
    own = (shared**2).sum(axis=-1)
    each = shared * np.sqrt(np.asarray(copies, dtype=np.float64))[..., None]
    cross = np.swapaxes(each, -1, -2) @ each
    first = (copies * (diagonal - own)).sum(axis=-1)
    second = (copies * (diagonal**2 - 2.0 * diagonal * own)).sum(axis=-1)
    second = second + (cross**2).sum(axis=(-1, -2))
    found: Floats = np.asarray(first**2 / second)
    return found
