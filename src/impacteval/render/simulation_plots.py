"""The drawings of a simulation: what is paid, how often, and how many people it takes."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from impacteval.contract.model import Contract
from impacteval.render import format as fmt
from impacteval.render.drawing import ASKED, BLUE, FILL, INK, SOFT, new_figure, style, svg
from impacteval.render.labels import NARROW, WIDTH, label_marks, ticks, unit_axis
from impacteval.simulation.saying import clause_text
from impacteval.values import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from impacteval.render.pen import Pen
    from impacteval.simulation.characteristics import Precision, Simulation

MEAN = Text(en="average", fr="moyenne")
BAND = Text(en="9 payments in 10", fr="9 paiements sur 10")
PAID = Text(en="something is paid", fr="quelque chose est payé")
TIMES = Text(en="times in 100", fr="fois sur 100")
SIZE = Text(
    en="size of the sample, against the one assumed",
    fr="taille de l'échantillon, rapportée à celle supposée",
)
AS_ASSUMED = Text(en="as assumed", fr="comme supposé")
EFFECT_OF = Text(en="effect of {x}", fr="effet de {x}")

_DASHES: tuple[object, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))


def payment_drawing(found: Simulation, pen: Pen, unit: str, *, narrow: bool = False) -> str | None:
    """The mean payment over the true effect, with the band that holds 9 payments in 10."""
    rows = [
        (p.effect, p.expected, p.low, p.high)
        for p in found.own.payments
        if isinstance(p.expected, float) and isinstance(p.low, float) and isinstance(p.high, float)
    ]
    if len(rows) < 2:
        return None
    effects, means, lows, highs = (list(column) for column in zip(*rows, strict=True))
    name = _named("payment", narrow)
    with style(name):
        figure, axes = new_figure(NARROW if narrow else WIDTH, 3.0)
        axes.set_position((0.2, 0.17, 0.76, 0.7) if narrow else (0.14, 0.17, 0.82, 0.7))
        axes.fill_between(effects, lows, highs, color=FILL, linewidth=0)
        axes.plot(effects, means, "-", color=BLUE, linewidth=2.2)
        top = max(*highs, *means, 1e-9)
        low = min(0.0, *lows)
        axes.set_ylim(low * 1.05, top * 1.08)
        _marks(axes, found, pen)
        _value_axis(axes, pen)
        axes.set_title(
            f"{found.currency} : {pick(MEAN, pen)} (—), {pick(BAND, pen)} (▒)"
            if pen.language == "fr"
            else f"{found.currency}: {pick(MEAN, pen)} (—), {pick(BAND, pen)} (▒)",
            loc="left",
            fontsize=9,
            color=SOFT,
            pad=18,
        )
        unit_axis(axes, pen, unit)
        return svg(figure, name)


def chance_drawing(
    contract: Contract, found: Simulation, pen: Pen, unit: str, *, narrow: bool = False
) -> str | None:
    """How often anything is paid over the true effect, and how often each clause is met."""
    rows = found.own.payments
    if len(rows) < 2:
        return None
    effects = [p.effect for p in rows]
    drawn = _named("chance", narrow)
    with style(drawn):
        lines = [(fmt.pick(PAID, pen.language), [100 * p.paid for p in rows], BLUE, 2.4)]
        clauses = rows[0].clauses
        # A clause whose true effect is held stays where it is: nothing to draw.
        moving = [k for k, c in enumerate(clauses) if len({p.clauses[k].truth for p in rows}) > 1]
        if len(clauses) > 1:
            for k in moving[:6]:
                clause = clauses[k]
                name = fmt.pick(clause_text(contract, clause.name, [clause.group]), pen.language)
                lines.append((name, [100 * p.clauses[k].met for p in rows], INK, 1.3))
        figure, axes = _lined(3.0, len(lines), narrow)
        for k, (label, values, colour, width) in enumerate(lines):
            axes.plot(
                effects,
                values,
                linestyle=_DASHES[k % 4],
                color=colour,
                linewidth=width,
                label=label,
            )
        axes.set_ylim(0, 104)
        if narrow:
            _legend(axes)
        else:
            ends = [(values[-1], label, c) for label, values, c, _ in lines]
            _end_labels(axes, effects[-1], ends)
        _marks(axes, found, pen)
        _value_axis(axes, pen)
        axes.set_title(fmt.pick(TIMES, pen.language), loc="left", fontsize=9, color=SOFT, pad=18)
        unit_axis(axes, pen, unit)
        return svg(figure, drawn)


def power_drawing(precision: Precision, pen: Pen, *, narrow: bool = False) -> str | None:
    """How often each threshold's effect is told from nothing, by the size of the sample."""
    needed = [n for n in precision.needed if n.curve]
    if not needed:
        return None
    name = f"power-{precision.outcome}-{precision.group}".replace("_", "-").replace(":", "-")
    name = _named(name, narrow)
    with style(name):
        from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

        labels = [
            fmt.pick(EFFECT_OF, pen.language).format(x=fmt.number(each.effect, pen.language))
            for each in needed[:4]
        ]
        figure, axes = _lined(2.7, len(labels), narrow)
        for k, each in enumerate(needed[:4]):
            sizes = [size for size, _ in each.curve]
            axes.plot(
                sizes,
                [100 * chance for _, chance in each.curve],
                linestyle=_DASHES[k % 4],
                color=BLUE if k == 0 else INK,
                linewidth=2.0 if k == 0 else 1.4,
                label=labels[k],
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator([0.25, 0.5, 1, 2, 4, 8]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(ticks(pen)))
        axes.tick_params(axis="x", length=3)
        axes.set_ylim(0, 104)
        axes.axhline(100 * precision.power, color=SOFT, linewidth=1.0, linestyle=(0, (1, 2)))
        axes.axvline(1.0, color=SOFT, linewidth=1.0)
        label_marks(axes, [(1.0, fmt.pick(AS_ASSUMED, pen.language), SOFT)], 105, _inches(axes))
        if narrow:
            _legend(axes)
        else:
            ends = [
                (100 * each.curve[-1][1], label, BLUE if k == 0 else INK)
                for k, (each, label) in enumerate(zip(needed[:4], labels, strict=True))
            ]
            _end_labels(axes, needed[0].curve[-1][0], ends)
        _value_axis(axes, pen)
        axes.set_xlabel(fmt.pick(SIZE, pen.language))
        axes.set_title(fmt.pick(TIMES, pen.language), loc="left", fontsize=9, color=SOFT, pad=18)
        return svg(figure, name)


def pick(text: Text, pen: Pen) -> str:
    return fmt.pick(text, pen.language)


def _marks(axes: Axes, found: Simulation, pen: Pen) -> None:
    """Lines where what the contract pays changes, each with its number."""
    low, high = axes.get_xlim()
    shown = [m for m in found.marks if low <= m <= high][:6]
    for mark in shown:
        axes.axvline(mark, color=ASKED, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
    top = axes.get_ylim()[1]
    labels = [(m, fmt.number(round(m, 10), pen.language), ASKED) for m in shown]
    label_marks(axes, labels, top, _inches(axes))


def _inches(axes: Axes) -> float:
    """How long the horizontal axis is on paper."""
    return float(axes.get_window_extent().width / axes.figure.dpi)


def _named(name: str, narrow: bool) -> str:
    return f"{name}-narrow" if narrow else name


_LINE = 0.17
"""Inches of a line of names under a narrow drawing."""


def _lined(height: float, lines: int, narrow: bool) -> tuple[Figure, Axes]:
    """A figure for lines: with room for their names at the right, or under a narrow one."""
    if not narrow:
        figure, axes = new_figure(WIDTH, height)
        axes.set_position((0.09, 0.18, 0.66, 0.68))
        return figure, axes
    under = 0.62 + _LINE * lines
    whole = height + _LINE * lines
    figure, axes = new_figure(NARROW, whole)
    axes.set_position((0.11, under / whole, 0.85, (whole - under - 0.42) / whole))
    return figure, axes


def _legend(axes: Axes) -> None:
    """The names of the lines under the axis, each on a line of its own."""
    height = float(axes.get_window_extent().height / axes.figure.dpi)
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(0.0, -0.48 / height),
        frameon=False,
        handlelength=2.6,
        borderpad=0.0,
        borderaxespad=0.0,
        labelspacing=0.25,
        fontsize=9,
    )


def _value_axis(axes: Axes, pen: Pen) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(ticks(pen)))
    axes.tick_params(axis="y", length=3, labelcolor=SOFT)


_END = 24
"""Letters of a name that there is room for at the right of a line; longer ones take two lines."""


def _end_labels(
    axes: Axes, at: float, labels: Sequence[tuple[float, str, str]], gap: float = 9.0
) -> None:
    """Names at the right ends of lines, apart from each other."""
    ordered = sorted(labels, key=lambda item: item[0])
    ordered = [(value, "\n".join(wrap(text, _END)), colour) for value, text, colour in ordered]
    if any("\n" in text for _, text, _ in ordered):
        gap *= 1.7
    heights = [value for value, *_ in ordered]
    floor = -gap
    for k, height in enumerate(heights):
        heights[k] = floor = max(height, floor + gap)
    ceiling = axes.get_ylim()[1] + gap
    for k in reversed(range(len(heights))):
        heights[k] = ceiling = min(heights[k], ceiling - gap)
    for height, (_, text, colour) in zip(heights, ordered, strict=True):
        axes.annotate(
            text,
            (at, height),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            annotation_clip=False,
        )
