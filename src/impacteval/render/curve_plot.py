"""The specification curve: every planned analysis of one number, from the smallest to the largest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from impacteval.render.blocks import Cell, Column, Drawing, Table
from impacteval.render.drawing import ASKED, BLUE, SOFT, new_figure, style, svg
from impacteval.render.labels import (
    WIDTH,
    arrows,
    label_marks,
    label_rows,
    room,
    slug,
    stretches,
    unit_axis,
)
from impacteval.render.pen import Pen
from impacteval.render.plots import no_effect
from impacteval.render.verdict_cells import interval_cell
from impacteval.report.record import ClauseRow, FindingFacts, Range


@dataclass(frozen=True, slots=True)
class _Row:
    title: str
    estimate: str
    interval: Range | None
    flips: bool
    main: bool = False


def curve(finding: FindingFacts, pen: Pen, clauses: Sequence[ClauseRow]) -> Drawing | None:
    """The drawing with its words and numbers; None without another analysis to compare with."""
    rows = _rows(finding, pen)
    if len(rows) < 2:
        return None
    words, name = pen.words, pen.finding_name(finding)
    flips = sum(row.flips for row in rows)
    return Drawing(
        svg=_drawn(finding, pen, clauses, rows),
        alt=words(
            "curve.alt",
            name=name,
            n=len(rows) - 1,
            low=pen.number(rows[0].estimate),
            high=pen.number(rows[-1].estimate),
            unit=pen.both(finding.contract_unit),
            flips=flips,
        ),
        caption=words("curve.caption", name=name),
        data=Table(
            words("curve.data", name=name),
            (
                Column(words("firm.analysis")),
                Column(words("firm.estimate"), "right"),
                Column(words("firm.interval"), "right"),
                Column(words("firm.flips")),
            ),
            tuple(
                (
                    Cell(row.title),
                    Cell(pen.near(row.estimate, clauses)),
                    interval_cell(row.interval, pen),
                    Cell(
                        "–"
                        if row.main
                        else words("firm.flips_yes" if row.flips else "firm.flips_no")
                    ),
                )
                for row in rows
            ),
            tuple(k for k, row in enumerate(rows) if row.main),
        ),
    )


def _rows(finding: FindingFacts, pen: Pen) -> list[_Row]:
    if finding.estimate is None:
        return []
    two = [found for found in finding.intervals if found.side == "two"]
    widest = max(two, key=lambda found: float(found.level), default=None)
    rows = [_Row(pen.words("firm.main"), finding.estimate, widest, False, True)]
    rows += [
        _Row(pen.both(row.title), row.estimate, row.interval, row.flips)
        for row in finding.robustness
        if row.estimate is not None
    ]
    return sorted(rows, key=lambda row: (float(row.estimate), not row.main))


def _drawn(
    finding: FindingFacts, pen: Pen, clauses: Sequence[ClauseRow], rows: Sequence[_Row]
) -> str:
    """Analyses from left to right in the order of their estimates would leave no room for names:
    they stand one below the other, the largest on top."""
    name = slug("curve", finding.outcome, finding.group)
    known = [0.0, *(float(row.estimate) for row in rows)]
    ends = [(row.interval.low, row.interval.high) for row in rows if row.interval is not None]
    known += [float(x) for pair in ends for x in pair if x is not None]
    asked = {c.threshold: c for c in reversed(clauses) if c.threshold is not None}
    known += [float(t) for t in asked if t is not None]
    with style(name):
        height = 0.85 + 0.36 * len(rows)
        figure, axes = new_figure(WIDTH, height)
        axes.set_position((0.4, 0.5 / height, 0.57, 1 - 0.75 / height))
        left, right = room(known, 0.05)
        axes.set_xlim(left, right)
        axes.axvline(0, color=SOFT, linewidth=1.0)
        for threshold in asked:
            axes.axvline(float(threshold or 0), color=ASKED, linewidth=1.6, linestyle=(0, (4, 2)))
        axes.plot(
            [float(row.estimate) for row in rows], range(len(rows)), color=SOFT, linewidth=0.8
        )
        for at, row in enumerate(rows):
            colour = ASKED if row.flips else BLUE
            if row.interval is not None:
                for piece in stretches(row.interval, left, right):
                    axes.plot(
                        piece,
                        [at, at],
                        color=colour,
                        linewidth=2.4 if row.main else 1.4,
                        solid_capstyle="butt",
                    )
                arrows(axes, row.interval, at)
            axes.plot(
                [float(row.estimate)],
                [at],
                "D" if row.flips else "o",
                color=colour,
                markersize=8 if row.main else 7,
                markerfacecolor=BLUE if row.main else "white",
                markeredgecolor=colour,
                markeredgewidth=1.6,
            )
        label_rows(axes, [row.title for row in rows], 34)
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
