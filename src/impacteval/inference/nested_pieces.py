"""The end of a search for predictor weights: to the lowest point of a piece, then to the next piece.

While the same donors have weight, both the miss of the outcome and the conditions of the inner
optimum are smooth in the weights of the predictors. The lowest point of such a piece is found by
sequential quadratic programming with exact derivatives; where it lies at the edge of the piece
(a donor's weight falls to zero, or a donor becomes as good as those that have weight), the piece
beyond the edge is tried. What counts in the end is the miss after solving the inner problem anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from impacteval.inference.nested_weights import Distances

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Pieces that a search may pass through.
PIECES = 12
# Evaluations on each: a handful do where a piece is smooth.
EVALUATIONS = 60
# A donor's weight, or its distance from having one, that counts as zero at the edge of a piece.
EDGE = 1e-6
# A fall of the miss below this share of it is none.
FALL = 1e-9


class Piece:
    """The miss of the outcome and the conditions under which a set of donors is the inner optimum.

    Parameters
    ----------
    distances : Distances
    support : array of int
        The donors with weight.
    """

    def __init__(self, distances: Distances, support: Ints) -> None:
        self.support = support
        self.others = np.setdiff1d(np.arange(distances.donors), support)
        self._rows = distances.predictors[:, support]
        self._edges = self._rows[:, 1:] - self._rows[:, :1]
        self._outcomes = distances.outcomes[:, support]
        self._beyond = distances.predictors[:, self.others] - self._rows[:, :1]
        self._size = float((distances.predictors**2).sum(axis=0).max())
        self._seen: tuple[bytes, tuple[float, Floats, Floats, Floats]] | None = None

    def at(self, u: Floats) -> tuple[float, Floats, Floats, Floats]:
        """Miss, its gradient, the conditions (not negative inside the piece), their gradients.

        Parameters
        ----------
        u : array, shape (K,)
            Logarithms of the weights of the predictors.

        Returns
        -------
        miss : float
        gradient : array, shape (K,)
        conditions : array, shape (J,)
            Weights of the donors of the piece, then by how much each other donor is worse than
            they are, as a share of the largest weighted distance.
        gradients : array, shape (J, K)
        """
        key = u.tobytes()
        if self._seen is None or self._seen[0] != key:
            self._seen = (key, self._at(u))
        return self._seen[1]

    def _at(self, u: Floats) -> tuple[float, Floats, Floats, Floats]:
        v = np.exp(u)
        root = np.sqrt(v)
        left, sizes, turned = np.linalg.svd(root[:, None] * self._edges, full_matrices=False)
        kept = sizes > 1e-12 * max(float(sizes.max(initial=0.0)), 1e-300)
        back = turned[kept].T / sizes[kept]
        rest = back @ (left[:, kept].T @ (-root * self._rows[:, 0]))
        weights = np.concatenate([[1.0 - rest.sum()], rest])
        missed = self._rows @ weights
        # How the weights, and with them the missed predictors, move with each logarithm.
        moved = -(back @ back.T @ self._edges.T) * (v * missed)
        turns = np.vstack([-moved.sum(axis=0), moved])
        miss = self._outcomes @ weights
        value = float(miss @ miss) / len(miss)
        gradient = (2.0 / len(miss)) * (miss @ self._outcomes) @ turns
        pull = (v * missed)[:, None] * self._beyond
        worse = pull.sum(axis=0) / self._size
        slopes = (pull.T + (v[:, None] * self._beyond).T @ (self._edges @ moved)) / self._size
        conditions = np.concatenate([weights, worse])
        return value, gradient, conditions, np.vstack([turns, slopes])


class _EnoughError(Exception):
    """The search on a piece has used its evaluations."""


def _lowest(piece: Piece, u: Floats, low: float, size: float) -> Floats:
    """The lowest point of a piece, or the lowest one inside it that was seen."""
    from scipy.optimize import minimize

    best, least, evaluations = u, np.inf, 0

    def miss(x: Floats) -> float:
        nonlocal best, least, evaluations
        evaluations += 1
        # Near the edge a line search may go on for nothing.
        if evaluations > EVALUATIONS:
            raise _EnoughError
        value, _, conditions, _ = piece.at(x)
        if value < least and conditions.min() >= -EDGE:
            best, least = x.copy(), value
        return value / size

    search: Any = minimize  # its stubs do not know conditions with several values
    inside = {
        "type": "ineq",
        "fun": lambda x: piece.at(x)[2],
        "jac": lambda x: piece.at(x)[3],
    }
    try:
        found = search(
            miss,
            u,
            jac=lambda x: piece.at(x)[1] / size,
            method="SLSQP",
            bounds=[(low, 0.0)] * len(u),
            constraints=[inside],
            options={"maxiter": EVALUATIONS, "ftol": 1e-12},
        )
        x = np.asarray(found.x, dtype=np.float64)
    except _EnoughError:
        x = best
    return np.clip(x, low, 0.0) if np.isfinite(x).all() else u


def finish(distances: Distances, u: Floats) -> tuple[float, Floats]:
    """The lowest point reached from `u`, piece by piece.

    Parameters
    ----------
    distances : Distances
    u : array, shape (K,)
        Logarithms of the weights of the predictors, the largest zero.

    Returns
    -------
    miss : float
        Mean squared miss of the outcome there.
    u : array, shape (K,)
    """
    from impacteval.inference.nested_weights import LEAST, Outer

    low = float(np.log(LEAST))
    size = float((distances.outcomes**2).mean(axis=0).max()) or 1.0

    def miss(point: Floats) -> tuple[float, Ints]:
        outer = Outer(distances)
        value, _ = outer(point)
        assert outer.support is not None  # set by every evaluation; for mypy
        return value, np.sort(outer.support)

    least, support = miss(u)
    known: set[bytes] = set()
    queue = [support]
    for _ in range(PIECES):
        queue = [one for one in queue if one.tobytes() not in known]
        if not queue:
            break
        support = queue.pop(0)
        known.add(support.tobytes())
        piece = Piece(distances, support)
        point = _lowest(piece, u, low, size)
        value, reached = miss(point)
        conditions = piece.at(point)[2]
        if value < least - FALL * least:
            least, u = value, point
            queue = [reached]
        elif value < least:
            least, u = value, point
        queue += _beside(piece, conditions)
    return least, u


def _beside(piece: Piece, conditions: Floats) -> list[Ints]:
    """The pieces beyond the edges at which a point lies."""
    n = len(piece.support)
    leaving: list[int] = np.flatnonzero(conditions[:n] <= EDGE).tolist() if n > 1 else []
    joining = np.flatnonzero(conditions[n:] <= EDGE * 1e-3)
    return [
        *(np.delete(piece.support, at) for at in leaving),
        *(np.sort(np.append(piece.support, piece.others[at])) for at in joining),
    ]
