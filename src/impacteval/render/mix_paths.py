"""The drawings over time of a mix of places: history, gap beside placebos, counterfactuals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from impacteval.render.drawing import BLUE, INK, LINE, SOFT, new_figure, style, svg
from impacteval.render.labels import NARROW, WIDTH, room, slug
from impacteval.render.panel_plots import (
    LINE_HEIGHT,
    axis_title,
    level_axis,
    mark_begins,
    path_lines,
)
from impacteval.render.times import named, places, runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impacteval.render.pen import Pen
    from impacteval.report.record import FindingFacts
    from impacteval.report.record_mix import HistoryRow

    # What one line looks like: its values, its name in the legend, its format.
    Line = tuple[Sequence[str | None], str, dict[str, Any]]

OTHER: dict[str, Any] = {"color": LINE, "linewidth": 0.9, "zorder": 2}
SERVED: dict[str, Any] = {"color": BLUE, "linewidth": 2.4, "zorder": 4}
DASHED: dict[str, Any] = {"color": INK, "linewidth": 1.7, "linestyle": (0, (5, 2)), "zorder": 3}
STYLES = ("solid", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)))
"""Lines that are told apart without colour."""


def begins_of(history: Sequence[HistoryRow]) -> list[int]:
    """The rows with which the service begins in some place that is served."""
    shares = [float(row.served) for row in history]
    return [k for k in range(1, len(shares)) if shares[k] > shares[k - 1]]


def history_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """The served place and its mix over the whole history, with the start of the service."""
    assert finding.mix is not None
    history = finding.mix.history
    known = [row for row in history if row.observed is not None and row.counterfactual is not None]
    return path_lines(
        _name("history", finding, narrow=narrow),
        known,
        pen.both(finding.outcome_unit),
        pen,
        begins=begins_of(known),
        narrow=narrow,
    )


def gap_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """Observed less counterfactual, dark, among those of the other places, light."""
    mix = finding.mix
    assert mix is not None
    words = pen.words
    lines: list[Line] = []
    paths = () if mix.placebos is None else mix.placebos.paths
    others = [path for path in paths if not path.served]
    lines += [
        (path.values, words("mix.legend_others") if k == 0 else "", OTHER)
        for k, path in enumerate(others)
    ]
    if paths:
        own = [path for path in paths if path.served]
        name = own[0].place if len(own) == 1 else words("mix.legend_served")
        lines += [(path.values, name if k == 0 else "", SERVED) for k, path in enumerate(own)]
    else:
        lines.append(([row.gap for row in mix.history], words("mix.gap"), SERVED))
    return _over_time("gap", finding, pen, lines, zero=True, narrow=narrow)


def leave_one_out_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """The counterfactual, and what it would be without each one of its places."""
    mix = finding.mix
    assert mix is not None
    assert mix.leave_one_out is not None
    words = pen.words
    lines: list[Line] = [
        (path.values, words("mix.legend_left_out") if k == 0 else "", {**OTHER, "color": "#9aa5b1"})
        for k, path in enumerate(mix.leave_one_out.paths)
    ]
    observed = [row.observed for row in mix.history]
    without = [row.counterfactual for row in mix.history]
    lines.append((without, words("plot.path.without"), DASHED))
    lines.append((observed, words("plot.path.with"), SERVED))
    return _over_time("left-out", finding, pen, lines, zero=False, narrow=narrow)


def in_time_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """The gap as found, and as it would be had the service begun earlier."""
    mix = finding.mix
    assert mix is not None
    assert mix.in_time is not None
    words = pen.words
    lines: list[Line] = [
        (
            path.values,
            words("mix.legend_in_time", period=pen.period(path.place)),
            {
                "color": INK if k % 2 == 0 else SOFT,
                "linewidth": 1.3,
                "linestyle": STYLES[(k + 1) % len(STYLES)],
                # A dot where the service is taken to begin.
                "dot": path.place,
            },
        )
        for k, path in enumerate(mix.in_time.paths)
    ]
    lines.append(([row.gap for row in mix.history], words("mix.gap"), SERVED))
    return _over_time("in-time", finding, pen, lines, zero=True, narrow=narrow)


def _name(kind: str, finding: FindingFacts, *, narrow: bool) -> str:
    return slug(kind, finding.outcome, finding.group, *(["narrow"] if narrow else []))


def _over_time(
    kind: str,
    finding: FindingFacts,
    pen: Pen,
    lines: Sequence[Line],
    *,
    zero: bool,
    narrow: bool,
) -> str:
    """Lines over the periods of the history, with a legend above and the start of the service."""
    mix = finding.mix
    assert mix is not None
    labels = [row.period for row in mix.history]
    at = places(labels)
    name = _name(kind, finding, narrow=narrow)
    width = NARROW if narrow else WIDTH
    left, right = (0.14, 0.97) if narrow else (0.09, 0.98)
    where, told = named(labels, at, pen.language, width * (right - left))
    unit = pen.both(finding.outcome_unit)
    title = axis_title(
        pen.words("plot.event.level", unit=unit) if zero else unit, 48 if narrow else 88
    )
    legend = [text for _, text, _ in lines if text]
    columns = 1 if narrow else max(1, min(len(legend), 3))
    rows = -(-len(legend) // columns)
    below_lines = max(text.count("\n") for text in told)
    with style(name):
        # Above the axes, from the bottom: where the service begins, the legend, the unit.
        shelf = 0.2 * rows + 0.22
        above = shelf + LINE_HEIGHT * (title.count("\n") + 1) + 0.1
        height = 2.7 + above + LINE_HEIGHT * below_lines
        figure, axes = new_figure(width, height)
        below = (0.44 + LINE_HEIGHT * below_lines) / height
        axes.set_position((left, below, right - left, 1 - below - above / height))
        known = [0.0] if zero else []
        for values, text, look in lines:
            drawn = [float("nan") if value is None else float(value) for value in values]
            known += [value for value in drawn if not math.isnan(value)]
            dot = look.get("dot")
            line = {key: value for key, value in look.items() if key != "dot"}
            for k, run in enumerate(runs(at)):
                label = text if text and k == 0 else "_"
                axes.plot(at[run], drawn[run], label=label, **line)
            if dot in labels:
                k = labels.index(dot)
                axes.plot(at[k : k + 1], drawn[k : k + 1], "o", color=look["color"], markersize=5)
        axes.set_ylim(*room(known, 0.06))
        axes.set_xlim(*room(at, 0.03))
        if zero:
            axes.axhline(0, color=SOFT, linewidth=1.0, zorder=3)
        mark_begins(axes, pen, at, begins_of(mix.history))
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0 + 0.2 / (height - above - below * height)),
            ncols=columns,
            frameon=False,
            fontsize=9,
            borderpad=0,
            borderaxespad=0,
            handlelength=1.9,
            labelspacing=0.3,
            reverse=True,
        )
        axes.set_xticks(where, told)
        level_axis(axes, pen, title, pad=72.0 * shelf)
        return svg(figure, name)
