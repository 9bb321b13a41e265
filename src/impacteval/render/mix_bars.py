"""The drawings in rows of a mix of places: what it is made of, and how the served place ranks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from impacteval.render.drawing import BLUE, INK, LINE, SOFT, new_figure, style, svg
from impacteval.render.labels import NARROW, WIDTH, room, slug, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from impacteval.render.pen import Pen
    from impacteval.report.record import FindingFacts
    from impacteval.report.record_mix import PeriodWeight, PlaceboRow, Placebos

ROW = 0.2
"""Inches of one row of bars."""
PALE = "#9fb3c8"


def weights_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """One bar for each place of the mix, heaviest first, with its share."""
    assert finding.mix is not None
    assert finding.mix.weights is not None
    rows = [(row.place, row.weight) for row in finding.mix.weights.places]
    return _weights("weights", finding, rows, pen, narrow=narrow)


def time_weights_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """One bar for each period from before the service that counts, in order of time."""
    assert finding.mix is not None
    rows = [(time_label(row, pen), row.weight) for row in finding.mix.time_weights]
    return _weights("time-weights", finding, rows, pen, narrow=narrow)


def time_label(row: PeriodWeight, pen: Pen) -> str:
    """The period that counts, and for whom where several began at different times."""
    period = pen.period(row.period)
    if row.began is None:
        return period
    return pen.words("mix.time_for", period=period, began=pen.period(row.began))


def _weights(
    kind: str,
    finding: FindingFacts,
    rows: Sequence[tuple[str, str]],
    pen: Pen,
    *,
    narrow: bool,
) -> str:
    name = slug(kind, finding.outcome, finding.group, *(["narrow"] if narrow else []))
    with style(name):
        figure, axes = _rows([label for label, _ in rows], 0.15, narrow=narrow)
        values = [float(weight) for _, weight in rows]
        low, high = room([0.0, *values], 0.24 if narrow else 0.14)
        axes.set_xlim(low if min(values) < 0 else 0.0, high)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        for k, (value, (_, weight)) in enumerate(zip(values, rows, strict=True)):
            at = len(rows) - 1 - k
            axes.barh([at], [value], height=0.62, color=BLUE if value >= 0 else PALE)
            axes.annotate(
                pen.percent(weight),
                (max(value, 0.0), at),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        axes.axvline(0, color=SOFT, linewidth=0.8)
        return svg(figure, name)


def ranks_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """How far each place moved after the start beside how closely it was followed before."""
    assert finding.mix is not None
    assert finding.mix.placebos is not None
    name = slug("ranks", finding.outcome, finding.group, *(["narrow"] if narrow else []))
    found = finding.mix.placebos
    rows, values = ranked(found)
    with style(name):
        marked = [row.served for row in rows]
        figure, axes = _rows([row.place for row in rows], 0.55, narrow=narrow, strong=marked)
        known = [value for value in values if math.isfinite(value)]
        low, high = room([0.0, *known], 0.06)
        axes.set_xlim(low if min([0.0, *known]) < 0 else 0.0, high)
        axes.axvline(0, color=SOFT, linewidth=0.8)
        for k, (value, row) in enumerate(zip(values, rows, strict=True)):
            at, end = len(rows) - 1 - k, min(value, high)
            colour = BLUE if row.served else LINE
            axes.plot([0, end], [at, at], color=colour, linewidth=2.6 if row.served else 1.6)
            axes.plot(
                [end],
                [at],
                # A ratio without end leaves the drawing.
                ">" if value > high else "o",
                markersize=7 if row.served else 5,
                markerfacecolor=BLUE if row.served else "white",
                markeredgecolor=BLUE if row.served else SOFT,
                markeredgewidth=1.3,
                zorder=3,
                clip_on=False,
            )
        label = "mix.ratio_axis"
        if found.by == "effect":
            label = "mix.effect_axis"
        unit = pen.both(finding.outcome_unit)
        _number_axis(axes, pen, pen.words(label, unit=unit), narrow=narrow)
        return svg(figure, name)


def ranked(found: Placebos) -> tuple[list[PlaceboRow], list[float]]:
    """The places that are drawn in order, and what they are drawn at."""
    pairs = []
    for row in found.rows:
        value = row.effect if found.by == "effect" else row.ratio
        if not (row.kept or row.served) or (value is None and not row.endless):
            continue
        pairs.append((row, math.inf if value is None else float(value)))
    return [row for row, _ in pairs], [value for _, value in pairs]


def _number_axis(axes: Axes, pen: Pen, label: str, *, narrow: bool) -> None:
    import textwrap

    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(ticks(pen)))
    axes.tick_params(axis="x", length=3)
    # The label is as wide as the drawing, not as its axes.
    axes.set_xlabel("")
    lines = textwrap.fill(label, 56 if narrow else 110)
    axes.figure.text(0.99, 0.02, lines, ha="right", va="bottom", color=SOFT)


def _rows(
    labels: Sequence[str], below: float, *, narrow: bool, strong: Sequence[bool] = ()
) -> tuple[Figure, Axes]:
    """Axes with a name at the left of each row, the first on top; marked ones stand out."""
    width = NARROW if narrow else WIDTH
    letters = 17 if narrow else 30
    longest = max(min(len(label), letters) for label in labels)
    left = min(0.42, (0.25 + 0.078 * longest) / width)
    height = below + 0.1 + ROW * len(labels) + (0.16 if narrow and below > 0.3 else 0.0)
    low = (below + (0.16 if narrow and below > 0.3 else 0.0)) / height
    figure, axes = new_figure(width, height)
    axes.set_position((left, low, 0.97 - left, 1 - low - 0.1 / height))
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for k, label in enumerate(labels):
        marked = bool(strong) and strong[k]
        axes.annotate(
            label if len(label) <= letters else f"{label[: letters - 1]}…",
            (0, len(labels) - 1 - k),
            xycoords=("axes fraction", "data"),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            color=BLUE if marked else INK,
            weight="bold" if marked else "normal",
        )
    return figure, axes
