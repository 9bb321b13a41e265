"""Estimators for randomised trials."""
