"""What a clause pays on average over a distribution of its number."""

from __future__ import annotations

import math
from fractions import Fraction

from impacteval.pricing.schedule import Schedule
from impacteval.pricing.spreads import Spread


def expected(schedule: Schedule, spread: Spread) -> float | None:
    """The mean of what a clause pays over a distribution of the number it compares.

    Exact for straight lines: with knots :math:`k_j`, jumps :math:`J_j` there and slopes
    :math:`m_j` after them, it is what the first piece pays up to :math:`k_1`, plus the sum of
    :math:`J_j` times the chance of reaching :math:`k_j`, plus the sum of :math:`m_j` times what
    lies between :math:`k_j` and :math:`k_{j+1}` on average.

    Parameters
    ----------
    schedule : Schedule
        What the clause pays.
    spread : Spread
        The distribution, in contract units: that of an estimate, or the confidence distribution
        of an effect.

    Returns
    -------
    float or None
        None when an amount is not published. Infinite when nothing bounds the payment and the
        distribution has no mean.

    Examples
    --------
    A price for each unit above zero, and no true effect: price times standard error over the root
    of two pi.

    >>> from impacteval.pricing.schedule import Piece
    >>> from impacteval.pricing.spreads import StudentSpread
    >>> zero = Fraction(0)
    >>> unit = Schedule((Piece(None, True, zero), Piece(zero, True, zero, Fraction(1))), ())
    >>> round(expected(unit, StudentSpread(0.0, 1.0)), 6)
    0.398942
    """
    if not schedule.published:
        return None
    first, *rest = schedule.pieces
    knots = [piece.start for piece in rest if piece.start is not None]
    anchor = knots[0] if knots else Fraction(0)
    total = float(first.at(anchor))
    if first.slope:
        total -= float(first.slope) * spread.below(float(anchor))
        if not knots:
            return total + float(first.slope) * spread.between(float(anchor), math.inf)
    pieces = schedule.pieces
    for k, knot in enumerate(knots):
        before, after = pieces[k], pieces[k + 1]
        jump = after.at(knot) - before.at(knot)
        if jump:
            total += float(jump) * spread.chance(float(knot), inclusive=after.owns)
        if after.slope:
            end = float(knots[k + 1]) if k + 1 < len(knots) else math.inf
            total += float(after.slope) * spread.between(float(knot), end)
    return total
