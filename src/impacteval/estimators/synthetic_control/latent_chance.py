"""How much of an effect may be chance, where places follow something that is not seen.

Two ways, shared by the methods that estimate common factors. Placebos: the same dates fall on places
that were never served, one placement after the other, and the effect is ranked among what is found
there. Leaving out: the effect is computed again without each place in turn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import ConfidenceDistribution, Influence, StudentT
from impacteval.estimators.randomised.messages import no_variation
from impacteval.estimators.synthetic_control import latent_words as words
from impacteval.estimators.synthetic_control.effect import Answer, shares
from impacteval.estimators.synthetic_control.panel import ROUNDING, Panel
from impacteval.inference.few_groups import placements
from impacteval.inference.signed_ranks import rank_inversion

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Inference = Literal["studentised", "placebo", "jackknife"]

# Level of the band around what would have happened.
LEVEL = 0.95
# Cells held at once while placebos are solved side by side.
HELD = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """The averages that are asked for: of all served unit-periods that count, then of each period.

    Attributes
    ----------
    share : array, shape (1 + P, N, T)
        What each served unit-period counts for; sums are one.
    periods : array of int, shape (P,)
        The periods in which served units count.
    """

    share: Floats
    periods: Ints

    def of(self, gaps: Floats) -> Floats:
        """The averages of gaps of shape (..., N, T), shape (..., 1 + P)."""
        held = self.share > 0.0
        found: Floats = np.einsum(
            "qnt,...nt->...q", self.share, np.where(held.any(axis=0), gaps, 0.0), optimize=True
        )
        return found


def questions(panel: Panel, *, periods: bool = True) -> Questions:
    """What is asked of a panel: the average effect and, if wanted, that of each period."""
    share = shares(panel)
    if not periods:
        return Questions(share[None], np.zeros(0, dtype=np.int64))
    return _with_periods(share)


def _with_periods(share: Floats) -> Questions:
    periods = np.flatnonzero(share.sum(axis=0) > 0.0)
    one = np.zeros((len(periods), *share.shape))
    for row, t in enumerate(periods.tolist()):
        one[row, :, t] = share[:, t] / share[:, t].sum()
    return Questions(np.concatenate([share[None], one]), periods)


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Units never served that stand in the place of the served.

    Attributes
    ----------
    groups : array of int, shape (B, N)
        Which of the units never served stands for each served one.
    rest : array of int, shape (B, J - N)
        Those that are left.
    every : bool
        Whether these are all placements there are.
    """

    groups: Ints
    rest: Ints
    every: bool


def placed(
    panel: Panel, share: Floats, draws: int, fewest: int, rng: Generator, able: Ints | None = None
) -> Placed:
    """All placements of the served units' dates on those never served, or draws of them.

    Parameters
    ----------
    panel : Panel
    share : array, shape (N, T)
        What each served unit-period counts for: units alike in date and share are exchangeable.
    draws : int
        Placements drawn where there are more.
    fewest : int
        Units that must be left over beside a placement.
    rng : Generator
    able : array of int, optional
        Which of the units never served can stand in for one; all by default.

    Raises
    ------
    NotIdentified
        When too few units are never served.
    """
    served, donors = len(panel.served), len(panel.donors)
    able = np.arange(donors) if able is None else able
    if donors - served < fewest or len(able) < served + 1:
        raise NotIdentified(words.few_to_place(len(able), served, fewest))
    told = np.column_stack([panel.start[panel.served], share])
    _, kinds = np.unique(told, axis=0, return_inverse=True)
    found = placements(len(able), kinds.ravel().astype(np.int64), draws, rng)
    groups = able[found.groups]
    left = np.ones((len(groups), donors), dtype=bool)
    left[np.arange(len(left))[:, None], groups] = False
    rest = np.nonzero(left)[1].reshape(len(left), donors - served)
    return Placed(groups, rest, found.every)


def chunks(count: int, cells: int) -> list[slice]:
    """Slices of `count` problems of so many cells each, none larger than what is held at once."""
    step = max(1, HELD // max(1, cells))
    return [slice(first, min(first + step, count)) for first in range(0, count, step)]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The answer, the band of each period, and what the tables tell of chance.

    Attributes
    ----------
    answer : Answer
    band : tuple of arrays, each of shape (T,)
        Of the counterfactual mean.
    p_values : dict
        By side.
    compared : int
        Placements or units that the uncertainty is made of.
    """

    answer: Answer
    band: tuple[Floats, Floats]
    p_values: dict[str, float]
    compared: int


def by_placebos(
    panel: Panel, asked: Questions, values: Floats, spread: Floats, ratios: Floats
) -> Found:
    """Rank each average among placebos.

    Parameters
    ----------
    panel : Panel
    asked : Questions
    values, spread : array, shape (1 + P,)
        The averages and their spreads.
    ratios : array, shape (B, 1 + P)
        The placebos' over theirs.

    Raises
    ------
    NotIdentified
        When no placebo differs from zero but by rounding.
    """
    size = ROUNDING * float(np.nanmax(np.abs(panel.y)))
    if not float(np.abs(ratios[:, 0]).max() * spread[0]) > size:
        raise NotIdentified(no_variation())
    label = f"rank among {len(ratios)} placebos"
    found = [
        rank_inversion(float(v), float(s), r, label)
        for v, s, r in zip(values, spread, ratios.T, strict=True)
    ]
    error = float(spread[0] * math.sqrt(float((ratios[:, 0] ** 2).mean())))
    return _found(
        panel, asked, values, found, Answer(float(values[0]), found[0], error), len(ratios)
    )


def by_leaving_out(panel: Panel, asked: Questions, gaps: Floats, without: Floats) -> Found:
    """The spread of each average over the units left out, served and never served apart.

    Parameters
    ----------
    panel : Panel
    asked : Questions
    gaps : array, shape (N, T)
        Observed minus counterfactual of the served units.
    without : array, shape (J, 1 + P)
        The averages without each unit never served.

    Raises
    ------
    NotIdentified
        When one unit is served, one holds all the weight, or nothing varies.
    """
    served, donors = len(panel.served), len(panel.donors)
    if served < 2:
        raise NotIdentified(words.one_served())
    values = asked.of(gaps)
    part = asked.share.sum(axis=2)
    own = (asked.share * np.where(asked.share > 0.0, gaps, 0.0)).sum(axis=2)
    alone = part > 1.0 - 1e-12
    if alone[0].any():
        raise NotIdentified(words.one_served())
    # The average without a served unit: that of the others over what they count for.
    others = np.divide(values[:, None] - own, 1.0 - part, out=np.zeros_like(own), where=~alone)
    served_pull = _pull(others.T, served)
    donor_pull = _pull(without, donors)
    variance = (served_pull**2).sum(axis=0), (donor_pull**2).sum(axis=0)
    error = np.sqrt(variance[0] + variance[1])
    if not error[0] > ROUNDING * float(np.nanmax(np.abs(panel.y))):
        raise NotIdentified(no_variation())
    df = _degrees(variance[0], variance[1], served, donors)
    label = "jackknife over units"
    found: list[ConfidenceDistribution | None] = [
        None
        if alone[q].any() or not error[q] > 0.0
        else StudentT(float(values[q]), float(error[q]), float(df[q]), label)
        for q in range(len(values))
    ]
    pull = np.concatenate([served_pull[:, 0], donor_pull[:, 0]])
    labels = panel.labels[np.concatenate([panel.served, panel.donors])]
    order = np.argsort(labels, kind="stable")
    first = found[0]
    assert first is not None  # its error was held to be more than rounding; for mypy
    answer = Answer(float(values[0]), first, float(error[0]), Influence(labels[order], pull[order]))
    return _found(panel, asked, values, found, answer, served + donors)


def _pull(without: Floats, units: int) -> Floats:
    """How far each unit pulls an average; squares add up to the jackknife's variance."""
    away = without.mean(axis=0) - without
    found: Floats = math.sqrt((units - 1) / units) * away
    return found


def _degrees(one: Floats, other: Floats, served: int, donors: int) -> Floats:
    """Satterthwaite's degrees of freedom of a sum of two variances."""
    below = one**2 / (served - 1) + other**2 / (donors - 1)
    total = (one + other) ** 2
    return np.asarray(np.divide(total, below, out=np.ones_like(total), where=below > 0.0))


def _found(
    panel: Panel,
    asked: Questions,
    values: Floats,
    found: Sequence[ConfidenceDistribution | None],
    answer: Answer,
    compared: int,
) -> Found:
    y = np.where(np.isnan(panel.y), 0.0, panel.y)[panel.served]
    observed = asked.of(y)
    low, high = np.full((2, panel.n_periods), np.nan)
    for row, t in enumerate(asked.periods.tolist(), 1):
        distribution = found[row]
        if distribution is not None:
            interval = distribution.interval(LEVEL)
            low[t], high[t] = observed[row] - interval.high, observed[row] - interval.low
    p_values = {
        side: float(answer.distribution.p_value(0.0, side)) for side in ("two", "greater", "less")
    }
    return Found(answer, (low, high), p_values, compared)


def chance_tables(
    found: Found, test: str, statistic: str, attainable: float
) -> dict[str, dict[str, Any]]:
    """The test of no effect, side by side; the served are counted among those compared."""
    sides = list(found.p_values)
    return {
        "placebo_test": {
            "test": [test] * len(sides),
            "statistic": [statistic] * len(sides),
            "p_value": list(found.p_values.values()),
            "side": sides,
            "compared": [found.compared + 1] * len(sides),
            "attainable": [attainable] * len(sides),
        }
    }


def median_miss(gaps: Floats, before: Bools) -> float:
    """Middle of the placebos' root mean square misses before the service.

    Parameters
    ----------
    gaps : array, shape (B, N, T)
        NaN where not measured.
    before : array of bool, shape (N, T)
    """
    seen = before & ~np.isnan(gaps)
    squares = np.where(seen, gaps, 0.0) ** 2
    return float(np.median(np.sqrt(squares.sum(axis=2) / np.maximum(seen.sum(axis=2), 1))))


def placebo_tables(
    panel: Panel, own: Floats, others: Floats, before: Bools
) -> dict[str, dict[str, Any]]:
    """Each unit in the place of the only one served: its gaps, and how they rank.

    Parameters
    ----------
    panel : Panel
    own : array, shape (T,)
        Gaps of the served unit.
    others : array, shape (J, T)
        Gaps of those never served, each solved from the rest.
    before : array of bool, shape (T,)
    """
    share = shares(panel)[0]
    labels = panel.labels[np.concatenate([panel.served, panel.donors])]
    gaps = np.concatenate([own[None], others])
    on = share > 0.0

    def miss(which: Bools) -> Floats:
        return np.asarray(np.sqrt(np.nanmean(gaps[:, which] ** 2, axis=1)))

    pre, post = miss(before), miss(on)
    effect = np.where(on, gaps, 0.0) @ share
    # A placebo that is met exactly before has a ratio without end; it ranks first.
    ratio = np.divide(post, pre, out=np.full_like(post, np.inf), where=pre > 0.0)
    return {
        "placebos": {
            "unit": labels,
            "served": np.arange(len(labels)) == 0,
            "effect": effect,
            "pre_rmspe": pre,
            "post_rmspe": post,
            "ratio": ratio,
            "rank": 1 + (ratio[None] > ratio[:, None]).sum(axis=1),
            "kept": np.ones(len(labels), dtype=bool),
        },
        "placebo_paths": {
            "unit": np.repeat(labels, panel.n_periods),
            "period": np.tile(panel.periods, len(labels)),
            "gap": gaps.ravel(),
        },
    }
