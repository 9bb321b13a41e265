"""The pieces of a path of weights: where one begins, how far it holds, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.simplex.active_set import DEPENDENT, ROUNDING, Problem, descend
from impacteval.inference.simplex.prepare import first_guess

# Steps below this share of the size of the line are no steps.
NO_STEP = 1e-13
# Weights below zero, and slopes below the optimum's, by more than this share mean a wrong piece.
WRONG = 1e-9
# How far beyond a knot the problem is solved afresh, as shares of the size of the line.
BEYOND = (1e-5, 1e-7, 1e-9, 1e-11)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Donors and a line of targets, taken from the mean of the donors, in units of their own.

    Attributes
    ----------
    donors : array, shape (T, J)
    target, direction : array, shape (T,)
    ridge : float
    lengths : array, shape (J,)
        Of the donors' columns.
    """

    donors: Floats
    target: Floats
    direction: Floats
    ridge: float
    lengths: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What holds from one point on for as long as the same donors have weight.

    Attributes
    ----------
    held : array of int, shape (s,)
    weights, turn : array, shape (s,)
        Weights at the point, and their change by theta.
    reduced, tilt : array, shape (J,)
        Half slopes of the objective less the optimum's at the point, and their change.
    noise : array, shape (J,)
        Rounding of the reduced slopes.
    """

    held: Ints
    weights: Floats
    turn: Floats
    reduced: Floats
    tilt: Floats
    noise: Floats

    @property
    def sound(self) -> bool:
        """Whether the piece is optimal at the point."""
        right = self.weights.min() >= -WRONG and (self.reduced >= -self.noise).all()
        return bool(right)

    def next_change(self) -> tuple[float, int]:
        """How far the piece holds, and the donor that leaves or enters there (-1: none)."""
        step, who = np.inf, -1
        leaving = np.flatnonzero(self.turn < 0.0)
        if leaving.size:
            reach = np.maximum(self.weights[leaving], 0.0) / -self.turn[leaving]
            at = int(np.argmin(reach))
            step, who = float(reach[at]), int(self.held[leaving[at]])
        entering = np.flatnonzero(self.tilt < 0.0)
        if entering.size:
            reach = np.maximum(self.reduced[entering], 0.0) / -self.tilt[entering]
            at = int(np.argmin(reach))
            if reach[at] < step:
                step, who = float(reach[at]), int(entering[at])
        return step, who


def fresh(line: Line, theta: float) -> tuple[Floats, Ints]:
    """Best weights at a point, and an independent set of donors that makes them."""
    own = line.donors - (line.target + theta * line.direction)[:, None]
    lengths = np.sqrt(np.einsum("tj,tj->j", own, own))
    problem = Problem(own, line.ridge, None, lengths)
    weights, _ = descend(problem, first_guess(problem))
    return weights, np.flatnonzero(weights)


def _piece(line: Line, theta: float, held: Ints) -> Piece | None:
    """The piece of those donors; None where their columns are dependent."""
    base = held[int(np.argmin(line.lengths[held]))]
    rest = held[held != base]
    root = np.sqrt(line.ridge)
    goal = line.target + theta * line.direction - line.donors[:, base]
    turn = np.zeros(line.lengths.size)
    weights = np.zeros(line.lengths.size)
    weights[base] = 1.0
    if rest.size:
        stacked = np.column_stack(
            [line.donors[:, rest] - line.donors[:, [base]], goal, line.direction]
        )
        if line.ridge:
            below = np.vstack([root * np.eye(rest.size), np.full((1, rest.size), -root)])
            right = np.zeros((rest.size + 1, 2))
            right[-1, 0] = -root
            stacked = np.vstack([stacked, np.hstack([below, right])])
        length = np.sqrt((stacked[:, : rest.size] ** 2).sum(axis=0))
        if not length.all():
            return None
        stacked[:, : rest.size] /= length
        r = np.asarray(np.linalg.qr(stacked, mode="r"))
        square = r[: rest.size, : rest.size]
        if len(square) < rest.size or np.abs(np.diagonal(square)).min() < DEPENDENT:
            return None
        right = r[: rest.size, rest.size :]
        # A direction that is square to the face changes nothing on it but by rounding.
        if np.abs(right[:, 1]).max() <= ROUNDING * float(np.sqrt(line.direction @ line.direction)):
            right = np.column_stack([right[:, 0], np.zeros(rest.size)])
        moved = np.linalg.solve(square, right) / length[:, None]
        weights[rest], turn[rest] = moved.T
        weights[base], turn[base] = 1.0 - moved[:, 0].sum(), -moved[:, 1].sum()
    away = line.donors - line.donors[:, [base]]
    misses = np.column_stack(
        [away[:, rest] @ weights[rest] - goal, away[:, rest] @ turn[rest] - line.direction]
    )
    reduced, tilt = misses.T @ away
    lengths = line.lengths + line.lengths[base]
    sizes = np.sqrt((misses**2).sum(axis=0))
    reach = np.sqrt(float(goal @ goal)) + float(line.lengths[held] @ np.abs(weights[held]))
    noise = lengths * (WRONG * sizes[0] + ROUNDING * reach)
    steep = lengths * (
        ROUNDING * (sizes[1] + float(np.sqrt(line.direction @ line.direction)))
        + ROUNDING * float(line.lengths[held] @ np.abs(turn[held]))
    )
    if line.ridge:
        reduced = reduced + line.ridge * (weights - weights[base])
        tilt = tilt + line.ridge * (turn - turn[base])
        noise = noise + WRONG * line.ridge
        steep = steep + ROUNDING * line.ridge * float(np.abs(turn).max())
    reduced[held] = tilt[held] = 0.0
    tilt[np.abs(tilt) <= steep] = 0.0
    return Piece(held, weights[held], turn[held], reduced, tilt, noise)


def walk(line: Line, theta: float, end: float) -> list[tuple[float, Floats]]:
    """Knots from a point up to a bound, with the weights there; some may be met twice."""
    donors = line.lengths.size
    knots: list[tuple[float, Floats]] = []
    held = fresh(line, theta)[1]
    seen: set[tuple[int, ...]] = set()
    for _ in range(1000 + 100 * donors):
        piece = _piece(line, theta, held)
        key = tuple(sorted(held.tolist()))
        if piece is None or not piece.sound or key in seen:
            theta, held, piece = _beyond(line, theta, end)
            knots.append((theta, _at(piece, 0.0, donors)))
            seen = set()
            key = tuple(sorted(held.tolist()))
        seen.add(key)
        step, who = piece.next_change()
        if theta + step >= end or who < 0:
            if np.isfinite(end):
                knots.append((end, _at(piece, end - theta, donors)))
            return knots
        if step > NO_STEP * (1.0 + abs(theta)):
            theta, seen = theta + step, set()
        else:  # the point itself is a knot, or several donors change here
            step = 0.0
        knots.append((theta, _at(piece, step, donors)))
        held = held[held != who] if who in held else np.append(held, who)
    raise ArithmeticError("The path of weights did not end.")


def _beyond(line: Line, theta: float, end: float) -> tuple[float, Ints, Piece]:
    """Where several donors change at once: the piece that begins there, found from a little on."""
    for share in BEYOND:
        further = min(theta + share * (1.0 + abs(theta)), end)
        held = fresh(line, further)[1]
        piece = _piece(line, theta, held)
        if piece is not None and piece.sound and theta + piece.next_change()[0] >= further:
            return theta, held, piece
    if piece is None:
        raise ArithmeticError("A piece of the path could not be found.")
    # What lies between is shorter than rounding lets one see.
    piece = _piece(line, further, held)
    if piece is None or not piece.sound:
        raise ArithmeticError("A piece of the path could not be found.")
    return further, held, piece


def _at(piece: Piece, step: float, donors: int) -> Floats:
    """All weights a step into a piece."""
    weights = np.zeros(donors)
    inside = np.maximum(piece.weights + step * piece.turn, 0.0)
    inside[inside <= NO_STEP] = 0.0
    weights[piece.held] = inside / inside.sum()
    return weights
