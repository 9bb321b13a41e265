"""The curves of a planned trial: how often an effect is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impacteval.render import format as fmt
from impacteval.render.drawing import ASKED, BLUE, SOFT, new_figure, style, svg
from impacteval.render.labels import WIDTH, label_marks, ticks, unit_axis
from impacteval.values import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impacteval.power.plan import Point
    from impacteval.render.pen import Pen

TIMES = Text(en="found, times in 100", fr="détecté, fois sur 100")


def curve_drawing(
    name: str,
    points: Sequence[Point],
    power: float,
    pen: Pen,
    label: str,
    *,
    log: bool,
    mark: float | None,
) -> str:
    """One curve with the power that is wanted, and the threshold where there is one.

    Parameters
    ----------
    name : str
        Makes the ids of the drawing its own.
    points : sequence of Point
        The curve, in the order of `at`.
    power : float
        How often an effect is to be found.
    pen : Pen
        Whose words.
    label : str
        Of the horizontal axis.
    log : bool
        Whether that axis is logarithmic.
    mark : float, optional
        A threshold to mark.
    """
    with style(name):
        from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

        figure, axes = new_figure(WIDTH, 2.7)
        axes.set_position((0.09, 0.19, 0.87, 0.67))
        axes.plot([p.at for p in points], [100 * p.finds for p in points], "-", color=BLUE, lw=2.2)
        axes.set_ylim(0, 104)
        axes.axhline(100 * power, color=SOFT, linewidth=1.0, linestyle=(0, (1, 2)))
        unit_axis(axes, pen, label)
        if log:
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(
                FixedLocator([points[k].at for k in range(0, len(points), 2)])
            )
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(ticks(pen)))
        if mark:
            axes.axvline(mark, color=ASKED, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
            written = fmt.number(round(mark, 10), pen.language)
            label_marks(axes, [(mark, written, ASKED)], 105, WIDTH * 0.87)
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(ticks(pen)))
        axes.tick_params(axis="y", length=3, labelcolor=SOFT)
        title = fmt.pick(TIMES, pen.language)
        axes.set_title(title, loc="left", fontsize=9, color=SOFT, pad=18)
        return svg(figure, name)
