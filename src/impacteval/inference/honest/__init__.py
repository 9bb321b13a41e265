"""Sensitivity to violations of parallel trends."""
