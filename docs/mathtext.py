"""Draw formulas into the pages with matplotlib, so that they are read without a network."""

from __future__ import annotations

import io
import re
import zlib
from html import escape
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SIZE = 12.0
_STYLE = {"svg.fonttype": "path", "svg.hashsalt": "impacteval", "mathtext.fontset": "cm"}


def _known(tex: str) -> str:
    """The formula in the names that matplotlib knows; it draws brackets in one size."""
    tex = re.sub(r"\\[lr]Vert", r"\\|", tex.replace(r"\tfrac", r"\frac"))
    tex = re.sub(r"\\[lr]vert(?![a-zA-Z])\s*", "|", tex)
    tex = re.sub(r"(\\d?frac)(\d)(\w)", r"\1{\2}{\3}", tex)
    tex = re.sub(r"(\\d?frac)(\d)", r"\1{\2}", tex)
    tex = re.sub(r"\\(?:bigg?|Bigg?)[lrm]?(?![a-zA-Z])", "", tex)
    return re.sub(r"\\([gl])e(?![a-zA-Z])", r"\\\1eq", tex)


def drawn(tex: str) -> str:
    """A formula as inline SVG that takes the colour of the text and sits on its baseline."""
    source = f"${' '.join(_known(tex).split())}$"
    with rc_context(_STYLE):
        font = FontProperties(size=SIZE)
        parsed = MathTextParser("path").parse(source, dpi=72, prop=font)
        width, height, depth = parsed.width + 1.0, parsed.height + 2.0, parsed.depth + 1.0
        figure = Figure(figsize=(width / 72, height / 72))
        figure.text(0.5 / width, depth / height, source, fontproperties=font)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'width="[^"]+" height="[^"]+"', "", svg, count=1)
    # Names inside one page must differ from formula to formula.
    mark = f"m{zlib.crc32(tex.encode()):x}"
    svg = re.sub(r'id="([^"]+)"', rf'id="{mark}-\1"', svg)
    svg = re.sub(r'(xlink:href="#|url\(#)', rf"\1{mark}-", svg)
    style = (
        f"width:{width / SIZE:.3f}em;height:{height / SIZE:.3f}em;"
        f"vertical-align:{-depth / SIZE:.3f}em;fill:currentColor;stroke:none"
    )
    label = escape(" ".join(tex.split()), quote=True)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}" style="{style}"', 1).strip()


def inline(self: Any, node: Any) -> None:
    """A formula in a line of text."""
    from docutils.nodes import SkipNode

    self.body.append(drawn(node.astext()))
    raise SkipNode


def display(self: Any, node: Any) -> None:
    """A formula of its own."""
    from docutils.nodes import SkipNode

    large = node.astext().replace(r"\frac", r"\dfrac")
    self.body.append(f'<div style="text-align:center;margin:1em 0">{drawn(large)}</div>')
    raise SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Make this the way formulas are shown."""
    app.add_html_math_renderer("mathtext", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
