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
    size : array, shape (r,)
        What a change of that row counts for; the sum over the places is divided by.
    row : array of int, shape (s, g)
        Row that belongs to a place when a group stands in it.
    """

    loads: Floats
    size: Floats
    row: Ints


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
    >>> one = Loads(np.array([[-1.0, 1.0]]), np.ones(1), np.zeros((1, 3), dtype=np.int64))
    >>> found = placebo_lines(u, v, one, np.ones(3), np.array([[0], [1], [2]]))
    >>> found.level.tolist(), found.slope.tolist()
    ([2.5, -2.0, -0.5], [1.0, -0.5, -0.5])
    """
    groups = placed.groups if isinstance(placed, Placements) else placed
    work = _Work(u, v, loads, shares, variance, real, studentised)
    width = max(groups.shape[1] ** 2, studentised * groups.shape[1] * u.shape[0])
    step = max(1, HELD // width)
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
        self.total = float(shares.sum())
        # Changes of each row in each group, untreated parts first: shape (2, r, g).
        self.changes = np.stack([loads.loads @ u.T, loads.loads @ v.T])
        self.mean = self.changes @ shares
        self.variance = variance
        self.target: Floats | None = None
        if variance is not None:
            assert real is not None  # the docstring asks for it; for mypy
            self.spread = variance @ shares**2
            self.target = self._spread(real[None], *self._gathered(real[None]))[0]

    def _gathered(self, groups: Ints) -> tuple[Ints, Floats]:
        """Row of each place, shape (m, s), and weight of the groups in none, shape (m, 1)."""
        row = self.loads.row[np.arange(groups.shape[1]), groups]
        return row, self.total - self.shares[groups].sum(axis=1, keepdims=True)

    def _spread(self, groups: Ints, row: Ints, rest: Floats) -> Floats:
        """Variance of the change in each place less the mean change of the others, shape (m, s)."""
        assert self.variance is not None
        inside = self.variance[row[:, :, None], groups[:, None, :]]
        out = self.spread[row] - (inside @ (self.shares[groups] ** 2)[..., None])[..., 0]
        found: Floats = self.variance[row, groups] + np.maximum(out, 0.0) / rest**2
        return found

    def of(self, groups: Ints) -> Lines:
        """Level, slope and squares of a block of placements."""
        row, rest = self._gathered(groups)
        size = self.loads.size[row]
        part = size / size.sum(axis=1, keepdims=True)
        scale = part
        if self.target is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.sqrt(self.target / self._spread(groups, row, rest))
            # A group without any variance of its own gives no measure of another's.
            scale = part * np.where(np.isfinite(ratio), ratio, 1.0)
        own = self.changes[:, row, groups]
        inside = self.changes[:, row[:, :, None], groups[:, None, :]]
        left = self.mean[:, row] - (inside @ self.shares[groups][..., None])[..., 0]
        effect = own - left / rest
        level, slope = (scale * effect).sum(axis=-1)
        square = self._squares(groups, row, rest, part, effect) if self.studentised else None
        return Lines(level, slope, square)

    def _squares(
        self, groups: Ints, row: Ints, rest: Floats, part: Floats, effect: Floats
    ) -> Floats:
        """Coefficients of the squared error of each placement, shape (3, m)."""
        places, others = groups.shape[1], self.shares.size - groups.shape[1]
        middle = (part * effect).sum(axis=-1, keepdims=True)
        served = np.sqrt(places / (places - 1.0)) * part * (effect - middle)
        # Change of every group over the periods that the places load on, on average.
        change = np.einsum("ms,kmsg->kmg", part, self.changes[:, row])
        weight = np.broadcast_to(self.shares, change.shape[1:]).copy()
        np.put_along_axis(weight, groups, 0.0, axis=1)
        weight /= rest
        away = change - (weight * change).sum(axis=-1, keepdims=True)
        compared = np.sqrt(others / (others - 1.0)) * weight * away
        (a, b), (c, d) = served, compared
        return np.stack(
            [
                (a * a).sum(axis=1) + (c * c).sum(axis=1),
                (a * b).sum(axis=1) + (c * d).sum(axis=1),
                (b * b).sum(axis=1) + (d * d).sum(axis=1),
            ]
        )
