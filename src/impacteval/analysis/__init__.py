"""One plan entry: sample, preparation, estimate, diagnostics, evidence."""

from impacteval.analysis.run import Task, analyse

__all__ = ["Task", "analyse"]
