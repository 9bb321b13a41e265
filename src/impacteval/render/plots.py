"""The drawings of a report. Each reads in grey, labels its lines and names its unit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.render.drawing import (
    ASKED,
    BLUE,
    FILL,
    LINE,
    SOFT,
    new_figure,
    style,
    svg,
)
from impacteval.render.labels import (
    NARROW,
    WIDTH,
    arrows,
    label_marks,
    label_rows,
    room,
    slug,
    spread,
    stretches,
    unit_axis,
)
from impacteval.render.panel_plots import path_over_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impacteval.render.pen import Pen
    from impacteval.report.record import ClauseRow, FindingFacts, Range


def no_effect(shown: ClauseRow | FindingFacts) -> str:
    """What zero is: no difference, or the place where a count begins."""
    return "plot.effect.no_count" if shown.against == "nothing" else "plot.effect.no_effect"


def scale_drawing(clause: ClauseRow, pen: Pen, *, narrow: bool = False) -> str:
    """The small scale of page 1: nothing, the threshold, the estimate and its interval."""
    assert clause.estimate is not None
    assert clause.interval is not None
    name = slug("scale", clause.name, clause.group, *(["narrow"] if narrow else []))
    width = NARROW if narrow else WIDTH
    estimate = float(clause.estimate)
    threshold = None if clause.threshold is None else float(clause.threshold)
    known = [0.0, estimate]
    known += [float(x) for x in (clause.interval.low, clause.interval.high) if x is not None]
    known += [] if threshold is None else [threshold]
    left, right = room(known, 0.08)
    with style(name):
        figure, axes = new_figure(width, 0.86)
        axes.set_position((0.01, 0.02, 0.98, 0.96))
        axes.set_axis_off()
        axes.set_xlim(left, right)
        axes.set_ylim(-1.15, 1.0)
        axes.plot([left, right], [0, 0], color=LINE, linewidth=1.0, zorder=1)
        axes.plot([0, 0], [-0.28, 0.28], color=SOFT, linewidth=1.2, zorder=2)
        for piece in stretches(clause.interval, left, right):
            axes.plot(piece, [0, 0], color=BLUE, linewidth=5, alpha=0.35, zorder=3)
        arrows(axes, clause.interval, 0)
        axes.plot([estimate], [0], "o", color=BLUE, markersize=9, zorder=5)
        above = [(estimate, pen.near(clause.estimate, (clause,)), 11.0, BLUE)]
        above += [
            (float(end), pen.number(end), 9.0, SOFT)
            for end in (clause.interval.low, clause.interval.high)
            if end is not None
        ]
        below = [(0.0, pen.words(no_effect(clause)), 9.0, SOFT)]
        if threshold is not None:
            # No higher than where the labels above begin: one of them may stand just there.
            axes.plot([threshold] * 2, [-0.5, 0.28], color=ASKED, linewidth=2.0, zorder=4)
            label = pen.words("plot.effect.asks", asked=pen.asked(clause))
            below.append((threshold, label, 9.0, ASKED))
        for row, height, side in ((sorted(above), 0.32, "bottom"), (sorted(below), -0.58, "top")):
            centres = spread([label[:3] for label in row], left, right, width * 0.98)
            for centre, (_, text, size, colour) in zip(centres, row, strict=True):
                axes.text(
                    centre,
                    height,
                    text,
                    ha="center",
                    va=side,
                    color=colour,
                    fontsize=size,
                    weight="normal" if colour == SOFT else "bold",
                )
        return svg(figure, name)


def path_drawing(finding: FindingFacts, pen: Pen, asked: Sequence[tuple[float, str]] = ()) -> str:
    """What happened and what would have happened: lines over time, or two points."""
    if len(finding.periods) > 1:
        return path_over_time(finding, pen)
    return _path_two_points(finding, pen, asked)


def _path_two_points(finding: FindingFacts, pen: Pen, asked: Sequence[tuple[float, str]]) -> str:
    assert finding.observed is not None
    assert finding.counterfactual is not None
    name = slug("path", finding.outcome, finding.group)
    observed, without = float(finding.observed), float(finding.counterfactual)
    period = finding.periods[0] if finding.periods else None
    ends = [float(x) for x in (period.low, period.high) if x is not None] if period else []
    known = [observed, without, *ends, *(x for x, _ in asked)]
    with style(name):
        figure, axes = new_figure(WIDTH, 2.1)
        axes.set_position((0.27, 0.27, 0.69, 0.62))
        axes.set_xlim(*room(known, 0.1))
        axes.set_ylim(-0.55, 1.75)
        axes.set_yticks([1, 0], [pen.words("plot.path.with"), pen.words("plot.path.without")])
        axes.tick_params(axis="y", length=0, pad=8)
        axes.spines["left"].set_visible(False)
        axes.plot([without, observed], [0, 1], color=LINE, linewidth=1, zorder=1)
        if len(ends) == 2:
            axes.plot(ends, [0, 0], color=FILL, linewidth=9, solid_capstyle="butt", zorder=2)
        axes.plot([observed], [1], "o", color=BLUE, markersize=10, zorder=4)
        axes.plot(
            [without],
            [0],
            "o",
            markerfacecolor="white",
            markeredgecolor=BLUE,
            markeredgewidth=2,
            markersize=9,
            zorder=4,
        )
        axes.text(
            observed, 1.2, pen.number(finding.observed), ha="center", va="bottom", weight="bold"
        )
        axes.text(
            without,
            0.2,
            pen.number(finding.counterfactual),
            ha="center",
            va="bottom",
            weight="bold",
        )
        for place, label in asked:
            axes.axvline(place, color=ASKED, linewidth=1.6, linestyle=(0, (4, 2)), zorder=3)
            right_half = place > sum(axes.get_xlim()) / 2
            axes.annotate(
                label,
                (place, 0),
                xycoords=("data", "axes fraction"),
                xytext=(-4 if right_half else 4, 4),
                textcoords="offset points",
                ha="right" if right_half else "left",
                va="bottom",
                color=ASKED,
            )
        unit_axis(axes, pen, pen.both(finding.outcome_unit))
        return svg(figure, name)


def _two_sided(finding: FindingFacts) -> list[Range]:
    found = [i for i in finding.intervals if i.side == "two"]
    return sorted(found, key=lambda i: Decimal(i.level))


def effect_drawing(finding: FindingFacts, pen: Pen, clauses: Sequence[ClauseRow]) -> str:
    """The effect with its intervals and confidence curve, against nothing and the thresholds."""
    assert finding.estimate is not None
    name = slug("effect", finding.outcome, finding.group)
    estimate = float(finding.estimate)
    intervals = _two_sided(finding)
    asked = {c.threshold: c for c in reversed(clauses) if c.threshold is not None}
    curve = [(float(x), float(d)) for x, d in finding.curve]
    known = [0.0, estimate, *(float(t) for t in asked)]
    known += [float(end) for i in intervals for end in (i.low, i.high) if end is not None]
    known += [x for x, d in curve if d > 0.004 * max(d for _, d in curve)]
    with style(name):
        figure, axes = new_figure(WIDTH, 2.7 if curve else 1.7)
        axes.set_position((0.03, 0.2 if curve else 0.3, 0.94, 0.66 if curve else 0.5))
        left, right = room(known, 0.03)
        axes.set_xlim(left, right)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        base = -0.13
        if curve:
            peak = max(d for _, d in curve)
            xs, heights = [x for x, _ in curve], [d / peak for _, d in curve]
            axes.fill_between(xs, heights, color=FILL, linewidth=0)
            axes.plot(xs, heights, color=BLUE, linewidth=1.2)
            if len(asked) == 1:
                clause = next(iter(asked.values()))
                past = _past(xs, heights, float(clause.threshold or 0), clause.operator)
                axes.fill_between(*past, color=BLUE, alpha=0.35, linewidth=0)
        widths = (5.0, 2.0) if len(intervals) > 1 else (3.0,)
        for found, width in zip(intervals, widths, strict=False):
            for piece in stretches(found, left, right):
                axes.plot(piece, [base, base], color=BLUE, linewidth=width, solid_capstyle="butt")
            arrows(axes, found, base)
        axes.plot([estimate], [base], "o", color=BLUE, markersize=9, zorder=5)
        axes.axvline(0, color=SOFT, linewidth=1.0)
        axes.set_ylim(-0.28, 1.24 if curve else 0.5)
        top = axes.get_ylim()[1]
        marks = [(0.0, pen.words(no_effect(finding)), SOFT)]
        for clause in asked.values():
            place = float(clause.threshold or 0)
            axes.axvline(place, color=ASKED, linewidth=1.6, linestyle=(0, (4, 2)))
            marks.append((place, pen.words("plot.effect.asks", asked=pen.asked(clause)), ASKED))
        label_marks(axes, sorted(marks), top, WIDTH * 0.94)
        unit_axis(axes, pen, pen.both(finding.contract_unit))
        return svg(figure, name)


def _past(
    xs: list[float], heights: list[float], threshold: float, operator: str | None
) -> tuple[list[float], list[float]]:
    """The part of the curve that passes, cut exactly at the threshold."""
    upward = operator in ("at_least", "more_than")
    cut: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in zip(
        zip(xs, heights, strict=True), zip(xs[1:], heights[1:], strict=True), strict=False
    ):
        if (x0 >= threshold) == upward or x0 == threshold:
            cut.append((x0, y0))
        if min(x0, x1) < threshold < max(x0, x1):
            cut.append((threshold, y0 + (y1 - y0) * (threshold - x0) / (x1 - x0)))
    if (xs[-1] >= threshold) == upward:
        cut.append((xs[-1], heights[-1]))
    return [x for x, _ in cut], [y for _, y in cut]


def forest_drawing(
    finding: FindingFacts,
    pen: Pen,
    clauses: Sequence[ClauseRow],
    rows: Sequence[tuple[str, str, Range | None, str]],
    kind: str = "forest",
) -> str:
    """Every analysis of one number on a line: its estimate and its interval."""
    name = slug(kind, finding.outcome, finding.group)
    known = [0.0]
    for _, estimate, found, _ in rows:
        known.append(float(estimate))
        known += [float(x) for x in ((found.low, found.high) if found else ()) if x is not None]
    asked = {c.threshold: c for c in reversed(clauses) if c.threshold is not None}
    known += [float(t) for t in asked]
    with style(name):
        height = 0.85 + 0.42 * len(rows)
        figure, axes = new_figure(WIDTH, height)
        axes.set_position((0.4, 0.5 / height, 0.57, 1 - 0.75 / height))
        left, right = room(known, 0.05)
        axes.set_xlim(left, right)
        axes.axvline(0, color=SOFT, linewidth=1.0)
        for clause in asked.values():
            axes.axvline(
                float(clause.threshold or 0), color=ASKED, linewidth=1.6, linestyle=(0, (4, 2))
            )
        for k, (_, estimate, found, _) in enumerate(rows):
            at = len(rows) - 1 - k
            if found is not None:
                width = 2.4 if k == 0 else 1.4
                for piece in stretches(found, left, right):
                    axes.plot(piece, [at, at], color=BLUE, linewidth=width, solid_capstyle="butt")
                arrows(axes, found, at)
            axes.plot(
                [float(estimate)],
                [at],
                "o",
                color=BLUE,
                markersize=8 if k == 0 else 7,
                markerfacecolor=BLUE if k == 0 else "white",
                markeredgecolor=BLUE,
                markeredgewidth=1.6,
            )
        label_rows(axes, [title for title, *_ in rows][::-1], 34)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.spines["left"].set_visible(False)
        marks = [(0.0, pen.words(no_effect(finding)), SOFT)]
        marks += [
            (float(t), pen.words("plot.effect.asks", asked=pen.asked(c)), ASKED)
            for t, c in asked.items()
            if t is not None
        ]
        label_marks(axes, sorted(marks), len(rows) - 0.4, WIDTH * 0.57)
        unit_axis(axes, pen, pen.both(finding.contract_unit), 5)
        return svg(figure, name)


def love_drawing(finding: FindingFacts, pen: Pen) -> str:
    """How alike the groups were at the start: standardised differences, largest first."""
    name = slug("love", finding.outcome, finding.group)
    rows = sorted(
        (
            (float(row.standardised_difference), row)
            for row in finding.baseline
            if row.standardised_difference is not None
        ),
        key=lambda pair: (abs(pair[0]), pair[1].covariate),
    )
    with style(name):
        height = 0.7 + 0.27 * len(rows)
        figure, axes = new_figure(WIDTH, height)
        axes.set_position((0.4, 0.5 / height, 0.57, 1 - 0.6 / height))
        reach = max(0.25, *(abs(x) * 1.15 for x, _ in rows))
        axes.set_xlim(-reach, reach)
        axes.axvspan(-0.1, 0.1, color=FILL, alpha=0.6, linewidth=0)
        axes.axvline(0, color=SOFT, linewidth=1.0)
        for k, (value, _) in enumerate(rows):
            axes.plot([0, value], [k, k], color=LINE, linewidth=1.2, zorder=2)
            axes.plot([value], [k], "o", color=BLUE, markersize=6, zorder=3)
        labels = [
            row.covariate if row.plain_name is None else pen.both(row.plain_name) for _, row in rows
        ]
        label_rows(axes, labels, 40)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.spines["left"].set_visible(False)
        unit_axis(axes, pen, pen.words("plot.love.axis"))
        return svg(figure, name)
