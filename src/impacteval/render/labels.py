"""Axes and labels that the drawings share: units on axes, labels that never overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impacteval.render import format as fmt
from impacteval.render.drawing import ASKED, BLUE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from impacteval.render.pen import Pen
    from impacteval.report.record import Range

WIDTH = 6.9
NARROW = 3.9
"""Inches of a drawing for a narrow screen, where its letters come out as large as the text's."""


def slug(*parts: str) -> str:
    """An id made of plain letters that any document accepts."""
    joined = "-".join(parts).lower()
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in joined)


def ticks(pen: Pen) -> Callable[[float, int], str]:
    """Writes the numbers of an axis in the reader's language."""

    def write(value: float, _position: int) -> str:
        return fmt.number(round(value, 10), pen.language)

    return write


def unit_axis(axes: Axes, pen: Pen, label: str, count: int = 6) -> None:
    """The horizontal axis, with its unit."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(ticks(pen)))
    axes.set_xlabel(label)
    axes.tick_params(axis="x", length=3)


def room(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """The ends of an axis that leaves room around the values."""
    low, high = min(values), max(values)
    gap = (high - low) or abs(high) or 1.0
    return low - share * gap, high + share * gap


def end(value: str | None, otherwise: float) -> float:
    """The end of an interval, or where the axis ends when it has none."""
    return otherwise if value is None else float(value)


def stretches(found: Range, left: float, right: float) -> list[tuple[float, float]]:
    """From where to where an interval is drawn: each of its stretches, cut at the ends of the axis."""
    pieces = found.pieces or ((found.low, found.high),)
    return [(end(low, left), end(high, right)) for low, high in pieces]


def arrows(axes: Axes, found: Range, height: float) -> None:
    """An arrow where an interval has no end, at the end of the axis."""
    left, right = axes.get_xlim()
    for missing, place, sign in ((found.low, left, "<"), (found.high, right, ">")):
        if missing is None:
            axes.plot([place], [height], sign, color=BLUE, markersize=7, zorder=4, clip_on=False)


def spread(
    labels: Sequence[tuple[float, str, float]], low: float, high: float, inches: float
) -> list[float]:
    """Centres for labels in a row that overlap neither each other nor the ends.

    Parameters
    ----------
    labels : sequence of (place, text, size in points)
        In the order of their places.
    low, high : float
        The ends of the row, in data units.
    inches : float
        Its length on paper.
    """
    per_inch = (high - low) / inches
    widths = [len(text) * 0.0086 * size * per_inch for _, text, size in labels]
    gap = 0.12 * per_inch
    centres = [place for place, *_ in labels]
    edge = low
    for k, width in enumerate(widths):
        centres[k] = max(centres[k], edge + width / 2)
        edge = centres[k] + width / 2 + gap
    edge = high
    for k in reversed(range(len(widths))):
        centres[k] = min(centres[k], edge - widths[k] / 2)
        edge = centres[k] - widths[k] / 2 - gap
    return centres


def label_marks(axes: Axes, marks: list[tuple[float, str, str]], top: float, inches: float) -> None:
    """Labels above the lines, apart from each other."""
    low, high = axes.get_xlim()
    centres = spread([(place, text, 9.0) for place, text, _ in marks], low, high, inches)
    for centre, (_, label, colour) in zip(centres, marks, strict=True):
        axes.text(
            centre,
            top,
            label,
            ha="center",
            va="bottom",
            color=colour,
            weight="bold" if colour == ASKED else "normal",
        )


def label_rows(axes: Axes, labels: Sequence[str], width: int) -> None:
    """Row names at the left, at most two lines each, every line aligned by itself."""
    import textwrap

    axes.set_yticks([])
    for row, label in enumerate(labels):
        lines = textwrap.wrap(label, width)
        if len(lines) > 2:
            lines = [lines[0], f"{lines[1]} …"]
        for k, line in enumerate(lines):
            lift = 0.0 if len(lines) == 1 else 5.5 - 11 * k
            axes.annotate(
                line,
                (0, row),
                xycoords=("axes fraction", "data"),
                xytext=(-10, lift),
                textcoords="offset points",
                ha="right",
                va="center",
            )
