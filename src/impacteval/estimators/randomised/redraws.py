"""Effects of many draws of one trial at once: sums of squares and products are formed once.

Every estimate here is a few sums over the rows of an arm. Over many draws these sums are one product
of matrices: the draws by rows, times the rows by products of columns. Least squares by normal
equations on standardised columns gives the effect of each draw to rounding; draws whose columns are
near collinear are left to the estimator itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.plugin import Draws
    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]

Adjustment = Literal["none", "pooled", "by_arm"]
FEWEST = 2
"""Units in an arm below which the estimators have no answer."""
_FLAT = 1e-8
"""Of standardised columns: a smallest eigenvalue this small beside the largest is left alone."""


def redrawn_effects(
    sample: Sample, draws: Draws, scale: Scale, adjustment: Adjustment
) -> Floats | None:
    """The effect on each draw of a trial without strata, pairs or weights.

    Parameters
    ----------
    sample : Sample
        Design ``rct``, one period.
    draws : Draws
    scale : Scale
        ``difference`` or ``relative``; None for the others.
    adjustment : {"none", "pooled", "by_arm"}
        No covariates; one slope for both arms (`ancova`); a slope for each arm at the covariates of
        everyone (`lin`).

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
    if adjustment != "none" and not matrix.X.shape[1] and draws.covariates is None:
        return None
    arms = _arms(matrix, draws, adjustment != "none")
    means = _means(arms, adjustment)
    if means is None:
        return None
    if draws.covariates is not None and adjustment == "none":
        means = (means[0].repeat(len(draws.covariates)), means[1].repeat(len(draws.covariates)))
    few = np.minimum(arms.held[0], arms.held[1]) < FEWEST
    comparison, programme = np.where(few, np.nan, means[0]), np.where(few, np.nan, means[1])
    if scale is Scale.DIFFERENCE:
        return programme - comparison
    both = (programme > 0.0) & (comparison > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = programme / comparison - 1.0
    return np.where(both, ratio, np.nan)


def _plain(sample: Sample, matrix: Matrix) -> bool:
    blocked = (matrix.stratum, matrix.pair, matrix.weight, matrix.exposure, matrix.assigned)
    return (
        sample.design == "rct"
        and sample.structure.kind == "cross_section"
        and all(column is None for column in blocked)
        and bool(matrix.measured.all())
        and matrix.treatment is not None
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Arms:
    """Sums over the rows of each arm and draw; comparison first, programme second.

    Attributes
    ----------
    gram : array, shape (2, draws or 1, q, q)
        Products of the columns: level, covariates, further covariates.
    cross : array, shape (2, draws or 1, q)
        Products of the columns with the outcome.
    held : array, shape (2, draws or 1)
        Units that are there, each once.
    """

    gram: Floats
    cross: Floats
    held: Floats


def _arms(matrix: Matrix, draws: Draws, adjusted: bool) -> _Arms:
    treatment = np.asarray(matrix.treatment)
    x = matrix.X if adjusted else matrix.X[:, :0]
    spread = x.std(axis=0)
    columns = np.hstack(
        [np.ones((matrix.n, 1)), (x - x.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)]
    )
    y, q = matrix.y, columns.shape[1]
    upper = np.triu_indices(q)
    products = np.hstack([columns[:, upper[0]] * columns[:, upper[1]], columns * y[:, None]])
    if draws.treatment is not None:
        served = draws.treatment @ products
        sums = np.stack([products.sum(axis=0) - served, served])
    elif draws.counts is not None:
        inside = np.flatnonzero(treatment == 1.0)
        served = np.take(draws.counts, inside, axis=1) @ products[inside]
        sums = np.stack([draws.counts @ products - served, served])
    else:
        served = treatment @ products
        sums = np.stack([products.sum(axis=0) - served, served])[:, None, :]
    held = sums[:, :, 0]
    size = len(upper[0])
    gram = np.zeros((*sums.shape[:2], q, q))
    gram[..., upper[0], upper[1]] = gram[..., upper[1], upper[0]] = sums[..., :size]
    found = _Arms(gram, sums[..., size:], held)
    if draws.covariates is None or not adjusted:
        return found
    return _wider(found, columns, y, treatment, draws.covariates)


def _wider(arms: _Arms, columns: Floats, y: Floats, treatment: Floats, more: Floats) -> _Arms:
    """With further covariates, which are other ones in each draw."""
    count, k, q = len(more), more.shape[2], columns.shape[1]
    gram = np.zeros((2, count, q + k, q + k))
    cross = np.zeros((2, count, q + k))
    gram[..., :q, :q], cross[..., :q] = arms.gram, arms.cross
    sides = np.stack([1.0 - treatment, treatment])
    beside = np.hstack([columns, y[:, None]])
    apart = np.hstack([beside * side[:, None] for side in sides])
    for i in range(k):
        one = more[:, :, i]
        mixed = (one @ apart).reshape(count, 2, q + 1)
        for arm in (0, 1):
            gram[arm, :, q + i, :q] = gram[arm, :, :q, q + i] = mixed[:, arm, :q]
            cross[arm, :, q + i] = mixed[:, arm, q]
        for j in range(i + 1):
            both = (one * more[:, :, j]) @ sides.T
            gram[:, :, q + i, q + j] = gram[:, :, q + j, q + i] = both.T
    return _Arms(gram, cross, np.broadcast_to(arms.held, (2, count)))


def _means(arms: _Arms, adjustment: Adjustment) -> tuple[Floats, Floats] | None:
    """Both means of each draw at everyone's covariates; None where columns are near collinear."""
    level = arms.gram[..., 0, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        everyone = (level[0] + level[1]) / (level[0, :, :1] + level[1, :, :1])
    if adjustment == "none":
        with np.errstate(divide="ignore", invalid="ignore"):
            return arms.cross[0, :, 0] / level[0, :, 0], arms.cross[1, :, 0] / level[1, :, 0]
    if adjustment == "by_arm":
        if _near_singular(arms.gram):
            return None
        slopes = np.linalg.solve(arms.gram, arms.cross[..., None])[..., 0]
        found = (slopes * everyone).sum(axis=-1)
        return found[0], found[1]
    q = arms.gram.shape[-1]
    gram = np.zeros((arms.gram.shape[1], q + 1, q + 1))
    gram[:, :q, :q] = arms.gram.sum(axis=0)
    gram[:, :q, q] = gram[:, q, :q] = level[1]
    gram[:, q, q] = level[1, :, 0]
    if _near_singular(gram):
        return None
    cross = np.concatenate([arms.cross.sum(axis=0), arms.cross[1, :, :1]], axis=-1)
    slopes = np.linalg.solve(gram, cross[..., None])[..., 0]
    comparison = (slopes[:, :q] * everyone).sum(axis=-1)
    return comparison, comparison + slopes[:, q]


def _near_singular(gram: Floats) -> bool:
    values = np.linalg.eigvalsh(gram)
    return bool((values[..., 0] <= _FLAT * values[..., -1]).any())
