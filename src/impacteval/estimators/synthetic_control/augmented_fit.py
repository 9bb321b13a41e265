r"""Weights of a mix that a ridge regression corrects for what the mix misses.

With donors in columns, rows centred at the donors' mean, ``P`` (m, J) and the served place ``g``
(m,), the mix has simplex weights ``w`` and the correction is

    u = P' (P P' + penalty I)^{-1} (g - P w).

Since the rows of ``P`` are centred, ``u`` sums to zero and the weights ``w + u`` to one; some may be
negative. The penalty that is very large leaves the mix as it is, one that is very small makes it
follow the served place in every row.

The penalty is chosen by how well blocks of periods from before the service are predicted from the
others, with the mix refitted each time. One eigendecomposition serves all blocks and penalties:
with ``Q = (P P' + penalty I)^{-1}`` and the misses of the mix that was fitted without the rows ``v``,
set to zero in those rows, ``r``, the correction of the rows ``v`` is ``-Q[v, v]^{-1} (Q r)[v]``.

References
----------
Ben-Michael, Feller and Rothstein (2021), The augmented synthetic control method. *Journal of the
American Statistical Association* 116(536). doi:10.1080/01621459.2021.1929245
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.inference.simplex import SimplexFit, simplex_fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Rule = Literal["one-standard-error", "minimum"]
CovariateUse = Literal["stacked", "residualised"]

# Penalties tried: from the largest squared singular value of the table down to this share of it.
SMALLEST = 1e-8
STEPS = 20
# A spread this small beside the size of the numbers is rounding.
ROUNDING = 1e-12


class Unspread(ValueError):
    """A covariate that is the same in every donor, or that others of them determine.

    Attributes
    ----------
    which : tuple of int
        Which covariates.
    """

    def __init__(self, which: tuple[int, ...]) -> None:
        super().__init__(which)
        self.which = which


class Alike(ValueError):
    """Donors that are the same in everything that is balanced: there is nothing to correct with."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a fit is to do.

    Attributes
    ----------
    penalty : float or None
        Chosen by held-out periods when None.
    folds : int or None
        Blocks of held-out periods; each period by itself when None.
    rule : str
        ``minimum`` takes the penalty of the smallest mean error, ``one-standard-error`` the largest
        penalty whose mean error is within a standard error of it.
    covariates : str
        ``stacked`` as further rows, each with the spread of the outcomes; or ``residualised``:
        outcomes are what covariates leave of them, and covariates are balanced exactly.
    fixed_effects : bool
        Whether outcomes are taken from each place's own mean of the periods from before.
    """

    penalty: float | None = None
    folds: int | None = None
    rule: Rule = "one-standard-error"
    covariates: CovariateUse = "stacked"
    fixed_effects: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """How well each penalty predicted the periods that were held out.

    Attributes
    ----------
    penalties : array, shape (L,)
        From large to small.
    errors : array, shape (F, L)
        Sum of squared errors of each block of held-out periods.
    """

    penalties: Floats
    errors: Floats

    @property
    def mean(self) -> Floats:
        """Mean error of each penalty, shape (L,)."""
        return np.asarray(self.errors.mean(axis=0))

    @property
    def std_error(self) -> Floats:
        """Standard error of that mean, shape (L,)."""
        return np.asarray(self.errors.std(axis=0, ddof=1) / np.sqrt(len(self.errors)))

    def chosen(self, rule: Rule) -> int:
        """Place of the penalty that a rule takes.

        Examples
        --------
        >>> tried = Trials(np.array([9.0, 3.0, 1.0]), np.array([[2.0, 1.5, 1.4], [4.0, 2.5, 2.4]]))
        >>> tried.chosen("minimum"), tried.chosen("one-standard-error")
        (2, 1)
        """
        mean = self.mean
        best = int(np.argmin(mean))
        if rule == "minimum":
            return best
        return int(np.flatnonzero(mean <= mean[best] + self.std_error[best])[0])


@dataclass(frozen=True, slots=True, eq=False)
class AugmentedFit:
    """Weights of the donors for one served place.

    Attributes
    ----------
    weights : array, shape (J,)
        With sum one; some may be negative.
    simplex : SimplexFit
        The mix before it was corrected.
    penalty : float
    trials : Trials or None
        None where the penalty was given.
    pool, target : array, shape (m, J) and (m,)
        What was balanced: rows centred at the donors' mean.
    """

    weights: Floats
    simplex: SimplexFit
    penalty: float
    trials: Trials | None
    pool: Floats
    target: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What is balanced: donors in columns, rows centred at the donors' mean.

    Attributes
    ----------
    pool : array, shape (m, J)
    target : array, shape (m,)
    periods : int
        How many of the rows are periods; they come first.
    z, z1 : array, shape (k, J) and (k,), or None
        Centred covariates that are balanced exactly afterwards.
    """

    pool: Floats
    target: Floats
    periods: int
    z: Floats | None = None
    z1: Floats | None = None


def augmented_fit(
    before: Floats,
    x: Floats,
    choices: Choices,
    start: Floats | None = None,
) -> AugmentedFit:
    """Weights of the donors for a served place.

    Parameters
    ----------
    before : array, shape (T, 1 + J)
        Outcomes from before the service: the served place, then its donors. Finite.
    x : array, shape (k, 1 + J)
        Covariates of the same; none when k is zero.
    choices : Choices
    start : array, shape (J,), optional
        Simplex weights to begin from.

    Raises
    ------
    Unspread
        When a covariate does not vary over the donors, or is to be balanced exactly and others
        determine it.
    Alike
        When the donors do not differ.

    Examples
    --------
    >>> before = np.array([[5.0, 1.0, 2.0, 3.0], [6.0, 2.0, 2.0, 5.0], [5.0, 1.0, 3.0, 3.0]])
    >>> fit = augmented_fit(before, np.zeros((0, 4)), Choices(penalty=0.5))
    >>> round(float(fit.weights.sum()), 12), float(fit.weights.min()) < 0.0
    (1.0, True)
    >>> fit.simplex.weights.round(9).tolist()
    [0.0, 0.0, 1.0]
    """
    rows = _rows(before, x, choices)
    mixed = simplex_fit(rows.pool, rows.target, start=start)
    values, vectors = np.linalg.eigh(rows.pool @ rows.pool.T)
    values = np.maximum(values, 0.0)
    if not values[-1] > (ROUNDING * float(np.abs(before).max())) ** 2:
        raise Alike
    trials = None
    penalty = choices.penalty
    if penalty is None:
        trials = _trials(rows, mixed, values, vectors, choices.folds)
        penalty = float(trials.penalties[trials.chosen(choices.rule)])
    missed = rows.target - rows.pool @ mixed.weights
    moved = rows.pool.T @ (vectors @ ((vectors.T @ missed) / (values + penalty)))
    # It sums to zero but for what centring the rows has rounded.
    weights = mixed.weights + (moved - moved.mean())
    if rows.z is not None and rows.z1 is not None:
        left = rows.z1 - rows.z @ weights
        moved = rows.z.T @ np.linalg.solve(rows.z @ rows.z.T, left)
        weights = weights + (moved - moved.mean())
    return AugmentedFit(np.asarray(weights), mixed, penalty, trials, rows.pool, rows.target)


def own_means(before: Floats, choices: Choices) -> Floats:
    """What is taken from each place's outcomes, shape (1 + J,): its mean from before, or nothing."""
    return before.mean(axis=0) if choices.fixed_effects else np.zeros(before.shape[1])


def _rows(before: Floats, x: Floats, choices: Choices) -> _Rows:
    away = before - own_means(before, choices)
    away = away - away[:, 1:].mean(axis=1, keepdims=True)
    target, pool = away[:, 0], away[:, 1:]
    if not len(x):
        return _Rows(pool, target, len(pool))
    z = x - x[:, 1:].mean(axis=1, keepdims=True)
    spread = z[:, 1:].std(axis=1, ddof=1)
    flat = np.flatnonzero(~(spread > ROUNDING * np.abs(x).max(axis=1)))
    if flat.size:
        raise Unspread(tuple(flat.tolist()))
    z = z / spread[:, None]
    if choices.covariates == "stacked":
        z = z * pool.std(ddof=1)
        return _Rows(np.vstack([pool, z[:, 1:]]), np.append(target, z[:, 0]), len(pool))
    z1, z0 = z[:, 0], z[:, 1:]
    gram = z0 @ z0.T
    if np.linalg.matrix_rank(gram, hermitian=True) < len(z0):
        raise Unspread(tuple(range(len(z0))))
    slopes = np.linalg.solve(gram, z0 @ pool.T)
    return _Rows(pool - slopes.T @ z0, target - slopes.T @ z1, len(pool), z0, z1)


def blocks(periods: int, folds: int | None) -> list[Ints]:
    """Rows that are held out together: each by itself, or stretches of nearly equal length.

    Examples
    --------
    >>> [block.tolist() for block in blocks(5, 2)]
    [[0, 1, 2], [3, 4]]
    """
    count = periods if folds is None else min(folds, periods)
    return [np.asarray(part) for part in np.array_split(np.arange(periods), count)]


def penalties(largest: float) -> Floats:
    """The penalties that are tried, from the largest eigenvalue of ``P P'`` down."""
    return np.asarray(largest * SMALLEST ** (np.arange(STEPS + 1) / STEPS))


def _trials(
    rows: _Rows, mixed: SimplexFit, values: Floats, vectors: Floats, folds: int | None
) -> Trials:
    tried = penalties(float(values[-1]))
    held = blocks(rows.periods, folds)
    missed = np.empty((len(rows.target), len(held)))
    for f, block in enumerate(held):
        kept = np.ones(len(rows.target), dtype=bool)
        kept[block] = False
        # The mix without a few rows is near the mix with them: begin there.
        mix = simplex_fit(rows.pool[kept], rows.target[kept], start=mixed.weights)
        missed[:, f] = rows.target - rows.pool @ mix.weights
    return Trials(tried, held_out_errors(missed, held, values, vectors, tried))


def held_out_errors(
    missed: Floats, held: list[Ints], values: Floats, vectors: Floats, tried: Floats
) -> Floats:
    """Squared errors of blocks of rows predicted from the other rows, shape (F, L).

    Parameters
    ----------
    missed : array, shape (m, F)
        In every row, what the mix fitted without a block misses.
    held : list of array
        The rows of each block.
    values, vectors : arrays, shape (m,) and (m, m)
        Eigenvalues and eigenvectors of ``P P'``.
    tried : array, shape (L,)
        Penalties.
    """
    errors = np.empty((len(held), len(tried)))
    inverse = 1.0 / (values + tried[:, None])
    for f, block in enumerate(held):
        seen = missed[:, f].copy()
        seen[block] = 0.0
        own = vectors[block]
        # Both are (L, h) and (L, h, h): for each penalty the rows of the block.
        right = (inverse * (vectors.T @ seen)) @ own.T
        if len(block) == 1:
            correction = -right / (inverse @ (own[0] ** 2))[:, None]
        else:
            matrix = np.einsum("ik,lk,jk->lij", own, inverse, own)
            correction = -np.linalg.solve(matrix, right[..., None])[..., 0]
        errors[f] = ((missed[block, f] - correction) ** 2).sum(axis=1)
    return errors


def at_penalty(choices: Choices, penalty: float) -> Choices:
    """The same choices with a penalty that is given."""
    return replace(choices, penalty=penalty)
