"""From a matplotlib figure to an SVG that is the same bytes on every machine.

Text stays text, in a family that the printer names, so that it can be searched and read aloud;
no date, no random ids, no metadata, nothing to load.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1b2430"
SOFT = "#5b6675"
LINE = "#c9d0d9"
FILL = "#d9e2ec"
BLUE = "#1f4e79"
ASKED = "#a3420f"

FAMILY = "impacteval-drawing"
"""Stands for the printer's typeface; see `with_family`."""

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": INK,
    "path.simplify": True,
}


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure of that size in inches with one axes; used inside `style()`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, figure.add_subplot()


def style(name: str) -> Any:
    """The house style as a context; ``name`` salts the ids so that two drawings never share one.

    It starts from matplotlib's defaults, so that a reader's own matplotlibrc changes nothing.
    """
    from matplotlib.style import context

    settings: Any = ["default", {**_STYLE, "svg.hashsalt": name}]
    return context(settings, after_reset=True)


def svg(figure: Figure, name: str) -> str:
    """The figure as an inline ``<svg>`` whose ids all start with ``name``."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    # A style element inside a page would reach the whole page: its rules stand on the root below.
    text = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r'<svg[^>]*?viewBox="([^"]+)"[^>]*>', _head, text, count=1)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', text)
    # Matplotlib writes the family alone or inside the shorthand, by version.
    text = re.sub(r"'DejaVu Sans'[^;\"]*", FAMILY, text)
    return re.sub(r"\n\s*", "\n", text).strip()


def _head(found: re.Match[str]) -> str:
    lines = "stroke-linejoin:round;stroke-linecap:butt"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found[1]}" style="{lines}">'


def with_family(drawing: str, family: str) -> str:
    """The drawing with its text in that typeface."""
    return drawing.replace(FAMILY, family)
