"""Completing a table of units and periods by patterns in common, with the nuclear norm.

The least of ``1/2 sum (y - level_i - period_t - L_it)^2 + penalty |L|_*`` over observed cells, where
the nuclear norm is the sum of the singular values of ``L`` and levels of units and periods bear no
penalty. On a complete table it is known at once: take both levels out and shrink every singular
value by the penalty. Hidden cells are filled with what the fit says of them until it says the
same again; that map is speeded up by Anderson's mixing. A dual solution then proves how far from
the least it may be.

References
----------
Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), Matrix completion methods for causal panel
data models. *Journal of the American Statistical Association* 116(536).
doi:10.1080/01621459.2021.1891924
Mazumder, Hastie and Tibshirani (2010), Spectral regularization algorithms for learning large
incomplete matrices. *Journal of Machine Learning Research* 11.
Walker and Ni (2011), Anderson acceleration for fixed-point iterations. *SIAM Journal on Numerical
Analysis* 49(4). doi:10.1137/10078356X
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from impacteval.inference.interactive_slopes import both_ways

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

# Change of the hidden cells from one step to the next, beside the spread of the table, at which
# they are the same.
SETTLED = 1e-10
STEPS = 5_000
# Steps that Anderson's mixing looks back.
DEPTH = 5


@dataclass(frozen=True, slots=True, eq=False)
class Completed:
    """Tables completed side by side.

    Attributes
    ----------
    filled : array, shape (B, U, T)
        The outcomes, and the fit in hidden cells.
    fit : array, shape (B, U, T)
        Levels and patterns, in every cell.
    common : array, shape (B, U, T)
        The patterns alone.
    """

    filled: Floats
    fit: Floats
    common: Floats


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a completed table may be from the least.

    Attributes
    ----------
    objective : float
    gap : float
        Duality gap: no levels and patterns have an objective below ``objective - gap``.
    rank : int
        Singular values that are left of the patterns.
    """

    objective: float
    gap: float
    rank: int

    @property
    def relative_gap(self) -> float:
        """The gap as a share of the objective; zero where that is zero."""
        return self.gap / self.objective if self.objective > 0.0 else 0.0


def complete(
    y: Floats,
    hidden: Bools,
    penalty: float,
    start: Floats | None = None,
    *,
    settled: float = SETTLED,
) -> Completed:
    """Complete several tables with one penalty.

    Parameters
    ----------
    y : array, shape (B, U, T)
        Outcomes; not read in hidden cells.
    hidden : array of bool, shape (B, U, T)
        Cells to be filled; the others must tie all units and periods together.
    penalty : float
        Taken from every singular value; in the unit of the outcome, positive.
    start : array, shape (B, U, T), optional
        Tables to begin from, of which hidden cells are read.
    settled : float
        Last change of the hidden cells, as a share of the table's spread.

    Raises
    ------
    ValueError
        When the penalty is not positive, or an observed outcome is not finite.
    RuntimeError
        When the hidden cells do not settle.

    Examples
    --------
    A hidden cell of a table that two levels describe:

    >>> import numpy as np
    >>> y = np.add.outer([1.0, 2.0, 4.0], [0.0, 1.0, 5.0, 2.0])
    >>> hidden = np.zeros((3, 4), dtype=bool)
    >>> hidden[2, 3] = True
    >>> round(float(complete(y[None], hidden[None], 0.1).fit[0, 2, 3]), 6)
    6.0
    """
    if not penalty > 0.0:
        raise ValueError("The penalty must be positive.")
    if not np.isfinite(y[~hidden]).all():
        raise ValueError("Observed outcomes must be finite.")
    cells = _Cells.of(hidden)
    # A level that all cells share would drown the last steps in its own rounding.
    level = _level(y, hidden)
    away = y - level
    filled = np.where(hidden, _first(away, hidden) if start is None else start - level, away)
    spread = np.sqrt((both_ways(filled) ** 2).mean(axis=(1, 2)))
    limit = settled * np.where(spread > 0.0, spread, 1.0)
    _settle(filled, cells, penalty, limit)
    centred = both_ways(filled)
    common = _shrunk(centred, penalty)
    whole = np.where(hidden, level + filled, y)
    return Completed(whole, level + (filled - centred + common), common)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Hidden cells by their places, padded to the largest number in any table.

    Attributes
    ----------
    unit, period : array of int, shape (B, H)
    held : array of bool, shape (B, H)
        Whether a place is one, and no padding.
    """

    unit: Ints
    period: Ints
    held: Bools

    @classmethod
    def of(cls, hidden: Bools) -> _Cells:
        """The hidden cells of every table."""
        table, unit, period = np.nonzero(hidden)
        count = np.bincount(table, minlength=len(hidden))
        place = np.arange(len(table)) - np.repeat(np.cumsum(count) - count, count)
        shape = (len(hidden), max(1, int(count.max(initial=0))))
        units, periods = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        units[table, place], periods[table, place] = unit, period
        return cls(units, periods, np.arange(shape[1]) < count[:, None])

    def of_tables(self, which: Ints) -> _Cells:
        """Those of some tables."""
        return _Cells(self.unit[which], self.period[which], self.held[which])

    def read(self, table: Floats) -> Floats:
        """The hidden cells of tables, shape (B, H); padding is zero."""
        found = table[np.arange(len(table))[:, None], self.unit, self.period]
        return np.where(self.held, found, 0.0)

    def write(self, table: Floats, values: Floats) -> None:
        """Fill the hidden cells of tables in place."""
        row, place = np.nonzero(self.held)
        table[row, self.unit[row, place], self.period[row, place]] = values[row, place]


def _level(y: Floats, hidden: Bools) -> Floats:
    """Mean of the observed cells of each table, shape (B, 1, 1)."""
    seen = np.where(hidden, 0.0, y).sum(axis=(1, 2), keepdims=True)
    count = (~hidden).sum(axis=(1, 2), keepdims=True)
    return np.asarray(seen / np.maximum(count, 1))


def _first(y: Floats, hidden: Bools) -> Floats:
    """Means of units and periods over what is observed: where filling begins."""
    seen = np.where(hidden, 0.0, y)
    count = (~hidden).sum(axis=2, keepdims=True)
    unit = seen.sum(axis=2, keepdims=True) / np.maximum(count, 1)
    away = np.where(hidden, 0.0, y - unit)
    count = (~hidden).sum(axis=1, keepdims=True)
    found: Floats = unit + away.sum(axis=1, keepdims=True) / np.maximum(count, 1)
    return found


def _settle(filled: Floats, cells: _Cells, penalty: float, limit: Floats) -> None:
    """Fill the hidden cells in place, until the fit says of them what they are."""
    if not cells.held.any():
        return
    active = np.arange(len(filled))
    x = cells.read(filled)
    state = _State(x, np.zeros_like(x), np.full(len(x), np.inf), np.zeros(len(x), dtype=np.int64))
    past: list[tuple[Floats, Floats]] = []
    for _ in range(STEPS):
        own = cells.of_tables(active)
        tables = filled[active]
        own.write(tables, x)
        f = _fitted(tables, own, penalty) - x
        done = np.abs(f).max(axis=1) <= limit[active]
        if done.any():
            finished, left = active[done], ~done
            closed = filled[finished]
            cells.of_tables(finished).write(closed, (x + f)[done])
            filled[finished] = closed
            if not left.any():
                return
            active, x, f, state = active[left], x[left], f[left], state.of_tables(left)
            past = [(px[left], pf[left]) for px, pf in past]
        norm = np.sqrt((f**2).sum(axis=1))
        # Plain steps never lead away, so that a mix that did is taken back.
        back = (norm > state.norm)[:, None]
        x, f = np.where(back, state.x, x), np.where(back, state.f, f)
        held = np.where(back[:, 0], 0, np.minimum(state.held + bool(past), DEPTH - 1))
        state = _State(x, f, np.minimum(norm, state.norm), held)
        past = [*past, (x, f)][-DEPTH:]
        x = np.where(back, x + f, _mixed(past, held))
    raise RuntimeError("The hidden cells did not settle.")


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Where each table's search stands: the last point kept, its step, that step's length.

    `held` says how many changes of step lead there, unbroken.
    """

    x: Floats
    f: Floats
    norm: Floats
    held: Ints

    def of_tables(self, which: Bools) -> _State:
        """That of some tables."""
        return _State(self.x[which], self.f[which], self.norm[which], self.held[which])


def _mixed(past: list[tuple[Floats, Floats]], held: Ints) -> Floats:
    """Anderson's next point: the mix of past steps whose changes cancel best, shape (B, H)."""
    x, f = past[-1]
    if len(past) == 1:
        return x + f
    df = np.stack([b[1] - a[1] for a, b in pairwise(past)], axis=2)
    dx = np.stack([b[0] - a[0] for a, b in pairwise(past)], axis=2)
    recent = np.arange(df.shape[2], 0, -1) <= held[:, None, None]
    # Columns of length one, so that late and early steps weigh alike.
    length = np.sqrt((df**2).sum(axis=1, keepdims=True))
    length = np.where(recent & (length > 0.0), length, np.inf)
    df, dx = df / length, dx / length
    gram = np.swapaxes(df, 1, 2) @ df + 1e-12 * np.eye(df.shape[2])
    weight = np.linalg.solve(gram, np.swapaxes(df, 1, 2) @ f[:, :, None])
    found: Floats = x + f - ((dx + df) @ weight)[:, :, 0]
    return found


def _projector(centred: Floats, penalty: float) -> tuple[Floats, bool]:
    """The matrix that shrinks every singular value by the penalty, and whether it stands on the right.

    Shape (B, n, n) with n the smaller side.
    """
    right = centred.shape[2] <= centred.shape[1]
    flipped = np.swapaxes(centred, 1, 2)
    values, vectors = np.linalg.eigh(flipped @ centred if right else centred @ flipped)
    sizes = np.sqrt(np.maximum(values, 0.0))
    kept = np.divide(sizes - penalty, sizes, out=np.zeros_like(sizes), where=sizes > penalty)
    return (vectors * kept[:, None]) @ np.swapaxes(vectors, 1, 2), right


def _shrunk(centred: Floats, penalty: float) -> Floats:
    matrix, right = _projector(centred, penalty)
    return np.asarray(centred @ matrix if right else matrix @ centred)


def _fitted(tables: Floats, cells: _Cells, penalty: float) -> Floats:
    """What the fit of filled tables says of the hidden cells, shape (B, H)."""
    centred = both_ways(tables)
    matrix, right = _projector(centred, penalty)
    row = np.arange(len(tables))[:, None]
    if right:
        common = (centred[row, cells.unit] * np.swapaxes(matrix, 1, 2)[row, cells.period]).sum(2)
    else:
        other = np.swapaxes(centred, 1, 2)[row, cells.period]
        common = (matrix[row, cells.unit] * other).sum(axis=2)
    level = cells.read(tables) - cells.read(centred)
    return np.where(cells.held, level + common, 0.0)


def without_levels(values: Floats, observed: Bools) -> Floats:
    """Residuals of levels of units and periods by least squares on observed cells, shape (U, T).

    Zero in cells that are not observed.
    """
    seen = observed.astype(np.float64)
    unit = seen.sum(axis=1)
    held = np.where(observed, values, 0.0)
    mixed = seen / np.maximum(unit, 1.0)[:, None]
    left = np.diag(seen.sum(axis=0)) - seen.T @ mixed
    right = held.sum(axis=0) - mixed.T @ held.sum(axis=1)
    period = np.linalg.lstsq(left, right, rcond=1e-12)[0]
    away = held - seen * period
    return np.asarray(away - seen * (away.sum(axis=1) / np.maximum(unit, 1.0))[:, None])


def largest_penalty(y: Floats, observed: Bools) -> float:
    """The penalty from which on no pattern is left: two-way levels alone.

    The largest singular value of what the levels leave, shape (U, T).
    """
    return float(np.linalg.norm(without_levels(y, observed), 2))


def prove(y: Floats, observed: Bools, found: Completed, penalty: float) -> Proof:
    """The duality gap of the first of completed tables.

    Any table of residuals without means of units and periods over observed cells, and with no
    singular value above the penalty, bounds the least from below by
    ``sum (r y) - 1/2 sum r^2``.

    Parameters
    ----------
    y : array, shape (U, T)
    observed : array of bool, shape (U, T)
    found : Completed
    penalty : float

    Examples
    --------
    >>> import numpy as np
    >>> y = np.random.default_rng(1).normal(size=(6, 8))
    >>> observed = np.ones((6, 8), dtype=bool)
    >>> observed[0, 6:] = False
    >>> found = complete(y[None], ~observed[None], 1.0)
    >>> proof = prove(y, observed, found, 1.0)
    >>> proof.rank, 0.0 <= proof.gap < 1e-8
    (4, True)
    """
    common = found.common[0]
    sizes = np.linalg.svd(common, compute_uv=False)
    miss = without_levels(np.where(observed, y - common, 0.0), observed)
    objective = float(0.5 * (miss**2).sum() + penalty * sizes.sum())
    dual = miss * min(1.0, penalty / max(float(np.linalg.norm(miss, 2)), 1e-300))
    bare = without_levels(y, observed)
    bound = float((dual * bare).sum() - 0.5 * (dual**2).sum())
    rank = int((sizes > 1e-9 * max(float(sizes.max(initial=0.0)), 1e-300)).sum())
    return Proof(objective, max(0.0, objective - bound), rank)
