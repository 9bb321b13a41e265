r"""What a difference in trends may look like: the restrictions of Rambachan and Roth as inequalities.

Without the service, the served and their comparison would have differed by :math:`\delta_t` at
event time t, with :math:`\delta = 0` in the reference period. Parallel trends says that
:math:`\delta` is zero everywhere. A restriction says less: how far :math:`\delta` may go, in units
of a number that is then moved (M or :math:`\bar M`). Every restriction here is a union of
polyhedra :math:`\{\delta : (B + M S)\delta \le M d\}`.

References
----------
Rambachan and Roth (2023), A more credible approach to parallel trends. *Review of Economic
Studies* 90(5). doi:10.1093/restud/rdad018
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impacteval.inference._arrays import Floats

Kind = Literal["relative_magnitudes", "smoothness", "smoothness_relative"]
Sign = Literal["any", "positive", "negative"]
Monotone = Literal["no", "increasing", "decreasing"]


@dataclass(frozen=True, slots=True)
class Restriction:
    """How far the difference in trends may go after the start.

    Parameters
    ----------
    kind : {"relative_magnitudes", "smoothness", "smoothness_relative"}
        - `relative_magnitudes`: from one period to the next after the reference period, it moves
          by at most M times its largest move before.
        - `smoothness`: its slope changes by at most M from one period to the next, so that M = 0
          is a straight line; M has the outcome's unit.
        - `smoothness_relative`: its slope changes by at most M times the largest change before.
    sign : {"any", "positive", "negative"}
        Sign of the difference in trends after the reference period, when it is known.
    monotone : {"no", "increasing", "decreasing"}
        Whether the difference in trends is known to go one way only, before and after.

    Examples
    --------
    >>> Restriction("smoothness").pieces(2, 1).base.shape
    (1, 4, 3)
    """

    kind: Kind = "relative_magnitudes"
    sign: Sign = "any"
    monotone: Monotone = "no"

    def pieces(self, before: int, after: int) -> Pieces:
        """Write the restriction as a union of polyhedra.

        Parameters
        ----------
        before, after : int
            Numbers of event times before and after the reference period.

        Returns
        -------
        Pieces

        Raises
        ------
        ValueError
            When there are too few periods before for the restriction to say anything.
        """
        needed = {"relative_magnitudes": 1, "smoothness": 1, "smoothness_relative": 2}[self.kind]
        if before < needed or after < 1:
            raise ValueError(
                f"The restriction {self.kind} needs {needed} event times before the reference "
                f"period and 1 after it; there are {before} and {after}."
            )
        moves = differences(before, after)
        bends = np.diff(moves, axis=0)
        rows = moves if self.kind == "relative_magnitudes" else bends
        earlier, later = rows[:-after], rows[-after:]
        if self.kind == "smoothness":
            base = np.vstack([rows, -rows])[None]
            slope = np.zeros_like(base)
            limit = np.ones(base.shape[1])
        else:
            base, slope = _relative(earlier, later)
            limit = np.zeros(base.shape[1])
        besides = self._besides(moves, before)
        n_pieces = len(base)
        return Pieces(
            np.concatenate([base, np.broadcast_to(besides, (n_pieces, *besides.shape))], axis=1),
            np.concatenate([slope, np.zeros((n_pieces, *besides.shape))], axis=1),
            np.concatenate([limit, np.zeros(len(besides))]),
            before,
        )

    def _besides(self, moves: Floats, before: int) -> Floats:
        """Rows on the sign and on the direction, shape (r, k)."""
        k = moves.shape[1]
        found = [np.empty((0, k))]
        if self.sign != "any":
            found.append(np.eye(k)[before:] * (-1.0 if self.sign == "positive" else 1.0))
        if self.monotone != "no":
            found.append(moves * (-1.0 if self.monotone == "increasing" else 1.0))
        return np.vstack(found)


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    r"""A union of polyhedra :math:`\{(B_p + M S_p)\delta \le M d\}` that grows with M.

    Attributes
    ----------
    base, slope : float64 array, shape (p, n, k)
        B and S of every polyhedron.
    limit : float64 array, shape (n,)
        d, the same in all of them.
    before : int
        Number of event times before the reference period: the first columns.
    """

    base: Floats
    slope: Floats
    limit: Floats
    before: int

    def of_later_periods(self) -> Pieces:
        """Return the rows in which a later period takes part.

        The others restrict the past alone, which has been seen: left out, as the paper does, a
        test loses no validity and gains power where the past shows moves of like size.
        """
        used = (self.base[0, :, self.before :] != 0.0).any(axis=1)
        return Pieces(self.base[:, used], self.slope[:, used], self.limit[used], self.before)


def differences(before: int, after: int) -> Floats:
    """Moves from one event time to the next, the reference period being zero, shape (k, k).

    Examples
    --------
    >>> differences(1, 2).tolist()
    [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, -1.0, 1.0]]
    """
    levels = np.insert(np.eye(before + after), before, 0.0, axis=0)
    found: Floats = np.diff(levels, axis=0)
    return found


def _relative(earlier: Floats, later: Floats) -> tuple[Floats, Floats]:
    """Rows when the largest of the earlier rows bounds the later ones, shapes (p, n, k) twice.

    Which earlier row is the largest, and with what sign, is not known: a polyhedron for each.
    """
    largest = np.concatenate([earlier, -earlier])
    bounded = np.vstack([later, -later])
    past = np.vstack([earlier, -earlier])
    n_pieces, n_later = len(largest), len(bounded)
    # That the largest row is at most itself says nothing: its opposite stands in its place twice.
    beside = past[None] - largest[:, None]
    own = np.arange(n_pieces)
    beside[own, own] = -2.0 * largest
    base = np.concatenate([np.broadcast_to(bounded, (n_pieces, *bounded.shape)), beside], axis=1)
    slope = np.zeros_like(base)
    slope[:, :n_later] = -largest[:, None]
    return base, slope
