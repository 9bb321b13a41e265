r"""The average effect with the bias of its weights taken out, and a t-test, by leaving out blocks.

Blocks of the periods from before are left out in turn. Weights fitted without a block give the gap
after the service and, in the block, the gap that they leave where there was no service: the bias.
Their difference is one estimate of the effect; the mean over blocks is the estimate, and how these
differ gives its error.

References
----------
Chernozhukov, Wuthrich and Zhu (2025), A t-test for synthetic controls. arXiv:1812.10820.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference.simplex import simplex_fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Differences between blocks this small, as a share of the outcomes, are rounding.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class CrossFit:
    """The effect from each block and from all.

    Attributes
    ----------
    effects : array, shape (K,)
        Of each block.
    first : array of int, shape (K,)
        First row of each block; it has `length` rows.
    length : int
    effect : float
        Their mean.
    std_error : float
        Of the mean; ``(effect - truth) / std_error`` has a t distribution with ``K - 1`` degrees of
        freedom. Zero where the blocks agree to rounding.
    """

    effects: Floats
    first: Ints
    length: int
    effect: float
    std_error: float

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return len(self.effects) - 1


def cross_fit(
    pool: Floats,
    target: Floats,
    before: int,
    *,
    share: Floats | None = None,
    folds: int = 3,
    intercept: bool = False,
) -> CrossFit:
    """The debiased average effect on the periods after, and its standard error.

    Parameters
    ----------
    pool : array, shape (T, J)
        Outcomes of the donors; periods from before, then those that count.
    target : array, shape (T,)
        Outcome of the served place.
    before : int
        Periods from before, at least `folds`.
    share : array, shape (T - before,), optional
        What each period after counts for, with sum one; alike by default. The error is then that
        of as many equal periods as give the same variance to a mean of independent ones.
    folds : int
        Blocks, at least 2. Each has ``before // folds`` periods, but no more than there are after;
        they are the last before the service.
    intercept : bool
        Whether weights are fitted to outcomes taken from their means. The constant itself leaves
        the difference of two gaps unchanged.

    Raises
    ------
    ValueError
        When there are fewer periods from before than folds, or fewer than two folds.

    Examples
    --------
    >>> pool = np.array([[1.0, 4.0], [2.0, 3.0], [1.0, 5.0], [2.0, 4.0], [2.0, 5.0]])
    >>> found = cross_fit(pool, np.array([1.5, 2.0, 2.5, 3.0, 6.0]), 4, folds=2)
    >>> found.effects.round(6).tolist(), round(found.std_error, 6)
    ([2.75, 2.711538], 0.033309)
    """
    after = len(target) - before
    if folds < 2 or before < folds or after < 1:
        raise ValueError("Two folds are needed, a period from before for each, and one after.")
    share = np.full(after, 1.0 / after) if share is None else np.asarray(share, dtype=np.float64)
    length = min(before // folds, after)
    first = before - length * folds + length * np.arange(folds)
    effects = np.empty(folds)
    for k, start in enumerate(first.tolist()):
        kept = np.r_[0:start, start + length : before]
        weights = simplex_fit(pool[kept], target[kept], intercept=intercept).weights
        gap = target - pool @ weights
        effects[k] = share @ gap[before:] - gap[start : start + length].mean()
    effect = float(effects.mean())
    spread = float(effects.std(ddof=1))
    if spread <= ROUNDING * float(np.abs(target).max()):
        spread = 0.0
    # Each estimate shares the periods after with the others, which their spread does not show.
    error = math.sqrt((1.0 + folds * length * float(share @ share)) / folds) * spread
    return CrossFit(effects, first, length, effect, error)
