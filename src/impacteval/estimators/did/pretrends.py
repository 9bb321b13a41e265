"""Do those served later move with the others before the service? Asked of untreated rows alone.

That the test uses none of the rows that the effect is measured on keeps the two apart: under equal
variances the estimate does not depend on whether the test was passed.

References
----------
Borusyak, Jaravel and Spiess (2024), Revisiting event-study designs: robust and efficient
estimation. *Review of Economic Studies* 91(6), section 4.4. doi:10.1093/restud/rdae007
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.estimators.did.averages import Scores, gather
from impacteval.estimators.did.cohorts import Cohorts
from impacteval.estimators.did.panel import Floats, Ints
from impacteval.estimators.did.untreated import Untreated
from impacteval.inference.absorbed import Absorbed, Block, absorb


@dataclass(frozen=True, eq=False)
class PreTrends:
    """Differences before the service, against everything earlier.

    Attributes
    ----------
    times : array, shape (k,)
        Times since the start, all negative, in order.
    effects : array, shape (k,)
        How much those served later lie above the model at each time.
    covariance : array, shape (k, k)
        Of the differences, robust to dependence within units or clusters.
    counts : array of int, shape (k,)
        Rows behind each.
    """

    times: Floats
    effects: Floats
    covariance: Floats
    counts: Ints

    @property
    def df(self) -> int:
        """How many differences can be told apart."""
        return int(np.linalg.matrix_rank(self.covariance, hermitian=True))

    @property
    def statistic(self) -> float:
        """Wald statistic of no difference at any time."""
        inverse = np.linalg.pinv(self.covariance, hermitian=True)
        return float(self.effects @ inverse @ self.effects)

    @property
    def p_value(self) -> float:
        """Its p-value, from the chi-squared distribution."""
        from scipy.special import chdtrc

        return float(chdtrc(self.df, self.statistic))


@dataclass(frozen=True, eq=False)
class PreFit:
    """A fit of untreated rows with differences before the service.

    Attributes
    ----------
    times : array, shape (k,)
        Times since the start whose differences are fitted.
    fit : Absorbed
        The fit.
    blocks : tuple of Block
        Its columns, for all rows; the differences come last.
    """

    times: Floats
    fit: Absorbed
    blocks: tuple[Block, ...]

    @property
    def which(self) -> Ints:
        """Places of the differences among the coefficients, shape (k,)."""
        width = len(self.fit.coefficients)
        return np.arange(width - len(self.times), width)

    @property
    def effects(self) -> Floats:
        """The differences, shape (k,)."""
        found: Floats = self.fit.coefficients[self.which]
        return found

    @property
    def steps(self) -> Floats:
        """What the differences move by with the normal equations' right side, shape (p, k)."""
        found: Floats = self.fit.inverse[:, self.which]
        return found

    def columns(self) -> Floats:
        """The columns spelled out, shape (n, p): for few rows."""
        found = []
        for block in self.blocks:
            own = np.eye(block.size + 1)[block.codes][:, : block.size]
            found += [own if f is None else own * f[:, None] for f in block.factors]
        return np.hstack(found)


def fit_pre_trends(model: Untreated, since: Floats, periods: int | None) -> PreFit | None:
    """Fit the largest number of differences before the service that the data tell apart.

    Parameters
    ----------
    model : Untreated
        The model of untreated outcomes.
    since : array, shape (G, T)
        Time since the start; NaN for those never served.
    periods : int or None
        How many periods just before the service; as many as the data tell apart by default.

    Returns
    -------
    PreFit or None
        None where there are too few periods before the service.
    """
    cohorts, panel = model.cohorts, model.panel
    rows = np.flatnonzero(model.untreated)
    early = np.where(cohorts.counts(model.untreated) > 0, since, np.nan)
    times = np.unique(early[early < 0.0])
    # The earliest time is what the others are measured against.
    most = len(times) - 1 if periods is None else min(periods, len(times) - 1)
    for count in range(most, 0, -1):
        used = times[-count:]
        place = np.full(cohorts.shape, count, dtype=np.int64)
        for k, time in enumerate(used):
            place[since == time] = k
        blocks = (*model.blocks, Block(place.ravel()[cohorts.cell], count))
        fit = absorb(
            panel.y[rows],
            None if panel.weight is None else panel.weight[rows],
            model.level[panel.unit[rows]],
            len(model.fit.weights),
            [block.take(rows) for block in blocks],
        )
        found = PreFit(used, fit, blocks)
        contrasts = np.zeros((count, len(fit.coefficients)))
        contrasts[np.arange(count), found.which] = 1.0
        if fit.determined(contrasts).all():
            return found
    return None


def pre_trends(model: Untreated, since: Floats, periods: int | None) -> PreTrends | None:
    """Differences before the service of those served later, with their covariance.

    Parameters and None as in `fit_pre_trends`.
    """
    found = fit_pre_trends(model, since, periods)
    if found is None:
        return None
    cohorts, panel = model.cohorts, model.panel
    residuals = np.zeros(len(panel.y))
    rows = np.flatnonzero(model.untreated)
    residuals[rows] = found.fit.residuals * model.weight[rows]
    products = covariance(cohorts, found.blocks, model, residuals, found.fit, found.steps)
    cells = cohorts.counts(model.untreated)
    counts = np.array([int(cells[since == time].sum()) for time in found.times])
    return PreTrends(found.times, found.effects, products, counts)


def covariance(
    cohorts: Cohorts,
    blocks: tuple[Block, ...],
    model: Untreated,
    residuals: Floats,
    fit: Absorbed,
    steps: Floats,
) -> Floats:
    """Cluster-robust covariance of combinations of coefficients, shape (k, k).

    Parameters
    ----------
    cohorts, blocks, model
        The rows and columns of the fit.
    residuals : array, shape (n,)
        Weight times residual; zero in rows outside the fit.
    fit : Absorbed
        The fit.
    steps : array, shape (p, k)
        What each combination moves by with the right side of the normal equations.
    """
    scores = Scores(cohorts, blocks, model.untreated, residuals)
    none = np.zeros(0, dtype=np.int64)

    def part(g: int, units: Ints, own: Ints, size: int) -> tuple[Floats, Floats]:
        block = scores.along(g, units, own, size, steps)
        if model.effects == "cohort":
            sums = scores.sums(g, units, own, size)
            block -= sums[:, None] * (fit.column_means[g] @ steps)
        return block, np.zeros((size, 0))

    return gather(cohorts, steps.shape[1], none, part).products
