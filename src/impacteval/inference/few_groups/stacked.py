r"""Difference-in-differences as one regression on stacked changes, for the wild cluster bootstrap.

Groups that were served from one date on, with like weights on its periods, are set against the
never-served groups over those same periods. These comparisons are stacked, one block a date; the
effect is the mean over blocks of what being served adds. No group that is served already is ever
compared with. A never-served group stands in every block, and its errors are re-signed together in
all of them, so that they may be correlated over time and over dates in any way.

References
----------
MacKinnon and Webb (2018), The wild bootstrap for few (treated) clusters. *Econometrics Journal*
21(2). doi:10.1111/ectj.12107
"""

from __future__ import annotations

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.few_groups.placebos import Loads
from impacteval.inference.regression import cluster_regression, regress
from impacteval.inference.wild import NullFamily


def stacked_nulls(y: Floats, loads: Loads, shares: Floats, real: Ints) -> NullFamily:
    """The nulls of the effect, as the wild cluster bootstrap tests them.

    Parameters
    ----------
    y : array, shape (g, t)
        Outcomes.
    loads : Loads
        Places of the groups that were served, as in `placebo_lines`.
    shares : array, shape (g,)
        Weight of each group in means.
    real : array of int, shape (s,)
        The group served in each place.

    Returns
    -------
    NullFamily
        Its estimate is that of `placebo_lines` for the groups really served.

    Examples
    --------
    >>> y = np.array([[1.0, 5.0], [3.0, 5.0], [2.0, 3.0], [0.0, 2.0]])
    >>> two = Loads(np.array([[-1.0, 1.0]]), np.zeros((2, 4), dtype=np.int64), np.ones((2, 4)))
    >>> stacked_nulls(y, two, np.ones(4), np.array([0, 1])).estimate
    1.5
    """
    (row,), (size,) = loads.of(real[None])
    never = np.setdiff1d(np.arange(len(y)), real)
    # A place that counts for nothing, such as one not served yet, is no part of the regression.
    row, size, real = row[size > 0.0], size[size > 0.0], real[size > 0.0]
    places = real.size
    distinct, block = np.unique(row, return_inverse=True)
    k = distinct.size
    # Served first, then the never-served of every block.
    group = np.concatenate([real, np.tile(never, k)])
    date = np.concatenate([block, np.repeat(np.arange(k), never.size)])
    served = np.concatenate([np.ones(places), np.zeros(k * never.size)])
    change = (loads.loads[distinct] @ y.T)[date, group]
    # Inside a block the served count by their size, in all as much as by their shares.
    held = np.bincount(block, weights=shares[real], minlength=k)
    sums = np.bincount(block, weights=size, minlength=k)
    weight = np.concatenate([size * (held / sums)[block], np.tile(shares[never], k)])
    x = np.zeros((change.size, 2 * k))
    x[np.arange(change.size), date] = 1.0
    x[:, k:] = x[:, :k] * served[:, None]
    fit = cluster_regression(regress(x, change, weight=weight), group, "hc0")
    contrast = np.concatenate([np.zeros(k), sums / sums.sum()])
    (load,) = fit.fit.loads(contrast[None])
    # A group that is in no block has no errors to re-sign, and keeps its place all the same.
    absent = len(y) - fit.n_clusters
    return NullFamily(
        scores=np.pad(fit.scores, ((0, absent), (0, 0))),
        gram=np.pad(fit.gram, ((0, absent), (0, 0), (0, 0))),
        origin=load,
        slope=np.zeros_like(load),
        distance=float(contrast @ fit.fit.coefficients),
        fall=-1.0,
    )
