"""Reports for people: HTML, PDF, Markdown and JSON, in English and French, from the record alone."""

from impacteval.render.explain import explain
from impacteval.render.write import write

__all__ = ["explain", "write"]
