"""The report as one HTML file that needs nothing else: no network, no script, no font to load."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from impacteval.render.blocks import Document
from impacteval.render.drawing import with_family

if TYPE_CHECKING:
    from jinja2 import Environment

FAMILY = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("impacteval.render", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = lambda drawing: with_family(drawing, FAMILY)
    return environment


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
    return _environment().get_template("report.html.jinja").render(doc=report) + "\n"
