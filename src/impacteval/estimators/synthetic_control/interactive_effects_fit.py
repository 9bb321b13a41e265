"""Common factors of a panel of places, and what they say of the served and of placebos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.synthetic_control import latent_words as words
from impacteval.estimators.synthetic_control.latent_chance import Placed, Questions, chunks
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.inference.interactive import Candidates, Factored, Stack, candidates
from impacteval.inference.interactive_slopes import both_ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Periods from before beyond the level and the loadings, so that the fit can be judged.
SPARE = 2


@dataclass(frozen=True, slots=True)
class Ranks:
    """The ranks that are tried, and the one that was given, if any."""

    most: int
    given: int | None

    def of(self, solved: Candidates) -> Ints:
        """The rank of each panel of a stack."""
        if self.given is None:
            return solved.chosen()
        return np.full(len(solved.errors), self.given, dtype=np.int64)


def ranks_of(panel: Panel, given: int | None, most: int, *, placebos: bool) -> Ranks:
    """The ranks that periods and units allow.

    Raises
    ------
    NotIdentified
        When the rank given needs more periods before the service, or more units, than there are.
    """
    before = int(panel.start[panel.served].min())
    donors = len(panel.donors) - (len(panel.served) if placebos else 1)
    room = max(0, min(before - 1 - SPARE, donors - 2, panel.n_periods - 2))
    if given is not None and given > room:
        raise NotIdentified(words.rank_too_large(given, room, before, donors))
    return Ranks(min(most, room) if given is None else given, given)


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The served, predicted from the factors of those never served.

    Attributes
    ----------
    fit : Factored
        One panel.
    errors : array, shape (1 + m,)
        Leave-one-out misses by rank.
    gaps : array, shape (N, T)
        Observed minus counterfactual.
    """

    fit: Factored
    errors: Floats
    gaps: Floats


def check_covariates(panel: Panel) -> None:
    """Refuse covariates that the effects already say, or that are missing or collinear.

    Raises
    ------
    NotIdentified
        With the names.
    """
    if not panel.covariates:
        return
    x = both_ways(panel.x[panel.donors][None])[0]
    size = np.sqrt((x**2).mean(axis=(0, 1)))
    raw = np.abs(panel.x[panel.donors]).max(axis=(0, 1))
    flat = [
        name for name, s, r in zip(panel.covariates, size, raw, strict=True) if not s > 1e-10 * r
    ]
    if flat:
        raise NotIdentified(words.flat_covariates(flat))
    columns = (x / size).reshape(-1, x.shape[2])
    values = np.linalg.eigvalsh(columns.T @ columns / len(columns))
    if values[0] < 1e-9:
        raise NotIdentified(words.collinear_covariates(list(panel.covariates)))


def stack_of(panel: Panel, pool: Ints, target: Ints) -> Stack:
    """Panels side by side.

    Parameters
    ----------
    panel : Panel
    pool : array of int, shape (B, J)
        Places of the units that factors come from.
    target : array of int, shape (B, N)
        Places of the units that stand at the served ones' dates.
    """
    before = np.arange(panel.n_periods) < panel.start[panel.served, None]
    if not panel.covariates:
        return Stack(panel.y[pool], panel.y[target], before)
    return Stack(panel.y[pool], panel.y[target], before, panel.x[pool], panel.x[target])


def _solved(stack: Stack, most: int) -> Candidates:
    try:
        return candidates(stack, most)
    except (RuntimeError, ValueError) as error:
        raise NotIdentified(words.not_settled()) from error


def solve(panel: Panel, ranks: Ranks) -> Solved:
    """The served from all units never served.

    Raises
    ------
    NotIdentified
        When the rank cannot be read from the periods before, or slopes do not settle.
    """
    solved = _solved(stack_of(panel, panel.donors[None], panel.served[None]), ranks.most)
    rank = ranks.of(solved)
    if not np.isfinite(solved.errors[0, rank[0]]):
        raise NotIdentified(words.factors_alike(int(rank[0])))
    fit = solved.at(rank)
    return Solved(fit, solved.errors[0], panel.y[panel.served] - fit.curve[0])


@dataclass(frozen=True, slots=True, eq=False)
class Placebos:
    """What was found where nobody was served.

    Attributes
    ----------
    values, spread : array, shape (B, 1 + P)
        Averages of the gaps, and their spread.
    gaps : array, shape (B, N, T)
    rank : array of int, shape (B,)
    """

    values: Floats
    spread: Floats
    gaps: Floats
    rank: Ints


def placebos(panel: Panel, asked: Questions, ranks: Ranks, deals: Placed, *, own: bool) -> Placebos:
    """Each placement solved as the served were, its rank chosen anew; see `spread_of` for `own`."""
    pool, target = panel.donors[deals.rest], panel.donors[deals.groups]
    cells = panel.n_periods * (
        pool.shape[1] * (1 + len(panel.covariates)) + len(asked.share) * target.shape[1] * 4
    )
    parts = []
    for part in chunks(len(pool), cells):
        stack = stack_of(panel, pool[part], target[part])
        solved = _solved(stack, ranks.most)
        fit = solved.at(ranks.of(solved))
        gaps = stack.target - fit.curve
        parts.append((asked.of(gaps), spread_of(fit, asked, own=own), gaps, fit.rank))
    return Placebos(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def spread_of(fit: Factored, asked: Questions, *, own: bool) -> Floats:
    """Spread of the averages, from misses before the service (`own`) or for noise alike everywhere."""
    return fit.own_spread(asked.share) if own else fit.spread(asked.share)


def leave_out(panel: Panel, asked: Questions, rank: int) -> Floats:
    """The averages without each unit never served, at the same rank, shape (J, 1 + P)."""
    donors = panel.donors
    pool = np.array([np.delete(donors, k) for k in range(len(donors))])
    target = np.broadcast_to(panel.served, (len(donors), len(panel.served)))
    found = []
    for part in chunks(len(donors), panel.n_periods * pool.shape[1] * (1 + len(panel.covariates))):
        stack = stack_of(panel, pool[part], target[part])
        fit = _solved(stack, rank).at(np.full(len(stack.pool), rank, dtype=np.int64))
        found.append(asked.of(stack.target - fit.curve))
    return np.concatenate(found)
