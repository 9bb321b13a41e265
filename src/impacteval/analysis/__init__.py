"""One plan entry: sample, preparation, estimate, diagnostics, evidence."""

from impacteval.analysis.run import analyse, sample_of

__all__ = ["analyse", "sample_of"]
