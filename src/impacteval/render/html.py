"""The report as one HTML file that needs nothing else: no network, no script, no font to load."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from impacteval.render.blocks import Document
from impacteval.render.drawing import with_family

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FAMILY = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, with everything escaped that is not a drawing."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("impacteval.render", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = lambda drawing: with_family(drawing, FAMILY)
    environment.filters["css_string"] = css_string
    return environment


def css_string(text: str) -> Markup:
    """A text as a string of CSS: everything but letters, digits and spaces is escaped."""
    from markupsafe import Markup

    plain = "".join(c if c.isalnum() or c == " " else f"\\{ord(c):06x}" for c in text)
    return Markup(f'"{plain}"')  # noqa: S704 - nothing but letters, digits and escapes is left


def html(report: Document) -> str:
    """Set a document as HTML.

    Parameters
    ----------
    report : Document

    Returns
    -------
    str
        A whole page; everything that came from the record is escaped.
    """
    return environment().get_template("report.html.jinja").render(doc=report) + "\n"
