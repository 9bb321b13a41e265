"""Two weighted means and the model their weights come from, as one set of estimating equations.

A person counts for ``v(x' b)`` in the mean of the own group, where b solves
``sum counts r(x' b) x = 0``: a logit of being served, or weights that balance x. What one person does
to b moves everyone's weights, so that influence has two parts, and ignoring the second gives errors
that are mostly too large and sometimes too small.

Small samples: influence is the middle between that of the plain sandwich and that of leaving the
person (or cluster) out, by one Newton step of all equations together. In a regression the two are HC0
and HC3, and their middle is HC2 but for the square of a leverage.

Every function takes leading axes of replications.

References
----------
Stefanski and Boos (2002), The calculus of M-estimation. *The American Statistician* 56(1).
doi:10.1198/000313002753631330
Lunceford and Davidian (2004), Stratification and weighting via the propensity score in estimation of
causal treatment effects. *Statistics in Medicine* 23(19). doi:10.1002/sim.1903
Fay and Graubard (2001), Small-sample adjustments for Wald-type tests using sandwich estimators.
*Biometrics* 57(4). doi:10.1111/j.0006-341X.2001.01198.x
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from impacteval.inference import ArmMeans, Spread, welch_satterthwaite
from impacteval.inference._arrays import group_sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# What is left of a direction of the model without one person or cluster, below which that one
# determines it alone: leaving out has no answer there, and plain influence (zero but for rounding)
# stays.
DETERMINED = 1e-6


@dataclass(frozen=True, eq=False)
class Model:
    """Estimating equations ``sum counts residual x = 0`` of the weights, at their solution.

    Attributes
    ----------
    x : array, shape (..., n, p)
        Columns; of full rank where the curvature is not zero.
    counts : array, shape (..., n)
        How many people a row stands for.
    residual : array, shape (..., n)
    curvature : array, shape (..., n)
        Minus the derivative of the residual along the linear predictor; not negative.
    """

    x: Floats
    counts: Floats
    residual: Floats
    curvature: Floats

    @cached_property
    def white(self) -> Floats:
        """Columns in which ``sum counts curvature x x'`` is one, shape (..., n, p)."""
        x = self.x
        bread = np.swapaxes(x * (self.counts * self.curvature)[..., None], -1, -2) @ x
        root = np.linalg.cholesky(bread)
        return np.asarray(np.swapaxes(np.linalg.solve(root, np.swapaxes(x, -1, -2)), -1, -2))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """How the people of one group are weighted.

    Attributes
    ----------
    weight : array, shape (..., n)
        What each person of the group counts for; zero outside it.
    slope : array, shape (..., n)
        Its derivative along the linear predictor of the model.
    model : Model or None
        None where weights are known, not estimated.
    """

    weight: Floats
    slope: Floats
    model: Model | None


@dataclass(frozen=True, eq=False)
class Stacked:
    """Both means with their joint influence.

    Attributes
    ----------
    sides : (Side, Side)
        Comparison first, programme second.
    y : array, shape (..., n)
        Outcome, any finite number where it was not measured.
    own : array, shape (..., n)
        Weight of one person in the means besides (see `People.own`); zero where not measured.
    copies : array, shape (n,)
        Identical people behind each row; `Model.counts` includes them, `own` does not.
    cluster : array of int, shape (n,), or None
        Level of the errors, from 0; every cluster occurs.
    """

    sides: tuple[Side, Side]
    y: Floats
    own: Floats
    copies: Floats
    cluster: Ints | None = None

    @cached_property
    def means(self) -> Floats:
        """Comparison and programme, shape (..., 2)."""
        return np.stack([self._mean(side) for side in self.sides], axis=-1)

    def held(self, arm: int) -> Floats:
        """Weight of one person in the mean of a group, shape (..., n)."""
        return np.asarray(self.own * self.sides[arm].weight)

    def effective(self, arm: int) -> Floats:
        """People, or clusters, that would tell as much if they weighed alike, shape (...).

        References
        ----------
        Kish (1965), *Survey Sampling*, section 11.7.
        """
        held, copies = self.held(arm), self.copies
        total = (copies * held).sum(axis=-1)
        if self.cluster is None:
            return np.asarray(total**2 / (copies * held**2).sum(axis=-1))
        return np.asarray(total**2 / (self._summed(copies * held) ** 2).sum(axis=-1))

    @cached_property
    def arms(self) -> ArmMeans:
        """The means with influence by person, or by cluster, and degrees of freedom."""
        rows = np.stack(
            [self._influence(arm, self._away(arm)) for arm in range(2)], axis=-2
        )  # (..., 2, m)
        return ArmMeans(self.means, rows, self._degrees)

    @cached_property
    def spread(self) -> Spread:
        """Standard deviation of outcomes in the comparison group as weighted, ddof 1.

        The variance is divided by ``1 - sum share^2``, which is ``(n - 1)/n`` where all weigh alike:
        a few heavy people spread less than all those they stand for. Its influence includes that of
        the weights' estimation.
        """
        held = self.copies * self.held(0)
        share = self.held(0) / held.sum(axis=-1, keepdims=True)
        factor = 1.0 / (1.0 - (self.copies * share**2).sum(axis=-1))
        square = self._away(0) ** 2 * factor[..., None]
        variance = (held * square).sum(axis=-1) / held.sum(axis=-1)
        value = np.sqrt(variance)
        pull = self._influence(0, square - variance[..., None])
        safe = np.where(value > 0.0, value, 1.0)
        return Spread(value, pull * (np.sqrt(factor) / (2.0 * safe))[..., None])

    def _mean(self, side: Side) -> Floats:
        held = self.copies * self.own * side.weight
        return np.asarray((held * self.y).sum(axis=-1) / held.sum(axis=-1))

    def _away(self, arm: int) -> Floats:
        return np.asarray(self.y - self.means[..., arm, None])

    def _summed(self, rows: Floats) -> Floats:
        assert self.cluster is not None
        return group_sums(rows, self.cluster, int(self.cluster.max()) + 1)

    def _influence(self, arm: int, away: Floats) -> Floats:
        """Influence on a weighted mean of `away`, which is zero, shape (..., m).

        A row of several copies has the root of their number times the influence of one.
        """
        side, copies = self.sides[arm], self.copies
        held = self.held(arm)
        total = (copies * held).sum(axis=-1)
        moves = self.own * side.slope * away  # what the model does to the sum, along x
        if self.cluster is not None:
            return self._by_cluster(side, copies * held, copies * moves, away, total)
        direct, plain = held * away, held * away
        left = direct
        if side.model is not None:
            one = side.model.counts / copies
            x = side.model.white
            along = (x @ (x * (copies * moves)[..., None]).sum(axis=-2)[..., None])[..., 0]
            size = (x**2).sum(axis=-1)
            r, q = one * side.model.residual, one * side.model.curvature
            plain = direct + r * along
            kept = 1.0 - q * size
            factor = np.where(kept > DETERMINED, 1.0 / np.where(kept > DETERMINED, kept, 1.0), 1.0)
            left = direct + factor * r * (along - moves * size)
            left = np.where(kept > DETERMINED, left, plain)
        found = 0.5 * (plain / total[..., None] + left / (total[..., None] - held))
        return np.asarray(np.sqrt(copies) * found)

    def _by_cluster(
        self, side: Side, held: Floats, moves: Floats, away: Floats, total: Floats
    ) -> Floats:
        share = self._summed(held)
        direct = self._summed(held * away)
        plain, left = direct, direct
        if side.model is not None:
            x = side.model.white
            p = x.shape[-1]
            own = side.model.counts * side.model.residual
            bent = side.model.counts * side.model.curvature

            def by(rows: Floats) -> Floats:
                return np.stack([self._summed(rows * x[..., k]) for k in range(p)], axis=-1)

            pulls, tilts = by(own), by(moves)  # (..., g, p)
            whole = tilts.sum(axis=-2, keepdims=True)
            plain = direct + (pulls * whole).sum(axis=-1)
            gram = np.stack([by(bent * x[..., k]) for k in range(p)], axis=-2)
            value, vector = np.linalg.eigh(np.eye(p) - gram)
            turned = (np.swapaxes(vector, -1, -2) @ pulls[..., None])[..., 0]
            kept = value > DETERMINED
            turned = np.where(kept, turned / np.where(kept, value, 1.0), turned)
            moved = (vector @ turned[..., None])[..., 0]
            left = direct + (moved * (whole - tilts)).sum(axis=-1)
        return np.asarray(0.5 * (plain / total[..., None] + left / (total[..., None] - share)))

    @cached_property
    def _freedom(self) -> Floats:
        """Of either mean, shape (..., 2): how many people it is worth, less one."""
        worth = np.stack([self.effective(arm) for arm in range(2)], axis=-1)
        return np.maximum(worth - 1.0, 1.0)

    def _degrees(self, contrast: Floats) -> Floats:
        """Welch's degrees of freedom from how many people each group is worth."""
        parts = np.stack(
            [self._variance(contrast, side.weight > 0.0) for side in self.sides], axis=-1
        )
        # Where nothing varies, refused elsewhere, any number will do.
        parts = np.where(parts.sum(axis=-1, keepdims=True) > 0.0, parts, 1.0)
        return welch_satterthwaite(parts, self._freedom)

    def _variance(self, contrast: Floats, inside: NDArray[np.bool_]) -> Floats:
        """What the people of one group add to the variance of a contrast, shape (...)."""
        if self.cluster is None:
            psi = (contrast[..., None] * self.arms.influence).sum(axis=-2)
            return np.asarray((np.where(inside, psi, 0.0) ** 2).sum(axis=-1))
        rows = np.zeros(np.broadcast_shapes(self.y.shape, inside.shape))
        for arm in range(2):
            rows = rows + contrast[..., arm, None] * self._plain(arm)
        return np.asarray((self._summed(np.where(inside, rows, 0.0)) ** 2).sum(axis=-1))

    def _plain(self, arm: int) -> Floats:
        """Plain influence of rows, all copies of each together, shape (..., n)."""
        side, away = self.sides[arm], self._away(arm)
        held = self.copies * self.held(arm)
        found = held * away
        if side.model is not None:
            x = side.model.white
            moves = self.copies * self.own * side.slope * away
            along = (x @ (x * moves[..., None]).sum(axis=-2)[..., None])[..., 0]
            found = found + side.model.counts * side.model.residual * along
        return np.asarray(found / held.sum(axis=-1)[..., None])
