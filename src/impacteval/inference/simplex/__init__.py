"""Least squares with weights that are not negative and sum to one, solved exactly and proved.

`simplex_fit` is one problem, `simplex_fits` many that share their columns, `simplex_stack` many of
one shape with columns of their own.
"""

from impacteval.inference.simplex.fit import SimplexFit, simplex_fit
from impacteval.inference.simplex.fits import SimplexFits, simplex_fits, simplex_stack

__all__ = ["SimplexFit", "SimplexFits", "simplex_fit", "simplex_fits", "simplex_stack"]
