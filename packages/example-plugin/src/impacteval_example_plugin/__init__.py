"""Trimmed means: an estimator for impacteval, written as anyone else would write one."""

from impacteval_example_plugin.estimator import TrimmedMeans

__all__ = ["TrimmedMeans"]
