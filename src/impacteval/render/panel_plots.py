"""The drawings of several periods: the path of those served, and effects by time since the start."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any, Protocol

from impacteval.render import format as fmt
from impacteval.render.drawing import BLUE, FILL, INK, LINE, SOFT, new_figure, style, svg
from impacteval.render.labels import NARROW, WIDTH, room, slug, ticks
from impacteval.render.times import named, places, runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from impacteval.render.pen import Pen
    from impacteval.report.record import EventRow, FindingFacts

LEFT, RIGHT = 0.09, 0.73
"""Where the axes of a path begin and end; the names of its lines stand to the right."""
LINE_HEIGHT = 0.16
"""Inches that a line of text takes."""


class PathRow(Protocol):
    """A period of a path: what happened, what would have, and the band of the latter."""

    @property
    def period(self) -> str: ...
    @property
    def observed(self) -> str | None: ...
    @property
    def counterfactual(self) -> str | None: ...
    @property
    def low(self) -> str | None: ...
    @property
    def high(self) -> str | None: ...


def path_over_time(finding: FindingFacts, pen: Pen) -> str:
    """What happened and what would have happened, period by period, with the band of the latter."""
    name = slug("path", finding.outcome, finding.group)
    return path_lines(name, finding.periods, pen.both(finding.outcome_unit), pen)


def path_lines(
    name: str,
    rows: Sequence[PathRow],
    unit: str,
    pen: Pen,
    *,
    begins: Sequence[int] = (),
    narrow: bool = False,
) -> str:
    """Both lines of a path with their names, and the band where it is known.

    Parameters
    ----------
    name : str
        Id of the drawing.
    rows : sequence of PathRow
        In order of time.
    unit : str
        Of the vertical axis.
    pen : Pen
    begins : sequence of int
        Rows with which the service begins somewhere; the line stands before each.
    narrow : bool
        For a narrow screen.
    """
    labels = [row.period for row in rows]
    at = places(labels)
    observed = [_value(row.observed) for row in rows]
    without = [_value(row.counterfactual) for row in rows]
    width = NARROW if narrow else WIDTH
    left, right = (0.14, 0.7) if narrow else (LEFT, RIGHT)
    where, told = named(labels, at, pen.language, width * (right - left))
    lines = max(text.count("\n") for text in told)
    title = axis_title(unit, 48 if narrow else 88)
    with style(name):
        above = 0.27 + LINE_HEIGHT * title.count("\n") + (0.16 if begins else 0.0)
        height = 2.73 + above + LINE_HEIGHT * lines
        figure, axes = new_figure(width, height)
        below = (0.44 + LINE_HEIGHT * lines) / height
        axes.set_position((left, below, right - left, 1 - below - above / height))
        # Each point is drawn smaller where many stand side by side.
        size = 5.0 if len(rows) <= 20 else 3.0
        for run in runs(at):
            _band(axes, at[run], [(row.low, row.high) for row in rows[run]])
            axes.plot(at[run], observed[run], "-o", color=BLUE, linewidth=2.2, markersize=size)
            axes.plot(
                at[run],
                without[run],
                "--o",
                color=INK,
                linewidth=1.6,
                markersize=size,
                markerfacecolor="white",
            )
        mark_begins(axes, pen, at, begins)
        gap = axes.get_ylim()[1] - axes.get_ylim()[0]
        wrapped = [
            textwrap.fill(pen.words(key), 12 if narrow else 40)
            for key in ("plot.path.with", "plot.path.without")
        ]
        needed = 0.09 * max(text.count("\n") + 1 for text in wrapped)
        apart = max(0.0, needed * gap - abs(observed[-1] - without[-1])) / 2
        up = 1 if observed[-1] >= without[-1] else -1
        for values, text, colour, shift in (
            (observed, wrapped[0], BLUE, up * apart),
            (without, wrapped[1], INK, -up * apart),
        ):
            axes.annotate(
                text,
                (at[-1], values[-1] + shift),
                xytext=(9, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                annotation_clip=False,
            )
        axes.set_xticks(where, told)
        level_axis(axes, pen, title, pad=18.0 if begins else None)
        return svg(figure, name)


def _value(number: str | None) -> float:
    return math.nan if number is None else float(number)


def mark_begins(axes: Axes, pen: Pen, at: Sequence[float], begins: Sequence[int]) -> None:
    """A line before each period with which the service begins; the first one says so above."""
    first = True
    for k in begins:
        if not 0 < k < len(at):
            continue
        place = (at[k - 1] + at[k]) / 2
        axes.axvline(place, color=SOFT, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
        if first:
            share = (place - at[0]) / (at[-1] - at[0])
            axes.annotate(
                pen.words("plot.event.begins"),
                (place, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="left" if share < 0.2 else "right" if share > 0.8 else "center",
                va="bottom",
                color=SOFT,
            )
            first = False


def _band(axes: Axes, at: Sequence[float], ends: Sequence[tuple[str | None, str | None]]) -> None:
    """The band of the counterfactual where it is known; a period alone gets a bar."""
    stretch: list[tuple[float, float, float]] = []
    for place, (low, high) in [*zip(at, ends, strict=True), (math.nan, (None, None))]:
        if low is not None and high is not None:
            stretch.append((place, float(low), float(high)))
            continue
        if len(stretch) == 1:
            ((alone, bottom, top),) = stretch
            axes.plot([alone, alone], [bottom, top], color=FILL, linewidth=9, solid_capstyle="butt")
        elif stretch:
            xs, lows, highs = zip(*stretch, strict=True)
            axes.fill_between(xs, lows, highs, color=FILL, linewidth=0)
        stretch = []


def axis_title(label: str, letters: int = 88) -> str:
    """A unit over the axis, on as many lines as it takes."""
    return "\n".join(textwrap.wrap(label, letters)) or label


def level_axis(axes: Axes, pen: Pen, label: str, pad: float | None = None) -> None:
    """The vertical axis in the reader's numbers, with its unit above it."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(ticks(pen)))
    axes.tick_params(length=3, axis="both", labelcolor=SOFT)
    axes.set_title(label, loc="left", fontsize=9, color=SOFT, pad=pad)


def event_drawing(finding: FindingFacts, pen: Pen) -> str:
    """The effect at each time since the service began, with its interval and the band of all."""
    name = slug("event", finding.outcome, finding.group)
    rows = finding.event_study
    at = [float(row.event_time) for row in rows]
    effects = [float(row.effect) for row in rows]
    title = axis_title(pen.words("plot.event.level", unit=pen.both(finding.outcome_unit)))
    with style(name):
        above = 0.4 + LINE_HEIGHT * title.count("\n")
        height = 2.7 + above
        figure, axes = new_figure(WIDTH, height)
        axes.set_position((LEFT, 0.62 / height, 0.98 - LEFT, 1 - (0.62 + above) / height))
        left, right = min(at) - 0.6, max(at) + 0.6
        axes.set_xlim(left, right)
        known = [0.0, *effects]
        for row in rows:
            told = (row.low, row.high, row.band_low, row.band_high)
            known += [float(end) for end in told if end is not None]
        axes.set_ylim(*room(known, 0.08))
        axes.axhline(0, color=SOFT, linewidth=1.0, zorder=2)
        size = 6.5 if len(rows) <= 24 else 4.0
        for place, effect, row in zip(at, effects, rows, strict=True):
            if row.band_low is not None and row.band_high is not None:
                band = [float(row.band_low)] * 2, [float(row.band_high)] * 2
                axes.fill_between(
                    [place - 0.3, place + 0.3], *band, color=FILL, linewidth=0, zorder=1
                )
            if row.low is not None and row.high is not None:
                ends = [float(row.low), float(row.high)]
                axes.plot([place, place], ends, color=BLUE, linewidth=1.6, zorder=3)
            axes.plot([place], [effect], "o", zorder=4, markersize=size, **_dot(row))
        if left < -0.5 < right:
            axes.axvline(-0.5, color=LINE, linewidth=1.2, linestyle=(0, (4, 2)), zorder=2)
            axes.annotate(
                pen.words("plot.event.begins"),
                (-0.5, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(-4 if -0.5 - left > right + 0.5 else 4, -2),
                textcoords="offset points",
                ha="right" if -0.5 - left > right + 0.5 else "left",
                va="top",
                color=SOFT,
            )
        step = max(1, -(-int(right - left) // 16))
        whole = [t for t in range(int(min(at)), int(max(at)) + 1) if t % step == 0]
        axes.set_xticks(whole, [fmt.number(t, pen.language) for t in whole])
        axes.set_xlabel(pen.words("plot.event.axis"), color=SOFT)
        level_axis(axes, pen, title)
        return svg(figure, name)


def _dot(row: EventRow) -> dict[str, Any]:
    """Filled once the service has begun, hollow before; the reference in grey."""
    colour = SOFT if row.reference else BLUE
    after = float(row.event_time) >= 0 and not row.reference
    return {
        "markerfacecolor": colour if after else "white",
        "markeredgecolor": colour,
        "markeredgewidth": 1.6,
    }
