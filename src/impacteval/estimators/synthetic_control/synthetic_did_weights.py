"""Weights of places and of periods for many roll-outs at once: the two fits of `synthetic-did`.

References
----------
Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic difference-in-differences.
*American Economic Review* 111(12). doi:10.1257/aer.20190159
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference.ridge_mixes import Mixes, ridge_mixes
from impacteval.inference.simplex import simplex_fit

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Penalty on the weights of periods, as a share of the noise: just enough to make them unique.
ETA_TIME = 1e-6
# Relative gap above which a solution is looked for again by itself.
PROVED = 1e-9
# Penalties are no smaller than this share of the largest squared entry.
LEAST = 1e-20


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """Both weights of those roll-outs in which anyone begins at a date.

    Attributes
    ----------
    units, periods : Mixes
        A row for each roll-out with a served place.
    noise : array, shape (K,)
        As in `noise_of`, of all roll-outs.
    """

    units: Mixes
    periods: Mixes
    noise: Floats


def best_weights(
    before: Floats, times: Floats, *, path: Floats, after: Floats, size: Floats
) -> Best:
    """Weights of the donors that move as the served did, and of the periods like those after.

    Parameters
    ----------
    before : array, shape (K, J, T0), or (1, J, T0) where all roll-outs share them
        Donors' outcomes before the date.
    times : array, shape (K, J)
        How often each donor counts; zero where it may have no weight.
    path : array, shape (K, T0)
        Mean outcome of the served before the date.
    after : array, shape (K, J)
        Donors' mean over the served periods.
    size : array, shape (K,)
        Served unit-periods, by which the penalty on the weights of places grows; zero where
        nobody begins at the date, and there are no weights then.
    """
    start, here = before.shape[2], size > 0.0
    noise = noise_of(before, times)
    level = before.mean(axis=2, keepdims=True)
    # A donor that counts twice is two donors, who share a weight at half the penalty.
    split = np.divide(1.0, times, out=np.full_like(times, np.inf), where=times > 0.0)
    units = _solved(
        (before - level).transpose(0, 2, 1),
        path - path.mean(axis=1, keepdims=True),
        _product(np.sqrt(size) * noise**2 * start, split),
        here,
    )
    count = times.sum(axis=1)
    shared = len(before) == 1
    total = times @ before[0] if shared else (times[:, None, :] @ before)[:, 0]
    mean_before = total / count[:, None]
    mean_after = (times * after).sum(axis=1) / count
    root = np.sqrt(times)
    periods = _solved(
        (before - mean_before[:, None, :]) * root[:, :, None],
        (after - mean_after[:, None]) * root,
        np.broadcast_to(((ETA_TIME * noise) ** 2 * count)[:, None], (len(times), start)),
        here,
    )
    return Best(units, periods, noise)


def ratio(top: Floats, bottom: Floats) -> Floats:
    """Quotients, and NaN where there is nothing to divide by."""
    found: Floats = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0.0)
    return found


def noise_of(before: Floats, times: Floats) -> Floats:
    """Standard deviation of the changes from one period to the next.

    Parameters
    ----------
    before : array, shape (K or 1, J, T0)
        Donors' outcomes before a date.
    times : array, shape (K, J)
        How often each donor counts.

    Returns
    -------
    array, shape (K,)
        Over all changes about their common mean, divided by their number less one; zero where
        there is one change only.
    """
    change = np.diff(before, axis=2)
    count = times.sum(axis=1) * change.shape[2]
    first = (times * change.sum(axis=2)).sum(axis=1)
    mean = first / count
    away = change - mean[:, None, None] if len(change) > 1 else change
    if len(change) > 1:
        squares = (times * (away**2).sum(axis=2)).sum(axis=1)
    else:
        # One set of outcomes for all: centred once, for accuracy, then about each mean.
        shift = float(change.mean())
        away = change - shift
        second = (times * (away**2).sum(axis=2)).sum(axis=1)
        squares = np.maximum(second - count * (mean - shift) ** 2, 0.0)
    found: Floats = np.sqrt(ratio(squares, count - 1.0))
    return np.where(count > 1.0, found, 0.0)


def _product(penalty: Floats, split: Floats) -> Floats:
    """Penalties of each donor, shape (K, J); infinite where it may have no weight."""
    held = np.isfinite(split)
    found: Floats = np.where(held, penalty[:, None] * np.where(held, split, 0.0), np.inf)
    return found


def _solved(columns: Floats, target: Floats, penalty: Floats, here: Bools) -> Mixes:
    """The best weights of the roll-outs in which anyone begins at the date."""
    columns = columns if len(columns) == 1 else columns[here]
    target, penalty = target[here], penalty[here]
    # Donors that never differ have no noise, and any weights of theirs are as good.
    largest = max(float(np.abs(columns).max()), float(np.abs(target).max())) or 1.0
    least = LEAST * largest**2
    mixes = ridge_mixes(columns, target, np.maximum(penalty, least))
    for k in np.flatnonzero((mixes.relative_gap > PROVED) | ~mixes.sure).tolist():
        _by_rows(mixes, k, columns[k if len(columns) > 1 else 0], target[k], penalty[k])
    return mixes


def _by_rows(mixes: Mixes, k: int, columns: Floats, target: Floats, penalty: Floats) -> None:
    """Solve one problem by itself, with penalties as further rows: slower, and to more digits."""
    held = np.flatnonzero(np.isfinite(penalty))
    own, least = penalty[held], float(penalty[held].min())
    if (own == least).all():
        found = simplex_fit(columns[:, held], target, ridge=least)
    else:
        rows = np.vstack([columns[:, held], np.diag(np.sqrt(own))])
        found = simplex_fit(rows, np.append(target, np.zeros(len(held))))
    mixes.weights[k] = 0.0
    mixes.weights[k, held] = found.weights
    mixes.gap[k], mixes.scale[k] = found.gap, found.scale
