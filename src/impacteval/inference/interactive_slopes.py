"""Slopes of covariates beside unit effects, period effects and common factors.

The sum of squares left by the factors is a function of the slopes alone (Bai 2009, with the factors
concentrated out). It is made small by Gauss and Newton's steps on covariates from which the
factors and the loadings are taken out, each step shortened until it helps; at a solution no
slope has any pull left, and that is what is returned beside it.

References
----------
Bai (2009), Panel data models with interactive fixed effects. *Econometrica* 77(4).
doi:10.3982/ECTA6135
Moon and Weidner (2015), Linear regression for panel with unknown number of factors as interactive
fixed effects. *Econometrica* 83(4). doi:10.3982/ECTA9382
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Pull of a covariate on what is left, as a share of both lengths, that counts as none.
SETTLED = 1e-10
# Steps before the search is given up.
STEPS = 500


def both_ways(values: Floats) -> Floats:
    """Without the means of units (axis 1) and periods (axis 2)."""
    found = values - values.mean(axis=1, keepdims=True)
    found = found - found.mean(axis=2, keepdims=True)
    return np.asarray(found)


def slopes(y: Floats, x: Floats, rank: int) -> tuple[Floats, float]:
    """Least-squares slopes with `rank` factors beside unit and period effects.

    Parameters
    ----------
    y : array, shape (B, J, T)
    x : array, shape (B, J, T, k)
        Covariates that vary within units and periods, and are not collinear.
    rank : int

    Returns
    -------
    slopes : array, shape (B, k)
    slack : float
        Largest pull that any covariate has left, as a share of both lengths.

    Raises
    ------
    RuntimeError
        When they do not settle.
    ValueError
        When covariates are collinear beside the effects and factors.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(1, 6, 8, 1))
    >>> y = np.outer(rng.normal(size=6), rng.normal(size=8)) + 2.0 * x[0, ..., 0]
    >>> found, slack = slopes(y[None], x, 1)
    >>> round(float(found[0, 0]), 6), slack < 1e-9
    (2.0, True)
    """
    y, x = both_ways(y), both_ways(x)
    size = np.sqrt((x**2).sum(axis=(1, 2)))  # (B, k): slopes of columns of length one
    if not (size > 0.0).all():
        raise ValueError("A covariate does not vary beside the effects.")
    x = x / size[:, None, None]
    found = _step(x, y)
    total = np.sqrt((y**2).sum(axis=(1, 2)))
    if not rank:
        return found / size, _slack(x, y - _times(x, found), total)
    left, loss, clean = _without(y - _times(x, found), x, rank)
    for _ in range(STEPS):
        slack = _slack(x, left, total)
        if slack <= SETTLED:
            return found / size, slack
        step = _step(clean, left)
        reach = np.ones(len(y))
        for _ in range(40):
            tried = found + reach[:, None] * step
            new_left, new_loss, new_clean = _without(y - _times(x, tried), x, rank)
            worse = new_loss > loss * (1.0 + 1e-14)
            if not worse.any():
                break
            reach = np.where(worse, reach / 2.0, reach)
        found, left, loss, clean = tried, new_left, new_loss, new_clean
    raise RuntimeError("The slopes of the covariates did not settle.")


def _times(x: Floats, slope: Floats) -> Floats:
    found: Floats = np.einsum("bjtk,bk->bjt", x, slope)
    return found


def _step(x: Floats, y: Floats) -> Floats:
    """Least squares of y on x, panel by panel, shape (B, k)."""
    gram = np.einsum("bjtk,bjtl->bkl", x, x, optimize=True)
    if not (np.linalg.eigvalsh(gram)[:, 0] > 1e-10 * gram.trace(axis1=1, axis2=2)).all():
        raise ValueError("Covariates are collinear beside the effects and factors.")
    right = np.einsum("bjtk,bjt->bk", x, y, optimize=True)
    found: Floats = np.linalg.solve(gram, right[..., None])[..., 0]
    return found


def _without(left: Floats, x: Floats, rank: int) -> tuple[Floats, Floats, Floats]:
    """What the factors leave of `left`, its sum of squares, and `x` without loadings and factors."""
    u, s, v = np.linalg.svd(left, full_matrices=False)
    u, v = u[:, :, :rank], v[:, :rank]
    rest = left - (u * s[:, None, :rank]) @ v
    columns = np.moveaxis(x, 3, 1)
    u, v = u[:, None], v[:, None]
    columns = columns - u @ (np.swapaxes(u, 2, 3) @ columns)
    columns = columns - (columns @ np.swapaxes(v, 2, 3)) @ v
    return rest, (s[:, rank:] ** 2).sum(axis=1), np.moveaxis(columns, 1, 3)


def _slack(x: Floats, left: Floats, total: Floats) -> float:
    pull = np.abs(np.einsum("bjtk,bjt->bk", x, left)).max(axis=1)
    return float(np.divide(pull, total, out=np.zeros_like(pull), where=total > 0.0).max())
