"""The drawings of a comparison with similar people: likeness before and after, and overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impacteval.render.drawing import BLUE, FILL, LINE, SOFT, new_figure, style, svg
from impacteval.render.labels import NARROW, WIDTH, label_rows, slug, unit_axis

if TYPE_CHECKING:
    from impacteval.render.pen import Pen
    from impacteval.report.record import FindingFacts
    from impacteval.report.record_alike import AlikeRow, OverlapRow

ROW = 0.27
"""Inches of one covariate."""


def likeness_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """Standardised differences of each covariate: hollow as the data are, full as compared."""
    assert finding.alike is not None
    name = slug("alike", finding.outcome, finding.group, *(["narrow"] if narrow else []))
    rows = ordered(finding.alike.balance)
    with style(name):
        width = NARROW if narrow else WIDTH
        height = 0.95 + ROW * len(rows)
        figure, axes = new_figure(width, height)
        left = 0.42 if narrow else 0.36
        axes.set_position((left, 0.5 / height, 0.97 - left, 1 - 0.9 / height))
        values = [
            float(v)
            for r in rows
            for v in (r.difference_before, r.difference_after)
            if v is not None
        ]
        reach = max(0.25, *(abs(v) * 1.12 for v in values))
        axes.set_xlim(-reach, reach)
        axes.axvspan(-0.1, 0.1, color=FILL, alpha=0.6, linewidth=0)
        axes.axvline(0, color=SOFT, linewidth=1.0)
        for place, row in enumerate(reversed(rows)):
            ends = [
                None if value is None else float(value)
                for value in (row.difference_before, row.difference_after)
            ]
            before, after = ends
            if before is not None and after is not None:
                axes.plot([before, after], [place, place], color=LINE, linewidth=1.2, zorder=2)
            for value, full in ((before, False), (after, True)):
                if value is not None:
                    axes.plot(
                        [value],
                        [place],
                        "o",
                        markersize=6,
                        markerfacecolor=BLUE if full else "white",
                        markeredgecolor=BLUE if full else SOFT,
                        markeredgewidth=1.3,
                        zorder=4 if full else 3,
                    )
        label_rows(axes, [label_of(row, pen) for row in reversed(rows)], 24 if narrow else 38)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.spines["left"].set_visible(False)
        unit_axis(axes, pen, pen.words("plot.love.axis"), 4 if narrow else 6)
        _key(
            axes,
            (
                (pen.words("alike.key_before"), SOFT, "white"),
                (pen.words("alike.key_after"), BLUE, BLUE),
            ),
            height,
        )
        return svg(figure, name)


def overlap_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """Of either group, the share with each chance of being served: served above, others below."""
    assert finding.alike is not None
    name = slug("overlap", finding.outcome, finding.group, *(["narrow"] if narrow else []))
    rows = within(finding.alike.overlap)
    with style(name):
        width, height = (NARROW if narrow else WIDTH), 2.7
        figure, axes = new_figure(width, height)
        axes.set_position((0.05, 0.5 / height, 0.92, 1 - 0.9 / height))
        for row in rows:
            low, high = float(row.low), float(row.high)
            gap = 0.06 * (high - low)
            span = high - low - 2 * gap
            axes.bar(low + gap, float(row.served), span, align="edge", color=BLUE)
            axes.bar(low + gap, -float(row.comparison), span, align="edge", color="#9fb3c8")
        axes.axhline(0, color=SOFT, linewidth=1.0)
        axes.set_xlim(float(rows[0].low), float(rows[-1].high))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        unit_axis(axes, pen, pen.words("alike.overlap_axis"), 4 if narrow else 6)
        _key(
            axes,
            (
                (pen.words("counted.treated"), BLUE, BLUE),
                (pen.words("counted.comparison"), "#9fb3c8", "#9fb3c8"),
            ),
            height,
        )
        return svg(figure, name)


def within(rows: tuple[OverlapRow, ...]) -> tuple[OverlapRow, ...]:
    """The stretch in which anybody is: empty ends say nothing."""
    held = [k for k, row in enumerate(rows) if float(row.served) > 0 or float(row.comparison) > 0]
    return rows[held[0] : held[-1] + 1] if held else rows


def ordered(rows: tuple[AlikeRow, ...]) -> list[AlikeRow]:
    """Covariates by how far the groups were apart at first, furthest on top; others left out."""
    told = [r for r in rows if r.difference_before is not None or r.difference_after is not None]
    return sorted(told, key=lambda r: (-abs(float(r.difference_before or 0)), r.covariate))


def label_of(row: AlikeRow, pen: Pen) -> str:
    """What a covariate is called."""
    return row.covariate if row.plain_name is None else pen.both(row.plain_name)


def _key(axes: object, entries: tuple[tuple[str, str, str], ...], height: float) -> None:
    """Marks and their meaning, in a row above the drawing."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            linestyle="",
            marker="o",
            markersize=6,
            markeredgecolor=edge,
            markerfacecolor=face,
            markeredgewidth=1.3,
            label=label,
        )
        for label, edge, face in entries
    ]
    box = axes.get_position()  # type: ignore[attr-defined]
    axes.figure.legend(  # type: ignore[attr-defined]
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(box.x0 - 0.01, 1.0 - 0.04 / height),
        ncols=2,
        frameon=False,
        borderpad=0,
        handletextpad=0.3,
        columnspacing=1.4,
    )
