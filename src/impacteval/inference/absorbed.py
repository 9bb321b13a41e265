r"""Least squares with one large set of effects and blocks of indicators, solved exactly.

The large set (a level for each unit) is eliminated by hand; what is left is a small system in the
indicators (periods, event times, cells) and slopes, built from counts and sums without a design
matrix. It is solved through its eigenvalues, so that what the data do not determine is known
exactly: a combination is determined when it is orthogonal to every null direction.

References
----------
Frisch and Waugh (1933), Partial time regressions as compared with individual trends.
*Econometrica* 1(4). doi:10.2307/1907330
Abowd, Creecy and Kramarz (2002), Computing person and firm effects using linked longitudinal
employer-employee data. U.S. Census Bureau technical paper 2002-06.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import Floats, Ints

Bools = NDArray[np.bool_]

_NULL = 1e-11
"""An eigenvalue below this share of what stood on the diagonal before elimination is rounding."""
_EXACT = 1e-15
"""What may be left of the normal equations, in the size of their right side."""
_APART = 1e-7
"""How far a combination may be from orthogonal to a null direction of largest entry one."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Columns of a design that are indicators of a code, and indicators times slopes.

    Attributes
    ----------
    codes : array of int, shape (n,)
        Which indicator is on in each row; ``size`` for none.
    size : int
        Number of indicators.
    slopes : array, shape (n, k), or None
        What the indicators are multiplied with, besides one.
    level : bool
        Whether the indicators stand by themselves too.
    """

    codes: Ints
    size: int
    slopes: Floats | None = None
    level: bool = True

    @property
    def factors(self) -> tuple[Floats | None, ...]:
        """What the indicators are multiplied with, in the order of the columns; None is one."""
        own: tuple[Floats | None, ...] = (None,) if self.level else ()
        if self.slopes is None:
            return own
        return (*own, *(self.slopes[:, j] for j in range(self.slopes.shape[1])))

    @property
    def width(self) -> int:
        """Number of columns: `size` for each factor."""
        return self.size * (self.level + (0 if self.slopes is None else self.slopes.shape[1]))

    def take(self, rows: Ints) -> Block:
        """The block of some rows."""
        slopes = None if self.slopes is None else self.slopes[rows]
        return Block(self.codes[rows], self.size, slopes, self.level)


@dataclass(frozen=True, slots=True, eq=False)
class Absorbed:
    """A fit.

    Attributes
    ----------
    coefficients : array, shape (p,)
        Of the columns, block by block; where several fit alike, those shortest in the columns' own
        sizes.
    inverse : array, shape (p, p)
        Pseudo-inverse of the columns' sums of squares and products once levels are eliminated.
    null : array, shape (p, d)
        Directions that the data do not determine, largest entry one.
    column_means : array, shape (L, p)
        Weighted mean of each column in each level; zero where a level has no row.
    means, weights : array, shape (L,)
        Weighted mean of the outcome, and sum of the weights, in each level.
    residuals : array, shape (n,)
        Outcome minus fit.
    error : float
        Largest entry of the normal equations that is left, in the size of their right side.
    """

    coefficients: Floats
    inverse: Floats
    null: Floats
    column_means: Floats
    means: Floats
    weights: Floats
    residuals: Floats
    error: float

    @property
    def levels(self) -> Floats:
        """The effect of each level, shape (L,)."""
        found: Floats = self.means - self.column_means @ self.coefficients
        return found

    def determined(self, combinations: Floats) -> Bools:
        """Whether combinations of the columns less their level means are determined, (..., p)."""
        if not self.null.shape[1]:
            return np.ones(combinations.shape[:-1], dtype=bool)
        found: Bools = np.all(np.abs(combinations @ self.null) <= _APART, axis=-1)
        return found


def absorb(
    y: Floats, weight: Floats | None, level: Ints, levels: int, blocks: Sequence[Block]
) -> Absorbed:
    """Weighted least squares of `y` on a level for each code and the columns of `blocks`.

    Parameters
    ----------
    y : array, shape (n,)
        Outcome.
    weight : array, shape (n,), or None
        Positive weights.
    level : array of int, shape (n,)
        Whose level each row has.
    levels : int
        Number of levels, L; some may have no row.
    blocks : sequence of Block
        The other columns. Slopes of a size near one keep rounding small.

    Returns
    -------
    Absorbed

    Examples
    --------
    Two units over two periods, one missing: the second period is two higher.

    >>> fit = absorb(
    ...     np.array([1.0, 3.0, 7.0]), None, np.array([0, 0, 1]), 2,
    ...     [Block(np.array([0, 1, 1]), 2)],
    ... )
    >>> round(float(fit.coefficients[1] - fit.coefficients[0]), 12)
    2.0
    >>> round(float(fit.levels[1] - fit.levels[0]), 12)
    4.0
    """
    w = np.ones(len(y)) if weight is None else weight
    weights = np.bincount(level, weights=w, minlength=levels).astype(np.float64)
    safe = np.where(weights > 0.0, weights, 1.0)
    tables = [table for block in blocks for table in _by_level(block, w, level, levels)]
    sums = tables[0] if len(tables) == 1 else np.hstack(tables)
    del tables
    column_means = sums / safe[:, None]
    before = products(blocks, w)
    inverse, null = pseudo_inverse(before - sums.T @ column_means, np.diagonal(before))
    means = np.bincount(level, weights=w * y, minlength=levels) / safe
    rest = y - means[level]

    def residuals(beta: Floats) -> Floats:
        found = rest - columns_times(blocks, beta)
        found += (column_means @ beta)[level]
        return found

    beta = inverse @ right_side(blocks, w * rest)
    left = residuals(beta)
    remains = right_side(blocks, w * left)
    size = float(np.abs(right_side(blocks, w * np.abs(rest), absolute=True)).max(initial=0.0))
    if float(np.abs(remains).max(initial=0.0)) > _EXACT * size:
        # What rounding left of the first step is taken out by a second.
        beta = beta + inverse @ remains
        left = residuals(beta)
        remains = right_side(blocks, w * left)
    return Absorbed(
        beta,
        inverse,
        null,
        column_means,
        means,
        weights,
        left,
        float(np.abs(remains).max(initial=0.0)) / size if size > 0.0 else 0.0,
    )


def columns_times(blocks: Sequence[Block], coefficients: Floats) -> Floats:
    """The columns times coefficients, shape (n,), for coefficients of shape (p,)."""
    found = np.zeros(len(blocks[0].codes))
    at = 0
    for block in blocks:
        for factor in block.factors:
            own = np.append(coefficients[at : at + block.size], 0.0)[block.codes]
            found += own if factor is None else own * factor
            at += block.size
    return found


def right_side(blocks: Sequence[Block], values: Floats, *, absolute: bool = False) -> Floats:
    """Sums of `values` times each column, shape (p,)."""
    found = []
    for block in blocks:
        for factor in block.factors:
            own = values if factor is None else values * (np.abs(factor) if absolute else factor)
            found.append(
                np.bincount(block.codes, weights=own, minlength=block.size + 1)[: block.size]
            )
    return np.concatenate(found)


def _by_level(block: Block, w: Floats, level: Ints, levels: int) -> list[Floats]:
    """Sums of the columns by level, shape (L, size) for each factor."""
    if not block.factors:
        return []
    size = block.size + int(block.codes.max(initial=0) == block.size)
    place = level * size + block.codes
    found = []
    for factor in block.factors:
        own = w if factor is None else w * factor
        table = np.bincount(place, weights=own, minlength=levels * size).astype(np.float64)
        found.append(table.reshape(levels, size)[:, : block.size])
    return found


def products(blocks: Sequence[Block], w: Floats) -> Floats:
    """Sums of products of all columns, shape (p, p)."""
    width = sum(block.width for block in blocks)
    found = np.zeros((width, width))
    starts = np.cumsum([0, *(block.width for block in blocks)])
    for a, first in enumerate(blocks):
        for b, second in enumerate(blocks[a:], start=a):
            size = second.size + 1
            place = first.codes * size + second.codes
            for i, left in enumerate(first.factors):
                for j, right in enumerate(second.factors):
                    if a == b and j < i:
                        continue
                    own = w if left is None else w * left
                    own = own if right is None else own * right
                    if a == b:
                        line = np.bincount(first.codes, weights=own, minlength=size)
                        table = np.diag(line[: first.size])
                    else:
                        cells = (first.size + 1) * size
                        table = np.bincount(place, weights=own, minlength=cells)
                        table = table.reshape(-1, size)[: first.size, : second.size]
                    r, c = starts[a] + i * first.size, starts[b] + j * second.size
                    found[r : r + first.size, c : c + second.size] = table
                    found[c : c + second.size, r : r + first.size] = table.T
    return found


def pseudo_inverse(matrix: Floats, before: Floats) -> tuple[Floats, Floats]:
    """Pseudo-inverse of a matrix in the scale of `before`, and its null directions."""
    used = before > 0.0
    scale = np.where(used, np.sqrt(np.where(used, before, 1.0)), 1.0)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    kept = values > _NULL
    strong = vectors[:, kept] / scale[:, None]
    inverse: Floats = (strong / values[kept]) @ strong.T
    null = vectors[:, ~kept] / scale[:, None]
    largest = np.abs(null).max(axis=0, initial=0.0)
    return inverse, null / np.where(largest > 0.0, largest, 1.0)
