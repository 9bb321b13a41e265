"""A block of problems of one shape, solved together as far as they are plain.

Guesses come from non-negative least squares, or from Newton steps where there is a ridge; faces are
then solved by QR for all problems with as many donors at once, and every problem is checked on its
residuals. What fails any check is solved again by itself, with everything that a single fit does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints
from impacteval.inference.simplex.active_set import ANGLE, DEPENDENT, ROUNDING, Problem
from impacteval.inference.simplex.optima import TIE, solve
from impacteval.inference.simplex.prepare import guesses
from impacteval.inference.simplex.ridge import FIRM, ridge_weights


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Problems of one shape in units of their own.

    Attributes
    ----------
    own : array, shape (K, T, J)
        Donors less the target.
    allowed : array of bool, shape (K, J)
        Donors that may have weight.
    ridge : array, shape (K,)
    half : array, shape (K, J), optional
        Half the linear costs.
    """

    own: Floats
    allowed: Bools
    ridge: Floats
    half: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Their solutions.

    Attributes
    ----------
    weights : array, shape (K, J)
    squares, objective, gap, scale : array, shape (K,)
        As in `SimplexFit`, in the units of the block.
    unique : array of bool, shape (K,)
    """

    weights: Floats
    squares: Floats
    objective: Floats
    gap: Floats
    scale: Floats
    unique: Bools


def solve_block(block: Block) -> Solved:
    """Solve all problems of a block.

    Raises
    ------
    ArithmeticError
        When one does not settle.
    """
    squared = np.einsum("ktj,ktj->kj", block.own, block.own)
    lengths = np.sqrt(squared)
    weights, plain = _guess(block, squared)
    checked = _checked(block, weights, lengths)
    unique = np.ones(len(weights), dtype=bool)
    again = np.flatnonzero(~(plain & checked.good))
    for k in again.tolist():
        held = np.flatnonzero(block.allowed[k])
        problem = Problem(
            block.own[k][:, held],
            float(block.ridge[k]),
            None if block.half is None else block.half[k, held],
            lengths[k, held],
        )
        start = weights[k, held] if weights[k].any() else None
        weights[k] = 0.0
        weights[k, held], _, unique[k] = solve(problem, start)
    if again.size:
        checked = _checked(block, weights, lengths)
    single = squared + block.ridge[:, None]
    if block.half is not None:
        single = single + 2.0 * np.abs(block.half)
    return Solved(
        weights=weights,
        squares=checked.squares,
        objective=checked.objective,
        gap=checked.gap,
        scale=np.where(block.allowed, single * weights, 0.0).sum(axis=1),
        unique=unique,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What the residuals say: values of each problem, shape (K,), and whether it is done."""

    squares: Floats
    objective: Floats
    gap: Floats
    good: Bools


def _checked(block: Block, weights: Floats, lengths: Floats) -> Checked:
    """Slopes of all problems at their weights."""
    miss = (block.own @ weights[:, :, None])[:, :, 0]
    pull = (miss[:, None, :] @ block.own)[:, 0]
    squares = (miss**2).sum(axis=1)
    spread = (lengths * weights).sum(axis=1)
    ridge = block.ridge[:, None]
    size = np.sqrt(squares)[:, None]
    objective = squares + block.ridge * (weights**2).sum(axis=1)
    pull = pull + ridge * weights
    noise = lengths * (ANGLE * size + ROUNDING * spread[:, None]) + ROUNDING * ridge
    tie = TIE * lengths * size
    if block.half is not None:
        pull = pull + block.half
        noise = noise + ROUNDING * np.abs(block.half)
        tie = tie + TIE * np.abs(block.half)
        objective = objective + 2.0 * (block.half * weights).sum(axis=1)
    level = (pull * weights).sum(axis=1)
    noise = noise + ROUNDING * np.abs(level)[:, None]
    reduced = np.where(block.allowed, pull - level[:, None], np.inf)
    held = weights > 0.0
    wrong = np.where(held, np.abs(reduced) > noise, reduced < -noise)
    near = np.where(held, False, reduced <= tie + 10.0 * noise)
    good = ~wrong.any(axis=1) & ~(near.any(axis=1) & (block.ridge == 0.0))
    gap = np.maximum(-2.0 * reduced.min(axis=1), 0.0)
    return Checked(squares, objective, gap, good)


def _guess(block: Block, squared: Floats) -> tuple[Floats, Bools]:
    """Weights solved together, and for which problems that was possible."""
    weights = np.zeros(block.allowed.shape)
    plain = np.zeros(len(weights), dtype=bool)
    if block.half is not None:
        return weights, plain
    counts = block.allowed.sum(axis=1)
    mean = np.where(block.allowed, squared, 0.0).sum(axis=1) / counts
    firm = block.ridge > FIRM * mean
    if firm.any():
        weights[firm], plain[firm] = ridge_weights(
            block.own[firm], block.allowed[firm], block.ridge[firm]
        )
    rest = np.flatnonzero(~firm)
    if rest.size:
        whole = rest.size == len(weights)
        own = block.own if whole else block.own[rest]
        weights[rest] = guesses(own, squared[rest], block.allowed[rest], block.ridge[rest])
        _polish(block, weights, plain, rest, squared)
    return weights, plain


def _polish(block: Block, weights: Floats, plain: Bools, those: Ints, squared: Floats) -> None:
    """Solve the faces of `those` problems by QR, as many with one number of donors at a time."""
    counts = (weights[those] > 0.0).sum(axis=1)
    for size in np.unique(counts).tolist():
        some = those[counts == size]
        held = np.argsort(weights[some] <= 0.0, axis=1, kind="stable")[:, :size]
        row = np.arange(len(some))[:, None]
        order = np.argsort(squared[some[:, None], held], axis=1, kind="stable")
        held = held[row, order]  # the nearest donor first: the others are taken from it
        goal = np.ones((len(some), 1))
        fine = np.ones(len(some), dtype=bool)
        if size > 1:
            # Rows before columns: one gather for all problems.
            columns = block.own[
                some[:, None, None], np.arange(block.own.shape[1])[:, None], held[:, None, :]
            ]
            parts = np.concatenate(
                [columns[:, :, 1:] - columns[:, :, :1], -columns[:, :, :1]], axis=2
            )
            if block.ridge[some].any():
                parts = np.concatenate([parts, _ridge_rows(block.ridge[some], size)], axis=1)
            length = np.sqrt(np.einsum("gts,gts->gs", parts[:, :, :-1], parts[:, :, :-1]))
            fine = (length > 0.0).all(axis=1)
            parts[:, :, :-1] /= np.where(length > 0.0, length, 1.0)[:, None, :]
            r = np.asarray(np.linalg.qr(parts, mode="r"))
            if r.shape[1] < size - 1:
                continue
            square = r[:, : size - 1, : size - 1]
            fine &= np.abs(np.einsum("gss->gs", square)).min(axis=1) > DEPENDENT
            square = np.where(fine[:, None, None], square, np.eye(size - 1))
            moved = np.linalg.solve(square, r[:, : size - 1, -1:])[:, :, 0] / np.where(
                fine[:, None], length, 1.0
            )
            goal = np.column_stack([1.0 - moved.sum(axis=1), moved])
            fine &= (goal > 0.0).all(axis=1)
        weights[some[fine, None], held[fine]] = goal[fine]
        plain[some[fine]] = True


def _ridge_rows(ridge: Floats, size: int) -> Floats:
    """What a ridge adds below the differences of `size` columns and the first, shape (g, s, s)."""
    rows = np.zeros((size, size))
    rows[1:, :-1] = np.eye(size - 1)
    rows[0] = -1.0
    return np.asarray(np.sqrt(ridge)[:, None, None] * rows)
