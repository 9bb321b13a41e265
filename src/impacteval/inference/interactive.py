"""Unit and period effects with common factors that each unit follows in its own way.

Outcomes without the service are ``level_i + period_t + loading_i' factor_t + x_it' slope + noise``.
Periods, factors and slopes come from units that are never served, by exact least squares: with
both effects taken out, the factors are the leading right singular vectors (Bai 2009). A served
unit's level and loadings come from its own periods before the service (Xu 2017). All ranks share
one decomposition, and many panels are solved side by side, which is what makes placebos cheap.

References
----------
Bai (2009), Panel data models with interactive fixed effects. *Econometrica* 77(4).
doi:10.3982/ECTA6135
Xu (2017), Generalized synthetic control method. *Political Analysis* 25(1).
doi:10.1017/pan.2016.2
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference.interactive_slopes import slopes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# A factor whose share of the largest singular value is below this is rounding.
RANK = 1e-7
# Two factors whose squared singular values differ by less than this share of the largest are as large
# as each other: either could be the last of a rank.
EVEN = 1e-9
# A column that is the others' mix but for this share of its length tells nothing before the service.
DEAD = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Several panels of the same shape, solved side by side.

    Attributes
    ----------
    pool : array, shape (B, J, T)
        Outcomes of units never served.
    target : array, shape (B, N, T)
        Outcomes of the units to be predicted; those from their start on are not read.
    before : array of bool, shape (N, T)
        The periods from which each target's loadings are read.
    pool_x, target_x : array, shape (B, J, T, k) and (B, N, T, k), or None
        Covariates.
    """

    pool: Floats
    target: Floats
    before: Bools
    pool_x: Floats | None = None
    target_x: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Factored:
    """Predictions at one rank a panel.

    Attributes
    ----------
    rank : array of int, shape (B,)
    curve : array, shape (B, N, T)
        What each target would have had without the service, in every period.
    loadings : array, shape (B, N, m)
        Of the targets; zero beyond the rank.
    pool_loadings : array, shape (B, J, m)
    vectors : array, shape (B, T, m)
        Factors, of length one; those beyond the rank are not used.
    squares : array, shape (B, m)
        Squared singular values.
    slopes : array, shape (B, k)
    basis : array, shape (B, C, T, 1 + m)
        Constant and factors of each pattern of `before`, orthonormal over it, zero beyond the rank.
    pattern : array of int, shape (N,)
        Pattern of each target.
    before : array of bool, shape (N, T)
    miss : array, shape (B, N, T)
        Observed minus predicted before the service, zero since.
    donors : int
        J.
    slack : float
        Largest relative slope of the sum of squares in the slopes: zero at a solution.
    """

    rank: Ints
    curve: Floats
    loadings: Floats
    pool_loadings: Floats
    vectors: Floats
    squares: Floats
    slopes: Floats
    basis: Floats
    pattern: Ints
    before: Bools
    miss: Floats
    donors: int
    slack: float

    def weights(self) -> Floats:
        """What each unit of the pool counts for in each target's curve, shape (B, N, J).

        The curve is a constant plus ``sum_j w_j (y_jt - mean of y_j)``, exactly; weights sum to one
        and may be negative.
        """
        used = _used(self.rank, self.squares)
        inverse = np.divide(used, self.squares, out=np.zeros_like(self.squares), where=used > 0)
        mixed = (self.loadings * inverse[:, None]) @ np.swapaxes(self.pool_loadings, 1, 2)
        found: Floats = 1.0 / self.donors + mixed
        return found

    def spread(self, share: Floats) -> Floats:
        """Spread of a weighted sum of gaps where all noise is alike with spread one, shape (B, Q).

        Parameters
        ----------
        share : array, shape (Q, N, T)
            Weights, zero before the service.

        Notes
        -----
        To first order the miss is ``sum u_j c_t noise_jt``: over time the served periods less what
        the periods before tell of them, over units the target less its mix of the pool. A target
        far from the others takes large weights, and its spread says so.
        """
        used = _used(self.rank, self.squares)
        inverse = np.divide(used, self.squares, out=np.zeros_like(self.squares), where=used > 0)
        alike = (self.loadings * inverse[:, None]) @ np.swapaxes(self.loadings, 1, 2)
        return self._spread(share, alike + 1.0 / self.donors + np.eye(alike.shape[1]))

    def own_spread(self, share: Floats) -> Floats:
        """Spread of a weighted sum of gaps, its noise read from the misses before, shape (B, Q).

        Parameters
        ----------
        share : array, shape (Q, N, T)
            Weights, zero before the service.

        Notes
        -----
        What a target misses before the service is its own noise less that of its mix of the pool,
        and targets miss together what they share of it: squares and products of the misses stand in
        place of those that `spread` works out from noise that is alike everywhere.
        """
        common = self.before.all(axis=0)
        miss = self.miss[:, :, common]
        room = int(common.sum()) - 1 - self.rank
        alike = miss @ np.swapaxes(miss, 1, 2) / room[:, None, None]
        return self._spread(share, alike)

    def _spread(self, share: Floats, alike: Floats) -> Floats:
        held = self.basis[:, self.pattern]
        on = np.einsum("qnt,bntc->bqnc", share, held, optimize=True)
        told = np.einsum("bqnc,bntc->bqnt", on, held * self.before[..., None], optimize=True)
        times = share[None] - told
        mixed = np.einsum("bnm,bqmt->bqnt", alike, times, optimize=True)
        square = (times * mixed).sum(axis=(2, 3))
        found: Floats = np.sqrt(np.maximum(square, 0.0))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """A stack of panels solved at every rank up to the largest.

    Attributes
    ----------
    errors : array, shape (B, 1 + m)
        Mean squared miss of periods before the service, each predicted from the others, at every
        rank; infinite where a rank cannot be read from them.
    """

    errors: Floats
    _parts: tuple[_Part, ...]

    def chosen(self) -> Ints:
        """The rank with the smallest miss, the smaller at a tie, shape (B,)."""
        found: Ints = np.argmin(self.errors, axis=1)
        return found

    def at(self, rank: Ints) -> Factored:
        """The predictions at one rank a panel, shape of `rank` (B,)."""
        if len(self._parts) == 1:
            return self._parts[0].at(rank)
        fits = [part.at(np.full_like(rank, r)) for r, part in enumerate(self._parts)]
        most = len(fits) - 1

        def pick(name: str) -> Floats:
            values = np.stack([_padded(getattr(f, name), name, most) for f in fits])
            return np.asarray(values[rank, np.arange(len(rank))])

        names = ("curve", "loadings", "pool_loadings", "vectors", "squares", "slopes", "basis")
        picked = {name: pick(name) for name in (*names, "miss")}
        slack = max(fits[r].slack for r in np.unique(rank).tolist())
        last = fits[-1]
        return Factored(
            rank=rank,
            pattern=last.pattern,
            before=last.before,
            donors=last.donors,
            slack=slack,
            **picked,
        )


# Which axis of each array grows with the rank.
_GROWS = {"loadings": 2, "pool_loadings": 2, "vectors": 2, "squares": 1, "basis": 3}


def _padded(values: Floats, name: str, most: int) -> Floats:
    axis = _GROWS.get(name)
    if axis is None:
        return values
    wide = most + (1 if name == "basis" else 0)
    grown = [(0, 0)] * values.ndim
    grown[axis] = (0, wide - values.shape[axis])
    return np.pad(values, grown)


def _used(rank: Ints, squares: Floats) -> Floats:
    """One for the factors within the rank, shape (B, m)."""
    return (np.arange(squares.shape[1]) < rank[:, None]).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One decomposition and what it says of the targets at every rank within it."""

    stack: Stack
    target: Floats  # (B, N, T), without covariates and period effects
    offset: Floats  # (B, N, T), these
    vectors: Floats
    squares: Floats
    next_square: Floats  # (B, 1), of the factor after the last
    pool_loadings: Floats
    slopes: Floats
    slack: float
    basis: Floats
    pattern: Ints
    scores: Floats  # (B, N, 1 + m)

    def at(self, rank: Ints) -> Factored:
        use = np.arange(self.basis.shape[-1]) <= rank[:, None]
        basis = self.basis * use[:, None, None]
        own = np.einsum("bntc,bnc->bnt", basis[:, self.pattern], self.scores)
        miss = np.where(self.stack.before, self.target - own, 0.0)
        loadings = (own @ self.vectors) * _used(rank, self.squares)[:, None]
        return Factored(
            rank=rank,
            curve=self.offset + own,
            loadings=loadings,
            pool_loadings=self.pool_loadings,
            vectors=self.vectors,
            squares=self.squares,
            slopes=self.slopes,
            basis=basis,
            pattern=self.pattern,
            before=self.stack.before,
            miss=miss,
            donors=self.stack.pool.shape[1],
            slack=self.slack,
        )

    def errors(self) -> Floats:
        """Leave-one-out misses at every rank, shape (B, 1 + m)."""
        before = self.stack.before
        held = self.basis[:, self.pattern] * before[..., None]
        fitted = np.cumsum(held * self.scores[:, :, None], axis=-1)
        room = 1.0 - np.cumsum(held**2, axis=-1)
        # A period that decides a factor by itself cannot be predicted from the others.
        free = room > 1e-9
        miss = np.where(before[..., None], self.target[..., None] - fitted, 0.0)
        left = np.divide(miss, room, out=np.zeros_like(miss), where=free)
        found = (left**2).sum(axis=(1, 2)) / before.sum()
        able = (free | ~before[..., None]).all(axis=(1, 2)) & self._alive() & self._single()
        return np.where(able, found, np.inf)

    def _alive(self) -> Bools:
        """Ranks whose columns can all be told apart before the service, shape (B, 1 + m)."""
        there = (self.basis != 0.0).any(axis=2).all(axis=1)
        found: Bools = np.logical_and.accumulate(there, axis=1)
        return found

    def _single(self) -> Bools:
        """Ranks whose factors no others could replace, shape (B, 1 + m)."""
        every = np.concatenate([self.squares, self.next_square], axis=1)
        falls = every[:, :-1] - every[:, 1:] > EVEN * every[:, :1]
        return np.concatenate([np.ones((len(falls), 1), dtype=bool), falls], axis=1)


def candidates(stack: Stack, most: int) -> Candidates:
    """Solve every panel of a stack at every rank up to `most`.

    Parameters
    ----------
    stack : Stack
        Complete panels; at least ``most + 2`` units in the pool and periods before the service.
    most : int
        The largest rank.

    Raises
    ------
    ValueError
        When the pool or the periods are too few for the rank, or a number is not finite.
    RuntimeError
        When the slopes of covariates do not settle.

    Examples
    --------
    One factor, without noise: the target follows it three times as strongly as any other unit, and
    is found all the same.

    >>> import numpy as np
    >>> factor = np.array([0.0, 1.0, 3.0, 2.0, 5.0, 4.0])
    >>> pool = np.outer([1.0, 2.0, -1.0, 0.5], factor) + np.arange(4.0)[:, None]
    >>> target = 6.0 * factor + 1.0
    >>> before = np.array([[True, True, True, True, False, False]])
    >>> found = candidates(Stack(pool[None], target[None, None], before), 1)
    >>> found.at(found.chosen()).curve.round(6).tolist()
    [[[1.0, 7.0, 19.0, 13.0, 31.0, 25.0]]]
    """
    donors, periods = stack.pool.shape[1:]
    shortest = int(stack.before.sum(axis=1).min())
    if most < 0 or most > min(donors - 2, periods - 2, shortest - 2):
        raise ValueError(
            f"rank {most} needs {most + 2} units in the pool and periods before, not {donors} and "
            f"{shortest}."
        )
    if not (np.isfinite(stack.pool).all() and np.isfinite(stack.target[:, stack.before]).all()):
        raise ValueError("Outcomes must be finite.")
    if stack.pool_x is None:
        (part,) = (_part(stack, most),)
        return Candidates(part.errors(), (part,))
    parts = tuple(_part(stack, rank) for rank in range(most + 1))
    return Candidates(np.stack([p.errors()[:, r] for r, p in enumerate(parts)], axis=1), parts)


def _part(stack: Stack, most: int) -> _Part:
    pool, target = stack.pool, stack.target
    slope, slack = np.zeros((len(pool), 0)), 0.0
    explained = np.zeros_like(target)
    if stack.pool_x is not None:
        assert stack.target_x is not None  # both or neither; for mypy
        slope, slack = slopes(pool, stack.pool_x, most)
        pool = pool - np.einsum("bjtk,bk->bjt", stack.pool_x, slope)
        explained = np.einsum("bntk,bk->bnt", stack.target_x, slope)
    level = pool.mean(axis=1)
    centred = pool - level[:, None]
    centred -= centred.mean(axis=2, keepdims=True)
    vectors, squares = leading(centred, most + 1)
    vectors, squares, next_square = vectors[:, :, :most], squares[:, :most], squares[:, most:]
    offset = explained + level[:, None]
    patterns, pattern = np.unique(stack.before, axis=0, return_inverse=True)
    basis = _basis(vectors, squares, patterns)
    own = np.where(stack.before, target - offset, 0.0)
    scores = np.einsum("bntc,bnt->bnc", basis[:, pattern.ravel()], own)
    return _Part(
        stack=stack,
        target=own,
        offset=offset,
        vectors=vectors,
        squares=squares,
        next_square=next_square,
        pool_loadings=centred @ vectors,
        slopes=slope,
        slack=slack,
        basis=basis,
        pattern=pattern.ravel(),
        scores=scores,
    )


def leading(centred: Floats, most: int) -> tuple[Floats, Floats]:
    """Leading right singular vectors and their squared values, shapes (B, T, m) and (B, m).

    From the smaller of both Gram matrices: the leading ones keep their digits there. Each vector
    points where its largest entry is positive, so that loadings have a sign that is the data's.
    """
    _, units, periods = centred.shape
    if not most:
        return np.zeros((len(centred), periods, 0)), np.zeros((len(centred), 0))
    flipped = np.swapaxes(centred, 1, 2)
    if periods <= units:
        values, vectors = np.linalg.eigh(flipped @ centred)
        vectors = vectors[:, :, ::-1][:, :, :most]
    else:
        values, left = np.linalg.eigh(centred @ flipped)
        vectors = flipped @ left[:, :, ::-1][:, :, :most]
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0.0)
    squares = np.maximum(values[:, ::-1][:, :most], 0.0)
    # What is left of rounding is no factor, and has no direction.
    squares = np.where(squares > RANK**2 * squares[:, :1], squares, 0.0)
    vectors = vectors * (squares > 0.0)[:, None]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    return vectors * np.where(largest < 0.0, -1.0, 1.0), squares


def _basis(vectors: Floats, squares: Floats, patterns: Bools) -> Floats:
    """Constant and factors in every period, orthonormal over each pattern, shape (B, C, T, 1 + m).

    By Gram and Schmidt, twice: the combinations that make the columns orthonormal before the
    service carry them on through the periods after it. A column without a direction of its own
    there is zero.
    """
    panels, periods, most = vectors.shape
    columns = np.concatenate([np.ones((panels, periods, 1)), vectors], axis=2)
    found = np.zeros((panels, len(patterns), periods, most + 1))
    held = patterns[None].astype(np.float64)
    for c in range(most + 1):
        column = np.repeat(columns[:, None, :, c], len(patterns), axis=1)
        size = np.sqrt((held * column**2).sum(axis=2, keepdims=True))
        for _ in range(2):
            inner = np.einsum("bptd,bpt->bpd", found[..., :c], held * column)
            column = column - np.einsum("bptd,bpd->bpt", found[..., :c], inner)
        length = np.sqrt((held * column**2).sum(axis=2, keepdims=True))
        alive = length > np.maximum(DEAD * size, DEAD / np.sqrt(periods))
        found[..., c] = np.divide(column, length, out=np.zeros_like(column), where=alive)
    return found
