"""Reports for people in English and French, and exports for registers, from the record."""

from impacteval.render.explain import explain
from impacteval.render.write import write

__all__ = ["explain", "write"]
