"""Interactive fixed effects: common factors that served places follow in their own way.

References
----------
Bai (2009), Panel data models with interactive fixed effects. *Econometrica* 77(4).
doi:10.3982/ECTA6135
Xu (2017), Generalized synthetic control method. *Political Analysis* 25(1).
doi:10.1017/pan.2016.2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.synthetic_control import latent_words as words
from impacteval.estimators.synthetic_control.effect import build
from impacteval.estimators.synthetic_control.interactive_effects_card import INTERACTIVE_EFFECTS
from impacteval.estimators.synthetic_control.interactive_effects_fit import (
    SPARE,
    Placebos,
    Ranks,
    Solved,
    check_covariates,
    leave_out,
    placebos,
    ranks_of,
    solve,
    spread_of,
)
from impacteval.estimators.synthetic_control.latent_chance import (
    LEVEL,
    Found,
    Inference,
    Placed,
    Questions,
    by_leaving_out,
    by_placebos,
    chance_tables,
    median_miss,
    placebo_tables,
    placed,
    questions,
)
from impacteval.estimators.synthetic_control.panel import ROUNDING, Panel, Window, read_panel
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message

# Places never served that must be left beside a placebo.
LEFT = 3
# A weight below this says that a served place is out of the others' reach.
BEYOND = -0.05


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A panel's fit, and what chance may have done.

    Attributes
    ----------
    ranks : Ranks
        The ranks that were tried.
    solved : Solved
    found : Found
    deals : Placed or None
        The placements compared, with inference placebo.
    others : Placebos or None
        What was found there.
    """

    ranks: Ranks
    solved: Solved
    found: Found
    deals: Placed | None = None
    others: Placebos | None = None


@dataclass(frozen=True, slots=True)
class InteractiveFixedEffects:
    """Reads common factors from places never served, and how served ones follow them from before.

    Parameters
    ----------
    rank : int, optional
        Number of factors; by default the one that best predicts each period before the service of
        the served places from their others.
    most : int
        The largest number tried.
    inference : {"studentised", "placebo", "jackknife"}
        How chance is measured: by the rank among placebos, each over what it misses before the
        service; the same over what the noise of all makes of it; or by leaving out each place in
        turn, where several are served.
    draws : int
        Placements drawn; all are compared where there are no more than these.
    window : tuple, optional
        First and last period that the effect is about; all served periods by default.

    Examples
    --------
    A place that follows what all have in common four times as strongly as any other, which no mix
    of them does:

    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> rng = np.random.default_rng(2)
    >>> follows = np.append(4.0, rng.uniform(-1, 1, 24))
    >>> y = np.outer(follows, rng.normal(size=20)) + rng.normal(scale=0.1, size=(25, 20))
    >>> frame = pd.DataFrame({"place": np.repeat(np.arange(25), 20), "year": 25 * list(range(20))})
    >>> frame["on"] = ((frame["place"] == 0) & (frame["year"] >= 15)).astype(int)
    >>> frame["y"] = y.ravel() + 2 * frame["on"]
    >>> sample = Sample.from_frame(
    ...     frame, design="synthetic_control", outcome="y", unit="place", period="year",
    ...     treatment="on",
    ... )
    >>> found = InteractiveFixedEffects().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    >>> round(found.effect.value, 2), found.certificate["rank"], found.effect.p_value()
    (2.01, 2, 0.04)
    """

    name: ClassVar[str] = "interactive-fixed-effects"
    card: ClassVar[MethodCard] = INTERACTIVE_EFFECTS

    rank: int | None = None
    most: int = 5
    inference: Inference = "studentised"
    draws: int = 999
    window: Window | None = None

    def __post_init__(self) -> None:
        if (self.rank is not None and self.rank < 0) or self.most < 0:
            raise UsageError("rank and most must be 0 or more.")
        if self.draws < 19:
            raise UsageError(
                f"draws must be 19 at least, not {self.draws}: fewer cannot reach the 5% level."
            )

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "rank": self.rank,
            "most": self.most,
            "inference": self.inference,
            "draws": self.draws,
            "window": self.window,
        }

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``synthetic_control``, complete; covariates must vary over time.
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        rng : numpy.random.Generator
            Draws placements where they are too many to be compared one by one.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        panel = read_panel(
            sample, scale, window=self.window, fewest_before=1 + SPARE, fewest_donors=3
        )
        check_covariates(panel)
        run = self.run(panel, questions(panel), rng)
        solved, found = run.solved, run.found
        return build(
            estimator=self.name,
            settings=self._settings,
            panel=panel,
            counterfactual=solved.fit.curve[0],
            answer=found.answer,
            scale=scale,
            sentences=self._method(panel, run),
            certificate=_certificate(panel, run),
            tables={**_tables(panel, solved), **self._chance_tables(panel, run)},
            notes=tuple(self._notes(panel, solved, found)),
            band=found.band,
            level=LEVEL,
        )

    def run(self, panel: Panel, asked: Questions, rng: np.random.Generator) -> Run:
        """The fit and what chance may have done, for a panel that was read.

        Raises
        ------
        NotIdentified
            When the panel cannot answer.
        """
        if self.inference == "jackknife":
            ranks = ranks_of(panel, self.rank, self.most, placebos=False)
            solved = solve(panel, ranks)
            without = leave_out(panel, asked, int(solved.fit.rank[0]))
            return Run(ranks, solved, by_leaving_out(panel, asked, solved.gaps, without))
        own = self.inference == "studentised"
        deals = placed(panel, asked.share[0], self.draws, LEFT, rng)
        ranks = ranks_of(panel, self.rank, self.most, placebos=True)
        solved = solve(panel, ranks)
        others = placebos(panel, asked, ranks, deals, own=own)
        values = asked.of(solved.gaps)
        spread = spread_of(solved.fit, asked, own=own)[0]
        least = ROUNDING * float(np.abs(panel.y).max()) if own else 0.0
        if not min(spread[0], float(others.spread[:, 0].min())) > least:
            raise NotIdentified(words.exact_before())
        ratios = others.values / others.spread
        found = by_placebos(panel, asked, values, spread, ratios)
        return Run(ranks, solved, found, deals, others)

    def _chance_tables(self, panel: Panel, run: Run) -> dict[str, dict[str, Any]]:
        if run.deals is None or run.others is None:
            return {}
        statistic = "effect over its spread, " + (
            "from misses before" if self.inference == "studentised" else "from common noise"
        )
        attainable = 1.0 / (run.found.compared + 1)
        tables = chance_tables(run.found, "in-space placebo", statistic, attainable)
        if len(panel.served) == 1 and run.deals.every:
            before = run.solved.fit.before[0]
            tables |= placebo_tables(panel, run.solved.gaps[0], run.others.gaps[:, 0], before)
            tables["placebos"]["factors"] = np.append(run.solved.fit.rank, run.others.rank)
        return tables

    def _method(self, panel: Panel, run: Run) -> list[Message]:
        rank, donors = int(run.solved.fit.rank[0]), len(panel.donors)
        said = [words.factors(rank, donors, given=self.rank is not None)]
        if panel.covariates:
            said.append(words.slopes_of(panel.covariates))
        if run.deals is None:
            return [*said, words.left_out(len(panel.served), donors)]
        every = run.deals.every
        return [
            *said,
            words.ranked(run.found.compared, every=every, over=self.inference),
        ]

    def _notes(self, panel: Panel, solved: Solved, found: Found) -> list[Message]:
        notes = []
        if self.inference != "jackknife" and found.compared + 1 < 1.0 / (1.0 - LEVEL) - 1e-9:
            notes.append(words.few_placebos(found.compared))
        smallest = float(solved.fit.weights().min())
        if smallest < BEYOND:
            notes.append(words.extrapolated(smallest))
        return notes


def _certificate(panel: Panel, run: Run) -> dict[str, Any]:
    """Proof of the fit: what was chosen, how well it meets the time before, and what it rests on."""
    solved, ranks, fit = run.solved, run.ranks, run.solved.fit
    rank = int(fit.rank[0])
    weights = fit.weights()[0]
    own = fit.vectors[0][:, :rank]
    squares = fit.squares[0]
    apart = float(np.abs(own.T @ own - np.eye(rank)).max()) if rank else 0.0
    donors = panel.y[panel.donors] - fit.slopes[0] @ np.moveaxis(panel.x[panel.donors], 2, 1)
    centred = donors - donors.mean(axis=0)
    centred -= centred.mean(axis=1, keepdims=True)
    left = centred - fit.pool_loadings[0][:, :rank] @ own.T
    miss = np.where(fit.before, solved.gaps, 0.0)
    return {
        "rank": rank,
        "rank_chosen": "given" if ranks.given is not None else "leave-one-out",
        "largest_rank": ranks.most,
        "slack": fit.slack,
        "orthogonality": apart,
        "explained": float(1.0 - (left**2).sum() / max(float((centred**2).sum()), 1e-300)),
        "next_factor": float(squares[rank] / squares[rank - 1])
        if 0 < rank < len(squares) and squares[rank - 1] > 0
        else None,
        "pre_rmspe": float(np.sqrt((miss**2).sum() / fit.before.sum())),
        "donors_median_pre_rmspe": None
        if run.others is None
        else median_miss(run.others.gaps, fit.before),
        "sum_of_weights": float(weights.sum(axis=1).mean()),
        "smallest_weight": float(weights.min()),
        "largest_weight": float(weights.max()),
        "beyond_others": bool(weights.min() < BEYOND),
        "solutions": "one",
    }


def _tables(panel: Panel, solved: Solved) -> dict[str, dict[str, Any]]:
    fit, rank = solved.fit, int(solved.fit.rank[0])
    order = np.concatenate([panel.served, panel.donors])
    loadings = np.concatenate([fit.loadings[0], fit.pool_loadings[0]])[:, :rank]
    weights = fit.weights()[0]
    donors = panel.labels[panel.donors]
    table: dict[str, Any] = {"unit": np.tile(donors, len(weights)), "weight": weights.ravel()}
    if len(weights) > 1:
        table["served"] = np.repeat(panel.labels[panel.served], len(donors))
    factor = np.arange(1, rank + 1)
    before = np.where(fit.before, solved.gaps, 0.0)
    counted = panel.counted
    effect = np.where(counted, solved.gaps, 0.0).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    tables: dict[str, dict[str, Any]] = {
        "weights": table,
        "factors": {
            "factor": np.repeat(factor, panel.n_periods),
            "period": np.tile(panel.periods, rank),
            "value": fit.vectors[0][:, :rank].T.ravel(),
        },
        "loadings": {
            "unit": np.repeat(panel.labels[order], rank),
            "served": np.repeat(np.arange(len(order)) < len(panel.served), rank),
            "factor": np.tile(factor, len(order)),
            "value": loadings.ravel(),
        },
        "cross_validation": {
            "rank": np.arange(len(solved.errors)),
            "error": np.sqrt(solved.errors),
            "chosen": np.arange(len(solved.errors)) == rank,
        },
        "units": {
            "unit": panel.labels[panel.served],
            "effect": np.where(counted.any(axis=1), effect, np.nan),
            "pre_rmspe": np.sqrt((before**2).sum(axis=1) / fit.before.sum(axis=1)),
        },
    }
    if panel.covariates:
        tables["slopes"] = {"covariate": list(panel.covariates), "slope": fit.slopes[0]}
    return tables
