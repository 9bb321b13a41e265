"""Effects of many draws at once for weights that come from a logit: the score of each draw is its own.

Nothing is shared between draws but where the search begins. A score kept from the planned data would
weight a placebo by a chance that nobody had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.matched.weights import Target
from impacteval.estimators.randomised.blocks import MOST
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.plugin import Draws
    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]

FEWEST = 2
_STEPS = 25
_DONE = 1e-12
_LOOK = 15.0
"""A linear predictor beyond this may be a separation, which the estimator itself looks at."""
_FLAT = 1e-8


def weighted_effects(sample: Sample, draws: Draws, scale: Scale, target: Target) -> Floats | None:
    """The effect on each draw of people without strata, weights or exposure.

    Parameters
    ----------
    sample : Sample
        Design ``matched`` or ``rct``, one period, with covariates.
    draws : Draws
    scale : Scale
        ``difference`` or ``relative``; None for the others.
    target : {"att", "ate", "overlap"}
        Which weights, see `score_sides`.

    Returns
    -------
    array, shape (draws,), or None
        NaN where a draw has no effect. None where this sample, scale or draw is not for it.
    """
    matrix = sample.matrix()
    scale = Scale.parse(scale)
    if not _plain(sample, matrix) or scale not in (Scale.DIFFERENCE, Scale.RELATIVE):
        return None
    if scale is Scale.RELATIVE and sample.log_outcome:
        return None
    x = _columns(matrix.X)
    served, y, n = np.asarray(matrix.treatment), np.asarray(matrix.y), matrix.n
    ones = np.ones(n)
    begun = _fitted(x, served, ones, _level(served, x.shape[1]))
    if begun is None:
        return None
    found: list[float] = []
    if draws.treatment is not None:
        for dealt in draws.treatment:
            chance = _fitted(x, dealt, ones, _level(dealt, x.shape[1]))
            if chance is None:
                return None
            found.append(_effect(y, dealt, ones, chance[1], target, scale))
    elif draws.counts is not None:
        for counts in draws.counts:
            chance = _fitted(x, served, counts, begun[0])
            if chance is None:
                return None
            found.append(_effect(y, served, counts, chance[1], target, scale))
    else:
        assert draws.covariates is not None
        for more in draws.covariates:
            wider = np.hstack([x, more])
            start = np.concatenate([begun[0], np.zeros(more.shape[1])])
            chance = _fitted(wider, served, ones, start)
            if chance is None:
                return None
            found.append(_effect(y, served, ones, chance[1], target, scale))
    return np.array(found)


def _plain(sample: Sample, matrix: Matrix) -> bool:
    blocked = (matrix.stratum, matrix.pair, matrix.weight, matrix.exposure, matrix.assigned)
    return (
        sample.structure.kind == "cross_section"
        and all(column is None for column in blocked)
        and bool(matrix.measured.all())
        and matrix.treatment is not None
        and matrix.X.shape[1] > 0
    )


def _columns(x: Floats) -> Floats:
    """A level, and covariates centred and divided by their standard deviation."""
    spread = x.std(axis=0)
    scaled = (x - x.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    return np.hstack([np.ones((len(x), 1)), scaled])


def _level(served: Floats, p: int) -> Floats:
    """Where a search begins that knows nothing: the share of the served for everybody."""
    start = np.zeros(p)
    share = float(served.mean())
    if 0.0 < share < 1.0:
        start[0] = np.log(share / (1.0 - share))
    return start


def _fitted(
    x: Floats, served: Floats, counts: Floats, start: Floats
) -> tuple[Floats, Floats] | None:
    """Coefficients and chances of the logit by Newton's method.

    None where it does not converge, columns are near collinear, or somebody's chance comes near 0 or 1.
    """
    beta = start
    floor = _DONE * (1.0 + float(counts.sum()))
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(x @ beta)))
        score = (counts * (served - chance)) @ x
        held = counts * chance * (1.0 - chance)
        information = (x * held[:, None]).T @ x
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            return None
        beta = beta + step
        if float(step @ score) <= floor:
            break
    else:
        return None
    values = np.linalg.eigvalsh(information)
    linear = x @ beta
    if values[0] <= _FLAT * values[-1] or float(np.abs(linear).max()) > _LOOK:
        return None
    return beta, 1.0 / (1.0 + np.exp(-linear))


def _effect(
    y: Floats, served: Floats, counts: Floats, chance: Floats, target: Target, scale: Scale
) -> float:
    own = counts * served
    other = counts - own
    if min(float(own.sum()), float(other.sum())) < FEWEST:
        return float("nan")
    odds = chance / (1.0 - chance)
    if target == "att":
        other = other * odds
    elif target == "ate":
        own, other = own / chance, other * (1.0 + odds)
    else:
        own, other = own * (1.0 - chance), other * chance
    sums = float(own.sum()), float(other.sum())
    # A row that was drawn twice is two people: one of them has half of its weight.
    most = [float((side / np.maximum(counts, 1.0)).max()) for side in (own, other)]
    if most[0] > MOST * sums[0] or most[1] > MOST * sums[1]:
        return float("nan")
    observed, without = float(own @ y) / sums[0], float(other @ y) / sums[1]
    if scale is Scale.DIFFERENCE:
        return observed - without
    return observed / without - 1.0 if observed > 0.0 and without > 0.0 else float("nan")
