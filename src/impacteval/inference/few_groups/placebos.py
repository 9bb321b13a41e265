r"""What difference-in-differences would have shown had other groups been served.

The estimate is a sum over places: the change of the group that stands in a place, from all its
periods before to its weighted periods since, less the mean change of the groups that stand in
none, over the same periods. Under a null `x` the untreated outcomes are ``u - x v``, so that every
such sum is a straight line in `x` (and its squared error a parabola): one table of changes answers
for all nulls and all placements at once. Whole paths of outcomes are moved about, so that they may
be correlated over time in any way.

References
----------
Conley and Taber (2011), Inference with "difference in differences" with a small number of policy
changes. *Review of Economics and Statistics* 93(1). doi:10.1162/REST_a_00049
Ferman and Pinto (2019), Inference in differences-in-differences with few treated groups and
heteroskedasticity. *Review of Economics and Statistics* 101(3). doi:10.1162/rest_a_00759
MacKinnon and Webb (2020), Randomization inference for difference-in-differences with few treated
clusters. *Journal of Econometrics* 218(2). doi:10.1016/j.jeconom.2020.04.024
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.few_groups.placements import Placements

# Numbers of one kind that are held at a time: 8 MB.
HELD = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Loads:
    """How outcomes over time make a change, for each place and each group that may stand in it.

    Attributes
    ----------
    loads : array, shape (r, t)
        Weights on the periods; each row sums to zero.
    row : array of int, shape (s, g)
        Row that belongs to a place when a group stands in it.
    size : array, shape (s, g)
        What a place counts for in the effect when a group stands in it, up to a factor.
    """

    loads: Floats
    row: Ints
    size: Floats

    def of(self, groups: Ints) -> tuple[Ints, Floats]:
        """Rows of the placements `groups`, shape (m, s), and what each place counts for.

        The counts of a placement sum to one.
        """
        places = np.arange(groups.shape[1])
        size = self.size[places, groups]
        return self.row[places, groups], size / size.sum(axis=1, keepdims=True)


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Each placement's effect as a function of the null: ``level - x slope``.

    Attributes
    ----------
    level, slope : array, shape (m,)
    square : array, shape (3, m), or None
        Its squared error is ``square[0] - 2 x square[1] + x^2 square[2]``.
    """

    level: Floats
    slope: Floats
    square: Floats | None = None


def loads_of(start: int, post: Floats) -> Floats:
    """Weights on the periods of one group's change.

    Parameters
    ----------
    start : int
        Place of the first served period; one at least comes before it.
    post : array, shape (t - start,)
        What each served period counts for.

    Returns
    -------
    array, shape (t,)
        Weighted mean since less the plain mean before.

    Examples
    --------
    >>> loads_of(2, np.array([1.0, 3.0])).tolist()
    [-0.5, -0.5, 0.25, 0.75]
    """
    return np.concatenate([np.full(start, -1.0 / start), post / post.sum()])


def placebo_lines(
    u: Floats,
    v: Floats,
    loads: Loads,
    shares: Floats,
    placed: Placements | Ints,
    *,
    variance: Floats | None = None,
    real: Ints | None = None,
    studentised: bool = False,
) -> Lines:
    """The effect of each placement, as a line in the null.

    Parameters
    ----------
    u, v : array, shape (g, t)
        Untreated outcomes under the null are ``u - x v``.
    loads : Loads
    shares : array, shape (g,)
        Weight of each group in the mean of those that stand in no place.
    placed : Placements, or array of int, shape (m, s)
    variance : array, shape (r, g), optional
        Variance of each row's change in each group. Then each change is rescaled to the error
        that the group really served in that place has.
    real : array of int, shape (s,), optional
        The groups really served; needed with `variance`.
    studentised : bool
        Whether to compute the squared errors: sums over places of the squared distance from the
        mean effect, and over the other groups from their mean change, each with n/(n - 1). Two
        places at least.

    Returns
    -------
    Lines

    Examples
    --------
    Three groups and two periods; the first group is served, then each of the others would have
    been:

    >>> u = np.array([[1.0, 5.0], [2.0, 3.0], [0.0, 2.0]])
    >>> v = np.array([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    >>> one = Loads(np.array([[-1.0, 1.0]]), np.zeros((1, 3), dtype=np.int64), np.ones((1, 3)))
    >>> found = placebo_lines(u, v, one, np.ones(3), np.array([[0], [1], [2]]))
    >>> found.level.tolist(), found.slope.tolist()
    ([2.5, -2.0, -0.5], [1.0, -0.5, -0.5])
    """
    groups = placed.groups if isinstance(placed, Placements) else placed
    work = _Work(u, v, loads, shares, variance, real, studentised)
    step = max(1, HELD // max(u.shape[0], len(loads.loads)))
    found = [work.of(groups[k : k + step]) for k in range(0, len(groups), step)]
    square = None
    if studentised:
        square = np.concatenate([f.square for f in found if f.square is not None], axis=1)
    return Lines(
        np.concatenate([f.level for f in found]),
        np.concatenate([f.slope for f in found]),
        square,
    )


class _Work:
    """The table of changes, and what each block of placements makes of it."""

    def __init__(
        self,
        u: Floats,
        v: Floats,
        loads: Loads,
        shares: Floats,
        variance: Floats | None,
        real: Ints | None,
        studentised: bool,
    ) -> None:
        self.loads, self.shares, self.studentised = loads, shares, studentised
        # Changes of each row in each group, untreated parts first: shape (2, r, g).
        self.changes = np.stack([loads.loads @ u.T, loads.loads @ v.T])
        self.variance = variance
        self.target: Floats | None = None
        if variance is not None:
            assert real is not None  # the docstring asks for it; for mypy
            row, _ = loads.of(real[None])
            self.target = self._spread(real[None], row, self._others(real[None]))[0]

    def _others(self, groups: Ints) -> Floats:
        """Weight of each group in the mean of those that stand in no place, shape (m, g)."""
        found = np.broadcast_to(self.shares, (len(groups), self.shares.size)).copy()
        np.put_along_axis(found, groups, 0.0, axis=1)
        found /= found.sum(axis=1, keepdims=True)
        return found

    def _spread(self, groups: Ints, row: Ints, others: Floats) -> Floats:
        """Variance of the change in each place less the mean change of the others, shape (m, s)."""
        assert self.variance is not None
        compared = np.take_along_axis(others**2 @ self.variance.T, row, axis=1)
        found: Floats = self.variance[row, groups] + compared
        return found

    def of(self, groups: Ints) -> Lines:
        """Level, slope and squares of a block of placements."""
        row, part = self.loads.of(groups)
        others = self._others(groups)
        scale = part
        if self.target is not None:
            spread = self._spread(groups, row, others)
            # A group without any variance of its own gives no measure of another's.
            some = spread > 0.0
            scale = part * np.sqrt(np.where(some, self.target / np.where(some, spread, 1.0), 1.0))
        effect = np.stack(
            [c[row, groups] - np.take_along_axis(others @ c.T, row, axis=1) for c in self.changes]
        )
        level, slope = (scale * effect).sum(axis=-1)
        square = self._squares(groups, row, part, others, effect) if self.studentised else None
        return Lines(level, slope, square)

    def _squares(
        self, groups: Ints, row: Ints, part: Floats, others: Floats, effect: Floats
    ) -> Floats:
        """Coefficients of the squared error of each placement, shape (3, m)."""
        (m, places), n = groups.shape, self.shares.size - groups.shape[1]
        middle = (part * effect).sum(axis=-1, keepdims=True)
        served = np.sqrt(places / (places - 1.0)) * part * (effect - middle)
        # The change of every group over the periods that the places load on, on average.
        mixed = np.zeros((m, len(self.loads.loads)))
        for k in range(places):
            mixed[np.arange(m), row[:, k]] += part[:, k]
        change = np.stack([mixed @ c for c in self.changes])
        away = change - (others * change).sum(axis=-1, keepdims=True)
        compared = np.sqrt(n / (n - 1.0)) * others * away
        (a, b), (c, d) = served, compared
        return np.stack(
            [
                (a * a).sum(axis=1) + (c * c).sum(axis=1),
                (a * b).sum(axis=1) + (c * d).sum(axis=1),
                (b * b).sum(axis=1) + (d * d).sum(axis=1),
            ]
        )
