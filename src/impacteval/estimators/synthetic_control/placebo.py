"""Placebo tests: what the method would have found had other places been served.

Every place is mixed from all others, with the effect tested taken out of the served ones wherever
they stand. Under that hypothesis all places are treated alike, so that the rank of the real
placement among all placements is uniform if chance said who was served.

References
----------
Abadie, Diamond and Hainmueller (2010), Synthetic control methods for comparative case studies.
*Journal of the American Statistical Association* 105(490). doi:10.1198/jasa.2009.ap08746
Firpo and Possebom (2018), Synthetic control method: inference, sensitivity analysis and confidence
sets. *Journal of Causal Inference* 6(2). doi:10.1515/jci-2016-0026
Cavallo, Galiani, Noy and Pantano (2013), Catastrophic natural disasters and economic growth.
*Review of Economics and Statistics* 95(5): averages over several served places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates import StepFunction, TestInversion
from impacteval.estimators.synthetic_control.effect import shares
from impacteval.estimators.synthetic_control.fits import Fitter, everyone_else
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.inference.few_groups import placements
from impacteval.inference.placebo_ranks import PlaceboGaps
from impacteval.values import Tail

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Statistic = Literal["rmspe-ratio", "signed-ratio"]

# Beneath this a hypothesis moves the realised statistic so little that it cannot be told from
# another: the served places are mixed from each other.
BLIND = 1e-6
# Places fitted at a time: memory grows with the table of outcomes, not with its square.
TOGETHER = 256
# Cells of paths that are shown, one row each; of larger panels the table is left out.
SHOWN = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Placebos:
    """Every place against its mix of all others, and the placements that are compared.

    Attributes
    ----------
    panel : Panel
    share : array, shape (N, T)
        What each served place's periods count for in the mean effect.
    first : int
        Periods before anyone was served.
    gap : array, shape (U, T)
        Observed minus mixed.
    slope : array, shape (U, T)
        By how much a gap falls when an effect of one is taken out of the served.
    before : array, shape (U,)
        Root mean square gap before anyone was served; zero where a place is met exactly.
    units : array of int, shape (k, N)
        Which unit stands in the place of each served one.
    every : bool
        Whether these are all placements there are, the real one among them.
    max_pre_fit : float or None
        How many times the real one's miss from before a placement may have.
    """

    panel: Panel
    share: Floats
    first: int
    gap: Floats
    slope: Floats
    before: Floats
    units: Ints
    every: bool
    max_pre_fit: float | None

    @property
    def own_before(self) -> float:
        """Root mean square of the served places' mean gap from before."""
        return float(self._before(self.panel.served[None])[0])

    @property
    def kept(self) -> Bools:
        """Placements that are compared: those whose miss from before is not too large, shape (k,)."""
        before = self._before(self.units)
        if self.max_pre_fit is None:
            return np.ones(len(before), dtype=bool)
        found: Bools = before <= self.max_pre_fit * self.own_before * (1.0 + 1e-12)
        return found

    @property
    def compared(self) -> int:
        """Placements in the p-value, the real one among them."""
        return int(self.kept.sum()) + (not self.every)

    @property
    def tells(self) -> bool:
        """Whether ratios exist and move with the hypothesis.

        They do not where the served are met exactly, or are mixed from each other alone.
        """
        own = self._gaps(self.panel.served[None], self.share)
        return self.own_before > 0.0 and float(own[1][0] @ own[2]) > BLIND

    def ranks(self, period: int | None = None) -> PlaceboGaps:
        """The gaps that are ranked: of all periods that count, or of one alone.

        Parameters
        ----------
        period : int, optional
            Place of the period.
        """
        share = self.share
        if period is not None:
            share = np.where(np.arange(share.shape[1]) == period, share, 0.0)
            share = share / share.sum()
        real = self.panel.served[None]
        level, slope, counts = self._gaps(real, share)
        units = self.units[self.kept]
        other_level, other_slope, _ = self._gaps(units, share)
        return PlaceboGaps(
            (level[0], slope[0], float(self._before(real)[0])),
            other_level,
            other_slope,
            self._before(units),
            counts,
        )

    def distribution(self, statistic: Statistic, period: int | None = None) -> TestInversion:
        """The p-value of every constant effect."""
        ranks, always = self.ranks(period), int(not self.every)
        label = f"placebo test, {self.compared} placements"
        if statistic == "rmspe-ratio":
            return TestInversion(ranks.ratio(always=always), label=label)
        found = ranks.signed(always=always)
        return TestInversion(found[Tail.TWO], found[Tail.GREATER], found[Tail.LESS], label=label)

    def _gaps(self, units: Ints, share: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean gaps and slopes by time since the start, shapes (k, e), and what each counts for.

        Parameters
        ----------
        units : array of int, shape (k, N)
        share : array, shape (N, T)
        """
        start = self.panel.start[self.panel.served]
        last = self.panel.n_periods
        since = last - int(start.min())
        by_time = np.zeros((len(start), since))
        for i, first in enumerate(start.tolist()):
            by_time[i, : last - first] = share[i, first:]
        counts = by_time.sum(axis=0)
        held = counts > 0.0
        level, slope = np.zeros((2, len(units), since))
        for i, first in enumerate(start.tolist()):
            part = by_time[i, : last - first]
            level[:, : last - first] += part * self.gap[units[:, i], first:]
            slope[:, : last - first] += part * self.slope[units[:, i], first:]
        return level[:, held] / counts[held], slope[:, held] / counts[held], counts[held]

    def _before(self, units: Ints) -> Floats:
        """Root mean square of the mean gap before anyone was served, shape (k,)."""
        if units.shape[1] == 1:
            found: Floats = self.before[units[:, 0]]
            return found
        part = self.share.sum(axis=1)
        gap = self.gap[:, : self.first]
        mean = np.zeros((len(units), gap.shape[1]))
        for i in range(units.shape[1]):
            mean += part[i] * gap[units[:, i]]
        miss = np.sqrt((mean**2).mean(axis=1))
        exact = (self.before[units] == 0.0).all(axis=1)
        return np.where(exact, 0.0, miss)


def placebos(
    panel: Panel,
    fitter: Fitter,
    *,
    draws: int,
    max_pre_fit: float | None,
    rng: np.random.Generator,
) -> Placebos:
    """Fit every place from all others, and choose the placements to compare.

    Parameters
    ----------
    panel : Panel
    fitter : Fitter
    draws : int
        Placements drawn where several places are served and there are more; with one served all
        are compared.
    max_pre_fit : float or None
        As in `Placebos`.
    rng : numpy.random.Generator
        Untouched where all placements are compared.
    """
    every_unit = np.arange(len(panel.y))
    first = int(panel.start[panel.served].min())
    on = np.zeros(panel.y.shape)
    on[panel.served] = panel.counted
    gap, slope, before = np.empty(panel.y.shape), np.empty(panel.y.shape), np.empty(len(panel.y))
    for k in range(0, len(panel.y), TOGETHER):
        some = every_unit[k : k + TOGETHER]
        fits = fitter(panel, some, everyone_else(panel, some), first)
        gap[some], before[some] = fits.gaps(panel.y), fits.pre_rmspe(panel.y)
        slope[some] = on[some] - fits.weights @ on
    if len(panel.served) == 1:
        units, every = every_unit[:, None], True
    else:
        found = placements(len(panel.y), _kinds(panel), draws, rng)
        units, every = found.groups, found.every
    return Placebos(
        panel=panel,
        share=shares(panel),
        first=first,
        gap=gap,
        slope=slope,
        before=before,
        units=units,
        every=every,
        max_pre_fit=max_pre_fit,
    )


def _kinds(panel: Panel) -> Ints:
    """Kind of each served place: those of one kind start together and count alike."""
    start = panel.start[panel.served].astype(np.float64)
    told = np.column_stack([start, shares(panel)])
    return np.unique(told, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def band(placed: Placebos, statistic: Statistic, level: float) -> tuple[Floats, Floats] | None:
    """What the served would have had, as the test of each period alone leaves it, each shape (T,).

    None where the level is out of reach of so few placements.
    """
    panel = placed.panel
    if placed.compared * (1.0 - level) < 1.0 - 1e-9:
        return None
    low, high = np.full((2, panel.n_periods), np.nan)
    share = placed.share
    for t in np.flatnonzero(share.sum(axis=0) > 0.0).tolist():
        part = share[:, t] / share[:, t].sum()
        observed = float(part @ panel.y[panel.served, t])
        found = placed.distribution(statistic, t).interval(level)
        if found.low <= found.high:
            low[t], high[t] = observed - found.high, observed - found.low
    return low, high


def tables(placed: Placebos) -> dict[str, dict[str, Any]]:
    """Placebos, their paths and the tests, as tables of the estimate.

    Each unit's own placebo counts periods as the effect does. ``placebo_paths`` is left out of panels
    with more than 200,000 cells, ``placebo_test`` where there is no test.
    """
    panel = placed.panel
    weight = placed.share.sum(axis=0)
    effect = placed.gap @ weight
    after = np.sqrt(placed.gap**2 @ weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(placed.before > 0.0, after / placed.before, np.inf)
    served = panel.start < panel.n_periods
    kept = np.ones(len(ratio), dtype=bool)
    if placed.units.shape[1] == 1:
        kept = placed.kept
    rank = (ratio[kept][None] >= ratio[:, None] * (1.0 - 1e-12)).sum(axis=1)
    labels = [str(label) for label in panel.labels.tolist()]
    found: dict[str, dict[str, Any]] = {
        "placebos": {
            "unit": labels,
            "served": served.tolist(),
            "effect": effect,
            "pre_rmspe": placed.before,
            "post_rmspe": after,
            "ratio": ratio,
            "rank": rank,
            "kept": kept.tolist(),
        },
    }
    if placed.gap.size <= SHOWN:
        found["placebo_paths"] = {
            "unit": np.repeat(labels, panel.n_periods).tolist(),
            "period": np.tile(panel.periods, len(labels)),
            "gap": placed.gap.ravel(),
        }
    if placed.tells:
        found["placebo_test"] = _tests(placed)
    return found


def _tests(placed: Placebos) -> dict[str, Any]:
    """Every test of no effect under its own name."""
    ranks, always = placed.ranks(), int(not placed.every)
    level, _, before = ranks.own
    rows: list[tuple[str, float, StepFunction, str]] = [
        (
            "rmspe-ratio",
            float(np.sqrt(ranks.share @ level**2)) / before,
            ranks.ratio(always=always),
            "two",
        )
    ]
    own = float(ranks.share @ level) / before
    rows += [
        ("signed-ratio", own, function, str(tail))
        for tail, function in ranks.signed(always=always).items()
    ]
    return {
        "test": [row[0] for row in rows],
        "statistic": [row[1] for row in rows],
        "p_value": [row[2](0.0) for row in rows],
        "side": [row[3] for row in rows],
        "compared": [placed.compared] * len(rows),
        "attainable": [1.0 / placed.compared] * len(rows),
    }
