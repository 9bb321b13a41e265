r"""The served against the comparison units when other units are seen in each period.

Four groups of rows: served and comparison, after and before. With :math:`\hat\mu_{dt}(X)` the least
squares prediction in group :math:`d` and period :math:`t`, ``reg`` takes the change of the served
less the predicted change of the comparison group at the served's covariates, ``ipw`` weighs the
comparison rows of both periods by one propensity score, and ``dr`` is the locally efficient doubly
robust estimator, which also uses what regressions among the served know.

References
----------
Sant'Anna and Zhao (2020), Doubly robust difference-in-differences estimators. *Journal of
Econometrics* 219(1), equation 3.4. doi:10.1016/j.jeconom.2020.06.003
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.did.group_time.fits import (
    Method,
    Score,
    check_columns,
    effective,
    least_squares,
    propensity,
    scaled,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of one group in one period.

    Attributes
    ----------
    y, weight : array, shape (n,)
        Outcome and positive weight.
    x : array, shape (n, c)
        Covariates.
    """

    y: Floats
    weight: Floats
    x: Floats

    @property
    def share(self) -> Floats:
        """Weights that sum to one."""
        found: Floats = self.weight / self.weight.sum()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The effect on the served in one period.

    Attributes
    ----------
    effect : float
        The effect.
    influence : tuple of four arrays
        Of the rows of the served after and before, then of the comparison rows after and before;
        squares sum to the variance where rows are independent.
    worth : float
        How many comparison rows after of equal weight their weights are worth.
    largest : float
        Largest propensity score of a comparison row; nan where none was fitted.
    """

    effect: float
    influence: tuple[Floats, Floats, Floats, Floats]
    worth: float
    largest: float


def from_levels(
    after1: Rows, before1: Rows, after0: Rows, before0: Rows, *, method: Method = "dr"
) -> Levels:
    """The effect on the served from rows of four groups.

    Parameters
    ----------
    after1, before1 : Rows
        The served, in the period asked about and in the base period.
    after0, before0 : Rows
        The comparison units.
    method : {"dr", "ipw", "reg"}
        How covariates are allowed for.

    Raises
    ------
    NotEstimable
        When covariates are collinear in a group, rows are fewer than covariates, or the propensity
        score has no finite maximum.

    Examples
    --------
    >>> rows = [Rows(np.array(y), np.ones(2), np.empty((2, 0))) for y in
    ...         ([4.0, 6.0], [1.0, 1.0], [2.0, 2.0], [1.0, 1.0])]
    >>> found = from_levels(*rows)
    >>> found.effect, found.influence[0].tolist()
    (3.0, [-0.5, 0.5])
    """
    groups = (after1, before1, after0, before0)
    if not after1.x.shape[1]:
        means = [float(g.share @ g.y) for g in groups]
        pulls = [(g.y - m) * g.share for g, m in zip(groups, means, strict=True)]
        return Levels(
            (means[0] - means[1]) - (means[2] - means[3]),
            (pulls[0], -pulls[1], -pulls[2], pulls[3]),
            effective(after0.weight),
            np.nan,
        )
    n1, n0 = len(after1.y), len(after0.y)
    served, other = scaled(
        np.concatenate([after1.x, before1.x]), np.concatenate([after0.x, before0.x])
    )
    # The columns of the four groups, in the order of `groups`.
    c = (served[:, :n1], served[:, n1:], other[:, :n0], other[:, n0:])
    match method:
        case "reg":
            return _regression(groups, c)
        case "ipw":
            return _weighting(groups, c, [g.y for g in groups], _scored(groups, c))
        case "dr":
            return _doubly_robust(groups, c)


Groups = tuple[Rows, Rows, Rows, Rows]
Columns = tuple[Floats, Floats, Floats, Floats]


def _fitted(rows: Rows, c: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients (p,), inverse of the cross products (p, p), residuals (n,)."""
    check_columns(c, rows.weight)
    slopes, inverse = least_squares(c, rows.y[None], rows.weight)
    return slopes[0], inverse, rows.y - slopes[0] @ c


def _regression(groups: Groups, c: Columns) -> Levels:
    after1, before1, after0, before0 = groups
    slope_after, inverse_after, left_after = _fitted(after0, c[2])
    slope_before, inverse_before, left_before = _fitted(before0, c[3])
    slope = slope_after - slope_before
    total = after1.weight.sum() + before1.weight.sum()
    middle = (c[0] @ after1.weight + c[1] @ before1.weight) / total
    predicted = float(slope @ middle)
    mean_after, mean_before = float(after1.share @ after1.y), float(before1.share @ before1.y)
    first = (after1.y - mean_after) * after1.share
    second = -(before1.y - mean_before) * before1.share
    first = first - (slope @ c[0] - predicted) * after1.weight / total
    second = second - (slope @ c[1] - predicted) * before1.weight / total
    pull = (middle @ inverse_after) @ c[2] * after0.weight
    third = -pull * left_after
    fourth = (middle @ inverse_before) @ c[3] * before0.weight * left_before
    effect = mean_after - mean_before - predicted
    return Levels(effect, (first, second, third, fourth), effective(np.abs(pull)), np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """One propensity score for the rows of both periods, and the weights that it gives."""

    score: Score
    share: tuple[Floats, Floats, Floats, Floats]
    worth: float


def _scored(groups: Groups, c: Columns) -> _Scored:
    after1, before1, after0, before0 = groups
    n0 = len(after0.y)
    w1 = np.concatenate([after1.weight, before1.weight])
    w0 = np.concatenate([after0.weight, before0.weight])
    score = propensity(np.concatenate(c[:2], axis=1), np.concatenate(c[2:], axis=1), w1, w0)
    held = w0 * score.odds
    after, before = held[:n0], held[n0:]
    share = (after1.share, before1.share, after / after.sum(), before / before.sum())
    return _Scored(score, share, effective(after))


def _weighting(groups: Groups, c: Columns, y: list[Floats], scored: _Scored) -> Levels:
    """Change of the served less that of the weighted comparison rows, in `y` of the four groups."""
    means = [float(s @ v) for s, v in zip(scored.share, y, strict=True)]
    pulls = [(v - m) * s for v, m, s in zip(y, means, scored.share, strict=True)]
    score = scored.score
    moved = (c[2] @ pulls[2] - c[3] @ pulls[3]) @ score.bread
    n1, n0 = len(y[0]), len(y[2])
    surprise = (
        1.0 - score.chance_served[:n1],
        1.0 - score.chance_served[n1:],
        -score.chance_other[:n0],
        -score.chance_other[n0:],
    )
    signs = (1.0, -1.0, -1.0, 1.0)
    first, second, third, fourth = (
        sign * pull - (moved @ columns) * rows.weight * off
        for sign, pull, columns, rows, off in zip(signs, pulls, c, groups, surprise, strict=True)
    )
    effect = (means[0] - means[1]) - (means[2] - means[3])
    return Levels(effect, (first, second, third, fourth), scored.worth, score.largest)


def _doubly_robust(groups: Groups, c: Columns) -> Levels:
    after1, before1, after0, before0 = groups
    fits = [_fitted(rows, columns) for rows, columns in zip(groups, c, strict=True)]
    slopes = [f[0] for f in fits]
    # What the comparison group's regression of the same period leaves.
    left = [after1.y - slopes[2] @ c[0], before1.y - slopes[3] @ c[1], fits[2][2], fits[3][2]]
    scored = _scored(groups, c)
    found = _weighting(groups, c, left, scored)
    total = after1.weight.sum() + before1.weight.sum()
    middles = [columns @ share for columns, share in zip(c, scored.share, strict=True)]
    middle = (middles[0] * after1.weight.sum() + middles[1] * before1.weight.sum()) / total
    # Regressions among the served move the means of one period to the covariates of both.
    gaps = (slopes[0] - slopes[2], slopes[1] - slopes[3])
    effect = found.effect + float(gaps[0] @ (middle - middles[0]) - gaps[1] @ (middle - middles[1]))
    influence = list(found.influence)
    both = gaps[0] - gaps[1]
    for k, (rows, other) in enumerate(((after1, after0), (before1, before0))):
        sign = 1.0 - 2.0 * k
        at_all = (both @ (c[k] - middle[:, None])) * rows.weight / total
        at_own = (gaps[k] @ (c[k] - middles[k][:, None])) * scored.share[k]
        # The slopes of the served count by how far their covariates lie from those of both
        # periods, those of the comparison rows by what weighting leaves unbalanced.
        own = ((middle - middles[k]) @ fits[k][1]) @ c[k] * rows.weight * fits[k][2]
        influence[k] = influence[k] + at_all + sign * (own - at_own)
        pull = ((middle - middles[k + 2]) @ fits[k + 2][1]) @ c[k + 2]
        influence[k + 2] = influence[k + 2] - sign * pull * other.weight * fits[k + 2][2]
    return Levels(
        effect,
        (influence[0], influence[1], influence[2], influence[3]),
        found.worth,
        found.largest,
    )
