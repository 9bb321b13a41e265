"""Estimators that compare changes over time: difference-in-differences and its family."""
