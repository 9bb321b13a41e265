"""The drawing of what causes what: boxes in layers, an arrow from each cause to what it acts on."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from impacteval.render.causes_layout import Layout, Place, layout
from impacteval.render.drawing import ASKED, BLUE, FILL, INK, SOFT, new_figure, style, svg
from impacteval.render.labels import NARROW, WIDTH, slug

if TYPE_CHECKING:
    from impacteval.render.pen import Pen
    from impacteval.report.record import FindingFacts
    from impacteval.report.record_causes import CauseNode

BOX = 0.52
"""Inches of a box's height: three lines."""
ROW = 0.7
"""Inches from one row to the next."""
LINES = 3
LEAST_STEP = 1.3
"""Inches of a layer beside another, below which layers are put under each other."""
LETTER = 0.073
"""Inches of a letter, generously: the printer's typeface may be wider than the one at hand."""
KINDS = ("service", "outcome", "held", "measured", "hidden")

# Face, edge, letters, dashes: kinds differ by more than their colour.
_LOOKS: dict[str, tuple[str, str, str, str]] = {
    "service": (BLUE, BLUE, "white", "-"),
    "outcome": ("white", BLUE, BLUE, "-"),
    "held": (FILL, SOFT, INK, "-"),
    "measured": ("white", SOFT, INK, "-"),
    "hidden": ("white", ASKED, ASKED, "--"),
}


def causes_drawing(finding: FindingFacts, pen: Pen, *, narrow: bool = False) -> str:
    """What causes what: from left to right, or from top to bottom where the page is narrow."""
    found = finding.causes
    assert found is not None
    name = slug("causes", finding.outcome, finding.group, *(["narrow"] if narrow else []))
    at = layout([n.name for n in found.nodes], [(a.cause, a.effect) for a in found.arrows])
    width = NARROW if narrow else WIDTH
    kinds = [kind for kind in KINDS if any(n.kind == kind for n in found.nodes)]
    legend = 0.24 * (len(kinds) if narrow else (len(kinds) + 2) // 3) + 0.12
    # Many layers side by side would leave no room for words: then they go down the page.
    down_page = narrow or width / at.layers < LEAST_STEP
    step = width / (at.rows if down_page else at.layers)
    wide = min(step - (0.12 if down_page else 0.42), 1.75)
    down = at.layers * (BOX + 0.42) if down_page else at.rows * ROW
    height = down + legend + 0.1

    def place(point: Place) -> tuple[float, float]:
        along, beside = point
        if down_page:
            return (
                (beside + at.rows / 2) * step,
                height - legend - (along + 0.5) * down / at.layers,
            )
        return (
            (along + 0.5) * step,
            height - legend - (beside + at.rows / 2) * down / at.rows,
        )

    with style(name):
        figure, axes = new_figure(width, height)
        axes.set_position((0, 0, 1, 1))
        axes.set_xlim(0, width)
        axes.set_ylim(0, height)
        axes.axis("off")
        _arrows(axes, at, place, (wide, BOX), down_page=down_page)
        for node in found.nodes:
            _box(axes, node, place(at.places[node.name]), (wide, BOX), pen)
        _legend(axes, kinds, width, height, pen, narrow=narrow)
        return svg(figure, name)


def _box(
    axes: Any,
    node: CauseNode,
    centre: tuple[float, float],
    size: tuple[float, float],
    pen: Pen,
) -> None:
    from matplotlib.patches import FancyBboxPatch

    face, edge, letters, dashes = _LOOKS[node.kind]
    (x, y), (wide, high) = centre, size
    axes.add_patch(
        FancyBboxPatch(
            (x - wide / 2, y - high / 2),
            wide,
            high,
            boxstyle="round,pad=0,rounding_size=0.07",
            facecolor=face,
            edgecolor=edge,
            linestyle=dashes,
            linewidth=1.2,
            zorder=3,
        )
    )
    lines = textwrap.wrap(pen.both(node.label), max(4, int((wide - 0.08) / LETTER)))
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], f"{lines[LINES - 1][:-1]}…"]
    for k, line in enumerate(lines):
        lift = 0.14 * ((len(lines) - 1) / 2 - k)
        axes.text(
            x,
            y + lift,
            line,
            ha="center",
            va="center",
            fontsize=8.5,
            color=letters,
            style="italic" if node.kind == "hidden" else "normal",
            zorder=4,
        )


def _arrows(
    axes: Any, at: Layout, place: Any, size: tuple[float, float], *, down_page: bool
) -> None:
    """Each arrow from the edge of one box to the edge of the other, round those between."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    wide, high = size
    for way in at.ways.values():
        # Arrows leave and enter in the middle of the side that faces the way of time.
        out, into = (
            ((0.0, -high / 2), (0.0, high / 2))
            if down_page
            else ((wide / 2, 0.0), (-wide / 2, 0.0))
        )
        along = 1 if down_page else 0
        at_end = len(way) - 1
        vertices: list[tuple[float, float]] = []
        codes: list[int] = []
        for k, (x, y) in enumerate(place(point) for point in way):
            here, on = (x + into[0], y + into[1]), (x + out[0], y + out[1])
            if k:
                half = 0.5 * (here[along] - vertices[-1][along])
                for point, turn in ((vertices[-1], half), (here, -half)):
                    moved = list(point)
                    moved[along] += turn
                    vertices.append((moved[0], moved[1]))
                    codes.append(int(Path.CURVE4))
                vertices.append(here)
                codes.append(int(Path.CURVE4))
            if k < at_end:
                # Straight past the boxes of a layer between; bends lie between layers.
                vertices.append(on)
                codes.append(int(Path.LINETO) if k else int(Path.MOVETO))
        axes.add_patch(
            FancyArrowPatch(
                path=Path(vertices, codes),
                arrowstyle="-|>",
                mutation_scale=9,
                linewidth=1.1,
                color=SOFT,
                zorder=2,
            )
        )


def _legend(
    axes: Any, kinds: list[str], width: float, height: float, pen: Pen, *, narrow: bool
) -> None:
    """What the looks of boxes mean, above the drawing."""
    from matplotlib.patches import FancyBboxPatch

    columns = 1 if narrow else 3
    for k, kind in enumerate(kinds):
        x = 0.06 + (k % columns) * width / columns
        y = height - 0.16 - 0.24 * (k // columns)
        face, edge, _, dashes = _LOOKS[kind]
        axes.add_patch(
            FancyBboxPatch(
                (x, y - 0.06),
                0.24,
                0.12,
                boxstyle="round,pad=0,rounding_size=0.03",
                facecolor=face,
                edgecolor=edge,
                linestyle=dashes,
                linewidth=1.1,
            )
        )
        axes.text(x + 0.32, y, pen.words(f"causes.{kind}"), ha="left", va="center", fontsize=8.5)
