r"""How much a change varies between groups, by their size.

The mean of a group of M people carries the group's own shock and the mean of its people's: its
variance is ``A + B q`` with ``q`` falling as 1/M. Both are variances and cannot be negative.

References
----------
Ferman and Pinto (2019), Inference in differences-in-differences with few treated groups and
heteroskedasticity. *Review of Economics and Statistics* 101(3). doi:10.1162/rest_a_00759
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Floats

# Sizes that differ by less than this share tell nothing of how variance falls with size.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class SizeVariance:
    """Variance of a group's change: ``common + within * q``.

    Attributes
    ----------
    common : float
        What all groups have, however large: A.
    within : float
        What falls with size: B.
    """

    common: float
    within: float

    def of(self, q: Floats) -> Floats:
        """Variance where the inverse size is `q`, same shape."""
        found: Floats = self.common + self.within * q
        return found


def variance_by_size(changes: Floats, shares: Floats, q: Floats | None) -> SizeVariance:
    """Fit the variance of a change on comparison groups.

    The squared distance of each change from their weighted mean is regressed on what its
    expectation is made of; the mean's own variance is part of that, so that with few groups
    nothing is lost. Where the fit has a negative part, that part is zero and the other alone is
    fitted.

    Parameters
    ----------
    changes : array, shape (n,)
        A change in each comparison group, two at least.
    shares : array, shape (n,)
        Weight of each in their mean; they sum to one.
    q : array, shape (n,), optional
        Inverse size of each. None gives one variance for all.

    Returns
    -------
    SizeVariance

    Examples
    --------
    Without sizes and with equal weights it is the usual variance:

    >>> found = variance_by_size(np.array([1.0, 2.0, 6.0]), np.full(3, 1 / 3), None)
    >>> round(found.common, 12), found.within
    (7.0, 0.0)
    """
    square = (changes - shares @ changes) ** 2
    if q is None or np.ptp(q) <= SAME * q.max():
        common = expected_square(shares, np.ones_like(shares))
        return SizeVariance(float(square.sum() / common.sum()), 0.0)
    # Inverse sizes are put on the footing of a number near one, which decides nothing but rounding.
    unit = float(q.mean())
    common = expected_square(shares, np.ones_like(shares))
    within = expected_square(shares, q / unit)
    a, b = np.linalg.lstsq(np.column_stack([common, within]), square, rcond=None)[0].tolist()
    if b <= 0.0:
        a, b = float((common @ square) / (common @ common)), 0.0
    elif a <= 0.0:
        a, b = 0.0, float((within @ square) / (within @ within))
    return SizeVariance(a, b / unit)


def expected_square(shares: Floats, variance: Floats) -> Floats:
    """Expected squared distance of each independent change from their weighted mean.

    Parameters
    ----------
    shares : array, shape (n,)
        Weights of the mean; they sum to one.
    variance : array, shape (n,)
        Variance of each change.

    Returns
    -------
    array, shape (n,)

    Examples
    --------
    >>> expected_square(np.array([0.5, 0.5]), np.array([1.0, 3.0])).tolist()
    [1.0, 1.0]
    """
    found: Floats = (1.0 - 2.0 * shares) * variance + (shares**2) @ variance
    return found
