"""Matrix completion: patterns in common, shrunk, beside levels of places and periods.

References
----------
Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), Matrix completion methods for causal panel
data models. *Journal of the American Statistical Association* 116(536).
doi:10.1080/01621459.2021.1891924
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.randomised.messages import no_variation
from impacteval.estimators.synthetic_control import latent_words as words
from impacteval.estimators.synthetic_control.effect import build
from impacteval.estimators.synthetic_control.latent_chance import (
    LEVEL,
    Found,
    Inference,
    Questions,
    by_leaving_out,
    by_placebos,
    chance_tables,
    median_miss,
    placebo_tables,
    placed,
    questions,
)
from impacteval.estimators.synthetic_control.matrix_completion_card import MATRIX_COMPLETION
from impacteval.estimators.synthetic_control.matrix_completion_fit import (
    FEWEST,
    Choice,
    Solved,
    able,
    averages,
    choose,
    leave_out,
    measured_only,
    misses,
    placebo_gaps,
    solve,
    top_penalty,
)
from impacteval.estimators.synthetic_control.panel import ROUNDING, Panel, Window, read_panel
from impacteval.values import Scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message

# Places never served that must be left beside a placebo.
LEFT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A panel's fit, and what chance may have done.

    Attributes
    ----------
    solved : Solved
    found : Found
    choice : Choice or None
        How the penalty was chosen, where it was not given.
    gaps : array, shape (B, N, T), or None
        Of the placebos.
    units : array of int, shape (B, N), or None
        Which of the units never served stood in for the served.
    every : bool
        Whether these are all placements there are.
    """

    solved: Solved
    found: Found
    choice: Choice | None
    gaps: NDArray[np.float64] | None = None
    units: NDArray[np.int64] | None = None
    every: bool = False


@dataclass(frozen=True, slots=True)
class MatrixCompletion:
    """Fills in what served places would have had from patterns that all places share.

    Parameters
    ----------
    penalty : float, optional
        How far patterns are shrunk, as a share of the penalty that leaves none: 1 is levels of
        places and periods alone. By default the one that best predicts places never served, each
        hidden in turn from the first served period on.
    inference : {"studentised", "placebo", "jackknife"}
        How chance is measured: by the rank among placebos, each over what it misses before the
        service; the same as they are; or by leaving out each place in turn, where several are
        served.
    draws : int
        Placements drawn; all are compared where there are no more than these.
    window : tuple, optional
        First and last period that the effect is about; all served periods by default.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> rng = np.random.default_rng(2)
    >>> y = np.outer(rng.normal(size=20), rng.normal(size=15)) + rng.normal(scale=0.1, size=(20, 15))
    >>> frame = pd.DataFrame({"place": np.repeat(np.arange(20), 15), "year": 20 * list(range(15))})
    >>> frame["on"] = ((frame["place"] == 0) & (frame["year"] >= 12)).astype(int)
    >>> frame["y"] = y.ravel() + 2 * frame["on"]
    >>> sample = Sample.from_frame(
    ...     frame, design="synthetic_control", outcome="y", unit="place", period="year",
    ...     treatment="on",
    ... )
    >>> found = MatrixCompletion().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    >>> round(found.effect.value, 2), found.effect.p_value()
    (1.97, 0.05)
    """

    name: ClassVar[str] = "matrix-completion"
    card: ClassVar[MethodCard] = MATRIX_COMPLETION

    penalty: float | None = None
    inference: Inference = "studentised"
    draws: int = 199
    window: Window | None = None

    def __post_init__(self) -> None:
        if self.penalty is not None and not 0.0 < self.penalty <= 1.0:
            raise UsageError("penalty must lie above 0 and at most at 1.")
        if self.draws < 19:
            raise UsageError(
                f"draws must be 19 at least, not {self.draws}: fewer cannot reach the 5% level."
            )

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "penalty": self.penalty,
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
            Design ``synthetic_control``; cells may be missing, covariates are refused.
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        rng : numpy.random.Generator
            Draws placements where they are too many to be compared one by one, and the places that
            are hidden to choose the penalty where they are more than a hundred.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        panel = read_panel(
            sample, scale, window=self.window, missing=True, fewest_before=FEWEST, fewest_donors=3
        )
        if panel.covariates:
            raise NotIdentified(words.no_covariates())
        panel = measured_only(panel)
        run = self.run(panel, questions(panel), rng)
        return build(
            estimator=self.name,
            settings=self._settings,
            panel=panel,
            counterfactual=run.solved.fit.fit[0, panel.served],
            answer=run.found.answer,
            scale=scale,
            sentences=self._method(panel, run),
            certificate=_certificate(panel, run),
            tables=self._tables(panel, run),
            notes=tuple(self._notes(panel, run)),
            band=run.found.band,
            level=LEVEL,
        )

    def run(self, panel: Panel, asked: Questions, rng: np.random.Generator) -> Run:
        """The fit and what chance may have done, for a panel that was read.

        Raises
        ------
        NotIdentified
            When the panel cannot answer.
        """
        top = top_penalty(panel)
        if not top > ROUNDING * float(np.nanmax(np.abs(panel.y))):
            raise NotIdentified(no_variation())
        share = asked.share[0]
        choice, level = None, self.penalty
        if level is None:
            choice = choose(panel, top, share, rng)
            level = choice.share
        solved = solve(panel, level, top)
        if self.inference == "jackknife":
            without = leave_out(panel, asked, solved.penalty)
            return Run(solved, by_leaving_out(panel, asked, solved.gaps, without), choice)
        deals = placed(panel, share, self.draws, LEFT, rng, able(panel, share))
        if choice is not None and len(panel.served) == 1 and choice.hidden == len(deals.groups):
            units, gaps = choice.tables.groups, choice.gaps  # each was hidden already
        else:
            tables, gaps = placebo_gaps(panel, deals, solved.penalty)
            units = tables.groups
        found = self._ranked(panel, asked, solved, gaps)
        return Run(solved, found, choice, gaps, units, deals.every)

    def _ranked(
        self, panel: Panel, asked: Questions, solved: Solved, gaps: NDArray[np.float64]
    ) -> Found:
        values, others = averages(asked, solved.gaps[None])[0], averages(asked, gaps)
        if self.inference == "placebo":
            return by_placebos(panel, asked, values, np.ones(len(values)), others)
        spread, other = misses(panel, asked, solved.gaps[None])[0], misses(panel, asked, gaps)
        least = ROUNDING * float(np.nanmax(np.abs(panel.y)))
        if not min(float(spread.min()), float(other.min())) > least:
            raise NotIdentified(words.exact_before())
        return by_placebos(panel, asked, values, spread, others / other)

    def _method(self, panel: Panel, run: Run) -> list[Message]:
        said = [words.completed(run.solved.share, given=run.choice is None)]
        if run.gaps is None:
            return [*said, words.left_out(len(panel.served), len(panel.donors))]
        over = "studentised" if self.inference == "studentised" else "bare"
        return [*said, words.ranked(run.found.compared, every=run.every, over=over)]

    def _notes(self, panel: Panel, run: Run) -> list[Message]:
        notes = []
        if run.gaps is not None and run.found.compared + 1 < 1.0 / (1.0 - LEVEL) - 1e-9:
            notes.append(words.few_placebos(run.found.compared))
        if run.choice is not None and run.choice.hidden < run.choice.able:
            notes.append(words.hidden_some(run.choice.hidden, len(panel.donors)))
        return notes

    def _tables(self, panel: Panel, run: Run) -> dict[str, dict[str, Any]]:
        tables = _tables(panel, run)
        if run.gaps is None or run.units is None:
            return tables
        statistic = "effect" + (" over misses before" if self.inference == "studentised" else "")
        attainable = 1.0 / (run.found.compared + 1)
        tables |= chance_tables(run.found, "in-space placebo", statistic, attainable)
        if len(panel.served) == 1 and run.every and len(run.units) == len(panel.donors):
            before = np.arange(panel.n_periods) < panel.start[panel.served[0]]
            tables |= placebo_tables(panel, run.solved.gaps[0], run.gaps[:, 0], before)
        return tables


def _certificate(panel: Panel, run: Run) -> dict[str, Any]:
    """Proof of the fit: how far from the least it may be, and how well it meets the time before."""
    solved, proof = run.solved, run.solved.proof
    before = np.arange(panel.n_periods) < panel.start[panel.served, None]
    miss = solved.gaps[before & ~np.isnan(solved.gaps)]
    cells = int((~np.isnan(panel.y[panel.donors])).sum()) + len(miss)
    return {
        "duality_gap": proof.gap,
        "relative_duality_gap": proof.relative_gap,
        "penalty": solved.penalty,
        "penalty_share": solved.share,
        "penalty_chosen": "given" if run.choice is None else "hidden places",
        # Athey and others divide squares by the number of cells.
        "penalty_per_cell": 2.0 * solved.penalty / cells,
        "rank": proof.rank,
        "pre_rmspe": float(np.sqrt((miss**2).mean())),
        "donors_median_pre_rmspe": None if run.gaps is None else median_miss(run.gaps, before),
        "observed_cells": cells,
        "missing_cells": int(np.isnan(panel.y).sum()),
        "solutions": "one",
    }


def _mean_square(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean square of each row over its measured cells; NaN where there is none."""
    seen = ~np.isnan(values)
    total = np.where(seen, values, 0.0)
    count = seen.sum(axis=1)
    found = np.full(len(values), np.nan)
    np.divide((total**2).sum(axis=1), count, out=found, where=count > 0)
    return found


def _tables(panel: Panel, run: Run) -> dict[str, dict[str, Any]]:
    solved, rank = run.solved, run.solved.proof.rank
    left, sizes, right = np.linalg.svd(solved.fit.common[0], full_matrices=False)
    # Each pattern points where its largest entry is positive.
    largest = right[np.arange(len(right)), np.abs(right).argmax(axis=1)]
    sign = np.where(largest < 0.0, -1.0, 1.0)
    right, left = right * sign[:, None], left * sign
    factor = np.arange(1, rank + 1)
    units = len(panel.y)
    counted = panel.counted & ~np.isnan(solved.gaps)
    number = counted.sum(axis=1)
    effect = np.where(counted, solved.gaps, 0.0).sum(axis=1) / np.maximum(number, 1)
    before = np.arange(panel.n_periods) < panel.start[panel.served, None]
    tables: dict[str, dict[str, Any]] = {
        "factors": {
            "factor": np.repeat(factor, panel.n_periods),
            "period": np.tile(panel.periods, rank),
            "value": right[:rank].ravel(),
        },
        "loadings": {
            "unit": np.repeat(panel.labels, rank),
            "served": np.repeat(panel.start < panel.n_periods, rank),
            "factor": np.tile(factor, units),
            "value": (left[:, :rank] * sizes[:rank]).ravel(),
        },
        "units": {
            "unit": panel.labels[panel.served],
            "effect": np.where(number > 0, effect, np.nan),
            "pre_rmspe": np.sqrt(_mean_square(np.where(before, solved.gaps, np.nan))),
        },
    }
    if run.choice is not None:
        tables["cross_validation"] = {
            "share": run.choice.shares,
            "error": np.sqrt(run.choice.errors),
            "chosen": run.choice.shares == run.choice.share,
        }
    return tables
