"""A roll-out as a table of groups and periods, and the changes its effect is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.few_groups.placebos import Loads, loads_of
from impacteval.inference.few_groups.spread import SizeVariance, variance_by_size

# Digits to which weights on the periods are the same: below are roundings of one fraction.
DIGITS = 12


@dataclass(frozen=True, eq=False)
class Rollout:
    """Groups of which some are served from some period on.

    Attributes
    ----------
    y : array, shape (g, t)
        Mean outcome of each group in each period.
    start : array of int, shape (g,)
        First served period, t for never. Two groups at least are never served.
    mass : array, shape (g, t)
        What each cell counts for.
    inverse : array, shape (g, t), or None
        One over the number of people behind each cell, where it is known.
    """

    y: Floats
    start: Ints
    mass: Floats
    inverse: Floats | None = None

    @property
    def n_periods(self) -> int:
        """Number of periods, t."""
        return int(self.y.shape[1])

    @cached_property
    def real(self) -> Ints:
        """The groups that were served, shape (s,): one place each."""
        return np.flatnonzero(self.start < self.n_periods)

    @cached_property
    def never(self) -> Ints:
        """The groups that were not."""
        return np.flatnonzero(self.start == self.n_periods)

    @cached_property
    def served(self) -> Floats:
        """One where a group is served, else zero, shape (g, t)."""
        on = np.arange(self.n_periods) >= self.start[:, None]
        return on.astype(np.float64)

    @cached_property
    def shares(self) -> Floats:
        """Weight of each group in means of those not served: its average over the periods.

        Fixed over time, so that groups of different levels that grow or shrink are no trend.
        """
        found: Floats = self.mass.mean(axis=1)
        return found

    def nulls(self, *, relative: bool) -> tuple[Floats, Floats]:
        """Untreated outcomes under the null as ``u - x v``, each of shape (g, t).

        `x` is a constant effect, or with `relative` the factor that turns an outcome with the
        service into one without it.
        """
        on = self.served
        if relative:
            return self.y * (1.0 - on), -self.y * on
        return self.y, on

    def places(self, period: int | None = None) -> tuple[Ints, Loads]:
        """The served, and how their outcomes make changes; weights stay with the place.

        Parameters
        ----------
        period : int, optional
            Only what is seen in that period, in which a place not served yet counts for nothing;
            else all served periods of each group, each by its mass.
        """
        real = self.real
        rows, sizes = zip(*(self._place(g, int(self.start[g]), period) for g in real), strict=True)
        distinct, row = _distinct(np.array(rows))
        wide = (len(real), len(self.y))
        return real, Loads(
            distinct,
            np.broadcast_to(row[:, None], wide),
            np.broadcast_to(np.array(sizes)[:, None], wide),
        )

    def moving(self, period: int | None = None) -> tuple[Ints, Loads]:
        """The same where whoever stands in a place brings its own weights, as if it were served."""
        real, groups = self.real, range(len(self.y))
        starts, place = np.unique(self.start[real], return_inverse=True)
        made = [self._place(g, start, period) for start in starts.tolist() for g in groups]
        rows, sizes = zip(*made, strict=True)
        distinct, row = _distinct(np.array(rows))
        shape = (len(starts), len(self.y))
        return real, Loads(distinct, row.reshape(shape)[place], np.reshape(sizes, shape)[place])

    def _place(self, group: int, start: int, period: int | None) -> tuple[Floats, float]:
        """Weights on the periods of a group served from `start` on, and what it counts for."""
        post = self.mass[group, start:]
        if period is not None:
            if period < start:
                return np.zeros(self.n_periods), 0.0
            post = np.where(np.arange(start, self.n_periods) == period, post, 0.0)
        return loads_of(start, post), float(post.sum())

    def variances(self, loads: Loads, *, by_size: bool) -> tuple[SizeVariance, ...]:
        """Variance of the change of each row among the groups never served."""
        never, shares = self.never, self.shares[self.never]
        return tuple(
            variance_by_size(
                self.y[never] @ load,
                shares / shares.sum(),
                self.inverse[never] @ load**2 if by_size and self.inverse is not None else None,
            )
            for load in loads.loads
        )

    def variance_table(self, loads: Loads, found: tuple[SizeVariance, ...]) -> Floats:
        """Variance of the change of each row in each group, shape (r, g)."""
        sizes = np.zeros_like(self.y) if self.inverse is None else self.inverse
        return np.stack([v.of(sizes @ load**2) for v, load in zip(found, loads.loads, strict=True)])

    def std_error(self, *, by_size: bool) -> float:
        """Standard error of the effect, from how changes vary between the groups never served."""
        real, loads = self.places()
        (row,), (part,) = loads.of(real[None])
        table = self.variance_table(loads, self.variances(loads, by_size=by_size))
        # What the mean of the others adds: their change over the periods that the places load on.
        whole = Loads((part @ loads.loads[row])[None], loads.row, loads.size)
        shares = self.shares[self.never] / self.shares[self.never].sum()
        compared = self.variance_table(whole, self.variances(whole, by_size=by_size))[0]
        own = part**2 @ table[row, real]
        return float(np.sqrt(own + shares**2 @ compared[self.never]))


def _distinct(rows: Floats) -> tuple[Floats, Ints]:
    """Rows that differ, and which of them each row is."""
    _, first, place = np.unique(
        np.round(rows, DIGITS), axis=0, return_index=True, return_inverse=True
    )
    return rows[first], place.ravel().astype(np.int64)
