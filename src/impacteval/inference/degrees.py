"""Degrees of freedom: how far a variance estimate itself can be trusted.

References
----------
Satterthwaite (1946), An approximate distribution of estimates of variance components.
*Biometrics Bulletin* 2(6). doi:10.2307/3002019
Welch (1947), The generalization of Student's problem when several different population
variances are involved. *Biometrika* 34. doi:10.1093/biomet/34.1-2.28
Bell and McCaffrey (2002), Bias reduction in standard errors for linear regression with
multi-stage samples. *Survey Methodology* 28(2).
"""

from __future__ import annotations

import numpy as np

from impacteval.inference._arrays import Floats


def welch_satterthwaite(variances: Floats, degrees: Floats) -> Floats:
    """Degrees of freedom of a sum of independent variance estimates.

    Parameters
    ----------
    variances : array, shape (..., m)
        Variance contributed by each part, none negative, not all zero.
    degrees : array, shape (..., m) or broadcastable
        Degrees of freedom of each.

    Returns
    -------
    array, shape (...)
        ``(sum v)^2 / sum(v^2 / df)``.

    Examples
    --------
    Two arms of equal variance and size have the pooled degrees of freedom:

    >>> float(welch_satterthwaite(np.array([2.0, 2.0]), np.array([9.0, 9.0])))
    18.0
    """
    total = variances.sum(axis=-1)
    found: Floats = np.asarray(total**2 / (variances**2 / degrees).sum(axis=-1))
    return found


def quadratic_form_degrees(
    diagonal: Floats, shared: Floats, copies: Floats | float = 1.0
) -> Floats:
    r"""Satterthwaite degrees of freedom of :math:`\sum_g (p_g' y)^2` under a working model.

    The covariance matrix of the terms is :math:`P = diag(a) - U U'`. Only its trace and the
    trace of its square are needed, so it is never formed.

    Parameters
    ----------
    diagonal : array, shape (..., g)
        ``a``, one value a unit or cluster.
    shared : array, shape (..., g, p)
        ``U``, what the fit of p coefficients shares between them.
    copies : array, shape (g,), optional
        How many identical terms each row stands for.

    Returns
    -------
    array, shape (...)
        ``trace(P)^2 / trace(P P)``.

    Examples
    --------
    A mean of five: the variance estimate has four degrees of freedom.

    >>> a, u = np.full(5, 1.0), np.full((5, 1), np.sqrt(1 / 5))
    >>> round(float(quadratic_form_degrees(a, u)), 12)
    4.0
    """
    own = (shared**2).sum(axis=-1)
    each = shared * np.sqrt(np.asarray(copies, dtype=np.float64))[..., None]
    cross = np.swapaxes(each, -1, -2) @ each
    first = (copies * (diagonal - own)).sum(axis=-1)
    second = (copies * (diagonal**2 - 2.0 * diagonal * own)).sum(axis=-1)
    second = second + (cross**2).sum(axis=(-1, -2))
    found: Floats = np.asarray(first**2 / second)
    return found
