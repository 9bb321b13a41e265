r"""Sets of effects that a permutation test over time does not reject, without a grid.

Under the hypothesis that the effect is ``x`` the served place's outcome without the service is
known in every period. Its weights are fitted to all of them, before and after, and the residuals
are put into other orders. Weights refitted to ``target - x direction`` move the residuals along
straight pieces, so that the p-value as a function of ``x`` is a step function whose jumps are roots
of straight lines.

References
----------
Chernozhukov, Wuthrich and Zhu (2021), An exact and robust conformal inference method for
counterfactual and synthetic controls. *Journal of the American Statistical Association* 116(536).
doi:10.1080/01621459.2021.1920957
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates.inversion import StepFunction
from impacteval.inference.inverted import Pieces, step_function
from impacteval.inference.residual_path import ResidualPath, residual_path
from impacteval.inference.simplex import simplex_fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Permutations = Literal["moving-block", "iid"]

# Statistics this close, as a share of the size of the problem, are the same number computed in
# another order; they count as ties, in favour of the null.
TIE = 1e-10
# Orders drawn where there are too many to look at each.
DRAWS = 9_999
# Orders up to this many are all looked at.
ALL = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class ConformalSets:
    """p-values of an effect as functions of the hypothesised effect.

    Attributes
    ----------
    two : StepFunction
        Of the hypothesis that the effect is this one; statistic: the residual's size.
    greater, less : StepFunction
        Of the hypotheses that it is at most this one, and at least this one; statistic: the
        residual with its sign. The largest p-value over the effects of the hypothesis, so that
        they are monotone.
    """

    two: StepFunction
    greater: StepFunction
    less: StepFunction


def collapsed(values: Floats, before: int, share: Floats) -> Floats:
    """Means over blocks as long as the counted periods, in the same proportions.

    Parameters
    ----------
    values : array, shape (T, ...)
        Periods from before, then those counted; one row a period.
    before : int
        Periods from before.
    share : array, shape (T - before,)
        What each counted period counts for; sum one.

    Returns
    -------
    array, shape (B + 1, ...)
        The blocks from before in order, then the counted one. The earliest periods that fill no
        block are left out.

    Examples
    --------
    >>> collapsed(np.array([9.0, 1.0, 3.0, 5.0, 7.0]), 3, np.array([0.5, 0.5])).tolist()
    [2.0, 6.0]
    """
    length = len(share)
    blocks = before // length
    kept = values[before - blocks * length :]
    found: Floats = np.tensordot(
        kept.reshape(blocks + 1, length, *values.shape[1:]), share, axes=(1, 0)
    )
    return found


def conformal_sets(pool: Floats, target: Floats, *, intercept: bool = False) -> ConformalSets:
    """The p-values of the effect in the last row, one for each hypothesised effect.

    Every order of the residuals over time puts each of them into the last place equally often, and
    so does each shift: moving blocks and all orders give the same p-value here, the share of rows
    whose residual is at least as large as that of the last.

    Parameters
    ----------
    pool : array, shape (m, J)
        Outcomes of the donors, one column each; rows are periods, or blocks of them.
    target : array, shape (m,)
        Outcome of the served place; the effect is in its last row.
    intercept : bool
        Whether a constant is fitted besides the weights.

    Raises
    ------
    ValueError
        When a number is not finite, shapes do not fit, or there is no row from before.

    Examples
    --------
    >>> pool = np.array([[0.0, 2.0], [1.0, 3.0], [2.0, 2.0], [0.0, 1.0]])
    >>> sets = conformal_sets(pool, np.array([1.0, 2.0, 2.5, 3.5]))
    >>> [(round(low, 9), round(high, 9)) for low, high in sets.two.above(0.25)]
    [(2.4375, 3.5625)]
    """
    if len(target) < 2:
        raise ValueError("A row from before is needed besides the one that is tested.")
    direction = np.zeros(len(target))
    direction[-1] = 1.0
    path = residual_path(pool, target, direction, intercept=intercept)
    m = len(target)
    apart = _Lines(
        path.knots,
        path.residuals[:, :-1] - path.residuals[:, -1:],
        path.left[:-1] - path.left[-1],
        path.right[:-1] - path.right[-1],
    )
    sized = _sizes(path)
    tie = TIE * path.size
    two = sized.minus(sized.columns(np.array([m - 1]))).columns(np.arange(m - 1))
    greater = step_function(apart.at_least_zero(tie), always=1, total=m)
    less = step_function(apart.turned().at_least_zero(tie), always=1, total=m)
    return ConformalSets(
        two=step_function(two.at_least_zero(tie), always=1, total=m),
        greater=_rising(greater),
        less=_falling(less),
    )


def constant_effect(
    pool: Floats, target: Floats, before: int, *, intercept: bool = False
) -> StepFunction:
    """The p-value of one and the same effect in every period after, by moving blocks.

    The statistic is the sum of the sizes of the residuals of the periods after, and is held
    against that of every block of as many neighbouring periods, the last followed by the first.

    Parameters
    ----------
    pool : array, shape (T, J)
        Outcomes of the donors.
    target : array, shape (T,)
        Outcome of the served place.
    before : int
        Periods from before the service.
    intercept : bool
        Whether a constant is fitted besides the weights.

    Examples
    --------
    >>> pool = np.array([[0.0, 2.0], [1.0, 3.0], [2.0, 2.0], [0.0, 1.0], [1.0, 1.0]])
    >>> p = constant_effect(pool, np.array([1.0, 2.0, 2.5, 3.5, 4.0]), 3)
    >>> p(3.0), p(9.0)
    (1.0, 0.2)
    """
    n = len(target)
    direction = (np.arange(n) >= before).astype(np.float64)
    path = residual_path(pool, target, direction, intercept=intercept)
    block = (before + np.arange(n - before)) + np.arange(n)[:, None]
    sums = np.zeros((n, n))
    np.add.at(sums, (np.arange(n)[:, None], block % n), 1.0)
    sized = _sizes(path).mixed(sums)
    others = sized.minus(sized.columns(np.array([0]))).columns(np.arange(1, n))
    pieces = others.at_least_zero(TIE * path.size * (n - before))
    return step_function(pieces, always=1, total=n)


@dataclass(frozen=True, slots=True, eq=False)
class JointTest:
    """A test of the effects of all periods at once.

    Attributes
    ----------
    statistic : float
        Sum of the sizes of the residuals of the periods after.
    p_value : float
    orders : int
        Orders compared, that of the data among them.
    drawn : bool
        Whether these are draws and not all there are.
    """

    statistic: float
    p_value: float
    orders: int
    drawn: bool


def joint_test(
    pool: Floats,
    target: Floats,
    before: int,
    effects: Floats | float = 0.0,
    *,
    permutations: Permutations = "moving-block",
    intercept: bool = False,
    rng: np.random.Generator | None = None,
) -> JointTest:
    """Whether the effects of the periods after are these.

    Parameters
    ----------
    pool : array, shape (T, J)
        Outcomes of the donors.
    target : array, shape (T,)
        Outcome of the served place.
    before : int
        Periods from before the service.
    effects : array, shape (T - before,), or float
        The hypothesised effect of each period after.
    permutations : str
        ``moving-block``: the T shifts; residuals may be correlated over time. ``iid``: all orders,
        of which only the set of periods that comes last matters; residuals must not be correlated.
    intercept : bool
        Whether a constant is fitted besides the weights.
    rng : Generator, optional
        For ``iid``, where there are more than 100,000 sets: 9,999 are drawn.

    Raises
    ------
    ValueError
        When draws are needed and `rng` is missing.

    Examples
    --------
    >>> pool = np.array([[0.0, 2.0], [1.0, 3.0], [2.0, 2.0], [0.0, 1.0], [1.0, 1.0]])
    >>> found = joint_test(pool, np.array([1.0, 2.0, 2.5, 3.5, 4.0]), 3)
    >>> found.p_value, found.orders
    (0.2, 5)
    """
    n, after = len(target), len(target) - before
    without = np.array(target, dtype=np.float64)
    without[before:] -= effects
    fit = simplex_fit(pool, without, intercept=intercept)
    size = np.abs(without - fit.intercept - pool @ fit.weights)
    own = float(size[before:].sum())
    drawn = False
    if permutations == "moving-block":
        twice = np.cumsum(np.concatenate([[0.0], size, size]))
        sums = twice[after : after + n] - twice[:n]
    elif math.comb(n, after) <= ALL:
        sums = _subset_sums(size, after)
    else:
        if rng is None:
            raise ValueError("rng is needed to draw orders.")
        drawn = True
        order = np.argsort(rng.random((DRAWS, n)), axis=1)[:, :after]
        sums = np.append(size[order].sum(axis=1), own)
    tie = TIE * (float(np.abs(pool - without[:, None]).max()) or 1.0) * after
    p = float(np.count_nonzero(sums >= own - tie)) / len(sums)
    return JointTest(own, p, len(sums), drawn)


def _subset_sums(values: Floats, chosen: int) -> Floats:
    """The sum over each set of `chosen` of the values."""
    n = len(values)
    sums = [np.zeros(1)] + [np.zeros(0)] * chosen
    for k in range(n):
        for size in range(min(chosen, k + 1), 0, -1):
            sums[size] = np.concatenate([sums[size], sums[size - 1] + values[k]])
    return sums[chosen]


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Functions of the effect that are straight between knots.

    Attributes
    ----------
    knots : array, shape (K,)
    values : array, shape (K, m)
        At the knots.
    left, right : array, shape (m,)
        Slopes before the first knot and after the last.
    """

    knots: Floats
    values: Floats
    left: Floats
    right: Floats

    def columns(self, which: Ints) -> _Lines:
        """Some of the functions."""
        return _Lines(self.knots, self.values[:, which], self.left[which], self.right[which])

    def minus(self, other: _Lines) -> _Lines:
        """Their differences; both have the same knots."""
        return _Lines(
            self.knots,
            self.values - other.values,
            self.left - other.left,
            self.right - other.right,
        )

    def turned(self) -> _Lines:
        """Each with its sign turned."""
        return _Lines(self.knots, -self.values, -self.left, -self.right)

    def mixed(self, weights: Floats) -> _Lines:
        """Sums of them, one for each row of `weights`, shape (k, m)."""
        return _Lines(
            self.knots, self.values @ weights.T, weights @ self.left, weights @ self.right
        )

    def at_least_zero(self, tie: float) -> Pieces:
        """Where each function is at least zero; a value of at most `tie` in size is zero."""
        knots = self.knots
        values = np.where(np.abs(self.values) <= tie, 0.0, self.values)
        left = np.where(np.abs(self.left) <= TIE, 0.0, self.left)
        right = np.where(np.abs(self.right) <= TIE, 0.0, self.right)
        on = values >= 0.0
        change = values[1:] - values[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            roots = knots[:-1, None] - np.diff(knots)[:, None] * values[:-1] / change
            first = knots[0] - values[0] / left
            last = knots[-1] - values[-1] / right
        lows = [roots[~on[:-1] & on[1:]]]
        highs = [roots[on[:-1] & ~on[1:]]]
        # On the far left: on all the way, on from a root, or on up to a root.
        endless = np.count_nonzero(on[0] & (left <= 0.0)), np.count_nonzero(~on[0] & (left < 0.0))
        lows += [np.full(sum(endless), -np.inf), first[on[0] & (left > 0.0)]]
        highs += [first[~on[0] & (left < 0.0)]]
        endless = (
            np.count_nonzero(on[-1] & (right >= 0.0)),
            np.count_nonzero(~on[-1] & (right > 0.0)),
        )
        highs += [np.full(sum(endless), np.inf), last[on[-1] & (right < 0.0)]]
        lows += [last[~on[-1] & (right > 0.0)]]
        # No effect is asked about exactly: an end beside it by rounding alone lies on it.
        ends = [np.concatenate(found) for found in (lows, highs)]
        low, high = (np.where(np.abs(end) <= tie, 0.0, end) for end in ends)
        return Pieces(low, high)


def _sizes(path: ResidualPath) -> _Lines:
    """The absolute residuals, with a knot at every zero."""
    knots, values = path.knots, path.residuals
    before, after = values[:-1], values[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = knots[:-1, None] - np.diff(knots)[:, None] * before / (after - before)
        outer = [knots[0] - values[0] / path.left, knots[-1] - values[-1] / path.right]
    zeros = [
        inner[before * after < 0.0],
        outer[0][np.isfinite(outer[0]) & (outer[0] < knots[0])],
        outer[1][np.isfinite(outer[1]) & (outer[1] > knots[-1])],
    ]
    every = np.unique(np.concatenate([knots, *zeros]))
    residuals = path.at(every)
    # Beyond the outermost zeros no residual changes its sign any more.
    far = 1.0 + abs(float(every[-1] - every[0]))
    lowest = np.sign(residuals[0] - far * path.left)
    highest = np.sign(residuals[-1] + far * path.right)
    return _Lines(every, np.abs(residuals), lowest * path.left, highest * path.right)


def _rising(function: StepFunction) -> StepFunction:
    """The largest value so far, from the left."""
    m = len(function.knots)
    order = np.empty(2 * m + 1)
    order[0::2], order[1::2] = function.between, function.at
    order = np.maximum.accumulate(order)
    at = np.maximum(order[1::2], order[2::2])
    return StepFunction(function.knots, at, order[0::2])


def _falling(function: StepFunction) -> StepFunction:
    """The largest value from here on, to the right."""
    turned = _rising(StepFunction(-function.knots[::-1], function.at[::-1], function.between[::-1]))
    return StepFunction(-turned.knots[::-1], turned.at[::-1], turned.between[::-1])
