"""The arithmetic of Yuen (1974), on arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrimmedArm:
    """One arm.

    Attributes
    ----------
    mean : float
        Trimmed mean.
    errors : array, shape (n,)
        What each unit adds to the error of the mean; the sum of squares is its variance.
    n, kept : int
        Units in the arm, and units left after trimming.
    """

    mean: float
    errors: Floats
    n: int
    kept: int

    @property
    def variance(self) -> float:
        """Squared standard error of the trimmed mean."""
        return float(self.errors @ self.errors)


def trimmed_arm(y: Floats, trim: float) -> TrimmedArm:
    """Trim ``floor(trim * n)`` values at each end; the variance comes from winsorised values.

    With n values of which h are kept, the squared standard error is the winsorised sum of
    squares over ``h (h - 1)``. No trimming gives the mean and its usual error.

    Examples
    --------
    >>> arm = trimmed_arm(np.array([1.0, 2.0, 3.0, 4.0, 90.0]), 0.2)
    >>> arm.mean, arm.kept, round(arm.variance, 4)
    (3.0, 3, 0.6667)
    """
    n = len(y)
    cut = math.floor(trim * n)
    ordered = np.sort(y)
    kept = n - 2 * cut
    if kept < 2:
        return TrimmedArm(float(np.mean(ordered[cut : n - cut])), np.zeros(n), n, kept)
    winsorised = np.clip(y, ordered[cut], ordered[n - cut - 1])
    errors = (winsorised - np.mean(winsorised)) / math.sqrt(kept * (kept - 1))
    return TrimmedArm(float(np.mean(ordered[cut : n - cut])), errors, n, kept)


def degrees(variances: tuple[float, float], kept: tuple[int, int]) -> float:
    """Degrees of freedom for unequal variances, from the units kept in each arm."""
    parts = sum(v * v / (h - 1) for v, h in zip(variances, kept, strict=True))
    return sum(variances) ** 2 / parts
