r"""How a comparison would have come out under every other assignment.

Under a sharp null every unit's untreated outcome is known: it is ``u - x v`` for a null that lies
`x` away from the estimate. Each statistic is then a polynomial in `x` whose coefficients are sums
over the units assigned, so one product of the assignments with a few columns answers for all
nulls at once.

References
----------
Fisher (1935), *The Design of Experiments*. Oliver and Boyd.
Freedman and Lane (1983), A nonstochastic interpretation of reported significance levels.
*Journal of Business & Economic Statistics* 1(4). doi:10.1080/07350015.1983.10509354
Wu and Ding (2021), Randomization tests for weak null hypotheses in randomized experiments.
*Journal of the American Statistical Association* 116(536). doi:10.1080/01621459.2020.1750415
Imai, King and Nall (2009), The essential role of pair matching in cluster-randomized experiments.
*Statistical Science* 24(1). doi:10.1214/08-STS274
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.assignments import Zeros

# Numbers that are converted at a time: 2 MB, so that they stay near the processor's cache.
WARM = 250_000


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """The units that were assigned, stratum after stratum, with what they hold.

    Attributes
    ----------
    sizes : array of int, shape (s,)
        Units of each stratum.
    shares : array, shape (s,)
        Weight of each stratum; they sum to one.
    weight : array, shape (g,)
        Weight of each unit (for a cluster, the sum of its members').
    level, slope : array, shape (k, g)
        Weighted sums of ``u`` and of ``v`` in each unit, one row an outcome.
    """

    sizes: Ints
    shares: Floats
    weight: Floats
    level: Floats
    slope: Floats

    @property
    def alike(self) -> bool:
        """Whether all units weigh the same, so that an arm's weight is its count."""
        return bool(np.all(self.weight == self.weight[0]))


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """Every assignment's statistic as a polynomial in the distance `x` from the estimate.

    The difference of the arms is ``level - x slope``; its squared standard error is
    ``square[0] - 2 x square[1] + x^2 square[2]``.

    Attributes
    ----------
    level, slope : array, shape (k, m)
    square : array, shape (k, 3, m), or None
        None where no standard error was asked for.
    """

    level: Floats
    slope: Floats
    square: Floats | None

    def differences(self, x: Floats) -> Floats:
        """The differences of the arms at one null an outcome, shape (k, m)."""
        return self.level - x[:, None] * self.slope

    def squares(self, x: Floats) -> Floats:
        """The squared standard errors at one null an outcome, shape (k, m)."""
        assert self.square is not None  # asked only where they were computed; for mypy
        a, b, c = (self.square[:, i] for i in range(3))
        found: Floats = np.maximum(a - 2.0 * x[:, None] * b + x[:, None] ** 2 * c, 0.0)
        return found

    def statistics(self, x: Floats) -> Floats:
        """The test statistics at one null an outcome, shape (k, m); zero where nothing varies."""
        top = self.differences(x)
        if self.square is None:
            return top
        root = np.sqrt(self.squares(x))
        return np.divide(top, root, out=np.zeros_like(top), where=root > 0.0)


def coefficients(
    assigned: Assigned,
    blocks: Iterable[Zeros],
    *,
    studentised: bool,
    counts: Ints | None = None,
    paired: bool = False,
) -> Coefficients:
    """The coefficients of every assignment in `blocks`.

    Strata are averaged by their shares, whatever the share of each that is assigned. The standard
    error is Neyman's in each stratum, for clusters and weighted units that of a ratio. Over
    matched pairs it is not needed: the sum of squares of the pairs' differences is the same under
    every assignment, so that the studentised difference orders assignments as the difference does.

    Parameters
    ----------
    assigned : Assigned
        The units; `level` and `slope` are best centred within strata.
    blocks : iterable of array of uint8, shape (m, g)
        Assignments.
    studentised : bool
        Whether to compute the standard errors.
    counts : array of int, shape (s,), optional
        Units of each stratum in the programme where it is the same in all assignments.
    paired : bool
        Whether every stratum is a pair with one unit in the programme.

    Returns
    -------
    Coefficients

    Examples
    --------
    >>> y = np.array([[10.0, 5.0, 16.0, 3.0]])
    >>> units = Assigned(np.array([4]), np.ones(1), np.ones(4), y, np.zeros((1, 4)))
    >>> z = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], dtype=np.uint8)
    >>> coefficients(units, [z], studentised=False).level.tolist()
    [[-2.0, 9.0]]
    """
    linear = paired or (not studentised and assigned.alike and counts is not None)
    work: _Linear | _Work
    work = _Linear(assigned, counts, paired) if linear else _Work(assigned, studentised, counts)
    found = [work.of(block) for block in blocks if len(block)]
    square = None
    if studentised and not linear:
        square = np.concatenate([f[2] for f in found if f[2] is not None], axis=-1)
    return Coefficients(
        np.concatenate([f[0] for f in found], axis=-1),
        np.concatenate([f[1] for f in found], axis=-1),
        square,
    )


def _sums(block: Zeros, columns: Floats, spans: list[tuple[int, int]]) -> Floats:
    """Sums of the columns over the programme in each stratum, shape (s, m, c)."""
    found = np.empty((len(spans), len(block), columns.shape[1]))
    step = max(1, WARM // block.shape[1])
    buffer = np.empty((min(step, len(block)), block.shape[1]))
    for first in range(0, len(block), step):
        rows = block[first : first + step]
        z = buffer[: len(rows)]
        np.copyto(z, rows)
        for s, (a, b) in enumerate(spans):
            np.matmul(z[:, a:b], columns[a:b], out=found[s, first : first + step])
    return found


def _distinct(slope: Floats) -> Floats:
    """One row where all outcomes share their slope: it is summed once."""
    return slope[:1] if bool(np.all(slope == slope[:1])) else slope


class _Linear:
    """Differences of the arms as one product, where the weights of the arms are fixed."""

    def __init__(self, assigned: Assigned, counts: Ints | None, paired: bool) -> None:
        sizes, shares, weight = assigned.sizes, assigned.shares, assigned.weight
        both = np.concatenate([assigned.level, _distinct(assigned.slope)])
        self.k = len(assigned.level)
        stratum = np.repeat(np.arange(sizes.size), sizes)
        if paired:
            mean = both / weight
            other = mean.reshape(len(both), -1, 2)[:, :, ::-1].reshape(both.shape)
            self.columns = np.ascontiguousarray((shares[stratum] * (mean - other)).T)
            self.constant = np.zeros(len(both))
        else:
            assert counts is not None  # the caller looked; for mypy
            in_arm, rest = counts * weight[0], (sizes - counts) * weight[0]
            factor = shares * (1.0 / in_arm + 1.0 / rest)
            self.columns = np.ascontiguousarray((factor[stratum] * both).T)
            self.constant = ((shares / rest)[stratum] * both).sum(axis=1)
        self.spans = [(0, weight.size)]

    def of(self, block: Zeros) -> tuple[Floats, Floats, None]:
        """Levels and slopes of a block, the assignments last."""
        found = (_sums(block, self.columns, self.spans)[0] - self.constant).T
        level = found[: self.k]
        return level, np.broadcast_to(found[self.k :], level.shape), None


class _Work:
    """Columns made once; sums, means and squares of each block of assignments."""

    def __init__(self, assigned: Assigned, studentised: bool, counts: Ints | None) -> None:
        self.assigned, self.studentised = assigned, studentised
        u, v, w = assigned.level, assigned.slope, assigned.weight
        self.k = len(u)
        self.v = _distinct(v)
        self.plain = assigned.alike and counts is not None
        self.counts = counts
        columns = [u, self.v]
        if studentised:
            columns += [u * u, u * self.v, self.v * self.v]
        if not self.plain:
            columns += [w[None], np.ones_like(w)[None]]
            if studentised:
                columns += [u * w, self.v * w, (w * w)[None]]
        ends_at = np.cumsum([len(c) for c in columns]).tolist()
        self.parts = [slice(b - len(c), b) for b, c in zip(ends_at, columns, strict=True)]
        self.columns = np.ascontiguousarray(np.concatenate(columns).T)
        ends = np.cumsum(assigned.sizes)
        self.spans = list(zip((ends - assigned.sizes).tolist(), ends.tolist(), strict=True))
        self.totals = [self.columns[a:b].sum(axis=0) for a, b in self.spans]

    def of(self, block: Zeros) -> tuple[Floats, Floats, Floats | None]:
        """Levels, slopes and squares of a block, each with the assignments last."""
        sums = _sums(block, self.columns, self.spans)
        m, k = len(block), self.k
        level, slope = np.zeros((m, k)), np.zeros((m, len(self.v)))
        square = np.zeros((3, m, k)) if self.studentised else None
        for s, inside in enumerate(sums):
            share = float(self.assigned.shares[s])
            for sign, each in ((1.0, inside), (-1.0, self.totals[s] - inside)):
                self._arm(s, sign, share, each, level, slope, square)
        wide = np.broadcast_to(slope, (m, k))
        return level.T, wide.T, None if square is None else square.transpose(2, 0, 1)

    def _arm(
        self,
        s: int,
        sign: float,
        share: float,
        sums: Floats,
        level: Floats,
        slope: Floats,
        square: Floats | None,
    ) -> None:
        """Add what one arm of one stratum brings."""
        part = iter([sums[:, span] for span in self.parts])
        u, v = next(part), next(part)
        squares = [next(part) for _ in range(3)] if square is not None else []
        if self.plain:
            assert self.counts is not None  # plain says so; for mypy
            size = int(self.counts[s])
            size = size if sign > 0 else int(self.assigned.sizes[s]) - size
            weight: Floats | float = size * float(self.assigned.weight[0])
            number: Floats | float = float(size)
        else:
            weight, number = next(part), next(part)
        mean_u, mean_v = u / weight, v / weight
        level += (sign * share) * mean_u
        slope += (sign * share) * mean_v
        if square is None:
            return
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = share**2 * number / (number - 1.0) / weight**2
        uu, uv, vv = squares
        if self.plain:
            uu, uv, vv = uu - u * (u / number), uv - u * (v / number), vv - v * (v / number)
        else:
            uw, vw, ww = next(part), next(part), next(part)
            uu = uu - 2.0 * mean_u * uw + mean_u**2 * ww
            uv = uv - mean_u * vw - mean_v * uw + mean_u * mean_v * ww
            vv = vv - 2.0 * mean_v * vw + mean_v**2 * ww
        square[0] += factor * uu
        square[1] += factor * uv
        square[2] += factor * vv
