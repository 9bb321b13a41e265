"""The assignments that a lot could have given, counted, listed or drawn.

Every assignment is a row of 0 and 1 over the units that were assigned, and comes in blocks of
rows, so that memory stays bounded whatever the number of draws.

References
----------
Morgan and Rubin (2012), Rerandomization to improve covariate balance in experiments. *Annals of
Statistics* 40(2). doi:10.1214/12-AOS1008
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import Floats, Ints

if TYPE_CHECKING:
    from numpy.random import Generator

Zeros = NDArray[np.uint8]

# Units times assignments in a block: 4 MB as bytes, 32 MB as numbers.
CELLS = 4_000_000
# Below this share a set is built up from nothing; above it, mended from coin tosses.
RARE = 1.0 / 16.0


class Scheme(Protocol):
    """A lot: which assignments are possible, all equally likely."""

    def count(self) -> int | None:
        """How many assignments are possible; None when it is not known."""
        ...

    def every(self) -> Iterator[Zeros]:
        """All of them, in blocks of shape (m, g)."""
        ...

    def drawn(self, draws: int, rng: Generator) -> Iterator[Zeros]:
        """`draws` independent ones, in blocks of shape (m, g)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FixedMargins:
    """So many of each stratum, by lot.

    Attributes
    ----------
    sizes, treated : array of int, shape (s,)
        Units of each stratum, which stand together in this order, and how many of them go into
        the programme: one at least, and not all.

    Examples
    --------
    Fisher's lady tastes eight cups, four of them milk first:

    >>> FixedMargins(np.array([8]), np.array([4])).count()
    70
    """

    sizes: Ints
    treated: Ints

    def count(self) -> int:
        """The product of the binomial coefficients, exactly."""
        pairs = zip(self.sizes.tolist(), self.treated.tolist(), strict=True)
        return math.prod(math.comb(size, treated) for size, treated in pairs)

    def every(self) -> Iterator[Zeros]:
        """Every assignment once, in blocks of rows."""
        sets = [
            np.array(list(combinations(range(size), treated)), dtype=np.int64)
            for size, treated in zip(self.sizes.tolist(), self.treated.tolist(), strict=True)
        ]
        starts = np.cumsum(self.sizes) - self.sizes
        total, step = self.count(), _rows(int(self.sizes.sum()))
        for first in range(0, total, step):
            left = np.arange(first, min(first + step, total))
            block = np.zeros((left.size, int(self.sizes.sum())), dtype=np.uint8)
            for start, chosen in zip(starts, sets, strict=True):
                left, which = np.divmod(left, len(chosen))
                np.put_along_axis(block, start + chosen[which], 1, axis=1)
            yield block

    def drawn(self, draws: int, rng: Generator) -> Iterator[Zeros]:
        """Uniform draws with these margins, in blocks of rows."""
        step = _rows(int(self.sizes.sum()))
        for first in range(0, draws, step):
            yield fixed_margins(min(step, draws - first), self.sizes, self.treated, rng)


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Assignments that were given: all there are, or draws from the lot that was used.

    Attributes
    ----------
    table : array of uint8, shape (m, g)
    complete : bool
        Whether these are all the assignments there are.
    """

    table: Zeros
    complete: bool

    def count(self) -> int | None:
        """How many there are, when these are all."""
        return len(self.table) if self.complete else None

    def every(self) -> Iterator[Zeros]:
        """The table in blocks of rows."""
        step = _rows(self.table.shape[1])
        for first in range(0, len(self.table), step):
            yield self.table[first : first + step]

    def drawn(self, draws: int, rng: Generator) -> Iterator[Zeros]:
        """The first `draws` rows of the table; nothing is drawn a second time."""
        yield from Listed(self.table[:draws], self.complete).every()


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """A lot that was drawn again until the arms were alike on some covariates.

    Attributes
    ----------
    base : FixedMargins
        The lot that was repeated.
    root : array, shape (g, k)
        `balance_root` of the covariates: the squared length of ``z @ root`` is the Mahalanobis
        distance of the arms.
    limit : float
        Largest distance that was accepted.
    patience : int
        Draws after which nothing accepted means that nothing will be.
    """

    base: FixedMargins
    root: Floats
    limit: float
    patience: int = 1_000_000

    def accepts(self, block: Zeros) -> NDArray[np.bool_]:
        """Which rows are balanced enough, shape (m,)."""
        # At the limit within rounding counts as accepted, or the realised lot could fail itself.
        return self.distance(block) <= self.limit * (1.0 + 1e-9)

    def distance(self, block: Zeros) -> Floats:
        """The Mahalanobis distance of the arms in each row, shape (m,)."""
        found: Floats = ((block.astype(np.float64) @ self.root) ** 2).sum(axis=1)
        return found

    def count(self) -> int | None:
        """Not known without looking at each."""
        return None

    def every(self) -> Iterator[Zeros]:
        """Every assignment that is balanced enough."""
        for block in self.base.every():
            yield block[self.accepts(block)]

    def drawn(self, draws: int, rng: Generator) -> Iterator[Zeros]:
        """Uniform draws among the balanced, by drawing again.

        Raises
        ------
        TooRare
            When `patience` draws in a row give none.
        """
        found, vain, step = 0, 0, _rows(int(self.base.sizes.sum()))
        while found < draws:
            block = fixed_margins(min(step, 4 * draws), self.base.sizes, self.base.treated, rng)
            kept = block[self.accepts(block)][: draws - found]
            vain = 0 if len(kept) else vain + len(block)
            if vain >= self.patience:
                raise TooRare
            found += len(kept)
            yield kept


class TooRare(Exception):
    """No draw was balanced enough."""


def _rows(units: int) -> int:
    """Rows of a block: a function of the units alone, so that draws are the same everywhere."""
    return max(1, CELLS // max(units, 1))


def fixed_margins(draws: int, sizes: Ints, treated: Ints, rng: Generator) -> Zeros:
    """Draw sets of fixed size within strata, each set equally likely.

    Units toss a coin of about the right bias; then units drawn by lot are switched until the
    count is right. Given its size, a set of independent coins is uniform among the sets of that
    size, and so it stays when uniformly drawn members leave or enter: the result is uniform to
    the last digit, for any bias of the coins.

    Parameters
    ----------
    draws : int
        Rows.
    sizes, treated : array of int, shape (s,)
        Units of each stratum, side by side, and how many of them are drawn.
    rng : numpy.random.Generator

    Returns
    -------
    array of uint8, shape (draws, sum(sizes))

    Examples
    --------
    >>> z = fixed_margins(5, np.array([4, 2]), np.array([1, 1]), np.random.default_rng(1))
    >>> z[:, :4].sum(axis=1).tolist(), z[:, 4:].sum(axis=1).tolist()
    ([1, 1, 1, 1, 1], [1, 1, 1, 1, 1])
    """
    units = int(sizes.sum())
    starts = np.cumsum(sizes) - sizes
    share = treated / sizes
    rare, common = share < RARE, share > 1.0 - RARE
    if np.all(sizes == 2) and np.all(treated == 1):
        first = np.unpackbits(
            _random_bytes(-(-draws * sizes.size // 8), rng), count=draws * sizes.size
        ).reshape(draws, sizes.size)
        return np.stack([first, 1 - first], axis=-1).reshape(draws, units)
    if np.all(share == 0.5):
        raw = _random_bytes(-(-draws * units // 8), rng)
        z = np.unpackbits(raw, count=draws * units).reshape(draws, units)
    elif np.all(rare | common):
        z = np.broadcast_to(np.repeat(common, sizes), (draws, units)).astype(np.uint8)
    else:
        # 256 stands for "always", which a byte cannot say: those start full below.
        limit = np.where(rare, 0, np.round(256.0 * share)).astype(np.int64)
        coin = np.repeat(np.minimum(limit, 255).astype(np.uint8), sizes)
        z = (_random_bytes(draws * units, rng).reshape(draws, units) < coin).view(np.uint8)
        if common.any():
            z[:, np.repeat(common, sizes)] = 1
    need = treated - _counts(z, starts, sizes)
    flat = np.flatnonzero(need)
    left = need.ravel()[flat]
    row, stratum = np.divmod(flat, sizes.size)
    while left.size:
        place = starts[stratum] + rng.integers(0, sizes[stratum])
        wanted = left > 0
        hit = (z[row, place] == 1) != wanted
        z[row[hit], place[hit]] = wanted[hit]
        left = left - np.sign(left) * hit
        again = left != 0
        left, row, stratum = left[again], row[again], stratum[again]
    return z


def _counts(z: Zeros, starts: Ints, sizes: Ints) -> Ints:
    """How many of each stratum each row holds, shape (m, s)."""
    if sizes.size > 64:
        return np.add.reduceat(z, starts, axis=1, dtype=np.int64)
    found = [
        z[:, start : start + size].sum(axis=1, dtype=np.uint32)
        for start, size in zip(starts, sizes, strict=True)
    ]
    return np.stack(found, axis=1).astype(np.int64)


def _random_bytes(count: int, rng: Generator) -> Zeros:
    """Uniform bytes, the same on machines of either byte order."""
    words = rng.integers(0, 2**64 - 1, -(-count // 8), dtype=np.uint64, endpoint=True)
    return words.astype("<u8", copy=False).view(np.uint8)[:count]


def balance_root(x: Floats, sizes: Ints, treated: Ints, shares: Floats) -> Floats:
    """What turns an assignment into the standardised imbalance of its arms.

    The imbalance is the difference of the arm means of each covariate, strata weighted by
    `shares`; its covariance over all assignments with these margins is known exactly.

    Parameters
    ----------
    x : array, shape (g, k)
        Covariates of the assigned units, stratum after stratum.
    sizes, treated : array of int, shape (s,)
    shares : array, shape (s,)
        Weight of each stratum.

    Returns
    -------
    array, shape (g, k)
        `root` of `Balanced`.

    Raises
    ------
    numpy.linalg.LinAlgError
        When a covariate does not vary within strata, or is a combination of others.
    """
    stratum = np.repeat(np.arange(sizes.size), sizes)
    mean = np.stack(
        [np.bincount(stratum, weights=c, minlength=sizes.size) / sizes for c in x.T], axis=1
    )
    inside: Floats = x - mean[stratum]
    # Means of samples without replacement: variance s^2 (1/n1 + 1/n0), s^2 with n - 1.
    factor = (1.0 / treated + 1.0 / (sizes - treated)) * shares
    spread = factor * shares / np.maximum(sizes - 1, 1)
    covariance = inside.T @ (spread[stratum][:, None] * inside)
    scale: Floats = np.sqrt(np.diag(covariance))
    if not np.all(scale > 1e-12 * np.abs(x).max(axis=0, initial=1e-300)):
        raise np.linalg.LinAlgError
    correlation = covariance / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < 1e-10:
        raise np.linalg.LinAlgError
    lower = np.linalg.cholesky(correlation)
    root: Floats = np.linalg.solve(lower, (factor[stratum][:, None] * inside / scale).T).T
    return root
