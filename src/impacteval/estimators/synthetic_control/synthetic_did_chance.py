"""How far chance moves synthetic difference-in-differences: placebos, places left out, resamples.

Each is a set of roll-outs in the stead of the real one, and a rule that makes standard errors of
what they gave. The rules are those of the paper's algorithms 2 to 4 and of its R package, which
divide by the number of draws; unlike the package, which keeps the penalty of the real fit, placebos
and resamples go through the whole estimator, noise and penalty included, as the algorithms say.

References
----------
Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic difference-in-differences.
*American Economic Review* 111(12). doi:10.1257/aer.20190159
Clarke, Pailanir, Athey and Imbens (2023), Synthetic difference in differences estimation.
arXiv:2301.11859
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.synthetic_did_fit import (
    Draws,
    Effects,
    Rollout,
    Weights,
    fit,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Donors up to which each is put in the stead of one served place.
EVERY = 1_000

Variance = Literal["placebo", "jackknife", "bootstrap"]


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Roll-outs in the stead of the real one.

    Attributes
    ----------
    variance : str
        How they were made.
    draws : Draws
    every : bool
        Whether they are all there are (placebos), or some drawn.
    """

    variance: Variance
    draws: Draws
    every: bool

    def errors(self, values: Floats) -> Floats:
        """Standard errors of what each roll-out gave.

        Parameters
        ----------
        values : array, shape (K, ...)
            NaN where a roll-out says nothing.

        Returns
        -------
        array, shape (...)
            NaN where fewer than two say anything.
        """
        held = ~np.isnan(values)
        count = held.sum(axis=0)
        mean = np.where(held, values, 0.0).sum(axis=0) / np.maximum(count, 1)
        squares = np.where(held, (values - mean) ** 2, 0.0).sum(axis=0)
        if self.variance == "jackknife":
            found = np.sqrt(squares * (count - 1) / np.maximum(count, 1))
        else:
            found = np.sqrt(squares / np.maximum(count, 1))
        return np.where(count > 1, found, np.nan)

    def influence(self, values: Floats) -> Floats:
        """Influence of each place left out, shape (U,): its squares sum to the variance."""
        n = len(values)
        found: Floats = math.sqrt((n - 1) / n) * (values.mean() - values)
        return found


def stand_ins(
    rollout: Rollout,
    weights: Weights,
    variance: Variance,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Resampled, Effects]:
    """The roll-outs in the stead of the real one, and what each gave.

    Parameters
    ----------
    rollout : Rollout
    weights : Weights
        Of the real roll-out; the jackknife keeps them.
    variance : {"placebo", "jackknife", "bootstrap"}
    draws : int
        As for `placebos` and `resamples`.
    rng : numpy.random.Generator
    """
    match variance:
        case "jackknife":
            found = left_out(rollout)
            return found, fit(rollout, found.draws, weights)[1]
        case "bootstrap":
            found = resamples(rollout, draws, rng)
        case _:
            found = placebos(rollout, draws, rng)
    return found, fit(rollout, found.draws)[1]


def placebos(rollout: Rollout, draws: int, rng: np.random.Generator) -> Resampled:
    """Donors in the stead of the served, each place with its date and weight.

    All distinct placements where there are no more than `draws`, or one place is served among no
    more than `EVERY` donors; else so many drawn at random.
    """
    n_served, n_donors = len(rollout.served), len(rollout.donors)
    kinds = _kinds(rollout)
    placements = _count(n_donors, kinds)
    every = placements <= (max(draws, EVERY) if n_served == 1 else draws)
    if every:
        chosen = np.array(list(_placements(np.arange(n_donors), kinds, n_served)))
    else:
        order = np.tile(np.arange(n_donors), (draws, 1))
        chosen = rng.permuted(order, axis=1)[:, :n_served]
    left = np.ones((len(chosen), n_donors))
    left[np.arange(len(chosen))[:, None], chosen] = 0.0
    who = rollout.donors[chosen]
    return Resampled("placebo", Draws(who, np.ones(who.shape), left), every)


def left_out(rollout: Rollout) -> Resampled:
    """Every place left out in turn, in the order of the rows."""
    n, n_units = len(rollout.served), len(rollout.y)
    times = np.ones((n_units, n))
    times[rollout.served, np.arange(n)] = 0.0
    donors = np.ones((n_units, len(rollout.donors)))
    donors[rollout.donors, np.arange(len(rollout.donors))] = 0.0
    who = np.tile(rollout.served, (n_units, 1))
    return Resampled("jackknife", Draws(who, times, donors), every=True)


def resamples(rollout: Rollout, draws: int, rng: np.random.Generator) -> Resampled:
    """Places drawn with replacement, served and others together, as many as there are.

    Those without a served place or without a donor are drawn anew.
    """
    n_units = len(rollout.y)
    found = np.zeros((0, n_units), dtype=np.int64)
    while len(found) < draws:
        drawn = rng.integers(n_units, size=(draws, n_units))
        times = np.zeros((draws, n_units), dtype=np.int64)
        np.add.at(times, (np.arange(draws)[:, None], drawn), 1)
        good = times[:, rollout.served].any(axis=1) & times[:, rollout.donors].any(axis=1)
        found = np.concatenate([found, times[good]])
    counts: Floats = found[:draws].astype(np.float64)
    who = np.tile(rollout.served, (draws, 1))
    return Resampled(
        "bootstrap", Draws(who, counts[:, rollout.served], counts[:, rollout.donors]), every=False
    )


def _kinds(rollout: Rollout) -> list[Ints]:
    """Served places that any placement may exchange: those of one date and weight."""
    own = np.column_stack([rollout.start, rollout.weight])
    _, kind = np.unique(own, axis=0, return_inverse=True)
    return [np.flatnonzero(kind.ravel() == k) for k in range(int(kind.max()) + 1)]


def _count(donors: int, kinds: list[Ints]) -> int:
    """How many distinct placements there are."""
    found = 1
    for kind in kinds:
        found *= math.comb(donors, len(kind))
        donors -= len(kind)
    return found


def _placements(free: Ints, kinds: list[Ints], n: int) -> Iterator[Ints]:
    """Every distinct placement, shape (n,)."""
    if not kinds:
        yield np.zeros(n, dtype=np.int64)
        return
    first, *rest = kinds
    for some in combinations(free.tolist(), len(first)):
        held = np.array(some, dtype=np.int64)
        for found in _placements(np.setdiff1d(free, held), rest, n):
            found[first] = held
            yield found
