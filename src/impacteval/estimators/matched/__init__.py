"""Comparisons with similar people: matching, weighting, and both outcome and chance modelled."""
