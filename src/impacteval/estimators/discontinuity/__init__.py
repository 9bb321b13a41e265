"""Comparison at a line: people just on one side of a cutoff with people just on the other."""
