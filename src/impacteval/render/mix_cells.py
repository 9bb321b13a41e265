"""Cells, tables and drawings that the sections about a mix of places share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from impacteval.render.blocks import Cell, Column, Table
from impacteval.render.pen import Pen
from impacteval.report.record import FindingFacts
from impacteval.report.record_mix import PlacePath

DASH = "–"


def both_widths(draw: Callable[..., str], finding: FindingFacts, pen: Pen) -> dict[str, Any]:
    """A drawing for a page and the same for a narrow screen."""
    return {"svg": draw(finding, pen), "narrow": draw(finding, pen, narrow=True)}


def number(value: str | None, pen: Pen) -> Cell:
    """A number of a table, or a dash."""
    return Cell(DASH if value is None else pen.number(value))


def span(low: str | None, high: str | None, pen: Pen) -> Cell:
    """From where to where, or a dash."""
    if low is None or high is None:
        return Cell(DASH)
    return Cell(pen.words("mix.range", low=pen.number(low), high=pen.number(high)))


def scientific(value: str, pen: Pen) -> str:
    """A number that may be tiny: with its power of ten where plain digits would be a row of zeros.

    Examples
    --------
    >>> from impacteval.values import Language
    >>> scientific("0.00000000000032", Pen(Language.EN, "EUR"))
    '3.2 × 10⁻¹³'
    """
    size = abs(float(value))
    if size == 0 or size >= 1e-4:
        return pen.number(value)
    digits, _, power = f"{float(value):.1e}".partition("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{pen.number(digits)} × 10{raised}"


def paths_table(
    caption: str, periods: Sequence[str], paths: Sequence[PlacePath], pen: Pen, head: str = ""
) -> Table:
    """One row a place, one column a period."""
    return Table(
        caption,
        (
            Column(head or pen.words("mix.place")),
            *(Column(pen.period(period), "right") for period in periods),
        ),
        tuple((Cell(path.place), *(number(value, pen) for value in path.values)) for path in paths),
        strong=tuple(k for k, path in enumerate(paths) if path.served),
    )
