"""Weights of predictors chosen so that the mix they lead to follows the outcome: two problems in one.

The inner problem mixes donors so that weighted predictors are matched; it is solved exactly by
`impacteval.inference.simplex`. The outer one chooses the weights of the predictors so that the mix
follows the outcome before the service. The miss is smooth as long as the same donors have weight,
with a gradient that follows from the inner conditions of optimality, and it has many local minima:
it is screened at many points, descended from the best of them, and each descent is finished piece
by piece, a piece being a set of donors.

Every predictor keeps at least the share `LEAST` of the largest weight. With a weight of exactly
zero for all but one predictor almost any mix would be an inner optimum, and the predictors would
say nothing (Malo and others 2024). Where several mixes match the predictors equally well, the one
is taken that follows the outcome best: the optimistic solution.

References
----------
Abadie, Diamond and Hainmueller (2010), Synthetic control methods for comparative case studies.
*Journal of the American Statistical Association* 105(490). doi:10.1198/jasa.2009.ap08746
Becker and Kloessner (2018), Fast and reliable computation of generalized synthetic controls.
*Econometrics and Statistics* 5. doi:10.1016/j.ecosta.2017.08.002
Malo, Eskelinen, Zhou and Kuosmanen (2024), Computing synthetic controls using bilevel
optimization. *Computational Economics* 64. doi:10.1007/s10614-023-10471-7
Lewis and Overton (2013), Nonsmooth optimization via quasi-Newton methods. *Mathematical
Programming* 141. doi:10.1007/s10107-012-0514-2
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.inference.simplex import simplex_fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Least weight of a predictor, as a share of the largest. Below it the rows of the inner problem
# would differ by more than the square root of the precision of numbers.
LEAST = 1e-6
# The random points are the same for every unit and every run.
SEED = 20100490
# Descents from the lowest points that were looked at, and as many again from near the best end.
STARTS = 12
# How many points are looked at for each descent: one evaluation costs a fortieth of a descent.
SCREENED = 40
# Concentration of random weights of which a few count.
FEW = 0.3
# How far the later descents begin from the best end, in logarithms, in turn.
SPREADS = (3.0, 1.0, 0.3, 0.1)
# Donors let in or out before the inner problem is solved from the beginning.
REPAIRS = 6
# Slopes that are lower by no more than this share of the largest distance are no better.
HOLDS = 1e-12
# Weights below this are what rounding leaves of zero.
TINY = 1e-10
# A difference of inner objectives below this share of the largest distance is none.
LEVEL = 1e-11
# Rounds of multipliers; a handful reach rounding.
ROUNDS = 20
# A miss of the predictors below this share of their distances is none.
MATCHED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """How far each donor lies from the unit to be followed.

    Attributes
    ----------
    predictors : array, shape (K, J)
        Predictor of the donor minus that of the unit, each row in a unit of its own.
    outcomes : array, shape (T, J)
        The same for the outcome before the service.
    """

    predictors: Floats
    outcomes: Floats

    def __post_init__(self) -> None:
        if self.predictors.ndim != 2 or self.outcomes.ndim != 2:
            raise ValueError("predictors and outcomes are tables with a column a donor.")
        if self.predictors.shape[1] != self.outcomes.shape[1] or not self.predictors.size:
            raise ValueError("predictors and outcomes need the same donors, and at least one.")
        if not (np.isfinite(self.predictors).all() and np.isfinite(self.outcomes).all()):
            raise ValueError("predictors and outcomes must be finite.")

    @property
    def donors(self) -> int:
        """Number of donors, J."""
        return int(self.predictors.shape[1])

    def squares(self, weights: Floats) -> float:
        """Mean squared miss of the outcome before the service."""
        miss = self.outcomes @ weights
        return float(miss @ miss) / len(miss)


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """Donor weights that match weighted predictors best.

    Attributes
    ----------
    weights : array, shape (J,)
        Not negative, with sum one.
    squares : float
        Mean squared miss of the outcome before the service.
    gap : float
        No weights match the predictors better by more than this, in the unit of the weighted
        sum of squares with predictor weights of sum one.
    size : float
        The largest weighted distance of a donor, by which the gap is judged.
    several : bool
        Whether other weights match the predictors as well; then these follow the outcome best.
    many : bool
        Whether other weights match the predictors as well and follow the outcome as well.
    """

    weights: Floats
    squares: float
    gap: float
    size: float
    several: bool
    many: bool

    @property
    def relative_gap(self) -> float:
        """The gap as a share of the size."""
        return self.gap / self.size if self.size > 0.0 else 0.0


def mix(distances: Distances, v: Floats) -> Mix:
    """The mix for given weights of the predictors, and its proof.

    Parameters
    ----------
    distances : Distances
    v : array, shape (K,)
        Weights of the predictors: not negative, not all zero. Their common size does not matter.

    Examples
    --------
    One predictor cannot tell four donors apart; the outcome does.

    >>> import numpy as np
    >>> apart = Distances(
    ...     np.array([[-1.0, 1.0, -1.0, 1.0]]),
    ...     np.array([[-2.0, 2.0, -1.0, 0.5], [1.0, 3.0, 1.0, -1.0]]),
    ... )
    >>> found = mix(apart, np.array([1.0]))
    >>> found.several, found.many, round(found.squares, 6), found.weights.round(4).tolist()
    (True, False, 0.027397, [0.0, 0.0205, 0.5, 0.4795])
    """
    v = np.asarray(v, dtype=np.float64)
    v = v / v.sum()
    held = v > 0.0
    v, rows = v[held], distances.predictors[held]
    fit = simplex_fit(np.sqrt(v)[:, None] * rows, np.zeros(len(rows)))
    weights, many = fit.weights, False
    _, size = _slopes(rows, v, weights)
    if not fit.unique:
        # All best mixes have the same predictors.
        chosen, only = _follow(distances.outcomes, rows, rows @ weights)
        worse = float(v @ ((rows @ chosen) ** 2 - (rows @ weights) ** 2))
        if worse <= LEVEL * size:
            weights, many = chosen, not only
    weights = np.where(weights < TINY, 0.0, weights)
    weights = weights / weights.sum()
    slope, _ = _slopes(rows, v, weights)
    gap = max(2.0 * float(slope @ weights - slope.min()), 0.0)
    return Mix(weights, distances.squares(weights), gap, size, not fit.unique, many)


def _slopes(rows: Floats, v: Floats, weights: Floats) -> tuple[Floats, float]:
    """Half the slope of the inner objective in each donor, and the largest weighted distance."""
    slope: Floats = (v * (rows @ weights)) @ rows
    return slope, float((v @ rows**2).max())


def _follow(outcomes: Floats, rows: Floats, point: Floats) -> tuple[Floats, bool]:
    """Weights with ``rows w = point`` that follow the outcome best, and whether they alone do.

    By the method of multipliers.

    Each round solves a least squares problem in which the rows count heavily, and moves their goal
    by what was missed; the miss shrinks by a large factor a round, down to rounding.
    """
    size = np.abs(rows - point[:, None]).max(axis=1)
    kept = size > 0.0
    away = (rows - point[:, None])[kept] / size[kept, None]
    follow = outcomes / (float(np.abs(outcomes).max()) or 1.0)
    heavy = 30.0 * np.sqrt(max(len(follow), 1))
    pushed = np.zeros(len(away))
    best, only, least = np.full(rows.shape[1], 1.0 / rows.shape[1]), True, np.inf
    for _ in range(ROUNDS):
        fit = simplex_fit(
            np.vstack([follow, heavy * away]),
            np.concatenate([np.zeros(len(follow)), -heavy * pushed]),
        )
        miss = away @ fit.weights
        missed = float(np.abs(miss).max(initial=0.0))
        stuck = missed > 0.5 * least  # what is left is rounding
        if missed < least:
            best, only, least = fit.weights, fit.unique, missed
        if stuck or missed <= 1e-13:
            break
        pushed = pushed + miss
    return best, only


@dataclass(slots=True, eq=False)
class Outer:
    """The miss of the outcome as a function of the logarithms of the predictors' weights."""

    distances: Distances
    support: Ints | None = None
    sizes: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.sizes = self.distances.predictors**2

    def __call__(self, u: Floats) -> tuple[float, Floats]:
        """Mean squared miss and its gradient; shape (K,)."""
        v = np.exp(u - u.max())
        support, weights = self.solve(v)
        outcomes = self.distances.outcomes[:, support]
        miss = outcomes @ weights
        value = float(miss @ miss) / len(miss)
        if len(support) == 1:
            return value, np.zeros_like(u)
        rows = self.distances.predictors[:, support]
        edges = rows[:, 1:] - rows[:, :1]
        slope = 2.0 * (miss @ outcomes) / len(miss)
        back = _solve(np.sqrt(v)[:, None] * edges, slope[1:] - slope[0])
        gradient: Floats = -v * (rows @ weights) * (edges @ back)
        return value, gradient

    def solve(self, v: Floats) -> tuple[Ints, Floats]:
        """The donors with weight, and their weights.

        Weights of predictors move little from one evaluation to the next: the last donors, one
        more or one less, are tried first and taken only when they meet every condition.
        """
        predictors, support = self.distances.predictors, self.support
        if support is not None:
            size = float((v @ self.sizes).max())
            for _ in range(REPAIRS):
                weights = _face(predictors, v, support)
                lowest = int(weights.argmin())
                if weights[lowest] <= 0.0:
                    support = np.delete(support, lowest)
                    continue
                slope = (v * (predictors[:, support] @ weights)) @ predictors
                level = float(slope[support] @ weights)
                best = int(slope.argmin())
                if slope[best] >= level - HOLDS * size:
                    self.support = support
                    return support, weights
                if best in support:
                    break
                support = np.append(support, best)
        rows = np.sqrt(v)[:, None] * predictors
        found = simplex_fit(rows, np.zeros(len(v))).weights
        self.support = np.flatnonzero(found > 0.0)
        return self.support, found[self.support]


def _solve(rows: Floats, right: Floats) -> Floats:
    """``(rows' rows)^-1 right``, shape (n,), through the singular values of the rows."""
    _, sizes, turned = np.linalg.svd(rows, full_matrices=False)
    kept = sizes > 1e-12 * max(float(sizes[0]), 1e-300)
    found: Floats = turned[kept].T @ ((turned[kept] @ right) / sizes[kept] ** 2)
    return found


def _face(predictors: Floats, v: Floats, support: Ints) -> Floats:
    """Weights of sum one, of either sign, that match best with these donors alone."""
    rows = predictors[:, support]
    if len(support) == 1:
        return np.ones(1)
    root = np.sqrt(v)
    edges = root[:, None] * (rows[:, 1:] - rows[:, :1])
    rest = np.linalg.lstsq(edges, -root * rows[:, 0], rcond=None)[0]
    return np.concatenate([[1.0 - rest.sum()], rest])


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """Weights of the predictors, the mix they lead to, and what else was tried.

    Attributes
    ----------
    v : array, shape (K,)
        Weights of the predictors; sum one.
    mix : Mix
    kinds : tuple of str
        Where each descent began: ``equal``, ``regression``, ``one`` (nearly all weight on one
        predictor), ``random``.
    began, ended : array, shape (S,)
        Mean squared miss where each descent began and where it ended.
    matched : bool
        Whether mixes match all predictors exactly; the weights of the predictors then say nothing.
    floor : float
        Mean squared miss of the mix that follows the outcome best, predictors aside: none is lower.
    """

    v: Floats
    mix: Mix
    kinds: tuple[str, ...]
    began: Floats
    ended: Floats
    matched: bool
    floor: float


def nested(distances: Distances, *, starts: int = STARTS) -> Nested:
    """Weights of the predictors by the fit of the outcome before the service.

    Parameters
    ----------
    distances : Distances
    starts : int
        Descents from the lowest of forty times as many points, and from near the best end.

    Examples
    --------
    The second predictor misleads; the outcome follows the first.

    >>> import numpy as np
    >>> found = nested(
    ...     Distances(
    ...         np.array([[1.0, -1.0, -3.0], [0.5, 3.0, 1.0]]),
    ...         np.array([[1.0, -1.0, -3.0], [2.0, -2.0, -6.0]]),
    ...     ),
    ...     starts=3,
    ... )
    >>> found.mix.weights.round(3).tolist(), round(found.mix.squares, 6)
    ([0.75, 0.0, 0.25], 0.0)
    """
    k = len(distances.predictors)
    floor = simplex_fit(distances.outcomes, np.zeros(len(distances.outcomes))).squares
    floor /= len(distances.outcomes)
    equal = np.full(k, 1.0 / k)
    plain = mix(distances, equal)
    reach = np.abs(distances.predictors).max()
    matched = float(np.abs(distances.predictors @ plain.weights).max()) <= MATCHED * reach
    if matched or k == 1:
        nothing = np.array([plain.squares])
        return Nested(equal, plain, ("equal",), nothing, nothing, matched, floor)
    kinds, points = starting_points(distances, SCREENED * starts)
    outer = Outer(distances)
    misses = np.array([outer(point)[0] for point in points])
    order = np.argsort(misses, kind="stable")[:starts]
    ends = [_descend(distances, points[at]) for at in order.tolist()]
    ended = np.array([value for value, _ in ends])
    best = _best(distances, ends)
    v = np.exp(best - best.max())
    v = v / v.sum()
    return Nested(
        v,
        mix(distances, v),
        tuple(kinds[at] for at in order.tolist()),
        misses[order],
        ended,
        matched,
        floor,
    )


def starting_points(distances: Distances, count: int) -> tuple[list[str], Floats]:
    """Logarithms of predictor weights at which the search may begin.

    Parameters
    ----------
    distances : Distances
    count : int
        How many at least.

    Returns
    -------
    kinds : list of str
    points : array, shape (S, K)
        Between ``log(LEAST)`` and zero, the largest zero.
    """
    k = len(distances.predictors)
    kinds, points = ["equal", "regression"], [np.zeros(k), _regression(distances)]
    for own in range(k):
        point = np.full(k, 0.5 * np.log(LEAST))
        point[own] = 0.0
        kinds.append("one")
        points.append(point)
    # Half of them with weights of all sizes, half with a few that count and others that hardly do.
    rng = np.random.default_rng(SEED)
    rest = max(count - len(points), 0)
    low = np.log(LEAST)
    even = rng.uniform(low, 0.0, (rest - rest // 2, k))
    few = np.log(np.maximum(rng.dirichlet(np.full(k, FEW), size=rest // 2), LEAST**2))
    kinds += ["random"] * rest
    table = np.vstack([np.array(points), even, few])
    table = np.maximum(table - table.max(axis=1, keepdims=True), low)
    return kinds, table


def _regression(distances: Distances) -> Floats:
    """Squared coefficients of the outcomes on the predictors, over the donors."""
    rows = distances.predictors - distances.predictors.mean(axis=1, keepdims=True)
    found = np.linalg.lstsq(rows.T, distances.outcomes.T, rcond=1e-10)[0]
    size = (found**2).sum(axis=1)
    if not size.max() > 0.0:
        return np.zeros(len(rows))
    return np.asarray(np.log(np.maximum(size / size.max(), LEAST)))


def _descend(distances: Distances, point: Floats) -> tuple[float, Floats]:
    """A descent by a quasi-Newton method, which copes with the kinks between pieces."""
    from scipy.optimize import minimize

    low = float(np.log(LEAST))
    outer = Outer(distances)
    size = float((distances.outcomes**2).mean(axis=0).max()) or 1.0

    def scaled(u: Floats) -> tuple[float, Floats]:
        value, gradient = outer(u)
        return value / size, gradient / size

    found: Any = minimize(
        scaled,
        point,
        jac=True,
        method="L-BFGS-B",
        bounds=[(low, 0.0)] * len(point),
        options={"maxiter": 60, "ftol": 1e-10, "gtol": 1e-9},
    )
    return float(found.fun) * size, np.asarray(found.x, dtype=np.float64)


def _best(distances: Distances, ends: list[tuple[float, Floats]]) -> Floats:
    """The lowest of the descents, finished piece by piece."""
    from impacteval.inference.nested_pieces import finish

    order = sorted(range(len(ends)), key=lambda at: ends[at][0])[:2]
    finished = [finish(distances, ends[at][1]) for at in order]
    least, point = min(finished, key=lambda found: found[0])
    rng = np.random.default_rng(SEED)
    for hop in range(len(ends)):
        away = point + SPREADS[hop % len(SPREADS)] * rng.normal(size=len(point))
        away = np.maximum(away - away.max(), np.log(LEAST))
        value, end = _descend(distances, away)
        if value < least * (1.0 + 1e-3):
            value, end = finish(distances, end)
        if value < least:
            least, point = value, end
    return point
