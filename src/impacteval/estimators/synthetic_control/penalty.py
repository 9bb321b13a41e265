"""How much donors should pay for being far from the place they are mixed for.

References
----------
Abadie and L'Hour (2021), A penalized synthetic control estimator for disaggregated data. *Journal of
the American Statistical Association* 116(536). doi:10.1080/01621459.2021.1971535
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.fits import everyone_else, own_distances
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.inference.simplex import simplex_fits

Floats = NDArray[np.float64]

# Penalties that are tried: none, and up to where the nearest donor alone is left.
GRID = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def misses_left_out(panel: Panel, *, intercept: bool) -> Floats:
    """Mean square error of foretelling each period from before that is left out, shape (len(GRID),).

    Every place, served or not, is mixed from all others on the periods before anyone was served, and
    each of these periods is left out in turn: so the choice treats all places alike, as placebo tests
    need, and does not look at outcomes after the service.

    Parameters
    ----------
    panel : Panel
    intercept : bool
        As in `OutcomeFitter`.
    """
    before = int(panel.start[panel.served].min())
    columns = np.ascontiguousarray(panel.y[:, :before].T)
    units = np.arange(columns.shape[1])
    allowed = everyone_else(panel, units)
    total = np.zeros(len(GRID))
    for t in range(before):
        rows = np.delete(columns, t, axis=0)
        distance = own_distances(rows, units, intercept=intercept)
        for k, penalty in enumerate(GRID):
            found = simplex_fits(
                rows,
                units,
                allowed,
                intercept=intercept,
                linear=penalty * distance if penalty else None,
            )
            told = found.weights @ columns[t] + found.intercept
            total[k] += float(((columns[t] - told) ** 2).sum())
    return total / (before * len(units))


def chosen_penalty(panel: Panel, *, intercept: bool) -> tuple[float, dict[str, Floats]]:
    """The penalty of `GRID` with the smallest error, the smaller one of two that tie, and a table."""
    errors = misses_left_out(panel, intercept=intercept)
    best = int(np.flatnonzero(errors <= errors.min() * (1.0 + 1e-12))[0])
    return GRID[best], {"penalty": np.array(GRID), "mean_square_error": errors}
