"""Whether a logit or Poisson model has a finite fit, decided exactly by linear programming.

References
----------
Albert and Anderson (1984), On the existence of maximum likelihood estimates in logistic regression
models. *Biometrika* 71(1). doi:10.1093/biomet/71.1.1
Konis (2007), *Linear programming algorithms for detecting separated data in binary logistic
regression models*. University of Oxford.
Correia, Guimaraes and Zylkin (2019), Verifying the existence of maximum likelihood estimates for
generalized linear models. arXiv:1903.01633
"""

from __future__ import annotations

import numpy as np

from impacteval.inference._arrays import Floats
from impacteval.inference.glm import Family

# What the linear programme must gain for the data to count as separated; columns are of size one.
GAIN = 1e-7


def separated(x: Floats, y: Floats, family: Family) -> bool:
    """Whether some combination of the columns foretells outcomes at the edge without error.

    Then the likelihood has no maximum: coefficients run to infinity, and what a programme prints
    depends on where it stopped.

    Parameters
    ----------
    x : array, shape (n, p)
        Columns of comparable size.
    y : array, shape (n,)
        Outcome.
    family : {"gaussian", "binomial", "poisson"}
        Gaussian models are never separated.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), np.arange(4.0)])
    >>> separated(x, np.array([0.0, 0.0, 1.0, 1.0]), "binomial")
    True
    >>> separated(x, np.array([0.0, 1.0, 0.0, 1.0]), "binomial")
    False
    >>> separated(x, np.array([0.0, 0.0, 1.0, 3.0]), "poisson")
    False
    >>> separated(np.column_stack([np.ones(4), [0.0, 1, 0, 0]]), np.array([2.0, 0, 1, 3]), "poisson")
    True
    """
    if family == "gaussian":
        return False
    from scipy.optimize import linprog

    # A direction that lowers every outcome at zero and raises every one at one, and moves none
    # that lies between. It separates when it moves any at all.
    low = y == 0.0
    high = (y == 1.0) if family == "binomial" else np.zeros_like(low)
    between = ~(low | high)
    signed = np.concatenate([-x[low], x[high]])
    if not len(signed):
        return False
    fixed = x[between]
    found = linprog(
        -signed.sum(axis=0),
        A_ub=-signed,
        b_ub=np.zeros(len(signed)),
        A_eq=fixed if len(fixed) else None,
        b_eq=np.zeros(len(fixed)) if len(fixed) else None,
        bounds=(-1.0, 1.0),
        method="highs",
    )
    # Zero is always allowed, so an answer exists; the gain is what was moved.
    gain = 0.0 if found.fun is None else -float(found.fun)
    return found.status != 0 or gain > GAIN * max(1.0, float(np.abs(signed).max()))
