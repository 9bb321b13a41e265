"""The drawings of several periods: the path of those served, and effects by time since the start."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from impacteval.render import format as fmt
from impacteval.render.drawing import BLUE, FILL, INK, LINE, SOFT, new_figure, style, svg
from impacteval.render.labels import WIDTH, room, slug, ticks
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


def path_over_time(finding: FindingFacts, pen: Pen) -> str:
    """What happened and what would have happened, period by period, with the band of the latter."""
    name = slug("path", finding.outcome, finding.group)
    rows = finding.periods
    labels = [row.period for row in rows]
    at = places(labels)
    observed = [float(row.observed) for row in rows]
    without = [float(row.counterfactual) for row in rows]
    where, told = named(labels, at, pen.language, WIDTH * (RIGHT - LEFT))
    lines = max(text.count("\n") for text in told)
    title = _title(pen.both(finding.outcome_unit))
    with style(name):
        above = 0.27 + LINE_HEIGHT * title.count("\n")
        height = 2.73 + above + LINE_HEIGHT * lines
        figure, axes = new_figure(WIDTH, height)
        below = (0.44 + LINE_HEIGHT * lines) / height
        axes.set_position((LEFT, below, RIGHT - LEFT, 1 - below - above / height))
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
        gap = axes.get_ylim()[1] - axes.get_ylim()[0]
        apart = max(0.0, 0.09 * gap - abs(observed[-1] - without[-1])) / 2
        up = 1 if observed[-1] >= without[-1] else -1
        for values, key, colour, shift in (
            (observed, "plot.path.with", BLUE, up * apart),
            (without, "plot.path.without", INK, -up * apart),
        ):
            axes.annotate(
                pen.words(key),
                (at[-1], values[-1] + shift),
                xytext=(9, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                annotation_clip=False,
            )
        axes.set_xticks(where, told)
        _level_axis(axes, pen, title)
        return svg(figure, name)


def _band(axes: Axes, at: Sequence[float], ends: Sequence[tuple[str | None, str | None]]) -> None:
    """The band of the counterfactual where it is known; a period alone gets a bar."""
    known = [
        (place, float(low), float(high))
        for place, (low, high) in zip(at, ends, strict=True)
        if low is not None and high is not None
    ]
    if len(known) < len(at) or not known:
        return
    if len(known) == 1:
        ((place, low, high),) = known
        axes.plot([place, place], [low, high], color=FILL, linewidth=9, solid_capstyle="butt")
        return
    xs, lows, highs = zip(*known, strict=True)
    axes.fill_between(xs, lows, highs, color=FILL, linewidth=0)


def _title(label: str) -> str:
    """A unit over the axis, on as many lines as it takes."""
    return "\n".join(textwrap.wrap(label, 88)) or label


def _level_axis(axes: Axes, pen: Pen, label: str) -> None:
    """The vertical axis in the reader's numbers, with its unit above it."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(ticks(pen)))
    axes.tick_params(length=3, axis="both", labelcolor=SOFT)
    axes.set_title(label, loc="left", fontsize=9, color=SOFT)


def event_drawing(finding: FindingFacts, pen: Pen) -> str:
    """The effect at each time since the service began, with its interval and the band of all."""
    name = slug("event", finding.outcome, finding.group)
    rows = finding.event_study
    at = [float(row.event_time) for row in rows]
    effects = [float(row.effect) for row in rows]
    title = _title(pen.words("plot.event.level", unit=pen.both(finding.outcome_unit)))
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
        _level_axis(axes, pen, title)
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
