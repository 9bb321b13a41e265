"""One plan entry: sample, preparation, estimate, diagnostics, evidence."""

from impacteval.analysis.run import analyse
from impacteval.analysis.task import Task

__all__ = ["Task", "analyse"]
