r"""Many problems with a ridge at once: Newton steps in the miss, which has no corners to walk along.

With a ridge :math:`\eta` the weights are a function of the miss :math:`r`: the point of the simplex
nearest to :math:`-A'r/\eta`. The dual objective :math:`\eta|w|^2 + 2r'Aw - |r|^2` is concave in
:math:`r` and made of quadratics, and a Newton step from :math:`r` solves the equations of the donors
that have weight there. It ends exactly, when a full step leaves the same donors with weight; the
number of steps hardly depends on that of the donors.

References
----------
Qi and Sun (1993), A nonsmooth version of Newton's method. *Mathematical Programming* 58.
doi:10.1007/BF01581275
Held, Wolfe and Crowder (1974), Validation of subgradient optimization. *Mathematical Programming* 6:
the nearest point of the simplex. doi:10.1007/BF01580223
"""

from __future__ import annotations

import numpy as np

from impacteval.inference._arrays import Bools, Floats

# A ridge of at most this share of the donors' squares is left to non-negative least squares.
FIRM = 5e-3
# Steps before a problem is left to the active-set method.
STEPS = 30
HALVINGS = 12


def is_firm(ridge: float, squared: float) -> bool:
    """Whether a ridge is large enough beside the mean square of the donors for Newton steps."""
    return ridge > FIRM * squared


def ridge_weights(own: Floats, allowed: Bools, ridge: Floats) -> tuple[Floats, Bools]:
    """Weights of problems with a ridge, and which of them settled.

    Parameters
    ----------
    own : array, shape (K, T, J)
        Donors less the target.
    allowed : array of bool, shape (K, J)
    ridge : array, shape (K,)
        Positive.

    Returns
    -------
    array, shape (K, J)
        Not negative, with sum one.
    array of bool, shape (K,)
        Whether the donors with weight are those of the optimum.
    """
    weights = allowed / allowed.sum(axis=1, keepdims=True)
    settled = np.zeros(len(own), dtype=bool)
    tall = own.shape[1] >= own.shape[2]
    gram = own.transpose(0, 2, 1) @ own if tall else None
    miss = _times(own, weights)
    value = _nearest(own, allowed, ridge, miss)[1]
    held = allowed
    at = np.arange(len(own))
    for _ in range(STEPS):
        if gram is not None:
            goal = _face_by_donors(gram, held, ridge)
        else:
            goal = _face_by_rows(own, held, ridge)
        aim = _times(own, goal)
        step = np.ones(at.size)
        found, reached = _nearest(own, allowed, ridge, aim)
        for _half in range(HALVINGS):
            worse = np.flatnonzero(reached < value - 1e-14 * np.abs(value))
            if not worse.size:
                break
            step[worse] /= 2.0
            back = miss[worse] + step[worse, None] * (aim[worse] - miss[worse])
            found[worse], reached[worse] = _nearest(own[worse], allowed[worse], ridge[worse], back)
        now = found > 0.0
        done = (step == 1.0) & (now == held).all(axis=1) & (goal >= 0.0).all(axis=1)
        weights[at] = np.where(done[:, None], goal, found)
        settled[at[done]] = True
        if done.all():
            break
        miss = miss + step[:, None] * (aim - miss)
        left = ~done
        at, miss, held, value = at[left], miss[left], now[left], reached[left]
        if not left.all():
            own, allowed, ridge = own[left], allowed[left], ridge[left]
            gram = None if gram is None else gram[left]
    return weights, settled


def _times(own: Floats, weights: Floats) -> Floats:
    """Misses of weights, shape (K, T)."""
    found: Floats = (own @ weights[:, :, None])[:, :, 0]
    return found


def _face_by_donors(gram: Floats, held: Bools, ridge: Floats) -> Floats:
    """Best weights of sum one, of either sign, on the donors held: equations among donors."""
    both = held[:, :, None] & held[:, None, :]
    system = np.where(both, gram, 0.0)
    every = np.arange(gram.shape[1])
    system[:, every, every] += np.where(held, ridge[:, None], 1.0)
    found = np.linalg.solve(system, held[:, :, None].astype(np.float64))[:, :, 0]
    weights: Floats = found / found.sum(axis=1, keepdims=True)
    return weights


def _face_by_rows(own: Floats, held: Bools, ridge: Floats) -> Floats:
    """The same by equations among rows, of which there are fewer."""
    inside = own * held[:, None, :]
    system = inside @ inside.transpose(0, 2, 1)
    every = np.arange(own.shape[1])
    system[:, every, every] += ridge[:, None]
    found = np.linalg.solve(system, inside.sum(axis=2)[:, :, None])
    raw = held - (inside.transpose(0, 2, 1) @ found)[:, :, 0]
    weights: Floats = raw / raw.sum(axis=1, keepdims=True)
    return weights


def _nearest(own: Floats, allowed: Bools, ridge: Floats, miss: Floats) -> tuple[Floats, Floats]:
    """The weights that belong to a miss, and the dual objective there."""
    pull = (miss[:, None, :] @ own)[:, 0]
    free = np.where(allowed, -pull / ridge[:, None], -np.inf)
    falling = -np.sort(-free, axis=1)
    sums = np.cumsum(np.where(np.isfinite(falling), falling, 0.0), axis=1)
    count = np.arange(1, free.shape[1] + 1)
    last = (falling * count > sums - 1.0).sum(axis=1) - 1
    level = (np.take_along_axis(sums, last[:, None], axis=1)[:, 0] - 1.0) / (last + 1.0)
    weights = np.maximum(free - level[:, None], 0.0)
    value = (
        ridge * (weights**2).sum(axis=1)
        + 2.0 * (pull * weights).sum(axis=1)
        - (miss**2).sum(axis=1)
    )
    return weights, value
