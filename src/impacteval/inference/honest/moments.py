r"""The values that a test looks at: one per extreme ray, normal, and at most zero in the mean.

For a polyhedron :math:`\{A\delta \le b\}` and a true effect :math:`\theta`, every ray
:math:`\gamma` gives :math:`\gamma'(A\hat\beta - b) - \lambda\theta`, a normal whose mean is at most
zero. The largest of them, each divided by what makes :math:`\gamma'\sigma = 1` (the
studentisation of Andrews, Roth and Pakes), is the optimum of their linear programme.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impacteval.inference._arrays import Floats
from impacteval.inference.honest.rays import extreme_rays
from impacteval.inference.honest.restrictions import Restriction

Side = Literal["two", "lower", "upper"]

_MANY = 40
"""More values than these are looked through for those that never matter."""
_SMALL = 1e-12
"""Below this share of the largest, a variance or a slope is 0: rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Values of every ray in every polyhedron at one size of violation.

    Attributes
    ----------
    centre : float64 array, shape (p, j)
        Value of each ray at effect 0.
    slope : float64 array, shape (p, j)
        What an effect of 1 takes from it, lambda.
    loads : float64 array, shape (p, j, k)
        The values' random parts as combinations of k independent standard normals.
    """

    centre: Floats
    slope: Floats
    loads: Floats

    @property
    def variance(self) -> Floats:
        """Variance of each value, shape (p, j)."""
        found: Floats = np.einsum("pjk,pjk->pj", self.loads, self.loads)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Rays of a restriction with the event study they are applied to.

    Attributes
    ----------
    base, slope : float64 array, shape (p, n, 1 + k)
        Each row applied to the effects (first column) and to their random parts.
    limit : float64 array, shape (n,)
    rays : float64 array, shape (j, n)
    towards : float64 array, shape (j,)
        Coefficient of the effect asked about in each ray, before studentisation.
    unit : float
        Standard error of the weighted effect.
    prunable : bool
        Whether values that no data can make the largest are left out.
    """

    base: Floats
    slope: Floats
    limit: Floats
    rays: Floats
    towards: Floats
    unit: float
    prunable: bool

    @classmethod
    def of(
        cls,
        restriction: Restriction,
        effects: Floats,
        covariance: Floats,
        before: int,
        weights: Floats,
        *,
        side: Side = "two",
        past: bool = False,
    ) -> Moments:
        """Put an event study into a restriction.

        Parameters
        ----------
        restriction : Restriction
        effects : array, shape (k,)
        covariance : array, shape (k, k)
        before : int
            Number of effects before the reference period.
        weights : array, shape (k - before,)
        side : {"two", "lower", "upper"}
            Values that speak against too small an effect only ("lower"), too large only ("upper").
        past : bool
            Whether rows on the past alone take part.

        Returns
        -------
        Moments
        """
        pieces = restriction.pieces(before, len(effects) - before)
        if not past:
            pieces = pieces.of_later_periods()
        later = pieces.base[0, :, before:]
        rays = extreme_rays(later, weights)
        kept = int(np.argmax(np.abs(weights)))
        towards = rays @ later[:, kept] / weights[kept]
        towards = np.where(np.abs(towards) <= _SMALL * np.abs(towards).max(), 0.0, towards)
        # Where `towards` is positive, a value is large when the effect supposed is too small.
        if side != "two":
            used = towards >= 0.0 if side == "lower" else towards <= 0.0
            rays, towards = rays[used], towards[used]
        seen = np.column_stack([effects, root_of(covariance)])
        total = float(np.sqrt(weights @ covariance[before:, before:] @ weights))
        prunable = (
            len(rays) > _MANY
            and not past
            and restriction.kind == "relative_magnitudes"
            and int(np.linalg.matrix_rank(covariance, hermitian=True)) == len(effects)
        )
        return cls(
            pieces.base @ seen, pieces.slope @ seen, pieces.limit, rays, towards, total, prunable
        )

    def at(self, m: float) -> Values:
        """Values when violations go up to `m`."""
        rows = self.base + m * self.slope
        spread = np.sqrt(np.einsum("pnk,pnk->pn", rows[:, :, 1:], rows[:, :, 1:]))
        size = spread @ self.rays.T
        found = np.matmul(self.rays, rows) / size[:, :, None]
        centre = found[:, :, 0] - m * (self.rays @ self.limit) / size
        values = Values(centre, self.towards / size, found[:, :, 1:])
        return _corners(values) if self.prunable else values


def _corners(values: Values) -> Values:
    """The values that can be the largest, by polyhedron; the first of them stands again as filling.

    Under relative magnitudes nothing but the effect asked about and one earlier move is left: every
    value is a linear function of these two numbers, whatever the data: the largest is at a corner of the polygon of
    their coefficients.
    """
    kept = []
    for loads in values.loads:
        axes = np.linalg.svd(loads, full_matrices=False)[2][:2]
        kept.append(_hull(loads @ axes.T))
    most = max(map(len, kept))
    index = np.array([[*own, *[own[0]] * (most - len(own))] for own in kept])
    return Values(
        np.take_along_axis(values.centre, index, axis=1),
        np.take_along_axis(values.slope, index, axis=1),
        np.take_along_axis(values.loads, index[:, :, None], axis=1),
    )


def _hull(points: Floats) -> list[int]:
    """Corners of the smallest polygon around points in the plane, shape (n, 2) (Andrew's chain)."""
    order: list[int] = np.lexsort((points[:, 1], points[:, 0])).tolist()
    x, y = points[:, 0].tolist(), points[:, 1].tolist()
    found: list[int] = []
    for way in (order, order[::-1]):
        chain: list[int] = []
        for k in way:
            while len(chain) > 1:
                a, b = chain[-2], chain[-1]
                turn = (x[b] - x[a]) * (y[k] - y[a]) - (y[b] - y[a]) * (x[k] - x[a])
                if turn > 0.0:
                    break
                chain.pop()
            chain.append(k)
        found += chain[:-1]
    return list(dict.fromkeys(found))


def root_of(covariance: Floats) -> Floats:
    """A matrix R with R R' = covariance, which may be singular, shape (k, k)."""
    values, vectors = np.linalg.eigh(covariance)
    found: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    return found
