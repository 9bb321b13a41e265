"""The order of a lot's rows: by what they hold, so that it is the same however they came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import lexical_order, stable_order

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LotRows:
    """The rows of a lot as they came.

    Attributes
    ----------
    y : array, shape (k, n)
        One row an outcome.
    x : array, shape (c, n)
        One row a covariate.
    treatment, stratum : array of int, shape (n,)
    weight, size : array, shape (n,)
        Weight of each row in the means; how much of the population it stands for.
    unit : array of int, shape (n,), or None
        The cluster of each row, from 0, where clusters were assigned.
    """

    y: Floats
    x: Floats
    treatment: Ints
    stratum: Ints
    weight: Floats
    size: Floats
    unit: Ints | None

    def ordered(self) -> tuple[Ints, Ints]:
        """The order of the rows, and the unit assigned of each in that order.

        Units stand stratum after stratum, comparison before programme. Beyond that rows are
        ordered by their outcomes, weights, sizes and covariates; clusters by their weight and by
        the sums of outcomes and covariates over them.

        Returns
        -------
        order, unit : array of int, shape (n,)
        """
        held = [*self.y, self.weight, self.size, *self.x]
        if self.unit is None:
            cell = 2 * self.stratum + self.treatment
            order = lexical_order([cell, *held])
            return order, np.arange(order.size)
        # Rows of a cluster lie in one cell. Sums over them in the order of what they hold are the
        # same to the last digit, whatever came first.
        order = lexical_order(held)
        unit = self.unit[order]
        count = int(unit.max()) + 1
        weight = self.weight[order]
        totals = [
            np.bincount(unit, weights=weight * k[order], minlength=count)
            for k in (*self.y, *self.x)
        ]
        first = np.zeros(count, dtype=np.int64)
        first[unit] = order
        people = np.bincount(unit, weights=weight, minlength=count)
        keys = [self.stratum[first], self.treatment[first], people, *totals]
        rank = np.empty(count, dtype=np.int64)
        rank[np.lexsort(keys[::-1])] = np.arange(count)
        place = rank[unit]
        within = stable_order(place)
        return order[within], place[within]
