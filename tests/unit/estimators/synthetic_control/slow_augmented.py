"""A second implementation of augmented synthetic control: slow, obvious, by the textbook.

Everything is done again from scratch with explicit inverses and loops; only the mix itself comes
from the solver that has tests of its own.
"""

from __future__ import annotations

import numpy as np

from impacteval.inference.simplex import simplex_fit


def ridge(pool, target, weights, penalty):
    """The correction, with donors in columns."""
    inverse = np.linalg.inv(pool @ pool.T + penalty * np.eye(len(target)))
    return pool.T @ inverse @ (target - pool @ weights)


def balanced(before, x, use, fixed_effects):
    """Rows that are balanced, and the covariates that are added back."""
    if fixed_effects:
        before = before - before.mean(axis=0)
    before = before - before[:, 1:].mean(axis=1)[:, None]
    pool, target = before[:, 1:], before[:, 0]
    if not len(x):
        return pool, target, None, None
    z = x - x[:, 1:].mean(axis=1)[:, None]
    z0, z1 = z[:, 1:], z[:, 0]
    if use == "stacked":
        for k in range(len(x)):
            times = before[:, 1:].std(ddof=1) / z0[k].std(ddof=1)
            pool = np.vstack([pool, times * z0[k]])
            target = np.append(target, times * z1[k])
        return pool, target, None, None
    slopes = np.linalg.lstsq(z0.T, pool.T, rcond=None)[0]
    return pool - slopes.T @ z0, target - slopes.T @ z1, z0, z1


def stretches(periods, folds):
    """Rows held out together."""
    if folds is None:
        return [[t] for t in range(periods)]
    size, more = divmod(periods, folds)
    found, first = [], 0
    for f in range(folds):
        last = first + size + (f < more)
        found.append(list(range(first, last)))
        first = last
    return found


def tried(pool):
    """Twenty-one penalties between the largest squared singular value and a hundred-millionth."""
    largest = np.linalg.svd(pool)[1][0] ** 2
    return [largest * 10.0 ** (-8.0 * step / 20.0) for step in range(21)]


def errors(pool, target, periods, folds):
    """Squared error of each stretch for each penalty."""
    found = []
    for out in stretches(periods, folds):
        kept = [row for row in range(len(target)) if row not in out]
        mix = simplex_fit(pool[kept], target[kept]).weights
        found.append(
            [
                sum(
                    (target[row] - pool[row] @ (mix + ridge(pool[kept], target[kept], mix, p))) ** 2
                    for row in out
                )
                for p in tried(pool)
            ]
        )
    return np.array(found)


def penalty_of(pool, target, periods, folds, rule):
    """The penalty that is taken."""
    found = errors(pool, target, periods, folds)
    mean = found.mean(axis=0)
    best = min(range(len(mean)), key=lambda k: mean[k])
    if rule == "minimum":
        return tried(pool)[best]
    reach = mean[best] + found[:, best].std(ddof=1) / np.sqrt(len(found))
    return max(p for p, m in zip(tried(pool), mean, strict=True) if m <= reach)


def weights(before, x=(), *, use="stacked", fixed_effects=False, penalty=None, folds=None,
            rule="one-standard-error"):  # fmt: skip
    """Weights of the donors and the penalty."""
    x = np.zeros((0, before.shape[1])) if not len(x) else np.asarray(x)
    pool, target, z0, z1 = balanced(before, x, use, fixed_effects)
    if penalty is None:
        penalty = penalty_of(pool, target, len(before), folds, rule)
    mix = simplex_fit(pool, target).weights
    found = mix + ridge(pool, target, mix, penalty)
    if z0 is not None:
        found = found + (z1 - z0 @ found) @ np.linalg.inv(z0 @ z0.T) @ z0
    return found, penalty


def gap(y, place, donors, start, **how):
    """Observed minus counterfactual in every period."""
    both = [place, *donors]
    before = y[both][:, :start].T
    found, _ = weights(before, **how)
    moved = y - y[:, :start].mean(axis=1)[:, None] if how.get("fixed_effects") else y
    return moved[place] - found @ moved[list(donors)]
